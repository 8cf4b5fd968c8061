/**
 * Uploads: every byte verified, every request able to be sent again, nothing stored that is not whole.
 */
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { createHash, type Hash, randomUUID } from "node:crypto"
import type { CloudClient } from "../../CloudClient.js"
import {
  ChecksumMismatch,
  type CommonError,
  type DocumentedError,
  InvalidInput,
  type Unprocessable
} from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { type Content, type Opened, pieces, type RequestBody } from "../../RequestBody.js"
import { endpoints } from "./endpoints.js"

type PutInput = NonNullable<Parameters<Endpoint.Method<typeof endpoints.putObject>>[0]>

/** What may be said of an object that is uploaded. */
export interface UploadOptions<E, R> extends Omit<PutInput, "content" | "md5" | "detectContentType" | "ifNoneMatch"> {
  readonly body: RequestBody<E, R>
  /** The content's MD5 as 32 lower-case hex digits, where it is known: the cloud then refuses any other content. */
  readonly md5?: string | undefined
  /** Stores it only where no object bears the name, and fails with `PreconditionFailed` otherwise. Default false. */
  readonly createOnly?: boolean | undefined
  /**
   * In bytes: a one-shot stream is held in memory up to this size, and longer ones are stored in segments of it, in the
   * container `{container}_segments`; so is whatever is known to be longer than 5 GiB. Default 16 MiB. From the 251st segment
   * on it doubles every 250 segments, since a large object may have 1,000.
   */
  readonly segmentSize?: number | undefined
}

/** What was stored. */
export interface Uploaded {
  /** As the cloud writes it: the content's MD5, or in quotation marks that of its segments. */
  readonly etag: string
  /** The content's MD5, 32 lower-case hex digits. */
  readonly md5: string
  readonly bytes: number
  /** How many segments it was stored in; 0 for a plain object. */
  readonly segments: number
}

type Documented<Tag extends DocumentedError["_tag"]> = Extract<DocumentedError, { readonly _tag: Tag }>

/** Whatever an upload can fail with besides the failure of its source. */
export type UploadError =
  | CommonError
  | Documented<"NotFound" | "Conflict" | "PreconditionFailed" | "QuotaExceeded" | "Unprocessable">
  | ChecksumMismatch

const service = "CloudFiles"
const operation = "CloudFiles.upload"
const defaultSegmentSize = 16 * 1024 * 1024
const mostSegments = 1000

/** What the cloud stores in one request; more goes up in segments. */
const largestObject = 5 * 1024 ** 3

const hexMd5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex")

const mismatch = (
  where: { readonly container: string; readonly object: string },
  expected: string,
  actual: string | undefined,
  requestId?: string
): ChecksumMismatch =>
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

const wrongLength = (declared: number, given: string): InvalidInput => {
  const expected = `a body of the ${declared} bytes that were declared`
  return new InvalidInput({
    service,
    operation,
    issues: [{ path: "body", expected }],
    message: `${operation}: body: expected ${expected}; it gave ${given}`
  })
}

/** Running hash and count of what a body has given since its last start. */
interface Tally {
  hash: Hash
  bytes: number
}

/**
 * A source as content that can be sent: hashed and counted anew each time it is run.
 *
 * A source that fails, or gives another number of bytes than it declared, must not end the request's body, since what was
 * sent so far would be stored as if it were whole. It tells `failure` and then stands still, until the request is abandoned.
 */
const contentOf = <E>(
  opened: Opened<E>,
  tally: Tally,
  failure: Deferred.Deferred<never, E | InvalidInput>
): Content => {
  const abandon = (cause: Cause.Cause<E | InvalidInput>): Stream.Stream<never> =>
    Stream.execute(Effect.zipRight(Deferred.failCause(failure, cause), Effect.never))
  const { length } = opened
  const stream = Stream.suspend(() => {
    tally.hash = createHash("md5")
    tally.bytes = 0
    // What completes the declared length is held back until the source has ended, since with it the request is complete.
    let last = Chunk.empty<Uint8Array>()
    const counted = opened.stream.pipe(
      Stream.mapChunksEffect((chunk) => {
        for (const part of chunk) {
          tally.hash.update(part)
          tally.bytes += part.byteLength
        }
        if (length === undefined || tally.bytes < length) return Effect.succeed(chunk)
        if (tally.bytes > length) return Effect.fail(wrongLength(length, "more"))
        last = Chunk.appendAll(last, chunk)
        return Effect.succeed(Chunk.empty<Uint8Array>())
      })
    )
    const checked =
      length === undefined
        ? counted
        : Stream.concat(
            counted,
            Stream.suspend(() =>
              tally.bytes === length ? Stream.fromChunk(last) : Stream.fail(wrongLength(length, String(tally.bytes)))
            )
          )
    return Stream.catchAllCause(checked, abandon)
  })
  return { length, bytes: undefined, stream }
}

/** A one-shot source, read a segment at a time. */
interface Segments<E> {
  /** The next bytes, as many as are asked for; fewer at the end, and then none. */
  readonly next: (size: number) => Effect.Effect<Uint8Array, E>
  /** Whether there are no more; waits until that is known. */
  readonly atEnd: Effect.Effect<boolean, E>
}

const segmentsOf = <E>(source: Stream.Stream<Uint8Array, E>): Effect.Effect<Segments<E>, never, Scope.Scope> =>
  Effect.map(Stream.toPull(source), (pull) => {
    let pending: Array<Uint8Array> = []
    let size = 0
    let ended = false
    const more = Effect.matchEffect(pull, {
      onFailure: Option.match({
        onNone: () =>
          Effect.sync(() => {
            ended = true
          }),
        onSome: Effect.fail
      }),
      onSuccess: (chunk: Chunk.Chunk<Uint8Array>) =>
        Effect.sync(() => {
          for (const part of chunk) {
            pending.push(part)
            size += part.byteLength
          }
        })
    })
    const fill = (wanted: number): Effect.Effect<void, E> =>
      Effect.suspend(() => (size >= wanted || ended ? Effect.void : Effect.zipRight(more, fill(wanted))))
    return {
      next: (wanted) =>
        Effect.map(fill(wanted), () => {
          const all = Buffer.concat(pending)
          const rest = all.subarray(wanted)
          pending = rest.byteLength === 0 ? [] : [rest]
          size = rest.byteLength
          return all.subarray(0, wanted)
        }),
      atEnd: Effect.map(fill(1), () => size === 0)
    }
  })

/** What `upload` is made of. */
export const makeUpload = (client: CloudClient) => {
  const put = Endpoint.method(client, endpoints.putObject)
  const putManifest = Endpoint.method(client, endpoints.putManifest)
  const createContainer = Endpoint.method(client, endpoints.createContainer)
  const deleteObject = Endpoint.method(client, endpoints.deleteObject)

  const putBytes = (input: Omit<PutInput, "content" | "md5">, bytes: Uint8Array, md5: string) =>
    put({ ...input, md5, content: { bytes, length: bytes.byteLength, stream: pieces(bytes) } }).pipe(
      Effect.catchTag("Unprocessable", (error: Unprocessable) =>
        Effect.fail(mismatch(input, md5, undefined, error.requestId))
      ),
      Effect.flatMap(({ etag }) =>
        etag === undefined || etag.toLowerCase() === md5
          ? Effect.succeed<Uploaded>({ etag: etag ?? md5, md5, bytes: bytes.byteLength, segments: 0 })
          : Effect.fail(mismatch(input, md5, etag))
      )
    )

  const putStream = <E>(
    input: Omit<PutInput, "content" | "md5">,
    opened: Opened<E>,
    named: string | undefined
  ): Effect.Effect<Uploaded, UploadError | E> =>
    Effect.gen(function* () {
      const failure = yield* Deferred.make<never, E | InvalidInput>()
      const tally: Tally = { hash: createHash("md5"), bytes: 0 }
      // Interruptible even where the caller is not, or the loser of the race would be waited for.
      const stored = yield* Effect.raceFirst(
        Effect.interruptible(
          put({ ...input, ...(named !== undefined && { md5: named }), content: contentOf(opened, tally, failure) })
        ),
        Effect.interruptible(Deferred.await(failure))
      ).pipe(
        Effect.catchIf(
          (error): error is Unprocessable => named !== undefined && isUnprocessable(error),
          (error) => Effect.fail(mismatch(input, named ?? "", undefined, error.requestId))
        )
      )
      const md5 = tally.hash.digest("hex")
      return stored.etag === undefined || stored.etag.toLowerCase() === md5
        ? { etag: stored.etag ?? md5, md5, bytes: tally.bytes, segments: 0 }
        : yield* mismatch(input, md5, stored.etag)
    })

  /**
   * A one-shot stream: what fits into one segment goes up as a plain object; more becomes a static large object. Each
   * segment is in memory until it is stored, so that it can be sent again; the source is read once. Where the upload fails or
   * is interrupted, the segments that were stored are deleted.
   */
  const putOneShot = <E>(
    input: Omit<PutInput, "content" | "md5">,
    opened: Opened<E>,
    named: string | undefined,
    segmentSize: number
  ): Effect.Effect<Uploaded, UploadError | E> =>
    Effect.gen(function* () {
      const { atEnd, next } = yield* segmentsOf(opened.stream)
      const whole = createHash("md5")
      const first = yield* next(segmentSize)
      const declared = opened.length
      const check = (bytes: number): Effect.Effect<void, InvalidInput> =>
        declared === undefined || bytes === declared ? Effect.void : Effect.fail(wrongLength(declared, String(bytes)))
      if (first.byteLength < segmentSize || (yield* atEnd)) {
        yield* check(first.byteLength)
        return yield* putBytes(input, first, named ?? hexMd5(first))
      }
      const container = `${input.container}_segments`
      // A name that leaves no room for the numbering is replaced by its digest.
      const base =
        Buffer.byteLength(input.object, "utf8") <= 900
          ? input.object
          : createHash("sha256").update(input.object).digest("hex")
      const folder = `${base}/slo/${randomUUID()}`
      const expiry = { deleteAt: input.deleteAt, deleteAfter: input.deleteAfter }
      const stored: Array<{ readonly object: string; readonly etag: string; readonly bytes: number }> = []
      let manifestSent = false
      // A manifest whose fate is unknown may be stored, and then needs its segments.
      const cleanUp = (cause: Cause.Cause<unknown>): Effect.Effect<void> =>
        manifestSent && !isRefusal(cause)
          ? Effect.void
          : Effect.suspend(() =>
              Effect.forEach(stored, ({ object }) => Effect.ignore(deleteObject({ container, object })), {
                concurrency: 8,
                discard: true
              })
            ).pipe(
              // As a finalizer it is not interruptible, and would have no end where the cloud gives no answer.
              Effect.interruptible,
              Effect.timeout(Duration.seconds(30)),
              Effect.ignore
            )

      const { etag, md5, total } = yield* Effect.gen(function* () {
        yield* createContainer({ container })
        let segment = first
        let total = 0
        while (segment.byteLength > 0) {
          if (stored.length === mostSegments) {
            return yield* new InvalidInput({
              service,
              operation,
              issues: [{ path: "segmentSize", expected: "a size with which the body fits into 1,000 segments" }],
              message: `${operation}: the body does not fit into 1,000 segments; name a larger segmentSize than ${segmentSize}`
            })
          }
          whole.update(segment)
          total += segment.byteLength
          if (declared !== undefined && total > declared) return yield* wrongLength(declared, "more")
          const object = `${folder}/${String(stored.length).padStart(8, "0")}`
          const etag = hexMd5(segment)
          stored.push({ object, etag, bytes: segment.byteLength })
          yield* putBytes({ container, object, contentType: "application/octet-stream", ...expiry }, segment, etag)
          const size = segmentSize * 2 ** Math.floor(stored.length / 250)
          segment = yield* next(size)
        }
        yield* check(total)
        const md5 = whole.digest("hex")
        if (named !== undefined && named !== md5) return yield* mismatch(input, named, md5)
        manifestSent = true
        const { etag } = yield* putManifest({
          ...input,
          segments: stored.map((one) => ({ path: `/${container}/${one.object}`, etag: one.etag, bytes: one.bytes }))
        })
        return { etag, md5, total }
      }).pipe(Effect.onError((cause) => cleanUp(cause)))
      const expected = hexMd5(new TextEncoder().encode(stored.map((one) => one.etag).join("")))
      return etag === undefined || etag.replaceAll('"', "") === expected
        ? { etag: etag ?? `"${expected}"`, md5, bytes: total, segments: stored.length }
        : yield* mismatch(input, expected, etag)
    }).pipe(Effect.scoped)

  return <E = never, R = never>(options: UploadOptions<E, R>): Effect.Effect<Uploaded, UploadError | E, R> =>
    Effect.gen(function* () {
      const { body, createOnly, md5, segmentSize = defaultSegmentSize, ...rest } = options
      const input: Omit<PutInput, "content" | "md5"> = {
        ...rest,
        ...(createOnly === true && { ifNoneMatch: "*" as const }),
        ...(rest.contentType === undefined && { detectContentType: true })
      }
      yield* Endpoint.validate(client, { ...endpoints.putObject, operation }, { ...input, md5 })
      if (!Number.isSafeInteger(segmentSize) || segmentSize < 1) {
        const issue = { path: "segmentSize", expected: `a whole number of bytes, not ${segmentSize}` }
        return yield* new InvalidInput({
          service,
          operation,
          issues: [issue],
          message: `${operation}: ${issue.path}: expected ${issue.expected}`
        })
      }
      const context = yield* Effect.context<R>()
      const source = yield* body.open
      const opened: Opened<E> = { ...source, stream: Stream.provideContext(source.stream, context) }
      if (opened.bytes !== undefined) return yield* putBytes(input, opened.bytes, md5 ?? hexMd5(opened.bytes))
      // What gives nothing is seen to give nothing before it is sent.
      return opened.replayable && opened.length !== 0 && (opened.length ?? 0) <= largestObject
        ? yield* putStream(input, opened, md5)
        : yield* putOneShot(input, opened, md5, segmentSize)
    })
}

const uncertain: ReadonlySet<string> = new Set(["TransportError", "ServiceUnavailable", "MalformedResponse"])

/** Whether the cloud has said no, so that nothing was stored. */
const isRefusal = (cause: Cause.Cause<unknown>): boolean =>
  Option.exists(
    Cause.failureOption(cause),
    (error) => typeof error === "object" && error !== null && "_tag" in error && !uncertain.has(String(error._tag))
  )

const isUnprocessable = (error: unknown): error is Unprocessable =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "Unprocessable"
