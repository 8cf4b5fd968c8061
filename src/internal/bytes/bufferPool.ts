/**
 * One pool of reused buffers. A large file is read, or received, into thousands of buffers; allocating each would cost more in the
 * garbage collector, and in the kernel that clears the memory, than the reading itself.
 */

/** A part of a body. Its owner releases it when nothing reads the bytes any more. If it is never released, it is not reused. */
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
 * In bytes: how much of a body is passed to the sender at a time. A request counts as stalled if no chunk is sent for some time, so a
 * chunk must not take long on a slow network.
 */
export const chunkSize = 256 * 1024

/** In bytes: the smallest buffer. Sizes are powers of two, so that there are only a few. */
const minBuffer = 4096

/** In bytes: the unused buffers of each size that are kept, together. */
const maxIdle = 8 * 1024 * 1024

const idle = new Map<number, Array<ArrayBuffer>>()

/** The length of the buffer for this many bytes. */
const bufferSize = (length: number): number => Math.max(minBuffer, 2 ** Math.ceil(Math.log2(Math.max(1, length))))

/** Adds a buffer to the pool when it is released, for example one that a thread has filled. Buffers of unusual sizes are not kept. */
export const adopt = (bytes: Uint8Array<ArrayBuffer>): PooledChunk => {
  let isReleased = false
  return {
    bytes,
    release: () => {
      const { buffer } = bytes
      const size = buffer.byteLength
      if (isReleased || size !== bufferSize(size) || size > maxIdle) return
      isReleased = true
      const buffers = idle.get(size) ?? []
      if ((buffers.length + 1) * size <= maxIdle) buffers.push(buffer)
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

/** Returns a function that calls `release` on its last of `parts` calls, for a chunk of several parts. */
export const releaseAfter = (parts: number, { release }: OwnedChunk): (() => void) => {
  let left = parts
  return () => {
    if (--left === 0) release()
  }
}
