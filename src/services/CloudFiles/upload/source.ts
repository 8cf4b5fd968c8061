/** The source of an upload as content that can be sent: hashed, counted and checked as it is read. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ChecksumMismatch, InvalidInput, SourceChanged } from "../../../CloudError.js"
import { type OwnedChunk } from "../../../internal/bytes/bufferPool.js"
import { type ByteSource, fromBytes, runForEach } from "../../../internal/bytes/byteSource.js"
import { gzip } from "../../../internal/bytes/gzip.js"
import { md5Hex, runningMd5 } from "../../../internal/bytes/md5.js"
import type { Content, Opened } from "../../../RequestBody.js"
import type { Address } from "../objects/address.js"
import { invalid, sourceChanged, wrongBody, wrongLength } from "./failures.js"
import type { UploadOptions } from "./model.js"

/** The bytes to read for one request: a whole source, or a part of it. */
export interface Source<E, R = never> {
  readonly length: number | undefined
  readonly source: ByteSource<E, R>
  readonly unchanged?: Effect.Effect<boolean, E, R> | undefined
}

/** A body of unknown length is longer than the limit of one request. */
export class TooLong {
  readonly _tag = "TooLong"
}

/** The hash and the length of a body since it was last started. */
export interface Tally {
  /** Available when the body has ended. */
  md5: string
  bytes: number
}

export const hashOf = <E>(source: ByteSource<E>): Effect.Effect<string, E> =>
  Effect.scoped(
    Effect.flatMap(runningMd5, (md5) =>
      Effect.zipRight(
        runForEach(source, (bytes) => md5.update([{ bytes }])),
        md5.digest
      )
    )
  )

/** In bytes: longer bodies are hashed in pieces. */
const hashedAtOnce = 256 * 1024

export const hashOfBytes = (bytes: Uint8Array): Effect.Effect<string> =>
  bytes.byteLength <= hashedAtOnce ? Effect.sync(() => md5Hex(bytes)) : hashOf(fromBytes(bytes))

/**
 * A source that fails if its length differs from the declared one, or if it was modified. The last bytes of the declared length are
 * emitted only after these checks, since they complete the request.
 */
const checked = <E, R>(
  where: Address,
  { length, source, unchanged }: Source<E, R>,
  tally: Tally,
  hashes = true
): Effect.Effect<ByteSource<E | InvalidInput | SourceChanged, R>, never, Scope.Scope> =>
  Effect.map(hashes ? runningMd5 : Effect.succeed(undefined), (md5) => {
    tally.bytes = 0
    let last = Chunk.empty<OwnedChunk>()
    const next = (chunk: Chunk.Chunk<OwnedChunk>): Effect.Effect<Chunk.Chunk<OwnedChunk>, InvalidInput> => {
      for (const { bytes } of chunk) tally.bytes += bytes.byteLength
      if (length !== undefined && tally.bytes > length) return Effect.fail(wrongLength(length, "more"))
      const isComplete = tally.bytes === length
      if (isComplete) last = Chunk.appendAll(last, chunk)
      const passed = isComplete ? Chunk.empty<OwnedChunk>() : chunk
      return md5 === undefined ? Effect.succeed(passed) : Effect.as(md5.update(chunk), passed)
    }
    const end = Effect.gen(function* () {
      if (unchanged !== undefined && !(yield* unchanged)) return yield* sourceChanged(where)
      if (length !== undefined && tally.bytes !== length) return yield* wrongLength(length, String(tally.bytes))
      if (md5 !== undefined) tally.md5 = yield* md5.digest
      return Stream.fromChunk(last)
    })
    return Stream.concat(Stream.mapChunksEffect(source, next), Stream.unwrap(end))
  })

/** A source that fails with {@link TooLong} if it is longer than `limit` bytes. */
const limited = <E>(source: ByteSource<E>, limit: number): ByteSource<E | TooLong> =>
  Stream.suspend(() => {
    let size = 0
    return Stream.mapChunksEffect(source, (chunk): Effect.Effect<Chunk.Chunk<OwnedChunk>, TooLong> => {
      for (const { bytes } of chunk) size += bytes.byteLength
      return size > limit ? Effect.fail(new TooLong()) : Effect.succeed(chunk)
    })
  })

/**
 * A source as the content of a request: read, hashed and counted again each time it is sent. `limit` is for a source of unknown length.
 */
export const contentOf = <E>(
  where: Address,
  given: Source<E>,
  limit: number | undefined,
  tally: Tally
): Content<E | InvalidInput | SourceChanged | TooLong> => {
  const { length } = given
  const source = limit === undefined || length !== undefined ? given.source : limited(given.source, limit)
  return {
    length,
    bytes: undefined,
    source: Stream.unwrapScoped(checked<E | TooLong, never>(where, { ...given, source }, tally))
  }
}

/**
 * A source that is compressed each time it is read. Its length, its MD5 and whether it was modified are checked before the compressed
 * content ends, so that no other content can be stored.
 */
export const compressed = <E, R>(
  where: Address,
  source: Opened<E, R>,
  named: string | undefined
): Opened<E | InvalidInput | SourceChanged | ChecksumMismatch, R> => {
  const tally: Tally = { md5: "", bytes: 0 }
  const wrongMd5 = Effect.suspend(() =>
    named === undefined || tally.md5 === named ? Effect.void : Effect.fail(wrongBody(where, named, tally.md5))
  )
  const content = Stream.unwrapScoped(checked(where, source, tally, named !== undefined))
  return {
    length: undefined,
    bytes: undefined,
    replayable: source.replayable,
    modified: source.modified,
    source: gzip(Stream.concat(content, Stream.execute(wrongMd5)))
  }
}

/** The failure if an option cannot be combined with `compress`. */
export const wrongCompression = ({
  compress,
  contentEncoding,
  headers = {},
  resume
}: Pick<UploadOptions<never, never>, "compress" | "contentEncoding" | "headers" | "resume">):
  InvalidInput | undefined => {
  if (compress === undefined) return undefined
  const isEncoded = Object.keys(headers).some((name) => name.toLowerCase() === "content-encoding")
  if (contentEncoding !== undefined || isEncoded) {
    const path = contentEncoding === undefined ? "headers" : "contentEncoding"
    return invalid(path, "no content encoding together with compress, which sets it")
  }
  return resume === true
    ? invalid("resume", "no resume together with compress: segments of compressed content do not begin at known bytes")
    : undefined
}
