/**
 * The files of a folder on their way up: small ones many at a time in archives, the others one by one.
 */
import type { SystemError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../CloudClient.js"
import type { CommonError, NotFound, QuotaExceeded } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { release } from "../../internal/bytes/bufferPool.js"
import { becameLink, compareNames, isPlain, secondsText } from "../../internal/files/folderReader.js"
import { type FolderReader } from "../../internal/files/folderReading.js"
import { systemError } from "../../internal/files/systemError.js"
import { fromBytes, fromFile, pieces, type RequestBody } from "../../RequestBody.js"
import { isNotOffered } from "./bulk.js"
import type { ExtractResult } from "./bulkEndpoints.js"
import { endpoints, type ObjectSummary } from "./endpoints.js"
import { mtimeOf, sameTime, smallFile } from "./folderCompare.js"
import type { FileError, FolderError, FolderEvent, ObjectDescription, SegmentOptions } from "./folderModel.js"
import { decodedText } from "./names.js"
import { completedWhere, makeCompleting, makeListing } from "./remoteListing.js"
import type { makeUpload } from "./upload.js"

/** A file that is to go up, or a folder without anything in it. */
export interface Outgoing {
  readonly path: string
  readonly object: string
  readonly bytes: number
  /** Last modification, milliseconds since 1970. */
  readonly time: number
  readonly isFolder: boolean
  /** What is stored with it besides its content; undefined where there is nothing to store. */
  readonly description: ObjectDescription | undefined
}

/** What a transfer works with. */
export interface Job {
  readonly operation: string
  /** Absolute. */
  readonly folder: string
  readonly container: string
  /** Ends in a slash, or is empty. */
  readonly prefix: string
  readonly concurrency: number
  readonly emit: (events: ReadonlyArray<FolderEvent>) => Effect.Effect<void>
}

/** How the files of an upload are read. */
export interface UploadJob extends Job {
  readonly reader: FolderReader
  readonly archives: "auto" | "always" | "never"
  readonly follow: boolean
  readonly segments: SegmentOptions
}

/** An archive is closed when it holds as much, or as many: it is in memory until it is extracted. */
const largestArchive = 4 * 1024 * 1024
const mostFiles = 1000

/** Fewer files are as quick one by one. */
const fewestFiles = 64

/** A batch is closed when it holds as many bytes, or as many files. */
const largestBatch = 1024 * 1024
const mostTogether = 256

/** How many batches there are at a time: while one is read, the other is sent. */
const batchesAtATime = 2

/** How many archives there are at a time, from the reading of their files to the verification of their objects. */
const archivesAtATime = 3

/** What a file costs in an archive besides its content. */
const headers = 1536

/** After how many bytes a file's progress is reported. */
const step = 1024 * 1024

type Stop = CommonError | NotFound

/** What makes it pointless to go on with the other files. */
export const isFatal = (
  error: FileError
): error is Extract<CommonError, { readonly _tag: "AuthenticationFailed" | "Unauthorized" | "EndpointNotFound" }> =>
  error._tag === "AuthenticationFailed" || error._tag === "Unauthorized" || error._tag === "EndpointNotFound"

/** Reports how far a body has got, each time it is sent; so it must not be read at one go. */
const watched = <E, R>(
  body: RequestBody<E, R>,
  report: (transferred: number) => Effect.Effect<void>
): RequestBody<E, R> => ({
  open: Effect.map(body.open, (opened) => ({
    ...opened,
    whole: undefined,
    stream: Stream.suspend(() => {
      let sent = 0
      let reported = 0
      return Stream.tap(opened.stream, (part) => {
        sent += part.byteLength
        if (sent - reported < step && sent !== opened.length) return Effect.void
        reported = sent
        return report(sent)
      })
    })
  }))
})

type Task = { readonly _tag: "single"; readonly file: Outgoing } | Archive | Batch

/** Small files that are read together, and sent one by one. */
interface Batch {
  readonly _tag: "batch"
  readonly files: ReadonlyArray<Outgoing>
}

interface Archive {
  readonly _tag: "archive"
  readonly files: ReadonlyArray<Outgoing>
  /** The last object of the archive before this one: where the listing of this one begins. */
  readonly after: string | undefined
}

/** Small files that are to be sent together, until they are enough. */
const makePile = (mostBytes: number, most: number) => {
  let files: Array<Outgoing> = []
  let bytes = 0
  const take = (): { readonly files: ReadonlyArray<Outgoing>; readonly bytes: number } | undefined => {
    const taken = { files, bytes }
    files = []
    bytes = 0
    return taken.files.length === 0 ? undefined : taken
  }
  return {
    take,
    /** Adds a file, and returns those before it where there is no room for all of them. */
    add: (file: Outgoing) => {
      const size = file.bytes + headers
      const full = files.length >= most || bytes + size > mostBytes ? take() : undefined
      files.push(file)
      bytes += size
      return full
    }
  }
}

/** Cuts files, which come in the order of their names, into archives, batches and single ones. */
const planned = <E, R>(
  files: Stream.Stream<Outgoing, E, R>,
  archives: UploadJob["archives"],
  small: number
): Stream.Stream<Task, E, R> =>
  Stream.suspend(() => {
    const archive = makePile(largestArchive, mostFiles)
    const batch = makePile(largestBatch, mostTogether)
    let after: string | undefined
    let closed = 0
    const batchOf = (pile: ReturnType<typeof batch.take>): ReadonlyArray<Task> =>
      pile === undefined ? [] : [{ _tag: "batch", files: pile.files }]
    const archiveOf = (pile: ReturnType<typeof archive.take>): ReadonlyArray<Task> => {
      if (pile === undefined) return []
      const few = archives === "auto" && closed === 0 && pile.files.length < fewestFiles && pile.bytes < largestArchive
      const task: Task = few ? { _tag: "batch", files: pile.files } : { _tag: "archive", files: pile.files, after }
      closed++
      after = pile.files.at(-1)?.object
      return [task]
    }
    const next = (file: Outgoing): ReadonlyArray<Task> => {
      if (file.isFolder || file.bytes > small) return [{ _tag: "single", file }]
      // An archive would lose its headers, or change its name.
      const isApart = archives === "never" || file.description !== undefined || isAltered(file.object)
      return isApart ? batchOf(batch.add(file)) : archiveOf(archive.add(file))
    }
    return Stream.concat(
      Stream.mapChunks(files, (chunk) => {
        const tasks: Array<Task> = []
        for (const file of chunk) tasks.push(...next(file))
        return Chunk.unsafeFromArray(tasks)
      }),
      Stream.suspend(() => Stream.fromIterable([...archiveOf(archive.take()), ...batchOf(batch.take())]))
    )
  })

/** Names that the extraction would change. */
const isAltered = (object: string): boolean => object.startsWith("/") || object.startsWith("./")

/** What sends files up. */
export const makeFolderUpload = (client: CloudClient, upload: ReturnType<typeof makeUpload>) => {
  /** Whether the cloud extracts archives, and keeps the times of their files; not known before it was asked. */
  let extracts: boolean | undefined

  return (job: UploadJob) => {
    const { container, emit, folder, operation, prefix, reader } = job
    const putArchive = Endpoint.method(client, { ...endpoints.putArchive, operation })
    const list = makeListing(client, operation)
    const getInfo = Endpoint.method(client, { ...endpoints.getObjectInfo, operation })
    const complete = makeCompleting(client, operation)
    const archiving = Effect.unsafeMakeSemaphore(archivesAtATime)
    /** Files up to this size are read whole; none of them goes up in segments. */
    const small = Math.min(smallFile, job.segments.segmentThreshold ?? smallFile)

    /** What is said of a file in its request. */
    const headOf = ({ description, object, time }: Outgoing) => {
      const metadata = { ...description?.metadata, mtime: secondsText(time) }
      return description === undefined
        ? { container, object, metadata }
        : { ...description, container, object, metadata }
    }

    const failed = ({ bytes, object, path }: Outgoing, error: FileError): FolderEvent => ({
      _tag: "Failed",
      path,
      object,
      bytes,
      error
    })

    /**
     * Fails where a file, or a folder that it is in, has become a symbolic link since it was found, which may lead out of the
     * folder. Asked when it was opened, so that no link is missed that was there before.
     */
    const unlinked = (path: string): Effect.Effect<void, SystemError, FileSystem.FileSystem> =>
      job.follow
        ? Effect.void
        : Effect.flatMap(FileSystem.FileSystem, (fs) => {
            const parts = path.split("/")
            const places = parts.map((_, index) => `${folder}/${parts.slice(0, index + 1).join("/")}`)
            return Effect.forEach(
              places,
              (place) =>
                Effect.flatMap(Effect.option(fs.readLink(place)), (target) =>
                  Option.isNone(target) ? Effect.void : systemError("open", place, ...becameLink)
                ),
              { discard: true }
            )
          })

    const one = (outgoing: Outgoing): Effect.Effect<void, Stop, FileSystem.FileSystem> =>
      Effect.gen(function* () {
        const { bytes, isFolder, object, path } = outgoing
        const address = headOf(outgoing)
        yield* emit([{ _tag: "Started", path, object, bytes }])
        const file = `${folder}/${path}`
        if (isFolder) {
          yield* upload({ ...address, body: fromBytes(new Uint8Array()), contentType: "application/directory" })
        } else if (bytes <= small) {
          const content = yield* reader.whole(file, job.follow)
          yield* unlinked(path)
          yield* upload({ ...address, body: fromBytes(content) })
        } else {
          const body = watched(fromFile(file), (transferred) =>
            emit([{ _tag: "Progress", path, object, bytes, transferred }])
          )
          // From then on the upload itself sees to it that it is the same file.
          yield* upload({ ...address, ...job.segments, body: { open: Effect.tap(body.open, unlinked(path)) } })
        }
        yield* emit([{ _tag: "Done", path, object, bytes, archived: false }])
      }).pipe(
        Effect.catchAll((error) =>
          // A container that is gone takes no other file either.
          isFatal(error) || error._tag === "NotFound" ? Effect.fail(error) : emit([failed(outgoing, error)])
        )
      )

    const batching = Effect.unsafeMakeSemaphore(batchesAtATime)

    /** Small files, read and hashed at one go by the reading thread, and then sent several at a time. */
    const together = (files: ReadonlyArray<Outgoing>): Effect.Effect<void, Stop | SystemError, FileSystem.FileSystem> =>
      Effect.gen(function* () {
        const read = yield* reader.read({
          folder,
          follow: job.follow,
          paths: files.map(({ path }) => path).join("\u0000"),
          sizes: Float64Array.from(files, ({ bytes }) => bytes)
        })
        const troubled = new Map(read.problems.map((problem) => [problem.index, problem]))
        const events: Array<FolderEvent> = []
        const again: Array<Outgoing> = []
        yield* emit(files.map(({ bytes, object, path }) => ({ _tag: "Started", path, object, bytes })))
        let index = 0
        let offset = 0
        const next = Effect.suspend((): Effect.Effect<void, Stop> => {
          const file = files[index]
          const problem = troubled.get(index)
          if (file === undefined) return Effect.void
          const { bytes, object, path } = file
          const md5 = read.md5s.slice(index * 32, index * 32 + 32)
          const content = read.archive.subarray(offset, offset + bytes)
          index++
          offset += bytes
          if (problem !== undefined) {
            // One that is being written is sent as it is then.
            if (problem.isChanged) again.push(file)
            else events.push(failed(file, problem.error))
            return Effect.void
          }
          return Effect.matchEffect(upload({ ...headOf(file), md5, body: fromBytes(content) }), {
            onFailure: (error) => {
              // A container that is gone takes no other file either.
              if (isFatal(error) || error._tag === "NotFound") return Effect.fail(error)
              events.push(failed(file, error))
              return Effect.void
            },
            onSuccess: () => {
              events.push({ _tag: "Done", path, object, bytes, archived: false })
              return Effect.void
            }
          })
        })
        const sender = Effect.whileLoop({ while: () => index < files.length, body: () => next, step: () => undefined })
        const senders = Array.from({ length: Math.ceil(job.concurrency / batchesAtATime) }, () => sender)
        yield* Effect.all(senders, { concurrency: "unbounded", discard: true })
        yield* emit(events)
        yield* Effect.forEach(again, one, { discard: true })
      })

    /** Files one by one, the small ones of them read together. */
    const several = (
      files: ReadonlyArray<Outgoing>
    ): Effect.Effect<void, Stop | SystemError, FileSystem.FileSystem> => {
      const isSmall = ({ bytes, isFolder }: Outgoing): boolean => !isFolder && bytes <= small
      const batches: Array<Array<Outgoing>> = []
      let size = 0
      for (const file of files.filter(isSmall)) {
        const last = batches.at(-1)
        if (last === undefined || last.length >= mostTogether || size + file.bytes > largestBatch) {
          batches.push([file])
          size = file.bytes
        } else {
          last.push(file)
          size += file.bytes
        }
      }
      return Effect.zipRight(
        Effect.forEach(batches, (batch) => batching.withPermits(1)(together(batch)), {
          concurrency: batchesAtATime,
          discard: true
        }),
        Effect.forEach(
          files.filter((file) => !isSmall(file)),
          one,
          { concurrency: job.concurrency, discard: true }
        )
      )
    }

    /** Asked with an archive of nothing: a cloud that does not know archives takes that for a container that there is already. */
    const asksForArchives = Effect.suspend((): Effect.Effect<boolean, Stop> => {
      if (extracts !== undefined) return Effect.succeed(extracts)
      const bytes = new Uint8Array(1024)
      return putArchive({
        destination: { container },
        format: "tar",
        contentType: "",
        content: { bytes, length: bytes.byteLength, stream: pieces(bytes) }
      }).pipe(
        Effect.as(true),
        Effect.catchIf(isNotOffered, () => Effect.succeed(false)),
        Effect.catchAll((error) => (isFatal(error) ? Effect.fail(error) : Effect.succeed(false))),
        Effect.tap((known) =>
          Effect.sync(() => {
            extracts = known
          })
        )
      )
    })

    /** The objects of a listing from one archive's end to the next one's, by their names. */
    const stored = (archive: Archive): Effect.Effect<ReadonlyMap<string, ObjectSummary>, Stop> =>
      Effect.suspend(() => {
        const last = archive.files.at(-1)?.object ?? ""
        const wanted = new Set(archive.files.map(({ object }) => object))
        const found = new Map<string, ObjectSummary>()
        return list({ container, prefix, marker: archive.after, endMarker: `${last}\u0001` }).pipe(
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

    const extracted = (
      archive: Uint8Array
    ): Effect.Effect<Either.Either<ExtractResult, CommonError | NotFound | QuotaExceeded>, Stop> =>
      putArchive({
        destination: { container },
        format: "tar",
        contentType: "",
        content: { bytes: archive, length: archive.byteLength, stream: pieces(archive) }
      }).pipe(
        Effect.either,
        Effect.tap((result) => (Either.isLeft(result) && isFatal(result.left) ? Effect.fail(result.left) : Effect.void))
      )

    /**
     * Whether the cloud has made metadata of the times in an archive. Extraction treats all files alike, but for how their names
     * are written, so one file of either kind is asked about.
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
                Effect.catchAll((error) => (isFatal(error) ? Effect.fail(error) : Effect.succeed(false)))
              )
        )
      })

    const pack = (archive: Archive, attempt: number): Effect.Effect<void, Stop | SystemError, FileSystem.FileSystem> =>
      Effect.gen(function* () {
        const { files } = archive
        const packed = yield* reader.pack({
          folder,
          prefix,
          follow: job.follow,
          paths: files.map(({ path }) => path).join("\u0000"),
          sizes: Float64Array.from(files, ({ bytes }) => bytes),
          times: Float64Array.from(files, ({ time }) => time)
        })
        const troubled = new Map(packed.problems.map((problem) => [problem.index, problem]))
        const again: Array<Outgoing> = []
        const events: Array<FolderEvent> = []
        for (const [index, problem] of troubled) {
          const file = files[index]
          if (file === undefined) continue
          // One that is being written is sent as it is then.
          if (problem.isChanged) again.push(file)
          else events.push(failed(file, problem.error))
        }
        if (troubled.size < files.length) {
          const result = yield* extracted(packed.archive)
          const refused = Either.isLeft(result)
            ? new Set<string>()
            : new Set(result.right.errors.map(([path]) => nameOf(path, container)))
          const objects = Either.isLeft(result) ? new Map<string, ObjectSummary>() : yield* stored(archive)
          const isStored = (file: Outgoing, index: number): boolean => {
            const object = objects.get(file.object)
            return (
              !troubled.has(index) &&
              object !== undefined &&
              object.bytes === file.bytes &&
              object.hash === packed.md5s.slice(index * 32, index * 32 + 32) &&
              !refused.has(file.object)
            )
          }
          const hasTimes = yield* keepsTimes(files.filter(isStored))
          // Such a cloud is sent no further archive.
          if (!hasTimes) extracts = false
          for (const [index, file] of files.entries()) {
            if (troubled.has(index)) continue
            if (hasTimes && isStored(file, index)) {
              events.push({ _tag: "Done", path: file.path, object: file.object, bytes: file.bytes, archived: true })
            } else again.push(file)
          }
        }
        // Each file of it is there as it was read; of what is not so, a connection may still hold the rest.
        if (again.length === 0 && troubled.size < files.length) release(packed.archive)
        if (events.length > 0) yield* emit(events)
        // A token that dies meanwhile leaves the rest of an archive behind: that is worth another one.
        if (again.length >= fewestFiles && attempt === 0 && extracts !== false) {
          yield* pack({ ...archive, files: again }, 1)
        } else yield* several(again)
      })

    const perform = (task: Task): Effect.Effect<void, FolderError, FileSystem.FileSystem> =>
      task._tag === "single"
        ? one(task.file)
        : task._tag === "batch"
          ? batching.withPermits(1)(together(task.files))
          : archiving.withPermits(1)(
              Effect.flatMap(asksForArchives, (extracting) => (extracting ? pack(task, 0) : several(task.files)))
            )

    /** Sends files, which come in the order of their names. */
    return <E, R>(
      files: Stream.Stream<Outgoing, E, R>
    ): Effect.Effect<void, E | FolderError, R | FileSystem.FileSystem> =>
      Stream.runDrain(
        Stream.mapEffect(planned(files, job.archives, small), perform, {
          concurrency: job.concurrency,
          unordered: true
        })
      )
  }
}

/** The object of a path in a response: `/container/object`, before which some clouds write the account's path. */
const nameOf = (path: string, container: string): string => {
  const bare = decodedText(path)
    .replace(/^\/v1(\.0)?\/[^/]+\//, "")
    .replace(/^\/+/, "")
  return bare.startsWith(`${container}/`) ? bare.slice(container.length + 1) : bare
}
