/**
 * All typed errors of the library, and their creation from error responses.
 *
 * All are `Error`s with a `_tag` for `Effect.catchTag`. They never contain a request, a response or a secret: secrets are
 * removed from texts of a cloud or a proxy before these become part of an error.
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { textOfPage } from "./internal/http/htmlText.js"
import * as Scrub from "./internal/http/scrub.js"

/** The resource that an operation had created before one of its later requests failed. */
export const Created = Schema.Struct({
  /** The id of the new resource, which is not deleted. */
  id: Schema.String,
  /** The password of a new server, which the cloud returns only once. */
  adminPassword: Schema.optional(Schema.Redacted(Schema.String))
})

/** The resource that an operation had created before one of its later requests failed. */
export interface Created extends Schema.Schema.Type<typeof Created> {}

const origin = {
  /** The service: `CloudServers`, `CloudFiles`, `Identity`. */
  service: Schema.String,
  /** The operation: `CloudServers.get`. */
  operation: Schema.String,
  /** One sentence for a person. */
  message: Schema.String,
  /** The resource created before the failure, such as the server of `CloudServers.createAndWait`. */
  created: Schema.optional(Created)
}

const refusal = {
  ...origin,
  /** The HTTP status. */
  status: Schema.Number,
  /** The HTTP method of the refused request. */
  method: Schema.String,
  /** The URL of the refused request, without its query. */
  url: Schema.String,
  /** The cloud's id of the request (`x-compute-request-id`, `X-Trans-Id`), for support requests. */
  requestId: Schema.optional(Schema.String),
  /** The key of the cloud's fault body: `itemNotFound`, `overLimit`. */
  fault: Schema.optional(Schema.String),
  /** The `details` of the cloud's fault body. */
  details: Schema.optional(Schema.String)
}

/** A second authentication step that Identity requires: respond with `Credentials.answerChallenge`. */
export class MfaChallenge extends Schema.Class<MfaChallenge>("effect-rackspace/MfaChallenge")({
  /** The session that the passcode belongs to. */
  sessionId: Schema.Redacted(Schema.String),
  /** The kind of the second factor: `PASSCODE`. */
  factor: Schema.String,
  /** The auth URL of the login. */
  authUrl: Schema.String,
  /** The tenant of the login, if one was given by id. */
  tenantId: Schema.optional(Schema.String),
  /** The name of the tenant, if one was given by name. */
  tenantName: Schema.optional(Schema.String)
}) {}

/**
 * Why a login failed.
 *
 * - `refused`: Identity does not accept the credentials, or the user is disabled.
 * - `locked`: Identity has locked the account, or limits the rate of logins.
 * - `mfaRequired`: the password is correct, but a passcode is required; see `challenge`.
 * - `notRenewable`: the token is no longer accepted, and there are no credentials to log in again (a bare token, or a passcode).
 * - `unreachable`: Identity could not be reached, or is not available.
 * - `malformed`: Identity's response is not a valid login, or the credentials are invalid (an empty field, an invalid auth URL).
 */
export const AuthenticationFailureReason = Schema.Literal(
  "refused",
  "locked",
  "mfaRequired",
  "notRenewable",
  "unreachable",
  "malformed"
)

/**
 * The login failed. Refused credentials are not sent again for a while (1 s, doubling to 60 s), so that a wrong password does not
 * cause many requests. During that time the same error is returned without a request; `retryAfter` is the remaining time.
 */
export class AuthenticationFailed extends Schema.TaggedError<AuthenticationFailed>(
  "effect-rackspace/AuthenticationFailed"
)("AuthenticationFailed", {
  ...origin,
  reason: AuthenticationFailureReason,
  /** The HTTP status, if Identity responded. */
  status: Schema.optional(Schema.Number),
  /** Identity's id of the request. */
  requestId: Schema.optional(Schema.String),
  /** How long to wait before the next attempt. */
  retryAfter: Schema.optional(Schema.Duration),
  /** The challenge to respond to, for the reason `mfaRequired`. */
  challenge: Schema.optional(MfaChallenge)
}) {}

/** 401: the cloud rejected the token, also after a new login. */
export class Unauthorized extends Schema.TaggedError<Unauthorized>("effect-rackspace/Unauthorized")("Unauthorized", {
  ...refusal,
  /** The login whose token was rejected (`Access.login`). */
  login: Schema.Number
}) {}

/** 403: the token is valid, but the user lacks the permission. Does not cause a new login. */
export class Forbidden extends Schema.TaggedError<Forbidden>("effect-rackspace/Forbidden")("Forbidden", refusal) {}

/** 404 or 410: the resource does not exist, or no longer exists. The message and `resource` name it. */
export class NotFound extends Schema.TaggedError<NotFound>("effect-rackspace/NotFound")("NotFound", {
  ...refusal,
  /** The missing resource, with the field names of the operation's input: `{ serverId: "…" }`. */
  resource: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String }))
}) {}

/**
 * 400: the cloud did not accept the request's content; or 413: the request is too large for the service or for a web server in
 * front of it.
 */
export class BadRequest extends Schema.TaggedError<BadRequest>("effect-rackspace/BadRequest")("BadRequest", refusal) {}

/**
 * 409: the request conflicts with the current state, such as a container that is not empty or a server that is building.
 */
export class Conflict extends Schema.TaggedError<Conflict>("effect-rackspace/Conflict")("Conflict", refusal) {}

/** 422 of a load balancer that is being changed: it accepts no other change until it is ACTIVE again. */
export class Immutable extends Schema.TaggedError<Immutable>("effect-rackspace/Immutable")("Immutable", refusal) {}

/** 412: a condition of the request (`If-Match`, `If-None-Match`) does not hold. */
export class PreconditionFailed extends Schema.TaggedError<PreconditionFailed>("effect-rackspace/PreconditionFailed")(
  "PreconditionFailed",
  refusal
) {}

/** 416: the object has no byte in the requested range. */
export class RangeNotSatisfiable extends Schema.TaggedError<RangeNotSatisfiable>(
  "effect-rackspace/RangeNotSatisfiable"
)("RangeNotSatisfiable", refusal) {}

/**
 * 413 with an over-limit fault, 429 and 498 (except when purging from the CDN): too many requests. Returned if the cloud asks
 * for a longer wait than the RetryPolicy allows, or if the policy's `maxElapsed` is exceeded.
 */
export class OverLimit extends Schema.TaggedError<OverLimit>("effect-rackspace/OverLimit")("OverLimit", {
  ...refusal,
  /** How long the cloud asks to wait, if it does. */
  retryAfter: Schema.optional(Schema.Duration)
}) {}

/**
 * A quota of the account or the service is exceeded. Recognised by the text of the response, whatever its status and headers;
 * otherwise a 413 that is neither a rate limit nor a request that is too large, and 498 when purging from the CDN. Not retried.
 */
export class QuotaExceeded extends Schema.TaggedError<QuotaExceeded>("effect-rackspace/QuotaExceeded")(
  "QuotaExceeded",
  refusal
) {}

/** 422: the content is well-formed but cannot be processed, for example because its checksum does not match. */
export class Unprocessable extends Schema.TaggedError<Unprocessable>("effect-rackspace/Unprocessable")(
  "Unprocessable",
  refusal
) {}

/**
 * 408, 499, 502, 503, 504 and 507: the service or a gateway is temporarily unavailable. Returned for idempotent requests only
 * after the retries of the RetryPolicy.
 */
export class ServiceUnavailable extends Schema.TaggedError<ServiceUnavailable>("effect-rackspace/ServiceUnavailable")(
  "ServiceUnavailable",
  {
    ...refusal,
    /** How long the cloud asks to wait, if it does. */
    retryAfter: Schema.optional(Schema.Duration)
  }
) {}

/** A status that is not documented for the operation, including every 500. */
export class UnexpectedStatus extends Schema.TaggedError<UnexpectedStatus>("effect-rackspace/UnexpectedStatus")(
  "UnexpectedStatus",
  {
    ...refusal,
    /** The first 1,024 characters of the response's body, without secrets. */
    body: Schema.String
  }
) {}

/**
 * The request could not be sent, or its response was not received completely.
 *
 * - `connect`: no connection could be made (then `notSent` is true), or it broke before the response began.
 * - `timeout`: the response did not begin in time, or its body stalled.
 * - `body`: the response's body ended early, or its length was not the announced one.
 * - `tooLong`: the response is longer than the limit for responses that are not streamed (64 MiB).
 * - `invalidUrl`: the endpoint's URL is invalid.
 */
export class TransportError extends Schema.TaggedError<TransportError>("effect-rackspace/TransportError")(
  "TransportError",
  {
    ...origin,
    method: Schema.String,
    url: Schema.String,
    reason: Schema.Literal("connect", "timeout", "body", "tooLong", "invalidUrl"),
    /** Whether no connection was made, so that the request cannot have been carried out. */
    notSent: Schema.optional(Schema.Boolean)
  }
) {}

/**
 * A successful response whose content does not match the API's documentation. The error contains the path and what was expected
 * there, but not the actual value.
 *
 * An item of a list that cannot be decoded does not hide the others. A Stream emits all items that can be decoded, and then fails
 * with this error for the first other one. A page lists the others as `unreadable`. An operation that returns an array fails with
 * this error, whose `readable` contains the items that can be decoded.
 */
export class MalformedResponse extends Schema.TaggedError<MalformedResponse>("effect-rackspace/MalformedResponse")(
  "MalformedResponse",
  {
    ...origin,
    status: Schema.Number,
    requestId: Schema.optional(Schema.String),
    /** The path in the response: `server.addresses.public.0.version`. */
    path: Schema.String,
    expected: Schema.String,
    /** For a list that is returned as an array: the items that can be decoded. */
    readable: Schema.optional(Schema.Array(Schema.Unknown))
  }
) {}

/** The account's catalog has no such endpoint. The message lists the available ones. */
export class EndpointNotFound extends Schema.TaggedError<EndpointNotFound>("effect-rackspace/EndpointNotFound")(
  "EndpointNotFound",
  {
    ...origin,
    /** The requested region, if one was given. */
    region: Schema.optional(Schema.String),
    /** The regions in which the catalog has this service. */
    available: Schema.Array(Schema.String)
  }
) {}

/** The caller's input is invalid. No request was sent. */
export class InvalidInput extends Schema.TaggedError<InvalidInput>("effect-rackspace/InvalidInput")("InvalidInput", {
  ...origin,
  /** The invalid fields, and what was expected for each. */
  issues: Schema.Array(Schema.Struct({ path: Schema.String, expected: Schema.String }))
}) {}

/** The received bytes differ from the sent ones, according to their checksums. */
export class ChecksumMismatch extends Schema.TaggedError<ChecksumMismatch>("effect-rackspace/ChecksumMismatch")(
  "ChecksumMismatch",
  {
    ...origin,
    container: Schema.String,
    object: Schema.String,
    /** The MD5 of the sent content, as given or computed; 32 lower-case hex digits. */
    expected: Schema.String,
    /** The MD5 of the received content, if known. */
    actual: Schema.optional(Schema.String),
    requestId: Schema.optional(Schema.String)
  }
) {}

/** A file was modified or replaced during its upload. Nothing was stored. */
export class SourceChanged extends Schema.TaggedError<SourceChanged>("effect-rackspace/SourceChanged")(
  "SourceChanged",
  {
    ...origin,
    container: Schema.String,
    object: Schema.String
  }
) {}

/** An operation failed for some of its items. It succeeded for the others. */
export class BulkFailed extends Schema.TaggedError<BulkFailed>("effect-rackspace/BulkFailed")("BulkFailed", {
  ...origin,
  /** The failed items, with the cloud's reasons. */
  failures: Schema.Array(Schema.Struct({ path: Schema.String, reason: Schema.String }))
}) {}

/** A resource failed while the program waited for it. */
export class ResourceFailed extends Schema.TaggedError<ResourceFailed>("effect-rackspace/ResourceFailed")(
  "ResourceFailed",
  {
    ...origin,
    /** The id of the resource. */
    resource: Schema.String,
    /** The final state: `ERROR`. */
    state: Schema.String,
    /** The cloud's reason, if it gives one. */
    fault: Schema.optional(Schema.String)
  }
) {}

/** A resource did not reach the expected state in time. The resource is left unchanged. */
export class WaitTimeout extends Schema.TaggedError<WaitTimeout>("effect-rackspace/WaitTimeout")("WaitTimeout", {
  ...origin,
  /** The id of the resource. */
  resource: Schema.String,
  /** The last known state, if any. */
  lastState: Schema.optional(Schema.String),
  /** How long the wait lasted. */
  waited: Schema.Duration
}) {}

/**
 * The errors of every request: of the login, the transport, rate limits and the content. Operations add their documented errors
 * (`NotFound`, `Conflict`, …).
 */
export type CommonError =
  | AuthenticationFailed
  | Unauthorized
  | Forbidden
  | BadRequest
  | OverLimit
  | ServiceUnavailable
  | UnexpectedStatus
  | TransportError
  | MalformedResponse
  | EndpointNotFound
  | InvalidInput

/** The errors of operations that document them. */
export type DocumentedError =
  NotFound | Conflict | Immutable | PreconditionFailed | RangeNotSatisfiable | QuotaExceeded | Unprocessable

/** All typed errors of the library. */
export type CloudError =
  CommonError | DocumentedError | ChecksumMismatch | SourceChanged | BulkFailed | ResourceFailed | WaitTimeout

/** Returns the same error with the resource that was created before the failure. */
export const withCreated = <E extends CloudError>(error: E, created: Created): E =>
  // The message of an Error is not enumerable.
  new (error.constructor as new (fields: unknown) => E)({ ...error, message: error.message, created })

/** The operation that an error belongs to. */
export interface Operation {
  readonly service: string
  readonly operation: string
}

/** The parts of an error response that an error is created from. */
export interface Refusal extends Operation {
  readonly method: string
  /** Without its query. */
  readonly url: string
  readonly status: number
  /** Response headers, with names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The beginning of the body, or the empty string. */
  readonly body: string
  /** The login whose token was sent; 0 if none was. */
  readonly login: number
  /** When the response arrived, for dates in `Retry-After`. */
  readonly now: DateTime.Utc
  /** Values to remove from the error. */
  readonly secrets: ReadonlyArray<string>
  /** The values of the path's parameters, by name. */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined
  /** Which quota is exceeded according to the operation's documentation of this status. */
  readonly usedUp?: string | undefined
}

const requestIdHeaders = ["x-compute-request-id", "x-openstack-request-id", "x-trans-id", "x-request-id"]

/** The cloud's id of a request, from the response headers (names in lower case). */
export const requestIdOf = (headers: Readonly<Record<string, string | undefined>>): string | undefined => {
  for (const name of requestIdHeaders) {
    const value = headers[name]
    if (value !== undefined && value !== "") return value
  }
  return undefined
}

/**
 * Replaces all occurrences of secrets by `<redacted>`, also if they are encoded as JSON, HTML, URL, base64 or hexadecimal digits,
 * since gateways and debug pages echo requests. A secret of one or two characters is replaced only where it is a whole value.
 */
export const scrub = (text: string, secrets: ReadonlyArray<string>): string => Scrub.scrub(text, secrets)

interface Fault {
  readonly key?: string
  readonly message?: string
  readonly details?: string
  readonly retryAt?: string
}

const isRecord = (u: unknown): u is Record<string, unknown> => typeof u === "object" && u !== null && !Array.isArray(u)

const stringOf = (u: unknown): string | undefined => (typeof u === "string" && u.trim() !== "" ? u.trim() : undefined)

/** A message, or a list of messages as some services return it. */
const messageOf = (u: unknown): string | undefined =>
  Array.isArray(u) ? stringOf(u.filter((item) => typeof item === "string").join("; ")) : stringOf(u)

const textOf = (u: unknown): string | undefined => (typeof u === "number" ? String(u) : stringOf(u))

const faultFields = (fault: Record<string, unknown>, key: string | undefined): Fault => {
  const validation = isRecord(fault["validationErrors"]) ? fault["validationErrors"]["messages"] : undefined
  const message =
    Array.isArray(validation) && validation.length > 0
      ? validation.filter((item) => typeof item === "string").join("; ")
      : (messageOf(fault["message"]) ?? stringOf(fault["description"]))
  const details = stringOf(fault["details"])
  const retryAt = textOf(fault["retryAfter"]) ?? textOf(fault["retryAt"])
  return {
    ...(key !== undefined && { key }),
    ...(message !== undefined && { message }),
    ...(details !== undefined && { details }),
    ...(retryAt !== undefined && { retryAt })
  }
}

const hasMessage = (fault: Record<string, unknown>): boolean =>
  messageOf(fault["message"]) !== undefined ||
  stringOf(fault["description"]) !== undefined ||
  isRecord(fault["validationErrors"])

const isPair = (u: unknown): u is readonly [string, string] =>
  Array.isArray(u) && u.length === 2 && u.every((item) => typeof item === "string")

/** Swift lists the invalid parts of a manifest: `{"Errors": [["/c/o", "404 Not Found"]]}`, with encoded paths. */
const partsFault = (errors: unknown): Fault | undefined => {
  const pairs = Array.isArray(errors) ? errors.filter(isPair) : []
  const [first] = pairs
  return first === undefined
    ? undefined
    : {
        message: `${first.join(": ")}${pairs.length === 1 ? "" : `, and ${pairs.length - 1} more`}`,
        details: pairs.map((pair) => pair.join(" ")).join("\n")
      }
}

/** The fault in a JSON object: the object itself or a nested object with a message, else the first text in it. */
const faultOf = (json: Record<string, unknown>): Fault => {
  if (hasMessage(json)) return faultFields(json, undefined)
  const parts = partsFault(json["Errors"])
  if (parts !== undefined) return parts
  const entries = Object.entries(json)
  const wrapped = entries.filter((entry): entry is [string, Record<string, unknown>] => isRecord(entry[1]))
  const withMessage = wrapped.find(([, value]) => hasMessage(value))
  if (withMessage !== undefined) return faultFields(withMessage[1], withMessage[0])
  for (const [key, value] of entries) {
    const message = stringOf(value)
    if (message !== undefined) return { key, message }
  }
  const [first] = wrapped
  return first === undefined ? {} : faultFields(first[1], first[0])
}

/**
 * Reads a fault body: wrapped (`{"itemNotFound":{"code","message"}}`), flat (`{"code","message"}`), HTML or text from a proxy, or
 * empty.
 */
const readFault = (body: string): Fault => {
  const text = body.trim()
  if (text === "") return {}
  if (text.startsWith("{")) {
    try {
      const json: unknown = JSON.parse(text)
      if (isRecord(json)) return faultOf(json)
    } catch {
      // Not valid JSON (truncated, or a text that begins with a brace): read as text below.
    }
  }
  const plain = textOfPage(text)
  return plain === "" ? {} : { message: plain.length > 300 ? `${plain.slice(0, 300)}…` : plain }
}

const mapFault = (fault: Fault, change: (text: string) => string): Fault =>
  Object.fromEntries(Object.entries(fault).map(([name, text]: [string, string]) => [name, change(text)]))

/** A body with this many characters may be truncated, since at most 64 KiB of an error response are read. */
const maybeTruncated = 16_384

/** The maximum of `Retry-After` in seconds; longer ones are reduced to it, since a Duration cannot hold every number. */
const longestRetryAfter = 10 * 365 * 86_400

/**
 * How long a response asks to wait: its `Retry-After` header (seconds or an HTTP date), else `retryAfter` or `retryAt` of the
 * fault body (seconds, or an ISO date, which is in UTC if it has no zone). Never negative, and at most ten years.
 */
export const retryAfterOf = (
  header: string | undefined,
  bodyValue: string | undefined,
  now: DateTime.Utc
): Duration.Duration | undefined => {
  for (const value of [header, bodyValue]) {
    if (value === undefined) continue
    if (/^\s*\d+(\.\d+)?\s*$/.test(value)) return Duration.seconds(Math.min(Number(value), longestRetryAfter))
    // An HTTP date must be passed as a Date: a string would be parsed as ISO 8601.
    const at = DateTime.make(/^\d{4}-/.test(value.trim()) ? value.trim() : new Date(value))
    if (Option.isSome(at)) {
      return Duration.millis(Math.min(Math.max(0, DateTime.distance(now, at.value)), longestRetryAfter * 1000))
    }
  }
  return undefined
}

const statusTexts: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  411: "Length Required",
  412: "Precondition Failed",
  413: "Request Entity Too Large",
  415: "Unsupported Media Type",
  416: "Range Not Satisfiable",
  422: "Unprocessable Entity",
  429: "Too Many Requests",
  498: "Rate Limited",
  499: "Client Disconnect",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  507: "Insufficient Storage"
}

const commonTags: ReadonlySet<string> = new Set<CommonError["_tag"]>([
  "Unauthorized",
  "Forbidden",
  "BadRequest",
  "OverLimit",
  "ServiceUnavailable",
  "UnexpectedStatus"
])

/**
 * Creates the typed error for the status and the fault body of a response. Errors that are neither common to all operations nor
 * documented for this one become {@link UnexpectedStatus}, so that the signature of an operation lists all its errors.
 */
export const fromRefusal = <Tag extends DocumentedError["_tag"] = never>(
  refused: Refusal,
  documented: ReadonlySet<Tag>
): CommonError | Extract<DocumentedError, { readonly _tag: Tag }> => {
  // The original text is classified, before secrets are removed from it.
  const fault = readFault(refused.body)
  const clean = (text: string): string => Scrub.scrub(text, refused.secrets, refused.body.length >= maybeTruncated)
  const body = clean(refused.body)
  // Scrubbed again, because decoding the body may reveal a secret.
  const cleanFault = mapFault(body === refused.body ? fault : readFault(body), clean)
  const given = requestIdOf(refused.headers)
  const requestId = given === undefined ? undefined : clean(given)
  const status = refused.status
  const retryAfter = retryAfterOf(refused.headers["retry-after"], fault.retryAt, refused.now)
  const isTimed = retryAfter !== undefined && Duration.toMillis(retryAfter) > 0
  // A quota with a `Retry-After` is a rate limit. A `Retry-After` of 0 is ignored, since some clouds send it with every response.
  const usedUp = isTimed ? undefined : refused.usedUp
  const text = usedUp ?? cleanFault.message ?? statusTexts[status] ?? "no reason given"
  const common = {
    service: refused.service,
    operation: refused.operation,
    status,
    method: refused.method,
    url: clean(refused.url),
    message:
      `${refused.operation}: ${status} ${text}` +
      (!isTimed ? "" : `; retry after ${Duration.format(retryAfter)}`) +
      (requestId === undefined ? "" : ` (request ${requestId})`),
    ...(requestId !== undefined && { requestId }),
    ...(cleanFault.key !== undefined && { fault: cleanFault.key }),
    ...(cleanFault.details !== undefined && { details: cleanFault.details })
  }
  const resource = Object.entries(refused.parameters ?? {}).flatMap(([name, value]) =>
    typeof value === "string" || typeof value === "number" ? [[name, clean(String(value))] as const] : []
  )
  const waiting = { ...common, ...(retryAfter !== undefined && { retryAfter }) }
  const error =
    usedUp === undefined
      ? refusalOf(common, waiting, resource, fault, refused.login, documented)
      : new QuotaExceeded(common)
  return error !== undefined && (commonTags.has(error._tag) || (documented as ReadonlySet<string>).has(error._tag))
    ? (error as CommonError | Extract<DocumentedError, { readonly _tag: Tag }>)
    : new UnexpectedStatus({ ...common, body: body.slice(0, 1024) })
}

type Common = ConstructorParameters<typeof Conflict>[0]

const notFound = (common: Common, resource: ReadonlyArray<readonly [string, string]>): NotFound =>
  resource.length === 0
    ? new NotFound(common)
    : new NotFound({
        ...common,
        message: `${common.message}: ${resource.map(([name, value]) => `${name} ${value}`).join(", ")}`,
        resource: Object.fromEntries(resource)
      })

/** Texts of rate limits. */
const rateWords =
  /\brate.?(limit|control)|too many requests|request\(s\)|\brequests? (rate|quota|limit)|\bper (second|minute)\b/i

/** Texts of quotas. */
const quotaWords =
  /quota.{0,60}(exceed|exhaust|reached|used up)|(exceed|exhaust|reached|used up).{0,60}quota|over.?quota/i

/** Texts of limits on a number of resources, which Nova and Swift use for quotas too. */
const countWords = /maximum number of|\blimit (exceeded|reached)|reached \w+ limit/i

/** Texts of a web server or a service for a request that is too large. */
const sizeWords =
  /too.?(large|long|big)\b|larger than|> \d+ bytes|must be <=|\b(body|entity|payload|content|file|object)\b.{0,40}\b(exceed|limit)/i

/** Texts that mention the size of a request: a limit in such a text is a limit on that size. */
const lengthWords = /\b(request|upload|message|body|entity|payload|content)\b.{0,20}\b(size|length)\b/i

/** The meaning of an error response according to its text, if that is more specific than its status. */
const meaningOf = (status: number, { details, key, message }: Fault): "quota" | "rate" | "size" | undefined => {
  const words = [key, message, details].join(" ")
  if (rateWords.test(words)) return "rate"
  if (quotaWords.test(words)) return "quota"
  if (status === 413 && lengthWords.test(words)) return "size"
  if ((status === 403 || status === 413) && countWords.test(words)) return "quota"
  return status === 413 && sizeWords.test(words) ? "size" : undefined
}

const isOverLimit = (fault: Fault, retryAfter: Duration.Duration | undefined): boolean =>
  fault.key === "overLimit" || retryAfter !== undefined || /\bover.?limit/i.test(fault.message ?? "")

/** The error for a 413, which clouds use for rate limits, quotas, and requests that are too large. */
const fromStatus413 = (
  common: Common,
  waiting: ConstructorParameters<typeof OverLimit>[0],
  fault: Fault,
  meaning: ReturnType<typeof meaningOf>
): OverLimit | QuotaExceeded | BadRequest =>
  meaning === "size"
    ? new BadRequest(common)
    : meaning === "rate" || isOverLimit(fault, waiting.retryAfter)
      ? new OverLimit(waiting)
      : // A service names the exceeded quota; without a text the status has its meaning for web servers.
        meaning === "quota" || fault.message !== undefined || fault.key !== undefined
        ? new QuotaExceeded(common)
        : new BadRequest(common)

const refusalOf = (
  common: Common,
  waiting: ConstructorParameters<typeof OverLimit>[0],
  resource: ReadonlyArray<readonly [string, string]>,
  fault: Fault,
  login: number,
  documented: ReadonlySet<string>
): CommonError | DocumentedError | undefined => {
  const { status } = common
  const meaning = meaningOf(status, fault)
  // Clouds report an exceeded quota with many statuses, but not with 401, 404 and 410.
  if (meaning === "quota" && status !== 401 && status !== 404 && status !== 410) {
    if (documented.has("QuotaExceeded")) return new QuotaExceeded(common)
    // Not an OverLimit, which would be retried.
    if (status === 413 || status === 429 || status === 498) return undefined
  }
  switch (status) {
    case 400:
      return new BadRequest(common)
    case 401:
      return new Unauthorized({ ...common, login })
    case 403:
      // The URL shows the account and the resource.
      return new Forbidden({ ...common, message: `${common.message}: ${common.method} ${common.url}` })
    case 404:
    case 410:
      return notFound(common, resource)
    case 409:
      return new Conflict(common)
    case 412:
      return new PreconditionFailed(common)
    case 413:
      return fromStatus413(common, waiting, fault, meaning)
    case 416:
      return new RangeNotSatisfiable(common)
    case 422:
      return documented.has("Immutable") && /\b(immutable|not active)\b/i.test(fault.message ?? "")
        ? new Immutable(common)
        : new Unprocessable(common)
    case 429:
    case 498:
      return new OverLimit(waiting)
    case 408:
    case 499:
    case 502:
    case 503:
    case 504:
    case 507:
      return new ServiceUnavailable(waiting)
    default:
      return undefined
  }
}
