/** The entry point of the worker thread. It answers requests one by one. */
import { parentPort } from "node:worker_threads"
import { handle } from "./program.js"
import { outputBuffers, type Request } from "./protocol.js"

parentPort?.on("message", ({ id, request }: { readonly id: number; readonly request: Request }) => {
  const answered = handle(request)
  parentPort?.postMessage({ id, answered }, answered[0] ? outputBuffers(request.op, answered[1]) : [])
})
