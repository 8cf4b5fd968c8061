import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { CloudBigData, CloudError, CloudLoadBalancers, Rackspace, TestCloud } from "effect-rackspace"
import { collected } from "../support.js"

/** The services on a cloud that returns the test's response for each URL. */
const answering = (response: (url: URL) => unknown) =>
  Rackspace.layerServices({
    transformClient: () =>
      HttpClient.make((request, url) =>
        Effect.succeed(
          HttpClientResponse.fromWeb(
            request,
            new Response(JSON.stringify(response(url)), {
              status: 200,
              headers: { "content-type": "application/json" }
            })
          )
        )
      )
  })

const balancersOf = <A, E>(
  response: (url: URL) => unknown,
  use: (balancers: CloudLoadBalancers.Service) => Effect.Effect<A, E>
) =>
  Effect.flatMap(CloudLoadBalancers.CloudLoadBalancers, use).pipe(
    Effect.provide(answering(response)),
    Effect.provide(TestCloud.layer())
  )

const bigDataOf = <A, E>(
  response: (url: URL) => unknown,
  use: (bigData: CloudBigData.Service) => Effect.Effect<A, E>
) =>
  Effect.flatMap(CloudBigData.CloudBigData, use).pipe(
    Effect.provide(answering(response)),
    Effect.provide(TestCloud.layer())
  )

const forms: Readonly<Record<string, (href: string) => unknown>> = {
  "a list of wrapped links": (href) => [{ link: { href, rel: "next" } }],
  "a list of links": (href) => [
    { rel: "previous", href: "https://x.invalid/?offset=0" },
    { rel: "next", href }
  ],
  "links in a wrapped list": (href) => ({ link: [{ href, rel: "next" }] }),
  "a link by its relation": (href) => ({ next: href }),
  "a single link": (href) => ({ rel: "NEXT", href })
}

const hosts: Readonly<Record<string, (url: URL, query: string) => string>> = {
  "the same host": (url, query) => `${url.origin}${url.pathname}?${query}`,
  "an internal host of the cloud": (url, query) => `http://lb-internal.invalid:8080${url.pathname}?${query}`,
  "a path": (url, query) => `${url.pathname}?${query}`,
  "an escaped query": (url, query) => `${url.pathname}?${query.replaceAll("&", "&amp;")}`
}

describe("paged usage of load balancers", () => {
  for (const [form, links] of Object.entries(forms)) {
    for (const [host, href] of Object.entries(hosts)) {
      it.effect(`is read completely: ${form}, ${host}`, () => {
        const paths = new Set<string>()
        const page = (url: URL) => {
          paths.add(`${url.hostname}${url.pathname}`)
          const offset = Number(url.searchParams.get("offset") ?? 0)
          return {
            loadBalancerUsageRecords: [{ id: offset + 1, numVips: "1" }],
            ...(offset < 2 && { links: links(href(url, `offset=${offset + 1}&limit=1`)) })
          }
        }
        return balancersOf(page, (balancers) =>
          Effect.gen(function* () {
            const all = yield* balancers.listUsage({ loadBalancerId: "7" })
            assert.deepStrictEqual(
              all.map(({ id }) => id),
              ["1", "2", "3"]
            )
            assert.strictEqual(paths.size, 1)
            const current = yield* balancers.listCurrentUsage({ loadBalancerId: "7" })
            assert.deepStrictEqual(
              current.map(({ id }) => id),
              ["1", "2", "3"]
            )
          })
        )
      })
    }
  }

  it.effect("of an account is read completely: its records, its balancers, and the records of each", () => {
    const next = (path: string) => [{ link: { href: `http://lb-internal.invalid${path}`, rel: "next" } }]
    const response = ({ pathname, searchParams }: URL) => {
      const offset = Number(searchParams.get("offset") ?? 0)
      if (pathname.endsWith("/loadbalancers/7/usage")) {
        return {
          loadBalancerUsageRecords: [{ id: 71 + offset }],
          links: offset < 2 ? next(`/x?offset=${offset + 1}`) : []
        }
      }
      return offset === 0
        ? {
            accountId: 5,
            accountUsage: {
              accountUsageRecords: [{ numLoadBalancers: 1 }],
              links: next("/v1.0/5/loadbalancers/usage?offset=1")
            },
            loadBalancerUsages: [
              {
                loadBalancerId: 7,
                loadBalancerName: "a",
                loadBalancerUsageRecords: [{ id: 71 }],
                links: next("/x?offset=1")
              },
              { loadBalancerId: 8, loadBalancerName: "b", loadBalancerUsageRecords: [{ id: 81 }], links: [] }
            ]
          }
        : {
            accountUsage: { accountUsageRecords: [{ numLoadBalancers: 2 }] },
            loadBalancerUsages: { loadBalancerId: 8, loadBalancerName: "b", loadBalancerUsageRecords: [{ id: 82 }] }
          }
    }
    return balancersOf(response, (balancers) =>
      Effect.gen(function* () {
        const usage = yield* balancers.getAccountUsage()
        assert.strictEqual(usage.accountId, "5")
        assert.deepStrictEqual(
          usage.account.map(({ loadBalancerCount }) => loadBalancerCount),
          [1, 2]
        )
        assert.deepStrictEqual(
          usage.loadBalancers.map(({ loadBalancerId, records }) => [loadBalancerId, ...records.map(({ id }) => id)]),
          [
            ["7", "71", "72", "73"],
            ["8", "81", "82"]
          ]
        )
      })
    )
  })

  it.effect("of an account is returned without invalid records, which are reported", () =>
    balancersOf(
      ({ pathname }) =>
        pathname.endsWith("/loadbalancers/8/usage")
          ? { loadBalancerUsageRecords: [{ id: 83 }] }
          : {
              accountUsage: { accountUsageRecords: [{ numLoadBalancers: 1 }, 5] },
              loadBalancerUsages: [
                { loadBalancerName: "without an id", loadBalancerUsageRecords: [{ id: 71 }] },
                {
                  loadBalancerId: 8,
                  loadBalancerName: "b",
                  loadBalancerUsageRecords: [{ id: 81 }, { id: {} }],
                  links: [{ link: { href: "/x?offset=1", rel: "next" } }]
                }
              ]
            },
      (balancers) =>
        Effect.gen(function* () {
          const failure = yield* Effect.flip(balancers.getAccountUsage())
          assert.instanceOf(failure, CloudError.MalformedResponse)
          assert.strictEqual(failure.path, "loadBalancerUsages.0.loadBalancerId")
          assert.deepStrictEqual(failure.readable, [
            {
              account: [{ loadBalancerCount: 1 }],
              loadBalancers: [{ loadBalancerId: "8", name: "b", records: [{ id: "81" }, { id: "83" }] }]
            }
          ])
        })
    )
  )

  it.effect("fails if the pages form a cycle", () =>
    balancersOf(
      () => ({ loadBalancerUsageRecords: [{ id: 1 }], links: { next: "/x?offset=1" } }),
      (balancers) =>
        Effect.map(Effect.flip(balancers.listUsage({ loadBalancerId: "7" })), (error) =>
          assert.strictEqual(error._tag, "MalformedResponse")
        )
    )
  )
})

describe("load balancers with few fields", () => {
  it.effect("are decoded with the existing fields", () =>
    balancersOf(
      () => ({
        loadBalancers: [
          { id: 1 },
          { id: "2", name: null, status: null, port: "80", virtualIps: null, nodeCount: "3", accountId: 55 },
          { id: 3, name: "c", status: "NEW_STATUS", virtualIps: { id: 9 }, created: null }
        ]
      }),
      (balancers) =>
        Effect.gen(function* () {
          const all = yield* collected(balancers.list())
          assert.deepStrictEqual(
            all.map(({ accountId, id, name, nodeCount, port, status, virtualIps }) => [
              id,
              name,
              status,
              port,
              nodeCount,
              accountId,
              virtualIps.length
            ]),
            [
              ["1", "", "UNKNOWN", undefined, undefined, undefined, 0],
              ["2", "", "UNKNOWN", 80, 3, "55", 0],
              ["3", "c", "NEW_STATUS", undefined, undefined, undefined, 1]
            ]
          )
        })
    )
  )
})

describe("limits in characters", () => {
  it.effect("count a character outside of the Basic Multilingual Plane as one", () =>
    balancersOf(
      () => ({ metadata: [{ id: 1, key: "k", value: "v" }] }),
      (balancers) =>
        Effect.gen(function* () {
          yield* balancers.addMetadata({ loadBalancerId: "1", key: "k", value: "😀".repeat(256) })
          const error = yield* Effect.flip(
            balancers.addMetadata({ loadBalancerId: "1", key: "k", value: "😀".repeat(257) })
          )
          assert.strictEqual(error._tag, "InvalidInput")
        })
    )
  )
})

describe("connectors of Big Data", () => {
  const cases: ReadonlyArray<readonly [what: string, credentials: unknown, expected: ReadonlyArray<unknown>]> = [
    [
      "by type",
      { cloud_files: [{ username: "a" }], s3: [{ access_key_id: "k" }] },
      [
        ["cloud_files", "a"],
        ["s3", "k"]
      ]
    ],
    ["a single object in place of a list", { cloud_files: { username: "a" } }, [["cloud_files", "a"]]],
    ["an empty list of types", { cloud_files: [], s3: null }, []],
    ["none at all", {}, []],
    ["an empty list", [], []],
    ["null", null, []],
    ["nothing", undefined, []],
    ["as kinds", [{ type: "cloud_files", connector: true, schema: ["username"] }], [["cloud_files", undefined]]],
    ["a single kind", { type: "s3", connector: true, schema: { access_key_id: {} } }, [["s3", undefined]]],
    [
      "a list of types",
      [{ cloud_files: [{ username: "a" }] }, "s3"],
      [
        ["cloud_files", "a"],
        ["s3", undefined]
      ]
    ]
  ]
  for (const [what, credentials, expected] of cases) {
    it.effect(`are decoded: ${what}`, () =>
      bigDataOf(
        () => ({ credentials }),
        (bigData) =>
          Effect.map(bigData.listConnectors(), (connectors) =>
            assert.deepStrictEqual(
              connectors.map(({ name, type }) => [type, name]),
              expected
            )
          )
      )
    )
  }

  it.effect("an invalid item within a cluster hides neither the cluster nor the other items", () =>
    bigDataOf(
      () => ({
        cluster: {
          id: "c-1",
          node_groups: [{ count: 1 }, { id: "slave", count: 3, components: [{ name: {} }, "Datanode"] }],
          ssh_keys: [null, "key-1"],
          connectors: [{ type: "s3" }, { type: "cloud_files", name: "u" }],
          scripts: ["none"]
        }
      }),
      (bigData) =>
        Effect.gen(function* () {
          const cluster = yield* bigData.get({ clusterId: "c-1" })
          assert.deepStrictEqual(
            cluster.nodeGroups.map(({ components, count, id }) => [id, count, components.map(({ name }) => name)]),
            [["slave", 3, ["Datanode"]]]
          )
          assert.deepStrictEqual(cluster.sshKeys, ["key-1"])
          assert.deepStrictEqual(cluster.connectors, [{ type: "cloud_files", name: "u" }])
          assert.deepStrictEqual(cluster.scripts, [])
        })
    )
  )

  it.effect("clusters, flavors and limits with few fields are decoded", () =>
    bigDataOf(
      ({ pathname }) =>
        pathname.endsWith("/flavors")
          ? { flavors: [{ id: 1, vcpus: "2", ram: "" }] }
          : pathname.endsWith("/limits")
            ? { limits: { absolute: { vcpus: { limit: "6" } } } }
            : { clusters: [{ id: "c" }, { id: 2, name: null, status: "NEW", cbd_version: "2" }] },
      (bigData) =>
        Effect.gen(function* () {
          const clusters = yield* collected(bigData.list())
          assert.deepStrictEqual(
            clusters.map(({ cbdVersion, id, name, status }) => [id, name, status, cbdVersion]),
            [
              ["c", "", "UNKNOWN", undefined],
              ["2", "", "NEW", 2]
            ]
          )
          const [flavor] = yield* collected(bigData.listFlavors())
          assert.strictEqual(flavor?.vcpus, 2)
          assert.isUndefined(flavor?.ramMegabytes)
          assert.deepStrictEqual((yield* bigData.getLimits()).vcpus, { limit: 6 })
        })
    )
  )
})
