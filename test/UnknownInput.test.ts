import { assert, describe, it } from "@effect/vitest"
import { Cause, Chunk, Effect, Exit, Option, Redacted, Stream } from "effect"
import { CloudBigData, CloudError, CloudFiles, CloudLoadBalancers, CloudServers, TestCloud } from "effect-rackspace"
import { collected } from "./support.js"

type AnyResult = Effect.Effect<unknown, unknown> | Stream.Stream<unknown, unknown>

/** What an operation rejects, and that it does so before any request. */
const refusalOf = (operation: string, result: AnyResult): Effect.Effect<CloudError.InvalidInput> =>
  Effect.map(Effect.exit(Stream.runDrain(result)), (exit) => {
    const failure = Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : Option.none()
    if (Option.isSome(failure) && failure.value instanceof CloudError.InvalidInput) return failure.value
    return assert.fail(`${operation}: ${String(exit)}`)
  })

const services = Effect.all({
  CloudServers: CloudServers.CloudServers,
  CloudFiles: CloudFiles.CloudFiles,
  CloudLoadBalancers: CloudLoadBalancers.CloudLoadBalancers,
  CloudBigData: CloudBigData.CloudBigData
})

/** Input that TypeScript does not allow: from JSON or JavaScript. */
const untyped = (input: unknown): never => input as never

const pathsOf = (error: CloudError.InvalidInput) => error.issues.map(({ path }) => path)

describe("input with unknown fields", () => {
  it.effect("is rejected by name in every operation of every service, before any request", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      let operations = 0
      for (const [service, methods] of Object.entries(yield* services)) {
        for (const [name, method] of Object.entries<unknown>({ ...methods })) {
          if (typeof method !== "function" || name === "getCapabilities") continue
          const error = yield* refusalOf(`${service}.${name}`, method({ bogus: 1 }) as AnyResult)
          // An operation that the microversion does not have is rejected as a whole.
          if (!pathsOf(error).includes("microversion")) assert.include(error.message, "bogus", `${service}.${name}`)
          operations++
        }
      }
      assert.isAbove(operations, 200)
      assert.deepStrictEqual(
        (yield* cloud.requests).filter(({ service }) => service !== "identity"),
        []
      )
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("is rejected with its path at any depth", () =>
    Effect.gen(function* () {
      const {
        CloudBigData: bigData,
        CloudFiles: files,
        CloudLoadBalancers: balancers,
        CloudServers: servers
      } = yield* services
      const server = { name: "web-1", imageId: "i", flavorId: "f" }
      const object = { container: "c", object: "o" }
      const cases: ReadonlyArray<readonly [path: string, AnyResult]> = [
        ["schedulerHints.grp", servers.create(untyped({ ...server, schedulerHints: { grp: "g" } }))],
        ["networks.0.fixedIpp", servers.create(untyped({ ...server, networks: [{ networkId: "n", fixedIpp: "a" }] }))],
        [
          "blockDevices.0.size",
          servers.createAndWait(
            untyped({
              ...server,
              blockDevices: [{ sourceType: "image", destinationType: "volume", sourceId: "i", size: 1 }]
            })
          )
        ],
        ["timeoutMs", servers.waitUntilActive(untyped({ serverId: "s", timeoutMs: 1 }))],
        ["limit", servers.list(untyped({ limit: 5 }))],
        ["marker", servers.listImages(untyped({ marker: "m" }))],
        ["delimiter", files.listObjects(untyped({ container: "c", delimiter: "/" }))],
        ["limit", files.listObjects(untyped({ container: "c", limit: 1 }))],
        ["content", files.upload(untyped({ ...object, body: CloudFiles.fromString("x"), content: "y" }))],
        ["range.from", files.download(untyped({ ...object, range: { offset: 0, from: 1 } }))],
        ["range.from", files.getObject(untyped({ ...object, range: { offset: 0, from: 1 } })) as AnyResult],
        ["segments.0.size", files.putManifest(untyped({ ...object, segments: [{ path: "/c/s", size: 1 }] }))],
        ["source.name", files.copy(untyped({ ...object, source: { ...object, name: "n" } }))],
        ["objects.1.objct", files.bulkDelete(untyped({ objects: [object, { container: "c", objct: "o" }] }))],
        ["objects.0.objct", files.bulkDelete(untyped({ objects: Chunk.make({ container: "c", objct: "o" }) }))],
        ["concurency", files.uploadFolder(untyped({ folder: ".", container: "c", concurency: 1 })) as AnyResult],
        [
          "deleted",
          files.sync(untyped({ folder: ".", container: "c", direction: "upload", deleted: true })) as AnyResult
        ],
        ["expiry", files.tempUrl(untyped({ ...object, expires: "1 hour", expiry: 1 }))],
        [
          "readAcl.0.projct",
          files.createContainer(untyped({ container: "c", readAcl: [{ _tag: "Project", projct: "p" }] }))
        ],
        [
          "nodes.0.wait",
          balancers.addNodes(untyped({ loadBalancerId: "1", nodes: [{ address: "a", port: 80, wait: 1 }] }))
        ],
        [
          "healthMonitor.interval",
          balancers.create(
            untyped({
              name: "b",
              protocol: "HTTP",
              virtualIps: [{ type: "PUBLIC" }],
              healthMonitor: {
                type: "CONNECT",
                delay: 1,
                timeout: 1,
                attemptsBeforeDeactivation: 1,
                interval: 1
              }
            })
          )
        ],
        [
          "virtualIps.0.id",
          balancers.create(untyped({ name: "b", protocol: "HTTP", virtualIps: [{ type: "PUBLIC", id: 1 }] }))
        ],
        ["until", balancers.waitUntilActive(untyped({ loadBalancerId: "1", until: () => true }))],
        [
          "nodeGroups.0.flavor",
          bigData.create(
            untyped({
              name: "c",
              stackId: "s",
              username: "me",
              sshKeys: ["k"],
              nodeGroups: [{ id: "slave", flavor: "f" }]
            })
          )
        ]
      ]
      for (const [path, result] of cases) {
        const error = yield* refusalOf(path, result)
        assert.include(pathsOf(error), path, error.message)
      }
      const signed = CloudFiles.signTempUrl(
        untyped({
          ...object,
          endpointUrl: "https://storage.example.com/v1/a",
          key: Redacted.make("k"),
          expires: "1 hour",
          methd: "PUT"
        })
      )
      assert.include(pathsOf(yield* refusalOf("signTempUrl", signed)), "methd")
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("gets a list of the known fields", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const error = yield* refusalOf("waitUntilActive", servers.waitUntilActive(untyped({ serverId: "s", every: 1 })))
      assert.strictEqual(
        error.message,
        "CloudServers.waitUntilActive: every: expected a known field (serverId, interval, jitter, timeout)"
      )
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("does not include undefined fields, and methods of a class", () =>
    Effect.gen(function* () {
      class Wanted {
        readonly name = "web-1"
        readonly flavorId = "general1-1"
        constructor(readonly imageId: string) {}
        describe() {
          return this.name
        }
      }
      const servers = yield* CloudServers.CloudServers
      const [image] = yield* collected(servers.listImages())
      assert.isDefined(image)
      const created = yield* servers.create(new Wanted(image?.id ?? ""))
      yield* servers.get(untyped({ serverId: created.id, detail: undefined }))
    }).pipe(Effect.provide(TestCloud.layer()))
  )
})
