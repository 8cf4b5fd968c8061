import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as Emulator from "../../src/emulator/Emulator.js"
import { type Answer, type Ask, apiKeyLogin, ask, at, texts } from "./support.js"

type Options = Parameters<typeof Emulator.make>[0]

const domain = { id: "default" }

/** A cloud and its Keystone. */
const cloud = (options: Options = {}) =>
  Effect.gen(function* () {
    const emulator = yield* Emulator.make(options)
    yield* TestClock.setTime(Date.UTC(2026, 0, 1))
    const { credentials } = emulator
    const user = { name: credentials.username, domain }
    const password = { user: { ...user, password: credentials.password } }
    const call = (path: string, request: Ask = {}) => ask(emulator, `/v3${path}`, request)
    const login = (identity: unknown, scope?: unknown, headers: Readonly<Record<string, string>> = {}) =>
      call("/auth/tokens", { body: { auth: { identity, ...(scope !== undefined && { scope }) } }, headers })
    const byPassword = (scope?: unknown) => login({ methods: ["password"], password }, scope)
    const limits = (token: string) => ask(emulator, "/servers/dfw/v2/010101/limits", { token })
    return { byPassword, call, credentials, emulator, limits, login, password, user }
  })

const tokenOf = (answer: Answer): string => {
  assert.strictEqual(answer.status, 201, answer.text)
  return answer.headers["x-subject-token"] ?? ""
}

const refused = (answer: Answer): readonly [status: number, title: string, message: string] => {
  assert.strictEqual(at(answer.json, "error", "code"), answer.status, answer.text)
  assert.match(answer.headers["x-openstack-request-id"] ?? "", /^req-/)
  return [answer.status, String(at(answer.json, "error", "title")), String(at(answer.json, "error", "message"))]
}

const project = { project: { name: "demo", domain } }

describe("Keystone v3: logins", () => {
  it.effect("a password gives 201, the token in a header, and a project with roles and a catalog of interfaces", () =>
    Effect.gen(function* () {
      const { byPassword, limits } = yield* cloud({ tokenTtl: "1 hour" })
      const answer = yield* byPassword(project)
      const token = tokenOf(answer)
      assert.strictEqual(answer.headers["vary"], "X-Auth-Token")
      const body = at(answer.json, "token")
      assert.notInclude(answer.text, token)
      assert.deepStrictEqual(at(body, "methods"), ["password"])
      assert.strictEqual(at(body, "issued_at"), "2026-01-01T00:00:00.000000Z")
      assert.strictEqual(at(body, "expires_at"), "2026-01-01T01:00:00.000000Z")
      assert.deepStrictEqual(at(body, "project"), {
        domain: { id: "default", name: "Default" },
        id: "010101",
        name: "demo"
      })
      assert.deepStrictEqual(texts(at(body, "roles"), "name"), ["member", "reader"])
      const catalog = at(body, "catalog") as ReadonlyArray<unknown>
      const storage = catalog.find((entry) => at(entry, "type") === "object-store")
      assert.deepStrictEqual(texts(at(storage, "endpoints"), "interface"), ["public", "internal", "public", "internal"])
      assert.deepStrictEqual(texts(at(storage, "endpoints"), "region_id"), texts(at(storage, "endpoints"), "region"))
      assert.strictEqual((yield* limits(token)).status, 200)
    })
  )

  it.effect("each login has a token of its own, unlike version 2's", () =>
    Effect.gen(function* () {
      const { byPassword, emulator } = yield* cloud()
      assert.notStrictEqual(tokenOf(yield* byPassword()), tokenOf(yield* byPassword()))
      assert.deepStrictEqual(yield* emulator.logins, { succeeded: 2, refused: 0 })
    })
  )

  it.effect("the scope decides what is told, and services take a project's tokens only", () =>
    Effect.gen(function* () {
      const { byPassword, credentials, limits } = yield* cloud()
      const seen: Record<string, unknown> = {}
      for (const [name, scope] of Object.entries({
        none: undefined,
        id: { project: { id: credentials.tenantId } },
        domain: { domain },
        system: { system: { all: true } },
        unscoped: "unscoped"
      })) {
        const answer = yield* byPassword(scope)
        const token = at(answer.json, "token") as Record<string, unknown>
        seen[name] = [
          ["project", "domain", "system", "catalog", "roles"].filter((key) => key in token),
          (yield* limits(tokenOf(answer))).status
        ]
      }
      assert.deepStrictEqual(seen, {
        none: [["project", "catalog", "roles"], 200],
        id: [["project", "catalog", "roles"], 200],
        domain: [["domain", "catalog", "roles"], 401],
        system: [["system", "catalog", "roles"], 401],
        unscoped: [[], 401]
      })
      for (const scope of [
        { project: { name: "other", domain } },
        { project: { id: "999" } },
        { project: { name: "demo", domain: { id: "elsewhere" } } },
        { domain: { id: "elsewhere" } },
        { nothing: {} },
        7
      ]) {
        assert.strictEqual(refused(yield* byPassword(scope))[0], 401, JSON.stringify(scope))
      }
    })
  )

  it.effect(
    "a user goes by id, or by name in a domain; what is wrong is 401, what is missing 400 in Keystone's words",
    () =>
      Effect.gen(function* () {
        const { call, credentials, emulator, login, password } = yield* cloud()
        const word = credentials.password
        tokenOf(yield* login({ methods: ["password"], password: { user: { id: credentials.userId, password: word } } }))
        tokenOf(
          yield* login({
            methods: ["password"],
            password: { user: { name: credentials.username, domain: { name: "Default" }, password: word } }
          })
        )
        for (const user of [
          { ...password.user, password: "wrong" },
          { ...password.user, name: "nobody" },
          { ...password.user, domain: { id: "elsewhere" } },
          { id: "nobody", password: word }
        ]) {
          const answer = yield* login({ methods: ["password"], password: { user } })
          assert.deepStrictEqual(refused(answer), [
            401,
            "Unauthorized",
            "The request you have made requires authentication."
          ])
          assert.strictEqual(answer.headers["www-authenticate"], 'Keystone uri="http://cloud.test/v3"')
        }
        const missing = (body: unknown) => Effect.map(call("/auth/tokens", { body }), (answer) => refused(answer)[2])
        assert.match(yield* missing({}), /^Expecting to find auth in request body\. The server could not comply/)
        assert.match(yield* missing({ auth: {} }), /find identity in auth/)
        assert.match(yield* missing({ auth: { identity: {} } }), /find methods in identity/)
        assert.match(yield* missing({ auth: { identity: { methods: ["password"] } } }), /find password in identity/)
        assert.match(
          yield* missing({
            auth: { identity: { methods: ["password"], password: { user: { name: "demo", password: word } } } }
          }),
          /find domain in user/
        )
        assert.match(yield* missing({ auth: { identity: { methods: ["magic"], magic: {} } } }), /unsupported method/)
        assert.deepStrictEqual(yield* emulator.logins, { succeeded: 2, refused: 10 })
        yield* emulator.disableUser
        assert.strictEqual((yield* login({ methods: ["password"], password })).status, 401)
      })
  )

  it.effect("a token is exchanged for one of another scope that ends when it does", () =>
    Effect.gen(function* () {
      const { byPassword, limits, login } = yield* cloud({ tokenTtl: "1 hour" })
      const unscoped = tokenOf(yield* byPassword("unscoped"))
      yield* TestClock.adjust("30 minutes")
      const answer = yield* login({ methods: ["token"], token: { id: unscoped } }, project)
      assert.strictEqual(at(answer.json, "token", "expires_at"), "2026-01-01T01:00:00.000000Z")
      assert.strictEqual((yield* limits(tokenOf(answer))).status, 200)
      yield* TestClock.adjust("30 minutes")
      assert.strictEqual((yield* limits(tokenOf(answer))).status, 401)
      const dead = yield* login({ methods: ["token"], token: { id: unscoped } }, project)
      assert.deepStrictEqual(refused(dead), [404, "Not Found", "Could not recognize Fernet token"])
    })
  )

  it.effect("an application credential logs in by id or name, never with a scope, until it is deleted", () =>
    Effect.gen(function* () {
      const { byPassword, call, credentials, limits, login, user } = yield* cloud()
      const own = tokenOf(yield* byPassword())
      const path = `/users/${credentials.userId}/application_credentials`
      const made = yield* call(path, {
        token: own,
        body: { application_credential: { name: "backup", secret: "its secret" } }
      })
      assert.strictEqual(made.status, 201)
      const id = String(at(made.json, "application_credential", "id"))
      assert.strictEqual(at(made.json, "application_credential", "secret"), "its secret")
      assert.strictEqual(
        (yield* call(path, { token: own, body: { application_credential: { name: "backup" } } })).status,
        409
      )
      assert.strictEqual((yield* call(path, { token: own, body: {} })).status, 400)

      const by = (application_credential: unknown, scope?: unknown) =>
        login({ methods: ["application_credential"], application_credential }, scope)
      const byId = tokenOf(yield* by({ id, secret: "its secret" }))
      tokenOf(yield* by({ name: "backup", user, secret: "its secret" }))
      assert.strictEqual((yield* limits(byId)).status, 200)
      assert.strictEqual(refused(yield* by({ id, secret: "wrong" }))[0], 401)
      assert.match(refused(yield* by({ id, secret: "its secret" }, project))[2], /cannot request a scope/)

      const listed = yield* call(path, { token: own })
      assert.deepStrictEqual(texts(at(listed.json, "application_credentials"), "name"), ["emulator", "backup"])
      assert.notInclude(listed.text, "its secret")
      assert.strictEqual((yield* call(`${path}/${id}`, { token: own })).status, 200)
      assert.strictEqual((yield* call(`${path}/${id}`, { token: own, method: "DELETE" })).status, 204)
      assert.strictEqual((yield* call(`${path}/${id}`, { token: own })).status, 404)
      assert.strictEqual((yield* limits(byId)).status, 401, "its tokens die with it")
      assert.strictEqual((yield* limits(own)).status, 200)
      assert.strictEqual((yield* by({ id, secret: "its secret" })).status, 401)
    })
  )

  it.effect("a second factor is asked for by a receipt, and given with it or at once", () =>
    Effect.gen(function* () {
      const { byPassword, login, password, user } = yield* cloud({ multiFactor: true })
      const asked = yield* byPassword()
      assert.strictEqual(asked.status, 401)
      const receipt = asked.headers["openstack-auth-receipt"] ?? ""
      assert.deepStrictEqual(at(asked.json, "required_auth_methods"), [["password", "totp"]])
      const totp = (passcode: string) => ({ user: { ...user, passcode } })
      assert.strictEqual((yield* login({ methods: ["password", "totp"], password, totp: totp("000000") })).status, 401)
      assert.strictEqual((yield* login({ methods: ["totp"], totp: totp("123456") })).status, 401, "not alone")
      const both = yield* login({ methods: ["password", "totp"], password, totp: totp("123456") })
      assert.deepStrictEqual(at(both.json, "token", "methods"), ["password", "totp"])
      tokenOf(both)
      tokenOf(
        yield* login({ methods: ["totp"], totp: totp("123456") }, undefined, { "openstack-auth-receipt": receipt })
      )
    })
  )
})

describe("Keystone v3: tokens", () => {
  it.effect("a token is validated, checked and revoked by the one that asks; version 2's are known too", () =>
    Effect.gen(function* () {
      const { byPassword, call, emulator, limits } = yield* cloud()
      const token = tokenOf(yield* byPassword())
      const old = yield* emulator.issueToken
      const subject = (method: string, id: string) =>
        call("/auth/tokens", { method, token: old, headers: { "x-subject-token": id } })
      const found = yield* subject("GET", token)
      assert.strictEqual(found.status, 200)
      assert.strictEqual(found.headers["x-subject-token"], token)
      assert.deepStrictEqual(at(found.json, "token", "methods"), ["password"])
      assert.strictEqual((yield* subject("HEAD", token)).status, 200)
      assert.strictEqual((yield* subject("DELETE", token)).status, 204)
      assert.strictEqual((yield* limits(token)).status, 401)
      assert.strictEqual((yield* subject("DELETE", token)).status, 404)
      assert.strictEqual((yield* limits(old)).status, 200)
      assert.strictEqual((yield* call("/auth/tokens", { method: "DELETE" })).status, 401)
    })
  )

  it.effect("the handles of the cloud reach its tokens as they reach version 2's", () =>
    Effect.gen(function* () {
      const { byPassword, emulator, limits } = yield* cloud()
      for (const end of [
        () => emulator.expireAllTokens,
        () => emulator.revokeAllTokens,
        (token: string) => emulator.revokeToken(token),
        (token: string) => emulator.rejectToken(token)
      ]) {
        const token = tokenOf(yield* byPassword())
        assert.strictEqual((yield* limits(token)).status, 200)
        yield* end(token)
        assert.strictEqual((yield* limits(token)).status, 401)
      }
    })
  )

  it.effect("what there is to ask a token: its catalog, projects, domains, the system", () =>
    Effect.gen(function* () {
      const { byPassword, call } = yield* cloud()
      const answer = yield* byPassword()
      const token = tokenOf(answer)
      const catalog = yield* call("/auth/catalog", { token })
      assert.deepStrictEqual(at(catalog.json, "catalog"), at(answer.json, "token", "catalog"))
      assert.deepStrictEqual(texts(at((yield* call("/auth/projects", { token })).json, "projects"), "id"), ["010101"])
      assert.deepStrictEqual(texts(at((yield* call("/auth/domains", { token })).json, "domains"), "id"), ["default"])
      assert.deepStrictEqual(at((yield* call("/auth/system", { token })).json, "system"), [{ all: true }])
      assert.strictEqual((yield* call("/auth/nothing", { token })).status, 404)
      assert.strictEqual((yield* call("/nothing", { token })).status, 404)
      assert.strictEqual((yield* call("/auth/catalog")).status, 401)
      const bare = yield* call("/auth/tokens?nocatalog", {
        method: "GET",
        token,
        headers: { "x-subject-token": token }
      })
      assert.isUndefined(at(bare.json, "token", "catalog"))
    })
  )

  it.effect("the version describes itself, and version 2 goes on beside it", () =>
    Effect.gen(function* () {
      const { call, emulator } = yield* cloud()
      for (const path of ["", "/"]) {
        const answer = yield* call(path)
        assert.strictEqual(answer.status, 200)
        assert.strictEqual(at(answer.json, "version", "id"), "v3.14")
      }
      assert.strictEqual((yield* ask(emulator, "/v2.0/tokens", { body: apiKeyLogin(emulator) })).status, 200)
      assert.strictEqual(emulator.authUrlV3, "http://cloud.test/v3")
    })
  )
})
