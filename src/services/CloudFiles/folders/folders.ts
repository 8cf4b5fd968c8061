/** Folder operations: upload, download, comparison and synchronization, as Streams of events. */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import { folderReader, type FoundEntry } from "../../../internal/files/folderReader.js"
import { makeComparison, type Verdict } from "./comparison.js"
import { makeDownloads, makeUploads, prepare } from "./context.js"
import { type Emit, eventsOf } from "./events.js"
import { failed, type Operations, type Outgoing } from "./job.js"
import { exceptionOf, outgoing, walk } from "./local.js"
import { requireSorted, merged } from "./merge.js"
import type {
  CompareFolderOptions,
  Comparison,
  DownloadFolderOptions,
  FolderError,
  FolderEvent,
  UploadFolderOptions
} from "./model.js"
import { correctSegments, makeRemote, segmentRefused, withoutSegments } from "./remote.js"
import { makeSync } from "./sync.js"

/** Reports files that cannot be uploaded, and returns the others. */
const uploadable = (
  operation: string,
  prefix: string,
  isSegment: (object: string) => Effect.Effect<boolean, FolderError>,
  emit: Emit,
  chunk: Chunk.Chunk<FoundEntry>
): Effect.Effect<Chunk.Chunk<Outgoing>, FolderError> =>
  Effect.gen(function* () {
    const exceptions: Array<FolderEvent> = []
    const files: Array<Outgoing> = []
    for (const entry of chunk) {
      const exception = exceptionOf(operation, prefix, entry)
      const file = outgoing(prefix, entry)
      if (exception !== undefined) exceptions.push(exception)
      else if (yield* isSegment(file.object)) exceptions.push(failed(file, segmentRefused(operation, file.path)))
      else files.push(file)
    }
    if (exceptions.length > 0) yield* emit(exceptions)
    return Chunk.unsafeFromArray(files)
  })

const comparisonOf = (operation: string, prefix: string, { local, path, remote, verdict }: Verdict): Comparison => {
  const exception = local === undefined ? undefined : exceptionOf(operation, prefix, local)
  if (exception !== undefined) return exception
  const file = { path, object: remote?.object.name ?? prefix + path, bytes: local?.bytes ?? remote?.object.bytes ?? 0 }
  if (typeof verdict === "object") return { _tag: "Failed", ...file, error: verdict.error }
  const here = { bytes: local?.bytes ?? 0, modified: local?.time ?? 0 }
  const there = {
    bytes: remote?.object.bytes ?? 0,
    modified: remote === undefined ? 0 : remote.object.lastModified?.epochMillis
  }
  switch (verdict) {
    case "onlyLocal":
      return { _tag: "OnlyLocal", ...file, local: here }
    case "onlyRemote":
      return { _tag: "OnlyRemote", ...file, remote: there }
    case "same":
      return { _tag: "Same", ...file, local: here, remote: there }
    case "different":
      return { _tag: "Different", ...file, local: here, remote: there }
  }
}

/** The folder operations. */
export const makeFolders = (client: CloudClient, operations: Operations) => {
  const { downloads, getCapabilities, upload } = operations
  const sending = makeUploads(client, upload)
  const receiving = makeDownloads(downloads)

  const uploadFolder = (options: UploadFolderOptions): Stream.Stream<FolderEvent, FolderError, FileSystem.FileSystem> =>
    eventsOf((emit) =>
      Effect.gen(function* () {
        const operation = "CloudFiles.uploadFolder"
        const job = yield* prepare(client, operation, options)
        const remote = makeRemote(client, operation, getCapabilities)
        yield* remote.getContainer({ container: options.container })
        const reader = yield* folderReader
        const send = sending(operation, options, job, reader, emit)
        const isSegment = yield* remote.overwrittenSegments(options.container, job.prefix)
        yield* send(
          Stream.mapChunksEffect(walk(reader, options, job), (chunk) =>
            uploadable(operation, job.prefix, isSegment, emit, chunk)
          )
        )
      })
    )

  const downloadFolder = (
    options: DownloadFolderOptions
  ): Stream.Stream<FolderEvent, FolderError, FileSystem.FileSystem> =>
    eventsOf((emit) =>
      Effect.gen(function* () {
        const operation = "CloudFiles.downloadFolder"
        const { container } = options
        const job = yield* prepare(client, operation, options)
        const remote = makeRemote(client, operation, getCapabilities)
        yield* remote.getContainer({ container })
        const receive = yield* receiving(operation, options, job, emit)
        const segments = yield* remote.segmentsUnder(container, job.prefix)
        yield* receive(withoutSegments(segments, remote.entries(container, job)))
      })
    )

  const compareFolder = (options: CompareFolderOptions): Stream.Stream<Comparison, FolderError> =>
    Stream.unwrapScoped(
      Effect.gen(function* () {
        const operation = "CloudFiles.compareFolder"
        const { compare = "sizeAndTime", container } = options
        const job = yield* prepare(client, operation, options)
        const { folder, prefix } = job
        const remote = makeRemote(client, operation, getCapabilities)
        yield* remote.getContainer({ container })
        const reader = yield* folderReader
        const segments = yield* remote.segmentsUnder(container, prefix)
        const pairs = merged(walk(reader, options, job), requireSorted(operation, remote.entries(container, job)))
        const comparison = { operation, reader, folder, container, compare, receiver: "remote" as const }
        const verdicts = correctSegments(operation, segments, false, makeComparison(client, comparison)(pairs))
        return Stream.mapChunks(verdicts, (chunk) => Chunk.map(chunk, (one) => comparisonOf(operation, prefix, one)))
      })
    )

  return { uploadFolder, downloadFolder, compareFolder, sync: makeSync(client, operations, sending, receiving) }
}
