/** Uploads: options, results and failures. */
import type * as Effect from "effect/Effect"
import type { BulkFailed, ChecksumMismatch, CommonError, DocumentedError, SourceChanged } from "../../../CloudError.js"
import type { RequestBody } from "../../../RequestBody.js"
import type { LeftSegment } from "../largeObjects/segments.js"
import type { PutObject } from "../objects/objects.js"

/** The container, the name and the headers of an object to store. */
export type PutHead = Omit<PutObject, "md5">

/** An object to upload: its body, its headers, and how it is stored. */
export interface UploadOptions<E, R> extends Omit<PutObject, "md5" | "detectContentType" | "ifNoneMatch"> {
  readonly body: RequestBody<E, R>
  /** The MD5 of `body` as 32 lower-case hex digits, if it is known: any other content is then refused. */
  readonly md5?: string | undefined
  /**
   * Compresses the body while it is sent, and stores it with `Content-Encoding: gzip`. `download` with `decompress` gives the body
   * back, as browsers do. The compressed length is not known in advance, so the body is sent and cut into segments like a Stream
   * without a length. The result, `progress` and the segments' sizes count compressed bytes. Default: the body is stored as it is.
   *
   * Fails with `InvalidInput` if it is combined with a content encoding or `resume`.
   */
  readonly compress?: "gzip" | undefined
  /**
   * Stores the object only if none with this name exists, and fails with `PreconditionFailed` otherwise. That also happens if
   * the first attempt stored the object but its response was lost. Default false.
   */
  readonly createOnly?: boolean | undefined
  /**
   * In bytes: a longer body becomes a large object. Default 1 GiB; at most 5 GiB, which is the cloud's limit for one
   * request. A source that can only be read once is a large object as soon as it does not fit into one segment.
   */
  readonly segmentThreshold?: number | undefined
  /**
   * In bytes, at most 5 GiB. Default for files and bytes: 256 MiB, or more if 1,000 segments would not be enough. Default
   * for a source that can only be read once: 16 MiB, since each is held in memory while it is sent. More than
   * 1,000 segments are listed in manifests of 1,000 each, which another manifest combines.
   */
  readonly segmentSize?: number | undefined
  /** How many segments are sent at the same time. Default 4. */
  readonly concurrency?: number | undefined
  /** The container for the segments; created if it is missing. Default `{container}_segments`. */
  readonly segmentContainer?: string | undefined
  /**
   * The kind of a large object. `static` (default): the cloud checks each segment when the manifest is stored. `dynamic`: the
   * content is that of all objects with the segments' prefix when it is read. If the cloud does not support static large objects,
   * a dynamic one is stored in either case.
   */
  readonly largeObject?: "static" | "dynamic" | undefined
  /**
   * Resumes an interrupted upload of the same file or bytes: a second run finds the segments by their names and sends only
   * those that are missing or differ (by MD5). If it is interrupted too, the segments are kept. Default false. Fails with
   * `InvalidInput` if the body can only be read from its start.
   */
  readonly resume?: boolean | undefined
  /** Keeps the stored segments if the upload fails or is interrupted. Default: the value of `resume`. */
  readonly keepSegments?: boolean | undefined
  /**
   * What happens to the segments of a large object that is overwritten, if their names show that no other object uses them.
   * Finding them takes a request. Default `delete` for large objects and if the body is known to have 16 MiB or more; `keep` for
   * smaller ones, since the request would cost as much as the upload itself.
   */
  readonly oldSegments?: "delete" | "keep" | undefined
  /** Stores the file's modification time as metadata `mtime`, as python-swiftclient and rclone do. Default false. */
  readonly storeModified?: boolean | undefined
  /**
   * Called with the number of bytes sent since the last call; the sum of all calls is the size. Negative if bytes must be sent
   * again. The upload waits for it.
   */
  readonly progress?: ((bytes: number) => Effect.Effect<void>) | undefined
}

/** The result of an upload. */
export interface Uploaded {
  /** As the cloud returns it: the MD5 of the stored content, or for a large object, that of its segments' ETags in quotation marks. */
  readonly etag: string
  /**
   * The MD5 of the stored content, 32 lower-case hex digits. Absent for a large object that was not read from start to end, for example
   * because several segments of a file were sent at the same time; each segment was then verified by its MD5.
   */
  readonly md5?: string | undefined
  readonly bytes: number
  /** The number of segments; 0 for a plain object. */
  readonly segments: number
  /** With `resume`: how many of the segments an earlier run had stored. */
  readonly reused?: number | undefined
  /** Remaining segments of the overwritten object; absent if there are none, or they were not searched for. */
  readonly leftSegments?: ReadonlyArray<LeftSegment> | undefined
}

type Documented<Tag extends DocumentedError["_tag"]> = Extract<DocumentedError, { readonly _tag: Tag }>

/** The failures of an upload, except those of its source. */
export type UploadError =
  | CommonError
  | Documented<"NotFound" | "Conflict" | "PreconditionFailed" | "QuotaExceeded" | "Unprocessable">
  | ChecksumMismatch
  | SourceChanged
  | BulkFailed
