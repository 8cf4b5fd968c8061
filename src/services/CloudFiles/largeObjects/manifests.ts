/** Manifests of large objects: models and operations. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../../Endpoint.js"
import { struct } from "../../../internal/schema/struct.js"
import { nullableOptional, Count, Flag } from "../../../internal/schema/wire.js"
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
 * A part of a static large object, as it is put: an object (which may be a static large object itself), or a range of one.
 */
export interface Segment {
  /** `/container/object`, as it is, not encoded. */
  readonly path: string
  /** The object's ETag, without quotation marks. */
  readonly etag: string
  /** The size of the object. */
  readonly bytes: number
  /** Which bytes of it: `0-99`. Not every cloud takes it. */
  readonly range?: string | undefined
}

export const Segment = struct<Segment>({
  path: Schema.String,
  etag: Schema.String,
  bytes: Schema.propertySignature(Schema.Number).pipe(Schema.fromKey("size_bytes")),
  range: Schema.optional(Schema.String)
})

/**
 * A part of a static large object, as its manifest is read. Ceph's RADOS Gateway gives the manifest in the keys in which it was
 * put.
 */
export interface ManifestEntry {
  /** `/container/object`, as it is, not encoded. Absent where the manifest itself holds the bytes. */
  readonly name?: string | undefined
  /** The MD5 of the object's content; of a large object that of its own parts' hashes. */
  readonly hash?: string | undefined
  /** The size of the object, whatever the range. */
  readonly bytes?: number | undefined
  /** Which bytes of it, where not all: `0-99`. */
  readonly range?: string | undefined
  /** Whether it is a static large object itself. */
  readonly isManifest: boolean
  /** Bytes that the manifest itself holds. */
  readonly data?: Uint8Array | undefined
}

const ManifestEntryFields = struct<ManifestEntry>({
  name: nullableOptional(Schema.String),
  hash: nullableOptional(Schema.String),
  bytes: nullableOptional(Count),
  range: nullableOptional(Schema.String),
  isManifest: Schema.optionalWith(Flag, { nullable: true, default: () => false }).pipe(Schema.fromKey("sub_slo")),
  data: nullableOptional(Schema.Uint8ArrayFromBase64)
})

// The wire form is left open, since clouds name the fields differently.
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

/** Where the segments of a dynamic large object are. */
export interface SegmentLocation extends ByContainer {
  /** What the names of the segments begin with. */
  readonly prefix: string
}

/** Reads the header `X-Object-Manifest`. Undefined where it cannot be read. */
export const segmentLocation = (manifest: string): SegmentLocation | undefined => {
  try {
    const text = decodeURIComponent(manifest)
    const slash = text.indexOf("/")
    return slash < 1 ? undefined : { container: text.slice(0, slash), prefix: text.slice(slash + 1) }
  } catch {
    return undefined
  }
}

/** A static large object to make of segments. */
export interface PutManifest extends Address, ObjectHeaders {
  /** The segments, in their order. */
  readonly segments: ReadonlyArray<Segment>
  /** Lets the cloud guess the content type from the name. */
  readonly detectContentType?: boolean | undefined
  /** What the object's ETag will be: the MD5 of its segments' ETags. A cloud without static large objects then refuses it. */
  readonly etag?: string | undefined
  /** `*` stores it only where no object bears the name. */
  readonly ifNoneMatch?: "*" | undefined
}

/** A static large object, and which version of it. */
export interface GetManifest extends Address {
  /** Which version is meant, of a container with `versionsEnabled`. */
  readonly versionId?: string | undefined
}

/** A dynamic large object to make. */
export interface PutDynamicManifest extends Address, ObjectHeaders {
  /** Lets the cloud guess the content type from the name. */
  readonly detectContentType?: boolean | undefined
  /** `*` stores it only where no object bears the name. */
  readonly ifNoneMatch?: "*" | undefined
  /** Where its segments are. */
  readonly segments: SegmentLocation
}

/** The operations on manifests of large objects, as data. "Cloud Files API", "Large objects". */
export const manifestEndpoints = Endpoint.table("CloudFiles", {
  /**
   * Makes a static large object of segments that are stored already. Fails with `Unprocessable` where the ETag that is given
   * is not that of the segments. "Create a static large object",
   * `PUT /v1/{account}/{container}/{object}?multipart-manifest=put`.
   */
  putManifest: Endpoint.define<PutManifest>()("PUT", "/{container}/{+object}", {
    parameters: objectPath,
    fixedQuery: { "multipart-manifest": "put" },
    headers: {
      ...objectHeaders,
      detectContentType: detected,
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
  getManifest: Endpoint.define<GetManifest>()("GET", "/{container}/{+object}", {
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
  putDynamicManifest: Endpoint.define<PutDynamicManifest>()("PUT", "/{container}/{+object}", {
    parameters: objectPath,
    headers: {
      ...objectHeaders,
      detectContentType: detected,
      ifNoneMatch,
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
