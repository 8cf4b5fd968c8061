/**
 * The demo and the examples as programs on the real cloud, which they find in a clouds.yaml.
 */
import { Command, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { fileURLToPath } from "node:url"
import { example } from "../../examples/run.js"
import { runProgram } from "../support/programs.js"
import { chromium, sendForm, sendFormInBrowser, withForm } from "../support/uploadForm.js"
import { demo, on, stack } from "./support.js"
import { CloudFiles, CloudServers } from "effect-rackspace"

/** The environment in which a program finds the cloud. */
const environment = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "effect-rackspace-openstack-" })
  const file = `${folder}/clouds.yaml`
  yield* fs.writeFileString(
    file,
    `clouds:
  real:
    region_name: ${stack.region}
    auth:
      auth_url: ${stack.auth_url}
      username: ${stack.demo.username}
      password: ${stack.demo.password}
      project_name: ${stack.demo.project}
      user_domain_id: default
      project_domain_id: default
`,
    { mode: 0o600 }
  )
  return { OS_CLIENT_CONFIG_FILE: file, OS_CLOUD: "real" }
})

const expectedLines: Readonly<Record<string, ReadonlyArray<string>>> = {
  "backup-folder": ["100 files uploaded, 100 of them in archives", "restored with 0 differences"],
  "download-to-file": ["numbers.txt has 588895 bytes", 'it begins with "1\\n2\\n3\\n"'],
  openstack: ["cirros runs on a server of 64 MB", "it now has 128 MB", "the server is deleted"],
  "resume-upload": [
    "the first run was interrupted",
    "20971520 bytes are stored in 10 segments, some of them from the first run",
    "20971520 bytes downloaded, verified by MD5",
    "11 objects are deleted"
  ],
  "own-http-client": ["bytes"],
  "typed-errors": ["no such server", "nothing to remove", "a container name without a slash"]
}

for (const [name, lines] of Object.entries(expectedLines)) {
  it.scopedLive(`${name} prints what is expected`, () =>
    Effect.gen(function* () {
      const { code, output } = yield* runProgram(example(name, yield* environment))
      for (const line of lines) assert.include(output, line)
      assert.strictEqual(code, 0, output)
    }).pipe(Effect.provide(NodeContext.layer))
  )
}

const inbox = (object: string) =>
  Effect.flatMap(CloudFiles.CloudFiles, (files) =>
    Stream.mkString(Stream.decodeText(files.download({ container: "inbox", object: `from-browsers/${object}` }))).pipe(
      Effect.zipLeft(files.deleteObject({ container: "inbox", object: `from-browsers/${object}` }))
    )
  ).pipe(Effect.provide(on(demo)))

it.scopedLive(
  "a file that the signed form sends is stored",
  () =>
    Effect.gen(function* () {
      const file = { name: "notes.txt", content: "sent without a browser" }
      const { code, output } = yield* withForm(yield* environment, sendForm(file))
      assert.include(output, "from-browsers/notes.txt has 22 bytes")
      assert.strictEqual(code, 0, output)
      assert.strictEqual(yield* inbox("notes.txt"), file.content)
    }).pipe(Effect.provide(NodeContext.layer)),
  120_000
)

it.scopedLive.skipIf(chromium === undefined)(
  "a file that a browser sends through the signed form is stored",
  () =>
    Effect.gen(function* () {
      const file = { name: "from a browser.txt", content: "sent by a browser" }
      const { code, output } = yield* withForm(yield* environment, sendFormInBrowser(chromium ?? "", file))
      assert.strictEqual(code, 0, output)
      assert.strictEqual(yield* inbox("from a browser.txt"), file.content)
    }).pipe(Effect.provide(NodeContext.layer)),
  120_000
)

it.scopedLive("the demo runs completely, and leaves nothing", () =>
  Effect.gen(function* () {
    const main = fileURLToPath(new URL("../../examples/demo/main.ts", import.meta.url))
    const folder = fileURLToPath(new URL("../../examples", import.meta.url))
    const options = ["--cloud", "real", "--network", stack.network_id, "--yes", folder]
    const { code, output } = yield* runProgram(
      Command.make(process.execPath, "--import", "tsx", main, ...options).pipe(Command.env(yield* environment))
    )
    assert.match(output, /all \d+ files are unchanged/)
    assert.strictEqual(code, 0, output)
    yield* Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const servers = yield* CloudServers.CloudServers
      assert.lengthOf([...(yield* Stream.runCollect(files.listContainers({ prefix: "demo-" })))], 0)
      assert.lengthOf([...(yield* Stream.runCollect(servers.list({ name: "^demo-" })))], 0)
    }).pipe(Effect.provide(on(demo)))
  }).pipe(Effect.provide(NodeContext.layer))
)
