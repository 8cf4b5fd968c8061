/**
 * Part files: an object is written under another name in the same folder, and gets the file's name once it is whole and verified.
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

/** The name of a file, or its digest where it leaves no room for a mark. */
const shortOf = (path: string): string => {
  const name = basename(path)
  return Buffer.byteLength(name) <= 170 ? name : digestOf(name)
}

const partName = (path: string, mark: string): string => join(dirname(path), `.${shortOf(path)}.${mark}.part`)

/** A part file for the file of this path, which is not kept. */
export const temporaryName = (path: string): string => partName(path, randomUUID())

/** The part files in which a version is kept for the next time. */
const keptNames = (path: string, etag: string): { readonly gapless: string; readonly inParts: string } => {
  const given = unquoted(etag)
  // A cloud may put anything into an ETag, and only plain ones belong into a path.
  const mark = /^[0-9a-z]{1,64}$/i.test(given) ? given : digestOf(given)
  // Apart, or the holes between parts would be taken for what was written without gaps.
  return { gapless: partName(path, mark), inParts: partName(path, `${mark}.parts`) }
}

/**
 * Opens a part file that was kept. Its name can be foreseen, so something else may bear it: then nothing is written, but it fails.
 * That is a symbolic link or a further name of another file, which would lead elsewhere, and what is no file.
 */
const openKept = (
  fs: FileSystem.FileSystem,
  part: string
): Effect.Effect<FileSystem.File, PlatformError, Scope.Scope> => {
  const checkNoLink = Effect.flatMap(Effect.option(fs.readLink(part)), (target) =>
    Option.isNone(target)
      ? Effect.void
      : systemError("open", part, "ELOOP", "a symbolic link bears the part file's name")
  )
  return Effect.gen(function* () {
    yield* checkNoLink
    const file = yield* fs.open(part, { flag: "r+" })
    const opened = yield* file.stat
    // It may have become a link just before it was opened.
    yield* checkNoLink
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

/** The part files of one file. */
export const makePartFiles = (fs: FileSystem.FileSystem, path: string) => {
  const remove = (part: string): Effect.Effect<void> => Effect.ignore(fs.remove(part, { force: true }))
  return {
    remove,
    keptNames: (etag: string) => keptNames(path, etag),
    /** Removes versions that were kept and not asked for again within a day. */
    removeOthers: removeLeftovers(fs, dirname(path), isKeptPartOf(shortOf(path))),
    /** Opens a part file, which is created where it is missing, and keeps its content. */
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
    /** Writes a part file, and gives it the file's name. Without success it is removed, unless it is to be kept. */
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

/** What {@link makePartFiles} makes. */
export type PartFiles = ReturnType<typeof makePartFiles>
