/** The state of Cloud Big Data in one region. */
import type { ClusterRecord, ServiceControl } from "./clusterRecord.js"
import { noCredentials } from "./credentialStore.js"
import { initialScripts, initialStacks } from "./fixtures.js"
import { notFound } from "./requests.js"

/** The options of the service with their defaults. Times are in milliseconds. */
export interface Settings {
  readonly buildTime: number
  readonly configureTime: number
  readonly resizeTime: number
  readonly deleteTime: number
  readonly quota: Readonly<Record<"node_count" | "vcpus" | "ram" | "disk", number>>
  /** The public address of every node, if configured. */
  readonly nodeAddress: string | undefined
}

export class Region {
  readonly clusters = new Map<string, ClusterRecord>()
  /** The actions on services of clusters, in order. */
  readonly controls: Array<ServiceControl & { readonly clusterId: string }> = []
  readonly stacks = initialStacks()
  readonly scripts = initialScripts()
  readonly credentials = noCredentials()
  clusterCount = 0
  nodeCount = 0
  /** How many of the next creations fail, and the cause. */
  failingBuilds = 0
  failingCause: "node" | "script" = "node"

  constructor(readonly settings: Settings) {}

  /** All clusters that are not deleted. */
  existing(now: number): ReadonlyArray<ClusterRecord> {
    return [...this.clusters.values()].filter(({ goneAt }) => goneAt === undefined || now < goneAt)
  }

  find(id: string, now: number): ClusterRecord {
    return this.existing(now).find((cluster) => cluster.id === id) ?? notFound(`Cluster ${id}`)
  }
}
