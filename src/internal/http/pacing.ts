/**
 * Bodies with a bandwidth limit.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Service as BandwidthLimit } from "../../BandwidthLimit.js"
import type { Content } from "../../RequestBody.js"
import { type OwnedChunk, unpooled } from "../bytes/bufferPool.js"
import type { ByteSource } from "../bytes/byteSource.js"

/** How many bytes are sent at a time: those that the limit allows in an eighth of a second. */
export const sliceOf = ({ bytesPerSecond }: BandwidthLimit): number =>
  Math.round(Math.min(64 * 1024, Math.max(1024, bytesPerSecond / 8)))

/** The slices of a chunk. They are not released, since a part of a buffer must not be released without the others. */
const slices = ({ bytes }: OwnedChunk, size: number): ReadonlyArray<OwnedChunk> =>
  Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, index) =>
    unpooled(bytes.subarray(index * size, (index + 1) * size))
  )

/** A request body whose slices wait for the limit. `waited` is called with the milliseconds of each wait. */
export const pacedContent = <B>(
  limit: BandwidthLimit,
  content: Content<B>,
  waited: (millis: number) => void
): Content<B> => {
  if (content.bytes?.byteLength === 0) return content
  const size = sliceOf(limit)
  return {
    length: content.length,
    bytes: undefined,
    source: content.source.pipe(
      Stream.mapConcat((chunk) => slices(chunk, size)),
      Stream.rechunk(1),
      Stream.tap(({ bytes }) => Effect.map(limit.take(bytes.byteLength), waited))
    )
  }
}

/** A response body whose chunks wait for the limit. */
export const pacedSource = <E>(limit: BandwidthLimit, source: ByteSource<E>): ByteSource<E> =>
  Stream.tap(Stream.rechunk(source, 1), ({ bytes }) => limit.take(bytes.byteLength))
