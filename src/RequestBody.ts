/**
 * What is uploaded: bytes, text, a file or a Stream; and whether it can be read again from its start, which decides how a
 * request that must be repeated gets its body.
 *
 * @since 0.1.0
 */
import { type PlatformError, SystemError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { makePool, chunkSize } from "./internal/bytes/bufferPool.js"
import { expandHome } from "./internal/files/homePath.js"
import { smallFilesOf } from "./internal/files/smallFiles.js"

/**
 * A body that can be sent any number of times, each time from its start.
 *
 * @since 0.1.0
 * @category models
 */
export interface Content {
  /** Its length in bytes, where it is known before it is read. */
  readonly length: number | undefined
  /** All of it, where it is at hand. */
  readonly bytes: Uint8Array | undefined
  /** Its bytes from the start, each time it is run. It does not fail: a source's failure reaches its owner another way. */
  readonly stream: Stream.Stream<Uint8Array>
}

/**
 * A source of bytes. Make one with {@link fromBytes}, {@link fromString}, {@link fromFile} or {@link fromStream}.
 *
 * @since 0.1.0
 * @category models
 */
export interface RequestBody<out E = never, out R = never> {
  /** Opened once for each upload. */
  readonly open: Effect.Effect<Opened<E, R>, E, R>
  /** All of it with its MD5, where that is faster than to open it; undefined where it cannot. */
  readonly readWhole?: Effect.Effect<WholeBody | undefined, E, R> | undefined
  /** What its constructor should have been given, where it was given anything else: an upload then fails with `InvalidInput`. */
  readonly expected?: string | undefined
}

/**
 * The body of a constructor that was given something else than its type says. Every operation that takes a body refuses it by
 * `expected` before it opens it.
 */
const unusable = (expected: string): RequestBody => ({ open: Effect.dieMessage(`expected ${expected}`), expected })

/**
 * A source that was read at one go.
 *
 * @since 0.1.0
 * @category models
 */
export interface WholeBody {
  readonly bytes: Uint8Array
  /** 32 lower-case hex digits. */
  readonly md5: string
}

/**
 * A source that has been opened.
 *
 * @since 0.1.0
 * @category models
 */
export interface Opened<out E = never, out R = never> {
  /** In bytes. */
  readonly length: number | undefined
  readonly bytes: Uint8Array | undefined
  /** All of it, where that is little enough to be read at once. Fails as `stream` does. */
  readonly whole?: Effect.Effect<Uint8Array, E, R> | undefined
  /** Whether `stream` gives the same bytes each time it is run. */
  readonly replayable: boolean
  readonly stream: Stream.Stream<Uint8Array, E, R>
  /**
   * So many bytes from an offset on, any number of times and several at once. Absent where the source can only be read from
   * its start.
   */
  readonly slice?: ((offset: number, length: number) => Stream.Stream<Uint8Array, E, R>) | undefined
  /** When it was last modified, where that is known. */
  readonly modified?: DateTime.Utc | undefined
  /** Whether it is still what was opened; absent where that cannot be known. */
  readonly unchanged?: Effect.Effect<boolean, E, R> | undefined
}

/** In bytes: what is read of a file at a time. Each reading has its cost, whatever its size. */
const readSize = 1024 * 1024

/** A file up to this size is read at once, which is quicker than as a Stream. */
const little = 1024 * 1024

/**
 * Bytes as a Stream of pieces of at most 256 KiB, none of them copied.
 *
 * @since 0.1.0
 * @category conversions
 */
export const pieces = (bytes: Uint8Array): Stream.Stream<Uint8Array> =>
  Stream.unfold(0, (offset) =>
    offset >= bytes.byteLength
      ? Option.none()
      : Option.some([bytes.subarray(offset, offset + chunkSize), offset + chunkSize])
  )

/**
 * Bytes at hand. They must not change until the upload has ended.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromBytes = (bytes: Uint8Array): RequestBody =>
  bytes instanceof Uint8Array
    ? {
        open: Effect.succeed({
          length: bytes.byteLength,
          bytes,
          replayable: true,
          stream: pieces(bytes),
          slice: (offset, length) => pieces(bytes.subarray(offset, offset + length))
        })
      }
    : unusable("a Uint8Array in fromBytes")

/**
 * A text, as UTF-8.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromString = (text: string): RequestBody =>
  typeof text === "string" ? fromBytes(new TextEncoder().encode(text)) : unusable("a string in fromString")

/** What shows that a file was written to. */
const stampOf = (info: FileSystem.File.Info): string =>
  [
    info.size,
    Option.match(info.mtime, { onNone: () => "", onSome: (at) => at.getTime() }),
    Option.getOrElse(info.ino, () => "")
  ].join("/")

/** So many bytes of a file from an offset on, in buffers that are used again where that is safe. */
const readIn = (
  fs: FileSystem.FileSystem,
  path: string,
  offset: number,
  count: number
): Stream.Stream<Uint8Array, PlatformError> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const file = yield* fs.open(path, { flag: "r" })
      if (offset > 0) yield* file.seek(offset, "start")
      const pool = makePool(readSize)
      let left = count
      return Stream.repeatEffectOption(
        Effect.suspend(() => {
          if (left === 0) return Effect.fail(Option.none<PlatformError>())
          const buffer = pool.take()
          return Effect.mapBoth(file.read(left < readSize ? buffer.subarray(0, left) : buffer), {
            onFailure: Option.some,
            onSuccess: (size) => buffer.subarray(0, Number(size))
          }).pipe(
            Effect.flatMap((bytes) => {
              if (bytes.byteLength === 0) return Effect.fail(Option.none<PlatformError>())
              left -= bytes.byteLength
              return Effect.succeed(bytes)
            })
          )
        })
      )
    })
  )

/**
 * A file, read as it is sent. Its length is taken when the upload begins; a file that is written to or replaced meanwhile fails
 * the upload with `SourceChanged`. `~` stands for the home directory.
 *
 * Fails with `PlatformError` where the file cannot be read.
 *
 * @since 0.1.0
 * @category constructors
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
        description: `it is not a file but a ${info.type}`
      })
    }
    const length = Number(info.size)
    const slice = (offset: number, count: number): Stream.Stream<Uint8Array, PlatformError> =>
      count === 0 ? Stream.empty : readIn(fs, file, offset, count)
    return {
      length,
      bytes: undefined,
      whole: length <= little ? fs.readFile(file) : undefined,
      replayable: true,
      stream: slice(0, length),
      slice,
      modified: Option.getOrUndefined(Option.flatMap(info.mtime, DateTime.make)),
      unchanged: Effect.map(fs.stat(file), (now) => stampOf(now) === stampOf(info))
    }
  })
})

/**
 * A Stream.
 *
 * With `replayable: true` its author says that it gives the same bytes each time it is run; it is then sent as it is, and run
 * again where the request must be repeated. Without, it is taken to be one-shot: it is read once, into segments that are
 * held in memory until they are stored, so that each can be sent again.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromStream = <E = never, R = never>(
  stream: Stream.Stream<Uint8Array, E, R>,
  options: {
    /** The length in bytes, where it is known; a stream that gives more or fewer fails the upload. */
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
          stream
        })
      }
    : unusable("a Stream in fromStream")
