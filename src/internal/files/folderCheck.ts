/** Whether a folder is still where it was found, before something is written into it. */
import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import { behindLink } from "../worker/problems.js"
import { systemError } from "./systemError.js"

/** Fails where a folder has moved: see {@link makeFolderCheck}. */
export type FolderCheck = Effect.Effect<void, PlatformError>

/**
 * Makes a check that fails where a folder, or one that contains it, has become a symbolic link, or is gone. `folder` is its real
 * path.
 *
 * Run it after a new file was opened and before anything is written: where the file was opened through a link, the link is still
 * there. Many files share one check: its result is for all that asked before it began.
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
