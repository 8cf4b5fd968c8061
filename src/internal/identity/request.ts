/**
 * Requests to Identity.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { TransportError } from "../../CloudError.js"
import { content } from "../../RequestBody.js"
import type * as RetryPolicy from "../../RetryPolicy.js"
import type { Exchange } from "../http/exchange.js"
import type { CollectedResponse } from "../http/messages.js"
import { invalidUrl, type Target } from "../http/transportError.js"

export interface IdentityRequest {
  readonly method: "GET" | "POST" | "DELETE"
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
}

const nothing = (): void => {}

/** Sends a request once, and collects its response. */
export const send = (
  exchange: Exchange,
  { body, headers, method, url }: IdentityRequest,
  target: Target,
  policy: RetryPolicy.Service
): Effect.Effect<CollectedResponse, TransportError> =>
  Effect.clockWith((clock: Clock.Clock) => {
    if (!URL.canParse(url)) return Effect.fail(invalidUrl(target))
    const parsed = new URL(url)
    const bytes = body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(body))
    return exchange.collect(
      {
        method,
        endpoint: { href: url.split("?", 1)[0] ?? "", url: parsed },
        path: parsed.search,
        headers: bytes === undefined ? headers : { ...headers, "content-type": "application/json" },
        body: bytes === undefined ? undefined : content(bytes),
        target,
        policy,
        clock,
        limit: undefined,
        sent: nothing,
        sentAll: nothing,
        received: nothing
      },
      "all"
    )
  })
