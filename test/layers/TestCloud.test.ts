import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import * as Struct from "effect/Struct"
import * as Credentials from "../../src/Credentials.js"
import type { Fault } from "../../src/emulator/Fault.js"
import * as Identity from "../../src/Identity.js"
import type * as Rackspace from "../../src/layers/Rackspace.js"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as CloudBigData from "../../src/services/CloudBigData.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import * as CloudLoadBalancers from "../../src/services/CloudLoadBalancers.js"
import * as CloudServers from "../../src/services/CloudServers.js"

/** A request to each service, which is retried after failures. */
const requests = {
  servers: Effect.flatMap(CloudServers.CloudServers, (servers) => servers.getLimits()),
  files: Effect.flatMap(CloudFiles.CloudFiles, (files) => Stream.runCollect(files.listContainers())),
  loadbalancers: Effect.flatMap(CloudLoadBalancers.CloudLoadBalancers, (balancers) =>
    Stream.runCollect(balancers.list())
  ),
  bigdata: Effect.flatMap(CloudBigData.CloudBigData, (bigData) => bigData.getLimits()),
  identity: Effect.flatMap(Identity.TokenRef, (tokens) => tokens.reauthenticate)
}

/** Faults that the default policy retries after a delay, and how many requests see them. */
const faults: ReadonlyArray<readonly [name: string, fault: Fault]> = [
  ["503", { _tag: "Status", status: 503 }],
  ["503 with Retry-After", { _tag: "Status", status: 503, headers: { "Retry-After": "30" } }],
  ["429", { _tag: "Status", status: 429 }],
  ["429 with Retry-After: 0", { _tag: "Status", status: 429, headers: { "Retry-After": "0" } }],
  ["429 with Retry-After", { _tag: "Status", status: 429, headers: { "Retry-After": "30" } }],
  ["a connection that breaks", { _tag: "Cut" }]
]

describe("TestCloud.layer with a TestClock that is not adjusted", () => {
  for (const service of Struct.keys(requests)) {
    const request = requests[service]
    for (const [name, fault] of faults) {
      for (const times of [1, Infinity]) {
        it.effect(`retries a request to ${service} without delay: ${name}, ${times} times`, () =>
          Effect.gen(function* () {
            const cloud = yield* TestCloud.TestCloud
            yield* cloud.fail({ match: { service }, times, fault })
            const exit = yield* Effect.exit<unknown, unknown, Rackspace.Services | Identity.TokenRef>(request)
            const isDelayed = name.endsWith("with Retry-After")
            assert.strictEqual(Exit.isSuccess(exit), times === 1 && !isDelayed)
          }).pipe(Effect.provide(TestCloud.layer()))
        )
      }
    }
  }

  it.effect("retries the first login without delay", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      yield* cloud.fail({ match: { service: "identity" }, fault: { _tag: "Status", status: 503 } })
      const { apiKey, username } = cloud.credentials
      const credentials = Credentials.apiKey({ authUrl: cloud.authUrl, username, apiKey })
      const login = Identity.token.pipe(
        Effect.provide(Identity.layer({ credentials, retry: TestCloud.retryWithoutDelay }))
      )
      assert.isDefined(yield* login)
    }).pipe(Effect.provide(TestCloud.layerCloud()))
  )
})

describe("the service of an injected fault", () => {
  for (const [service, names] of Object.entries({
    servers: ["CloudServers", "servers"],
    files: ["CloudFiles", "files"],
    loadbalancers: ["CloudLoadBalancers", "loadbalancers"],
    bigdata: ["CloudBigData", "bigdata"],
    identity: ["Identity", "identity"]
  } as const)) {
    for (const name of names) {
      it.effect(`${name} is the service of requests to ${service}`, () =>
        Effect.gen(function* () {
          const cloud = yield* TestCloud.TestCloud
          yield* cloud.fail({ match: { service: name }, times: Infinity, fault: { _tag: "Status", status: 403 } })
          for (const other of Struct.keys(requests)) {
            const exit = yield* Effect.exit<unknown, unknown, Rackspace.Services | Identity.TokenRef>(requests[other])
            assert.strictEqual(Exit.isFailure(exit), other === service, other)
          }
        }).pipe(Effect.provide(TestCloud.layer()))
      )
    }
  }

  it("has only known names", () => {
    // @ts-expect-error: the name is misspelt
    const match: TestCloud.FaultMatch = { service: "CloudServer" }
    assert.isDefined(match)
  })
})
