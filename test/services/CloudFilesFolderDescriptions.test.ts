import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { collected, patterned, requestsOf, traffic } from "../support.js"
import { prepared } from "../support/cloudFiles.js"
import { folderOf } from "../support/folder.js"

const { runFolder } = CloudFiles

const cloud = Layer.fresh(Layer.merge(TestCloud.layer(), NodeFileSystem.layer))

const many = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${String(index).padStart(4, "0")}.txt`, `${index}`]))

const deleteAt = DateTime.unsafeMake("2099-01-01T00:00:00Z")

/** A value for every field but `deleteAfter`. */
const everything = {
  contentType: "text/x-log",
  contentEncoding: "identity",
  contentDisposition: "inline",
  contentLanguage: "de",
  cacheControl: "public, max-age=600",
  corsAllowOrigins: ["https://example.com"],
  corsMaxAge: Duration.minutes(5),
  deleteAt,
  metadata: { Color: "größer" },
  headers: { "X-Robots-Tag": "noindex" }
} satisfies CloudFiles.ObjectDescription

const storedWith = (object: string) =>
  Effect.flatMap(CloudFiles.CloudFiles, (files) =>
    Effect.map(files.getObjectInfo({ container: "c", object }), (info) => ({
      contentType: info.contentType,
      contentEncoding: info.contentEncoding,
      contentDisposition: info.contentDisposition,
      contentLanguage: info.contentLanguage,
      cacheControl: info.cacheControl,
      deleteAt: info.deleteAt?.epochMillis,
      color: info.metadata["color"],
      hasTime: info.metadata["mtime"] !== undefined,
      robots: info.headers["x-robots-tag"],
      origins: info.headers["access-control-allow-origin"],
      maxAge: info.headers["access-control-max-age"]
    }))
  )

const expected = {
  contentType: "text/x-log",
  contentEncoding: "identity",
  contentDisposition: "inline",
  contentLanguage: "de",
  cacheControl: "public, max-age=600",
  deleteAt: deleteAt.epochMillis,
  color: "größer",
  hasTime: true,
  robots: "noindex",
  origins: "https://example.com",
  maxAge: "300"
}

describe("headers of the files of a folder", () => {
  for (const archives of ["auto", "always", "never"] as const) {
    it.scopedLive(`all headers are stored with small, large and segmented files (archives: ${archives})`, () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const folder = yield* folderOf({
          ...many(64),
          "large.bin": patterned(1_100_000),
          "segmented.bin": patterned(2_100_000)
        })
        const options = { folder, container: "c", archives, segmentThreshold: 2_000_000, segmentSize: 1_000_000 }
        const summary = yield* runFolder(files.uploadFolder({ ...options, ...everything }))
        assert.deepStrictEqual([summary.done, summary.failed, summary.archived], [66, 0, 0])
        for (const object of ["0000.txt", "0063.txt", "large.bin", "segmented.bin"]) {
          assert.deepStrictEqual(yield* storedWith(object), expected, object)
        }
        assert.isTrue((yield* files.getObjectInfo({ container: "c", object: "segmented.bin" })).isStaticLargeObject)
        const again = yield* runFolder(files.sync({ ...options, ...everything, direction: "upload" }))
        assert.deepStrictEqual([again.done, again.skipped], [0, 66])
      }).pipe(Effect.provide(cloud))
    )
  }

  it.scopedLive("sync stores them too, with an expiry relative to the upload", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const folder = yield* folderOf({ a: "a", "b.bin": patterned(1_100_000) })
      yield* runFolder(
        files.sync({
          folder,
          container: "c",
          direction: "upload",
          deleteAfter: Duration.hours(1),
          metadata: { of: "sync" },
          segmentThreshold: 1_000_000,
          segmentSize: 1_000_000
        })
      )
      for (const object of ["a", "b.bin"]) {
        const info = yield* files.getObjectInfo({ container: "c", object })
        assert.strictEqual(info.metadata["of"], "sync")
        const left = (info.deleteAt?.epochMillis ?? 0) - Date.now()
        assert.isTrue(left > 3_500_000 && left <= 3_602_000, `${object}: ${left}`)
      }
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("each file can have its own, and files without them still go in archives", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const folder = yield* folderOf({ ...many(64), "a.html": "a", "big.html": patterned(1_100_000), "z.html": "z" })
      const seen: Array<CloudFiles.DescribedFile> = []
      const summary = yield* runFolder(
        files.uploadFolder({
          folder,
          container: "c",
          prefix: "p",
          describe: (file) => {
            seen.push(file)
            return file.path.endsWith(".html") ? { cacheControl: `max-age=${file.path.length}` } : undefined
          }
        })
      )
      assert.deepStrictEqual([summary.done, summary.archived], [67, 64])
      assert.lengthOf(seen, 67)
      const big = seen.find(({ path }) => path === "big.html")
      assert.deepStrictEqual([big?.object, big?.bytes, big?.isFolder], ["p/big.html", 1_100_000, false])
      assert.closeTo(big?.modified ?? 0, Date.now(), 60_000)
      for (const [object, cacheControl] of [
        ["p/a.html", "max-age=6"],
        ["p/big.html", "max-age=8"],
        ["p/z.html", "max-age=6"],
        ["p/0001.txt", undefined]
      ] as const) {
        const info = yield* files.getObjectInfo({ container: "c", object })
        assert.strictEqual(info.cacheControl, cacheControl, object)
        assert.isDefined(info.metadata["mtime"])
      }
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("options for one file override those for all, with metadata and headers merged", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const folder = yield* folderOf({ a: "a", b: "b" })
      yield* runFolder(
        files.uploadFolder({
          folder,
          container: "c",
          contentType: "text/plain",
          cacheControl: "no-store",
          deleteAfter: Duration.days(1),
          metadata: { Kept: "all", Color: "red" },
          headers: { "X-Robots-Tag": "none", Expires: "0" },
          describe: ({ path }) =>
            path === "a"
              ? {
                  cacheControl: "no-cache",
                  contentType: undefined,
                  deleteAt,
                  metadata: { color: "blue" },
                  headers: { "x-robots-tag": "all" }
                }
              : {}
        })
      )
      const a = yield* files.getObjectInfo({ container: "c", object: "a" })
      assert.deepStrictEqual([a.contentType, a.cacheControl], ["text/plain", "no-cache"])
      assert.deepStrictEqual([a.metadata["kept"], a.metadata["color"]], ["all", "blue"])
      assert.deepStrictEqual([a.headers["x-robots-tag"], a.headers["expires"]], ["all", "0"])
      assert.strictEqual(a.deleteAt?.epochMillis, deleteAt.epochMillis)
      const b = yield* files.getObjectInfo({ container: "c", object: "b" })
      assert.deepStrictEqual([b.cacheControl, b.metadata["color"]], ["no-store", "red"])
      const puts = (yield* requestsOf("files")).filter(({ method }) => method === "PUT")
      assert.strictEqual(puts.filter(({ headers }) => headers["x-delete-after"] !== undefined).length, 1)
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("the marker of an empty folder has them too, and keeps its content type", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const folder = yield* folderOf()
      mkdirSync(join(folder, "empty"))
      yield* runFolder(
        files.uploadFolder({
          folder,
          container: "c",
          emptyFolders: true,
          contentType: "text/plain",
          contentEncoding: "gzip",
          describe: ({ isFolder }) => ({ metadata: { folder: String(isFolder) }, deleteAt })
        })
      )
      const info = yield* files.getObjectInfo({ container: "c", object: "empty/" })
      assert.deepStrictEqual(
        [info.contentType, info.contentEncoding, info.metadata["folder"], info.deleteAt?.epochMillis],
        ["application/directory", undefined, "true", deleteAt.epochMillis]
      )
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("invalid headers are rejected before any request", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const folder = yield* folderOf({ a: "a" })
      const wrong: ReadonlyArray<readonly [string, CloudFiles.ObjectDescription]> = [
        ["cacheControl", { cacheControl: "a\r\nb" }],
        ["metadata", { metadata: { "a b": "c" } }],
        ["metadata.mtime", { metadata: { MTime: "1" } }],
        ["headers", { headers: { "Content-Length": "1" } }],
        ["deleteAfter", { deleteAfter: Duration.zero }]
      ]
      for (const [path, description] of wrong) {
        for (const events of [
          files.uploadFolder({ folder, container: "c", ...description }),
          files.sync({ folder, container: "c", direction: "upload", ...description })
        ]) {
          const error = yield* Effect.flip(collected(events))
          assert.strictEqual(error._tag, "InvalidInput", path)
          assert.include(error.message, path)
        }
      }
      assert.deepStrictEqual(yield* traffic, [])
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("a file whose description is invalid fails alone, also in a dry run", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const folder = yield* folderOf({ a: "a", b: "b", c: "c" })
      const given: Record<string, CloudFiles.ObjectDescription> = {
        a: { contentType: "a\nb" },
        b: { metadata: { fine: "yes" } },
        c: { colour: "blue" } as CloudFiles.ObjectDescription
      }
      for (const dryRun of [true, false]) {
        const events = yield* collected(
          files.uploadFolder({ folder, container: "c", dryRun, describe: ({ path }) => given[path] })
        )
        const failed = events.flatMap((event) =>
          event._tag === "Failed" ? [`${event.path} ${event.error._tag} ${event.error.message}`] : []
        )
        assert.lengthOf(failed, 2)
        assert.match(failed[0] ?? "", /^a InvalidInput CloudFiles.uploadFolder: describe.contentType/)
        assert.match(failed[1] ?? "", /^c InvalidInput CloudFiles.uploadFolder: describe.colour/)
      }
      assert.strictEqual((yield* files.getObjectInfo({ container: "c", object: "b" })).metadata["fine"], "yes")
      assert.lengthOf(
        (yield* requestsOf("files")).filter(({ method }) => method === "PUT"),
        1
      )
    }).pipe(Effect.provide(cloud))
  )
})
