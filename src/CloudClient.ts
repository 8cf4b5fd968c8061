/**
 * One authenticated HTTP client per service: it finds the service's endpoint in the account's catalog, sets the token,
 * repeats what is worth repeating, and turns refusals into typed errors. Each operation is one span, with the HTTP semantic
 * attributes and without any secret.
 *
 * @since 0.1.0
 */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Tracer from "effect/Tracer"
import type { Access } from "./Access.js"
import {
  type AuthenticationFailed,
  type CommonError,
  type DocumentedError,
  type EndpointNotFound,
  fromRefusal,
  InvalidInput,
  type Operation,
  requestIdOf,
  type TransportError
} from "./CloudError.js"
import { TokenRef, retryUnauthorized } from "./Identity.js"
import { withPause } from "./internal/backPressure.js"
import {
  bodyStream,
  exchange,
  lateResponse,
  readRefusal,
  readText,
  secure,
  type SecureClient,
  send,
  stalled,
  type Target
} from "./internal/http.js"
import type * as RequestBody from "./RequestBody.js"
import * as RetryPolicy from "./RetryPolicy.js"
import * as ServiceCatalog from "./ServiceCatalog.js"
import * as Telemetry from "./Telemetry.js"

/**
 * Where a service is found and how its requests are repeated. Every service's layer takes these.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The region, in any case; default: the user's own, else the only one there is. */
  readonly region?: string | undefined
  /** Default `public`. `internal` is the region's own network, which costs no traffic at Rackspace. */
  readonly interface?: ServiceCatalog.EndpointInterface | undefined
  /** The service's URL, instead of what the catalog says. */
  readonly endpoint?: string | undefined
  /**
   * The microversion that the service is to speak, `2.79` or `latest`, where it has such (Nova). Default: its oldest, which is
   * what Rackspace has.
   */
  readonly microversion?: string | undefined
  /** The service's policy, where the caller provides none. */
  readonly retry?: RetryPolicy.Service | undefined
  /** Changes the HttpClient that the service uses: a proxy's header, a log, a limit of its own. */
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
}

/**
 * How a service is found: where in the catalog, and what a URL must be like that is named instead.
 *
 * @since 0.1.0
 * @category models
 */
export interface Selector extends ServiceCatalog.EndpointSelector {
  /** The type by which the service is named where a microversion of it is asked for: `compute`. */
  readonly microversions?: string | undefined
  /**
   * Completes the URL in `Options.endpoint` (without a trailing slash), given the tenant of the login, if it has one; else
   * answers what the URL should be. By default it is taken as it is.
   */
  readonly complete?: ((endpoint: string, tenantId: string | undefined) => Either.Either<string, string>) | undefined
  /** Where the requests go, given the endpoint's URL, where that is not the endpoint itself: what stands beside it. */
  readonly beside?: ((endpointUrl: string) => string) | undefined
}

/**
 * One request, ready but for host and token.
 *
 * @since 0.1.0
 * @category models
 */
export interface Request<Tag extends DocumentedError["_tag"]> extends Operation {
  readonly method: HttpMethod
  /** The path as documented, with its parameters' names; for spans. */
  readonly template: string
  /** The path behind the endpoint's URL, encoded, with its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: RequestBody.Content | undefined
  /** Whether it may be sent again after a failure that leaves open whether it arrived. */
  readonly idempotent: boolean
  /** Statuses besides 2xx that are handed to `receive`, since they are no refusal. */
  readonly accepts?: ReadonlySet<number> | undefined
  /** The errors that its documentation names. */
  readonly documented: ReadonlySet<Tag>
  /** Secrets in it besides the token, which no error may repeat. */
  readonly secrets?: ReadonlyArray<string> | undefined
}

/**
 * A response that does not refuse.
 *
 * @since 0.1.0
 * @category models
 */
export interface Response extends Operation {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly requestId: string | undefined
  /** The whole body as text, up to 64 MiB. */
  readonly text: Effect.Effect<string, TransportError>
  /** Reads the rest of the body and forgets it, so that the connection can be used again. */
  readonly discard: Effect.Effect<void>
  /** The body as it arrives, with back-pressure; it ends with the scope of the request. */
  readonly stream: Stream.Stream<Uint8Array, TransportError>
}

/**
 * An authenticated client of one service.
 *
 * @since 0.1.0
 * @category models
 */
export interface CloudClient {
  /** The service's name in code: `CloudServers`. */
  readonly service: string
  /** The URL of the service's endpoint, without a trailing slash. */
  readonly endpointUrl: Effect.Effect<string, AuthenticationFailed | EndpointNotFound | InvalidInput>
  /**
   * Sends a request and hands the response to `receive`. Failures of `receive` count as the request's own and are repeated
   * like those. The connection is held until the scope ends.
   */
  readonly send: <A, E extends { readonly _tag: string }, Tag extends DocumentedError["_tag"]>(
    request: Request<Tag>,
    receive: (response: Response) => Effect.Effect<A, E>
  ) => Effect.Effect<A, CommonError | Extract<DocumentedError, { readonly _tag: Tag }> | E, Scope.Scope>
}

const largestText = 64 * 1024 * 1024

/** Bodies up to this size are handed over whole; a longer one is watched as it goes, piece by piece. */
const wholeUpTo = 1024 * 1024

const metrics = <Type, In, Out>(metric: Metric.Metric<Type, In, Out>) => {
  const tagged = new Map<string, Metric.Metric<Type, In, Out>>()
  return (labels: Readonly<Record<string, string>>): Metric.Metric<Type, In, Out> => {
    const key = Object.values(labels).join("|")
    let found = tagged.get(key)
    if (found === undefined) {
      found = Object.entries(labels).reduce((metric, [label, value]) => Metric.tagged(metric, label, value), metric)
      tagged.set(key, found)
    }
    return found
  }
}

const requestsOf = metrics(Telemetry.requests)
const retriesOf = metrics(Telemetry.retries)
const sentOf = metrics(Telemetry.bytesSent)
const receivedOf = metrics(Telemetry.bytesReceived)
const timeOf = metrics(Telemetry.requestTime)

/**
 * Sends a request whose body is a stream. Three clocks apply in turn: the body must not stand still on its way out, except
 * while its own source is slow, which is no fault of the network's; and once it is out, the response must begin in time.
 *
 * Some clients run the body in a fiber of their own, and not all of them end it with the request. It ends with the attempt's
 * scope here, before another attempt may run the source again.
 */
const sendStream = (
  client: SecureClient,
  request: HttpClientRequest.HttpClientRequest,
  content: RequestBody.Content,
  contentType: string,
  target: Target,
  policy: RetryPolicy.Service
): Effect.Effect<HttpClientResponse.HttpClientResponse, TransportError, Scope.Scope> =>
  Effect.flatMap(Effect.clock, (clock) => {
    let movedAt = clock.unsafeCurrentTimeMillis()
    let phase: "moving" | "source" | "sent" = "moving"
    const move = (to: typeof phase): void => {
      phase = to
      movedAt = clock.unsafeCurrentTimeMillis()
    }
    const runners = new Set<Fiber.RuntimeFiber<unknown, unknown>>()
    const watched = Stream.unwrapScoped(
      Effect.withFiberRuntime<Stream.Stream<Uint8Array>, never, Scope.Scope>((fiber) => {
        runners.add(fiber)
        return Effect.map(Stream.toPull(content.stream), (pull) =>
          Stream.fromPull(
            Effect.succeed(
              Effect.suspend(() => {
                move("source")
                return pull
              }).pipe(
                Effect.flatMap((chunk: Chunk.Chunk<Uint8Array>) => {
                  move("moving")
                  const bytes = Chunk.reduce(chunk, 0, (sum, part) => sum + part.byteLength)
                  return Effect.as(Metric.incrementBy(sentOf({ service: target.service }), bytes), withPause(chunk))
                }),
                Effect.tapError(() => Effect.sync(() => move("sent")))
              )
            )
          )
        )
      })
    )
    const watchdog: Effect.Effect<never, TransportError> = Effect.suspend(() => {
      const limit = phase === "sent" ? policy.responseTimeout : policy.stallTimeout
      const left = Duration.toMillis(limit) - (phase === "source" ? 0 : clock.unsafeCurrentTimeMillis() - movedAt)
      return left > 0
        ? Effect.zipRight(Effect.sleep(left), watchdog)
        : Effect.fail(phase === "sent" ? lateResponse(target, limit) : stalled(target, "request", limit))
    })
    const body = HttpBody.stream(watched, contentType, content.length)
    return Effect.zipRight(
      Effect.addFinalizer(() => Fiber.interruptAll(runners)),
      // Interruptible even where the caller is not, or the loser of the race would be waited for.
      Effect.raceFirst(
        Effect.interruptible(exchange(client, HttpClientRequest.setBody(request, body), target)),
        Effect.interruptible(watchdog)
      )
    )
  })

const dispatch = (
  client: SecureClient,
  request: HttpClientRequest.HttpClientRequest,
  content: RequestBody.Content | undefined,
  target: Target,
  policy: RetryPolicy.Service
): Effect.Effect<HttpClientResponse.HttpClientResponse, TransportError, Scope.Scope> => {
  if (content === undefined) return send(client, request, target, policy.responseTimeout)
  const contentType = request.headers["content-type"] ?? "application/octet-stream"
  const { bytes } = content
  if (bytes === undefined || bytes.byteLength > wholeUpTo) {
    return sendStream(client, request, content, contentType, target, policy)
  }
  return Effect.zipRight(
    Metric.incrementBy(sentOf({ service: target.service }), bytes.byteLength),
    send(
      client,
      HttpClientRequest.setBody(request, HttpBody.uint8Array(bytes, contentType)),
      target,
      policy.responseTimeout
    )
  )
}

const toResponse = (
  response: HttpClientResponse.HttpClientResponse,
  target: Target,
  policy: RetryPolicy.Service
): Response => ({
  service: target.service,
  operation: target.operation,
  status: response.status,
  headers: response.headers,
  requestId: requestIdOf(response.headers),
  text: readText(response, target, { stallTimeout: policy.stallTimeout, limit: largestText, beyond: "fail" }),
  discard: Effect.asVoid(readRefusal(response, target, policy.stallTimeout)),
  stream: bodyStream(response, target, policy.stallTimeout).pipe(
    Stream.tap((chunk) => Metric.incrementBy(receivedOf({ service: target.service }), chunk.byteLength))
  )
})

/** Runs an attempt in a scope of its own, so that a failed one lets its connection go before the next begins. */
const inOwnScope = <A, E>(attempt: Effect.Effect<A, E, Scope.Scope>): Effect.Effect<A, E, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.scope, (ambient) =>
      Effect.flatMap(Scope.fork(ambient, ExecutionStrategy.sequential), (own) =>
        Effect.onError(restore(Scope.extend(attempt, own)), (cause) => Scope.close(own, Exit.failCause(cause)))
      )
    )
  )

/**
 * Finds the region to use where none is named: the user's own, else none, which leaves it to the catalog.
 */
const selectorFor = (
  selector: ServiceCatalog.EndpointSelector,
  options: Options,
  access: Access
): ServiceCatalog.EndpointSelector => ({
  ...selector,
  region: options.region ?? access.user.defaultRegion,
  interface: options.interface
})

/**
 * The client of one service. It makes no request by itself.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  service: string,
  selector: Selector,
  options: Options = {}
): Effect.Effect<CloudClient, never, TokenRef | HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const tokens = yield* TokenRef
    const plain = yield* HttpClient.HttpClient
    const client = secure(options.transformClient === undefined ? plain : options.transformClient(plain))

    const { microversion } = options
    const versioned =
      microversion === undefined || selector.microversions === undefined
        ? {}
        : {
            "openstack-api-version": `${selector.microversions} ${microversion}`,
            // What Nova read before the common header, and reads still.
            ...(selector.microversions === "compute" && { "x-openstack-nova-api-version": microversion })
          }
    const unversioned =
      microversion === undefined
        ? undefined
        : selector.microversions === undefined
          ? `none: ${service} has no microversions`
          : /^(\d+\.\d+|latest)$/.test(microversion)
            ? undefined
            : "a microversion: 2.79, or latest"

    const invalidOption = (operation: Operation, path: string, expected: string): InvalidInput =>
      new InvalidInput({
        service: operation.service,
        operation: operation.operation,
        issues: [{ path, expected }],
        message: `${operation.operation}: ${path}: expected ${expected}`
      })

    const urlIn = (access: Access, operation: Operation): Effect.Effect<string, EndpointNotFound | InvalidInput> => {
      if (unversioned !== undefined) return Effect.fail(invalidOption(operation, "microversion", unversioned))
      if (options.endpoint === undefined) {
        return ServiceCatalog.endpointUrl(access.catalog, selectorFor(selector, options, access), operation)
      }
      const named = options.endpoint.trim().replace(/\/+$/, "")
      if (selector.complete === undefined) return Effect.succeed(named)
      return Either.mapLeft(selector.complete(named, access.tenant?.id), (expected) =>
        invalidOption(operation, "endpoint", expected)
      )
    }

    const baseIn = (access: Access, operation: Operation): Effect.Effect<string, EndpointNotFound | InvalidInput> =>
      selector.beside === undefined ? urlIn(access, operation) : Effect.map(urlIn(access, operation), selector.beside)

    // The newest login whose token this service has accepted: where that one is rejected, it has been revoked since.
    let accepted = 0

    const attempt = <A, E, Tag extends DocumentedError["_tag"]>(
      request: Request<Tag>,
      receive: (response: Response) => Effect.Effect<A, E>,
      policy: RetryPolicy.Service,
      span: Tracer.Span
    ): Effect.Effect<A, CommonError | Extract<DocumentedError, { readonly _tag: Tag }> | E, Scope.Scope> =>
      Effect.gen(function* () {
        const access = yield* tokens.get
        const endpoint = yield* baseIn(access, request)
        const token = Redacted.value(access.token)
        const url = endpoint + request.path
        const target: Target = {
          service: request.service,
          operation: request.operation,
          method: request.method,
          url: url.split("?", 1)[0] ?? url,
          secrets: [token, ...(request.secrets ?? [])]
        }
        const start = yield* Clock.currentTimeMillis
        const response = yield* dispatch(
          client,
          HttpClientRequest.make(request.method)(url, {
            headers: { ...request.headers, ...versioned, "x-auth-token": token }
          }),
          request.body,
          target,
          policy
        ).pipe(
          Effect.tapError((error) =>
            Metric.increment(requestsOf({ service, operation: request.operation, status: error._tag }))
          )
        )
        const now = yield* DateTime.now
        yield* Metric.increment(requestsOf({ service, operation: request.operation, status: String(response.status) }))
        yield* Metric.update(timeOf({ service, operation: request.operation }), now.epochMillis - start)
        span.attribute("http.response.status_code", response.status)
        span.attribute("server.address", new URL(endpoint).host)
        const requestId = requestIdOf(response.headers)
        if (requestId !== undefined) span.attribute("rackspace.request_id", requestId)
        if ((response.status >= 200 && response.status < 300) || request.accepts?.has(response.status) === true) {
          // A 401 that is a result says nothing good of the token.
          if (response.status < 400) accepted = Math.max(accepted, access.login)
          return yield* receive(toResponse(response, target, policy))
        }
        const body = yield* readRefusal(response, target, policy.stallTimeout)
        return yield* fromRefusal(
          {
            service: request.service,
            operation: request.operation,
            method: request.method,
            url: target.url,
            status: response.status,
            headers: response.headers,
            body,
            login: access.login,
            now,
            secrets: target.secrets
          },
          request.documented
        )
      })

    return {
      service,
      endpointUrl: Effect.flatMap(tokens.get, (access) =>
        baseIn(access, { service, operation: `${service}.endpointUrl` })
      ),
      send: (request, receive) =>
        Effect.useSpan(
          request.operation,
          {
            kind: "client",
            captureStackTrace: false,
            attributes: {
              "http.request.method": request.method,
              "url.template": request.template,
              "rackspace.service": service,
              ...(options.region !== undefined && { "cloud.region": options.region })
            }
          },
          (span) =>
            Effect.flatMap(RetryPolicy.current(options.retry), (policy) => {
              let sent = 0
              const once = Effect.suspend(() => {
                if (sent++ > 0) span.attribute("http.request.resend_count", sent - 1)
                return inOwnScope(attempt(request, receive, policy, span))
              })
              let rounds = 0
              const round = Effect.suspend(() => {
                const authorized = Effect.retry(
                  once,
                  retryUnauthorized(tokens, (login) => login <= accepted)
                )
                return rounds++ === 0
                  ? authorized
                  : Effect.zipRight(Metric.increment(retriesOf({ service, operation: request.operation })), authorized)
              })
              return Effect.flatMap(RetryPolicy.schedule(policy, request.idempotent), (repetition) =>
                Effect.withParentSpan(Effect.retry(round, repetition), span)
              )
            })
        )
    }
  })
