/** Objects: models and operations. */
import type * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../../Endpoint.js"
import { struct } from "../../../internal/schema/struct.js"
import * as Wire from "../../../internal/schema/wire.js"
import { nullableOptional, TimestampIfAny } from "../../../internal/schema/wire.js"
import { Count, EpochSeconds, flag, fromHeaders, HttpDate, ifReadable, newest } from "../headers.js"
import { json, type NameRange, type NamesPage, pageQuery, type PageSize, Subdirectory } from "../listing.js"
import { ContainerName, decodedText, encodedAddress } from "../names.js"
import { Line } from "../settingValues.js"
import type { Address, ByContainer } from "./address.js"
import { type ByteRange, RangeHeader } from "./byteRange.js"
import {
  detected,
  ifNoneMatch,
  Md5,
  objectHeaders,
  type ObjectHeaders,
  objectPath,
  StoredObject,
  symlink,
  version
} from "./requests.js"

/** An object in a listing. */
export interface ObjectSummary {
  readonly name: string
  /** Of a dynamic large object 0: its content is elsewhere. */
  readonly bytes: number
  /** The MD5 of a plain object's content; of a large object's manifest. Some clouds leave it out. */
  readonly hash?: string | undefined
  /** Some clouds leave it out, or empty. */
  readonly contentType?: string | undefined
  /** Some clouds leave it out. */
  readonly lastModified?: DateTime.Utc | undefined
  /** Of a symbolic link: `/v1/{account}/{container}/{object}` of its target, percent-encoded. */
  readonly symlinkPath?: string | undefined
  /** Of a symbolic link to one version of its target: the ETag that the target must have. */
  readonly symlinkEtag?: string | undefined
  /** Of a symbolic link to one version of its target: the target's size. The link itself has 0 bytes. */
  readonly symlinkBytes?: number | undefined
  /** Of a static large object: its ETag, in quotation marks. Not every cloud returns it. */
  readonly sloEtag?: string | undefined
}

export const ObjectSummary = struct<ObjectSummary>({
  name: Schema.String,
  bytes: Wire.Count,
  hash: Wire.absentIfEmpty,
  contentType: Wire.absentIfEmpty.pipe(Schema.fromKey("content_type")),
  lastModified: TimestampIfAny.pipe(Schema.fromKey("last_modified")),
  symlinkPath: nullableOptional(Schema.String).pipe(Schema.fromKey("symlink_path")),
  symlinkEtag: nullableOptional(Schema.String).pipe(Schema.fromKey("symlink_etag")),
  symlinkBytes: nullableOptional(Wire.Count).pipe(Schema.fromKey("symlink_bytes")),
  sloEtag: nullableOptional(Schema.String).pipe(Schema.fromKey("slo_etag"))
})

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

/** An object, by its own headers. */
export interface ObjectInfo {
  readonly metadata: Readonly<Record<string, string>>
  /** Of the response's body: the whole object, or the range that was asked for. Absent where the cloud does not know it. */
  readonly bytes?: number | undefined
  readonly contentType?: string | undefined
  /** As the cloud writes it: a plain object's MD5, or in quotation marks that of a large object's parts. */
  readonly etag?: string | undefined
  /** With second resolution. */
  readonly lastModified?: DateTime.Utc | undefined
  readonly contentEncoding?: string | undefined
  readonly contentDisposition?: string | undefined
  readonly contentLanguage?: string | undefined
  readonly cacheControl?: string | undefined
  /** Further headers that are stored with it, by their names in lower case: `expires`, `access-control-allow-origin`. */
  readonly headers: Readonly<Record<string, string>>
  readonly contentRange?: string | undefined
  /** When it expires. */
  readonly deleteAt?: DateTime.Utc | undefined
  /** Of a dynamic large object: where its segments are, percent-encoded. */
  readonly manifest?: string | undefined
  readonly isStaticLargeObject: boolean
  /** Which version it is, of a container that keeps versions under ids. */
  readonly versionId?: string | undefined
  /** Of a symbolic link that was read itself (`symlink: "link"`): where it leads. */
  readonly symlinkTarget?: Address | undefined
  /** Of a symbolic link that was read itself: the account of its target. Absent where it is the link's own. */
  readonly symlinkTargetAccount?: string | undefined
  /** Of a symbolic link to one version of its target: the ETag that the target must have. */
  readonly symlinkTargetEtag?: string | undefined
  /** Where a symbolic link was followed: `/v1/{account}/{container}/{object}` of what was read, percent-encoded. */
  readonly contentLocation?: string | undefined
  readonly status: number
}

export const ObjectInfo = fromHeaders<ObjectInfo>(
  "x-object-meta-",
  {
    bytes: nullableOptional(Count).pipe(Schema.fromKey("content-length")),
    contentType: nullableOptional(Schema.String).pipe(Schema.fromKey("content-type")),
    etag: Wire.absentIfEmpty,
    lastModified: ifReadable(HttpDate).pipe(Schema.fromKey("last-modified")),
    contentEncoding: nullableOptional(Schema.String).pipe(Schema.fromKey("content-encoding")),
    contentDisposition: nullableOptional(Schema.String).pipe(Schema.fromKey("content-disposition")),
    contentLanguage: nullableOptional(Schema.String).pipe(Schema.fromKey("content-language")),
    cacheControl: nullableOptional(Schema.String).pipe(Schema.fromKey("cache-control")),
    headers: Schema.propertySignature(Schema.Record({ key: Schema.String, value: Schema.String })).pipe(
      Schema.fromKey(":further")
    ),
    contentRange: nullableOptional(Schema.String).pipe(Schema.fromKey("content-range")),
    deleteAt: ifReadable(EpochSeconds).pipe(Schema.fromKey("x-delete-at")),
    manifest: nullableOptional(Schema.String).pipe(Schema.fromKey("x-object-manifest")),
    isStaticLargeObject: flag.pipe(Schema.fromKey("x-static-large-object")),
    versionId: nullableOptional(Schema.String).pipe(Schema.fromKey("x-object-version-id")),
    symlinkTarget: nullableOptional(SymlinkAddress).pipe(Schema.fromKey("x-symlink-target")),
    symlinkTargetAccount: nullableOptional(AccountName).pipe(Schema.fromKey("x-symlink-target-account")),
    symlinkTargetEtag: nullableOptional(Schema.String).pipe(Schema.fromKey("x-symlink-target-etag")),
    contentLocation: nullableOptional(Schema.String).pipe(Schema.fromKey("content-location")),
    status: Schema.propertySignature(Count).pipe(Schema.fromKey(":status"))
  },
  new Map(),
  true
)

/** The MD5 of an object's content, as 32 lower-case hex digits, where its headers have it: not for large objects. */
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

/** A page of the objects of a container. */
export interface ListObjectsPage extends ByContainer, NamesPage {}

/** Which objects of a container are listed. */
export interface ListObjects extends ByContainer, NameRange, PageSize {}

/** Which objects of a container are listed, as one level of their names. */
export interface ListLevel extends ListObjects {
  /** Names that contain this after the prefix are listed as one {@link Subdirectory} for each common beginning. Default `/`. */
  readonly delimiter?: string | undefined
}

/** An object to store in one request. */
export interface PutObject extends Address, ObjectHeaders {
  /** Lets the cloud guess the content type from the name. */
  readonly detectContentType?: boolean | undefined
  /** What the content's MD5 must be for the cloud to take it. */
  readonly md5?: string | undefined
  /** `*` stores it only where no object bears the name. */
  readonly ifNoneMatch?: "*" | undefined
}

/** An object, and how to read it. */
export interface GetObjectInfo extends Address {
  /** What is read where it is a symbolic link: its target (default), or the link itself. */
  readonly symlink?: "link" | "target" | undefined
  /** Makes the cloud compare all replicas, so that the newest one is read; slower. */
  readonly newest?: boolean | undefined
  /** Which version is meant, of a container with `versionsEnabled`. */
  readonly versionId?: string | undefined
}

/** An object, and how it is known. */
export interface GetObjectInfoIfChanged extends Address {
  /** What is read where it is a symbolic link: its target (default), or the link itself. */
  readonly symlink?: "link" | "target" | undefined
  /** The ETag that is known, as the cloud wrote it. */
  readonly ifNoneMatch?: string | undefined
  /** When the object was stored as it is known, to the second. */
  readonly ifModifiedSince?: DateTime.Utc | undefined
  /** Makes the cloud compare all replicas, so that the newest one is read; slower. */
  readonly newest?: boolean | undefined
}

/** An object, and which part of it to read. */
export interface GetObject extends GetObjectInfo {
  /** Which bytes to read. */
  readonly range?: ByteRange | undefined
  /** The ETag that the object must still have. */
  readonly ifMatch?: string | undefined
}

/** All metadata and headers that an object is to have. */
export interface ReplaceObjectMetadata extends Address, ObjectHeaders {
  /** Lets the cloud guess the content type from the name. */
  readonly detectContentType?: boolean | undefined
  /** Of a dynamic large object; without it the object is cut off from its segments. */
  readonly manifest?: string | undefined
}

/** The operations on objects, as data. "Cloud Files API", "Object services". */
export const objectEndpoints = Endpoint.table("CloudFiles", {
  /**
   * Objects in the byte order of their names, a page of them; with a delimiter, subdirectories among them. Fails with
   * `NotFound` where there is no such container, and with `PreconditionFailed` where the limit is larger than the cloud
   * allows. "Show container details and list objects", `GET /v1/{account}/{container}`.
   */
  listObjectsPage: Endpoint.define<ListObjectsPage>()("GET", "/{container}", {
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
    Endpoint.define<PutObject>()("PUT", "/{container}/{+object}", {
      parameters: objectPath,
      headers: {
        ...objectHeaders,
        detectContentType: detected,
        md5: Schema.optional(Md5).pipe(Schema.fromKey("etag")),
        ifNoneMatch
      },
      stores: true,
      success: Endpoint.headers(StoredObject),
      errors: ["NotFound", "Conflict", "PreconditionFailed", "QuotaExceeded", "Unprocessable"]
    })
  ),
  /** An object's headers. Fails with `NotFound`. "Show object metadata", `HEAD /v1/{account}/{container}/{object}`. */
  getObjectInfo: Endpoint.define<GetObjectInfo>()("HEAD", "/{container}/{+object}", {
    parameters: objectPath,
    query: {
      ...version,
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
  getObjectInfoIfChanged: Endpoint.define<GetObjectInfoIfChanged>()("HEAD", "/{container}/{+object}", {
    parameters: objectPath,
    query: {
      symlink
    },
    headers: {
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
  getObject: Endpoint.define<GetObject>()("GET", "/{container}/{+object}", {
    parameters: objectPath,
    query: {
      ...version,
      symlink
    },
    headers: {
      range: Schema.optional(RangeHeader),
      newest,
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
  replaceObjectMetadata: Endpoint.define<ReplaceObjectMetadata>()("POST", "/{container}/{+object}", {
    parameters: objectPath,
    headers: {
      ...objectHeaders,
      detectContentType: detected,
      manifest: Schema.optional(Line).pipe(Schema.fromKey("x-object-manifest"))
    },
    errors: ["NotFound"],
    idempotent: true
  }),
  /**
   * Deletes an object. Of a large object only the manifest goes; see `deleteLargeObject`. Fails with `NotFound`. "Delete
   * object", `DELETE /v1/{account}/{container}/{object}`.
   */
  deleteObject: Endpoint.define<Address>()("DELETE", "/{container}/{+object}", {
    parameters: objectPath,
    errors: ["NotFound", "Conflict"]
  })
})
