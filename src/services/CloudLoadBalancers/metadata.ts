/** Custom metadata of load balancers. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { lazy } from "../../internal/schema/lazy.js"
import { lazyStruct, struct } from "../../internal/schema/struct.js"
import { enveloped, Id, Named, textOr, upTo } from "../../internal/schema/wire.js"
import type { ByLoadBalancerId, ByMetadataId } from "./references.js"
import { additionErrors, balancerPath, changeErrors, idsOf } from "./requests.js"
import { one } from "./responses.js"

/** An item of metadata. */
export interface MetadataItem {
  readonly id: string
  readonly key: string
  readonly value: string
}

export const MetadataItem = struct<MetadataItem>(() => ({ id: Id, key: textOr(""), value: textOr("") }))

export const MetadataText = upTo(256, "a text")

/** An item of metadata to add. */
export interface NewMetadataItem {
  /** 1 to 256 characters. */
  readonly key: string
  /** 1 to 256 characters. */
  readonly value: string
}

export const NewMetadataItem = struct<NewMetadataItem>(() => ({ key: MetadataText, value: MetadataText }))

/** The response to an added item is a list of that item only. */
export const AddedMetadata = lazy(() =>
  enveloped(
    "metadata",
    Schema.transform(Schema.NonEmptyArray(MetadataItem), Schema.typeSchema(MetadataItem), {
      strict: true,
      decode: ([item]) => item,
      encode: (item) => [item] as const
    })
  )
)

export const metadataParameters = () => ({ metadataId: Named })

/** An item to add to a balancer's metadata. */
export interface AddMetadata extends ByLoadBalancerId, NewMetadataItem {}

/** Items to delete from a balancer's metadata. */
export interface DeleteMetadata extends ByLoadBalancerId {
  /** 1 to 10 ids. */
  readonly metadataIds: ReadonlyArray<string>
}

/** An item of a balancer's metadata, and its new value. */
export interface SetMetadataItem extends ByMetadataId {
  /** The new value, 1 to 256 characters. */
  readonly value: string
}

/** The operations on a load balancer's metadata. */
export const metadataEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** Metadata of a load balancer. Fails with `NotFound`. `GET …/metadata`. */
  listMetadata: Endpoint.define<ByLoadBalancerId>()("GET", `${balancerPath}/metadata`, {
    success: Endpoint.list("metadata", MetadataItem),
    errors: ["NotFound"]
  }),
  /** Adds an item to the metadata, at most 25, and returns it with its id. `POST …/metadata`. */
  addMetadata: Endpoint.define<AddMetadata>()("POST", `${balancerPath}/metadata`, {
    body: enveloped("meta", NewMetadataItem),
    success: Endpoint.json(AddedMetadata),
    errors: additionErrors
  }),
  /** Removes 1 to 10 items from the metadata. `DELETE …/metadata?id=1&id=2`. */
  deleteMetadata: Endpoint.define<DeleteMetadata>()("DELETE", `${balancerPath}/metadata`, {
    query: () => ({ metadataIds: Schema.propertySignature(idsOf("metadata")).pipe(Schema.fromKey("id")) }),
    errors: changeErrors
  }),
  /** One item of the metadata. Fails with `NotFound`. `GET …/metadata/{metadataId}`. */
  getMetadataItem: Endpoint.define<ByMetadataId>()("GET", `${balancerPath}/metadata/{metadataId}`, {
    success: one("meta", MetadataItem),
    errors: ["NotFound"]
  }),
  /** Sets the value of an item of the metadata; its key stays unchanged. `PUT …/metadata/{metadataId}`. */
  setMetadataItem: Endpoint.define<SetMetadataItem>()("PUT", `${balancerPath}/metadata/{metadataId}`, {
    body: enveloped(
      "meta",
      lazyStruct(() => ({ value: MetadataText }))
    ),
    success: one("meta", MetadataItem),
    errors: changeErrors
  }),
  /** Removes an item from the metadata. `DELETE …/metadata/{metadataId}`. */
  deleteMetadataItem: Endpoint.define<ByMetadataId>()("DELETE", `${balancerPath}/metadata/{metadataId}`, {
    errors: changeErrors
  })
})
