/** Cuts byte streams at a byte position, independent of chunks. */
import * as Stream from "effect/Stream"

/** The first `count` bytes of a stream, or all if there are fewer. The rest of the stream is not pulled. */
export const take = <E, R>(stream: Stream.Stream<Uint8Array, E, R>, count: number): Stream.Stream<Uint8Array, E, R> =>
  count <= 0
    ? Stream.empty
    : Stream.suspend(() => {
        let left = count
        // The remaining count is stored with each part, because a whole chunk is mapped before the next stage runs.
        const parts = Stream.map(stream, (bytes) => {
          const part = bytes.byteLength > left ? bytes.subarray(0, left) : bytes
          left -= part.byteLength
          return { part, done: left <= 0 }
        })
        return Stream.map(
          Stream.takeUntil(parts, ({ done }) => done),
          ({ part }) => part
        )
      })
