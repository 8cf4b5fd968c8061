/**
 * Runs effects that share a key one at a time, in the order in which they came.
 *
 * With a semaphore, an effect that comes at the moment of a release could overtake those that wait. Here the turn is handed over
 * directly.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"

interface Turn {
  readonly keys: ReadonlyArray<string>
  readonly ready: Deferred.Deferred<void>
}

/** A queue for each key. */
export interface KeyedQueue {
  /**
   * Runs an effect when it is first in the queue of each of its keys. An effect that is interrupted, whether it waits or runs, leaves
   * the queues.
   */
  readonly take: (keys: ReadonlyArray<string>) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** The number of keys for which an effect runs or waits. */
  readonly size: () => number
}

/** Queues that are all empty. */
export const make = (): KeyedQueue => {
  const queues = new Map<string, Array<Turn>>()

  const wake = (turn: Turn | undefined): void => {
    if (turn !== undefined && turn.keys.every((key) => queues.get(key)?.[0] === turn)) {
      Deferred.unsafeDone(turn.ready, Effect.void)
    }
  }

  // In all queues at once, so that of two who want the same two keys neither waits for the other.
  const enter = (keys: ReadonlyArray<string>): Turn => {
    const turn: Turn = { keys: [...new Set(keys)], ready: Deferred.unsafeMake(FiberId.none) }
    for (const key of turn.keys) {
      const queue = queues.get(key)
      if (queue === undefined) queues.set(key, [turn])
      else queue.push(turn)
    }
    wake(turn)
    return turn
  }

  const leave = (turn: Turn): void => {
    for (const key of turn.keys) {
      const rest = (queues.get(key) ?? []).filter((other) => other !== turn)
      if (rest.length === 0) queues.delete(key)
      else queues.set(key, rest)
    }
    for (const key of turn.keys) wake(queues.get(key)?.[0])
  }

  return {
    take: (keys) => (effect) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.suspend(() => {
          const turn = enter(keys)
          return restore(Effect.zipRight(Deferred.await(turn.ready), effect)).pipe(
            Effect.ensuring(Effect.sync(() => leave(turn)))
          )
        })
      ),
    size: () => queues.size
  }
}
