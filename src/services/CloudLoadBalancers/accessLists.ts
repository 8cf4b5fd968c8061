/**
 * Access lists: which networks may reach a load balancer.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { absent, Id, Named, open, textOr } from "../../internal/schema/wire.js"
import { additionErrors, balancerParameters, balancerPath, changeErrors, idsOf } from "./requests.js"

/**
 * Whether a network may reach the balancer.
 *
 * @since 0.1.0
 * @category models
 */
export const AccessType = open("ALLOW", "DENY")

/**
 * A network that may reach a load balancer, or may not.
 *
 * @since 0.1.0
 * @category models
 */
export const AccessListItem = Schema.Struct({
  id: absent(Id),
  /** An address, or a network in CIDR notation. */
  address: textOr(""),
  type: absent(AccessType)
})

/**
 * A network that may reach a load balancer, or may not.
 *
 * @since 0.1.0
 * @category models
 */
export interface AccessListItem extends Schema.Schema.Type<typeof AccessListItem> {}

export const NewAccessListItem = Schema.Struct({ address: Named, type: AccessType })

/** The operations on access lists. */
export const accessListEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** Who may reach it. Fails with `NotFound`. "Show access list", `GET …/accesslist`. */
  listAccessList: Endpoint.make("GET", `${balancerPath}/accesslist`, {
    parameters: balancerParameters,
    success: Endpoint.list("accessList", AccessListItem),
    errors: ["NotFound"]
  }),
  /**
   * Appends networks to the access list, which has at most 100. Fails with `BadRequest` where one is in it already. "Create or
   * update access list", `POST …/accesslist`.
   */
  appendToAccessList: Endpoint.make("POST", `${balancerPath}/accesslist`, {
    parameters: balancerParameters,
    body: Schema.Struct({
      items: Schema.propertySignature(Schema.NonEmptyArray(NewAccessListItem)).pipe(Schema.fromKey("accessList"))
    }),
    errors: additionErrors
  }),
  /** Deletes the whole access list: everyone may reach it then. "Delete access list", `DELETE …/accesslist`. */
  deleteAccessList: Endpoint.make("DELETE", `${balancerPath}/accesslist`, {
    parameters: balancerParameters,
    errors: changeErrors
  }),
  /** Removes 1 to 10 networks from the access list. `DELETE …/accesslist?id=1&id=2`. */
  deleteAccessListItems: Endpoint.make("DELETE", `${balancerPath}/accesslist`, {
    parameters: balancerParameters,
    query: { accessListItemIds: Schema.propertySignature(idsOf("access list items")).pipe(Schema.fromKey("id")) },
    errors: changeErrors
  }),
  /** Removes a network from the access list. `DELETE …/accesslist/{accessListItemId}`. */
  deleteAccessListItem: Endpoint.make("DELETE", `${balancerPath}/accesslist/{accessListItemId}`, {
    parameters: { ...balancerParameters, accessListItemId: Named },
    errors: changeErrors
  })
})
