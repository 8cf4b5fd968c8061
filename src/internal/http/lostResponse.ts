/**
 * Remembers that the response to a request was lost, so that the request may have been carried out: the response to its retry is
 * then read with that in mind.
 */
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"

/** Shared by the requests that make up one operation of the caller. */
export interface LostResponse {
  /** Whether a request that changes something may have been carried out, because its response was lost. */
  mayBeDone: boolean
}

/** The state that the requests of a fiber share, where they share one; otherwise each has its own. */
export const shared: FiberRef.FiberRef<LostResponse | undefined> = globalValue("effect-rackspace/lostResponse", () =>
  FiberRef.unsafeMake<LostResponse | undefined>(undefined)
)

/** Runs an effect whose requests share one state. Within another such effect they share its state. */
export const sharing = <A, E, R>(use: (lostResponse: LostResponse) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(FiberRef.get(shared), (outer) => {
    const lostResponse = outer ?? { mayBeDone: false }
    return Effect.locally(use(lostResponse), shared, lostResponse)
  })

/**
 * A retried delete that finds the resource gone or being deleted. It has succeeded where an earlier request may have been carried
 * out, the refusal is one that this may cause, and `isGone` finds the resource gone. Where `isGone` fails, so does the delete.
 */
export const removal = <E extends { readonly _tag: string }, R, E2, R2>(
  remove: Effect.Effect<void, E, R>,
  traces: ReadonlySet<string>,
  isGone: Effect.Effect<boolean, E2, R2>
): Effect.Effect<void, E, R | R2> =>
  sharing((lostResponse) =>
    Effect.catchAll(remove, (error) =>
      lostResponse.mayBeDone && traces.has(error._tag)
        ? Effect.flatMap(
            Effect.orElseSucceed(isGone, () => false),
            (gone) => (gone ? Effect.void : Effect.fail(error))
          )
        : Effect.fail(error)
    )
  )
