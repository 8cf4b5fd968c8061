/**
 * Part files: an object is written under another name in the same folder, and renamed once it is complete and verified.
 */
import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { createHash, randomUUID } from "node:crypto"
import { basename, dirname, join } from "node:path"
import { type ByteSource, fromStream } from "../../../internal/bytes/byteSource.js"
import { isKeptPartOf, removeLeftovers } from "../../../internal/files/leftovers.js"
import { setModified } from "../../../internal/files/modificationTime.js"
import { systemError } from "../../../internal/files/systemError.js"
import { unquoted } from "../objects/etags.js"
import { mtimeOf } from "../objects/modificationTime.js"
import type { ObjectInfo } from "../objects/objects.js"

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex")

/** The name of a file, or its digest if the name is too long for a suffix. */
const shortOf = (path: string): string => {
  const name = basename(path)
  return Buffer.byteLength(name) <= 170 ? name : digestOf(name)
}

const partName = (path: string, mark: string): string => join(dirname(path), `.${shortOf(path)}.${mark}.part`)

/** A part file for the file with this path, which is not kept after a failure. */
export const temporaryName = (path: string): string => partName(path, randomUUID())

/** The part files that keep a version for the next attempt. */
const keptNames = (path: string, etag: string): { readonly gapless: string; readonly inParts: string } => {
  const given = unquoted(etag)
  // A cloud may put anything into an ETag, so only plain ones are used in a path.
  const mark = /^[0-9a-z]{1,64}$/i.test(given) ? given : digestOf(given)
  // A separate file; otherwise the gaps between parts would be mistaken for content.
  return { gapless: partName(path, mark), inParts: partName(path, `${mark}.parts`) }
}

/**
 * Opens a part file that was kept. Its name is predictable, so it may have been replaced by a symbolic link, a hard link to another
 * file, or something that is not a file. Then it fails, and nothing is written.
 */
const openKept = (
  fs: FileSystem.FileSystem,
  part: string
): Effect.Effect<FileSystem.File, PlatformError, Scope.Scope> => {
  const checkNoLink = Effect.flatMap(Effect.option(fs.readLink(part)), (target) =>
    Option.isNone(target) ? Effect.void : systemError("open", part, "ELOOP", "the part file is a symbolic link")
  )
  return Effect.gen(function* () {
    yield* checkNoLink
    const file = yield* fs.open(part, { flag: "r+" })
    const opened = yield* file.stat
    // It may have been replaced by a link just before it was opened.
    yield* checkNoLink
    const named = yield* fs.stat(part)
    if (
      opened.type !== "File" ||
      opened.dev !== named.dev ||
      Option.getOrUndefined(opened.ino) !== Option.getOrUndefined(named.ino) ||
      Option.exists(opened.nlink, (names) => names > 1)
    ) {
      return yield* systemError("open", part, "NOTAFILE", "the part file has several links, or is not a file")
    }
    return file
  })
}

/** The part files of one file. */
export const makePartFiles = (fs: FileSystem.FileSystem, path: string) => {
  const remove = (part: string): Effect.Effect<void> => Effect.ignore(fs.remove(part, { force: true }))
  return {
    remove,
    keptNames: (etag: string) => keptNames(path, etag),
    /** Removes kept versions that were not requested again within a day. */
    removeOthers: removeLeftovers(fs, dirname(path), isKeptPartOf(shortOf(path))),
    /** Opens a part file without changing its content, and creates it if it is missing. */
    open: (part: string): Effect.Effect<FileSystem.File, PlatformError, Scope.Scope> =>
      Effect.catchIf(
        fs.open(part, { flag: "wx" }),
        (error) => error._tag === "SystemError" && error.reason === "AlreadyExists",
        () => openKept(fs, part)
      ),
    read: (part: string, offset: number, length: number): ByteSource<PlatformError> =>
      fromStream(fs.stream(part, { offset, bytesToRead: length, chunkSize: 256 * 1024 })),
    sizeOf: (part: string): Effect.Effect<number> =>
      Effect.map(Effect.option(fs.stat(part)), Option.match({ onNone: () => 0, onSome: ({ size }) => Number(size) })),
    rename: (from: string, to: string): Effect.Effect<void> => Effect.ignore(fs.rename(from, to)),
    /** Writes a part file, and renames it to the file. On failure it is removed, unless it is to be kept. */
    complete: <A, E, R>(
      part: string,
      keep: boolean,
      info: ObjectInfo,
      write: Effect.Effect<A, E, R>
    ): Effect.Effect<A, E | PlatformError, R> =>
      Effect.gen(function* () {
        const written = yield* write
        if (keep) yield* Effect.scoped(openKept(fs, part))
        yield* setModified(fs, part, mtimeOf(info))
        yield* fs.rename(part, path)
        return written
      }).pipe(Effect.onError(() => (keep ? Effect.void : remove(part))))
  }
}

/** Returned by {@link makePartFiles}. */
export type PartFiles = ReturnType<typeof makePartFiles>
