/** Virtual IPs: the addresses at which a load balancer accepts connections. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { lazy } from "../../internal/schema/lazy.js"
import { lazyStruct, struct } from "../../internal/schema/struct.js"
import { nullableOptional, Id, openEnum, textOr, withDefault } from "../../internal/schema/wire.js"
import type { ByLoadBalancerId, ByVirtualIpId } from "./references.js"
import { additionErrors, balancerPath, changeErrors, idsOf, NumericId } from "./requests.js"

/** The network of a virtual IP: the internet, or the region's internal network. */
export const VirtualIpType = openEnum("PUBLIC", "SERVICENET")

export type VirtualIpType = typeof VirtualIpType.Type

/** The version of an address. */
export const IpVersion = openEnum("IPV4", "IPV6")

export type IpVersion = typeof IpVersion.Type

/** An address at which a load balancer accepts connections. Several balancers can share it. */
export interface VirtualIp {
  readonly id: string
  /** Empty if the cloud does not return it. */
  readonly address: string
  readonly type?: VirtualIpType | undefined
  readonly ipVersion?: IpVersion | undefined
}

export const VirtualIp = struct<VirtualIp>(() => ({
  id: Id,
  address: textOr(""),
  type: nullableOptional(VirtualIpType),
  ipVersion: nullableOptional(IpVersion)
}))

/** A virtual IP of a new load balancer: a new one, or one of another load balancer. */
export interface NewVirtualIp {
  /** The network of a new virtual IP: `PUBLIC` for the internet, `SERVICENET` for the region's internal network. */
  readonly type?: VirtualIpType | undefined
  /** By default `PUBLIC` creates both, and `SERVICENET` IPv4. */
  readonly ipVersion?: IpVersion | undefined
  /** The virtual IP of another load balancer to share, on a different port. Both IP versions must be given. */
  readonly virtualIpId?: string | undefined
}

const VirtualIpFields = struct<NewVirtualIp>(() => ({
  type: Schema.optional(VirtualIpType),
  ipVersion: Schema.optional(IpVersion),
  virtualIpId: Schema.optional(NumericId).pipe(Schema.fromKey("id"))
}))

export const WantedVirtualIp = lazy(() =>
  Schema.compose(
    VirtualIpFields,
    Schema.typeSchema(VirtualIpFields).pipe(
      Schema.filter(({ ipVersion, type, virtualIpId }) => {
        if ((type === undefined) === (virtualIpId === undefined)) {
          return { path: ["type"], message: "either a type or the virtualIpId of an address to share" }
        }
        return type === "SERVICENET" && ipVersion === "IPV6"
          ? { path: ["ipVersion"], message: "IPV4: SERVICENET has no IPV6" }
          : undefined
      })
    ),
    { strict: false }
  )
)

/** A virtual IP to add to a balancer. */
export interface AddVirtualIp extends ByLoadBalancerId {
  /** The network of the address. Default `PUBLIC`. */
  readonly type?: VirtualIpType | undefined
  /** Only IPv6 addresses can be added. */
  readonly ipVersion?: "IPV6" | undefined
}

/** Virtual IPs to remove from a balancer. */
export interface DeleteVirtualIps extends ByLoadBalancerId {
  readonly virtualIpIds: ReadonlyArray<string>
}

/** The operations on virtual IPs. */
export const virtualIpEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** The addresses that accept connections. Fails with `NotFound`. "List virtual IPs", `GET …/virtualips`. */
  listVirtualIps: Endpoint.define<ByLoadBalancerId>()("GET", `${balancerPath}/virtualips`, {
    success: Endpoint.list("virtualIps", VirtualIp),
    errors: ["NotFound"]
  }),
  /**
   * Adds an IPv6 address, and returns it; other kinds can only be created with the balancer. Fails with `QuotaExceeded`
   * if there are too many. "Add virtual IP version 6", `POST …/virtualips`.
   */
  addVirtualIp: Endpoint.define<AddVirtualIp>()("POST", `${balancerPath}/virtualips`, {
    body: lazyStruct(() => ({
      type: withDefault(VirtualIpType, "PUBLIC"),
      ipVersion: withDefault(Schema.Literal("IPV6"), "IPV6")
    })),
    success: Endpoint.json(VirtualIp),
    errors: additionErrors
  }),
  /**
   * Removes 1 to 10 addresses; at least one must remain. "Bulk-delete virtual IPs", `DELETE …/virtualips?id=1&id=2`.
   */
  deleteVirtualIps: Endpoint.define<DeleteVirtualIps>()("DELETE", `${balancerPath}/virtualips`, {
    query: () => ({ virtualIpIds: Schema.propertySignature(idsOf("virtual IPs")).pipe(Schema.fromKey("id")) }),
    errors: changeErrors
  }),
  /** Removes an address, but not the last one. "Delete virtual IP", `DELETE …/virtualips/{virtualIpId}`. */
  deleteVirtualIp: Endpoint.define<ByVirtualIpId>()("DELETE", `${balancerPath}/virtualips/{virtualIpId}`, {
    errors: changeErrors
  })
})
