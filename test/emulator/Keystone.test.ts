import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as Emulator from "../../src/emulator/Emulator.js"
import { type TestResponse, type RequestOptions, apiKeyLogin, send, at, texts } from "./support.js"

const tokens = "/v3/auth/tokens"
const bare = `${tokens}?nocatalog`
const limits = "/servers/dfw/v2/010101/limits"

const unauthorized = {
  error: { code: 401, message: "The request you have made requires authentication.", title: "Unauthorized" }
}

const malformed =
  "The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error."

type Json = Readonly<Record<string, unknown>>

const password = (emulator: Emulator.Emulator, user: Json = {}) => ({
  methods: ["password"],
  password: { user: { id: emulator.credentials.userId, password: emulator.credentials.password, ...user } }
})

const byName = (emulator: Emulator.Emulator, user: Json = {}) => {
  const { domain, password: secret, username } = emulator.credentials
  return {
    methods: ["password"],
    password: { user: { name: username, domain: { id: domain.id }, password: secret, ...user } }
  }
}

const byCredential = (emulator: Emulator.Emulator) => {
  const { id, secret } = emulator.credentials.applicationCredential ?? { id: "", secret: "" }
  return { methods: ["application_credential"], application_credential: { id, secret } }
}

const byToken = (id: string) => ({ methods: ["token"], token: { id } })

/** Logs in, without a catalog by default. */
const login = (
  emulator: Emulator.Emulator,
  identity: unknown,
  scope?: unknown,
  request: RequestOptions = {},
  target = bare
) => send(emulator, target, { body: { auth: { identity, ...(scope !== undefined && { scope }) } }, ...request })

const subjectOf = (response: TestResponse): string => response.headers["x-subject-token"] ?? ""

const tokenOf = (emulator: Emulator.Emulator, identity: unknown = password(emulator), scope?: unknown) =>
  Effect.map(login(emulator, identity, scope), (response) => {
    assert.strictEqual(response.status, 201, response.text)
    return subjectOf(response)
  })

const statusAt = (emulator: Emulator.Emulator, target: string, token: string) =>
  Effect.map(send(emulator, target, { token }), (response) => response.status)

const message = (response: TestResponse): string => String(at(response.json, "error", "message"))

const names = (value: unknown) => [...texts(value, "name")].toSorted()

/** Validates the token `subject` with `token`. */
const validateToken = (
  emulator: Emulator.Emulator,
  token: string,
  subject: string,
  headers: Readonly<Record<string, string>> = {}
) => send(emulator, bare, { token, headers: { "x-subject-token": subject, ...headers } })

const own = (emulator: Emulator.Emulator) => `/v3/users/${emulator.credentials.userId}/application_credentials`

const create = (emulator: Emulator.Emulator, token: string, credential: Json) =>
  send(emulator, own(emulator), { token, body: { application_credential: credential } })

const created = (emulator: Emulator.Emulator, token: string, credential: Json) =>
  Effect.map(create(emulator, token, credential), (response) => {
    assert.strictEqual(response.status, 201, response.text)
    const id = String(at(response.json, "application_credential", "id"))
    const secret = String(at(response.json, "application_credential", "secret"))
    return {
      response,
      id,
      secret,
      identity: { methods: ["application_credential"], application_credential: { id, secret } }
    }
  })

describe("Keystone v3: versions", () => {
  it.effect("the root lists both versions, with 300 and the URL of the newer one", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ origin: "http://elsewhere.test:81" })
      const root = yield* send(emulator, "/")
      assert.strictEqual(root.status, 300)
      assert.strictEqual(root.headers["location"], "http://elsewhere.test:81/v3/")
      assert.deepStrictEqual(texts(at(root.json, "versions", "values"), "id"), ["v3.14", "v2.0"])
      assert.strictEqual(at(root.json, "versions", "values", 0, "links", 0, "href"), "http://elsewhere.test:81/v3/")
      for (const target of ["/v3", "/v3/"]) {
        const version = yield* send(emulator, target)
        assert.strictEqual(version.status, 200)
        assert.deepStrictEqual(at(version.json, "version"), at(root.json, "versions", "values", 0))
      }
    })
  )

  it.effect("an unknown path is 404 with an HTML page, and an unknown method is 405 with Allow", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      for (const target of ["/v3/nothing", "/v3/auth", "/v3/auth/tokens/x", "/v3/%zz"]) {
        const response = yield* send(emulator, target)
        assert.strictEqual(response.status, 404, target)
        assert.match(response.headers["content-type"] ?? "", /^text\/html/)
      }
      const put = yield* send(emulator, tokens, { method: "PUT" })
      assert.strictEqual(put.status, 405)
      assert.deepStrictEqual(put.json, { message: "The method is not allowed for the requested URL." })
      assert.deepStrictEqual(put.headers["allow"]?.split(", ").toSorted(), ["DELETE", "GET", "HEAD", "OPTIONS", "POST"])
      const document = yield* send(emulator, "/v3", { method: "POST" })
      assert.strictEqual(document.status, 405)
      assert.include(document.text, "<h1>Method Not Allowed</h1>")
    })
  )

  it.effect("every response has OpenStack's request id, and not Rackspace's transaction id", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      for (const target of ["/v3", tokens, "/v3/nothing"]) {
        const response = yield* send(emulator, target)
        assert.match(response.headers["x-openstack-request-id"] ?? "", /^req-[0-9a-f-]{36}$/)
        assert.strictEqual(response.headers["x-trans-id"], undefined)
        assert.strictEqual(response.headers["vary"], "X-Auth-Token")
      }
    })
  )

  it.effect("an injected fault has Keystone's format under /v3, and that of version 2 elsewhere", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      yield* emulator.fail({ fault: { _tag: "Status", status: 503 }, match: { service: "identity" }, times: 2 })
      const third = yield* login(emulator, password(emulator))
      assert.deepStrictEqual(third.json, {
        error: { code: 503, message: "Injected fault", title: "Service Unavailable" }
      })
      const second = yield* send(emulator, "/v2.0/tokens", { body: apiKeyLogin(emulator) })
      assert.strictEqual(at(second.json, "serviceUnavailable", "code"), 503)
      yield* emulator.fail({ fault: { _tag: "Early", status: 429 } })
      assert.strictEqual(at((yield* login(emulator, password(emulator))).json, "error", "title"), "Too Many Requests")
    })
  )
})

describe("Keystone v3: login by password", () => {
  it.effect("returns 201, the token in a header, and its description without the token in the body", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ tokenTtl: "1 hour" })
      yield* TestClock.setTime(Date.UTC(2026, 0, 1))
      const response = yield* login(emulator, password(emulator))
      assert.strictEqual(response.status, 201)
      assert.match(subjectOf(response), /^gAAAAAB[\w-]{170,}$/)
      assert.notInclude(response.text, subjectOf(response))
      const { token } = response.json as { token: Record<string, unknown> }
      const { audit_ids, roles, ...rest } = token
      assert.deepStrictEqual(rest, {
        methods: ["password"],
        user: { domain: { id: "default", name: "Default" }, id: "172157", name: "demo", password_expires_at: null },
        expires_at: "2026-01-01T01:00:00.000000Z",
        issued_at: "2026-01-01T00:00:00.000000Z",
        project: { domain: { id: "default", name: "Default" }, id: "010101", name: "demo" },
        is_domain: false
      })
      assert.deepStrictEqual(names(roles), ["member", "reader"])
      assert.match(String(at(audit_ids, 0)), /^[\w-]{22}$/)
      assert.lengthOf(audit_ids as Array<string>, 1)
    })
  )

  it.effect("the user is identified by id, or by name with the domain's id or name", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const right = [{}, { domain: { name: "Default" } }, { domain: { id: "default" } }]
      for (const user of right) {
        assert.strictEqual((yield* login(emulator, byName(emulator, user))).status, 201, JSON.stringify(user))
      }
      const wrong = [
        { name: "nobody" },
        { domain: { id: "Default" } },
        { domain: { name: "default" } },
        { password: "no" },
        { password: undefined },
        { id: "1" }
      ]
      for (const user of wrong) {
        const response = yield* login(emulator, byName(emulator, user))
        assert.strictEqual(response.status, 401, JSON.stringify(user))
        assert.deepStrictEqual(response.json, unauthorized)
        assert.strictEqual(response.headers["www-authenticate"], 'Keystone uri="http://cloud.test/v3"')
      }
      const incomplete = yield* login(emulator, byName(emulator, { domain: undefined }))
      assert.strictEqual(incomplete.status, 400)
      assert.strictEqual(message(incomplete), `Expecting to find domain in user. ${malformed}`)
      assert.deepStrictEqual(yield* emulator.logins, { succeeded: 3, refused: 7 })
    })
  )

  it.effect("each login returns a new token, and all of them are valid", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const first = yield* tokenOf(emulator)
      const second = yield* tokenOf(emulator)
      assert.notStrictEqual(first, second)
      assert.strictEqual(yield* statusAt(emulator, limits, first), 200)
      assert.strictEqual(yield* statusAt(emulator, limits, second), 200)
    })
  )

  it.effect("a disabled user gets the same 401 as an unknown one", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const token = yield* tokenOf(emulator)
      yield* emulator.disableUser
      for (const identity of [password(emulator), byName(emulator), byCredential(emulator)]) {
        const response = yield* login(emulator, identity)
        assert.strictEqual(response.status, 401)
        assert.deepStrictEqual(response.json, unauthorized)
      }
      assert.strictEqual(yield* statusAt(emulator, "/v3/auth/projects", token), 401)
      yield* emulator.enableUser
      assert.strictEqual((yield* login(emulator, password(emulator))).status, 201)
    })
  )
})

describe("Keystone v3: invalid bodies", () => {
  const badRequestMessage = (emulator: Emulator.Emulator, request: RequestOptions) =>
    Effect.map(send(emulator, tokens, { method: "POST", ...request }), (response) => {
      assert.strictEqual(response.status, 400, response.text)
      assert.strictEqual(at(response.json, "error", "title"), "Bad Request")
      return message(response)
    })

  it.effect("a body that is not a JSON object, or has no auth, is rejected with the reason", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const noAuth = `Expecting to find auth in request body. ${malformed}`
      const noJson = `Expecting to find valid JSON in request body. ${malformed}`
      assert.strictEqual(yield* badRequestMessage(emulator, {}), noAuth)
      assert.strictEqual(yield* badRequestMessage(emulator, { body: {} }), noAuth)
      assert.strictEqual(yield* badRequestMessage(emulator, { body: { auth: null } }), noAuth)
      assert.strictEqual(yield* badRequestMessage(emulator, { body: "{" }), noJson)
      assert.strictEqual(yield* badRequestMessage(emulator, { body: "[]" }), noJson)
      assert.strictEqual(
        yield* badRequestMessage(emulator, {
          body: "a=b",
          headers: { "content-type": "application/x-www-form-urlencoded" }
        }),
        `Expecting to find application/json in Content-Type header. ${malformed}`
      )
      assert.strictEqual(
        (yield* login(emulator, password(emulator), undefined, {
          headers: { "content-type": "application/json; charset=utf-8" }
        })).status,
        201
      )
    })
  )

  it.effect("a value of the wrong type is reported with its path in the schema and in the body", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      assert.strictEqual(
        yield* badRequestMessage(emulator, { body: { auth: { identity: { methods: "password" } } } }),
        [
          "Invalid input for field 'identity/methods': 'password' is not of type 'array'",
          "",
          "Failed validating 'type' in schema['properties']['identity']['properties']['methods']:",
          "    {'items': {'type': 'string'}, 'type': 'array'}",
          "",
          "On instance['identity']['methods']:",
          "    'password'"
        ].join("\n")
      )
      const inList = yield* badRequestMessage(emulator, {
        body: { auth: { identity: { methods: ["password", true] } } }
      })
      assert.match(inList, /^Invalid input for field 'identity\/methods\/1': True is not of type 'string'\n/)
      assert.match(inList, /On instance\['identity']\['methods']\[1]:\n {4}True$/)
    })
  )

  it.effect("a long schema is broken into lines as Python does it", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const text = yield* badRequestMessage(emulator, {
        body: { auth: { identity: { methods: [], token: {} }, scope: null } }
      })
      // The error at the lowest depth of the body is reported, although the token's error precedes it.
      assert.strictEqual(
        text,
        [
          "Invalid input for field 'scope': None is not of type 'object', 'string'",
          "",
          "Failed validating 'type' in schema['properties']['scope']:",
          "    {'properties': {'OS-TRUST:trust': {'properties': {'id': {'type': 'string'}},",
          "                                       'type': 'object'},",
          "                    'domain': {'properties': {'id': {'type': 'string'},",
          "                                              'name': {'type': 'string'}},",
          "                               'type': 'object'},",
          "                    'project': {'properties': {'domain': {'properties': {'id': {'type': 'string'},",
          "                                                                         'name': {'type': 'string'}},",
          "                                                          'type': 'object'},",
          "                                               'id': {'type': 'string'},",
          "                                               'name': {'type': 'string'}},",
          "                                'type': 'object'},",
          "                    'system': {'properties': {'all': {'enum': [True,",
          "                                                               False,",
          "                                                               None],",
          "                                                      'type': 'boolean'}},",
          "                               'type': 'object'}},",
          "     'type': ['object', 'string']}",
          "",
          "On instance['scope']:",
          "    None"
        ].join("\n")
      )
    })
  )

  it.effect("a line has at most 72 columns, including closing brackets", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const quoted = (methods: unknown) =>
        Effect.map(badRequestMessage(emulator, { body: { auth: { identity: { methods } } } }), (text) =>
          text.slice(text.indexOf("On instance")).split("\n").slice(1)
        )
      const [p, x, y] = [(count: number) => "p".repeat(count), (count: number) => "x".repeat(count), "y".repeat(30)]
      assert.deepStrictEqual(yield* quoted({ a: [x(27), y] }), [`    {'a': ['${x(27)}', '${y}']}`])
      assert.deepStrictEqual(yield* quoted({ a: [x(28), y] }), [`    {'a': ['${x(28)}',`, `           '${y}']}`])
      const first = `    {'a': '${p(60)}',`
      assert.deepStrictEqual(yield* quoted({ b: [[x(25), y]], a: p(60) }), [first, `     'b': [['${x(25)}', '${y}']]}`])
      assert.deepStrictEqual(yield* quoted({ b: [[x(26), y]], a: p(60) }), [
        first,
        `     'b': [['${x(26)}',`,
        `            '${y}']]}`
      ])
    })
  )

  it.effect("the fault quotes the body, including a password", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const text = yield* badRequestMessage(emulator, { body: { auth: { scope: "unscoped", token: "s3cret's" } } })
      assert.match(text, /^'identity' is a required property\n/)
      assert.match(text, /On instance:\n {4}\{'scope': 'unscoped', 'token': "s3cret's"\}$/)
    })
  )

  it.effect("missing methods, users and domains are reported", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const of = (identity: unknown) => badRequestMessage(emulator, { body: { auth: { identity } } })
      assert.strictEqual(yield* of({ methods: ["nope"] }), `Expecting to find nope in identity. ${malformed}`)
      assert.strictEqual(
        yield* of({ methods: ["password"], password: {} }),
        `Expecting to find user in None. ${malformed}`
      )
      const field = "Invalid input for field identity/password/user"
      assert.strictEqual(
        yield* of({ methods: ["password"], password: { user: {} } }),
        `${field}: id or name must be present.`
      )
      assert.strictEqual(yield* of(byName(emulator, { domain: {} })), `${field}/domain: id or name must be present.`)
      const unsupported = yield* login(emulator, { methods: ["oauth1"], oauth1: {} })
      assert.strictEqual(unsupported.status, 401)
      assert.strictEqual(message(unsupported), "Attempted to authenticate with an unsupported method.")
      assert.include(at(unsupported.json, "error", "identity", "methods") as Array<string>, "totp")
      const none = yield* login(emulator, { methods: [] })
      assert.deepStrictEqual(none.json, unauthorized)
    })
  )
})

describe("Keystone v3: scopes", () => {
  it.effect("may be a project by id or by name and domain, a domain, the system, or none", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ projectName: "web" })
      const shape = (scope?: unknown) =>
        Effect.map(login(emulator, password(emulator), scope), (response) => {
          assert.strictEqual(response.status, 201, `${JSON.stringify(scope)} ${response.text}`)
          const { domain, project, roles, system } = at(response.json, "token") as Record<string, unknown>
          return { domain: at(domain, "id"), project: at(project, "name"), roles: names(roles), system }
        })
      const project = { domain: undefined, project: "web", roles: ["member", "reader"], system: undefined }
      assert.deepStrictEqual(yield* shape(), project)
      assert.deepStrictEqual(yield* shape({ project: { id: "010101" } }), project)
      for (const domain of [{ id: "default" }, { name: "Default" }]) {
        assert.deepStrictEqual(yield* shape({ project: { name: "web", domain } }), project)
        assert.deepStrictEqual(yield* shape({ domain }), { ...project, project: undefined, domain: "default" })
      }
      assert.deepStrictEqual(yield* shape({ system: { all: true } }), {
        ...project,
        project: undefined,
        system: { all: true }
      })
      for (const nothing of ["unscoped", { unscoped: {} }]) {
        assert.deepStrictEqual(yield* shape(nothing), { ...project, project: undefined, roles: [] })
      }
    })
  )

  it.effect("of other users are 401, and incomplete or ambiguous ones are 400", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const others = [
        { project: { id: "10101" } },
        { project: { name: "demo", domain: { id: "other" } } },
        { project: { name: "other", domain: { id: "default" } } },
        { domain: { id: "other" } },
        { domain: { name: "other" } }
      ]
      for (const scope of others) {
        const response = yield* login(emulator, password(emulator), scope)
        assert.strictEqual(response.status, 401, JSON.stringify(scope))
        assert.deepStrictEqual(response.json, unauthorized)
      }
      const expecting = `Expecting to find system, project, domain, OS-TRUST:trust or unscoped in scope. ${malformed}`
      const faulty = [
        [{}, expecting],
        ["project", expecting],
        [{ system: { all: true }, project: { id: "010101" } }, expecting],
        [{ project: {} }, "Invalid input for field scope/project: id or name must be present."],
        [
          { project: { name: "demo", domain: {} } },
          "Invalid input for field scope/project/domain: id or name must be present."
        ],
        [{ domain: {} }, "Invalid input for field scope/domain: id or name must be present."],
        [{ project: { name: "demo" } }, `Expecting to find domain in project. ${malformed}`]
      ] as const
      for (const [scope, words] of faulty) {
        const response = yield* login(emulator, password(emulator), scope)
        assert.strictEqual(response.status, 400, JSON.stringify(scope))
        assert.strictEqual(message(response), words)
      }
    })
  )

  it.effect("in which the user has no role are rejected and not listed", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ roles: { project: ["admin"], domain: [], system: [] } })
      for (const scope of [{ domain: { id: "default" } }, { system: { all: true } }]) {
        assert.strictEqual((yield* login(emulator, password(emulator), scope)).status, 401)
      }
      const response = yield* login(emulator, password(emulator))
      assert.deepStrictEqual(names(at(response.json, "token", "roles")), ["admin"])
      const token = subjectOf(response)
      const list = (kind: string) => send(emulator, `/v3/auth/${kind}`, { token })
      assert.deepStrictEqual(at((yield* list("domains")).json, "domains"), [])
      assert.deepStrictEqual(at((yield* list("system")).json, "system"), [])
      assert.deepStrictEqual(texts(at((yield* list("projects")).json, "projects"), "id"), ["010101"])
    })
  )

  it.effect("a user without a default project, or without a role in it, gets an unscoped token", () =>
    Effect.gen(function* () {
      for (const [options, projects] of [
        [{ hasDefaultProject: false }, ["010101"]],
        [{ roles: { project: [] } }, []]
      ] as const) {
        const emulator = yield* Emulator.make(options)
        const response = yield* login(emulator, password(emulator))
        assert.strictEqual(response.status, 201)
        assert.strictEqual(at(response.json, "token", "project"), undefined)
        assert.strictEqual(yield* statusAt(emulator, limits, subjectOf(response)), 401)
        const list = yield* send(emulator, "/v3/auth/projects", { token: subjectOf(response) })
        assert.deepStrictEqual(texts(at(list.json, "projects"), "id"), projects)
      }
    })
  )

  it.effect("services accept only the token of a project", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const { storageAccount } = emulator.credentials
      const project = yield* tokenOf(emulator)
      assert.strictEqual(yield* statusAt(emulator, limits, project), 200)
      assert.strictEqual(yield* statusAt(emulator, `/files/dfw/v1/${storageAccount}`, project), 204)
      for (const scope of ["unscoped", { domain: { id: "default" } }, { system: { all: true } }]) {
        const token = yield* tokenOf(emulator, password(emulator), scope)
        assert.strictEqual(yield* statusAt(emulator, limits, token), 401)
        assert.strictEqual(yield* statusAt(emulator, "/v3/auth/projects", token), 200)
      }
    })
  )
})

describe("Keystone v3: catalog", () => {
  interface Service {
    readonly id: string
    readonly type: string
    readonly name: string
    readonly endpoints: ReadonlyArray<Record<string, string | null>>
  }

  const catalogOf = (emulator: Emulator.Emulator, scope?: unknown) =>
    Effect.map(
      login(emulator, password(emulator), scope, {}, tokens),
      (response) => at(response.json, "token", "catalog") as ReadonlyArray<Service>
    )

  it.effect("has OpenStack's types and names, and for each region an endpoint of each interface", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ origin: "http://elsewhere.test:81", regions: ["DFW", "ORD"] })
      const catalog = yield* catalogOf(emulator)
      const named = (type: string) => catalog.filter((service) => service.type === type)
      assert.deepStrictEqual(
        ["identity", "compute", "object-store", "image"].flatMap(named).map((service) => service.name),
        ["keystone", "nova", "swift", "glance"]
      )
      assert.deepStrictEqual(
        named("compute")[0]?.endpoints.map(({ interface: kind, region, region_id, url }) => [
          kind,
          region,
          region_id,
          url
        ]),
        ["DFW", "ORD"].flatMap((region) =>
          ["public", "internal", "admin"].map((kind) => [
            kind,
            region,
            region,
            `http://elsewhere.test:81/servers/${region.toLowerCase()}/v2/010101`
          ])
        )
      )
      // The first generation has no counterpart, and would be a second `compute`.
      assert.isTrue(catalog.every((service) => typeof service.type === "string"))
      assert.notInclude(texts(catalog, "name"), "cloudServers")
      assert.lengthOf(named("compute"), 1)
      const swift = named("object-store")[0]?.endpoints ?? []
      assert.deepStrictEqual(
        swift.slice(0, 2).map(({ url }) => url?.split("/")[3]),
        ["files", "snet-files"]
      )
      assert.isTrue(swift[0]?.["url"]?.endsWith(emulator.credentials.storageAccount))
      assert.deepStrictEqual(
        named("rax:monitor")[0]?.endpoints.map(({ region }) => region),
        [null, null, null]
      )
      const ids = catalog.flatMap((service) => [service.id, ...service.endpoints.map(({ id }) => id)])
      assert.strictEqual(new Set(ids).size, ids.length)
      assert.isTrue(ids.every((id) => /^[0-9a-f]{32}$/.test(id ?? "")))
    })
  )

  it.effect("its URLs lead to the services", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const token = yield* tokenOf(emulator)
      const catalog = yield* catalogOf(emulator)
      const first = (type: string) => catalog.find((service) => service.type === type)?.endpoints[0]?.["url"] ?? ""
      const path = (url: string) => url.slice("http://cloud.test".length)
      assert.strictEqual(yield* statusAt(emulator, `${path(first("compute"))}/flavors`, token), 200)
      assert.strictEqual(yield* statusAt(emulator, path(first("object-store")), token), 204)
      assert.strictEqual(yield* statusAt(emulator, `${path(first("identity"))}/auth/projects`, token), 200)
    })
  )

  it.effect("without a project it has no endpoints with the project in their URL; unscoped and nocatalog omit it", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      for (const scope of [{ domain: { id: "default" } }, { system: { all: true } }]) {
        const catalog = yield* catalogOf(emulator, scope)
        const count = (type: string) => catalog.find((service) => service.type === type)?.endpoints.length
        assert.strictEqual(count("object-store"), 0)
        assert.strictEqual(count("compute"), 0)
        assert.strictEqual(count("image"), 6)
        assert.strictEqual(count("identity"), 6)
      }
      assert.strictEqual(yield* catalogOf(emulator, "unscoped"), undefined)
      const response = yield* login(emulator, password(emulator))
      assert.strictEqual(at(response.json, "token", "catalog"), undefined)
      assert.isArray(at(response.json, "token", "roles"))
    })
  )

  it.effect("can be requested separately, only with a project's token", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const response = yield* send(emulator, "/v3/auth/catalog", { token: yield* tokenOf(emulator) })
      assert.deepStrictEqual(at(response.json, "catalog"), yield* catalogOf(emulator))
      assert.strictEqual(at(response.json, "links", "self"), "http://cloud.test/v3/auth/catalog")
      for (const scope of ["unscoped", { system: { all: true } }, { domain: { id: "default" } }]) {
        const refused = yield* send(emulator, "/v3/auth/catalog", {
          token: yield* tokenOf(emulator, password(emulator), scope)
        })
        assert.strictEqual(refused.status, 403)
        assert.strictEqual(message(refused), "You are not authorized to perform the requested action.")
      }
    })
  )
})

describe("Keystone v3: login by token", () => {
  it.effect("a token is exchanged for one of another scope, which expires with it and has its audit id", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ tokenTtl: "1 hour" })
      const unscoped = yield* tokenOf(emulator, password(emulator), "unscoped")
      const before = yield* validateToken(emulator, unscoped, unscoped)
      yield* TestClock.adjust("30 minutes")
      const response = yield* login(emulator, byToken(unscoped), { project: { id: "010101" } })
      assert.strictEqual(response.status, 201)
      assert.notStrictEqual(subjectOf(response), unscoped)
      assert.deepStrictEqual(at(response.json, "token", "methods"), ["password", "token"])
      assert.strictEqual(at(response.json, "token", "expires_at"), at(before.json, "token", "expires_at"))
      const audit = (from: TestResponse, index: number) => at(from.json, "token", "audit_ids", index)
      assert.strictEqual(audit(response, 1), audit(before, 0))
      assert.notStrictEqual(audit(response, 0), audit(before, 0))
      // However long the chain is, its first token is named.
      const third = yield* login(emulator, byToken(subjectOf(response)))
      assert.strictEqual(audit(third, 1), audit(before, 0))
      yield* TestClock.adjust("31 minutes")
      assert.strictEqual(yield* statusAt(emulator, limits, subjectOf(response)), 401)
    })
  )

  it.effect("revoking the old token does not affect the new one", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const old = yield* tokenOf(emulator)
      const fresh = yield* tokenOf(emulator, byToken(old))
      const gone = yield* send(emulator, tokens, {
        method: "DELETE",
        token: fresh,
        headers: { "x-subject-token": old }
      })
      assert.strictEqual(gone.status, 204)
      assert.strictEqual(yield* statusAt(emulator, limits, old), 401)
      assert.strictEqual(yield* statusAt(emulator, limits, fresh), 200)
    })
  )

  it.effect("invalid, revoked and missing tokens are 404, each with its own message", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const old = yield* tokenOf(emulator)
      yield* emulator.revokeToken(old)
      const cases = [
        ["x", "Could not recognize Fernet token"],
        [old, "Failed to validate token"],
        ["", "No token in the request"]
      ] as const
      for (const [id, words] of cases) {
        const response = yield* login(emulator, byToken(id))
        assert.strictEqual(response.status, 404)
        assert.strictEqual(message(response), words)
      }
    })
  )

  it.effect("a token for the system is not exchanged for one of a project or a domain", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const system = yield* tokenOf(emulator, password(emulator), { system: { all: true } })
      for (const scope of [{ project: { id: "010101" } }, { domain: { id: "default" } }]) {
        const response = yield* login(emulator, byToken(system), scope)
        assert.strictEqual(response.status, 403)
        assert.match(message(response), /Using a system-scoped token to create/)
      }
      assert.strictEqual((yield* login(emulator, byToken(system), "unscoped")).status, 201)
    })
  )

  it.effect("an application credential's token cannot be exchanged: it is 500, as at a real Keystone", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const response = yield* login(emulator, byToken(yield* tokenOf(emulator, byCredential(emulator))))
      assert.strictEqual(response.status, 500)
      assert.strictEqual(at(response.json, "error", "title"), "Internal Server Error")
    })
  )
})

describe("Keystone v3: multi-factor login", () => {
  const totp = (emulator: Emulator.Emulator, passcode = "123456") => ({
    methods: ["totp"],
    totp: { user: { id: emulator.credentials.userId, passcode } }
  })

  const both = (emulator: Emulator.Emulator, passcode?: string) => ({
    ...password(emulator),
    ...totp(emulator, passcode),
    methods: ["password", "totp"]
  })

  it.effect("a password alone returns a receipt instead of a fault, and the receipt with the passcode a token", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ multiFactor: true })
      yield* TestClock.setTime(Date.UTC(2026, 0, 1))
      const challenge = yield* login(emulator, password(emulator))
      assert.strictEqual(challenge.status, 401)
      assert.strictEqual(challenge.headers["www-authenticate"], undefined)
      assert.deepStrictEqual(challenge.json, {
        receipt: {
          methods: ["password"],
          user: { domain: { id: "default", name: "Default" }, id: "172157", name: "demo" },
          expires_at: "2026-01-01T00:05:00.000000Z",
          issued_at: "2026-01-01T00:00:00.000000Z"
        },
        required_auth_methods: [["password", "totp"], ["application_credential"]]
      })
      const receipt = { "openstack-auth-receipt": challenge.headers["openstack-auth-receipt"] ?? "" }
      const wrong = yield* login(emulator, totp(emulator, "000000"), undefined, { headers: receipt })
      assert.deepStrictEqual(wrong.json, unauthorized)
      const right = yield* login(emulator, totp(emulator), { project: { id: "010101" } }, { headers: receipt })
      assert.strictEqual(right.status, 201)
      assert.deepStrictEqual(at(right.json, "token", "methods"), ["password", "totp"])
      assert.strictEqual(yield* statusAt(emulator, limits, subjectOf(right)), 200)
      assert.deepStrictEqual(yield* emulator.logins, { succeeded: 1, refused: 2 })
    })
  )

  it.effect("both together need no receipt, and the passcode alone returns one too", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ multiFactor: true })
      assert.strictEqual((yield* login(emulator, both(emulator))).status, 201)
      assert.strictEqual((yield* login(emulator, both(emulator, "000000"))).status, 401)
      const alone = yield* login(emulator, totp(emulator))
      assert.deepStrictEqual(at(alone.json, "receipt", "methods"), ["totp"])
      // The same factor a second time is not enough.
      const headers = { "openstack-auth-receipt": alone.headers["openstack-auth-receipt"] ?? "" }
      assert.strictEqual((yield* login(emulator, totp(emulator), undefined, { headers })).status, 401)
      assert.strictEqual((yield* login(emulator, password(emulator), undefined, { headers })).status, 201)
    })
  )

  it.effect("a receipt that is invalid or older than five minutes is rejected, and quoted", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ multiFactor: true })
      const challenge = yield* login(emulator, password(emulator))
      const id = challenge.headers["openstack-auth-receipt"] ?? ""
      yield* TestClock.adjust("5 minutes")
      for (const receipt of ["nope", id]) {
        const response = yield* login(emulator, totp(emulator), undefined, {
          headers: { "openstack-auth-receipt": receipt }
        })
        assert.strictEqual(response.status, 401)
        assert.strictEqual(message(response), `Could not find auth receipt: ${receipt}.`)
      }
    })
  )

  it.effect("an application credential needs no second factor, nor does a token that was issued for both", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ multiFactor: true })
      assert.strictEqual((yield* login(emulator, byCredential(emulator))).status, 201)
      const token = yield* tokenOf(emulator, both(emulator))
      const again = yield* login(emulator, byToken(token))
      assert.deepStrictEqual(at(again.json, "token", "methods"), ["password", "token", "totp"])
    })
  )
})

describe("Keystone v3: the lifetime of a token", () => {
  it.effect("any valid token can validate another one, by GET or by HEAD", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const token = yield* tokenOf(emulator)
      const subject = yield* tokenOf(emulator, password(emulator), "unscoped")
      const response = yield* validateToken(emulator, token, subject)
      assert.strictEqual(response.status, 200)
      assert.strictEqual(subjectOf(response), subject)
      assert.strictEqual(at(response.json, "token", "user", "name"), "demo")
      const withCatalog = yield* send(emulator, tokens, { token, headers: { "x-subject-token": token } })
      assert.isArray(at(withCatalog.json, "token", "catalog"))
      const head = yield* send(emulator, tokens, { method: "HEAD", token, headers: { "x-subject-token": subject } })
      assert.strictEqual(head.status, 200)
      assert.strictEqual((yield* send(emulator, tokens, { token, headers: { "x-subject-token": "nope" } })).status, 404)
    })
  )

  it.effect("validation and revocation are 401 without a valid token, and 403 without a subject", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const token = yield* tokenOf(emulator)
      for (const method of ["GET", "DELETE"]) {
        const nobody = yield* send(emulator, tokens, { method, token: "nope", headers: { "x-subject-token": token } })
        assert.deepStrictEqual(nobody.json, unauthorized)
        const action = method === "GET" ? "validate_token" : "revoke_token"
        const nothing = yield* send(emulator, tokens, { method, token })
        assert.strictEqual(nothing.status, 403)
        assert.strictEqual(
          message(nothing),
          `You are not authorized to perform the requested action: identity:${action}.`
        )
      }
      assert.strictEqual(yield* statusAt(emulator, limits, token), 200)
    })
  )

  it.effect("a token that revokes itself is 401 immediately for every service", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const token = yield* tokenOf(emulator)
      const revoke = send(emulator, tokens, { method: "DELETE", token, headers: { "x-subject-token": token } })
      const gone = yield* revoke
      assert.strictEqual(gone.status, 204)
      assert.strictEqual(gone.text, "")
      assert.strictEqual((yield* revoke).status, 401)
      assert.strictEqual(yield* statusAt(emulator, limits, token), 401)
      assert.strictEqual(yield* statusAt(emulator, "/v2.0/tenants", token), 401)
    })
  )

  it.effect("the test handles that expire, revoke and reject tokens apply to it", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const expired = yield* tokenOf(emulator)
      yield* emulator.expireAllTokens
      assert.strictEqual(yield* statusAt(emulator, limits, expired), 401)
      assert.strictEqual(yield* statusAt(emulator, "/v3/auth/projects", expired), 401)
      const revoked = yield* tokenOf(emulator)
      yield* emulator.revokeToken(revoked)
      assert.strictEqual(yield* statusAt(emulator, limits, revoked), 401)
      const rejected = yield* tokenOf(emulator)
      yield* emulator.rejectToken(rejected)
      assert.strictEqual(yield* statusAt(emulator, limits, rejected), 401)
      assert.strictEqual(yield* statusAt(emulator, "/v3/auth/projects", rejected), 200)
      assert.notStrictEqual(yield* tokenOf(emulator), rejected)
      const all = yield* tokenOf(emulator)
      yield* emulator.revokeAllTokens
      assert.strictEqual(yield* statusAt(emulator, limits, all), 401)
    })
  )

  it.effect("it expires at the given time, to the millisecond", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ tokenTtl: "4 seconds" })
      const response = yield* login(emulator, password(emulator))
      yield* TestClock.setTime(Date.parse(String(at(response.json, "token", "expires_at"))) - 1)
      assert.strictEqual(yield* statusAt(emulator, limits, subjectOf(response)), 200)
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* statusAt(emulator, limits, subjectOf(response)), 401)
      const other = yield* tokenOf(emulator)
      assert.strictEqual(
        message(yield* validateToken(emulator, other, subjectOf(response))),
        "Failed to validate token"
      )
    })
  )

  it.effect("both versions of Identity validate each other's tokens, each in its own format", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const second = yield* emulator.issueToken
      const third = yield* tokenOf(emulator)
      assert.deepStrictEqual(at((yield* validateToken(emulator, third, second)).json, "token", "methods"), ["password"])
      const validated = yield* send(emulator, `/v2.0/tokens/${third}`, { token: second })
      assert.deepStrictEqual(at(validated.json, "access", "token", "RAX-AUTH:authenticatedBy"), ["PASSWORD"])
      assert.strictEqual((yield* login(emulator, byToken(second), { project: { id: "010101" } })).status, 201)
    })
  )

  it.effect("version 2 exchanges an unscoped token and a tenant for a token that services accept", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const exchange = (id: string) =>
        Effect.map(
          send(emulator, "/v2.0/tokens", { body: { auth: { token: { id }, tenantId: "010101" } } }),
          (response) => String(at(response.json, "access", "token", "id"))
        )
      const unscoped = yield* tokenOf(emulator, password(emulator), "unscoped")
      assert.strictEqual(yield* statusAt(emulator, limits, yield* exchange(unscoped)), 200)
      const project = yield* tokenOf(emulator)
      assert.strictEqual(yield* exchange(project), project)
    })
  )
})

describe("Keystone v3: scopes and owner of a token", () => {
  it.effect("projects, domains and the system are listed if the user has a role in them", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ projectName: "web" })
      const token = yield* tokenOf(emulator, password(emulator), "unscoped")
      const list = (kind: string) => send(emulator, `/v3/auth/${kind}`, { token })
      const projects = yield* list("projects")
      assert.strictEqual(at(projects.json, "projects", 0, "id"), "010101")
      assert.strictEqual(at(projects.json, "projects", 0, "name"), "web")
      assert.strictEqual(at(projects.json, "projects", 0, "domain_id"), "default")
      assert.deepStrictEqual(at(projects.json, "links"), {
        next: null,
        self: "http://cloud.test/v3/auth/projects",
        previous: null
      })
      assert.deepStrictEqual(texts(at((yield* list("domains")).json, "domains"), "name"), ["Default"])
      assert.deepStrictEqual(at((yield* list("system")).json, "system"), [{ all: true }])
      for (const kind of ["projects", "domains", "system", "catalog"]) {
        assert.deepStrictEqual((yield* send(emulator, `/v3/auth/${kind}`)).json, unauthorized)
      }
    })
  )

  it.effect("the token's user and project, and the regions, are returned; others are forbidden", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const token = yield* tokenOf(emulator)
      const user = yield* send(emulator, "/v3/users/172157", { token })
      assert.strictEqual(at(user.json, "user", "name"), "demo")
      assert.strictEqual(at(user.json, "user", "default_project_id"), "010101")
      assert.strictEqual(at((yield* send(emulator, "/v3/projects/010101", { token })).json, "project", "name"), "demo")
      const projects = yield* send(emulator, "/v3/users/172157/projects", { token })
      assert.deepStrictEqual(texts(at(projects.json, "projects"), "id"), ["010101"])
      const regions = yield* send(emulator, "/v3/regions", { token })
      assert.deepStrictEqual(texts(at(regions.json, "regions"), "id"), ["DFW", "ORD"])
      const forbidden = {
        "/v3/users": "list_users",
        "/v3/users/1": "get_user",
        "/v3/users/1/projects": "list_user_projects",
        "/v3/projects": "list_projects",
        "/v3/projects/1": "get_project"
      }
      for (const [target, action] of Object.entries(forbidden)) {
        const response = yield* send(emulator, target, { token })
        assert.strictEqual(response.status, 403, target)
        assert.include(message(response), `identity:${action}.`)
      }
    })
  )
})

describe("Keystone v3: application credentials", () => {
  it.effect("the existing one logs in for its project, and is named in the token", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const { applicationCredential, domain, userId, username } = emulator.credentials
      const { id, name, secret } = applicationCredential ?? { id: "", name: "", secret: "" }
      const ways = [
        { id, secret },
        { name, secret, user: { id: userId } },
        { name, secret, user: { name: username, domain: { id: domain.id } } },
        { name, secret, user: { name: username, domain: { name: domain.name } } }
      ]
      for (const way of ways) {
        const response = yield* login(emulator, { methods: ["application_credential"], application_credential: way })
        assert.strictEqual(response.status, 201, JSON.stringify(way))
        assert.deepStrictEqual(at(response.json, "token", "methods"), ["application_credential"])
        assert.strictEqual(at(response.json, "token", "project", "id"), "010101")
        assert.deepStrictEqual(at(response.json, "token", "application_credential"), { id, name, restricted: true })
        assert.strictEqual(yield* statusAt(emulator, limits, subjectOf(response)), 200)
      }
    })
  )

  it.effect("a wrong secret is 401, a wrong id 404, a wrong name 401, and a scope 401 with the reason", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const right = byCredential(emulator).application_credential
      const loginWith = (part: Json, scope?: unknown) =>
        login(emulator, { methods: ["application_credential"], application_credential: part }, scope)
      assert.deepStrictEqual((yield* loginWith({ ...right, secret: "no" })).json, unauthorized)
      assert.deepStrictEqual((yield* loginWith({ id: right.id })).json, unauthorized)
      const unknown = yield* loginWith({ ...right, id: "nope" })
      assert.strictEqual(unknown.status, 404)
      assert.strictEqual(message(unknown), "Could not find Application Credential: nope.")
      const user = { id: emulator.credentials.userId }
      assert.deepStrictEqual((yield* loginWith({ name: "nope", secret: right.secret, user })).json, unauthorized)
      for (const scope of ["unscoped", { project: { id: "010101" } }]) {
        const scoped = yield* loginWith(right, scope)
        assert.strictEqual(scoped.status, 401)
        assert.match(message(scoped), /Application credentials cannot request a scope\.$/)
      }
      const incomplete = [
        ["name or ID in application credential", {}],
        ["user in application credential", { name: "emulator", secret: "x" }],
        ["user in application credential", { name: "emulator", secret: "x", user: {} }],
        ["domain in user", { name: "emulator", secret: "x", user: { name: "demo" } }]
      ] as const
      for (const [what, part] of incomplete) {
        const response = yield* loginWith(part)
        assert.strictEqual(response.status, 400)
        assert.strictEqual(message(response), `Expecting to find ${what}. ${malformed}`)
      }
    })
  )

  it.effect("one is created, returned with its secret once, listed, found by name, read and deleted", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const token = yield* tokenOf(emulator)
      const { response, id, identity } = yield* created(emulator, token, {
        name: "backup",
        secret: "s3cret",
        description: "nightly",
        roles: [{ name: "reader" }],
        expires_at: "2030-01-02T03:04:05.678Z",
        unrestricted: true
      })
      const shown = at(response.json, "application_credential") as Record<string, unknown>
      const { roles, secret, ...rest } = shown
      assert.strictEqual(secret, "s3cret")
      assert.deepStrictEqual(names(roles), ["reader"])
      assert.deepStrictEqual(rest, {
        id,
        name: "backup",
        description: "nightly",
        user_id: "172157",
        project_id: "010101",
        system: null,
        expires_at: "2030-01-02T03:04:05.678000",
        unrestricted: true,
        links: { self: `http://cloud.test/v3/application_credentials/${id}` }
      })
      const get = yield* send(emulator, `${own(emulator)}/${id}`, { token })
      assert.deepStrictEqual(at(get.json, "application_credential"), { ...rest, roles })
      const list = yield* send(emulator, own(emulator), { token })
      assert.deepStrictEqual(texts(at(list.json, "application_credentials"), "name"), ["emulator", "backup"])
      assert.notInclude(list.text, "s3cret")
      const named = yield* send(emulator, `${own(emulator)}?name=backup`, { token })
      assert.deepStrictEqual(texts(at(named.json, "application_credentials"), "id"), [id])
      const entry = yield* login(emulator, identity)
      assert.deepStrictEqual(names(at(entry.json, "token", "roles")), ["reader"])
      assert.strictEqual((yield* send(emulator, `${own(emulator)}/${id}`, { method: "DELETE", token })).status, 204)
      const gone = yield* send(emulator, `${own(emulator)}/${id}`, { token })
      assert.strictEqual(gone.status, 404)
      assert.strictEqual(message(gone), `Could not find Application Credential: ${id}.`)
      assert.strictEqual((yield* send(emulator, `${own(emulator)}/${id}`, { method: "DELETE", token })).status, 404)
    })
  )

  it.effect("one that is created without a secret gets one of 86 characters, and by default its creator's roles", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ roles: { project: ["admin", "member"] } })
      const token = yield* tokenOf(emulator)
      for (const credential of [{ name: "a" }, { name: "b", secret: null, roles: [], expires_at: null }]) {
        const { response, identity, secret } = yield* created(emulator, token, credential)
        assert.match(secret, /^[\w-]{86}$/)
        assert.deepStrictEqual(names(at(response.json, "application_credential", "roles")), ["admin", "member"])
        assert.strictEqual(at(response.json, "application_credential", "unrestricted"), null)
        assert.strictEqual((yield* login(emulator, identity)).status, 201)
      }
    })
  )

  it.effect("deleting one revokes its own tokens only", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const token = yield* tokenOf(emulator)
      const { id, identity } = yield* created(emulator, token, { name: "short" })
      const its = yield* tokenOf(emulator, identity)
      const others = yield* tokenOf(emulator, byCredential(emulator))
      yield* send(emulator, `${own(emulator)}/${id}`, { method: "DELETE", token })
      assert.strictEqual(yield* statusAt(emulator, limits, its), 401)
      assert.strictEqual(yield* statusAt(emulator, limits, others), 200)
      assert.strictEqual(yield* statusAt(emulator, limits, token), 200)
      const words = `Could not find Application Credential: ${id}.`
      const asCaller = yield* send(emulator, "/v3/auth/projects", { token: its })
      const asSubject = yield* validateToken(emulator, token, its)
      const asLogin = yield* login(emulator, identity)
      for (const response of [asCaller, asSubject, asLogin]) {
        assert.strictEqual(response.status, 404)
        assert.strictEqual(message(response), words)
      }
    })
  )

  it.effect("its token cannot create or delete others, unless it is unrestricted", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const token = yield* tokenOf(emulator)
      const bound = yield* created(emulator, token, { name: "bound" })
      const free = yield* created(emulator, token, { name: "free", unrestricted: true, roles: [{ name: "reader" }] })
      const entry = yield* login(emulator, bound.identity)
      assert.strictEqual(at(entry.json, "token", "application_credential", "restricted"), true)
      const its = subjectOf(entry)
      const refusedCreate = yield* create(emulator, its, { name: "more" })
      const refusedDelete = yield* send(emulator, `${own(emulator)}/${bound.id}`, { method: "DELETE", token: its })
      for (const response of [refusedCreate, refusedDelete]) {
        assert.strictEqual(response.status, 403)
        assert.match(message(response), /is not allowed for managing additional application credentials/)
      }
      assert.strictEqual((yield* send(emulator, own(emulator), { token: its })).status, 200)
      const freeEntry = yield* login(emulator, free.identity)
      assert.strictEqual(at(freeEntry.json, "token", "application_credential", "restricted"), false)
      const freely = subjectOf(freeEntry)
      const child = yield* created(emulator, freely, { name: "child" })
      // It has no more roles than the credential that created it.
      assert.deepStrictEqual(names(at(child.response.json, "application_credential", "roles")), ["reader"])
      const gone = yield* send(emulator, `${own(emulator)}/${bound.id}`, { method: "DELETE", token: freely })
      assert.strictEqual(gone.status, 204)
    })
  )

  it.effect("its tokens expire with it, at a time without a zone", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ tokenTtl: "1 hour" })
      yield* TestClock.setTime(Date.UTC(2026, 0, 1))
      const token = yield* tokenOf(emulator)
      const { identity } = yield* created(emulator, token, { name: "brief", expires_at: "2026-01-01T00:10:00" })
      const response = yield* login(emulator, identity)
      assert.strictEqual(at(response.json, "token", "expires_at"), "2026-01-01T00:10:00.000000")
      const long = yield* created(emulator, token, { name: "long", expires_at: "2026-01-01T05:00:00" })
      const before = yield* login(emulator, long.identity)
      assert.strictEqual(at(before.json, "token", "expires_at"), "2026-01-01T01:00:00.000000Z")
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(yield* statusAt(emulator, limits, subjectOf(response)), 401)
      assert.deepStrictEqual((yield* login(emulator, identity)).json, unauthorized)
    })
  )

  it.effect("an invalid one is rejected with Keystone's message", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      yield* TestClock.setTime(Date.UTC(2026, 0, 1))
      const token = yield* tokenOf(emulator)
      const cases: ReadonlyArray<readonly [Json, number, RegExp]> = [
        [{}, 400, /^'name' is a required property\n/],
        [{ name: "" }, 400, /^Invalid input for field 'name': '' is too short\n/],
        [{ name: " " }, 400, /^Invalid input for field 'name': ' ' does not match '\[\\\\S\]\+'\n/],
        [{ name: "n".repeat(256) }, 400, /is too long\n/],
        [{ name: "a", secret: 1 }, 400, /^Invalid input for field 'secret': 1 is not of type 'null', 'string'\n/],
        [{ name: "a", unrestricted: "yes" }, 400, /'yes' is not of type 'boolean'\n/],
        [
          { name: "a", roles: [{}] },
          400,
          /^Invalid input for field 'roles\/0': \{\} does not have enough properties\n/
        ],
        [{ name: "a", roles: [{ id: "a", name: "b" }] }, 400, /\{'id': 'a', 'name': 'b'\} has too many properties\n/],
        [{ name: "a", roles: [{ x: 1 }] }, 400, /Additional properties are not allowed \('x' was unexpected\)\n/],
        [
          { name: "a", roles: [{ name: "admin" }] },
          400,
          /Cannot create an application credential with unassigned role$/
        ],
        [{ name: "a", roles: [{ id: "nope" }] }, 400, /Cannot create an application credential with unassigned role$/],
        [{ name: "a", roles: [{ name: "nope" }] }, 404, /^Role nope is not defined$/],
        [{ name: "a", expires_at: "2025-12-31T23:59:59" }, 400, /^The 'expires_at' must not be before now\. /],
        [{ name: "a", expires_at: "tomorrow" }, 400, /^Timestamp not in expected format\. /],
        [{ name: "a", expires_at: "2030-01-01T00:00:00+01:00" }, 400, /^Timestamp not in expected format\. /],
        [{ name: "a", more: 1 }, 400, /^'more' is an invalid keyword argument/],
        [{ name: "emulator" }, 409, /Duplicate entry found with name emulator\.$/]
      ]
      for (const [credential, status, words] of cases) {
        const response = yield* create(emulator, token, credential)
        assert.strictEqual(response.status, status, JSON.stringify(credential))
        assert.match(message(response), words)
      }
      const list = yield* send(emulator, own(emulator), { token })
      assert.deepStrictEqual(texts(at(list.json, "application_credentials"), "name"), ["emulator"])
    })
  )

  it.effect("requests for those of other users are forbidden", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const token = yield* tokenOf(emulator)
      const target = "/v3/users/1/application_credentials"
      const list = yield* send(emulator, target, { token })
      assert.include(message(list), "identity:list_application_credentials.")
      const made = yield* send(emulator, target, { token, body: { application_credential: { name: "a" } } })
      assert.include(message(made), "identity:create_application_credential.")
      for (const [method, action] of [
        ["GET", "get"],
        ["DELETE", "delete"]
      ] as const) {
        const one = yield* send(emulator, `${target}/nope`, { method, token })
        assert.strictEqual(one.status, 403)
        assert.include(message(one), `identity:${action}_application_credential.`)
      }
      assert.deepStrictEqual((yield* send(emulator, own(emulator))).json, unauthorized)
    })
  )

  it.effect("a token with access rules is returned only to callers that support them", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const token = yield* tokenOf(emulator)
      const { response, identity } = yield* created(emulator, token, {
        name: "ruled",
        access_rules: [{ path: "/v2.1/servers", method: "GET", service: "compute" }]
      })
      assert.strictEqual(at(response.json, "application_credential", "access_rules", 0, "path"), "/v2.1/servers")
      const its = yield* tokenOf(emulator, identity)
      const unsupporting = yield* validateToken(emulator, token, its)
      assert.strictEqual(unsupporting.status, 404)
      assert.strictEqual(message(unsupporting), "Failed to validate token")
      const supporting = yield* validateToken(emulator, token, its, { "openstack-identity-access-rules": "1" })
      assert.strictEqual(
        at(supporting.json, "token", "application_credential", "access_rules", 0, "service"),
        "compute"
      )
    })
  )

  it.effect("one that was created without a project logs in without one", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const unscoped = yield* tokenOf(emulator, password(emulator), "unscoped")
      const { response, identity } = yield* created(emulator, unscoped, { name: "adrift" })
      assert.strictEqual(at(response.json, "application_credential", "project_id"), null)
      const token = yield* tokenOf(emulator, identity)
      assert.strictEqual(yield* statusAt(emulator, limits, token), 401)
    })
  )
})

describe("Keystone v3: the user's own password", () => {
  const change = (emulator: Emulator.Emulator, user: Json, userId = emulator.credentials.userId) =>
    send(emulator, `/v3/users/${userId}/password`, { body: { user } })

  it.effect(
    "is changed with the old one and no token; tokens are revoked, and application credentials stay valid",
    () =>
      Effect.gen(function* () {
        const emulator = yield* Emulator.make()
        const { password: old } = emulator.credentials
        const held = [
          yield* tokenOf(emulator),
          yield* tokenOf(emulator, byCredential(emulator)),
          yield* emulator.issueToken
        ]
        const response = yield* change(emulator, { original_password: old, password: "new" })
        assert.strictEqual(response.status, 204)
        for (const token of held) {
          assert.strictEqual(yield* statusAt(emulator, limits, token), 401)
        }
        assert.strictEqual((yield* login(emulator, password(emulator, { password: old }))).status, 401)
        assert.strictEqual((yield* login(emulator, password(emulator, { password: "new" }))).status, 201)
        assert.strictEqual(emulator.credentials.password, "new")
        assert.strictEqual((yield* login(emulator, byCredential(emulator))).status, 201)
      })
  )

  it.effect("is not changed without the old one, nor to an invalid value", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const { password: old } = emulator.credentials
      const token = yield* tokenOf(emulator)
      assert.deepStrictEqual((yield* change(emulator, { original_password: "no", password: "new" })).json, unauthorized)
      assert.deepStrictEqual(
        (yield* change(emulator, { original_password: old, password: "new" }, "1")).json,
        unauthorized
      )
      const faulty: ReadonlyArray<readonly [Json, RegExp]> = [
        [{}, /^'original_password' is a required property\n/],
        [{ original_password: old }, /^'password' is a required property\n/],
        [{ original_password: old, password: 1 }, /^Invalid input for field 'password': 1 is not of type 'string'\n/],
        [{ original_password: old, password: "x", more: 1 }, /^Additional properties are not allowed \('more' was/]
      ]
      for (const [user, words] of faulty) {
        const response = yield* change(emulator, user)
        assert.strictEqual(response.status, 400)
        assert.match(message(response), words)
      }
      assert.strictEqual(yield* statusAt(emulator, limits, token), 200)
      assert.strictEqual(emulator.credentials.password, old)
    })
  )
})
