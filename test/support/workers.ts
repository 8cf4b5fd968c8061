/** Counts worker threads. */
import * as Effect from "effect/Effect"
import type { Worker } from "node:worker_threads"

/** The number of worker threads that were started since now, and how many of them are running. */
export const workers = Effect.acquireRelease(
  Effect.sync(() => {
    const seen = { started: 0, running: 0 }
    const watch = (worker: Worker): void => {
      seen.started++
      seen.running++
      worker.once("exit", () => seen.running--)
    }
    process.on("worker", watch)
    return { seen, watch }
  }),
  ({ watch }) => Effect.sync(() => process.off("worker", watch))
).pipe(Effect.map(({ seen }) => seen))
