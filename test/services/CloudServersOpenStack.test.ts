/** Features of Cloud Servers for users of OpenStack, on an emulated Nova with microversions. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, TestClock } from "effect"
import { CloudServers, Identity, RetryPolicy, TestCloud } from "effect-rackspace"
import { X509Certificate } from "node:crypto"
import { collected } from "../support.js"

const nova = TestCloud.layerCloud({
  servers: { maxMicroversion: "2.100", availabilityZones: ["east", "west"], securityGroups: ["default", "web"] }
})

/** Uses Cloud Servers with a microversion; by default Nova's oldest. */
const at =
  (microversion?: string) =>
  <A, E, R>(program: Effect.Effect<A, E, CloudServers.CloudServers | R>) =>
    Effect.provide(
      program,
      CloudServers.layer({ microversion, retry: RetryPolicy.never }).pipe(
        Layer.provide(Identity.layer({ credentials: TestCloud.credentials })),
        Layer.orDie
      )
    )

const on = <A, E>(
  cloud: typeof nova,
  program: Effect.Effect<A, E, Layer.Layer.Success<typeof nova>>
): Effect.Effect<A, E> => Effect.provide(program, cloud)

const ubuntu = "09de0a66-3156-48b4-90a5-1cf25a905207"

type Input = Parameters<CloudServers.Service["create"]>[0]

/** A new server after its build. */
const built = (fields: Partial<Input> = {}) =>
  Effect.gen(function* () {
    const servers = yield* CloudServers.CloudServers
    const { id } = yield* servers.create({ name: "web", imageId: ubuntu, flavorId: "general1-1", ...fields })
    yield* TestClock.adjust("1 minute")
    return yield* servers.get({ serverId: id })
  })

const tagOf = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), ({ _tag }) => _tag)

describe("CloudServers on OpenStack: microversions", () => {
  it.effect("a server has the fields of the requested microversion", () =>
    on(
      nova,
      Effect.gen(function* () {
        const { id: serverId } = yield* built().pipe(at())
        const read = (microversion?: string) =>
          Effect.flatMap(CloudServers.CloudServers, (servers) => servers.get({ serverId })).pipe(at(microversion))
        const oldest = yield* read()
        assert.deepStrictEqual(
          [oldest.flavorId, oldest.availabilityZone, oldest.securityGroups, oldest.locked, oldest.tags],
          ["general1-1", "east", ["default"], undefined, undefined]
        )
        const tagged = yield* read("2.26")
        assert.deepStrictEqual([tagged.locked, tagged.tags, tagged.flavorId], [false, [], "general1-1"])
        const newest = yield* read("latest")
        assert.deepStrictEqual(
          [newest.flavorId, newest.flavorName, newest.hostname, newest.serverGroups],
          [undefined, "1 GB General Purpose v1", "web", []]
        )
      })
    )
  )

  it.effect("an unsupported microversion is rejected, and Rackspace has none", () =>
    Effect.gen(function* () {
      const limits = Effect.flatMap(CloudServers.CloudServers, (servers) => servers.getLimits())
      const refused = yield* Effect.flip(limits.pipe(at("2.101")))
      assert.include(refused.message, "maximum is 2.100")
      yield* limits.pipe(at("latest"))
    }).pipe((program) => on(nova, program))
  )

  it.effect("features of OpenStack are NotFound at Rackspace", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const zones = yield* Effect.flip(servers.listAvailabilityZones())
      const group = yield* Effect.flip(servers.createServerGroup({ name: "g", policy: "affinity" }))
      assert.deepStrictEqual(
        [zones, group].map((error) => ("status" in error ? error.status : undefined)),
        [404, 404]
      )
    }).pipe(at(), (program) => on(TestCloud.layerCloud(), program))
  )
})

describe("CloudServers on OpenStack: placement of servers", () => {
  it.effect("an anti-affinity group puts each server on a different host, and fails if there is none left", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const { id: group } = yield* servers.createServerGroup({ name: "g", policy: "anti-affinity" })
      const hosts: Array<string | undefined> = []
      for (let index = 0; index < 7; index++) {
        hosts.push((yield* built({ networks: "none", schedulerHints: { group } })).hostId)
      }
      assert.strictEqual(new Set(hosts).size, 7)
      const last = yield* built({ networks: "none", schedulerHints: { group } })
      assert.strictEqual(last.status, "ERROR")
      assert.include(last.fault?.message, "No valid host")
    }).pipe(at("2.64"), (program) => on(nova, program))
  )

  it.effect("hints for the same or a different host are respected, and returned by the newest Nova", () =>
    Effect.gen(function* () {
      const first = yield* built({ networks: "none" })
      const same = yield* built({ networks: "none", schedulerHints: { sameHost: [first.id] } })
      const other = yield* built({ networks: "none", schedulerHints: { differentHost: [first.id] } })
      assert.strictEqual(same.hostId, first.hostId)
      assert.notStrictEqual(other.hostId, first.hostId)
      assert.deepStrictEqual(same.schedulerHints, { same_host: [first.id] })
    }).pipe(at("2.100"), (program) => on(nova, program))
  )

  it.effect("a server is created in a zone and with security groups, and unknown ones are rejected", () =>
    Effect.gen(function* () {
      const server = yield* built({ availabilityZone: "west", securityGroups: ["web"], networks: "auto" })
      assert.deepStrictEqual(
        [server.availabilityZone, server.pinnedAvailabilityZone, server.securityGroups],
        ["west", "west", ["web"]]
      )
      assert.strictEqual(yield* tagOf(built({ availabilityZone: "north", networks: "none" })), "BadRequest")
      assert.strictEqual(yield* tagOf(built({ securityGroups: ["db"], networks: "none" })), "BadRequest")
    }).pipe(at("2.96"), (program) => on(nova, program))
  )

  it.effect("the hosts of zones and the servers of all projects are only for operators", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      assert.strictEqual(yield* tagOf(servers.listAvailabilityZonesDetail()), "Forbidden")
      assert.strictEqual(yield* tagOf(collected(servers.list({ allTenants: true }))), "Forbidden")
      assert.deepStrictEqual(yield* collected(servers.list({ allTenants: false })), [])
    }).pipe(at(), (program) => on(nova, program))
  )
})

describe("CloudServers on OpenStack: several servers in one request", () => {
  it.effect(
    "as many are created as the quota allows, at least minCount, and they are listed by their reservation",
    () =>
      Effect.gen(function* () {
        const servers = yield* CloudServers.CloudServers
        const input = { name: "web", imageId: ubuntu, flavorId: "general1-1" }
        yield* servers.create(input)
        const { reservationId } = yield* servers.createReservation({ ...input, minCount: 2, maxCount: 5 })
        const names = (yield* collected(servers.list({ reservationId }))).map(({ name }) => name)
        assert.deepStrictEqual(names.toSorted(), ["web-1", "web-2", "web-3"])
        assert.strictEqual(yield* tagOf(servers.createReservation({ ...input, minCount: 1 })), "QuotaExceeded")
      }).pipe(at(), (program) =>
        on(TestCloud.layerCloud({ servers: { maxMicroversion: "2.1", serverQuota: 4 } }), program)
      )
  )
})

describe("CloudServers on OpenStack: volumes", () => {
  it.effect("a volume is created, attached with a tag, read, detached and deleted", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const made = yield* servers.createVolume({ gigabytes: 10, name: "data", metadata: { a: "1" } })
      assert.deepStrictEqual([made.status, made.gigabytes, made.attachments], ["creating", 10, []])
      const volumeId = made.id
      const { id: serverId } = yield* built()
      assert.strictEqual((yield* servers.getVolume({ volumeId })).status, "available")
      yield* servers.attachVolume({ serverId, volumeId })
      const used = yield* servers.getVolume({ volumeId })
      assert.deepStrictEqual([used.status, used.attachments.map((each) => each.serverId)], ["in-use", [serverId]])
      assert.strictEqual(yield* tagOf(servers.deleteVolume({ volumeId })), "BadRequest")
      assert.strictEqual(yield* tagOf(servers.attachVolume({ serverId, volumeId: "none" })), "NotFound")
      yield* servers.detachVolume({ serverId, attachmentId: volumeId })
      yield* servers.createVolume({ gigabytes: 1 })
      assert.strictEqual((yield* collected(servers.listVolumes({ pageSize: 1 }))).length, 2)
      yield* servers.deleteVolume({ volumeId })
      assert.strictEqual(yield* tagOf(servers.getVolume({ volumeId })), "NotFound")
    }).pipe(at(), (program) => on(nova, program))
  )

  it.effect("an attachment includes whether its volume is deleted with the server, which can be changed", () =>
    on(
      nova,
      Effect.gen(function* () {
        const volumes = Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          return yield* Effect.forEach([1, 2], (gigabytes) => servers.createVolume({ gigabytes }))
        })
        const [kept = "", deleted = ""] = (yield* volumes.pipe(at())).map(({ id }) => id)
        yield* Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { id: serverId } = yield* built({ networks: "none" })
          const made = yield* servers.attachVolume({ serverId, volumeId: kept, tag: "data", deleteOnTermination: true })
          assert.deepStrictEqual([made.tag, made.deleteOnTermination, made.volumeId], ["data", true, kept])
          assert.isString(made.cinderAttachmentId)
          yield* servers.attachVolume({ serverId, volumeId: deleted })
          yield* servers.updateVolumeAttachment({ serverId, attachmentId: kept, deleteOnTermination: false })
          yield* servers.updateVolumeAttachment({ serverId, attachmentId: deleted, deleteOnTermination: true })
          const read = yield* servers.listVolumeAttachments({ serverId })
          assert.deepStrictEqual(
            read.map((each) => each.deleteOnTermination),
            [false, true]
          )
          const swap = servers.updateVolumeAttachment({ serverId, attachmentId: kept, volumeId: deleted })
          assert.strictEqual(yield* tagOf(swap), "Forbidden")
          yield* servers.delete({ serverId })
          yield* TestClock.adjust("1 minute")
          assert.strictEqual(yield* tagOf(servers.get({ serverId })), "NotFound")
        }).pipe(at("2.89"))
        yield* Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          assert.strictEqual((yield* servers.getVolume({ volumeId: kept })).status, "available")
          assert.strictEqual(yield* tagOf(servers.getVolume({ volumeId: deleted })), "NotFound")
        }).pipe(at())
      })
    )
  )
})

describe("CloudServers on OpenStack: consoles, keys and networks", () => {
  it.effect("a remote console is created for each type, and not for a stopped server", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const { id: serverId } = yield* built()
      for (const type of ["novnc", "spice-html5", "serial", "webmks"]) {
        const console = yield* servers.createRemoteConsole({ serverId, type })
        assert.strictEqual(console.type, type)
        assert.match(Redacted.value(console.url), /^https:/)
      }
      const wrong = servers.createRemoteConsole({ serverId, type: "novnc", protocol: "spice" })
      assert.strictEqual(yield* tagOf(wrong), "BadRequest")
      assert.strictEqual(yield* tagOf(servers.getConsole({ serverId })), "NotFound")
      yield* servers.stop({ serverId })
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* tagOf(servers.createRemoteConsole({ serverId })), "Conflict")
    }).pipe(at("2.8"), (program) => on(nova, program))
  )

  it.effect("a certificate is created with its private key", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const {
        fingerprint,
        privateKey,
        publicKey = "",
        type
      } = yield* servers.createKeyPair({ name: "win", type: "x509" })
      const certificate = new X509Certificate(publicKey)
      assert.deepStrictEqual([type, fingerprint], ["x509", certificate.fingerprint.toLowerCase()])
      assert.isTrue(certificate.verify(certificate.publicKey))
      assert.match(Redacted.value(privateKey), /PRIVATE KEY/)
      assert.strictEqual((yield* servers.getKeyPair({ name: "win" })).type, "x509")
    }).pipe(at("2.2"), (program) => on(nova, program))
  )

  it.effect("a fixed address is assigned to one new server only", () =>
    Effect.gen(function* () {
      const networks = [{ networkId: CloudServers.serviceNet, fixedIp: "10.176.9.9", tag: "inner" }]
      const server = yield* built({ networks })
      assert.deepStrictEqual(
        Object.values(server.addresses).flatMap((all) => all.map(({ address, type }) => [address, type])),
        [["10.176.9.9", "fixed"]]
      )
      const servers = yield* CloudServers.CloudServers
      const [attached] = yield* servers.listInterfaces({ serverId: server.id })
      assert.strictEqual(attached?.tag, "inner")
      assert.strictEqual(yield* tagOf(built({ networks })), "BadRequest")
    }).pipe(at("2.70"), (program) => on(nova, program))
  )

  it.effect("servers are filtered by their lock", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const [open, locked] = [yield* built({ networks: "none" }), yield* built({ networks: "none" })]
      yield* servers.lock({ serverId: locked.id })
      const idsOf = (wanted: boolean) =>
        Effect.map(collected(servers.list({ locked: wanted })), (all) => all.map(({ id }) => id))
      assert.deepStrictEqual([yield* idsOf(true), yield* idsOf(false)], [[locked.id], [open.id]])
      assert.strictEqual((yield* servers.get({ serverId: locked.id })).locked, true)
    }).pipe(at("2.73"), (program) => on(nova, program))
  )

  it.effect("a tag that Nova cannot decode in a path is rejected, and can be set by replaceTags", () =>
    on(
      nova,
      Effect.gen(function* () {
        const { id: serverId } = yield* built()
        const servers = yield* CloudServers.CloudServers
        for (const change of [servers.addTag, servers.deleteTag]) {
          const refused = yield* Effect.flip(change({ serverId, tag: "ü" }))
          assert.strictEqual(refused._tag, "InvalidInput")
          assert.include(refused.message, "replaceTags")
        }
        assert.deepStrictEqual(yield* servers.replaceTags({ serverId, tags: ["ü"] }), ["ü"])
      }).pipe(at("2.26"))
    )
  )

  it.effect("an interface in a missing network is NotFound", () =>
    on(
      nova,
      Effect.gen(function* () {
        const { id: serverId } = yield* built({ networks: "none" })
        const servers = yield* CloudServers.CloudServers
        const networkId = "11111111-2222-4333-8444-555555555555"
        assert.strictEqual(yield* tagOf(servers.attachInterface({ serverId, networkId })), "NotFound")
      }).pipe(at("2.70"))
    )
  )
})
