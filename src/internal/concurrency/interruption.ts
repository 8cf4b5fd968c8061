/**
 * A workaround for lost interruptions in Effect.
 */
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import { identity } from "effect/Function"
import * as Option from "effect/Option"

/** Stores the FiberRef's current value in the fiber. */
const stored = FiberRef.update(FiberRef.interruptedCause, identity)

/**
 * Runs an effect so that an interruption that arrives while a scope is being closed is not lost.
 *
 * Effect 3.22 stores a fiber's interruption in a FiberRef. Each finalizer of a scope restores the FiberRefs from before it. In a fiber
 * without a value of that FiberRef, the first finalizer stores one. The second finalizer treats it as a change since the time when it
 * was added, and restores the value when it is done. An interruption that arrived in the meantime is lost, and the fiber continues. If
 * the fiber has a value from the beginning, there is no change. Child fibers inherit the value.
 *
 * Used for effects that may run long and close scopes: requests, transfers, and the fibers of a folder.
 */
export const keepingInterruption = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime<A, E, R>((fiber) =>
    Option.isSome(FiberRefs.get(fiber.getFiberRefs(), FiberRef.interruptedCause)) ? self : Effect.zipRight(stored, self)
  )
