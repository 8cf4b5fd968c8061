import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as Emulator from "../../src/emulator/Emulator.js"
import { apiKeyLogin, send, at, passwordLogin, texts } from "./support.js"

const tokens = "/v2.0/tokens"

describe("Identity v2: login", () => {
  it.effect("an API key returns a token, the user, and a catalog whose URLs begin with the origin", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ origin: "http://elsewhere.test:81" })
      const response = yield* send(emulator, tokens, { body: apiKeyLogin(emulator) })
      assert.strictEqual(response.status, 200)
      assert.match(String(at(response.json, "access", "token", "id")), /^[0-9a-f]{32}$/)
      assert.strictEqual(at(response.json, "access", "token", "tenant", "id"), "010101")
      assert.deepStrictEqual(at(response.json, "access", "token", "RAX-AUTH:authenticatedBy"), ["APIKEY"])
      assert.strictEqual(at(response.json, "access", "user", "RAX-AUTH:defaultRegion"), "DFW")
      const urls = (at(response.json, "access", "serviceCatalog") as Array<{ endpoints: Array<{ publicURL: string }> }>)
        .flatMap((service) => service.endpoints)
        .map((endpoint) => endpoint.publicURL)
      assert.isAbove(urls.length, 20)
      assert.isTrue(urls.every((url) => url.startsWith("http://elsewhere.test:81/")))
    })
  )

  it.effect("the catalog has the peculiarities of the real one", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const response = yield* send(emulator, tokens, { body: apiKeyLogin(emulator) })
      const catalog = at(response.json, "access", "serviceCatalog") as Array<{
        name: string
        type: string
        endpoints: Array<Record<string, string>>
      }>
      const named = (name: string) => catalog.find((service) => service.name === name)
      assert.deepStrictEqual(
        catalog.filter((service) => service.type === "compute").map((service) => service.name),
        ["cloudServers", "cloudServersOpenStack"]
      )
      assert.isFalse("region" in (named("cloudServers")?.endpoints[0] ?? {}))
      assert.isFalse("region" in (named("cloudDNS")?.endpoints[0] ?? {}))
      assert.deepStrictEqual(
        named("cloudServersOpenStack")?.endpoints.map((endpoint) => endpoint["region"]),
        ["DFW", "ORD"]
      )
      assert.strictEqual(
        named("cloudServersOpenStack")?.endpoints[0]?.["publicURL"],
        "http://cloud.test/servers/dfw/v2/010101"
      )
      const files = named("cloudFiles")?.endpoints[0]
      assert.match(files?.["tenantId"] ?? "", /^MossoCloudFS_/)
      assert.notStrictEqual(files?.["internalURL"], undefined)
      assert.deepStrictEqual(
        named("cloudBigData")
          ?.endpoints.filter((endpoint) => endpoint["region"] === "DFW")
          .map((endpoint) => endpoint["versionId"]),
        ["1", "2"]
      )
    })
  )

  it.effect("a password logs in, with the tenant as an ID or a name", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const { auth } = passwordLogin(emulator)
      for (const tenant of [{ tenantId: "010101" }, { tenantName: "010101" }]) {
        const response = yield* send(emulator, tokens, { body: { auth: { ...auth, ...tenant } } })
        assert.strictEqual(response.status, 200)
      }
      const wrong = yield* send(emulator, tokens, { body: { auth: { ...auth, tenantId: "10101" } } })
      assert.strictEqual(wrong.status, 401)
      assert.match(String(at(wrong.json, "unauthorized", "message")), /Tenant with Name\/Id: '10101' is not valid/)
      const both = yield* send(emulator, tokens, {
        body: { auth: { ...auth, tenantId: "010101", tenantName: "010101" } }
      })
      assert.strictEqual(both.status, 400)
      const number = yield* send(emulator, tokens, { body: { auth: { ...auth, tenantId: 10101 } } })
      assert.strictEqual(number.status, 400)
    })
  )

  it.effect(
    "wrong credentials are 401, malformed ones 400, and another media type is 415, each with its own fault",
    () =>
      Effect.gen(function* () {
        const emulator = yield* Emulator.make()
        const wrong = yield* send(emulator, tokens, {
          body: { auth: { "RAX-KSKEY:apiKeyCredentials": { username: "demo", apiKey: "no" } } }
        })
        assert.strictEqual(wrong.status, 401)
        assert.deepStrictEqual(wrong.json, {
          unauthorized: { code: 401, message: "Unable to authenticate user with credentials provided." }
        })
        for (const body of ["{", "[]", "{}", '{"auth":{}}', '{"auth":{"passwordCredentials":{"username":"demo"}}}']) {
          const response = yield* send(emulator, tokens, { body })
          assert.strictEqual(response.status, 400, body)
          assert.strictEqual(at(response.json, "badRequest", "code"), 400, body)
        }
        const xml = yield* send(emulator, tokens, { body: "<auth/>", headers: { "content-type": "application/xml" } })
        assert.strictEqual(xml.status, 415)
        assert.deepStrictEqual(yield* emulator.logins, { succeeded: 0, refused: 7 })
      })
  )

  it.effect("a disabled user gets 403 userDisabled, and existing tokens are revoked", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const token = yield* emulator.issueToken
      yield* emulator.disableUser
      const login = yield* send(emulator, tokens, { body: apiKeyLogin(emulator) })
      assert.strictEqual(login.status, 403)
      assert.strictEqual(at(login.json, "userDisabled", "code"), 403)
      const response = yield* send(emulator, "/servers/dfw/v2/010101/servers", { token })
      assert.strictEqual(response.status, 401)
    })
  )

  it.effect("include_endpoints=false omits the catalog", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const response = yield* send(emulator, `${tokens}?include_endpoints=false`, { body: apiKeyLogin(emulator) })
      assert.strictEqual(response.status, 200)
      assert.strictEqual(at(response.json, "access", "serviceCatalog"), undefined)
    })
  )
})

describe("Identity v2: multi-factor login", () => {
  const passcode = (code: string) => ({ auth: { "RAX-AUTH:passcodeCredentials": { passcode: code } } })

  it.effect("a password returns a challenge, and the passcode a token", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ multiFactor: true })
      const challenge = yield* send(emulator, tokens, { body: passwordLogin(emulator) })
      assert.strictEqual(challenge.status, 401)
      assert.strictEqual(
        at(challenge.json, "unauthorized", "message"),
        "Additional authentication credentials required"
      )
      const session = /^OS-MF sessionId='([^']+)', factor='PASSCODE'$/.exec(
        challenge.headers["www-authenticate"] ?? ""
      )?.[1]
      assert.isString(session)
      const headers = { "x-sessionid": session ?? "" }
      const wrong = yield* send(emulator, tokens, { body: passcode("000000"), headers })
      assert.strictEqual(wrong.status, 401)
      const right = yield* send(emulator, tokens, { body: passcode("123456"), headers })
      assert.strictEqual(right.status, 200)
      assert.deepStrictEqual(at(right.json, "access", "token", "RAX-AUTH:authenticatedBy"), ["PASSWORD", "PASSCODE"])
      const again = yield* send(emulator, tokens, { body: passcode("123456"), headers })
      assert.strictEqual(again.status, 401)
    })
  )

  it.effect("a challenge is valid for ten minutes", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ multiFactor: true })
      const challenge = yield* send(emulator, tokens, { body: passwordLogin(emulator) })
      const session = /'([^']+)'/.exec(challenge.headers["www-authenticate"] ?? "")?.[1] ?? ""
      yield* TestClock.adjust("11 minutes")
      const late = yield* send(emulator, tokens, { body: passcode("123456"), headers: { "x-sessionid": session } })
      assert.strictEqual(late.status, 401)
    })
  )

  it.effect("an API key needs no passcode", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ multiFactor: true })
      const response = yield* send(emulator, tokens, { body: apiKeyLogin(emulator) })
      assert.strictEqual(response.status, 200)
    })
  )
})

describe("Identity v2: the lifetime of a token", () => {
  const loginToken = (emulator: Emulator.Emulator) =>
    Effect.map(send(emulator, tokens, { body: apiKeyLogin(emulator) }), (response) =>
      String(at(response.json, "access", "token", "id"))
    )

  it.effect("an early login returns the same token, and a login in its last hour a new one", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const first = yield* loginToken(emulator)
      yield* TestClock.adjust("22 hours")
      assert.strictEqual(yield* loginToken(emulator), first)
      yield* TestClock.adjust("61 minutes")
      const second = yield* loginToken(emulator)
      assert.notStrictEqual(second, first)
      // The old token stays valid until it expires.
      const response = yield* send(emulator, "/servers/dfw/v2/010101/limits", { token: first })
      assert.strictEqual(response.status, 200)
    })
  )

  it.effect("each login returns a new token if tokens are valid for an hour or less", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ tokenTtl: "30 seconds" })
      assert.notStrictEqual(yield* loginToken(emulator), yield* loginToken(emulator))
    })
  )

  it.effect("from the time in expires, which has an offset, services return 401 and Identity 404", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ tokenTtl: "30 seconds" })
      yield* TestClock.setTime(Date.UTC(2026, 0, 1))
      const login = yield* send(emulator, tokens, { body: apiKeyLogin(emulator) })
      const expires = String(at(login.json, "access", "token", "expires"))
      assert.strictEqual(expires, "2025-12-31T18:00:30.000-06:00")
      const token = String(at(login.json, "access", "token", "id"))
      yield* TestClock.setTime(Date.parse(expires) - 1)
      assert.strictEqual((yield* send(emulator, "/servers/dfw/v2/010101/limits", { token })).status, 200)
      yield* TestClock.adjust(1)
      const refused = yield* send(emulator, "/servers/dfw/v2/010101/limits", { token })
      assert.strictEqual(refused.status, 401)
      assert.strictEqual(at(refused.json, "unauthorized", "code"), 401)
      const other = yield* emulator.issueToken
      assert.strictEqual((yield* send(emulator, `${tokens}/${token}`, { token: other })).status, 404)
    })
  )

  it.effect("a rejected token is returned again until it is deleted", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const first = yield* loginToken(emulator)
      yield* emulator.rejectToken(first)
      assert.strictEqual((yield* send(emulator, "/servers/dfw/v2/010101/limits", { token: first })).status, 401)
      assert.strictEqual(yield* loginToken(emulator), first)
      const revoked = yield* send(emulator, `${tokens}/${first}`, { method: "DELETE", token: first })
      assert.strictEqual(revoked.status, 204)
      const second = yield* loginToken(emulator)
      assert.notStrictEqual(second, first)
      assert.strictEqual((yield* send(emulator, "/servers/dfw/v2/010101/limits", { token: second })).status, 200)
    })
  )

  it.effect("DELETE /tokens revokes the caller's token", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const token = yield* loginToken(emulator)
      assert.strictEqual((yield* send(emulator, tokens, { method: "DELETE", token })).status, 204)
      assert.strictEqual((yield* send(emulator, tokens, { method: "DELETE", token })).status, 401)
    })
  )

  it.effect("a new password revokes tokens, a new API key does not", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const token = yield* loginToken(emulator)
      yield* emulator.setApiKey("f".repeat(32))
      assert.strictEqual((yield* send(emulator, "/v2.0/tenants", { token })).status, 200)
      yield* emulator.setPassword("another")
      assert.strictEqual((yield* send(emulator, "/v2.0/tenants", { token })).status, 401)
    })
  )

  it.effect("a token and a tenant return that tenant's part of the catalog; an unknown token is 404", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const id = yield* loginToken(emulator)
      const names = (response: { readonly json: unknown }) =>
        texts(at(response.json, "access", "serviceCatalog"), "name")
      const main = yield* send(emulator, tokens, { body: { auth: { token: { id }, tenantId: "010101" } } })
      assert.strictEqual(at(main.json, "access", "token", "id"), id)
      assert.include(names(main), "cloudServersOpenStack")
      assert.notInclude(names(main), "cloudFiles")
      const { storageAccount } = emulator.credentials
      const storage = yield* send(emulator, tokens, { body: { auth: { token: { id }, tenantName: storageAccount } } })
      assert.deepStrictEqual(names(storage), ["cloudFiles", "cloudFilesCDN"])
      const unknown = yield* send(emulator, tokens, { body: { auth: { token: { id: "x" }, tenantId: "010101" } } })
      assert.strictEqual(unknown.status, 404)
      const foreign = yield* send(emulator, tokens, { body: { auth: { token: { id }, tenantId: "999" } } })
      assert.strictEqual(foreign.status, 401)
    })
  )
})

describe("Identity v2: other resources", () => {
  it.effect("validation returns the user without a catalog, and HEAD the status only", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const token = yield* emulator.issueToken
      const response = yield* send(emulator, `${tokens}/${token}`, { token })
      assert.strictEqual(at(response.json, "access", "user", "name"), "demo")
      assert.strictEqual(at(response.json, "access", "serviceCatalog"), undefined)
      assert.strictEqual((yield* send(emulator, `${tokens}/${token}`, { method: "HEAD", token })).status, 200)
      assert.strictEqual((yield* send(emulator, `${tokens}/nope`, { token })).status, 404)
      assert.strictEqual((yield* send(emulator, `${tokens}/${token}`)).status, 401)
    })
  )

  it.effect("the endpoints of a token are a flat list with integer ids", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const token = yield* emulator.issueToken
      const response = yield* send(emulator, `${tokens}/${token}/endpoints`, { token })
      assert.strictEqual(at(response.json, "endpoints", 0, "id"), 1)
      assert.isString(at(response.json, "endpoints", 0, "publicURL"))
    })
  )

  it.effect("tenants, the user by id and by name, and the user's API key are returned", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const token = yield* emulator.issueToken
      const tenants = yield* send(emulator, "/v2.0/tenants", { token })
      assert.deepStrictEqual(texts(at(tenants.json, "tenants"), "id"), ["010101", emulator.credentials.storageAccount])
      const byName = yield* send(emulator, "/v2.0/users?name=demo", { token })
      const id = String(at(byName.json, "user", "id"))
      const user = yield* send(emulator, `/v2.0/users/${id}`, { token })
      assert.strictEqual(at(user.json, "user", "username"), "demo")
      const key = yield* send(emulator, `/v2.0/users/${id}/OS-KSADM/credentials/RAX-KSKEY:apiKeyCredentials`, { token })
      assert.strictEqual(at(key.json, "RAX-KSKEY:apiKeyCredentials", "apiKey"), emulator.credentials.apiKey)
      assert.strictEqual((yield* send(emulator, "/v2.0/users/1", { token })).status, 404)
    })
  )

  it.effect("versions are returned without a token, in Rackspace's format", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const root = yield* send(emulator, "/")
      assert.strictEqual(at(root.json, "versions", "version", 0, "id"), "v2.0")
      assert.strictEqual(at(root.json, "versions", "version", 0, "link", "href"), "http://cloud.test/v2.0")
      const version = yield* send(emulator, "/v2.0")
      assert.strictEqual(at(version.json, "version", "status"), "CURRENT")
    })
  )

  it.effect("every response has a transaction id and a date from the Clock", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      yield* TestClock.setTime(Date.UTC(2026, 0, 1))
      const response = yield* send(emulator, "/v2.0")
      assert.isString(response.headers["x-trans-id"])
      assert.strictEqual(response.headers["date"], "Thu, 01 Jan 2026 00:00:00 GMT")
    })
  )
})

describe("Swift's own login", () => {
  it.effect("returns storage URL and token in headers, for each form of the user's name", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const { apiKey, password, storageAccount } = emulator.credentials
      const url = `http://cloud.test/files/dfw/v1/${storageAccount}`
      const accepted = [
        ["/auth/v1.0", { "x-auth-user": "demo", "x-auth-key": apiKey }],
        ["/auth/v1.0", { "x-auth-user": "010101:demo", "x-auth-key": password }],
        ["/v1.0", { "x-storage-user": "demo", "x-storage-pass": apiKey }],
        ["/auth", { "x-auth-user": `${storageAccount}:demo`, "x-auth-key": apiKey }]
      ] as const
      for (const [target, headers] of accepted) {
        const response = yield* send(emulator, target, { headers })
        assert.strictEqual(response.status, 200, JSON.stringify(headers))
        assert.strictEqual(response.headers["x-storage-url"], url)
        assert.strictEqual(response.headers["x-auth-token"], response.headers["x-storage-token"])
        assert.strictEqual(response.headers["x-auth-token-expires"], "86400")
      }
      const refused = yield* send(emulator, "/auth/v1.0", { headers: { "x-auth-user": "demo", "x-auth-key": "no" } })
      assert.strictEqual(refused.status, 401)
      assert.deepStrictEqual(yield* emulator.logins, { succeeded: 4, refused: 1 })
    })
  )

  it.effect("returns the same token until it expires, with the remaining seconds", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ tokenTtl: "10 seconds" })
      const headers = { "x-auth-user": "demo", "x-auth-key": emulator.credentials.apiKey }
      const login = send(emulator, "/auth/v1.0", { headers })
      const first = yield* login
      const token = first.headers["x-auth-token"] ?? ""
      assert.match(token, /^AUTH_tk[0-9a-f]{32}$/)
      assert.strictEqual(first.headers["x-auth-token-expires"], "10")
      yield* TestClock.adjust("7 seconds")
      const again = yield* login
      assert.strictEqual(again.headers["x-auth-token"], token)
      assert.strictEqual(again.headers["x-auth-token-expires"], "3")
      yield* TestClock.adjust("3 seconds")
      const next = (yield* login).headers["x-auth-token"] ?? ""
      assert.notStrictEqual(next, token)
      const account = `/files/dfw/v1/${emulator.credentials.storageAccount}`
      assert.strictEqual((yield* send(emulator, account, { token })).status, 401)
      assert.strictEqual((yield* send(emulator, account, { token: next })).status, 204)
      yield* emulator.revokeToken(next)
      assert.notStrictEqual((yield* login).headers["x-auth-token"], next)
    })
  )

  it.effect("a 401 has the account as its realm for an unknown user, and none for a wrong key", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const realm = (user: string) =>
        Effect.map(
          send(emulator, "/auth/v1.0", { headers: { "x-auth-user": user, "x-auth-key": "no" } }),
          (response) => {
            assert.strictEqual(response.status, 401)
            assert.include(response.text, "<h1>Unauthorized</h1>")
            return response.headers["www-authenticate"]
          }
        )
      assert.strictEqual(yield* realm("010101:demo"), 'Swift realm="unknown"')
      assert.strictEqual(yield* realm("010101:nobody"), 'Swift realm="010101"')
      assert.strictEqual(yield* realm("nobody"), 'Swift realm="unknown"')
    })
  )

  it.effect("accepts only GET", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const headers = { "x-auth-user": "demo", "x-auth-key": emulator.credentials.apiKey }
      for (const method of ["HEAD", "POST", "PUT"]) {
        assert.strictEqual((yield* send(emulator, "/auth/v1.0", { method, headers })).status, 405)
      }
      assert.deepStrictEqual(yield* emulator.logins, { succeeded: 0, refused: 0 })
    })
  )
})
