import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { textOf } from "../support.js"
import { everything, prepared } from "../support/cloudFiles.js"

const other = "AUTH_other ü"
const third = "AUTH_third"

const cloud = Layer.fresh(TestCloud.layer({ cloud: { files: { otherAccounts: [other, third] } } }))

const content = "0123456789".repeat(3)

/** Cloud Files of another account, with the same login. */
const serviceOf = (account: string) =>
  Effect.flatMap(CloudFiles.CloudFiles, ({ endpointUrl }) =>
    Effect.flatMap(endpointUrl, (url) =>
      CloudFiles.make({ endpoint: url.replace(/[^/]+$/, encodeURIComponent(account)) })
    )
  )

const read = (files: CloudFiles.Service, address: { readonly container: string; readonly object: string }) =>
  textOf(files.download(address))

const namesIn = (files: CloudFiles.Service, container: string) =>
  Effect.map(Stream.runCollect(files.listObjects({ container })), (all) => [...all].map(({ name }) => name))

describe("CloudFiles: copies and moves between accounts", () => {
  for (const kind of ["plain", "static", "dynamic"] as const) {
    const segmented = kind === "plain" ? {} : { segmentThreshold: 10, segmentSize: 10, largeObject: kind }
    it.effect(`a ${kind} object is copied to another account and back`, () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const there = yield* serviceOf(other)
        yield* there.createContainer({ container: "d" })
        const source = { container: "c", object: "größe/a b" }
        yield* files.upload({
          ...source,
          body: CloudFiles.fromString(content),
          metadata: { color: "red" },
          cacheControl: "no-store",
          ...segmented
        })
        const target = { container: "d", object: "copy" }
        yield* files.copy({ ...target, account: other, source })
        assert.strictEqual(yield* read(there, target), content)
        const info = yield* there.getObjectInfo(target)
        assert.deepStrictEqual(
          [info.metadata, info.cacheControl, info.isStaticLargeObject, info.manifest !== undefined],
          [{ color: "red" }, "no-store", kind === "static", kind === "dynamic"]
        )
        // The copy does not depend on the source's segments.
        yield* files.deleteLargeObject(source)
        assert.deepStrictEqual(yield* everything, [])
        assert.strictEqual(yield* read(there, target), content)

        yield* files.copy({ container: "c", object: "back", source: { ...target, account: other } })
        assert.strictEqual(yield* read(files, { container: "c", object: "back" }), content)
      }).pipe(Effect.provide(cloud))
    )

    it.effect(`a ${kind} object is moved between the login's account and others, in any direction`, () =>
      Effect.gen(function* () {
        const { files } = yield* prepared
        const there = yield* serviceOf(other)
        const beyond = yield* serviceOf(third)
        const address = { container: "c", object: "o" }
        for (const one of [there, beyond]) yield* one.createContainer({ container: "c" })
        yield* files.upload({ ...address, body: CloudFiles.fromString(content), ...segmented })
        // The source and the destination may have the same name.
        yield* files.move({ ...address, account: other, source: address })
        assert.deepStrictEqual(yield* everything, [])
        yield* files.move({ ...address, account: third, source: { ...address, account: other } })
        assert.deepStrictEqual(yield* namesIn(there, "c"), [])
        assert.strictEqual(yield* read(beyond, address), content)
        yield* files.move({ ...address, object: "p", account: third, source: { ...address, account: third } })
        assert.deepStrictEqual(yield* namesIn(beyond, "c"), ["p"])
        assert.strictEqual(yield* read(beyond, { ...address, object: "p" }), content)
      }).pipe(Effect.provide(cloud))
    )
  }

  it.effect("a symbolic link that is copied to another account still leads to its target", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const there = yield* serviceOf(other)
      yield* there.createContainer({ container: "c" })
      const target = { container: "c", object: "target" }
      yield* files.upload({ ...target, body: CloudFiles.fromString("t") })
      yield* files.createSymlink({ container: "c", object: "link", target })
      yield* files.copy({ container: "c", object: "link", account: other, source: { container: "c", object: "link" } })
      const info = yield* there.getObjectInfo({ container: "c", object: "link", symlink: "link" })
      assert.deepStrictEqual(info.symlinkTarget, target)
      const own = (yield* files.endpointUrl).split("/").at(-1)
      assert.strictEqual(info.symlinkTargetAccount, own)
    }).pipe(Effect.provide(cloud))
  )

  it.effect("the login's own account may be given", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const account = (yield* files.endpointUrl).split("/").at(-1) ?? ""
      const source = { container: "c", object: "o" }
      yield* files.upload({ ...source, body: CloudFiles.fromString("o") })
      yield* files.copy({ container: "c", object: "p", account, source: { ...source, account } })
      yield* files.move({ container: "c", object: "q", source: { ...source, account } })
      assert.deepStrictEqual(yield* everything, ["c/p", "c/q"])
    }).pipe(Effect.provide(cloud))
  )

  it.effect("an inaccessible account as source or destination is Forbidden, and the object is kept", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const source = { container: "c", object: "o" }
      yield* files.upload({ ...source, body: CloudFiles.fromString("o") })
      for (const run of [files.copy, files.move]) {
        const to = yield* Effect.flip(run({ container: "c", object: "p", account: "AUTH_nobody", source }))
        assert.strictEqual(to._tag, "Forbidden")
        assert.match(to.message, /^CloudFiles\.copy: 403 .*: PUT http.*\/v1\/AUTH_nobody\/c\/p$/)
        const from = yield* Effect.flip(
          run({ container: "c", object: "p", source: { ...source, account: "AUTH_nobody" } })
        )
        assert.strictEqual(from._tag, "Forbidden")
        assert.match(from.message, /^CloudFiles\.copy: 403 .*: HEAD http.*\/v1\/AUTH_nobody\/c\/o(\?|$)/)
      }
      assert.deepStrictEqual(yield* everything, ["c/o"])
    }).pipe(Effect.provide(cloud))
  )

  it.effect("operations that are impossible between accounts are InvalidInput", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const source = { container: "c", object: "o" }
      const copy = { container: "d", object: "o", source }
      for (const [path, options] of [
        ["segments", { ...copy, account: other, segments: "share" as const }],
        ["account", { ...copy, account: "a/b" }],
        ["source.account", { ...copy, source: { ...source, account: "" } }]
      ] as const) {
        const error = yield* Effect.flip(files.copy(options))
        assert.strictEqual(error._tag, "InvalidInput")
        assert.include(error.message, `${path}: expected`)
      }
    }).pipe(Effect.provide(cloud))
  )
})
