import { PlatformError } from "@effect/platform/Error"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as RetryPolicy from "../../src/RetryPolicy.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import {
  bytesOf,
  clients,
  eventually,
  inPieces,
  listeningCloud,
  md5,
  patterned,
  requestsOf,
  textOf,
  traffic
} from "../support.js"
import { everything, fileOf, object, once, prepared } from "../support/cloudFiles.js"
import { folderOf } from "../support/folder.js"

class SourceFailed extends Data.TaggedError("SourceFailed")<{ readonly at: number }> {}

const cloud = (options: TestCloud.CloudOptions = {}) => TestCloud.layer({ cloud: options })

/** A stream that counts its runs. */
const counting = <E, R>(stream: Stream.Stream<Uint8Array, E, R>) => {
  const seen = { runs: 0, closed: 0 }
  const counted = Stream.suspend(() => {
    seen.runs++
    return stream
  }).pipe(Stream.ensuring(Effect.sync(() => seen.closed++)))
  return [counted, seen] as const
}

const failingAfter = (bytes: Uint8Array, size: number): Stream.Stream<Uint8Array, SourceFailed> =>
  Stream.concat(inPieces(bytes, size), Stream.fail(new SourceFailed({ at: bytes.byteLength })))

const bulkDeletion = { service: "files", method: "POST", path: "bulk-delete" } as const

/** A cloud that has no bulk deletion. */
const withoutBulk = Effect.flatMap(TestCloud.TestCloud, (emulated) =>
  emulated.fail({ match: bulkDeletion, times: Infinity, fault: { _tag: "Status", status: 405 } })
)

const tokenExpiresAt = (match: { readonly method: string; readonly path?: string | RegExp }, skip = 0) =>
  Effect.flatMap(TestCloud.TestCloud, (emulated) =>
    emulated.fail({ match: { service: "files", ...match }, skip, fault: { _tag: "ExpireTokens" } })
  )

/** The number of the program's logins since the requests were last cleared. */
const loginsSince = Effect.map(
  requestsOf("identity"),
  (all) => all.filter((one) => one.target.endsWith("/tokens")).length
)

describe("uploads", () => {
  it.effect("send bytes unchanged, with their length, type and MD5", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const bytes = patterned(3000)
      const stored = yield* files.upload({
        ...object,
        body: CloudFiles.fromBytes(bytes),
        contentType: "text/x-own",
        metadata: { a: "1" }
      })
      assert.deepStrictEqual(stored, { etag: md5(bytes), md5: md5(bytes), bytes: 3000, segments: 0 })
      const [request] = yield* requestsOf("files")
      assert.strictEqual(request?.headers["content-length"], "3000")
      assert.strictEqual(request?.headers["content-type"], "text/x-own")
      assert.strictEqual(request?.headers["etag"], md5(bytes))
      assert.isUndefined(request?.headers["x-detect-content-type"])
      const found = yield* emulated.files.getObject("c", "o")
      assert.deepStrictEqual(found?.bytes, bytes)
      assert.strictEqual(found?.contentType, "text/x-own")
      assert.deepStrictEqual(found?.metadata, { a: "1" })
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("send text as UTF-8", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const stored = yield* files.upload({ ...object, body: CloudFiles.fromString("grün ☃") })
      assert.strictEqual(stored.bytes, Buffer.byteLength("grün ☃"))
      assert.strictEqual(yield* textOf(files.download(object)), "grün ☃")
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("leave the type to the cloud if none is given", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* files.upload({ container: "c", object: "a.html", body: CloudFiles.fromString("x") })
      yield* files.upload({
        container: "c",
        object: "b.html",
        body: CloudFiles.fromStream(Stream.succeed(patterned(5)), { replayable: true })
      })
      yield* files.upload({
        container: "c",
        object: "c.html",
        body: CloudFiles.fromStream(inPieces(patterned(10), 5)),
        segmentSize: 5
      })
      for (const name of ["a.html", "b.html", "c.html"]) {
        assert.strictEqual((yield* emulated.files.getObject("c", name))?.contentType, "text/html")
      }
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("send an expiry, as an instant or relative to now", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* files.upload({ ...object, body: CloudFiles.fromString("x"), deleteAt: DateTime.unsafeMake(100_000) })
      assert.strictEqual((yield* emulated.files.getObject("c", "o"))?.deleteAt, 100)
      yield* files.upload({ ...object, body: CloudFiles.fromString("x"), deleteAfter: Duration.millis(1500) })
      assert.strictEqual((yield* emulated.files.getObject("c", "o"))?.deleteAt, 2)
      yield* TestClock.adjust("3 seconds")
      const error = yield* Effect.flip(files.getObjectInfo(object))
      assert.strictEqual(error._tag, "NotFound")
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("send bytes larger than one chunk completely, and verified", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const bytes = patterned(3_000_001)
      const stored = yield* files.upload({ ...object, body: CloudFiles.fromBytes(bytes) })
      assert.strictEqual(stored.md5, md5(bytes))
      assert.strictEqual(md5(yield* bytesOf(files.download(object))), md5(bytes))
      assert.strictEqual((yield* requestsOf("files"))[0]?.headers["content-length"], "3000001")
    }).pipe(Effect.provide(cloud()))
  )

  it.scoped("send a file with its length, even if empty", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      for (const size of [0, 1, 1_000_003]) {
        const bytes = patterned(size)
        const stored = yield* files.upload({ ...object, body: CloudFiles.fromFile(yield* fileOf(bytes)) })
        assert.deepStrictEqual(stored, { etag: md5(bytes), md5: md5(bytes), bytes: size, segments: 0 })
        assert.strictEqual((yield* requestsOf("files")).at(-1)?.headers["content-length"], String(size))
        assert.strictEqual(md5(yield* bytesOf(files.download(object))), md5(bytes))
      }
    }).pipe(Effect.provide(Layer.merge(cloud(), NodeFileSystem.layer)))
  )

  it.scoped("fail with the platform's own error for a missing file, and send nothing", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const directory = yield* folderOf()
      const error = yield* Effect.flip(
        files.upload({ ...object, body: CloudFiles.fromFile(join(directory, "missing")) })
      )
      assert.isTrue(error._tag === "SystemError" && error.reason === "NotFound")
      const folder: PlatformError | { readonly _tag: string } = yield* Effect.flip(
        files.upload({ ...object, body: CloudFiles.fromFile(directory) })
      )
      assert.strictEqual(folder._tag, "SystemError")
      assert.deepStrictEqual(yield* traffic, [])
    }).pipe(Effect.provide(Layer.merge(cloud(), NodeFileSystem.layer)))
  )

  for (const length of [undefined, 10_000]) {
    it.effect(
      `a replayable stream of ${length === undefined ? "unknown" : "declared"} length is sent while it is read`,
      () =>
        Effect.gen(function* () {
          const { files } = yield* prepared
          const bytes = patterned(10_000)
          const stored = yield* files.upload({
            ...object,
            body: CloudFiles.fromStream(inPieces(bytes, 1000), { replayable: true, length })
          })
          assert.deepStrictEqual(stored, { etag: md5(bytes), md5: md5(bytes), bytes: 10_000, segments: 0 })
          const [request] = yield* requestsOf("files")
          assert.strictEqual(request?.headers["content-length"], length === undefined ? undefined : "10000")
          assert.strictEqual(request?.headers["transfer-encoding"], length === undefined ? "chunked" : undefined)
          assert.deepStrictEqual(yield* bytesOf(files.download(object)), bytes)
        }).pipe(Effect.provide(cloud()))
    )
  }

  for (const size of [0, 1, 999, 1000]) {
    it.effect(`a one-shot stream of ${size} bytes fits into a segment of 1000 and is a plain object`, () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const bytes = patterned(size)
        const [source, seen] = counting(inPieces(bytes, 300))
        const stored = yield* files.upload({ ...object, body: CloudFiles.fromStream(source), segmentSize: 1000 })
        assert.deepStrictEqual(stored, { etag: md5(bytes), md5: md5(bytes), bytes: size, segments: 0 })
        assert.deepStrictEqual(yield* traffic, ["PUT /c/o 201"])
        assert.deepStrictEqual(seen, { runs: 1, closed: 1 })
        assert.deepStrictEqual(yield* bytesOf(files.download(object)), bytes)
      }).pipe(Effect.provide(cloud()))
    )
  }

  for (const [size, segments] of [
    [1001, 2],
    [2000, 2],
    [3500, 4]
  ] as const) {
    it.effect(`a one-shot stream of ${size} bytes becomes a large object of ${segments} segments of 1000`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* prepared
        const bytes = patterned(size)
        const [source, seen] = counting(inPieces(bytes, 300))
        const stored = yield* files.upload({
          ...object,
          body: CloudFiles.fromStream(source),
          segmentSize: 1000,
          contentType: "text/x-own",
          metadata: { a: "1" },
          deleteAfter: Duration.days(1)
        })
        const etags = Array.from({ length: segments }, (_, index) =>
          md5(bytes.subarray(index * 1000, (index + 1) * 1000))
        )
        assert.deepStrictEqual(stored, { etag: `"${md5(etags.join(""))}"`, md5: md5(bytes), bytes: size, segments })
        assert.deepStrictEqual(seen, { runs: 1, closed: 1 })
        const parts = yield* emulated.files.objects("c_segments")
        assert.strictEqual(parts.length, segments)
        const info = yield* files.getObjectInfo(object)
        assert.isTrue(info.isStaticLargeObject)
        assert.strictEqual(info.bytes, size)
        assert.strictEqual(info.contentType, "text/x-own")
        assert.deepStrictEqual(info.metadata, { a: "1" })
        // Segments expire with the object.
        for (const part of parts) {
          assert.strictEqual((yield* emulated.files.getObject("c_segments", part))?.deleteAt, 86_400)
        }
        assert.deepStrictEqual(yield* bytesOf(files.download(object)), bytes)
      }).pipe(Effect.provide(cloud()))
    )
  }

  it.effect("shorten segment names of an object whose name leaves no room for a number", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const name = "ü".repeat(512)
      const bytes = patterned(2500)
      yield* files.upload({
        container: "c",
        object: name,
        body: CloudFiles.fromStream(inPieces(bytes, 300)),
        segmentSize: 1000
      })
      assert.deepStrictEqual(yield* bytesOf(files.download({ container: "c", object: name })), bytes)
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("send a source of known length above the limit in segments", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const error = yield* Effect.flip(
        files.upload({
          ...object,
          body: CloudFiles.fromStream(inPieces(patterned(2500), 300), { replayable: true, length: 6 * 1024 ** 3 }),
          segmentSize: 1000
        })
      )
      // The test cannot provide 6 GiB, so the source ends early; but it was read.
      assert.strictEqual(error._tag, "InvalidInput")
      assert.deepStrictEqual(yield* everything, [])
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("createOnly stores nothing over an existing object, not even segments", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* emulated.files.putObject("c", "o", "old")
      for (const body of [
        CloudFiles.fromString("new"),
        CloudFiles.fromStream(inPieces(patterned(2500), 300)),
        CloudFiles.fromStream(inPieces(patterned(2500), 300), { replayable: true })
      ]) {
        const error = yield* Effect.flip(files.upload({ ...object, body, createOnly: true, segmentSize: 1000 }))
        assert.strictEqual(error._tag, "PreconditionFailed")
      }
      assert.deepStrictEqual(yield* everything, ["c/o"])
      assert.strictEqual(yield* textOf(files.download(object)), "old")
      yield* files.upload({ container: "c", object: "p", body: CloudFiles.fromString("new"), createOnly: true })
      assert.deepStrictEqual(yield* everything, ["c/o", "c/p"])
    }).pipe(Effect.provide(cloud()))
  )

  const bodies = (bytes: Uint8Array) =>
    [
      ["bytes", CloudFiles.fromBytes(bytes)],
      ["a replayable stream", CloudFiles.fromStream(inPieces(bytes, 300), { replayable: true })],
      ["a one-shot stream", CloudFiles.fromStream(inPieces(bytes, 300))],
      ["a one-shot stream in segments", CloudFiles.fromStream(inPieces(bytes, 300)), 1000]
    ] as const

  for (const [what, body, segmentSize] of bodies(patterned(2500))) {
    it.effect(`${what} with the given MD5 is stored, and with another one fails with ChecksumMismatch`, () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const wrong = md5("another content")
        const error = yield* Effect.flip(files.upload({ ...object, body, md5: wrong, segmentSize }))
        assert.strictEqual(error._tag, "ChecksumMismatch")
        assert.strictEqual(error._tag === "ChecksumMismatch" ? error.expected : undefined, wrong)
        assert.deepStrictEqual(yield* everything, [])
        const stored = yield* files.upload({ ...object, body, md5: md5(patterned(2500)), segmentSize })
        assert.strictEqual(stored.md5, md5(patterned(2500)))
      }).pipe(Effect.provide(cloud()))
    )
  }

  for (const replayable of [true, false]) {
    for (const [declared, given] of [
      [1000, 999],
      [1000, 1001],
      [0, 5],
      [5, 0],
      [5000, 2500],
      [2500, 5000],
      [1_000_000, 2500]
    ] as const) {
      it.effect(
        `a ${replayable ? "replayable" : "one-shot"} stream that declares ${declared} bytes and emits ${given}: InvalidInput, nothing stored`,
        () =>
          Effect.gen(function* () {
            const { files } = yield* prepared
            const error = yield* Effect.flip(
              files.upload({
                ...object,
                body: CloudFiles.fromStream(inPieces(patterned(given), 300), { replayable, length: declared }),
                segmentSize: 1000
              })
            )
            assert.strictEqual(error._tag, "InvalidInput")
            assert.include(String(error), `${declared} bytes, as declared`)
            assert.deepStrictEqual(yield* everything, [])
          }).pipe(Effect.provide(cloud()))
      )
    }
  }

  it.effect("stop reading an infinite stream at its declared length", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      for (const replayable of [true, false]) {
        const error = yield* Effect.flip(
          files.upload({
            ...object,
            body: CloudFiles.fromStream(Stream.repeatEffect(Effect.sync(() => patterned(100))), {
              replayable,
              length: 3000
            }),
            segmentSize: 1000
          })
        )
        assert.strictEqual(error._tag, "InvalidInput")
      }
      assert.deepStrictEqual(yield* everything, [])
    }).pipe(Effect.provide(cloud()))
  )

  for (const [what, options, segmentSize] of [
    ["a replayable stream, chunked", { replayable: true }, undefined],
    ["a replayable stream of declared length", { replayable: true, length: 10_000 }, undefined],
    ["a one-shot stream within a segment", {}, undefined],
    ["a one-shot stream after its third segment", {}, 1000]
  ] as const) {
    it.effect(`${what} that fails: the upload fails with its error, and nothing is stored`, () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const [source, seen] = counting(failingAfter(patterned(3500), 250))
        const error = yield* Effect.flip(
          files.upload({ ...object, body: CloudFiles.fromStream(source, options), segmentSize })
        )
        assert.deepStrictEqual(error, new SourceFailed({ at: 3500 }))
        assert.deepStrictEqual(yield* everything, [])
        assert.deepStrictEqual(seen, { runs: 1, closed: 1 })
      }).pipe(Effect.provide(cloud()))
    )

    it.effect(`${what} that dies: the upload dies too, and nothing is stored`, () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const source = Stream.concat(inPieces(patterned(3500), 250), Stream.dieMessage("broken source"))
        const exit = yield* Effect.sandbox(
          files.upload({ ...object, body: CloudFiles.fromStream(source, options), segmentSize })
        ).pipe(Effect.flip)
        assert.include(String(exit), "broken source")
        assert.deepStrictEqual(yield* everything, [])
      }).pipe(Effect.provide(cloud()))
    )

    it.effect(`${what} that is interrupted in the middle: nothing is stored, and the source is closed`, () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const reached = yield* Deferred.make<void>()
        const [source, seen] = counting(
          Stream.concat(
            inPieces(patterned(3500), 250),
            Stream.execute(Effect.zipRight(Deferred.succeed(reached, undefined), Effect.never))
          )
        )
        const fiber = yield* Effect.fork(
          files.upload({ ...object, body: CloudFiles.fromStream(source, options), segmentSize })
        )
        yield* Deferred.await(reached)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(yield* everything, [])
        assert.deepStrictEqual(seen, { runs: 1, closed: 1 })
      }).pipe(Effect.provide(cloud()))
    )
  }

  it.effect("a service that the source needs is provided to the upload", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const fromPolicy = Stream.fromEffect(
        Effect.map(RetryPolicy.RetryPolicy, (policy) => Buffer.from(String(policy.maxAttempts)))
      )
      yield* files
        .upload({ ...object, body: CloudFiles.fromStream(fromPolicy) })
        .pipe(Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.make({ maxAttempts: 7 })))
      assert.strictEqual(yield* textOf(files.download(object)), "7")
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("delete the segments when the cloud rejects the manifest", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* emulated.fail({
        match: { service: "files", path: "multipart-manifest=put" },
        fault: { _tag: "Status", status: 400 }
      })
      const error = yield* Effect.flip(
        files.upload({ ...object, body: CloudFiles.fromStream(inPieces(patterned(2500), 300)), segmentSize: 1000 })
      )
      assert.strictEqual(error._tag, "BadRequest")
      assert.deepStrictEqual(yield* everything, [])
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("keep the segments when the manifest may have been stored", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* emulated.fail({
        match: { service: "files", path: "multipart-manifest=put" },
        times: Infinity,
        fault: { _tag: "Cut", afterBytes: Infinity }
      })
      const error = yield* files
        .upload({ ...object, body: CloudFiles.fromStream(inPieces(patterned(2500), 300)), segmentSize: 1000 })
        .pipe(Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.never), Effect.flip)
      assert.strictEqual(error._tag, "TransportError")
      assert.strictEqual((yield* emulated.files.objects("c_segments")).length, 3)
    }).pipe(Effect.provide(cloud()))
  )

  for (const [how, isOffered] of [
    ["in one request", true],
    ["one by one without bulk deletion", false]
  ] as const) {
    it.effect(`delete the segments when they fail ${how}`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* prepared
        if (!isOffered) yield* withoutBulk
        const body = CloudFiles.fromStream(failingAfter(patterned(3500), 250))
        const error = yield* Effect.flip(files.upload({ ...object, body, segmentSize: 1000 }))
        assert.deepStrictEqual(error, new SourceFailed({ at: 3500 }))
        assert.deepStrictEqual(yield* everything, [])
        const all = yield* requestsOf("files")
        const stored = all.filter(({ target }) => /\/\d{8}$/.test(target) && target.includes("c_segments"))
        const put = stored.filter(({ method }) => method === "PUT").length
        assert.isAtLeast(put, 3)
        const deletions = stored.filter(({ method }) => method === "DELETE")
        assert.strictEqual(new Set(deletions.map(({ target }) => target)).size, isOffered ? 0 : put)
        const bulk = all.filter(({ target }) => target.includes("bulk-delete")).length
        // Requests in flight at the failure have their own responses.
        assert.isTrue(isOffered ? bulk >= 1 && bulk <= 3 : bulk === 1, String(bulk))
        yield* emulated.clearFaults
      }).pipe(Effect.provide(cloud()))
    )
  }

  for (const [what, isOffered, fault] of [
    ["does not respond", true, { _tag: "Delay", duration: "1 hours" }],
    ["does not respond to single deletions", false, { _tag: "Delay", duration: "1 hours" }],
    ["always returns 503", true, { _tag: "Status", status: 503, headers: { "Retry-After": "60" } }],
    ["always returns 503 to single deletions", false, { _tag: "Status", status: 503, headers: { "Retry-After": "60" } }]
  ] as const) {
    it.effect(`deleting segments ends, even when the cloud ${what}`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* prepared
        if (!isOffered) yield* withoutBulk
        const match = isOffered ? bulkDeletion : ({ service: "files", method: "DELETE" } as const)
        yield* emulated.fail({ match, times: Infinity, fault })
        const fiber = yield* Effect.fork(
          Effect.flip(
            files.upload({
              ...object,
              body: CloudFiles.fromStream(failingAfter(patterned(3500), 250)),
              segmentSize: 1000
            })
          )
        )
        yield* TestClock.adjust("30 seconds")
        assert.isTrue((yield* fiber.status)._tag === "Done")
        assert.deepStrictEqual(yield* Fiber.join(fiber), new SourceFailed({ at: 3500 }))
      }).pipe(Effect.provide(cloud()))
    )
  }

  for (const [what, body] of bodies(patterned(2500))) {
    it.effect(`${what} can be uploaded in an uninterruptible region, as in acquireRelease`, () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const stored = yield* Effect.uninterruptible(files.upload({ ...object, body }))
        assert.strictEqual(stored.md5, md5(patterned(2500)))
      }).pipe(Effect.provide(cloud()))
    )
  }

  it.effect("a failing source ends an uninterruptible upload", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const error = yield* Effect.flip(
        Effect.uninterruptible(
          files.upload({
            ...object,
            body: CloudFiles.fromStream(failingAfter(patterned(500), 100), { replayable: true })
          })
        )
      )
      assert.strictEqual(error._tag, "SourceFailed")
      assert.deepStrictEqual(yield* everything, [])
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("timeouts also end uninterruptible uploads in a finalizer", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* emulated.fail({
        match: { service: "files" },
        times: Infinity,
        fault: { _tag: "Delay", duration: "10 hours" }
      })
      const fiber = yield* files
        .deleteObject(object)
        .pipe(
          Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.never),
          Effect.flip,
          Effect.uninterruptible,
          Effect.fork
        )
      yield* TestClock.adjust("60 seconds")
      assert.isTrue((yield* fiber.status)._tag === "Done")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "TransportError")
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("after a broken connection a replayable body is sent again completely", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const [source, seen] = counting(inPieces(patterned(2500), 300))
      yield* emulated.fail({ match: { method: "PUT" }, fault: { _tag: "Cut", afterBytes: 700 } })
      const fiber = yield* Effect.fork(
        files.upload({ ...object, body: CloudFiles.fromStream(source, { replayable: true }) })
      )
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(fiber)).md5, md5(patterned(2500)))
      assert.deepStrictEqual(seen, { runs: 2, closed: 2 })
      assert.deepStrictEqual(yield* bytesOf(files.download(object)), patterned(2500))
    }).pipe(Effect.provide(cloud()))
  )
})

describe("tokens that expire during a transfer", () => {
  it.scoped("the upload of a file continues: complete, with one login", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const bytes = patterned(700_000)
      const path = yield* fileOf(bytes)
      yield* tokenExpiresAt({ method: "PUT" })
      const stored = yield* files.upload({ ...object, body: CloudFiles.fromFile(path) })
      assert.strictEqual(stored.md5, md5(bytes))
      assert.strictEqual(md5(yield* bytesOf(files.download(object))), md5(bytes))
      assert.strictEqual(yield* loginsSince, 1)
    }).pipe(Effect.provide(Layer.merge(cloud(), NodeFileSystem.layer)))
  )

  it.effect("the upload of bytes too, when it is rejected before they are read", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const bytes = patterned(3_000_000)
      yield* emulated.fail({ match: { method: "PUT" }, fault: { _tag: "Early", status: 401 } })
      const stored = yield* files.upload({ ...object, body: CloudFiles.fromBytes(bytes) })
      assert.strictEqual(stored.md5, md5(bytes))
      assert.strictEqual(md5(yield* bytesOf(files.download(object))), md5(bytes))
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("a replayable stream runs again from its start", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const bytes = patterned(10_000)
      const [source, seen] = counting(inPieces(bytes, 300))
      yield* tokenExpiresAt({ method: "PUT" })
      const stored = yield* files.upload({ ...object, body: CloudFiles.fromStream(source, { replayable: true }) })
      assert.strictEqual(stored.md5, md5(bytes))
      assert.deepStrictEqual(yield* bytesOf(files.download(object)), bytes)
      assert.isAtMost(seen.runs, 2)
      assert.strictEqual(seen.closed, seen.runs)
      assert.strictEqual(yield* loginsSince, 1)
    }).pipe(Effect.provide(cloud()))
  )

  for (const [what, match, skip] of [
    ["first segment", { method: "PUT", path: "00000000" }, 0],
    ["fourth segment", { method: "PUT", path: "00000003" }, 0],
    ["manifest", { method: "PUT", path: "multipart-manifest" }, 0]
  ] as const) {
    it.effect(`a one-shot stream is read only once, though the token expires at its ${what}`, () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const bytes = patterned(5500)
        const [source, seen] = counting(inPieces(bytes, 300))
        yield* tokenExpiresAt(match, skip)
        const stored = yield* files.upload({ ...object, body: CloudFiles.fromStream(source), segmentSize: 1000 })
        assert.strictEqual(stored.md5, md5(bytes))
        assert.strictEqual(stored.segments, 6)
        assert.deepStrictEqual(yield* bytesOf(files.download(object)), bytes)
        assert.deepStrictEqual(seen, { runs: 1, closed: 1 })
        assert.strictEqual(yield* loginsSince, 1)
      }).pipe(Effect.provide(cloud()))
    )
  }

  it.effect("a started download continues, and one that has not started logs in once", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const bytes = patterned(1_500_000)
      yield* emulated.files.putObject("c", "o", bytes)
      const parts: Array<Uint8Array> = []
      yield* Stream.runForEach(files.download(object), (part) =>
        parts.push(part) === 1 ? emulated.expireAllTokens : Effect.void
      )
      assert.strictEqual(md5(Buffer.concat(parts)), md5(bytes))
      assert.strictEqual(yield* loginsSince, 0)
      assert.strictEqual(md5(yield* bytesOf(files.download(object))), md5(bytes))
      assert.strictEqual(yield* loginsSince, 1)
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("many concurrent uploads share one login", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* emulated.expireAllTokens
      yield* Effect.forEach(
        Array.from({ length: 50 }, (_, index) => `o${index}`),
        (name) => files.upload({ container: "c", object: name, body: CloudFiles.fromString(name) }),
        { concurrency: "unbounded" }
      )
      assert.strictEqual((yield* everything).length, 50)
      assert.strictEqual(yield* loginsSince, 1)
    }).pipe(Effect.provide(cloud()))
  )
})

describe("downloads", () => {
  const seeded = (content: Uint8Array | string, about = {}) =>
    Effect.tap(prepared, ({ emulated }) => emulated.files.putObject("c", "o", content, about))

  it.effect("send no request before the stream runs, and one per run", () =>
    Effect.gen(function* () {
      const { files } = yield* seeded("hello")
      const download = files.download(object)
      assert.deepStrictEqual(yield* traffic, [])
      assert.strictEqual(yield* textOf(download), "hello")
      assert.strictEqual(yield* textOf(download), "hello")
      assert.deepStrictEqual(yield* traffic, ["GET /c/o 200", "GET /c/o 200"])
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("give a small object a buffer that holds nothing else", () =>
    Effect.gen(function* () {
      const { files } = yield* seeded("hello")
      const [bytes] = yield* Stream.runCollect(files.download(object))
      assert.strictEqual(bytes?.byteLength, 5)
      assert.strictEqual(bytes?.buffer.byteLength, 5)
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("open returns the headers, and then the content", () =>
    Effect.gen(function* () {
      const { files } = yield* seeded("hello", { contentType: "text/x-own", metadata: { a: "1" } })
      const [info, text] = yield* Effect.scoped(
        Effect.flatMap(files.open(object), ({ info, stream }) =>
          Effect.map(textOf(stream), (text) => [info, text] as const)
        )
      )
      assert.strictEqual(text, "hello")
      assert.strictEqual(info.bytes, 5)
      assert.strictEqual(info.contentType, "text/x-own")
      assert.strictEqual(info.etag, md5("hello"))
      assert.deepStrictEqual(info.metadata, { a: "1" })
      assert.strictEqual((yield* traffic).length, 1)
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("an empty object", () =>
    Effect.gen(function* () {
      const { files } = yield* seeded("")
      assert.strictEqual(yield* textOf(files.download(object)), "")
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("fail with NotFound for a missing object", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      assert.strictEqual((yield* Effect.flip(textOf(files.download(object))))._tag, "NotFound")
      assert.strictEqual((yield* Effect.flip(Effect.scoped(files.open(object))))._tag, "NotFound")
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("ranges", () =>
    Effect.gen(function* () {
      const { files } = yield* seeded("0123456789")
      const part = (range: CloudFiles.ByteRange) => textOf(files.download({ ...object, range }))
      assert.strictEqual(yield* part({ offset: 2, length: 3 }), "234")
      assert.strictEqual(yield* part({ offset: 0, length: 1 }), "0")
      assert.strictEqual(yield* part({ offset: 7 }), "789")
      assert.strictEqual(yield* part({ offset: 8, length: 100 }), "89")
      assert.strictEqual(yield* part({ last: 2 }), "89")
      assert.strictEqual(yield* part({ last: 100 }), "0123456789")
      assert.deepStrictEqual(
        (yield* requestsOf("files")).map((request) => `${request.headers["range"]} ${request.status}`),
        ["bytes=2-4 206", "bytes=0-0 206", "bytes=7- 206", "bytes=8-107 206", "bytes=-2 206", "bytes=-100 206"]
      )
      const error = yield* Effect.flip(part({ offset: 10 }))
      assert.strictEqual(error._tag, "RangeNotSatisfiable")
      const info = yield* Effect.scoped(Effect.map(files.open({ ...object, range: { last: 2 } }), ({ info }) => info))
      assert.strictEqual(info.contentRange, "bytes 8-9/10")
      assert.strictEqual(info.bytes, 2)
    }).pipe(Effect.provide(cloud()))
  )

  for (const range of [{ offset: 2, length: 3 }, { offset: 4 }, { last: 3 }] satisfies Array<CloudFiles.ByteRange>) {
    it.effect(`reject a part other than ${JSON.stringify(range)}`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* seeded("0123456789")
        const headers = { "Content-Range": "bytes 3-5/10" }
        yield* emulated.fail({
          match: { method: "GET" },
          fault: { _tag: "Status", status: 206, headers, body: "345" }
        })
        const error = yield* Effect.flip(textOf(files.download({ ...object, range })))
        assert.strictEqual(error._tag, "MalformedResponse")
        assert.include(error.message, "content-range: expected bytes ")
      }).pipe(Effect.provide(cloud()))
    )
  }

  it.effect("succeed if ifMatch matches, and fail with PreconditionFailed otherwise", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* seeded("hello")
      assert.strictEqual(yield* textOf(files.download({ ...object, ifMatch: md5("hello") })), "hello")
      yield* emulated.files.putObject("c", "o", "changed")
      const error = yield* Effect.flip(textOf(files.download({ ...object, ifMatch: md5("hello") })))
      assert.strictEqual(error._tag, "PreconditionFailed")
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("never succeed with a truncated body, wherever it is cut", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* seeded(patterned(1000))
      for (const afterBytes of [0, 1, 500, 999]) {
        yield* emulated.fail({ match: { method: "GET" }, fault: { _tag: "TruncateBody", afterBytes } })
        const error = yield* once(Effect.flip(bytesOf(files.download(object))))
        assert.strictEqual(error._tag, "TransportError")
        assert.strictEqual(error._tag === "TransportError" ? error.reason : undefined, "body")
      }
    }).pipe(Effect.provide(cloud()))
  )

  for (const delta of [-5, 5]) {
    it.effect(`detect a Content-Length that is off by ${delta}`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* seeded(patterned(1000))
        yield* emulated.fail({ match: { method: "GET" }, fault: { _tag: "WrongContentLength", delta } })
        const error = yield* once(Effect.flip(bytesOf(files.download(object))))
        assert.include(["TransportError", "ChecksumMismatch"], error._tag)
      }).pipe(Effect.provide(cloud()))
    )
  }

  it.effect("fail for a large object whose segment is missing, and never succeed", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* files.upload({
        ...object,
        body: CloudFiles.fromStream(inPieces(patterned(2500), 300)),
        segmentSize: 1000
      })
      const last = (yield* emulated.files.objects("c_segments")).at(-1)
      yield* emulated.files.removeObject("c_segments", last ?? "")
      const error = yield* once(Effect.flip(bytesOf(files.download(object))))
      assert.strictEqual(error._tag, "TransportError")
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("fail with TransportError when a body stalls for the policy's timeout", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* seeded(patterned(1000))
      yield* emulated.fail({ match: { method: "GET" }, fault: { _tag: "StallBody", afterBytes: 500 } })
      const fiber = yield* Effect.fork(once(Effect.flip(bytesOf(files.download(object)))))
      yield* TestClock.adjust("59 seconds")
      assert.isFalse((yield* fiber.status)._tag === "Done")
      yield* TestClock.adjust("1 seconds")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error._tag, "TransportError")
      assert.strictEqual(error._tag === "TransportError" ? error.reason : undefined, "timeout")
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("do not treat a slow consumer as a stall", () =>
    Effect.gen(function* () {
      const { files } = yield* seeded(patterned(1_000_000))
      const fiber = yield* Effect.fork(bytesOf(Stream.tap(files.download(object), () => Effect.sleep("10 minutes"))))
      yield* TestClock.adjust("10 days")
      assert.strictEqual(md5(yield* Fiber.join(fiber)), md5(patterned(1_000_000)))
    }).pipe(Effect.provide(cloud()))
  )

  it.effect("are retried when the connection is cut before the response", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* seeded("hello")
      yield* emulated.fail({ match: { method: "GET" }, times: 2, fault: { _tag: "Cut" } })
      const fiber = yield* Effect.fork(textOf(files.download(object)))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* Fiber.join(fiber), "hello")
      assert.strictEqual((yield* traffic).length, 3)
    }).pipe(Effect.provide(cloud()))
  )
})

for (const [name, http] of clients) {
  describe(`transfers over ${name}`, () => {
    it.scopedLive("all kinds of bodies are uploaded and downloaded unchanged", () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const bytes = patterned(2_500_001)
        const path = yield* fileOf(bytes)
        for (const [body, segmentSize] of [
          [CloudFiles.fromBytes(bytes)],
          [CloudFiles.fromFile(path)],
          [CloudFiles.fromStream(inPieces(bytes, 100_000), { replayable: true })],
          [CloudFiles.fromStream(inPieces(bytes, 100_000), { replayable: true, length: bytes.byteLength })],
          [CloudFiles.fromStream(inPieces(bytes, 100_000))],
          [CloudFiles.fromStream(inPieces(bytes, 100_000)), 1_000_000]
        ] as const) {
          const stored = yield* files.upload({ ...object, body, segmentSize })
          assert.strictEqual(stored.md5, md5(bytes))
          assert.strictEqual(md5(yield* bytesOf(files.download(object))), md5(bytes))
          assert.strictEqual(
            md5(yield* bytesOf(files.download({ ...object, range: { offset: 1_000_000 } }))),
            md5(bytes.subarray(1_000_000))
          )
        }
      }).pipe(Effect.provide(Layer.merge(listeningCloud(http), NodeFileSystem.layer)))
    )

    it.scopedLive("files match their objects, with concurrent, slow and fast downloads", () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const bytes = patterned(7_340_033)
        yield* files.upload({ ...object, body: CloudFiles.fromBytes(bytes) })
        const folder = yield* folderOf({})
        yield* Effect.forEach(
          [
            ["verified", true, 0],
            ["unverified", false, 0],
            ["slow", true, 20],
            ["slow and unverified", false, 20]
          ] as const,
          ([name, verify, pause]) =>
            Effect.gen(function* () {
              const path = join(folder, name)
              let reported = 0
              const progress = (count: number) =>
                Effect.sync(() => (reported += count)).pipe(
                  Effect.zipRight(pause === 0 ? Effect.void : Effect.sleep(pause))
                )
              const file = yield* files.downloadToFile({ ...object, path, verify, progress })
              assert.deepStrictEqual(
                [file.bytes, reported, file.verified],
                [bytes.byteLength, bytes.byteLength, verify]
              )
              assert.strictEqual(md5(yield* Effect.promise(() => readFile(path))), md5(bytes))
            }),
          { concurrency: "unbounded", discard: true }
        )
      }).pipe(Effect.provide(Layer.merge(listeningCloud(http), NodeFileSystem.layer)))
    )

    it.scopedLive(
      "files of a folder match their objects when the listing is wrong: empty, small, and larger than listed",
      () =>
        Effect.gen(function* () {
          const { files } = yield* prepared
          const contents = {
            empty: 0,
            small: 4096,
            "as large as small ones are": 262_144,
            larger: 262_145,
            dynamic: 700_000
          }
          for (const [name, size] of Object.entries(contents)) {
            const large = { largeObject: "dynamic", segmentThreshold: 1000, segmentSize: 300_000 } as const
            yield* files.upload({
              container: "c",
              object: name,
              body: CloudFiles.fromBytes(patterned(size)),
              ...(name === "dynamic" && large)
            })
          }
          const folder = yield* folderOf()
          const summary = yield* CloudFiles.runFolder(files.downloadFolder({ container: "c", folder }))
          assert.deepInclude(summary, { failed: 0 })
          for (const [name, size] of Object.entries(contents)) {
            assert.strictEqual(
              md5(yield* Effect.promise(() => readFile(join(folder, name)))),
              md5(patterned(size)),
              name
            )
          }
        }).pipe(Effect.provide(Layer.merge(listeningCloud(http), NodeFileSystem.layer)))
    )

    it.scopedLive("a source that fails in the middle: its own error, and nothing is stored", () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        for (const options of [{ replayable: true }, { replayable: true, length: 1_000_000 }, {}]) {
          const error = yield* Effect.flip(
            files.upload({
              ...object,
              body: CloudFiles.fromStream(failingAfter(patterned(500_000), 10_000), options),
              segmentSize: 100_000
            })
          )
          assert.deepStrictEqual(error, new SourceFailed({ at: 500_000 }))
        }
        const emulated = yield* TestCloud.TestCloud
        yield* Effect.flatMap(emulated.requests, (requests) =>
          eventually("the cloud has seen all requests end", () =>
            requests.every((request) => request.finishedAt !== undefined)
          )
        )
        assert.deepStrictEqual(yield* everything, [])
      }).pipe(Effect.provide(listeningCloud(http)))
    )

    it.scopedLive("an interrupted upload stores nothing", () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* prepared
        for (const options of [{ replayable: true }, { replayable: true, length: 1_000_000 }, {}]) {
          const reached = yield* Deferred.make<void>()
          const fiber = yield* Effect.fork(
            files.upload({
              ...object,
              body: CloudFiles.fromStream(
                Stream.concat(
                  inPieces(patterned(500_000), 10_000),
                  Stream.execute(Effect.zipRight(Deferred.succeed(reached, undefined), Effect.never))
                ),
                options
              ),
              segmentSize: 100_000
            })
          )
          yield* Deferred.await(reached)
          yield* Fiber.interrupt(fiber)
        }
        const requests = yield* emulated.requests
        yield* eventually("the cloud has seen all requests end", () =>
          requests.every((request) => request.finishedAt !== undefined)
        )
        assert.deepStrictEqual(yield* everything, [])
      }).pipe(Effect.provide(listeningCloud(http)))
    )

    it.scopedLive("tokens that expire during an upload cause one login", () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        // Over node:http the platform sees no response before the body's end, and the cloud closes the connection before that.
        const bytes = patterned(name === "node:http" ? 15_000 : 1_500_000)
        const path = yield* fileOf(bytes)
        yield* tokenExpiresAt({ method: "PUT" })
        assert.strictEqual((yield* files.upload({ ...object, body: CloudFiles.fromFile(path) })).md5, md5(bytes))
        assert.strictEqual(yield* loginsSince, 1)
        const [source, seen] = counting(inPieces(bytes, 1000))
        yield* tokenExpiresAt({ method: "PUT", path: "00000001" })
        yield* files.upload({ ...object, body: CloudFiles.fromStream(source), segmentSize: bytes.byteLength / 3 })
        assert.strictEqual(md5(yield* bytesOf(files.download(object))), md5(bytes))
        assert.deepStrictEqual(seen, { runs: 1, closed: 1 })
        assert.strictEqual(yield* loginsSince, 2)
      }).pipe(Effect.provide(Layer.merge(listeningCloud(http), NodeFileSystem.layer)))
    )
  })
}
