/**
 * Requests several ranges of an object at once; the cloud responds with `multipart/byteranges`.
 *
 * A cloud may also respond with one range, with the whole object (Swift does so for dynamic large objects), or refuse a list that is
 * too long. Each range that the response does not contain is then requested separately.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import type { ChecksumMismatch } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import { invalidInput } from "../../../internal/schema/invalidInput.js"
import type * as RetryPolicy from "../../../RetryPolicy.js"
import { ByteRange, RangesHeader } from "../objects/byteRange.js"
import { ObjectInfo } from "../objects/objects.js"
import { objectPath, version } from "../objects/requests.js"
import { Line } from "../settingValues.js"
import { makeDownload } from "./download.js"
import type { Download, DownloadError, DownloadOptions } from "./model.js"

/** Several parts of an object, as the cloud sends them; `downloadRanges` uses it. */
const getRanges = Endpoint.named(
  "CloudFiles.downloadRanges",
  Endpoint.make("GET", "/{container}/{+object}", {
    parameters: objectPath,
    query: version,
    headers: () => ({
      ranges: Schema.propertySignature(RangesHeader).pipe(Schema.fromKey("range")),
      ifMatch: Schema.optional(Line).pipe(Schema.fromKey("if-match"))
    }),
    success: Endpoint.stream(ObjectInfo),
    errors: ["NotFound", "PreconditionFailed", "RangeNotSatisfiable"]
  })
)

/** Which parts of an object to download. */
export interface DownloadRangesOptions extends Pick<DownloadOptions, "container" | "object" | "versionId" | "ifMatch"> {
  /** At least one. They may overlap and be in any order. */
  readonly ranges: ReadonlyArray<ByteRange>
}

/** One of the requested ranges. */
export interface DownloadedRange {
  /** Its index in `ranges`. */
  readonly index: number
  /** The offset of its first byte in the object. */
  readonly offset: number
  readonly bytes: Uint8Array
}

const { operation } = getRanges

/** The offset and the length of a range in an object of this size. */
const resolved = (range: ByteRange, size: number): { readonly offset: number; readonly length: number } => {
  const offset = "last" in range ? Math.max(0, size - range.last) : range.offset
  const length = "last" in range || range.length === undefined ? size - offset : Math.min(range.length, size - offset)
  return { offset, length }
}

/** The number of bytes from the first to the last byte of all ranges: a cloud may send adjacent ranges as one part. */
const spanOf = (ranges: ReadonlyArray<ByteRange>, size: number): number => {
  let first = size
  let end = 0
  for (const range of ranges) {
    const { length, offset } = resolved(range, size)
    first = Math.min(first, offset)
    end = Math.max(end, offset + length)
  }
  return Math.max(0, end - first)
}

/** A part of a multipart body. */
interface Part {
  readonly offset: number
  readonly size: number
  readonly bytes: Buffer
}

/** The maximum length of the lines before a part. */
const longestHeaders = 64 * 1024

/**
 * Reads the parts of a `multipart/byteranges` body by their `Content-Range`. It stops at invalid data, or at a part that is longer
 * than `longestOf` allows in an object of its size, since a part is held in memory until it is complete.
 */
const makePartReader = (longestOf: (size: number) => number) => {
  let chunks: Array<Uint8Array> = []
  let held = 0
  /** The part whose bytes come next; undefined if its headers come next. */
  let open: { readonly offset: number; readonly length: number; readonly size: number } | undefined
  let isOver = false

  const take = (count: number): Buffer => {
    const all = Buffer.concat(chunks)
    chunks = [all.subarray(count)]
    held = all.byteLength - count
    return all.subarray(0, count)
  }

  const readHeaders = (): boolean => {
    const all = Buffer.concat(chunks)
    chunks = [all]
    const end = all.indexOf("\r\n\r\n")
    if (end < 0) {
      isOver = held > longestHeaders
      return false
    }
    const found = /^content-range:[ \t]*bytes (\d+)-(\d+)\/(\d+)[ \t]*$/im.exec(take(end + 4).toString("latin1"))
    if (found === null) {
      isOver = true
      return false
    }
    const [offset = 0, last = 0, size = 0] = found.slice(1).map(Number)
    open = { offset, length: last - offset + 1, size }
    isOver = last < offset || last >= size || open.length > longestOf(size)
    return !isOver
  }

  const read = (bytes: Uint8Array): ReadonlyArray<Part> => {
    const parts: Array<Part> = []
    if (isOver) return parts
    chunks.push(bytes)
    held += bytes.byteLength
    while (open !== undefined || readHeaders()) {
      if (open === undefined || held < open.length) break
      parts.push({ offset: open.offset, size: open.size, bytes: take(open.length) })
      open = undefined
    }
    if (isOver) {
      chunks = []
      held = 0
    }
    return parts
  }
  return { read, isOver: (): boolean => isOver }
}

/** The service's `downloadRanges`. */
export const makeDownloadRanges = (client: CloudClient, servicePolicy: RetryPolicy.Service | undefined) => {
  const get = Endpoint.method(client, getRanges)
  const { open } = makeDownload(client, servicePolicy, { operation })

  const one = (options: DownloadRangesOptions, index: number, range: ByteRange, etag: string | undefined) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { container, ifMatch = etag, object, versionId } = options
        const { info, stream }: Download = yield* open({ container, object, versionId, range, ifMatch })
        const bytes = Buffer.concat(Chunk.toReadonlyArray(yield* Stream.runCollect(stream)))
        const begin = /^bytes (\d+)-/.exec(info.contentRange ?? "")?.[1]
        return { index, offset: Number(begin ?? 0), bytes }
      })
    )

  /**
   * The ranges that the cloud sends in response to one request, possibly none. Each received range is removed from `missing`. The
   * request ends with the stream. `etagIs` receives the ETag of the response.
   */
  const together = (
    options: DownloadRangesOptions,
    missing: Map<number, ByteRange>,
    etagIs: (etag: string | undefined) => void
  ): Stream.Stream<DownloadedRange, DownloadError> => {
    const reader = makePartReader((size) => spanOf(options.ranges, size))
    const found = ({ bytes, offset, size }: Part): ReadonlyArray<DownloadedRange> =>
      [...missing].flatMap(([index, range]) => {
        const wanted = resolved(range, size)
        const from = wanted.offset - offset
        if (wanted.length <= 0 || from < 0 || from + wanted.length > bytes.byteLength) return []
        missing.delete(index)
        return [{ index, offset: wanted.offset, bytes: bytes.subarray(from, from + wanted.length) }]
      })
    const opened = Effect.map(get(options), ({ head, stream }): Stream.Stream<DownloadedRange> => {
      etagIs(head.etag)
      const isMultipart = head.status === 206 && /^multipart\/byteranges\b/i.test(head.contentType ?? "")
      return isMultipart
        ? Stream.map(stream, reader.read).pipe(
            Stream.takeUntil(reader.isOver),
            Stream.mapConcat((parts) => parts.flatMap(found)),
            // Ranges that have not arrived by then are requested one by one.
            Stream.catchTag("TransportError", () => Stream.empty)
          )
        : Stream.empty
    })
    // The cloud may refuse a list that is too long or overlaps too much, although each of its ranges can be read.
    return Stream.catchTag(Stream.unwrapScoped(opened), "RangeNotSatisfiable", () => Stream.empty)
  }

  return (options: DownloadRangesOptions): Stream.Stream<DownloadedRange, DownloadError | ChecksumMismatch> =>
    Stream.unwrap(
      Effect.gen(function* () {
        const { ranges } = options
        if (ranges.length === 0) {
          const issue = { path: "ranges", expected: "at least one range" }
          return yield* invalidInput("CloudFiles", operation, [issue])
        }
        yield* Endpoint.validate(client, getRanges, options)
        const missing = new Map(ranges.entries())
        let etag: string | undefined
        const first =
          ranges.length === 1
            ? Stream.empty
            : together(options, missing, (found) => {
                etag = found
              })
        const rest = Stream.suspend(() =>
          Stream.mapEffect(Stream.fromIterable([...missing]), ([index, range]) => one(options, index, range, etag))
        )
        return Stream.concat(first, rest)
      })
    )
}
