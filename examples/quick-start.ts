/**
 * Logs in once, boots a server, stores a file, lists both, and removes them.
 *
 * Reads RAX_USERNAME, RAX_API_KEY and RAX_REGION from the environment.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Config, Effect, Layer, Option, Stream } from "effect"
import { CloudFiles, CloudServers, Credentials, Rackspace, Transport } from "effect-rackspace"

const program = Effect.gen(function* () {
  const servers = yield* CloudServers.CloudServers
  const files = yield* CloudFiles.CloudFiles

  const images = servers.listImages({ status: "ACTIVE", type: "base" })
  const image = yield* Effect.flatten(
    Stream.runHead(Stream.filter(images, ({ name = "" }) => name.startsWith("Ubuntu")))
  )
  const created = yield* servers.create({ name: "web-1", imageId: image.id, flavorId: "general1-1" })
  const server = yield* servers.waitUntilActive({ serverId: created.id, interval: "1 second" })
  yield* Effect.log(`${server.name} is ${server.status}`)

  yield* files.createContainer({ container: "backups" })
  yield* files.upload({
    container: "backups",
    object: "2026/notes.txt",
    body: CloudFiles.fromString("what we must not lose")
  })
  yield* files
    .listObjects({ container: "backups", prefix: "2026/" })
    .pipe(Stream.runForEach((object) => Effect.log(`${object.name} has ${object.bytes} bytes`)))

  yield* files.deleteObject({ container: "backups", object: "2026/notes.txt" })
  yield* files.deleteContainer({ container: "backups" })
  yield* servers.delete({ serverId: created.id })
})

const account = Layer.unwrapEffect(
  Effect.map(Config.option(Config.string("RAX_REGION")), (region) =>
    Rackspace.layer({ credentials: Credentials.config, region: Option.getOrUndefined(region) })
  )
)

program.pipe(Effect.provide(account), Effect.provide(Transport.layer), NodeRuntime.runMain)
