/**
 * Logins are decoded even if a cloud omits fields, sends null or other types: only the token and its expiry are required.
 */
import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { type Access, Credentials, Identity } from "effect-rackspace"
import type { WireResponse } from "../src/emulator/Protocol.js"
import * as Reply from "../src/emulator/Reply.js"
import { scriptedIdentity } from "./support/scriptedIdentity.js"
import { shown } from "./support/shown.js"

const credentials = {
  v2: Credentials.password({ authUrl: "http://id.test/v2.0", username: "demo", password: "correct horse battery" }),
  v3: Credentials.keystonePassword({
    authUrl: "http://id.test/v3",
    user: { id: "u1" },
    password: "correct horse battery"
  }),
  swift: Credentials.swiftKey({ authUrl: "http://swift.test/auth/v1.0", user: "a:u", key: "correct horse battery" })
}

const logIn = (kind: keyof typeof credentials, response: WireResponse) =>
  Effect.flatMap(Identity.make({ credentials: credentials[kind] }), (tokens) => tokens.get).pipe(
    Effect.scoped,
    Effect.provideService(HttpClient.HttpClient, scriptedIdentity(response).client)
  )

const v2 = (more: object, token: object = {}) =>
  Reply.json(200, { access: { token: { id: "token-v2", expires: "2099-01-01T00:00:00Z", ...token }, ...more } })

const v3 = (more: object) =>
  Reply.json(201, { token: { expires_at: "2099-01-01T00:00:00Z", ...more } }, { "X-Subject-Token": "token-v3" })

const catalogOf = ({ catalog }: Access.Access) =>
  catalog.map(({ endpoints, name, type }) => ({
    type,
    name,
    endpoints: endpoints.map((endpoint) => ({ ...endpoint }))
  }))

const nothings: ReadonlyArray<unknown> = [undefined, null, {}, [], "", "none", 0, false, [null], [[]], ["text"], [{}]]

describe("a login is decoded", () => {
  it.effect("with anything in place of version 2's catalog, user, tenant and roles", () =>
    Effect.gen(function* () {
      for (const nothing of nothings) {
        const access = yield* logIn("v2", v2({ serviceCatalog: nothing, user: nothing }, { tenant: nothing }))
        assert.strictEqual(Redacted.value(access.token), "token-v2")
        assert.deepStrictEqual(catalogOf(access), [])
        assert.isUndefined(access.tenant)
        const user = yield* logIn("v2", v2({ user: { id: 7, name: null, roles: nothing } }))
        assert.deepStrictEqual({ ...user.user }, { id: "7", roles: [] } as never)
      }
    })
  )

  it.effect("with anything in place of version 3's catalog, user, project, roles and methods", () =>
    Effect.gen(function* () {
      for (const nothing of nothings) {
        const access = yield* logIn(
          "v3",
          v3({ catalog: nothing, user: nothing, project: nothing, roles: nothing, domain: nothing, audit_ids: nothing })
        )
        assert.strictEqual(Redacted.value(access.token), "token-v3")
        assert.deepStrictEqual(catalogOf(access), [])
        assert.isUndefined(access.tenant)
      }
      const access = yield* logIn(
        "v3",
        v3({
          methods: null,
          user: { id: 7, name: 8, domain: null },
          project: { id: 9 },
          roles: [{ id: 1 }, { name: "b" }]
        })
      )
      assert.deepStrictEqual(
        [access.user.id, access.user.name, access.tenant?.id, access.user.roles.map((role) => role.name)],
        ["7", "8", "9", ["1", "b"]]
      )
    })
  )

  it.effect("with the valid entries and endpoints of version 2's catalog", () =>
    Effect.gen(function* () {
      const access = yield* logIn(
        "v2",
        v2({
          user: { id: "u", roles: [null, { name: "a" }, { id: 3 }, {}, { name: "b", tenantId: 5, description: null }] },
          serviceCatalog: [
            null,
            { name: "no type", endpoints: [{ publicURL: "http://none.test" }] },
            {
              type: "compute",
              endpoints: [null, {}, { publicURL: " http://nova.test ", region: 1, tenantId: 5 }, "x"]
            },
            { type: "image", name: null, endpoints: {} },
            { type: "volume", name: "", endpoints: null },
            {
              type: "network",
              name: "neutron",
              endpoints: [{ publicURL: null, internalURL: "http://net.test", id: 4 }]
            },
            { type: "broken", name: "b", endpoints: [{ publicURL: "not a url" }], endpoints_links: {} }
          ]
        })
      )
      assert.deepStrictEqual(catalogOf(access), [
        {
          type: "compute",
          name: "compute",
          endpoints: [{}, { publicUrl: "http://nova.test", region: "1", tenantId: "5" }]
        },
        { type: "image", name: "image", endpoints: [] },
        { type: "volume", name: "volume", endpoints: [] },
        { type: "network", name: "neutron", endpoints: [{ internalUrl: "http://net.test" }] },
        { type: "broken", name: "b", endpoints: [{ publicUrl: "not a url" }] }
      ] as never)
      assert.deepStrictEqual(
        access.user.roles.map(({ name }) => name),
        ["a", "3", "b"]
      )
    })
  )

  it.effect("with the valid entries and endpoints of version 3's catalog", () =>
    Effect.gen(function* () {
      const access = yield* logIn(
        "v3",
        v3({
          catalog: [
            null,
            { name: "no type" },
            {
              type: "compute",
              name: null,
              endpoints: [
                null,
                { interface: null, url: "http://none.test" },
                { interface: "Public", url: "http://nova.test", region: "R1", region_id: null },
                { interface: "internal", url: null, region: "R1" },
                { interface: "admin", url: "http://admin.test", region: "R1" }
              ]
            },
            { type: "image", endpoints: {} }
          ]
        })
      )
      assert.deepStrictEqual(catalogOf(access), [
        {
          type: "compute",
          name: "compute",
          endpoints: [{ region: "R1", publicUrl: "http://nova.test", adminUrl: "http://admin.test" }]
        },
        { type: "image", name: "image", endpoints: [] }
      ] as never)
    })
  )

  it.effect("without revealing a password in a catalog's URL", () =>
    Effect.gen(function* () {
      const url = "http://someone:hunter2-secret@nova.test:8774/v2.1"
      const responses = [
        yield* logIn("v2", v2({ serviceCatalog: [{ type: "compute", endpoints: [{ publicURL: url }] }] })),
        yield* logIn("v3", v3({ catalog: [{ type: "compute", endpoints: [{ interface: "public", url }] }] })),
        yield* logIn("swift", Reply.empty(200, { "X-Auth-Token": "t", "X-Storage-Url": url }))
      ]
      for (const access of responses) {
        assert.strictEqual(access.catalog[0]?.endpoints[0]?.publicUrl, "http://nova.test:8774/v2.1")
        assert.notInclude(shown(access), "hunter2")
      }
    })
  )

  it.effect("from Swift with any token lifetime, and either name of the token header", () =>
    Effect.gen(function* () {
      const response = (headers: Readonly<Record<string, string>>) =>
        logIn("swift", Reply.empty(200, { "X-Storage-Url": "http://swift.test/v1/AUTH_a", ...headers }))
      for (const expires of ["", "soon", "NaN", "-1", "1e300", "9".repeat(400)]) {
        const access = yield* response({ "X-Auth-Token": "t", "X-Auth-Token-Expires": expires })
        assert.strictEqual(access.expires.epochMillis - access.issued.epochMillis, 86_400_000)
      }
      const life = yield* response({ "X-Auth-Token": "t", "X-Auth-Token-Expires": "60.5" })
      assert.strictEqual(life.expires.epochMillis - life.issued.epochMillis, 60_500)
      const ceph = yield* response({ "X-Storage-Token": "t" })
      assert.strictEqual(Redacted.value(ceph.token), "t")
    })
  )

  it.effect("unless its token is not valid in a header", () =>
    Effect.gen(function* () {
      for (const id of ["", null, " spaced ", "line\nbreak", "ключ", 5]) {
        const error = yield* Effect.flip(logIn("v2", v2({}, { id })))
        assert.strictEqual(error.reason, "malformed")
        assert.match(error.message, /access\.token\.id/)
        if (typeof id === "string" && id.length > 3) assert.notInclude(shown(error), id)
      }
    })
  )
})
