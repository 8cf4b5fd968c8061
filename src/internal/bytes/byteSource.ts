/**
 * Bodies inside the library: bytes read from a file, a response or a user's Stream, to be hashed, sent or written.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { acquire, chunkSize, type OwnedChunk, unpooled } from "./bufferPool.js"

/** A body that is pulled chunk by chunk. Each chunk belongs to its reader, who releases it. */
export type ByteSource<E = never, R = never> = Stream.Stream<OwnedChunk, E, R>

/** Chunks of at most 256 KiB, without copying. */
export const fromBytes = (bytes: Uint8Array): ByteSource =>
  Stream.unfold(0, (offset) =>
    offset >= bytes.byteLength
      ? Option.none()
      : Option.some([unpooled(bytes.subarray(offset, offset + chunkSize)), offset + chunkSize])
  )

export const fromStream = <E, R>(stream: Stream.Stream<Uint8Array, E, R>): ByteSource<E, R> =>
  Stream.map(stream, unpooled)

/** The source as a Stream of bytes. Its chunks are never released, since the reader of a Stream may keep them. */
export const toStream = <E, R>(source: ByteSource<E, R>): Stream.Stream<Uint8Array, E, R> =>
  Stream.map(source, ({ bytes }) => bytes)

/** Copies the bytes of a chunk for a user, and releases it. A buffer of the pool may hold older bytes of other bodies. */
export const toBytes = ({ bytes, release }: OwnedChunk): Uint8Array => {
  const copy = bytes.slice()
  release()
  return copy
}

/** Runs an effect with the bytes of each chunk, and then releases the chunk. */
export const runForEach = <E, R, E2, R2>(
  source: ByteSource<E, R>,
  use: (bytes: Uint8Array) => Effect.Effect<void, E2, R2>
): Effect.Effect<void, E | E2, R | R2> =>
  Stream.runForEach(source, ({ bytes, release }) => Effect.map(use(bytes), release))

/** Collects bytes in one buffer of the pool, which grows. */
export class Collector {
  private chunk: OwnedChunk | undefined
  size = 0

  add(bytes: Uint8Array): void {
    const before = this.size
    this.size += bytes.byteLength
    if (this.chunk === undefined || this.size > this.chunk.bytes.byteLength) {
      const larger = acquire(this.size)
      if (this.chunk !== undefined) {
        larger.bytes.set(this.chunk.bytes.subarray(0, before))
        this.chunk.release()
      }
      this.chunk = larger
    }
    this.chunk.bytes.set(bytes, before)
  }

  /** The bytes collected since the last call. */
  take(): OwnedChunk {
    const { chunk, size } = this
    this.chunk = undefined
    this.size = 0
    return chunk === undefined
      ? unpooled(new Uint8Array(0))
      : { bytes: chunk.bytes.subarray(0, size), release: chunk.release }
  }
}
