import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Stream } from "effect"
import { CloudError, Paging } from "effect-rackspace"

const operation = { service: "Cloud", operation: "Cloud.list" }

/** A listing of the numbers from 1 in pages of the given sizes, which records its requests. */
const listing = (sizes: ReadonlyArray<number>) => {
  const asked: Array<number | undefined> = []
  const page = (cursor: number | undefined): Effect.Effect<Paging.Page<number, number>> =>
    Effect.sync(() => {
      asked.push(cursor)
      const index = cursor ?? 0
      const first = sizes.slice(0, index).reduce((sum, size) => sum + size, 1)
      return {
        items: Array.from({ length: sizes[index] ?? 0 }, (_, offset) => first + offset),
        next: index + 1 < sizes.length ? index + 1 : undefined
      }
    })
  return { asked, stream: Paging.stream(operation, page) }
}

const collected = <A, E>(stream: Stream.Stream<A, E>) => Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

describe("Paging.stream", () => {
  it.effect("emits every item of every page, in order, and requests each page once", () =>
    Effect.gen(function* () {
      const { asked, stream } = listing([2, 3, 1])
      assert.deepStrictEqual(yield* collected(stream), [1, 2, 3, 4, 5, 6])
      assert.deepStrictEqual(asked, [undefined, 1, 2])
    })
  )

  it.effect("requests nothing before it runs, and a page only when its items are needed", () =>
    Effect.gen(function* () {
      const { asked, stream } = listing([10, 10, 10])
      assert.deepStrictEqual(asked, [])
      yield* collected(Stream.take(stream, 10))
      assert.deepStrictEqual(asked, [undefined])
      yield* collected(Stream.take(stream, 11))
      assert.deepStrictEqual(asked, [undefined, undefined, 1])
    })
  )

  it.effect("continues after an empty page, and stops at an empty last one", () =>
    Effect.gen(function* () {
      const { asked, stream } = listing([0, 2, 0, 0])
      assert.deepStrictEqual(yield* collected(stream), [1, 2])
      assert.strictEqual(asked.length, 4)
    })
  )

  it.effect("is empty if there are no items", () =>
    Effect.map(collected(listing([0]).stream), (items) => assert.deepStrictEqual(items, []))
  )

  it.effect("fails if a page links to itself", () =>
    Effect.gen(function* () {
      let asked = 0
      const endless = Paging.stream(operation, (_: string | undefined) =>
        Effect.sync(() => {
          asked++
          return { items: [asked], next: "same" }
        })
      )
      const seen: Array<number> = []
      const error = yield* Effect.flip(Stream.runForEach(endless, (item) => Effect.sync(() => seen.push(item))))
      assert.instanceOf(error, CloudError.MalformedResponse)
      assert.strictEqual(error.message, "Cloud.list: the service returned the same next page twice")
      assert.strictEqual(asked, 2)
      assert.deepStrictEqual(seen, [1])
    })
  )

  for (const length of [2, 3, 7]) {
    it.effect(`fails if pages link to each other in a cycle of ${length}`, () =>
      Effect.gen(function* () {
        let asked = 0
        const endless = Paging.stream(operation, (cursor: { readonly page: number } | undefined) =>
          Effect.sync(() => {
            asked++
            return { items: [asked], next: { page: ((cursor?.page ?? 0) + 1) % length } }
          })
        )
        const error = yield* Effect.flip(Stream.runDrain(endless))
        assert.instanceOf(error, CloudError.MalformedResponse)
        assert.isAtMost(asked, 4 * length)
      })
    )
  }

  it.effect("emits every valid item, and then fails with the first invalid one", () =>
    Effect.gen(function* () {
      const pages: ReadonlyArray<Paging.Page<string, number>> = [
        { items: ["a"], next: 1, unreadable: [{ path: "things.1.id", expected: "a string" }] },
        { items: ["c"], next: 2, unreadable: [{ path: "things.0.name", expected: "a string" }] },
        { items: ["d"], next: undefined }
      ]
      const seen: Array<string> = []
      const error = yield* Paging.stream(operation, (cursor: number | undefined) =>
        Effect.succeed(pages[cursor ?? 0] ?? { items: [], next: undefined })
      ).pipe(
        Stream.runForEach((item) => Effect.sync(() => seen.push(item))),
        Effect.flip
      )
      assert.deepStrictEqual(seen, ["a", "c", "d"])
      assert.instanceOf(error, CloudError.MalformedResponse)
      assert.strictEqual(error.path, "things.1.id")
      assert.strictEqual(error.expected, "a string")
    })
  )

  it.effect("emits the items before a page that fails, and then its failure", () =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      const broken = Paging.stream(operation, (cursor: number | undefined) =>
        cursor === undefined ? Effect.succeed({ items: [1, 2], next: 1 }) : Effect.fail("boom" as const)
      )
      const error = yield* Effect.flip(Stream.runForEach(broken, (item) => Effect.sync(() => seen.push(item))))
      assert.strictEqual(error, "boom")
      assert.deepStrictEqual(seen, [1, 2])
    })
  )

  it.effect("handles a hundred thousand pages without growing the stack", () =>
    Effect.gen(function* () {
      const long = Paging.stream(operation, (cursor: number | undefined) =>
        Effect.succeed({ items: [1], next: (cursor ?? 0) < 99_999 ? (cursor ?? 0) + 1 : undefined })
      )
      assert.strictEqual(yield* Stream.runSum(long), 100_000)
    })
  )
})

describe("Paging.parameterOfLink", () => {
  for (const [href, value] of [
    ["http://10.1.2.3:8774/v2/1/servers?limit=2&marker=abc", "abc"],
    ["/v2/1/servers?marker=a%20b%2Bc", "a b+c"],
    ["?marker=x", "x"],
    ["https://cloud.test/servers?marker=", ""],
    ["https://cloud.test/servers?limit=2", undefined],
    ["https://cloud.test/servers", undefined],
    ["", undefined],
    ["not a url ?marker=y", "y"],
    ["https://bigdata.test/1234/clusters&limit=1&marker=aaa-bbbb", "aaa-bbbb"],
    ["https://bigdata.test/v2/1234/flavors?limit=2&amp;marker=hadoop1-7", "hadoop1-7"],
    ["https://bigdata.test/v2/a&marker=b/flavors?limit=2", undefined]
  ] as const) {
    it(`of ${JSON.stringify(href)} is ${JSON.stringify(value)}`, () =>
      assert.strictEqual(Paging.parameterOfLink(href, "marker"), value))
  }
})
