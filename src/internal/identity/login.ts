/**
 * Logins and revocations, for all kinds of Identity: sends the requests, retries them, and converts errors.
 */
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type * as ParseResult from "effect/ParseResult"
import type { Access } from "../../Access.js"
import {
  AuthenticationFailed,
  fromRefusal,
  type MfaChallenge,
  requestIdOf,
  scrub,
  type CommonError,
  type TransportError,
  UnexpectedStatus
} from "../../CloudError.js"
import * as RetryPolicy from "../../RetryPolicy.js"
import * as Telemetry from "../../Telemetry.js"
import type { Exchange } from "../http/exchange.js"
import { isSuccess } from "../http/messages.js"
import type { Target } from "../http/transportError.js"
import { issuesOf, issuesText } from "../schema/issues.js"
import { type IdentityRequest, send } from "./request.js"

/** The result of a login, without its number. */
export type Answer = Omit<typeof Access.Type, "login">

type Headers = Readonly<Record<string, string | undefined>>

/** The request of a login, and how to interpret its response. */
export interface Attempt {
  /** The path after Identity's URL, for spans. */
  readonly template: string
  readonly request: IdentityRequest
  /** Values to remove from errors. */
  readonly secrets: ReadonlyArray<string>
  readonly read: (text: string, headers: Headers, now: DateTime.Utc) => Effect.Effect<Answer, ParseResult.ParseError>
  /** The second factor that a 401 asks for, if it does. */
  readonly asksFor: (
    headers: Headers
  ) => { readonly message: string; readonly challenge?: MfaChallenge | undefined } | undefined
  /** Whether a 404 means that the credentials were refused, not that the URL is wrong. */
  readonly refusedBy404: boolean
}

const operation = { service: "Identity", operation: "Identity.authenticate" } as const

export const failed = (
  reason: AuthenticationFailed["reason"],
  message: string,
  from: {
    readonly status?: number
    readonly requestId?: string | undefined
    readonly retryAfter?: Duration.Duration | undefined
  } = {},
  challenge?: MfaChallenge
): AuthenticationFailed =>
  new AuthenticationFailed({
    ...operation,
    reason,
    message,
    ...(from.status !== undefined && { status: from.status }),
    ...(from.requestId !== undefined && { requestId: from.requestId }),
    ...(from.retryAfter !== undefined && { retryAfter: from.retryAfter }),
    ...(challenge !== undefined && { challenge })
  })

const fromFailure = (error: CommonError, refusedBy404: boolean): AuthenticationFailed => {
  switch (error._tag) {
    case "TransportError":
      return failed("unreachable", error.message)
    case "ServiceUnavailable":
      return failed("unreachable", error.message, error)
    case "OverLimit":
      return failed("locked", error.message, error)
    case "AuthenticationFailed":
      return error
    case "UnexpectedStatus":
      // An exceeded quota. It is not retried, and delays the next login like a rate limit.
      if (error.status === 413 || error.status === 429 || error.status === 498) {
        return failed("locked", error.message, error)
      }
      // Identity returns 404 if a token to be scoped has expired, which is a refusal. For other credentials a 404 means that
      // there is no Identity at this URL.
      return failed(
        error.status === 404 && refusedBy404 ? "refused" : error.status >= 500 ? "unreachable" : "malformed",
        error.message,
        error
      )
    case "Unauthorized":
    case "Forbidden":
    case "BadRequest": {
      // The URL shows which Identity refused the login; the message of Forbidden already contains it.
      const at = error._tag === "Forbidden" ? "" : `: ${error.method} ${error.url}`
      return failed(/\block(ed)?\b/i.test(error.message) ? "locked" : "refused", error.message + at, error)
    }
    case "MalformedResponse":
    case "EndpointNotFound":
    case "InvalidInput":
      return failed("malformed", error.message)
  }
}

const count = (outcome: string): Effect.Effect<void> =>
  Metric.increment(Metric.tagged(Telemetry.logins, "outcome", outcome))

/** Logs in, with the retries of the policy if Identity cannot be reached or limits the rate. */
export const run = (
  exchange: Exchange,
  policy: RetryPolicy.Service,
  attempt: Attempt
): Effect.Effect<Answer, AuthenticationFailed> =>
  Effect.gen(function* () {
    const { method, url } = attempt.request
    const target: Target = { ...operation, method, url, secrets: attempt.secrets }
    const once = Effect.gen(function* () {
      const { headers, status, text } = yield* send(exchange, attempt.request, target, policy)
      const requestId = requestIdOf(headers)
      const from = { status, requestId: requestId === undefined ? undefined : scrub(requestId, attempt.secrets) }
      if (isSuccess(status)) {
        return yield* Effect.mapError(attempt.read(text(), headers, yield* DateTime.now), (error) =>
          failed(
            "malformed",
            `${operation.operation}: ${status}, but the response is not a login: ${issuesText(issuesOf(error))}`,
            from
          )
        )
      }
      const factor = status === 401 ? attempt.asksFor(headers) : undefined
      if (factor !== undefined) {
        return yield* failed("mfaRequired", `${operation.operation}: ${factor.message}`, from, factor.challenge)
      }
      return yield* fromRefusal(
        {
          ...operation,
          method,
          url,
          status,
          headers,
          body: text(),
          login: 0,
          now: yield* DateTime.now,
          secrets: attempt.secrets
        },
        new Set<never>()
      )
    })
    return yield* once.pipe(
      // A login is idempotent.
      Effect.retry(yield* RetryPolicy.schedule<CommonError>(policy, true)),
      Effect.mapError((error) => fromFailure(error, attempt.refusedBy404))
    )
  }).pipe(
    Effect.tap(() => count("succeeded")),
    Effect.tapError((error) => count(error.reason)),
    Effect.withSpan(operation.operation, {
      kind: "client",
      captureStackTrace: false,
      attributes: {
        "rackspace.service": "Identity",
        "http.request.method": attempt.request.method,
        "url.template": attempt.template
      }
    })
  )

/** Revokes a token with the first of these requests that the cloud supports. An invalid token counts as revoked. */
export const revokeBy = (
  exchange: Exchange,
  policy: RetryPolicy.Service,
  secrets: ReadonlyArray<string>,
  requests: ReadonlyArray<IdentityRequest>
): Effect.Effect<void, TransportError | UnexpectedStatus> =>
  Effect.gen(function* () {
    const about = { service: "Identity", operation: "Identity.revoke", method: "DELETE" } as const
    let last: { readonly status: number; readonly url: string; readonly body: string } | undefined
    for (const request of requests) {
      const { status, text } = yield* send(exchange, request, { ...about, url: request.url, secrets }, policy)
      last = { status, url: request.url, body: text() }
      if (last.status !== 404 && last.status !== 405) break
    }
    if (last === undefined) return
    const { body, status, url } = last
    if (isSuccess(status) || status === 401 || status === 404) return
    return yield* new UnexpectedStatus({
      ...about,
      status,
      url: scrub(url, secrets),
      message: `${about.operation}: ${status}`,
      body: scrub(body, secrets).slice(0, 1024)
    })
  }).pipe(Effect.withSpan("Identity.revoke", { kind: "client", captureStackTrace: false }))
