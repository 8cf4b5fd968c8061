/**
 * Cloud Servers v2 of one region: servers with their states by the Clock, images, flavors, key pairs, networks and
 * limits, in raw JSON; with microversions also the features that OpenStack's Nova has and Rackspace's has not.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { randomUUID } from "node:crypto"
import * as Addresses from "./CloudServers/addresses.js"
import * as AvailabilityZones from "./CloudServers/availabilityZones.js"
import * as Extensions from "./CloudServers/extensions.js"
import * as Flavors from "./CloudServers/flavors.js"
import * as ImageSchedule from "./CloudServers/imageSchedule.js"
import * as Images from "./CloudServers/images.js"
import * as InstanceActions from "./CloudServers/instanceActions.js"
import * as Interfaces from "./CloudServers/interfaces.js"
import * as IpAssociations from "./CloudServers/ipAssociations.js"
import * as Limits from "./CloudServers/limits.js"
import * as Microversions from "./CloudServers/microversions.js"
import { noHostFound, Region } from "./CloudServers/region.js"
import * as RemoteConsoles from "./CloudServers/remoteConsoles.js"
import { badMethod, badRequest, compile, noRoute } from "./CloudServers/requests.js"
import { addServer } from "./CloudServers/serverCreation.js"
import type { ServerFault, ServerRecord } from "./CloudServers/serverRecord.js"
import { statusOf } from "./CloudServers/serverRecord.js"
import * as Servers from "./CloudServers/servers.js"
import * as ServerTags from "./CloudServers/serverTags.js"
import * as VirtualInterfaces from "./CloudServers/virtualInterfaces.js"
import * as VolumeAttachments from "./CloudServers/volumeAttachments.js"
import type { EmulatedService, ServiceRequest, WireResponse } from "./Protocol.js"
import * as RateLimit from "./RateLimit.js"
import * as Refusal from "./Refusal.js"
import * as Reply from "./Reply.js"
import * as RequestBody from "./RequestBody.js"

/** Options of Cloud Servers. */
export interface CloudServersOptions {
  /** The time from the request to ACTIVE. Default 30 seconds; zero builds immediately. */
  readonly buildTime?: Duration.DurationInput | undefined
  /** How long a reboot, resize, rebuild, snapshot … takes. Default 10 seconds. */
  readonly actionTime?: Duration.DurationInput | undefined
  /** The time from the request to DELETED, during which the task state is `deleting`. Default 5 seconds. */
  readonly deleteTime?: Duration.DurationInput | undefined
  /** How long after an action's request the status stays unchanged. Default none. */
  readonly statusLag?: Duration.DurationInput | undefined
  /** The maximum number of servers; more are refused with 403. Default 100. */
  readonly serverQuota?: number | undefined
  /** The maximum total of their RAM in MiB. Default 131072. */
  readonly ramQuota?: number | undefined
  /** The maximum page size of a listing. Default 1000. */
  readonly pageCap?: number | undefined
  /** Networks that every creation with networks must include, as for RackConnect accounts. Default none. */
  readonly requiredNetworks?: ReadonlyArray<string> | undefined
  /** Requests per minute by method: `{ POST: 100 }`. Default unlimited. */
  readonly rateLimits?: RateLimit.RateLimits | undefined
  /**
   * The newest supported microversion, such as `2.93`. The cloud then behaves like OpenStack: each request has the
   * fields and routes of its microversion, by default 2.1, and Rackspace's extensions are missing. Default none:
   * Rackspace's Nova has no microversions.
   */
  readonly maxMicroversion?: string | undefined
  /** The availability zones, with `maxMicroversion`. Default `["nova"]`. */
  readonly availabilityZones?: ReadonlyArray<string> | undefined
  /** The security groups, with `maxMicroversion`. Default `["default"]`. */
  readonly securityGroups?: ReadonlyArray<string> | undefined
  /** Whether the user has the rights of administrators in OpenStack, with `maxMicroversion`. Default false. */
  readonly isAdministrator?: boolean | undefined
}

/** Fields of a server that a test creates. */
export interface SeededServer {
  /** Default `server-{n}`. */
  readonly name?: string | undefined
  /** Default `ACTIVE`. */
  readonly status?: string | undefined
  /** Default `general1-1`. */
  readonly flavorId?: string | undefined
  /** Default the first base image; empty for a server that boots from a volume. */
  readonly imageId?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  readonly fault?: ServerFault | undefined
}

/** Changes that tests make directly, not through the API. Unknown ids are defects. */
export interface CloudServersHandles {
  /** Creates a server regardless of the quota, and returns its id. */
  readonly seedServer: (fields?: SeededServer) => Effect.Effect<string>
  /**
   * Creates many servers, named `server-{n}` unless a name is given, and returns their ids in the order of creation.
   */
  readonly seedServers: (count: number, fields?: SeededServer) => Effect.Effect<ReadonlyArray<string>>
  /** Sets a server's status, and ends the change in progress. */
  readonly setServerStatus: (id: string, status: string, fault?: ServerFault) => Effect.Effect<void>
  /** Makes the next `times` (default 1) created servers end in ERROR with this fault. */
  readonly failBuilds: (options?: {
    readonly times?: number | undefined
    readonly fault?: ServerFault | undefined
  }) => Effect.Effect<void>
  /** Removes a server immediately, as an operator could: its next GET answers 404. */
  readonly removeServer: (id: string) => Effect.Effect<void>
  /** All servers that are not deleted, in the order of creation, with the status that the API would show now. */
  readonly servers: Effect.Effect<
    ReadonlyArray<{ readonly id: string; readonly name: string; readonly status: string }>
  >
}

export interface CloudServersEmulator extends EmulatedService {
  readonly handles: CloudServersHandles
}

const regionOf = (options: CloudServersOptions): Region =>
  new Region({
    buildTime: Duration.toMillis(options.buildTime ?? "30 seconds"),
    actionTime: Duration.toMillis(options.actionTime ?? "10 seconds"),
    deleteTime: Duration.toMillis(options.deleteTime ?? "5 seconds"),
    statusLag: Duration.toMillis(options.statusLag ?? 0),
    quotas: { instances: options.serverQuota ?? 100, ram: options.ramQuota ?? 131_072 },
    pageCap: options.pageCap ?? 1000,
    requiredNetworks: options.requiredNetworks ?? [],
    availabilityZones: options.availabilityZones ?? ["nova"],
    securityGroups: options.securityGroups ?? ["default"]
  })

const routesOf = (region: Region, { rateLimits = { GET: 1000, POST: 100 } }: CloudServersOptions) => [
  ...Servers.routes(region),
  Addresses.routes(region),
  InstanceActions.routes(region),
  Interfaces.routes(region),
  RemoteConsoles.routes(region),
  ServerTags.routes(region),
  ImageSchedule.routes(region),
  VirtualInterfaces.routes(region),
  IpAssociations.routes(region),
  VolumeAttachments.routes(region),
  ...Flavors.routes(region.settings.pageCap),
  ...region.images.routes,
  ...region.keyPairs.routes,
  ...region.networks.routes,
  ...region.groups.routes,
  ...region.volumes.routes,
  AvailabilityZones.routes(region.settings.availabilityZones),
  Limits.routes(region.settings.quotas, (now) => ({
    rateLimits,
    flavors: region.existing(now).flatMap(({ flavorId }) => Flavors.find(flavorId) ?? []),
    networks: region.networks.count()
  })),
  Extensions.routes
]

/** Handles requests whose body was read. */
const responderOf = (region: Region, options: CloudServersOptions) => {
  const { isAdministrator = false, maxMicroversion } = options
  const maximum = maxMicroversion === undefined ? undefined : Microversions.minorOf(maxMicroversion)
  const rateLimit = RateLimit.make(options.rateLimits ?? {})
  const route = compile(routesOf(region, options), { noRoute, badMethod })
  return (request: ServiceRequest, parsed: RequestBody.Parsed, requestId: string, now: number): WireResponse => {
    const limited = rateLimit(request.method, now)
    if (limited !== undefined) {
      return limited
    }
    const path = RequestBody.segments(request.path)
    if (path === undefined) {
      return badRequest("Malformed request url")
    }
    const type = request.headers["content-type"]
    if (parsed._tag !== "Empty" && type !== undefined && !/^application\/json\b/i.test(type)) {
      return Refusal.fault(415, "badMediaType", "Unsupported Content-Type")
    }
    if (parsed._tag === "Malformed") {
      return badRequest("cannot understand JSON")
    }
    const { baseUrl, caller } = request
    const microversion = maximum === undefined ? undefined : Microversions.chosen(request.headers, maximum)
    const nova = { microversion, isAdministrator: maximum !== undefined && isAdministrator }
    const routed = { ...RequestBody.routed(request, parsed, now), baseUrl, caller, requestId, ...nova }
    const response = Refusal.catching(() => route(routed, path))
    return microversion === undefined
      ? response
      : Reply.withDefaultHeaders(response, Microversions.headersOf(microversion))
  }
}

const handlerOf = (region: Region, options: CloudServersOptions): EmulatedService["handle"] => {
  const respond = responderOf(region, options)
  return (request) =>
    Effect.suspend(() => {
      const requestId = `req-${randomUUID()}`
      return Effect.map(
        RequestBody.respondToJson(request, (parsed, now) => respond(request, parsed, requestId, now)),
        (response) => Reply.withDefaultHeaders(response, { "x-compute-request-id": requestId })
      )
    })
}

const known = (region: Region, id: string): ServerRecord => {
  const server = region.servers.get(id)
  if (server === undefined) {
    throw new Error(`The emulated cloud has no server ${id}`)
  }
  return server
}

const seed = (region: Region, fields: SeededServer, now: number): string => {
  const {
    fault,
    flavorId = "general1-1",
    imageId = Images.defaultId,
    metadata = {},
    name = `server-${region.serverCount + 1}`,
    status = "ACTIVE"
  } = fields
  const server = addServer(region, { name, status, flavorId, imageId, metadata }, now)
  server.fault = fault === undefined ? undefined : { ...fault, createdAt: now }
  return server.id
}

const setStatus = (
  region: Region,
  server: ServerRecord,
  status: string,
  fault: ServerFault | undefined,
  now: number
): void => {
  if (status === "DELETED") {
    region.remove(server, now)
    return
  }
  server.status = status
  server.fault = fault === undefined ? undefined : { ...fault, createdAt: now }
  server.transition = undefined
  server.updatedAt = now
}

const handlesOf = (region: Region): CloudServersHandles => ({
  seedServer: (fields = {}) => Effect.map(Clock.currentTimeMillis, (now) => seed(region, fields, now)),
  seedServers: (count, fields = {}) =>
    Effect.map(Clock.currentTimeMillis, (now) => Array.from({ length: count }, () => seed(region, fields, now))),
  setServerStatus: (id, status, fault) =>
    Effect.map(Clock.currentTimeMillis, (now) => setStatus(region, known(region, id), status, fault, now)),
  failBuilds: ({ fault = noHostFound, times = 1 } = {}) =>
    Effect.sync(() => {
      region.failingBuilds = times
      region.failingFault = fault
    }),
  removeServer: (id) => Effect.map(Clock.currentTimeMillis, (now) => region.remove(known(region, id), now)),
  servers: Effect.map(Clock.currentTimeMillis, (now) =>
    region.existing(now).map((server) => ({ id: server.id, name: server.name, status: statusOf(server, now) }))
  )
})

/** Cloud Servers of one region, with the base images only. */
export const make = (options: CloudServersOptions = {}): CloudServersEmulator => {
  const region = regionOf(options)
  return { handle: handlerOf(region, options), handles: handlesOf(region) }
}
