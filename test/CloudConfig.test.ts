import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Redacted } from "effect"
import { CloudConfig, Credentials } from "effect-rackspace"
import { shown } from "./support/shown.js"

const auth = `
      auth_url: https://keystone.test:5000
      username: demo
      password: 0123
      project_name: "007"
      user_domain_name: Default
      project_domain_id: default`

const clouds = `
clouds:
  devstack:
    region_name: RegionOne
    auth:${auth}
  other:
    auth:
      auth_url: https://other.test/v3
      application_credential_id: c-1
`

type Options = NonNullable<Parameters<typeof CloudConfig.fromFile>[0]>

/** Files in a temporary folder, and variables that point to them. */
const withFiles = <A, E>(
  files: Readonly<Record<string, string>>,
  test: (folder: string) => Effect.Effect<A, E, FileSystem.FileSystem>,
  variables: Readonly<Record<string, string>> = {}
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped({ prefix: "effect-rackspace-test-" })
    yield* fs.makeDirectory(`${folder}/openstack`)
    for (const [name, content] of Object.entries(files))
      yield* fs.writeFileString(`${folder}/openstack/${name}`, content)
    const named = Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, value.replace("$", folder)]))
    const provider = ConfigProvider.fromMap(new Map(Object.entries({ XDG_CONFIG_HOME: folder, ...named })))
    return yield* Effect.withConfigProvider(test(folder), provider)
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

const read = (
  files: Readonly<Record<string, string>>,
  options: Options = {},
  variables: Readonly<Record<string, string>> = {}
) => withFiles(files, () => CloudConfig.fromFile(options), variables)

const refusal = (
  files: Readonly<Record<string, string>>,
  options: Options = {},
  variables: Readonly<Record<string, string>> = {}
) =>
  Effect.map(Effect.flip(read(files, options, variables)), (error): Credentials.CredentialsError => {
    assert.instanceOf(error, Credentials.CredentialsError)
    return error as Credentials.CredentialsError
  })

const one = (lines: string) => ({ "clouds.yaml": `clouds:\n  only:\n${lines.replace(/^(?=.)/gm, "    ")}` })

/** The contents of credentials, with their secrets revealed. */
const plain = (credentials: Credentials.Credentials): unknown => {
  const fields: Record<string, unknown> = { ...credentials }
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, Redacted.isRedacted(value) ? Redacted.value(value) : value])
  )
}

describe("clouds.yaml", () => {
  it.effect("reads a cloud by name, with its values as plain strings", () =>
    Effect.gen(function* () {
      const cloud = yield* read({ "clouds.yaml": clouds }, { cloud: "devstack" })
      assert.deepStrictEqual(plain(cloud.credentials), {
        _tag: "KeystonePassword",
        authUrl: "https://keystone.test:5000",
        user: { name: "demo", domain: { name: "Default" } },
        password: "0123",
        passcode: undefined,
        scope: { project: { name: "007", domain: { id: "default" } } }
      })
      assert.strictEqual(cloud.region, "RegionOne")
      assert.isUndefined(cloud.interface)
      assert.deepStrictEqual(cloud.endpoints, {})
      assert.notInclude(shown(cloud), "0123")
    })
  )

  it.effect("uses the cloud that OS_CLOUD names, or the only one; otherwise lists the clouds", () =>
    Effect.gen(function* () {
      const secure = { "secure.yaml": "clouds: {other: {auth: {application_credential_secret: s}}}" }
      const named = yield* read({ "clouds.yaml": clouds, ...secure }, {}, { OS_CLOUD: "other" })
      assert.strictEqual(named.credentials._tag, "ApplicationCredential")
      const only = yield* read(one(`auth:${auth.replace(/^ {2}/gm, "")}`))
      assert.strictEqual(only.credentials._tag, "KeystonePassword")
      const none = yield* refusal({ "clouds.yaml": clouds })
      assert.match(none.message, /specify a cloud \(or set OS_CLOUD\); the file has devstack, other/)
      assert.match(
        (yield* refusal({ "clouds.yaml": clouds }, { cloud: "nope" })).message,
        /no cloud nope; the file has devstack, other/
      )
    })
  )

  it.effect("secure.yaml overrides clouds.yaml key by key, and is found by its variable", () =>
    Effect.gen(function* () {
      const secure = "clouds:\n  devstack:\n    auth:\n      password: from secure\n"
      const merged = yield* read({ "clouds.yaml": clouds, "secure.yaml": secure }, { cloud: "devstack" })
      assert.strictEqual((plain(merged.credentials) as { password: string }).password, "from secure")
      assert.strictEqual(merged.region, "RegionOne")
      const elsewhere = yield* read(
        { "clouds.yaml": clouds, "mine.yml": secure.replace("from secure", "mine") },
        { cloud: "devstack" },
        { OS_CLIENT_SECURE_FILE: "$/openstack/mine.yml" }
      )
      assert.strictEqual((plain(elsewhere.credentials) as { password: string }).password, "mine")
    })
  )

  it.effect("reads the file given as an option or by a variable; .yml and .json are accepted", () =>
    Effect.gen(function* () {
      const file = yield* withFiles({ "mine.yaml": clouds }, (folder) =>
        CloudConfig.fromFile({ file: `${folder}/openstack/mine.yaml`, cloud: "devstack" })
      )
      assert.strictEqual(file.region, "RegionOne")
      const variable = yield* read(
        { "mine.yaml": clouds },
        { cloud: "devstack" },
        { OS_CLIENT_CONFIG_FILE: "$/openstack/mine.yaml" }
      )
      assert.strictEqual(variable.region, "RegionOne")
      const json = { clouds: { a: { auth: { auth_url: "https://a.test/v3", user_id: "u", password: "p" } } } }
      assert.strictEqual((yield* read({ "clouds.json": JSON.stringify(json) })).credentials._tag, "KeystonePassword")
      assert.strictEqual((yield* read({ "clouds.yml": clouds }, { cloud: "devstack" })).region, "RegionOne")
    })
  )

  it.effect("reports the searched paths when there is no file", () =>
    Effect.gen(function* () {
      const error = yield* refusal({})
      assert.strictEqual(error.reason, "missing")
      assert.match(
        error.message,
        /searched for clouds\.yaml, clouds\.yml, clouds\.json, .*openstack\/clouds\.yaml.*\/etc\/openstack/
      )
      const named = yield* refusal({}, { file: "/nowhere/clouds.yaml" })
      assert.match(named.message, /^\/nowhere\/clouds\.yaml: there is no such file/)
    })
  )

  it.effect("reports the line and column of invalid YAML, never its content", () =>
    Effect.gen(function* () {
      const error = yield* refusal({ "clouds.yaml": "clouds:\n  a:\n    auth: {password: sEcReT\n  b: [\n" })
      assert.strictEqual(error.reason, "malformed")
      assert.match(error.message, /not YAML: line \d+, column \d+/)
      assert.notInclude(shown(error), "sEcReT")
      assert.match((yield* refusal({ "clouds.yaml": "- a\n- b\n" })).message, /expected a mapping/)
      assert.match((yield* refusal({ "clouds.yaml": "" })).message, /the file has none/)
    })
  )

  it.effect(
    "a profile of clouds-public.yaml gives defaults to the cloud; profiles are not fetched from the network",
    () =>
      Effect.gen(function* () {
        const files = (profile: string) => ({
          "clouds.yaml": `clouds:\n  a:\n    profile: ${profile}\n    auth: {user_id: u, password: p}\n`,
          "clouds-public.yaml":
            "public-clouds:\n  vendor:\n    region_name: far\n    auth: {auth_url: 'https://vendor.test/v3', user_id: x}\n"
        })
        const cloud = yield* read(files("vendor"))
        assert.strictEqual(cloud.region, "far")
        assert.deepInclude(plain(cloud.credentials) as object, { authUrl: "https://vendor.test/v3", user: { id: "u" } })
        assert.match((yield* refusal(files("nobody"))).message, /no profile nobody; clouds-public\.yaml has vendor/)
        assert.match(
          (yield* refusal(files("https://vendor.test"))).message,
          /are not fetched from the network; add it to clouds-public\.yaml/
        )
      })
  )

  it.effect("accepts regions as names, or as names with values that apply to that region only", () =>
    Effect.gen(function* () {
      const files = one(`auth: {auth_url: 'https://a.test/v3', user_id: u, password: p}
regions:
  - near
  - name: far
    values:
      interface: internal
      auth: {project_id: p-far}`)
      const first = yield* read(files)
      assert.deepStrictEqual([first.region, first.interface], ["near", undefined])
      const far = yield* read(files, { region: "far" })
      assert.deepStrictEqual([far.region, far.interface], ["far", "internal"])
      assert.deepInclude(plain(far.credentials) as object, { scope: { project: { id: "p-far" } } })
      assert.strictEqual((yield* read(files, { region: "FAR" })).region, "far")
      const elsewhere = yield* refusal(files, { region: "elsewhere" })
      assert.match(elsewhere.message, /no region elsewhere; it has near, far/)
    })
  )

  it.effect("accepts a list or comma-separated names as the region name, and uses the first", () =>
    Effect.gen(function* () {
      const login = "auth: {auth_url: 'https://a.test/v3', user_id: u, password: p}"
      for (const names of ["near,far", "[near, far]"]) {
        const files = one(`region_name: ${names}\n${login}`)
        assert.strictEqual((yield* read(files)).region, "near")
        assert.strictEqual((yield* read(files, { region: "far" })).region, "far")
        assert.match((yield* refusal(files, { region: "none" })).message, /it has near, far/)
      }
      // A single name is a default that the program may override.
      assert.strictEqual((yield* read(one(`region_name: near\n${login}`), { region: "far" })).region, "far")
    })
  )

  it.effect("accepts login settings outside auth, and with hyphens in their names", () =>
    Effect.gen(function* () {
      const cloud = yield* read(
        one(`username: outer
password: p
project-name: t
user-domain-name: D
project_domain_id: e
region-name: r
auth: {auth-url: 'https://a.test/v3', username: inner}`)
      )
      assert.deepInclude(plain(cloud.credentials) as object, {
        _tag: "KeystonePassword",
        user: { name: "inner", domain: { name: "D" } },
        password: "p",
        scope: { project: { name: "t", domain: { id: "e" } } }
      })
      assert.strictEqual(cloud.region, "r")
    })
  )

  it.effect("replaces {region_name} in URLs by the region, and rejects unknown placeholders", () =>
    Effect.gen(function* () {
      const files = (name: string) =>
        one(`regions: [one, two]
object_store_endpoint_override: https://{region_name}.swift.test/v1
auth: {auth_url: 'https://{${name}}.a.test/v3', user_id: u, password: '{region_name}'}`)
      const cloud = yield* read(files("region_name"), { region: "two" })
      assert.deepInclude(plain(cloud.credentials) as object, {
        authUrl: "https://two.a.test/v3",
        password: "{region_name}"
      })
      assert.deepStrictEqual(cloud.endpoints, { "object-store": "https://two.swift.test/v1" })
      assert.match((yield* refusal(files("nothing"))).message, /placeholder \{nothing\} in a URL has no value/)
    })
  )

  it.effect("knows the profiles that openstacksdk contains, including Rackspace's", () =>
    Effect.gen(function* () {
      const rackspace = yield* read(
        one("profile: rackspace\nauth_type: rackspace_apikey\nauth: {username: u, api_key: k}"),
        { region: "lon" }
      )
      assert.strictEqual(rackspace.region, "LON")
      assert.deepInclude(plain(rackspace.credentials) as object, {
        _tag: "ApiKey",
        authUrl: "https://identity.api.rackspacecloud.com/v2.0/"
      })
      const ovh = yield* read(one("profile: ovh\nregion_name: GRA7\nauth: {username: u, password: p, project_id: t}"))
      assert.strictEqual(ovh.region, "GRA7")
      assert.deepInclude(plain(ovh.credentials) as object, {
        authUrl: "https://auth.cloud.ovh.net/",
        user: { name: "u", domain: { name: "Default" } }
      })
      const own = {
        ...one("profile: ovh\nauth: {user_id: u, password: p}"),
        "clouds-public.yaml": "public-clouds: {ovh: {region_name: own, auth: {auth_url: 'https://own.test/v3'}}}"
      }
      assert.strictEqual((yield* read(own)).region, "own")
      assert.match(
        (yield* refusal(one("profile: vexxhost\nauth: {}"))).message,
        /profile: profiles are not fetched from the network/
      )
    })
  )

  it.effect("searches ~/.config even when XDG_CONFIG_HOME differs, then the system's configuration folders", () =>
    Effect.gen(function* () {
      const { message } = yield* refusal({}, {}, { XDG_CONFIG_DIRS: "/etc/one:/etc/two" })
      const places = [
        ".config/openstack/clouds.yaml",
        "/etc/one/openstack/clouds.yaml",
        "/etc/two/openstack/clouds.yaml"
      ]
      const at = [...places, "/etc/openstack/clouds.yaml"].map((place) => message.indexOf(place))
      assert.deepStrictEqual(
        at,
        at.toSorted((a, b) => a - b)
      )
      assert.isAbove(at[0] ?? -1, 0)
      assert.include((yield* refusal({})).message, "/etc/xdg/openstack/clouds.yaml")
    })
  )

  it.effect("reads microversions from their own setting, or from a version that is one", () =>
    Effect.gen(function* () {
      const login = "auth: {auth_url: 'https://a.test/v3', user_id: u, password: p}"
      const compute = (lines: string) =>
        Effect.map(read(one(`${lines}\n${login}`)), ({ microversions }) => microversions["compute"])
      assert.strictEqual(yield* compute("compute_default_microversion: '2.60'"), "2.60")
      assert.strictEqual(yield* compute("compute_api_version: '2.79'"), "2.79")
      assert.isUndefined(yield* compute("compute_api_version: 2"))
      assert.isUndefined(yield* compute("compute_api_version: '2.0'"))
      const both = yield* refusal(one(`compute_api_version: '2.79'\ncompute_default_microversion: '2.60'\n${login}`))
      assert.match(both.message, /compute_api_version is 2\.79 and compute_default_microversion 2\.60/)
    })
  )

  it.effect("accepts both spellings of interfaces, and endpoints of services", () =>
    Effect.gen(function* () {
      const cloud = yield* read(
        one(`auth: {auth_url: 'https://a.test/v3', user_id: u, password: p}
endpoint_type: internalURL
object_store_endpoint_override: https://swift.test/v1/AUTH_p`)
      )
      assert.strictEqual(cloud.interface, "internal")
      assert.deepStrictEqual(cloud.endpoints, { "object-store": "https://swift.test/v1/AUTH_p" })
      const odd = yield* refusal(
        one("interface: sideways\nauth: {auth_url: 'https://a.test/v3', user_id: u, password: p}")
      )
      assert.match(odd.message, /interface is sideways; expected public, internal or admin/)
    })
  )

  it.effect("rejects settings for the HttpClient unless they are declared as handled", () =>
    Effect.gen(function* () {
      for (const line of [
        "verify: false",
        "verify: no",
        "verify: 0",
        "verify: /ca.pem",
        "insecure: 1",
        "insecure: 'Yes'",
        "insecure: true",
        "cacert: /ca.pem",
        "cert: /c.pem",
        "key: /k.pem"
      ]) {
        const files = one(`${line}\nauth: {auth_url: 'https://a.test/v3', user_id: u, password: p}`)
        const error = yield* refusal(files)
        assert.strictEqual(error.reason, "unsupported")
        assert.match(error.message, /must be applied by the program's HttpClient.*tls: "handled"/)
        yield* read(files, { tls: "handled" })
      }
      for (const login of ["insecure: true", "cacert: /ca.pem", "verify: false"]) {
        const error = yield* refusal(one(`auth: {auth_url: 'https://a.test/v3', user_id: u, password: p, ${login}}`))
        assert.strictEqual(error.reason, "unsupported", login)
      }
      yield* read(one("insecure: false\nverify: true\nauth: {auth_url: 'https://a.test/v3', user_id: u, password: p}"))
    })
  )
})

describe("YAML in clouds.yaml", () => {
  const scopeIn = (files: Readonly<Record<string, string>>, options: Options = { cloud: "site" }) =>
    Effect.map(read(files, options), ({ credentials }) =>
      credentials._tag === "KeystonePassword" ? credentials.scope : assert.fail(credentials._tag)
    )

  const site = (auth: string, above = "") => ({
    "clouds.yaml": `${above}
clouds:
  site:
    auth:
      auth_url: https://keystone.test/v3
      user_id: u
      password: p
${auth.replace(/^(?=.)/gm, "      ")}`
  })

  it.effect("a merge key includes one or several mappings, overridden by the entry's own keys", () =>
    Effect.gen(function* () {
      const above = `
x-a: &a { project_name: a, project_domain_id: da }
x-b: &b { project_name: b, project_domain_id: db, <<: { system_scope: null } }
x-list: &list [*b, *a]`
      const expected = (name: string, id: string) => ({ project: { name, domain: { id } } })
      for (const [auth, scope] of [
        ["<<: *a", expected("a", "da")],
        ["<<: [*a, *b]", expected("a", "da")],
        ["<<: [*b, *a]", expected("b", "db")],
        ["<<: *list", expected("b", "db")],
        ["<<: *a\nproject_name: own", expected("own", "da")],
        ["project_name: own\n<<: *a", expected("own", "da")],
        ["<<: { <<: *a, project_name: own }", expected("own", "da")]
      ] as const) {
        assert.deepStrictEqual(yield* scopeIn(site(auth, above)), scope, auth)
      }
    })
  )

  it.effect("merge keys work at every depth and in every file", () =>
    Effect.gen(function* () {
      const cloud = yield* read(
        {
          "clouds.yaml": `
x-entry: &entry
  profile: base
  regions:
    - name: R1
      values: { <<: &values { interface: internal } }
clouds:
  <<: { other: { auth: { auth_url: 'https://other.test' } } }
  site: { <<: *entry, auth: { user_id: u, project_id: p } }`,
          "secure.yaml": "x: &x { password: secret }\nclouds: { site: { auth: { <<: *x } } }",
          "clouds-public.yaml":
            "x: &x { auth_url: 'https://keystone.test/v3' }\npublic-clouds: { base: { auth: { <<: *x } } }"
        },
        { cloud: "site" }
      )
      assert.deepStrictEqual([cloud.region, cloud.interface], ["R1", "internal"])
      assert.strictEqual(cloud.credentials.authUrl, "https://keystone.test/v3")
    })
  )

  it.effect("treats every spelling of null as absent; a quoted null is a string", () =>
    Effect.gen(function* () {
      for (const nothing of ["null", "Null", "NULL", "~", "", "!!null ''", "!!null x"]) {
        const cloud = yield* read(
          {
            ...one(
              `interface: ${nothing}\nregion_name: ${nothing}\nregions: [~, R1]\ncacert: ${nothing}\nverify: ${nothing}\ncompute_api_version: ${nothing}\nauth_type: ${nothing}\nobject_store_endpoint_override: ${nothing}\nprofile: ${nothing}\nauth:\n  auth_url: https://a.test/v3\n  username: u\n  user_id: ${nothing}\n  password: p\n  project_name: ${nothing}\n  project_id: t\n  trust_id: ${nothing}\n  application_credential_id: ${nothing}\n  token: ${nothing}`
            ),
            "secure.yaml": `clouds:\n  only:\n    auth:\n      password: ${nothing}`
          },
          {}
        )
        assert.deepStrictEqual(
          { ...cloud, credentials: plain(cloud.credentials) },
          {
            credentials: {
              _tag: "KeystonePassword",
              authUrl: "https://a.test/v3",
              user: { name: "u", domain: { id: "default" } },
              password: "p",
              passcode: undefined,
              scope: { project: { id: "t" } }
            },
            region: "R1",
            interface: undefined,
            endpoints: {},
            serviceNames: {},
            microversions: {}
          },
          nothing
        )
      }
      assert.deepStrictEqual(yield* scopeIn(site("project_name: 'null'\nproject_domain_id: \"~\"")), {
        project: { name: "null", domain: { id: "~" } }
      })
      for (const empty of ["", "~", "clouds: ~", "clouds:\n  site:"]) {
        const error = yield* refusal({ "clouds.yaml": empty }, { cloud: "site" })
        assert.match(error.message, /no cloud site; the file has none$/, empty)
      }
    })
  )

  it.effect("reports unreadable files with typed errors that quote nothing of the file", () =>
    Effect.gen(function* () {
      const bomb = [
        "a0: &a0 [hunter2]",
        ...Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(10)}]`)
      ]
      const broken: ReadonlyArray<string> = [
        "clouds: { site: { auth: { password: *hunter2 } } }",
        "clouds: { site: { auth: { <<: hunter2 } } }",
        "clouds: { site: { auth: { <<: [hunter2] } } }",
        "clouds: { site: { auth: { <<: *hunter2 } } }",
        bomb.join("\n"),
        `clouds: ${"[".repeat(20_000)}hunter2`,
        `clouds: ${"{a: ".repeat(3000)}hunter2${"}".repeat(3000)}`,
        "clouds: &hunter2 { site: *hunter2 }",
        "clouds: { hunter2: 1, hunter2: 2 }",
        "clouds: !hunter2 { site: hunter2 }\n%hunter2",
        'clouds: "hunter2',
        "- hunter2",
        "a: 1\n---\nb: hunter2"
      ]
      for (const name of ["clouds.yaml", "secure.yaml", "clouds-public.yaml"]) {
        for (const content of broken) {
          const error = yield* refusal({ ...site("project_id: t"), [name]: content }, { cloud: "site" })
          assert.strictEqual(error.reason, "malformed", `${name}: ${content.slice(0, 60)}`)
          assert.include(error.source, name)
          assert.notInclude(shown(error), "hunter2")
        }
      }
    })
  )

  it.effect("rejects a file that is not UTF-8, without quoting it", () =>
    Effect.gen(function* () {
      for (const name of ["clouds.yaml", "secure.yaml", "clouds-public.yaml"]) {
        const error = yield* withFiles(site("project_id: t"), (folder) =>
          Effect.gen(function* () {
            const fs = yield* FileSystem.FileSystem
            yield* fs.writeFile(
              `${folder}/openstack/${name}`,
              Buffer.from("clouds: { a: { b: caf\u00e9-hunter2 } }", "latin1")
            )
            return yield* Effect.flip(CloudConfig.fromFile({ cloud: "site" }))
          })
        )
        assert.match(error._tag === "CredentialsError" ? error.message : error._tag, /not UTF-8 text/)
        assert.notInclude(shown(error), "hunter2")
      }
    })
  )

  it.effect("rejects a setting of one service that differs from the cloud's", () =>
    Effect.gen(function* () {
      const login = "auth: {auth_url: 'https://a.test/v3', user_id: u, password: p}"
      for (const line of [
        "compute_interface: internal",
        "object_store_region_name: R2",
        "object-store-endpoint-type: adminURL",
        "compute_service_type: compute_legacy"
      ]) {
        const error = yield* refusal(one(`${line}\n${login}`))
        assert.strictEqual(error.reason, "unsupported", line)
      }
      const cloud = yield* read(
        one(
          `interface: internal\ncompute_interface: internalURL\nregion_name: R1\ncompute_region_name: R1\nobject_store_service_name: radosgw\nimage_interface: admin\n${login}`
        )
      )
      assert.deepStrictEqual(cloud.serviceNames, { "object-store": "radosgw" })
    })
  )

  it.effect("reads trusts, access tokens and tenants by name", () =>
    Effect.gen(function* () {
      const trust = yield* read(one("auth: {auth_url: 'https://a.test/v3', user_id: u, password: p, trust_id: t}"))
      assert.deepStrictEqual((plain(trust.credentials) as { scope: unknown }).scope, { trust: { id: "t" } })
      const oidc = yield* read(
        one(
          "auth_type: v3oidcaccesstoken\nauth: {auth_url: 'https://a.test/v3', identity_provider: i, protocol: o, access_token: t, project_id: p}"
        )
      )
      assert.deepStrictEqual(plain(oidc.credentials), {
        _tag: "OidcAccessToken",
        authUrl: "https://a.test/v3",
        identityProvider: "i",
        protocol: "o",
        accessToken: "t",
        scope: { project: { id: "p" } }
      })
      const v2 = yield* read(one("auth: {auth_url: 'https://a.test/v2.0', username: u, password: p, tenant_name: t}"))
      assert.deepStrictEqual(plain(v2.credentials), {
        _tag: "Password",
        authUrl: "https://a.test/v2.0",
        username: "u",
        password: "p",
        tenantId: undefined,
        tenantName: "t"
      })
    })
  )
})

describe("kinds of login in clouds.yaml", () => {
  const url = "auth_url: 'https://a.test/v3'"
  const cases: ReadonlyArray<readonly [name: string, lines: string, credentials: unknown]> = [
    [
      "a user by id, a project by id",
      `auth: {${url}, user_id: u, password: p, project_id: '0042'}`,
      { _tag: "KeystonePassword", user: { id: "u" }, password: "p", scope: { project: { id: "0042" } } }
    ],
    [
      "names without a domain are in the default domain",
      `auth_type: v3password\nauth: {${url}, username: u, password: p, tenant_name: t}`,
      {
        _tag: "KeystonePassword",
        user: { name: "u", domain: { id: "default" } },
        scope: { project: { name: "t", domain: { id: "default" } } }
      }
    ],
    [
      "a default domain",
      `auth: {${url}, username: u, password: p, project_name: t, default_domain: D, project_domain_name: E}`,
      {
        user: { name: "u", domain: { name: "D" } },
        scope: { project: { name: "t", domain: { name: "E" } } }
      }
    ],
    [
      "one domain for the user and the project",
      `auth: {${url}, username: u, password: p, project_name: t, domain_name: D, project_domain_id: e}`,
      { user: { name: "u", domain: { name: "D" } }, scope: { project: { name: "t", domain: { id: "e" } } } }
    ],
    ["a domain", `auth: {${url}, user_id: u, password: p, domain_name: D}`, { scope: { domain: { name: "D" } } }],
    ["the system", `auth: {${url}, user_id: u, password: p, system_scope: all}`, { scope: { system: "all" } }],
    ["no scope", `auth: {${url}, user_id: u, password: p}`, { scope: undefined }],
    [
      "a passcode",
      `auth_type: v3multifactor\nauth: {${url}, user_id: u, password: p, passcode: '012345'}`,
      { _tag: "KeystonePassword", passcode: "012345" }
    ],
    [
      "an application credential",
      `auth_type: v3applicationcredential\nauth: {${url}, application_credential_id: c, application_credential_secret: s}`,
      { _tag: "ApplicationCredential", credential: { id: "c" }, secret: "s" }
    ],
    [
      "an application credential by name, recognized by its fields",
      `auth: {${url}, application_credential_name: n, application_credential_secret: s, username: u, user_domain_id: d}`,
      {
        _tag: "ApplicationCredential",
        credential: { name: "n", user: { name: "u", domain: { id: "d" } } },
        secret: "s"
      }
    ],
    [
      "a token",
      `auth_type: token\nauth: {${url}, token: t, project_id: p}`,
      { _tag: "KeystoneToken", token: "t", scope: { project: { id: "p" } } }
    ],
    ["a token, recognized by its fields", `auth: {${url}, token: t}`, { _tag: "KeystoneToken", token: "t" }],
    [
      "version 2 by its URL",
      `auth: {auth_url: 'https://a.test/v2.0', username: u, password: p, tenant_id: '010101'}`,
      { _tag: "Password", username: "u", password: "p", tenantId: "010101" }
    ],
    [
      "version 2 by its number",
      "identity_api_version: 2.0\nauth: {auth_url: 'https://a.test', username: u, password: p}",
      { _tag: "Password", username: "u" }
    ],
    [
      "version 2 by name",
      `auth_type: v2password\nauth: {auth_url: 'https://a.test', username: u, password: p}`,
      { _tag: "Password", tenantId: undefined }
    ],
    [
      "Rackspace's API key",
      `auth_type: rackspace_apikey\nauth: {username: u, api_key: k}`,
      { _tag: "ApiKey", username: "u", apiKey: "k", authUrl: Credentials.usAuthUrl }
    ],
    [
      "Swift's own",
      `auth_type: v1password\nauth: {auth_url: 'https://swift.test/auth/v1.0', username: 'a:u', password: k}`,
      { _tag: "SwiftKey", user: "a:u", key: "k", authUrl: "https://swift.test/auth/v1.0" }
    ]
  ]
  for (const [name, lines, credentials] of cases) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const cloud = yield* read(one(lines))
        assert.deepInclude(plain(cloud.credentials) as object, credentials as object)
        assert.notMatch(JSON.stringify(cloud.credentials), /"(password|secret|token|key|apiKey)":"(?!<redacted>)/)
      })
    )
  }

  const incomplete: ReadonlyArray<readonly [lines: string, message: RegExp]> = [
    ["auth: {user_id: u, password: p}", /auth has no auth_url/],
    [`auth: {${url}, password: p}`, /auth has no username or user_id/],
    [`auth: {${url}, user_id: u}`, /auth has no password/],
    [`auth_type: token\nauth: {${url}}`, /auth has no token/],
    [`auth: {${url}, application_credential_id: c}`, /auth has no application_credential_secret/],
    [
      `auth: {${url}, application_credential_name: n, application_credential_secret: s}`,
      /auth has no username or user_id, which is required with application_credential_name/
    ],
    ["auth_type: rackspace_apikey\nauth: {username: u}", /auth has no api_key/],
    [
      `auth: {${url}, user_id: u, password: p, trust_id: t, project_id: t}`,
      /trust_id and a project: a token can have only one of these scopes/
    ],
    [`auth_type: v3oidcaccesstoken\nauth: {${url}, protocol: p, access_token: t}`, /auth has no identity_provider/],
    [`auth_type: v3oidcaccesstoken\nauth: {${url}, identity_provider: i, access_token: t}`, /auth has no protocol/],
    [`auth_type: v3oidcaccesstoken\nauth: {${url}, identity_provider: i, protocol: p}`, /auth has no access_token/],
    [
      "auth: {auth_url: 'https://u:hunter2@a.test/v3', user_id: u, password: p}",
      /auth_url contains a user name or a password; expected a URL without them$/
    ],
    [`auth: {${url}, user_id: u, password: p, system_scope: all, project_id: t}`, /system_scope and a project/],
    [
      "auth_type: v3oidcpassword\nauth: {}",
      /auth_type v3oidcpassword is not supported; expected one of password, v3password/
    ]
  ]
  for (const [lines, message] of incomplete) {
    it.effect(`are rejected: ${message.source}`, () =>
      Effect.gen(function* () {
        const error = yield* refusal(one(lines))
        assert.match(error.message, message)
        assert.match(error.message, /clouds\.yaml, cloud only: /)
      })
    )
  }
})

describe("the OS_* variables", () => {
  const from = (
    variables: Readonly<Record<string, string>>,
    options?: Parameters<typeof CloudConfig.fromEnvironment>[0]
  ) =>
    Effect.withConfigProvider(
      CloudConfig.fromEnvironment(options),
      ConfigProvider.fromMap(new Map(Object.entries(variables)))
    )

  it.effect("read those of an openrc file", () =>
    Effect.gen(function* () {
      const cloud = yield* from({
        OS_AUTH_URL: "https://a.test:5000/v3",
        OS_USERNAME: "demo",
        OS_PASSWORD: "s3cr3t",
        OS_PROJECT_NAME: "p",
        OS_USER_DOMAIN_NAME: "Default",
        OS_PROJECT_DOMAIN_ID: "default",
        OS_REGION_NAME: "RegionOne",
        OS_INTERFACE: "internal",
        OS_IDENTITY_API_VERSION: "3"
      })
      assert.deepInclude(plain(cloud.credentials) as object, {
        _tag: "KeystonePassword",
        user: { name: "demo", domain: { name: "Default" } },
        password: "s3cr3t",
        scope: { project: { name: "p", domain: { id: "default" } } }
      })
      assert.deepStrictEqual([cloud.region, cloud.interface], ["RegionOne", "internal"])
      assert.notInclude(shown(cloud), "s3cr3t")
    })
  )

  it.effect("read those of an application credential, a token and Swift's tools", () =>
    Effect.gen(function* () {
      const url = { OS_AUTH_URL: "https://a.test:5000" }
      const application = yield* from({
        ...url,
        OS_AUTH_TYPE: "v3applicationcredential",
        OS_APPLICATION_CREDENTIAL_ID: "c",
        OS_APPLICATION_CREDENTIAL_SECRET: "s"
      })
      assert.deepInclude(plain(application.credentials) as object, { credential: { id: "c" }, secret: "s" })
      const token = yield* from({ ...url, OS_TOKEN: "t", OS_PROJECT_ID: "p" })
      assert.deepInclude(plain(token.credentials) as object, { token: "t", scope: { project: { id: "p" } } })
      const swift = yield* from({ ST_AUTH: "https://swift.test/auth/v1.0", ST_USER: "a:u", ST_KEY: "k" })
      assert.deepInclude(plain(swift.credentials) as object, { _tag: "SwiftKey", user: "a:u", key: "k" })
    })
  )

  it.effect("read endpoints and API versions of services", () =>
    Effect.gen(function* () {
      const cloud = yield* from({
        OS_AUTH_URL: "https://a.test",
        OS_AUTH_TOKEN: "t",
        OS_OBJECT_STORE_ENDPOINT_OVERRIDE: "https://swift.test/v1/a",
        OS_COMPUTE_API_VERSION: "2.79"
      })
      assert.deepInclude(plain(cloud.credentials) as object, { _tag: "KeystoneToken", token: "t" })
      assert.deepStrictEqual(cloud.endpoints, { "object-store": "https://swift.test/v1/a" })
      assert.deepStrictEqual(cloud.microversions, { compute: "2.79" })
      assert.strictEqual(
        (yield* Effect.flip(from({ OS_AUTH_URL: "https://a.test", OS_TOKEN: "t", OS_INSECURE: "true" })))._tag,
        "CredentialsError"
      )
    })
  )

  it.effect("report missing variables, and no values of those that are set", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(from({ OS_AUTH_URL: "https://a.test", OS_PASSWORD: "s3cr3t" }))
      assert.match(String(error.message), /the variables OS_\*: auth has no username or user_id/)
      assert.notInclude(shown(error), "s3cr3t")
      const tls = { OS_AUTH_URL: "https://a.test", OS_USER_ID: "u", OS_PASSWORD: "p", OS_CACERT: "/ca.pem" }
      assert.match(
        String((yield* Effect.flip(from(tls))).message),
        /cacert must be applied by the program's HttpClient/
      )
      yield* from(tls, { tls: "handled" })
    })
  )
})
