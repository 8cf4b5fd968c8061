import { assert, describe, it } from "@effect/vitest"
import { Chunk, Clock, Duration, Effect, Exit, Fiber, Option, Random, Stream, TestClock } from "effect"
import { CloudError, Waiting } from "effect-rackspace"

interface Seen {
  readonly state: string
  readonly reason?: string
}

/** A resource that has each of these states in turn, one per poll, and stays in the last; it records the time of each poll. */
const thing = (states: ReadonlyArray<string>, pace: Partial<Waiting.Pace> = {}) => {
  const at: Array<number> = []
  const watch: Waiting.Watch<Seen, never, never> = {
    service: "Cloud",
    operation: "Cloud.wait",
    resource: "thing-1",
    poll: Effect.map(Clock.currentTimeMillis, (now) => {
      const state = states[Math.min(at.length, states.length - 1)] ?? "?"
      at.push(now)
      return state === "ERROR" ? { state, reason: "no room" } : { state }
    }),
    state: ({ state }) => state,
    until: ({ state }) => state === "DONE",
    failed: ({ reason, state }) =>
      state === "ERROR" || state === "DIED" ? Option.some({ fault: reason }) : Option.none(),
    jitter: 0,
    ...pace,
    interval: pace.interval ?? "10 seconds",
    timeout: pace.timeout ?? "1 minute"
  }
  return { at, watch }
}

const busy = (count: number) => Array.from({ length: count }, () => "BUSY")

describe("Waiting.until", () => {
  it.effect("polls immediately, and returns without waiting when the state is reached", () =>
    Effect.gen(function* () {
      const { at, watch } = thing(["DONE"])
      assert.deepStrictEqual(yield* Waiting.until(watch), { state: "DONE" })
      assert.deepStrictEqual(at, [0])
    })
  )

  it.effect("polls once per interval, by the Clock", () =>
    Effect.gen(function* () {
      const { at, watch } = thing([...busy(3), "DONE"], { interval: "7 seconds" })
      const waiting = yield* Effect.fork(Waiting.until(watch))
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual(at, [0, 7000, 14_000])
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
      yield* TestClock.adjust("1 seconds")
      assert.strictEqual((yield* Fiber.join(waiting)).state, "DONE")
    })
  )

  it.effect("varies the interval by the jitter in both directions", () =>
    Effect.gen(function* () {
      const { at, watch } = thing([...busy(3), "DONE"], { jitter: 0.2 })
      const waiting = yield* Effect.fork(Waiting.until(watch).pipe(Effect.withRandom(Random.fixed([0, 0.5, 1]))))
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.join(waiting)
      assert.deepStrictEqual(at, [0, 8000, 18_000, 30_000])
    })
  )

  it.effect("varies it by a tenth by default", () =>
    Effect.gen(function* () {
      const { at, watch } = thing([...busy(2), "DONE"])
      const { jitter: _, ...unsaid } = watch
      const waiting = yield* Effect.fork(Waiting.until(unsaid).pipe(Effect.withRandom(Random.fixed([0, 1]))))
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.join(waiting)
      assert.deepStrictEqual(at, [0, 9000, 20_000])
    })
  )

  it.effect("fails immediately in a failed state, with the reason", () =>
    Effect.gen(function* () {
      const { at, watch } = thing(["BUSY", "ERROR", "DONE"])
      const waiting = yield* Effect.fork(Effect.flip(Waiting.until(watch)))
      yield* TestClock.adjust("10 seconds")
      const error = yield* Fiber.join(waiting)
      assert.instanceOf(error, CloudError.ResourceFailed)
      assert.strictEqual(error.state, "ERROR")
      assert.strictEqual(error.fault, "no room")
      assert.strictEqual(error.message, "Cloud.wait: thing-1 is in ERROR: no room")
      assert.strictEqual(at.length, 2)
    })
  )

  it.effect("fails immediately in a failed state, without a reason", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Waiting.until(thing(["DIED"]).watch))
      assert.instanceOf(error, CloudError.ResourceFailed)
      assert.isUndefined(error.fault)
      assert.strictEqual(error.message, "Cloud.wait: thing-1 is in DIED")
    })
  )

  it.effect("polls a last time at the timeout, and then fails with the last state", () =>
    Effect.gen(function* () {
      const { at, watch } = thing(["BUSY", "SLOW"], { timeout: "25 seconds" })
      const waiting = yield* Effect.fork(Effect.flip(Waiting.until(watch)))
      yield* TestClock.adjust("25 seconds")
      const error = yield* Fiber.join(waiting)
      assert.instanceOf(error, CloudError.WaitTimeout)
      assert.strictEqual(error.lastState, "SLOW")
      assert.isTrue(Duration.equals(error.waited, "25 seconds"))
      assert.strictEqual(error.message, "Cloud.wait: thing-1 was still SLOW after 25s")
      assert.deepStrictEqual(at, [0, 10_000, 20_000, 25_000])
    })
  )

  it.effect("ends by the timeout with any jitter, even with a clock of fractional milliseconds", () =>
    Effect.gen(function* () {
      for (const share of [1 / 3, 0.77, 0.123456789, 0.9999]) {
        const { watch } = thing(["BUSY"], { jitter: 0.1 })
        const waiting = yield* Effect.fork(
          Effect.flip(Waiting.until(watch)).pipe(Effect.withRandom(Random.fixed([share, 0.1 + share / 2])))
        )
        yield* TestClock.adjust(Duration.millis(0.1 + share))
        yield* TestClock.adjust("61 seconds")
        assert.isTrue(Option.isSome(yield* Fiber.poll(waiting)))
        assert.instanceOf(yield* Fiber.join(waiting), CloudError.WaitTimeout)
      }
    })
  )

  it.effect("does not spin with an interval of zero", () =>
    Effect.gen(function* () {
      const { at, watch } = thing(["BUSY"], { interval: 0, timeout: "10 millis" })
      const waiting = yield* Effect.fork(Effect.flip(Waiting.until(watch)))
      yield* TestClock.adjust("10 millis")
      assert.instanceOf(yield* Fiber.join(waiting), CloudError.WaitTimeout)
      assert.strictEqual(at.length, 11)
    })
  )

  it.effect("allows the last poll the time that a request takes", () =>
    Effect.gen(function* () {
      const { watch } = thing([...busy(3), "DONE"], { timeout: "25 seconds" })
      const poll = Effect.delay(watch.poll, "800 millis")
      const waiting = yield* Effect.fork(Waiting.until({ ...watch, poll }))
      yield* TestClock.adjust("26 seconds")
      assert.strictEqual((yield* Fiber.join(waiting)).state, "DONE")
    })
  )

  it.effect("succeeds when the last poll at the timeout sees the expected state", () =>
    Effect.gen(function* () {
      const { watch } = thing([...busy(3), "DONE"], { timeout: "25 seconds" })
      const waiting = yield* Effect.fork(Waiting.until(watch))
      yield* TestClock.adjust("25 seconds")
      assert.strictEqual((yield* Fiber.join(waiting)).state, "DONE")
    })
  )

  it.effect("aborts a poll that takes longer than the remaining time", () =>
    Effect.gen(function* () {
      const { watch } = thing(["BUSY"])
      let looks = 0
      const poll = Effect.suspend(() => (looks++ === 0 ? watch.poll : Effect.never))
      const waiting = yield* Effect.fork(Effect.flip(Waiting.until({ ...watch, poll })))
      yield* TestClock.adjust("1 minute")
      const error = yield* Fiber.join(waiting)
      assert.instanceOf(error, CloudError.WaitTimeout)
      assert.strictEqual(error.lastState, "BUSY")
    })
  )

  it.effect("reports when no poll got a response", () =>
    Effect.gen(function* () {
      const { watch } = thing([])
      const waiting = yield* Effect.fork(Effect.flip(Waiting.until({ ...watch, poll: Effect.never })))
      yield* TestClock.adjust("1 minute")
      const error = yield* Fiber.join(waiting)
      assert.instanceOf(error, CloudError.WaitTimeout)
      assert.isUndefined(error.lastState)
      assert.strictEqual(error.message, "Cloud.wait: thing-1 was not seen after 1m")
    })
  )

  it.effect("waits without a limit if configured", () =>
    Effect.gen(function* () {
      const { at, watch } = thing([...busy(100), "DONE"], { timeout: Duration.infinity, interval: "1 hour" })
      const waiting = yield* Effect.fork(Waiting.until(watch))
      yield* TestClock.adjust("99 hours")
      assert.strictEqual(at.length, 100)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Fiber.join(waiting)).state, "DONE")
    })
  )

  it.effect("fails when a poll fails", () =>
    Effect.gen(function* () {
      const { watch } = thing([])
      assert.strictEqual(yield* Effect.flip(Waiting.until({ ...watch, poll: Effect.fail("gone" as const) })), "gone")
    })
  )

  it.effect("stops polling when it is interrupted, even during a poll", () =>
    Effect.gen(function* () {
      const { at, watch } = thing(busy(1))
      const waiting = yield* Effect.fork(Waiting.until(watch))
      yield* TestClock.adjust("15 seconds")
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(waiting)))
      let interrupted = false
      const poll = Effect.onInterrupt(Effect.never, () =>
        Effect.sync(() => {
          interrupted = true
        })
      )
      const looking = yield* Effect.fork(Waiting.until({ ...watch, poll }))
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.interrupt(looking)
      assert.isTrue(interrupted)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(at.length, 2)
    })
  )

  it.effect("can run again, with its timeout restarted", () =>
    Effect.gen(function* () {
      const { at, watch } = thing(busy(1), { timeout: "10 seconds" })
      const wait = Effect.flip(Waiting.until(watch))
      for (let round = 1; round <= 2; round++) {
        const waiting = yield* Effect.fork(wait)
        yield* TestClock.adjust("10 seconds")
        assert.instanceOf(yield* Fiber.join(waiting), CloudError.WaitTimeout)
        assert.strictEqual(at.length, 2 * round)
      }
    })
  )
})

describe("Waiting.until: a poll that fails", () => {
  const refusal = {
    service: "Cloud",
    operation: "Cloud.get",
    message: "it failed",
    status: 503,
    method: "GET",
    url: "https://x.test"
  }
  const transport = (reason: CloudError.TransportError["reason"]) =>
    new CloudError.TransportError({ ...refusal, reason })
  const login = (reason: CloudError.AuthenticationFailed["reason"]) =>
    new CloudError.AuthenticationFailed({
      service: "Identity",
      operation: "Identity.authenticate",
      message: "m",
      reason
    })
  const unreadable = new CloudError.MalformedResponse({ ...refusal, status: 200, path: ".", expected: "JSON" })
  const notFound = new CloudError.NotFound({ ...refusal, status: 404 })

  /** A wait whose polls fail with these errors, one after the other; then it succeeds. */
  const failing = (
    polls: ReadonlyArray<CloudError.CloudError | string>,
    more: Partial<Waiting.Watch<Seen, never, never>> = {}
  ) => {
    const { watch } = thing([])
    const at: Array<number> = []
    const poll = Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const next = polls[at.push(now) - 1] ?? "DONE"
      return typeof next === "string" ? Effect.succeed({ state: next }) : Effect.fail(next)
    })
    return { at, wait: Waiting.until({ ...watch, ...more, poll }) }
  }

  const passing: ReadonlyArray<CloudError.CloudError> = [
    new CloudError.ServiceUnavailable(refusal),
    new CloudError.OverLimit({ ...refusal, status: 429 }),
    new CloudError.UnexpectedStatus({ ...refusal, status: 500, body: "" }),
    new CloudError.UnexpectedStatus({ ...refusal, status: 302, body: "" }),
    transport("connect"),
    transport("timeout"),
    transport("body"),
    unreadable,
    login("unreachable"),
    login("locked")
  ]

  for (const error of passing) {
    const kind = "reason" in error ? error.reason : "status" in error ? error.status : ""
    it.effect(`is retried after ${error._tag} ${kind}`, () =>
      Effect.gen(function* () {
        const { at, wait } = failing(["BUSY", error, error, "BUSY", error])
        const waiting = yield* Effect.fork(wait)
        yield* TestClock.adjust("50 seconds")
        assert.strictEqual((yield* Fiber.join(waiting)).state, "DONE")
        assert.deepStrictEqual(at, [0, 10_000, 20_000, 30_000, 40_000, 50_000])
      })
    )
  }

  const final: ReadonlyArray<CloudError.CloudError> = [
    new CloudError.Unauthorized({ ...refusal, status: 401, login: 2 }),
    new CloudError.Forbidden({ ...refusal, status: 403 }),
    new CloudError.BadRequest({ ...refusal, status: 400 }),
    notFound,
    new CloudError.UnexpectedStatus({ ...refusal, status: 405, body: "" }),
    new CloudError.InvalidInput({ ...refusal, issues: [] }),
    new CloudError.EndpointNotFound({ ...refusal, available: [] }),
    transport("invalidUrl"),
    login("refused"),
    login("notRenewable")
  ]

  for (const error of final) {
    const kind = "reason" in error ? error.reason : "status" in error ? error.status : ""
    it.effect(`ends the wait with ${error._tag} ${kind}`, () =>
      Effect.gen(function* () {
        const { at, wait } = failing(["BUSY", error])
        const waiting = yield* Effect.fork(Effect.flip(wait))
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual(yield* Fiber.join(waiting), error)
        assert.strictEqual(at.length, 2)
      })
    )
  }

  it.effect("is named in WaitTimeout", () =>
    Effect.gen(function* () {
      const error = new CloudError.ServiceUnavailable(refusal)
      const { wait } = failing(["BUSY", ...Array.from({ length: 9 }, () => error)])
      const waiting = yield* Effect.fork(Effect.flip(wait))
      yield* TestClock.adjust("1 minute")
      const late = yield* Fiber.join(waiting)
      assert.instanceOf(late, CloudError.WaitTimeout)
      assert.strictEqual(late.message, "Cloud.wait: thing-1 was still BUSY after 1m; the last poll failed: it failed")
    })
  )

  it.effect("is retried no sooner than the cloud asks", () =>
    Effect.gen(function* () {
      const error = new CloudError.OverLimit({ ...refusal, status: 429, retryAfter: Duration.seconds(25) })
      const { at, wait } = failing([error])
      const waiting = yield* Effect.fork(wait)
      yield* TestClock.adjust("25 seconds")
      yield* Fiber.join(waiting)
      assert.deepStrictEqual(at, [0, 25_000])
    })
  )

  it.effect("ends the wait if the responses stay malformed", () =>
    Effect.gen(function* () {
      const { at, wait } = failing(
        Array.from({ length: 100 }, () => unreadable),
        { timeout: "1 hour" }
      )
      const waiting = yield* Effect.fork(Effect.flip(wait))
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* Fiber.join(waiting), unreadable)
      assert.strictEqual(at.length, 11)
    })
  )

  it.effect("is retried if the resource is not found after it was created, but not once it was seen", () =>
    Effect.gen(function* () {
      const created = yield* Clock.currentTimeMillis
      const { wait } = failing([notFound, notFound, notFound, "BUSY"], { created })
      const waiting = yield* Effect.fork(wait)
      yield* TestClock.adjust("40 seconds")
      assert.strictEqual((yield* Fiber.join(waiting)).state, "DONE")
      const gone = failing([notFound, "BUSY", notFound], { created: yield* Clock.currentTimeMillis })
      const going = yield* Effect.fork(Effect.flip(gone.wait))
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(yield* Fiber.join(going), notFound)
    })
  )

  it.effect("ends the wait if the resource was created long ago and is not found", () =>
    Effect.gen(function* () {
      const created = yield* Clock.currentTimeMillis
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* Effect.flip(failing([notFound], { created }).wait), notFound)
    })
  )
})

describe("Waiting.watch", () => {
  it.effect("emits what each poll saw, including the last", () =>
    Effect.gen(function* () {
      const { watch } = thing(["NEW", "BUSY", "BUSY", "DONE"])
      const watching = yield* Effect.fork(Stream.runCollect(Waiting.watch(watch)))
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(
        Chunk.toReadonlyArray(yield* Fiber.join(watching)).map(({ state }) => state),
        ["NEW", "BUSY", "BUSY", "DONE"]
      )
    })
  )

  it.effect("emits each poll as it is made, not all at the end", () =>
    Effect.gen(function* () {
      const { watch } = thing(["NEW", "BUSY", "DONE"])
      const seen: Array<string> = []
      const watching = yield* Waiting.watch(watch).pipe(
        Stream.runForEach(({ state }) => Effect.sync(() => seen.push(state))),
        Effect.fork
      )
      yield* TestClock.adjust("1 seconds")
      assert.deepStrictEqual(seen, ["NEW"])
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual(seen, ["NEW", "BUSY"])
      yield* Fiber.interrupt(watching)
    })
  )

  it.effect("stops polling when enough was taken", () =>
    Effect.gen(function* () {
      const { at, watch } = thing(busy(1))
      const watching = yield* Effect.fork(Stream.runDrain(Stream.take(Waiting.watch(watch), 2)))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(watching)
      assert.strictEqual(at.length, 2)
    })
  )
})
