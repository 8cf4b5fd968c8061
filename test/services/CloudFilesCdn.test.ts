import { assert, describe, it } from "@effect/vitest"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import type * as Http from "node:http"
import * as Rackspace from "../../src/layers/Rackspace.js"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as RetryPolicy from "../../src/RetryPolicy.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { httpServer, login } from "../support.js"

interface Seen {
  readonly line: string
  readonly headers: Http.IncomingHttpHeaders
}

interface TestResponse {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const account = "/v1/MossoCloudFS_abc"

/** A CDN that returns the test's responses in order, and then the last one for all further requests. */
const cdn = <A, E>(
  responses: ReadonlyArray<TestResponse>,
  test: (files: CloudFiles.Service, seen: ReadonlyArray<Seen>) => Effect.Effect<A, E>
) =>
  Effect.gen(function* () {
    const seen: Array<Seen> = []
    const server = yield* httpServer((request, response) => {
      seen.push({ line: `${request.method} ${request.url?.replace(account, "")}`, headers: request.headers })
      const { body, headers, status } = responses[Math.min(seen.length, responses.length) - 1] ?? { status: 500 }
      response.writeHead(status, { "X-Trans-Id": "tx123-cdn", ...headers }).end(body)
    })
    return yield* Effect.flatMap(CloudFiles.CloudFiles, (files) => test(files, seen)).pipe(
      Effect.provide(
        CloudFiles.layer({
          endpoint: `${server.url}/storage${account}`,
          cdnEndpoint: server.url + account,
          retry: RetryPolicy.never
        }).pipe(Layer.provide(NodeHttpClient.layerUndici), Layer.provide(login))
      )
    )
  })

const uris = {
  "X-Cdn-Uri": "http://081e40d3.r45.cf2.rackcdn.com",
  "X-Cdn-Ssl-Uri": "https://83c49b9a.ssl.cf2.rackcdn.com",
  "X-Cdn-Streaming-Uri": "http://084cc2790.r45.stream.cf2.rackcdn.com",
  "X-Cdn-Ios-Uri": "http://084cc2790.iosr.cf2.rackcdn.com"
}

const decodedUris = {
  httpUri: uris["X-Cdn-Uri"],
  httpsUri: uris["X-Cdn-Ssl-Uri"],
  streamingUri: uris["X-Cdn-Streaming-Uri"],
  iosUri: uris["X-Cdn-Ios-Uri"]
}

describe("CloudFiles: requests to the CDN", () => {
  it.scopedLive("enableCdn returns whether the container was public before, and its URIs", () =>
    cdn(
      [{ status: 201, headers: uris }, { status: 202, headers: { "X-Cdn-Uri": uris["X-Cdn-Uri"] } }, { status: 404 }],
      (files, seen) =>
        Effect.gen(function* () {
          const first = yield* files.enableCdn({ container: "my box", ttl: Duration.hours(1), logRetention: true })
          assert.deepStrictEqual(first, { created: true, ...decodedUris })
          const second = yield* files.enableCdn({ container: "my box" })
          assert.deepStrictEqual(second, { created: false, httpUri: decodedUris.httpUri })
          assert.strictEqual((yield* Effect.flip(files.enableCdn({ container: "none" })))._tag, "NotFound")
          const [one, two] = seen
          assert.strictEqual(one?.line, "PUT /my%20box")
          assert.deepStrictEqual(
            [one?.headers["x-cdn-enabled"], one?.headers["x-ttl"], one?.headers["x-log-retention"]],
            ["True", "3600", "True"]
          )
          assert.isDefined(one?.headers["x-auth-token"])
          assert.deepStrictEqual([two?.headers["x-cdn-enabled"], two?.headers["x-ttl"]], ["True", undefined])
        })
    )
  )

  it.scopedLive("getCdn decodes the settings, with and without the discontinued URIs", () =>
    cdn(
      [
        {
          status: 204,
          headers: { "X-Cdn-Enabled": "True", "X-Ttl": "259200", "X-Log-Retention": "True", ...uris }
        },
        { status: 200, headers: { "X-CDN-Enabled": "False", "X-TTL": "900", "X-CDN-URI": uris["X-Cdn-Uri"] } },
        { status: 404, body: "<html><h1>Not Found</h1></html>" }
      ],
      (files, seen) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* files.getCdn({ container: "c" }), {
            enabled: true,
            ttl: Duration.days(3),
            logRetention: true,
            ...decodedUris
          })
          assert.deepStrictEqual(yield* files.getCdn({ container: "c" }), {
            enabled: false,
            ttl: Duration.minutes(15),
            logRetention: false,
            httpUri: decodedUris.httpUri
          })
          const error = yield* Effect.flip(files.getCdn({ container: "c" }))
          assert.deepStrictEqual([error._tag, "requestId" in error && error.requestId], ["NotFound", "tx123-cdn"])
          assert.deepStrictEqual(
            seen.map(({ line }) => line),
            ["HEAD /c", "HEAD /c", "HEAD /c"]
          )
        })
    )
  )

  it.scopedLive("updateCdn and disableCdn send only the changed settings", () =>
    cdn(
      [{ status: 202, headers: { "X-Ttl": "1" } }, { status: 204 }, { status: 204 }, { status: 404 }],
      (files, seen) =>
        Effect.gen(function* () {
          yield* files.updateCdn({ container: "c", ttl: Duration.days(365) })
          yield* files.updateCdn({ container: "c", logRetention: false })
          yield* files.disableCdn({ container: "c" })
          assert.strictEqual((yield* Effect.flip(files.disableCdn({ container: "c" })))._tag, "NotFound")
          const settings = seen.map(({ headers, line }) => [
            line,
            headers["x-cdn-enabled"],
            headers["x-ttl"],
            headers["x-log-retention"]
          ])
          assert.deepStrictEqual(settings.slice(0, 3), [
            ["POST /c", undefined, "31536000", undefined],
            ["POST /c", undefined, undefined, "False"],
            ["POST /c", "False", undefined, undefined]
          ])
        })
    )
  )

  it.scopedLive("a TTL outside of the allowed range is rejected before any request", () =>
    cdn([{ status: 500 }], (files, seen) =>
      Effect.gen(function* () {
        for (const ttl of [Duration.seconds(899), Duration.days(366), Duration.infinity]) {
          const error = yield* Effect.flip(files.enableCdn({ container: "c", ttl }))
          assert.strictEqual(error._tag, "InvalidInput")
          assert.include(error.message, "15 minutes to 365 days")
        }
        assert.deepStrictEqual(seen, [])
      })
    )
  )

  it.scopedLive("purgeFromCdn sends the addresses to notify, and fails with QuotaExceeded above the daily limit", () =>
    cdn([{ status: 204 }, { status: 498, body: "<html>Rate limit exceeded</html>" }, { status: 403 }], (files, seen) =>
      Effect.gen(function* () {
        const address = { container: "c", object: "a/../b c" }
        yield* files.purgeFromCdn({ ...address, emails: ["a@example.com", "b@example.com"] })
        assert.deepStrictEqual(
          [seen[0]?.line, seen[0]?.headers["x-purge-email"]],
          ["DELETE /c/a%2F..%2Fb%20c", "a@example.com, b@example.com"]
        )
        const exceeded = yield* Effect.flip(files.purgeFromCdn(address))
        assert.strictEqual(exceeded._tag, "QuotaExceeded")
        assert.strictEqual(
          exceeded.message,
          "CloudFiles.purgeFromCdn: 498 the account has used its 25 purges for today (request tx123-cdn)"
        )
        assert.strictEqual((yield* Effect.flip(files.purgeFromCdn(address)))._tag, "Forbidden")
        const wrong = yield* Effect.flip(files.purgeFromCdn({ ...address, emails: ["a@b, c@d"] }))
        assert.strictEqual(wrong._tag, "InvalidInput")
        assert.strictEqual(seen.length, 3)
      })
    )
  )

  it.scopedLive("forgetCdn does not delete the container", () =>
    cdn([{ status: 204 }, { status: 404 }], (files, seen) =>
      Effect.gen(function* () {
        yield* files.forgetCdn({ container: "c" })
        assert.deepStrictEqual([seen[0]?.line, seen[0]?.headers["x-remove-cdn-container"]], ["DELETE /c", "t"])
        assert.strictEqual((yield* Effect.flip(files.forgetCdn({ container: "c" })))._tag, "NotFound")
      })
    )
  )

  const rows = [
    {
      name: "a",
      cdn_enabled: true,
      ttl: 259200,
      log_retention: false,
      cdn_uri: "http://a",
      cdn_ssl_uri: "https://a",
      cdn_streaming_uri: "http://s",
      cdn_ios_uri: "http://i"
    },
    {
      name: "b",
      "X-Cdn-Enabled": "False",
      "X-Ttl": "900",
      "X-Log-Retention": "True",
      "X-Cdn-Uri": "http://b",
      "X-Cdn-Ssl-Uri": null
    }
  ]

  it.scopedLive("listCdnContainers fetches all pages, and decodes both forms of an entry", () =>
    cdn([{ status: 200, body: JSON.stringify(rows) }, { status: 204 }], (files, seen) =>
      Effect.gen(function* () {
        const all = yield* Stream.runCollect(files.listCdnContainers({ enabledOnly: true, pageSize: 2, marker: "0" }))
        assert.deepStrictEqual(Chunk.toReadonlyArray(all), [
          {
            name: "a",
            enabled: true,
            ttl: Duration.days(3),
            logRetention: false,
            httpUri: "http://a",
            httpsUri: "https://a",
            streamingUri: "http://s",
            iosUri: "http://i"
          },
          { name: "b", enabled: false, ttl: Duration.minutes(15), logRetention: true, httpUri: "http://b" }
        ])
        assert.deepStrictEqual(
          seen.map(({ line }) => line),
          ["GET ?format=json&marker=0&enabled_only=true&limit=2", "GET ?format=json&marker=b&enabled_only=true&limit=2"]
        )
      })
    )
  )

  it.scopedLive("an entry without a name is a MalformedResponse", () =>
    cdn([{ status: 200, body: JSON.stringify([{ cdn_enabled: true }]) }], (files) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(files.listCdnContainersPage())
        assert.strictEqual(error._tag, "MalformedResponse")
        assert.include(error.message, "name")
      })
    )
  )
})

describe("CloudFiles: the CDN of the emulated cloud", () => {
  it.effect("a container is published, changed, purged, disabled and forgotten, and keeps its objects", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const where = { container: "c" }
      const address = { ...where, object: "a b/ü" }
      assert.strictEqual((yield* Effect.flip(files.enableCdn(where)))._tag, "NotFound")
      yield* files.createContainer({ container: "c" })
      assert.strictEqual((yield* Effect.flip(files.getCdn(where)))._tag, "NotFound")
      yield* files.upload({ ...address, body: CloudFiles.fromString("content") })
      const { created, ...uris } = yield* files.enableCdn({ ...where, ttl: Duration.minutes(15) })
      assert.isTrue(created)
      yield* files.updateCdn({ ...where, ttl: Duration.hours(2), logRetention: true })
      assert.deepStrictEqual(yield* files.getCdn(where), {
        ...uris,
        enabled: true,
        ttl: Duration.hours(2),
        logRetention: true
      })
      yield* files.purgeFromCdn({ ...address, emails: ["a@example.com"] })
      yield* files.disableCdn(where)
      const listed = (enabledOnly: boolean) =>
        Effect.map(Stream.runCollect(files.listCdnContainers({ enabledOnly })), (all) =>
          [...all].map(({ enabled, name }) => [name, enabled])
        )
      assert.deepStrictEqual(yield* listed(false), [["c", false]])
      assert.deepStrictEqual(yield* listed(true), [])
      yield* files.forgetCdn(where)
      assert.deepStrictEqual(yield* listed(false), [])
      assert.strictEqual((yield* files.getObjectInfo(address)).bytes, 7)
    }).pipe(Effect.provide(TestCloud.layer({ retry: RetryPolicy.never })))
  )
})

describe("CloudFiles: the daily limit of purges", () => {
  const address = { container: "c", object: "o" }
  const used = Effect.gen(function* () {
    const files = yield* CloudFiles.CloudFiles
    const emulated = yield* TestCloud.TestCloud
    yield* files.createContainer({ container: "c" })
    yield* files.enableCdn({ container: "c" })
    for (let count = 0; count < 25; count++) yield* files.purgeFromCdn(address)
    yield* emulated.clearRequests
    return { emulated, files }
  })
  const deletions = Effect.map(
    Effect.flatMap(TestCloud.TestCloud, (emulated) => emulated.requests),
    (all) => all.filter(({ method }) => method === "DELETE").length
  )

  it.effect("fails immediately when it is reached, and is reset on the next day", () =>
    Effect.gen(function* () {
      const { files } = yield* used
      const error = yield* Effect.flip(files.purgeFromCdn(address))
      assert.strictEqual(error._tag, "QuotaExceeded")
      assert.strictEqual(yield* deletions, 1)
      yield* TestClock.adjust("1 days")
      yield* files.purgeFromCdn(address)
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("is waited for if the response has Retry-After", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* used
      const fault = { _tag: "Status", status: 498, headers: { "Retry-After": "5" } } as const
      yield* emulated.fail({ match: { method: "DELETE" }, times: Infinity, fault })
      const fiber = yield* Effect.fork(Effect.flip(files.purgeFromCdn(address)))
      yield* TestClock.adjust("3 minutes")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "OverLimit")
      // Every 5 to 7.5 seconds, for the two minutes of the policy.
      const sent = yield* deletions
      assert.isAtLeast(sent, 16)
      assert.isAtMost(sent, 25)
    }).pipe(Effect.provide(TestCloud.layer({ retry: RetryPolicy.defaultPolicy })))
  )

  it.effect("does not apply to the storage, whose 498 is retried", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* used
      yield* emulated.fail({ match: { service: "files", method: "PUT" }, fault: { _tag: "Status", status: 498 } })
      const fiber = yield* Effect.fork(files.upload({ ...address, body: CloudFiles.fromString("x") }))
      yield* TestClock.adjust("1 minutes")
      assert.strictEqual((yield* Fiber.join(fiber)).bytes, 1)
    }).pipe(Effect.provide(TestCloud.layer()))
  )
})

describe("CloudFiles: the CDN's endpoint", () => {
  it.effect("is another one than the storage's in the catalog", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const cloud = yield* TestCloud.TestCloud
      yield* Effect.ignore(files.getCdn({ container: "c" }))
      const last = (yield* cloud.requests).at(-1)
      assert.isTrue(last?.target.startsWith("/cdn/dfw/v1/MossoCloudFS_"), last?.target)
    }).pipe(Effect.provide(TestCloud.layer({ retry: RetryPolicy.never })))
  )

  it.scopedLive("can be configured with those of all services", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const server = yield* httpServer((request, response) => {
        lines.push(`${request.method} ${request.url}`)
        response.writeHead(204, { "X-Cdn-Enabled": "True" }).end()
      })
      const services = Rackspace.layerServices({
        endpoints: { CloudFilesCdn: server.url + account },
        interface: "internal"
      })
      const { enabled } = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) =>
        files.getCdn({ container: "c" })
      ).pipe(Effect.provide(services.pipe(Layer.provide(NodeHttpClient.layerUndici), Layer.provide(login))))
      assert.isTrue(enabled)
      assert.deepStrictEqual(lines, [`HEAD ${account}/c`])
    })
  )

  it.effect("is rejected if it is the storage's, where a purge would delete the object", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const storage = yield* Effect.flatMap(CloudFiles.CloudFiles, ({ endpointUrl }) => endpointUrl)
      yield* cloud.files.putObject("c", "o", "kept")
      const error = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) =>
        Effect.flip(files.purgeFromCdn({ container: "c", object: "o" }))
      ).pipe(Effect.provide(CloudFiles.layer({ cdnEndpoint: `${storage}/` })))
      assert.strictEqual(error._tag, "InvalidInput")
      assert.include(error.message, "a URL that differs from the storage's")
      assert.deepStrictEqual(yield* cloud.files.objects("c"), ["o"])
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.scopedLive("can be used without storage in the catalog", () =>
    Effect.gen(function* () {
      const server = yield* httpServer((_, response) => void response.writeHead(204, { "X-Cdn-Enabled": "True" }).end())
      const layer = CloudFiles.layer({ cdnEndpoint: server.url + account, region: "NOWHERE" })
      const { enabled, storage } = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) =>
        Effect.all({
          enabled: Effect.map(files.getCdn({ container: "c" }), ({ enabled }) => enabled),
          storage: Effect.flip(files.endpointUrl)
        })
      ).pipe(Effect.provide(layer.pipe(Layer.provide(NodeHttpClient.layerUndici), Layer.provide(login))))
      assert.isTrue(enabled)
      assert.strictEqual(storage._tag, "EndpointNotFound")
    })
  )

  it.effect("is the public one if services use the internal interface", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const error = yield* Effect.flip(files.getCdn({ container: "c" }))
      assert.notStrictEqual(error._tag, "EndpointNotFound")
    }).pipe(Effect.provide(TestCloud.layer({ interface: "internal", retry: RetryPolicy.never })))
  )

  it("cdnUrl returns an object's URL, with https if available", () => {
    assert.strictEqual(
      CloudFiles.cdnUrl(decodedUris, { object: "a b/ü?.jpg" }),
      `${decodedUris.httpsUri}/a%20b/%C3%BC%3F.jpg`
    )
    assert.strictEqual(CloudFiles.cdnUrl({ httpUri: "http://a/" }, { object: "o" }), "http://a/o")
    assert.strictEqual(
      CloudFiles.cdnUrl(decodedUris, { object: "o", kind: "streaming" }),
      `${decodedUris.streamingUri}/o`
    )
    assert.isUndefined(CloudFiles.cdnUrl({ httpUri: "http://a" }, { object: "o", kind: "https" }))
  })
})
