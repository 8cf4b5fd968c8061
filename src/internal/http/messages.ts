/**
 * Requests and responses as data.
 */
import type * as Clock from "effect/Clock"
import type { Content } from "../../RequestBody.js"
import type * as BandwidthLimit from "../../BandwidthLimit.js"
import { type Operation, requestIdOf, scrub } from "../../CloudError.js"
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
  /** The limit on bandwidth that its response keeps to. */
  readonly limit: BandwidthLimit.Service | undefined
  /** Called with the number of bytes that were sent or received. */
  sent(bytes: number): void
  /** Called once the last byte of its body was handed to the network. */
  sentAll(): void
  received(bytes: number): void
}

/** The head of a response. */
export interface Head extends Operation {
  readonly status: number
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly requestId: string | undefined
}

/** The cloud's id of a request, without secrets that it may quote. */
export const requestIdIn = (headers: Head["headers"], { secrets }: Target): string | undefined => {
  const id = requestIdOf(headers)
  return id === undefined ? undefined : scrub(id, secrets)
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
