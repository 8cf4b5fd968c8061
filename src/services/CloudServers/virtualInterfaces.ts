/** Virtual interfaces of servers: models and operations. Rackspace only; OpenStack has interfaces instead. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { lazyStruct, struct } from "../../internal/schema/struct.js"
import { nullableOptional, absentIfEmpty, enveloped, Id, listOf, Named, Text } from "../../internal/schema/wire.js"
import type { ByInterfaceId, ByServerId } from "./references.js"

/** An address of a virtual interface. */
export interface VirtualInterfaceAddress {
  readonly address: string
  readonly networkId?: string | undefined
  readonly networkLabel?: string | undefined
}

export const VirtualInterfaceAddress = struct<VirtualInterfaceAddress>(() => ({
  address: Schema.String,
  networkId: nullableOptional(Id).pipe(Schema.fromKey("network_id")),
  networkLabel: nullableOptional(Text).pipe(Schema.fromKey("network_label"))
}))

/** A server's connection to a network. */
export interface VirtualInterface {
  readonly id: string
  readonly macAddress?: string | undefined
  readonly ipAddresses: ReadonlyArray<VirtualInterfaceAddress>
}

export const VirtualInterface = struct<VirtualInterface>(() => ({
  id: Id,
  macAddress: absentIfEmpty.pipe(Schema.fromKey("mac_address")),
  ipAddresses: listOf(VirtualInterfaceAddress).pipe(Schema.fromKey("ip_addresses"))
}))

/** A server and the network to connect it to. */
export interface CreateVirtualInterface extends ByServerId {
  /** The network to connect the server to. */
  readonly networkId: string
}

/** The operations on virtual interfaces of servers, as data. */
export const virtualInterfaceEndpoints = Endpoint.table("CloudServers", {
  /**
   * The virtual interfaces of a server. Rackspace only, 25 times a minute. Fails with `NotFound`. "List virtual
   * interfaces", `GET /servers/{server_id}/os-virtual-interfacesv2`.
   */
  listVirtualInterfaces: Endpoint.define<ByServerId>()("GET", "/servers/{serverId}/os-virtual-interfacesv2", {
    success: Endpoint.list("virtual_interfaces", VirtualInterface),
    errors: ["NotFound"]
  }),
  /**
   * Connects a server to another network, and returns the virtual interface. Rackspace only, four times a minute. Fails
   * with `NotFound`. "Create virtual interface", `POST /servers/{server_id}/os-virtual-interfacesv2`.
   */
  createVirtualInterface: Endpoint.define<CreateVirtualInterface>()(
    "POST",
    "/servers/{serverId}/os-virtual-interfacesv2",
    {
      body: enveloped(
        "virtual_interface",
        lazyStruct(() => ({ networkId: Schema.propertySignature(Named).pipe(Schema.fromKey("network_id")) }))
      ),
      success: Endpoint.list("virtual_interfaces", VirtualInterface),
      errors: ["NotFound", "Conflict"]
    }
  ),
  /**
   * Disconnects a server from a network. Rackspace only. Fails with `NotFound`. "Delete virtual interface", `DELETE
   * /servers/{server_id}/os-virtual-interfacesv2/{interface_id}`.
   */
  deleteVirtualInterface: Endpoint.define<ByInterfaceId>()(
    "DELETE",
    "/servers/{serverId}/os-virtual-interfacesv2/{interfaceId}",
    {
      errors: ["NotFound", "Conflict"]
    }
  )
})
