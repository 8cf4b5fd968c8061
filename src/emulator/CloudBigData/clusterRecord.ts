/**
 * A cluster and its nodes, whose states are computed from the time, without background work (Cloud Big Data API v2,
 * "Cluster status").
 *
 * A change has two phases. In the first (BUILDING for a new cluster, UPDATING for a resized one) nodes are built one
 * after another; in the second (CONFIGURING) they are configured one after another. Then the cluster is ACTIVE.
 */
import { links } from "../Links.js"
import { instant } from "./requests.js"

export interface NodeGroup {
  readonly id: string
  readonly flavorId: string
  readonly components: ReadonlyArray<string>
  count: number
}

export interface NodeRecord {
  readonly id: string
  readonly name: string
  readonly group: NodeGroup
  readonly createdAt: number
  /** When it is built, and has addresses. */
  readonly builtAt: number
  /** When it is configured. */
  readonly activeAt: number
  /** When it fails, if it does. */
  readonly failsAt: number | undefined
  /** When its deletion begins and ends. */
  removal: { readonly startedAt: number; readonly endsAt: number } | undefined
  readonly publicAddress: string
  readonly privateAddress: string
}

/** A script on a cluster. */
export interface ClusterScript {
  readonly id: string
  readonly name: string
  readonly fails: boolean
}

/** A change of a cluster in progress. */
export interface Change {
  readonly first: "BUILDING" | "UPDATING"
  readonly startedAt: number
  readonly firstEndsAt: number
  readonly endsAt: number
  /** When the cluster changes to ERROR, if it does. */
  readonly failsAt: number | undefined
}

/** A credential, by type and name. */
export interface Credential {
  readonly type: string
  readonly name: string
}

/** An action on services of a cluster. */
export interface ServiceControl {
  readonly action: string
  /** Empty for all. */
  readonly services: ReadonlyArray<string>
}

export interface ClusterRecord {
  readonly id: string
  readonly name: string
  readonly stackId: string
  readonly username: string
  readonly createdAt: number
  updatedAt: number | undefined
  readonly groups: ReadonlyArray<NodeGroup>
  nodes: ReadonlyArray<NodeRecord>
  sshKeys: ReadonlyArray<string>
  readonly connectors: ReadonlyArray<Credential>
  credentials: ReadonlyArray<Credential>
  readonly scripts: ReadonlyArray<ClusterScript>
  change: Change
  /** A status set by a test, until the next change. */
  fixedStatus: string | undefined
  /** When its deletion ends. */
  goneAt: number | undefined
}

/** The web interface of a component: its display name, protocol and port. */
const consoles: Readonly<Record<string, readonly [niceName: string, protocol: string, port: number]>> = {
  Namenode: ["HDFS Namenode", "http", 50070],
  SecondaryNamenode: ["HDFS Secondary Namenode", "http", 50090],
  Datanode: ["HDFS Datanode", "http", 50075],
  ResourceManager: ["YARN Resource Manager", "http", 8088],
  NodeManager: ["YARN Node Manager", "http", 8042],
  TimelineHistoryServer: ["YARN Timeline History Server", "http", 8188],
  YarnTimelineServer: ["YARN Timeline History Server", "http", 8188],
  MRHistoryServer: ["MapReduce History Server", "http", 19888],
  JobHistoryServer: ["MapReduce History Server", "http", 19888],
  AmbariServer: ["Ambari", "http", 8080],
  HiveServer2: ["Hive Server", "hive2", 10000]
}

/** The status that the API shows. */
export const statusOf = (cluster: ClusterRecord, now: number): string => {
  const { change } = cluster
  if (cluster.goneAt !== undefined) {
    return "DELETING"
  }
  if (cluster.fixedStatus !== undefined) {
    return cluster.fixedStatus
  }
  if (change.failsAt !== undefined && now >= change.failsAt) {
    return "ERROR"
  }
  return now < change.firstEndsAt ? change.first : now < change.endsAt ? "CONFIGURING" : "ACTIVE"
}

/** Whether the API shows a node. */
export const isVisible = (node: NodeRecord, now: number): boolean =>
  node.removal === undefined || now < node.removal.endsAt

export const nodeStatusOf = (node: NodeRecord, now: number): string => {
  if (node.removal !== undefined) {
    return "DELETING"
  }
  if (node.failsAt !== undefined && now >= node.failsAt) {
    return "ERROR"
  }
  return now < node.builtAt ? "BUILDING" : now < node.activeAt ? "CONFIGURING" : "ACTIVE"
}

/** A script is pending while nodes are built, runs while they are configured, and ends with the cluster. */
const scriptStatusOf = (script: ClusterScript, { endsAt, failsAt, firstEndsAt }: Change, now: number): string => {
  if (failsAt !== undefined && now >= failsAt) {
    return script.fails ? "FAILED" : "PENDING"
  }
  if (now >= endsAt) {
    return "SUCCEEDED"
  }
  return now < firstEndsAt ? "PENDING" : now < (firstEndsAt + endsAt) / 2 ? "DELIVERED" : "RUNNING"
}

/** Building counts for one half, configuring for the other, by the number of finished nodes. */
const progressOf = (cluster: ClusterRecord, now: number): number => {
  const nodes = cluster.nodes.filter((node) => isVisible(node, now))
  const share = (...statuses: ReadonlyArray<string>) =>
    nodes.length === 0 ? 0 : nodes.filter((node) => statuses.includes(nodeStatusOf(node, now))).length / nodes.length
  switch (statusOf(cluster, now)) {
    case "ACTIVE":
      return 1
    case "BUILDING":
    case "UPDATING":
      return 0.5 * share("CONFIGURING", "ACTIVE")
    default:
      return 0.5 + 0.5 * share("ACTIVE")
  }
}

/** The entry of a list. */
export const toSummary = (cluster: ClusterRecord, now: number, baseUrl: string): Readonly<Record<string, unknown>> => ({
  id: cluster.id,
  name: cluster.name,
  status: statusOf(cluster, now),
  stack_id: cluster.stackId,
  created: instant(cluster.createdAt),
  updated: instant(cluster.updatedAt),
  cbd_version: 2,
  links: links(baseUrl, `clusters/${cluster.id}`)
})

export const toDetail = (cluster: ClusterRecord, now: number, baseUrl: string): Readonly<Record<string, unknown>> => ({
  ...toSummary(cluster, now, baseUrl),
  progress: progressOf(cluster, now),
  username: cluster.username,
  ssh_keys: cluster.sshKeys,
  node_groups: cluster.groups.map((group) => ({
    id: group.id,
    count: group.count,
    flavor_id: group.flavorId,
    components: group.components.map((name) => ({ name }))
  })),
  connectors: cluster.connectors.map(({ name, type }) => ({ type, credential: { name } })),
  credentials: cluster.credentials,
  scripts: cluster.scripts.map((script) => ({
    id: script.id,
    name: script.name,
    status: scriptStatusOf(script, cluster.change, now)
  }))
})

/** A node. It has addresses once it is built. */
export const nodeToJson = (
  node: NodeRecord,
  cluster: ClusterRecord,
  now: number,
  baseUrl: string
): Readonly<Record<string, unknown>> => {
  const address = (addr: string) => (now < node.builtAt ? [] : [{ addr, version: 4 }])
  return {
    id: node.id,
    name: node.name,
    node_group: node.group.id,
    status: nodeStatusOf(node, now),
    created: instant(node.createdAt),
    updated: "",
    flavor_id: node.group.flavorId,
    addresses: { public: address(node.publicAddress), private: address(node.privateAddress) },
    components: node.group.components.map((name) => {
      const console = consoles[name]
      return console === undefined
        ? { name }
        : { name, nice_name: console[0], uri: `${console[1]}://${node.name}.local:${console[2]}` }
    }),
    links: links(baseUrl, `clusters/${cluster.id}/nodes/${node.id}`)
  }
}
