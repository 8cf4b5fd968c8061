/**
 * Downloads the objects of a folder. Each is written to a temporary file in the same folder, verified and then renamed,
 * so that a file has either its old or its new content. Nothing is written outside the folder.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import { randomUUID } from "node:crypto"
import type { CommonError } from "../../../CloudError.js"
import { forEachConcurrent } from "../../../internal/concurrency/forEachConcurrent.js"
import { writeSource } from "../../../internal/files/fileWriting.js"
import { setModified } from "../../../internal/files/modificationTime.js"
import { storeSmall } from "../../../internal/files/smallFiles.js"
import { smallObject } from "../download/download.js"
import { modifiedAt } from "../objects/modificationTime.js"
import type { ObjectSummary } from "../objects/objects.js"
import { failed, isFatal, type Job, type Operations, progressStep, smallFile } from "./job.js"
import { makeLocalFolders, type Place } from "./localFolders.js"
import { markedFolder, type RemoteEntry } from "./merge.js"
import type { FileError, FileRefused, FolderError, FolderEvent } from "./model.js"
import { refusedFile, unfitPath } from "./paths.js"

const conflict = (operation: string, path: string): FileRefused =>
  refusedFile(operation, path, "conflict", "there is a folder at the path of the file")

/** The temporary file that an object is written to, and the target that it replaces. */
interface Files {
  readonly temporary: string
  readonly target: string
  readonly check: Place["check"]
}

/** Writes an object to a file of a folder. Returns its length. */
const makeWriting = (
  { begin, readWhole }: Operations["downloads"],
  fs: FileSystem.FileSystem,
  { container, emit, operation }: Job,
  { isFresh, isKnown }: Pick<ReturnType<typeof makeLocalFolders>, "isFresh" | "isKnown">
) => {
  const writeLarge = ({ object, path }: RemoteEntry, { check, target, temporary }: Files) =>
    Effect.gen(function* () {
      const { info, source } = yield* begin({ container, object: object.name })
      const size = info.bytes ?? object.bytes
      const file = yield* fs.open(temporary, { flag: "wx" })
      yield* check
      let transferred = 0
      let reported = 0
      const progress = (bytes: number): Effect.Effect<void> => {
        transferred += bytes
        if (size <= smallFile || (transferred - reported < progressStep && transferred !== size)) return Effect.void
        reported = transferred
        return emit([{ _tag: "Progress", path, object: object.name, bytes: size, transferred }])
      }
      yield* writeSource(file, source, { length: size, progress })
      yield* setModified(fs, temporary, modifiedAt(info))
      return transferred
    }).pipe(
      Effect.scoped,
      Effect.zipLeft(check),
      Effect.zipLeft(fs.rename(temporary, target)),
      Effect.onError(() => Effect.ignore(fs.remove(temporary, { force: true })))
    )

  /** Fails if the target is a folder. A symbolic link is replaced itself; its target stays. */
  const checkTarget = (target: string, path: string): Effect.Effect<void, FileRefused> =>
    Effect.flatMap(Effect.option(fs.stat(target)), (found) =>
      Option.exists(found, ({ type }) => type === "Directory")
        ? Effect.flatMap(Effect.option(fs.readLink(target)), (link) =>
            Option.isNone(link) ? Effect.fail(conflict(operation, path)) : Effect.void
          )
        : Effect.void
    )

  const readSmall = ({ bytes, name }: ObjectSummary) =>
    bytes <= smallObject ? readWhole({ container, object: name }) : Effect.succeed(undefined)

  // A generator would be slower: V8 creates a hidden class for each file's generator.
  return (entry: RemoteEntry, { check, inside, real }: Place): Effect.Effect<number, FileError> => {
    const { object, path } = entry
    const target = inside(path.slice(path.lastIndexOf("/") + 1))
    const temporary = inside(`.${randomUUID()}.part`)
    const written = Effect.flatMap(readSmall(object), (small) => {
      if (small === undefined) return writeLarge(entry, { temporary, target, check })
      const { body, info } = small
      const file = { temporary, target, bytes: body.bytes, time: modifiedAt(info), check }
      return Effect.map(storeSmall(fs, file), () => {
        body.release()
        return body.bytes.byteLength
      })
    })
    // Another download may have created a folder at this path in the meantime.
    const checked = Effect.mapError(written, (error) =>
      error._tag === "SystemError" && error.method === "rename" && isKnown(path) ? conflict(operation, path) : error
    )
    return isFresh(real) ? checked : Effect.zipRight(checkTarget(target, path), checked)
  }
}

/** Downloads objects into a folder. */
export const makeFolderDownload = (downloads: Operations["downloads"]) => (job: Job) =>
  Effect.gen(function* () {
    const { concurrency, emit, folder, operation } = job
    const fs = yield* FileSystem.FileSystem
    yield* fs.makeDirectory(folder, { recursive: true })
    const folders = makeLocalFolders(fs, operation, yield* fs.realPath(folder))
    yield* folders.removeLeftovers
    const writeFile = makeWriting(downloads, fs, job, folders)

    const write = (entry: RemoteEntry): Effect.Effect<number, FileError> =>
      Effect.suspend((): Effect.Effect<number, FileError> => {
        const { isMarker, path } = entry
        const bare = isMarker ? markedFolder(entry) : path
        const unfit = unfitPath(operation, bare)
        if (unfit !== undefined) return Effect.fail(unfit)
        if (isMarker) return Effect.as(folders.ensure(bare), 0)
        const above = path.slice(0, Math.max(0, path.lastIndexOf("/")))
        const place = folders.get(above)
        return place === undefined
          ? Effect.flatMap(folders.ensure(above), (made) => writeFile(entry, made))
          : writeFile(entry, place)
      })

    const download = (entry: RemoteEntry): Effect.Effect<void, CommonError> => {
      const { object, path } = entry
      const file = { path, object: object.name, bytes: object.bytes }
      const started: FolderEvent = { _tag: "Started", ...file }
      // Both events of a small file are emitted together, which halves their cost.
      const before = object.bytes <= smallObject ? [started] : []
      const written = Effect.matchEffect(write(entry), {
        onFailure: (error) => (isFatal(error) ? Effect.fail(error) : emit([...before, failed(file, error)])),
        onSuccess: (bytes) => emit([...before, { _tag: "Done", ...file, bytes, archived: false }])
      })
      return before.length > 0 ? written : Effect.zipRight(emit([started]), written)
    }

    return <E, R>(entries: Stream.Stream<RemoteEntry, E, R>): Effect.Effect<void, E | FolderError, R> =>
      forEachConcurrent(entries, concurrency, download)
  })
