/**
 * Uploads a source that can be read at any offset, in segments. Several segments are read and sent at the same time, and none is held
 * in memory.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { randomUUID } from "node:crypto"
import type { CloudClient } from "../../../CloudClient.js"
import type { Opened } from "../../../RequestBody.js"
import { makeParts } from "../largeObjects/parts.js"
import { numbered } from "../largeObjects/segments.js"
import { operation, sourceChanged, wrongBody } from "./failures.js"
import type { PutLargeObject, SegmentStore, Sent } from "./largeObject.js"
import type { PutHead, Uploaded, UploadError } from "./model.js"
import type { Plan, Upload } from "./plan.js"
import type { SingleRequest } from "./singleRequest.js"
import { hashOf, hashOfBytes } from "./source.js"

/** A source that can be read at any offset. */
interface Sliceable<E> extends Upload<E> {
  readonly length: number
  readonly slice: NonNullable<Opened<E>["slice"]>
}

/** A segment that an earlier run stored. */
interface Earlier {
  readonly hash: string
  readonly bytes: number
}

/** Identifies an interrupted upload, so that it can be resumed: the file's modification time, or the MD5 of bytes. */
const versionOf = <E>({ length, resume, segmentSize, source }: Sliceable<E>, md5: string | undefined) => {
  if (!resume) return undefined
  return source.modified === undefined
    ? `${md5 ?? randomUUID()}/${segmentSize}`
    : { modified: source.modified, length, segmentSize }
}

/** Sends one segment, unless an earlier run stored it; returns whether one did. */
const makeSegmentSending =
  ({ putStream }: SingleRequest) =>
  <E>(
    { length, progress, slice, source }: Sliceable<E>,
    { segmentSize }: Plan,
    { reuse, store }: SegmentStore,
    index: number,
    earlier: Earlier | undefined
  ): Effect.Effect<boolean, UploadError | E> => {
    const offset = index * segmentSize
    const size = Math.min(segmentSize, length - offset)
    const put = (segment: PutHead): Effect.Effect<string, UploadError | E> =>
      putStream(segment, { length: size, source: slice(offset, size), unchanged: source.unchanged }, { progress }).pipe(
        Effect.catchTag("TooLong", () => Effect.dieMessage("a segment has a known length")),
        Effect.map(({ md5 }) => md5)
      )
    const send = Effect.as(store(index, size, put), false)
    if (earlier === undefined || earlier.bytes !== size) return send
    return Effect.flatMap(hashOf(slice(offset, size)), (md5) =>
      md5 !== earlier.hash
        ? send
        : Effect.matchEffect(reuse(index, { etag: md5, bytes: size }), {
            // It has expired in the meantime.
            onFailure: (error) => (error._tag === "NotFound" ? send : Effect.fail(error)),
            onSuccess: () => Effect.as(progress?.(size) ?? Effect.void, true)
          })
    )
  }

export const makeFileUpload = (client: CloudClient, single: SingleRequest, putLarge: PutLargeObject) => {
  const { listed } = makeParts(client, operation)

  const storedEarlier = ({ container, folder }: Plan) =>
    Stream.runFold(listed(container, `${folder}/`), new Map<string, Earlier>(), (found, { bytes, hash = "", name }) =>
      found.set(name, { bytes, hash: hash.toLowerCase() })
    )

  const sendSegment = makeSegmentSending(single)

  /** Sends all segments, and at the same time checks the MD5 that the caller gave. */
  const sendSegments = <E>(
    upload: Sliceable<E>,
    plan: Plan,
    named: string | undefined,
    segments: SegmentStore
  ): Effect.Effect<Sent, UploadError | E> =>
    Effect.gen(function* () {
      const { input, length, resume, source } = upload
      const earlier = resume ? yield* storedEarlier(plan) : new Map<string, Earlier>()
      let reused = 0
      const indices = Array.from({ length: Math.ceil(length / plan.segmentSize) }, (_, index) => index)
      const all = Effect.forEach(
        indices,
        (index) => {
          const found = earlier.get(`${plan.folder}/${numbered(index)}`)
          return Effect.map(Effect.interruptible(sendSegment(upload, plan, segments, index, found)), (isReused) => {
            if (isReused) reused++
          })
        },
        { concurrency: plan.concurrency, discard: true }
      )
      const md5Checked =
        named === undefined
          ? Effect.void
          : Effect.flatMap(Effect.interruptible(hashOf(source.source)), (md5) =>
              md5 === named ? Effect.void : Effect.fail(wrongBody(input, named, md5))
            )
      yield* Effect.all([all, md5Checked], { concurrency: 2, discard: true })
      if (source.unchanged !== undefined && !(yield* source.unchanged)) return yield* sourceChanged(input)
      return { bytes: length, md5: named, reused: resume ? reused : undefined }
    })

  return <E>(upload: Sliceable<E>): Effect.Effect<Uploaded, UploadError | E> =>
    Effect.gen(function* () {
      const { input, large, md5: named, resume, source } = upload
      const md5 = source.bytes === undefined || !resume ? named : yield* hashOfBytes(source.bytes)
      if (named !== undefined && md5 !== undefined && md5 !== named) return yield* wrongBody(input, named, md5)
      const plan = large(versionOf(upload, md5))
      return yield* putLarge<E>(input, plan, (segments) => sendSegments(upload, plan, md5, segments))
    })
}
