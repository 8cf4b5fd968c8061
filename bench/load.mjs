/**
 * Runs many fibers with short-lived tokens, and compares the library with a plain Effect client on undici that has the same limit
 * of requests in flight.
 *
 *   npm run build && node bench/load.mjs
 *
 *   --fibers N       the number of fibers; default 10,000
 *   --requests N     the number of sequential requests of each fiber; default 2
 *   --lifetime S     the lifetime of a token, in seconds; default 1
 *   --delay MS       the server's response time; default 5
 *   --descriptors N  the limit of open files and sockets of a client; default 1,024; 0 for the system's limit
 *   --clients A,B    only these clients: library, effect
 *   --write          also writes bench/RESULTS-load.md
 *
 * Each client and the server are separate processes. Exits with 1 if a request of the library fails.
 */
import { fork, spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { cpus } from "node:os"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"

const { values } = parseArgs({
  options: {
    fibers: { type: "string", default: "10000" },
    requests: { type: "string", default: "2" },
    lifetime: { type: "string", default: "1" },
    delay: { type: "string", default: "5" },
    descriptors: { type: "string", default: "1024" },
    clients: { type: "string", default: "library,effect" },
    write: { type: "boolean", default: false }
  }
})
const [fibers, requests, lifetime, delay, descriptors] = [
  values.fibers,
  values.requests,
  values.lifetime,
  values.delay,
  values.descriptors
].map(Number)
const clients = values.clients.split(",")
const titles = { library: "effect-rackspace", effect: "Effect's HttpClient on undici" }

const here = (name) => fileURLToPath(new URL(name, import.meta.url))

/** Sends a message to the server, and returns its answer. */
const ask = (server, message) =>
  new Promise((resolve) => {
    server.once("message", resolve)
    server.send(message)
  })

const measure = async (client) => {
  const server = fork(here("load/server.mjs"), [String(lifetime * 1000), String(delay)])
  const { port } = await ask(server, "port")
  const limit = descriptors > 0 ? `ulimit -n ${descriptors}; ` : ""
  const job = JSON.stringify({ url: `http://127.0.0.1:${port}`, fibers, requests })
  // The server has its own process, so this one may block.
  const { status, stderr, stdout } = spawnSync(
    "bash",
    ["-c", `${limit}exec "$0" "$1" "$2" "$3"`, process.execPath, here("load/client.mjs"), client, job],
    { encoding: "utf8", maxBuffer: 64 * 1024 ** 2 }
  )
  const stats = await ask(server, "stats")
  server.kill()
  if (status !== 0) throw new Error(`${client} failed: ${stderr}`)
  return { ...JSON.parse(stdout), ...stats }
}

const row = (cells) => `| ${cells.join(" | ")} |`
const lines = [
  row([
    "",
    "failures",
    "time",
    "logins",
    "per lifetime",
    "rejected tokens",
    "most in flight",
    "peak memory",
    "longest block of the event loop"
  ]),
  row(Array.from({ length: 9 }, () => "---"))
]
let failed = false
for (const client of clients) {
  const result = await measure(client)
  const perLifetime = result.logins / Math.max(1, Math.ceil(result.seconds / lifetime))
  lines.push(
    row([
      titles[client],
      `${result.failures} of ${fibers * requests}`,
      `${result.seconds.toFixed(1)} s`,
      result.logins,
      perLifetime.toFixed(2),
      result.rejected,
      result.mostInFlight,
      `${Math.round(result.memory)} MiB`,
      `${Math.round(result.blocked)} ms`
    ])
  )
  for (const [what, count] of Object.entries(result.kinds)) console.error(`${client}: ${count} times ${what}`)
  failed ||= client === "library" && result.failures > 0
}
const table = lines.join("\n")
console.log(table)
if (values.write) {
  const command = `node bench/load.mjs --fibers ${fibers} --requests ${requests} --lifetime ${lifetime} --delay ${delay} --descriptors ${descriptors}`
  writeFileSync(
    here("RESULTS-load.md"),
    `# Results under load

Made by \`npm run build && ${command} --write\`.

${fibers.toLocaleString("en")} fibers, each with ${requests} sequential requests; tokens with a lifetime of ${lifetime} s; a server with a response time of ${delay} ms${descriptors > 0 ? `; at most ${descriptors.toLocaleString("en")} files and sockets open` : ""}. Both clients have at most 64 requests in flight. The server counts logins, rejected tokens and requests in flight. The time does not include the start of the process; the memory is that of the whole process.

- Machine: ${cpus().length} cores (${cpus()[0]?.model}), Node ${process.versions.node}

${table}
`
  )
}
process.exit(failed ? 1 : 0)
