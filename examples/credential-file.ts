/**
 * Reads pyrax's credential file ~/.rackspace_cloud_credentials:
 *
 *   [rackspace_cloud]
 *   username = myusername
 *   api_key = 01234567890abcdef
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect } from "effect"
import { Credentials, Identity, Transport } from "effect-rackspace"

const program = Effect.gen(function* () {
  const user = yield* Identity.user
  yield* Effect.log(`${user.name} works in ${(yield* Identity.regions).join(", ")}`)
  for (const service of yield* Identity.services) {
    yield* Effect.log(`${service.name} (${service.type})`)
  }
}).pipe(
  // The error says why a file cannot be used (missing, damaged, accessible to others), and never quotes it.
  Effect.provide(Identity.layer({ credentials: Credentials.fromFile("~/.rackspace_cloud_credentials") })),
  Effect.catchTag("CredentialsError", (error) => Effect.logError(error.message))
)

program.pipe(Effect.provide([Transport.layer, NodeContext.layer]), NodeRuntime.runMain)
