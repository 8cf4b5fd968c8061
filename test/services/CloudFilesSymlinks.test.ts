import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { md5, requestsOf } from "../support.js"
import { everything } from "../support/cloudFiles.js"

const cloud = TestCloud.layer()

const content = "0123456789".repeat(3)
const target = { container: "data", object: "target" }
const link = { container: "links", object: "link" }

/** A target of each kind in one container, and a link to it in another. */
const linked = (kind: "plain" | "static" | "dynamic") =>
  Effect.gen(function* () {
    const files = yield* CloudFiles.CloudFiles
    yield* files.createContainer({ container: "data" })
    yield* files.createContainer({ container: "links" })
    yield* files.upload({
      ...target,
      body: CloudFiles.fromString(content),
      metadata: { of: "target" },
      ...(kind !== "plain" && { segmentSize: 10, segmentThreshold: 10, largeObject: kind })
    })
    yield* files.createSymlink({ ...link, target, metadata: { of: "link" } })
    return files
  })

const read = (address: { readonly container: string; readonly object: string }) =>
  Effect.flatMap(CloudFiles.CloudFiles, (files) => Stream.mkString(Stream.decodeText(files.download(address))))

const listed = (container: string) =>
  Effect.flatMap(CloudFiles.CloudFiles, (files) =>
    Effect.map(Stream.runCollect(files.listObjects({ container })), Chunk.toReadonlyArray)
  )

const isGone = (address: { readonly container: string; readonly object: string }) =>
  Effect.flatMap(CloudFiles.CloudFiles, (files) =>
    Effect.map(Effect.flip(files.getObjectInfo({ ...address, symlink: "link" })), ({ _tag }) => _tag === "NotFound")
  )

describe("CloudFiles: symbolic links", () => {
  it.effect("one is read as its target, or as a link on request", () =>
    Effect.gen(function* () {
      const files = yield* linked("plain")
      assert.strictEqual(yield* read(link), content)
      const through = yield* files.getObjectInfo(link)
      assert.deepStrictEqual(through.metadata, { of: "target" })
      assert.match(through.contentLocation ?? "", /^\/v1\/[^/]+\/data\/target$/)
      assert.isUndefined(through.symlinkTarget)
      const own = yield* files.getObjectInfo({ ...link, symlink: "link" })
      assert.deepStrictEqual(own.symlinkTarget, target)
      assert.deepStrictEqual(own.metadata, { of: "link" })
      assert.strictEqual(own.bytes, 0)
      assert.strictEqual(own.contentType, "application/symlink")
    }).pipe(Effect.provide(cloud))
  )

  it.effect("a target may have any name", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const odd = { container: "größe 1", object: "a b/%41/日本 ?#&=" }
      yield* files.createContainer({ container: odd.container })
      yield* files.createContainer({ container: "links" })
      yield* files.upload({ ...odd, body: CloudFiles.fromString("odd") })
      yield* files.createSymlink({ ...link, target: odd })
      assert.strictEqual(yield* read(link), "odd")
      assert.deepStrictEqual((yield* files.getObjectInfo({ ...link, symlink: "link" })).symlinkTarget, odd)
    }).pipe(Effect.provide(cloud))
  )

  it.effect("a listing contains the targets", () =>
    Effect.gen(function* () {
      const files = yield* linked("plain")
      yield* files.createSymlink({ ...link, object: "static", target: { ...target, etag: md5(content) } })
      const [first, second] = yield* listed("links")
      assert.match(first?.symlinkPath ?? "", /^\/v1\/[^/]+\/data\/target$/)
      assert.isUndefined(first?.symlinkEtag)
      assert.strictEqual(second?.symlinkEtag, md5(content))
      assert.strictEqual(second?.symlinkBytes, content.length)
      assert.strictEqual(second?.bytes, 0)
      const [plain] = yield* listed("data")
      assert.isUndefined(plain?.symlinkPath)
    }).pipe(Effect.provide(cloud))
  )

  it.effect("a link with an ETag requires the target to have that ETag, when it is created and read", () =>
    Effect.gen(function* () {
      const files = yield* linked("plain")
      const to = (etag: string) => files.createSymlink({ ...link, target: { ...target, etag } })
      assert.strictEqual((yield* Effect.flip(to(md5("other"))))._tag, "Conflict")
      yield* to(md5(content))
      assert.strictEqual(yield* read(link), content)
      yield* files.upload({ ...target, body: CloudFiles.fromString("changed") })
      assert.isTrue("_tag" in (yield* Effect.flip(read(link))))
    }).pipe(Effect.provide(cloud))
  )

  for (const kind of ["plain", "static", "dynamic"] as const) {
    describe(`to a ${kind === "plain" ? "plain" : `${kind} large`} object`, () => {
      const isUntouched = Effect.gen(function* () {
        assert.strictEqual(yield* read(target), content)
        const { metadata } = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) => files.getObjectInfo(target))
        assert.deepStrictEqual(metadata, { of: "target" })
      })

      it.effect("deleting it does not affect the target", () =>
        Effect.gen(function* () {
          const files = yield* linked(kind)
          yield* files.deleteLargeObject(link)
          assert.isTrue(yield* isGone(link))
          yield* isUntouched
          yield* files.createSymlink({ ...link, target })
          yield* files.deleteObject(link)
          yield* files.createSymlink({ ...link, target })
          yield* files.bulkDelete({ objects: [link] })
          assert.isTrue(yield* isGone(link))
          yield* isUntouched
        }).pipe(Effect.provide(cloud))
      )

      it.effect("emptying or deleting its container with all segments does not affect the target", () =>
        Effect.gen(function* () {
          const files = yield* linked(kind)
          yield* files.emptyContainer({ container: "links", segments: true })
          assert.isTrue(yield* isGone(link))
          yield* files.createSymlink({ ...link, target })
          yield* files.deleteContainerWithContents({ container: "links", segments: true })
          yield* isUntouched
        }).pipe(Effect.provide(cloud))
      )

      it.effect("moving it moves the link with its own metadata", () =>
        Effect.gen(function* () {
          const files = yield* linked(kind)
          const moved = { container: "data", object: "moved" }
          yield* files.move({ ...moved, source: link })
          assert.isTrue(yield* isGone(link))
          const own = yield* files.getObjectInfo({ ...moved, symlink: "link" })
          assert.deepStrictEqual(own.symlinkTarget, target)
          assert.deepStrictEqual(own.metadata, { of: "link" })
          assert.strictEqual(own.contentType, "application/symlink")
          yield* isUntouched
        }).pipe(Effect.provide(cloud))
      )

      it.effect("copying it copies the link, or the content of the target on request", () =>
        Effect.gen(function* () {
          const files = yield* linked(kind)
          const copy = { container: "links", object: "copy" }
          yield* files.copy({ ...copy, source: link, metadata: { more: "yes" } })
          const own = yield* files.getObjectInfo({ ...copy, symlink: "link" })
          assert.deepStrictEqual(own.symlinkTarget, target)
          assert.deepStrictEqual(own.metadata, { of: "link", more: "yes" })
          yield* files.copy({ ...copy, source: link, symlink: "target" })
          assert.isUndefined((yield* files.getObjectInfo({ ...copy, symlink: "link" })).symlinkTarget)
          assert.strictEqual(yield* read(copy), content)
          yield* isUntouched
        }).pipe(Effect.provide(cloud))
      )

      it.effect("an upload or a copy to its name replaces only the link", () =>
        Effect.gen(function* () {
          const files = yield* linked(kind)
          yield* files.upload({ ...link, body: CloudFiles.fromString("new"), oldSegments: "delete" })
          assert.strictEqual(yield* read(link), "new")
          yield* isUntouched
          yield* files.createSymlink({ ...link, target })
          yield* files.upload({ container: "links", object: "other", body: CloudFiles.fromString("other") })
          yield* files.copy({ ...link, source: { container: "links", object: "other" } })
          assert.strictEqual(yield* read(link), "other")
          yield* isUntouched
        }).pipe(Effect.provide(cloud))
      )

      it.effect("overwriting it with a large object keeps the segments of a target with the same name", () =>
        Effect.gen(function* () {
          const files = yield* linked(kind)
          const same = { container: "links", object: "target" }
          yield* files.createSymlink({ ...same, target })
          yield* files.upload({
            ...same,
            body: CloudFiles.fromString("a".repeat(25)),
            segmentContainer: "data_segments",
            segmentSize: 10,
            segmentThreshold: 10
          })
          assert.strictEqual(yield* read(same), "a".repeat(25))
          yield* isUntouched
        }).pipe(Effect.provide(cloud))
      )

      it.effect("changing its metadata fails, and the error says that it is a link", () =>
        Effect.gen(function* () {
          const files = yield* linked(kind)
          const error = yield* Effect.flip(files.updateObjectMetadata({ ...link, metadata: { a: "1" } }))
          assert.strictEqual(error._tag, "InvalidInput")
          assert.include(error.message, "is a symbolic link")
          yield* isUntouched
          assert.deepStrictEqual((yield* files.getObjectInfo({ ...link, symlink: "link" })).metadata, { of: "link" })
        }).pipe(Effect.provide(cloud))
      )

      it.effect("changing its metadata changes the link or the target on request", () =>
        Effect.gen(function* () {
          const files = yield* linked(kind)
          yield* files.updateObjectMetadata({ ...link, metadata: { a: "1" }, symlink: "link" })
          assert.deepStrictEqual((yield* files.getObjectInfo({ ...link, symlink: "link" })).metadata, {
            of: "link",
            a: "1"
          })
          yield* isUntouched
          yield* files.updateObjectMetadata({ ...link, metadata: { a: "2" }, symlink: "target" })
          assert.deepStrictEqual((yield* files.getObjectInfo(target)).metadata, { of: "target", a: "2" })
          assert.strictEqual(yield* read(target), content)
        }).pipe(Effect.provide(cloud))
      )
    })
  }

  it.effect("one cannot replace its own target", () =>
    Effect.gen(function* () {
      const files = yield* linked("plain")
      assert.strictEqual((yield* Effect.flip(files.copy({ ...target, source: link })))._tag, "InvalidInput")
      assert.strictEqual((yield* Effect.flip(files.move({ ...target, source: link })))._tag, "InvalidInput")
      assert.strictEqual(yield* read(target), content)
      assert.strictEqual(yield* read(link), content)
    }).pipe(Effect.provide(cloud))
  )

  it.effect("one without a target can be deleted, moved and read as a link", () =>
    Effect.gen(function* () {
      const files = yield* linked("plain")
      yield* files.deleteObject(target)
      assert.strictEqual((yield* Effect.flip(files.getObjectInfo(link)))._tag, "NotFound")
      yield* files.move({ ...link, object: "moved", source: link })
      yield* files.deleteLargeObject({ ...link, object: "moved" })
      assert.deepStrictEqual(yield* everything, [])
    }).pipe(Effect.provide(cloud))
  )

  it.effect("a target without a name is rejected before any request", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const error = yield* Effect.flip(files.createSymlink({ ...link, target: { container: "data", object: "" } }))
      assert.strictEqual(error._tag, "InvalidInput")
      assert.deepStrictEqual(yield* requestsOf("files"), [])
    }).pipe(Effect.provide(cloud))
  )

  it.effect("the cloud's support is tested once, without leaving objects", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({ container: "links" })
      yield* files.createSymlink({ ...link, target })
      yield* files.createSymlink({ ...link, object: "second", target })
      assert.deepStrictEqual(yield* everything, ["links/link", "links/second"])
      const asked = (yield* requestsOf("files")).filter(({ target }) => target.includes("/.symlink-"))
      assert.deepStrictEqual(
        asked.map(({ method }) => method),
        ["PUT", "HEAD", "DELETE"]
      )
    }).pipe(Effect.provide(cloud))
  )

  it.effect("a cloud without them causes a typed error, and an existing object is kept", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({ container: "links" })
      yield* files.upload({ ...link, body: CloudFiles.fromString("old") })
      for (const object of ["link", "free", "link"]) {
        const error = yield* Effect.flip(files.createSymlink({ ...link, object, target }))
        assert.strictEqual(error._tag, "InvalidInput")
        assert.include(error.message, "this cloud does not support them")
      }
      assert.strictEqual(yield* read(link), "old")
      assert.deepStrictEqual(yield* everything, ["links/link"])
    }).pipe(Effect.provide(TestCloud.layer({ cloud: { files: { symlinks: false } } })))
  )

  it.effect("the test is skipped if /info lists them", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({ container: "links" })
      yield* files.createSymlink({ ...link, target })
      assert.isTrue((yield* requestsOf("files")).every(({ target }) => !target.includes("/.symlink-")))
      assert.deepStrictEqual((yield* files.getObjectInfo({ ...link, symlink: "link" })).symlinkTarget, target)
    }).pipe(Effect.provide(TestCloud.layer({ cloud: { files: { discoverable: true } } })))
  )
})
