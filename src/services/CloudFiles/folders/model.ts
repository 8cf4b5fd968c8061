/** The options, events and errors of folder operations. */
import type { PlatformError } from "@effect/platform/Error"
import * as Schema from "effect/Schema"
import type { BulkFailed, ChecksumMismatch, CommonError, NotFound } from "../../../CloudError.js"
import type { DownloadError } from "../download/model.js"
import type { UploadError, UploadOptions } from "../upload/model.js"

/** A local folder and its counterpart in the cloud. */
export interface FolderOptions {
  /** A path; `~` is the home directory. */
  readonly folder: string
  readonly container: string
  /** The prefix of the objects' names. A slash after it is added if missing. Default: none. */
  readonly prefix?: string | undefined
  /**
   * Globs of files to include. Default: all. `*` and `?` match anything but a slash, `**` any number of folders,
   * `{a,b}` and `[a-z]` alternatives. A glob without a slash matches names at any depth (`*.jpg`); one with a slash
   * matches paths within the folder (`photos/2026/**`, or `/notes.txt` at the top). A glob that matches a folder
   * includes everything in it. Names that begin with a dot are matched like others. Matching is case-sensitive.
   */
  readonly include?: ReadonlyArray<string> | undefined
  /** Globs of files to exclude, even if they are included. They are not deleted either. */
  readonly exclude?: ReadonlyArray<string> | undefined
}

/** How a folder is read. */
export interface ReadOptions {
  /**
   * `skip` reports symbolic links as `Skipped`. `follow` treats a link as the file or folder that it leads to; links
   * that lead out of the folder or to a parent folder are still skipped. Default `skip`.
   */
  readonly symlinks?: "skip" | "follow" | undefined
  /** Whether followed links may lead out of the folder. Default false. */
  readonly outsideLinks?: boolean | undefined
  /** Whether empty folders are uploaded, as empty objects of type `application/directory`. Default false. */
  readonly emptyFolders?: boolean | undefined
}

/** How the files are transferred. */
export interface TransferOptions {
  /** How many files are transferred concurrently. Default 16. */
  readonly concurrency?: number | undefined
  /** Only reports what would be done, as `Planned`. Default false. */
  readonly dryRun?: boolean | undefined
}

/** How large files are divided into segments, and where these are stored; see `upload`. */
export type SegmentOptions = Pick<
  UploadOptions<never, never>,
  "segmentThreshold" | "segmentSize" | "segmentContainer" | "largeObject" | "oldSegments" | "keepSegments" | "resume"
>

/** The headers and metadata stored with an object: expiry, content type, cache control and others; see `upload`. */
export type ObjectDescription = Pick<
  UploadOptions<never, never>,
  | "headers"
  | "contentType"
  | "contentEncoding"
  | "contentDisposition"
  | "contentLanguage"
  | "cacheControl"
  | "corsAllowOrigins"
  | "corsMaxAge"
  | "corsAllowHeaders"
  | "corsExposeHeaders"
  | "deleteAt"
  | "deleteAfter"
  | "metadata"
>

/** A file to upload, as passed to `describe`. */
export interface DescribedFile {
  /** The path within the folder, with slashes. */
  readonly path: string
  readonly object: string
  readonly bytes: number
  /** The modification time in milliseconds since 1970. */
  readonly modified: number
  /**
   * Whether it is an empty folder (see `emptyFolders`). Its marker always has the content type `application/directory`.
   */
  readonly isFolder: boolean
}

/**
 * Headers and metadata of uploaded files. The fields of {@link ObjectDescription} apply to all files, and `describe`
 * can add to them for each. In a `sync` they apply only to files that it uploads; the headers of unchanged objects stay
 * as they are.
 */
export interface DescribeOptions extends ObjectDescription {
  /**
   * Returns the headers and metadata of one file. Its fields replace those for all files; metadata and further headers
   * are merged by key, and `deleteAt` and `deleteAfter` replace each other. If the result is invalid, the file is
   * reported as `Failed` with `InvalidInput`. The metadata key `mtime` is reserved.
   */
  readonly describe?: ((file: DescribedFile) => ObjectDescription | undefined) | undefined
}

/** A folder to upload. */
export interface UploadFolderOptions
  extends FolderOptions, ReadOptions, TransferOptions, SegmentOptions, DescribeOptions {
  /**
   * Whether small files (up to 1 MiB) are uploaded in archives that the cloud extracts: `auto` if the cloud supports it
   * and there are at least 64 such files, `always` if the cloud supports it, or `never`. Each file is then verified by
   * its size and MD5 in the container's listing, and uploaded individually if it differs. Files with their own headers
   * (see {@link DescribeOptions}) are always uploaded individually, because not every cloud takes headers from an
   * archive. Default `auto`.
   */
  readonly archives?: "auto" | "always" | "never" | undefined
}

/** A folder to download. Folder markers (see `downloadFolder`) become folders. */
export interface DownloadFolderOptions extends FolderOptions, TransferOptions {}

/**
 * How a file and an object of the same size are compared.
 *
 * - `sizeAndTime`: files up to 1 MiB by their MD5, since reading them is faster than a request; larger ones by
 * modification time (`X-Object-Meta-Mtime`, otherwise the time when the object was stored).
 * - `checksum`: by MD5, for large objects segment by segment.
 */
export type Comparing = "sizeAndTime" | "checksum"

/** A folder to compare. */
export interface CompareFolderOptions extends FolderOptions, ReadOptions {
  /** Default `sizeAndTime`. */
  readonly compare?: Comparing | undefined
}

/** A folder and a container to synchronize. */
export interface SyncOptions extends UploadFolderOptions {
  /** `upload` changes the container to match the folder, `download` the folder to match the container. */
  readonly direction: "upload" | "download"
  /** Default `sizeAndTime`. */
  readonly compare?: Comparing | undefined
  /**
   * Whether files that exist only at the destination are deleted. This happens at the end, and only if nothing failed,
   * because an unreadable file must not count as deleted. With `upload`, segments of remaining large objects and
   * targets of remaining symbolic links are kept. Finding them takes a request for each object that may be a large one
   * and was not compared; of objects up to 1 MiB, at most 1,000 are examined unless their listing suggests a manifest.
   * With `download`, up to 16 missing objects are requested if no object count confirms the listing. Default false.
   */
  readonly delete?: boolean | undefined
}

/**
 * Why a file was refused before anything was written.
 *
 * - `notUnicode`: its name is not valid UTF-8, as object names must be.
 * - `tooLong`: the object's name would exceed 1,024 bytes.
 * - `outside`: the object's name leads out of the folder (`..`, a leading slash, or through a symbolic link).
 * - `notAPath`: the object's name is not a valid path (`a//b`, `.`, NUL, on Windows also a backslash or a colon).
 * - `conflict`: there is a folder at the path of the file, or a file at the path of a folder.
 * - `segment`: the object with the file's name is a segment of a large object, which the upload would destroy.
 */
export const RefusalReason = Schema.Literal("notUnicode", "tooLong", "outside", "notAPath", "conflict", "segment")

/** A file or object that cannot be transferred. Nothing was written. */
export class FileRefused extends Schema.TaggedError<FileRefused>("effect-rackspace/FileRefused")("FileRefused", {
  service: Schema.String,
  operation: Schema.String,
  message: Schema.String,
  reason: RefusalReason,
  /** The path within the folder, with slashes. */
  path: Schema.String
}) {}

/** The errors of a single file. Other files continue. */
export type FileError = UploadError | DownloadError | ChecksumMismatch | BulkFailed | PlatformError | FileRefused

interface FileEvent {
  /** The path within the folder, with slashes. */
  readonly path: string
  readonly object: string
  readonly bytes: number
}

/** In a dry run: what would be done. */
export interface Planned extends FileEvent {
  readonly _tag: "Planned"
  readonly action: "upload" | "download" | "delete"
}

/** The transfer of a file has started. Files in archives, and downloads up to 256 KiB, are reported only when done. */
export interface Started extends FileEvent {
  readonly _tag: "Started"
}

/** How many bytes of a file larger than 1 MiB are transferred. The number decreases if the transfer restarts. */
export interface Progress extends FileEvent {
  readonly _tag: "Progress"
  readonly transferred: number
}

/** A file is transferred and verified. */
export interface Done extends FileEvent {
  readonly _tag: "Done"
  /** Whether it was sent in an archive. */
  readonly archived: boolean
}

/**
 * Nothing was done, because the file is the `same`; is a `symlink` that is not followed or broken, or leads `outside`
 * or to a parent folder (`loop`); is `special` (a device or socket); or should have been deleted, but there were
 * `failures`, or it is a `segment` of a remaining large object.
 */
export interface Skipped extends FileEvent {
  readonly _tag: "Skipped"
  readonly reason: "same" | "symlink" | "outside" | "loop" | "special" | "failures" | "segment"
}

/** A file or object that existed only at the destination was deleted. */
export interface Deleted extends FileEvent {
  readonly _tag: "Deleted"
}

/** A file failed. Other files continue. */
export interface Failed extends FileEvent {
  readonly _tag: "Failed"
  readonly error: FileError
}

/** The last event: the number of files by outcome. */
export interface Summary {
  readonly _tag: "Summary"
  readonly done: number
  /** The total size of transferred files. */
  readonly bytes: number
  /** How many of them were sent in archives. */
  readonly archived: number
  readonly skipped: number
  readonly deleted: number
  readonly failed: number
  /** In a dry run. */
  readonly planned: number
}

/** An event of a folder transfer. The last one is a {@link Summary}. */
export type FolderEvent = Planned | Started | Progress | Done | Skipped | Deleted | Failed | Summary

/** The errors that end a folder transfer. */
export type FolderError = CommonError | NotFound | PlatformError

interface Side {
  readonly bytes: number
  /**
   * In milliseconds since 1970: the file's modification time, or the time when the object was stored. Undefined if the
   * listing does not include it.
   */
  readonly modified: number | undefined
}

/** A file, an object, or both, and the result of their comparison. */
export type Comparison =
  | (FileEvent & { readonly _tag: "OnlyLocal"; readonly local: Side })
  | (FileEvent & { readonly _tag: "OnlyRemote"; readonly remote: Side })
  | (FileEvent & { readonly _tag: "Different" | "Same"; readonly local: Side; readonly remote: Side })
  | Skipped
  | Failed
