/**
 * Rackspace Cloud Identity 2.0 (Keystone v2 with the RAX extensions): credentials as login requests, answers as Access.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Access, Role, Tenant, User } from "../Access.js"
import {
  AuthenticationFailed,
  fromRefusal,
  MfaChallenge,
  requestIdOf,
  scrub,
  type TransportError,
  UnexpectedStatus,
  type CommonError
} from "../CloudError.js"
import type { Credentials } from "../Credentials.js"
import * as RetryPolicy from "../RetryPolicy.js"
import { CatalogEndpoint, CatalogEntry } from "../ServiceCatalog.js"
import * as Telemetry from "../Telemetry.js"
import { readRefusal, readText, type SecureClient, send, type Target } from "./http.js"
import { issuesOf, issuesText } from "./schemaIssue.js"
import { absent, absentIfEmpty, Id, Timestamp } from "./wire.js"
import * as Metric from "effect/Metric"

/** Identity's base URL with its version, without a trailing slash, from whatever the user gave. */
export const baseUrl = (authUrl: string): string => {
  const trimmed = authUrl
    .trim()
    .replace(/\/+$/, "")
    .replace(/\/tokens$/, "")
  return /\/v\d+(\.\d+)?$/.test(trimmed) ? trimmed : `${trimmed}/v2.0`
}

const WireEndpoint = Schema.Struct({
  region: absentIfEmpty,
  tenantId: Schema.optionalWith(Id, { nullable: true }),
  publicURL: absentIfEmpty,
  internalURL: absentIfEmpty,
  adminURL: absentIfEmpty,
  versionId: Schema.optionalWith(Id, { nullable: true }),
  versionInfo: absentIfEmpty,
  versionList: absentIfEmpty
})

const WireRole = Schema.Struct({
  id: absent(Id),
  name: Schema.String,
  description: absent(Schema.String),
  tenantId: absent(Id)
})

const WireAnswer = Schema.Struct({
  access: Schema.Struct({
    token: Schema.Struct({
      id: Schema.NonEmptyString,
      expires: Timestamp,
      tenant: absent(Schema.Struct({ id: Id, name: absent(Schema.String) })),
      "RAX-AUTH:authenticatedBy": absent(Schema.Array(Schema.String))
    }),
    user: Schema.Struct({
      id: Id,
      name: absent(Schema.String),
      roles: absent(Schema.Array(WireRole)),
      "RAX-AUTH:defaultRegion": absentIfEmpty
    }),
    serviceCatalog: absent(
      Schema.Array(
        Schema.Struct({ name: Schema.String, type: Schema.String, endpoints: absent(Schema.Array(WireEndpoint)) })
      )
    )
  })
})

const decodeAnswer = Schema.decodeUnknown(Schema.parseJson(WireAnswer))

/** What a login gives, but for its number. */
export type Answer = Omit<typeof Access.Type, "login">

const toAnswer = ({ access }: typeof WireAnswer.Type, issued: DateTime.Utc): Answer => ({
  token: Redacted.make(access.token.id),
  issued,
  expires: access.token.expires,
  ...(access.token.tenant !== undefined && { tenant: new Tenant(access.token.tenant) }),
  user: new User({
    id: access.user.id,
    ...(access.user.name !== undefined && { name: access.user.name }),
    roles: (access.user.roles ?? []).map((role) => new Role(role)),
    ...(access.user["RAX-AUTH:defaultRegion"] !== undefined && { defaultRegion: access.user["RAX-AUTH:defaultRegion"] })
  }),
  catalog: (access.serviceCatalog ?? []).map(
    (entry) =>
      new CatalogEntry({
        name: entry.name,
        type: entry.type,
        endpoints: (entry.endpoints ?? []).map(
          ({ adminURL, internalURL, publicURL, ...endpoint }) =>
            new CatalogEndpoint({
              ...endpoint,
              ...(publicURL !== undefined && { publicUrl: publicURL.trim() }),
              ...(internalURL !== undefined && { internalUrl: internalURL.trim() }),
              ...(adminURL !== undefined && { adminUrl: adminURL.trim() })
            })
        )
      })
  ),
  authenticatedBy: access.token["RAX-AUTH:authenticatedBy"] ?? []
})

const secretsOf = (credentials: Credentials): ReadonlyArray<string> => {
  switch (credentials._tag) {
    case "ApiKey":
      return [Redacted.value(credentials.apiKey)]
    case "Password":
      return [Redacted.value(credentials.password)]
    case "Token":
      return [Redacted.value(credentials.token)]
    case "Passcode":
      return [Redacted.value(credentials.passcode), Redacted.value(credentials.sessionId)]
  }
}

/** The credential object of a login request; the tenant stands beside it, not inside. */
const bodyOf = (credentials: Credentials): Record<string, unknown> => {
  const tenant = credentials.tenantId === undefined ? {} : { tenantId: credentials.tenantId }
  switch (credentials._tag) {
    case "ApiKey":
      return {
        "RAX-KSKEY:apiKeyCredentials": {
          username: credentials.username,
          apiKey: Redacted.value(credentials.apiKey)
        },
        ...tenant
      }
    case "Password":
      return {
        passwordCredentials: { username: credentials.username, password: Redacted.value(credentials.password) },
        ...tenant
      }
    case "Token":
      return { token: { id: Redacted.value(credentials.token) }, ...tenant }
    case "Passcode":
      return { "RAX-AUTH:passcodeCredentials": { passcode: Redacted.value(credentials.passcode) }, ...tenant }
  }
}

/** `OS-MF sessionId='…', factor='PASSCODE'`, with either kind of quotes. */
const challengeOf = (header: string | undefined, authUrl: string): MfaChallenge | undefined => {
  if (header === undefined || !/^\s*OS-MF\b/i.test(header)) return undefined
  const sessionId = /sessionId=['"]([^'"]+)['"]/i.exec(header)?.[1]
  const factor = /factor=['"]([^'"]+)['"]/i.exec(header)?.[1]
  return sessionId === undefined
    ? undefined
    : new MfaChallenge({ sessionId: Redacted.make(sessionId), factor: factor ?? "PASSCODE", authUrl })
}

const operation = { service: "Identity", operation: "Identity.authenticate" } as const

const failed = (
  reason: AuthenticationFailed["reason"],
  message: string,
  from: {
    readonly status?: number
    readonly requestId?: string | undefined
    readonly retryAfter?: Duration.Duration | undefined
  },
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

const fromFailure = (error: CommonError, credentials: Credentials): AuthenticationFailed => {
  switch (error._tag) {
    case "TransportError":
      return failed("unreachable", error.message, {})
    case "ServiceUnavailable":
      return failed("unreachable", error.message, error)
    case "OverLimit":
      return failed("locked", error.message, error)
    case "AuthenticationFailed":
      return error
    case "UnexpectedStatus":
      // An expired token that is to be scoped is answered 404: it is refused like any other credential. To other
      // credentials a 404 says that there is no Identity at this URL.
      return failed(
        error.status === 404 && credentials._tag === "Token"
          ? "refused"
          : error.status >= 500
            ? "unreachable"
            : "malformed",
        error.message,
        error
      )
    case "Unauthorized":
    case "Forbidden":
    case "BadRequest":
      return failed(/\block(ed)?\b/i.test(error.message) ? "locked" : "refused", error.message, error)
    case "MalformedResponse":
    case "EndpointNotFound":
    case "InvalidInput":
      return failed("malformed", error.message, {})
  }
}

/**
 * One login, repeated as the policy says where Identity is out of reach or limits the rate. Fails with
 * `AuthenticationFailed` alone.
 */
export const authenticate = (
  client: SecureClient,
  credentials: Credentials,
  policy: RetryPolicy.Service
): Effect.Effect<Answer, AuthenticationFailed> =>
  Effect.gen(function* () {
    const secrets = secretsOf(credentials)
    const target: Target = { ...operation, method: "POST", url: `${baseUrl(credentials.authUrl)}/tokens`, secrets }
    const request = HttpClientRequest.post(target.url).pipe(
      HttpClientRequest.acceptJson,
      credentials._tag === "Passcode"
        ? HttpClientRequest.setHeader("x-sessionid", Redacted.value(credentials.sessionId))
        : (unchanged) => unchanged,
      HttpClientRequest.bodyUnsafeJson({ auth: bodyOf(credentials) })
    )
    const attempt = Effect.gen(function* () {
      const response = yield* send(client, request, target, policy.responseTimeout)
      if (response.status >= 200 && response.status < 300) return yield* readAnswer(response, target, policy)
      const body = yield* readRefusal(response, target, policy.stallTimeout)
      const challenge =
        response.status === 401 ? challengeOf(response.headers["www-authenticate"], credentials.authUrl) : undefined
      if (challenge !== undefined) {
        return yield* failed(
          "mfaRequired",
          `${operation.operation}: the password is right; answer the challenge with a passcode (Credentials.answerChallenge)`,
          { status: 401, requestId: requestIdOf(response.headers) },
          challenge
        )
      }
      return yield* fromRefusal(
        {
          ...operation,
          method: "POST",
          url: target.url,
          status: response.status,
          headers: response.headers,
          body,
          login: 0,
          now: yield* DateTime.now,
          secrets
        },
        new Set<never>()
      )
    }).pipe(Effect.scoped)
    const answer = yield* attempt.pipe(
      Effect.retry(yield* RetryPolicy.schedule<CommonError>(policy, true)),
      Effect.mapError((error) => fromFailure(error, credentials))
    )
    return answer
  }).pipe(
    Effect.tap(() => count("succeeded")),
    Effect.tapError((error) => count(error.reason)),
    Effect.withSpan(operation.operation, {
      kind: "client",
      captureStackTrace: false,
      attributes: { "rackspace.service": "Identity", "http.request.method": "POST", "url.template": "/tokens" }
    })
  )

const count = (outcome: string): Effect.Effect<void> =>
  Metric.increment(Metric.tagged(Telemetry.logins, "outcome", outcome))

const readAnswer = (
  response: HttpClientResponse.HttpClientResponse,
  target: Target,
  policy: RetryPolicy.Service
): Effect.Effect<Answer, AuthenticationFailed | TransportError> =>
  Effect.gen(function* () {
    const text = yield* readText(response, target, {
      stallTimeout: policy.stallTimeout,
      limit: 8 * 1024 * 1024,
      beyond: "fail"
    })
    const now = yield* DateTime.now
    return yield* decodeAnswer(text).pipe(
      Effect.map((answer) => toAnswer(answer, now)),
      Effect.mapError((error) =>
        failed(
          "malformed",
          `${operation.operation}: ${response.status}, but the answer is not a login: ${issuesText(issuesOf(error))}`,
          { status: response.status, requestId: requestIdOf(response.headers) }
        )
      )
    )
  })

/**
 * Revokes a token in its own name (`DELETE /tokens`, as Rackspace documents it; an OpenStack that does not know that answers
 * 404 or 405 and takes the token's path). Answers whether the cloud took it; a token that it no longer knows counts.
 */
export const revoke = (
  client: SecureClient,
  authUrl: string,
  token: Redacted.Redacted,
  policy: RetryPolicy.Service
): Effect.Effect<void, TransportError | UnexpectedStatus> =>
  Effect.gen(function* () {
    const value = Redacted.value(token)
    const about = { service: "Identity", operation: "Identity.revoke" } as const
    const remove = (path: string) =>
      Effect.gen(function* () {
        const target: Target = {
          ...about,
          method: "DELETE",
          url: `${baseUrl(authUrl)}${path}`,
          secrets: [value]
        }
        const response = yield* send(
          client,
          HttpClientRequest.del(target.url).pipe(HttpClientRequest.setHeader("x-auth-token", value)),
          target,
          policy.responseTimeout
        )
        const body = yield* readRefusal(response, target, policy.stallTimeout)
        return { status: response.status, headers: response.headers, body, url: target.url }
      }).pipe(Effect.scoped)
    let answer = yield* remove("/tokens")
    if (answer.status === 404 || answer.status === 405) answer = yield* remove(`/tokens/${encodeURIComponent(value)}`)
    if ((answer.status >= 200 && answer.status < 300) || answer.status === 401 || answer.status === 404) return
    return yield* new UnexpectedStatus({
      ...about,
      status: answer.status,
      method: "DELETE",
      url: `${baseUrl(authUrl)}/tokens`,
      message: `${about.operation}: ${answer.status}`,
      body: scrub(answer.body, [value]).slice(0, 1024)
    })
  }).pipe(Effect.withSpan("Identity.revoke", { kind: "client", captureStackTrace: false }))
