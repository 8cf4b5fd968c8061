/** `/servers/{id}/tags` (Nova's API reference, "Server tags"), since microversion 2.26. */
import type { WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Reply from "../Reply.js"
import * as NovaRequest from "./novaRequest.js"
import * as ServerRecord from "./serverRecord.js"

/** How many tags a server may have. */
const maximum = 50

/** Checks a tag: 1 to 60 characters without commas and slashes. */
export const readTag = (value: unknown): string =>
  typeof value === "string" && /^[^,/]{1,60}$/u.test(value)
    ? value
    : NovaRequest.badRequest(
        "Invalid input for field/attribute tag. Tags may only consist of unicode characters excluding '/' and ',', and must be 1 to 60 characters long."
      )

/** Checks a list of tags; repeated ones are kept once. */
export const readTags = (value: unknown): ReadonlyArray<string> => {
  if (!Array.isArray(value)) {
    return NovaRequest.invalid("tags", "It is not of type 'array'")
  }
  const tags = [...new Set((value as ReadonlyArray<unknown>).map(readTag))]
  return tags.length > maximum
    ? NovaRequest.badRequest(`The number of tags exceeded the per-server limit ${maximum}`)
    : tags
}

/** Tags change only where a server is at rest. */
const demandState = (server: ServerRecord.ServerRecord): void => {
  if (!["ACTIVE", "SHUTOFF", "PAUSED", "SUSPENDED"].includes(server.status)) {
    Refusal.fault(
      409,
      "conflictingRequest",
      `Cannot 'update tag' instance ${server.id} while it is in vm_state ${ServerRecord.vmStateOf(server)}`
    )
  }
}

/** Serves the sub-resource of one server. */
export const serve = (
  server: ServerRecord.ServerRecord,
  tag: string | undefined,
  request: NovaRequest.NovaRequest
): WireResponse => {
  const { method } = request
  NovaRequest.demandMicroversion(request, 26)
  if (method === "PUT" || method === "DELETE") {
    demandState(server)
  }
  return tag === undefined ? serveAll(server, request) : serveOne(server, tag, request)
}

const serveAll = (server: ServerRecord.ServerRecord, request: NovaRequest.NovaRequest): WireResponse => {
  switch (request.method) {
    case "GET":
      return Reply.json(200, { tags: server.tags })
    case "PUT": {
      NovaRequest.refuseOthers("tags", request.body ?? {}, ["tags"])
      server.tags = readTags(request.body?.["tags"])
      return Reply.json(200, { tags: server.tags })
    }
    case "DELETE":
      server.tags = []
      return Reply.empty(204)
    default:
      return NovaRequest.badMethod()
  }
}

const serveOne = (server: ServerRecord.ServerRecord, tag: string, request: NovaRequest.NovaRequest): WireResponse => {
  const has = server.tags.includes(tag)
  switch (request.method) {
    case "PUT":
      if (has) {
        return Reply.empty(204)
      }
      server.tags = readTags([...server.tags, tag])
      return Reply.empty(201, {
        Location: `${request.baseUrl}/servers/${server.id}/tags/${encodeURIComponent(tag)}`
      })
    case "GET":
    case "DELETE":
      if (!has) {
        return NovaRequest.notFound(`Server ${server.id} has no tag '${tag}'`)
      }
      if (request.method === "DELETE") {
        server.tags = server.tags.filter((each) => each !== tag)
      }
      return Reply.empty(204)
    default:
      return NovaRequest.badMethod()
  }
}
