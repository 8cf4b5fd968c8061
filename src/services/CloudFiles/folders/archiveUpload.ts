/**
 * Uploads small files of a folder many at a time, in archives that the cloud extracts, and verifies each by the container's listing.
 */
import type { SystemError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import type { CommonError, NotFound, QuotaExceeded } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import { release } from "../../../internal/bytes/bufferPool.js"
import type { PackedFiles } from "../../../internal/files/folderReader.js"
import { isPlain } from "../../../internal/worker/archive.js"
import { compareNames } from "../../../internal/worker/names.js"
import { pieces } from "../../../RequestBody.js"
import { bulkEndpoints, type ExtractResult, isNotOffered } from "../bulk/bulk.js"
import { decodedText } from "../names.js"
import { completedWhere, makeCompleting, makeListing } from "../objects/listing.js"
import { mtimeOf, sameTime } from "../objects/modificationTime.js"
import { objectEndpoints, type ObjectSummary } from "../objects/objects.js"
import { failed, isFatal, type Outgoing, type Stop, type UploadJob } from "./job.js"
import type { FolderEvent } from "./model.js"
import { type Archive, fewestFiles } from "./uploadTasks.js"

/** How many archives there are at a time, from the reading of their files to the verification of their objects. */
const archivesAtATime = 3

/** Whether the cloud extracts archives, and keeps the times of their files; undefined before it was asked. */
export interface ArchiveSupport {
  isKnown: boolean | undefined
}

/** The object of a path in a response: `/container/object`, before which some clouds write the account's path. */
const nameOf = (path: string, container: string): string => {
  const bare = decodedText(path)
    .replace(/^\/v1(\.0)?\/[^/]+\//, "")
    .replace(/^\/+/, "")
  return bare.startsWith(`${container}/`) ? bare.slice(container.length + 1) : bare
}

const falseUnlessFatal = (error: CommonError | NotFound | QuotaExceeded): Effect.Effect<boolean, Stop> =>
  isFatal(error) ? Effect.fail(error) : Effect.succeed(false)

/** Sends archives, and finds out whether the cloud extracts them. */
const makeExtraction = (client: CloudClient, support: ArchiveSupport, { container, operation }: UploadJob) => {
  const putArchive = Endpoint.method(client, { ...bulkEndpoints.putArchive, operation })

  const extract = (bytes: Uint8Array) =>
    putArchive({
      destination: { container },
      format: "tar",
      contentType: "",
      content: { bytes, length: bytes.byteLength, stream: pieces(bytes) }
    })

  /** Whether the cloud extracts archives. An empty one is sent: a cloud that does not know archives takes that for an existing container. */
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

/** Checks which files of an archive are stored as they were read. */
const makeArchiveCheck = (client: CloudClient, { container, operation, prefix }: UploadJob) => {
  const list = makeListing(client, operation)
  const getInfo = Endpoint.method(client, { ...objectEndpoints.getObjectInfo, operation })
  const complete = makeCompleting(client, operation)

  /** The objects of a listing from one archive's end to the next one's, by their names. */
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

  /** Whether a file of an archive is an object with its size and MD5. */
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
   * Whether the cloud has made metadata of the times in an archive. Extraction treats all files alike, except for how their names
   * are written, so one file of either kind is asked for.
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

/** Uploads archives. Files of which one is not stored as it was read are uploaded by `uploadFiles`. */
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

  /** Sends an archive. Returns the files that are not stored as they were read. */
  const sendPacked = (
    archive: Archive,
    packed: PackedFiles,
    isPacked: (index: number) => boolean
  ): Effect.Effect<{ readonly again: ReadonlyArray<Outgoing>; readonly events: ReadonlyArray<FolderEvent> }, Stop> =>
    Effect.gen(function* () {
      const { files } = archive
      const isStored = yield* storedFiles(archive, packed, yield* extract(packed.content))
      const hasTimes = yield* keepsTimes(files.filter((file, index) => isPacked(index) && isStored(file, index)))
      // A cloud that does not keep times is sent no further archive.
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
        // A file that was being written is sent as it is then.
        if (problem.isChanged) again.push(file)
        else events.push(failed(file, problem.error))
      }
      if (problems.size < files.length) {
        const sent = yield* sendPacked(archive, packed, (index) => !problems.has(index))
        again.push(...sent.again)
        events.push(...sent.events)
        // Each file is stored as it was read; otherwise a connection may still hold the rest of the archive.
        if (again.length === 0) release(packed.content)
      }
      if (events.length > 0) yield* emit(events)
      // A token that expires meanwhile leaves the rest of an archive behind: that is worth another one.
      yield* again.length >= fewestFiles && attempt === 0 && support.isKnown !== false
        ? upload({ ...archive, files: again }, 1)
        : uploadFiles(again)
    })

  return (archive: Archive): Effect.Effect<void, Stop | SystemError, FileSystem.FileSystem> =>
    archiving.withPermits(1)(
      Effect.flatMap(isSupported, (is) => (is ? upload(archive, 0) : uploadFiles(archive.files)))
    )
}
