/**
 * Caches the token in a file, as users of the Lava client did by hand: short programs that run often log in once a day.
 *
 * The second run of this program does not log in. If the cached token is no longer accepted, it logs in once.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Layer, Stream } from "effect"
import { CloudBigData, Credentials, Rackspace, Telemetry, TokenStore, Transport } from "effect-rackspace"

const account = Rackspace.layer({ credentials: Credentials.config, region: "DFW" }).pipe(
  Layer.provide(TokenStore.layerFile("~/.cache/effect-rackspace/token"))
)

const program = Effect.gen(function* () {
  const bigData = yield* CloudBigData.CloudBigData
  const count = yield* Stream.runCount(bigData.list())
  yield* Effect.log(`${count} clusters, ${yield* Telemetry.total("logins")} logins`)
})

program.pipe(Effect.provide(account), Effect.provide([Transport.layer, NodeContext.layer]), NodeRuntime.runMain)
