/** Objects: models and operations. */
import type * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../../Endpoint.js"
import { lazy } from "../../../internal/schema/lazy.js"
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
  /** 0 for a dynamic large object, since its content is elsewhere. */
  readonly bytes: number
  /** The MD5 of a plain object's content; of a large object's manifest. Some clouds leave it out. */
  readonly hash?: string | undefined
  /** Some clouds leave it out or empty. */
  readonly contentType?: string | undefined
  /** Some clouds leave it out. */
  readonly lastModified?: DateTime.Utc | undefined
  /** The target of a symbolic link: `/v1/{account}/{container}/{object}`, percent-encoded. */
  readonly symlinkPath?: string | undefined
  /** The ETag that the target must have, for a symbolic link to one version of it. */
  readonly symlinkEtag?: string | undefined
  /** The size of the target, for a symbolic link to one version of it. The link itself has 0 bytes. */
  readonly symlinkBytes?: number | undefined
  /** The ETag of a static large object, in quotation marks. Not every cloud returns it. */
  readonly sloEtag?: string | undefined
}

export const ObjectSummary = struct<ObjectSummary>(() => ({
  name: Schema.String,
  bytes: Wire.Count,
  hash: Wire.absentIfEmpty,
  contentType: Wire.absentIfEmpty.pipe(Schema.fromKey("content_type")),
  lastModified: TimestampIfAny.pipe(Schema.fromKey("last_modified")),
  symlinkPath: nullableOptional(Schema.String).pipe(Schema.fromKey("symlink_path")),
  symlinkEtag: nullableOptional(Schema.String).pipe(Schema.fromKey("symlink_etag")),
  symlinkBytes: nullableOptional(Wire.Count).pipe(Schema.fromKey("symlink_bytes")),
  sloEtag: nullableOptional(Schema.String).pipe(Schema.fromKey("slo_etag"))
}))

const AccountName: Schema.Schema<string, string> = lazy(() =>
  Schema.transform(Schema.String, Schema.String, {
    strict: true,
    decode: decodedText,
    encode: encodeURIComponent
  })
)

/** `container/object`, percent-encoded, as in the header of a symbolic link. */
const SymlinkAddress = lazy(() =>
  Schema.transform(Schema.String, Schema.Struct({ container: Schema.String, object: Schema.String }), {
    strict: true,
    decode: (text) => {
      const [container = "", ...object] = decodedText(text).replace(/^\//, "").split("/")
      return { container, object: object.join("/") }
    },
    encode: ({ container, object }) => encodedAddress(container, object)
  })
)

const quoted = (etag: string): boolean => etag.startsWith('"')

/** The headers of an object. */
export interface ObjectInfo {
  readonly metadata: Readonly<Record<string, string>>
  /**
   * The size of the response body: of the whole object or the requested range. Absent if the cloud does not know it.
   */
  readonly bytes?: number | undefined
  readonly contentType?: string | undefined
  /** As sent by the cloud: the MD5 of a plain object, or in quotation marks a digest of a large object's parts. */
  readonly etag?: string | undefined
  /** Whole seconds. */
  readonly lastModified?: DateTime.Utc | undefined
  readonly contentEncoding?: string | undefined
  readonly contentDisposition?: string | undefined
  readonly contentLanguage?: string | undefined
  readonly cacheControl?: string | undefined
  /** Further headers stored with it, by name in lower case: `expires`, `access-control-allow-origin`. */
  readonly headers: Readonly<Record<string, string>>
  readonly contentRange?: string | undefined
  /** When it expires. */
  readonly deleteAt?: DateTime.Utc | undefined
  /** The percent-encoded location of a dynamic large object's segments. */
  readonly manifest?: string | undefined
  readonly isStaticLargeObject: boolean
  /** The version id, in a container that keeps versions under ids. */
  readonly versionId?: string | undefined
  /** The target of a symbolic link that was read itself (`symlink: "link"`). */
  readonly symlinkTarget?: Address | undefined
  /** The target's account, for a symbolic link that was read itself. Absent if it is the link's own. */
  readonly symlinkTargetAccount?: string | undefined
  /** The ETag that the target must have, for a symbolic link to one version of it. */
  readonly symlinkTargetEtag?: string | undefined
  /** The object that was read by following a symbolic link: `/v1/{account}/{container}/{object}`, percent-encoded. */
  readonly contentLocation?: string | undefined
  readonly status: number
}

export const ObjectInfo = lazy(() =>
  fromHeaders<ObjectInfo>(
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
      isStaticLargeObject: flag().pipe(Schema.fromKey("x-static-large-object")),
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
)

/** The MD5 of an object's content, as 32 lower-case hex digits. Undefined for large objects, or if unknown. */
export const md5Of = (object: ObjectInfo): string | undefined =>
  object.etag === undefined ||
  quoted(object.etag) ||
  object.isStaticLargeObject ||
  object.manifest !== undefined ||
  !/^[0-9a-f]{32}$/i.test(object.etag)
    ? undefined
    : object.etag.toLowerCase()

/** An object, or none if the cloud answers 304. */
const IfChanged = lazy(() =>
  Schema.transform(
    Schema.Union(Schema.Struct({ ":status": Schema.Literal("304") }), ObjectInfo),
    Schema.OptionFromSelf(Schema.typeSchema(ObjectInfo)),
    {
      strict: true,
      decode: (found) => (":status" in found ? Option.none() : Option.some(found)),
      encode: Option.getOrElse(() => ({ ":status": "304" as const }))
    }
  )
)

/** A page of a container's objects. */
export interface ListObjectsPage extends ByContainer, NamesPage {}

/** Which objects of a container to list. */
export interface ListObjects extends ByContainer, NameRange, PageSize {}

/** Which objects of a container to list, grouped by a delimiter. */
export interface ListLevel extends ListObjects {
  /**
   * Names that contain this after the prefix are grouped as one {@link Subdirectory} per common prefix. Default `/`.
   */
  readonly delimiter?: string | undefined
}

/** An object to store in one request. */
export interface PutObject extends Address, ObjectHeaders {
  /** Lets the cloud guess the content type from the name. */
  readonly detectContentType?: boolean | undefined
  /** The MD5 that the content must have for the cloud to accept it. */
  readonly md5?: string | undefined
  /** `*` stores it only if no object of this name exists. */
  readonly ifNoneMatch?: "*" | undefined
}

/** An object, and how to read it. */
export interface GetObjectInfo extends Address {
  /** For a symbolic link: reads its target (default), or the link itself. */
  readonly symlink?: "link" | "target" | undefined
  /** Makes the cloud compare all replicas to read the newest one; slower. */
  readonly newest?: boolean | undefined
  /** The version, in a container with `versionsEnabled`. */
  readonly versionId?: string | undefined
}

/** An object, and the state that is already known. */
export interface GetObjectInfoIfChanged extends Address {
  /** For a symbolic link: reads its target (default), or the link itself. */
  readonly symlink?: "link" | "target" | undefined
  /** The known ETag, as sent by the cloud. */
  readonly ifNoneMatch?: string | undefined
  /** The known modification time, in whole seconds. */
  readonly ifModifiedSince?: DateTime.Utc | undefined
  /** Makes the cloud compare all replicas to read the newest one; slower. */
  readonly newest?: boolean | undefined
}

/** An object, and the part of it to read. */
export interface GetObject extends GetObjectInfo {
  /** Which bytes to read. */
  readonly range?: ByteRange | undefined
  /** The ETag that the object must still have. */
  readonly ifMatch?: string | undefined
}

/** All metadata and headers of an object. */
export interface ReplaceObjectMetadata extends Address, ObjectHeaders {
  /** Lets the cloud guess the content type from the name. */
  readonly detectContentType?: boolean | undefined
  /** The segments of a dynamic large object. Without it the object loses its segments. */
  readonly manifest?: string | undefined
}

/** The operations on objects, as data. "Cloud Files API", "Object services". */
export const objectEndpoints = Endpoint.table("CloudFiles", {
  /**
   * A page of a container's objects, sorted by the bytes of their names; with a delimiter, subdirectories among them.
   * Fails with `NotFound` if the container does not exist, and with `PreconditionFailed` if the limit exceeds the
   * cloud's maximum. "Show container details and list objects", `GET /v1/{account}/{container}`.
   */
  listObjectsPage: Endpoint.define<ListObjectsPage>()("GET", "/{container}", {
    parameters: { container: ContainerName },
    query: pageQuery,
    fixedQuery: json,
    success: Endpoint.items(lazy(() => Schema.Union(ObjectSummary, Subdirectory))),
    errors: ["NotFound", "PreconditionFailed"]
  }),
  /**
   * Stores an object in one request; `upload` uses it. "Create or replace object",
   * `PUT /v1/{account}/{container}/{object}`.
   */
  putObject: Endpoint.withRawBody(
    Endpoint.define<PutObject>()("PUT", "/{container}/{+object}", {
      parameters: objectPath,
      headers: () => ({
        ...objectHeaders(),
        detectContentType: detected(),
        md5: Schema.optional(Md5).pipe(Schema.fromKey("etag")),
        ifNoneMatch: ifNoneMatch()
      }),
      stores: true,
      success: Endpoint.headers(StoredObject),
      errors: ["NotFound", "Conflict", "PreconditionFailed", "QuotaExceeded", "Unprocessable"]
    })
  ),
  /** An object's headers. Fails with `NotFound`. "Show object metadata", `HEAD /v1/{account}/{container}/{object}`. */
  getObjectInfo: Endpoint.define<GetObjectInfo>()("HEAD", "/{container}/{+object}", {
    parameters: objectPath,
    query: () => ({
      ...version(),
      symlink: symlink()
    }),
    headers: () => ({ newest: newest() }),
    success: Endpoint.headers(ObjectInfo),
    errors: ["NotFound"]
  }),
  /**
   * An object's headers if it has changed, otherwise none. It has changed if its ETag differs from `ifNoneMatch`, and
   * it was written after `ifModifiedSince` (in whole seconds). Fails with `NotFound`. "Show object metadata" with
   * `If-None-Match` or `If-Modified-Since`, `HEAD /v1/{account}/{container}/{object}`; the cloud returns 304 if
   * unchanged.
   */
  getObjectInfoIfChanged: Endpoint.define<GetObjectInfoIfChanged>()("HEAD", "/{container}/{+object}", {
    parameters: objectPath,
    query: () => ({
      symlink: symlink()
    }),
    headers: () => ({
      ifNoneMatch: Schema.optional(Line).pipe(Schema.fromKey("if-none-match")),
      ifModifiedSince: Schema.optional(HttpDate).pipe(Schema.fromKey("if-modified-since")),
      newest: newest()
    }),
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
    query: () => ({
      ...version(),
      symlink: symlink()
    }),
    headers: () => ({
      range: Schema.optional(RangeHeader),
      newest: newest(),
      ifMatch: Schema.optional(Line).pipe(Schema.fromKey("if-match"))
    }),
    success: Endpoint.stream(ObjectInfo),
    errors: ["NotFound", "PreconditionFailed", "RangeNotSatisfiable"]
  }),
  /**
   * Replaces all metadata of an object, including encoding, disposition and expiry: headers that are not given are
   * removed. `updateObjectMetadata` keeps them. Fails with `NotFound`. "Create or update object metadata", `POST
   * /v1/{account}/{container}/{object}`.
   */
  replaceObjectMetadata: Endpoint.define<ReplaceObjectMetadata>()("POST", "/{container}/{+object}", {
    parameters: objectPath,
    headers: () => ({
      ...objectHeaders(),
      detectContentType: detected(),
      manifest: Schema.optional(Line).pipe(Schema.fromKey("x-object-manifest"))
    }),
    errors: ["NotFound"],
    idempotent: true
  }),
  /**
   * Deletes an object. Of a large object only the manifest is deleted; see `deleteLargeObject`. Fails with `NotFound`.
   * "Delete object", `DELETE /v1/{account}/{container}/{object}`.
   */
  deleteObject: Endpoint.define<Address>()("DELETE", "/{container}/{+object}", {
    parameters: objectPath,
    errors: ["NotFound", "Conflict"]
  })
})
