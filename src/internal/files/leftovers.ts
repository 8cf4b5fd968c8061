/** Removes temporary files that killed processes left behind. */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { join } from "node:path"

const day = 86_400_000

const isOlder = (time: Option.Option<Date>, than: number): boolean =>
  Option.exists(time, (date) => date.getTime() < than)

/**
 * Removes a folder's temporary files that were neither changed nor read for a day. Newer ones may be in use by another
 * process. Links and folders are kept, and errors are ignored.
 *
 * A temporary file that is about to be renamed already has the modification time of its object; its access time shows
 * that it is new.
 */
export const removeLeftovers = (
  fs: FileSystem.FileSystem,
  folder: string,
  isTemporary: (name: string) => boolean
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const before = (yield* Clock.currentTimeMillis) - day
    const names = yield* fs.readDirectory(folder)
    for (const name of names.filter(isTemporary)) {
      const file = join(folder, name)
      const isLeft = Effect.gen(function* () {
        if (Option.isSome(yield* Effect.option(fs.readLink(file)))) return false
        const { atime, mtime, type } = yield* fs.stat(file)
        return type === "File" && isOlder(mtime, before) && isOlder(atime, before)
      })
      yield* Effect.ignore(Effect.whenEffect(fs.remove(file), isLeft))
    }
  }).pipe(Effect.ignore)

/** Whether a name is that of a part file that is never resumed: `.<file>.<UUID>.part`, or without the file. */
export const isPartName = (name: string): boolean =>
  /^\.(.+\.)?[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.part$/s.test(name)

/** Whether a name is that of a part file of this file that can be resumed, for any version of its object. */
export const isKeptPartOf =
  (file: string) =>
  (name: string): boolean =>
    name.startsWith(`.${file}.`) && /^([0-9a-f]{32}|[0-9a-f]{64})(\.parts)?\.part$/.test(name.slice(file.length + 2))
