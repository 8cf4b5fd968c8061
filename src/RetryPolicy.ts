/**
 * Which failed requests are sent again, how often and after how long; and how long a single attempt may take.
 *
 * - Rate limits (429, 413 with an over-limit fault, 498) are waited out on any method, however many times they occur, as long
 *   as `maxElapsed` allows. They do not count as attempts.
 * - Gateway errors, broken connections and timeouts repeat only idempotent requests, with exponential, fully jittered delays.
 *   A deletion that is repeated so and finds nothing has succeeded: the first may have been carried out.
 * - A 500 is repeated only with `retryInternalErrors`.
 * - A request on which a cloud may work for minutes (a copy within the cloud, a bulk deletion, the extraction of an archive, a
 *   manifest of a large object, the restoring of a version) must not run twice at the same time. It is sent again only where
 *   it is not likely to be running: it was refused by a rate limit, no connection was made, the connection broke before all
 *   of it was sent, or it failed within a second after that. A gateway's timeout (504), our own timeout and every later
 *   failure surface, since the cloud may still be working on it.
 *
 * A rejected token is not a matter of this policy: see `Identity.retryUnauthorized`.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as ScheduleInterval from "effect/ScheduleInterval"

/**
 * The settings of the policy. All durations are per request of the library's caller, except the timeouts, which are per
 * attempt.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * How often a request is sent at the most, the first time included. Default 5. Rate limits do not count, except with 1,
   * which sends each request once, and with a `baseDelay` of zero.
   */
  readonly maxAttempts: number
  /**
   * No attempt begins later than this after the first one. Time in which the request waits for its turn, since as many as
   * `maxConcurrentRequests` are in flight, or for a `BandwidthLimit` does not count. Default 2 minutes.
   */
  readonly maxElapsed: Duration.Duration
  /** The longest `Retry-After` that is waited out; a longer one surfaces as `OverLimit`. Default 1 minute. */
  readonly maxRetryAfter: Duration.Duration
  /**
   * The upper bound of the first delay where the cloud names none; it doubles each time. Default 250 ms. After a rate limit it
   * is the lower bound, to which jitter of at most a half is added; so is what the cloud asks for.
   */
  readonly baseDelay: Duration.Duration
  /** The upper bound of all such delays, before the jitter that is added after a rate limit. Default 20 s. */
  readonly maxDelay: Duration.Duration
  /** Whether a 500 repeats idempotent requests, as 503 does. Default false. */
  readonly retryInternalErrors: boolean
  /** How long the response's head may take once the request is sent. Default 1 minute. */
  readonly responseTimeout: Duration.Duration
  /**
   * The same for operations that a cloud may work on for minutes before it responds: copies within the cloud, bulk deletions,
   * extraction of archives, manifests of large objects. Default 30 minutes. Such a request is not sent again while the first
   * may still be running, as described above.
   */
  readonly longResponseTimeout: Duration.Duration
  /** How long a body may stall, on its way up or down. Default 1 minute. */
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
  retryInternalErrors: false,
  responseTimeout: Duration.minutes(1),
  longResponseTimeout: Duration.minutes(30),
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
 * The default policy with some settings changed.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (settings: Partial<Service>): Service => ({ ...defaultPolicy, ...settings })

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
  // A reference always has a value; only the map shows whether it was provided.
  context.unsafeMap.has(RetryPolicy.key) ? Context.get(context, RetryPolicy) : (ofService ?? defaultPolicy)

interface Repeatable {
  readonly _tag: string
  readonly reason?: string | undefined
  readonly status?: number | undefined
  readonly retryAfter?: Duration.Duration | undefined
}

/** How often a request was retried so far, by the kind of failure. */
interface Retries {
  readonly limited: number
  readonly failed: number
}

/** In milliseconds: the most jitter that is added to what a cloud asks for. */
const mostJitter = 5_000

const isPassing = (error: Repeatable, policy: Service): boolean =>
  error._tag === "ServiceUnavailable" ||
  (error._tag === "TransportError" && error.reason !== "invalidUrl" && error.reason !== "tooLong") ||
  (error._tag === "UnexpectedStatus" && error.status === 500 && policy.retryInternalErrors)

/** The upper bound of the delay before a retry, in milliseconds, where the cloud names none. */
const backOff = ({ baseDelay, maxDelay }: Service, repetition: number): number =>
  Math.min(Duration.toMillis(baseDelay) * 2 ** repetition, Duration.toMillis(maxDelay))

/**
 * How long to wait before the next attempt, in milliseconds, or undefined where there is to be none. `left` is the rest of
 * the policy's time, and `share` a random number from 0 to 1.
 */
const delayAfter = (
  error: Repeatable,
  policy: Service,
  { failed, limited }: Retries,
  left: number,
  share: number
): number | undefined => {
  const isLimit = error._tag === "OverLimit"
  // A time that has passed, or is none, says nothing: some clouds send `Retry-After: 0` with everything.
  const asked = error.retryAfter === undefined ? 0 : Duration.toMillis(error.retryAfter)
  if (asked > Duration.toMillis(policy.maxRetryAfter)) return undefined
  if (asked === 0 && !isLimit) {
    const delay = backOff(policy, failed) * share
    return delay <= left ? delay : undefined
  }
  const least = asked === 0 ? backOff(policy, limited) : Math.max(asked, backOff(policy, 0))
  // With jitter, so that many fibers that wait for the same time do not all wake at once.
  return least <= left ? Math.min(least + share * Math.min(least / 2, mostJitter), left) : undefined
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
 * As {@link schedule}, for a request whose first attempt began at `start`, in milliseconds since 1970. A function is asked
 * after each failure, so that time in which the request only waited to be sent can be left out.
 *
 * @since 0.1.0
 * @category schedules
 */
export const scheduleSince = <E extends Repeatable>(
  start: number | (() => number),
  policy: Service,
  idempotent: boolean
): Schedule.Schedule<Duration.Duration, E> => {
  // Without a delay the time of the policy may never be used up, so that rate limits count as attempts then.
  const isBoundByTime = Duration.greaterThan(policy.baseDelay, Duration.zero)
  const repeats = (error: E, { failed, limited }: Retries): boolean =>
    error._tag === "OverLimit"
      ? policy.maxAttempts > 1 && (isBoundByTime || limited < policy.maxAttempts - 1)
      : idempotent && isPassing(error, policy) && failed < policy.maxAttempts - 1
  return Schedule.makeWithState({ limited: 0, failed: 0 } as Retries, (now, error: E, before) => {
    const ended = [before, Duration.zero, ScheduleDecision.done] as const
    if (!repeats(error, before)) return Effect.succeed(ended)
    return Effect.map(Random.next, (share) => {
      const begun = typeof start === "function" ? start() : start
      const left = begun + Duration.toMillis(policy.maxElapsed) - now
      const delay = delayAfter(error, policy, before, left, share)
      if (delay === undefined) return ended
      const after =
        error._tag === "OverLimit"
          ? { ...before, limited: before.limited + 1 }
          : { ...before, failed: before.failed + 1 }
      const next = ScheduleDecision.continueWith(ScheduleInterval.after(now + delay))
      return [after, Duration.millis(delay), next] as const
    })
  })
}
