/**
 * A worker thread that runs `folderReader.js`.
 */
import * as Effect from "effect/Effect"
import { Worker } from "node:worker_threads"
import type { Request, safely } from "./folderReader.js"

/** The response to a request: `[true, result]` or `[false, code, message]`. */
export type Answered = ReturnType<typeof safely>

/** A thread that handles requests. */
export interface ReadingThread {
  readonly ask: (request: Request, receive: (answered: Answered) => void) => void
  /** Ends it. Requests without a response then fail. */
  readonly end: Effect.Effect<void>
}

/** What need not be copied, since nobody here reads it until it comes back. */
const handedOver = (request: Request): ReadonlyArray<ArrayBuffer> => {
  switch (request.op) {
    case "brief":
    case "pack":
    case "read":
      return request.room === undefined ? [] : [request.room.buffer]
    case "store":
      return [request.content.buffer]
    default:
      return []
  }
}

/**
 * Starts a thread. `instead` handles requests where none can be started (a bundle without the worker's file, a runtime without threads),
 * and those without a response when the thread is lost.
 *
 * An idle thread does not keep the process alive. One with open requests does, until it has responded to all of them, and while
 * its end is awaited.
 */
export const startReadingThread = (instead: (request: Request) => Answered): ReadingThread => {
  const waiting = new Map<number, { readonly request: Request; readonly receive: (answered: Answered) => void }>()
  let count = 0
  let isEnding = false
  let worker: Worker | undefined
  // What it has begun to walk is lost with it; its open requests are handled here.
  const give = (): void => {
    worker = undefined
    const left = [...waiting.values()]
    waiting.clear()
    for (const { receive, request } of left) receive(instead(request))
  }
  try {
    // Without the flags of this process: a loader of TypeScript would take longer to start than the reading takes.
    worker = new Worker(new URL("./folderWorker.js", import.meta.url), {
      name: "effect-rackspace files",
      execArgv: [],
      env: {},
      resourceLimits: { maxYoungGenerationSizeMb: 8 }
    })
    worker.unref()
    worker.on("message", ({ answered, id }: { readonly id: number; readonly answered: Answered }) => {
      const asked = waiting.get(id)
      waiting.delete(id)
      // A response may arrive after `end` was called, which still waits for the thread.
      if (waiting.size === 0 && !isEnding) worker?.unref()
      asked?.receive(answered)
    })
    worker.on("error", give)
    worker.on("exit", give)
  } catch {
    return { ask: (request, receive) => receive(instead(request)), end: Effect.void }
  }
  return {
    ask: (request, receive) => {
      if (worker === undefined) return receive(instead(request))
      const id = count++
      waiting.set(id, { request, receive })
      worker.ref()
      worker.postMessage({ id, request }, handedOver(request))
    },
    end: Effect.promise(async () => {
      const left = [...waiting.values()]
      waiting.clear()
      isEnding = true
      worker?.ref()
      await worker?.terminate()
      // An uninterruptible request would otherwise wait for ever.
      for (const { receive } of left) receive([false, "", ""])
    })
  }
}
