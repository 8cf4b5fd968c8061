import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import * as CloudFiles from "../../src/emulator/CloudFiles.js"
import type { WireBroken } from "../../src/emulator/Protocol.js"
import { readResponse } from "./support.js"
import * as Tar from "./tar.js"

interface Result {
  readonly "Number Files Created": number
  readonly "Response Status": string
  readonly "Response Body": string
  readonly Errors: ReadonlyArray<readonly [string, string]>
}

const storage = (options: CloudFiles.CloudFilesOptions = {}) =>
  Effect.gen(function* () {
    const files = yield* CloudFiles.make(options)
    const send = (
      path: string,
      body: Uint8Array | Stream.Stream<Uint8Array, WireBroken>,
      { format = "tar", headers = {} }: { format?: string; headers?: Record<string, string> } = {}
    ) =>
      Effect.flatMap(
        files.handle({
          method: "PUT",
          target: `/files/dfw/v1/MossoCloudFS_abc${path}?extract-archive=${format}`,
          path,
          query: new URLSearchParams({ "extract-archive": format }),
          headers: {
            accept: "application/json",
            ...(body instanceof Uint8Array
              ? { "content-length": String(body.byteLength) }
              : { "transfer-encoding": "chunked" }),
            ...headers
          },
          body: body instanceof Uint8Array ? Stream.succeed(body) : body,
          region: "DFW",
          caller: { tenantId: "010101", storageAccount: "MossoCloudFS_abc", userId: "1", username: "demo" },
          baseUrl: "http://cloud.test/files/dfw/v1/MossoCloudFS_abc"
        }),
        readResponse
      )
    const unpack = (...request: Parameters<typeof send>) =>
      Effect.map(send(...request), ({ text }) => JSON.parse(text) as Result)
    const textOf = (container: string, name: string) =>
      Effect.map(files.getObject(container, name), (object) =>
        object === undefined ? undefined : new TextDecoder().decode(object.bytes)
      )
    return { files, send, textOf, unpack }
  })

const good = (count: number): Result => ({
  "Number Files Created": count,
  "Response Body": "",
  "Response Status": "201 Created",
  Errors: []
})

/** The bytes in chunks of one size. */
const pieces = (bytes: Uint8Array, size: number): Stream.Stream<Uint8Array> =>
  Stream.fromIterable(
    Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size)
    )
  )

describe("Cloud Files: archives", () => {
  it.effect("are extracted into containers that are created, and files outside of any container are ignored", () =>
    Effect.gen(function* () {
      const { files, textOf, unpack } = yield* storage()
      const archive = Tar.archive({ loose: "1", "one/a.txt": "2", "./two/b/c": "3", "/three/d": "4" })
      assert.deepStrictEqual(yield* unpack("", archive), good(3))
      assert.deepStrictEqual(
        (yield* files.containers).map(({ name }) => name),
        ["one", "three", "two"]
      )
      assert.strictEqual(yield* textOf("two", "b/c"), "3")
    })
  )

  it.effect("are extracted below the path of the request", () =>
    Effect.gen(function* () {
      const { files, unpack } = yield* storage()
      assert.deepStrictEqual(yield* unpack("/c/p%C3%BC/", Tar.archive({ a: "1", "b/c": "2" })), good(2))
      assert.deepStrictEqual(yield* files.objects("c"), ["pü/a", "pü/b/c"])
    })
  )

  it.effect("may arrive in chunks of any size, compressed or not", () =>
    Effect.gen(function* () {
      const { files, textOf, unpack } = yield* storage()
      const archive = Tar.archive({ a: "x".repeat(1000), b: "", c: "y".repeat(512) })
      for (const size of [1, 7, 511, 513, 4096]) {
        assert.deepStrictEqual(yield* unpack("/c", pieces(archive, size)), good(3))
        assert.deepStrictEqual(yield* unpack("/d", pieces(gzipSync(archive), size), { format: "tar.gz" }), good(3))
        for (const container of ["c", "d"]) {
          assert.strictEqual(yield* textOf(container, "a"), "x".repeat(1000))
          assert.strictEqual(yield* textOf(container, "b"), "")
          assert.strictEqual(yield* textOf(container, "c"), "y".repeat(512))
          yield* files.dropContainer(container)
        }
      }
    })
  )

  it.live("in each format of tar are read with their long names", () =>
    Effect.gen(function* () {
      const { files, textOf, unpack } = yield* storage()
      const folder = mkdtempSync(join(tmpdir(), "archive-"))
      const deep = `${"d".repeat(60)}/${"e".repeat(60)}`
      mkdirSync(join(folder, deep), { recursive: true })
      writeFileSync(join(folder, deep, "ünï ☃.txt"), "deep")
      writeFileSync(join(folder, "big"), "b".repeat(200_000))
      for (const format of ["gnu", "pax", "ustar"]) {
        const archive = new Uint8Array(execFileSync("tar", [`--format=${format}`, "-C", folder, "-cf", "-", "."]))
        assert.deepStrictEqual(yield* unpack(`/${format}`, archive), good(2))
        assert.deepStrictEqual(yield* files.objects(format), ["big", `${deep}/ünï ☃.txt`])
        assert.strictEqual(yield* textOf(format, `${deep}/ünï ☃.txt`), "deep")
        assert.strictEqual((yield* textOf(format, "big"))?.length, 200_000)
      }
      rmSync(folder, { recursive: true })
    })
  )

  it.effect("set types and metadata of files by pax attributes", () =>
    Effect.gen(function* () {
      const { files, unpack } = yield* storage()
      const archive = Tar.join(
        Tar.pax({ "SCHILY.xattr.user.meta.everywhere": "yes" }, "g"),
        Tar.pax({ "SCHILY.xattr.user.mime_type": "a/b", "LIBARCHIVE.xattr.user.meta.color": "blau" }),
        Tar.entry({ name: "one.html", body: "1" }),
        Tar.entry({ name: "two.html", body: "2" }),
        Tar.end
      )
      assert.deepStrictEqual(yield* unpack("/c", archive), good(2))
      const one = yield* files.getObject("c", "one.html")
      const two = yield* files.getObject("c", "two.html")
      assert.deepStrictEqual([one?.contentType, one?.metadata], ["a/b", { everywhere: "yes", color: "blau" }])
      assert.deepStrictEqual([two?.contentType, two?.metadata], ["text/html", { everywhere: "yes" }])
    })
  )

  it.effect("apply the request's type, metadata and expiry to all files", () =>
    Effect.gen(function* () {
      const { files, unpack } = yield* storage()
      yield* unpack("/c", Tar.archive({ "a.html": "" }), {
        headers: { "content-type": "x/y", "x-object-meta-of": "all", "x-delete-after": "60" }
      })
      const object = yield* files.getObject("c", "a.html")
      assert.deepStrictEqual([object?.contentType, object?.metadata, object?.deleteAt], ["x/y", { of: "all" }, 60])
      yield* unpack("/c", Tar.archive({ "b.html": "" }), { headers: { "content-type": "" } })
      assert.strictEqual((yield* files.getObject("c", "b.html"))?.contentType, "text/html")
    })
  )

  it.effect("are stored as far as possible, and each failed file is reported", () =>
    Effect.gen(function* () {
      const { files, unpack } = yield* storage({ maxObjectBytes: 10 })
      yield* files.seedContainer("c")
      const result = yield* unpack(
        "/c",
        Tar.archive({ "is too large": "x".repeat(11), good: "x", ["y".repeat(99)]: "z" })
      )
      assert.deepStrictEqual(result, {
        "Number Files Created": 2,
        "Response Body": "",
        "Response Status": "400 Bad Request",
        Errors: [["c/is%20too%20large", "413 Request Entity Too Large"]]
      })
    })
  )

  it.effect("that are invalid or truncated are reported; files before the error are kept", () =>
    Effect.gen(function* () {
      const { files, unpack } = yield* storage()
      const body = (archive: Uint8Array, format = "tar") =>
        Effect.map(unpack("/c", archive, { format }), (result) => result["Response Body"])
      const archive = Tar.archive({ a: "1", b: "2".repeat(600) })
      assert.strictEqual(yield* body(new Uint8Array(0)), "Invalid Tar File: empty file")
      assert.strictEqual(yield* body(new Uint8Array(100)), "Invalid Tar File: truncated header")
      assert.strictEqual(yield* body(new Uint8Array(512).fill(120)), "Invalid Tar File: invalid header")
      assert.strictEqual(yield* body(Tar.end), "Invalid Tar File: No Valid Files")
      assert.strictEqual(yield* body(archive, "tar.gz"), "Invalid Tar File: not a gzip file")
      const damaged = gzipSync(archive).fill(255, 20, 30)
      assert.strictEqual(yield* body(damaged, "tar.gz"), "Invalid Tar File: invalid compressed data")
      assert.strictEqual(yield* body(archive, "tar.bz2"), "Invalid Tar File: bz2 module is not available")
      assert.deepStrictEqual(yield* files.containers, [])
      assert.deepStrictEqual(yield* unpack("/c", archive.subarray(0, 1024 + 512 + 200)), {
        "Number Files Created": 1,
        "Response Body": "Invalid Tar File: unexpected end of data",
        "Response Status": "400 Bad Request",
        Errors: [["c/b", "500 Internal Error"]]
      })
      assert.deepStrictEqual(yield* files.objects("c"), ["a"])
    })
  )

  it.effect("may create a limited number of containers, and stop after a thousand errors", () =>
    Effect.gen(function* () {
      const { files, unpack } = yield* storage({ maxArchiveContainers: 2, maxObjectBytes: 1 })
      const archive = Tar.archive({ "a/1": "", "a/2": "", "b/1": "", "c/1": "" })
      const result = yield* unpack("", archive)
      assert.strictEqual(result["Response Status"], "400 Bad Request")
      assert.strictEqual(result["Response Body"], "More than 2 containers to create from tar.")
      assert.strictEqual(result["Number Files Created"], 3)
      assert.deepStrictEqual(yield* files.objects("c"), [])
      const bad = Tar.join(
        ...Array.from({ length: 1001 }, (_, index) => Tar.entry({ name: `${index}`, body: "22" })),
        Tar.entry({ name: "last", body: "1" }),
        Tar.end
      )
      assert.strictEqual((yield* unpack("/a", pieces(bad, 512))).Errors.length, 1000)
      assert.deepStrictEqual(yield* files.objects("a"), ["1", "2"])
    })
  )

  it.effect("that take long get a response with leading white space", () =>
    Effect.gen(function* () {
      const { send } = yield* storage()
      const archive = Tar.archive({ a: "1" })
      const slow = Stream.concat(
        Stream.succeed(archive.subarray(0, 600)),
        Stream.concat(Stream.drain(TestClock.adjust("25 seconds")), Stream.succeed(archive.subarray(600)))
      )
      const { text } = yield* send("/c", slow)
      assert.isTrue(text.startsWith("  \r\n\r\n{"), text)
      assert.deepStrictEqual(JSON.parse(text), good(1))
    })
  )

  it.effect("need a length or chunked encoding, and one of three formats", () =>
    Effect.gen(function* () {
      const { files, send } = yield* storage()
      const unsized = yield* files.handle({
        method: "PUT",
        target: "/files/dfw/v1/MossoCloudFS_abc?extract-archive=tar",
        path: "",
        query: new URLSearchParams("extract-archive=tar"),
        headers: { accept: "text/plain" },
        body: Stream.empty,
        region: "DFW",
        caller: { tenantId: "010101", storageAccount: "MossoCloudFS_abc", userId: "1", username: "demo" },
        baseUrl: "http://cloud.test/files/dfw/v1/MossoCloudFS_abc"
      })
      assert.include((yield* readResponse(unsized)).text, "Response Status: 411 Length Required")
      const zip = yield* send("/c", new Uint8Array(0), { format: "zip" })
      assert.deepStrictEqual([zip.status, zip.text], [400, "Unsupported archive format"])
    })
  )
})
