/**
 * Volumes of Block Storage, by way of Cloud Servers: models and operations.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import {
  absent,
  absentIfEmpty,
  enveloped,
  Id,
  JsonMap,
  listOf,
  Named,
  open,
  someCount,
  someFlag,
  TimestampIfAny
} from "../../internal/schema/wire.js"
import { type Context, methods } from "./context.js"
import { countedListing } from "./countedListing.js"

const Fields = Schema.Struct({
  id: Id,
  name: absentIfEmpty.pipe(Schema.fromKey("displayName")),
  description: absentIfEmpty.pipe(Schema.fromKey("displayDescription")),
  /** `UNKNOWN` where the cloud does not return it. */
  status: Schema.optionalWith(
    open("available", "attaching", "creating", "deleting", "detaching", "error", "error_deleting", "in-use"),
    { nullable: true, default: () => "UNKNOWN" }
  ),
  gigabytes: someCount.pipe(Schema.fromKey("size")),
  volumeType: absentIfEmpty.pipe(Schema.fromKey("volumeType")),
  availabilityZone: absentIfEmpty.pipe(Schema.fromKey("availabilityZone")),
  snapshotId: absentIfEmpty.pipe(Schema.fromKey("snapshotId")),
  /** The volume that it is a copy of. Only Rackspace returns it. */
  sourceVolumeId: absentIfEmpty.pipe(Schema.fromKey("source_volid")),
  /** The image that it was made from. Only Rackspace returns it. */
  imageId: absentIfEmpty.pipe(Schema.fromKey("image_id")),
  /** Only Rackspace returns it. */
  bootable: someFlag,
  /** Only Rackspace returns it. */
  encrypted: someFlag,
  metadata: Schema.optionalWith(JsonMap, { nullable: true, default: () => ({}) }),
  created: TimestampIfAny.pipe(Schema.fromKey("createdAt")),
  /** The servers that have it. Empty fields where the cloud returns nothing about them. */
  attachments: listOf(Schema.Struct({ serverId: absent(Id), device: absentIfEmpty }))
})

/**
 * A volume.
 *
 * @since 0.1.0
 * @category models
 */
export interface Volume extends Schema.Schema.Type<typeof Fields> {}

/** The names of Rackspace, and those of Nova. */
const spellings = {
  displayName: "display_name",
  displayDescription: "display_description",
  volumeType: "volume_type",
  availabilityZone: "availability_zone",
  snapshotId: "snapshot_id",
  createdAt: "created_at"
} as const

/**
 * A volume.
 *
 * @since 0.1.0
 * @category models
 */
export const Volume = Schema.transform(Schema.Record({ key: Schema.String, value: Schema.Unknown }), Fields, {
  strict: false,
  decode: (wire) => ({
    ...wire,
    ...Object.fromEntries(Object.entries(spellings).map(([nova, rackspace]) => [nova, wire[nova] ?? wire[rackspace]])),
    // A volume that is on no server has one empty attachment at Nova.
    attachments: Array.isArray(wire["attachments"])
      ? wire["attachments"].filter((one) => typeof one !== "object" || one === null || Object.keys(one).length > 0)
      : wire["attachments"]
  }),
  encode: (volume) => volume
}) as unknown as Schema.Schema<Volume, unknown>

/**
 * The operations on volumes by way of Cloud Servers, as data. OpenStack has them up to microversion 2.35; after that they are
 * Cinder's alone.
 *
 * @since 0.1.0
 * @category operations
 */
export const volumeEndpoints = Endpoint.table("CloudServers", {
  /** Volumes, whole, a page of them. "List volumes with details", `GET /os-volumes/detail`. */
  listVolumesPage: Endpoint.make("GET", "/os-volumes/detail", {
    query: {
      limit: Schema.optional(Schema.NonNegativeInt),
      /** How many volumes to leave out at the start. */
      offset: Schema.optional(Schema.NonNegativeInt)
    },
    success: Endpoint.list("volumes", Volume)
  }),
  /** One volume. Fails with `NotFound`. "Show volume details", `GET /os-volumes/{volume_id}`. */
  getVolume: Endpoint.make("GET", "/os-volumes/{volumeId}", {
    parameters: { volumeId: Named },
    success: Endpoint.json(enveloped("volume", Volume)),
    errors: ["NotFound"]
  }),
  /**
   * Makes a volume. The work goes on after the response: its status is `available` when it is done. Fails with `QuotaExceeded`,
   * and with `NotFound` where the snapshot does not exist. "Create volume", `POST /os-volumes`.
   */
  createVolume: Endpoint.make("POST", "/os-volumes", {
    body: enveloped(
      "volume",
      Schema.Struct({
        gigabytes: Schema.propertySignature(Schema.Int.pipe(Schema.positive())).pipe(Schema.fromKey("size")),
        name: Schema.optional(Schema.String).pipe(Schema.fromKey("display_name")),
        description: Schema.optional(Schema.String).pipe(Schema.fromKey("display_description")),
        /** Rackspace has `SATA` and `SSD`. */
        volumeType: Schema.optional(Named).pipe(Schema.fromKey("volume_type")),
        availabilityZone: Schema.optional(Named).pipe(Schema.fromKey("availability_zone")),
        snapshotId: Schema.optional(Named).pipe(Schema.fromKey("snapshot_id")),
        metadata: Schema.optional(Schema.Record({ key: Named, value: Schema.String }))
      })
    ),
    success: Endpoint.json(enveloped("volume", Volume)),
    errors: ["NotFound", "QuotaExceeded"]
  }),
  /**
   * Deletes a volume that is on no server. The work goes on after the response. Fails with `NotFound`. "Delete volume", `DELETE
   * /os-volumes/{volume_id}`.
   */
  deleteVolume: Endpoint.make("DELETE", "/os-volumes/{volumeId}", {
    parameters: { volumeId: Named },
    errors: ["NotFound", "Conflict"]
  })
})

/** The methods for volumes. */
export const makeVolumes = (context: Context) => {
  const pages = methods(context, { listVolumesPage: Endpoint.listItems(volumeEndpoints.listVolumesPage) })
  return {
    ...methods(context, volumeEndpoints),
    listVolumes: countedListing("listVolumes", pages.listVolumesPage)
  }
}
