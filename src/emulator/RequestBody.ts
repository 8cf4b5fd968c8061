/** Reads the JSON body of a request to a control service, and the segments of its path. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { isObject } from "./Fields.js"
import type { RoutedRequest, ServiceRequest, WireBroken, WireRequest, WireResponse } from "./Protocol.js"
import * as Refusal from "./Refusal.js"
import * as Reply from "./Reply.js"

/** Concatenates chunks of bytes. */
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
 * The maximum size of a request to a control service, in bytes: the default of OpenStack's own services
 * (`max_request_body_size` of oslo.middleware).
 */
export const largestBody = 114_688

/** The maximum nesting of JSON in a request. Python's parser fails at about a thousand levels. */
const maxNesting = 200

/** Reads a body into memory; undefined if it exceeds `largestBody` bytes, beyond which nothing is read. */
const bounded = (request: WireRequest): Effect.Effect<Uint8Array | undefined, WireBroken> =>
  Effect.suspend(() => {
    if (Number(request.headers["content-length"] ?? 0) > largestBody) {
      return Effect.succeed(undefined)
    }
    const parts: Array<Uint8Array> = []
    let size = 0
    const keep = (chunk: Uint8Array) =>
      Effect.sync(() => {
        size += chunk.byteLength
        if (size <= largestBody) {
          parts.push(chunk)
        }
        return size <= largestBody
      })
    return Effect.map(Stream.runForEachWhile(request.body, keep), () =>
      size > largestBody ? undefined : concat(parts)
    )
  })

/** Whether brackets are nested too deeply. Brackets in strings do not count. */
const isNestedTooDeeply = (text: string): boolean => {
  let depth = 0
  let inString = false
  for (let index = 0; index < text.length; index++) {
    const character = text[index]
    if (inString) {
      if (character === "\\") {
        index++
      } else if (character === '"') {
        inString = false
      }
    } else if (character === '"') {
      inString = true
    } else if (character === "{" || character === "[") {
      depth++
      if (depth > maxNesting) {
        return true
      }
    } else if (character === "}" || character === "]") {
      depth--
    }
  }
  return false
}

/** A body parsed as JSON. An empty body is `Empty`, which operations without a body ignore. */
export type Parsed =
  { readonly _tag: "Empty" } | { readonly _tag: "Json"; readonly value: unknown } | { readonly _tag: "Malformed" }

const parse = (body: Uint8Array): Parsed => {
  if (body.byteLength === 0) {
    return { _tag: "Empty" }
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body)
    return isNestedTooDeeply(text) ? { _tag: "Malformed" } : { _tag: "Json", value: JSON.parse(text) as unknown }
  } catch {
    return { _tag: "Malformed" }
  }
}

/** Reads a body as JSON; undefined if it exceeds `largestBody` bytes. */
export const parsed = (request: WireRequest): Effect.Effect<Parsed | undefined, WireBroken> =>
  Effect.map(bounded(request), (body) => (body === undefined ? undefined : parse(body)))

const tooLarge: WireResponse = Reply.text(
  413,
  "413 Request Entity Too Large\n\nThe body of your request was too large for this server.\n\nRequest is too large.\n"
)

/**
 * Handles a request of a control service: reads its body as JSON and calls `respond` with the time in milliseconds,
 * which may refuse (`Refusal.refuse`). A body of more than `largestBody` bytes is answered with 413 and not read to its
 * end.
 */
export const respondToJson = (
  request: WireRequest,
  respond: (parsed: Parsed, now: number) => WireResponse
): Effect.Effect<WireResponse, WireBroken> =>
  Effect.flatMap(parsed(request), (body) =>
    body === undefined
      ? Effect.succeed(tooLarge)
      : Effect.map(Clock.currentTimeMillis, (now) => Refusal.catching(() => respond(body, now)))
  )

/** Converts a request for route handlers. HEAD becomes GET; the front drops the body of the answer. */
export const routed = (
  { headers, method, query }: Pick<ServiceRequest, "headers" | "method" | "query">,
  parsed: Parsed,
  now: number
): RoutedRequest => ({
  method: method === "HEAD" ? "GET" : method,
  headers,
  query,
  body: parsed._tag === "Json" && isObject(parsed.value) ? parsed.value : undefined,
  now
})

/**
 * The percent-decoded segments of a path after a base URL; undefined if the percent-encoding is invalid.
 * `/servers/detail` is `["servers", "detail"]`; a trailing slash adds no segment.
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
