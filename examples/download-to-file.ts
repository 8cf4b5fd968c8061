/**
 * Downloads an object into a file: memory use does not depend on the object's size, and a wrong checksum is a typed error.
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
  const folder = yield* fs.makeTempDirectoryScoped()

  yield* files.createContainer({ container: "dumps" })
  yield* files.upload({
    container: "dumps",
    object: "numbers",
    body: CloudFiles.fromStream(
      Stream.range(1, 100_000).pipe(
        Stream.map((n) => `${n}\n`),
        Stream.encodeText
      ),
      {
        replayable: true
      }
    )
  })

  const file = path.join(folder, "numbers.txt")
  yield* files.download({ container: "dumps", object: "numbers" }).pipe(Stream.run(fs.sink(file)))
  yield* Effect.log(`${file.split(path.sep).at(-1)} has ${(yield* fs.stat(file)).size} bytes`)

  const start = yield* files
    .download({ container: "dumps", object: "numbers", range: { offset: 0, length: 6 } })
    .pipe(Stream.decodeText(), Stream.mkString)
  yield* Effect.log(`it begins with ${JSON.stringify(start)}`)

  yield* files.deleteObject({ container: "dumps", object: "numbers" })
  yield* files.deleteContainer({ container: "dumps" })
}).pipe(Effect.scoped)

program.pipe(Effect.provide(cloud), Effect.provide([Transport.layer, NodeContext.layer]), NodeRuntime.runMain)
