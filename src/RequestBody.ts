/**
 * Bodies to upload: bytes, text, a file or a Stream. Retries depend on whether a body can be read again from its start.
 */
import { type PlatformError, SystemError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { acquire } from "./internal/bytes/bufferPool.js"
import * as ByteSource from "./internal/bytes/byteSource.js"
import { expandHome } from "./internal/files/homePath.js"
import { smallFilesOf } from "./internal/files/smallFiles.js"

/** A body that can be sent any number of times, each time from its start. `E` is the failure of its source. */
export interface Content<out E = never> {
  /** In bytes; undefined if it is not known in advance. */
  readonly length: number | undefined
  /** The whole body, if it is in memory. */
  readonly bytes: Uint8Array | undefined
  /** The whole body each time it is run. If it fails, the request is aborted, so that no part of it is stored as if it were whole. */
  readonly source: ByteSource.ByteSource<E>
}

/** Bytes as the content of a request. */
export const content = (bytes: Uint8Array): Content => ({
  length: bytes.byteLength,
  bytes,
  source: ByteSource.fromBytes(bytes)
})

/** A source of bytes. Make one with {@link fromBytes}, {@link fromString}, {@link fromFile} or {@link fromStream}. */
export interface RequestBody<out E = never, out R = never> {
  /** Opened once for each upload. */
  readonly open: Effect.Effect<Opened<E, R>, E, R>
  /** Reads the whole body with its MD5, if that is faster than opening it; undefined if that is not possible. */
  readonly readWhole?: Effect.Effect<WholeBody | undefined, E, R> | undefined
  /** Set if the constructor received a wrong argument: describes the right one. Uploads then fail with `InvalidInput`. */
  readonly expected?: string | undefined
}

/**
 * The body for a constructor argument of the wrong type. Every operation that takes a body checks `expected` before it opens it.
 */
const unusable = (expected: string): RequestBody => ({ open: Effect.dieMessage(`expected ${expected}`), expected })

/** A body that was read into memory. */
export interface WholeBody {
  readonly bytes: Uint8Array
  /** 32 lower-case hex digits. */
  readonly md5: string
  /** Called when the cloud has all of it, so that its buffer can be reused. */
  readonly release?: (() => void) | undefined
}

/** A body that was opened for an upload. */
export interface Opened<out E = never, out R = never> {
  /** In bytes. */
  readonly length: number | undefined
  readonly bytes: Uint8Array | undefined
  /** Reads the whole body at once, if it is small. Fails as `source` does. */
  readonly whole?: Effect.Effect<Uint8Array, E, R> | undefined
  /** Whether `source` gives the same bytes each time it is run. */
  readonly replayable: boolean
  readonly source: ByteSource.ByteSource<E, R>
  /**
   * Reads `length` bytes at an offset. May be called any number of times, also concurrently. Absent if the source can only be
   * read from its start.
   */
  readonly slice?: ((offset: number, length: number) => ByteSource.ByteSource<E, R>) | undefined
  /** When it was last modified, if known. */
  readonly modified?: DateTime.Utc | undefined
  /** Whether the source is unchanged since it was opened; absent if that cannot be determined. */
  readonly unchanged?: Effect.Effect<boolean, E, R> | undefined
}

/** The bytes to read from a file at a time. Reads are large, since each has a fixed cost. */
const readSize = 1024 * 1024

/** Files up to this many bytes are read at once, which is faster than a Stream. */
const smallFile = 1024 * 1024

/** A body in memory. The bytes must not change until the upload has ended. */
export const fromBytes = (bytes: Uint8Array): RequestBody =>
  bytes instanceof Uint8Array
    ? {
        open: Effect.succeed({
          length: bytes.byteLength,
          bytes,
          replayable: true,
          source: ByteSource.fromBytes(bytes),
          slice: (offset, length) => ByteSource.fromBytes(bytes.subarray(offset, offset + length))
        })
      }
    : unusable("a Uint8Array in fromBytes")

/** A text, encoded as UTF-8. */
export const fromString = (text: string): RequestBody =>
  typeof text === "string" ? fromBytes(new TextEncoder().encode(text)) : unusable("a string in fromString")

/** Changes when the file is modified or replaced. */
const fingerprintOf = (info: FileSystem.File.Info): string =>
  [
    info.size,
    Option.match(info.mtime, { onNone: () => "", onSome: (at) => at.getTime() }),
    Option.getOrElse(info.ino, () => "")
  ].join("/")

/** Reads `count` bytes of a file at an offset, into pooled buffers. */
const readRange = (
  fs: FileSystem.FileSystem,
  path: string,
  offset: number,
  count: number
): ByteSource.ByteSource<PlatformError> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const file = yield* fs.open(path, { flag: "r" })
      if (offset > 0) yield* file.seek(offset, "start")
      let left = count
      return Stream.repeatEffectOption(
        Effect.suspend(() => {
          if (left === 0) return Effect.fail(Option.none<PlatformError>())
          const { bytes, release } = acquire(readSize)
          return Effect.matchEffect(file.read(bytes.subarray(0, left)), {
            onFailure: (error) => Effect.fail(Option.some(error)),
            onSuccess: (read) => {
              const size = Number(read)
              left -= size
              return size === 0
                ? Effect.fail(Option.none<PlatformError>())
                : Effect.succeed({ bytes: bytes.subarray(0, size), release })
            }
          })
        })
      )
    })
  )

/**
 * A file, read while it is sent. Its length is determined when the upload begins. If the file is modified or replaced during
 * the upload, the upload fails with `SourceChanged`. `~` stands for the home directory.
 *
 * Fails with `PlatformError` if the file cannot be read.
 */
export const fromFile = (path: string): RequestBody<PlatformError, FileSystem.FileSystem> =>
  typeof path === "string" ? bodyOfFile(path) : unusable("a path in fromFile")

const bodyOfFile = (path: string): RequestBody<PlatformError, FileSystem.FileSystem> => ({
  readWhole: Effect.flatMap(FileSystem.FileSystem, (fs) =>
    Effect.flatMap(smallFilesOf(fs), (thread) => thread?.read(expandHome(path)) ?? Effect.succeed(undefined))
  ),
  open: Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const file = expandHome(path)
    const info = yield* fs.stat(file)
    if (info.type !== "File") {
      return yield* new SystemError({
        module: "FileSystem",
        method: "open",
        reason: "BadResource",
        pathOrDescriptor: file,
        description: `not a regular file (${info.type})`
      })
    }
    const length = Number(info.size)
    const slice = (offset: number, count: number): ByteSource.ByteSource<PlatformError> =>
      count === 0 ? Stream.empty : readRange(fs, file, offset, count)
    return {
      length,
      bytes: undefined,
      whole: length <= smallFile ? fs.readFile(file) : undefined,
      replayable: true,
      source: slice(0, length),
      slice,
      modified: Option.getOrUndefined(Option.flatMap(info.mtime, DateTime.make)),
      unchanged: Effect.map(fs.stat(file), (now) => fingerprintOf(now) === fingerprintOf(info))
    }
  })
})

/**
 * A Stream.
 *
 * `replayable: true` declares that the Stream gives the same bytes each time it is run: it is then sent directly, and run again
 * for a retry. Otherwise it is read only once, into segments that are held in memory until they are stored, so that each
 * segment can be retried.
 */
export const fromStream = <E = never, R = never>(
  stream: Stream.Stream<Uint8Array, E, R>,
  options: {
    /** The length in bytes, if known. The upload fails if the stream gives more or fewer bytes. */
    readonly length?: number | undefined
    readonly replayable?: boolean | undefined
  } = {}
): RequestBody<E, R> =>
  Predicate.hasProperty(stream, Stream.StreamTypeId)
    ? {
        open: Effect.succeed({
          length: options.length,
          bytes: undefined,
          replayable: options.replayable === true,
          source: ByteSource.fromStream(stream)
        })
      }
    : unusable("a Stream in fromStream")
