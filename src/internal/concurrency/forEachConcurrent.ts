/**
 * Processes the items of a stream concurrently.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { keepingInterruption } from "./interruption.js"

/**
 * Processes each item of a stream with a fixed number of fibers. `Stream.mapEffect` starts a fiber for each item, which costs more than
 * a small file. The first failure interrupts all fibers.
 */
export const forEachConcurrent = <A, E, R, E2, R2>(
  stream: Stream.Stream<A, E, R>,
  concurrency: number,
  work: (item: A) => Effect.Effect<void, E2, R2>
): Effect.Effect<void, E | E2, R | R2> =>
  Effect.scoped(
    Effect.flatMap(Stream.toPull(stream), (pull) => {
      const pulling = Effect.unsafeMakeSemaphore(1)
      let items: ReadonlyArray<A> = []
      let index = 0
      let isOver = false
      const pulled = Effect.matchEffect(pull, {
        onFailure: Option.match({
          onNone: () =>
            Effect.sync(() => {
              isOver = true
            }),
          onSome: (error: E) => Effect.fail(error)
        }),
        onSuccess: (chunk) =>
          Effect.sync(() => {
            items = Chunk.toReadonlyArray(chunk)
            index = 0
          })
      })
      // While a fiber waits to pull, another one may have pulled more items.
      const more = pulling.withPermits(1)(Effect.suspend(() => (index < items.length || isOver ? Effect.void : pulled)))
      const worker = Effect.whileLoop({
        while: () => index < items.length || !isOver,
        body: (): Effect.Effect<void, E | E2, R | R2> => (index < items.length ? work(items[index++] as A) : more),
        step: () => undefined
      }).pipe(keepingInterruption)
      return Effect.all(
        Array.from({ length: concurrency }, () => worker),
        { concurrency: "unbounded", discard: true }
      )
    })
  )
