/**
 * Runs effects that share a key one at a time, in order.
 *
 * With a semaphore, an effect that arrives during a release could overtake those that wait. Here the next effect is started directly.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"

interface Entry {
  readonly keys: ReadonlyArray<string>
  readonly ready: Deferred.Deferred<void>
}

/** A queue for each key. */
export interface KeyedQueue {
  /**
   * Runs an effect when it is first in the queue of each of its keys. An interrupted effect leaves the queues, whether it waits or runs.
   */
  readonly take: (keys: ReadonlyArray<string>) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** The number of keys with running or waiting effects. */
  readonly size: () => number
}

export const make = (): KeyedQueue => {
  const queues = new Map<string, Array<Entry>>()

  const wake = (entry: Entry | undefined): void => {
    if (entry !== undefined && entry.keys.every((key) => queues.get(key)?.[0] === entry)) {
      Deferred.unsafeDone(entry.ready, Effect.void)
    }
  }

  // Enters all queues at once, so that two effects with the same two keys do not deadlock.
  const enter = (keys: ReadonlyArray<string>): Entry => {
    const entry: Entry = { keys: [...new Set(keys)], ready: Deferred.unsafeMake(FiberId.none) }
    for (const key of entry.keys) {
      const queue = queues.get(key)
      if (queue === undefined) queues.set(key, [entry])
      else queue.push(entry)
    }
    wake(entry)
    return entry
  }

  const leave = (entry: Entry): void => {
    for (const key of entry.keys) {
      const rest = (queues.get(key) ?? []).filter((other) => other !== entry)
      if (rest.length === 0) queues.delete(key)
      else queues.set(key, rest)
    }
    for (const key of entry.keys) wake(queues.get(key)?.[0])
  }

  return {
    take: (keys) => (effect) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.suspend(() => {
          const entry = enter(keys)
          return restore(Effect.zipRight(Deferred.await(entry.ready), effect)).pipe(
            Effect.ensuring(Effect.sync(() => leave(entry)))
          )
        })
      ),
    size: () => queues.size
  }
}
