/**
 * One pool of reused buffers. A large file is read, or received, into thousands of buffers; a new one for each would cost the garbage
 * collector, and the kernel that clears it, more than the reading.
 *
 * Only code that knows that a buffer is not read any more releases it. A buffer that is not released is used once.
 */

/** How many parts of a buffer were not released yet, and what becomes of it after the last. */
const inUse = new WeakMap<ArrayBufferLike, { left: number; readonly keep: () => void }>()

/**
 * In bytes: how much of a body is handed to the sender at a time. A request has stalled when none of it goes out for some time, so
 * this must not take long on a slow network.
 */
export const chunkSize = 256 * 1024

/** In bytes: the smallest buffer. Sizes are powers of two, so that there are few. */
const smallestBuffer = 4096

/** In bytes: how much of each size is kept while nobody uses it. */
const mostIdle = 8 * 1024 * 1024

const idle = new Map<number, Array<ArrayBuffer>>()

const keep = (buffer: ArrayBuffer): void => {
  const buffers = idle.get(buffer.byteLength) ?? []
  if (buffers.length * buffer.byteLength < mostIdle) buffers.push(buffer)
  idle.set(buffer.byteLength, buffers)
}

/** A buffer of at least this length in bytes. */
export const acquire = (length: number): Uint8Array<ArrayBuffer> => {
  const size = Math.max(smallestBuffer, 2 ** Math.ceil(Math.log2(length)))
  const buffer = idle.get(size)?.pop() ?? new ArrayBuffer(size)
  inUse.set(buffer, { left: 1, keep: () => keep(buffer) })
  return new Uint8Array(buffer)
}

/**
 * Buffers that another thread fills, each with the content of several files. A buffer is transferred to that thread again when the
 * content of all its files was released.
 */
export interface TransferBuffers {
  /** A buffer that may be filled again, if there is one. */
  readonly take: () => Uint8Array<ArrayBuffer> | undefined
  /** Notes that a buffer has arrived with so many parts, each of which is released once, if at all. */
  readonly lend: (buffer: ArrayBuffer, parts: number) => void
}

/** How many buffers are kept. */
const mostTransferBuffers = 4

/** In bytes: a longer buffer, which unusual files need, is not kept. */
export const largestTransferBuffer = 2 * 1024 * 1024

export const makeTransferBuffers = (largest = largestTransferBuffer): TransferBuffers => {
  const free: Array<Uint8Array<ArrayBuffer>> = []
  return {
    take: () => free.pop(),
    lend: (buffer, parts) => {
      const keep = (): void => {
        if (free.length < mostTransferBuffers && buffer.byteLength <= largest) free.push(new Uint8Array(buffer))
      }
      inUse.set(buffer, { left: parts, keep })
    }
  }
}

/**
 * Releases a buffer, or the one of which this is a part, if it is one of ours. It must not be read any more. Once is enough: a buffer
 * that was released already is not touched.
 */
export const release = (part: Uint8Array): void => {
  const use = inUse.get(part.buffer)
  if (use === undefined || --use.left > 0) return
  inUse.delete(part.buffer)
  use.keep()
}

/**
 * The length in bytes of the buffers that a response's body is copied into, given the length of the body: its reader releases them.
 * Undefined where the reader gets the network's own buffers.
 */
export type Receiving = (length: number) => number | undefined
