/**
 * Buffers that are used again. A large file is read, or received, into thousands of them, and a new one for each would cost the
 * garbage collector, and the kernel that clears it, more than the reading.
 *
 * Only who knows that a buffer's bytes are not read any more gives it back; where nobody does, each is used once.
 */
import * as FiberRef from "effect/FiberRef"
import * as GlobalValue from "effect/GlobalValue"

const pools = new WeakMap<ArrayBufferLike, Array<Uint8Array>>()

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
      pools.set(made.buffer, free)
      return made
    }
  }
}

/** Gives a buffer back to its pool, if it is of one, or that of which this is a part. It must not be read any more. */
export const giveBack = ({ buffer }: Uint8Array): void => {
  const pool = pools.get(buffer)
  // Given back twice, it would be two readers'.
  if (pool !== undefined && !pool.some((known) => known.buffer === buffer)) pool.push(new Uint8Array(buffer))
}

/** Whether what is received may come in buffers that are used again, since whoever reads it gives them back. */
export const givesBack: FiberRef.FiberRef<boolean> = GlobalValue.globalValue("effect-rackspace/givesBack", () =>
  FiberRef.unsafeMake(false)
)
