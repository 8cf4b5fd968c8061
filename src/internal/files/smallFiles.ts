/**
 * Small files, read and written by a thread of their own: many at a time, with calls that wait. A call of Node's own file system
 * takes a turn of its pool of threads, and a file takes five of them; that is most of the time that a few KiB take.
 */
import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { largestTransferBuffer, makeTransferBuffers, type TransferBuffers } from "../bytes/bufferPool.js"
import type { FolderCheck } from "./folderCheck.js"
import type { Brief, Stored } from "./folderReader.js"
import { setModified } from "./modificationTime.js"
import { type Answered, type ReadingThread, startReadingThread } from "./readingThread.js"
import { systemError } from "./systemError.js"

/** A file that was read whole. */
export interface SmallFile {
  readonly bytes: Uint8Array
  /** 32 lower-case hex digits. */
  readonly md5: string
}

/** A file to store: written under a temporary name, and then renamed. */
export interface NewFile {
  readonly temporary: string
  readonly target: string
  readonly bytes: Uint8Array
  /** When it was last modified, milliseconds since 1970; undefined for now. */
  readonly time: number | undefined
  /**
   * The check of the folder that it is in, given by its real path. Where it has become a symbolic link, nothing is written through
   * that. Without it, the folder may be a link.
   */
  readonly check?: FolderCheck | undefined
}

/** The quicker way. */
export interface SmallFiles {
  /** Reads a file, if it is one, small, and can be read; whatever else it is shows who reads it another way. */
  readonly read: (path: string) => Effect.Effect<SmallFile | undefined>
  /**
   * Stores a small file. False where it was not done, as where something else than a file is in its place: then `temporary` is to
   * be removed and all of it done another way. Where it fails, there is no temporary file left. It cannot be interrupted: nobody
   * can take it back.
   */
  readonly store: (file: NewFile) => Effect.Effect<boolean, PlatformError>
}

/**
 * Reads and writes the small files of one FileSystem in a thread of its own.
 *
 * @since 0.1.0
 * @category tags
 */
export class SmallFilesThread extends Context.Tag("effect-rackspace/LocalFileSystem/SmallFilesThread")<
  SmallFilesThread,
  { readonly fileSystem: FileSystem.FileSystem; readonly smallFiles: SmallFiles }
>() {}

/** The thread for a FileSystem, where the environment has one for exactly this: one that was made from it may do more. */
export const smallFilesOf = (fs: FileSystem.FileSystem): Effect.Effect<SmallFiles | undefined> =>
  Effect.map(Effect.serviceOption(SmallFilesThread), (thread) =>
    Option.isSome(thread) && thread.value.fileSystem === fs ? thread.value.smallFiles : undefined
  )

const cleared = (fs: FileSystem.FileSystem, { temporary }: NewFile): Effect.Effect<void> =>
  Effect.ignore(fs.remove(temporary, { force: true }))

/** Stores a small file with the platform's calls. Where it fails, nothing of it is left. */
export const storeUsually = (fs: FileSystem.FileSystem, file: NewFile): Effect.Effect<void, PlatformError> => {
  const { bytes, check, target, temporary, time } = file
  const write =
    check === undefined
      ? fs.writeFile(temporary, bytes, { flag: "wx" })
      : Effect.scoped(
          Effect.flatMap(fs.open(temporary, { flag: "wx" }), (opened) =>
            Effect.zipRight(check, bytes.byteLength === 0 ? Effect.void : opened.writeAll(bytes))
          )
        )
  // It cannot be cancelled, and would make the file again after that was removed.
  const written = Effect.uninterruptible(write)
  const dated = setModified(fs, temporary, time)
  return written.pipe(
    Effect.zipRight(dated),
    Effect.zipRight(check ?? Effect.void),
    Effect.zipRight(fs.rename(temporary, target)),
    Effect.onError(() => cleared(fs, file))
  )
}

/** Stores a small file the quicker way; false where that is not to be had for it, and nothing of it is left. */
export const storeQuickly = (
  fs: FileSystem.FileSystem,
  quicker: SmallFiles,
  file: NewFile
): Effect.Effect<boolean, PlatformError> =>
  Effect.tap(quicker.store(file), (isStored) => (isStored ? Effect.void : cleared(fs, file)))

/** Stores a small file as quickly as its file system can. Where it fails, nothing of it is left. */
export const storeSmall = (fs: FileSystem.FileSystem, file: NewFile): Effect.Effect<void, PlatformError> =>
  Effect.flatMap(smallFilesOf(fs), (quicker) =>
    quicker === undefined
      ? storeUsually(fs, file)
      : Effect.flatMap(storeQuickly(fs, quicker, file), (isStored) => (isStored ? Effect.void : storeUsually(fs, file)))
  )

/** In bytes: for longer files it is not faster. */
const largest = 256 * 1024

/** How many files are worked off at one go, at the most. */
const mostTogether = 64

/** So many files take the usual way first: for fewer, no thread is worth its start. */
const patience = 8

/** Collects requests into batches: while one batch is handled, the next one is collected. */
const gathering = <A>(work: (lot: ReadonlyArray<A>, done: () => void) => void): ((one: A) => void) => {
  const waiting: Array<A> = []
  let isBusy = false
  let isSoon = false
  const next = (): void => {
    if (isBusy || waiting.length === 0) return
    isBusy = true
    work(waiting.splice(0, mostTogether), () => {
      isBusy = false
      next()
    })
  }
  return (one) => {
    waiting.push(one)
    if (isBusy || isSoon) return
    isSoon = true
    // At the edge to the thread: what all fibers ask for in this turn makes one lot.
    setImmediate(() => {
      isSoon = false
      next()
    })
  }
}

interface Reading {
  readonly path: string
  readonly receive: (file: SmallFile | undefined) => void
}

const receiveRead = (lot: ReadonlyArray<Reading>, answered: Answered, buffers: TransferBuffers): void => {
  const read = answered[0] ? (answered[1] as Brief) : undefined
  if (read !== undefined) buffers.lend(read.content.buffer, read.sizes.filter((size) => size !== -1).length)
  let offset = 0
  for (const [index, { receive }] of lot.entries()) {
    const size = read?.sizes[index] ?? -1
    if (read === undefined || size === -1) {
      receive(undefined)
      continue
    }
    const md5 = read.md5s.slice(index * 32, index * 32 + 32)
    receive({ bytes: read.content.subarray(offset, offset + size), md5 })
    offset += size
  }
}

interface Storing extends NewFile {
  readonly receive: (outcome: Effect.Effect<boolean, PlatformError>) => void
}

const receiveStored = (lot: ReadonlyArray<Storing>, answered: Answered): void => {
  const stored = answered[0] ? (answered[1] as Stored) : undefined
  const problems = new Map(stored?.problems.map(([index, ...problem]) => [index, problem]))
  for (const [index, { receive, target, temporary }] of lot.entries()) {
    const problem = problems.get(index)
    if (problem === undefined) receive(Effect.succeed(stored !== undefined))
    else {
      const [call, code, message] = problem
      if (call === "leave") receive(Effect.succeed(false))
      else receive(Effect.fail(systemError(call, call === "rename" ? target : temporary, code, message)))
    }
  }
}

/** Works with a thread that is started when it is worth it, and ends with the scope. */
export const makeSmallFiles: Effect.Effect<SmallFiles, never, Scope.Scope> = Effect.gen(function* () {
  const buffers = makeTransferBuffers()
  let running: ReadingThread | undefined
  let asked = 0
  yield* Effect.addFinalizer(() => running?.end ?? Effect.void)
  const thread = (): ReadingThread => (running ??= startReadingThread(() => [false, "", ""]))
  // A name with NUL in it is none, which the usual way says.
  const isWorthIt = (...paths: ReadonlyArray<string>): boolean =>
    asked++ >= patience && !paths.some((path) => path.includes("\u0000"))

  const askToRead = gathering<Reading>((lot, done) => {
    const paths = lot.map(({ path }) => path).join("\u0000")
    thread().ask({ op: "brief", paths, largest, room: buffers.take() }, (answered) => {
      done()
      receiveRead(lot, answered, buffers)
    })
  })
  let room = new Uint8Array(0)
  const askToStore = gathering<Storing>((lot, done) => {
    const size = lot.reduce((sum, { bytes }) => sum + bytes.byteLength, 0)
    const content = room.byteLength < size ? new Uint8Array(size) : room
    let offset = 0
    for (const { bytes } of lot) {
      content.set(bytes, offset)
      offset += bytes.byteLength
    }
    const request = {
      op: "store" as const,
      temporaries: lot.map(({ temporary }) => temporary).join("\u0000"),
      targets: lot.map(({ target }) => target).join("\u0000"),
      content,
      sizes: Float64Array.from(lot, ({ bytes }) => bytes.byteLength),
      times: Float64Array.from(lot, ({ time }) => time ?? NaN),
      checked: Uint8Array.from(lot, ({ check }) => (check === undefined ? 0 : 1))
    }
    // Until it is back, no other lot is stored.
    room = new Uint8Array(0)
    thread().ask(request, (answered) => {
      const back = answered[0] ? (answered[1] as Stored).room : room
      if (back.byteLength <= largestTransferBuffer) room = back
      done()
      receiveStored(lot, answered)
    })
  })
  return {
    read: (path) =>
      Effect.suspend(() => {
        if (!isWorthIt(path)) return Effect.succeed(undefined)
        // Whoever is interrupted meanwhile does not hear of it; that costs less than to take it back.
        return Effect.async((resume) => askToRead({ path, receive: (file) => resume(Effect.succeed(file)) }))
      }),
    store: (file) =>
      Effect.suspend(() => {
        if (file.bytes.byteLength > largest || !isWorthIt(file.temporary, file.target)) return Effect.succeed(false)
        return Effect.uninterruptible(
          Effect.async<boolean, PlatformError>((resume) => askToStore({ receive: resume, ...file }))
        )
      })
  }
})
