/**
 * Cloud Big Data: clusters of Hadoop, Spark and their like, and the stacks, distros, flavors, scripts and credentials they are
 * made with.
 *
 * Implements the Rackspace Cloud Big Data API v2. What its documents leave out and its last Python client (lavaclient) had is
 * here too; each operation says which it is.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as CloudClient from "../CloudClient.js"
import {
  type CommonError,
  type InvalidInput,
  type NotFound,
  type ResourceFailed,
  type WaitTimeout
} from "../CloudError.js"
import * as Endpoint from "../Endpoint.js"
import type { TokenRef } from "../Identity.js"
import * as LostResponse from "../internal/http/lostResponse.js"
import { listing, type PageQuery } from "../internal/paging/listing.js"
import { invalidInput } from "../internal/schema/invalidInput.js"
import { refuseUnknown } from "../internal/schema/knownFields.js"
import type * as Paging from "../Paging.js"
import type * as Ssh from "../Ssh.js"
import * as Waiting from "../Waiting.js"
import { makeWaits } from "./common/waits.js"
import { endpoints } from "./CloudBigData/endpoints.js"
import { inputs } from "./CloudBigData/inputs.js"
import type { Cluster, ClusterSummary, Flavor, Node, Script, StackSummary } from "./CloudBigData/models.js"

export { endpoints } from "./CloudBigData/endpoints.js"

export {
  Address,
  Cluster,
  ClusterScript,
  ClusterStatus,
  ClusterSummary,
  Component,
  Connector,
  Credential,
  CredentialKind,
  CredentialType,
  Distro,
  DistroSummary,
  Flavor,
  Limits,
  Node,
  NodeGroup,
  NodeStatus,
  Recommendation,
  ResourceLimits,
  Script,
  ScriptStatus,
  Stack,
  StackNodeGroup,
  StackService,
  StackSummary,
  Workload
} from "./CloudBigData/models.js"

export type { Quota } from "./CloudBigData/models.js"

type Endpoints = Endpoint.Client<typeof endpoints>

type PageName = "listClustersPage" | "listNodesPage" | "listFlavorsPage" | "listStacksPage" | "listScriptsPage"

/**
 * What a listing as a Stream takes. `pageSize` is how many items one request asks for, by default 100; the cloud refuses more
 * than 200.
 *
 * @since 0.1.0
 * @category models
 */
export type Filters<Name extends PageName> = Omit<NonNullable<Parameters<Endpoints[Name]>[0]>, "limit" | "marker"> & {
  readonly pageSize?: number | undefined
}

/**
 * A cluster to wait for.
 *
 * @since 0.1.0
 * @category models
 */
export interface WaitOptions extends Waiting.Pace {
  readonly clusterId: string
}

/**
 * Which node of a cluster is meant: the one of a name (in any case), the first one that has a component (`ResourceManager`),
 * or both; where neither is given, the first that is not Ambari's.
 *
 * @since 0.1.0
 * @category models
 */
export interface NodeOptions {
  readonly clusterId: string
  readonly nodeName?: string | undefined
  /** The name of a component, in any case. */
  readonly component?: string | undefined
}

/**
 * Which node of a cluster is meant, and how ssh is to reach it.
 *
 * @since 0.1.0
 * @category models
 */
export interface SshOptions extends NodeOptions, Omit<Ssh.Target, "host" | "username"> {
  /** Who logs in; by default the user that the cluster was created with. */
  readonly username?: string | undefined
  /** Which of the node's addresses to use, default `public`. `private` is for programs within the region's own network. */
  readonly network?: "public" | "private" | undefined
}

/**
 * A node as a target of {@link Ssh}.
 *
 * @since 0.1.0
 * @category models
 */
export interface NodeTarget extends Ssh.Target {
  readonly node: Node
}

/**
 * What Cloud Big Data can do: the operations of {@link endpoints}, the listings as Streams, waiting, and finding nodes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service extends Endpoints {
  /** The URL of the service's endpoint for this login, without a trailing slash. It may be named as `endpoint` elsewhere. */
  readonly endpointUrl: CloudClient.CloudClient["endpointUrl"]
  /**
   * Has a cluster made: the operation of the same name. Node groups are first held against those of the stack, where that can
   * be read: one that the stack does not have, or more or fewer nodes than it allows, is `InvalidInput`.
   */
  readonly createCluster: Endpoints["createCluster"]
  /**
   * Has a cluster's node groups grow or shrink: the operation of the same name. Node groups are first held against those of
   * the cluster: one that it does not have is `InvalidInput`.
   */
  readonly resizeCluster: Endpoints["resizeCluster"]
  /** All clusters, page by page as they are asked for. */
  readonly listClusters: (filters?: Filters<"listClustersPage">) => Stream.Stream<ClusterSummary, CommonError>
  /** All nodes of a cluster, page by page as they are asked for. */
  readonly listNodes: (filters: Filters<"listNodesPage">) => Stream.Stream<Node, CommonError | NotFound>
  /** All sizes of nodes. */
  readonly listFlavors: (filters?: Filters<"listFlavorsPage">) => Stream.Stream<Flavor, CommonError>
  /** All stacks, the cloud's and the account's. */
  readonly listStacks: (filters?: Filters<"listStacksPage">) => Stream.Stream<StackSummary, CommonError>
  /** All scripts, the cloud's and the account's. */
  readonly listScripts: (filters?: Filters<"listScriptsPage">) => Stream.Stream<Script, CommonError>
  /**
   * The cluster of a name, if there is one. Fails with `InvalidInput`, which lists their ids, where several have it. Asks for
   * the list of clusters.
   */
  readonly findCluster: (options: {
    readonly name: string
  }) => Effect.Effect<Option.Option<ClusterSummary>, CommonError>
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
    options: WaitOptions & { readonly until: (cluster: Cluster) => boolean }
  ) => Stream.Stream<Cluster, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /** Waits until `until` holds for the cluster, and returns it: {@link Service.watch} without the earlier states. */
  readonly waitUntil: (
    options: WaitOptions & { readonly until: (cluster: Cluster) => boolean }
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

/**
 * Cloud Big Data of one region.
 *
 * @since 0.1.0
 * @category tags
 */
export class CloudBigData extends Context.Tag("effect-rackspace/CloudBigData")<CloudBigData, Service>() {}

/**
 * Whether a cluster is ready for work: ACTIVE.
 *
 * @since 0.1.0
 * @category guards
 */
export const isActive = (cluster: Pick<Cluster, "status">): boolean => cluster.status === "ACTIVE"

/** The result of one poll of a cluster. */
interface Look {
  readonly cluster: Cluster
  /** Why it has failed, where it has and the cloud shows it. */
  readonly reason: string | undefined
}

const failedStatuses: ReadonlySet<string> = new Set(["ERROR", "IMPAIRED", "DELETING", "DELETED"])

/** What the cloud shows of a failure: it gives no reason in words. */
const reasonOf = (cluster: Cluster, nodes: ReadonlyArray<Node>): string | undefined => {
  const nodeName = (id: string | undefined) => nodes.find((node) => node.id === id)?.name
  const reasons = [
    ...nodes
      .filter((node) => node.status === "ERROR")
      .map(({ name, nodeGroup }) => `node ${name}${nodeGroup === undefined ? "" : ` (${nodeGroup})`} is in ERROR`),
    ...cluster.scripts
      .filter((script) => script.status === "FAILED")
      .map(({ id, name, nodeId, scriptId }) => {
        const where = nodeName(nodeId) ?? nodeId
        return `script ${name ?? scriptId ?? id ?? "?"} FAILED${where === undefined ? "" : ` on ${where}`}`
      })
  ]
  return reasons.length === 0 ? undefined : reasons.join("; ")
}

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
 *
 * @since 0.1.0
 * @category constants
 */
export const selector: CloudClient.Selector = {
  types: ["rax:bigdata"],
  name: "cloudBigData",
  versionId: "2",
  complete
}

const service = "CloudBigData"

const invalid = (operation: string, path: string, expected: string): InvalidInput =>
  invalidInput(service, operation, [{ path, expected }])

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

interface CountedGroup {
  readonly id: string
  readonly count?: number | undefined
}

interface KnownGroup {
  readonly id: string
  readonly resourceLimits?: { readonly minCount?: number | undefined; readonly maxCount?: number | undefined }
}

/** What is wrong with node groups, given those that there are. */
const nodeGroupIssues = (wanted: ReadonlyArray<CountedGroup>, known: ReadonlyArray<KnownGroup>) =>
  known.length === 0
    ? []
    : wanted.flatMap(({ count, id }, index) => {
        const group = known.find((each) => each.id === id)
        if (group === undefined) {
          return [{ path: `nodeGroups.${index}.id`, expected: `one of ${known.map((each) => each.id).join(", ")}` }]
        }
        const { maxCount = Infinity, minCount = 0 } = group.resourceLimits ?? {}
        return count !== undefined && (count < minCount || count > maxCount)
          ? [
              {
                path: `nodeGroups.${index}.count`,
                expected: maxCount === Infinity ? `${minCount} or more` : `${minCount} to ${maxCount}`
              }
            ]
          : []
      })

const checkNodeGroups = (
  operation: string,
  wanted: ReadonlyArray<CountedGroup>,
  known: ReadonlyArray<KnownGroup>
): Effect.Effect<void, InvalidInput> => {
  const issues = nodeGroupIssues(wanted, known)
  return issues.length === 0 ? Effect.void : Effect.fail(invalidInput(service, operation, issues))
}

const isAmbari = ({ name, nodeGroup }: Node): boolean => same(name, "ambari") || same(nodeGroup ?? "", "ambari")

const chosen = (
  operation: string,
  { component, nodeName }: NodeOptions,
  nodes: ReadonlyArray<Node>
): Effect.Effect<Node, InvalidInput> => {
  const hasName = (node: Node) => nodeName === undefined || same(node.name, nodeName)
  const hasComponent = (node: Node) =>
    component === undefined || node.components.some(({ name }) => same(name, component))
  const found =
    nodeName === undefined && component === undefined
      ? (nodes.find((node) => !isAmbari(node)) ?? nodes[0])
      : nodes.find((node) => hasName(node) && hasComponent(node))
  if (found !== undefined) return Effect.succeed(found)
  if (nodes.length === 0)
    return Effect.fail(invalid(operation, "clusterId", "a cluster that has nodes; this one has none"))
  if (nodeName !== undefined && !nodes.some(hasName)) {
    return Effect.fail(invalid(operation, "nodeName", `one of ${nodes.map(({ name }) => name).join(", ")}`))
  }
  const components = new Set(nodes.filter(hasName).flatMap((node) => node.components.map(({ name }) => name)))
  return Effect.fail(invalid(operation, "component", `one of ${[...components].join(", ")}`))
}

/** The operations that take several requests. */
type OwnOperations = Exclude<keyof Service, keyof Endpoints | "endpointUrl">

/**
 * The service, from a login. Making it sends no request.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: CloudClient.Options = {}
): Effect.Effect<Service, never, TokenRef | HttpClient.HttpClient> =>
  Effect.map(makeService(options), (service) => refuseUnknown<Service, OwnOperations>("CloudBigData", service, inputs))

const makeService = (
  options: CloudClient.Options = {}
): Effect.Effect<Service, never, TokenRef | HttpClient.HttpClient> =>
  Effect.map(CloudClient.make(service, selector, options), (cloudClient) => {
    const waits = makeWaits(service, { interval: "30 seconds", timeout: "4 hours" })
    const operations = Endpoint.client(cloudClient, endpoints)
    const listed = <Input extends PageQuery, A, E>(
      operation: string,
      fetch: (input: Input) => Effect.Effect<Paging.Page<A, string>, E | CommonError>
    ) => listing({ service, operation: `CloudBigData.${operation}` }, 100, fetch)
    const listClusters = listed("listClusters", operations.listClustersPage)
    const listNodes = listed("listNodes", operations.listNodesPage)

    const nodesOf = (clusterId: string) =>
      Effect.map(Stream.runCollect(listNodes({ clusterId })), (nodes): ReadonlyArray<Node> => [...nodes])
    const nodeOf = (operation: string, wanted: NodeOptions) =>
      Effect.flatMap(nodesOf(wanted.clusterId), (nodes) => chosen(operation, wanted, nodes))

    /** Reads a cluster; where it has failed, its nodes too. */
    const readWhole = (clusterId: string): Effect.Effect<Look, CommonError | NotFound> =>
      Effect.flatMap(operations.getCluster({ clusterId }), (cluster) =>
        cluster.status === "ERROR" || cluster.status === "IMPAIRED"
          ? nodesOf(clusterId).pipe(
              // The failure itself is worth more than all there is to say of it.
              Effect.orElseSucceed(() => []),
              Effect.map((nodes) => ({ cluster, reason: reasonOf(cluster, nodes) }))
            )
          : Effect.succeed({ cluster, reason: undefined })
      )
    const watched = (
      operation: string,
      { clusterId, until, ...pace }: WaitOptions & { readonly until: (cluster: Cluster) => boolean }
    ): Waiting.Watch<Look, CommonError | NotFound, never> => ({
      ...waits.target(operation, clusterId, pace),
      poll: readWhole(clusterId),
      state: ({ cluster }) => cluster.status,
      until: ({ cluster }) => until(cluster),
      failed: ({ cluster, reason }) =>
        failedStatuses.has(cluster.status) && !until(cluster) ? Option.some({ fault: reason }) : Option.none()
    })
    const waitUntil = (operation: string, options: WaitOptions & { readonly until: (cluster: Cluster) => boolean }) =>
      Effect.map(Waiting.until(watched(operation, options)), ({ cluster }) => cluster)

    return {
      ...operations,
      endpointUrl: cloudClient.endpointUrl,
      createCluster: (input) =>
        Effect.gen(function* () {
          yield* Endpoint.validate(cloudClient, endpoints.createCluster, input)
          if (input.nodeGroups !== undefined && input.nodeGroups.length > 0) {
            // Where the stack cannot be read, the cloud itself must judge.
            const stack = yield* Effect.option(operations.getStack({ stackId: input.stackId }))
            yield* checkNodeGroups(
              endpoints.createCluster.operation,
              input.nodeGroups,
              Option.match(stack, { onNone: () => [], onSome: ({ nodeGroups }) => nodeGroups })
            )
          }
          return yield* waits.noteCreated(operations.createCluster(input), ({ id }) => [id])
        }),
      resizeCluster: (input) =>
        Effect.gen(function* () {
          yield* Endpoint.validate(cloudClient, endpoints.resizeCluster, input)
          const { nodeGroups } = yield* operations.getCluster({ clusterId: input.clusterId })
          yield* checkNodeGroups(endpoints.resizeCluster.operation, input.nodeGroups, nodeGroups)
          return yield* operations.resizeCluster(input)
        }),
      deleteCluster: (input) =>
        LostResponse.removal(
          operations.deleteCluster(input),
          new Set(["Conflict"]),
          Effect.map(operations.getCluster(input), ({ status }) => status === "DELETING" || status === "DELETED")
        ),
      listClusters,
      listNodes,
      listFlavors: listed("listFlavors", operations.listFlavorsPage),
      listStacks: listed("listStacks", operations.listStacksPage),
      listScripts: listed("listScripts", operations.listScriptsPage),
      findCluster: ({ name }) =>
        Effect.flatMap(
          Stream.runCollect(Stream.filter(listClusters(), (cluster) => cluster.name === name)),
          (clusters) => {
            const [first, ...others] = clusters
            if (first === undefined) return Effect.succeedNone
            if (others.length === 0) return Effect.succeedSome(first)
            const ids = [...clusters].map(({ id }) => id).join(", ")
            return Effect.fail(
              invalid("CloudBigData.findCluster", "name", `a name that one cluster has; ${ids} have this one`)
            )
          }
        ),
      findNode: (wanted) => nodeOf("CloudBigData.findNode", wanted),
      sshTarget: ({ clusterId, component, network = "public", nodeName, username, ...how }) =>
        Effect.gen(function* () {
          const operation = "CloudBigData.sshTarget"
          const user = username ?? (yield* operations.getCluster({ clusterId })).username
          if (user === undefined) {
            return yield* invalid(operation, "username", "the user of the cluster, which the cloud does not return")
          }
          const node = yield* nodeOf(operation, { clusterId, nodeName, component })
          const [address] = node.addresses[network]
          if (address === undefined) {
            return yield* invalid(
              operation,
              "nodeName",
              `a node with a ${network} address; ${node.name} is ${node.status} and has none`
            )
          }
          return { ...how, node, host: address.address, username: user }
        }),
      watch: (options) => Stream.map(Waiting.watch(watched("watch", options)), ({ cluster }) => cluster),
      waitUntil: (options) => waitUntil("waitUntil", options),
      waitUntilActive: (options) => waitUntil("waitUntilActive", { ...options, until: isActive }),
      waitUntilDeleted: ({ clusterId, ...pace }) =>
        Effect.suspend(() => {
          let polls = 0
          const poll = Effect.tap(readWhole(clusterId), () => Effect.sync(() => polls++))
          return waits.untilDeleted(waits.target("waitUntilDeleted", clusterId, pace), {
            poll,
            state: ({ cluster }) => cluster.status,
            isDeleted: ({ cluster }) => cluster.status === "DELETED",
            failed: ({ cluster, reason }) =>
              cluster.status === "ERROR" && polls > 1 ? Option.some({ fault: reason }) : Option.none()
          })
        })
    }
  })

/**
 * Cloud Big Data of one region, from a login.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: CloudClient.Options = {}
): Layer.Layer<CloudBigData, never, TokenRef | HttpClient.HttpClient> => Layer.effect(CloudBigData, make(options))
