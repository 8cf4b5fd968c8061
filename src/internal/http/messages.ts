/**
 * Requests and responses as data.
 */
import type * as Clock from "effect/Clock"
import type { Content } from "../../RequestBody.js"
import type * as RetryPolicy from "../../RetryPolicy.js"
import type { Sink } from "../bytes/sink.js"
import type { Target } from "./transportError.js"

/** Where a service is. */
export interface ServiceEndpoint {
  /** As the catalog or the program names it, without a trailing slash. */
  readonly href: string
  readonly url: URL
}

/** A request with all its headers. */
export interface Outgoing {
  readonly method: string
  readonly endpoint: ServiceEndpoint
  /** The part of the URL after the endpoint's, encoded, with its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Content | undefined
  readonly target: Target
  readonly policy: RetryPolicy.Service
  /** The clock of its timeouts. */
  readonly clock: Clock.Clock
  /** In bytes: how much of the response's body may be received before it is read; undefined for the default. */
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
export interface CollectedResponse extends Head {
  /** Its body as UTF-8; the empty string if the body was not kept or could not be read. */
  readonly text: () => string
  /** What has taken its body, where that was to go to a sink. */
  readonly sink: Sink | undefined
}

/** The longest body that is read into memory, in bytes. */
export const largestText = 64 * 1024 * 1024

/** How much is read of a refusal's body, in bytes. */
export const largestRefusal = 65_536

/** Whether a response with this status is no refusal. */
export const isSuccess = (status: number): boolean => status >= 200 && status < 300
