/** Creates the folders of a download, without following symbolic links out of the target folder. */
import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import { sep } from "node:path"
import { type FolderCheck, makeFolderCheck } from "../../../internal/files/folderCheck.js"
import { isPartName, removeLeftovers } from "../../../internal/files/leftovers.js"
import type { FileRefused } from "./model.js"
import { refusedFile } from "./paths.js"

/** An existing folder inside the target folder. */
export interface Place {
  /** Its real path. */
  readonly real: string
  /** Fails if the folder has been replaced. */
  readonly check: FolderCheck
  /** The path of a file in this folder. */
  readonly inside: (name: string) => string
}

/** The folders of a download to `root`, which is a real path. */
export const makeLocalFolders = (fs: FileSystem.FileSystem, operation: string, root: string) => {
  const isInside = (real: string): boolean => real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)

  const placeOf = (real: string): Place => ({
    real,
    check: makeFolderCheck(fs, real),
    inside: (name) => `${real}${sep}${name}`
  })

  /** Existing folders by path within the root. */
  const known = new Map<string, Place>([["", placeOf(root)]])

  /** Folders created by this download. They contain no files that could be in the way. */
  const fresh = new Set<string>()

  /** Creates a folder and its parents. */
  const ensure = (path: string): Effect.Effect<Place, PlatformError | FileRefused> =>
    Effect.gen(function* () {
      const found = known.get(path)
      if (found !== undefined) return found
      const cut = path.lastIndexOf("/")
      const above = yield* ensure(path.slice(0, Math.max(0, cut)))
      const own = above.inside(path.slice(cut + 1))
      yield* above.check
      const isThere = yield* fs.makeDirectory(own).pipe(
        Effect.as(false),
        Effect.catchIf(
          (error) => error._tag === "SystemError" && error.reason === "AlreadyExists",
          () => Effect.succeed(true)
        )
      )
      const real = yield* fs.realPath(own)
      if (!isInside(real)) {
        return yield* refusedFile(operation, path, "outside", "a symbolic link in its path leads out of the folder")
      }
      if (isThere && (yield* fs.stat(real)).type !== "Directory") {
        return yield* refusedFile(operation, path, "conflict", "there is a file at the path of a folder")
      }
      const place = placeOf(real)
      known.set(path, place)
      if (isThere) yield* removeLeftovers(fs, real, isPartName)
      else fresh.add(real)
      return place
    })

  return {
    ensure,
    get: (path: string): Place | undefined => known.get(path),
    isKnown: (path: string): boolean => known.has(path),
    isFresh: (real: string): boolean => fresh.has(real),
    /** Removes temporary files that a killed process left behind. */
    removeLeftovers: removeLeftovers(fs, root, isPartName)
  }
}
