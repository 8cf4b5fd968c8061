import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as LocalFileSystem from "../../src/LocalFileSystem.js"
import * as RetryPolicy from "../../src/RetryPolicy.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { collected } from "../support.js"
import { forget, once } from "../support/cloudFiles.js"
import { folderOf } from "../support/folder.js"

const cloud = TestCloud.layer({ retry: RetryPolicy.never })

const textOf = <E, R>(content: Stream.Stream<Uint8Array, E, R>) =>
  Effect.map(collected(content), (pieces) => Buffer.concat(pieces).toString())

/** A container that keeps versions with IDs: three of `o`, two of `o2`, and a deletion marker of `gone`. */
const versioned = Effect.gen(function* () {
  const files = yield* CloudFiles.CloudFiles
  const put = (object: string, text: string) =>
    files.upload({ container: "v", object, body: CloudFiles.fromString(text) })
  yield* files.createContainer({ container: "v" })
  yield* put("before", "unversioned")
  yield* files.updateContainer({ container: "v", versionsEnabled: true })
  for (const text of ["one", "two", "three"]) yield* put("o", text)
  for (const text of ["a", "b"]) yield* put("o2", text)
  yield* put("gone", "x")
  yield* files.deleteObject({ container: "v", object: "gone" })
  yield* forget
  const list = (object: string) => collected(files.listVersions({ container: "v", object }))
  return { files, list, put }
})

describe("versions with IDs", () => {
  it.effect("are listed over several pages, the newest first", () =>
    Effect.gen(function* () {
      const { files, list } = yield* versioned
      assert.isTrue((yield* files.getContainer({ container: "v" })).versionsEnabled)
      const found = yield* list("o")
      assert.deepStrictEqual(
        found.map(({ bytes, isCurrent, isDeleted }) => [bytes, isCurrent, isDeleted]),
        [
          [5, true, false],
          [3, false, false],
          [3, false, false]
        ]
      )
      assert.lengthOf(new Set(found.map(({ versionId }) => versionId)), 3)
      const paged = yield* collected(files.listVersions({ container: "v", object: "o", pageSize: 1 }))
      assert.deepStrictEqual(paged, found)
      assert.deepStrictEqual(
        (yield* list("gone")).map(({ isCurrent, isDeleted }) => [isCurrent, isDeleted]),
        [
          [true, true],
          [false, false]
        ]
      )
      assert.deepStrictEqual(
        (yield* list("before")).map(({ versionId }) => versionId),
        ["null"]
      )
    }).pipe(Effect.provide(cloud))
  )

  for (const [name, system] of [
    ["NodeFileSystem", NodeFileSystem.layer],
    ["LocalFileSystem", Layer.provideMerge(LocalFileSystem.layer, NodeFileSystem.layer)]
  ] as const) {
    it.scoped(`are downloaded to a file by ${name}`, () =>
      Effect.gen(function* () {
        const { files, list } = yield* versioned
        const path = join(yield* folderOf(), "o")
        for (const [index, { versionId }] of (yield* list("o")).entries()) {
          yield* files.downloadToFile({ container: "v", object: "o", versionId, path })
          assert.strictEqual(readFileSync(path, "utf8"), ["three", "two", "one"][index])
        }
      }).pipe(Effect.provide(Layer.merge(cloud, system)))
    )
  }

  it.effect("are read, restored, deleted and purged", () =>
    Effect.gen(function* () {
      const { files, list } = yield* versioned
      const [newest, second, oldest] = yield* list("o")
      if (newest === undefined || second === undefined || oldest === undefined) return assert.fail("three versions")
      assert.strictEqual(yield* textOf(files.downloadVersion(oldest)), "one")
      const { versionId } = second
      assert.strictEqual(yield* textOf(files.download({ container: "v", object: "o", versionId })), "two")
      assert.strictEqual((yield* files.getObjectInfo({ container: "v", object: "o", versionId })).bytes, 3)

      yield* files.restoreVersion(oldest)
      assert.strictEqual(yield* textOf(files.download({ container: "v", object: "o" })), "one")

      yield* files.deleteVersion(second)
      assert.strictEqual((yield* Effect.flip(textOf(files.downloadVersion(second))))._tag, "NotFound")
      assert.strictEqual((yield* Effect.flip(files.deleteVersion(second)))._tag, "NotFound")
      assert.lengthOf(yield* list("o"), 2)

      assert.strictEqual(yield* files.purgeVersions({ container: "v", object: "o" }), 1)
      assert.deepStrictEqual(
        (yield* list("o")).map(({ isCurrent }) => isCurrent),
        [true]
      )
      assert.strictEqual(yield* textOf(files.download({ container: "v", object: "o" })), "one")
      assert.lengthOf(yield* list("o2"), 2)
    }).pipe(Effect.provide(cloud))
  )

  for (const pageSize of [1, 100]) {
    it.effect(
      `mark the current one after a deletion and a restoration, and purging keeps it (pages of ${pageSize})`,
      () =>
        Effect.gen(function* () {
          const { files, list } = yield* versioned
          const address = { container: "v", object: "o" }
          const oldest = (yield* list("o")).at(-1)
          if (oldest === undefined) return assert.fail("a version")
          yield* files.deleteObject(address)
          yield* files.restoreVersion(oldest)
          const found = yield* collected(files.listVersions({ ...address, pageSize }))
          assert.deepStrictEqual(
            found.map(({ bytes, isCurrent }) => [bytes, isCurrent]),
            [
              [0, false],
              [5, false],
              [3, false],
              [3, true]
            ]
          )
          assert.strictEqual(yield* files.purgeVersions(address), 3)
          assert.strictEqual(yield* textOf(files.download(address)), "one")
        }).pipe(Effect.provide(cloud))
    )
  }

  it.effect("are not read or restored if they are deletion markers or no version is given", () =>
    Effect.gen(function* () {
      const { files, list } = yield* versioned
      const [mark] = yield* list("gone")
      if (mark === undefined) return assert.fail("a mark")
      const nothing = { container: "v", object: "o" }
      for (const refused of [
        files.restoreVersion(mark),
        textOf(files.downloadVersion(mark)),
        files.restoreVersion(nothing),
        files.deleteVersion(nothing),
        textOf(files.downloadVersion(nothing))
      ] as ReadonlyArray<Effect.Effect<unknown, { readonly _tag: string }>>) {
        assert.strictEqual((yield* Effect.flip(refused))._tag, "InvalidInput")
      }
      yield* files.deleteVersion(mark)
      assert.lengthOf(yield* list("gone"), 1)
    }).pipe(Effect.provide(cloud))
  )

  for (const [when, before] of [
    ["keeps them now", undefined],
    ["has kept them before", { container: "v", versionsEnabled: false }]
  ] as const) {
    it.live(`are deleted with a container that ${when}`, () =>
      Effect.gen(function* () {
        const { files } = yield* versioned
        if (before !== undefined) yield* files.updateContainer(before)
        const started = Date.now()
        yield* files.deleteContainerWithContents({ container: "v" })
        assert.isBelow(Date.now() - started, 5000)
        assert.strictEqual((yield* Effect.flip(files.getContainer({ container: "v" })))._tag, "NotFound")
      }).pipe(Effect.provide(cloud))
    )
  }

  it.live("make a container's deletion fail immediately if the cloud does not allow it", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const emulated = yield* TestCloud.TestCloud
      yield* files.createContainer({ container: "v" })
      yield* emulated.fail({
        match: { method: "DELETE", path: /\/v(\?|$)/ },
        times: Infinity,
        fault: { _tag: "Status", status: 409, body: "Delete all versions before deleting container." }
      })
      const started = Date.now()
      const error = yield* Effect.flip(files.deleteContainerWithContents({ container: "v" }))
      assert.strictEqual(error._tag, "Conflict")
      assert.isBelow(Date.now() - started, 5000)
    }).pipe(Effect.provide(cloud))
  )
})

describe("versions in another container", () => {
  it.effect("are found with any precision of their times, and with the name's length in bytes or characters", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const emulated = yield* TestCloud.TestCloud
      yield* files.createContainer({ container: "old" })
      yield* files.createContainer({ container: "c", versionsLocation: "old" })
      const object = "größe☃"
      const bytes = Buffer.byteLength(object).toString(16).padStart(3, "0")
      const characters = [...object].length.toString(16).padStart(3, "0")
      const names = ["1491815180", "1491815181.1", "1491815182.12345", "1491815183.123456", "1491815184.123456789"]
      const archived = [
        ...names.map((stamp) => `${bytes}${object}/${stamp}`),
        `${characters}${object}/1491815185.12345`
      ]
      for (const name of archived) yield* emulated.files.putObject("old", name, name)
      yield* emulated.files.putObject("old", `${bytes}${object}/1491815182.12345/other`, "no version")
      const found = yield* collected(files.listVersions({ container: "c", object }))
      assert.deepStrictEqual(
        found.map(({ archive }) => archive?.object),
        archived
      )
      assert.strictEqual(found[3]?.written?.epochMillis, 1_491_815_183_123)
      const [oldest] = found
      if (oldest === undefined) return assert.fail("a version")
      assert.strictEqual(yield* textOf(files.downloadVersion(oldest)), archived[0])
      yield* files.restoreVersion(oldest)
      assert.strictEqual(yield* textOf(files.download({ container: "c", object })), archived[0])
      yield* files.deleteVersion(oldest)
      assert.lengthOf(yield* collected(files.listVersions({ container: "c", object })), 5)
      assert.strictEqual(yield* files.purgeVersions({ container: "c", object }), 5)
    }).pipe(Effect.provide(cloud))
  )

  it.live("are not restored while their container is deleted, and are kept", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const emulated = yield* TestCloud.TestCloud
      yield* files.createContainer({ container: "old" })
      yield* files.createContainer({ container: "c", versionsLocation: "old" })
      for (let version = 0; version < 12; version++) {
        yield* files.upload({ container: "c", object: "o", body: CloudFiles.fromString(`${version}`) })
      }
      const started = Date.now()
      yield* files.deleteContainerWithContents({ container: "c" })
      assert.isBelow(Date.now() - started, 5000)
      assert.lengthOf(yield* emulated.files.objects("old"), 11)
    }).pipe(Effect.provide(cloud))
  )
})

describe("a container whose old versions are kept in another one", () => {
  it.effect("keeps that setting if emptying it fails when the setting is suspended", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const emulated = yield* TestCloud.TestCloud
      yield* files.createContainer({ container: "old" })
      yield* files.createContainer({ container: "c", versionsLocation: "old" })
      yield* files.upload({ container: "c", object: "o", body: CloudFiles.fromString("kept") })
      yield* emulated.fail({ match: { method: "POST", service: "files" }, fault: { _tag: "LoseResponse" } })
      const error = yield* Effect.flip(once(files.emptyContainer({ container: "c" })))
      assert.strictEqual(error._tag, "TransportError")
      assert.strictEqual((yield* files.getContainer({ container: "c" })).versionsLocation, "old")
      assert.strictEqual(yield* textOf(files.download({ container: "c", object: "o" })), "kept")
    }).pipe(Effect.provide(cloud))
  )
})

describe("containers", () => {
  it.effect("are listed by level with a delimiter", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      for (const container of ["logs-a-1", "logs-a-2", "logs-b", "logs", "other"]) {
        yield* files.createContainer({ container })
      }
      for (const pageSize of [undefined, 1]) {
        const found = yield* collected(files.listContainers({ prefix: "logs-", delimiter: "-", pageSize }))
        assert.deepStrictEqual(
          found.map((one) => ("subdir" in one ? one.subdir : one.name)),
          ["logs-a-", "logs-b"]
        )
      }
      const all = yield* collected(files.listContainers({ prefix: "logs" }))
      assert.deepStrictEqual(
        all.map(({ name }) => name),
        ["logs", "logs-a-1", "logs-a-2", "logs-b"]
      )
    }).pipe(Effect.provide(cloud))
  )
})
