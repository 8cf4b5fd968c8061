/** Injected faults: what a test asks the cloud to do wrong, to which requests, and how often. */
import type * as Duration from "effect/Duration"

/**
 * What goes wrong with a request.
 *
 * - `Status`: reads the request's body, then answers with this status and nothing of the service. Without a `body` the
 *   answer has the shape in which the addressed service words that status.
 * - `Early`: answers with this status without reading the request's body.
 * - `Delay`: waits, then proceeds.
 * - `Cut`: breaks the connection before any response, after `afterBytes` bytes of the request's body (default 0) were
 *   read.
 * - `LoseResponse`: carries the request out, but breaks the connection before any response, or answers with the `status` of
 *   a gateway that timed out.
 * - `TruncateBody`: proceeds, but the response's body breaks off after this many bytes; its Content-Length stays.
 * - `StallBody`: proceeds, but the response's body stalls for ever after this many bytes.
 * - `WrongContentLength`: proceeds, but the response's Content-Length is off by `delta` bytes.
 * - `ExpireTokens`, `RevokeTokens`: all tokens, at the moment at which the request arrives, which then proceeds.
 */
export type Fault =
  | {
      readonly _tag: "Status"
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      /** A string is sent as it is, anything else as JSON. */
      readonly body?: unknown
    }
  | { readonly _tag: "Early"; readonly status: number }
  | { readonly _tag: "Delay"; readonly duration: Duration.DurationInput }
  | { readonly _tag: "Cut"; readonly afterBytes?: number }
  | { readonly _tag: "LoseResponse"; readonly status?: number }
  | { readonly _tag: "TruncateBody"; readonly afterBytes: number }
  | { readonly _tag: "StallBody"; readonly afterBytes: number }
  | { readonly _tag: "WrongContentLength"; readonly delta: number }
  | { readonly _tag: "ExpireTokens" }
  | { readonly _tag: "RevokeTokens" }

/** Which requests a fault is meant for. What is left out does not narrow. */
export interface FaultMatch {
  readonly method?: string | undefined
  /** As in the log of requests: `identity`, `servers`, `files`, `cdn`, `loadbalancers`. */
  readonly service?: string | undefined
  /** Tested against the percent-decoded target: a string must occur in it, a pattern must match it. */
  readonly path?: string | RegExp | undefined
}

/**
 * A fault with its aim. Rules are asked in the order in which they were added, and at most one applies to a request.
 */
export interface FaultRule {
  readonly match?: FaultMatch | undefined
  /** How many matching requests pass before the first fault. Default 0. */
  readonly skip?: number | undefined
  /** How many requests the fault meets. Default 1; `Infinity` is allowed. */
  readonly times?: number | undefined
  readonly fault: Fault
}

/** The faults that have not been applied yet. */
export interface Faults {
  readonly add: (rule: FaultRule) => void
  readonly clear: () => void
  /** The fault for a request that arrives now, used up by this call. */
  readonly take: (request: {
    readonly method: string
    readonly service: string
    readonly target: string
  }) => Fault | undefined
}

const decoded = (target: string): string => {
  try {
    return decodeURIComponent(target)
  } catch {
    return target
  }
}

const matches = (
  match: FaultMatch,
  request: { readonly method: string; readonly service: string; readonly target: string }
): boolean => {
  if (match.method !== undefined && match.method.toUpperCase() !== request.method) {
    return false
  }
  if (match.service !== undefined && match.service !== request.service) {
    return false
  }
  if (match.path === undefined) {
    return true
  }
  const target = decoded(request.target)
  // `search` and not `test`: a pattern with the flag g would remember where it stopped.
  return typeof match.path === "string" ? target.includes(match.path) : target.search(match.path) >= 0
}

/** No faults yet. */
export const make = (): Faults => {
  let rules: Array<{ readonly match: FaultMatch; skip: number; times: number; readonly fault: Fault }> = []
  return {
    add: (rule) => {
      rules.push({ match: rule.match ?? {}, skip: rule.skip ?? 0, times: rule.times ?? 1, fault: rule.fault })
    },
    clear: () => {
      rules = []
    },
    take: (request) => {
      for (const rule of rules) {
        if (rule.times <= 0 || !matches(rule.match, request)) {
          continue
        }
        if (rule.skip > 0) {
          rule.skip--
          continue
        }
        rule.times--
        return rule.fault
      }
      return undefined
    }
  }
}
