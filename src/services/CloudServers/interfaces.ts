/** Ports of OpenStack's networks on servers: models and operations. Rackspace has virtual interfaces instead. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { lazy } from "../../internal/schema/lazy.js"
import { struct } from "../../internal/schema/struct.js"
import { nullableOptional, absentIfEmpty, enveloped, Id, listOf, Named, sentAs } from "../../internal/schema/wire.js"
import type { ByPortId, ByServerId } from "./references.js"
import { Tag } from "./serverTags.js"

/** An address of an interface. */
export interface FixedIp {
  readonly address: string
  readonly subnetId?: string | undefined
}

export const FixedIp = struct<FixedIp>(() => ({
  address: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("ip_address")),
  subnetId: nullableOptional(Id).pipe(Schema.fromKey("subnet_id"))
}))

/** A server's connection to a network of OpenStack. */
export interface Interface {
  readonly portId: string
  readonly networkId?: string | undefined
  readonly macAddress?: string | undefined
  /** `ACTIVE`, `DOWN`, `BUILD`. */
  readonly portState?: string | undefined
  readonly fixedIps: ReadonlyArray<FixedIp>
  /** Since Nova's microversion 2.70. */
  readonly tag?: string | undefined
}

export const Interface = struct<Interface>(() => ({
  portId: Schema.propertySignature(Id).pipe(Schema.fromKey("port_id")),
  networkId: nullableOptional(Id).pipe(Schema.fromKey("net_id")),
  macAddress: absentIfEmpty.pipe(Schema.fromKey("mac_addr")),
  portState: absentIfEmpty.pipe(Schema.fromKey("port_state")),
  fixedIps: listOf(FixedIp).pipe(Schema.fromKey("fixed_ips")),
  tag: absentIfEmpty
}))

const AttachFields = lazy(() =>
  Schema.Struct({
    networkId: Schema.optional(Named),
    portId: Schema.optional(Named),
    fixedIp: Schema.optional(Named),
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
)

const AttachBody = sentAs(AttachFields, ({ fixedIp, networkId, portId, tag }) => ({
  interfaceAttachment: {
    ...(networkId !== undefined && { net_id: networkId }),
    ...(portId !== undefined && { port_id: portId }),
    ...(fixedIp !== undefined && { fixed_ips: [{ ip_address: fixedIp }] }),
    ...(tag !== undefined && { tag })
  }
}))

/** A port to attach to a server. */
export interface AttachInterface extends ByServerId {
  /** The network on which to create a port. Default: the project's only network. Cannot be combined with `portId`. */
  readonly networkId?: string | undefined
  /** An existing port. */
  readonly portId?: string | undefined
  /** The address of a new port. Needs `networkId`. */
  readonly fixedIp?: string | undefined
  /** Identifies the interface in the metadata that the server can read. Needs microversion 2.49. */
  readonly tag?: string | undefined
}

/** The operations on interfaces of servers, as data. */
export const interfaceEndpoints = Endpoint.table("CloudServers", {
  /** A server's interfaces. Fails with `NotFound`. "List port interfaces", `GET /servers/{server_id}/os-interface`. */
  listInterfaces: Endpoint.define<ByServerId>()("GET", "/servers/{serverId}/os-interface", {
    success: Endpoint.list("interfaceAttachments", Interface),
    errors: ["NotFound"]
  }),
  /**
   * An interface of a server, by its port. Fails with `NotFound`. "Show port interface details", `GET
   * /servers/{server_id}/os-interface/{port_id}`.
   */
  getInterface: Endpoint.define<ByPortId>()("GET", "/servers/{serverId}/os-interface/{portId}", {
    success: Endpoint.json(enveloped("interfaceAttachment", Interface)),
    errors: ["NotFound"]
  }),
  /**
   * Attaches an existing port, or a new port of a network, to a server. Fails with `NotFound`, and with `Conflict` if
   * the server's state does not allow it. "Create interface", `POST /servers/{server_id}/os-interface`.
   */
  attachInterface: Endpoint.define<AttachInterface>()("POST", "/servers/{serverId}/os-interface", {
    body: AttachBody,
    success: Endpoint.json(enveloped("interfaceAttachment", Interface)),
    errors: ["NotFound", "Conflict", "QuotaExceeded"]
  }),
  /**
   * Detaches a port from a server. The work continues after the response. Fails with `NotFound`, and with `Conflict` if
   * the server's state does not allow it. "Detach interface", `DELETE /servers/{server_id}/os-interface/{port_id}`.
   */
  detachInterface: Endpoint.define<ByPortId>()("DELETE", "/servers/{serverId}/os-interface/{portId}", {
    errors: ["NotFound", "Conflict"]
  })
})
