/**
 * The cloud's formats that several services share: its timestamps, its absent values, its ids.
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

const zero = "0".charCodeAt(0)

/** The number that so many decimal digits from there on are; NaN where there are others. */
const digits = (text: string, start: number, count: number): number => {
  let value = 0
  for (let index = start; index < start + count; index++) {
    const digit = text.charCodeAt(index) - zero
    if (!(digit >= 0 && digit <= 9)) return NaN
    value = value * 10 + digit
  }
  return value
}

const hyphen = "-".charCodeAt(0)
const colon = ":".charCodeAt(0)
const dot = ".".charCodeAt(0)
const letterT = "T".charCodeAt(0)

/** The day that was read last, of which a listing's next entry mostly is too, and when it began. */
let lastDay = "none yet"
let lastMidnight = NaN

/** Milliseconds since 1970 when the day of a timestamp began; NaN for what takes more thought. */
const midnightOf = (text: string): number => {
  if (text.startsWith(lastDay)) return lastMidnight
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 2)
  const day = digits(text, 8, 2)
  const isDay =
    text.charCodeAt(4) === hyphen && text.charCodeAt(7) === hyphen && year >= 1000 && month >= 1 && month <= 12
  if (!isDay || !(day >= 1 && day <= 28)) return NaN
  lastDay = text.slice(0, 10)
  lastMidnight = Date.UTC(year, month - 1, day)
  return lastMidnight
}

/**
 * Milliseconds since 1970 of a timestamp in UTC as nearly all of them are, which a listing has by the million; NaN for what
 * takes more thought.
 */
const millisOfPlain = (text: string): number => {
  const end = text.endsWith("Z") ? text.length - 1 : text.length
  if (end < 19 || text.charCodeAt(10) !== letterT || text.charCodeAt(13) !== colon || text.charCodeAt(16) !== colon) {
    return NaN
  }
  const hour = digits(text, 11, 2)
  const minute = digits(text, 14, 2)
  const second = digits(text, 17, 2)
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return NaN
  let millis = 0
  if (end > 19) {
    if (text.charCodeAt(19) !== dot || end === 20) return NaN
    // Of a fraction, as many digits as milliseconds have.
    for (let index = 20, weight = 100; index < end; index++, weight /= 10) {
      const digit = text.charCodeAt(index) - zero
      if (!(digit >= 0 && digit <= 9)) return NaN
      if (index < 23) millis += digit * weight
    }
  }
  return midnightOf(text) + hour * 3_600_000 + minute * 60_000 + second * 1000 + millis
}

/**
 * A timestamp as the cloud writes it: ISO 8601 with a fraction of any length or none, and `Z`, an offset, or no zone at all,
 * which means UTC. Encoded as ISO 8601 with `Z`.
 */
export const Timestamp: Schema.Schema<DateTime.Utc, string> = Schema.transformOrFail(
  Schema.String,
  Schema.DateTimeUtcFromSelf,
  {
    strict: true,
    decode: (text, _, ast) => {
      const millis = millisOfPlain(text)
      // From a Date, since everything else is first asked what it is.
      if (!Number.isNaN(millis)) return ParseResult.succeed(DateTime.unsafeFromDate(new Date(millis)))
      const trimmed = text.trim()
      return ParseResult.fromOption(
        DateTime.make(/([zZ]|[+-]\d\d:?\d\d)$/.test(trimmed) ? trimmed : `${trimmed}Z`),
        () => new ParseResult.Type(ast, text)
      )
    },
    encode: (instant) => ParseResult.succeed(DateTime.formatIso(instant))
  }
).annotations({ identifier: "Timestamp", description: "an ISO 8601 timestamp" })

/** A timestamp in whose place the cloud writes the empty string, or null, or nothing, for "never". */
export const TimestampIfAny = Schema.optionalToOptional(
  Schema.NullishOr(Schema.Union(Schema.Literal(""), Timestamp)),
  Schema.DateTimeUtcFromSelf,
  {
    decode: Option.filter((instant): instant is DateTime.Utc => DateTime.isDateTime(instant)),
    encode: (instant) => instant
  }
)

/** A field that may be missing or null on the wire; absent in both cases. */
export const absent = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { nullable: true })

/** A string in which the cloud writes the empty string, or null, for "none": absent in all these cases. */
export const absentIfEmpty = Schema.optionalToOptional(Schema.NullishOr(Schema.String), Schema.String, {
  decode: Option.filter((text): text is string => text !== undefined && text !== null && text !== ""),
  encode: (text) => text
})

/** An id that some services write as a number and some as a string. */
export const Id: Schema.Schema<string, string | number> = Schema.transform(
  Schema.Union(Schema.String, Schema.Number),
  Schema.String,
  { strict: true, decode: (id) => String(id), encode: (id) => id }
).annotations({ identifier: "Id", description: "an id (a string or a number)" })

/** Puts a value under a key, as the cloud wraps its resources: `{ "server": { … } }`. */
export const enveloped = <A, I>(key: string, schema: Schema.Schema<A, I>) => {
  const Wrapped = Schema.Struct({ [key]: schema })
  return Schema.transform(Wrapped, Schema.typeSchema(schema), {
    strict: true,
    decode: (wrapped) => wrapped[key] as A,
    encode: (value) => ({ [key]: value }) as typeof Wrapped.Type
  })
}

/**
 * An enumeration that the cloud may extend: the known values complete in the editor, and an unknown one is kept as it came.
 */
export const open = <Known extends string>(
  ..._known: ReadonlyArray<Known>
): Schema.Schema<Known | (string & {}), string> =>
  Schema.String as unknown as Schema.Schema<Known | (string & {}), string>

/** How many items a page holds. */
export const PageLimit = Schema.Number.pipe(
  Schema.filter((limit) => Number.isInteger(limit) && limit >= 1, { description: "a whole number of 1 or more" })
)

/** A name that is not empty. */
export const Named = Schema.NonEmptyString.annotations({ description: "a string that is not empty" })

/** A field of a request that the caller may leave out, and that is always sent. */
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
