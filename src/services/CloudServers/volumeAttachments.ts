/** Volumes attached to servers: models and operations. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { lazyStruct, struct } from "../../internal/schema/struct.js"
import {
  nullableOptional,
  absentIfEmpty,
  enveloped,
  Id,
  Named,
  someFlag,
  prepared,
  sentAs
} from "../../internal/schema/wire.js"
import type { ByAttachmentId, ByServerId } from "./references.js"
import { Tag } from "./serverTags.js"

/** A volume attached to a server. */
export interface VolumeAttachment {
  /** Equal to the volume's id. */
  readonly id: string
  readonly serverId?: string | undefined
  readonly volumeId: string
  /** `/dev/xvdb`; absent if the cloud does not return it. */
  readonly device?: string | undefined
  /** Identifies the disk in the metadata that the server can read. Since Nova's microversion 2.70. */
  readonly tag?: string | undefined
  /** Whether the volume is deleted with the server. Since Nova's microversion 2.79. */
  readonly deleteOnTermination?: boolean | undefined
  /** The attachment's id in Cinder. Since Nova's microversion 2.89. */
  readonly cinderAttachmentId?: string | undefined
  /** The id of Nova's own record of the disk. Since Nova's microversion 2.89. */
  readonly blockDeviceId?: string | undefined
}

const Fields = struct<VolumeAttachment>(() => ({
  id: Id,
  serverId: nullableOptional(Id),
  volumeId: Id,
  device: absentIfEmpty,
  tag: absentIfEmpty,
  deleteOnTermination: someFlag.pipe(Schema.fromKey("delete_on_termination")),
  cinderAttachmentId: absentIfEmpty.pipe(Schema.fromKey("attachment_id")),
  blockDeviceId: absentIfEmpty.pipe(Schema.fromKey("bdm_uuid"))
}))

export const VolumeAttachment = prepared(
  Fields,
  // Since microversion 2.89 Nova no longer returns both ids.
  (wire) => ({ ...wire, id: wire["id"] ?? wire["volumeId"], volumeId: wire["volumeId"] ?? wire["id"] })
)

/** The cloud requires the volume's id in the body too. */
const UpdateBody = sentAs(
  lazyStruct(() => ({
    attachmentId: Named,
    volumeId: Schema.optional(Named),
    deleteOnTermination: Schema.optional(Schema.Boolean)
  })),
  ({ attachmentId, deleteOnTermination, volumeId = attachmentId }) => ({
    volumeAttachment: {
      volumeId,
      ...(deleteOnTermination !== undefined && { delete_on_termination: deleteOnTermination })
    }
  })
)

/** A volume to attach to a server. */
export interface AttachVolume extends ByServerId {
  /** The volume to attach. */
  readonly volumeId: string
  /** `/dev/vdb`. Default: the cloud chooses. */
  readonly device?: string | undefined
  /** Identifies the disk in the metadata that the server can read. Needs microversion 2.49. */
  readonly tag?: string | undefined
  /** Whether the volume is deleted with the server. Needs microversion 2.79. */
  readonly deleteOnTermination?: boolean | undefined
}

/** Changes to the attachment of a volume. */
export interface UpdateVolumeAttachment extends ByAttachmentId {
  /** The volume to replace it with; only for operators of the cloud. Default: the same volume. */
  readonly volumeId?: string | undefined
  /** Whether the volume is deleted with the server. Needs microversion 2.85. */
  readonly deleteOnTermination?: boolean | undefined
}

const path = "/servers/{serverId}/os-volume_attachments"

/** The operations on volumes of servers, as data. */
export const volumeAttachmentEndpoints = Endpoint.table("CloudServers", {
  /**
   * The volumes of a server. Fails with `NotFound`. "List volume attachments", `GET
   * /servers/{server_id}/os-volume_attachments`.
   */
  listVolumeAttachments: Endpoint.define<ByServerId>()("GET", path, {
    success: Endpoint.list("volumeAttachments", VolumeAttachment),
    errors: ["NotFound"]
  }),
  /**
   * Attaches a volume to a server; by default the cloud chooses the device. Returns before it is done: the volume is
   * then `in-use`. Fails with `NotFound`, and with `Conflict` if their states do not allow it. "Attach volume to
   * server", `POST /servers/{server_id}/os-volume_attachments`.
   */
  attachVolume: Endpoint.define<AttachVolume>()("POST", path, {
    body: enveloped(
      "volumeAttachment",
      lazyStruct(() => ({
        volumeId: Named,
        device: Schema.optional(Named),
        tag: Schema.optional(Tag),
        deleteOnTermination: Schema.optional(Schema.Boolean).pipe(Schema.fromKey("delete_on_termination"))
      }))
    ),
    success: Endpoint.json(enveloped("volumeAttachment", VolumeAttachment)),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * A volume attached to a server. Fails with `NotFound`. "Show volume attachment details", `GET
   * /servers/{server_id}/os-volume_attachments/{attachment_id}`.
   */
  getVolumeAttachment: Endpoint.define<ByAttachmentId>()("GET", `${path}/{attachmentId}`, {
    success: Endpoint.json(enveloped("volumeAttachment", VolumeAttachment)),
    errors: ["NotFound"]
  }),
  /**
   * Changes whether a volume is deleted with its server; operators of the cloud can also replace the volume. OpenStack
   * only. Fails with `NotFound`, and with `Conflict` if their states do not allow it. "Update a volume attachment",
   * `PUT /servers/{server_id}/os-volume_attachments/{volume_id}`.
   */
  updateVolumeAttachment: Endpoint.define<UpdateVolumeAttachment>()("PUT", `${path}/{attachmentId}`, {
    body: UpdateBody,
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Detaches a volume from a server, which must not have it mounted. Returns before it is done: the volume is then
   * `available`. Fails with `NotFound`, and with `Conflict` if their states do not allow it. "Delete volume
   * attachment", `DELETE /servers/{server_id}/os-volume_attachments/{attachment_id}`.
   */
  detachVolume: Endpoint.define<ByAttachmentId>()("DELETE", `${path}/{attachmentId}`, {
    errors: ["NotFound", "Conflict"]
  })
})
