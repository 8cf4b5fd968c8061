/**
 * What is repeated, how long, and by what Schedule; and how long a single attempt may take.
 *
 * Rate control (429, 413 with an over-limit fault, 498) is waited out on any method, as long as the cloud asks. Gateway
 * errors, broken connections and timeouts repeat only what is idempotent, with exponential, fully jittered delays. A deletion
 * that is repeated so and finds nothing has succeeded: the first may have been carried out. A 500 is not repeated. A rejected
 * token is no matter of this policy: see `Identity.retryUnauthorized`.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"

/**
 * The knobs of the policy. All durations are per request of the library's caller, but for the two timeouts, which are per
 * attempt.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** How often a request is sent at the most, the first time included. Default 5. */
  readonly maxAttempts: number
  /** No attempt begins later than this after the first one. Default 2 minutes. */
  readonly maxElapsed: Duration.Duration
  /** The longest `Retry-After` that is waited out; a longer one surfaces as `OverLimit`. Default 1 minute. */
  readonly maxRetryAfter: Duration.Duration
  /** The upper bound of the first delay where the cloud names none; it doubles each time. Default 250 ms. */
  readonly baseDelay: Duration.Duration
  /** The upper bound of all such delays. Default 20 s. */
  readonly maxDelay: Duration.Duration
  /** How long the response's head may take once the request is sent. Default 1 minute. */
  readonly responseTimeout: Duration.Duration
  /** How long a body may stand still, on its way up or down. Default 1 minute. */
  readonly stallTimeout: Duration.Duration
}

/**
 * The policy unless another is provided.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultPolicy: Service = {
  maxAttempts: 5,
  maxElapsed: Duration.minutes(2),
  maxRetryAfter: Duration.minutes(1),
  baseDelay: Duration.millis(250),
  maxDelay: Duration.seconds(20),
  responseTimeout: Duration.minutes(1),
  stallTimeout: Duration.minutes(1)
}

/**
 * The policy in force. Provide another for a whole program, for a service by its layer's `retry` option, or for one call
 * with `Effect.provideService(RetryPolicy, …)`: the innermost one counts.
 *
 * @since 0.1.0
 * @category tags
 */
export class RetryPolicy extends Context.Reference<RetryPolicy>()("effect-rackspace/RetryPolicy", {
  defaultValue: (): Service => defaultPolicy
}) {}

/**
 * The default policy with some knobs turned.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (knobs: Partial<Service>): Service => ({ ...defaultPolicy, ...knobs })

/**
 * Sends each request once, with the default timeouts.
 *
 * @since 0.1.0
 * @category constants
 */
export const never: Service = make({ maxAttempts: 1 })

/**
 * The policy that the caller has provided, else the service's own, else the default.
 *
 * @since 0.1.0
 * @category accessors
 */
export const current = (ofService: Service | undefined): Effect.Effect<Service> =>
  Effect.contextWith((context: Context.Context<never>) => currentIn(context, ofService))

/**
 * As {@link current}, in a context.
 *
 * @since 0.1.0
 * @category accessors
 */
export const currentIn = (context: Context.Context<never>, ofService: Service | undefined): Service =>
  // A reference always has a value; only a look at the map tells whether somebody provided it.
  context.unsafeMap.has(RetryPolicy.key) ? Context.get(context, RetryPolicy) : (ofService ?? defaultPolicy)

interface Repeatable {
  readonly _tag: string
  readonly reason?: string | undefined
  readonly retryAfter?: Duration.Duration | undefined
}

/**
 * How long to wait before the next attempt, or undefined where there is to be none.
 */
const delayAfter = (
  policy: Service,
  idempotent: boolean,
  error: Repeatable,
  repetition: number
): Effect.Effect<Duration.Duration | undefined> => {
  const limited = error._tag === "OverLimit"
  const broken =
    error._tag === "ServiceUnavailable" ||
    (error._tag === "TransportError" && error.reason !== "invalidUrl" && error.reason !== "tooLong")
  if (!limited && !(broken && idempotent)) return Effect.succeed(undefined)
  if (error.retryAfter !== undefined) {
    return Effect.succeed(Duration.greaterThan(error.retryAfter, policy.maxRetryAfter) ? undefined : error.retryAfter)
  }
  const bound = Duration.min(Duration.times(policy.baseDelay, 2 ** repetition), policy.maxDelay)
  return Effect.map(Random.next, (share) => Duration.times(bound, share))
}

/**
 * The policy as a Schedule over failures: it recurs while the failure is worth another attempt, after the delay that the
 * cloud names or a jittered, growing one.
 *
 * @since 0.1.0
 * @category schedules
 */
export const schedule = <E extends Repeatable>(
  policy: Service,
  idempotent: boolean
): Effect.Effect<Schedule.Schedule<Duration.Duration, E>> =>
  Effect.map(Clock.currentTimeMillis, (start) => scheduleSince(start, policy, idempotent))

/**
 * As {@link schedule}, for a request whose first attempt began at `start`, in milliseconds since 1970.
 *
 * @since 0.1.0
 * @category schedules
 */
export const scheduleSince = <E extends Repeatable>(
  start: number,
  policy: Service,
  idempotent: boolean
): Schedule.Schedule<Duration.Duration, E> =>
  Schedule.identity<E>().pipe(
    Schedule.intersect(Schedule.recurs(policy.maxAttempts - 1)),
    Schedule.mapEffect(([error, repetition]) =>
      Effect.zipWith(delayAfter(policy, idempotent, error, repetition), Clock.currentTimeMillis, (delay, now) =>
        delay !== undefined && now - start + Duration.toMillis(delay) <= Duration.toMillis(policy.maxElapsed)
          ? delay
          : Duration.infinity
      )
    ),
    Schedule.whileOutput(Duration.isFinite),
    Schedule.modifyDelay((delay) => delay)
  )
