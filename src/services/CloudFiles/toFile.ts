/**
 * Downloads into a file: into a temporary one in the same folder, which takes its name once it is whole and verified.
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { createHash, randomUUID } from "node:crypto"
import { basename, dirname, join } from "node:path"
import type { CloudClient } from "../../CloudClient.js"
import type { ChecksumMismatch, InvalidInput } from "../../CloudError.js"
import { release } from "../../internal/bytes/bufferPool.js"
import { runningMd5 } from "../../internal/bytes/md5.js"
import { writeStream } from "../../internal/files/fileWriting.js"
import { expandHome } from "../../internal/files/homePath.js"
import { isKeptPartOf, isPartName, removeLeftovers } from "../../internal/files/leftovers.js"
import { setModified } from "../../internal/files/modificationTime.js"
import { type SmallFiles, smallFilesOf, storeQuickly, storeUsually } from "../../internal/files/smallFiles.js"
import { systemError } from "../../internal/files/systemError.js"
import { invalidInput } from "../../internal/schema/invalidInput.js"
import type * as RetryPolicy from "../../RetryPolicy.js"
import {
  type Begun,
  type Download,
  type DownloadError,
  type DownloadOptions,
  isCompressed,
  makeDownload,
  type Parts
} from "./download.js"
import { md5Of, type ObjectInfo } from "./endpoints.js"
import { mtimeOf } from "./folderCompare.js"
import type { Part } from "./manifest.js"
import { unquoted } from "./segments.js"
import * as Verification from "./verification.js"

/**
 * What to download, and where to.
 *
 * @since 0.1.0
 * @category models
 */
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
   * Keeps what was fetched where the download fails or is interrupted, in the same folder under a name that the object's ETag is part
   * of, and goes on from it the next time. What is there is verified like all the rest. Default false.
   *
   * Decompressed content cannot be resumed: it fails with `InvalidInput` together with `decompress`.
   *
   * Where parts of a large object came several at a time, there may be holes between them, and only what can be verified is gone
   * on from: without `verify`, or where its parts are no longer known, it is begun anew.
   */
  readonly resume?: boolean | undefined
  /** Called with the number of bytes that have arrived since the last call. The download waits for it. */
  readonly progress?: ((bytes: number) => Effect.Effect<void>) | undefined
}

/**
 * What was downloaded.
 *
 * @since 0.1.0
 * @category models
 */
export interface DownloadedFile {
  readonly path: string
  readonly info: ObjectInfo
  /** The length of the file. */
  readonly bytes: number
  /** How many of them were there already; 0 without `resume`. */
  readonly resumed: number
  /** Whether all of it was verified by MD5. */
  readonly verified: boolean
}

/**
 * Whatever a download to a file can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type DownloadToFileError = DownloadError | ChecksumMismatch | PlatformError

const service = "CloudFiles"
const operation = "CloudFiles.downloadToFile"
const mebibyte = 1024 ** 2

/** In milliseconds. */
const day = 86_400_000

/** How many folders are remembered as searched for part files that were left. */
const mostSearched = 1000

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

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex")

/** The name of a file, or its digest where it leaves no room for a mark. */
const shortOf = (path: string): string => {
  const name = basename(path)
  return Buffer.byteLength(name) <= 170 ? name : digestOf(name)
}

/** A temporary file in the folder of a file. */
const temporaryName = (path: string, mark: string): string => join(dirname(path), `.${shortOf(path)}.${mark}.part`)

/**
 * Opens a part file that was kept. Its name can be foreseen, so something else may bear it: then nothing is written, but it fails.
 * That is a symbolic link or a further name of another file, which would lead elsewhere, and what is no file.
 */
const openKept = (
  fs: FileSystem.FileSystem,
  part: string
): Effect.Effect<FileSystem.File, PlatformError, Scope.Scope> => {
  const unlinked = Effect.flatMap(Effect.option(fs.readLink(part)), (target) =>
    Option.isNone(target)
      ? Effect.void
      : systemError("open", part, "ELOOP", "a symbolic link bears the part file's name")
  )
  return Effect.gen(function* () {
    yield* unlinked
    const file = yield* fs.open(part, { flag: "r+" })
    const opened = yield* file.stat
    // It may have become a link just before it was opened.
    yield* unlinked
    const named = yield* fs.stat(part)
    if (
      opened.type !== "File" ||
      opened.dev !== named.dev ||
      Option.getOrUndefined(opened.ino) !== Option.getOrUndefined(named.ino) ||
      Option.exists(opened.nlink, (names) => names > 1)
    ) {
      return yield* systemError("open", part, "NOTAFILE", "what bears the part file's name is not a file of its own")
    }
    return file
  })
}

/** What is wrong with the options, if anything is. */
const wrongOption = ({
  concurrency = 1,
  decompress = false,
  parallelThreshold = 1,
  resume = false
}: DownloadToFileOptions): InvalidInput | undefined => {
  const invalid = (path: string, expected: string, given: string): InvalidInput =>
    invalidInput(service, operation, [{ path, expected }], given)
  for (const [path, value] of Object.entries({ concurrency, parallelThreshold })) {
    if (!Number.isSafeInteger(value) || value < 1) return invalid(path, "a whole number of 1 or more", `, not ${value}`)
  }
  return resume && decompress
    ? invalid("resume", "no resume together with decompress: decompressed content cannot be resumed", "")
    : undefined
}

/** A large object that is to be fetched in parts. */
interface Large {
  readonly info: ObjectInfo
  readonly etag: string
  readonly size: number
}

/** Says that all of a small object is there, of which nobody needs the bytes any more. */
const reported = (
  { progress, verify = true }: DownloadToFileOptions,
  path: string,
  info: ObjectInfo,
  bytes: Uint8Array
): Effect.Effect<DownloadedFile> => {
  const { byteLength } = bytes
  release(bytes)
  const file = { path, info, bytes: byteLength, resumed: 0, verified: isVerified(info, verify) }
  return progress === undefined ? Effect.succeed(file) : Effect.as(progress(byteLength), file)
}

/** What `downloadToFile` is made of. */
export const makeDownloadToFile = (client: CloudClient, servicePolicy: RetryPolicy.Service | undefined) => {
  const { begin, getObjectInfo, open, partsOf, range, wrongLength } = makeDownload(client, servicePolicy, {
    operation,
    releases: true
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

  /** The ways from an object to a file. A small file is there before all of this is made for it: see `quickly`. */
  const waysOf = (fs: FileSystem.FileSystem, options: DownloadToFileOptions) => {
    const {
      concurrency = 4,
      container,
      decompress = false,
      ifMatch,
      object,
      parallelThreshold = 64 * mebibyte,
      progress = () => Effect.void,
      resume = false,
      verify = true,
      versionId
    } = options
    const path = expandHome(options.path)
    const where = { container, object, versionId, verify }
    const wanted = { container, object, versionId, ifMatch, verify, decompress }
    const temporaryOf = (mark: string): string => temporaryName(path, mark)
    /** Where a version is kept: apart, or the holes between parts would be taken for what came in one go. */
    const keptOf = (etag: string): { readonly gapless: string; readonly inParts: string } => {
      const given = unquoted(etag)
      // A cloud may put anything into an ETag, and only plain ones belong into a path.
      const mark = /^[0-9a-z]{1,64}$/i.test(given) ? given : digestOf(given)
      return { gapless: temporaryOf(mark), inParts: temporaryOf(`${mark}.parts`) }
    }
    /** Removes what was kept of versions that were not asked for again within a day. */
    const othersRemoved = removeLeftovers(fs, dirname(path), isKeptPartOf(shortOf(path)))
    const removed = (part: string): Effect.Effect<void> => Effect.ignore(fs.remove(part, { force: true }))

    /** Writes a stream where a file stands, and returns how long it was. */
    const written = <E>(target: FileSystem.File, stream: Stream.Stream<Uint8Array, E>, length: number | undefined) =>
      Effect.suspend(() => {
        let bytes = 0
        const report = (count: number): Effect.Effect<void> => {
          bytes += count
          return progress(count)
        }
        return Effect.map(writeStream(target, stream, { length, progress: report }), () => bytes)
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
        if (keep) yield* Effect.scoped(openKept(fs, part))
        yield* setModified(fs, part, mtimeOf(info))
        yield* fs.rename(part, path)
        return done
      }).pipe(Effect.onError(() => (keep ? Effect.void : removed(part))))

    const read = (part: string, offset: number, length: number): Stream.Stream<Uint8Array, PlatformError> =>
      fs.stream(part, { offset, bytesToRead: length, chunkSize: 256 * 1024 })
    const sizeOf = (part: string): Effect.Effect<number> =>
      Effect.map(Effect.option(fs.stat(part)), Option.match({ onNone: () => 0, onSome: ({ size }) => Number(size) }))
    /** Opens a part file, which is created where it is missing, and keeps what it holds. */
    const openPart = (part: string): Effect.Effect<FileSystem.File, PlatformError, Scope.Scope> =>
      Effect.catchIf(
        fs.open(part, { flag: "wx" }),
        (error) => error._tag === "SystemError" && error.reason === "AlreadyExists",
        () => openKept(fs, part)
      )

    /** Parts of a large object, several at a time; those that are there already with the right MD5 are not fetched. */
    const inParallel = (info: ObjectInfo, etag: string, size: number, { exempt, stream }: Parts) =>
      Effect.suspend(() => {
        const part = resume ? keptOf(etag).inParts : temporaryOf(randomUUID())
        let bytes = 0
        let resumed = 0
        let verified = verify
        const unverifiable = (one: Part): Effect.Effect<boolean> =>
          Effect.tap(exempt?.(one) ?? Effect.succeed(false), (is) => {
            if (is) verified = false
          })
        const verifierOf = (stretch: Stretch, excused?: Parts["exempt"]) =>
          Verification.byParts(operation, where, Stream.fromIterable(stretch.parts), excused)
        // Without exemptions: where a part cannot be distinguished from a hole, it is not there.
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
            const verifier = verify ? yield* verifierOf(stretch, unverifiable) : Verification.unverified
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
          yield* Effect.scoped(Effect.flatMap(openPart(part), (file) => file.truncate(size)))
          return { path, info, bytes, resumed, verified }
        })
        return through(part, resume, info, use)
      })

    /** All that is missing, in one go. */
    const inOne = (info: ObjectInfo, part: string, keep: boolean, content: Fetching) =>
      Effect.gen(function* () {
        const target = yield* openPart(part)
        const { from, stream, verified } = yield* content
        yield* target.truncate(from)
        if (from > 0) yield* progress(from)
        yield* target.seek(from, "start")
        const added = yield* written(target, stream, info.bytes === undefined ? undefined : info.bytes - from)
        return { path, info, bytes: from + added, resumed: from, verified }
      }).pipe(Effect.scoped, (use) => through(part, keep, info, use))

    /** Resumes after the content of the part file of this version; its MD5 includes that content. */
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
          return Effect.zipRight(removed(part), Effect.fail(Verification.mismatch(operation, where, expected, actual)))
        })
        return { from, stream: checked(rest, { update: md5.update, end }), verified: true }
      })

    const isReplaceable = Effect.flatMap(
      Effect.option(fs.stat(path)),
      (found): Effect.Effect<boolean, PlatformError> => {
        const there = Option.getOrUndefined(found)?.type
        return there === "Directory"
          ? Effect.fail(systemError("open", path, "EISDIR", "a folder is where the file should be"))
          : Effect.succeed(there === undefined || !unreplaceable.has(there))
      }
    )

    /** Into a device or a named pipe, as it is. */
    const onto = ({ info, stream }: Download) =>
      Effect.gen(function* () {
        const target = yield* fs.open(path, { flag: "a" })
        const bytes = yield* written(target, stream, info.bytes)
        return { path, info, bytes, resumed: 0, verified: isVerified(info, verify) }
      }).pipe(Effect.scoped)

    const inOneGo = (begun: Begun): Effect.Effect<DownloadedFile, DownloadToFileError> => {
      const { info, whole } = begun
      const part = temporaryOf(randomUUID())
      if (whole === undefined) {
        const content = { from: 0, stream: begun.stream, verified: isVerified(info, verify) }
        return inOne(info, part, false, Effect.succeed(content))
      }
      return Effect.flatMap(whole, (bytes) =>
        Effect.flatMap(storeUsually(fs, { temporary: part, target: path, bytes, time: mtimeOf(info) }), () =>
          reported(options, path, info, bytes)
        )
      )
    }

    /** Goes on with what has begun, unless it is to be fetched in parts. */
    const goneOn = (begun: Begun): Effect.Effect<DownloadedFile | Large, DownloadToFileError> => {
      const { bytes, etag, isStaticLargeObject, manifest } = begun.info
      // What is decompressed is read from its start to its end.
      const isDecompressed = decompress && isCompressed(begun.info)
      const isLarge = !isDecompressed && (isStaticLargeObject || manifest !== undefined)
      return isLarge && etag !== undefined && bytes !== undefined && bytes >= parallelThreshold
        ? Effect.succeed({ info: begun.info, etag, size: bytes })
        : inOneGo(begun)
    }

    /** What is left to be done where a large object may be fetched in parts, and no request for all of it is open any more. */
    const completed = (first: DownloadedFile | Large): Effect.Effect<DownloadedFile, DownloadToFileError> =>
      "path" in first
        ? Effect.succeed(first)
        : Effect.flatMap(partsOf(where, first.info), (parts) =>
            parts === undefined
              ? Effect.scoped(Effect.flatMap(begin({ ...wanted, ifMatch: first.etag }), inOneGo))
              : inParallel(first.info, first.etag, first.size, parts)
          )

    const usual: Effect.Effect<DownloadedFile, DownloadToFileError> = Effect.gen(function* () {
      if (!(yield* isReplaceable)) return yield* Effect.scoped(Effect.flatMap(open(wanted), onto))
      if (resume) {
        const info = yield* getObjectInfo({ container, object, versionId })
        const { bytes, etag } = info
        const isMeant = ifMatch === undefined || unquoted(ifMatch) === unquoted(etag ?? "")
        if (etag !== undefined && bytes !== undefined && bytes > 0 && isMeant) {
          const parts = verify ? yield* partsOf(where, info) : undefined
          const { gapless, inParts } = keptOf(etag)
          if (parts === undefined) {
            const content = goingOn(info, etag, bytes, gapless)
            return yield* inOne(info, gapless, true, content).pipe(
              Effect.zipLeft(removed(inParts)),
              Effect.zipLeft(othersRemoved)
            )
          }
          // What came in one go is verified part by part now, and serves as well.
          if ((yield* sizeOf(inParts)) === 0) yield* Effect.ignore(fs.rename(gapless, inParts))
          return yield* inParallel(info, etag, bytes, parts).pipe(
            Effect.zipLeft(removed(gapless)),
            Effect.zipLeft(othersRemoved)
          )
        }
      }
      return yield* completed(yield* Effect.scoped(Effect.flatMap(begin(wanted), goneOn)))
    })

    return {
      usual,
      completed,
      /** As `goneOn`, where it is not known yet what is in the file's place. */
      placed: (begun: Begun): Effect.Effect<DownloadedFile | Large, DownloadToFileError> =>
        Effect.flatMap(isReplaceable, (is) => (is ? goneOn(begun) : onto(begun)))
    }
  }

  /**
   * With the thread that stores small files: it checks itself what is in their place, which costs far less than asking the
   * platform.
   */
  const quickly = (
    fs: FileSystem.FileSystem,
    quicker: SmallFiles,
    options: DownloadToFileOptions
  ): Effect.Effect<DownloadedFile, DownloadToFileError> => {
    const { container, decompress, ifMatch, object, verify = true, versionId } = options
    const wanted = { container, object, versionId, ifMatch, verify, decompress }
    const first = Effect.flatMap(begin(wanted), (begun) => {
      const { info, whole } = begun
      if (whole === undefined) return waysOf(fs, options).placed(begun)
      return Effect.flatMap(whole, (bytes) => {
        const target = expandHome(options.path)
        const temporary = temporaryName(target, randomUUID())
        return Effect.flatMap(
          storeQuickly(fs, quicker, { temporary, target, bytes, time: mtimeOf(info) }),
          (isStored): Effect.Effect<DownloadedFile | Large, DownloadToFileError> =>
            isStored
              ? reported(options, target, info, bytes)
              : waysOf(fs, options).placed({ info, stream: Stream.make(bytes), whole: Effect.succeed(bytes) })
        )
      })
    })
    return Effect.flatMap(Effect.scoped(first), (got) =>
      "path" in got ? Effect.succeed(got) : waysOf(fs, options).completed(got)
    )
  }

  /** When folders were last searched for part files that a killed process left; to search for each file would cost too much. */
  const searched = new Map<string, number>()

  /** Removes part files that were left in a folder, at most once a day. */
  const cleaned = (fs: FileSystem.FileSystem, folder: string): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const last = searched.get(folder)
      if (last !== undefined && now - last < day) return Effect.void
      if (searched.size >= mostSearched) searched.clear()
      searched.set(folder, now)
      return removeLeftovers(fs, folder, isPartName)
    })

  return (options: DownloadToFileOptions): Effect.Effect<DownloadedFile, DownloadToFileError, FileSystem.FileSystem> =>
    Effect.flatMap(FileSystem.FileSystem, (fs): Effect.Effect<DownloadedFile, DownloadToFileError> => {
      const wrong = wrongOption(options)
      if (wrong !== undefined) return Effect.fail(wrong)
      const thread = options.resume === true ? Effect.succeed(undefined) : smallFilesOf(fs)
      const download = Effect.flatMap(thread, (quicker) =>
        quicker === undefined ? waysOf(fs, options).usual : quickly(fs, quicker, options)
      )
      return Effect.zipRight(cleaned(fs, dirname(expandHome(options.path))), download)
    })
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
