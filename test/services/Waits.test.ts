import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, type Scope, TestClock } from "effect"
import {
  CloudBigData,
  type CloudError,
  CloudLoadBalancers,
  CloudServers,
  RetryPolicy,
  TestCloud
} from "effect-rackspace"
import type { Fault, FaultService } from "../../src/emulator/Fault.js"
import { login } from "../support.js"

type Services =
  CloudServers.CloudServers | CloudLoadBalancers.CloudLoadBalancers | CloudBigData.CloudBigData | TestCloud.TestCloud

interface Wait {
  readonly service: FaultService
  /** Prepares the resource, and returns the wait. */
  readonly prepare: Effect.Effect<
    Effect.Effect<unknown, CloudError.CloudError, Services>,
    unknown,
    Services | Scope.Scope
  >
  /** Whether the wait begins with a creation. */
  readonly creates: boolean
}

const servers = CloudServers.CloudServers
const balancers = CloudLoadBalancers.CloudLoadBalancers
const bigData = CloudBigData.CloudBigData
const pace = { interval: "5 seconds", jitter: 0, timeout: "2 hours" } as const
const web = { name: "web", imageId: "09de0a66-3156-48b4-90a5-1cf25a905207", flavorId: "general1-1" }

const balancer = Effect.flatMap(balancers, (service) =>
  service.create({
    name: "lb",
    port: 80,
    protocol: "HTTP",
    virtualIps: [{ type: "PUBLIC" }],
    nodes: [{ address: "10.0.0.1", port: 80 }]
  })
)

const cluster = Effect.gen(function* () {
  const service = yield* bigData
  yield* service.createSshKey({ name: "me", publicKey: "ssh-ed25519 AAAA me@laptop" })
  const { id } = yield* service.create({
    name: "numbers",
    username: "cbduser",
    sshKeys: ["me"],
    stackId: "HDP2.2_Hadoop"
  })
  return id
})

const waits: Readonly<Record<string, Wait>> = {
  "CloudServers.createAndWait": {
    service: "servers",
    creates: true,
    prepare: Effect.map(servers, (service) => service.createAndWait({ ...web, ...pace }))
  },
  "CloudServers.waitUntilActive": {
    service: "servers",
    creates: true,
    prepare: Effect.flatMap(servers, (service) =>
      Effect.map(service.create(web), ({ id: serverId }) => service.waitUntilActive({ serverId, ...pace }))
    )
  },
  "CloudServers.resizeAndConfirm": {
    service: "servers",
    creates: false,
    prepare: Effect.gen(function* () {
      const service = yield* servers
      const cloud = yield* TestCloud.TestCloud
      const serverId = yield* cloud.servers.seedServer()
      return service.resizeAndConfirm({ serverId, flavorId: "general1-2", ...pace })
    })
  },
  "CloudServers.createImageAndWait": {
    service: "servers",
    creates: true,
    prepare: Effect.gen(function* () {
      const service = yield* servers
      const cloud = yield* TestCloud.TestCloud
      const serverId = yield* cloud.servers.seedServer()
      return service.createImageAndWait({ serverId, name: "image", ...pace })
    })
  },
  "CloudServers.waitUntilDeleted": {
    service: "servers",
    creates: false,
    prepare: Effect.gen(function* () {
      const service = yield* servers
      const cloud = yield* TestCloud.TestCloud
      const serverId = yield* cloud.servers.seedServer()
      yield* service.delete({ serverId })
      return service.waitUntilDeleted({ serverId, ...pace })
    })
  },
  "CloudLoadBalancers.waitUntilActive": {
    service: "loadbalancers",
    creates: true,
    prepare: Effect.flatMap(balancers, (service) =>
      Effect.map(balancer, ({ id: loadBalancerId }) => service.waitUntilActive({ loadBalancerId, ...pace }))
    )
  },
  "CloudLoadBalancers.waitUntilNodeOnline": {
    service: "loadbalancers",
    creates: true,
    prepare: Effect.gen(function* () {
      const service = yield* balancers
      const { id: loadBalancerId } = yield* balancer
      yield* Effect.fork(TestClock.adjust("1 minute"))
      const [node] = yield* service.addNodes({ loadBalancerId, nodes: [{ address: "10.0.0.2", port: 80 }] })
      return service.waitUntilNodeOnline({ loadBalancerId, nodeId: node?.id ?? "", ...pace })
    })
  },
  "CloudLoadBalancers.waitUntilDeleted": {
    service: "loadbalancers",
    creates: false,
    prepare: Effect.gen(function* () {
      const service = yield* balancers
      const { id: loadBalancerId } = yield* balancer
      yield* TestClock.adjust("1 minute")
      yield* service.delete({ loadBalancerId })
      return service.waitUntilDeleted({ loadBalancerId, ...pace })
    })
  },
  "a change that waits for a busy load balancer": {
    service: "loadbalancers",
    creates: false,
    prepare: Effect.flatMap(balancers, (service) =>
      Effect.map(balancer, ({ id: loadBalancerId }) => service.update({ loadBalancerId, name: "other" }))
    )
  },
  "CloudBigData.waitUntilActive": {
    service: "bigdata",
    creates: true,
    prepare: Effect.flatMap(bigData, (service) =>
      Effect.map(cluster, (clusterId) => service.waitUntilActive({ clusterId, ...pace }))
    )
  }
}

const failures: ReadonlyArray<readonly [string, Fault]> = [
  ["a 500", { _tag: "Status", status: 500 }],
  ["a 503", { _tag: "Status", status: 503 }],
  ["a gateway's HTML page", { _tag: "Status", status: 200, body: "<html>Please wait</html>" }],
  ["a broken connection", { _tag: "Cut" }],
  ["a rate limit", { _tag: "Status", status: 429, headers: { "Retry-After": "0" } }]
]

/** Runs a wait in which a few consecutive requests fail. */
const withFailingPolls = (wait: Wait, fault: Fault) =>
  Effect.gen(function* () {
    const cloud = yield* TestCloud.TestCloud
    const run = yield* wait.prepare
    yield* cloud.fail({ match: { service: wait.service, method: "GET" }, times: 3, fault })
    yield* cloud.clearRequests
    const waiting = yield* Effect.fork(run)
    yield* TestClock.adjust("1 hour")
    yield* Fiber.join(waiting)
    const polls = (yield* cloud.requests).filter(({ method }) => method === "GET")
    assert.isAtLeast(polls.length, 4)
  })

describe("waits of all services", () => {
  for (const [name, wait] of Object.entries(waits)) {
    for (const [what, fault] of failures) {
      it.scoped(`${name} continues after ${what}, even without retries of requests`, () =>
        withFailingPolls(wait, fault).pipe(Effect.provide(TestCloud.layer({ retry: RetryPolicy.never })))
      )
    }
    if (wait.creates) {
      it.scoped(`${name} continues if the created resource is not found at first`, () =>
        withFailingPolls(wait, { _tag: "Status", status: 404 }).pipe(Effect.provide(TestCloud.layer()))
      )
    }
    it.scoped(`${name} fails immediately with a permanent error`, () =>
      Effect.gen(function* () {
        const cloud = yield* TestCloud.TestCloud
        const run = yield* wait.prepare
        yield* cloud.fail({
          match: { service: wait.service, method: "GET" },
          times: Infinity,
          fault: { _tag: "Status", status: 403 }
        })
        const waiting = yield* Effect.fork(Effect.flip(run))
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* Fiber.join(waiting))._tag, "Forbidden")
      }).pipe(Effect.provide(TestCloud.layer()))
    )
  }
})

describe("waits for resources that another client has created", () => {
  it.effect("continue if the resource is not found at first", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const creating = yield* CloudServers.make()
      const waiting = yield* CloudServers.make()
      const { id: serverId } = yield* creating.create(web)
      yield* cloud.fail({
        match: { service: "servers", method: "GET" },
        times: 3,
        fault: { _tag: "Status", status: 404 }
      })
      const wait = yield* Effect.fork(waiting.waitUntilActive({ serverId, ...pace }))
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Fiber.join(wait)).status, "ACTIVE")
    }).pipe(Effect.provide(login))
  )

  it.effect("continue if the nodes of a new balancer are not found at first", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const service = yield* CloudLoadBalancers.make()
      const { id: loadBalancerId, nodes } = yield* balancer.pipe(Effect.provideService(balancers, service))
      yield* cloud.fail({
        match: { service: "loadbalancers", method: "GET" },
        times: 3,
        fault: { _tag: "Status", status: 404 }
      })
      const wait = yield* Effect.fork(
        service.waitUntilNodeOnline({ loadBalancerId, nodeId: nodes?.[0]?.id ?? "", ...pace })
      )
      yield* TestClock.adjust("1 hour")
      yield* Fiber.join(wait)
    }).pipe(Effect.provide(login))
  )
})
