import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { bytesOf, httpServer, patterned, requestsOf, servicesAt } from "../support.js"
import { prepared } from "../support/cloudFiles.js"

const cloud = TestCloud.layer()

const content = patterned(300_000)

const ranges: ReadonlyArray<CloudFiles.ByteRange> = [
  { offset: 10, length: 5 },
  { offset: 100_000, length: 120_000 },
  { last: 7 },
  { offset: 299_990 }
]

const collected = (given: Parameters<CloudFiles.Service["downloadRanges"]>[0]) =>
  Effect.flatMap(CloudFiles.CloudFiles, (files) =>
    Effect.map(Stream.runCollect(files.downloadRanges(given)), (all) =>
      [...all].map(({ bytes, index, offset }) => ({ index, offset, bytes: Buffer.from(bytes).toString("hex") }))
    )
  )

const expected = [
  [10, 15],
  [100_000, 220_000],
  [299_993, 300_000],
  [299_990, 300_000]
].map(([from = 0, to], index) => ({
  index,
  offset: from,
  bytes: Buffer.from(content.subarray(from, to)).toString("hex")
}))

const gets = Effect.map(requestsOf("files"), (all) => all.filter(({ method }) => method === "GET"))

describe("CloudFiles: several ranges in one download", () => {
  for (const kind of ["plain", "static", "dynamic"] as const) {
    it.effect(`each range of a ${kind} object is returned with its offset`, () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const object = { container: "c", object: "o" }
        yield* files.upload({
          ...object,
          body: CloudFiles.fromBytes(content),
          ...(kind !== "plain" && { segmentThreshold: 100_000, segmentSize: 100_000, largeObject: kind })
        })
        assert.deepStrictEqual(yield* collected({ ...object, ranges }), expected)
        const [first, ...others] = yield* gets
        assert.strictEqual(first?.headers["range"], "bytes=10-14,100000-219999,-7,299990-")
        // Swift returns a dynamic large object completely, so its ranges are requested one by one.
        assert.lengthOf(others, kind === "dynamic" ? 4 : 0)
      }).pipe(Effect.provide(cloud))
    )
  }

  it.effect(
    "ranges are requested one by one if the cloud rejects the list, and one beyond the end is not satisfiable",
    () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const object = { container: "c", object: "o" }
        yield* files.upload({ ...object, body: CloudFiles.fromBytes(content) })
        const backwards = Array.from({ length: 10 }, (_, index) => ({ offset: 100 - index * 10, length: 5 }))
        const found = yield* collected({ ...object, ranges: backwards })
        assert.deepStrictEqual(
          found.map(({ offset }) => offset),
          backwards.map(({ offset }) => offset)
        )
        const beyond = yield* Effect.flip(
          collected({ ...object, ranges: [{ offset: 0, length: 1 }, { offset: 300_000 }, { offset: 5, length: 1 }] })
        )
        assert.strictEqual(beyond._tag, "RangeNotSatisfiable")
        const none = yield* Effect.flip(collected({ ...object, ranges: [] }))
        assert.strictEqual(none._tag, "InvalidInput")
        const missing = yield* Effect.flip(collected({ ...object, object: "missing", ranges }))
        assert.strictEqual(missing._tag, "NotFound")
        const changed = yield* Effect.flip(collected({ ...object, ranges, ifMatch: "0".repeat(32) }))
        assert.strictEqual(changed._tag, "PreconditionFailed")
      }).pipe(Effect.provide(cloud))
  )

  for (const [what, contentRange, bytes] of [
    ["too long", "bytes 0-9/20", 10],
    ["too short", "bytes 0-2/20", 3],
    ["at another offset", "bytes 4-8/20", 5]
  ] as const) {
    it.scopedLive(`a response with a range that is ${what} fails`, () =>
      Effect.gen(function* () {
        const server = yield* httpServer((_, response) => {
          response.writeHead(206, { etag: "0".repeat(32), "content-range": contentRange, "content-length": bytes })
          response.end(Buffer.alloc(bytes))
        })
        const download = Effect.flatMap(CloudFiles.CloudFiles, (files) =>
          bytesOf(files.download({ container: "c", object: "o", range: { offset: 0, length: 5 } }))
        )
        const error = yield* Effect.flip(Effect.provide(download, servicesAt(server.url)))
        assert.strictEqual(error._tag, "MalformedResponse")
        assert.include(error.message, "content-range: expected bytes 0-4")
      })
    )
  }

  it.scopedLive("a part that is longer than the requested ranges is not read", () =>
    Effect.gen(function* () {
      const size = 1024 ** 4
      let sent = 0
      const server = yield* httpServer((request, response) => {
        if (request.headers.range?.includes(",") !== true) {
          const [from = 0, to = 0] = (request.headers.range ?? "").replace("bytes=", "").split("-").map(Number)
          response.writeHead(206, {
            etag: "0".repeat(32),
            "content-range": `bytes ${from}-${to}/${size}`,
            "content-length": to - from + 1
          })
          response.end(Buffer.alloc(to - from + 1))
          return
        }
        response.writeHead(206, { etag: "0".repeat(32), "content-type": "multipart/byteranges; boundary=b" })
        response.write(`--b\r\ncontent-range: bytes 0-${size - 1}/${size}\r\n\r\n`)
        const piece = Buffer.alloc(1024 * 1024)
        const send = (): void => {
          while (!response.destroyed && sent < 64 * piece.byteLength) {
            sent += piece.byteLength
            if (!response.write(piece)) return void response.once("drain", send)
          }
          response.end()
        }
        send()
      })
      const two = [
        { offset: 0, length: 3 },
        { offset: 10, length: 3 }
      ]
      const found = yield* collected({ container: "c", object: "o", ranges: two }).pipe(
        Effect.provide(servicesAt(server.url))
      )
      assert.deepStrictEqual(
        found.map(({ bytes, offset }) => [offset, bytes]),
        [
          [0, "000000"],
          [10, "000000"]
        ]
      )
      assert.isBelow(sent, 16 * 1024 * 1024)
    })
  )
})
