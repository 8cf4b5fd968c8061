import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { mkdirSync, statSync } from "node:fs"
import { join } from "node:path"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as RetryPolicy from "../../src/RetryPolicy.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { collected, traffic } from "../support.js"
import { forget, prepared } from "../support/cloudFiles.js"
import { contentOf, folderOf } from "../support/folder.js"

const cloud = Layer.fresh(Layer.merge(TestCloud.layer({ retry: RetryPolicy.never }), NodeFileSystem.layer))

const { runFolder } = CloudFiles

const writes = Effect.map(traffic, (all) => all.filter((line) => !/^(GET|HEAD) /.test(line)))

/** Folder markers of other clients: next to files, nested, and of empty folders. */
const markers: ReadonlyArray<readonly [name: string, type: string]> = [
  ["photos", "text/directory"],
  ["photos/2026", "application/x-directory"],
  ["photos/2026/", "application/directory"],
  ["docs/", "application/octet-stream"],
  ["docs/deep/er", "Application/Directory; charset=UTF-8"],
  ["empty", "application/directory"]
]

const files = {
  "photos-old.jpg": "o",
  "photos.txt": "t",
  "photos/a.jpg": "a",
  "photos/2026/b.jpg": "b",
  "docs/deep/er/c.txt": "c",
  "docs/d.txt": "d"
}

const stored = (prefix: string) =>
  Effect.gen(function* () {
    const { emulated, files: service } = yield* prepared
    for (const [name, contentType] of markers) {
      yield* emulated.files.putObject("c", prefix + name, "", { contentType })
    }
    if (prefix !== "") yield* emulated.files.putObject("c", prefix, "", { contentType: "application/directory" })
    for (const [name, content] of Object.entries(files)) yield* emulated.files.putObject("c", prefix + name, content)
    yield* forget
    return { emulated, service }
  })

describe("folder markers of other clients", () => {
  for (const prefix of ["", "backup/"]) {
    const where = prefix === "" ? "the container" : "a folder of it"
    it.scopedLive(`become folders, and are kept unchanged when ${where} is synchronized`, () =>
      Effect.gen(function* () {
        const { emulated, service } = yield* stored(prefix)
        const folder = yield* folderOf()
        const options = { folder, container: "c", prefix }
        for (const concurrency of [1, 16]) {
          yield* runFolder(service.downloadFolder({ ...options, concurrency }))
        }
        assert.deepStrictEqual(yield* contentOf(folder), {
          "docs/d.txt": "d",
          "docs/deep/er/c.txt": "c",
          "empty/": "",
          "photos-old.jpg": "o",
          "photos.txt": "t",
          "photos/2026/b.jpg": "b",
          "photos/a.jpg": "a"
        })
        assert.isTrue(statSync(join(folder, "empty")).isDirectory())

        const names = yield* emulated.files.objects("c")
        yield* forget
        for (const direction of ["upload", "download"] as const) {
          for (const emptyFolders of [true, false]) {
            const events = yield* collected(
              service.sync({ ...options, direction, delete: true, emptyFolders, compare: "checksum" })
            )
            assert.deepStrictEqual(
              events.filter(({ _tag }) => _tag !== "Skipped" && _tag !== "Summary"),
              [],
              `${direction} ${emptyFolders}`
            )
          }
        }
        assert.deepStrictEqual(yield* writes, [])
        assert.deepStrictEqual(yield* emulated.files.objects("c"), names)
        assert.isTrue(statSync(join(folder, "empty")).isDirectory())

        const compared = yield* collected(service.compareFolder({ ...options, emptyFolders: true }))
        assert.deepStrictEqual(
          compared.filter(({ _tag }) => _tag !== "Same"),
          []
        )
      }).pipe(Effect.provide(cloud))
    )
  }

  it.scopedLive("of missing folders are deleted with emptyFolders, and kept without it", () =>
    Effect.gen(function* () {
      const { emulated, service } = yield* stored("")
      const folder = yield* folderOf(files)
      const sync = { folder, container: "c", direction: "upload", delete: true } as const
      yield* runFolder(service.sync(sync))
      assert.include(yield* emulated.files.objects("c"), "empty")
      mkdirSync(join(folder, "new"))
      yield* runFolder(service.sync({ ...sync, emptyFolders: true }))
      const names = yield* emulated.files.objects("c")
      assert.notInclude(names, "empty")
      assert.includeMembers([...names], ["photos", "photos/2026", "photos/2026/", "docs/", "docs/deep/er", "new/"])
    }).pipe(Effect.provide(cloud))
  )

  for (const type of [
    "httpd/unix-directory",
    "httpd/unix-directory; charset=binary",
    "inode/directory",
    "x-directory/normal",
    "application/x-folder",
    "text/directory ;charset=utf-8"
  ]) {
    it.scopedLive(`are recognized by their type ${type}`, () =>
      Effect.gen(function* () {
        const { emulated, files: service } = yield* prepared
        for (const name of ["photos", "photos/2026", "empty"]) {
          yield* emulated.files.putObject("c", name, "", { contentType: type })
        }
        yield* emulated.files.putObject("c", "photos/2026/a.jpg", "a")
        yield* emulated.files.putObject("c", "directory.txt", "", { contentType: "text/x-directory-list" })
        const folder = yield* folderOf()
        yield* runFolder(service.downloadFolder({ folder, container: "c" }))
        assert.isTrue(statSync(join(folder, "empty")).isDirectory())
        assert.isTrue(statSync(join(folder, "photos/2026/a.jpg")).isFile())
        assert.isTrue(statSync(join(folder, "directory.txt")).isFile())
        for (const direction of ["upload", "download"] as const) {
          const { deleted, done } = yield* runFolder(service.sync({ folder, container: "c", direction, delete: true }))
          assert.deepStrictEqual([deleted, done], [0, 0])
        }
      }).pipe(Effect.provide(cloud))
    )
  }

  for (const missingTypes of [{}, { content_type: null }, { content_type: "", hash: "" }]) {
    it.scopedLive(`are recognized by their headers if the listing has no type: ${JSON.stringify(missingTypes)}`, () =>
      Effect.gen(function* () {
        const { emulated, service } = yield* stored("")
        yield* emulated.fail({
          match: { method: "GET", path: /\/c\?/ },
          fault: {
            _tag: "Status",
            status: 200,
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify(
              (yield* emulated.files.objects("c")).map((name) => ({
                name,
                bytes: name in files ? 1 : 0,
                ...missingTypes
              }))
            )
          }
        })
        const folder = yield* folderOf()
        yield* runFolder(service.downloadFolder({ folder, container: "c" }))
        assert.isTrue(statSync(join(folder, "empty")).isDirectory())
        assert.isTrue(statSync(join(folder, "photos")).isDirectory())
      }).pipe(Effect.provide(cloud))
    )
  }
})

/** Makes the next listings of the container `c` return these objects. */
const listed = (times: number, body: ReadonlyArray<unknown>) =>
  Effect.flatMap(TestCloud.TestCloud, (emulated) =>
    emulated.fail({
      match: { method: "GET", path: /\/c\?/ },
      times,
      fault: {
        _tag: "Status",
        status: 200,
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body)
      }
    })
  )

describe("synchronizing with `delete`", () => {
  const names = Array.from({ length: 20 }, (_, index) => `${index}.txt`)
  const local = Object.fromEntries(names.map((name) => [name, name]))
  const filled = Effect.gen(function* () {
    const { emulated, files: service } = yield* prepared
    for (const name of names) yield* emulated.files.putObject("c", name, name)
    for (const name of names) yield* emulated.files.putObject("c", `p/${name}`, name)
    yield* forget
    return service
  })

  for (const direction of ["download", "upload"] as const) {
    it.scopedLive(`rejects an empty listing of a container whose object count is not zero (${direction})`, () =>
      Effect.gen(function* () {
        const service = yield* filled
        yield* listed(Infinity, [])
        const folder = yield* folderOf(local)
        const error = yield* Effect.flip(runFolder(service.sync({ folder, container: "c", direction, delete: true })))
        assert.strictEqual(error._tag, "MalformedResponse")
        assert.deepStrictEqual(yield* contentOf(folder), local)
        assert.deepStrictEqual(yield* writes, [])
      }).pipe(Effect.provide(cloud))
    )
  }

  for (const body of ["", "[", '[{"name":"0.txt","bytes":5}']) {
    it.scopedLive(`deletes no file if the listing is ${JSON.stringify(body)}`, () =>
      Effect.gen(function* () {
        const service = yield* filled
        const emulated = yield* TestCloud.TestCloud
        yield* emulated.fail({
          match: { method: "GET", path: /\/c\?/ },
          times: Infinity,
          fault: { _tag: "Status", status: 200, body }
        })
        const folder = yield* folderOf(local)
        const error = yield* Effect.flip(
          runFolder(service.sync({ folder, container: "c", direction: "download", delete: true }))
        )
        assert.strictEqual(error._tag, "TransportError")
        assert.deepStrictEqual(yield* contentOf(folder), local)
      }).pipe(Effect.provide(cloud))
    )
  }

  for (const [what, prefix, shown] of [
    ["some of the objects are listed", "", [{ name: "0.txt", bytes: 5 }]],
    ["nothing is listed under a prefix", "p", []]
  ] as const) {
    it.scopedLive(`deletes no file whose object exists if ${what}`, () =>
      Effect.gen(function* () {
        const service = yield* filled
        yield* listed(1, shown)
        yield* listed(Infinity, [])
        const folder = yield* folderOf(local)
        const error = yield* Effect.flip(
          runFolder(service.sync({ folder, container: "c", prefix, direction: "download", delete: true }))
        )
        assert.strictEqual(error._tag, "MalformedResponse")
        assert.deepStrictEqual(yield* contentOf(folder), local)
      }).pipe(Effect.provide(cloud))
    )
  }

  for (const [what, prefix] of [
    ["a later page under a prefix is empty", "p"],
    ["a later page is empty at a cloud without counts", ""],
    ["nothing is listed at a cloud without counts", ""]
  ] as const) {
    it.scopedLive(`deletes no file whose object exists if ${what}`, () =>
      Effect.gen(function* () {
        const service = yield* filled
        const emulated = yield* TestCloud.TestCloud
        if (prefix === "") {
          yield* emulated.fail({
            match: { method: "HEAD", path: /\/c(\?|$)/ },
            times: Infinity,
            fault: { _tag: "Status", status: 204, body: "" }
          })
        }
        const start = prefix === "" ? "" : `${prefix}/`
        if (!what.startsWith("nothing")) yield* listed(1, [{ name: `${start}0.txt`, bytes: 5 }])
        yield* listed(Infinity, [])
        const folder = yield* folderOf(local)
        const error = yield* Effect.flip(
          runFolder(service.sync({ folder, container: "c", prefix, direction: "download", delete: true }))
        )
        assert.strictEqual(error._tag, "MalformedResponse")
        assert.deepStrictEqual(yield* contentOf(folder), local)
      }).pipe(Effect.provide(cloud))
    )
  }

  it.scopedLive("requests at most 16 objects before it deletes many files under a prefix", () =>
    Effect.gen(function* () {
      const service = yield* filled
      const more = Array.from({ length: 100 }, (_, index) => `more-${index}.txt`)
      const folder = yield* folderOf({ ...local, ...Object.fromEntries(more.map((name) => [name, name])) })
      yield* forget
      const { deleted } = yield* runFolder(
        service.sync({ folder, container: "c", prefix: "p", direction: "download", delete: true })
      )
      assert.strictEqual(deleted, 100)
      assert.lengthOf(
        (yield* traffic).filter((line) => line.startsWith("HEAD") && line.includes("more-")),
        16
      )
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("deletes files if the container is empty and its object count was outdated", () =>
    Effect.gen(function* () {
      const { emulated, files: service } = yield* prepared
      yield* emulated.fail({
        match: { method: "HEAD", path: /\/c(\?|$)/ },
        fault: { _tag: "Status", status: 204, body: "", headers: { "X-Container-Object-Count": "20" } }
      })
      const folder = yield* folderOf(local)
      const summary = yield* runFolder(service.sync({ folder, container: "c", direction: "download", delete: true }))
      assert.strictEqual(summary.deleted, 20)
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("rejects a listing whose names are not sorted", () =>
    Effect.gen(function* () {
      const service = yield* filled
      yield* listed(1, [
        { name: "b", bytes: 1 },
        { name: "a", bytes: 1 }
      ])
      const folder = yield* folderOf(local)
      const error = yield* Effect.flip(
        runFolder(service.sync({ folder, container: "c", direction: "download", delete: true }))
      )
      assert.strictEqual(error._tag, "MalformedResponse")
      assert.deepStrictEqual(yield* contentOf(folder), local)
    }).pipe(Effect.provide(cloud))
  )
})

describe("listings with names and sizes only", () => {
  const bare = (objects: Readonly<Record<string, string>>) =>
    Object.entries(objects)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, content]) => ({ name, bytes: content.length }))

  it.scopedLive("are sufficient to list, compare, synchronize and delete objects", () =>
    Effect.gen(function* () {
      const { emulated, files: service } = yield* prepared
      const objects = { "a.txt": "a", "b/c.txt": "bc", "b/empty.txt": "" }
      for (const [name, content] of Object.entries(objects)) yield* emulated.files.putObject("c", name, content)
      const next = Effect.zipRight(listed(1, bare(objects)), listed(1, []))
      yield* next
      const found = yield* collected(service.listObjects({ container: "c" }))
      assert.deepStrictEqual(found, bare(objects))
      yield* next
      assert.deepStrictEqual(yield* collected(service.listLevel({ container: "c" })), bare(objects))
      const folder = yield* folderOf(objects)
      yield* next
      const compared = yield* collected(service.compareFolder({ folder, container: "c" }))
      assert.deepStrictEqual(
        compared.map(({ _tag }) => _tag),
        ["Same", "Same", "Same"]
      )
      for (const direction of ["upload", "download"] as const) {
        yield* next
        const summary = yield* runFolder(service.sync({ folder, container: "c", direction, delete: true }))
        assert.deepStrictEqual([summary.done, summary.skipped, summary.deleted], [0, 3, 0])
      }
      const many = Object.fromEntries(
        Array.from({ length: 70 }, (_, index) => [`${100 + index}.txt`, `${index}`] as const)
      )
      const more = yield* folderOf(many)
      yield* forget
      yield* listed(1, bare({ ...objects, ...many }))
      const uploaded = yield* runFolder(service.uploadFolder({ folder: more, container: "c", archives: "always" }))
      assert.deepStrictEqual([uploaded.done, uploaded.archived], [70, 70])
      yield* listed(1, bare({ ...objects, ...many }))
      yield* service.emptyContainer({ container: "c" })
      assert.deepStrictEqual(yield* emulated.files.objects("c"), [])
    }).pipe(Effect.provide(cloud))
  )
})
