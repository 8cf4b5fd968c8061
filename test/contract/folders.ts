import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, layer as onLayer } from "@effect/vitest"
import { Effect, type Layer, Stream } from "effect"
import { CloudFiles } from "effect-rackspace"
import { mkdir, rm, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { collected, patterned, textOf } from "../support.js"
import * as Folder from "../support/folder.js"
import { Cloud, type Services } from "./Cloud.js"
import { container, namesIn } from "./support.js"
import { tarOf } from "../support/tar.js"

const { fromBytes, fromStream, fromString, runFolder } = CloudFiles

/** A folder whose files are older than their objects. */
const folderOf = (files: Readonly<Record<string, string | Uint8Array>>) => Folder.folderOf(files, 1_700_000_000.25)

const events = <E, R>(stream: Stream.Stream<CloudFiles.FolderEvent, E, R>) =>
  Effect.map(collected(stream), (all) =>
    all.flatMap((event) =>
      event._tag === "Summary" || event._tag === "Started" || event._tag === "Progress"
        ? []
        : [`${event._tag} ${event.path}`]
    )
  )

const odd: ReadonlyArray<string> = [
  " ",
  "a b",
  "%",
  "%41",
  "a?b=c&d#e",
  "a+b",
  "tab\there",
  "line\nbreak",
  "quote\"'`",
  "back\\slash",
  "..hidden",
  "...",
  "größe/straße",
  "日本語/🚀",
  "\uff00 sorts before 🚀",
  "e\u0301",
  `${"long".repeat(30)}/${"name".repeat(30)}`,
  "a=b"
]

/** The contract of folders in Cloud Files, for any cloud. */
export const folders = <E>(cloud: Layer.Layer<Services, E>): void =>
  onLayer(cloud, { excludeTestServices: true, timeout: "60 seconds" })((it) => {
    const small = Object.fromEntries(
      Array.from({ length: 70 }, (_, index) => [`small/${String(index).padStart(3, "0")}.txt`, `content ${index}`])
    )

    describe("a folder", () => {
      for (const archives of ["always", "never"] as const) {
        it.scoped(`is uploaded and downloaded unchanged, with its times, archives ${archives} used`, () =>
          Effect.gen(function* () {
            const files = yield* CloudFiles.CloudFiles
            const name = yield* container()
            const { keepsTimesOfArchives } = yield* Cloud
            const archivedOf = (count: number): number => (archives === "always" && keepsTimesOfArchives ? count : 0)
            const content = { ...small, "empty.bin": "", "big.bin": patterned(1_500_000), ".dot/file": "dotted" }
            const folder = yield* folderOf(content)
            const up = yield* runFolder(files.uploadFolder({ folder, container: name, prefix: "back up", archives }))
            assert.deepStrictEqual([up.done, up.archived, up.failed], [73, archivedOf(72), 0])
            const info = yield* files.getObjectInfo({ container: name, object: "back up/small/007.txt" })
            assert.strictEqual(info.metadata["mtime"], "1700000000.250000")
            assert.match(info.contentType ?? "", /^text\/plain/)
            const back = yield* folderOf({})
            const down = yield* runFolder(files.downloadFolder({ folder: back, container: name, prefix: "back up/" }))
            assert.strictEqual(down.done, 73)
            assert.deepStrictEqual(yield* Folder.contentOf(back), yield* Folder.contentOf(folder))
            const { mtimeMs } = yield* Effect.promise(() => stat(join(back, "small/007.txt")))
            assert.closeTo(mtimeMs, 1_700_000_000_250, 1)
          }).pipe(Effect.provide(NodeFileSystem.layer))
        )

        it.scoped(`keeps unusual names, archives ${archives} used`, () =>
          Effect.gen(function* () {
            const files = yield* CloudFiles.CloudFiles
            const name = yield* container()
            const { keepsTimesOfArchives } = yield* Cloud
            const archivedOf = (count: number): number => (archives === "always" && keepsTimesOfArchives ? count : 0)
            const folder = yield* folderOf(Object.fromEntries(odd.map((path) => [path, path])))
            const prefix = "odd %20 ü"
            const up = yield* runFolder(files.uploadFolder({ folder, container: name, prefix, archives }))
            assert.deepStrictEqual([up.done, up.archived], [odd.length, archivedOf(odd.length)])
            assert.sameMembers(
              yield* namesIn(name),
              odd.map((path) => `${prefix}/${path}`)
            )
            const same = yield* Stream.runCollect(
              files.compareFolder({ folder, container: name, prefix, compare: "checksum" })
            )
            assert.deepStrictEqual(
              [...same].map(({ _tag }) => _tag),
              odd.map(() => "Same")
            )
            const back = yield* folderOf({})
            yield* runFolder(files.downloadFolder({ folder: back, container: name, prefix }))
            assert.deepStrictEqual(yield* Folder.contentOf(back), yield* Folder.contentOf(folder))
          }).pipe(Effect.provide(NodeFileSystem.layer))
        )
      }

      it.scoped("is synchronized to the cloud: new and changed files are sent, missing ones deleted, others kept", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          const folder = yield* folderOf({ ...small, "a.txt": "a", "big.bin": patterned(1_500_000) })
          const sync = { direction: "upload", folder, container: name, prefix: "p", delete: true } as const
          yield* runFolder(files.sync(sync))
          yield* files.upload({ container: name, object: "elsewhere", body: fromString("not in the folder") })
          const idle = yield* runFolder(files.sync(sync))
          assert.deepStrictEqual([idle.done, idle.skipped, idle.deleted], [0, 72, 0])
          yield* Effect.promise(async () => {
            await writeFile(join(folder, "a.txt"), "b")
            await writeFile(join(folder, "new.txt"), "new")
            await rm(join(folder, "small/000.txt"))
            await rm(join(folder, "big.bin"))
          })
          const wanted = ["Deleted big.bin", "Deleted small/000.txt", "Done a.txt", "Done new.txt"]
          const planned = yield* events(files.sync({ ...sync, dryRun: true, exclude: ["*.bin"] }))
          assert.deepStrictEqual(planned.filter((event) => event.startsWith("Planned")).toSorted(), [
            "Planned a.txt",
            "Planned new.txt",
            "Planned small/000.txt"
          ])
          const done = yield* events(files.sync(sync))
          assert.deepStrictEqual(done.filter((event) => !event.startsWith("Skipped")).toSorted(), wanted)
          assert.include(yield* namesIn(name), "elsewhere")
          assert.strictEqual(yield* textOf(files.download({ container: name, object: "p/a.txt" })), "b")
        }).pipe(Effect.provide(NodeFileSystem.layer))
      )

      it.scoped("is synchronized from the cloud, by time and by checksum", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          const folder = yield* folderOf({ "a/1.txt": "1", "a/2.txt": "2", "big.bin": patterned(1_500_000) })
          yield* runFolder(files.uploadFolder({ folder, container: name }))
          yield* files.upload({ container: name, object: "foreign.bin", body: fromBytes(patterned(1_200_000)) })
          const back = yield* folderOf({ "local.txt": "only here" })
          for (const compare of ["sizeAndTime", "checksum"] as const) {
            const sync = { direction: "download", folder: back, container: name, compare } as const
            yield* runFolder(files.sync(sync))
            const idle = yield* runFolder(files.sync(sync))
            assert.deepStrictEqual([idle.done, idle.skipped], [0, 4])
          }
          const last = yield* runFolder(
            files.sync({ direction: "download", folder: back, container: name, delete: true })
          )
          assert.deepStrictEqual([last.done, last.deleted], [0, 1])
          assert.notProperty(yield* Folder.contentOf(back), "local.txt")
        }).pipe(Effect.provide(NodeFileSystem.layer))
      )

      it.scoped("is compared with large objects segment by segment", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          const bytes = patterned(3_000_000)
          const folder = yield* folderOf({ "large.bin": bytes, "other.bin": patterned(3_000_001).subarray(1) })
          for (const object of ["large.bin", "other.bin"]) {
            const body = fromStream(Stream.make(bytes))
            const stored = yield* files.upload({ container: name, object, body, segmentSize: 1_048_576 })
            assert.strictEqual(stored.segments, 3)
          }
          const found = yield* Stream.runCollect(files.compareFolder({ folder, container: name, compare: "checksum" }))
          assert.deepStrictEqual(
            [...found].map((one) => `${one._tag} ${one.path}`),
            ["Same large.bin", "Different other.bin"]
          )
        }).pipe(Effect.provide(NodeFileSystem.layer))
      )

      it.scoped("keeps its empty folders if configured", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          const folder = yield* folderOf({ "a/file": "1" })
          yield* Effect.promise(() => mkdir(join(folder, "a/none/within"), { recursive: true }))
          yield* runFolder(files.uploadFolder({ folder, container: name, emptyFolders: true }))
          assert.deepStrictEqual(yield* namesIn(name), ["a/file", "a/none/within/"])
          const back = yield* folderOf({})
          yield* runFolder(files.downloadFolder({ folder: back, container: name }))
          assert.deepStrictEqual(yield* Folder.contentOf(back), { "a/file": "1", "a/none/within/": "" })
        }).pipe(Effect.provide(NodeFileSystem.layer))
      )
    })

    describe("many objects", () => {
      it.scoped("are deleted in bulk, with any names; missing ones are accepted, and failures are named", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          const other = yield* container()
          for (const object of odd) yield* files.upload({ container: name, object, body: fromString("x") })
          yield* files.upload({ container: other, object: "keeps it", body: fromString("x") })
          const objects = [...odd, "missing"].map((object) => ({ container: name, object }))
          assert.deepStrictEqual(yield* files.bulkDelete({ objects }), { deleted: odd.length, notFound: 1 })
          assert.deepStrictEqual(yield* namesIn(name), [])
          const failed = yield* Effect.flip(files.bulkDelete({ objects: [{ container: other }] }))
          assert.strictEqual(failed._tag, "BulkFailed")
          if (failed._tag === "BulkFailed") {
            assert.deepStrictEqual(failed.failures, [{ path: other, reason: "409 Conflict" }])
          }
        })
      )

      it.scoped("are deleted with their container, including segments", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          const body = fromStream(Stream.make(patterned(2_500_000)))
          yield* files.upload({ container: name, object: "large", body, segmentSize: 1_048_576 })
          yield* files.upload({ container: name, object: "small", body: fromString("x") })
          yield* files.deleteContainerWithContents({ container: name, segments: true })
          assert.strictEqual((yield* Effect.flip(files.getContainer({ container: name })))._tag, "NotFound")
          assert.deepStrictEqual(yield* namesIn(`${name}_segments`), [])
        })
      )

      it.scoped("are extracted from an archive, and other content is rejected", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          const result = yield* files.extractArchive({
            container: name,
            prefix: "from/archive",
            format: "tar",
            body: fromBytes(tarOf("dir/hello.txt", "hello"))
          })
          assert.deepStrictEqual([result.created, result.errors], [1, []])
          const object = { container: name, object: "from/archive/dir/hello.txt" }
          assert.strictEqual(yield* textOf(files.download(object)), "hello")
          assert.match((yield* files.getObjectInfo(object)).contentType ?? "", /^text\/plain/)
          const refused = yield* Effect.flip(
            files.extractArchive({ container: name, format: "tar", body: fromString("no archive".repeat(100)) })
          )
          assert.strictEqual(refused._tag, "BulkFailed")
          assert.match(refused.message, /Invalid Tar File/)
        })
      )

      it.scoped("markers of other clients become folders, and are kept while the folders exist", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          for (const [object, contentType] of [
            ["photos", "text/directory"],
            ["photos/deep/", "application/x-directory"],
            ["empty", "application/directory"]
          ] as const) {
            yield* files.upload({ container: name, object, contentType, body: fromString("") })
          }
          for (const object of ["photos-old.txt", "photos/a.txt", "photos/deep/b.txt"]) {
            yield* files.upload({ container: name, object, body: fromString(object) })
          }
          const folder = yield* Folder.folderOf()
          yield* runFolder(files.downloadFolder({ container: name, folder }))
          assert.isTrue((yield* Effect.promise(() => stat(join(folder, "empty")))).isDirectory())
          const before = yield* namesIn(name)
          for (const direction of ["upload", "download"] as const) {
            const eventLines = yield* events(
              files.sync({ container: name, folder, direction, delete: true, emptyFolders: true })
            )
            assert.deepStrictEqual(
              eventLines.filter((line) => !line.startsWith("Skipped ")),
              []
            )
          }
          assert.deepStrictEqual(yield* namesIn(name), before)
        }).pipe(Effect.provide(NodeFileSystem.layer))
      )
    })
  })
