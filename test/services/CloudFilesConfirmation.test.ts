import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { md5, patterned, requestsOf, textOf } from "../support.js"
import { object, once, prepared, put } from "../support/cloudFiles.js"

const cloud = Layer.merge(TestCloud.layer({ cloud: { files: { discoverable: true } } }), NodeFileSystem.layer)

const page = "<html><body>Please log in to the wireless network</body></html>"

/** Responses to a PUT that stored nothing. */
const responses = {
  "201 without ETag": { status: 201 },
  "201 with a page": { status: 201, headers: { "content-type": "text/html" }, body: page },
  "201 with another MD5": { status: 201, headers: { etag: "00000000000000000000000000000000" } },
  "201 with an ETag that is not an MD5": { status: 201, headers: { etag: '"5d-abc"' } },
  "200 with a page": { status: 200, headers: { "content-type": "text/html" }, body: page },
  "202": { status: 202 },
  "204": { status: 204 }
} as const

const segments = { segmentSize: 1000, segmentThreshold: 1000 }
const source = { container: "c", object: "source" }

const sources = {
  "a plain object": () => put(source.object, "content"),
  "a static large object": () => large("static"),
  "a dynamic large object": () => large("dynamic"),
  "a symbolic link": () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* put("target", "content")
      yield* files.createSymlink({ ...source, target: { container: "c", object: "target" } })
    })
}

const large = (largeObject: "static" | "dynamic") =>
  Effect.flatMap(CloudFiles.CloudFiles, (files) =>
    files.upload({ ...source, ...segments, largeObject, body: CloudFiles.fromBytes(patterned(2500)) })
  )

describe("a PUT response without a confirmation of the content", () => {
  for (const [what, response] of Object.entries(responses)) {
    const failing = Effect.flatMap(TestCloud.TestCloud, (emulated) =>
      emulated.fail({
        match: { service: "files", method: "PUT", path: /\/c\/o(\?.*)?$/ },
        times: Infinity,
        fault: { _tag: "Status", ...response }
      })
    )
    const refused = (effect: Effect.Effect<unknown, { readonly _tag: string }>) =>
      Effect.gen(function* () {
        yield* failing
        assert.include(["MalformedResponse", "ChecksumMismatch"], (yield* Effect.flip(once(effect)))._tag)
      })

    for (const [kind, store] of Object.entries(sources)) {
      for (const operation of ["copy", "move"] as const) {
        for (const mode of ["copy", "share"] as const) {
          it.effect(`fails the ${operation} of ${kind}, and keeps the source (segments: ${mode}): ${what}`, () =>
            Effect.gen(function* () {
              const { files } = yield* prepared
              yield* store()
              const before = yield* textOf(files.download(source))
              yield* put(object.object, "before")
              yield* refused(files[operation]({ ...object, source, segments: mode }))
              assert.strictEqual(yield* textOf(files.download(source)), before)
            }).pipe(Effect.provide(cloud))
          )
        }
      }
    }

    it.effect(`fails uploads, manifests and links: ${what}`, () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        yield* put("part", "content")
        const body = CloudFiles.fromBytes(patterned(2500))
        yield* refused(files.upload({ ...object, body }))
        yield* refused(files.upload({ ...object, body, ...segments }))
        yield* refused(files.upload({ ...object, body, ...segments, largeObject: "dynamic" }))
        yield* refused(files.createSymlink({ ...object, target: { container: "c", object: "part" } }))
        yield* refused(files.putDynamicManifest({ ...object, segments: { container: "c", prefix: "par" } }))
        yield* refused(
          files.putManifest({ ...object, segments: [{ path: "/c/part", etag: md5("content"), bytes: 7 }] })
        )
      }).pipe(Effect.provide(cloud))
    )
  }

  it.effect("is not checked by further requests if the ETag is the expected one", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* put(source.object, "content")
      yield* emulated.clearRequests
      yield* files.copy({ ...object, source, oldSegments: "keep" })
      yield* files.upload({ ...object, body: CloudFiles.fromString("content") })
      assert.deepStrictEqual(
        (yield* requestsOf("files")).map(({ method }) => method),
        ["HEAD", "PUT", "PUT"]
      )
    }).pipe(Effect.provide(cloud))
  )
})
