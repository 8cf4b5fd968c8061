/**
 * The demo: runs the main job on the embedded cloud, or on a real one with credentials.
 *
 *   npm run demo [folder] [-- --credentials FILE] [--region NAME] [--yes]
 *   npm run demo [folder] -- --cloud NAME [--region NAME] [--network ID] [--yes]
 *
 * The second form uses a cloud of clouds.yaml.
 */
import { FileSystem, HttpClient, HttpClientRequest, Terminal } from "@effect/platform"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, Config, Console, Data, Effect, Exit, Layer, Option, Redacted } from "effect"
import { CloudConfig, Credentials, OpenStack, Rackspace, TestCloud, Transport } from "effect-rackspace"
import { randomBytes } from "node:crypto"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { job } from "./job.js"

/** The exit status of a shell after Ctrl-C. */
const interruptedStatus = 130

class Refused extends Data.TaggedError("Refused")<{ readonly message: string }> {}

const arguments_ = Effect.try({
  try: () =>
    parseArgs({
      allowPositionals: true,
      options: {
        credentials: { type: "string" },
        cloud: { type: "string" },
        region: { type: "string" },
        network: { type: "string" },
        yes: { type: "boolean" }
      }
    }),
  catch: (cause) => new Refused({ message: cause instanceof Error ? cause.message : String(cause) })
})

const ownSources = fileURLToPath(new URL("../../src", import.meta.url))

/** Runs the job on the embedded cloud, which listens on a free port, so that all data pass through a socket. */
const onEmbeddedCloud = (folder: string, run: string) => {
  const cloud = TestCloud.layerListening({ servers: { buildTime: "3 seconds", deleteTime: "500 millis" } })
  return Effect.gen(function* () {
    const { authUrl, expireAllTokens } = yield* TestCloud.TestCloud
    yield* Console.log(`The embedded cloud listens at ${authUrl}`)
    yield* job({ folder, run, loseToken: () => expireAllTokens })
  }).pipe(
    Effect.provide(
      Rackspace.layer({ credentials: TestCloud.credentials, region: "DFW" }).pipe(Layer.provideMerge(cloud))
    )
  )
}

const confirm = (question: string) =>
  Effect.gen(function* () {
    const terminal = yield* Terminal.Terminal
    if (!(yield* terminal.isTTY)) {
      return yield* new Refused({ message: "this creates a server, which costs money; confirm with --yes" })
    }
    yield* terminal.display(`${question} [y/N] `)
    const answer = yield* terminal.readLine
    if (!/^y(es)?$/i.test(answer.trim())) return yield* new Refused({ message: "nothing was created" })
  })

/** Asks before creating anything that costs money, unless --yes is given. */
const confirmed = (whose: string, yes: boolean) =>
  yes ? Effect.void : confirm(`Create a server and a container ${whose}? The server costs money.`)

/** Lets a token revoke itself, as if another program had revoked it. */
const revoke = (url: string) => (token: Redacted.Redacted) =>
  Effect.flatMap(HttpClient.HttpClient, (http) =>
    HttpClientRequest.del(url).pipe(
      HttpClientRequest.setHeaders({
        "x-auth-token": Redacted.value(token),
        "x-subject-token": Redacted.value(token)
      }),
      http.execute,
      Effect.asVoid,
      Effect.scoped
    )
  )

/** Runs the job on the account of the credentials. */
const onRealCloud = (
  folder: string,
  run: string,
  options: {
    readonly credentials: Credentials.ApiKey | Credentials.Password
    readonly region: string | undefined
    readonly yes: boolean
  }
) =>
  Effect.gen(function* () {
    const { authUrl, username } = options.credentials
    yield* confirmed(`in the account of ${username} at ${authUrl}`, options.yes)
    const tokens = `${authUrl.replace(/\/+$/, "").replace(/\/v2\.0$/, "")}/v2.0/tokens`
    yield* job({ folder, run, loseToken: revoke(tokens) }).pipe(
      Effect.provide(Rackspace.layer({ credentials: options.credentials, region: options.region }))
    )
  })

/** Runs the job on a cloud of clouds.yaml. */
const onOpenStack = (
  folder: string,
  run: string,
  options: {
    readonly cloud: string
    readonly region: string | undefined
    readonly network: string | undefined
    readonly yes: boolean
  }
) =>
  Effect.gen(function* () {
    const { cloud, network, region } = options
    const { authUrl } = (yield* CloudConfig.fromFile({ cloud, region })).credentials
    yield* confirmed(`on ${cloud} at ${authUrl}`, options.yes)
    const tokens = `${authUrl.replace(/\/+$/, "").replace(/\/v3$/, "")}/v3/auth/tokens`
    yield* job({ folder, run, network, loseToken: revoke(tokens) }).pipe(
      Effect.provide(OpenStack.layerCloud({ cloud, region }))
    )
  })

const main = Effect.gen(function* () {
  const { positionals, values } = yield* arguments_
  const folder = positionals[0] ?? ownSources
  const fs = yield* FileSystem.FileSystem
  if (!(yield* fs.exists(folder))) return yield* new Refused({ message: `there is no folder ${folder}` })
  const run = randomBytes(4).toString("hex")
  const username = yield* Config.option(Config.nonEmptyString("RAX_USERNAME"))
  const region = values.region ?? Option.getOrUndefined(yield* Config.option(Config.nonEmptyString("RAX_REGION")))
  const credentials =
    values.credentials !== undefined
      ? yield* Credentials.fromFile(values.credentials)
      : Option.isSome(username)
        ? yield* Credentials.config
        : undefined
  const yes = values.yes === true
  const { cloud, network } = values
  if (cloud !== undefined) {
    return yield* onOpenStack(folder, run, { cloud, region: values.region, network, yes })
  }
  yield* credentials === undefined
    ? onEmbeddedCloud(folder, run)
    : onRealCloud(folder, run, { credentials, region, yes })
}).pipe(
  Effect.tapError((error) =>
    Console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`)
  ),
  Effect.provide([Transport.layer, NodeContext.layer])
)

NodeRuntime.runMain(main, {
  disableErrorReporting: true,
  teardown: (exit, onExit) =>
    onExit(Exit.isSuccess(exit) ? 0 : Cause.isInterruptedOnly(exit.cause) ? interruptedStatus : 1)
})
