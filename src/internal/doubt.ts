/**
 * Whether a request may have been carried out though nobody said so, for those who look at what its repetition is answered.
 */
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"

/** What requests share that are, to whoever asked, one. */
export interface Doubt {
  /** Whether one that changes something may have been carried out, and its answer was lost. */
  mayBeDone: boolean
}

/** The doubt that the requests of a fiber share, where they share one; each has its own otherwise. */
export const shared: FiberRef.FiberRef<Doubt | undefined> = globalValue("effect-rackspace/doubt", () =>
  FiberRef.unsafeMake<Doubt | undefined>(undefined)
)

/** Runs what sends several requests with one doubt for all of them, which is also that of whoever runs it. */
export const sharing = <A, E, R>(use: (doubt: Doubt) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(FiberRef.get(shared), (outer) => {
    const doubt = outer ?? { mayBeDone: false }
    return Effect.locally(use(doubt), shared, doubt)
  })

/**
 * A removal whose repetition finds traces of the first: it has succeeded where that may have been carried out, the refusal is one
 * that may come of it, and a look finds that what was to be removed is gone or going. A look that fails leaves the refusal.
 */
export const removal = <E extends { readonly _tag: string }, R, E2, R2>(
  remove: Effect.Effect<void, E, R>,
  traces: ReadonlySet<string>,
  isGone: Effect.Effect<boolean, E2, R2>
): Effect.Effect<void, E, R | R2> =>
  sharing((doubt) =>
    Effect.catchAll(remove, (error) =>
      doubt.mayBeDone && traces.has(error._tag)
        ? Effect.flatMap(
            Effect.orElseSucceed(isGone, () => false),
            (gone) => (gone ? Effect.void : Effect.fail(error))
          )
        : Effect.fail(error)
    )
  )
