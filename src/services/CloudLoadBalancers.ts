/**
 * Cloud Load Balancers: load balancers with their nodes, virtual IPs, access lists, health monitors, certificates and the rest
 * of their settings; usage, statistics and limits.
 *
 * Implements the Rackspace Cloud Load Balancers API v1.0. A balancer takes one change at a time, and refuses any other until
 * it is ACTIVE again. So changes of one balancer wait for each other here, in the order in which they are asked for, and one
 * that the cloud still refuses as immutable is sent again when the balancer is ACTIVE: see {@link WhenImmutable}.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import * as CloudClient from "../CloudClient.js"
import {
  BadRequest,
  type CommonError,
  Immutable,
  type NotFound,
  type ResourceFailed,
  type WaitTimeout
} from "../CloudError.js"
import * as Endpoint from "../Endpoint.js"
import type { TokenRef } from "../Identity.js"
import * as Turns from "../internal/concurrency/keyedQueue.js"
import * as LostResponse from "../internal/http/lostResponse.js"
import { renameIssuePaths } from "../internal/paging/listing.js"
import { refuseUnknown } from "../internal/schema/knownFields.js"
import * as Paging from "../Paging.js"
import * as Waiting from "../Waiting.js"
import { makeWaits } from "./common/waits.js"
import { type Addressed, endpoints } from "./CloudLoadBalancers/endpoints.js"
import { inputs } from "./CloudLoadBalancers/inputs.js"
import type { LoadBalancer, LoadBalancerSummary, Node, NodeEvent } from "./CloudLoadBalancers/models.js"
import { makeUsage } from "./CloudLoadBalancers/usage.js"

export { endpoints, NewNode } from "./CloudLoadBalancers/endpoints.js"

export type { Addressed } from "./CloudLoadBalancers/endpoints.js"

export {
  AbsoluteLimit,
  AccessListItem,
  AccessType,
  AccountUsage,
  Algorithm,
  CertificateMapping,
  ConnectionThrottle,
  HealthMonitor,
  HealthMonitorType,
  IpVersion,
  LoadBalancer,
  LoadBalancerStatus,
  LoadBalancerSummary,
  MetadataItem,
  Node,
  NodeCondition,
  NodeEvent,
  NodeStatus,
  NodeType,
  Protocol,
  ProtocolName,
  RateLimit,
  SecurityProtocol,
  SessionPersistence,
  SourceAddresses,
  SourceNetworks,
  SslTermination,
  Statistics,
  UsageRecord,
  VirtualIp,
  VirtualIpType
} from "./CloudLoadBalancers/models.js"

/**
 * How long a change waits for a balancer that takes none at the moment.
 *
 * @since 0.1.0
 * @category models
 */
export interface Patience {
  /** How long between two polls of the balancer. However many changes wait for it, one of them polls. Default 5 seconds. */
  readonly interval?: Duration.DurationInput | undefined
  /**
   * After how long to give up with the cloud's `Immutable`. It counts from the change's own first refusal: what it waits for
   * its turn is not in it. Default 10 minutes.
   */
  readonly timeout?: Duration.DurationInput | undefined
}

/**
 * What becomes of a change that a balancer refuses because it is being changed: it waits, or it fails (`fail`, which does not
 * wait for other changes of this program either).
 *
 * It waits while the balancer is in BUILD, PENDING_UPDATE or another status that passes. Where it never takes a change again
 * (ERROR, SUSPENDED, PENDING_DELETE, DELETED), or the time is up, the change fails with the cloud's own `Immutable`.
 *
 * @since 0.1.0
 * @category models
 */
export type ImmutablePolicy = Patience | "fail"

/**
 * The {@link ImmutablePolicy} for a program or a call: `Effect.provideService(change, WhenImmutable, "fail")`. It prevails over
 * what a service was made with.
 *
 * @since 0.1.0
 * @category tags
 */
export class WhenImmutable extends Context.Reference<WhenImmutable>()(
  "effect-rackspace/CloudLoadBalancers/WhenImmutable",
  { defaultValue: (): ImmutablePolicy => ({}) }
) {}

/**
 * Where the service is found, how its requests are repeated, and what becomes of a change that a balancer refuses.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends CloudClient.Options {
  /** Default: a change waits up to 10 minutes, and one polls every 5 seconds. */
  readonly immutable?: ImmutablePolicy | undefined
}

type Endpoints = Endpoint.Client<typeof endpoints>

/**
 * What a listing as a Stream takes. `pageSize` is how many items one request asks for, by default 100, the most that the cloud
 * gives.
 *
 * @since 0.1.0
 * @category models
 */
export type Filters<Name extends "listPage" | "listNodesPage" | "listNodeEventsPage"> = Omit<
  NonNullable<Parameters<Endpoints[Name]>[0]>,
  "limit" | "marker" | "offset"
> & { readonly pageSize?: number | undefined }

/**
 * The time whose billable balancers are listed. `pageSize` is how many one request asks for, by default 500, at most 1,000.
 *
 * @since 0.1.0
 * @category models
 */
export interface BillableFilters {
  readonly startTime: DateTime.Utc
  readonly endTime: DateTime.Utc
  readonly pageSize?: number | undefined
}

/**
 * A load balancer to wait for.
 *
 * @since 0.1.0
 * @category models
 */
export interface WaitOptions extends Waiting.Pace {
  readonly loadBalancerId: string
}

/**
 * A node to wait for.
 *
 * @since 0.1.0
 * @category models
 */
export interface NodeWaitOptions extends WaitOptions {
  readonly nodeId: string
}

/**
 * What Cloud Load Balancers can do: the operations of {@link endpoints}, the listings as Streams, and waiting.
 *
 * Those that change a balancer return when the cloud has accepted the change, not when it is done: the balancer is in
 * PENDING_UPDATE then. The next change waits for that; what else needs the change done has `waitUntilActive`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service extends Endpoints {
  /** The URL of the service's endpoint for this login, without a trailing slash. It may be named as `endpoint` elsewhere. */
  readonly endpointUrl: CloudClient.CloudClient["endpointUrl"]
  /** All load balancers, page by page as they are asked for. */
  readonly list: (filters?: Filters<"listPage">) => Stream.Stream<LoadBalancerSummary, CommonError>
  /** All nodes of a load balancer, page by page as they are asked for. */
  readonly listNodes: (filters: Filters<"listNodesPage">) => Stream.Stream<Node, CommonError | NotFound>
  /** All that happened to the nodes of a load balancer in the last 90 days. */
  readonly listNodeEvents: (filters: Filters<"listNodeEventsPage">) => Stream.Stream<NodeEvent, CommonError | NotFound>
  /** All load balancers that are charged for in a time, deleted ones included. */
  readonly listBillable: (filters: BillableFilters) => Stream.Stream<LoadBalancerSummary, CommonError>
  /**
   * Polls a load balancer until `until` holds, and emits the result of each poll, the last included: for progress bars. Fails
   * with `ResourceFailed` as soon as it is in ERROR, SUSPENDED, PENDING_DELETE or DELETED, unless `until` holds then. By
   * default every 5 s for at most 30 minutes.
   */
  readonly watch: (
    options: WaitOptions & { readonly until: (loadBalancer: LoadBalancer) => boolean }
  ) => Stream.Stream<LoadBalancer, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /** Waits until `until` holds for the balancer, and returns it: {@link Service.watch} without the earlier states. */
  readonly waitUntil: (
    options: WaitOptions & { readonly until: (loadBalancer: LoadBalancer) => boolean }
  ) => Effect.Effect<LoadBalancer, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /** Waits until the load balancer is ACTIVE. */
  readonly waitUntilActive: (
    options: WaitOptions
  ) => Effect.Effect<LoadBalancer, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /**
   * Waits until the load balancer is gone: not found, or DELETED. Fails with `ResourceFailed` where it ends in ERROR or
   * SUSPENDED instead.
   */
  readonly waitUntilDeleted: (options: WaitOptions) => Effect.Effect<void, CommonError | ResourceFailed | WaitTimeout>
  /**
   * Waits until a node is ONLINE, and returns it. Where the balancer has no health monitor, nodes are ONLINE from the
   * beginning. By default polls every 5 s for at most 30 minutes.
   */
  readonly waitUntilNodeOnline: (
    options: NodeWaitOptions
  ) => Effect.Effect<Node, CommonError | NotFound | ResourceFailed | WaitTimeout>
}

/**
 * Cloud Load Balancers of one region.
 *
 * @since 0.1.0
 * @category tags
 */
export class CloudLoadBalancers extends Context.Tag("effect-rackspace/CloudLoadBalancers")<
  CloudLoadBalancers,
  Service
>() {}

/**
 * Whether a load balancer is ACTIVE: it serves, and takes changes.
 *
 * @since 0.1.0
 * @category guards
 */
export const isActive = (loadBalancer: Pick<LoadBalancer, "status">): boolean => loadBalancer.status === "ACTIVE"

/**
 * Whether a node is on a server: at any of its addresses.
 *
 * @since 0.1.0
 * @category guards
 */
export const isNodeOf = (node: Pick<Node, "address">, server: Addressed): boolean =>
  Object.values(server.addresses).some((addresses) => addresses?.some(({ address }) => address === node.address))

/**
 * How Cloud Load Balancers is found in a catalog.
 *
 * @since 0.1.0
 * @category constants
 */
export const selector = { types: ["rax:load-balancer"], name: "cloudLoadBalancers" } as const

const service = "CloudLoadBalancers"

/** States from which no balancer recovers. */
const finalStatuses: ReadonlySet<string> = new Set(["DELETED", "ERROR", "PENDING_DELETE", "SUSPENDED"])

const hasFailed = ({ status }: Pick<LoadBalancer, "status">): Option.Option<{ readonly fault: undefined }> =>
  finalStatuses.has(status) ? Option.some({ fault: undefined }) : Option.none()

/** The refusals to remove something that is gone, or being removed. */
const traces: ReadonlySet<string> = new Set(["BadRequest", "Immutable", "NotFound", "Unprocessable"])

/** Every operation below a balancer that does not only read changes it. */
const changesOne = ({ method, path }: Endpoint.Any): boolean =>
  method !== "GET" && path.startsWith("/loadbalancers/{loadBalancerId}")

type Refused = Immutable | BadRequest

/** A bulk deletion is refused as a whole, with a 400 that names the balancers which are being changed. */
const isRefused = (error: unknown): error is Refused =>
  error instanceof Immutable ||
  (error instanceof BadRequest && /\bare immutable and could not be processed\b/i.test(error.message))

/** The status in the refusal itself, where it is a final one. */
const finalStatusIn = ({ message }: Refused): string | undefined => {
  const status = /status of '([\w-]+)'/i.exec(message)?.[1]?.replaceAll("-", "_")
  return status !== undefined && finalStatuses.has(status)
    ? status
    : /\bis (marked as )?deleted\b/i.test(message)
      ? "DELETED"
      : undefined
}

const withReason = (refused: Refused, reason: string): Refused => {
  const { _tag, ...fields } = refused
  const changed = { ...fields, message: `${refused.message}; ${reason}` }
  return _tag === "Immutable" ? new Immutable(changed) : new BadRequest(changed)
}

const policy = (ofService: ImmutablePolicy | undefined): Effect.Effect<ImmutablePolicy> =>
  Effect.contextWith((context: Context.Context<never>) =>
    // A reference always has a value; only the map shows whether somebody provided it.
    context.unsafeMap.has(WhenImmutable.key) ? Context.get(context, WhenImmutable) : (ofService ?? {})
  )

/** The changes of a service, which wait for each other and for their balancers. */
const makeChanges = (
  get: (input: { readonly loadBalancerId: string }) => Effect.Effect<LoadBalancer, CommonError | NotFound>,
  ofService: ImmutablePolicy | undefined
) => {
  const turns = Turns.make()

  const patient = <A, E>(
    change: Effect.Effect<A, E>,
    loadBalancerIds: ReadonlyArray<string>,
    patience: Patience
  ): Effect.Effect<A, E | CommonError | NotFound> => {
    const interval = Math.max(1, Duration.toMillis(patience.interval ?? "5 seconds"))
    const timeout = Duration.toMillis(patience.timeout ?? "10 minutes")

    /** Waits until all of them take changes again. */
    const passed = (refused: E & Refused, giveUpAt: number): Effect.Effect<void, E | CommonError | NotFound> => {
      const failed = (reason: string) => Effect.fail(withReason(refused, reason) as unknown as E)
      const takesChanges = (loadBalancerId: string) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Waiting.until({
            service,
            operation: refused.operation,
            resource: loadBalancerId,
            interval,
            jitter: 0,
            timeout: Math.max(0, giveUpAt - now),
            poll: get({ loadBalancerId }),
            state: ({ status }) => status,
            until: isActive,
            failed: ({ status }) => (finalStatuses.has(status) ? Option.some({ fault: undefined }) : Option.none())
          })
        ).pipe(
          Effect.catchTags({
            ResourceFailed: ({ state }) => failed(`it is in ${state}`),
            WaitTimeout: ({ lastState }) =>
              failed(`still ${lastState === undefined ? "so" : `in ${lastState}`} after ${Duration.format(timeout)}`),
            // Of one that is asked for alone, that it is gone says all; of several it would not say which.
            NotFound: (error) => (refused._tag === "BadRequest" ? failed("it is deleted") : Effect.fail(error))
          })
        )
      if (finalStatusIn(refused) !== undefined) return Effect.fail(refused)
      return Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.zipRight(
          Effect.sleep(Math.max(0, Math.min(interval, giveUpAt - now))),
          Effect.forEach(loadBalancerIds, takesChanges, { discard: true })
        )
      )
    }

    const attempt = (giveUpAt: number | undefined): Effect.Effect<A, E | CommonError | NotFound> =>
      Effect.catchIf(
        change,
        (error): error is E & Refused => isRefused(error),
        (refused) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) => {
            const until = giveUpAt ?? now + timeout
            return Effect.zipRight(passed(refused, until), attempt(until))
          })
      )
    return attempt(undefined)
  }

  /** Runs a change of load balancers when it is its turn, and again while they refuse it. */
  return <A, E>(
    loadBalancerIds: ReadonlyArray<string>,
    change: Effect.Effect<A, E>
  ): Effect.Effect<A, E | CommonError | NotFound> =>
    Effect.flatMap(policy(ofService), (how) =>
      how === "fail" ? change : turns.take(loadBalancerIds)(patient(change, loadBalancerIds, how))
    )
}

interface PageQuery {
  readonly limit?: number | undefined
  readonly marker?: string | undefined
}

const mostPerPage = 100

/**
 * A page as it is asked for. The cloud gives no link to the next one: a page that is full has one. By its documents a page
 * begins with the marker's own item, which the caller has already.
 */
const paged =
  <Input extends PageQuery, A extends { readonly id: string }, E>(
    fetch: (input: Input) => Effect.Effect<Paging.Page<A, string>, E>
  ) =>
  (input: Input): Effect.Effect<Paging.Page<A, string>, E> => {
    const { limit, marker } = input
    // One more, so that a page of one item is not that item for ever.
    const asked =
      marker === undefined || limit === undefined ? limit : Math.min(limit + 1, Math.max(limit, mostPerPage))
    return Effect.map(fetch({ ...input, limit: asked }), ({ items, next, unreadable = [] }) => {
      const fresh = items.filter(({ id }) => id !== marker)
      const kept = limit === undefined ? fresh : fresh.slice(0, limit)
      const isWhole = kept.length === fresh.length
      const isLast = items.length + unreadable.length < (asked ?? mostPerPage) && isWhole
      const last = isWhole ? next : kept.at(-1)?.id
      const isOver = (kept.length === 0 && unreadable.length === 0) || isLast || last === marker
      return { items: kept, next: isOver ? undefined : last, ...(unreadable.length > 0 && { unreadable }) }
    })
  }

/** The operations that take several requests. */
type OwnOperations = Exclude<keyof Service, keyof Endpoints | "endpointUrl">

/**
 * The service, from a login. Making it sends no request.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Service, never, TokenRef | HttpClient.HttpClient> =>
  Effect.map(makeService(options), (service) =>
    refuseUnknown<Service, OwnOperations>("CloudLoadBalancers", service, inputs)
  )

const makeService = (options: Options = {}): Effect.Effect<Service, never, TokenRef | HttpClient.HttpClient> =>
  Effect.map(CloudClient.make(service, selector, options), (cloudClient) => {
    const waits = makeWaits(service, { interval: "5 seconds", timeout: "30 minutes" })
    const operations = Endpoint.client(cloudClient, endpoints)
    const billablePage = Endpoint.method(cloudClient, Endpoint.listItems(endpoints.listBillablePage))
    const inTurn = makeChanges(operations.get, options.immutable)

    /** Those operations that change a balancer, in their turn. A wrong input fails before. */
    const changes = Object.fromEntries(
      Object.entries(endpoints as Readonly<Record<string, Endpoint.Any>>)
        .filter(([, endpoint]) => changesOne(endpoint))
        .map(([name, endpoint]) => {
          const known = endpoint as Parameters<
            typeof Endpoint.validate<{ readonly loadBalancerId: string }, unknown, never, never>
          >[1]
          const method = Endpoint.method(cloudClient, known) as (input: {
            readonly loadBalancerId: string
          }) => Effect.Effect<unknown, CommonError>
          return [
            name,
            (input: { readonly loadBalancerId: string }) =>
              Effect.zipRight(
                Endpoint.validate(cloudClient, known, input),
                // What waits for the balancer and is sent again is one change.
                LostResponse.sharing(() => inTurn([input.loadBalancerId], method(input)))
              )
          ]
        })
      // The types are the table's own, which the loose runtime cannot see.
    ) as unknown as Endpoints

    /** Where nothing is set, the cloud returns an empty object, or 404, as it does for a balancer that is not there. */
    const orNone =
      <A>(
        fetch: (input: { readonly loadBalancerId: string }) => Effect.Effect<Option.Option<A>, CommonError | NotFound>
      ) =>
      (input: { readonly loadBalancerId: string }) =>
        fetch(input).pipe(Effect.catchTag("NotFound", () => Effect.as(operations.get(input), Option.none<A>())))

    const isGone = (loadBalancerId: string) =>
      operations.get({ loadBalancerId }).pipe(
        Effect.map(({ status }) => status === "PENDING_DELETE" || status === "DELETED"),
        Effect.catchTag("NotFound", () => Effect.succeed(true))
      )
    const getSessionPersistence = orNone(operations.getSessionPersistence)

    const listPage = (input: NonNullable<Parameters<Endpoints["listPage"]>[0]> = {}) =>
      paged(operations.listPage)(input)
    const listNodesPage = paged(operations.listNodesPage)
    const listNodeEventsPage = paged(operations.listNodeEventsPage)

    const listed =
      <Input extends PageQuery, A, E>(
        operation: string,
        fetch: (input: Input) => Effect.Effect<Paging.Page<A, string>, E | CommonError>
      ) =>
      (filters: Omit<Input, "limit" | "marker" | "offset"> & { readonly pageSize?: number | undefined }) => {
        const { pageSize = mostPerPage, ...input } = filters
        return Paging.stream({ service, operation }, (marker: string | undefined) =>
          fetch({ ...input, limit: pageSize, ...(marker !== undefined && { marker }) } as unknown as Input).pipe(
            Effect.mapError(renameIssuePaths(operation))
          )
        )
      }
    const list = listed("CloudLoadBalancers.list", listPage)

    const watched = (
      operation: string,
      { loadBalancerId, until, ...pace }: WaitOptions & { readonly until: (loadBalancer: LoadBalancer) => boolean }
    ): Waiting.Watch<LoadBalancer, CommonError | NotFound, never> => ({
      ...waits.target(operation, loadBalancerId, pace),
      poll: operations.get({ loadBalancerId }),
      state: ({ status }) => status,
      until,
      failed: (loadBalancer) => (until(loadBalancer) ? Option.none() : hasFailed(loadBalancer))
    })

    return {
      ...operations,
      ...changes,
      ...makeUsage(cloudClient),
      endpointUrl: cloudClient.endpointUrl,
      create: (input) =>
        waits.noteCreated(operations.create(input), ({ id, nodes = [] }) => [id, ...nodes.map((node) => node.id)]),
      addNodes: (input) => waits.noteCreated(changes.addNodes(input), (nodes) => nodes.map(({ id }) => id)),
      delete: (input) =>
        LostResponse.removal(
          changes.delete(input),
          traces,
          Effect.suspend(() => isGone(input.loadBalancerId))
        ),
      deleteMany: (input) =>
        Effect.zipRight(
          Endpoint.validate(cloudClient, endpoints.deleteMany, input),
          LostResponse.removal(
            Effect.suspend(() => inTurn(input.loadBalancerIds, operations.deleteMany(input))),
            traces,
            Effect.suspend(() => Effect.every(input.loadBalancerIds, isGone))
          )
        ),
      deleteSessionPersistence: (input) =>
        LostResponse.removal(
          changes.deleteSessionPersistence(input),
          traces,
          Effect.suspend(() => Effect.map(getSessionPersistence(input), Option.isNone))
        ),
      listPage,
      listNodesPage,
      listNodeEventsPage,
      list: (filters = {}) => list(filters),
      listNodes: listed("CloudLoadBalancers.listNodes", listNodesPage),
      listNodeEvents: listed("CloudLoadBalancers.listNodeEvents", listNodeEventsPage),
      listBillable: ({ pageSize = 500, ...period }) => {
        const operation = "CloudLoadBalancers.listBillable"
        return Paging.stream({ service, operation }, (offset: number | undefined) =>
          billablePage({ ...period, limit: pageSize, offset }).pipe(
            Effect.map(({ items, unreadable }) => {
              const count = items.length + unreadable.length
              return { items, unreadable, next: count < pageSize ? undefined : (offset ?? 0) + count }
            }),
            Effect.mapError(renameIssuePaths(operation))
          )
        )
      },
      getHealthMonitor: orNone(operations.getHealthMonitor),
      getSessionPersistence,
      getConnectionThrottle: orNone(operations.getConnectionThrottle),
      getSslTermination: orNone(operations.getSslTermination),
      watch: (wanted) => Waiting.watch(watched("watch", wanted)),
      waitUntil: (wanted) => Waiting.until(watched("waitUntil", wanted)),
      waitUntilActive: (wanted) => Waiting.until(watched("waitUntilActive", { ...wanted, until: isActive })),
      waitUntilDeleted: ({ loadBalancerId, ...pace }) =>
        waits.untilDeleted(waits.target("waitUntilDeleted", loadBalancerId, pace), {
          poll: operations.get({ loadBalancerId }),
          state: ({ status }) => status,
          isDeleted: ({ status }) => status === "DELETED",
          failed: ({ status }) =>
            status === "ERROR" || status === "SUSPENDED" ? Option.some({ fault: undefined }) : Option.none()
        }),
      waitUntilNodeOnline: ({ loadBalancerId, nodeId, ...pace }) =>
        Waiting.until({
          ...waits.target("waitUntilNodeOnline", nodeId, pace),
          poll: operations.getNode({ loadBalancerId, nodeId }),
          state: ({ status }: Node) => status ?? "no status",
          until: ({ status }: Node) => status === "ONLINE",
          failed: () => Option.none()
        })
    }
  })

/**
 * Cloud Load Balancers of one region, from a login.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options = {}
): Layer.Layer<CloudLoadBalancers, never, TokenRef | HttpClient.HttpClient> =>
  Layer.effect(CloudLoadBalancers, make(options))
