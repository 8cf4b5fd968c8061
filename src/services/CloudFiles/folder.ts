/**
 * Folders: upload, download, comparison and synchronization, as Streams of what happens to each file.
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { dirname, join } from "node:path"
import type { CloudClient } from "../../CloudClient.js"
import type { CommonError, InvalidInput, NotFound } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { keepingInterruption } from "../../internal/concurrency/interruption.js"
import { behindLink, type Filter, isSelected, unfollowed } from "../../internal/files/folderReader.js"
import { folderReader, type FolderReader, type FoundEntry } from "../../internal/files/folderReading.js"
import { systemError } from "../../internal/files/systemError.js"
import type { BulkDelete } from "./bulk.js"
import type { Discovery } from "./capabilities.js"
import { type ContainerSegments, makeContainerSegments } from "./containerSegments.js"
import type { makeDownload } from "./download.js"
import { endpoints } from "./endpoints.js"
import {
  inOrder,
  isMarker,
  makeComparing,
  mayBeMarker,
  merged,
  type RemoteEntry,
  smallFile,
  type Verdict
} from "./folderCompare.js"
import { makeDescribing } from "./folderDescription.js"
import { makeFolderDownload } from "./folderDownload.js"
import {
  type CompareFolderOptions,
  type Comparison,
  counting,
  type DescribeOptions,
  type DownloadFolderOptions,
  type FolderError,
  type FolderEvent,
  type FolderOptions,
  type ReadOptions,
  type SegmentOptions,
  type SyncOptions,
  type TransferOptions,
  type UploadFolderOptions
} from "./folderModel.js"
import { absoluteFolder, folderPrefix, refusedFile, unfitObject } from "./folderNames.js"
import { type Job, makeFolderUpload, type Outgoing } from "./folderUpload.js"
import { filterOf } from "./glob.js"
import { type ListingCheck, makeListingCheck } from "./listingCheck.js"
import { completedWhere, makeCompleting, makeListing } from "./remoteListing.js"
import type { makeUpload } from "./upload.js"

type Emit = Job["emit"]

/** What is at the receiving side only. */
interface Superfluous {
  readonly path: string
  readonly object: string
  readonly bytes: number
}

type FoundSegments = Effect.Effect<ContainerSegments, FolderError>

const segmentRefused = (operation: string, path: string) =>
  refusedFile(
    operation,
    path,
    "segment",
    "the object of its name is a segment of a large object, which would be destroyed"
  )

/** How many events wait to be taken; then the transfer waits. */
const capacity = 4096

/** Runs a transfer for as long as its events are taken, and ends it with them. */
const eventsOf = <E, R>(
  transfer: (emit: Emit, failures: () => number) => Effect.Effect<void, E, R>
): Stream.Stream<FolderEvent, E, Exclude<R, Scope.Scope>> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const mailbox = yield* Mailbox.make<FolderEvent, E>({ capacity })
      const counted = counting()
      const emit: Emit = (events) =>
        Effect.suspend(() => {
          counted.add(events)
          return Effect.asVoid(mailbox.offerAll(events))
        })
      yield* Effect.suspend(() => transfer(emit, () => counted.sum().failed)).pipe(
        Effect.zipRight(Effect.suspend(() => mailbox.offer(counted.sum()))),
        Effect.scoped,
        Mailbox.into(mailbox),
        keepingInterruption,
        Effect.forkScoped
      )
      return Mailbox.toStream(mailbox)
    })
  ) as Stream.Stream<FolderEvent, E, Exclude<R, Scope.Scope>>

/** The checked options that all operations on folders have in common. */
interface Prepared {
  readonly folder: string
  readonly prefix: string
  readonly filter: Filter
  readonly concurrency: number
}

/** The operations on folders. */
export const makeFolders = (
  client: CloudClient,
  {
    bulkDelete,
    downloads,
    getCapabilities,
    upload
  }: {
    readonly upload: ReturnType<typeof makeUpload>
    readonly downloads: Pick<ReturnType<typeof makeDownload>, "brief" | "open">
    readonly bulkDelete: BulkDelete
    readonly getCapabilities: Discovery["getCapabilities"]
  }
) => {
  const uploading = makeFolderUpload(client, upload)
  const downloading = makeFolderDownload(downloads)

  const prepared = (
    operation: string,
    options: FolderOptions & Pick<TransferOptions, "concurrency"> & SegmentOptions & DescribeOptions
  ): Effect.Effect<Prepared, InvalidInput> =>
    Effect.gen(function* () {
      yield* makeDescribing(client, operation, options).check
      return {
        folder: absoluteFolder(options.folder),
        prefix: folderPrefix(options.prefix),
        filter: filterOf(options),
        concurrency: options.concurrency ?? 16
      }
    })

  /** Fails with `NotFound` where there is no such container, before anything is read. */
  const containerOf = (operation: string, container: string) =>
    Endpoint.method(client, { ...endpoints.getContainer, operation })({ container })

  const remoteOf = (
    operation: string,
    { container }: FolderOptions,
    { filter, prefix }: Prepared,
    checked: (listed: number) => Effect.Effect<void, CommonError | NotFound> = () => Effect.void
  ): Stream.Stream<RemoteEntry, CommonError | NotFound> =>
    Stream.suspend(() => {
      const complete = makeCompleting(client, operation)
      let listed = 0
      return makeListing(
        client,
        operation
      )({ container, prefix }).pipe(
        Stream.mapChunksEffect((chunk) => {
          listed += chunk.length
          return completedWhere(chunk, mayBeMarker, (entry) => complete(container, entry))
        }),
        Stream.concat(Stream.execute(Effect.suspend(() => checked(listed)))),
        Stream.mapChunks((chunk) =>
          Chunk.filterMap(chunk, (object) => {
            const path = object.name.slice(prefix.length)
            const marker = isMarker(object)
            const bare = marker ? path.replace(/\/$/, "") : path
            return bare !== "" && isSelected(filter, bare)
              ? Option.some<RemoteEntry>({ path, object, isMarker: marker })
              : Option.none()
          })
        )
      )
    })

  /** What is a segment of a large object under the prefix: found when it is first needed. */
  const segmentsUnder = (operation: string, container: string, prefix: string) =>
    Effect.cached(makeContainerSegments(client, operation, getCapabilities)({ container, prefix, thorough: false }))

  /** Whether an object that an upload would overwrite is a segment. Nothing is where nothing is stored under the prefix. */
  const overwritable = (operation: string, container: string, prefix: string) =>
    Effect.gen(function* () {
      const page = Endpoint.method(client, {
        ...endpoints.listObjectsPage,
        operation,
        errors: new Set(["NotFound"] as const)
      })
      const head = Endpoint.method(client, { ...endpoints.getObjectInfo, operation })
      const isFree = (yield* page({ container, prefix, limit: 1 })).length === 0
      const segments = isFree ? undefined : yield* segmentsUnder(operation, container, "")
      return (object: string): Effect.Effect<boolean, FolderError> =>
        segments === undefined
          ? Effect.succeed(false)
          : Effect.flatMap(segments, ({ has }) =>
              has(object)
                ? Effect.match(head({ container, object }), {
                    onFailure: ({ _tag }) => _tag !== "NotFound",
                    onSuccess: () => true
                  })
                : Effect.succeed(false)
            )
    })

  /** Drops the segments of large objects, which are no files. */
  const withoutSegments = <E, R>(
    segments: FoundSegments,
    entries: Stream.Stream<RemoteEntry, E, R>
  ): Stream.Stream<RemoteEntry, E | FolderError, R> =>
    Stream.mapChunksEffect(entries, (chunk) =>
      Chunk.isEmpty(chunk)
        ? Effect.succeed(chunk)
        : Effect.map(segments, ({ has, isEmpty }) =>
            isEmpty ? chunk : Chunk.filter(chunk, ({ object }) => !has(object.name))
          )
    )

  /**
   * Judges anew where an object is a segment of a large object, and so no counterpart of a file. One without a file is dropped. A
   * file of its name that differs is only local; or it is refused, if it would overwrite the segment.
   */
  const besideSegments = <E, R>(
    operation: string,
    segments: FoundSegments,
    refuses: boolean,
    verdicts: Stream.Stream<Verdict, E, R>
  ): Stream.Stream<Verdict, E | FolderError, R> => {
    const differs = ({ remote, verdict }: Verdict): boolean =>
      remote !== undefined && (verdict === "different" || (verdict === "onlyRemote" && !refuses))
    return Stream.mapChunksEffect(verdicts, (chunk) =>
      Chunk.some(chunk, differs)
        ? Effect.map(segments, ({ has }) =>
            Chunk.filterMap(chunk, (one) => {
              if (!differs(one) || !has(one.remote?.object.name ?? "")) return Option.some(one)
              if (one.local === undefined) return Option.none()
              return Option.some<Verdict>(
                refuses
                  ? { ...one, verdict: { error: segmentRefused(operation, one.path) } }
                  : { ...one, remote: undefined, verdict: "onlyLocal" }
              )
            })
          )
        : Effect.succeed(chunk)
    )
  }

  const localOf = (
    reader: FolderReader,
    { emptyFolders = false, outsideLinks = false, symlinks = "skip" }: ReadOptions,
    { filter, folder }: Prepared,
    links = false
  ) => reader.walk({ folder, filter, follow: symlinks === "follow", outside: outsideLinks, empty: emptyFolders, links })

  /** The event for an entry that is no file and no folder, or whose name no object can have. */
  const remark = (
    operation: string,
    prefix: string,
    entry: FoundEntry
  ): Extract<FolderEvent, { readonly _tag: "Skipped" | "Failed" }> | undefined => {
    const file = { path: entry.path, object: prefix + entry.path, bytes: entry.bytes }
    switch (entry.kind) {
      case "file":
      case "folder": {
        const error = unfitObject(operation, entry.path, entry.kind === "folder" ? `${file.object}/` : file.object)
        return error === undefined ? undefined : { _tag: "Failed", ...file, error }
      }
      case "name":
        return {
          _tag: "Failed",
          ...file,
          error: refusedFile(operation, entry.path, "notUnicode", "its name is not valid UTF-8, as an object's must be")
        }
      case "error":
        return {
          _tag: "Failed",
          ...file,
          error: entry.problem ?? refusedFile(operation, entry.path, "notAPath", "it cannot be read")
        }
      default:
        return { _tag: "Skipped", ...file, reason: entry.kind }
    }
  }

  const outgoing = (prefix: string, { bytes, kind, path, time }: FoundEntry): Outgoing => ({
    path,
    object: kind === "folder" ? `${prefix}${path}/` : prefix + path,
    bytes,
    time,
    isFolder: kind === "folder",
    description: undefined
  })

  const plan =
    (emit: Emit) =>
    <E, R>(files: Stream.Stream<Outgoing, E, R>): Effect.Effect<void, E, R> =>
      Stream.runForEachChunk(files, (chunk) =>
        emit(
          Chunk.toReadonlyArray(chunk).map(({ bytes, object, path }) => ({
            _tag: "Planned",
            action: "upload",
            path,
            object,
            bytes
          }))
        )
      )

  const sender = (operation: string, options: UploadFolderOptions, job: Prepared, reader: FolderReader, emit: Emit) => {
    const send =
      options.dryRun === true
        ? plan(emit)
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

  const uploadFolder = (options: UploadFolderOptions): Stream.Stream<FolderEvent, FolderError, FileSystem.FileSystem> =>
    eventsOf((emit) =>
      Effect.gen(function* () {
        const operation = "CloudFiles.uploadFolder"
        const job = yield* prepared(operation, options)
        yield* containerOf(operation, options.container)
        const reader = yield* folderReader
        const send = sender(operation, options, job, reader, emit)
        const isSegment = yield* overwritable(operation, options.container, job.prefix)
        yield* send(
          Stream.mapChunksEffect(localOf(reader, options, job), (chunk) =>
            Effect.gen(function* () {
              const remarks: Array<FolderEvent> = []
              const files: Array<Outgoing> = []
              for (const entry of chunk) {
                const remarked = remark(operation, job.prefix, entry)
                const file = outgoing(job.prefix, entry)
                if (remarked !== undefined) remarks.push(remarked)
                else if (!(yield* isSegment(file.object))) files.push(file)
                else {
                  const { bytes, object, path } = file
                  remarks.push({ _tag: "Failed", path, object, bytes, error: segmentRefused(operation, path) })
                }
              }
              if (remarks.length > 0) yield* emit(remarks)
              return Chunk.unsafeFromArray(files)
            })
          )
        )
      })
    )

  const receiver = (operation: string, options: DownloadFolderOptions, job: Prepared, emit: Emit) =>
    options.dryRun === true
      ? Effect.succeed(<E, R>(entries: Stream.Stream<RemoteEntry, E, R>): Effect.Effect<void, E | FolderError, R> =>
          Stream.runForEachChunk(entries, (chunk) =>
            emit(
              Chunk.toReadonlyArray(chunk).map(({ object, path }) => ({
                _tag: "Planned",
                action: "download",
                path,
                object: object.name,
                bytes: object.bytes
              }))
            )
          )
        )
      : downloading({ ...job, operation, container: options.container, emit })

  const downloadFolder = (
    options: DownloadFolderOptions
  ): Stream.Stream<FolderEvent, FolderError, FileSystem.FileSystem> =>
    eventsOf((emit) =>
      Effect.gen(function* () {
        const operation = "CloudFiles.downloadFolder"
        const job = yield* prepared(operation, options)
        yield* containerOf(operation, options.container)
        const receive = yield* receiver(operation, options, job, emit)
        const segments = yield* segmentsUnder(operation, options.container, job.prefix)
        yield* receive(withoutSegments(segments, remoteOf(operation, options, job)))
      })
    )

  const verdictsOf = (
    operation: string,
    options: CompareFolderOptions,
    job: Prepared,
    reader: FolderReader,
    local: Stream.Stream<FoundEntry, PlatformError>,
    toward: "local" | "remote",
    check?: ListingCheck
  ) =>
    makeComparing(client, operation)(reader, job.folder, options.container, options.compare ?? "sizeAndTime", toward)(
      merged(local, inOrder(operation, remoteOf(operation, options, job, check?.ended)))
    )

  const compareFolder = (options: CompareFolderOptions): Stream.Stream<Comparison, FolderError> =>
    Stream.unwrapScoped(
      Effect.gen(function* () {
        const operation = "CloudFiles.compareFolder"
        const job = yield* prepared(operation, options)
        yield* containerOf(operation, options.container)
        const reader = yield* folderReader
        const segments = yield* segmentsUnder(operation, options.container, job.prefix)
        const verdicts = besideSegments(
          operation,
          segments,
          false,
          verdictsOf(operation, options, job, reader, localOf(reader, options, job), "remote")
        )
        return Stream.mapChunks(verdicts, (chunk) =>
          Chunk.map(chunk, (one) => comparisonOf(remark, operation, job.prefix, one))
        )
      })
    )

  /** The segments of large objects that stay where others are deleted. */
  const keptSegments = (
    operation: string,
    container: string,
    superfluous: ReadonlyArray<Superfluous>,
    plain: ReadonlySet<string>
  ) => {
    const going = new Set(superfluous.map(({ object }) => object))
    return makeContainerSegments(
      client,
      operation,
      getCapabilities
    )({
      container,
      thorough: true,
      targets: true,
      isGoing: (object) => going.has(object),
      isPlain: (object) => plain.has(object)
    })
  }

  /** Deletes objects of which there is no file, and reports those that could not be deleted. */
  const deleteRemote = (
    operation: string,
    container: string,
    emit: Emit,
    entries: ReadonlyArray<Superfluous>
  ): Effect.Effect<void, FolderError> =>
    Effect.gen(function* () {
      const failed = yield* bulkDelete(
        { objects: entries.map(({ object }) => ({ container, object })) },
        operation
      ).pipe(
        Effect.as(undefined),
        Effect.catchTag("BulkFailed", (error) => Effect.succeed(error))
      )
      const names = new Set(failed?.failures.map(({ path }) => path))
      yield* emit(
        entries.map(({ bytes, object, path }): FolderEvent =>
          failed !== undefined && names.has(`${container}/${object}`)
            ? { _tag: "Failed", path, object, bytes, error: failed }
            : { _tag: "Deleted", path, object, bytes }
        )
      )
    })

  /**
   * Deletes files of which there is no object, and none through a folder that has become a symbolic link since it was found.
   * `root` is the folder's real path.
   */
  const deleteLocal = (
    root: string,
    emit: Emit,
    entries: ReadonlyArray<Superfluous>
  ): Effect.Effect<void, never, FileSystem.FileSystem> =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      // Not through a link that stays within the root either: its target may hold files that must stay. Each file is checked
      // anew, since the folder may become a link between two of them.
      const isAsFound = (folder: string) =>
        Effect.flatMap(fs.realPath(folder), (real) =>
          real === folder ? Effect.void : systemError("remove", folder, ...behindLink)
        )
      yield* Effect.forEach(
        entries,
        (file) => {
          const place = join(root, file.path)
          return Effect.zipRight(isAsFound(dirname(place)), fs.remove(place)).pipe(
            Effect.matchEffect({
              onFailure: (error) => emit([{ _tag: "Failed", ...file, error }]),
              onSuccess: () => emit([{ _tag: "Deleted", ...file }])
            })
          )
        },
        { discard: true }
      )
    })

  const sync = (options: SyncOptions): Stream.Stream<FolderEvent, FolderError, FileSystem.FileSystem> =>
    eventsOf((emit, failures) =>
      Effect.gen(function* () {
        const operation = "CloudFiles.sync"
        const up = options.direction === "upload"
        const job = yield* prepared(operation, options)
        const { container, dryRun } = options
        const { objectCount: count } = yield* containerOf(operation, container)
        const check =
          options.delete === true
            ? makeListingCheck(client, { operation, container, prefix: job.prefix, count })
            : undefined
        const fs = yield* FileSystem.FileSystem
        const reader = yield* folderReader
        // The folder of a download may not exist yet; that of an upload must exist.
        const isThere = up || (yield* fs.exists(job.folder))
        const root = isThere && !up ? yield* fs.realPath(job.folder) : job.folder
        const local = isThere
          ? localOf(reader, { ...options, ...(!up && { symlinks: "skip" }) }, job, up)
          : Stream.empty
        const superfluous: Array<Superfluous> = []

        const mostInOneRequest = Math.min(smallFile, options.segmentThreshold ?? smallFile)

        /** Objects that are known to be no large objects and no links; remembered where something may be deleted. */
        const plain = new Set<string>()

        /** Links that are not followed, or lead nowhere at the moment: objects that were stored through them are not gone. */
        const links = new Set<string>()
        const isThroughLink = (path: string): boolean => {
          for (let end = path.indexOf("/"); end >= 0; end = path.indexOf("/", end + 1)) {
            if (links.has(path.slice(0, end))) return true
          }
          return false
        }

        /** Reports files that need nothing, notes those to delete, and returns those to transfer. */
        const sorted = <A>(chunk: Chunk.Chunk<Verdict>, transfer: (one: Verdict) => A | undefined) => {
          const events: Array<FolderEvent> = []
          const wanted: Array<A> = []
          for (const one of chunk) {
            const { isPlain, local, remote, verdict } = one
            if (options.delete === true && isPlain && remote !== undefined) plain.add(remote.object.name)
            if (local !== undefined && unfollowed.has(local.kind)) {
              links.add(one.path)
              // Not selected itself: it is only listed for the objects that were stored through it.
              if (!isSelected(job.filter, one.path)) continue
            }
            const remarked = local === undefined ? undefined : remark(operation, job.prefix, local)
            const bytes = (up ? local?.bytes : remote?.object.bytes) ?? local?.bytes ?? remote?.object.bytes ?? 0
            const file = { path: one.path, object: remote?.object.name ?? job.prefix + one.path, bytes }
            if (remarked !== undefined && (up || remote !== undefined || remarked._tag === "Failed"))
              events.push(remarked)
            else if (typeof verdict === "object") events.push({ _tag: "Failed", ...file, error: verdict.error })
            else if (verdict === "same") events.push({ _tag: "Skipped", ...file, reason: "same" })
            else if (verdict === (up ? "onlyRemote" : "onlyLocal")) {
              // Markers of folders come and go with `emptyFolders`; a folder without anything in it stays.
              const isGone =
                remote === undefined
                  ? local?.kind === "file"
                  : (!remote.isMarker || options.emptyFolders === true) && !isThroughLink(one.path)
              if (isGone) {
                superfluous.push(file)
              }
            } else {
              const item = transfer(one)
              if (item !== undefined) wanted.push(item)
            }
          }
          return Effect.as(events.length === 0 ? Effect.void : emit(events), Chunk.unsafeFromArray(wanted))
        }
        const judged = verdictsOf(operation, options, job, reader, local, up ? "remote" : "local", check)
        const segments = yield* segmentsUnder(operation, container, up ? "" : job.prefix)
        const verdicts = besideSegments(operation, segments, up, judged)
        if (up) {
          const send = sender(operation, options, job, reader, (events) => {
            for (const event of events) {
              if (event._tag !== "Done") continue
              // What was sent in one request is no large object, and what was none before may be one now.
              if (event.bytes <= mostInOneRequest) plain.add(event.object)
              else plain.delete(event.object)
            }
            return emit(events)
          })
          yield* send(
            Stream.mapChunksEffect(verdicts, (chunk) =>
              sorted(chunk, ({ local }) => (local === undefined ? undefined : outgoing(job.prefix, local)))
            )
          )
        } else {
          const receive = yield* receiver(operation, options, job, emit)
          yield* receive(Stream.mapChunksEffect(verdicts, (chunk) => sorted(chunk, ({ remote }) => remote)))
        }
        if (options.delete !== true || superfluous.length === 0) return
        if (failures() > 0) {
          return yield* emit(superfluous.map((file) => ({ _tag: "Skipped", ...file, reason: "failures" })))
        }
        // What large objects consist of that stay, here or elsewhere in the container.
        const kept = up ? yield* keptSegments(operation, container, superfluous, plain) : undefined
        const isKept = ({ object }: { readonly object: string }): boolean => kept?.has(object) === true
        yield* emit(superfluous.filter(isKept).map((file) => ({ _tag: "Skipped", ...file, reason: "segment" })))
        const gone = superfluous.filter((file) => !isKept(file))
        if (dryRun === true) return yield* emit(gone.map((file) => ({ _tag: "Planned", action: "delete", ...file })))
        if (up) return yield* deleteRemote(operation, container, emit, gone)
        yield* check?.missing(gone.map(({ object }) => object)) ?? Effect.void
        yield* deleteLocal(root, emit, gone)
      })
    )

  return { uploadFolder, downloadFolder, compareFolder, sync }
}

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

const comparisonOf = (
  remark: (
    operation: string,
    prefix: string,
    entry: FoundEntry
  ) => Extract<FolderEvent, { readonly _tag: "Skipped" | "Failed" }> | undefined,
  operation: string,
  prefix: string,
  { local, path, remote, verdict }: Verdict
): Comparison => {
  const remarked = local === undefined ? undefined : remark(operation, prefix, local)
  if (remarked !== undefined) return remarked
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
