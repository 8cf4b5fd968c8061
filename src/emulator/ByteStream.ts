/** Cutting streams of bytes at a byte, wherever their chunks end. */
import * as Stream from "effect/Stream"

/** The first `count` bytes of a stream, or all where there are fewer. The rest of the stream is not pulled. */
export const take = <E, R>(stream: Stream.Stream<Uint8Array, E, R>, count: number): Stream.Stream<Uint8Array, E, R> =>
  count <= 0
    ? Stream.empty
    : Stream.suspend(() => {
        let left = count
        // What is left travels with each part: by the time that the next stage looks, a whole chunk of parts is mapped.
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
