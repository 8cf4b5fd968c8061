/** Starts the worker thread, from the built package or from the sources. */
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
// Without `node:`, so that webpack recognizes the worker and bundles its program.
import { Worker, type WorkerOptions } from "worker_threads"

/** The parts of esbuild's API that are used. */
interface Bundler {
  readonly buildSync: (options: object) => { readonly outputFiles: ReadonlyArray<{ readonly text: string }> }
}

let bundled: string | undefined

/**
 * Bundles the worker into one script, for processes that run the TypeScript sources, such as this repository's tests.
 * Node's workers cannot load TypeScript, and starting a loader in each worker would take too long. Tools that load the
 * sources come with esbuild.
 */
const bundledSources = (): string => {
  // `import` and `new URL` would make users' bundlers look for esbuild and for the source.
  const { createRequire } = process.getBuiltinModule("node:module")
  const { buildSync } = createRequire(import.meta.url)("esbuild") as Bundler
  const entryPoint = join(dirname(fileURLToPath(import.meta.url)), "worker.ts")
  const options = { entryPoints: [entryPoint], bundle: true, platform: "node", format: "cjs", write: false }
  return buildSync(options).outputFiles[0]?.text ?? ""
}

/** Starts the worker thread; undefined if that is not possible. */
export const startWorker = (options: WorkerOptions): Worker | undefined => {
  try {
    // Without this process's flags: a TypeScript loader would slow down the start.
    const settings = { execArgv: [], ...options }
    if (import.meta.url.endsWith(".ts")) return new Worker((bundled ??= bundledSources()), { ...settings, eval: true })
    return new Worker(new URL("./worker.js", import.meta.url), settings)
  } catch {
    return undefined
  }
}
