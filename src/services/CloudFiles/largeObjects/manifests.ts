/**
 * Manifests of large objects: models and operations.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../../Endpoint.js"
import { absent, Count, Flag } from "../../../internal/schema/wire.js"
import { BulkResult } from "../bulk/bulk.js"
import { ContainerName, encodedAddress, ObjectName } from "../names.js"
import { detected, ifNoneMatch, Md5, objectHeaders, objectPath, StoredObject, version } from "../objects/requests.js"

/**
 * A part of a static large object, as it is put: an object (which may be a static large object itself), or a range of one.
 *
 * @since 0.1.0
 * @category models
 */
export const Segment = Schema.Struct({
  /** `/container/object`, as it is, not encoded. */
  path: Schema.String,
  /** The object's ETag, without quotation marks. */
  etag: Schema.String,
  /** The size of the object. */
  bytes: Schema.propertySignature(Schema.Number).pipe(Schema.fromKey("size_bytes")),
  /** Which bytes of it: `0-99`. Not every cloud takes it. */
  range: Schema.optional(Schema.String)
})

/**
 * A part of a static large object, as it is put.
 *
 * @since 0.1.0
 * @category models
 */
export interface Segment extends Schema.Schema.Type<typeof Segment> {}

/**
 * A part of a static large object, as its manifest is read.
 *
 * @since 0.1.0
 * @category models
 */
const ManifestEntryFields = Schema.Struct({
  /** `/container/object`, as it is, not encoded. Absent where the manifest itself holds the bytes. */
  name: absent(Schema.String),
  /** The MD5 of the object's content; of a large object that of its own parts' hashes. */
  hash: absent(Schema.String),
  /** The size of the object, whatever the range. */
  bytes: absent(Count),
  /** Which bytes of it, where not all: `0-99`. */
  range: absent(Schema.String),
  /** Whether it is a static large object itself. */
  isManifest: Schema.optionalWith(Flag, { nullable: true, default: () => false }).pipe(Schema.fromKey("sub_slo")),
  /** Bytes that the manifest itself holds. */
  data: absent(Schema.Uint8ArrayFromBase64)
})

/**
 * A part of a static large object, as its manifest is read.
 *
 * @since 0.1.0
 * @category models
 */
export interface ManifestEntry extends Schema.Schema.Type<typeof ManifestEntryFields> {}

/**
 * A part of a static large object, as its manifest is read. Ceph's RADOS Gateway gives the manifest in the keys in which it was
 * put.
 *
 * @since 0.1.0
 * @category models
 */
export const ManifestEntry = Schema.transform(
  Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  ManifestEntryFields,
  {
    strict: false,
    decode: (wire) => ({
      ...wire,
      name: wire["name"] ?? wire["path"],
      hash: wire["hash"] ?? wire["etag"],
      bytes: wire["bytes"] ?? wire["size_bytes"]
    }),
    encode: (entry) => entry
  }
) as unknown as Schema.Schema<ManifestEntry, unknown>

/** The manifest is the whole body, while the input is flat like every other. */
const ManifestBody = Schema.transform(
  Schema.Array(Segment),
  Schema.Struct({ segments: Schema.Array(Schema.typeSchema(Segment)) }),
  {
    strict: true,
    decode: (segments) => ({ segments }),
    encode: ({ segments }) => segments
  }
)

/**
 * Where a dynamic large object's segments are, as its header says it: percent-encoded. So is a slash that the prefix begins
 * with, because the cloud refuses one there.
 */
const SegmentsHeader = Schema.transform(
  Schema.String,
  Schema.typeSchema(Schema.Struct({ container: ContainerName, prefix: ObjectName })),
  {
    strict: true,
    decode: () => ({ container: "", prefix: "" }),
    encode: ({ container, prefix }) => encodedAddress(container, prefix).replace(/^([^/]*)\/\//, "$1/%2F")
  }
)

/** Reads the header `X-Object-Manifest`. Undefined where it cannot be read. */
export const segmentLocation = (
  manifest: string
): { readonly container: string; readonly prefix: string } | undefined => {
  try {
    const text = decodeURIComponent(manifest)
    const slash = text.indexOf("/")
    return slash < 1 ? undefined : { container: text.slice(0, slash), prefix: text.slice(slash + 1) }
  } catch {
    return undefined
  }
}

/** The operations on manifests of large objects, as data. "Cloud Files API", "Large objects". */
export const manifestEndpoints = Endpoint.table("CloudFiles", {
  /**
   * Makes a static large object of segments that are stored already. Fails with `Unprocessable` where the ETag that is given
   * is not that of the segments. "Create a static large object",
   * `PUT /v1/{account}/{container}/{object}?multipart-manifest=put`.
   */
  putManifest: Endpoint.make("PUT", "/{container}/{+object}", {
    parameters: objectPath,
    fixedQuery: { "multipart-manifest": "put" },
    headers: {
      ...objectHeaders,
      detectContentType: detected,
      /** What the object's ETag will be: the MD5 of its segments' ETags. A cloud without static large objects then refuses it. */
      etag: Schema.optional(Md5),
      ifNoneMatch
    },
    body: ManifestBody,
    // Asks for JSON, in which a refusal lists the segments that are wrong.
    stores: true,
    success: Endpoint.response(StoredObject),
    errors: ["NotFound", "Conflict", "PreconditionFailed", "QuotaExceeded", "Unprocessable"],
    longRunning: true
  }),
  /**
   * The parts of a static large object, in their order. Of any other object it gives the content, and so fails with
   * `MalformedResponse`. "Get object content and metadata", `GET /v1/{account}/{container}/{object}?multipart-manifest=get`.
   */
  getManifest: Endpoint.make("GET", "/{container}/{+object}", {
    parameters: objectPath,
    query: version,
    fixedQuery: { "multipart-manifest": "get" },
    success: Endpoint.json(Schema.Array(ManifestEntry)),
    errors: ["NotFound"]
  }),
  /**
   * Makes a dynamic large object: its content is whatever objects of the segments' container begin with the prefix, in the
   * order of their names, at the time when it is read. "Create a dynamic large object",
   * `PUT /v1/{account}/{container}/{object}` with `X-Object-Manifest`.
   */
  putDynamicManifest: Endpoint.make("PUT", "/{container}/{+object}", {
    parameters: objectPath,
    headers: {
      ...objectHeaders,
      detectContentType: detected,
      ifNoneMatch,
      /** Where its segments are. */
      segments: Schema.propertySignature(SegmentsHeader).pipe(Schema.fromKey("x-object-manifest"))
    },
    stores: true,
    success: Endpoint.headers(StoredObject),
    errors: ["NotFound", "Conflict", "PreconditionFailed", "QuotaExceeded", "Unprocessable"]
  }),
  /**
   * Deletes a static large object and its segments; the response names what failed. "Delete static large object",
   * `DELETE /v1/{account}/{container}/{object}?multipart-manifest=delete`.
   */
  deleteManifest: Endpoint.make("DELETE", "/{container}/{+object}", {
    parameters: objectPath,
    fixedQuery: { "multipart-manifest": "delete" },
    success: Endpoint.json(BulkResult),
    errors: ["NotFound", "Conflict"],
    longRunning: true
  })
})
