/** Reads a source that can be read only once, one segment at a time. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { OwnedChunk } from "../../../internal/bytes/bufferPool.js"
import type { ByteSource } from "../../../internal/bytes/byteSource.js"

/** A source that is read once, one segment at a time. */
export interface SegmentReader<E> {
  /** The next bytes, as many as requested; fewer at the end, and then none. */
  readonly next: (size: number) => Effect.Effect<Uint8Array, E>
  /** Whether the source has ended; waits until that is known. */
  readonly atEnd: Effect.Effect<boolean, E>
}

/** In bytes: the initial length of the buffer, which grows, since most streams are shorter than a segment. */
const firstBuffer = 64 * 1024

/** A buffer of up to `size` bytes, which grows as it is filled. `expected` is how many bytes are likely to come. */
const makeSegmentBuffer = (size: number, expected: number) => {
  let buffer = Buffer.allocUnsafeSlow(Math.min(size, Math.max(expected, firstBuffer)))
  let filled = 0
  const add = (bytes: Uint8Array): void => {
    const needed = filled + bytes.byteLength
    if (needed > buffer.byteLength) {
      const larger = Buffer.allocUnsafeSlow(Math.min(size, Math.max(2 * buffer.byteLength, needed)))
      buffer.copy(larger, 0, 0, filled)
      buffer = larger
    }
    buffer.set(bytes, filled)
    filled = needed
  }
  return {
    /** Adds chunks until the buffer is full, and returns the rest of them. */
    take: (chunks: ReadonlyArray<OwnedChunk>): ReadonlyArray<OwnedChunk> => {
      for (const [index, { bytes, release }] of chunks.entries()) {
        const taken = bytes.subarray(0, size - filled)
        add(taken)
        if (taken.byteLength < bytes.byteLength) {
          return [{ bytes: bytes.subarray(taken.byteLength), release }, ...chunks.slice(index + 1)]
        }
        release()
      }
      return []
    },
    filled: (): Uint8Array => buffer.subarray(0, filled)
  }
}

export const readSegments = <E>(source: ByteSource<E>): Effect.Effect<SegmentReader<E>, never, Scope.Scope> =>
  Effect.map(Stream.toPull(source), (pull) => {
    /** Bytes beyond a segment, at most those of one pull. */
    let rest: ReadonlyArray<OwnedChunk> = []
    let ended = false
    let largest = 0
    const more: Effect.Effect<void, E> = Effect.matchEffect(pull, {
      onFailure: Option.match({
        onNone: () => Effect.sync(() => void (ended = true)),
        onSome: Effect.fail
      }),
      onSuccess: (chunks) =>
        Effect.sync(() => {
          rest = Chunk.toReadonlyArray(chunks).filter(({ bytes }) => bytes.byteLength > 0)
        })
    })
    const waitForMore: Effect.Effect<void, E> = Effect.suspend(() =>
      rest.length > 0 || ended ? Effect.void : Effect.zipRight(more, waitForMore)
    )
    const next = (size: number): Effect.Effect<Uint8Array, E> =>
      Effect.suspend(() => {
        const segment = makeSegmentBuffer(size, largest)
        const fill: Effect.Effect<Uint8Array, E> = Effect.suspend(() => {
          rest = segment.take(rest)
          const bytes = segment.filled()
          largest = Math.max(largest, bytes.byteLength)
          return bytes.byteLength === size || (ended && rest.length === 0)
            ? Effect.succeed(bytes)
            : Effect.zipRight(waitForMore, fill)
        })
        return fill
      })
    return { next, atEnd: Effect.map(waitForMore, () => rest.length === 0) }
  })
