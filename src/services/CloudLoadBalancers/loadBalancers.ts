/**
 * Load balancers: listing, creating, changing and deleting them, and waiting for them.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { CommonError, NotFound } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import * as LostResponse from "../../internal/http/lostResponse.js"
import {
  absent,
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
import { ConnectionThrottle, throttleFields } from "./connections.js"
import { goneErrors, operationsOf, type ServiceContext } from "./context.js"
import { HealthMonitor, WantedHealthMonitor } from "./healthMonitors.js"
import { listed, paged } from "./listings.js"
import { MetadataItem, MetadataText } from "./metadata.js"
import { NewNode, Node } from "./nodes.js"
import { Algorithm, ProtocolName } from "./protocols.js"
import {
  atLeastOne,
  balancerParameters,
  balancerPath,
  changeErrors,
  idsOf,
  pageQuery,
  pageSchema,
  Port,
  wholeNumber
} from "./requests.js"
import { Enabled, Instant, one, sparse } from "./responses.js"
import { Persistence, SessionPersistence } from "./sessionPersistence.js"
import { SourceAddresses } from "./sourceAddresses.js"
import { SslTermination } from "./sslTermination.js"
import { hasFailed, LoadBalancerStatus, type WaitOptions } from "./status.js"
import { VirtualIp, WantedVirtualIp } from "./virtualIps.js"

/** Of a deleted balancer, and of one that is found by a node, the response has little more than id, name and status. */
const summaryFields = {
  id: Id,
  /** Empty where the cloud does not return it. */
  name: textOr(""),
  status: Schema.optionalWith(LoadBalancerStatus, { nullable: true, default: () => "UNKNOWN" }),
  /** The account that it belongs to, where the cloud returns it. */
  accountId: absent(Id),
  protocol: absent(ProtocolName),
  port: someCount,
  algorithm: absent(Algorithm),
  /** How long a connection may be idle, in seconds. */
  timeout: someCount,
  created: Instant,
  updated: Instant,
  virtualIps: listOf(VirtualIp),
  /** In lists only. */
  nodeCount: someCount
}

/** A load balancer as it stands in the list of load balancers. */
const SummaryFields = Schema.Struct(summaryFields)

/**
 * A load balancer as it stands in the list of load balancers.
 *
 * @since 0.1.0
 * @category models
 */
export const LoadBalancerSummary = sparse(SummaryFields)

/**
 * A load balancer as it stands in the list of load balancers.
 *
 * @since 0.1.0
 * @category models
 */
export interface LoadBalancerSummary extends Schema.Schema.Type<typeof SummaryFields> {}

const LoadBalancerFields = Schema.Struct({
  ...summaryFields,
  nodes: listOf(Node),
  sourceAddresses: absent(SourceAddresses),
  /** The name of the cluster that it runs on. */
  clusterName: absent(enveloped("name", Schema.String)).pipe(Schema.fromKey("cluster")),
  /** Whether one half of a connection may be closed while the other goes on. */
  halfClosed: someFlag,
  /** Whether plain requests are redirected to HTTPS. */
  httpsRedirect: someFlag,
  connectionLogging: absent(Enabled),
  contentCaching: absent(Enabled),
  sessionPersistence: absent(enveloped("persistenceType", SessionPersistence)),
  healthMonitor: absent(HealthMonitor),
  connectionThrottle: absent(ConnectionThrottle),
  sslTermination: absent(SslTermination),
  accessList: listOf(AccessListItem),
  metadata: listOf(MetadataItem)
})

/**
 * A load balancer, whole.
 *
 * @since 0.1.0
 * @category models
 */
export const LoadBalancer = sparse(LoadBalancerFields)

/**
 * A load balancer, whole.
 *
 * @since 0.1.0
 * @category models
 */
export interface LoadBalancer extends Schema.Schema.Type<typeof LoadBalancerFields> {}

/**
 * Whether a load balancer is ACTIVE: it serves, and takes changes.
 *
 * @since 0.1.0
 * @category guards
 */
export const isActive = (loadBalancer: Pick<LoadBalancer, "status">): boolean => loadBalancer.status === "ACTIVE"

const Name = upTo(128, "a name")

const Timeout = wholeNumber(1, 120, "seconds")

const CreateFields = Schema.Struct({
  /** 1 to 128 characters. It need not be unique. */
  name: Name,
  protocol: ProtocolName,
  /** 1 to 65535. Needed where the protocol has none of its own (see `listProtocols`). */
  port: Schema.optional(Port),
  virtualIps: Schema.NonEmptyArray(WantedVirtualIp),
  nodes: Schema.optional(Schema.Array(NewNode)),
  /** The cloud's default is `RANDOM`. */
  algorithm: Schema.optional(Algorithm),
  /** How long a connection may be idle, in seconds, 1 to 120. The cloud's default is 30. */
  timeout: Schema.optional(Timeout),
  /** Only with TCP and TCP_CLIENT_FIRST. */
  halfClosed: Schema.optional(Schema.Boolean),
  /** Only with HTTPS at port 443: an HTTP balancer gets it by `update`, when its SSL termination is set. */
  httpsRedirect: Schema.optional(Schema.Boolean),
  accessList: Schema.optional(Schema.Array(NewAccessListItem)),
  connectionLogging: Schema.optional(Enabled),
  connectionThrottle: Schema.optional(throttleFields),
  contentCaching: Schema.optional(Enabled),
  healthMonitor: Schema.optional(WantedHealthMonitor),
  metadata: Schema.optional(Schema.Array(Schema.Struct({ key: MetadataText, value: MetadataText }))),
  sessionPersistence: Schema.optional(Persistence)
})

/** Sending no node as an empty list is not documented: the key is left out. */
const WireCreate = Schema.transform(CreateFields, Schema.typeSchema(CreateFields), {
  strict: true,
  decode: (fields) => fields,
  encode: ({ nodes, ...fields }) => ({ ...fields, ...(nodes !== undefined && nodes.length > 0 && { nodes }) })
})

const updateFields = Schema.Struct({
  name: Schema.optional(Name),
  algorithm: Schema.optional(Algorithm),
  /** Another protocol ends session persistence and takes away the error page. Refused while content is cached. */
  protocol: Schema.optional(ProtocolName),
  port: Schema.optional(Port),
  /** In seconds, 1 to 120. */
  timeout: Schema.optional(Timeout),
  halfClosed: Schema.optional(Schema.Boolean),
  httpsRedirect: Schema.optional(Schema.Boolean)
})

/** The operations on load balancers themselves. */
export const loadBalancerEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** Load balancers, a page of them, at most 100. "List load balancers", `GET /loadbalancers`. */
  listPage: Endpoint.make("GET", "/loadbalancers", {
    query: {
      /** Exactly. */
      name: Schema.optional(Named),
      /** `DELETED` for those which were deleted in the last 90 days. */
      status: Schema.optional(LoadBalancerStatus),
      /** Those that have a node of this address; it makes `name` void, and the response has little more than id, name and status. */
      nodeAddress: Schema.optional(Named).pipe(Schema.fromKey("nodeaddress")),
      /** Those that were changed since then. */
      changesSince: Schema.optional(Timestamp).pipe(Schema.fromKey("changes-since")),
      ...pageQuery
    },
    success: Endpoint.json(pageSchema("loadBalancers", LoadBalancerSummary))
  }),
  /**
   * Creates a load balancer. It returns at once; see `waitUntilActive`. Fails with `BadRequest` where the cloud rejects
   * a setting, with `QuotaExceeded` where the account has no room, with `Unprocessable` where a virtual IP cannot be
   * shared. "Create load balancer", `POST /loadbalancers`.
   */
  create: Endpoint.make("POST", "/loadbalancers", {
    body: enveloped("loadBalancer", WireCreate),
    success: one("loadBalancer", LoadBalancer),
    errors: ["QuotaExceeded", "Unprocessable"]
  }),
  /**
   * Deletes 1 to 10 load balancers, or none of them: fails with `BadRequest`, which names them, where one cannot be deleted.
   * "Bulk-delete load balancers", `DELETE /loadbalancers?id=1&id=2`.
   */
  deleteMany: Endpoint.make("DELETE", "/loadbalancers", {
    query: { loadBalancerIds: Schema.propertySignature(idsOf("load balancers")).pipe(Schema.fromKey("id")) },
    errors: changeErrors
  }),
  /**
   * One load balancer, whole. Fails with `NotFound`, also for one that was deleted. "Show load balancer details",
   * `GET /loadbalancers/{loadBalancerId}`.
   */
  get: Endpoint.make("GET", balancerPath, {
    parameters: balancerParameters,
    success: one("loadBalancer", LoadBalancer),
    errors: ["NotFound"]
  }),
  /** Changes some settings. "Update load balancer properties", `PUT /loadbalancers/{loadBalancerId}`. */
  update: Endpoint.make("PUT", balancerPath, {
    parameters: balancerParameters,
    body: enveloped(
      "loadBalancer",
      atLeastOne(updateFields, ["name", "algorithm", "protocol", "port", "timeout", "halfClosed", "httpsRedirect"])
    ),
    errors: changeErrors
  }),
  /** Deletes a load balancer. See `waitUntilDeleted`. "Delete load balancer", `DELETE /loadbalancers/{loadBalancerId}`. */
  delete: Endpoint.make("DELETE", balancerPath, {
    parameters: balancerParameters,
    errors: changeErrors
  })
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
  type Wanted = WaitOptions & { readonly until: (loadBalancer: LoadBalancer) => boolean }
  const watched = (
    operation: string,
    { loadBalancerId, until, ...pace }: Wanted
  ): Waiting.Watch<LoadBalancer, CommonError | NotFound, never> => ({
    ...waits.target(operation, loadBalancerId, pace),
    poll: get({ loadBalancerId }),
    state: ({ status }) => status,
    until,
    failed: (loadBalancer) => (until(loadBalancer) ? Option.none() : hasFailed(loadBalancer))
  })
  return {
    watch: (wanted: Wanted) => Waiting.watch(watched("watch", wanted)),
    waitUntil: (wanted: Wanted) => Waiting.until(watched("waitUntil", wanted)),
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
