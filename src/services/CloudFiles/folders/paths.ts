/** Converts between file paths and object names, and checks that they are safe. */
import { resolve } from "node:path"
import { expandHome } from "../../../internal/files/homePath.js"
import { FileRefused, type RefusalReason } from "./model.js"

/** The maximum length of an object's name, in bytes. */
const maxNameBytes = 1024

export const refusedFile = (
  operation: string,
  path: string,
  reason: typeof RefusalReason.Type,
  why: string
): FileRefused =>
  new FileRefused({ service: "CloudFiles", operation, path, reason, message: `${operation}: ${path}: ${why}` })

/** A folder's absolute path. */
export const absoluteFolder = (folder: string): string => resolve(expandHome(folder))

/** A folder in the container as a prefix of object names. */
export const folderPrefix = (prefix: string | undefined): string =>
  prefix === undefined || prefix === "" || prefix.endsWith("/") ? (prefix ?? "") : `${prefix}/`

/** Why a file cannot be stored under this object name. */
export const unfitObject = (operation: string, path: string, object: string): FileRefused | undefined => {
  // UTF-8 has at most three bytes per UTF-16 code unit.
  if (object.length * 3 > maxNameBytes && Buffer.byteLength(object, "utf8") > maxNameBytes) {
    return refusedFile(operation, path, "tooLong", "the object's name would be longer than 1,024 bytes")
  }
  return /\p{Surrogate}/u.test(object)
    ? refusedFile(operation, path, "notUnicode", "its name is not valid Unicode, as an object's must be")
    : undefined
}

// oxlint-disable-next-line no-control-regex
const reservedOnWindows = /[\\:*?"<>|\u0001-\u001f]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i

/** Why an object cannot be written to this path within a folder. */
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
      "the object's name is not a valid path: it contains an empty part, a part that is a dot, or NUL"
    )
  }
  return platform === "win32" && parts.some((part) => reservedOnWindows.test(part))
    ? refusedFile(operation, path, "notAPath", "the object's name is not a valid path on Windows")
    : undefined
}
