/**
 * Runs the snippets of README.md and docs/ that are whole programs (```ts run) or tests (```ts test). A program runs in its own
 * process, on an emulated cloud over a real socket, and prints the lines of the ```text fence that follows it, if one does.
 */
import { Command, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestCloud } from "effect-rackspace"
import { readdirSync } from "node:fs"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { environment } from "../examples/run.js"
import { fencesOf } from "../scripts/fences.mjs"
import { runProgram } from "./support/programs.js"

const root = fileURLToPath(new URL("..", import.meta.url))

const pages = [
  join(root, "README.md"),
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(root, "docs", name))
]

/** The snippets of one kind, each with the output that the page shows. */
const snippets = (kind: "run" | "test") =>
  pages.flatMap((page) => {
    const fences = fencesOf(page)
    return fences.flatMap(({ language, line, lines, words }, index) => {
      const next = fences[index + 1]
      return language === "ts" && words.includes(kind)
        ? [
            {
              name: `${basename(page, ".md")}-${line}`,
              code: lines.join("\n"),
              output: next?.language === "text" ? next.lines.map((text) => text.trim()) : []
            }
          ]
        : []
    })
  })

/** A folder in which `effect-rackspace` is this source, as in the project. */
const project = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "effect-rackspace-docs-" })
  yield* fs.symlink(join(root, "node_modules"), join(folder, "node_modules"))
  yield* fs.writeFileString(join(folder, "package.json"), JSON.stringify({ type: "module" }))
  yield* fs.writeFileString(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: join(root, "tsconfig.json"), include: ["."], compilerOptions: { rootDir: "/" } })
  )
  return folder
})

const cloud = Layer.fresh(TestCloud.layerListening({ servers: { buildTime: 0, actionTime: 0, deleteTime: 0 } }))

for (const { code, name, output } of snippets("run")) {
  it.scopedLive(
    `${name} runs`,
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* project
        yield* fs.writeFileString(join(folder, "program.ts"), code)
        const result = yield* runProgram(
          Command.make(process.execPath, "--import", "tsx", "program.ts").pipe(
            Command.workingDirectory(folder),
            Command.env(yield* environment)
          )
        )
        for (const line of output) assert.include(result.output, line)
        assert.strictEqual(result.code, 0, result.output)
      }).pipe(Effect.provide([cloud, NodeContext.layer])),
    // A process for each, on a machine that may be busy.
    120_000
  )
}

it.scopedLive(
  "the tests in the pages pass",
  () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* project
      yield* fs.makeDirectory(join(folder, "test"))
      for (const { code, name } of snippets("test")) {
        yield* fs.writeFileString(join(folder, "test", `${name}.test.ts`), code)
      }
      const vitest = join(root, "node_modules", "vitest", "vitest.mjs")
      const config = join(root, "vitest.config.ts")
      const result = yield* runProgram(
        Command.make(
          process.execPath,
          vitest,
          "run",
          "--root",
          folder,
          "--config",
          config,
          "--reporter=basic",
          "--maxWorkers=1",
          "--minWorkers=1"
        )
      )
      assert.strictEqual(result.code, 0, result.output)
    }).pipe(Effect.provide(NodeContext.layer)),
  240_000
)
