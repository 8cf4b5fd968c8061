/**
 * Streams into files: what comes in small pieces is collected and written in large ones, each while the next is collected.
 */
import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { acquire, release } from "../bytes/bufferPool.js"

/** In bytes: what is collected before it is written. A call costs as much as many kibibytes do. */
const largestPiece = 1024 * 1024

/** In bytes: what is written as it comes, instead of being collected. */
const worthACall = 128 * 1024

/** What is known of a stream that is written, and who wants to know how far it is. */
export interface WriteOptions {
  /** In bytes: how much is expected; as much as comes is written. */
  readonly length: number | undefined
  /** Is told how many more bytes are written; what comes next waits for it. */
  readonly progress: (bytes: number) => Effect.Effect<void>
}

/**
 * Writes a stream where the file stands at the moment. However it ends, no write is under way any more then, so that the file
 * may be closed.
 */
export const writeStream = <E, R>(
  file: FileSystem.File,
  stream: Stream.Stream<Uint8Array, E, R>,
  { length = largestPiece, progress }: WriteOptions
): Effect.Effect<void, E | PlatformError, R> =>
  Effect.suspend(() => {
    const pieceSize = Math.min(largestPiece, length)
    let piece: Uint8Array | undefined
    let filled = 0
    let writing: { readonly bytes: Uint8Array; readonly fiber: Fiber.RuntimeFiber<void, PlatformError> } | undefined
    const settled = Effect.suspend(() => {
      const before = writing
      if (before === undefined) return Effect.void
      return Effect.flatMap(Fiber.join(before.fiber), () => {
        writing = undefined
        release(before.bytes)
        return progress(before.bytes.byteLength)
      })
    })
    const write = (bytes: Uint8Array): Effect.Effect<void, PlatformError> =>
      Effect.zipRight(
        settled,
        // Nobody can take a write back: before it is done, its file must not be closed, nor its buffer filled.
        Effect.uninterruptible(
          Effect.map(Effect.fork(file.writeAll(bytes)), (fiber) => {
            writing = { bytes, fiber }
          })
        )
      )
    const flush = Effect.suspend(() => {
      const bytes = piece?.subarray(0, filled)
      piece = undefined
      filled = 0
      return bytes === undefined || bytes.byteLength === 0 ? Effect.void : write(bytes)
    })
    const take = (part: Uint8Array): Effect.Effect<void, PlatformError> => {
      if (part.byteLength >= worthACall) return Effect.zipRight(flush, write(part))
      let rest = part
      const step: Effect.Effect<void, PlatformError> = Effect.suspend(() => {
        piece ??= acquire(pieceSize)
        const fitting = rest.subarray(0, piece.byteLength - filled)
        piece.set(fitting, filled)
        filled += fitting.byteLength
        rest = rest.subarray(fitting.byteLength)
        const next = filled === piece.byteLength ? flush : Effect.void
        if (rest.byteLength > 0) return Effect.zipRight(next, step)
        release(part)
        return next
      })
      return step
    }
    return Stream.runForEach(stream, take).pipe(
      // What has come of it may be gone on from.
      Effect.tapError(() => Effect.ignore(flush)),
      Effect.zipRight(flush),
      Effect.zipRight(settled),
      Effect.ensuring(Effect.suspend(() => (writing === undefined ? Effect.void : Fiber.await(writing.fiber))))
    )
  })
