/**
 * Volumes of Block Storage through Nova (`os-volumes`), up to microversion 2.35. Their state is computed from the time,
 * like that of servers.
 */
import { randomUUID } from "node:crypto"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Fields from "../Fields.js"
import * as Timestamp from "../Timestamp.js"
import * as Listing from "./listing.js"
import * as Metadata from "./metadata.js"
import type { NovaRequest, NovaRoutes } from "./requests.js"
import { badRequest, demandMicroversion, forbidden, invalid, notFound, within } from "./requests.js"

/** The maximum number of volumes per project. */
const quota = 10

export interface Volume {
  readonly id: string
  readonly name: string | null
  readonly description: string | null
  readonly gigabytes: number
  readonly volumeType: string | null
  readonly availabilityZone: string
  readonly metadata: Readonly<Record<string, string>>
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly availableAt: number
}

/** The server that a volume is attached to. */
export interface Place {
  readonly serverId: string
  readonly device: string
}

/** The volumes of one region. */
export interface Volumes {
  readonly has: (id: string) => boolean
  readonly isAvailable: (id: string, now: number) => boolean
  readonly remove: (id: string) => void
  readonly routes: ReadonlyArray<NovaRoutes>
}

const readText = (sent: Fields.JsonObject, field: string): string | null => {
  const value = sent[field] ?? null
  return value === null || typeof value === "string" ? value : invalid(field, "It is not of type 'string'")
}

const read = (request: NovaRequest, zones: ReadonlyArray<string>, buildTime: number): Volume => {
  const body = request.body?.["volume"]
  const sent = Fields.isObject(body) ? body : invalid("volume", "It is required")
  const size = sent["size"]
  if (!/^[1-9]\d*$/.test(Fields.textOf(size))) {
    return invalid("size", `${Fields.textOf(size)} is not a whole number of 1 or more`)
  }
  const snapshotId = readText(sent, "snapshot_id")
  if (snapshotId !== null) {
    return notFound(`Snapshot ${snapshotId} could not be found.`)
  }
  const availabilityZone = readText(sent, "availability_zone") ?? zones[0] ?? "nova"
  if (!zones.includes(availabilityZone)) {
    return badRequest(`Invalid input received: Availability zone '${availabilityZone}' is invalid.`)
  }
  return {
    id: randomUUID(),
    name: readText(sent, "display_name"),
    description: readText(sent, "display_description"),
    gigabytes: Number(size),
    volumeType: readText(sent, "volume_type"),
    availabilityZone,
    metadata: sent["metadata"] === undefined ? {} : Metadata.read(sent["metadata"]),
    createdAt: request.now,
    availableAt: request.now + buildTime
  }
}

/** No volumes yet. */
export const make = (options: {
  readonly availabilityZones: ReadonlyArray<string>
  /** The time from the request to `available`, in milliseconds. */
  readonly buildTime: number
  readonly placeOf: (id: string) => Place | undefined
}): Volumes => {
  const volumes = new Map<string, Volume>()

  const toJson = (volume: Volume, request: NovaRequest): Readonly<Record<string, unknown>> => {
    const place = options.placeOf(volume.id)
    return {
      id: volume.id,
      displayName: volume.name,
      displayDescription: volume.description,
      size: volume.gigabytes,
      status: place !== undefined ? "in-use" : request.now < volume.availableAt ? "creating" : "available",
      volumeType: volume.volumeType,
      snapshotId: null,
      availabilityZone: volume.availabilityZone,
      createdAt: Timestamp.microsecondsWithoutZone(volume.createdAt),
      metadata: volume.metadata,
      // A volume that is not attached has one empty attachment.
      attachments: [place === undefined ? {} : { id: volume.id, volumeId: volume.id, ...place }]
    }
  }

  const create = (request: NovaRequest): WireResponse => {
    const volume = read(request, options.availabilityZones, options.buildTime)
    if (volumes.size >= quota) {
      return forbidden(`VolumeLimitExceeded: Maximum number of volumes allowed (${quota}) exceeded`)
    }
    volumes.set(volume.id, volume)
    return Reply.json(200, { volume: toJson(volume, request) })
  }

  const list = (_: void, request: NovaRequest): WireResponse =>
    Reply.json(200, {
      volumes: Listing.counted([...volumes.values()], request.query).map((volume) => toJson(volume, request))
    })

  const remove = ({ id }: Volume): WireResponse => {
    if (options.placeOf(id) !== undefined) {
      return badRequest(`Invalid volume: Volume ${id} is still attached, detach volume first.`)
    }
    volumes.delete(id)
    return Reply.empty(202)
  }

  return {
    has: (id) => volumes.has(id),
    isAvailable: (id, now) => {
      const volume = volumes.get(id)
      return volume !== undefined && now >= volume.availableAt && options.placeOf(id) === undefined
    },
    remove: (id) => void volumes.delete(id),
    routes: [
      within("/os-volumes", (request) => demandMicroversion(request, 1, 35))({
        "GET /os-volumes": list,
        "GET /os-volumes/detail": list,
        "POST /os-volumes": (_, request) => create(request)
      }),
      within("/os-volumes/{id}", (request, { id }) => {
        demandMicroversion(request, 1, 35)
        return volumes.get(id) ?? notFound(`Volume ${id} could not be found.`)
      })({
        "GET /os-volumes/{id}": (volume, request) => Reply.json(200, { volume: toJson(volume, request) }),
        "DELETE /os-volumes/{id}": remove
      })
    ]
  }
}
