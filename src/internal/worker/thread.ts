/** Starts worker threads, and passes requests to them. */
import * as Effect from "effect/Effect"
import type { WorkerOptions } from "node:worker_threads"
import { startWorker } from "./startWorker.js"
import { type Answered, type Input, inputBuffers, type Name, type Request } from "./protocol.js"

/** A thread that handles requests. */
export interface Thread {
  readonly ask: <N extends Name>(op: N, input: Input<N>, receive: (answered: Answered<N>) => void) => void
  /** Whether it has ended or could not be started. */
  readonly isLost: () => boolean
  /** Ends the thread. Requests without a response then fail. */
  readonly end: Effect.Effect<void>
}

/** Handles requests without a thread. */
export type Fallback = <N extends Name>(request: Request<N>) => Answered<N>

/** Fails, for requests that cannot be handled without a thread. */
export const failing: Fallback = () => [false, "", ""]

interface Waiting {
  readonly request: Request
  readonly receive: (answered: Answered<Name>) => void
}

/**
 * Starts a thread. `fallback` handles requests if none can be started (a bundle without the worker's file, a runtime
 * without threads), and open requests if the thread is lost.
 *
 * The thread keeps the process alive only while it has open requests, or while its end is awaited.
 */
export const startThread = (options: WorkerOptions, fallback: Fallback): Thread => {
  const waiting = new Map<number, Waiting>()
  let count = 0
  let isEnding = false
  const takeWaiting = (): ReadonlyArray<Waiting> => {
    const all = [...waiting.values()]
    waiting.clear()
    return all
  }
  let worker = startWorker(options)
  // Its open walks cannot be continued; its open requests are handled here.
  const lost = (): void => {
    worker = undefined
    for (const { receive, request } of takeWaiting()) receive(fallback(request))
  }
  worker?.unref()
  worker?.on("message", ({ answered, id }: { readonly id: number; readonly answered: Answered<Name> }) => {
    const request = waiting.get(id)
    waiting.delete(id)
    // After `end`, the thread must keep the process alive until it has ended.
    if (waiting.size === 0 && !isEnding) worker?.unref()
    request?.receive(answered)
  })
  worker?.on("error", lost)
  worker?.on("exit", lost)
  return {
    isLost: () => worker === undefined,
    ask: <N extends Name>(op: N, input: Input<N>, receive: (answered: Answered<N>) => void) => {
      // The compiler cannot see that the operation and input form a valid request.
      const request = { op, ...input } as unknown as Request
      if (worker === undefined) return receive(fallback(request as Request<N>))
      const id = count++
      waiting.set(id, { request, receive: receive as Waiting["receive"] })
      worker.ref()
      worker.postMessage({ id, request }, inputBuffers(request))
    },
    end: Effect.promise(async () => {
      const left = takeWaiting()
      isEnding = true
      worker?.ref()
      await worker?.terminate()
      // Without a response, uninterruptible requests would wait forever.
      for (const { receive } of left) receive([false, "", ""])
    })
  }
}
