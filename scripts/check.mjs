/**
 * Runs all checks except the tests: `npm run check`. Each step prints one line, and its whole output if it failed. All steps
 * run, as many at a time as there are processors.
 *
 *     node scripts/check.mjs              all steps
 *     node scripts/check.mjs lint docs    the steps whose names start with these words
 */
import { spawn } from "node:child_process"
import { availableParallelism } from "node:os"
import { root } from "./project.mjs"

/** The arguments of Node for each step, the longest step first. */
const steps = {
  package: ["scripts/check-package.mjs"],
  "types (5.9)": ["node_modules/typescript-5.9/lib/tsc.js", "-p", "."],
  "types (newest)": ["node_modules/typescript/bin/tsc", "-p", "."],
  fences: ["scripts/check-fences.mjs"],
  links: ["scripts/check-links.mjs"],
  docs: ["scripts/check-docs.mjs"],
  format: ["node_modules/prettier/bin/prettier.cjs", "--check", "."],
  lint: ["node_modules/oxlint/bin/oxlint", "--deny-warnings", "--format=agent"],
  layers: ["scripts/check-layers.mjs"],
  exports: ["scripts/check-exports.mjs"],
  lockfile: ["scripts/lockfile.mjs"]
}

/** Runs a step, and returns whether it passed. */
const run = (name) =>
  new Promise((resolve) => {
    const start = performance.now()
    const child = spawn(process.execPath, steps[name], { cwd: root, stdio: ["ignore", "pipe", "pipe"] })
    let output = ""
    child.stdout.on("data", (data) => (output += data))
    child.stderr.on("data", (data) => (output += data))
    child.on("close", (code) => {
      const seconds = ((performance.now() - start) / 1000).toFixed(1)
      const lastLine = code === 0 ? output.trim().split("\n").at(-1) : ""
      console.log(`${code === 0 ? "ok  " : "FAIL"} ${name.padEnd(14)} ${seconds.padStart(5)} s  ${lastLine}`.trimEnd())
      if (code !== 0) console.log(output.trimEnd())
      resolve(code === 0)
    })
  })

const wanted = process.argv.slice(2)
const names = Object.keys(steps).filter((name) => wanted.length === 0 || wanted.some((word) => name.startsWith(word)))
if (names.length === 0) {
  console.error(`No such step. The steps are: ${Object.keys(steps).join(", ")}`)
  process.exit(2)
}

const queue = [...names]
const failed = []
const worker = async () => {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    if (!(await run(name))) failed.push(name)
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, worker))

console.log(failed.length === 0 ? "All checks passed." : `Failed: ${failed.join(", ")}.`)
process.exitCode = failed.length === 0 ? 0 : 1
