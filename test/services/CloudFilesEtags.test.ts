import { assert, describe, it } from "@effect/vitest"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { prepared } from "../support/cloudFiles.js"
import { folderOf } from "../support/folder.js"

const cloud = Layer.merge(TestCloud.layer(), NodeContext.layer)
const noMd5 = "0cc175b9c0f1b6a831c399e269772661-7"

describe("CloudFiles: ETags that are not an MD5", () => {
  for (const [what, options] of [
    ["a plain object", {}],
    ["an object with a segment threshold", { segmentThreshold: 100 }]
  ] as const) {
    it.effect(`are accepted for an upload of ${what}`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* prepared
        yield* emulated.fail({
          match: { method: "PUT" },
          fault: { _tag: "Status", status: 201, headers: { ETag: noMd5 }, body: "" }
        })
        yield* emulated.fail({
          match: { method: "HEAD", path: /\/c\/o/ },
          fault: { _tag: "Status", status: 200, headers: { ETag: noMd5, "Content-Length": "5" }, body: "" }
        })
        const body = CloudFiles.fromString("hello")
        const stored = yield* files.upload({ container: "c", object: "o", body, ...options })
        assert.strictEqual(stored.etag, noMd5)
        assert.strictEqual(stored.md5, "5d41402abc4b2a76b9719d911017c592")
      }).pipe(Effect.provide(cloud))
    )
  }

  it.effect("another MD5 fails the upload", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* emulated.fail({
        match: { method: "PUT" },
        fault: { _tag: "Status", status: 201, headers: { ETag: "0".repeat(32) }, body: "" }
      })
      const upload = files.upload({ container: "c", object: "o", body: CloudFiles.fromString("hello") })
      assert.strictEqual((yield* Effect.flip(upload))._tag, "ChecksumMismatch")
    }).pipe(Effect.provide(cloud))
  )

  it.scoped("an empty ETag fails an upload, and is ignored by downloads", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const headers = { ETag: "" }
      yield* emulated.fail({ match: { method: "PUT" }, fault: { _tag: "Status", status: 201, headers, body: "" } })
      const failure = yield* Effect.flip(
        files.upload({ container: "c", object: "o", body: CloudFiles.fromString("hello") })
      )
      assert.strictEqual(failure._tag, "MalformedResponse")
      yield* emulated.fail({
        match: { path: /\/c\/o/ },
        times: Infinity,
        fault: { _tag: "Status", status: 200, headers, body: "hello" }
      })
      const folder = yield* folderOf({})
      const object = { container: "c", object: "o", path: `${folder}/o` }
      for (const resume of [false, true])
        assert.strictEqual((yield* files.downloadToFile({ ...object, resume })).bytes, 5)
    }).pipe(Effect.provide(cloud))
  )
})
