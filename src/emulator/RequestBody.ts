/**
 * Reading a request's body whole, and looking into JSON whose shape nobody promises.
 *
 * @since 0.1.0
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { WireBroken, WireRequest } from "./Protocol.js"

/**
 * A JSON object whose members are not known.
 *
 * @since 0.1.0
 * @category models
 */
export type JsonObject = Readonly<Record<string, unknown>>

/**
 * Whether a value is a JSON object: neither null nor an array.
 *
 * @since 0.1.0
 * @category guards
 */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/**
 * Puts chunks of bytes together.
 *
 * @since 0.1.0
 * @category combinators
 */
export const concat = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.byteLength
  }
  return whole
}

/**
 * Reads a request's whole body into memory. Only for the small bodies of control services.
 *
 * @since 0.1.0
 * @category constructors
 */
export const bytes = (request: WireRequest): Effect.Effect<Uint8Array, WireBroken> =>
  Effect.map(Stream.runCollect(request.body), (chunks) => concat(Chunk.toReadonlyArray(chunks)))

/**
 * What a body says as JSON: its value, or that it is none. An empty body is `Empty`, so that operations without a body
 * need not look.
 *
 * @since 0.1.0
 * @category models
 */
export type Parsed =
  { readonly _tag: "Empty" } | { readonly _tag: "Json"; readonly value: unknown } | { readonly _tag: "Malformed" }

/**
 * Reads the body of a control service's request as JSON.
 *
 * @since 0.1.0
 * @category constructors
 */
export const json = (request: WireRequest): Effect.Effect<Parsed, WireBroken> =>
  Effect.map(bytes(request), (body) => {
    if (body.byteLength === 0) {
      return { _tag: "Empty" }
    }
    try {
      const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body))
      return { _tag: "Json", value }
    } catch {
      return { _tag: "Malformed" }
    }
  })

/**
 * The segments of a path behind a base URL, percent-decoded; undefined where the percent-encoding is broken.
 * `/servers/detail` is `["servers", "detail"]`; a final slash makes no segment.
 *
 * @since 0.1.0
 * @category accessors
 */
export const segments = (path: string): ReadonlyArray<string> | undefined => {
  try {
    return path
      .split("/")
      .filter((segment) => segment !== "")
      .map(decodeURIComponent)
  } catch {
    return undefined
  }
}
