/**
 * 1 GiB up and down through the library, with its checksum verified, beside the same bytes through bare undici, which verifies
 * nothing. The two take turns against one server process, each transfer in a process of its own.
 *
 *   npm run bench                  or, on a built tree: node bench/transfer.mjs [MEBIBYTES] [RUNS]
 *
 * Exits non-zero where the library's peak memory reaches 200 MiB.
 */
import { execFile, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { mkdtempSync, openSync, rmSync, writeSync, closeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { piece } from "./content.mjs"

const bytes = Number(process.argv[2] ?? 1024) * 1024 * 1024
const runs = Number(process.argv[3] ?? 5)
const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
const memoryLimit = 200

const folder = mkdtempSync(join(tmpdir(), "effect-rackspace-bench-"))
const file = join(folder, "content")
const hash = createHash("md5")
const descriptor = openSync(file, "w")
for (let left = bytes; left > 0; left -= piece.length) {
  const part = left >= piece.length ? piece : piece.subarray(0, left)
  hash.update(part)
  writeSync(descriptor, part)
}
closeSync(descriptor)

const server = spawn(process.execPath, [here("stub.mjs"), String(bytes), hash.digest("hex")], {
  stdio: ["ignore", "pipe", "inherit"]
})
try {
  const [line] = await once(server.stdout, "data")
  const port = String(line).trim()
  const results = {}
  for (let run = 0; run <= runs; run++) {
    for (const direction of ["upload", "download"]) {
      for (const client of ["library", "undici"]) {
        const { stdout } = await promisify(execFile)(process.execPath, [
          here("client.mjs"),
          client,
          direction,
          port,
          file
        ])
        // The first round only warms the caches.
        if (run > 0) ((results[direction] ??= {})[client] ??= []).push(JSON.parse(stdout))
      }
    }
  }
  console.log(`${bytes / 1024 / 1024} MiB, medians of ${runs} runs in turn, Node ${process.versions.node}`)
  console.log("            library             undici              library / undici")
  console.log("            wall   cpu   peak   wall   cpu   peak   wall  cpu")
  for (const [direction, { library, undici }] of Object.entries(results)) {
    const of = (client, figure) => median(client.map((result) => result[figure]))
    const cells = (client) =>
      `${of(client, "wall").toFixed(2)}s ${of(client, "cpu").toFixed(2)}s ${of(client, "memory").toFixed(0)}M`
    const ratio = (figure) => median(library.map((result, index) => result[figure] / undici[index][figure])).toFixed(2)
    console.log(
      `${direction.padEnd(10)}  ${cells(library).padEnd(18)}  ${cells(undici).padEnd(18)}  ${ratio("wall")}  ${ratio("cpu")}`
    )
    const peak = Math.max(...library.map((result) => result.memory))
    if (peak >= memoryLimit) {
      console.error(
        `The library's peak memory in the ${direction} was ${peak.toFixed(0)} MiB; the limit is ${memoryLimit}`
      )
      process.exitCode = 1
    }
  }
} finally {
  server.kill()
  rmSync(folder, { recursive: true })
}
