import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import type * as CloudServers from "../../src/emulator/CloudServers.js"
import * as Emulator from "../../src/emulator/Emulator.js"
import { type RequestOptions, send, at, texts } from "./support.js"

const ubuntu = "09de0a66-3156-48b4-90a5-1cf25a905207"
const debian = "a10eacf7-ac15-4225-b533-5744f1fe47c1"

/** Cloud Servers of DFW with a token. */
const cloud = (servers: CloudServers.CloudServersOptions = {}) =>
  Effect.gen(function* () {
    const emulator = yield* Emulator.make({ servers })
    yield* TestClock.setTime(Date.UTC(2026, 0, 1))
    const call = (path: string, request: RequestOptions = {}) =>
      Effect.flatMap(emulator.issueToken, (token) =>
        send(emulator, `/servers/dfw/v2/010101${path}`, { token, ...request })
      )
    const create = (fields: Record<string, unknown> = {}, beside: Record<string, unknown> = {}) =>
      call("/servers", {
        body: { server: { name: "web-1", imageRef: ubuntu, flavorRef: "general1-1", ...fields }, ...beside }
      })
    const created = (fields: Record<string, unknown> = {}) =>
      Effect.map(create(fields), (response) => {
        assert.strictEqual(response.status, 202, response.text)
        return String(at(response.json, "server", "id"))
      })
    const get = (id: string) => Effect.map(call(`/servers/${id}`), (response) => at(response.json, "server"))
    const act = (id: string, body: unknown) => call(`/servers/${id}/action`, { body })
    return { act, call, create, created, emulator, get, handles: emulator.servers }
  })

describe("Cloud Servers: the lifecycle of a server", () => {
  it.effect("create returns four fields and a Location, and the server builds by the Clock", () =>
    Effect.gen(function* () {
      const { create, get } = yield* cloud()
      const response = yield* create({ metadata: { role: "web" } })
      assert.strictEqual(response.status, 202)
      const server = at(response.json, "server") as Record<string, unknown>
      assert.sameMembers(Object.keys(server), ["id", "links", "adminPass", "OS-DCF:diskConfig"])
      const id = String(server["id"])
      assert.strictEqual(response.headers["location"], `http://cloud.test/servers/dfw/v2/010101/servers/${id}`)

      yield* TestClock.adjust("15 seconds")
      const half = yield* get(id)
      assert.strictEqual(at(half, "status"), "BUILD")
      assert.strictEqual(at(half, "progress"), 50)
      assert.deepStrictEqual(at(half, "addresses"), {})
      assert.strictEqual(at(half, "accessIPv4"), "")
      assert.strictEqual(at(half, "hostId"), "")
      assert.strictEqual(at(half, "RAX-PUBLIC-IP-ZONE-ID:publicIPZoneId"), undefined)

      yield* TestClock.adjust("14999 millis")
      assert.strictEqual(at(yield* get(id), "status"), "BUILD")
      yield* TestClock.adjust("1 millis")
      const built = yield* get(id)
      assert.strictEqual(at(built, "status"), "ACTIVE")
      assert.strictEqual(at(built, "progress"), 100)
      assert.strictEqual(at(built, "updated"), "2026-01-01T00:00:30Z")
      assert.strictEqual(at(built, "OS-EXT-STS:power_state"), 1)
      assert.strictEqual(at(built, "addresses", "public", 0, "version"), 4)
      assert.match(String(at(built, "addresses", "private", 0, "addr")), /^10\./)
      assert.strictEqual(at(built, "adminPass"), undefined)
      assert.deepStrictEqual(at(built, "metadata"), { role: "web" })
      assert.deepStrictEqual(texts(at(built, "links"), "href"), [
        `http://cloud.test/servers/dfw/v2/010101/servers/${id}`,
        `http://cloud.test/servers/dfw/010101/servers/${id}`
      ])
    })
  )

  it.effect("a deleted server stays with a task, is then 404, and listed by changes-since", () =>
    Effect.gen(function* () {
      const { call, created, get } = yield* cloud({ buildTime: 0 })
      const id = yield* created()
      assert.strictEqual((yield* call(`/servers/${id}`, { method: "DELETE" })).status, 204)
      const dying = yield* get(id)
      assert.strictEqual(at(dying, "status"), "ACTIVE")
      assert.strictEqual(at(dying, "OS-EXT-STS:task_state"), "deleting")
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual((yield* call(`/servers/${id}`, { method: "DELETE" })).status, 204)
      yield* TestClock.adjust("2 seconds")
      const gone = yield* call(`/servers/${id}`)
      assert.strictEqual(gone.status, 404)
      assert.strictEqual(at(gone.json, "itemNotFound", "code"), 404)
      assert.deepStrictEqual(at((yield* call("/servers/detail")).json, "servers"), [])
      const since = yield* call("/servers/detail?changes-since=2026-01-01T00:00:01Z")
      assert.strictEqual(at(since.json, "servers", 0, "status"), "DELETED")
      const later = yield* call("/servers/detail?changes-since=2026-01-01T00:00:06Z")
      assert.deepStrictEqual(at(later.json, "servers"), [])
    })
  )

  it.effect("a build that is configured to fail ends in ERROR with its fault", () =>
    Effect.gen(function* () {
      const { created, get, handles } = yield* cloud({ buildTime: "10 seconds" })
      yield* handles.failBuilds({ fault: { code: 500, message: "Host is on fire" } })
      const first = yield* created()
      const second = yield* created()
      yield* TestClock.adjust("10 seconds")
      const failed = yield* get(first)
      assert.strictEqual(at(failed, "status"), "ERROR")
      assert.strictEqual(at(failed, "progress"), undefined)
      assert.deepStrictEqual(at(failed, "fault"), {
        code: 500,
        message: "Host is on fire",
        created: "2026-01-01T00:00:10Z"
      })
      assert.strictEqual(at(yield* get(second), "status"), "ACTIVE")
    })
  )

  it.effect("a hint that cannot be met leads to ERROR", () =>
    Effect.gen(function* () {
      const { create, get } = yield* cloud({ buildTime: 0 })
      const response = yield* create({}, { "os:scheduler_hints": { "public_ip_zone:far": ["unknown"] } })
      assert.strictEqual(response.status, 202)
      assert.strictEqual(at(yield* get(String(at(response.json, "server", "id"))), "status"), "ERROR")
    })
  )

  it.effect("a thousand concurrent creations do not exceed the quota", () =>
    Effect.gen(function* () {
      const { create, emulator } = yield* cloud({ ramQuota: -1 })
      const responses = yield* Effect.all(
        Array.from({ length: 1000 }, () => create()),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(responses.filter((response) => response.status === 202).length, 100)
      const refused = responses.find((response) => response.status === 403)
      assert.strictEqual(
        at(refused?.json, "forbidden", "message"),
        "Quota exceeded for instances: Requested 1, but already used 100 of 100 instances"
      )
      assert.strictEqual((yield* emulator.servers.servers).length, 100)
      const ids = new Set(
        responses.map((response) => at(response.json, "server", "id")).filter((id) => id !== undefined)
      )
      assert.strictEqual(ids.size, 100)
    })
  )

  it.effect("regions are independent", () =>
    Effect.gen(function* () {
      const { created, emulator } = yield* cloud()
      yield* created()
      const token = yield* emulator.issueToken
      const ord = yield* send(emulator, "/servers/ord/v2/010101/servers", { token })
      assert.deepStrictEqual(ord.json, { servers: [] })
      assert.lengthOf(yield* emulator.serversIn("ord").servers, 0)
    })
  )
})

describe("Cloud Servers: requests to create that are rejected", () => {
  const refusals: ReadonlyArray<
    readonly [what: string, fields: Record<string, unknown>, status: number, key: string, message: RegExp]
  > = [
    ["no name", { name: undefined }, 400, "badRequest", /name/],
    ["a blank name", { name: " " }, 400, "badRequest", /empty/],
    ["a name of 256 characters", { name: "x".repeat(256) }, 400, "badRequest", /256/],
    ["an unknown image", { imageRef: debian.replace("a", "b") }, 400, "badRequest", /image/],
    ["no image", { imageRef: undefined }, 400, "badRequest", /imageRef/],
    ["an unknown flavor", { flavorRef: "nope" }, 400, "badRequest", /flavorRef/],
    ["a flavor that is a number", { flavorRef: 2 }, 400, "badRequest", /flavorRef/],
    ["a flavor without a disk", { flavorRef: "compute1-4" }, 400, "badRequest", /disk/],
    ["an image too big for the flavor", { imageRef: "d69ba1d8-4c83-4c0b-9a4c-5d3a5c1b8f3a" }, 400, "badRequest", /mem/],
    ["an unknown key", { key_name: "nope" }, 400, "badRequest", /^Invalid key_name provided\.$/],
    ["metadata that is not a string", { metadata: { a: 1 } }, 400, "badRequest", /string/],
    ["a metadata key of 256 characters", { metadata: { ["ä".repeat(256)]: "" } }, 400, "badRequest", /255/],
    [
      "41 metadata items",
      { metadata: Object.fromEntries(Array.from({ length: 41 }, (_, n) => [`k${n}`, ""])) },
      403,
      "forbidden",
      /^Maximum number of metadata items/
    ],
    [
      "6 files",
      { personality: Array.from({ length: 6 }, () => ({ path: "/a", contents: "" })) },
      403,
      "forbidden",
      /limit/
    ],
    [
      "a file of 1001 bytes",
      { personality: [{ path: "/a", contents: btoa("x".repeat(1001)) }] },
      403,
      "forbidden",
      /l/
    ],
    ["a file that is not Base64", { personality: [{ path: "/a", contents: "%" }] }, 400, "badRequest", /decoded/],
    ["user data that is not Base64", { user_data: "#!/bin/sh" }, 400, "badRequest", /decoded/],
    ["another diskConfig", { "OS-DCF:diskConfig": "SOME" }, 400, "badRequest", /MANUAL/],
    ["AUTO for an image that forbids it", { "OS-DCF:diskConfig": "auto" }, 400, "badRequest", /disabled/],
    ["an unknown network", { networks: [{ uuid: "x" }] }, 400, "badRequest", /Network x could not be found/],
    ["an invalid address", { accessIPv4: "300.1.1.1" }, 400, "badRequest", /IPv4/],
    ["a volume of an unknown kind", { block_device_mapping_v2: [{ source_type: "tape" }] }, 400, "badRequest", /source/]
  ]
  for (const [what, fields, status, key, message] of refusals) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const { create, handles } = yield* cloud()
        const response = yield* create(fields)
        assert.strictEqual(response.status, status, response.text)
        assert.strictEqual(at(response.json, key, "code"), status)
        assert.match(String(at(response.json, key, "message")), message)
        assert.lengthOf(yield* handles.servers, 0)
      })
    )
  }

  it.effect("a body that is not JSON, or of another type", () =>
    Effect.gen(function* () {
      const { call } = yield* cloud()
      assert.strictEqual((yield* call("/servers", { body: "{" })).status, 400)
      assert.strictEqual((yield* call("/servers", { body: "{}" })).status, 400)
      const xml = yield* call("/servers", { body: "<a/>", headers: { "content-type": "application/xml" } })
      assert.strictEqual(xml.status, 415)
    })
  )

  it.effect("networks that an account's policy requires, in plain text", () =>
    Effect.gen(function* () {
      const { create } = yield* cloud({ requiredNetworks: ["11111111-1111-1111-1111-111111111111"] })
      const response = yield* create({ networks: [{ uuid: "00000000-0000-0000-0000-000000000000" }] })
      assert.strictEqual(response.status, 403)
      assert.match(response.headers["content-type"] ?? "", /^text\/plain/)
      assert.match(response.text, /^403 Forbidden\n\nAccess was denied to this resource\.\n\n.*required but missing/)
      assert.strictEqual((yield* create()).status, 202)
    })
  )
})

describe("Cloud Servers: requests to create that are accepted", () => {
  it.effect("references by URL, a flavor family's ID, config_drive as text, any case of diskConfig", () =>
    Effect.gen(function* () {
      const { created, get } = yield* cloud({ buildTime: 0 })
      const id = yield* created({
        imageRef: `http://elsewhere/v2/010101/images/${debian}`,
        flavorRef: "http://elsewhere/flavors/io1-15",
        config_drive: "true",
        "OS-DCF:diskConfig": "manual"
      })
      const server = yield* get(id)
      assert.strictEqual(at(server, "image", "id"), debian)
      assert.strictEqual(at(server, "flavor", "id"), "io1-15")
      assert.strictEqual(at(server, "config_drive"), "True")
      assert.strictEqual(at(server, "OS-DCF:diskConfig"), "MANUAL")
    })
  )

  it.effect("a server that boots from a volume has an empty string as image", () =>
    Effect.gen(function* () {
      const { created, get } = yield* cloud({ buildTime: 0 })
      const id = yield* created({
        imageRef: "",
        flavorRef: "compute1-4",
        block_device_mapping_v2: [
          {
            boot_index: "0",
            uuid: ubuntu,
            volume_size: "100",
            source_type: "image",
            destination_type: "volume",
            delete_on_termination: false
          }
        ]
      })
      assert.strictEqual(at(yield* get(id), "image"), "")
    })
  )

  it.effect("only the given networks, each once, with their label in addresses", () =>
    Effect.gen(function* () {
      const { call, created } = yield* cloud({ buildTime: 0 })
      const network = yield* call("/os-networksv2", {
        body: { network: { label: "back end", cidr: "192.168.3.0/24" } }
      })
      const uuid = String(at(network.json, "network", "id"))
      const id = yield* created({ networks: [{ uuid }] })
      const ips = yield* call(`/servers/${id}/ips`)
      assert.deepStrictEqual(Object.keys(at(ips.json, "addresses") as object), ["back end"])
      const byLabel = yield* call(`/servers/${id}/ips/back%20end`)
      assert.match(String(at(byLabel.json, "back end", 0, "addr")), /^192\.168\.3\.\d+$/)
      assert.strictEqual((yield* call(`/servers/${id}/ips/public`)).status, 404)
      const used = yield* call(`/os-networksv2/${uuid}`, { method: "DELETE" })
      assert.strictEqual(used.status, 403)
      yield* call(`/servers/${id}`, { method: "DELETE" })
      yield* TestClock.adjust("5 seconds")
      const removed = yield* call(`/os-networksv2/${uuid}`, { method: "DELETE" })
      assert.strictEqual(removed.status, 202)
      assert.match(removed.text, /^202 Accepted/)
    })
  )

  it.effect("several servers at once, of which the first is returned", () =>
    Effect.gen(function* () {
      const { create, handles } = yield* cloud()
      assert.strictEqual((yield* create({ min_count: 1, max_count: 3 })).status, 202)
      assert.lengthOf(yield* handles.servers, 3)
    })
  )
})

describe("Cloud Servers: listings", () => {
  it.effect("newest first; pages follow marker and limit, and a full last page has a next link", () =>
    Effect.gen(function* () {
      const { call, handles } = yield* cloud()
      const ids = (yield* handles.seedServers(4)).toReversed()
      const first = yield* call("/servers?limit=2&name=server")
      assert.deepStrictEqual(texts(at(first.json, "servers"), "id"), ids.slice(0, 2))
      const next = String(at(first.json, "servers_links", 0, "href"))
      assert.strictEqual(
        next,
        `http://cloud.test/servers/dfw/v2/010101/servers?limit=2&name=server&marker=${String(ids[1])}`
      )
      const second = yield* call(next.slice(next.indexOf("/servers?")))
      assert.deepStrictEqual(texts(at(second.json, "servers"), "id"), ids.slice(2))
      const last = String(at(second.json, "servers_links", 0, "href"))
      const third = yield* call(last.slice(last.indexOf("/servers?")))
      assert.deepStrictEqual(third.json, { servers: [] })
    })
  )

  it.effect("without a limit there is no link, even if the page is capped; a limit above the cap is lowered", () =>
    Effect.gen(function* () {
      const { call, handles } = yield* cloud({ pageCap: 3 })
      yield* handles.seedServers(5)
      const plain = yield* call("/servers/detail")
      assert.lengthOf(at(plain.json, "servers") as Array<unknown>, 3)
      assert.strictEqual(at(plain.json, "servers_links"), undefined)
      const asked = yield* call("/servers/detail?limit=1000")
      assert.lengthOf(at(asked.json, "servers") as Array<unknown>, 3)
      assert.isArray(at(asked.json, "servers_links"))
    })
  )

  it.effect("limit=0 is empty without a link; invalid limits and markers are rejected", () =>
    Effect.gen(function* () {
      const { call, handles } = yield* cloud()
      yield* handles.seedServers(2)
      assert.deepStrictEqual((yield* call("/servers?limit=0")).json, { servers: [] })
      for (const query of ["limit=-1", "limit=x", "limit=1.5", "limit=", "marker=nope"]) {
        const response = yield* call(`/servers?${query}`)
        assert.strictEqual(response.status, 400, query)
        assert.strictEqual(at(response.json, "badRequest", "code"), 400, query)
      }
      assert.strictEqual(
        at((yield* call("/servers?marker=nope")).json, "badRequest", "message"),
        "marker [nope] not found"
      )
    })
  )

  it.effect("filters by name as a pattern, by status, image, flavor and time", () =>
    Effect.gen(function* () {
      const { call, handles } = yield* cloud()
      yield* handles.seedServer({ name: "bobbin", flavorId: "2" })
      yield* TestClock.adjust("1 minute")
      yield* handles.seedServer({ name: "alice", status: "ERROR", imageId: debian })
      const names = (query: string) =>
        Effect.map(call(`/servers/detail?${query}`), (response) => texts(at(response.json, "servers"), "name"))
      assert.deepStrictEqual(yield* names("name=bob"), ["bobbin"])
      assert.deepStrictEqual(yield* names("name=%5Ea.*e%24"), ["alice"])
      assert.deepStrictEqual(yield* names("status=error"), ["alice"])
      assert.deepStrictEqual(yield* names("flavor=2"), ["bobbin"])
      assert.deepStrictEqual(yield* names(`image=http%3A%2F%2Fx%2Fimages%2F${debian}`), ["alice"])
      assert.deepStrictEqual(yield* names("changes-since=2026-01-01T00:00:30"), ["alice"])
      assert.deepStrictEqual(yield* names("changes-since=2025-12-31T18:00:30-06:00"), ["alice"])
      assert.strictEqual((yield* call("/servers?changes-since=yesterday")).status, 400)
    })
  )

  it.effect("the plain list has id, name and links only", () =>
    Effect.gen(function* () {
      const { call, handles } = yield* cloud()
      yield* handles.seedServer()
      const response = yield* call("/servers")
      assert.sameMembers(Object.keys(at(response.json, "servers", 0) as object), ["id", "name", "links"])
    })
  )
})

describe("Cloud Servers: actions", () => {
  it.effect("a reboot shows its status and its task, and ends by the Clock", () =>
    Effect.gen(function* () {
      const { act, get, handles } = yield* cloud()
      const id = yield* handles.seedServer()
      for (const [type, status] of [
        ["SOFT", "REBOOT"],
        ["HARD", "HARD_REBOOT"]
      ]) {
        const response = yield* act(id, { reboot: { type } })
        assert.strictEqual(response.status, 202)
        assert.strictEqual(response.text, "")
        const rebooting = yield* get(id)
        assert.strictEqual(at(rebooting, "status"), status)
        assert.match(String(at(rebooting, "OS-EXT-STS:task_state")), /^rebooting/)
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual(at(yield* get(id), "status"), "ACTIVE")
      }
      const missing = yield* act(id, { reboot: {} })
      assert.strictEqual(missing.status, 400)
      assert.strictEqual(at(missing.json, "badRequest", "message"), "Missing argument 'type' for reboot")
    })
  )

  it.effect("with a lag the status stays for a while, and only the task changes", () =>
    Effect.gen(function* () {
      const { act, get, handles } = yield* cloud({ statusLag: "3 seconds" })
      const id = yield* handles.seedServer()
      yield* act(id, { reboot: { type: "SOFT" } })
      const early = yield* get(id)
      assert.strictEqual(at(early, "status"), "ACTIVE")
      assert.strictEqual(at(early, "OS-EXT-STS:task_state"), "rebooting")
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(at(yield* get(id), "status"), "REBOOT")
    })
  )

  it.effect("an action that the state does not allow is rejected with 409", () =>
    Effect.gen(function* () {
      const { act, created, handles } = yield* cloud()
      const building = yield* act(yield* created(), { reboot: { type: "HARD" } })
      assert.strictEqual(building.status, 409)
      assert.strictEqual(at(building.json, "buildInProgress", "code"), 409)
      const id = yield* handles.seedServer()
      const start = yield* act(id, { "os-start": null })
      assert.strictEqual(start.status, 409)
      assert.strictEqual(
        at(start.json, "conflictingRequest", "message"),
        "Cannot 'os-start' while instance is in vm_state active"
      )
      yield* act(id, { reboot: { type: "SOFT" } })
      const busy = yield* act(id, { "os-stop": null })
      assert.match(String(at(busy.json, "conflictingRequest", "message")), /task_state rebooting/)
    })
  )

  it.effect("stop and start", () =>
    Effect.gen(function* () {
      const { act, get, handles } = yield* cloud()
      const id = yield* handles.seedServer()
      assert.strictEqual((yield* act(id, { "os-stop": {} })).status, 400)
      assert.strictEqual((yield* act(id, { "os-stop": null })).status, 202)
      yield* TestClock.adjust("10 seconds")
      const stopped = yield* get(id)
      assert.strictEqual(at(stopped, "status"), "SHUTOFF")
      assert.strictEqual(at(stopped, "OS-EXT-STS:power_state"), 4)
      assert.strictEqual(at(stopped, "progress"), undefined)
      yield* act(id, { "os-start": null })
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(at(yield* get(id), "status"), "ACTIVE")
    })
  )

  it.effect("a resize waits for its confirmation, can be reverted, and is confirmed after a day", () =>
    Effect.gen(function* () {
      const { act, get, handles } = yield* cloud()
      const id = yield* handles.seedServer()
      const flavorAndStatus = Effect.map(get(id), (server) => [at(server, "flavor", "id"), at(server, "status")])
      yield* act(id, { resize: { flavorRef: "general1-2" } })
      assert.deepStrictEqual(yield* flavorAndStatus, ["general1-1", "RESIZE"])
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* flavorAndStatus, ["general1-2", "VERIFY_RESIZE"])
      assert.strictEqual((yield* act(id, { revertResize: null })).status, 202)
      assert.deepStrictEqual(yield* flavorAndStatus, ["general1-2", "REVERT_RESIZE"])
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* flavorAndStatus, ["general1-1", "ACTIVE"])

      yield* act(id, { resize: { flavorRef: "general1-4" } })
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* act(id, { confirmResize: null })).status, 204)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* flavorAndStatus, ["general1-4", "ACTIVE"])

      yield* act(id, { migrate: {} })
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* flavorAndStatus, ["general1-4", "VERIFY_RESIZE"])
      yield* TestClock.adjust("24 hours")
      assert.deepStrictEqual(yield* flavorAndStatus, ["general1-4", "ACTIVE"])
    })
  )

  it.effect("a rebuild returns the whole server with its new password", () =>
    Effect.gen(function* () {
      const { act, get, handles } = yield* cloud()
      const id = yield* handles.seedServer({ metadata: { old: "1" } })
      const response = yield* act(id, { rebuild: { imageRef: debian, name: "new", metadata: { new: "2" } } })
      assert.strictEqual(response.status, 202)
      assert.isString(at(response.json, "server", "adminPass"))
      assert.strictEqual(at(response.json, "server", "status"), "REBUILD")
      yield* TestClock.adjust("10 seconds")
      const server = yield* get(id)
      assert.strictEqual(at(server, "status"), "ACTIVE")
      assert.strictEqual(at(server, "image", "id"), debian)
      assert.deepStrictEqual(at(server, "metadata"), { new: "2" })
    })
  )

  it.effect("rescue returns a bare password; unrescue restores the server", () =>
    Effect.gen(function* () {
      const { act, get, handles } = yield* cloud()
      const id = yield* handles.seedServer()
      const response = yield* act(id, { rescue: "none" })
      assert.sameMembers(Object.keys(response.json as object), ["adminPass"])
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(at(yield* get(id), "status"), "RESCUE")
      yield* act(id, { unrescue: null })
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(at(yield* get(id), "status"), "ACTIVE")
    })
  )

  it.effect("an image's id is only in Location; it is saved while the server stays ACTIVE", () =>
    Effect.gen(function* () {
      const { act, call, get, handles } = yield* cloud()
      const id = yield* handles.seedServer()
      const response = yield* act(id, { createImage: { name: "snap", metadata: { why: "test" } } })
      assert.strictEqual(response.status, 202)
      assert.strictEqual(response.text, "")
      const image = (response.headers["location"] ?? "").split("/").at(-1) ?? ""
      assert.strictEqual(at(yield* get(id), "status"), "ACTIVE")
      assert.strictEqual(at(yield* get(id), "OS-EXT-STS:task_state"), "image_snapshot")
      const saving = yield* call(`/images/${image}`)
      assert.strictEqual(at(saving.json, "image", "status"), "SAVING")
      assert.strictEqual(at(saving.json, "image", "server", "id"), id)
      yield* TestClock.adjust("9 seconds")
      assert.strictEqual(at(yield* get(id), "OS-EXT-STS:task_state"), "image_uploading")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(at((yield* call(`/images/${image}`)).json, "image", "status"), "ACTIVE")
      assert.strictEqual(at(yield* get(id), "OS-EXT-STS:task_state"), null)
      const snapshots = yield* call(`/images/detail?server=${id}&type=snapshot`)
      assert.deepStrictEqual(texts(at(snapshots.json, "images"), "id"), [image])
      assert.strictEqual((yield* call(`/images/${image}`, { method: "DELETE" })).status, 204)
      assert.strictEqual((yield* call(`/images/${image}`)).status, 404)
    })
  )

  it.effect("an unknown action, two at once, or none", () =>
    Effect.gen(function* () {
      const { act, handles } = yield* cloud()
      const id = yield* handles.seedServer()
      for (const body of [{ explode: null }, {}, { lock: null, unlock: null }]) {
        assert.strictEqual((yield* act(id, body)).status, 400)
      }
    })
  )

  it.effect("the history lists actions, in times without a zone", () =>
    Effect.gen(function* () {
      const { act, call, created } = yield* cloud({ buildTime: 0 })
      const id = yield* created()
      const response = yield* act(id, { reboot: { type: "SOFT" } })
      const history = yield* call(`/servers/${id}/os-instance-actions`)
      assert.deepStrictEqual(texts(at(history.json, "instanceActions"), "action"), ["reboot", "create"])
      assert.strictEqual(at(history.json, "instanceActions", 0, "start_time"), "2026-01-01T00:00:00.000000")
      const requestId = response.headers["x-compute-request-id"] ?? ""
      const one = yield* call(`/servers/${id}/os-instance-actions/${requestId}`)
      assert.strictEqual(at(one.json, "instanceAction", "action"), "reboot")
    })
  )
})

describe("Cloud Servers: sub-resources", () => {
  it.effect("metadata: POST merges, PUT replaces, items are wrapped in meta", () =>
    Effect.gen(function* () {
      const { call, handles } = yield* cloud()
      const id = yield* handles.seedServer({ metadata: { a: "1" } })
      const path = `/servers/${id}/metadata`
      const merged = yield* call(path, { body: { metadata: { b: "2" } } })
      assert.deepStrictEqual(merged.json, { metadata: { a: "1", b: "2" } })
      const item = yield* call(`${path}/a%20b`, { method: "PUT", body: { meta: { "a b": "3" } } })
      assert.deepStrictEqual(item.json, { meta: { "a b": "3" } })
      assert.deepStrictEqual((yield* call(`${path}/a%20b`)).json, { meta: { "a b": "3" } })
      const mismatch = yield* call(`${path}/x`, { method: "PUT", body: { meta: { y: "" } } })
      assert.strictEqual(mismatch.status, 400)
      assert.strictEqual((yield* call(`${path}/a`, { method: "DELETE" })).status, 204)
      assert.strictEqual((yield* call(`${path}/a`)).status, 404)
      const replaced = yield* call(path, { method: "PUT", body: { metadata: { c: "4" } } })
      assert.deepStrictEqual(replaced.json, { metadata: { c: "4" } })
      assert.deepStrictEqual((yield* call(path)).json, { metadata: { c: "4" } })
    })
  )

  it.effect("PUT changes name and access addresses", () =>
    Effect.gen(function* () {
      const { call, handles } = yield* cloud()
      const id = yield* handles.seedServer()
      const response = yield* call(`/servers/${id}`, {
        method: "PUT",
        body: { server: { name: "renamed", accessIPv4: "192.0.2.1", accessIPv6: "" } }
      })
      assert.strictEqual(at(response.json, "server", "name"), "renamed")
      assert.strictEqual(at(response.json, "server", "accessIPv4"), "192.0.2.1")
      assert.strictEqual(at(response.json, "server", "accessIPv6"), "")
    })
  )

  it.effect("an image schedule that is off is 404", () =>
    Effect.gen(function* () {
      const { call, handles } = yield* cloud()
      const path = `/servers/${yield* handles.seedServer()}/rax-si-image-schedule`
      assert.strictEqual((yield* call(path)).status, 404)
      const set = yield* call(path, { body: { image_schedule: { retention: 3, day_of_week: "MONDAY" } } })
      assert.deepStrictEqual(set.json, { image_schedule: { retention: 3, day_of_week: "MONDAY" } })
      assert.strictEqual((yield* call(path, { method: "DELETE" })).status, 202)
      assert.strictEqual((yield* call(path)).status, 404)
    })
  )

  it.effect("virtual interfaces are singular in requests and plural in responses; volumes keep their ID", () =>
    Effect.gen(function* () {
      const { call, handles } = yield* cloud()
      const id = yield* handles.seedServer()
      const network = yield* call("/os-networksv2", { body: { network: { label: "n", cidr: "10.1.0.0/24" } } })
      const vif = yield* call(`/servers/${id}/os-virtual-interfacesv2`, {
        body: { virtual_interface: { network_id: at(network.json, "network", "id") } }
      })
      assert.strictEqual(at(vif.json, "virtual_interfaces", 0, "ip_addresses", 0, "network_label"), "n")
      const volume = yield* call(`/servers/${id}/os-volume_attachments`, {
        body: { volumeAttachment: { volumeId: "v-1", device: null } }
      })
      assert.deepStrictEqual(volume.json, {
        volumeAttachment: { id: "v-1", device: "/dev/xvdb", serverId: id, volumeId: "v-1" }
      })
      assert.strictEqual((yield* call(`/servers/${id}/os-volume_attachments/v-1`, { method: "DELETE" })).status, 202)
    })
  )
})

describe("Cloud Servers: flavors, images, key pairs, networks, limits", () => {
  it.effect("flavors: swap is an empty string or a number, extra specs are strings, an item is bare", () =>
    Effect.gen(function* () {
      const { call } = yield* cloud()
      const general = yield* call("/flavors/general1-1")
      assert.strictEqual(at(general.json, "flavor", "swap"), "")
      assert.strictEqual(at(general.json, "flavor", "ram"), 1024)
      assert.strictEqual(at((yield* call("/flavors/2")).json, "flavor", "swap"), 512)
      assert.deepStrictEqual((yield* call("/flavors/general1-1/os-extra_specs/class")).json, { class: "general1" })
      const large = yield* call("/flavors/detail?minRam=200000")
      assert.deepStrictEqual(texts(at(large.json, "flavors"), "id"), ["memory1-240", "onmetal-memory1"])
      const paged = yield* call("/flavors?limit=1&marker=2")
      assert.deepStrictEqual(texts(at(paged.json, "flavors"), "id"), ["3"])
      assert.isArray(at(paged.json, "flavors_links"))
      assert.strictEqual((yield* call("/flavors/nope")).status, 404)
    })
  )

  it.effect("base images have no server and cannot be deleted", () =>
    Effect.gen(function* () {
      const { call } = yield* cloud()
      const image = yield* call(`/images/${ubuntu}`)
      assert.strictEqual(at(image.json, "image", "server"), undefined)
      assert.strictEqual(at(image.json, "image", "metadata", "image_type"), "base")
      assert.include(texts(at(image.json, "image", "links"), "rel"), "alternate")
      assert.strictEqual((yield* call(`/images/${ubuntu}`, { method: "DELETE" })).status, 403)
      assert.isAbove((at((yield* call("/images")).json, "images") as Array<unknown>).length, 3)
    })
  )

  it.effect("key pairs: the private key is shown once, the list is wrapped twice, names are unique", () =>
    Effect.gen(function* () {
      const { call, create } = yield* cloud()
      const made = yield* call("/os-keypairs", { body: { keypair: { name: "my key" } } })
      assert.match(String(at(made.json, "keypair", "private_key")), /^-----BEGIN RSA PRIVATE KEY-----/)
      assert.match(String(at(made.json, "keypair", "public_key")), /^ssh-rsa AAAAB3NzaC1yc2E/)
      assert.match(String(at(made.json, "keypair", "fingerprint")), /^([0-9a-f]{2}:){15}[0-9a-f]{2}$/)
      const again = yield* call("/os-keypairs", { body: { keypair: { name: "my key" } } })
      assert.strictEqual(again.status, 409)
      const list = yield* call("/os-keypairs")
      assert.strictEqual(at(list.json, "keypairs", 0, "keypair", "name"), "my key")
      assert.strictEqual(at(list.json, "keypairs", 0, "keypair", "private_key"), undefined)
      const copy = yield* call("/os-keypairs", {
        body: { keypair: { name: "copy", public_key: at(made.json, "keypair", "public_key") } }
      })
      assert.strictEqual(at(copy.json, "keypair", "private_key"), undefined)
      assert.strictEqual(at(copy.json, "keypair", "fingerprint"), at(made.json, "keypair", "fingerprint"))
      const invalid = yield* call("/os-keypairs", { body: { keypair: { name: "x", public_key: "ssh-rsa AAAA" } } })
      assert.strictEqual(invalid.status, 400)
      assert.strictEqual((yield* create({ key_name: "my key" })).status, 202)
      assert.strictEqual((yield* call("/os-keypairs/my%20key", { method: "DELETE" })).status, 202)
      assert.strictEqual((yield* call("/os-keypairs/my%20key")).status, 404)
    })
  )

  it.effect("PublicNet and ServiceNet have no cidr", () =>
    Effect.gen(function* () {
      const { call } = yield* cloud()
      assert.deepStrictEqual((yield* call("/os-networksv2")).json, {
        networks: [
          { id: "00000000-0000-0000-0000-000000000000", label: "public" },
          { id: "11111111-1111-1111-1111-111111111111", label: "private" }
        ]
      })
    })
  )

  it.effect("limits include current usage", () =>
    Effect.gen(function* () {
      const { call, handles } = yield* cloud()
      yield* handles.seedServers(3)
      const limits = yield* call("/limits")
      assert.strictEqual(at(limits.json, "limits", "absolute", "totalInstancesUsed"), 3)
      assert.strictEqual(at(limits.json, "limits", "absolute", "totalRAMUsed"), 3072)
      assert.isString(at(limits.json, "limits", "rate", 0, "limit", 0, "next-available"))
    })
  )

  it.effect("a rate limit returns 413 with Retry-After until the minute is over", () =>
    Effect.gen(function* () {
      const { call } = yield* cloud({ rateLimits: { GET: 2 } })
      yield* call("/limits")
      yield* TestClock.adjust("20 seconds")
      yield* call("/limits")
      const refused = yield* call("/limits")
      assert.strictEqual(refused.status, 413)
      assert.strictEqual(refused.headers["retry-after"], "40")
      assert.strictEqual(at(refused.json, "overLimit", "retryAfter"), "2026-01-01T00:01:00.000Z")
      yield* TestClock.adjust("40 seconds")
      assert.strictEqual((yield* call("/limits")).status, 200)
    })
  )

  it.effect("the version documents need no token", () =>
    Effect.gen(function* () {
      const { emulator } = yield* cloud()
      const list = yield* send(emulator, "/servers/dfw/")
      assert.strictEqual(at(list.json, "versions", 0, "id"), "v2.0")
      const one = yield* send(emulator, "/servers/dfw/v2")
      assert.strictEqual(at(one.json, "version", "links", 0, "href"), "http://cloud.test/servers/dfw/v2/")
      assert.strictEqual((yield* send(emulator, "/servers/syd/v2")).status, 404)
    })
  )

  it.effect("unknown routes return text, unknown methods 405", () =>
    Effect.gen(function* () {
      const { call, handles } = yield* cloud()
      const unknown = yield* call("/nonsense")
      assert.strictEqual(unknown.status, 404)
      assert.match(unknown.headers["content-type"] ?? "", /^text\/plain/)
      const id = yield* handles.seedServer()
      const method = yield* call(`/servers/${id}`, { method: "PATCH" })
      assert.strictEqual(method.status, 405)
      assert.strictEqual(at(method.json, "badMethod", "code"), 405)
    })
  )
})
