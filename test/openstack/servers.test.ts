import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { CloudServers, OpenStack } from "effect-rackspace"
import { freshName } from "../contract/Cloud.js"
import { failure } from "../contract/support.js"
import { admin, alt, demo, stack } from "./support.js"

const pace = { interval: "250 millis", timeout: "150 seconds" } as const

const on =
  (credentials: typeof demo, microversion?: string) =>
  <A, E>(program: Effect.Effect<A, E, CloudServers.CloudServers>) =>
    program.pipe(
      Effect.provide(OpenStack.layer({ credentials, microversions: { CloudServers: microversion } })),
      Effect.provide(NodeHttpClient.layerUndici)
    )

const small = () => ({ name: freshName("server"), imageId: stack.image_id, flavorId: "1" })

/** Creates a server, uses it, and deletes it. */
const withServer = <A, E>(
  input: Parameters<CloudServers.Service["create"]>[0],
  use: (serverId: string) => Effect.Effect<A, E, CloudServers.CloudServers>
) =>
  Effect.acquireUseRelease(
    Effect.flatMap(CloudServers.CloudServers, (servers) => servers.create(input)),
    ({ id }) => use(id),
    ({ id: serverId }) =>
      Effect.flatMap(CloudServers.CloudServers, (servers) =>
        Effect.ignore(Effect.zipRight(servers.delete({ serverId }), servers.waitUntilDeleted({ serverId, ...pace })))
      )
  )

describe("Nova's microversions", () => {
  it.live("a newer one returns more fields of a server, and requires more to create one", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      assert.strictEqual(yield* failure(servers.create(small())), "BadRequest")
      yield* withServer({ ...small(), networks: "none" }, (serverId) =>
        Effect.gen(function* () {
          const server = yield* servers.waitUntilActive({ serverId, ...pace })
          assert.deepStrictEqual(
            [server.flavorName, server.locked, server.tags, server.flavorId],
            ["m1.tiny", false, [], undefined]
          )
          assert.deepStrictEqual(server.addresses, {})
          const { imageId } = yield* servers.createImage({ serverId, name: freshName("image") })
          assert.match(imageId, /^[0-9a-f-]{36}$/)
          yield* servers.waitUntilActive({ serverId, ...pace })
        })
      )
      assert.strictEqual(yield* failure(servers.getImage({ imageId: stack.image_id })), "InvalidInput")
    }).pipe(on(demo, "2.79"))
  )

  it.live("networks are chosen by the cloud, or by name", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      for (const networks of ["auto", [{ networkId: stack.network_id }]] as const) {
        yield* withServer({ ...small(), networks }, (serverId) =>
          Effect.gen(function* () {
            const { addresses } = yield* servers.waitUntilActive({ serverId, ...pace })
            assert.deepStrictEqual(Object.keys(addresses), ["demo-net"])
          })
        )
      }
    }).pipe(on(demo, "2.37"))
  )

  it.live("the newest works, and an unknown one is rejected", () =>
    Effect.gen(function* () {
      const limits = Effect.flatMap(CloudServers.CloudServers, (servers) => servers.getLimits())
      yield* limits.pipe(on(demo, "latest"))
      assert.strictEqual(yield* failure(limits.pipe(on(demo, "2.9999"))), "UnexpectedStatus")
    })
  )
})

describe("requests that Nova rejects", () => {
  it.live("another user's server is NotFound; operations of administrators are Forbidden", () =>
    withServer(small(), (serverId) =>
      Effect.gen(function* () {
        const servers = yield* CloudServers.CloudServers
        yield* servers.waitUntilActive({ serverId, ...pace })
        const others = Effect.flatMap(CloudServers.CloudServers, (theirs) => theirs.get({ serverId }))
        assert.strictEqual(yield* failure(others.pipe(on(alt))), "NotFound")
        assert.strictEqual((yield* others.pipe(on(admin))).id, serverId)
        assert.strictEqual(yield* failure(servers.migrate({ serverId })), "Forbidden")
      })
    ).pipe(on(demo))
  )

  it.live("a server that an administrator has locked cannot be changed by its owner", () =>
    withServer(small(), (serverId) =>
      Effect.gen(function* () {
        const servers = yield* CloudServers.CloudServers
        yield* servers.waitUntilActive({ serverId, ...pace })
        const lock = Effect.flatMap(CloudServers.CloudServers, (theirs) => theirs.lock({ serverId }))
        yield* lock.pipe(on(admin))
        assert.strictEqual(yield* failure(servers.reboot({ serverId })), "Conflict")
        assert.strictEqual(yield* failure(servers.unlock({ serverId })), "Forbidden")
        const unlock = Effect.flatMap(CloudServers.CloudServers, (theirs) => theirs.unlock({ serverId }))
        yield* unlock.pipe(on(admin))
        yield* servers.reboot({ serverId })
        yield* servers.waitUntilActive({ serverId, ...pace })
      })
    ).pipe(on(demo))
  )

  it.live("more than the quota allows", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const error = yield* Effect.flip(servers.create({ ...small(), flavorId: "10" }))
      assert.strictEqual(error._tag, "QuotaExceeded")
      assert.match(error.message, /Quota exceeded for ram/)
    }).pipe(on(demo))
  )

  it.live("the error for an invalid password does not contain the password", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const adminPassword = Redacted.make("s3cr3t-in-a-wrong-request")
      // Nova's own message quotes the whole body.
      const error = yield* Effect.flip(servers.create({ ...small(), adminPassword, metadata: { "a\u0000": "b" } }))
      assert.notInclude(JSON.stringify([error, String(error)]), "s3cr3t-in-a-wrong-request")
    }).pipe(on(demo))
  )
})

describe("flavors", () => {
  it.live("may have no extra specifications", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      assert.deepStrictEqual(yield* servers.listFlavorExtraSpecs({ flavorId: "1" }), {})
    }).pipe(on(demo))
  )
})

describe("features of Rackspace that OpenStack lacks", () => {
  it.live("are NotFound, or gone", () =>
    withServer(small(), (serverId) =>
      Effect.gen(function* () {
        const servers = yield* CloudServers.CloudServers
        yield* servers.waitUntilActive({ serverId, ...pace })
        assert.strictEqual(yield* failure(servers.listVirtualInterfaces({ serverId })), "NotFound")
        assert.strictEqual(yield* failure(servers.listIpAssociations({ serverId })), "NotFound")
        assert.strictEqual(yield* failure(servers.setImageSchedule({ serverId, retention: 1 })), "NotFound")
        // Nor is there a schedule of an existing server.
        assert.isTrue(Option.isNone(yield* servers.getImageSchedule({ serverId })))
        const gone = yield* Effect.flip(servers.resetNetwork({ serverId }))
        assert.strictEqual(gone._tag === "NotFound" ? gone.status : undefined, 410)
        // There is no proxy for them here.
        assert.strictEqual(yield* failure(servers.getConsole({ serverId })), "BadRequest")
      })
    ).pipe(on(demo))
  )
})
