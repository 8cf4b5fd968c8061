/**
 * Several ranges of an object by one request, which the cloud answers with `multipart/byteranges`.
 *
 * A cloud may answer otherwise: with one range, with the whole object (Swift does so for dynamic large objects), or by refusing a
 * list that is too long. Whatever range such an answer lacks is then asked for by itself.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../CloudClient.js"
import { type ChecksumMismatch, InvalidInput } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import type * as RetryPolicy from "../../RetryPolicy.js"
import { type Download, type DownloadError, type DownloadOptions, makeDownload } from "./download.js"
import { type ByteRange, getRanges } from "./endpoints.js"

/** Which parts of an object to download. */
export interface DownloadRangesOptions extends Pick<DownloadOptions, "container" | "object" | "versionId" | "ifMatch"> {
  /** At least one. They may overlap, and need no order. */
  readonly ranges: ReadonlyArray<ByteRange>
}

/** One of the ranges that were asked for. */
export interface DownloadedRange {
  /** Its place in `ranges`. */
  readonly index: number
  /** Where in the object it begins. */
  readonly offset: number
  readonly bytes: Uint8Array
}

const operation = "CloudFiles.downloadRanges"

/** Where in an object of this size a range begins, and how long it is. */
const resolved = (range: ByteRange, size: number): { readonly offset: number; readonly length: number } => {
  const offset = "last" in range ? Math.max(0, size - range.last) : range.offset
  const length = "last" in range || range.length === undefined ? size - offset : Math.min(range.length, size - offset)
  return { offset, length }
}

/** A part of a multipart body. */
interface Part {
  readonly offset: number
  readonly size: number
  readonly bytes: Buffer
}

/** How long the lines before a part may be. */
const longestHeaders = 64 * 1024

/** Reads the parts of a `multipart/byteranges` body by their `Content-Range`. What follows something unreadable is left out. */
const makePartReader = () => {
  let chunks: Array<Uint8Array> = []
  let held = 0
  /** The part whose bytes come next; undefined where its headers do. */
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
    isOver = last < offset || last >= size
    return !isOver
  }

  return (bytes: Uint8Array): ReadonlyArray<Part> => {
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
}

/** The service's `downloadRanges`. */
export const makeDownloadRanges = (client: CloudClient, servicePolicy: RetryPolicy.Service | undefined) => {
  const get = Endpoint.method(client, { ...getRanges, operation })
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

  /** What the cloud sends of the ranges by one request, which may be none of them. `missing` loses each that came. */
  const together = (
    options: DownloadRangesOptions,
    missing: Map<number, ByteRange>
  ): Effect.Effect<
    { readonly etag: string | undefined; readonly stream: Stream.Stream<DownloadedRange, DownloadError> },
    DownloadError,
    Scope.Scope
  > =>
    Effect.map(get(options), ({ head, stream }) => {
      const isMultipart = head.status === 206 && /^multipart\/byteranges\b/i.test(head.contentType ?? "")
      if (!isMultipart) return { etag: head.etag, stream: Stream.empty }
      const read = makePartReader()
      const found = ({ bytes, offset, size }: Part): ReadonlyArray<DownloadedRange> =>
        [...missing].flatMap(([index, range]) => {
          const wanted = resolved(range, size)
          const from = wanted.offset - offset
          if (wanted.length <= 0 || from < 0 || from + wanted.length > bytes.byteLength) return []
          missing.delete(index)
          return [{ index, offset: wanted.offset, bytes: bytes.subarray(from, from + wanted.length) }]
        })
      const parts = Stream.mapConcat(stream, (bytes) => read(bytes).flatMap(found))
      // What has not come by then is asked for by itself.
      return { etag: head.etag, stream: Stream.catchTag(parts, "TransportError", () => Stream.empty) }
    })

  return (options: DownloadRangesOptions): Stream.Stream<DownloadedRange, DownloadError | ChecksumMismatch> =>
    Stream.unwrapScoped(
      Effect.gen(function* () {
        const { ranges } = options
        if (ranges.length === 0) {
          const issue = { path: "ranges", expected: "at least one range" }
          const message = `${operation}: ${issue.path}: expected ${issue.expected}`
          return yield* new InvalidInput({ service: "CloudFiles", operation, issues: [issue], message })
        }
        yield* Endpoint.validate(client, { ...getRanges, operation }, options)
        const missing = new Map(ranges.entries())
        const rest = (etag: string | undefined) =>
          Stream.suspend(() =>
            Stream.mapEffect(Stream.fromIterable([...missing]), ([index, range]) => one(options, index, range, etag))
          )
        if (ranges.length === 1) return rest(undefined)
        // A list may be refused that is too long or has too many overlaps; each range is then told by itself.
        const first = yield* Effect.catchTag(
          Effect.asSome(together(options, missing)),
          "RangeNotSatisfiable",
          () => Effect.succeedNone
        )
        return Option.match(first, {
          onNone: () => rest(undefined),
          onSome: ({ etag, stream }) => Stream.concat(stream, rest(etag))
        })
      })
    )
}
