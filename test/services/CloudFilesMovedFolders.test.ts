import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { execFileSync } from "node:child_process"
import { existsSync, linkSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as LocalFileSystem from "../../src/LocalFileSystem.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { collected, md5, patterned } from "../support.js"
import { contentOf, folderOf } from "../support/folder.js"

const cloud = Layer.fresh(Layer.merge(TestCloud.layer(), NodeFileSystem.layer))

const quickCloud = Layer.fresh(
  Layer.merge(TestCloud.layer(), LocalFileSystem.layer.pipe(Layer.provide(NodeFileSystem.layer)))
)

/** Ways to replace the folder to which a download writes by a link: to another folder, or to the moved folder itself. */
const swaps = {
  "a link to another folder": (folder: string, moved: string, outside: string) => {
    renameSync(folder, moved)
    symlinkSync(outside, folder)
  },
  "a link to the moved folder": (folder: string, moved: string) => {
    renameSync(folder, moved)
    symlinkSync(moved, folder)
  }
}

describe("a folder that becomes a symbolic link during a download", () => {
  for (const [what, files] of [
    ["small files", Array.from({ length: 60 }, () => 10)],
    ["large files", Array.from({ length: 8 }, () => 300_000)]
  ] as const) {
    for (const [how, swap] of Object.entries(swaps)) {
      for (const [which, at] of [
        ["the folder itself", ""],
        ["a subfolder", "a/b"]
      ] as const) {
        for (const [by, layer] of [
          ["the platform", cloud],
          ["a thread", quickCloud]
        ] as const) {
          for (const method of ["downloadFolder", "sync"] as const) {
            // The thread writes small files only.
            if (by === "a thread" && what === "large files") continue
            it.scopedLive(`gets no further files: ${what}, ${which} becomes ${how}, written by ${by}, ${method}`, () =>
              Effect.gen(function* () {
                const emulated = yield* TestCloud.TestCloud
                const { downloadFolder, sync } = yield* CloudFiles.CloudFiles
                for (const [index, size] of files.entries()) {
                  yield* emulated.files.putObject("c", `a/b/${String(index).padStart(3, "0")}`, patterned(size))
                }
                const around = yield* folderOf({ "outside/mine": "untouched" })
                const folder = join(around, "folder")
                const moved = join(around, "moved")
                const options = { folder, container: "c", concurrency: 2 }
                let done = 0
                let failed = 0
                const transfer =
                  method === "sync" ? sync({ ...options, direction: "download" }) : downloadFolder(options)
                yield* Stream.runForEach(transfer, (event) =>
                  Effect.sync(() => {
                    if (event._tag === "Done" && ++done === 3) swap(join(folder, at), moved, join(around, "outside"))
                    if (event._tag === "Failed") {
                      failed++
                      assert.strictEqual(event.error._tag, "SystemError")
                    }
                  })
                )
                assert.strictEqual(done + failed, files.length)
                assert.isAbove(failed, 0)
                assert.deepStrictEqual(yield* contentOf(join(around, "outside")), { mine: "untouched" })
                const there = Object.keys(yield* contentOf(moved)).filter((name) => !name.endsWith(".part"))
                assert.lengthOf(there, done)
              }).pipe(Effect.provide(layer))
            )
          }
        }
      }
    }
  }

  it.scopedLive("loses no files of the link's target when files are deleted", () =>
    Effect.gen(function* () {
      const { createContainer, sync } = yield* CloudFiles.CloudFiles
      yield* createContainer({ container: "c" })
      const names = Array.from({ length: 50 }, (_, index) => `sub/${index}`)
      const folder = yield* folderOf(Object.fromEntries(names.map((name) => [name, "old"])))
      const outside = yield* folderOf(Object.fromEntries(names.map((name) => [name, "untouched"])))
      const around = yield* folderOf({})
      const fs = yield* FileSystem.FileSystem
      let removed = 0
      const swapping: FileSystem.FileSystem = {
        ...fs,
        remove: (path, options) =>
          Effect.tap(fs.remove(path, options), () => {
            if (++removed === 3)
              swaps["a link to another folder"](join(folder, "sub"), join(around, "moved"), join(outside, "sub"))
          })
      }
      const events = yield* collected(sync({ folder, container: "c", direction: "download", delete: true })).pipe(
        Effect.provideService(FileSystem.FileSystem, swapping)
      )
      assert.lengthOf(
        events.filter(({ _tag }) => _tag === "Deleted"),
        3
      )
      assert.lengthOf(
        events.filter(({ _tag }) => _tag === "Failed"),
        47
      )
      assert.lengthOf(Object.keys(yield* contentOf(outside)), 50)
    }).pipe(Effect.provide(cloud))
  )
})

describe("a resumed download", () => {
  const content = patterned(300_000)
  const begun = content.subarray(0, 100_000)
  const obstacles = {
    "a symbolic link to a file": (part: string, victim: string) => symlinkSync(victim, part),
    "a symbolic link to nothing": (part: string, victim: string) => symlinkSync(`${victim}-new`, part),
    "a hard link to another file": (part: string, victim: string) => linkSync(victim, part),
    "a named pipe": (part: string) => execFileSync("mkfifo", [part])
  }
  for (const [what, make] of Object.entries(obstacles)) {
    for (const [layout, mark] of [
      ["in one part", ""],
      ["in parts", ".parts"]
    ] as const) {
      it.scopedLive(`fails and writes nothing if ${what} has the part file's name: ${layout}`, () =>
        Effect.gen(function* () {
          const emulated = yield* TestCloud.TestCloud
          const files = yield* CloudFiles.CloudFiles
          yield* files.createContainer({ container: "c" })
          const large = layout === "in parts"
          const body = CloudFiles.fromBytes(content)
          if (large)
            yield* files.upload({
              container: "c",
              object: "o",
              body,
              segmentSize: 100_000,
              segmentThreshold: 1,
              largeObject: "static"
            })
          else yield* emulated.files.putObject("c", "o", content)
          const info = yield* files.getObjectInfo({ container: "c", object: "o" })
          const folder = yield* folderOf({})
          const outside = yield* folderOf({ victim: begun })
          const victim = join(outside, "victim")
          make(join(folder, `.o.${(info.etag ?? "").replaceAll('"', "")}${mark}.part`), victim)
          const path = join(folder, "o")
          const error = yield* Effect.flip(files.downloadToFile({ container: "c", object: "o", path, resume: true }))
          assert.strictEqual(error._tag, "SystemError")
          assert.isFalse(existsSync(path))
          assert.isFalse(existsSync(`${victim}-new`))
          assert.strictEqual(md5(readFileSync(victim)), md5(begun))
        }).pipe(Effect.provide(cloud))
      )
    }
  }

  it.scopedLive("continues from its own part file", () =>
    Effect.gen(function* () {
      const emulated = yield* TestCloud.TestCloud
      const files = yield* CloudFiles.CloudFiles
      yield* emulated.files.putObject("c", "o", content)
      const folder = yield* folderOf({})
      writeFileSync(join(folder, `.o.${md5(content)}.part`), begun)
      const path = join(folder, "o")
      const { resumed } = yield* files.downloadToFile({ container: "c", object: "o", path, resume: true })
      assert.strictEqual(resumed, 100_000)
      assert.strictEqual(md5(readFileSync(path)), md5(content))
    }).pipe(Effect.provide(cloud))
  )
})
