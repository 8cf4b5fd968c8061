/** Downloads to files: options, results and failures. */
import type { PlatformError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import { ChecksumMismatch } from "../../../CloudError.js"
import type { DownloadError, DownloadOptions } from "../download/model.js"
import { ObjectInfo } from "../objects/objects.js"

/** The object to download, and the file to write. */
export interface DownloadToFileOptions extends Omit<DownloadOptions, "range"> {
  /**
   * The file. `~` stands for the home directory; its folder must exist. An existing file is replaced. A device or a named pipe is
   * written to directly, so it may have received bytes that turn out to be wrong at the end.
   */
  readonly path: string
  /** How many parts of a large object are fetched at the same time. Default 4. */
  readonly concurrency?: number | undefined
  /** In bytes: smaller large objects are fetched in one request. Default 64 MiB. */
  readonly parallelThreshold?: number | undefined
  /**
   * If the download fails or is interrupted, keeps the fetched content in the same folder, under a name that contains the object's
   * ETag, and resumes from it the next time. The kept content is verified like the rest. Default false.
   *
   * Decompressed content cannot be resumed: combined with `decompress`, the download fails with `InvalidInput`.
   *
   * If several parts of a large object were fetched at the same time, there may be gaps between them, so the download resumes only
   * from verified parts: without `verify`, or if the parts are no longer known, it starts again.
   */
  readonly resume?: boolean | undefined
  /** Called with the number of bytes received since the last call. The download waits for it. */
  readonly progress?: ((bytes: number) => Effect.Effect<void>) | undefined
}

/** The result of a download. */
export interface DownloadedFile {
  readonly path: string
  readonly info: ObjectInfo
  /** The length of the file. */
  readonly bytes: number
  /** How many of its bytes an earlier download had fetched; 0 without `resume`. */
  readonly resumed: number
  /** Whether the whole content was verified by MD5. */
  readonly verified: boolean
}

/** The failures of a download to a file. */
export type DownloadToFileError = DownloadError | ChecksumMismatch | PlatformError
