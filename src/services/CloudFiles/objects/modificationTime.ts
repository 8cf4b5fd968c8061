/** When the file of an object was modified, as other clients store it too: in the metadata `mtime`, in seconds. */
import { fileTime, isFurthest } from "../../../internal/files/modificationTime.js"
import { ObjectInfo } from "./objects.js"

/**
 * When the file was modified that an object was made of, as its metadata says: milliseconds since 1970, negative before.
 * Undefined where it says nothing, or a time that no file can have.
 */
export const mtimeOf = (info: ObjectInfo): number | undefined => {
  const text = info.metadata["mtime"]
  const seconds = text === undefined || text.trim() === "" ? NaN : Number(text)
  return fileTime(seconds * 1000)
}

/** When a file was modified that is an object now; else when the object was stored. */
export const modifiedAt = (info: ObjectInfo): number | undefined => mtimeOf(info) ?? info.lastModified?.epochMillis

/** Whether two times are the same to the millisecond: other clients keep theirs by way of a binary fraction. */
export const sameTime = (a: number, b: number): boolean => Math.abs(a - b) < 1

/** Whether a file has this time, or the nearest to it that its file system can keep. */
export const hasTime = (modified: number, time: number): boolean =>
  sameTime(modified, time) || (isFurthest(modified) && (modified < 0 ? time < modified : time > modified))
