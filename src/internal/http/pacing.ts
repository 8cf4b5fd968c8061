/**
 * Bodies with a bandwidth limit.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Service as BandwidthLimit } from "../../BandwidthLimit.js"
import type { Content } from "../../RequestBody.js"

/**
 * How many bytes are sent at a time: those that the limit allows in an eighth of a second. Smaller than any buffer that is released
 * after it was sent, because sending a part of a buffer must not release all of it.
 */
export const sliceOf = ({ bytesPerSecond }: BandwidthLimit): number =>
  Math.round(Math.min(64 * 1024, Math.max(1024, bytesPerSecond / 8)))

const slices = (bytes: Uint8Array, size: number): ReadonlyArray<Uint8Array> =>
  Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size)
  )

/** A request body whose slices wait for the limit. `waited` is called with the milliseconds of each wait. */
export const pacedContent = (
  limit: BandwidthLimit,
  { bytes, length, stream }: Content,
  waited: (millis: number) => void
): Content => {
  if (bytes?.byteLength === 0) return { bytes, length, stream }
  const size = sliceOf(limit)
  return {
    length,
    bytes: undefined,
    stream: stream.pipe(
      Stream.mapConcat((part) => slices(part, size)),
      Stream.rechunk(1),
      Stream.tap(({ byteLength }) => Effect.map(limit.take(byteLength), waited))
    )
  }
}

/** A response body whose chunks wait for the limit. */
export const pacedStream = <E>(
  limit: BandwidthLimit,
  stream: Stream.Stream<Uint8Array, E>
): Stream.Stream<Uint8Array, E> => Stream.tap(Stream.rechunk(stream, 1), ({ byteLength }) => limit.take(byteLength))
