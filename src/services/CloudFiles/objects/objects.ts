/**
 * Objects: models and operations.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../../Endpoint.js"
import * as Wire from "../../../internal/schema/wire.js"
import { absent, TimestampIfAny } from "../../../internal/schema/wire.js"
import { Count, EpochSeconds, flag, fromHeaders, HttpDate, ifReadable, newest } from "../headers.js"
import { json, pageQuery, Subdirectory } from "../listing.js"
import { ContainerName, decodedText, encodedAddress } from "../names.js"
import { Line } from "../settingValues.js"
import { RangeHeader } from "./byteRange.js"
import { detected, ifNoneMatch, Md5, objectHeaders, objectPath, StoredObject, symlink, version } from "./requests.js"

/**
 * An object in a listing.
 *
 * @since 0.1.0
 * @category models
 */
export const ObjectSummary = Schema.Struct({
  name: Schema.String,
  /** Of a dynamic large object 0: its content is elsewhere. */
  bytes: Wire.Count,
  /** The MD5 of a plain object's content; of a large object's manifest. Some clouds leave it out. */
  hash: Wire.absentIfEmpty,
  /** Some clouds leave it out, or empty. */
  contentType: Wire.absentIfEmpty.pipe(Schema.fromKey("content_type")),
  /** Some clouds leave it out. */
  lastModified: TimestampIfAny.pipe(Schema.fromKey("last_modified")),
  /** Of a symbolic link: `/v1/{account}/{container}/{object}` of its target, percent-encoded. */
  symlinkPath: absent(Schema.String).pipe(Schema.fromKey("symlink_path")),
  /** Of a symbolic link to one version of its target: the ETag that the target must have. */
  symlinkEtag: absent(Schema.String).pipe(Schema.fromKey("symlink_etag")),
  /** Of a symbolic link to one version of its target: the target's size. The link itself has 0 bytes. */
  symlinkBytes: absent(Wire.Count).pipe(Schema.fromKey("symlink_bytes")),
  /** Of a static large object: its ETag, in quotation marks. Not every cloud returns it. */
  sloEtag: absent(Schema.String).pipe(Schema.fromKey("slo_etag"))
})

/**
 * An object in a listing.
 *
 * @since 0.1.0
 * @category models
 */
export interface ObjectSummary extends Schema.Schema.Type<typeof ObjectSummary> {}

const AccountName: Schema.Schema<string, string> = Schema.transform(Schema.String, Schema.String, {
  strict: true,
  decode: decodedText,
  encode: encodeURIComponent
})

/** `container/object`, percent-encoded, as in the header of a symbolic link. */
const SymlinkAddress = Schema.transform(
  Schema.String,
  Schema.Struct({ container: Schema.String, object: Schema.String }),
  {
    strict: true,
    decode: (text) => {
      const [container = "", ...object] = decodedText(text).replace(/^\//, "").split("/")
      return { container, object: object.join("/") }
    },
    encode: ({ container, object }) => encodedAddress(container, object)
  }
)

const quoted = (etag: string): boolean => etag.startsWith('"')

/**
 * An object, by its own headers.
 *
 * @since 0.1.0
 * @category models
 */
export const ObjectInfo = fromHeaders(
  "x-object-meta-",
  {
    /** Of the response's body: the whole object, or the range that was asked for. Absent where the cloud does not know it. */
    bytes: absent(Count).pipe(Schema.fromKey("content-length")),
    contentType: absent(Schema.String).pipe(Schema.fromKey("content-type")),
    /** As the cloud writes it: a plain object's MD5, or in quotation marks that of a large object's parts. */
    etag: Wire.absentIfEmpty,
    /** With second resolution. */
    lastModified: ifReadable(HttpDate).pipe(Schema.fromKey("last-modified")),
    contentEncoding: absent(Schema.String).pipe(Schema.fromKey("content-encoding")),
    contentDisposition: absent(Schema.String).pipe(Schema.fromKey("content-disposition")),
    contentLanguage: absent(Schema.String).pipe(Schema.fromKey("content-language")),
    cacheControl: absent(Schema.String).pipe(Schema.fromKey("cache-control")),
    /** Further headers that are stored with it, by their names in lower case: `expires`, `access-control-allow-origin`. */
    headers: Schema.propertySignature(Schema.Record({ key: Schema.String, value: Schema.String })).pipe(
      Schema.fromKey(":further")
    ),
    contentRange: absent(Schema.String).pipe(Schema.fromKey("content-range")),
    /** When it expires. */
    deleteAt: ifReadable(EpochSeconds).pipe(Schema.fromKey("x-delete-at")),
    /** Of a dynamic large object: where its segments are, percent-encoded. */
    manifest: absent(Schema.String).pipe(Schema.fromKey("x-object-manifest")),
    isStaticLargeObject: flag.pipe(Schema.fromKey("x-static-large-object")),
    /** Which version it is, of a container that keeps versions under ids. */
    versionId: absent(Schema.String).pipe(Schema.fromKey("x-object-version-id")),
    /** Of a symbolic link that was read itself (`symlink: "link"`): where it leads. */
    symlinkTarget: absent(SymlinkAddress).pipe(Schema.fromKey("x-symlink-target")),
    /** Of a symbolic link that was read itself: the account of its target. Absent where it is the link's own. */
    symlinkTargetAccount: absent(AccountName).pipe(Schema.fromKey("x-symlink-target-account")),
    /** Of a symbolic link to one version of its target: the ETag that the target must have. */
    symlinkTargetEtag: absent(Schema.String).pipe(Schema.fromKey("x-symlink-target-etag")),
    /** Where a symbolic link was followed: `/v1/{account}/{container}/{object}` of what was read, percent-encoded. */
    contentLocation: absent(Schema.String).pipe(Schema.fromKey("content-location")),
    status: Schema.propertySignature(Count).pipe(Schema.fromKey(":status"))
  },
  new Map(),
  true
)

/**
 * An object, by its own headers.
 *
 * @since 0.1.0
 * @category models
 */
export interface ObjectInfo extends Schema.Schema.Type<typeof ObjectInfo> {}

/**
 * The MD5 of an object's content, as 32 lower-case hex digits, where its headers have it: not for large objects.
 *
 * @since 0.1.0
 * @category accessors
 */
export const md5Of = (object: ObjectInfo): string | undefined =>
  object.etag === undefined ||
  quoted(object.etag) ||
  object.isStaticLargeObject ||
  object.manifest !== undefined ||
  !/^[0-9a-f]{32}$/i.test(object.etag)
    ? undefined
    : object.etag.toLowerCase()

/** An object, or none where the cloud says 304. */
const IfChanged = Schema.transform(
  Schema.Union(Schema.Struct({ ":status": Schema.Literal("304") }), ObjectInfo),
  Schema.OptionFromSelf(Schema.typeSchema(ObjectInfo)),
  {
    strict: true,
    decode: (found) => (":status" in found ? Option.none() : Option.some(found)),
    encode: Option.getOrElse(() => ({ ":status": "304" as const }))
  }
)

/** The operations on objects, as data. "Cloud Files API", "Object services". */
export const objectEndpoints = Endpoint.table("CloudFiles", {
  /**
   * Objects in the byte order of their names, a page of them; with a delimiter, subdirectories among them. Fails with
   * `NotFound` where there is no such container, and with `PreconditionFailed` where the limit is larger than the cloud
   * allows. "Show container details and list objects", `GET /v1/{account}/{container}`.
   */
  listObjectsPage: Endpoint.make("GET", "/{container}", {
    parameters: { container: ContainerName },
    query: pageQuery,
    fixedQuery: json,
    success: Endpoint.items(Schema.Union(ObjectSummary, Subdirectory)),
    errors: ["NotFound", "PreconditionFailed"]
  }),
  /**
   * Stores an object in one request; `upload` uses it. "Create or replace object",
   * `PUT /v1/{account}/{container}/{object}`.
   */
  putObject: Endpoint.withRawBody(
    Endpoint.make("PUT", "/{container}/{+object}", {
      parameters: objectPath,
      headers: {
        ...objectHeaders,
        /** Lets the cloud guess the content type from the name. */
        detectContentType: detected,
        /** What the content's MD5 must be for the cloud to take it. */
        md5: Schema.optional(Md5).pipe(Schema.fromKey("etag")),
        /** `*` stores it only where no object bears the name. */
        ifNoneMatch
      },
      stores: true,
      success: Endpoint.headers(StoredObject),
      errors: ["NotFound", "Conflict", "PreconditionFailed", "QuotaExceeded", "Unprocessable"]
    })
  ),
  /** An object's headers. Fails with `NotFound`. "Show object metadata", `HEAD /v1/{account}/{container}/{object}`. */
  getObjectInfo: Endpoint.make("HEAD", "/{container}/{+object}", {
    parameters: objectPath,
    query: {
      ...version,
      /** What is read where it is a symbolic link: its target (default), or the link itself. */
      symlink
    },
    headers: { newest },
    success: Endpoint.headers(ObjectInfo),
    errors: ["NotFound"]
  }),
  /**
   * An object's headers, if it has changed, and none if it has not: if its ETag is none of `ifNoneMatch`, and it was written
   * after `ifModifiedSince` (to the second). Fails with `NotFound`. "Show object metadata" with `If-None-Match` or
   * `If-Modified-Since`, `HEAD /v1/{account}/{container}/{object}`; the cloud returns 304 for none.
   */
  getObjectInfoIfChanged: Endpoint.make("HEAD", "/{container}/{+object}", {
    parameters: objectPath,
    query: {
      /** What is read where it is a symbolic link: its target (default), or the link itself. */
      symlink
    },
    headers: {
      /** The ETag that is known, as the cloud wrote it. */
      ifNoneMatch: Schema.optional(Line).pipe(Schema.fromKey("if-none-match")),
      ifModifiedSince: Schema.optional(HttpDate).pipe(Schema.fromKey("if-modified-since")),
      newest
    },
    accepts: [304],
    success: Endpoint.headers(IfChanged),
    errors: ["NotFound"]
  }),
  /**
   * An object's headers and content, unverified; `download` uses it. "Get object content and metadata",
   * `GET /v1/{account}/{container}/{object}`.
   */
  getObject: Endpoint.make("GET", "/{container}/{+object}", {
    parameters: objectPath,
    query: {
      ...version,
      /** What is read where it is a symbolic link: its target (default), or the link itself. */
      symlink
    },
    headers: {
      range: Schema.optional(RangeHeader),
      newest,
      /** The ETag that the object must still have. */
      ifMatch: Schema.optional(Line).pipe(Schema.fromKey("if-match"))
    },
    success: Endpoint.stream(ObjectInfo),
    errors: ["NotFound", "PreconditionFailed", "RangeNotSatisfiable"]
  }),
  /**
   * Replaces all metadata of an object, its encoding, disposition and expiry included: headers that are not named are removed. See
   * `updateObjectMetadata`, which keeps it. Fails with `NotFound`. "Create or update object metadata",
   * `POST /v1/{account}/{container}/{object}`.
   */
  replaceObjectMetadata: Endpoint.make("POST", "/{container}/{+object}", {
    parameters: objectPath,
    headers: {
      ...objectHeaders,
      /** Lets the cloud guess the content type from the name. */
      detectContentType: detected,
      /** Of a dynamic large object; without it the object is cut off from its segments. */
      manifest: Schema.optional(Line).pipe(Schema.fromKey("x-object-manifest"))
    },
    errors: ["NotFound"],
    idempotent: true
  }),
  /**
   * Deletes an object. Of a large object only the manifest goes; see `deleteLargeObject`. Fails with `NotFound`. "Delete
   * object", `DELETE /v1/{account}/{container}/{object}`.
   */
  deleteObject: Endpoint.make("DELETE", "/{container}/{+object}", {
    parameters: objectPath,
    errors: ["NotFound", "Conflict"]
  })
})
