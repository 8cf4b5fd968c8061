/** Downloads a large object in parts, several at a time. */
import type { PlatformError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Downloads } from "../download/download.js"
import { wrongLength } from "../download/failures.js"
import type { ContentError } from "../download/model.js"
import type { ListedParts } from "../download/objectVerification.js"
import * as Verification from "../download/verification.js"
import type { Part } from "../largeObjects/parts.js"
import type { ObjectInfo } from "../objects/objects.js"
import { type FileDownload, mebibyte, operation, verifiedBy, write } from "./context.js"
import type { DownloadedFile } from "./model.js"
import { temporaryName } from "./partFiles.js"

/** A large object that is fetched in parts. */
export interface Large {
  readonly info: ObjectInfo
  readonly etag: string
  readonly size: number
}

/** Parts that are fetched with one request. */
interface Stretch {
  readonly offset: number
  readonly length: number
  readonly parts: ReadonlyArray<Part>
}

/** Groups parts into stretches of at least this many bytes, so that small segments do not take one request each. */
const stretches = <E>(parts: Stream.Stream<Part, E>, least: number): Stream.Stream<Stretch, E> =>
  Stream.concat(
    Stream.map(parts, (part): Part | undefined => part),
    Stream.succeed(undefined)
  ).pipe(
    Stream.mapAccum({ offset: 0, length: 0, parts: [] as ReadonlyArray<Part> }, (open, part) => {
      const grown =
        part === undefined ? open : { ...open, length: open.length + part.length, parts: [...open.parts, part] }
      return grown.length > 0 && (part === undefined || grown.length >= least)
        ? [{ offset: grown.offset + grown.length, length: 0, parts: [] }, [grown]]
        : [grown, [] as ReadonlyArray<Stretch>]
    }),
    Stream.mapConcat((done) => done)
  )

/** The progress of a download. */
interface Progress {
  bytes: number
  resumed: number
  /** Whether every part was verified. */
  verified: boolean
}

/** Fetches one stretch of an object into its part file, unless the file already contains it with the right MD5s. */
const makeFetching = (
  range: Downloads["range"],
  { object, parts, progress: report, verify }: FileDownload,
  { etag }: Large,
  isExempt: ListedParts["isExempt"]
) => {
  const done: Progress = { bytes: 0, resumed: 0, verified: verify }
  const verifierOf = (stretch: Stretch, exempt?: ListedParts["isExempt"]) =>
    Verification.byParts(operation, object, Stream.fromIterable(stretch.parts), exempt)
  const notVerified = (part: Part): Effect.Effect<boolean> =>
    Effect.tap(isExempt?.(part) ?? Effect.succeed(false), (is) => {
      if (is) done.verified = false
    })

  /** Without exemptions: a part that cannot be distinguished from a gap counts as missing. */
  const isThere = (file: string, stretch: Stretch, held: number): Effect.Effect<boolean> =>
    !verify || stretch.offset + stretch.length > held || stretch.parts.some(({ md5 }) => md5 === undefined)
      ? Effect.succeed(false)
      : Effect.flatMap(verifierOf(stretch), (verifier) =>
          Stream.runDrain(verifiedBy(parts.read(file, stretch.offset, stretch.length), verifier))
        ).pipe(Effect.scoped, Effect.isSuccess)

  const fetch = (file: string, held: number) => (stretch: Stretch) =>
    Effect.gen(function* () {
      const { length, offset } = stretch
      if (stretch.parts.some(({ md5 }) => md5 === undefined)) done.verified = false
      done.bytes += length
      if (yield* isThere(file, stretch, held)) {
        done.resumed += length
        return yield* report(length)
      }
      const target = yield* parts.open(file)
      const verifier = verify ? yield* verifierOf(stretch, notVerified) : Verification.unverified
      yield* target.seek(offset, "start")
      yield* write({ progress: report }, target, verifiedBy(range(object, { offset, length }, etag), verifier), length)
    }).pipe(Effect.scoped)

  return { done, fetch }
}

export const downloadInParallel = (
  range: Downloads["range"],
  download: FileDownload,
  large: Large,
  listed: ListedParts
): Effect.Effect<DownloadedFile, ContentError | PlatformError> =>
  Effect.suspend(() => {
    const { concurrency, object, parts, path, resume } = download
    const { etag, info, size } = large
    const file = resume ? parts.keptNames(etag).inParts : temporaryName(path)
    const { done, fetch } = makeFetching(range, download, large, listed.isExempt)
    const fetchAll = Effect.gen(function* () {
      const held = resume ? yield* parts.sizeOf(file) : 0
      yield* Effect.scoped(parts.open(file))
      const least = Math.max(1, Math.min(64 * mebibyte, Math.ceil(size / concurrency)))
      yield* stretches(listed.stream, least).pipe(
        Stream.mapEffect(fetch(file, held), { concurrency, unordered: true }),
        Stream.runDrain
      )
      if (done.bytes !== size) return yield* wrongLength(operation, object, done.bytes, size)
      yield* Effect.scoped(Effect.flatMap(parts.open(file), (part) => part.truncate(size)))
      return { path, info, ...done }
    })
    return parts.complete(file, resume, info, fetchAll)
  })
