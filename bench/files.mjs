/**
 * Compares Cloud Files with rclone, python-swiftclient and bare undici, in one run with the same server process.
 *
 *   npm run bench                          builds, then runs everything on the stub
 *   node bench/files.mjs put list --runs 5 after a build: these scenarios, five runs of each client
 *
 *   --runs N        the number of runs of each client; default 3
 *   --clients A,B   only these clients (bench/peers.mjs lists them)
 *   --objects N     the number of objects of 4 KiB in put, archive, get and delete; default 10,000
 *   --mebibytes N   the size of the large object; default 1,024
 *   --entries N     the length of the listing; default 1,000,000
 *   --cloud swift   on a Swift that test/openstack has started (OPENSTACK_ROOT), with smaller defaults
 *   --write         also writes bench/RESULTS.md, or bench/RESULTS-swift.md
 *
 * Exits with 1 if a limit of bench/scenarios.mjs is exceeded. Limits are checked on the stub with the default sizes only. Needs
 * Python 3 to measure. A client that is not installed is skipped, with a hint how to install it.
 */
import { spawn, spawnSync } from "node:child_process"
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as clouds from "./clouds.mjs"
import { clients } from "./peers.mjs"
import { judge, markdown, reading, table } from "./report.mjs"
import { containers, scenarios } from "./scenarios.mjs"

const here = (name) => fileURLToPath(new URL(name, import.meta.url))

const usage = (message) => {
  console.error(message)
  process.exit(2)
}

const arguments_ = () => {
  const defaults = { runs: "3", cloud: "stub" }
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: Object.fromEntries([
        ...["runs", "clients", "objects", "mebibytes", "entries", "cloud"].map((name) => [name, { type: "string" }]),
        ["write", { type: "boolean" }]
      ])
    })
    return { chosen: positionals, ...defaults, ...values }
  } catch (error) {
    return usage(error.message)
  }
}

const given = arguments_()
const whole = (name, fallback) => {
  const value = given[name] === undefined ? fallback : Number(given[name])
  return Number.isSafeInteger(value) && value > 0 ? value : usage(`--${name}: expected a whole number above 0`)
}
const known = (kind, names, all) => {
  for (const name of names) if (!all.includes(name)) usage(`${name}: no such ${kind}; there are ${all.join(", ")}`)
  return names
}

known("cloud", [given.cloud], Object.keys(clouds))
const onStub = given.cloud === "stub"
const sizes = {
  objects: whole("objects", onStub ? 10_000 : 1000),
  bytes: whole("mebibytes", onStub ? 1024 : 256) * 1024 ** 2,
  entries: whole("entries", onStub ? 1_000_000 : 10_000)
}
const warmSizes = { objects: 200, bytes: 16 * 1024 ** 2, entries: 10_000 }
const runs = whole("runs", 3)
const judged = onStub && [given.objects, given.mebibytes, given.entries].every((size) => size === undefined)
const chosen =
  given.chosen.length === 0 ? Object.keys(scenarios) : known("scenario", given.chosen, Object.keys(scenarios))
const asked =
  given.clients === undefined ? Object.keys(clients) : known("client", given.clients.split(","), Object.keys(clients))

if (spawnSync("python3", ["--version"]).status !== 0) usage("measuring needs python3: apt-get install python3")
const present = asked.filter((name) => {
  if (clients[name].version() !== undefined) return true
  console.error(`${clients[name].title} is skipped: it is not installed. ${clients[name].install}`)
  return false
})

const temporary = mkdtempSync(join(tmpdir(), "effect-rackspace-bench-"))
let running
let cloud
let ending

const stopClient = () => {
  try {
    // The whole process group, since measure.py does not end the client.
    if (running !== undefined && running.exitCode === null && running.signalCode === null) {
      process.kill(-running.pid, "SIGKILL")
    }
  } catch {
    // The process has already ended.
  }
}

/** Stops the client and the cloud, and deletes files and containers. */
const end = (code) => {
  ending ??= (async () => {
    stopClient()
    await running?.ended
    try {
      if (cloud !== undefined) for (const container of containers) await cloud.remove({ container })
    } catch (error) {
      console.error(error.message)
    }
    cloud?.close()
    await cloud?.closed
    rmSync(temporary, { recursive: true, force: true, maxRetries: 3 })
    process.exit(code)
  })()
  return ending
}

process.on("exit", () => {
  stopClient()
  cloud?.close()
  rmSync(temporary, { recursive: true, force: true, maxRetries: 3 })
})
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129]
]) {
  process.on(signal, () => void end(code))
}

const execute = (client, command) =>
  new Promise((resolve, reject) => {
    const out = join(temporary, "stdout")
    const errors = join(temporary, "stderr")
    const descriptors = [openSync(out, "w"), openSync(errors, "w")]
    running = spawn("python3", ["-I", here("measure.py"), ...command.argv], {
      cwd: command.cwd ?? temporary,
      detached: true,
      env: { ...process.env, ...command.environment },
      stdio: ["ignore", ...descriptors, "pipe"]
    })
    running.ended = new Promise((ended) => running.once("close", ended).once("error", ended))
    let figures = ""
    running.stdio[3].on("data", (part) => (figures += part))
    running.on("error", reject)
    running.on("close", (code) => {
      for (const descriptor of descriptors) closeSync(descriptor)
      if (code === 0) resolve({ figures: JSON.parse(figures), stdout: readFileSync(out, "utf8") })
      else {
        const said = `${readFileSync(errors, "utf8")}${readFileSync(out, "utf8")}`.trim().slice(-2000)
        reject(new Error(`${clients[client].title} failed with ${code}:\n${said}`))
      }
    })
  })

const once = async (name, client, context) => {
  if (ending !== undefined) throw new Error("interrupted")
  const scenario = scenarios[name]
  const job = await scenario.set(context)
  const command = clients[client].tasks[name](job)
  const { authUrl, key, user } = cloud.account
  const before = await cloud.usage()
  const { figures, stdout } = await execute(client, {
    ...command,
    environment: {
      BENCH_AUTH_URL: authUrl,
      BENCH_USER: user,
      BENCH_KEY: key,
      ...clients[client].environment?.(cloud.account)
    }
  })
  const after = await cloud.usage()
  const said = clients[client].timed === true ? JSON.parse(stdout) : { count: command.count?.(stdout) }
  if (said.missing !== undefined) return said
  try {
    if (command.discards !== true) await scenario.verify({ ...context, job, said })
  } catch (error) {
    throw new Error(`${clients[client].title} did not do its job: ${error.message}`, { cause: error })
  }
  return {
    ...figures,
    ...(clients[client].timed === true && { own: { wall: said.wall, cpu: said.cpu } }),
    ...(after !== undefined && { server: after.cpu - before.cpu, requests: after.requests - before.requests })
  }
}

const measure = async (name) => {
  const scenario = scenarios[name]
  const title = scenario.title(sizes)
  console.log(`\n${name}: ${title}`)
  const context = async (sizes, folder) => {
    const base = { cloud, sizes, temporary: mkdtempSync(join(temporary, folder)) }
    return { ...base, made: await scenario.make(base) }
  }
  const warm = await context(warmSizes, "warm-")
  const contestants = []
  for (const client of present.filter((client) => clients[client].tasks[name] !== undefined)) {
    const { missing } = await once(name, client, warm)
    if (missing === undefined) contestants.push(client)
    else console.error(`${clients[client].title} is skipped: ${missing}`)
  }
  const full = await context(sizes, "full-")
  const results = Object.fromEntries(contestants.map((client) => [client, []]))
  for (let run = 0; run < runs; run++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const client = contestants[(run + turn) % contestants.length]
      const result = await once(name, client, full)
      results[client].push(result)
      const asked = result.requests === undefined ? "" : `, ${result.requests} requests`
      console.error(`  ${run + 1}/${runs} ${client}: ${(result.own ?? result).wall.toFixed(2)} s${asked}`)
    }
  }
  for (const { temporary } of [warm, full]) rmSync(temporary, { recursive: true, force: true })
  for (const container of containers) await cloud.remove({ container })
  const verdicts = judged ? judge(scenario, results) : []
  console.log(table(results))
  for (const verdict of verdicts) console.log(reading(verdict))
  return { scenario: name, title, results, verdicts }
}

try {
  cloud = await clouds[given.cloud]()
  const measured = []
  for (const name of chosen) measured.push(await measure(name))
  if (!judged) console.log("\nThe limits are checked on the stub with the default sizes only.")
  if (given.write === true) {
    const command = ["npm run bench", ...(process.argv.length > 2 ? ["--", ...process.argv.slice(2)] : [])].join(" ")
    const titles = present.filter((name) => !name.startsWith("library-"))
    const versions = titles.map((name) => [clients[name].title, clients[name].version()])
    const results = here(onStub ? "RESULTS.md" : "RESULTS-swift.md")
    writeFileSync(results, markdown({ cloud: cloud.title, command, measured, runs, versions }))
    spawnSync("npx", ["prettier", "--write", results], { stdio: "ignore" })
  }
  await end(measured.some(({ verdicts }) => verdicts.some(({ met }) => met === false)) ? 1 : 0)
} catch (error) {
  if (ending === undefined) console.error(error.message)
  await end(1)
}
