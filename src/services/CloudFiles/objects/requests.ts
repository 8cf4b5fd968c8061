/** The schemas that requests for objects share. */
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { TimeAhead } from "../../../internal/schema/options.js"
import { struct } from "../../../internal/schema/struct.js"
import { absentIfEmpty } from "../../../internal/schema/wire.js"
import {
  EpochSeconds,
  furtherHeaders,
  HttpDate,
  ifReadable,
  metadataHeaders,
  TrueFalse,
  type Values
} from "../headers.js"
import { ContainerName, ObjectName } from "../names.js"
import { given, setting } from "../settings.js"
import { GivenSeconds, Line, Seconds, Words } from "../settingValues.js"

/** The path of an object. */
export const objectPath = () => ({ container: ContainerName, object: ObjectName })

/** The version id, in a container with `versionsEnabled`. */
export const version = () => ({
  versionId: Schema.optional(Schema.NonEmptyString).pipe(Schema.fromKey("version-id"))
})

/** Whether a symbolic link is followed (`target`), or read itself (`link`). */
export const symlink = () =>
  Schema.optional(
    Schema.transform(Schema.UndefinedOr(Schema.String), Schema.Literal("target", "link"), {
      strict: true,
      decode: (text) => (text === "get" ? "link" : "target"),
      encode: (what) => (what === "link" ? "get" : undefined)
    })
  )

/** The CORS headers of an object, on clouds that store them with objects (Rackspace). */
const objectCors = {
  corsAllowOrigins: setting("access-control-allow-origin", Words),
  corsMaxAge: { header: "access-control-max-age", value: GivenSeconds, returned: Seconds },
  corsAllowHeaders: setting("access-control-allow-headers", Words),
  corsExposeHeaders: setting("access-control-expose-headers", Words)
}

/** The headers and metadata stored with an object. */
export interface ObjectHeaders {
  /**
   * Further headers to store, by name: `Expires`, `X-Robots-Tag`, and others that the cloud allows (Swift's
   * `allowed_headers`). The other fields here take precedence.
   */
  readonly headers?: Values | undefined
  /** If missing, the cloud guesses it from the name. */
  readonly contentType?: string | undefined
  /** The compression of the content: `gzip`. */
  readonly contentEncoding?: string | undefined
  /** Whether a browser displays or saves it, and under which name: `attachment; filename="report.pdf"`. */
  readonly contentDisposition?: string | undefined
  /** The language of the content: `en`. */
  readonly contentLanguage?: string | undefined
  /** How long browsers and caches may keep it: `public, max-age=600`. */
  readonly cacheControl?: string | undefined
  /** CORS: the origins whose pages may read it: `https://www.example.com`, or `*`. */
  readonly corsAllowOrigins?: ReadonlyArray<string> | undefined
  /** CORS: how long a browser may cache a preflight response; whole seconds. */
  readonly corsMaxAge?: Duration.DurationInput | undefined
  /** CORS: the request headers that pages may send. */
  readonly corsAllowHeaders?: ReadonlyArray<string> | undefined
  /** CORS: the response headers that pages may read in addition to the standard ones. */
  readonly corsExposeHeaders?: ReadonlyArray<string> | undefined
  /** When the cloud deletes it. Must be in the future. */
  readonly deleteAt?: DateTime.Utc | undefined
  /** How long until the cloud deletes it; whole seconds. */
  readonly deleteAfter?: Duration.DurationInput | undefined
  /** Custom keys and values. Keys are returned in lower case. */
  readonly metadata?: Values | undefined
}

/** The schemas of the headers and metadata stored with an object. */
export const objectHeaders = () => ({
  headers: Schema.optional(furtherHeaders).pipe(Schema.fromKey(":further")),
  contentType: Schema.optional(Line).pipe(Schema.fromKey("content-type")),
  contentEncoding: Schema.optional(Line).pipe(Schema.fromKey("content-encoding")),
  contentDisposition: Schema.optional(Line).pipe(Schema.fromKey("content-disposition")),
  contentLanguage: Schema.optional(Line).pipe(Schema.fromKey("content-language")),
  cacheControl: Schema.optional(Line).pipe(Schema.fromKey("cache-control")),
  ...given(objectCors),
  deleteAt: Schema.optional(EpochSeconds).pipe(Schema.fromKey("x-delete-at")),
  deleteAfter: Schema.optional(
    Schema.transform(Schema.String, TimeAhead, {
      strict: true,
      decode: (seconds) => Duration.seconds(Number(seconds)),
      encode: (time) => String(Math.ceil(Duration.toSeconds(time)))
    })
  ).pipe(Schema.fromKey("x-delete-after")),
  metadata: Schema.optional(metadataHeaders("x-object-meta-")).pipe(Schema.fromKey(":metadata"))
})

/** Lets the cloud guess the content type from the name. */
export const detected = () => Schema.optional(TrueFalse).pipe(Schema.fromKey("x-detect-content-type"))

/** An MD5. */
export const Md5 = Schema.String.pipe(
  Schema.pattern(/^[0-9a-f]{32}$/, { description: "an MD5 as 32 lower-case hex digits" })
)

/** `*` stores an object only if none of this name exists. */
export const ifNoneMatch = () => Schema.optional(Schema.Literal("*")).pipe(Schema.fromKey("if-none-match"))

/** The response to a request that stores an object. */
export interface StoredObject {
  readonly etag?: string | undefined
  readonly lastModified?: DateTime.Utc | undefined
}

export const StoredObject = struct<StoredObject>(() => ({
  etag: absentIfEmpty,
  lastModified: ifReadable(HttpDate).pipe(Schema.fromKey("last-modified"))
}))

/** The name of an account, the last part of its endpoint's URL: `AUTH_0123`, `MossoCloudFS_…`. */
export const AccountId = Schema.String.pipe(
  Schema.filter((text) => text !== "" && !text.includes("/") && text.isWellFormed(), {
    description: "the name of an account: not empty, without a slash"
  })
)
