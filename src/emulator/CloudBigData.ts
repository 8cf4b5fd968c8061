/**
 * Cloud Big Data v2 of one region: clusters and nodes with their states by the Clock, stacks, distros, flavors,
 * scripts, credentials, limits and workloads, in raw JSON.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ClusterRecord, ServiceControl } from "./CloudBigData/clusterRecord.js"
import { statusOf } from "./CloudBigData/clusterRecord.js"
import * as Clusters from "./CloudBigData/clusters.js"
import * as Credentials from "./CloudBigData/credentials.js"
import * as Distros from "./CloudBigData/distros.js"
import * as Flavors from "./CloudBigData/flavors.js"
import * as Nodes from "./CloudBigData/nodes.js"
import * as Quota from "./CloudBigData/quota.js"
import { Region } from "./CloudBigData/region.js"
import { badRequest, compile, notFound, refuse } from "./CloudBigData/requests.js"
import * as Scripts from "./CloudBigData/scripts.js"
import * as Stacks from "./CloudBigData/stacks.js"
import * as Workloads from "./CloudBigData/workloads.js"
import type { EmulatedService, ServiceRequest, WireResponse } from "./Protocol.js"
import * as RateLimit from "./RateLimit.js"
import * as RequestBody from "./RequestBody.js"

/** The account's limits, which count the data nodes of all its clusters. */
export interface CloudBigDataQuota {
  /** Default 3. */
  readonly nodes?: number | undefined
  /** Default 6. */
  readonly vcpus?: number | undefined
  /** Megabytes. Default 23040. */
  readonly ram?: number | undefined
  /** Gigabytes. Default 4500. */
  readonly disk?: number | undefined
}

/** Options of Cloud Big Data. */
export interface CloudBigDataOptions {
  /** How long a new cluster is BUILDING. Default 5 minutes. */
  readonly buildTime?: Duration.DurationInput | undefined
  /** How long a cluster is CONFIGURING after BUILDING or UPDATING. Default 5 minutes. */
  readonly configureTime?: Duration.DurationInput | undefined
  /** How long a resized cluster is UPDATING. Default 5 minutes. */
  readonly resizeTime?: Duration.DurationInput | undefined
  /** How long a cluster or a node is DELETING. Default 1 minute. */
  readonly deleteTime?: Duration.DurationInput | undefined
  readonly quota?: CloudBigDataQuota | undefined
  /** The maximum page size of a listing; more is refused. Default 200. */
  readonly pageCap?: number | undefined
  /** Requests per minute to clusters, by method. The real ones are `{ POST: 2, PUT: 2, DELETE: 5 }`. Default unlimited. */
  readonly rateLimits?: RateLimit.RateLimits | undefined
  /** The public address of every node, for tests that connect to it. Default: different addresses of 192.0.2.0/24. */
  readonly nodeAddress?: string | undefined
}

/** Fields of a cluster that a test creates. */
export interface SeededCluster {
  /** Default `cluster-{n}`. */
  readonly name?: string | undefined
  /** A status that stays. By default the cluster is ACTIVE, as long after its creation. */
  readonly status?: string | undefined
  /** Default `HDP2.2_Hadoop`. */
  readonly stackId?: string | undefined
  /** The number of data nodes. Default 1. */
  readonly slaves?: number | undefined
}

/** Changes that tests make directly, not through the API. Unknown ids are defects. */
export interface CloudBigDataHandles {
  /** Creates a built cluster regardless of the quota, and returns its id. */
  readonly seedCluster: (fields?: SeededCluster) => Effect.Effect<string>
  /** Creates a credential: `ssh_keys`, `me@laptop`. */
  readonly seedCredential: (type: string, name: string) => Effect.Effect<void>
  /** Sets a cluster's status until the next change, and ends the change in progress. */
  readonly setClusterStatus: (id: string, status: string) => Effect.Effect<void>
  /**
   * Makes the next `times` (default 1) created clusters end in ERROR: with a node in ERROR when building ends, or, if
   * the cause is `script`, with their scripts FAILED when configuring ends.
   */
  readonly failBuilds: (options?: {
    readonly times?: number | undefined
    readonly cause?: "node" | "script" | undefined
  }) => Effect.Effect<void>
  /** Removes a cluster immediately, as an operator could: its next GET answers 404. */
  readonly removeCluster: (id: string) => Effect.Effect<void>
  /** All clusters that are not deleted, in the order of creation, with the status that the API would show now. */
  readonly clusters: Effect.Effect<
    ReadonlyArray<{ readonly id: string; readonly name: string; readonly status: string }>
  >
  /** The actions on services of clusters, in order. */
  readonly controls: Effect.Effect<ReadonlyArray<ServiceControl & { readonly clusterId: string }>>
}

export interface CloudBigDataEmulator extends EmulatedService {
  readonly handles: CloudBigDataHandles
}

const regionOf = (options: CloudBigDataOptions): Region =>
  new Region({
    buildTime: Duration.toMillis(options.buildTime ?? "5 minutes"),
    configureTime: Duration.toMillis(options.configureTime ?? "5 minutes"),
    resizeTime: Duration.toMillis(options.resizeTime ?? "5 minutes"),
    deleteTime: Duration.toMillis(options.deleteTime ?? "1 minute"),
    quota: {
      node_count: options.quota?.nodes ?? 3,
      vcpus: options.quota?.vcpus ?? 6,
      ram: options.quota?.ram ?? 23_040,
      disk: options.quota?.disk ?? 4500
    },
    nodeAddress: options.nodeAddress
  })

const routesOf = (region: Region) => [
  ...Clusters.routes(region),
  ...Nodes.routes(region),
  ...Stacks.routes(region),
  ...Scripts.routes(region),
  ...Credentials.routes(region),
  Quota.routes(region),
  Flavors.routes,
  Distros.routes,
  Workloads.routes
]

const handlerOf = (region: Region, options: CloudBigDataOptions): EmulatedService["handle"] => {
  const { pageCap = 200 } = options
  const route = compile(routesOf(region), {
    noRoute: () => notFound("Resource"),
    badMethod: () => refuse(405, "The method is not allowed for this resource")
  })
  const rateLimit = RateLimit.make(options.rateLimits ?? {})
  const respond = (request: ServiceRequest, parsed: RequestBody.Parsed, now: number): WireResponse => {
    const { baseUrl } = request
    const path = RequestBody.segments(request.path)
    if (path === undefined) {
      return badRequest("Malformed request url")
    }
    // The catalog also lists version 1.0, which has other clusters.
    if (!/\/v2\/[^/]*$/.test(baseUrl)) {
      return notFound("Resource")
    }
    const limited = path[0] === "clusters" ? rateLimit(request.method, now) : undefined
    if (limited !== undefined) {
      return limited
    }
    return parsed._tag === "Malformed"
      ? badRequest("The data is malformed")
      : route({ ...RequestBody.routed(request, parsed, now), baseUrl, pageCap }, path)
  }
  return (request) => RequestBody.respondToJson(request, (parsed, now) => respond(request, parsed, now))
}

const known = (region: Region, id: string): ClusterRecord => {
  const cluster = region.clusters.get(id)
  if (cluster === undefined) {
    throw new Error(`The emulated cloud has no cluster ${id}`)
  }
  return cluster
}

const seed = (region: Region, fields: SeededCluster, now: number): string => {
  const { name = `cluster-${region.clusterCount + 1}`, slaves = 1, stackId = "HDP2.2_Hadoop", status } = fields
  const stack = region.stacks.get(stackId)
  if (stack === undefined) {
    throw new Error(`The emulated cloud has no stack ${stackId}`)
  }
  const groups = stack.nodeGroups.map(({ components, count, flavorId, id }) => {
    const group = { id, components, count, flavorId }
    return Quota.isData(group) ? { ...group, count: slaves } : group
  })
  const nothing = { sshKeys: [], connectors: [], credentials: [], scripts: [] }
  const change = { first: "BUILDING", startedAt: now, firstEndsAt: now, endsAt: now, failsAt: undefined } as const
  const cluster = Clusters.addCluster(region, { name, username: "cbduser", stack, groups, ...nothing }, change)
  cluster.fixedStatus = status
  return cluster.id
}

const handlesOf = (region: Region): CloudBigDataHandles => ({
  seedCluster: (fields = {}) => Effect.map(Clock.currentTimeMillis, (now) => seed(region, fields, now)),
  seedCredential: (type, name) => Effect.sync(() => Credentials.addCredential(region, type, name)),
  setClusterStatus: (id, status) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      Object.assign(known(region, id), { fixedStatus: status, goneAt: undefined, updatedAt: now })
    }),
  failBuilds: ({ cause = "node", times = 1 } = {}) =>
    Effect.sync(() => {
      region.failingBuilds = times
      region.failingCause = cause
    }),
  removeCluster: (id) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      known(region, id).goneAt = now
    }),
  clusters: Effect.map(Clock.currentTimeMillis, (now) =>
    region.existing(now).map((cluster) => ({ id: cluster.id, name: cluster.name, status: statusOf(cluster, now) }))
  ),
  controls: Effect.sync(() => [...region.controls])
})

/** Cloud Big Data of one region, with the initial stacks only. */
export const make = (options: CloudBigDataOptions = {}): CloudBigDataEmulator => {
  const region = regionOf(options)
  return { handle: handlerOf(region, options), handles: handlesOf(region) }
}
