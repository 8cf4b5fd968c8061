import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { clients, listeningCloud, textOf } from "../support.js"

const objects: ReadonlyArray<string> = [
  "plain",
  "a b",
  " lead and trail ",
  "a+b",
  "100%",
  "%41",
  "%2F",
  "%2e%2e/x",
  "a?b=c",
  "a#b",
  "a&b;c=d,e:f@g",
  "$!*'()~[]{}|\\^`\"<>",
  ".",
  "..",
  "./y",
  "../x",
  "../../../etc/passwd",
  "a/../b",
  "a/./b",
  "a/..",
  "a/.",
  ".../...",
  "/lead",
  "//lead",
  "trail/",
  "trail//",
  "a//b",
  "a/b",
  "/",
  "//",
  "é",
  "e\u0301",
  "Ä/ö/ü",
  "日本語/ファイル",
  "🎉/👩‍👩‍👧",
  "line\nbreak\r\nand\ttab",
  "\u0001\u007f\u0085\u200b\ufeff\ufffd",
  "http://example.com/x?y#z",
  "c:\\dir\\file",
  "x".repeat(1024),
  "ü".repeat(512),
  `${"☃".repeat(341)}x`
]

const containers: ReadonlyArray<string> = [
  "plain",
  "a b",
  "100%",
  "%2F",
  "a?b#c&d+e;f",
  "...",
  ".hidden",
  "é",
  "e\u0301",
  "日本 🎉",
  "new\nline",
  "ü".repeat(128)
]

/** Asserts that every operation on an object affects the object with exactly this name. */
const assertExactName = (container: string, object: string) =>
  Effect.gen(function* () {
    const files = yield* CloudFiles.CloudFiles
    const cloud = yield* TestCloud.TestCloud
    const text = `content of ${JSON.stringify(object)}`
    yield* files.upload({ container, object, body: CloudFiles.fromString(text), metadata: { name: "first" } })
    assert.deepStrictEqual(yield* cloud.files.objects(container), [object])
    assert.strictEqual(yield* textOf(files.download({ container, object })), text)
    assert.deepStrictEqual((yield* files.getObjectInfo({ container, object })).metadata, { name: "first" })
    yield* files.updateObjectMetadata({ container, object, metadata: { more: "second" } })
    assert.deepStrictEqual((yield* files.getObjectInfo({ container, object })).metadata, {
      name: "first",
      more: "second"
    })
    yield* files.copyObject({ container: "copies", object, source: { container, object } })
    assert.strictEqual(yield* textOf(files.download({ container: "copies", object })), text)
    const listed = yield* Stream.runCollect(files.listObjects({ container }))
    assert.deepStrictEqual(
      Chunk.toReadonlyArray(listed).map(({ name }) => name),
      [object]
    )
    const level = yield* Stream.runCollect(files.listObjects({ container, prefix: object }))
    assert.strictEqual(Chunk.size(level), 1)
    yield* files.deleteObject({ container, object })
    assert.deepStrictEqual(yield* cloud.files.objects(container), [])
    yield* files.deleteObject({ container: "copies", object })
    assert.deepStrictEqual(yield* cloud.files.objects("copies"), [])
  })

const allNames = Effect.gen(function* () {
  const files = yield* CloudFiles.CloudFiles
  const cloud = yield* TestCloud.TestCloud
  yield* files.createContainer({ container: "copies" })
  yield* files.createContainer({ container: "c" })
  for (const object of objects) yield* assertExactName("c", object)
  for (const container of containers) {
    yield* files.createContainer({ container })
    assert.isTrue((yield* cloud.files.containers).some(({ name }) => name === container))
    yield* files.getContainer({ container })
    yield* assertExactName(container, "a/../b %?#")
    yield* files.deleteContainer({ container })
  }
  assert.deepStrictEqual(
    (yield* cloud.files.containers).map(({ name }) => name),
    ["c", "copies"]
  )
})

/** Stores all names together, so that confused names are detected. */
const allTogether = Effect.gen(function* () {
  const files = yield* CloudFiles.CloudFiles
  yield* files.createContainer({ container: "c" })
  for (const object of objects) yield* files.upload({ container: "c", object, body: CloudFiles.fromString(object) })
  const listed = yield* Stream.runCollect(files.listObjects({ container: "c", pageSize: 3 }))
  const found = Chunk.toReadonlyArray(listed).map(({ name }) => name)
  assert.deepStrictEqual(new Set(found), new Set(objects))
  assert.strictEqual(found.length, objects.length)
  for (const object of objects) {
    assert.strictEqual(yield* textOf(files.download({ container: "c", object })), object)
  }
})

describe("CloudFiles: names in the same process", () => {
  it.effect("identify exactly one object and one container", () => Effect.provide(allNames, TestCloud.layer()))

  it.effect("are not confused with each other", () => Effect.provide(allTogether, TestCloud.layer()))

  const alphabet = FastCheck.oneof(
    FastCheck.constantFrom("/", ".", "..", "%", "?", "#", "+", "&", " ", "%2F", "%2e", "\n", "\\", ":", "é", "e\u0301"),
    FastCheck.fullUnicodeString({ minLength: 1, maxLength: 3 })
  )

  const Name = Schema.String.annotations({
    arbitrary: () => () =>
      FastCheck.array(alphabet, { minLength: 1, maxLength: 12 })
        .map((parts) => parts.join(""))
        .filter((name) => !name.includes("\u0000") && Buffer.byteLength(name) <= 1024)
  })

  it.effect.prop(
    "may be any string",
    [Arbitrary.make(Name)],
    ([object]) =>
      Effect.gen(function* () {
        const files = yield* CloudFiles.CloudFiles
        yield* files.createContainer({ container: "c" })
        yield* files.createContainer({ container: "copies" })
        yield* assertExactName("c", object)
      }).pipe(Effect.provide(TestCloud.layer())),
    { fastCheck: { numRuns: 100 } }
  )
})

for (const [name, http] of clients) {
  describe(`CloudFiles: names over ${name}`, () => {
    it.scopedLive("identify exactly one object and one container", () => Effect.provide(allNames, listeningCloud(http)))

    it.scopedLive("are not confused with each other", () => Effect.provide(allTogether, listeningCloud(http)))
  })
}
