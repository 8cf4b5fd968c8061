/**
 * What takes the body of a response piece by piece, instead of its being kept and read afterwards.
 */
import { acquire, release } from "./bufferPool.js"

/** Takes a body as it arrives. */
export interface Sink {
  /** Takes what has arrived. */
  readonly add: (bytes: Uint8Array) => void
  /** In bytes: once it was given more than that, the rest is not read. Without a limit of its own, too much is a failure. */
  readonly limit?: number | undefined
}

/** Takes all bytes of a body that is not too long. */
export interface BytesSink extends Sink {
  /** What it was given; undefined where that was more than its limit. */
  readonly bytes: () => Uint8Array | undefined
}

/**
 * A sink of the bytes themselves, in a buffer that who reads them may give back: the network's own buffers are the cheaper, the
 * shorter they live.
 */
export const bytesSink = (limit: number): BytesSink => {
  let piece: Uint8Array = new Uint8Array(0)
  let size = 0
  return {
    limit,
    add: (bytes) => {
      const before = size
      size += bytes.byteLength
      if (size > limit) return
      if (size > piece.byteLength) {
        const larger = acquire(size)
        larger.set(piece.subarray(0, before))
        release(piece)
        piece = larger
      }
      piece.set(bytes, before)
    },
    bytes: () => (size > limit ? undefined : piece.subarray(0, size))
  }
}
