import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { rawFiles } from "../contract/Cloud.js"
import { clients, listeningCloud, requestsOf } from "../support.js"

const cloud = TestCloud.layer()
const object = { container: "c", object: "o" }
const latin1 = (text: string): string => Buffer.from(text, "utf8").toString("latin1")

/** Headers of other clients: raw UTF-8, Latin-1, percent signs, and keys that this library would not send. */
const foreign: Readonly<Record<string, string>> = {
  "Cache-Control": "public, max-age=600",
  // Node's HTTP client always changes characters outside of ASCII in this header.
  "Content-Disposition": "attachment; filename*=UTF-8''gr%C3%B6%C3%9Fe.txt",
  "Content-Encoding": "identity",
  "Content-Language": "de",
  Expires: "0",
  "X-Robots-Tag": "noindex",
  Origin: "https://www.example.com",
  "Access-Control-Allow-Origin": "https://a.example.com https://b.example.com",
  "Access-Control-Max-Age": "not a number",
  "Access-Control-Expose-Headers": "X-A, X-B",
  "X-Delete-At": "4102444800",
  "X-Object-Meta-Source": "https://example.com/a%20b",
  "X-Object-Meta-Percent": "100%",
  "X-Object-Meta-Bad": "%E4%ZZ",
  "X-Object-Meta-Utf8": latin1("日本 größe"),
  "X-Object-Meta-Latin1": "gr\u00f6\u00dfe",
  "X-Object-Meta-Long": "%".repeat(256),
  "X-Object-Meta-Odd'key.1": "a; b, c"
}

/** Stores an object with these headers, as another client does. */
const store = (name: string, headers = foreign, query = "") =>
  Effect.gen(function* () {
    const { status } = yield* rawFiles({
      method: "PUT",
      path: `/c/${name}${query}`,
      headers: { "content-type": "text/x-own", ...headers },
      body: "0123456789"
    })
    assert.strictEqual(status, 201)
  })

const storedOf = (name: string, container = "c") =>
  Effect.flatMap(TestCloud.TestCloud, (emulated) =>
    Effect.map(emulated.files.getObject(container, name), (found): Readonly<Record<string, string>> => ({
      ...found?.headers,
      "Content-Type": found?.contentType ?? ""
    }))
  )

for (const [name, http] of clients) {
  describe(`CloudFiles: headers of other clients (${name})`, () => {
    it.live("changing one metadata entry keeps all other headers, byte for byte", () =>
      Effect.gen(function* () {
        const files = yield* CloudFiles.CloudFiles
        yield* files.createContainer({ container: "c" })
        yield* store("o")
        const before = yield* storedOf("o")
        yield* files.updateObjectMetadata({ ...object, metadata: { reviewed: "yes" } })
        assert.deepStrictEqual(yield* storedOf("o"), { ...before, "X-Object-Meta-Reviewed": "yes" })
      }).pipe(Effect.scoped, Effect.provide(listeningCloud(http)))
    )

    it.live("copies and moves keep all headers, of plain and large objects", () =>
      Effect.gen(function* () {
        const files = yield* CloudFiles.CloudFiles
        yield* files.createContainer({ container: "c" })
        yield* store("o")
        const before = yield* storedOf("o")
        yield* files.copy({ ...object, object: "copy", source: object })
        assert.deepStrictEqual(yield* storedOf("copy"), before)
        yield* files.move({ ...object, object: "moved", source: object })
        assert.deepStrictEqual(yield* storedOf("moved"), before)
        for (const kind of ["static", "dynamic"] as const) {
          const large = { container: "c", object: kind }
          yield* files.upload({
            ...large,
            body: CloudFiles.fromString("0123456789".repeat(3)),
            segmentSize: 10,
            segmentThreshold: 10,
            largeObject: kind
          })
          const { manifest } = yield* files.getObjectInfo(large)
          yield* rawFiles({
            method: "POST",
            path: `/c/${kind}`,
            headers: {
              ...foreign,
              "content-type": "text/x-own",
              ...(manifest !== undefined && { "x-object-manifest": manifest })
            }
          })
          const { "X-Object-Manifest": _, ...expected } = yield* storedOf(kind)
          const copied = yield* files.copy({ ...large, object: "large copy", source: large })
          const { "X-Object-Manifest": __, ...copy } = yield* storedOf("large copy")
          assert.deepStrictEqual(copy, expected)
          assert.strictEqual(copied.segments, 3)
          yield* files.move({ ...large, object: "large moved", source: large })
          const { "X-Object-Manifest": ___, ...moved } = yield* storedOf("large moved")
          assert.deepStrictEqual(moved, expected)
        }
      }).pipe(Effect.scoped, Effect.provide(listeningCloud(http)))
    )
  })
}

describe("CloudFiles: headers", () => {
  it.effect("an upload stores cache control, CORS and any other header, and they are returned", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({ container: "c" })
      yield* files.upload({
        ...object,
        body: CloudFiles.fromString("x"),
        cacheControl: "public, max-age=600",
        contentLanguage: "de",
        corsAllowOrigins: ["https://a.example.com", "https://b.example.com"],
        corsMaxAge: Duration.minutes(10),
        headers: { Expires: "Thu, 01 Jan 2099 00:00:00 GMT", "X-Robots-Tag": "noindex" }
      })
      const { cacheControl, contentLanguage, headers } = yield* files.getObjectInfo(object)
      assert.deepStrictEqual([cacheControl, contentLanguage], ["public, max-age=600", "de"])
      assert.deepStrictEqual(headers, {
        "access-control-allow-origin": "https://a.example.com https://b.example.com",
        "access-control-max-age": "600",
        expires: "Thu, 01 Jan 2099 00:00:00 GMT",
        "x-robots-tag": "noindex"
      })
    }).pipe(Effect.provide(cloud))
  )

  it.effect("large objects and their copies have them on the manifest, except with freshMetadata", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({ container: "c" })
      for (const largeObject of ["static", "dynamic"] as const) {
        yield* files.upload({
          ...object,
          body: CloudFiles.fromString("0123456789"),
          segmentSize: 4,
          segmentThreshold: 4,
          largeObject,
          cacheControl: "no-store",
          headers: { Expires: "0" }
        })
        yield* files.copy({ ...object, object: "copy", source: object, headers: { "X-Robots-Tag": "none" } })
        const copy = yield* files.getObjectInfo({ ...object, object: "copy" })
        assert.strictEqual(copy.cacheControl, "no-store")
        assert.deepStrictEqual(copy.headers, { expires: "0", "x-robots-tag": "none" })
        yield* files.copy({ ...object, object: "fresh", source: object, freshMetadata: true, cacheControl: "private" })
        const fresh = yield* files.getObjectInfo({ ...object, object: "fresh" })
        assert.strictEqual(fresh.cacheControl, "private")
        assert.deepStrictEqual(fresh.headers, {})
      }
    }).pipe(Effect.provide(cloud))
  )

  it.effect("updateObjectMetadata changes the given headers, and removes those that are null", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({ container: "c" })
      yield* files.upload({
        ...object,
        body: CloudFiles.fromString("x"),
        cacheControl: "public",
        corsAllowOrigins: ["*"],
        deleteAt: DateTime.unsafeMake("2099-01-01T00:00:00Z"),
        headers: { Expires: "0", "X-Robots-Tag": "noindex" }
      })
      yield* files.updateObjectMetadata({
        ...object,
        cacheControl: null,
        corsAllowOrigins: null,
        contentLanguage: "en",
        headers: { expires: null, Origin: "https://example.com" }
      })
      const info = yield* files.getObjectInfo(object)
      assert.isUndefined(info.cacheControl)
      assert.strictEqual(info.contentLanguage, "en")
      assert.isDefined(info.deleteAt)
      assert.deepStrictEqual(info.headers, { origin: "https://example.com", "x-robots-tag": "noindex" })
    }).pipe(Effect.provide(cloud))
  )

  it.effect("a separate field overrides the same header in headers", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({ container: "c" })
      yield* files.upload({
        ...object,
        body: CloudFiles.fromString("x"),
        cacheControl: "public",
        headers: { "Cache-Control": "private" }
      })
      assert.strictEqual((yield* files.getObjectInfo(object)).cacheControl, "public")
    }).pipe(Effect.provide(cloud))
  )

  it.effect("detectContentType lets the cloud detect the type again, for an update and for a copy", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({ container: "c" })
      const picture = { container: "c", object: "a.jpg" }
      yield* files.upload({ ...picture, body: CloudFiles.fromString("x"), contentType: "text/plain" })
      yield* files.updateObjectMetadata({ ...picture, metadata: { a: "1" } })
      assert.strictEqual((yield* files.getObjectInfo(picture)).contentType, "text/plain")
      yield* files.copy({ container: "c", object: "b.html", source: picture, detectContentType: true })
      assert.match((yield* files.getObjectInfo({ container: "c", object: "b.html" })).contentType ?? "", /^text\/html/)
      yield* files.updateObjectMetadata({ ...picture, detectContentType: true })
      assert.strictEqual((yield* files.getObjectInfo(picture)).contentType, "image/jpeg")
    }).pipe(Effect.provide(cloud))
  )

  for (const [what, headers] of [
    ["a header with a separate field", { "Content-Type": "text/plain" }],
    ["metadata among the headers", { "X-Object-Meta-A": "1" }],
    ["a header of the request", { "X-Auth-Token": "x" }],
    ["a header that changes the meaning of the request", { "X-Copy-From": "c/o" }],
    ["an invalid name", { "a b": "x" }],
    ["a line break in a value", { Expires: "0\r\nX-Auth-Token: x" }]
  ] as const) {
    it.effect(`${what} is rejected before any request`, () =>
      Effect.gen(function* () {
        const files = yield* CloudFiles.CloudFiles
        const error = yield* Effect.flip(files.upload({ ...object, body: CloudFiles.fromString("x"), headers }))
        assert.strictEqual(error._tag, "InvalidInput")
        const changed = yield* Effect.flip(files.updateObjectMetadata({ ...object, headers }))
        assert.strictEqual(changed._tag, "InvalidInput")
        assert.deepStrictEqual(yield* requestsOf("files"), [])
      }).pipe(Effect.provide(cloud))
    )
  }
})
