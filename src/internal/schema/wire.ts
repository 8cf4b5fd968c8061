/** Schemas that several services share: timestamps, missing values, ids. */
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { compiledDecoder, compiledDecoding, fallback } from "./compiledCodec.js"
import { hideEncoded, lazy } from "./lazy.js"

const zero = "0".charCodeAt(0)

/** Parses two decimal digits; -1 if they are something else. */
const two = (text: string, at: number): number => {
  const tens = text.charCodeAt(at) - zero
  const ones = text.charCodeAt(at + 1) - zero
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1
}

const hyphen = "-".charCodeAt(0)
const colon = ":".charCodeAt(0)
const dot = ".".charCodeAt(0)
const letterT = "T".charCodeAt(0)

/** The last parsed minute and its time. The next entry of a listing often has the same minute. */
let lastMinute = "none yet"
let lastBegin = NaN

/** The start of a timestamp's minute in milliseconds since 1970; NaN if the fast path does not apply. */
const minuteOf = (text: string): number => {
  if (text.startsWith(lastMinute)) return lastBegin
  const century = two(text, 0)
  const year = two(text, 2)
  const month = two(text, 5)
  const day = two(text, 8)
  const hour = two(text, 11)
  const minute = two(text, 14)
  const isPlain =
    text.charCodeAt(4) === hyphen &&
    text.charCodeAt(7) === hyphen &&
    text.charCodeAt(10) === letterT &&
    text.charCodeAt(13) === colon &&
    text.charCodeAt(16) === colon
  if (!isPlain || century < 10 || year < 0 || month < 1 || month > 12 || day < 1 || day > 28) return NaN
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return NaN
  lastMinute = text.slice(0, 17)
  lastBegin = Date.UTC(century * 100 + year, month - 1, day, hour, minute)
  return lastBegin
}

/** Parses the usual form of a timestamp in UTC, of which a listing may have millions; NaN if it has another form. */
const millisOfPlain = (text: string): number => {
  const end = text.endsWith("Z") ? text.length - 1 : text.length
  const second = two(text, 17)
  if (end < 19 || second < 0 || second > 59) return NaN
  let millis = 0
  if (end > 19) {
    if (text.charCodeAt(19) !== dot || end === 20) return NaN
    // Only milliseconds of a fraction are kept.
    let weight = 100
    for (let index = 20; index < end; index++) {
      const digit = text.charCodeAt(index) - zero
      if (digit < 0 || digit > 9) return NaN
      millis += digit * weight
      weight = weight === 100 ? 10 : weight === 10 ? 1 : 0
    }
  }
  return minuteOf(text) + second * 1000 + millis
}

const epoch = DateTime.unsafeMake(0)

/** Constructs the same structure as an Effect DateTime: the milliseconds, and a prototype. */
const PlainUtc = function (this: { epochMillis: number }, epochMillis: number) {
  this.epochMillis = epochMillis
} as unknown as new (epochMillis: number) => DateTime.Utc
PlainUtc.prototype = Object.getPrototypeOf(epoch)

/**
 * Creates a DateTime quickly. DateTime's own constructor also defines a hidden property for later computations, which
 * takes a third of the time to decode a listing entry. It is used if a DateTime does not have the structure expected
 * here.
 */
const utcOf: (epochMillis: number) => DateTime.Utc =
  Reflect.ownKeys(epoch).join() === "epochMillis,partsUtc"
    ? (epochMillis) => new PlainUtc(epochMillis)
    : (epochMillis) => DateTime.unsafeMake(epochMillis)

/** Parses the usual form of a timestamp; undefined if it has another form. */
const plainInstantOf = (text: string): DateTime.Utc | undefined => {
  const millis = millisOfPlain(text)
  return Number.isNaN(millis) ? undefined : utcOf(millis)
}

const hasZone = /(?:[zZ]|\b(?:GMT|UTC)|[+-]\d\d(?::?\d\d)?)$/

/** Completes ISO 8601 to the form that Date parses: with a dot, separators, and a zone, by default UTC. */
const completeIso = (text: string): string => {
  const separated = text
    .replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)/, "$1-$2-$3T$4:$5:$6")
    .replace(/^(\d{4}-\d\d-\d\d) +(?=\d)/, "$1T")
    .replace(",", ".")
    .replace(/ ?(?:GMT|UTC)$/, "Z")
  return /T.*[+-]\d\d$/.test(separated) ? `${separated}:00` : hasZone.test(separated) ? separated : `${separated}Z`
}

/**
 * Parses a date in any form that clouds write: ISO 8601, extended or basic, with a fraction of any length; the three
 * forms of HTTP. Without a zone it is UTC.
 */
export const instantOf = (text: string): Option.Option<DateTime.Utc> => {
  const plain = plainInstantOf(text)
  if (plain !== undefined) return Option.some(plain)
  const trimmed = text.trim()
  if (/^\d{4}-?\d\d-?\d\d/.test(trimmed)) return DateTime.make(completeIso(trimmed))
  // DateTime would parse a string as ISO 8601.
  return /^[A-Z][a-z]{2,8},? /.test(trimmed)
    ? DateTime.make(new Date(hasZone.test(trimmed) ? trimmed : `${trimmed} UTC`))
    : Option.none()
}

/**
 * A timestamp: ISO 8601 with a fraction of any length or none, and `Z`, an offset, or no zone, which means UTC; or an
 * HTTP date. Encoded as ISO 8601 with `Z`.
 */
export const Timestamp: Schema.Schema<DateTime.Utc, string> = Schema.transformOrFail(
  Schema.String,
  Schema.DateTimeUtcFromSelf,
  {
    strict: true,
    decode: (text, _, ast) => ParseResult.fromOption(instantOf(text), () => new ParseResult.Type(ast, text)),
    encode: (instant) => ParseResult.succeed(DateTime.formatIso(instant))
  }
).annotations({
  identifier: "Timestamp",
  description: "an ISO 8601 timestamp",
  // Fast, because a listing may have millions.
  [compiledDecoding]: (input: unknown) =>
    typeof input === "string" ? (plainInstantOf(input) ?? Option.getOrElse(instantOf(input), () => fallback)) : fallback
})

/** An optional timestamp. A missing, null, empty or invalid one is absent. */
export const TimestampIfAny = Schema.optionalToOptional(Schema.Unknown, Schema.DateTimeUtcFromSelf, {
  decode: Option.flatMap((value) => (typeof value === "string" ? instantOf(value) : Option.none())),
  encode: Option.map((instant): unknown => DateTime.formatIso(instant))
})

/** A field that is absent if it is missing or null. */
export const nullableOptional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { nullable: true })

/** A string that some clouds write as a number or boolean. */
export const Text: Schema.Schema<string, string | number | boolean> = Schema.transform(
  Schema.Union(Schema.String, Schema.Number, Schema.Boolean),
  Schema.String,
  { strict: true, decode: String, encode: (text) => text }
).annotations({ identifier: "Text", description: "a string" })

/** A number that some clouds write as a string. */
export const Count: Schema.Schema<number, number | string> = Schema.Union(
  Schema.Number,
  Schema.NumberFromString
).annotations({ identifier: "Count", description: "a number" })

const isYes = (value: boolean | number | string): boolean =>
  typeof value === "string" ? /^\s*(true|yes|on|1)\s*$/i.test(value) : Boolean(value)

/** A boolean that some clouds write as a string (`"True"`, `""`) or a number. */
export const Flag: Schema.Schema<boolean, boolean | string | number> = Schema.transform(
  Schema.Union(Schema.Boolean, Schema.String, Schema.Number),
  Schema.Boolean,
  { strict: true, decode: isYes, encode: (flag) => flag }
).annotations({ identifier: "Flag", description: "a boolean" })

/** Any JSON value. */
export const Json: Schema.Schema<unknown> = Schema.Unknown

/** A free-form map, such as metadata. Values can be any JSON. */
export const JsonMap = Schema.Record({ key: Schema.String, value: Json })

/** A string that is absent if it is missing, null or empty. */
export const absentIfEmpty = Schema.optionalToOptional(
  Schema.NullishOr(Schema.Union(Schema.String, Schema.Number, Schema.Boolean)),
  Schema.String,
  {
    decode: Option.flatMap((value) =>
      value === undefined || value === null || value === "" ? Option.none() : Option.some(String(value))
    ),
    encode: (text) => text
  }
)

/** A number that is absent if it is missing, null, empty or invalid. */
export const someCount = Schema.optionalToOptional(
  Schema.NullishOr(Schema.Union(Schema.Number, Schema.String)),
  Schema.Number,
  {
    decode: Option.flatMap((value) => {
      const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value
      return typeof number === "number" && Number.isFinite(number) ? Option.some(number) : Option.none()
    }),
    encode: (number) => number
  }
)

/** A boolean that is absent if it is missing, null or empty. */
export const someFlag = Schema.optionalToOptional(
  Schema.NullishOr(Schema.Union(Schema.Boolean, Schema.String, Schema.Number)),
  Schema.Boolean,
  {
    decode: Option.flatMap((value) =>
      value === undefined || value === null || value === "" ? Option.none() : Option.some(isYes(value))
    ),
    encode: (flag) => flag
  }
)

/** A string with a default for a missing or null one. */
export const textOr = (otherwise: string) =>
  Schema.optionalToRequired(
    Schema.NullishOr(Schema.Union(Schema.String, Schema.Number, Schema.Boolean)),
    Schema.String,
    {
      decode: Option.match({
        onNone: () => otherwise,
        onSome: (value) => (value === undefined || value === null ? otherwise : String(value))
      }),
      encode: (text) => Option.some(text)
    }
  )

/** The raw items of a list in a resource. The cloud may write a single item without an array. */
const itemsOf = (value: unknown): ReadonlyArray<unknown> =>
  value === null || value === undefined ? [] : Array.isArray(value) ? value : [value]

/** Keeps the items that can be decoded. */
const readableOf = <A, I>(item: Schema.Schema<A, I>): ((value: unknown) => ReadonlyArray<I>) => {
  const quick = compiledDecoder(item)
  const decode = ParseResult.decodeUnknownEither(item)
  return (value) => itemsOf(value).filter((raw): raw is I => quick(raw) !== fallback || Either.isRight(decode(raw)))
}

/** The schema of a list like {@link listOf}, without the field. */
export const readableItems = <A, I>(item: Schema.Schema<A, I>): Schema.Schema<ReadonlyArray<A>, unknown> =>
  Schema.transform(Schema.Unknown, Schema.Array(item), {
    strict: true,
    decode: readableOf(item),
    encode: (items): unknown => items
  })

/**
 * A list in a resource, empty if it is missing or null. Items that cannot be decoded are dropped, so that they do not
 * hide the resource.
 */
export const listOf = <A, I>(
  item: Schema.Schema<A, I>
): Schema.PropertySignature<":", ReadonlyArray<A>, never, "?:", unknown, false> => {
  const readable = readableOf(item)
  return Schema.optionalToRequired(Schema.Unknown, Schema.Array(item), {
    decode: Option.match({ onNone: () => [], onSome: readable }),
    encode: (items): Option.Option<unknown> => Option.some(items)
  })
}

/** A list like {@link listOf} that is absent if it is missing or null. */
export const someList = <A, I>(
  item: Schema.Schema<A, I>
): Schema.PropertySignature<"?:", ReadonlyArray<A>, never, "?:", unknown, false> => {
  const readable = readableOf(item)
  return Schema.optionalToOptional(Schema.Unknown, Schema.Array(item), {
    decode: Option.flatMap((value) =>
      value === null || value === undefined ? Option.none() : Option.some(readable(value))
    ),
    encode: (items): Option.Option<unknown> => items
  })
}

/** An id that some services write as a number and others as a string. */
export const Id: Schema.Schema<string, string | number> = Schema.transform(
  Schema.Union(Schema.String, Schema.Number),
  Schema.String,
  { strict: true, decode: (id) => String(id), encode: (id) => id }
).annotations({ identifier: "Id", description: "an id (a string or a number)" })

/** Puts a value under a key, as the cloud wraps its resources: `{ "server": { … } }`. */
export const enveloped = <A, I>(
  key: string,
  schema: Schema.Schema<A, I>
): Schema.Schema<A, { readonly [x: string]: I }> =>
  lazy(() =>
    Schema.transform(Schema.Struct({ [key]: schema }), Schema.typeSchema(schema), {
      strict: true,
      decode: (wrapped) => wrapped[key] as A,
      encode: (value) => ({ [key]: value })
    })
  )

/** A resource in the form of `schema`, into which `prepare` brings what the cloud writes. */
export const prepared = <A, I>(
  schema: Schema.Schema<A, I>,
  prepare: (wire: Readonly<Record<string, unknown>>) => unknown
): Schema.Schema<A, unknown> =>
  lazy(() =>
    hideEncoded(
      Schema.transform(Schema.Record({ key: Schema.String, value: Schema.Unknown }), schema, {
        strict: false,
        decode: prepare,
        encode: (value) => value
      })
    )
  )

/** The body of a request, which `bodyOf` makes of the encoded input. */
export const sentAs = <A, I>(input: Schema.Schema<A, I>, bodyOf: (input: I) => unknown): Schema.Schema<A, unknown> =>
  lazy(() =>
    hideEncoded(
      Schema.transform(Schema.Unknown, input, {
        strict: false,
        decode: (wire) => wire,
        encode: bodyOf
      })
    )
  )

/** An enumeration that the cloud may extend. Editors complete the known values, and unknown ones are kept. */
export const openEnum = <Known extends string>(
  ..._known: ReadonlyArray<Known>
): Schema.Schema<Known | (string & {}), string> =>
  Schema.String as unknown as Schema.Schema<Known | (string & {}), string>

/** The maximum number of items in a page. */
export const PageLimit = Schema.Number.pipe(
  Schema.filter((limit) => Number.isInteger(limit) && limit >= 1, { description: "a whole number of 1 or more" })
)

/** A name that is not empty. */
export const Named = Schema.NonEmptyString.annotations({ description: "a string that is not empty" })

/** A text of limited length, counted in characters as clouds do, not in UTF-16 code units. */
export const upTo = (length: number, what: string) =>
  Named.pipe(
    Schema.filter((text) => text.length <= length || [...text].length <= length, {
      description: `${what} of 1 to ${length} characters`
    })
  )

/** An optional field of a request with a default that is always sent. */
export const withDefault = <A, I>(schema: Schema.Schema<A, I>, otherwise: A) =>
  Schema.requiredToOptional(schema, Schema.UndefinedOr(Schema.typeSchema(schema)), {
    decode: Option.some,
    encode: (value) => Option.getOrElse(value, () => undefined) ?? otherwise
  })

/** Text or bytes, as base64 on the wire. */
export const Base64: Schema.Schema<string | Uint8Array, string> = Schema.transform(
  Schema.String,
  Schema.Union(Schema.String, Schema.Uint8ArrayFromSelf),
  {
    strict: true,
    decode: (encoded) => Buffer.from(encoded, "base64").toString("utf8"),
    encode: (content) => Buffer.from(content).toString("base64")
  }
)
