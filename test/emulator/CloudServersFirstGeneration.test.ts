import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Emulator from "../../src/emulator/Emulator.js"
import { type RequestOptions, send, at, texts } from "./support.js"

/** Cloud Servers of the first generation, with servers of the given names. */
const cloud = (...names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const emulator = yield* Emulator.make()
    const ids = yield* Effect.forEach(names, (name) => emulator.firstGeneration.seedServer({ name }))
    const call = (path: string, request: RequestOptions = {}) =>
      Effect.flatMap(emulator.issueToken, (token) =>
        send(emulator, `/servers-first-generation/v1.0/010101${path}`, { token, ...request })
      )
    return { call, ids }
  })

describe("Cloud Servers of the first generation", () => {
  it.effect("ids of servers, images and flavors are numbers, and addresses are strings", () =>
    Effect.gen(function* () {
      const { call, ids } = yield* cloud("old-1")
      const { json, status } = yield* call("/servers/detail.json")
      assert.strictEqual(status, 200)
      const server = at(json, "servers", 0) as Record<string, unknown>
      assert.deepInclude(server, {
        id: ids[0],
        name: "old-1",
        status: "ACTIVE",
        imageId: 119,
        flavorId: 1,
        metadata: {}
      })
      assert.match(String(at(server, "addresses", "public", 0)), /^198\.51\.100\.\d+$/)
      assert.deepStrictEqual(at((yield* call(`/servers/${ids[0]}`)).json, "server"), server)
    })
  )

  it.effect("pages are selected by offset and limit, with or without .json; the plain list has id and name only", () =>
    Effect.gen(function* () {
      const { call, ids } = yield* cloud("a", "b", "c")
      const page = yield* call("/servers/detail?offset=1&limit=1")
      assert.deepStrictEqual(texts(at(page.json, "servers"), "name"), ["b"])
      assert.deepStrictEqual(at((yield* call("/servers.json?offset=2")).json, "servers"), [{ id: ids[2], name: "c" }])
      assert.deepStrictEqual(at((yield* call("/servers?limit=0")).json, "servers"), [])
      const wrong = yield* call("/servers?limit=x")
      assert.deepStrictEqual([wrong.status, at(wrong.json, "badRequest", "code")], [400, 400])
    })
  )

  it.effect("a missing server and an unknown path are 404, another method is 405, and a wrong token is 401", () =>
    Effect.gen(function* () {
      const { call } = yield* cloud("a")
      const missing = yield* call("/servers/1.json")
      assert.deepStrictEqual([missing.status, at(missing.json, "itemNotFound", "code")], [404, 404])
      assert.strictEqual((yield* call("/servers", { method: "POST", body: {} })).status, 405)
      assert.strictEqual((yield* call("/nothing")).status, 404)
      assert.strictEqual((yield* call("/servers", { token: "none" })).status, 401)
    })
  )
})
