/**
 * A server as the emulator keeps it. Its state follows from the time: no fiber sleeps until a build is done, whoever
 * looks settles what has become due.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import * as Timestamp from "../Timestamp.js"
import * as NovaRequest from "./NovaRequest.js"

/**
 * A change that takes time.
 *
 * @since 0.1.0
 * @category models
 */
export interface Transition {
  /** What the status reads meanwhile; undefined where it stays. */
  readonly status: string | undefined
  /** Null where the server is free for other actions meanwhile. */
  readonly taskState: string | null
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** When the new status can first be seen; until then only the task state tells (servers.md section 3). */
  readonly visibleAt: number
  readonly endsAt: number
  readonly end: (server: ServerRecord, at: number) => void
}

/**
 * Why a server is in ERROR.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServerFault {
  readonly code: number
  readonly message: string
  readonly details?: string | undefined
}

/**
 * One entry of a server's history (`os-instance-actions`).
 *
 * @since 0.1.0
 * @category models
 */
export interface InstanceAction {
  readonly action: string
  readonly requestId: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
}

/**
 * A network interface.
 *
 * @since 0.1.0
 * @category models
 */
export interface Interface {
  readonly id: string
  readonly macAddress: string
  readonly networkId: string
  readonly label: string
  readonly addresses: ReadonlyArray<{ readonly version: 4 | 6; readonly addr: string }>
}

/**
 * A server.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServerRecord {
  readonly id: string
  /** Counts from 1 in the order of creation; addresses are made from it. */
  readonly number: number
  name: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  updatedAt: number
  deletedAt: number | undefined
  flavorId: string
  /** The flavor before a resize that is not confirmed yet. */
  previousFlavorId: string | undefined
  /** Empty for a server that boots from a volume. */
  imageId: string
  readonly keyName: string | null
  readonly configDrive: string
  diskConfig: "AUTO" | "MANUAL"
  metadata: Record<string, string>
  interfaces: Array<Interface>
  accessIPv4: string
  accessIPv6: string
  /** The settled status, which the present transition may hide. */
  status: string
  fault: (ServerFault & { readonly createdAt: number }) | undefined
  transition: Transition | undefined
  readonly actions: Array<InstanceAction>
  imageSchedule: { readonly retention: number; readonly day_of_week?: string } | undefined
  readonly volumes: Map<string, { readonly volumeId: string; readonly device: string }>
  /** Ids of addresses that it shares. */
  readonly ipAssociations: Set<string>
}

/**
 * Brings a server up to date.
 *
 * @since 0.1.0
 * @category transitions
 */
export const settle = (server: ServerRecord, now: number): void => {
  let { transition } = server
  while (transition !== undefined && transition.endsAt <= now) {
    server.transition = undefined
    server.updatedAt = transition.endsAt
    transition.end(server, transition.endsAt)
    transition = server.transition
  }
}

/**
 * The status that the API shows now.
 *
 * @since 0.1.0
 * @category accessors
 */
export const statusOf = (server: ServerRecord, now: number): string => {
  const { transition } = server
  return transition?.status !== undefined && now >= transition.visibleAt ? transition.status : server.status
}

/**
 * The settled state of the machine in the words of `OS-EXT-STS:vm_state`.
 *
 * @since 0.1.0
 * @category accessors
 */
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

/**
 * What the server is busy with, or null.
 *
 * @since 0.1.0
 * @category accessors
 */
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

/**
 * How far a build, rebuild or resize is, 0 to 100; below 100 until it is done.
 *
 * @since 0.1.0
 * @category accessors
 */
export const progressOf = (server: ServerRecord, now: number): number => {
  const { transition } = server
  if (transition?.status === undefined) {
    return server.status === "BUILD" ? 0 : 100
  }
  const length = transition.endsAt - transition.startedAt
  return Math.floor(((now - transition.startedAt) / length) * 100)
}

/** Other statuses carry no `progress` at all. */
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
  NovaRequest.links(baseUrl, path).filter((link) => link.rel === "bookmark")

/**
 * The addresses by network label, as `addresses` has them.
 *
 * @since 0.1.0
 * @category accessors
 */
export const addresses = (server: ServerRecord): Readonly<Record<string, ReadonlyArray<unknown>>> =>
  server.status === "BUILD"
    ? {}
    : Object.fromEntries(server.interfaces.map((attached) => [attached.label, attached.addresses]))

/**
 * The full server of `GET /servers/{id}` (servers.md section 2.3).
 *
 * @since 0.1.0
 * @category accessors
 */
export const toJson = (
  server: ServerRecord,
  context: { readonly baseUrl: string; readonly tenantId: string; readonly userId: string; readonly now: number }
): Readonly<Record<string, unknown>> => ({ ...coreJson(server, context), ...extendedJson(server, context) })

/**
 * A server as the answers to an update and to a rebuild have it: the extensions add nothing to those.
 *
 * @since 0.1.0
 * @category accessors
 */
export const coreJson = (
  server: ServerRecord,
  context: { readonly baseUrl: string; readonly tenantId: string; readonly userId: string; readonly now: number }
): Readonly<Record<string, unknown>> => {
  const { baseUrl, now, tenantId, userId } = context
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
    hostId: building
      ? ""
      : createHash("sha224")
          .update(`${tenantId}-host-${server.number % 7}`)
          .digest("hex"),
    addresses: addresses(server),
    accessIPv4: building ? "" : server.accessIPv4,
    accessIPv6: building ? "" : server.accessIPv6,
    image: server.imageId === "" ? "" : { id: server.imageId, links: bookmark(baseUrl, `images/${server.imageId}`) },
    flavor: { id: server.flavorId, links: bookmark(baseUrl, `flavors/${server.flavorId}`) },
    links: NovaRequest.links(baseUrl, `servers/${server.id}`),
    metadata: server.metadata,
    "OS-DCF:diskConfig": server.diskConfig
  }
}

const extendedJson = (server: ServerRecord, { now }: { readonly now: number }): Readonly<Record<string, unknown>> => {
  const building = server.status === "BUILD"
  return {
    key_name: server.keyName,
    config_drive: server.configDrive,
    "OS-EXT-STS:vm_state": vmStateOf(server),
    "OS-EXT-STS:task_state": taskStateOf(server, now),
    "OS-EXT-STS:power_state": powerStateOf(server),
    ...(building
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
      : { "os-extended-volumes:volumes_attached": [...server.volumes.keys()].map((id) => ({ id })) }),
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
  }
}
