import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { execFileSync } from "node:child_process"
import { appendFile, readdir, readFile, stat, utimes, writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { bytesOf, eventually, inPieces, md5, patterned, pause, requestsOf, textOf, traffic } from "../support.js"
import { everything, fileOf, object, once, prepared, put } from "../support/cloudFiles.js"
import { folderOf } from "../support/folder.js"

/** Segments of 1,000 bytes for larger bodies. */
const small = { segmentThreshold: 1000, segmentSize: 1000 }

/** A time limit for more than 1,000 requests on a busy machine, in milliseconds. */
const manyRequests = 180_000

const cloud = Layer.merge(TestCloud.layer(), NodeFileSystem.layer)

/** Runs with an advancing clock, for retries with delays. */
const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    while ((yield* fiber.status)._tag !== "Done") {
      yield* pause(1)
      // In small steps, or on a busy machine the response would time out before it can arrive.
      yield* TestClock.adjust("250 millis")
    }
    return yield* Fiber.join(fiber)
  })

/** The ETag of segments, as the cloud computes it. */
const etagOf = (bytes: Uint8Array, size: number): string =>
  `"${md5(
    Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, index) =>
      md5(bytes.subarray(index * size, (index + 1) * size))
    ).join("")
  )}"`

const uploadLarge = (bytes: Uint8Array, options: Partial<CloudFiles.UploadOptions<never, never>> = {}) =>
  Effect.flatMap(CloudFiles.CloudFiles, (files) =>
    files.upload({ ...object, ...small, body: CloudFiles.fromBytes(bytes), ...options })
  )

const bulkDeletion = { service: "files", method: "POST", path: "bulk-delete" } as const

/** A cloud that has no bulk deletion. */
const withoutBulk = Effect.flatMap(TestCloud.TestCloud, (emulated) =>
  emulated.fail({ match: bulkDeletion, times: Infinity, fault: { _tag: "Status", status: 405 } })
)

const segmentPuts = Effect.map(requestsOf("files"), (all) =>
  all.filter(({ method, target }) => method === "PUT" && /\/\d{8}$/.test(target))
)

describe("large uploads", () => {
  it.scoped("uploads a file above the threshold in segments, each verified, and again by the cloud", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const bytes = patterned(3500)
      const stored = yield* files.upload({
        ...object,
        ...small,
        body: CloudFiles.fromFile(yield* fileOf(bytes)),
        contentType: "text/x-own",
        metadata: { a: "1" },
        deleteAfter: Duration.days(1)
      })
      assert.deepStrictEqual(stored, { etag: etagOf(bytes, 1000), bytes: 3500, segments: 4 })
      const puts = yield* segmentPuts
      assert.deepStrictEqual(puts.map(({ headers }) => headers["content-length"]).toSorted(), [
        "1000",
        "1000",
        "1000",
        "500"
      ])
      const manifest = (yield* requestsOf("files")).find(({ target }) => target.includes("multipart-manifest=put"))
      const entries = JSON.parse(Buffer.from(manifest?.body ?? []).toString("utf8")) as ReadonlyArray<
        Record<string, unknown>
      >
      assert.deepStrictEqual(
        entries.map(({ etag, size_bytes }) => [etag, size_bytes]),
        [0, 1, 2, 3].map((index) => {
          const part = bytes.subarray(index * 1000, (index + 1) * 1000)
          return [md5(part), part.byteLength]
        })
      )
      const info = yield* files.getObjectInfo(object)
      assert.deepStrictEqual([info.bytes, info.contentType, info.metadata], [3500, "text/x-own", { a: "1" }])
      // Segments expire with the object.
      for (const part of yield* emulated.files.objects("c_segments")) {
        assert.strictEqual((yield* emulated.files.getObject("c_segments", part))?.deleteAt, 86_400)
      }
      assert.deepStrictEqual(yield* bytesOf(files.download(object)), bytes)
    }).pipe(Effect.provide(cloud))
  )

  it.effect("uploads bytes in segments without copying or hashing them twice", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const bytes = patterned(3500)
      assert.deepStrictEqual(yield* uploadLarge(bytes), { etag: etagOf(bytes, 1000), bytes: 3500, segments: 4 })
      assert.deepStrictEqual(yield* bytesOf(files.download(object)), bytes)
    }).pipe(Effect.provide(cloud))
  )

  it.scoped("uploads exactly as many segments concurrently as requested", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const path = yield* fileOf(patterned(8000))
      for (const concurrency of [1, 3]) {
        yield* emulated.clearRequests
        yield* emulated.fail({
          match: { method: "PUT", path: /\/\d{8}$/ },
          times: 3,
          fault: { _tag: "Delay", duration: "10 seconds" }
        })
        const fiber = yield* Effect.fork(
          files.upload({ ...object, ...small, body: CloudFiles.fromFile(path), concurrency })
        )
        yield* Effect.repeatN(Effect.yieldNow(), 200)
        yield* pause(50)
        assert.strictEqual((yield* segmentPuts).length, concurrency)
        yield* inTime(Fiber.join(fiber))
        yield* emulated.clearFaults
      }
    }).pipe(Effect.provide(cloud))
  )

  it.effect("reads a one-shot stream only as far as it can be sent", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      let given = 0
      const source = Stream.tap(inPieces(patterned(20_000), 100), (part) =>
        Effect.sync(() => {
          given += part.byteLength
        })
      )
      yield* emulated.fail({
        match: { method: "PUT", path: /\/\d{8}$/ },
        times: Infinity,
        fault: { _tag: "Delay", duration: "10 hours" }
      })
      const fiber = yield* Effect.fork(
        files.upload({ ...object, body: CloudFiles.fromStream(source), segmentSize: 1000, concurrency: 3 })
      )
      yield* eventually("three segments are on their way", () => given >= 3000)
      yield* pause(50)
      // One chunk is read ahead, to know whether there is more than one segment.
      assert.isAtMost(given, 3100)
      assert.strictEqual((yield* segmentPuts).length, 3)
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(cloud))
  )

  it.effect(
    "stores more than 1,000 segments by nested manifests, which are deleted with it",
    () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const bytes = patterned(2105)
        const stored = yield* files.upload({
          ...object,
          body: CloudFiles.fromStream(inPieces(bytes, 50)),
          segmentSize: 1,
          concurrency: 8
        })
        assert.deepStrictEqual([stored.segments, stored.md5, stored.bytes], [2105, md5(bytes), 2105])
        const manifest = yield* files.getManifest(object)
        assert.deepStrictEqual(
          manifest.map(({ bytes, isManifest }) => [bytes, isManifest]),
          [
            [1000, true],
            [1000, true],
            [105, true]
          ]
        )
        const parts = [0, 1000, 2000].map((start) => etagOf(bytes.subarray(start, start + 1000), 1).replaceAll('"', ""))
        assert.strictEqual(stored.etag, `"${md5(parts.join(""))}"`)
        assert.deepStrictEqual(yield* bytesOf(files.download(object)), bytes)
        assert.deepStrictEqual(
          yield* bytesOf(files.download({ ...object, range: { offset: 990, length: 20 } })),
          bytes.subarray(990, 1010)
        )
        const { deleted } = yield* files.deleteLargeObject(object)
        assert.strictEqual(deleted, 2105 + 3 + 1)
        assert.deepStrictEqual(yield* everything, [])
      }).pipe(Effect.provide(cloud)),
    manyRequests
  )

  it.effect("stores a dynamic large object with a prefix instead of a manifest", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const bytes = patterned(3500)
      const stored = yield* uploadLarge(bytes, { largeObject: "dynamic", segmentContainer: "parts ü" })
      assert.strictEqual(stored.segments, 4)
      const info = yield* files.getObjectInfo(object)
      assert.match(info.manifest ?? "", /^parts%20%C3%BC\/o\/dlo\//)
      assert.deepStrictEqual([info.etag, info.bytes], [stored.etag, 3500])
      assert.strictEqual((yield* emulated.files.objects("parts ü")).length, 4)
      assert.deepStrictEqual(yield* bytesOf(files.download(object)), bytes)
      const { deleted } = yield* files.deleteLargeObject(object)
      assert.strictEqual(deleted, 5)
      assert.deepStrictEqual(yield* everything, [])
    }).pipe(Effect.provide(cloud))
  )

  it.effect("restarts a replayable stream that exceeds the threshold in segments", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const bytes = patterned(3500)
      const stored = yield* files.upload({
        ...object,
        ...small,
        body: CloudFiles.fromStream(inPieces(bytes, 100), { replayable: true })
      })
      assert.deepStrictEqual([stored.segments, stored.md5], [4, md5(bytes)])
      assert.deepStrictEqual(yield* bytesOf(files.download(object)), bytes)
      assert.deepStrictEqual(
        (yield* everything).filter((name) => name.startsWith("c/")),
        ["c/o"]
      )
    }).pipe(Effect.provide(cloud))
  )

  it.effect("resets the progress of a replayable stream when it restarts in segments", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const pieces = Stream.rechunk(Stream.make(patterned(600), patterned(700), patterned(2200)), 1)
      const reported: Array<number> = []
      const stored = yield* files.upload({
        ...object,
        ...small,
        body: CloudFiles.fromStream(pieces, { replayable: true }),
        progress: (count) => Effect.sync(() => reported.push(count))
      })
      assert.deepInclude(stored, { bytes: 3500, segments: 4 })
      assert.deepStrictEqual(reported.slice(0, 2), [600, -600])
      assert.strictEqual(
        reported.reduce((sum, count) => sum + count, 0),
        3500
      )
    }).pipe(Effect.provide(cloud))
  )

  it.scoped("logs in once when a token expires in the middle", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const bytes = patterned(9500)
      yield* emulated.fail({ match: { method: "PUT", path: "00000005" }, fault: { _tag: "ExpireTokens" } })
      const stored = yield* files.upload({ ...object, ...small, body: CloudFiles.fromFile(yield* fileOf(bytes)) })
      assert.strictEqual(stored.etag, etagOf(bytes, 1000))
      assert.strictEqual((yield* emulated.logins).succeeded, 1)
    }).pipe(Effect.provide(cloud))
  )

  it.scoped("reports progress that adds up to the size, with any retries", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const bytes = patterned(700_000)
      const path = yield* fileOf(bytes)
      for (const options of [{}, { segmentThreshold: 1, segmentSize: 300_000 }]) {
        for (const body of [
          CloudFiles.fromFile(path),
          CloudFiles.fromBytes(bytes),
          CloudFiles.fromStream(inPieces(bytes, 50_000))
        ]) {
          yield* emulated.fail({
            match: { service: "files", method: "PUT", path: /\/(o|0000000\d)$/ },
            fault: { _tag: "Cut", afterBytes: 200_000 }
          })
          let sum = 0
          yield* inTime(
            files.upload({
              ...object,
              ...options,
              body,
              progress: (count) => Effect.sync(() => (sum += count))
            })
          )
          assert.strictEqual(sum, 700_000)
        }
      }
    }).pipe(Effect.provide(cloud))
  )

  it.scoped("stores nothing when the content does not match the given MD5, though it is read in several places", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const bytes = patterned(3500)
      const body = CloudFiles.fromFile(yield* fileOf(bytes))
      const error = yield* Effect.flip(files.upload({ ...object, ...small, body, md5: md5("another") }))
      assert.strictEqual(error._tag, "ChecksumMismatch")
      assert.deepStrictEqual(yield* everything, [])
      assert.strictEqual((yield* files.upload({ ...object, ...small, body, md5: md5(bytes) })).md5, md5(bytes))
    }).pipe(Effect.provide(cloud))
  )

  for (const [what, wrong] of [
    ["segmentSize", { segmentSize: 0 }],
    ["segmentSize", { segmentSize: 5 * 1024 ** 3 + 1 }],
    ["segmentThreshold", { segmentThreshold: 1.5 }],
    ["concurrency", { concurrency: 0 }],
    ["container", { segmentContainer: "a/b" }]
  ] as const) {
    it.effect(`${what}: ${JSON.stringify(wrong)} is InvalidInput, and nothing is sent`, () =>
      Effect.gen(function* () {
        yield* prepared
        const error = yield* Effect.flip(uploadLarge(patterned(10), wrong))
        assert.strictEqual(error._tag, "InvalidInput")
        assert.include(error.message, what)
        assert.deepStrictEqual(yield* traffic, [])
      }).pipe(Effect.provide(cloud))
    )
  }

  const manifestPut = { method: "PUT", path: "multipart-manifest=put" } as const
  const limited = { _tag: "Status", status: 429, headers: { "Retry-After": "3600" } } as const

  for (const [what, tag, options, faults] of [
    ["with createOnly", "PreconditionFailed", { createOnly: true }, [{ _tag: "LoseResponse" }]],
    ["and the next attempt is rate limited", "OverLimit", {}, [{ _tag: "LoseResponse" }, limited]],
    ["by a 500", "UnexpectedStatus", {}, [{ _tag: "LoseResponse", status: 500 }]]
  ] as const) {
    it.effect(`keeps the segments when the response to the manifest was lost, ${what}`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* prepared
        for (const fault of faults) yield* emulated.fail({ match: manifestPut, fault })
        const bytes = patterned(3500)
        const error = yield* inTime(Effect.flip(uploadLarge(bytes, options)))
        assert.strictEqual(error._tag, tag)
        assert.deepStrictEqual(yield* bytesOf(files.download(object)), bytes)
      }).pipe(Effect.provide(cloud))
    )
  }

  it.effect("createOnly sends no segment when the object exists", () =>
    Effect.gen(function* () {
      const { emulated } = yield* prepared
      yield* emulated.files.putObject("c", "o", "old")
      const error = yield* Effect.flip(uploadLarge(patterned(3500), { createOnly: true }))
      assert.strictEqual(error._tag, "PreconditionFailed")
      assert.deepStrictEqual(yield* traffic, ["HEAD /c/o?symlink=get 200"])
    }).pipe(Effect.provide(cloud))
  )

  it.effect("names a segment that is missing when the manifest is stored", () =>
    Effect.gen(function* () {
      const { emulated } = yield* prepared
      let sent = 0
      const error = yield* Effect.flip(
        uploadLarge(patterned(3500), {
          // The others are stored when the last one's bytes are being sent.
          concurrency: 1,
          progress: (count) =>
            Effect.gen(function* () {
              sent += count
              if (sent !== 3500) return
              const parts = yield* emulated.files.objects("c_segments")
              yield* emulated.files.removeObject("c_segments", parts[1] ?? "")
            })
        })
      )
      assert.strictEqual(error._tag, "BulkFailed")
      if (error._tag !== "BulkFailed") return
      assert.strictEqual(error.failures.length, 1)
      assert.match(error.failures[0]?.path ?? "", /^\/c_segments\/o\/slo\/.*\/0000000\d$/)
      assert.strictEqual(error.failures[0]?.reason, "404 Not Found")
      assert.deepStrictEqual(yield* everything, [])
    }).pipe(Effect.provide(cloud))
  )

  for (const [what, path, left] of [
    ["the container of segments is created", /c_segments$/, 0],
    ["its first segment is sent", "00000000", 0],
    ["its last segment is sent", "00000003", 0],
    ["its manifest is sent", "multipart-manifest=put", 4]
  ] as const) {
    it.scoped(`leaves ${left === 0 ? "nothing" : "the segments for the manifest"} when interrupted while ${what}`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* prepared
        yield* emulated.fail({
          match: { service: "files", method: "PUT", path },
          times: Infinity,
          fault: { _tag: "Delay", duration: "10 hours" }
        })
        const fiber = yield* Effect.fork(
          files.upload({ ...object, ...small, body: CloudFiles.fromFile(yield* fileOf(patterned(3500))) })
        )
        const isThere = Effect.map(requestsOf("files"), (all) =>
          all.some(
            ({ method, target }) =>
              method === "PUT" && (typeof path === "string" ? target.includes(path) : path.test(target))
          )
        )
        while (!(yield* isThere)) yield* pause()
        yield* pause(20)
        yield* Fiber.interrupt(fiber)
        assert.strictEqual((yield* everything).length, left)
      }).pipe(Effect.provide(cloud))
    )
  }

  it.scoped("keeps segments if configured", () =>
    Effect.gen(function* () {
      const { emulated } = yield* prepared
      yield* emulated.fail({ match: { path: "multipart-manifest=put" }, fault: { _tag: "Status", status: 400 } })
      yield* Effect.flip(uploadLarge(patterned(3500), { keepSegments: true }))
      assert.strictEqual((yield* everything).length, 4)
    }).pipe(Effect.provide(cloud))
  )
})

describe("uploads that are resumed", () => {
  it.scoped("send only what is missing or differs in a second run", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const bytes = patterned(6500)
      const path = yield* fileOf(bytes)
      const upload = files.upload({
        ...object,
        ...small,
        body: CloudFiles.fromFile(path),
        resume: true,
        concurrency: 1
      })
      yield* emulated.fail({ match: { method: "PUT", path: "00000004" }, fault: { _tag: "Status", status: 403 } })
      assert.strictEqual((yield* Effect.flip(upload))._tag, "Forbidden")
      const kept = yield* emulated.files.objects("c_segments")
      assert.strictEqual(kept.length, 4)
      // Damaged meanwhile, without a change of its size.
      yield* emulated.files.putObject("c_segments", kept[1] ?? "", new Uint8Array(1000))
      yield* emulated.clearRequests
      const stored = yield* upload
      assert.deepStrictEqual(stored, { etag: etagOf(bytes, 1000), bytes: 6500, segments: 7, reused: 3 })
      assert.deepStrictEqual(
        (yield* segmentPuts).map(({ target }) => target.slice(-8)),
        ["00000001", "00000004", "00000005", "00000006"]
      )
      assert.deepStrictEqual(yield* bytesOf(files.download(object)), bytes)
      // A third run finds everything, and sends nothing.
      yield* emulated.clearRequests
      assert.strictEqual((yield* upload).reused, 7)
      assert.strictEqual((yield* segmentPuts).length, 0)
      assert.deepStrictEqual(yield* bytesOf(files.download(object)), bytes)
    }).pipe(Effect.provide(cloud))
  )

  it.scoped("also continue after an interruption", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const path = yield* fileOf(patterned(3500))
      const upload = files.upload({
        ...object,
        ...small,
        body: CloudFiles.fromFile(path),
        resume: true,
        concurrency: 1
      })
      yield* emulated.fail({
        match: { method: "PUT", path: "00000002" },
        fault: { _tag: "Delay", duration: "10 hours" }
      })
      const fiber = yield* Effect.fork(upload)
      while ((yield* segmentPuts).length < 3) yield* pause()
      yield* Fiber.interrupt(fiber)
      assert.strictEqual((yield* upload).reused, 2)
    }).pipe(Effect.provide(cloud))
  )

  it.scoped("of another version of the file start again, and delete the old segments", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const path = yield* fileOf(patterned(3500))
      const upload = files.upload({ ...object, ...small, body: CloudFiles.fromFile(path), resume: true })
      yield* upload
      yield* Effect.promise(() => writeFile(path, patterned(2500)))
      assert.deepStrictEqual([(yield* upload).reused, (yield* emulated.files.objects("c_segments")).length], [0, 3])
      assert.deepStrictEqual(yield* bytesOf(files.download(object)), patterned(2500))
    }).pipe(Effect.provide(cloud))
  )

  it.effect("identify bytes by their MD5", () =>
    Effect.gen(function* () {
      yield* prepared
      const bytes = patterned(3500)
      yield* uploadLarge(bytes, { resume: true })
      const again = yield* uploadLarge(bytes, { resume: true })
      assert.deepStrictEqual([again.reused, again.md5], [4, md5(bytes)])
      assert.strictEqual((yield* uploadLarge(patterned(3400), { resume: true })).reused, 0)
    }).pipe(Effect.provide(cloud))
  )

  it.effect("report progress that adds up to the size; and store nothing if the bytes do not match the given MD5", () =>
    Effect.gen(function* () {
      yield* prepared
      const bytes = patterned(3500)
      const wrong = yield* Effect.flip(uploadLarge(bytes, { resume: true, md5: md5("another") }))
      assert.strictEqual(wrong._tag, "ChecksumMismatch")
      assert.deepStrictEqual(yield* everything, [])
      for (const reused of [0, 4]) {
        let sum = 0
        const progress = (count: number) => Effect.sync(() => void (sum += count))
        assert.strictEqual((yield* uploadLarge(bytes, { resume: true, progress })).reused, reused)
        assert.strictEqual(sum, 3500)
      }
    }).pipe(Effect.provide(cloud))
  )

  it.effect("reject a Stream, which cannot be identified: InvalidInput, and nothing is sent", () =>
    Effect.gen(function* () {
      yield* prepared
      const body = CloudFiles.fromStream(inPieces(patterned(3500), 100), { replayable: true })
      const error = yield* Effect.flip(uploadLarge(new Uint8Array(0), { body, resume: true }))
      assert.strictEqual(error._tag, "InvalidInput")
      assert.deepStrictEqual(yield* traffic, [])
    }).pipe(Effect.provide(cloud))
  )
})

describe("a file that is changed while it is uploaded", () => {
  for (const [what, options] of [
    ["in one piece", {}],
    ["in segments", { segmentThreshold: 1000, segmentSize: 900_000, concurrency: 1 }]
  ] as const) {
    for (const change of ["grows", "is written anew with the same size"] as const) {
      it.scoped(`${what}, and ${change}: SourceChanged, and nothing is stored`, () =>
        Effect.gen(function* () {
          const { files } = yield* prepared
          const path = yield* fileOf(patterned(3_000_000))
          let isChanged = false
          const error = yield* Effect.flip(
            files.upload({
              ...object,
              ...options,
              body: CloudFiles.fromFile(path),
              progress: () =>
                Effect.promise(async () => {
                  if (isChanged) return
                  isChanged = true
                  if (change === "grows") return appendFile(path, "more")
                  await writeFile(path, patterned(3_000_000).toReversed())
                  await utimes(path, 1000, 1000)
                })
            })
          )
          assert.strictEqual(error._tag, "SourceChanged")
          assert.deepStrictEqual(yield* everything, [])
        }).pipe(Effect.provide(cloud))
      )
    }
  }
})

describe("overwriting large objects", () => {
  for (const first of ["static", "dynamic"] as const) {
    for (const second of ["static", "dynamic"] as const) {
      it.effect(`deletes the old segments: a ${first} one by a ${second} one`, () =>
        Effect.gen(function* () {
          const { emulated, files } = yield* prepared
          yield* uploadLarge(patterned(5500), { largeObject: first })
          const stored = yield* uploadLarge(patterned(2500), { largeObject: second })
          assert.isUndefined(stored.leftSegments)
          assert.strictEqual((yield* emulated.files.objects("c_segments")).length, 3)
          assert.deepStrictEqual(yield* bytesOf(files.download(object)), patterned(2500))
        }).pipe(Effect.provide(cloud))
      )
    }
  }

  it.effect(
    "deletes nested manifests too",
    () =>
      Effect.gen(function* () {
        const { emulated } = yield* prepared
        yield* uploadLarge(patterned(1005), { segmentSize: 1, segmentThreshold: 1, concurrency: 8 })
        yield* uploadLarge(patterned(2500))
        assert.strictEqual((yield* emulated.files.objects("c_segments")).length, 3)
      }).pipe(Effect.provide(cloud)),
    manyRequests
  )

  it.effect("by a plain object deletes segments if configured; a small object does not check", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* uploadLarge(patterned(2500))
      yield* emulated.clearRequests
      yield* files.upload({ ...object, body: CloudFiles.fromString("small") })
      assert.deepStrictEqual(yield* traffic, ["PUT /c/o 201"])
      assert.strictEqual((yield* emulated.files.objects("c_segments")).length, 3)
      yield* uploadLarge(patterned(2500))
      yield* files.upload({ ...object, body: CloudFiles.fromString("small"), oldSegments: "delete" })
      assert.strictEqual((yield* emulated.files.objects("c_segments")).length, 3)
    }).pipe(Effect.provide(cloud))
  )

  it.effect("deletes old segments from a given container, too", () =>
    Effect.gen(function* () {
      const { emulated } = yield* prepared
      for (const size of [5500, 2500]) yield* uploadLarge(patterned(size), { segmentContainer: "own" })
      assert.lengthOf(yield* emulated.files.objects("own"), 3)
    }).pipe(Effect.provide(cloud))
  )

  it.effect("keeps old segments if configured", () =>
    Effect.gen(function* () {
      const { emulated } = yield* prepared
      yield* uploadLarge(patterned(2500))
      yield* uploadLarge(patterned(2500), { oldSegments: "keep" })
      assert.strictEqual((yield* emulated.files.objects("c_segments")).length, 6)
    }).pipe(Effect.provide(cloud))
  )

  it.effect("keeps segments with another object's name, and reports them", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* files.upload({
        ...small,
        container: "c",
        object: "other",
        body: CloudFiles.fromBytes(patterned(2500))
      })
      yield* files.copy({ ...object, source: { container: "c", object: "other" }, segments: "share" })
      const stored = yield* uploadLarge(patterned(3500))
      assert.strictEqual(stored.leftSegments?.length, 3)
      assert.match(stored.leftSegments?.[0]?.path ?? "", /^\/c_segments\/other\/slo\//)
      assert.strictEqual((yield* emulated.files.objects("c_segments")).length, 7)
      assert.deepStrictEqual(yield* bytesOf(files.download({ container: "c", object: "other" })), patterned(2500))
    }).pipe(Effect.provide(cloud))
  )

  it.effect("keeps segments of an object in a folder of the same name", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const below = { container: "c", object: "o/below" }
      yield* uploadLarge(patterned(2500), below)
      yield* files.copy({ ...object, source: below, segments: "share" })
      const stored = yield* uploadLarge(patterned(3500))
      assert.strictEqual(stored.leftSegments?.length, 3)
      assert.deepStrictEqual(yield* bytesOf(files.download(below)), patterned(2500))
    }).pipe(Effect.provide(cloud))
  )

  it.effect("recognizes segments by the names that this and other clients use", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const own = [
        "c_segments/o/slo/1700000000.250000/3/3/00000000",
        "c_segments/o/1700000000.250000/3/3/00000000",
        "c_segments/o/1700000000.123456789/-1/00000000",
        "c/o/000001",
        "c/o.01"
      ]
      const foreign = [
        "c_segments/o.slo/1700000000.250000/3/3/00000000",
        "c_segments/o/part",
        "c/o/00000001",
        "c/o-01",
        "c/other/000001",
        "d/o/slo/1700000000.250000/3/3/00000000"
      ]
      const segments = [...own, ...foreign].map((path) => ({ path: `/${path}`, etag: md5(path), bytes: path.length }))
      for (const path of [...own, ...foreign]) {
        const [container = "", ...name] = path.split("/")
        yield* emulated.files.putObject(container, name.join("/"), path)
      }
      yield* files.putManifest({ ...object, segments })
      const stored = yield* uploadLarge(patterned(3500), { segmentContainer: "own" })
      assert.deepStrictEqual(
        stored.leftSegments?.map(({ path }) => path),
        foreign.map((path) => `/${path}`)
      )
      assert.sameMembers(
        (yield* everything).filter((path) => !path.startsWith("own/")),
        ["c/o", ...foreign]
      )
    }).pipe(Effect.provide(cloud))
  )

  it.effect("does not report a dynamic object whose own name begins with its prefix as left", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      yield* put("o.01", "one")
      yield* files.putDynamicManifest({ ...object, segments: { container: "c", prefix: "o" } })
      const stored = yield* uploadLarge(patterned(3500))
      assert.isUndefined(stored.leftSegments)
      assert.notInclude(yield* everything, "c/o.01")
    }).pipe(Effect.provide(cloud))
  )

  for (const isOffered of [true, false]) {
    it.effect(`succeeds and reports what cannot be deleted ${isOffered ? "in one request" : "by itself"}`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* prepared
        yield* uploadLarge(patterned(2500))
        const [first = ""] = yield* emulated.files.objects("c_segments")
        if (isOffered) {
          const errors = [[`/c_segments/${first}`, "403 Forbidden"]]
          const body = { "Number Deleted": 2, "Response Status": "400 Bad Request", Errors: errors }
          yield* emulated.fail({ match: bulkDeletion, fault: { _tag: "Status", status: 200, body } })
        } else {
          yield* withoutBulk
          yield* emulated.fail({ match: { method: "DELETE", path: first }, fault: { _tag: "Status", status: 403 } })
        }
        const stored = yield* uploadLarge(patterned(3500))
        assert.deepStrictEqual(
          stored.leftSegments?.map(({ path }) => path),
          [`/c_segments/${first}`]
        )
        assert.include(stored.leftSegments?.[0]?.reason ?? "", "403")
        assert.deepStrictEqual(yield* bytesOf(files.download(object)), patterned(3500))
      }).pipe(Effect.provide(cloud))
    )
  }

  it.effect("reports every segment when the request to delete them is rejected", () =>
    Effect.gen(function* () {
      const { emulated } = yield* prepared
      yield* uploadLarge(patterned(2500))
      const old = yield* emulated.files.objects("c_segments")
      yield* emulated.fail({ match: bulkDeletion, fault: { _tag: "Status", status: 400 } })
      const { leftSegments } = yield* uploadLarge(patterned(3500))
      assert.deepStrictEqual(
        leftSegments?.map(({ path }) => path),
        old.map((one) => `/c_segments/${one}`)
      )
    }).pipe(Effect.provide(cloud))
  )

  it.effect("reports what cannot be listed", () =>
    Effect.gen(function* () {
      const { emulated } = yield* prepared
      yield* emulated.fail({ match: { method: "HEAD" }, fault: { _tag: "Status", status: 403 } })
      const stored = yield* uploadLarge(patterned(3500))
      assert.strictEqual(stored.leftSegments?.[0]?.path, "/c/o")
    }).pipe(Effect.provide(cloud))
  )
})

const getsOf = Effect.map(requestsOf("files"), (all) =>
  all
    .filter(({ method }) => method === "GET")
    .map(({ headers, status, target }) =>
      [target.replace(/^.*?\/MossoCloudFS_[^/?]*/, ""), headers["range"], headers["if-match"], status].join(" ")
    )
)

describe("downloads whose connection breaks", () => {
  it.effect("resume with the same version, and are verified as a whole", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const bytes = patterned(5000)
      yield* emulated.files.putObject("c", "o", bytes)
      yield* emulated.fail({ match: { method: "GET" }, fault: { _tag: "TruncateBody", afterBytes: 1200 } })
      yield* emulated.fail({ match: { method: "GET" }, fault: { _tag: "TruncateBody", afterBytes: 800 } })
      assert.deepStrictEqual(yield* inTime(bytesOf(files.download(object))), bytes)
      const etag = md5(bytes)
      assert.deepStrictEqual(yield* getsOf, [
        "/c/o   200",
        `/c/o bytes=1200-4999 ${etag} 206`,
        `/c/o bytes=2000-4999 ${etag} 206`
      ])
    }).pipe(Effect.provide(cloud))
  )

  it.effect("resume after a stall too; a range stays a range", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const bytes = patterned(5000)
      yield* emulated.files.putObject("c", "o", bytes)
      for (const [range, start, end] of [
        [{ offset: 1000, length: 2000 }, 1000, 3000],
        [{ last: 700 }, 4300, 5000]
      ] as const) {
        yield* emulated.fail({ match: { method: "GET" }, fault: { _tag: "StallBody", afterBytes: 500 } })
        assert.deepStrictEqual(yield* inTime(bytesOf(files.download({ ...object, range }))), bytes.subarray(start, end))
        assert.include((yield* getsOf).at(-1), `bytes=${start + 500}-${end - 1}`)
      }
    }).pipe(Effect.provide(cloud))
  )

  it.effect("fail if the object was replaced: versions are never mixed", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* emulated.files.putObject("c", "o", patterned(500_000))
      yield* emulated.fail({ match: { method: "GET" }, fault: { _tag: "TruncateBody", afterBytes: 1200 } })
      const parts: Array<Uint8Array> = []
      const error = yield* inTime(
        files.download(object).pipe(
          Stream.runForEach((part) =>
            Effect.zipRight(
              Effect.sync(() => parts.push(part)),
              emulated.files.putObject("c", "o", new Uint8Array(500_000))
            )
          ),
          Effect.flip
        )
      )
      assert.strictEqual(error._tag, "PreconditionFailed")
      assert.deepStrictEqual(new Uint8Array(Buffer.concat(parts)), patterned(1200))
    }).pipe(Effect.provide(cloud))
  )

  it.effect("end after the policy's number of attempts in a row; each received byte resets the count", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const bytes = patterned(5000)
      yield* emulated.files.putObject("c", "o", bytes)
      yield* emulated.fail({
        match: { method: "GET" },
        times: 9,
        fault: { _tag: "TruncateBody", afterBytes: 500 }
      })
      assert.deepStrictEqual(yield* inTime(bytesOf(files.download(object))), bytes)
      yield* emulated.clearRequests
      yield* emulated.fail({
        match: { method: "GET" },
        times: Infinity,
        fault: { _tag: "TruncateBody", afterBytes: 0 }
      })
      const error = yield* inTime(Effect.flip(bytesOf(files.download(object))))
      assert.strictEqual(error._tag, "TransportError")
      assert.strictEqual((yield* getsOf).length, 5)
    }).pipe(Effect.provide(cloud))
  )

  it.effect("resume in the middle of a segment of a large object", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const bytes = patterned(5500)
      const { etag } = yield* uploadLarge(bytes)
      yield* emulated.clearRequests
      yield* emulated.fail({ match: { method: "GET" }, fault: { _tag: "TruncateBody", afterBytes: 2300 } })
      assert.deepStrictEqual(yield* inTime(bytesOf(files.download(object))), bytes)
      assert.include(yield* getsOf, `/c/o bytes=2300-5499 ${etag} 206`)
    }).pipe(Effect.provide(cloud))
  )
})

describe("downloads of large objects are verified by segment", () => {
  /** The next GET of the object returns content with one wrong byte. */
  const damaged = (bytes: Uint8Array, at: number, about: Readonly<Record<string, string>>) =>
    Effect.flatMap(TestCloud.TestCloud, (emulated) => {
      const text = Buffer.from(bytes).toString("latin1")
      return emulated.fail({
        match: { method: "GET", path: /\/c\/o$/ },
        fault: {
          _tag: "Status",
          status: 200,
          headers: { ...about, "Content-Type": "text/plain" },
          body: `${text.slice(0, at)}!${text.slice(at + 1)}`
        }
      })
    })
  const text = (length: number): Uint8Array => patterned(length).map((byte) => 97 + (byte % 26))

  for (const [what, options] of [
    ["a static one", {}],
    ["a dynamic one", { largeObject: "dynamic" }]
  ] as const) {
    it.effect(`${what}: the error names the segment that does not match`, () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const bytes = text(3500)
        yield* uploadLarge(bytes, options)
        assert.deepStrictEqual(yield* bytesOf(files.download(object)), bytes)
        const info = yield* files.getObjectInfo(object)
        const about = {
          ETag: info.etag ?? "",
          ...(info.isStaticLargeObject && { "X-Static-Large-Object": "True" }),
          ...(info.manifest !== undefined && { "X-Object-Manifest": info.manifest })
        }
        yield* damaged(bytes, 2500, about)
        const error = yield* Effect.flip(bytesOf(files.download(object)))
        assert.strictEqual(error._tag, "ChecksumMismatch")
        if (error._tag !== "ChecksumMismatch") return
        assert.strictEqual(error.container, "c_segments")
        assert.match(error.object, /00000002$/)
        yield* damaged(bytes, 2500, about)
        yield* bytesOf(files.download({ ...object, verify: false }))
      }).pipe(Effect.provide(cloud))
    )
  }

  it.effect("a manifest of another version is not used", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      yield* uploadLarge(text(3500))
      yield* damaged(text(3500), 0, { ETag: `"${md5("other")}"`, "X-Static-Large-Object": "True" })
      const error = yield* Effect.flip(bytesOf(files.download(object)))
      assert.strictEqual(error._tag, "ChecksumMismatch")
      assert.include(error.message, "manifest")
    }).pipe(Effect.provide(cloud))
  )

  it.effect("a dynamic object with a static one among its segments is read, though that has no MD5", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      yield* files.upload({
        ...small,
        container: "c",
        object: "parts/1",
        body: CloudFiles.fromBytes(patterned(2500))
      })
      yield* files.upload({ container: "c", object: "parts/2", body: CloudFiles.fromString("end") })
      yield* files.putDynamicManifest({ ...object, segments: { container: "c", prefix: "parts/" } })
      assert.strictEqual((yield* bytesOf(files.download(object))).byteLength, 2503)
    }).pipe(Effect.provide(cloud))
  )
})

describe("downloads to a file", () => {
  const target = Effect.map(folderOf(), (directory) => ({ directory, path: join(directory, "result") }))
  const content = (path: string) => Effect.promise(async () => new Uint8Array(await readFile(path)))
  const names = (directory: string) => Effect.promise(() => readdir(directory))

  it.scoped("a plain object is complete, with its modification time, and no other files", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const source = yield* fileOf(patterned(700_000))
      yield* Effect.promise(() => utimes(source, 1_000_000_000.25, 1_000_000_000.25))
      yield* files.upload({ ...object, body: CloudFiles.fromFile(source), storeModified: true })
      const { directory, path } = yield* target
      yield* Effect.promise(() => writeFile(path, "what was there"))
      let reported = 0
      const got = yield* files.downloadToFile({
        ...object,
        path,
        progress: (count) => Effect.sync(() => (reported += count))
      })
      assert.deepStrictEqual([got.bytes, got.resumed, got.verified, reported], [700_000, 0, true, 700_000])
      assert.strictEqual(md5(yield* content(path)), md5(patterned(700_000)))
      assert.closeTo((yield* Effect.promise(() => stat(path))).mtimeMs, 1_000_000_000_250, 1)
      assert.deepStrictEqual(yield* names(directory), ["result"])
    }).pipe(Effect.provide(cloud))
  )

  it.scoped("a named pipe is written to in place", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      yield* files.upload({ ...object, body: CloudFiles.fromBytes(patterned(700_000)) })
      const { directory, path } = yield* target
      execFileSync("mkfifo", [path])
      const [read, got] = yield* Effect.all([content(path), files.downloadToFile({ ...object, path, resume: true })], {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual([got.bytes, got.verified, md5(read)], [700_000, true, md5(patterned(700_000))])
      assert.isTrue((yield* Effect.promise(() => stat(path))).isFIFO())
      assert.deepStrictEqual(yield* names(directory), ["result"])
    }).pipe(Effect.provide(cloud))
  )

  it.scoped("a folder at the path fails before any request", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* put("o", "12345")
      yield* emulated.clearRequests
      const { directory } = yield* target
      const error = yield* Effect.flip(files.downloadToFile({ ...object, path: directory }))
      assert.include(error.message, "the path is a folder")
      assert.deepStrictEqual(yield* traffic, [])
    }).pipe(Effect.provide(cloud))
  )

  it.scoped("an ETag that looks like a path cannot escape the file's folder", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* put("o", "12345")
      const around = yield* folderOf({ "inside/keep": "" })
      const headers = { ETag: '"x/../../evil"', "Content-Type": "text/plain" }
      yield* emulated.fail({
        match: { method: "HEAD" },
        fault: { _tag: "Status", status: 200, headers, body: "12345" }
      })
      yield* Effect.ignore(files.downloadToFile({ ...object, path: join(around, "inside/f"), resume: true }))
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(around)), ["inside"])
    }).pipe(Effect.provide(cloud))
  )

  it.scoped("an empty object", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* emulated.files.putObject("c", "o", "")
      const { directory, path } = yield* target
      for (const resume of [false, true]) {
        assert.strictEqual((yield* files.downloadToFile({ ...object, path, resume })).bytes, 0)
        assert.strictEqual((yield* content(path)).byteLength, 0)
      }
      assert.deepStrictEqual(yield* names(directory), ["result"])
    }).pipe(Effect.provide(cloud))
  )

  for (const largeObject of ["static", "dynamic"] as const) {
    it.scoped(`a ${largeObject} large object is downloaded in concurrent parts, each of the same version`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* prepared
        const bytes = patterned(9500)
        const { etag } = yield* uploadLarge(bytes, { largeObject })
        yield* emulated.clearRequests
        const { directory, path } = yield* target
        const got = yield* files.downloadToFile({ ...object, path, parallelThreshold: 1 })
        assert.deepStrictEqual([got.bytes, got.verified], [9500, true])
        assert.deepStrictEqual(yield* content(path), bytes)
        assert.deepStrictEqual(yield* names(directory), ["result"])
        assert.sameMembers(
          (yield* getsOf).filter((line) => line.includes("bytes=")),
          ["0-2999", "3000-5999", "6000-8999", "9000-9499"].map((range) => `/c/o bytes=${range} ${etag} 206`)
        )
      }).pipe(Effect.provide(cloud))
    )
  }

  it.scoped(
    "a small nested one is downloaded in one part",
    () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const bytes = patterned(1500)
        yield* uploadLarge(bytes, { segmentSize: 1, segmentThreshold: 1, concurrency: 8 })
        const { path } = yield* target
        assert.isTrue((yield* files.downloadToFile({ ...object, path })).verified)
        assert.deepStrictEqual(yield* content(path), bytes)
      }).pipe(Effect.provide(cloud)),
    manyRequests
  )

  for (const [what, options] of [
    ["a plain object", { segmentThreshold: 1_000_000 }],
    ["a small object", { segmentThreshold: 1_000_000 }],
    ["a large object", {}]
  ] as const) {
    it.scoped(`${what} that fails or is interrupted leaves the existing file, and nothing else`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* prepared
        const length = what === "a plain object" ? 500_000 : 9500
        yield* uploadLarge(patterned(length), options)
        const { directory, path } = yield* target
        yield* Effect.promise(() => writeFile(path, "what was there"))
        const download = files.downloadToFile({ ...object, path, parallelThreshold: 1 })
        yield* emulated.fail({
          match: { method: "GET", path: /\/c\/o$/ },
          skip: what === "a large object" ? 2 : 0,
          times: Infinity,
          fault: { _tag: "TruncateBody", afterBytes: 100 }
        })
        assert.strictEqual((yield* once(Effect.flip(download)))._tag, "TransportError")
        assert.deepStrictEqual(yield* names(directory), ["result"])
        yield* emulated.clearFaults
        yield* emulated.clearRequests
        yield* emulated.fail({
          match: { method: "GET", path: /\/c\/o$/ },
          skip: what === "a large object" ? 2 : 0,
          times: Infinity,
          fault: { _tag: "StallBody", afterBytes: 100 }
        })
        const fiber = yield* Effect.fork(download)
        if (what === "a small object") while ((yield* emulated.requests).length === 0) yield* pause()
        else while ((yield* names(directory)).length < 2) yield* pause()
        yield* pause(20)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(yield* names(directory), ["result"])
        assert.strictEqual(Buffer.from(yield* content(path)).toString(), "what was there")
      }).pipe(Effect.provide(cloud))
    )
  }

  it.scoped("resumes from an earlier run, and starts again if the object was replaced", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const bytes = patterned(5000)
      yield* emulated.files.putObject("c", "o", bytes)
      const { directory, path } = yield* target
      const download = files.downloadToFile({ ...object, path, resume: true })
      const cut = emulated.fail({ match: { method: "GET" }, fault: { _tag: "TruncateBody", afterBytes: 1200 } })
      yield* cut
      yield* once(Effect.flip(download))
      assert.strictEqual((yield* names(directory)).length, 1)
      yield* emulated.clearRequests
      assert.deepInclude(yield* download, { bytes: 5000, resumed: 1200, verified: true })
      assert.deepStrictEqual(yield* getsOf, [`/c/o bytes=1200- ${md5(bytes)} 206`])
      assert.deepStrictEqual(yield* content(path), bytes)
      yield* cut
      yield* once(Effect.flip(download))
      yield* emulated.files.putObject("c", "o", new Uint8Array(4000))
      assert.deepInclude(yield* download, { bytes: 4000, resumed: 0 })
      assert.deepStrictEqual(yield* content(path), new Uint8Array(4000))
    }).pipe(Effect.provide(cloud))
  )

  it.scoped("content of an earlier run is verified: if damaged, it fails once, and then starts again", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const bytes = patterned(5000)
      yield* emulated.files.putObject("c", "o", bytes)
      const { directory, path } = yield* target
      yield* Effect.promise(() => writeFile(join(directory, `.result.${md5(bytes)}.part`), new Uint8Array(1200)))
      const download = files.downloadToFile({ ...object, path, resume: true })
      assert.strictEqual((yield* Effect.flip(download))._tag, "ChecksumMismatch")
      assert.deepInclude(yield* download, { bytes: 5000, resumed: 0 })
    }).pipe(Effect.provide(cloud))
  )

  for (const [what, held, resumed, gets] of [
    ["is whole", 5000, 5000, 0],
    ["is longer than the object", 5001, 0, 1]
  ] as const) {
    it.scoped(`uses ${resumed} bytes of an earlier run whose content ${what}`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* prepared
        const bytes = patterned(5000)
        yield* emulated.files.putObject("c", "o", bytes)
        const { directory, path } = yield* target
        yield* Effect.promise(() => writeFile(join(directory, `.result.${md5(bytes)}.part`), patterned(held)))
        let sum = 0
        const progress = (count: number) => Effect.sync(() => void (sum += count))
        const got = yield* files.downloadToFile({ ...object, path, resume: true, progress })
        assert.deepInclude(got, { bytes: 5000, resumed, verified: true })
        assert.strictEqual(sum, 5000)
        assert.lengthOf(yield* getsOf, gets)
        assert.deepStrictEqual(yield* content(path), bytes)
      }).pipe(Effect.provide(cloud))
    )
  }

  it.scoped("damaged parts of a large object are downloaded again, and excess content is removed", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const bytes = patterned(9500)
      const { etag } = yield* uploadLarge(bytes)
      const { directory, path } = yield* target
      const left = Buffer.concat([bytes, Buffer.from("more")])
      left[4000] = (left[4000] ?? 0) ^ 1
      yield* Effect.promise(() => writeFile(join(directory, `.result.${etag.replaceAll('"', "")}.parts.part`), left))
      const got = yield* files.downloadToFile({ ...object, path, resume: true })
      assert.deepInclude(got, { bytes: 9500, resumed: 6500 })
      assert.deepStrictEqual(yield* content(path), bytes)
    }).pipe(Effect.provide(cloud))
  )

  it.scoped("resumes only with the requested version, into a file of any name, and rejects invalid numbers", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* emulated.files.putObject("c", "o", patterned(500))
      const { directory } = yield* target
      const path = join(directory, "x".repeat(250))
      const download = { ...object, path, resume: true }
      const other = yield* Effect.flip(files.downloadToFile({ ...download, ifMatch: md5("another") }))
      assert.strictEqual(other._tag, "PreconditionFailed")
      for (const wrong of [{ concurrency: 0 }, { parallelThreshold: 0.5 }]) {
        const error = yield* Effect.flip(files.downloadToFile({ ...download, ...wrong }))
        assert.strictEqual(error._tag, "InvalidInput")
      }
      assert.strictEqual((yield* files.downloadToFile(download)).bytes, 500)
      assert.deepStrictEqual(yield* names(directory), ["x".repeat(250)])
    }).pipe(Effect.provide(cloud))
  )

  it.scoped("downloads only the missing parts of a large object", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const bytes = patterned(9500)
      yield* uploadLarge(bytes)
      const { path } = yield* target
      const download = files.downloadToFile({ ...object, path, resume: true })
      yield* emulated.fail({
        match: { method: "GET", path: /\/c\/o$/ },
        skip: 3,
        fault: { _tag: "TruncateBody", afterBytes: 100 }
      })
      yield* once(Effect.flip(download))
      const got = yield* download
      assert.strictEqual(got.bytes, 9500)
      assert.isAtLeast(got.resumed, 3000)
      assert.deepStrictEqual(yield* content(path), bytes)
    }).pipe(Effect.provide(cloud))
  )

  /** Breaks off a download so that only its last 500 bytes are there. */
  const brokenOff = (download: Partial<CloudFiles.DownloadToFileOptions> & { readonly path: string }) =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* emulated.fail({
        match: { method: "GET", path: /\/c\/o$/ },
        times: Infinity,
        fault: { _tag: "StallBody", afterBytes: 600 }
      })
      let bytes = 0
      const progress = (count: number) => Effect.sync(() => void (bytes += count))
      const fiber = yield* Effect.fork(files.downloadToFile({ ...object, ...download, progress }))
      yield* eventually("the last 500 bytes are on disk", () => bytes === 500)
      yield* Fiber.interrupt(fiber)
      yield* emulated.clearFaults
    })

  const bytes = patterned(9500)

  /** A large object to download; and the expected content. */
  const stored = (largeObject: "static" | "dynamic" = "static") =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      yield* uploadLarge(bytes, { largeObject })
      const { directory, path } = yield* target
      const isDone = Effect.gen(function* () {
        assert.deepStrictEqual(yield* content(path), bytes)
        assert.deepStrictEqual(yield* names(directory), ["result"])
      })
      return { files, directory, isDone, download: { ...object, path, resume: true } }
    })

  /** Breaks off a download in one part, in the middle of a segment. */
  const brokenOffUnverified = (download: Parameters<typeof brokenOff>[0]) =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* emulated.fail({ match: { method: "GET" }, fault: { _tag: "TruncateBody", afterBytes: 7000 } })
      yield* once(Effect.flip(files.downloadToFile({ ...object, ...download, verify: false })))
    })

  const listingFails = Effect.flatMap(TestCloud.TestCloud, (emulated) =>
    emulated.fail({
      match: { method: "GET", path: /\/c_segments\?/ },
      times: Infinity,
      fault: { _tag: "Status", status: 500 }
    })
  )

  for (const [what, largeObject, between, options] of [
    ["nothing is verified", "static", Effect.void, { verify: false }],
    ["its segments cannot be listed", "dynamic", listingFails, {}]
  ] as const) {
    it.scoped(`a second run does not treat holes between parts as content when ${what}, and fills them`, () =>
      Effect.gen(function* () {
        const { directory, download, files, isDone } = yield* stored(largeObject)
        yield* brokenOff(download)
        const [left = ""] = yield* names(directory)
        assert.strictEqual((yield* Effect.promise(() => stat(join(directory, left)))).size, 9500)
        yield* between
        const got = yield* once(files.downloadToFile({ ...download, ...options }))
        assert.deepInclude(got, { bytes: 9500, resumed: 0, verified: false })
        yield* isDone
      }).pipe(Effect.provide(cloud))
    )
  }

  it.scoped("verifies unverified content of a large object, without downloading it again", () =>
    Effect.gen(function* () {
      const { download, files, isDone } = yield* stored()
      yield* brokenOffUnverified(download)
      const got = yield* files.downloadToFile(download)
      assert.deepInclude(got, { bytes: 9500, resumed: 6000, verified: true })
      yield* isDone
    }).pipe(Effect.provide(cloud))
  )

  it.scoped("removes both a beginning and parts with holes in the end", () =>
    Effect.gen(function* () {
      const { directory, download, files, isDone } = yield* stored()
      yield* brokenOff(download)
      yield* brokenOffUnverified(download)
      assert.lengthOf(yield* names(directory), 2)
      assert.deepInclude(yield* files.downloadToFile(download), { bytes: 9500, resumed: 500, verified: true })
      yield* isDone
    }).pipe(Effect.provide(cloud))
  )

  it.scoped("holes in parts without an MD5 are not treated as content either", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      for (const [index, part] of [bytes.subarray(0, 9000), bytes.subarray(9000)].entries()) {
        yield* files.upload({
          ...small,
          container: "c",
          object: `parts/${index}`,
          body: CloudFiles.fromBytes(part)
        })
      }
      yield* files.putDynamicManifest({ ...object, segments: { container: "c", prefix: "parts/" } })
      const { path } = yield* target
      const download = { ...object, path, resume: true }
      yield* brokenOff(download)
      assert.deepInclude(yield* files.downloadToFile(download), { bytes: 9500, resumed: 500, verified: false })
      assert.deepStrictEqual(yield* content(path), bytes)
    }).pipe(Effect.provide(cloud))
  )

  it.scoped("a missing folder is the platform's own error", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* emulated.files.putObject("c", "o", "x")
      const { directory } = yield* target
      const error = yield* Effect.flip(files.downloadToFile({ ...object, path: join(directory, "none", "f") }))
      assert.strictEqual(error._tag, "SystemError")
    }).pipe(Effect.provide(cloud))
  )
})

describe("large objects are copied, moved and deleted completely", () => {
  const copyOf = { container: "d", object: "p" }
  const two = Effect.tap(prepared, ({ files }) => files.createContainer({ container: "d" }))

  for (const largeObject of ["static", "dynamic"] as const) {
    it.effect(`a ${largeObject} one is copied with its segments: the copies are independent`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* two
        const bytes = patterned(3500)
        yield* uploadLarge(bytes, {
          largeObject,
          metadata: { a: "1", b: "2" },
          contentType: "text/x-own",
          deleteAt: DateTime.unsafeMake(86_400_000)
        })
        yield* emulated.clearRequests
        const copied = yield* files.copy({ ...copyOf, source: object, metadata: { b: "3" } })
        assert.strictEqual(copied.segments, 4)
        // No content was sent through the client.
        const moved = (yield* requestsOf("files")).reduce((sum, one) => sum + one.bodyBytes, 0)
        assert.isBelow(moved, 2000)
        assert.strictEqual((yield* files.deleteLargeObject(object)).deleted, 5)
        assert.deepStrictEqual(yield* bytesOf(files.download(copyOf)), bytes)
        const info = yield* files.getObjectInfo(copyOf)
        assert.deepStrictEqual(info.metadata, { a: "1", b: "3" })
        assert.deepStrictEqual([info.contentType, info.deleteAt?.epochMillis], ["text/x-own", 86_400_000])
        assert.strictEqual((yield* files.deleteLargeObject(copyOf)).deleted, 5)
        assert.deepStrictEqual(yield* everything, [])
      }).pipe(Effect.provide(cloud))
    )

    it.effect(`a ${largeObject} one is copied by its manifest only, if configured`, () =>
      Effect.gen(function* () {
        const { files } = yield* two
        const bytes = patterned(3500)
        yield* uploadLarge(bytes, { largeObject, metadata: { a: "1" } })
        assert.strictEqual((yield* files.copy({ ...copyOf, source: object, segments: "share" })).segments, 0)
        assert.deepStrictEqual(yield* bytesOf(files.download(copyOf)), bytes)
        assert.deepStrictEqual((yield* files.getObjectInfo(copyOf)).metadata, { a: "1" })
        assert.strictEqual((yield* everything).length, 6)
      }).pipe(Effect.provide(cloud))
    )

    for (const segments of ["copy", "share"] as const) {
      it.effect(`a ${largeObject} one is moved (segments: ${segments}), and nothing of it is left`, () =>
        Effect.gen(function* () {
          const { files } = yield* two
          const bytes = patterned(3500)
          yield* uploadLarge(bytes, { largeObject })
          yield* files.move({ ...copyOf, source: object, segments })
          assert.deepStrictEqual(yield* bytesOf(files.download(copyOf)), bytes)
          assert.strictEqual((yield* everything).length, 5)
          assert.strictEqual((yield* Effect.flip(files.getObjectInfo(object)))._tag, "NotFound")
        }).pipe(Effect.provide(cloud))
      )
    }
  }

  for (const largeObject of ["static", "dynamic"] as const) {
    it.effect(`the deletion and the move of a ${largeObject} one succeed when the response is lost`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* two
        const bytes = patterned(3500)
        const deletionIsLost = emulated.fail({
          match: { method: "DELETE", path: largeObject === "static" ? "multipart-manifest=delete" : /\/c\/o$/ },
          fault: { _tag: "LoseResponse" }
        })
        yield* uploadLarge(bytes, { largeObject })
        yield* deletionIsLost
        yield* inTime(files.deleteLargeObject(object))
        assert.deepStrictEqual(yield* everything, [])
        // The next deletion is not a retry.
        assert.strictEqual((yield* Effect.flip(files.deleteLargeObject(object)))._tag, "NotFound")
        yield* uploadLarge(bytes, { largeObject })
        yield* deletionIsLost
        yield* inTime(files.move({ ...copyOf, source: object }))
        assert.deepStrictEqual(yield* bytesOf(files.download(copyOf)), bytes)
        assert.strictEqual((yield* Effect.flip(files.getObjectInfo(object)))._tag, "NotFound")
      }).pipe(Effect.provide(cloud))
    )
  }

  it.effect(
    "a nested one is copied too",
    () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* two
        const bytes = patterned(1005)
        yield* uploadLarge(bytes, { segmentSize: 1, segmentThreshold: 1, concurrency: 8 })
        const copied = yield* files.copy({ ...copyOf, source: object, concurrency: 8, deleteAfter: Duration.days(1) })
        assert.strictEqual(copied.segments, 1005)
        // Segments expire with the object.
        for (const part of yield* emulated.files.objects("d_segments")) {
          assert.strictEqual((yield* emulated.files.getObject("d_segments", part))?.deleteAt, 86_400, part)
        }
        yield* files.deleteLargeObject(object)
        assert.deepStrictEqual(yield* bytesOf(files.download(copyOf)), bytes)
        yield* files.deleteLargeObject(copyOf)
        assert.deepStrictEqual(yield* everything, [])
      }).pipe(Effect.provide(cloud)),
    manyRequests
  )

  it.effect("a dynamic one whose own name begins with its prefix is copied once, and deleted completely", () =>
    Effect.gen(function* () {
      const { files } = yield* two
      for (const name of ["o.01", "o.02"]) yield* put(name)
      yield* files.putDynamicManifest({ ...object, segments: { container: "c", prefix: "o" } })
      assert.strictEqual(yield* textOf(files.download(object)), "o.01o.02")
      yield* files.copy({ ...copyOf, source: object })
      assert.strictEqual(yield* textOf(files.download(copyOf)), "o.01o.02")
      assert.strictEqual((yield* files.deleteLargeObject(object)).deleted, 3)
      assert.strictEqual(yield* textOf(files.download(copyOf)), "o.01o.02")
      yield* files.deleteLargeObject(copyOf)
      assert.deepStrictEqual(yield* everything, [])
    }).pipe(Effect.provide(cloud))
  )

  /** The next requests for the object return the manifest of a dynamic one. */
  const manifestIs = (manifest: string) =>
    Effect.flatMap(TestCloud.TestCloud, (emulated) =>
      emulated.fail({
        match: { method: "HEAD", path: /\/c\/o(\?|$)/ },
        fault: { _tag: "Status", status: 200, headers: { "X-Object-Manifest": manifest, "Content-Type": "text/plain" } }
      })
    )

  it.effect("deleting a dynamic one of everything in a container does not delete the container", () =>
    Effect.gen(function* () {
      const { files } = yield* two
      for (const name of ["o", "other"]) yield* put(name)
      yield* manifestIs("c/")
      assert.strictEqual((yield* files.deleteLargeObject(object)).deleted, 1)
      assert.deepStrictEqual(yield* everything, ["c/other"])
    }).pipe(Effect.provide(cloud))
  )

  it.effect("a dynamic one whose manifest has content of its own is not copied without it", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* two
      yield* manifestIs("c/o")
      const about = { content_type: "text/plain", last_modified: "2026-01-01T00:00:00.000000" }
      const listed = ["o", "o.01"].map((name) => ({ ...about, name, hash: md5(name), bytes: name.length }))
      yield* emulated.fail({ match: { path: /prefix=o/ }, fault: { _tag: "Status", status: 200, body: listed } })
      yield* put("o.01")
      assert.strictEqual((yield* Effect.flip(files.copy({ ...copyOf, source: object })))._tag, "InvalidInput")
      assert.deepStrictEqual(yield* everything, ["c/o.01"])
    }).pipe(Effect.provide(cloud))
  )

  it.effect("a dynamic one whose manifest cannot be read is not treated as empty", () =>
    Effect.gen(function* () {
      const { files } = yield* two
      yield* put("o")
      yield* manifestIs("c%FF/o")
      assert.strictEqual((yield* Effect.flip(files.move({ ...copyOf, source: object })))._tag, "InvalidInput")
      assert.deepStrictEqual(yield* everything, ["c/o"])
    }).pipe(Effect.provide(cloud))
  )

  for (const largeObject of ["static", "dynamic"] as const) {
    it.effect(`a copy of a ${largeObject} one keeps the source's headers, except given ones, or only has those`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* two
        const about = {
          contentType: "text/x-own",
          contentEncoding: "gzip",
          contentDisposition: "inline",
          metadata: { a: "1" },
          deleteAt: DateTime.unsafeMake(86_400_000)
        }
        yield* uploadLarge(patterned(2500), { largeObject, ...about })
        const copied = (options: Partial<CloudFiles.CopyOptions>) =>
          Effect.gen(function* () {
            yield* files.copy({ ...copyOf, source: object, ...options })
            const info = yield* files.getObjectInfo(copyOf)
            const ends: Array<number | undefined> = []
            for (const name of yield* emulated.files.objects("d_segments")) {
              ends.push((yield* emulated.files.getObject("d_segments", name))?.deleteAt)
            }
            yield* files.deleteLargeObject(copyOf)
            const { contentDisposition, contentEncoding, contentType, deleteAt, metadata } = info
            return [contentType, contentEncoding, contentDisposition, metadata, deleteAt?.epochMillis, new Set(ends)]
          })
        const end = 86_400_000
        assert.deepStrictEqual(yield* copied({}), [
          "text/x-own",
          "gzip",
          "inline",
          { a: "1" },
          end,
          new Set([end / 1000])
        ])
        const given = {
          contentType: "text/plain",
          contentEncoding: "br",
          contentDisposition: "attachment",
          metadata: { A: "2" },
          deleteAfter: Duration.days(2)
        }
        assert.deepStrictEqual(yield* copied(given), [
          "text/plain",
          "br",
          "attachment",
          { a: "2" },
          2 * end,
          new Set([(2 * end) / 1000])
        ])
        assert.deepStrictEqual(yield* copied({ freshMetadata: true }), [
          "text/x-own",
          undefined,
          undefined,
          {},
          undefined,
          new Set([undefined])
        ])
      }).pipe(Effect.provide(cloud))
    )
  }

  it.effect("a segment that does not match its manifest is not copied, and nothing is left of the copy", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* two
      yield* uploadLarge(patterned(3500))
      const [, second = ""] = yield* emulated.files.objects("c_segments")
      yield* emulated.files.putObject("c_segments", second, new Uint8Array(1000))
      const before = yield* everything
      assert.strictEqual((yield* Effect.flip(files.copy({ ...copyOf, source: object })))._tag, "ChecksumMismatch")
      assert.deepStrictEqual(yield* everything, before)
    }).pipe(Effect.provide(cloud))
  )

  /** The next request for the object's headers returns a static one with this ETag. */
  const staticIs = (etag: string) =>
    Effect.flatMap(TestCloud.TestCloud, (emulated) =>
      emulated.fail({
        match: { method: "HEAD", path: /\/c\/o(\?|$)/ },
        fault: {
          _tag: "Status",
          status: 200,
          headers: { "X-Static-Large-Object": "True", ETag: `"${etag}"`, "Content-Type": "text/plain" }
        }
      })
    )

  it.effect("ranges of segments stay ranges", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* two
      const hash = md5("0123456789")
      yield* put("0123456789")
      yield* staticIs(md5(`${hash}:2-4;${hash}`))
      const entry = { name: "/c/0123456789", hash, bytes: 10 }
      yield* emulated.fail({
        match: { path: "multipart-manifest=get" },
        fault: { _tag: "Status", status: 200, body: [{ ...entry, range: "2-4" }, entry] }
      })
      // The emulated cloud supports no ranges.
      yield* Effect.flip(files.copy({ ...copyOf, source: object }))
      const manifest = (yield* requestsOf("files")).find(({ target }) => target.includes("multipart-manifest=put"))
      const sent = JSON.parse(Buffer.from(manifest?.body ?? []).toString()) as ReadonlyArray<Record<string, unknown>>
      assert.deepStrictEqual(
        sent.map(({ etag, range }) => [etag, range]),
        [
          [hash, "2-4"],
          [hash, undefined]
        ]
      )
    }).pipe(Effect.provide(cloud))
  )

  it.effect("a manifest of another version than the one inspected is not copied", () =>
    Effect.gen(function* () {
      const { files } = yield* two
      yield* uploadLarge(patterned(3500))
      yield* staticIs(md5("another"))
      assert.strictEqual((yield* Effect.flip(files.copy({ ...copyOf, source: object })))._tag, "ChecksumMismatch")
    }).pipe(Effect.provide(cloud))
  )

  it.effect("a manifest that contains data itself is not copied without it", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* two
      yield* staticIs(md5(md5("abc")))
      yield* emulated.fail({
        match: { path: "multipart-manifest=get" },
        fault: { _tag: "Status", status: 200, body: [{ data: Buffer.from("abc").toString("base64") }] }
      })
      const error = yield* Effect.flip(files.copy({ ...copyOf, source: object }))
      assert.strictEqual(error._tag, "InvalidInput")
      assert.include(error.message, "holds bytes itself")
    }).pipe(Effect.provide(cloud))
  )

  it.effect("the error names a static one's segments that cannot be deleted", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* two
      yield* uploadLarge(patterned(3500))
      const body = {
        "Number Deleted": 2,
        "Number Not Found": 0,
        "Response Status": "400 Bad Request",
        "Response Body": "",
        Errors: [["/c_segments/one", "403 Forbidden"]]
      }
      yield* emulated.fail({
        match: { path: "multipart-manifest=delete" },
        fault: { _tag: "Status", status: 200, body }
      })
      const error = yield* Effect.flip(files.deleteLargeObject(object))
      assert.deepStrictEqual(error._tag === "BulkFailed" ? error.failures : [], [
        { path: "/c_segments/one", reason: "403 Forbidden" }
      ])
      assert.include(yield* everything, "c/o")
    }).pipe(Effect.provide(cloud))
  )

  it.effect("a dynamic one is deleted though the container of its segments is gone", () =>
    Effect.gen(function* () {
      const { files } = yield* two
      yield* files.putDynamicManifest({ ...object, segments: { container: "none", prefix: "o/" } })
      assert.strictEqual((yield* files.deleteLargeObject(object)).deleted, 1)
      assert.deepStrictEqual(yield* everything, [])
    }).pipe(Effect.provide(cloud))
  )

  it.effect("plain objects are copied, moved and deleted too", () =>
    Effect.gen(function* () {
      const { files } = yield* two
      yield* files.upload({ ...object, body: CloudFiles.fromString("hello"), metadata: { a: "1" } })
      yield* files.move({ ...copyOf, source: object })
      assert.deepStrictEqual(yield* everything, ["d/p"])
      assert.strictEqual(yield* textOf(files.download(copyOf)), "hello")
      const same = yield* Effect.flip(files.move({ ...copyOf, source: copyOf }))
      assert.strictEqual(same._tag, "InvalidInput")
      assert.strictEqual((yield* Effect.flip(files.copy({ ...copyOf, source: object })))._tag, "NotFound")
    }).pipe(Effect.provide(cloud))
  )

  it.effect("all parts of a slow copy expire together", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* two
      yield* uploadLarge(patterned(3500))
      const fault = { _tag: "Delay", duration: "20 seconds" } as const
      yield* emulated.fail({ match: { method: "PUT", path: "00000003" }, fault })
      yield* inTime(files.copy({ ...copyOf, source: object, concurrency: 1, deleteAfter: Duration.days(1) }))
      for (const one of (yield* everything).filter((name) => name.startsWith("d"))) {
        const [container = "", ...name] = one.split("/")
        assert.strictEqual((yield* emulated.files.getObject(container, name.join("/")))?.deleteAt, 86_400, one)
      }
    }).pipe(Effect.provide(cloud))
  )

  it.effect("a copy that fails leaves nothing, and keeps the source", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* two
      yield* uploadLarge(patterned(3500))
      yield* emulated.fail({ match: { method: "PUT", path: "00000003" }, fault: { _tag: "Status", status: 403 } })
      assert.strictEqual((yield* Effect.flip(files.copy({ ...copyOf, source: object })))._tag, "Forbidden")
      assert.strictEqual((yield* everything).length, 5)
      assert.deepStrictEqual(yield* bytesOf(files.download(object)), patterned(3500))
    }).pipe(Effect.provide(cloud))
  )

  for (const largeObject of ["static", "dynamic"] as const) {
    it.effect(`segments are kept when a copy's ${largeObject} manifest may have been stored`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* two
        yield* uploadLarge(patterned(3500), { largeObject })
        const fault = { _tag: "Cut", afterBytes: Infinity } as const
        yield* emulated.fail({ match: { method: "PUT", path: /\/d\/p(\?|$)/ }, times: Infinity, fault })
        const error = yield* files.copy({ ...copyOf, source: object }).pipe(once, Effect.flip)
        assert.strictEqual(error._tag, "TransportError")
        assert.strictEqual((yield* emulated.files.objects("d_segments")).length, 4)
      }).pipe(Effect.provide(cloud))
    )
  }

  it.effect("the error names a dynamic one's segments that cannot be deleted, and the manifest is kept", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* two
      yield* uploadLarge(patterned(3500), { largeObject: "dynamic" })
      yield* withoutBulk
      yield* emulated.fail({ match: { method: "DELETE", path: "00000001" }, fault: { _tag: "Status", status: 403 } })
      const error = yield* Effect.flip(files.deleteLargeObject(object))
      assert.strictEqual(error._tag, "BulkFailed")
      assert.match(error._tag === "BulkFailed" ? (error.failures[0]?.path ?? "") : "", /00000001$/)
      assert.strictEqual((yield* everything).length, 2)
      assert.strictEqual((yield* files.deleteLargeObject(object)).deleted, 2)
    }).pipe(Effect.provide(cloud))
  )

  const small = CloudFiles.fromString("small")
  const ownOf = (owner: string) =>
    Effect.map(everything, (all) => all.filter((one) => one.startsWith(`d_segments/${owner}/`)))
  /** A large object of six segments at the copy's destination. */
  const overwritten = Effect.tap(two, () => uploadLarge(patterned(5500), copyOf))

  for (const [what, put, segments, mine] of [
    ["a plain one", (files: CloudFiles.Service) => files.upload({ ...object, body: small }), "copy", 0],
    ["a static one", () => uploadLarge(patterned(2500)), "copy", 3],
    ["a dynamic one", () => uploadLarge(patterned(2500), { largeObject: "dynamic" }), "copy", 3],
    ["the manifest of a static one", () => uploadLarge(patterned(2500)), "share", 0],
    ["the manifest of a dynamic one", () => uploadLarge(patterned(2500), { largeObject: "dynamic" }), "share", 0]
  ] as const) {
    it.effect(`${what} copied over a large one deletes its old segments, and no others`, () =>
      Effect.gen(function* () {
        const { files } = yield* overwritten
        yield* uploadLarge(patterned(1500), { container: "d", object: "p2" })
        yield* put(files)
        const copied = yield* files.copy({ ...copyOf, source: object, segments })
        assert.deepStrictEqual([copied.segments, copied.leftSegments], [mine, undefined])
        assert.strictEqual((yield* ownOf("p")).length, mine)
        assert.strictEqual((yield* ownOf("p2")).length, 2)
        const bytes = yield* bytesOf(files.download(object))
        assert.deepStrictEqual(yield* bytesOf(files.download(copyOf)), bytes)
      }).pipe(Effect.provide(cloud))
    )
  }

  for (const segments of ["copy", "share"] as const) {
    it.effect(`a large one copied onto itself (segments: ${segments}) keeps the number of segments`, () =>
      Effect.gen(function* () {
        const { files } = yield* overwritten
        const before = yield* ownOf("p")
        const copied = yield* files.copy({ ...copyOf, source: copyOf, segments, metadata: { a: "1" } })
        assert.isUndefined(copied.leftSegments)
        const after = yield* ownOf("p")
        assert.strictEqual(after.length, 6)
        assert.strictEqual(after.filter((one) => before.includes(one)).length, segments === "copy" ? 0 : 6)
        assert.deepStrictEqual(yield* bytesOf(files.download(copyOf)), patterned(5500))
      }).pipe(Effect.provide(cloud))
    )

    it.effect(
      `an object that shares the segments of the overwritten one is copied completely, and stays complete (${segments})`,
      () =>
        Effect.gen(function* () {
          const { files } = yield* overwritten
          yield* files.copy({ ...object, source: copyOf, segments: "share" })
          assert.isUndefined((yield* files.copy({ ...copyOf, source: object, segments })).leftSegments)
          for (const one of [object, copyOf]) {
            assert.deepStrictEqual(yield* bytesOf(files.download(one)), patterned(5500))
          }
          // A copy of its own manifest, too, leaves nothing unused behind.
          assert.isUndefined((yield* files.copy({ ...object, source: object, segments: "share" })).leftSegments)
        }).pipe(Effect.provide(cloud))
    )
  }

  it.effect("a segment that is copied over the object that consisted of it is kept", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* overwritten
      const [first = ""] = yield* emulated.files.objects("d_segments")
      yield* files.copy({ ...copyOf, source: { container: "d_segments", object: first } })
      assert.deepStrictEqual(yield* ownOf("p"), [`d_segments/${first}`])
      assert.deepStrictEqual(yield* bytesOf(files.download(copyOf)), patterned(5500).subarray(0, 1000))
    }).pipe(Effect.provide(cloud))
  )

  it.effect("old segments are kept if configured, without requests for them", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* overwritten
      yield* files.upload({ ...object, body: small })
      yield* emulated.clearRequests
      yield* files.copy({ ...copyOf, source: object, oldSegments: "keep" })
      assert.deepStrictEqual(yield* traffic, ["HEAD /c/o?symlink=get 200", "PUT /d/p 201"])
      assert.strictEqual((yield* ownOf("p")).length, 6)
    }).pipe(Effect.provide(cloud))
  )

  it.effect("old segments are kept and reported if the copy's segments cannot be listed", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* overwritten
      yield* uploadLarge(patterned(2500))
      yield* emulated.fail({
        match: { method: "HEAD", path: /\/d\/p(\?|$)/ },
        skip: 1,
        fault: { _tag: "Status", status: 403 }
      })
      const copied = yield* files.copy({ ...copyOf, source: object, segments: "share" })
      assert.strictEqual(copied.leftSegments?.length, 6)
      assert.strictEqual((yield* ownOf("p")).length, 6)
    }).pipe(Effect.provide(cloud))
  )

  for (const how of ["upload", "copy"] as const) {
    it.effect(`in a container that keeps versions the old segments are kept and reported (${how})`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* overwritten
        yield* files.createContainer({ container: "v" })
        yield* files.updateContainer({ container: "d", versionsLocation: "v" })
        yield* uploadLarge(patterned(2500))
        const { leftSegments = [] } =
          how === "copy"
            ? yield* files.copy({ ...copyOf, source: object })
            : yield* uploadLarge(patterned(2500), copyOf)
        assert.strictEqual(leftSegments.length, 6)
        assert.include(leftSegments[0]?.reason ?? "", "versions")
        const [version = ""] = yield* emulated.files.objects("v")
        assert.deepStrictEqual(yield* bytesOf(files.download({ container: "v", object: version })), patterned(5500))
      }).pipe(Effect.provide(cloud))
    )
  }

  it.effect("a missing object is NotFound", () =>
    Effect.gen(function* () {
      const { files } = yield* two
      assert.strictEqual((yield* Effect.flip(files.deleteLargeObject(object)))._tag, "NotFound")
    }).pipe(Effect.provide(cloud))
  )
})
