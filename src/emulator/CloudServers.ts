/**
 * Cloud Servers v2 of one region (servers.md): servers with their states by the Clock, images, flavors, key pairs,
 * networks and limits, in raw wire JSON.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { randomUUID } from "node:crypto"
import * as AvailabilityZones from "./CloudServers/availabilityZones.js"
import * as CreateRequest from "./CloudServers/createRequest.js"
import * as Extensions from "./CloudServers/extensions.js"
import * as Flavors from "./CloudServers/flavors.js"
import * as ImageSchedule from "./CloudServers/imageSchedule.js"
import * as Images from "./CloudServers/images.js"
import * as InstanceActions from "./CloudServers/instanceActions.js"
import * as Interfaces from "./CloudServers/interfaces.js"
import * as IpAssociations from "./CloudServers/ipAssociations.js"
import * as KeyPairs from "./CloudServers/keyPairs.js"
import * as Limits from "./CloudServers/limits.js"
import * as Listing from "./CloudServers/listing.js"
import * as Metadata from "./CloudServers/metadata.js"
import * as Microversions from "./CloudServers/microversions.js"
import * as Networks from "./CloudServers/networks.js"
import * as NovaRequest from "./CloudServers/novaRequest.js"
import * as OpenStackFields from "./CloudServers/openStackFields.js"
import * as Placement from "./CloudServers/placement.js"
import * as RemoteConsoles from "./CloudServers/remoteConsoles.js"
import * as ServerActions from "./CloudServers/serverActions.js"
import * as ServerFilters from "./CloudServers/serverFilters.js"
import * as ServerGroups from "./CloudServers/serverGroups.js"
import * as ServerRecord from "./CloudServers/serverRecord.js"
import * as ServerTags from "./CloudServers/serverTags.js"
import * as VirtualInterfaces from "./CloudServers/virtualInterfaces.js"
import * as VolumeAttachments from "./CloudServers/volumeAttachments.js"
import * as Volumes from "./CloudServers/volumes.js"
import type { EmulatedService, ServiceRequest, WireResponse } from "./Protocol.js"
import * as RateLimit from "./RateLimit.js"
import * as Refusal from "./Refusal.js"
import * as Reply from "./Reply.js"
import * as Fields from "./Fields.js"
import * as RequestBody from "./RequestBody.js"

/** How Cloud Servers behaves. */
export interface CloudServersOptions {
  /** From the request to ACTIVE. Default 30 seconds; zero builds at once. */
  readonly buildTime?: Duration.DurationInput | undefined
  /** How long a reboot, resize, rebuild, snapshot … takes. Default 10 seconds. */
  readonly actionTime?: Duration.DurationInput | undefined
  /** From the request to DELETED; meanwhile the task state is `deleting`. Default 5 seconds. */
  readonly deleteTime?: Duration.DurationInput | undefined
  /** How long after an action's request the status still reads as before. Default none. */
  readonly statusLag?: Duration.DurationInput | undefined
  /** How many servers there may be; more are refused with 403. Default 100. */
  readonly serverQuota?: number | undefined
  /** How many MiB of RAM they may have together. Default 131072. */
  readonly ramQuota?: number | undefined
  /** The largest page of a listing. Default 1000. */
  readonly pageCap?: number | undefined
  /** Networks that every create must name if it names any, as RackConnect accounts must. Default none. */
  readonly requiredNetworks?: ReadonlyArray<string> | undefined
  /** Requests per minute by method: `{ POST: 100 }`. Default unlimited. */
  readonly rateLimits?: RateLimit.RateLimits | undefined
  /**
   * The newest microversion that Nova speaks, such as `2.93`. The cloud then answers as OpenStack does: each request has the
   * fields and routes of the microversion that it asks for, by default 2.1, and Rackspace's extensions are gone. Default none:
   * Rackspace's Nova is older than microversions.
   */
  readonly maxMicroversion?: string | undefined
  /** The zones that servers can be made in, with `maxMicroversion`. Default `["nova"]`. */
  readonly availabilityZones?: ReadonlyArray<string> | undefined
  /** The security groups that there are, with `maxMicroversion`. Default `["default"]`. */
  readonly securityGroups?: ReadonlyArray<string> | undefined
  /** Whether the user may do what OpenStack keeps for administrators, with `maxMicroversion`. Default no. */
  readonly isAdministrator?: boolean | undefined
}

/** What may be chosen about a seeded server. */
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
  readonly fault?: ServerRecord.ServerFault | undefined
}

/** What tests do to Cloud Servers behind its API's back. Unknown ids are defects. */
export interface CloudServersHandles {
  /** Puts a server there, whatever the quota, and gives its id. */
  readonly seedServer: (fields?: SeededServer) => Effect.Effect<string>
  /** Puts many there, named `server-{n}` unless a name is given, and gives their ids in the order of creation. */
  readonly seedServers: (count: number, fields?: SeededServer) => Effect.Effect<ReadonlyArray<string>>
  /** Sets a server's status for good; whatever it was busy with is forgotten. */
  readonly setServerStatus: (id: string, status: string, fault?: ServerRecord.ServerFault) => Effect.Effect<void>
  /** The next `times` (default 1) created servers end in ERROR with this fault instead of in ACTIVE. */
  readonly failBuilds: (options?: {
    readonly times?: number | undefined
    readonly fault?: ServerRecord.ServerFault | undefined
  }) => Effect.Effect<void>
  /** Takes a server away at once, as an operator would: its next GET answers 404. */
  readonly removeServer: (id: string) => Effect.Effect<void>
  /** All servers that are not deleted, in the order of creation, with the status that the API would show now. */
  readonly servers: Effect.Effect<
    ReadonlyArray<{ readonly id: string; readonly name: string; readonly status: string }>
  >
}

/** Cloud Servers of one region. */
export interface CloudServersEmulator extends EmulatedService {
  readonly handles: CloudServersHandles
}

/** What Rackspace alone has of a server. */
const rackspaceSubResources = ["rax-si-image-schedule", "os-virtual-interfacesv2", "ip_associations"]

const noHostFound: ServerRecord.ServerFault = { code: 500, message: "No valid host was found. " }

/** Cloud Servers of one region, with the base images and nothing else. */
export const make = (options: CloudServersOptions = {}): CloudServersEmulator => {
  const buildTime = Duration.toMillis(options.buildTime ?? "30 seconds")
  const actionTime = Duration.toMillis(options.actionTime ?? "10 seconds")
  const deleteTime = Duration.toMillis(options.deleteTime ?? "5 seconds")
  const statusLag = Duration.toMillis(options.statusLag ?? 0)
  const quotas: Limits.Quotas = { instances: options.serverQuota ?? 100, ram: options.ramQuota ?? 131_072 }
  const pageCap = options.pageCap ?? 1000
  const rateLimit = RateLimit.make(options.rateLimits ?? {})
  const maximum = options.maxMicroversion === undefined ? undefined : Microversions.minorOf(options.maxMicroversion)
  const availabilityZones = options.availabilityZones ?? ["nova"]

  const servers = new Map<string, ServerRecord.ServerRecord>()
  /** Newest first, as listings have them, would need a copy at each creation: so oldest first, read backwards. */
  const creationOrder: Array<ServerRecord.ServerRecord> = []
  const images = Images.make(pageCap)
  const keyPairs = KeyPairs.make(pageCap)
  const networks = Networks.make()
  const present = (): ReadonlyArray<ServerRecord.ServerRecord> =>
    creationOrder.filter(({ deletedAt }) => deletedAt === undefined)
  const membersOf = (groupId: string) => present().filter((server) => server.groupId === groupId)
  const groups = ServerGroups.make(membersOf)
  const volumes = Volumes.make({
    availabilityZones,
    buildTime: actionTime,
    placeOf: (id) => {
      const server = present().find((candidate) => candidate.volumes.has(id))
      const attached = server?.volumes.get(id)
      return server === undefined || attached === undefined
        ? undefined
        : { serverId: server.id, device: attached.device }
    }
  })
  const isTaken = (networkId: string, address: string): boolean =>
    present().some((server) =>
      server.interfaces.some(
        (attached) => attached.networkId === networkId && attached.addresses.some(({ addr }) => addr === address)
      )
    )
  let serverCount = 0
  /** Interfaces that were attached later have numbers of their own, beyond those of servers. */
  let laterInterfaces = 65_536
  let failingBuilds = 0
  let failingFault = noHostFound

  // ---- servers -------------------------------------------------------------------------------------------------

  const remove = (server: ServerRecord.ServerRecord, at: number): void => {
    for (const { deleteOnTermination, volumeId } of server.volumes.values()) {
      if (deleteOnTermination) {
        volumes.remove(volumeId)
      }
    }
    server.status = "DELETED"
    server.updatedAt = at
    server.deletedAt = at
    server.transition = undefined
  }

  const live = (now: number): ReadonlyArray<ServerRecord.ServerRecord> =>
    creationOrder.filter((server) => {
      ServerRecord.settle(server, now)
      return server.deletedAt === undefined
    })

  const findServer = (id: string, now: number): ServerRecord.ServerRecord => {
    const server = servers.get(id)
    if (server === undefined) {
      return NovaRequest.notFound("Instance could not be found")
    }
    ServerRecord.settle(server, now)
    return server.deletedAt === undefined ? server : NovaRequest.notFound("Instance could not be found")
  }

  const publicAddress = (server: ServerRecord.ServerRecord, version: 4 | 6): string =>
    server.interfaces
      .find((attached) => attached.networkId === Networks.publicNet.id)
      ?.addresses.find((address) => address.version === version)?.addr ?? ""

  const add = (fields: {
    readonly name: string
    readonly flavorId: string
    readonly imageId: string
    readonly status: string
    readonly metadata: Readonly<Record<string, string>>
    readonly keyName?: string | null
    readonly configDrive?: string
    readonly diskConfig?: "AUTO" | "MANUAL"
    readonly networks?: ReadonlyArray<CreateRequest.WantedNetwork>
    readonly accessIPv4?: string | undefined
    readonly accessIPv6?: string | undefined
    readonly openStack?: Partial<ServerRecord.OpenStackFields>
    readonly host?: number | undefined
    readonly now: number
  }): ServerRecord.ServerRecord => {
    const number = ++serverCount
    const { openStack = {} } = fields
    const server: ServerRecord.ServerRecord = {
      id: randomUUID(),
      number,
      host: fields.host ?? Placement.hostFor(number, Placement.noWishes) ?? 0,
      name: fields.name,
      createdAt: fields.now,
      updatedAt: fields.now,
      deletedAt: undefined,
      launchedAt: fields.status === "BUILD" ? undefined : fields.now,
      flavorId: fields.flavorId,
      previousFlavorId: undefined,
      imageId: fields.imageId,
      keyName: fields.keyName ?? null,
      configDrive: fields.configDrive ?? "",
      diskConfig: fields.diskConfig ?? "MANUAL",
      metadata: { ...fields.metadata },
      interfaces: (fields.networks ?? [{ network: Networks.publicNet }, { network: Networks.serviceNet }]).map(
        ({ fixedIp, network, tag }) => ({ ...Networks.attach(network, number, randomUUID(), fixedIp), tag })
      ),
      accessIPv4: "",
      accessIPv6: "",
      status: fields.status,
      fault: undefined,
      transition: undefined,
      actions: [],
      imageSchedule: undefined,
      volumes: new Map(),
      ipAssociations: new Set(),
      description: null,
      tags: [],
      hostname: OpenStackFields.hostnameOf(fields.name),
      availabilityZone: availabilityZones[0] ?? "nova",
      pinnedAvailabilityZone: null,
      securityGroups: ["default"],
      groupId: undefined,
      schedulerHints: {},
      reservationId: OpenStackFields.newReservationId(),
      launchIndex: 0,
      locked: undefined,
      trustedImageCertificates: null,
      userData: null,
      ...openStack
    }
    server.accessIPv4 = fields.accessIPv4 ?? publicAddress(server, 4)
    server.accessIPv6 = fields.accessIPv6 ?? publicAddress(server, 6)
    servers.set(server.id, server)
    creationOrder.push(server)
    return server
  }

  const refuseQuota = (name: string, asked: number, used: number, quota: number): never =>
    NovaRequest.forbidden(
      `Quota exceeded for ${name}: Requested ${asked}, but already used ${used} of ${quota} ${name}`
    )

  /** How many of the wanted servers the quotas allow; fewer than the least is refused. */
  const allowedCount = (wanted: CreateRequest.CreateRequest, now: number): number => {
    const all = live(now)
    const usedRam = all.reduce((sum, server) => sum + (Flavors.find(server.flavorId)?.ram ?? 0), 0)
    const { count, flavor } = wanted
    const servers = quotas.instances < 0 ? count.most : quotas.instances - all.length
    if (servers < count.least) {
      refuseQuota("instances", count.least, all.length, quotas.instances)
    }
    const byRam = quotas.ram < 0 ? count.most : Math.floor((quotas.ram - usedRam) / flavor.ram)
    if (byRam < count.least) {
      refuseQuota("ram", count.least * flavor.ram, usedRam, quotas.ram)
    }
    const allowed = Math.min(count.most, servers, byRam)
    if (wanted.openStack.group !== undefined) {
      groups.checkQuota(wanted.openStack.group, allowed)
    }
    return allowed
  }

  /** One of the servers that a request asks for; without a host it ends in ERROR. */
  const build = (
    wanted: CreateRequest.CreateRequest,
    names: { readonly name: string; readonly hostname: string; readonly launchIndex: number },
    reservationId: string,
    request: NovaRequest.NovaRequest
  ): ServerRecord.ServerRecord => {
    const { now } = request
    const { differentHosts, group, hostname: _, sameHosts, ...openStack } = wanted.openStack
    const groupHosts = group === undefined ? [] : membersOf(group.id).map(({ host }) => host)
    const host = Placement.hostFor(serverCount + 1, { group, groupHosts, sameHosts, differentHosts })
    const { hostname, launchIndex, name } = names
    const server = add({
      ...wanted,
      name,
      flavorId: wanted.flavor.id,
      status: "BUILD",
      openStack: { ...openStack, hostname, launchIndex, reservationId, groupId: group?.id },
      host,
      now
    })
    const isSchedulable = wanted.schedulable && host !== undefined
    const fault = !isSchedulable ? noHostFound : failingBuilds-- > 0 ? failingFault : undefined
    failingBuilds = Math.max(0, failingBuilds)
    server.actions.push({ action: "create", requestId: request.requestId, startedAt: now })
    server.transition = {
      status: "BUILD",
      taskState: "spawning",
      startedAt: now,
      visibleAt: now,
      endsAt: now + buildTime,
      end: (built, at) => {
        built.status = fault === undefined ? "ACTIVE" : "ERROR"
        built.launchedAt = fault === undefined ? at : undefined
        built.fault = fault === undefined ? undefined : { ...fault, createdAt: at }
      }
    }
    ServerRecord.settle(server, now)
    return server
  }

  const createServer = (request: NovaRequest.NovaRequest): WireResponse => {
    const { now } = request
    const wanted = CreateRequest.read(request, {
      findImage: images.find,
      findNetwork: networks.find,
      hasKeyPair: keyPairs.has,
      hasServer: (id) => servers.get(id)?.deletedAt === undefined && servers.has(id),
      requiredNetworks: options.requiredNetworks ?? [],
      isTaken,
      openStack: {
        availabilityZones,
        securityGroups: options.securityGroups ?? ["default"],
        findGroup: groups.find,
        hostOf: (id) => present().find((server) => server.id === id)?.host
      }
    })
    const count = allowedCount(wanted, now)
    const reservationId = OpenStackFields.newReservationId()
    const hostname = wanted.openStack.hostname ?? OpenStackFields.hostnameOf(wanted.name)
    const created = Array.from({ length: count }, (_, launchIndex) => {
      // Several servers of one request are told apart by numbers behind their names.
      const suffix = wanted.count.most === 1 ? "" : `-${launchIndex + 1}`
      const names = { name: `${wanted.name}${suffix}`, hostname: `${hostname}${suffix}`, launchIndex }
      return build(wanted, names, reservationId, request)
    })
    if (wanted.wantsReservation) {
      return Reply.json(202, { reservation_id: reservationId })
    }
    const [first] = created
    if (first === undefined) {
      return NovaRequest.badRequest("min_count must be an integer greater than 0")
    }
    return Reply.json(
      202,
      {
        server: {
          id: first.id,
          links: NovaRequest.links(request.baseUrl, `servers/${first.id}`),
          adminPass: wanted.adminPass,
          "OS-DCF:diskConfig": first.diskConfig,
          ...(request.microversion === undefined
            ? {}
            : { security_groups: first.securityGroups.map((name) => ({ name })) })
        }
      },
      { Location: `${request.baseUrl}/servers/${first.id}` }
    )
  }

  const newestFirst = function* (): Generator<ServerRecord.ServerRecord> {
    for (let index = creationOrder.length - 1; index >= 0; index--) {
      const server = creationOrder[index]
      if (server !== undefined) {
        yield server
      }
    }
  }

  const listServers = (request: NovaRequest.NovaRequest, detail: boolean): WireResponse => {
    const { now, query } = request
    const keep = ServerFilters.read(request)
    const since = query.get("changes-since")
    const marker = query.get("marker")
    const marked = marker === null ? undefined : servers.get(marker)
    if (marked !== undefined) {
      ServerRecord.settle(marked, now)
    }
    if (marked?.deletedAt !== undefined && since === null && !query.has("changes-before")) {
      return NovaRequest.badRequest(`marker [${marker}] not found`)
    }
    const page = Listing.page({
      items: ServerFilters.sorted(newestFirst(), request),
      keep,
      query,
      cap: pageCap,
      url: `${request.baseUrl}/servers${detail ? "/detail" : ""}`
    })
    return Reply.json(200, {
      servers: page.items.map((server) =>
        detail
          ? ServerRecord.toJson(server, request, false)
          : {
              id: server.id,
              name: server.name,
              links: NovaRequest.links(request.baseUrl, `servers/${server.id}`)
            }
      ),
      ...(page.links === undefined ? {} : { servers_links: page.links })
    })
  }

  const updateServer = (server: ServerRecord.ServerRecord, request: NovaRequest.NovaRequest): WireResponse => {
    const fields = request.body?.["server"]
    if (!Fields.isObject(fields)) {
      return NovaRequest.badRequest("Malformed request body")
    }
    const name = fields["name"] === undefined ? server.name : CreateRequest.readName(fields["name"])
    const accessIPv4 = CreateRequest.readAddress(fields, "accessIPv4")
    const accessIPv6 = CreateRequest.readAddress(fields, "accessIPv6")
    Object.assign(server, OpenStackFields.readUpdate(fields, request))
    server.name = name
    server.accessIPv4 = accessIPv4 ?? server.accessIPv4
    server.accessIPv6 = accessIPv6 ?? server.accessIPv6
    server.updatedAt = request.now
    return Reply.json(200, { server: ServerRecord.changedJson(server, request) })
  }

  const deleteServer = (server: ServerRecord.ServerRecord, request: NovaRequest.NovaRequest): WireResponse => {
    const { now } = request
    // A second DELETE while the first is at work is accepted and changes nothing.
    if (server.transition?.taskState !== "deleting") {
      server.actions.push({ action: "delete", requestId: request.requestId, startedAt: now })
      server.updatedAt = now
      server.transition = {
        status: undefined,
        taskState: "deleting",
        startedAt: now,
        visibleAt: now,
        endsAt: now + deleteTime,
        end: remove
      }
      ServerRecord.settle(server, now)
    }
    return Reply.empty(204)
  }

  const serverSubResource = (
    server: ServerRecord.ServerRecord,
    path: ReadonlyArray<string>,
    request: NovaRequest.NovaRequest
  ): WireResponse => {
    const { body, method, now, requestId } = request
    const [name, item, ...more] = path
    if (more.length > 0 || (request.microversion !== undefined && rackspaceSubResources.includes(name ?? ""))) {
      return NovaRequest.noRoute()
    }
    switch (name) {
      case "action":
        return method === "POST" && item === undefined
          ? ServerActions.run(server, body, requestId, {
              now,
              baseUrl: request.baseUrl,
              actionTime,
              statusLag,
              findImage: images.find,
              hasKeyPair: keyPairs.has,
              addImage: images.add,
              request
            })
          : NovaRequest.badMethod()
      case "ips": {
        if (method !== "GET") {
          return NovaRequest.badMethod()
        }
        const addresses = ServerRecord.addresses(server, request)
        if (item === undefined) {
          return Reply.json(200, { addresses })
        }
        return Object.hasOwn(addresses, item)
          ? Reply.json(200, { [item]: addresses[item] })
          : NovaRequest.notFound("Instance is not a member of specified network")
      }
      case "metadata":
        return Metadata.serve({
          method,
          key: item,
          body,
          current: server.metadata,
          store: (metadata) => {
            server.metadata = metadata
            server.updatedAt = now
          }
        })
      case "os-instance-actions":
        return InstanceActions.serve(server, item, request, pageCap)
      case "os-interface":
        return Interfaces.serve(server, item, request, {
          findNetwork: networks.find,
          nextNumber: () => ++laterInterfaces,
          isPort: (id) => present().some(({ interfaces }) => interfaces.some((attached) => attached.id === id)),
          isTaken
        })
      case "remote-consoles":
        return RemoteConsoles.serve(server, item, request)
      case "tags":
        return ServerTags.serve(server, item, request)
      case "rax-si-image-schedule":
        return ImageSchedule.serve(server, request)
      case "os-virtual-interfacesv2":
        return VirtualInterfaces.serve(server, item, request, networks.find)
      case "ip_associations":
        return IpAssociations.serve(server, item, request)
      case "os-volume_attachments":
        return VolumeAttachments.serve(server, item, request, volumes)
      default:
        return NovaRequest.noRoute()
    }
  }

  const serverRoutes = (path: ReadonlyArray<string>, request: NovaRequest.NovaRequest): WireResponse => {
    const { method, now } = request
    const [id, ...rest] = path
    if (id === undefined) {
      return method === "GET"
        ? listServers(request, false)
        : method === "POST"
          ? createServer(request)
          : NovaRequest.badMethod()
    }
    if (id === "detail" && rest.length === 0) {
      return method === "GET" ? listServers(request, true) : NovaRequest.badMethod()
    }
    const server = findServer(id, now)
    if (rest.length > 0) {
      return serverSubResource(server, rest, request)
    }
    switch (method) {
      case "GET":
        return Reply.json(200, { server: ServerRecord.toJson(server, request, true) })
      case "PUT":
        return updateServer(server, request)
      case "DELETE":
        return deleteServer(server, request)
      default:
        return NovaRequest.badMethod()
    }
  }

  // ---- the door ------------------------------------------------------------------------------------------------

  const limits = (now: number): WireResponse =>
    Limits.serve({
      now,
      quotas,
      rateLimits: options.rateLimits ?? { GET: 1000, POST: 100 },
      flavors: live(now).flatMap((server) => Flavors.find(server.flavorId) ?? []),
      networks: networks.count()
    })

  const route = (path: ReadonlyArray<string>, request: NovaRequest.NovaRequest): WireResponse => {
    const [collection, ...rest] = path
    if (collection === "os-networksv2" && request.microversion !== undefined) {
      return NovaRequest.noRoute()
    }
    switch (collection) {
      case "servers":
        return serverRoutes(rest, request)
      case "os-volumes_boot":
        return request.method === "POST" && rest.length === 0 ? createServer(request) : NovaRequest.noRoute()
      case "flavors":
        return Flavors.serve(rest, request, pageCap)
      case "images":
        if (NovaRequest.speaks(request, rest[1] === "metadata" ? 39 : 36)) {
          return NovaRequest.notFound("The resource could not be found.")
        }
        return images.serve(rest, request)
      case "os-keypairs":
        return keyPairs.serve(rest, request)
      case "os-networksv2":
        return networks.serve(rest, request, (id) =>
          live(request.now).some((server) => server.interfaces.some((attached) => attached.networkId === id))
        )
      case "os-server-groups":
        NovaRequest.demandMicroversion(request, 1)
        return groups.serve(rest, request)
      case "os-availability-zone":
        NovaRequest.demandMicroversion(request, 1)
        return AvailabilityZones.serve(availabilityZones, rest, request)
      case "os-volumes":
        return volumes.serve(rest, request)
      case "limits":
        return request.method === "GET" ? limits(request.now) : NovaRequest.badMethod()
      case "os-quota-sets":
        return request.method === "GET" ? Limits.serveQuotas(rest[0], quotas) : NovaRequest.badMethod()
      case "extensions":
        return request.method === "GET" ? Extensions.serve(rest[0]) : NovaRequest.badMethod()
      default:
        return NovaRequest.noRoute()
    }
  }

  const respond = (
    request: ServiceRequest,
    parsed: RequestBody.Parsed,
    requestId: string,
    now: number
  ): WireResponse => {
    const limited = rateLimit(request.method, now)
    if (limited !== undefined) {
      return limited
    }
    const path = RequestBody.segments(request.path)
    if (path === undefined) {
      return NovaRequest.badRequest("Malformed request url")
    }
    const type = request.headers["content-type"]
    if (parsed._tag !== "Empty" && type !== undefined && !/^application\/json\b/i.test(type)) {
      return Refusal.fault(415, "badMediaType", "Unsupported Content-Type")
    }
    if (parsed._tag === "Malformed") {
      return NovaRequest.badRequest("cannot understand JSON")
    }
    const microversion = maximum === undefined ? undefined : Microversions.chosen(request.headers, maximum)
    const response = Refusal.catching(() =>
      route(path, {
        method: request.method === "HEAD" ? "GET" : request.method,
        query: request.query,
        baseUrl: request.baseUrl,
        tenantId: request.caller.tenantId,
        userId: request.caller.userId,
        body: parsed._tag === "Json" && Fields.isObject(parsed.value) ? parsed.value : undefined,
        requestId,
        now,
        microversion,
        isAdministrator: maximum !== undefined && options.isAdministrator === true
      })
    )
    return microversion === undefined
      ? response
      : Reply.withDefaultHeaders(response, Microversions.headersOf(microversion))
  }

  const known = (id: string): ServerRecord.ServerRecord => {
    const server = servers.get(id)
    if (server === undefined) {
      throw new Error(`The emulated cloud has no server ${id}`)
    }
    return server
  }

  const seed = (fields: SeededServer, now: number): string => {
    const server = add({
      name: fields.name ?? `server-${serverCount + 1}`,
      status: fields.status ?? "ACTIVE",
      flavorId: fields.flavorId ?? "general1-1",
      imageId: fields.imageId ?? Images.defaultId,
      metadata: fields.metadata ?? {},
      now
    })
    server.fault = fields.fault === undefined ? undefined : { ...fields.fault, createdAt: now }
    return server.id
  }

  return {
    handle: (request) =>
      Effect.suspend(() => {
        const requestId = `req-${randomUUID()}`
        return Effect.map(
          RequestBody.respondToJson(request, (parsed, now) => respond(request, parsed, requestId, now)),
          (response) => Reply.withDefaultHeaders(response, { "x-compute-request-id": requestId })
        )
      }),
    handles: {
      seedServer: (fields = {}) => Effect.map(Clock.currentTimeMillis, (now) => seed(fields, now)),
      seedServers: (count, fields = {}) =>
        Effect.map(Clock.currentTimeMillis, (now) => Array.from({ length: count }, () => seed(fields, now))),
      setServerStatus: (id, status, fault) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          const server = known(id)
          if (status === "DELETED") {
            remove(server, now)
            return
          }
          server.status = status
          server.fault = fault === undefined ? undefined : { ...fault, createdAt: now }
          server.transition = undefined
          server.updatedAt = now
        }),
      failBuilds: (failing = {}) =>
        Effect.sync(() => {
          failingBuilds = failing.times ?? 1
          failingFault = failing.fault ?? noHostFound
        }),
      removeServer: (id) => Effect.map(Clock.currentTimeMillis, (now) => remove(known(id), now)),
      servers: Effect.map(Clock.currentTimeMillis, (now) =>
        live(now).map((server) => ({
          id: server.id,
          name: server.name,
          status: ServerRecord.statusOf(server, now)
        }))
      )
    }
  }
}
