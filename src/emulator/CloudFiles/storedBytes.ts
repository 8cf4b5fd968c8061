/**
 * The bytes of an object in blocks of one size, so that a range is found without a search and no large buffer is
 * needed.
 */
import { createHash } from "node:crypto"

/** The size of a block, and of the chunks of a large response body: 64 KiB. */
export const blockBytes = 65536

/** Immutable bytes. */
export interface StoredBytes {
  /** In bytes. */
  readonly size: number
  /** The MD5 in lower-case hexadecimal. */
  readonly md5: string
  /** All but the last have `blockBytes` bytes. */
  readonly blocks: ReadonlyArray<Uint8Array>
}

/** Collects bytes as they arrive. */
export interface Writer {
  /** The number of bytes so far. */
  readonly size: () => number
  /** Copies the bytes, because the sender may reuse its buffer. */
  readonly write: (bytes: Uint8Array) => void
  readonly finish: () => StoredBytes
}

/** A writer for a body of the expected size, if known. */
export const writer = (expected?: number): Writer => {
  const hash = createHash("md5")
  const blocks: Array<Uint8Array> = []
  let size = 0
  let current: Uint8Array = new Uint8Array(0)
  let filled = 0
  const nextBlock = () => {
    const left = expected === undefined ? blockBytes : expected - size
    return new Uint8Array(left > 0 ? Math.min(left, blockBytes) : blockBytes)
  }
  return {
    size: () => size,
    write: (bytes) => {
      hash.update(bytes)
      for (let offset = 0; offset < bytes.byteLength;) {
        if (filled === current.byteLength) {
          current = nextBlock()
          filled = 0
          blocks.push(current)
        }
        const part = bytes.subarray(offset, offset + current.byteLength - filled)
        current.set(part, filled)
        filled += part.byteLength
        offset += part.byteLength
        size += part.byteLength
      }
    },
    finish: () => {
      if (filled < current.byteLength) {
        blocks[blocks.length - 1] = current.slice(0, filled)
      }
      return { size, md5: hash.digest("hex"), blocks }
    }
  }
}

/** Stores a complete byte array. */
export const fromBytes = (bytes: Uint8Array): StoredBytes => {
  const store = writer(bytes.byteLength)
  store.write(bytes)
  return store.finish()
}

/** The bytes from `start` up to `end` (exclusive), in copies of at most `blockBytes`. */
export function* slices(stored: StoredBytes, start: number, end: number): Generator<Uint8Array> {
  for (let offset = start; offset < end;) {
    const block = stored.blocks[Math.floor(offset / blockBytes)]
    if (block === undefined) {
      return
    }
    const within = offset % blockBytes
    const part = block.slice(within, within + end - offset)
    yield part
    offset += part.byteLength
  }
}
