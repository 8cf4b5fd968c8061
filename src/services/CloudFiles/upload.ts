/**
 * Uploads: every byte verified, every request able to be sent again, nothing stored that is not whole.
 *
 * What fits goes up in one request. The rest is cut into segments that are sent several at a time, and then put together by a
 * manifest. Files and bytes are read where a segment begins, so that nothing is held in memory; a source that can only be read
 * once is held a segment at a time by each of those that send.
 */
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { randomUUID } from "node:crypto"
import type { CloudClient } from "../../CloudClient.js"
import {
  type BadRequest,
  BulkFailed,
  ChecksumMismatch,
  type CommonError,
  type DocumentedError,
  type InvalidInput,
  PreconditionFailed,
  SourceChanged,
  type Unprocessable
} from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { release } from "../../internal/bytes/bufferPool.js"
import { gzip } from "../../internal/bytes/gzip.js"
import { md5Hex, runningMd5 } from "../../internal/bytes/md5.js"
import { renameIssuePaths } from "../../internal/paging/listing.js"
import { invalidInput } from "../../internal/schema/invalidInput.js"
import { absentIfEmpty } from "../../internal/schema/wire.js"
import { type Content, type Opened, pieces, type RequestBody } from "../../RequestBody.js"
import type { BulkDelete } from "./bulk.js"
import { makeConfirmation, makePutDynamicManifest, sameEtag } from "./confirmation.js"
import { endpoints, type ObjectInfo, type Segment } from "./endpoints.js"
import { decodedText } from "./names.js"
import { makeNesting } from "./nesting.js"
import { type LeftSegment, makeManifestWatch, makeOldSegments, nothingOld, type Old } from "./oldSegments.js"
import { makeSegmentContainer } from "./segmentContainer.js"
import {
  type Address,
  contradicts,
  etagOf,
  expiryAfter,
  folderOf,
  md5In,
  mostEntries,
  numbered,
  pathOf,
  segmentContainerOf,
  segmentSizeFor,
  unquoted
} from "./segments.js"
import type { NoStaticLargeObjects, PutStaticManifest } from "./staticManifests.js"

type PutInput = NonNullable<Parameters<Endpoint.Method<typeof endpoints.putObject>>[0]>

type PutHead = Omit<PutInput, "content" | "md5">

/**
 * What is said of an object in its request. Not spread, since V8 would give each object a hidden class of its own, and keep it
 * with all that the object holds until the next major collection.
 */
const headOfPut = (given: PutHead, createOnly: boolean | undefined): PutHead =>
  Object.assign(
    {},
    given,
    createOnly === true ? { ifNoneMatch: "*" as const } : undefined,
    given.contentType === undefined ? { detectContentType: true } : undefined
  )

/**
 * What may be said of an object that is uploaded.
 *
 * @since 0.1.0
 * @category models
 */
export interface UploadOptions<E, R> extends Omit<PutInput, "content" | "md5" | "detectContentType" | "ifNoneMatch"> {
  readonly body: RequestBody<E, R>
  /** The MD5 of `body` as 32 lower-case hex digits, where it is known: any other content is then refused. */
  readonly md5?: string | undefined
  /**
   * Compresses the body while it is sent, and stores it with `Content-Encoding: gzip`. `download` with `decompress` gives the body
   * back, as browsers do. The compressed length is not known in advance, so the body is sent and cut into segments like a Stream
   * without a length. What the result, `progress` and the segments' sizes count are compressed bytes. Default: it is stored as it is.
   *
   * Fails with `InvalidInput` together with a content encoding or `resume`.
   */
  readonly compress?: "gzip" | undefined
  /**
   * Stores it only where no object bears the name, and fails with `PreconditionFailed` otherwise; so it does where its own
   * first attempt has stored the object, but the response was lost. Default false.
   */
  readonly createOnly?: boolean | undefined
  /**
   * In bytes: a longer body becomes a large object. Default 1 GiB; 5 GiB at the most, which is the cloud's limit for one
   * piece. A source that can only be read once is a large object as soon as it does not fit into one segment.
   */
  readonly segmentThreshold?: number | undefined
  /**
   * In bytes, 5 GiB at the most. Default for files and bytes: 256 MiB, or more where 1,000 segments would otherwise not do. Default
   * for a source that can only be read once: 16 MiB, since each is held in memory while it is sent. Of more than 1,000
   * segments, manifests of 1,000 each are put together by another manifest.
   */
  readonly segmentSize?: number | undefined
  /** How many segments are sent at the same time. Default 4. */
  readonly concurrency?: number | undefined
  /** Where segments are stored; made if it is missing. Default `{container}_segments`. */
  readonly segmentContainer?: string | undefined
  /**
   * What becomes of more than one segment. `static` (default): the cloud checks each segment when the manifest is put. `dynamic`:
   * the content is whatever the segments' prefix holds when it is read. A cloud that has no static large objects gets a dynamic
   * one in either case.
   */
  readonly largeObject?: "static" | "dynamic" | undefined
  /**
   * Resumes an interrupted upload of the same file or bytes: segments have names that a second run finds, it sends
   * only those that are missing or differ (by MD5), and leaves them where it breaks off itself. Default false. Fails with
   * `InvalidInput` where the body can only be read from its start.
   */
  readonly resume?: boolean | undefined
  /** Leaves the segments that were stored where the upload fails or is interrupted. Default: as `resume` says. */
  readonly keepSegments?: boolean | undefined
  /**
   * What happens to the segments of a large object that is overwritten, as far as their name shows that they were only its
   * own. To see them takes a request. Default `delete` for large objects and where the body is known to have 16 MiB or more; for
   * smaller ones, for which it would cost as much as the upload itself, `keep`.
   */
  readonly oldSegments?: "delete" | "keep" | undefined
  /** Stores when a file was modified as metadata `mtime`, as python-swiftclient and rclone do. Default false. */
  readonly storeModified?: boolean | undefined
  /**
   * Called with the number of bytes that were sent since the last call: their sum is the size in the end. Negative where something
   * must be sent again. The upload waits for it.
   */
  readonly progress?: ((bytes: number) => Effect.Effect<void>) | undefined
}

/**
 * What was stored.
 *
 * @since 0.1.0
 * @category models
 */
export interface Uploaded {
  /** As the cloud writes it: the stored content's MD5, or in quotation marks that of its segments. */
  readonly etag: string
  /**
   * The stored content's MD5, 32 lower-case hex digits. Absent of a large object that was not read from its start to its end, as several
   * segments of a file at a time are not; each of them was verified by its own.
   */
  readonly md5?: string | undefined
  readonly bytes: number
  /** How many segments it was stored in; 0 for a plain object. */
  readonly segments: number
  /** With `resume`: how many of the segments were there already. */
  readonly reused?: number | undefined
  /** Segments of the object that was overwritten which are still there; absent where there are none, or they were not searched for. */
  readonly leftSegments?: ReadonlyArray<LeftSegment> | undefined
}

type Documented<Tag extends DocumentedError["_tag"]> = Extract<DocumentedError, { readonly _tag: Tag }>

/**
 * Whatever an upload can fail with besides the failure of its source.
 *
 * @since 0.1.0
 * @category errors
 */
export type UploadError =
  | CommonError
  | Documented<"NotFound" | "Conflict" | "PreconditionFailed" | "QuotaExceeded" | "Unprocessable">
  | ChecksumMismatch
  | SourceChanged
  | BulkFailed

const service = "CloudFiles"
const operation = "CloudFiles.upload"
const mebibyte = 1024 ** 2
const bufferSize = 16 * mebibyte
const worthSearching = 16 * mebibyte
const defaultThreshold = 1024 * mebibyte
const segmentType = "application/octet-stream"

/** What is no longer is hashed and sent at once. */
const quickUpTo = 1024 * 1024

/** What takes more than one request, or needs more of the source than its content. */
const elaborate: ReadonlySet<string> = new Set([
  "segmentThreshold",
  "segmentSize",
  "concurrency",
  "segmentContainer",
  "largeObject",
  "resume",
  "keepSegments",
  "oldSegments",
  "storeModified",
  "progress"
] satisfies Array<keyof UploadOptions<never, never>>)

const mismatch = (where: Address, expected: string, actual: string | undefined, requestId?: string): ChecksumMismatch =>
  new ChecksumMismatch({
    service,
    operation,
    container: where.container,
    object: where.object,
    expected,
    ...(actual !== undefined && { actual }),
    ...(requestId !== undefined && { requestId }),
    message:
      actual === undefined
        ? `${operation}: the cloud refused ${where.container}/${where.object}: what arrived does not have the MD5 ${expected}`
        : `${operation}: ${where.container}/${where.object} was sent with the MD5 ${expected}, and the cloud has stored ${actual}`
  })

/** Whether an object has this MD5; or this size and the ETag of the response, where the cloud's ETags are no MD5s. */
const hasContent =
  (md5: string, length: number, reported: string | undefined) =>
  ({ bytes, etag }: ObjectInfo): boolean =>
    etag !== undefined &&
    !contradicts(etag, md5) &&
    (md5In(etag) !== undefined || (bytes === length && (reported === undefined || sameEtag(reported, etag))))

const notTheNamed = (where: Address, named: string, actual: string): ChecksumMismatch =>
  new ChecksumMismatch({
    service,
    operation,
    container: where.container,
    object: where.object,
    expected: named,
    actual,
    message: `${operation}: the content for ${where.container}/${where.object} has the MD5 ${actual}, not ${named}; nothing is stored`
  })

const invalid = (path: string, expected: string, given: string): InvalidInput =>
  invalidInput(service, operation, [{ path, expected }], given)

const wrongLength = (declared: number, given: string): InvalidInput =>
  invalid("body", `a body of the ${declared} bytes that were declared`, `; it gave ${given}`)

const sourceChanged = ({ container, object }: Address): SourceChanged =>
  new SourceChanged({
    service,
    operation,
    container,
    object,
    message: `${operation}: the file for ${container}/${object} was changed while it was read; nothing is stored`
  })

/** A body of unknown length turned out to be longer than one request may take. */
class TooLong {
  readonly _tag = "TooLong"
}

const hashOf = <E>(stream: Stream.Stream<Uint8Array, E>): Effect.Effect<string, E> =>
  Effect.scoped(
    Effect.flatMap(runningMd5, (md5) => Effect.zipRight(Stream.runForEachChunk(stream, md5.update), md5.digest))
  )

const hashOfBytes = (bytes: Uint8Array): Effect.Effect<string> =>
  bytes.byteLength <= 256 * 1024 ? Effect.sync(() => md5Hex(bytes)) : hashOf(pieces(bytes))

type Progress = NonNullable<UploadOptions<never, never>["progress"]>

/** Reports the bytes of a body; takes them back where the body is run again, and reports the rest where it was sent another way. */
const reporting = <E>(progress: Progress | undefined, stream: Stream.Stream<Uint8Array, E>) => {
  if (progress === undefined) return { stream, settle: () => Effect.void }
  let reported = 0
  const report = (bytes: number): Effect.Effect<void> => {
    reported += bytes
    return bytes === 0 ? Effect.void : progress(bytes)
  }
  return {
    stream: Stream.unwrap(
      Effect.map(
        Effect.suspend(() => report(-reported)),
        () => Stream.tap(stream, (bytes) => report(bytes.byteLength))
      )
    ),
    settle: (total: number): Effect.Effect<void> => Effect.suspend(() => report(total - reported))
  }
}

/** Running hash and count of what a body has given since its last start. */
interface Tally {
  /** Known when it has ended. */
  md5: string
  bytes: number
}

/** What is read for one request: all of a source, or a part of it. */
interface Source<E> {
  readonly length: number | undefined
  readonly stream: Stream.Stream<Uint8Array, E>
  readonly unchanged?: Effect.Effect<boolean, E> | undefined
}

type SourceFailure<E> = E | InvalidInput | SourceChanged | TooLong

/**
 * A source as content that can be sent: hashed and counted anew each time it is run.
 *
 * A source that fails, or gives another number of bytes than it declared, must not end the request's body, since what was
 * sent so far would be stored as if it were whole. It completes `failure` and then waits, until the request is abandoned.
 */
const contentOf = <E>(
  where: Address,
  { length, stream, unchanged }: Source<E>,
  limit: number,
  tally: Tally,
  failure: Deferred.Deferred<never, SourceFailure<E>>
): Content => {
  const abandon = (cause: Cause.Cause<SourceFailure<E>>): Stream.Stream<never> =>
    Stream.execute(Effect.zipRight(Deferred.failCause(failure, cause), Effect.never))
  const checkUnchanged =
    unchanged === undefined
      ? Effect.void
      : Effect.flatMap(unchanged, (is) => (is ? Effect.void : Effect.fail(sourceChanged(where))))
  const run = Effect.map(runningMd5, (md5) => {
    tally.bytes = 0
    // What completes the declared length is held back until the source has ended, since with it the request is complete.
    let last = Chunk.empty<Uint8Array>()
    const counted = stream.pipe(
      Stream.mapChunksEffect((chunk): Effect.Effect<Chunk.Chunk<Uint8Array>, InvalidInput | TooLong> => {
        for (const part of chunk) tally.bytes += part.byteLength
        if (length === undefined) {
          return tally.bytes > limit ? Effect.fail(new TooLong()) : Effect.as(md5.update(chunk), chunk)
        }
        if (tally.bytes > length) return Effect.fail(wrongLength(length, "more"))
        if (tally.bytes < length) return Effect.as(md5.update(chunk), chunk)
        last = Chunk.appendAll(last, chunk)
        return Effect.as(md5.update(chunk), Chunk.empty<Uint8Array>())
      })
    )
    const end = Effect.gen(function* () {
      yield* checkUnchanged
      if (length !== undefined && tally.bytes !== length) return yield* wrongLength(length, String(tally.bytes))
      tally.md5 = yield* md5.digest
    })
    return Stream.concat(counted, Stream.unwrap(Effect.map(end, () => Stream.fromChunk(last))))
  })
  return { length, bytes: undefined, stream: Stream.catchAllCause(Stream.unwrapScoped(run), abandon) }
}

/**
 * A source that is compressed as it is read, each time anew. Its length, its MD5 and whether it was changed are checked before the
 * compressed content ends, so that nothing else can be stored.
 */
const compressed = <E, R>(
  where: Address,
  { length, modified, replayable, stream, unchanged }: Opened<E, R>,
  named: string | undefined
): Opened<E | InvalidInput | SourceChanged | ChecksumMismatch, R> => {
  const checked = Effect.map(named === undefined ? Effect.succeed(undefined) : runningMd5, (md5) => {
    let bytes = 0
    const passing = Stream.mapChunksEffect(stream, (chunk) => {
      for (const part of chunk) bytes += part.byteLength
      if (length !== undefined && bytes > length) return Effect.fail(wrongLength(length, "more"))
      return md5 === undefined ? Effect.succeed(chunk) : Effect.as(md5.update(chunk), chunk)
    })
    const end = Effect.gen(function* () {
      if (unchanged !== undefined && !(yield* unchanged)) return yield* sourceChanged(where)
      if (length !== undefined && bytes !== length) return yield* wrongLength(length, String(bytes))
      if (named === undefined || md5 === undefined) return
      const actual = yield* md5.digest
      if (actual !== named) return yield* notTheNamed(where, named, actual)
    })
    return Stream.concat(passing, Stream.execute(end))
  })
  return { length: undefined, bytes: undefined, replayable, modified, stream: gzip(Stream.unwrapScoped(checked)) }
}

/** The failure of options that cannot be used together with `compress`, if there is one. */
const wrongCompression = ({
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
    return invalid(path, "no content encoding together with compress, which sets it", "")
  }
  return resume === true
    ? invalid(
        "resume",
        "no resume together with compress: segments of compressed content do not begin at known bytes",
        ""
      )
    : undefined
}

/** A source that is read once, a segment at a time. */
interface Reader<E> {
  /** The next bytes, as many as are asked for; fewer at the end, and then none. */
  readonly next: (size: number) => Effect.Effect<Uint8Array, E>
  /** Whether there are no more; waits until that is known. */
  readonly atEnd: Effect.Effect<boolean, E>
}

const readerOf = <E>(source: Stream.Stream<Uint8Array, E>): Effect.Effect<Reader<E>, never, Scope.Scope> =>
  Effect.map(Stream.toPull(source), (pull) => {
    /** What the source has given beyond a segment: of one pull at the most. */
    let rest: Array<Uint8Array> = []
    let ended = false
    let largest = 0
    const more: Effect.Effect<void, E> = Effect.matchEffect(pull, {
      onFailure: Option.match({
        onNone: () =>
          Effect.sync(() => {
            ended = true
          }),
        onSome: Effect.fail
      }),
      onSuccess: (chunk: Chunk.Chunk<Uint8Array>) =>
        Effect.sync(() => {
          rest = Chunk.toReadonlyArray(chunk).filter((part) => part.byteLength > 0)
        })
    })
    const waitForMore: Effect.Effect<void, E> = Effect.suspend(() =>
      rest.length > 0 || ended ? Effect.void : Effect.zipRight(more, waitForMore)
    )
    const next = (size: number): Effect.Effect<Uint8Array, E> =>
      Effect.suspend(() => {
        // The first buffer grows with its content, since most streams are shorter than a segment.
        let buffer = Buffer.allocUnsafeSlow(Math.min(size, Math.max(largest, 64 * 1024)))
        let filled = 0
        const take = (): void => {
          let used = 0
          for (const part of rest) {
            const room = size - filled
            if (room === 0) break
            const taken = part.subarray(0, room)
            if (filled + taken.byteLength > buffer.byteLength) {
              const larger = Buffer.allocUnsafeSlow(
                Math.min(size, Math.max(2 * buffer.byteLength, filled + taken.byteLength))
              )
              buffer.copy(larger, 0, 0, filled)
              buffer = larger
            }
            buffer.set(taken, filled)
            filled += taken.byteLength
            if (taken.byteLength < part.byteLength) {
              rest[used] = part.subarray(taken.byteLength)
              break
            }
            used++
          }
          rest = rest.slice(used)
        }
        const fill: Effect.Effect<Uint8Array, E> = Effect.suspend(() => {
          take()
          largest = Math.max(largest, filled)
          return filled === size || (ended && rest.length === 0)
            ? Effect.succeed(buffer.subarray(0, filled))
            : Effect.zipRight(waitForMore, fill)
        })
        return fill
      })
    return { next, atEnd: Effect.map(waitForMore, () => rest.length === 0) }
  })

/** How a large object is to be stored. */
interface Plan {
  readonly kind: "static" | "dynamic"
  readonly container: string
  readonly folder: string
  readonly segmentSize: number
  readonly concurrency: number
  readonly keepSegments: boolean
  readonly oldSegments: "delete" | "keep"
}

interface Sent {
  readonly bytes: number
  readonly md5: string | undefined
  readonly reused?: number | undefined
}

interface Stored {
  readonly sent: Sent
  /** The ETag that the segments amount to, without quotation marks. */
  readonly expected: string
  /** What the cloud says. */
  readonly stored: string | undefined
}

/** Stores one segment of a large object. */
type Store<E> = (
  index: number,
  length: number,
  send: (segment: PutHead) => Effect.Effect<string, UploadError | E>
) => Effect.Effect<void, UploadError | E>

/** Adds a segment to the manifest. */
type Note = (
  index: number,
  segment: { readonly etag: string; readonly bytes: number }
) => Effect.Effect<void, UploadError>

/** Up to 1,000 segments that stand in one manifest. */
interface Group {
  readonly segments: Array<Segment>
  count: number
  put: boolean
}

/** What `upload` is made of. */
export const makeUpload = (client: CloudClient, bulkDelete: BulkDelete, putStaticManifest: PutStaticManifest) => {
  // Nothing else of the response is read.
  const put = Endpoint.method(client, {
    ...endpoints.putObject,
    success: Endpoint.headers(Schema.Struct({ etag: absentIfEmpty }))
  })
  const putDynamicManifest = makePutDynamicManifest(client, operation)
  const confirm = makeConfirmation(client, operation)
  const replaceObjectMetadata = Endpoint.method(client, endpoints.replaceObjectMetadata)
  const createSegmentContainer = makeSegmentContainer(client)
  const { getObjectInfo, find, manifests, removeOld, removeSent } = makeOldSegments(client, operation, bulkDelete)

  const putBytes = (
    input: PutHead,
    bytes: Uint8Array,
    md5: string,
    progress?: Progress
  ): Effect.Effect<Uploaded, UploadError> => {
    const { settle, stream } = reporting(progress, pieces(bytes))
    const uploaded: Uploaded = { etag: md5, md5, bytes: bytes.byteLength, segments: 0 }
    return Effect.matchEffect(
      put(Object.assign({}, input, { md5, content: { bytes, length: bytes.byteLength, stream } })),
      {
        onFailure: (error) =>
          Effect.fail(error._tag === "Unprocessable" ? mismatch(input, md5, undefined, error.requestId) : error),
        onSuccess: ({ etag }): Effect.Effect<Uploaded, UploadError> => {
          if (etag !== undefined && contradicts(etag, md5)) return Effect.fail(mismatch(input, md5, etag))
          // Only a cloud that has received all of it can know its MD5; any other response may come before it was read.
          if (etag !== undefined && unquoted(etag) === md5) release(bytes)
          const result = etag === undefined || etag === md5 ? uploaded : { ...uploaded, etag }
          const reported = progress === undefined ? Effect.succeed(result) : Effect.as(settle(bytes.byteLength), result)
          return etag === md5
            ? reported
            : Effect.zipRight(
                confirm({
                  address: input,
                  etag,
                  expected: md5,
                  isStored: hasContent(md5, bytes.byteLength, etag)
                }),
                reported
              )
        }
      }
    )
  }

  const putStream = <E>(
    input: PutHead,
    source: Source<E>,
    options: {
      readonly named?: string | undefined
      readonly limit?: number | undefined
      readonly progress?: Progress | undefined
    }
  ): Effect.Effect<Uploaded & { readonly md5: string }, UploadError | E | TooLong> =>
    Effect.gen(function* () {
      const { limit = Infinity, named, progress } = options
      const failure = yield* Deferred.make<never, SourceFailure<E>>()
      const tally: Tally = { md5: "", bytes: 0 }
      const content = contentOf(input, source, limit, tally, failure)
      const { settle, stream } = reporting(progress, content.stream)
      // Interruptible even where the caller is not, or the loser of the race would be waited for.
      const stored = yield* Effect.raceFirst(
        Effect.interruptible(
          put({ ...input, ...(named !== undefined && { md5: named }), content: { ...content, stream } })
        ),
        Effect.interruptible(Deferred.await(failure))
      ).pipe(
        Effect.catchIf(
          (error): error is Unprocessable => named !== undefined && isUnprocessable(error),
          (error) => Effect.fail(mismatch(input, named ?? "", undefined, error.requestId))
        ),
        // All of it is sent again another way, which reports it anew.
        Effect.tapError((error) => (error instanceof TooLong ? settle(0) : Effect.void))
      )
      const { md5 } = tally
      if (stored.etag === undefined || !contradicts(stored.etag, md5)) {
        const isStored = hasContent(md5, tally.bytes, stored.etag)
        yield* confirm({ address: input, etag: stored.etag, expected: md5, isStored })
      }
      yield* settle(tally.bytes)
      return stored.etag === undefined || !contradicts(stored.etag, md5)
        ? { etag: stored.etag ?? md5, md5, bytes: tally.bytes, segments: 0 }
        : yield* mismatch(input, md5, stored.etag)
    })

  const putSegmentOf =
    <E>(opened: Opened<E>, slice: NonNullable<Opened<E>["slice"]>, progress: Progress | undefined) =>
    (offset: number, length: number) =>
    (segment: PutHead): Effect.Effect<string, UploadError | E> =>
      putStream(segment, { length, stream: slice(offset, length), unchanged: opened.unchanged }, { progress }).pipe(
        Effect.catchTag("TooLong", () => Effect.dieMessage("a segment has a known length")),
        Effect.map(({ md5 }) => md5)
      )

  /**
   * The steps common to all large objects: the segment container, the manifests, and the clean-up. `send` stores the segments.
   *
   * Where it fails or is interrupted, the segments that it stored are deleted, unless they are to be kept.
   */
  const putLarge = <E>(
    given: PutHead,
    plan: Plan,
    send: (store: Store<E>, reuse: Note) => Effect.Effect<Sent, UploadError | E>
  ): Effect.Effect<Uploaded, UploadError | E> =>
    Effect.gen(function* () {
      const { container, folder } = plan
      let { kind } = plan
      const old = yield* before(given, plan)
      const cloudTime = yield* createSegmentContainer(container)
      const { deleteAfter, ...rest } = given
      const input: PutHead =
        deleteAfter === undefined ? rest : { ...rest, deleteAt: expiryAfter(cloudTime, deleteAfter) }
      const segmentHead = { container, contentType: segmentType, deleteAt: input.deleteAt }
      const segmentName = (index: number): string => `${folder}/${numbered(index)}`

      const underWay = new Set<number>()
      const sentWhole = new Set<number>()
      const submanifests: Array<string> = []
      const groups = new Map<number, Group>()
      let count = 0
      const { mayBeStored, watch } = makeManifestWatch()

      const addressOfPart = (object: string): Address => ({ container, object })
      const cleanUp = Effect.suspend((): Effect.Effect<void> => {
        // A manifest whose fate is unknown may be stored, and then needs its segments.
        if (mayBeStored()) {
          return Effect.logWarning(
            `${operation}: it is not known whether ${pathOf(input)} was stored; its segments stay in ${container}/${folder}`
          )
        }
        if (plan.keepSegments || underWay.size + sentWhole.size === 0) return Effect.void
        return Effect.suspend(() =>
          removeSent(
            [...sentWhole].map(segmentName).map(addressOfPart),
            [...[...underWay].map(segmentName), ...submanifests].map(addressOfPart)
          )
        ).pipe(
          // As a finalizer it is not interruptible, and would have no end where the cloud does not respond.
          Effect.interruptible,
          Effect.timeoutOption(Duration.seconds(30)),
          Effect.exit,
          Effect.flatMap((exit) =>
            exit._tag === "Success" && Option.exists(exit.value, (left) => left.length === 0)
              ? Effect.void
              : Effect.logWarning(
                  `${operation}: not all segments of ${pathOf(input)}, which failed, could be deleted from ${container}/${folder}`
                )
          )
        )
      })

      const { fitting, putGroup } = makeNesting({
        operation,
        container,
        folder,
        put: (object, segments) => {
          submanifests.push(object)
          return refusedParts(putStaticManifest({ ...segmentHead, object, segments }))
        }
      })
      /**
       * Puts the manifests of complete groups, once one manifest is not enough; then their segments need not be remembered. Where
       * the cloud has no static large objects, the upload goes on as that of a dynamic one, which consists of the same segments.
       */
      const putGroups = (isLast: boolean): Effect.Effect<void, UploadError> =>
        Effect.suspend(() => {
          if (kind === "dynamic" || groups.size < 2) return Effect.void
          const ready = [...groups].filter(([, group]) => !group.put && (isLast || group.count === mostEntries))
          // All at once, since another sender may come by while the first of them is put.
          for (const [, group] of ready) group.put = true
          return Effect.forEach(
            ready,
            ([index, group]) =>
              Effect.map(putGroup(group.segments, index, 0), (submanifest) => {
                group.segments.splice(0, Infinity, submanifest)
              }),
            { discard: true }
          ).pipe(
            Effect.catchTag("NoStaticLargeObjects", () =>
              Effect.sync(() => {
                kind = "dynamic"
              })
            )
          )
        })
      const note: Note = (index, { bytes, etag }) =>
        Effect.suspend(() => {
          const number = Math.floor(index / mostEntries)
          const group = groups.get(number) ?? { segments: [], count: 0, put: false }
          groups.set(number, group)
          group.segments[index % mostEntries] = { path: pathOf({ container, object: segmentName(index) }), etag, bytes }
          group.count++
          count++
          return putGroups(false)
        })
      const store: Store<E> = (index, length, sendOne) =>
        Effect.suspend(() => {
          underWay.add(index)
          return Effect.flatMap(sendOne({ ...segmentHead, object: segmentName(index) }), (etag) => {
            underWay.delete(index)
            sentWhole.add(index)
            return note(index, { etag, bytes: length })
          })
        })
      /** Takes a segment that an earlier run has stored, and lets it expire with this object, or not at all. */
      const reuse: Note = (index, segment) =>
        Effect.zipRight(
          replaceObjectMetadata({ ...segmentHead, object: segmentName(index) }),
          Effect.suspend(() => note(index, segment))
        )
      const inOrder = (): ReadonlyArray<Segment> =>
        [...groups].toSorted(([a], [b]) => a - b).flatMap(([, { segments }]) => segments)

      const storeStatic = (sent: Sent): Effect.Effect<Stored, UploadError | NoStaticLargeObjects> =>
        Effect.gen(function* () {
          const segments = yield* fitting(inOrder(), 1)
          const { etag } = yield* watch(refusedParts(putStaticManifest({ ...input, segments })))
          const expected = etagOf(segments)
          return { sent, expected, stored: etag }
        })
      const storeDynamic = (sent: Sent): Effect.Effect<Stored, UploadError> =>
        Effect.suspend(() => {
          const stored = { sent, expected: etagOf(inOrder()), stored: undefined }
          return Effect.as(
            watch(putDynamicManifest({ ...input, segments: { container, prefix: `${folder}/` } })),
            stored
          )
        })

      const storing: Effect.Effect<Stored, UploadError | E> = Effect.gen(function* () {
        const sent = yield* send(store, reuse)
        yield* putGroups(true)
        return kind === "dynamic"
          ? yield* storeDynamic(sent)
          : yield* Effect.catchTag(storeStatic(sent), "NoStaticLargeObjects", () => storeDynamic(sent))
      })
      const { expected, sent, stored } = yield* Effect.onError(storing, () => cleanUp)
      if (stored !== undefined && contradicts(stored, expected)) return yield* mismatch(input, expected, stored)

      const left = yield* removeOld(old, (path) => path.startsWith(`${pathOf({ container, object: folder })}/`))
      return {
        etag: stored ?? `"${expected}"`,
        ...(sent.md5 !== undefined && { md5: sent.md5 }),
        bytes: sent.bytes,
        segments: count,
        ...(sent.reused !== undefined && { reused: sent.reused }),
        ...(left.length > 0 && { leftSegments: left })
      }
    })

  const segmentContainers = (input: Address, container: string): ReadonlySet<string> =>
    new Set([container, segmentContainerOf(input.container)])

  /** What is about to be overwritten. With `createOnly` nothing may be, which is better known before all segments are sent. */
  const before = (input: PutHead, plan: Pick<Plan, "container" | "oldSegments">): Effect.Effect<Old, UploadError> => {
    if (input.ifNoneMatch === undefined) {
      return plan.oldSegments === "keep"
        ? Effect.succeed(nothingOld)
        : find({ container: input.container, object: input.object }, segmentContainers(input, plan.container))
    }
    return getObjectInfo({ container: input.container, object: input.object }).pipe(
      Effect.catchTag("NotFound", () => Effect.succeed(undefined)),
      Effect.flatMap((info) =>
        info === undefined
          ? Effect.succeed(nothingOld)
          : Effect.fail(
              new PreconditionFailed({
                service,
                operation,
                status: info.status,
                method: "HEAD",
                url: pathOf(input),
                message: `${operation}: there is an object ${pathOf(input)}, and it was to be stored only where there is none`
              })
            )
      )
    )
  }

  /** Stores in one request; and then removes what the object that was there has left. */
  const putPlain = <E>(
    input: PutHead,
    plan: Pick<Plan, "container" | "oldSegments">,
    upload: Effect.Effect<Uploaded, E>
  ): Effect.Effect<Uploaded, UploadError | E> =>
    plan.oldSegments === "keep" || input.ifNoneMatch !== undefined
      ? upload
      : Effect.gen(function* () {
          const old = yield* before(input, plan)
          const stored = yield* upload
          const left = yield* removeOld(old, () => false)
          return left.length > 0 ? { ...stored, leftSegments: left } : stored
        })

  /**
   * A source that is read once: what fits into one segment goes up as a plain object; more becomes a large one. Each sender
   * holds one segment in memory until it is stored, so that it can be sent again.
   */
  const putOnce = <E>(
    input: PutHead,
    opened: Opened<E>,
    named: string | undefined,
    plan: Plan,
    plainPlan: Pick<Plan, "container" | "oldSegments">,
    progress: Progress | undefined
  ): Effect.Effect<Uploaded, UploadError | E> =>
    Effect.gen(function* () {
      const { concurrency, segmentSize } = plan
      const { atEnd, next } = yield* readerOf(opened.stream)
      const first = yield* next(segmentSize)
      const declared = opened.length
      const check = (bytes: number): Effect.Effect<void, InvalidInput> =>
        declared === undefined || bytes === declared ? Effect.void : Effect.fail(wrongLength(declared, String(bytes)))
      if (first.byteLength < segmentSize || (yield* atEnd)) {
        yield* check(first.byteLength)
        return yield* putPlain(input, plainPlan, putBytes(input, first, named ?? (yield* hashOfBytes(first)), progress))
      }
      const whole = yield* runningMd5
      const turn = yield* Effect.makeSemaphore(1)
      return yield* putLarge<E>(input, plan, (store) => {
        let index = 0
        let total = 0
        let pending: Uint8Array | undefined = first
        const taking = turn.withPermits(1)(
          Effect.gen(function* () {
            const bytes: Uint8Array = pending ?? (yield* next(segmentSize))
            pending = undefined
            if (bytes.byteLength === 0) return undefined
            total += bytes.byteLength
            if (declared !== undefined && total > declared) return yield* wrongLength(declared, "more")
            yield* whole.update([bytes])
            return { bytes, index: index++ }
          })
        )
        const sender: Effect.Effect<void, UploadError | E> = Effect.flatMap(taking, (taken) =>
          taken === undefined
            ? Effect.void
            : Effect.zipRight(
                store(taken.index, taken.bytes.byteLength, (segment) =>
                  Effect.flatMap(hashOfBytes(taken.bytes), (md5) =>
                    Effect.as(putBytes(segment, taken.bytes, md5, progress), md5)
                  )
                ),
                sender
              )
        )
        return Effect.gen(function* () {
          // Interruptible even where the caller is not, or the failure of one would wait for the others' end.
          yield* Effect.forEach(Array.from({ length: concurrency }), () => Effect.interruptible(sender), {
            concurrency: "unbounded",
            discard: true
          })
          yield* check(total)
          const md5 = yield* whole.digest
          return named === undefined || named === md5 ? { bytes: total, md5 } : yield* notTheNamed(input, named, md5)
        })
      })
    }).pipe(Effect.scoped)

  /** A source that can be read from anywhere: each segment where it begins, several at a time, nothing held in memory. */
  const putSliced = <E>(
    input: PutHead,
    opened: Opened<E>,
    slice: NonNullable<Opened<E>["slice"]>,
    length: number,
    named: string | undefined,
    resume: boolean,
    plan: Plan,
    progress: Progress | undefined
  ): Effect.Effect<Uploaded, UploadError | E> =>
    putLarge<E>(input, plan, (store, reuse) =>
      Effect.gen(function* () {
        const { concurrency, segmentSize } = plan
        const found = resume ? yield* there(plan) : new Map<string, { readonly hash: string; readonly bytes: number }>()
        const segment = putSegmentOf(opened, slice, progress)
        let reused = 0
        const one = (index: number): Effect.Effect<void, UploadError | E> => {
          const offset = index * segmentSize
          const size = Math.min(segmentSize, length - offset)
          const send = store(index, size, segment(offset, size))
          const before = found.get(`${plan.folder}/${numbered(index)}`)
          if (before === undefined || before.bytes !== size) return send
          return Effect.flatMap(hashOf(slice(offset, size)), (md5) => {
            if (md5 !== before.hash) return send
            return Effect.matchEffect(reuse(index, { etag: md5, bytes: size }), {
              // It has expired meanwhile.
              onFailure: (error) => (error._tag === "NotFound" ? send : Effect.fail(error)),
              onSuccess: () => {
                reused++
                return progress?.(size) ?? Effect.void
              }
            })
          })
        }
        const indices = Array.from({ length: Math.ceil(length / segmentSize) }, (_, index) => index)
        const all = Effect.forEach(indices, (index) => Effect.interruptible(one(index)), {
          concurrency,
          discard: true
        })
        const checked =
          named === undefined
            ? Effect.void
            : Effect.flatMap(Effect.interruptible(hashOf(opened.stream)), (md5) =>
                md5 === named ? Effect.void : Effect.fail(notTheNamed(input, named, md5))
              )
        yield* Effect.all([all, checked], { concurrency: 2, discard: true })
        if (opened.unchanged !== undefined && !(yield* opened.unchanged)) return yield* sourceChanged(input)
        return { bytes: length, md5: named, reused: resume ? reused : undefined }
      })
    )

  /** What an earlier run has stored. */
  const there = (plan: Plan) =>
    Stream.runFold(
      manifests.listed(plan.container, `${plan.folder}/`),
      new Map<string, { readonly hash: string; readonly bytes: number }>(),
      (found, { bytes, hash = "", name }) => found.set(name, { bytes, hash: hash.toLowerCase() })
    )

  /** What is little and to be stored as it is needs nothing but its request. */
  const quick = <E, R>(options: UploadOptions<E, R>): Effect.Effect<Uploaded, UploadError | E, R> => {
    const { body, createOnly, md5, ...head } = options
    const input = headOfPut(head, createOnly)
    const send = (bytes: Uint8Array, known?: string): Effect.Effect<Uploaded, UploadError> =>
      Effect.mapError(putBytes(input, bytes, md5 ?? known ?? md5Hex(bytes)), renameIssuePaths(operation))
    const open = Effect.flatMap(body.open, (opened): Effect.Effect<Uploaded, UploadError | E, R> => {
      const { bytes, length, whole } = opened
      if (bytes !== undefined && bytes.byteLength <= quickUpTo) return send(bytes)
      if (whole === undefined) return general(options, opened)
      return Effect.flatMap(whole, (read) =>
        read.byteLength === length ? send(read) : Effect.fail(sourceChanged(options))
      )
    })
    return body.readWhole === undefined
      ? open
      : Effect.flatMap(body.readWhole, (read) => (read === undefined ? open : send(read.bytes, read.md5)))
  }

  const general = <E, R>(
    options: UploadOptions<E, R>,
    opened?: Opened<E, R>
  ): Effect.Effect<Uploaded, UploadError | E, R> =>
    Effect.gen(function* () {
      const {
        body,
        concurrency = 4,
        createOnly,
        keepSegments,
        largeObject: kind = "static",
        md5,
        oldSegments,
        progress,
        resume = false,
        segmentContainer = segmentContainerOf(options.container),
        segmentSize,
        segmentThreshold = defaultThreshold,
        storeModified = false,
        ...rest
      } = options
      const head = headOfPut(rest, createOnly)
      yield* Endpoint.validate(client, { ...endpoints.putObject, operation }, { ...head, md5 })
      // The name that it has by default may be too long.
      yield* Endpoint.validate(client, { ...endpoints.createContainer, operation }, { container: segmentContainer })

      const context = yield* Effect.context<R>()
      const source = opened ?? (yield* body.open)
      const { length, slice: sliceOfSource, unchanged } = source
      const provided: Opened<E> = {
        ...source,
        whole: source.whole && Effect.provide(source.whole, context),
        stream: Stream.provideContext(source.stream, context),
        slice: sliceOfSource && ((offset, count) => Stream.provideContext(sliceOfSource(offset, count), context)),
        unchanged: unchanged && Effect.provide(unchanged, context)
      }
      if (resume && (provided.slice === undefined || length === undefined)) {
        return yield* invalid(
          "resume",
          "a body that can be read again from anywhere, bytes or a file",
          ", not a Stream"
        )
      }
      const input: PutHead =
        storeModified && provided.modified !== undefined
          ? { ...head, metadata: { mtime: (provided.modified.epochMillis / 1000).toFixed(6), ...head.metadata } }
          : head

      const cut =
        segmentSize ?? (provided.slice === undefined || length === undefined ? bufferSize : segmentSizeFor(length))
      const plainPlan = {
        container: segmentContainer,
        oldSegments: oldSegments ?? ((length ?? 0) >= worthSearching ? ("delete" as const) : ("keep" as const))
      }
      const planned = (version: Parameters<typeof folderOf>[2]): Plan => ({
        kind,
        container: segmentContainer,
        folder: folderOf(input.object, kind, version),
        segmentSize: cut,
        concurrency,
        keepSegments: keepSegments ?? resume,
        oldSegments: oldSegments ?? "delete"
      })
      const once = putOnce(input, provided, md5, planned(randomUUID()), plainPlan, progress)

      if (length !== undefined && length <= segmentThreshold) {
        if (provided.bytes !== undefined) {
          const { bytes } = provided
          const known = md5 ?? (yield* hashOfBytes(bytes))
          return yield* putPlain(input, plainPlan, putBytes(input, bytes, known, progress))
        }
        // What gives nothing is seen to give nothing before it is sent.
        if (!provided.replayable || length === 0) return yield* once
        return yield* Effect.catchTag(
          putPlain(input, plainPlan, putStream(input, provided, { named: md5, progress })),
          "TooLong",
          () => Effect.dieMessage("a known length is never too long")
        )
      }
      if (length !== undefined && provided.slice !== undefined) {
        const whole = provided.bytes === undefined || !resume ? md5 : yield* hashOf(pieces(provided.bytes))
        if (md5 !== undefined && whole !== undefined && whole !== md5) return yield* notTheNamed(input, md5, whole)
        const version = !resume
          ? randomUUID()
          : provided.modified === undefined
            ? `${whole ?? randomUUID()}/${cut}`
            : { modified: provided.modified, length, segmentSize: cut }
        return yield* putSliced(input, provided, provided.slice, length, whole, resume, planned(version), progress)
      }
      if (length === undefined && provided.replayable) {
        // As it comes, as long as one request takes it; what turns out to be longer is begun anew, in segments.
        return yield* putStream(input, provided, { named: md5, limit: segmentThreshold, progress }).pipe(
          (upload) => putPlain(input, plainPlan, upload),
          Effect.catchIf(
            (error): error is TooLong => error instanceof TooLong,
            () => once
          )
        )
      }
      return yield* once
    })
  /** The upload of the body in its compressed form, which is a source of unknown length. */
  const compressing = <E, R>(options: UploadOptions<E, R>): Effect.Effect<Uploaded, UploadError | E, R> => {
    const { body, compress: _, md5, ...rest } = options
    const wrong = wrongCompression(options)
    if (wrong !== undefined) return Effect.fail(wrong)
    const { container, object } = options
    return Effect.zipRight(
      Endpoint.validate(client, { ...endpoints.putObject, operation }, { container, object, md5 }),
      general({
        ...rest,
        contentEncoding: "gzip",
        body: { open: Effect.map(body.open, (opened) => compressed({ container, object }, opened, md5)) }
      })
    )
  }

  return <E = never, R = never>(options: UploadOptions<E, R>): Effect.Effect<Uploaded, UploadError | E, R> => {
    if (options.compress !== undefined) return compressing(options)
    return Object.keys(options).some((key) => elaborate.has(key)) ? general(options) : quick(options)
  }
}

const isUnprocessable = (error: unknown): error is Unprocessable =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "Unprocessable"

/** Names the segments that are wrong where the cloud refuses a manifest. */
const refusedParts = <A, E extends { readonly _tag: string }>(
  put: Effect.Effect<A, E>
): Effect.Effect<A, E | BulkFailed> =>
  Effect.catchIf(
    put,
    (error): error is E & BadRequest => error._tag === "BadRequest",
    (error): Effect.Effect<never, E | BulkFailed> => {
      const failures = (error.details ?? "").split("\n").flatMap((line) => {
        const [path = "", ...reason] = line.split(" ")
        return path.startsWith("/") && reason.length > 0 ? [{ path: decodedText(path), reason: reason.join(" ") }] : []
      })
      const nested = failures.some(({ path }) => /\/manifests\/[\d-]+$/.test(path))
      return Effect.fail(
        failures.length === 0
          ? error
          : new BulkFailed({
              service,
              operation,
              failures,
              message: `${operation}: the cloud refused the manifest: ${error.message}${
                nested ? "; name a larger segmentSize if it takes no manifests within a manifest" : ""
              }`
            })
      )
    }
  )
