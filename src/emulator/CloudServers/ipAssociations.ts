/**
 * `/servers/{id}/ip_associations` (servers.md section 2.5): addresses that a server shares with others. Any id of an address
 * is taken: the addresses themselves are another service's.
 */
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as NovaRequest from "./novaRequest.js"
import type * as ServerRecord from "./serverRecord.js"

/** Serves the sub-resource of one server. */
export const serve = (
  server: ServerRecord.ServerRecord,
  id: string | undefined,
  request: NovaRequest.NovaRequest
): WireResponse => {
  const shown = (associated: string) => ({
    id: associated,
    // The same address for the same id, on whichever server it is.
    address: `10.${[7, 11, 13].map((step) => [...associated].reduce((sum, c) => (sum * step + c.charCodeAt(0)) % 254, 1)).join(".")}`
  })
  if (id === undefined) {
    return request.method === "GET"
      ? Reply.json(200, { ip_associations: [...server.ipAssociations].map(shown) })
      : NovaRequest.badMethod()
  }
  switch (request.method) {
    case "PUT":
      server.ipAssociations.add(id)
      return Reply.json(201, { ip_association: shown(id) })
    case "GET":
      return server.ipAssociations.has(id)
        ? Reply.json(200, { ip_association: shown(id) })
        : NovaRequest.notFound(`IP address ${id} is not associated with the server.`)
    case "DELETE":
      return server.ipAssociations.delete(id)
        ? Reply.empty(204)
        : NovaRequest.notFound(`IP address ${id} is not associated with the server.`)
    default:
      return NovaRequest.badMethod()
  }
}
