import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import * as Rackspace from "../../src/layers/Rackspace.js"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import * as Transport from "../../src/Transport.js"
import { eventually, patterned, rootFibers } from "../support.js"
import { folderOf } from "../support/folder.js"

/** The platform's file system, in which closing a file takes some milliseconds. */
const slowToClose = Layer.effect(
  FileSystem.FileSystem,
  Effect.map(FileSystem.FileSystem, (fs): FileSystem.FileSystem => {
    const pause = Effect.addFinalizer(() => Effect.sleep("5 millis"))
    return { ...fs, open: (path, options) => Effect.zipLeft(Effect.zipRight(pause, fs.open(path, options)), pause) }
  })
).pipe(Layer.provide(NodeFileSystem.layer))

const services = Rackspace.layer({ credentials: TestCloud.credentials }).pipe(
  Layer.provide(Transport.layer),
  Layer.provideMerge(TestCloud.layerListening()),
  Layer.merge(slowToClose)
)

/**
 * Interrupts an effect some time after it has reported its start, and checks that it ends soon and leaves nothing running. It
 * runs in a fiber that inherits nothing, like that of a program's `Effect.runFork`.
 */
const interrupted = <A, E, R>(effect: (begun: Effect.Effect<unknown>) => Effect.Effect<A, E, R>, delay: number) =>
  Effect.gen(function* () {
    const emulated = yield* TestCloud.TestCloud
    const context = yield* Effect.context<R>()
    const fibers = rootFibers()
    const begun = yield* Deferred.make<void>()
    const fiber = Effect.runFork(Effect.provide(effect(Deferred.succeed(begun, undefined)), context))
    yield* Deferred.await(begun)
    yield* Effect.sleep(delay)
    const late = `interrupted after ${delay} ms, it`
    yield* Effect.disconnect(Fiber.interrupt(fiber)).pipe(
      Effect.timeoutFail({ duration: "1 second", onTimeout: () => new Error(`${late} does not end`) })
    )
    // Requests that were sent before the interruption may still arrive.
    let arrived = -1
    for (let attempt = 0; attempt < 50 && arrived !== 0; attempt++) {
      yield* emulated.clearRequests
      yield* Effect.sleep("20 millis")
      arrived = (yield* emulated.requests).length
    }
    assert.strictEqual(arrived, 0, `${late} still sends requests`)
    assert.isAtMost(rootFibers(), fibers, `${late} leaves a fiber`)
  })

/** The temporary files in a folder. */
const parts = (folder: string) =>
  Effect.promise(async () => (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".part")))

/** The number of sockets in this process, at either end of a connection. */
const sockets = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length

describe("an interruption at any time", () => {
  it.scopedLive(
    "ends the download of a folder within a second, and leaves no fiber, file or connection",
    () =>
      Effect.gen(function* () {
        const before = sockets()
        yield* Effect.gen(function* () {
          const emulated = yield* TestCloud.TestCloud
          const files = yield* CloudFiles.CloudFiles
          for (let index = 0; index < 24; index++) {
            yield* emulated.files.putObject("c", `${index % 5}/${index}`, patterned(index % 3 === 0 ? 10 : 300_000))
          }
          const into = yield* folderOf({})
          for (let round = 0; round < 60; round++) {
            const options = { folder: join(into, String(round)), container: "c", concurrency: 4 }
            const transfer =
              round % 2 === 0 ? files.downloadFolder(options) : files.sync({ ...options, direction: "download" })
            yield* interrupted((begun) => Stream.runForEach(transfer, () => begun), round)
          }
          assert.deepStrictEqual(yield* parts(into), [])
        }).pipe(Effect.provide(Layer.fresh(services)))
        yield* eventually("all connections are closed", () => sockets() <= before)
      }),
    60_000
  )

  it.scopedLive(
    "ends a loop of downloads to a file within a second, and leaves no fiber or file",
    () =>
      Effect.gen(function* () {
        const emulated = yield* TestCloud.TestCloud
        const files = yield* CloudFiles.CloudFiles
        yield* emulated.files.putObject("c", "o", patterned(300_000))
        const folder = yield* folderOf({})
        const download = files.downloadToFile({ container: "c", object: "o", path: join(folder, "o") })
        for (let round = 0; round < 30; round++) {
          yield* interrupted((begun) => Effect.zipRight(begun, Effect.forever(download)), round)
        }
        assert.deepStrictEqual(yield* parts(folder), [])
      }).pipe(Effect.provide(Layer.fresh(services))),
    60_000
  )
})
