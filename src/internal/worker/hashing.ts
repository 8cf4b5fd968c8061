/** MD5s of files, and of bytes that arrive in chunks. */
import { createHash, type Hash } from "node:crypto"
import * as fs from "node:fs"
import { described, type Problem } from "./problems.js"
import type { Input } from "./protocol.js"
import { readable, withFile } from "./reading.js"

const buffer = Buffer.allocUnsafeSlow(1024 * 1024)

export const hashParts = ({ file, parts }: Input<"hashParts">): ReadonlyArray<string> =>
  withFile(file, readable, (descriptor) =>
    parts.map((size, index) => {
      const hash = createHash("md5")
      let left = index === parts.length - 1 ? Infinity : size
      while (left > 0) {
        const read = fs.readSync(descriptor, buffer, 0, Math.min(buffer.length, left), null)
        if (read === 0) break
        hash.update(buffer.subarray(0, read))
        left -= read
      }
      return hash.digest("hex")
    })
  )

export const hashFiles = ({ folder, paths }: Input<"hashFiles">): ReadonlyArray<string | Problem> =>
  paths.split("\u0000").map((path) => {
    try {
      return hashParts({ file: `${folder}/${path}`, parts: [0] })[0] ?? ""
    } catch (error) {
      return described(error)
    }
  })

const running = new Map<number, Hash>()

const runningHash = (id: number): Hash => {
  const known = running.get(id)
  if (known !== undefined) return known
  const made = createHash("md5")
  running.set(id, made)
  return made
}

export const update = ({ bytes, hash }: Input<"update">): Uint8Array<ArrayBuffer> => {
  runningHash(hash).update(bytes)
  return bytes
}

export const digest = ({ hash }: Input<"digest">): string => {
  const result = runningHash(hash).digest("hex")
  running.delete(hash)
  return result
}

export const forget = ({ hash }: Input<"forget">): void => {
  running.delete(hash)
}
