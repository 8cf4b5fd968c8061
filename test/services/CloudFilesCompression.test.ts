import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import { appendFileSync } from "node:fs"
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { gunzipSync, gzipSync } from "node:zlib"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as LocalFileSystem from "../../src/LocalFileSystem.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import * as Transport from "../../src/Transport.js"
import {
  bytesOf,
  clients,
  eventually,
  httpServer,
  inPieces,
  listeningCloud,
  md5,
  patterned,
  servicesAt,
  textOf
} from "../support.js"
import { everything, fileOf, object, once, prepared } from "../support/cloudFiles.js"
import { folderOf } from "../support/folder.js"

const cloud = Layer.merge(TestCloud.layer(), NodeFileSystem.layer)

class SourceFailed extends Data.TaggedError("SourceFailed") {}

const mebibyte = 1024 ** 2

/** Bytes that gzip cannot compress. */
const random = (size: number): Uint8Array => {
  const bytes = new Uint8Array(size)
  for (let offset = 0; offset < size; offset += 65_536) crypto.getRandomValues(bytes.subarray(offset, offset + 65_536))
  return bytes
}

/** Stores the given bytes with a content encoding, as another client would. */
const putEncoded = (bytes: Uint8Array, contentEncoding: string | undefined = "gzip") =>
  Effect.flatMap(CloudFiles.CloudFiles, (files) =>
    files.upload({ ...object, body: CloudFiles.fromBytes(bytes), contentEncoding })
  )

const decompressed = { ...object, decompress: true } as const

describe("uploads with compress", () => {
  it.scoped("store every kind of body as gzip", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const bytes = patterned(300_000)
      const path = yield* fileOf(bytes)
      for (const body of [
        CloudFiles.fromBytes(bytes),
        CloudFiles.fromFile(path),
        CloudFiles.fromStream(inPieces(bytes, 7000)),
        CloudFiles.fromStream(inPieces(bytes, 7000), { length: bytes.byteLength }),
        CloudFiles.fromStream(inPieces(bytes, 7000), { replayable: true }),
        CloudFiles.fromStream(inPieces(bytes, 7000), { replayable: true, length: bytes.byteLength })
      ]) {
        let reported = 0
        const progress = (count: number) => Effect.sync(() => (reported += count))
        const stored = yield* files.upload<unknown, never>({
          ...object,
          body: body as CloudFiles.UploadOptions<unknown, never>["body"],
          compress: "gzip",
          md5: md5(bytes),
          progress,
          contentType: "text/plain"
        })
        const found = yield* emulated.files.getObject("c", "o")
        const content = found?.bytes ?? new Uint8Array()
        assert.strictEqual(md5(gunzipSync(content)), md5(bytes))
        assert.isBelow(content.byteLength, 30_000)
        assert.deepStrictEqual(stored, {
          etag: md5(content),
          md5: md5(content),
          bytes: content.byteLength,
          segments: 0
        })
        assert.strictEqual(reported, content.byteLength)
        const info = yield* files.getObjectInfo(object)
        assert.deepInclude(info, { contentEncoding: "gzip", contentType: "text/plain", bytes: content.byteLength })
        assert.strictEqual(md5(yield* bytesOf(files.download(decompressed))), md5(bytes))
      }
    }).pipe(Effect.provide(cloud))
  )

  it.effect("store an empty body as empty gzip data", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* files.upload({ ...object, body: CloudFiles.fromString(""), compress: "gzip" })
      const found = yield* emulated.files.getObject("c", "o")
      assert.strictEqual(gunzipSync(found?.bytes ?? new Uint8Array()).byteLength, 0)
      assert.strictEqual(yield* textOf(files.download(decompressed)), "")
    }).pipe(Effect.provide(cloud))
  )

  it.effect("store a body that does not fit into one request as a large object", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const bytes = random(100_000)
      for (const [options, replayable] of [
        [{}, false],
        [{ segmentThreshold: 50_000 }, true],
        [{ largeObject: "dynamic" }, false]
      ] as const) {
        const body = CloudFiles.fromStream(inPieces(bytes, 3000), { replayable })
        const stored = yield* files.upload({ ...object, ...options, body, compress: "gzip", segmentSize: 30_000 })
        assert.strictEqual(stored.segments, 4)
        const info = yield* files.getObjectInfo(object)
        assert.deepInclude(info, { contentEncoding: "gzip", bytes: stored.bytes })
        assert.strictEqual(md5(gunzipSync(yield* bytesOf(files.download(object)))), md5(bytes))
        assert.strictEqual(md5(yield* bytesOf(files.download(decompressed))), md5(bytes))
        const [segment = ""] = yield* emulated.files.objects("c_segments")
        const kept = yield* emulated.files.getObject("c_segments", segment)
        assert.notProperty(kept?.headers, "Content-Encoding")
      }
    }).pipe(Effect.provide(cloud))
  )

  it.live("compress the body again for a retry", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const bytes = random(200_000)
      let runs = 0
      const source = Stream.suspend(() => {
        runs++
        return inPieces(bytes, 3000)
      })
      yield* emulated.fail({ match: { method: "PUT" }, fault: { _tag: "Cut", afterBytes: 100_000 } })
      yield* files.upload({ ...object, body: CloudFiles.fromStream(source, { replayable: true }), compress: "gzip" })
      assert.strictEqual(runs, 2)
      assert.strictEqual(md5(yield* bytesOf(files.download(decompressed))), md5(bytes))
    }).pipe(Effect.provide(cloud))
  )

  const text = patterned(50_000)
  for (const [what, body, options, tag] of [
    ["a failing source", Stream.concat(inPieces(text, 999), Stream.fail(new SourceFailed())), {}, "SourceFailed"],
    ["a source that is shorter than declared", inPieces(text, 999), { length: 50_001 }, "InvalidInput"],
    ["a source that is longer than declared", inPieces(text, 999), { length: 49_999 }, "InvalidInput"]
  ] as const) {
    for (const replayable of [true, false]) {
      it.effect(`store nothing of ${what}${replayable ? " that is replayable" : ""}`, () =>
        Effect.gen(function* () {
          const { files } = yield* prepared
          const source = CloudFiles.fromStream<SourceFailed, never>(body, { ...options, replayable })
          const error = yield* Effect.flip(files.upload({ ...object, body: source, compress: "gzip" }))
          assert.strictEqual(error._tag, tag)
          assert.deepStrictEqual(yield* everything, [])
        }).pipe(Effect.provide(cloud))
      )
    }
  }

  it.effect("store nothing if the body does not match the given MD5", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const body = CloudFiles.fromString("another text")
      const error = yield* Effect.flip(files.upload({ ...object, body, md5: md5("a text"), compress: "gzip" }))
      assert.strictEqual(error._tag, "ChecksumMismatch")
      assert.deepStrictEqual(yield* everything, [])
    }).pipe(Effect.provide(cloud))
  )

  it.scoped("store nothing if the file changes during the upload, with and without segments", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      for (const segmentThreshold of [undefined, 100_000]) {
        const path = yield* fileOf(random(3 * mebibyte))
        const body = CloudFiles.fromFile(path)
        let runs = 0
        const opened = Effect.map(body.open, (source) => ({
          ...source,
          source: Stream.concat(
            source.source,
            Stream.execute(
              Effect.sync(() => {
                runs++
                appendFileSync(path, "more")
              })
            )
          )
        }))
        const error = yield* Effect.flip(
          files.upload({ ...object, body: { open: opened }, compress: "gzip", segmentThreshold, segmentSize: 500_000 })
        )
        assert.strictEqual(error._tag, "SourceChanged")
        assert.strictEqual(runs, 1)
        assert.deepStrictEqual(yield* everything, [])
      }
    }).pipe(Effect.provide(cloud))
  )

  for (const [what, options, path] of [
    ["a content encoding", { compress: "gzip", contentEncoding: "gzip" }, "contentEncoding"],
    ["a content encoding among the headers", { compress: "gzip", headers: { "content-Encoding": "br" } }, "headers"],
    ["resume", { compress: "gzip", resume: true }, "resume"],
    ["an unknown format", { compress: "br" as "gzip" }, "compress"],
    ["an invalid MD5", { compress: "gzip", md5: "x" }, "md5"]
  ] as const) {
    it.effect(`fail with InvalidInput together with ${what}, and send nothing`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* prepared
        const body = CloudFiles.fromString("x")
        const error = yield* Effect.flip(files.upload({ ...object, ...options, body }))
        if (error._tag !== "InvalidInput") return assert.fail(error._tag)
        assert.deepStrictEqual(
          error.issues.map((issue) => issue.path),
          [path]
        )
        assert.deepStrictEqual(yield* emulated.requests, [])
      }).pipe(Effect.provide(cloud))
    )
  }

  it.scopedLive("send a large body while it is read, and buffer a few MiB of it", () =>
    Effect.gen(function* () {
      let received = 0
      const { url } = yield* httpServer((request, response) => {
        const hash = createHash("md5")
        request.on("data", (chunk: Buffer) => {
          received += chunk.byteLength
          hash.update(chunk)
        })
        request.on("end", () => {
          response.writeHead(201, { etag: hash.digest("hex") })
          response.end()
        })
      })
      let ahead = 0
      let read = 0
      // It repeats outside of gzip's window of 32 KiB, so that it is not compressed.
      const piece = random(64 * 1024)
      const source = Stream.take(Stream.repeatValue(piece), 1024).pipe(
        Stream.rechunk(1),
        Stream.tap(({ byteLength }) =>
          Effect.sync(() => {
            read += byteLength
            ahead = Math.max(ahead, read - received)
          })
        )
      )
      const body = CloudFiles.fromStream(source, { replayable: true })
      const { bytes } = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) =>
        files.upload({ ...object, body, compress: "gzip" })
      ).pipe(Effect.provide(servicesAt(url, Transport.layer)))
      assert.isAbove(bytes, 64 * mebibyte)
      assert.strictEqual(received, bytes)
      assert.isBelow(ahead, 8 * mebibyte)
    })
  )
})

describe("downloads with decompress", () => {
  const text = "some text, ".repeat(50_000)

  it.effect("decompress gzip objects of other clients, and return other objects unchanged", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      for (const [content, encoding, expected] of [
        [gzipSync(text), "gzip", text],
        [gzipSync(text), "x-GZIP", text],
        [Buffer.concat([gzipSync("one, "), gzipSync("two")]), "gzip", "one, two"],
        [Buffer.from(text), "identity", text],
        [Buffer.from(text), "br", text]
      ] as const) {
        yield* putEncoded(content, encoding)
        assert.strictEqual(yield* textOf(files.download(decompressed)), expected)
        const { info, text: opened } = yield* Effect.scoped(
          Effect.flatMap(files.open(decompressed), ({ info, stream }) =>
            Effect.map(textOf(stream), (text) => ({ info, text }))
          )
        )
        assert.strictEqual(opened, expected)
        assert.strictEqual(info.bytes, content.byteLength)
      }
      yield* putEncoded(gzipSync(text))
      assert.deepStrictEqual(gunzipSync(yield* bytesOf(files.download(object))).toString(), text)
    }).pipe(Effect.provide(cloud))
  )

  it.scoped("write the decompressed content to a file, and return its length", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const bytes = random(400_000)
      const folder = yield* folderOf({})
      const path = join(folder, "file")
      for (const options of [{}, { segmentThreshold: 1000, segmentSize: 50_000 }]) {
        const body = CloudFiles.fromBytes(bytes)
        const { bytes: stored } = yield* files.upload({ ...object, ...options, body, compress: "gzip" })
        let reported = 0
        const file = yield* files.downloadToFile({
          ...decompressed,
          path,
          parallelThreshold: 1,
          progress: (count) => Effect.sync(() => (reported += count))
        })
        assert.deepInclude(file, { bytes: 400_000, resumed: 0, verified: true })
        assert.strictEqual(file.info.bytes, stored)
        assert.strictEqual(reported, 400_000)
        assert.strictEqual(md5(yield* Effect.promise(() => readFile(path))), md5(bytes))
        assert.deepStrictEqual(yield* Effect.promise(() => readdir(folder)), ["file"])
      }
    }).pipe(Effect.provide(cloud))
  )

  it.scoped("write files with the worker thread of LocalFileSystem too", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const path = join(yield* folderOf({}), "file")
      yield* putEncoded(gzipSync(text))
      const file = yield* files.downloadToFile({ ...decompressed, path })
      assert.strictEqual(file.bytes, text.length)
      assert.strictEqual(yield* Effect.promise(() => readFile(path, "utf8")), text)
    }).pipe(
      Effect.provide(Layer.merge(TestCloud.layer(), Layer.provideMerge(LocalFileSystem.layer, NodeFileSystem.layer)))
    )
  )

  const whole = gzipSync(random(10_000))
  for (const [what, content] of [
    ["is not gzip", Buffer.from("no gzip at all")],
    ["ends in the middle of gzip data", whole.subarray(0, 5000)],
    ["ends within the header of gzip data", whole.subarray(0, 3)],
    ["has one byte", whole.subarray(0, 1)],
    ["has a wrong checksum", Buffer.concat([whole.subarray(0, -8), Buffer.alloc(8)])],
    ["continues after the gzip data", Buffer.concat([whole, Buffer.from("more")])]
  ] as const) {
    it.scoped(`fail with MalformedResponse if an object ${what}, and leave no file`, () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        yield* putEncoded(content)
        const error = yield* Effect.flip(Stream.runDrain(files.download(decompressed)))
        if (error._tag !== "MalformedResponse") return assert.fail(error._tag)
        assert.deepInclude(error, { path: ":body", expected: "gzip data", operation: "CloudFiles.download" })
        const folder = yield* folderOf({})
        const failed = yield* Effect.flip(files.downloadToFile({ ...decompressed, path: join(folder, "file") }))
        assert.strictEqual(failed._tag, "MalformedResponse")
        assert.deepStrictEqual(yield* Effect.promise(() => readdir(folder)), [])
      }).pipe(Effect.provide(cloud))
    )
  }

  it.effect("return an empty object as empty", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      yield* putEncoded(new Uint8Array())
      assert.strictEqual(yield* textOf(files.download(decompressed)), "")
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("verify the stored content", () =>
    Effect.gen(function* () {
      const content = gzipSync(text)
      const { url } = yield* httpServer((_, response) => {
        response.writeHead(200, {
          "content-length": content.byteLength,
          "content-encoding": "gzip",
          etag: md5("something else")
        })
        response.end(content)
      })
      yield* Effect.gen(function* () {
        const files = yield* CloudFiles.CloudFiles
        const error = yield* Effect.flip(Stream.runDrain(files.download(decompressed)))
        assert.strictEqual(error._tag, "ChecksumMismatch")
        assert.strictEqual(yield* textOf(files.download({ ...decompressed, verify: false })), text)
      }).pipe(Effect.provide(servicesAt(url, Transport.layer)))
    })
  )

  it.effect("fail with TransportError if the response breaks off", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* putEncoded(gzipSync(random(10_000)))
      yield* emulated.fail({ match: { method: "GET" }, fault: { _tag: "TruncateBody", afterBytes: 5000 } })
      const error = yield* Effect.flip(once(Stream.runDrain(files.download(decompressed))))
      assert.strictEqual(error._tag, "TransportError")
    }).pipe(Effect.provide(cloud))
  )

  for (const [what, run] of [
    [
      "a range",
      (files: CloudFiles.Service) => Stream.runDrain(files.download({ ...decompressed, range: { last: 5 } }))
    ],
    [
      "resume",
      (files: CloudFiles.Service) => Effect.asVoid(files.downloadToFile({ ...decompressed, path: "/x", resume: true }))
    ]
  ] as const) {
    it.effect(`fail with InvalidInput together with ${what}, and request nothing`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* prepared
        const error = yield* Effect.flip(run(files))
        assert.strictEqual(error._tag, "InvalidInput")
        assert.deepStrictEqual(yield* emulated.requests, [])
      }).pipe(Effect.provide(cloud))
    )
  }

  it.scopedLive("decompress data that expand a thousand times only as far as they are consumed", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      yield* putEncoded(gzipSync(new Uint8Array(256 * mebibyte)))
      const before = process.memoryUsage().arrayBuffers
      let most = 0
      let size = 0
      yield* Stream.runForEach(files.download(decompressed), ({ byteLength }) =>
        Effect.sync(() => {
          size += byteLength
          most = Math.max(most, process.memoryUsage().arrayBuffers - before)
        })
      )
      assert.strictEqual(size, 256 * mebibyte)
      assert.isBelow(most, 64 * mebibyte)
    }).pipe(Effect.provide(listeningCloud(Transport.layer)))
  )
})

for (const [name, http] of clients) {
  describe(`compression over ${name}`, () => {
    it.scopedLive("bodies are stored compressed and returned decompressed, including large ones", () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* prepared
        const bytes = Buffer.concat([patterned(1_500_000), random(1_500_000)])
        const path = join(yield* folderOf({}), "file")
        for (const [content, body, options] of [
          [bytes, CloudFiles.fromBytes(bytes), {}],
          [bytes, CloudFiles.fromStream(inPieces(bytes, 100_000)), {}],
          [bytes, CloudFiles.fromStream(inPieces(bytes, 100_000)), { segmentSize: 1_000_000 }],
          ["tiny", CloudFiles.fromString("tiny"), {}]
        ] as const) {
          yield* files.upload({ ...object, ...options, body, compress: "gzip" })
          assert.strictEqual(md5(yield* bytesOf(files.download(decompressed))), md5(content))
          yield* files.downloadToFile({ ...decompressed, path })
          assert.strictEqual(md5(yield* Effect.promise(() => readFile(path))), md5(content))
        }
        yield* emulated.files.putObject("c", "o", "no gzip")
        assert.strictEqual(yield* textOf(files.download(decompressed)), "no gzip")
      }).pipe(Effect.provide(Layer.merge(listeningCloud(http), NodeFileSystem.layer)))
    )

    it.scopedLive("an interrupted upload closes its source, and stores nothing", () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* prepared
        for (const replayable of [true, false]) {
          const reached = yield* Deferred.make<void>()
          let isClosed = false
          const source = Stream.concat(
            inPieces(random(500_000), 10_000),
            Stream.execute(Effect.zipRight(Deferred.succeed(reached, undefined), Effect.never))
          ).pipe(
            Stream.ensuring(
              Effect.sync(() => {
                isClosed = true
              })
            )
          )
          const body = CloudFiles.fromStream(source, { replayable })
          const fiber = yield* Effect.fork(files.upload({ ...object, body, compress: "gzip", segmentSize: 100_000 }))
          yield* Deferred.await(reached)
          yield* Fiber.interrupt(fiber)
          assert.isTrue(isClosed)
        }
        const requests = yield* emulated.requests
        yield* eventually("the cloud has seen all requests end", () =>
          requests.every((request) => request.finishedAt !== undefined)
        )
        assert.deepStrictEqual(yield* everything, [])
      }).pipe(Effect.provide(listeningCloud(http)))
    )

    it.scopedLive("an interrupted download ends its request", () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* prepared
        yield* putEncoded(gzipSync(new Uint8Array(64 * mebibyte)))
        const reached = yield* Deferred.make<void>()
        const fiber = yield* Effect.fork(
          Stream.runForEach(files.download(decompressed), () =>
            Effect.zipRight(Deferred.succeed(reached, undefined), Effect.never)
          )
        )
        yield* Deferred.await(reached)
        yield* Fiber.interrupt(fiber)
        const requests = yield* emulated.requests
        yield* eventually("the cloud has seen all requests end", () =>
          requests.every((request) => request.finishedAt !== undefined)
        )
      }).pipe(Effect.provide(listeningCloud(http)))
    )
  })
}
