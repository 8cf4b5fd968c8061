import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import type * as Http from "node:http"
import type * as CloudClient from "../src/CloudClient.js"
import type * as CloudError from "../src/CloudError.js"
import type { Fault } from "../src/emulator/Fault.js"
import * as Identity from "../src/Identity.js"
import * as TestCloud from "../src/layers/TestCloud.js"
import * as RetryPolicy from "../src/RetryPolicy.js"
import * as CloudBigData from "../src/services/CloudBigData.js"
import * as CloudFiles from "../src/services/CloudFiles.js"
import * as CloudLoadBalancers from "../src/services/CloudLoadBalancers.js"
import * as CloudServers from "../src/services/CloudServers.js"
import * as Telemetry from "../src/Telemetry.js"
import { bytesOf, collected, httpServer, inPieces, patterned, requestsOf, servicesAt } from "./support.js"
import { recording } from "./support/recording.js"
import { tarOf } from "./support/tar.js"

const status = (code: number, headers: Readonly<Record<string, string>> = {}, body?: unknown): Fault => ({
  _tag: "Status",
  status: code,
  headers,
  ...(body !== undefined && { body })
})

const injectFault = (fault: Fault, times = 1) =>
  Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.fail({ match: { path: /files|servers/ }, times, fault }))

const sent = Effect.zipWith(
  requestsOf("files"),
  requestsOf("servers"),
  (files, servers) => files.length + servers.length
)

/** When each request was sent, in milliseconds after the first. */
const times = Effect.map(requestsOf("files"), (all) =>
  all.map((request) => request.startedAt - (all[0]?.startedAt ?? 0))
)

const get = Effect.flatMap(CloudFiles.CloudFiles, (files) => files.listContainersPage())

const create = Effect.flatMap(CloudServers.CloudServers, (servers) =>
  servers.create({ name: "web", imageId: "i", flavorId: "f" })
)

/** Runs an effect while the test clock advances. */
const withAdvancingClock = <A, E, R>(effect: Effect.Effect<A, E, R>, duration: Duration.DurationInput = "10 minutes") =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust(duration)
    return yield* Fiber.join(fiber)
  })

/** The emulated cloud, with the delays of the default policy. */
const withDelays = TestCloud.layer({ retry: RetryPolicy.defaultPolicy })

describe("CloudClient: retries", () => {
  for (const code of [408, 499, 502, 503, 504, 507]) {
    it.effect(`retries ${code} for idempotent requests`, () =>
      Effect.gen(function* () {
        yield* injectFault(status(code), 2)
        assert.deepStrictEqual(yield* withAdvancingClock(get), [])
        assert.strictEqual(yield* sent, 3)
      }).pipe(Effect.provide(withDelays))
    )

    it.effect(`does not retry ${code} for a POST that creates`, () =>
      Effect.gen(function* () {
        yield* injectFault(status(code))
        const error = yield* withAdvancingClock(Effect.flip(create))
        assert.strictEqual(error._tag, "ServiceUnavailable")
        assert.strictEqual(yield* sent, 1)
      }).pipe(Effect.provide(withDelays))
    )
  }

  it.effect("retries a 503 with Retry-After at that time or a little later, not before", () =>
    Effect.gen(function* () {
      yield* injectFault(status(503, { "Retry-After": "7" }), 2)
      yield* withAdvancingClock(get)
      const [, second = 0, third = 0] = yield* times
      assert.isTrue(second >= 7000 && second <= 10_500 && third >= second + 7000 && third <= second + 10_500)
    }).pipe(Effect.provide(withDelays))
  )

  it.effect("accepts a date in Retry-After", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_000_000_000_000)
      yield* injectFault(status(503, { "Retry-After": new Date(1_000_000_020_000).toUTCString() }))
      yield* withAdvancingClock(get)
      const [, second = 0] = yield* times
      assert.isTrue(second >= 20_000 && second <= 25_000)
    }).pipe(Effect.provide(withDelays))
  )

  it.effect("does not retry a 500", () =>
    Effect.gen(function* () {
      yield* injectFault(status(500))
      const error = yield* withAdvancingClock(Effect.flip(get))
      assert.strictEqual(error._tag, "UnexpectedStatus")
      assert.strictEqual(yield* sent, 1)
    }).pipe(Effect.provide(withDelays))
  )

  const overLimit = { overLimit: { code: 413, message: "OverLimit Retry...", retryAfter: "1970-01-01T00:00:30Z" } }

  for (const [what, fault, at] of [
    ["413 with Retry-After", status(413, { "Retry-After": "5" }), 5000],
    ["413 with a fault that names a time", status(413, {}, overLimit), 30_000],
    ["429 with Retry-After", status(429, { "Retry-After": "5" }), 5000],
    ["498 with Retry-After", status(498, { "Retry-After": "5" }), 5000]
  ] as const) {
    const requests: ReadonlyArray<
      readonly [string, Effect.Effect<unknown, unknown, CloudFiles.CloudFiles | CloudServers.CloudServers>]
    > = [
      ["a GET", get],
      ["a POST that creates", create]
    ]
    for (const [method, request] of requests) {
      it.effect(`waits and retries after ${what}, for ${method}`, () =>
        Effect.gen(function* () {
          yield* injectFault(fault)
          yield* withAdvancingClock(Effect.exit(request))
          const all = [...(yield* requestsOf("files")), ...(yield* requestsOf("servers"))]
          assert.strictEqual(all.length, 2)
          const waited = (all[1]?.startedAt ?? 0) - (all[0]?.startedAt ?? 0)
          assert.isAtLeast(waited, at)
          assert.isAtMost(waited, 1.5 * at)
        }).pipe(Effect.provide(withDelays))
      )
    }
  }

  it.effect("fails with OverLimit and the wait when the wait exceeds the cap", () =>
    Effect.gen(function* () {
      yield* injectFault(status(413, { "Retry-After": "3600" }))
      const error = yield* Effect.flip(get)
      assert.strictEqual(error._tag, "OverLimit")
      assert.deepStrictEqual(error._tag === "OverLimit" ? error.retryAfter : undefined, Duration.hours(1))
      assert.include(error.message, "retry after 1h")
      assert.strictEqual(yield* sent, 1)
    }).pipe(Effect.provide(withDelays))
  )

  it.effect("does not retry a response that exceeds the size limit", () =>
    Effect.gen(function* () {
      yield* injectFault({ _tag: "Status", status: 200, body: `[${" ".repeat(64 * 1024 * 1024)}]` })
      const error = yield* withAdvancingClock(Effect.flip(get))
      assert.strictEqual(error._tag, "TransportError")
      assert.strictEqual(error._tag === "TransportError" ? error.reason : undefined, "tooLong")
      assert.strictEqual(yield* sent, 1)
    }).pipe(Effect.provide(withDelays))
  )

  it.effect("does not retry when a quota is exceeded", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* injectFault(status(413))
      const error = yield* withAdvancingClock(
        Effect.flip(files.upload({ container: "c", object: "o", body: CloudFiles.fromString("x") }))
      )
      assert.strictEqual(error._tag, "QuotaExceeded")
      assert.strictEqual(yield* sent, 1)
    }).pipe(Effect.provide(withDelays))
  )

  it.effect("makes at most five attempts within two minutes", () =>
    Effect.gen(function* () {
      yield* injectFault(status(503), Infinity)
      const error = yield* withAdvancingClock(Effect.flip(get))
      assert.strictEqual(error._tag, "ServiceUnavailable")
      assert.strictEqual(yield* sent, 5)
      yield* TestCloud.TestCloud.pipe(Effect.flatMap((cloud) => cloud.clearRequests))
      yield* Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.clearFaults)
      yield* injectFault(status(503, { "Retry-After": "50" }), Infinity)
      yield* withAdvancingClock(Effect.flip(get))
      const [, second = 0, third = 0, ...more] = yield* times
      assert.isTrue(second >= 50_000 && third >= second + 50_000 && third <= 110_000)
      assert.deepStrictEqual(more, [])
    }).pipe(Effect.provide(withDelays))
  )

  it.effect("retries after a timeout, with one minute for each attempt", () =>
    Effect.gen(function* () {
      yield* injectFault({ _tag: "Delay", duration: "1 hours" }, 1)
      assert.deepStrictEqual(yield* withAdvancingClock(get), [])
      const [, second] = yield* times
      assert.isAtLeast(second ?? 0, 60_000)
      assert.isAtMost(second ?? 0, 60_250)
    }).pipe(Effect.provide(withDelays))
  )

  it.effect("does not count a rejected token as an attempt", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const once = { maxAttempts: 1 }
      yield* cloud.expireAllTokens
      assert.deepStrictEqual(
        yield* get.pipe(Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.make(once))),
        []
      )
      assert.strictEqual(yield* sent, 2)
    }).pipe(Effect.provide(withDelays))
  )

  it.effect("fails with Unauthorized after a second 401 right after the renewal", () =>
    Effect.gen(function* () {
      yield* injectFault(status(401), Infinity)
      const error = yield* Effect.flip(get)
      assert.strictEqual(error._tag, "Unauthorized")
      assert.strictEqual(yield* sent, 2)
    }).pipe(Effect.provide(withDelays))
  )

  it.effect("fails with Forbidden after a 403, without renewing the token", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      yield* cloud.clearRequests
      yield* injectFault(status(403))
      const error = yield* Effect.flip(get)
      assert.strictEqual(error._tag, "Forbidden")
      assert.strictEqual((yield* cloud.requests).length, 1)
    }).pipe(Effect.provide(withDelays))
  )
})

describe("CloudClient: operations that may take minutes on the server", () => {
  const segments = [{ path: "/c/a", etag: "0cc175b9c0f1b6a831c399e269772661", bytes: 1 }]
  const seeded = Effect.gen(function* () {
    const files = yield* CloudFiles.CloudFiles
    const cloud = yield* TestCloud.TestCloud
    yield* files.createContainer({ container: "c" })
    yield* cloud.files.putObject("c", "a", "a")
    return files
  })
  const operations: Readonly<
    Record<
      string,
      (
        files: CloudFiles.Service
      ) => Effect.Effect<readonly [method: string, Effect.Effect<unknown, CloudError.CloudError>], unknown>
    >
  > = {
    copy: (files) =>
      Effect.succeed([
        "PUT",
        files.copy({ container: "c", object: "b", source: { container: "c", object: "a" } })
      ] as const),
    copyManifest: (files) =>
      Effect.map(files.putManifest({ container: "c", object: "m", segments }), () => [
        "PUT",
        files.copyManifest({ container: "c", object: "m2", source: { container: "c", object: "m" } })
      ]),
    bulkDelete: (files) =>
      Effect.succeed([
        "POST",
        files.bulkDelete({ objects: ["a", "x"].map((object) => ({ container: "c", object })) })
      ] as const),
    extractArchive: (files) =>
      Effect.succeed([
        "PUT",
        files.extractArchive({ container: "c", format: "tar", body: CloudFiles.fromBytes(tarOf("f", "content")) })
      ] as const),
    putManifest: (files) =>
      Effect.succeed(["PUT", files.putManifest({ container: "c", object: "m", segments })] as const),
    deleteLargeObject: (files) =>
      Effect.map(files.putManifest({ container: "c", object: "m", segments }), () => [
        "DELETE",
        files.deleteLargeObject({ container: "c", object: "m" })
      ]),
    restoreVersion: (files) =>
      Effect.gen(function* () {
        const object = { container: "v", object: "o" }
        yield* files.createContainer({ container: "v" })
        yield* files.updateContainer({ container: "v", versionsEnabled: true })
        yield* files.upload({ ...object, body: CloudFiles.fromString("first") })
        yield* files.upload({ ...object, body: CloudFiles.fromString("second") })
        const versions = yield* collected(files.listVersions(object))
        const old = versions.find(({ isCurrent }) => !isCurrent)
        if (old === undefined) return yield* Effect.dieMessage("no old version")
        return ["PUT", files.restoreVersion(old)] as const
      })
  }

  const countOf = (method: string) =>
    Effect.map(requestsOf("files"), (all) => all.filter((request) => request.method === method).length)

  for (const [name, prepare] of Object.entries(operations)) {
    it.effect(`${name} waits for the response, and is sent once`, () =>
      Effect.gen(function* () {
        const cloud = yield* TestCloud.TestCloud
        const [method, effect] = yield* prepare(yield* seeded)
        yield* cloud.clearRequests
        yield* cloud.fail({ match: { method }, fault: { _tag: "Delay", duration: "20 minutes" } })
        yield* withAdvancingClock(effect, "21 minutes")
        assert.strictEqual(yield* countOf(method), 1)
      }).pipe(Effect.provide(TestCloud.layer()))
    )

    it.effect(`${name} is not retried while the first request may still be running`, () =>
      Effect.gen(function* () {
        const cloud = yield* TestCloud.TestCloud
        const [method, effect] = yield* prepare(yield* seeded)
        yield* cloud.clearRequests
        yield* cloud.fail({ match: { method }, times: Infinity, fault: { _tag: "Delay", duration: "10 hours" } })
        const error = yield* withAdvancingClock(Effect.flip(effect), "2 hours")
        assert.strictEqual(error._tag, "TransportError")
        assert.strictEqual(yield* countOf(method), 1)
      }).pipe(Effect.provide(TestCloud.layer()))
    )

    it.effect(`${name} is not retried after a gateway timeout`, () =>
      Effect.gen(function* () {
        const cloud = yield* TestCloud.TestCloud
        const [method, effect] = yield* prepare(yield* seeded)
        yield* cloud.clearRequests
        yield* cloud.fail({ match: { method }, times: Infinity, fault: status(504) })
        const error = yield* withAdvancingClock(Effect.flip(effect))
        assert.strictEqual(error._tag, "ServiceUnavailable")
        assert.strictEqual(yield* countOf(method), 1)
      }).pipe(Effect.provide(TestCloud.layer()))
    )

    it.effect(`${name} is retried after an immediate failure`, () =>
      Effect.gen(function* () {
        const cloud = yield* TestCloud.TestCloud
        const [method, effect] = yield* prepare(yield* seeded)
        yield* cloud.clearRequests
        yield* cloud.fail({ match: { method }, fault: status(503) })
        yield* cloud.fail({ match: { method }, fault: { _tag: "Cut" } })
        yield* withAdvancingClock(effect)
        assert.strictEqual(yield* countOf(method), 3)
      }).pipe(Effect.provide(TestCloud.layer()))
    )
  }

  for (const [what, fail] of [
    ["a bad gateway", (response: Http.ServerResponse) => void response.writeHead(502).end()],
    ["an overloaded gateway", (response: Http.ServerResponse) => void response.writeHead(503).end()],
    ["a broken connection", (response: Http.ServerResponse) => void response.destroy()]
  ] as const) {
    it.scopedLive(`a copy is not retried after ${what} that arrived when the cloud may have applied it`, () =>
      Effect.gen(function* () {
        let copies = 0
        const { url } = yield* httpServer((_, response) => {
          copies++
          setTimeout(() => fail(response), 1200)
        })
        const copy = Effect.flatMap(CloudFiles.CloudFiles, (files) =>
          files.copyObject({ container: "c", object: "b", source: { container: "c", object: "a" } })
        )
        yield* Effect.flip(copy.pipe(Effect.provide(servicesAt(url))))
        assert.strictEqual(copies, 1)
      })
    )
  }

  it.scopedLive("a copy is retried when no connection could be made", () =>
    Effect.gen(function* () {
      // The server is closed when its scope ends.
      const { url } = yield* Effect.scoped(httpServer(() => {}))
      const { spans, tracer } = recording()
      const copy = Effect.flatMap(CloudFiles.CloudFiles, (files) =>
        files.copyObject({ container: "c", object: "b", source: { container: "c", object: "a" } })
      )
      const error = yield* Effect.flip(
        copy.pipe(
          Effect.provide(servicesAt(url, undefined, { retry: RetryPolicy.make({ baseDelay: Duration.millis(1) }) })),
          Effect.withTracer(tracer)
        )
      )
      assert.isTrue(error._tag === "TransportError" && error.notSent)
      assert.isTrue(spans.some(({ attributes }) => attributes.get("http.request.resend_count") === 4))
    })
  )
})

describe("CloudClient: one resource that always returns 401", () => {
  it.effect("causes a few logins in the whole program, and does not affect other resources", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({ container: "bad" })
      yield* cloud.fail({ match: { path: "/bad" }, times: Infinity, fault: status(401) })
      const before = (yield* cloud.logins).succeeded
      yield* cloud.clearRequests
      for (let call = 0; call < 50; call++) {
        assert.strictEqual((yield* Effect.flip(files.getContainer({ container: "bad" })))._tag, "Unauthorized")
        yield* files.listContainersPage()
      }
      // When Identity returns the rejected token, it is revoked and requested once more.
      assert.isAtMost((yield* cloud.logins).succeeded - before, 6)
      const bad = (yield* requestsOf("files")).filter((request) => request.target.includes("/bad"))
      assert.isAtMost(bad.length, 60)
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("does so with concurrent calls too, and is served again once it works", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({ container: "bad" })
      yield* cloud.fail({ match: { path: "/bad" }, times: Infinity, fault: status(401) })
      const before = (yield* cloud.logins).succeeded
      const call = Effect.all([Effect.flip(files.getContainer({ container: "bad" })), files.listContainersPage()])
      yield* Effect.all(
        Array.from({ length: 50 }, () => call),
        { concurrency: "unbounded" }
      )
      // When Identity returns the rejected token, it is revoked and requested once more.
      assert.isAtMost((yield* cloud.logins).succeeded - before, 6)
      yield* cloud.clearFaults
      yield* files.getContainer({ container: "bad" })
      yield* cloud.expireAllTokens
      yield* files.getContainer({ container: "bad" })
    }).pipe(Effect.provide(TestCloud.layer()))
  )
})

describe("CloudClient: many resources that always return 401", () => {
  const containers = Array.from({ length: 50 }, (_, index) => `bad-${index}`)
  const call = (container: string) =>
    Effect.flatMap(CloudFiles.CloudFiles, (files) => files.getContainer({ container }))
  /** The emulated cloud, where Identity returns the rejected token until that is revoked. */
  const loginsDuring = <E, R>(work: Effect.Effect<unknown, E, R>) =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const before = (yield* cloud.logins).succeeded
      yield* work
      return (yield* cloud.logins).succeeded - before
    })
  const allBad = Effect.gen(function* () {
    const cloud = yield* TestCloud.TestCloud
    yield* get
    yield* cloud.fail({ match: { path: /bad/ }, times: Infinity, fault: status(401) })
  })

  it.effect("cause a few sequential logins in the whole program, with and without other requests in between", () =>
    Effect.gen(function* () {
      yield* allBad
      const logins = yield* loginsDuring(
        Effect.forEach(containers, (container, index) =>
          Effect.gen(function* () {
            assert.strictEqual((yield* Effect.flip(call(container)))._tag, "Unauthorized")
            if (index % 2 === 0) yield* get
          })
        )
      )
      assert.isAtMost(logins, 6)
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("cause a few logins when requested concurrently, while other requests succeed", () =>
    Effect.gen(function* () {
      yield* allBad
      const files = yield* CloudFiles.CloudFiles
      const logins = yield* loginsDuring(
        Effect.forEach(
          [...containers, ...containers],
          (container) => Effect.all([Effect.flip(call(container)), files.listContainersPage()]),
          { concurrency: "unbounded" }
        )
      )
      assert.isAtMost(logins, 6)
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("share the limit on logins with other services of the same Identity", () =>
    Effect.gen(function* () {
      yield* allBad
      const cloud = yield* TestCloud.TestCloud
      const servers = yield* CloudServers.CloudServers
      yield* cloud.fail({ match: { path: /servers/ }, times: Infinity, fault: status(401) })
      const logins = yield* loginsDuring(
        Effect.forEach(containers, (container) =>
          Effect.gen(function* () {
            assert.strictEqual((yield* Effect.flip(call(container)))._tag, "Unauthorized")
            assert.strictEqual((yield* Effect.flip(servers.get({ serverId: container })))._tag, "Unauthorized")
          })
        )
      )
      assert.isAtMost(logins, 6)
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect(
    "do not prevent a new login for a resource that worked before, and delay others by at most ten seconds",
    () =>
      Effect.gen(function* () {
        const cloud = yield* TestCloud.TestCloud
        yield* allBad
        yield* Effect.forEach(containers, (container) => Effect.flip(call(container)))
        yield* cloud.expireAllTokens
        yield* get
        yield* cloud.expireAllTokens
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual((yield* Effect.flip(call("other")))._tag, "NotFound")
      }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("are limited also when only modifying a resource returns 401, and reading it works", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({ container: "c" })
      yield* cloud.fail({ match: { method: "POST", path: /c$/ }, times: Infinity, fault: status(401) })
      const logins = yield* loginsDuring(
        Effect.forEach(containers, () =>
          Effect.gen(function* () {
            yield* files.getContainer({ container: "c" })
            const error = yield* Effect.flip(files.updateContainer({ container: "c", metadata: { a: "b" } }))
            assert.strictEqual(error._tag, "Unauthorized")
          })
        )
      )
      assert.isAtMost(logins, 6)
    }).pipe(Effect.provide(TestCloud.layer()))
  )
})

describe("CloudClient: concurrency of requests", () => {
  it.effect("is limited by maxConcurrentRequests", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const files = yield* CloudFiles.CloudFiles
      yield* cloud.clearRequests
      yield* cloud.fail({
        match: { service: "files" },
        times: Infinity,
        fault: { _tag: "Delay", duration: "1 second" }
      })
      const all = yield* Effect.fork(
        Effect.all(
          Array.from({ length: 20 }, () => files.listContainersPage()),
          { concurrency: "unbounded" }
        )
      )
      yield* TestClock.adjust("500 millis")
      assert.strictEqual((yield* requestsOf("files")).length, 4)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* Fiber.join(all)).length, 20)
    }).pipe(Effect.provide(TestCloud.layer({ maxConcurrentRequests: 4 })))
  )

  it.effect("does not count open downloads, and an interrupted request releases its slot", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({ container: "c" })
      yield* cloud.files.putObject("c", "o", patterned(1024))
      const open = files.getObject({ container: "c", object: "o" })
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* open
          yield* open
          yield* files.listContainersPage()
          yield* withAdvancingClock(open, "1 second")
        })
      )
      yield* cloud.fail({ match: { service: "files" }, times: 2, fault: { _tag: "Delay", duration: "1 hour" } })
      const stuck = yield* Effect.fork(
        Effect.all([files.listContainersPage(), files.listContainersPage()], { concurrency: "unbounded" })
      )
      yield* TestClock.adjust("1 second")
      const waiting = yield* Effect.fork(files.listContainersPage())
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(waiting)
      yield* Fiber.interrupt(stuck)
      yield* files.listContainersPage()
    }).pipe(Effect.provide(TestCloud.layer({ maxConcurrentRequests: 2 })))
  )

  it.effect(
    "does not count waiting for a slot towards the time limit of retries, which starts with the first attempt",
    () =>
      Effect.gen(function* () {
        const cloud = yield* TestCloud.TestCloud
        const files = yield* CloudFiles.CloudFiles
        yield* cloud.clearRequests
        yield* cloud.fail({
          match: { service: "files" },
          times: 4,
          fault: { _tag: "Delay", duration: "50 seconds" }
        })
        yield* cloud.fail({ match: { service: "files" }, times: 2, fault: status(503) })
        const all = yield* Effect.fork(
          Effect.all(
            Array.from({ length: 5 }, () => files.listContainersPage()),
            { concurrency: "unbounded" }
          )
        )
        yield* TestClock.adjust("10 minutes")
        yield* Fiber.join(all)
        assert.strictEqual((yield* requestsOf("files")).length, 7)
      }).pipe(Effect.provide(TestCloud.layer({ maxConcurrentRequests: 1 })))
  )

  it.effect("rejects a limit below 1: InvalidInput", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(get)
      assert.strictEqual(error._tag, "InvalidInput")
      assert.include(error.message, "maxConcurrentRequests: expected a number of 1 or more")
    }).pipe(Effect.provide(TestCloud.layer({ maxConcurrentRequests: 0 })))
  )
})

describe("CloudClient: NotFound", () => {
  it.effect("names the missing resource", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const servers = yield* CloudServers.CloudServers
      const error = yield* Effect.flip(files.getObjectInfo({ container: "c", object: "a/b c" }))
      assert.isTrue(error._tag === "NotFound")
      if (error._tag === "NotFound") assert.deepStrictEqual(error.resource, { container: "c", object: "a/b c" })
      assert.include(error.message, "container c, object a/b c")
      assert.include((yield* Effect.flip(servers.get({ serverId: "s-404" }))).message, "serverId s-404")
    }).pipe(Effect.provide(TestCloud.layer()))
  )
})

describe("CloudClient: a retried deletion", () => {
  const container = "gone"
  const deletion = Effect.flatMap(CloudFiles.CloudFiles, (files) => files.deleteContainer({ container }))
  const made = Effect.flatMap(CloudFiles.CloudFiles, (files) => files.createContainer({ container }))

  for (const [how, fault, seen] of [
    ["the connection broke", { _tag: "LoseResponse" }, undefined],
    ["a gateway timed out", { _tag: "LoseResponse", status: 504 }, 504]
  ] as const) {
    it.effect(`succeeds when the resource is gone, after ${how}`, () =>
      Effect.gen(function* () {
        yield* made
        yield* injectFault(fault)
        yield* withAdvancingClock(deletion)
        assert.deepStrictEqual(
          (yield* requestsOf("files")).map(({ method, status }) => [method, status]),
          [
            ["PUT", 201],
            ["DELETE", seen],
            ["DELETE", 404]
          ]
        )
      }).pipe(Effect.provide(withDelays))
    )
  }

  it.effect("fails with NotFound when the first attempt cannot have been applied: rate limit, rejected token", () =>
    Effect.gen(function* () {
      yield* injectFault(status(429, { "Retry-After": "1" }))
      assert.strictEqual((yield* withAdvancingClock(Effect.flip(deletion)))._tag, "NotFound")
      yield* injectFault({ _tag: "RevokeTokens" })
      assert.strictEqual((yield* withAdvancingClock(Effect.flip(deletion)))._tag, "NotFound")
      assert.strictEqual(yield* sent, 4)
    }).pipe(Effect.provide(withDelays))
  )

  it.effect("does not affect the next deletion", () =>
    Effect.gen(function* () {
      yield* made
      yield* injectFault({ _tag: "LoseResponse" })
      yield* withAdvancingClock(deletion)
      assert.strictEqual((yield* Effect.flip(deletion))._tag, "NotFound")
    }).pipe(Effect.provide(withDelays))
  )

  it.effect("of several resources fails with NotFound when one is missing, though some may be left", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const balancers = yield* CloudLoadBalancers.CloudLoadBalancers
      const match = { service: "loadbalancers" } as const
      yield* cloud.fail({ match, fault: status(504) })
      yield* cloud.fail({ match, fault: status(404) })
      const error = yield* withAdvancingClock(
        Effect.flip(balancers.deleteNodes({ loadBalancerId: "1", nodeIds: ["1", "2"] }))
      )
      assert.strictEqual(error._tag, "NotFound")
    }).pipe(Effect.provide(withDelays))
  )

  it.effect("is recognized by the method only: other operations still fail with NotFound", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* injectFault(status(503))
      assert.strictEqual((yield* withAdvancingClock(Effect.flip(files.getContainer({ container }))))._tag, "NotFound")
    }).pipe(Effect.provide(withDelays))
  )
})

describe("CloudClient: which retry policy applies", () => {
  const attempts = (count: number) => RetryPolicy.make({ maxAttempts: count, baseDelay: Duration.millis(1) })

  const counted = <R>(effect: Effect.Effect<unknown, unknown, R>) =>
    Effect.gen(function* () {
      yield* injectFault(status(503), Infinity)
      yield* withAdvancingClock(Effect.exit(effect))
      return yield* sent
    })

  it.effect("the default", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* counted(get), 5)
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("the service's policy overrides the default", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* counted(get), 2)
    }).pipe(Effect.provide(TestCloud.layer({ retry: attempts(2) })))
  )

  it.effect("the program's policy overrides the service's", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* counted(get), 3)
    }).pipe(
      Effect.provide(TestCloud.layer({ retry: attempts(2) })),
      Effect.provideService(RetryPolicy.RetryPolicy, attempts(3))
    )
  )

  it.effect("the call's policy overrides the program's", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* counted(get.pipe(Effect.provideService(RetryPolicy.RetryPolicy, attempts(4)))), 4)
    }).pipe(
      Effect.provide(TestCloud.layer({ retry: attempts(2) })),
      Effect.provideService(RetryPolicy.RetryPolicy, attempts(3))
    )
  )

  it.effect("a call's policy applies to streams as well", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const download = Stream.provideService(
        files.download({ container: "c", object: "o" }),
        RetryPolicy.RetryPolicy,
        attempts(3)
      )
      assert.strictEqual(yield* counted(bytesOf(download)), 3)
    }).pipe(Effect.provide(TestCloud.layer()))
  )
})

describe("CloudClient: the endpoint", () => {
  it.effect("a configured endpoint overrides the catalog, and its trailing slashes are removed", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* Effect.exit(files.getContainer({ container: "c" }))
      const all = yield* Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.requests)
      assert.strictEqual(all.at(-1)?.target, "/own/path/c")
      assert.strictEqual(all.at(-1)?.headers["host"], "own.example.com:8080")
    }).pipe(Effect.provide(TestCloud.layer({ endpoints: { CloudFiles: " http://own.example.com:8080/own/path// " } })))
  )

  it.effect("an invalid endpoint URL fails immediately: TransportError with reason invalidUrl", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(get)
      assert.strictEqual(error._tag, "TransportError")
      assert.strictEqual(error._tag === "TransportError" ? error.reason : undefined, "invalidUrl")
    }).pipe(Effect.provide(TestCloud.layer({ endpoints: { CloudFiles: "not a url" } })))
  )

  it.effect("transformClient modifies the requests of the service", () =>
    Effect.gen(function* () {
      yield* get
      assert.strictEqual((yield* requestsOf("files"))[0]?.headers["x-own"], "1")
    }).pipe(
      Effect.provide(
        TestCloud.layer({ transformClient: HttpClient.mapRequest(HttpClientRequest.setHeader("x-own", "1")) })
      )
    )
  )
})

describe("CloudClient: observability", () => {
  it.effect("each operation is one span with attributes of the HTTP conventions", () =>
    Effect.gen(function* () {
      const { spans, tracer } = recording()
      const files = yield* CloudFiles.CloudFiles
      yield* injectFault(status(503, { "Retry-After": "0" }), 2)
      yield* Effect.flip(files.getObjectInfo({ container: "my-container", object: "my/object" })).pipe(
        Effect.withTracer(tracer)
      )
      assert.deepStrictEqual(
        spans.map((span) => span.name),
        ["CloudFiles.getObjectInfo"]
      )
      const [span] = spans
      assert.strictEqual(span?.kind, "client")
      const attributes = Object.fromEntries(span?.attributes ?? [])
      assert.match(String(attributes["rackspace.request_id"]), /^tx/)
      delete attributes["rackspace.request_id"]
      assert.deepStrictEqual(attributes, {
        "http.request.method": "HEAD",
        "url.template": "/{container}/{+object}",
        "rackspace.service": "CloudFiles",
        "cloud.region": "ORD",
        "http.response.status_code": 404,
        "http.request.resend_count": 2,
        "server.address": "cloud.test"
      })
      assert.strictEqual(span?.ended?._tag, "Failure")
    }).pipe(Effect.provide(TestCloud.layer({ region: "ORD" })))
  )

  it.effect("an operation of several requests is one span, and its requests are the children", () =>
    Effect.gen(function* () {
      const { spans, tracer } = recording()
      const files = yield* CloudFiles.CloudFiles
      const bytes = new Uint8Array(1000)
      const object = { container: "c", object: "o" }
      yield* Effect.gen(function* () {
        yield* files.createContainer({ container: "c" })
        yield* files.upload({ ...object, body: CloudFiles.fromBytes(bytes), segmentThreshold: 600, segmentSize: 600 })
        yield* Stream.runDrain(files.listObjects({ container: "c" }))
        yield* Stream.runDrain(files.download(object))
      }).pipe(Effect.withTracer(tracer))
      const childrenOf = (name: string): ReadonlyArray<string> => {
        const parent = spans.findIndex((span) => span.name === name && span.kind === "internal")
        return spans.filter((span) => span.parent === String(parent + 1)).map((span) => span.name)
      }
      assert.deepStrictEqual(
        spans.filter(({ parent }) => parent === undefined).map(({ name }) => name),
        ["CloudFiles.createContainer", "CloudFiles.upload", "CloudFiles.listObjects", "CloudFiles.download"]
      )
      assert.deepStrictEqual(childrenOf("CloudFiles.upload"), [
        "HEAD /{container}/{+object}",
        "CloudFiles.createContainer",
        "CloudFiles.putObject",
        "CloudFiles.putObject",
        "CloudFiles.putManifest"
      ])
      assert.deepStrictEqual(childrenOf("CloudFiles.listObjects"), [
        "CloudFiles.listObjectsPage",
        "CloudFiles.listObjectsPage"
      ])
      assert.include(childrenOf("CloudFiles.download"), "GET /{container}/{+object}")
      assert.isTrue(spans.every(({ ended }) => ended !== undefined))
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("no span contains a name, a query, or a secret", () =>
    Effect.gen(function* () {
      const { spans, tracer } = recording()
      const files = yield* CloudFiles.CloudFiles
      const token = Redacted.value(yield* Identity.token)
      yield* Effect.withTracer(
        Effect.gen(function* () {
          yield* files.createContainer({ container: "names-1" })
          yield* files.updateAccount({ tempUrlKey: Redacted.make("s3cret-key") })
          yield* files.upload({ container: "names-1", object: "names-2", body: CloudFiles.fromString("x") })
          yield* Stream.runDrain(files.listObjects({ container: "names-1", prefix: "names-3" }))
          yield* Stream.runDrain(files.download({ container: "names-1", object: "names-2" }))
        }),
        tracer
      )
      assert.strictEqual(spans.length, 8)
      const shown = JSON.stringify(spans.map((span) => [span.name, ...span.attributes]))
      for (const secret of [token, "s3cret-key", "names-", "format=json"]) assert.notInclude(shown, secret)
      assert.isTrue(spans.every((span) => span.ended !== undefined))
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("a login that a request needs is a child of its span", () =>
    Effect.gen(function* () {
      const { spans, tracer } = recording()
      const cloud = yield* TestCloud.TestCloud
      yield* cloud.expireAllTokens
      yield* Effect.withTracer(get, tracer)
      assert.strictEqual(spans[0]?.name, "CloudFiles.listContainersPage")
      assert.strictEqual(spans[0]?.attributes.get("http.request.resend_count"), 1)
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("requests, retries and bytes are counted", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({ container: "c" })
      const labels = { service: "CloudFiles" }
      const totals = Effect.all({
        requests: Telemetry.total("requests", labels),
        unavailable: Telemetry.total("requests", { ...labels, status: "503" }),
        broken: Telemetry.total("requests", { ...labels, status: "TransportError" }),
        retries: Telemetry.total("retries", labels),
        sent: Telemetry.total("bytesSent", labels),
        received: Telemetry.total("bytesReceived", labels)
      })
      const before = yield* totals
      yield* injectFault(status(503, { "Retry-After": "0" }))
      yield* files.upload({ container: "c", object: "bytes", body: CloudFiles.fromBytes(patterned(1000)) })
      yield* files.upload({
        container: "c",
        object: "stream",
        body: CloudFiles.fromStream(inPieces(patterned(2500), 300), { replayable: true })
      })
      yield* Stream.runDrain(files.download({ container: "c", object: "stream" }))
      yield* injectFault({ _tag: "Cut" })
      yield* withAdvancingClock(files.getAccount())
      const after = yield* totals
      assert.deepStrictEqual(
        {
          requests: after.requests - before.requests,
          unavailable: after.unavailable - before.unavailable,
          broken: after.broken - before.broken,
          retries: after.retries - before.retries,
          sent: after.sent - before.sent,
          received: after.received - before.received
        },
        { requests: 6, unavailable: 1, broken: 1, retries: 2, sent: 4500, received: 2500 }
      )
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("a failure that ends a request, and a token that is replaced, do not count as retries", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const cloud = yield* TestCloud.TestCloud
      const before = yield* Telemetry.total("retries")
      yield* Effect.flip(files.getContainer({ container: "missing" }))
      yield* cloud.expireAllTokens
      yield* files.getAccount()
      assert.strictEqual((yield* Telemetry.total("retries")) - before, 0)
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("the platform HttpClient adds no spans of its own", () =>
    Effect.gen(function* () {
      const { spans, tracer } = recording()
      const files = yield* CloudFiles.CloudFiles
      yield* Effect.withTracer(Effect.exit(files.getAccount()), tracer)
      assert.isFalse(spans.some((span) => span.name.startsWith("http.client")))
    }).pipe(Effect.provide(Layer.fresh(TestCloud.layer())))
  )
})

describe("CloudClient: endpointUrl", () => {
  it.effect("returns the URL of the catalog for the region", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const at = (options: CloudClient.Options) =>
        Effect.map(Layer.build(CloudFiles.layer(options)), Context.get(CloudFiles.CloudFiles))
      const files = yield* at({ region: "ord" })
      const url = yield* files.endpointUrl
      assert.strictEqual(url, `http://cloud.test/files/ord/v1/${cloud.credentials.storageAccount}`)
      assert.isEmpty(yield* requestsOf("files"))
      yield* (yield* at({ endpoint: url })).getAccount()
      const [request] = yield* requestsOf("files")
      assert.strictEqual(request?.region, "ORD")
    }).pipe(Effect.scoped, Effect.provide(TestCloud.layer()))
  )

  it.effect("returns the URL of each service, to configure it elsewhere", () =>
    Effect.gen(function* () {
      const urls = yield* Effect.all([
        Effect.flatMap(CloudServers.CloudServers, ({ endpointUrl }) => endpointUrl),
        Effect.flatMap(CloudBigData.CloudBigData, ({ endpointUrl }) => endpointUrl)
      ])
      assert.deepStrictEqual(urls, [
        "http://cloud.test/servers/dfw/v2/010101",
        "http://cloud.test/bigdata/dfw/v2/010101"
      ])
    }).pipe(Effect.provide(TestCloud.layer()))
  )
})
