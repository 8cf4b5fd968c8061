/** An incremental parser of `multipart/form-data`. */
import { Buffer } from "node:buffer"
import type { ByteText } from "./byteText.js"

/** A parsed piece of the body, in order. */
export type Piece =
  | { readonly _tag: "Part"; readonly headers: Readonly<Record<string, ByteText>> }
  | { readonly _tag: "Data"; readonly bytes: Uint8Array }
  | { readonly _tag: "End" }

/** The body does not start with its boundary. */
export class InvalidBoundary {
  readonly _tag = "InvalidBoundary"
}

/** Parses a body from chunks of any size. Both methods throw {@link InvalidBoundary}. */
export interface MultipartReader {
  readonly push: (bytes: Uint8Array) => ReadonlyArray<Piece>
  /** Called at the end of the body. It ends an open part. */
  readonly finish: () => ReadonlyArray<Piece>
}

/** The limit for the headers of one part. */
const maxHeaderBytes = 64 * 1024

const headersOf = (lines: string): Readonly<Record<string, ByteText>> =>
  Object.fromEntries(
    lines.split("\r\n").flatMap((line) => {
      const colon = line.indexOf(":")
      return colon < 1 ? [] : [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const]
    })
  )

/** A parser for a body with this boundary. */
export const reader = (boundary: string): MultipartReader => {
  const delimiter = Buffer.from(`\r\n--${boundary}`, "latin1")
  // The first boundary has no line break before it, unlike the others, so one is added.
  let rest = Buffer.from("\r\n", "latin1")
  let state: "start" | "boundary" | "headers" | "data" | "over" = "start"

  const invalid = (): never => {
    throw new InvalidBoundary()
  }

  /** Parses one piece from the buffered bytes; undefined if it needs more. */
  const step = (): ReadonlyArray<Piece> | undefined => {
    switch (state) {
      case "start": {
        // Skip empty lines before the first boundary.
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
          return rest.byteLength > maxHeaderBytes ? invalid() : undefined
        }
        const headers = headersOf(rest.subarray(0, end).toString("latin1"))
        // Keep the last line break: it begins the boundary that follows an empty part.
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
