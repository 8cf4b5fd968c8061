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

/** The object to download. */
export interface DownloadOptions {
  readonly container: string
  readonly object: string
  /** The id of the version to read, from `listVersions`, if the container keeps versions under ids. */
  readonly versionId?: string | undefined
  /** A part of the object instead of the whole. Its length is verified, but not its checksum. */
  readonly range?: ByteRange | undefined
  /** The ETag that the object must have; otherwise the download fails with `PreconditionFailed`. */
  readonly ifMatch?: string | undefined
  /**
   * Whether the content is verified by MD5: a plain object by its ETag; a static large object part by part, by its manifest, which
   * takes another request; a dynamic one by the listing of its segments, unless that cannot be read or does not match its ETag.
   * Default true. If false, only the length is verified.
   */
  readonly verify?: boolean | undefined
  /**
   * Decompresses an object with `Content-Encoding: gzip` while it is read; other objects are returned as they are stored. Checksum and
   * length are those of the stored content. The length of the decompressed content is not limited, but memory does not grow with it.
   * Default false. Fails with `InvalidInput` if combined with `range`, and with `MalformedResponse` if the object is not valid gzip.
   */
  readonly decompress?: boolean | undefined
}

/** The failures of opening a download. */
export type DownloadError = CommonError | NotFound | PreconditionFailed | RangeNotSatisfiable

/** An object whose content can be read. */
export interface Download {
  readonly info: ObjectInfo
  /**
   * The content. If the connection breaks or stalls, the download resumes at that position, with as many successive attempts as the
   * RetryPolicy allows; it fails with `PreconditionFailed` if the object was replaced in the meantime. Fails with `ChecksumMismatch`
   * if the MD5 of the object or a part differs, and with `TransportError` if the length differs from the announced one. Runs once.
   */
  readonly stream: Stream.Stream<Uint8Array, DownloadError | ChecksumMismatch>
}

/** The failures of reading a download. */
export type ContentError = DownloadError | ChecksumMismatch
