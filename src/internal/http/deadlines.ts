/**
 * Deadlines of whatever is under way, watched by one fiber for each Clock, since a fiber with a timer for each request costs
 * more than the request.
 */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

/** Something that must move until its deadline. */
export interface Watched {
  /** By the Clock, in milliseconds since 1970; `Infinity` while nothing is due. */
  readonly deadline: number
  /** Called once, when the deadline has passed. It is not watched any more then. */
  readonly expire: () => void
}

/** The one who watches, by one Clock. */
export interface Watchdog {
  readonly add: (watched: Watched) => void
  readonly remove: (watched: Watched) => void
  /** To be called where a deadline came nearer; one that moves away is noticed in time. */
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

  // A program that is done must not wait for a timer. One request often follows upon another, so the fiber outlives the
  // turn in which nothing is left to be watched.
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

/** The watchdog of a Clock. */
export const watchdogOf = (clock: Clock.Clock): Watchdog => {
  let watchdog = byClock.get(clock)
  if (watchdog === undefined) {
    watchdog = make(clock)
    byClock.set(clock, watchdog)
  }
  return watchdog
}
