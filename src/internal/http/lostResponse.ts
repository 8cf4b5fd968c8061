/**
 * Remembers that the response to a request was lost, so that the request may have been carried out. The response to its retry is
 * interpreted accordingly.
 */
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"

/** Shared by the requests of one operation. */
export interface LostResponse {
  /** Whether a request that changes something may have been carried out, because its response was lost. */
  mayHaveSucceeded: boolean
}

/** The state that the requests of a fiber share; if undefined, each request has its own. */
export const shared: FiberRef.FiberRef<LostResponse | undefined> = globalValue("effect-rackspace/lostResponse", () =>
  FiberRef.unsafeMake<LostResponse | undefined>(undefined)
)

/** Runs an effect whose requests share one state. A nested call uses the state of the outer one. */
export const sharing = <A, E, R>(use: (lostResponse: LostResponse) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(FiberRef.get(shared), (outer) => {
    const lostResponse = outer ?? { mayHaveSucceeded: false }
    return Effect.locally(use(lostResponse), shared, lostResponse)
  })

/**
 * Treats a failed delete as successful if an earlier attempt may have been carried out, the error is one of `goneErrors`, and
 * `isGone` returns true. If `isGone` fails, the delete fails with its own error.
 */
export const removal = <E extends { readonly _tag: string }, R, E2, R2>(
  remove: Effect.Effect<void, E, R>,
  goneErrors: ReadonlySet<string>,
  isGone: Effect.Effect<boolean, E2, R2>
): Effect.Effect<void, E, R | R2> =>
  sharing((lostResponse) =>
    Effect.catchAll(remove, (error) =>
      lostResponse.mayHaveSucceeded && goneErrors.has(error._tag)
        ? Effect.flatMap(
            Effect.orElseSucceed(isGone, () => false),
            (gone) => (gone ? Effect.void : Effect.fail(error))
          )
        : Effect.fail(error)
    )
  )
