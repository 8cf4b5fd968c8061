import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { gunzipSync, gzipSync } from "node:zlib"
import { fromStream, toStream } from "../../../src/internal/bytes/byteSource.js"
import * as Gzip from "../../../src/internal/bytes/gzip.js"
import { bytesOf, eventually, inPieces, md5, patterned } from "../../support.js"

const mebibyte = 1024 ** 2

const { NotGzip } = Gzip
const gzip = <E>(stream: Stream.Stream<Uint8Array, E>) => toStream(Gzip.gzip(fromStream(stream)))
const gunzip = <E>(stream: Stream.Stream<Uint8Array, E>) => toStream(Gzip.gunzip(fromStream(stream)))

/** An endless stream of pieces of the given size, which counts the pulled ones. */
const counted = (source: Stream.Stream<Uint8Array>) => {
  const seen = { pieces: 0, isClosed: false }
  const stream = source.pipe(
    Stream.tap(() => Effect.sync(() => seen.pieces++)),
    Stream.ensuring(
      Effect.sync(() => {
        seen.isClosed = true
      })
    )
  )
  return [stream, seen] as const
}

describe("gzip", () => {
  for (const [size, piece] of [
    [0, 1],
    [1, 1],
    [5000, 1],
    [100_000, 7777],
    [3_000_001, 300_000]
  ] as const) {
    it.effect(`${size} bytes in pieces of ${piece} are compressed and decompressed`, () =>
      Effect.gen(function* () {
        const bytes = patterned(size)
        const compressed = yield* bytesOf(gzip(inPieces(bytes, piece)))
        assert.strictEqual(md5(gunzipSync(compressed)), md5(bytes))
        assert.strictEqual(md5(yield* bytesOf(gunzip(inPieces(compressed, piece)))), md5(bytes))
      })
    )
  }

  it.effect("several members are decompressed one after the other", () =>
    Effect.gen(function* () {
      const members = Buffer.concat([gzipSync("one, "), gzipSync(""), gzipSync("two")])
      for (const piece of [1, 10, 1000]) {
        assert.strictEqual(Buffer.from(yield* bytesOf(gunzip(inPieces(members, piece)))).toString(), "one, two")
      }
    })
  )

  const whole = gzipSync(patterned(10_000))
  for (const [what, bytes] of [
    ["text", Buffer.from("no gzip at all")],
    ["data that end within the header", whole.subarray(0, 5)],
    ["data that end in the middle", whole.subarray(0, whole.byteLength / 2)],
    ["data that end within the checksum", whole.subarray(0, -1)],
    ["data followed by other data", Buffer.concat([whole, Buffer.alloc(1000, "x")])],
    ["data with a wrong checksum", Buffer.concat([whole.subarray(0, -8), Buffer.alloc(8)])],
    ["data whose second member ends early", Buffer.concat([whole, whole.subarray(0, 100)])]
  ] as const) {
    for (const piece of [1, 100, 100_000]) {
      it.effect(`${what}, in pieces of ${piece}, cannot be decompressed`, () =>
        Effect.map(Effect.flip(bytesOf(gunzip(inPieces(bytes, piece)))), (error) => assert.instanceOf(error, NotGzip))
      )
    }
  }

  it.effect("a failure of the source is passed on unchanged", () =>
    Effect.gen(function* () {
      const failing = Stream.concat(Stream.make(whole.subarray(0, 100)), Stream.fail("broken"))
      assert.strictEqual(yield* Effect.flip(Stream.runDrain(gunzip(failing))), "broken")
      assert.strictEqual(yield* Effect.flip(Stream.runDrain(gzip(failing))), "broken")
    })
  )

  it.effect("data that expand a thousand times are decompressed only as far as they are read", () =>
    Effect.gen(function* () {
      const bomb = gzipSync(new Uint8Array(64 * mebibyte))
      const [source, seen] = counted(inPieces(bomb, 1024))
      let largest = 0
      const read = yield* Stream.runFold(Stream.take(gunzip(source), 8), 0, (sum, piece) => {
        largest = Math.max(largest, piece.byteLength)
        return sum + piece.byteLength
      })
      assert.isAtMost(largest, 256 * 1024)
      // A piece of 1 KiB becomes 1 MiB.
      assert.isAtMost(seen.pieces, Math.ceil(read / mebibyte) + 1)
      assert.isTrue(seen.isClosed)
    })
  )

  it.effect("a source is compressed only as far as it is read", () =>
    Effect.gen(function* () {
      const [source, seen] = counted(
        Stream.repeatEffect(Effect.sync(() => crypto.getRandomValues(new Uint8Array(64 * 1024))))
      )
      yield* Stream.runDrain(Stream.take(gzip(source), 4))
      assert.isAtMost(seen.pieces, 12)
      assert.isTrue(seen.isClosed)
    })
  )

  it.effect("100 MiB are processed in a few MiB of memory", () =>
    Effect.gen(function* () {
      const piece = crypto.getRandomValues(new Uint8Array(64 * 1024))
      const before = process.memoryUsage().arrayBuffers
      let most = 0
      let size = 0
      yield* Stream.runForEach(gunzip(gzip(Stream.take(Stream.repeatValue(piece), 1600))), ({ byteLength }) =>
        Effect.sync(() => {
          size += byteLength
          most = Math.max(most, process.memoryUsage().arrayBuffers - before)
        })
      )
      assert.strictEqual(size, 100 * mebibyte)
      assert.isBelow(most, 32 * mebibyte)
    })
  )

  it.effect("an interruption closes the source", () =>
    Effect.gen(function* () {
      for (const codec of [gzip, gunzip]) {
        const [source, seen] = counted(Stream.concat(Stream.make(whole.subarray(0, 100)), Stream.never))
        const fiber = yield* Effect.fork(Stream.runDrain(codec(source)))
        yield* eventually("the first piece is read", () => seen.pieces === 1)
        yield* Fiber.interrupt(fiber)
        assert.isTrue(seen.isClosed)
      }
    })
  )
})
