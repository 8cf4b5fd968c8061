/** Access lists: the networks that may or may not connect to a load balancer. */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { lazyStruct, struct } from "../../internal/schema/struct.js"
import { nullableOptional, Id, Named, openEnum, textOr } from "../../internal/schema/wire.js"
import type { ByAccessListItemId, ByLoadBalancerId } from "./references.js"
import { additionErrors, balancerPath, changeErrors, idsOf } from "./requests.js"

/** Whether a network may connect to the balancer. */
export const AccessType = openEnum("ALLOW", "DENY")

export type AccessType = typeof AccessType.Type

/** A network that may or may not connect to a load balancer. */
export interface AccessListItem {
  readonly id?: string | undefined
  /** An address, or a network in CIDR notation. */
  readonly address: string
  readonly type?: AccessType | undefined
}

export const AccessListItem = struct<AccessListItem>(() => ({
  id: nullableOptional(Id),
  address: textOr(""),
  type: nullableOptional(AccessType)
}))

/** A network to add to an access list. */
export interface NewAccessListItem {
  /** An address, or a network in CIDR notation. */
  readonly address: string
  /** Whether it may connect to the load balancer. */
  readonly type: AccessType
}

export const NewAccessListItem = struct<NewAccessListItem>(() => ({ address: Named, type: AccessType }))

/** Networks to add to an access list. */
export interface AppendToAccessList extends ByLoadBalancerId {
  /** The networks to add. */
  readonly items: NonEmptyReadonlyArray<NewAccessListItem>
}

/** Items to delete from an access list. */
export interface DeleteAccessListItems extends ByLoadBalancerId {
  /** 1 to 10 ids. */
  readonly accessListItemIds: ReadonlyArray<string>
}

/** The operations on access lists. */
export const accessListEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** The access list. Fails with `NotFound`. "Show access list", `GET …/accesslist`. */
  listAccessList: Endpoint.define<ByLoadBalancerId>()("GET", `${balancerPath}/accesslist`, {
    success: Endpoint.list("accessList", AccessListItem),
    errors: ["NotFound"]
  }),
  /**
   * Appends networks to the access list, which can have 100. Fails with `BadRequest` if one is already in it. "Create
   * or update access list", `POST …/accesslist`.
   */
  appendToAccessList: Endpoint.define<AppendToAccessList>()("POST", `${balancerPath}/accesslist`, {
    body: lazyStruct(() => ({
      items: Schema.propertySignature(Schema.NonEmptyArray(NewAccessListItem)).pipe(Schema.fromKey("accessList"))
    })),
    errors: additionErrors
  }),
  /** Deletes the whole access list, so that everyone may connect. "Delete access list", `DELETE …/accesslist`. */
  deleteAccessList: Endpoint.define<ByLoadBalancerId>()("DELETE", `${balancerPath}/accesslist`, {
    errors: changeErrors
  }),
  /** Removes 1 to 10 networks from the access list. `DELETE …/accesslist?id=1&id=2`. */
  deleteAccessListItems: Endpoint.define<DeleteAccessListItems>()("DELETE", `${balancerPath}/accesslist`, {
    query: () => ({
      accessListItemIds: Schema.propertySignature(idsOf("access list items")).pipe(Schema.fromKey("id"))
    }),
    errors: changeErrors
  }),
  /** Removes a network from the access list. `DELETE …/accesslist/{accessListItemId}`. */
  deleteAccessListItem: Endpoint.define<ByAccessListItemId>()(
    "DELETE",
    `${balancerPath}/accesslist/{accessListItemId}`,
    {
      errors: changeErrors
    }
  )
})
