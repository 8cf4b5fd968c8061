import type * as FileSystem from "@effect/platform/FileSystem"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as BandwidthLimit from "../src/BandwidthLimit.js"
import * as TestCloud from "../src/layers/TestCloud.js"
import * as LocalFileSystem from "../src/LocalFileSystem.js"
import * as RetryPolicy from "../src/RetryPolicy.js"
import * as CloudFiles from "../src/services/CloudFiles.js"
import { bytesOf, clients, eventually, inPieces, listeningCloud, md5, patterned, pause } from "./support.js"
import { everything, fileOf, object, prepared } from "./support/cloudFiles.js"
import { contentOf, folderOf } from "./support/folder.js"

const { fromBytes, fromFile, fromStream } = CloudFiles

/** Advances the clock until a fiber has ended, and returns how many milliseconds it took by the Clock. */
const millisUntilEnd = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    const start = yield* TestClock.currentTimeMillis
    while ((yield* Fiber.poll(fiber))._tag === "None") {
      yield* pause(1)
      yield* TestClock.adjust("10 millis")
    }
    yield* Fiber.join(fiber)
    return (yield* TestClock.currentTimeMillis) - start
  })

/** The real time that an effect took, in milliseconds. */
const millisOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.timed(effect), ([duration]) => Duration.toMillis(duration))

describe("BandwidthLimit", () => {
  for (const bytesPerSecond of [0, -1, Number.NaN, -Infinity]) {
    it.effect(`rejects ${bytesPerSecond} bytes per second: InvalidInput`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(BandwidthLimit.make({ bytesPerSecond }))
        assert.strictEqual(error._tag, "InvalidInput")
        assert.deepStrictEqual(error.issues, [{ path: "bytesPerSecond", expected: "a number greater than 0" }])
        const fromLayer = yield* Effect.flip(Effect.provide(Effect.void, BandwidthLimit.layer({ bytesPerSecond })))
        assert.strictEqual(fromLayer._tag, "InvalidInput")
      })
    )
  }

  it.effect("limits the bytes per second of all consumers together", () =>
    Effect.gen(function* () {
      const limit = yield* BandwidthLimit.make({ bytesPerSecond: 1000 })
      const takers = Effect.forEach([1, 2, 3], () => Effect.repeatN(limit.take(100), 19), { concurrency: "unbounded" })
      const millis = yield* millisUntilEnd(takers)
      // 6,000 bytes; the last 100 need no wait.
      assert.isAtLeast(millis, 5700)
      assert.isAtMost(millis, 6100)
    })
  )

  it.effect("serves requests in order and with equal shares", () =>
    Effect.gen(function* () {
      const limit = yield* BandwidthLimit.make({ bytesPerSecond: 1000 })
      const order: Array<string> = []
      const taker = (name: string) =>
        Effect.repeatN(
          Effect.zipRight(
            limit.take(100),
            Effect.sync(() => order.push(name))
          ),
          4
        )
      yield* millisUntilEnd(Effect.all([taker("a"), taker("b")], { concurrency: "unbounded" }))
      assert.strictEqual(order.join(""), "ababababab")
    })
  )

  it.effect("does not accumulate unused capacity", () =>
    Effect.gen(function* () {
      const limit = yield* BandwidthLimit.make({ bytesPerSecond: 1000 })
      yield* limit.take(1)
      yield* TestClock.adjust("1 hour")
      assert.isAtLeast(yield* millisUntilEnd(Effect.repeatN(limit.take(100), 19)), 1700)
    })
  )

  it.effect("does not charge consumers that are interrupted while waiting", () =>
    Effect.gen(function* () {
      const limit = yield* BandwidthLimit.make({ bytesPerSecond: 1000 })
      yield* limit.take(1000)
      const waiting = yield* Effect.forEach([1, 2, 3], () => Effect.fork(limit.take(100_000)))
      yield* Effect.yieldNow()
      yield* Fiber.interruptAll(waiting)
      assert.isAtMost(yield* millisUntilEnd(limit.take(1)), 1050)
    })
  )
})

describe("transfers with a limit", () => {
  const cloud = Layer.merge(TestCloud.layer(), NodeFileSystem.layer)

  it.scoped("upload at the limit's rate by the Effect Clock, for every kind of body", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const bytes = patterned(200_000)
      const path = yield* fileOf(bytes)
      const bodies: ReadonlyArray<readonly [CloudFiles.UploadOptions<unknown, FileSystem.FileSystem>["body"], object]> =
        [
          [fromBytes(bytes), {}],
          [fromFile(path), {}],
          [fromStream(inPieces(bytes, 50_000)), {}],
          [fromStream(inPieces(bytes, 50_000), { replayable: true }), {}],
          [fromFile(path), { segmentThreshold: 1, segmentSize: 50_000 }]
        ]
      for (const [body, options] of bodies) {
        const millis = yield* millisUntilEnd(
          files
            .upload({ ...object, ...options, body })
            .pipe(Effect.provide(BandwidthLimit.layer({ bytesPerSecond: 100_000 })))
        )
        assert.isAtLeast(millis, 1700)
        assert.isAtMost(millis, 2500)
        assert.strictEqual(md5(yield* bytesOf(files.download(object))), md5(bytes))
      }
      const [put] = (yield* emulated.requests).filter(({ method }) => method === "PUT")
      assert.strictEqual(put?.headers["content-length"], "200000")
    }).pipe(Effect.provide(cloud))
  )

  it.scoped("download at the limit's rate, as a stream and to files", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const bytes = patterned(500_000)
      yield* files.upload({ ...object, body: fromBytes(bytes) })
      const folder = yield* folderOf()
      const limited = BandwidthLimit.layer({ bytesPerSecond: 250_000 })
      const path = join(folder, "file")
      const transfers: ReadonlyArray<Effect.Effect<void, unknown, FileSystem.FileSystem>> = [
        Stream.runDrain(files.download(object)),
        Effect.asVoid(files.downloadToFile({ ...object, path })),
        Effect.asVoid(files.downloadToFile({ ...object, path, resume: true })),
        Effect.asVoid(CloudFiles.runFolder(files.downloadFolder({ container: "c", folder: join(folder, "sub") })))
      ]
      for (const transfer of transfers) {
        const millis = yield* millisUntilEnd(Effect.provide(transfer, limited))
        assert.isAtLeast(millis, 1500)
        assert.isAtMost(millis, 2500)
      }
      assert.strictEqual(md5(readFileSync(path)), md5(bytes))
    }).pipe(Effect.provide(cloud))
  )

  it.effect("use the service's limit unless a limit is provided to them", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const upload = files.upload({ ...object, body: fromBytes(patterned(100_000)) })
      assert.isAtLeast(yield* millisUntilEnd(upload), 700)
      const own = Effect.provide(upload, BandwidthLimit.layer({ bytesPerSecond: Infinity }))
      assert.isAtMost(yield* millisUntilEnd(own), 100)
    }).pipe(
      Effect.provide(Layer.provide(TestCloud.layer(), Layer.orDie(BandwidthLimit.layer({ bytesPerSecond: 100_000 }))))
    )
  )

  it.live("are retried for as long as the policy says, not counting the time spent waiting for the limit", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* emulated.fail({ match: { method: "PUT" }, fault: { _tag: "Cut", afterBytes: 150_000 } })
      const body = fromBytes(patterned(200_000))
      const millis = yield* millisOf(
        files
          .upload({ ...object, body })
          .pipe(
            Effect.provide(BandwidthLimit.layer({ bytesPerSecond: 100_000 })),
            Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.make({ maxElapsed: Duration.seconds(1) }))
          )
      )
      assert.isAtLeast(millis, 3000)
      assert.strictEqual(md5(yield* bytesOf(files.download(object))), md5(patterned(200_000)))
    }).pipe(Effect.provide(cloud))
  )

  it.effect("stop waiting when they are interrupted, and store nothing", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      for (const body of [fromBytes(patterned(100_000)), fromStream(inPieces(patterned(100_000), 1000))]) {
        const limit = yield* BandwidthLimit.make({ bytesPerSecond: 1 })
        yield* limit.take(1000)
        const fiber = yield* Effect.fork(
          Effect.provideService(files.upload({ ...object, body }), BandwidthLimit.BandwidthLimit, limit)
        )
        yield* pause(20)
        yield* Fiber.interrupt(fiber)
        yield* pause(20)
      }
      assert.deepStrictEqual(yield* everything, [])
    }).pipe(Effect.provide(cloud))
  )
})

for (const [name, http] of clients) {
  describe(`limited transfers over ${name}`, () => {
    it.scopedLive("share one limit, arrive complete, and do not count waits for the limit as stalls", () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const bytes = patterned(200_000)
        const limit = yield* BandwidthLimit.make({ bytesPerSecond: 1_000_000 })
        const policy = RetryPolicy.make({
          stallTimeout: Duration.seconds(1),
          responseTimeout: Duration.seconds(1),
          maxAttempts: 1
        })
        const names = Array.from({ length: 20 }, (_, index) => String(index))
        const together = <A, E>(transfer: (name: string) => Effect.Effect<A, E>) =>
          Effect.forEach(names, transfer, { concurrency: "unbounded" }).pipe(
            Effect.provideService(BandwidthLimit.BandwidthLimit, limit),
            Effect.provideService(RetryPolicy.RetryPolicy, policy),
            millisOf
          )
        const up = yield* together((object) => files.upload({ container: "c", object, body: fromBytes(bytes) }))
        // Each waits for the chunks of the others for more than a second.
        assert.isAtLeast(up, 3500)
        let held = 0
        const down = yield* together((object) =>
          Stream.runForEach(files.download({ container: "c", object, range: { offset: 0 } }), (piece) =>
            Effect.sync(() => {
              held += piece.byteLength
            })
          )
        )
        assert.isAtLeast(down, 3500)
        assert.strictEqual(held, 20 * bytes.byteLength)
        for (const object of names) {
          assert.strictEqual(md5(yield* bytesOf(files.download({ container: "c", object }))), md5(bytes))
        }
      }).pipe(Effect.provide(listeningCloud(http)))
    )
  })
}

describe("limited transfers of folders", () => {
  for (const [name, system] of [
    ["NodeFileSystem", NodeFileSystem.layer],
    ["LocalFileSystem", Layer.provideMerge(LocalFileSystem.layer, NodeFileSystem.layer)]
  ] as const) {
    it.scopedLive(`arrive complete at the limit's rate: ${name}`, () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const contents = Object.fromEntries(
          Array.from({ length: 80 }, (_, index) => [`f${index}`, patterned(10_000 + index)])
        )
        const large = { ...contents, large: patterned(3_000_000) }
        const folder = yield* folderOf(large)
        const total = 4_000_000
        const limited = BandwidthLimit.layer({ bytesPerSecond: total })
        const up = yield* millisOf(
          Effect.provide(CloudFiles.runFolder(files.sync({ folder, container: "c", direction: "upload" })), limited)
        )
        assert.isAtLeast(up, 800)
        const into = yield* folderOf()
        const down = yield* millisOf(
          Effect.provide(CloudFiles.runFolder(files.downloadFolder({ folder: into, container: "c" })), limited)
        )
        assert.isAtLeast(down, 800)
        assert.deepStrictEqual(yield* contentOf(into), yield* contentOf(folder))
      }).pipe(Effect.provide(Layer.merge(listeningCloud(clients[1]![1]), system)))
    )
  }

  it.scopedLive("buffer little of a large download whose consumer is throttled", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* emulated.files.putObject("c", "o", patterned(32_000_000))
      const reached = yield* Deferred.make<void>()
      let read = 0
      const before = process.memoryUsage().arrayBuffers
      const fiber = yield* Effect.fork(
        Stream.runForEach(files.download(object), ({ byteLength }) => {
          read += byteLength
          return read > 500_000 ? Deferred.succeed(reached, undefined) : Effect.void
        }).pipe(Effect.provide(BandwidthLimit.layer({ bytesPerSecond: 1_000_000 })))
      )
      yield* Deferred.await(reached)
      assert.isBelow(read, 1_000_000)
      assert.isBelow(process.memoryUsage().arrayBuffers - before, 16_000_000)
      yield* Fiber.interrupt(fiber)
      const requests = yield* emulated.requests
      yield* eventually("the cloud has seen all requests end", () =>
        requests.every((request) => request.finishedAt !== undefined)
      )
    }).pipe(Effect.provide(listeningCloud(clients[1]![1])))
  )
})
