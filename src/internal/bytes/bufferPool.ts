/**
 * Buffers that are used again. A large file is read, or received, into thousands of them, and a new one for each would cost the
 * garbage collector, and the kernel that clears it, more than the reading.
 *
 * Only code that knows that a buffer is not read any more releases it; a buffer that is not released is used once.
 */

/** What becomes of each buffer that is given back. */
const owners = new WeakMap<ArrayBufferLike, () => void>()

/**
 * In bytes: how much of a body is handed to the sender at a time. A request has stalled when none of it goes out for some time, so
 * this must not take long on a slow network.
 */
export const chunkSize = 256 * 1024

/** Buffers of one size for one reader. */
export interface Pool {
  /** In bytes. */
  readonly size: number
  readonly take: () => Uint8Array<ArrayBuffer>
}

/** A pool of buffers of so many bytes, which keeps no more than `most` that nobody uses. */
export const makePool = (size: number, most = Infinity): Pool => {
  const free: Array<Uint8Array<ArrayBuffer>> = []
  return {
    size,
    take: () => {
      const known = free.pop()
      if (known !== undefined) return known
      const made = new Uint8Array(size)
      owners.set(made.buffer, () => {
        // Given back twice, it would be two readers'.
        if (free.length < most && !free.some(({ buffer }) => buffer === made.buffer)) {
          free.push(new Uint8Array(made.buffer))
        }
      })
      return made
    }
  }
}

/** In bytes. */
const smallestShared = 4096

/** How many of each size are kept that nobody uses. */
const mostShared = 16

const shared = new Map<number, Pool>()

/**
 * A pool that all share, whose buffers hold so many bytes: what is short is over before a pool of its own would give anything a second
 * time. Their sizes are powers of two, so that there are few.
 */
export const sharedPool = (length: number): Pool => {
  const size = Math.max(smallestShared, 2 ** Math.ceil(Math.log2(length)))
  let pool = shared.get(size)
  if (pool === undefined) {
    pool = makePool(size, mostShared)
    shared.set(size, pool)
  }
  return pool
}

/**
 * Buffers that another thread fills, each with the content of several files, and that go back to it when all of that was given
 * back. Of a thousand small files they would be as much garbage as the files are long.
 */
export interface TransferBuffers {
  /** One that may be filled anew, where there is one. */
  readonly take: () => Uint8Array<ArrayBuffer> | undefined
  /** Says that a buffer has come with so many parts; each is given back once, if at all. */
  readonly lend: (buffer: ArrayBuffer, parts: number) => void
}

/** More than these are not filled at a time. */
const mostTransferBuffers = 4

/** In bytes: what is longer was for unusual files, and is not kept for the next. */
export const largestTransferBuffer = 2 * 1024 * 1024

export const makeTransferBuffers = (largest = largestTransferBuffer): TransferBuffers => {
  const free: Array<Uint8Array<ArrayBuffer>> = []
  return {
    take: () => free.pop(),
    lend: (buffer, parts) => {
      let left = parts
      owners.set(buffer, () => {
        left--
        if (left === 0 && free.length < mostTransferBuffers && buffer.byteLength <= largest)
          free.push(new Uint8Array(buffer))
      })
    }
  }
}

/** Releases a buffer, or the one of which this is a part, to the pool that owns it, if any. It must not be read any more. */
export const release = (part: Uint8Array): void => owners.get(part.buffer)?.()

/**
 * Into whose buffers a response's body may come, given its length in bytes, since whoever reads it gives them back; undefined
 * where nobody does.
 */
export type Receiving = (length: number) => Pool | undefined

/** What fills at least one of the pool's buffers. */
export const largerInto =
  (pool: Pool): Receiving =>
  (length) =>
    length >= pool.size ? pool : undefined
