/** Malicious requests: the emulated cloud rejects them, and continues to work. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Emulator from "../../src/emulator/Emulator.js"
import { type TestResponse, send, wireRequest } from "./support.js"

/** JSON that breaks code which assumes a value's type. */
const hostile: ReadonlyArray<unknown> = [
  null,
  true,
  -1,
  1e308,
  "",
  "x".repeat(70_000),
  "\u0000\ud800",
  [],
  [null],
  [{ toString: 1, valueOf: 1 }],
  {},
  { toString: 1, valueOf: 1 },
  { length: 5 },
  { __proto__: null, constructor: 1 }
]

/** The value, with each part of it replaced by each hostile value in turn. */
function* mutations(value: unknown): Generator<unknown> {
  yield* hostile
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      for (const mutated of mutations(item)) yield value.with(index, mutated)
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      for (const mutated of mutations(item)) yield { ...value, [key]: mutated }
    }
  }
}

const nested = (levels: number): string => `${'{"a":['.repeat(levels / 2)}${"]}".repeat(levels / 2)}`

/** A request to each service: method, path and a body as documented. */
const requests: ReadonlyArray<readonly [method: string, path: string, body: unknown]> = [
  ["POST", "/v2.0/tokens", { auth: { passwordCredentials: { username: "u", password: "p" }, tenantId: "1" } }],
  ["POST", "/v2.0/tokens", { auth: { "RAX-KSKEY:apiKeyCredentials": { username: "u", apiKey: "k" } } }],
  ["POST", "/v2.0/tokens", { auth: { token: { id: "t" }, tenantName: "n" } }],
  [
    "POST",
    "/v3/auth/tokens",
    {
      auth: {
        identity: {
          methods: ["password", "application_credential", "token"],
          password: { user: { name: "u", domain: { id: "default" }, password: "p" } },
          application_credential: { id: "i", secret: "s" },
          token: { id: "t" }
        },
        scope: { project: { name: "p", domain: { name: "Default" } } }
      }
    }
  ],
  [
    "POST",
    "/servers/dfw/v2/010101/servers",
    {
      server: {
        name: "a",
        imageRef: "i",
        flavorRef: "2",
        metadata: { a: "b" },
        networks: [{ uuid: "n", fixed_ip: "10.0.0.1", port: "p" }],
        personality: [{ path: "/a", contents: "YQ==" }],
        block_device_mapping_v2: [{ boot_index: 0, uuid: "u", source_type: "image", destination_type: "volume" }],
        user_data: "YQ==",
        key_name: "k"
      },
      "os:scheduler_hints": { "public_ip_zone:near": ["s"] }
    }
  ],
  ["POST", "/servers/dfw/v2/010101/servers/SERVER/action", { reboot: { type: "SOFT" } }],
  ["POST", "/servers/dfw/v2/010101/servers/SERVER/action", { resize: { flavorRef: "3" } }],
  [
    "POST",
    "/servers/dfw/v2/010101/servers/SERVER/action",
    { rebuild: { imageRef: "i", metadata: { a: "b" }, personality: [{ path: "/a", contents: "YQ==" }] } }
  ],
  ["POST", "/servers/dfw/v2/010101/servers/SERVER/action", { createImage: { name: "a", metadata: { a: "b" } } }],
  ["POST", "/servers/dfw/v2/010101/servers/SERVER/action", { rescue: { rescue_image_ref: "i", adminPass: "p" } }],
  ["POST", "/servers/dfw/v2/010101/servers/SERVER/action", { "os-getConsoleOutput": { length: 5 } }],
  ["POST", "/servers/dfw/v2/010101/servers/SERVER/action", { "os-getVNCConsole": { type: "novnc" } }],
  ["PUT", "/servers/dfw/v2/010101/servers/SERVER", { server: { name: "b", accessIPv4: "1.2.3.4" } }],
  ["PUT", "/servers/dfw/v2/010101/servers/SERVER/metadata", { metadata: { a: "b" } }],
  ["PUT", "/servers/dfw/v2/010101/servers/SERVER/metadata/a", { meta: { a: "b" } }],
  ["POST", "/servers/dfw/v2/010101/servers/SERVER/os-virtual-interfacesv2", { virtual_interface: { network_id: "n" } }],
  [
    "POST",
    "/servers/dfw/v2/010101/servers/SERVER/os-volume_attachments",
    { volumeAttachment: { volumeId: "v", device: "/dev/xvdb" } }
  ],
  ["POST", "/servers/dfw/v2/010101/os-keypairs", { keypair: { name: "k", public_key: "ssh-rsa A" } }],
  ["POST", "/servers/dfw/v2/010101/os-networksv2", { network: { cidr: "10.0.0.0/24", label: "n" } }],
  [
    "POST",
    "/loadbalancers/dfw/v1.0/010101/loadbalancers",
    {
      loadBalancer: {
        name: "a",
        protocol: "HTTP",
        port: 80,
        virtualIps: [{ type: "PUBLIC", ipVersion: "IPV6", id: 1 }],
        nodes: [{ address: "10.0.0.1", port: 80, condition: "ENABLED", weight: 1 }],
        metadata: [{ key: "a", value: "b" }],
        accessList: [{ address: "10.0.0.1", type: "DENY" }],
        healthMonitor: { type: "CONNECT", delay: 10, timeout: 10, attemptsBeforeDeactivation: 3 },
        sessionPersistence: { persistenceType: "HTTP_COOKIE" },
        connectionThrottle: { minConnections: 1, maxConnections: 100, maxConnectionRate: 50, rateInterval: 60 }
      }
    }
  ],
  ["PUT", "/loadbalancers/dfw/v1.0/010101/loadbalancers/BALANCER", { loadBalancer: { name: "b", timeout: 60 } }],
  [
    "POST",
    "/loadbalancers/dfw/v1.0/010101/loadbalancers/BALANCER/nodes",
    { nodes: [{ address: "10.0.0.2", port: 80, condition: "ENABLED" }] }
  ],
  [
    "PUT",
    "/loadbalancers/dfw/v1.0/010101/loadbalancers/BALANCER/ssltermination",
    { sslTermination: { certificate: "c", privatekey: "k", enabled: true, securePort: 443 } }
  ],
  [
    "POST",
    "/bigdata/dfw/v2/010101/clusters",
    {
      cluster: {
        name: "a",
        username: "u",
        ssh_keys: ["k"],
        stack_id: "HDP2.2_Hadoop",
        node_groups: [{ id: "slave", count: 3, flavor_id: "hadoop1-7", components: [{ name: "a" }] }],
        scripts: [{ id: "s" }],
        connectors: [{ type: "cloud_files", credential: { name: "c" } }]
      }
    }
  ],
  [
    "POST",
    "/bigdata/dfw/v2/010101/stacks",
    {
      stack: {
        name: "a",
        distro: "HDP2.2",
        services: [{ name: "HDFS", modes: ["Secondary"] }],
        node_groups: [{ id: "slave", count: 1, components: [{ name: "Datanode" }], resource_limits: { min_count: 1 } }]
      }
    }
  ],
  ["POST", "/bigdata/dfw/v2/010101/scripts", { script: { name: "a", url: "http://x.test/a", type: "POST_INIT" } }],
  ["POST", "/bigdata/dfw/v2/010101/credentials/ssh_keys", { ssh_keys: { key_name: "k", public_key: "ssh-rsa A" } }]
]

/** An emulated cloud with a server, a balancer and a token. */
const cloud = Effect.gen(function* () {
  const emulator = yield* Emulator.make()
  const serverId = yield* emulator.servers.seedServer({})
  const balancerId = yield* emulator.loadBalancers.seedLoadBalancer({})
  const token = yield* emulator.issueToken
  const sendWithToken = (method: string, path: string, body: unknown): Effect.Effect<TestResponse, unknown> =>
    send(emulator, path.replace("SERVER", serverId).replace("BALANCER", balancerId), { method, body, token })
  return { emulator, sendWithToken }
})

describe("hostile requests to the emulated cloud", () => {
  for (const [method, path, body] of requests) {
    it.effect(`${method} ${path} ${Object.keys(body as object).join()}: no body is an internal error`, () =>
      Effect.gen(function* () {
        const { sendWithToken } = yield* cloud
        for (const mutated of mutations(body)) {
          const response = yield* Effect.catchAllDefect(sendWithToken(method, path, mutated), (defect) =>
            Effect.fail(`${JSON.stringify(mutated).slice(0, 300)}: ${String(defect)}`)
          )
          assert.isBelow(response.status, 500, JSON.stringify(mutated).slice(0, 300))
        }
      })
    )

    it.effect(`${method} ${path} ${Object.keys(body as object).join()}: 50,000 levels of nesting are rejected`, () =>
      Effect.gen(function* () {
        const { sendWithToken } = yield* cloud
        const response = yield* sendWithToken(method, path, nested(50_000))
        assert.isAtLeast(response.status, 400)
        assert.isBelow(response.status, 500)
      })
    )
  }

  it.effect("an infinite body is rejected before it fills the memory, with and without a length", () =>
    Effect.gen(function* () {
      const { emulator } = yield* cloud
      for (const length of [undefined, "1572864000"]) {
        let read = 0
        const chunk = new Uint8Array(65_536)
        const request = wireRequest("/v2.0/tokens", { method: "POST", body: "" })
        const response = yield* emulator.handle({
          ...request,
          headers: { ...request.headers, ...(length !== undefined && { "content-length": length }) },
          body: Stream.repeatEffect(
            Effect.sync(() => {
              read += chunk.byteLength
              return chunk
            })
          )
        })
        assert.strictEqual(response.status, 413)
        assert.isAtMost(read, 4 * 65_536)
      }
    })
  )

  it.effect("a name filter is a regular expression, and cannot block the cloud", () =>
    Effect.gen(function* () {
      const { emulator, sendWithToken } = yield* cloud
      yield* emulator.servers.seedServer({ name: `${"a".repeat(60)}!` })
      yield* emulator.servers.seedServer({ name: "web-1" })
      const list = (name: string) =>
        sendWithToken("GET", `/servers/dfw/v2/010101/servers?name=${encodeURIComponent(name)}`, undefined)
      const started = performance.now()
      assert.deepStrictEqual((yield* list("^(a+)+$")).json, { servers: [] })
      assert.isBelow(performance.now() - started, 5_000)
      assert.include((yield* list("^web-[0-9]$")).text, '"name":"web-1"')
      assert.strictEqual((yield* list("(")).status, 400)
    })
  )

  it.effect("an account or a path whose name is not ASCII gets a response", () =>
    Effect.gen(function* () {
      const { emulator } = yield* cloud
      const token = yield* emulator.issueToken
      const paths = ["/files/dfw/v1/Konto_é漢", "/files/dfw/v1/%E6%BC%A2/c", "/loadbalancers/dfw/v1.0/漢/loadbalancers"]
      for (const [path, headers] of paths.flatMap((path) => [[path, {}] as const, [path, { token }] as const])) {
        const response = yield* send(emulator, path, headers)
        assert.isAtLeast(response.status, 400)
        assert.isBelow(response.status, 500)
        // An invalid header value would leave the client without a response.
        for (const value of Object.values(response.headers)) assert.match(value, /^[\t\x20-\x7e\x80-\xff]*$/)
      }
    })
  )
})
