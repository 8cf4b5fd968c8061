/** Schemas of the values of settings in headers. */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { lazy } from "../../internal/schema/lazy.js"
import { Time } from "../../internal/schema/options.js"
import { ContainerName, decodedText } from "./names.js"

/** A header value of printable ASCII. */
export const Line = Schema.String.pipe(
  Schema.filter((text) => /^[\u0020-\u007e]+$/.test(text), { description: "printable ASCII" })
)

/** `true`, or another of Swift's values for it. */
export const Yes: Schema.Schema<boolean, string> = lazy(() =>
  Schema.transform(Schema.String, Schema.Boolean, {
    strict: true,
    decode: (text) => /^(true|1|yes|on|t|y)$/i.test(text.trim()),
    encode: (on) => (on ? "true" : "false")
  })
)

const Whole = Schema.Number.pipe(
  Schema.filter((number) => Number.isSafeInteger(number) && number >= 0, {
    description: "a whole number of 0 or more"
  })
)

/** A number of bytes or of objects. */
export const Quota: Schema.Schema<number, string> = lazy(() =>
  Schema.compose(Schema.NumberFromString.annotations({ description: "a decimal number" }), Whole)
)

/** A duration as it is set. */
export const GivenSeconds: Schema.Schema<Duration.DurationInput, string> = lazy(() =>
  Schema.transform(
    Schema.String,
    Time.pipe(
      Schema.filter((time) => Duration.isFinite(Duration.decode(time)), {
        description: 'a finite Duration, such as "1 hour" or Duration.days(1)'
      })
    ),
    {
      strict: true,
      decode: (seconds) => Duration.seconds(Number(seconds)),
      encode: (time) => String(Math.floor(Duration.toSeconds(time)))
    }
  )
)

/** A duration as it is returned. */
export const Seconds: Schema.Schema<Duration.Duration, string> = lazy(() =>
  Schema.transform(Schema.String.pipe(Schema.pattern(/^\d+$/)), Schema.DurationFromSelf, {
    strict: true,
    decode: (seconds) => Duration.seconds(Number(seconds)),
    encode: (duration) => String(Math.floor(Duration.toSeconds(duration)))
  })
)

const Word = Schema.String.pipe(
  Schema.filter((text) => /^[\u0021-\u007e]+$/.test(text), { description: "printable ASCII without a space" })
)

/** Values separated by spaces. Some clients write commas instead. */
export const Words: Schema.Schema<ReadonlyArray<string>, string> = lazy(() =>
  Schema.transform(
    Schema.String,
    Schema.Array(Word).pipe(
      Schema.filter((words) => words.length > 0, { description: "at least one value (null removes all)" })
    ),
    {
      strict: true,
      decode: (text) => text.split(/[\s,]+/).filter((word) => word !== ""),
      encode: (words) => words.join(" ")
    }
  )
)

/** The name of a container, percent-encoded. */
export const Location: Schema.Schema<string, string> = lazy(() =>
  Schema.transform(Schema.String, ContainerName, {
    strict: true,
    decode: decodedText,
    encode: encodeURIComponent
  })
)
