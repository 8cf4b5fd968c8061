/**
 * Files that hold secrets: who may read them, and how they are written so that nobody else ever can.
 */
import * as PlatformError from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import { randomUUID } from "node:crypto"
import { homedir } from "node:os"
import { basename, dirname, join } from "node:path"

/** `~` and `~/…` as the home directory. */
export const expandHome = (path: string): string =>
  path === "~" ? homedir() : path.startsWith("~/") ? join(homedir(), path.slice(2)) : path

const utf8 = new TextDecoder("utf-8", { fatal: true })

/**
 * The text that bytes are in UTF-8, without a byte order mark; undefined where they are something else. In another encoding a
 * secret would be read as another one than the file holds.
 */
export const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/**
 * Who else than its owner may read or write a file; undefined where nobody may. Windows' modes say nothing about that.
 */
export const sharedWith = (info: FileSystem.File.Info): string | undefined => {
  if (process.platform === "win32") return undefined
  const mode = info.mode & 0o077
  if (mode === 0) return undefined
  return (mode & 0o007) === 0 ? "its group" : "other users"
}

/**
 * Writes a file that only its owner can read (mode 0600), whole or not at all: into a new file beside it, flushed, then
 * renamed over it. Missing directories are made, for the owner alone. A failure or an interruption leaves the old file, and
 * no temporary one.
 */
export const writePrivately = (
  path: string,
  text: string
): Effect.Effect<void, PlatformError.PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const directory = dirname(path)
    yield* Effect.unlessEffect(fs.makeDirectory(directory, { recursive: true, mode: 0o700 }), fs.exists(directory))
    const temporary = join(directory, `.${basename(path)}.${randomUUID()}`)
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
