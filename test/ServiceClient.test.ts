import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { type CloudClient, CloudBigData, CloudLoadBalancers, CloudServers, Endpoint, TestCloud } from "effect-rackspace"

/** An operation that a program defines itself, which reads the name of a resource. */
const nameOf = (client: CloudClient.CloudClient, path: `/${string}/{id}`, key: string) =>
  Endpoint.method(
    client,
    Endpoint.named(
      `${client.service}.nameOf`,
      Endpoint.make("GET", path, {
        success: Endpoint.json(Endpoint.enveloped(key, Schema.Struct({ name: Schema.String }))),
        errors: ["NotFound"]
      })
    )
  )

describe("the client of a service", () => {
  it.effect("sends operations that the library does not have", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const servers = yield* (yield* CloudServers.CloudServers).client
      const balancers = yield* (yield* CloudLoadBalancers.CloudLoadBalancers).client
      const bigData = yield* (yield* CloudBigData.CloudBigData).client
      const server = yield* cloud.servers.seedServer({ name: "web-1" })
      const balancer = yield* cloud.loadBalancers.seedLoadBalancer({ name: "front" })
      const cluster = yield* cloud.bigData.seedCluster({ name: "numbers" })
      assert.deepStrictEqual(
        yield* Effect.all([
          nameOf(servers, "/servers/{id}", "server")({ id: server }),
          nameOf(balancers, "/loadbalancers/{id}", "loadBalancer")({ id: balancer }),
          nameOf(bigData, "/clusters/{id}", "cluster")({ id: cluster })
        ]),
        [{ name: "web-1" }, { name: "front" }, { name: "numbers" }]
      )
      const error = yield* Effect.flip(nameOf(servers, "/servers/{id}", "server")({ id: "none" }))
      assert.deepStrictEqual([error._tag, error.operation], ["NotFound", "CloudServers.nameOf"])
      const wrong = yield* Effect.flip(nameOf(servers, "/servers/{id}", "server")({ id: "" }))
      assert.strictEqual(wrong._tag, "InvalidInput")
    }).pipe(Effect.provide(TestCloud.layer()))
  )
})
