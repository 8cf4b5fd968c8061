/** Addresses of servers: models and operations. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { lazy } from "../../internal/schema/lazy.js"
import { struct } from "../../internal/schema/struct.js"
import {
  nullableOptional,
  absentIfEmpty,
  Count,
  enveloped,
  openEnum,
  readableItems,
  prepared
} from "../../internal/schema/wire.js"
import { isRecord } from "./fields.js"
import type { ByNetworkLabel, ByServerId } from "./references.js"

/** An address of a server. */
export interface Address {
  /** 4 or 6. */
  readonly version: number
  readonly address: string
  /** `fixed` for the server's own port, `floating` for an address mapped to it. Rackspace does not return it. */
  readonly type?: "fixed" | "floating" | (string & {}) | undefined
  /** The MAC address of the port. Rackspace does not return it. */
  readonly macAddress?: string | undefined
}

const AddressFields = struct<Address>(() => ({
  version: Count,
  address: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("addr")),
  type: nullableOptional(openEnum("fixed", "floating")).pipe(Schema.fromKey("OS-EXT-IPS:type")),
  macAddress: absentIfEmpty.pipe(Schema.fromKey("OS-EXT-IPS-MAC:mac_addr"))
}))

export const Address = prepared(
  AddressFields,
  // The version is derived from the address if it is missing.
  (wire) => ({ ...wire, version: wire["version"] ?? (String(wire["addr"]).includes(":") ? 6 : 4) })
)

/** Addresses by the network's label. The cloud sometimes writes an empty map as an empty list. */
export const Addresses = lazy(() =>
  Schema.transform(Schema.Unknown, Schema.Record({ key: Schema.String, value: readableItems(Address) }), {
    strict: true,
    decode: (wire) => (isRecord(wire) ? wire : {}),
    encode: (addresses): unknown => addresses
  })
)

/** The response has the network's label as its key. */
const addressesOfOne = lazy(() =>
  Schema.transform(Addresses, Schema.Array(Schema.typeSchema(Address)), {
    strict: true,
    decode: (byLabel) => Object.values(byLabel).flat(),
    encode: (addresses) => ({ label: addresses })
  })
)

/** The operations on addresses of servers, as data. */
export const addressEndpoints = Endpoint.table("CloudServers", {
  /** A server's addresses by network label. Fails with `NotFound`. "List addresses", `GET /servers/{server_id}/ips`. */
  getAddresses: Endpoint.define<ByServerId>()("GET", "/servers/{serverId}/ips", {
    success: Endpoint.json(enveloped("addresses", Addresses)),
    errors: ["NotFound"]
  }),
  /**
   * A server's addresses on one network, by its label: `private`. Fails with `NotFound` if the server is not connected
   * to it. "List addresses by network", `GET /servers/{server_id}/ips/{network_label}`.
   */
  getAddressesOfNetwork: Endpoint.define<ByNetworkLabel>()("GET", "/servers/{serverId}/ips/{label}", {
    success: Endpoint.json(addressesOfOne),
    errors: ["NotFound"]
  })
})
