/**
 * A server on any OpenStack, on the cloud of `clouds.yaml` that OS_CLOUD names: creates it with the smallest flavor and the first
 * image, resizes it, saves it to an image, and removes everything.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Layer, Stream } from "effect"
import { CloudServers, OpenStack, Transport } from "effect-rackspace"

const pace = { interval: "1 second" } as const

const program = Effect.gen(function* () {
  const servers = yield* CloudServers.CloudServers
  const image = yield* Effect.flatten(Stream.runHead(servers.listImages({ status: "ACTIVE" })))
  const flavors = [...(yield* Stream.runCollect(servers.listFlavors()))].toSorted(
    (a, b) => (a.ramMegabytes ?? 0) - (b.ramMegabytes ?? 0)
  )
  const [small, larger] = flavors.filter(({ ramMegabytes = 0 }) => ramMegabytes >= (image.minRamMegabytes ?? 0))
  if (small === undefined || larger === undefined)
    return yield* Effect.logError("the cloud has fewer than two suitable flavors")

  const server = yield* Effect.acquireRelease(
    servers.create({ name: "web-1", imageId: image.id, flavorId: small.id }),
    ({ id }) =>
      servers
        .delete({ serverId: id })
        .pipe(
          Effect.zipRight(servers.waitUntilDeleted({ serverId: id, ...pace })),
          Effect.zipRight(Effect.log("the server is deleted")),
          Effect.orDie
        )
  )
  const serverId = server.id
  yield* servers.waitUntilActive({ serverId, ...pace })
  yield* Effect.log(`${image.name} runs on a server of ${small.ramMegabytes} MB`)

  yield* servers.resize({ serverId, flavorId: larger.id })
  yield* servers.waitUntil({ serverId, ...pace, until: ({ status }) => status === "VERIFY_RESIZE" })
  yield* servers.confirmResize({ serverId })
  yield* servers.waitUntilActive({ serverId, ...pace })
  yield* Effect.log(`it now has ${larger.ramMegabytes} MB`)

  const { imageId } = yield* servers.createImage({ serverId, name: "web-1-saved" })
  yield* servers.waitUntilActive({ serverId, ...pace })
  yield* Effect.log(`it is saved to ${(yield* servers.getImage({ imageId })).name}`)
  yield* servers.deleteImage({ imageId })
}).pipe(Effect.scoped)

program.pipe(
  Effect.provide(OpenStack.layerCloud().pipe(Layer.provide(NodeContext.layer))),
  Effect.provide(Transport.layer),
  NodeRuntime.runMain
)
