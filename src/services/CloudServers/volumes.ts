/** Volumes of Block Storage through Cloud Servers: models and operations. */
import type * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { lazyStruct, struct } from "../../internal/schema/struct.js"
import {
  nullableOptional,
  absentIfEmpty,
  enveloped,
  Id,
  JsonMap,
  listOf,
  Named,
  openEnum,
  someCount,
  someFlag,
  TimestampIfAny,
  prepared
} from "../../internal/schema/wire.js"
import { type Context, methods } from "./context.js"
import { countedListing } from "./countedListing.js"
import type { ByVolumeId } from "./references.js"

/** The attachment of a volume to a server. */
export interface VolumeUse {
  readonly serverId?: string | undefined
  /** `/dev/xvdb`. */
  readonly device?: string | undefined
}

export const VolumeUse = struct<VolumeUse>(() => ({ serverId: nullableOptional(Id), device: absentIfEmpty }))

/** A volume. */
export interface Volume {
  readonly id: string
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** `UNKNOWN` if the cloud does not return it. */
  readonly status:
    | "available"
    | "attaching"
    | "creating"
    | "deleting"
    | "detaching"
    | "error"
    | "error_deleting"
    | "in-use"
    | (string & {})
  readonly gigabytes?: number | undefined
  readonly volumeType?: string | undefined
  readonly availabilityZone?: string | undefined
  readonly snapshotId?: string | undefined
  /** The volume that it is a copy of. Returned only by Rackspace. */
  readonly sourceVolumeId?: string | undefined
  /** The image that it was created from. Returned only by Rackspace. */
  readonly imageId?: string | undefined
  /** Returned only by Rackspace. */
  readonly bootable?: boolean | undefined
  /** Returned only by Rackspace. */
  readonly encrypted?: boolean | undefined
  readonly metadata: Readonly<Record<string, unknown>>
  readonly created?: DateTime.Utc | undefined
  /** The servers that it is attached to. Fields that the cloud does not return are absent. */
  readonly attachments: ReadonlyArray<VolumeUse>
}

const Fields = struct<Volume>(() => ({
  id: Id,
  name: absentIfEmpty.pipe(Schema.fromKey("displayName")),
  description: absentIfEmpty.pipe(Schema.fromKey("displayDescription")),
  status: Schema.optionalWith(
    openEnum("available", "attaching", "creating", "deleting", "detaching", "error", "error_deleting", "in-use"),
    { nullable: true, default: () => "UNKNOWN" }
  ),
  gigabytes: someCount.pipe(Schema.fromKey("size")),
  volumeType: absentIfEmpty.pipe(Schema.fromKey("volumeType")),
  availabilityZone: absentIfEmpty.pipe(Schema.fromKey("availabilityZone")),
  snapshotId: absentIfEmpty.pipe(Schema.fromKey("snapshotId")),
  sourceVolumeId: absentIfEmpty.pipe(Schema.fromKey("source_volid")),
  imageId: absentIfEmpty.pipe(Schema.fromKey("image_id")),
  bootable: someFlag,
  encrypted: someFlag,
  metadata: Schema.optionalWith(JsonMap, { nullable: true, default: () => ({}) }),
  created: TimestampIfAny.pipe(Schema.fromKey("createdAt")),
  attachments: listOf(VolumeUse)
}))

/** The field names of Rackspace and of Nova. */
const spellings = {
  displayName: "display_name",
  displayDescription: "display_description",
  volumeType: "volume_type",
  availabilityZone: "availability_zone",
  snapshotId: "snapshot_id",
  createdAt: "created_at"
} as const

export const Volume = prepared(Fields, (wire) => ({
  ...wire,
  ...Object.fromEntries(Object.entries(spellings).map(([nova, rackspace]) => [nova, wire[nova] ?? wire[rackspace]])),
  // Nova returns one empty attachment for a volume that is not attached.
  attachments: Array.isArray(wire["attachments"])
    ? wire["attachments"].filter((one) => typeof one !== "object" || one === null || Object.keys(one).length > 0)
    : wire["attachments"]
}))

/** A page of volumes. */
export interface ListVolumesPage {
  /** The maximum number of volumes in the page. */
  readonly limit?: number | undefined
  /** How many volumes to skip. */
  readonly offset?: number | undefined
}

/** A volume to create. */
export interface CreateVolume {
  /** The size of the volume. */
  readonly gigabytes: number
  /** The name of the volume. */
  readonly name?: string | undefined
  /** What it is for. */
  readonly description?: string | undefined
  /** Rackspace has `SATA` and `SSD`. */
  readonly volumeType?: string | undefined
  /** The zone to create it in. */
  readonly availabilityZone?: string | undefined
  /** The snapshot to create it from. */
  readonly snapshotId?: string | undefined
  /** Custom keys and values. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

/** The operations on volumes, as data. OpenStack has them up to microversion 2.35; later only in Cinder. */
export const volumeEndpoints = Endpoint.table("CloudServers", {
  /** A page of volumes. "List volumes with details", `GET /os-volumes/detail`. */
  listVolumesPage: Endpoint.define<ListVolumesPage>()("GET", "/os-volumes/detail", {
    query: () => ({
      limit: Schema.optional(Schema.NonNegativeInt),
      offset: Schema.optional(Schema.NonNegativeInt)
    }),
    success: Endpoint.list("volumes", Volume)
  }),
  /** A volume. Fails with `NotFound`. "Show volume details", `GET /os-volumes/{volume_id}`. */
  getVolume: Endpoint.define<ByVolumeId>()("GET", "/os-volumes/{volumeId}", {
    success: Endpoint.json(enveloped("volume", Volume)),
    errors: ["NotFound"]
  }),
  /**
   * Creates a volume. Returns before it is done: the status is then `available`. Fails with `QuotaExceeded`, and with
   * `NotFound` if the snapshot does not exist. "Create volume", `POST /os-volumes`.
   */
  createVolume: Endpoint.define<CreateVolume>()("POST", "/os-volumes", {
    body: enveloped(
      "volume",
      lazyStruct(() => ({
        gigabytes: Schema.propertySignature(Schema.Int.pipe(Schema.positive())).pipe(Schema.fromKey("size")),
        name: Schema.optional(Schema.String).pipe(Schema.fromKey("display_name")),
        description: Schema.optional(Schema.String).pipe(Schema.fromKey("display_description")),
        volumeType: Schema.optional(Named).pipe(Schema.fromKey("volume_type")),
        availabilityZone: Schema.optional(Named).pipe(Schema.fromKey("availability_zone")),
        snapshotId: Schema.optional(Named).pipe(Schema.fromKey("snapshot_id")),
        metadata: Schema.optional(Schema.Record({ key: Named, value: Schema.String }))
      }))
    ),
    success: Endpoint.json(enveloped("volume", Volume)),
    errors: ["NotFound", "QuotaExceeded"]
  }),
  /**
   * Deletes a volume that is not attached. Returns before it is done. Fails with `NotFound`. "Delete volume", `DELETE
   * /os-volumes/{volume_id}`.
   */
  deleteVolume: Endpoint.define<ByVolumeId>()("DELETE", "/os-volumes/{volumeId}", { errors: ["NotFound", "Conflict"] })
})

/** The methods for volumes. */
export const makeVolumes = (context: Context) => {
  const pages = methods(context, { listVolumesPage: Endpoint.listItems(volumeEndpoints.listVolumesPage) })
  return {
    ...methods(context, volumeEndpoints),
    listVolumes: countedListing("listVolumes", pages.listVolumesPage)
  }
}
