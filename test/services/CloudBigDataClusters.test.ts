/**
 * Clusters by the Clock: watching and waiting, finding nodes, connecting to them by ssh, and service endpoints.
 */
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Context, Duration, Effect, Exit, Fiber, Layer, Option, Stream, TestClock } from "effect"
import { CloudBigData, CloudError, Identity, RetryPolicy, Ssh, TestCloud } from "effect-rackspace"
import type { Fault } from "../../src/emulator/Fault.js"
import * as Sshd from "../support/sshd.js"

type Cloud = NonNullable<NonNullable<Parameters<typeof TestCloud.layer>[0]>["cloud"]>

const on =
  (cloud: Cloud = {}) =>
  <A, E, R>(test: Effect.Effect<A, E, R>) =>
    Effect.provide(test, TestCloud.layer({ cloud, retry: RetryPolicy.never }))

const bigData = CloudBigData.CloudBigData

const requests = Effect.map(
  Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.requests),
  (all) => all.filter(({ service }) => service === "bigdata")
)

const count = Effect.map(requests, (all) => all.length)

/** A cluster of eight nodes that is being built. */
const creating = (fields: { readonly scriptIds?: ReadonlyArray<string> } = {}) =>
  Effect.gen(function* () {
    const service = yield* bigData
    yield* service
      .createSshKey({ name: "me@laptop", publicKey: "ssh-ed25519 AAAA me@laptop" })
      .pipe(Effect.catchTag("Conflict", () => Effect.void))
    const { id } = yield* service.create({
      name: "numbers",
      username: "cbduser",
      sshKeys: ["me@laptop"],
      stackId: "HDP2.2_Hadoop",
      ...fields
    })
    return id
  })

/** Runs an effect while the Clock advances. */
const meanwhile = <A, E, R>(effect: Effect.Effect<A, E, R>, time: Duration.DurationInput) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust(time)
    return yield* Fiber.join(fiber)
  })

const failed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), (error): CloudError.ResourceFailed => {
    assert.instanceOf(error, CloudError.ResourceFailed)
    return error as unknown as CloudError.ResourceFailed
  })

describe("CloudBigData: a retried deletion", () => {
  const deleting = Effect.gen(function* () {
    const clusterId = yield* Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.bigData.seedCluster())
    const deletion = Effect.flatMap(bigData, (service) => meanwhile(service.delete({ clusterId }), "30 seconds"))
    const goesWrong = (fault: Fault) =>
      Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.fail({ match: { method: "DELETE" }, fault }))
    return { clusterId, deletion, goesWrong }
  })

  it.effect("succeeds if the first response was lost and the cluster is being deleted", () =>
    Effect.gen(function* () {
      const { clusterId, deletion, goesWrong } = yield* deleting
      yield* goesWrong({ _tag: "LoseResponse", status: 504 })
      yield* deletion
      const { status } = yield* Effect.flatMap(bigData, (service) => service.get({ clusterId }))
      assert.strictEqual(status, "DELETING")
      // A further deletion fails.
      assert.strictEqual((yield* Effect.flip(deletion))._tag, "Conflict")
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("fails with the cloud's Conflict if the cluster is not being deleted", () =>
    Effect.gen(function* () {
      const { clusterId, deletion, goesWrong } = yield* deleting
      yield* goesWrong({ _tag: "Status", status: 503 })
      yield* goesWrong({ _tag: "Status", status: 409 })
      assert.strictEqual((yield* Effect.flip(deletion))._tag, "Conflict")
      const { status } = yield* Effect.flatMap(bigData, (service) => service.get({ clusterId }))
      assert.strictEqual(status, "ACTIVE")
    }).pipe(Effect.provide(TestCloud.layer()))
  )
})

describe("CloudBigData: watching and waiting", () => {
  it.effect("watch emits what each poll saw, including the last, with the progress of the build", () =>
    Effect.gen(function* () {
      const service = yield* bigData
      const clusterId = yield* creating()
      const seen = yield* meanwhile(
        Stream.runCollect(service.watch({ clusterId, until: CloudBigData.isActive, interval: "2 minutes", jitter: 0 })),
        "10 minutes"
      )
      assert.deepStrictEqual(
        Chunk.toReadonlyArray(seen).map(({ progress, status }) => [status, progress]),
        [
          ["BUILDING", 0],
          ["BUILDING", 18.75],
          ["BUILDING", 37.5],
          ["CONFIGURING", 56.25],
          ["CONFIGURING", 75],
          ["ACTIVE", 100]
        ]
      )
    }).pipe(on())
  )

  it.effect("waitUntilActive polls every 30 seconds and returns the active cluster", () =>
    Effect.gen(function* () {
      const service = yield* bigData
      const clusterId = yield* creating()
      const before = yield* count
      const cluster = yield* meanwhile(service.waitUntilActive({ clusterId, jitter: 0 }), "10 minutes")
      assert.strictEqual(cluster.status, "ACTIVE")
      assert.strictEqual(cluster.username, "cbduser")
      assert.strictEqual((yield* count) - before, 21)
    }).pipe(on())
  )

  it.effect("a cluster in ERROR ends the wait immediately, with the failed node", () =>
    Effect.gen(function* () {
      const service = yield* bigData
      const cloud = yield* TestCloud.TestCloud
      yield* cloud.bigData.failBuilds()
      const clusterId = yield* creating()
      const error = yield* meanwhile(failed(service.waitUntilActive({ clusterId, jitter: 0 })), "5 minutes")
      assert.strictEqual(error.state, "ERROR")
      assert.strictEqual(error.resource, clusterId)
      assert.strictEqual(error.fault, "node gateway-1 (gateway) is in ERROR")
      assert.strictEqual(
        error.message,
        `CloudBigData.waitUntilActive: ${clusterId} is in ERROR: node gateway-1 (gateway) is in ERROR`
      )
    }).pipe(on())
  )

  it.effect("a failed script is named too", () =>
    Effect.gen(function* () {
      const service = yield* bigData
      const cloud = yield* TestCloud.TestCloud
      yield* cloud.bigData.failBuilds({ cause: "script" })
      const script = yield* service.createScript({ name: "libs", url: "https://example.com/libs.sh" })
      const clusterId = yield* creating({ scriptIds: [script.id] })
      const error = yield* meanwhile(failed(service.waitUntilActive({ clusterId })), "11 minutes")
      assert.strictEqual(error.fault, "script libs FAILED")
    }).pipe(on())
  )

  it.effect("a script's failure on a node is reported with the node's name", () =>
    Effect.gen(function* () {
      const service = yield* bigData
      const cloud = yield* TestCloud.TestCloud
      const clusterId = yield* cloud.bigData.seedCluster()
      const node = yield* service.findNode({ clusterId, nodeName: "slave-1" })
      const body = {
        cluster: {
          id: clusterId,
          name: "a",
          status: "ERROR",
          scripts: [
            { id: "1", script_id: "s", node_id: node.id, name: "libs", status: "FAILED" },
            { id: "2", script_id: "s", node_id: "gone", status: "FAILED" },
            { id: "3", script_id: "s", node_id: node.id, name: "libs", status: "SUCCEEDED" }
          ]
        }
      }
      yield* cloud.fail({ match: { service: "bigdata" }, fault: { _tag: "Status", status: 200, body } })
      const error = yield* failed(service.waitUntilActive({ clusterId }))
      assert.strictEqual(error.fault, "script libs FAILED on slave-1; script s FAILED on gone")
    }).pipe(on())
  )

  it.effect("the failure is reported even if the nodes cannot be read", () =>
    Effect.gen(function* () {
      const service = yield* bigData
      const cloud = yield* TestCloud.TestCloud
      const clusterId = yield* cloud.bigData.seedCluster({ status: "ERROR" })
      yield* cloud.fail({ match: { service: "bigdata", path: /nodes/ }, fault: { _tag: "Status", status: 500 } })
      const error = yield* failed(service.waitUntilActive({ clusterId }))
      assert.strictEqual(error.state, "ERROR")
      assert.isUndefined(error.fault)
    }).pipe(on())
  )

  it.effect("IMPAIRED, DELETING and DELETED end it too; an unknown status does not", () =>
    Effect.gen(function* () {
      const service = yield* bigData
      const cloud = yield* TestCloud.TestCloud
      const clusterId = yield* cloud.bigData.seedCluster()
      for (const status of ["IMPAIRED", "DELETING", "DELETED"]) {
        yield* cloud.bigData.setClusterStatus(clusterId, status)
        assert.strictEqual((yield* failed(service.waitUntilActive({ clusterId }))).state, status)
      }
      yield* cloud.bigData.setClusterStatus(clusterId, "REINCARNATING")
      const waiting = yield* Effect.fork(service.waitUntilActive({ clusterId }))
      yield* TestClock.adjust("1 hour")
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
      yield* cloud.bigData.setClusterStatus(clusterId, "ACTIVE")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(waiting)).status, "ACTIVE")
    }).pipe(on())
  )

  it.effect("waitUntil may wait for a failed state: its predicate is tested first", () =>
    Effect.gen(function* () {
      const service = yield* bigData
      const cloud = yield* TestCloud.TestCloud
      const clusterId = yield* cloud.bigData.seedCluster({ status: "ERROR" })
      const cluster = yield* service.waitUntil({ clusterId, until: ({ status }) => status === "ERROR" })
      assert.strictEqual(cluster.id, clusterId)
    }).pipe(on())
  )

  it.effect("a wait that takes too long is WaitTimeout with the last state", () =>
    Effect.gen(function* () {
      const service = yield* bigData
      const clusterId = yield* creating()
      const error = yield* meanwhile(
        Effect.flip(service.waitUntilActive({ clusterId, timeout: "7 minutes", interval: "1 minute" })),
        "7 minutes"
      )
      assert.instanceOf(error, CloudError.WaitTimeout)
      const timeout = error as CloudError.WaitTimeout
      assert.strictEqual(timeout.lastState, "CONFIGURING")
      assert.strictEqual(timeout.resource, clusterId)
      assert.deepStrictEqual(timeout.waited, Duration.minutes(7))
    }).pipe(on())
  )

  it.effect("an interrupted wait sends no more requests", () =>
    Effect.gen(function* () {
      const service = yield* bigData
      const clusterId = yield* creating()
      const waiting = yield* Effect.fork(service.waitUntilActive({ clusterId }))
      yield* TestClock.adjust("2 minutes")
      const before = yield* count
      assert.isAbove(before, 3)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(waiting)))
      yield* TestClock.adjust("1 day")
      assert.strictEqual(yield* count, before)
    }).pipe(on())
  )

  it.effect("a missing cluster is NotFound, at the first poll or a later one", () =>
    Effect.gen(function* () {
      const service = yield* bigData
      const cloud = yield* TestCloud.TestCloud
      assert.strictEqual((yield* Effect.flip(service.waitUntilActive({ clusterId: "nope" })))._tag, "NotFound")
      const clusterId = yield* creating()
      const waiting = yield* Effect.fork(Effect.flip(service.waitUntilActive({ clusterId })))
      yield* TestClock.adjust("1 minute")
      yield* cloud.bigData.removeCluster(clusterId)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "NotFound")
    }).pipe(on())
  )

  it.effect("waitUntilDeleted ends when the cluster is not found, or DELETED", () =>
    Effect.gen(function* () {
      const service = yield* bigData
      const cloud = yield* TestCloud.TestCloud
      const clusterId = yield* cloud.bigData.seedCluster()
      yield* service.delete({ clusterId })
      const waiting = yield* Effect.fork(service.waitUntilDeleted({ clusterId }))
      yield* TestClock.adjust("59 seconds")
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
      yield* TestClock.adjust("1 minute")
      assert.isUndefined(yield* Fiber.join(waiting))
      const other = yield* cloud.bigData.seedCluster({ status: "DELETED" })
      yield* service.waitUntilDeleted({ clusterId: other })
    }).pipe(on())
  )

  it.effect("waitUntilDeleted ignores an ERROR from before the deletion, and fails at a later one", () =>
    Effect.gen(function* () {
      const service = yield* bigData
      const cloud = yield* TestCloud.TestCloud
      const clusterId = yield* cloud.bigData.seedCluster({ status: "ERROR" })
      const waiting = yield* Effect.fork(service.waitUntilDeleted({ clusterId, jitter: 0 }))
      yield* TestClock.adjust("29 seconds")
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
      yield* cloud.bigData.setClusterStatus(clusterId, "DELETING")
      yield* TestClock.adjust("1 minute")
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
      yield* cloud.bigData.setClusterStatus(clusterId, "ERROR")
      yield* TestClock.adjust("30 seconds")
      const error = yield* failed(Fiber.join(waiting))
      assert.strictEqual(error.state, "ERROR")
      assert.strictEqual(error.operation, "CloudBigData.waitUntilDeleted")
    }).pipe(on())
  )

  it.effect("a resize is waited for like a build", () =>
    Effect.gen(function* () {
      const service = yield* bigData
      const cloud = yield* TestCloud.TestCloud
      const clusterId = yield* cloud.bigData.seedCluster()
      yield* service.resize({ clusterId, nodeGroups: [{ id: "slave", count: 3 }] })
      const cluster = yield* meanwhile(service.waitUntilActive({ clusterId }), "11 minutes")
      assert.strictEqual(cluster.nodeGroups.find(({ id }) => id === "slave")?.count, 3)
      const nodes = yield* Stream.runCollect(service.listNodes({ clusterId }))
      assert.strictEqual([...nodes].filter(({ nodeGroup }) => nodeGroup === "slave").length, 3)
    }).pipe(on())
  )

  it.effect("watching a cluster for three days causes one login per lifetime of a token", () =>
    Effect.gen(function* () {
      const service = yield* bigData
      const cloud = yield* TestCloud.TestCloud
      const clusterId = yield* creating()
      yield* cloud.clearRequests
      const looks = yield* meanwhile(
        Stream.runCount(
          service.watch({
            clusterId,
            until: CloudBigData.isActive,
            interval: "30 minutes",
            jitter: 0,
            timeout: "4 days"
          })
        ),
        "72 hours"
      )
      assert.strictEqual(looks, 72 * 2 + 1)
      // The layer's own login was at the start; a token lives six hours, and is renewed within its last minute.
      assert.deepStrictEqual(yield* cloud.logins, { succeeded: 12, refused: 0 })
      assert.isTrue((yield* requests).every(({ status }) => status === 200))
      assert.strictEqual(yield* count, looks)
    }).pipe(on({ tokenTtl: "6 hours", bigData: { buildTime: "70 hours", configureTime: "2 hours" } }))
  )

  it.effect("a token that the cloud rejects during a watch does not affect it", () =>
    Effect.gen(function* () {
      const service = yield* bigData
      const cloud = yield* TestCloud.TestCloud
      const clusterId = yield* creating()
      yield* cloud.clearRequests
      const waiting = yield* Effect.fork(service.waitUntilActive({ clusterId, interval: "1 minute", jitter: 0 }))
      yield* TestClock.adjust("3 minutes")
      yield* cloud.revokeAllTokens
      yield* TestClock.adjust("3 minutes")
      yield* cloud.expireAllTokens
      yield* TestClock.adjust("4 minutes")
      assert.strictEqual((yield* Fiber.join(waiting)).status, "ACTIVE")
      assert.deepStrictEqual(yield* cloud.logins, { succeeded: 2, refused: 0 })
      assert.strictEqual((yield* requests).filter(({ status }) => status === 401).length, 2)
    }).pipe(on())
  )
})

describe("CloudBigData: finding clusters and nodes", () => {
  it.effect("find returns the cluster with a name, none, or fails if several have it", () =>
    Effect.gen(function* () {
      const service = yield* bigData
      const cloud = yield* TestCloud.TestCloud
      const one = yield* cloud.bigData.seedCluster({ name: "one" })
      const twins = yield* Effect.all([
        cloud.bigData.seedCluster({ name: "twin" }),
        cloud.bigData.seedCluster({ name: "twin" })
      ])
      assert.strictEqual((yield* service.find({ nameOrId: "one" })).id, one)
      assert.strictEqual((yield* service.find({ nameOrId: one })).id, one)
      assert.strictEqual((yield* Effect.flip(service.find({ nameOrId: "One" })))._tag, "NotFound")
      const error = yield* Effect.flip(service.find({ nameOrId: "twin" }))
      assert.strictEqual(
        error.message,
        `CloudBigData.find: nameOrId: expected an id, or a unique name; ${twins.join(", ")} have this name`
      )
    }).pipe(on())
  )

  it.effect("findNode finds by name in any case, by component, by both, or the first node that is not Ambari's", () =>
    Effect.gen(function* () {
      const service = yield* bigData
      const cloud = yield* TestCloud.TestCloud
      const clusterId = yield* cloud.bigData.seedCluster({ slaves: 2 })
      const name = (wanted: Omit<CloudBigData.NodeOptions, "clusterId">) =>
        Effect.map(service.findNode({ clusterId, ...wanted }), (node) => node.name)
      assert.strictEqual(yield* name({}), "master-1")
      assert.strictEqual(yield* name({ nodeName: "SLAVE-2" }), "slave-2")
      assert.strictEqual(yield* name({ nodeName: "ambari-1" }), "ambari-1")
      assert.strictEqual(yield* name({ component: "nodemanager" }), "slave-1")
      assert.strictEqual(yield* name({ component: "NodeManager", nodeName: "slave-2" }), "slave-2")
      assert.strictEqual(yield* name({ component: "AmbariServer" }), "ambari-1")
    }).pipe(on())
  )

  it.effect("the error for a missing node lists the existing ones", () =>
    Effect.gen(function* () {
      const service = yield* bigData
      const cloud = yield* TestCloud.TestCloud
      const clusterId = yield* cloud.bigData.seedCluster()
      const message = (wanted: Omit<CloudBigData.NodeOptions, "clusterId">) =>
        Effect.map(Effect.flip(service.findNode({ clusterId, ...wanted })), (error) => {
          assert.instanceOf(error, CloudError.InvalidInput)
          return error.message
        })
      assert.strictEqual(
        yield* message({ nodeName: "slave-9" }),
        "CloudBigData.findNode: nodeName: expected one of ambari-1, master-1, standby-namenode-1, " +
          "journalnodes-1, journalnodes-2, journalnodes-3, slave-1, gateway-1"
      )
      assert.strictEqual(
        yield* message({ nodeName: "slave-1", component: "Namenode" }),
        "CloudBigData.findNode: component: expected one of Datanode, NodeManager"
      )
      assert.match(yield* message({ component: "Storm" }), /component: expected one of AmbariServer, .*PigClient$/)
      assert.strictEqual((yield* Effect.flip(service.findNode({ clusterId: "nope" })))._tag, "NotFound")
      yield* cloud.fail({
        match: { service: "bigdata" },
        fault: { _tag: "Status", status: 200, body: { nodes: [] } }
      })
      assert.match(yield* message({}), /clusterId: expected a cluster that has nodes/)
    }).pipe(on())
  )
})

describe("CloudBigData: nodes by ssh", () => {
  it.effect("sshTarget is the node's public address and the cluster's user, with the other ssh options", () =>
    Effect.gen(function* () {
      const service = yield* bigData
      const cloud = yield* TestCloud.TestCloud
      const clusterId = yield* cloud.bigData.seedCluster()
      const target = yield* service.sshTarget({
        clusterId,
        nodeName: "gateway-1",
        port: 2222,
        identityFile: "~/.ssh/cluster",
        hostKeys: "acceptNew",
        options: { ProxyJump: "bastion" },
        sshProgram: "/usr/bin/ssh"
      })
      const { node, ...plain } = target
      assert.strictEqual(node.name, "gateway-1")
      assert.deepStrictEqual(plain, {
        host: String(node.addresses.public[0]?.address),
        username: "cbduser",
        port: 2222,
        identityFile: "~/.ssh/cluster",
        hostKeys: "acceptNew",
        options: { ProxyJump: "bastion" },
        sshProgram: "/usr/bin/ssh"
      })
      const inside = yield* service.sshTarget({ clusterId, network: "private", username: "root" })
      assert.strictEqual(inside.username, "root")
      assert.strictEqual(inside.host, inside.node.addresses.private[0]?.address)
      assert.strictEqual(inside.node.name, "master-1")
    }).pipe(on())
  )

  it.effect("a node without an address, and a cluster without a user, are rejected", () =>
    Effect.gen(function* () {
      const service = yield* bigData
      const cloud = yield* TestCloud.TestCloud
      const clusterId = yield* creating()
      const young = yield* Effect.flip(service.sshTarget({ clusterId }))
      assert.strictEqual(
        young.message,
        "CloudBigData.sshTarget: nodeName: expected a node with a public address; master-1 is BUILDING and has none"
      )
      yield* cloud.fail({
        match: { service: "bigdata" },
        fault: { _tag: "Status", status: 200, body: { cluster: { id: clusterId, name: "a", status: "ACTIVE" } } }
      })
      const nobody = yield* Effect.flip(service.sshTarget({ clusterId }))
      assert.match(nobody.message, /username: expected the user of the cluster, which the cloud does not return/)
    }).pipe(on())
  )

  it.scopedLive.skipIf(Sshd.missing !== undefined)(
    "a command runs on a node that the cloud returned, on a real sshd",
    () =>
      Effect.gen(function* () {
        const sshd = yield* Sshd.start()
        const service = yield* bigData
        const cloud = yield* TestCloud.TestCloud
        const clusterId = yield* cloud.bigData.seedCluster()
        const target = yield* service.sshTarget({
          clusterId,
          component: "Namenode",
          username: sshd.username,
          port: sshd.port,
          identityFile: sshd.identityFile,
          hostKeys: [sshd.hostKey],
          options: { ConnectTimeout: "20" }
        })
        const { stdout } = yield* Ssh.execute(target, ["echo", "on", target.node.name])
        assert.strictEqual(stdout, "on master-1\n")
      }).pipe(on({ bigData: { nodeAddress: "127.0.0.1" } }), Effect.provide(NodeContext.layer)),
    60_000
  )
})

describe("CloudBigData: the endpoint", () => {
  const limits = Effect.flatMap(bigData, (service) => service.getLimits())

  it.effect("is the second version in the given region if there are two", () =>
    Effect.gen(function* () {
      yield* limits
      const [request] = yield* requests
      assert.strictEqual(request?.target, "/bigdata/ord/v2/010101/limits")
    }).pipe(Effect.provide(TestCloud.layer({ region: "ord" })))
  )

  const at = (endpoint: string, tenantId: string | number = "010101") =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const token = yield* cloud.issueToken
      const layer = CloudBigData.layer({ endpoint }).pipe(Layer.provide(Identity.layerToken({ token, tenantId })))
      const service = Context.get(yield* Layer.build(layer), bigData)
      const exit = yield* Effect.either(service.getLimits())
      const seen = (yield* cloud.requests).map(({ target }) => target)
      yield* cloud.clearRequests
      return { exit, seen }
    })

  it.scoped("is completed with the login's tenant if configured, without a request to Identity", () =>
    Effect.gen(function* () {
      const target = "/bigdata/dfw/v2/010101/limits"
      for (const endpoint of [
        "http://cloud.test/bigdata/dfw/v2",
        "http://cloud.test/bigdata/dfw/v2/",
        "http://cloud.test/bigdata/dfw/v2/010101",
        " http://cloud.test/bigdata/dfw/v2/010101// "
      ]) {
        const { exit, seen } = yield* at(endpoint)
        assert.strictEqual(exit._tag, "Right", endpoint)
        assert.deepStrictEqual(seen, [target])
      }
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.scoped("is rejected before any request if invalid, with the expected form", () =>
    Effect.gen(function* () {
      for (const [endpoint, tenantId, message] of [
        [
          "http://cloud.test/bigdata/dfw/v1.0/010101",
          "010101",
          /endpoint: expected a URL that ends in \/v2\/010101, or in \/v2/
        ],
        ["http://cloud.test/bigdata/dfw/v2/999", "010101", /ends in \/v2\/010101/],
        ["http://cloud.test/bigdata/dfw", 123_456, /ends in \/v2\/123456/],
        ["dfw", "010101", /endpoint: expected a URL, https:/]
      ] as const) {
        const { exit, seen } = yield* at(endpoint, tenantId)
        assert.strictEqual(exit._tag, "Left", endpoint)
        if (exit._tag === "Left") {
          assert.instanceOf(exit.left, CloudError.InvalidInput)
          assert.match(exit.left.message, message)
        }
        assert.isEmpty(seen)
      }
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.scoped("must contain the tenant if the login has none", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const token = yield* cloud.issueToken
      const limitsAt = (endpoint: string) =>
        Effect.flatMap(
          Layer.build(CloudBigData.layer({ endpoint }).pipe(Layer.provide(Identity.layerToken({ token })))),
          (context) => Effect.either(Context.get(context, bigData).getLimits())
        )
      assert.strictEqual((yield* limitsAt("http://cloud.test/bigdata/dfw/v2/010101"))._tag, "Right")
      const refused = yield* limitsAt("http://cloud.test/bigdata/dfw/v2")
      assert.strictEqual(refused._tag, "Left")
      if (refused._tag === "Left") assert.match(refused.left.message, /\/v2\/\{tenant\}, since the login has no tenant/)
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.scoped("with a bare token fails with AuthenticationFailed when the cloud rejects it", () =>
    Effect.gen(function* () {
      const layer = CloudBigData.layer({ endpoint: "http://cloud.test/bigdata/dfw/v2" }).pipe(
        Layer.provide(Identity.layerToken({ token: "stale", tenantId: "010101" }))
      )
      const service = Context.get(yield* Layer.build(layer), bigData)
      const error = yield* Effect.flip(service.getLimits())
      assert.instanceOf(error, CloudError.AuthenticationFailed)
      assert.strictEqual((error as CloudError.AuthenticationFailed).reason, "notRenewable")
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )

  it.effect("the service may be replaced by a mock with a few methods", () =>
    Effect.gen(function* () {
      const ready = Effect.flatMap(bigData, (service) =>
        Effect.map(Stream.runCollect(service.list()), (clusters) => [...clusters].filter(CloudBigData.isActive))
      )
      const mock = Layer.mock(bigData, {
        list: () => Stream.make({ id: "1", name: "a", status: "ACTIVE" }, { id: "2", name: "b", status: "BUILDING" })
      })
      assert.deepStrictEqual(
        (yield* Effect.provide(ready, mock)).map(({ id }) => id),
        ["1"]
      )
    })
  )
})
