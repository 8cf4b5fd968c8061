import { assert, describe, it } from "@effect/vitest"
import { buildSync } from "esbuild"
import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const sourceOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Bundles a program into one file. */
const bundle = (source: string, outfile: string, format: "esm" | "cjs"): void => {
  // Some packages call `require`, which ES modules do not have.
  const banner = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);'
  buildSync({
    entryPoints: [sourceOf(source)],
    outfile,
    bundle: true,
    platform: "node",
    format,
    ...(format === "esm" && { banner: { js: banner } }),
    logLevel: "error"
  })
}

/** Runs the bundled program, with or without its worker thread's file beside it, and returns its output. */
const run = async (hasWorker: boolean): Promise<unknown> => {
  const folder = mkdtempSync(join(tmpdir(), "effect-rackspace-test-"))
  try {
    bundle("./support/bundledProgram.ts", join(folder, "program.mjs"), "esm")
    if (hasWorker) bundle("../src/internal/worker/worker.ts", join(folder, "worker.js"), "cjs")
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "program.mjs")])
    return JSON.parse(stdout)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const md5 = createHash("md5").update(new Uint8Array(9_000_000)).digest("hex")

const work = { archived: 100, done: 100, skipped: 100, same: 100, md5 }

describe("a program that is bundled into one file", () => {
  it("uses worker threads if their file is beside it", { timeout: 120_000 }, async () => {
    assert.deepStrictEqual(await run(true), { ...work, threads: { started: 4, failed: 0 } })
  })

  it("does the same work in the main thread otherwise", { timeout: 120_000 }, async () => {
    assert.deepStrictEqual(await run(false), { ...work, threads: { started: 4, failed: 4 } })
  })
})
