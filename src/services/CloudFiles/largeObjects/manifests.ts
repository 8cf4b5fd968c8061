/** Manifests of large objects: models and operations. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../../Endpoint.js"
import { lazy } from "../../../internal/schema/lazy.js"
import { struct } from "../../../internal/schema/struct.js"
import { nullableOptional, Count, Flag, prepared } from "../../../internal/schema/wire.js"
import { BulkResult } from "../bulk/bulk.js"
import { ContainerName, encodedAddress, ObjectName } from "../names.js"
import type { Address, ByContainer } from "../objects/address.js"
import {
  detected,
  ifNoneMatch,
  Md5,
  objectHeaders,
  type ObjectHeaders,
  objectPath,
  StoredObject,
  version
} from "../objects/requests.js"

/**
 * A part of a static large object to store: an object (which may itself be a static large object), or a range of one.
 */
export interface Segment {
  /** `/container/object`, not encoded. */
  readonly path: string
  /** The object's ETag, without quotation marks. */
  readonly etag: string
  /** The size of the object. */
  readonly bytes: number
  /** The byte range of the object to use: `0-99`. Not every cloud supports it. */
  readonly range?: string | undefined
}

export const Segment = struct<Segment>(() => ({
  path: Schema.String,
  etag: Schema.String,
  bytes: Schema.propertySignature(Schema.Number).pipe(Schema.fromKey("size_bytes")),
  range: Schema.optional(Schema.String)
}))

/** A part in a stored manifest. Ceph's RADOS Gateway returns the keys of the manifest as it was sent. */
export interface ManifestEntry {
  /** `/container/object`, not encoded. Absent if the manifest itself contains the bytes. */
  readonly name?: string | undefined
  /** The MD5 of the object's content; of a large object, that of its parts' hashes. */
  readonly hash?: string | undefined
  /** The size of the whole object, even with a range. */
  readonly bytes?: number | undefined
  /** The byte range of the object, if only a part is used: `0-99`. */
  readonly range?: string | undefined
  /** Whether it is itself a static large object. */
  readonly isManifest: boolean
  /** Bytes contained in the manifest itself. */
  readonly data?: Uint8Array | undefined
}

const ManifestEntryFields = struct<ManifestEntry>(() => ({
  name: nullableOptional(Schema.String),
  hash: nullableOptional(Schema.String),
  bytes: nullableOptional(Count),
  range: nullableOptional(Schema.String),
  isManifest: Schema.optionalWith(Flag, { nullable: true, default: () => false }).pipe(Schema.fromKey("sub_slo")),
  data: nullableOptional(Schema.Uint8ArrayFromBase64)
}))

// The encoded side accepts any JSON, since clouds name the fields differently.
export const ManifestEntry = prepared(ManifestEntryFields, (wire) => ({
  ...wire,
  name: wire["name"] ?? wire["path"],
  hash: wire["hash"] ?? wire["etag"],
  bytes: wire["bytes"] ?? wire["size_bytes"]
}))

/** The request body is the manifest alone, while the input is flat like every other. */
const ManifestBody = lazy(() =>
  Schema.transform(Schema.Array(Segment), Schema.Struct({ segments: Schema.Array(Schema.typeSchema(Segment)) }), {
    strict: true,
    decode: (segments) => ({ segments }),
    encode: ({ segments }) => segments
  })
)

/**
 * The location of a dynamic large object's segments, percent-encoded for the header. A leading slash of the prefix is
 * encoded too, because the cloud refuses one there.
 */
const SegmentsHeader = lazy(() =>
  Schema.transform(Schema.String, Schema.typeSchema(Schema.Struct({ container: ContainerName, prefix: ObjectName })), {
    strict: true,
    decode: () => ({ container: "", prefix: "" }),
    encode: ({ container, prefix }) => encodedAddress(container, prefix).replace(/^([^/]*)\/\//, "$1/%2F")
  })
)

/** The location of a dynamic large object's segments. */
export interface SegmentLocation extends ByContainer {
  /** The prefix of the segments' names. */
  readonly prefix: string
}

/** Parses the header `X-Object-Manifest`. Undefined if it is invalid. */
export const segmentLocation = (manifest: string): SegmentLocation | undefined => {
  try {
    const text = decodeURIComponent(manifest)
    const slash = text.indexOf("/")
    return slash < 1 ? undefined : { container: text.slice(0, slash), prefix: text.slice(slash + 1) }
  } catch {
    return undefined
  }
}

/** A static large object to create from segments. */
export interface PutManifest extends Address, ObjectHeaders {
  /** The segments, in order. */
  readonly segments: ReadonlyArray<Segment>
  /** Lets the cloud guess the content type from the name. */
  readonly detectContentType?: boolean | undefined
  /** The expected ETag: the MD5 of the segments' ETags. A cloud without static large objects then refuses. */
  readonly etag?: string | undefined
  /** `*` stores it only if no object of this name exists. */
  readonly ifNoneMatch?: "*" | undefined
}

/** A static large object, and optionally a version of it. */
export interface GetManifest extends Address {
  /** The version, in a container with `versionsEnabled`. */
  readonly versionId?: string | undefined
}

/** A dynamic large object to create. */
export interface PutDynamicManifest extends Address, ObjectHeaders {
  /** Lets the cloud guess the content type from the name. */
  readonly detectContentType?: boolean | undefined
  /** `*` stores it only if no object of this name exists. */
  readonly ifNoneMatch?: "*" | undefined
  /** The location of its segments. */
  readonly segments: SegmentLocation
}

/** The operations on manifests of large objects, as data. "Cloud Files API", "Large objects". */
export const manifestEndpoints = Endpoint.table("CloudFiles", {
  /**
   * Creates a static large object from stored segments. Fails with `Unprocessable` if the given ETag does not match the
   * segments. "Create a static large object", `PUT /v1/{account}/{container}/{object}?multipart-manifest=put`.
   */
  putManifest: Endpoint.define<PutManifest>()("PUT", "/{container}/{+object}", {
    parameters: objectPath,
    fixedQuery: { "multipart-manifest": "put" },
    headers: () => ({
      ...objectHeaders(),
      detectContentType: detected(),
      etag: Schema.optional(Md5),
      ifNoneMatch: ifNoneMatch()
    }),
    body: ManifestBody,
    // Requests JSON, in which an error lists the invalid segments.
    stores: true,
    success: Endpoint.response(StoredObject),
    errors: ["NotFound", "Conflict", "PreconditionFailed", "QuotaExceeded", "Unprocessable"],
    longRunning: true
  }),
  /**
   * The parts of a static large object, in order. For any other object the cloud returns its content, and so this fails
   * with `MalformedResponse`. "Get object content and metadata", `GET
   * /v1/{account}/{container}/{object}?multipart-manifest=get`.
   */
  getManifest: Endpoint.define<GetManifest>()("GET", "/{container}/{+object}", {
    parameters: objectPath,
    query: version,
    fixedQuery: { "multipart-manifest": "get" },
    success: Endpoint.json(lazy(() => Schema.Array(ManifestEntry))),
    errors: ["NotFound"]
  }),
  /**
   * Creates a dynamic large object. Its content is that of all objects with the prefix in the segments' container, in
   * the order of their names, at the time of reading. "Create a dynamic large object", `PUT
   * /v1/{account}/{container}/{object}` with `X-Object-Manifest`.
   */
  putDynamicManifest: Endpoint.define<PutDynamicManifest>()("PUT", "/{container}/{+object}", {
    parameters: objectPath,
    headers: () => ({
      ...objectHeaders(),
      detectContentType: detected(),
      ifNoneMatch: ifNoneMatch(),
      segments: Schema.propertySignature(SegmentsHeader).pipe(Schema.fromKey("x-object-manifest"))
    }),
    stores: true,
    success: Endpoint.headers(StoredObject),
    errors: ["NotFound", "Conflict", "PreconditionFailed", "QuotaExceeded", "Unprocessable"]
  }),
  /**
   * Deletes a static large object and its segments; the response lists failures. "Delete static large object", `DELETE
   * /v1/{account}/{container}/{object}?multipart-manifest=delete`.
   */
  deleteManifest: Endpoint.make("DELETE", "/{container}/{+object}", {
    parameters: objectPath,
    fixedQuery: { "multipart-manifest": "delete" },
    success: Endpoint.json(BulkResult),
    errors: ["NotFound", "Conflict"],
    longRunning: true
  })
})
