/** Waiting until a resource reaches a state, by polling with a timeout. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import { type CloudError, type Operation, ResourceFailed, WaitTimeout } from "./CloudError.js"

/** How often to poll, and for how long. */
export interface Pace {
  /** The time between two polls. */
  readonly interval?: Duration.DurationInput | undefined
  /** The fraction of the interval, 0 to 1, by which it varies at random, so that many waits do not poll at once. Default 0.1. */
  readonly jitter?: number | undefined
  /** When to fail with `WaitTimeout`. A last poll is made then, which may take five seconds. */
  readonly timeout?: Duration.DurationInput | undefined
}

/** A resource to wait for. */
export interface Watch<A, E, R> extends Operation, Pace {
  /** The resource's id. */
  readonly resource: string
  /** Asks for the resource once. */
  readonly poll: Effect.Effect<A, E, R>
  /** The name of the state, for `WaitTimeout` and `ResourceFailed`. */
  readonly state: (seen: A) => string
  /** Whether the wait is over. */
  readonly until: (seen: A) => boolean
  /** Whether the resource has failed, with the reason if there is one. */
  readonly failed: (seen: A) => Option.Option<{ readonly fault: string | undefined }>
  /**
   * When the resource was created, in milliseconds since 1970, if known: a cloud may not find a new resource for a while.
   */
  readonly created?: number | undefined
  readonly interval: Duration.DurationInput
  readonly timeout: Duration.DurationInput
}

/** The minimum timeout of a poll in milliseconds, so that a poll at the end of the wait can complete. */
const minPollTimeout = 5_000

/** For how many milliseconds after its creation a resource may not be found. */
const notFoundFor = 5 * 60_000

/** How many malformed responses in a row are accepted: a gateway's error page is temporary, an unsupported format is not. */
const maxMalformed = 10

/**
 * Whether a failure is likely to be temporary: the service or a gateway is not available, the connection broke, a rate limit was
 * reached, a response was malformed, or Identity could not be reached.
 */
export const mayPass = (error: unknown): boolean => {
  // A poll may fail with anything; only the library's own errors are known to be temporary.
  const failure = typeof error === "object" && error !== null ? (error as CloudError) : undefined
  switch (failure?._tag) {
    case "ServiceUnavailable":
    case "OverLimit":
    case "MalformedResponse":
      return true
    case "TransportError":
      return failure.reason !== "invalidUrl"
    case "UnexpectedStatus":
      return failure.status >= 500 || failure.status < 400
    case "AuthenticationFailed":
      return failure.reason === "unreachable" || failure.reason === "locked" || failure.reason === "malformed"
    default:
      return false
  }
}

const hasTag = (error: unknown, tag: CloudError["_tag"]): boolean =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === tag

/** How long the cloud asked to wait, in milliseconds. */
const retryAfterOf = (error: unknown): number =>
  typeof error === "object" && error !== null && "retryAfter" in error && Duration.isDuration(error.retryAfter)
    ? Duration.toMillis(error.retryAfter)
    : 0

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const polling = <A, E, R>(watched: Watch<A, E, R>, start: number) => {
  const interval = Duration.toMillis(watched.interval)
  const timeout = Duration.toMillis(watched.timeout)
  const jitter = watched.jitter ?? 0.1
  const about = { service: watched.service, operation: watched.operation, resource: watched.resource }
  let last: string | undefined
  let failure: E | undefined
  let malformed = 0

  const timedOut = Effect.suspend(() => {
    const failed = failure === undefined ? "" : `; the last poll failed: ${messageOf(failure)}`
    return new WaitTimeout({
      ...about,
      waited: Duration.millis(timeout),
      ...(last !== undefined && { lastState: last }),
      message: `${watched.operation}: ${watched.resource} was ${last === undefined ? "not seen" : `still ${last}`} after ${Duration.format(timeout)}${failed}`
    })
  })

  /** Records a failure, and returns whether the wait continues. */
  const continuesAfter = (error: E, now: number): boolean => {
    failure = error
    malformed = hasTag(error, "MalformedResponse") ? malformed + 1 : 0
    const isNew = last === undefined && watched.created !== undefined && now - watched.created <= notFoundFor
    return hasTag(error, "NotFound") ? isNew : mayPass(error) && malformed <= maxMalformed
  }

  const checkState = (seen: A): Effect.Effect<A, ResourceFailed> => {
    failure = undefined
    malformed = 0
    last = watched.state(seen)
    const failed = watched.failed(seen)
    if (Option.isNone(failed)) return Effect.succeed(seen)
    const { fault } = failed.value
    return new ResourceFailed({
      ...about,
      state: last,
      ...(fault !== undefined && { fault }),
      message: `${watched.operation}: ${watched.resource} is in ${last}${fault === undefined ? "" : `: ${fault}`}`
    })
  }

  const pause = Effect.gen(function* () {
    const varied = interval * (1 - jitter + 2 * jitter * (yield* Random.next))
    const delay = Math.max(Math.round(varied), retryAfterOf(failure))
    const left = start + timeout - (yield* Clock.currentTimeMillis)
    if (left <= 0) return yield* timedOut
    // At least one whole millisecond: a sleep of a fraction might not advance the clock.
    yield* Effect.sleep(Math.max(1, Math.min(delay, Math.ceil(left))))
  })

  /** Polls until a poll succeeds. */
  const poll: Effect.Effect<A, E | ResourceFailed | WaitTimeout, R> = Effect.gen(function* () {
    const left = start + timeout - (yield* Clock.currentTimeMillis)
    const polled = yield* Effect.timeoutOption(Effect.either(watched.poll), Math.max(left, minPollTimeout))
    if (Option.isNone(polled)) return yield* timedOut
    if (Either.isRight(polled.value)) return yield* checkState(polled.value.right)
    const error = polled.value.left
    return continuesAfter(error, yield* Clock.currentTimeMillis)
      ? yield* Effect.zipRight(pause, poll)
      : yield* Effect.fail(error)
  })
  return { poll, pause }
}

/**
 * Polls until the wait is over, and emits the result of each poll, including the last one.
 *
 * Failures that {@link mayPass} are retried until the timeout, as is `NotFound` for a resource that was just created. Fails with
 * `ResourceFailed` as soon as the resource has failed, with `WaitTimeout` after the timeout, and with any other failure of a
 * poll: `Unauthorized` after a new login, `Forbidden`, `NotFound`, invalid input.
 */
export const watch = <A, E, R>(watched: Watch<A, E, R>): Stream.Stream<A, E | ResourceFailed | WaitTimeout, R> =>
  Stream.unwrap(
    Effect.map(Clock.currentTimeMillis, (start) => {
      const { pause, poll } = polling(watched, start)
      return Stream.unfoldEffect("first" as "first" | "next" | "over", (step) =>
        step === "over"
          ? Effect.succeedNone
          : Effect.map(step === "next" ? Effect.zipRight(pause, poll) : poll, (seen) =>
              Option.some([seen, watched.until(seen) ? "over" : "next"] as const)
            )
      )
    })
  )

/** Like {@link watch}, but returns only the result of the last poll. */
export const until = <A, E, R>(watched: Watch<A, E, R>): Effect.Effect<A, E | ResourceFailed | WaitTimeout, R> =>
  Effect.flatMap(Stream.runLast(watch(watched)), (last) =>
    // A watch that does not fail emits at least the last poll.
    Effect.orDie(last)
  )
