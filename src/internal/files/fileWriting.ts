/**
 * Writes sources into files. Small chunks are collected and written together, while the next ones are collected.
 */
import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { acquire, type OwnedChunk } from "../bytes/bufferPool.js"
import type { ByteSource } from "../bytes/byteSource.js"

/** In bytes: how much is collected before it is written. A call costs as much as writing many kibibytes. */
const largestPiece = 1024 * 1024

/** In bytes: chunks of this size are written as they are, instead of being collected. */
const worthACall = 128 * 1024

export interface WriteOptions {
  /** The expected length in bytes. A longer source is also written completely. */
  readonly length: number | undefined
  /** Called with the number of bytes of each write; the next write waits for it. */
  readonly progress: (bytes: number) => Effect.Effect<void>
}

/** Writes a source at the file's current position. When it ends, even by interruption, no write is running, so the file may be closed. */
export const writeSource = <E, R>(
  file: FileSystem.File,
  source: ByteSource<E, R>,
  { length = largestPiece, progress }: WriteOptions
): Effect.Effect<void, E | PlatformError, R> =>
  Effect.suspend(() => {
    const pieceSize = Math.min(largestPiece, length)
    let piece: OwnedChunk | undefined
    let filled = 0
    let writing: { readonly chunk: OwnedChunk; readonly fiber: Fiber.RuntimeFiber<void, PlatformError> } | undefined
    const settled = Effect.suspend(() => {
      const before = writing
      if (before === undefined) return Effect.void
      return Effect.flatMap(Fiber.join(before.fiber), () => {
        writing = undefined
        before.chunk.release()
        return progress(before.chunk.bytes.byteLength)
      })
    })
    const write = (chunk: OwnedChunk): Effect.Effect<void, PlatformError> =>
      Effect.zipRight(
        settled,
        // A write cannot be cancelled: until it is done, the file must not be closed, and the buffer not be reused.
        Effect.uninterruptible(
          Effect.map(Effect.fork(file.writeAll(chunk.bytes)), (fiber) => {
            writing = { chunk, fiber }
          })
        )
      )
    const flush = Effect.suspend(() => {
      if (piece === undefined || filled === 0) return Effect.void
      const chunk = { bytes: piece.bytes.subarray(0, filled), release: piece.release }
      piece = undefined
      filled = 0
      return write(chunk)
    })
    const take = (chunk: OwnedChunk): Effect.Effect<void, PlatformError> => {
      if (chunk.bytes.byteLength >= worthACall) return Effect.zipRight(flush, write(chunk))
      let rest = chunk.bytes
      const step: Effect.Effect<void, PlatformError> = Effect.suspend(() => {
        const { bytes } = (piece ??= acquire(pieceSize))
        const fitting = rest.subarray(0, bytes.byteLength - filled)
        bytes.set(fitting, filled)
        filled += fitting.byteLength
        rest = rest.subarray(fitting.byteLength)
        const next = filled === bytes.byteLength ? flush : Effect.void
        if (rest.byteLength > 0) return Effect.zipRight(next, step)
        chunk.release()
        return next
      })
      return step
    }
    return Stream.runForEach(source, take).pipe(
      // A failed download can be resumed after the bytes that were received.
      Effect.tapError(() => Effect.ignore(flush)),
      Effect.zipRight(flush),
      Effect.zipRight(settled),
      Effect.ensuring(Effect.suspend(() => (writing === undefined ? Effect.void : Fiber.await(writing.fiber))))
    )
  })
