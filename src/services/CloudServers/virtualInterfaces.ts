/**
 * Connections of servers to networks: models and operations. Rackspace has them; OpenStack has interfaces instead.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { absent, absentIfEmpty, enveloped, Id, listOf, Named, Text } from "../../internal/schema/wire.js"

/**
 * A server's connection to a network.
 *
 * @since 0.1.0
 * @category models
 */
export const VirtualInterface = Schema.Struct({
  id: Id,
  macAddress: absentIfEmpty.pipe(Schema.fromKey("mac_address")),
  ipAddresses: listOf(
    Schema.Struct({
      address: Schema.String,
      networkId: absent(Id).pipe(Schema.fromKey("network_id")),
      networkLabel: absent(Text).pipe(Schema.fromKey("network_label"))
    })
  ).pipe(Schema.fromKey("ip_addresses"))
})

/**
 * A server's connection to a network.
 *
 * @since 0.1.0
 * @category models
 */
export interface VirtualInterface extends Schema.Schema.Type<typeof VirtualInterface> {}

/**
 * The operations on virtual interfaces of servers, as data.
 *
 * @since 0.1.0
 * @category operations
 */
export const virtualInterfaceEndpoints = Endpoint.table("CloudServers", {
  /**
   * A server's connections to networks. Rackspace alone has them, and lets them be listed 25 times a minute. Fails with
   * `NotFound`. "List virtual interfaces", `GET /servers/{server_id}/os-virtual-interfacesv2`.
   */
  listVirtualInterfaces: Endpoint.make("GET", "/servers/{serverId}/os-virtual-interfacesv2", {
    parameters: { serverId: Named },
    success: Endpoint.list("virtual_interfaces", VirtualInterface),
    errors: ["NotFound"]
  }),
  /**
   * Connects a server to a network that it is not on, and returns the connection. Rackspace alone has it, four times a
   * minute. Fails with `NotFound`. "Create virtual interface", `POST /servers/{server_id}/os-virtual-interfacesv2`.
   */
  createVirtualInterface: Endpoint.make("POST", "/servers/{serverId}/os-virtual-interfacesv2", {
    parameters: { serverId: Named },
    body: enveloped(
      "virtual_interface",
      Schema.Struct({ networkId: Schema.propertySignature(Named).pipe(Schema.fromKey("network_id")) })
    ),
    success: Endpoint.list("virtual_interfaces", VirtualInterface),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Disconnects a server from a network. Rackspace alone has it. Fails with `NotFound`. "Delete virtual interface",
   * `DELETE /servers/{server_id}/os-virtual-interfacesv2/{interface_id}`.
   */
  deleteVirtualInterface: Endpoint.make("DELETE", "/servers/{serverId}/os-virtual-interfacesv2/{interfaceId}", {
    parameters: { serverId: Named, interfaceId: Named },
    errors: ["NotFound", "Conflict"]
  })
})
