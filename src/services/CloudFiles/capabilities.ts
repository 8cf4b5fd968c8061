/**
 * What a cloud says of itself: which parts its Swift has, and their limits.
 */
import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { CommonError } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"

/** What is not as expected is left out: it is one cloud's own, and no reason to fail. */
const ifThere = <A, I>(key: string, schema: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknownOption(schema)
  return Schema.optionalToOptional(Schema.Unknown, Schema.typeSchema(schema), {
    decode: Option.flatMap(decode),
    encode: (value): Option.Option<unknown> => value
  }).pipe(Schema.fromKey(key))
}

const Names = Schema.Array(Schema.String)

const Swift = Schema.Struct({
  version: ifThere("version", Schema.String),
  /** How large an object may be that is stored in one request; bytes. */
  maxObjectBytes: ifThere("max_file_size", Schema.Number),
  maxObjectNameBytes: ifThere("max_object_name_length", Schema.Number),
  maxContainerNameBytes: ifThere("max_container_name_length", Schema.Number),
  /** How many entries a page of objects may have. */
  containerListingLimit: ifThere("container_listing_limit", Schema.Number),
  /** How many entries a page of containers may have. */
  accountListingLimit: ifThere("account_listing_limit", Schema.Number),
  maxMetadataItems: ifThere("max_meta_count", Schema.Number),
  maxMetadataKeyBytes: ifThere("max_meta_name_length", Schema.Number),
  maxMetadataValueBytes: ifThere("max_meta_value_length", Schema.Number),
  maxMetadataBytes: ifThere("max_meta_overall_size", Schema.Number),
  policies: ifThere(
    "policies",
    Schema.Array(
      Schema.Struct({
        name: Schema.String,
        isDefault: Schema.optionalWith(Schema.Boolean, { default: () => false }).pipe(Schema.fromKey("default"))
      })
    )
  )
})

/**
 * What a cloud says of its Swift. What it does not say is absent.
 *
 * @since 0.1.0
 * @category models
 */
export const Capabilities = Schema.Struct({
  swift: ifThere("swift", Swift),
  tempUrl: ifThere(
    "tempurl",
    Schema.Struct({ methods: ifThere("methods", Names), algorithms: ifThere("allowed_digests", Names) })
  ),
  formPost: ifThere("formpost", Schema.Struct({ algorithms: ifThere("allowed_digests", Names) })),
  staticLargeObjects: ifThere(
    "slo",
    Schema.Struct({
      maxSegments: ifThere("max_manifest_segments", Schema.Number),
      minSegmentBytes: ifThere("min_segment_size", Schema.Number),
      maxManifestBytes: ifThere("max_manifest_size", Schema.Number)
    })
  ),
  bulkDelete: ifThere(
    "bulk_delete",
    Schema.Struct({ maxPerRequest: ifThere("max_deletes_per_request", Schema.Number) })
  ),
  bulkExtract: ifThere(
    "bulk_upload",
    Schema.Struct({ maxContainers: ifThere("max_containers_per_extraction", Schema.Number) })
  ),
  /** All that the cloud says, as it says it: each part by its own name, also those that have no field here. */
  parts: Schema.propertySignature(
    Schema.Record({ key: Schema.String, value: Schema.Record({ key: Schema.String, value: Schema.Unknown }) })
  ).pipe(Schema.fromKey(":parts"))
})

/**
 * What a cloud says of its Swift.
 *
 * @since 0.1.0
 * @category models
 */
export interface Capabilities extends Schema.Schema.Type<typeof Capabilities> {}

const isRecord = (u: unknown): u is Record<string, unknown> => typeof u === "object" && u !== null && !Array.isArray(u)

const decode = Schema.decodeUnknownOption(Capabilities)

const Answer = Schema.transform(
  Schema.Struct({ ":body": Schema.optional(Schema.Unknown) }),
  Schema.OptionFromSelf(Schema.typeSchema(Capabilities)),
  {
    strict: true,
    decode: ({ ":body": body }) =>
      isRecord(body) && isRecord(body["swift"])
        ? decode({
            ...body,
            ":parts": Object.fromEntries(Object.entries(body).filter(([, part]) => isRecord(part)))
          })
        : Option.none(),
    encode: () => ({})
  }
)

/** `/info`, beside the accounts, which Swift shows to anybody. */
export const getCapabilities = Endpoint.make("CloudFiles.getCapabilities", "GET", "/info", {
  anonymous: true,
  accepts: [401, 403, 404, 405, 412],
  success: Endpoint.response(Answer)
})

/** Where `/info` is, given the URL of an account's storage. */
export const besideAccount = (endpointUrl: string): string => endpointUrl.replace(/\/v1(\.0)?(\/[^/]*)?$/, "")

/**
 * What the cloud can do.
 *
 * @since 0.1.0
 * @category models
 */
export interface Discovery {
  /**
   * What the cloud says of itself, and none where it does not say: Rackspace's documents know nothing of it. "Discoverability",
   * `GET /info`.
   */
  readonly getCapabilities: () => Effect.Effect<Option.Option<Capabilities>, CommonError>
}
