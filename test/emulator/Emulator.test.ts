import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Emulator from "../../src/emulator/Emulator.js"
import type * as Fault from "../../src/emulator/Fault.js"
import * as Reply from "../../src/emulator/Reply.js"
import { apiKeyLogin, send, at, readResponse, wireRequest } from "./support.js"

const limits = "/servers/dfw/v2/010101/limits"

const cloud = (options: Emulator.EmulatorOptions = {}) =>
  Effect.gen(function* () {
    const emulator = yield* Emulator.make(options)
    const token = yield* emulator.issueToken
    return { emulator, token }
  })

describe("Emulator: authentication", () => {
  it.effect("a request without a token, or with another's, is rejected in the service's own format", () =>
    Effect.gen(function* () {
      const { emulator } = yield* cloud()
      const servers = yield* send(emulator, limits)
      assert.strictEqual(servers.status, 401)
      assert.strictEqual(at(servers.json, "unauthorized", "code"), 401)
      assert.isString(servers.headers["x-compute-request-id"])
      const files = yield* send(emulator, `/files/dfw/v1/${emulator.credentials.storageAccount}`, { token: "x" })
      assert.strictEqual(files.status, 401)
      assert.match(files.text, /^<html><h1>Unauthorized/)
      assert.isString(files.headers["x-trans-id"])
    })
  )

  it.effect("X-Storage-Token is accepted like X-Auth-Token", () =>
    Effect.gen(function* () {
      const { emulator, token } = yield* cloud()
      const reply = yield* send(emulator, limits, { headers: { "x-storage-token": token } })
      assert.strictEqual(reply.status, 200)
    })
  )

  it.effect("another account's path is not served", () =>
    Effect.gen(function* () {
      const { emulator, token } = yield* cloud()
      assert.strictEqual((yield* send(emulator, "/servers/dfw/v2/10101/limits", { token })).status, 401)
      assert.strictEqual((yield* send(emulator, "/files/dfw/v1/MossoCloudFS_other/c", { token })).status, 403)
    })
  )

  it.effect("an unknown region or path is not served", () =>
    Effect.gen(function* () {
      const { emulator, token } = yield* cloud()
      assert.strictEqual((yield* send(emulator, "/servers/syd/v2/010101/limits", { token })).status, 404)
      assert.strictEqual((yield* send(emulator, "/nowhere", { token })).status, 404)
      assert.deepStrictEqual(
        (yield* emulator.requests).map((entry) => entry.service),
        ["unknown", "unknown"]
      )
    })
  )

  it.effect("a service of the catalog that is not emulated returns 404", () =>
    Effect.gen(function* () {
      const { emulator, token } = yield* cloud()
      const reply = yield* send(emulator, "/dns/v1.0/010101/domains", { token })
      assert.strictEqual(reply.status, 404)
      assert.strictEqual(at(reply.json, "itemNotFound", "code"), 404)
      assert.strictEqual((yield* emulator.requests)[0]?.service, "dns")
    })
  )

  it.effect("origin from-request returns URLs with the host of the client's request", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ origin: "from-request" })
      const reply = yield* send(emulator, "/v2.0/tokens", {
        body: apiKeyLogin(emulator),
        headers: { host: "10.0.0.9:8900" }
      })
      assert.strictEqual(
        at(reply.json, "access", "serviceCatalog", 0, "endpoints", 0, "publicURL"),
        "http://10.0.0.9:8900/loadbalancers/dfw/v1.0/010101"
      )
    })
  )

  it.effect("setOrigin changes the URLs afterwards", () =>
    Effect.gen(function* () {
      const { emulator, token } = yield* cloud()
      yield* emulator.setOrigin("http://127.0.0.1:4711")
      assert.strictEqual(emulator.authUrl, "http://127.0.0.1:4711/v2.0")
      const flavor = yield* send(emulator, "/servers/dfw/v2/010101/flavors/2", { token })
      assert.strictEqual(
        at(flavor.json, "flavor", "links", 0, "href"),
        "http://127.0.0.1:4711/servers/dfw/v2/010101/flavors/2"
      )
    })
  )
})

describe("Emulator: requests to Cloud Files", () => {
  it.effect("an object's name reaches the storage unchanged, and each region stores its own", () =>
    Effect.gen(function* () {
      const { emulator, token } = yield* cloud()
      const account = `/v1/${emulator.credentials.storageAccount}`
      yield* send(emulator, `/files/dfw${account}/c`, { method: "PUT", token })
      const put = yield* send(emulator, `/files/dfw${account}/c/../a//b%20%2F?x=1`, {
        method: "PUT",
        token,
        body: "text"
      })
      assert.strictEqual(put.status, 201)
      assert.deepStrictEqual(yield* emulator.files.objects("c"), ["../a//b /"])
      assert.deepStrictEqual(yield* emulator.filesIn("ord").containers, [])
      assert.strictEqual((yield* send(emulator, `/files/ord${account}/c`, { method: "HEAD", token })).status, 404)
    })
  )

  it.effect("the internal URL leads to the same storage", () =>
    Effect.gen(function* () {
      const { emulator, token } = yield* cloud()
      yield* emulator.files.putObject("c", "o", "text")
      const reply = yield* send(emulator, `/snet-files/dfw/v1/${emulator.credentials.storageAccount}/c/o`, { token })
      assert.strictEqual(reply.text, "text")
      const [entry] = yield* emulator.requests
      assert.strictEqual(entry?.service, "files")
      assert.strictEqual(entry?.region, "DFW")
    })
  )
})

describe("Emulator: the log", () => {
  it.effect("has an entry as soon as a request arrives, and its status when the response is sent", () =>
    Effect.gen(function* () {
      const { emulator, token } = yield* cloud()
      yield* emulator.fail({ fault: { _tag: "Delay", duration: "10 seconds" } })
      const fiber = yield* Effect.fork(send(emulator, `${limits}?a=%20b`, { token }))
      yield* TestClock.adjust("5 seconds")
      const [waiting] = yield* emulator.requests
      assert.strictEqual(waiting?.method, "GET")
      assert.strictEqual(waiting?.target, `${limits}?a=%20b`)
      assert.strictEqual(waiting?.service, "servers")
      assert.strictEqual(waiting?.region, "DFW")
      assert.strictEqual(waiting?.headers["x-auth-token"], token)
      assert.strictEqual(waiting?.status, undefined)
      yield* TestClock.adjust("5 seconds")
      const reply = yield* Fiber.join(fiber)
      const [answered] = yield* emulator.requests
      assert.strictEqual(answered?.status, 200)
      assert.strictEqual(answered?.responseBytes, reply.text.length)
      assert.strictEqual((answered?.finishedAt ?? 0) - (answered?.startedAt ?? 0), 10_000)
    })
  )

  it.effect("keeps the first 64 KiB of a body and counts the rest", () =>
    Effect.gen(function* () {
      const { emulator, token } = yield* cloud()
      yield* send(emulator, "/servers/dfw/v2/010101/servers", { token, body: `"${"x".repeat(100_000)}"` })
      const [entry] = yield* emulator.requests
      assert.strictEqual(entry?.body.byteLength, 65_536)
      assert.strictEqual(entry?.bodyBytes, 100_002)
    })
  )

  it.effect("counts every request of a thousand fibers, and clearRequests clears them and the logins", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const login = send(emulator, "/v2.0/tokens", { body: apiKeyLogin(emulator) })
      yield* Effect.all(
        Array.from({ length: 1000 }, () => login),
        { concurrency: "unbounded", discard: true }
      )
      assert.lengthOf(yield* emulator.requests, 1000)
      assert.deepStrictEqual(yield* emulator.logins, { succeeded: 1000, refused: 0 })
      yield* emulator.clearRequests
      assert.lengthOf(yield* emulator.requests, 0)
      assert.deepStrictEqual(yield* emulator.logins, { succeeded: 0, refused: 0 })
    })
  )

  it.effect("with a limit keeps the newest", () =>
    Effect.gen(function* () {
      const { emulator } = yield* cloud({ logLimit: 2 })
      yield* Effect.forEach(["/a", "/b", "/c", "/d", "/e"], (target) => send(emulator, target))
      assert.deepStrictEqual(
        (yield* emulator.requests).map((entry) => entry.target),
        ["/d", "/e"]
      )
    })
  )
})

describe("Emulator: faults", () => {
  const status = (code: number): Fault.Fault => ({ _tag: "Status", status: code })

  it.effect("a status is returned once, in the service's format, and the service never sees the request", () =>
    Effect.gen(function* () {
      const { emulator, token } = yield* cloud()
      yield* emulator.fail({ fault: status(503) })
      const refused = yield* send(emulator, limits)
      assert.strictEqual(refused.status, 503)
      assert.strictEqual(at(refused.json, "serviceUnavailable", "code"), 503)
      assert.strictEqual((yield* send(emulator, limits, { token })).status, 200)
    })
  )

  it.effect("headers and body can be set by the test", () =>
    Effect.gen(function* () {
      const { emulator } = yield* cloud()
      yield* emulator.fail({
        fault: {
          _tag: "Status",
          status: 502,
          headers: { "content-type": "text/html", "Retry-After": "7" },
          body: "<h1>Bad Gateway</h1>"
        }
      })
      const html = yield* send(emulator, limits)
      assert.strictEqual(html.text, "<h1>Bad Gateway</h1>")
      assert.strictEqual(html.headers["content-type"], "text/html")
      assert.strictEqual(html.headers["retry-after"], "7")
      yield* emulator.fail({ fault: { _tag: "Status", status: 400, body: { error: true } } })
      assert.deepStrictEqual((yield* send(emulator, limits)).json, { error: true })
    })
  )

  it.effect("match, skip and times select requests", () =>
    Effect.gen(function* () {
      const { emulator, token } = yield* cloud()
      yield* emulator.fail({
        match: { method: "get", service: "servers", path: /flavors\/my flavor$/ },
        skip: 1,
        times: 2,
        fault: status(500)
      })
      const hit = Effect.map(
        send(emulator, "/servers/dfw/v2/010101/flavors/my%20flavor", { token }),
        (reply) => reply.status
      )
      const seen: Array<number> = []
      for (let n = 0; n < 5; n++) {
        seen.push((yield* send(emulator, limits, { token })).status)
        seen.push(yield* hit)
      }
      assert.deepStrictEqual(seen, [200, 404, 200, 500, 200, 500, 200, 404, 200, 404])
    })
  )

  it.effect("Infinity lasts until the faults are cleared; the first matching rule applies to each request", () =>
    Effect.gen(function* () {
      const { emulator, token } = yield* cloud()
      yield* emulator.fail({ fault: status(503) })
      yield* emulator.fail({ times: Infinity, fault: status(500) })
      const seen = yield* Effect.forEach([1, 2, 3], () => send(emulator, limits, { token }))
      assert.deepStrictEqual(
        seen.map((reply) => reply.status),
        [503, 500, 500]
      )
      yield* emulator.clearFaults
      assert.strictEqual((yield* send(emulator, limits, { token })).status, 200)
    })
  )

  it.effect("a cut connection gives no response, after reading the given part of the body", () =>
    Effect.gen(function* () {
      const { emulator, token } = yield* cloud()
      const body = Stream.rechunk(Stream.fromIterable(Array.from({ length: 10 }, () => new Uint8Array(10))), 1)
      yield* emulator.fail({ fault: { _tag: "Cut", afterBytes: 25 } })
      const request = { ...wireRequest(limits, { method: "PUT", token }), body }
      const outcome = yield* Effect.either(emulator.handle(request))
      assert.strictEqual(Either.isLeft(outcome) && outcome.left._tag, "WireBroken")
      const [entry] = yield* emulator.requests
      assert.strictEqual(entry?.bodyBytes, 30)
      assert.strictEqual(entry?.status, undefined)
      assert.isDefined(entry?.finishedAt)
    })
  )

  it.effect("an early response leaves the body unread, a status reads it", () =>
    Effect.gen(function* () {
      const { emulator, token } = yield* cloud()
      yield* emulator.fail({ fault: { _tag: "Early", status: 401 } })
      assert.strictEqual((yield* send(emulator, limits, { token, body: "12345" })).status, 401)
      yield* emulator.fail({ fault: status(401) })
      assert.strictEqual((yield* send(emulator, limits, { token, body: "12345" })).status, 401)
      assert.deepStrictEqual(
        (yield* emulator.requests).map((entry) => entry.bodyBytes),
        [0, 5]
      )
    })
  )

  it.effect("a truncated body breaks after its bytes and keeps its Content-Length", () =>
    Effect.gen(function* () {
      const { emulator, token } = yield* cloud()
      const whole = yield* send(emulator, limits, { token })
      yield* emulator.fail({ fault: { _tag: "TruncateBody", afterBytes: 12 } })
      const response = yield* emulator.handle(wireRequest(limits, { token }))
      assert.strictEqual(Reply.contentLength(response), whole.text.length)
      let received = 0
      const end = yield* Effect.either(
        response.body instanceof Uint8Array
          ? Effect.void
          : Stream.runForEach(response.body, (chunk) =>
              Effect.sync(() => {
                received += chunk.byteLength
              })
            )
      )
      assert.isTrue(Either.isLeft(end))
      assert.strictEqual(received, 12)
    })
  )

  it.effect("a stalled body sends its bytes and then nothing", () =>
    Effect.gen(function* () {
      const { emulator, token } = yield* cloud()
      yield* emulator.fail({ fault: { _tag: "StallBody", afterBytes: 5 } })
      const response = yield* emulator.handle(wireRequest(limits, { token }))
      const fiber = yield* Effect.fork(readResponse(response))
      yield* TestClock.adjust("1 day")
      assert.strictEqual(yield* Effect.map(Fiber.poll(fiber), (exit) => exit._tag), "None")
      yield* Fiber.interrupt(fiber)
      assert.strictEqual((yield* emulator.requests)[0]?.responseBytes, 5)
    })
  )

  it.effect("tokens expire, or are revoked, at the moment a request arrives", () =>
    Effect.gen(function* () {
      const { emulator, token } = yield* cloud()
      yield* emulator.fail({ skip: 1, fault: { _tag: "ExpireTokens" } })
      assert.strictEqual((yield* send(emulator, limits, { token })).status, 200)
      assert.strictEqual((yield* send(emulator, limits, { token })).status, 401)
      const second = yield* emulator.issueToken
      assert.notStrictEqual(second, token)
      yield* emulator.fail({ fault: { _tag: "RevokeTokens" } })
      assert.strictEqual((yield* send(emulator, limits, { token: second })).status, 401)
    })
  )
})
