/**
 * The addresses from which load balancers reach their nodes.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { absentIfEmpty, listOf } from "../../internal/schema/wire.js"
import { balancerParameters, balancerPath } from "./requests.js"
import { one } from "./responses.js"

/**
 * The addresses from which a load balancer reaches its nodes: what their firewalls must let through.
 *
 * @since 0.1.0
 * @category models
 */
export const SourceAddresses = Schema.Struct({
  ipv4Public: absentIfEmpty,
  ipv4Servicenet: absentIfEmpty,
  /** May be a network: `2001:…/64`. */
  ipv6Public: absentIfEmpty,
  ipv6Servicenet: absentIfEmpty
})

/**
 * The addresses from which a load balancer reaches its nodes.
 *
 * @since 0.1.0
 * @category models
 */
export interface SourceAddresses extends Schema.Schema.Type<typeof SourceAddresses> {}

/**
 * The networks from which the balancers of a cluster, or of a region, reach their nodes.
 *
 * @since 0.1.0
 * @category models
 */
export const SourceNetworks = Schema.Struct({
  ipv4Public: listOf(Schema.String).pipe(Schema.fromKey("ipv4Publicnets")),
  ipv4Servicenet: listOf(Schema.String).pipe(Schema.fromKey("ipv4Servicenets")),
  ipv6Public: listOf(Schema.String).pipe(Schema.fromKey("ipv6Publicnets")),
  ipv6Servicenet: listOf(Schema.String).pipe(Schema.fromKey("ipv6Servicenets"))
})

/**
 * The networks from which the balancers of a cluster, or of a region, reach their nodes.
 *
 * @since 0.1.0
 * @category models
 */
export interface SourceNetworks extends Schema.Schema.Type<typeof SourceNetworks> {}

/** The operations on source addresses. */
export const sourceAddressEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** Where the balancers of its cluster reach nodes from. Fails with `NotFound`. `GET …/clustersourceaddresses`. */
  getClusterSourceAddresses: Endpoint.make("GET", `${balancerPath}/clustersourceaddresses`, {
    parameters: balancerParameters,
    success: one("clusterSourceAddresses", SourceNetworks),
    errors: ["NotFound"]
  }),
  /** Where the balancers of the region reach nodes from. `GET /regionalsourceaddresses`. */
  getRegionalSourceAddresses: Endpoint.make("GET", "/regionalsourceaddresses", {
    success: one("RegionalSourceAddresses", SourceNetworks)
  })
})
