/** Distros and their services (Cloud Big Data API v2, "Distros"). */
import { links } from "../Links.js"
import * as Reply from "../Reply.js"
import { notFound, table } from "./requests.js"

/** A program of a service. */
export interface Component {
  readonly name: string
  /** Present only in this mode of the service. */
  readonly mode?: string
}

export interface DistroService {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly components: ReadonlyArray<Component>
  /** Objects here, plain strings in a stack. */
  readonly modes?: ReadonlyArray<{ readonly name: string }>
}

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

export const distros: ReadonlyArray<Distro> = [
  { id: "HDP1.3", name: "Hortonworks Data Platform", version: "1.3", services: hadoop("1.2", "0.11") },
  { id: "HDP2.2", name: "Hortonworks Data Platform", version: "2.2", services: hadoop("2.6", "0.14") },
  { id: "CDH5", name: "Cloudera Hadoop", version: "5", services: hadoop("2.5", "0.13") }
]

export const findDistro = (id: string): Distro | undefined => distros.find((each) => each.id === id)

const toSummary = ({ id, name, version }: Distro, baseUrl: string) => ({
  id,
  name,
  version,
  links: links(baseUrl, `distros/${id}`)
})

export const routes = table({
  "GET /distros": ({ baseUrl }) => Reply.json(200, { distros: distros.map((distro) => toSummary(distro, baseUrl)) }),
  "GET /distros/{id}": ({ baseUrl }, { id }) => {
    const distro = findDistro(id) ?? notFound(`Distro ${id}`)
    return Reply.json(200, { distro: { ...toSummary(distro, baseUrl), services: distro.services } })
  }
})
