/** Downloads to files: options, results and failures. */
import type { PlatformError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import { ChecksumMismatch } from "../../../CloudError.js"
import type { DownloadError, DownloadOptions } from "../download/model.js"
import { ObjectInfo } from "../objects/objects.js"

/** What to download, and where to. */
export interface DownloadToFileOptions extends Omit<DownloadOptions, "range"> {
  /**
   * The file. `~` stands for the home directory; its folder must be there. What it held is replaced. A device or a named pipe is
   * written to as it is and in one go, so that it may have been given bytes that prove wrong in the end.
   */
  readonly path: string
  /** How many parts of a large object are fetched at the same time. Default 4. */
  readonly concurrency?: number | undefined
  /** In bytes: large objects below this are fetched in one piece. Default 64 MiB. */
  readonly parallelThreshold?: number | undefined
  /**
   * Keeps what was fetched where the download fails or is interrupted, in the same folder under a name that the object's ETag is part
   * of, and continues from it the next time. The kept content is verified like the rest. Default false.
   *
   * Decompressed content cannot be resumed: it fails with `InvalidInput` together with `decompress`.
   *
   * Where parts of a large object came several at a time, there may be holes between them, and only what can be verified is gone
   * on from: without `verify`, or where its parts are no longer known, it is begun anew.
   */
  readonly resume?: boolean | undefined
  /** Called with the number of bytes that have arrived since the last call. The download waits for it. */
  readonly progress?: ((bytes: number) => Effect.Effect<void>) | undefined
}

/** What was downloaded. */
export interface DownloadedFile {
  readonly path: string
  readonly info: ObjectInfo
  /** The length of the file. */
  readonly bytes: number
  /** How many of them were there already; 0 without `resume`. */
  readonly resumed: number
  /** Whether all of it was verified by MD5. */
  readonly verified: boolean
}

/** The failures of a download to a file. */
export type DownloadToFileError = DownloadError | ChecksumMismatch | PlatformError
