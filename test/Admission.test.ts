import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as TestCloud from "../src/layers/TestCloud.js"
import * as CloudFiles from "../src/services/CloudFiles.js"
import { eventually, httpServer, patterned, requestsOf, servicesAt } from "./support.js"

describe("Concurrent requests", () => {
  it.scopedLive("never exceed the service's limit, with 1,000 fibers", () =>
    Effect.gen(function* () {
      let inFlight = 0
      let most = 0
      const { url } = yield* httpServer((_, response) => {
        most = Math.max(most, ++inFlight)
        setTimeout(() => {
          inFlight--
          response.writeHead(204).end()
        }, 1)
      })
      yield* Effect.flatMap(CloudFiles.CloudFiles, (files) =>
        Effect.all(
          Array.from({ length: 1000 }, () => files.getContainer({ container: "c" })),
          { concurrency: "unbounded" }
        )
      ).pipe(Effect.provide(servicesAt(url, NodeHttpClient.layerUndici, { maxConcurrentRequests: 8 })))
      assert.isAtMost(most, 8)
      assert.isAtLeast(most, 2)
    })
  )

  it.effect("read their token when they are sent, so that none is rejected as expired", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const files = yield* CloudFiles.CloudFiles
      // 200 requests of one second, 8 at a time, take 25 seconds; a token is valid for 10 seconds.
      yield* cloud.fail({
        match: { service: "files" },
        times: Infinity,
        fault: { _tag: "Delay", duration: "1 second" }
      })
      const all = yield* Effect.fork(
        Effect.all(
          Array.from({ length: 200 }, () => files.listContainersPage()),
          { concurrency: "unbounded" }
        )
      )
      yield* TestClock.adjust("40 seconds")
      assert.lengthOf(yield* Fiber.join(all), 200)
      assert.lengthOf(
        (yield* requestsOf("files")).filter(({ status }) => status === 401),
        0
      )
      assert.isAtMost((yield* cloud.logins).succeeded, 5)
    }).pipe(Effect.provide(TestCloud.layer({ maxConcurrentRequests: 8, cloud: { tokenTtl: Duration.seconds(10) } })))
  )

  it.effect("for uploads that wait for each other do not deadlock", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({ container: "c" })
      // Each upload but the last continues when the next one has begun.
      const begun = yield* Effect.all(Array.from({ length: 5 }, () => Deferred.make<void>()))
      const body = (index: number) => {
        const next = begun[index + 1]
        return Stream.concat(
          Stream.fromEffect(Effect.as(Deferred.succeed(begun[index]!, undefined), patterned(8))),
          next === undefined ? Stream.empty : Stream.drain(Stream.fromEffect(Deferred.await(next)))
        )
      }
      const all = yield* Effect.fork(
        Effect.all(
          begun.map((_, index) =>
            files.upload({
              container: "c",
              object: `o${index}`,
              body: CloudFiles.fromStream(body(index), { length: 8 })
            })
          ),
          { concurrency: "unbounded" }
        )
      )
      yield* TestClock.adjust("10 seconds")
      assert.lengthOf(yield* Fiber.join(all), 5)
    }).pipe(Effect.provide(TestCloud.layer({ maxConcurrentRequests: 1 })))
  )

  it.scopedLive("release their slots when they are interrupted, while waiting and while in flight", () =>
    Effect.gen(function* () {
      let received = 0
      let responses = false
      const { url } = yield* httpServer((_, response) => {
        received++
        if (responses) response.writeHead(204).end()
      })
      yield* Effect.gen(function* () {
        const files = yield* CloudFiles.CloudFiles
        const call = files.getContainer({ container: "c" })
        const fibers = yield* Effect.all(Array.from({ length: 100 }, () => Effect.fork(call)))
        yield* eventually("the first requests arrive", () => received === 4)
        yield* Fiber.interruptAll(fibers.slice(50))
        yield* Fiber.interruptAll(fibers)
        responses = true
        yield* Effect.all(
          Array.from({ length: 20 }, () => call),
          { concurrency: "unbounded" }
        )
      }).pipe(Effect.provide(servicesAt(url, NodeHttpClient.layerUndici, { maxConcurrentRequests: 4 })))
    })
  )
})
