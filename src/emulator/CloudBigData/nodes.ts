/** Nodes of clusters (Cloud Big Data API v2, "Nodes"). */
import { randomUUID } from "node:crypto"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import type { Change, ClusterRecord, NodeGroup, NodeRecord } from "./clusterRecord.js"
import { isVisible, nodeToJson, statusOf } from "./clusterRecord.js"
import type { Region } from "./region.js"
import type { BigDataRequest } from "./requests.js"
import { conflict, notFound, page, within } from "./requests.js"

/** Nodes to add to a group. `first` is the number in the name of the first one. */
interface Addition {
  readonly group: NodeGroup
  readonly first: number
  readonly count: number
}

/** The number of the next node of a group. */
export const nextNumber = (cluster: ClusterRecord, group: NodeGroup): number => {
  const names = cluster.nodes.filter((node) => node.group === group).map(({ name }) => name)
  return 1 + Math.max(0, ...names.map((name) => Number(name.replace(/^.*-/, ""))))
}

/** New nodes, which complete the phases of a change one after another. */
export const newNodes = (
  region: Region,
  additions: ReadonlyArray<Addition>,
  { endsAt, failsAt, firstEndsAt, startedAt }: Change,
  lastFails = false
): ReadonlyArray<NodeRecord> => {
  const wanted = additions.flatMap(({ count, first, group }) =>
    Array.from({ length: count }, (_, index) => ({ group, name: `${group.id}-${first + index}` }))
  )
  return wanted.map(({ group, name }, index) => {
    const share = (index + 1) / wanted.length
    const number = ++region.nodeCount
    return {
      id: randomUUID(),
      name,
      group,
      createdAt: startedAt,
      builtAt: startedAt + (firstEndsAt - startedAt) * share,
      // If one fails, the others are never configured.
      activeAt: lastFails ? Infinity : firstEndsAt + (endsAt - firstEndsAt) * share,
      failsAt: lastFails && index === wanted.length - 1 ? failsAt : undefined,
      removal: undefined,
      publicAddress: region.settings.nodeAddress ?? `192.0.2.${number % 256}`,
      privateAddress: `10.0.${Math.floor(number / 256) % 256}.${number % 256}`
    }
  })
}

const remove = (
  region: Region,
  cluster: ClusterRecord,
  node: NodeRecord,
  { baseUrl, now }: BigDataRequest
): WireResponse => {
  const status = statusOf(cluster, now)
  if (status !== "ACTIVE" && status !== "IMPAIRED") {
    return conflict(`Cluster ${cluster.id} cannot be changed while it is ${status}`)
  }
  if (node.removal === undefined) {
    node.removal = { startedAt: now, endsAt: now + region.settings.deleteTime }
    node.group.count--
    cluster.updatedAt = now
  }
  return Reply.json(200, { node: nodeToJson(node, cluster, now, baseUrl) })
}

const visible = ({ nodes }: ClusterRecord, now: number): ReadonlyArray<NodeRecord> =>
  nodes.filter((node) => isVisible(node, now))

export const routes = (region: Region) => [
  within("/clusters/{id}/nodes", ({ now }, { id }) => region.find(id, now))({
    "GET /clusters/{id}/nodes": (cluster, request) => {
      const { baseUrl, now } = request
      const options = { key: "nodes", path: `clusters/${cluster.id}/nodes`, items: visible(cluster, now) }
      return Reply.json(200, page(request, { ...options, toJson: (node) => nodeToJson(node, cluster, now, baseUrl) }))
    }
  }),
  within("/clusters/{id}/nodes/{node}", ({ now }, { id, node: nodeId }) => {
    const cluster = region.find(id, now)
    const node = visible(cluster, now).find((each) => each.id === nodeId) ?? notFound(`Node ${nodeId}`)
    return { cluster, node }
  })({
    "DELETE /clusters/{id}/nodes/{node}": ({ cluster, node }, request) => remove(region, cluster, node, request)
  })
]
