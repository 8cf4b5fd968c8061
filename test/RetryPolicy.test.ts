import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Random, TestClock } from "effect"
import { CloudError, CloudServers, RetryPolicy, TestCloud } from "effect-rackspace"

const refusal = {
  service: "CloudServers",
  operation: "CloudServers.get",
  message: "m",
  status: 503,
  method: "GET",
  url: "https://x.test"
}

const unavailable = (retryAfter?: Duration.DurationInput) =>
  new CloudError.ServiceUnavailable({
    ...refusal,
    ...(retryAfter !== undefined && { retryAfter: Duration.decode(retryAfter) })
  })

const overLimit = (retryAfter?: Duration.DurationInput) =>
  new CloudError.OverLimit({
    ...refusal,
    status: 413,
    ...(retryAfter !== undefined && { retryAfter: Duration.decode(retryAfter) })
  })

const transport = (reason: CloudError.TransportError["reason"]) =>
  new CloudError.TransportError({
    service: "CloudServers",
    operation: "CloudServers.get",
    message: "m",
    method: "GET",
    url: "https://x.test",
    reason
  })

/**
 * The start of each attempt of a request that always fails, in milliseconds after the first; and the final failure.
 * `shares` are the random fractions of each delay.
 */
const attempts = <E extends CloudError.CloudError>(
  failure: E | ((attempt: number) => E),
  options: {
    readonly policy?: RetryPolicy.Service
    readonly idempotent?: boolean
    readonly shares?: [number, ...Array<number>]
    /** How long each attempt takes. */
    readonly lasting?: Duration.DurationInput
  } = {}
) =>
  Effect.gen(function* () {
    const start = yield* Clock.currentTimeMillis
    const at: Array<number> = []
    const attempt = Effect.gen(function* () {
      at.push((yield* Clock.currentTimeMillis) - start)
      yield* Effect.sleep(options.lasting ?? 0)
      return yield* Effect.fail(typeof failure === "function" ? failure(at.length) : failure)
    })
    const running = yield* RetryPolicy.schedule<E>(
      options.policy ?? RetryPolicy.defaultPolicy,
      options.idempotent ?? true
    ).pipe(
      Effect.flatMap((schedule) => Effect.retry(attempt, schedule)),
      Effect.flip,
      Effect.withRandom(Random.fixed(options.shares ?? [1])),
      Effect.fork
    )
    yield* TestClock.adjust("1 hour")
    return { at, error: yield* Fiber.join(running) }
  })

describe("RetryPolicy.schedule", () => {
  it.effect("retries a gateway failure with doubling delays, in at most five attempts", () =>
    Effect.gen(function* () {
      const { at, error } = yield* attempts(unavailable())
      assert.deepStrictEqual(at, [0, 250, 750, 1750, 3750])
      assert.instanceOf(error, CloudError.ServiceUnavailable)
    })
  )

  it.effect("jitters each delay between zero and its bound", () =>
    Effect.gen(function* () {
      const { at } = yield* attempts(unavailable(), { shares: [0, 0.5, 0.25, 0.999] })
      assert.deepStrictEqual(
        at.map((time) => Math.round(time)),
        [0, 0, 250, 500, 2498]
      )
    })
  )

  it.effect("varies delays within their bounds with real randomness", () =>
    Effect.gen(function* () {
      const seen = new Set<number>()
      for (let round = 0; round < 10; round++) {
        const start = yield* Clock.currentTimeMillis
        const at: Array<number> = []
        const attempt = Effect.flatMap(Clock.currentTimeMillis, (now) => {
          at.push(now - start)
          return Effect.fail(unavailable())
        })
        const running = yield* RetryPolicy.schedule(RetryPolicy.make({ maxAttempts: 4 }), true).pipe(
          Effect.flatMap((schedule) => Effect.retry(attempt, schedule)),
          Effect.flip,
          Effect.withRandom(Random.make(round)),
          Effect.fork
        )
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.join(running)
        assert.strictEqual(at.length, 4)
        for (const [index, bound] of [250, 500, 1000].entries()) {
          const delay = (at[index + 1] ?? 0) - (at[index] ?? 0)
          assert.isAtLeast(delay, 0)
          assert.isAtMost(delay, bound)
          seen.add(delay)
        }
      }
      assert.isAbove(seen.size, 20)
    })
  )

  it.effect("limits delays to maxDelay when the cloud names no time", () =>
    Effect.gen(function* () {
      const policy = RetryPolicy.make({ baseDelay: Duration.seconds(10), maxDelay: Duration.seconds(15) })
      assert.deepStrictEqual((yield* attempts(unavailable(), { policy })).at, [0, 10_000, 25_000, 40_000, 55_000])
    })
  )

  it.effect("starts no attempt later than maxElapsed after the first", () =>
    Effect.gen(function* () {
      const policy = RetryPolicy.make({
        maxAttempts: 100,
        baseDelay: Duration.seconds(10),
        maxDelay: Duration.seconds(10),
        maxElapsed: Duration.seconds(35)
      })
      assert.deepStrictEqual((yield* attempts(unavailable(), { policy })).at, [0, 10_000, 20_000, 30_000])
    })
  )

  it.effect("includes the duration of the attempts in maxElapsed", () =>
    Effect.gen(function* () {
      const { at } = yield* attempts(transport("timeout"), { lasting: "1 minute" })
      assert.deepStrictEqual(at, [0, 60_250])
    })
  )

  it.effect("waits at least as long as the cloud asks, and at most half as long again", () =>
    Effect.gen(function* () {
      const asked = (attempt: number) => overLimit(attempt === 1 ? "7 seconds" : "3 seconds")
      const policy = RetryPolicy.make({ maxElapsed: Duration.seconds(17) })
      assert.deepStrictEqual((yield* attempts(asked, { policy, shares: [0] })).at, [0, 7000, 10_000, 13_000, 16_000])
      assert.deepStrictEqual((yield* attempts(asked, { policy, shares: [1] })).at, [0, 10_500, 15_000])
    })
  )

  it.effect("adds at most five seconds to the wait that the cloud asks for", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* attempts(overLimit("50 seconds"))).at, [0, 55_000, 110_000])
    })
  )

  it.effect("retries a rate limit any number of times until maxElapsed", () =>
    Effect.gen(function* () {
      const { at, error } = yield* attempts(overLimit("1 second"), { shares: [0] })
      assert.deepStrictEqual(
        at,
        Array.from({ length: 121 }, (_, second) => second * 1000)
      )
      assert.instanceOf(error, CloudError.OverLimit)
    })
  )

  it.effect("does not count a rate limit as an attempt", () =>
    Effect.gen(function* () {
      const { at } = yield* attempts<CloudError.CommonError>((attempt) =>
        attempt <= 10 ? overLimit("1 second") : unavailable()
      )
      assert.strictEqual(at.length, 10 + 5)
    })
  )

  it.effect("waits at least its own back-off when the cloud names no time or a shorter one", () =>
    Effect.gen(function* () {
      const policy = RetryPolicy.make({ maxElapsed: Duration.seconds(5) })
      const shares: [number] = [0]
      for (const asked of [undefined, 0]) {
        assert.deepStrictEqual((yield* attempts(overLimit(asked), { policy, shares })).at, [0, 250, 750, 1750, 3750])
      }
      assert.deepStrictEqual(
        (yield* attempts(overLimit("10 millis"), { policy, shares })).at.slice(0, 3),
        [0, 250, 500]
      )
      assert.deepStrictEqual((yield* attempts(unavailable(0))).at, [0, 250, 750, 1750, 3750])
    })
  )

  it.effect("retries an idempotent request after a 500 if configured", () =>
    Effect.gen(function* () {
      const policy = RetryPolicy.make({ retryInternalErrors: true })
      const internal = new CloudError.UnexpectedStatus({ ...refusal, status: 500, body: "" })
      const other = new CloudError.UnexpectedStatus({ ...refusal, status: 501, body: "" })
      assert.deepStrictEqual((yield* attempts(internal, { policy })).at, [0, 250, 750, 1750, 3750])
      assert.deepStrictEqual((yield* attempts(internal, { policy, idempotent: false })).at, [0])
      assert.deepStrictEqual((yield* attempts(other, { policy })).at, [0])
    })
  )

  it.effect("fails immediately if the requested wait exceeds the cap", () =>
    Effect.gen(function* () {
      const { at, error } = yield* attempts(overLimit("61 seconds"))
      assert.deepStrictEqual(at, [0])
      assert.instanceOf(error, CloudError.OverLimit)
      assert.isTrue(error.retryAfter !== undefined && Duration.equals(error.retryAfter, "61 seconds"))
      const atCap = yield* attempts(overLimit("1 minute"), { shares: [0] })
      assert.deepStrictEqual(atCap.at, [0, 60_000, 120_000])
    })
  )

  it.effect("jitters the wait of an OverLimit without a time", () =>
    Effect.gen(function* () {
      const policy = RetryPolicy.make({ maxElapsed: Duration.seconds(5) })
      const { at } = yield* attempts(overLimit(), { policy, shares: [0.5] })
      assert.deepStrictEqual(at, [0, 312.5, 937.5, 2187.5, 4687.5])
    })
  )

  it.effect("retries a request that is not idempotent only after OverLimit", () =>
    Effect.gen(function* () {
      const idempotent = false
      assert.isAbove((yield* attempts(overLimit("1 second"), { idempotent })).at.length, 5)
      assert.deepStrictEqual((yield* attempts(unavailable(), { idempotent })).at, [0])
      assert.deepStrictEqual((yield* attempts(unavailable("1 second"), { idempotent })).at, [0])
      assert.deepStrictEqual((yield* attempts(transport("connect"), { idempotent })).at, [0])
    })
  )

  for (const reason of ["connect", "timeout", "body"] as const) {
    it.effect(`retries an idempotent request after a transport failure: ${reason}`, () =>
      Effect.map(attempts(transport(reason)), ({ at }) => assert.strictEqual(at.length, 5))
    )
  }

  it.effect("does not retry permanent failures", () =>
    Effect.gen(function* () {
      for (const error of [
        new CloudError.UnexpectedStatus({ ...refusal, status: 500, body: "" }),
        new CloudError.BadRequest(refusal),
        new CloudError.Forbidden(refusal),
        new CloudError.Unauthorized({ ...refusal, login: 1 }),
        transport("invalidUrl")
      ]) {
        assert.deepStrictEqual((yield* attempts<CloudError.CommonError>(error)).at, [0], error._tag)
      }
    })
  )

  it.effect("stops when a retry fails with another error", () =>
    Effect.gen(function* () {
      const { at, error } = yield* attempts<CloudError.CommonError>((attempt) =>
        attempt < 3 ? unavailable() : new CloudError.BadRequest(refusal)
      )
      assert.strictEqual(at.length, 3)
      assert.instanceOf(error, CloudError.BadRequest)
    })
  )

  it.effect("never sends once, and so does a policy without attempts", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* attempts(overLimit(0), { policy: RetryPolicy.never })).at, [0])
      assert.deepStrictEqual((yield* attempts(overLimit(0), { policy: RetryPolicy.make({ maxAttempts: 0 }) })).at, [0])
    })
  )

  it.effect("counts from the first attempt of each run", () =>
    Effect.gen(function* () {
      yield* attempts(unavailable())
      assert.strictEqual((yield* attempts(unavailable())).at.length, 5)
    })
  )
})

describe("the policy in effect", () => {
  /** How often a request is sent that always fails. */
  const sent = Effect.gen(function* () {
    const servers = yield* CloudServers.CloudServers
    const cloud = yield* TestCloud.TestCloud
    yield* cloud.clearRequests
    yield* cloud.fail({ match: { service: "servers" }, times: Infinity, fault: { _tag: "Status", status: 503 } })
    const running = yield* Effect.fork(Effect.flip(servers.getLimits()))
    yield* TestClock.adjust("5 minutes")
    yield* Fiber.join(running)
    yield* cloud.clearFaults
    return (yield* cloud.requests).length
  })

  it.effect("is the default", () =>
    Effect.map(sent, (count) => assert.strictEqual(count, 5)).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("is the service's instead of the default", () =>
    Effect.map(sent, (count) => assert.strictEqual(count, 2)).pipe(
      Effect.provide(TestCloud.layer({ retry: RetryPolicy.make({ maxAttempts: 2 }) }))
    )
  )

  it.effect("is the caller's instead of the service's", () =>
    Effect.gen(function* () {
      const once = Effect.provideService(sent, RetryPolicy.RetryPolicy, RetryPolicy.never)
      const thrice = Effect.provideService(sent, RetryPolicy.RetryPolicy, RetryPolicy.make({ maxAttempts: 3 }))
      assert.strictEqual(yield* once, 1)
      assert.strictEqual(yield* thrice, 3)
      assert.strictEqual(yield* Effect.provideService(once, RetryPolicy.RetryPolicy, RetryPolicy.defaultPolicy), 1)
      assert.strictEqual(yield* sent, 2)
    }).pipe(Effect.provide(TestCloud.layer({ retry: RetryPolicy.make({ maxAttempts: 2 }) })))
  )

  it.effect("may be reset to the default by the caller", () =>
    Effect.gen(function* () {
      const usual = Effect.provideService(sent, RetryPolicy.RetryPolicy, RetryPolicy.defaultPolicy)
      assert.strictEqual(yield* usual, 5)
    }).pipe(Effect.provide(TestCloud.layer({ retry: RetryPolicy.never })))
  )

  it("can change single options of the default", () =>
    assert.deepStrictEqual(RetryPolicy.make({ maxAttempts: 9 }), { ...RetryPolicy.defaultPolicy, maxAttempts: 9 }))
})
