import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import type * as CloudBigData from "../../src/emulator/CloudBigData.js"
import * as Emulator from "../../src/emulator/Emulator.js"
import { type TestResponse, type RequestOptions, send, at, texts } from "./support.js"

const base = "http://cloud.test/bigdata/dfw/v2/010101"
const bookmark = "http://cloud.test/bigdata/dfw/010101"

/** Cloud Big Data of DFW with a token and an SSH key. */
const cloud = (bigData: CloudBigData.CloudBigDataOptions = {}) =>
  Effect.gen(function* () {
    const emulator = yield* Emulator.make({ bigData })
    yield* TestClock.setTime(Date.UTC(2026, 0, 1))
    const call = (path: string, request: RequestOptions = {}) =>
      Effect.flatMap(emulator.issueToken, (token) =>
        send(emulator, `/bigdata/dfw/v2/010101${path}`, { token, ...request })
      )
    const handles = emulator.bigData
    yield* handles.seedCredential("ssh_keys", "me@laptop")
    const create = (fields: Record<string, unknown> = {}) =>
      call("/clusters", {
        body: {
          cluster: {
            name: "numbers",
            username: "cbduser",
            ssh_keys: ["me@laptop"],
            stack_id: "HDP2.2_Hadoop",
            ...fields
          }
        }
      })
    const created = (fields: Record<string, unknown> = {}) =>
      Effect.map(create(fields), (response) => {
        assert.strictEqual(response.status, 200, response.text)
        return String(at(response.json, "cluster", "id"))
      })
    const get = (id: string) => Effect.map(call(`/clusters/${id}`), (response) => at(response.json, "cluster"))
    const nodes = (id: string) =>
      Effect.map(call(`/clusters/${id}/nodes`), (response) => at(response.json, "nodes") as ReadonlyArray<unknown>)
    const put = (id: string, cluster: unknown) => call(`/clusters/${id}`, { method: "PUT", body: { cluster } })
    return { call, create, created, emulator, get, handles, nodes, put }
  })

const refused = (response: TestResponse): readonly [status: number, message: string] => {
  assert.strictEqual(at(response.json, "fault", "code"), response.status, response.text)
  return [response.status, String(at(response.json, "fault", "message"))]
}

const countBy = (nodes: ReadonlyArray<unknown>, key: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...new Set(texts(nodes, key))].map((value) => [value, texts(nodes, key).filter((each) => each === value).length])
  )

describe("Cloud Big Data: the lifecycle of a cluster", () => {
  it.effect("create returns 200 with the whole cluster, including the stack's node groups", () =>
    Effect.gen(function* () {
      const { create } = yield* cloud()
      const response = yield* create({ node_groups: [{ id: "slave", count: 3, flavor_id: "hadoop1-7" }] })
      assert.strictEqual(response.status, 200)
      const cluster = at(response.json, "cluster")
      const id = String(at(cluster, "id"))
      assert.strictEqual(at(cluster, "status"), "BUILDING")
      assert.strictEqual(at(cluster, "progress"), 0)
      assert.strictEqual(at(cluster, "created"), "2026-01-01T00:00:00Z")
      assert.strictEqual(at(cluster, "updated"), "")
      assert.strictEqual(at(cluster, "username"), "cbduser")
      assert.deepStrictEqual(at(cluster, "ssh_keys"), ["me@laptop"])
      assert.strictEqual(at(cluster, "cbd_version"), 2)
      assert.deepStrictEqual(
        (at(cluster, "node_groups") as ReadonlyArray<unknown>).map((group) => [
          at(group, "id"),
          at(group, "count"),
          at(group, "flavor_id")
        ]),
        [
          ["ambari", 1, "hadoop1-4"],
          ["master", 1, "hadoop1-7"],
          ["standby-namenode", 1, "hadoop1-7"],
          ["journalnodes", 3, "hadoop1-1"],
          ["slave", 3, "hadoop1-7"],
          ["gateway", 1, "hadoop1-2"]
        ]
      )
      assert.deepStrictEqual(at(cluster, "node_groups", 4, "components"), [
        { name: "Datanode" },
        { name: "NodeManager" }
      ])
      assert.deepStrictEqual(texts(at(cluster, "links"), "href"), [
        `${base}/clusters/${id}`,
        `${bookmark}/clusters/${id}`
      ])
    })
  )

  it.effect("it is BUILDING, then CONFIGURING, then ACTIVE by the Clock, and its progress follows its nodes", () =>
    Effect.gen(function* () {
      const { created, get, nodes } = yield* cloud({ buildTime: "10 minutes", configureTime: "10 minutes" })
      const id = yield* created()
      const seen: Array<readonly [unknown, unknown, unknown]> = []
      for (let look = 0; look < 5; look++) {
        const cluster = yield* get(id)
        seen.push([at(cluster, "status"), at(cluster, "progress"), countBy(yield* nodes(id), "status")])
        yield* TestClock.adjust(look === 3 ? "299999 millis" : "5 minutes")
      }
      assert.deepStrictEqual(seen, [
        ["BUILDING", 0, { BUILDING: 8 }],
        ["BUILDING", 0.25, { CONFIGURING: 4, BUILDING: 4 }],
        ["CONFIGURING", 0.5, { CONFIGURING: 8 }],
        ["CONFIGURING", 0.75, { ACTIVE: 4, CONFIGURING: 4 }],
        ["CONFIGURING", 0.9375, { ACTIVE: 7, CONFIGURING: 1 }]
      ])
      const active = yield* get(id)
      assert.strictEqual(at(active, "status"), "ACTIVE")
      assert.strictEqual(at(active, "progress"), 1)
      assert.deepStrictEqual(countBy(yield* nodes(id), "status"), { ACTIVE: 8 })
    })
  )

  it.effect("a node has addresses once it is built, and consoles by its name within the cluster", () =>
    Effect.gen(function* () {
      const { created, nodes } = yield* cloud({ nodeAddress: "127.0.0.1" })
      const id = yield* created()
      const [young] = yield* nodes(id)
      assert.deepStrictEqual(at(young, "addresses"), { public: [], private: [] })
      yield* TestClock.adjust("5 minutes")
      const [built] = yield* nodes(id)
      assert.strictEqual(at(built, "status"), "CONFIGURING")
      assert.strictEqual(at(built, "addresses", "public", 0, "addr"), "127.0.0.1")
      yield* TestClock.adjust("5 minutes")
      const master = (yield* nodes(id)).find((node) => at(node, "name") === "master-1")
      assert.strictEqual(at(master, "node_group"), "master")
      assert.strictEqual(at(master, "flavor_id"), "hadoop1-7")
      assert.strictEqual(at(master, "updated"), "")
      assert.deepStrictEqual(at(master, "addresses", "public"), [{ addr: "127.0.0.1", version: 4 }])
      assert.match(String(at(master, "addresses", "private", 0, "addr")), /^10\./)
      assert.deepStrictEqual(at(master, "components", 1), {
        name: "ResourceManager",
        nice_name: "YARN Resource Manager",
        uri: "http://master-1.local:8088"
      })
      assert.deepStrictEqual(texts(at(master, "links"), "href"), [
        `${base}/clusters/${id}/nodes/${String(at(master, "id"))}`,
        `${bookmark}/clusters/${id}/nodes/${String(at(master, "id"))}`
      ])
    })
  )

  it.effect("scripts wait for the nodes, are delivered, run and succeed", () =>
    Effect.gen(function* () {
      const { call, created, get } = yield* cloud({ buildTime: "4 minutes", configureTime: "4 minutes" })
      const script = at((yield* call("/scripts")).json, "scripts", 0)
      const id = yield* created({ scripts: [{ id: at(script, "id") }] })
      const seen: Array<unknown> = []
      for (let look = 0; look < 5; look++) {
        seen.push(at(yield* get(id), "scripts", 0, "status"))
        yield* TestClock.adjust("2 minutes")
      }
      assert.deepStrictEqual(seen, ["PENDING", "PENDING", "DELIVERED", "RUNNING", "SUCCEEDED"])
      assert.strictEqual(at(yield* get(id), "scripts", 0, "name"), at(script, "name"))
    })
  )

  it.effect("a build that is configured to fail ends in ERROR with a node in ERROR; the next one does not", () =>
    Effect.gen(function* () {
      const { created, get, handles, nodes } = yield* cloud({ quota: { nodes: 9, vcpus: 99, ram: 1e6, disk: 1e6 } })
      yield* handles.failBuilds()
      const first = yield* created()
      const second = yield* created()
      yield* TestClock.adjust("299999 millis")
      assert.strictEqual(at(yield* get(first), "status"), "BUILDING")
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(at(yield* get(first), "status"), "ERROR")
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(at(yield* get(first), "status"), "ERROR")
      assert.deepStrictEqual(countBy(yield* nodes(first), "status"), { CONFIGURING: 7, ERROR: 1 })
      assert.strictEqual(at(yield* get(second), "status"), "ACTIVE")
    })
  )

  it.effect("a build whose scripts are configured to fail ends in ERROR when it is configured", () =>
    Effect.gen(function* () {
      const { call, created, get, handles, nodes } = yield* cloud()
      yield* handles.failBuilds({ cause: "script" })
      const script = at((yield* call("/scripts")).json, "scripts", 0, "id")
      const id = yield* created({ scripts: [{ id: script }] })
      yield* TestClock.adjust("7 minutes")
      assert.strictEqual(at(yield* get(id), "status"), "CONFIGURING")
      yield* TestClock.adjust("3 minutes")
      assert.strictEqual(at(yield* get(id), "status"), "ERROR")
      assert.strictEqual(at(yield* get(id), "scripts", 0, "status"), "FAILED")
      assert.deepStrictEqual(countBy(yield* nodes(id), "status"), { ACTIVE: 8 })
    })
  )

  it.effect("a resize sets the new total: UPDATING, CONFIGURING, ACTIVE, and new nodes continue the numbering", () =>
    Effect.gen(function* () {
      const { created, get, nodes, put } = yield* cloud({ resizeTime: "2 minutes", configureTime: "2 minutes" })
      const id = yield* created()
      yield* TestClock.adjust("1 hour")
      const response = yield* put(id, { node_groups: [{ id: "slave", count: 3 }] })
      assert.strictEqual(response.status, 200)
      assert.strictEqual(at(response.json, "cluster", "status"), "UPDATING")
      assert.strictEqual(at(response.json, "cluster", "updated"), "2026-01-01T01:00:00Z")
      const slaves = Effect.map(nodes(id), (all) =>
        all.filter((node) => at(node, "node_group") === "slave").map((node) => [at(node, "name"), at(node, "status")])
      )
      assert.deepStrictEqual(yield* slaves, [
        ["slave-1", "ACTIVE"],
        ["slave-2", "BUILDING"],
        ["slave-3", "BUILDING"]
      ])
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual(at(yield* get(id), "status"), "CONFIGURING")
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual(at(yield* get(id), "status"), "ACTIVE")

      yield* put(id, { node_groups: [{ id: "slave", count: 1 }] })
      assert.deepStrictEqual(yield* slaves, [
        ["slave-1", "ACTIVE"],
        ["slave-2", "DELETING"],
        ["slave-3", "DELETING"]
      ])
      yield* TestClock.adjust("4 minutes")
      assert.deepStrictEqual(yield* slaves, [["slave-1", "ACTIVE"]])
      assert.strictEqual(at(yield* get(id), "status"), "ACTIVE")
    })
  )

  it.effect("a deleted cluster is DELETING with its nodes, then gone", () =>
    Effect.gen(function* () {
      const { call, get, handles, nodes } = yield* cloud({ deleteTime: "1 minute" })
      const id = yield* handles.seedCluster()
      const response = yield* call(`/clusters/${id}`, { method: "DELETE" })
      assert.strictEqual(response.status, 204)
      assert.strictEqual(response.text, "")
      assert.strictEqual(at(yield* get(id), "status"), "DELETING")
      assert.deepStrictEqual(countBy(yield* nodes(id), "status"), { DELETING: 8 })
      assert.strictEqual((yield* call(`/clusters/${id}`, { method: "DELETE" })).status, 409)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(refused(yield* call(`/clusters/${id}`)), [404, `Cluster ${id} not found`])
      assert.deepStrictEqual(yield* handles.clusters, [])
    })
  )

  it.effect("an action that the state does not allow is 409, as documented", () =>
    Effect.gen(function* () {
      const { call, handles, put } = yield* cloud()
      const id = yield* handles.seedCluster()
      const seen: Record<string, readonly [resize: number, remove: number]> = {}
      for (const status of ["BUILDING", "CONFIGURING", "UPDATING", "ERROR", "ACTIVE"]) {
        yield* handles.setClusterStatus(id, status)
        const resized = yield* put(id, { node_groups: [{ id: "slave", count: 1 }] })
        const resize = resized.status
        if (resize === 200) assert.strictEqual(at(resized.json, "cluster", "status"), "UPDATING")
        yield* handles.setClusterStatus(id, status)
        seen[status] = [resize, (yield* call(`/clusters/${id}`, { method: "DELETE" })).status]
      }
      assert.deepStrictEqual(seen, {
        BUILDING: [409, 409],
        CONFIGURING: [409, 409],
        UPDATING: [409, 409],
        ERROR: [409, 204],
        ACTIVE: [200, 204]
      })
    })
  )

  it.effect("one node is removed from its cluster", () =>
    Effect.gen(function* () {
      const { call, get, handles, nodes } = yield* cloud({ deleteTime: "1 minute" })
      const id = yield* handles.seedCluster({ slaves: 2 })
      const node = (yield* nodes(id)).find((each) => at(each, "name") === "slave-2")
      const path = `/clusters/${id}/nodes/${String(at(node, "id"))}`
      const response = yield* call(path, { method: "DELETE" })
      assert.strictEqual(response.status, 200)
      assert.strictEqual(at(response.json, "node", "status"), "DELETING")
      assert.strictEqual(at(yield* get(id), "node_groups", 4, "count"), 1)
      yield* TestClock.adjust("1 minute")
      assert.notInclude(texts(yield* nodes(id), "name"), "slave-2")
      assert.strictEqual((yield* call(path, { method: "DELETE" })).status, 404)
      yield* handles.setClusterStatus(id, "UPDATING")
      const other = (yield* nodes(id))[0]
      assert.strictEqual(
        (yield* call(`/clusters/${id}/nodes/${String(at(other, "id"))}`, { method: "DELETE" })).status,
        409
      )
    })
  )

  it.effect("credentials are added to a cluster and SSH keys removed; services are started and stopped", () =>
    Effect.gen(function* () {
      const { handles, put } = yield* cloud()
      yield* handles.seedCredential("cloud_files", "cfuser")
      const id = yield* handles.seedCluster()
      const given = yield* put(id, {
        credentials: [
          { type: "ssh_keys", name: "me@laptop" },
          { type: "cloud_files", name: "cfuser" }
        ]
      })
      assert.deepStrictEqual(at(given.json, "cluster", "ssh_keys"), ["me@laptop"])
      assert.deepStrictEqual(at(given.json, "cluster", "credentials"), [{ type: "cloud_files", name: "cfuser" }])
      const taken = yield* put(id, { remove_credentials: [{ type: "ssh_keys", name: "me@laptop" }] })
      assert.deepStrictEqual(at(taken.json, "cluster", "ssh_keys"), [])
      assert.deepStrictEqual(
        refused(yield* put(id, { remove_credentials: [{ type: "ssh_keys", name: "me@laptop" }] })),
        [400, "One or more ssh_keys are invalid"]
      )
      assert.strictEqual((yield* put(id, { credentials: [{ type: "s3", name: "x" }] })).status, 400)

      const controlled = yield* put(id, { control_services: { action: "restart", services: [{ name: "HDFS" }] } })
      assert.strictEqual(at(controlled.json, "cluster", "status"), "ACTIVE")
      yield* put(id, { control_services: { action: "stop", services: [] } })
      assert.deepStrictEqual(yield* handles.controls, [
        { clusterId: id, action: "restart", services: ["HDFS"] },
        { clusterId: id, action: "stop", services: [] }
      ])
      assert.strictEqual((yield* put(id, { control_services: { action: "kill", services: [] } })).status, 400)
      assert.strictEqual(
        (yield* put(id, { control_services: { action: "stop", services: [{ name: "Storm" }] } })).status,
        400
      )
    })
  )
})

describe("Cloud Big Data: requests to create that are rejected", () => {
  const cases: ReadonlyArray<readonly [name: string, fields: Record<string, unknown>, message: RegExp]> = [
    ["no name", { name: "" }, /Invalid name/],
    ["a name of 256 characters", { name: "x".repeat(256) }, /Invalid name/],
    ["the user root", { username: "root" }, /Invalid username/],
    ["no key", { ssh_keys: [] }, /ssh_keys/],
    ["an unknown key", { ssh_keys: ["other"] }, /Cannot find requested ssh_keys: other/],
    ["an unknown stack", { stack_id: "HDP9" }, /Stack HDP9 not found/],
    ["an unknown node group", { node_groups: [{ id: "workers" }] }, /workers is not part of stack/],
    ["another field of a node group", { node_groups: [{ id: "slave", size: 3 }] }, /Additional properties/],
    ["no node", { node_groups: [{ id: "slave", count: 0 }] }, /node count is invalid/],
    ["101 nodes", { node_groups: [{ id: "slave", count: 101 }] }, /node count is invalid/],
    ["two masters", { node_groups: [{ id: "master", count: 2 }] }, /takes 1 to 1 nodes/],
    ["an unknown flavor", { node_groups: [{ id: "slave", flavor_id: "hadoop9" }] }, /flavor hadoop9 is invalid/],
    [
      "a flavor that is too small",
      { node_groups: [{ id: "slave", flavor_id: "hadoop1-2" }] },
      /flavor hadoop1-2 is invalid/
    ],
    ["an unknown script", { scripts: [{ id: "nope" }] }, /Script nope not found/],
    [
      "an unknown connector",
      { connectors: [{ type: "cloud_files", credential: { name: "nobody" } }] },
      /Cannot find requested credential nobody/
    ],
    [
      "an unknown type of credentials",
      { connectors: [{ type: "ssh_keys", credential: { name: "me@laptop" } }] },
      /ssh_keys is not a connector/
    ]
  ]
  for (const [name, fields, message] of cases) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const { create, handles } = yield* cloud()
        const [status, said] = refused(yield* create(fields))
        assert.strictEqual(status, 400)
        assert.match(said, message)
        assert.isEmpty(yield* handles.clusters)
      })
    )
  }

  it.effect("two users of Cloud Files", () =>
    Effect.gen(function* () {
      const { create, handles } = yield* cloud()
      yield* handles.seedCredential("cloud_files", "one")
      yield* handles.seedCredential("cloud_files", "two")
      const connector = (name: string) => ({ type: "cloud_files", credential: { name } })
      const one = yield* create({ connectors: [connector("one")] })
      assert.deepStrictEqual(at(one.json, "cluster", "connectors"), [connector("one")])
      assert.match(refused(yield* create({ connectors: [connector("one"), connector("two")] }))[1], /Only one/)
      assert.match(
        refused(yield* create({ connectors: [connector("one")], credentials: [connector("two")] }))[1],
        /Only one/
      )
    })
  )

  it.effect("a body that is not JSON, or without a cluster", () =>
    Effect.gen(function* () {
      const { call } = yield* cloud()
      assert.deepStrictEqual(refused(yield* call("/clusters", { body: "{" })), [400, "The data is malformed"])
      assert.match(refused(yield* call("/clusters", { body: { server: {} } }))[1], /no cluster/)
    })
  )
})

describe("Cloud Big Data: quota, rates and pages", () => {
  it.effect("the data nodes of all clusters count; above the quota is 413 without Retry-After", () =>
    Effect.gen(function* () {
      const { call, create, created, handles, put } = yield* cloud()
      const limits = Effect.map(call("/limits"), (response) => at(response.json, "limits", "absolute"))
      assert.deepStrictEqual(yield* limits, {
        disk: { limit: 4500, remaining: 4500 },
        node_count: { limit: 3, remaining: 3 },
        ram: { limit: 23_040, remaining: 23_040 },
        vcpus: { limit: 6, remaining: 6 }
      })
      const id = yield* created({ node_groups: [{ id: "slave", count: 2 }] })
      assert.deepStrictEqual(yield* limits, {
        disk: { limit: 4500, remaining: 2000 },
        node_count: { limit: 3, remaining: 1 },
        ram: { limit: 23_040, remaining: 7680 },
        vcpus: { limit: 6, remaining: 2 }
      })
      const response = yield* create({ node_groups: [{ id: "slave", count: 2 }] })
      assert.deepStrictEqual(refused(response), [
        413,
        "The resource quota was exceeded: 2 of node_count requested, 1 remaining"
      ])
      assert.notProperty(response.headers, "retry-after")
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* put(id, { node_groups: [{ id: "slave", count: 4 }] })).status, 413)
      assert.strictEqual((yield* put(id, { node_groups: [{ id: "slave", count: 3 }] })).status, 200)
      yield* handles.removeCluster(id)
      assert.strictEqual(at(yield* limits, "node_count", "remaining"), 3)
    })
  )

  it.effect("too many requests to clusters are 413 with Retry-After, and other resources are not counted", () =>
    Effect.gen(function* () {
      const { call } = yield* cloud({ rateLimits: { GET: 2 } })
      yield* call("/clusters")
      yield* call("/clusters")
      yield* TestClock.adjust("20 seconds")
      const response = yield* call("/clusters")
      assert.strictEqual(response.status, 413)
      assert.strictEqual(response.headers["retry-after"], "40")
      assert.strictEqual(at(response.json, "overLimit", "code"), 413)
      assert.strictEqual((yield* call("/stacks")).status, 200)
      yield* TestClock.adjust("40 seconds")
      assert.strictEqual((yield* call("/clusters")).status, 200)
    })
  )

  it.effect("the links to the next page are malformed as the real ones are", () =>
    Effect.gen(function* () {
      const { call, handles } = yield* cloud()
      const [first = "", , last = ""] = yield* Effect.all([
        handles.seedCluster(),
        handles.seedCluster(),
        handles.seedCluster()
      ])
      const next = (path: string) => Effect.map(call(path), (response) => at(response.json, "links", 0, "href"))
      const page = (yield* call("/clusters?limit=1")).json
      assert.deepStrictEqual(texts(at(page, "clusters"), "id"), [first])
      assert.deepStrictEqual(at(page, "links"), [{ rel: "next", href: `${bookmark}/clusters&limit=1&marker=${first}` }])
      const end = (yield* call(`/clusters?limit=2&marker=${first}`)).json
      assert.strictEqual(texts(at(end, "clusters"), "id").at(-1), last)
      assert.isUndefined(at(end, "links"))
      assert.strictEqual(yield* next("/flavors?limit=2"), `${base}/flavors?limit=2&amp;marker=hadoop1-2`)
      assert.strictEqual(yield* next("/stacks?limit=1"), `${base}/stacks?limit=1&marker=HDP2.2_Hadoop`)
      yield* call("/scripts", { body: { script: { name: "a", type: "POST_INIT", url: "https://example.com/a" } } })
      assert.match(
        String(yield* next("/scripts?limit=1")),
        /^http:\/\/cloud\.test\/bigdata\/dfw\/010101\/scripts\?limit=1&amp;marker=/
      )
      assert.match(
        String(yield* next(`/clusters/${first}/nodes?limit=3`)),
        /\/v2\/010101\/clusters\/.+\/nodes\?limit=3&marker=/
      )
    })
  )

  it.effect("a page has 25 items by default and at most 200; beyond the end it is empty", () =>
    Effect.gen(function* () {
      const { call, handles } = yield* cloud()
      yield* Effect.replicateEffect(handles.seedCluster(), 30, { discard: true })
      const count = (path: string) =>
        Effect.map(call(path), (response) => (at(response.json, "clusters") as ReadonlyArray<unknown>).length)
      assert.strictEqual(yield* count("/clusters"), 25)
      assert.strictEqual(yield* count("/clusters?limit=200"), 30)
      assert.strictEqual(yield* count("/clusters?limit=200&offset=28"), 2)
      assert.strictEqual(yield* count("/clusters?marker=unknown"), 0)
      for (const limit of ["201", "0", "x", "-1"]) {
        assert.strictEqual((yield* call(`/clusters?limit=${limit}`)).status, 400, limit)
      }
    })
  )
})

describe("Cloud Big Data: stacks, distros, flavors, scripts, workloads", () => {
  it.effect("modes are strings in a stack, absent if there are none, and objects in a distro", () =>
    Effect.gen(function* () {
      const { call } = yield* cloud()
      const stack = at((yield* call("/stacks")).json, "stacks", 0)
      assert.deepStrictEqual(at(stack, "services", 0), { name: "HDFS", modes: ["HA"] })
      assert.deepStrictEqual(at(stack, "services", 1), { name: "Yarn" })
      assert.isUndefined(at(stack, "node_groups"))
      const detail = at((yield* call("/stacks/HDP2.2_Hadoop")).json, "stack")
      assert.strictEqual(at(detail, "is_deletable"), false)
      assert.deepStrictEqual(at(detail, "node_groups", 4, "resource_limits"), {
        min_count: 1,
        max_count: 999,
        min_ram: 5237
      })
      assert.deepStrictEqual(texts(at((yield* call("/distros")).json, "distros"), "id"), ["HDP1.3", "HDP2.2", "CDH5"])
      const distro = at((yield* call("/distros/HDP2.2")).json, "distro")
      assert.deepStrictEqual(at(distro, "services", 0, "modes"), [{ name: "Secondary" }, { name: "HA" }])
      assert.deepStrictEqual(at(distro, "services", 0, "components", 1), {
        name: "SecondaryNamenode",
        mode: "Secondary"
      })
      assert.strictEqual((yield* call("/distros/HDP9")).status, 404)
      assert.strictEqual((yield* call("/stacks/HDP9")).status, 404)
    })
  )

  it.effect(
    "flavors are listed with class, memory in megabytes and disk in gigabytes; they cannot be read one by one",
    () =>
      Effect.gen(function* () {
        const { call } = yield* cloud()
        const flavors = at((yield* call("/flavors")).json, "flavors") as ReadonlyArray<unknown>
        assert.deepStrictEqual(
          flavors.find((each) => at(each, "id") === "hadoop1-7"),
          { id: "hadoop1-7", name: "Small Hadoop Instance", vcpus: 2, ram: 7680, disk: 1250, class: "hadoop1" }
        )
        assert.strictEqual((yield* call("/flavors/hadoop1-7")).status, 404)
      })
  )

  it.effect("a stack of the account is created, used, and deleted when unused", () =>
    Effect.gen(function* () {
      const { call, created, handles } = yield* cloud()
      const response = yield* call("/stacks", {
        body: {
          stack: {
            name: "mine",
            distro: "HDP2.2",
            services: [{ name: "HDFS", modes: ["Secondary"] }, { name: "Yarn" }, { name: "Pig" }]
          }
        }
      })
      assert.strictEqual(response.status, 200)
      const id = String(at(response.json, "stack", "id"))
      assert.strictEqual(at(response.json, "stack", "is_deletable"), true)
      assert.strictEqual(at(response.json, "stack", "created"), "2026-01-01T00:00:00Z")
      assert.deepStrictEqual(
        (at(response.json, "stack", "node_groups") as ReadonlyArray<unknown>).map((group) => [
          at(group, "id"),
          texts(at(group, "components"), "name")
        ]),
        [
          ["ambari", ["AmbariServer", "AmbariMetricsCollector", "ZookeeperServer", "ZookeeperClient"]],
          ["master0", ["Namenode", "ResourceManager", "TimelineHistoryServer"]],
          ["master1", ["SecondaryNamenode"]],
          ["slave0", ["Datanode", "NodeManager"]],
          ["gateway", ["PigClient"]]
        ]
      )
      const cluster = yield* created({ stack_id: id, node_groups: [{ id: "slave0", count: 2 }] })
      const remove = call(`/stacks/${id}`, { method: "DELETE" })
      assert.strictEqual((yield* remove).status, 409)
      yield* handles.removeCluster(cluster)
      assert.strictEqual((yield* remove).status, 204)
      assert.strictEqual((yield* remove).status, 404)
      assert.strictEqual((yield* call("/stacks/HDP2.2_HBase", { method: "DELETE" })).status, 400)
    })
  )

  it.effect("a stack's node groups are kept in addition to Ambari's; unknown services are rejected", () =>
    Effect.gen(function* () {
      const { call } = yield* cloud()
      const make = (fields: Record<string, unknown>) =>
        call("/stacks", {
          body: { stack: { name: "mine", distro: "HDP2.2", services: [{ name: "HDFS" }], ...fields } }
        })
      const response = yield* make({
        node_groups: [{ id: "all", count: 2, flavor_id: "hadoop1-15", components: [{ name: "Namenode" }] }]
      })
      assert.deepStrictEqual(texts(at(response.json, "stack", "node_groups"), "id"), ["ambari", "all"])
      for (const fields of [
        { distro: "HDP9" },
        { services: [] },
        { services: [{ name: "Storm" }] },
        { services: [{ name: "HDFS", modes: ["Fast"] }] },
        { node_groups: [{ id: "all", components: [{ name: "HMaster" }] }] },
        { node_groups: [{ id: "all", flavor_id: "huge" }] },
        { node_groups: [{ id: "all", count: 101 }] },
        { description: "" }
      ]) {
        assert.strictEqual(refused(yield* make(fields))[0], 400, JSON.stringify(fields))
      }
    })
  )

  it.effect("scripts are created, changed and deleted; but not the cloud's, nor one in use", () =>
    Effect.gen(function* () {
      const { call, created, handles } = yield* cloud()
      const body = (script: Record<string, unknown>) => ({ body: { script } })
      const response = yield* call(
        "/scripts",
        body({ name: "libs", type: "POST_INIT", url: "https://example.com/libs.sh" })
      )
      assert.strictEqual(response.status, 200)
      const script = at(response.json, "script")
      const id = String(at(script, "id"))
      assert.strictEqual(at(script, "is_public"), false)
      assert.strictEqual(at(script, "updated"), "")
      yield* TestClock.adjust("1 minute")
      const changed = yield* call(`/scripts/${id}`, { method: "PUT", ...body({ url: "https://example.com/2.sh" }) })
      assert.strictEqual(at(changed.json, "script", "name"), "libs")
      assert.strictEqual(at(changed.json, "script", "url"), "https://example.com/2.sh")
      assert.strictEqual(at(changed.json, "script", "updated"), "2026-01-01T00:01:00Z")
      const cluster = yield* created({ scripts: [{ id }] })
      assert.strictEqual((yield* call(`/scripts/${id}`, { method: "DELETE" })).status, 409)
      yield* handles.removeCluster(cluster)
      assert.strictEqual((yield* call(`/scripts/${id}`, { method: "DELETE" })).status, 204)
      assert.strictEqual(
        (yield* call(`/scripts/${id}`, { method: "PUT", ...body({ url: "https://a.b" }) })).status,
        404
      )
      const own = String(at((yield* call("/scripts")).json, "scripts", 0, "id"))
      assert.strictEqual((yield* call(`/scripts/${own}`)).status, 405, "there is no way to read one")
      assert.strictEqual((yield* call(`/scripts/${own}`, { method: "DELETE" })).status, 400)
      assert.strictEqual(
        (yield* call(`/scripts/${own}`, { method: "PUT", ...body({ url: "https://a.b" }) })).status,
        400
      )
      assert.strictEqual(
        (yield* call("/scripts", body({ name: "a", type: "post_init", url: "https://a.b" }))).status,
        400
      )
      assert.strictEqual((yield* call("/scripts", body({ name: "a", type: "POST_INIT", url: "nowhere" }))).status, 400)
    })
  )

  it.effect("workloads have recommendations for an amount of data, one of which is recommended", () =>
    Effect.gen(function* () {
      const { call } = yield* cloud()
      const [first] = at((yield* call("/workloads")).json, "workloads") as ReadonlyArray<unknown>
      assert.sameMembers(Object.keys(first as object), ["id", "name", "caption", "description"])
      const path = `/workloads/${String(at(first, "id"))}/recommendations`
      const sizes = at((yield* call(`${path}?storagesize=3000&persistent=data`)).json, "recommendations", 0, "sizes")
      assert.deepStrictEqual(texts(sizes, "flavor"), ["hadoop1-7", "hadoop1-15", "hadoop1-30", "hadoop1-60"])
      assert.deepStrictEqual(texts(sizes, "nodecount"), ["8", "4", "2", "1"])
      assert.strictEqual(texts(sizes, "recommended").filter((each) => each === "true").length, 1)
      for (const query of ["", "?storagesize=0&persistent=data", "?storagesize=5&persistent=some"]) {
        assert.strictEqual((yield* call(path + query)).status, 400, query)
      }
      assert.strictEqual((yield* call("/workloads/nope/recommendations?storagesize=5&persistent=all")).status, 404)
    })
  )
})

describe("Cloud Big Data: credentials", () => {
  it.effect("one is returned as an object when created, as a list when listed, never with its secret", () =>
    Effect.gen(function* () {
      const { call } = yield* cloud()
      const secrets = {
        ssh_keys: { key_name: "you@desk", public_key: "ssh-ed25519 AAAA-secret" },
        cloud_files: { username: "cfuser", api_key: "a-secret" },
        s3: { access_key_id: "AKIA", access_secret_key: "a-secret" },
        ambari: { username: "admin", password: "a-secret" }
      }
      for (const [type, fields] of Object.entries(secrets)) {
        const name = Object.entries(fields)[0] ?? ["", ""]
        const made = yield* call(`/credentials/${type}`, { body: { [type]: fields } })
        assert.strictEqual(made.status, 200)
        assert.deepStrictEqual(made.json, { credentials: { [type]: { [name[0]]: name[1] } } })
        assert.strictEqual((yield* call(`/credentials/${type}`, { body: { [type]: fields } })).status, 409)
        const listed = yield* call(`/credentials/${type}`)
        assert.deepInclude(at(listed.json, "credentials", type) as Array<unknown>, { [name[0]]: name[1] })
        const path = `/credentials/${type}/${encodeURIComponent(name[1])}`
        assert.strictEqual((yield* call(path, { method: "PUT", body: { [type]: fields } })).status, 200)
      }
      const all = yield* call("/credentials")
      assert.deepStrictEqual(at(all.json, "credentials"), {
        cloud_files: [{ username: "cfuser" }],
        ssh_keys: [{ key_name: "me@laptop" }, { key_name: "you@desk" }],
        s3: [{ access_key_id: "AKIA" }],
        ambari: [{ username: "admin" }]
      })
      assert.notInclude(all.text, "secret")
    })
  )

  it.effect("types and connectors list their fields", () =>
    Effect.gen(function* () {
      const { call } = yield* cloud()
      const types = at((yield* call("/credentials/types")).json, "credentials")
      assert.deepStrictEqual(texts(types, "type"), ["cloud_files", "ssh_keys", "s3", "ambari"])
      assert.deepStrictEqual(at(types, 0, "schema"), ["username", "api_key"])
      assert.strictEqual(at(types, 1, "connector"), false)
      const connectors = at((yield* call("/credentials/connectors")).json, "credentials")
      assert.deepStrictEqual(texts(connectors, "type"), ["cloud_files", "s3"])
      assert.strictEqual((yield* call("/credentials/ftp")).status, 404)
    })
  )

  it.effect("missing or incomplete fields are rejected; one in use cannot be deleted", () =>
    Effect.gen(function* () {
      const { call, created, handles } = yield* cloud()
      assert.strictEqual((yield* call("/credentials/s3", { body: { s3: { access_key_id: "AKIA" } } })).status, 400)
      assert.strictEqual((yield* call("/credentials/s3", { body: { ambari: {} } })).status, 400)
      const put = { method: "PUT", body: { s3: { access_key_id: "AKIA", access_secret_key: "x" } } }
      assert.strictEqual((yield* call("/credentials/s3/AKIA", put)).status, 404)
      yield* handles.seedCredential("s3", "OTHER")
      assert.strictEqual((yield* call("/credentials/s3/OTHER", put)).status, 400)
      const key = call("/credentials/ssh_keys/me%40laptop", { method: "DELETE" })
      const cluster = yield* created()
      assert.strictEqual((yield* key).status, 409)
      yield* handles.removeCluster(cluster)
      assert.strictEqual((yield* key).status, 204)
      assert.strictEqual((yield* key).status, 404)
    })
  )
})

describe("Cloud Big Data: access", () => {
  it.effect("version 1.0 is a separate catalog entry with separate clusters", () =>
    Effect.gen(function* () {
      const { emulator } = yield* cloud()
      const token = yield* emulator.issueToken
      const response = yield* send(emulator, "/bigdata/dfw/v1.0/010101/clusters", { token })
      assert.deepStrictEqual(refused(response), [404, "Resource not found"])
    })
  )

  it.effect("each region has separate clusters, and requires a token", () =>
    Effect.gen(function* () {
      const { call, emulator } = yield* cloud()
      yield* emulator.bigDataIn("ord").seedCluster({ name: "far" })
      assert.deepStrictEqual(at((yield* call("/clusters")).json, "clusters"), [])
      assert.strictEqual((yield* emulator.bigDataIn("ORD").clusters)[0]?.name, "far")
      assert.strictEqual((yield* call("/clusters", { token: "wrong" })).status, 401)
    })
  )

  it.effect("unknown resources are 404, known ones with another method 405", () =>
    Effect.gen(function* () {
      const { call, handles } = yield* cloud()
      const id = yield* handles.seedCluster()
      const status = (path: string, method: string) => Effect.map(call(path, { method }), (response) => response.status)
      assert.strictEqual(yield* status("/nothing", "GET"), 404)
      assert.strictEqual(yield* status(`/clusters/${id}/disks`, "GET"), 404)
      assert.strictEqual(yield* status("/stacks/HDP2.2_Hadoop/services", "GET"), 404)
      assert.strictEqual(yield* status(`/clusters/${id}/nodes/none`, "DELETE"), 404)
      for (const [path, method] of [
        ["/clusters", "DELETE"],
        [`/clusters/${id}`, "POST"],
        [`/clusters/${id}/nodes`, "POST"],
        ["/stacks", "PUT"],
        ["/stacks/HDP2.2_Hadoop", "PUT"],
        ["/scripts", "DELETE"],
        ["/credentials", "POST"],
        ["/credentials/ssh_keys", "DELETE"],
        ["/limits", "POST"],
        ["/flavors", "POST"],
        ["/distros", "POST"],
        ["/workloads", "POST"]
      ] as const) {
        assert.strictEqual(yield* status(path, method), 405, `${method} ${path}`)
      }
    })
  )
})
