import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Either, Option, Redacted } from "effect"
import { CloudError, Credentials, Identity, ServiceCatalog } from "effect-rackspace"
import * as NodeServer from "../src/emulator/NodeServer.js"
import { loginAnswer, scriptedIdentity } from "./support/scriptedIdentity.js"

const tenant = "000000"
const storage = "MossoCloudFS_ffffffff-ffff-ffff-ffff-ffffffffffff"

const regional = (region: string, url: string, more: Readonly<Record<string, string>> = {}) => ({
  publicURL: url,
  region,
  tenantId: tenant,
  ...more
})

const serverVersion = (region: string) => ({
  versionId: "2",
  versionInfo: `https://${region}.servers.api.rackspacecloud.com/v2`,
  versionList: `https://${region}.servers.api.rackspacecloud.com/`
})

/** The `services` that pyrax's README shows, in wire format. */
const readmeCatalog = [
  {
    endpoints: [
      regional("ORD", "https://ord.loadbalancers.api.rackspacecloud.com/v1.0/000000"),
      regional("DFW", "https://dfw.loadbalancers.api.rackspacecloud.com/v1.0/000000")
    ],
    name: "cloudLoadBalancers",
    type: "rax:load-balancer"
  },
  {
    endpoints: ["DFW", "ORD"].map((region) => ({
      internalURL: `https://snet-storage101.${region.toLowerCase()}1.clouddrive.com/v1/${storage}`,
      publicURL: `https://storage101.${region.toLowerCase()}1.clouddrive.com/v1/${storage}`,
      region,
      tenantId: storage
    })),
    name: "cloudFiles",
    type: "object-store"
  },
  {
    endpoints: [
      regional("DFW", "https://dfw.servers.api.rackspacecloud.com/v2/000000", serverVersion("dfw")),
      regional("ORD", "https://ord.servers.api.rackspacecloud.com/v2/000000", serverVersion("ord"))
    ],
    name: "cloudServersOpenStack",
    type: "compute"
  },
  {
    endpoints: [{ publicURL: "https://dns.api.rackspacecloud.com/v1.0/000000", tenantId: tenant }],
    name: "cloudDNS",
    type: "rax:dns"
  },
  {
    endpoints: [
      regional("DFW", "https://dfw.databases.api.rackspacecloud.com/v1.0/000000"),
      regional("ORD", "https://ord.databases.api.rackspacecloud.com/v1.0/000000")
    ],
    name: "cloudDatabases",
    type: "rax:database"
  },
  {
    endpoints: [
      {
        publicURL: "https://servers.api.rackspacecloud.com/v1.0/000000",
        tenantId: tenant,
        versionId: "1.0",
        versionInfo: "https://servers.api.rackspacecloud.com/v1.0",
        versionList: "https://servers.api.rackspacecloud.com/"
      }
    ],
    name: "cloudServers",
    type: "compute"
  },
  {
    endpoints: [
      { publicURL: `https://cdn1.clouddrive.com/v1/${storage}`, region: "DFW", tenantId: storage },
      { publicURL: `https://cdn2.clouddrive.com/v1/${storage}`, region: "ORD", tenantId: storage }
    ],
    name: "cloudFilesCDN",
    type: "rax:object-cdn"
  },
  {
    endpoints: [{ publicURL: "https://monitoring.api.rackspacecloud.com/v1.0/000000", tenantId: tenant }],
    name: "cloudMonitoring",
    type: "rax:monitor"
  }
]

const readmeAnswer = (serviceCatalog: unknown = readmeCatalog) =>
  loginAnswer("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "2222-02-22T22:22:22.000-02:00", {
    serviceCatalog,
    tenant: { id: tenant, name: tenant },
    user: {
      "RAX-AUTH:defaultRegion": "",
      id: "123456",
      name: "someuser",
      roles: [{ description: "User Admin Role.", id: "3", name: "identity:user-admin" }]
    }
  })

/** The login response of an account, sent over a socket by a local server. */
const accessOver = (serviceCatalog?: unknown) =>
  Effect.gen(function* () {
    const identity = scriptedIdentity(readmeAnswer(serviceCatalog))
    const { url } = yield* NodeServer.listen({ handler: identity.handler })
    const tokens = yield* Identity.make({
      credentials: Credentials.apiKey({ username: "someuser", apiKey: "k", authUrl: url })
    })
    return yield* tokens.get
  }).pipe(Effect.provide(NodeHttpClient.layerUndici))

const operation = { service: "Any", operation: "Any.call" }

const find = (catalog: ServiceCatalog.ServiceCatalog, selector: ServiceCatalog.EndpointSelector) =>
  ServiceCatalog.endpointUrl(catalog, selector, operation)

const urlOf = (catalog: ServiceCatalog.ServiceCatalog, selector: ServiceCatalog.EndpointSelector): string =>
  Either.getOrThrowWith(find(catalog, selector), (error) => new Error(error.message))

const errorOf = (catalog: ServiceCatalog.ServiceCatalog, selector: ServiceCatalog.EndpointSelector) => {
  const result = find(catalog, selector)
  assert.isTrue(Either.isLeft(result))
  return Option.getOrThrow(Either.getLeft(result))
}

const compute = { types: ["compute"], name: "cloudServersOpenStack" }

describe("the login that pyrax's README shows", () => {
  it.scopedLive("decodes completely, from a local server", () =>
    Effect.gen(function* () {
      const access = yield* accessOver()
      assert.strictEqual(Redacted.value(access.token), "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
      assert.strictEqual(DateTime.formatIso(access.expires), "2222-02-23T00:22:22.000Z")
      assert.deepStrictEqual({ ...access.tenant }, { id: "000000", name: "000000" })
      assert.strictEqual(access.user.id, "123456")
      assert.strictEqual(access.user.name, "someuser")
      assert.isFalse("defaultRegion" in access.user, "an empty default region is none")
      assert.deepStrictEqual(
        access.user.roles.map((role) => ({ ...role })),
        [{ description: "User Admin Role.", id: "3", name: "identity:user-admin" }]
      )
      assert.deepStrictEqual(
        access.catalog.map((entry) => ({
          endpoints: entry.endpoints.map(({ internalUrl, publicUrl, ...rest }) => ({
            ...(internalUrl !== undefined && { internalURL: internalUrl }),
            ...(publicUrl !== undefined && { publicURL: publicUrl }),
            ...rest
          })),
          name: entry.name,
          type: entry.type
        })),
        readmeCatalog
      )
      assert.deepStrictEqual(ServiceCatalog.regions(access.catalog), ["DFW", "ORD"])
      assert.deepStrictEqual(ServiceCatalog.tenants(access.catalog), ["000000", storage])
    })
  )

  it.scopedLive("decodes when optional values are null, numbers, or missing", () =>
    Effect.gen(function* () {
      const access = yield* accessOver([
        {
          name: "a",
          type: "a",
          endpoints: [{ region: null, tenantId: 7, publicURL: " https://a.test/ ", versionId: 2 }]
        },
        { name: "b", type: "b", endpoints: null },
        { name: "c", type: "c", endpoints_links: [], extra: { deep: true } }
      ])
      assert.deepStrictEqual(
        access.catalog.map((entry) => entry.endpoints.map((endpoint) => ({ ...endpoint }))),
        [[{ tenantId: "7", versionId: "2", publicUrl: "https://a.test/" }], [], []]
      )
      assert.strictEqual(urlOf(access.catalog, { types: ["a"] }), "https://a.test")
    })
  )

  it.scopedLive("distinguishes the two entries of type compute by name", () =>
    Effect.gen(function* () {
      const { catalog } = yield* accessOver()
      assert.strictEqual(
        urlOf(catalog, { ...compute, region: "DFW" }),
        "https://dfw.servers.api.rackspacecloud.com/v2/000000"
      )
      assert.strictEqual(
        urlOf(catalog, { types: ["compute"], name: "cloudServers", region: "DFW" }),
        "https://servers.api.rackspacecloud.com/v1.0/000000"
      )
      assert.strictEqual(
        urlOf(catalog, { types: ["compute"], region: "ORD" }),
        "https://ord.servers.api.rackspacecloud.com/v2/000000",
        "without a name the first generation is left out"
      )
    })
  )

  it.scopedLive("finds a service without regions from any region", () =>
    Effect.gen(function* () {
      const { catalog } = yield* accessOver()
      for (const region of ["DFW", "LON", undefined]) {
        assert.strictEqual(
          urlOf(catalog, { types: ["rax:dns"], region }),
          "https://dns.api.rackspacecloud.com/v1.0/000000"
        )
      }
    })
  )

  it.scopedLive("accepts region names in any case", () =>
    Effect.gen(function* () {
      const { catalog } = yield* accessOver()
      for (const region of ["ORD", "ord", "Ord"]) {
        assert.strictEqual(
          urlOf(catalog, { types: ["rax:load-balancer"], region }),
          "https://ord.loadbalancers.api.rackspacecloud.com/v1.0/000000"
        )
      }
    })
  )

  it.scopedLive("uses the internal interface of the region, and never falls back to the public one", () =>
    Effect.gen(function* () {
      const { catalog } = yield* accessOver()
      assert.strictEqual(
        urlOf(catalog, { types: ["object-store"], region: "DFW", interface: "internal" }),
        `https://snet-storage101.dfw1.clouddrive.com/v1/${storage}`
      )
      const error = errorOf(catalog, { ...compute, region: "DFW", interface: "internal" })
      assert.instanceOf(error, CloudError.EndpointNotFound)
      assert.strictEqual(
        error.message,
        "Any.call: compute (cloudServersOpenStack) has no internal endpoint in region DFW; it has public"
      )
    })
  )

  it.scopedLive("uses the first alias of a type that the catalog has", () =>
    Effect.gen(function* () {
      const { catalog } = yield* accessOver()
      const types = ["rax:nothing", "rax:monitor", "rax:dns"]
      assert.strictEqual(urlOf(catalog, { types }), "https://monitoring.api.rackspacecloud.com/v1.0/000000")
    })
  )

  it.scopedLive("lists the service's regions when a region is missing", () =>
    Effect.gen(function* () {
      const { catalog } = yield* accessOver()
      const error = errorOf(catalog, { ...compute, region: "LON" })
      assert.deepStrictEqual(error.available, ["DFW", "ORD"])
      assert.strictEqual(error.region, "LON")
      assert.strictEqual(
        error.message,
        "Any.call: compute (cloudServersOpenStack) has no endpoint in region LON; it has DFW, ORD"
      )
    })
  )

  it.scopedLive("lists the account's services when a service is missing", () =>
    Effect.gen(function* () {
      const { catalog } = yield* accessOver()
      const error = errorOf(catalog, { types: ["rax:bigdata"], region: "DFW" })
      for (const entry of readmeCatalog) assert.include(error.message, `${entry.type} (${entry.name})`)
      assert.match(errorOf([], { types: ["compute"] }).message, /it has no services$/)
    })
  )

  it.scopedLive("asks for a region when several remain", () =>
    Effect.gen(function* () {
      const { catalog } = yield* accessOver()
      const error = errorOf(catalog, compute)
      assert.strictEqual(
        error.message,
        "Any.call: specify a region: compute (cloudServersOpenStack) has endpoints in DFW, ORD"
      )
      assert.deepStrictEqual(error.available, ["DFW", "ORD"])
    })
  )
})

describe("other catalogs", () => {
  const entry = (
    name: string,
    type: string,
    endpoints: ReadonlyArray<ConstructorParameters<typeof ServiceCatalog.CatalogEndpoint>[0]>
  ) =>
    new ServiceCatalog.CatalogEntry({
      name,
      type,
      endpoints: endpoints.map((endpoint) => new ServiceCatalog.CatalogEndpoint(endpoint))
    })

  const bigData = entry("cloudBigData", "rax:bigdata", [
    { region: "DFW", versionId: "1", publicUrl: "https://dfw.bigdata.test/v1.0/1" },
    { region: "DFW", versionId: "2", publicUrl: "https://dfw.bigdata.test/v2/1" }
  ])

  it("select the requested one of two versions in a region; a missing version lists the available ones", () => {
    const selector = { types: ["rax:bigdata"], region: "DFW" }
    assert.strictEqual(urlOf([bigData], { ...selector, versionId: "2" }), "https://dfw.bigdata.test/v2/1")
    assert.strictEqual(
      errorOf([bigData], { ...selector, versionId: "3" }).message,
      "Any.call: rax:bigdata has no version 3 in region DFW; it has 1, 2"
    )
    assert.match(errorOf([bigData], selector).message, /several endpoints/)
  })

  it("without listed versions are read from the URL; another version of the service is not used", () => {
    const selector = { types: ["rax:bigdata"], region: "DFW", versionId: "2" }
    const unlisted = entry("cloudBigData", "rax:bigdata", [
      { region: "DFW", publicUrl: "https://dfw.bigdata.test/v1.0/2" },
      { region: "DFW", publicUrl: "https://dfw.bigdata.test/v2/2", internalUrl: "https://dfw.internal.test/v2/2" },
      { region: "IAD", publicUrl: "https://iad.bigdata.test/v1.0/2" },
      { region: "ORD", publicUrl: "https://ord.bigdata.test/v2" }
    ])
    assert.strictEqual(urlOf([unlisted], selector), "https://dfw.bigdata.test/v2/2")
    assert.strictEqual(urlOf([unlisted], { ...selector, interface: "internal" }), "https://dfw.internal.test/v2/2")
    assert.strictEqual(urlOf([unlisted], { ...selector, region: "ORD" }), "https://ord.bigdata.test/v2")
    assert.strictEqual(
      errorOf([unlisted], { ...selector, region: "IAD" }).message,
      "Any.call: rax:bigdata has no version 2 in region IAD; it has 1.0"
    )
  })

  it("an account with only the first generation of Cloud Servers has no Cloud Servers", () => {
    // Nor is the second generation used when the first is requested.
    const second = [entry("nova", "compute", [{ publicUrl: "https://nova.test/v2.1" }])]
    assert.match(
      errorOf(second, { types: ["compute"], name: "cloudServers" }).message,
      /the catalog has no service compute \(cloudServers\)/
    )
    const only = [entry("cloudServers", "compute", [{ publicUrl: "https://servers.test/v1.0/1" }])]
    assert.match(
      errorOf(only, compute).message,
      /no service compute \(cloudServersOpenStack\); it has compute \(cloudS/
    )
  })

  it("an OpenStack cloud may use any name for its compute service", () => {
    const nova = [entry("nova", "compute", [{ region: "RegionOne", publicUrl: "http://nova.test/v2.1/" }])]
    assert.strictEqual(urlOf(nova, { ...compute, region: "regionone" }), "http://nova.test/v2.1")
    assert.strictEqual(urlOf(nova, compute), "http://nova.test/v2.1", "the only region there is")
  })

  it("an endpoint of the region is preferred to one without a region", () => {
    const cdn = [
      entry("rackCDN", "rax:cdn", [
        { publicUrl: "https://global.cdn.test" },
        { region: "LON", publicUrl: "https://lon.cdn.test" }
      ])
    ]
    assert.strictEqual(urlOf(cdn, { types: ["rax:cdn"], region: "LON" }), "https://lon.cdn.test")
    assert.strictEqual(urlOf(cdn, { types: ["rax:cdn"], region: "DFW" }), "https://global.cdn.test")
  })

  const inR = (name: string, region: string | undefined, url: string) =>
    entry(name, "compute", [{ ...(region !== undefined && { region }), publicUrl: url }])

  it("with an entry for each region, the region decides, whatever the entries' names", () => {
    for (const names of [
      ["nova", "nova"],
      ["nova", "cloudServersOpenStack"],
      ["cloudServersOpenStack", "nova"],
      ["compute", "nova-2"]
    ] as const) {
      const catalog = [inR(names[0], "R1", "http://one.test"), inR(names[1], "R2", "http://two.test")]
      assert.strictEqual(urlOf(catalog, { ...compute, region: "R1" }), "http://one.test")
      assert.strictEqual(urlOf(catalog, { ...compute, region: "r2" }), "http://two.test")
      assert.match(errorOf(catalog, { ...compute, region: "R3" }).message, /no endpoint in region R3; it has R1, R2$/)
    }
    assert.strictEqual(
      errorOf([inR("nova", "R1", "http://one.test"), inR("nova", "R2", "http://two.test")], compute).message,
      "Any.call: specify a region: compute (cloudServersOpenStack) has endpoints in R1, R2"
    )
  })

  it("after the region the interface decides, then the name", () => {
    const catalog = [
      entry("nova", "compute", [{ region: "R1", publicUrl: "http://public.test" }]),
      entry("nova-internal", "compute", [{ region: "R1", internalUrl: "http://internal.test" }])
    ]
    assert.strictEqual(urlOf(catalog, { ...compute, region: "R1" }), "http://public.test")
    assert.strictEqual(urlOf(catalog, { ...compute, region: "R1", interface: "internal" }), "http://internal.test")
    const preferred = [inR("other", "R1", "http://other.test"), inR("cloudServersOpenStack", "R1", "http://own.test")]
    assert.strictEqual(urlOf(preferred, { ...compute, region: "R1" }), "http://own.test")
  })

  it("ambiguous entries are listed, and a name selects one", () => {
    const stores = [
      entry("swift", "object-store", [{ region: "R1", publicUrl: "http://swift.test/v1/AUTH_a" }]),
      entry("radosgw", "object-store", [{ region: "R1", publicUrl: "http://user:secret@ceph.test/swift/v1" }])
    ]
    const files = { types: ["object-store"], name: "cloudFiles", region: "R1" }
    assert.strictEqual(
      errorOf(stores, files).message,
      "Any.call: object-store (cloudFiles) has several endpoints in region R1: swift (http://swift.test/v1/AUTH_a), radosgw (http://ceph.test/swift/v1); specify a serviceName or an endpoint"
    )
    assert.strictEqual(urlOf(stores, { ...files, serviceName: "radosgw" }), "http://ceph.test/swift/v1")
    assert.match(
      errorOf(stores, { ...files, serviceName: "minio" }).message,
      /no service object-store \(minio\); it has object-store \(radosgw\), object-store \(swift\)$/
    )
  })

  it("entries with the same URL count as one, and entries without endpoints are ignored", () => {
    const catalog = [
      entry("empty", "compute", []),
      inR("nova", "R1", "http://nova.test:80/v2.1/"),
      inR("nova", "R1", "http://NOVA.test/v2.1"),
      entry("also empty", "compute", [{ region: "R1" }])
    ]
    assert.strictEqual(urlOf(catalog, { ...compute, region: "R1" }), "http://nova.test:80/v2.1")
    assert.match(errorOf([entry("empty", "compute", [])], compute).message, /has no endpoint; it has none$/)
  })

  it("an alias of the type is used if the first type has no endpoint in the region", () => {
    const catalog = [
      entry("old", "rax:orchestration", [{ region: "R1", publicUrl: "http://one.test" }]),
      entry("new", "orchestration", [{ region: "R2", publicUrl: "http://two.test" }])
    ]
    const types = ["orchestration", "rax:orchestration"]
    assert.strictEqual(urlOf(catalog, { types, region: "R1" }), "http://one.test")
    assert.strictEqual(urlOf(catalog, { types, region: "R2" }), "http://two.test")
  })

  it("an invalid URL is reported when it is used, and does not hide other entries", () => {
    for (const url of ["not a url", "http://", "ftp://nova.test", "//nova.test"]) {
      const broken = inR("nova", "R1", url)
      assert.strictEqual(
        errorOf([broken], { ...compute, region: "R1" }).message,
        "Any.call: the catalog's URL of compute (cloudServersOpenStack) in region R1 is not an http or https URL; specify an endpoint"
      )
      assert.strictEqual(
        urlOf([broken, inR("nova", "R1", "http://nova.test")], { ...compute, region: "R1" }),
        "http://nova.test"
      )
    }
  })
})
