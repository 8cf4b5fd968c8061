/** Waits for clusters. The error of a failed cluster names the failed nodes and scripts. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { CommonError, NotFound } from "../../CloudError.js"
import * as Waiting from "../../Waiting.js"
import { type Cluster, isActive } from "./clusters.js"
import type { ServiceContext } from "./context.js"
import type { Node } from "./nodes.js"
import type { ByClusterId } from "./references.js"

/** A cluster to wait for. */
export interface WaitOptions extends ByClusterId, Waiting.Pace {}

/** A cluster to wait for, and the state to wait for. */
export interface WatchCluster extends WaitOptions {
  /** Returns whether the wait is over. */
  readonly until: (cluster: Cluster) => boolean
}

/** The operations that the waits use. */
interface Reads {
  readonly get: (input: ByClusterId) => Effect.Effect<Cluster, CommonError | NotFound>
  readonly listNodes: (input: ByClusterId) => Stream.Stream<Node, CommonError | NotFound>
}

/** The result of one poll of a cluster. */
interface PolledCluster {
  readonly cluster: Cluster
  /** Why it has failed, if it has and the reason is known. */
  readonly reason: string | undefined
}

const failedStatuses: ReadonlySet<string> = new Set(["ERROR", "IMPAIRED", "DELETING", "DELETED"])

/** Describes the failed nodes and scripts, since the cloud gives no reason. */
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

/** Reads a cluster; if it has failed, its nodes too. */
const readWhole = (
  { get, listNodes }: Reads,
  clusterId: string
): Effect.Effect<PolledCluster, CommonError | NotFound> =>
  Effect.flatMap(get({ clusterId }), (cluster) =>
    cluster.status === "ERROR" || cluster.status === "IMPAIRED"
      ? Effect.map(Stream.runCollect(listNodes({ clusterId })), (nodes): ReadonlyArray<Node> => [...nodes]).pipe(
          // Report the failure even if the nodes cannot be read.
          Effect.orElseSucceed(() => []),
          Effect.map((nodes) => ({ cluster, reason: reasonOf(cluster, nodes) }))
        )
      : Effect.succeed({ cluster, reason: undefined })
  )

/** The waits for clusters. */
export const makeClusterWaits = ({ waits }: ServiceContext, reads: Reads) => {
  const watched = (
    operation: string,
    { clusterId, until, ...pace }: WatchCluster
  ): Waiting.Watch<PolledCluster, CommonError | NotFound, never> => ({
    ...waits.target(operation, clusterId, pace),
    poll: readWhole(reads, clusterId),
    state: ({ cluster }) => cluster.status,
    until: ({ cluster }) => until(cluster),
    failed: ({ cluster, reason }) =>
      failedStatuses.has(cluster.status) && !until(cluster) ? Option.some({ fault: reason }) : Option.none()
  })
  const waitUntil = (operation: string, options: WatchCluster) =>
    Effect.map(Waiting.until(watched(operation, options)), ({ cluster }) => cluster)
  return {
    watch: (options: WatchCluster) => Stream.map(Waiting.watch(watched("watch", options)), ({ cluster }) => cluster),
    waitUntil: (options: WatchCluster) => waitUntil("waitUntil", options),
    waitUntilActive: (options: WaitOptions) => waitUntil("waitUntilActive", { ...options, until: isActive }),
    waitUntilDeleted: ({ clusterId, ...pace }: WaitOptions) =>
      Effect.suspend(() => {
        let polls = 0
        const poll = Effect.tap(readWhole(reads, clusterId), () => Effect.sync(() => polls++))
        return waits.untilDeleted(waits.target("waitUntilDeleted", clusterId, pace), {
          poll,
          state: ({ cluster }) => cluster.status,
          isDeleted: ({ cluster }) => cluster.status === "DELETED",
          failed: ({ cluster, reason }) =>
            cluster.status === "ERROR" && polls > 1 ? Option.some({ fault: reason }) : Option.none()
        })
      })
  }
}
