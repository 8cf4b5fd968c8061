/**
 * Schemas of the headers of Cloud Files, which contain dates, counts and metadata.
 *
 * Headers carry only printable ASCII, so other metadata values are percent-encoded, as Rackspace recommends, and
 * decoded when read. Keys are case-insensitive and returned in lower case.
 */
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { lazy } from "../../internal/schema/lazy.js"
import type { FieldsOf } from "../../internal/schema/struct.js"
import { instantOf } from "../../internal/schema/wire.js"

export type Values = Readonly<Record<string, string>>

/** A date in HTTP's format. */
export const HttpDate: Schema.Schema<DateTime.Utc, string> = lazy(() =>
  Schema.transformOrFail(Schema.String, Schema.DateTimeUtcFromSelf, {
    strict: true,
    decode: (text, _, ast) => ParseResult.fromOption(instantOf(text), () => new ParseResult.Type(ast, text)),
    encode: (instant) => ParseResult.succeed(DateTime.toDate(instant).toUTCString())
  }).annotations({ identifier: "HttpDate", description: "an HTTP date" })
)

/** Seconds since 1970, with or without a fraction. */
export const EpochSeconds: Schema.Schema<DateTime.Utc, string> = lazy(() =>
  Schema.transformOrFail(Schema.String, Schema.DateTimeUtcFromSelf, {
    strict: true,
    decode: (text, _, ast) =>
      /^\d+(\.\d+)?$/.test(text.trim())
        ? ParseResult.fromOption(DateTime.make(Number(text) * 1000), () => new ParseResult.Type(ast, text))
        : ParseResult.fail(new ParseResult.Type(ast, text)),
    encode: (instant) => ParseResult.succeed(String(Math.floor(instant.epochMillis / 1000)))
  }).annotations({ identifier: "EpochSeconds", description: "seconds since 1970" })
)

/** A count or a size in bytes. */
export const Count: Schema.Schema<number, string> = Schema.NumberFromString.annotations({
  identifier: "Count",
  description: "a decimal number"
})

/** A response header that is absent if it is missing, empty or invalid. */
export const ifReadable = <A>(schema: Schema.Schema<A, string>) => {
  const decode = Schema.decodeOption(schema)
  const encode = Schema.encodeSync(schema)
  return Schema.optionalToOptional(Schema.NullishOr(Schema.String), Schema.typeSchema(schema), {
    decode: Option.flatMap((text) => (text ? decode(text) : Option.none())),
    encode: Option.map((value) => encode(value))
  })
}

/** True if the header is `True` or `true`. */
export const flag = () =>
  Schema.optionalToRequired(Schema.UndefinedOr(Schema.String), Schema.Boolean, {
    decode: Option.match({ onNone: () => false, onSome: (text) => text?.toLowerCase() === "true" }),
    encode: (on) => (on ? Option.some("True") : Option.none())
  })

/** Whether a response reports a new resource. */
export const created = () =>
  Schema.optionalToRequired(Schema.String, Schema.Boolean, {
    decode: Option.match({ onNone: () => false, onSome: (status) => status === "201" }),
    encode: (isNew) => Option.some(isNew ? "201" : "202")
  }).pipe(Schema.fromKey(":status"))

/** `True` or `False`, as Swift writes them. */
export const TrueFalse: Schema.Schema<boolean, string> = lazy(() =>
  Schema.transform(Schema.String, Schema.Boolean, {
    strict: true,
    decode: (text) => text.toLowerCase() === "true",
    encode: (on) => (on ? "True" : "False")
  })
)

/** Makes the cloud compare all replicas to read the newest one; slower. */
export const newest = () => Schema.optional(TrueFalse).pipe(Schema.fromKey("x-newest"))

/** Whether a `Content-Encoding` is gzip. */
export const isGzipEncoding = (contentEncoding = ""): boolean => /^(?:x-)?gzip$/i.test(contentEncoding.trim())

const encodeValue = (value: string): string =>
  value.replace(/[^\u0021-\u007e ]|%|^ | $/gu, (character) => encodeURIComponent(character))

/** Other clients write UTF-8 into headers, whose bytes most HTTP clients decode as Latin-1. */
const fromLatin1 = (value: string): string => {
  if (!/[\u0080-\u00ff]/.test(value) || /[\u0100-\uffff]/.test(value)) return value
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(value, "latin1"))
  } catch {
    return value
  }
}

/** A header's value with one character per byte. If the HTTP client has decoded it as UTF-8, it is encoded again. */
export const toLatin1 = (value: string): string =>
  /[\u0100-\uffff]/.test(value) ? Buffer.from(value, "utf8").toString("latin1") : value

/** Headers of a request or response that are not stored with an object. */
const transientHeaders = new Set([
  "accept",
  "accept-encoding",
  "accept-ranges",
  "age",
  "allow",
  "alt-svc",
  "authorization",
  "connection",
  "content-length",
  "content-location",
  "content-md5",
  "content-range",
  "content-security-policy",
  "cookie",
  "date",
  "destination",
  "destination-account",
  "etag",
  "expect",
  "host",
  "keep-alive",
  "last-modified",
  "location",
  "nel",
  "permissions-policy",
  "range",
  "referrer-policy",
  "report-to",
  "retry-after",
  "server",
  "server-timing",
  "set-cookie",
  "strict-transport-security",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "vary",
  "via",
  "warning",
  "www-authenticate",
  "x-content-type-options",
  "x-delete-after",
  "x-detect-content-type",
  "x-frame-options",
  "x-fresh-metadata",
  "x-last-modified-timestamp",
  "x-manifest-etag",
  "x-newest",
  "x-parts-count",
  "x-powered-by",
  "x-request-id",
  "x-served-by",
  "x-static-large-object",
  "x-storage-class",
  "x-storage-policy",
  "x-storage-token",
  "x-timestamp",
  "x-trans-id",
  "x-trans-id-extra",
  "x-xss-protection"
])

const transientFamily =
  /^(?::|if-|proxy-|sec-|cf-|access-control-request-|x-object-(?!meta-|manifest$)|x-(?:account|amz|auth|backend|cache|compute|container|copied|copy|forwarded|history|if|openstack|real|remove|rgw|service|symlink|varnish|versions)(?:-|$))/

/** Whether a header (in lower case) is stored with an object and returned with it, as far as its name shows. */
export const isStored = (name: string): boolean => !transientHeaders.has(name) && !transientFamily.test(name)

const decodeValue = (raw: string): string => {
  const value = fromLatin1(raw)
  if (!/%[0-9a-f]{2}/i.test(value)) return value
  try {
    return decodeURIComponent(value)
  } catch {
    // Another client's value, in which the percent sign is literal.
    return value
  }
}

const Key = Schema.String.pipe(
  Schema.pattern(/^[A-Za-z0-9!#$&'*+.^`|~-]{1,128}$/, {
    description: "metadata keys of 1 to 128 letters, digits and dashes (an underscore does not pass every proxy)"
  })
)

const isKey = (key: string): boolean => Schema.is(Key)(key)

const wellFormed = (text: string): boolean => text.isWellFormed()

const isTempUrlKey = (key: string): boolean => /^temp-url-key(-2)?$/i.test(key)

const Items = lazy(() =>
  Schema.Record({ key: Schema.String, value: Schema.String }).pipe(
    Schema.filter((items) => Object.keys(items).every(isKey), {
      description: "metadata keys of 1 to 128 letters, digits and dashes (an underscore does not pass every proxy)"
    }),
    Schema.filter((items) => Object.values(items).every((value) => value !== ""), {
      description: "metadata values that are not empty (name a key in `remove` to remove it)"
    }),
    Schema.filter(
      (items) => Object.values(items).every((value) => wellFormed(value) && encodeValue(value).length <= 256),
      {
        description: "metadata values of at most 256 bytes, percent-encoded"
      }
    ),
    Schema.filter(
      (items) =>
        Object.keys(items).length <= 90 &&
        Object.entries(items).reduce((sum, [key, value]) => sum + key.length + encodeValue(value).length, 0) <= 4096,
      { description: "at most 90 metadata items of 4,096 bytes together" }
    )
  )
)

const PublicItems = lazy(() =>
  Items.pipe(
    Schema.filter((items) => !Object.keys(items).some(isTempUrlKey), {
      description: "no TempURL key among the metadata: it is a secret, and has the field tempUrlKey"
    })
  )
)

/** Metadata as headers with a prefix: `metadataHeaders("x-object-meta-")`. */
export const metadataHeaders = (prefix: string): Schema.Schema<Values, Values> =>
  Schema.transform(Schema.Record({ key: Schema.String, value: Schema.String }), PublicItems, {
    strict: true,
    decode: (headers) => readMetadata(prefix, headers),
    encode: (items) =>
      Object.fromEntries(Object.entries(items).map(([key, value]) => [prefix + key.toLowerCase(), encodeValue(value)]))
  })

/** The headers that remove metadata. */
export const removalHeaders = (prefix: string): Schema.Schema<ReadonlyArray<string>, Values> =>
  Schema.transform(Schema.Record({ key: Schema.String, value: Schema.String }), Schema.Array(Key), {
    strict: true,
    decode: (headers) => Object.keys(headers).map((name) => name.slice(prefix.length)),
    encode: (keys) => Object.fromEntries(keys.map((key) => [prefix + key.toLowerCase(), "x"]))
  })

const readMetadata = (prefix: string, headers: Readonly<Record<string, string | undefined>>): Values =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith(prefix) && value !== undefined && !isTempUrlKey(name.slice(prefix.length))
        ? [[name.slice(prefix.length), decodeValue(value)]]
        : []
    )
  )

/** Whether a stored header is metadata or has its own field. */
const hasField = (name: string): boolean =>
  /^(?:cache-control|content-(?:type|encoding|disposition|language)|x-delete-at|x-object-manifest|x-object-meta-.*)$/.test(
    name
  )

/** The stored headers that are not metadata and have no field. */
const furtherOf = (headers: Readonly<Record<string, string | undefined>>): Values =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value !== undefined && isStored(name) && !hasField(name) ? [[name, value]] : []
    )
  )

const isToken = (name: string): boolean => /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/.test(name)

const ownField =
  /^(?:content-type|content-md5|etag|x-delete-(?:at|after)|x-detect-content-type|x-object-(?:manifest|meta-.*))$/

/** Further headers that a request stores with an object. Names are in lower case. */
export const furtherHeaders: Schema.Schema<Values, Values> = lazy(() =>
  Schema.transform(
    Schema.Record({ key: Schema.String, value: Schema.String }),
    Schema.Record({ key: Schema.String, value: Schema.String }).pipe(
      Schema.filter((headers) => Object.keys(headers).every(isToken), {
        description: "names of headers: letters, digits and dashes"
      }),
      Schema.filter((headers) => !Object.keys(headers).some((name) => ownField.test(name.toLowerCase())), {
        description: "no header that is set by another field (contentType, md5, deleteAt, deleteAfter, metadata)"
      }),
      Schema.filter((headers) => Object.keys(headers).every((name) => isStored(name.toLowerCase())), {
        description: "only headers that are stored with an object, none that belong to the request or the response"
      }),
      Schema.filter(
        (headers) =>
          Object.values(headers).every((value) => value !== "" && !/[^\t\P{Cc}]/u.test(value) && wellFormed(value)),
        { description: "values that are not empty, without line breaks and other control characters" }
      )
    ),
    {
      strict: true,
      decode: (headers) => headers,
      encode: (headers) =>
        Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [
            name.toLowerCase(),
            Buffer.from(value, "utf8").toString("latin1")
          ])
        )
    }
  )
)

/**
 * A response's headers as a struct, with the metadata of the given prefix in its field `metadata`. TempURL keys, which
 * are metadata on the wire, are excluded because they are secrets. Settings with a field (`lifted`: their headers and
 * schemas) are excluded too, unless their value is invalid: then it stays in the metadata, and the field is absent.
 */
export const fromHeaders = <A extends { readonly metadata: Values }>(
  prefix: string,
  fields: FieldsOf<Omit<A, "metadata">>,
  lifted: ReadonlyMap<string, Schema.Schema.AnyNoContext> = new Map(),
  /** Whether a field reads further stored headers, under the key `:further`. */
  hasFurther = false
): Schema.Schema<A, unknown> => {
  const Gathered = Schema.transform(
    Schema.Record({ key: Schema.String, value: Schema.UndefinedOr(Schema.String) }),
    Schema.Record({ key: Schema.String, value: Schema.Unknown }),
    {
      strict: true,
      decode: (headers) => {
        const others = { ...headers }
        const readable: Record<string, string | undefined> = {}
        for (const [name, value] of Object.entries(headers)) readable[name] = value && fromLatin1(value)
        for (const [header, schema] of lifted) {
          const value = headers[header]
          if (value === undefined) continue
          if (value !== "" && Either.isRight(Schema.decodeUnknownEither(schema)(value))) delete others[header]
          else delete readable[header]
        }
        return {
          ":metadata": readMetadata(prefix, others),
          ...(hasFurther && { ":further": furtherOf(readable) }),
          ...readable
        }
      },
      encode: (headers) => headers as Record<string, string>
    }
  )
  // The parameter's type has checked the fields.
  const Struct = Schema.Struct({
    ...(fields as unknown as Schema.Struct.Fields),
    metadata: Schema.propertySignature(Schema.Record({ key: Schema.String, value: Schema.String })).pipe(
      Schema.fromKey(":metadata")
    )
  })
  return Schema.compose(Gathered, Struct as unknown as Schema.Schema.AnyNoContext, {
    strict: false
  }) as unknown as Schema.Schema<A, unknown>
}
