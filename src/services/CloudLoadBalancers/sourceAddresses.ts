/** The addresses from which load balancers connect to their nodes. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { struct } from "../../internal/schema/struct.js"
import { absentIfEmpty, listOf } from "../../internal/schema/wire.js"
import type { ByLoadBalancerId } from "./references.js"
import { balancerPath } from "./requests.js"
import { one } from "./responses.js"

/** The addresses from which a load balancer connects to its nodes, whose firewalls must allow them. */
export interface SourceAddresses {
  readonly ipv4Public?: string | undefined
  readonly ipv4Servicenet?: string | undefined
  /** Can be a network: `2001:…/64`. */
  readonly ipv6Public?: string | undefined
  readonly ipv6Servicenet?: string | undefined
}

export const SourceAddresses = struct<SourceAddresses>(() => ({
  ipv4Public: absentIfEmpty,
  ipv4Servicenet: absentIfEmpty,
  ipv6Public: absentIfEmpty,
  ipv6Servicenet: absentIfEmpty
}))

/** The networks from which the balancers of a cluster or region connect to their nodes. */
export interface SourceNetworks {
  readonly ipv4Public: ReadonlyArray<string>
  readonly ipv4Servicenet: ReadonlyArray<string>
  readonly ipv6Public: ReadonlyArray<string>
  readonly ipv6Servicenet: ReadonlyArray<string>
}

export const SourceNetworks = struct<SourceNetworks>(() => ({
  ipv4Public: listOf(Schema.String).pipe(Schema.fromKey("ipv4Publicnets")),
  ipv4Servicenet: listOf(Schema.String).pipe(Schema.fromKey("ipv4Servicenets")),
  ipv6Public: listOf(Schema.String).pipe(Schema.fromKey("ipv6Publicnets")),
  ipv6Servicenet: listOf(Schema.String).pipe(Schema.fromKey("ipv6Servicenets"))
}))

/** The operations on source addresses. */
export const sourceAddressEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** The networks of the balancers of its cluster. Fails with `NotFound`. `GET …/clustersourceaddresses`. */
  getClusterSourceAddresses: Endpoint.define<ByLoadBalancerId>()("GET", `${balancerPath}/clustersourceaddresses`, {
    success: one("clusterSourceAddresses", SourceNetworks),
    errors: ["NotFound"]
  }),
  /** The networks from which the balancers of the region connect to nodes. `GET /regionalsourceaddresses`. */
  getRegionalSourceAddresses: Endpoint.make("GET", "/regionalsourceaddresses", {
    success: one("RegionalSourceAddresses", SourceNetworks)
  })
})
