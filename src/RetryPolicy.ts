/**
 * Which failed requests are retried, how often and with what delays, and how long each attempt may take.
 *
 * - Rate limits (429, 413 with an over-limit fault, 498) are retried for every method, any number of times, as long as
 *   `maxElapsed` allows. They do not count as attempts.
 * - Gateway errors, broken connections and timeouts are retried only for idempotent requests, with exponential delays and full
 *   jitter. A retried delete that finds nothing has succeeded, since the first attempt may have been carried out.
 * - A 500 is retried only with `retryInternalErrors`.
 * - Requests that a cloud may process for minutes (server-side copies, bulk deletions, archive extraction, manifests of large
 *   objects, restoring a version) must not run twice at the same time. They are retried only if the first attempt is unlikely
 *   to be running: it was refused by a rate limit, no connection was made, the connection broke before the whole request was
 *   sent, or the request failed within a second after it was sent. A gateway timeout (504), the client's own timeout and every
 *   later failure are returned to the caller, since the cloud may still be processing the request.
 *
 * Rejected tokens are handled elsewhere: see `Identity.retryUnauthorized`.
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
 * The settings of a policy. Durations apply to a whole request with all its attempts; timeouts apply to each attempt.
 */
export interface Service {
  /**
   * The maximum number of attempts, including the first. Default 5. Rate limits do not count, unless this is 1, which sends
   * each request once, or `baseDelay` is zero.
   */
  readonly maxAttempts: number
  /**
   * No attempt begins later than this after the first one. Time spent waiting because `maxConcurrentRequests` requests are in
   * flight, or because of a `BandwidthLimit`, does not count. Default 2 minutes.
   */
  readonly maxElapsed: Duration.Duration
  /** The longest `Retry-After` to wait for; a longer one fails with `OverLimit`. Default 1 minute. */
  readonly maxRetryAfter: Duration.Duration
  /**
   * The upper bound of the first delay if the cloud specifies none; it doubles with each retry. Default 250 ms. After a rate
   * limit, this delay (or the one that the cloud asks for) is the lower bound, and jitter of up to half of it is added.
   */
  readonly baseDelay: Duration.Duration
  /** The upper bound of these delays, before the jitter that is added after a rate limit. Default 20 s. */
  readonly maxDelay: Duration.Duration
  /** Whether idempotent requests are retried after a 500, as after a 503. Default false. */
  readonly retryInternalErrors: boolean
  /** How long to wait for the response headers after the request was sent. Default 1 minute. */
  readonly responseTimeout: Duration.Duration
  /**
   * The same for operations that a cloud may process for minutes before it responds: server-side copies, bulk deletions,
   * archive extraction, manifests of large objects. Default 30 minutes. Such a request is not retried while the first attempt
   * may still be running, as described above.
   */
  readonly longResponseTimeout: Duration.Duration
  /** How long a request or response body may stall. Default 1 minute. */
  readonly stallTimeout: Duration.Duration
}

/** The policy that applies unless another is provided. */
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
 * The current policy. Provide another one for a whole program, for a service with the `retry` option of its layer, or for one
 * call with `Effect.provideService(RetryPolicy, …)`. The innermost policy applies.
 */
export class RetryPolicy extends Context.Reference<RetryPolicy>()("effect-rackspace/RetryPolicy", {
  defaultValue: (): Service => defaultPolicy
}) {}

/** The default policy with some settings changed. */
export const make = (settings: Partial<Service>): Service => ({ ...defaultPolicy, ...settings })

/** Sends each request once, with the default timeouts. */
export const never: Service = make({ maxAttempts: 1 })

/** The policy that the caller has provided, else the service's own, else the default. */
export const current = (ofService: Service | undefined): Effect.Effect<Service> =>
  Effect.contextWith((context: Context.Context<never>) => currentIn(context, ofService))

/** Like {@link current}, for a given context. */
export const currentIn = (context: Context.Context<never>, ofService: Service | undefined): Service =>
  // A reference always has a value; only the map shows whether it was provided.
  context.unsafeMap.has(RetryPolicy.key) ? Context.get(context, RetryPolicy) : (ofService ?? defaultPolicy)

interface Repeatable {
  readonly _tag: string
  readonly reason?: string | undefined
  readonly status?: number | undefined
  readonly retryAfter?: Duration.Duration | undefined
}

/** The number of retries so far, by kind of failure. */
interface Retries {
  readonly limited: number
  readonly failed: number
}

/** The maximum jitter that is added to a delay that the cloud asks for, in milliseconds. */
const maxJitter = 5_000

const isTransient = (error: Repeatable, policy: Service): boolean =>
  error._tag === "ServiceUnavailable" ||
  (error._tag === "TransportError" && error.reason !== "invalidUrl" && error.reason !== "tooLong") ||
  (error._tag === "UnexpectedStatus" && error.status === 500 && policy.retryInternalErrors)

/** The upper bound of the delay before a retry, in milliseconds, if the cloud specifies none. */
const backOff = ({ baseDelay, maxDelay }: Service, retries: number): number =>
  Math.min(Duration.toMillis(baseDelay) * 2 ** retries, Duration.toMillis(maxDelay))

/**
 * The delay before the next attempt in milliseconds, or undefined if there is no next attempt. `left` is the remaining time of
 * the policy, and `random` is a number between 0 and 1.
 */
const delayAfter = (
  error: Repeatable,
  policy: Service,
  { failed, limited }: Retries,
  left: number,
  random: number
): number | undefined => {
  const isLimit = error._tag === "OverLimit"
  // A `Retry-After` of 0 or in the past is ignored: some clouds send `Retry-After: 0` with every response.
  const asked = error.retryAfter === undefined ? 0 : Duration.toMillis(error.retryAfter)
  if (asked > Duration.toMillis(policy.maxRetryAfter)) return undefined
  if (asked === 0 && !isLimit) {
    const delay = backOff(policy, failed) * random
    return delay <= left ? delay : undefined
  }
  const least = asked === 0 ? backOff(policy, limited) : Math.max(asked, backOff(policy, 0))
  // Jitter prevents that many fibers with the same delay wake at once.
  return least <= left ? Math.min(least + random * Math.min(least / 2, maxJitter), left) : undefined
}

/**
 * A Schedule over failures that implements the policy: it recurs while the failure is to be retried, after the delay that the
 * cloud specifies or with exponential back-off and jitter.
 */
export const schedule = <E extends Repeatable>(
  policy: Service,
  idempotent: boolean
): Effect.Effect<Schedule.Schedule<Duration.Duration, E>> =>
  Effect.map(Clock.currentTimeMillis, (start) => scheduleSince(start, policy, idempotent))

/**
 * Like {@link schedule}, for a request whose first attempt began at `start`, in milliseconds since 1970. A function is called
 * after each failure, so that time in which the request only waited to be sent can be excluded.
 */
export const scheduleSince = <E extends Repeatable>(
  start: number | (() => number),
  policy: Service,
  idempotent: boolean
): Schedule.Schedule<Duration.Duration, E> => {
  // Without a delay, `maxElapsed` may never be reached, so rate limits count as attempts.
  const isBoundByTime = Duration.greaterThan(policy.baseDelay, Duration.zero)
  const repeats = (error: E, { failed, limited }: Retries): boolean =>
    error._tag === "OverLimit"
      ? policy.maxAttempts > 1 && (isBoundByTime || limited < policy.maxAttempts - 1)
      : idempotent && isTransient(error, policy) && failed < policy.maxAttempts - 1
  return Schedule.makeWithState({ limited: 0, failed: 0 } as Retries, (now, error: E, before) => {
    const ended = [before, Duration.zero, ScheduleDecision.done] as const
    if (!repeats(error, before)) return Effect.succeed(ended)
    return Effect.map(Random.next, (random) => {
      const begin = typeof start === "function" ? start() : start
      const left = begin + Duration.toMillis(policy.maxElapsed) - now
      const delay = delayAfter(error, policy, before, left, random)
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
