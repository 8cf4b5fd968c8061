/** Reads a folder in a worker thread that ends with the scope, or in this thread if none can be started. */
import type { SystemError } from "@effect/platform/Error"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { acquire, adopt, type OwnedChunk, releaseAfter } from "../bytes/bufferPool.js"
import { handle } from "../worker/program.js"
import {
  type Found,
  type Input,
  type Kind,
  kinds,
  type Name,
  type Output,
  type PackInput,
  type ReadFiles,
  type ReadInput,
  type WalkOptions
} from "../worker/protocol.js"
import { startThread, type Thread } from "../worker/thread.js"
import { systemError } from "./systemError.js"

/** An entry that a walk finds. Its path is relative to the folder, with slashes. */
export interface FoundEntry {
  readonly path: string
  readonly kind: Kind
  readonly bytes: number
  /** Last modification, milliseconds since 1970. */
  readonly time: number
  /** With kind `error`. */
  readonly problem: SystemError | undefined
}

/** Files that were read or packed. */
export interface PackedFiles extends Omit<ReadFiles, "content" | "problems"> {
  readonly content: Uint8Array
  /** The files that could not be read, and whether that is because they changed while they were read. */
  readonly problems: ReadonlyArray<{ readonly index: number; readonly isChanged: boolean; readonly error: SystemError }>
  /** Releases the buffer of the content. */
  readonly release: () => void
}

/** Reads a folder. */
export interface FolderReader {
  /** Everything in a folder, in the byte order of its paths. Fails if the folder itself cannot be read. */
  readonly walk: (options: WalkOptions) => Stream.Stream<FoundEntry, SystemError>
  /** Files as a tar archive. */
  readonly pack: (input: Omit<PackInput, "buffer">) => Effect.Effect<PackedFiles, SystemError>
  /** The content of files, one after the other, each at the offset that the given sizes determine. `release` is called once for each. */
  readonly read: (input: Omit<ReadInput, "buffer">) => Effect.Effect<PackedFiles, SystemError>
  /** The content of a file, regardless of its size. */
  readonly whole: (file: string, follow: boolean) => Effect.Effect<Uint8Array, SystemError>
  /** The MD5s of a file's parts, of the given sizes; the last takes the rest. */
  readonly md5s: (file: string, parts: ReadonlyArray<number>) => Effect.Effect<ReadonlyArray<string>, SystemError>
  /** The MD5s of files in a folder, or the error of each that cannot be read. */
  readonly hashes: (
    folder: string,
    paths: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<string | SystemError>, SystemError>
  /** Whether the folder contains folders, or symbolic links to folders, with these paths. */
  readonly areFolders: (
    folder: string,
    paths: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<boolean>, SystemError>
}

/** How many names a walk returns at a time. */
const step = 1000

/** In bytes: a typical archive fits. */
const largestArchive = 8 * 1024 * 1024

const threadOptions = {
  name: "effect-rackspace files",
  env: {},
  resourceLimits: { maxYoungGenerationSizeMb: 8 }
}

let walks = 0

const entriesOf = (folder: string, { kinds: found, paths, problems, sizes, times }: Found): Array<FoundEntry> => {
  if (paths === "") return []
  const failed = new Map(problems.map(([index, code, message]) => [index, [code, message] as const]))
  return paths.split("\u0000").map((path, index) => {
    const problem = failed.get(index)
    return {
      path,
      kind: kinds[found[index] ?? 0] ?? "special",
      bytes: sizes[index] ?? 0,
      time: times[index] ?? 0,
      problem: problem === undefined ? undefined : systemError("stat", `${folder}/${path}`, ...problem)
    }
  })
}

const filesOf = ({ folder, paths }: ReadInput, read: ReadFiles, release: OwnedChunk["release"]): PackedFiles => ({
  ...read,
  release,
  problems: read.problems.map(([index, code, message]) => ({
    index,
    isChanged: code === "CHANGED",
    error: systemError("open", `${folder}/${paths.split("\u0000")[index]}`, code, message)
  }))
})

/** Sends a request to a thread; a failure becomes a platform error for this path. */
const askOf =
  (thread: Thread) =>
  <N extends Name>(op: N, input: Input<N>, call: string, path: string): Effect.Effect<Output<N>, SystemError> =>
    Effect.async((resume) =>
      thread.ask(op, input, (answered) =>
        resume(
          answered[0] ? Effect.succeed(answered[1]) : Effect.fail(systemError(call, path, answered[1], answered[2]))
        )
      )
    )

const makeWalk =
  (thread: Thread): FolderReader["walk"] =>
  (options) => {
    const ask = askOf(thread)
    const started = Effect.acquireRelease(
      Effect.sync(() => walks++),
      (id) => Effect.sync(() => thread.ask("stop", { id }, () => undefined))
    )
    return Stream.unwrapScoped(
      started.pipe(
        Effect.tap((id) => ask("walk", { id, options }, "readDirectory", options.folder)),
        Effect.map((id) =>
          Stream.paginateChunkEffect(0, () =>
            Effect.map(ask("next", { id, count: step }, "readDirectory", options.folder), (found) => [
              Chunk.unsafeFromArray(entriesOf(options.folder, found)),
              found.ended ? Option.none() : Option.some(0)
            ])
          )
        )
      )
    )
  }

const makeReader = (thread: Thread): FolderReader => {
  const ask = askOf(thread)
  return {
    walk: makeWalk(thread),
    pack: (files) =>
      Effect.suspend(() => {
        const input = { ...files, buffer: acquire(largestArchive).bytes }
        return Effect.map(ask("pack", input, "open", files.folder), (packed) =>
          filesOf(input, packed, adopt(packed.content).release)
        )
      }),
    read: (files) =>
      Effect.suspend(() => {
        const size = files.sizes.reduce((sum, one) => sum + one, 0)
        const input = { ...files, buffer: acquire(size + 1).bytes }
        return Effect.map(ask("read", input, "open", files.folder), (read) =>
          filesOf(input, read, releaseAfter(files.sizes.length - read.problems.length, adopt(read.content)))
        )
      }),
    whole: (file, follow) => ask("readWhole", { file, follow }, "open", file),
    hashes: (folder, paths) =>
      Effect.map(ask("hashFiles", { folder, paths: paths.join("\u0000") }, "open", folder), (all) =>
        all.map((one, index) =>
          typeof one === "string" ? one : systemError("open", `${folder}/${paths[index]}`, ...one)
        )
      ),
    areFolders: (folder, paths) => ask("areFolders", { folder, paths: paths.join("\u0000") }, "stat", folder),
    md5s: (file, parts) => ask("hashParts", { file, parts }, "open", file)
  }
}

/** A reader that ends with the scope. */
export const folderReader: Effect.Effect<FolderReader, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => startThread(threadOptions, handle)),
    ({ end }) => end
  ),
  makeReader
)
