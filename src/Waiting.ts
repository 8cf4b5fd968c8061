/**
 * Waiting until a resource reaches a state: by polling, with an end in every case, and watchable as a Stream of states.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import { type CloudError, type Operation, ResourceFailed, WaitTimeout } from "./CloudError.js"

/**
 * How often to poll, and how long.
 *
 * @since 0.1.0
 * @category models
 */
export interface Pace {
  /** How long between two polls. */
  readonly interval?: Duration.DurationInput | undefined
  /** The share of the interval by which it varies at random, 0 to 1, so that many waiters do not poll at once. Default 0.1. */
  readonly jitter?: number | undefined
  /** After how long to give up with `WaitTimeout`; a last poll is made then, and may take five seconds. */
  readonly timeout?: Duration.DurationInput | undefined
}

/**
 * What is waited for.
 *
 * @since 0.1.0
 * @category models
 */
export interface Watch<A, E, R> extends Operation, Pace {
  /** The resource's id. */
  readonly resource: string
  /** Asks for the resource once. */
  readonly poll: Effect.Effect<A, E, R>
  /** The state's name, for `WaitTimeout` and `ResourceFailed`. */
  readonly state: (seen: A) => string
  /** Whether the wait is over. */
  readonly until: (seen: A) => boolean
  /** Why the wait cannot end well any more, if so. */
  readonly failed: (seen: A) => Option.Option<{ readonly fault: string | undefined }>
  /**
   * When the resource was created, in milliseconds since 1970, where that is known: a cloud may not find it for a while then.
   */
  readonly created?: number | undefined
  readonly interval: Duration.DurationInput
  readonly timeout: Duration.DurationInput
}

/** How long a poll may take at least, in milliseconds, so that one at the very end of the time can complete. */
const lastPoll = 5_000

/** How long after its creation a resource may be unknown, in milliseconds. */
const unknownFor = 5 * 60_000

/** How many responses in a row may be unreadable: a gateway's page goes away, a response that the library cannot read does not. */
const mostUnreadable = 10

/**
 * Whether a failed request may succeed a little later, though nothing is changed: the service or a gateway is not available,
 * the connection broke, a rate limit was reached, or Identity could not be reached.
 *
 * @since 0.1.0
 * @category guards
 */
export const mayPass = (error: unknown): boolean => {
  // What a poll fails with may be anything; only the library's own failures are known to pass.
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

/** In milliseconds: how long the cloud asked to wait with a failure. */
const askedBy = (error: unknown): number =>
  typeof error === "object" && error !== null && "retryAfter" in error && Duration.isDuration(error.retryAfter)
    ? Duration.toMillis(error.retryAfter)
    : 0

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** One wait, from its first poll to its end. */
const polling = <A, E, R>(watched: Watch<A, E, R>, start: number) => {
  const interval = Duration.toMillis(watched.interval)
  const timeout = Duration.toMillis(watched.timeout)
  const jitter = watched.jitter ?? 0.1
  const about = { service: watched.service, operation: watched.operation, resource: watched.resource }
  let last: string | undefined
  let failure: E | undefined
  let unreadable = 0

  const late = Effect.suspend(() => {
    const failed = failure === undefined ? "" : `; the last poll failed: ${messageOf(failure)}`
    return new WaitTimeout({
      ...about,
      waited: Duration.millis(timeout),
      ...(last !== undefined && { lastState: last }),
      message: `${watched.operation}: ${watched.resource} was ${last === undefined ? "not seen" : `still ${last}`} after ${Duration.format(timeout)}${failed}`
    })
  })

  /** Notes a failure, and returns whether the wait goes on. */
  const survives = (error: E, now: number): boolean => {
    failure = error
    unreadable = hasTag(error, "MalformedResponse") ? unreadable + 1 : 0
    const isNew = last === undefined && watched.created !== undefined && now - watched.created <= unknownFor
    return hasTag(error, "NotFound") ? isNew : mayPass(error) && unreadable <= mostUnreadable
  }

  const judge = (seen: A): Effect.Effect<A, ResourceFailed> => {
    failure = undefined
    unreadable = 0
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
    const wanted = Math.max(Math.round(varied), askedBy(failure))
    const left = start + timeout - (yield* Clock.currentTimeMillis)
    if (left <= 0) return yield* late
    // Whole milliseconds, and never none: a sleep of a fraction might not move the clock at all.
    yield* Effect.sleep(Math.max(1, Math.min(wanted, Math.ceil(left))))
  })

  /** Polls until that succeeds. */
  const poll: Effect.Effect<A, E | ResourceFailed | WaitTimeout, R> = Effect.gen(function* () {
    const left = start + timeout - (yield* Clock.currentTimeMillis)
    const polled = yield* Effect.timeoutOption(Effect.either(watched.poll), Math.max(left, lastPoll))
    if (Option.isNone(polled)) return yield* late
    if (Either.isRight(polled.value)) return yield* judge(polled.value.right)
    const error = polled.value.left
    return survives(error, yield* Clock.currentTimeMillis)
      ? yield* Effect.zipRight(pause, poll)
      : yield* Effect.fail(error)
  })
  return { poll, pause }
}

/**
 * Polls until the wait is over, and emits what each poll saw, the last one included.
 *
 * A failed poll is repeated where its failure {@link mayPass}, until the timeout; so is one that does not find what was just
 * created. Fails with `ResourceFailed` as soon as the resource has failed, with `WaitTimeout` when the time is up, and as a
 * poll does where that is final: `Unauthorized` after a new login, `Forbidden`, `NotFound`, invalid input.
 *
 * @since 0.1.0
 * @category constructors
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

/**
 * Polls until the wait is over, and returns what the last poll saw: {@link watch} without the earlier states.
 *
 * @since 0.1.0
 * @category constructors
 */
export const until = <A, E, R>(watched: Watch<A, E, R>): Effect.Effect<A, E | ResourceFailed | WaitTimeout, R> =>
  Effect.flatMap(Stream.runLast(watch(watched)), (last) =>
    // A watch that does not fail has emitted at least what the poll that ended it saw.
    Effect.orDie(last)
  )
