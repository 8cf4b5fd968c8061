/** Schemas that the responses of several resources share: objects that may be empty, flags and times. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { hideEncoded, lazy } from "../../internal/schema/lazy.js"
import { enveloped, Flag, prepared, Timestamp } from "../../internal/schema/wire.js"

/** Whether a value is empty: null, `{}`, or an object whose fields are all empty. */
const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (typeof value === "object" && !Array.isArray(value) && Object.values(value).every(isEmpty))

const withoutEmpty = (wire: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(wire).filter(([, value]) => !isEmpty(value)))

/** An object whose empty fields are absent. The cloud writes `{}` for settings that are not set. */
export const sparse = <A, I>(fields: Schema.Schema<A, I>): Schema.Schema<A, unknown> => prepared(fields, withoutEmpty)

/** An optional setting. The cloud returns an empty object if it is not set. */
export const ifSet = <A, I>(key: string, schema: Schema.Schema<A, I>): Schema.Schema<Option.Option<A>, unknown> =>
  lazy(() => {
    const Domain = Schema.Struct({ [key]: Schema.OptionFromUndefinedOr(schema) })
    const Wrapped = prepared(Domain, (wire) => ({ [key]: isEmpty(wire[key]) ? undefined : wire[key] }))
    return hideEncoded(
      Schema.transform(Wrapped, Schema.OptionFromSelf(Schema.typeSchema(schema)), {
        strict: false,
        decode: (wrapped) => wrapped[key],
        encode: (value) => ({ [key]: value })
      })
    )
  })

/** A response with one value under a key. */
export const one = <A, I>(key: string, schema: Schema.Schema<A, I>) => Endpoint.json(enveloped(key, schema))

/** `{ "enabled": true }` */
export const Enabled = enveloped("enabled", Flag)

const instantIn = (value: unknown): unknown =>
  typeof value === "object" && value !== null && "time" in value ? value.time : value

/** `{ "time": "2011-11-30T03:23:42Z" }`, or the time alone. */
export const Instant = () =>
  Schema.optionalToOptional(
    hideEncoded(
      Schema.transform(Schema.Unknown, Schema.NullishOr(Schema.Union(Schema.Literal(""), Timestamp)), {
        strict: false,
        decode: instantIn,
        encode: (time) => ({ time })
      })
    ),
    Schema.DateTimeUtcFromSelf,
    { decode: Option.filter((time): time is DateTime.Utc => DateTime.isDateTime(time)), encode: (time) => time }
  )
