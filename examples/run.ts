/**
 * Runs an example in a separate process on the embedded cloud, over a real socket; with RAX_USERNAME set, on that account.
 *
 *   npm run example quick-start
 */
import { Command, FileSystem, Path } from "@effect/platform"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Config, Console, Effect, Option } from "effect"
import { TestCloud } from "effect-rackspace"
import { fileURLToPath } from "node:url"
import { closest } from "../src/internal/schema/closest.js"

const here = fileURLToPath(new URL(".", import.meta.url))

/**
 * Environment variables with which a program finds the emulated cloud: by the variables themselves, by a credential file in the
 * home folder, and by a `clouds.yaml`.
 */
export const environment = Effect.gen(function* () {
  const { authUrl, authUrlV3, credentials } = yield* TestCloud.TestCloud
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const home = yield* fs.makeTempDirectoryScoped({ prefix: "effect-rackspace-" })
  yield* fs.writeFileString(
    path.join(home, ".rackspace_cloud_credentials"),
    `[rackspace_cloud]\nusername = ${credentials.username}\napi_key = ${credentials.apiKey}\nauth_url = ${authUrl}\n`,
    { mode: 0o600 }
  )
  const clouds = path.join(home, "clouds.yaml")
  yield* fs.writeFileString(
    clouds,
    `clouds:
  emulated:
    region_name: DFW
    auth:
      auth_url: ${authUrlV3}
      username: ${credentials.username}
      password: ${credentials.password}
      project_name: ${credentials.projectName}
      user_domain_name: ${credentials.domain.name}
      project_domain_name: ${credentials.domain.name}
`,
    { mode: 0o600 }
  )
  return {
    HOME: home,
    OS_CLIENT_CONFIG_FILE: clouds,
    RAX_USERNAME: credentials.username,
    RAX_API_KEY: credentials.apiKey,
    RAX_AUTH_URL: authUrl,
    RAX_REGION: "DFW"
  }
})

/** The command that runs an example. */
export const example = (name: string, variables: Readonly<Record<string, string>>) =>
  Command.make(process.execPath, "--import", "tsx", `${here}${name}.ts`).pipe(Command.env(variables))

const onEmbeddedCloud = (name: string) =>
  Effect.gen(function* () {
    return yield* Command.exitCode(
      example(name, yield* environment).pipe(Command.stdout("inherit"), Command.stderr("inherit"))
    )
  }).pipe(
    Effect.scoped,
    Effect.provide(
      TestCloud.layerListening({
        servers: { buildTime: "2 seconds" },
        loadBalancers: { buildTime: "2 seconds", updateTime: "1 second", deleteTime: "1 second" },
        bigData: {
          buildTime: "5 seconds",
          configureTime: "5 seconds",
          resizeTime: "5 seconds",
          deleteTime: "1 second"
        }
      })
    )
  )

const onAccount = (name: string) =>
  Command.exitCode(example(name, {}).pipe(Command.stdout("inherit"), Command.stderr("inherit")))

/** The first sentence of the comment at the beginning of a program. */
const summary = (source: string): string => {
  const [, comment = ""] = /\/\*\*(.*?)\*\//s.exec(source) ?? []
  const [paragraph = ""] = comment
    .trim()
    .replace(/^\* /, "")
    .split(/\n \*\n/)
  const text = paragraph.replaceAll(/\s*\n \* ?/g, " ").trim()
  return (/^.*?\.(?= |$)/.exec(text)?.[0] ?? text).replace(/:$/, ".")
}

/** The names of the examples, in alphabetical order, with a line about each. */
const examples = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const helpers = ["run.ts", "cloud.ts"]
  const files = (yield* fs.readDirectory(here)).filter((file) => /^[a-z-]+\.ts$/.test(file) && !helpers.includes(file))
  return yield* Effect.forEach(files.toSorted(), (file) =>
    Effect.map(fs.readFileString(`${here}${file}`), (source) => [file.slice(0, -3), summary(source)] as const)
  )
})

const main = Effect.gen(function* () {
  const name = process.argv[2]
  const all = yield* examples
  const names = all.map(([known]) => known)
  const width = Math.max(...names.map(({ length }) => length))
  const list = all.map(([known, about]) => `  ${known.padEnd(width)}  ${about}`).join("\n")
  const usage = `Usage: npm run example <name>\n\n${list}`
  if (name === undefined) {
    return yield* Console.log(usage)
  }
  if (!names.includes(name)) {
    process.exitCode = 2
    const close = closest(name, names)
    const hint = close === undefined ? "" : ` Did you mean ${close}?`
    return yield* Console.error(`There is no example ${name}.${hint} ${usage}`)
  }
  const account = yield* Config.option(Config.nonEmptyString("RAX_USERNAME"))
  process.exitCode = yield* Option.isSome(account) ? onAccount(name) : onEmbeddedCloud(name)
})

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  NodeRuntime.runMain(Effect.provide(main, NodeContext.layer))
}
