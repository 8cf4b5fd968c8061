/** Reading the body of a form, `multipart/form-data`, as it comes in. */
import { Buffer } from "node:buffer"
import type { ByteText } from "./byteText.js"

/** What a body consists of, in its order. */
export type Piece =
  | { readonly _tag: "Part"; readonly headers: Readonly<Record<string, ByteText>> }
  | { readonly _tag: "Data"; readonly bytes: Uint8Array }
  | { readonly _tag: "End" }

/** The body does not begin with its boundary. */
export class InvalidBoundary {
  readonly _tag = "InvalidBoundary"
}

/** Takes a body in pieces of any size. Both methods throw {@link InvalidBoundary}. */
export interface MultipartReader {
  readonly push: (bytes: Uint8Array) => ReadonlyArray<Piece>
  /** To be called when there are no more bytes: what is open ends there. */
  readonly finish: () => ReadonlyArray<Piece>
}

/** How long the headers of a part may be. */
const longestHeaders = 64 * 1024

const headersOf = (lines: string): Readonly<Record<string, ByteText>> =>
  Object.fromEntries(
    lines.split("\r\n").flatMap((line) => {
      const colon = line.indexOf(":")
      return colon < 1 ? [] : [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const]
    })
  )

/** A reader for a body with this boundary. */
export const reader = (boundary: string): MultipartReader => {
  const delimiter = Buffer.from(`\r\n--${boundary}`, "latin1")
  // The first boundary has no line before it: this is it.
  let rest = Buffer.from("\r\n", "latin1")
  let state: "start" | "boundary" | "headers" | "data" | "over" = "start"

  const invalid = (): never => {
    throw new InvalidBoundary()
  }

  /** Goes on as far as the bytes that are there allow; undefined where more are needed. */
  const step = (): ReadonlyArray<Piece> | undefined => {
    switch (state) {
      case "start": {
        // Empty lines before the first boundary are nothing.
        while (rest.subarray(2, 4).equals(Buffer.from("\r\n"))) {
          rest = rest.subarray(2)
        }
        if (rest.byteLength < delimiter.byteLength) {
          return delimiter.subarray(0, rest.byteLength).equals(rest) || rest.subarray(2).equals(Buffer.from("\r"))
            ? undefined
            : invalid()
        }
        if (!rest.subarray(0, delimiter.byteLength).equals(delimiter)) {
          return invalid()
        }
        rest = rest.subarray(delimiter.byteLength)
        state = "boundary"
        return []
      }
      case "boundary": {
        if (rest.byteLength < 2) {
          return undefined
        }
        const isLast = rest.subarray(0, 2).equals(Buffer.from("--"))
        rest = rest.subarray(2)
        state = isLast ? "over" : "headers"
        return []
      }
      case "headers": {
        const isBare = rest.subarray(0, 2).equals(Buffer.from("\r\n"))
        const end = isBare ? 0 : rest.indexOf("\r\n\r\n")
        if (end < 0) {
          return rest.byteLength > longestHeaders ? invalid() : undefined
        }
        const headers = headersOf(rest.subarray(0, end).toString("latin1"))
        // The last line end stays: the part may be empty, and the boundary follows at once.
        rest = rest.subarray(end + (isBare ? 2 : 4))
        state = "data"
        return [{ _tag: "Part", headers }]
      }
      case "data": {
        const at = rest.indexOf(delimiter)
        if (at >= 0) {
          const bytes = rest.subarray(0, at)
          rest = rest.subarray(at + delimiter.byteLength)
          state = "boundary"
          return [...(bytes.byteLength === 0 ? [] : [{ _tag: "Data", bytes } as const]), { _tag: "End" }]
        }
        const certain = rest.byteLength - delimiter.byteLength + 1
        if (certain <= 0) {
          return undefined
        }
        const bytes = rest.subarray(0, certain)
        rest = rest.subarray(certain)
        return [{ _tag: "Data", bytes }]
      }
      case "over":
        rest = rest.subarray(rest.byteLength)
        return undefined
    }
  }

  const push = (bytes: Uint8Array): ReadonlyArray<Piece> => {
    rest = Buffer.concat([rest, bytes])
    const pieces: Array<Piece> = []
    for (let next = step(); next !== undefined; next = step()) {
      pieces.push(...next)
    }
    return pieces
  }

  return {
    push,
    finish: () => {
      const last = state
      state = "over"
      return last === "start"
        ? invalid()
        : last === "data"
          ? [...(rest.byteLength === 0 ? [] : [{ _tag: "Data", bytes: rest } as const]), { _tag: "End" }]
          : []
    }
  }
}
