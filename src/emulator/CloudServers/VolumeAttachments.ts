/**
 * `/servers/{id}/os-volume_attachments` (servers.md section 2.5). Any volume id is taken: the volumes themselves are
 * another service's.
 *
 * @since 0.1.0
 */
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as RequestBody from "../RequestBody.js"
import * as NovaRequest from "./NovaRequest.js"
import type * as ServerRecord from "./ServerRecord.js"

/**
 * Serves the sub-resource of one server.
 *
 * @since 0.1.0
 * @category handlers
 */
export const serve = (
  server: ServerRecord.ServerRecord,
  id: string | undefined,
  request: NovaRequest.NovaRequest
): WireResponse => {
  const shown = (volume: { readonly volumeId: string; readonly device: string }) => ({
    id: volume.volumeId,
    device: volume.device,
    serverId: server.id,
    volumeId: volume.volumeId
  })
  if (request.method === "POST") {
    const sent = request.body?.["volumeAttachment"]
    const volumeId = RequestBody.isObject(sent) ? sent["volumeId"] : undefined
    const device = RequestBody.isObject(sent) ? sent["device"] : undefined
    if (typeof volumeId !== "string" || volumeId === "") {
      return NovaRequest.badRequest("Invalid volumeId")
    }
    if (server.volumes.has(volumeId)) {
      return NovaRequest.badRequest(`Volume ${volumeId} is already attached.`)
    }
    const volume = {
      volumeId,
      device: typeof device === "string" ? device : `/dev/xvd${String.fromCharCode(98 + server.volumes.size)}`
    }
    server.volumes.set(volumeId, volume)
    return Reply.json(202, { volumeAttachment: shown(volume) })
  }
  if (id === undefined) {
    return request.method === "GET"
      ? Reply.json(200, { volumeAttachments: [...server.volumes.values()].map(shown) })
      : NovaRequest.badMethod()
  }
  const volume = server.volumes.get(id)
  if (volume === undefined) {
    return NovaRequest.notFound("Instance or volume could not be found.")
  }
  if (request.method === "DELETE") {
    server.volumes.delete(id)
    return Reply.empty(202)
  }
  return request.method === "GET" ? Reply.json(200, { volumeAttachment: shown(volume) }) : NovaRequest.badMethod()
}
