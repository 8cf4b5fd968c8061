import { assert, describe, it } from "@effect/vitest"
import { Chunk, DateTime, Duration, Effect, Exit, Fiber, Option, Redacted, Stream, TestClock } from "effect"
import { CloudError, CloudServers, RetryPolicy, TestCloud } from "effect-rackspace"

const ubuntu = "09de0a66-3156-48b4-90a5-1cf25a905207"
const base = "/servers/dfw/v2/010101"
const unknownId = "5f7a2b6e-0000-4000-8000-000000000000"

type Cloud = NonNullable<NonNullable<Parameters<typeof TestCloud.layer>[0]>["cloud"]>

/** Runs a test on its own cloud, without retries. */
const on =
  (cloud: Cloud = {}) =>
  <A, E>(test: Effect.Effect<A, E, CloudServers.CloudServers | TestCloud.TestCloud>) =>
    Effect.provide(test, TestCloud.layer({ cloud, retry: RetryPolicy.never }))

interface Seen {
  readonly line: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>
}

/** The requests that Cloud Servers received, in order. */
const requests = Effect.gen(function* () {
  const cloud = yield* TestCloud.TestCloud
  return (yield* cloud.requests)
    .filter((entry) => entry.service !== "identity")
    .map((entry): Seen => {
      const [path = "", query = ""] = entry.target.split("?")
      const text = new TextDecoder().decode(entry.body)
      return {
        line: `${entry.method} ${entry.target.replace(base, "")}`,
        path,
        query: Object.fromEntries(new URLSearchParams(query)),
        body: text === "" ? undefined : JSON.parse(text),
        headers: entry.headers
      }
    })
})

const lines = Effect.map(requests, (all) => all.map((one) => one.line))

const lastRequest = Effect.map(requests, (all) => {
  const last = all.at(-1)
  assert.isDefined(last)
  return last as Seen
})

/** Sets the response to the next request. */
const respondWith = (body: unknown, status = 200) =>
  Effect.flatMap(TestCloud.TestCloud, (cloud) =>
    cloud.fail({ match: { service: "servers" }, fault: { _tag: "Status", status, body } })
  )

const wireServer = {
  id: "s-1",
  name: "web-1",
  status: "ACTIVE",
  progress: 100,
  created: "2012-08-20T21:11:09Z",
  updated: "2012-08-20T21:12:09Z",
  hostId: "",
  addresses: {},
  accessIPv4: "",
  accessIPv6: "",
  image: { id: ubuntu, links: [] },
  flavor: { id: "general1-1", links: [] },
  links: [],
  metadata: {}
}

/** Decodes a server with these wire fields. */
const decoded = (fields: Record<string, unknown>) =>
  Effect.gen(function* () {
    const servers = yield* CloudServers.CloudServers
    const kept = Object.entries({ ...wireServer, ...fields }).filter(([, value]) => value !== undefined)
    yield* respondWith({ server: Object.fromEntries(kept) })
    return yield* servers.get({ serverId: "s-1" })
  })

const failing = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.flip(effect)

describe("CloudServers: requests and responses", () => {
  it.effect("uses the next-generation endpoint of the region, of the two compute services in the catalog", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      yield* servers.getLimits()
      const { headers, path } = yield* lastRequest
      assert.strictEqual(path, "/servers/dfw/v2/010101/limits")
      assert.strictEqual(headers["accept"], "application/json")
      assert.isDefined(headers["x-auth-token"])
    }).pipe(on())
  )

  it.effect("create sends every field under its wire name, with hints next to the server", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const near = (yield* servers.create({ name: "near", imageId: ubuntu, flavorId: "general1-1" })).id
      yield* servers.importKeyPair({ name: "my key", publicKey: sshKey })
      const created = yield* servers.create({
        name: "web-1",
        imageId: ubuntu,
        flavorId: "general1-1",
        networks: [{ networkId: CloudServers.publicNet }, { networkId: CloudServers.serviceNet }],
        keyName: "my key",
        metadata: { role: "web", größe: "groß" },
        personality: [
          { path: "/etc/motd", contents: "Grüße\n" },
          { path: "/etc/seed", contents: new Uint8Array([0, 255, 128]) }
        ],
        userData: "#cloud-config\n",
        configDrive: true,
        diskConfig: "MANUAL",
        adminPassword: Redacted.make("s3cr3t-pass"),
        accessIPv4: "192.0.2.7",
        accessIPv6: "2001:db8::7",
        schedulerHints: { near: [near] }
      })
      const { body, headers, line } = yield* lastRequest
      assert.strictEqual(line, "POST /servers")
      assert.strictEqual(headers["content-type"], "application/json")
      assert.deepStrictEqual(body, {
        server: {
          name: "web-1",
          imageRef: ubuntu,
          flavorRef: "general1-1",
          networks: [
            { uuid: "00000000-0000-0000-0000-000000000000" },
            { uuid: "11111111-1111-1111-1111-111111111111" }
          ],
          key_name: "my key",
          metadata: { role: "web", größe: "groß" },
          personality: [
            { path: "/etc/motd", contents: "R3LDvMOfZQo=" },
            { path: "/etc/seed", contents: "AP+A" }
          ],
          user_data: "I2Nsb3VkLWNvbmZpZwo=",
          config_drive: true,
          "OS-DCF:diskConfig": "MANUAL",
          adminPass: "s3cr3t-pass",
          accessIPv4: "192.0.2.7",
          accessIPv6: "2001:db8::7"
        },
        "os:scheduler_hints": { "public_ip_zone:near": [near] }
      })
      assert.deepStrictEqual(Object.keys(created).toSorted(), ["adminPassword", "diskConfig", "id"])
      assert.strictEqual(created.diskConfig, "MANUAL")
      assert.isDefined(created.adminPassword)
      if (created.adminPassword !== undefined) {
        assert.strictEqual(Redacted.value(created.adminPassword), "s3cr3t-pass")
        assert.notInclude(JSON.stringify(created), "s3cr3t-pass")
      }
    }).pipe(on())
  )

  it.effect("create omits fields that are missing or undefined", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      yield* servers.create({
        name: "web-1",
        imageId: ubuntu,
        flavorId: "general1-1",
        keyName: undefined,
        metadata: undefined,
        schedulerHints: undefined
      })
      assert.deepStrictEqual((yield* lastRequest).body, {
        server: { name: "web-1", imageRef: ubuntu, flavorRef: "general1-1" }
      })
    }).pipe(on())
  )

  it.effect("create of a server that boots from a volume sends an empty imageRef and its block devices", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const created = yield* servers.create({
        name: "db-1",
        imageId: undefined,
        flavorId: "compute1-4",
        blockDevices: [
          {
            bootIndex: 0,
            sourceId: ubuntu,
            sourceType: "image",
            destinationType: "volume",
            volumeGigabytes: 100,
            deleteOnTermination: true
          }
        ]
      })
      assert.deepStrictEqual((yield* lastRequest).body, {
        server: {
          name: "db-1",
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
      })
      assert.isUndefined((yield* servers.get({ serverId: created.id })).imageId)
    }).pipe(on())
  )

  it.effect("get decodes a server with all fields", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const cloud = yield* TestCloud.TestCloud
      const serverId = yield* cloud.servers.seedServer({ name: "web-1", metadata: { role: "web" } })
      const server = yield* servers.get({ serverId })
      assert.strictEqual((yield* lastRequest).line, `GET /servers/${serverId}`)
      assert.strictEqual(server.id, serverId)
      assert.strictEqual(server.name, "web-1")
      assert.strictEqual(server.status, "ACTIVE")
      assert.strictEqual(server.progress, 100)
      assert.strictEqual(server.tenantId, "010101")
      assert.strictEqual(server.created?.pipe(DateTime.formatIso), "1970-01-01T00:00:00.000Z")
      assert.strictEqual(server.flavorId, "general1-1")
      assert.strictEqual(server.imageId, ubuntu)
      assert.strictEqual(server.vmState, "active")
      assert.strictEqual(server.powerState, 1)
      assert.strictEqual(server.configDrive, false)
      assert.deepStrictEqual(server.metadata, { role: "web" })
      assert.deepStrictEqual(Object.keys(server.addresses).toSorted(), ["private", "public"])
      const [address] = server.addresses["private"] ?? []
      assert.strictEqual(address?.version, 4)
      assert.match(address?.address ?? "", /^10\./)
      assert.isFalse("taskState" in server)
      assert.isFalse("fault" in server)
      assert.isFalse("keyName" in server)
    }).pipe(on())
  )

  it.effect("get percent-encodes the ID as one segment of the path", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      yield* failing(servers.get({ serverId: "a/b?c#d e" }))
      assert.strictEqual((yield* lastRequest).line, "GET /servers/a%2Fb%3Fc%23d%20e")
    }).pipe(on())
  )

  it.effect("update sends only the given fields and returns the updated server", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const cloud = yield* TestCloud.TestCloud
      const serverId = yield* cloud.servers.seedServer({ name: "web-1" })
      const server = yield* servers.update({ serverId, name: "web-2", accessIPv4: "192.0.2.9" })
      const { body, line } = yield* lastRequest
      assert.strictEqual(line, `PUT /servers/${serverId}`)
      assert.deepStrictEqual(body, { server: { name: "web-2", accessIPv4: "192.0.2.9" } })
      assert.strictEqual(server.name, "web-2")
      assert.strictEqual(server.accessIPv4, "192.0.2.9")
    }).pipe(on())
  )

  it.effect("delete sends no body and returns nothing", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const cloud = yield* TestCloud.TestCloud
      const serverId = yield* cloud.servers.seedServer()
      assert.isUndefined(yield* servers.delete({ serverId }))
      const { body, line } = yield* lastRequest
      assert.strictEqual(line, `DELETE /servers/${serverId}`)
      assert.isUndefined(body)
    }).pipe(on())
  )

  it.effect("delete accepts a body that is not JSON", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      yield* respondWith("202 Accepted\n\nThe request is accepted for processing.", 202)
      yield* servers.delete({ serverId: "s-1" })
    }).pipe(on())
  )

  it.effect("reboot is SOFT by default, or HARD", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const cloud = yield* TestCloud.TestCloud
      const [first = "", second = "", third = ""] = yield* cloud.servers.seedServers(3)
      yield* servers.reboot({ serverId: first })
      yield* servers.reboot({ serverId: second, type: "HARD" })
      yield* servers.reboot({ serverId: third, type: undefined })
      const all = yield* requests
      assert.deepStrictEqual(
        all.map(({ body, line }) => [line, body]),
        [
          [`POST /servers/${first}/action`, { reboot: { type: "SOFT" } }],
          [`POST /servers/${second}/action`, { reboot: { type: "HARD" } }],
          [`POST /servers/${third}/action`, { reboot: { type: "SOFT" } }]
        ]
      )
      assert.strictEqual((yield* servers.get({ serverId: first })).status, "REBOOT")
      assert.strictEqual((yield* servers.get({ serverId: second })).status, "HARD_REBOOT")
    }).pipe(on())
  )

  it.effect("listPage returns IDs and names, and the next page's marker", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const cloud = yield* TestCloud.TestCloud
      const [oldest = "", , newest = ""] = yield* cloud.servers.seedServers(3)
      const page = yield* servers.listPage({ limit: 2 })
      assert.deepStrictEqual(page.items[0], { id: newest, name: "server-3" })
      assert.strictEqual(page.next, page.items[1]?.id)
      const rest = yield* servers.listPage({ limit: 2, marker: page.next })
      assert.deepStrictEqual(rest.items, [{ id: oldest, name: "server-1" }])
      assert.isUndefined(rest.next)
      assert.deepStrictEqual(yield* lines, ["GET /servers?limit=2", `GET /servers?marker=${page.next}&limit=2`])
    }).pipe(on())
  )

  it.effect("listDetailPage returns servers with all fields", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const cloud = yield* TestCloud.TestCloud
      yield* cloud.servers.seedServer({ name: "web-1", metadata: { a: "b" } })
      const page = yield* servers.listDetailPage()
      assert.strictEqual((yield* lastRequest).line, "GET /servers/detail")
      assert.deepStrictEqual(page.items[0]?.metadata, { a: "b" })
      assert.isUndefined(page.next)
    }).pipe(on())
  )

  it.effect("listFlavorsPage and getFlavor return sizes with their extra specs", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const page = yield* servers.listFlavorsPage({ minDiskGigabytes: 20, minRamMegabytes: 1024, limit: 5 })
      assert.strictEqual((yield* lastRequest).line, "GET /flavors/detail?minDisk=20&minRam=1024&limit=5")
      assert.isNotEmpty(page.items)
      const flavor = yield* servers.getFlavor({ flavorId: "general1-1" })
      assert.strictEqual((yield* lastRequest).line, "GET /flavors/general1-1")
      assert.strictEqual(flavor.id, "general1-1")
      assert.strictEqual(flavor.ramMegabytes, 1024)
      assert.strictEqual(flavor.diskGigabytes, 20)
      assert.strictEqual(flavor.vcpus, 1)
      assert.isFalse("swapMegabytes" in flavor)
      assert.strictEqual(flavor.extraSpecs["class"], "general1")
    }).pipe(on())
  )

  it.effect("listImagesPage and getImage return images", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const page = yield* servers.listImagesPage({ limit: 3, type: "base", status: "ACTIVE" })
      assert.strictEqual((yield* lastRequest).line, "GET /images/detail?status=ACTIVE&type=base&limit=3")
      assert.strictEqual(page.items.length, 3)
      const image = yield* servers.getImage({ imageId: ubuntu })
      assert.strictEqual((yield* lastRequest).line, `GET /images/${ubuntu}`)
      assert.strictEqual(image.status, "ACTIVE")
      assert.strictEqual(image.minDiskGigabytes, 20)
      assert.strictEqual(image.minRamMegabytes, 512)
      assert.strictEqual(image.bytes, 489_651_200)
      assert.strictEqual(image.metadata["os_distro"], "ubuntu")
      assert.isFalse("serverId" in image)
    }).pipe(on())
  )

  it.effect("key pairs with spaces in their names are created, imported, listed, read and deleted", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const made = yield* servers.createKeyPair({ name: "made here" })
      assert.deepStrictEqual((yield* lastRequest).body, { keypair: { name: "made here" } })
      assert.match(Redacted.value(made.privateKey), /PRIVATE KEY/)
      assert.notInclude(JSON.stringify(made), "PRIVATE KEY")
      const imported = yield* servers.importKeyPair({ name: "mine", publicKey: sshKey })
      assert.deepStrictEqual((yield* lastRequest).body, { keypair: { name: "mine", public_key: sshKey } })
      assert.deepStrictEqual(Object.keys(imported).toSorted(), ["fingerprint", "name", "publicKey", "userId"])
      const { privateKey: _, ...known } = made
      // A listing does not contain the owner.
      const { userId: _owner, ...listed } = known
      const { userId: _user, ...listedToo } = imported
      assert.deepStrictEqual(yield* servers.listKeyPairs(), [listed, listedToo])
      assert.deepStrictEqual(yield* servers.getKeyPair({ name: "made here" }), known)
      yield* servers.deleteKeyPair({ name: "made here" })
      assert.deepStrictEqual(yield* servers.listKeyPairs(), [listedToo])
      assert.deepStrictEqual(yield* lines, [
        "POST /os-keypairs",
        "POST /os-keypairs",
        "GET /os-keypairs",
        "GET /os-keypairs/made%20here",
        "DELETE /os-keypairs/made%20here",
        "GET /os-keypairs"
      ])
    }).pipe(on())
  )

  it.effect("getLimits returns rate limits with their next reset, and absolute limits as an open map", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      yield* servers.create({ name: "a", imageId: ubuntu, flavorId: "general1-1" })
      const limits = yield* servers.getLimits()
      assert.strictEqual((yield* lastRequest).line, "GET /limits")
      assert.strictEqual(limits.absolute["totalInstancesUsed"], 1)
      assert.strictEqual(limits.absolute["maxTotalCores"], -1)
      const [rate] = limits.rate
      assert.strictEqual(rate?.uri, "*")
      const limit = rate?.limits.find(({ verb }) => verb === "POST")
      assert.strictEqual(limit?.value, 100)
      assert.strictEqual(limit?.unit, "MINUTE")
      assert.isDefined(limit?.nextAvailable)
    }).pipe(on({ servers: { rateLimits: { POST: 100 } } }))
  )
})

const sshKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl someone@example.com"

describe("CloudServers: errors", () => {
  it.effect("every operation on a missing resource fails with NotFound", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const serverId = unknownId
      const errors = yield* Effect.all([
        failing(servers.get({ serverId })),
        failing(servers.update({ serverId, name: "x" })),
        failing(servers.delete({ serverId })),
        failing(servers.reboot({ serverId })),
        failing(servers.getFlavor({ flavorId: "nope" })),
        failing(servers.getImage({ imageId: unknownId })),
        failing(servers.getKeyPair({ name: "nope" })),
        failing(servers.deleteKeyPair({ name: "nope" }))
      ])
      for (const error of errors) {
        assert.instanceOf(error, CloudError.NotFound)
        assert.strictEqual(error.service, "CloudServers")
        assert.strictEqual(error.fault, "itemNotFound")
        assert.match(error.requestId ?? "", /^req-/)
      }
      assert.strictEqual(
        errors[0]?.message,
        `CloudServers.get: 404 Instance could not be found (request ${(errors[0] as CloudError.NotFound).requestId}): serverId ${serverId}`
      )
    }).pipe(on())
  )

  it.effect("an action that the state does not allow is Conflict", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const { id: serverId } = yield* servers.create({ name: "a", imageId: ubuntu, flavorId: "general1-1" })
      const error = yield* failing(servers.reboot({ serverId }))
      assert.instanceOf(error, CloudError.Conflict)
      assert.strictEqual(error.fault, "buildInProgress")
      yield* servers.importKeyPair({ name: "k", publicKey: sshKey })
      const taken = yield* failing(servers.createKeyPair({ name: "k" }))
      assert.instanceOf(taken, CloudError.Conflict)
      assert.instanceOf(yield* failing(servers.importKeyPair({ name: "k", publicKey: sshKey })), CloudError.Conflict)
    }).pipe(on())
  )

  it.effect("a conflict of update, delete and create is Conflict", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const conflict = { conflictingRequest: { code: 409, message: "busy" } }
      for (const operation of [
        servers.update({ serverId: "s", name: "n" }),
        servers.delete({ serverId: "s" }),
        servers.create({ name: "n", imageId: "i", flavorId: "f" })
      ]) {
        yield* respondWith(conflict, 409)
        const error = yield* failing<unknown, unknown, never>(operation)
        assert.instanceOf(error, CloudError.Conflict)
      }
    }).pipe(on())
  )

  it.effect("an exceeded quota is QuotaExceeded with the cloud's message", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const error = yield* failing(servers.create({ name: "a", imageId: ubuntu, flavorId: "general1-1" }))
      assert.instanceOf(error, CloudError.QuotaExceeded)
      assert.strictEqual(error.status, 403)
      assert.include(error.message, "Quota exceeded for instances: Requested 1, but already used 0 of 0 instances")
    }).pipe(on({ servers: { serverQuota: 0 } }))
  )

  it.effect(
    "a network policy, reported as text, is Forbidden, and neither retried nor taken for a rejected token",
    () =>
      Effect.gen(function* () {
        const servers = yield* CloudServers.CloudServers
        const cloud = yield* TestCloud.TestCloud
        const error = yield* failing(
          servers.create({
            name: "a",
            imageId: ubuntu,
            flavorId: "general1-1",
            networks: [{ networkId: CloudServers.publicNet }]
          })
        )
        assert.instanceOf(error, CloudError.Forbidden)
        assert.include(error.message, `Networks (${CloudServers.serviceNet}) required but missing`)
        assert.strictEqual((yield* requests).length, 1)
        assert.strictEqual((yield* cloud.logins).succeeded, 1)
      }).pipe(on({ servers: { requiredNetworks: [CloudServers.publicNet, CloudServers.serviceNet] } }))
  )

  it.effect("invalid content is BadRequest with the cloud's message", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const error = yield* failing(
        servers.create({ name: "a", imageId: ubuntu, flavorId: "general1-1", keyName: "nobody" })
      )
      assert.instanceOf(error, CloudError.BadRequest)
      assert.strictEqual(error.fault, "badRequest")
      assert.include(error.message, "Invalid key_name provided.")
      const port = yield* failing(
        servers.create({ name: "a", imageId: ubuntu, flavorId: "general1-1", networks: [{ portId: "p-1" }] })
      )
      assert.instanceOf(port, CloudError.BadRequest)
      assert.deepStrictEqual((yield* lastRequest).body, {
        server: { name: "a", imageRef: ubuntu, flavorRef: "general1-1", networks: [{ port: "p-1" }] }
      })
    }).pipe(on())
  )

  it.effect("413 of the gateway is OverLimit with the time to wait", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      yield* servers.importKeyPair({ name: "k", publicKey: sshKey })
      const error = yield* failing(servers.importKeyPair({ name: "l", publicKey: sshKey }))
      assert.instanceOf(error, CloudError.OverLimit)
      assert.strictEqual(error.status, 413)
      assert.isTrue(error.retryAfter !== undefined && Duration.equals(error.retryAfter, "1 minute"))
      assert.strictEqual(error.details, "Error Details...")
    }).pipe(on({ servers: { rateLimits: { POST: 1 } } }))
  )

  it.effect("over-limit requests are retried after the wait, including POST", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      yield* servers.importKeyPair({ name: "k", publicKey: sshKey })
      const second = yield* Effect.fork(servers.importKeyPair({ name: "l", publicKey: sshKey }))
      yield* TestClock.adjust("59 seconds")
      assert.isTrue(Option.isNone(yield* Fiber.poll(second)))
      // The wait has up to five seconds of jitter.
      yield* TestClock.adjust("6 seconds")
      assert.strictEqual((yield* Fiber.join(second)).name, "l")
      assert.strictEqual((yield* requests).length, 3)
    }).pipe(
      Effect.provide(
        TestCloud.layer({ cloud: { servers: { rateLimits: { POST: 1 } } }, retry: RetryPolicy.defaultPolicy })
      )
    )
  )

  it.effect("an error in a listing's first page fails the Stream with a typed error", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const error = yield* failing(Stream.runDrain(servers.list({ name: "[" })))
      assert.instanceOf(error, CloudError.BadRequest)
    }).pipe(on())
  )
})

describe("CloudServers: wire format variations", () => {
  it.effect("image: the empty string for a server that boots from a volume", () =>
    Effect.map(decoded({ image: "" }), (server) => assert.isFalse("imageId" in server)).pipe(on())
  )

  it.effect("image: null, or nothing at all", () =>
    Effect.gen(function* () {
      assert.isFalse("imageId" in (yield* decoded({ image: null })))
      assert.isFalse("imageId" in (yield* decoded({ image: undefined })))
    }).pipe(on())
  )

  it.effect("access addresses: the empty string where unset", () =>
    Effect.gen(function* () {
      const server = yield* decoded({ accessIPv4: "", accessIPv6: "" })
      assert.isFalse("accessIPv4" in server || "accessIPv6" in server)
      assert.strictEqual((yield* decoded({ accessIPv4: "192.0.2.1" })).accessIPv4, "192.0.2.1")
    }).pipe(on())
  )

  it.effect("hostId: the empty string while building", () =>
    Effect.gen(function* () {
      assert.isFalse("hostId" in (yield* decoded({ hostId: "" })))
      assert.strictEqual((yield* decoded({ hostId: "h1" })).hostId, "h1")
    }).pipe(on())
  )

  for (const [wire, meant] of [
    ["", false],
    ["True", true],
    ["true", true],
    ["False", false],
    [true, true],
    [false, false],
    [null, false],
    [undefined, false]
  ] as const) {
    it.effect(`config_drive: ${JSON.stringify(wire)} is ${meant}`, () =>
      Effect.map(decoded({ config_drive: wire }), (server) => assert.strictEqual(server.configDrive, meant)).pipe(on())
    )
  }

  it.effect("swap: the empty string for none, and numbers with fractions elsewhere", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const flavor = { id: "2", name: "512MB", ram: 512, disk: 20, vcpus: 1, swap: "", rxtx_factor: 80.5 }
      yield* respondWith({ flavor })
      const first = yield* servers.getFlavor({ flavorId: "2" })
      assert.isFalse("swapMegabytes" in first)
      assert.strictEqual(first.rxtxFactor, 80.5)
      assert.deepStrictEqual(first.extraSpecs, {})
      yield* respondWith({ flavor: { ...flavor, swap: 512, "OS-FLV-EXT-DATA:ephemeral": 0 } })
      const second = yield* servers.getFlavor({ flavorId: "2" })
      assert.strictEqual(second.swapMegabytes, 512)
      assert.strictEqual(second.ephemeralGigabytes, 0)
    }).pipe(on())
  )

  it.effect("metadata: null or missing is empty", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* decoded({ metadata: null })).metadata, {})
      assert.deepStrictEqual((yield* decoded({ metadata: undefined })).metadata, {})
    }).pipe(on())
  )

  it.effect("status: unknown values are kept", () =>
    Effect.map(decoded({ status: "SHELVED_OFFLOADED" }), (server) =>
      assert.strictEqual(server.status, "SHELVED_OFFLOADED")
    ).pipe(on())
  )

  it.effect("ids: numbers become strings", () =>
    Effect.gen(function* () {
      const server = yield* decoded({ id: 42, tenant_id: 10101, user_id: 7, flavor: { id: 2 }, image: { id: 112 } })
      assert.deepStrictEqual(
        [server.id, server.tenantId, server.userId, server.flavorId, server.imageId],
        ["42", "10101", "7", "2", "112"]
      )
    }).pipe(on())
  )

  it.effect("timestamps: without a zone they are UTC, fractions of any length are kept to the millisecond", () =>
    Effect.gen(function* () {
      const server = yield* decoded({
        created: "2013-08-15T21:40:42.000000",
        updated: "2014-03-01T01:02:03.456789Z",
        "OS-SRV-USG:launched_at": "2012-02-13T09:42:23-06:00",
        "OS-SRV-USG:terminated_at": null
      })
      assert.strictEqual(server.created?.pipe(DateTime.formatIso), "2013-08-15T21:40:42.000Z")
      assert.strictEqual(server.updated?.pipe(DateTime.formatIso), "2014-03-01T01:02:03.456Z")
      assert.strictEqual(server.launchedAt && DateTime.formatIso(server.launchedAt), "2012-02-13T15:42:23.000Z")
      assert.isFalse("terminatedAt" in server)
    }).pipe(on())
  )

  it.effect("unknown fields are ignored", () =>
    Effect.map(
      decoded({
        "OS-EXT-AZ:availability_zone": "nova",
        trusted_image_certificates: null,
        security_groups: [{ name: "default" }]
      }),
      (server) => assert.isFalse("trusted_image_certificates" in server)
    ).pipe(on())
  )

  it.effect("task_state: null means that no task is running", () =>
    Effect.gen(function* () {
      const idle = yield* decoded({ "OS-EXT-STS:task_state": null })
      assert.isFalse("taskState" in idle)
      assert.isTrue(CloudServers.isActive(idle))
      const busy = yield* decoded({ "OS-EXT-STS:task_state": "rebooting" })
      assert.strictEqual(busy.taskState, "rebooting")
      assert.isFalse(CloudServers.isActive(busy))
    }).pipe(on())
  )

  it.effect("optional fields may be missing, and nullable fields may be null", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      yield* respondWith({
        server: {
          id: "s-1",
          name: "n",
          status: "BUILD",
          created: "2012-08-20T21:11:09Z",
          updated: "2012-08-20T21:11:09Z"
        }
      })
      const bare = yield* servers.get({ serverId: "s-1" })
      assert.deepStrictEqual(Object.keys(bare).toSorted(), [
        "addresses",
        "configDrive",
        "created",
        "id",
        "metadata",
        "name",
        "status",
        "updated"
      ])
      yield* decoded({ progress: null, key_name: null, addresses: null, fault: null, "OS-EXT-STS:power_state": null })
    }).pipe(on())
  )

  it.effect("key_name: the empty string for none", () =>
    Effect.map(decoded({ key_name: "" }), (server) => assert.isFalse("keyName" in server)).pipe(on())
  )

  it.effect("fault: code, message and details, each optional", () =>
    Effect.gen(function* () {
      const fault = { code: 500, message: "No valid host", created: "2012-08-20T21:11:09Z", details: "trace" }
      const server = yield* decoded({ status: "ERROR", fault })
      assert.strictEqual(server.fault?.message, "No valid host")
      assert.strictEqual(server.fault?.code, 500)
      const bare = yield* decoded({ status: "ERROR", fault: { code: 500, message: null } })
      assert.strictEqual(bare.fault?.message, "")
    }).pipe(on())
  )

  it.effect("limits: fractions of a second, unknown units and limits, and -1 for unlimited", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const limit = { verb: "POST", value: 10, remaining: 9, unit: "FORTNIGHT" }
      yield* respondWith({
        limits: {
          rate: [
            { uri: "*", regex: ".*", limit: [{ ...limit, "next-available": "2014-03-01T01:02:03.456000Z" }, limit] }
          ],
          absolute: { maxTotalCores: -1, maxTotalVolumes: 20, somethingNew: 7 }
        }
      })
      const { absolute, rate } = yield* servers.getLimits()
      assert.deepStrictEqual(absolute, { maxTotalCores: -1, maxTotalVolumes: 20, somethingNew: 7 })
      const [first, second] = rate[0]?.limits ?? []
      assert.strictEqual(first?.unit, "FORTNIGHT")
      assert.strictEqual(first?.nextAvailable && DateTime.formatIso(first.nextAvailable), "2014-03-01T01:02:03.456Z")
      assert.isFalse("nextAvailable" in (second ?? {}))
    }).pipe(on())
  )

  it.effect("accepted requests may return text, an unusual status, or an undocumented body", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      yield* respondWith("202 Accepted\n\nThe request is accepted for processing.", 202)
      yield* servers.deleteNetwork({ networkId: "n" })
      yield* respondWith("<html>", 200)
      yield* servers.unrescue({ serverId: "s" })
      yield* respondWith({ adminPass: "r3scue" }, 200)
      assert.isTrue(Redacted.isRedacted((yield* servers.rescue({ serverId: "s" })).adminPassword))
      yield* respondWith({ extensions: [{ alias: "a", name: "A" }] }, 203)
      assert.deepStrictEqual(yield* servers.listExtensions(), [{ alias: "a", name: "A", description: "" }])
    }).pipe(on())
  )

  it.effect("a missing password, device or reason stays undefined", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      yield* respondWith({ server: { id: 7, links: [], "OS-DCF:diskConfig": "AUTO" } }, 202)
      const created = yield* servers.create({ name: "n", imageId: "i", flavorId: "f" })
      assert.deepStrictEqual(created, { id: "7", diskConfig: "AUTO" })
      yield* respondWith({})
      assert.deepStrictEqual(yield* servers.rescue({ serverId: "s" }), {})
      yield* respondWith({ volumeAttachment: { id: 1, volumeId: 1, serverId: "s", device: null } })
      assert.deepStrictEqual(yield* servers.attachVolume({ serverId: "s", volumeId: "1" }), {
        id: "1",
        volumeId: "1",
        serverId: "s"
      })
      yield* respondWith({
        networks: [
          { id: CloudServers.publicNet, label: "public" },
          { id: "n", label: "l", cidr: "" }
        ]
      })
      assert.deepStrictEqual(yield* servers.listNetworks(), [
        { id: CloudServers.publicNet, label: "public" },
        { id: "n", label: "l" }
      ])
    }).pipe(on())
  )

  it.effect("diskConfig and status keep the case of the response", () =>
    Effect.map(decoded({ "OS-DCF:diskConfig": "auto", status: "Active" }), (server) =>
      assert.deepStrictEqual([server.diskConfig, server.status], ["auto", "Active"])
    ).pipe(on())
  )

  it.effect("attached volumes are decoded to their IDs", () =>
    Effect.map(decoded({ "os-extended-volumes:volumes_attached": [{ id: "v1" }] }), (server) =>
      assert.deepStrictEqual(server.attachedVolumes, [{ id: "v1" }])
    ).pipe(on())
  )

  it.effect("a snapshot contains the server that it was created from", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      yield* respondWith({
        image: {
          id: "i",
          name: "snap",
          status: "SAVING",
          created: "2012-08-20T21:11:09Z",
          updated: "2012-08-20T21:11:09Z",
          minDisk: 0,
          server: { id: "s-1", links: [] },
          metadata: null
        }
      })
      const image = yield* servers.getImage({ imageId: "i" })
      assert.strictEqual(image.serverId, "s-1")
      assert.strictEqual(image.minDiskGigabytes, 0)
      assert.isFalse("bytes" in image)
    }).pipe(on())
  )

  it.effect("a response that does not match the schema is MalformedResponse with the path and no value", () =>
    Effect.gen(function* () {
      const error = yield* failing(decoded({ id: ["four-secret"] }))
      assert.instanceOf(error, CloudError.MalformedResponse)
      assert.strictEqual(error.path, "server.id")
      assert.strictEqual(error.expected, "a string or a number, not an array")
      assert.notInclude(JSON.stringify(error) + error.message, "four-secret")
    }).pipe(on())
  )

  it.effect("an empty response is treated as truncated, and one that is not JSON is MalformedResponse", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      yield* respondWith("")
      const empty = yield* failing(servers.get({ serverId: "s" }))
      assert.strictEqual(empty._tag, "TransportError")
      assert.include(empty.message, "the response is empty")
      yield* respondWith("<html>hello</html>")
      const html = yield* failing(servers.get({ serverId: "s" }))
      assert.instanceOf(html, CloudError.MalformedResponse)
      assert.strictEqual(html.expected, "JSON")
      assert.include(html.message, "text/plain")
    }).pipe(on())
  )
})

describe("CloudServers: listings as Streams", () => {
  it.effect("fetch a page only when its items are requested", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const cloud = yield* TestCloud.TestCloud
      yield* cloud.servers.seedServers(30)
      const ten = yield* servers.list({ pageSize: 10 }).pipe(Stream.take(10), Stream.runCollect)
      assert.strictEqual(Chunk.size(ten), 10)
      assert.strictEqual((yield* requests).length, 1)
      yield* cloud.clearRequests
      yield* servers.list({ pageSize: 10 }).pipe(Stream.take(11), Stream.runDrain)
      assert.strictEqual((yield* requests).length, 2)
    }).pipe(on())
  )

  it.effect("send no request before they run, and start again on each run", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const listing = servers.list()
      assert.deepStrictEqual(yield* lines, [])
      yield* Stream.runDrain(listing)
      yield* Stream.runDrain(listing)
      assert.deepStrictEqual(yield* lines, ["GET /servers?limit=1000", "GET /servers?limit=1000"])
    }).pipe(on())
  )

  it.effect("end on an empty page after a full one, with each item once", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const cloud = yield* TestCloud.TestCloud
      const ids = yield* cloud.servers.seedServers(6)
      const listed = yield* servers.listDetail({ pageSize: 3 }).pipe(
        Stream.map(({ id }) => id),
        Stream.runCollect
      )
      assert.deepStrictEqual(Chunk.toReadonlyArray(listed), ids.toReversed())
      assert.deepStrictEqual(yield* lines, [
        "GET /servers/detail?limit=3",
        `GET /servers/detail?marker=${ids[3]}&limit=3`,
        `GET /servers/detail?marker=${ids[0]}&limit=3`
      ])
    }).pipe(on())
  )

  it.effect("are empty when there are no items", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      assert.strictEqual(Chunk.size(yield* Stream.runCollect(servers.list())), 0)
    }).pipe(on())
  )

  it.effect("send every filter of servers, on every page, escaped", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const cloud = yield* TestCloud.TestCloud
      yield* TestClock.setTime(Date.UTC(2026, 0, 2))
      yield* cloud.servers.seedServers(3, { name: "a+b&c=d é", metadata: {} })
      const since = DateTime.unsafeMake("2026-01-01T02:00:00+02:00")
      yield* servers
        .listDetail({
          status: "ACTIVE",
          imageId: ubuntu,
          flavorId: "general1-1",
          name: "a\\+b&c=d é",
          host: "compute-1",
          changesSince: DateTime.toUtc(since),
          pageSize: 2
        })
        .pipe(Stream.runDrain)
      const [first, second, ...more] = yield* requests
      assert.isEmpty(more)
      const filters = {
        status: "ACTIVE",
        image: ubuntu,
        flavor: "general1-1",
        name: "a\\+b&c=d é",
        host: "compute-1",
        "changes-since": "2026-01-01T00:00:00.000Z",
        limit: "2"
      }
      assert.deepStrictEqual(first?.query, filters)
      assert.include(
        first?.line ?? "",
        "name=a%5C%2Bb%26c%3Dd%20%C3%A9&host=compute-1&changes-since=2026-01-01T00%3A00%3A00.000Z"
      )
      const { marker, ...carried } = second?.query ?? {}
      assert.deepStrictEqual(carried, filters)
      assert.isDefined(marker)
    }).pipe(on())
  )

  it.effect("send every filter of images and of flavors", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      yield* servers
        .listImages({
          serverId: "s-1",
          name: "n",
          status: "ACTIVE",
          changesSince: DateTime.unsafeMake(0),
          type: "snapshot",
          pageSize: 7
        })
        .pipe(Stream.runDrain)
      assert.deepStrictEqual((yield* lastRequest).query, {
        server: "s-1",
        name: "n",
        status: "ACTIVE",
        "changes-since": "1970-01-01T00:00:00.000Z",
        type: "snapshot",
        limit: "7"
      })
      yield* servers.listFlavors({ minDiskGigabytes: 0, minRamMegabytes: 2048 }).pipe(Stream.runDrain)
      assert.deepStrictEqual((yield* lastRequest).query, { minDisk: "0", minRam: "2048", limit: "1000" })
    }).pipe(on())
  )

  it.effect("list every flavor and every image over several pages", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const all = Chunk.map(yield* Stream.runCollect(servers.listFlavors()), ({ id }) => id)
      const paged = Chunk.map(yield* Stream.runCollect(servers.listFlavors({ pageSize: 4 })), ({ id }) => id)
      assert.isAbove(Chunk.size(all), 8)
      assert.deepStrictEqual(Chunk.toReadonlyArray(paged), Chunk.toReadonlyArray(all))
      assert.strictEqual(Chunk.size(yield* Stream.runCollect(servers.listImages({ pageSize: 2 }))), 7)
    }).pipe(on())
  )

  it.effect("continue with the marker of a next link, whatever its host", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      yield* respondWith({
        servers: [{ id: "a", name: "a" }],
        servers_links: [
          { rel: "previous", href: "http://10.1.2.3/v2/010101/servers?marker=before" },
          { rel: "next", href: "http://10.1.2.3:8774/v2/010101/servers?limit=1&marker=m%2B1" }
        ]
      })
      yield* respondWith({ servers: [{ id: "b", name: "b" }] })
      const listed = yield* Stream.runCollect(servers.list({ pageSize: 1, status: "ACTIVE" }))
      assert.deepStrictEqual(
        Chunk.toReadonlyArray(listed).map(({ id }) => id),
        ["a", "b"]
      )
      const all = yield* requests
      assert.deepStrictEqual(
        all.map(({ headers, line }) => `${headers["host"]} ${line}`),
        ["cloud.test GET /servers?status=ACTIVE&limit=1", "cloud.test GET /servers?status=ACTIVE&marker=m%2B1&limit=1"]
      )
    }).pipe(on())
  )

  it.effect("use the last item as the marker when a next link has none", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      yield* respondWith({
        servers: [
          { id: "a", name: "a" },
          { id: "b", name: "b" }
        ],
        servers_links: [{ rel: "next", href: "http://cloud.test/next" }]
      })
      yield* respondWith({ servers: [] })
      yield* Stream.runDrain(servers.list())
      assert.strictEqual((yield* lastRequest).query["marker"], "b")
    }).pipe(on())
  )

  it.effect("continue after an empty page with a next link", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      yield* respondWith({
        servers: [],
        servers_links: [{ rel: "next", href: "http://cloud.test/servers?marker=x" }]
      })
      yield* respondWith({ servers: [{ id: "b", name: "b" }] })
      assert.strictEqual(Chunk.size(yield* Stream.runCollect(servers.list())), 1)
    }).pipe(on())
  )

  it.effect("fail when the cloud returns the same next page twice", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const cloud = yield* TestCloud.TestCloud
      yield* cloud.fail({
        match: { service: "servers" },
        times: Infinity,
        fault: {
          _tag: "Status",
          status: 200,
          body: {
            servers: [{ id: "a", name: "a" }],
            servers_links: [{ rel: "next", href: "http://cloud.test/servers?marker=a" }]
          }
        }
      })
      const error = yield* failing(Stream.runDrain(servers.list()))
      assert.instanceOf(error, CloudError.MalformedResponse)
      assert.strictEqual(error.operation, "CloudServers.list")
      assert.strictEqual((yield* requests).length, 2)
    }).pipe(on())
  )
})

describe("CloudServers: invalid input", () => {
  const bad = <A, E>(call: (servers: CloudServers.Service) => Effect.Effect<A, E>) =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const error = yield* failing(call(servers))
      assert.instanceOf(error, CloudError.InvalidInput)
      assert.deepStrictEqual(yield* lines, [])
      for (const { expected, path } of error.issues) {
        assert.include(error.message, `${path}: expected ${expected}`)
      }
      return error.issues
    }).pipe(on())

  const good = { name: "web", imageId: ubuntu, flavorId: "general1-1" }

  it.effect("an empty name", () =>
    Effect.map(
      bad((servers) => servers.create({ ...good, name: "" })),
      (issues) =>
        assert.deepStrictEqual(issues, [{ path: "name", expected: "a string that is not empty, not the empty string" }])
    )
  )

  it.effect("a name that is too long is not quoted", () =>
    Effect.map(
      bad((servers) => servers.create({ ...good, name: "x".repeat(256) })),
      (issues) => assert.deepStrictEqual(issues, [{ path: "name", expected: "a name of 1 to 255 characters" }])
    )
  )

  it.effect("neither an image nor a disk to boot from", () =>
    Effect.map(
      bad((servers) => servers.create({ name: "web", flavorId: "general1-1" })),
      (issues) =>
        assert.deepStrictEqual(issues, [
          { path: "imageId", expected: "an image to make the server from, or blockDevices to boot it from" }
        ])
    )
  )

  it.effect("a network with both ids, and one with none", () =>
    Effect.map(
      bad((servers) => servers.create({ ...good, networks: [{ networkId: "n", portId: "p" }, {}] })),
      (issues) =>
        assert.deepStrictEqual(issues, [
          { path: "networks.0", expected: "either a networkId or a portId" },
          { path: "networks.1", expected: "either a networkId or a portId" }
        ])
    )
  )

  for (const limit of [0, -1, 1.5, Number.NaN]) {
    it.effect(`a limit of ${limit}`, () =>
      Effect.map(
        bad((servers) => servers.listPage({ limit })),
        (issues) =>
          assert.deepStrictEqual(issues, [{ path: "limit", expected: `a whole number of 1 or more, not ${limit}` }])
      )
    )
  }

  it.effect("a lone surrogate, which has no UTF-8, in a path or a query", () =>
    Effect.map(
      Effect.all([
        bad((servers) => servers.get({ serverId: "a\ud800" })),
        bad((servers) => servers.listPage({ name: "\udc00b" }))
      ]),
      (issues) =>
        assert.deepStrictEqual(issues, [
          [{ path: "serverId", expected: "valid Unicode" }],
          [{ path: "name", expected: "valid Unicode" }]
        ])
    )
  )

  it.effect("a page size is reported under the caller's name for it", () =>
    Effect.map(
      bad((servers) => Stream.runDrain(servers.listDetail({ pageSize: 0 }))),
      (issues) => assert.deepStrictEqual(issues, [{ path: "pageSize", expected: "a whole number of 1 or more, not 0" }])
    )
  )

  it.effect("a key pair's name with a slash, to create or to import", () =>
    Effect.gen(function* () {
      const expected = [
        { path: "name", expected: "a name of 1 to 255 letters, digits, spaces, dashes, underscores, dots and at signs" }
      ]
      assert.deepStrictEqual(yield* bad((servers) => servers.createKeyPair({ name: "a/b" })), expected)
      assert.deepStrictEqual(yield* bad((servers) => servers.importKeyPair({ name: "ä", publicKey: "k" })), expected)
    })
  )

  it.effect("an empty id", () =>
    Effect.map(
      bad((servers) => servers.get({ serverId: "" })),
      (issues) =>
        assert.deepStrictEqual(issues, [
          { path: "serverId", expected: "a string that is not empty, not the empty string" }
        ])
    )
  )

  it.effect("metadata that exceeds the limit, counted in characters", () =>
    Effect.gen(function* () {
      const long = "😀".repeat(256)
      const expected = [
        { path: "metadata", expected: "metadata whose keys and values have at most 255 characters each" }
      ]
      for (const metadata of [{ a: long }, { [long]: "a" }]) {
        assert.deepStrictEqual(yield* bad((servers) => servers.create({ ...good, metadata })), expected)
        assert.deepStrictEqual(
          yield* bad((servers) => servers.updateServerMetadata({ serverId: "s", metadata })),
          expected
        )
        assert.deepStrictEqual(
          yield* bad((servers) => servers.replaceImageMetadata({ imageId: "i", metadata })),
          expected
        )
      }
      assert.deepStrictEqual(
        yield* bad((servers) => servers.setImageMetadataItem({ imageId: "i", key: long, value: long })),
        [
          { path: "key", expected: "a key of 1 to 255 characters" },
          { path: "value", expected: "a value of at most 255 characters" }
        ]
      )
    })
  )

  it.effect("a fixed address without a network, and a minimum count above the maximum", () =>
    Effect.map(
      bad((servers) =>
        servers.create({ ...good, networks: [{ portId: "p", fixedIp: "192.0.2.1" }], minCount: 3, maxCount: 2 })
      ),
      (issues) =>
        assert.deepStrictEqual(
          issues.map(({ path }) => path),
          ["networks.0.fixedIp"]
        )
    )
  )

  it.effect("several servers when only one can be waited for", () =>
    Effect.map(
      bad((servers) => servers.createAndWait({ ...good, maxCount: 2 } as typeof good)),
      (issues) =>
        assert.deepStrictEqual(
          issues.map(({ path }) => path),
          ["maxCount"]
        )
    )
  )

  it.effect("too many scheduler hints, or none", () =>
    Effect.map(
      bad((servers) => servers.create({ ...good, schedulerHints: { near: ["a", "b", "c", "d"], far: [] } })),
      (issues) =>
        assert.deepStrictEqual(issues, [
          { path: "schedulerHints.near", expected: "one to three ids of servers" },
          { path: "schedulerHints.far", expected: "one to three ids of servers" }
        ])
    )
  )

  it.effect("several errors at once are all reported", () =>
    Effect.map(
      bad((servers) =>
        servers.create({
          name: "",
          imageId: ubuntu,
          flavorId: "",
          blockDevices: [{ sourceType: "blank", destinationType: "volume", volumeGigabytes: 0, bootIndex: 0.5 }]
        })
      ),
      (issues) =>
        assert.sameMembers(
          issues.map(({ path }) => path),
          ["name", "flavorId", "blockDevices.0.volumeGigabytes", "blockDevices.0.bootIndex"]
        )
    )
  )

  it.effect("an error in a path parameter and one in the body are reported together", () =>
    Effect.map(
      bad((servers) => servers.update({ serverId: "", name: "" })),
      (issues) =>
        assert.deepStrictEqual(
          issues.map(({ path }) => path),
          ["serverId", "name"]
        )
    )
  )

  it.effect("a number in place of a secret is rejected and not quoted", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const input = { ...good, adminPassword: 90_210 } as unknown as typeof good
      const error = yield* failing(servers.create(input))
      assert.instanceOf(error, CloudError.InvalidInput)
      assert.deepStrictEqual(
        error.issues.map(({ path }) => path),
        ["adminPassword"]
      )
      assert.include(error.message, "not a number")
      assert.notInclude(`${error.message} ${JSON.stringify(error)} ${error.stack}`, "90210")
    }).pipe(on())
  )

  it.effect("an empty password in a Redacted", () =>
    Effect.map(
      bad((servers) => servers.create({ ...good, adminPassword: Redacted.make("") })),
      (issues) =>
        assert.deepStrictEqual(
          issues.map(({ path }) => path),
          ["adminPassword"]
        )
    )
  )

  it.effect("no input at all, from JavaScript", () =>
    Effect.map(
      bad((servers) => (servers.get as unknown as () => ReturnType<typeof servers.get>)()),
      (issues) =>
        assert.deepStrictEqual(issues, [
          { path: "serverId", expected: "a string that is not empty, and it is missing" }
        ])
    )
  )
})

describe("CloudServers: waiting", () => {
  const create = Effect.flatMap(CloudServers.CloudServers, (servers) =>
    servers.create({ name: "web", imageId: ubuntu, flavorId: "general1-1" })
  )
  const polls = Effect.map(requests, (all) => all.filter(({ line }) => line.startsWith("GET /servers/")).length)

  it.effect("until ACTIVE: polls every ten seconds until the server is built", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const { id: serverId } = yield* create
      const waiting = yield* Effect.fork(servers.waitUntilActive({ serverId, jitter: 0 }))
      yield* TestClock.adjust("29 seconds")
      assert.strictEqual(yield* polls, 3)
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
      yield* TestClock.adjust("1 seconds")
      const server = yield* Fiber.join(waiting)
      assert.strictEqual(server.status, "ACTIVE")
      assert.strictEqual(yield* polls, 4)
    }).pipe(on())
  )

  it.effect("until ACTIVE: fails immediately with the cloud's reason if the server is in ERROR", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const cloud = yield* TestCloud.TestCloud
      yield* cloud.servers.failBuilds({ fault: { code: 500, message: "No valid host was found." } })
      const { id: serverId } = yield* create
      const waiting = yield* Effect.fork(failing(servers.waitUntilActive({ serverId, jitter: 0 })))
      yield* TestClock.adjust("30 seconds")
      const error = yield* Fiber.join(waiting)
      assert.instanceOf(error, CloudError.ResourceFailed)
      assert.strictEqual(error.state, "ERROR")
      assert.strictEqual(error.resource, serverId)
      assert.strictEqual(error.fault, "No valid host was found.")
      assert.strictEqual(
        error.message,
        `CloudServers.waitUntilActive: ${serverId} is in ERROR: No valid host was found.`
      )
    }).pipe(on())
  )

  it.effect("until ACTIVE: fails with NotFound if the server disappears", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const cloud = yield* TestCloud.TestCloud
      const { id: serverId } = yield* create
      const waiting = yield* Effect.fork(failing(servers.waitUntilActive({ serverId })))
      yield* TestClock.adjust("1 seconds")
      yield* cloud.servers.removeServer(serverId)
      yield* TestClock.adjust("11 seconds")
      assert.instanceOf(yield* Fiber.join(waiting), CloudError.NotFound)
    }).pipe(on())
  )

  it.effect("until ACTIVE: does not end while a task is running on an ACTIVE server", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const cloud = yield* TestCloud.TestCloud
      const serverId = yield* cloud.servers.seedServer()
      yield* servers.reboot({ serverId })
      assert.strictEqual((yield* servers.get({ serverId })).status, "ACTIVE")
      const waiting = yield* Effect.fork(servers.waitUntilActive({ serverId, interval: "1 second", jitter: 0 }))
      yield* TestClock.adjust("9 seconds")
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
      yield* TestClock.adjust("1 seconds")
      assert.strictEqual((yield* Fiber.join(waiting)).status, "ACTIVE")
    }).pipe(on({ servers: { statusLag: "10 seconds", actionTime: "10 seconds" } }))
  )

  it.effect("fails with WaitTimeout and the last state at the timeout", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const { id: serverId } = yield* create
      const waiting = yield* Effect.fork(
        failing(servers.waitUntilActive({ serverId, timeout: "25 seconds", jitter: 0 }))
      )
      yield* TestClock.adjust("25 seconds")
      const error = yield* Fiber.join(waiting)
      assert.instanceOf(error, CloudError.WaitTimeout)
      assert.strictEqual(error.lastState, "BUILD")
      assert.isTrue(Duration.equals(error.waited, "25 seconds"))
      assert.strictEqual(yield* polls, 4)
    }).pipe(on())
  )

  it.effect("stops polling when it is interrupted", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const { id: serverId } = yield* create
      const waiting = yield* Effect.fork(servers.waitUntilActive({ serverId }))
      yield* TestClock.adjust("12 seconds")
      const before = yield* polls
      assert.isAbove(before, 0)
      const exit = yield* Fiber.interrupt(waiting)
      assert.isTrue(Exit.isInterrupted(exit))
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* polls, before)
    }).pipe(on())
  )

  it.effect("until deleted: ends when the server is not found", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const cloud = yield* TestCloud.TestCloud
      const serverId = yield* cloud.servers.seedServer()
      yield* servers.delete({ serverId })
      const waiting = yield* Effect.fork(servers.waitUntilDeleted({ serverId, interval: "2 seconds", jitter: 0 }))
      yield* TestClock.adjust("5 seconds")
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
      yield* TestClock.adjust("1 seconds")
      assert.isUndefined(yield* Fiber.join(waiting))
      assert.strictEqual(yield* polls, 4)
    }).pipe(on())
  )

  it.effect("until deleted: ends at the status DELETED too", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      yield* respondWith({ server: { ...wireServer, status: "DELETED" } })
      yield* servers.waitUntilDeleted({ serverId: "s-1" })
      assert.strictEqual(yield* polls, 1)
    }).pipe(on())
  )

  it.effect("until deleted: fails with ResourceFailed if the server enters ERROR, not if it was in ERROR before", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const cloud = yield* TestCloud.TestCloud
      const serverId = yield* cloud.servers.seedServer({
        status: "ERROR",
        fault: { code: 500, message: "stuck" }
      })
      const error = yield* failing(servers.waitUntilDeleted({ serverId }))
      assert.instanceOf(error, CloudError.ResourceFailed)
      assert.strictEqual(error.fault, "stuck")
      yield* servers.delete({ serverId })
      const waiting = yield* Effect.fork(servers.waitUntilDeleted({ serverId }))
      yield* TestClock.adjust("20 seconds")
      yield* Fiber.join(waiting)
    }).pipe(on())
  )

  it.effect("watch emits what each poll saw, for progress bars", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const { id: serverId } = yield* create
      const watching = yield* Effect.fork(
        servers.watch({ serverId, until: CloudServers.isActive, interval: "10 seconds", jitter: 0 }).pipe(
          Stream.map(({ progress, status }) => `${status} ${progress}`),
          Stream.runCollect
        )
      )
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(Chunk.toReadonlyArray(yield* Fiber.join(watching)), [
        "BUILD 0",
        "BUILD 33",
        "BUILD 66",
        "ACTIVE 100"
      ])
    }).pipe(on())
  )

  it.effect("waitUntil succeeds in ERROR if that state is expected", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const cloud = yield* TestCloud.TestCloud
      const serverId = yield* cloud.servers.seedServer({ status: "ERROR" })
      const server = yield* servers.waitUntil({ serverId, until: ({ status }) => status === "ERROR" })
      assert.strictEqual(server.status, "ERROR")
    }).pipe(on())
  )

  it.effect("over many hours, expiring tokens cause one login per lifetime", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const cloud = yield* TestCloud.TestCloud
      const { id: serverId } = yield* create
      const waiting = yield* Effect.fork(
        servers.waitUntilActive({ serverId, interval: "10 minutes", timeout: "11 hours", jitter: 0 })
      )
      yield* TestClock.adjust("10 hours")
      assert.strictEqual((yield* Fiber.join(waiting)).status, "ACTIVE")
      // Each token lives an hour and is renewed a minute before: ten lifetimes and a bit.
      assert.strictEqual((yield* cloud.logins).succeeded, 11)
      assert.strictEqual(yield* polls, 61)
    }).pipe(on({ tokenTtl: "1 hour", servers: { buildTime: "10 hours" } }))
  )

  it.effect("a token that is revoked during a wait is renewed without affecting it", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const cloud = yield* TestCloud.TestCloud
      const { id: serverId } = yield* create
      const waiting = yield* Effect.fork(servers.waitUntilActive({ serverId, jitter: 0 }))
      yield* TestClock.adjust("15 seconds")
      yield* cloud.revokeAllTokens
      yield* TestClock.adjust("15 seconds")
      assert.strictEqual((yield* Fiber.join(waiting)).status, "ACTIVE")
      assert.strictEqual((yield* cloud.logins).succeeded, 2)
    }).pipe(on())
  )
})
