/**
 * What Cloud Big Data offers to every account: flavors, distros and their services, the cloud's own stacks, and workloads
 * (big-data.md sections 3 and 5).
 */

/** A size of nodes. */
export interface Flavor {
  readonly id: string
  readonly name: string
  readonly vcpus: number
  /** Megabytes. */
  readonly ram: number
  /** Gigabytes. */
  readonly disk: number
  readonly class: string
}

const flavor = (id: string, name: string, vcpus: number, ram: number, disk: number): Flavor => ({
  id,
  name,
  vcpus,
  ram,
  disk,
  class: id.replace(/-.*$/, "")
})

/** Every flavor. Data nodes begin with `hadoop1-7`; the sizes of those below are not documented. */
export const flavors: ReadonlyArray<Flavor> = [
  flavor("hadoop1-1", "Gateway 1GB Hadoop Instance", 1, 1024, 20),
  flavor("hadoop1-2", "Gateway 2GB Hadoop Instance", 1, 2048, 40),
  flavor("hadoop1-4", "Master 4GB Hadoop Instance", 2, 4096, 80),
  flavor("hadoop1-7", "Small Hadoop Instance", 2, 7680, 1250),
  flavor("hadoop1-15", "Medium Hadoop Instance", 4, 15_360, 2500),
  flavor("hadoop1-30", "Large Hadoop Instance", 8, 30_720, 5000),
  flavor("hadoop1-60", "XLarge Hadoop Instance", 16, 61_440, 10_000),
  flavor("onmetal-io1", "OnMetal IO v1", 40, 122_880, 3200)
]

/** The flavor of an id. */
export const findFlavor = (id: string): Flavor | undefined => flavors.find((each) => each.id === id)

/** A program of a service. */
export interface Component {
  readonly name: string
  /** There only in this mode of the service. */
  readonly mode?: string
}

/** A service of a distro. */
export interface DistroService {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly components: ReadonlyArray<Component>
  /** Objects here, plain strings in a stack. */
  readonly modes?: ReadonlyArray<{ readonly name: string }>
}

/** A distro. */
export interface Distro {
  readonly id: string
  readonly name: string
  readonly version: string
  readonly services: ReadonlyArray<DistroService>
}

const components = (...names: ReadonlyArray<string>): ReadonlyArray<Component> => names.map((name) => ({ name }))

const hadoop = (version: string, hive: string): ReadonlyArray<DistroService> => [
  {
    name: "HDFS",
    version,
    description: "A distributed file system over the disks of the data nodes.",
    components: [
      { name: "Namenode" },
      { name: "SecondaryNamenode", mode: "Secondary" },
      { name: "JournalNode", mode: "HA" },
      { name: "Datanode" }
    ],
    modes: [{ name: "Secondary" }, { name: "HA" }]
  },
  {
    name: "Yarn",
    version,
    description: "Shares the machines of a cluster out to jobs.",
    components: components("ResourceManager", "NodeManager", "TimelineHistoryServer")
  },
  {
    name: "MapReduce",
    version,
    description: "Jobs over large sets of data, in parallel.",
    components: components("MRHistoryServer", "MRClient")
  },
  {
    name: "Hive",
    version: hive,
    description: "A warehouse of data with a language like SQL.",
    components: components("HiveServer2", "HiveMetastore", "HiveAPI", "HiveClient")
  },
  {
    name: "Pig",
    version: hive,
    description: "A language for the analysis of large sets of data.",
    components: components("PigClient")
  },
  {
    name: "HBase",
    version: "0.98",
    description: "Tables of billions of rows on HDFS.",
    components: components("HMaster", "HRegionServer", "HBaseClient")
  }
]

/** Every distro. */
export const distros: ReadonlyArray<Distro> = [
  { id: "HDP1.3", name: "Hortonworks Data Platform", version: "1.3", services: hadoop("1.2", "0.11") },
  { id: "HDP2.2", name: "Hortonworks Data Platform", version: "2.2", services: hadoop("2.6", "0.14") },
  { id: "CDH5", name: "Cloudera Hadoop", version: "5", services: hadoop("2.5", "0.13") }
]

/** The distro of an id. */
export const findDistro = (id: string): Distro | undefined => distros.find((each) => each.id === id)

/** Where a component answers: its name for people, the protocol, the port. */
export const consoles: Readonly<Record<string, readonly [niceName: string, protocol: string, port: number]>> = {
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

/** A kind of work. */
export interface Workload {
  readonly id: string
  readonly name: string
  readonly caption: string
  readonly description: string
  /** Gigabytes that one node works through in a minute, by vCPU. Not on the wire. */
  readonly pace: number
}

/** Every kind of work. The API's clients could list them; their names are not documented. */
export const workloads: ReadonlyArray<Workload> = [
  {
    id: "hadoop-hdp2",
    name: "Batch analysis",
    caption: "Large jobs over all of the data",
    description: "MapReduce, Hive and Pig over data that is read as a whole.",
    pace: 2
  },
  {
    id: "hbase-hdp2",
    name: "Random access",
    caption: "Many small reads and writes",
    description: "HBase tables that programs read and write row by row.",
    pace: 1
  }
]

/** HDFS keeps every block three times. */
const replicas = 3

/** Sizes of clusters for a workload: `{"recommendations":[{…"sizes":[…]}]}`. */
export const recommendations = (workload: Workload, gigabytes: number, persistent: string): ReadonlyArray<unknown> => {
  const kept = persistent === "none" ? 1 : replicas
  const sizes = flavors
    .filter((each) => each.class === "hadoop1" && each.disk >= 1250)
    .map((each) => {
      const nodes = Math.max(1, Math.ceil((gigabytes * kept) / each.disk))
      return { each, nodes, minutes: Math.max(1, gigabytes / (nodes * each.vcpus * workload.pace)) }
    })
  const fewest = Math.min(...sizes.map(({ each, nodes }) => each.vcpus * nodes))
  const recommended = sizes.find(({ each, nodes }) => each.vcpus * nodes === fewest)
  return [
    {
      name: workload.name,
      description: workload.description,
      requires: persistent === "none" ? [] : ["cloud_files"],
      sizes: sizes.map((size) => ({
        flavor: size.each.id,
        minutes: size.minutes,
        nodecount: size.nodes,
        recommended: size === recommended
      }))
    }
  ]
}
