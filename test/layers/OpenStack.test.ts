import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigError, ConfigProvider, Effect, Layer } from "effect"
import { CloudFiles, CloudServers, Credentials, OpenStack, TestCloud } from "effect-rackspace"

const work = Effect.gen(function* () {
  const servers = yield* CloudServers.CloudServers
  const files = yield* CloudFiles.CloudFiles
  yield* files.createContainer({ container: "c" })
  yield* servers.getLimits()
  yield* files.getAccount()
})

const targets = Effect.map(
  Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.requests),
  (all) => all.map(({ method, target }) => `${method} ${target.split("?")[0]}`)
)

const cloudsYaml = (extra = "") =>
  Effect.map(
    TestCloud.TestCloud,
    ({ authUrlV3, credentials: { password, username } }) => `clouds:
  emulated:
    region_name: ORD
${extra}    auth:
      auth_url: ${authUrlV3}
      username: ${username}
      password: ${password}
      project_name: demo
`
  )

/** Runs on the cloud of a clouds.yaml in a temporary folder. */
const onCloud = (extra: string, options: Parameters<typeof OpenStack.layerCloud>[0] = {}) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped({ prefix: "effect-rackspace-test-" })
    const file = `${folder}/clouds.yaml`
    yield* fs.writeFileString(file, yield* cloudsYaml(extra))
    return yield* Effect.provide(work, OpenStack.layerCloud({ file, ...options }))
  }).pipe(
    Effect.scoped,
    Effect.provide(NodeContext.layer),
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map()))
  )

const account = "MossoCloudFS_0672d7fa-9f85-4a81-a3ab-adb66a880123"

describe("OpenStack", () => {
  it.effect("logs in once by Keystone v3, and provides OpenStack's services of the given region", () =>
    Effect.gen(function* () {
      const credentials = Effect.map(TestCloud.TestCloud, ({ authUrlV3, credentials: { applicationCredential } }) =>
        Credentials.applicationCredential({
          authUrl: authUrlV3,
          credential: { id: applicationCredential?.id ?? "" },
          secret: applicationCredential?.secret ?? ""
        })
      )
      yield* Effect.provide(work, OpenStack.layer({ credentials, region: "ord" }))
      assert.deepStrictEqual(yield* targets, [
        "POST /v3/auth/tokens",
        `PUT /files/ord/v1/${account}/c`,
        "GET /servers/ord/v2/010101/limits",
        `HEAD /files/ord/v1/${account}`
      ])
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.effect("layerCloud takes login, region, interface and endpoints from clouds.yaml", () =>
    Effect.gen(function* () {
      yield* onCloud(`    compute_endpoint_override: http://cloud.test/servers/dfw/v2/010101\n`)
      assert.deepStrictEqual(yield* targets, [
        "POST /v3/auth/tokens",
        `PUT /files/ord/v1/${account}/c`,
        "GET /servers/dfw/v2/010101/limits",
        `HEAD /files/ord/v1/${account}`
      ])
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.effect("layerCloud uses the interface and the microversion of the file for requests", () =>
    Effect.gen(function* () {
      yield* onCloud(`    interface: internal\n    compute_default_microversion: '2.79'\n`, {
        endpoints: { CloudServers: "http://cloud.test/servers/dfw/v2/010101" }
      })
      assert.include((yield* targets)[1], "snet")
      const all = yield* Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.requests)
      assert.deepStrictEqual(all.map(({ headers, service }) => [service, headers["openstack-api-version"]]).slice(1), [
        ["files", undefined],
        ["servers", "compute 2.79"],
        ["files", undefined]
      ])
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.effect("layerCloud prefers the program's options to the file", () =>
    Effect.gen(function* () {
      yield* onCloud(`    object_store_endpoint_override: http://nowhere.test\n`, {
        region: "DFW",
        endpoints: { CloudFiles: `http://cloud.test/files/ord/v1/${account}` }
      })
      assert.deepStrictEqual((yield* targets).slice(1), [
        `PUT /files/ord/v1/${account}/c`,
        "GET /servers/dfw/v2/010101/limits",
        `HEAD /files/ord/v1/${account}`
      ])
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.effect("layerCloud fails if the file is missing or the login is rejected", () =>
    Effect.gen(function* () {
      const missing = yield* Effect.flip(Layer.build(OpenStack.layerCloud({ file: "/nowhere/clouds.yaml" })))
      assert.strictEqual(missing._tag, "CredentialsError")
      const cloud = yield* TestCloud.TestCloud
      yield* cloud.disableUser
      const refused = yield* Effect.flip(onCloud(""))
      assert.strictEqual(refused._tag, "AuthenticationFailed")
    }).pipe(Effect.scoped, Effect.provide([NodeContext.layer, TestCloud.layerCloud()]))
  )

  it.effect("sends no request when it is built with a lazy login", () =>
    Effect.gen(function* () {
      const credentials = Effect.map(TestCloud.TestCloud, ({ credentials: { apiKey, username }, swiftAuthUrl }) =>
        Credentials.swiftKey({ authUrl: swiftAuthUrl, user: username, key: apiKey })
      )
      yield* Layer.build(OpenStack.layer({ credentials, lazy: true }))
      assert.isEmpty(yield* targets)
    }).pipe(Effect.scoped, Effect.provide(TestCloud.layerCloud()))
  )
})

describe("OpenStack.layerConfig", () => {
  const variables = Effect.map(
    TestCloud.TestCloud,
    ({ authUrlV3, credentials: { password, projectName, username } }) => ({
      OS_AUTH_URL: authUrlV3,
      OS_USERNAME: username,
      OS_PASSWORD: password,
      OS_PROJECT_NAME: projectName,
      OS_USER_DOMAIN_NAME: "Default",
      OS_PROJECT_DOMAIN_NAME: "Default",
      OS_REGION_NAME: "ORD"
    })
  )

  const withVariables =
    (more: Readonly<Record<string, string>> = {}) =>
    <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.flatMap(variables, (given) =>
        Effect.withConfigProvider(effect, ConfigProvider.fromMap(new Map(Object.entries({ ...given, ...more }))))
      ).pipe(Effect.provide(TestCloud.layerCloud()))

  it.effect("reads the variables of an openrc file by default", () =>
    Effect.gen(function* () {
      yield* Effect.provide(work, OpenStack.layerConfig())
      assert.include(yield* targets, "GET /servers/ord/v2/010101/limits")
    }).pipe(withVariables())
  )

  it.effect("options replace the variables", () =>
    Effect.gen(function* () {
      yield* Effect.provide(
        work,
        OpenStack.layerConfig({
          region: Config.string("MY_REGION"),
          interface: Config.succeed("internal")
        })
      )
      assert.include(yield* targets, "GET /servers/dfw/v2/010101/limits")
      assert.include(yield* targets, `HEAD /snet-files/dfw/v1/${account}`)
    }).pipe(withVariables({ MY_REGION: "DFW" }))
  )

  it.effect("reads only the given options with credentials of its own", () =>
    Effect.gen(function* () {
      const { credentials, swiftAuthUrl } = yield* TestCloud.TestCloud
      const key = Config.map(Config.redacted("KEY"), (value) =>
        Credentials.swiftKey({ authUrl: swiftAuthUrl, user: credentials.username, key: value })
      )
      const missing = yield* Effect.flip(Layer.build(OpenStack.layerConfig({ credentials: key })))
      assert.isTrue(ConfigError.isConfigError(missing) && ConfigError.isMissingData(missing))
    }).pipe(Effect.scoped, withVariables())
  )
})
