/**
 * Volumes on servers: models and operations.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { absent, absentIfEmpty, enveloped, Id, Named, someFlag } from "../../internal/schema/wire.js"
import { Tag } from "./serverTags.js"

const Fields = Schema.Struct({
  /** The same as the volume's. */
  id: Id,
  serverId: absent(Id),
  volumeId: Id,
  /** `/dev/xvdb`; absent where the cloud does not return it. */
  device: absentIfEmpty,
  /** By which the server's own metadata name the disk. Only from Nova's microversion 2.70 on. */
  tag: absentIfEmpty,
  /** Whether the volume is deleted with the server. Only from Nova's microversion 2.79 on. */
  deleteOnTermination: someFlag.pipe(Schema.fromKey("delete_on_termination")),
  /** The attachment's id in Cinder. Only from Nova's microversion 2.89 on. */
  cinderAttachmentId: absentIfEmpty.pipe(Schema.fromKey("attachment_id")),
  /** The id of Nova's own record of the disk. Only from Nova's microversion 2.89 on. */
  blockDeviceId: absentIfEmpty.pipe(Schema.fromKey("bdm_uuid"))
})

/**
 * A volume on a server.
 *
 * @since 0.1.0
 * @category models
 */
export interface VolumeAttachment extends Schema.Schema.Type<typeof Fields> {}

/**
 * A volume on a server.
 *
 * @since 0.1.0
 * @category models
 */
export const VolumeAttachment = Schema.transform(Schema.Record({ key: Schema.String, value: Schema.Unknown }), Fields, {
  strict: false,
  // From microversion 2.89 on Nova no longer repeats the volume's id.
  decode: (wire) => ({ ...wire, id: wire["id"] ?? wire["volumeId"], volumeId: wire["volumeId"] ?? wire["id"] }),
  encode: (attachment) => attachment
}) as unknown as Schema.Schema<VolumeAttachment, unknown>

/** The cloud wants the volume's id in the body too. */
const UpdateBody = Schema.transform(
  Schema.Unknown,
  Schema.Struct({
    attachmentId: Named,
    volumeId: Schema.optional(Named),
    deleteOnTermination: Schema.optional(Schema.Boolean)
  }),
  {
    strict: false,
    decode: (wire) => wire,
    encode: ({ attachmentId, deleteOnTermination, volumeId = attachmentId }) => ({
      volumeAttachment: {
        volumeId,
        ...(deleteOnTermination !== undefined && { delete_on_termination: deleteOnTermination })
      }
    })
  }
) as unknown as Schema.Schema<
  {
    /** Which one: the id of the volume that is attached. */
    readonly attachmentId: string
    /** The volume to put in its place; only for operators of the cloud. Default: the same volume. */
    readonly volumeId?: string | undefined
    /** Whether the volume is deleted with the server. Needs microversion 2.85. */
    readonly deleteOnTermination?: boolean | undefined
  },
  unknown
>

/**
 * The operations on volumes of servers, as data.
 *
 * @since 0.1.0
 * @category operations
 */
export const volumeAttachmentEndpoints = Endpoint.table("CloudServers", {
  /**
   * The volumes on a server. Fails with `NotFound`. "List volume attachments", `GET /servers/{server_id}/os-
   * volume_attachments`.
   */
  listVolumeAttachments: Endpoint.make("GET", "/servers/{serverId}/os-volume_attachments", {
    parameters: { serverId: Named },
    success: Endpoint.list("volumeAttachments", VolumeAttachment),
    errors: ["NotFound"]
  }),
  /**
   * Attaches a volume to a server; the cloud chooses the device where none is named. The work goes on after the response: the
   * volume is `in-use` when it is done. Fails with `NotFound`, and with `Conflict` where their states do not allow it. "Attach
   * volume to server", `POST /servers/{server_id}/os-volume_attachments`.
   */
  attachVolume: Endpoint.make("POST", "/servers/{serverId}/os-volume_attachments", {
    parameters: { serverId: Named },
    body: enveloped(
      "volumeAttachment",
      Schema.Struct({
        volumeId: Named,
        device: Schema.optional(Named),
        /** By which the server's own metadata name the disk. Needs microversion 2.49. */
        tag: Schema.optional(Tag),
        /** Whether the volume is deleted with the server. Needs microversion 2.79. */
        deleteOnTermination: Schema.optional(Schema.Boolean).pipe(Schema.fromKey("delete_on_termination"))
      })
    ),
    success: Endpoint.json(enveloped("volumeAttachment", VolumeAttachment)),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * One volume on a server. Fails with `NotFound`. "Show volume attachment details", `GET /servers/{server_id}/os-
   * volume_attachments/{attachment_id}`.
   */
  getVolumeAttachment: Endpoint.make("GET", "/servers/{serverId}/os-volume_attachments/{attachmentId}", {
    parameters: { serverId: Named, attachmentId: Named },
    success: Endpoint.json(enveloped("volumeAttachment", VolumeAttachment)),
    errors: ["NotFound"]
  }),
  /**
   * Changes whether a volume is deleted with its server; operators of the cloud may also put another volume in its place.
   * OpenStack has it; Rackspace does not. Fails with `NotFound`, and with `Conflict` where their states do not allow it. "Update
   * a volume attachment", `PUT /servers/{server_id}/os-volume_attachments/{volume_id}`.
   */
  updateVolumeAttachment: Endpoint.make("PUT", "/servers/{serverId}/os-volume_attachments/{attachmentId}", {
    parameters: { serverId: Named, attachmentId: Named },
    body: UpdateBody,
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Detaches a volume from a server, which must not have it mounted. The work goes on after the response: the volume is
   * `available` when it is done. Fails with `NotFound`, and with `Conflict` where their states do not allow it. "Delete volume
   * attachment", `DELETE /servers/{server_id}/os-volume_attachments/{attachment_id}`.
   */
  detachVolume: Endpoint.make("DELETE", "/servers/{serverId}/os-volume_attachments/{attachmentId}", {
    parameters: { serverId: Named, attachmentId: Named },
    errors: ["NotFound", "Conflict"]
  })
})
