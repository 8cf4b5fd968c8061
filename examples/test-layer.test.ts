/**
 * Tests a program: its services run on an emulated cloud, without further changes, and TestClock makes the server's build take no
 * time.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Layer, TestClock } from "effect"
import { CloudError, CloudFiles, CloudServers, TestCloud } from "effect-rackspace"

/** The program, which is independent of tests. */
const boot = (name: string) =>
  Effect.gen(function* () {
    const servers = yield* CloudServers.CloudServers
    const created = yield* servers.create({
      name,
      imageId: "09de0a66-3156-48b4-90a5-1cf25a905207",
      flavorId: "general1-1"
    })
    return yield* servers.waitUntilActive({ serverId: created.id })
  })

it.layer(TestCloud.layer())("a server on the emulated cloud", (it) => {
  it.effect("becomes ACTIVE when the clock is adjusted", () =>
    Effect.gen(function* () {
      const booting = yield* Effect.fork(boot("web-1"))
      yield* TestClock.adjust("30 minutes")
      const server = yield* Fiber.join(booting)
      assert.strictEqual(server.status, "ACTIVE")
    })
  )

  it.effect("is accessible after the token has expired", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const servers = yield* CloudServers.CloudServers
      yield* cloud.expireAllTokens
      yield* cloud.clearRequests
      yield* servers.getLimits()
      assert.deepStrictEqual(yield* cloud.logins, { succeeded: 1, refused: 0 })
    })
  )

  it.effect("fails with the cloud's error", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      yield* cloud.fail({ match: { service: "servers", method: "POST" }, fault: { _tag: "Status", status: 503 } })
      const error = yield* Effect.flip(boot("web-2"))
      assert.instanceOf(error, CloudError.ServiceUnavailable)
    })
  )
})

/** A whole service can be replaced as well, by the methods that the program uses. */
const emptyStore = Layer.mock(CloudFiles.CloudFiles, {
  getAccount: () => Effect.succeed({ containerCount: 0, objectCount: 0, bytesUsed: 0, metadata: {} })
})

it.effect("a service can be replaced by a mock", () =>
  Effect.gen(function* () {
    const files = yield* CloudFiles.CloudFiles
    const account = yield* files.getAccount()
    assert.strictEqual(account.objectCount, 0)
  }).pipe(Effect.provide(emptyStore))
)
