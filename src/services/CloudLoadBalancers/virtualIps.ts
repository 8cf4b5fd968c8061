/**
 * Virtual IPs: the addresses at which a load balancer takes connections.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { absent, Id, Named, open, textOr, withDefault } from "../../internal/schema/wire.js"
import { additionErrors, balancerParameters, balancerPath, changeErrors, idsOf, NumericId } from "./requests.js"

/**
 * The network of a virtual IP: the internet, or the region's own.
 *
 * @since 0.1.0
 * @category models
 */
export const VirtualIpType = open("PUBLIC", "SERVICENET")

/**
 * The version of an address.
 *
 * @since 0.1.0
 * @category models
 */
export const IpVersion = open("IPV4", "IPV6")

/**
 * An address at which a load balancer takes connections. It may be shared by several balancers.
 *
 * @since 0.1.0
 * @category models
 */
export const VirtualIp = Schema.Struct({
  id: Id,
  /** Empty where the cloud does not return it. */
  address: textOr(""),
  type: absent(VirtualIpType),
  ipVersion: absent(IpVersion)
})

/**
 * An address at which a load balancer takes connections.
 *
 * @since 0.1.0
 * @category models
 */
export interface VirtualIp extends Schema.Schema.Type<typeof VirtualIp> {}

const VirtualIpFields = Schema.Struct({
  type: Schema.optional(VirtualIpType),
  /** By default a public one has both, and one of the region's own network IPv4. */
  ipVersion: Schema.optional(IpVersion),
  /** One that another load balancer has, to share it; the port must then be another. Both versions are to be named. */
  virtualIpId: Schema.optional(NumericId).pipe(Schema.fromKey("id"))
})

export const WantedVirtualIp = Schema.compose(
  VirtualIpFields,
  Schema.typeSchema(VirtualIpFields).pipe(
    Schema.filter(({ ipVersion, type, virtualIpId }) => {
      if ((type === undefined) === (virtualIpId === undefined)) {
        return { path: ["type"], message: "a type, or the virtualIpId of one to share, one of the two" }
      }
      return type === "SERVICENET" && ipVersion === "IPV6"
        ? { path: ["ipVersion"], message: "IPV4: SERVICENET has no IPV6" }
        : undefined
    })
  ),
  { strict: false }
)

/** The operations on virtual IPs. */
export const virtualIpEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** The addresses at which it takes connections. Fails with `NotFound`. "List virtual IPs", `GET …/virtualips`. */
  listVirtualIps: Endpoint.make("GET", `${balancerPath}/virtualips`, {
    parameters: balancerParameters,
    success: Endpoint.list("virtualIps", VirtualIp),
    errors: ["NotFound"]
  }),
  /**
   * Adds an IPv6 address, and returns it; others can be had at creation only. Fails with `QuotaExceeded` where it has too many.
   * "Add virtual IP version 6", `POST …/virtualips`.
   */
  addVirtualIp: Endpoint.make("POST", `${balancerPath}/virtualips`, {
    parameters: balancerParameters,
    body: Schema.Struct({
      type: withDefault(VirtualIpType, "PUBLIC"),
      ipVersion: withDefault(Schema.Literal("IPV6"), "IPV6")
    }),
    success: Endpoint.json(VirtualIp),
    errors: additionErrors
  }),
  /** Removes 1 to 10 addresses; one must be left. "Bulk-delete virtual IPs", `DELETE …/virtualips?id=1&id=2`. */
  deleteVirtualIps: Endpoint.make("DELETE", `${balancerPath}/virtualips`, {
    parameters: balancerParameters,
    query: { virtualIpIds: Schema.propertySignature(idsOf("virtual IPs")).pipe(Schema.fromKey("id")) },
    errors: changeErrors
  }),
  /**
   * Removes an address. Fails with `BadRequest` where it is the last one. "Delete virtual IP",
   * `DELETE …/virtualips/{virtualIpId}`.
   */
  deleteVirtualIp: Endpoint.make("DELETE", `${balancerPath}/virtualips/{virtualIpId}`, {
    parameters: { ...balancerParameters, virtualIpId: Named },
    errors: changeErrors
  })
})
