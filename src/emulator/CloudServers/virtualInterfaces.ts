/**
 * `/servers/{id}/os-virtual-interfacesv2` (servers.md section 2.5): attaching a running server to a network, and
 * detaching it.
 */
import { randomUUID } from "node:crypto"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Fields from "../Fields.js"
import * as Networks from "./networks.js"
import * as NovaRequest from "./novaRequest.js"
import type * as ServerRecord from "./serverRecord.js"

/** Serves the sub-resource of one server. */
export const serve = (
  server: ServerRecord.ServerRecord,
  id: string | undefined,
  request: NovaRequest.NovaRequest,
  findNetwork: (id: string) => Networks.Network | undefined
): WireResponse => {
  const shown = (attached: ServerRecord.Interface) => ({
    id: attached.id,
    mac_address: attached.macAddress,
    ip_addresses: attached.addresses.map((address) => ({
      address: address.addr,
      network_id: attached.networkId,
      network_label: attached.label
    }))
  })
  switch (request.method) {
    case "GET":
      return Reply.json(200, { virtual_interfaces: server.interfaces.map(shown) })
    case "POST": {
      const sent = request.body?.["virtual_interface"]
      const networkId = Fields.isObject(sent) ? sent["network_id"] : undefined
      const network = typeof networkId === "string" ? findNetwork(networkId) : undefined
      if (network === undefined) {
        return NovaRequest.badRequest(`Network ${Fields.textOf(networkId)} could not be found.`)
      }
      if (server.interfaces.some((attached) => attached.networkId === network.id)) {
        return NovaRequest.badRequest("Server is already attached to this network.")
      }
      const attached = Networks.attach(network, server.number, randomUUID())
      server.interfaces.push(attached)
      server.updatedAt = request.now
      // One goes in, a list comes out.
      return Reply.json(200, { virtual_interfaces: [shown(attached)] })
    }
    case "DELETE": {
      const index = server.interfaces.findIndex((attached) => attached.id === id)
      if (index < 0) {
        return NovaRequest.notFound(`Virtual interface ${String(id)} could not be found.`)
      }
      server.interfaces.splice(index, 1)
      server.updatedAt = request.now
      return Reply.empty(200)
    }
    default:
      return NovaRequest.badMethod()
  }
}
