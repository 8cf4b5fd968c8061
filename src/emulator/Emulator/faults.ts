/** Carries out injected faults. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as ByteStream from "../ByteStream.js"
import type * as Fault from "../Fault.js"
import type { WireBroken, WireRequest, WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import type * as Tokens from "../Tokens.js"
import { dialectOf, refusal } from "./answers.js"

const broken = (reason: string): WireBroken => ({ _tag: "WireBroken", reason })

/** The first `count` bytes of a body, followed by `end`. */
const cutBody = (
  body: WireResponse["body"],
  count: number,
  end: Stream.Stream<Uint8Array, WireBroken>
): Stream.Stream<Uint8Array, WireBroken> =>
  Stream.concat(ByteStream.take(body instanceof Uint8Array ? Stream.succeed(body) : body, count), end)

/** Reads and discards a request's body, at most `limit` bytes of it. */
const drain = (request: WireRequest, limit = Infinity): Effect.Effect<void, WireBroken> => {
  let seen = 0
  return limit <= 0
    ? Effect.void
    : Stream.runDrain(
        Stream.takeUntil(request.body, (chunk) => {
          seen += chunk.byteLength
          return seen >= limit
        })
      )
}

const statusFault = (fault: Extract<Fault.Fault, { _tag: "Status" }>, service: string): WireResponse => {
  const headers = fault.headers ?? {}
  if (fault.body === undefined) {
    const response = refusal(service, fault.status, "Injected fault")
    return { ...response, headers: { ...response.headers, ...headers } }
  }
  const response =
    typeof fault.body === "string" ? Reply.text(fault.status, fault.body) : Reply.json(fault.status, fault.body)
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
  return {
    ...response,
    headers: { ...(given.has("content-type") ? {} : response.headers), ...headers }
  }
}

/** Damages the response of a request that was carried out. */
const spoil = (fault: Fault.Fault | undefined, response: WireResponse): WireResponse => {
  const length = Reply.contentLength(response)
  switch (fault?._tag) {
    case "TruncateBody":
    case "StallBody": {
      const end: Stream.Stream<Uint8Array, WireBroken> =
        fault._tag === "StallBody" ? Stream.never : Stream.fail(broken("injected: the body is truncated"))
      const lengthened =
        length === undefined ? response : Reply.withDefaultHeaders(response, { "Content-Length": String(length) })
      return { ...lengthened, body: cutBody(response.body, fault.afterBytes, end) }
    }
    case "WrongContentLength": {
      if (length === undefined) {
        return response
      }
      const headers = Object.fromEntries(
        Object.entries(response.headers).filter(([name]) => name.toLowerCase() !== "content-length")
      )
      return { ...response, headers: { ...headers, "Content-Length": String(Math.max(0, length + fault.delta)) } }
    }
    default:
      return response
  }
}

/** Handles a request to which a fault applies. `proceed` carries it out. */
export const meet = (
  fault: Fault.Fault | undefined,
  request: WireRequest,
  service: string,
  tokens: Tokens.Tokens,
  now: number,
  proceed: Effect.Effect<WireResponse, WireBroken>
): Effect.Effect<WireResponse, WireBroken> => {
  const dialect = dialectOf(service, request.target)
  switch (fault?._tag) {
    case "Status":
      return Effect.as(drain(request), statusFault(fault, dialect))
    case "Early":
      return Effect.succeed(refusal(dialect, fault.status, "Injected fault"))
    case "Delay":
      return Effect.zipRight(Effect.sleep(fault.duration), proceed)
    case "Cut":
      return Effect.zipRight(
        drain(request, fault.afterBytes ?? 0),
        Effect.fail(broken("injected: the connection is cut"))
      )
    case "LoseResponse":
      return Effect.zipRight(
        proceed,
        fault.status === undefined
          ? Effect.fail(broken("injected: the response is lost"))
          : Effect.succeed(refusal(dialect, fault.status, "Injected fault"))
      )
    case "ExpireTokens":
      tokens.expireAll(now)
      return proceed
    case "RevokeTokens":
      tokens.revokeAll()
      return proceed
    default:
      return Effect.map(proceed, (response) => spoil(fault, response))
  }
}
