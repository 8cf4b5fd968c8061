/**
 * The demo: the main job on the embedded cloud, or with credentials on the real one.
 *
 *   npm run demo [folder] [-- --credentials FILE] [--region NAME] [--yes]
 */
import { FileSystem, HttpClient, HttpClientRequest, Terminal } from "@effect/platform"
import { NodeContext, NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Cause, Config, Console, Data, Effect, Exit, Layer, Option, Redacted } from "effect"
import { Credentials, Rackspace, TestCloud } from "effect-rackspace"
import { randomBytes } from "node:crypto"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { job } from "./job.js"

/** What a shell makes of Ctrl-C. */
const interruptedStatus = 130

class Refused extends Data.TaggedError("Refused")<{ readonly message: string }> {}

const arguments_ = Effect.try({
  try: () =>
    parseArgs({
      allowPositionals: true,
      options: { credentials: { type: "string" }, region: { type: "string" }, yes: { type: "boolean" } }
    }),
  catch: (cause) => new Refused({ message: cause instanceof Error ? cause.message : String(cause) })
})

const ownSources = fileURLToPath(new URL("../../src", import.meta.url))

/** The embedded cloud, listening on a free port, so that every byte crosses a socket. */
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
      return yield* new Refused({ message: "this makes a server, which costs money; say so with --yes" })
    }
    yield* terminal.display(`${question} [y/N] `)
    const answer = yield* terminal.readLine
    if (!/^y(es)?$/i.test(answer.trim())) return yield* new Refused({ message: "nothing was made" })
  })

/** The account that the credentials belong to. */
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
    if (!options.yes) {
      yield* confirm(
        `Make a server and a container in the account of ${username} at ${authUrl}? The server costs money.`
      )
    }
    const http = yield* HttpClient.HttpClient
    const tokens = `${authUrl.replace(/\/+$/, "").replace(/\/v2\.0$/, "")}/v2.0/tokens`
    yield* job({
      folder,
      run,
      // Revoked in its own name, which is how a token ends that somebody else has taken back.
      loseToken: (token) =>
        HttpClientRequest.del(tokens).pipe(
          HttpClientRequest.setHeader("x-auth-token", Redacted.value(token)),
          http.execute,
          Effect.asVoid,
          Effect.scoped
        )
    }).pipe(Effect.provide(Rackspace.layer({ credentials: options.credentials, region: options.region })))
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
  yield* credentials === undefined
    ? onEmbeddedCloud(folder, run)
    : onRealCloud(folder, run, { credentials, region, yes: values.yes === true })
}).pipe(
  Effect.tapError((error) =>
    Console.error(`\nThe demo ended: ${error instanceof Error ? error.message : String(error)}`)
  ),
  Effect.provide([NodeContext.layer, NodeHttpClient.layerUndici])
)

NodeRuntime.runMain(main, {
  disableErrorReporting: true,
  teardown: (exit, onExit) =>
    onExit(Exit.isSuccess(exit) ? 0 : Cause.isInterruptedOnly(exit.cause) ? interruptedStatus : 1)
})
