/**
 * Errors of requests without a complete response. The platform's errors contain the request and its token; these do not.
 */
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as Duration from "effect/Duration"
import { type Operation, scrub, TransportError } from "../../CloudError.js"

/** The request that a transport error belongs to. */
export interface Target extends Operation {
  readonly method: string
  /** Without its query. */
  readonly url: string
  readonly secrets: ReadonlyArray<string>
}

const innermost = (cause: unknown): unknown => {
  let inner = cause
  // Bounded, since causes may be cyclic.
  for (let depth = 0; depth < 8; depth++) {
    if (typeof inner !== "object" || inner === null) break
    const next = "cause" in inner ? inner.cause : undefined
    if (next === undefined) break
    inner = next
  }
  return inner
}

/** The message of an unknown error, without its other fields. */
export const describeCause = (cause: unknown): string => {
  const inner = innermost(cause)
  if (inner instanceof Error) {
    const code = "code" in inner && typeof inner.code === "string" ? inner.code : undefined
    const text = inner.message
    return code === undefined || text.includes(code) ? text || inner.name : `${code} ${text}`.trim()
  }
  return typeof inner === "string" ? inner : "unknown cause"
}

const inOneLine = (text: string): string => {
  const line = text.replace(/\s+/g, " ").trim()
  return line.length > 300 ? `${line.slice(0, 300)}…` : line
}

/** Whether no connection could be made. */
const isConnectFailure = (cause: unknown): boolean => {
  const inner = innermost(cause)
  // Node.js tries all addresses of a host.
  if (inner instanceof AggregateError) return inner.errors.length > 0 && inner.errors.every(isConnectFailure)
  if (typeof inner !== "object" || inner === null) return false
  const { code, syscall } = inner as { readonly code?: unknown; readonly syscall?: unknown }
  return syscall === "connect" || syscall === "getaddrinfo" || code === "UND_ERR_CONNECT_TIMEOUT"
}

export const transportError = (
  target: Target,
  reason: TransportError["reason"],
  description: string,
  notSent = false
): TransportError =>
  new TransportError({
    service: target.service,
    operation: target.operation,
    method: target.method,
    url: scrub(target.url, target.secrets),
    reason,
    message: `${target.operation}: ${target.method} ${scrub(target.url, target.secrets)}: ${inOneLine(scrub(description, target.secrets))}`,
    ...(notSent && { notSent })
  })

export const noResponse = (target: Target, cause: unknown): TransportError =>
  transportError(target, "connect", `no response (${describeCause(cause)})`, isConnectFailure(cause))

export const brokenOff = (target: Target, cause: unknown): TransportError =>
  transportError(target, "body", `the response broke off (${describeCause(cause)})`)

export const tooLong = (target: Target, limit: number): TransportError =>
  transportError(target, "tooLong", `the response is longer than ${limit} bytes`)

export const invalidUrl = (target: Target): TransportError =>
  transportError(target, "invalidUrl", "the endpoint's URL is invalid")

/** Converts the error of an HttpClient, without its request and response. */
export const fromPlatform = (target: Target, error: HttpClientError.HttpClientError): TransportError =>
  error._tag === "ResponseError"
    ? brokenOff(target, error.cause ?? error.description)
    : error.reason === "InvalidUrl"
      ? invalidUrl(target)
      : noResponse(target, error.cause ?? error.description)

export const lateResponse = (target: Target, timeout: Duration.Duration): TransportError =>
  transportError(target, "timeout", `no response within ${Duration.format(timeout)}`)

export const stalled = (target: Target, which: "request" | "response", timeout: Duration.Duration): TransportError =>
  transportError(target, "timeout", `the ${which} body stalled for ${Duration.format(timeout)}`)

/** The stall timeout for the body of an error response, which is less important than a result. */
export const refusalStall = (stallTimeout: Duration.Duration): Duration.Duration =>
  Duration.min(stallTimeout, Duration.seconds(10))
