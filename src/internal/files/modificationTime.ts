/** Times of last modification: which ones a file can have, and how they are set. */
import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** In milliseconds: the furthest from 1970 that a JavaScript Date can be, and so the furthest that Node reports. */
const furthest = 8.64e15

/** The time, if a file can have it: milliseconds since 1970, negative before. */
export const fileTime = (milliseconds: number): number | undefined =>
  Math.abs(milliseconds) <= furthest ? milliseconds : undefined

/** In seconds: the ends of what file systems keep, which put a time beyond them there: 32 bits, ext4, XFS. */
const ends: ReadonlySet<number> = new Set([-(2 ** 31), 2 ** 31 - 1, 15_032_385_535, 16_299_260_424])

/** Whether a file's time is the furthest that its file system can keep, so that it may stand for one beyond that. */
export const isFurthest = (milliseconds: number): boolean => ends.has(Math.trunc(milliseconds / 1000))

/**
 * Sets when a file was last modified, in milliseconds since 1970; does nothing where that is undefined.
 *
 * Node takes a negative number for now, so a time before 1970 is given as a Date, which has milliseconds.
 */
export const setModified = (
  fs: FileSystem.FileSystem,
  path: string,
  milliseconds: number | undefined
): Effect.Effect<void, PlatformError> => {
  if (milliseconds === undefined) return Effect.void
  const time = milliseconds < 0 ? new Date(Math.round(milliseconds)) : milliseconds / 1000
  // The time of the last access is now, so that a new file is not taken for one that was left long ago.
  return Effect.flatMap(Clock.currentTimeMillis, (now) => fs.utimes(path, now / 1000, time))
}
