/** Load balancers: operations to list, create, change, delete and wait for them. */
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { CommonError, NotFound } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import * as LostResponse from "../../internal/http/lostResponse.js"
import type { PageSize } from "../../internal/paging/listing.js"
import { lazy } from "../../internal/schema/lazy.js"
import { lazyStruct, struct } from "../../internal/schema/struct.js"
import {
  nullableOptional,
  enveloped,
  Id,
  listOf,
  Named,
  someCount,
  someFlag,
  textOr,
  Timestamp,
  upTo
} from "../../internal/schema/wire.js"
import * as Waiting from "../../Waiting.js"
import { AccessListItem, NewAccessListItem } from "./accessLists.js"
import { ConnectionThrottle, type NewConnectionThrottle, throttleFields } from "./connections.js"
import { goneErrors, operationsOf, type ServiceContext } from "./context.js"
import { HealthMonitor, type NewHealthMonitor, WantedHealthMonitor } from "./healthMonitors.js"
import { listed, paged } from "./listings.js"
import { MetadataItem, NewMetadataItem } from "./metadata.js"
import { NewNode, Node } from "./nodes.js"
import { Algorithm, ProtocolName } from "./protocols.js"
import type { ByLoadBalancerId } from "./references.js"
import {
  atLeastOne,
  balancerPath,
  changeErrors,
  idsOf,
  pageQuery,
  type PageQuery,
  pageSchema,
  Port,
  wholeNumber
} from "./requests.js"
import { Enabled, Instant, one, sparse } from "./responses.js"
import { Persistence, SessionPersistence } from "./sessionPersistence.js"
import { SourceAddresses } from "./sourceAddresses.js"
import { SslTermination } from "./sslTermination.js"
import { hasFailed, LoadBalancerStatus, type WaitOptions } from "./status.js"
import { type NewVirtualIp, VirtualIp, WantedVirtualIp } from "./virtualIps.js"

/** For a deleted balancer, or one found by a node, the response contains little more than id, name and status. */
const summaryFields = () => ({
  id: Id,
  name: textOr(""),
  status: Schema.optionalWith(LoadBalancerStatus, { nullable: true, default: () => "UNKNOWN" }),
  accountId: nullableOptional(Id),
  protocol: nullableOptional(ProtocolName),
  port: someCount,
  algorithm: nullableOptional(Algorithm),
  timeout: someCount,
  created: Instant(),
  updated: Instant(),
  virtualIps: listOf(VirtualIp),
  nodeCount: someCount
})

/** A load balancer in a list. */
export interface LoadBalancerSummary {
  readonly id: string
  /** Empty if the cloud does not return it. */
  readonly name: string
  readonly status: LoadBalancerStatus
  /** The account that it belongs to, if the cloud returns it. */
  readonly accountId?: string | undefined
  readonly protocol?: ProtocolName | undefined
  readonly port?: number | undefined
  readonly algorithm?: Algorithm | undefined
  /** How long a connection may be idle, in seconds. */
  readonly timeout?: number | undefined
  readonly created?: DateTime.Utc | undefined
  readonly updated?: DateTime.Utc | undefined
  readonly virtualIps: ReadonlyArray<VirtualIp>
  /** Only in lists. */
  readonly nodeCount?: number | undefined
}

const SummaryFields = struct<LoadBalancerSummary>(summaryFields)

export const LoadBalancerSummary = sparse(SummaryFields)

/** A load balancer with all details. */
export interface LoadBalancer extends LoadBalancerSummary {
  readonly nodes: ReadonlyArray<Node>
  readonly sourceAddresses?: SourceAddresses | undefined
  /** The name of the cluster that it runs on. */
  readonly clusterName?: string | undefined
  /** Whether one direction of a connection may be closed while the other stays open. */
  readonly halfClosed?: boolean | undefined
  /** Whether HTTP requests are redirected to HTTPS. */
  readonly httpsRedirect?: boolean | undefined
  readonly connectionLogging?: boolean | undefined
  readonly contentCaching?: boolean | undefined
  readonly sessionPersistence?: SessionPersistence | undefined
  readonly healthMonitor?: HealthMonitor | undefined
  readonly connectionThrottle?: ConnectionThrottle | undefined
  readonly sslTermination?: SslTermination | undefined
  readonly accessList: ReadonlyArray<AccessListItem>
  readonly metadata: ReadonlyArray<MetadataItem>
}

const LoadBalancerFields = struct<LoadBalancer>(() => ({
  ...summaryFields(),
  nodes: listOf(Node),
  sourceAddresses: nullableOptional(SourceAddresses),
  clusterName: nullableOptional(enveloped("name", Schema.String)).pipe(Schema.fromKey("cluster")),
  halfClosed: someFlag,
  httpsRedirect: someFlag,
  connectionLogging: nullableOptional(Enabled),
  contentCaching: nullableOptional(Enabled),
  sessionPersistence: nullableOptional(enveloped("persistenceType", SessionPersistence)),
  healthMonitor: nullableOptional(HealthMonitor),
  connectionThrottle: nullableOptional(ConnectionThrottle),
  sslTermination: nullableOptional(SslTermination),
  accessList: listOf(AccessListItem),
  metadata: listOf(MetadataItem)
}))

export const LoadBalancer = sparse(LoadBalancerFields)

/** Whether a load balancer is ACTIVE: it is working, and accepts changes. */
export const isActive = (loadBalancer: Pick<LoadBalancer, "status">): boolean => loadBalancer.status === "ACTIVE"

const Name = upTo(128, "a name")

const Timeout = wholeNumber(1, 120, "seconds")

/** A load balancer to create. */
export interface CreateLoadBalancer {
  /** 1 to 128 characters. It need not be unique. */
  readonly name: string
  /** The protocol that clients use: see `listProtocols`. */
  readonly protocol: ProtocolName
  /** 1 to 65535. Required if the protocol has no default port (see `listProtocols`). */
  readonly port?: number | undefined
  /** The addresses at which it accepts connections. */
  readonly virtualIps: NonEmptyReadonlyArray<NewVirtualIp>
  /** The back-ends that receive its connections. */
  readonly nodes?: ReadonlyArray<NewNode> | undefined
  /** The cloud's default is `RANDOM`. */
  readonly algorithm?: Algorithm | undefined
  /** How long a connection may be idle, in seconds, 1 to 120. The cloud's default is 30. */
  readonly timeout?: number | undefined
  /** Only with TCP and TCP_CLIENT_FIRST. */
  readonly halfClosed?: boolean | undefined
  /** Only with HTTPS at port 443. For an HTTP balancer, set it with `update` after SSL termination is set up. */
  readonly httpsRedirect?: boolean | undefined
  /** Networks that may or may not connect to it. */
  readonly accessList?: ReadonlyArray<NewAccessListItem> | undefined
  /** Whether connections are logged. Default false. */
  readonly connectionLogging?: boolean | undefined
  /** The maximum number of connections per client. */
  readonly connectionThrottle?: NewConnectionThrottle | undefined
  /** Whether content is cached. Default false. */
  readonly contentCaching?: boolean | undefined
  /** How it checks whether its nodes are healthy. */
  readonly healthMonitor?: NewHealthMonitor | undefined
  /** Custom keys and values, at most 25. */
  readonly metadata?: ReadonlyArray<NewMetadataItem> | undefined
  /** How later requests of a client are sent to the same node. */
  readonly sessionPersistence?: SessionPersistence | undefined
}

export const CreateLoadBalancer = struct<CreateLoadBalancer>(() => ({
  name: Name,
  protocol: ProtocolName,
  port: Schema.optional(Port),
  virtualIps: Schema.NonEmptyArray(WantedVirtualIp),
  nodes: Schema.optional(Schema.Array(NewNode)),
  algorithm: Schema.optional(Algorithm),
  timeout: Schema.optional(Timeout),
  halfClosed: Schema.optional(Schema.Boolean),
  httpsRedirect: Schema.optional(Schema.Boolean),
  accessList: Schema.optional(Schema.Array(NewAccessListItem)),
  connectionLogging: Schema.optional(Enabled),
  connectionThrottle: Schema.optional(throttleFields),
  contentCaching: Schema.optional(Enabled),
  healthMonitor: Schema.optional(WantedHealthMonitor),
  metadata: Schema.optional(Schema.Array(NewMetadataItem)),
  sessionPersistence: Schema.optional(Persistence)
}))

/** Leaves out an empty list of nodes, which is not documented. */
const WireCreate = lazy(() =>
  Schema.transform(CreateLoadBalancer, Schema.typeSchema(CreateLoadBalancer), {
    strict: true,
    decode: (fields) => fields,
    encode: ({ nodes, ...fields }) => ({ ...fields, ...(nodes !== undefined && nodes.length > 0 && { nodes }) })
  })
)

const updateFields = lazyStruct(() => ({
  name: Schema.optional(Name),
  algorithm: Schema.optional(Algorithm),
  protocol: Schema.optional(ProtocolName),
  port: Schema.optional(Port),
  timeout: Schema.optional(Timeout),
  halfClosed: Schema.optional(Schema.Boolean),
  httpsRedirect: Schema.optional(Schema.Boolean)
}))

/** A page of load balancers. */
export interface ListLoadBalancersPage extends PageQuery {
  /** The exact name. */
  readonly name?: string | undefined
  /** `DELETED` for balancers deleted in the last 90 days. */
  readonly status?: LoadBalancerStatus | undefined
  /** Only balancers with a node of this address. It overrides `name`, and the response has few fields. */
  readonly nodeAddress?: string | undefined
  /** Only balancers changed since then. */
  readonly changesSince?: DateTime.Utc | undefined
}

/** Which load balancers to list. */
export interface ListLoadBalancers extends Omit<ListLoadBalancersPage, keyof PageQuery>, PageSize {}

/** A load balancer to wait for, and the state to wait for. */
export interface WatchLoadBalancer extends WaitOptions {
  /** Returns whether the wait is over. */
  readonly until: (loadBalancer: LoadBalancer) => boolean
}

/** Load balancers to delete. */
export interface DeleteLoadBalancers {
  /** 1 to 10 ids. */
  readonly loadBalancerIds: ReadonlyArray<string>
}

/** Changes to a load balancer. Other fields stay unchanged. */
export interface UpdateLoadBalancer extends ByLoadBalancerId {
  /** 1 to 128 characters. */
  readonly name?: string | undefined
  /** The algorithm that chooses the node of a connection. */
  readonly algorithm?: Algorithm | undefined
  /** A change of protocol removes session persistence and the error page. Refused while content caching is on. */
  readonly protocol?: ProtocolName | undefined
  /** 1 to 65535. */
  readonly port?: number | undefined
  /** In seconds, 1 to 120. */
  readonly timeout?: number | undefined
  /** Only with TCP and TCP_CLIENT_FIRST. */
  readonly halfClosed?: boolean | undefined
  /** Whether HTTP requests are redirected to HTTPS. */
  readonly httpsRedirect?: boolean | undefined
}

/** The operations on load balancers themselves. */
export const loadBalancerEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** A page of load balancers, at most 100. "List load balancers", `GET /loadbalancers`. */
  listPage: Endpoint.define<ListLoadBalancersPage>()("GET", "/loadbalancers", {
    query: () => ({
      name: Schema.optional(Named),
      status: Schema.optional(LoadBalancerStatus),
      nodeAddress: Schema.optional(Named).pipe(Schema.fromKey("nodeaddress")),
      changesSince: Schema.optional(Timestamp).pipe(Schema.fromKey("changes-since")),
      ...pageQuery()
    }),
    success: Endpoint.json(pageSchema("loadBalancers", LoadBalancerSummary))
  }),
  /**
   * Creates a load balancer. Returns immediately; see `waitUntilActive`. Fails with `BadRequest` if the cloud rejects a
   * setting, with `QuotaExceeded` if the account has no room, with `Unprocessable` if a virtual IP cannot be shared.
   * "Create load balancer", `POST /loadbalancers`.
   */
  create: Endpoint.define<CreateLoadBalancer>()("POST", "/loadbalancers", {
    body: enveloped("loadBalancer", WireCreate),
    success: one("loadBalancer", LoadBalancer),
    errors: ["QuotaExceeded", "Unprocessable"]
  }),
  /**
   * Deletes 1 to 10 load balancers. If one cannot be deleted, none is: fails with `BadRequest`, which names them.
   * "Bulk-delete load balancers", `DELETE /loadbalancers?id=1&id=2`.
   */
  deleteMany: Endpoint.define<DeleteLoadBalancers>()("DELETE", "/loadbalancers", {
    query: () => ({ loadBalancerIds: Schema.propertySignature(idsOf("load balancers")).pipe(Schema.fromKey("id")) }),
    errors: changeErrors
  }),
  /**
   * A load balancer. Fails with `NotFound`, also if it was deleted. "Show load balancer details", `GET
   * /loadbalancers/{loadBalancerId}`.
   */
  get: Endpoint.define<ByLoadBalancerId>()("GET", balancerPath, {
    success: one("loadBalancer", LoadBalancer),
    errors: ["NotFound"]
  }),
  /** Changes some settings. "Update load balancer properties", `PUT /loadbalancers/{loadBalancerId}`. */
  update: Endpoint.define<UpdateLoadBalancer>()("PUT", balancerPath, {
    body: enveloped(
      "loadBalancer",
      atLeastOne(updateFields, ["name", "algorithm", "protocol", "port", "timeout", "halfClosed", "httpsRedirect"])
    ),
    errors: changeErrors
  }),
  /** Deletes a load balancer. See `waitUntilDeleted`. "Delete load balancer", `DELETE /loadbalancers/{loadBalancerId}`. */
  delete: Endpoint.define<ByLoadBalancerId>()("DELETE", balancerPath, { errors: changeErrors })
})

type Operations = Endpoint.Client<typeof loadBalancerEndpoints>

/** The operations on load balancers themselves, their listing, and the waits. */
export const makeLoadBalancers = (context: ServiceContext) => {
  const operations = operationsOf(context, loadBalancerEndpoints)
  const listPage = (input: NonNullable<Parameters<Operations["listPage"]>[0]> = {}) => paged(operations.listPage)(input)
  const list = listed("CloudLoadBalancers.list", listPage)
  return {
    ...operations,
    ...makeDeletions(context, operations),
    ...makeBalancerWaits(context, operations),
    create: (input: Parameters<Operations["create"]>[0]) =>
      context.waits.noteCreated(operations.create(input), ({ id, nodes = [] }) => [
        id,
        ...nodes.map((node) => node.id)
      ]),
    listPage,
    list: (filters: Parameters<typeof list>[0] = {}) => list(filters)
  }
}

const makeDeletions = ({ client, inTurn }: ServiceContext, operations: Operations) => {
  const isGone = (loadBalancerId: string) =>
    operations.get({ loadBalancerId }).pipe(
      Effect.map(({ status }) => status === "PENDING_DELETE" || status === "DELETED"),
      Effect.catchTag("NotFound", () => Effect.succeed(true))
    )
  return {
    delete: (input: Parameters<Operations["delete"]>[0]) =>
      LostResponse.removal(
        operations.delete(input),
        goneErrors,
        Effect.suspend(() => isGone(input.loadBalancerId))
      ),
    deleteMany: (input: Parameters<Operations["deleteMany"]>[0]) =>
      Effect.zipRight(
        Endpoint.validate(client, loadBalancerEndpoints.deleteMany, input),
        LostResponse.removal(
          Effect.suspend(() => inTurn(input.loadBalancerIds, operations.deleteMany(input))),
          goneErrors,
          Effect.suspend(() => Effect.every(input.loadBalancerIds, isGone))
        )
      )
  }
}

const makeBalancerWaits = ({ waits }: ServiceContext, { get }: Operations) => {
  const watched = (
    operation: string,
    { loadBalancerId, until, ...pace }: WatchLoadBalancer
  ): Waiting.Watch<LoadBalancer, CommonError | NotFound, never> => ({
    ...waits.target(operation, loadBalancerId, pace),
    poll: get({ loadBalancerId }),
    state: ({ status }) => status,
    until,
    failed: (loadBalancer) => (until(loadBalancer) ? Option.none() : hasFailed(loadBalancer))
  })
  return {
    watch: (wanted: WatchLoadBalancer) => Waiting.watch(watched("watch", wanted)),
    waitUntil: (wanted: WatchLoadBalancer) => Waiting.until(watched("waitUntil", wanted)),
    waitUntilActive: (wanted: WaitOptions) => Waiting.until(watched("waitUntilActive", { ...wanted, until: isActive })),
    waitUntilDeleted: ({ loadBalancerId, ...pace }: WaitOptions) =>
      waits.untilDeleted(waits.target("waitUntilDeleted", loadBalancerId, pace), {
        poll: get({ loadBalancerId }),
        state: ({ status }) => status,
        isDeleted: ({ status }) => status === "DELETED",
        failed: ({ status }) =>
          status === "ERROR" || status === "SUSPENDED" ? Option.some({ fault: undefined }) : Option.none()
      })
  }
}
