/**
 * The FileSystem to take on Node.js where many small files go up or come down: the platform's, and quicker at that. To any program
 * it is a FileSystem like every other. Besides it, the environment has a thread that reads and writes small files for
 * `CloudFiles.fromFile`, `downloadToFile` and `downloadFolder`, many at a time, in place of five calls of Node's for each of them:
 * those are most of what a few KiB cost.
 *
 * `uploadFolder` needs no such layer: it has a thread of its own.
 *
 * @since 0.1.0
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { makeSmallFiles, SmallFilesThread } from "./internal/files/smallFiles.js"

export { SmallFilesThread } from "./internal/files/smallFiles.js"

/**
 * The platform's FileSystem, whose paths must be those of `node:fs`: `NodeFileSystem.layer`, or `NodeContext.layer`. The thread is
 * started when some files have been read or written, and ends with the layer's scope; where it cannot be started, the platform does
 * all of it. It takes files up to 256 KiB, one after the other: where the disk of one does not answer, the others wait. What is in
 * the place of a file it sees when the file is written: so a folder there is told after the object was fetched, and not before.
 *
 * @example
 * ```ts
 * import { NodeContext } from "@effect/platform-node"
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
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<FileSystem.FileSystem | SmallFilesThread, never, FileSystem.FileSystem> =
  Layer.scopedContext(
    Effect.zipWith(FileSystem.FileSystem, makeSmallFiles, (fileSystem, smallFiles) =>
      Context.make(FileSystem.FileSystem, fileSystem).pipe(Context.add(SmallFilesThread, { fileSystem, smallFiles }))
    )
  )
