/**
 * `/servers/{id}/os-instance-actions` (Nova's API reference, "Servers actions"): what was done to a server, in pages since
 * microversion 2.58.
 */
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Timestamp from "../Timestamp.js"
import * as Listing from "./listing.js"
import * as NovaRequest from "./novaRequest.js"
import type * as ServerRecord from "./serverRecord.js"

const toJson = (
  action: ServerRecord.InstanceAction,
  server: ServerRecord.ServerRecord,
  request: NovaRequest.NovaRequest
) => ({
  action: action.action,
  instance_uuid: server.id,
  message: null,
  project_id: request.tenantId,
  request_id: action.requestId,
  start_time: Timestamp.microsecondsWithoutZone(action.startedAt),
  ...(NovaRequest.speaks(request, 58) ? { updated_at: Timestamp.microsecondsWithoutZone(action.startedAt) } : {}),
  user_id: request.userId
})

const list = (server: ServerRecord.ServerRecord, request: NovaRequest.NovaRequest, pageCap: number): WireResponse => {
  const newestFirst = server.actions.toReversed()
  if (!NovaRequest.speaks(request, 58)) {
    return Reply.json(200, { instanceActions: newestFirst.map((action) => toJson(action, server, request)) })
  }
  const since = Listing.changesSince(request.query)
  const before = NovaRequest.speaks(request, 66) ? Listing.moment(request.query, "changes-before") : undefined
  const page = Listing.page({
    items: newestFirst.map((action) => ({ id: action.requestId, action })),
    keep: ({ action }) =>
      (since === undefined || action.startedAt >= since) && (before === undefined || action.startedAt <= before),
    query: request.query,
    cap: pageCap,
    url: `${request.baseUrl}/servers/${server.id}/os-instance-actions`
  })
  return Reply.json(200, {
    instanceActions: page.items.map(({ action }) => toJson(action, server, request)),
    ...(page.links === undefined ? {} : { links: page.links })
  })
}

/** Serves the sub-resource of one server. */
export const serve = (
  server: ServerRecord.ServerRecord,
  requestId: string | undefined,
  request: NovaRequest.NovaRequest,
  pageCap: number
): WireResponse => {
  if (request.method !== "GET") {
    return NovaRequest.badMethod()
  }
  if (requestId === undefined) {
    return list(server, request, pageCap)
  }
  const action = server.actions.find((candidate) => candidate.requestId === requestId)
  if (action === undefined) {
    return NovaRequest.notFound(`Action for request_id ${requestId} on instance ${server.id} not found`)
  }
  const events = [
    {
      event: `compute__do_${action.action}`,
      start_time: Timestamp.microsecondsWithoutZone(action.startedAt),
      finish_time: Timestamp.microsecondsWithoutZone(action.startedAt),
      result: "Success"
    }
  ]
  return Reply.json(200, {
    instanceAction: { ...toJson(action, server, request), ...(NovaRequest.speaks(request, 51) ? { events } : {}) }
  })
}
