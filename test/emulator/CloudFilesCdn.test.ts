import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as Emulator from "../../src/emulator/Emulator.js"
import { send, at, readResponse, wireRequest, type RequestOptions } from "./support.js"

const cdn = (options: Emulator.EmulatorOptions = {}) =>
  Effect.gen(function* () {
    const emulator = yield* Emulator.make(options)
    const token = yield* emulator.issueToken
    const account = emulator.credentials.storageAccount
    const sendToCdn = (method: string, path: string, request: RequestOptions = {}) =>
      send(emulator, `/cdn/dfw/v1/${account}${path}`, { method, token, ...request })
    /** Requests a cached copy without a token. */
    const copy = (uri: string, method = "GET") => send(emulator, uri.slice("http://cloud.test".length), { method })
    const enable = (container: string, headers: Record<string, string> = {}) =>
      sendToCdn("PUT", `/${container}`, { headers })
    return { copy, emulator, enable, sendToCdn }
  })

describe("Cloud Files CDN", () => {
  it.effect("needs a token, and has a separate host in the catalog", () =>
    Effect.gen(function* () {
      const { emulator, sendToCdn } = yield* cdn()
      assert.strictEqual((yield* sendToCdn("GET", "", { token: "none" })).status, 401)
      assert.strictEqual((yield* sendToCdn("GET", "")).status, 204)
      const { json } = yield* send(emulator, "/v2.0/tokens", {
        body: {
          auth: {
            passwordCredentials: { username: emulator.credentials.username, password: emulator.credentials.password }
          }
        }
      })
      const services = at(json, "access", "serviceCatalog") as ReadonlyArray<unknown>
      const found = services.find((service) => at(service, "type") === "rax:object-cdn")
      assert.strictEqual(
        at(found, "endpoints", 0, "publicURL"),
        `http://cloud.test/cdn/dfw/v1/${emulator.credentials.storageAccount}`
      )
    })
  )

  it.effect("publishes a container, with four URIs and a TTL of three days", () =>
    Effect.gen(function* () {
      const { emulator, enable, sendToCdn } = yield* cdn()
      assert.strictEqual((yield* enable("pics")).status, 404)
      assert.strictEqual((yield* sendToCdn("HEAD", "/pics")).status, 404)
      yield* emulator.files.seedContainer("pics")
      assert.strictEqual((yield* sendToCdn("HEAD", "/pics")).status, 404)
      assert.strictEqual((yield* enable("pics")).status, 201)
      assert.strictEqual((yield* enable("pics", { "x-ttl": "1000" })).status, 202)
      const { headers, status } = yield* sendToCdn("HEAD", "/pics")
      assert.strictEqual(status, 204)
      assert.deepInclude(headers, { "x-cdn-enabled": "True", "x-ttl": "1000", "x-log-retention": "False" })
      const uris = ["x-cdn-uri", "x-cdn-ssl-uri", "x-cdn-streaming-uri", "x-cdn-ios-uri"].map((name) => headers[name])
      assert.strictEqual(new Set(uris).size, 4)
      assert.isTrue(uris.every((uri) => uri?.startsWith("http://cloud.test/")))
    })
  )

  it.effect(
    "POST changes the given settings, returns the previous ones, and is 404 for a container that was never public",
    () =>
      Effect.gen(function* () {
        const { emulator, enable, sendToCdn } = yield* cdn()
        yield* emulator.files.seedContainer("c")
        assert.strictEqual((yield* sendToCdn("POST", "/c", { headers: { "x-ttl": "900" } })).status, 404)
        yield* enable("c")
        const response = yield* sendToCdn("POST", "/c", { headers: { "x-ttl": "900", "x-log-retention": "true" } })
        assert.deepStrictEqual([response.status, response.headers["x-ttl"]], [204, "259200"])
        yield* sendToCdn("POST", "/c", { headers: { "x-cdn-enabled": "False" } })
        assert.deepStrictEqual(yield* emulator.cdn.containers, [
          { name: "c", enabled: false, ttl: 900, logRetention: true }
        ])
      })
  )

  it.effect("accepts TTLs from 15 minutes to a year", () =>
    Effect.gen(function* () {
      const { emulator, enable } = yield* cdn()
      yield* emulator.files.seedContainer("c")
      for (const ttl of ["899", "31536001", "-1", "long", ""]) {
        assert.strictEqual((yield* enable("c", { "x-ttl": ttl })).status, 400)
      }
      assert.deepStrictEqual(yield* emulator.cdn.containers, [])
      assert.strictEqual((yield* enable("c", { "x-ttl": "900" })).status, 201)
      assert.strictEqual((yield* enable("c", { "x-ttl": "31536000" })).status, 202)
    })
  )

  it.effect("lists containers that are or were public, in pages, as text and JSON, optionally only enabled ones", () =>
    Effect.gen(function* () {
      const { emulator, sendToCdn } = yield* cdn()
      for (const name of ["a", "b", "ü", "z"]) {
        yield* emulator.cdn.seedContainer(name, { enabled: name !== "b", ttl: 1000 })
      }
      assert.strictEqual((yield* sendToCdn("GET", "")).text, "a\nb\nz\nü\n")
      assert.strictEqual((yield* sendToCdn("GET", "?limit=2&marker=a&end_marker=%C3%BC")).text, "b\nz\n")
      assert.strictEqual((yield* sendToCdn("GET", "?enabled_only=true")).text, "a\nz\nü\n")
      assert.strictEqual((yield* sendToCdn("GET", "?limit=10001")).status, 412)
      const { json } = yield* sendToCdn("GET", "?format=json&limit=2")
      assert.deepInclude(at(json, 1), { name: "b", cdn_enabled: false, ttl: 1000, log_retention: false })
      assert.strictEqual(at(json, 0, "cdn_uri"), (yield* sendToCdn("HEAD", "/a")).headers["x-cdn-uri"])
    })
  )

  it.effect("serves cached copies to anyone until they expire or are purged, without requests to the storage", () =>
    Effect.gen(function* () {
      const { copy, emulator, enable, sendToCdn } = yield* cdn()
      yield* emulator.files.putObject("c", "ü b.txt", "one", { metadata: { color: "blue" } })
      const uri = `${(yield* enable("c", { "x-ttl": "900" })).headers["x-cdn-uri"]}/%C3%BC%20b.txt`
      const first = yield* copy(uri)
      assert.deepStrictEqual([first.status, first.text], [200, "one"])
      assert.strictEqual(first.headers["cache-control"], "public, max-age=900")
      assert.strictEqual(first.headers["content-type"], "text/plain")
      yield* emulator.files.putObject("c", "ü b.txt", "two")
      assert.strictEqual((yield* copy(uri)).text, "one")
      assert.deepStrictEqual(yield* emulator.cdn.cached("c"), ["ü b.txt"])

      const purged = yield* sendToCdn("DELETE", "/c/%C3%BC%20b.txt", {
        headers: { "x-purge-email": "a@x.test, b@y.test" }
      })
      assert.strictEqual(purged.status, 204)
      assert.deepStrictEqual(yield* emulator.cdn.purges, [
        { container: "c", object: "ü b.txt", emails: ["a@x.test", "b@y.test"], at: 0 }
      ])
      assert.strictEqual((yield* copy(uri)).text, "two")
      assert.strictEqual((yield* emulator.files.objects("c")).length, 1)

      yield* emulator.files.putObject("c", "ü b.txt", "three")
      yield* TestClock.adjust("899 seconds")
      assert.strictEqual((yield* copy(uri)).text, "two")
      yield* TestClock.adjust("1 seconds")
      assert.strictEqual((yield* copy(uri)).text, "three")

      yield* sendToCdn("POST", "/c", { headers: { "x-cdn-enabled": "False" } })
      assert.strictEqual((yield* copy(uri)).text, "three")
      yield* TestClock.adjust("900 seconds")
      assert.strictEqual((yield* copy(uri)).status, 404)
    })
  )

  it.effect("serves no private content, and accepts only GET and HEAD", () =>
    Effect.gen(function* () {
      const { copy, emulator, enable } = yield* cdn()
      yield* emulator.files.putObject("c", "o", "hello")
      const uri = (yield* enable("c")).headers["x-cdn-uri"] ?? ""
      assert.strictEqual((yield* copy(`${uri}/none`)).status, 404)
      assert.strictEqual((yield* copy(uri)).status, 404)
      assert.strictEqual((yield* copy(`${uri}x/o`)).status, 404)
      assert.strictEqual((yield* copy(`${uri}/o`, "PUT")).status, 405)
      const head = yield* copy(`${uri}/o`, "HEAD")
      assert.deepStrictEqual([head.status, head.headers["content-length"], head.text], [200, "5", ""])
    })
  )

  it.effect("rejects the 26th purge of a day with 498", () =>
    Effect.gen(function* () {
      const { emulator, sendToCdn } = yield* cdn({ tokenTtl: "48 hours" })
      yield* emulator.cdn.seedContainer("c")
      assert.strictEqual((yield* sendToCdn("DELETE", "/never/o")).status, 404)
      for (let count = 1; count <= 25; count++) {
        assert.strictEqual((yield* sendToCdn("DELETE", `/c/${count}`)).status, 204)
        yield* TestClock.adjust("1 minutes")
      }
      assert.strictEqual((yield* sendToCdn("DELETE", "/c/o")).status, 498)
      yield* TestClock.adjust("23 hours")
      assert.strictEqual((yield* sendToCdn("DELETE", "/c/o")).status, 498)
      yield* TestClock.adjust("35 minutes")
      assert.strictEqual((yield* sendToCdn("DELETE", "/c/o")).status, 204)
    })
  )

  it.effect("keeps its entry for a deleted container until it is disabled and removed", () =>
    Effect.gen(function* () {
      const { emulator, enable, sendToCdn } = yield* cdn()
      yield* emulator.files.seedContainer("c")
      yield* enable("c")
      yield* emulator.files.dropContainer("c")
      assert.strictEqual((yield* sendToCdn("HEAD", "/c")).status, 204)
      const forget = { headers: { "x-remove-cdn-container": "t" } }
      assert.strictEqual((yield* sendToCdn("DELETE", "/c")).status, 405)
      assert.strictEqual((yield* sendToCdn("DELETE", "/c", forget)).status, 409)
      yield* sendToCdn("POST", "/c", { headers: { "x-cdn-enabled": "False" } })
      assert.strictEqual((yield* sendToCdn("DELETE", "/c", forget)).status, 204)
      assert.strictEqual((yield* sendToCdn("HEAD", "/c")).status, 404)
      assert.strictEqual((yield* sendToCdn("DELETE", "/c", forget)).status, 404)
    })
  )

  it.effect("caches at most a thousand copies, and evicts the oldest", () =>
    Effect.gen(function* () {
      const { copy, emulator, enable } = yield* cdn()
      yield* emulator.files.seedContainer("c", 1001)
      const uri = (yield* enable("c")).headers["x-cdn-uri"] ?? ""
      for (let index = 1; index <= 1001; index++) {
        yield* copy(`${uri}/object-${String(index).padStart(6, "0")}`)
      }
      const cached = yield* emulator.cdn.cached("c")
      assert.deepStrictEqual([cached.length, cached[0]], [1000, "object-000002"])
    })
  )

  it.effect("is separate in each region", () =>
    Effect.gen(function* () {
      const { emulator } = yield* cdn({ regions: ["DFW", "ORD"] })
      yield* emulator.cdnIn("ord").seedContainer("c")
      assert.strictEqual((yield* emulator.cdn.containers).length, 0)
      assert.strictEqual((yield* emulator.cdnIn("ORD").containers).length, 1)
    })
  )
})

describe("Cloud Files: /info", () => {
  it.effect("is missing, as at Rackspace, unless the storage is discoverable", () =>
    Effect.gen(function* () {
      const silent = yield* Emulator.make()
      assert.strictEqual((yield* send(silent, "/info")).status, 404)
      const emulator = yield* Emulator.make({ files: { discoverable: true, maxObjectBytes: 1000 } })
      for (const path of ["/info", "/files/dfw/info"]) {
        const { json, status } = yield* send(emulator, path)
        assert.deepStrictEqual([status, at(json, "swift", "max_file_size")], [200, 1000])
      }
      assert.strictEqual((yield* send(emulator, "/info", { method: "OPTIONS" })).headers["allow"], "HEAD, GET, OPTIONS")
      assert.strictEqual((yield* emulator.handle(wireRequest("/info", { method: "PUT" }))).status, 405)
      assert.strictEqual(
        (yield* Effect.flatMap(emulator.handle(wireRequest("/info")), readResponse)).headers["date"] !== undefined,
        true
      )
    })
  )
})
