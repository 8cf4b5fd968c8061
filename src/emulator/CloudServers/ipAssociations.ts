/**
 * `/servers/{id}/ip_associations`: addresses shared by several servers. Any id is accepted, because the addresses
 * belong to another service.
 */
import * as Reply from "../Reply.js"
import { notFound, within } from "./requests.js"
import type { Region } from "./region.js"
import { findRackspaceServer } from "./region.js"

const toJson = (id: string) => ({
  id,
  // Derived from the id, so that it is the same on all servers.
  address: `10.${[7, 11, 13].map((step) => [...id].reduce((sum, c) => (sum * step + c.charCodeAt(0)) % 254, 1)).join(".")}`
})

const refuseUnknown = (id: string): never => notFound(`IP address ${id} is not associated with the server.`)

export const routes = (region: Region) =>
  within("/servers/{id}/ip_associations", (request, { id }) => findRackspaceServer(region, id, request))({
    "GET /servers/{id}/ip_associations": ({ ipAssociations }) =>
      Reply.json(200, { ip_associations: [...ipAssociations].map(toJson) }),
    "GET /servers/{id}/ip_associations/{address}": ({ ipAssociations }, _, { address }) =>
      ipAssociations.has(address) ? Reply.json(200, { ip_association: toJson(address) }) : refuseUnknown(address),
    "PUT /servers/{id}/ip_associations/{address}": ({ ipAssociations }, _, { address }) => {
      ipAssociations.add(address)
      return Reply.json(201, { ip_association: toJson(address) })
    },
    "DELETE /servers/{id}/ip_associations/{address}": ({ ipAssociations }, _, { address }) =>
      ipAssociations.delete(address) ? Reply.empty(204) : refuseUnknown(address)
  })
