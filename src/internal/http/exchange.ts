/**
 * One request and its response, as a service's client makes them: what either way of sending has in common.
 */
import type * as Clock from "effect/Clock"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { TransportError } from "../../CloudError.js"
import type { Content } from "../../RequestBody.js"
import type * as RetryPolicy from "../../RetryPolicy.js"
import type { Sink } from "../bytes/sink.js"
import type { Target } from "./request.js"

/** Where a service is. */
export interface Endpoint {
  /** As the catalog or the program names it, without a trailing slash. */
  readonly href: string
  readonly url: URL
}

/** A request with all its headers. */
export interface Outgoing {
  readonly method: string
  readonly endpoint: Endpoint
  /** Behind the endpoint's, encoded, with its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Content | undefined
  readonly target: Target
  readonly policy: RetryPolicy.Service
  /** The clock of its timeouts. */
  readonly clock: Clock.Clock
  /** In bytes: how much of the response's body may be received before it is read; undefined leaves it to the exchange. */
  readonly readAhead: number | undefined
  /** Called with the number of bytes that were sent or received. */
  sent(bytes: number): void
  /** Called once the last byte of its body was handed to the network. */
  sentAll(): void
  received(bytes: number): void
}

/** The head of a response; names of headers are in lower case. */
export interface Head {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
}

/** A response that has arrived, as far as it was wanted. */
export interface Whole extends Head {
  /** Its body as UTF-8; of what is not to be kept, or could not be read, the empty string. */
  readonly text: () => string
  /** What has taken its body, where that was to go to a sink. */
  readonly sink: Sink | undefined
}

/** A response whose body is on its way. It is good as long as the scope of its request. */
export interface Arriving extends Head {
  /**
   * Reads the whole body as UTF-8, at most `limit` bytes of it: a longer one is cut there, or fails with `tooLong`.
   */
  text(limit: number, beyond: "cut" | "fail"): Effect.Effect<string, TransportError>
  /** The beginning of a refusal's body; what cannot be read is left out, since the status already says what happened. */
  readonly refusal: Effect.Effect<string>
  /** The body as it arrives, with back-pressure. */
  readonly stream: Stream.Stream<Uint8Array, TransportError>
  /** Reads the body into parts without a Stream; where it breaks off, what has come before is among them. */
  readInto(parts: Array<Uint8Array>): Effect.Effect<void, TransportError>
}

/** A way of sending requests. */
export interface Exchange {
  /** Sends a request, and waits for the head of its response. */
  readonly open: (request: Outgoing) => Effect.Effect<Arriving, TransportError, Scope.Scope>
  /**
   * Sends a request, and waits for all of its response. The body is kept where `keeps` says so, and of every refusal; or
   * handed to a sink as it arrives, which is made anew for each request.
   */
  readonly collect: (request: Outgoing, keeps: boolean | (() => Sink)) => Effect.Effect<Whole, TransportError>
}

/** Bodies up to this size are handed over whole; a longer one is watched as it goes, piece by piece. */
export const wholeUpTo = 1024 * 1024

/** The longest body that is read into memory. */
export const largestText = 64 * 1024 * 1024

/** What is read of a refusal's body, which needs no more than its beginning. */
export const largestRefusal = 65_536

/** Whether a status is none of a refusal. */
export const isSuccess = (status: number): boolean => status >= 200 && status < 300
