/**
 * Resumes an interrupted upload of a large file: the second run finds the segments of the first one, and sends only the rest.
 * Then the object is downloaded to a file, several parts at a time.
 */
import { FileSystem, Path } from "@effect/platform"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Deferred, Effect, Fiber } from "effect"
import { CloudFiles, Transport } from "effect-rackspace"
import { cloud } from "./cloud.js"

const mebibyte = 1024 ** 2

const program = Effect.gen(function* () {
  const files = yield* CloudFiles.CloudFiles
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = yield* fs.makeTempDirectoryScoped()
  const source = path.join(folder, "backup.tar")
  yield* fs.writeFile(
    source,
    new Uint8Array(20 * mebibyte).map((_, index) => index % 251)
  )

  yield* files.createContainer({ container: "backups" })
  const backup = { container: "backups", object: "backup.tar" }

  /** The defaults are a segment size of 256 MiB and a threshold of 1 GiB; this example uses smaller ones. */
  const upload = (progress: (bytes: number) => Effect.Effect<void>) =>
    files.upload({
      ...backup,
      body: CloudFiles.fromFile(source),
      segmentThreshold: 2 * mebibyte,
      segmentSize: 2 * mebibyte,
      concurrency: 2,
      resume: true,
      storeModified: true,
      progress
    })

  // The first run is interrupted when half of the file is sent.
  const half = yield* Deferred.make<void>()
  let sent = 0
  const first = yield* Effect.fork(
    upload((bytes) => {
      sent += bytes
      return sent >= 10 * mebibyte ? Deferred.succeed(half, undefined) : Effect.void
    })
  )
  yield* Deferred.await(half)
  yield* Fiber.interrupt(first)
  yield* Effect.log("the first run was interrupted")

  const stored = yield* upload(() => Effect.void)
  const found = (stored.reused ?? 0) > 0 ? "some" : "none"
  yield* Effect.log(
    `${stored.bytes} bytes are stored in ${stored.segments} segments, ${found} of them from the first run`
  )

  const target = path.join(folder, "restored.tar")
  const got = yield* files.downloadToFile({ ...backup, path: target, parallelThreshold: 4 * mebibyte })
  yield* Effect.log(`${got.bytes} bytes downloaded${got.verified ? ", verified by MD5" : ""}`)

  const { deleted } = yield* files.deleteLargeObject(backup)
  yield* Effect.log(`${deleted} objects are deleted`)
  for (const container of ["backups", "backups_segments"]) yield* files.deleteContainer({ container })
}).pipe(Effect.scoped)

program.pipe(Effect.provide(cloud), Effect.provide([Transport.layer, NodeContext.layer]), NodeRuntime.runMain)
