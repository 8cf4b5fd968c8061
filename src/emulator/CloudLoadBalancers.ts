/**
 * Cloud Load Balancers v1.0 of one region: load balancers with all settings, which accept one change at a time and
 * change their state by the Clock, usage and statistics, and limits, in raw JSON.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as AccessLists from "./CloudLoadBalancers/accessLists.js"
import * as Account from "./CloudLoadBalancers/account.js"
import * as CertificateMappings from "./CloudLoadBalancers/certificateMappings.js"
import * as Fixtures from "./CloudLoadBalancers/fixtures.js"
import type { LoadBalancer } from "./CloudLoadBalancers/loadBalancerRecord.js"
import { statusOf } from "./CloudLoadBalancers/loadBalancerRecord.js"
import * as LoadBalancers from "./CloudLoadBalancers/loadBalancers.js"
import * as Metadata from "./CloudLoadBalancers/metadata.js"
import * as NodeEvents from "./CloudLoadBalancers/nodeEvents.js"
import * as Nodes from "./CloudLoadBalancers/nodes.js"
import { Region } from "./CloudLoadBalancers/region.js"
import { compile, mismatch, notFound, refuse } from "./CloudLoadBalancers/requests.js"
import * as Settings from "./CloudLoadBalancers/settings.js"
import * as SslTermination from "./CloudLoadBalancers/sslTermination.js"
import type * as Usage from "./CloudLoadBalancers/usage.js"
import * as UsageReports from "./CloudLoadBalancers/usageReports.js"
import * as VirtualIps from "./CloudLoadBalancers/virtualIps.js"
import type { EmulatedService, ServiceRequest, WireResponse } from "./Protocol.js"
import * as RateLimit from "./RateLimit.js"
import * as RequestBody from "./RequestBody.js"

/** Options of Cloud Load Balancers. */
export interface CloudLoadBalancersOptions {
  /** How long a new load balancer is in BUILD. Default 30 seconds. */
  readonly buildTime?: Duration.DurationInput | undefined
  /** How long a changed one is in PENDING_UPDATE. Default 10 seconds. */
  readonly updateTime?: Duration.DurationInput | undefined
  /** How long a deleted one is in PENDING_DELETE. Default 30 seconds. */
  readonly deleteTime?: Duration.DurationInput | undefined
  /** How long a deleted one is listed with `status=DELETED`. Default 90 days. */
  readonly deletedFor?: Duration.DurationInput | undefined
  /** The status of a GET of a deleted one. The documentation says 404; 410 and 200 have been observed. Default 410. */
  readonly deletedStatus?: 200 | 404 | 410 | undefined
  /** Limits of the account and of each load balancer, by name in the API. */
  readonly limits?: Readonly<Partial<Record<keyof typeof Fixtures.limits, number>>> | undefined
  /** Requests per minute by method. The real ones are `{ GET: 600, PUT: 600, POST: 300, DELETE: 300 }`. Default unlimited. */
  readonly rateLimits?: RateLimit.RateLimits | undefined
  /** Whether the first setting of connection limits requires all four fields. Default false. */
  readonly throttleNeedsAll?: boolean | undefined
  /** Whether a page begins after its marker instead of with it. Default false, as documented. */
  readonly markerIsPassed?: boolean | undefined
}

/** Fields of a load balancer that a test creates. */
export interface SeededLoadBalancer {
  /** Default `lb-{id}`. */
  readonly name?: string | undefined
  /** A status that stays. By default the load balancer is ACTIVE, as long after its creation. */
  readonly status?: string | undefined
  /** Default `HTTP`. */
  readonly protocol?: string | undefined
  /** Default 80. */
  readonly port?: number | undefined
  /** Addresses of nodes, at port 80. Default none. */
  readonly nodes?: ReadonlyArray<string> | undefined
}

/** Changes that tests make directly, not through the API. Unknown ids are defects. */
export interface CloudLoadBalancersHandles {
  /** Creates a load balancer regardless of the limits, and returns its id. */
  readonly seedLoadBalancer: (fields?: SeededLoadBalancer) => Effect.Effect<string>
  /** Sets a status that stays until it is set again: `ERROR`, `PENDING_UPDATE`. */
  readonly setStatus: (id: string, status: string) => Effect.Effect<void>
  /** Takes a load balancer offline, as the provider does. */
  readonly suspend: (id: string) => Effect.Effect<void>
  /** Undoes `setStatus` and `suspend`. */
  readonly resume: (id: string) => Effect.Effect<void>
  /** Makes the next `times` (default 1) created load balancers end in ERROR. */
  readonly failBuilds: (times?: number) => Effect.Effect<void>
  /** Makes the next `times` (default 1) changes of load balancers end in ERROR. */
  readonly failUpdates: (times?: number) => Effect.Effect<void>
  /** Sets a node's status as a health monitor does, with an event of the node. */
  readonly setNodeStatus: (
    id: string,
    nodeId: string,
    status: "ONLINE" | "OFFLINE",
    detailedMessage?: string
  ) => Effect.Effect<void>
  /** Simulates connections of clients through a load balancer. */
  readonly carry: (id: string, traffic: Usage.Traffic) => Effect.Effect<void>
  /** Removes a load balancer immediately, as an operator could: the API no longer shows it. */
  readonly removeLoadBalancer: (id: string) => Effect.Effect<void>
  /** All load balancers that are not deleted, in the order of creation, with the status that the API would show now. */
  readonly loadBalancers: Effect.Effect<
    ReadonlyArray<{ readonly id: string; readonly name: string; readonly status: string }>
  >
}

export interface CloudLoadBalancersEmulator extends EmulatedService {
  readonly handles: CloudLoadBalancersHandles
}

const regionOf = (options: CloudLoadBalancersOptions): Region =>
  new Region({
    buildTime: Duration.toMillis(options.buildTime ?? "30 seconds"),
    updateTime: Duration.toMillis(options.updateTime ?? "10 seconds"),
    deleteTime: Duration.toMillis(options.deleteTime ?? "30 seconds"),
    deletedFor: Duration.toMillis(options.deletedFor ?? "90 days"),
    deletedStatus: options.deletedStatus ?? 410,
    limits: { ...Fixtures.limits, ...options.limits },
    rates: { ...Fixtures.rates, ...options.rateLimits },
    throttleNeedsAll: options.throttleNeedsAll ?? false,
    paging: { maxLimit: 100, defaultLimit: 100, markerIsPassed: options.markerIsPassed ?? false }
  })

const routesOf = (region: Region) => [
  ...LoadBalancers.routes(region),
  ...Nodes.routes(region),
  NodeEvents.routes(region),
  ...Metadata.routes(region),
  ...VirtualIps.routes(region),
  ...AccessLists.routes(region),
  Settings.routes(region),
  SslTermination.routes(region),
  ...CertificateMappings.routes(region),
  ...UsageReports.routes(region),
  ...Account.routes(region)
]

const handlerOf = (region: Region, options: CloudLoadBalancersOptions): EmulatedService["handle"] => {
  const route = compile(routesOf(region), {
    noRoute: () => notFound("Object not Found"),
    badMethod: () => refuse(405, "Method Not Allowed")
  })
  const rateLimit = RateLimit.make(options.rateLimits ?? {})
  const respond = (request: ServiceRequest, parsed: RequestBody.Parsed, now: number): WireResponse => {
    const limited = rateLimit(request.method, now)
    if (limited !== undefined) {
      return limited
    }
    Account.countRequest(region, request.method, now)
    const path = RequestBody.segments(request.path)
    return path === undefined || parsed._tag === "Malformed"
      ? mismatch()
      : route({ ...RequestBody.routed(request, parsed, now), caller: request.caller }, path)
  }
  return (request) => RequestBody.respondToJson(request, (parsed, now) => respond(request, parsed, now))
}

const seed = (region: Region, fields: SeededLoadBalancer, now: number): string => {
  const id = region.nextId()
  const virtualIps = ["IPV4", "IPV6"].map((version) => VirtualIps.newVirtualIp(region, "PUBLIC", version))
  const nodes = (fields.nodes ?? []).map((address) => ({
    id: region.nextId(),
    address,
    port: 80,
    condition: "ENABLED",
    status: "ONLINE",
    type: "PRIMARY",
    weight: undefined,
    metadata: []
  }))
  const { name = `lb-${id}`, port = 80, protocol = "HTTP", status } = fields
  LoadBalancers.addLoadBalancer(region, { id, name, port, protocol, virtualIps, nodes, fixedStatus: status }, now)
  return String(id)
}

const known = (region: Region, id: string): LoadBalancer => {
  const loadBalancer = region.loadBalancers.get(Number(id))
  if (loadBalancer === undefined) {
    throw new Error(`The emulated cloud has no load balancer ${id}`)
  }
  return loadBalancer
}

const handlesOf = (region: Region): CloudLoadBalancersHandles => {
  const setFixedStatus = (id: string, status: string | undefined): Effect.Effect<void> =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      Object.assign(known(region, id), { fixedStatus: status, updatedAt: now })
    })
  return {
    seedLoadBalancer: (fields = {}) => Effect.map(Clock.currentTimeMillis, (now) => seed(region, fields, now)),
    setStatus: setFixedStatus,
    suspend: (id) => setFixedStatus(id, "SUSPENDED"),
    resume: (id) => setFixedStatus(id, undefined),
    failBuilds: (times = 1) =>
      Effect.sync(() => {
        region.failingBuilds = times
      }),
    failUpdates: (times = 1) =>
      Effect.sync(() => {
        region.failingUpdates = times
      }),
    setNodeStatus: (id, nodeId, status, detailedMessage) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const loadBalancer = known(region, id)
        const node = loadBalancer.nodes.find((each) => String(each.id) === nodeId)
        if (node === undefined) {
          throw new Error(`The emulated load balancer ${id} has no node ${nodeId}`)
        }
        NodeEvents.setNodeStatus(region, loadBalancer, node, status, now, detailedMessage)
      }),
    carry: (id, traffic) => Effect.map(Clock.currentTimeMillis, (now) => known(region, id).usage.carry(now, traffic)),
    removeLoadBalancer: (id) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        known(region, id).goneAt = now
        known(region, id).usage.end(now)
      }),
    loadBalancers: Effect.map(Clock.currentTimeMillis, (now) =>
      region.existing(now).map((each) => ({ id: String(each.id), name: each.name, status: statusOf(each, now) }))
    )
  }
}

/** Cloud Load Balancers of one region, without load balancers. */
export const make = (options: CloudLoadBalancersOptions = {}): CloudLoadBalancersEmulator => {
  const region = regionOf(options)
  return { handle: handlerOf(region, options), handles: handlesOf(region) }
}
