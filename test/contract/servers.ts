import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, layer as onLayer } from "@effect/vitest"
import { DateTime, Effect, type Layer, Option, Redacted, Schedule, Stream } from "effect"
import { CloudServers, Identity, OpenStack } from "effect-rackspace"
import { Cloud, freshName, type Services } from "./Cloud.js"
import { failure } from "./support.js"

const pace = { interval: "250 millis", timeout: "150 seconds" } as const

/** A new server as it was accepted; deleted at the end. */
const accepted = (name = freshName("contract"), flavor: 0 | 2 = 0) =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const { flavors, imageId } = yield* Cloud
      const created = yield* servers.create({ name, imageId, flavorId: flavors[flavor], metadata: { made: "here" } })
      return { ...created, name }
    }),
    ({ id: serverId }) =>
      Effect.flatMap(CloudServers.CloudServers, (servers) =>
        Effect.ignore(Effect.zipRight(servers.delete({ serverId }), servers.waitUntilDeleted({ serverId, ...pace })))
      )
  )

const active = Effect.gen(function* () {
  const servers = yield* CloudServers.CloudServers
  const { id } = yield* accepted()
  return yield* servers.waitUntilActive({ serverId: id, ...pace })
})

const until = (serverId: string, status: string) =>
  Effect.flatMap(CloudServers.CloudServers, (servers) =>
    servers.waitUntil({
      serverId,
      ...pace,
      until: (server) => server.status === status && server.taskState === undefined
    })
  )

const missing = { serverId: "5f7a2b6e-0000-4000-8000-000000000000" }

/** The contract of Cloud Servers, for any cloud. */
export const servers = <E>(cloud: Layer.Layer<Services, E>): void =>
  onLayer(cloud, { excludeTestServices: true, timeout: "60 seconds" })((it) => {
    describe("the lifecycle of a server", () => {
      it.scoped("it is built, read, listed, renamed, and deleted", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { flavors, imageId } = yield* Cloud
          const created = yield* accepted()
          assert.isTrue(Redacted.isRedacted(created.adminPassword))
          const serverId = created.id
          const looks = yield* Stream.runCollect(servers.watch({ serverId, ...pace, until: CloudServers.isActive }))
          const server = [...looks].at(-1)
          assert.deepStrictEqual(
            [server?.name, server?.imageId, server?.flavorId, server?.metadata, server?.vmState],
            [created.name, imageId, flavors[0], { made: "here" }, "active"]
          )
          assert.isNotEmpty(Object.values(server?.addresses ?? {}).flat())
          assert.isBelow(
            Math.abs(DateTime.toEpochMillis(server?.created ?? DateTime.unsafeMake(0)) - Date.now()),
            60_000
          )
          const named = yield* Stream.runCollect(servers.list({ name: created.name }))
          assert.deepStrictEqual([...named], [{ id: serverId, name: created.name }])
          const detailed = yield* Stream.runCollect(
            servers.listDetail({ name: created.name, status: "ACTIVE", flavorId: flavors[0], imageId })
          )
          assert.deepStrictEqual(
            [...detailed].map(({ id }) => id),
            [serverId]
          )
          const none = yield* Stream.runCollect(servers.listDetail({ name: created.name, status: "ERROR" }))
          assert.isEmpty([...none])
          const renamed = yield* servers.update({ serverId, name: `${created.name} ü`, accessIPv4: "192.0.2.9" })
          assert.deepStrictEqual([renamed.name, renamed.accessIPv4], [`${created.name} ü`, "192.0.2.9"])
          yield* servers.delete({ serverId })
          yield* servers.waitUntilDeleted({ serverId, ...pace })
          // Nova may return it as DELETED for a moment before it is gone.
          const gone = failure(servers.get({ serverId })).pipe(
            Effect.retry({ times: 50, schedule: Schedule.spaced("100 millis") })
          )
          assert.strictEqual(yield* gone, "NotFound")
          assert.strictEqual(yield* failure(servers.delete({ serverId })), "NotFound")
        })
      )

      it.scoped("it is rebooted, stopped and started", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { id: serverId } = yield* active
          yield* servers.reboot({ serverId })
          yield* servers.waitUntilActive({ serverId, ...pace })
          yield* servers.reboot({ serverId, type: "HARD" })
          yield* servers.waitUntilActive({ serverId, ...pace })
          assert.strictEqual(yield* failure(servers.start({ serverId })), "Conflict")
          yield* servers.stop({ serverId })
          yield* until(serverId, "SHUTOFF")
          assert.strictEqual(yield* failure(servers.reboot({ serverId })), "Conflict")
          yield* servers.start({ serverId })
          yield* servers.waitUntilActive({ serverId, ...pace })
          const actions = yield* servers.listInstanceActions({ serverId })
          assert.deepStrictEqual(
            actions.map(({ action }) => action),
            ["start", "stop", "reboot", "reboot", "create"]
          )
          const requestId = actions[0]?.requestId ?? ""
          assert.strictEqual((yield* servers.getInstanceAction({ serverId, requestId })).action, "start")
        })
      )

      it.scoped("it is resized, which is reverted, and then confirmed", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { flavors } = yield* Cloud
          const { id: serverId } = yield* active
          assert.strictEqual(yield* failure(servers.confirmResize({ serverId })), "Conflict")
          assert.strictEqual(yield* failure(servers.revertResize({ serverId })), "Conflict")
          assert.strictEqual(yield* failure(servers.resize({ serverId, flavorId: flavors[0] })), "BadRequest")
          assert.strictEqual(yield* failure(servers.resize({ serverId, flavorId: "none" })), "BadRequest")
          yield* servers.resize({ serverId, flavorId: flavors[1] })
          assert.strictEqual((yield* until(serverId, "VERIFY_RESIZE")).flavorId, flavors[1])
          assert.strictEqual(yield* failure(servers.resize({ serverId, flavorId: flavors[0] })), "Conflict")
          yield* servers.revertResize({ serverId })
          assert.strictEqual((yield* until(serverId, "ACTIVE")).flavorId, flavors[0])
          yield* servers.resize({ serverId, flavorId: flavors[1] })
          yield* until(serverId, "VERIFY_RESIZE")
          yield* servers.confirmResize({ serverId })
          assert.strictEqual((yield* until(serverId, "ACTIVE")).flavorId, flavors[1])
        })
      )

      it.scoped("it is rebuilt with another name, and keeps its ID", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { imageId } = yield* Cloud
          const { id: serverId } = yield* active
          const name = freshName("rebuilt")
          const rebuilt = yield* servers.rebuild({ serverId, imageId, name, metadata: { new: "yes" } })
          assert.deepStrictEqual([rebuilt.id, rebuilt.name], [serverId, name])
          assert.isTrue(Redacted.isRedacted(rebuilt.adminPassword))
          const server = yield* until(serverId, "ACTIVE")
          assert.deepStrictEqual([server.name, server.metadata], [name, { new: "yes" }])
          assert.strictEqual(
            yield* failure(servers.rebuild({ serverId, imageId: "5f7a2b6e-0000-4000-8000-000000000000" })),
            "BadRequest"
          )
        })
      )

      it.scoped("it is rescued with a password, and unrescued", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { id: serverId } = yield* active
          assert.strictEqual(yield* failure(servers.unrescue({ serverId })), "Conflict")
          const { adminPassword } = yield* servers.rescue({ serverId, adminPassword: Redacted.make("r3scue-pass") })
          assert.strictEqual(Redacted.value(adminPassword ?? Redacted.make("none")), "r3scue-pass")
          yield* until(serverId, "RESCUE")
          assert.strictEqual(yield* failure(servers.rescue({ serverId })), "Conflict")
          yield* servers.unrescue({ serverId })
          yield* until(serverId, "ACTIVE")
          yield* servers.rescue({ serverId })
          yield* until(serverId, "RESCUE")
        })
      )

      it.scoped("it is migrated to another host by an operator, which is confirmed like a resize", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { operator } = yield* Cloud
          const { flavorId, id: serverId } = yield* active
          yield* Effect.flatMap(CloudServers.CloudServers, (theirs) => theirs.migrate({ serverId })).pipe(
            Effect.provide(OpenStack.layer({ credentials: operator })),
            Effect.provide(NodeHttpClient.layerUndici)
          )
          assert.strictEqual((yield* until(serverId, "VERIFY_RESIZE")).flavorId, flavorId)
          yield* servers.confirmResize({ serverId })
          yield* until(serverId, "ACTIVE")
        })
      )

      it.scoped("its password is changed, and it stays ACTIVE", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { id: serverId } = yield* active
          yield* servers.changePassword({ serverId, adminPassword: Redacted.make("0ther-pass") })
          yield* until(serverId, "ACTIVE")
          const [last] = yield* servers.listInstanceActions({ serverId })
          assert.strictEqual(last?.action, "changePassword")
          yield* servers.stop({ serverId })
          yield* until(serverId, "SHUTOFF")
          assert.strictEqual(
            yield* failure(servers.changePassword({ serverId, adminPassword: Redacted.make("third-pass") })),
            "Conflict"
          )
        })
      )

      it.scoped("one without a suitable host is in ERROR, and the wait returns the reason", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { breakNextBuild } = yield* Cloud
          yield* breakNextBuild
          const { id: serverId } = yield* accepted(undefined, 2)
          const failed = yield* Effect.flip(servers.waitUntilActive({ serverId, ...pace }))
          assert.strictEqual(failed._tag, "ResourceFailed")
          assert.include(failed.message, "No valid host was found")
          const { fault, status } = yield* servers.get({ serverId })
          assert.deepStrictEqual([status, fault?.code], ["ERROR", 500])
          yield* servers.delete({ serverId })
          yield* servers.waitUntilDeleted({ serverId, ...pace })
        })
      )
    })

    describe("operations that wait", () => {
      it.scoped("create a server, find it by an unusual name, and resize it", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { flavors, imageId } = yield* Cloud
          const name = `${freshName("one")} (ü) [1].*`
          const made = yield* Effect.acquireRelease(
            servers.createAndWait({ name, imageId, flavorId: flavors[0], ...pace }),
            ({ id: serverId }) =>
              Effect.ignore(
                Effect.zipRight(servers.delete({ serverId }), servers.waitUntilDeleted({ serverId, ...pace }))
              )
          )
          assert.strictEqual(made.status, "ACTIVE")
          assert.isTrue(Redacted.isRedacted(made.adminPassword))
          for (const nameOrId of [name, made.id]) {
            const found = yield* servers.find({ nameOrId })
            assert.strictEqual(found.id, made.id)
          }
          assert.strictEqual((yield* Effect.flip(servers.find({ nameOrId: name.slice(0, -1) })))._tag, "NotFound")
          assert.strictEqual((yield* Effect.flip(servers.find({ nameOrId: missing.serverId })))._tag, "NotFound")
          const resized = yield* servers.resizeAndConfirm({ serverId: made.id, flavorId: flavors[1], ...pace })
          assert.deepStrictEqual([resized.status, resized.flavorId], ["ACTIVE", flavors[1]])
        })
      )

      it.scoped("find images and flavors by name; there are no servers of the first generation", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { flavors, imageId } = yield* Cloud
          const image = yield* servers.getImage({ imageId })
          assert.deepStrictEqual(yield* servers.findImage({ nameOrId: image.name ?? "" }), image)
          const flavor = yield* servers.getFlavor({ flavorId: flavors[0] })
          assert.deepStrictEqual(yield* servers.findFlavor({ nameOrId: flavor.name ?? "" }), flavor)
          assert.isEmpty([...(yield* Stream.runCollect(servers.listFirstGeneration()))])
        })
      )
    })

    describe("resources of a server", () => {
      it.scoped("its metadata: replaced, merged, item by item", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { id: serverId } = yield* active
          assert.deepStrictEqual(yield* servers.getServerMetadata({ serverId }), { made: "here" })
          const two = { a: "größe 日本", "b c": "2" }
          assert.deepStrictEqual(yield* servers.replaceServerMetadata({ serverId, metadata: two }), two)
          const three = { ...two, d: "3" }
          assert.deepStrictEqual(yield* servers.updateServerMetadata({ serverId, metadata: { d: "3" } }), three)
          assert.strictEqual(yield* servers.setServerMetadataItem({ serverId, key: "b c", value: "4" }), "4")
          assert.strictEqual(yield* servers.getServerMetadataItem({ serverId, key: "b c" }), "4")
          yield* servers.deleteServerMetadataItem({ serverId, key: "d" })
          assert.deepStrictEqual(yield* servers.getServerMetadata({ serverId }), { a: "größe 日本", "b c": "4" })
          assert.strictEqual(yield* failure(servers.getServerMetadataItem({ serverId, key: "d" })), "NotFound")
          assert.strictEqual(yield* failure(servers.deleteServerMetadataItem({ serverId, key: "d" })), "NotFound")
          const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`k${index}`, "v"]))
          assert.strictEqual(
            yield* failure(servers.replaceServerMetadata({ serverId, metadata: many })),
            "QuotaExceeded"
          )
        })
      )

      it.scoped("its addresses, all or of one network", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { addresses, id: serverId } = yield* active
          // Nova returns the type and the MAC of an address with the server only.
          const plain = (all: ReadonlyArray<CloudServers.Address>) =>
            all.map(({ address, version }) => ({ address, version }))
          const labels = Object.keys(addresses)
          const listed = yield* servers.getAddresses({ serverId })
          assert.deepStrictEqual(Object.keys(listed), labels)
          for (const [label, of] of Object.entries(addresses)) {
            assert.deepStrictEqual(plain(listed[label] ?? []), plain(of))
            assert.deepStrictEqual(plain(yield* servers.getAddressesOfNetwork({ serverId, label })), plain(of))
          }
          assert.strictEqual(
            yield* failure(servers.getAddressesOfNetwork({ serverId, label: "no such label" })),
            "NotFound"
          )
        })
      )

      it.scoped("an image is created from it, found by its ID, and deleted", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { id: serverId } = yield* active
          const name = freshName("image")
          const { imageId } = yield* servers.createImage({ serverId, name, metadata: { kept: "7" } })
          const image = yield* servers.getImage({ imageId })
          assert.deepStrictEqual([image.name, image.serverId, image.metadata["kept"]], [name, serverId, "7"])
          yield* servers.waitUntilActive({ serverId, ...pace })
          yield* servers.updateImageMetadata({ imageId, metadata: { more: "8" } })
          assert.strictEqual(yield* servers.getImageMetadataItem({ imageId, key: "more" }), "8")
          yield* servers.setImageMetadataItem({ imageId, key: "more", value: "9" })
          yield* servers.deleteImageMetadataItem({ imageId, key: "kept" })
          const left = yield* servers.getImageMetadata({ imageId })
          assert.deepStrictEqual([left["more"], left["kept"]], ["9", undefined])
          assert.deepStrictEqual(yield* servers.replaceImageMetadata({ imageId, metadata: { all: "10" } }), {
            all: "10"
          })
          assert.deepStrictEqual((yield* servers.getImage({ imageId })).metadata, { all: "10" })
          yield* servers.deleteImage({ imageId })
          assert.strictEqual(yield* failure(servers.getImage({ imageId })), "NotFound")
        })
      )

      it.scoped("its console output, all or the last line", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { id: serverId } = yield* active
          const all = yield* servers.getConsoleLog({ serverId })
          assert.isAbove(all.split("\n").length, 1)
          assert.strictEqual(yield* servers.getConsoleLog({ serverId, lines: 1 }), all.split("\n").at(-1))
        })
      )

      it.scoped("its volumes, of which there are none", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { id: serverId } = yield* active
          assert.deepStrictEqual(yield* servers.listVolumeAttachments({ serverId }), [])
          const attachmentId = missing.serverId
          assert.strictEqual(yield* failure(servers.getVolumeAttachment({ serverId, attachmentId })), "NotFound")
        })
      )

      it.scoped("it rejects changes while it is locked by another user, but not by its owner", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { id: serverId } = yield* active
          yield* servers.lock({ serverId })
          yield* servers.unlock({ serverId })
          yield* servers.reboot({ serverId })
          yield* servers.waitUntilActive({ serverId, ...pace })
        })
      )
    })

    describe("listings", () => {
      it.scoped("servers are returned over several pages, each once", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const name = freshName("page")
          const made = yield* Effect.forEach([1, 2, 3], (index) => accepted(`${name}-${index}`))
          const ids = made.map(({ id }) => id)
          // Nova sorts by the time of creation, which it sets again when a server is assigned to a host.
          yield* Effect.forEach(ids, (serverId) => servers.waitUntilActive({ serverId, ...pace }), {
            concurrency: "unbounded"
          })
          for (const pageSize of [1, 2, 3]) {
            const listed = yield* Stream.runCollect(servers.list({ name, pageSize }))
            assert.sameMembers(
              [...listed].map(({ id }) => id),
              ids
            )
            assert.strictEqual(listed.length, 3)
          }
          const first = yield* servers.listDetailPage({ name, limit: 2 })
          assert.strictEqual(first.items.length, 2)
          assert.isDefined(first.next)
          assert.strictEqual(yield* failure(servers.listPage({ marker: missing.serverId, limit: 1 })), "BadRequest")
        })
      )

      it.scoped("flavors and images are returned with all fields, one or all", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { flavors, imageId } = yield* Cloud
          const all = [...(yield* Stream.runCollect(servers.listFlavors({ pageSize: 1 })))]
          const small = all.find(({ id }) => id === flavors[0])
          assert.deepStrictEqual(yield* servers.getFlavor({ flavorId: flavors[0] }), small)
          assert.isAtLeast(small?.ramMegabytes ?? 0, 1)
          assert.strictEqual(yield* failure(servers.getFlavor({ flavorId: "none" })), "NotFound")
          const images = [...(yield* Stream.runCollect(servers.listImages()))]
          assert.deepStrictEqual(
            yield* servers.getImage({ imageId }),
            images.find(({ id }) => id === imageId)
          )
          assert.strictEqual(yield* failure(servers.getImage({ imageId: missing.serverId })), "NotFound")
        })
      )

      it.scoped("flavors and images are listed by ID and name only", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const named = (all: Iterable<CloudServers.Summary>) => [...all].map(({ id, name }) => [id, name])
          assert.deepStrictEqual(
            named(yield* Stream.runCollect(servers.listFlavorSummaries({ pageSize: 1 }))),
            named(yield* Stream.runCollect(servers.listFlavors()))
          )
          assert.deepStrictEqual(
            named(yield* Stream.runCollect(servers.listImageSummaries())),
            named(yield* Stream.runCollect(servers.listImages()))
          )
        })
      )
    })

    describe("properties of the cloud", () => {
      it.scoped("a flavor's extra specifications, all or one", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { flavorId, key, value } = yield* Effect.flatMap(Cloud, ({ extraSpec }) => extraSpec)
          assert.strictEqual((yield* servers.listFlavorExtraSpecs({ flavorId }))[key], value)
          assert.strictEqual(yield* servers.getFlavorExtraSpec({ flavorId, key }), value)
          assert.strictEqual(yield* failure(servers.getFlavorExtraSpec({ flavorId, key: "none" })), "NotFound")
        })
      )

      it.scoped("quotas are numbers by name, extensions have an alias", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const tenantId = (yield* Identity.access).tenant?.id ?? ""
          assert.strictEqual((yield* servers.getQuotas({ tenantId }))["instances"], 100)
          const extensions = yield* servers.listExtensions()
          const keyPairs = extensions.find(({ alias }) => alias === "os-keypairs")
          assert.deepStrictEqual(yield* servers.getExtension({ alias: "os-keypairs" }), keyPairs)
          assert.strictEqual(yield* failure(servers.getExtension({ alias: "none" })), "NotFound")
        })
      )
    })

    describe("key pairs", () => {
      it.scoped("one is generated with its private key, one is imported, and both are read, listed and deleted", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const [made, given] = [freshName("made"), freshName("given")]
          const generated = yield* servers.createKeyPair({ name: made })
          assert.match(Redacted.value(generated.privateKey), /PRIVATE KEY/)
          const { fingerprint, publicKey = "" } = generated
          const keyPair = yield* servers.getKeyPair({ name: made })
          assert.deepStrictEqual(
            [keyPair.name, keyPair.fingerprint, keyPair.publicKey, keyPair.userId],
            [made, fingerprint, publicKey, generated.userId]
          )
          assert.isString(keyPair.userId)
          yield* servers.importKeyPair({ name: given, publicKey })
          const names = (yield* servers.listKeyPairs()).map(({ name }) => name)
          assert.includeMembers(names, [made, given])
          assert.strictEqual(yield* failure(servers.importKeyPair({ name: made, publicKey })), "Conflict")
          assert.strictEqual(
            yield* failure(servers.importKeyPair({ name: freshName("bad"), publicKey: "no key" })),
            "BadRequest"
          )
          for (const name of [made, given]) yield* servers.deleteKeyPair({ name })
          assert.strictEqual(yield* failure(servers.getKeyPair({ name: made })), "NotFound")
          assert.strictEqual(yield* failure(servers.deleteKeyPair({ name: made })), "NotFound")
        })
      )
    })

    describe("errors", () => {
      it.scoped("a missing server is NotFound in every operation", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { flavors, imageId } = yield* Cloud
          const all = [
            failure(servers.get(missing)),
            failure(servers.update({ ...missing, name: "n" })),
            failure(servers.delete(missing)),
            failure(servers.reboot(missing)),
            failure(servers.resize({ ...missing, flavorId: flavors[1] })),
            failure(servers.rebuild({ ...missing, imageId })),
            failure(servers.createImage({ ...missing, name: "n" })),
            failure(servers.getServerMetadata(missing)),
            failure(servers.getAddresses(missing)),
            failure(servers.listInstanceActions(missing)),
            failure(servers.stop(missing))
          ]
          assert.deepStrictEqual(
            yield* Effect.all(all),
            all.map(() => "NotFound")
          )
        })
      )

      it.scoped("a server with an unknown image, flavor or key is rejected", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { flavors, imageId } = yield* Cloud
          const server = { name: freshName("refused"), imageId, flavorId: flavors[0] }
          assert.strictEqual(yield* failure(servers.create({ ...server, imageId: missing.serverId })), "BadRequest")
          assert.strictEqual(yield* failure(servers.create({ ...server, flavorId: "none" })), "BadRequest")
          assert.strictEqual(yield* failure(servers.create({ ...server, keyName: "none" })), "BadRequest")
        })
      )

      it.scoped("limits are numbers by name", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { absolute } = yield* servers.getLimits()
          assert.isAtLeast(absolute["maxTotalInstances"] ?? 0, 10)
          assert.isAtLeast(absolute["totalInstancesUsed"] ?? -1, 0)
          assert.deepStrictEqual(Option.fromNullable(absolute["maxServerMeta"]), Option.some(absolute["maxServerMeta"]))
        })
      )
    })
  })
