/** Folders as their users see them: options, events and failures. */
import type { PlatformError } from "@effect/platform/Error"
import * as Schema from "effect/Schema"
import type { BulkFailed, ChecksumMismatch, CommonError, NotFound } from "../../../CloudError.js"
import type { DownloadError } from "../download/model.js"
import type { UploadError, UploadOptions } from "../upload/model.js"

/** A folder of this machine, and where its files are in the cloud. */
export interface FolderOptions {
  /** A path; `~` stands for the home directory. */
  readonly folder: string
  readonly container: string
  /**
   * The folder in the container: what stands before each file's path, with a slash between the two, which is added where it
   * is missing. Default: none.
   */
  readonly prefix?: string | undefined
  /**
   * Globs of the files to include; default: all. `*` and `?` stand for anything but a slash, `**` for any number of folders,
   * `{a,b}` and `[a-z]` for a choice. A glob without a slash is about a name at any depth (`*.jpg`), one with a slash about the
   * path within the folder (`photos/2026/**`, or `/notes.txt` for one at the top). One that fits a folder stands for
   * all that is in it. Names that begin with a dot are like any other. Upper and lower case differ.
   */
  readonly include?: ReadonlyArray<string> | undefined
  /** Globs of files to leave out, also of included ones. They are not deleted either. */
  readonly exclude?: ReadonlyArray<string> | undefined
}

/** How the files of a folder are read. */
export interface ReadOptions {
  /**
   * Symbolic links are left out and reported as `Skipped`; or followed, with what they lead to taken for a file or a folder of
   * their name. One that leads out of the folder or back to a folder above itself is left out even so. Default `skip`.
   */
  readonly symlinks?: "skip" | "follow" | undefined
  /** Whether links may lead out of the folder, where they are followed. Default false. */
  readonly outsideLinks?: boolean | undefined
  /** Whether empty folders are kept, as objects without content of the type `application/directory`. Default false. */
  readonly emptyFolders?: boolean | undefined
}

/** How the files are transferred. */
export interface TransferOptions {
  /** How many files are transferred at a time. Default 16. */
  readonly concurrency?: number | undefined
  /** Reports what would be done, as `Planned`, and does nothing of it. Default false. */
  readonly dryRun?: boolean | undefined
}

/** How files that are stored in segments are cut, and where the segments go: as `upload` takes it. */
export type SegmentOptions = Pick<
  UploadOptions<never, never>,
  "segmentThreshold" | "segmentSize" | "segmentContainer" | "largeObject" | "oldSegments" | "keepSegments" | "resume"
>

/**
 * What is stored with an object besides its content: expiry, metadata, content type, cache control, CORS and further headers, as
 * `upload` takes them.
 */
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

/** A file that is to be uploaded, as `describe` sees it. */
export interface DescribedFile {
  /** Within the folder, with slashes. */
  readonly path: string
  readonly object: string
  readonly bytes: number
  /** Last modification, milliseconds since 1970. */
  readonly modified: number
  /** Whether it is an empty folder (see `emptyFolders`). Its marker keeps the content type `application/directory`. */
  readonly isFolder: boolean
}

/**
 * What is stored with the files of a folder. The fields of {@link ObjectDescription} are for all files; `describe` chooses for
 * each. Of a `sync` they are for the files that it uploads: an object that is the same as its file keeps the headers that it has.
 */
export interface DescribeOptions extends ObjectDescription {
  /**
   * What is stored with one file. A field that it gives replaces that of all files; metadata and further headers are merged key
   * by key, and `deleteAt` and `deleteAfter` replace each other. A file for which it gives something invalid is `Failed`, with
   * `InvalidInput`. The metadata key `mtime` is the file's own, and refused.
   */
  readonly describe?: ((file: DescribedFile) => ObjectDescription | undefined) | undefined
}

/** A folder to upload. */
export interface UploadFolderOptions
  extends FolderOptions, ReadOptions, TransferOptions, SegmentOptions, DescribeOptions {
  /**
   * Whether small files (up to 1 MiB) are uploaded many at a time, in archives that the cloud extracts: `auto` where it can and there
   * are at least 64 of them, `always` where it can, or `never`. Each is verified afterwards by its size and MD5 in the
   * container's listing, and a file that differs is sent again in a request of its own. A file with headers of its own (see
   * {@link DescribeOptions}) is sent in a request of its own, since not every cloud stores headers from an archive. Default `auto`.
   */
  readonly archives?: "auto" | "always" | "never" | undefined
}

/** A folder to download. Folder markers (see `downloadFolder`) become folders. */
export interface DownloadFolderOptions extends FolderOptions, TransferOptions {}

/**
 * How a file and an object of the same size are compared.
 *
 * - `sizeAndTime`: files up to 1 MiB by their MD5, since reading one is quicker than a request; larger ones by the time of
 *   modification that `X-Object-Meta-Mtime` keeps, or where there is none by when the object was stored.
 * - `checksum`: by their MD5, of a large object segment by segment.
 */
export type Comparing = "sizeAndTime" | "checksum"

/** A folder to compare. */
export interface CompareFolderOptions extends FolderOptions, ReadOptions {
  /** Default `sizeAndTime`. */
  readonly compare?: Comparing | undefined
}

/** A folder to be made the same as the objects, or the other way round. */
export interface SyncOptions extends UploadFolderOptions {
  /** `upload` makes the container like the folder, `download` the folder like the container. */
  readonly direction: "upload" | "download"
  /** Default `sizeAndTime`. */
  readonly compare?: Comparing | undefined
  /**
   * Whether files that are only at the receiving side are deleted there: at the end, and only if nothing failed before, since a file
   * that could not be read must not count as deleted. Upwards, the segments of large objects that stay
   * are kept, and so is what symbolic links that stay lead to. To find them takes a request for each object that may be a large
   * one and was not compared: of those up to 1 MiB at most 1,000, except where its listing makes it probable. Downwards, up to 16
   * of the objects that are missing are requested where no count confirms the listing. Default false.
   */
  readonly delete?: boolean | undefined
}

/**
 * Why a file was refused before it was touched.
 *
 * - `notUnicode`: its name is not valid UTF-8, and an object's must be.
 * - `tooLong`: the object's name would be longer than 1,024 bytes.
 * - `outside`: the object's name would lead out of the folder (`..`, a leading slash), or through a symbolic link out of it.
 * - `notAPath`: the object's name is no file's (`a//b`, `.`, NUL, on Windows also a backslash or a colon).
 * - `conflict`: a folder is where the file should be, or a file where a folder should be.
 * - `segment`: the object of the file's name is a segment of a large object, which would be destroyed.
 */
export const RefusalReason = Schema.Literal("notUnicode", "tooLong", "outside", "notAPath", "conflict", "segment")

/** A file or object that cannot have its counterpart at the other side. Nothing was written. */
export class FileRefused extends Schema.TaggedError<FileRefused>("effect-rackspace/FileRefused")("FileRefused", {
  service: Schema.String,
  operation: Schema.String,
  message: Schema.String,
  reason: RefusalReason,
  /** Within the folder, with slashes. */
  path: Schema.String
}) {}

/** The failures of one file, after which the others continue. */
export type FileError = UploadError | DownloadError | ChecksumMismatch | BulkFailed | PlatformError | FileRefused

interface OfFile {
  /** Within the folder, with slashes. */
  readonly path: string
  readonly object: string
  readonly bytes: number
}

/** Dry run: what would be done. */
export interface Planned extends OfFile {
  readonly _tag: "Planned"
  readonly action: "upload" | "download" | "delete"
}

/**
 * A file is being transferred in a request of its own. Files in archives, and downloaded files of up to 256 KiB, are reported when they are done.
 */
export interface Started extends OfFile {
  readonly _tag: "Started"
}

/** How much of a file of more than 1 MiB is transferred; less than before where it had to begin again. */
export interface Progress extends OfFile {
  readonly _tag: "Progress"
  readonly transferred: number
}

/** A file is at the other side, and verified. */
export interface Done extends OfFile {
  readonly _tag: "Done"
  /** Whether it went in an archive. */
  readonly archived: boolean
}

/**
 * Nothing was done, because it is the `same`; a `symlink` that is not followed or leads nowhere, or one that leads `outside`
 * or back (`loop`); `special` (a device, a socket); or to be deleted, which is not done after `failures`, nor with a `segment` of
 * a large object that stays.
 */
export interface Skipped extends OfFile {
  readonly _tag: "Skipped"
  readonly reason: "same" | "symlink" | "outside" | "loop" | "special" | "failures" | "segment"
}

/** It was only at the receiving side, and is gone. */
export interface Deleted extends OfFile {
  readonly _tag: "Deleted"
}

/** A file failed. The others continue. */
export interface Failed extends OfFile {
  readonly _tag: "Failed"
  readonly error: FileError
}

/** The last event: how many files ended how. */
export interface Summary {
  readonly _tag: "Summary"
  readonly done: number
  /** Of the files that are done. */
  readonly bytes: number
  /** How many of them went in archives. */
  readonly archived: number
  readonly skipped: number
  readonly deleted: number
  readonly failed: number
  /** In a dry run. */
  readonly planned: number
}

/** An event of a folder's transfer. The last one is a {@link Summary}. */
export type FolderEvent = Planned | Started | Progress | Done | Skipped | Deleted | Failed | Summary

/** The failures that end the transfer of a folder. */
export type FolderError = CommonError | NotFound | PlatformError

interface Side {
  readonly bytes: number
  /**
   * Of the file its last modification, of the object when it was stored; milliseconds since 1970. Undefined where the cloud's
   * listing does not include it.
   */
  readonly modified: number | undefined
}

/** A file or an object, and how it compares with the other side. */
export type Comparison =
  | (OfFile & { readonly _tag: "OnlyLocal"; readonly local: Side })
  | (OfFile & { readonly _tag: "OnlyRemote"; readonly remote: Side })
  | (OfFile & { readonly _tag: "Different" | "Same"; readonly local: Side; readonly remote: Side })
  | Skipped
  | Failed
