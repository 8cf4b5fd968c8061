/**
 * Changes of load balancers wait for each other and for their balancer; and waiting for states, all by the Clock.
 */
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Deferred, Duration, Effect, Either, Exit, Fiber, Layer, Option, Stream, TestClock } from "effect"
import { CloudError, CloudLoadBalancers, RetryPolicy, TestCloud } from "effect-rackspace"
import type { Fault } from "../../src/emulator/Fault.js"
import * as Turns from "../../src/internal/concurrency/keyedQueue.js"

type Cloud = NonNullable<NonNullable<Parameters<typeof TestCloud.layer>[0]>["cloud"]>

const on =
  (cloud: Cloud = {}) =>
  <A, E, R>(test: Effect.Effect<A, E, R>) =>
    Effect.provide(test, TestCloud.layer({ cloud, retry: RetryPolicy.never }))

const balancers = CloudLoadBalancers.CloudLoadBalancers

const handles = Effect.map(TestCloud.TestCloud, (cloud) => cloud.loadBalancers)

const requests = Effect.map(
  Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.requests),
  (all) => all.filter(({ service }) => service === "loadbalancers")
)

const lines = Effect.map(requests, (all) =>
  all.map(({ method, status, target }) => `${method} ${target.replace(/^.*010101\/loadbalancers/, "")} ${status}`)
)

const looks = Effect.map(requests, (all) => all.filter(({ method }) => method === "GET"))

const isImmutable = (error: unknown): error is CloudError.Immutable => error instanceof CloudError.Immutable

describe("CloudLoadBalancers: changes of one balancer", () => {
  it.effect(
    "fifty concurrent ones all succeed, in the order of the callers, with one poll per interval for all",
    () =>
      Effect.gen(function* () {
        const service = yield* balancers
        const id = yield* Effect.flatMap(handles, (all) => all.seedLoadBalancer())
        const names = Array.from({ length: 50 }, (_, index) => `name-${index}`)
        const changes = yield* Effect.fork(
          Effect.forEach(names, (name) => service.update({ loadBalancerId: id, name }), { concurrency: "unbounded" })
        )
        yield* TestClock.adjust("1 hour")
        yield* Fiber.join(changes)

        const all = yield* requests
        const taken = all.filter(({ method, status }) => method === "PUT" && status === 202)
        assert.deepStrictEqual(
          taken.map(
            ({ body }) =>
              (JSON.parse(new TextDecoder().decode(body)) as { loadBalancer: { name: string } }).loadBalancer.name
          ),
          names
        )
        // A change is in PENDING_UPDATE for seven seconds: no two of them overlap.
        const times = taken.map(({ startedAt }) => startedAt)
        for (const [index, time] of times.entries()) {
          if (index > 0) assert.isAtLeast(time - (times[index - 1] ?? 0), 7000)
        }
        const seen = (yield* looks).map(({ startedAt }) => startedAt)
        for (const [index, time] of seen.entries()) {
          if (index > 0) assert.isAtLeast(time - (seen[index - 1] ?? 0), 5000)
        }
        // Seven seconds are two polls; and each change but the first is rejected once.
        assert.strictEqual(seen.length, 49 * 2)
        assert.strictEqual(all.filter(({ status }) => status === 422).length, 49)
      }).pipe(on({ loadBalancers: { updateTime: "7 seconds" } })),
    // Hundreds of requests, each of which the test clock waits for, on a machine that may be busy.
    120_000
  )

  it.effect("one that conflicts with another program's is retried when the balancer is ACTIVE", () =>
    Effect.gen(function* () {
      const service = yield* balancers
      const { resume, seedLoadBalancer } = yield* handles
      const id = yield* seedLoadBalancer({ status: "PENDING_UPDATE" })
      const change = yield* Effect.fork(
        service.addNodes({ loadBalancerId: id, nodes: [{ address: "10.0.0.1", port: 80 }] })
      )
      yield* TestClock.adjust("12 seconds")
      assert.deepStrictEqual(yield* lines, [`POST /${id}/nodes 422`, `GET /${id} 200`, `GET /${id} 200`])
      yield* resume(id)
      yield* TestClock.adjust("5 seconds")
      const nodes = yield* Fiber.join(change)
      assert.strictEqual(nodes[0]?.address, "10.0.0.1")
      assert.deepStrictEqual((yield* lines).slice(3), [`GET /${id} 200`, `POST /${id}/nodes 202`])
    }).pipe(on())
  )

  it.effect("other messages for a balancer that is being changed are recognized too", () =>
    Effect.gen(function* () {
      const service = yield* balancers
      const cloud = yield* TestCloud.TestCloud
      const id = yield* cloud.loadBalancers.seedLoadBalancer()
      yield* cloud.fail({
        match: { service: "loadbalancers" },
        fault: { _tag: "Status", status: 422, body: { message: "LoadBalancer is not ACTIVE", code: 422 } }
      })
      const change = yield* Effect.fork(service.setConnectionLogging({ loadBalancerId: id, enabled: true }))
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(change)
      assert.isTrue(yield* service.getConnectionLogging({ loadBalancerId: id }))
    }).pipe(on())
  )

  it.effect("the first change of a new balancer waits until it is built", () =>
    Effect.gen(function* () {
      const service = yield* balancers
      const { id: loadBalancerId } = yield* service.create({
        name: "web",
        protocol: "HTTP",
        virtualIps: [{ type: "PUBLIC" }]
      })
      const change = yield* Effect.fork(service.setContentCaching({ loadBalancerId, enabled: true }))
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.join(change)
      assert.isTrue((yield* service.get({ loadBalancerId })).contentCaching)
    }).pipe(on())
  )

  it.effect(
    "one that waits too long fails with the cloud's Immutable, and the next one starts with its own timeout",
    () =>
      Effect.gen(function* () {
        const service = yield* balancers
        const { resume, seedLoadBalancer } = yield* handles
        const id = yield* seedLoadBalancer({ status: "PENDING_UPDATE" })
        const first = yield* service
          .update({ loadBalancerId: id, name: "first" })
          .pipe(
            Effect.provideService(CloudLoadBalancers.WhenImmutable, { interval: "4 minutes" }),
            Effect.flip,
            Effect.fork
          )
        yield* TestClock.adjust("1 second")
        const second = yield* Effect.fork(service.update({ loadBalancerId: id, name: "second" }))
        yield* TestClock.adjust("599 seconds")
        const error = yield* Fiber.join(first)
        assert.isTrue(isImmutable(error))
        assert.include(
          error.message,
          `Load Balancer '${id}' has a status of 'PENDING_UPDATE' and is considered immutable.`
        )
        assert.include(error.message, "still in PENDING_UPDATE after 10m")
        yield* resume(id)
        yield* TestClock.adjust("5 seconds")
        yield* Fiber.join(second)
        assert.strictEqual((yield* service.get({ loadBalancerId: id })).name, "second")
      }).pipe(on())
  )

  for (const status of ["ERROR", "SUSPENDED", "PENDING_DELETE"]) {
    it.effect(`one of a balancer in ${status} fails immediately`, () =>
      Effect.gen(function* () {
        const service = yield* balancers
        const { seedLoadBalancer } = yield* handles
        const id = yield* seedLoadBalancer({ status })
        const error = yield* Effect.flip(service.update({ loadBalancerId: id, name: "n" }))
        assert.isTrue(isImmutable(error))
        assert.deepStrictEqual(yield* lines, [`PUT /${id} 422`])
      }).pipe(on())
    )
  }

  it.effect("one that waits fails as soon as the balancer is seen in ERROR", () =>
    Effect.gen(function* () {
      const service = yield* balancers
      const { failUpdates, seedLoadBalancer } = yield* handles
      const id = yield* seedLoadBalancer()
      yield* failUpdates()
      yield* service.update({ loadBalancerId: id, name: "broken" })
      const change = yield* Effect.fork(Effect.flip(service.update({ loadBalancerId: id, name: "n" })))
      yield* TestClock.adjust("10 seconds")
      const error = yield* Fiber.join(change)
      assert.isTrue(isImmutable(error))
      assert.include(error.message, "it is in ERROR")
    }).pipe(on())
  )

  it.effect("one of a balancer that is deleted in the meantime fails without waiting", () =>
    Effect.gen(function* () {
      const service = yield* balancers
      const { seedLoadBalancer } = yield* handles
      const id = yield* seedLoadBalancer()
      yield* service.delete({ loadBalancerId: id })
      assert.isTrue(isImmutable(yield* Effect.flip(service.update({ loadBalancerId: id, name: "n" }))))
      yield* TestClock.adjust("30 seconds")
      assert.isTrue(isImmutable(yield* Effect.flip(service.update({ loadBalancerId: id, name: "n" }))))
      assert.deepStrictEqual(
        (yield* lines).map((line) => line.split(" ").at(-1)),
        ["202", "422", "422"]
      )
    }).pipe(on())
  )

  it.effect("interrupted ones, running or waiting, let the next one start", () =>
    Effect.gen(function* () {
      const service = yield* balancers
      const id = yield* Effect.flatMap(handles, (all) => all.seedLoadBalancer({ status: "PENDING_UPDATE" }))
      const start = (name: string) =>
        Effect.zipLeft(Effect.fork(service.update({ loadBalancerId: id, name })), TestClock.adjust(1))
      const atWork = yield* start("a")
      const waiting = yield* start("b")
      const next = yield* start("c")
      const last = yield* start("d")
      yield* Fiber.interrupt(waiting)
      yield* Fiber.interrupt(atWork)
      yield* Effect.flatMap(handles, (all) => all.resume(id))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.joinAll([next, last])
      const taken = (yield* requests).filter(({ status }) => status === 202)
      assert.deepStrictEqual(
        taken.map(({ body }) => new TextDecoder().decode(body)),
        ["c", "d"].map((name) => JSON.stringify({ loadBalancer: { name } }))
      )
    }).pipe(on())
  )

  it.effect("changes of other balancers do not wait for it, nor do reads", () =>
    Effect.gen(function* () {
      const service = yield* balancers
      const { seedLoadBalancer } = yield* handles
      const busy = yield* seedLoadBalancer({ status: "PENDING_UPDATE" })
      const free = yield* seedLoadBalancer()
      const waiting = yield* Effect.fork(service.update({ loadBalancerId: busy, name: "n" }))
      yield* TestClock.adjust(1)
      yield* service.update({ loadBalancerId: free, name: "n" })
      assert.strictEqual((yield* service.get({ loadBalancerId: busy })).status, "PENDING_UPDATE")
      yield* Fiber.interrupt(waiting)
    }).pipe(on())
  )

  it.effect("invalid input is reported without waiting", () =>
    Effect.gen(function* () {
      const service = yield* balancers
      const id = yield* Effect.flatMap(handles, (all) => all.seedLoadBalancer({ status: "PENDING_UPDATE" }))
      const waiting = yield* Effect.fork(service.update({ loadBalancerId: id, name: "n" }))
      yield* TestClock.adjust(1)
      const error = yield* Effect.flip(service.update({ loadBalancerId: id, port: 0 }))
      assert.strictEqual(error._tag, "InvalidInput")
      yield* Fiber.interrupt(waiting)
    }).pipe(on())
  )

  it.effect("a bulk deletion waits for its turn at each of its balancers", () =>
    Effect.gen(function* () {
      const service = yield* balancers
      const { seedLoadBalancer } = yield* handles
      const [a, b] = [yield* seedLoadBalancer(), yield* seedLoadBalancer()]
      const both = [a, b]
      yield* service.update({ loadBalancerId: a, name: "changed" })
      const update = yield* Effect.fork(service.update({ loadBalancerId: b, name: "before" }))
      yield* TestClock.adjust(1)
      const deletion = yield* Effect.fork(service.deleteMany({ loadBalancerIds: both }))
      yield* TestClock.adjust("20 seconds")
      yield* Fiber.joinAll([update, deletion])
      assert.deepStrictEqual(
        (yield* lines).filter((line) => line.startsWith("DELETE")),
        [`DELETE ?id=${a}&id=${b} 400`, `DELETE ?id=${a}&id=${b} 202`]
      )
      const gone = yield* Effect.fork(
        Effect.forEach(both, (loadBalancerId) => service.waitUntilDeleted({ loadBalancerId }))
      )
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(gone)
    }).pipe(on())
  )

  it.effect("a bulk deletion of balancers that are being deleted fails with the cloud's BadRequest", () =>
    Effect.gen(function* () {
      const service = yield* balancers
      const id = yield* Effect.flatMap(handles, (all) => all.seedLoadBalancer())
      yield* service.delete({ loadBalancerId: id })
      const deletion = yield* Effect.fork(Effect.flip(service.deleteMany({ loadBalancerIds: [id] })))
      yield* TestClock.adjust("5 seconds")
      const error = yield* Fiber.join(deletion)
      assert.instanceOf(error, CloudError.BadRequest)
      assert.include(error.message, "it is in PENDING_DELETE")
    }).pipe(on())
  )

  it.effect("a bulk deletion of missing balancers fails with the cloud's BadRequest, which names them", () =>
    Effect.gen(function* () {
      const service = yield* balancers
      const seed = Effect.flatMap(handles, (all) => all.seedLoadBalancer())
      const [gone, other] = [yield* seed, yield* seed]
      yield* service.delete({ loadBalancerId: gone })
      yield* TestClock.adjust("1 hour")
      const deletion = yield* Effect.fork(Effect.flip(service.deleteMany({ loadBalancerIds: [gone, other] })))
      yield* TestClock.adjust("5 seconds")
      const error = yield* Fiber.join(deletion)
      assert.instanceOf(error, CloudError.BadRequest)
      assert.include(error.message, gone)
      assert.include(error.message, "it is deleted")
    }).pipe(on())
  )

  it.effect("a 400 about an immutable attribute does not count as a busy balancer, and fails immediately", () =>
    Effect.gen(function* () {
      const service = yield* balancers
      const cloud = yield* TestCloud.TestCloud
      const id = yield* cloud.loadBalancers.seedLoadBalancer()
      yield* cloud.fail({
        match: { service: "loadbalancers" },
        fault: { _tag: "Status", status: 400, body: { message: "The protocol is immutable", code: 400 } }
      })
      const error = yield* Effect.flip(service.update({ loadBalancerId: id, protocol: "TCP" }))
      assert.instanceOf(error, CloudError.BadRequest)
      assert.strictEqual((yield* requests).length, 1)
    }).pipe(on())
  )

  it.effect("a failed poll ends the wait with its error", () =>
    Effect.gen(function* () {
      const service = yield* balancers
      const cloud = yield* TestCloud.TestCloud
      const id = yield* cloud.loadBalancers.seedLoadBalancer({ status: "PENDING_UPDATE" })
      const change = yield* Effect.fork(Effect.flip(service.update({ loadBalancerId: id, name: "n" })))
      yield* TestClock.adjust(1)
      yield* cloud.loadBalancers.removeLoadBalancer(id)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* Fiber.join(change))._tag, "NotFound")
    }).pipe(on())
  )
})

describe("CloudLoadBalancers: the handling of Immutable is configurable", () => {
  it.effect("for a call: it fails, or waits differently", () =>
    Effect.gen(function* () {
      const service = yield* balancers
      const id = yield* Effect.flatMap(handles, (all) => all.seedLoadBalancer({ status: "PENDING_UPDATE" }))
      const change = service.update({ loadBalancerId: id, name: "n" })
      const error = yield* change.pipe(Effect.provideService(CloudLoadBalancers.WhenImmutable, "fail"), Effect.flip)
      assert.isTrue(isImmutable(error))
      assert.strictEqual((yield* requests).length, 1)
      const impatient = yield* change.pipe(
        Effect.provideService(CloudLoadBalancers.WhenImmutable, { interval: "1 second", timeout: "3 seconds" }),
        Effect.flip,
        Effect.fork
      )
      yield* TestClock.adjust("3 seconds")
      assert.isTrue(isImmutable(yield* Fiber.join(impatient)))
      assert.strictEqual((yield* looks).length, 3)
    }).pipe(on())
  )

  it.effect("for a service, and overridden by a call", () =>
    Effect.gen(function* () {
      const id = yield* Effect.flatMap(handles, (all) => all.seedLoadBalancer({ status: "PENDING_UPDATE" }))
      const change = Effect.flatMap(balancers, (service) => service.update({ loadBalancerId: id, name: "n" }))
      yield* Effect.gen(function* () {
        assert.isTrue(isImmutable(yield* Effect.flip(change)))
        const waiting = yield* change.pipe(
          Effect.provideService(CloudLoadBalancers.WhenImmutable, { interval: "2 seconds" }),
          Effect.fork
        )
        yield* TestClock.adjust("1 second")
        yield* Effect.flatMap(handles, (all) => all.resume(id))
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(waiting)
      }).pipe(Effect.provide(CloudLoadBalancers.layer({ immutable: "fail" })))
    }).pipe(on())
  )
})

describe("a queue of tasks by key", () => {
  it.effect("serves tasks in the order of their requests, even those that arrive during a hand-over", () =>
    Effect.gen(function* () {
      const turns = Turns.make()
      const done: Array<number> = []
      const gates = yield* Effect.forEach(Array.from({ length: 20 }), () => Deferred.make<void>())
      const fibers = yield* Effect.forEach(gates, (gate, index) =>
        Effect.fork(
          turns.take(["a"])(
            Effect.zipRight(
              Deferred.await(gate),
              Effect.sync(() => done.push(index))
            )
          )
        )
      )
      yield* Effect.yieldNow()
      for (const [index, gate] of gates.entries()) {
        yield* Deferred.succeed(gate, undefined)
        // Arrives during the hand-over, and must not overtake.
        if (index === 3) yield* Effect.fork(turns.take(["a"])(Effect.sync(() => done.push(99))))
        yield* Effect.yieldNow()
      }
      yield* Fiber.joinAll(fibers)
      yield* Effect.yieldNow()
      assert.deepStrictEqual(done, [...Array.from({ length: 20 }, (_, index) => index), 99])
      assert.strictEqual(turns.size(), 0)
    })
  )

  it.effect("keeps no state of tasks that succeeded, failed, died or were interrupted", () =>
    Effect.gen(function* () {
      const turns = Turns.make()
      yield* turns.take(["a", "b", "a"])(Effect.void)
      yield* Effect.exit(turns.take(["a"])(Effect.fail("no")))
      yield* Effect.exit(turns.take(["a"])(Effect.die("no")))
      const holding = yield* Effect.fork(turns.take(["a"])(Effect.never))
      const waiting = yield* Effect.fork(turns.take(["a", "b"])(Effect.never))
      yield* Effect.yieldNow()
      assert.strictEqual(turns.size(), 2)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(waiting)))
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(holding)))
      assert.strictEqual(turns.size(), 0)
    })
  )

  it.effect("does not deadlock when two tasks need the same two keys in different order", () =>
    Effect.gen(function* () {
      const turns = Turns.make()
      const ran = yield* Effect.all(
        [turns.take(["a", "b"])(Effect.yieldNow()), turns.take(["b", "a"])(Effect.yieldNow())],
        { concurrency: "unbounded" }
      )
      assert.strictEqual(ran.length, 2)
    })
  )
})

describe("CloudLoadBalancers: watching and waiting", () => {
  const wanted = { name: "web", protocol: "HTTP", virtualIps: [{ type: "PUBLIC" }] } as const

  const meanwhile = <A, E, R>(effect: Effect.Effect<A, E, R>, time: Duration.DurationInput) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(effect)
      yield* TestClock.adjust(time)
      return yield* Fiber.join(fiber)
    })

  it.effect("watch emits what each poll saw until the balancer is ACTIVE", () =>
    Effect.gen(function* () {
      const service = yield* balancers
      const { id: loadBalancerId } = yield* service.create(wanted)
      const seen = yield* meanwhile(
        Stream.runCollect(
          service.watch({ loadBalancerId, until: CloudLoadBalancers.isActive, interval: "20 seconds", jitter: 0 })
        ),
        "1 minute"
      )
      assert.deepStrictEqual(
        Chunk.toReadonlyArray(seen).map(({ status }) => status),
        ["BUILD", "BUILD", "ACTIVE"]
      )
    }).pipe(on())
  )

  it.effect("waitUntilActive returns the balancer, and fails if it enters ERROR or at the timeout", () =>
    Effect.gen(function* () {
      const service = yield* balancers
      const { failBuilds } = yield* handles
      const good = yield* service.create(wanted)
      const found = yield* meanwhile(service.waitUntilActive({ loadBalancerId: good.id }), "1 minute")
      assert.strictEqual(found.status, "ACTIVE")
      yield* failBuilds()
      const bad = yield* service.create(wanted)
      const failed = yield* meanwhile(Effect.flip(service.waitUntilActive({ loadBalancerId: bad.id })), "1 minute")
      assert.instanceOf(failed, CloudError.ResourceFailed)
      assert.strictEqual((failed as CloudError.ResourceFailed).state, "ERROR")
      const slow = yield* service.create(wanted)
      const late = yield* meanwhile(
        Effect.flip(
          service.waitUntil({
            loadBalancerId: slow.id,
            until: ({ status }) => status === "PENDING_UPDATE",
            timeout: "10 seconds"
          })
        ),
        "10 seconds"
      )
      assert.instanceOf(late, CloudError.WaitTimeout)
      assert.strictEqual((late as CloudError.WaitTimeout).lastState, "BUILD")
    }).pipe(on())
  )

  for (const deletedStatus of [200, 404, 410] as const) {
    it.effect(`waitUntilDeleted ends at ${deletedStatus}`, () =>
      Effect.gen(function* () {
        const service = yield* balancers
        const id = yield* Effect.flatMap(handles, (all) => all.seedLoadBalancer())
        yield* service.delete({ loadBalancerId: id })
        const early = yield* Effect.fork(service.waitUntilDeleted({ loadBalancerId: id, jitter: 0 }))
        yield* TestClock.adjust("29 seconds")
        assert.isTrue((yield* Fiber.poll(early))._tag === "None")
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(early)
        const listed = yield* Stream.runCollect(service.list({ status: "DELETED" }))
        assert.deepStrictEqual(
          [...listed].map((each) => each.id),
          [id]
        )
        assert.strictEqual(Chunk.size(yield* Stream.runCollect(service.list())), 0)
      }).pipe(on({ loadBalancers: { deletedStatus } }))
    )
  }

  it.effect("waitUntilDeleted fails if the balancer is suspended instead", () =>
    Effect.gen(function* () {
      const service = yield* balancers
      const { seedLoadBalancer, suspend } = yield* handles
      const id = yield* seedLoadBalancer()
      yield* suspend(id)
      const error = yield* Effect.flip(service.waitUntilDeleted({ loadBalancerId: id }))
      assert.strictEqual(error._tag, "ResourceFailed")
    }).pipe(on())
  )

  it.effect("waitUntilNodeOnline waits for a node to come back", () =>
    Effect.gen(function* () {
      const service = yield* balancers
      const { seedLoadBalancer, setNodeStatus } = yield* handles
      const id = yield* seedLoadBalancer({ nodes: ["10.0.0.1"] })
      const nodeId = (yield* service.get({ loadBalancerId: id })).nodes[0]?.id ?? ""
      yield* setNodeStatus(id, nodeId, "OFFLINE", "Connection refused")
      const waiting = yield* Effect.fork(service.waitUntilNodeOnline({ loadBalancerId: id, nodeId }))
      yield* TestClock.adjust("20 seconds")
      assert.isTrue((yield* Fiber.poll(waiting))._tag === "None")
      yield* setNodeStatus(id, nodeId, "ONLINE")
      yield* TestClock.adjust("6 seconds")
      assert.strictEqual((yield* Fiber.join(waiting)).status, "ONLINE")
      const events = yield* Stream.runCollect(service.listNodeEvents({ loadBalancerId: id }))
      assert.deepStrictEqual(
        [...events].map(({ detailedMessage }) => detailedMessage),
        ["Connection refused", "Node is working"]
      )
      const missing = yield* Effect.either(service.waitUntilNodeOnline({ loadBalancerId: id, nodeId: "1234567" }))
      assert.strictEqual(Either.isLeft(missing) && missing.left._tag, "NotFound")
    }).pipe(on())
  )
})

describe("CloudLoadBalancers: a removal whose response is lost succeeds when the retry finds it applied", () => {
  const patient = <A, E, R>(test: Effect.Effect<A, E, R>) => Effect.provide(test, TestCloud.layer())

  const busy = {
    _tag: "Status",
    status: 422,
    body: { message: "Load Balancer '1' has a status of 'PENDING_UPDATE' and is considered immutable.", code: 422 }
  } as const

  /** A balancer whose next deletions meet faults; and the removal, run with an advancing Clock. */
  const lost = <A, E, R>(
    faults: ReadonlyArray<Fault>,
    removing: (ids: { readonly loadBalancerId: string; readonly nodeId: string }) => Effect.Effect<A, E, R>
  ) =>
    Effect.gen(function* () {
      const { seedLoadBalancer } = yield* handles
      const loadBalancerId = yield* seedLoadBalancer({ nodes: ["10.0.0.1", "10.0.0.2"] })
      const service = yield* balancers
      yield* service.setSessionPersistence({ loadBalancerId, sessionPersistence: "HTTP_COOKIE" })
      yield* TestClock.adjust("1 minute")
      const nodeId = (yield* service.get({ loadBalancerId })).nodes[0]?.id ?? ""
      const cloud = yield* TestCloud.TestCloud
      for (const fault of faults) yield* cloud.fail({ match: { method: "DELETE" }, fault })
      const fiber = yield* Effect.fork(removing({ loadBalancerId, nodeId }))
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.join(fiber)
      return { loadBalancerId, nodeId, service }
    })

  for (const fault of [{ _tag: "LoseResponse" }, { _tag: "LoseResponse", status: 503 }] as const) {
    const how = "status" in fault ? "behind a gateway" : "with its connection"

    it.effect(`${how}: of a balancer, which is being deleted`, () =>
      Effect.gen(function* () {
        const { loadBalancerId, service } = yield* lost([fault], ({ loadBalancerId }) =>
          Effect.flatMap(balancers, (all) => all.delete({ loadBalancerId }))
        )
        yield* service.waitUntilDeleted({ loadBalancerId })
        // Without a retry, it is rejected as before.
        const error = yield* Effect.flip(
          Effect.provideService(service.delete({ loadBalancerId }), CloudLoadBalancers.WhenImmutable, "fail")
        )
        assert.include(["BadRequest", "NotFound"], error._tag)
      }).pipe(patient)
    )

    it.effect(`${how}: of several balancers`, () =>
      Effect.gen(function* () {
        const { loadBalancerId, service } = yield* lost([fault], ({ loadBalancerId }) =>
          Effect.flatMap(balancers, (all) => all.deleteMany({ loadBalancerIds: [loadBalancerId] }))
        )
        yield* service.waitUntilDeleted({ loadBalancerId })
      }).pipe(patient)
    )

    it.effect(`${how}: of a node, when the next attempt had to wait`, () =>
      Effect.gen(function* () {
        const { loadBalancerId, nodeId, service } = yield* lost([fault, busy], (ids) =>
          Effect.flatMap(balancers, (all) => all.deleteNode(ids))
        )
        const { nodes } = yield* service.get({ loadBalancerId })
        assert.isFalse(nodes.some(({ id }) => id === nodeId))
        assert.strictEqual(nodes.length, 1)
      }).pipe(patient)
    )

    it.effect(`${how}: of a session persistence`, () =>
      Effect.gen(function* () {
        const { loadBalancerId, service } = yield* lost([fault], ({ loadBalancerId }) =>
          Effect.flatMap(balancers, (all) => all.deleteSessionPersistence({ loadBalancerId }))
        )
        assert.isTrue(Option.isNone(yield* service.getSessionPersistence({ loadBalancerId })))
      }).pipe(patient)
    )
  }

  /** The failure of an effect, run with an advancing Clock. */
  const failureOf = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(Effect.flip(effect))
      yield* TestClock.adjust("2 minutes")
      return (yield* Fiber.join(fiber))._tag
    })

  it.effect("but not if only a read had no response: a missing resource is then NotFound", () =>
    Effect.gen(function* () {
      const service = yield* balancers
      const { seedLoadBalancer } = yield* handles
      const cloud = yield* TestCloud.TestCloud
      const loadBalancerId = yield* seedLoadBalancer()
      const missing = { loadBalancerId, nodeId: "1234567" }
      yield* cloud.fail({ match: { method: "DELETE" }, fault: busy })
      yield* cloud.fail({ match: { method: "GET" }, fault: { _tag: "Status", status: 503 } })
      assert.strictEqual(yield* failureOf(service.deleteNode(missing)), "NotFound")
    }).pipe(patient)
  )

  it.effect("but not if it was rejected with certainty, or the resource still exists", () =>
    Effect.gen(function* () {
      const service = yield* balancers
      const { seedLoadBalancer } = yield* handles
      const cloud = yield* TestCloud.TestCloud
      const loadBalancerId = yield* seedLoadBalancer()
      const refusal = { _tag: "Status", status: 400 } as const
      const removal = failureOf(service.delete({ loadBalancerId }))
      yield* cloud.fail({ match: { method: "DELETE" }, fault: refusal })
      assert.strictEqual(yield* removal, "BadRequest")
      yield* cloud.fail({ match: { method: "DELETE" }, fault: { _tag: "Status", status: 503 } })
      yield* cloud.fail({ match: { method: "DELETE" }, fault: refusal })
      assert.strictEqual(yield* removal, "BadRequest")
      assert.strictEqual((yield* service.get({ loadBalancerId })).status, "ACTIVE")
    }).pipe(patient)
  )
})

describe("CloudLoadBalancers: the endpoint", () => {
  it.effect("is found by the catalog's name and region, or configured as a URL", () =>
    Effect.gen(function* () {
      const service = yield* balancers
      assert.strictEqual(yield* service.endpointUrl, "http://cloud.test/loadbalancers/dfw/v1.0/010101")
      const elsewhere = Layer.build(CloudLoadBalancers.layer({ region: "ord" }))
      const ord = yield* Effect.map(
        Effect.scoped(elsewhere),
        (context) => context.unsafeMap.get(balancers.key) as typeof service
      )
      assert.strictEqual(yield* ord.endpointUrl, "http://cloud.test/loadbalancers/ord/v1.0/010101")
    }).pipe(on())
  )
})
