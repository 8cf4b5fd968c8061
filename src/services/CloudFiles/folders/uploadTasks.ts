/** Divides the files of an upload into archives, batches and single files. */
import * as Chunk from "effect/Chunk"
import * as Stream from "effect/Stream"
import type { Outgoing, UploadJob } from "./job.js"

/** An archive is closed at this size or number of files, since it is held in memory until it is extracted. */
const maxArchiveBytes = 4 * 1024 * 1024
const maxArchiveFiles = 1000

/** Below this number of files, archives save no time. */
export const minArchiveFiles = 64

/** A batch is closed at this number of bytes or files. */
export const maxBatchBytes = 1024 * 1024
export const maxBatchFiles = 256

/** The overhead of a file in an archive, in bytes. */
const headers = 1536

/** Files that are uploaded together. */
export type Task = { readonly _tag: "single"; readonly file: Outgoing } | Archive | Batch

/** Small files that are read together and sent one by one. */
export interface Batch {
  readonly _tag: "batch"
  readonly files: ReadonlyArray<Outgoing>
}

/** Small files that are sent as one archive. */
export interface Archive {
  readonly _tag: "archive"
  readonly files: ReadonlyArray<Outgoing>
  /** The last object of the previous archive: the listing that verifies this one starts after it. */
  readonly after: string | undefined
}

/** Collects small files until they are enough for one task. */
const makeCollector = (mostBytes: number, most: number) => {
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
    /** Adds a file. Returns the files collected so far if this one exceeds the limits. */
    add: (file: Outgoing) => {
      const size = file.bytes + headers
      const full = files.length >= most || bytes + size > mostBytes ? take() : undefined
      files.push(file)
      bytes += size
      return full
    }
  }
}

/** Divides files, which arrive sorted by name. `small` is the maximum size of a small file. */
export const tasksOf = <E, R>(
  files: Stream.Stream<Outgoing, E, R>,
  archives: UploadJob["archives"],
  small: number
): Stream.Stream<Task, E, R> =>
  Stream.suspend(() => {
    const archive = makeCollector(maxArchiveBytes, maxArchiveFiles)
    const batch = makeCollector(maxBatchBytes, maxBatchFiles)
    let after: string | undefined
    let closed = 0
    const batchOf = (pile: ReturnType<typeof batch.take>): ReadonlyArray<Task> =>
      pile === undefined ? [] : [{ _tag: "batch", files: pile.files }]
    const archiveOf = (pile: ReturnType<typeof archive.take>): ReadonlyArray<Task> => {
      if (pile === undefined) return []
      const few =
        archives === "auto" && closed === 0 && pile.files.length < minArchiveFiles && pile.bytes < maxArchiveBytes
      const task: Task = few ? { _tag: "batch", files: pile.files } : { _tag: "archive", files: pile.files, after }
      closed++
      after = pile.files.at(-1)?.object
      return [task]
    }
    const next = (file: Outgoing): ReadonlyArray<Task> => {
      if (file.isFolder || file.bytes > small) return [{ _tag: "single", file }]
      // In an archive its headers would be lost, or its name changed.
      const isSingle = archives === "never" || file.description !== undefined || isNameChanged(file.object)
      return isSingle ? batchOf(batch.add(file)) : archiveOf(archive.add(file))
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

/** Whether the extraction would change the name. */
const isNameChanged = (object: string): boolean => object.startsWith("/") || object.startsWith("./")
