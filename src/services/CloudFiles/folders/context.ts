/** The parts that all folder operations share. */
import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import type { InvalidInput } from "../../../CloudError.js"
import type { FolderReader } from "../../../internal/files/folderReader.js"
import type { UploadObject } from "../upload/upload.js"
import { makeDescribing } from "./description.js"
import type { Emit } from "./events.js"
import { makeFolderDownload } from "./fileDownload.js"
import { makeFolderUpload } from "./fileUpload.js"
import { filterOf } from "./glob.js"
import type { Operations, Outgoing, Prepared } from "./job.js"
import type { RemoteEntry } from "./merge.js"
import type {
  DescribeOptions,
  DownloadFolderOptions,
  FolderError,
  FolderOptions,
  SegmentOptions,
  TransferOptions,
  UploadFolderOptions
} from "./model.js"
import { absoluteFolder, folderPrefix } from "./paths.js"

/** Validates the options that all folder operations share. */
export const prepare = (
  client: CloudClient,
  operation: string,
  options: FolderOptions & Pick<TransferOptions, "concurrency"> & SegmentOptions & DescribeOptions
): Effect.Effect<Prepared, InvalidInput> =>
  Effect.map(makeDescribing(client, operation, options).check, () => ({
    folder: absoluteFolder(options.folder),
    prefix: folderPrefix(options.prefix),
    filter: filterOf(options),
    concurrency: options.concurrency ?? 16
  }))

const segmentOptionsOf = ({
  keepSegments,
  largeObject,
  oldSegments,
  resume,
  segmentContainer,
  segmentSize,
  segmentThreshold
}: SegmentOptions): SegmentOptions => ({
  keepSegments,
  largeObject,
  oldSegments,
  resume,
  segmentContainer,
  segmentSize,
  segmentThreshold
})

/** Reports transfers as planned instead of running them. */
const plan =
  <A>(
    action: "upload" | "download",
    emit: Emit,
    fileOf: (item: A) => { path: string; object: string; bytes: number }
  ) =>
  <E, R>(items: Stream.Stream<A, E, R>): Effect.Effect<void, E, R> =>
    Stream.runForEachChunk(items, (chunk) =>
      emit(Chunk.toReadonlyArray(chunk).map((item) => ({ _tag: "Planned", action, ...fileOf(item) })))
    )

/** Uploads files with an operation's options. */
export const makeUploads = (client: CloudClient, upload: UploadObject) => {
  const uploading = makeFolderUpload(client, upload)
  return (operation: string, options: UploadFolderOptions, job: Prepared, reader: FolderReader, emit: Emit) => {
    const send =
      options.dryRun === true
        ? plan<Outgoing>("upload", emit, ({ bytes, object, path }) => ({ path, object, bytes }))
        : uploading({
            ...job,
            operation,
            container: options.container,
            reader,
            emit,
            archives: options.archives ?? "auto",
            follow: options.symlinks === "follow",
            segments: segmentOptionsOf(options)
          })
    const { describe } = makeDescribing(client, operation, options)
    return <E, R>(
      files: Stream.Stream<Outgoing, E, R>
    ): Effect.Effect<void, E | FolderError, R | FileSystem.FileSystem> => send(describe(emit, files))
  }
}

/** Downloads objects with an operation's options. */
export const makeDownloads = (downloads: Operations["downloads"]) => {
  const downloading = makeFolderDownload(downloads)
  type Receive = <E, R>(entries: Stream.Stream<RemoteEntry, E, R>) => Effect.Effect<void, E | FolderError, R>
  return (
    operation: string,
    options: DownloadFolderOptions,
    job: Prepared,
    emit: Emit
  ): Effect.Effect<Receive, PlatformError, FileSystem.FileSystem | Scope.Scope> =>
    options.dryRun === true
      ? Effect.succeed<Receive>(
          plan<RemoteEntry>("download", emit, ({ object, path }) => ({
            path,
            object: object.name,
            bytes: object.bytes
          }))
        )
      : downloading({ ...job, operation, container: options.container, emit })
}
