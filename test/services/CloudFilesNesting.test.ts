import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Segment } from "../../src/services/CloudFiles.js"
import { makeNesting } from "../../src/services/CloudFiles/largeObjects/nesting.js"
import { md5 } from "../support.js"

const segment = { path: "/s/o/slo/v/00000000", etag: md5("a"), bytes: 1 }

/** Nests manifests for so many segments, without storing them. Returns the top-level segments and the stored manifests. */
const nested = (count: number, etag?: string) =>
  Effect.gen(function* () {
    const put: Array<readonly [object: string, count: number]> = []
    const { fitting } = makeNesting({
      operation: "CloudFiles.upload",
      container: "s",
      folder: "o/slo/v",
      put: (object: string, segments: ReadonlyArray<Segment>) => {
        put.push([object, segments.length])
        return Effect.succeed({ etag })
      }
    })
    const left = yield* fitting(
      Array.from({ length: count }, () => segment),
      0
    )
    return { left, put }
  })

describe("manifests within a manifest", () => {
  it.effect("are not needed for as many segments as one manifest may have", () =>
    Effect.gen(function* () {
      const { left, put } = yield* nested(1000)
      assert.strictEqual(left.length, 1000)
      assert.deepStrictEqual(put, [])
    })
  )

  it.effect("have two levels for more than a million segments, with names by level", () =>
    Effect.gen(function* () {
      const { left, put } = yield* nested(1_000_001)
      assert.deepStrictEqual(
        left.map(({ bytes, path }) => [path, bytes]),
        [
          ["/s/o/slo/v/manifests/1-00000000", 1_000_000],
          ["/s/o/slo/v/manifests/1-00000001", 1]
        ]
      )
      assert.strictEqual(put.length, 1003)
      assert.strictEqual(new Set(put.map(([object]) => object)).size, 1003)
      assert.deepStrictEqual(put[1000], ["o/slo/v/manifests/00001000", 1])
    })
  )

  it.effect("fail with ChecksumMismatch if the stored one has another ETag", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(nested(1001, '"0123456789abcdef0123456789abcdef"'))
      assert.strictEqual(error._tag, "ChecksumMismatch")
      assert.include(error.message, "s/o/slo/v/manifests/00000000")
    })
  )
})
