/**
 * Limits how many requests are in flight. The others wait in order.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** A semaphore whose limit can be exceeded. */
interface Gate {
  readonly enter: Effect.Effect<void>
  /** Enters beyond the limit. */
  readonly force: Effect.Effect<void>
  readonly leave: Effect.Effect<void>
}

const makeGate = (limit: number): Gate => {
  let inside = 0
  const waiting = new Set<() => void>()
  const leave = Effect.sync(() => {
    inside--
    const [next] = waiting
    if (next === undefined || inside >= limit) return
    waiting.delete(next)
    inside++
    next()
  })
  const wait = Effect.async<void>((resume) => {
    const admit = () => resume(Effect.void)
    waiting.add(admit)
    // Interrupted. If it was admitted at the same time, the next one is admitted instead.
    return Effect.suspend(() => (waiting.delete(admit) ? Effect.void : leave))
  })
  const force = Effect.sync(() => {
    inside++
  })
  return { enter: Effect.suspend(() => (inside < limit ? force : wait)), force, leave }
}

/** How long an upload or a download waits before it exceeds the limit. */
const maxWait = Duration.seconds(1)

/** The limits of a service's requests. */
export interface Admission {
  /** Runs a request whose duration depends only on the cloud. */
  readonly whole: <A, E, R>(request: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Runs a request whose body comes from the caller. */
  readonly upload: <A, E, R>(request: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Counts a response as open until the scope ends. */
  readonly download: Effect.Effect<void, never, Scope.Scope>
}

/**
 * Creates separate limits for requests, uploads from streams, and open downloads. The duration of uploads and downloads depends on the
 * caller, who may need another one to continue. Therefore one that has waited for a second exceeds the limit, and only then the next
 * one begins to wait.
 */
export const make = (limit: number): Admission => {
  const within =
    (enter: Effect.Effect<void>, { leave }: Gate) =>
    <A, E, R>(request: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.uninterruptibleMask((restore) => Effect.zipRight(restore(enter), Effect.ensuring(restore(request), leave)))
  const enterOrExceed = (gate: Gate): Effect.Effect<void> => {
    const queue = makeGate(1)
    return within(
      queue.enter,
      queue
    )(
      Effect.flatMap(Effect.timeoutOption(gate.enter, maxWait), (entered) =>
        entered._tag === "Some" ? Effect.void : gate.force
      )
    )
  }
  const requests = makeGate(limit)
  const uploads = makeGate(limit)
  const downloads = makeGate(limit)
  const enterDownloads = enterOrExceed(downloads)
  return {
    whole: within(requests.enter, requests),
    upload: within(enterOrExceed(uploads), uploads),
    download: Effect.uninterruptibleMask((restore) =>
      Effect.zipRight(
        restore(enterDownloads),
        Effect.addFinalizer(() => downloads.leave)
      )
    )
  }
}
