/** Temporary folders for tests. */
import * as Effect from "effect/Effect"
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

/** A new folder with these files, deleted with the scope. `time` is their modification time, as a Date or in seconds since 1970. */
export const folderOf = (files: Readonly<Record<string, string | Uint8Array>> = {}, time?: number | Date) =>
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

/** The content of every file below a folder, by path. Empty folders end with a slash, and everything else with `@`. */
export const contentOf = (folder: string): Effect.Effect<Readonly<Record<string, string>>> =>
  Effect.promise(async () => {
    const found: Record<string, string> = {}
    const look = async (path: string): Promise<void> => {
      const names = await readdir(join(folder, path))
      if (names.length === 0 && path !== "") found[`${path}/`] = ""
      for (const name of names.toSorted()) {
        const inner = path === "" ? name : `${path}/${name}`
        const info = await lstat(join(folder, inner))
        if (info.isDirectory()) await look(inner)
        else if (info.isFile()) found[inner] = await readFile(join(folder, inner), "latin1")
        else found[`${inner}@`] = ""
      }
    }
    await look("")
    return found
  })
