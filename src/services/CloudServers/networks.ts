/**
 * Networks that servers can be on: models and operations. Rackspace has them here; OpenStack has a service of its own for them.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { struct } from "../../internal/schema/struct.js"
import { nullableOptional, absentIfEmpty, enveloped, Id, Named, Text } from "../../internal/schema/wire.js"
import type { ByNetworkId } from "./references.js"

/**
 * The network that reaches the internet. Where a server's networks are named at all, this one must be among them to be
 * attached.
 */
export const publicNet = "00000000-0000-0000-0000-000000000000"

/**
 * The region's own network (ServiceNet), where traffic is free. Where a server's networks are named at all, this one must be
 * among them to be attached.
 */
export const serviceNet = "11111111-1111-1111-1111-111111111111"

/** A network that servers can be on. */
export interface Network {
  readonly id: string
  readonly label?: string | undefined
  /** `192.168.3.0/24`; absent for the public network and ServiceNet. */
  readonly cidr?: string | undefined
}

export const Network = struct<Network>({ id: Id, label: nullableOptional(Text), cidr: absentIfEmpty })

const CidrInput = Schema.String.pipe(
  Schema.pattern(/^[0-9a-fA-F.:]+\/\d{1,3}$/, { description: "a range of addresses: 192.168.3.0/24" })
)

/** A network to make. */
export interface CreateNetwork {
  /** The addresses of the network in CIDR notation: `192.168.0.0/24`. */
  readonly cidr: string
  /** The name of the network. */
  readonly label: string
}

/** The operations on networks, as data. */
export const networkEndpoints = Endpoint.table("CloudServers", {
  /** The networks that servers can be on. Rackspace alone has them here. "List networks", `GET /os-networksv2`. */
  listNetworks: Endpoint.make("GET", "/os-networksv2", { success: Endpoint.list("networks", Network) }),
  /**
   * One network. Rackspace alone has it here. Fails with `NotFound`. "Show network details", `GET /os-
   * networksv2/{network_id}`.
   */
  getNetwork: Endpoint.define<ByNetworkId>()("GET", "/os-networksv2/{networkId}", {
    success: Endpoint.json(enveloped("network", Network)),
    errors: ["NotFound"]
  }),
  /**
   * Makes an isolated network. Rackspace alone has it here, 100 times a day. Fails with `QuotaExceeded`. "Create network",
   * `POST /os-networksv2`.
   */
  createNetwork: Endpoint.define<CreateNetwork>()("POST", "/os-networksv2", {
    body: enveloped("network", Schema.Struct({ cidr: CidrInput, label: Named })),
    success: Endpoint.json(enveloped("network", Network)),
    errors: ["Conflict", "QuotaExceeded"]
  }),
  /**
   * Deletes an isolated network; fails with `Forbidden` while a server is on it, and with `NotFound`. Rackspace alone has
   * it here. "Delete network", `DELETE /os-networksv2/{network_id}`.
   */
  deleteNetwork: Endpoint.define<ByNetworkId>()("DELETE", "/os-networksv2/{networkId}", {
    errors: ["NotFound", "Conflict"]
  })
})
