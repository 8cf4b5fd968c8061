/** Makes a container's objects match a folder's files, or the other way round. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { dirname, join } from "node:path"
import type { CloudClient } from "../../../CloudClient.js"
import { folderReader } from "../../../internal/files/folderReader.js"
import { systemError } from "../../../internal/files/systemError.js"
import { isSelected } from "../../../internal/worker/names.js"
import { behindLink } from "../../../internal/worker/problems.js"
import { unfollowed } from "../../../internal/worker/protocol.js"
import type { BulkDelete } from "../bulk/bulkDelete.js"
import { makeComparison, type Verdict } from "./comparison.js"
import { type makeDownloads, type makeUploads, prepare } from "./context.js"
import { type Emit, eventsOf } from "./events.js"
import { failed, type Operations, type Prepared, smallFile } from "./job.js"
import { type ListingCheck, makeListingCheck } from "./listingCheck.js"
import { exceptionOf, outgoing, walk } from "./local.js"
import { requireSorted, merged } from "./merge.js"
import type { FolderError, FolderEvent, SyncOptions } from "./model.js"
import { correctSegments, makeRemote } from "./remote.js"

const operation = "CloudFiles.sync"

/** A file or object that exists only at the destination. */
interface Superfluous {
  readonly path: string
  readonly object: string
  readonly bytes: number
}

/** Symbolic links that are not followed or broken. Objects that were stored through them are kept. */
const makeLinks = () => {
  const links = new Set<string>()
  return {
    add: (path: string): void => {
      links.add(path)
    },
    lead: (path: string): boolean => {
      for (let end = path.indexOf("/"); end >= 0; end = path.indexOf("/", end + 1)) {
        if (links.has(path.slice(0, end))) return true
      }
      return false
    }
  }
}

/** Handles comparison results: reports unchanged files, remembers files to delete, returns those to transfer. */
const makeSorter = (options: SyncOptions, { filter, prefix }: Prepared, emit: Emit) => {
  const up = options.direction === "upload"
  const links = makeLinks()
  const superfluous: Array<Superfluous> = []
  /** Objects known to be neither large objects nor links. Only filled if files may be deleted. */
  const plain = new Set<string>()

  /** Whether the entry exists only at the destination. */
  const isGone = ({ local, path, remote }: Verdict): boolean =>
    remote === undefined
      ? local?.kind === "file"
      : // Markers of folders come and go with `emptyFolders`; a folder without anything in it stays.
        (!remote.isMarker || options.emptyFolders === true) && !links.lead(path)

  /** The event for a file that is neither transferred nor deleted; undefined for others. */
  const eventOf = (one: Verdict, file: Superfluous): FolderEvent | undefined => {
    const { local, remote, verdict } = one
    const exception = local === undefined ? undefined : exceptionOf(operation, prefix, local)
    if (exception !== undefined && (up || remote !== undefined || exception._tag === "Failed")) return exception
    if (typeof verdict === "object") return failed(file, verdict.error)
    return verdict === "same" ? { _tag: "Skipped", ...file, reason: "same" } : undefined
  }

  const fileOf = ({ local, path, remote }: Verdict): Superfluous => ({
    path,
    object: remote?.object.name ?? prefix + path,
    bytes: (up ? local?.bytes : remote?.object.bytes) ?? local?.bytes ?? remote?.object.bytes ?? 0
  })

  /** Whether the filter excludes a link, which is listed only because objects may be stored through it. */
  const isOnlyLink = ({ local, path }: Verdict): boolean => {
    if (local === undefined || !unfollowed.has(local.kind)) return false
    links.add(path)
    return !isSelected(filter, path)
  }

  return {
    superfluous,
    plain,
    sort: <A>(chunk: Chunk.Chunk<Verdict>, transferOf: (one: Verdict) => A | undefined) => {
      const events: Array<FolderEvent> = []
      const wanted: Array<A> = []
      for (const one of chunk) {
        if (options.delete === true && one.isPlain && one.remote !== undefined) plain.add(one.remote.object.name)
        if (isOnlyLink(one)) continue
        const file = fileOf(one)
        const event = eventOf(one, file)
        if (event !== undefined) events.push(event)
        else if (one.verdict === (up ? "onlyRemote" : "onlyLocal")) {
          if (isGone(one)) superfluous.push(file)
        } else {
          const item = transferOf(one)
          if (item !== undefined) wanted.push(item)
        }
      }
      return Effect.as(events.length === 0 ? Effect.void : emit(events), Chunk.unsafeFromArray(wanted))
    },
    /** Emits the events of an upload, and remembers which objects are plain. */
    noting: (events: ReadonlyArray<FolderEvent>): Effect.Effect<void> => {
      const maxSingleUpload = Math.min(smallFile, options.segmentThreshold ?? smallFile)
      for (const event of events) {
        if (event._tag !== "Done") continue
        // An object sent in one request is plain; one sent in segments no longer is.
        if (event.bytes <= maxSingleUpload) plain.add(event.object)
        else plain.delete(event.object)
      }
      return emit(events)
    }
  }
}

type Sorter = ReturnType<typeof makeSorter>

/** Deletes objects without a file, and reports failures. */
const deleteRemote = (
  bulkDelete: BulkDelete,
  container: string,
  emit: Emit,
  files: ReadonlyArray<Superfluous>
): Effect.Effect<void, FolderError> =>
  Effect.gen(function* () {
    const failure = yield* bulkDelete({ objects: files.map(({ object }) => ({ container, object })) }, operation).pipe(
      Effect.as(undefined),
      Effect.catchTag("BulkFailed", (error) => Effect.succeed(error))
    )
    const names = new Set(failure?.failures.map(({ path }) => path))
    yield* emit(
      files.map((file): FolderEvent =>
        failure !== undefined && names.has(`${container}/${file.object}`)
          ? failed(file, failure)
          : { _tag: "Deleted", ...file }
      )
    )
  })

/**
 * Deletes files without an object. `root` is the folder's real path. Fails for files below a folder that has become a
 * symbolic link since it was listed.
 */
const deleteLocal = (
  root: string,
  emit: Emit,
  files: ReadonlyArray<Superfluous>
): Effect.Effect<void, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    // Links within the root are not followed either: their targets may hold files to keep. Each file is checked,
    // because a folder can become a link at any time.
    const checkFolder = (folder: string) =>
      Effect.flatMap(fs.realPath(folder), (real) =>
        real === folder ? Effect.void : systemError("remove", folder, ...behindLink)
      )
    yield* Effect.forEach(
      files,
      (file) => {
        const place = join(root, file.path)
        return Effect.zipRight(checkFolder(dirname(place)), fs.remove(place)).pipe(
          Effect.matchEffect({
            onFailure: (error) => emit([failed(file, error)]),
            onSuccess: () => emit([{ _tag: "Deleted", ...file }])
          })
        )
      },
      { discard: true }
    )
  })

/** The service's `sync`. */
export const makeSync = (
  client: CloudClient,
  { bulkDelete, getCapabilities }: Pick<Operations, "bulkDelete" | "getCapabilities">,
  sending: ReturnType<typeof makeUploads>,
  receiving: ReturnType<typeof makeDownloads>
) => {
  const remote = makeRemote(client, operation, getCapabilities)

  /** The segments of large objects that are kept while other objects are deleted. */
  const keptSegments = (container: string, { plain, superfluous }: Sorter) => {
    const going = new Set(superfluous.map(({ object }) => object))
    return remote.findSegments({
      container,
      thorough: true,
      targets: true,
      isDeleted: (object) => going.has(object),
      isPlain: (object) => plain.has(object)
    })
  }

  /** Deletes what exists only at the destination, unless something failed before. */
  const deleteSuperfluous = (
    { container, direction, dryRun }: SyncOptions,
    sorting: Sorter,
    root: string,
    check: ListingCheck | undefined,
    failures: number,
    emit: Emit
  ): Effect.Effect<void, FolderError, FileSystem.FileSystem> =>
    Effect.gen(function* () {
      const { superfluous } = sorting
      if (superfluous.length === 0) return
      if (failures > 0) {
        return yield* emit(superfluous.map((file) => ({ _tag: "Skipped", ...file, reason: "failures" })))
      }
      const up = direction === "upload"
      const kept = up ? yield* keptSegments(container, sorting) : undefined
      const isKept = ({ object }: Superfluous): boolean => kept?.has(object) === true
      yield* emit(superfluous.filter(isKept).map((file) => ({ _tag: "Skipped", ...file, reason: "segment" })))
      const gone = superfluous.filter((file) => !isKept(file))
      if (dryRun === true) return yield* emit(gone.map((file) => ({ _tag: "Planned", action: "delete", ...file })))
      if (up) return yield* deleteRemote(bulkDelete, container, emit, gone)
      if (check !== undefined) yield* check.missing(gone.map(({ object }) => object))
      yield* deleteLocal(root, emit, gone)
    })

  return (options: SyncOptions): Stream.Stream<FolderEvent, FolderError, FileSystem.FileSystem> =>
    eventsOf((emit, failures) =>
      Effect.gen(function* () {
        const { compare = "sizeAndTime", container } = options
        const up = options.direction === "upload"
        const job = yield* prepare(client, operation, options)
        const { folder, prefix } = job
        const { objectCount: count } = yield* remote.getContainer({ container })
        const check =
          options.delete === true ? makeListingCheck(client, { operation, container, prefix, count }) : undefined
        const fs = yield* FileSystem.FileSystem
        const reader = yield* folderReader
        // The folder of a download may not exist yet; that of an upload must exist.
        const isThere = up || (yield* fs.exists(folder))
        const root = isThere && !up ? yield* fs.realPath(folder) : folder
        const local = isThere ? walk(reader, up ? options : { ...options, symlinks: "skip" }, job, up) : Stream.empty
        const pairs = merged(local, requireSorted(operation, remote.entries(container, job, check?.ended)))
        const receiver = up ? ("remote" as const) : ("local" as const)
        const compared = makeComparison(client, { operation, reader, folder, container, compare, receiver })(pairs)
        const segments = yield* remote.segmentsUnder(container, up ? "" : prefix)
        const verdicts = correctSegments(operation, segments, up, compared)
        const sorting = makeSorter(options, job, emit)
        if (up) {
          const send = sending(operation, options, job, reader, sorting.noting)
          const toSend = (chunk: Chunk.Chunk<Verdict>) =>
            sorting.sort(chunk, ({ local }) => (local === undefined ? undefined : outgoing(prefix, local)))
          yield* send(Stream.mapChunksEffect(verdicts, toSend))
        } else {
          const receive = yield* receiving(operation, options, job, emit)
          yield* receive(Stream.mapChunksEffect(verdicts, (chunk) => sorting.sort(chunk, ({ remote }) => remote)))
        }
        if (options.delete === true) yield* deleteSuperfluous(options, sorting, root, check, failures(), emit)
      })
    )
}
