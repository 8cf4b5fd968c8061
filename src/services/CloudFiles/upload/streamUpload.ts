/**
 * Uploads a source that can be read only once: as a plain object if it fits into one segment, else as a large object. Each sender
 * holds one segment in memory until it is stored, so that it can be sent again.
 */
import * as Effect from "effect/Effect"
import type { InvalidInput } from "../../../CloudError.js"
import { runningMd5, type RunningMd5 } from "../../../internal/bytes/md5.js"
import { wrongBody, wrongLength } from "./failures.js"
import type { PutLargeObject, SegmentStore, Sent } from "./largeObject.js"
import type { Uploaded, UploadError } from "./model.js"
import type { makeOverwriting } from "./overwriting.js"
import type { Upload } from "./plan.js"
import { readSegments, type SegmentReader } from "./segmentReader.js"
import type { SingleRequest } from "./singleRequest.js"
import { hashOfBytes } from "./source.js"

/** Fails if the length of a body differs from the declared length. */
const checkLength = (declared: number | undefined, bytes: number): Effect.Effect<void, InvalidInput> =>
  declared === undefined || bytes === declared ? Effect.void : Effect.fail(wrongLength(declared, String(bytes)))

/** Passes the segments of a source to the senders, one after the other, and hashes them. */
const takeSegments = <E>(
  first: Uint8Array,
  next: SegmentReader<E>["next"],
  { segmentSize, source }: Upload<E>,
  whole: RunningMd5
) => {
  const declared = source.length
  let index = 0
  let total = 0
  let pending: Uint8Array | undefined = first
  const take = Effect.gen(function* () {
    const bytes: Uint8Array = pending ?? (yield* next(segmentSize))
    pending = undefined
    if (bytes.byteLength === 0) return undefined
    total += bytes.byteLength
    if (declared !== undefined && total > declared) return yield* wrongLength(declared, "more")
    yield* whole.update([{ bytes }])
    return { bytes, index: index++ }
  })
  return { take: Effect.unsafeMakeSemaphore(1).withPermits(1)(take), total: () => total }
}

export const makeStreamUpload = (
  { putBytes }: SingleRequest,
  putLarge: PutLargeObject,
  { overwrite }: Pick<ReturnType<typeof makeOverwriting>, "overwrite">
) => {
  /** Sends all segments of a source, several at a time. */
  const sendSegments = <E>(
    upload: Upload<E>,
    concurrency: number,
    first: Uint8Array,
    next: SegmentReader<E>["next"],
    { store }: SegmentStore
  ): Effect.Effect<Sent, UploadError | E> =>
    Effect.gen(function* () {
      const { input, md5: named, progress, source } = upload
      const whole = yield* runningMd5
      const { take, total } = takeSegments(first, next, upload, whole)
      const sender: Effect.Effect<void, UploadError | E> = Effect.flatMap(take, (taken) => {
        if (taken === undefined) return Effect.void
        const { bytes, index } = taken
        const sent = store(index, bytes.byteLength, (segment) =>
          Effect.flatMap(hashOfBytes(bytes), (md5) => Effect.as(putBytes(segment, { bytes, md5 }, progress), md5))
        )
        return Effect.zipRight(sent, sender)
      })
      // Interruptible even if the caller is not; otherwise a failed sender would wait until the others end.
      yield* Effect.forEach(Array.from({ length: concurrency }), () => Effect.interruptible(sender), {
        concurrency: "unbounded",
        discard: true
      })
      yield* checkLength(source.length, total())
      const md5 = yield* whole.digest
      return named === undefined || named === md5 ? { bytes: total(), md5 } : yield* wrongBody(input, named, md5)
    }).pipe(Effect.scoped)

  return <E>(upload: Upload<E>): Effect.Effect<Uploaded, UploadError | E> =>
    Effect.gen(function* () {
      const { input, large, md5, plain, progress, segmentSize, source } = upload
      const { atEnd, next } = yield* readSegments(source.source)
      const first = yield* next(segmentSize)
      if (first.byteLength < segmentSize || (yield* atEnd)) {
        yield* checkLength(source.length, first.byteLength)
        const known = md5 ?? (yield* hashOfBytes(first))
        return yield* overwrite(input, plain, putBytes(input, { bytes: first, md5: known }, progress))
      }
      const plan = large()
      return yield* putLarge<E>(input, plan, (segments) =>
        sendSegments(upload, plan.concurrency, first, next, segments)
      )
    }).pipe(Effect.scoped)
}
