/**
 * One pool of reused buffers. A large file is read, or received, into thousands of buffers; allocating each would cost the garbage
 * collector, and the kernel that clears it, more than the reading.
 */

/** A part of a body. Its owner releases it once nothing reads the bytes any more. If it is never released, it is not reused. */
export interface OwnedChunk {
  readonly bytes: Uint8Array
  /** Returns the buffer to its pool, if it has one. Further calls do nothing. */
  readonly release: () => void
}

/** A part of a body in a buffer of the pool. */
export interface PooledChunk extends OwnedChunk {
  readonly bytes: Uint8Array<ArrayBuffer>
}

/**
 * In bytes: how much of a body is handed to the sender at a time. A request has stalled when none of it goes out for some time, so
 * this must not take long on a slow network.
 */
export const chunkSize = 256 * 1024

/** In bytes: the smallest buffer. Sizes are powers of two, so that there are few. */
const smallestBuffer = 4096

/** In bytes: how much of each size is kept while it is not used. */
const mostIdle = 8 * 1024 * 1024

const idle = new Map<number, Array<ArrayBuffer>>()

/** The length in bytes of the buffer for so many bytes. */
const bufferSize = (length: number): number => Math.max(smallestBuffer, 2 ** Math.ceil(Math.log2(Math.max(1, length))))

/** Adds a buffer to the pool when it is released, for example one that a thread has filled. Buffers of unusual sizes are not kept. */
export const adopt = (bytes: Uint8Array<ArrayBuffer>): PooledChunk => {
  let isReleased = false
  return {
    bytes,
    release: () => {
      const { buffer } = bytes
      const size = buffer.byteLength
      if (isReleased || size !== bufferSize(size) || size > mostIdle) return
      isReleased = true
      const buffers = idle.get(size) ?? []
      if ((buffers.length + 1) * size <= mostIdle) buffers.push(buffer)
      idle.set(size, buffers)
    }
  }
}

/** A buffer of at least this length in bytes. */
export const acquire = (length: number): PooledChunk => {
  const size = bufferSize(length)
  return adopt(new Uint8Array(idle.get(size)?.pop() ?? new ArrayBuffer(size)))
}

const nothing = (): void => {}

/** Bytes that are not in a buffer of the pool. */
export const unpooled = (bytes: Uint8Array): OwnedChunk => ({ bytes, release: nothing })

/** Calls `release` when it was called so many times itself, for a chunk of several parts. */
export const releaseAfter = (parts: number, { release }: OwnedChunk): (() => void) => {
  let left = parts
  return () => {
    if (--left === 0) release()
  }
}
