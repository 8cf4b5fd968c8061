/**
 * Cloud Load Balancers: load balancers with their nodes, virtual IPs, access lists, health monitors, certificates and
 * other settings; usage, statistics and limits.
 *
 * Implements the Rackspace Cloud Load Balancers API v1.0. A balancer accepts one change at a time, and refuses others
 * until it is ACTIVE again. Therefore changes of the same balancer run one after another, in the order of the calls,
 * and a change that the cloud refuses as immutable is sent again when the balancer is ACTIVE: see {@link
 * WhenImmutable}.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import * as CloudClient from "../CloudClient.js"
import type { CommonError, NotFound, ResourceFailed, WaitTimeout } from "../CloudError.js"
import * as Endpoint from "../Endpoint.js"
import type { TokenRef } from "../Identity.js"
import { checked } from "../internal/schema/inputs.js"
import { accessListEndpoints } from "./CloudLoadBalancers/accessLists.js"
import { type ListBillable, makeBillable } from "./CloudLoadBalancers/billable.js"
import { certificateMappingEndpoints } from "./CloudLoadBalancers/certificateMappings.js"
import { type ImmutablePolicy, makeChanges } from "./CloudLoadBalancers/changes.js"
import { makeConnections } from "./CloudLoadBalancers/connections.js"
import { operationsOf } from "./CloudLoadBalancers/context.js"
import { endpoints } from "./CloudLoadBalancers/endpoints.js"
import { errorPageEndpoints } from "./CloudLoadBalancers/errorPages.js"
import { makeHealthMonitors } from "./CloudLoadBalancers/healthMonitors.js"
import { inputs } from "./CloudLoadBalancers/inputs.js"
import { limitEndpoints } from "./CloudLoadBalancers/limits.js"
import {
  type ListLoadBalancers,
  type LoadBalancer,
  type LoadBalancerSummary,
  makeLoadBalancers,
  type WatchLoadBalancer
} from "./CloudLoadBalancers/loadBalancers.js"
import { metadataEndpoints } from "./CloudLoadBalancers/metadata.js"
import { type ListNodeEvents, makeNodeEvents, type NodeEvent } from "./CloudLoadBalancers/nodeEvents.js"
import { type ListNodes, makeNodes, type Node, type NodeWaitOptions } from "./CloudLoadBalancers/nodes.js"
import { protocolEndpoints } from "./CloudLoadBalancers/protocols.js"
import { makeSessionPersistence } from "./CloudLoadBalancers/sessionPersistence.js"
import { sourceAddressEndpoints } from "./CloudLoadBalancers/sourceAddresses.js"
import { makeSslTermination } from "./CloudLoadBalancers/sslTermination.js"
import { statisticsEndpoints } from "./CloudLoadBalancers/statistics.js"
import { service, type WaitOptions } from "./CloudLoadBalancers/status.js"
import { makeUsage } from "./CloudLoadBalancers/usage.js"
import { virtualIpEndpoints } from "./CloudLoadBalancers/virtualIps.js"
import { makeWaits } from "./common/waits.js"

export {
  AccessListItem,
  AccessType,
  type AppendToAccessList,
  type DeleteAccessListItems,
  NewAccessListItem
} from "./CloudLoadBalancers/accessLists.js"
export type { ListBillable, ListBillablePage } from "./CloudLoadBalancers/billable.js"
export {
  type AddCertificateMapping,
  CertificateMapping,
  type UpdateCertificateMapping
} from "./CloudLoadBalancers/certificateMappings.js"
export { type ImmutablePolicy, type WaitLimits, WhenImmutable } from "./CloudLoadBalancers/changes.js"
export {
  ConnectionThrottle,
  type NewConnectionThrottle,
  type SetConnectionLogging,
  type SetConnectionThrottle,
  type SetContentCaching
} from "./CloudLoadBalancers/connections.js"
export { endpoints } from "./CloudLoadBalancers/endpoints.js"
export type { SetErrorPage } from "./CloudLoadBalancers/errorPages.js"
export {
  HealthMonitor,
  HealthMonitorType,
  type NewHealthMonitor,
  type SetHealthMonitor
} from "./CloudLoadBalancers/healthMonitors.js"
export { AbsoluteLimit, MethodLimit, RateLimit } from "./CloudLoadBalancers/limits.js"
export {
  CreateLoadBalancer,
  type DeleteLoadBalancers,
  isActive,
  type ListLoadBalancers,
  type ListLoadBalancersPage,
  LoadBalancer,
  LoadBalancerSummary,
  type UpdateLoadBalancer,
  type WatchLoadBalancer
} from "./CloudLoadBalancers/loadBalancers.js"
export {
  type AddMetadata,
  type DeleteMetadata,
  MetadataItem,
  NewMetadataItem,
  type SetMetadataItem
} from "./CloudLoadBalancers/metadata.js"
export { type ListNodeEvents, type ListNodeEventsPage, NodeEvent } from "./CloudLoadBalancers/nodeEvents.js"
export {
  type AddNodeMetadata,
  type AddNodes,
  type Addressed,
  type DeleteNodeMetadata,
  type DeleteNodes,
  isNodeOf,
  type ListNodes,
  type ListNodesPage,
  NewNode,
  Node,
  type NodeChange,
  NodeCondition,
  NodeStatus,
  NodeType,
  type NodeWaitOptions,
  type SetNodeMetadataItem,
  type UpdateNode,
  type UpdateNodes
} from "./CloudLoadBalancers/nodes.js"
export { Algorithm, Protocol, ProtocolName } from "./CloudLoadBalancers/protocols.js"
export type * from "./CloudLoadBalancers/references.js"
export type { PageQuery } from "./CloudLoadBalancers/requests.js"
export { SessionPersistence, type SetSessionPersistence } from "./CloudLoadBalancers/sessionPersistence.js"
export { SourceAddresses, SourceNetworks } from "./CloudLoadBalancers/sourceAddresses.js"
export {
  SecurityProtocol,
  SecurityProtocolState,
  type SetSslTermination,
  SslTermination
} from "./CloudLoadBalancers/sslTermination.js"
export { Statistics } from "./CloudLoadBalancers/statistics.js"
export { LoadBalancerStatus, type WaitOptions } from "./CloudLoadBalancers/status.js"
export {
  AccountUsage,
  AccountUsageRecord,
  BalancerUsage,
  type GetAccountUsage,
  type ListUsage,
  UsageRecord
} from "./CloudLoadBalancers/usage.js"
export {
  type AddVirtualIp,
  type DeleteVirtualIps,
  IpVersion,
  type NewVirtualIp,
  VirtualIp,
  VirtualIpType
} from "./CloudLoadBalancers/virtualIps.js"

/** The service's endpoint and retries, and how to handle a change that a balancer refuses. */
export interface Options extends CloudClient.Options {
  /** Default: a change waits up to 10 minutes, with a poll every 5 seconds. */
  readonly immutable?: ImmutablePolicy | undefined
}

type Endpoints = Endpoint.Client<typeof endpoints>

/**
 * The operations of Cloud Load Balancers: those of {@link endpoints}, listings as Streams, and waits.
 *
 * Changes return when the cloud has accepted them, not when they are done: the balancer is then in PENDING_UPDATE. The
 * next change waits for that; use `waitUntilActive` for anything else that needs the change.
 */
export interface Service extends Endpoints {
  /**
   * The client of the service, for operations that the library lacks: `Endpoint.method(yield* service.client,
   * endpoint)`. It is an Effect so that `Layer.mock` can leave it out.
   */
  readonly client: Effect.Effect<CloudClient.CloudClient>
  /** The URL of the service's endpoint, without a trailing slash. It can be used as the option `endpoint`. */
  readonly endpointUrl: CloudClient.CloudClient["endpointUrl"]
  /** All load balancers, as a Stream that loads pages on demand. */
  readonly list: (filters?: ListLoadBalancers) => Stream.Stream<LoadBalancerSummary, CommonError>
  /** All nodes of a load balancer, as a Stream that loads pages on demand. */
  readonly listNodes: (filters: ListNodes) => Stream.Stream<Node, CommonError | NotFound>
  /** All events of a load balancer's nodes in the last 90 days. */
  readonly listNodeEvents: (filters: ListNodeEvents) => Stream.Stream<NodeEvent, CommonError | NotFound>
  /** All load balancers billed for in a period, including deleted ones. */
  readonly listBillable: (filters: ListBillable) => Stream.Stream<LoadBalancerSummary, CommonError>
  /**
   * Polls a load balancer until `until` holds, and emits the result of each poll, including the last one, for example
   * for a progress bar. Fails with `ResourceFailed` as soon as it is in ERROR, SUSPENDED, PENDING_DELETE or DELETED,
   * unless `until` holds. By default polls every 5 s for at most 30 minutes.
   */
  readonly watch: (
    options: WatchLoadBalancer
  ) => Stream.Stream<LoadBalancer, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /** Waits until `until` holds, and returns the balancer: like {@link Service.watch}, without the earlier states. */
  readonly waitUntil: (
    options: WatchLoadBalancer
  ) => Effect.Effect<LoadBalancer, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /** Waits until the load balancer is ACTIVE. */
  readonly waitUntilActive: (
    options: WaitOptions
  ) => Effect.Effect<LoadBalancer, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /** Waits until the load balancer is not found or DELETED. Fails with `ResourceFailed` in ERROR or SUSPENDED. */
  readonly waitUntilDeleted: (options: WaitOptions) => Effect.Effect<void, CommonError | ResourceFailed | WaitTimeout>
  /**
   * Waits until a node is ONLINE, and returns it. Without a health monitor, nodes are always ONLINE. By default polls
   * every 5 s for at most 30 minutes.
   */
  readonly waitUntilNodeOnline: (
    options: NodeWaitOptions
  ) => Effect.Effect<Node, CommonError | NotFound | ResourceFailed | WaitTimeout>
}

/** Cloud Load Balancers of one region. */
export class CloudLoadBalancers extends Context.Tag("effect-rackspace/CloudLoadBalancers")<
  CloudLoadBalancers,
  Service
>() {}

/** Selects Cloud Load Balancers in a catalog. */
export const selector = { types: ["rax:load-balancer"], name: "cloudLoadBalancers" } as const

/** The operations that take several requests. */
type OwnOperations = Exclude<keyof Service, keyof Endpoints | "client" | "endpointUrl">

/** Creates the service for a login. This sends no request. */
export const make = (options: Options = {}): Effect.Effect<Service, never, TokenRef | HttpClient.HttpClient> =>
  Effect.map(makeService(options), (service) => checked<Service, OwnOperations>("CloudLoadBalancers", service, inputs))

const makeService = ({
  immutable,
  ...options
}: Options): Effect.Effect<Service, never, TokenRef | HttpClient.HttpClient> =>
  Effect.map(CloudClient.make(service, selector, options), (client) => {
    const getStatus = Endpoint.method(client, endpoints.get)
    const context = {
      client,
      waits: makeWaits(service, { interval: "5 seconds", timeout: "30 minutes" }),
      getStatus,
      inTurn: makeChanges(getStatus, immutable)
    }
    return {
      client: Effect.succeed(client),
      endpointUrl: client.endpointUrl,
      ...makeLoadBalancers(context),
      ...makeNodes(context),
      ...makeNodeEvents(context),
      ...operationsOf(context, metadataEndpoints),
      ...operationsOf(context, virtualIpEndpoints),
      ...operationsOf(context, accessListEndpoints),
      ...makeHealthMonitors(context),
      ...makeSessionPersistence(context),
      ...makeConnections(context),
      ...operationsOf(context, errorPageEndpoints),
      ...makeSslTermination(context),
      ...operationsOf(context, certificateMappingEndpoints),
      ...operationsOf(context, statisticsEndpoints),
      ...makeUsage(client),
      ...makeBillable(context),
      ...operationsOf(context, protocolEndpoints),
      ...operationsOf(context, sourceAddressEndpoints),
      ...operationsOf(context, limitEndpoints)
    }
  })

/** The layer of Cloud Load Balancers in one region, for a login. */
export const layer = (
  options: Options = {}
): Layer.Layer<CloudLoadBalancers, never, TokenRef | HttpClient.HttpClient> =>
  Layer.effect(CloudLoadBalancers, make(options))
