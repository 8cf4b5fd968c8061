/**
 * Ports of OpenStack's networks on servers: models and operations. Rackspace has virtual interfaces instead.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { absent, absentIfEmpty, enveloped, Id, listOf, Named } from "../../internal/schema/wire.js"
import { Tag } from "./serverTags.js"

/**
 * A server's connection to a network of OpenStack.
 *
 * @since 0.1.0
 * @category models
 */
export const Interface = Schema.Struct({
  portId: Schema.propertySignature(Id).pipe(Schema.fromKey("port_id")),
  networkId: absent(Id).pipe(Schema.fromKey("net_id")),
  macAddress: absentIfEmpty.pipe(Schema.fromKey("mac_addr")),
  /** `ACTIVE`, `DOWN`, `BUILD`. */
  portState: absentIfEmpty.pipe(Schema.fromKey("port_state")),
  fixedIps: listOf(
    Schema.Struct({
      address: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("ip_address")),
      subnetId: absent(Id).pipe(Schema.fromKey("subnet_id"))
    })
  ).pipe(Schema.fromKey("fixed_ips")),
  /** Only from Nova's microversion 2.70 on. */
  tag: absentIfEmpty
})

/**
 * A server's connection to a network of OpenStack.
 *
 * @since 0.1.0
 * @category models
 */
export interface Interface extends Schema.Schema.Type<typeof Interface> {}

const AttachFields = Schema.Struct({
  /** The network to make a port on. Default: the project's only network. Not together with `portId`. */
  networkId: Schema.optional(Named),
  /** A port that exists. */
  portId: Schema.optional(Named),
  /** The address that a new port has. Needs `networkId`. */
  fixedIp: Schema.optional(Named),
  /** By which the server's own metadata name the interface. Needs microversion 2.49. */
  tag: Schema.optional(Tag)
}).pipe(
  Schema.filter(({ fixedIp, networkId, portId }) =>
    networkId !== undefined && portId !== undefined
      ? { path: ["portId"], message: "either a networkId or a portId" }
      : fixedIp !== undefined && networkId === undefined
        ? { path: ["fixedIp"], message: "a networkId together with the fixedIp" }
        : undefined
  )
)

const AttachBody = Schema.transform(Schema.Unknown, AttachFields, {
  strict: false,
  decode: (wire) => wire,
  encode: ({ fixedIp, networkId, portId, tag }) => ({
    interfaceAttachment: {
      ...(networkId !== undefined && { net_id: networkId }),
      ...(portId !== undefined && { port_id: portId }),
      ...(fixedIp !== undefined && { fixed_ips: [{ ip_address: fixedIp }] }),
      ...(tag !== undefined && { tag })
    }
  })
}) as unknown as Schema.Schema<typeof AttachFields.Type, unknown>

/**
 * The operations on interfaces of servers, as data.
 *
 * @since 0.1.0
 * @category operations
 */
export const interfaceEndpoints = Endpoint.table("CloudServers", {
  /** A server's interfaces. Fails with `NotFound`. "List port interfaces", `GET /servers/{server_id}/os-interface`. */
  listInterfaces: Endpoint.make("GET", "/servers/{serverId}/os-interface", {
    parameters: { serverId: Named },
    success: Endpoint.list("interfaceAttachments", Interface),
    errors: ["NotFound"]
  }),
  /**
   * One interface of a server, by its port. Fails with `NotFound`. "Show port interface details", `GET /servers/{server_id}/os-
   * interface/{port_id}`.
   */
  getInterface: Endpoint.make("GET", "/servers/{serverId}/os-interface/{portId}", {
    parameters: { serverId: Named, portId: Named },
    success: Endpoint.json(enveloped("interfaceAttachment", Interface)),
    errors: ["NotFound"]
  }),
  /**
   * Attaches a new port of a network, or a port that exists, to a server. Fails with `NotFound`, and with `Conflict` where the
   * server's state does not allow it. "Create interface", `POST /servers/{server_id}/os-interface`.
   */
  attachInterface: Endpoint.make("POST", "/servers/{serverId}/os-interface", {
    parameters: { serverId: Named },
    body: AttachBody,
    success: Endpoint.json(enveloped("interfaceAttachment", Interface)),
    errors: ["NotFound", "Conflict", "QuotaExceeded"]
  }),
  /**
   * Detaches a port from a server. The work goes on after the response. Fails with `NotFound`, and with `Conflict` where the
   * server's state does not allow it. "Detach interface", `DELETE /servers/{server_id}/os-interface/{port_id}`.
   */
  detachInterface: Endpoint.make("DELETE", "/servers/{serverId}/os-interface/{portId}", {
    parameters: { serverId: Named, portId: Named },
    errors: ["NotFound", "Conflict"]
  })
})
