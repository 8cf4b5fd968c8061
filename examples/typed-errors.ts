/**
 * Failures by their tags: what an operation can fail with stands in its type, and what is handled is gone from it.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Duration, Effect, Option } from "effect"
import { CloudFiles, CloudServers, Transport } from "effect-rackspace"
import { cloud } from "./cloud.js"

/** Absent is an answer, not a failure. */
const findServer = (serverId: string) =>
  Effect.flatMap(CloudServers.CloudServers, (servers) => servers.get({ serverId })).pipe(
    Effect.asSome,
    Effect.catchTag("NotFound", () => Effect.succeedNone)
  )

const makeRoom = Effect.flatMap(CloudFiles.CloudFiles, (files) =>
  files.deleteContainer({ container: "scratch" }).pipe(
    Effect.catchTags({
      NotFound: () => Effect.log("there was nothing to remove"),
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
  yield* makeRoom

  // Bad input never leaves the program, and says what would be right.
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
