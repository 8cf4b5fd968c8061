/**
 * Backs up a folder: uploads it, changes and synchronizes it, and restores it elsewhere. Events report what happens to each file,
 * and many small files are uploaded in archives, each of them verified.
 */
import { FileSystem, Path } from "@effect/platform"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Stream } from "effect"
import { CloudFiles, Transport } from "effect-rackspace"
import { cloud } from "./cloud.js"

const program = Effect.gen(function* () {
  const files = yield* CloudFiles.CloudFiles
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const home = yield* fs.makeTempDirectoryScoped()
  const folder = path.join(home, "documents")
  const backup = { container: "backup-of-documents", prefix: "documents" }

  yield* fs.makeDirectory(path.join(folder, "notes"), { recursive: true })
  for (let day = 1; day <= 100; day++) {
    yield* fs.writeFileString(path.join(folder, "notes", `${day}.txt`), `What happened on day ${day}`)
  }
  yield* fs.writeFileString(path.join(folder, "draft.tmp"), "not worth keeping")

  yield* files.createContainer({ container: backup.container })
  const exclude = ["*.tmp"]
  const first = yield* CloudFiles.runFolder(files.uploadFolder({ ...backup, folder, exclude }))
  yield* Effect.log(`${first.done} files uploaded, ${first.archived} of them in archives`)

  yield* fs.writeFileString(path.join(folder, "notes", "1.txt"), "I remember it better now")
  yield* fs.remove(path.join(folder, "notes", "100.txt"))
  const changes = { ...backup, folder, exclude, direction: "upload", delete: true } as const
  yield* files.sync({ ...changes, dryRun: true }).pipe(
    Stream.filter((event) => event._tag === "Planned"),
    Stream.runForEach((event) => Effect.log(`to ${event.action}: ${event.path}`))
  )
  const second = yield* CloudFiles.runFolder(files.sync(changes))
  yield* Effect.log(`${second.done} sent, ${second.deleted} deleted, ${second.skipped} unchanged`)

  const restored = path.join(home, "restored")
  yield* CloudFiles.runFolder(files.downloadFolder({ ...backup, folder: restored }))
  const different = yield* files.compareFolder({ ...backup, folder: restored, compare: "checksum" }).pipe(
    Stream.filter((one) => one._tag !== "Same"),
    Stream.runCount
  )
  yield* Effect.log(`restored with ${different} differences`)

  yield* files.deleteContainerWithContents({ container: backup.container })
}).pipe(Effect.scoped)

program.pipe(Effect.provide(cloud), Effect.provide([Transport.layer, NodeContext.layer]), NodeRuntime.runMain)
