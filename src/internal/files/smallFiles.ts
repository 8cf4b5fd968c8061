/**
 * Reads and writes small files in a separate thread: many at a time, with synchronous calls. Each asynchronous call of Node's file
 * system takes a turn of its thread pool, and a file needs five; for a few KiB, that is most of the time.
 */
import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { acquire, adopt, releaseAfter } from "../bytes/bufferPool.js"
import type { Answered } from "../worker/protocol.js"
import { failing, startThread, type Thread } from "../worker/thread.js"
import type { FolderCheck } from "./folderCheck.js"
import { setModified } from "./modificationTime.js"
import { systemError } from "./systemError.js"

/** A file that was read completely. */
export interface SmallFile {
  readonly bytes: Uint8Array
  /** 32 lower-case hex digits. */
  readonly md5: string
  /** Called when nothing reads the bytes any more. */
  readonly release: () => void
}

/** A file to store: written under a temporary name, and then renamed. */
export interface NewFile {
  readonly temporary: string
  readonly target: string
  readonly bytes: Uint8Array
  /** When it was last modified, milliseconds since 1970; undefined for now. */
  readonly time: number | undefined
  /**
   * Checks the file's folder, given by its real path: if the folder was replaced by a symbolic link, nothing is written. Without
   * it, the folder may be a link.
   */
  readonly check?: FolderCheck | undefined
}

/** Reads and writes small files in a thread. */
export interface SmallFiles {
  /** Reads a file if it is a small, readable file. Otherwise the caller reads it in another way, which reports the error. */
  readonly read: (path: string) => Effect.Effect<SmallFile | undefined>
  /**
   * Stores a small file. False if that was not possible, for example because the path is not a regular file: then the caller must
   * remove `temporary`, and store the file in another way. If it fails, no temporary file is left. It cannot be interrupted, since
   * the thread cannot undo it.
   */
  readonly store: (file: NewFile) => Effect.Effect<boolean, PlatformError>
}

/** Reads and writes the small files of one FileSystem in a separate thread. */
export class SmallFilesThread extends Context.Tag("effect-rackspace/LocalFileSystem/SmallFilesThread")<
  SmallFilesThread,
  { readonly fileSystem: FileSystem.FileSystem; readonly smallFiles: SmallFiles }
>() {}

/** The thread for a FileSystem, if the environment has one for exactly this instance: a derived FileSystem may do more. */
export const smallFilesOf = (fs: FileSystem.FileSystem): Effect.Effect<SmallFiles | undefined> =>
  Effect.map(Effect.serviceOption(SmallFilesThread), (thread) =>
    Option.isSome(thread) && thread.value.fileSystem === fs ? thread.value.smallFiles : undefined
  )

const cleared = (fs: FileSystem.FileSystem, { temporary }: NewFile): Effect.Effect<void> =>
  Effect.ignore(fs.remove(temporary, { force: true }))

/** Stores a small file with the platform's FileSystem. If it fails, no temporary file is left. */
export const storeByPlatform = (fs: FileSystem.FileSystem, file: NewFile): Effect.Effect<void, PlatformError> => {
  const { bytes, check, target, temporary, time } = file
  const write =
    check === undefined
      ? fs.writeFile(temporary, bytes, { flag: "wx" })
      : Effect.scoped(
          Effect.flatMap(fs.open(temporary, { flag: "wx" }), (opened) =>
            Effect.zipRight(check, bytes.byteLength === 0 ? Effect.void : opened.writeAll(bytes))
          )
        )
  // A write cannot be cancelled, and would create the file again after it was removed.
  const written = Effect.uninterruptible(write)
  const dated = setModified(fs, temporary, time)
  return written.pipe(
    Effect.zipRight(dated),
    Effect.zipRight(check ?? Effect.void),
    Effect.zipRight(fs.rename(temporary, target)),
    Effect.onError(() => cleared(fs, file))
  )
}

/** Stores a small file in the thread; false if that is not possible, and no temporary file is left. */
export const storeInThread = (
  fs: FileSystem.FileSystem,
  thread: SmallFiles,
  file: NewFile
): Effect.Effect<boolean, PlatformError> =>
  Effect.tap(thread.store(file), (isStored) => (isStored ? Effect.void : cleared(fs, file)))

/** Stores a small file, in the thread if there is one. If it fails, no temporary file is left. */
export const storeSmall = (fs: FileSystem.FileSystem, file: NewFile): Effect.Effect<void, PlatformError> =>
  Effect.flatMap(smallFilesOf(fs), (thread) =>
    thread === undefined
      ? storeByPlatform(fs, file)
      : Effect.flatMap(storeInThread(fs, thread, file), (isStored) =>
          isStored ? Effect.void : storeByPlatform(fs, file)
        )
  )

/** In bytes: for longer files the thread is not faster. */
const largest = 256 * 1024

/** In bytes: the buffer for the files of one request. Files that need more get a buffer that is used once. */
const batchBuffer = 2 * 1024 * 1024

/** The maximum number of files in one request. */
const mostTogether = 64

/** This many files are first read and written by the platform: for fewer, starting a thread is not worthwhile. */
const filesBeforeThread = 8

/** Collects requests into batches: while one batch is handled, the next one is collected. */
const makeBatching = <A>(handle: (batch: ReadonlyArray<A>, done: () => void) => void): ((request: A) => void) => {
  const waiting: Array<A> = []
  let isBusy = false
  let isScheduled = false
  const next = (): void => {
    if (isBusy || waiting.length === 0) return
    isBusy = true
    handle(waiting.splice(0, mostTogether), () => {
      isBusy = false
      next()
    })
  }
  return (request) => {
    waiting.push(request)
    if (isBusy || isScheduled) return
    isScheduled = true
    // The requests of all fibers that run in this turn make one batch.
    setImmediate(() => {
      isScheduled = false
      next()
    })
  }
}

interface Reading {
  readonly path: string
  readonly receive: (file: SmallFile | undefined) => void
}

const receiveRead = (batch: ReadonlyArray<Reading>, answered: Answered<"readSmall">): void => {
  const read = answered[0] ? answered[1] : undefined
  const count = read?.sizes.filter((size) => size !== -1).length ?? 0
  const release = read === undefined ? () => undefined : releaseAfter(count, adopt(read.content))
  let offset = 0
  for (const [index, { receive }] of batch.entries()) {
    const size = read?.sizes[index] ?? -1
    if (read === undefined || size === -1) {
      receive(undefined)
      continue
    }
    const md5 = read.md5s.slice(index * 32, index * 32 + 32)
    receive({ bytes: read.content.subarray(offset, offset + size), md5, release })
    offset += size
  }
}

const makeReading = (thread: () => Thread) =>
  makeBatching<Reading>((batch, done) => {
    const paths = batch.map(({ path }) => path).join("\u0000")
    thread().ask("readSmall", { paths, largest, buffer: acquire(batchBuffer).bytes }, (answered) => {
      done()
      receiveRead(batch, answered)
    })
  })

interface Storing extends NewFile {
  readonly receive: (outcome: Effect.Effect<boolean, PlatformError>) => void
}

const receiveStored = (batch: ReadonlyArray<Storing>, answered: Answered<"store">): void => {
  const stored = answered[0] ? answered[1] : undefined
  const problems = new Map(stored?.problems.map(([index, ...problem]) => [index, problem]))
  for (const [index, { receive, target, temporary }] of batch.entries()) {
    const problem = problems.get(index)
    if (problem === undefined) receive(Effect.succeed(stored !== undefined))
    else {
      const [call, code, message] = problem
      if (call === "leave") receive(Effect.succeed(false))
      else receive(Effect.fail(systemError(call, call === "rename" ? target : temporary, code, message)))
    }
  }
}

const makeStoring = (thread: () => Thread) => {
  let buffer = new Uint8Array(0)
  return makeBatching<Storing>((batch, done) => {
    const size = batch.reduce((sum, { bytes }) => sum + bytes.byteLength, 0)
    const content = buffer.byteLength < size ? new Uint8Array(size) : buffer
    let offset = 0
    for (const { bytes } of batch) {
      content.set(bytes, offset)
      offset += bytes.byteLength
    }
    const input = {
      temporaries: batch.map(({ temporary }) => temporary).join("\u0000"),
      targets: batch.map(({ target }) => target).join("\u0000"),
      content,
      sizes: Float64Array.from(batch, ({ bytes }) => bytes.byteLength),
      times: Float64Array.from(batch, ({ time }) => time ?? NaN),
      checked: Uint8Array.from(batch, ({ check }) => (check === undefined ? 0 : 1))
    }
    // Until the buffer is returned, no other batch is stored.
    buffer = new Uint8Array(0)
    thread().ask("store", input, (answered) => {
      const returned = answered[0] ? answered[1].content : buffer
      if (returned.byteLength <= batchBuffer) buffer = returned
      done()
      receiveStored(batch, answered)
    })
  })
}

const threadOptions = {
  name: "effect-rackspace small files",
  env: {},
  resourceLimits: { maxYoungGenerationSizeMb: 8 }
}

/** Reads and writes small files in a thread that is started after some files, and ends with the scope. */
export const makeSmallFiles: Effect.Effect<SmallFiles, never, Scope.Scope> = Effect.gen(function* () {
  let running: Thread | undefined
  let asked = 0
  yield* Effect.addFinalizer(() => running?.end ?? Effect.void)
  const thread = (): Thread => (running ??= startThread(threadOptions, failing))
  // A path that contains NUL is invalid; the platform reports that.
  const isWorthIt = (...paths: ReadonlyArray<string>): boolean =>
    asked++ >= filesBeforeThread && !paths.some((path) => path.includes("\u0000"))
  const read = makeReading(thread)
  const store = makeStoring(thread)
  return {
    read: (path) =>
      Effect.suspend(() =>
        isWorthIt(path)
          ? // If interrupted, the file is read in vain, which costs less than cancelling the read.
            Effect.async((resume) => read({ path, receive: (file) => resume(Effect.succeed(file)) }))
          : Effect.succeed(undefined)
      ),
    store: (file) =>
      Effect.suspend(() =>
        file.bytes.byteLength <= largest && isWorthIt(file.temporary, file.target)
          ? Effect.uninterruptible(
              Effect.async<boolean, PlatformError>((resume) => store({ receive: resume, ...file }))
            )
          : Effect.succeed(false)
      )
  }
})
