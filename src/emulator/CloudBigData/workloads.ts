/** Workloads, and the recommended sizes of clusters (Cloud Big Data API v2, "Workloads"). */
import * as Reply from "../Reply.js"
import { flavors } from "./flavors.js"
import { badRequest, notFound, table } from "./requests.js"

interface Workload {
  readonly id: string
  readonly name: string
  readonly caption: string
  readonly description: string
  /** How many gigabytes one vCPU processes per minute. Not part of the API. */
  readonly pace: number
}

/** The real names are not documented. */
const workloads: ReadonlyArray<Workload> = [
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

/** HDFS stores every block three times. */
const replicas = 3

/** Recommended sizes of clusters: `{"recommendations":[{…"sizes":[…]}]}`. */
const recommend = (workload: Workload, gigabytes: number, persistent: string): ReadonlyArray<unknown> => {
  const kept = persistent === "none" ? 1 : replicas
  const sizes = flavors
    .filter((each) => each.class === "hadoop1" && each.disk >= 1250)
    .map((each) => {
      const nodes = Math.max(1, Math.ceil((gigabytes * kept) / each.disk))
      return { each, nodes, minutes: Math.max(1, gigabytes / (nodes * each.vcpus * workload.pace)) }
    })
  const minVcpus = Math.min(...sizes.map(({ each, nodes }) => each.vcpus * nodes))
  const recommended = sizes.find(({ each, nodes }) => each.vcpus * nodes === minVcpus)
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

export const routes = table({
  "GET /workloads": () => Reply.json(200, { workloads: workloads.map(({ pace: _, ...workload }) => workload) }),
  "GET /workloads/{id}/recommendations": ({ query }, { id }) => {
    const workload = workloads.find((each) => each.id === id) ?? notFound(`Workload ${id}`)
    const gigabytes = Number(query.get("storagesize") ?? "")
    const persistent = query.get("persistent") ?? ""
    if (!(gigabytes > 0) || !["all", "none", "data"].includes(persistent)) {
      return badRequest("storagesize and persistent (all, none or data) are required")
    }
    return Reply.json(200, { recommendations: recommend(workload, gigabytes, persistent) })
  }
})
