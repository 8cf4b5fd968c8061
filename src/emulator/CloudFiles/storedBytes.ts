/**
 * The bytes of an object, in blocks of one size, so that a range is found without a search and nothing is ever copied
 * into one large buffer.
 */
import { createHash } from "node:crypto"

/** The size of a block, and so of the pieces in which a large body is sent: 64 KiB. */
export const blockBytes = 65536

/** Bytes that do not change any more. */
export interface StoredBytes {
  /** In bytes. */
  readonly size: number
  /** The MD5 in lower-case hexadecimal. */
  readonly md5: string
  /** All but the last have `blockBytes`. */
  readonly blocks: ReadonlyArray<Uint8Array>
}

/** Takes bytes as they come in. */
export interface Writer {
  /** How many bytes it has taken. */
  readonly size: () => number
  /** Copies the bytes, because a sender may use its buffer again. */
  readonly write: (bytes: Uint8Array) => void
  readonly finish: () => StoredBytes
}

/** A writer for a body of this many bytes, if that is known. */
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

/** Stores bytes that are all there. */
export const fromBytes = (bytes: Uint8Array): StoredBytes => {
  const store = writer(bytes.byteLength)
  store.write(bytes)
  return store.finish()
}

/** The bytes from `start` to before `end`, in copies of at most `blockBytes`. */
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
