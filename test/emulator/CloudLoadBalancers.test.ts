import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import type * as CloudLoadBalancers from "../../src/emulator/CloudLoadBalancers.js"
import * as Emulator from "../../src/emulator/Emulator.js"
import { type TestResponse, type RequestOptions, send, at, texts } from "./support.js"

/** Cloud Load Balancers of DFW with a token. */
const cloud = (loadBalancers: CloudLoadBalancers.CloudLoadBalancersOptions = {}) =>
  Effect.gen(function* () {
    const emulator = yield* Emulator.make({ loadBalancers })
    yield* TestClock.setTime(Date.UTC(2026, 0, 1))
    const call = (path: string, request: RequestOptions = {}) =>
      Effect.flatMap(emulator.issueToken, (token) =>
        send(emulator, `/loadbalancers/dfw/v1.0/010101${path}`, { token, ...request })
      )
    const put = (path: string, body: unknown) => call(path, { method: "PUT", body })
    const del = (path: string) => call(path, { method: "DELETE" })
    const create = (fields: Record<string, unknown> = {}) =>
      call("/loadbalancers", {
        body: { loadBalancer: { name: "web", protocol: "HTTP", virtualIps: [{ type: "PUBLIC" }], ...fields } }
      })
    /** The path of an existing load balancer. */
    const seeded = (fields: CloudLoadBalancers.SeededLoadBalancer = {}) =>
      Effect.map(emulator.loadBalancers.seedLoadBalancer(fields), (id) => ({ id, path: `/loadbalancers/${id}` }))
    const status = (path: string) => Effect.map(call(path), (response) => at(response.json, "loadBalancer", "status"))
    return { call, create, del, emulator, handles: emulator.loadBalancers, put, seeded, status }
  })

/** Waits until a change is applied. */
const passed = TestClock.adjust("10 seconds")

const refused = (response: TestResponse): readonly [status: number, message: string] => {
  assert.isAtLeast(response.status, 400, response.text)
  const messages = at(response.json, "validationErrors", "messages")
  return [response.status, Array.isArray(messages) ? messages.join("; ") : String(at(response.json, "message"))]
}

const certificate = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n"
const privatekey = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n"
const ssl = { sslTermination: { securePort: 443, certificate, privatekey } }

describe("Cloud Load Balancers: the lifecycle of a load balancer", () => {
  it.effect("BUILD, ACTIVE, PENDING_UPDATE after a change, PENDING_DELETE, DELETED, gone", () =>
    Effect.gen(function* () {
      const { call, create, del, put, status } = yield* cloud()
      const created = yield* create()
      assert.strictEqual(created.status, 202)
      assert.strictEqual(at(created.json, "loadBalancer", "status"), "BUILD")
      const path = `/loadbalancers/${String(at(created.json, "loadBalancer", "id"))}`
      yield* TestClock.adjust("29 seconds")
      assert.strictEqual(yield* status(path), "BUILD")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* status(path), "ACTIVE")

      assert.strictEqual((yield* put(path, { loadBalancer: { name: "other" } })).status, 202)
      assert.strictEqual(yield* status(path), "PENDING_UPDATE")
      yield* passed
      assert.strictEqual(yield* status(path), "ACTIVE")

      assert.strictEqual((yield* del(path)).status, 202)
      assert.strictEqual(yield* status(path), "PENDING_DELETE")
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(refused(yield* call(path)), [410, "The loadbalancer is marked as deleted."])
      assert.deepStrictEqual(at((yield* call("/loadbalancers")).json, "loadBalancers"), [])
      const deleted = at((yield* call("/loadbalancers?status=DELETED")).json, "loadBalancers", 0)
      assert.sameMembers(Object.keys(deleted as object), ["id", "name", "status", "created", "updated", "nodeCount"])
      yield* TestClock.adjust("91 days")
      assert.deepStrictEqual(refused(yield* call(path)), [404, "Load balancer not found"])
    })
  )

  it.effect("one configured to fail ends in ERROR, when built or changed, and can still be deleted", () =>
    Effect.gen(function* () {
      const { create, del, handles, put, seeded, status } = yield* cloud()
      yield* handles.failBuilds()
      const path = `/loadbalancers/${String(at((yield* create()).json, "loadBalancer", "id"))}`
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* status(path), "ERROR")
      assert.strictEqual((yield* del(path)).status, 202)
      const other = yield* seeded()
      yield* handles.failUpdates()
      yield* put(other.path, { loadBalancer: { name: "n" } })
      yield* passed
      assert.strictEqual(yield* status(other.path), "ERROR")
    })
  )

  it.effect("rejects changes unless it is ACTIVE, with its status in the message", () =>
    Effect.gen(function* () {
      const { call, del, handles, put, seeded } = yield* cloud()
      const { id, path } = yield* seeded({ nodes: ["10.0.0.1"] })
      const nodeId = String(at((yield* call(`${path}/nodes`)).json, "nodes", 0, "id"))
      const meta = { meta: { key: "k", value: "v" } }
      yield* handles.suspend(id)
      const changes = [
        put(path, { loadBalancer: { name: "n" } }),
        call(`${path}/nodes`, { body: { nodes: [{ address: "10.0.0.2", port: 80 }] } }),
        put(`${path}/nodes`, { nodes: [{ id: Number(nodeId), weight: 2 }] }),
        del(`${path}/nodes?id=${nodeId}`),
        put(`${path}/nodes/${nodeId}`, { node: { condition: "DRAINING" } }),
        del(`${path}/nodes/${nodeId}`),
        call(`${path}/nodes/${nodeId}/metadata`, { body: meta }),
        call(`${path}/metadata`, { body: meta }),
        call(`${path}/virtualips`, { body: { type: "PUBLIC", ipVersion: "IPV6" } }),
        call(`${path}/accesslist`, { body: { accessList: [{ address: "10.0.0.0/8", type: "DENY" }] } }),
        del(`${path}/accesslist`),
        put(`${path}/healthmonitor`, {
          healthMonitor: { type: "CONNECT", delay: 1, timeout: 1, attemptsBeforeDeactivation: 1 }
        }),
        put(`${path}/sessionpersistence`, { sessionPersistence: { persistenceType: "HTTP_COOKIE" } }),
        put(`${path}/connectionlogging`, { connectionLogging: { enabled: true } }),
        put(`${path}/connectionthrottle`, { connectionThrottle: { maxConnections: 1 } }),
        put(`${path}/contentcaching`, { contentCaching: { enabled: true } }),
        put(`${path}/errorpage`, { errorpage: { content: "no" } }),
        put(`${path}/ssltermination`, ssl),
        del(path)
      ]
      for (const change of changes) {
        assert.deepStrictEqual(refused(yield* change), [
          422,
          `Load Balancer '${id}' has a status of 'SUSPENDED' and is considered immutable.`
        ])
      }
      yield* handles.resume(id)
      assert.strictEqual((yield* del(path)).status, 202)
      assert.deepStrictEqual(refused(yield* del(path)), [
        400,
        `Must provide valid load balancers: ${id} are immutable and could not be processed.`
      ])
    })
  )

  it.effect("several are deleted together, or none", () =>
    Effect.gen(function* () {
      const { call, del, handles, seeded } = yield* cloud()
      const [a, b] = [yield* seeded(), yield* seeded()]
      yield* handles.setStatus(b.id, "PENDING_UPDATE")
      assert.deepStrictEqual(refused(yield* del(`/loadbalancers?id=${a.id}&id=${b.id}&id=999`)), [
        400,
        `Must provide valid load balancers: ${b.id}, 999 are immutable and could not be processed.`
      ])
      assert.strictEqual((yield* handles.loadBalancers)[0]?.status, "ACTIVE")
      yield* handles.resume(b.id)
      assert.strictEqual((yield* del(`/loadbalancers?id=${a.id}&id=${b.id}`)).status, 202)
      const eleven = Array.from({ length: 11 }, (_, index) => `id=${index}`).join("&")
      assert.strictEqual((yield* del(`/loadbalancers?${eleven}`)).status, 413)
      assert.strictEqual((yield* call("/loadbalancers/999")).status, 404)
    })
  )
})

describe("Cloud Load Balancers: validation", () => {
  const wrong: ReadonlyArray<readonly [what: string, fields: Record<string, unknown>, message: RegExp]> = [
    ["no name", { name: undefined }, /name is missing/],
    ["an unknown protocol", { protocol: "GOPHER" }, /protocol must be one of/],
    ["TCP without a port", { protocol: "TCP" }, /Port must be provided/],
    ["IPv6 of the region's network", { virtualIps: [{ type: "SERVICENET", ipVersion: "IPV6" }] }, /cannot be of IPV6/],
    ["an unknown virtual IP", { virtualIps: [{ id: 999 }] }, /Virtual ip 999/],
    ["SSL termination", ssl, /SSL termination cannot be set/],
    ["a redirect of plain HTTP", { httpsRedirect: true }, /httpsRedirect cannot/],
    ["half closed HTTP", { halfClosed: true }, /halfClosed cannot/],
    ["a timeout of 121", { timeout: 121 }, /timeout must be an integer from 1 to 120/],
    ["a node with an invalid address", { nodes: [{ address: "web", port: 80 }] }, /Node ip is invalid/],
    ["cached MYSQL", { protocol: "MYSQL", contentCaching: { enabled: true } }, /Content caching cannot/],
    [
      "a monitor of UDP",
      {
        protocol: "UDP",
        port: 1,
        healthMonitor: { type: "CONNECT", delay: 1, timeout: 1, attemptsBeforeDeactivation: 1 }
      },
      /Health monitors cannot/
    ],
    [
      "an HTTPS monitor of HTTP",
      {
        healthMonitor: {
          type: "HTTPS",
          delay: 1,
          timeout: 1,
          attemptsBeforeDeactivation: 1,
          path: "/",
          statusRegex: "."
        }
      },
      /HTTPS health monitor cannot/
    ],
    ["an SSL_ID of HTTP", { sessionPersistence: { persistenceType: "SSL_ID" } }, /SSL_ID session persistence cannot/],
    [
      "a network twice",
      {
        accessList: [
          { address: "10.0.0.0/8", type: "DENY" },
          { address: "10.0.0.0/8", type: "ALLOW" }
        ]
      },
      /already contains/
    ]
  ]
  for (const [what, fields, message] of wrong) {
    it.effect(`create: ${what}`, () =>
      Effect.gen(function* () {
        const { create, handles } = yield* cloud()
        const [status, said] = refused(yield* create(fields))
        assert.strictEqual(status, 400)
        assert.match(said, message)
        assert.deepStrictEqual(yield* handles.loadBalancers, [])
      })
    )
  }

  it.effect("an invalid body is rejected with a list of messages and no code", () =>
    Effect.gen(function* () {
      const { call, put, seeded } = yield* cloud()
      const { path } = yield* seeded()
      for (const response of [
        yield* call("/loadbalancers", { body: "{" }),
        yield* call("/loadbalancers", { body: { server: {} } }),
        yield* put(path, { loadBalancer: {}, more: 1 }),
        yield* call(`${path}/virtualips`, { body: { virtualIp: { type: "PUBLIC", ipVersion: "IPV6" } } })
      ]) {
        assert.strictEqual(response.status, 400)
        assert.deepStrictEqual(response.json, { message: ["JSON does not match the expected schema"] })
      }
    })
  )

  it.effect("virtual IPs: the results of each type, sharing, and that one must remain", () =>
    Effect.gen(function* () {
      const { call, create, del } = yield* cloud()
      const ips = (response: TestResponse) => at(response.json, "loadBalancer", "virtualIps")
      const both = yield* create()
      assert.deepStrictEqual(texts(ips(both), "ipVersion"), ["IPV4", "IPV6"])
      assert.match(String(at(ips(both), 1, "address")), /^[0-9a-f]{4}(:[0-9a-f]{4}){7}$/)
      assert.deepStrictEqual(texts(ips(yield* create({ virtualIps: [{ type: "SERVICENET" }] })), "ipVersion"), ["IPV4"])
      const shared = { virtualIps: [{ id: at(ips(both), 0, "id") }] }
      assert.match(refused(yield* create(shared))[1], /Port currently assigned/)
      const second = yield* create({ ...shared, port: 8080 })
      assert.deepStrictEqual(at(ips(second), 0), at(ips(both), 0))

      yield* TestClock.adjust("30 seconds")
      const path = `/loadbalancers/${String(at(both.json, "loadBalancer", "id"))}`
      const added = yield* call(`${path}/virtualips`, { body: { type: "PUBLIC", ipVersion: "IPV6" } })
      assert.strictEqual(added.status, 202)
      assert.strictEqual(at(added.json, "ipVersion"), "IPV6")
      yield* passed
      const all = texts(at((yield* call(`${path}/virtualips`)).json, "virtualIps"), "id")
      assert.strictEqual(all.length, 3)
      assert.match(
        refused(yield* del(`${path}/virtualips?${all.map((id) => `id=${id}`).join("&")}`))[1],
        /at least one/
      )
      assert.strictEqual((yield* del(`${path}/virtualips/${all[0]}`)).status, 200)
    })
  )

  it.effect("nodes: duplicates, too many, read-only fields, and weights that are shown when they apply", () =>
    Effect.gen(function* () {
      const { call, del, put, seeded } = yield* cloud({ limits: { NODE_LIMIT: 2 } })
      const { path } = yield* seeded({ nodes: ["10.0.0.1"] })
      const add = (...addresses: ReadonlyArray<string>) =>
        call(`${path}/nodes`, { body: { nodes: addresses.map((address) => ({ address, port: 80, weight: 7 })) } })
      assert.deepStrictEqual(refused(yield* add("10.0.0.1")), [
        413,
        "Duplicate nodes detected. One or more nodes already configured on load balancer."
      ])
      assert.deepStrictEqual(refused(yield* add("10.0.0.2", "10.0.0.3")), [
        413,
        "Nodes must not exceed 2 per load balancer."
      ])
      const added = at((yield* add("db.rackspaceclouddb.com")).json, "nodes")
      assert.strictEqual(texts(added, "id").length, 1)
      assert.notProperty(at(added, 0), "weight")
      yield* passed
      const id = texts(added, "id")[0]
      assert.strictEqual((yield* put(`${path}/nodes/${id}`, { node: { address: "10.0.0.9" } })).status, 400)
      assert.strictEqual((yield* put(`${path}/nodes/${id}`, { node: {} })).status, 400)
      assert.deepStrictEqual(refused(yield* del(`${path}/nodes?id=1000&id=1001`)), [
        400,
        "Node ids 1000,1001 are not a part of your loadbalancer"
      ])
      yield* put(path, { loadBalancer: { algorithm: "WEIGHTED_ROUND_ROBIN" } })
      assert.deepStrictEqual(texts(at((yield* call(`${path}/nodes`)).json, "nodes"), "weight"), ["1", "7"])
      assert.match(refused(yield* call(`${path}/nodes/12345`))[1], /^Node with id #12345 not found for loadbalancer #/)
    })
  )

  it.effect("node events list changes of nodes and their health", () =>
    Effect.gen(function* () {
      const { call, del, handles, put, seeded } = yield* cloud()
      const { id, path } = yield* seeded()
      const [nodeId] = texts(
        at((yield* call(`${path}/nodes`, { body: { nodes: [{ address: "10.0.0.1", port: 80 }] } })).json, "nodes"),
        "id"
      )
      yield* passed
      yield* handles.setNodeStatus(id, nodeId ?? "", "OFFLINE", "Connection refused")
      assert.strictEqual(at((yield* call(`${path}/nodes/${nodeId}`)).json, "node", "status"), "OFFLINE")
      yield* put(`${path}/nodes/${nodeId}`, { node: { condition: "DRAINING" } })
      yield* passed
      yield* del(`${path}/nodes/${nodeId}`)
      const { json } = yield* call(`${path}/nodes/events`)
      assert.deepStrictEqual(texts(at(json, "nodeServiceEvents"), "type"), [
        "CREATE_NODE",
        "UPDATE_NODE",
        "UPDATE_NODE",
        "DELETE_NODE"
      ])
      assert.strictEqual(at(json, "nodeServiceEvents", 1, "detailedMessage"), "Connection refused")
      assert.strictEqual(at(json, "nodeServiceEvents", 1, "created"), "2026-01-01T00:00:10Z")
      assert.strictEqual(String(at(json, "nodeServiceEvents", 1, "loadbalancerId")), id)
    })
  )

  it.effect("disabling health monitoring brings nodes back", () =>
    Effect.gen(function* () {
      const { call, del, handles, put, seeded } = yield* cloud()
      const { id, path } = yield* seeded({ nodes: ["10.0.0.1"] })
      assert.deepStrictEqual((yield* call(`${path}/healthmonitor`)).json, { healthMonitor: {} })
      const healthMonitor = { type: "CONNECT", delay: 10, timeout: 5, attemptsBeforeDeactivation: 3 }
      assert.strictEqual((yield* put(`${path}/healthmonitor`, { healthMonitor })).status, 202)
      yield* passed
      assert.deepStrictEqual((yield* call(`${path}/healthmonitor`)).json, { healthMonitor })
      const nodeId = texts(at((yield* call(`${path}/nodes`)).json, "nodes"), "id")[0] ?? ""
      yield* handles.setNodeStatus(id, nodeId, "OFFLINE")
      yield* del(`${path}/healthmonitor`)
      assert.strictEqual(at((yield* call(`${path}/nodes/${nodeId}`)).json, "node", "status"), "ONLINE")
    })
  )

  it.effect(
    "another protocol removes session persistence and the error page, and is rejected while content is cached",
    () =>
      Effect.gen(function* () {
        const { call, del, put, seeded } = yield* cloud()
        const { path } = yield* seeded()
        assert.deepStrictEqual(refused(yield* del(`${path}/sessionpersistence`))[0], 422)
        yield* put(`${path}/sessionpersistence`, { sessionPersistence: { persistenceType: "HTTP_COOKIE" } })
        yield* passed
        assert.strictEqual((yield* put(`${path}/errorpage`, { errorpage: { content: "mine" } })).status, 200)
        yield* passed
        yield* put(`${path}/contentcaching`, { contentCaching: { enabled: true } })
        yield* passed
        assert.match(
          refused(yield* put(path, { loadBalancer: { protocol: "HTTPS" } }))[1],
          /content caching is enabled/
        )
        yield* put(`${path}/contentcaching`, { contentCaching: { enabled: false } })
        yield* passed
        assert.strictEqual((yield* put(path, { loadBalancer: { protocol: "HTTPS", port: 443 } })).status, 202)
        assert.deepStrictEqual((yield* call(`${path}/sessionpersistence`)).json, { sessionPersistence: {} })
        assert.notInclude((yield* call(`${path}/errorpage`)).text, "mine")
      })
  )

  it.effect("an access list: no duplicates, and a deletion without IDs removes all", () =>
    Effect.gen(function* () {
      const { call, del, seeded } = yield* cloud({ limits: { ACCESS_LIST_LIMIT: 3 } })
      const { path } = yield* seeded()
      const append = (...addresses: ReadonlyArray<string>) =>
        call(`${path}/accesslist`, { body: { accessList: addresses.map((address) => ({ address, type: "DENY" })) } })
      const items = Effect.map(call(`${path}/accesslist`), (response) => texts(at(response.json, "accessList"), "id"))
      assert.strictEqual((yield* append("10.0.0.1", "10.0.0.2", "10.0.0.3")).status, 202)
      yield* passed
      assert.strictEqual(refused(yield* append("10.0.0.1"))[0], 400)
      assert.strictEqual(refused(yield* append("10.0.0.4"))[0], 413)
      const [first] = yield* items
      yield* del(`${path}/accesslist?id=${first}`)
      yield* passed
      assert.strictEqual((yield* items).length, 2)
      yield* del(`${path}/accesslist`)
      assert.deepStrictEqual(yield* items, [])
    })
  )

  it.effect("metadata: one or several, unique keys, and a limit on their number", () =>
    Effect.gen(function* () {
      const { call, del, put, seeded } = yield* cloud({ limits: { LOADBALANCER_META_LIMIT: 3 } })
      const { path } = yield* seeded()
      const one = yield* call(`${path}/metadata`, { body: { meta: { key: "color", value: "red" } } })
      assert.strictEqual(one.status, 200)
      const id = String(at(one.json, "metadata", 0, "id"))
      yield* passed
      const several = {
        metadata: [
          { key: "a", value: "1" },
          { key: "b", value: "2" }
        ]
      }
      assert.strictEqual(
        texts(at((yield* call(`${path}/metadata`, { body: several })).json, "metadata"), "id").length,
        2
      )
      yield* passed
      assert.match(
        refused(yield* call(`${path}/metadata`, { body: { meta: { key: "a", value: "3" } } }))[1],
        /Duplicate/
      )
      assert.strictEqual(refused(yield* call(`${path}/metadata`, { body: { meta: { key: "c", value: "3" } } }))[0], 413)
      assert.strictEqual((yield* put(`${path}/metadata/${id}`, { meta: { key: "x", value: "v" } })).status, 400)
      assert.strictEqual(
        at((yield* put(`${path}/metadata/${id}`, { meta: { value: "blue" } })).json, "meta", "value"),
        "blue"
      )
      yield* passed
      assert.strictEqual((yield* del(`${path}/metadata?id=${id}`)).status, 200)
      assert.deepStrictEqual(texts(at((yield* call(`${path}/metadata`)).json, "metadata"), "key"), ["a", "b"])
    })
  )

  it.effect("SSL termination: 404 before, the key is never returned, and mappings require it", () =>
    Effect.gen(function* () {
      const { call, del, put, seeded } = yield* cloud({ limits: { CERTIFICATE_MAPPING_LIMIT: 1 } })
      const { path } = yield* seeded()
      const mapping = (hostName: string) =>
        call(`${path}/ssltermination/certificatemappings`, {
          body: { certificateMapping: { hostName, certificate, privateKey: privatekey } }
        })
      assert.strictEqual((yield* call(`${path}/ssltermination`)).status, 404)
      assert.match(refused(yield* mapping("a.example.com"))[1], /must be configured before/)
      const { privatekey: _, ...keyless } = ssl.sslTermination
      assert.match(
        refused(yield* put(`${path}/ssltermination`, { sslTermination: keyless }))[1],
        /must be given together/
      )
      const ec = { sslTermination: { ...ssl.sslTermination, privatekey: privatekey.replaceAll("RSA", "EC") } }
      assert.match(refused(yield* put(`${path}/ssltermination`, ec))[1], /Only RSA/)
      assert.strictEqual((yield* put(`${path}/ssltermination`, ssl)).status, 200)
      yield* passed
      assert.strictEqual((yield* put(path, { loadBalancer: { httpsRedirect: true } })).status, 400)
      yield* put(`${path}/ssltermination`, { sslTermination: { secureTrafficOnly: true } })
      yield* passed
      assert.strictEqual((yield* put(path, { loadBalancer: { httpsRedirect: true } })).status, 202)
      yield* passed
      const shown = yield* call(`${path}/ssltermination`)
      assert.strictEqual(at(shown.json, "sslTermination", "certificate"), certificate)
      assert.notInclude(shown.text, "PRIVATE KEY")
      const added = yield* mapping("a.example.com")
      assert.strictEqual(added.status, 202)
      assert.notInclude(added.text, "PRIVATE KEY")
      yield* passed
      assert.match(refused(yield* mapping("a.example.com"))[1], /exists already/)
      assert.strictEqual(refused(yield* mapping("b.example.com"))[0], 413)
      assert.deepStrictEqual(
        at((yield* call(`${path}/ssltermination/certificatemappings`)).json, "certificateMappings", 0),
        { certificateMapping: { id: at(added.json, "certificateMapping", "id"), hostName: "a.example.com" } }
      )
      assert.isNotEmpty(texts(at((yield* call(`${path}/ssltermination/ciphers`)).json, "ciphers"), "name"))
      yield* del(`${path}/ssltermination`)
      assert.strictEqual((yield* call(`${path}/ssltermination`)).status, 404)
      const https = yield* seeded({ protocol: "HTTPS", port: 444 })
      assert.match(refused(yield* put(`${https.path}/ssltermination`, ssl))[1], /cannot be used with HTTPS/)
    })
  )

  it.effect("a first throttle with one field, when the cloud requires all of them", () =>
    Effect.gen(function* () {
      const { call, put, seeded } = yield* cloud({ throttleNeedsAll: true })
      const { path } = yield* seeded()
      const throttle = (fields: Record<string, number>) =>
        put(`${path}/connectionthrottle`, { connectionThrottle: fields })
      assert.strictEqual((yield* throttle({ maxConnections: 1 })).status, 400)
      const all = { maxConnections: 10, minConnections: 1, maxConnectionRate: 5, rateInterval: 60 }
      assert.strictEqual((yield* throttle(all)).status, 200)
      yield* passed
      assert.strictEqual((yield* throttle({ maxConnections: 20 })).status, 200)
      assert.deepStrictEqual((yield* call(`${path}/connectionthrottle`)).json, {
        connectionThrottle: { ...all, maxConnections: 20 }
      })
    })
  )
})

describe("Cloud Load Balancers: listings", () => {
  it.effect("start with the marker's own item, and contain at most a hundred", () =>
    Effect.gen(function* () {
      const { call, handles } = yield* cloud()
      const ids: Array<string> = []
      for (let count = 0; count < 120; count++) ids.push(yield* handles.seedLoadBalancer())
      const list = (query: string) =>
        Effect.map(call(`/loadbalancers${query}`), (response) => texts(at(response.json, "loadBalancers"), "id"))
      assert.deepStrictEqual(yield* list("?limit=500"), ids.slice(0, 100))
      assert.deepStrictEqual(yield* list(`?limit=2&marker=${ids[5]}`), ids.slice(5, 7))
      assert.deepStrictEqual(yield* list("?limit=2&offset=3"), ids.slice(3, 5))
      assert.deepStrictEqual(yield* list("?marker=999999"), [])
      assert.strictEqual((yield* call("/loadbalancers?limit=x")).status, 400)
    })
  )

  it.effect("are filtered by name, node and time", () =>
    Effect.gen(function* () {
      const { call, seeded } = yield* cloud()
      const a = yield* seeded({ name: "a", nodes: ["10.0.0.1"] })
      yield* TestClock.adjust("1 hour")
      const b = yield* seeded({ name: "b", nodes: ["10.0.0.2"] })
      const list = (query: string) =>
        Effect.map(call(`/loadbalancers?${query}`), (response) => at(response.json, "loadBalancers"))
      assert.deepStrictEqual(texts(yield* list("name=a"), "id"), [a.id])
      assert.deepStrictEqual(texts(yield* list("changes-since=2026-01-01T00:30:00Z"), "id"), [b.id])
      // The node's address overrides the name.
      assert.deepStrictEqual(yield* list("nodeaddress=10.0.0.2&name=a"), [
        { id: Number(b.id), name: "b", status: "ACTIVE" }
      ])
    })
  )
})

describe("Cloud Load Balancers: usage and statistics reflect events", () => {
  it.effect("transfer and connections are counted in records that start with each event", () =>
    Effect.gen(function* () {
      const { call, handles, put, seeded } = yield* cloud()
      const { id, path } = yield* seeded()
      yield* handles.carry(id, { incoming: 3_000_000_000, outgoing: 10, connections: 4 })
      yield* TestClock.adjust("30 minutes")
      yield* handles.carry(id, { connections: 0, failures: { connectError: 2 } })
      yield* TestClock.adjust("30 minutes")
      yield* put(`${path}/ssltermination`, ssl)
      yield* handles.carry(id, { incoming: 5, ssl: true, connections: 1, failures: { connectError: 1 } })
      yield* TestClock.adjust("1 hour")
      const records = at((yield* call(`${path}/usage/current`)).json, "loadBalancerUsageRecords")
      assert.deepStrictEqual(at(records, 0), {
        id: at(records, 0, "id"),
        averageNumConnections: 2,
        averageNumConnectionsSsl: 0,
        incomingTransfer: 3_000_000_000,
        outgoingTransfer: 10,
        incomingTransferSsl: 0,
        outgoingTransferSsl: 0,
        numVips: 2,
        numPolls: 12,
        startTime: "2026-01-01T00:00:00Z",
        endTime: "2026-01-01T01:00:00Z",
        vipType: "PUBLIC",
        sslMode: "OFF",
        eventType: "CREATE_LOADBALANCER"
      })
      assert.strictEqual(at(records, 1, "sslMode"), "MIXED")
      assert.strictEqual(at(records, 1, "averageNumConnectionsSsl"), 1)
      assert.strictEqual(at(records, 1, "incomingTransferSsl"), 5)
      assert.notProperty(at(records, 1), "endTime")
      const { json } = yield* call(`${path}/stats`)
      assert.strictEqual(at(json, "connectError"), 2)
      assert.strictEqual(at(json, "connectErrorSsl"), 1)
      assert.strictEqual(at(json, "maxConn"), 4)
      assert.strictEqual(at(json, "currentConn"), 0)
    })
  )

  it.effect("without SSL termination its statistics are null", () =>
    Effect.gen(function* () {
      const { call, seeded } = yield* cloud()
      const { path } = yield* seeded()
      assert.isNull(at((yield* call(`${path}/stats`)).json, "currentConnSsl"))
    })
  )

  it.effect("of the account, of a period, and of deleted load balancers", () =>
    Effect.gen(function* () {
      const { call, del, seeded } = yield* cloud()
      const { id, path } = yield* seeded()
      yield* TestClock.adjust("1 hour")
      yield* del(path)
      yield* TestClock.adjust("2 days")
      assert.deepStrictEqual(at((yield* call("/loadbalancers/usage")).json, "loadBalancerUsages"), [])
      const { json } = yield* call("/loadbalancers/usage?startTime=2026-01-01T00:00:00Z&endTime=2026-01-02T00:00:00Z")
      assert.strictEqual(String(at(json, "loadBalancerUsages", 0, "loadBalancerId")), id)
      assert.deepStrictEqual(texts(at(json, "accountUsage", "accountUsageRecords"), "numLoadBalancers"), ["1", "0"])
      assert.deepStrictEqual(texts(at(json, "accountUsage", "accountUsageRecords"), "numPublicVips"), ["2", "0"])
      assert.strictEqual((yield* call("/loadbalancers/billable")).status, 400)
      const billed = yield* call("/loadbalancers/billable?startTime=2026-01-01T00:00:00Z&endTime=2026-01-02T00:00:00Z")
      assert.deepStrictEqual(texts(at(billed.json, "loadBalancers"), "status"), ["DELETED"])
      const later = yield* call("/loadbalancers/billable?startTime=2026-01-02T00:00:00Z&endTime=2026-01-03T00:00:00Z")
      assert.deepStrictEqual(at(later.json, "loadBalancers"), [])
    })
  )
})

describe("Cloud Load Balancers: limits", () => {
  it.effect("on the number of load balancers of an account", () =>
    Effect.gen(function* () {
      const { call, create } = yield* cloud({ limits: { LOADBALANCER_LIMIT: 1 } })
      assert.strictEqual((yield* create()).status, 202)
      assert.deepStrictEqual(refused(yield* create()), [413, "Load balancer limit of 1 reached."])
      const { json } = yield* call("/loadbalancers/absolutelimits")
      assert.deepStrictEqual(at(json, "absolute", 0), { name: "LOADBALANCER_LIMIT", value: 1 })
    })
  )

  it.effect("on requests per minute, with the remaining number", () =>
    Effect.gen(function* () {
      const { call } = yield* cloud({ rateLimits: { GET: 3 } })
      yield* call("/loadbalancers/algorithms")
      const { json } = yield* call("/limits")
      assert.deepInclude(at(json, "limits", "rate", 0, "limit", 0) as object, { verb: "GET", value: 3, remaining: 1 })
      yield* call("/loadbalancers/protocols")
      const limited = yield* call("/loadbalancers/alloweddomains")
      assert.strictEqual(limited.status, 413)
      assert.strictEqual(limited.headers["retry-after"], "60")
      assert.strictEqual(at(limited.json, "overLimit", "code"), 413)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* call("/regionalsourceaddresses")).status, 200)
    })
  )

  it.effect("an invalid token is rejected with an empty body, and a fault is flat", () =>
    Effect.gen(function* () {
      const { call, emulator } = yield* cloud()
      const response = yield* call("/loadbalancers", { token: "nobody's" })
      assert.strictEqual(response.status, 401)
      assert.strictEqual(response.text, "")
      yield* emulator.fail({ match: { service: "loadbalancers" }, fault: { _tag: "Status", status: 500 } })
      assert.deepStrictEqual((yield* call("/loadbalancers")).json, { message: "Injected fault", code: 500 })
      assert.strictEqual((yield* call("/loadbalancers", { method: "PATCH" })).status, 405)
    })
  )
})
