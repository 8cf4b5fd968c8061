/**
 * The operations of Cloud Files as data, and the values they take and give.
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { TimeAhead } from "../../internal/schema/options.js"
import * as Wire from "../../internal/schema/wire.js"
import { absent, PageLimit, TimestampIfAny } from "../../internal/schema/wire.js"
import { bulkEndpoints, BulkResult } from "./bulkEndpoints.js"
import {
  Count,
  EpochSeconds,
  flag,
  fromHeaders,
  furtherHeaders,
  HttpDate,
  metadataHeaders,
  removalHeaders,
  ifReadable
} from "./headers.js"
import { ContainerName, encodedAddress, NamePart, ObjectName, decodedText } from "./names.js"
import * as Settings from "./settings.js"
import { Line } from "./settings.js"

const accountSettings = { ...Settings.accountKeys, ...Settings.accountQuotas }
const returnedOfContainers = { ...Settings.containerSettings, ...Settings.versionsEnabled }

/**
 * What the account holds in one region. The counts lag behind by some seconds to minutes, and not every cloud returns them.
 *
 * @since 0.1.0
 * @category models
 */
export const Account = fromHeaders(
  "x-account-meta-",
  {
    containerCount: ifReadable(Count).pipe(Schema.fromKey("x-account-container-count")),
    objectCount: ifReadable(Count).pipe(Schema.fromKey("x-account-object-count")),
    bytesUsed: ifReadable(Count).pipe(Schema.fromKey("x-account-bytes-used")),
    created: ifReadable(EpochSeconds).pipe(Schema.fromKey("x-timestamp")),
    ...Settings.returned(accountSettings)
  },
  Settings.headersOf(accountSettings)
)

/**
 * What the account holds in one region.
 *
 * @since 0.1.0
 * @category models
 */
export interface Account extends Schema.Schema.Type<typeof Account> {}

/**
 * A container, by its own headers. The counts lag behind by some seconds, and not every cloud returns them.
 *
 * @since 0.1.0
 * @category models
 */
export const Container = fromHeaders(
  "x-container-meta-",
  {
    objectCount: ifReadable(Count).pipe(Schema.fromKey("x-container-object-count")),
    bytesUsed: ifReadable(Count).pipe(Schema.fromKey("x-container-bytes-used")),
    created: ifReadable(EpochSeconds).pipe(Schema.fromKey("x-timestamp")),
    /** Who may read: an access control list, which `AccessList.parseAcl` reads. */
    readAcl: absent(Schema.String).pipe(Schema.fromKey("x-container-read")),
    /** Who may write: an access control list. */
    writeAcl: absent(Schema.String).pipe(Schema.fromKey("x-container-write")),
    /** Where its objects are stored, by what rules (OpenStack, not Rackspace). */
    storagePolicy: absent(Schema.String).pipe(Schema.fromKey("x-storage-policy")),
    ...Settings.returned(returnedOfContainers)
  },
  Settings.headersOf(returnedOfContainers)
)

/**
 * A container, by its own headers.
 *
 * @since 0.1.0
 * @category models
 */
export interface Container extends Schema.Schema.Type<typeof Container> {}

/**
 * A container in a listing.
 *
 * @since 0.1.0
 * @category models
 */
export const ContainerSummary = Schema.Struct({
  name: Schema.String,
  objectCount: absent(Wire.Count).pipe(Schema.fromKey("count")),
  bytes: absent(Wire.Count),
  lastModified: TimestampIfAny.pipe(Schema.fromKey("last_modified"))
})

/**
 * A container in a listing.
 *
 * @since 0.1.0
 * @category models
 */
export interface ContainerSummary extends Schema.Schema.Type<typeof ContainerSummary> {}

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

/**
 * The common beginning of names that contain a delimiter, up to that: `photos/2026/`.
 *
 * @since 0.1.0
 * @category models
 */
export const Subdirectory = Schema.Struct({ subdir: Schema.String })

/**
 * The common beginning of names that contain a delimiter.
 *
 * @since 0.1.0
 * @category models
 */
export interface Subdirectory extends Schema.Schema.Type<typeof Subdirectory> {}

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

/** Whether a symbolic link is followed to its target (`target`), or read itself (`link`). */
export const symlink = Schema.optional(
  Schema.transform(Schema.UndefinedOr(Schema.String), Schema.Literal("target", "link"), {
    strict: true,
    decode: (text) => (text === "get" ? "link" : "target"),
    encode: (what) => (what === "link" ? "get" : undefined)
  })
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

const StoredObject = Schema.Struct({
  etag: Wire.absentIfEmpty,
  lastModified: ifReadable(HttpDate).pipe(Schema.fromKey("last-modified"))
})

export const objectHeaders = {
  /**
   * Further headers that are to be stored with it, by name: `Expires`, `X-Robots-Tag`, and whatever else the cloud lets through
   * (Swift's `allowed_headers`). What has a field of its own here counts more.
   */
  headers: Schema.optional(furtherHeaders).pipe(Schema.fromKey(":further")),
  /** Without it the cloud guesses from the name. */
  contentType: Schema.optional(Line).pipe(Schema.fromKey("content-type")),
  contentEncoding: Schema.optional(Line).pipe(Schema.fromKey("content-encoding")),
  contentDisposition: Schema.optional(Line).pipe(Schema.fromKey("content-disposition")),
  contentLanguage: Schema.optional(Line).pipe(Schema.fromKey("content-language")),
  /** For how long browsers and caches may keep it: `public, max-age=600`. */
  cacheControl: Schema.optional(Line).pipe(Schema.fromKey("cache-control")),
  ...Settings.given(Settings.objectCors),
  /** When the cloud is to delete it. Must lie ahead. */
  deleteAt: Schema.optional(EpochSeconds).pipe(Schema.fromKey("x-delete-at")),
  /** After how long the cloud is to delete it; whole seconds. */
  deleteAfter: Schema.optional(
    Schema.transform(Schema.String, TimeAhead, {
      strict: true,
      decode: (seconds) => Duration.seconds(Number(seconds)),
      encode: (time) => String(Math.ceil(Duration.toSeconds(time)))
    })
  ).pipe(Schema.fromKey("x-delete-after")),
  metadata: Schema.optional(metadataHeaders("x-object-meta-")).pipe(Schema.fromKey(":metadata"))
}

const detected = Schema.optional(
  Schema.transform(Schema.String, Schema.Boolean, {
    strict: true,
    decode: (text) => text === "True",
    encode: (on) => (on ? "True" : "False")
  })
).pipe(Schema.fromKey("x-detect-content-type"))

/** The MD5 of a content. */
export const Md5 = Schema.String.pipe(
  Schema.pattern(/^[0-9a-f]{32}$/, { description: "an MD5 as 32 lower-case hex digits" })
)

/**
 * A part of an object: `length` bytes from `offset` on (to the end where no length is given), or the `last` bytes.
 *
 * @since 0.1.0
 * @category models
 */
export const ByteRange = Schema.Union(
  Schema.Struct({
    offset: Schema.NonNegativeInt.annotations({ description: "a whole number of 0 or more" }),
    length: Schema.optional(Schema.Int.pipe(Schema.positive({ description: "a whole number of 1 or more" })))
  }),
  Schema.Struct({ last: Schema.Int.pipe(Schema.positive({ description: "a whole number of 1 or more" })) })
).annotations({
  identifier: "ByteRange",
  description: "a range of at least one byte: { offset, length? } or { last }"
})

/**
 * A part of an object.
 *
 * @since 0.1.0
 * @category models
 */
export type ByteRange = typeof ByteRange.Type

const rangeText = (range: ByteRange): string =>
  "last" in range
    ? `-${range.last}`
    : `${range.offset}-${range.length === undefined ? "" : range.offset + range.length - 1}`

const RangeHeader = Schema.transform(Schema.String, Schema.typeSchema(ByteRange), {
  strict: true,
  decode: () => ({ offset: 0 }),
  encode: (range) => `bytes=${rangeText(range)}`
})

const RangesHeader = Schema.transform(Schema.String, Schema.Array(Schema.typeSchema(ByteRange)), {
  strict: true,
  decode: () => [],
  encode: (ranges) => `bytes=${ranges.map(rangeText).join(",")}`
})

/** The name of an account, as it is the last part of the URL of its endpoint: `AUTH_0123`, `MossoCloudFS_…`. */
export const AccountId = Schema.String.pipe(
  Schema.filter((text) => text !== "" && !text.includes("/") && text.isWellFormed(), {
    description: "the name of an account: not empty, without a slash"
  })
)

/** What is copied, as the headers that say so. */
const CopySource = Schema.transform(
  Schema.Record({ key: Schema.String, value: Schema.String }),
  Schema.typeSchema(
    Schema.Struct({
      container: ContainerName,
      object: ObjectName,
      /** The account of the source; default: the one that the request addresses. */
      account: Schema.optional(AccountId)
    })
  ),
  {
    strict: true,
    decode: () => ({ container: "", object: "" }),
    encode: ({ account, container, object }) => ({
      "x-copy-from": `/${encodedAddress(container, object)}`,
      ...(account !== undefined && { "x-copy-from-account": encodeURIComponent(account) })
    })
  }
)

const SymlinkTarget = Schema.Struct({
  container: ContainerName,
  object: ObjectName,
  /** The account of the target; default: the link's own. */
  account: Schema.optional(AccountId),
  /**
   * The ETag that the target has: the link then leads to this version only, and reading it fails with `Conflict` once the target
   * is another one. Of a large object the ETag of its manifest.
   */
  etag: Schema.optional(Line)
})

/** Where a symbolic link leads, as the headers that say so. */
const SymlinkHeaders = Schema.transform(
  Schema.Record({ key: Schema.String, value: Schema.String }),
  Schema.typeSchema(SymlinkTarget),
  {
    strict: true,
    decode: () => ({ container: "", object: "" }),
    encode: ({ account, container, etag, object }) => ({
      "x-symlink-target": encodedAddress(container, object),
      ...(account !== undefined && { "x-symlink-target-account": encodeURIComponent(account) }),
      ...(etag !== undefined && { "x-symlink-target-etag": etag.replaceAll('"', "") })
    })
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

const containerPath = { container: ContainerName }
export const objectPath = { container: ContainerName, object: ObjectName }

const copyHeaders = {
  ...objectHeaders,
  /** Lets the cloud guess the content type from the copy's name, instead of the source's own. */
  detectContentType: detected,
  /** What to copy. `container` and `object` say where to. */
  source: Schema.propertySignature(CopySource).pipe(Schema.fromKey(":source")),
  freshMetadata: Schema.optional(
    Schema.transform(Schema.String, Schema.Boolean, {
      strict: true,
      decode: (text) => text === "True",
      encode: (on) => (on ? "True" : "False")
    })
  ).pipe(Schema.fromKey("x-fresh-metadata"))
}

const listing = {
  /** Names up to and with this one are left out. */
  marker: Schema.optional(NamePart),
  /** Names from this one on are left out. */
  endMarker: Schema.optional(NamePart).pipe(Schema.fromKey("end_marker")),
  prefix: Schema.optional(NamePart),
  /** Names that contain this after the prefix are listed as one {@link Subdirectory} for each common beginning. */
  delimiter: Schema.optional(
    NamePart.pipe(Schema.filter((text) => text !== "", { description: "a delimiter that is not empty" }))
  ),
  /** How many items a page holds at the most; the cloud allows 10,000. */
  limit: Schema.optional(PageLimit)
}

const containerHeaders = {
  metadata: Schema.optional(metadataHeaders("x-container-meta-")).pipe(Schema.fromKey(":metadata")),
  ...Settings.given(Settings.versionsEnabled)
}

/** Which version is meant, by its id, of a container with `versionsEnabled`. */
const version = {
  versionId: Schema.optional(Schema.NonEmptyString).pipe(Schema.fromKey("version-id"))
}

/** Makes the cloud compare all replicas, so that the newest one is read; slower. */
const newest = Schema.optional(
  Schema.transform(Schema.String, Schema.Boolean, {
    strict: true,
    decode: (text) => text === "True",
    encode: (on) => (on ? "True" : "False")
  })
).pipe(Schema.fromKey("x-newest"))

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

const json = { format: "json" }

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
  bytes: absent(Wire.Count),
  /** Which bytes of it, where not all: `0-99`. */
  range: absent(Schema.String),
  /** Whether it is a static large object itself. */
  isManifest: Schema.optionalWith(Wire.Flag, { nullable: true, default: () => false }).pipe(Schema.fromKey("sub_slo")),
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
 * The operations of Cloud Files, as data. "Cloud Files API", the sections on accounts, containers and objects.
 *
 * @since 0.1.0
 * @category operations
 */
export const endpoints = Endpoint.table("CloudFiles", {
  /** What the account holds. "Show account metadata", `HEAD /v1/{account}`. */
  getAccount: Endpoint.make("HEAD", "", { success: Endpoint.headers(Account) }),
  /**
   * Sets metadata of the account; items that are not named stay, and null removes a TempURL key. "Create or update account metadata", `POST /v1/{account}`.
   */
  updateAccount: Endpoint.make("POST", "", {
    headers: {
      metadata: Schema.optional(metadataHeaders("x-account-meta-")).pipe(Schema.fromKey(":metadata")),
      /** Keys to remove. */
      remove: Schema.optional(removalHeaders("x-remove-account-meta-")).pipe(Schema.fromKey(":remove")),
      ...Settings.changed(Settings.accountKeys)
    },
    idempotent: true
  }),
  /**
   * Containers in the order of their names, a page of them; with a delimiter, common beginnings of names among them. "Show account
   * details and list containers", `GET /v1/{account}`.
   */
  listContainersPage: Endpoint.make("GET", "", {
    query: listing,
    fixedQuery: json,
    success: Endpoint.items(Schema.Union(ContainerSummary, Subdirectory))
  }),
  /**
   * Makes a container; one that exists already is kept, with the metadata and settings given here merged into it, and
   * `created` is false. "Create container", `PUT /v1/{account}/{container}`.
   */
  createContainer: Endpoint.make("PUT", "/{container}", {
    parameters: containerPath,
    headers: {
      ...containerHeaders,
      ...Settings.given(Settings.accessLists),
      ...Settings.given(Settings.containerSettings),
      /** Where its objects are to be stored, by what rules; it cannot be changed later (OpenStack, not Rackspace). */
      storagePolicy: Schema.optional(Line).pipe(Schema.fromKey("x-storage-policy"))
    },
    success: Endpoint.headers(
      Schema.Struct({
        created: Schema.optionalToRequired(Schema.String, Schema.Boolean, {
          decode: Option.match({ onNone: () => false, onSome: (status) => status === "201" }),
          encode: (created) => Option.some(created ? "201" : "202")
        }).pipe(Schema.fromKey(":status"))
      })
    )
  }),
  /** A container's metadata, settings and counts. Fails with `NotFound`. "Show container metadata", `HEAD /v1/{account}/{container}`. */
  getContainer: Endpoint.make("HEAD", "/{container}", {
    parameters: containerPath,
    headers: { newest },
    success: Endpoint.headers(Container),
    errors: ["NotFound"]
  }),
  /**
   * Sets metadata and settings of a container; those that are not named stay, and a setting that is null is removed. Fails with
   * `NotFound`. "Create or update container metadata", `POST /v1/{account}/{container}`.
   */
  updateContainer: Endpoint.make("POST", "/{container}", {
    parameters: containerPath,
    headers: {
      ...containerHeaders,
      /** Metadata keys to remove. */
      remove: Schema.optional(removalHeaders("x-remove-container-meta-")).pipe(Schema.fromKey(":remove")),
      ...Settings.changed(Settings.accessLists),
      ...Settings.changed(Settings.containerSettings)
    },
    errors: ["NotFound"],
    idempotent: true
  }),
  /**
   * Deletes an empty container. Fails with `Conflict` where it is not empty, which the cloud may say for some seconds after
   * its last object was deleted, and with `NotFound`. "Delete container", `DELETE /v1/{account}/{container}`.
   */
  deleteContainer: Endpoint.make("DELETE", "/{container}", {
    parameters: containerPath,
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Objects in the byte order of their names, a page of them; with a delimiter, subdirectories among them. Fails with
   * `NotFound` where there is no such container, and with `PreconditionFailed` where the limit is larger than the cloud
   * allows. "Show container details and list objects", `GET /v1/{account}/{container}`.
   */
  listObjectsPage: Endpoint.make("GET", "/{container}", {
    parameters: containerPath,
    query: listing,
    fixedQuery: json,
    success: Endpoint.items(Schema.Union(ObjectSummary, Subdirectory)),
    errors: ["NotFound", "PreconditionFailed"]
  }),
  /**
   * Stores an object in one request: what `upload` is made of. "Create or replace object",
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
        ifNoneMatch: Schema.optional(Schema.Literal("*")).pipe(Schema.fromKey("if-none-match"))
      },
      stores: true,
      success: Endpoint.headers(StoredObject),
      errors: ["NotFound", "Conflict", "PreconditionFailed", "QuotaExceeded", "Unprocessable"]
    })
  ),
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
      ifNoneMatch: Schema.optional(Schema.Literal("*")).pipe(Schema.fromKey("if-none-match"))
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
      ifNoneMatch: Schema.optional(Schema.Literal("*")).pipe(Schema.fromKey("if-none-match")),
      /** Where its segments are. */
      segments: Schema.propertySignature(SegmentsHeader).pipe(Schema.fromKey("x-object-manifest"))
    },
    stores: true,
    success: Endpoint.headers(StoredObject),
    errors: ["NotFound", "Conflict", "PreconditionFailed", "QuotaExceeded", "Unprocessable"]
  }),
  /**
   * Makes a symbolic link to another object, which need not be there (unless its ETag is named). Reading the link reads its
   * target; deleting it leaves the target alone. Fails with `NotFound` where there is no such container, and with `Conflict` where
   * the target does not have the ETag. "Symlink" in Swift's documents, `PUT /v1/{account}/{container}/{object}` with
   * `X-Symlink-Target`. A cloud without symbolic links would store an empty object instead; the service first finds out whether the
   * cloud has them, and fails with `InvalidInput` where it does not.
   */
  createSymlink: Endpoint.make("PUT", "/{container}/{+object}", {
    parameters: objectPath,
    headers: {
      ...objectHeaders,
      /** Lets the cloud guess the content type from the link's own name. */
      detectContentType: detected,
      /** Where it leads. */
      target: Schema.propertySignature(SymlinkHeaders).pipe(Schema.fromKey(":symlink")),
      /** `*` makes it only where no object bears the name. */
      ifNoneMatch: Schema.optional(Schema.Literal("*")).pipe(Schema.fromKey("if-none-match"))
    },
    stores: true,
    success: Endpoint.headers(StoredObject),
    errors: ["NotFound", "Conflict", "PreconditionFailed", "QuotaExceeded"]
  }),
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
   * An object's headers and content, unverified: what `download` is made of. "Get object content and metadata",
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
   * Copies an object within the cloud. The copy has the source's metadata, overlaid with the fields given here, or with
   * `freshMetadata` only that. A large object is copied flat, up to 5 GiB; beyond, it fails with `BadRequest`. Of a large
   * object that is overwritten the segments stay; see `copy`. Fails with `NotFound` where the source or the container is missing.
   * "Copy object", `PUT /v1/{account}/{container}/{object}` with `X-Copy-From`.
   */
  copyObject: Endpoint.make("PUT", "/{container}/{+object}", {
    parameters: objectPath,
    headers: copyHeaders,
    stores: true,
    success: Endpoint.headers(StoredObject),
    errors: ["NotFound", "PreconditionFailed", "QuotaExceeded"],
    longRunning: true
  }),
  /**
   * Copies a large object's manifest: the copy consists of the same segments, and breaks when they go. The rest is as in
   * `copyObject`. "Copy object", `PUT /v1/{account}/{container}/{object}?multipart-manifest=get` with `X-Copy-From`.
   */
  copyManifest: Endpoint.make("PUT", "/{container}/{+object}", {
    parameters: objectPath,
    fixedQuery: { "multipart-manifest": "get" },
    headers: copyHeaders,
    stores: true,
    success: Endpoint.headers(StoredObject),
    errors: ["NotFound", "PreconditionFailed", "QuotaExceeded"],
    longRunning: true
  }),
  /**
   * Deletes an object. Of a large object only the manifest goes; see `deleteLargeObject`. Fails with `NotFound`. "Delete
   * object", `DELETE /v1/{account}/{container}/{object}`.
   */
  deleteObject: Endpoint.make("DELETE", "/{container}/{+object}", {
    parameters: objectPath,
    errors: ["NotFound", "Conflict"]
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
  }),
  ...bulkEndpoints
})

/** Several parts of an object, as the cloud sends them: what `downloadRanges` is made of. */
export const getRanges = Endpoint.named(
  "CloudFiles.downloadRanges",
  Endpoint.make("GET", "/{container}/{+object}", {
    parameters: objectPath,
    query: version,
    headers: {
      ranges: Schema.propertySignature(RangesHeader).pipe(Schema.fromKey("range")),
      ifMatch: Schema.optional(Line).pipe(Schema.fromKey("if-match"))
    },
    success: Endpoint.stream(ObjectInfo),
    errors: ["NotFound", "PreconditionFailed", "RangeNotSatisfiable"]
  })
)
