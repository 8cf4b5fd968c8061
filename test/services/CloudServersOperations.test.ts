import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber, Option, Redacted, Stream, TestClock } from "effect"
import { CloudServers, RetryPolicy, TestCloud } from "effect-rackspace"

const ubuntu = "09de0a66-3156-48b4-90a5-1cf25a905207"
const base = "/servers/dfw/v2/010101"

const on = <A, E>(test: Effect.Effect<A, E, CloudServers.CloudServers | TestCloud.TestCloud>) =>
  Effect.provide(test, TestCloud.layer({ retry: RetryPolicy.never }))

/** The last request to Cloud Servers: a line such as `POST /servers/1/action`, and its body. */
const last = Effect.map(
  Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.requests),
  (all) => {
    const entry = all.findLast(({ service }) => service === "servers")
    const text = new TextDecoder().decode(entry?.body)
    return {
      line: `${entry?.method} ${entry?.target.replace(base, "")}`,
      body: text === "" ? undefined : (JSON.parse(text) as unknown)
    }
  }
)

/** An ACTIVE server of the smallest flavor. */
const active = Effect.gen(function* () {
  const servers = yield* CloudServers.CloudServers
  const { id } = yield* servers.create({ name: "web-1", imageId: ubuntu, flavorId: "general1-1" })
  yield* TestClock.adjust("1 hour")
  return id
})

const statusOf = (serverId: string) =>
  Effect.flatMap(CloudServers.CloudServers, (servers) => Effect.map(servers.get({ serverId }), ({ status }) => status))

const refusedWith = <A, E extends { readonly _tag: string }, R>(tag: string, effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), (error) => assert.strictEqual(error._tag, tag))

describe("CloudServers: actions", () => {
  it.effect("a resize is in VERIFY_RESIZE until it is confirmed, and then keeps the new flavor", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const serverId = yield* active
      yield* servers.resize({ serverId, flavorId: "general1-2", diskConfig: "MANUAL" })
      assert.deepStrictEqual(yield* last, {
        line: `POST /servers/${serverId}/action`,
        body: { resize: { flavorRef: "general1-2", "OS-DCF:diskConfig": "MANUAL" } }
      })
      yield* refusedWith("Conflict", servers.confirmResize({ serverId }))
      const resized = yield* Effect.fork(
        servers.waitUntil({ serverId, until: (server) => server.status === "VERIFY_RESIZE" })
      )
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Fiber.join(resized)).flavorId, "general1-2")
      yield* servers.confirmResize({ serverId })
      assert.deepStrictEqual((yield* last).body, { confirmResize: null })
      yield* TestClock.adjust("1 hour")
      const server = yield* servers.get({ serverId })
      assert.deepStrictEqual([server.status, server.flavorId], ["ACTIVE", "general1-2"])
      yield* refusedWith("Conflict", servers.confirmResize({ serverId }))
    }).pipe(on)
  )

  it.effect("a reverted resize restores the old flavor; a migration must be confirmed like a resize", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const serverId = yield* active
      yield* servers.resize({ serverId, flavorId: "general1-2" })
      assert.deepStrictEqual((yield* last).body, { resize: { flavorRef: "general1-2" } })
      yield* TestClock.adjust("1 hour")
      yield* servers.revertResize({ serverId })
      assert.deepStrictEqual((yield* last).body, { revertResize: null })
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* servers.get({ serverId })).flavorId, "general1-1")
      yield* servers.migrate({ serverId })
      assert.deepStrictEqual((yield* last).body, { migrate: {} })
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* statusOf(serverId), "VERIFY_RESIZE")
      yield* servers.confirmResize({ serverId })
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* statusOf(serverId), "ACTIVE")
      yield* refusedWith("BadRequest", servers.resize({ serverId, flavorId: "general1-1" }))
      yield* refusedWith("NotFound", servers.resize({ serverId: "none", flavorId: "general1-1" }))
    }).pipe(on)
  )

  it.effect("rebuild sends all fields, and returns the server with its new password redacted", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const serverId = yield* active
      const rebuilt = yield* servers.rebuild({
        serverId,
        imageId: ubuntu,
        name: "web-2",
        adminPassword: Redacted.make("n3w-pass"),
        accessIPv4: "192.0.2.8",
        accessIPv6: "2001:db8::8",
        metadata: { role: "new" },
        personality: [{ path: "/etc/motd", contents: "hi" }],
        diskConfig: "MANUAL"
      })
      assert.deepStrictEqual((yield* last).body, {
        rebuild: {
          imageRef: ubuntu,
          name: "web-2",
          adminPass: "n3w-pass",
          accessIPv4: "192.0.2.8",
          accessIPv6: "2001:db8::8",
          metadata: { role: "new" },
          personality: [{ path: "/etc/motd", contents: "aGk=" }],
          "OS-DCF:diskConfig": "MANUAL"
        }
      })
      assert.deepStrictEqual([rebuilt.id, rebuilt.name, rebuilt.metadata], [serverId, "web-2", { role: "new" }])
      assert.strictEqual(Redacted.value(rebuilt.adminPassword ?? Redacted.make("none")), "n3w-pass")
      assert.notInclude(JSON.stringify(rebuilt), "n3w-pass")
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* statusOf(serverId), "ACTIVE")
      yield* refusedWith("InvalidInput", servers.rebuild({ serverId, imageId: "" }))
    }).pipe(on)
  )

  it.effect("rescue uses the server's image or another one, and returns a password; unrescue restores the server", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const serverId = yield* active
      const { adminPassword } = yield* servers.rescue({ serverId })
      assert.deepStrictEqual((yield* last).body, { rescue: {} })
      assert.isTrue(Redacted.isRedacted(adminPassword))
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* statusOf(serverId), "RESCUE")
      yield* servers.unrescue({ serverId })
      assert.deepStrictEqual((yield* last).body, { unrescue: null })
      yield* TestClock.adjust("1 hour")
      yield* servers.rescue({ serverId, imageId: ubuntu, adminPassword: Redacted.make("r3scue") })
      assert.deepStrictEqual((yield* last).body, { rescue: { rescue_image_ref: ubuntu, adminPass: "r3scue" } })
      yield* refusedWith("Conflict", servers.rescue({ serverId }))
    }).pipe(on)
  )

  it.effect("a server is stopped, started, locked and unlocked, and its password changed", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const serverId = yield* active
      yield* refusedWith("Conflict", servers.start({ serverId }))
      assert.deepStrictEqual((yield* last).body, { "os-start": null })
      yield* servers.stop({ serverId })
      assert.deepStrictEqual((yield* last).body, { "os-stop": null })
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* statusOf(serverId), "SHUTOFF")
      yield* servers.start({ serverId })
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* statusOf(serverId), "ACTIVE")
      yield* servers.lock({ serverId })
      assert.deepStrictEqual((yield* last).body, { lock: null })
      yield* servers.unlock({ serverId })
      assert.deepStrictEqual((yield* last).body, { unlock: null })
      yield* servers.resetNetwork({ serverId })
      assert.deepStrictEqual((yield* last).body, { resetNetwork: null })
      yield* servers.changePassword({ serverId, adminPassword: Redacted.make("0ther-pass") })
      assert.deepStrictEqual((yield* last).body, { changePassword: { adminPass: "0ther-pass" } })
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* statusOf(serverId), "ACTIVE")
    }).pipe(on)
  )

  it.effect("the URL of a console is redacted", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const serverId = yield* active
      const screen = yield* servers.getConsole({ serverId })
      assert.deepStrictEqual((yield* last).body, { "os-getVNCConsole": { type: "novnc" } })
      assert.match(Redacted.value(screen.url), /^https:\/\/.*token=/)
      assert.notInclude(JSON.stringify(screen), "token=")
      yield* servers.getConsole({ serverId, type: "xvpvnc" })
      assert.deepStrictEqual((yield* last).body, { "os-getVNCConsole": { type: "xvpvnc" } })
    }).pipe(on)
  )

  it.effect("createImage returns the image's id, and the image can be watched and waited for", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const serverId = yield* active
      const { imageId } = yield* servers.createImage({ serverId, name: "nightly", metadata: { kept: "7" } })
      assert.deepStrictEqual((yield* last).body, { createImage: { name: "nightly", metadata: { kept: "7" } } })
      const looks = yield* Effect.fork(Stream.runCollect(servers.watchImage({ imageId })))
      const waiting = yield* Effect.fork(servers.waitUntilImageActive({ imageId }))
      yield* TestClock.adjust("1 hour")
      const image = yield* Fiber.join(waiting)
      assert.deepStrictEqual([image.name, image.serverId, image.metadata["kept"]], ["nightly", serverId, "7"])
      const statuses = [...(yield* Fiber.join(looks))].map(({ status }) => status)
      assert.deepStrictEqual([statuses[0], statuses.at(-1)], ["SAVING", "ACTIVE"])
      yield* servers.deleteImage({ imageId })
      assert.strictEqual((yield* last).line, `DELETE /images/${imageId}`)
      yield* refusedWith("NotFound", servers.deleteImage({ imageId }))
    }).pipe(on)
  )

  it.effect("the id of a new image is read from the header or the body, and required", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const servers = yield* CloudServers.CloudServers
      const respondWith = (fault: { readonly body: unknown; readonly headers?: Readonly<Record<string, string>> }) =>
        cloud.fail({ match: { service: "servers" }, fault: { _tag: "Status", status: 202, ...fault } })
      yield* respondWith({ body: { image_id: "i-1" } })
      assert.deepStrictEqual(yield* servers.createImage({ serverId: "s", name: "n" }), { imageId: "i-1" })
      yield* respondWith({ body: "202 Accepted", headers: { Location: "http://internal.test/v2/1/images/i-2" } })
      assert.deepStrictEqual(yield* servers.createImage({ serverId: "s", name: "n" }), { imageId: "i-2" })
      yield* respondWith({ body: "" })
      yield* refusedWith("MalformedResponse", servers.createImage({ serverId: "s", name: "n" }))
    }).pipe(on)
  )
})

describe("CloudServers: resources of servers and images", () => {
  it.effect("addresses, all of them or those of one network", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const serverId = yield* active
      const addresses = yield* servers.getAddresses({ serverId })
      assert.strictEqual((yield* last).line, `GET /servers/${serverId}/ips`)
      assert.sameMembers(Object.keys(addresses), ["public", "private"])
      assert.deepStrictEqual(yield* servers.getAddressesOfNetwork({ serverId, label: "private" }), addresses["private"])
      assert.strictEqual((yield* last).line, `GET /servers/${serverId}/ips/private`)
      yield* refusedWith("NotFound", servers.getAddressesOfNetwork({ serverId, label: "none" }))
    }).pipe(on)
  )

  it.effect("metadata of a server: replaced, merged, item by item", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const serverId = yield* active
      const path = `/servers/${serverId}/metadata`
      assert.deepStrictEqual(yield* servers.replaceServerMetadata({ serverId, metadata: { a: "1", b: "2" } }), {
        a: "1",
        b: "2"
      })
      assert.deepStrictEqual(yield* last, { line: `PUT ${path}`, body: { metadata: { a: "1", b: "2" } } })
      assert.deepStrictEqual(yield* servers.updateServerMetadata({ serverId, metadata: { b: "3" } }), {
        a: "1",
        b: "3"
      })
      assert.deepStrictEqual(yield* last, { line: `POST ${path}`, body: { metadata: { b: "3" } } })
      assert.strictEqual(yield* servers.setServerMetadataItem({ serverId, key: "a key", value: "4" }), "4")
      assert.deepStrictEqual(yield* last, { line: `PUT ${path}/a%20key`, body: { meta: { "a key": "4" } } })
      assert.strictEqual(yield* servers.getServerMetadataItem({ serverId, key: "a key" }), "4")
      yield* servers.deleteServerMetadataItem({ serverId, key: "a" })
      assert.strictEqual((yield* last).line, `DELETE ${path}/a`)
      assert.deepStrictEqual(yield* servers.getServerMetadata({ serverId }), { b: "3", "a key": "4" })
      yield* refusedWith("NotFound", servers.getServerMetadataItem({ serverId, key: "a" }))
      yield* refusedWith("NotFound", servers.deleteServerMetadataItem({ serverId, key: "a" }))
      const many = Object.fromEntries(Array.from({ length: 41 }, (_, index) => [`k${index}`, "v"]))
      yield* refusedWith("QuotaExceeded", servers.replaceServerMetadata({ serverId, metadata: many }))
      yield* refusedWith("InvalidInput", servers.setServerMetadataItem({ serverId, key: "k", value: "x".repeat(256) }))
    }).pipe(on)
  )

  it.effect("metadata of an image: merged, item by item", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const { imageId } = yield* servers.createImage({ serverId: yield* active, name: "n" })
      const path = `/images/${imageId}/metadata`
      const updated = yield* servers.updateImageMetadata({ imageId, metadata: { a: "1" } })
      assert.strictEqual(updated["a"], "1")
      assert.deepStrictEqual(yield* last, { line: `POST ${path}`, body: { metadata: { a: "1" } } })
      yield* servers.setImageMetadataItem({ imageId, key: "b", value: "2" })
      assert.deepStrictEqual(yield* last, { line: `PUT ${path}/b`, body: { meta: { b: "2" } } })
      assert.strictEqual(yield* servers.getImageMetadataItem({ imageId, key: "b" }), "2")
      yield* servers.deleteImageMetadataItem({ imageId, key: "a" })
      const left = yield* servers.getImageMetadata({ imageId })
      assert.deepStrictEqual([left["a"], left["b"]], [undefined, "2"])
      assert.deepStrictEqual(yield* servers.replaceImageMetadata({ imageId, metadata: { only: "this" } }), {
        only: "this"
      })
      assert.strictEqual((yield* last).line, `PUT ${path}`)
    }).pipe(on)
  )

  it.effect("volumes are attached and detached", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const serverId = yield* active
      const path = `/servers/${serverId}/os-volume_attachments`
      const attached = yield* servers.attachVolume({ serverId, volumeId: "v-1" })
      assert.deepStrictEqual(yield* last, { line: `POST ${path}`, body: { volumeAttachment: { volumeId: "v-1" } } })
      assert.deepStrictEqual(attached, { id: "v-1", volumeId: "v-1", serverId, device: "/dev/xvdb" })
      yield* servers.attachVolume({ serverId, volumeId: "v-2", device: "/dev/xvdx" })
      assert.deepStrictEqual((yield* last).body, { volumeAttachment: { volumeId: "v-2", device: "/dev/xvdx" } })
      assert.lengthOf(yield* servers.listVolumeAttachments({ serverId }), 2)
      assert.strictEqual((yield* servers.getVolumeAttachment({ serverId, attachmentId: "v-2" })).device, "/dev/xvdx")
      yield* servers.detachVolume({ serverId, attachmentId: "v-1" })
      assert.strictEqual((yield* last).line, `DELETE ${path}/v-1`)
      yield* refusedWith("NotFound", servers.getVolumeAttachment({ serverId, attachmentId: "v-1" }))
    }).pipe(on)
  )

  it.effect("an isolated network is created, attached to a server, detached and deleted", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const serverId = yield* active
      const network = yield* servers.createNetwork({ label: "backend", cidr: "192.168.3.0/24" })
      assert.deepStrictEqual(yield* last, {
        line: "POST /os-networksv2",
        body: { network: { label: "backend", cidr: "192.168.3.0/24" } }
      })
      const all = yield* servers.listNetworks()
      assert.deepStrictEqual(
        all.filter(({ cidr }) => cidr === undefined).map(({ id }) => id),
        [CloudServers.publicNet, CloudServers.serviceNet]
      )
      assert.deepStrictEqual(yield* servers.getNetwork({ networkId: network.id }), network)
      const [created] = yield* servers.createVirtualInterface({ serverId, networkId: network.id })
      assert.deepStrictEqual(yield* last, {
        line: `POST /servers/${serverId}/os-virtual-interfacesv2`,
        body: { virtual_interface: { network_id: network.id } }
      })
      assert.strictEqual(created?.ipAddresses[0]?.networkLabel, "backend")
      assert.lengthOf(yield* servers.listVirtualInterfaces({ serverId }), 3)
      yield* refusedWith("Forbidden", servers.deleteNetwork({ networkId: network.id }))
      yield* servers.deleteVirtualInterface({ serverId, interfaceId: created?.id ?? "" })
      assert.strictEqual((yield* last).line, `DELETE /servers/${serverId}/os-virtual-interfacesv2/${created?.id}`)
      yield* servers.deleteNetwork({ networkId: network.id })
      yield* refusedWith("NotFound", servers.getNetwork({ networkId: network.id }))
      yield* refusedWith("InvalidInput", servers.createNetwork({ label: "x", cidr: "192.168.3.0" }))
    }).pipe(on)
  )

  it.effect("a missing image schedule is None, and a missing server NotFound", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const serverId = yield* active
      assert.deepStrictEqual(yield* servers.getImageSchedule({ serverId }), Option.none())
      yield* refusedWith("NotFound", servers.getImageSchedule({ serverId: "none" }))
      const weekly = yield* servers.setImageSchedule({ serverId, retention: 7, dayOfWeek: "MONDAY" })
      assert.deepStrictEqual(yield* last, {
        line: `POST /servers/${serverId}/rax-si-image-schedule`,
        body: { image_schedule: { retention: 7, day_of_week: "MONDAY" } }
      })
      assert.deepStrictEqual(weekly, { retention: 7, dayOfWeek: "MONDAY" })
      yield* servers.setImageSchedule({ serverId, retention: 3 })
      assert.deepStrictEqual(yield* servers.getImageSchedule({ serverId }), Option.some({ retention: 3 }))
      yield* refusedWith("InvalidInput", servers.setImageSchedule({ serverId, retention: 0 }))
      yield* servers.deleteImageSchedule({ serverId })
      assert.deepStrictEqual(yield* servers.getImageSchedule({ serverId }), Option.none())
    }).pipe(on)
  )

  it.effect("a shared address is associated with a server and removed", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const serverId = yield* active
      const given = yield* servers.createIpAssociation({ serverId, ipAddressId: "a-1" })
      assert.strictEqual((yield* last).line, `PUT /servers/${serverId}/ip_associations/a-1`)
      assert.deepStrictEqual(yield* servers.listIpAssociations({ serverId }), [given])
      assert.deepStrictEqual(yield* servers.getIpAssociation({ serverId, ipAddressId: "a-1" }), given)
      yield* servers.deleteIpAssociation({ serverId, ipAddressId: "a-1" })
      yield* refusedWith("NotFound", servers.getIpAssociation({ serverId, ipAddressId: "a-1" }))
    }).pipe(on)
  )

  it.effect("the actions on a server are listed, the newest first, and their times without a zone are UTC", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const serverId = yield* active
      yield* servers.reboot({ serverId })
      const [newest, oldest] = yield* servers.listInstanceActions({ serverId })
      assert.deepStrictEqual([newest?.action, oldest?.action], ["reboot", "create"])
      assert.strictEqual(oldest?.serverId, serverId)
      assert.deepStrictEqual(DateTime.toEpochMillis(newest?.started ?? DateTime.unsafeNow()), 60 * 60 * 1000)
      assert.deepStrictEqual(yield* servers.getInstanceAction({ serverId, requestId: newest?.requestId ?? "" }), newest)
      yield* refusedWith("NotFound", servers.getInstanceAction({ serverId, requestId: "req-0" }))
    }).pipe(on)
  )
})

describe("CloudServers: specifications, quotas and extensions", () => {
  it.effect("a flavor's extra specifications are read together or one by one", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const specs = yield* servers.listFlavorExtraSpecs({ flavorId: "general1-1" })
      assert.strictEqual((yield* last).line, "GET /flavors/general1-1/os-extra_specs")
      assert.strictEqual(specs["class"], "general1")
      assert.strictEqual(yield* servers.getFlavorExtraSpec({ flavorId: "general1-1", key: "class" }), "general1")
      yield* refusedWith("NotFound", servers.getFlavorExtraSpec({ flavorId: "general1-1", key: "none" }))
    }).pipe(on)
  )

  it.effect("quotas are numbers by name, and extensions are a list", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const quotas = yield* servers.getQuotas({ tenantId: "010101" })
      assert.strictEqual((yield* last).line, "GET /os-quota-sets/010101")
      assert.strictEqual(quotas["onmetal-compute-v1-instances"], 10)
      assert.notProperty(quotas, "id")
      const extensions = yield* servers.listExtensions()
      assert.include(
        extensions.map(({ alias }) => alias),
        "os-keypairs"
      )
      assert.strictEqual((yield* servers.getExtension({ alias: "os-keypairs" })).name, "Keypairs")
      yield* refusedWith("NotFound", servers.getExtension({ alias: "none" }))
    }).pipe(on)
  )
})
