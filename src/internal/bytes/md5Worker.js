/**
 * The thread that hashes: it takes buffers of bytes, and hands each back once it has read it.
 *
 * @typedef {{ readonly id: number, readonly buffer?: ArrayBuffer, readonly length?: number, readonly end?: "digest" | "forget" }} Job
 */
import { createHash } from "node:crypto"
import { parentPort } from "node:worker_threads"

/** @type {Map<number, import("node:crypto").Hash>} */
const hashes = new Map()

parentPort?.on("message", (/** @type {Job} */ { buffer, end, id, length }) => {
  let hash = hashes.get(id)
  if (hash === undefined) {
    hash = createHash("md5")
    hashes.set(id, hash)
  }
  if (buffer !== undefined) {
    hash.update(new Uint8Array(buffer, 0, length))
    parentPort?.postMessage({ id, buffer }, [buffer])
  }
  if (end !== undefined) hashes.delete(id)
  if (end === "digest") parentPort?.postMessage({ id, digest: hash.digest("hex") })
})

parentPort?.postMessage({ ready: true })
