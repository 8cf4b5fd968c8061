/**
 * The last step before the wire, common to Identity and to every service: timeouts, redaction, bounded reading of bodies,
 * and the mapping of the platform's transport failures, whose objects hold the request and its token, to plain typed ones.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Operation, scrub, TransportError } from "../../CloudError.js"
import type { Sink } from "../bytes/sink.js"

/** Headers that carry a secret in either direction. */
export const secretHeaders: ReadonlyArray<string | RegExp> = [
  "x-auth-token",
  "x-storage-token",
  "x-subject-token",
  "x-service-token",
  "x-auth-key",
  "x-storage-pass",
  "x-sessionid",
  "www-authenticate",
  /^x-(account|container)-meta-temp-url-key/
]

/** An HttpClient whose requests end with the scope they are made in, and which neither traces nor logs a secret. */
export type SecureClient = HttpClient.HttpClient.With<HttpClientError.HttpClientError, Scope.Scope>

/**
 * Binds to the client itself what must hold wherever it is run: the names of secret headers, no redirect followed (a
 * redirect to another host would take the token along), and no span of the platform's own, which would show full URLs; the
 * library makes its own.
 */
export const secure = (client: HttpClient.HttpClient): SecureClient =>
  client.pipe(
    HttpClient.transformResponse((effect) =>
      Effect.mapInputContext(
        Effect.locallyWith(effect, Headers.currentRedactedNames, (names) => [...names, ...secretHeaders]),
        (context: Context.Context<never>) =>
          Context.add(context, FetchHttpClient.RequestInit, {
            ...Context.getOrElse(context, FetchHttpClient.RequestInit, () => ({})),
            redirect: "manual"
          })
      )
    ),
    HttpClient.withTracerDisabledWhen(() => true),
    HttpClient.withScope
  )

/** The request that a transport failure belongs to. */
export interface Target extends Operation {
  readonly method: string
  /** Without its query. */
  readonly url: string
  readonly secrets: ReadonlyArray<string>
}

const innermost = (cause: unknown): unknown => {
  let inner = cause
  // Bounded, since a cause may lead back to itself.
  for (let depth = 0; depth < 8; depth++) {
    if (typeof inner !== "object" || inner === null) break
    const next = "cause" in inner ? inner.cause : undefined
    if (next === undefined) break
    inner = next
  }
  return inner
}

/** The message of an unknown failure, without its other fields. */
export const describeCause = (cause: unknown): string => {
  const inner = innermost(cause)
  if (inner instanceof Error) {
    const code = "code" in inner && typeof inner.code === "string" ? inner.code : undefined
    const text = inner.message
    return code === undefined || text.includes(code) ? text || inner.name : `${code} ${text}`.trim()
  }
  return typeof inner === "string" ? inner : "unknown cause"
}

const inOneLine = (text: string): string => {
  const line = text.replace(/\s+/g, " ").trim()
  return line.length > 300 ? `${line.slice(0, 300)}…` : line
}

/** Whether a failure is that no connection could be made. */
const isConnectFailure = (cause: unknown): boolean => {
  const inner = innermost(cause)
  // Node.js tries all addresses of a host.
  if (inner instanceof AggregateError) return inner.errors.length > 0 && inner.errors.every(isConnectFailure)
  if (typeof inner !== "object" || inner === null) return false
  const { code, syscall } = inner as { readonly code?: unknown; readonly syscall?: unknown }
  return syscall === "connect" || syscall === "getaddrinfo" || code === "UND_ERR_CONNECT_TIMEOUT"
}

/** A transport failure without the objects that the platform's error holds. */
export const transportError = (
  target: Target,
  reason: TransportError["reason"],
  description: string,
  notSent = false
): TransportError =>
  new TransportError({
    service: target.service,
    operation: target.operation,
    method: target.method,
    url: scrub(target.url, target.secrets),
    reason,
    message: `${target.operation}: ${target.method} ${scrub(target.url, target.secrets)}: ${inOneLine(scrub(description, target.secrets))}`,
    ...(notSent && { notSent })
  })

/** The failure of a request that got no response. */
export const noResponse = (target: Target, cause: unknown): TransportError =>
  transportError(target, "connect", `no response (${describeCause(cause)})`, isConnectFailure(cause))

/** The failure of a response that ended before its time. */
export const brokenOff = (target: Target, cause: unknown): TransportError =>
  transportError(target, "body", `the response broke off (${describeCause(cause)})`)

/** The failure of a response that is longer than the limit for responses in memory. */
export const tooLong = (target: Target, limit: number): TransportError =>
  transportError(target, "tooLong", `the response is longer than ${limit} bytes`)

/** The failure of a request whose URL is none. */
export const invalidUrl = (target: Target): TransportError =>
  transportError(target, "invalidUrl", "the endpoint's URL cannot be read")

const fromPlatform = (target: Target, error: HttpClientError.HttpClientError): TransportError =>
  error._tag === "ResponseError"
    ? brokenOff(target, error.cause ?? error.description)
    : error.reason === "InvalidUrl"
      ? invalidUrl(target)
      : noResponse(target, error.cause ?? error.description)

/** The failure of a response that did not begin in time. */
export const lateResponse = (target: Target, timeout: Duration.Duration): TransportError =>
  transportError(target, "timeout", `no response within ${Duration.format(timeout)}`)

/** The failure of a body that stood still for too long. */
export const stalled = (target: Target, which: "request" | "response", timeout: Duration.Duration): TransportError =>
  transportError(target, "timeout", `the ${which} body stood still for ${Duration.format(timeout)}`)

/**
 * Sends a request whose body is small or none, and waits for the head of the response: interruptibly, even where the caller
 * is not, since in a finalizer the time would otherwise be up without any effect.
 */
export const send = (
  client: SecureClient,
  request: HttpClientRequest.HttpClientRequest,
  target: Target,
  timeout: Duration.Duration
): Effect.Effect<HttpClientResponse.HttpClientResponse, TransportError, Scope.Scope> =>
  Effect.timeoutFail(Effect.interruptible(exchange(client, request, target)), {
    duration: timeout,
    onTimeout: () => lateResponse(target, timeout)
  })

/** Sends a request and waits for the head of the response, however long that takes. */
export const exchange = (
  client: SecureClient,
  request: HttpClientRequest.HttpClientRequest,
  target: Target
): Effect.Effect<HttpClientResponse.HttpClientResponse, TransportError, Scope.Scope> =>
  Effect.mapError(client.execute(request), (error) => fromPlatform(target, error))

const hasNoBody = (response: HttpClientResponse.HttpClientResponse): boolean =>
  response.request.method === "HEAD" ||
  response.status === 204 ||
  response.status === 304 ||
  response.headers["content-length"] === "0"

/**
 * Fails once nothing has moved for so long since it was run: of a response that is waited for, or of a request's body that is
 * still on its way meanwhile.
 */
export type Watch = (stallTimeout: Duration.Duration) => Effect.Effect<never, TransportError>

/**
 * The body as it arrives; fails where it breaks off or stands still. Where there is none, its end is read none the less, for
 * it is then only that node:http takes the connection back; fetch calls that an error.
 */
export const bodyStream = (
  response: HttpClientResponse.HttpClientResponse,
  target: Target,
  stallTimeout: Duration.Duration,
  watch?: Watch
): Stream.Stream<Uint8Array, TransportError> =>
  Stream.unwrapScoped(
    Effect.map(
      Stream.toPull(
        hasNoBody(response)
          ? Stream.catchAll(response.stream, () => Stream.empty)
          : Stream.mapError(response.stream, (error) => fromPlatform(target, error))
      ),
      (pull) =>
        Stream.fromPull(
          Effect.succeed(
            // Interruptible even where the caller is not, or the time would be up without any effect.
            watch === undefined
              ? Effect.timeoutFail(Effect.interruptible(pull), {
                  duration: stallTimeout,
                  onTimeout: () => Option.some(stalled(target, "response", stallTimeout))
                })
              : Effect.raceFirst(
                  Effect.interruptible(pull),
                  Effect.interruptible(Effect.mapError(watch(stallTimeout), Option.some))
                )
          )
        )
    )
  )

/**
 * Reads a whole body as text, at most `limit` bytes of it: a longer one is cut there if it is an error's, which needs no
 * more than its beginning, and fails if it is a result.
 */
export const readText = (
  response: HttpClientResponse.HttpClientResponse,
  target: Target,
  options: {
    readonly stallTimeout: Duration.Duration
    readonly limit: number
    readonly beyond: "cut" | "fail"
    readonly watch?: Watch | undefined
  }
): Effect.Effect<string, TransportError> =>
  Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    return bodyStream(response, target, options.stallTimeout, options.watch).pipe(
      Stream.runForEachWhile((chunk) =>
        Effect.suspend(() => {
          chunks.push(chunk)
          size += chunk.byteLength
          if (size <= options.limit) return Effect.succeed(true)
          return options.beyond === "cut" ? Effect.succeed(false) : Effect.fail(tooLong(target, options.limit))
        })
      ),
      Effect.map(() => Buffer.concat(chunks).toString("utf8", 0, options.limit))
    )
  })

/** Reads a body into a sink, as far as that takes it; beyond `limit` it fails, unless the sink has a limit of its own. */
export const readInto = (
  response: HttpClientResponse.HttpClientResponse,
  target: Target,
  sink: Sink,
  options: {
    readonly stallTimeout: Duration.Duration
    readonly limit: number
    readonly watch?: Watch | undefined
  }
): Effect.Effect<void, TransportError> =>
  Effect.suspend(() => {
    let size = 0
    return Stream.runForEachWhile(bodyStream(response, target, options.stallTimeout, options.watch), (bytes) => {
      size += bytes.byteLength
      sink.add(bytes)
      return sink.limit === undefined && size > options.limit
        ? Effect.fail(tooLong(target, options.limit))
        : Effect.succeed(sink.limit === undefined || size <= sink.limit)
    })
  })

/** How long a refusal's body may stand still: what it says is not worth as much as a result. */
export const refusalStall = (stallTimeout: Duration.Duration): Duration.Duration =>
  Duration.min(stallTimeout, Duration.seconds(10))

/**
 * Reads the beginning of a refusal's body. What cannot be read is left out: the status already says what happened.
 */
export const readRefusal = (
  response: HttpClientResponse.HttpClientResponse,
  target: Target,
  stallTimeout: Duration.Duration,
  limit = 65_536,
  watch?: Watch
): Effect.Effect<string> =>
  Effect.orElseSucceed(
    readText(response, target, {
      stallTimeout: refusalStall(stallTimeout),
      limit,
      beyond: "cut",
      watch
    }),
    () => ""
  )
