/**
 * The demo as a program: in its own process, with its output in a pipe.
 */
import { Command, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Layer, Stream } from "effect"
import { TestCloud } from "effect-rackspace"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(new URL("../examples/demo/main.ts", import.meta.url))
const folder = fileURLToPath(new URL("../examples", import.meta.url))

const demo = (variables: Readonly<Record<string, string>>, ...options: ReadonlyArray<string>) =>
  Command.make(process.execPath, "--import", "tsx", main, ...options).pipe(Command.env(variables))

const cloud = Layer.fresh(TestCloud.layerListening({ servers: { buildTime: "1 second", deleteTime: 0 } }))

/** The variables that make the demo use the emulated cloud as a real one. */
const account = Effect.map(TestCloud.TestCloud, ({ authUrl, credentials }) => ({
  RAX_USERNAME: credentials.username,
  RAX_API_KEY: credentials.apiKey,
  RAX_AUTH_URL: authUrl,
  RAX_REGION: "DFW"
}))

/** Runs the demo and collects its output; `onLine` receives each line as it arrives. */
const run = (
  command: Command.Command,
  onLine: (line: string, kill: Effect.Effect<void>) => Effect.Effect<void> = () => Effect.void
) =>
  Effect.gen(function* () {
    const running = yield* Command.start(command)
    const lines: Array<string> = []
    const kill = Effect.sync(() => void process.kill(running.pid, "SIGINT"))
    const read = (stream: typeof running.stdout) =>
      stream.pipe(
        Stream.decodeText(),
        Stream.splitLines,
        Stream.runForEach((line) =>
          Effect.zipRight(
            Effect.sync(() => lines.push(line)),
            onLine(line, kill)
          )
        )
      )
    const [, , code] = yield* Effect.all([read(running.stdout), read(running.stderr), running.exitCode], {
      concurrency: "unbounded"
    })
    return { text: lines.join("\n"), code: Number(code) }
  }).pipe(Effect.scoped)

/** The number of remaining resources. */
const leftovers = Effect.gen(function* () {
  const { files, servers } = yield* TestCloud.TestCloud
  return {
    containers: (yield* files.containers).length,
    servers: (yield* servers.servers).filter(({ status }) => status !== "DELETED").length
  }
})

it.scopedLive(
  "runs completely on the embedded cloud, replaces the revoked token with one login, and reports in plain lines",
  () =>
    Effect.gen(function* () {
      const { code, text } = yield* run(demo({ RAX_USERNAME: "" }, folder))
      assert.include(text, "cloudServersOpenStack")
      assert.include(text, "ACTIVE 100%")
      assert.include(text, "exactly one login renewed it")
      assert.include(text, "quick-start.ts")
      assert.match(text, /all \d+ files are unchanged/)
      assert.match(text, /logins +2\n/)
      assert.match(text, /removed container demo-/)
      assert.match(text, /removed server /)
      assert.notInclude(text, "\u001b")
      assert.strictEqual(code, 0, text)
    }).pipe(Effect.provide(NodeContext.layer)),
  120_000
)

it.scopedLive(
  "does the same on an account from the environment, and leaves nothing there",
  () =>
    Effect.gen(function* () {
      const { code, text } = yield* run(demo(yield* account, folder, "--yes"))
      assert.strictEqual(code, 0, text)
      assert.include(text, "exactly one login renewed it")
      assert.deepStrictEqual(yield* leftovers, { containers: 0, servers: 0 })
    }).pipe(Effect.provide([cloud, NodeContext.layer])),
  120_000
)

it.scopedLive(
  "does the same on a cloud of clouds.yaml, by Keystone v3",
  () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { authUrlV3, credentials, requests } = yield* TestCloud.TestCloud
      const home = yield* fs.makeTempDirectoryScoped({ prefix: "effect-rackspace-test-" })
      yield* fs.makeDirectory(`${home}/openstack`)
      yield* fs.writeFileString(
        `${home}/openstack/clouds.yaml`,
        `clouds:
  emulated:
    region_name: DFW
    auth:
      auth_url: ${authUrlV3}
      username: ${credentials.username}
      password: ${credentials.password}
      project_name: ${credentials.projectName}
`
      )
      const variables = { RAX_USERNAME: "", XDG_CONFIG_HOME: home }
      const { code, text } = yield* run(demo(variables, folder, "--cloud", "emulated", "--yes"))
      assert.strictEqual(code, 0, text)
      assert.include(text, "exactly one login renewed it")
      assert.deepStrictEqual(yield* leftovers, { containers: 0, servers: 0 })
      const logins = (yield* requests).filter(({ service }) => service === "identity")
      assert.deepStrictEqual(
        logins.map(({ method, target }) => `${method} ${target}`),
        ["POST /v3/auth/tokens", "DELETE /v3/auth/tokens", "POST /v3/auth/tokens"]
      )
    }).pipe(Effect.provide([cloud, NodeContext.layer])),
  120_000
)

it.scopedLive(
  "creates nothing that costs money unless asked to",
  () =>
    Effect.gen(function* () {
      const { code, text } = yield* run(demo(yield* account, folder))
      assert.include(text, "--yes")
      assert.notStrictEqual(code, 0)
      const { requests } = yield* TestCloud.TestCloud
      assert.lengthOf(yield* requests, 0)
    }).pipe(Effect.provide([cloud, NodeContext.layer])),
  120_000
)

for (const [moment, begins] of [
  ["while the server builds", "BUILD"],
  ["while files are uploaded", "== Uploading"],
  ["while files are downloaded", "== Downloading"]
] as const) {
  it.scopedLive(
    `removes what it created when it is interrupted ${moment}`,
    () =>
      Effect.gen(function* () {
        const interrupted = yield* Deferred.make<void>()
        const { code, text } = yield* run(demo(yield* account, folder, "--yes"), (line, kill) =>
          line.trim().startsWith(begins)
            ? Effect.flatMap(Deferred.succeed(interrupted, undefined), (first) => (first ? kill : Effect.void))
            : Effect.void
        )
        assert.notInclude(text, "== Requests and traffic")
        assert.notStrictEqual(code, 0)
        assert.deepStrictEqual(yield* leftovers, { containers: 0, servers: 0 }, text)
      }).pipe(Effect.provide([cloud, NodeContext.layer])),
    120_000
  )
}

it.scopedLive(
  "fails, and removes what it created, when a downloaded file differs",
  () =>
    Effect.gen(function* () {
      const { fail } = yield* TestCloud.TestCloud
      yield* fail({
        match: { service: "files", method: "GET", path: /quick-start/ },
        times: Infinity,
        fault: { _tag: "Status", status: 200, body: "something else" }
      })
      const { code, text } = yield* run(demo(yield* account, folder, "--yes"))
      assert.match(text, /files differ: quick-start\.ts/, text)
      assert.notStrictEqual(code, 0)
      assert.deepStrictEqual(yield* leftovers, { containers: 0, servers: 0 })
    }).pipe(Effect.provide([cloud, NodeContext.layer])),
  120_000
)
