/**
 * A program that is bundled into one file. It uses each worker thread, and prints its results and how many threads could not start.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as LocalFileSystem from "../../src/LocalFileSystem.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"

const folder = mkdtempSync(join(tmpdir(), "effect-rackspace-test-"))
const copy = mkdtempSync(join(tmpdir(), "effect-rackspace-test-"))
process.on("exit", () => [folder, copy].forEach((path) => rmSync(path, { recursive: true, force: true })))
const names = Array.from({ length: 100 }, (_, index) => String(index))
for (const name of names) writeFileSync(join(folder, name), `content ${name}`)

const threads = { started: 0, failed: 0 }
process.on("worker", (worker) => {
  threads.started++
  worker.on("error", () => threads.failed++)
})

const { fromBytes, runFolder } = CloudFiles

const program = Effect.gen(function* () {
  const files = yield* CloudFiles.CloudFiles
  yield* files.createContainer({ container: "c" })
  const { archived } = yield* runFolder(files.uploadFolder({ folder, container: "c" }))
  const { done } = yield* runFolder(files.downloadFolder({ folder: copy, container: "c" }))
  const { skipped } = yield* runFolder(
    files.sync({ folder, container: "c", direction: "upload", compare: "checksum", archives: "never" })
  )
  const large = yield* files.upload({ container: "c", object: "large", body: fromBytes(new Uint8Array(9_000_000)) })
  const same = names.filter((name) => readFileSync(join(copy, name), "utf8") === `content ${name}`).length
  console.log(JSON.stringify({ archived, done, skipped, same, md5: large.md5, threads }))
}).pipe(Effect.provide([TestCloud.layer(), LocalFileSystem.layer]), Effect.provide(NodeContext.layer))

void Effect.runPromise(program as Effect.Effect<void>)
