/** The parameters of a folder transfer. */
import type { CommonError, NotFound } from "../../../CloudError.js"
import type { FolderReader } from "../../../internal/files/folderReader.js"
import type { Filter } from "../../../internal/worker/names.js"
import type { BulkDelete } from "../bulk/bulkDelete.js"
import type { Discovery } from "../capabilities.js"
import type { Downloads } from "../download/download.js"
import type { UploadObject } from "../upload/upload.js"
import type { Emit } from "./events.js"
import type { FileError, FolderEvent, ObjectDescription, SegmentOptions } from "./model.js"

/** Files up to this size in bytes are hashed instead of comparing times, and may be sent in archives. */
export const smallFile = 1024 * 1024

/** How many bytes of a file are transferred between two progress events. */
export const progressStep = 1024 * 1024

/** A file to upload, or an empty folder. */
export interface Outgoing {
  readonly path: string
  readonly object: string
  readonly bytes: number
  /** The modification time in milliseconds since 1970. */
  readonly time: number
  readonly isFolder: boolean
  /** The headers and metadata to store; undefined if there are none. */
  readonly description: ObjectDescription | undefined
}

/** The single-object operations that folder transfers use. */
export interface Operations {
  readonly upload: UploadObject
  readonly downloads: Pick<Downloads, "readWhole" | "begin">
  readonly bulkDelete: BulkDelete
  readonly getCapabilities: Discovery["getCapabilities"]
}

/** The validated options that all folder operations share. */
export interface Prepared {
  /** Absolute. */
  readonly folder: string
  /** Ends with a slash, or is empty. */
  readonly prefix: string
  readonly filter: Filter
  readonly concurrency: number
}

/** The parameters of a transfer. */
export interface Job extends Omit<Prepared, "filter"> {
  readonly operation: string
  readonly container: string
  readonly emit: Emit
}

/** The parameters of an upload. */
export interface UploadJob extends Job {
  readonly reader: FolderReader
  readonly archives: "auto" | "always" | "never"
  readonly follow: boolean
  readonly segments: SegmentOptions
}

/** The failures that end an upload. */
export type Stop = CommonError | NotFound

/** Whether a failure ends the transfer of all files. */
export const isFatal = (
  error: FileError
): error is Extract<CommonError, { readonly _tag: "AuthenticationFailed" | "Unauthorized" | "EndpointNotFound" }> =>
  error._tag === "AuthenticationFailed" || error._tag === "Unauthorized" || error._tag === "EndpointNotFound"

/** Whether a failure ends an upload. If the container is gone, all other files would fail too. */
export const endsUpload = (error: FileError): error is Extract<FileError, Stop> =>
  isFatal(error) || error._tag === "NotFound"

/** The event for a failed file. */
export const failed = (
  { bytes, object, path }: Pick<Outgoing, "bytes" | "object" | "path">,
  error: FileError
): FolderEvent => ({
  _tag: "Failed",
  path,
  object,
  bytes,
  error
})
