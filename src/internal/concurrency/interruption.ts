/**
 * Keeps Effect from losing an interruption.
 */
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import { identity } from "effect/Function"
import * as Option from "effect/Option"

/** Stores the value that the fiber has anyway. */
const stored = FiberRef.update(FiberRef.interruptedCause, identity)

/**
 * Runs an effect so that an interruption that arrives while a scope is being closed is not lost.
 *
 * Effect 3.22 keeps a fiber's interruption in a FiberRef. Each finalizer of a scope restores the FiberRefs that were there before
 * it. In a fiber that has no value of that FiberRef yet, the first finalizer stores one. The second then takes it for a
 * difference from the time when it was added, and restores it when it is done: an interruption that arrived meanwhile is gone,
 * and what runs in the fiber goes on. Where the fiber has a value from the beginning, there is no difference. Its children
 * inherit it.
 *
 * Whatever may run long and closes scopes begins with this: requests, transfers, and the fibers of a folder.
 */
export const keepingInterruption = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime<A, E, R>((fiber) =>
    Option.isSome(FiberRefs.get(fiber.getFiberRefs(), FiberRef.interruptedCause)) ? self : Effect.zipRight(stored, self)
  )
