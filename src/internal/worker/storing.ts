/** Stores small files: writes each under a temporary name, and renames it. */
import * as fs from "node:fs"
import { dirname } from "node:path"
import { behindLink, described, failure } from "./problems.js"
import type { Stored, StoreInput } from "./protocol.js"
import { ignoringErrors } from "./reading.js"

/** Whether the target exists and is not a file. If it cannot be examined, the write will fail. */
const isNotAFile = (path: string): boolean => {
  try {
    return fs.statSync(path, { throwIfNoEntry: false })?.isFile() === false
  } catch {
    return false
  }
}

interface NewFile {
  readonly temporary: string
  readonly target: string
  readonly bytes: Uint8Array
  readonly time: number
  readonly isChecked: boolean
}

/** Stores a file. On failure it removes the temporary file, and returns the failed call and its error. */
const storeFile = ({ bytes, isChecked, target, temporary, time }: NewFile) => {
  let call = "leave"
  let file: number | undefined
  try {
    if (isNotAFile(target)) throw new Error("the target exists and is not a file")
    call = "open"
    file = fs.openSync(temporary, "wx")
    call = "write"
    // Checked after opening: if a link was followed, it still exists. `isChecked` means that this is a real path.
    if (isChecked && fs.realpathSync(dirname(temporary)) !== dirname(temporary)) throw failure(behindLink)
    for (let written = 0; written < bytes.byteLength;) written += fs.writeSync(file, bytes, written)
    call = "utimes"
    // As a string, because Node interprets a negative number as now.
    if (!Number.isNaN(time)) fs.futimesSync(file, Date.now() / 1000, String(time / 1000))
    call = "close"
    const whole = file
    file = undefined
    fs.closeSync(whole)
    call = "rename"
    fs.renameSync(temporary, target)
    return undefined
  } catch (error) {
    const open = file
    if (open !== undefined) ignoringErrors(() => fs.closeSync(open))
    // If the temporary file existed before, it is not removed.
    if (call !== "leave" && call !== "open") ignoringErrors(() => fs.unlinkSync(temporary))
    return { call, error }
  }
}

/** Stores files. A target that is not a file is not replaced, and reported with the call "leave". */
export const store = ({ checked, content, sizes, targets, temporaries, times }: StoreInput): Stored => {
  const names = targets.split("\u0000")
  const problems: Array<Stored["problems"][number]> = []
  let offset = 0
  for (const [index, temporary] of temporaries.split("\u0000").entries()) {
    const size = sizes[index] ?? 0
    const failed = storeFile({
      temporary,
      target: names[index] ?? "",
      bytes: content.subarray(offset, offset + size),
      time: times[index] ?? NaN,
      isChecked: checked[index] === 1
    })
    if (failed !== undefined) problems.push([index, failed.call, ...described(failed.error)])
    offset += size
  }
  return { problems, content }
}
