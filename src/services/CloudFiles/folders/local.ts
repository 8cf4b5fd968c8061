/** The files of a local folder. */
import type { PlatformError } from "@effect/platform/Error"
import type * as Stream from "effect/Stream"
import type { FolderReader, FoundEntry } from "../../../internal/files/folderReader.js"
import type { Outgoing, Prepared } from "./job.js"
import type { Failed, ReadOptions, Skipped } from "./model.js"
import { refusedFile, unfitObject } from "./paths.js"

/** Walks a folder. With `links`, symbolic links that the filter excludes are listed too. */
export const walk = (
  reader: FolderReader,
  { emptyFolders = false, outsideLinks = false, symlinks = "skip" }: ReadOptions,
  { filter, folder }: Prepared,
  links = false
): Stream.Stream<FoundEntry, PlatformError> =>
  reader.walk({ folder, filter, follow: symlinks === "follow", outside: outsideLinks, empty: emptyFolders, links })

/** The event for an entry that is neither a file nor a folder, or that cannot be an object. */
export const exceptionOf = (operation: string, prefix: string, entry: FoundEntry): Skipped | Failed | undefined => {
  const { bytes, kind, path, problem } = entry
  const file = { path, object: prefix + path, bytes }
  switch (kind) {
    case "file":
    case "folder": {
      const error = unfitObject(operation, path, kind === "folder" ? `${file.object}/` : file.object)
      return error === undefined ? undefined : { _tag: "Failed", ...file, error }
    }
    case "name": {
      const error = refusedFile(operation, path, "notUnicode", "its name is not valid UTF-8, as an object's must be")
      return { _tag: "Failed", ...file, error }
    }
    case "error":
      return {
        _tag: "Failed",
        ...file,
        error: problem ?? refusedFile(operation, path, "notAPath", "it cannot be read")
      }
    default:
      return { _tag: "Skipped", ...file, reason: kind }
  }
}

export const outgoing = (prefix: string, { bytes, kind, path, time }: FoundEntry): Outgoing => ({
  path,
  object: kind === "folder" ? `${prefix}${path}/` : prefix + path,
  bytes,
  time,
  isFolder: kind === "folder",
  description: undefined
})
