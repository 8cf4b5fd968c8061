/**
 * Cloud Big Data: clusters of Hadoop, Spark and their like, and the stacks, distros, flavors, scripts and credentials they are
 * made with.
 *
 * Implements the Rackspace Cloud Big Data API v2. What its documents leave out and its last Python client (lavaclient) had is
 * here too; each operation says which it is.
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

/**
 * What Cloud Big Data can do: the operations of {@link endpoints}, the listings as Streams, waiting, and finding nodes.
 */
export interface Service extends Endpoints {
  /**
   * The client of the service. `Endpoint.method(yield* service.client, endpoint)` makes an operation that the library lacks. It is
   * an Effect, so that `Layer.mock` needs none.
   */
  readonly client: Effect.Effect<CloudClient.CloudClient>
  /** The URL of the service's endpoint for this login, without a trailing slash. It may be named as `endpoint` elsewhere. */
  readonly endpointUrl: CloudClient.CloudClient["endpointUrl"]
  /**
   * Creates a cluster: the operation of the same name. Node groups are first checked against those of the stack, where that can
   * be read: one that the stack does not have, or more or fewer nodes than it allows, is `InvalidInput`.
   */
  readonly create: Endpoints["create"]
  /**
   * Resizes a cluster's node groups: the operation of the same name. Node groups are first checked against those of
   * the cluster: one that it does not have is `InvalidInput`.
   */
  readonly resize: Endpoints["resize"]
  /** All clusters, page by page as they are asked for. */
  readonly list: (options?: PageSize) => Stream.Stream<ClusterSummary, CommonError>
  /** All nodes of a cluster, page by page as they are asked for. */
  readonly listNodes: (filters: ListNodes) => Stream.Stream<Node, CommonError | NotFound>
  /** All sizes of nodes. */
  readonly listFlavors: (options?: PageSize) => Stream.Stream<Flavor, CommonError>
  /** All stacks, the cloud's and the account's. */
  readonly listStacks: (options?: PageSize) => Stream.Stream<StackSummary, CommonError>
  /** All scripts, the cloud's and the account's. */
  readonly listScripts: (options?: PageSize) => Stream.Stream<Script, CommonError>
  /**
   * The cluster of this id, or of this very name. Fails with `NotFound`, which names it, where there is none, and with
   * `InvalidInput` where several have the name, and lists their ids. Asks for the list of clusters.
   */
  readonly find: (cluster: ByNameOrId) => Effect.Effect<ClusterSummary, CommonError | NotFound>
  /**
   * The node that is meant. Fails with `NotFound` where there is no such cluster, with `InvalidInput`, which lists the nodes,
   * where it has no such node.
   */
  readonly findNode: (options: NodeOptions) => Effect.Effect<Node, CommonError | NotFound>
  /**
   * The node that is meant, as ssh reaches it: for `Ssh.execute`, `Ssh.socksProxy`, `Ssh.tunnel`, `Ssh.copyTo` and
   * `Ssh.copyFrom`. Fails as `findNode` does, and with `InvalidInput` where the node has no address yet, or the cloud does not
   * return the user of the cluster and none is given.
   */
  readonly sshTarget: (options: SshOptions) => Effect.Effect<NodeTarget, CommonError | NotFound>
  /**
   * Polls a cluster until `until` holds, and emits the result of each poll, the last included: for progress bars. Fails with
   * `ResourceFailed` as soon as the cluster is in ERROR, IMPAIRED, DELETING or DELETED, unless `until` holds then; its `fault`
   * names the nodes and scripts that have failed. By default every 30 s for at most 4 hours.
   */
  readonly watch: (
    options: WatchCluster
  ) => Stream.Stream<Cluster, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /** Waits until `until` holds for the cluster, and returns it: {@link Service.watch} without the earlier states. */
  readonly waitUntil: (
    options: WatchCluster
  ) => Effect.Effect<Cluster, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /** Waits until the cluster is ACTIVE. */
  readonly waitUntilActive: (
    options: WaitOptions
  ) => Effect.Effect<Cluster, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /**
   * Waits until the cluster is gone. Fails with `ResourceFailed` where it ends in ERROR instead: one that is in ERROR at the
   * first poll may be about to go, and is polled again.
   */
  readonly waitUntilDeleted: (options: WaitOptions) => Effect.Effect<void, CommonError | ResourceFailed | WaitTimeout>
}

/** Cloud Big Data of one region. */
export class CloudBigData extends Context.Tag("effect-rackspace/CloudBigData")<CloudBigData, Service>() {}

/** The URL that is named must lead to version 2, and to the tenant; the tenant of the login is added where it is missing. */
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
 * How Cloud Big Data is found in a catalog: version 2, of the two that a region has.
 *
 * An endpoint that is named instead must end in `/v2/{tenant}`, the tenant being that of the login where it has one; to one
 * that ends in `/v2` the login's tenant is added. Any other is `InvalidInput`, before any request to it.
 */
export const selector: CloudClient.Selector = {
  types: ["rax:bigdata"],
  name: "cloudBigData",
  versionId: "2",
  complete
}

/** The operations that take several requests. */
type OwnOperations = Exclude<keyof Service, keyof Endpoints | "client" | "endpointUrl">

/** The service, from a login. Making it sends no request. */
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

/** Cloud Big Data of one region, from a login. */
export const layer = (
  options: CloudClient.Options = {}
): Layer.Layer<CloudBigData, never, TokenRef | HttpClient.HttpClient> => Layer.effect(CloudBigData, make(options))
