/** The modification time of an object's file, in the metadata `mtime` in seconds, as other clients store it too. */
import { fileTime, isLimit } from "../../../internal/files/modificationTime.js"
import { ObjectInfo } from "./objects.js"

/**
 * The modification time in an object's metadata: milliseconds since 1970, negative before. Undefined if it is missing,
 * or invalid for a file.
 */
export const mtimeOf = (info: ObjectInfo): number | undefined => {
  const text = info.metadata["mtime"]
  const seconds = text === undefined || text.trim() === "" ? NaN : Number(text)
  return fileTime(seconds * 1000)
}

/** The modification time of the object's file, otherwise the time when the object was stored. */
export const modifiedAt = (info: ObjectInfo): number | undefined => mtimeOf(info) ?? info.lastModified?.epochMillis

/** Whether two times are equal to the millisecond. Other clients round theirs to binary fractions. */
export const sameTime = (a: number, b: number): boolean => Math.abs(a - b) < 1

/** Whether a file has this time, or the nearest one that its file system supports. */
export const hasTime = (modified: number, time: number): boolean =>
  sameTime(modified, time) || (isLimit(modified) && (modified < 0 ? time < modified : time > modified))
