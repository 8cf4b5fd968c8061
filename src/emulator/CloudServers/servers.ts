/** Servers: listing, changes and deletion (Cloud Servers API v2 and Nova's API reference, "Servers"). */
import { links } from "../Links.js"
import * as Fields from "../Fields.js"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as CreateRequest from "./createRequest.js"
import * as Listing from "./listing.js"
import * as Metadata from "./metadata.js"
import * as OpenStackFields from "./openStackFields.js"
import type { Region } from "./region.js"
import { ofServer } from "./region.js"
import type { NovaRequest } from "./requests.js"
import { badRequest, table } from "./requests.js"
import * as ServerActions from "./serverActions.js"
import { createServer } from "./serverCreation.js"
import * as ServerFilters from "./serverFilters.js"
import * as ServerRecord from "./serverRecord.js"

type Server = ServerRecord.ServerRecord

const newestFirst = function* ({ creationOrder }: Region): Generator<Server> {
  for (let index = creationOrder.length - 1; index >= 0; index--) {
    const server = creationOrder[index]
    if (server !== undefined) {
      yield server
    }
  }
}

/** Refuses a deleted server as marker, unless deleted servers are listed. */
const checkMarker = (region: Region, { now, query }: NovaRequest): void => {
  const marker = query.get("marker")
  const server = marker === null ? undefined : region.servers.get(marker)
  if (server !== undefined) {
    ServerRecord.settle(server, now)
  }
  if (server?.deletedAt !== undefined && !query.has("changes-since") && !query.has("changes-before")) {
    badRequest(`marker [${marker}] not found`)
  }
}

const list = (region: Region, request: NovaRequest, detail: boolean): WireResponse => {
  const { baseUrl, query } = request
  const keep = ServerFilters.read(request)
  checkMarker(region, request)
  const page = Listing.page({
    items: ServerFilters.sorted(newestFirst(region), request),
    keep,
    query,
    cap: region.settings.pageCap,
    url: `${baseUrl}/servers${detail ? "/detail" : ""}`
  })
  const toJson = (server: Server) =>
    detail
      ? ServerRecord.toJson(server, request, false)
      : { id: server.id, name: server.name, links: links(baseUrl, `servers/${server.id}`) }
  return Reply.json(200, {
    servers: page.items.map(toJson),
    ...(page.links === undefined ? {} : { servers_links: page.links })
  })
}

const update = (server: Server, request: NovaRequest): WireResponse => {
  const fields = request.body?.["server"]
  if (!Fields.isObject(fields)) {
    return badRequest("Malformed request body")
  }
  const name = fields["name"] === undefined ? server.name : CreateRequest.readName(fields["name"])
  const accessIPv4 = CreateRequest.readAddress(fields, "accessIPv4")
  const accessIPv6 = CreateRequest.readAddress(fields, "accessIPv6")
  Object.assign(server, OpenStackFields.readUpdate(fields, request))
  server.name = name
  server.accessIPv4 = accessIPv4 ?? server.accessIPv4
  server.accessIPv6 = accessIPv6 ?? server.accessIPv6
  server.updatedAt = request.now
  return Reply.json(200, { server: ServerRecord.changedJson(server, request) })
}

const remove = (region: Region, server: Server, { now, requestId }: NovaRequest): WireResponse => {
  // A second DELETE during the first is accepted and changes nothing.
  if (server.transition?.taskState !== "deleting") {
    server.actions.push({ action: "delete", requestId, startedAt: now })
    server.updatedAt = now
    server.transition = {
      status: undefined,
      taskState: "deleting",
      startedAt: now,
      visibleAt: now,
      endsAt: now + region.settings.deleteTime,
      end: (deleted, at) => region.remove(deleted, at)
    }
    ServerRecord.settle(server, now)
  }
  return Reply.empty(204)
}

export const routes = (region: Region) => [
  table({
    "GET /servers": (request) => list(region, request, false),
    "GET /servers/detail": (request) => list(region, request, true),
    "POST /servers": (request) => createServer(region, request),
    "POST /os-volumes_boot": (request) => createServer(region, request)
  }),
  ofServer(region)({
    "GET /servers/{id}": (server, request) => Reply.json(200, { server: ServerRecord.toJson(server, request, true) }),
    "PUT /servers/{id}": update,
    "DELETE /servers/{id}": (server, request) => remove(region, server, request),
    "POST /servers/{id}/action": (server, request) => ServerActions.run(region, server, request),
    "GET /servers/{id}/metadata": Metadata.list,
    "PUT /servers/{id}/metadata": Metadata.replace,
    "POST /servers/{id}/metadata": Metadata.merge,
    "GET /servers/{id}/metadata/{key}": Metadata.get,
    "PUT /servers/{id}/metadata/{key}": Metadata.put,
    "DELETE /servers/{id}/metadata/{key}": Metadata.remove
  })
]
