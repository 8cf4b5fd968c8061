/**
 * The asking side of `folderReader.js`: a worker thread for as long as the scope lasts, or the same program in this thread
 * where none can be started (a bundle without the worker's file, a runtime without threads).
 */
import type { SystemError } from "@effect/platform/Error"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { makeTransferBuffers } from "../bytes/bufferPool.js"
import {
  type Found,
  type Kind,
  kinds,
  type Packed,
  type PackRequest,
  type ReadRequest,
  type Request,
  safely,
  type WalkOptions
} from "./folderReader.js"
import { startReadingThread } from "./readingThread.js"
import { systemError } from "./systemError.js"

/** What a walk finds, a path being relative to the folder, with slashes. */
export interface FoundEntry {
  readonly path: string
  readonly kind: Kind
  readonly bytes: number
  /** Last modification, milliseconds since 1970. */
  readonly time: number
  /** With kind `error`. */
  readonly problem: SystemError | undefined
}

/** Files in an archive. */
export interface PackedFiles {
  readonly archive: Uint8Array<ArrayBuffer>
  /** 32 characters a file; spaces where it is not in the archive. */
  readonly md5s: string
  /** What is not in the archive, and whether that is because it changed while it was read. */
  readonly problems: ReadonlyArray<{ readonly index: number; readonly isChanged: boolean; readonly error: SystemError }>
}

/** A folder's reader. */
export interface FolderReader {
  /** Everything in a folder, in the byte order of its paths. Fails where the folder itself cannot be read. */
  readonly walk: (options: WalkOptions) => Stream.Stream<FoundEntry, SystemError>
  /** Files as a tar archive. Its buffer may be given back. */
  readonly pack: (request: Omit<PackRequest, "op" | "room">) => Effect.Effect<PackedFiles, SystemError>
  /** The content of files, one after the other, each in the room for the size that it is said to have. */
  readonly read: (request: Omit<ReadRequest, "op" | "room">) => Effect.Effect<PackedFiles, SystemError>
  /** The content of a file, whatever size it has by now. */
  readonly whole: (file: string, follow: boolean) => Effect.Effect<Uint8Array, SystemError>
  /** The MD5s of a file's parts, of the given sizes; the last takes the rest. */
  readonly md5s: (file: string, parts: ReadonlyArray<number>) => Effect.Effect<ReadonlyArray<string>, SystemError>
  /** The MD5s of files of a folder, or why one cannot be read. */
  readonly hashes: (
    folder: string,
    paths: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<string | SystemError>, SystemError>
  /** Whether there are folders of these paths in a folder, or symbolic links to folders. */
  readonly areFolders: (
    folder: string,
    paths: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<boolean>, SystemError>
}

/** How many names a walk gives at a time. */
const step = 1000

/** In bytes: an archive of the usual kind has room in it. */
const largestArchiveRoom = 8 * 1024 * 1024

let walks = 0

/** A reader that ends with the scope. */
export const folderReader: Effect.Effect<FolderReader, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => startReadingThread(safely)),
    ({ end }) => end
  ),
  (thread) => {
    const buffers = makeTransferBuffers()
    const archiveRooms = makeTransferBuffers(largestArchiveRoom)
    const ask = <A>(request: Request, method: string, path: string): Effect.Effect<A, SystemError> =>
      Effect.async((resume) =>
        thread.ask(request, (answered) =>
          resume(
            answered[0]
              ? Effect.succeed(answered[1] as A)
              : Effect.fail(systemError(method, path, answered[1], answered[2]))
          )
        )
      )
    const packed = (request: PackRequest | ReadRequest): Effect.Effect<PackedFiles, SystemError> =>
      Effect.map(ask<Packed>(request, "open", request.folder), (answer) => ({
        ...answer,
        problems: answer.problems.map(([index, code, message]) => ({
          index,
          isChanged: code === "CHANGED",
          error: systemError("open", `${request.folder}/${request.paths.split("\u0000")[index]}`, code, message)
        }))
      }))
    return {
      walk: (options) =>
        Stream.unwrapScoped(
          Effect.acquireRelease(
            Effect.sync(() => walks++),
            (id) => Effect.sync(() => thread.ask({ op: "stop", id }, () => undefined))
          ).pipe(
            Effect.tap((id) => ask<void>({ op: "walk", id, options }, "readDirectory", options.folder)),
            Effect.map((id) =>
              Stream.paginateChunkEffect(0, () =>
                Effect.map(ask<Found>({ op: "next", id, count: step }, "readDirectory", options.folder), (found) => [
                  Chunk.unsafeFromArray(entriesOf(options.folder, found)),
                  found.ended ? Option.none() : Option.some(0)
                ])
              )
            )
          )
        ),
      pack: (request) =>
        Effect.tap(
          Effect.suspend(() => packed({ op: "pack", room: archiveRooms.take(), ...request })),
          ({ archive }) => archiveRooms.lend(archive.buffer, 1)
        ),
      read: (request) =>
        Effect.tap(
          Effect.suspend(() => packed({ op: "read", room: buffers.take(), ...request })),
          ({ archive, problems }) => buffers.lend(archive.buffer, request.sizes.length - problems.length)
        ),
      whole: (file, follow) => ask({ op: "whole", file, follow }, "open", file),
      hashes: (folder, paths) =>
        Effect.map(
          ask<ReadonlyArray<string | readonly [code: string, message: string]>>(
            { op: "hashAll", folder, paths: paths.join("\u0000") },
            "open",
            folder
          ),
          (all) =>
            all.map((one, index) =>
              typeof one === "string" ? one : systemError("open", `${folder}/${paths[index]}`, ...one)
            )
        ),
      areFolders: (folder, paths) => ask({ op: "folders", folder, paths: paths.join("\u0000") }, "stat", folder),
      md5s: (file, parts) => ask({ op: "hash", file, parts }, "open", file)
    }
  }
)

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
