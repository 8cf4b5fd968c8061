/**
 * Monitors the deadlines of all requests with one fiber for each Clock, since a fiber with a timer for each request would cost more
 * than the request.
 */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

/** Something with a deadline. */
export interface Watched {
  /** In milliseconds since 1970, by the Clock; `Infinity` if there is none. */
  readonly deadline: number
  /** Called once when the deadline has passed; it is not monitored any longer then. */
  readonly expire: () => void
}

/** Monitors deadlines by one Clock. */
export interface Watchdog {
  readonly add: (watched: Watched) => void
  readonly remove: (watched: Watched) => void
  /** Must be called after a deadline was moved to an earlier time, but not after it was moved to a later one. */
  readonly reschedule: (watched: Watched) => void
}

const make = (clock: Clock.Clock): Watchdog => {
  const all = new Set<Watched>()
  let fiber: Fiber.RuntimeFiber<void> | undefined
  let wakesAt = Infinity
  let ending = false

  const nearest = (): number => {
    let deadline = Infinity
    for (const watched of all) deadline = Math.min(deadline, watched.deadline)
    return deadline
  }

  const round: Effect.Effect<void> = Effect.suspend(() => {
    const now = clock.unsafeCurrentTimeMillis()
    for (const watched of all) {
      if (watched.deadline <= now && all.delete(watched)) watched.expire()
    }
    wakesAt = nearest()
    return wakesAt === Infinity
      ? Effect.sync(() => {
          fiber = undefined
        })
      : Effect.zipRight(clock.sleep(Duration.millis(wakesAt - now)), round)
  })

  const stop = (): void => {
    fiber?.unsafeInterruptAsFork(fiber.id())
    fiber = undefined
    wakesAt = Infinity
  }

  const watch = (): void => {
    stop()
    fiber = Effect.runFork(round)
  }

  // The timer must not keep a finished program alive. The fiber is stopped in a later turn of the event loop, since a request is
  // often followed by another one.
  const endSoon = (): void => {
    if (ending) return
    ending = true
    setImmediate(() => {
      ending = false
      if (all.size === 0) stop()
    })
  }

  const reschedule = (watched: Watched): void => {
    if (watched.deadline < wakesAt) watch()
  }

  return {
    add: (watched) => {
      all.add(watched)
      reschedule(watched)
    },
    remove: (watched) => {
      all.delete(watched)
      if (all.size === 0) endSoon()
    },
    reschedule
  }
}

const byClock = new WeakMap<Clock.Clock, Watchdog>()

export const watchdogOf = (clock: Clock.Clock): Watchdog => {
  let watchdog = byClock.get(clock)
  if (watchdog === undefined) {
    watchdog = make(clock)
    byClock.set(clock, watchdog)
  }
  return watchdog
}
