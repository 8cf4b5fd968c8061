/**
 * For the scripts that try the package as its users do: a temporary folder, commands, and steps that print one line each. The folder
 * is removed and running commands are ended when the script ends, also when it is interrupted.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { root } from "./project.mjs"

/** The temporary folder. */
export const temporary = realpathSync(mkdtempSync(join(tmpdir(), "effect-rackspace-")))

const running = new Set()
const endAll = () => {
  for (const child of running) {
    try {
      process.kill(-child.pid, "SIGKILL")
    } catch {
      // It has ended already.
    }
  }
}
process.on("exit", () => {
  endAll()
  rmSync(temporary, { recursive: true, force: true, maxRetries: 3 })
})
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1))

/** The environment without what `npm run` adds about this project. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(npm_package_|npm_lifecycle_|npm_command$|npm_config_loglevel$|INIT_CWD$)/.test(name)
  )
)

/** Starts a command in a process group of its own, so that it ends with everything that it started. */
export const start = (command, args, { cwd = temporary, env = {} } = {}) => {
  const child = spawn(command, args, {
    cwd,
    env: { ...environment, npm_config_yes: "true", CI: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true
  })
  running.add(child)
  child.on("close", () => running.delete(child))
  return child
}

/** Runs a command, and returns its stdout. If it fails or takes longer than three minutes, fails with its output. */
export const run = (command, args, options) =>
  new Promise((resolve, reject) => {
    const child = start(command, args, options)
    const line = `$ ${[command, ...args].join(" ")}`
    let stdout = ""
    let output = ""
    child.stdout.on("data", (data) => {
      stdout += data
      output += data
    })
    child.stderr.on("data", (data) => (output += data))
    const late = setTimeout(() => {
      output += "\nended after three minutes"
      process.kill(-child.pid, "SIGKILL")
    }, 180_000)
    child.on("error", (error) => reject(new Error(`${line}\n${error.message}`)))
    child.on("close", (code, signal) => {
      clearTimeout(late)
      if (code === 0) resolve(stdout)
      else reject(new Error(`${line}\n${output.trim()}\nended with ${signal ?? code}`))
    })
  })

/** Builds and packs the package as `npm publish` would, and returns the tarball's path. */
export const pack = async () => {
  await run(process.execPath, ["scripts/build.mjs"], { cwd: root })
  // Without --ignore-scripts, `prepack` would build again.
  const args = ["pack", "--ignore-scripts", "--json", "--pack-destination", temporary]
  const [{ filename }] = Object.values(JSON.parse(await run("npm", args, { cwd: root })))
  return join(temporary, filename)
}

const failed = []
const skipped = []

/** Prints a step that cannot be tried, with the reason. The end of the script names it again. */
export const skip = (title, reason) => {
  console.log(`skip ${title.padEnd(44)}           ${reason}`)
  skipped.push(title)
}

/** Runs a step, prints one line, and the output of the failed command. Returns whether it passed. */
export const step = async (title, action) => {
  const begin = performance.now()
  let problem
  let note
  try {
    note = await action()
  } catch (error) {
    problem = error
  }
  const seconds = ((performance.now() - begin) / 1000).toFixed(1)
  const state = problem === undefined ? "ok  " : "FAIL"
  console.log(`${state} ${title.padEnd(44)} ${seconds.padStart(6)} s  ${note ?? ""}`.trimEnd())
  if (problem !== undefined) {
    console.log(problem.message)
    failed.push(title)
  }
  return problem === undefined
}

/** Runs tasks, as many at a time as there are processors. */
export const inParallel = async (tasks) => {
  const queue = [...tasks]
  const worker = async () => {
    for (let task = queue.shift(); task !== undefined; task = queue.shift()) await task()
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
}

/** Ends the script: names the skipped and failed steps, and fails if any failed. */
export const finish = () => {
  if (skipped.length > 0) console.log(`Skipped: ${skipped.join(", ")}.`)
  console.log(failed.length === 0 ? "All steps that ran have passed." : `Failed: ${failed.join(", ")}.`)
  process.exit(failed.length === 0 ? 0 : 1)
}
