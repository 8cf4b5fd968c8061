/**
 * Buffers that are used again. A large file is read into thousands of them, and a new one for each would cost the garbage
 * collector, and the kernel that clears it, more than the reading.
 *
 * Only who knows that a buffer's bytes have left the program gives it back; where nobody does, each is used once.
 */

const pools = new WeakMap<Uint8Array, Array<Uint8Array>>()

/** Buffers of one size for one reader. */
export interface Pool {
  readonly take: () => Uint8Array<ArrayBuffer>
}

export const makePool = (size: number): Pool => {
  const free: Array<Uint8Array<ArrayBuffer>> = []
  return {
    take: () => {
      const known = free.pop()
      if (known !== undefined) return known
      const made = new Uint8Array(size)
      pools.set(made, free)
      return made
    }
  }
}

/** Gives a buffer back to its pool, if it is of one. It must not be read any more. */
export const giveBack = (bytes: Uint8Array): void => {
  const pool = pools.get(bytes)
  // Given back twice, it would be two readers'.
  if (pool !== undefined && !pool.includes(bytes)) pool.push(bytes)
}
