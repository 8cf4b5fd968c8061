/**
 * A bound on how many requests are under way at a time. The others wait for their turn, in order.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** So many at a time. */
interface Gate {
  /** Waits for a place. */
  readonly enter: Effect.Effect<void>
  /** Takes a place beyond the bound. */
  readonly force: Effect.Effect<void>
  readonly leave: Effect.Effect<void>
}

const makeGate = (most: number): Gate => {
  let inside = 0
  const waiting = new Set<() => void>()
  const leave = Effect.sync(() => {
    inside--
    const [next] = waiting
    if (next === undefined || inside >= most) return
    waiting.delete(next)
    inside++
    next()
  })
  const wait = Effect.async<void>((resume) => {
    const admit = () => resume(Effect.void)
    waiting.add(admit)
    // Interrupted; where it was admitted at the same time, its place goes to the next.
    return Effect.suspend(() => (waiting.delete(admit) ? Effect.void : leave))
  })
  const force = Effect.sync(() => {
    inside++
  })
  return { enter: Effect.suspend(() => (inside < most ? force : wait)), force, leave }
}

/** How long an open body may keep the next one waiting. */
const patience = Duration.seconds(1)

/** The bounds of one service's requests. */
export interface Admission {
  /** Runs a request whose end depends on nothing but the cloud. */
  readonly whole: <A, E, R>(request: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Runs a request whose body comes from the caller. */
  readonly upload: <A, E, R>(request: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Takes a place for a response that is open until the scope ends. */
  readonly download: Effect.Effect<void, never, Scope.Scope>
}

/**
 * Bounds for requests, uploads from streams and open downloads, each of its own. How long the latter two last is up to the
 * caller, who may need another one to go on. Therefore one that has waited for a second goes beyond the bound, and only then
 * the next one begins to wait.
 */
export const make = (most: number): Admission => {
  const within =
    (enter: Effect.Effect<void>, { leave }: Gate) =>
    <A, E, R>(request: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.uninterruptibleMask((restore) => Effect.zipRight(restore(enter), Effect.ensuring(restore(request), leave)))
  const patient = (gate: Gate): Effect.Effect<void> => {
    const line = makeGate(1)
    return within(
      line.enter,
      line
    )(
      Effect.flatMap(Effect.timeoutOption(gate.enter, patience), (entered) =>
        entered._tag === "Some" ? Effect.void : gate.force
      )
    )
  }
  const requests = makeGate(most)
  const uploads = makeGate(most)
  const downloads = makeGate(most)
  const enterDownloads = patient(downloads)
  return {
    whole: within(requests.enter, requests),
    upload: within(patient(uploads), uploads),
    download: Effect.uninterruptibleMask((restore) =>
      Effect.zipRight(
        restore(enterDownloads),
        Effect.addFinalizer(() => downloads.leave)
      )
    )
  }
}
