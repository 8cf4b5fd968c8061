/** The initial stacks and scripts of every region. */

export interface StackNodeGroup {
  readonly id: string
  readonly flavorId: string
  readonly count: number
  readonly components: ReadonlyArray<string>
  readonly minCount: number
  readonly maxCount: number
  /** Megabytes. */
  readonly minRam: number
}

export interface Stack {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly distro: string
  readonly services: ReadonlyArray<{ readonly name: string; readonly modes?: ReadonlyArray<string> }>
  readonly nodeGroups: ReadonlyArray<StackNodeGroup>
  readonly createdAt: number
  /** Whether it belongs to the account. */
  readonly isOwn: boolean
}

export const one = (
  id: string,
  flavorId: string,
  minRam: number,
  components: ReadonlyArray<string>,
  count = 1
): StackNodeGroup => ({ id, flavorId, count, components, minCount: count, maxCount: count, minRam })

export const ambari = one("ambari", "hadoop1-4", 1520, [
  "AmbariServer",
  "AmbariMetricsCollector",
  "ZookeeperServer",
  "ZookeeperClient"
])

export const slaves = (id: string, components: ReadonlyArray<string>): StackNodeGroup => ({
  id,
  flavorId: "hadoop1-7",
  count: 1,
  components,
  minCount: 1,
  maxCount: 999,
  minRam: 5237
})

export const gateway = (components: ReadonlyArray<string>): StackNodeGroup => ({
  ...one("gateway", "hadoop1-2", 1024, components),
  minCount: 0,
  maxCount: 10
})

const global = (
  id: string,
  name: string,
  description: string,
  services: ReadonlyArray<string>,
  hbase: boolean
): Stack => ({
  id,
  name,
  description,
  distro: "HDP2.2",
  services: services.map((service) => (service === "HDFS" ? { name: service, modes: ["HA"] } : { name: service })),
  nodeGroups: [
    ambari,
    one("master", "hadoop1-7", 6645, [
      "Namenode",
      "ResourceManager",
      "YarnTimelineServer",
      "JobHistoryServer",
      ...(hbase ? ["HMaster"] : [])
    ]),
    one("standby-namenode", "hadoop1-7", 1126, ["Namenode"]),
    one("journalnodes", "hadoop1-1", 512, ["JournalNode"], 3),
    slaves("slave", ["Datanode", "NodeManager", ...(hbase ? ["HRegionServer"] : [])]),
    gateway(["HiveServer2", "HiveMetastore", "HiveClient", "HiveAPI", "PigClient", ...(hbase ? ["HBaseClient"] : [])])
  ],
  createdAt: 0,
  isOwn: false
})

/** The initial stacks. */
const globals: ReadonlyArray<Stack> = [
  global(
    "HDP2.2_Hadoop",
    "Core Hadoop",
    "Core Hadoop Stack with Hive",
    ["HDFS", "Yarn", "MapReduce", "Hive", "Pig"],
    false
  ),
  global(
    "HDP2.2_HBase",
    "HBase",
    "Core Hadoop Stack with HBase",
    ["HDFS", "Yarn", "HBase", "MapReduce", "Hive", "Pig"],
    true
  )
]

/** The initial stacks of a region, by id. */
export const initialStacks = (): Map<string, Stack> => new Map(globals.map((stack) => [stack.id, stack]))

export interface Script {
  readonly id: string
  readonly name: string
  readonly url: string
  /** Whether it belongs to the cloud and is available to all accounts. */
  readonly isPublic: boolean
  readonly createdAt: number
  readonly updatedAt: number | undefined
}

const publicScript: Script = {
  id: "3b4f5a17-9c3e-4a3c-8d2e-0b6f3f1c7d21",
  name: "Mongo DB Connector",
  url: "https://example.com/mongodb_connector.sh",
  isPublic: true,
  createdAt: 0,
  updatedAt: undefined
}

/** The initial scripts of a region, by id. */
export const initialScripts = (): Map<string, Script> => new Map([[publicScript.id, publicScript]])
