/**
 * `/servers/{id}/os-volume_attachments` (servers.md section 2.5). At Rackspace any volume id is taken: the volumes themselves are
 * another service's. With microversions the volume must be one of `os-volumes`.
 */
import { randomUUID } from "node:crypto"
import type { WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Reply from "../Reply.js"
import * as Fields from "../Fields.js"
import * as NovaRequest from "./novaRequest.js"
import * as ServerRecord from "./serverRecord.js"
import * as ServerTags from "./serverTags.js"
import type { Volumes } from "./volumes.js"

const toJson = (
  attached: ServerRecord.AttachedVolume,
  server: ServerRecord.ServerRecord,
  request: NovaRequest.NovaRequest
): Readonly<Record<string, unknown>> => ({
  // The ids of attachments in Cinder and of Nova's own records take the place of the repeated volume's id.
  ...(NovaRequest.speaks(request, 89)
    ? { attachment_id: attached.attachmentId, bdm_uuid: attached.blockDeviceId }
    : { id: attached.volumeId }),
  device: attached.device,
  serverId: server.id,
  volumeId: attached.volumeId,
  ...(NovaRequest.speaks(request, 70) ? { tag: attached.tag ?? null } : {}),
  ...(NovaRequest.speaks(request, 79) ? { delete_on_termination: attached.deleteOnTermination } : {})
})

const readFlag = (value: unknown): boolean =>
  value === undefined || typeof value === "boolean"
    ? value === true
    : NovaRequest.invalid("delete_on_termination", `${Fields.textOf(value)} is not of type 'boolean'`)

const readAttachment = (request: NovaRequest.NovaRequest): Fields.JsonObject => {
  const sent = request.body?.["volumeAttachment"]
  return Fields.isObject(sent) ? sent : NovaRequest.badRequest("Invalid volumeAttachment")
}

const attach = (
  server: ServerRecord.ServerRecord,
  request: NovaRequest.NovaRequest,
  volumes: Volumes
): WireResponse => {
  const sent = readAttachment(request)
  const { device, volumeId } = sent
  if (request.microversion !== undefined) {
    NovaRequest.refuseOthers("volumeAttachment", sent, [
      "volumeId",
      "device",
      ...(NovaRequest.speaks(request, 49) ? ["tag"] : []),
      ...(NovaRequest.speaks(request, 79) ? ["delete_on_termination"] : [])
    ])
  }
  const tag = sent["tag"] === undefined ? undefined : ServerTags.readTag(sent["tag"])
  const deleteOnTermination = readFlag(sent["delete_on_termination"])
  if (typeof volumeId !== "string" || volumeId === "") {
    return NovaRequest.badRequest("Invalid volumeId")
  }
  if (server.volumes.has(volumeId)) {
    return NovaRequest.badRequest(`Volume ${volumeId} is already attached.`)
  }
  if (request.microversion !== undefined) {
    demandVolume(server, volumeId, request, volumes)
  }
  const attached: ServerRecord.AttachedVolume = {
    volumeId,
    device: typeof device === "string" ? device : `/dev/xvd${String.fromCharCode(98 + server.volumes.size)}`,
    tag,
    deleteOnTermination,
    attachmentId: randomUUID(),
    blockDeviceId: randomUUID()
  }
  server.volumes.set(volumeId, attached)
  return Reply.json(request.microversion === undefined ? 202 : 200, {
    volumeAttachment: toJson(attached, server, request)
  })
}

/** Refuses a volume that there is not, or that is not free, and a server whose state does not allow it. */
const demandVolume = (
  server: ServerRecord.ServerRecord,
  volumeId: string,
  request: NovaRequest.NovaRequest,
  volumes: Volumes
): void => {
  if (!volumes.has(volumeId)) {
    NovaRequest.notFound(`Volume ${volumeId} could not be found.`)
  }
  if (!volumes.isAvailable(volumeId, request.now)) {
    NovaRequest.badRequest(`Invalid volume: volume ${volumeId} status must be 'available'.`)
  }
  if (!["ACTIVE", "SHUTOFF", "PAUSED", "SUSPENDED", "VERIFY_RESIZE"].includes(server.status)) {
    Refusal.fault(
      409,
      "conflictingRequest",
      `Cannot 'attach_volume' instance ${server.id} while it is in vm_state ${ServerRecord.vmStateOf(server)}`
    )
  }
}

/** "Update a volume attachment": another volume, for administrators; since 2.85 also what becomes of this one. */
const update = (
  server: ServerRecord.ServerRecord,
  attached: ServerRecord.AttachedVolume,
  request: NovaRequest.NovaRequest,
  volumes: Volumes
): WireResponse => {
  NovaRequest.demandMicroversion(request, 1)
  const sent = readAttachment(request)
  const newer = NovaRequest.speaks(request, 85)
  const others = newer ? ["id", "serverId", "device", "tag", "delete_on_termination"] : []
  NovaRequest.refuseOthers("volumeAttachment", sent, ["volumeId", ...others])
  const { volumeId } = sent
  if (typeof volumeId !== "string" || volumeId === "") {
    return NovaRequest.badRequest("Invalid volumeId")
  }
  const deleteOnTermination =
    sent["delete_on_termination"] === undefined ? attached.deleteOnTermination : readFlag(sent["delete_on_termination"])
  if (!newer || volumeId !== attached.volumeId) {
    NovaRequest.demandAdministrator(request, "os_compute_api:os-volumes-attachments:swap")
    demandVolume(server, volumeId, request, volumes)
  }
  server.volumes.delete(attached.volumeId)
  server.volumes.set(volumeId, { ...attached, volumeId, deleteOnTermination })
  return Reply.empty(202)
}

/** Serves the sub-resource of one server. */
export const serve = (
  server: ServerRecord.ServerRecord,
  id: string | undefined,
  request: NovaRequest.NovaRequest,
  volumes: Volumes
): WireResponse => {
  if (request.method === "POST") {
    return attach(server, request, volumes)
  }
  if (id === undefined) {
    return request.method === "GET"
      ? Reply.json(200, {
          volumeAttachments: [...server.volumes.values()].map((attached) => toJson(attached, server, request))
        })
      : NovaRequest.badMethod()
  }
  const attached = server.volumes.get(id)
  if (attached === undefined) {
    return NovaRequest.notFound("Instance or volume could not be found.")
  }
  switch (request.method) {
    case "GET":
      return Reply.json(200, { volumeAttachment: toJson(attached, server, request) })
    case "PUT":
      return update(server, attached, request, volumes)
    case "DELETE":
      server.volumes.delete(id)
      return Reply.empty(202)
    default:
      return NovaRequest.badMethod()
  }
}
