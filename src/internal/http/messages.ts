/**
 * Requests and responses as data.
 */
import type * as Clock from "effect/Clock"
import type { Content } from "../../RequestBody.js"
import type * as BandwidthLimit from "../../BandwidthLimit.js"
import { type Operation, requestIdOf, scrub } from "../../CloudError.js"
import type * as RetryPolicy from "../../RetryPolicy.js"
import type { OwnedChunk } from "../bytes/bufferPool.js"
import type { Target } from "./transportError.js"

/** The endpoint of a service. */
export interface ServiceEndpoint {
  /** As in the catalog or the options, without a trailing slash. */
  readonly href: string
  readonly url: URL
}

/** A request with all its headers. `B` is the failure of its body's source. */
export interface Outgoing<out B = never> {
  readonly method: string
  readonly endpoint: ServiceEndpoint
  /** The encoded path and query after the endpoint's URL. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Content<B> | undefined
  readonly target: Target
  readonly policy: RetryPolicy.Service
  /** The clock for timeouts. */
  readonly clock: Clock.Clock
  /** The bandwidth limit of the response. */
  readonly limit: BandwidthLimit.Service | undefined
  /** Called with each number of bytes sent. */
  sent(bytes: number): void
  /** Called when the last byte of the body was passed to the network. */
  sentAll(): void
  /** Called with each number of bytes received. */
  received(bytes: number): void
}

/** The head of a response. */
export interface Head extends Operation {
  readonly status: number
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly requestId: string | undefined
}

/** The cloud's id of a request, without secrets. */
export const requestIdIn = (headers: Head["headers"], { secrets }: Target): string | undefined => {
  const id = requestIdOf(headers)
  return id === undefined ? undefined : scrub(id, secrets)
}

/** A response that was received completely, up to the limit. Its body can be read once, by one of the two. */
export interface CollectedResponse extends Head {
  /** The body, decoded as UTF-8; empty if the body was not kept or could not be read. */
  readonly text: () => string
  /** The body as it is, which the caller releases; undefined if it was too long to be kept. */
  readonly take: () => OwnedChunk | undefined
}

/**
 * How much of the body of a successful response is kept: nothing; all of it, where more than 64 MiB are a failure; or all of it if
 * it has at most this many bytes, and otherwise nothing.
 */
export type Keeping = "nothing" | "all" | { readonly upTo: number }

/** The maximum length of a body in memory, in bytes. */
export const largestText = 64 * 1024 * 1024

/** How many bytes of an error response are read. */
export const largestRefusal = 65_536

export const isSuccess = (status: number): boolean => status >= 200 && status < 300
