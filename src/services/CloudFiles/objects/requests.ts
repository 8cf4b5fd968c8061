/** What requests about objects have in common. */
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
export const objectPath = { container: ContainerName, object: ObjectName }

/** Which version is meant, by its id, of a container with `versionsEnabled`. */
export const version = {
  versionId: Schema.optional(Schema.NonEmptyString).pipe(Schema.fromKey("version-id"))
}

/** Whether a symbolic link is followed to its target (`target`), or read itself (`link`). */
export const symlink = Schema.optional(
  Schema.transform(Schema.UndefinedOr(Schema.String), Schema.Literal("target", "link"), {
    strict: true,
    decode: (text) => (text === "get" ? "link" : "target"),
    encode: (what) => (what === "link" ? "get" : undefined)
  })
)

/** The CORS headers of one object, where the cloud stores it with objects (Rackspace). */
const objectCors = {
  corsAllowOrigins: setting("access-control-allow-origin", Words),
  corsMaxAge: { header: "access-control-max-age", value: GivenSeconds, returned: Seconds },
  corsAllowHeaders: setting("access-control-allow-headers", Words),
  corsExposeHeaders: setting("access-control-expose-headers", Words)
}

/** What is stored with an object besides its content. */
export interface ObjectHeaders {
  /**
   * Further headers that are to be stored with it, by name: `Expires`, `X-Robots-Tag`, and whatever else the cloud lets through
   * (Swift's `allowed_headers`). What has a field of its own here counts more.
   */
  readonly headers?: Values | undefined
  /** Without it the cloud guesses from the name. */
  readonly contentType?: string | undefined
  /** `gzip`: how the content is compressed. */
  readonly contentEncoding?: string | undefined
  /** Whether a browser shows or saves it, and under what name: `attachment; filename="report.pdf"`. */
  readonly contentDisposition?: string | undefined
  /** `en`: the language of the content. */
  readonly contentLanguage?: string | undefined
  /** For how long browsers and caches may keep it: `public, max-age=600`. */
  readonly cacheControl?: string | undefined
  /** CORS: pages of which origins may read it in a browser: `https://www.example.com`, or `*`. */
  readonly corsAllowOrigins?: ReadonlyArray<string> | undefined
  /** CORS: how long a browser may keep the response to a preflight; whole seconds. */
  readonly corsMaxAge?: Duration.DurationInput | undefined
  /** CORS: which request headers pages may send. */
  readonly corsAllowHeaders?: ReadonlyArray<string> | undefined
  /** CORS: which response headers pages may read besides the common ones. */
  readonly corsExposeHeaders?: ReadonlyArray<string> | undefined
  /** When the cloud is to delete it. Must lie ahead. */
  readonly deleteAt?: DateTime.Utc | undefined
  /** After how long the cloud is to delete it; whole seconds. */
  readonly deleteAfter?: Duration.DurationInput | undefined
  /** Keys and values for your own use. Keys come back in lower case. */
  readonly metadata?: Values | undefined
}

/** What is stored with an object besides its content. */
export const objectHeaders = {
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
}

/** Lets the cloud guess the content type from the name. */
export const detected = Schema.optional(TrueFalse).pipe(Schema.fromKey("x-detect-content-type"))

/** The MD5 of a content. */
export const Md5 = Schema.String.pipe(
  Schema.pattern(/^[0-9a-f]{32}$/, { description: "an MD5 as 32 lower-case hex digits" })
)

/** `*` stores an object only where no object bears the name. */
export const ifNoneMatch = Schema.optional(Schema.Literal("*")).pipe(Schema.fromKey("if-none-match"))

/** The response to a request that stores an object. */
export interface StoredObject {
  readonly etag?: string | undefined
  readonly lastModified?: DateTime.Utc | undefined
}

export const StoredObject = struct<StoredObject>({
  etag: absentIfEmpty,
  lastModified: ifReadable(HttpDate).pipe(Schema.fromKey("last-modified"))
})

/** The name of an account, as it is the last part of the URL of its endpoint: `AUTH_0123`, `MossoCloudFS_…`. */
export const AccountId = Schema.String.pipe(
  Schema.filter((text) => text !== "" && !text.includes("/") && text.isWellFormed(), {
    description: "the name of an account: not empty, without a slash"
  })
)
