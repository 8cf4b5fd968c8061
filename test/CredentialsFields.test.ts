/**
 * A field of credentials that is missing, empty or of the wrong type fails the login before any request, with a typed error that names the field.
 */
import { FileSystem, HttpClient } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Redacted } from "effect"
import { CloudError, Credentials, Identity } from "effect-rackspace"
import * as Reply from "../src/emulator/Reply.js"
import { loginAnswer, scriptedIdentity } from "./support/scriptedIdentity.js"
import { shown } from "./support/shown.js"

const domain = { id: "default" }
const authUrl = "http://id.test/v3"
const login = { authUrl: "http://id.test/v2.0", username: "demo" }
/** Rackspace's Identity is the default. */
const loginFields = { "authUrl?": login.authUrl, username: login.username }
const byName = { name: "demo", domain }

/** A constructor with valid fields. Those with a question mark are optional. */
const kinds: Readonly<Record<string, readonly [make: (fields: never) => unknown, fields: Record<string, unknown>]>> = {
  apiKey: [Credentials.apiKey, { ...loginFields, apiKey: "secret-key", "tenantId?": "1" }],
  password: [Credentials.password, { ...loginFields, password: "secret-word", "tenantName?": "demo" }],
  token: [
    Credentials.token,
    {
      "authUrl?": login.authUrl,
      token: "secret-token",
      "renewWith?": Credentials.apiKey({ ...login, apiKey: "secret-key" })
    }
  ],
  keystonePassword: [
    Credentials.keystonePassword,
    { authUrl, user: byName, password: "secret-word", "passcode?": "123456", "scope?": { project: byName } }
  ],
  keystoneToken: [Credentials.keystoneToken, { authUrl, token: "secret-token", "scope?": { trust: { id: "t" } } }],
  applicationCredential: [
    Credentials.applicationCredential,
    { authUrl, credential: { id: "c" }, secret: "secret-word" }
  ],
  oidcAccessToken: [
    Credentials.oidcAccessToken,
    { authUrl, identityProvider: "idp", protocol: "openid", accessToken: "secret-token", "scope?": { domain } }
  ],
  swiftKey: [Credentials.swiftKey, { authUrl: "http://swift.test/auth/v1.0", user: "a:u", key: "secret-key" }]
}

const secrets = new Set(["apiKey", "password", "passcode", "token", "secret", "accessToken", "key"])

const nameOf = (field: string) => field.replace("?", "")

const made = (kind: string, changes: Readonly<Record<string, unknown>> = {}): Credentials.Credentials => {
  const [make, fields] = kinds[kind] ?? assert.fail(kind)
  const named = Object.fromEntries(Object.entries(fields).map(([field, value]) => [nameOf(field), value]))
  return make({ ...named, ...changes } as never) as Credentials.Credentials
}

/** Logs in, and returns the failure and the number of requests. */
const attempt = (credentials: Credentials.Credentials) =>
  Effect.gen(function* () {
    const identity = scriptedIdentity(Reply.empty(404))
    const error = yield* Effect.flip(Effect.scoped(Identity.make({ credentials }))).pipe(
      Effect.provideService(HttpClient.HttpClient, identity.client)
    )
    assert.instanceOf(error, CloudError.AuthenticationFailed)
    return { error, requests: identity.received.length }
  })

const isRefused = (credentials: Credentials.Credentials, field: string, what: string) =>
  Effect.map(attempt(credentials), ({ error, requests }) => {
    assert.strictEqual(error.reason, "malformed", what)
    assert.match(error.message, new RegExp(`credentials: (.*; )?${field}[.:]`), what)
    assert.strictEqual(requests, 0, what)
    assert.notInclude(shown(error), "secret-", what)
  })

describe("invalid fields of credentials", () => {
  for (const [kind, [, fields]] of Object.entries(kinds)) {
    it.effect(`${kind}: each field is reported by name`, () =>
      Effect.gen(function* () {
        for (const field of Object.keys(fields)) {
          const name = nameOf(field)
          const values = [...(field === name ? [undefined, ""] : []), null, 5.5, {}, [], true, () => "x"]
          for (const value of values) {
            yield* isRefused(made(kind, { [name]: value }), name, `${kind}.${name} = ${String(value)}`)
          }
          if (secrets.has(name)) {
            for (const value of [undefined, "", 5] as ReadonlyArray<unknown>) {
              yield* isRefused(made(kind, { [name]: Redacted.make(value as string) }), name, `${kind}.${name} redacted`)
            }
          }
        }
      })
    )

    it.effect(`${kind}: valid fields are sent`, () =>
      Effect.gen(function* () {
        const { error, requests } = yield* attempt(made(kind))
        assert.isAbove(requests, 0, error.message)
      })
    )
  }

  it.effect("are reported in nested users, scopes, credentials and renewal credentials", () =>
    Effect.gen(function* () {
      const bad: ReadonlyArray<readonly [kind: string, field: string, value: unknown, named: string]> = [
        ["keystonePassword", "user", { name: "demo" }, "user.domain"],
        ["keystonePassword", "user", { name: undefined, domain }, "user.name"],
        ["keystonePassword", "user", { id: undefined }, "user.id"],
        ["keystonePassword", "user", { name: "demo", domain: { id: "" } }, "user.domain.id"],
        ["keystonePassword", "scope", { project: { name: "demo" } }, "scope.project.domain"],
        ["keystonePassword", "scope", { project: { id: undefined } }, "scope.project.id"],
        ["keystonePassword", "scope", "scoped", "scope"],
        ["keystonePassword", "scope", { trust: { id: null } }, "scope.trust.id"],
        ["applicationCredential", "credential", { name: "c" }, "credential.user"],
        ["applicationCredential", "credential", { id: undefined }, "credential.id"],
        ["token", "renewWith", Credentials.apiKey({ ...login, apiKey: "" }), "renewWith.apiKey"]
      ]
      for (const [kind, field, value, named] of bad) {
        yield* isRefused(made(kind, { [field]: value }), named.replaceAll(".", "\\."), `${kind}: ${named}`)
      }
    })
  )

  it.effect("include an empty passcode, and missing credentials", () =>
    Effect.gen(function* () {
      const challenge = new CloudError.MfaChallenge({
        sessionId: Redacted.make("session"),
        factor: "PASSCODE",
        authUrl: login.authUrl
      })
      yield* isRefused(Credentials.answerChallenge(challenge, undefined as never), "passcode", "passcode")
      for (const none of [undefined, null, {}]) {
        yield* isRefused(Credentials.answerChallenge(none as never, "123456"), "sessionId", "no challenge")
      }
      for (const nothing of [undefined, null, {}, "credentials", { _tag: "toString" }] as ReadonlyArray<unknown>) {
        const { error } = yield* attempt(nothing as Credentials.Credentials)
        assert.strictEqual(error.reason, "malformed")
        assert.match(error.message, /a constructor of Credentials/)
      }
    })
  )

  it.effect("include secrets that are not valid in a header", () =>
    Effect.gen(function* () {
      yield* isRefused(made("swiftKey", { key: "secret-key\nX-Other: 1" }), "key", "key")
      yield* isRefused(made("swiftKey", { user: "secret-user\r\n" }), "user", "user")
      yield* isRefused(made("token", { token: "secret-token\n" }), "token", "token")
      yield* isRefused(made("oidcAccessToken", { accessToken: "secret-token " }), "accessToken", "accessToken")
    })
  )

  it.effect("fail a lazy login at its first use", () =>
    Effect.gen(function* () {
      const identity = scriptedIdentity(Reply.empty(404))
      const credentials = made("apiKey", { apiKey: undefined })
      const tokens = yield* Identity.make({ credentials, lazy: true }).pipe(
        Effect.provideService(HttpClient.HttpClient, identity.client)
      )
      const error = yield* Effect.flip(tokens.get)
      assert.match(error.message, /apiKey/)
      yield* tokens.logout
      assert.strictEqual(identity.received.length, 0)
    }).pipe(Effect.scoped)
  )
})

describe("an auth URL", () => {
  it.effect("with a user name and a password is rejected, and never shown", () =>
    Effect.gen(function* () {
      for (const url of [
        "http://user:hunter2@id.test/v3",
        "https://hunter2@id.test",
        "http:user:hunter2@id.test",
        "http://user:hunter2/hunter2@id.test",
        "user:hunter2@id.test"
      ]) {
        for (const kind of Object.keys(kinds)) {
          const credentials = made(kind, { authUrl: url })
          assert.notInclude(shown(credentials), "hunter2", `${kind} ${url}`)
          yield* isRefused(credentials, "authUrl", `${kind} ${url}`)
        }
      }
    })
  )

  it.effect("that is not an http URL is rejected", () =>
    Effect.gen(function* () {
      for (const url of ["id.test", "/v3", "ftp://id.test", "http://", "{region}"]) {
        yield* isRefused(made("keystonePassword", { authUrl: url }), "authUrl", url)
      }
    })
  )
})

describe("a tenant name", () => {
  const sent = (credentials: Credentials.Credentials) =>
    Effect.gen(function* () {
      const identity = scriptedIdentity(loginAnswer("t", "2099-01-01T00:00:00Z"))
      yield* Effect.scoped(Identity.make({ credentials })).pipe(
        Effect.provideService(HttpClient.HttpClient, identity.client)
      )
      return JSON.parse(identity.received[0]?.text ?? "") as unknown
    })

  it.effect("is sent with every kind of credentials of version 2", () =>
    Effect.gen(function* () {
      const tenantName = "demo project"
      const scoped = { ...login, tenantName }
      assert.deepStrictEqual(yield* sent(Credentials.password({ ...scoped, password: "p" })), {
        auth: { passwordCredentials: { username: "demo", password: "p" }, tenantName }
      })
      assert.deepStrictEqual(yield* sent(Credentials.apiKey({ ...scoped, apiKey: "k" })), {
        auth: { "RAX-KSKEY:apiKeyCredentials": { username: "demo", apiKey: "k" }, tenantName }
      })
      const renewWith = Credentials.password({ ...scoped, password: "p" })
      assert.deepStrictEqual(yield* sent(Credentials.token({ token: "t", renewWith })), {
        auth: { token: { id: "t" }, tenantName }
      })
      assert.deepStrictEqual(yield* sent(Credentials.token({ token: "t", renewWith, tenantId: 7 })), {
        auth: { token: { id: "t" }, tenantId: "7" }
      })
    })
  )

  it.effect("is rejected together with an ID", () =>
    isRefused(made("apiKey", { tenantId: "1", tenantName: "demo" }), "tenantName", "both")
  )

  it.effect("is read from the environment and from a credential file when no ID is given", () =>
    Effect.gen(function* () {
      const variables = (more: Readonly<Record<string, string>>) =>
        Effect.withConfigProvider(
          Credentials.config,
          ConfigProvider.fromMap(
            new Map(Object.entries({ OS_USERNAME: "u", OS_PASSWORD: "p", OS_AUTH_URL: login.authUrl, ...more }))
          )
        )
      const byTenant = yield* variables({ OS_TENANT_NAME: "demo" })
      const byProject = yield* variables({ OS_PROJECT_NAME: "demo" })
      const both = yield* variables({ OS_PROJECT_NAME: "demo", OS_PROJECT_ID: "7" })
      assert.deepStrictEqual(
        [byTenant, byProject, both].map(({ tenantId, tenantName }) => [tenantId, tenantName]),
        [
          [undefined, "demo"],
          [undefined, "demo"],
          ["7", undefined]
        ]
      )
      const fs = yield* FileSystem.FileSystem
      const file = yield* fs.makeTempFileScoped()
      yield* fs.writeFileString(file, "[keystone]\nusername = u\npassword = p\ntenant_name = demo\n")
      yield* fs.chmod(file, 0o600)
      assert.strictEqual((yield* Credentials.fromFile(file)).tenantName, "demo")
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))
  )
})

describe("a credential file", () => {
  const read = (content: Uint8Array) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = yield* fs.makeTempFileScoped()
      yield* fs.writeFile(file, content)
      yield* fs.chmod(file, 0o600)
      return yield* Credentials.fromFile(file)
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

  const content = "[rackspace_cloud]\nusername = u\npassword = café-hunter2\n"

  it.effect("that is not UTF-8 is rejected, without quoting it", () =>
    Effect.gen(function* () {
      const utf16 = Buffer.from(content, "utf16le")
      for (const bytes of [Buffer.from(content, "latin1"), utf16, Buffer.concat([Buffer.of(0xff, 0xfe), utf16])]) {
        const error = yield* Effect.flip(read(bytes))
        assert.strictEqual(error._tag === "CredentialsError" ? error.reason : error._tag, "malformed")
        assert.match(error.message, /not UTF-8 text/)
        assert.notMatch(shown(error), /caf|hunter2/)
      }
      const found = yield* read(Buffer.from(`\uFEFF${content}`))
      assert.strictEqual(found._tag === "Password" && Redacted.value(found.password), "café-hunter2")
    })
  )

  it.effect("whose auth_url contains a password is rejected, without quoting it", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read(Buffer.from(`${content}auth_url = http://u:hunter2@id.test\n`)))
      assert.match(error.message, /auth_url contains a user name or a password/)
      assert.notInclude(shown(error), "hunter2")
    })
  )
})
