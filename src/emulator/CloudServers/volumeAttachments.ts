/**
 * `/servers/{id}/os-volume_attachments`. Rackspace accepts any volume id, because the volumes belong to another
 * service. With microversions the volume must be one of `os-volumes`.
 */
import { randomUUID } from "node:crypto"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Fields from "../Fields.js"
import type { NovaRequest } from "./requests.js"
import {
  badRequest,
  conflict,
  demandAdministrator,
  demandMicroversion,
  invalid,
  notFound,
  refuseOthers,
  speaks
} from "./requests.js"
import * as ServerRecord from "./serverRecord.js"
import * as ServerTags from "./serverTags.js"
import type { Volumes } from "./volumes.js"
import type { Region } from "./region.js"
import { ofServer } from "./region.js"

const toJson = (
  attached: ServerRecord.AttachedVolume,
  server: ServerRecord.ServerRecord,
  request: NovaRequest
): Readonly<Record<string, unknown>> => ({
  // The ids of Cinder's attachment and Nova's own record replace the repeated volume id.
  ...(speaks(request, 89)
    ? { attachment_id: attached.attachmentId, bdm_uuid: attached.blockDeviceId }
    : { id: attached.volumeId }),
  device: attached.device,
  serverId: server.id,
  volumeId: attached.volumeId,
  ...(speaks(request, 70) ? { tag: attached.tag ?? null } : {}),
  ...(speaks(request, 79) ? { delete_on_termination: attached.deleteOnTermination } : {})
})

const readFlag = (value: unknown): boolean =>
  value === undefined || typeof value === "boolean"
    ? value === true
    : invalid("delete_on_termination", `${Fields.textOf(value)} is not of type 'boolean'`)

const readAttachment = (request: NovaRequest): Fields.JsonObject => {
  const sent = request.body?.["volumeAttachment"]
  return Fields.isObject(sent) ? sent : badRequest("Invalid volumeAttachment")
}

const attach = (server: ServerRecord.ServerRecord, request: NovaRequest, volumes: Volumes): WireResponse => {
  const sent = readAttachment(request)
  const { device, volumeId } = sent
  if (request.microversion !== undefined) {
    refuseOthers("volumeAttachment", sent, [
      "volumeId",
      "device",
      ...(speaks(request, 49) ? ["tag"] : []),
      ...(speaks(request, 79) ? ["delete_on_termination"] : [])
    ])
  }
  const tag = sent["tag"] === undefined ? undefined : ServerTags.readTag(sent["tag"])
  const deleteOnTermination = readFlag(sent["delete_on_termination"])
  if (typeof volumeId !== "string" || volumeId === "") {
    return badRequest("Invalid volumeId")
  }
  if (server.volumes.has(volumeId)) {
    return badRequest(`Volume ${volumeId} is already attached.`)
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

/** Refuses a volume that is unknown or not available, and a server whose state does not allow attaching. */
const demandVolume = (
  server: ServerRecord.ServerRecord,
  volumeId: string,
  request: NovaRequest,
  volumes: Volumes
): void => {
  if (!volumes.has(volumeId)) {
    notFound(`Volume ${volumeId} could not be found.`)
  }
  if (!volumes.isAvailable(volumeId, request.now)) {
    badRequest(`Invalid volume: volume ${volumeId} status must be 'available'.`)
  }
  if (!["ACTIVE", "SHUTOFF", "PAUSED", "SUSPENDED", "VERIFY_RESIZE"].includes(server.status)) {
    conflict(`Cannot 'attach_volume' instance ${server.id} while it is in vm_state ${ServerRecord.vmStateOf(server)}`)
  }
}

/** Replaces the volume, for administrators; since 2.85 also changes `delete_on_termination`. */
const update = (
  server: ServerRecord.ServerRecord,
  attached: ServerRecord.AttachedVolume,
  request: NovaRequest,
  volumes: Volumes
): WireResponse => {
  demandMicroversion(request, 1)
  const sent = readAttachment(request)
  const newer = speaks(request, 85)
  const others = newer ? ["id", "serverId", "device", "tag", "delete_on_termination"] : []
  refuseOthers("volumeAttachment", sent, ["volumeId", ...others])
  const { volumeId } = sent
  if (typeof volumeId !== "string" || volumeId === "") {
    return badRequest("Invalid volumeId")
  }
  const deleteOnTermination =
    sent["delete_on_termination"] === undefined ? attached.deleteOnTermination : readFlag(sent["delete_on_termination"])
  if (!newer || volumeId !== attached.volumeId) {
    demandAdministrator(request, "os_compute_api:os-volumes-attachments:swap")
    demandVolume(server, volumeId, request, volumes)
  }
  server.volumes.delete(attached.volumeId)
  server.volumes.set(volumeId, { ...attached, volumeId, deleteOnTermination })
  return Reply.empty(202)
}

const find = ({ volumes }: ServerRecord.ServerRecord, volumeId: string): ServerRecord.AttachedVolume =>
  volumes.get(volumeId) ?? notFound("Instance or volume could not be found.")

export const routes = (region: Region) =>
  ofServer(region)({
    "GET /servers/{id}/os-volume_attachments": (server, request) =>
      Reply.json(200, {
        volumeAttachments: [...server.volumes.values()].map((attached) => toJson(attached, server, request))
      }),
    "POST /servers/{id}/os-volume_attachments": (server, request) => attach(server, request, region.volumes),
    "GET /servers/{id}/os-volume_attachments/{volume}": (server, request, { volume }) =>
      Reply.json(200, { volumeAttachment: toJson(find(server, volume), server, request) }),
    "PUT /servers/{id}/os-volume_attachments/{volume}": (server, request, { volume }) =>
      update(server, find(server, volume), request, region.volumes),
    "DELETE /servers/{id}/os-volume_attachments/{volume}": (server, _, { volume }) => {
      server.volumes.delete(find(server, volume).volumeId)
      return Reply.empty(202)
    }
  })
