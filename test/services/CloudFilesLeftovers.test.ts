import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { contentOf, folderOf } from "../support/folder.js"

const cloud = Layer.fresh(Layer.merge(TestCloud.layer(), NodeFileSystem.layer))

const uuid = "0b1f7c1e-6d8a-4c58-9a33-3b7a3f1a5c11"
const hash = "d41d8cd98f00b204e9800998ecf8427e"
const left = [`.${uuid}.part`, `.o.${uuid}.part`, `.other name.tar.gz.${uuid}.part`]
const others = [
  `.o.${hash}.old`,
  `.o.${uuid}`,
  `o.${uuid}.part`,
  `${uuid}.part`,
  `.o.${uuid}.part.bak`,
  ".o.part",
  ".movie.part",
  ".o.00000000-0000-0000-0000-000000000000.part"
]
const kept = [`.o.${hash}.part`, `.o.${hash}.parts.part`]
const old = new Date(Date.now() - 25 * 3_600_000)

/** A folder with part files older than a day, and with similar files. */
const folderWithLeftovers = Effect.gen(function* () {
  const emulated = yield* TestCloud.TestCloud
  yield* emulated.files.putObject("c", "o", "content")
  yield* emulated.files.putObject("c", "sub/o", "content")
  const folder = yield* folderOf({})
  mkdirSync(join(folder, "sub"))
  for (const where of [folder, join(folder, "sub")]) {
    for (const name of [...left, ...others, ...kept, "target"]) {
      writeFileSync(join(where, name), name)
      utimesSync(join(where, name), old, old)
    }
    writeFileSync(join(where, `.young.${uuid}.part`), "in use")
    mkdirSync(join(where, `.folder.${uuid}.part`))
    utimesSync(join(where, `.folder.${uuid}.part`), old, old)
    symlinkSync("target", join(where, `.link.${uuid}.part`))
  }
  return folder
})

const stays = [...others, "target", `.young.${uuid}.part`, `.folder.${uuid}.part`, `.link.${uuid}.part`]

describe("part files that a killed process left more than a day ago", () => {
  it.scopedLive("are removed from the folders to which a download writes, and other files are kept", () =>
    Effect.gen(function* () {
      const folder = yield* folderWithLeftovers
      const files = yield* CloudFiles.CloudFiles
      yield* CloudFiles.runFolder(files.downloadFolder({ folder, container: "c" }))
      assert.sameMembers(readdirSync(folder), [...stays, ...kept, "o", "sub"])
      assert.sameMembers(readdirSync(join(folder, "sub")), [...stays, ...kept, "o"])
      assert.strictEqual((yield* contentOf(folder))["o"], "content")
    }).pipe(Effect.provide(cloud))
  )

  for (const resume of [false, true]) {
    it.scopedLive(`are removed when an object is downloaded to their folder, resume ${resume}`, () =>
      Effect.gen(function* () {
        const folder = yield* folderWithLeftovers
        const files = yield* CloudFiles.CloudFiles
        yield* files.downloadToFile({ container: "c", object: "o", path: join(folder, "o"), resume })
        // Only a download with resume removes the content of other versions, which no later download can use.
        assert.sameMembers(readdirSync(folder), [...stays, ...(resume ? [] : kept), "o", "sub"])
        assert.include(readdirSync(join(folder, "sub")), left[0])
      }).pipe(Effect.provide(cloud))
    )
  }
})
