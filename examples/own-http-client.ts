/**
 * Uses a custom HTTP client: with a proxy, with an additional certificate authority, or (never in production) without TLS
 * verification.
 *
 * Reads HTTPS_PROXY and EXTRA_CA from the environment, if set.
 */
import { FileSystem } from "@effect/platform"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Config, Effect, Option } from "effect"
import { CloudFiles, Transport } from "effect-rackspace"
import { Agent, type Dispatcher, ProxyAgent } from "undici"
import { cloud } from "./cloud.js"

const httpClient = Transport.layerDispatcher(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const proxy = yield* Config.option(Config.nonEmptyString("HTTPS_PROXY"))
    const authority = yield* Config.option(Config.nonEmptyString("EXTRA_CA"))
    const connect = {
      ...(Option.isSome(authority) && { ca: yield* fs.readFileString(authority.value) })
      // To turn verification off, for tests only: rejectUnauthorized: false
    }
    return yield* Effect.acquireRelease(
      Effect.sync((): Dispatcher =>
        Option.isSome(proxy)
          ? new ProxyAgent({ uri: proxy.value, requestTls: connect })
          : new Agent({ connections: 32, connect })
      ),
      (open) => Effect.promise(() => open.close())
    )
  })
)

const program = Effect.gen(function* () {
  const files = yield* CloudFiles.CloudFiles
  const account = yield* files.getAccount()
  yield* Effect.log(`${account.containerCount} containers, ${account.bytesUsed} bytes`)
})

program.pipe(Effect.provide(cloud), Effect.provide(httpClient), Effect.provide(NodeContext.layer), NodeRuntime.runMain)
