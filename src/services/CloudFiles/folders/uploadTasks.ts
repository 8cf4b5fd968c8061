/** Divides the files of an upload into archives, batches and single files. */
import * as Chunk from "effect/Chunk"
import * as Stream from "effect/Stream"
import type { Outgoing, UploadJob } from "./job.js"

/** An archive is closed when it holds as much, or as many: it is in memory until it is extracted. */
const largestArchive = 4 * 1024 * 1024
const mostFiles = 1000

/** Fewer files take no longer one by one. */
export const fewestFiles = 64

/** A batch is closed when it holds as many bytes, or as many files. */
export const largestBatch = 1024 * 1024
export const mostTogether = 256

/** In bytes: the size of a file in an archive besides its content. */
const headers = 1536

/** Files that are uploaded together. */
export type Task = { readonly _tag: "single"; readonly file: Outgoing } | Archive | Batch

/** Small files that are read together, and sent one by one. */
export interface Batch {
  readonly _tag: "batch"
  readonly files: ReadonlyArray<Outgoing>
}

/** Small files that are sent as one archive. */
export interface Archive {
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

/** Divides files, which come in the order of their names. `small` is the largest size of a small file. */
export const tasksOf = <E, R>(
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
