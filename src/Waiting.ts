/**
 * Waiting until a resource reaches a state: by polling, with an end in every case, and watchable as a Stream of states.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import { type Operation, ResourceFailed, WaitTimeout } from "./CloudError.js"

/**
 * How often to look, and how long.
 *
 * @since 0.1.0
 * @category models
 */
export interface Pace {
  /** How long between two looks. */
  readonly interval?: Duration.DurationInput | undefined
  /** The share of the interval by which it varies at random, 0 to 1, so that many waiters do not look at once. Default 0.1. */
  readonly jitter?: number | undefined
  /** After how long to give up with `WaitTimeout`; a last look is made then, and has five seconds to be answered. */
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
  /** Looks once. */
  readonly poll: Effect.Effect<A, E, R>
  /** The state's name, for `WaitTimeout` and `ResourceFailed`. */
  readonly state: (seen: A) => string
  /** Whether the wait is over. */
  readonly until: (seen: A) => boolean
  /** Why the wait cannot end well any more, if so. */
  readonly failed: (seen: A) => Option.Option<{ readonly fault: string | undefined }>
  readonly interval: Duration.DurationInput
  readonly timeout: Duration.DurationInput
}

/** How long a look may take at the least, in milliseconds, so that one at the very end of the time can be answered. */
const lastLook = 5_000

/**
 * Looks until the wait is over, and emits what each look saw, the last one included.
 *
 * Fails with `ResourceFailed` as soon as the resource has failed, with `WaitTimeout` when the time is up, and as a look does.
 *
 * @since 0.1.0
 * @category constructors
 */
export const watch = <A, E, R>(watched: Watch<A, E, R>): Stream.Stream<A, E | ResourceFailed | WaitTimeout, R> => {
  const interval = Duration.toMillis(watched.interval)
  const timeout = Duration.toMillis(watched.timeout)
  const jitter = watched.jitter ?? 0.1
  const about = { service: watched.service, operation: watched.operation, resource: watched.resource }
  return Stream.unwrap(
    Effect.map(Clock.currentTimeMillis, (start) => {
      let last: string | undefined
      const late = Effect.suspend(
        () =>
          new WaitTimeout({
            ...about,
            waited: Duration.millis(timeout),
            ...(last !== undefined && { lastState: last }),
            message: `${watched.operation}: ${watched.resource} was ${last ?? "not seen"} after ${Duration.format(timeout)}`
          })
      )
      const look = Effect.gen(function* () {
        const left = start + timeout - (yield* Clock.currentTimeMillis)
        const looked = yield* Effect.timeoutOption(watched.poll, Math.max(left, lastLook))
        if (Option.isNone(looked)) return yield* late
        const seen = looked.value
        last = watched.state(seen)
        const failed = watched.failed(seen)
        if (Option.isNone(failed)) return seen
        const { fault } = failed.value
        return yield* new ResourceFailed({
          ...about,
          state: last,
          ...(fault !== undefined && { fault }),
          message: `${watched.operation}: ${watched.resource} is in ${last}${fault === undefined ? "" : `: ${fault}`}`
        })
      })
      const pause = Effect.gen(function* () {
        const varied = interval * (1 - jitter + 2 * jitter * (yield* Random.next))
        const left = start + timeout - (yield* Clock.currentTimeMillis)
        if (left <= 0) return yield* late
        // Whole milliseconds, and never none: a sleep of a fraction might not move the clock at all.
        yield* Effect.sleep(Math.max(1, Math.min(Math.round(varied), Math.ceil(left))))
      })
      return Stream.unfoldEffect(false as boolean | undefined, (waited) =>
        waited === undefined
          ? Effect.succeedNone
          : Effect.map(Effect.zipRight(waited ? pause : Effect.void, look), (seen) =>
              Option.some([seen, watched.until(seen) ? undefined : true] as const)
            )
      )
    })
  )
}

/**
 * Looks until the wait is over, and answers what the last look saw: {@link watch} without what was seen on the way.
 *
 * @since 0.1.0
 * @category constructors
 */
export const until = <A, E, R>(watched: Watch<A, E, R>): Effect.Effect<A, E | ResourceFailed | WaitTimeout, R> =>
  Effect.flatMap(Stream.runLast(watch(watched)), (last) =>
    // A watch that does not fail has emitted at least the look that ended it.
    Effect.orDie(last)
  )
