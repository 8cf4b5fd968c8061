/**
 * gzip over streams of bytes: node:zlib in a thread of its pool, with back-pressure on both sides. Memory use
 * depends neither on the length of the stream nor on its compression ratio.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { createGunzip, createGzip, type Gunzip, type Gzip } from "node:zlib"
import { type OwnedChunk, unpooled } from "./bufferPool.js"
import type { ByteSource } from "./byteSource.js"

/** In bytes: the size of the chunks that are emitted. */
const chunkSize = 64 * 1024

/** The bytes are not gzip data, or are truncated. */
export class NotGzip {
  readonly _tag = "NotGzip"
  constructor(
    /** The message of zlib. */
    readonly reason: string
  ) {}
}

/** Runs a source through a codec of node:zlib, which is destroyed with the result. */
const through = <E, R, F>(
  source: ByteSource<E, R>,
  make: () => Gzip | Gunzip,
  failed: (error: Error) => Effect.Effect<never, F>
): ByteSource<E | F, R> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const pullSource = yield* Stream.toPull(source)
      const codec = yield* Effect.acquireRelease(Effect.sync(make), (made) => Effect.sync(() => made.destroy()))
      let failure: Error | undefined
      /** Whether the codec has emitted everything. */
      let hasEnded = false
      let sourceHasEnded = false
      /** How many pieces the codec has not accepted yet. While there are any, the source is not read. */
      let pending = 0
      let given = 0
      let hasChanged = false
      let wake: (() => void) | undefined
      const changed = (): void => {
        hasChanged = true
        wake?.()
      }
      codec.on("readable", changed)
      codec.on("end", () => {
        hasEnded = true
        changed()
      })
      codec.on("error", (error) => {
        failure = error
        changed()
      })
      const change = Effect.async<void>((resume) => {
        wake = () => {
          wake = undefined
          resume(Effect.void)
        }
        if (hasChanged) wake()
        return Effect.sync(() => {
          wake = undefined
        })
      })
      const give = ({ bytes, release }: OwnedChunk): void => {
        if (bytes.byteLength === 0) return
        pending++
        given += bytes.byteLength
        codec.write(bytes, () => {
          pending--
          release()
          changed()
        })
      }
      type Pulled = Effect.Effect<Chunk.Chunk<OwnedChunk>, Option.Option<E | F>, R>
      const readSource: Pulled = Effect.matchEffect(pullSource, {
        onFailure: Option.match({
          onNone: (): Pulled => {
            sourceHasEnded = true
            codec.end()
            return pull
          },
          onSome: (error): Pulled => Effect.fail(Option.some(error))
        }),
        onSuccess: (chunk): Pulled => {
          for (const part of chunk) give(part)
          return pull
        }
      })
      const pull: Pulled = Effect.suspend((): Pulled => {
        hasChanged = false
        if (failure !== undefined) return Effect.mapError(failed(failure), Option.some)
        const out = codec.read() as Buffer | null
        if (out !== null) return Effect.succeed(Chunk.of(unpooled(out)))
        if (hasEnded) {
          // Depending on the chunks of the source, zlib itself ignores data after the gzip data, or fails.
          return sourceHasEnded && codec.bytesWritten === given
            ? Effect.fail(Option.none())
            : Effect.mapError(failed(new Error("the gzip data is followed by other data")), Option.some)
        }
        return pending > 0 || sourceHasEnded ? Effect.zipRight(change, pull) : readSource
      })
      return Stream.fromPull(Effect.succeed(pull))
    })
  )

/** Compresses a source. Any bytes can be compressed, so zlib fails only if it runs out of memory, which is a defect. */
export const gzip = <E, R>(source: ByteSource<E, R>): ByteSource<E, R> =>
  through(source, () => createGzip({ chunkSize }), Effect.die)

/** Decompresses a source, which may consist of several gzip members. */
export const gunzip = <E, R>(source: ByteSource<E, R>): ByteSource<E | NotGzip, R> =>
  through(
    source,
    () => createGunzip({ chunkSize }),
    ({ message }) => Effect.fail(new NotGzip(message))
  )

/** The first bytes of gzip data. */
const magic = [0x1f, 0x8b] as const

/** Whether bytes begin like gzip data. */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === magic[0] && bytes[1] === magic[1]
