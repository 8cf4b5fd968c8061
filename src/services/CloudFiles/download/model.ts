/** Downloads: options, results and failures. */
import * as Stream from "effect/Stream"
import {
  ChecksumMismatch,
  type CommonError,
  NotFound,
  PreconditionFailed,
  RangeNotSatisfiable
} from "../../../CloudError.js"
import { ByteRange } from "../objects/byteRange.js"
import { ObjectInfo } from "../objects/objects.js"

/** What to download. */
export interface DownloadOptions {
  readonly container: string
  readonly object: string
  /** The version to read, as `listVersions` gives it, of a container that keeps versions under ids. */
  readonly versionId?: string | undefined
  /** A part of the object, instead of the whole. Its checksum cannot be verified, its length is. */
  readonly range?: ByteRange | undefined
  /** The ETag that the object must still have; otherwise it fails with `PreconditionFailed`. */
  readonly ifMatch?: string | undefined
  /**
   * Whether the content is verified by its MD5: a plain object's by its ETag; a static large object's part by part, by its manifest,
   * which takes a request more; a dynamic one's likewise, by the listing of its segments, unless that cannot be read or is not (or no
   * longer) the one that its ETag is of. Default true. Without it, only the length is verified.
   */
  readonly verify?: boolean | undefined
  /**
   * Decompresses an object whose `Content-Encoding` is gzip while it is read; any other is given as it is stored. Checksum and length
   * are those of the stored content. Nothing bounds how long the decompressed content may be, but memory does not grow with it.
   * Default false. Fails with `InvalidInput` together with `range`, and with `MalformedResponse` where the object is not gzip or ends too early.
   */
  readonly decompress?: boolean | undefined
}

/** The failures of opening a download. */
export type DownloadError = CommonError | NotFound | PreconditionFailed | RangeNotSatisfiable

/** An object whose content is on its way. */
export interface Download {
  readonly info: ObjectInfo
  /**
   * The content. Where the connection breaks or stalls it continues from there, as often in a row as the RetryPolicy says,
   * and with `PreconditionFailed` if the object is another one by then. It fails with `ChecksumMismatch` where an MD5 is not that
   * of the object or its part, and with `TransportError` where it is shorter or longer than announced. Runs once.
   */
  readonly stream: Stream.Stream<Uint8Array, DownloadError | ChecksumMismatch>
}

/** The failures of reading a download. */
export type ContentError = DownloadError | ChecksumMismatch
