/** Injected faults: what goes wrong, for which requests, and how often. */
import type * as Duration from "effect/Duration"
import * as Struct from "effect/Struct"

/**
 * What goes wrong with a request.
 *
 * - `Status`: reads the request's body, then answers with this status instead of the service. Without a `body` the
 * answer has the service's format for that status.
 * - `Early`: answers with this status without reading the request's body.
 * - `Delay`: waits, then continues.
 * - `Cut`: breaks the connection before any response, after reading `afterBytes` bytes of the request's body (default
 * 0).
 * - `LoseResponse`: carries out the request, but breaks the connection before any response, or answers with a gateway
 * timeout of this `status`.
 * - `TruncateBody`: continues, but the response's body breaks off after this many bytes, with an unchanged
 * Content-Length.
 * - `StallBody`: continues, but the response's body stalls forever after this many bytes.
 * - `WrongContentLength`: continues, but the response's Content-Length is off by `delta` bytes.
 * - `ExpireTokens`, `RevokeTokens`: expires or revokes all tokens when the request arrives, and continues.
 */
export type Fault =
  | {
      readonly _tag: "Status"
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      /** A string is sent unchanged, anything else as JSON. */
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

/** The kinds of faults. */
export const kinds: ReadonlyArray<Fault["_tag"]> = [
  "Status",
  "Early",
  "Delay",
  "Cut",
  "LoseResponse",
  "TruncateBody",
  "StallBody",
  "WrongContentLength",
  "ExpireTokens",
  "RevokeTokens"
]

/** The names of the services in the log of requests, by the names that errors of the client have. */
const logNames = {
  Identity: ["identity"],
  CloudServers: ["servers", "servers-first-generation"],
  CloudFiles: ["files", "cdn"],
  CloudLoadBalancers: ["loadbalancers"],
  CloudBigData: ["bigdata"]
} as const

type LogNames = typeof logNames

/**
 * A service by the name that errors have (`CloudServers`), or by its name in the log of requests (`servers`), which is `unknown`
 * for a path without a service. `CloudServers` includes the first generation, and `CloudFiles` the CDN.
 */
export type FaultService = keyof LogNames | LogNames[keyof LogNames][number] | "unknown"

/** All names of services. */
export const faultServices: ReadonlyArray<FaultService> = [
  ...Struct.keys(logNames),
  ...Object.values(logNames).flat(),
  "unknown"
]

const isService = (expected: FaultService, logged: string): boolean => {
  const names: Readonly<Record<string, ReadonlyArray<string>>> = logNames
  return (names[expected] ?? [expected]).includes(logged)
}

/** The requests that a fault applies to. Missing fields match everything. */
export interface FaultMatch {
  readonly method?: string | undefined
  readonly service?: FaultService | undefined
  /** Compared with the percent-decoded target, which must contain a string or match a pattern. */
  readonly path?: string | RegExp | undefined
}

/** A fault and the requests that it applies to. The first matching rule applies, in the order of addition. */
export interface FaultRule {
  readonly match?: FaultMatch | undefined
  /** How many matching requests pass before the first fault. Default 0. */
  readonly skip?: number | undefined
  /** To how many requests the fault applies. Default 1; `Infinity` is allowed. */
  readonly times?: number | undefined
  readonly fault: Fault
}

/** The faults that have not been applied yet. */
export interface Faults {
  readonly add: (rule: FaultRule) => void
  /** The rules that apply to further requests, with what is left of `skip` and `times`. */
  readonly list: () => ReadonlyArray<FaultRule>
  readonly clear: () => void
  /** Returns the fault for a request that arrives now, and counts it. */
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
  if (match.service !== undefined && !isService(match.service, request.service)) {
    return false
  }
  if (match.path === undefined) {
    return true
  }
  const target = decoded(request.target)
  // Not `test`, since a pattern with the flag g would keep its position.
  return typeof match.path === "string" ? target.includes(match.path) : target.search(match.path) >= 0
}

/** No faults yet. */
export const make = (): Faults => {
  let rules: Array<{ readonly match: FaultMatch; skip: number; times: number; readonly fault: Fault }> = []
  return {
    add: (rule) => {
      rules.push({ match: rule.match ?? {}, skip: rule.skip ?? 0, times: rule.times ?? 1, fault: rule.fault })
    },
    list: () => rules.filter(({ times }) => times > 0).map((rule) => ({ ...rule })),
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
