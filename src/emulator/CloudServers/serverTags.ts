/** `/servers/{id}/tags` (Nova's API reference, "Server tags"), since microversion 2.26. */
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import type { NovaRequest } from "./requests.js"
import { badRequest, conflict, demandMicroversion, invalid, notFound, refuseOthers, within } from "./requests.js"
import * as ServerRecord from "./serverRecord.js"
import type { Region } from "./region.js"

/** The maximum number of tags per server. */
const maxTags = 50

/** Validates a tag: 1 to 60 characters without commas and slashes. */
export const readTag = (value: unknown): string =>
  typeof value === "string" && /^[^,/]{1,60}$/u.test(value)
    ? value
    : badRequest(
        "Invalid input for field/attribute tag. Tags may only consist of unicode characters excluding '/' and ',', and must be 1 to 60 characters long."
      )

/** Validates a list of tags, and removes duplicates. */
export const readTags = (value: unknown): ReadonlyArray<string> => {
  if (!Array.isArray(value)) {
    return invalid("tags", "It is not of type 'array'")
  }
  const tags = [...new Set((value as ReadonlyArray<unknown>).map(readTag))]
  return tags.length > maxTags ? badRequest(`The number of tags exceeded the per-server limit ${maxTags}`) : tags
}

/** Tags of a server can only be changed in some states. */
const demandState = (server: ServerRecord.ServerRecord): void => {
  if (!["ACTIVE", "SHUTOFF", "PAUSED", "SUSPENDED"].includes(server.status)) {
    conflict(`Cannot 'update tag' instance ${server.id} while it is in vm_state ${ServerRecord.vmStateOf(server)}`)
  }
}

const checkTag = ({ id, tags }: ServerRecord.ServerRecord, tag: string): void => {
  if (!tags.includes(tag)) {
    notFound(`Server ${id} has no tag '${tag}'`)
  }
}

const add = (server: ServerRecord.ServerRecord, { baseUrl }: NovaRequest, tag: string): WireResponse => {
  if (server.tags.includes(tag)) {
    return Reply.empty(204)
  }
  server.tags = readTags([...server.tags, tag])
  return Reply.empty(201, { Location: `${baseUrl}/servers/${server.id}/tags/${encodeURIComponent(tag)}` })
}

export const routes = (region: Region) =>
  within("/servers/{id}/tags", (request, { id }) => {
    const server = region.find(id, request.now)
    demandMicroversion(request, 26)
    if (request.method === "PUT" || request.method === "DELETE") {
      demandState(server)
    }
    return server
  })({
    "GET /servers/{id}/tags": ({ tags }) => Reply.json(200, { tags }),
    "PUT /servers/{id}/tags": (server, { body }) => {
      refuseOthers("tags", body ?? {}, ["tags"])
      server.tags = readTags(body?.["tags"])
      return Reply.json(200, { tags: server.tags })
    },
    "DELETE /servers/{id}/tags": (server) => {
      server.tags = []
      return Reply.empty(204)
    },
    "GET /servers/{id}/tags/{tag}": (server, _, { tag }) => {
      checkTag(server, tag)
      return Reply.empty(204)
    },
    "PUT /servers/{id}/tags/{tag}": (server, request, { tag }) => add(server, request, tag),
    "DELETE /servers/{id}/tags/{tag}": (server, _, { tag }) => {
      checkTag(server, tag)
      server.tags = server.tags.filter((each) => each !== tag)
      return Reply.empty(204)
    }
  })
