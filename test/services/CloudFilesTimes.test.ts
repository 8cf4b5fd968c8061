import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { statSync } from "node:fs"
import { join } from "node:path"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as LocalFileSystem from "../../src/LocalFileSystem.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { patterned, requestsOf } from "../support.js"
import { prepared } from "../support/cloudFiles.js"
import { folderOf } from "../support/folder.js"

const { fromBytes, fromString, runFolder } = CloudFiles

const small = "content"
const large = patterned(1_100_000)
const larger = patterned(3 * 1024 * 1024)

/** Seconds since 1970, as an object's metadata and as a file's modification time. */
const times = [
  ["-31536000.000000", -31_536_000],
  ["-0.500000", -0.5],
  ["-1.5", -1.5],
  ["0", 0],
  ["1000000000.123456", 1_000_000_000.123],
  ["4102444800.250000", 4_102_444_800.25]
] as const

const secondsOf = (path: string): number => statSync(path).mtimeMs / 1000

const systems = {
  NodeFileSystem: NodeFileSystem.layer,
  LocalFileSystem: Layer.provideMerge(LocalFileSystem.layer, NodeFileSystem.layer)
}

describe("modification times", () => {
  for (const [name, system] of Object.entries(systems)) {
    it.scopedLive(`are restored for files by every kind of download: ${name}`, () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const folder = yield* folderOf()
        const contents = { small: fromString(small), large: fromBytes(large), larger: fromBytes(larger) }
        for (const [text, seconds] of times) {
          for (const [object, body] of Object.entries(contents)) {
            const segments = object === "larger" ? { segmentSize: 1024 * 1024, segmentThreshold: 1024 * 1024 } : {}
            yield* files.upload({ container: "c", object, body, metadata: { mtime: text }, ...segments })
            for (const options of [{}, { resume: true }, { parallelThreshold: 1 }]) {
              // The first few files do not use the worker thread of LocalFileSystem.
              const path = join(folder, object)
              yield* files.downloadToFile({ container: "c", object, path, ...options })
              assert.closeTo(secondsOf(path), seconds, 0.001, `${object} ${text} ${JSON.stringify(options)}`)
            }
          }
          yield* runFolder(files.downloadFolder({ container: "c", folder, include: ["small", "large", "larger"] }))
          for (const object of Object.keys(contents)) {
            assert.closeTo(secondsOf(join(folder, object)), seconds, 0.001, `downloadFolder: ${object} ${text}`)
          }
          const again = yield* runFolder(files.sync({ container: "c", folder, direction: "download" }))
          assert.deepStrictEqual([again.done, again.skipped], [0, 3])
        }
      }).pipe(Effect.provide(Layer.fresh(Layer.merge(TestCloud.layer(), system))))
    )

    it.scopedLive(`are ignored if a file cannot have them: ${name}`, () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const folder = yield* folderOf()
        for (const mtime of ["1e300", "-1e300", "Infinity", "9999999999999999", "yesterday", "NaN"]) {
          for (const [object, body] of Object.entries({ small: fromString(small), large: fromBytes(large) })) {
            yield* files.upload({ container: "c", object, body, metadata: { mtime } })
            yield* files.downloadToFile({ container: "c", object, path: join(folder, object) })
            assert.closeTo(secondsOf(join(folder, object)), Date.now() / 1000, 60)
          }
          yield* runFolder(files.downloadFolder({ container: "c", folder }))
          const again = yield* runFolder(files.sync({ container: "c", folder, direction: "download" }))
          assert.deepStrictEqual([again.done, again.skipped], [0, 2], mtime)
        }
      }).pipe(Effect.provide(Layer.fresh(Layer.merge(TestCloud.layer(), system))))
    )

    it.scopedLive(`that the file system cannot store do not cause further downloads: ${name}`, () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const folder = yield* folderOf()
        for (const mtime of ["99999999999.5", "-99999999999.5"]) {
          yield* files.upload({ container: "c", object: "large", body: fromBytes(large), metadata: { mtime } })
          yield* runFolder(files.downloadFolder({ container: "c", folder }))
          const again = yield* runFolder(files.sync({ container: "c", folder, direction: "download" }))
          assert.deepStrictEqual([again.done, again.skipped], [0, 1], mtime)
        }
      }).pipe(Effect.provide(Layer.fresh(Layer.merge(TestCloud.layer(), system))))
    )
  }

  it.scopedLive("before 1970 are uploaded, in archives and separately", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const names = Array.from({ length: 64 }, (_, index) => `${index}.txt`)
      const folder = yield* folderOf(
        Object.fromEntries([...names, "large"].map((path) => [path, path === "large" ? large : path])),
        new Date(-86_400_500)
      )
      yield* runFolder(files.uploadFolder({ container: "c", folder }))
      for (const object of [...names, "large"]) {
        const stored = yield* emulated.files.getObject("c", object)
        assert.strictEqual(Number(stored?.metadata["mtime"]), -86_400.5, object)
      }
    }).pipe(Effect.provide(Layer.fresh(Layer.merge(TestCloud.layer(), NodeFileSystem.layer))))
  )

  for (const archives of ["auto", "always"] as const) {
    for (const prefix of [undefined, "p/q"]) {
      const where = prefix === undefined ? "" : " under a prefix"
      it.scopedLive(`are kept on a cloud that ignores those in archives: archives ${archives}${where}`, () =>
        Effect.gen(function* () {
          const { emulated, files } = yield* prepared
          const total = archives === "auto" && prefix === undefined ? 1100 : 70
          const names = Array.from({ length: total }, (_, index) => `${index}${index % 10 === 0 ? "ä" : ""}.txt`)
          const folder = yield* folderOf(Object.fromEntries(names.map((path) => [path, path])), 1e9)
          const target = { container: "c", folder, prefix, archives }
          const [first, second] = [
            yield* runFolder(files.uploadFolder(target)),
            yield* runFolder(files.sync({ ...target, direction: "upload", compare: "sizeAndTime" }))
          ]
          assert.deepStrictEqual([first.done, first.archived, second.done], [total, 0, 0])
          for (const name of names) {
            const object = prefix === undefined ? name : `${prefix}/${name}`
            assert.strictEqual(Number((yield* emulated.files.getObject("c", object))?.metadata["mtime"]), 1e9, object)
          }
          const sent = yield* requestsOf("files")
          const count = sent.filter(({ target }) => target.includes("extract-archive")).length
          // An empty archive, which tests the support, and those that are sent concurrently.
          assert.isAtMost(count, 4, "no further archive is sent once this is known")
        }).pipe(
          Effect.provide(
            Layer.fresh(Layer.merge(TestCloud.layer({ cloud: { files: { dialect: "ceph" } } }), NodeFileSystem.layer))
          )
        )
      )
    }
  }
})
