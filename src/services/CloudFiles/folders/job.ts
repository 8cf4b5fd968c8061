/** What the transfer of a folder works with. */
import type { CommonError, NotFound } from "../../../CloudError.js"
import type { FolderReader } from "../../../internal/files/folderReader.js"
import type { Filter } from "../../../internal/worker/names.js"
import type { BulkDelete } from "../bulk/bulkDelete.js"
import type { Discovery } from "../capabilities.js"
import type { Downloads } from "../download/download.js"
import type { UploadObject } from "../upload/upload.js"
import type { Emit } from "./events.js"
import type { FileError, FolderEvent, ObjectDescription, SegmentOptions } from "./model.js"

/** In bytes: files up to this size are read rather than asked about, and go in archives. */
export const smallFile = 1024 * 1024

/** In bytes: how much of a file is transferred between two reports of its progress. */
export const progressStep = 1024 * 1024

/** A file to upload, or an empty folder. */
export interface Outgoing {
  readonly path: string
  readonly object: string
  readonly bytes: number
  /** Last modification, milliseconds since 1970. */
  readonly time: number
  readonly isFolder: boolean
  /** What is stored with it besides its content; undefined where there is nothing to store. */
  readonly description: ObjectDescription | undefined
}

/** The operations that transfers of folders are made of. */
export interface Operations {
  readonly upload: UploadObject
  readonly downloads: Pick<Downloads, "readWhole" | "open">
  readonly bulkDelete: BulkDelete
  readonly getCapabilities: Discovery["getCapabilities"]
}

/** The checked options that all operations on folders have in common. */
export interface Prepared {
  /** Absolute. */
  readonly folder: string
  /** Ends in a slash, or is empty. */
  readonly prefix: string
  readonly filter: Filter
  readonly concurrency: number
}

/** What a transfer works with. */
export interface Job extends Omit<Prepared, "filter"> {
  readonly operation: string
  readonly container: string
  readonly emit: Emit
}

/** How the files of an upload are read. */
export interface UploadJob extends Job {
  readonly reader: FolderReader
  readonly archives: "auto" | "always" | "never"
  readonly follow: boolean
  readonly segments: SegmentOptions
}

/** The failures that end a transfer of files to the cloud. */
export type Stop = CommonError | NotFound

/** Whether a failure ends the transfer of all files. */
export const isFatal = (
  error: FileError
): error is Extract<CommonError, { readonly _tag: "AuthenticationFailed" | "Unauthorized" | "EndpointNotFound" }> =>
  error._tag === "AuthenticationFailed" || error._tag === "Unauthorized" || error._tag === "EndpointNotFound"

/** Whether a failure ends an upload: a container that is gone takes no other file either. */
export const endsUpload = (error: FileError): error is Extract<FileError, Stop> =>
  isFatal(error) || error._tag === "NotFound"

/** The event of a file that failed. */
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
