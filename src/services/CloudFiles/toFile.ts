/**
 * Downloads into a file: into a temporary one beside it, which takes its name once it is whole and verified.
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { createHash, randomUUID } from "node:crypto"
import { basename, dirname, join } from "node:path"
import type { CloudClient } from "../../CloudClient.js"
import { type ChecksumMismatch, InvalidInput } from "../../CloudError.js"
import { writeStream } from "../../internal/fileWriting.js"
import { systemError } from "../../internal/folderReading.js"
import { runningMd5 } from "../../internal/md5.js"
import { expandHome } from "../../internal/privateFile.js"
import { storeSmall } from "../../internal/smallFiles.js"
import type * as RetryPolicy from "../../RetryPolicy.js"
import { type Begun, type DownloadError, type DownloadOptions, makeDownload, type Parts } from "./download.js"
import { md5Of, type ObjectInfo } from "./endpoints.js"
import { mtimeOf } from "./folderCompare.js"
import type { Part } from "./manifest.js"
import { unquoted } from "./segments.js"
import * as Verification from "./verification.js"

/** What to download, and where to. */
export interface DownloadToFileOptions extends Omit<DownloadOptions, "range"> {
  /**
   * The file. `~` stands for the home directory; its folder must be there. What it held is replaced. A device or a named pipe is
   * written to as it is and in one go, so that it may have been given bytes that prove wrong in the end.
   */
  readonly path: string
  /** How many parts of a large object are fetched at the same time. Default 4. */
  readonly concurrency?: number | undefined
  /** In bytes: large objects below this are fetched in one piece. Default 64 MiB. */
  readonly parallelThreshold?: number | undefined
  /**
   * Keeps what was fetched where the download fails or is interrupted, beside the file under a name that the object's ETag is part
   * of, and goes on from it the next time. What is there is verified like all the rest. Default false.
   */
  readonly resume?: boolean | undefined
  /** Is told how many more bytes are there, each time some are. The download waits for it. */
  readonly progress?: ((bytes: number) => Effect.Effect<void>) | undefined
}

/** What was downloaded. */
export interface DownloadedFile {
  readonly path: string
  readonly info: ObjectInfo
  readonly bytes: number
  /** How many of them were there already; 0 without `resume`. */
  readonly resumed: number
  /** Whether all of it was verified by MD5. */
  readonly verified: boolean
}

/** Whatever a download to a file can fail with. */
export type DownloadToFileError = DownloadError | ChecksumMismatch | PlatformError

const service = "CloudFiles"
const operation = "CloudFiles.downloadToFile"
const mebibyte = 1024 ** 2

/** What a file must not take the place of. */
const unreplaceable: ReadonlySet<FileSystem.File.Type> = new Set(["BlockDevice", "CharacterDevice", "FIFO", "Socket"])

const isVerified = (info: ObjectInfo, verify: boolean): boolean =>
  verify && (md5Of(info) !== undefined || info.isStaticLargeObject)

/** Parts that are fetched by one request. */
interface Stretch {
  readonly offset: number
  readonly length: number
  readonly parts: ReadonlyArray<Part>
}

/** Collects parts to stretches of at least so many bytes, so that small segments do not cost a request each. */
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

/** What `downloadToFile` is made of. */
export const makeDownloadToFile = (client: CloudClient, servicePolicy: RetryPolicy.Service | undefined) => {
  const { begin, getObjectInfo, open, partsOf, range, wrongLength } = makeDownload(client, servicePolicy, {
    operation,
    givesBack: true
  })

  /** Bytes, checked as they pass. */
  const checked = <E, V>(
    stream: Stream.Stream<Uint8Array, E>,
    verifier: Verification.Verifier<V>
  ): Stream.Stream<Uint8Array, E | V> =>
    Stream.concat(
      Stream.mapChunksEffect(stream, (chunk) => Effect.as(verifier.update(chunk), chunk)),
      Stream.execute(verifier.end)
    )

  return (options: DownloadToFileOptions): Effect.Effect<DownloadedFile, DownloadToFileError, FileSystem.FileSystem> =>
    Effect.gen(function* () {
      const {
        concurrency = 4,
        container,
        ifMatch,
        object,
        parallelThreshold = 64 * mebibyte,
        path: named,
        progress = () => Effect.void,
        resume = false,
        verify = true
      } = options
      for (const [field, value] of [
        ["concurrency", concurrency],
        ["parallelThreshold", parallelThreshold]
      ] as const) {
        if (Number.isSafeInteger(value) && value >= 1) continue
        const expected = "a whole number of 1 or more"
        return yield* new InvalidInput({
          service,
          operation,
          issues: [{ path: field, expected }],
          message: `${operation}: ${field}: expected ${expected}, not ${value}`
        })
      }
      const fs = yield* FileSystem.FileSystem
      const path = expandHome(named)
      const where = { container, object, verify }
      const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex")
      const beside = (mark: string): string => {
        // A name that leaves no room for the mark is replaced by its digest.
        const name = basename(path)
        const short = Buffer.byteLength(name) <= 180 ? name : digestOf(name)
        return join(dirname(path), `.${short}.${mark}.part`)
      }
      const besideOf = (etag: string): string => {
        const mark = unquoted(etag)
        // A cloud may put anything into an ETag, and what is no MD5 does not belong into a path.
        return beside(/^[0-9a-z]{1,64}$/i.test(mark) ? mark : digestOf(mark))
      }

      /** Writes a stream where a file stands, and tells how long it was. */
      const written = <E>(target: FileSystem.File, stream: Stream.Stream<Uint8Array, E>, length: number | undefined) =>
        Effect.suspend(() => {
          let bytes = 0
          const tell = (count: number): Effect.Effect<void> => {
            bytes += count
            return progress(count)
          }
          return Effect.map(writeStream(target, stream, { length, progress: tell }), () => bytes)
        })

      /** Runs with the temporary file, and gives it its name; without success it goes, unless it is to be kept. */
      const through = <A, E, R>(
        part: string,
        keep: boolean,
        info: ObjectInfo,
        use: Effect.Effect<A, E, R>
      ): Effect.Effect<A, E | PlatformError, R> =>
        Effect.gen(function* () {
          const done = yield* use
          const time = mtimeOf(info)
          if (time !== undefined) yield* fs.utimes(part, time / 1000, time / 1000)
          yield* fs.rename(part, path)
          return done
        }).pipe(Effect.onError(() => (keep ? Effect.void : Effect.ignore(fs.remove(part, { force: true })))))

      const read = (part: string, offset: number, length: number): Stream.Stream<Uint8Array, PlatformError> =>
        fs.stream(part, { offset, bytesToRead: length, chunkSize: 256 * 1024 })
      const sizeOf = (part: string): Effect.Effect<number> =>
        Effect.map(Effect.option(fs.stat(part)), Option.match({ onNone: () => 0, onSome: ({ size }) => Number(size) }))
      const openPart = (part: string): Effect.Effect<FileSystem.File, PlatformError, Scope.Scope> =>
        // Creates it where it is missing, and keeps what it holds.
        Effect.zipRight(Effect.scoped(fs.open(part, { flag: "a" })), fs.open(part, { flag: "r+" }))

      /** Parts of a large object, several at a time; what is there already and has the right MD5 is not fetched. */
      const inParallel = (info: ObjectInfo, etag: string, size: number, { exempt, stream }: Parts) =>
        Effect.suspend(() => {
          const part = resume ? besideOf(etag) : beside(randomUUID())
          let bytes = 0
          let resumed = 0
          let verified = verify
          const verifierOf = (stretch: Stretch) =>
            Verification.byParts(operation, where, Stream.fromIterable(stretch.parts), exempt)
          const isThere = (stretch: Stretch, held: number) =>
            !verify || stretch.offset + stretch.length > held || stretch.parts.some(({ md5 }) => md5 === undefined)
              ? Effect.succeed(false)
              : Effect.flatMap(verifierOf(stretch), (verifier) =>
                  Stream.runDrain(checked(read(part, stretch.offset, stretch.length), verifier))
                ).pipe(Effect.scoped, Effect.isSuccess)
          const fetch = (held: number) => (stretch: Stretch) =>
            Effect.gen(function* () {
              if (stretch.parts.some(({ md5 }) => md5 === undefined)) verified = false
              bytes += stretch.length
              if (yield* isThere(stretch, held)) {
                resumed += stretch.length
                return yield* progress(stretch.length)
              }
              const target = yield* openPart(part)
              const verifier = verify ? yield* verifierOf(stretch) : Verification.unverified
              const wanted = { offset: stretch.offset, length: stretch.length }
              yield* target.seek(stretch.offset, "start")
              yield* written(target, checked(range(where, wanted, etag), verifier), stretch.length)
            }).pipe(Effect.scoped)
          const use = Effect.gen(function* () {
            const held = resume ? yield* sizeOf(part) : 0
            yield* Effect.scoped(openPart(part))
            const least = Math.max(1, Math.min(64 * mebibyte, Math.ceil(size / concurrency)))
            yield* stretches(stream, least).pipe(
              Stream.mapEffect(fetch(held), { concurrency, unordered: true }),
              Stream.runDrain
            )
            if (bytes !== size) return yield* wrongLength(where, bytes, size)
            yield* fs.truncate(part, size)
            return { path, info, bytes, resumed, verified }
          })
          return through(part, resume, info, use)
        })

      /** All that is missing, in one go. */
      const inOne = (info: ObjectInfo, part: string, keep: boolean, content: Fetching) =>
        Effect.gen(function* () {
          const target = yield* openPart(part)
          const { from, stream, verified } = yield* content
          yield* fs.truncate(part, from)
          if (from > 0) yield* progress(from)
          yield* target.seek(from, "start")
          const added = yield* written(target, stream, info.bytes === undefined ? undefined : info.bytes - from)
          return { path, info, bytes: from + added, resumed: from, verified }
        }).pipe(Effect.scoped, (use) => through(part, keep, info, use))

      /** Goes on behind what the part file of this version holds; its MD5 continues over the seam. */
      const goingOn = (info: ObjectInfo, etag: string, size: number, part: string): Fetching =>
        Effect.gen(function* () {
          const held = yield* sizeOf(part)
          // A file that is longer is not of this object.
          const from = held > size ? 0 : held
          const expected = verify ? md5Of(info) : undefined
          const rest = from === size ? Stream.empty : range(where, { offset: from }, etag)
          if (expected === undefined) return { from, stream: rest, verified: false }
          const md5 = yield* runningMd5
          if (from > 0) yield* Stream.runForEachChunk(read(part, 0, from), md5.update)
          const end = Effect.flatMap(md5.digest, (actual): Effect.Effect<void, ChecksumMismatch> => {
            if (actual === expected) return Effect.void
            // What is there is not what it should be, and would fail again and again.
            return Effect.zipRight(
              Effect.ignore(fs.remove(part, { force: true })),
              Effect.fail(Verification.mismatch(operation, where, expected, actual))
            )
          })
          return { from, stream: checked(rest, { update: md5.update, end }), verified: true }
        })

      const there = Option.getOrUndefined(yield* Effect.option(fs.stat(path)))?.type
      if (there === "Directory") {
        return yield* systemError("open", path, "EISDIR", "a folder is where the file should be")
      }
      if (there !== undefined && unreplaceable.has(there)) {
        const download = yield* open({ container, object, ifMatch, verify })
        const target = yield* fs.open(path, { flag: "a" })
        const bytes = yield* written(target, download.stream, download.info.bytes)
        return { path, info: download.info, bytes, resumed: 0, verified: isVerified(download.info, verify) }
      }
      if (resume) {
        const info = yield* getObjectInfo({ container, object })
        const { bytes, etag } = info
        const isMeant = ifMatch === undefined || unquoted(ifMatch) === unquoted(etag ?? "")
        if (etag !== undefined && bytes !== undefined && bytes > 0 && isMeant) {
          const parts = verify ? yield* partsOf(where, info) : undefined
          if (parts !== undefined) return yield* inParallel(info, etag, bytes, parts)
          const part = besideOf(etag)
          return yield* inOne(info, part, true, goingOn(info, etag, bytes, part))
        }
      }
      const inOneGo = ({ info, stream, whole }: Begun) => {
        if (whole !== undefined) {
          const part = beside(randomUUID())
          return Effect.gen(function* () {
            const bytes = yield* whole
            yield* storeSmall(fs, { temporary: part, target: path, bytes, time: mtimeOf(info) })
            yield* progress(bytes.byteLength)
            return { path, info, bytes: bytes.byteLength, resumed: 0, verified: isVerified(info, verify) }
          })
        }
        const content = Effect.succeed({ from: 0, stream, verified: isVerified(info, verify) })
        return inOne(info, beside(randomUUID()), false, content)
      }
      const first = yield* Effect.scoped(
        Effect.gen(function* () {
          const download = yield* begin({ container, object, ifMatch, verify })
          const { info } = download
          const isLarge = info.isStaticLargeObject || info.manifest !== undefined
          return isLarge && info.etag !== undefined && info.bytes !== undefined && info.bytes >= parallelThreshold
            ? { info, etag: info.etag, size: info.bytes }
            : yield* inOneGo(download)
        })
      )
      if (!("etag" in first)) return first
      const parts = yield* partsOf(where, first.info)
      return parts === undefined
        ? yield* Effect.flatMap(begin({ container, object, ifMatch: first.etag, verify }), inOneGo)
        : yield* inParallel(first.info, first.etag, first.size, parts)
    }).pipe(Effect.scoped)
}

/** What is still to be written, and from where on. */
type Fetching = Effect.Effect<
  {
    readonly from: number
    readonly stream: Stream.Stream<Uint8Array, DownloadToFileError>
    readonly verified: boolean
  },
  DownloadToFileError,
  Scope.Scope
>
