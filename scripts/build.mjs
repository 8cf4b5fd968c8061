/**
 * Builds dist/ from scratch. tsc checks the sources and writes the declarations. esbuild writes the JavaScript into few files, because
 * opening a file takes longer than running it: one for each entry of the package, and shared code in dist/chunks. Makes the emulator's
 * command executable.
 */
import { buildSync } from "esbuild"
import { spawnSync } from "node:child_process"
import { chmodSync, rmSync } from "node:fs"
import { join } from "node:path"
import { manifest, root } from "./project.mjs"

rmSync(join(root, "dist"), { recursive: true, force: true })

const tsc = join(root, "node_modules/typescript/bin/tsc")
const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" })
if (status !== 0) process.exit(1)

/** The path of an entry below dist/ and, without the extension, of its source below src/. */
const pathOf = (file) => /^\.\/dist\/(.*)\.js$/.exec(file)?.[1]
const outputs = [...Object.values(manifest.exports).map((entry) => entry.default), ...Object.values(manifest.bin)]
const paths = outputs.flatMap((file) => pathOf(file) ?? [])

const options = {
  absWorkingDir: root,
  outdir: "dist",
  format: "esm",
  target: "es2022",
  sourcemap: true,
  sourcesContent: false
}
const { metafile } = buildSync({
  ...options,
  entryPoints: [
    ...paths.filter((path) => path !== "index").map((path) => ({ in: `src/${path}.ts`, out: path })),
    // Beside the code that starts it.
    { in: "src/internal/worker/worker.ts", out: "chunks/worker" }
  ],
  bundle: true,
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  platform: "node",
  packages: "external",
  metafile: true
})
// Not bundled: its namespaces would become objects, and users' bundlers could not remove the unused ones.
buildSync({ ...options, entryPoints: ["src/index.ts"] })

const starter = Object.entries(metafile.outputs).find(
  ([, { inputs }]) => "src/internal/worker/startWorker.ts" in inputs
)?.[0]
if (!starter?.startsWith("dist/chunks/")) throw new Error(`${starter} starts a worker that is not beside it`)

for (const command of Object.values(manifest.bin)) chmodSync(join(root, command), 0o755)
