/** Networks for servers: models and operations. Rackspace only; OpenStack has a separate service for them. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { lazyStruct, struct } from "../../internal/schema/struct.js"
import { nullableOptional, absentIfEmpty, enveloped, Id, Named, Text } from "../../internal/schema/wire.js"
import type { ByNetworkId } from "./references.js"

/** The network with access to the internet. A server's `networks` must include it, if given. */
export const publicNet = "00000000-0000-0000-0000-000000000000"

/**
 * The region's internal network (ServiceNet), where traffic is free. A server's `networks` must include it, if given.
 */
export const serviceNet = "11111111-1111-1111-1111-111111111111"

/** A network for servers. */
export interface Network {
  readonly id: string
  readonly label?: string | undefined
  /** `192.168.3.0/24`; absent for the public network and ServiceNet. */
  readonly cidr?: string | undefined
}

export const Network = struct<Network>(() => ({ id: Id, label: nullableOptional(Text), cidr: absentIfEmpty }))

const CidrInput = Schema.String.pipe(
  Schema.pattern(/^[0-9a-fA-F.:]+\/\d{1,3}$/, { description: "a range of addresses: 192.168.3.0/24" })
)

/** A network to create. */
export interface CreateNetwork {
  /** The addresses of the network in CIDR notation: `192.168.0.0/24`. */
  readonly cidr: string
  /** The name of the network. */
  readonly label: string
}

/** The operations on networks, as data. */
export const networkEndpoints = Endpoint.table("CloudServers", {
  /** The networks for servers. Rackspace only. "List networks", `GET /os-networksv2`. */
  listNetworks: Endpoint.make("GET", "/os-networksv2", { success: Endpoint.list("networks", Network) }),
  /** A network. Rackspace only. Fails with `NotFound`. "Show network details", `GET /os-networksv2/{network_id}`. */
  getNetwork: Endpoint.define<ByNetworkId>()("GET", "/os-networksv2/{networkId}", {
    success: Endpoint.json(enveloped("network", Network)),
    errors: ["NotFound"]
  }),
  /**
   * Creates an isolated network. Rackspace only, 100 times a day. Fails with `QuotaExceeded`. "Create network", `POST
   * /os-networksv2`.
   */
  createNetwork: Endpoint.define<CreateNetwork>()("POST", "/os-networksv2", {
    body: enveloped(
      "network",
      lazyStruct(() => ({ cidr: CidrInput, label: Named }))
    ),
    success: Endpoint.json(enveloped("network", Network)),
    errors: ["Conflict", "QuotaExceeded"]
  }),
  /**
   * Deletes an isolated network. Rackspace only. Fails with `Forbidden` while a server is attached to it, and with
   * `NotFound`. "Delete network", `DELETE /os-networksv2/{network_id}`.
   */
  deleteNetwork: Endpoint.define<ByNetworkId>()("DELETE", "/os-networksv2/{networkId}", {
    errors: ["NotFound", "Conflict"]
  })
})
