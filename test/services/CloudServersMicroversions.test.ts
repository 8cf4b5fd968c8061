/** Nova's microversions: how one is requested, and what changes with it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { CloudError, CloudFiles, CloudServers, Identity, RetryPolicy, TestCloud } from "effect-rackspace"

const login = Layer.provideMerge(Identity.layer({ credentials: TestCloud.credentials }), TestCloud.layerCloud()).pipe(
  Layer.orDie
)

const withMicroversion = (microversion: string | undefined) =>
  Layer.mergeAll(
    CloudServers.layer({ microversion, retry: RetryPolicy.never }),
    CloudFiles.layer({ microversion, retry: RetryPolicy.never })
  ).pipe(Layer.provideMerge(login))

const last = Effect.map(
  Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.requests),
  (all) => all.at(-1)
)

const respondWith = (body: unknown, status = 200) =>
  Effect.flatMap(TestCloud.TestCloud, (cloud) =>
    cloud.fail({ match: { service: "servers" }, fault: { _tag: "Status", status, body } })
  )

/** A server as Nova 26 returns it with microversion 2.93. */
const modern = {
  id: "s-1",
  name: "web-1",
  status: "ACTIVE",
  tenant_id: "p-1",
  user_id: "u-1",
  metadata: {},
  hostId: "",
  image: { id: "i-1", links: [] },
  flavor: {
    vcpus: 1,
    ram: 64,
    disk: 1,
    ephemeral: 0,
    swap: 0,
    original_name: "m1.tiny",
    extra_specs: {}
  },
  created: "2026-11-24T14:30:00Z",
  updated: "2026-11-24T14:30:01Z",
  addresses: {},
  accessIPv4: "",
  accessIPv6: "",
  progress: 0,
  locked: true,
  locked_reason: null,
  description: "the first one",
  tags: ["web", "blue"],
  "os-extended-volumes:volumes_attached": [{ id: "v-1", delete_on_termination: false }],
  trusted_image_certificates: null
}

describe("CloudServers: microversions", () => {
  it.effect("none is requested by default", () =>
    Effect.gen(function* () {
      yield* Effect.flatMap(CloudServers.CloudServers, (servers) => servers.getLimits())
      const headers = (yield* last)?.headers ?? {}
      assert.notProperty(headers, "openstack-api-version")
      assert.notProperty(headers, "x-openstack-nova-api-version")
    }).pipe(Effect.provide(withMicroversion(undefined)))
  )

  for (const version of ["2.79", "latest"]) {
    it.effect(`${version} is requested by the common header and by Nova's own`, () =>
      Effect.gen(function* () {
        yield* Effect.flatMap(CloudServers.CloudServers, (servers) => servers.getLimits())
        const headers = (yield* last)?.headers ?? {}
        assert.strictEqual(headers["openstack-api-version"], `compute ${version}`)
        assert.strictEqual(headers["x-openstack-nova-api-version"], version)
      }).pipe(Effect.provide(withMicroversion(version)))
    )
  }

  it.effect(
    "an invalid microversion, and one for a service without microversions, are rejected before any request",
    () =>
      Effect.gen(function* () {
        const servers = yield* CloudServers.CloudServers
        const before = (yield* Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.requests)).length
        const error = yield* Effect.flip(servers.getLimits())
        assert.instanceOf(error, CloudError.InvalidInput)
        assert.match(error.message, /microversion: expected a microversion: 2\.79, or latest/)
        const files = yield* CloudFiles.CloudFiles
        const none = yield* Effect.flip(files.getAccount())
        assert.match(none.message, /microversion: expected none: CloudFiles has no microversions/)
        assert.strictEqual((yield* Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.requests)).length, before)
      }).pipe(Effect.provide(withMicroversion("two")))
  )

  it.effect("an unsupported one is reported with the cloud's message", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      yield* respondWith(
        {
          computeFault: {
            code: 406,
            message: "Version 9.9 is not supported by the API. Minimum is 2.1 and maximum is 2.93."
          }
        },
        406
      )
      const error = yield* Effect.flip(servers.getLimits())
      assert.strictEqual(error._tag, "UnexpectedStatus")
      assert.match(error.message, /Version 9\.9 is not supported by the API\. Minimum is 2\.1 and maximum is 2\.93\./)
    }).pipe(Effect.provide(withMicroversion("9.9")))
  )

  it.effect("a server of later versions has the flavor's name instead of its id, and the added fields", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      yield* respondWith({ server: modern })
      const server = yield* servers.get({ serverId: "s-1" })
      assert.isFalse("flavorId" in server)
      assert.strictEqual(server.flavorName, "m1.tiny")
      assert.strictEqual(server.description, "the first one")
      assert.deepStrictEqual(server.tags, ["web", "blue"])
      assert.strictEqual(server.locked, true)
      assert.strictEqual(server.imageId, "i-1")
      yield* respondWith({ servers: [modern] })
      assert.strictEqual(yield* Stream.runCount(Stream.take(servers.listDetail(), 1)), 1)
    }).pipe(Effect.provide(withMicroversion("latest")))
  )

  it.effect("from 2.37 a server's networks may be auto or none", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      for (const networks of ["auto", "none"] as const) {
        yield* respondWith({ server: { id: "s-1" } }, 202)
        yield* servers.create({ name: "web-1", imageId: "i-1", flavorId: "1", networks })
        const body = JSON.parse(new TextDecoder().decode((yield* last)?.body)) as { server: { networks: unknown } }
        assert.strictEqual(body.server.networks, networks)
      }
    }).pipe(Effect.provide(withMicroversion("2.37")))
  )

  it.effect("an API that Nova no longer proxies is rejected, and the service to use is named", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const imageId = "i-1"
      const before = (yield* Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.requests)).length
      const refused = {
        listImages: [Stream.runDrain(servers.listImages()), "images", "Glance", "2.35"],
        findImage: [servers.findImage({ nameOrId: "web" }), "images", "Glance", "2.35"],
        createImageAndWait: [servers.createImageAndWait({ serverId: "s", name: "n" }), "images", "Glance", "2.35"],
        waitUntilImageActive: [servers.waitUntilImageActive({ imageId }), "images", "Glance", "2.35"],
        listVolumes: [Stream.runDrain(servers.listVolumes()), "volumes", "Cinder", "2.35"],
        getImageMetadata: [servers.getImageMetadata({ imageId }), "image metadata", "Glance", "2.38"]
      } as const
      for (const [name, [operation, api, instead, until]] of Object.entries(refused)) {
        const error = yield* Effect.flip(operation as Effect.Effect<unknown, CloudError.CloudError>)
        assert.instanceOf(error, CloudError.InvalidInput)
        assert.include(error.message, `CloudServers.${name}: microversion: expected ${until} or lower`)
        assert.include(error.message, `Nova has no API for ${api}`)
        assert.include(error.message, `use ${instead}`)
        assert.include(error.message, `microversions: { CloudServers: "${until}" }`)
      }
      assert.strictEqual((yield* Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.requests)).length, before)
    }).pipe(Effect.provide(withMicroversion("2.79")))
  )

  it.effect("images are available up to 2.35", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      yield* respondWith({ images: [] })
      assert.strictEqual(yield* Stream.runCount(servers.listImages()), 0)
    }).pipe(Effect.provide(withMicroversion("2.35")))
  )

  it.effect("the error for a field that needs a microversion says where to set it", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const server = { name: "web-1", imageId: "i-1", flavorId: "1", tags: ["web"] }
      const { message } = yield* Effect.flip(servers.create(server))
      assert.include(message, "tags: expected microversion 2.52 or later for it")
      assert.include(message, 'microversion: "2.52" in the options of CloudServers.layer')
      assert.include(message, 'microversions: { CloudServers: "2.52" } in those of OpenStack.layer')
    }).pipe(Effect.provide(withMicroversion(undefined)))
  )
})
