/** Stores small files: each is written under a temporary name and then renamed. */
import * as fs from "node:fs"
import { dirname } from "node:path"
import { behindLink, described, failure } from "./problems.js"
import type { Stored, StoreInput } from "./protocol.js"
import { ignoringErrors } from "./reading.js"

/** Whether something else than a file would be replaced. A target that cannot be examined fails when it is written. */
const isOtherThanFile = (path: string): boolean => {
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

/** Stores a file. Where it fails, nothing is left of it; returns the call that failed, and its error. */
const storeFile = ({ bytes, isChecked, target, temporary, time }: NewFile) => {
  let call = "leave"
  let file: number | undefined
  try {
    if (isOtherThanFile(target)) throw new Error("something else than a file is there")
    call = "open"
    file = fs.openSync(temporary, "wx")
    call = "write"
    // After it was opened: a link that the path went through is still there. `isChecked` says that it is a real path.
    if (isChecked && fs.realpathSync(dirname(temporary)) !== dirname(temporary)) throw failure(behindLink)
    for (let written = 0; written < bytes.byteLength;) written += fs.writeSync(file, bytes, written)
    call = "utimes"
    // As text, since Node takes a negative number for now.
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
    // A file that was there before is not removed.
    if (call !== "leave" && call !== "open") ignoringErrors(() => fs.unlinkSync(temporary))
    return { call, error }
  }
}

/** Stores files. A target that is no file is not replaced: its problem is of the call "leave". */
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
