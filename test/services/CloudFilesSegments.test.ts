import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { readFile, readdir } from "node:fs/promises"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { collected, md5, patterned, requestsOf, textOf } from "../support.js"
import { prepared, put } from "../support/cloudFiles.js"
import { folderOf } from "../support/folder.js"

const parts = ["0123456789", "abcdefghij", "KLM"]
const content = parts.join("")

/** The names that other clients give to the segments of `film`. */
const layouts = {
  "numbered next to it": (index: number) => `film.0${index + 1}`,
  "below its name": (index: number) => `film/00000${index}`,
  "several levels below its name": (index: number) => `film/segments/2026/part-${index}`,
  "in a hidden folder": (index: number) => `.file-segments/film/${index}`,
  "in a folder sorted after it": (index: number) => `segments/of/film/${index}`
}

const common = (names: ReadonlyArray<string>): string => {
  const [first = ""] = names
  let length = first.length
  while (!names.every((name) => name.startsWith(first.slice(0, length)))) length--
  return first.slice(0, length)
}

/** Stores `film` in segments with these names. */
const film = (kind: "static" | "dynamic", nameOf: (index: number) => string, object = "film") =>
  Effect.gen(function* () {
    const files = yield* CloudFiles.CloudFiles
    // The objects are newer than the files.
    yield* TestClock.setTime(1_500_000_000_000)
    const names = parts.map((_, index) => nameOf(index))
    yield* Effect.forEach(names, (name, index) => put(name, parts[index]))
    if (kind === "dynamic") {
      yield* files.putDynamicManifest({ container: "c", object, segments: { container: "c", prefix: common(names) } })
    } else {
      yield* files.putManifest({
        container: "c",
        object,
        segments: parts.map((part, index) => ({ path: `/c/${names[index]}`, etag: md5(part), bytes: part.length }))
      })
    }
    return names
  })

const read = (object: string) =>
  Effect.flatMap(CloudFiles.CloudFiles, (files) => textOf(files.download({ container: "c", object })))

const tags = <E, R>(events: Parameters<typeof CloudFiles.runFolder<E, R>>[0]) =>
  Effect.map(collected(events), (all) =>
    all.flatMap((event) =>
      event._tag === "Summary" || event._tag === "Started" ? [] : [`${event._tag} ${event.path}`]
    )
  )

const cloud = (discoverable: boolean) =>
  Layer.merge(TestCloud.layer({ cloud: { files: { discoverable } } }), NodeFileSystem.layer)

const upload = { container: "c", direction: "upload", delete: true } as const
const download = { container: "c", direction: "download", delete: true } as const

for (const kind of ["static", "dynamic"] as const) {
  for (const [where, nameOf] of Object.entries(layouts)) {
    for (const discoverable of [true, false]) {
      describe(`a ${kind} large object whose segments are ${where}${discoverable ? "" : ", at a cloud without /info"}`, () => {
        it.scoped("keeps its segments when sync deletes others: if its file exists, or a glob excludes it", () =>
          Effect.gen(function* () {
            const { files } = yield* prepared
            const segments = yield* film(kind, nameOf)
            yield* put("stale")
            const folder = yield* folderOf({ film: content }, 1_000_000_000)
            const all = yield* tags(files.sync({ ...upload, folder }))
            assert.deepStrictEqual(
              all.filter((event) => event.startsWith("Deleted")),
              ["Deleted stale"]
            )
            assert.strictEqual(yield* read("film"), content)
            yield* put("stale")
            const other = yield* folderOf({ other: "other" })
            yield* CloudFiles.runFolder(files.sync({ ...upload, folder: other, exclude: ["/film"] }))
            assert.strictEqual(yield* read("film"), content)
            assert.sameMembers(
              (yield* collected(files.listObjects({ container: "c" }))).map(({ name }) => name),
              ["film", "other", ...segments]
            )
          }).pipe(Effect.provide(cloud(discoverable)))
        )

        // If listings do not mark manifests, segments of small objects are only found next to their object or below its name.
        if (!discoverable && kind === "static" && / folder/.test(where)) return
        it.scoped("is downloaded as one file, and is then unchanged", () =>
          Effect.gen(function* () {
            const { files } = yield* prepared
            yield* film(kind, nameOf)
            yield* put("notes")
            const folder = yield* folderOf({})
            yield* CloudFiles.runFolder(files.downloadFolder({ container: "c", folder }))
            const found = yield* Effect.promise(() => readdir(folder))
            assert.deepStrictEqual(found.toSorted(), ["film", "notes"])
            assert.strictEqual(yield* Effect.promise(() => readFile(`${folder}/film`, "utf8")), content)
            assert.deepStrictEqual(yield* tags(files.sync({ ...download, folder })), ["Skipped film", "Skipped notes"])
            assert.deepStrictEqual(
              (yield* collected(files.compareFolder({ container: "c", folder }))).map(({ _tag }) => _tag),
              ["Same", "Same"]
            )
          }).pipe(Effect.provide(cloud(discoverable)))
        )
      })
    }
  }

  it.scoped(`the segments of a ${kind} large object are kept when a container is emptied under their prefix`, () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      yield* film(kind, (index) => `p/film/${index}`)
      yield* put("p/other")
      const { deleted, leftSegments } = yield* files.emptyContainer({ container: "c", prefix: "p/", segments: true })
      assert.deepStrictEqual([deleted, leftSegments?.length], [1, 3])
      assert.strictEqual(yield* read("film"), content)
      assert.strictEqual((yield* files.emptyContainer({ container: "c" })).deleted, 4)
    }).pipe(Effect.provide(cloud(false)))
  )

  it.scoped(`a file that would overwrite a segment of a ${kind} large object is not uploaded`, () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const [segment = ""] = yield* film(kind, (index) => `film.0${index + 1}`)
      const folder = yield* folderOf({ [segment]: "another", fine: "fine" })
      for (const events of [
        files.uploadFolder({ container: "c", folder }),
        files.sync({ container: "c", folder, direction: "upload" })
      ]) {
        const failed = (yield* collected(events)).flatMap((event) => (event._tag === "Failed" ? [event] : []))
        assert.deepStrictEqual(
          failed.map(({ error, path }) => [path, error._tag === "FileRefused" && error.reason]),
          [[segment, "segment"]]
        )
        assert.strictEqual(yield* read("film"), content)
        assert.strictEqual(yield* read("fine"), "fine")
      }
    }).pipe(Effect.provide(cloud(true)))
  )
}

describe("segments in folders", () => {
  it.scoped("segments of nested manifests are kept", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      yield* film("static", (index) => `a/${index}`, "b/manifest")
      const { etag = "" } = yield* files.getObjectInfo({ container: "c", object: "b/manifest" })
      yield* files.putManifest({
        container: "c",
        object: "film",
        segments: [{ path: "/c/b/manifest", etag: etag.replaceAll('"', ""), bytes: content.length }]
      })
      const folder = yield* folderOf({ film: content }, 1_000_000_000)
      yield* put("stale")
      assert.strictEqual((yield* CloudFiles.runFolder(files.sync({ ...upload, folder }))).deleted, 1)
      assert.strictEqual(yield* read("film"), content)
    }).pipe(Effect.provide(cloud(true)))
  )

  it.scoped("a deleted large object is deleted with its segments in the container", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      yield* film("static", (index) => `film/${index}`)
      const folder = yield* folderOf({ other: "other" })
      yield* CloudFiles.runFolder(files.sync({ ...upload, folder }))
      assert.deepStrictEqual(
        (yield* collected(files.listObjects({ container: "c" }))).map(({ name }) => name),
        ["other"]
      )
    }).pipe(Effect.provide(cloud(true)))
  )

  it.scoped("segments of a large object that is itself a segment are kept", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      yield* film("static", (index) => `.parts/${index}`, "segments/1")
      yield* files.putDynamicManifest({
        container: "c",
        object: "film",
        segments: { container: "c", prefix: "segments/" }
      })
      const folder = yield* folderOf({ film: content }, 1_000_000_000)
      yield* put("stale")
      assert.strictEqual((yield* CloudFiles.runFolder(files.sync({ ...upload, folder }))).deleted, 1)
      assert.strictEqual(yield* read("film"), content)
    }).pipe(Effect.provide(cloud(true)))
  )

  for (const discoverable of [true, false]) {
    it.scoped(`the targets of kept symbolic links are kept, ${discoverable ? "with" : "without"} /info`, () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const segments = yield* film("static", (index) => `.parts/${index}`, ".real/film")
        yield* put(".real/notes", "notes")
        yield* files.createSymlink({
          container: "c",
          object: ".real/way",
          target: { container: "c", object: ".real/film" }
        })
        yield* files.createSymlink({
          container: "c",
          object: "film",
          target: { container: "c", object: ".real/way" }
        })
        yield* files.createSymlink({
          container: "c",
          object: "notes",
          target: { container: "c", object: ".real/notes" }
        })
        yield* put(".real/stale", "stale")
        const folder = yield* folderOf({ film: content, notes: "notes" }, 1_000_000_000)
        const all = yield* tags(files.sync({ ...upload, folder }))
        assert.deepStrictEqual(
          all.filter((event) => event.startsWith("Deleted")),
          ["Deleted .real/stale"]
        )
        assert.strictEqual(yield* read("film"), content)
        assert.strictEqual(yield* read("notes"), "notes")
        // A download makes a file of each.
        const back = yield* folderOf({})
        yield* CloudFiles.runFolder(files.downloadFolder({ container: "c", folder: back, exclude: segments }))
        assert.deepStrictEqual((yield* Effect.promise(() => readdir(`${back}/.real`))).toSorted(), [
          "film",
          "notes",
          "way"
        ])
      }).pipe(Effect.provide(cloud(discoverable)))
    )
  }

  for (const before of ["nothing", "a plain object"]) {
    it.scoped(`segments that sync reuses for a resumed upload are kept, with ${before} at the name`, () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const folder = yield* folderOf({ film: content }, 1_000_000_000)
        const options = {
          container: "c",
          folder,
          segmentThreshold: 10,
          segmentSize: 10,
          segmentContainer: "c",
          resume: true
        }
        yield* CloudFiles.runFolder(files.uploadFolder(options))
        yield* files.deleteObject({ container: "c", object: "film" })
        if (before !== "nothing") yield* put("film", content.toLowerCase())
        yield* CloudFiles.runFolder(files.sync({ ...options, direction: "upload", delete: true }))
        assert.strictEqual(yield* read("film"), content)
      }).pipe(Effect.provide(cloud(true)))
    )
  }

  it.scoped("plain objects need no separate requests", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const names = Array.from({ length: 30 }, (_, index) => `file-${String(index).padStart(2, "0")}`)
      yield* Effect.forEach(names, (name) => put(name))
      yield* put("stale")
      const folder = yield* folderOf(Object.fromEntries(names.map((name) => [name, name])))
      yield* emulated.clearRequests
      yield* CloudFiles.runFolder(files.sync({ ...upload, folder }))
      const heads = (yield* requestsOf("files")).filter(
        ({ method, target }) => method === "HEAD" && /\/c\/./.test(target)
      )
      assert.deepStrictEqual(heads, [])
    }).pipe(Effect.provide(cloud(false)))
  )

  it.scoped("thousands of numbered objects need no separate requests if listings mark manifests", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      for (let index = 0; index < 12_000; index++) yield* emulated.files.putObject("c", `file${index}`, "x")
      yield* film("static", (index) => `film/${index}`)
      yield* emulated.clearRequests
      const folder = yield* folderOf({})
      const { planned } = yield* CloudFiles.runFolder(files.downloadFolder({ container: "c", folder, dryRun: true }))
      assert.strictEqual(planned, 12_001)
      const heads = (yield* requestsOf("files")).filter(
        ({ method, target }) => method === "HEAD" && /\/c\/./.test(target)
      )
      assert.lengthOf(heads, 1)
    }).pipe(Effect.provide(cloud(true)))
  )

  for (const operation of ["uploadFolder", "sync"] as const) {
    it.scoped(`${operation} accepts the segment options of upload`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* prepared
        const folder = yield* folderOf({ small: "small", film: patterned(2500) })
        const options = { container: "c", folder, segmentThreshold: 1000, segmentSize: 1000, segmentContainer: "parts" }
        const run = (more: object = {}) =>
          CloudFiles.runFolder(
            operation === "sync"
              ? files.sync({ ...options, ...more, direction: "upload" })
              : files.uploadFolder({ ...options, ...more })
          )
        assert.strictEqual((yield* run({ largeObject: "dynamic" })).done, 2)
        assert.lengthOf(yield* emulated.files.objects("parts"), 3)
        assert.isDefined((yield* files.getObjectInfo({ container: "c", object: "film" })).manifest)
        yield* emulated.clearRequests
        const error = yield* Effect.flip(run({ segmentSize: 0 }))
        assert.strictEqual(error._tag, "InvalidInput")
        assert.deepStrictEqual(yield* requestsOf("files"), [])
      }).pipe(Effect.provide(cloud(true)))
    )
  }
})
