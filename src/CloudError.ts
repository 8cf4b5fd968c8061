/**
 * Every typed failure of the library, and how a refusing response becomes one.
 *
 * All are real `Error`s with a `_tag` for `Effect.catchTag`. None ever holds a request, a response or a secret: what a
 * cloud or a proxy echoed back is scrubbed of the token before it becomes a message.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { textOfPage } from "./internal/http/htmlText.js"
import * as Scrub from "./internal/http/scrub.js"

/**
 * What an operation of several requests had created when a later request failed.
 *
 * @since 0.1.0
 * @category models
 */
export const Created = Schema.Struct({
  /** The id of the new resource, which stays. */
  id: Schema.String,
  /** The password of a new server, which the cloud returns only once. */
  adminPassword: Schema.optional(Schema.Redacted(Schema.String))
})

/**
 * What an operation of several requests had created when a later request failed.
 *
 * @since 0.1.0
 * @category models
 */
export interface Created extends Schema.Schema.Type<typeof Created> {}

const origin = {
  /** The service that was called: `CloudServers`, `CloudFiles`, `Identity`. */
  service: Schema.String,
  /** The operation as it is written in code: `CloudServers.get`. */
  operation: Schema.String,
  /** One sentence for a person. */
  message: Schema.String,
  /** What the operation had created before it failed, such as the server of `CloudServers.createAndWait`. */
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
  /** What the cloud calls this request (`x-compute-request-id`, `X-Trans-Id`); name it to support. */
  requestId: Schema.optional(Schema.String),
  /** The key of the cloud's fault body: `itemNotFound`, `overLimit`. */
  fault: Schema.optional(Schema.String),
  /** The `details` of the cloud's fault body. */
  details: Schema.optional(Schema.String)
}

/**
 * A second authentication step that Identity asks for: respond with `Credentials.answerChallenge`.
 *
 * @since 0.1.0
 * @category models
 */
export class MfaChallenge extends Schema.Class<MfaChallenge>("effect-rackspace/MfaChallenge")({
  /** The session in which the passcode is awaited. */
  sessionId: Schema.Redacted(Schema.String),
  /** The kind of the second factor: `PASSCODE`. */
  factor: Schema.String,
  /** The auth URL that asked. */
  authUrl: Schema.String,
  /** The tenant that the login named, if it did. */
  tenantId: Schema.optional(Schema.String),
  /** The name of the tenant, where the login named it by that. */
  tenantName: Schema.optional(Schema.String)
}) {}

/**
 * Why a login failed.
 *
 * - `refused`: Identity does not accept the credentials (or the user is disabled).
 * - `locked`: Identity has locked the account, or holds this caller off for too many attempts.
 * - `mfaRequired`: the password was right, a passcode is asked for; `challenge` says where to send it.
 * - `notRenewable`: the token is no longer accepted and there is nothing to log in with (a bare token, or a passcode).
 * - `unreachable`: Identity could not be reached, or is not available.
 * - `malformed`: Identity's response is not a login, or the credentials cannot be sent (an empty field, an auth URL that is none).
 *
 * @since 0.1.0
 * @category models
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
 * The login failed. While refused credentials are held back (1 s, doubling to 60 s, so that a wrong password does not
 * hammer Identity) the same error is returned without a request, with `retryAfter` the time still to wait.
 *
 * @since 0.1.0
 * @category errors
 */
export class AuthenticationFailed extends Schema.TaggedError<AuthenticationFailed>(
  "effect-rackspace/AuthenticationFailed"
)("AuthenticationFailed", {
  ...origin,
  reason: AuthenticationFailureReason,
  /** The HTTP status, where Identity responded. */
  status: Schema.optional(Schema.Number),
  /** What Identity calls the request. */
  requestId: Schema.optional(Schema.String),
  /** How long to wait before another attempt is made. */
  retryAfter: Schema.optional(Schema.Duration),
  /** With reason `mfaRequired`: the challenge to respond to. */
  challenge: Schema.optional(MfaChallenge)
}) {}

/**
 * 401: the cloud rejected the token, and rejected it again right after a renewal.
 *
 * @since 0.1.0
 * @category errors
 */
export class Unauthorized extends Schema.TaggedError<Unauthorized>("effect-rackspace/Unauthorized")("Unauthorized", {
  ...refusal,
  /** Which login's token was rejected (`Access.login`): logins are compared, never token values. */
  login: Schema.Number
}) {}

/**
 * 403: the token is good, but may not do this. Never renews the token.
 *
 * @since 0.1.0
 * @category errors
 */
export class Forbidden extends Schema.TaggedError<Forbidden>("effect-rackspace/Forbidden")("Forbidden", refusal) {}

/**
 * 404: there is no such thing; or 410: it is there no longer. Its message and `resource` name the missing resource.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotFound extends Schema.TaggedError<NotFound>("effect-rackspace/NotFound")("NotFound", {
  ...refusal,
  /** The missing resource, by the names of the operation's input: `{ serverId: "…" }`. */
  resource: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String }))
}) {}

/**
 * 400: the cloud did not accept the request's content; or 413: the request is too large, for the service or for a web server
 * before it.
 *
 * @since 0.1.0
 * @category errors
 */
export class BadRequest extends Schema.TaggedError<BadRequest>("effect-rackspace/BadRequest")("BadRequest", refusal) {}

/**
 * 409: the request conflicts with the present state (a container that is not empty, a server that is building).
 *
 * @since 0.1.0
 * @category errors
 */
export class Conflict extends Schema.TaggedError<Conflict>("effect-rackspace/Conflict")("Conflict", refusal) {}

/**
 * 422 of a load balancer that is being changed: it takes no other change until it is ACTIVE again.
 *
 * @since 0.1.0
 * @category errors
 */
export class Immutable extends Schema.TaggedError<Immutable>("effect-rackspace/Immutable")("Immutable", refusal) {}

/**
 * 412: a condition of the request (`If-Match`, `If-None-Match`) does not hold.
 *
 * @since 0.1.0
 * @category errors
 */
export class PreconditionFailed extends Schema.TaggedError<PreconditionFailed>("effect-rackspace/PreconditionFailed")(
  "PreconditionFailed",
  refusal
) {}

/**
 * 416: the object has no byte in the range that was asked for.
 *
 * @since 0.1.0
 * @category errors
 */
export class RangeNotSatisfiable extends Schema.TaggedError<RangeNotSatisfiable>(
  "effect-rackspace/RangeNotSatisfiable"
)("RangeNotSatisfiable", refusal) {}

/**
 * 413 with an over-limit fault, 429 and 498 (except when purging from the CDN): too many requests. It surfaces when the cloud
 * asks for a longer wait than the RetryPolicy allows, or when its time is up.
 *
 * @since 0.1.0
 * @category errors
 */
export class OverLimit extends Schema.TaggedError<OverLimit>("effect-rackspace/OverLimit")("OverLimit", {
  ...refusal,
  /** How long the cloud asks to wait, where it says so. */
  retryAfter: Schema.optional(Schema.Duration)
}) {}

/**
 * A quota is used up: the account or the service has no room for this. Recognised by the cloud's words, whatever the status and
 * headers; otherwise 413 that is neither a rate limit nor a request that is too large, and 498 when purging from the CDN. The
 * request was sent once: repeating it does not help.
 *
 * @since 0.1.0
 * @category errors
 */
export class QuotaExceeded extends Schema.TaggedError<QuotaExceeded>("effect-rackspace/QuotaExceeded")(
  "QuotaExceeded",
  refusal
) {}

/**
 * 422: the content is well-formed but cannot be processed (a checksum that does not match, for one).
 *
 * @since 0.1.0
 * @category errors
 */
export class Unprocessable extends Schema.TaggedError<Unprocessable>("effect-rackspace/Unprocessable")(
  "Unprocessable",
  refusal
) {}

/**
 * 408, 499, 502, 503, 504 and 507: the service or a gateway before it is not available now. Idempotent requests have been
 * repeated as the RetryPolicy says before this surfaces.
 *
 * @since 0.1.0
 * @category errors
 */
export class ServiceUnavailable extends Schema.TaggedError<ServiceUnavailable>("effect-rackspace/ServiceUnavailable")(
  "ServiceUnavailable",
  {
    ...refusal,
    /** How long the cloud asks to wait, where it says so. */
    retryAfter: Schema.optional(Schema.Duration)
  }
) {}

/**
 * A status that the operation's documentation does not name, among them every 500.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnexpectedStatus extends Schema.TaggedError<UnexpectedStatus>("effect-rackspace/UnexpectedStatus")(
  "UnexpectedStatus",
  {
    ...refusal,
    /** The beginning of the response's body, at most 1,024 characters, scrubbed of secrets. */
    body: Schema.String
  }
) {}

/**
 * The request did not get through, or its response did not arrive whole.
 *
 * - `connect`: no connection, or it broke before the response began. Where no connection was made, `notSent` is true.
 * - `timeout`: the response did not begin in time, or its body stalled.
 * - `body`: the response's body broke off, or was longer or shorter than it said.
 * - `tooLong`: the response is longer than the library reads of one that is not streamed (64 MiB).
 * - `invalidUrl`: the endpoint's URL cannot be read.
 *
 * @since 0.1.0
 * @category errors
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
 * A successful response whose content is not what the API documents. It names where in the content and what was expected
 * there, never the value that stood there.
 *
 * One item of a list that cannot be read does not hide the others. A Stream emits every item that can be read, and then fails with
 * this error for the first other one. A page names the others as `unreadable`. An operation that returns an array fails with this
 * error, which holds the items that can be read as `readable`.
 *
 * @since 0.1.0
 * @category errors
 */
export class MalformedResponse extends Schema.TaggedError<MalformedResponse>("effect-rackspace/MalformedResponse")(
  "MalformedResponse",
  {
    ...origin,
    status: Schema.Number,
    requestId: Schema.optional(Schema.String),
    /** Where: `server.addresses.public.0.version`. */
    path: Schema.String,
    /** What was expected there. */
    expected: Schema.String,
    /** Of a list that is returned as an array: the items that can be read. */
    readable: Schema.optional(Schema.Array(Schema.Unknown))
  }
) {}

/**
 * The account's catalog has no such endpoint. The message lists what there is.
 *
 * @since 0.1.0
 * @category errors
 */
export class EndpointNotFound extends Schema.TaggedError<EndpointNotFound>("effect-rackspace/EndpointNotFound")(
  "EndpointNotFound",
  {
    ...origin,
    /** The region that was asked for, where one was. */
    region: Schema.optional(Schema.String),
    /** The regions in which the catalog has this service. */
    available: Schema.Array(Schema.String)
  }
) {}

/**
 * The caller's input cannot be sent. Nothing was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidInput extends Schema.TaggedError<InvalidInput>("effect-rackspace/InvalidInput")("InvalidInput", {
  ...origin,
  /** Each thing that is wrong: which field, and what would be right. */
  issues: Schema.Array(Schema.Struct({ path: Schema.String, expected: Schema.String }))
}) {}

/**
 * The bytes that arrived are not the bytes that were sent: the checksums differ.
 *
 * @since 0.1.0
 * @category errors
 */
export class ChecksumMismatch extends Schema.TaggedError<ChecksumMismatch>("effect-rackspace/ChecksumMismatch")(
  "ChecksumMismatch",
  {
    ...origin,
    container: Schema.String,
    object: Schema.String,
    /** The MD5 of the content as it was named or read at the sending side, 32 lower-case hex digits. */
    expected: Schema.String,
    /** The MD5 of the content at the receiving side, where it is known. */
    actual: Schema.optional(Schema.String),
    requestId: Schema.optional(Schema.String)
  }
) {}

/**
 * What was to be uploaded has changed while it was read: a file that was written to or replaced. Nothing is stored of it.
 *
 * @since 0.1.0
 * @category errors
 */
export class SourceChanged extends Schema.TaggedError<SourceChanged>("effect-rackspace/SourceChanged")(
  "SourceChanged",
  {
    ...origin,
    container: Schema.String,
    object: Schema.String
  }
) {}

/**
 * An operation on many things did not succeed for all of them. The others are done.
 *
 * @since 0.1.0
 * @category errors
 */
export class BulkFailed extends Schema.TaggedError<BulkFailed>("effect-rackspace/BulkFailed")("BulkFailed", {
  ...origin,
  /** What failed, and how the cloud says so. */
  failures: Schema.Array(Schema.Struct({ path: Schema.String, reason: Schema.String }))
}) {}

/**
 * A resource that was waited for has failed; waiting longer would not help.
 *
 * @since 0.1.0
 * @category errors
 */
export class ResourceFailed extends Schema.TaggedError<ResourceFailed>("effect-rackspace/ResourceFailed")(
  "ResourceFailed",
  {
    ...origin,
    /** The id of the resource. */
    resource: Schema.String,
    /** The state in which it ended: `ERROR`. */
    state: Schema.String,
    /** The cloud's own reason, where it gives one. */
    fault: Schema.optional(Schema.String)
  }
) {}

/**
 * A resource did not reach the awaited state in time. It is left as it is.
 *
 * @since 0.1.0
 * @category errors
 */
export class WaitTimeout extends Schema.TaggedError<WaitTimeout>("effect-rackspace/WaitTimeout")("WaitTimeout", {
  ...origin,
  /** The id of the resource. */
  resource: Schema.String,
  /** The last state that was seen, where one was. */
  lastState: Schema.optional(Schema.String),
  /** How long was waited. */
  waited: Schema.Duration
}) {}

/**
 * What any request of any service can end with, whatever the operation: the token, the transport, the limits and the
 * content. An operation adds what its own documentation names (`NotFound`, `Conflict`, …).
 *
 * @since 0.1.0
 * @category models
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

/**
 * What only those operations can end with whose documentation names it.
 *
 * @since 0.1.0
 * @category models
 */
export type DocumentedError =
  NotFound | Conflict | Immutable | PreconditionFailed | RangeNotSatisfiable | QuotaExceeded | Unprocessable

/**
 * Every typed failure of the library.
 *
 * @since 0.1.0
 * @category models
 */
export type CloudError =
  CommonError | DocumentedError | ChecksumMismatch | SourceChanged | BulkFailed | ResourceFailed | WaitTimeout

/**
 * The same failure, with what had been created before it.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withCreated = <E extends CloudError>(error: E, created: Created): E =>
  // A message is no enumerable property of an Error.
  new (error.constructor as new (fields: unknown) => E)({ ...error, message: error.message, created })

/**
 * The operation that a failure belongs to.
 *
 * @since 0.1.0
 * @category models
 */
export interface Operation {
  readonly service: string
  readonly operation: string
}

/**
 * A response that refuses, reduced to what an error may keep of it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Refusal extends Operation {
  readonly method: string
  /** Without its query. */
  readonly url: string
  readonly status: number
  /** Response headers, names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The beginning of the body, or the empty string. */
  readonly body: string
  /** The login whose token was sent; 0 where none was. */
  readonly login: number
  /** When the response came, for `Retry-After` dates. */
  readonly now: DateTime.Utc
  /** Values that must not appear in any message. */
  readonly secrets: ReadonlyArray<string>
  /** The values of the path's parameters, by name. */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined
  /** Which allowance the operation's documentation says to be used up where the cloud returns this status. */
  readonly usedUp?: string | undefined
}

const requestIdHeaders = ["x-compute-request-id", "x-openstack-request-id", "x-trans-id", "x-request-id"]

/**
 * What the cloud calls a request, from its response's headers (names in lower case).
 *
 * @since 0.1.0
 * @category accessors
 */
export const requestIdOf = (headers: Readonly<Record<string, string | undefined>>): string | undefined => {
  for (const name of requestIdHeaders) {
    const value = headers[name]
    if (value !== undefined && value !== "") return value
  }
  return undefined
}

/**
 * Replaces every occurrence of the secrets by `<redacted>`, also where JSON, HTML, a URL, base64 or hexadecimal digits encode
 * them: gateways and debug pages echo what they were sent. A secret of one or two characters is replaced only where it stands
 * as a value.
 *
 * @since 0.1.0
 * @category combinators
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

/** Some services return a list of messages. */
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

/** Whether an object has the words of a fault in it. */
const says = (fault: Record<string, unknown>): boolean =>
  messageOf(fault["message"]) !== undefined ||
  stringOf(fault["description"]) !== undefined ||
  isRecord(fault["validationErrors"])

const isPair = (u: unknown): u is readonly [string, string] =>
  Array.isArray(u) && u.length === 2 && u.every((item) => typeof item === "string")

/** Swift lists the wrong parts of a manifest: `{"Errors": [["/c/o", "404 Not Found"]]}`, paths encoded. */
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

/** The fault in a JSON object: the object itself, or whatever in it has its words; else the first text in it. */
const faultOf = (json: Record<string, unknown>): Fault => {
  if (says(json)) return faultFields(json, undefined)
  const parts = partsFault(json["Errors"])
  if (parts !== undefined) return parts
  const entries = Object.entries(json)
  const wrapped = entries.filter((entry): entry is [string, Record<string, unknown>] => isRecord(entry[1]))
  const saying = wrapped.find(([, value]) => says(value))
  if (saying !== undefined) return faultFields(saying[1], saying[0])
  for (const [key, value] of entries) {
    const message = stringOf(value)
    if (message !== undefined) return { key, message }
  }
  const [first] = wrapped
  return first === undefined ? {} : faultFields(first[1], first[0])
}

/**
 * Reads whichever fault body the service sent: wrapped (`{"itemNotFound":{"code","message"}}`), flat
 * (`{"code","message"}`), HTML or text of a proxy, or nothing.
 */
const readFault = (body: string): Fault => {
  const text = body.trim()
  if (text === "") return {}
  if (text.startsWith("{")) {
    try {
      const json: unknown = JSON.parse(text)
      if (isRecord(json)) return faultOf(json)
    } catch {
      // Not JSON after all (cut off, or a brace in a text): read as text below.
    }
  }
  const plain = textOfPage(text)
  return plain === "" ? {} : { message: plain.length > 300 ? `${plain.slice(0, 300)}…` : plain }
}

const mapFault = (fault: Fault, change: (text: string) => string): Fault =>
  Object.fromEntries(Object.entries(fault).map(([name, text]: [string, string]) => [name, change(text)]))

/** Of a body with so many characters, the end may be missing: no more than 64 KiB are read of a refusal. */
const cutFrom = 16_384

/** In seconds: what a longer `Retry-After` is read as, since a Duration cannot hold every number. */
const longestRetryAfter = 10 * 365 * 86_400

/**
 * How long a response asks to wait: its `Retry-After` header (seconds or an HTTP date), else the fault body's
 * `retryAfter` or `retryAt` (an ISO date, in UTC where it names no zone, or seconds). Never negative, and ten years at the
 * most.
 *
 * @since 0.1.0
 * @category accessors
 */
export const retryAfterOf = (
  header: string | undefined,
  bodyValue: string | undefined,
  now: DateTime.Utc
): Duration.Duration | undefined => {
  for (const value of [header, bodyValue]) {
    if (value === undefined) continue
    if (/^\s*\d+(\.\d+)?\s*$/.test(value)) return Duration.seconds(Math.min(Number(value), longestRetryAfter))
    // An HTTP date must be given as a Date: as a string it would be taken for ISO 8601.
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
 * A failure of the cloud as the typed error that its status and its fault body stand for. What is neither common to all
 * operations nor documented for this one becomes {@link UnexpectedStatus}, so that an operation's signature names all that
 * it can fail with.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromRefusal = <Tag extends DocumentedError["_tag"] = never>(
  refused: Refusal,
  documented: ReadonlySet<Tag>
): CommonError | Extract<DocumentedError, { readonly _tag: Tag }> => {
  // The kind of the refusal is read from the cloud's own text, before secrets are removed from it.
  const fault = readFault(refused.body)
  const clean = (text: string): string => Scrub.scrub(text, refused.secrets, refused.body.length >= cutFrom)
  const body = clean(refused.body)
  // Again, because a secret may have become readable only as the body was read.
  const cleanFault = mapFault(body === refused.body ? fault : readFault(body), clean)
  const given = requestIdOf(refused.headers)
  const requestId = given === undefined ? undefined : clean(given)
  const status = refused.status
  const retryAfter = retryAfterOf(refused.headers["retry-after"], fault.retryAt, refused.now)
  const isTimed = retryAfter !== undefined && Duration.toMillis(retryAfter) > 0
  // An allowance that the cloud says is back in a while is a rate limit. No seconds is no such time: some send it with everything.
  const usedUp = isTimed ? undefined : refused.usedUp
  const said = usedUp ?? cleanFault.message ?? statusTexts[status] ?? "no reason given"
  const common = {
    service: refused.service,
    operation: refused.operation,
    status,
    method: refused.method,
    url: clean(refused.url),
    message:
      `${refused.operation}: ${status} ${said}` +
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

/** Words that only a limit on the rate of requests has. */
const rateWords =
  /\brate.?(limit|control)|too many requests|request\(s\)|\brequests? (rate|quota|limit)|\bper (second|minute)\b/i

/** Words that only a quota has. */
const quotaWords =
  /quota.{0,60}(exceed|exhaust|reached|used up)|(exceed|exhaust|reached|used up).{0,60}quota|over.?quota/i

/** Words of a limit on how many of a thing there may be, which Nova and Swift use as well as those of a quota. */
const countWords = /maximum number of|\blimit (exceeded|reached)|reached \w+ limit/i

/** Words of a web server, or of a service, that does not take so large a request. */
const sizeWords =
  /too.?(large|long|big)\b|larger than|> \d+ bytes|must be <=|\b(body|entity|payload|content|file|object)\b.{0,40}\b(exceed|limit)/i

/** Words that name the size of a request: a limit that is mentioned with them is one on that size. */
const lengthWords = /\b(request|upload|message|body|entity|payload|content)\b.{0,20}\b(size|length)\b/i

/** The kind of a refusal by its words, where these say more than its status. */
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

/** Of 413, which clouds use for a limit on the rate, for quotas, and for requests that are too large. */
const tooMuch = (
  common: Common,
  waiting: ConstructorParameters<typeof OverLimit>[0],
  fault: Fault,
  meaning: ReturnType<typeof meaningOf>
): OverLimit | QuotaExceeded | BadRequest =>
  meaning === "size"
    ? new BadRequest(common)
    : meaning === "rate" || isOverLimit(fault, waiting.retryAfter)
      ? new OverLimit(waiting)
      : // A service says which of its quotas is used up; without a word the status means what it means to web servers.
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
  // Clouds send a used-up quota with many statuses. 401, 404 and 410 are about something else, whatever they say.
  if (meaning === "quota" && status !== 401 && status !== 404 && status !== 410) {
    if (documented.has("QuotaExceeded")) return new QuotaExceeded(common)
    // Not a limit on the rate, which would be waited for.
    if (status === 413 || status === 429 || status === 498) return undefined
  }
  switch (status) {
    case 400:
      return new BadRequest(common)
    case 401:
      return new Unauthorized({ ...common, login })
    case 403:
      // The URL names the account, and what in it may not be used.
      return new Forbidden({ ...common, message: `${common.message}: ${common.method} ${common.url}` })
    case 404:
    case 410:
      return notFound(common, resource)
    case 409:
      return new Conflict(common)
    case 412:
      return new PreconditionFailed(common)
    case 413:
      return tooMuch(common, waiting, fault, meaning)
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
