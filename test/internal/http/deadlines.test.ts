import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { type Watched, watchdogOf } from "../../../src/internal/http/deadlines.js"
import { pause } from "../../support.js"

const watched = (deadline: number, expired: Array<string>, name: string) => {
  const one = {
    deadline,
    expire: () => {
      expired.push(name)
    }
  }
  return one satisfies Watched
}

describe("the watchdog of a Clock", () => {
  it.effect("expires each deadline once, when it is due, unless it was removed", () =>
    Effect.gen(function* () {
      const watchdog = watchdogOf(yield* Effect.clock)
      const expired: Array<string> = []
      const late = watched(60_000, expired, "late")
      const gone = watched(20_000, expired, "gone")
      watchdog.add(late)
      watchdog.add(gone)
      watchdog.add(watched(10_000, expired, "early"))
      watchdog.remove(gone)
      yield* pause()
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual(expired, [])
      yield* TestClock.adjust("2 seconds")
      yield* pause()
      assert.deepStrictEqual(expired, ["early"])
      yield* TestClock.adjust("2 minutes")
      yield* pause()
      assert.deepStrictEqual(expired, ["early", "late"])
    })
  )

  it.effect("respects a deadline that was postponed, and one that was moved forward when it is rescheduled", () =>
    Effect.gen(function* () {
      const watchdog = watchdogOf(yield* Effect.clock)
      const expired: Array<string> = []
      const away = watched(10_000, expired, "away")
      const nearer = watched(Infinity, expired, "nearer")
      watchdog.add(away)
      watchdog.add(nearer)
      away.deadline = 30_000
      yield* pause()
      yield* TestClock.adjust("15 seconds")
      yield* pause()
      assert.deepStrictEqual(expired, [])
      nearer.deadline = 16_000
      watchdog.reschedule(nearer)
      yield* pause()
      yield* TestClock.adjust("2 seconds")
      yield* pause()
      assert.deepStrictEqual(expired, ["nearer"])
      yield* TestClock.adjust("20 seconds")
      yield* pause()
      assert.deepStrictEqual(expired, ["nearer", "away"])
    })
  )

  it.effect("starts no further sleep when there are no deadlines left", () =>
    Effect.gen(function* () {
      const watchdog = watchdogOf(yield* Effect.clock)
      const one = watched(60_000, [], "one")
      watchdog.add(one)
      yield* pause()
      assert.lengthOf(yield* TestClock.sleeps(), 1)
      watchdog.remove(one)
      yield* pause(20)
      const left = yield* TestClock.sleeps()
      watchdog.add(one)
      yield* pause()
      // The test clock still lists the interrupted sleep, but no other one.
      assert.isAtMost(
        (yield* TestClock.sleeps()).pipe((all) => [...all].length),
        [...left].length + 1
      )
      watchdog.remove(one)
    })
  )
})
