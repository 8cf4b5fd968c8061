/**
 * A faster FileSystem for uploading or downloading many small files on Node.js. It is the platform's FileSystem, together with a
 * worker thread that reads and writes small files for `CloudFiles.fromFile`, `downloadToFile` and `downloadFolder` in batches.
 * Without it, each file takes five calls of Node.js, which are most of the cost of a file of a few KiB.
 *
 * `uploadFolder` does not need this layer: it uses its own thread.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { makeSmallFiles, SmallFilesThread } from "./internal/files/smallFiles.js"

export { SmallFilesThread } from "./internal/files/smallFiles.js"

/**
 * Wraps a FileSystem on `node:fs`: `NodeFileSystem.layer` or `NodeContext.layer`. The thread is started after some files have
 * been read or written, and ends with the layer's scope. If it cannot be started, the platform's FileSystem does all the work.
 * The thread processes files of up to 256 KiB, one after the other: a disk that does not respond delays the other files. It
 * checks the target path only when it writes the file, so a directory there is reported after the object was downloaded.
 *
 * @example
 * ```ts
 * import * as NodeContext from "@effect/platform-node/NodeContext"
 * import { Effect } from "effect"
 * import { CloudFiles, Credentials, LocalFileSystem, Rackspace, Transport } from "effect-rackspace"
 *
 * const backup = (names: ReadonlyArray<string>) =>
 *   Effect.gen(function* () {
 *     const files = yield* CloudFiles.CloudFiles
 *     yield* Effect.forEach(
 *       names,
 *       (object) => files.upload({ container: "backup", object, body: CloudFiles.fromFile(object) }),
 *       { concurrency: 16, discard: true }
 *     )
 *   }).pipe(
 *     Effect.provide(Rackspace.layer({ region: "IAD", credentials: Credentials.config })),
 *     Effect.provide(LocalFileSystem.layer),
 *     Effect.provide([Transport.layer, NodeContext.layer])
 *   )
 * ```
 */
export const layer: Layer.Layer<FileSystem.FileSystem | SmallFilesThread, never, FileSystem.FileSystem> =
  Layer.scopedContext(
    Effect.zipWith(FileSystem.FileSystem, makeSmallFiles, (fileSystem, smallFiles) =>
      Context.make(FileSystem.FileSystem, fileSystem).pipe(Context.add(SmallFilesThread, { fileSystem, smallFiles }))
    )
  )
