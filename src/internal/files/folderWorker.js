/**
 * The worker thread in which `folderReader.js` reads: one answer to each request, in their order.
 */
import { parentPort } from "node:worker_threads"
import { safely } from "./folderReader.js"

/** @typedef {import("./folderReader.js").Request} Request */

/**
 * What need not be copied, since nobody here looks at it again.
 *
 * @param {Request["op"]} op
 * @param {unknown} answer
 */
const transferred = (op, answer) => {
  switch (op) {
    case "pack":
    case "read":
      return [/** @type {import("./folderReader.js").Packed} */ (answer).archive.buffer]
    case "brief":
      return [/** @type {import("./folderReader.js").Brief} */ (answer).content.buffer]
    case "store":
      return [/** @type {import("./folderReader.js").Stored} */ (answer).room.buffer]
    default:
      return []
  }
}

parentPort?.on("message", (/** @type {{ readonly id: number, readonly request: Request }} */ { id, request }) => {
  const answered = safely(request)
  parentPort?.postMessage({ id, answered }, answered[0] ? transferred(request.op, answered[1]) : [])
})
