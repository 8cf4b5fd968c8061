/** Creates servers: quotas, placement and builds (Cloud Servers API v2 and Nova's API reference, "Create server"). */
import { links } from "../Links.js"
import { randomUUID } from "node:crypto"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as CreateRequest from "./createRequest.js"
import * as Flavors from "./flavors.js"
import * as Networks from "./networks.js"
import * as OpenStackFields from "./openStackFields.js"
import * as Placement from "./placement.js"
import type { Region } from "./region.js"
import { noHostFound } from "./region.js"
import type { NovaRequest } from "./requests.js"
import { badRequest, forbidden } from "./requests.js"
import * as ServerRecord from "./serverRecord.js"

/** The properties of a new server. */
interface NewServer {
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
}

const publicAddress = (interfaces: ReadonlyArray<ServerRecord.Interface>, version: 4 | 6): string =>
  interfaces
    .find(({ networkId }) => networkId === Networks.publicNet.id)
    ?.addresses.find((address) => address.version === version)?.addr ?? ""

/** The defaults of OpenStack's fields. */
const openStackDefaults = ({ settings }: Region, name: string): ServerRecord.OpenStackFields => ({
  description: null,
  tags: [],
  hostname: OpenStackFields.hostnameOf(name),
  availabilityZone: settings.availabilityZones[0] ?? "nova",
  pinnedAvailabilityZone: null,
  securityGroups: ["default"],
  groupId: undefined,
  schedulerHints: {},
  reservationId: OpenStackFields.newReservationId(),
  launchIndex: 0,
  locked: undefined,
  trustedImageCertificates: null,
  userData: null
})

/** Stores a new server. */
export const addServer = (region: Region, fields: NewServer, now: number): ServerRecord.ServerRecord => {
  const number = ++region.serverCount
  const networks = fields.networks ?? [{ network: Networks.publicNet }, { network: Networks.serviceNet }]
  const interfaces = networks.map(({ fixedIp, network, tag }: CreateRequest.WantedNetwork) => ({
    ...Networks.attach(network, number, randomUUID(), fixedIp),
    tag
  }))
  const server: ServerRecord.ServerRecord = {
    id: randomUUID(),
    number,
    host: fields.host ?? Placement.hostFor(number, Placement.noConstraints) ?? 0,
    name: fields.name,
    createdAt: now,
    updatedAt: now,
    deletedAt: undefined,
    launchedAt: fields.status === "BUILD" ? undefined : now,
    flavorId: fields.flavorId,
    previousFlavorId: undefined,
    imageId: fields.imageId,
    keyName: fields.keyName ?? null,
    configDrive: fields.configDrive ?? "",
    diskConfig: fields.diskConfig ?? "MANUAL",
    metadata: { ...fields.metadata },
    interfaces,
    accessIPv4: fields.accessIPv4 ?? publicAddress(interfaces, 4),
    accessIPv6: fields.accessIPv6 ?? publicAddress(interfaces, 6),
    status: fields.status,
    fault: undefined,
    transition: undefined,
    actions: [],
    imageSchedule: undefined,
    volumes: new Map(),
    ipAssociations: new Set(),
    ...openStackDefaults(region, fields.name),
    ...fields.openStack
  }
  region.servers.set(server.id, server)
  region.creationOrder.push(server)
  return server
}

const refuseQuota = (name: string, asked: number, used: number, quota: number): never =>
  forbidden(`Quota exceeded for ${name}: Requested ${asked}, but already used ${used} of ${quota} ${name}`)

/** How many of the requested servers the quotas allow. Fewer than the minimum is refused. */
const allowedCount = (
  region: Region,
  { count, flavor, openStack }: CreateRequest.CreateRequest,
  now: number
): number => {
  const { instances, ram } = region.settings.quotas
  const all = region.existing(now)
  const usedRam = all.reduce((sum, server) => sum + (Flavors.find(server.flavorId)?.ram ?? 0), 0)
  const byNumber = instances < 0 ? count.max : instances - all.length
  if (byNumber < count.min) {
    refuseQuota("instances", count.min, all.length, instances)
  }
  const byRam = ram < 0 ? count.max : Math.floor((ram - usedRam) / flavor.ram)
  if (byRam < count.min) {
    refuseQuota("ram", count.min * flavor.ram, usedRam, ram)
  }
  const allowed = Math.min(count.max, byNumber, byRam)
  if (openStack.group !== undefined) {
    region.groups.checkQuota(openStack.group, allowed)
  }
  return allowed
}

/** The fault of the next build, if any. */
const nextFault = (region: Region, isSchedulable: boolean): ServerRecord.ServerFault | undefined => {
  if (!isSchedulable) {
    return noHostFound
  }
  const fails = region.failingBuilds > 0
  region.failingBuilds = Math.max(0, region.failingBuilds - 1)
  return fails ? region.failingFault : undefined
}

/** The names of one of several servers. */
interface Names {
  readonly name: string
  readonly hostname: string
  readonly launchIndex: number
}

/** Builds one of the requested servers. Without a host it ends in ERROR. */
const build = (
  region: Region,
  wanted: CreateRequest.CreateRequest,
  { name, ...names }: Names,
  reservationId: string,
  { now, requestId }: NovaRequest
): ServerRecord.ServerRecord => {
  const { differentHosts, group, hostname: _, sameHosts, ...openStack } = wanted.openStack
  const groupHosts = group === undefined ? [] : region.membersOf(group.id).map(({ host }) => host)
  const host = Placement.hostFor(region.serverCount + 1, { group, groupHosts, sameHosts, differentHosts })
  const fields = { ...openStack, ...names, reservationId, groupId: group?.id }
  const flavorId = wanted.flavor.id
  const server = addServer(region, { ...wanted, name, flavorId, status: "BUILD", openStack: fields, host }, now)
  const fault = nextFault(region, wanted.schedulable && host !== undefined)
  server.actions.push({ action: "create", requestId, startedAt: now })
  server.transition = {
    status: "BUILD",
    taskState: "spawning",
    startedAt: now,
    visibleAt: now,
    endsAt: now + region.settings.buildTime,
    end: (built, at) => {
      built.status = fault === undefined ? "ACTIVE" : "ERROR"
      built.launchedAt = fault === undefined ? at : undefined
      built.fault = fault === undefined ? undefined : { ...fault, createdAt: at }
    }
  }
  ServerRecord.settle(server, now)
  return server
}

/** `POST /servers`. */
export const createServer = (region: Region, request: NovaRequest): WireResponse => {
  const { baseUrl, microversion, now } = request
  const wanted = CreateRequest.read(region, request)
  const count = allowedCount(region, wanted, now)
  const reservationId = OpenStackFields.newReservationId()
  const hostname = wanted.openStack.hostname ?? OpenStackFields.hostnameOf(wanted.name)
  const created = Array.from({ length: count }, (_, launchIndex) => {
    // If a request creates several servers, their names are numbered.
    const suffix = wanted.count.max === 1 ? "" : `-${launchIndex + 1}`
    const names = { name: `${wanted.name}${suffix}`, hostname: `${hostname}${suffix}`, launchIndex }
    return build(region, wanted, names, reservationId, request)
  })
  if (wanted.wantsReservation) {
    return Reply.json(202, { reservation_id: reservationId })
  }
  const [first] = created
  if (first === undefined) {
    return badRequest("min_count must be an integer greater than 0")
  }
  const { diskConfig, id, securityGroups } = first
  const server = {
    id,
    links: links(baseUrl, `servers/${id}`),
    adminPass: wanted.adminPass,
    "OS-DCF:diskConfig": diskConfig,
    ...(microversion === undefined ? {} : { security_groups: securityGroups.map((name) => ({ name })) })
  }
  return Reply.json(202, { server }, { Location: `${baseUrl}/servers/${id}` })
}
