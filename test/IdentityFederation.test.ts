/**
 * Keystone v3 by trust and with an access token of an OpenID Connect provider.
 */
import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { type CloudError, Credentials, Identity } from "effect-rackspace"
import * as Reply from "../src/emulator/Reply.js"
import { type TestResponse, scriptedIdentity } from "./support/scriptedIdentity.js"
import { shown } from "./support/shown.js"

const authUrl = "http://keystone.test/v3"

const granted = (token: string, more: object = {}) =>
  Reply.json(
    201,
    { token: { expires_at: "2099-01-01T00:00:00Z", methods: ["mapped"], ...more } },
    { "X-Subject-Token": token }
  )

const run = (credentials: Credentials.Credentials, ...responses: ReadonlyArray<TestResponse>) =>
  Effect.gen(function* () {
    const identity = scriptedIdentity(...responses)
    const tokens = yield* Identity.make({ credentials, lazy: true }).pipe(
      Effect.provideService(HttpClient.HttpClient, identity.client)
    )
    return { get: tokens.get, received: identity.received }
  })

const accessToken = (scope?: Credentials.Scope) =>
  Credentials.oidcAccessToken({
    authUrl,
    identityProvider: "my idp",
    protocol: "openid",
    accessToken: "header.claims.hunter2",
    scope
  })

describe("a trust", () => {
  it.scoped("is the scope of a login by password", () =>
    Effect.gen(function* () {
      const credentials = Credentials.keystonePassword({
        authUrl,
        user: { id: "trustee" },
        password: "p",
        scope: { trust: { id: "trust-1" } }
      })
      const { get, received } = yield* run(credentials, granted("t", { project: { id: "p1" } }))
      assert.strictEqual((yield* get).tenant?.id, "p1")
      assert.deepStrictEqual(JSON.parse(received[0]?.text ?? ""), {
        auth: {
          identity: { methods: ["password"], password: { user: { id: "trustee", password: "p" } } },
          scope: { "OS-TRUST:trust": { id: "trust-1" } }
        }
      })
    })
  )
})

describe("an access token", () => {
  it.scoped("is exchanged for an unscoped token, and that for a scoped one", () =>
    Effect.gen(function* () {
      const scope = { project: { name: "demo", domain: { id: "default" } } }
      const { get, received } = yield* run(
        accessToken(scope),
        granted("unscoped"),
        granted("scoped", { project: { id: "p1" } })
      )
      const access = yield* get
      assert.strictEqual(Redacted.value(access.token), "scoped")
      assert.strictEqual(access.tenant?.id, "p1")
      const [first, second] = received
      assert.strictEqual(
        `${first?.method} ${first?.target}`,
        "POST /v3/OS-FEDERATION/identity_providers/my%20idp/protocols/openid/auth"
      )
      assert.strictEqual(first?.headers["authorization"], "Bearer header.claims.hunter2")
      assert.strictEqual(`${second?.method} ${second?.target}`, "POST /v3/auth/tokens")
      assert.deepStrictEqual(JSON.parse(second?.text ?? ""), {
        auth: { identity: { methods: ["token"], token: { id: "unscoped" } }, scope }
      })
      assert.isUndefined(second?.headers["authorization"])
    })
  )

  it.scoped("without a scope gives the unscoped token", () =>
    Effect.gen(function* () {
      const { get, received } = yield* run(accessToken(), granted("unscoped"))
      assert.strictEqual(Redacted.value((yield* get).token), "unscoped")
      assert.strictEqual(received.length, 1)
    })
  )

  it.scoped("that is rejected, or whose provider is unknown, fails without revealing the token", () =>
    Effect.gen(function* () {
      for (const status of [401, 403, 404]) {
        const body = { error: { code: status, message: "no: header.claims.hunter2", title: "No" } }
        const { get } = yield* run(accessToken(), Reply.json(status, body))
        const error: CloudError.AuthenticationFailed = yield* Effect.flip(get)
        assert.strictEqual(error.reason, "refused", String(status))
        assert.strictEqual(error.status, status)
        assert.notInclude(shown(error), "hunter2")
        assert.notInclude(shown(accessToken()), "hunter2")
      }
    })
  )
})
