/**
 * `/servers/{id}/os-instance-actions` (Nova's API reference, "Servers actions"): the actions on a server, in pages since
 * microversion 2.58.
 */
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Timestamp from "../Timestamp.js"
import * as Listing from "./listing.js"
import type { NovaRequest } from "./requests.js"
import { notFound, speaks } from "./requests.js"
import type * as ServerRecord from "./serverRecord.js"
import type { Region } from "./region.js"
import { ofServer } from "./region.js"

const toJson = (action: ServerRecord.InstanceAction, server: ServerRecord.ServerRecord, request: NovaRequest) => ({
  action: action.action,
  instance_uuid: server.id,
  message: null,
  project_id: request.caller.tenantId,
  request_id: action.requestId,
  start_time: Timestamp.microsecondsWithoutZone(action.startedAt),
  ...(speaks(request, 58) ? { updated_at: Timestamp.microsecondsWithoutZone(action.startedAt) } : {}),
  user_id: request.caller.userId
})

const list = (server: ServerRecord.ServerRecord, request: NovaRequest, pageCap: number): WireResponse => {
  const newestFirst = server.actions.toReversed()
  if (!speaks(request, 58)) {
    return Reply.json(200, { instanceActions: newestFirst.map((action) => toJson(action, server, request)) })
  }
  const since = Listing.changesSince(request.query)
  const before = speaks(request, 66) ? Listing.moment(request.query, "changes-before") : undefined
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

const show = (server: ServerRecord.ServerRecord, request: NovaRequest, requestId: string): WireResponse => {
  const action =
    server.actions.find((each) => each.requestId === requestId) ??
    notFound(`Action for request_id ${requestId} on instance ${server.id} not found`)
  const time = Timestamp.microsecondsWithoutZone(action.startedAt)
  const event = { event: `compute__do_${action.action}`, start_time: time, finish_time: time, result: "Success" }
  return Reply.json(200, {
    instanceAction: { ...toJson(action, server, request), ...(speaks(request, 51) ? { events: [event] } : {}) }
  })
}

export const routes = (region: Region) =>
  ofServer(region)({
    "GET /servers/{id}/os-instance-actions": (server, request) => list(server, request, region.settings.pageCap),
    "GET /servers/{id}/os-instance-actions/{request}": (server, request, { request: id }) => show(server, request, id)
  })
