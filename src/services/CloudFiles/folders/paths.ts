/** Which file an object's name stands for, and whether that is safe to write. */
import { resolve } from "node:path"
import { expandHome } from "../../../internal/files/homePath.js"
import { FileRefused, type RefusalReason } from "./model.js"

/** The longest name of an object, in bytes. */
const longestName = 1024

export const refusedFile = (
  operation: string,
  path: string,
  reason: typeof RefusalReason.Type,
  why: string
): FileRefused =>
  new FileRefused({ service: "CloudFiles", operation, path, reason, message: `${operation}: ${path}: ${why}` })

/** A folder's absolute path. */
export const absoluteFolder = (folder: string): string => resolve(expandHome(folder))

/** A folder in the container as what its objects' names begin with. */
export const folderPrefix = (prefix: string | undefined): string =>
  prefix === undefined || prefix === "" || prefix.endsWith("/") ? (prefix ?? "") : `${prefix}/`

/** Why a file cannot be an object of this name. */
export const unfitObject = (operation: string, path: string, object: string): FileRefused | undefined => {
  // No character has more than three bytes for each of its units.
  if (object.length * 3 > longestName && Buffer.byteLength(object, "utf8") > longestName) {
    return refusedFile(operation, path, "tooLong", "the object's name would be longer than 1,024 bytes")
  }
  return /\p{Surrogate}/u.test(object)
    ? refusedFile(operation, path, "notUnicode", "its name is not valid Unicode, as an object's must be")
    : undefined
}

// oxlint-disable-next-line no-control-regex
const reservedOnWindows = /[\\:*?"<>|\u0001-\u001f]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i

/** Why an object cannot be the file of this path within a folder. */
export const unfitPath = (
  operation: string,
  path: string,
  platform: NodeJS.Platform = process.platform
): FileRefused | undefined => {
  const parts = path.split("/")
  if (parts[0] === "" || parts.includes("..")) {
    return refusedFile(operation, path, "outside", "the object's name leads out of the folder")
  }
  if (parts.includes("") || parts.includes(".") || path.includes("\u0000")) {
    return refusedFile(
      operation,
      path,
      "notAPath",
      "the object's name is not that of a file: it has an empty part, a dot or NUL in it"
    )
  }
  return platform === "win32" && parts.some((part) => reservedOnWindows.test(part))
    ? refusedFile(operation, path, "notAPath", "the object's name is not that of a file on Windows")
    : undefined
}
