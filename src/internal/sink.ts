/**
 * What takes the body of a response piece by piece, instead of its being kept and read afterwards.
 */

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

/** A sink of the bytes themselves. */
export const bytesSink = (limit: number): BytesSink => {
  const parts: Array<Uint8Array> = []
  let size = 0
  return {
    limit,
    add: (bytes) => {
      parts.push(bytes)
      size += bytes.byteLength
    },
    bytes: () => {
      const [first = new Uint8Array(0)] = parts
      return size > limit ? undefined : parts.length <= 1 ? first : Buffer.concat(parts)
    }
  }
}
