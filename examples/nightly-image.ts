/**
 * A server saved to an image each night, the oldest images removed: what cron runs, for the days when the cloud's own schedule
 * (`setImageSchedule`, which Rackspace has and OpenStack has not) does not do. The server is named by SERVER, and how many
 * images are kept by KEEP.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Config, DateTime, Effect, Stream } from "effect"
import { CloudServers, Transport } from "effect-rackspace"
import { cloud } from "./cloud.js"

const pace = { interval: "5 seconds" } as const

/** A server of this name; made if there is none, so that the example has something to show. */
const made = (name: string) =>
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
  const { id: serverId } = yield* Effect.catchTag(servers.find({ nameOrId: name }), "NotFound", () => made(name))

  const now = yield* DateTime.now
  const night = DateTime.formatIsoDateUtc(now)
  const image = yield* servers.createImageAndWait({
    serverId,
    name: `${name} ${night}`,
    metadata: { nightly: "yes" },
    ...pace
  })
  yield* Effect.log(`${name} is saved to ${image.name}`)

  // What somebody else made of the server by hand is not ours to remove.
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
