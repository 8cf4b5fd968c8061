/**
 * Keystone v3 and Swift's own login: what they send, and that TokenRef behaves with them as with version 2.
 */
import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber, Layer, Option, Redacted, Stream, TestClock } from "effect"
import {
  CloudError,
  CloudFiles,
  CloudServers,
  Credentials,
  Identity,
  OpenStack,
  RetryPolicy,
  ServiceCatalog,
  TestCloud,
  TokenStore
} from "effect-rackspace"
import * as Reply from "../src/emulator/Reply.js"
import { type TestResponse, scriptedIdentity } from "./support/scriptedIdentity.js"
import { shown } from "./support/shown.js"

const domain = { id: "default" }

const project = { project: { name: "demo", domain } } as const

type Cloud = Parameters<typeof TestCloud.layerCloud>[0]

/** The kinds of login that OpenStack has, on the emulated cloud. */
const kinds: Readonly<Record<string, Effect.Effect<Credentials.Credentials, never, TestCloud.TestCloud>>> = {
  password: Effect.map(TestCloud.TestCloud, ({ authUrlV3, credentials: { password, username } }) =>
    Credentials.keystonePassword({ authUrl: authUrlV3, user: { name: username, domain }, password, scope: project })
  ),
  "application credential": Effect.map(TestCloud.TestCloud, ({ authUrlV3, credentials }) =>
    Credentials.applicationCredential({
      authUrl: authUrlV3,
      credential: { id: credentials.applicationCredential?.id ?? "" },
      secret: credentials.applicationCredential?.secret ?? ""
    })
  ),
  "Swift's own": Effect.map(TestCloud.TestCloud, ({ credentials: { apiKey, username }, swiftAuthUrl }) =>
    Credentials.swiftKey({ authUrl: swiftAuthUrl, user: username, key: apiKey })
  )
}

const failure = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), (error): CloudError.AuthenticationFailed => {
    assert.instanceOf(error, CloudError.AuthenticationFailed)
    return error as unknown as CloudError.AuthenticationFailed
  })

const identityRequests = Effect.map(
  Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.requests),
  (all) => all.filter(({ service }) => service === "identity")
)

const account = Effect.flatMap(CloudFiles.CloudFiles, (files) => files.getAccount())

const on = (cloud: Cloud = {}) => Layer.fresh(TestCloud.layerCloud({ tokenTtl: "1 hour", ...cloud }))

describe("TokenRef with each kind of login", () => {
  for (const [kind, credentials] of Object.entries(kinds)) {
    const layer = OpenStack.layer({ credentials, region: "DFW", retry: RetryPolicy.never })

    it.effect(`${kind}: a hundred fibers with one expired token cause one login, and all succeed`, () =>
      Effect.gen(function* () {
        const cloud = yield* TestCloud.TestCloud
        yield* Effect.gen(function* () {
          yield* account
          yield* cloud.expireAllTokens
          yield* cloud.clearRequests
          yield* Effect.all(
            Array.from({ length: 100 }, () => account),
            { concurrency: "unbounded" }
          )
          assert.deepStrictEqual(yield* cloud.logins, { succeeded: 1, refused: 0 })
          const sent = (yield* cloud.requests).filter(({ service }) => service === "files")
          assert.isAtMost(sent.length, 200)
        }).pipe(Effect.provide(layer))
      }).pipe(Effect.provide(on()))
    )

    it.effect(`${kind}: a token is renewed before it expires, without a 401, and with one login per lifetime`, () =>
      Effect.gen(function* () {
        const cloud = yield* TestCloud.TestCloud
        yield* Effect.gen(function* () {
          for (let hour = 0; hour < 20; hour++) {
            yield* account
            yield* TestClock.adjust("15 minutes")
          }
        }).pipe(Effect.provide(layer))
        assert.deepStrictEqual(yield* cloud.logins, { succeeded: 5, refused: 0 })
        assert.isTrue((yield* cloud.requests).every(({ status }) => status !== undefined && status < 300))
      }).pipe(Effect.provide(on()))
    )

    it.effect(`${kind}: a revoked token causes one login and one more request`, () =>
      Effect.gen(function* () {
        const cloud = yield* TestCloud.TestCloud
        yield* Effect.gen(function* () {
          yield* account
          yield* cloud.clearRequests
          yield* cloud.revokeAllTokens
          yield* account
        }).pipe(Effect.provide(layer))
        assert.deepStrictEqual(
          (yield* cloud.requests).map(({ service, status }) => `${service} ${status}`),
          ["files 401", kind === "Swift's own" ? "identity 200" : "identity 201", "files 204"]
        )
      }).pipe(Effect.provide(on()))
    )

    it.effect(`${kind}: if every response is 401, a call sends two requests`, () =>
      Effect.gen(function* () {
        const cloud = yield* TestCloud.TestCloud
        yield* Effect.gen(function* () {
          yield* cloud.fail({
            match: { service: "files" },
            times: Infinity,
            fault: { _tag: "Status", status: 401 }
          })
          const error = yield* Effect.flip(account)
          assert.strictEqual(error._tag, "Unauthorized")
          assert.strictEqual((yield* cloud.requests).filter(({ service }) => service === "files").length, 2)
          assert.isAtMost((yield* cloud.logins).succeeded, 3)
        }).pipe(Effect.provide(layer))
      }).pipe(Effect.provide(on()))
    )

    it.effect(`${kind}: a second program uses the stored token, and none after a logout`, () =>
      Effect.gen(function* () {
        const cloud = yield* TestCloud.TestCloud
        const store = yield* Layer.build(TokenStore.layerMemory)
        const run = <A, E>(program: Effect.Effect<A, E, CloudFiles.CloudFiles | Identity.TokenRef>) =>
          program.pipe(Effect.provide(Layer.fresh(layer)), Effect.provide(store))
        yield* run(account)
        yield* run(account)
        assert.deepStrictEqual(yield* cloud.logins, { succeeded: 1, refused: 0 })
        yield* run(Effect.flatMap(Identity.TokenRef, (tokens) => tokens.logout))
        yield* run(account)
        assert.deepStrictEqual(yield* cloud.logins, { succeeded: 2, refused: 0 })
      }).pipe(Effect.scoped, Effect.provide(on()))
    )

    it.effect(
      `${kind}: wrong credentials are rejected immediately without revealing the secret, and further logins are delayed`,
      () =>
        Effect.gen(function* () {
          const right = yield* credentials
          const wrong = {
            ...right,
            secret: Redacted.make("sEcReT-x"),
            password: Redacted.make("sEcReT-x"),
            key: Redacted.make("sEcReT-x")
          }
          const tokens = yield* Identity.make({ credentials: wrong as Credentials.Credentials, lazy: true })
          const first = yield* failure(tokens.get)
          assert.strictEqual(first.reason, "refused")
          assert.strictEqual(first.status, 401)
          const held = yield* failure(tokens.get)
          assert.isDefined(held.retryAfter)
          assert.strictEqual((yield* identityRequests).length, 1)
          assert.notInclude(shown([first, held, wrong]), "sEcReT-x")
        }).pipe(Effect.scoped, Effect.provide(on()))
    )
  }

  it.effect("a token that is revoked between a renewal and its use causes another login, and the call succeeds", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      yield* Effect.gen(function* () {
        const files = yield* CloudFiles.CloudFiles
        yield* account
        yield* cloud.revokeAllTokens
        yield* cloud.clearRequests
        // The first attempt is rejected immediately, the second one is in flight for a while.
        yield* cloud.fail({ match: { method: "PUT" }, fault: { _tag: "Delay", duration: 0 } })
        yield* cloud.fail({ match: { method: "PUT" }, fault: { _tag: "Delay", duration: "2 seconds" } })
        const slow = yield* Effect.fork(files.createContainer({ container: "c" }))
        yield* TestClock.adjust("1 second")
        yield* account
        yield* cloud.revokeAllTokens
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(slow)
        const puts = (yield* cloud.requests).filter(({ method, service }) => service === "files" && method === "PUT")
        assert.deepStrictEqual(
          puts.map(({ status }) => status),
          [401, 401, 201]
        )
        assert.deepStrictEqual(yield* cloud.logins, { succeeded: 2, refused: 0 })
      }).pipe(
        Effect.provide(
          OpenStack.layer({
            credentials: kinds["password"] ?? Effect.die("none"),
            region: "DFW",
            retry: RetryPolicy.never
          })
        )
      )
    }).pipe(Effect.provide(on()))
  )

  it.effect("a forced login returns a new token from Keystone; the same one from TempAuth is not a failure", () =>
    Effect.gen(function* () {
      const logins = (credentials: Effect.Effect<Credentials.Credentials, never, TestCloud.TestCloud>) =>
        Effect.gen(function* () {
          const tokens = yield* Identity.make({ credentials })
          const first = yield* tokens.get
          const second = yield* tokens.reauthenticate
          assert.strictEqual(second.login, 2)
          return Redacted.value(first.token) === Redacted.value(second.token)
        }).pipe(Effect.scoped)
      const [password, , swift] = Object.values(kinds)
      assert.isFalse(yield* logins(password ?? Effect.die("none")))
      assert.isTrue(yield* logins(swift ?? Effect.die("none")))
    }).pipe(Effect.provide(on({ tokenTtl: "24 hours" })))
  )

  it.effect("if TempAuth returns a rejected token again, the call fails with Unauthorized without a loop", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      yield* Effect.gen(function* () {
        const token = yield* Identity.token
        yield* cloud.rejectToken(Redacted.value(token))
        yield* cloud.clearRequests
        assert.strictEqual((yield* Effect.flip(account))._tag, "Unauthorized")
        assert.deepStrictEqual(
          (yield* cloud.requests).map(({ service, status }) => `${service} ${status}`),
          ["files 401", "identity 200", "identity 200", "files 401"]
        )
      }).pipe(
        Effect.provide(
          OpenStack.layer({ credentials: kinds["Swift's own"] ?? Effect.die("none"), retry: RetryPolicy.never })
        )
      )
    }).pipe(Effect.provide(on({ tokenTtl: "24 hours" })))
  )

  it.effect("requests are retried while Keystone is unreachable or limits the rate; a login may be sent twice", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const credentials = yield* kinds["password"] ?? Effect.die("none")
      yield* cloud.fail({ match: { service: "identity" }, fault: { _tag: "Cut" } })
      yield* cloud.fail({ match: { service: "identity" }, fault: { _tag: "Status", status: 503 } })
      const making = yield* Effect.fork(Effect.scoped(Identity.make({ credentials })))
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.join(making)
      assert.deepStrictEqual(yield* cloud.logins, { succeeded: 1, refused: 0 })
      assert.strictEqual((yield* identityRequests).length, 3)
    }).pipe(Effect.provide(on()))
  )
})

/** A Keystone with these responses, and the requests that it received. */
const keystone = (...responses: ReadonlyArray<TestResponse>) => {
  const identity = scriptedIdentity(...responses)
  const make = (credentials: Credentials.Credentials, options: Partial<Identity.Options> = {}) =>
    Identity.make({ credentials, retry: RetryPolicy.never, ...options }).pipe(
      Effect.provideService(HttpClient.HttpClient, identity.client)
    )
  const asked = () =>
    identity.received.map(({ method, target, text }) => ({
      line: `${method} ${target}`,
      body: text === "" ? undefined : (JSON.parse(text) as unknown)
    }))
  return { asked, make, received: identity.received }
}

const granted = (fields: Record<string, unknown> = {}, token = "a-token") =>
  Reply.json(
    201,
    {
      token: {
        methods: ["password"],
        expires_at: "2099-10-02T13:45:00.000000Z",
        issued_at: "2014-10-02T12:45:00.000000Z",
        user: { id: "u-1", name: "demo", domain: { id: "default", name: "Default" }, password_expires_at: null },
        ...fields
      }
    },
    { "X-Subject-Token": token }
  )

const authUrl = "http://keystone.test:5000/v3"

const password = (fields: Partial<Parameters<typeof Credentials.keystonePassword>[0]> = {}) =>
  Credentials.keystonePassword({ authUrl, user: { name: "demo", domain }, password: "pass word", ...fields })

describe("the response to a login at Keystone", () => {
  const cases: ReadonlyArray<readonly [name: string, credentials: Credentials.Credentials, auth: unknown]> = [
    [
      "a user by name, a project by name",
      password({ scope: { project: { name: "p", domain: { name: "Default" } } } }),
      {
        identity: { methods: ["password"], password: { user: { name: "demo", domain, password: "pass word" } } },
        scope: { project: { name: "p", domain: { name: "Default" } } }
      }
    ],
    [
      "a user by id, a project by id",
      password({ user: { id: "u-1" }, scope: { project: { id: "p-1" } } }),
      {
        identity: { methods: ["password"], password: { user: { id: "u-1", password: "pass word" } } },
        scope: { project: { id: "p-1" } }
      }
    ],
    [
      "no scope",
      password({ user: { id: "u-1" } }),
      { identity: { methods: ["password"], password: { user: { id: "u-1", password: "pass word" } } } }
    ],
    [
      "a domain",
      password({ user: { id: "u-1" }, scope: { domain: { name: "Default" } } }),
      {
        identity: { methods: ["password"], password: { user: { id: "u-1", password: "pass word" } } },
        scope: { domain: { name: "Default" } }
      }
    ],
    [
      "the system",
      password({ user: { id: "u-1" }, scope: { system: "all" } }),
      {
        identity: { methods: ["password"], password: { user: { id: "u-1", password: "pass word" } } },
        scope: { system: { all: true } }
      }
    ],
    [
      "nothing at all",
      password({ user: { id: "u-1" }, scope: "unscoped" }),
      {
        identity: { methods: ["password"], password: { user: { id: "u-1", password: "pass word" } } },
        scope: "unscoped"
      }
    ],
    [
      "a password with a passcode",
      password({ user: { id: "u-1" }, passcode: "123456" }),
      {
        identity: {
          methods: ["password", "totp"],
          password: { user: { id: "u-1", password: "pass word" } },
          totp: { user: { id: "u-1", passcode: "123456" } }
        }
      }
    ],
    [
      "an application credential by id",
      Credentials.applicationCredential({ authUrl, credential: { id: "c-1" }, secret: "s" }),
      { identity: { methods: ["application_credential"], application_credential: { id: "c-1", secret: "s" } } }
    ],
    [
      "an application credential by name",
      Credentials.applicationCredential({
        authUrl,
        credential: { name: "backup", user: { name: "demo", domain } },
        secret: "s"
      }),
      {
        identity: {
          methods: ["application_credential"],
          application_credential: { name: "backup", user: { name: "demo", domain }, secret: "s" }
        }
      }
    ],
    [
      "a token, for a scope",
      Credentials.keystoneToken({ authUrl, token: "t-1", scope: { project: { id: "p-1" } } }),
      { identity: { methods: ["token"], token: { id: "t-1" } }, scope: { project: { id: "p-1" } } }
    ]
  ]
  for (const [name, credentials, auth] of cases) {
    it.scoped(name, () =>
      Effect.gen(function* () {
        const { asked, make, received } = keystone(granted())
        const tokens = yield* make(credentials)
        assert.deepStrictEqual(asked(), [{ line: "POST /v3/auth/tokens", body: { auth } }])
        assert.notProperty(received[0]?.headers ?? {}, "x-auth-token")
        assert.strictEqual(Redacted.value((yield* tokens.get).token), "a-token")
      })
    )
  }

  it.scoped("is decoded to an Access: project, user, roles, expiry in UTC, a catalog by region", () =>
    Effect.gen(function* () {
      const endpoint = (kind: string, region: string, url: string) => ({
        interface: kind,
        region,
        region_id: region,
        url
      })
      const { make } = keystone(
        granted({
          project: { id: "p-1", name: "demo", domain },
          roles: [{ id: "r-1", name: "member" }],
          catalog: [
            {
              type: "object-store",
              name: "swift",
              endpoints: [
                endpoint("public", "one", "https://one.test/v1/AUTH_p-1"),
                endpoint("internal", "two", "http://10.0.0.2/v1/AUTH_p-1"),
                endpoint("internal", "one", "http://10.0.0.1/v1/AUTH_p-1"),
                endpoint("adminURL", "one", "http://10.0.0.1/v1"),
                endpoint("public", "two", " https://two.test/v1/AUTH_p-1 "),
                { interface: "public", region: null, region_id: "three", url: "https://three.test" },
                { interface: "odd", region: "one", url: "https://odd.test" },
                { interface: "public", region: "one", url: null }
              ]
            },
            { type: "compute", endpoints: null },
            { type: "image", name: "glance" }
          ]
        })
      )
      const access = yield* (yield* make(password())).get
      assert.strictEqual(DateTime.formatIso(access.expires), "2099-10-02T13:45:00.000Z")
      assert.deepStrictEqual([access.tenant?.id, access.tenant?.name], ["p-1", "demo"])
      assert.deepStrictEqual([access.user.id, access.user.name], ["u-1", "demo"])
      assert.deepStrictEqual(
        access.user.roles.map(({ name, tenantId }) => [name, tenantId]),
        [["member", "p-1"]]
      )
      assert.deepStrictEqual(access.authenticatedBy, ["password"])
      const [storage, compute, image] = access.catalog
      assert.deepStrictEqual(
        storage?.endpoints.map((each) => ({ ...each })),
        [
          {
            region: "one",
            publicUrl: "https://one.test/v1/AUTH_p-1",
            internalUrl: "http://10.0.0.1/v1/AUTH_p-1",
            adminUrl: "http://10.0.0.1/v1"
          },
          {
            region: "two",
            internalUrl: "http://10.0.0.2/v1/AUTH_p-1",
            publicUrl: "https://two.test/v1/AUTH_p-1"
          },
          { region: "three", publicUrl: "https://three.test" }
        ]
      )
      assert.deepStrictEqual([compute?.name, image?.name], ["compute", "glance"])
      assert.deepStrictEqual(ServiceCatalog.regions(access.catalog), ["ONE", "THREE", "TWO"])
    })
  )

  it.scoped("is malformed without a token or an expiry", () =>
    Effect.gen(function* () {
      const { make } = keystone(Reply.json(201, { token: { expires_at: "2099-10-02T13:45:00.000000Z" } }))
      const headless = yield* failure(make(password()))
      assert.strictEqual(headless.reason, "malformed")
      assert.match(headless.message, /the header X-Subject-Token/)
      const endless = yield* failure(
        keystone(Reply.json(201, { token: {} }, { "X-Subject-Token": "t" })).make(password())
      )
      assert.match(endless.message, /token\.expires_at/)
    })
  )

  it.scoped("may be a receipt, which asks for a second factor", () =>
    Effect.gen(function* () {
      const { make } = keystone(
        Reply.json(401, { receipt: {}, required_auth_methods: [["totp"]] }, { "Openstack-Auth-Receipt": "r" })
      )
      const error = yield* failure(make(password()))
      assert.strictEqual(error.reason, "mfaRequired")
      assert.match(error.message, /see Credentials\.keystonePassword/)
    })
  )

  it.scoped("after a one-time passcode is used until it expires, and not renewed", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const tokens = yield* Identity.make({
        credentials: Credentials.keystonePassword({
          authUrl: cloud.authUrlV3,
          user: { id: cloud.credentials.userId },
          password: cloud.credentials.password,
          passcode: "123456"
        })
      })
      assert.deepStrictEqual((yield* tokens.get).authenticatedBy, ["password", "totp"])
      yield* cloud.clearRequests
      assert.strictEqual((yield* failure(tokens.renew(1))).reason, "notRenewable")
      assert.isEmpty(yield* identityRequests)
    }).pipe(Effect.provide(on({ multiFactor: true })))
  )

  it.scoped("of a login by token keeps its expiry; it is renewed with renewWith, or notRenewable", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const byPassword = (yield* kinds["password"] ?? Effect.die("none")) as Credentials.KeystonePassword
      const unscoped = yield* Identity.make({ credentials: { ...byPassword, scope: "unscoped" } })
      const { token } = yield* unscoped.get
      const bare = yield* Identity.make({
        credentials: Credentials.keystoneToken({ authUrl: cloud.authUrlV3, token, scope: project })
      })
      assert.strictEqual((yield* bare.get).tenant?.id, cloud.credentials.tenantId)
      const backed = yield* Identity.make({
        credentials: Credentials.keystoneToken({ authUrl: cloud.authUrlV3, token, renewWith: byPassword })
      })
      assert.strictEqual((yield* backed.get).tenant?.id, cloud.credentials.tenantId)
      yield* cloud.revokeAllTokens
      assert.strictEqual((yield* failure(bare.renew(1))).reason, "notRenewable")
      assert.deepStrictEqual((yield* backed.renew(1)).authenticatedBy, ["password"])
      const dead = Credentials.keystoneToken({ authUrl: cloud.authUrlV3, token, scope: project })
      assert.strictEqual((yield* failure(Identity.make({ credentials: dead }))).reason, "notRenewable")
    }).pipe(Effect.provide(on()))
  )

  it.scoped("of 401 for a token means that it is invalid, as a 404 does", () =>
    Effect.gen(function* () {
      const { make } = keystone(Reply.json(401, { error: { code: 401, message: "no", title: "Unauthorized" } }))
      const error = yield* failure(make(Credentials.keystoneToken({ authUrl, token: "t" })))
      assert.strictEqual(error.reason, "notRenewable")
    })
  )

  it.scoped("for a deleted application credential is a rejection, although Keystone sends 404", () =>
    Effect.gen(function* () {
      const { make } = keystone(
        Reply.json(404, { error: { code: 404, message: "Could not find it", title: "Not Found" } })
      )
      const error = yield* failure(
        make(Credentials.applicationCredential({ authUrl, credential: { id: "gone" }, secret: "s" }))
      )
      assert.strictEqual(error.reason, "refused")
      const nowhere = yield* failure(keystone(Reply.empty(404)).make(password()))
      assert.strictEqual(nowhere.reason, "malformed", "a password's 404 says that there is no Keystone")
    })
  )

  it.scoped("reveals no secret if a fault quotes the request", () =>
    Effect.gen(function* () {
      const echo: TestResponse = (request) =>
        Reply.json(400, { error: { code: 400, message: request.text, title: "Bad Request" } })
      for (const credentials of [
        password({ password: "sEcReT-1", passcode: "sEcReT-2" }),
        Credentials.keystoneToken({ authUrl, token: "sEcReT-3" }),
        Credentials.applicationCredential({ authUrl, credential: { id: "c" }, secret: "sEcReT-4" })
      ]) {
        const error = yield* failure(keystone(echo).make(credentials))
        assert.include(error.message, "<redacted>")
        assert.notInclude(shown(error), "sEcReT")
      }
      const swift = yield* failure(
        keystone((request) => Reply.html(400, "Bad", `key ${request.headers["x-auth-key"]}`)).make(
          Credentials.swiftKey({ authUrl: "http://swift.test/auth/v1.0", user: "u", key: "sEcReT-5" })
        )
      )
      assert.notInclude(shown(swift), "sEcReT")
    })
  )

  it.scoped("logout revokes the token, authenticated by that token", () =>
    Effect.gen(function* () {
      const { asked, make, received } = keystone(granted(), Reply.empty(204))
      const tokens = yield* make(password())
      yield* tokens.logout
      assert.strictEqual(asked()[1]?.line, "DELETE /v3/auth/tokens")
      assert.strictEqual(received[1]?.headers["x-subject-token"], "a-token")
      assert.strictEqual(received[1]?.headers["x-auth-token"], "a-token")
      assert.isTrue(Option.isNone(yield* tokens.peek))
    })
  )
})

describe("version discovery", () => {
  const versions = (...ids: ReadonlyArray<string>) =>
    Reply.json(300, {
      versions: {
        // Behind a proxy the links often name another host.
        values: ids.map((id) => ({ id, status: "stable", links: [{ rel: "self", href: "http://10.0.0.1:35357/v3/" }] }))
      }
    })

  for (const [given, path] of [
    ["http://keystone.test:5000", ""],
    ["http://keystone.test:5000/", ""],
    ["https://cloud.test/identity", "/identity"],
    ["https://cloud.test/identity/v2.0/", "/identity"]
  ] as const) {
    it.scoped(`of ${given} requests the versions once, and does not follow links`, () =>
      Effect.gen(function* () {
        const { asked, make } = keystone(versions("v3.14", "v2.0"), granted())
        const tokens = yield* make(password({ authUrl: given }))
        yield* tokens.reauthenticate
        assert.deepStrictEqual(
          asked().map(({ line }) => line),
          [`GET ${path}/`, `POST ${path}/v3/auth/tokens`, `POST ${path}/v3/auth/tokens`]
        )
      })
    )
  }

  for (const given of ["http://keystone.test/v3", "http://keystone.test/v3/", "http://keystone.test/v3/auth/tokens"]) {
    it.scoped(`is skipped for ${given}`, () =>
      Effect.gen(function* () {
        const { asked, make } = keystone(granted())
        yield* make(password({ authUrl: given }))
        assert.deepStrictEqual(
          asked().map(({ line }) => line),
          ["POST /v3/auth/tokens"]
        )
      })
    )
  }

  it.scoped("reads a list without a wrapper too; assumes version 3 if the response is not a list or missing", () =>
    Effect.gen(function* () {
      for (const response of [
        Reply.json(200, { versions: [{ id: "v3" }] }),
        Reply.json(200, { versions: { version: [{ id: "v2.0" }] } }),
        Reply.text(200, "<html>"),
        Reply.empty(404),
        Reply.empty(503)
      ]) {
        const { asked, make } = keystone(response, granted())
        yield* make(password({ authUrl: "http://keystone.test" }))
        assert.strictEqual(asked()[1]?.line, "POST /v3/auth/tokens")
      }
    })
  )

  it.scoped("reports the versions of a cloud without version 3, and sends no password", () =>
    Effect.gen(function* () {
      const { asked, make } = keystone(versions("v2.0"))
      const error = yield* failure(make(password({ authUrl: "http://old.test:5000" })))
      assert.strictEqual(error.reason, "malformed")
      assert.match(error.message, /http:\/\/old\.test:5000 has v2\.0, but not v3/)
      assert.strictEqual(asked().length, 1)
    })
  )

  it.scoped("never sends version 2's credentials to version 3", () =>
    Effect.gen(function* () {
      const { asked, make } = keystone(granted())
      const error = yield* failure(make(Credentials.password({ authUrl, username: "demo", password: "pass word" })))
      assert.strictEqual(error.reason, "malformed")
      assert.match(error.message, /is Keystone v3, which needs credentials such as Credentials\.keystonePassword/)
      assert.isEmpty(asked())
    })
  )
})

describe("Swift's own login", () => {
  it.scoped("sends a user and a key in headers, and uses the returned storage URL", () =>
    Effect.gen(function* () {
      const { make, received } = keystone(
        Reply.text(200, "", {
          "X-Auth-Token": "AUTH_tk1",
          "X-Storage-Url": "http://swift.test:8080/v1/AUTH_test",
          "X-Auth-Token-Expires": "3600"
        })
      )
      const access = yield* (yield* make(
        Credentials.swiftKey({ authUrl: "http://swift.test:8080/auth/v1.0", user: "test:tester", key: "testing" })
      )).get
      assert.strictEqual(`${received[0]?.method} ${received[0]?.target}`, "GET /auth/v1.0")
      assert.strictEqual(received[0]?.headers["x-auth-user"], "test:tester")
      assert.strictEqual(received[0]?.headers["x-auth-key"], "testing")
      assert.strictEqual(access.tenant?.id, "AUTH_test")
      assert.strictEqual(access.user.name, "test:tester")
      assert.strictEqual(access.expires.epochMillis - access.issued.epochMillis, 3_600_000)
      assert.strictEqual(access.catalog[0]?.endpoints[0]?.publicUrl, "http://swift.test:8080/v1/AUTH_test")
    })
  )

  it.scoped("assumes a token lifetime of a day if not given; fails without a storage URL", () =>
    Effect.gen(function* () {
      const credentials = Credentials.swiftKey({ authUrl: "http://swift.test/auth/v1.0", user: "u", key: "k" })
      const head = { "X-Auth-Token": "t", "X-Storage-Url": "http://swift.test/v1/AUTH_u" }
      const access = yield* (yield* keystone(Reply.text(200, "", head)).make(credentials)).get
      assert.strictEqual(access.expires.epochMillis - access.issued.epochMillis, 86_400_000)
      const error = yield* failure(keystone(Reply.text(200, "", { "X-Auth-Token": "t" })).make(credentials))
      assert.strictEqual(error.reason, "malformed")
    })
  )

  it.effect("has Cloud Files, and reports any other service as missing", () =>
    Effect.gen(function* () {
      const credentials = kinds["Swift's own"] ?? Effect.die("none")
      yield* Effect.gen(function* () {
        const files = yield* CloudFiles.CloudFiles
        yield* files.createContainer({ container: "c" })
        yield* files.upload({ container: "c", object: "a", body: CloudFiles.fromString("hello") })
        assert.strictEqual(yield* Stream.runCount(files.listObjects({ container: "c" })), 1)
        const error = yield* Effect.flatMap(CloudServers.CloudServers, (servers) => Effect.flip(servers.getLimits()))
        assert.strictEqual(error._tag, "EndpointNotFound")
        assert.match(error.message, /no service compute .*; it has object-store \(swift\)/)
      }).pipe(Effect.provide(OpenStack.layer({ credentials })))
    }).pipe(Effect.provide(on()))
  )
})

describe("a shared store separates logins", () => {
  const keys = (credentials: ReadonlyArray<Credentials.Credentials>) =>
    Effect.gen(function* () {
      const saved: Array<string> = []
      const store = TokenStore.TokenStore.of({
        load: () => Effect.succeedNone,
        save: (key: string) => Effect.sync(() => saved.push(key)),
        remove: () => Effect.void
      } as unknown as typeof TokenStore.TokenStore.Service)
      for (const each of credentials) {
        const { make } = keystone(granted())
        yield* Effect.scoped(make(each)).pipe(Effect.provideService(TokenStore.TokenStore, store))
      }
      return saved
    })

  it.effect("by cloud, user, domain and scope, ignoring how the URL is written", () =>
    Effect.gen(function* () {
      const different = [
        password(),
        password({ authUrl: "http://other.test/v3" }),
        password({ user: { name: "demo", domain: { id: "other" } } }),
        password({ user: { name: "demo", domain: { name: "default" } } }),
        password({ user: { id: "demo" } }),
        password({ scope: { project: { id: "p" } } }),
        password({ scope: { project: { name: "p", domain } } }),
        password({ scope: { project: { name: "p", domain: { id: "other" } } } }),
        password({ scope: { domain } }),
        password({ scope: { system: "all" } }),
        password({ scope: "unscoped", user: { id: "x" } }),
        Credentials.applicationCredential({ authUrl, credential: { id: "demo" }, secret: "s" }),
        Credentials.applicationCredential({
          authUrl,
          credential: { name: "demo", user: { id: "demo" } },
          secret: "s"
        })
      ]
      const saved = yield* keys(different)
      assert.strictEqual(saved.length, different.length)
      assert.strictEqual(new Set(saved).size, different.length, saved.join("\n"))
      const same = yield* keys([password(), password({ authUrl: `${authUrl}/` }), password({ password: "changed" })])
      assert.strictEqual(new Set(same).size, 1)
      const backed = yield* keys([
        Credentials.keystoneToken({ authUrl, token: "t", renewWith: password() }),
        Credentials.keystoneToken({ authUrl, token: "t" })
      ])
      assert.deepStrictEqual(backed, same.slice(0, 1), "a bare token is not stored")
    })
  )
})
