/**
 * Handles errors by their tags: the type of an operation contains its errors, and handled errors disappear from it.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Duration, Effect, Option } from "effect"
import { CloudFiles, CloudServers, Transport } from "effect-rackspace"
import { cloud } from "./cloud.js"

/** A missing server is a value, not an error. */
const findServer = (serverId: string) =>
  Effect.flatMap(CloudServers.CloudServers, (servers) => servers.get({ serverId })).pipe(
    Effect.asSome,
    Effect.catchTag("NotFound", () => Effect.succeedNone)
  )

const removeScratch = Effect.flatMap(CloudFiles.CloudFiles, (files) =>
  files.deleteContainer({ container: "scratch" }).pipe(
    Effect.catchTags({
      NotFound: () => Effect.log("nothing to remove"),
      Conflict: (error) => Effect.logWarning(`not empty yet: ${error.message}`),
      OverLimit: (error) =>
        Effect.logWarning(
          error.retryAfter === undefined ? "too many requests" : `retry after ${Duration.format(error.retryAfter)}`
        )
    })
  )
)

const program = Effect.gen(function* () {
  const found = yield* findServer("00000000-dead-beef-0000-000000000000")
  yield* Effect.log(Option.isNone(found) ? "no such server" : `found ${found.value.name}`)
  yield* removeScratch

  // Invalid input is not sent, and the error says what is expected.
  const files = yield* CloudFiles.CloudFiles
  yield* files
    .createContainer({ container: "a/b" })
    .pipe(Effect.catchTag("InvalidInput", (error) => Effect.log(error.message)))
})

program.pipe(
  Effect.provide(cloud),
  Effect.catchTag("AuthenticationFailed", (error) => Effect.logError(`${error.reason}: ${error.message}`)),
  Effect.provide(Transport.layer),
  NodeRuntime.runMain
)
