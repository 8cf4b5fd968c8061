import { FileSystem } from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Fiber, Layer, Redacted, Ref, Schedule } from "effect"
import { CloudConfig, CloudFiles, CloudServers, Credentials, Identity, OpenStack } from "effect-rackspace"
import { freshName } from "../contract/Cloud.js"
import {
  admin,
  sendToKeystone,
  demo,
  keystone,
  passwordOf,
  project,
  revoke,
  stack,
  swiftKey,
  tokenOf
} from "./support.js"

const run = <A, E>(
  credentials: Credentials.Credentials,
  program: Effect.Effect<A, E, OpenStack.Services | Identity.TokenRef>,
  options: Omit<OpenStack.Options, "credentials"> = {},
  client = NodeHttpClient.layerUndici
) => program.pipe(Effect.provide(OpenStack.layer({ credentials, ...options })), Effect.provide(client))

const account = Effect.flatMap(CloudFiles.CloudFiles, (files) => files.getAccount())
const limits = Effect.flatMap(CloudServers.CloudServers, (servers) => servers.getLimits())
const logins = Effect.map(Identity.access, ({ login }) => login)

const demoUser = { name: "demo", domain: { name: "Default" } }

const kinds: ReadonlyArray<readonly [string, Credentials.Credentials]> = [
  ["a user and a project by name", demo],
  [
    "a user and a project by id",
    Credentials.keystonePassword({
      authUrl: stack.auth_url,
      user: { id: stack.demo.user_id },
      password: stack.demo.password,
      scope: { project: { id: stack.demo.project_id } }
    })
  ],
  ["an auth URL without a version", passwordOf(stack.demo, project(stack.demo), keystone)],
  ["an auth URL that ends in a slash", passwordOf(stack.demo, project(stack.demo), `${stack.auth_url}/`)],
  ["an auth URL without a version that ends in one", passwordOf(stack.demo, project(stack.demo), `${keystone}/`)],
  [
    "a user and a project by name, in domains by name",
    Credentials.keystonePassword({
      authUrl: stack.auth_url,
      user: demoUser,
      password: stack.demo.password,
      scope: { project: { name: stack.demo.project, domain: { name: "Default" } } }
    })
  ],
  [
    "an application credential by name, of a user by id",
    Credentials.applicationCredential({
      authUrl: stack.auth_url,
      credential: { name: stack.application_credential.name, user: { id: stack.demo.user_id } },
      secret: stack.application_credential.secret
    })
  ],
  [
    "an application credential by id",
    Credentials.applicationCredential({
      authUrl: stack.auth_url,
      credential: { id: stack.application_credential.id },
      secret: stack.application_credential.secret
    })
  ],
  [
    "an application credential by name",
    Credentials.applicationCredential({
      authUrl: keystone,
      credential: { name: stack.application_credential.name, user: demoUser },
      secret: stack.application_credential.secret
    })
  ]
]

describe("logins at a real Keystone", () => {
  for (const [kind, credentials] of kinds) {
    it.live(`${kind}: reaches Swift and Nova`, () =>
      run(
        credentials,
        Effect.gen(function* () {
          yield* account
          yield* limits
          const { tenant, user } = yield* Identity.access
          assert.deepStrictEqual([tenant?.id, user.id], [stack.demo.project_id, stack.demo.user_id])
        })
      )
    )
  }

  for (const [scope, credentials, expected] of [
    ["unscoped", passwordOf(stack.demo, "unscoped"), undefined],
    ["a domain", passwordOf(stack.admin, { domain: { id: "default" } }), undefined],
    ["a domain by name", passwordOf(stack.admin, { domain: { name: "Default" } }), undefined],
    ["the system", passwordOf(stack.admin, { system: "all" }), undefined],
    ["a project", admin, stack.admin.project_id]
  ] as const) {
    it.live(`the scope ${scope} gives a token with that scope`, () =>
      Effect.gen(function* () {
        const tokens = yield* Identity.make({ credentials })
        const access = yield* tokens.get
        assert.strictEqual(access.tenant?.id, expected)
        const token = Redacted.value(access.token)
        const { status } = yield* sendToKeystone("GET", "/auth/tokens", { token, subject: token })
        assert.strictEqual(status, 200)
        yield* tokens.logout
        const administrator = yield* tokenOf(stack.admin)
        const after = yield* sendToKeystone("GET", "/auth/tokens", { token: administrator, subject: token })
        assert.strictEqual(after.status, 404)
      }).pipe(Effect.scoped, Effect.provide(NodeHttpClient.layerUndici))
    )
  }

  it.live("an unscoped token is exchanged for one of a project", () =>
    Effect.gen(function* () {
      const unscoped = yield* Identity.make({ credentials: passwordOf(stack.demo, "unscoped") })
      const { token } = yield* unscoped.get
      const scope = project(stack.demo)
      yield* run(Credentials.keystoneToken({ authUrl: stack.auth_url, token, scope }), account)
    }).pipe(Effect.scoped, Effect.provide(NodeHttpClient.layerUndici))
  )

  it.live("a trust grants roles of its trustor's project, until it is deleted", () =>
    Effect.gen(function* () {
      const { project_id, user_id } = stack.demo
      const token = yield* tokenOf(stack.demo)
      const own = yield* sendToKeystone("GET", "/auth/tokens", { token, subject: token })
      const { roles } = (own.body as { readonly token: { readonly roles: ReadonlyArray<{ readonly id: string }> } })
        .token
      const made = yield* sendToKeystone("POST", "/OS-TRUST/trusts", {
        token,
        body: {
          trust: {
            trustor_user_id: user_id,
            trustee_user_id: stack.alt.user_id,
            project_id,
            impersonation: false,
            roles: roles.map(({ id }) => ({ id }))
          }
        }
      })
      assert.strictEqual(made.status, 201)
      const { id } = (made.body as { readonly trust: { readonly id: string } }).trust
      yield* run(
        passwordOf(stack.alt, { trust: { id } }),
        Effect.gen(function* () {
          yield* account
          const { tenant, user } = yield* Identity.access
          assert.deepStrictEqual([tenant?.id, user.id], [project_id, stack.alt.user_id])
        })
      )
      yield* sendToKeystone("DELETE", `/OS-TRUST/trusts/${id}`, { token })
      const refused = yield* Effect.flip(Identity.make({ credentials: passwordOf(stack.alt, { trust: { id } }) }))
      assert.strictEqual(refused._tag, "AuthenticationFailed")
    }).pipe(Effect.scoped, Effect.provide(NodeHttpClient.layerUndici))
  )

  it.live("an expired token is renewed with its credentials; without them the login ends with it", () =>
    Effect.gen(function* () {
      const scope = project(stack.demo)
      const renewWith = passwordOf(stack.demo, scope, stack.keystone_short)
      const { token } = yield* Effect.flatMap(Identity.make({ credentials: renewWith }), ({ get }) => get)
      const saved = { authUrl: stack.keystone_short, token, scope }
      const alone = yield* Effect.fork(
        run(
          Credentials.keystoneToken(saved),
          Effect.zipRight(account, Effect.zipRight(Effect.sleep("5 seconds"), Effect.flip(account)))
        )
      )
      yield* run(
        Credentials.keystoneToken({ ...saved, renewWith }),
        Effect.gen(function* () {
          yield* account
          yield* Effect.sleep("5 seconds")
          yield* account
        })
      )
      const ended = yield* Fiber.join(alone)
      assert.strictEqual(ended._tag === "AuthenticationFailed" ? ended.reason : ended._tag, "notRenewable")
    }).pipe(Effect.scoped, Effect.provide(NodeHttpClient.layerUndici))
  )

  it.live(
    "reads a cloud of clouds.yaml with its secret in secure.yaml and a list of regions; and one of the OS_* variables",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* fs.makeTempDirectoryScoped({ prefix: "effect-rackspace-openstack-" })
        yield* fs.makeDirectory(`${folder}/openstack`)
        const { application_credential: credential, demo: user, region } = stack
        yield* fs.writeFileString(
          `${folder}/openstack/clouds.yaml`,
          `clouds:
  password:
    regions: [elsewhere, ${region}]
    interface: internal
    compute_api_version: "2.60"
    auth: {auth_url: "${keystone}", username: ${user.username}, project_name: ${user.project}, domain_id: default}
  credential:
    auth_type: v3applicationcredential
    auth: {auth_url: "${stack.auth_url}", application_credential_id: ${credential.id}}
`
        )
        yield* fs.writeFileString(
          `${folder}/openstack/secure.yaml`,
          `clouds:
  password: {auth: {password: ${user.password}}}
  credential: {auth: {application_credential_secret: ${credential.secret}}}
`,
          { mode: 0o600 }
        )
        const variables = (all: Readonly<Record<string, string>>) =>
          Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(all))))
        for (const [cloud, options] of [
          ["password", { region }],
          ["credential", {}]
        ] as const) {
          yield* Effect.zipRight(account, limits).pipe(
            Effect.provide(OpenStack.layerCloud({ cloud, ...options })),
            variables({ XDG_CONFIG_HOME: folder })
          )
        }
        const { credentials } = yield* CloudConfig.fromEnvironment().pipe(
          variables({
            OS_AUTH_URL: stack.auth_url,
            OS_USERNAME: user.username,
            OS_PASSWORD: user.password,
            OS_PROJECT_NAME: user.project,
            OS_USER_DOMAIN_NAME: "Default",
            OS_PROJECT_DOMAIN_ID: "default"
          })
        )
        yield* run(credentials, Effect.zipRight(account, limits))
      }).pipe(Effect.scoped, Effect.provide([NodeHttpClient.layerUndici, NodeContext.layer]))
  )

  it.live("Swift's own login", () =>
    run(
      swiftKey(stack.tempauth),
      Effect.gen(function* () {
        yield* account
        assert.strictEqual((yield* Effect.flip(limits))._tag, "EndpointNotFound")
      })
    )
  )

  for (const [what, credentials] of [
    ["password", passwordOf({ ...stack.demo, password: "wrong" }, project(stack.demo))],
    ["user", passwordOf({ ...stack.demo, username: "nobody" }, project(stack.demo))],
    ["project", passwordOf(stack.demo, { project: { name: "none", domain: { id: "default" } } })],
    ["project of others", passwordOf(stack.demo, project(stack.admin))],
    [
      "application credential",
      Credentials.applicationCredential({ authUrl: stack.auth_url, credential: { id: "0".repeat(32) }, secret: "x" })
    ],
    ["Swift key", swiftKey({ ...stack.tempauth, key: "wrong" })]
  ] as const) {
    it.live(`a wrong ${what} is rejected`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(run(credentials, account))
        assert.strictEqual(error._tag, "AuthenticationFailed")
        assert.strictEqual(error._tag === "AuthenticationFailed" ? error.reason : undefined, "refused")
      })
    )
  }

  it.live("a service is found by its interface and its region only", () =>
    Effect.gen(function* () {
      yield* run(demo, account, { interface: "internal", region: "regionone" })
      yield* run(demo, limits, { interface: "admin" })
      const elsewhere = yield* Effect.flip(run(demo, account, { region: "elsewhere" }))
      assert.strictEqual(elsewhere._tag, "EndpointNotFound")
      assert.match(elsewhere.message, /RegionOne/i)
    })
  )
})

describe("tokens that expire", () => {
  it.live("tokens of four seconds are renewed before they expire: ten seconds of requests see no 401", () =>
    run(
      passwordOf(stack.demo, project(stack.demo), stack.keystone_short),
      Effect.gen(function* () {
        yield* Effect.all([account, limits], { concurrency: 2 }).pipe(
          Effect.repeat(Schedule.spaced("200 millis").pipe(Schedule.upTo("10 seconds")))
        )
        const count = yield* logins
        assert.isTrue(count >= 3 && count <= 6, `${count} logins`)
      })
    )
  )

  it.live("tokens that expire unused cause a login, and no failure", () =>
    run(
      passwordOf(stack.demo, project(stack.demo), stack.keystone_short),
      Effect.gen(function* () {
        for (let round = 0; round < 3; round++) {
          yield* account
          yield* Effect.sleep("4500 millis")
        }
        assert.strictEqual(yield* logins, 4)
      })
    )
  )

  it.live("Swift's own tokens of three seconds are renewed, though a login may return the old one", () =>
    run(
      swiftKey(stack.tempauth_short),
      account.pipe(Effect.repeat(Schedule.spaced("200 millis").pipe(Schedule.upTo("10 seconds"))))
    )
  )

  it.live("under load, each revocation causes one login, and no caller sees it", () =>
    run(
      demo,
      Effect.gen(function* () {
        yield* account
        const revocations = 6
        const done = yield* Ref.make(0)
        const work = Effect.all([account, limits]).pipe(
          Effect.zipRight(Ref.update(done, (count) => count + 1)),
          Effect.repeat(Schedule.forever)
        )
        const workers = yield* Effect.forkAll(Array.from({ length: 16 }, () => work))
        // On a slow machine too: a token that was revoked before it was used has its own test.
        const aWhile = Effect.gen(function* () {
          const before = yield* Ref.get(done)
          yield* Effect.sleep("700 millis")
          yield* Effect.repeat(Effect.delay(Ref.get(done), "50 millis"), {
            until: (count) => count >= before + 32,
            schedule: Schedule.recurs(600)
          })
        })
        for (let round = 0; round < revocations; round++) {
          yield* aWhile
          yield* revoke(Redacted.value(yield* Identity.token))
        }
        yield* aWhile
        // Interrupted, not failed: none of them has had an error.
        const exit = yield* Fiber.interrupt(workers)
        assert.isTrue(exit._tag === "Failure" && exit.cause.toString().includes("interrupt"), String(exit))
        assert.strictEqual(yield* logins, 1 + revocations)
      })
    )
  )

  it.live("a changed password ends the login with an error that says so; the new password starts another", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf(stack.admin)
      const name = freshName("user")
      const created = yield* sendToKeystone("POST", "/users", {
        token,
        body: { user: { name, password: "first-pass", domain_id: "default" } }
      })
      const userId = (created.body as { readonly user: { readonly id: string } }).user.id
      const { body } = yield* sendToKeystone("GET", "/roles?name=member", { token })
      const roleId = (body as { readonly roles: ReadonlyArray<{ readonly id: string }> }).roles[0]?.id
      yield* sendToKeystone("PUT", `/projects/${stack.demo.project_id}/users/${userId}/roles/${roleId}`, { token })
      const login = (password: string) => passwordOf({ username: name, password }, project(stack.demo))
      yield* run(
        login("first-pass"),
        Effect.gen(function* () {
          yield* account
          // Keystone compares tokens with the time of a password change in seconds.
          yield* Effect.sleep("1100 millis")
          yield* sendToKeystone("POST", `/users/${userId}/password`, {
            body: { user: { original_password: "first-pass", password: "second-pass" } }
          })
          const refused = yield* Effect.flip(account)
          assert.strictEqual(refused._tag, "AuthenticationFailed")
          assert.notInclude(refused.message, "first-pass")
        })
      )
      yield* Effect.sleep("1100 millis")
      yield* run(
        login("second-pass"),
        Effect.gen(function* () {
          yield* account
          yield* sendToKeystone("PATCH", `/users/${userId}`, { token, body: { user: { enabled: false } } })
          assert.strictEqual((yield* Effect.flip(account))._tag, "AuthenticationFailed")
        })
      )
      yield* sendToKeystone("DELETE", `/users/${userId}`, { token })
    })
  )

  it.live("an application credential that is deleted ends the login", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf(stack.alt)
      const path = `/users/${stack.alt.user_id}/application_credentials`
      const made = yield* sendToKeystone("POST", path, {
        token,
        body: { application_credential: { name: freshName("app"), secret: "app-s3cret" } }
      })
      const { id } = (made.body as { readonly application_credential: { readonly id: string } }).application_credential
      const credential = Credentials.applicationCredential({
        authUrl: stack.auth_url,
        credential: { id },
        secret: "app-s3cret"
      })
      yield* run(
        credential,
        Effect.gen(function* () {
          yield* account
          yield* sendToKeystone("DELETE", `${path}/${id}`, { token })
          assert.strictEqual((yield* Effect.flip(account))._tag, "AuthenticationFailed")
        })
      )
    })
  )
})

describe("connections that Keystone closes without notice after four idle seconds", () => {
  for (const [name, client] of [
    ["undici", NodeHttpClient.layerUndici],
    ["node:http", NodeHttpClient.layer]
  ] as const) {
    it.live(`${name}: no login fails, however long the connection was idle`, () =>
      Effect.gen(function* () {
        const done = yield* Ref.make(0)
        const one = (idle: number) =>
          Effect.gen(function* () {
            const tokens = yield* Identity.make({ credentials: demo })
            for (let round = 0; round < 3; round++) {
              yield* Effect.sleep(idle)
              yield* tokens.reauthenticate
              yield* Ref.update(done, (count) => count + 1)
            }
          }).pipe(Effect.scoped, Effect.provide(Layer.fresh(client)))
        // Each with its own connection, idle for long enough that it closes during the next request.
        const idle = Array.from({ length: 24 }, (_, index) => 3900 + index * 10)
        yield* Effect.forEach(idle, one, { concurrency: "unbounded" })
        assert.strictEqual(yield* Ref.get(done), 72)
      })
    )
  }
})
