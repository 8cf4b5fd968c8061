/** Operations that take several requests: finding by name, waiting for actions, and the first generation. */
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Exit, Fiber, Option, Redacted, Stream, TestClock } from "effect"
import { CloudServers, RetryPolicy, TestCloud } from "effect-rackspace"
import { shown } from "../support/shown.js"

const ubuntu = "09de0a66-3156-48b4-90a5-1cf25a905207"

const on = <A, E>(
  test: Effect.Effect<A, E, CloudServers.CloudServers | TestCloud.TestCloud>,
  options: TestCloud.Options = {}
) => Effect.provide(test, TestCloud.layer({ retry: RetryPolicy.never, ...options }))

const small = { name: "web-1", imageId: ubuntu, flavorId: "general1-1" } as const

const active = Effect.gen(function* () {
  const servers = yield* CloudServers.CloudServers
  const { id } = yield* servers.create(small)
  yield* TestClock.adjust("1 hour")
  return id
})

/** Runs an effect, and advances the Clock by an hour. */
const inAnHour = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust("1 hour")
    return yield* Fiber.join(fiber)
  })

const bodies = Effect.map(
  Effect.flatMap(TestCloud.TestCloud, ({ requests }) => requests),
  (all) =>
    all
      .filter(({ method, service }) => service === "servers" && method === "POST")
      .map(({ body }) => JSON.parse(new TextDecoder().decode(body)) as unknown)
)

const lines = Effect.map(
  Effect.flatMap(TestCloud.TestCloud, ({ requests }) => requests),
  (all) =>
    all
      .filter(({ service }) => service.startsWith("servers"))
      .map(({ method, target }) => `${method} ${target.replace(/^.*\/010101/, "")}`)
)

describe("CloudServers: finding by name or id", () => {
  it.effect("finds a server by its id or its exact name, with special characters of patterns", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const { servers: seeded } = yield* TestCloud.TestCloud
      const odd = String.raw`a.b (1) [x] {2} ^$ * + ? | \ ü`
      const serverId = yield* seeded.seedServer({ name: odd })
      yield* seeded.seedServer({ name: `${odd} and more` })
      yield* seeded.seedServer({ name: "axb (1)" })
      for (const nameOrId of [odd, serverId]) {
        const found = yield* servers.find({ nameOrId })
        assert.strictEqual(found.id, serverId)
      }
      for (const nameOrId of ["a.b", "5f7a2b6e-0000-4000-8000-000000000000"]) {
        const missing = yield* Effect.flip(servers.find({ nameOrId }))
        assert.deepStrictEqual(missing._tag === "NotFound" && missing.resource, { nameOrId })
        assert.include(missing.message, `CloudServers.find: no server has the name or id "${nameOrId}"`)
      }
    }).pipe(on)
  )

  it.effect("finds a name that looks like an id", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const { servers: seeded } = yield* TestCloud.TestCloud
      const name = "5f7a2b6e-0000-4000-8000-000000000001"
      const serverId = yield* seeded.seedServer({ name })
      assert.strictEqual((yield* servers.find({ nameOrId: name })).id, serverId)
    }).pipe(on)
  )

  it.effect("lists the ids of several servers with the name, and rejects an empty name", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const { servers: seeded } = yield* TestCloud.TestCloud
      const ids = yield* seeded.seedServers(2, { name: "twin" })
      const error = yield* Effect.flip(servers.find({ nameOrId: "twin" }))
      assert.strictEqual(error._tag, "InvalidInput")
      for (const id of ids) assert.include(error.message, id)
      const empty = yield* Effect.flip(servers.find({ nameOrId: "" }))
      assert.match(empty.message, /CloudServers\.find: nameOrId: expected a name or an id/)
    }).pipe(on)
  )

  it.effect("finds an image and a flavor", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const image = yield* servers.getImage({ imageId: ubuntu })
      for (const nameOrId of [ubuntu, image.name ?? ""]) {
        assert.deepStrictEqual(yield* servers.findImage({ nameOrId }), image)
      }
      assert.strictEqual((yield* Effect.flip(servers.findImage({ nameOrId: "no such image" })))._tag, "NotFound")
      const flavor = yield* servers.getFlavor({ flavorId: "general1-1" })
      for (const nameOrId of ["general1-1", flavor.name ?? ""]) {
        assert.deepStrictEqual(yield* servers.findFlavor({ nameOrId }), flavor)
      }
      assert.strictEqual((yield* Effect.flip(servers.findFlavor({ nameOrId: "none" })))._tag, "NotFound")
    }).pipe(on)
  )

  it.effect("does not report a failure of the cloud as NotFound", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const { fail } = yield* TestCloud.TestCloud
      yield* fail({ match: { service: "servers" }, fault: { _tag: "Status", status: 503 } })
      const error = yield* Effect.flip(servers.find({ nameOrId: ubuntu }))
      assert.strictEqual(error._tag, "ServiceUnavailable")
    }).pipe(on)
  )
})

describe("CloudServers: operations that wait", () => {
  it.effect("createAndWait returns the server when it is ACTIVE, with its password", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const server = yield* inAnHour(servers.createAndWait({ ...small, adminPassword: Redacted.make("s3cret-pass") }))
      assert.deepStrictEqual([server.name, server.status], ["web-1", "ACTIVE"])
      assert.strictEqual(Redacted.value(server.adminPassword ?? Redacted.make("none")), "s3cret-pass")
      assert.notInclude(shown(server), "s3cret-pass")
      assert.deepStrictEqual(yield* bodies, [
        { server: { name: "web-1", imageRef: ubuntu, flavorRef: "general1-1", adminPass: "s3cret-pass" } }
      ])
    }).pipe(on)
  )

  it.effect("createAndWait keeps a server that ends in ERROR or takes too long, and names it in the error", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const servers = yield* CloudServers.CloudServers
      yield* cloud.servers.failBuilds()
      const failed = yield* Effect.flip(inAnHour(servers.createAndWait(small)))
      const late = yield* Effect.flip(inAnHour(servers.createAndWait({ ...small, timeout: "3 seconds" })))
      const ids = (yield* cloud.servers.servers).map(({ id }) => id)
      assert.deepStrictEqual([failed._tag, late._tag], ["ResourceFailed", "WaitTimeout"])
      assert.sameMembers(
        [failed, late].map((error) => ("resource" in error ? error.resource : "")),
        [...ids]
      )
      assert.match(failed.message, /CloudServers\.createAndWait: .* is in ERROR: No valid host was found/)
    }).pipe(on)
  )

  it.effect("every failure of createAndWait includes the server's id and its password", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const servers = yield* CloudServers.CloudServers
      const adminPassword = Redacted.make("initial password")
      const created = { ...small, adminPassword, timeout: "2 minutes" } as const
      const errorTag = (failure: Effect.Effect<unknown>) =>
        Effect.gen(function* () {
          yield* failure
          const error = yield* Effect.flip(inAnHour(servers.createAndWait(created)))
          const about = error.created
          assert.isDefined(about, error._tag)
          assert.include(
            (yield* cloud.servers.servers).map(({ id }) => id),
            about?.id
          )
          assert.strictEqual(Redacted.value(about?.adminPassword ?? Redacted.make("")), "initial password", error._tag)
          assert.notInclude(shown(error), "initial password")
          return error._tag
        })
      const refused = (status: number) =>
        cloud.fail({
          match: { service: "servers", method: "GET" },
          fault: { _tag: "Status", status, body: { fault: { message: "no" } } },
          times: Number.POSITIVE_INFINITY
        })
      assert.strictEqual(yield* errorTag(cloud.servers.failBuilds()), "ResourceFailed")
      assert.strictEqual(yield* errorTag(refused(403)), "Forbidden")
    }).pipe(on)
  )

  it.effect("createAndWait can be interrupted, and keeps the created server", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const servers = yield* CloudServers.CloudServers
      const making = yield* Effect.fork(servers.createAndWait(small))
      yield* TestClock.adjust("12 seconds")
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(making)))
      const asked = (yield* cloud.requests).length
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* cloud.requests).length, asked)
      assert.lengthOf(yield* cloud.servers.servers, 1)
    }).pipe(on)
  )

  it.effect("a server boots from a volume, an image on a new volume, or a snapshot", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const { imageId: _, ...server } = small
      const disk = CloudServers.bootFrom({ imageId: ubuntu, volumeGigabytes: 100, deleteOnTermination: true })
      const built = yield* inAnHour(servers.createAndWait({ ...server, flavorId: "compute1-4", blockDevices: [disk] }))
      assert.isUndefined(built.imageId)
      assert.deepStrictEqual(yield* bodies, [
        {
          server: {
            name: "web-1",
            imageRef: "",
            flavorRef: "compute1-4",
            block_device_mapping_v2: [
              {
                boot_index: 0,
                uuid: ubuntu,
                source_type: "image",
                destination_type: "volume",
                volume_size: 100,
                delete_on_termination: true
              }
            ]
          }
        }
      ])
      assert.deepStrictEqual(CloudServers.bootFrom({ volumeId: "v" }), {
        bootIndex: 0,
        sourceType: "volume",
        sourceId: "v",
        destinationType: "volume",
        deleteOnTermination: false
      })
      const ofSnapshot = CloudServers.bootFrom({ snapshotId: "s", volumeGigabytes: 75 })
      assert.deepStrictEqual([ofSnapshot.sourceType, ofSnapshot.volumeGigabytes], ["snapshot", 75])
    }).pipe(on)
  )

  it.effect("resizeAndConfirm waits although the first polls still see the old flavor", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const serverId = yield* active
      const server = yield* inAnHour(
        servers.resizeAndConfirm({ serverId, flavorId: "general1-2", interval: "2 seconds" })
      )
      assert.deepStrictEqual([server.flavorId, server.status, server.taskState], ["general1-2", "ACTIVE", undefined])
      assert.deepStrictEqual((yield* bodies).slice(1), [
        { resize: { flavorRef: "general1-2" } },
        { confirmResize: null }
      ])
    }).pipe((test) => on(test, { cloud: { servers: { statusLag: "5 seconds" } } }))
  )

  it.effect("resizeAndConfirm resizes a server in SHUTOFF", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const { servers: seeded } = yield* TestCloud.TestCloud
      const serverId = yield* active
      yield* seeded.setServerStatus(serverId, "SHUTOFF")
      const server = yield* inAnHour(servers.resizeAndConfirm({ serverId, flavorId: "general1-2" }))
      assert.strictEqual(server.flavorId, "general1-2")
    }).pipe(on)
  )

  it.effect("resizeAndConfirm fails if the cloud abandons the resize, in ERROR or with the old flavor", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const { servers: seeded } = yield* TestCloud.TestCloud
      for (const [status, why] of [
        ["ACTIVE", /the cloud gave up and kept the old flavor/],
        ["ERROR", /is in ERROR/]
      ] as const) {
        const serverId = yield* active
        const resizing = yield* Effect.fork(Effect.flip(servers.resizeAndConfirm({ serverId, flavorId: "general1-2" })))
        yield* TestClock.adjust("1 second")
        yield* seeded.setServerStatus(serverId, status)
        yield* TestClock.adjust("1 hour")
        const error = yield* Fiber.join(resizing)
        assert.strictEqual(error._tag, "ResourceFailed")
        assert.match(error.message, why)
      }
    }).pipe(on)
  )

  it.effect("createImageAndWait returns the image when it is ACTIVE", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const serverId = yield* active
      const image = yield* inAnHour(
        servers.createImageAndWait({ serverId, name: "nightly", metadata: { kept: "7" }, interval: "1 second" })
      )
      assert.deepStrictEqual(
        [image.name, image.status, image.serverId, image.metadata["kept"]],
        ["nightly", "ACTIVE", serverId, "7"]
      )
      const late = yield* Effect.flip(
        inAnHour(servers.createImageAndWait({ serverId, name: "slow", timeout: "2 seconds" }))
      )
      assert.strictEqual(late._tag, "WaitTimeout")
      const [slow] = yield* Stream.runCollect(servers.listImages({ name: "slow" }))
      assert.strictEqual("resource" in late ? late.resource : "", slow?.id)
    }).pipe(on)
  )
})

describe("CloudServers: key pairs from files", () => {
  const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@laptop"

  const withFile = <A, E>(
    content: string,
    test: (path: string) => Effect.Effect<A, E, CloudServers.CloudServers | TestCloud.TestCloud | FileSystem.FileSystem>
  ) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* fs.makeTempFileScoped({ prefix: "effect-rackspace-test-" })
      yield* fs.writeFileString(path, content)
      return yield* test(path)
    }).pipe(Effect.scoped, Effect.provide([NodeContext.layer, TestCloud.layer({ retry: RetryPolicy.never })]))

  it.effect("a file's public key is imported", () =>
    withFile(`${publicKey}\n`, (path) =>
      Effect.gen(function* () {
        const servers = yield* CloudServers.CloudServers
        const pair = yield* servers.importKeyPairFromFile({ name: "laptop", path })
        assert.deepStrictEqual([pair.name, pair.publicKey], ["laptop", publicKey])
        assert.deepStrictEqual(yield* bodies, [{ keypair: { name: "laptop", public_key: publicKey } }])
      })
    )
  )

  const privateKey =
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n-----END OPENSSH PRIVATE KEY-----\n"

  for (const [what, content, message] of [
    ["a private key", privateKey, /is a private key: name the \.pub file next to it/],
    ["two keys", `${publicKey}\n${publicKey}\n`, /expected a file with one public key/],
    ["something else", "hello there, this is no key\n", /expected a file with one public key/],
    ["nothing", "", /expected a file with one public key/]
  ] as const) {
    it.effect(`${what} is rejected and not sent`, () =>
      withFile(content, (path) =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const error = yield* Effect.flip(servers.importKeyPairFromFile({ name: "laptop", path }))
          assert.strictEqual(error._tag, "InvalidInput")
          assert.match(error.message, message)
          assert.notInclude(shown(error), "b3BlbnNza")
          assert.deepStrictEqual(yield* bodies, [])
        })
      )
    )
  }

  it.effect("a missing file fails with the platform's error", () =>
    withFile("", (path) =>
      Effect.gen(function* () {
        const servers = yield* CloudServers.CloudServers
        const error = yield* Effect.flip(servers.importKeyPairFromFile({ name: "laptop", path: `${path}.none` }))
        assert.strictEqual(error._tag, "SystemError")
      })
    )
  )
})

describe("CloudServers: consoles and addresses", () => {
  it.effect("getConsoleLog returns all or the last lines of the console output", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const serverId = yield* active
      const all = yield* servers.getConsoleLog({ serverId })
      assert.match(all, /web-1 login/)
      const last = yield* servers.getConsoleLog({ serverId, lines: 1 })
      assert.strictEqual(last, all.split("\n").at(-1))
      assert.deepStrictEqual((yield* bodies).slice(1), [
        { "os-getConsoleOutput": {} },
        { "os-getConsoleOutput": { length: 1 } }
      ])
      assert.strictEqual((yield* Effect.flip(servers.getConsoleLog({ serverId: "none" })))._tag, "NotFound")
    }).pipe(on)
  )

  it.effect("createIpAssociation uses POST only if the cloud rejects PUT", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const servers = yield* CloudServers.CloudServers
      const input = { serverId: "s", ipAddressId: "i" }
      const responses = (status: number, body: unknown) =>
        cloud.fail({ match: { service: "servers" }, fault: { _tag: "Status", status, body } })
      yield* responses(405, { badMethod: { code: 405, message: "no" } })
      yield* responses(201, { ip_association: { id: "i", address: "192.0.2.9" } })
      assert.deepStrictEqual(yield* servers.createIpAssociation(input), { id: "i", address: "192.0.2.9" })
      assert.deepStrictEqual(yield* lines, ["PUT /servers/s/ip_associations/i", "POST /servers/s/ip_associations/i"])
      yield* cloud.clearRequests
      yield* responses(404, { itemNotFound: { code: 404, message: "no" } })
      assert.strictEqual((yield* Effect.flip(servers.createIpAssociation(input)))._tag, "NotFound")
      assert.lengthOf(yield* lines, 1)
    }).pipe(on)
  )

  it.effect("bandwidth, image schedule and zone of a server are returned if the cloud sends them", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const servers = yield* CloudServers.CloudServers
      const serverId = yield* active
      yield* servers.setImageSchedule({ serverId, retention: 3, dayOfWeek: "FRIDAY" })
      const server = yield* servers.get({ serverId })
      assert.deepStrictEqual(server.imageSchedule, { retention: 3, dayOfWeek: "FRIDAY" })
      const [first] = server.bandwidth ?? []
      assert.strictEqual(first?.interface, "public")
      assert.deepStrictEqual([first?.inbound, first?.outbound], [1024, 512])
      assert.isTrue(DateTime.isDateTime(first?.periodStart))
      const respondWith = (fields: object) =>
        cloud.fail({
          match: { service: "servers" },
          fault: {
            _tag: "Status",
            status: 200,
            body: {
              server: {
                id: 1,
                name: "n",
                status: "NEW",
                created: "2012-08-20T21:11:09Z",
                updated: "2012-08-20T21:11:09Z",
                ...fields
              }
            }
          }
        })
      yield* respondWith({
        "OS-EXT-AZ:availability_zone": "nova",
        "rax-bandwidth:bandwidth": [{ interface: "private", bandwidth_inbound: "7", bandwidth_outbound: 8 }]
      })
      const other = yield* servers.get({ serverId })
      assert.deepStrictEqual(
        [other.availabilityZone, other.bandwidth],
        ["nova", [{ interface: "private", inbound: 7, outbound: 8 }]]
      )
      yield* respondWith({
        "OS-EXT-AZ:availability_zone": "",
        "rax-bandwidth:bandwidth": null,
        "RAX-SI:image_schedule": null
      })
      const none = yield* servers.get({ serverId })
      assert.deepStrictEqual(
        [none.availabilityZone, none.bandwidth, none.imageSchedule],
        [undefined, undefined, undefined]
      )
    }).pipe(on)
  )
})

describe("CloudServers: the first generation", () => {
  it.effect("its servers are listed over several pages, with numeric ids and addresses as strings", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const servers = yield* CloudServers.CloudServers
      const ids = yield* Effect.forEach(["a", "b", "c", "d"], (name) =>
        cloud.firstGeneration.seedServer({ name, metadata: { of: "old" } })
      )
      yield* cloud.servers.seedServer({ name: "next generation" })
      const listed = [...(yield* Stream.runCollect(servers.listFirstGeneration({ pageSize: 2 })))]
      assert.deepStrictEqual(
        listed.map(({ id, name }) => [id, name]),
        ids.map((id, index) => [String(id), ["a", "b", "c", "d"][index]])
      )
      assert.deepStrictEqual(yield* lines, [
        "GET /servers/detail.json?offset=0&limit=2",
        "GET /servers/detail.json?offset=2&limit=2",
        "GET /servers/detail.json?offset=4&limit=2"
      ])
      const [first] = listed
      assert.deepInclude(first, { imageId: "119", flavorId: "1", status: "ACTIVE", metadata: { of: "old" } })
      assert.lengthOf(first?.addresses.public ?? [], 1)
      const serverId = String(ids[1])
      assert.deepStrictEqual(yield* servers.getFirstGeneration({ serverId }), listed[1])
      assert.strictEqual((yield* Effect.flip(servers.getFirstGeneration({ serverId: "1" })))._tag, "NotFound")
      // Each generation has its own servers.
      assert.deepStrictEqual(
        [...(yield* Stream.runCollect(servers.list()))].map(({ name }) => name),
        ["next generation"]
      )
    }).pipe(on)
  )

  it.effect("its endpoint does not depend on the region and URL of the next generation", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const servers = yield* CloudServers.CloudServers
      yield* cloud.firstGeneration.seedServer()
      assert.lengthOf([...(yield* Stream.runCollect(servers.listFirstGeneration()))], 1)
    }).pipe((test) =>
      on(test, { region: "ORD", endpoints: { CloudServers: "http://cloud.test/servers/ord/v2/010101" } })
    )
  )

  it.effect("a page size above the cloud's maximum, which would end the listing too early, is rejected", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const error = yield* Effect.flip(Stream.runDrain(servers.listFirstGeneration({ pageSize: 1001 })))
      assert.match(
        error.message,
        /CloudServers\.listFirstGeneration: pageSize: expected a whole number from 1 to 1,000/
      )
    }).pipe(on)
  )

  it.effect("undocumented variations of responses are decoded", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const servers = yield* CloudServers.CloudServers
      yield* cloud.fail({
        match: { service: "servers-first-generation" },
        fault: {
          _tag: "Status",
          status: 203,
          body: { servers: [{ id: 7, name: "old", status: "QUEUE_RESIZE", hostId: "", addresses: null }] }
        }
      })
      assert.deepStrictEqual(yield* servers.listFirstGenerationPage(), [
        { id: "7", name: "old", status: "QUEUE_RESIZE", addresses: { public: [], private: [] }, metadata: {} }
      ])
    }).pipe(on)
  )
})

describe("the addresses of a server", () => {
  const v4 = (address: string, type?: string) => ({ version: 4, address, type })
  const v6 = (address: string) => ({ version: 6, address })
  for (const [what, addresses, expectedPublic, expectedPrivate] of [
    [
      "Rackspace's networks, IPv4 first",
      { private: [v4("10.176.1.2")], public: [v6("2001:db8::1"), v4("203.0.113.7")] },
      "203.0.113.7",
      "10.176.1.2"
    ],
    ["IPv6 if there is no IPv4", { public: [v6("2001:db8::1")] }, "2001:db8::1", undefined],
    [
      "a floating address on a private network",
      { private: [v4("192.168.0.5", "fixed"), v4("172.24.4.9", "floating")] },
      "172.24.4.9",
      "192.168.0.5"
    ],
    [
      "other networks by the range",
      { shared: [v6("fd00::5"), v4("172.20.0.5"), v4("198.51.100.3")] },
      "198.51.100.3",
      "172.20.0.5"
    ],
    ["a server that is being built", {}, undefined, undefined]
  ] as const) {
    it(`are found: ${what}`, () => {
      assert.strictEqual(Option.getOrUndefined(CloudServers.publicAddress({ addresses })), expectedPublic)
      assert.strictEqual(Option.getOrUndefined(CloudServers.privateAddress({ addresses })), expectedPrivate)
    })
  }
})
