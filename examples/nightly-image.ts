/**
 * Saves a server to an image and removes the oldest images. To be run by cron each night, if the cloud's own schedule
 * (`setImageSchedule`, at Rackspace only) is not sufficient. SERVER is the server's name, and KEEP the number of images to keep.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Config, DateTime, Effect, Stream } from "effect"
import { CloudServers, Transport } from "effect-rackspace"
import { cloud } from "./cloud.js"

const pace = { interval: "5 seconds" } as const

/** Creates a server with this name, so that the example works without an existing one. */
const createServer = (name: string) =>
  Effect.gen(function* () {
    const servers = yield* CloudServers.CloudServers
    const image = yield* Effect.flatten(Stream.runHead(servers.listImages({ status: "ACTIVE" })))
    const flavors = yield* Stream.runCollect(servers.listFlavors({ minRamMegabytes: image.minRamMegabytes ?? 0 }))
    const flavorId =
      [...flavors].toSorted((a, b) => (a.ramMegabytes ?? 0) - (b.ramMegabytes ?? 0))[0]?.id ?? "general1-1"
    return yield* servers.createAndWait({ name, imageId: image.id, flavorId, ...pace })
  })

const program = Effect.gen(function* () {
  const name = yield* Config.withDefault(Config.nonEmptyString("SERVER"), "web-1")
  const keep = yield* Config.withDefault(Config.integer("KEEP"), 7)
  const servers = yield* CloudServers.CloudServers
  const { id: serverId } = yield* Effect.catchTag(servers.find({ nameOrId: name }), "NotFound", () =>
    createServer(name)
  )

  const now = yield* DateTime.now
  const night = DateTime.formatIsoDateUtc(now)
  const image = yield* servers.createImageAndWait({
    serverId,
    name: `${name} ${night}`,
    metadata: { nightly: "yes" },
    ...pace
  })
  yield* Effect.log(`${name} is saved to ${image.name}`)

  // Keeps images of the server that were not created by this program.
  const nightly = yield* servers.listImages({ serverId }).pipe(
    Stream.filter(({ metadata, status }) => metadata["nightly"] === "yes" && status === "ACTIVE"),
    Stream.runCollect
  )
  const age = ({ created = now }: CloudServers.Image) => DateTime.distance(created, now)
  const oldestFirst = [...nightly].toSorted((a, b) => age(b) - age(a))
  const tooMany = oldestFirst.slice(0, Math.max(0, oldestFirst.length - keep))
  yield* Effect.forEach(tooMany, ({ id: imageId, name: old }) =>
    Effect.zipRight(servers.deleteImage({ imageId }), Effect.log(`${old} is removed`))
  )
  yield* Effect.log(`${oldestFirst.length - tooMany.length} of ${keep} nightly images are kept`)
})

program.pipe(Effect.provide(cloud), Effect.provide(Transport.layer), NodeRuntime.runMain)
