/**
 * A long JSON array, read as it arrives: cut behind one of its items again and again, so that neither its text nor its raw
 * items are ever in memory at once. Of a listing's page that is most of its cost, since whatever is large is dear to the
 * garbage collector.
 */
import { isAscii } from "node:buffer"
import { giveBack, sharedPool } from "./recycling.js"
import type { Sink } from "./sink.js"

/** A sink of items. */
export interface ItemsSink extends Sink {
  /** To be called once all of it was taken. Throws where it is no JSON array. */
  readonly end: () => void
}

/** From so many bytes on it is worth while to parse. */
const enough = 32 * 1024

const comma = ",".charCodeAt(0)
const close = "}".charCodeAt(0)
const bracket = "[".charCodeAt(0)
const closing = "]".charCodeAt(0)

/** The last place behind an item: between a brace and a comma. That may also stand within an item. */
const cutOf = (bytes: Buffer): number => {
  for (let at = bytes.lastIndexOf(comma); at > 0; at = bytes.lastIndexOf(comma, at - 1)) {
    if (bytes[at - 1] === close) return at
  }
  return -1
}

const textOf = (bytes: Buffer): string => bytes.toString(isAscii(bytes) ? "latin1" : "utf8")

/** In bytes: room for what is not enough yet, and a piece of the network's. */
const usual = 128 * 1024

/** After the end there is none; who adds more even so gets one of their own. */
const none = Buffer.alloc(0)

/**
 * Hands the items of an array of objects on as they are read, some at a time and in order.
 *
 * Where it is cut in the wrong place, the half that is parsed has a string or an object without an end, and so is no JSON:
 * then it waits for a better place. What is parsed was therefore cut between two items.
 */
export const jsonItems = (take: (items: ReadonlyArray<unknown>) => void): ItemsSink => {
  // A copy of our own, which is written to. A new one for each piece would be what a listing leaves most of behind.
  let room = Buffer.from(sharedPool(usual).take().buffer)
  let size = 0
  let threshold = enough
  let opened = false
  const keep = (bytes: Uint8Array): void => {
    if (size + bytes.byteLength > room.byteLength) {
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * room.byteLength, size + bytes.byteLength))
      room.copy(larger, 0, 0, size)
      giveBack(room)
      room = larger
    }
    room.set(bytes, size)
    size += bytes.byteLength
  }
  /** The items before a cut, whose comma gives its place to the bracket that ends them, and then to the one that begins the rest. */
  const parse = (all: Buffer, cut: number): ReadonlyArray<unknown> | undefined => {
    all[cut] = closing
    try {
      const items: unknown = JSON.parse(textOf(all.subarray(0, cut + 1)))
      all[cut] = bracket
      return Array.isArray(items) ? items : undefined
    } catch {
      all[cut] = comma
      return undefined
    }
  }
  return {
    add: (bytes) => {
      keep(bytes)
      if (size < threshold) return
      const all = room.subarray(0, size)
      const cut = cutOf(all)
      const items = cut < 0 ? undefined : parse(all, cut)
      if (items === undefined) {
        // Not tried again for each piece, or a single long item would be read over and over.
        threshold = size * 2
        return
      }
      opened = true
      room.copyWithin(0, cut, size)
      size -= cut
      threshold = enough
      take(items)
    },
    end: () => {
      const text = textOf(room.subarray(0, size)).trim()
      size = 0
      giveBack(room)
      room = none
      if (text === "" && !opened) return
      const items: unknown = JSON.parse(text)
      if (!Array.isArray(items)) throw new SyntaxError("it is no array")
      take(items)
    }
  }
}
