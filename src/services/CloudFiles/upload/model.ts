/** Uploads: options, results and failures. */
import type * as Effect from "effect/Effect"
import type { BulkFailed, ChecksumMismatch, CommonError, DocumentedError, SourceChanged } from "../../../CloudError.js"
import type { RequestBody } from "../../../RequestBody.js"
import type { LeftSegment } from "../largeObjects/segments.js"
import type { PutObject } from "../objects/objects.js"

/** The container, the name and the headers of an object that is stored. */
export type PutHead = Omit<PutObject, "md5">

/** An object to upload: its body, its headers, and how it is stored. */
export interface UploadOptions<E, R> extends Omit<PutObject, "md5" | "detectContentType" | "ifNoneMatch"> {
  readonly body: RequestBody<E, R>
  /** The MD5 of `body` as 32 lower-case hex digits, where it is known: any other content is then refused. */
  readonly md5?: string | undefined
  /**
   * Compresses the body while it is sent, and stores it with `Content-Encoding: gzip`. `download` with `decompress` gives the body
   * back, as browsers do. The compressed length is not known in advance, so the body is sent and cut into segments like a Stream
   * without a length. What the result, `progress` and the segments' sizes count are compressed bytes. Default: it is stored as it is.
   *
   * Fails with `InvalidInput` together with a content encoding or `resume`.
   */
  readonly compress?: "gzip" | undefined
  /**
   * Stores it only where no object bears the name, and fails with `PreconditionFailed` otherwise; so it does where its own
   * first attempt has stored the object, but the response was lost. Default false.
   */
  readonly createOnly?: boolean | undefined
  /**
   * In bytes: a longer body becomes a large object. Default 1 GiB; 5 GiB at the most, which is the cloud's limit for one
   * piece. A source that can only be read once is a large object as soon as it does not fit into one segment.
   */
  readonly segmentThreshold?: number | undefined
  /**
   * In bytes, 5 GiB at the most. Default for files and bytes: 256 MiB, or more where 1,000 segments would otherwise not do. Default
   * for a source that can only be read once: 16 MiB, since each is held in memory while it is sent. Of more than 1,000
   * segments, manifests of 1,000 each are put together by another manifest.
   */
  readonly segmentSize?: number | undefined
  /** How many segments are sent at the same time. Default 4. */
  readonly concurrency?: number | undefined
  /** Where segments are stored; made if it is missing. Default `{container}_segments`. */
  readonly segmentContainer?: string | undefined
  /**
   * What becomes of more than one segment. `static` (default): the cloud checks each segment when the manifest is put. `dynamic`:
   * the content is whatever the segments' prefix holds when it is read. A cloud that has no static large objects gets a dynamic
   * one in either case.
   */
  readonly largeObject?: "static" | "dynamic" | undefined
  /**
   * Resumes an interrupted upload of the same file or bytes: segments have names that a second run finds, it sends
   * only those that are missing or differ (by MD5), and leaves them where it breaks off itself. Default false. Fails with
   * `InvalidInput` where the body can only be read from its start.
   */
  readonly resume?: boolean | undefined
  /** Leaves the segments that were stored where the upload fails or is interrupted. Default: as `resume` says. */
  readonly keepSegments?: boolean | undefined
  /**
   * What happens to the segments of a large object that is overwritten, as far as their name shows that they were only its
   * own. To see them takes a request. Default `delete` for large objects and where the body is known to have 16 MiB or more; for
   * smaller ones, for which it would cost as much as the upload itself, `keep`.
   */
  readonly oldSegments?: "delete" | "keep" | undefined
  /** Stores when a file was modified as metadata `mtime`, as python-swiftclient and rclone do. Default false. */
  readonly storeModified?: boolean | undefined
  /**
   * Called with the number of bytes that were sent since the last call: their sum is the size in the end. Negative where something
   * must be sent again. The upload waits for it.
   */
  readonly progress?: ((bytes: number) => Effect.Effect<void>) | undefined
}

/** What was stored. */
export interface Uploaded {
  /** As the cloud writes it: the stored content's MD5, or in quotation marks that of its segments. */
  readonly etag: string
  /**
   * The stored content's MD5, 32 lower-case hex digits. Absent of a large object that was not read from its start to its end, as several
   * segments of a file at a time are not; each of them was verified by its own.
   */
  readonly md5?: string | undefined
  readonly bytes: number
  /** How many segments it was stored in; 0 for a plain object. */
  readonly segments: number
  /** With `resume`: how many of the segments were there already. */
  readonly reused?: number | undefined
  /** Segments of the object that was overwritten which are still there; absent where there are none, or they were not searched for. */
  readonly leftSegments?: ReadonlyArray<LeftSegment> | undefined
}

type Documented<Tag extends DocumentedError["_tag"]> = Extract<DocumentedError, { readonly _tag: Tag }>

/** The failures of an upload, besides that of its source. */
export type UploadError =
  | CommonError
  | Documented<"NotFound" | "Conflict" | "PreconditionFailed" | "QuotaExceeded" | "Unprocessable">
  | ChecksumMismatch
  | SourceChanged
  | BulkFailed
