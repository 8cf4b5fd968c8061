/** Uploads small files in archives that the cloud extracts, and verifies each file with the container's listing. */
import type { SystemError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import type { CommonError, NotFound, QuotaExceeded } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import type { PackedFiles } from "../../../internal/files/folderReader.js"
import { isPlain } from "../../../internal/worker/archive.js"
import { compareNames } from "../../../internal/worker/names.js"
import { content } from "../../../RequestBody.js"
import { bulkEndpoints, type ExtractResult, isNotOffered } from "../bulk/bulk.js"
import { decodedText } from "../names.js"
import { completedWhere, makeCompleting, makeListing } from "../objects/listing.js"
import { mtimeOf, sameTime } from "../objects/modificationTime.js"
import { objectEndpoints, type ObjectSummary } from "../objects/objects.js"
import { failed, isFatal, type Outgoing, type Stop, type UploadJob } from "./job.js"
import type { FolderEvent } from "./model.js"
import { type Archive, minArchiveFiles } from "./uploadTasks.js"

/** How many archives are processed concurrently, from reading their files to verifying the objects. */
const archivesAtATime = 3

/** Whether the cloud extracts archives and keeps the files' times; undefined until known. */
export interface ArchiveSupport {
  isKnown: boolean | undefined
}

/** The object name in a response path `/container/object`, which some clouds prefix with the account's path. */
const nameOf = (path: string, container: string): string => {
  const bare = decodedText(path)
    .replace(/^\/v1(\.0)?\/[^/]+\//, "")
    .replace(/^\/+/, "")
  return bare.startsWith(`${container}/`) ? bare.slice(container.length + 1) : bare
}

const falseUnlessFatal = (error: CommonError | NotFound | QuotaExceeded): Effect.Effect<boolean, Stop> =>
  isFatal(error) ? Effect.fail(error) : Effect.succeed(false)

/** Sends archives, and detects whether the cloud supports them. */
const makeExtraction = (client: CloudClient, support: ArchiveSupport, { container, operation }: UploadJob) => {
  const putArchive = Endpoint.method(client, { ...bulkEndpoints.putArchive, operation })

  const extract = (bytes: Uint8Array) =>
    putArchive({
      destination: { container },
      format: "tar",
      contentType: "",
      content: content(bytes)
    })

  /**
   * Detects whether the cloud extracts archives by sending an empty one, which a cloud without that feature takes as
   * the creation of a container that exists.
   */
  const isSupported = Effect.suspend((): Effect.Effect<boolean, Stop> => {
    if (support.isKnown !== undefined) return Effect.succeed(support.isKnown)
    return extract(new Uint8Array(1024)).pipe(
      Effect.as(true),
      Effect.catchIf(isNotOffered, () => Effect.succeed(false)),
      Effect.catchAll(falseUnlessFatal),
      Effect.tap((known) =>
        Effect.sync(() => {
          support.isKnown = known
        })
      )
    )
  })

  return {
    isSupported,
    extract: (archive: Uint8Array): Effect.Effect<Either.Either<ExtractResult, unknown>, Stop> =>
      Effect.tap(Effect.either(extract(archive)), (result) =>
        Either.isLeft(result) && isFatal(result.left) ? Effect.fail(result.left) : Effect.void
      )
  }
}

/** Checks which files of an archive were stored correctly. */
const makeArchiveCheck = (client: CloudClient, { container, operation, prefix }: UploadJob) => {
  const list = makeListing(client, operation)
  const getInfo = Endpoint.method(client, { ...objectEndpoints.getObjectInfo, operation })
  const complete = makeCompleting(client, operation)

  /** The objects from the end of the previous archive to the end of this one, by name. */
  const storedObjects = ({ after, files }: Archive): Effect.Effect<ReadonlyMap<string, ObjectSummary>, Stop> =>
    Effect.suspend(() => {
      const last = files.at(-1)?.object ?? ""
      const wanted = new Set(files.map(({ object }) => object))
      const found = new Map<string, ObjectSummary>()
      return list({ container, prefix, marker: after, endMarker: `${last}\u0001` }).pipe(
        Stream.takeUntil(({ name }) => compareNames(name, last) >= 0),
        Stream.mapChunksEffect((chunk) =>
          completedWhere(
            chunk,
            ({ hash, name }) => hash === undefined && wanted.has(name),
            (entry) => complete(container, entry)
          )
        ),
        Stream.runForEachChunk((chunk) =>
          Effect.sync(() => {
            for (const object of chunk) if (wanted.has(object.name)) found.set(object.name, object)
          })
        ),
        Effect.as(found)
      )
    })

  /** Whether a file of an archive is stored with its size and MD5. */
  const storedFiles = (archive: Archive, packed: PackedFiles, result: Either.Either<ExtractResult, unknown>) =>
    Effect.gen(function* () {
      if (Either.isLeft(result)) return () => false
      const refused = new Set(result.right.errors.map(([path]) => nameOf(path, container)))
      const objects = yield* storedObjects(archive)
      return (file: Outgoing, index: number): boolean => {
        const object = objects.get(file.object)
        return (
          object !== undefined &&
          object.bytes === file.bytes &&
          object.hash === packed.md5s.slice(index * 32, index * 32 + 32) &&
          !refused.has(file.object)
        )
      }
    })

  /**
   * Whether the cloud stored the files' times as metadata. Extraction treats all files alike, except for the encoding
   * of their names, so one file of each encoding is checked.
   */
  const keepsTimes = (files: ReadonlyArray<Outgoing>): Effect.Effect<boolean, Stop> =>
    Effect.suspend(() => {
      const plain = files.find(({ object }) => isPlain(object))
      const other = files.find(({ object }) => !isPlain(object))
      return Effect.every([plain, other], (file) =>
        file === undefined
          ? Effect.succeed(true)
          : getInfo({ container, object: file.object }).pipe(
              Effect.map((info) => {
                const kept = mtimeOf(info)
                return kept !== undefined && sameTime(kept, file.time)
              }),
              Effect.catchAll(falseUnlessFatal)
            )
      )
    })

  return { storedFiles, keepsTimes }
}

/** Uploads archives. If a file was not stored correctly, `uploadFiles` uploads it. */
export const makeArchiveUpload = (
  client: CloudClient,
  support: ArchiveSupport,
  job: UploadJob,
  uploadFiles: (files: ReadonlyArray<Outgoing>) => Effect.Effect<void, Stop | SystemError, FileSystem.FileSystem>
) => {
  const { emit, folder, follow, prefix, reader } = job
  const archiving = Effect.unsafeMakeSemaphore(archivesAtATime)
  const { extract, isSupported } = makeExtraction(client, support, job)
  const { keepsTimes, storedFiles } = makeArchiveCheck(client, job)

  const pack = (files: ReadonlyArray<Outgoing>): Effect.Effect<PackedFiles, SystemError> =>
    reader.pack({
      folder,
      prefix,
      follow,
      paths: files.map(({ path }) => path).join("\u0000"),
      sizes: Float64Array.from(files, ({ bytes }) => bytes),
      times: Float64Array.from(files, ({ time }) => time)
    })

  /** Sends an archive. Returns the files that were not stored correctly. */
  const sendPacked = (
    archive: Archive,
    packed: PackedFiles,
    isPacked: (index: number) => boolean
  ): Effect.Effect<{ readonly again: ReadonlyArray<Outgoing>; readonly events: ReadonlyArray<FolderEvent> }, Stop> =>
    Effect.gen(function* () {
      const { files } = archive
      const isStored = yield* storedFiles(archive, packed, yield* extract(packed.content))
      const hasTimes = yield* keepsTimes(files.filter((file, index) => isPacked(index) && isStored(file, index)))
      // Do not send further archives to a cloud that loses the times.
      if (!hasTimes) support.isKnown = false
      const events: Array<FolderEvent> = []
      const again: Array<Outgoing> = []
      for (const [index, file] of files.entries()) {
        const { bytes, object, path } = file
        if (!isPacked(index)) continue
        if (hasTimes && isStored(file, index)) events.push({ _tag: "Done", path, object, bytes, archived: true })
        else again.push(file)
      }
      return { again, events }
    })

  const upload = (archive: Archive, attempt: number): Effect.Effect<void, Stop | SystemError, FileSystem.FileSystem> =>
    Effect.gen(function* () {
      const { files } = archive
      const packed = yield* pack(files)
      const problems = new Map(packed.problems.map((problem) => [problem.index, problem]))
      const again: Array<Outgoing> = []
      const events: Array<FolderEvent> = []
      for (const [index, problem] of problems) {
        const file = files[index]
        if (file === undefined) continue
        // The file changed while it was read, so it is read again.
        if (problem.isChanged) again.push(file)
        else events.push(failed(file, problem.error))
      }
      if (problems.size < files.length) {
        const sent = yield* sendPacked(archive, packed, (index) => !problems.has(index))
        again.push(...sent.again)
        events.push(...sent.events)
        // If a file is missing, a connection may still be sending the archive, so its buffer is not reused.
        if (again.length === 0) packed.release()
      }
      if (events.length > 0) yield* emit(events)
      // An expired token can leave the rest of an archive behind, so a second archive is worthwhile.
      yield* again.length >= minArchiveFiles && attempt === 0 && support.isKnown !== false
        ? upload({ ...archive, files: again }, 1)
        : uploadFiles(again)
    })

  return (archive: Archive): Effect.Effect<void, Stop | SystemError, FileSystem.FileSystem> =>
    archiving.withPermits(1)(
      Effect.flatMap(isSupported, (is) => (is ? upload(archive, 0) : uploadFiles(archive.files)))
    )
}
