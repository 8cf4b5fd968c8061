/**
 * Metadata of load balancers: keys and values for the account's own use.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { enveloped, Id, Named, textOr, upTo } from "../../internal/schema/wire.js"
import { additionErrors, balancerParameters, balancerPath, changeErrors, idsOf } from "./requests.js"
import { one } from "./responses.js"

/**
 * A key and its value, for the account's own use.
 *
 * @since 0.1.0
 * @category models
 */
export const MetadataItem = Schema.Struct({ id: Id, key: textOr(""), value: textOr("") })

/**
 * A key and its value, for the account's own use.
 *
 * @since 0.1.0
 * @category models
 */
export interface MetadataItem extends Schema.Schema.Type<typeof MetadataItem> {}

export const MetadataText = upTo(256, "a text")

/** The response to an added item is a list that contains only that item. */
export const AddedMetadata = enveloped(
  "metadata",
  Schema.transform(Schema.NonEmptyArray(MetadataItem), Schema.typeSchema(MetadataItem), {
    strict: true,
    decode: ([item]) => item,
    encode: (item) => [item] as const
  })
)

export const metadataParameters = { metadataId: Named }

/** The operations on a load balancer's metadata. */
export const metadataEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** Metadata of a load balancer. Fails with `NotFound`. `GET …/metadata`. */
  listMetadata: Endpoint.make("GET", `${balancerPath}/metadata`, {
    parameters: balancerParameters,
    success: Endpoint.list("metadata", MetadataItem),
    errors: ["NotFound"]
  }),
  /** Adds an item to the metadata, at most 25, and returns it with its id. `POST …/metadata`. */
  addMetadata: Endpoint.make("POST", `${balancerPath}/metadata`, {
    parameters: balancerParameters,
    body: enveloped("meta", Schema.Struct({ key: MetadataText, value: MetadataText })),
    success: Endpoint.json(AddedMetadata),
    errors: additionErrors
  }),
  /** Removes 1 to 10 items from the metadata. `DELETE …/metadata?id=1&id=2`. */
  deleteMetadata: Endpoint.make("DELETE", `${balancerPath}/metadata`, {
    parameters: balancerParameters,
    query: { metadataIds: Schema.propertySignature(idsOf("metadata")).pipe(Schema.fromKey("id")) },
    errors: changeErrors
  }),
  /** One item of the metadata. Fails with `NotFound`. `GET …/metadata/{metadataId}`. */
  getMetadataItem: Endpoint.make("GET", `${balancerPath}/metadata/{metadataId}`, {
    parameters: { ...balancerParameters, ...metadataParameters },
    success: one("meta", MetadataItem),
    errors: ["NotFound"]
  }),
  /** Sets the value of an item of the metadata; its key stays. `PUT …/metadata/{metadataId}`. */
  setMetadataItem: Endpoint.make("PUT", `${balancerPath}/metadata/{metadataId}`, {
    parameters: { ...balancerParameters, ...metadataParameters },
    body: enveloped("meta", Schema.Struct({ value: MetadataText })),
    success: one("meta", MetadataItem),
    errors: changeErrors
  }),
  /** Removes an item from the metadata. `DELETE …/metadata/{metadataId}`. */
  deleteMetadataItem: Endpoint.make("DELETE", `${balancerPath}/metadata/{metadataId}`, {
    parameters: { ...balancerParameters, ...metadataParameters },
    errors: changeErrors
  })
})
