import { assert, describe, it } from "@effect/vitest"
import { Chunk, DateTime, Effect, Layer, Option, Redacted, Stream } from "effect"
import { CloudError, CloudServers, Identity, TestCloud } from "effect-rackspace"
import { shown } from "./support/shown.js"

const endpoint = "http://cloud.test/servers/dfw/v2/010101"

/** A program that has only a token of the cloud and the URL of a service. */
const handed = Effect.map(
  Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.issueToken),
  (token) =>
    Layer.provideMerge(CloudServers.layer({ endpoint }), Identity.layerToken({ token, tenantId: "010101" })).pipe(
      Layer.orDie
    )
)

const seen = Effect.map(
  Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.requests),
  (all) => all.map(({ service, status }) => `${service} ${status}`)
)

describe("Identity.layerToken", () => {
  it.effect("works with an endpoint and a token alone: no request to Identity", () =>
    Effect.gen(function* () {
      const layer = yield* handed
      yield* Effect.gen(function* () {
        const servers = yield* CloudServers.CloudServers
        yield* servers.getLimits()
        const tokens = yield* Identity.TokenRef
        const access = yield* tokens.get
        assert.strictEqual(access.tenant?.id, "010101")
        assert.isUndefined(access.user.id)
        assert.isTrue(yield* Identity.authenticated)
      }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(yield* seen, ["servers 200"])
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.effect("ends with the token: after a rejection all later calls fail without a request", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const layer = yield* handed
      yield* cloud.revokeAllTokens
      yield* Effect.gen(function* () {
        const servers = yield* CloudServers.CloudServers
        for (let call = 0; call < 2; call++) {
          const error = yield* Effect.flip(servers.getLimits())
          assert.instanceOf(error, CloudError.AuthenticationFailed)
          assert.strictEqual((error as CloudError.AuthenticationFailed).reason, "notRenewable")
          assert.match(error.message, /Identity\.layer takes credentials/)
        }
        assert.isFalse(yield* Identity.authenticated)
      }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(yield* seen, ["servers 401"])
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.effect("cannot log in again, and keeps its token nevertheless", () =>
    Effect.gen(function* () {
      const tokens = yield* Identity.TokenRef
      const error = yield* Effect.flip(tokens.reauthenticate)
      assert.strictEqual(error.reason, "notRenewable")
      assert.strictEqual(Redacted.value((yield* tokens.get).token), "a-token")
      yield* tokens.forget(7)
      assert.isTrue(Option.isSome(yield* tokens.peek))
      assert.strictEqual((yield* Effect.flip(tokens.renew(1))).reason, "notRenewable")
    }).pipe(Effect.provide(Identity.layerToken({ token: "a-token" })))
  )

  it.effect("emits the token in changes, and discards it on logout", () =>
    Effect.gen(function* () {
      const tokens = yield* Identity.TokenRef
      const [first] = Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(tokens.changes, 1)))
      assert.strictEqual(first?.login, 1)
      assert.strictEqual(first?.tenant?.id, "123456")
      assert.strictEqual(DateTime.formatIso(yield* Identity.expires), "2030-01-01T00:00:00.000Z")
      yield* tokens.logout
      assert.isTrue(Option.isNone(yield* tokens.peek))
    }).pipe(
      Effect.provide(
        Identity.layerToken({
          token: Redacted.make("a-token"),
          tenantId: 123456,
          expires: DateTime.unsafeMake("2030-01-01T00:00:00Z")
        })
      )
    )
  )

  for (const [what, token] of [
    ["undefined", undefined],
    ["null", null],
    ["empty", ""],
    ["undefined within Redacted", Redacted.make(undefined)],
    ["a number", 7],
    ["cut by a line break", "secret\nX-Other: 1"]
  ] as const) {
    it.effect(`fails with a typed error at the first use if the token is ${what}`, () =>
      Effect.gen(function* () {
        const servers = yield* CloudServers.CloudServers
        const error = yield* Effect.flip(servers.getLimits())
        assert.instanceOf(error, CloudError.AuthenticationFailed)
        assert.strictEqual((error as CloudError.AuthenticationFailed).reason, "malformed")
        assert.match(error.message, /^Identity\.layerToken: token: expected /)
        assert.notInclude(shown(error), "secret")
        assert.isFalse(yield* Identity.authenticated)
        assert.deepStrictEqual(yield* seen, [])
      }).pipe(
        Effect.provide(
          Layer.provideMerge(
            CloudServers.layer({ endpoint }),
            Identity.layerToken({ token: token as never, tenantId: "010101" })
          ).pipe(Layer.provideMerge(TestCloud.layerCloud()))
        )
      )
    )
  }

  it.effect("never reveals the token", () =>
    Effect.gen(function* () {
      const tokens = yield* Identity.TokenRef
      const access = yield* tokens.get
      assert.notInclude(shown(access), "a-token")
      assert.notInclude(shown(yield* Effect.flip(tokens.reauthenticate)), "a-token")
    }).pipe(Effect.provide(Identity.layerToken({ token: "a-token" })))
  )
})
