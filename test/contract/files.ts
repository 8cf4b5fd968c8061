import { assert, describe, layer as onLayer } from "@effect/vitest"
import { DateTime, Duration, Effect, type Layer, Stream } from "effect"
import { CloudFiles } from "effect-rackspace"
import { inPieces, md5, patterned } from "../support.js"
import { Cloud, freshName, rawFiles, type Services } from "./Cloud.js"
import { container, failure, namesOf, put, read } from "./support.js"

const { fromBytes, fromStream, fromString } = CloudFiles

const byBytes = (names: ReadonlyArray<string>) =>
  names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))

const odd: ReadonlyArray<string> = [
  " ",
  "a b",
  " leading and trailing ",
  "a//b",
  "/leading",
  "trailing/",
  "a/b/c",
  "%",
  "%41",
  "100%25",
  "a?b=c&d#e",
  "a+b",
  "a;b,c",
  "tab\there",
  "line\nbreak",
  "quote\"'`",
  "<b>&amp;</b>",
  "\\back\\slash",
  "..hidden",
  "größe/straße",
  "日本語",
  "🚀/🧑‍🚀",
  "e\u0301 and \u00e9",
  "~tilde-_.!*'()",
  "x".repeat(1024)
]

/** The contract of Cloud Files, for any cloud. */
export const files = <E>(cloud: Layer.Layer<Services, E>): void =>
  onLayer(cloud, { excludeTestServices: true, timeout: "60 seconds" })((it) => {
    describe("containers", () => {
      it.scoped("one is created once, keeps its metadata, and is changed key by key", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          assert.deepStrictEqual(yield* files.createContainer({ container: name, metadata: { Color: "größer" } }), {
            created: false
          })
          yield* files.updateContainer({ container: name, metadata: { Shape: "round" } })
          assert.deepStrictEqual((yield* files.getContainer({ container: name })).metadata, {
            color: "größer",
            shape: "round"
          })
          yield* files.updateContainer({ container: name, remove: ["color"] })
          assert.deepStrictEqual((yield* files.getContainer({ container: name })).metadata, { shape: "round" })
        })
      )

      it.scoped("one that is not empty is not deleted; a missing one is NotFound", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          yield* put(name, "o")
          assert.strictEqual(yield* failure(files.deleteContainer({ container: name })), "Conflict")
          const missing = freshName("missing")
          assert.strictEqual(yield* failure(files.deleteContainer({ container: missing })), "NotFound")
          assert.strictEqual(yield* failure(files.getContainer({ container: missing })), "NotFound")
          assert.strictEqual(
            yield* failure(files.updateContainer({ container: missing, metadata: { a: "b" } })),
            "NotFound"
          )
          assert.strictEqual(yield* failure(Stream.runDrain(files.listObjects({ container: missing }))), "NotFound")
          assert.strictEqual(yield* failure(put(missing, "o")), "NotFound")
        })
      )

      it.scoped("are listed in order over several pages, between markers and by prefix", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const prefix = freshName("listed ü")
          const names = ["a", "b b", "c", "d", "é"].map((end) => `${prefix}-${end}`)
          yield* Effect.forEach(names, (name) =>
            Effect.acquireRelease(files.createContainer({ container: name }), () =>
              Effect.orDie(files.deleteContainer({ container: name }))
            )
          )
          assert.deepStrictEqual(yield* namesOf(files.listContainers({ prefix, pageSize: 2 })), names)
          assert.deepStrictEqual(
            yield* namesOf(files.listContainers({ marker: names[0], endMarker: names[3], pageSize: 1 })),
            names.slice(1, 3)
          )
        })
      )

      it.scoped("a quota of bytes or of objects is enforced", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          yield* files.updateContainer({ container: name, metadata: { "Quota-Bytes": "10" } })
          yield* put(name, "small", "x".repeat(10))
          const other = yield* container()
          yield* files.updateContainer({ container: other, metadata: { "Quota-Bytes": "10" } })
          assert.strictEqual(yield* failure(put(other, "large", "x".repeat(11))), "QuotaExceeded")
          yield* files.updateContainer({ container: other, metadata: { "Quota-Count": "0" }, remove: ["Quota-Bytes"] })
          assert.strictEqual(yield* failure(put(other, "one")), "QuotaExceeded")
        })
      )
    })

    describe("symbolic links", () => {
      it.scoped("one is created, read as its target or as a link, listed, copied, changed and deleted as a link", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          const target = { container: name, object: "größe/a b" }
          const link = { container: name, object: "link" }
          yield* files.upload({ ...target, body: fromString("target"), metadata: { of: "target" } })
          yield* files.createSymlink({ ...link, target, metadata: { of: "link" } })
          assert.strictEqual(yield* read(name, "link"), "target")
          assert.deepStrictEqual((yield* files.getObjectInfo(link)).metadata, { of: "target" })
          const own = yield* files.getObjectInfo({ ...link, symlink: "link" })
          assert.deepStrictEqual([own.symlinkTarget, own.metadata, own.bytes], [target, { of: "link" }, 0])
          const listed = yield* Stream.runCollect(files.listObjects({ container: name, prefix: "link" }))
          assert.match([...listed][0]?.symlinkPath ?? "", /^\/v1\/[^/]+\/.+\/gr%C3%B6%C3%9Fe\/a%20b$/)

          const copy = { container: name, object: "copy" }
          yield* files.copy({ ...copy, source: link })
          assert.deepStrictEqual((yield* files.getObjectInfo({ ...copy, symlink: "link" })).symlinkTarget, target)
          yield* files.updateObjectMetadata({ ...copy, metadata: { more: "yes" }, symlink: "link" })
          const changed = yield* files.getObjectInfo({ ...copy, symlink: "link" })
          assert.deepStrictEqual([changed.symlinkTarget, changed.metadata], [target, { of: "link", more: "yes" }])

          yield* files.deleteObject(link)
          yield* files.deleteLargeObject(copy)
          assert.deepStrictEqual(yield* namesOf(files.listObjects({ container: name })), [target.object])
        })
      )

      it.scoped("one to a version of its target fails with Conflict once the target has another version", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          const target = { container: name, object: "target" }
          yield* put(name, "target", "first")
          const link = { container: name, object: "link" }
          assert.strictEqual(
            yield* failure(files.createSymlink({ ...link, target: { ...target, etag: md5("other") } })),
            "Conflict"
          )
          yield* files.createSymlink({ ...link, target: { ...target, etag: md5("first") } })
          assert.strictEqual(yield* read(name, "link"), "first")
          yield* put(name, "target", "second")
          assert.isTrue((yield* Effect.exit(read(name, "link")))._tag === "Failure")
        })
      )
    })

    describe("objects", () => {
      it.scoped("any name is stored unchanged, and listed in byte order", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          yield* Effect.forEach(odd, (object) => put(name, object), { concurrency: 8 })
          assert.deepStrictEqual(yield* namesOf(files.listObjects({ container: name })), byBytes(odd))
          assert.deepStrictEqual(yield* namesOf(files.listObjects({ container: name, pageSize: 4 })), byBytes(odd))
          const contents = yield* Effect.forEach(odd, (object) => read(name, object), { concurrency: 8 })
          assert.deepStrictEqual(contents, odd)
          yield* Effect.forEach(odd, (object) => files.deleteObject({ container: name, object }), { concurrency: 8 })
          assert.deepStrictEqual(yield* namesOf(files.listObjects({ container: name })), [])
        })
      )

      it.scoped("metadata of any text is stored unchanged; an update keeps other entries, a replacement does not", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          const address = { container: name, object: "o" }
          const metadata = { plain: "value", unicode: "größe 日本 🚀", percent: "100% of %41", spaced: " in  side " }
          yield* files.upload({
            ...address,
            body: fromString("x"),
            contentType: "text/x-test; charset=utf-8",
            contentEncoding: "identity",
            contentDisposition: 'attachment; filename="o"',
            metadata
          })
          const first = yield* files.getObjectInfo(address)
          assert.deepStrictEqual(first.metadata, metadata)
          assert.strictEqual(first.contentType, "text/x-test; charset=utf-8")
          assert.strictEqual(first.contentDisposition, 'attachment; filename="o"')
          yield* files.updateObjectMetadata({ ...address, metadata: { more: "yes" }, remove: ["plain"] })
          const second = yield* files.getObjectInfo(address)
          assert.deepStrictEqual(second.metadata, {
            unicode: metadata.unicode,
            percent: metadata.percent,
            spaced: metadata.spaced,
            more: "yes"
          })
          assert.strictEqual(second.contentDisposition, 'attachment; filename="o"')
          yield* files.replaceObjectMetadata({ ...address, metadata: { only: "this" } })
          const third = yield* files.getObjectInfo(address)
          assert.deepStrictEqual(third.metadata, { only: "this" })
          assert.isUndefined(third.contentDisposition)
          assert.strictEqual(third.contentType, "text/x-test; charset=utf-8")
          assert.strictEqual(
            yield* failure(files.replaceObjectMetadata({ container: name, object: "none", metadata: {} })),
            "NotFound"
          )
        })
      )

      it.scoped("content, even empty, is stored unchanged, with its MD5", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          const bytes = patterned(300_000)
          const stored = yield* files.upload({ container: name, object: "bytes", body: fromBytes(bytes) })
          assert.deepStrictEqual([stored.etag, stored.bytes, stored.segments], [md5(bytes), 300_000, 0])
          const info = yield* files.getObjectInfo({ container: name, object: "bytes" })
          assert.deepStrictEqual([info.bytes, CloudFiles.md5Of(info)], [300_000, md5(bytes)])
          const back = yield* Stream.runCollect(files.download({ container: name, object: "bytes" }))
          assert.strictEqual(md5(Buffer.concat([...back])), md5(bytes))
          yield* put(name, "empty", "")
          assert.strictEqual(yield* read(name, "empty"), "")
          assert.strictEqual((yield* files.getObjectInfo({ container: name, object: "empty" })).bytes, 0)
        })
      )

      it.scoped("a range is the requested part; one beyond the end is not satisfiable", () =>
        Effect.gen(function* () {
          const name = yield* container()
          yield* put(name, "o", "0123456789")
          assert.strictEqual(yield* read(name, "o", { offset: 2, length: 3 }), "234")
          assert.strictEqual(yield* read(name, "o", { offset: 7 }), "789")
          assert.strictEqual(yield* read(name, "o", { offset: 7, length: 100 }), "789")
          assert.strictEqual(yield* read(name, "o", { last: 4 }), "6789")
          assert.strictEqual(yield* read(name, "o", { last: 40 }), "0123456789")
          assert.strictEqual(yield* failure(read(name, "o", { offset: 10 })), "RangeNotSatisfiable")
        })
      )

      it.scoped("conditions are respected", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          const address = { container: name, object: "o" }
          const { etag } = yield* put(name, "o", "first")
          assert.strictEqual(
            yield* failure(files.upload({ ...address, body: fromString("second"), createOnly: true })),
            "PreconditionFailed"
          )
          yield* files.upload({ container: name, object: "new", body: fromString("n"), createOnly: true })
          const matching = yield* Effect.scoped(files.getObject({ ...address, ifMatch: etag }))
          assert.strictEqual(matching.head.etag, etag)
          assert.strictEqual(
            yield* failure(Effect.scoped(files.getObject({ ...address, ifMatch: md5("second") }))),
            "PreconditionFailed"
          )
          const since = (header: string, value: string) =>
            Effect.map(
              rawFiles({ method: "GET", path: `/${name}/o`, headers: { [header]: value } }),
              ({ status }) => status
            )
          const tomorrow = new Date(Date.now() + 86_400_000).toUTCString()
          const yesterday = new Date(Date.now() - 86_400_000).toUTCString()
          assert.deepStrictEqual(
            [
              yield* since("if-none-match", etag),
              yield* since("if-none-match", "*"),
              yield* since("if-modified-since", yesterday),
              yield* since("if-modified-since", tomorrow),
              yield* since("if-unmodified-since", yesterday),
              yield* since("if-unmodified-since", tomorrow)
            ],
            [304, 304, 200, 304, 412, 200]
          )
        })
      )

      it.scoped("content that does not match the given MD5 is rejected", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          const content = CloudFiles.content(new TextEncoder().encode("content"))
          assert.strictEqual(
            yield* failure(files.putObject({ container: name, object: "o", content, md5: md5("other") })),
            "Unprocessable"
          )
          assert.strictEqual(
            yield* failure(
              files.upload({ container: name, object: "o", body: fromString("content"), md5: md5("other") })
            ),
            "ChecksumMismatch"
          )
          assert.strictEqual(yield* failure(files.getObjectInfo({ container: name, object: "o" })), "NotFound")
        })
      )

      it.scoped("a copy has the source's content and metadata, merged or replaced", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          const other = yield* container()
          const source = { container: name, object: "größe/a b%" }
          yield* files.upload({
            ...source,
            body: fromString("content"),
            contentType: "text/x-a",
            metadata: { a: "1", b: "2" }
          })
          yield* files.copyObject({ container: other, object: "c?", source, metadata: { b: "3" } })
          const copied = yield* files.getObjectInfo({ container: other, object: "c?" })
          assert.deepStrictEqual([copied.metadata, copied.contentType], [{ a: "1", b: "3" }, "text/x-a"])
          assert.strictEqual(yield* read(other, "c?"), "content")
          yield* files.copyObject({ container: other, object: "d", source, freshMetadata: true, metadata: { e: "5" } })
          assert.deepStrictEqual((yield* files.getObjectInfo({ container: other, object: "d" })).metadata, { e: "5" })
          const missing = { container: name, object: "none" }
          assert.strictEqual(
            yield* failure(files.copyObject({ container: other, object: "e", source: missing })),
            "NotFound"
          )
          const copy = yield* rawFiles({
            method: "COPY",
            path: `/${name}/gr%C3%B6%C3%9Fe/a%20b%25`,
            headers: { destination: `/${other}/by%20COPY` }
          })
          assert.strictEqual(copy.status, 201)
          assert.strictEqual(yield* read(other, "by COPY"), "content")
        })
      )

      it.scoped("one with an expiry returns it, and is gone afterwards", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          const address = { container: name, object: "o" }
          yield* files.upload({ ...address, body: fromString("x"), deleteAfter: Duration.seconds(2) })
          const { deleteAt } = yield* files.getObjectInfo(address)
          const ahead = (deleteAt === undefined ? 0 : DateTime.toEpochMillis(deleteAt)) - Date.now()
          assert.isTrue(ahead > -1000 && ahead <= 3000, `in ${ahead} ms`)
          yield* Effect.sleep("3500 millis")
          assert.strictEqual(yield* failure(files.getObjectInfo(address)), "NotFound")
          assert.strictEqual(
            yield* failure(
              files.upload({ ...address, body: fromString("x"), deleteAt: DateTime.unsafeMake("2020-01-01T00:00:00Z") })
            ),
            "BadRequest"
          )
        })
      )

      it.scoped("a missing one is NotFound in every operation", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          const address = { container: name, object: "none" }
          assert.strictEqual(yield* failure(files.getObjectInfo(address)), "NotFound")
          assert.strictEqual(yield* failure(files.deleteObject(address)), "NotFound")
          assert.strictEqual(yield* failure(Stream.runDrain(files.download(address))), "NotFound")
          assert.strictEqual(yield* failure(files.updateObjectMetadata({ ...address, metadata: {} })), "NotFound")
        })
      )
    })

    describe("listings of objects", () => {
      it.scoped("are returned page by page, between markers, by prefix and by level", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          const names = byBytes(["a", "b/", "b/1", "b/2", "b/c/3", "d", "e&f/1", "é/1", "z"])
          yield* Effect.forEach(names, (object) => put(name, object), { concurrency: 4 })
          const at = { container: name }
          for (const pageSize of [1, 2, 3, 9, 10]) {
            assert.deepStrictEqual(yield* namesOf(files.listObjects({ ...at, pageSize })), names)
          }
          assert.deepStrictEqual(
            yield* namesOf(files.listObjects({ ...at, marker: "b/1", endMarker: "d", pageSize: 1 })),
            ["b/2", "b/c/3"]
          )
          assert.deepStrictEqual(yield* namesOf(files.listObjects({ ...at, prefix: "b/" })), [
            "b/",
            "b/1",
            "b/2",
            "b/c/3"
          ])
          assert.deepStrictEqual(yield* namesOf(files.listLevel({ ...at, pageSize: 1 })), [
            "a",
            "b/",
            "d",
            "e&f/",
            "z",
            "é/"
          ])
          assert.deepStrictEqual(yield* namesOf(files.listLevel({ ...at, prefix: "b/", pageSize: 2 })), [
            "b/",
            "b/1",
            "b/2",
            "b/c/"
          ])
          assert.deepStrictEqual(yield* namesOf(files.listLevel({ ...at, prefix: "e", delimiter: "&" })), ["e&"])
        })
      )

      it.scoped("contain size, MD5, type and time; a limit that is too large is rejected", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const { listingLimit } = yield* Cloud
          const name = yield* container()
          yield* put(name, "o.txt", "content")
          const [entry] = yield* files.listObjectsPage({ container: name })
          assert.isTrue(entry !== undefined && "hash" in entry)
          if (entry === undefined || !("hash" in entry)) return
          assert.deepStrictEqual([entry.bytes, entry.hash], [7, md5("content")])
          assert.isBelow(Math.abs((entry.lastModified?.epochMillis ?? 0) - Date.now()), 60_000)
          yield* files.listObjectsPage({ container: name, limit: listingLimit })
          assert.strictEqual(
            yield* failure(files.listObjectsPage({ container: name, limit: listingLimit + 1 })),
            "PreconditionFailed"
          )
        })
      )
    })

    describe("large objects", () => {
      it.scoped(
        "a one-shot stream longer than a segment becomes one, is read like any object, and deleted with its segments",
        () =>
          Effect.gen(function* () {
            const files = yield* CloudFiles.CloudFiles
            const name = yield* container()
            const bytes = patterned(2_500_000)
            const stored = yield* files.upload({
              container: name,
              object: "größe",
              body: fromStream(inPieces(bytes, 64 * 1024)),
              segmentSize: 1_048_576
            })
            assert.deepStrictEqual([stored.segments, stored.md5, stored.bytes], [3, md5(bytes), 2_500_000])
            const info = yield* files.getObjectInfo({ container: name, object: "größe" })
            assert.deepStrictEqual([info.isStaticLargeObject, info.bytes, info.etag], [true, 2_500_000, stored.etag])
            const back = yield* Stream.runCollect(files.download({ container: name, object: "größe" }))
            assert.strictEqual(md5(Buffer.concat([...back])), md5(bytes))
            const part = yield* Stream.runCollect(
              files.download({ container: name, object: "größe", range: { offset: 1_048_570, length: 20 } })
            )
            assert.deepStrictEqual(Buffer.concat([...part]), Buffer.from(bytes.subarray(1_048_570, 1_048_590)))
            const { deleted } = yield* files.deleteLargeObject({ container: name, object: "größe" })
            assert.strictEqual(deleted, 4)
            assert.deepStrictEqual(yield* namesOf(files.listObjects({ container: `${name}_segments` })), [])
          })
      )

      it.scoped("a manifest with a missing or different segment is rejected", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          yield* put(name, "segment", "content")
          const manifest = (path: string, etag: string, bytes: number) =>
            failure(files.putManifest({ container: name, object: "m", segments: [{ path, etag, bytes }] }))
          assert.strictEqual(yield* manifest(`/${name}/none`, md5("content"), 7), "BadRequest")
          assert.strictEqual(yield* manifest(`/${name}/segment`, md5("other"), 7), "BadRequest")
          assert.strictEqual(yield* manifest(`/${name}/segment`, md5("content"), 8), "BadRequest")
          assert.strictEqual(yield* failure(files.getObjectInfo({ container: name, object: "m" })), "NotFound")
        })
      )

      it.scoped("a dynamic one consists of the objects under its prefix", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          yield* put(name, "parts/1", "one ")
          yield* put(name, "parts/2", "two")
          const made = yield* rawFiles({
            method: "PUT",
            path: `/${name}/whole`,
            headers: { "x-object-manifest": `${name}/parts/` },
            body: ""
          })
          assert.strictEqual(made.status, 201)
          assert.strictEqual(yield* read(name, "whole"), "one two")
          const info = yield* files.getObjectInfo({ container: name, object: "whole" })
          assert.deepStrictEqual([info.bytes, info.manifest], [7, `${name}/parts/`])
          assert.isUndefined(CloudFiles.md5Of(info))
        })
      )
    })

    describe("versions", () => {
      it.scoped(
        "an overwritten object is kept in the container of versions, and restored when its successor is deleted",
        () =>
          Effect.gen(function* () {
            const files = yield* CloudFiles.CloudFiles
            const versions = yield* container()
            const name = yield* container()
            const kept = yield* rawFiles({
              method: "POST",
              path: `/${name}`,
              headers: { "x-versions-location": versions }
            })
            assert.strictEqual(kept.status, 204)
            yield* put(name, "o", "first")
            yield* put(name, "o", "second")
            const [version] = yield* namesOf(files.listObjects({ container: versions }))
            assert.match(version ?? "", /^001o\/\d+\.\d+$/)
            assert.strictEqual(yield* read(versions, version ?? ""), "first")
            yield* files.deleteObject({ container: name, object: "o" })
            assert.strictEqual(yield* read(name, "o"), "first")
            assert.deepStrictEqual(yield* namesOf(files.listObjects({ container: versions })), [])
          })
      )
    })

    describe("the account", () => {
      it.scoped("counts its content, and keeps metadata key by key", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          yield* put(name, "o", "content")
          const key = freshName("key").toLowerCase()
          yield* files.updateAccount({ metadata: { [key]: "größe" } })
          const account = yield* files.getAccount()
          assert.strictEqual(account.metadata[key], "größe")
          assert.isAtLeast(account.containerCount ?? 0, 1)
          yield* files.updateAccount({ remove: [key] })
          assert.isUndefined((yield* files.getAccount()).metadata[key])
        })
      )
    })
  })
