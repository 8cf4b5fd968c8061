import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Control from "../../src/emulator/Control.js"
import type { EmulatorOptions } from "../../src/emulator/Emulator.js"
import * as Emulator from "../../src/emulator/Emulator.js"
import type { WireBroken } from "../../src/emulator/Protocol.js"
import { readResponse, type RequestOptions, wireRequest } from "./support.js"

const controlled = (options: EmulatorOptions = {}) =>
  Effect.map(Control.make(options), ({ emulator, handle }) => {
    const call = (target: string, send: RequestOptions = {}) =>
      Effect.flatMap(handle(wireRequest(target, send)), readResponse)
    const login = Effect.map(
      Effect.suspend(() => {
        const { apiKey, username } = emulator().credentials
        return call("/v2.0/tokens", { body: { auth: { "RAX-KSKEY:apiKeyCredentials": { username, apiKey } } } })
      }),
      ({ json }) => (json as { readonly access: { readonly token: { readonly id: string } } }).access.token.id
    )
    const limits = (token: string) => call("/servers/dfw/v2/010101/limits", { token })
    return { call, emulator, limits, login }
  })

const error = (json: unknown): string => (json as { readonly error: string }).error

const fault503 = { fault: { _tag: "Status", status: 503 } }

describe("the control API of the emulator", () => {
  it.effect("injects, lists and clears faults", () =>
    Effect.gen(function* () {
      const { call, limits, login } = yield* controlled()
      const token = yield* login
      const rule = {
        match: { service: "CloudServers", method: "GET", path: "/limits" },
        skip: 1,
        times: 2,
        ...fault503
      }
      const created = yield* call("/_emulator/faults", { body: rule })
      assert.strictEqual(created.status, 201)
      assert.deepStrictEqual(created.json, rule)
      assert.strictEqual((yield* limits(token)).status, 200)
      assert.strictEqual((yield* limits(token)).status, 503)
      const listed = yield* call("/_emulator/faults")
      assert.deepStrictEqual(listed.json, { faults: [{ ...rule, skip: 0, times: 1 }] })
      assert.strictEqual((yield* call("/_emulator/faults", { method: "DELETE" })).status, 204)
      assert.deepStrictEqual((yield* call("/_emulator/faults")).json, { faults: [] })
      assert.strictEqual((yield* limits(token)).status, 200)
    })
  )

  it.effect("accepts every kind of fault, patterns, and faults that always apply", () =>
    Effect.gen(function* () {
      const { call, limits, login } = yield* controlled()
      for (const fault of [
        { _tag: "Status", status: 429, headers: { "Retry-After": "1" }, body: { any: "json" } },
        { _tag: "Early", status: 413 },
        { _tag: "Delay", duration: 5 },
        { _tag: "Delay", duration: "5 seconds" },
        { _tag: "Cut" },
        { _tag: "Cut", afterBytes: 3 },
        { _tag: "LoseResponse", status: 504 },
        { _tag: "TruncateBody", afterBytes: 3 },
        { _tag: "StallBody", afterBytes: 3 },
        { _tag: "WrongContentLength", delta: -1 },
        { _tag: "ExpireTokens" },
        { _tag: "RevokeTokens" }
      ]) {
        assert.strictEqual((yield* call("/_emulator/faults", { body: { fault } })).status, 201, fault._tag)
      }
      yield* call("/_emulator/faults", { method: "DELETE" })
      const rule = { match: { pattern: "lim.ts$" }, times: "always", ...fault503 }
      assert.deepStrictEqual((yield* call("/_emulator/faults", { body: rule })).json, { skip: 0, ...rule })
      const token = yield* login
      for (const _ of [1, 2, 3]) {
        assert.strictEqual((yield* limits(token)).status, 503)
      }
    })
  )

  it.effect("refuses wrong input with 400, and says what is right", () =>
    Effect.gen(function* () {
      const { call } = yield* controlled()
      for (const [body, message] of [
        ["", /empty/],
        ["{", /not JSON/],
        ["null", /fault\._tag is missing/],
        [{}, /fault\._tag is missing; it is one of Status, Early/],
        [{ fault: { _tag: "Boom" } }, /fault\._tag is "Boom"; it is one of Status/],
        [{ fault: { _tag: "Status" } }, /status.*is missing/],
        [{ fault: { _tag: "Status", status: 99 } }, /status.*between 200 and 599/i],
        [{ fault: { _tag: "Delay", duration: "soon" } }, /duration.*milliseconds/],
        [{ ...fault503, match: { service: "CloudServer" } }, /match\.service.*CloudServers/],
        [{ ...fault503, match: { pattern: "(" } }, /match\.pattern.*regular expression/],
        [{ ...fault503, match: { path: "a", pattern: "b" } }, /not both/],
        [{ ...fault503, tims: 3 }, /tims/],
        [{ ...fault503, times: -1 }, /times/]
      ] as const) {
        const answer = yield* call("/_emulator/faults", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body
        })
        assert.strictEqual(answer.status, 400, JSON.stringify(body))
        assert.match(error(answer.json), message)
      }
      assert.deepStrictEqual((yield* call("/_emulator/faults")).json, { faults: [] })
    })
  )

  it.effect("refuses what a page of another site can send", () =>
    Effect.gen(function* () {
      const { call } = yield* controlled()
      const answer = yield* call("/_emulator/faults", { body: fault503, headers: { "content-type": "text/plain" } })
      assert.strictEqual(answer.status, 415)
    })
  )

  it.effect("names its operations to requests for unknown paths and methods", () =>
    Effect.gen(function* () {
      const { call } = yield* controlled()
      for (const path of ["/_emulator", "/_emulator/", "/_emulator/fault", "/_emulator/%zz"]) {
        const unknown = yield* call(path)
        assert.strictEqual(unknown.status, 404, path)
        assert.include(error(unknown.json), "POST /_emulator/faults")
      }
      const method = yield* call("/_emulator/reset")
      assert.strictEqual(method.status, 405)
      assert.include(error(method.json), "POST")
    })
  )

  it.effect("shows the log of requests without its own, and clears it", () =>
    Effect.gen(function* () {
      const { call, limits, login } = yield* controlled()
      yield* limits(yield* login)
      const { json } = yield* call("/_emulator/requests?service=identity")
      const [first, ...others] = (json as { requests: ReadonlyArray<Record<string, unknown>> }).requests
      assert.isEmpty(others)
      assert.strictEqual(first?.["method"], "POST")
      assert.strictEqual(first?.["status"], 200)
      assert.include(String(first?.["body"]), "apiKeyCredentials")
      const all = yield* call("/_emulator/requests")
      assert.strictEqual((all.json as { requests: ReadonlyArray<unknown> }).requests.length, 2)
      assert.strictEqual((yield* call("/_emulator/requests", { method: "DELETE" })).status, 204)
      assert.deepStrictEqual((yield* call("/_emulator/requests")).json, { requests: [] })
    })
  )

  it.effect("shows the resources of each region, and resets the cloud", () =>
    Effect.gen(function* () {
      const { call, emulator, limits, login } = yield* controlled()
      const token = yield* login
      yield* emulator().serversIn("ORD").seedServer({ name: "web-1" })
      yield* emulator().files.putObject("notes", "a", "text")
      yield* call("/_emulator/faults", { body: { ...fault503, times: "always" } })
      const { json } = yield* call("/_emulator/resources")
      const { DFW, ORD } = (json as { regions: Record<string, Record<string, ReadonlyArray<{ name: string }>>> })
        .regions
      assert.deepStrictEqual(
        ORD?.["servers"]?.map(({ name }) => name),
        ["web-1"]
      )
      assert.deepStrictEqual(
        DFW?.["containers"]?.map(({ name }) => name),
        ["notes"]
      )
      const headers = { "content-type": "application/json" }
      assert.strictEqual((yield* call("/_emulator/reset", { method: "POST", headers })).status, 204)
      assert.notInclude((yield* call("/_emulator/resources")).text, "web-1")
      assert.strictEqual((yield* limits(token)).status, 401)
      assert.strictEqual((yield* limits(yield* login)).status, 200)
    })
  )

  it.effect("is no part of a cloud without it", () =>
    Effect.gen(function* () {
      const { handle } = yield* Emulator.make()
      const answers: Effect.Effect<ReadonlyArray<number>, WireBroken> = Effect.forEach(
        ["/_emulator/faults", "/"],
        (path) => Effect.map(handle(wireRequest(path, { headers: { accept: "text/html" } })), ({ status }) => status)
      )
      assert.deepStrictEqual(yield* answers, [404, 300])
    })
  )

  it.effect("gives the page at / to browsers only", () =>
    Effect.gen(function* () {
      const { call } = yield* controlled()
      const browser = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" }
      const shown = yield* call("/", { headers: browser })
      assert.strictEqual(shown.status, 200)
      assert.include(shown.text, "<title>Emulated cloud</title>")
      for (const [path, send] of [
        ["/", {}],
        ["/", { headers: { accept: "application/json" } }],
        ["/", { method: "POST", headers: browser }],
        ["/other", { headers: browser }]
      ] as const) {
        assert.notInclude((yield* call(path, send)).text, "<title>Emulated cloud")
      }
    })
  )
})
