/**
 * The gateway's rate limit: the number of requests per method and minute. Further requests are refused with 413
 * `overLimit` (not 429) until the minute is over (Cloud Servers API v2, "Rate limits").
 */
import type { WireResponse } from "./Protocol.js"
import * as Reply from "./Reply.js"
import * as Timestamp from "./Timestamp.js"

const minute = 60_000

/** Requests per minute, by method; other methods are not limited. */
export type RateLimits = Readonly<Record<string, number>>

/** Counts a request, and returns the refusal if it exceeds the limit. */
export const make = (limits: RateLimits): ((method: string, now: number) => WireResponse | undefined) => {
  const windows = new Map<string, { readonly since: number; count: number }>()
  return (method, now) => {
    const value = limits[method]
    if (value === undefined) {
      return undefined
    }
    const known = windows.get(method)
    const window = known === undefined || now - known.since >= minute ? { since: now, count: 0 } : known
    windows.set(method, window)
    if (window.count < value) {
      window.count++
      return undefined
    }
    const until = window.since + minute
    return Reply.fault(413, "overLimit", "OverLimit Retry...", {
      headers: { "Retry-After": String(Math.ceil((until - now) / 1000)) },
      fields: { details: "Error Details...", retryAfter: Timestamp.utcMillis(until) }
    })
  }
}
