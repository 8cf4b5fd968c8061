/** Files that contain secrets: checks their permissions, and writes them so that no other user can read them. */
import * as PlatformError from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import { randomUUID } from "node:crypto"
import { basename, dirname, join } from "node:path"
import { removeLeftovers } from "./leftovers.js"

const utf8 = new TextDecoder("utf-8", { fatal: true })

/** Decodes UTF-8 without a byte order mark; undefined if invalid. Another encoding would give a wrong secret. */
export const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/** Which other users may read or write a file; undefined if none may. On Windows the mode does not show it. */
export const sharedWith = (info: FileSystem.File.Info): string | undefined => {
  if (process.platform === "win32") return undefined
  const mode = info.mode & 0o077
  if (mode === 0) return undefined
  return (mode & 0o007) === 0 ? "its group" : "other users"
}

/** The name of a temporary file in the folder of a file: a dot, the file's name, and a random UUID. */
const temporaryName = (path: string): string => `.${basename(path)}.${randomUUID()}`

const isTemporaryOf = (path: string, name: string): boolean =>
  name.startsWith(`.${basename(path)}.`) &&
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name.slice(basename(path).length + 2))

/** Removes files that killed processes left behind in {@link writePrivately}, if they are older than a day. */
export const removeOldTemporaries = (path: string): Effect.Effect<void, never, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => removeLeftovers(fs, dirname(path), (name) => isTemporaryOf(path, name)))

/**
 * Writes a file atomically that only its owner can read (mode 0600): writes and flushes a new file in the same folder,
 * and renames it. Missing directories are created for the owner only. After a failure or an interruption the old file
 * is unchanged, and the temporary one is removed.
 */
export const writePrivately = (
  path: string,
  text: string
): Effect.Effect<void, PlatformError.PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const directory = dirname(path)
    yield* Effect.unlessEffect(fs.makeDirectory(directory, { recursive: true, mode: 0o700 }), fs.exists(directory))
    const temporary = join(directory, temporaryName(path))
    yield* Effect.acquireUseRelease(
      Effect.succeed(temporary),
      () =>
        Effect.scoped(
          Effect.flatMap(fs.open(temporary, { flag: "wx", mode: 0o600 }), (file) =>
            Effect.zipRight(file.writeAll(new TextEncoder().encode(text)), file.sync)
          )
        ).pipe(Effect.zipRight(fs.rename(temporary, path))),
      () => Effect.ignore(fs.remove(temporary, { force: true }))
    )
  })
