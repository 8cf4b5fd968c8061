/** The quota of an account, which counts the data nodes of all its clusters (Cloud Big Data API v2, "Limits"). */
import * as Reply from "../Reply.js"
import type { ClusterRecord, NodeGroup } from "./clusterRecord.js"
import { findFlavor } from "./flavors.js"
import type { Region } from "./region.js"
import { refuse, table } from "./requests.js"

/** A group and its number of nodes. */
export type Count = readonly [group: NodeGroup, count: number]

export const isData = (group: NodeGroup): boolean => group.components.includes("Datanode")

/** The resources of the data nodes in these groups. */
const usageOf = (counts: Iterable<Count>) => {
  const usage = { disk: 0, node_count: 0, ram: 0, vcpus: 0 }
  for (const [group, count] of counts) {
    const flavor = isData(group) ? findFlavor(group.flavorId) : undefined
    if (flavor !== undefined) {
      usage.node_count += count
      usage.vcpus += count * flavor.vcpus
      usage.ram += count * flavor.ram
      usage.disk += count * flavor.disk
    }
  }
  return usage
}

const usageOfClusters = (clusters: ReadonlyArray<ClusterRecord>) =>
  usageOf(clusters.flatMap(({ groups }) => groups.map((group) => [group, group.count] as const)))

const names = ["node_count", "vcpus", "ram", "disk"] as const

/** Refuses with 413 if these nodes and those of the other clusters exceed the quota. */
export const checkQuota = (region: Region, counts: Iterable<Count>, others: ReadonlyArray<ClusterRecord>): void => {
  const { quota } = region.settings
  const used = usageOfClusters(others)
  const requested = usageOf(counts)
  for (const name of names) {
    if (used[name] + requested[name] > quota[name]) {
      const remaining = quota[name] - used[name]
      refuse(413, `The resource quota was exceeded: ${requested[name]} of ${name} requested, ${remaining} remaining`)
    }
  }
}

export const routes = (region: Region) =>
  table({
    "GET /limits": ({ now }) => {
      const { quota } = region.settings
      const used = usageOfClusters(region.existing(now))
      const absolute = Object.fromEntries(
        names.toSorted().map((name) => [name, { limit: quota[name], remaining: Math.max(0, quota[name] - used[name]) }])
      )
      return Reply.json(200, { limits: { absolute } })
    }
  })
