/** Starts the worker thread, from the built package or from its sources. */
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
// Without `node:`, so that webpack sees that a worker is started, and bundles its program.
import { Worker, type WorkerOptions } from "worker_threads"

/** The parts of esbuild that are used. */
interface Bundler {
  readonly buildSync: (options: object) => { readonly outputFiles: ReadonlyArray<{ readonly text: string }> }
}

let bundled: string | undefined

/**
 * The program as one script, for a process that runs the TypeScript sources, as this repository's tests do. Node's workers cannot
 * load these, and a loader in each worker would take longer to start than the work takes. esbuild is there with what loads the sources.
 */
const bundledSources = (): string => {
  // Neither by `import` nor by `new URL`: bundlers of users would look for esbuild and for the source.
  const { createRequire } = process.getBuiltinModule("node:module")
  const { buildSync } = createRequire(import.meta.url)("esbuild") as Bundler
  const entryPoint = join(dirname(fileURLToPath(import.meta.url)), "worker.ts")
  const options = { entryPoints: [entryPoint], bundle: true, platform: "node", format: "cjs", write: false }
  return buildSync(options).outputFiles[0]?.text ?? ""
}

/** Starts the worker thread. Undefined where that is not possible. */
export const startWorker = (options: WorkerOptions): Worker | undefined => {
  try {
    // Without the flags of this process: a loader of TypeScript would take longer to start than the work takes.
    const settings = { execArgv: [], ...options }
    if (import.meta.url.endsWith(".ts")) return new Worker((bundled ??= bundledSources()), { ...settings, eval: true })
    return new Worker(new URL("./worker.js", import.meta.url), settings)
  } catch {
    return undefined
  }
}
