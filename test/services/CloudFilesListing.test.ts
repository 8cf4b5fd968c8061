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
  it.scopedLive("goes on behind the last name that arrived where a page breaks off, and gives none twice", () =>
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

  it.scopedLive("that breaks off each time fails once the attempts of the policy are used up", () =>
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

  it.scopedLive("names the item that is not as documented by its place", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const cloud = yield* seeded
      const item = (bytes: unknown) => ({
        name: "o",
        bytes,
        hash: "",
        content_type: "a/b",
        last_modified: "2026-01-01T00:00:00.000000"
      })
      yield* cloud.fail({
        match: { method: "GET", path: /\/c(\?|$)/ },
        fault: {
          _tag: "Status",
          status: 200,
          body: JSON.stringify([item(1), item(2), item("three")]),
          headers: { "Content-Type": "application/json" }
        }
      })
      const error = yield* Effect.flip(Stream.runDrain(files.listObjects({ container: "c" })))
      assert.strictEqual(error._tag, "MalformedResponse")
      assert.strictEqual(error._tag === "MalformedResponse" ? error.path : "", "2.bytes")
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.scopedLive("asks for nothing more than what is taken of it", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const cloud = yield* seeded
      yield* cloud.clearRequests
      yield* files.listObjects({ container: "c", pageSize: 100 }).pipe(Stream.take(150), Stream.runDrain)
      assert.lengthOf(yield* pages, 2)
    }).pipe(Effect.provide(TestCloud.layer()))
  )
})
