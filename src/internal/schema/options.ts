/** Schemas of options that are not sent, such as a timeout or a body. */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** A Duration, or a value that Effect converts to one. */
export const Time: Schema.Schema<Duration.DurationInput> = Schema.declare(
  (value): value is Duration.DurationInput => !Number.isNaN(value) && Option.isSome(Duration.decodeUnknown(value)),
  { identifier: "Time", description: 'a Duration, such as "90 seconds" or Duration.days(90)' }
)

/** A finite duration greater than zero. */
export const TimeAhead = Time.pipe(
  Schema.filter(
    (time) => {
      const duration = Duration.decode(time)
      return Duration.isFinite(duration) && Duration.greaterThan(duration, Duration.zero)
    },
    { description: 'a finite Duration of more than nothing, such as "1 hour" or Duration.days(90)' }
  )
)

/** A fraction from 0 to 1. */
export const Share = Schema.Number.pipe(Schema.filter((share) => share >= 0 && share <= 1, { description: "0 to 1" }))

/** A positive whole number. */
export const WholeNumber = Schema.Number.pipe(
  Schema.filter((count) => Number.isSafeInteger(count) && count >= 1, { description: "a whole number of 1 or more" })
)

/** A function. Nothing else can be checked before it is called. */
export const functionOf = <F extends (...args: never) => unknown>(): Schema.Schema<F> =>
  Schema.declare((value): value is F => typeof value === "function", { description: "a function" })

/** A local path. */
export const LocalPath = Schema.String.pipe(
  Schema.filter((path) => path !== "" && !path.includes("\u0000"), {
    description: "a path that is not empty and has no NUL"
  })
)

/** The interval and timeout of a wait. */
export const pace = {
  interval: Schema.optional(Time),
  jitter: Schema.optional(Share),
  timeout: Schema.optional(Time)
}

/** How many items to request at a time. */
export const pageSize = { pageSize: Schema.optional(WholeNumber) }

/** A secret, plain or redacted. */
export const Secret = Schema.Union(Schema.String, Schema.RedactedFromSelf(Schema.String)).annotations({
  description: "a string, plain or redacted"
})
