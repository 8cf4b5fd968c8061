import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, layer as onLayer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { CloudFiles } from "effect-rackspace"
import { readFile, stat, utimes, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { bytesOf, inPieces, md5, patterned } from "../support.js"
import { folderOf } from "../support/folder.js"
import { Cloud, type Services } from "./Cloud.js"
import { container, namesIn } from "./support.js"

const { fromBytes, fromFile, fromStream } = CloudFiles

/** Some clouds quote the ETag of a large object. */
const unquoted = (etag: string | undefined): string | undefined => etag?.replaceAll('"', "")

const cut = { segmentThreshold: 100_000, segmentSize: 100_000 }

/** The contract of large objects, for any cloud. */
export const largeObjects = <E>(cloud: Layer.Layer<Services, E>): void =>
  onLayer(Layer.merge(cloud, NodeFileSystem.layer), { excludeTestServices: true, timeout: "60 seconds" })((it) => {
    describe("large objects", () => {
      for (const largeObject of ["static", "dynamic"] as const) {
        it.scoped(`a file becomes a ${largeObject} one, is read, copied, moved, and deleted with its segments`, () =>
          Effect.gen(function* () {
            const files = yield* CloudFiles.CloudFiles
            const name = yield* container()
            const bytes = patterned(450_000)
            const directory = yield* folderOf()
            const path = join(directory, "source")
            yield* Effect.promise(() => writeFile(path, bytes))
            yield* Effect.promise(() => utimes(path, 1_000_000_000, 1_000_000_000))
            const address = { container: name, object: "größe/a b%" }
            const upload = files.upload({
              ...address,
              ...cut,
              body: fromFile(path),
              largeObject,
              metadata: { a: "ü" },
              storeModified: true,
              resume: true
            })
            const first = yield* upload
            assert.deepStrictEqual([first.segments, first.bytes, first.reused], [5, 450_000, 0])
            assert.strictEqual((yield* upload).reused, 5)
            const info = yield* files.getObjectInfo(address)
            assert.deepStrictEqual([info.bytes, unquoted(info.etag)], [450_000, unquoted(first.etag)])
            assert.strictEqual(md5(yield* bytesOf(files.download(address))), md5(bytes))

            const target = join(directory, "target")
            const got = yield* files.downloadToFile({ ...address, path: target, parallelThreshold: 1 })
            assert.isTrue(got.verified)
            assert.strictEqual(md5(yield* Effect.promise(() => readFile(target))), md5(bytes))
            assert.strictEqual((yield* Effect.promise(() => stat(target))).mtimeMs, 1_000_000_000_000)

            const copy = { container: name, object: "copy" }
            assert.strictEqual((yield* files.copy({ ...copy, source: address })).segments, 5)
            const shared = { container: name, object: "shared" }
            yield* files.copy({ ...shared, source: copy, segments: "share" })
            assert.strictEqual((yield* files.deleteLargeObject(address)).deleted, 6)
            assert.strictEqual(md5(yield* bytesOf(files.download(copy))), md5(bytes))
            assert.strictEqual(md5(yield* bytesOf(files.download(shared))), md5(bytes))
            assert.strictEqual((yield* files.getObjectInfo(shared)).metadata["a"], "ü")
            yield* files.deleteObject(shared)
            const moved = { container: name, object: "moved" }
            yield* files.move({ ...moved, source: copy })
            assert.strictEqual(md5(yield* bytesOf(files.download(moved))), md5(bytes))
            assert.strictEqual((yield* files.deleteLargeObject(moved)).deleted, 6)
            assert.deepStrictEqual([yield* namesIn(name), yield* namesIn(`${name}_segments`)], [[], []])
          })
        )

        it.scoped(`a ${largeObject} one that is overwritten leaves none of its segments`, () =>
          Effect.gen(function* () {
            const files = yield* CloudFiles.CloudFiles
            const name = yield* container()
            const address = { container: name, object: "o" }
            yield* files.upload({ ...address, ...cut, body: fromBytes(patterned(350_000)), largeObject })
            const body = fromStream(inPieces(patterned(250_000), 10_000))
            const { leftSegments } = yield* files.upload({ ...address, segmentSize: 100_000, body })
            assert.isUndefined(leftSegments)
            assert.lengthOf(yield* namesIn(`${name}_segments`), 3)
            assert.strictEqual(md5(yield* bytesOf(files.download(address))), md5(patterned(250_000)))
          })
        )
      }

      it.scoped("a dynamic one may have a name that begins with slashes", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          const bytes = patterned(250_000)
          for (const object of ["/a/film", "//film", "/a?b&c=d%"]) {
            const address = { container: name, object }
            yield* files.upload({ ...address, ...cut, body: fromBytes(bytes), largeObject: "dynamic" })
            const moved = { container: name, object: `${object} moved` }
            yield* files.move({ ...moved, source: address })
            assert.strictEqual(md5(yield* bytesOf(files.download(moved))), md5(bytes))
            yield* files.deleteLargeObject(moved)
            const parts = `${object}.parts/`
            yield* files.upload({ container: name, object: `${parts}1`, body: CloudFiles.fromString("part") })
            yield* files.putDynamicManifest({ ...address, segments: { container: name, prefix: parts } })
            assert.strictEqual((yield* bytesOf(files.download(address))).byteLength, 4)
            yield* files.deleteLargeObject(address)
          }
          assert.deepStrictEqual([yield* namesIn(name), yield* namesIn(`${name}_segments`)], [[], []])
        })
      )

      it.scoped("a manifest whose ETag does not match its segments is rejected, and nothing is stored", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          yield* files.upload({ container: name, object: "a", body: CloudFiles.fromString("content") })
          const manifest = {
            container: name,
            object: "m",
            segments: [{ path: `/${name}/a`, etag: md5("content"), bytes: 7 }]
          }
          const refused = yield* Effect.flip(files.putManifest({ ...manifest, etag: md5("another") }))
          assert.strictEqual(refused._tag, "Unprocessable")
          assert.deepStrictEqual(yield* namesIn(name), ["a"])
          yield* files.putManifest({ ...manifest, etag: md5(md5("content")) })
          assert.isTrue((yield* files.getObjectInfo({ container: name, object: "m" })).isStaticLargeObject)
        })
      )

      it.scoped("nested manifests are read, in ranges too, verified, copied and deleted", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          const put = (object: string, text: string) =>
            files.upload({ container: name, object, body: CloudFiles.fromString(text) })
          const entry = (object: string, etag: string, bytes: number) => ({
            path: `/${name}/${object}`,
            etag: etag.replaceAll('"', ""),
            bytes
          })
          const parts = yield* Effect.forEach(["a", "b", "c"], (object) => put(object, `${object}-content`))
          const [a, b, c] = ["a", "b", "c"].map((object, index) => entry(object, parts[index]?.etag ?? "", 9))
          if (a === undefined || b === undefined || c === undefined) return
          const below = yield* files.putManifest({ container: name, object: "below", segments: [a, b] })
          const address = { container: name, object: "whole" }
          const whole = yield* files.putManifest({ ...address, segments: [entry("below", below.etag ?? "", 18), c] })
          assert.strictEqual(unquoted(whole.etag), md5(`${unquoted(below.etag)}${c.etag}`))
          assert.deepStrictEqual(
            (yield* files.getManifest(address)).map(({ bytes, isManifest }) => [bytes, isManifest]),
            [
              [18, true],
              [9, false]
            ]
          )
          const text = "a-contentb-contentc-content"
          const read = (range?: CloudFiles.ByteRange) =>
            Effect.map(bytesOf(files.download({ ...address, range })), (bytes) => Buffer.from(bytes).toString())
          assert.strictEqual(yield* read(), text)
          assert.strictEqual(yield* read({ offset: 7, length: 13 }), text.slice(7, 20))
          const copy = { container: name, object: "copy" }
          assert.strictEqual((yield* files.copy({ ...copy, source: address })).segments, 3)
          assert.strictEqual((yield* files.deleteLargeObject(address)).deleted, 5)
          assert.strictEqual(Buffer.from(yield* bytesOf(files.download(copy))).toString(), text)
          assert.strictEqual((yield* files.deleteLargeObject(copy)).deleted, 4)
        })
      )

      it.scoped("the error for a manifest names the segments, and a replaced manifest is not read further", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          const address = { container: name, object: "o" }
          const { etag } = yield* files.upload({ ...address, ...cut, body: fromBytes(patterned(250_000)) })
          const refused = yield* Effect.flip(
            files.putManifest({
              container: name,
              object: "m",
              segments: [{ path: `/${name}/none`, etag: md5("x"), bytes: 1 }]
            })
          )
          const { explainsRefusals } = yield* Cloud
          const details = explainsRefusals ? `/${name}/none 404 Not Found` : undefined
          assert.deepStrictEqual(refused._tag === "BadRequest" ? [refused.details] : [], [details])
          yield* files.upload({ ...address, ...cut, body: fromBytes(patterned(150_000)) })
          const error = yield* Effect.flip(bytesOf(files.download({ ...address, ifMatch: etag })))
          assert.strictEqual(error._tag, "PreconditionFailed")
        })
      )
    })
  })
