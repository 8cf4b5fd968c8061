import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { collected, md5, requestsOf, textOf, traffic } from "../support.js"
import { forget, put } from "../support/cloudFiles.js"

const cloud = (files: NonNullable<TestCloud.CloudOptions["files"]> = {}) => TestCloud.layer({ cloud: { files } })

const header = (name: string): Effect.Effect<ReadonlyArray<string | undefined>, never, TestCloud.TestCloud> =>
  Effect.map(requestsOf("files"), (all) => all.map((request) => request.headers[name]))

const withContainer = Effect.flatMap(CloudFiles.CloudFiles, (files) => files.createContainer({ container: "c" }))

const names = (items: ReadonlyArray<CloudFiles.ObjectSummary | CloudFiles.Subdirectory>): ReadonlyArray<string> =>
  items.map((item) => ("subdir" in item ? `${item.subdir} >` : item.name))

describe("CloudFiles: requests and responses", () => {
  it.effect("getAccount", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* withContainer
      yield* put("a", "12345")
      yield* forget
      const account = yield* files.getAccount()
      assert.deepStrictEqual(yield* traffic, ["HEAD  204"])
      assert.strictEqual(account.containerCount, 1)
      assert.strictEqual(account.objectCount, 1)
      assert.strictEqual(account.bytesUsed, 5)
      assert.isTrue(DateTime.isDateTime(account.created))
      assert.deepStrictEqual(account.metadata, {})
      assert.isUndefined(account.tempUrlKey)
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("updateAccount sets, keeps and removes metadata", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.updateAccount({ metadata: { Color: "grün", size: "l" } })
      yield* files.updateAccount({ metadata: { shape: "round" }, remove: ["SIZE"] })
      assert.deepStrictEqual(yield* traffic, ["POST  204", "POST  204"])
      const [first, second] = yield* requestsOf("files")
      assert.strictEqual(first?.headers["x-account-meta-color"], "gr%C3%BCn")
      assert.strictEqual(second?.headers["x-account-meta-shape"], "round")
      assert.strictEqual(second?.headers["x-remove-account-meta-size"], "x")
      assert.deepStrictEqual((yield* files.getAccount()).metadata, { color: "grün", shape: "round" })
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("TempURL keys are secrets, and not part of the metadata", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.updateAccount({ tempUrlKey: Redacted.make("s3cret") })
      const account = yield* files.getAccount()
      assert.deepStrictEqual(account.metadata, {})
      assert.strictEqual(String(account.tempUrlKey), "<redacted>")
      assert.notInclude(JSON.stringify(account), "s3cret")
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("listContainersPage", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      assert.deepStrictEqual(yield* files.listContainersPage(), [])
      for (const container of ["a", "b", "c", "d"]) yield* files.createContainer({ container })
      yield* put("x", "123")
      yield* forget
      const page = yield* files.listContainersPage({ marker: "a", endMarker: "d", limit: 2, prefix: "" })
      assert.deepStrictEqual(yield* traffic, ["GET ?format=json&marker=a&end_marker=d&prefix=&limit=2 200"])
      assert.deepStrictEqual(yield* header("accept"), ["application/json"])
      assert.deepStrictEqual(
        page.map((one) => ("subdir" in one ? [one.subdir] : [one.name, one.objectCount, one.bytes])),
        [
          ["b", 0, 0],
          ["c", 1, 3]
        ]
      )
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("createContainer returns whether it existed, and merges metadata", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const first = yield* files.createContainer({ container: "c", metadata: { a: "1" }, readAcl: ".r:*" })
      const second = yield* files.createContainer({ container: "c", metadata: { b: "2" }, writeAcl: "joe,jane" })
      assert.deepStrictEqual([first.created, second.created], [true, false])
      assert.deepStrictEqual(yield* traffic, ["PUT /c 201", "PUT /c 202"])
      const container = yield* files.getContainer({ container: "c" })
      assert.deepStrictEqual(container.metadata, { a: "1", b: "2" })
      assert.strictEqual(container.readAcl, ".r:*")
      assert.strictEqual(container.writeAcl, "joe,jane")
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("getContainer", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* withContainer
      yield* put("a", "12345")
      yield* forget
      const container = yield* files.getContainer({ container: "c" })
      assert.deepStrictEqual(yield* traffic, ["HEAD /c 204"])
      assert.strictEqual(container.objectCount, 1)
      assert.strictEqual(container.bytesUsed, 5)
      const error = yield* Effect.flip(files.getContainer({ container: "none" }))
      assert.strictEqual(error._tag, "NotFound")
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("updateContainer sets, keeps and removes", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({ container: "c", metadata: { a: "1", b: "2" } })
      yield* forget
      yield* files.updateContainer({ container: "c", metadata: { c: "ü" }, remove: ["b"], readAcl: "joe" })
      assert.deepStrictEqual(yield* traffic, ["POST /c 204"])
      const container = yield* files.getContainer({ container: "c" })
      assert.deepStrictEqual(container.metadata, { a: "1", c: "ü" })
      assert.strictEqual(container.readAcl, "joe")
      const error = yield* Effect.flip(files.updateContainer({ container: "none", metadata: { a: "1" } }))
      assert.strictEqual(error._tag, "NotFound")
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("deleteContainer, which requires it to be empty", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* withContainer
      yield* put("a")
      const full = yield* Effect.flip(files.deleteContainer({ container: "c" }))
      assert.strictEqual(full._tag, "Conflict")
      yield* files.deleteObject({ container: "c", object: "a" })
      yield* forget
      yield* files.deleteContainer({ container: "c" })
      assert.deepStrictEqual(yield* traffic, ["DELETE /c 204"])
      const gone = yield* Effect.flip(files.deleteContainer({ container: "c" }))
      assert.strictEqual(gone._tag, "NotFound")
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("listObjectsPage", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* withContainer
      assert.deepStrictEqual(yield* files.listObjectsPage({ container: "c" }), [])
      for (const name of ["p/1", "p/2", "p/q/3", "r"]) yield* put(name)
      yield* forget
      const page = yield* files.listObjectsPage({ container: "c", prefix: "p/", delimiter: "/", limit: 10 })
      assert.deepStrictEqual(yield* traffic, ["GET /c?format=json&prefix=p%2F&delimiter=%2F&limit=10 200"])
      assert.deepStrictEqual(names(page), ["p/1", "p/2", "p/q/ >"])
      const [first] = page
      assert.isTrue(first !== undefined && "name" in first)
      if (first === undefined || !("name" in first)) return
      assert.strictEqual(first.hash, md5("p/1"))
      assert.strictEqual(first.bytes, 3)
      assert.isTrue(DateTime.isDateTime(first.lastModified))
      const missing = yield* Effect.flip(files.listObjectsPage({ container: "none" }))
      assert.strictEqual(missing._tag, "NotFound")
      const many = yield* Effect.flip(files.listObjectsPage({ container: "c", limit: 10_001 }))
      assert.strictEqual(many._tag, "PreconditionFailed")
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("getObjectInfo", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* withContainer
      yield* files.upload({
        container: "c",
        object: "a.txt",
        body: CloudFiles.fromString("12345"),
        contentType: "text/x-own",
        contentEncoding: "identity",
        contentDisposition: 'attachment; filename="b.txt"',
        deleteAfter: Duration.hours(1),
        metadata: { Color: "grün", percent: "100%" }
      })
      yield* forget
      const info = yield* files.getObjectInfo({ container: "c", object: "a.txt" })
      assert.deepStrictEqual(yield* traffic, ["HEAD /c/a.txt 200"])
      assert.strictEqual(info.bytes, 5)
      assert.strictEqual(info.etag, md5("12345"))
      assert.strictEqual(CloudFiles.md5Of(info), md5("12345"))
      assert.strictEqual(info.contentType, "text/x-own")
      assert.strictEqual(info.contentEncoding, "identity")
      assert.strictEqual(info.contentDisposition, 'attachment; filename="b.txt"')
      assert.strictEqual(info.deleteAt?.epochMillis, 3_600_000)
      assert.isFalse(info.isStaticLargeObject)
      assert.deepStrictEqual(info.metadata, { color: "grün", percent: "100%" })
      const error = yield* Effect.flip(files.getObjectInfo({ container: "c", object: "none" }))
      assert.strictEqual(error._tag, "NotFound")
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("copyObject copies the source's metadata, merged with or replaced by the given metadata", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* withContainer
      yield* files.createContainer({ container: "to" })
      yield* files.upload({
        container: "c",
        object: "a/ü?#%",
        body: CloudFiles.fromString("12345"),
        metadata: { a: "1", b: "2" }
      })
      yield* forget
      const source = { container: "c", object: "a/ü?#%" }
      const copied = yield* files.copyObject({ container: "to", object: "x", source, metadata: { b: "3" } })
      const fresh = yield* files.copyObject({
        container: "to",
        object: "y",
        source,
        metadata: { d: "4" },
        freshMetadata: true
      })
      assert.deepStrictEqual(yield* traffic, ["PUT /to/x 201", "PUT /to/y 201"])
      assert.deepStrictEqual(yield* header("x-copy-from"), ["/c/a/%C3%BC%3F%23%25", "/c/a/%C3%BC%3F%23%25"])
      assert.deepStrictEqual(yield* header("content-length"), ["0", "0"])
      assert.strictEqual(copied.etag, md5("12345"))
      assert.strictEqual(fresh.etag, md5("12345"))
      assert.deepStrictEqual((yield* files.getObjectInfo({ container: "to", object: "x" })).metadata, {
        a: "1",
        b: "3"
      })
      assert.deepStrictEqual((yield* files.getObjectInfo({ container: "to", object: "y" })).metadata, { d: "4" })
      const noSource = yield* Effect.flip(
        files.copyObject({ container: "to", object: "x", source: { container: "c", object: "none" } })
      )
      assert.strictEqual(noSource._tag, "NotFound")
      const noContainer = yield* Effect.flip(files.copyObject({ container: "none", object: "x", source }))
      assert.strictEqual(noContainer._tag, "NotFound")
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("copyObject above the size limit of one object is BadRequest, and not retried", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const emulated = yield* TestCloud.TestCloud
      yield* emulated.files.putObject("c", "big", "12345678901")
      const error = yield* Effect.flip(
        files.copyObject({ container: "c", object: "x", source: { container: "c", object: "big" } })
      )
      assert.strictEqual(error._tag, "BadRequest")
      assert.deepStrictEqual(yield* traffic, ["PUT /c/x 413"])
    }).pipe(Effect.provide(cloud({ maxObjectBytes: 10 })))
  )

  it.effect("deleteObject", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* withContainer
      yield* put("a")
      yield* forget
      yield* files.deleteObject({ container: "c", object: "a" })
      const error = yield* Effect.flip(files.deleteObject({ container: "c", object: "a" }))
      assert.strictEqual(error._tag, "NotFound")
      assert.deepStrictEqual(yield* traffic, ["DELETE /c/a 204", "DELETE /c/a 404"])
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("putManifest, and deleteLargeObject with all of its segments", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* withContainer
      yield* put("seg 1", "aaaaa")
      yield* put("seg 2", "bbb")
      yield* forget
      const stored = yield* files.putManifest({
        container: "c",
        object: "large",
        contentType: "text/plain",
        segments: [
          { path: "/c/seg 1", etag: md5("aaaaa"), bytes: 5 },
          { path: "/c/seg 2", etag: md5("bbb"), bytes: 3 }
        ]
      })
      assert.strictEqual(stored.etag, '"e80371eecdb63038d698ccd41608abc2"')
      const [request] = yield* requestsOf("files")
      assert.deepStrictEqual(JSON.parse(new TextDecoder().decode(request?.body)), [
        { path: "/c/seg 1", etag: md5("aaaaa"), size_bytes: 5 },
        { path: "/c/seg 2", etag: md5("bbb"), size_bytes: 3 }
      ])
      const info = yield* files.getObjectInfo({ container: "c", object: "large" })
      assert.isTrue(info.isStaticLargeObject)
      assert.strictEqual(info.bytes, 8)
      assert.isUndefined(CloudFiles.md5Of(info))
      assert.strictEqual(info.contentType, "text/plain")
      assert.strictEqual(yield* textOf(files.download({ container: "c", object: "large" })), "aaaaabbb")
      yield* forget
      const result = yield* files.deleteLargeObject({ container: "c", object: "large" })
      assert.deepStrictEqual(yield* traffic, [
        // First checks whether it is a symbolic link, since the cloud would delete the segments of its target.
        "HEAD /c/large?symlink=get 200",
        "DELETE /c/large?multipart-manifest=delete 200"
      ])
      assert.strictEqual(result.deleted, 3)
      assert.deepStrictEqual(yield* collected(files.listObjects({ container: "c" })), [])
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("deleteLargeObject of a plain object deletes it", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* withContainer
      yield* put("plain", "x")
      assert.strictEqual((yield* files.deleteLargeObject({ container: "c", object: "plain" })).deleted, 1)
      const error = yield* Effect.flip(files.getObjectInfo({ container: "c", object: "plain" }))
      assert.strictEqual(error._tag, "NotFound")
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("an upload's documented errors", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const noContainer = yield* Effect.flip(put("a"))
      assert.strictEqual(noContainer._tag, "NotFound")
      yield* withContainer
      yield* put("a")
      const there = yield* Effect.flip(
        files.upload({ container: "c", object: "a", body: CloudFiles.fromString("new"), createOnly: true })
      )
      assert.strictEqual(there._tag, "PreconditionFailed")
      assert.strictEqual(yield* textOf(files.download({ container: "c", object: "a" })), "a")
      yield* files.updateContainer({ container: "c", metadata: { "Quota-Bytes": "10" } })
      const full = yield* Effect.flip(put("b", "12345678901"))
      assert.strictEqual(full._tag, "QuotaExceeded")
      const past = yield* Effect.flip(
        files.upload({
          container: "c",
          object: "a",
          body: CloudFiles.fromString("x"),
          deleteAt: DateTime.unsafeMake(0)
        })
      )
      assert.strictEqual(past._tag, "BadRequest")
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("an error contains the cloud's request ID, and no token", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const error = yield* Effect.flip(files.getContainer({ container: "none" }))
      assert.strictEqual(error._tag, "NotFound")
      if (error._tag !== "NotFound") return
      assert.match(error.requestId ?? "", /^tx/)
      assert.strictEqual(error.operation, "CloudFiles.getContainer")
      assert.strictEqual(error.method, "HEAD")
      assert.match(error.url, /\/none$/)
      const [request] = yield* requestsOf("files")
      assert.notInclude(JSON.stringify(error) + error.message, request?.headers["x-auth-token"] ?? "?")
    }).pipe(Effect.provide(cloud()))
  )
})

describe("CloudFiles: invalid input", () => {
  const c = "c"
  const o = "o"
  const body = CloudFiles.fromString("x")
  const nul = "a\u0000b"
  const lone = "a\ud800"
  const bad: ReadonlyArray<
    readonly [
      what: string,
      call: (files: CloudFiles.Service) => Effect.Effect<unknown, { readonly _tag: string }>,
      RegExp
    ]
  > = [
    [
      "an empty container",
      (f) => f.getContainer({ container: "" }),
      /container: expected a container name that is not empty/
    ],
    ["a container with a slash", (f) => f.createContainer({ container: "a/b" }), /without a slash/],
    ["the container .", (f) => f.deleteContainer({ container: "." }), /other than \. and \.\./],
    ["the container ..", (f) => f.getObjectInfo({ container: "..", object: o }), /other than \. and \.\./],
    ["a container of 257 bytes", (f) => f.createContainer({ container: "ü".repeat(128) + "x" }), /at most 256 bytes/],
    ["a container with NUL", (f) => f.createContainer({ container: nul }), /without NUL/],
    ["a container with a lone surrogate", (f) => f.createContainer({ container: lone }), /valid Unicode/],
    [
      "an empty object",
      (f) => f.deleteObject({ container: c, object: "" }),
      /object: expected an object name that is not empty/
    ],
    [
      "an object of 1,025 bytes",
      (f) => f.upload({ container: c, object: "ü".repeat(512) + "x", body }),
      /at most 1,024 bytes/
    ],
    ["an object with NUL", (f) => f.getObjectInfo({ container: c, object: nul }), /without NUL/],
    [
      "an object with a lone surrogate",
      (f) => Stream.runDrain(f.download({ container: c, object: lone })),
      /valid Unicode/
    ],
    [
      "an empty source of a copy",
      (f) => f.copyObject({ container: c, object: o, source: { container: c, object: "" } }),
      /not empty/
    ],
    [
      "a limit of 0",
      (f) => f.listObjectsPage({ container: c, limit: 0 }),
      /limit: expected a whole number of 1 or more, not 0/
    ],
    [
      "a negative page size",
      (f) => Stream.runDrain(f.listObjects({ container: c, pageSize: -1 })),
      /CloudFiles\.listObjects: pageSize: expected a whole number of 1 or more, not -1/
    ],
    ["half a page", (f) => Stream.runDrain(f.listContainers({ pageSize: 0.5 })), /whole number/],
    [
      "an empty delimiter",
      (f) => Stream.runDrain(f.listLevel({ container: c, delimiter: "" })),
      /delimiter that is not empty/
    ],
    [
      "a marker with a lone surrogate",
      (f) => f.listObjectsPage({ container: c, marker: lone }),
      /marker: expected valid Unicode/
    ],
    [
      "a prefix with NUL",
      (f) => f.listObjectsPage({ container: c, prefix: nul }),
      /prefix: expected valid Unicode without NUL/
    ],
    [
      "a negative offset",
      (f) => Stream.runDrain(f.download({ container: c, object: o, range: { offset: -1 } })),
      /range/
    ],
    [
      "a range of no length",
      (f) => Stream.runDrain(f.download({ container: c, object: o, range: { offset: 0, length: 0 } })),
      /range/
    ],
    ["the last 0 bytes", (f) => Stream.runDrain(f.download({ container: c, object: o, range: { last: 0 } })), /range/],
    [
      "half an offset",
      (f) => Stream.runDrain(f.download({ container: c, object: o, range: { offset: 0.5 } })),
      /range/
    ],
    [
      "a metadata key with an underscore",
      (f) => f.updateAccount({ metadata: { a_b: "1" } }),
      /metadata: expected metadata keys of 1 to 128/
    ],
    [
      "a metadata key with a newline",
      (f) => f.updateContainer({ container: c, metadata: { "a\r\nb": "1" } }),
      /metadata keys/
    ],
    [
      "a metadata key of 129 letters",
      (f) => f.upload({ container: c, object: o, body, metadata: { ["k".repeat(129)]: "1" } }),
      /metadata keys/
    ],
    [
      "a metadata value that is empty",
      (f) => f.updateObjectMetadata({ container: c, object: o, metadata: { a: "" } }),
      /not empty/
    ],
    [
      "a metadata value that is too long",
      (f) => f.upload({ container: c, object: o, body, metadata: { a: "v".repeat(257) } }),
      /at most 256 bytes/
    ],
    [
      "a metadata value too long once encoded",
      (f) => f.upload({ container: c, object: o, body, metadata: { a: "ü".repeat(43) } }),
      /at most 256 bytes, percent-encoded/
    ],
    [
      "91 metadata items",
      (f) =>
        f.upload({
          container: c,
          object: o,
          body,
          metadata: Object.fromEntries(Array.from({ length: 91 }, (_, i) => [`k${i}`, "v"]))
        }),
      /at most 90/
    ],
    [
      "a metadata key to remove that cannot be one",
      (f) => f.updateContainer({ container: c, remove: ["a b"] }),
      /metadata keys/
    ],
    [
      "a content type with a newline",
      (f) => f.upload({ container: c, object: o, body, contentType: "a/b\r\nx-evil: 1" }),
      /contentType: expected printable ASCII/
    ],
    [
      "an MD5 that is none",
      (f) => f.upload({ container: c, object: o, body, md5: "ABC" }),
      /md5: expected an MD5 as 32 lower-case hex digits/
    ],
    [
      "a segment size of 0",
      (f) => f.upload({ container: c, object: o, body, segmentSize: 0 }),
      /segmentSize: expected a whole number of bytes/
    ],
    [
      "a deletion before it begins",
      (f) => f.upload({ container: c, object: o, body, deleteAfter: Duration.zero }),
      /deleteAfter: expected a finite Duration/
    ]
  ]

  for (const [what, call, message] of bad) {
    it.effect(`${what} is InvalidInput with the accepted values, and nothing is sent`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(call(yield* CloudFiles.CloudFiles))
        assert.strictEqual(error._tag, "InvalidInput")
        assert.match(String(error), message)
        assert.deepStrictEqual(yield* traffic, [])
      }).pipe(Effect.provide(cloud()))
    )
  }
})

describe("CloudFiles: metadata of objects", () => {
  const address = { container: "c", object: "o" }

  it.effect("updateObjectMetadata changes the given entries and keeps the others, which the cloud would drop", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* withContainer
      yield* files.upload({
        ...address,
        body: CloudFiles.fromString("x"),
        contentType: "text/x-own",
        contentEncoding: "identity",
        contentDisposition: "inline",
        deleteAt: DateTime.unsafeMake(86_400_000),
        metadata: { a: "1", b: "2", c: "drei ☃" }
      })
      yield* files.updateObjectMetadata({ ...address, metadata: { B: "zwei", d: "4" }, remove: ["A", "none"] })
      const info = yield* files.getObjectInfo(address)
      assert.deepStrictEqual(info.metadata, { b: "zwei", c: "drei ☃", d: "4" })
      assert.strictEqual(info.contentType, "text/x-own")
      assert.strictEqual(info.contentEncoding, "identity")
      assert.strictEqual(info.contentDisposition, "inline")
      assert.strictEqual(info.deleteAt?.epochMillis, 86_400_000)
      assert.strictEqual(yield* textOf(files.download(address)), "x")
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("updateObjectMetadata changes type, encoding, disposition and expiry if given", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* withContainer
      yield* files.upload({
        ...address,
        body: CloudFiles.fromString("x"),
        contentDisposition: "inline",
        deleteAt: DateTime.unsafeMake(86_400_000),
        metadata: { a: "1" }
      })
      yield* files.updateObjectMetadata({
        ...address,
        contentType: "a/b",
        contentEncoding: "identity",
        contentDisposition: "attachment",
        deleteAfter: Duration.hours(2)
      })
      const info = yield* files.getObjectInfo(address)
      assert.deepStrictEqual(info.metadata, { a: "1" })
      assert.strictEqual(info.contentType, "a/b")
      assert.strictEqual(info.contentEncoding, "identity")
      assert.strictEqual(info.contentDisposition, "attachment")
      assert.strictEqual(info.deleteAt?.epochMillis, 7_200_000)
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("updateObjectMetadata keeps a dynamic large object's segments", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* withContainer
      yield* put("parts/ü 1", "ab")
      yield* put("parts/ü 2", "cd")
      yield* put("o", "")
      yield* files.replaceObjectMetadata({ ...address, manifest: "c/parts/%C3%BC" })
      yield* files.updateObjectMetadata({ ...address, metadata: { a: "1" } })
      assert.strictEqual(yield* textOf(files.download(address)), "abcd")
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("replaceObjectMetadata drops entries that are not given", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* withContainer
      yield* files.upload({
        ...address,
        body: CloudFiles.fromString("x"),
        contentDisposition: "inline",
        metadata: { a: "1" }
      })
      yield* forget
      yield* files.replaceObjectMetadata({ ...address, metadata: { b: "2" } })
      assert.deepStrictEqual(yield* traffic, ["POST /c/o 202"])
      const info = yield* files.getObjectInfo(address)
      assert.deepStrictEqual(info.metadata, { b: "2" })
      assert.isUndefined(info.contentDisposition)
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("of a missing object: NotFound, and nothing is written", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* withContainer
      yield* forget
      const error = yield* Effect.flip(files.updateObjectMetadata({ ...address, metadata: { a: "1" } }))
      assert.strictEqual(error._tag, "NotFound")
      assert.deepStrictEqual(yield* traffic, ["HEAD /c/o?symlink=get 404"])
      const replaced = yield* Effect.flip(files.replaceObjectMetadata({ ...address, metadata: { a: "1" } }))
      assert.strictEqual(replaced._tag, "NotFound")
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("values of any kind are returned unchanged", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* withContainer
      const metadata = {
        unicode: "äöü ☃ 日本 🎉",
        percent: "50% off, %41 and %zz",
        spaces: "  lead and trail  ",
        newline: "one\ntwo\r\nthree\ttab",
        quotes: "\"'`;,=&?#+"
      }
      yield* files.upload({ ...address, body: CloudFiles.fromString("x"), metadata })
      assert.deepStrictEqual((yield* files.getObjectInfo(address)).metadata, metadata)
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("values that other clients wrote as plain UTF-8 are decoded, and kept", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const emulated = yield* TestCloud.TestCloud
      yield* emulated.files.putObject("c", "o", "x", { metadata: { title: "Grüße ☃", raw: "100%" } })
      assert.deepStrictEqual((yield* files.getObjectInfo(address)).metadata, { title: "Grüße ☃", raw: "100%" })
      yield* files.updateObjectMetadata({ ...address, metadata: { a: "1" } })
      assert.deepStrictEqual((yield* files.getObjectInfo(address)).metadata, {
        a: "1",
        title: "Grüße ☃",
        raw: "100%"
      })
    }).pipe(Effect.provide(cloud()))
  )
})

describe("CloudFiles: listings", () => {
  const seeded = (objects: number) =>
    Effect.flatMap(TestCloud.TestCloud, (emulated) => emulated.files.seedContainer("c", objects))

  it.effect("all objects, page by page, until a page is empty", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* seeded(25)
      const found = yield* collected(files.listObjects({ container: "c", pageSize: 10 }))
      assert.strictEqual(found.length, 25)
      assert.strictEqual(new Set(found.map((object) => object.name)).size, 25)
      assert.deepStrictEqual(yield* traffic, [
        "GET /c?format=json&limit=10 200",
        "GET /c?format=json&marker=object-000010&limit=10 200",
        "GET /c?format=json&marker=object-000020&limit=10 200",
        "GET /c?format=json&marker=object-000025&limit=10 200"
      ])
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("complete if the cloud's pages are shorter than requested", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* seeded(10)
      const found = yield* collected(files.listObjects({ container: "c" }))
      assert.strictEqual(found.length, 10)
      assert.strictEqual((yield* traffic).length, 5)
    }).pipe(Effect.provide(cloud({ pageLimit: 3 })))
  )

  it.effect("request a page only on demand", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* seeded(30)
      const listing = files.listObjects({ container: "c", pageSize: 10 })
      assert.strictEqual((yield* traffic).length, 0)
      yield* collected(Stream.take(listing, 10))
      assert.strictEqual((yield* traffic).length, 1)
      yield* forget
      yield* collected(Stream.take(listing, 11))
      assert.strictEqual((yield* traffic).length, 2)
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("an exact fit ends with an empty page", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* seeded(20)
      assert.strictEqual((yield* collected(files.listObjects({ container: "c", pageSize: 10 }))).length, 20)
      assert.strictEqual((yield* traffic).length, 3)
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("an empty container and a missing one", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* withContainer
      assert.deepStrictEqual(yield* collected(files.listObjects({ container: "c" })), [])
      const error = yield* Effect.flip(collected(files.listObjects({ container: "none" })))
      assert.strictEqual(error._tag, "NotFound")
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("after a marker, before an end marker, with a prefix", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* withContainer
      for (const name of ["a", "b", "c/1", "c/2", "d"]) yield* put(name)
      const list = (filters: Omit<CloudFiles.ListObjects, "container">) =>
        Effect.map(collected(files.listObjects({ container: "c", pageSize: 2, ...filters })), names)
      assert.deepStrictEqual(yield* list({ marker: "b" }), ["c/1", "c/2", "d"])
      assert.deepStrictEqual(yield* list({ endMarker: "c/2" }), ["a", "b", "c/1"])
      assert.deepStrictEqual(yield* list({ prefix: "c/" }), ["c/1", "c/2"])
      assert.deepStrictEqual(yield* list({ marker: "a", endMarker: "d", prefix: "c" }), ["c/1", "c/2"])
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("one level, with a page that ends on a subdirectory", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* withContainer
      for (const name of ["a", "b/", "b/1", "b/2/x", "b0", "c/1", "d"]) yield* put(name, "")
      const level = (filters: Parameters<CloudFiles.Service["listLevel"]>[0]) =>
        Effect.map(collected(files.listLevel(filters)), names)
      for (const pageSize of [1, 2, 3, 100]) {
        assert.deepStrictEqual(yield* level({ container: "c", pageSize }), ["a", "b/ >", "b0", "c/ >", "d"])
        assert.deepStrictEqual(yield* level({ container: "c", prefix: "b/", pageSize }), ["b/", "b/1", "b/2/ >"])
      }
      yield* put("x-y-z", "")
      assert.deepStrictEqual(yield* level({ container: "c", prefix: "x", delimiter: "-" }), ["x- >"])
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("in the byte order of the names, which differs from that of JavaScript strings", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* withContainer
      // U+FFFD comes before U+1F389 in bytes, and after it in UTF-16.
      for (const name of ["🎉", "\ufffd", "z", "ä", "A"]) yield* put(name)
      const found = yield* collected(files.listObjects({ container: "c", pageSize: 1 }))
      assert.deepStrictEqual(names(found), ["A", "z", "ä", "\ufffd", "🎉"])
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("all containers, page by page", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      for (const container of ["a", "b b", "c&d", "ä", "☃"]) yield* files.createContainer({ container })
      yield* forget
      const found = yield* collected(files.listContainers({ pageSize: 2 }))
      assert.deepStrictEqual(
        found.map((container) => container.name),
        ["a", "b b", "c&d", "ä", "☃"]
      )
      assert.deepStrictEqual(yield* traffic, [
        "GET ?format=json&limit=2 200",
        "GET ?format=json&marker=b%20b&limit=2 200",
        "GET ?format=json&marker=%C3%A4&limit=2 200",
        "GET ?format=json&marker=%E2%98%83&limit=2 200"
      ])
      const some = yield* collected(files.listContainers({ marker: "b b", endMarker: "☃" }))
      assert.deepStrictEqual(
        some.map((container) => container.name),
        ["c&d", "ä"]
      )
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("with a token that expires between two pages", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const emulated = yield* TestCloud.TestCloud
      yield* seeded(25)
      yield* TestClock.adjust("1 seconds")
      yield* forget
      yield* emulated.fail({ match: { service: "files" }, skip: 1, fault: { _tag: "ExpireTokens" } })
      assert.strictEqual((yield* collected(files.listObjects({ container: "c", pageSize: 10 }))).length, 25)
      assert.strictEqual((yield* traffic).length, 5)
      assert.strictEqual((yield* requestsOf("identity")).length, 1)
    }).pipe(Effect.provide(cloud()))
  )
})
