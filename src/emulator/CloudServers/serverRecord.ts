/**
 * The stored server. Its state is computed from the time: no fiber waits for a build; due changes are applied when the
 * server is read.
 */
import { links } from "../Links.js"
import { createHash } from "node:crypto"
import * as Timestamp from "../Timestamp.js"
import * as Flavors from "./flavors.js"
import * as Placement from "./placement.js"
import type { NovaRequest } from "./requests.js"
import { speaks } from "./requests.js"

/** A change that takes time. */
export interface Transition {
  /** The status during the change; undefined if it stays. */
  readonly status: string | undefined
  /** Null if the server accepts other actions during the change. */
  readonly taskState: string | null
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** When the new status becomes visible; until then only the task state shows the change. */
  readonly visibleAt: number
  readonly endsAt: number
  readonly end: (server: ServerRecord, at: number) => void
}

/** Why a server is in ERROR. */
export interface ServerFault {
  readonly code: number
  readonly message: string
  readonly details?: string | undefined
}

/** An entry of a server's history (`os-instance-actions`). */
export interface InstanceAction {
  readonly action: string
  readonly requestId: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
}

/** A network interface. */
export interface Interface {
  readonly id: string
  readonly macAddress: string
  readonly networkId: string
  readonly label: string
  readonly addresses: ReadonlyArray<{ readonly version: 4 | 6; readonly addr: string }>
  /** Identifies it in the metadata that the server can read. */
  readonly tag?: string | undefined
}

/** A volume attached to a server. */
export interface AttachedVolume {
  readonly volumeId: string
  readonly device: string
  readonly tag: string | undefined
  readonly deleteOnTermination: boolean
  /** The attachment's id in Cinder. */
  readonly attachmentId: string
  /** The id of Nova's own record of the disk. */
  readonly blockDeviceId: string
}

/** The fields of a server in OpenStack that Rackspace does not have. */
export interface OpenStackFields {
  description: string | null
  tags: ReadonlyArray<string>
  hostname: string
  readonly availabilityZone: string
  /** The requested zone. */
  readonly pinnedAvailabilityZone: string | null
  readonly securityGroups: ReadonlyArray<string>
  /** The server group, if any. */
  readonly groupId: string | undefined
  readonly schedulerHints: Readonly<Record<string, unknown>>
  readonly reservationId: string
  /** Its index among the servers of one request, from 0. */
  readonly launchIndex: number
  /** Null if it is locked without a reason; undefined if it is not locked. */
  locked: string | null | undefined
  trustedImageCertificates: ReadonlyArray<string> | null
  /** In Base64. */
  userData: string | null
}

/** A server. */
export interface ServerRecord extends OpenStackFields {
  readonly id: string
  /** The number in the order of creation, from 1. Addresses are derived from it. */
  readonly number: number
  /** The number of its host. */
  readonly host: number
  name: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  updatedAt: number
  deletedAt: number | undefined
  /** When it first ran. */
  launchedAt: number | undefined
  flavorId: string
  /** The flavor before an unconfirmed resize. */
  previousFlavorId: string | undefined
  /** Empty for a server that boots from a volume. */
  imageId: string
  keyName: string | null
  readonly configDrive: string
  diskConfig: "AUTO" | "MANUAL"
  metadata: Record<string, string>
  interfaces: Array<Interface>
  accessIPv4: string
  accessIPv6: string
  /** The settled status, which the current transition may hide. */
  status: string
  fault: (ServerFault & { readonly createdAt: number }) | undefined
  transition: Transition | undefined
  readonly actions: Array<InstanceAction>
  imageSchedule: { readonly retention: number; readonly day_of_week?: string } | undefined
  readonly volumes: Map<string, AttachedVolume>
  /** The ids of shared addresses. */
  readonly ipAssociations: Set<string>
}

/** Applies the changes that are due. */
export const settle = (server: ServerRecord, now: number): void => {
  let { transition } = server
  while (transition !== undefined && transition.endsAt <= now) {
    server.transition = undefined
    server.updatedAt = transition.endsAt
    transition.end(server, transition.endsAt)
    transition = server.transition
  }
}

/** The status that the API shows now. */
export const statusOf = (server: ServerRecord, now: number): string => {
  const { transition } = server
  return transition?.status !== undefined && now >= transition.visibleAt ? transition.status : server.status
}

/** The settled state of the machine as `OS-EXT-STS:vm_state`. */
export const vmStateOf = (server: ServerRecord): string => {
  switch (server.status) {
    case "BUILD":
      return "building"
    case "SHUTOFF":
      return "stopped"
    case "RESCUE":
      return "rescued"
    case "VERIFY_RESIZE":
      return "resized"
    default:
      return server.status.toLowerCase()
  }
}

/** The current task, or null. */
export const taskStateOf = (server: ServerRecord, now: number): string | null => {
  const { transition } = server
  if (transition === undefined || transition.taskState === null) {
    return null
  }
  if (transition.status === "BUILD") {
    const progress = progressOf(server, now)
    return progress < 10 ? "scheduling" : progress < 30 ? "networking" : "spawning"
  }
  if (transition.taskState === "image_snapshot") {
    const share = (now - transition.startedAt) / (transition.endsAt - transition.startedAt)
    return share < 1 / 3 ? "image_snapshot" : share < 2 / 3 ? "image_pending_upload" : "image_uploading"
  }
  return transition.taskState
}

/** The progress of a build, rebuild or resize, 0 to 100; below 100 until it is done. */
export const progressOf = (server: ServerRecord, now: number): number => {
  const { transition } = server
  if (transition?.status === undefined) {
    return server.status === "BUILD" ? 0 : 100
  }
  const length = transition.endsAt - transition.startedAt
  return Math.floor(((now - transition.startedAt) / length) * 100)
}

/** The statuses with a `progress`. */
const withProgress = new Set(["ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING"])

const powerStateOf = (server: ServerRecord): number => {
  switch (server.status) {
    case "BUILD":
    case "ERROR":
    case "DELETED":
      return 0
    case "SHUTOFF":
      return 4
    default:
      return 1
  }
}

const bookmark = (baseUrl: string, path: string): ReadonlyArray<unknown> =>
  links(baseUrl, path).filter((link) => link.rel === "bookmark")

/** The addresses by network label, as in `addresses`. */
export const addresses = (
  server: ServerRecord,
  request: Pick<NovaRequest, "microversion">
): Readonly<Record<string, ReadonlyArray<unknown>>> => {
  const byLabel: Record<string, Array<unknown>> = {}
  for (const { addresses: each, label, macAddress } of server.status === "BUILD" ? [] : server.interfaces) {
    const shown = speaks(request, 1)
      ? each.map((address) => ({ ...address, "OS-EXT-IPS:type": "fixed", "OS-EXT-IPS-MAC:mac_addr": macAddress }))
      : each
    byLabel[label] = [...(byLabel[label] ?? []), ...shown]
  }
  return byLabel
}

type Context = Pick<NovaRequest, "baseUrl" | "caller" | "now" | "microversion" | "isAdministrator">

/** The server in `GET /servers/{id}`. `isSingle` is false in listings. */
export const toJson = (
  server: ServerRecord,
  context: Context,
  isSingle: boolean
): Readonly<Record<string, unknown>> => ({
  ...coreJson(server, context),
  ...extendedJson(server, context),
  ...(context.microversion === undefined ? rackspaceJson(server, context) : openStackJson(server, context, isSingle))
})

/** The server in the response to an update or rebuild, without the fields of extensions up to microversion 2.74. */
export const changedJson = (server: ServerRecord, context: Context): Readonly<Record<string, unknown>> =>
  speaks(context, 75) ? toJson(server, context, true) : coreJson(server, context)

/** The flavor by id; since microversion 2.47 as it was when the server was created. */
const flavorJson = (server: ServerRecord, context: Context): Readonly<Record<string, unknown>> => {
  const flavor = speaks(context, 47) ? Flavors.find(server.flavorId) : undefined
  return flavor === undefined
    ? { id: server.flavorId, links: bookmark(context.baseUrl, `flavors/${server.flavorId}`) }
    : {
        original_name: flavor.name,
        vcpus: flavor.vcpus,
        ram: flavor.ram,
        disk: flavor.disk,
        ephemeral: flavor.ephemeral,
        swap: flavor.swap === "" ? 0 : flavor.swap,
        extra_specs: flavor.extraSpecs
      }
}

const coreJson = (server: ServerRecord, context: Context): Readonly<Record<string, unknown>> => {
  const { baseUrl, now } = context
  const { tenantId, userId } = context.caller
  const status = statusOf(server, now)
  const building = server.status === "BUILD"
  return {
    id: server.id,
    name: server.name,
    tenant_id: tenantId,
    user_id: userId,
    status,
    ...(withProgress.has(status) ? { progress: progressOf(server, now) } : {}),
    created: Timestamp.utcSeconds(server.createdAt),
    updated: Timestamp.utcSeconds(server.updatedAt),
    hostId: building ? "" : createHash("sha224").update(`${tenantId}-host-${server.host}`).digest("hex"),
    addresses: addresses(server, context),
    accessIPv4: building ? "" : server.accessIPv4,
    accessIPv6: building ? "" : server.accessIPv6,
    image: server.imageId === "" ? "" : { id: server.imageId, links: bookmark(baseUrl, `images/${server.imageId}`) },
    flavor: flavorJson(server, context),
    links: links(baseUrl, `servers/${server.id}`),
    metadata: server.metadata,
    "OS-DCF:diskConfig": server.diskConfig,
    ...(speaks(context, 9) ? { locked: server.locked !== undefined } : {}),
    ...(speaks(context, 19) ? { description: server.description } : {}),
    ...(speaks(context, 26) ? { tags: server.tags } : {}),
    ...(speaks(context, 63) ? { trusted_image_certificates: server.trustedImageCertificates } : {})
  }
}

const extendedJson = (server: ServerRecord, { now }: Context): Readonly<Record<string, unknown>> => ({
  key_name: server.keyName,
  config_drive: server.configDrive,
  "OS-EXT-STS:vm_state": vmStateOf(server),
  "OS-EXT-STS:task_state": taskStateOf(server, now),
  "OS-EXT-STS:power_state": powerStateOf(server),
  ...(server.fault !== undefined && statusOf(server, now) === "ERROR"
    ? {
        fault: {
          code: server.fault.code,
          message: server.fault.message,
          created: Timestamp.utcSeconds(server.fault.createdAt),
          ...(server.fault.details === undefined ? {} : { details: server.fault.details })
        }
      }
    : {})
})

const rackspaceJson = (server: ServerRecord, { now }: Context): Readonly<Record<string, unknown>> => ({
  ...(server.status === "BUILD"
    ? { "rax-bandwidth:bandwidth": [] }
    : {
        "RAX-PUBLIC-IP-ZONE-ID:publicIPZoneId": createHash("sha224")
          .update(`zone-${server.number % 3}`)
          .digest("hex"),
        "rax-bandwidth:bandwidth": server.interfaces.map((attached) => ({
          interface: attached.label,
          bandwidth_inbound: 1024 * server.number,
          bandwidth_outbound: 512 * server.number,
          audit_period_start: Timestamp.utcSeconds(server.createdAt),
          audit_period_end: Timestamp.utcSeconds(now)
        }))
      }),
  ...(server.imageSchedule === undefined ? {} : { "RAX-SI:image_schedule": server.imageSchedule }),
  ...(server.volumes.size === 0
    ? {}
    : { "os-extended-volumes:volumes_attached": [...server.volumes.keys()].map((id) => ({ id })) })
})

const openStackJson = (
  server: ServerRecord,
  context: Context,
  isSingle: boolean
): Readonly<Record<string, unknown>> => ({
  "OS-EXT-AZ:availability_zone": server.status === "BUILD" ? "" : server.availabilityZone,
  "OS-SRV-USG:launched_at":
    server.launchedAt === undefined ? null : Timestamp.microsecondsWithoutZone(server.launchedAt),
  "OS-SRV-USG:terminated_at":
    server.deletedAt === undefined ? null : Timestamp.microsecondsWithoutZone(server.deletedAt),
  "os-extended-volumes:volumes_attached": [...server.volumes.values()].map(({ deleteOnTermination, volumeId: id }) =>
    speaks(context, 3) ? { id, delete_on_termination: deleteOnTermination } : { id }
  ),
  ...(server.interfaces.length === 0 ? {} : { security_groups: server.securityGroups.map((name) => ({ name })) }),
  ...(speaks(context, 71) && isSingle ? { server_groups: server.groupId === undefined ? [] : [server.groupId] } : {}),
  ...(speaks(context, 73) ? { locked_reason: server.locked ?? null } : {}),
  ...(speaks(context, 90) ? { "OS-EXT-SRV-ATTR:hostname": server.hostname } : {}),
  ...(speaks(context, 96) ? { pinned_availability_zone: server.pinnedAvailabilityZone } : {}),
  ...(speaks(context, 100) ? { scheduler_hints: server.schedulerHints } : {}),
  ...(context.isAdministrator ? administratorJson(server, context) : {})
})

const administratorJson = (server: ServerRecord, context: Context): Readonly<Record<string, unknown>> => {
  const host = server.status === "BUILD" ? null : Placement.nameOf(server.host)
  return {
    "OS-EXT-SRV-ATTR:host": host,
    "OS-EXT-SRV-ATTR:hypervisor_hostname": host,
    "OS-EXT-SRV-ATTR:instance_name": `instance-${server.number.toString(16).padStart(8, "0")}`,
    ...(speaks(context, 3)
      ? {
          "OS-EXT-SRV-ATTR:hostname": server.hostname,
          "OS-EXT-SRV-ATTR:reservation_id": server.reservationId,
          "OS-EXT-SRV-ATTR:launch_index": server.launchIndex,
          "OS-EXT-SRV-ATTR:root_device_name": "/dev/vda",
          "OS-EXT-SRV-ATTR:user_data": server.userData
        }
      : {}),
    ...(speaks(context, 16) ? { host_status: "UP" } : {})
  }
}
