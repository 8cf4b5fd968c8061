/**
 * Parses a long JSON array as it arrives. Complete items are parsed together, some tens of kilobytes at a time, so that
 * neither the whole text nor all raw items are in memory: large buffers are expensive for the garbage collector.
 */
import { isAscii } from "node:buffer"
import { acquire, type OwnedChunk } from "../bytes/bufferPool.js"

/** Parses the items of an array whose text is added piece by piece. */
export interface JsonItems {
  readonly add: (bytes: Uint8Array) => void
  /** Why the text is invalid, once that is known; further bytes are then ignored. */
  readonly problem: () => UnreadableArray | undefined
  /** Parses the rest after the whole text was added. Throws {@link UnreadableArray}. */
  readonly end: () => void
}

/**
 * Why a text is not a JSON array.
 *
 * - `empty`: it contains only white space.
 * - `incomplete`: it ends before its closing bracket.
 * - `tooLarge`: one item, or the white space between two, exceeds the limit.
 * - `notJson`: it is something else.
 */
export class UnreadableArray extends SyntaxError {
  constructor(readonly reason: "empty" | "incomplete" | "tooLarge" | "notJson") {
    super(`not a JSON array: ${reason}`)
  }
}

/** Parsing starts at this many bytes. */
const minParseBytes = 32 * 1024

/** The maximum size of an item in bytes. Real ones have a few kilobytes. */
export const largestItem = 1024 * 1024

/** Room for an incomplete item and a chunk from the network, in bytes. */
const initialBytes = 128 * 1024

/** The buffer after the end. */
const none = Buffer.alloc(0)

const comma = ",".charCodeAt(0)
const quote = '"'.charCodeAt(0)
const backslash = "\\".charCodeAt(0)
const openBracket = "[".charCodeAt(0)
const closeBracket = "]".charCodeAt(0)
const openBrace = "{".charCodeAt(0)
const closeBrace = "}".charCodeAt(0)

/** The position of the last comma after a brace, or -1. It may be inside an item or a string. */
const lastCommaAfterBrace = (bytes: Buffer): number => {
  for (let at = bytes.lastIndexOf(comma); at > 0; at = bytes.lastIndexOf(comma, at - 1)) {
    if (bytes[at - 1] === closeBrace) return at
  }
  return -1
}

/** The position after the string that begins at `start`. */
const endOfString = (bytes: Buffer, start: number): number => {
  let at = start + 1
  while (at < bytes.byteLength && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1
  return at + 1
}

/**
 * Scans a text byte by byte for the last comma between two items (or -1) and the end of the array. Slower than a
 * search, but correct for all items.
 */
const structureOf = (bytes: Buffer): { readonly lastComma: number; readonly isClosed: boolean } => {
  let depth = 0
  let lastComma = -1
  let at = 0
  while (at < bytes.byteLength) {
    const byte = bytes[at]
    if (byte === quote) {
      at = endOfString(bytes, at)
      continue
    }
    if (byte === openBracket || byte === openBrace) depth++
    else if (byte === closeBracket || byte === closeBrace) {
      depth--
      if (depth === 0) return { lastComma, isClosed: true }
    } else if (byte === comma && depth === 1) lastComma = at
    at++
  }
  return { lastComma, isClosed: false }
}

/** Whether invalid JSON looks like the beginning of an object or array that was cut off. */
export const isCutOff = (text: string): boolean => {
  const trimmed = text.trimStart()
  return /^[[{]/.test(trimmed) && !structureOf(Buffer.from(trimmed)).isClosed
}

const textOf = (bytes: Buffer): string => bytes.toString(isAscii(bytes) ? "latin1" : "utf8").trim()

/**
 * Passes the items of an array on as they are parsed, several at a time and in order.
 *
 * The array is cut at the last comma after a brace. If that comma is inside an item, the part before it is not valid
 * JSON, and the text is scanned for the right one.
 */
export const jsonItems = (take: (items: ReadonlyArray<unknown>) => void): JsonItems => {
  // A reused buffer that is modified. Allocating one per chunk would cause most of a listing's garbage.
  let pooled: OwnedChunk | undefined = acquire(initialBytes)
  let room = Buffer.from(pooled.bytes.buffer)
  let size = 0
  let threshold = minParseBytes
  let opened = false
  let problem: UnreadableArray | undefined

  const releaseRoom = (): void => {
    pooled?.release()
    pooled = undefined
    room = none
  }

  const keep = (bytes: Uint8Array): void => {
    if (size + bytes.byteLength > room.byteLength) {
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * room.byteLength, size + bytes.byteLength))
      room.copy(larger, 0, 0, size)
      releaseRoom()
      room = larger
    }
    room.set(bytes, size)
    size += bytes.byteLength
  }

  /** Parses the items before a comma, which is replaced by a closing and then by an opening bracket. */
  const parse = (all: Buffer, cut: number): ReadonlyArray<unknown> | undefined => {
    if (cut < 0) return undefined
    all[cut] = closeBracket
    try {
      const items: unknown = JSON.parse(textOf(all.subarray(0, cut + 1)))
      all[cut] = openBracket
      return Array.isArray(items) ? items : undefined
    } catch {
      all[cut] = comma
      return undefined
    }
  }

  /** The complete items so far, and where the rest begins; undefined if there are none yet. */
  const complete = (all: Buffer): { readonly items: ReadonlyArray<unknown>; readonly cut: number } | undefined => {
    const likely = lastCommaAfterBrace(all)
    const items = parse(all, likely)
    if (items !== undefined) return { items, cut: likely }
    const { lastComma } = structureOf(all)
    const exact = parse(all, lastComma)
    if (exact !== undefined) return { items: exact, cut: lastComma }
    if (lastComma >= 0) problem = new UnreadableArray("notJson")
    else if (size > largestItem) problem = new UnreadableArray("tooLarge")
    return undefined
  }

  return {
    problem: () => problem,
    add: (bytes) => {
      if (problem !== undefined) return
      keep(bytes)
      if (size < threshold) return
      const found = complete(room.subarray(0, size))
      if (problem !== undefined) return releaseRoom()
      if (found === undefined) {
        // Wait for twice as much, so that a long item is not scanned again for each chunk.
        threshold = size * 2
        return
      }
      opened = true
      room.copyWithin(0, found.cut, size)
      size -= found.cut
      threshold = minParseBytes
      take(found.items)
    },
    end: () => {
      if (problem !== undefined) throw problem
      const bytes = room.subarray(0, size)
      const text = textOf(bytes)
      let items: unknown
      try {
        items = JSON.parse(text)
      } catch {
        const isCut = text.startsWith("[") && !structureOf(bytes).isClosed
        throw new UnreadableArray(text === "" && !opened ? "empty" : isCut ? "incomplete" : "notJson")
      } finally {
        releaseRoom()
      }
      // A comma must be followed by another item.
      if (!Array.isArray(items) || (opened && items.length === 0)) throw new UnreadableArray("notJson")
      take(items)
    }
  }
}
