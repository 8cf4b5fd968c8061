/** Checks before a write that a folder has not been replaced. */
import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import { behindLink } from "../worker/problems.js"
import { systemError } from "./systemError.js"

/** Fails if a folder has been replaced: see {@link makeFolderCheck}. */
export type FolderCheck = Effect.Effect<void, PlatformError>

/**
 * Creates a check that fails if a folder or one of its parents is gone or has become a symbolic link. `folder` is its
 * real path.
 *
 * Run it after opening a new file and before writing: if the file was opened through a link, the link still exists
 * then. Concurrent callers share one check, if it starts after they asked.
 */
export const makeFolderCheck = (fs: FileSystem.FileSystem, folder: string): FolderCheck => {
  const turn = Effect.unsafeMakeSemaphore(1)
  let asked = 0
  let served = 0
  const check = Effect.suspend(() => {
    const all = asked
    return Effect.flatMap(fs.realPath(folder), (real) => {
      if (real !== folder) return Effect.fail(systemError("open", folder, ...behindLink))
      served = all
      return Effect.void
    })
  })
  return Effect.suspend(() => {
    const own = ++asked
    return turn.withPermits(1)(Effect.suspend(() => (served >= own ? Effect.void : check)))
  })
}
