/** `/servers/{id}/os-virtual-interfacesv2`: attaches a running server to a network, and detaches it. */
import { randomUUID } from "node:crypto"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Fields from "../Fields.js"
import * as Networks from "./networks.js"
import type { NovaRequest } from "./requests.js"
import { badRequest, notFound, within } from "./requests.js"
import type { Interface, ServerRecord } from "./serverRecord.js"
import type { Region } from "./region.js"
import { findRackspaceServer } from "./region.js"

const toJson = ({ addresses, id, label, macAddress, networkId }: Interface) => ({
  id,
  mac_address: macAddress,
  ip_addresses: addresses.map(({ addr }) => ({ address: addr, network_id: networkId, network_label: label }))
})

const attach = (region: Region, server: ServerRecord, { body, now }: NovaRequest): WireResponse => {
  const sent = body?.["virtual_interface"]
  const networkId = Fields.isObject(sent) ? sent["network_id"] : undefined
  const network = typeof networkId === "string" ? region.networks.find(networkId) : undefined
  if (network === undefined) {
    return badRequest(`Network ${Fields.textOf(networkId)} could not be found.`)
  }
  if (server.interfaces.some((attached) => attached.networkId === network.id)) {
    return badRequest("Server is already attached to this network.")
  }
  const attached = Networks.attach(network, server.number, randomUUID())
  server.interfaces.push(attached)
  server.updatedAt = now
  // The response is a list of one.
  return Reply.json(200, { virtual_interfaces: [toJson(attached)] })
}

export const routes = (region: Region) =>
  within("/servers/{id}/os-virtual-interfacesv2", (request, { id }) => findRackspaceServer(region, id, request))({
    "GET /servers/{id}/os-virtual-interfacesv2": ({ interfaces }) =>
      Reply.json(200, { virtual_interfaces: interfaces.map(toJson) }),
    "POST /servers/{id}/os-virtual-interfacesv2": (server, request) => attach(region, server, request),
    "DELETE /servers/{id}/os-virtual-interfacesv2/{interface}": (server, { now }, { interface: id }) => {
      const index = server.interfaces.findIndex((attached) => attached.id === id)
      if (index < 0) {
        return notFound(`Virtual interface ${id} could not be found.`)
      }
      server.interfaces.splice(index, 1)
      server.updatedAt = now
      return Reply.empty(200)
    }
  })
