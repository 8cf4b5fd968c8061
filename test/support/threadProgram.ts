/**
 * A program for a separate process: it runs each operation that uses a worker thread several times, without anything else that
 * would keep the process alive, and prints the name of each finished operation.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { runningMd5 } from "../../src/internal/bytes/md5.js"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as LocalFileSystem from "../../src/LocalFileSystem.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"

const folder = mkdtempSync(join(tmpdir(), "effect-rackspace-test-"))
const copy = mkdtempSync(join(tmpdir(), "effect-rackspace-test-"))
process.on("exit", () => [folder, copy].forEach((path) => rmSync(path, { recursive: true, force: true })))
for (let index = 0; index < 70; index++) writeFileSync(join(folder, String(index)), `content ${index}`)

const { runFolder } = CloudFiles
const large = new Uint8Array(6 * 1024 * 1024)

const program = Effect.gen(function* () {
  const files = yield* CloudFiles.CloudFiles
  yield* files.createContainer({ container: "c" })
  const target = { folder, container: "c" } as const
  const smallFiles = Effect.forEach(
    Array.from({ length: 20 }, (_, index) => String(index)),
    (object) =>
      Effect.zipRight(
        files.upload({ container: "c", object, body: CloudFiles.fromFile(join(folder, object)) }),
        files.downloadToFile({ container: "c", object, path: join(copy, object) })
      ),
    { concurrency: 8 }
  ).pipe(Effect.provide(LocalFileSystem.layer))
  const operations = {
    "uploadFolder in archives": runFolder(files.uploadFolder(target)),
    "uploadFolder one by one": runFolder(files.uploadFolder({ ...target, archives: "never" })),
    "sync to the cloud": runFolder(files.sync({ ...target, direction: "upload" })),
    "sync from the cloud": runFolder(files.sync({ ...target, folder: copy, direction: "download" })),
    "sync, dry run": runFolder(files.sync({ ...target, direction: "upload", dryRun: true })),
    compareFolder: Stream.runDrain(files.compareFolder(target)),
    "compareFolder, first entry only": Stream.runDrain(Stream.take(files.compareFolder(target), 1)),
    downloadFolder: runFolder(files.downloadFolder({ ...target, folder: copy })),
    LocalFileSystem: smallFiles,
    "MD5 of large content": Effect.scoped(
      Effect.flatMap(runningMd5, (md5) => Effect.zipRight(md5.update([{ bytes: large }]), md5.digest))
    ),
    "upload of large content": files.upload({ container: "c", object: "large", body: CloudFiles.fromBytes(large) })
  }
  for (const [name, operation] of Object.entries(operations)) {
    yield* Effect.repeatN(operation as Effect.Effect<unknown>, 3)
    console.log(name)
  }
  console.log("finished")
}).pipe(Effect.provide(TestCloud.layer()), Effect.provide(NodeContext.layer))

void Effect.runPromise(program as Effect.Effect<void>)
