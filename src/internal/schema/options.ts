/**
 * Schemas of the options of operations: values that are not sent as they are, such as a timeout or a body.
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** A Duration, or what Effect makes one of. */
export const Time: Schema.Schema<Duration.DurationInput> = Schema.declare(
  (value): value is Duration.DurationInput => !Number.isNaN(value) && Option.isSome(Duration.decodeUnknown(value)),
  { identifier: "Time", description: 'a Duration, such as "90 seconds" or Duration.days(90)' }
)

/** A time of more than nothing that has an end. */
export const TimeAhead = Time.pipe(
  Schema.filter(
    (time) => {
      const duration = Duration.decode(time)
      return Duration.isFinite(duration) && Duration.greaterThan(duration, Duration.zero)
    },
    { description: 'a finite Duration of more than nothing, such as "1 hour" or Duration.days(90)' }
  )
)

/** A share of a whole. */
export const Share = Schema.Number.pipe(Schema.filter((share) => share >= 0 && share <= 1, { description: "0 to 1" }))

/** How many at a time, or how many at the most. */
export const WholeNumber = Schema.Number.pipe(
  Schema.filter((count) => Number.isSafeInteger(count) && count >= 1, { description: "a whole number of 1 or more" })
)

/** A function, of which no more can be checked before it is called. */
export const functionOf = <F extends (...args: never) => unknown>(): Schema.Schema<F> =>
  Schema.declare((value): value is F => typeof value === "function", { description: "a function" })

/** A path of this machine. */
export const LocalPath = Schema.String.pipe(
  Schema.filter((path) => path !== "" && !path.includes("\u0000"), {
    description: "a path that is not empty and has no NUL"
  })
)

/** How often a wait polls, and how long. */
export const pace = {
  interval: Schema.optional(Time),
  jitter: Schema.optional(Share),
  timeout: Schema.optional(Time)
}

/** How many items one request of a listing asks for. */
export const pageSize = { pageSize: Schema.optional(WholeNumber) }

/** A secret that may be given as a plain text. */
export const Secret = Schema.Union(Schema.String, Schema.RedactedFromSelf(Schema.String)).annotations({
  description: "a string, plain or redacted"
})
