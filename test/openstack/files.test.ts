import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schedule, Stream } from "effect"
import { CloudFiles, type Credentials, Identity, OpenStack } from "effect-rackspace"
import { exchange, freshName } from "../contract/Cloud.js"
import { failure } from "../contract/support.js"
import { textOf } from "../support.js"
import { alt, demo, on, stack, swiftKey } from "./support.js"

/** Cloud Files as another user sees an account. */
const as = (credentials: Credentials.Credentials, endpoint: string) =>
  Effect.flatMap(Layer.build(OpenStack.layer({ credentials, endpoints: { CloudFiles: endpoint } })), (context) =>
    Effect.provide(CloudFiles.CloudFiles, context)
  )

const container = Effect.acquireRelease(
  Effect.gen(function* () {
    const files = yield* CloudFiles.CloudFiles
    const name = freshName("acl")
    yield* files.createContainer({ container: name })
    yield* files.upload({ container: name, object: "o", body: CloudFiles.fromString("content") })
    return name
  }),
  (name) =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* Stream.runForEach(files.listObjects({ container: name }), ({ name: object }) =>
        files.deleteObject({ container: name, object })
      )
      yield* Effect.retry(files.deleteContainer({ container: name }), {
        times: 5,
        schedule: Schedule.spaced("500 millis")
      })
    }).pipe(Effect.orDie)
)

/** Access lists name users in the format of the identity service. */
const owners = [
  ["Keystone's users", demo, alt, `${stack.alt.project_id}:${stack.alt.user_id}`],
  ["Swift's own users", swiftKey(stack.tempauth), swiftKey(stack.tempauth_other), "test:tester3"]
] as const

for (const [who, owner, stranger, name] of owners) {
  describe(`access lists, ${who}`, () => {
    it.live("no other user reads or writes until the list names them", () =>
      Effect.gen(function* () {
        const files = yield* CloudFiles.CloudFiles
        const own = yield* container
        const others = yield* as(stranger, yield* files.endpointUrl)
        const read = textOf(others.download({ container: own, object: "o" }))
        const write = others.upload({ container: own, object: "theirs", body: CloudFiles.fromString("x") })
        assert.deepStrictEqual([yield* failure(read), yield* failure(write)], ["Forbidden", "Forbidden"])
        yield* files.updateContainer({ container: own, readAcl: name })
        assert.strictEqual((yield* files.getContainer({ container: own })).readAcl, name)
        // Proxies cache a container for a second.
        const soon = { times: 10, schedule: Schedule.spaced("300 millis") }
        assert.strictEqual(yield* Effect.retry(read, soon), "content")
        assert.strictEqual(yield* failure(write), "Forbidden")
        yield* files.updateContainer({ container: own, writeAcl: name })
        yield* Effect.retry(write, soon)
      }).pipe(Effect.scoped, Effect.provide(on(owner)), Effect.provide(NodeHttpClient.layerUndici))
    )

    it.live("anyone reads if the list permits it, and lists if it permits that too", () =>
      Effect.gen(function* () {
        const files = yield* CloudFiles.CloudFiles
        const own = yield* container
        const base = yield* files.endpointUrl
        const anonymous = (path: string) =>
          Effect.map(exchange(`${base}/${own}${path}`, { method: "GET" }), ({ status }) => status)
        assert.strictEqual(yield* anonymous("/o"), 401)
        yield* files.updateContainer({ container: own, readAcl: ".r:*" })
        yield* Effect.sleep("1500 millis")
        assert.deepStrictEqual([yield* anonymous("/o"), yield* anonymous("")], [200, 401])
        yield* files.updateContainer({ container: own, readAcl: ".r:*,.rlistings" })
        yield* Effect.sleep("1500 millis")
        assert.deepStrictEqual([yield* anonymous("/o"), yield* anonymous("")], [200, 200])
      }).pipe(Effect.scoped, Effect.provide(on(owner)), Effect.provide(NodeHttpClient.layerUndici))
    )
  })
}

describe("requests that Swift rejects", () => {
  it.live("an invalid access list, and data beyond the account's quota", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const own = yield* container
      assert.strictEqual(
        yield* failure(files.updateContainer({ container: own, readAcl: ".nonsense:x" })),
        "BadRequest"
      )
      assert.strictEqual(yield* failure(files.updateContainer({ container: own, writeAcl: ".r:*" })), "BadRequest")
      const reseller = yield* as(swiftKey(stack.tempauth_admin), yield* files.endpointUrl)
      yield* Effect.acquireRelease(reseller.updateAccount({ metadata: { "Quota-Bytes": "1" } }), () =>
        Effect.orDie(reseller.updateAccount({ remove: ["Quota-Bytes"] }))
      )
      yield* Effect.sleep("1500 millis")
      // More than the quota by itself: other data is counted with a delay.
      const upload = files.upload({ container: own, object: "more", body: CloudFiles.fromString("xx") })
      assert.strictEqual(yield* failure(upload), "QuotaExceeded")
      // An account's owner may not change its quota.
      assert.strictEqual(yield* failure(files.updateAccount({ metadata: { "Quota-Bytes": "2" } })), "Forbidden")
      yield* reseller.updateAccount({ remove: ["Quota-Bytes"] })
      yield* Effect.retry(upload, { times: 10, schedule: Schedule.spaced("300 millis") })
    }).pipe(Effect.scoped, Effect.provide(on(swiftKey(stack.tempauth))), Effect.provide(NodeHttpClient.layerUndici))
  )
})

describe("errors of Swift", () => {
  it.live("contain the transaction ID, and not the token", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const own = yield* container
      const error = yield* Effect.flip(files.getObjectInfo({ container: own, object: "none" }))
      assert.strictEqual(error._tag, "NotFound")
      assert.match("requestId" in error ? String(error.requestId) : "", /^tx[0-9a-f]+/)
      const { token } = yield* Effect.flatMap(Identity.TokenRef, (tokens) => tokens.get)
      assert.notInclude(JSON.stringify(error), Redacted.value(token))
    }).pipe(Effect.scoped, Effect.provide(on(demo)), Effect.provide(NodeHttpClient.layerUndici))
  )
})
