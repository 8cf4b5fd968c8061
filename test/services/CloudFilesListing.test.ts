import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Stream } from "effect"
import { CloudFiles, RetryPolicy, TestCloud } from "effect-rackspace"

const seeded = Effect.tap(TestCloud.TestCloud, (cloud) => cloud.files.seedContainer("c", 2500))

const pages = Effect.map(
  Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.requests),
  (sent) => sent.filter(({ method, target }) => method === "GET" && (target.split("?")[0] ?? "").endsWith("/c"))
)

const queryOf = (request: { readonly target: string } | undefined): URLSearchParams =>
  new URLSearchParams(request?.target.split("?")[1])

const quick = RetryPolicy.make({ baseDelay: RetryPolicy.defaultPolicy.baseDelay })

describe("a listing", () => {
  it.scopedLive("continues after the last received name when a page breaks off, without duplicates", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const cloud = yield* seeded
      yield* cloud.clearRequests
      yield* cloud.fail({
        match: { method: "GET", path: /\/c(\?|$)/ },
        fault: { _tag: "TruncateBody", afterBytes: 150_000 }
      })
      const names = Chunk.toReadonlyArray(
        yield* files.listObjects({ container: "c" }).pipe(
          Stream.map(({ name }) => name),
          Stream.runCollect
        )
      )
      assert.lengthOf(names, 2500)
      assert.deepStrictEqual([...new Set(names)], [...names])
      const [first, second, third] = yield* pages
      assert.isFalse(queryOf(first).has("marker"))
      const resumed = queryOf(second).get("marker") ?? ""
      assert.match(resumed, /^object-\d+$/)
      assert.notStrictEqual(resumed, names.at(-1))
      assert.strictEqual(queryOf(third).get("marker"), names.at(-1))
    }).pipe(Effect.provide(TestCloud.layer({ retry: quick })))
  )

  it.scopedLive("that breaks off each time fails after the policy's attempts", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const cloud = yield* seeded
      yield* cloud.clearRequests
      yield* cloud.fail({
        match: { method: "GET", path: /\/c(\?|$)/ },
        times: Infinity,
        fault: { _tag: "TruncateBody", afterBytes: 10 }
      })
      const error = yield* Effect.flip(Stream.runDrain(files.listObjects({ container: "c" })))
      assert.strictEqual(error._tag, "TransportError")
      assert.lengthOf(yield* pages, 2)
    }).pipe(Effect.provide(TestCloud.layer({ retry: RetryPolicy.make({ maxAttempts: 2 }) })))
  )

  const responses = (...bodies: ReadonlyArray<{ readonly status?: number; readonly body: unknown }>) =>
    Effect.flatMap(seeded, (cloud) =>
      Effect.forEach(bodies, ({ body, status = 200 }) =>
        cloud.fail({
          match: { method: "GET", path: /\/c(\?|$)/ },
          fault: {
            _tag: "Status",
            status,
            body: typeof body === "string" ? body : JSON.stringify(body),
            headers: { "Content-Type": "application/json" }
          }
        })
      )
    )

  /** The names that a listing emits, and its failure. */
  const read = <E extends { readonly _tag: string }>(stream: Stream.Stream<{ readonly name: string }, E>) =>
    Effect.gen(function* () {
      const names: Array<string> = []
      const error = yield* Stream.runForEach(stream, ({ name }) => Effect.sync(() => names.push(name))).pipe(
        Effect.as(undefined),
        Effect.catchAll((failure) => Effect.succeed(failure))
      )
      return { names, error }
    })

  const entry = (name: unknown, bytes: unknown = 1) => ({
    name,
    bytes,
    hash: "",
    content_type: "a/b",
    last_modified: "2026-01-01T00:00:00.000000"
  })

  it.scopedLive("emits every valid item on all pages, and then names the invalid one", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* responses(
        { body: [entry("a"), entry("b"), entry("bad", "three"), entry("d")] },
        { body: [entry("e"), entry(7), entry("last", null)] },
        { body: [entry("x")] },
        { body: [] }
      )
      const { error, names } = yield* read(files.listObjects({ container: "c" }))
      assert.deepStrictEqual(names, ["a", "b", "d", "e", "x"])
      assert.strictEqual(error?._tag, "MalformedResponse")
      assert.strictEqual(error?._tag === "MalformedResponse" ? error.path : "", "2.bytes")
      assert.include(error?.message, '"bad"')
      const asked = yield* pages
      // The listing continues after an invalid item that has a name.
      assert.deepStrictEqual(asked.map((one) => queryOf(one).get("marker")).slice(-3), ["d", "last", "x"])
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.scopedLive("ends if not even the names of a page's items can be read", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* responses({ body: [entry("a")] }, { body: [null, 7, entry({})] }, { body: [] })
      const { error, names } = yield* read(files.listObjects({ container: "c" }))
      assert.deepStrictEqual(names, ["a"])
      assert.strictEqual(error?._tag, "MalformedResponse")
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  for (const [what, body] of [
    ["is empty", ""],
    ["is white space", " \n"],
    ["has no closing bracket", '[{"name":"a","bytes":1},{"name":"b","bytes":2}'],
    ["ends within an item", '[{"name":"a","bytes":1},{"na']
  ] as const) {
    it.scopedLive(`is requested again if the response ${what}`, () =>
      Effect.gen(function* () {
        const files = yield* CloudFiles.CloudFiles
        yield* responses({ body })
        const { error, names } = yield* read(files.listObjects({ container: "c" }))
        assert.isUndefined(error)
        assert.lengthOf(names, 2500)
      }).pipe(Effect.provide(TestCloud.layer({ retry: quick })))
    )

    it.scopedLive(
      `fails if the response ${what} each time, as a Stream and as a page, of objects and of containers`,
      () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const cloud = yield* seeded
          yield* cloud.fail({ match: { method: "GET" }, times: Infinity, fault: { _tag: "Status", status: 200, body } })
          const emptied: ReadonlyArray<Effect.Effect<unknown, { readonly _tag: string }>> = [
            Stream.runDrain(files.listObjects({ container: "c" })),
            Stream.runDrain(files.listLevel({ container: "c" })),
            Stream.runDrain(files.listContainers()),
            files.listObjectsPage({ container: "c" }),
            files.listContainersPage(),
            files.emptyContainer({ container: "c" })
          ]
          for (const operation of emptied) {
            const error = yield* Effect.flip(operation)
            assert.strictEqual(error._tag, "TransportError")
          }
        }).pipe(Effect.provide(TestCloud.layer({ retry: RetryPolicy.never })))
    )
  }

  it.scopedLive("is empty if the cloud returns 204", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* responses({ status: 204, body: "" }, { status: 204, body: "" })
      assert.deepStrictEqual(yield* files.listObjectsPage({ container: "c" }), [])
      assert.deepStrictEqual((yield* read(files.listObjects({ container: "c" }))).names, [])
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  for (const length of [1, 2, 3, 5]) {
    it.scopedLive(`fails if pages repeat in a cycle of ${length}`, () =>
      Effect.gen(function* () {
        const files = yield* CloudFiles.CloudFiles
        yield* responses(...Array.from({ length: 40 }, (_, index) => ({ body: [entry(`page-${index % length}`)] })))
        const { error, names } = yield* read(files.listObjects({ container: "c" }))
        assert.strictEqual(error?._tag, "MalformedResponse")
        assert.isAtMost(names.length, 4 * length)
      }).pipe(Effect.provide(TestCloud.layer()))
    )
  }

  it.scopedLive("with an item of more than 1 MiB fails", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      for (const body of [
        `[${JSON.stringify(entry("x".repeat(4 * 1024 * 1024)))}]`,
        `[${"[".repeat(4 * 1024 * 1024)}`
      ]) {
        yield* responses({ body })
        const { error } = yield* read(files.listObjects({ container: "c" }))
        assert.strictEqual(error?._tag, "MalformedResponse")
      }
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.scopedLive("accepts an item of deeply nested arrays", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const deep = 200_000
      yield* responses({ body: `[${"[".repeat(deep)}${"]".repeat(deep)},${JSON.stringify(entry("a"))}]` }, { body: [] })
      const { error, names } = yield* read(files.listObjects({ container: "c" }))
      assert.deepStrictEqual(names, ["a"])
      assert.strictEqual(error?._tag, "MalformedResponse")
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.scopedLive("requests no more pages than are consumed", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const cloud = yield* seeded
      yield* cloud.clearRequests
      yield* files.listObjects({ container: "c", pageSize: 100 }).pipe(Stream.take(150), Stream.runDrain)
      assert.lengthOf(yield* pages, 2)
    }).pipe(Effect.provide(TestCloud.layer()))
  )
})
