/**
 * The objects of a folder on their way down: each into a new file in the same folder, verified, and then renamed, so that a file
 * is the old one or the new one; and nothing is ever written outside of the folder.
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import { randomUUID } from "node:crypto"
import { sep } from "node:path"
import type { CommonError } from "../../CloudError.js"
import { release } from "../../internal/bytes/bufferPool.js"
import { manyAtATime } from "../../internal/concurrency/forEachConcurrent.js"
import { writeStream } from "../../internal/files/fileWriting.js"
import { type FolderCheck, makeFolderCheck } from "../../internal/files/folderCheck.js"
import { isPartName, removeLeftovers } from "../../internal/files/leftovers.js"
import { setModified } from "../../internal/files/modificationTime.js"
import { storeSmall } from "../../internal/files/smallFiles.js"
import { type makeDownload, smallObject } from "./download.js"
import type { ObjectSummary } from "./endpoints.js"
import { modifiedAt, type RemoteEntry, smallFile } from "./folderCompare.js"
import type { FileError, FileRefused, FolderError, FolderEvent } from "./folderModel.js"
import { refusedFile, unfitPath } from "./folderNames.js"
import { isFatal, type Job } from "./folderUpload.js"

/** A folder that is there and inside of the one that is filled. */
interface Place {
  /** Its real path. */
  readonly real: string
  readonly check: FolderCheck
}

/** After how many bytes a file's progress is reported. */
const step = 1024 * 1024

/** What makes files of objects, one by one. */
export const makeFolderDownload =
  ({ brief, open }: Pick<ReturnType<typeof makeDownload>, "brief" | "open">) =>
  (job: Job) =>
    Effect.gen(function* () {
      const { container, emit, folder, operation } = job
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory(folder, { recursive: true })
      const root = yield* fs.realPath(folder)

      const isInside = (real: string): boolean =>
        real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)

      const placeOf = (real: string): Place => ({ real, check: makeFolderCheck(fs, real) })

      /** Folders that are there and inside, by their paths within the folder. */
      const known = new Map<string, Place>([["", placeOf(root)]])

      yield* removeLeftovers(fs, root, isPartName)

      /** Those that were made here, and so held nothing that a file could meet. */
      const fresh = new Set<string>()

      /** Makes a folder and those above it, none of them through a link that leads out. */
      const ensure = (path: string): Effect.Effect<Place, PlatformError | FileRefused> =>
        Effect.gen(function* () {
          const found = known.get(path)
          if (found !== undefined) return found
          const cut = path.lastIndexOf("/")
          const above = yield* ensure(cut === -1 ? "" : path.slice(0, cut))
          const own = `${above.real}${sep}${path.slice(cut + 1)}`
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
            return yield* refusedFile(operation, path, "outside", "a symbolic link leads out of the folder there")
          }
          if (isThere && (yield* fs.stat(real)).type !== "Directory") {
            return yield* refusedFile(operation, path, "conflict", "a file is where a folder should be")
          }
          const place = placeOf(real)
          known.set(path, place)
          if (isThere) yield* removeLeftovers(fs, real, isPartName)
          if (!isThere) fresh.add(real)
          return place
        })

      /** Writes into a temporary file, which then takes the target's place. */
      const large = (object: ObjectSummary, path: string, temporary: string, target: string, check: FolderCheck) =>
        Effect.gen(function* () {
          const { info, stream } = yield* open({ container, object: object.name })
          const size = info.bytes ?? object.bytes
          const file = yield* fs.open(temporary, { flag: "wx" })
          yield* check
          let transferred = 0
          let reported = 0
          yield* writeStream(file, stream, {
            length: size,
            progress: (bytes) => {
              transferred += bytes
              if (size <= smallFile || (transferred - reported < step && transferred !== size)) return Effect.void
              reported = transferred
              return emit([{ _tag: "Progress", path, object: object.name, bytes: size, transferred }])
            }
          })
          yield* setModified(fs, temporary, modifiedAt(info))
          return transferred
        }).pipe(
          Effect.scoped,
          Effect.zipLeft(check),
          Effect.zipLeft(fs.rename(temporary, target)),
          Effect.onError(() => Effect.ignore(fs.remove(temporary, { force: true })))
        )

      const conflict = (path: string): FileRefused =>
        refusedFile(operation, path, "conflict", "a folder is where the file should be")

      /** Fails where a folder is in a file's place. A link is replaced by the file, and not what it leads to. */
      const isPlace = (target: string, path: string): Effect.Effect<void, FileRefused> =>
        Effect.flatMap(Effect.option(fs.stat(target)), (found) =>
          Option.exists(found, ({ type }) => type === "Directory")
            ? Effect.flatMap(Effect.option(fs.readLink(target)), (link) =>
                Option.isNone(link) ? Effect.fail(conflict(path)) : Effect.void
              )
            : Effect.void
        )

      // Not as generators: one that is made for each file is a hidden class of its own for V8, as it is called.
      const writeInto = (
        { object, path }: RemoteEntry,
        { check, real: parent }: Place
      ): Effect.Effect<number, FileError> => {
        const target = `${parent}${sep}${path.slice(path.lastIndexOf("/") + 1)}`
        const temporary = `${parent}${sep}.${randomUUID()}.part`
        const whole =
          object.bytes <= smallObject ? brief({ container, object: object.name }) : Effect.succeed(undefined)
        const stored = Effect.flatMap(whole, (small) =>
          small === undefined
            ? large(object, path, temporary, target, check)
            : Effect.map(
                storeSmall(fs, { temporary, target, bytes: small.bytes, time: modifiedAt(small.info), check }),
                () => {
                  const { byteLength } = small.bytes
                  release(small.bytes)
                  return byteLength
                }
              )
        )
        // The folder may have been made for another object meanwhile.
        const checked = Effect.mapError(stored, (error) =>
          error._tag === "SystemError" && error.method === "rename" && known.has(path) ? conflict(path) : error
        )
        return fresh.has(parent) ? checked : Effect.zipRight(isPlace(target, path), checked)
      }

      const write = (entry: RemoteEntry): Effect.Effect<number, FileError> =>
        Effect.suspend(() => {
          const { isMarker, path } = entry
          const bare = path.replace(/\/$/, "")
          const unfit = unfitPath(operation, isMarker ? bare : path)
          if (unfit !== undefined) return Effect.fail(unfit)
          if (isMarker) return Effect.as(ensure(bare), 0)
          const cut = path.lastIndexOf("/")
          const above = cut === -1 ? "" : path.slice(0, cut)
          const parent = known.get(above)
          return parent === undefined
            ? Effect.flatMap(ensure(above), (made) => writeInto(entry, made))
            : writeInto(entry, parent)
        })

      const one = (entry: RemoteEntry): Effect.Effect<void, CommonError> => {
        const { object, path } = entry
        const file = { path, object: object.name, bytes: object.bytes }
        const started: FolderEvent = { _tag: "Started", ...file }
        // Both events of a small file are emitted together: the time between is short, and it costs half as much.
        const before = object.bytes <= smallObject ? [started] : []
        const written = Effect.matchEffect(write(entry), {
          onFailure: (error) =>
            isFatal(error) ? Effect.fail(error) : emit([...before, { _tag: "Failed", ...file, error }]),
          onSuccess: (bytes) => emit([...before, { _tag: "Done", ...file, bytes, archived: false }])
        })
        return before.length > 0 ? written : Effect.zipRight(emit([started]), written)
      }

      return <E, R>(entries: Stream.Stream<RemoteEntry, E, R>): Effect.Effect<void, E | FolderError, R> =>
        manyAtATime(entries, job.concurrency, one)
    })
