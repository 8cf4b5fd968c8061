/** The source of an upload as content that can be sent: hashed, counted and checked as it is read. */
import type * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ChecksumMismatch, InvalidInput, SourceChanged } from "../../../CloudError.js"
import { gzip } from "../../../internal/bytes/gzip.js"
import { md5Hex, runningMd5 } from "../../../internal/bytes/md5.js"
import { type Content, type Opened, pieces } from "../../../RequestBody.js"
import type { Address } from "../objects/address.js"
import { invalid, sourceChanged, wrongBody, wrongLength } from "./failures.js"
import type { UploadOptions } from "./model.js"

/** What is read for one request: all of a source, or a part of it. */
export interface Source<E, R = never> {
  readonly length: number | undefined
  readonly stream: Stream.Stream<Uint8Array, E, R>
  readonly unchanged?: Effect.Effect<boolean, E, R> | undefined
}

/** A body of unknown length turned out to be longer than one request may take. */
export class TooLong {
  readonly _tag = "TooLong"
}

export type SourceFailure<E> = E | InvalidInput | SourceChanged | TooLong

/** The hash and the length of a body since its last start. */
export interface Tally {
  /** Known when the body has ended. */
  md5: string
  bytes: number
}

export const hashOf = <E>(stream: Stream.Stream<Uint8Array, E>): Effect.Effect<string, E> =>
  Effect.scoped(
    Effect.flatMap(runningMd5, (md5) => Effect.zipRight(Stream.runForEachChunk(stream, md5.update), md5.digest))
  )

/** In bytes: what is longer is hashed in pieces. */
const hashedAtOnce = 256 * 1024

export const hashOfBytes = (bytes: Uint8Array): Effect.Effect<string> =>
  bytes.byteLength <= hashedAtOnce ? Effect.sync(() => md5Hex(bytes)) : hashOf(pieces(bytes))

/**
 * A source that fails where it gives another number of bytes than it declared, or was changed. The bytes that complete the declared
 * length come only after these checks, since with them a request is complete.
 */
const checked = <E, R>(
  where: Address,
  { length, stream, unchanged }: Source<E, R>,
  tally: Tally,
  hashes = true
): Effect.Effect<Stream.Stream<Uint8Array, E | InvalidInput | SourceChanged, R>, never, Scope.Scope> =>
  Effect.map(hashes ? runningMd5 : Effect.succeed(undefined), (md5) => {
    tally.bytes = 0
    let last = Chunk.empty<Uint8Array>()
    const next = (chunk: Chunk.Chunk<Uint8Array>): Effect.Effect<Chunk.Chunk<Uint8Array>, InvalidInput> => {
      for (const part of chunk) tally.bytes += part.byteLength
      if (length !== undefined && tally.bytes > length) return Effect.fail(wrongLength(length, "more"))
      const isComplete = tally.bytes === length
      if (isComplete) last = Chunk.appendAll(last, chunk)
      const passed = isComplete ? Chunk.empty<Uint8Array>() : chunk
      return md5 === undefined ? Effect.succeed(passed) : Effect.as(md5.update(chunk), passed)
    }
    const end = Effect.gen(function* () {
      if (unchanged !== undefined && !(yield* unchanged)) return yield* sourceChanged(where)
      if (length !== undefined && tally.bytes !== length) return yield* wrongLength(length, String(tally.bytes))
      if (md5 !== undefined) tally.md5 = yield* md5.digest
      return Stream.fromChunk(last)
    })
    return Stream.concat(Stream.mapChunksEffect(stream, next), Stream.unwrap(end))
  })

/** A stream that fails with {@link TooLong} beyond so many bytes. */
const limited = <E>(stream: Stream.Stream<Uint8Array, E>, limit: number): Stream.Stream<Uint8Array, E | TooLong> =>
  Stream.suspend(() => {
    let bytes = 0
    return Stream.mapChunksEffect(stream, (chunk): Effect.Effect<Chunk.Chunk<Uint8Array>, TooLong> => {
      for (const part of chunk) bytes += part.byteLength
      return bytes > limit ? Effect.fail(new TooLong()) : Effect.succeed(chunk)
    })
  })

/**
 * A source as the content of a request: read, hashed and counted anew each time it is sent. `limit` is for a source of unknown length.
 *
 * A source that fails must not end the request's body, since what was sent so far would be stored as if it were whole. It completes
 * `failure` and then waits until the request is interrupted.
 */
export const contentOf = <E>(
  where: Address,
  source: Source<E>,
  limit: number | undefined,
  tally: Tally,
  failure: Deferred.Deferred<never, SourceFailure<E>>
): Content => {
  const { length } = source
  const stream: Stream.Stream<Uint8Array, E | TooLong> =
    limit === undefined || length !== undefined ? source.stream : limited(source.stream, limit)
  const abandon = (cause: Cause.Cause<SourceFailure<E>>): Stream.Stream<never> =>
    Stream.execute(Effect.zipRight(Deferred.failCause(failure, cause), Effect.never))
  const content = Stream.unwrapScoped(checked<E | TooLong, never>(where, { ...source, stream }, tally))
  return { length, bytes: undefined, stream: Stream.catchAllCause(content, abandon) }
}

/**
 * A source that is compressed as it is read, each time anew. Its length, its MD5 and whether it was changed are checked before the
 * compressed content ends, so that nothing else can be stored.
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
    stream: gzip(Stream.concat(content, Stream.execute(wrongMd5)))
  }
}

/** The failure of options that cannot be used together with `compress`, if there is one. */
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
