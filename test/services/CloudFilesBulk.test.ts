import { assert, describe, it } from "@effect/vitest"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { clients, httpServer, listeningCloud, patterned, requestsOf, servicesAt, traffic } from "../support.js"
import { prepared } from "../support/cloudFiles.js"

class SourceFailed extends Data.TaggedError("SourceFailed")<{}> {}

interface Sent {
  readonly method: string
  readonly url: string
  readonly type: string | undefined
  readonly lines: ReadonlyArray<string>
}

type TestResponse = readonly [status: number, body: unknown] | undefined

const result = (fields: Readonly<Record<string, unknown>>): TestResponse => [
  200,
  {
    "Number Deleted": 0,
    "Number Not Found": 0,
    "Response Status": "200 OK",
    "Response Body": "",
    Errors: [],
    ...fields
  }
]

/** A cloud with the test's responses, and the requests that it received. White space before a response keeps the connection alive. */
const answering = (reply: (sent: Sent, count: number) => TestResponse) =>
  Effect.gen(function* () {
    const sent: Array<Sent> = []
    const server = yield* httpServer((request, response) => {
      const parts: Array<Buffer> = []
      request.on("data", (part: Buffer) => parts.push(part))
      request.on("end", () => {
        const text = Buffer.concat(parts).toString("utf8")
        const one: Sent = {
          method: request.method ?? "",
          url: request.url ?? "",
          type: request.headers["content-type"],
          lines: text === "" ? [] : text.split("\n")
        }
        sent.push(one)
        const [status, body] = reply(one, sent.length) ?? [204, undefined]
        response.writeHead(status, {
          "content-type": "application/json",
          "x-account-container-count": "0",
          "x-account-object-count": "0",
          "x-account-bytes-used": "0"
        })
        response.end(body === undefined ? undefined : ` \n \n${JSON.stringify(body)}`)
      })
    })
    return { sent, layer: Layer.fresh(servicesAt(server.url)) }
  })

const objectsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ container: "c", object: `o${index}` }))

const bulkDelete = (objects: ReadonlyArray<CloudFiles.BulkTarget>) =>
  Effect.flatMap(CloudFiles.CloudFiles, (files) => files.bulkDelete({ objects }))

const cloud = Layer.fresh(TestCloud.layer())

describe("bulk deletion", () => {
  it.scopedLive("sends one request with percent-encoded lines, containers last", () =>
    Effect.gen(function* () {
      const { layer, sent } = yield* answering(({ lines }) => result({ "Number Deleted": lines.length }))
      const deleted = yield* bulkDelete([
        { container: "c é" },
        { container: "c é", object: "a/ü 1%.txt" },
        { container: "c é", object: "line\nbreak" }
      ]).pipe(Effect.provide(layer))
      assert.deepStrictEqual(deleted, { deleted: 3, notFound: 0 })
      assert.deepStrictEqual(sent, [
        {
          method: "POST",
          url: "/?bulk-delete=",
          type: "text/plain",
          lines: ["/c%20%C3%A9/a/%C3%BC%201%25.txt", "/c%20%C3%A9/line%0Abreak", "/c%20%C3%A9"]
        }
      ])
    })
  )

  it.scopedLive("sends at most 10,000 names in a request, or the number that the cloud allows", () =>
    Effect.gen(function* () {
      const ten = yield* answering(({ lines }) => result({ "Number Deleted": lines.length }))
      assert.strictEqual((yield* bulkDelete(objectsOf(10_001)).pipe(Effect.provide(ten.layer))).deleted, 10_001)
      assert.deepStrictEqual(
        ten.sent.map(({ lines }) => lines.length),
        [10_000, 1]
      )
      const few = yield* answering(({ lines }) =>
        lines.length > 2
          ? result({
              "Response Status": "413 Request Entity Too Large",
              "Response Body": "Maximum Bulk Deletes: 2 per request"
            })
          : result({ "Number Deleted": lines.length })
      )
      assert.strictEqual((yield* bulkDelete(objectsOf(5)).pipe(Effect.provide(few.layer))).deleted, 5)
      assert.deepStrictEqual(
        few.sent.map(({ lines }) => lines.length),
        [5, 2, 2, 1]
      )
    })
  )

  it.scopedLive("reports each failed path with the reason, also if the cloud returns it with the account", () =>
    Effect.gen(function* () {
      const { layer } = yield* answering(() =>
        result({
          "Number Deleted": 1,
          "Response Status": "400 Bad Request",
          Errors: [
            ["/v1/MossoCloudFS_x/c/o%200", "403 Forbidden"],
            ["/c/o1", "409 Conflict"]
          ]
        })
      )
      const failed = yield* Effect.flip(
        bulkDelete(["o 0", "o1", "o2"].map((object) => ({ container: "c", object }))).pipe(Effect.provide(layer))
      )
      assert.strictEqual(failed._tag, "BulkFailed")
      if (failed._tag !== "BulkFailed") return
      assert.deepStrictEqual(failed.failures, [
        { path: "c/o 0", reason: "403 Forbidden" },
        { path: "c/o1", reason: "409 Conflict" }
      ])
    })
  )

  it.scopedLive("retries temporary failures of single paths, twice", () =>
    Effect.gen(function* () {
      const { layer, sent } = yield* answering(({ lines }, count) =>
        count === 1
          ? result({
              "Number Deleted": 2,
              "Response Status": "400 Bad Request",
              Errors: [["/c/o1", "503 Service Unavailable"]]
            })
          : result({ "Number Deleted": lines.length })
      )
      assert.deepStrictEqual(yield* bulkDelete(objectsOf(3)).pipe(Effect.provide(layer)), { deleted: 3, notFound: 0 })
      assert.deepStrictEqual(sent.at(-1)?.lines, ["/c/o1"])
      const never = yield* answering(() =>
        result({ "Response Status": "400 Bad Request", Errors: [["/c/o0", "503 Service Unavailable"]] })
      )
      assert.strictEqual(
        (yield* Effect.flip(bulkDelete(objectsOf(1)).pipe(Effect.provide(never.layer))))._tag,
        "BulkFailed"
      )
      assert.lengthOf(never.sent, 3)
    })
  )

  it.scopedLive(
    "sends the remaining names again when the cloud stops at an expired token or after too many failures",
    () =>
      Effect.gen(function* () {
        const died = yield* answering(({ lines, method }, count) =>
          method === "HEAD"
            ? undefined
            : count === 1
              ? result({ "Number Deleted": 2, "Response Status": "401 Unauthorized" })
              : result({ "Number Deleted": lines.length - 2, "Number Not Found": 2 })
        )
        assert.deepStrictEqual(yield* bulkDelete(objectsOf(5)).pipe(Effect.provide(died.layer)), {
          deleted: 5,
          notFound: 0
        })
        assert.deepStrictEqual(
          died.sent.map(({ method }) => method),
          ["POST", "HEAD", "POST"]
        )
        const stopped = yield* answering(({ lines }, count) =>
          count === 1
            ? result({
                "Number Deleted": 1,
                "Response Status": "400 Bad Request",
                "Response Body": "Max delete failures exceeded",
                Errors: [["/c/o1", "409 Conflict"]]
              })
            : result({ "Number Deleted": lines.length - 1, "Number Not Found": 1 })
        )
        const failed = yield* Effect.flip(bulkDelete(objectsOf(6)).pipe(Effect.provide(stopped.layer)))
        assert.strictEqual(failed._tag, "BulkFailed")
        if (failed._tag === "BulkFailed")
          assert.deepStrictEqual(failed.failures, [{ path: "c/o1", reason: "409 Conflict" }])
        assert.lengthOf(stopped.sent[1]?.lines ?? [], 5)
      })
  )

  it.scopedLive("deletes objects one by one if the cloud has no bulk deletion, and does not try it again", () =>
    Effect.gen(function* () {
      const { layer, sent } = yield* answering(({ url }) =>
        url.includes("bulk-delete")
          ? [405, undefined]
          : url.endsWith("o1")
            ? [404, undefined]
            : url.endsWith("o2")
              ? [403, undefined]
              : undefined
      )
      yield* Effect.gen(function* () {
        const failed = yield* Effect.flip(bulkDelete(objectsOf(4)))
        assert.strictEqual(failed._tag, "BulkFailed")
        if (failed._tag === "BulkFailed")
          assert.deepStrictEqual(
            failed.failures.map(({ path }) => path),
            ["c/o2"]
          )
        assert.deepStrictEqual(yield* bulkDelete(objectsOf(2)), { deleted: 1, notFound: 1 })
      }).pipe(Effect.provide(layer))
      assert.lengthOf(
        sent.filter(({ url }) => url.includes("bulk-delete")),
        1
      )
    })
  )

  it.scopedLive("rejects an invalid name before any request", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      for (const wrong of [
        { container: "a/b" },
        { container: "c", object: "" },
        { container: "c", object: "\u0000" }
      ]) {
        const error = yield* Effect.flip(files.bulkDelete({ objects: [{ container: "c", object: "o" }, wrong] }))
        assert.strictEqual(error._tag, "InvalidInput")
      }
      assert.deepStrictEqual(yield* files.bulkDelete({ objects: [] }), { deleted: 0, notFound: 0 })
      assert.deepStrictEqual(yield* traffic, [])
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("logs in once when the token has expired, over every HttpClient", () =>
    Effect.forEach(clients, ([name, http]) =>
      Effect.gen(function* () {
        const { emulated, files } = yield* prepared
        for (const { object } of objectsOf(3)) yield* emulated.files.putObject("c", object, patterned(1))
        const before = (yield* emulated.logins).succeeded
        yield* emulated.expireAllTokens
        assert.strictEqual((yield* files.bulkDelete({ objects: objectsOf(3) })).deleted, 3, name)
        assert.strictEqual((yield* emulated.logins).succeeded, before + 1, name)
      }).pipe(Effect.provide(Layer.fresh(listeningCloud(http))))
    )
  )
})

describe("emptying a container", () => {
  it.scopedLive("deletes the objects under the prefix, listed over several pages, in one request", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      for (const { object } of objectsOf(25)) yield* emulated.files.putObject("c", object, patterned(1))
      yield* emulated.files.putObject("c", "kept", patterned(1))
      assert.deepStrictEqual(yield* files.emptyContainer({ container: "c", prefix: "o" }), { deleted: 25, notFound: 0 })
      assert.deepStrictEqual(yield* emulated.files.objects("c"), ["kept"])
      assert.lengthOf(
        (yield* traffic).filter((line) => line.startsWith("POST")),
        1
      )
      assert.strictEqual((yield* Effect.flip(files.emptyContainer({ container: "none" })))._tag, "NotFound")
    }).pipe(Effect.provide(Layer.fresh(TestCloud.layer({ cloud: { files: { pageLimit: 10 } } }))))
  )

  it.scopedLive("deletes the container too, and retries while the cloud reports it as not empty", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      for (const { object } of objectsOf(3)) yield* emulated.files.putObject("c", object, patterned(1))
      yield* emulated.fail({
        match: { method: "DELETE", path: /\/c$/ },
        times: 2,
        fault: { _tag: "Status", status: 409 }
      })
      assert.deepStrictEqual(yield* files.deleteContainerWithContents({ container: "c" }), { deleted: 3, notFound: 0 })
      assert.deepStrictEqual(
        (yield* emulated.files.containers).map(({ name }) => name),
        []
      )
      assert.strictEqual((yield* Effect.flip(files.deleteContainerWithContents({ container: "c" })))._tag, "NotFound")
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("keeps the segments of large objects by default", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const body = () => CloudFiles.fromStream(Stream.make(patterned(2_500_000)))
      const large = { container: "c", object: "large", segmentSize: 1_048_576 }
      yield* files.upload({ ...large, body: body() })
      yield* files.emptyContainer({ container: "c" })
      assert.lengthOf(yield* emulated.files.objects("c_segments"), 3)
      yield* files.emptyContainer({ container: "c_segments" })
      yield* files.upload({ ...large, body: body() })
      yield* files.emptyContainer({ container: "c", segments: true })
      assert.lengthOf(yield* emulated.files.objects("c_segments"), 0)
    }).pipe(Effect.provide(cloud))
  )
})

describe("extracting an archive", () => {
  it.scopedLive(
    "uploads it to the given path, by default with an empty content type, so that the cloud detects each file's type",
    () =>
      Effect.gen(function* () {
        const { layer, sent } = yield* answering(() => [
          200,
          {
            "Number Files Created": 2,
            "Response Status": "400 Bad Request",
            "Response Body": "",
            Errors: [["/c/x", "413 Request Entity Too Large"]]
          }
        ])
        yield* Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const body = CloudFiles.fromString("archive")
          const extracted = yield* files.extractArchive({ container: "c é", prefix: "a/b c/", format: "tar.gz", body })
          assert.deepStrictEqual([extracted.created, extracted.errors], [2, [["/c/x", "413 Request Entity Too Large"]]])
          yield* files.extractArchive({ format: "tar", body, contentType: "text/x-own" })
        }).pipe(Effect.provide(layer))
        assert.deepStrictEqual(
          sent.map(({ method, type, url }) => [method, url, type]),
          [
            ["PUT", "/c%20%C3%A9/a/b%20c?extract-archive=tar.gz", ""],
            ["PUT", "/?extract-archive=tar", "text/x-own"]
          ]
        )
      })
  )

  it.scopedLive("fails with the specific error for an invalid archive, a one-shot stream, and a failing source", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const none = yield* Effect.flip(
        files.extractArchive({ container: "c", format: "tar", body: CloudFiles.fromString("none".repeat(300)) })
      )
      assert.strictEqual(none._tag, "BulkFailed")
      const oneShot = yield* Effect.flip(
        files.extractArchive({ container: "c", format: "tar", body: CloudFiles.fromStream(Stream.make(patterned(9))) })
      )
      assert.strictEqual(oneShot._tag, "InvalidInput")
      const failing = CloudFiles.fromStream(
        Stream.concat(Stream.make(patterned(100)), Stream.fail(new SourceFailed())),
        {
          replayable: true
        }
      )
      const failed = yield* Effect.flip(files.extractArchive({ container: "c", format: "tar", body: failing }))
      assert.strictEqual(failed._tag, "SourceFailed")
      assert.deepStrictEqual(yield* emulated.files.objects("c"), [])
      assert.lengthOf(
        (yield* requestsOf("files")).filter(({ status }) => status === 200),
        1
      )
    }).pipe(Effect.provide(cloud))
  )

  it.effect("rejects a prefix without a container before any request", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const body = CloudFiles.fromString("archive")
      const error = yield* Effect.flip(files.extractArchive({ prefix: "p", format: "tar", body }))
      assert.strictEqual(error._tag, "InvalidInput")
      assert.include(error.message, "prefix: expected no prefix without a container")
      assert.deepStrictEqual(yield* traffic, [])
    }).pipe(Effect.provide(cloud))
  )
})
