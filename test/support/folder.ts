/** Folders of the tests' own. */
import * as Effect from "effect/Effect"
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

/** A new folder with these files in it, modified at a time in seconds since 1970, and deleted in the end. */
export const folderOf = (files: Readonly<Record<string, string | Uint8Array>> = {}, time?: number) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const folder = await mkdtemp(join(tmpdir(), "effect-rackspace-test-"))
      for (const [path, content] of Object.entries(files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true })
        await writeFile(join(folder, path), content)
        if (time !== undefined) await utimes(join(folder, path), time, time)
      }
      return folder
    }),
    (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
  )
