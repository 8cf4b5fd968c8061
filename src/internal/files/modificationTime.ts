/** Validates and sets modification times of files. */
import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** The limit of a JavaScript Date, and so of the times that Node reports, in milliseconds from 1970. */
const maxMilliseconds = 8.64e15

/** Returns a time that a file can have (milliseconds since 1970, negative before), otherwise undefined. */
export const fileTime = (milliseconds: number): number | undefined =>
  Math.abs(milliseconds) <= maxMilliseconds ? milliseconds : undefined

/** The limits of file systems in seconds, to which they clamp other times: 32 bits, ext4, XFS. */
const limits: ReadonlySet<number> = new Set([-(2 ** 31), 2 ** 31 - 1, 15_032_385_535, 16_299_260_424])

/** Whether a file's time is a limit of its file system, and so may represent a time beyond it. */
export const isLimit = (milliseconds: number): boolean => limits.has(Math.trunc(milliseconds / 1000))

/**
 * Sets a file's modification time in milliseconds since 1970, unless it is undefined.
 *
 * Node interprets a negative number as now, so the time is passed as a Date.
 */
export const setModified = (
  fs: FileSystem.FileSystem,
  path: string,
  milliseconds: number | undefined
): Effect.Effect<void, PlatformError> => {
  if (milliseconds === undefined) return Effect.void
  const time = milliseconds < 0 ? new Date(Math.round(milliseconds)) : milliseconds / 1000
  // The access time is now, so that a new file is not mistaken for an old leftover.
  return Effect.flatMap(Clock.currentTimeMillis, (now) => fs.utimes(path, now / 1000, time))
}
