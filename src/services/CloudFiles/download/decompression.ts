/** Decompresses objects that are stored as gzip. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { OwnedChunk } from "../../../internal/bytes/bufferPool.js"
import type { ByteSource } from "../../../internal/bytes/byteSource.js"
import { gunzip, isGzip, NotGzip } from "../../../internal/bytes/gzip.js"
import type { ObjectInfo } from "../objects/objects.js"
import { notGzip, wrongLength } from "./failures.js"
import type { ContentError, DownloadOptions } from "./model.js"

/** The first bytes of a source (at least two, unless it is shorter), and its whole content. */
const withHead = (source: ByteSource<ContentError>) =>
  Effect.gen(function* () {
    const pull = yield* Stream.toPull(source)
    let head = Chunk.empty<OwnedChunk>()
    let bytes = 0
    let hasEnded = false
    const readHead: Effect.Effect<void, ContentError> = Effect.suspend(() =>
      bytes >= 2 || hasEnded
        ? Effect.void
        : Effect.matchEffect(pull, {
            onFailure: Option.match({
              onNone: () => Effect.sync(() => void (hasEnded = true)),
              onSome: (error) => Effect.fail(error)
            }),
            onSuccess: (chunks) => {
              for (const chunk of chunks) bytes += chunk.bytes.byteLength
              head = Chunk.appendAll(head, chunks)
              return readHead
            }
          })
    )
    yield* readHead
    const rest = hasEnded ? Stream.empty : Stream.fromPull(Effect.succeed(pull))
    return {
      head: Buffer.concat(Array.from(head, (chunk) => chunk.bytes)),
      content: Stream.concat(Stream.fromChunk(head), rest)
    }
  })

/**
 * The content of an object that is stored as gzip. Some HTTP clients decompress it: then it neither begins like gzip data nor has the
 * object's length.
 */
export const decompressed = (
  operation: string,
  options: DownloadOptions,
  info: ObjectInfo,
  source: ByteSource<ContentError>
): ByteSource<ContentError> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      let bytes = 0
      const counted = Stream.mapChunks(source, (chunks) => {
        for (const chunk of chunks) bytes += chunk.bytes.byteLength
        return chunks
      })
      const { content, head } = yield* withHead(counted)
      const isStored = () => info.bytes === undefined || bytes === info.bytes
      if (!isGzip(head)) {
        const check = Effect.suspend(() =>
          info.bytes !== undefined && info.bytes > 0 && isStored()
            ? Effect.fail(notGzip(operation, options, info, "it does not begin with a gzip header"))
            : Effect.void
        )
        return Stream.concat(content, Stream.execute(check))
      }
      const check = Effect.suspend(() =>
        isStored() ? Effect.void : Effect.fail(wrongLength(operation, options, bytes, info.bytes ?? 0))
      )
      return Stream.mapError(gunzip(Stream.concat(content, Stream.execute(check))), (error) =>
        error instanceof NotGzip ? notGzip(operation, options, info, error.reason) : error
      )
    })
  )
