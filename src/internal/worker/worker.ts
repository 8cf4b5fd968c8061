/** The entry of the worker thread: one response to each request, in their order. */
import { parentPort } from "node:worker_threads"
import { handle } from "./program.js"
import { outputBuffers, type Request } from "./protocol.js"

parentPort?.on("message", ({ id, request }: { readonly id: number; readonly request: Request }) => {
  const answered = handle(request)
  parentPort?.postMessage({ id, answered }, answered[0] ? outputBuffers(request.op, answered[1]) : [])
})
