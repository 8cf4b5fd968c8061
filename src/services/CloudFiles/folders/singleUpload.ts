/** Uploads the files of a folder in one request each. */
import type { SystemError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { systemError } from "../../../internal/files/systemError.js"
import { secondsText } from "../../../internal/worker/archive.js"
import { becameLink } from "../../../internal/worker/problems.js"
import { fromBytes, fromFile, type RequestBody, type WholeBody } from "../../../RequestBody.js"
import type { UploadObject } from "../upload/upload.js"
import { endsUpload, failed, type Outgoing, progressStep, smallFile, type Stop, type UploadJob } from "./job.js"
import type { FolderEvent } from "./model.js"
import { maxBatchBytes, maxBatchFiles } from "./uploadTasks.js"

/** While one batch is read, another is sent. */
const batchesAtATime = 2

/** Reports the progress of a body that is streamed. A body that is read whole reports none. */
const reportingProgress = <E, R>(
  body: RequestBody<E, R>,
  report: (transferred: number) => Effect.Effect<void>
): RequestBody<E, R> => ({
  open: Effect.map(body.open, (opened) => ({
    ...opened,
    whole: undefined,
    source: Stream.suspend(() => {
      let sent = 0
      let reported = 0
      return Stream.tap(opened.source, ({ bytes }) => {
        sent += bytes.byteLength
        if (sent - reported < progressStep && sent !== opened.length) return Effect.void
        reported = sent
        return report(sent)
      })
    })
  }))
})

/** Divides small files into batches. */
const batchesOf = (files: ReadonlyArray<Outgoing>): ReadonlyArray<ReadonlyArray<Outgoing>> => {
  const batches: Array<Array<Outgoing>> = []
  let size = 0
  for (const file of files) {
    const last = batches.at(-1)
    if (last === undefined || last.length >= maxBatchFiles || size + file.bytes > maxBatchBytes) {
      batches.push([file])
      size = file.bytes
    } else {
      last.push(file)
      size += file.bytes
    }
  }
  return batches
}

/** The container, name and headers of a file's object. */
const headOf = ({ container }: UploadJob, { description, object, time }: Outgoing) => {
  const metadata = { ...description?.metadata, mtime: secondsText(time) }
  return description === undefined ? { container, object, metadata } : { ...description, container, object, metadata }
}

/** Files up to this size in bytes are read whole. They are never sent in segments. */
export const smallFileOf = ({ segments }: UploadJob): number =>
  Math.min(smallFile, segments.segmentThreshold ?? smallFile)

/** Uploads one file or empty folder. A failure is reported and does not end the transfer. */
const makeFileUpload = (upload: UploadObject, job: UploadJob) => {
  const { emit, folder, follow, reader, segments } = job
  const small = smallFileOf(job)

  /**
   * Fails if the file, or a folder above it, has become a symbolic link since it was listed: it may lead out of the
   * folder. Called after the file was opened, so that no earlier change is missed.
   */
  const checkNoLink = (path: string): Effect.Effect<void, SystemError, FileSystem.FileSystem> =>
    follow
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

  const send = (file: Outgoing) =>
    Effect.gen(function* () {
      const { bytes, isFolder, object, path } = file
      const head = headOf(job, file)
      const place = `${folder}/${path}`
      if (isFolder) {
        return yield* upload({ ...head, body: fromBytes(new Uint8Array()), contentType: "application/directory" })
      }
      if (bytes <= small) {
        const content = yield* reader.whole(place, follow)
        yield* checkNoLink(path)
        return yield* upload({ ...head, body: fromBytes(content) })
      }
      const body = reportingProgress(fromFile(place), (transferred) =>
        emit([{ _tag: "Progress", path, object, bytes, transferred }])
      )
      // From here on, the upload itself ensures that it is the same file.
      return yield* upload({ ...head, ...segments, body: { open: Effect.tap(body.open, checkNoLink(path)) } })
    })

  return (file: Outgoing): Effect.Effect<void, Stop, FileSystem.FileSystem> => {
    const { bytes, object, path } = file
    return emit([{ _tag: "Started", path, object, bytes }]).pipe(
      Effect.zipRight(send(file)),
      Effect.zipRight(Effect.suspend(() => emit([{ _tag: "Done", path, object, bytes, archived: false }]))),
      Effect.catchAll((error) => (endsUpload(error) ? Effect.fail(error) : emit([failed(file, error)])))
    )
  }
}

/** Uploads files in one request each; small files are read in batches. */
export const makeSingleUpload = (upload: UploadObject, job: UploadJob) => {
  const { concurrency, emit, folder, follow, reader } = job
  const small = smallFileOf(job)
  const batching = Effect.unsafeMakeSemaphore(batchesAtATime)
  const uploadFile = makeFileUpload(upload, job)

  /** Uploads a file whose content is already read. Returns its final event. */
  const sendRead = (file: Outgoing, read: WholeBody): Effect.Effect<FolderEvent, Stop> => {
    const { bytes, object, path } = file
    const body = { ...fromBytes(read.bytes), readWhole: Effect.succeed(read) }
    return Effect.matchEffect(upload({ ...headOf(job, file), md5: read.md5, body }), {
      onFailure: (error) => (endsUpload(error) ? Effect.fail(error) : Effect.succeed(failed(file, error))),
      onSuccess: () => Effect.succeed<FolderEvent>({ _tag: "Done", path, object, bytes, archived: false })
    })
  }

  /** Reads and hashes a batch of small files in the worker thread, and then uploads several of them at a time. */
  const uploadBatch = (
    files: ReadonlyArray<Outgoing>
  ): Effect.Effect<void, Stop | SystemError, FileSystem.FileSystem> =>
    Effect.gen(function* () {
      const read = yield* reader.read({
        folder,
        follow,
        paths: files.map(({ path }) => path).join("\u0000"),
        sizes: Float64Array.from(files, ({ bytes }) => bytes)
      })
      const problems = new Map(read.problems.map((problem) => [problem.index, problem]))
      const events: Array<FolderEvent> = []
      const again: Array<Outgoing> = []
      yield* emit(files.map(({ bytes, object, path }) => ({ _tag: "Started", path, object, bytes })))
      let index = 0
      let offset = 0
      const sendNext = Effect.suspend((): Effect.Effect<void, Stop> => {
        const file = files[index]
        const problem = problems.get(index)
        if (file === undefined) return Effect.void
        const md5 = read.md5s.slice(index * 32, index * 32 + 32)
        const content = read.content.subarray(offset, offset + file.bytes)
        index++
        offset += file.bytes
        if (problem === undefined) {
          return Effect.map(sendRead(file, { bytes: content, md5, release: read.release }), (event) => {
            events.push(event)
          })
        }
        // The file changed while it was read, so it is read again.
        if (problem.isChanged) again.push(file)
        else events.push(failed(file, problem.error))
        return Effect.void
      })
      const sender = Effect.whileLoop({
        while: () => index < files.length,
        body: () => sendNext,
        step: () => undefined
      })
      const senders = Array.from({ length: Math.ceil(concurrency / batchesAtATime) }, () => sender)
      yield* Effect.all(senders, { concurrency: "unbounded", discard: true })
      yield* emit(events)
      yield* Effect.forEach(again, uploadFile, { discard: true })
    }).pipe(batching.withPermits(1))

  const uploadFiles = (
    files: ReadonlyArray<Outgoing>
  ): Effect.Effect<void, Stop | SystemError, FileSystem.FileSystem> => {
    const isSmall = ({ bytes, isFolder }: Outgoing): boolean => !isFolder && bytes <= small
    const others = files.filter((file) => !isSmall(file))
    return Effect.zipRight(
      Effect.forEach(batchesOf(files.filter(isSmall)), uploadBatch, { concurrency: batchesAtATime, discard: true }),
      Effect.forEach(others, uploadFile, { concurrency, discard: true })
    )
  }

  return { uploadFile, uploadBatch, uploadFiles }
}
