import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigError, ConfigProvider, Context, Effect, Layer, Option, Stream } from "effect"
import {
  CloudError,
  CloudFiles,
  CloudLoadBalancers,
  CloudBigData,
  CloudServers,
  Credentials,
  Identity,
  Rackspace,
  RetryPolicy,
  TestCloud
} from "effect-rackspace"
import { expectTypeOf } from "vitest"

/** The requests to the services of the cloud, without logins. */
const serviceRequests = Effect.flatMap(TestCloud.TestCloud, (cloud) =>
  Effect.map(cloud.requests, (all) => all.filter(({ service }) => service !== "identity"))
)

const targets = Effect.map(serviceRequests, (all) => all.map(({ method, target }) => `${method} ${target}`))

const limits = Effect.flatMap(CloudServers.CloudServers, (servers) => servers.getLimits())

/** Builds `Rackspace.layer` on a new emulated cloud, and runs an effect with it. */
const on =
  (options: Omit<Rackspace.Options, "credentials">, cloud: TestCloud.CloudOptions = {}) =>
  <A, E>(
    effect: Effect.Effect<A, E, Rackspace.Services | Identity.TokenRef | TestCloud.TestCloud | HttpClient.HttpClient>
  ) =>
    effect.pipe(
      Effect.provide(Rackspace.layer({ ...options, credentials: TestCloud.credentials })),
      Effect.provide(TestCloud.layerCloud(cloud))
    )

describe("Rackspace.layer", () => {
  it.effect("logs in once for all services, and sends no requests to them", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      assert.strictEqual((yield* cloud.logins).succeeded, 1)
      assert.isEmpty(yield* serviceRequests)
      yield* limits
      yield* Effect.flatMap(CloudFiles.CloudFiles, (files) => files.getAccount())
      assert.strictEqual((yield* cloud.logins).succeeded, 1)
      assert.strictEqual((yield* serviceRequests).length, 2)
    }).pipe(on({}))
  )

  it.effect("uses the user's default region if none is given", () =>
    Effect.gen(function* () {
      yield* limits
      assert.deepStrictEqual(yield* targets, ["GET /servers/ord/v2/010101/limits"])
    }).pipe(on({}, { defaultRegion: "ORD" }))
  )

  it.effect("uses the given region, in upper or lower case", () =>
    Effect.gen(function* () {
      yield* limits
      yield* Effect.flatMap(CloudFiles.CloudFiles, (files) => files.getAccount())
      yield* Effect.flatMap(CloudLoadBalancers.CloudLoadBalancers, (balancers) => balancers.listAlgorithms())
      const [servers, files, balancers] = yield* targets
      assert.strictEqual(servers, "GET /servers/ord/v2/010101/limits")
      assert.match(files ?? "", /^HEAD \/files\/ord\/v1\/MossoCloudFS_/)
      assert.strictEqual(balancers, "GET /loadbalancers/ord/v1.0/010101/loadbalancers/algorithms")
    }).pipe(on({ region: "oRd" }))
  )

  it.effect("fails for an unknown region with the account's regions, before any request to a service", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        limits.pipe(Effect.provide(Rackspace.layer({ credentials: TestCloud.credentials, region: "LON" })))
      )
      assert.instanceOf(error, CloudError.EndpointNotFound)
      assert.strictEqual(error.region, "LON")
      assert.includeMembers([...error.available], ["DFW", "ORD"])
      assert.match(error.message, /^Rackspace\.layer: the account has no region LON; it has .*DFW.*ORD/)
      assert.isEmpty(yield* serviceRequests)
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.scoped("logs in at the first request if it is lazy, with any region", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const lazily = (region: string) => Rackspace.layer({ credentials: TestCloud.credentials, lazy: true, region })
      yield* Layer.build(lazily("DFW"))
      assert.strictEqual((yield* cloud.logins).succeeded, 0)
      const error = yield* Effect.flip(limits.pipe(Effect.provide(lazily("LON"))))
      assert.instanceOf(error, CloudError.EndpointNotFound)
      assert.include(error.message, "DFW")
      assert.isEmpty(yield* serviceRequests)
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.effect("fails with the service's regions if only other services have the given region", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(limits)
      assert.instanceOf(error, CloudError.EndpointNotFound)
      assert.deepStrictEqual(error.available, ["DFW", "ORD"])
      assert.include(error.message, "has no endpoint in region IAD; it has DFW, ORD")
      assert.isEmpty(yield* serviceRequests)
    }).pipe(on({ region: "IAD" }))
  )

  it.effect("requires a region if the account has several and the user has no default region", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(limits)
      assert.instanceOf(error, CloudError.EndpointNotFound)
      assert.include(error.message, "specify a region")
      assert.include(error.message, "DFW, ORD")
      assert.isEmpty(yield* serviceRequests)
    }).pipe(on({}, { defaultRegion: "" }))
  )

  it.effect("uses the only region of the account if the user has no default region", () =>
    Effect.gen(function* () {
      yield* limits
      assert.deepStrictEqual(yield* targets, ["GET /servers/syd/v2/010101/limits"])
    }).pipe(on({}, { defaultRegion: "", regions: ["SYD"] }))
  )

  it.effect("fails with the login's error", () =>
    Effect.gen(function* () {
      const { authUrl } = yield* TestCloud.TestCloud
      const credentials = Credentials.apiKey({ authUrl, username: "demo", apiKey: "wrong" })
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Rackspace.layer({ credentials }))))
      assert.instanceOf(error, CloudError.AuthenticationFailed)
      assert.strictEqual(error.reason, "refused")
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.effect("fails with the credentials' error, without any request", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const layer = Rackspace.layer({ credentials: Effect.fail("no credentials" as const) })
      assert.strictEqual(yield* Effect.flip(Effect.scoped(Layer.build(layer))), "no credentials")
      assert.isEmpty(yield* cloud.requests)
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.effect("uses a given endpoint for its service, and the catalog's for the others", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      yield* cloud.fail({ match: { path: "/elsewhere" }, fault: { _tag: "Status", status: 404, body: "not here" } })
      const error = yield* Effect.flip(limits)
      assert.instanceOf(error, CloudError.UnexpectedStatus)
      assert.strictEqual(error.url, "http://proxy.test:8080/elsewhere/limits")
      yield* Effect.flatMap(CloudFiles.CloudFiles, (files) => files.getAccount())
      const [first, second] = yield* serviceRequests
      assert.strictEqual(`${first?.headers["host"]}${first?.target}`, "proxy.test:8080/elsewhere/limits")
      assert.strictEqual(second?.headers["host"], "cloud.test")
    }).pipe(on({ endpoints: { CloudServers: "http://proxy.test:8080/elsewhere/" } }))
  )

  it.effect("uses the internal endpoints if configured, and fails for a service without one", () =>
    Effect.gen(function* () {
      yield* Effect.flatMap(CloudFiles.CloudFiles, (files) => files.getAccount())
      assert.match((yield* targets)[0] ?? "", /^HEAD \/snet-files\/dfw\/v1\/MossoCloudFS_/)
      const error = yield* Effect.flip(limits)
      assert.instanceOf(error, CloudError.EndpointNotFound)
      assert.include(error.message, "has no internal endpoint in region DFW")
      assert.strictEqual((yield* serviceRequests).length, 1)
    }).pipe(on({ interface: "internal" }))
  )

  it.effect("uses the transformed HttpClient and the given retry policy", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      yield* cloud.fail({ match: { service: "servers" }, fault: { _tag: "Status", status: 503 } })
      assert.instanceOf(yield* Effect.flip(limits), CloudError.ServiceUnavailable)
      const [request, ...more] = yield* serviceRequests
      assert.isEmpty(more)
      assert.strictEqual(request?.headers["via"], "my proxy")
    }).pipe(
      on({
        retry: RetryPolicy.never,
        transformClient: HttpClient.mapRequest((request) => ({
          ...request,
          headers: { ...request.headers, via: "my proxy" } as typeof request.headers
        }))
      })
    )
  )

  it("has its requirements and errors in its type", () => {
    const credentials = Credentials.apiKey({ username: "u", apiKey: "k" })
    expectTypeOf(Rackspace.layer({ credentials })).toEqualTypeOf<
      Layer.Layer<
        | CloudServers.CloudServers
        | CloudFiles.CloudFiles
        | CloudLoadBalancers.CloudLoadBalancers
        | CloudBigData.CloudBigData
        | Identity.TokenRef,
        CloudError.AuthenticationFailed | CloudError.EndpointNotFound,
        HttpClient.HttpClient
      >
    >()
    const read = Credentials.fromFile("f")
    expectTypeOf<
      Layer.Layer.Error<ReturnType<typeof Rackspace.layer<Effect.Effect.Error<typeof read>>>>
    >().toEqualTypeOf<CloudError.AuthenticationFailed | CloudError.EndpointNotFound | Credentials.CredentialsError>()
  })
})

describe("Rackspace.layerServices", () => {
  it.effect("uses two regions with one login", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const dfw = Context.get(yield* Layer.build(Rackspace.layerServices({ region: "DFW" })), CloudServers.CloudServers)
      const ord = Context.get(yield* Layer.build(Rackspace.layerServices({ region: "ORD" })), CloudServers.CloudServers)
      yield* cloud.serversIn("DFW").seedServer({ name: "in-dfw" })
      yield* cloud.serversIn("ORD").seedServer({ name: "in-ord" })
      const names = (servers: CloudServers.Service) =>
        servers.list().pipe(
          Stream.map(({ name }) => name),
          Stream.runHead,
          Effect.map(Option.getOrNull)
        )
      assert.deepStrictEqual(yield* Effect.all([names(dfw), names(ord)], { concurrency: 2 }), ["in-dfw", "in-ord"])
      assert.strictEqual((yield* cloud.logins).succeeded, 1)
      yield* cloud.expireAllTokens
      yield* Effect.all([names(dfw), names(ord)], { concurrency: 2 })
      assert.strictEqual((yield* cloud.logins).succeeded, 2)
    }).pipe(
      Effect.scoped,
      Effect.provide(
        Layer.unwrapEffect(Effect.map(TestCloud.credentials, (credentials) => Identity.layer({ credentials })))
      ),
      Effect.provide(TestCloud.layerCloud())
    )
  )

  it.effect("fails for an unknown region without any request but the login", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Rackspace.layerServices({ region: "XYZ" }))))
      assert.instanceOf(error, CloudError.EndpointNotFound)
      assert.isEmpty(yield* serviceRequests)
    }).pipe(on({}))
  )
})

describe("services of a program that a test replaces", () => {
  /** A program that is independent of tests. */
  const countServers = Effect.flatMap(CloudServers.CloudServers, (servers) => Stream.runCount(servers.list()))

  it.effect("by a service with only the used methods", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* countServers, 2)
    }).pipe(
      Effect.provide(
        Layer.mock(CloudServers.CloudServers, {
          list: () => Stream.make({ id: "a", name: "a" }, { id: "b", name: "b" })
        })
      )
    )
  )

  it.effect("by the real one with one method changed", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      assert.strictEqual(yield* countServers, 0)
      const error = yield* Effect.flip(servers.getLimits())
      assert.strictEqual(error.message, "made up")
    }).pipe(
      Effect.provide(
        Layer.effect(
          CloudServers.CloudServers,
          Effect.map(CloudServers.CloudServers, (servers) =>
            CloudServers.CloudServers.of({
              ...servers,
              getLimits: () =>
                Effect.fail(
                  new CloudError.TransportError({
                    service: "CloudServers",
                    operation: "CloudServers.getLimits",
                    message: "made up",
                    method: "GET",
                    url: "https://x.test",
                    reason: "connect"
                  })
                )
            })
          )
        )
      ),
      Effect.provide(TestCloud.layer())
    )
  )

  it.effect("each layer of TestCloud is a separate cloud", () =>
    Effect.gen(function* () {
      const seeded = Effect.zipRight(
        Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.servers.seedServer()),
        countServers
      )
      assert.strictEqual(yield* Effect.provide(seeded, TestCloud.layer()), 1)
      assert.strictEqual(yield* Effect.provide(seeded, TestCloud.layer()), 1)
    })
  )
})

it.layer(TestCloud.layer())("one cloud for several tests", (it) => {
  it.effect("is filled by the first test", () =>
    Effect.flatMap(TestCloud.TestCloud, (cloud) => Effect.asVoid(cloud.servers.seedServers(3)))
  )
  it.effect("keeps its state for the next test", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      assert.strictEqual(yield* Stream.runCount(servers.listDetail()), 3)
    })
  )
})

describe("Rackspace.layerConfig", () => {
  const withVariables =
    (more: Readonly<Record<string, string>> = {}, secret = true) =>
    <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.flatMap(TestCloud.TestCloud, ({ authUrl, credentials: { apiKey, username } }) => {
        const variables = { RAX_AUTH_URL: authUrl, RAX_USERNAME: username, ...(secret ? { RAX_API_KEY: apiKey } : {}) }
        return Effect.withConfigProvider(
          effect,
          ConfigProvider.fromMap(new Map(Object.entries({ ...variables, ...more })))
        )
      }).pipe(Effect.provide(TestCloud.layerCloud()))

  it.effect("reads RAX_* by default", () =>
    Effect.gen(function* () {
      yield* Effect.provide(limits, Rackspace.layerConfig())
      assert.deepStrictEqual(yield* targets, ["GET /servers/ord/v2/010101/limits"])
    }).pipe(withVariables({ RAX_REGION: "ORD" }))
  )

  it.effect("uses the user's default region without RAX_REGION", () =>
    Effect.gen(function* () {
      yield* Effect.provide(limits, Rackspace.layerConfig())
      assert.deepStrictEqual(yield* targets, ["GET /servers/dfw/v2/010101/limits"])
    }).pipe(withVariables())
  )

  it.effect("reads every option from the given names", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const account = Effect.flatMap(CloudFiles.CloudFiles, (files) => files.getAccount())
      yield* cloud.fail({ match: { service: "CloudFiles" }, fault: { _tag: "Status", status: 503 } })
      const error = yield* account.pipe(
        Effect.provide(
          Rackspace.layerConfig({
            credentials: Credentials.config,
            region: Config.string("REGION"),
            interface: Config.literal("public", "internal")("SIDE"),
            retry: { maxAttempts: Config.integer("ATTEMPTS") }
          })
        ),
        Effect.flip
      )
      assert.strictEqual(error._tag, "ServiceUnavailable")
      const [only, ...others] = yield* targets
      assert.match(only ?? "", /^HEAD \/snet-files\/ord\//)
      assert.isEmpty(others)
    }).pipe(withVariables({ REGION: "ORD", SIDE: "internal", ATTEMPTS: "1" }))
  )

  it.effect("fails with ConfigError if a value is missing or invalid", () =>
    Effect.gen(function* () {
      const failure = (options?: Rackspace.ConfigOptions) => Effect.flip(Layer.build(Rackspace.layerConfig(options)))
      assert.isTrue(ConfigError.isConfigError(yield* failure()))
      assert.isTrue(ConfigError.isConfigError(yield* failure({ region: Config.string("NONE") })))
      assert.isEmpty(yield* Effect.map(TestCloud.TestCloud, (cloud) => cloud.requests).pipe(Effect.flatten))
    }).pipe(Effect.scoped, withVariables({}, false))
  )

  it.effect("fails with EndpointNotFound if the account does not have the region", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Layer.build(Rackspace.layerConfig()))
      assert.strictEqual(error._tag, "EndpointNotFound")
    }).pipe(Effect.scoped, withVariables({ RAX_REGION: "LON" }))
  )
})
