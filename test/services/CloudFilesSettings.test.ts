import { assert, describe, it } from "@effect/vitest"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as RetryPolicy from "../../src/RetryPolicy.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { bytesOf, clients, httpServer, listeningCloud, login, patterned, requestsOf, traffic } from "../support.js"
import { forget, put } from "../support/cloudFiles.js"

const { AccessList } = CloudFiles

const cloud = TestCloud.layer()

/** The headers for settings in the last request. */
const sent = Effect.map(requestsOf("files"), (all) =>
  Object.fromEntries(
    Object.entries(all.at(-1)?.headers ?? {}).filter(([name]) =>
      /^x-(remove-)?(container|account|versions|history|storage)/.test(name)
    )
  )
)

describe("CloudFiles: requests with settings", () => {
  it.effect("createContainer sends each setting as a header", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({
        container: "c",
        readAcl: [AccessList.anyone, AccessList.projectUser("p-1"), AccessList.listings],
        writeAcl: [AccessList.projectUser("p-1", "u-1"), AccessList.named("joe")],
        quotaBytes: 5 * 1024 ** 4,
        quotaCount: 0,
        corsAllowOrigins: ["https://a.example.com", "https://b.example.com"],
        corsMaxAge: Duration.minutes(90),
        corsAllowHeaders: ["x-a", "x-b"],
        corsExposeHeaders: ["etag"],
        webIndex: "index.html",
        webError: "error.html",
        webListings: false,
        webListingsCss: "a b.css",
        webDirectoryType: "text/directory",
        accessLogDelivery: true,
        versionsLocation: "old größe",
        versionsEnabled: false,
        storagePolicy: "gold",
        tempUrlKey: Redacted.make("k-1"),
        metadata: { color: "blue" }
      })
      assert.deepStrictEqual(yield* traffic, ["PUT /c 201"])
      const { "x-container-meta-temp-url-key": key, ...others } = yield* sent
      assert.isDefined(key)
      assert.deepStrictEqual(others, {
        "x-container-read": ".r:*,p-1:*,.rlistings",
        "x-container-write": "p-1:u-1,joe",
        "x-container-meta-quota-bytes": "5497558138880",
        "x-container-meta-quota-count": "0",
        "x-container-meta-access-control-allow-origin": "https://a.example.com https://b.example.com",
        "x-container-meta-access-control-max-age": "5400",
        "x-container-meta-access-control-allow-headers": "x-a x-b",
        "x-container-meta-access-control-expose-headers": "etag",
        "x-container-meta-web-index": "index.html",
        "x-container-meta-web-error": "error.html",
        "x-container-meta-web-listings": "false",
        "x-container-meta-web-listings-css": "a b.css",
        "x-container-meta-web-directory-type": "text/directory",
        "x-container-meta-access-log-delivery": "true",
        "x-versions-location": "old%20gr%C3%B6%C3%9Fe",
        "x-versions-enabled": "false",
        "x-storage-policy": "gold",
        "x-container-meta-color": "blue"
      })
      assert.strictEqual((yield* files.getContainer({ container: "c" })).versionsLocation, "old größe")
    }).pipe(Effect.provide(cloud))
  )

  it.effect("updateContainer sends the given settings, and removes those that are null", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({ container: "c", quotaBytes: 1, readAcl: ".r:*", versionsLocation: "v" })
      yield* files.updateContainer({
        container: "c",
        quotaBytes: null,
        quotaCount: 3,
        readAcl: null,
        writeAcl: "joe , jane",
        versionsLocation: null,
        webIndex: undefined
      })
      assert.deepStrictEqual(yield* sent, {
        "x-remove-container-meta-quota-bytes": "x",
        "x-container-meta-quota-count": "3",
        "x-remove-container-read": "x",
        "x-container-write": "joe , jane",
        "x-remove-versions-location": "x"
      })
      const { quotaBytes, quotaCount, readAcl, versionsLocation, writeAcl } = yield* files.getContainer({
        container: "c"
      })
      assert.deepStrictEqual(
        [quotaBytes, quotaCount, readAcl, versionsLocation, writeAcl],
        [undefined, 3, undefined, undefined, "joe,jane"]
      )
    }).pipe(Effect.provide(cloud))
  )

  it.effect("an invalid setting of another client stays in the metadata, and the container is read", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({
        container: "c",
        metadata: { "access-control-max-age": "soon", "web-listings": "YES", "access-control-allow-origin": "a, b" }
      })
      const container = yield* files.getContainer({ container: "c" })
      assert.isUndefined(container.corsMaxAge)
      assert.isTrue(container.webListings)
      assert.deepStrictEqual(container.corsAllowOrigins, ["a", "b"])
      assert.deepStrictEqual(container.metadata, { "access-control-max-age": "soon" })
    }).pipe(Effect.provide(cloud))
  )

  it.effect("the account's quota is returned", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.updateAccount({ metadata: { "quota-bytes": "1000", color: "blue" } })
      const account = yield* files.getAccount()
      assert.deepStrictEqual([account.quotaBytes, account.metadata], [1000, { color: "blue" }])
    }).pipe(Effect.provide(cloud))
  )

  it.effect("invalid settings are rejected before any request", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      type Settings = Omit<Parameters<typeof files.createContainer>[0], "container">
      const wrong: ReadonlyArray<readonly [Settings, string]> = [
        [{ quotaBytes: -1 }, "quotaBytes"],
        [{ quotaCount: 1.5 }, "quotaCount"],
        [{ corsMaxAge: Duration.infinity }, "corsMaxAge"],
        [{ corsAllowOrigins: ["https://a b"] }, "corsAllowOrigins"],
        [{ corsAllowOrigins: [] }, "corsAllowOrigins"],
        [{ versionsLocation: "a/b" }, "versionsLocation"],
        [{ webIndex: "größe" }, "webIndex"],
        [{ readAcl: "" }, "readAcl"],
        [{ readAcl: [AccessList.named("a,b")] }, "readAcl"],
        [{ readAcl: [AccessList.referrer("")] }, "readAcl"],
        [{ writeAcl: [AccessList.anyone] }, "writeAcl"]
      ]
      for (const [settings, field] of wrong) {
        const error = yield* Effect.flip(files.createContainer({ container: "c", ...settings }))
        assert.strictEqual(error._tag, "InvalidInput")
        assert.include(error.message, `CloudFiles.createContainer: ${field}`, field)
        const change = yield* Effect.flip(files.updateContainer({ container: "c", ...settings }))
        assert.include(change.message, `CloudFiles.updateContainer: ${field}`, field)
      }
      assert.deepStrictEqual(yield* traffic, [])
    }).pipe(Effect.provide(cloud))
  )
})

describe("CloudFiles: access lists", () => {
  it("are decoded as they were sent, and in every form of Swift", () => {
    const entries = [
      AccessList.anyone,
      AccessList.referrer(".example.com"),
      AccessList.notReferrer("bad.example.com"),
      AccessList.listings,
      AccessList.projectUser("p", "u"),
      AccessList.projectUser("*", "u"),
      AccessList.named("joe")
    ]
    const text = ".r:*,.r:.example.com,.r:-bad.example.com,.rlistings,p:u,*:u,joe"
    assert.strictEqual(AccessList.formatAcl(entries), text)
    assert.deepStrictEqual(AccessList.parseAcl(text), entries)
    assert.deepStrictEqual(AccessList.parseAcl(" .referrer : - a.example.com ,, .ref:*"), [
      AccessList.notReferrer("a.example.com"),
      AccessList.anyone
    ])
    assert.deepStrictEqual(AccessList.parseAcl(""), [])
  })
})

describe("CloudFiles: conditional requests", () => {
  for (const [name, http] of clients) {
    it.scopedLive(`304 is a value and not a failure, with ${name}`, () =>
      Effect.gen(function* () {
        const files = yield* CloudFiles.CloudFiles
        yield* files.createContainer({ container: "c" })
        const { etag } = yield* put("a/ü")
        yield* forget
        const address = { container: "c", object: "a/ü" }
        for (let round = 0; round < 3; round++) {
          const same = yield* files.getObjectInfoIfChanged({ ...address, ifNoneMatch: etag, newest: true })
          assert.deepStrictEqual(same, Option.none())
        }
        const changed = yield* files.getObjectInfoIfChanged({ ...address, ifNoneMatch: "other" })
        assert.strictEqual(Option.getOrThrow(changed).bytes, 4)
        assert.deepStrictEqual(yield* traffic, [
          ...Array.from({ length: 3 }, () => "HEAD /c/a/%C3%BC 304"),
          "HEAD /c/a/%C3%BC 200"
        ])
        const [first] = yield* requestsOf("files")
        assert.deepStrictEqual([first?.headers["if-none-match"], first?.headers["x-newest"]], [etag, "True"])
      }).pipe(Effect.provide(listeningCloud(http)))
    )
  }

  it.effect("a date is sent in HTTP's format", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* TestClock.setTime(DateTime.unsafeMake("2026-01-02T03:04:05Z").epochMillis)
      yield* files.createContainer({ container: "c" })
      yield* put("o")
      const address = { container: "c", object: "o" }
      const since = (time: string) =>
        files.getObjectInfoIfChanged({ ...address, ifModifiedSince: DateTime.unsafeMake(time) })
      assert.isTrue(Option.isNone(yield* since("2026-01-02T03:04:06Z")))
      assert.strictEqual(
        (yield* requestsOf("files")).at(-1)?.headers["if-modified-since"],
        "Fri, 02 Jan 2026 03:04:06 GMT"
      )
      assert.isTrue(Option.isSome(yield* since("2026-01-02T03:04:04Z")))
    }).pipe(Effect.provide(cloud))
  )
})

describe("CloudFiles: expiry", () => {
  it.effect("null removes it, undefined keeps it, and other headers are kept", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({ container: "c" })
      const address = { container: "c", object: "o" }
      yield* files.upload({
        ...address,
        body: CloudFiles.fromString("x"),
        deleteAfter: Duration.hours(1),
        contentDisposition: "inline",
        contentEncoding: "identity",
        metadata: { a: "1" }
      })
      yield* files.updateObjectMetadata({
        ...address,
        deleteAt: undefined,
        contentDisposition: undefined,
        contentEncoding: undefined
      })
      const before = yield* files.getObjectInfo(address)
      assert.deepStrictEqual(
        [before.deleteAt?.epochMillis, before.contentDisposition, before.contentEncoding],
        [3_600_000, "inline", "identity"]
      )
      yield* files.updateObjectMetadata({ ...address, deleteAt: null, contentDisposition: null })
      const after = yield* files.getObjectInfo(address)
      assert.deepStrictEqual(
        [after.deleteAt, after.contentDisposition, after.contentEncoding, after.metadata],
        [undefined, undefined, "identity", { a: "1" }]
      )
      yield* TestClock.adjust("2 hours")
      yield* files.getObjectInfo(address)
    }).pipe(Effect.provide(cloud))
  )
})

describe("CloudFiles: versions", () => {
  it.effect("versions with a name length in characters are listed as well as those in bytes", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const emulated = yield* TestCloud.TestCloud
      yield* files.createContainer({ container: "c", versionsLocation: "v" })
      yield* files.createContainer({ container: "v" })
      yield* emulated.files.putObject("v", "005größe/1400000000.12345", "by characters")
      yield* emulated.files.putObject("v", "007größe/1400000001.00000", "by bytes!")
      yield* emulated.files.putObject("v", "007größe/readme", "none")
      yield* forget
      const found = yield* Stream.runCollect(files.listVersions({ container: "c", object: "größe" }))
      assert.deepStrictEqual(
        Chunk.toReadonlyArray(found).map(({ bytes, written }) => [
          bytes,
          written === undefined ? undefined : DateTime.formatIso(written)
        ]),
        [
          [9, "2014-05-13T16:53:21.000Z"],
          [13, "2014-05-13T16:53:20.123Z"]
        ]
      )
      const [, first] = yield* traffic
      assert.include(first ?? "", `GET /v?format=json&prefix=${encodeURIComponent("007größe/")}`)
    }).pipe(Effect.provide(cloud))
  )

  for (const largeObject of ["static", "dynamic", undefined] as const) {
    it.effect(
      `a version of a ${largeObject ?? "plain"} object is restored by one request, without copying segments`,
      () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const emulated = yield* TestCloud.TestCloud
          yield* files.createContainer({ container: "v" })
          yield* files.createContainer({ container: "c", versionsLocation: "v" })
          const address = { container: "c", object: "o" }
          yield* files.upload({
            ...address,
            body: CloudFiles.fromBytes(patterned(2500)),
            metadata: { a: "1" },
            ...(largeObject !== undefined && { largeObject, segmentSize: 1000, segmentThreshold: 1000 })
          })
          const before = yield* files.getObjectInfo(address)
          yield* files.upload({ ...address, body: CloudFiles.fromString("small") })
          const [version] = yield* Stream.runCollect(files.listVersions(address))
          assert.isDefined(version)
          yield* forget
          yield* files.restoreVersion(version ?? address)
          assert.deepStrictEqual(yield* traffic, ["PUT /c/o?multipart-manifest=get 201"])
          const { lastModified: _, ...restored } = yield* files.getObjectInfo(address)
          const { lastModified: __, ...first } = before
          assert.deepStrictEqual(restored, first)
          assert.strictEqual(
            (yield* emulated.files.getObject("c", "o"))?.bytes.length === 2500,
            largeObject === undefined
          )
          assert.deepStrictEqual(yield* bytesOf(files.download(address)), patterned(2500))
        }).pipe(Effect.provide(cloud))
    )
  }

  it.effect("an invalid name and a missing version are rejected before any request", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const unnamed = yield* Effect.flip(Stream.runDrain(files.listVersions({ container: "c", object: "" })))
      assert.include(unnamed.message, "CloudFiles.listVersions: object")
      const none = yield* Effect.flip(files.restoreVersion({ container: "c", object: "o" }))
      assert.strictEqual(none._tag, "InvalidInput")
      assert.deepStrictEqual(yield* traffic, [])
    }).pipe(Effect.provide(cloud))
  )
})

describe("CloudFiles: the capabilities of the cloud", () => {
  const asked = (status: number, body: string, contentType = "application/json; charset=UTF-8") =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const tokens: Array<unknown> = []
      const server = yield* httpServer((request, response) => {
        lines.push(`${request.method} ${request.url}`)
        tokens.push(request.headers["x-auth-token"])
        response.writeHead(status, { "content-type": contentType }).end(body)
      })
      const known = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) => files.getCapabilities()).pipe(
        Effect.provide(
          CloudFiles.layer({ endpoint: `${server.url}/swift/v1/AUTH_a`, retry: RetryPolicy.never }).pipe(
            Layer.provide(NodeHttpClient.layerUndici),
            Layer.provide(login)
          )
        )
      )
      assert.deepStrictEqual(lines, ["GET /swift/info"])
      assert.deepStrictEqual(tokens, [undefined], "the request has no token")
      return known
    })

  it.scopedLive("are read from /info next to /v1, and invalid or unknown entries are ignored", () =>
    Effect.gen(function* () {
      const known = yield* asked(
        200,
        JSON.stringify({
          swift: {
            version: "2.30.1",
            max_file_size: 5_368_709_122,
            container_listing_limit: "many",
            policies: [{ name: "gold", default: true }, { name: "tin" }]
          },
          tempurl: { methods: ["GET"], allowed_digests: ["sha1", "sha999"] },
          slo: { min_segment_size: 1 },
          own_part: { a: [1] },
          flat: 3
        })
      )
      const { formPost, parts, staticLargeObjects, swift, tempUrl } = Option.getOrThrow(known)
      assert.deepStrictEqual(swift, {
        version: "2.30.1",
        maxObjectBytes: 5_368_709_122,
        policies: [
          { name: "gold", isDefault: true },
          { name: "tin", isDefault: false }
        ]
      })
      assert.deepStrictEqual(tempUrl, { methods: ["GET"], algorithms: ["sha1", "sha999"] })
      assert.deepStrictEqual(staticLargeObjects, { minSegmentBytes: 1 })
      assert.isUndefined(formPost)
      assert.deepStrictEqual(parts["own_part"], { a: [1] })
    })
  )

  for (const status of [401, 403, 404, 405]) {
    it.scopedLive(`are unknown if the response is ${status}, without a new login`, () =>
      Effect.map(asked(status, "<html><h1>No</h1></html>", "text/html"), (known) =>
        assert.deepStrictEqual(known, Option.none())
      )
    )
  }

  it.scopedLive("are unknown if a gateway returns another document", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* asked(200, "<html>Hello</html>", "text/html"), Option.none())
      assert.deepStrictEqual(yield* asked(200, `{"hello":1}`), Option.none())
    })
  )
})
