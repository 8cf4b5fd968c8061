/**
 * Cloud Big Data: clusters of Hadoop, Spark and similar software, and their stacks, distros, flavors, scripts and
 * credentials.
 *
 * Implements the Rackspace Cloud Big Data API v2, including undocumented operations of its last Python client
 * (lavaclient), which are marked as such.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import * as CloudClient from "../CloudClient.js"
import type { CommonError, NotFound, ResourceFailed, WaitTimeout } from "../CloudError.js"
import * as Endpoint from "../Endpoint.js"
import type { TokenRef } from "../Identity.js"
import type { PageSize } from "../internal/paging/listing.js"
import { checked } from "../internal/schema/inputs.js"
import { type Cluster, type ClusterSummary, makeClusters } from "./CloudBigData/clusters.js"
import { service } from "./CloudBigData/context.js"
import { credentialEndpoints } from "./CloudBigData/credentials.js"
import { distroEndpoints } from "./CloudBigData/distros.js"
import type { endpoints } from "./CloudBigData/endpoints.js"
import { type Flavor, makeFlavors } from "./CloudBigData/flavors.js"
import { inputs } from "./CloudBigData/inputs.js"
import { limitEndpoints } from "./CloudBigData/limits.js"
import {
  type ListNodes,
  makeNodes,
  type Node,
  type NodeOptions,
  type NodeTarget,
  type SshOptions
} from "./CloudBigData/nodes.js"
import { makeScripts, type Script } from "./CloudBigData/scripts.js"
import { makeStacks, type StackSummary } from "./CloudBigData/stacks.js"
import { makeClusterWaits, type WaitOptions, type WatchCluster } from "./CloudBigData/waits.js"
import { workloadEndpoints } from "./CloudBigData/workloads.js"
import type { ByNameOrId } from "./common/find.js"
import { makeWaits } from "./common/waits.js"

export {
  Cluster,
  ClusterScript,
  ClusterStatus,
  ClusterSummary,
  type ControlClusterServices,
  CreateCluster,
  isActive,
  NewNodeGroup,
  NodeGroupSize,
  type RemoveClusterSshKeys,
  type ResizeCluster,
  type UpdateClusterCredentials
} from "./CloudBigData/clusters.js"
export { Connector, Credential, CredentialKind, CredentialType } from "./CloudBigData/credentialTypes.js"
export type { AmbariCredential, CloudFilesCredential, S3Credential, SshKey } from "./CloudBigData/credentials.js"
export { Distro, DistroService, DistroSummary } from "./CloudBigData/distros.js"
export { endpoints } from "./CloudBigData/endpoints.js"
export { Flavor } from "./CloudBigData/flavors.js"
export { Limits, type Quota } from "./CloudBigData/limits.js"
export { Component, NodeGroup } from "./CloudBigData/nodeGroups.js"
export {
  Address,
  type ListNodes,
  type ListNodesPage,
  Node,
  type NodeOptions,
  NodeStatus,
  type NodeTarget,
  type SshOptions
} from "./CloudBigData/nodes.js"
export type * from "./CloudBigData/references.js"
export { type CreateScript, Script, ScriptStatus, type UpdateScript } from "./CloudBigData/scripts.js"
export {
  CreateStack,
  NewStackNodeGroup,
  NewStackService,
  ResourceLimits,
  Stack,
  StackNodeGroup,
  StackService,
  StackSummary
} from "./CloudBigData/stacks.js"
export type { WaitOptions, WatchCluster } from "./CloudBigData/waits.js"
export { type ListRecommendations, Recommendation, RecommendedSize, Workload } from "./CloudBigData/workloads.js"
export type { ByNameOrId } from "./common/find.js"

type Endpoints = Endpoint.Client<typeof endpoints>

/** The operations of Cloud Big Data: those of {@link endpoints}, listings as Streams, waits, and finding nodes. */
export interface Service extends Endpoints {
  /**
   * The client of the service, for operations that the library lacks: `Endpoint.method(yield* service.client,
   * endpoint)`. It is an Effect so that `Layer.mock` can leave it out.
   */
  readonly client: Effect.Effect<CloudClient.CloudClient>
  /** The URL of the service's endpoint, without a trailing slash. It can be used as the option `endpoint`. */
  readonly endpointUrl: CloudClient.CloudClient["endpointUrl"]
  /**
   * Creates a cluster, like the endpoint of this name. Node groups are first validated against the stack if it can be
   * read: unknown ones, or a number of nodes that the stack does not allow, fail with `InvalidInput`.
   */
  readonly create: Endpoints["create"]
  /**
   * Resizes a cluster's node groups, like the endpoint of this name. Node groups are first validated against the
   * cluster: unknown ones fail with `InvalidInput`.
   */
  readonly resize: Endpoints["resize"]
  /** All clusters, as a Stream that loads pages on demand. */
  readonly list: (options?: PageSize) => Stream.Stream<ClusterSummary, CommonError>
  /** All nodes of a cluster, as a Stream that loads pages on demand. */
  readonly listNodes: (filters: ListNodes) => Stream.Stream<Node, CommonError | NotFound>
  /** All sizes of nodes. */
  readonly listFlavors: (options?: PageSize) => Stream.Stream<Flavor, CommonError>
  /** All stacks, the cloud's and the account's. */
  readonly listStacks: (options?: PageSize) => Stream.Stream<StackSummary, CommonError>
  /** All scripts, the cloud's and the account's. */
  readonly listScripts: (options?: PageSize) => Stream.Stream<Script, CommonError>
  /**
   * The cluster with this id or exact name, from the list of clusters. Fails with `NotFound`, which names it, if there
   * is none, and with `InvalidInput`, which lists the ids, if several have the name.
   */
  readonly find: (cluster: ByNameOrId) => Effect.Effect<ClusterSummary, CommonError | NotFound>
  /**
   * Finds a node. Fails with `NotFound` if the cluster does not exist, and with `InvalidInput`, which lists the nodes,
   * if it has no such node.
   */
  readonly findNode: (options: NodeOptions) => Effect.Effect<Node, CommonError | NotFound>
  /**
   * A node as a target for `Ssh.execute`, `Ssh.socksProxy`, `Ssh.tunnel`, `Ssh.copyTo` and `Ssh.copyFrom`. Fails like
   * `findNode`, and with `InvalidInput` if the node has no address yet, or if no user is given and the cloud does not
   * return the cluster's.
   */
  readonly sshTarget: (options: SshOptions) => Effect.Effect<NodeTarget, CommonError | NotFound>
  /**
   * Polls a cluster until `until` holds, and emits the result of each poll, including the last one, for example for a
   * progress bar. Fails with `ResourceFailed` as soon as the cluster is in ERROR, IMPAIRED, DELETING or DELETED, unless
   * `until` holds; its `fault` names the failed nodes and scripts. By default polls every 30 s for at most 4 hours.
   */
  readonly watch: (
    options: WatchCluster
  ) => Stream.Stream<Cluster, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /** Waits until `until` holds, and returns the cluster: like {@link Service.watch}, without the earlier states. */
  readonly waitUntil: (
    options: WatchCluster
  ) => Effect.Effect<Cluster, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /** Waits until the cluster is ACTIVE. */
  readonly waitUntilActive: (
    options: WaitOptions
  ) => Effect.Effect<Cluster, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /**
   * Waits until the cluster is gone. Fails with `ResourceFailed` if it goes into ERROR. If it is in ERROR at the first
   * poll, it is polled again, since its deletion may be about to start.
   */
  readonly waitUntilDeleted: (options: WaitOptions) => Effect.Effect<void, CommonError | ResourceFailed | WaitTimeout>
}

/** Cloud Big Data of one region. */
export class CloudBigData extends Context.Tag("effect-rackspace/CloudBigData")<CloudBigData, Service>() {}

/** Validates a URL given as endpoint: it must contain version 2 and the tenant, which is added if missing. */
const complete = (endpoint: string, tenantId: string | undefined): Either.Either<string, string> => {
  if (!URL.canParse(endpoint)) return Either.left("a URL, https://…/v2/{tenant}")
  if (tenantId === undefined) {
    return /\/v2\/[^/]+$/.test(endpoint)
      ? Either.right(endpoint)
      : Either.left("a URL that ends in /v2/{tenant}, since the login has no tenant to add")
  }
  if (endpoint.endsWith("/v2")) return Either.right(`${endpoint}/${tenantId}`)
  return endpoint.endsWith(`/v2/${tenantId}`)
    ? Either.right(endpoint)
    : Either.left(`a URL that ends in /v2/${tenantId}, or in /v2, to which the login's tenant is added`)
}

/**
 * Selects Cloud Big Data in a catalog: version 2, of the two versions in a region.
 *
 * A URL that is given as endpoint must end in `/v2/{tenant}` with the login's tenant if it has one, or in `/v2`, to
 * which the login's tenant is added. Any other URL fails with `InvalidInput` before any request.
 */
export const selector: CloudClient.Selector = {
  types: ["rax:bigdata"],
  name: "cloudBigData",
  versionId: "2",
  complete
}

/** The operations that take several requests. */
type OwnOperations = Exclude<keyof Service, keyof Endpoints | "client" | "endpointUrl">

/** Creates the service for a login. This sends no request. */
export const make = (
  options: CloudClient.Options = {}
): Effect.Effect<Service, never, TokenRef | HttpClient.HttpClient> =>
  Effect.map(makeService(options), (service) => checked<Service, OwnOperations>("CloudBigData", service, inputs))

const makeService = (
  options: CloudClient.Options = {}
): Effect.Effect<Service, never, TokenRef | HttpClient.HttpClient> =>
  Effect.map(CloudClient.make(service, selector, options), (client) => {
    const context = { client, waits: makeWaits(service, { interval: "30 seconds", timeout: "4 hours" }) }
    const stacks = makeStacks(context)
    const clusters = makeClusters(context, stacks.getStack)
    const nodes = makeNodes(context, clusters.get)
    return {
      client: Effect.succeed(client),
      endpointUrl: client.endpointUrl,
      ...clusters,
      ...nodes,
      ...makeClusterWaits(context, { get: clusters.get, listNodes: nodes.listNodes }),
      ...makeFlavors(context),
      ...Endpoint.client(client, limitEndpoints),
      ...Endpoint.client(client, distroEndpoints),
      ...stacks,
      ...makeScripts(context),
      ...Endpoint.client(client, credentialEndpoints),
      ...Endpoint.client(client, workloadEndpoints)
    }
  })

/** The layer of Cloud Big Data in one region, for a login. */
export const layer = (
  options: CloudClient.Options = {}
): Layer.Layer<CloudBigData, never, TokenRef | HttpClient.HttpClient> => Layer.effect(CloudBigData, make(options))
