import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { CloudBigData, CloudLoadBalancers, CloudServers, Rackspace, TestCloud } from "effect-rackspace"

/** The services on a cloud that returns the test's response for each URL. */
const answering = (response: (url: URL) => Response) =>
  Rackspace.layerServices({
    retry: TestCloud.retryWithoutDelay,
    transformClient: () =>
      HttpClient.make((request, url) => Effect.succeed(HttpClientResponse.fromWeb(request, response(url))))
  })

const json = (value: unknown) => (): Response =>
  new Response(JSON.stringify(value), { status: 200, headers: { "content-type": "application/json" } })

interface Services {
  readonly servers: CloudServers.Service
  readonly balancers: CloudLoadBalancers.Service
  readonly bigData: CloudBigData.Service
}

const withServices = <A, E>(response: (url: URL) => Response, use: (services: Services) => Effect.Effect<A, E>) =>
  Effect.all({
    servers: CloudServers.CloudServers,
    balancers: CloudLoadBalancers.CloudLoadBalancers,
    bigData: CloudBigData.CloudBigData
  }).pipe(Effect.flatMap(use), Effect.provide(answering(response)), Effect.provide(TestCloud.layer()))

const good = (id: string) => ({
  id,
  name: `name-${id}`,
  volumeId: `v-${id}`,
  address: "10.0.0.1",
  key: "k",
  value: "v",
  ram: 512,
  disk: 20
})

type List = (services: Services) => Effect.Effect<ReadonlyArray<unknown>, { readonly _tag: string }>

/** Operations that return an array, with the key of the list in the response. */
const arrays: Readonly<Record<string, readonly [key: string, list: List, item?: (id: string) => unknown]>> = {
  "volume attachments": ["volumeAttachments", ({ servers }) => servers.listVolumeAttachments({ serverId: "s" })],
  "key pairs": ["keypairs", ({ servers }) => servers.listKeyPairs(), (id) => ({ keypair: good(id) })],
  networks: ["networks", ({ servers }) => servers.listNetworks()],
  "metadata of a balancer": ["metadata", ({ balancers }) => balancers.listMetadata({ loadBalancerId: "1" })],
  "virtual IPs": ["virtualIps", ({ balancers }) => balancers.listVirtualIps({ loadBalancerId: "1" })],
  distros: ["distros", ({ bigData }) => bigData.listDistros()],
  workloads: ["workloads", ({ bigData }) => bigData.listWorkloads()]
}

describe("a list that is returned as an array", () => {
  for (const [what, [key, list, item = good]] of Object.entries(arrays)) {
    it.effect(`fails with the invalid item, and includes the others: ${what}`, () =>
      withServices(json({ [key]: [item("1"), 7, item("2")] }), (services) =>
        Effect.gen(function* () {
          const error = (yield* Effect.flip(list(services))) as {
            readonly _tag: string
            readonly path?: string
            readonly readable?: ReadonlyArray<unknown>
          }
          assert.strictEqual(error._tag, "MalformedResponse")
          assert.match(error.path ?? "", new RegExp(`^${key}\\.1`))
          assert.lengthOf(error.readable ?? [], 2)
        })
      )
    )

    it.effect(`is empty if the response has null, and may be a single object: ${what}`, () =>
      withServices(json({ [key]: null }), (services) =>
        Effect.map(list(services), (items) => assert.lengthOf(items, 0))
      ).pipe(
        Effect.zipRight(
          withServices(json({ [key]: item("1") }), (services) =>
            Effect.map(list(services), (items) => assert.lengthOf(items, 1))
          )
        )
      )
    )

    it.effect(`fails if the response contains no list: ${what}`, () =>
      withServices(json({ error: { code: 500, message: "no" } }), (services) =>
        Effect.map(Effect.flip(list(services)), (error) => {
          assert.strictEqual(error._tag, "MalformedResponse")
          assert.strictEqual((error as { readonly path?: string }).path, key)
        })
      )
    )
  }
})

describe("rate limits", () => {
  it.effect("are decoded if the response has a single one without a list", () =>
    withServices(json({ limits: { rate: { uri: "/v1.0/*", limit: [] } } }), ({ balancers }) =>
      Effect.map(balancers.listRateLimits(), (limits) => assert.lengthOf(limits, 1))
    )
  )

  it.effect("fail if the response has another value in place of the list", () =>
    withServices(json({ limits: { rate: 7 } }), ({ balancers }) =>
      Effect.map(Effect.flip(balancers.listRateLimits()), ({ _tag }) => assert.strictEqual(_tag, "MalformedResponse"))
    )
  )
})

type Streamed = (services: Services) => Stream.Stream<unknown, { readonly _tag: string }>

const streams: Readonly<Record<string, readonly [key: string, list: Streamed]>> = {
  servers: ["servers", ({ servers }) => servers.list()],
  flavors: ["flavors", ({ servers }) => servers.listFlavors()],
  images: ["images", ({ servers }) => servers.listImages()],
  "server groups": ["server_groups", ({ servers }) => servers.listServerGroups()],
  volumes: ["volumes", ({ servers }) => servers.listVolumes()],
  "load balancers": ["loadBalancers", ({ balancers }) => balancers.list()],
  nodes: ["nodes", ({ balancers }) => balancers.listNodes({ loadBalancerId: "1" })],
  clusters: ["clusters", ({ bigData }) => bigData.list()],
  scripts: ["scripts", ({ bigData }) => bigData.listScripts()]
}

describe("a list that is returned as a Stream", () => {
  for (const [what, [key, list]] of Object.entries(streams)) {
    it.effect(`emits every valid item, and then fails with the invalid one: ${what}`, () => {
      let asked = 0
      return withServices(
        (url) => {
          asked++
          return url.searchParams.has("marker") || Number(url.searchParams.get("offset") ?? 0) > 0
            ? json({ [key]: [] })()
            : json({ [key]: [good("1"), { name: "odd" }, good("2")] })()
        },
        (services) =>
          Effect.gen(function* () {
            const seen: Array<unknown> = []
            const error = yield* Effect.flip(
              Stream.runForEach(list(services), (item) => Effect.sync(() => seen.push(item)))
            )
            assert.strictEqual(error._tag, "MalformedResponse")
            assert.lengthOf(seen, 2)
            const { message, path } = error as { readonly message?: string; readonly path?: string }
            assert.strictEqual(path, `${key}.1.id`)
            assert.include(message, `"odd"`)
            assert.isAtMost(asked, 2)
          })
      )
    })
  }
})

const readers: Readonly<Record<string, (services: Services) => Effect.Effect<unknown, { readonly _tag: string }>>> = {
  "servers, a page": ({ servers }) => servers.listPage(),
  "servers, all": ({ servers }) => Stream.runCollect(servers.list()),
  "a server": ({ servers }) => servers.get({ serverId: "s" }),
  "key pairs": ({ servers }) => servers.listKeyPairs(),
  "load balancers": ({ balancers }) => Stream.runCollect(balancers.list()),
  "a health monitor": ({ balancers }) => balancers.getHealthMonitor({ loadBalancerId: "1" }),
  "usage of a balancer": ({ balancers }) => balancers.listUsage({ loadBalancerId: "1" }),
  clusters: ({ bigData }) => Stream.runCollect(bigData.list()),
  connectors: ({ bigData }) => bigData.listConnectors(),
  credentials: ({ bigData }) => bigData.listCredentials()
}

describe("a truncated response", () => {
  const bodies: Readonly<Record<string, string>> = {
    "is empty": "",
    "ends in the middle": `{"servers": [{"id": "1", "na`
  }
  for (const [how, body] of Object.entries(bodies)) {
    for (const [what, read] of Object.entries(readers)) {
      it.effect(`that ${how} is requested again, and is not an empty result: ${what}`, () => {
        let asked = 0
        return withServices(
          () => {
            asked++
            return new Response(body, { status: 200, headers: { "content-type": "application/json" } })
          },
          (services) =>
            Effect.map(Effect.flip(read(services)), (error) => {
              assert.strictEqual(error._tag, "TransportError")
              assert.isAbove(asked, 1)
            })
        )
      })
    }
  }
})
