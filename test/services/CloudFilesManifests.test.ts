import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Credentials from "../../src/Credentials.js"
import * as Emulator from "../../src/emulator/Emulator.js"
import * as NodeServer from "../../src/emulator/NodeServer.js"
import * as Rackspace from "../../src/layers/Rackspace.js"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { bytesOf, inPieces, md5, patterned, requestsOf, textOf } from "../support.js"
import { everything, fileOf, object, prepared, put } from "../support/cloudFiles.js"

/** Segments of 1,000 bytes for larger bodies. */
const small = { segmentThreshold: 1000, segmentSize: 1000 }

const cloud = (files: NonNullable<TestCloud.CloudOptions["files"]> = {}) =>
  Layer.merge(TestCloud.layer({ cloud: { files } }), NodeFileSystem.layer)

const manifestPuts = Effect.map(requestsOf("files"), (all) =>
  all.filter(({ target }) => target.includes("multipart-manifest=put"))
)

const headOf = (container: string, name: string) =>
  Effect.flatMap(CloudFiles.CloudFiles, (files) => files.getObjectInfo({ container, object: name }))

describe("a cloud without static large objects", () => {
  const bytes = patterned(3500)

  const bodies = {
    bytes: Effect.succeed(CloudFiles.fromBytes(bytes)),
    "a file": Effect.map(fileOf(bytes), (path) => CloudFiles.fromFile(path)),
    "a stream": Effect.succeed(CloudFiles.fromStream(inPieces(bytes, 300))),
    "a stream that can be read again": Effect.succeed(CloudFiles.fromStream(inPieces(bytes, 300), { replayable: true }))
  }

  for (const discoverable of [true, false]) {
    for (const [what, made] of Object.entries(bodies)) {
      for (const before of [undefined, "what was there before"]) {
        it.scoped(
          `${what} becomes a dynamic large object: ${discoverable ? "with /info" : "without /info"}, ${before ?? "a free name"}`,
          () =>
            Effect.gen(function* () {
              const { files } = yield* prepared
              if (before !== undefined) yield* put(object.object, before)
              const body = yield* made
              const stored = yield* files.upload({ ...object, ...small, body, contentType: "text/x-own" })
              assert.deepStrictEqual([stored.segments, stored.bytes], [4, 3500])
              assert.deepStrictEqual(yield* bytesOf(files.download(object)), bytes)
              const info = yield* files.getObjectInfo(object)
              assert.deepStrictEqual([info.isStaticLargeObject, info.contentType], [false, "text/x-own"])
              assert.isDefined(info.manifest)
              assert.strictEqual(info.etag, stored.etag)
              // The object and its segments, and nothing that was stored for the test.
              assert.lengthOf(yield* everything, 5)
            }).pipe(Effect.provide(cloud({ discoverable, staticLargeObjects: false })))
        )
      }
    }
  }

  it.scoped("is tested once for their support", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const upload = files.upload({ ...object, ...small, body: CloudFiles.fromBytes(bytes) })
      yield* upload
      yield* emulated.clearRequests
      yield* upload
      assert.lengthOf(yield* manifestPuts, 1)
    }).pipe(Effect.provide(cloud({ staticLargeObjects: false })))
  )

  it.scoped("rejects a manifest from putManifest, and keeps the existing object", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      yield* put("a", "content")
      yield* put(object.object, "before")
      const segments = [{ path: "/c/a", etag: md5("content"), bytes: 7 }]
      const result = yield* Effect.either(files.putManifest({ ...object, segments }))
      assert.strictEqual(Either.isLeft(result) && result.left._tag, "Unprocessable")
      assert.strictEqual(yield* textOf(files.download(object)), "before")
      assert.deepStrictEqual(yield* everything, ["c/a", "c/o"])
    }).pipe(Effect.provide(cloud({ staticLargeObjects: false })))
  )

  it.scoped("is detected even if /info claims their support", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* put(object.object, "before")
      yield* emulated.fail({
        match: { service: "files", method: "GET", path: /^\/info/ },
        times: Infinity,
        fault: {
          _tag: "Status",
          status: 200,
          body: JSON.stringify({ swift: {}, slo: { max_manifest_segments: 1000 } })
        }
      })
      const body = CloudFiles.fromBytes(bytes)
      yield* files.upload({ ...object, ...small, body })
      assert.deepStrictEqual(yield* bytesOf(files.download(object)), bytes)
      assert.lengthOf(yield* everything, 5)
    }).pipe(Effect.provide(cloud({ staticLargeObjects: false })))
  )

  it.scoped("leaves nothing behind when it rejects the dynamic manifest as well", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* put(object.object, "before")
      yield* emulated.fail({
        match: { service: "files", method: "PUT", path: /\/c\/o$/ },
        times: Infinity,
        fault: { _tag: "Status", status: 400 }
      })
      const result = yield* Effect.either(
        files.upload({ ...object, ...small, body: CloudFiles.fromBytes(bytes), oldSegments: "keep" })
      )
      assert.isTrue(Either.isLeft(result))
      assert.deepStrictEqual(yield* everything, ["c/o"])
      assert.strictEqual(yield* textOf(files.download(object)), "before")
    }).pipe(Effect.provide(cloud({ staticLargeObjects: false })))
  )
})

describe("a manifest that is rejected", () => {
  const bytes = patterned(3500)
  const failing = (status: number, times = Infinity) =>
    ({
      match: { service: "files", method: "PUT", path: /\/c\/[^/]*\?multipart-manifest=put/ },
      times,
      fault: { _tag: "Status", status }
    }) as const

  for (const status of [400, 401, 403, 404, 405, 411, 412, 413, 501]) {
    for (const createOnly of [true, false]) {
      it.scoped(`leaves nothing behind (${status}, ${createOnly ? "a free name" : "a name that is taken"})`, () =>
        Effect.gen(function* () {
          const { emulated, files } = yield* prepared
          if (!createOnly) yield* put(object.object, "before")
          yield* emulated.fail(failing(status))
          const body = CloudFiles.fromBytes(bytes)
          assert.isTrue(Either.isLeft(yield* Effect.either(files.upload({ ...object, ...small, body, createOnly }))))
          assert.deepStrictEqual(yield* everything, createOnly ? [] : ["c/o"])
        }).pipe(Effect.provide(cloud()))
      )
    }

    it.scoped(`leaves nothing of a copy behind (${status})`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* prepared
        yield* files.upload({ ...object, ...small, body: CloudFiles.fromBytes(bytes) })
        const before = yield* everything
        yield* emulated.fail(failing(status))
        assert.isTrue(Either.isLeft(yield* Effect.either(files.copy({ container: "c", object: "p", source: object }))))
        assert.deepStrictEqual(yield* everything, before)
      }).pipe(Effect.provide(cloud()))
    )
  }

  it.live("keeps its segments when an earlier attempt may have stored it", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const { match } = failing(403)
      yield* emulated.fail({ match, times: 1, fault: { _tag: "Cut", afterBytes: 0 } })
      yield* emulated.fail(failing(403))
      const body = CloudFiles.fromBytes(bytes)
      assert.isTrue(Either.isLeft(yield* Effect.either(files.upload({ ...object, ...small, body }))))
      assert.lengthOf(yield* emulated.files.objects("c_segments"), 4)
    }).pipe(Effect.provide(cloud()))
  )
})

describe("the ETag that is sent with a static manifest", () => {
  it.scoped("is the object's ETag for an upload, a copy and a manifest with ranges", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const stored = yield* files.upload({ ...object, ...small, body: CloudFiles.fromBytes(patterned(2500)) })
      const copied = yield* files.copy({ container: "c", object: "copy", source: object })
      const sent = (yield* manifestPuts).map(({ headers }) => `"${headers["etag"]}"`)
      assert.deepStrictEqual(sent, [stored.etag, copied.etag ?? ""])
    }).pipe(Effect.provide(cloud()))
  )

  for (const discoverable of [true, false]) {
    it.scoped(
      `is omitted for a cloud that compares it with the manifest itself (${discoverable ? "with" : "without"} /info)`,
      () =>
        Effect.gen(function* () {
          const { emulated, files } = yield* prepared
          yield* emulated.fail({
            match: { service: "files", method: "PUT", path: /\/c\/o\?multipart-manifest=put/ },
            times: 1,
            fault: { _tag: "Status", status: 422 }
          })
          const upload = files.upload({ ...object, ...small, body: CloudFiles.fromBytes(patterned(2500)) })
          yield* upload
          assert.isTrue((yield* files.getObjectInfo(object)).isStaticLargeObject)
          yield* emulated.clearRequests
          yield* upload
          assert.deepStrictEqual(
            (yield* manifestPuts).map(({ headers }) => headers["etag"]),
            [undefined]
          )
          assert.lengthOf(yield* everything, 4)
        }).pipe(Effect.provide(cloud({ discoverable })))
    )
  }
})

describe("dynamic large objects whose names begin with slashes", () => {
  for (const name of ["/a/film", "//film", "/", "/a?b&c=d%"]) {
    it.scoped(`${name} is uploaded, copied, moved, linked by hand, and deleted with its segments`, () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const bytes = patterned(2500)
        const address = { container: "c", object: name }
        yield* files.upload({ ...address, ...small, body: CloudFiles.fromBytes(bytes), largeObject: "dynamic" })
        assert.deepStrictEqual(yield* bytesOf(files.download(address)), bytes)
        const copy = { container: "c", object: `${name}copy` }
        yield* files.copy({ ...copy, source: address })
        const shared = { container: "c", object: `${name}shared` }
        yield* files.copy({ ...shared, source: copy, segments: "share" })
        assert.deepStrictEqual(yield* bytesOf(files.download(shared)), bytes)
        yield* files.updateObjectMetadata({ ...shared, metadata: { a: "1" } })
        assert.deepStrictEqual(yield* bytesOf(files.download(shared)), bytes)
        yield* files.deleteObject(shared)
        const moved = { container: "c", object: `${name}moved` }
        yield* files.move({ ...moved, source: copy })
        yield* files.deleteLargeObject(address)
        assert.deepStrictEqual(yield* bytesOf(files.download(moved)), bytes)
        yield* files.deleteLargeObject(moved)
        assert.deepStrictEqual(yield* everything, [])

        yield* put(`${name}parts/1`, "one")
        yield* put(`${name}parts/2`, "two")
        yield* files.putDynamicManifest({ ...address, segments: { container: "c", prefix: `${name}parts/` } })
        assert.strictEqual(yield* textOf(files.download(address)), "onetwo")
      }).pipe(Effect.provide(cloud()))
    )
  }
})

describe("the expiry of large objects", () => {
  const hour = 3_600_000

  for (const [what, offset] of [
    ["behind", -2 * hour],
    ["ahead of", 2 * hour]
  ] as const) {
    for (const largeObject of ["static", "dynamic"] as const) {
      it.scopedLive(`uses the cloud's clock when the local one is ${what} it: ${largeObject}`, () =>
        Effect.gen(function* () {
          // Over a socket, so that the cloud's clock differs from the program's.
          const emulated = yield* Emulator.make()
          const { url } = yield* NodeServer.listen({ handler: emulated.handle })
          yield* emulated.setOrigin(url)
          const { apiKey, username } = emulated.credentials
          const layer = Rackspace.layer({
            credentials: Credentials.apiKey({ authUrl: emulated.authUrl, username, apiKey }),
            region: "DFW"
          }).pipe(Layer.provide(NodeHttpClient.layerUndici))
          const real = Clock.make()
          const local: Clock.Clock = Object.assign(Object.create(Object.getPrototypeOf(real)), real, {
            currentTimeMillis: Effect.map(real.currentTimeMillis, (millis) => millis + offset),
            unsafeCurrentTimeMillis: () => real.unsafeCurrentTimeMillis() + offset
          })
          yield* Effect.gen(function* () {
            const files = yield* CloudFiles.CloudFiles
            yield* files.createContainer({ container: "c" })
            const given = { ...small, deleteAfter: Duration.hours(1), largeObject }
            yield* files.upload({ ...object, ...given, body: CloudFiles.fromBytes(patterned(2500)) })
            yield* files.copy({ container: "c", object: "copy", source: object, deleteAfter: Duration.hours(1) })
          }).pipe(Effect.provide(layer), Effect.withClock(local))
          const expiries: Array<number> = []
          for (const container of ["c", "c_segments"]) {
            for (const name of yield* emulated.files.objects(container)) {
              const stored = yield* emulated.files.getObject(container, name)
              expiries.push((stored?.deleteAt ?? 0) * 1000 - real.unsafeCurrentTimeMillis())
            }
          }
          assert.lengthOf(expiries, 8)
          for (const left of expiries) assert.isBelow(Math.abs(left - hour), 60_000)
        })
      )
    }
  }

  it.scoped("a resumed upload renews the expiry of existing segments, or uses theirs", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const upload = (deleteAfter: Duration.Duration | undefined) =>
        files.upload({ ...object, ...small, body: CloudFiles.fromBytes(patterned(2500)), resume: true, deleteAfter })
      const expiries = Effect.gen(function* () {
        const found: Array<number | undefined> = []
        for (const part of yield* emulated.files.objects("c_segments")) {
          found.push((yield* emulated.files.getObject("c_segments", part))?.deleteAt)
        }
        return found
      })
      yield* upload(Duration.hours(1))
      assert.deepStrictEqual(yield* expiries, [3600, 3600, 3600])
      assert.strictEqual((yield* upload(Duration.hours(2))).reused, 3)
      assert.deepStrictEqual(yield* expiries, [7200, 7200, 7200])
      assert.strictEqual((yield* upload(undefined)).reused, 3)
      assert.deepStrictEqual(yield* expiries, [undefined, undefined, undefined])
      assert.isUndefined((yield* headOf("c", "o")).deleteAt)
    }).pipe(Effect.provide(cloud()))
  )
})
