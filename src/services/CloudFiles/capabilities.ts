/** The capabilities of a cloud's Swift: its features and limits. */
import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { CommonError } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { lazy } from "../../internal/schema/lazy.js"
import { lazyStruct } from "../../internal/schema/struct.js"
import { Count, Flag, Text } from "../../internal/schema/wire.js"

/** An optional value. An unexpected one is ignored, since clouds differ in details that are not worth failing for. */
const ifThere = <A, I>(key: string, schema: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknownOption(schema)
  return Schema.optionalToOptional(Schema.Unknown, Schema.typeSchema(schema), {
    decode: Option.flatMap(decode),
    encode: (value): Option.Option<unknown> => value
  }).pipe(Schema.fromKey(key))
}

/** A list of names, or one string of them: `sha1 sha256`. */
const Names = lazy(() =>
  Schema.transform(Schema.Union(Schema.String, Schema.Array(Schema.Unknown)), Schema.Array(Schema.String), {
    strict: true,
    decode: (names) =>
      typeof names === "string"
        ? names.split(/[\s,]+/).filter((name) => name !== "")
        : names.filter((name) => typeof name === "string"),
    encode: (names) => names
  })
)

/** A feature, which a cloud may announce without details: as `true` or a string. */
const part = <A, I>(fields: Schema.Schema<A, I>): Schema.Schema<A, unknown> =>
  Schema.transform(Schema.Unknown, fields, {
    strict: false,
    decode: (part) => (part === true ? {} : part),
    encode: (part) => part
  }) as unknown as Schema.Schema<A, unknown>

const PolicyFields = lazyStruct(() => ({
  name: Text,
  isDefault: Schema.optionalWith(Flag, { nullable: true, default: () => false }).pipe(Schema.fromKey("default"))
}))

/** The policies that have names. */
const Policies = lazy(
  () =>
    Schema.transform(Schema.Array(Schema.Unknown), Schema.Array(PolicyFields), {
      strict: false,
      decode: (policies) => policies.filter(Schema.is(Schema.encodedSchema(PolicyFields))),
      encode: (policies) => policies
    }) as unknown as Schema.Schema<ReadonlyArray<typeof PolicyFields.Type>, unknown>
)

const Swift = lazyStruct(() => ({
  version: ifThere("version", Text),
  /** The maximum size in bytes of an object that is uploaded in one request. */
  maxObjectBytes: ifThere("max_file_size", Count),
  maxObjectNameBytes: ifThere("max_object_name_length", Count),
  maxContainerNameBytes: ifThere("max_container_name_length", Count),
  /** The maximum number of objects in a page. */
  containerListingLimit: ifThere("container_listing_limit", Count),
  /** The maximum number of containers in a page. */
  accountListingLimit: ifThere("account_listing_limit", Count),
  maxMetadataItems: ifThere("max_meta_count", Count),
  maxMetadataKeyBytes: ifThere("max_meta_name_length", Count),
  maxMetadataValueBytes: ifThere("max_meta_value_length", Count),
  maxMetadataBytes: ifThere("max_meta_overall_size", Count),
  policies: ifThere("policies", Policies)
}))

/** The capabilities of Swift. Those that the cloud does not report are absent. */
export const Capabilities = lazyStruct(() => ({
  swift: ifThere("swift", Swift),
  tempUrl: ifThere(
    "tempurl",
    part(Schema.Struct({ methods: ifThere("methods", Names), algorithms: ifThere("allowed_digests", Names) }))
  ),
  formPost: ifThere("formpost", part(Schema.Struct({ algorithms: ifThere("allowed_digests", Names) }))),
  staticLargeObjects: ifThere(
    "slo",
    part(
      Schema.Struct({
        maxSegments: ifThere("max_manifest_segments", Count),
        minSegmentBytes: ifThere("min_segment_size", Count),
        maxManifestBytes: ifThere("max_manifest_size", Count)
      })
    )
  ),
  bulkDelete: ifThere("bulk_delete", part(Schema.Struct({ maxPerRequest: ifThere("max_deletes_per_request", Count) }))),
  bulkExtract: ifThere(
    "bulk_upload",
    part(Schema.Struct({ maxContainers: ifThere("max_containers_per_extraction", Count) }))
  ),
  /** Everything that the cloud reports, unchanged, by feature. It includes features without a field here. */
  parts: Schema.propertySignature(
    Schema.Record({ key: Schema.String, value: Schema.Record({ key: Schema.String, value: Schema.Unknown }) })
  ).pipe(Schema.fromKey(":parts"))
}))

/** The capabilities of Swift. */
export interface Capabilities extends Schema.Schema.Type<typeof Capabilities> {}

const isRecord = (u: unknown): u is Record<string, unknown> => typeof u === "object" && u !== null && !Array.isArray(u)

/** Features that identify a description of Swift. Some clouds leave out `swift` itself. */
const characteristic = ["swift", "tempurl", "slo", "bulk_delete", "bulk_upload", "formpost"]

const Answer = lazy(() =>
  Schema.transform(
    Schema.Struct({ ":body": Schema.optional(Schema.Unknown) }),
    Schema.OptionFromSelf(Schema.typeSchema(Capabilities)),
    {
      strict: true,
      decode: ({ ":body": body }) =>
        isRecord(body) && characteristic.some((name) => isRecord(body[name]))
          ? Schema.decodeUnknownOption(Capabilities)({
              ...body,
              ":parts": Object.fromEntries(Object.entries(body).filter(([, part]) => isRecord(part)))
            })
          : Option.none(),
      encode: () => ({})
    }
  )
)

/** `/info`, at the root of the host and outside accounts. It needs no token. */
export const capabilitiesEndpoint = Endpoint.named(
  "CloudFiles.getCapabilities",
  Endpoint.make("GET", "/info", {
    anonymous: true,
    accepts: [401, 403, 404, 405, 412],
    success: Endpoint.response(Answer)
  })
)

/** The URL of `/info`'s parent, from that of an account. */
export const withoutAccount = (endpointUrl: string): string => endpointUrl.replace(/\/v1(\.0)?(\/[^/]*)?$/, "")

/** The operation that reads capabilities. */
export interface Discovery {
  /**
   * The capabilities that the cloud reports; none if it reports none. Rackspace does not document this.
   * "Discoverability", `GET /info`.
   */
  readonly getCapabilities: () => Effect.Effect<Option.Option<Capabilities>, CommonError>
}
