/**
 * The worker thread in which `folderReader.js` reads: one answer to each request, in their order.
 */
import { parentPort } from "node:worker_threads"
import { safely } from "./folderReader.js"

/** @typedef {import("./folderReader.js").Request} Request */

parentPort?.on("message", (/** @type {{ readonly id: number, readonly request: Request }} */ { id, request }) => {
  const answered = safely(request)
  const archive =
    (request.op === "pack" || request.op === "read") && answered[0]
      ? /** @type {{ archive: Uint8Array<ArrayBuffer> }} */ (answered[1]).archive.buffer
      : undefined
  parentPort?.postMessage({ id, answered }, archive === undefined ? [] : [archive])
})
