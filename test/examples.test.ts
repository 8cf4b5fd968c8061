/**
 * Runs every example as a program in its own process, on an emulated cloud over a real socket.
 */
import { Command } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestCloud } from "effect-rackspace"
import { readdirSync } from "node:fs"
import { environment, example } from "../examples/run.js"
import { runProgram } from "./support/programs.js"

/** What each example prints when it has succeeded. */
const expectedLines: Readonly<Record<string, ReadonlyArray<string>>> = {
  "quick-start": ["web-1 is ACTIVE", "2026/notes.txt has 21 bytes"],
  "credential-file": ["demo works in DFW", "cloudServersOpenStack (compute)"],
  cluster: [
    "3 of 3 data nodes are available",
    "numbers is ACTIVE, 100 %",
    "slave-3 is ACTIVE at 192.0.2.",
    "the cluster is deleted"
  ],
  "web-tier": [
    "web is ACTIVE at 203.0.113.",
    "web-1 gets no new connections",
    "web-2 is ONLINE, ENABLED",
    "web-3 is ONLINE, ENABLED",
    "everything is deleted"
  ],
  "rotate-certificates": ["shop.example.com: ", "blog.example.com: ", "the certificates are renewed"],
  "token-cache": ["0 clusters, 1 logins"],
  "typed-errors": ["no such server", "nothing to remove", "a container name without a slash"],
  "two-regions": ["the copy is identical", "same text in both regions"],
  "backup-folder": [
    "100 files uploaded, 100 of them in archives",
    "to upload: notes/1.txt",
    "to delete: notes/100.txt",
    "1 sent, 1 deleted, 98 unchanged",
    "restored with 0 differences"
  ],
  "download-to-file": ["numbers.txt has 588895 bytes", 'it begins with "1\\n2\\n3\\n"'],
  "nightly-image": ["web-1 is saved to web-1 20", "1 of 7 nightly images are kept"],
  openstack: [
    "runs on a server of 512 MB",
    "it now has 1024 MB",
    "it is saved to web-1-saved",
    "the server is deleted"
  ],
  "resume-upload": [
    "the first run was interrupted",
    "20971520 bytes are stored in 10 segments, some of them from the first run",
    "20971520 bytes downloaded, verified by MD5",
    "11 objects are deleted"
  ],
  "own-http-client": ["0 containers, 0 bytes"]
}

/** Examples that need interaction, and have their own tests. */
const testedElsewhere = ["upload-form"]

const run = (name: string, variables: Readonly<Record<string, string>>) => runProgram(example(name, variables))

const cloud = Layer.fresh(
  TestCloud.layerListening({
    servers: { buildTime: 0, actionTime: 0, deleteTime: 0 },
    loadBalancers: { buildTime: 0, updateTime: 0, deleteTime: 0 },
    bigData: { buildTime: 0, configureTime: 0, resizeTime: 0, deleteTime: 0 }
  })
)

for (const [name, lines] of Object.entries(expectedLines)) {
  it.scopedLive(
    `${name} prints what is expected`,
    () =>
      Effect.gen(function* () {
        const { code, output } = yield* run(name, yield* environment)
        for (const line of lines) assert.include(output, line)
        assert.strictEqual(code, 0, output)
      }).pipe(Effect.provide([cloud, NodeContext.layer])),
    // A process for each, on a machine that may be busy.
    120_000
  )
}

it.scopedLive(
  "token-cache makes no login in its second run, and one when its token is invalid",
  () =>
    Effect.gen(function* () {
      const variables = yield* environment
      const { expireAllTokens, logins } = yield* TestCloud.TestCloud
      yield* run("token-cache", variables)
      assert.include((yield* run("token-cache", variables)).output, "0 logins")
      yield* expireAllTokens
      assert.include((yield* run("token-cache", variables)).output, "1 logins")
      assert.deepStrictEqual(yield* logins, { succeeded: 2, refused: 0 })
    }).pipe(Effect.provide([cloud, NodeContext.layer])),
  120_000
)

it.scopedLive(
  "nightly-image keeps as many images as requested, and removes the oldest",
  () =>
    Effect.gen(function* () {
      const variables = { ...(yield* environment), KEEP: "1" }
      yield* run("nightly-image", variables)
      const { code, output } = yield* run("nightly-image", variables)
      assert.include(output, "is removed")
      assert.include(output, "1 of 1 nightly images are kept")
      assert.strictEqual(code, 0, output)
    }).pipe(Effect.provide([cloud, NodeContext.layer])),
  240_000
)

it("every example is run", () => {
  const programs = readdirSync(new URL("../examples", import.meta.url))
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !["cloud.ts", "run.ts"].includes(file))
    .map((file) => file.replace(/\.ts$/, ""))
  assert.sameMembers(programs, [...Object.keys(expectedLines), ...testedElsewhere])
})

const npmRunExample = (...names: ReadonlyArray<string>) =>
  runProgram(Command.make(process.execPath, "--import", "tsx", "examples/run.ts", ...names).pipe(Command.env({}))).pipe(
    Effect.provide(NodeContext.layer)
  )

it.scopedLive("without a name, the examples are listed with a line about each", () =>
  Effect.gen(function* () {
    const { code, out } = yield* npmRunExample()
    assert.strictEqual(code, 0)
    for (const name of [...Object.keys(expectedLines), ...testedElsewhere]) {
      assert.match(out, new RegExp(`^  ${name} +[A-Z].{10,}[.]$`, "m"))
    }
  })
)

it.scopedLive("a wrong name is reported, with the closest one", () =>
  Effect.gen(function* () {
    const { code, err } = yield* npmRunExample("quik-start")
    assert.strictEqual(code, 2)
    assert.include(err, "There is no example quik-start. Did you mean quick-start?")
    assert.include(err, "  web-tier")
  })
)
