import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { createHash } from "node:crypto"
import { md5Hex, runningMd5 } from "../../../src/internal/bytes/md5.js"
import { patterned } from "../../support.js"

const expected = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex")

/** The MD5 of bytes in pieces of the given size, all of which are passed in the same buffer. */
const hashed = (bytes: Uint8Array, size: number) =>
  Effect.gen(function* () {
    const md5 = yield* runningMd5
    const buffer = new Uint8Array(size)
    for (let offset = 0; offset < bytes.byteLength; offset += size) {
      const piece = bytes.subarray(offset, offset + size)
      buffer.set(piece)
      yield* md5.update([{ bytes: buffer.subarray(0, piece.byteLength) }])
      buffer.fill(0)
    }
    return yield* md5.digest
  }).pipe(Effect.scoped)

describe("the running MD5", () => {
  it.live("is that of all pieces, with and without a worker thread, although their buffer is reused", () =>
    Effect.gen(function* () {
      for (const length of [0, 1, 4 * 1024 * 1024, 4 * 1024 * 1024 + 1, 11_000_003]) {
        const bytes = patterned(length)
        assert.strictEqual(md5Hex(bytes), expected(bytes))
        for (const size of [65_536, 1_000_003, 8 * 1024 * 1024]) {
          assert.strictEqual(yield* hashed(bytes, size), expected(bytes), `${length} in pieces of ${size}`)
        }
      }
    })
  )

  it.live("is computed correctly beside others that run concurrently, one of which is interrupted", () =>
    Effect.gen(function* () {
      const all = Array.from({ length: 6 }, (_, index) => patterned(6_000_000 + index))
      const interrupted = yield* Effect.fork(
        Effect.scoped(
          Effect.gen(function* () {
            const md5 = yield* runningMd5
            yield* md5.update([{ bytes: patterned(9_000_000) }])
            return yield* Effect.never
          })
        )
      )
      const results = yield* Effect.forEach(all, (bytes) => hashed(bytes, 300_000), { concurrency: "unbounded" })
      yield* Fiber.interrupt(interrupted)
      assert.deepStrictEqual(results, all.map(expected))
    })
  )

  it.live("is computed by a new thread after the previous one has ended because it was idle", () =>
    Effect.gen(function* () {
      const bytes = patterned(5_000_000)
      assert.strictEqual(yield* hashed(bytes, 100_000), expected(bytes))
      yield* Effect.sleep("2300 millis")
      assert.strictEqual(yield* hashed(bytes, 100_000), expected(bytes))
    })
  )
})
