import { HttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import {
  Cause,
  Chunk,
  DateTime,
  Duration,
  Effect,
  Equal,
  Exit,
  Fiber,
  Layer,
  Option,
  Redacted,
  Scope,
  Stream,
  TestClock
} from "effect"
import {
  CloudError,
  CloudServers,
  Credentials,
  Identity,
  Rackspace,
  RetryPolicy,
  TestCloud,
  TokenStore
} from "effect-rackspace"
import * as Reply from "../src/emulator/Reply.js"
import type { RequestLogEntry } from "../src/emulator/RequestLog.js"
import { loginAnswer, scriptedIdentity } from "./support/scriptedIdentity.js"
import { shown } from "./support/shown.js"

const servers = CloudServers.CloudServers

/** One request to Cloud Servers that is cheap for the emulated cloud. */
const callService = Effect.flatMap(servers, (service) => service.getLimits())

const isLogin = (entry: RequestLogEntry): boolean =>
  entry.service === "identity" && entry.method === "POST" && entry.target === "/v2.0/tokens"

const isRevocation = (entry: RequestLogEntry): boolean => entry.service === "identity" && entry.method === "DELETE"

const toIdentity = Effect.map(
  Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.requests),
  (entries) => entries.filter((entry) => entry.service === "identity")
)

const loginRequests = Effect.map(toIdentity, (entries) => entries.filter(isLogin).length)

const failure = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<E, A, R> => Effect.flip(effect)

const authenticationFailure = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(failure(effect), (error): CloudError.AuthenticationFailed => {
    assert.instanceOf(error, CloudError.AuthenticationFailed)
    return error as CloudError.AuthenticationFailed
  })

/** A TokenRef on the emulated cloud, logged in with an API key. */
const logIn = (options: Partial<Identity.Options> = {}) =>
  Effect.flatMap(TestCloud.credentials, (credentials) => Identity.make({ credentials, ...options }))

/** An outage that lasts until the faults are cleared. */
const identityAnswers = (status: number, headers: Readonly<Record<string, string>> = {}) =>
  Effect.flatMap(TestCloud.TestCloud, (cloud) =>
    cloud.fail({ match: { service: "identity" }, times: Infinity, fault: { _tag: "Status", status, headers } })
  )

const once = RetryPolicy.never

describe("shared logins", () => {
  it.effect(
    "a thousand fibers with one expired token cause one login and all succeed",
    () =>
      Effect.gen(function* () {
        const cloud = yield* TestCloud.TestCloud
        yield* cloud.expireAllTokens
        yield* cloud.clearRequests
        yield* Effect.all(
          Array.from({ length: 1_000 }, () => callService),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(yield* cloud.logins, { succeeded: 1, refused: 0 })
        const requests = yield* cloud.requests
        assert.strictEqual(requests.filter(isLogin).length, 1)
        const toServers = requests.filter((entry) => entry.service === "servers")
        // The default of `maxConcurrentRequests`.
        const inFlight = 64
        assert.strictEqual(toServers.filter((entry) => entry.status === 200).length, 1_000)
        // Only the requests that were in flight went out with the old token: a request reads its token when it is sent.
        assert.strictEqual(toServers.filter((entry) => entry.status === 401).length, inFlight)
        assert.strictEqual(toServers.length, 1_000 + inFlight)
      }).pipe(Effect.provide(TestCloud.layer())),
    // A thousand requests through the whole stack.
    120_000
  )

  it.scopedLive("over real sockets, where late 401s arrive after the renewal, there is one login too", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      yield* Effect.all([callService, callService])
      yield* cloud.expireAllTokens
      yield* cloud.clearRequests
      yield* Effect.all(
        Array.from({ length: 90 }, () => callService),
        { concurrency: 30 }
      )
      assert.deepStrictEqual(yield* cloud.logins, { succeeded: 1, refused: 0 })
      const statuses = (yield* cloud.requests)
        .filter((entry) => entry.service === "servers")
        .map((entry) => entry.status)
      assert.strictEqual(statuses.filter((status) => status === 200).length, 90)
      assert.isAtMost(statuses.length, 180)
    }).pipe(
      Effect.provide(
        Rackspace.layer({ credentials: TestCloud.credentials }).pipe(
          Layer.provideMerge(TestCloud.layerListening()),
          Layer.provideMerge(NodeHttpClient.layerUndici)
        )
      )
    )
  )

  it.scoped("a caller that disables retries does not disable them for the shared login", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      yield* cloud.expireAllTokens
      yield* cloud.fail({ match: { service: "identity" }, fault: { _tag: "Status", status: 503 } })
      const call = yield* Effect.fork(Effect.provideService(callService, RetryPolicy.RetryPolicy, RetryPolicy.never))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(call)
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.scoped("a thousand fibers that need the first token of a lazy layer cause one login", () =>
    Effect.gen(function* () {
      const tokens = yield* logIn({ lazy: true })
      assert.strictEqual(yield* loginRequests, 0)
      const all = yield* Effect.all(
        Array.from({ length: 1_000 }, () => tokens.get),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(yield* loginRequests, 1)
      assert.deepStrictEqual([...new Set(all.map((access) => access.login))], [1])
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.scoped("interrupting the fiber that started the login does not affect others that wait for it", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const tokens = yield* logIn({ lazy: true })
      yield* cloud.fail({ match: { service: "identity" }, fault: { _tag: "Delay", duration: "10 seconds" } })
      const first = yield* Effect.fork(tokens.get)
      yield* TestClock.adjust("1 second")
      const others = yield* Effect.fork(Effect.all([tokens.get, tokens.get], { concurrency: "unbounded" }))
      yield* TestClock.adjust("1 second")
      const interrupted = yield* Fiber.interrupt(first)
      assert.isTrue(Exit.isInterrupted(interrupted))
      yield* TestClock.adjust("10 seconds")
      const served = yield* Fiber.join(others)
      assert.deepStrictEqual(
        served.map((access) => access.login),
        [1, 1]
      )
      assert.strictEqual(yield* loginRequests, 1)
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.scoped("a login that no fiber waits for any more is cancelled, and the next caller logs in", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const tokens = yield* logIn({ lazy: true })
      yield* cloud.fail({ match: { service: "identity" }, fault: { _tag: "Delay", duration: "10 seconds" } })
      const waiting = yield* Effect.fork(Effect.all([tokens.get, tokens.get], { concurrency: "unbounded" }))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(waiting)
      yield* TestClock.adjust("1 second")
      const [abandoned] = yield* cloud.requests
      assert.isDefined(abandoned?.finishedAt)
      assert.isUndefined(abandoned?.status)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* cloud.logins, { succeeded: 0, refused: 0 })
      assert.isTrue(Option.isNone(yield* tokens.peek))
      assert.strictEqual((yield* tokens.get).login, 1)
      assert.strictEqual(yield* loginRequests, 2)
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.scoped("a caller that arrives while an abandoned login is being cancelled gets a new login", () =>
    Effect.gen(function* () {
      const slowToEnd = Effect.onInterrupt(Effect.never, () => Effect.sleep("5 seconds"))
      const identity = scriptedIdentity(slowToEnd, loginAnswer("t", "2222-02-22T22:22:22.000-02:00"))
      const tokens = yield* Identity.make({
        credentials: Credentials.apiKey({ username: "me", apiKey: "k" }),
        lazy: true
      }).pipe(Effect.provideService(HttpClient.HttpClient, identity.client))
      const waiting = yield* Effect.fork(tokens.get)
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(waiting)
      assert.strictEqual((yield* tokens.get).login, 1)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* tokens.get).login, 1, "the end of the cancelled login has no effect")
      assert.strictEqual(identity.received.length, 2)
    })
  )

  it.effect("closing the layer cancels a pending login", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const scope = yield* Scope.make()
      const tokens = yield* Scope.extend(logIn({ lazy: true }), scope)
      yield* cloud.fail({ match: { service: "identity" }, fault: { _tag: "Delay", duration: "10 seconds" } })
      const waiting = yield* Effect.fork(tokens.get)
      yield* TestClock.adjust("1 second")
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(Exit.isFailure(yield* Fiber.await(waiting)))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* cloud.logins, { succeeded: 0, refused: 0 })
      const late = yield* Effect.fork(tokens.get)
      yield* TestClock.adjust("1 minute")
      assert.isTrue(Exit.isFailure(yield* Fiber.await(late)), "a later caller fails instead of waiting")
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )
})

describe("a token that the cloud rejects", () => {
  it.effect("if every response is 401, each call sends two requests, and concurrent callers share one login", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      yield* cloud.fail({ match: { service: "servers" }, times: Infinity, fault: { _tag: "Status", status: 401 } })
      for (const callers of [1, 50, 50]) {
        yield* cloud.clearRequests
        const errors = yield* Effect.all(
          Array.from({ length: callers }, () => failure(callService)),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual([...new Set(errors.map((error) => error._tag))], ["Unauthorized"])
        const requests = yield* cloud.requests
        assert.strictEqual(requests.filter((entry) => entry.service === "servers").length, 2 * callers)
        assert.strictEqual(requests.filter((entry) => entry.service === "identity").length, 1)
      }
    }).pipe(Effect.provide(TestCloud.layer({ cloud: { tokenTtl: "30 minutes" } })))
  )

  it.effect("if Identity returns the rejected token again, it is revoked, and the login repeated once", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const before = yield* Identity.token
      yield* cloud.rejectToken(Redacted.value(before))
      yield* cloud.clearRequests
      yield* callService
      const requests = yield* toIdentity
      assert.deepStrictEqual(
        requests.map((entry) => `${entry.method} ${entry.target}`),
        ["POST /v2.0/tokens", "DELETE /v2.0/tokens", "POST /v2.0/tokens"]
      )
      assert.notStrictEqual(Redacted.value(yield* Identity.token), Redacted.value(before))
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("fifty fibers with such a token share the revocation and the two logins", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      yield* cloud.rejectToken(Redacted.value(yield* Identity.token))
      yield* cloud.clearRequests
      yield* Effect.all(
        Array.from({ length: 50 }, () => callService),
        { concurrency: "unbounded" }
      )
      const requests = yield* toIdentity
      assert.strictEqual(requests.filter(isLogin).length, 2)
      assert.strictEqual(requests.filter(isRevocation).length, 1)
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("if it cannot be revoked, the login continues and fails with Unauthorized", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      yield* cloud.rejectToken(Redacted.value(yield* Identity.token))
      yield* cloud.fail({
        match: { service: "identity", method: "DELETE" },
        times: Infinity,
        fault: { _tag: "Status", status: 500 }
      })
      assert.strictEqual((yield* failure(callService))._tag, "Unauthorized")
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.scoped("a late 401 for an old login does not discard the new token", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const tokens = yield* logIn()
      const old = yield* tokens.get
      yield* cloud.expireAllTokens
      const renewed = yield* tokens.renew(old.login)
      assert.strictEqual(renewed.login, 2)
      yield* cloud.clearRequests
      yield* tokens.forget(old.login)
      assert.strictEqual((yield* tokens.get).login, 2)
      assert.strictEqual((yield* tokens.renew(old.login)).login, 2)
      assert.strictEqual(yield* loginRequests, 0)
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.effect("403 never renews the token", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      yield* cloud.fail({ match: { service: "servers" }, times: Infinity, fault: { _tag: "Status", status: 403 } })
      yield* cloud.clearRequests
      assert.strictEqual((yield* failure(callService))._tag, "Forbidden")
      const requests = yield* cloud.requests
      assert.deepStrictEqual(
        requests.map((entry) => entry.service),
        ["servers"]
      )
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("if the renewal itself is rejected, the caller gets that error, not the 401", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      yield* cloud.setApiKey("another")
      yield* cloud.expireAllTokens
      const error = yield* authenticationFailure(callService)
      assert.strictEqual(error.reason, "refused")
      assert.strictEqual(error.status, 401)
      assert.include(error.message, "Unable to authenticate user with credentials provided.")
      assert.match(error.message, /: POST https?:.*\/v2\.0\/tokens$/)
    }).pipe(Effect.provide(TestCloud.layer()))
  )
})

describe("failed logins", () => {
  it.scoped("a failed login is shared by all callers that wait for it", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const tokens = yield* logIn({ lazy: true })
      yield* cloud.setApiKey("another")
      const errors = yield* Effect.all(
        Array.from({ length: 100 }, () => authenticationFailure(tokens.get)),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual([...new Set(errors.map((error) => error.reason))], ["refused"])
      assert.deepStrictEqual(yield* cloud.logins, { succeeded: 0, refused: 1 })
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.scoped("after rejected credentials logins are blocked for 1 s, doubling to 60 s; a success resets this", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const { apiKey } = cloud.credentials
      const tokens = yield* logIn({ lazy: true })
      yield* cloud.setApiKey("another")
      for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
        yield* cloud.clearRequests
        assert.strictEqual((yield* authenticationFailure(tokens.get)).retryAfter, undefined)
        assert.strictEqual(yield* loginRequests, 1, `the attempt before the wait of ${seconds} s`)
        yield* TestClock.adjust(Duration.subtract(Duration.seconds(seconds), "1 millis"))
        for (const send of [tokens.get, tokens.reauthenticate, tokens.renew(1)]) {
          const held = yield* authenticationFailure(send)
          assert.strictEqual(held.reason, "refused")
          assert.strictEqual(held.status, 401)
          assert.deepStrictEqual(held.retryAfter, Duration.millis(1))
        }
        assert.strictEqual(yield* loginRequests, 1, `during the wait of ${seconds} s`)
        yield* TestClock.adjust("1 millis")
      }
      yield* cloud.setApiKey(apiKey)
      assert.strictEqual((yield* tokens.get).login, 1)
      yield* cloud.setApiKey("another")
      yield* tokens.forget(1)
      yield* authenticationFailure(tokens.get)
      const held = yield* authenticationFailure(tokens.get)
      assert.deepStrictEqual(held.retryAfter, Duration.seconds(1))
      assert.match(held.message, /not tried again for 1s$/)
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.effect("wrong credentials fail the layer immediately with a typed error, without revealing the key", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const credentials = Credentials.apiKey({ username: "demo", apiKey: "wrong-key-4711", authUrl: cloud.authUrl })
      const exit = yield* Effect.exit(Layer.build(Identity.layer({ credentials })).pipe(Effect.scoped))
      assert.isTrue(Exit.isFailure(exit))
      const error = Exit.isFailure(exit) ? Option.getOrUndefined(Cause.failureOption(exit.cause)) : undefined
      assert.strictEqual(error?.reason, "refused")
      assert.notInclude(shown(exit), "wrong-key-4711")
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.scoped("a disabled user is rejected", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      yield* cloud.disableUser
      const error = yield* authenticationFailure(logIn())
      assert.strictEqual(error.reason, "refused")
      assert.strictEqual(error.status, 403)
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.scoped("a login is retried after a broken connection and after 503", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      yield* cloud.fail({ match: { service: "identity" }, fault: { _tag: "Cut" } })
      yield* cloud.fail({ match: { service: "identity" }, fault: { _tag: "Status", status: 503 } })
      yield* cloud.fail({ match: { service: "identity" }, fault: { _tag: "TruncateBody", afterBytes: 40 } })
      const fiber = yield* Effect.fork(logIn())
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Effect.flatMap(Fiber.join(fiber), (tokens) => tokens.get)).login, 1)
      assert.strictEqual(yield* loginRequests, 4)
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  for (const status of [413, 429]) {
    it.scoped(`${status} is retried after the time that Identity names`, () =>
      Effect.gen(function* () {
        const cloud = yield* TestCloud.TestCloud
        yield* cloud.fail({
          match: { service: "identity" },
          fault: { _tag: "Status", status, headers: { "Retry-After": "30" } }
        })
        const fiber = yield* Effect.fork(logIn())
        yield* TestClock.adjust("29 seconds")
        assert.strictEqual(yield* loginRequests, 1)
        yield* TestClock.adjust("6 seconds")
        yield* Fiber.join(fiber)
        assert.strictEqual(yield* loginRequests, 2)
      }).pipe(Effect.provide(TestCloud.layerCloud()))
    )
  }

  it.scoped("a Retry-After beyond the policy's limit fails as locked, with the time", () =>
    Effect.gen(function* () {
      yield* identityAnswers(413, { "Retry-After": "3600" })
      const error = yield* authenticationFailure(logIn())
      assert.strictEqual(error.reason, "locked")
      assert.strictEqual(error.status, 413)
      assert.deepStrictEqual(error.retryAfter, Duration.hours(1))
      assert.strictEqual(yield* loginRequests, 1)
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.scoped("when attempts are exhausted the reason is unreachable, and the next call tries again immediately", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const tokens = yield* logIn({ lazy: true, retry: once })
      for (const fault of [
        { _tag: "Cut" },
        { _tag: "Status", status: 503 },
        { _tag: "Status", status: 500 },
        { _tag: "TruncateBody", afterBytes: 40 }
      ] as const) {
        yield* cloud.fail({ match: { service: "identity" }, fault })
        const error = yield* authenticationFailure(tokens.get)
        assert.strictEqual(error.reason, "unreachable", fault._tag)
      }
      assert.strictEqual(yield* loginRequests, 4)
      assert.strictEqual((yield* tokens.get).login, 1)
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.scoped("an HTML page with status 200 is malformed, and is not quoted", () =>
    Effect.gen(function* () {
      const identity = scriptedIdentity(Reply.text(200, "<html>Welcome to the hotel. key-1</html>"))
      const error = yield* authenticationFailure(
        Identity.make({ credentials: Credentials.apiKey({ username: "me", apiKey: "key-1" }) }).pipe(
          Effect.provideService(HttpClient.HttpClient, identity.client)
        )
      )
      assert.strictEqual(error.reason, "malformed")
      assert.strictEqual(error.status, 200)
      assert.notInclude(shown(error), "hotel")
      assert.notInclude(shown(error), "key-1")
      assert.strictEqual(identity.received.length, 1)
    })
  )

  it.scoped("a login without a token, or with an empty one, is malformed", () =>
    Effect.gen(function* () {
      for (const response of [
        loginAnswer("", "2222-02-22T22:22:22.000-02:00"),
        loginAnswer("t", "some day"),
        Reply.json(200, { access: { user: { id: "1" } } }),
        Reply.json(200, {})
      ]) {
        const identity = scriptedIdentity(response)
        const error = yield* authenticationFailure(
          Identity.make({ credentials: Credentials.apiKey({ username: "me", apiKey: "key-1" }) }).pipe(
            Effect.provideService(HttpClient.HttpClient, identity.client)
          )
        )
        assert.strictEqual(error.reason, "malformed", String(response.body))
      }
    })
  )

  it.scoped("a 404 means a wrong auth URL, except when exchanging a token", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const authUrl = `${cloud.origin}/nowhere`
      const error = yield* authenticationFailure(
        logIn({ credentials: Credentials.apiKey({ username: "me", apiKey: "key-1", authUrl }) })
      )
      assert.strictEqual(error.reason, "malformed")
      assert.strictEqual(error.status, 404)
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )
})

describe("renewal before expiry", () => {
  it.scoped("a token is renewed 60 s before it expires, not earlier", () =>
    Effect.gen(function* () {
      const tokens = yield* logIn()
      yield* TestClock.adjust(Duration.minutes(59))
      // The last millisecond at which the token is kept, and the first at which it is renewed.
      yield* TestClock.adjust(Duration.subtract("23 hours", "1 millis"))
      assert.strictEqual((yield* tokens.get).login, 1)
      assert.strictEqual(yield* loginRequests, 1)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual((yield* tokens.get).login, 2)
      assert.strictEqual(yield* loginRequests, 2)
    }).pipe(Effect.provide(TestCloud.layerCloud({ tokenTtl: "24 hours" })))
  )

  it.scoped("a short-lived token is renewed a tenth of its lifetime before it expires", () =>
    Effect.gen(function* () {
      const tokens = yield* logIn()
      yield* TestClock.adjust("89 seconds")
      assert.strictEqual((yield* tokens.get).login, 1)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* tokens.get).login, 2)
    }).pipe(Effect.provide(TestCloud.layerCloud({ tokenTtl: "100 seconds" })))
  )

  it.scoped("the margin is configurable", () =>
    Effect.gen(function* () {
      const tokens = yield* logIn({ refreshMargin: "30 minutes" })
      yield* TestClock.adjust("1409 minutes")
      assert.strictEqual((yield* tokens.get).login, 1)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* tokens.get).login, 2)
    }).pipe(Effect.provide(TestCloud.layerCloud({ tokenTtl: "24 hours" })))
  )

  it.scoped("a margin longer than the token's lifetime does not cause a login for each call", () =>
    Effect.gen(function* () {
      const tokens = yield* logIn({ refreshMargin: "2 days" })
      yield* Effect.replicateEffect(tokens.get, 10)
      assert.strictEqual(yield* loginRequests, 1)
    }).pipe(Effect.provide(TestCloud.layerCloud({ tokenTtl: "24 hours" })))
  )

  it.scoped(
    "while Identity is unreachable a token that is still valid is used, and renewed when Identity is back",
    () =>
      Effect.gen(function* () {
        const cloud = yield* TestCloud.TestCloud
        const tokens = yield* logIn({ retry: once })
        yield* TestClock.adjust("90 seconds")
        yield* identityAnswers(503)
        yield* cloud.clearRequests
        assert.strictEqual((yield* tokens.get).login, 1)
        assert.strictEqual(yield* loginRequests, 1)
        yield* tokens.get
        assert.strictEqual(yield* loginRequests, 1, "not tried again for each call")
        yield* cloud.clearFaults
        yield* TestClock.adjust("9 seconds")
        assert.strictEqual((yield* tokens.get).login, 1)
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* tokens.get).login, 2)
      }).pipe(Effect.provide(TestCloud.layerCloud({ tokenTtl: "100 seconds" })))
  )

  it.scoped("a renewal that hangs delays callers by at most ten seconds while the token is valid", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const tokens = yield* logIn()
      yield* TestClock.adjust(Duration.subtract("24 hours", "50 seconds"))
      yield* cloud.fail({ match: { service: "identity" }, fault: { _tag: "Delay", duration: "1 hour" } })
      const fiber = yield* Effect.fork(tokens.get)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(fiber)).login, 1)
    }).pipe(Effect.provide(TestCloud.layerCloud({ tokenTtl: "24 hours" })))
  )

  it.scoped("an expired token is not used: the renewal's failure is returned", () =>
    Effect.gen(function* () {
      const tokens = yield* logIn({ retry: once })
      yield* TestClock.adjust("2 minutes")
      yield* identityAnswers(503)
      assert.strictEqual((yield* authenticationFailure(tokens.get)).reason, "unreachable")
    }).pipe(Effect.provide(TestCloud.layerCloud({ tokenTtl: "100 seconds" })))
  )

  it.scoped("a new token that has already expired by the local clock is used, and causes one login only", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse("2026-01-02T00:00:00Z"))
      const identity = scriptedIdentity(loginAnswer("t-1", "2026-01-01T00:00:00Z"))
      const tokens = yield* Identity.make({ credentials: Credentials.apiKey({ username: "me", apiKey: "k" }) }).pipe(
        Effect.provideService(HttpClient.HttpClient, identity.client)
      )
      for (let calls = 0; calls < 5; calls++) {
        assert.strictEqual(Redacted.value((yield* tokens.get).token), "t-1")
        yield* TestClock.adjust("1 day")
      }
      assert.strictEqual(identity.received.length, 1)
    })
  )
})

describe("TokenRef", () => {
  it.scoped("reauthenticate logs in whatever the expiry; receiving the same token is not a failure", () =>
    Effect.gen(function* () {
      const tokens = yield* logIn()
      const before = yield* tokens.get
      const after = yield* tokens.reauthenticate
      assert.strictEqual(after.login, before.login + 1)
      assert.strictEqual(Redacted.value(after.token), Redacted.value(before.token))
      assert.strictEqual(yield* loginRequests, 2)
      assert.strictEqual((yield* tokens.get).login, after.login)
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.scoped("a reauthenticate that fails keeps the current token", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const tokens = yield* logIn()
      yield* cloud.setApiKey("another")
      assert.strictEqual((yield* authenticationFailure(tokens.reauthenticate)).reason, "refused")
      assert.strictEqual((yield* tokens.get).login, 1)
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.scoped("changes emits the current Access, then each new one", () =>
    Effect.gen(function* () {
      const tokens = yield* logIn()
      yield* tokens.reauthenticate
      const fiber = yield* tokens.changes.pipe(Stream.take(3), Stream.runCollect, Effect.fork)
      yield* TestClock.adjust("1 second")
      yield* tokens.reauthenticate
      yield* tokens.get
      yield* tokens.reauthenticate
      const seen = yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        Chunk.toReadonlyArray(seen).map((access) => access.login),
        [2, 3, 4]
      )
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.effect("changes ends with the layer", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const tokens = yield* Scope.extend(logIn(), scope)
      const fiber = yield* Effect.fork(Stream.runCollect(tokens.changes))
      yield* TestClock.adjust("1 second")
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Fiber.join(fiber)).length, 1)
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.scoped("peek sends no request", () =>
    Effect.gen(function* () {
      const tokens = yield* logIn({ lazy: true })
      assert.isTrue(Option.isNone(yield* tokens.peek))
      assert.strictEqual(yield* loginRequests, 0)
      yield* tokens.get
      assert.strictEqual(Option.getOrThrow(yield* tokens.peek).login, 1)
      assert.strictEqual(yield* loginRequests, 1)
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.scoped("logout revokes the token; the next call logs in again", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const tokens = yield* logIn()
      const before = yield* tokens.get
      yield* cloud.clearRequests
      yield* tokens.logout
      assert.deepStrictEqual(
        (yield* toIdentity).map((entry) => `${entry.method} ${entry.target} ${entry.status}`),
        ["DELETE /v2.0/tokens 204"]
      )
      assert.isTrue(Option.isNone(yield* tokens.peek))
      assert.notStrictEqual(Redacted.value((yield* tokens.get).token), Redacted.value(before.token))
      assert.strictEqual(yield* loginRequests, 1)
      yield* tokens.logout
      yield* cloud.clearRequests
      yield* tokens.logout
      assert.strictEqual((yield* toIdentity).length, 0, "nothing to revoke")
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.scoped("if the cloud has no DELETE /tokens, logout deletes /tokens/{token}", () =>
    Effect.gen(function* () {
      const identity = scriptedIdentity(
        loginAnswer("a/b c", "2222-02-22T22:22:22.000-02:00"),
        Reply.empty(404),
        Reply.empty(204)
      )
      const tokens = yield* Identity.make({
        credentials: Credentials.apiKey({ username: "me", apiKey: "k", authUrl: "http://id.test" })
      }).pipe(Effect.provideService(HttpClient.HttpClient, identity.client))
      yield* tokens.logout
      assert.deepStrictEqual(
        identity.received.map((request) => `${request.method} ${request.target}`),
        ["POST /v2.0/tokens", "DELETE /v2.0/tokens", "DELETE /v2.0/tokens/a%2Fb%20c"]
      )
    })
  )
})

describe("kinds of credentials", () => {
  it.scoped("a password logs in, limited to the given tenant, which is sent as a string", () =>
    Effect.gen(function* () {
      const { authUrl, credentials, requests } = yield* TestCloud.TestCloud
      const { password, username } = credentials
      const tokens = yield* logIn({
        credentials: Credentials.password({ authUrl, username, password, tenantId: credentials.tenantId })
      })
      assert.deepStrictEqual((yield* tokens.get).authenticatedBy, ["PASSWORD"])
      const [login] = yield* requests
      assert.deepStrictEqual(JSON.parse(new TextDecoder().decode(login?.body)), {
        auth: { passwordCredentials: { username, password }, tenantId: "010101" }
      })
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.scoped("a tenant given as a number is sent as a string", () =>
    Effect.gen(function* () {
      const { authUrl, credentials, requests } = yield* TestCloud.TestCloud
      const { apiKey, username } = credentials
      const tokens = yield* logIn({
        credentials: Credentials.apiKey({ authUrl, username, apiKey, tenantId: 123456 })
      })
      assert.strictEqual((yield* tokens.get).tenant?.id, "123456")
      const [login] = yield* requests
      assert.deepStrictEqual(JSON.parse(new TextDecoder().decode(login?.body)), {
        auth: { "RAX-KSKEY:apiKeyCredentials": { username, apiKey }, tenantId: "123456" }
      })
    }).pipe(Effect.provide(TestCloud.layerCloud({ tenantId: "123456" })))
  )

  for (const after of ["3600", "86400", "9".repeat(300)]) {
    it.scoped(`if Identity asks to wait for ${after.slice(0, 9)} s, a login is tried again after a minute`, () =>
      Effect.gen(function* () {
        yield* identityAnswers(429, { "Retry-After": after })
        const tokens = yield* logIn({ lazy: true })
        yield* authenticationFailure(tokens.get)
        yield* TestClock.adjust("59 seconds")
        const held = yield* authenticationFailure(tokens.get)
        assert.strictEqual(held.reason, "locked")
        assert.deepStrictEqual(held.retryAfter, Duration.seconds(1))
        assert.strictEqual(yield* loginRequests, 1)
        yield* TestClock.adjust("1 second")
        yield* authenticationFailure(tokens.get)
        assert.strictEqual(yield* loginRequests, 2)
      }).pipe(Effect.provide(TestCloud.layerCloud()))
    )
  }

  it.scoped("reauthenticate tries even while Identity asks to wait, and ends the wait on success", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      yield* identityAnswers(429, { "Retry-After": "86400" })
      const tokens = yield* logIn({ lazy: true })
      yield* authenticationFailure(tokens.get)
      yield* authenticationFailure(tokens.reauthenticate)
      assert.strictEqual(yield* loginRequests, 2)
      yield* cloud.clearFaults
      assert.strictEqual((yield* tokens.reauthenticate).login, 1)
      assert.strictEqual((yield* tokens.get).login, 1)
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.scoped("a login is not retried after an exceeded quota, whatever time the response names", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const message = "Quota exceeded for logins"
      yield* cloud.fail({
        match: { service: "identity" },
        times: Infinity,
        fault: {
          _tag: "Status",
          status: 413,
          headers: { "Retry-After": "0" },
          body: { overLimit: { code: 413, message, retryAfter: "0" } }
        }
      })
      const error = yield* authenticationFailure(logIn())
      assert.strictEqual(error.reason, "locked")
      assert.include(error.message, message)
      assert.strictEqual(yield* loginRequests, 1)
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.scoped("a rate limit of zero seconds is retried with the policy's own back-off", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      yield* cloud.fail({
        match: { service: "identity" },
        times: 8,
        fault: { _tag: "Status", status: 429, headers: { "Retry-After": "0" } }
      })
      const fiber = yield* Effect.fork(logIn())
      yield* TestClock.adjust("249 millis")
      assert.strictEqual(yield* loginRequests, 1)
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.join(fiber)
      assert.strictEqual(yield* loginRequests, 9)
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.scoped("an MFA challenge is a typed error, and its passcode gives a login that cannot be renewed", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const { authUrl, credentials } = cloud
      const byPassword = Credentials.password({
        authUrl,
        username: credentials.username,
        password: credentials.password
      })
      const asked = yield* authenticationFailure(logIn({ credentials: byPassword }))
      assert.strictEqual(asked.reason, "mfaRequired")
      assert.strictEqual(asked.status, 401)
      const challenge = asked.challenge
      assert.isDefined(challenge)
      if (challenge === undefined) return
      assert.strictEqual(challenge.factor, "PASSCODE")
      assert.strictEqual(challenge.authUrl, authUrl)

      const wrong = yield* authenticationFailure(
        logIn({ credentials: Credentials.answerChallenge(challenge, "654321") })
      )
      assert.strictEqual(wrong.reason, "refused")

      const tokens = yield* logIn({ credentials: Credentials.answerChallenge(challenge, "123456") })
      assert.deepStrictEqual((yield* tokens.get).authenticatedBy, ["PASSWORD", "PASSCODE"])
      yield* cloud.clearRequests
      const spent = yield* authenticationFailure(tokens.renew(1))
      assert.strictEqual(spent.reason, "notRenewable")
      assert.strictEqual((yield* authenticationFailure(tokens.reauthenticate)).reason, "notRenewable")
      assert.strictEqual((yield* toIdentity).length, 0)
    }).pipe(Effect.provide(TestCloud.layerCloud({ multiFactor: true })))
  )

  it.scoped("the passcode is sent for the tenant given with the password", () =>
    Effect.gen(function* () {
      const { authUrl, credentials } = yield* TestCloud.TestCloud
      const { password, tenantId, username } = credentials
      const named = Credentials.password({ authUrl, username, password, tenantId })
      const { challenge } = yield* authenticationFailure(logIn({ credentials: named }))
      assert.isDefined(challenge)
      if (challenge === undefined) return
      yield* logIn({ credentials: Credentials.answerChallenge(challenge, "123456") })
      const sent = (yield* toIdentity).map(({ body }) => new TextDecoder().decode(body))
      assert.deepStrictEqual(
        sent.map((body) => body.includes(`"tenantId":"${tenantId}"`)),
        [true, true]
      )
    }).pipe(Effect.provide(TestCloud.layerCloud({ multiFactor: true })))
  )

  it.scoped("the challenge is still available while logins with the password are blocked", () =>
    Effect.gen(function* () {
      const { authUrl, credentials } = yield* TestCloud.TestCloud
      const { password, username } = credentials
      const tokens = yield* logIn({ credentials: Credentials.password({ authUrl, username, password }), lazy: true })
      const asked = yield* authenticationFailure(tokens.get)
      const held = yield* authenticationFailure(tokens.get)
      assert.strictEqual(held.reason, "mfaRequired")
      assert.isDefined(held.retryAfter)
      assert.isTrue(Equal.equals(held.challenge, asked.challenge))
      assert.strictEqual(yield* loginRequests, 1)
    }).pipe(Effect.provide(TestCloud.layerCloud({ multiFactor: true })))
  )

  it.scoped("a bare token is exchanged for its catalog, and used until the cloud rejects it: notRenewable", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const token = yield* cloud.issueToken
      const tokens = yield* logIn({
        credentials: Credentials.token({ authUrl: cloud.authUrl, token, tenantId: cloud.credentials.tenantId })
      })
      const access = yield* tokens.get
      assert.strictEqual(Redacted.value(access.token), token)
      assert.isAbove(access.catalog.length, 0)
      yield* TestClock.adjust("25 hours")
      assert.strictEqual((yield* tokens.get).login, 1, "an expired token that cannot be renewed is still used")
      yield* cloud.clearRequests
      const error = yield* authenticationFailure(tokens.renew(access.login))
      assert.strictEqual(error.reason, "notRenewable")
      assert.strictEqual((yield* toIdentity).length, 0)
    }).pipe(Effect.provide(TestCloud.layerCloud({ tokenTtl: "24 hours" })))
  )

  it.scoped("a bare token that is invalid from the start is notRenewable, and is not sent again", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const token = yield* cloud.issueToken
      yield* cloud.revokeAllTokens
      const tokens = yield* logIn({
        lazy: true,
        credentials: Credentials.token({ authUrl: cloud.authUrl, token, tenantId: cloud.credentials.tenantId })
      })
      assert.strictEqual((yield* authenticationFailure(tokens.get)).reason, "notRenewable")
      assert.strictEqual((yield* authenticationFailure(tokens.get)).reason, "notRenewable")
      assert.strictEqual(yield* loginRequests, 1)
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.scoped("a bare token is kept while Identity is unreachable", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const token = yield* cloud.issueToken
      const tokens = yield* logIn({
        lazy: true,
        retry: once,
        credentials: Credentials.token({ authUrl: cloud.authUrl, token, tenantId: cloud.credentials.tenantId })
      })
      yield* cloud.fail({ match: { service: "identity" }, fault: { _tag: "Status", status: 503 } })
      assert.strictEqual((yield* authenticationFailure(tokens.get)).reason, "unreachable")
      assert.strictEqual((yield* tokens.get).login, 1)
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.effect("the auth URL may include the version, a trailing slash and /tokens", () =>
    Effect.gen(function* () {
      const { credentials, origin, requests } = yield* TestCloud.TestCloud
      const { apiKey, username } = credentials
      const forms = ["", "/", "/v2.0", "/v2.0/", "/v2.0/tokens", "/v2.0/tokens/", "/tokens"]
      for (const form of forms) {
        const authUrl = ` ${origin}${form} `
        yield* logIn({ credentials: Credentials.apiKey({ authUrl, username, apiKey }) }).pipe(Effect.scoped)
      }
      assert.deepStrictEqual(
        (yield* requests).map((entry) => `${entry.target} ${entry.status}`),
        forms.map(() => "/v2.0/tokens 200")
      )
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.scoped("by default the login goes to Rackspace's US Identity; UK accounts use their own", () =>
    Effect.gen(function* () {
      const identity = scriptedIdentity(loginAnswer("t", "2222-02-22T22:22:22.000-02:00"))
      const login = (authUrl?: string) =>
        Identity.make({ credentials: Credentials.apiKey({ username: "me", apiKey: "k", authUrl }) })
      yield* Effect.provideService(login(), HttpClient.HttpClient, identity.client)
      yield* Effect.provideService(login(""), HttpClient.HttpClient, identity.client)
      yield* Effect.provideService(login(Credentials.ukAuthUrl), HttpClient.HttpClient, identity.client)
      assert.deepStrictEqual(
        identity.received.map((request) => `${request.headers["host"]}${request.target}`),
        [
          "identity.api.rackspacecloud.com/v2.0/tokens",
          "identity.api.rackspacecloud.com/v2.0/tokens",
          "lon.identity.api.rackspacecloud.com/v2.0/tokens"
        ]
      )
    })
  )
})

describe("pyrax's accessors", () => {
  it.effect("authenticated, token, expires, services, user, roles, default region, tenants and regions", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      assert.isTrue(yield* Identity.authenticated)
      assert.strictEqual(Redacted.value(yield* Identity.token), yield* cloud.issueToken)
      assert.strictEqual(DateTime.formatIso(yield* Identity.expires), "1970-01-02T00:00:00.000Z")
      const services = yield* Identity.services
      assert.includeMembers(
        services.map((entry) => entry.name),
        ["cloudServersOpenStack", "cloudServers", "cloudFiles", "cloudDNS"]
      )
      const user = yield* Identity.user
      assert.strictEqual(user.id, "172157")
      assert.strictEqual(user.name, "demo")
      assert.deepStrictEqual(
        (yield* Identity.roles).map((role) => role.name),
        ["identity:user-admin", "object-store:default", "compute:default"]
      )
      assert.deepStrictEqual(yield* Identity.defaultRegion, Option.some("ORD"))
      assert.deepStrictEqual(yield* Identity.tenants, ["010101", cloud.credentials.storageAccount])
      assert.deepStrictEqual(yield* Identity.regions, ["DFW", "IAD", "ORD"])
      assert.strictEqual((yield* Identity.access).login, 1)
    }).pipe(
      Effect.provide(
        Identity.layer({ credentials: TestCloud.credentials }).pipe(
          Layer.provideMerge(TestCloud.layerCloud({ regions: ["ORD", "DFW", "IAD"], defaultRegion: "ORD" }))
        )
      )
    )
  )

  it.effect("authenticated is false before the login, after a rejection and after expiry, without a request", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const tokens = yield* Identity.TokenRef
      assert.isFalse(yield* Identity.authenticated)
      yield* tokens.get
      assert.isTrue(yield* Identity.authenticated)
      yield* TestClock.adjust("24 hours")
      assert.isFalse(yield* Identity.authenticated)
      yield* tokens.get
      assert.isTrue(yield* Identity.authenticated)
      yield* tokens.forget(2)
      yield* cloud.clearRequests
      assert.isFalse(yield* Identity.authenticated)
      assert.strictEqual((yield* toIdentity).length, 0)
    }).pipe(
      Effect.provide(
        Identity.layer({ credentials: TestCloud.credentials, lazy: true }).pipe(
          Layer.provideMerge(TestCloud.layerCloud({ tokenTtl: "24 hours" }))
        )
      )
    )
  )

  it.effect("an empty default region is absent", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Identity.defaultRegion, Option.none())
    }).pipe(
      Effect.provide(
        Identity.layer({ credentials: TestCloud.credentials }).pipe(
          Layer.provide(TestCloud.layerCloud({ defaultRegion: "" })),
          Layer.provide(TestCloud.layerCloud({ defaultRegion: "" }))
        )
      )
    )
  )
})

describe("secrets", () => {
  const secrets = {
    apiKey: "api-key-S3CRET",
    password: "pass word\"S3CRET'<&>\\ä/",
    passcode: "pc-S3CRET",
    sessionId: "session-S3CRET",
    token: "token-S3CRET"
  }
  const challenge = new CloudError.MfaChallenge({
    sessionId: Redacted.make(secrets.sessionId),
    factor: "PASSCODE",
    authUrl: "http://id.test"
  })
  const authUrl = "http://id.test"
  const kinds: ReadonlyArray<Credentials.Credentials> = [
    Credentials.apiKey({ authUrl, username: "me", apiKey: secrets.apiKey }),
    Credentials.password({ authUrl, username: "me", password: secrets.password }),
    Credentials.answerChallenge(challenge, secrets.passcode),
    Credentials.token({ authUrl, token: secrets.token, tenantId: 1 })
  ]

  it("credentials reveal none, however they are printed", () => {
    for (const credentials of kinds) {
      assert.notInclude(shown(credentials), "S3CRET", credentials._tag)
    }
    assert.notInclude(shown(challenge), "S3CRET")
  })

  it.scoped("an Access reveals none, nor does an exit that contains it", () =>
    Effect.gen(function* () {
      const identity = scriptedIdentity(loginAnswer(secrets.token, "2222-02-22T22:22:22.000-02:00"))
      const tokens = yield* Identity.make({ credentials: Credentials.apiKey({ username: "me", apiKey: "k" }) }).pipe(
        Effect.provideService(HttpClient.HttpClient, identity.client)
      )
      const access = yield* tokens.get
      assert.strictEqual(Redacted.value(access.token), secrets.token)
      assert.notInclude(shown(access), "S3CRET")
      assert.notInclude(shown(yield* Effect.exit(tokens.get)), "S3CRET")
    })
  )

  /** Every way in which a page may echo the request. */
  const echoes = (text: string): string =>
    [
      text,
      encodeURIComponent(text),
      text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
    ].join(" ")

  for (const status of [400, 401, 403, 404, 413, 429, 500, 503]) {
    it.scoped(`none is in the failure of a login whose page of status ${status} echoes the request`, () =>
      Effect.gen(function* () {
        for (const credentials of kinds) {
          const identity = scriptedIdentity((request) => {
            const raw = Object.values(secrets).join(" ")
            const page = `<html><h1>Oops</h1><pre>${echoes(raw)} ${request.text} ${JSON.stringify(request.headers)}</pre></html>`
            return { ...Reply.text(status, page), headers: { "content-type": "text/html", "retry-after": "3600" } }
          })
          const exit = yield* Effect.exit(
            Identity.make({ credentials, retry: once }).pipe(
              Effect.provideService(HttpClient.HttpClient, identity.client),
              Effect.scoped
            )
          )
          assert.isTrue(Exit.isFailure(exit))
          const all = shown(exit) + (Exit.isFailure(exit) ? shown(Cause.squash(exit.cause)) : "")
          const mine =
            credentials._tag === "ApiKey"
              ? [secrets.apiKey]
              : credentials._tag === "Password"
                ? [
                    secrets.password,
                    JSON.stringify(secrets.password).slice(1, -1),
                    encodeURIComponent(secrets.password),
                    echoes(secrets.password)
                  ]
                : credentials._tag === "Token"
                  ? [secrets.token]
                  : [secrets.passcode, secrets.sessionId]
          for (const secret of mine) assert.notInclude(all, secret, credentials._tag)
        }
      })
    )
  }

  it.scoped("none is in the failure of a connection, of a logout, or of a call whose page echoes the token", () =>
    Effect.gen(function* () {
      const echo = (request: { readonly headers: Readonly<Record<string, string>> }) =>
        Reply.text(500, `<html>${JSON.stringify(request.headers)}</html>`)
      const identity = scriptedIdentity(loginAnswer(secrets.token, "2222-02-22T22:22:22.000-02:00"), echo)
      const tokens = yield* Identity.make({
        credentials: Credentials.apiKey({ authUrl, username: "me", apiKey: secrets.apiKey })
      }).pipe(Effect.provideService(HttpClient.HttpClient, identity.client))
      const call = CloudServers.make({ endpoint: "http://servers.test" }).pipe(
        Effect.flatMap((service) => service.getLimits()),
        Effect.provideService(Identity.TokenRef, tokens),
        Effect.provideService(HttpClient.HttpClient, identity.client)
      )
      const failed = yield* Effect.exit(call)
      assert.isTrue(Exit.isFailure(failed))
      assert.notInclude(shown(failed), "S3CRET")
      const logout = yield* Effect.exit(tokens.logout)
      assert.isTrue(Exit.isFailure(logout))
      assert.notInclude(shown(logout), "S3CRET")
      assert.include(identity.received[1]?.headers["x-auth-token"] ?? "", "S3CRET", "the page did echo it")
    })
  )

  it.scoped("none is in the error for a session ID and passcode that are not valid in a header", () =>
    Effect.gen(function* () {
      const identity = scriptedIdentity(Reply.empty(500))
      const broken = new CloudError.MfaChallenge({
        sessionId: Redacted.make("S3CRET \u{1F511}"),
        factor: "PASSCODE",
        authUrl
      })
      const exit = yield* Effect.exit(
        Identity.make({ credentials: Credentials.answerChallenge(broken, secrets.passcode), retry: once }).pipe(
          Effect.provideService(HttpClient.HttpClient, identity.client)
        )
      )
      assert.isTrue(Exit.isFailure(exit))
      assert.notInclude(shown(exit), "S3CRET")
    })
  )
})

describe("a login with a token store", () => {
  it.scoped("a second layer uses the stored token, and a rejected one causes one login", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const first = yield* logIn()
      const second = yield* logIn()
      assert.strictEqual(yield* loginRequests, 1)
      const token = Redacted.value((yield* first.get).token)
      assert.strictEqual(Redacted.value((yield* second.get).token), token)
      yield* cloud.expireAllTokens
      yield* cloud.clearRequests
      const renewed = yield* second.renew((yield* second.get).login)
      assert.notStrictEqual(Redacted.value(renewed.token), token)
      assert.deepStrictEqual(yield* cloud.logins, { succeeded: 1, refused: 0 })
      const third = yield* logIn()
      assert.strictEqual(Redacted.value((yield* third.get).token), Redacted.value(renewed.token))
      assert.strictEqual(yield* loginRequests, 1)
    }).pipe(Effect.provide([TestCloud.layerCloud(), TokenStore.layerMemory]))
  )

  it.scoped("a stored token that another program has renewed is used instead of a login", () =>
    Effect.gen(function* () {
      const first = yield* logIn()
      const second = yield* logIn()
      yield* TestClock.adjust("95 seconds")
      yield* first.get
      assert.strictEqual(yield* loginRequests, 2)
      assert.strictEqual((yield* second.get).login, 2)
      assert.strictEqual(yield* loginRequests, 2)
      assert.strictEqual(Redacted.value((yield* second.get).token), Redacted.value((yield* first.get).token))
    }).pipe(Effect.provide([TestCloud.layerCloud({ tokenTtl: "100 seconds" }), TokenStore.layerMemory]))
  )

  it.scoped("a stored token that expires within this program's margin is not used", () =>
    Effect.gen(function* () {
      yield* logIn()
      yield* TestClock.adjust("50 seconds")
      yield* logIn({ refreshMargin: "49 seconds" })
      assert.strictEqual(yield* loginRequests, 1)
      yield* logIn({ refreshMargin: "50 seconds" })
      assert.strictEqual(yield* loginRequests, 2)
    }).pipe(Effect.provide([TestCloud.layerCloud({ tokenTtl: "100 seconds" }), TokenStore.layerMemory]))
  )

  it.scoped("another user, another tenant or another cloud does not receive it", () =>
    Effect.gen(function* () {
      const { authUrl, credentials } = yield* TestCloud.TestCloud
      yield* logIn()
      yield* logIn({ credentials: Credentials.apiKey({ ...credentials, authUrl }) })
      assert.strictEqual(yield* loginRequests, 2, "another tenant")
      const other = Credentials.apiKey({ authUrl, username: "other", apiKey: credentials.apiKey })
      assert.strictEqual((yield* authenticationFailure(logIn({ credentials: other }))).reason, "refused")
      yield* logIn({
        credentials: Credentials.apiKey({
          authUrl: "http://second.test/v2.0",
          username: credentials.username,
          apiKey: credentials.apiKey
        })
      })
      assert.strictEqual(yield* loginRequests, 4, "another cloud")
    }).pipe(Effect.provide([TestCloud.layerCloud(), TokenStore.layerMemory]))
  )

  it.scoped("logout removes the stored login, even if this program has not used it yet", () =>
    Effect.gen(function* () {
      const first = yield* logIn()
      yield* first.logout
      const second = yield* logIn()
      assert.strictEqual(yield* loginRequests, 2)
      yield* second.get
      const third = yield* logIn({ lazy: true })
      yield* third.logout
      yield* logIn()
      assert.strictEqual(yield* loginRequests, 3)
    }).pipe(Effect.provide([TestCloud.layerCloud(), TokenStore.layerMemory]))
  )

  const broken = (reason: string): TokenStore.Service => {
    const fail = Effect.fail(new TokenStore.TokenStoreError({ reason: "unavailable", message: reason }))
    return { load: () => fail, save: () => fail, remove: () => fail }
  }

  it.scoped("a store that fails to read and to write fails no login and no logout", () =>
    Effect.gen(function* () {
      const tokens = yield* logIn()
      assert.strictEqual((yield* tokens.get).login, 1)
      yield* tokens.logout
      assert.strictEqual((yield* tokens.get).login, 2)
    }).pipe(Effect.provide([TestCloud.layerCloud(), Layer.succeed(TokenStore.TokenStore, broken("the disk is full"))]))
  )

  it.scoped("a store that does not answer delays a login for a limited time only", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(logIn())
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Effect.flatMap(Fiber.join(fiber), (tokens) => tokens.get)).login, 1)
    }).pipe(
      Effect.provide([
        TestCloud.layerCloud(),
        Layer.succeed(TokenStore.TokenStore, {
          load: () => Effect.never,
          save: () => Effect.never,
          remove: () => Effect.never
        })
      ])
    )
  )
})
