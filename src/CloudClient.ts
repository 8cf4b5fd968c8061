/**
 * The authenticated HTTP client of a service. It finds the service's endpoint in the catalog, sets the token, retries requests
 * according to the policy, and converts error responses to typed errors. Each operation is one span with the HTTP semantic
 * attributes. Spans contain no secrets.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import type * as MetricLabel from "effect/MetricLabel"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type * as Tracer from "effect/Tracer"
import type { Access } from "./Access.js"
import * as BandwidthLimit from "./BandwidthLimit.js"
import {
  type AuthenticationFailed,
  type CommonError,
  type DocumentedError,
  type EndpointNotFound,
  fromRefusal,
  type InvalidInput,
  MalformedResponse,
  type Operation,
  scrub,
  TransportError
} from "./CloudError.js"
import { retryUnauthorized, type Service as TokenRefService, TokenRef } from "./Identity.js"
import type { OwnedChunk } from "./internal/bytes/bufferPool.js"
import type { ByteSource, Collector } from "./internal/bytes/byteSource.js"
import * as Admission from "./internal/concurrency/admission.js"
import { keepingInterruption } from "./internal/concurrency/interruption.js"
import { OperationSpan } from "./internal/tracing/operationSpan.js"
import * as Exchange from "./internal/http/exchange.js"
import * as LostResponse from "./internal/http/lostResponse.js"
import { byTags } from "./internal/http/metricKeys.js"
import * as keys from "./internal/http/metricKeys.js"
import { type Head, isSuccess, type Keeping, type Outgoing, type ServiceEndpoint } from "./internal/http/messages.js"
import { pacedContent } from "./internal/http/pacing.js"
import { Rejections } from "./internal/http/rejections.js"
import { invalidUrl, type Target, transportError } from "./internal/http/transportError.js"
import { hasUserInfo } from "./internal/http/urlText.js"
import { knownName } from "./internal/schema/closest.js"
import { invalidInput } from "./internal/schema/invalidInput.js"
import type * as RequestBody from "./RequestBody.js"
import * as RetryPolicy from "./RetryPolicy.js"
import * as ServiceCatalog from "./ServiceCatalog.js"

/** The options of every service's layer: where the service is, and how its requests are sent. */
export interface Options {
  /** The region, case-insensitive. Default: the user's default region, else the only region in the catalog. */
  readonly region?: string | undefined
  /** Default `public`. `internal` is the network within the region, whose traffic is free at Rackspace. */
  readonly interface?: ServiceCatalog.EndpointInterface | undefined
  /** The service's URL; overrides the catalog. It must not contain a user name or a password. */
  readonly endpoint?: string | undefined
  /**
   * The name of the service in the catalog, for catalogs that list several services of one type in a region, such as `radosgw`
   * and `swift`.
   */
  readonly serviceName?: string | undefined
  /**
   * The microversion to request, `2.79` or `latest`, for services with microversions (Nova). Default: the oldest, which is the
   * one that Rackspace supports.
   */
  readonly microversion?: string | undefined
  /** The policy of the service, used if the caller provides none. */
  readonly retry?: RetryPolicy.Service | undefined
  /**
   * The maximum number of requests of the service in flight; the others wait, and take their token when they are sent. Default
   * 64. Open downloads, and uploads from streams and files, each have a limit of the same size. A transfer that has waited for
   * a second starts anyway, since the running ones may depend on it.
   */
  readonly maxConcurrentRequests?: number | undefined
  /** Transforms the HttpClient that the service uses, for example to add a header or a log. */
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
}

/** The names of all options, to detect misspelt ones. */
const knownOptions: ReadonlyArray<string> = Object.keys({
  region: true,
  interface: true,
  endpoint: true,
  serviceName: true,
  microversion: true,
  retry: true,
  maxConcurrentRequests: true,
  transformClient: true
} satisfies { readonly [Name in keyof Options]-?: true })

/** How to find a service in the catalog, and how to check a URL that is given instead. */
export interface Selector extends ServiceCatalog.EndpointSelector {
  /** The service type in the microversion header: `compute`. Undefined if the service has no microversions. */
  readonly microversions?: string | undefined
  /**
   * Completes the URL in `Options.endpoint` (without a trailing slash), given the tenant of the login, if it has one. A Left
   * describes the expected URL. By default the URL is used unchanged.
   */
  readonly complete?: ((endpoint: string, tenantId: string | undefined) => Either.Either<string, string>) | undefined
  /** Derives the URL of requests from the endpoint's URL, for resources outside the endpoint, such as `/info`. */
  readonly relocate?: ((endpointUrl: string) => string) | undefined
}

/** A request without its host and token. `B` is the failure of its body's source. */
export interface Request<Tag extends DocumentedError["_tag"], out B = never> extends Operation {
  readonly method: HttpMethod
  /** The path with the names of its parameters, for spans. */
  readonly template: string
  /** The encoded path and query after the endpoint's URL. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: RequestBody.Content<B> | undefined
  /** The values of the path's parameters, for `NotFound`. */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined
  /** Whether it may be retried after a failure if it is unknown whether the cloud received it. */
  readonly idempotent: boolean
  /**
   * Whether the cloud may process it for minutes before it responds. It has a longer response timeout, and is not retried while
   * an earlier attempt may still be running: see `RetryPolicy`. Default false.
   */
  readonly longRunning?: boolean | undefined
  /**
   * Whether it only deletes a resource. A retry that does not find the resource then succeeds, if an earlier attempt may have
   * been carried out. Default false.
   */
  readonly removes?: boolean | undefined
  /** Whether it is sent without a token; a 401 then does not renew the token. Default false. */
  readonly anonymous?: boolean | undefined
  /** Statuses other than 2xx that are passed to `receive` instead of causing an error. */
  readonly accepts?: ReadonlySet<number> | undefined
  /** The documented errors of the operation. */
  readonly documented: ReadonlySet<Tag>
  /** Statuses that mean an exceeded quota, with the text that says which. */
  readonly quotaStatuses?: Readonly<Record<number, string>> | undefined
  /** Further secrets in the request, which are removed from errors. */
  readonly secrets?: ReadonlyArray<string> | undefined
}

/** A successful response. */
export interface Response extends Operation {
  readonly status: number
  /** Header names are in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly requestId: string | undefined
  /** Reads the whole body as text, up to 64 MiB. */
  readonly text: Effect.Effect<string, TransportError>
  /** Reads and drops the rest of the body, so that the connection can be reused. */
  readonly discard: Effect.Effect<void>
  /** The body as it arrives, with back-pressure. Available until the scope of the request ends. */
  readonly stream: Stream.Stream<Uint8Array, TransportError>
  /** Like `stream`, in chunks that the reader releases: pooled buffers of this length in bytes, or the network's own. */
  readonly source: (bufferSize?: number) => ByteSource<TransportError>
  /** Adds the body to `collector`, which is cheaper than a Stream. If it fails, `collector` holds what was received before. */
  readonly readInto: (collector: Collector) => Effect.Effect<void, TransportError>
}

/** A successful response whose body was received completely. It can be read once, by one of the two. */
export interface Collected extends Omit<Response, "text" | "discard" | "stream" | "source" | "readInto"> {
  /** The body as text; empty if the body was not kept. */
  readonly text: () => string
  /** The body as it is, which the caller releases; undefined if it was too long to be kept. */
  readonly take: () => OwnedChunk | undefined
}

/** The attempt that a response belongs to. */
export interface CurrentAttempt {
  /** Creates the error for a response that ended too early, which only its reader can detect. It is retried like other errors. */
  readonly incomplete: (description: string) => TransportError
  /** Removes secrets from the error of a response that cannot be decoded. */
  readonly withoutSecrets: <E>(error: E) => E
  /** Whether the whole request body was passed to the network; true if there is none. */
  readonly isBodySent: () => boolean
}

/** An authenticated client of one service. */
export interface CloudClient {
  /** The service's name in code: `CloudServers`. */
  readonly service: string
  /** The endpoint's URL, without a trailing slash. */
  readonly endpointUrl: Effect.Effect<string, AuthenticationFailed | EndpointNotFound | InvalidInput>
  /**
   * Sends a request, reads its response to the end, and passes it to `receive`. `keeping` says how much of the body is kept in
   * memory. Failures of `receive` are retried like those of the request; a failure of the source of the request body is not.
   */
  readonly collect: <
    A,
    E extends { readonly _tag: string },
    Tag extends DocumentedError["_tag"],
    B extends { readonly _tag: string } = never
  >(
    request: Request<Tag, B>,
    keeping: Keeping,
    receive: (response: Collected, attempt: CurrentAttempt) => Either.Either<A, E>
  ) => Effect.Effect<A, CommonError | Extract<DocumentedError, { readonly _tag: Tag }> | E | B>
  /**
   * Sends a request and passes the response to `receive`. Failures of `receive` are retried like those of the request. The
   * connection is held until the scope ends.
   */
  readonly send: <A, E extends { readonly _tag: string }, Tag extends DocumentedError["_tag"]>(
    request: Request<Tag>,
    receive: (response: Response, attempt: CurrentAttempt) => Effect.Effect<A, E>
  ) => Effect.Effect<A, CommonError | Extract<DocumentedError, { readonly _tag: Tag }> | E, Scope.Scope>
}

const requestsOf = byTags(keys.requests, "service", "operation", "status")
const retriesOf = byTags(keys.retries, "service", "operation")
const sentOf = byTags(keys.bytesSent, "service")
const receivedOf = byTags(keys.bytesReceived, "service")
const timeOf = byTags(keys.requestTime, "service", "operation")

/** Runs an attempt in its own scope, so that a failed attempt releases its connection before the next one begins. */
const inOwnScope = <A, E>(attempt: Effect.Effect<A, E, Scope.Scope>): Effect.Effect<A, E, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.scope, (ambient) =>
      Effect.flatMap(Scope.fork(ambient, ExecutionStrategy.sequential), (scope) =>
        Effect.onError(restore(Scope.extend(attempt, scope)), (cause) => Scope.close(scope, Exit.failCause(cause)))
      )
    )
  )

/** The state that all attempts of a request share. */
interface RequestState {
  readonly policy: RetryPolicy.Service
  readonly clock: Clock.Clock
  readonly labels: ReadonlyArray<MetricLabel.MetricLabel>
  readonly span: Tracer.Span
  readonly lostResponse: LostResponse.LostResponse
  readonly limit: BandwidthLimit.Service | undefined
  /** When the first attempt began, in milliseconds, plus the time that later attempts waited to be sent. */
  start: number
  /** When the current attempt began to wait, in milliseconds. */
  queuedAt: number
  /** Whether the cloud may still be processing a failed attempt. */
  mayBeRunning: boolean
  /** Whether the token of the latest attempt had expired when the cloud rejected it. */
  hadExpired: boolean
}

/** The state that all requests of a client share. */
interface ClientState {
  readonly service: string
  /** The headers that choose a microversion. */
  readonly versioned: Readonly<Record<string, string>>
  /** The latest login whose token this service has accepted. If that token is rejected, it was revoked in the meantime. */
  accepted: number
  readonly rejections: Rejections
}

/** A request that fails within this many milliseconds after it was sent is assumed not to be running. */
const quickFailure = 1_000

const gatewayTimeout = 504

/** Error statuses that a service returns only after it has accepted the token. */
const tokenAccepted: ReadonlySet<number> = new Set([400, 404, 409, 410, 412, 422])

const defaultConcurrency = 64

/** The method and path without the query: a user may be allowed to read a resource, but not to change it. */
const resourceOf = ({ method, path }: { readonly method: string; readonly path: string }): string =>
  `${method} ${path.split("?", 1)[0]}`

/** One attempt of a request: sets the token, and records what its response means for retries, logins and metrics. */
class Attempt<Tag extends DocumentedError["_tag"], out B = never> implements Outgoing<B>, CurrentAttempt {
  readonly headers: Readonly<Record<string, string>>
  readonly body: RequestBody.Content<B> | undefined
  readonly limit: BandwidthLimit.Service | undefined
  private readonly start: number
  /** When a part of the body was last sent. */
  private sentAt: number
  private sentBytes = 0
  private hasSentAll = false

  constructor(
    private readonly client: ClientState,
    private readonly request: Request<Tag, B>,
    private readonly access: Access,
    readonly endpoint: ServiceEndpoint,
    private readonly state: RequestState
  ) {
    this.start = this.clock.unsafeCurrentTimeMillis()
    this.sentAt = this.start
    const headers: Record<string, string> = Object.assign({}, request.headers, client.versioned)
    if (request.anonymous !== true) headers["x-auth-token"] = Redacted.value(access.token)
    this.headers = headers
    const { limit } = state
    const { body } = request
    this.limit = limit
    this.body =
      limit === undefined || body === undefined
        ? body
        : pacedContent(limit, body, (millis) => {
            state.start += millis
          })
  }

  get method(): HttpMethod {
    return this.request.method
  }

  get path(): string {
    return this.request.path
  }

  get policy(): RetryPolicy.Service {
    return this.state.policy
  }

  get clock(): Clock.Clock {
    return this.state.clock
  }

  // A getter, since it is needed only for errors.
  get target(): Target {
    const { method, operation, path, secrets = [] } = this.request
    return {
      service: this.client.service,
      operation,
      method,
      url: (this.endpoint.href + path).split("?", 1)[0] ?? "",
      secrets: [Redacted.value(this.access.token), ...secrets]
    }
  }

  sentAll(): void {
    this.hasSentAll = true
  }

  isBodySent(): boolean {
    const { body } = this
    // With a known length, the response may arrive before the end of the body's source is read.
    return body === undefined || this.hasSentAll || (body.length !== undefined && this.sentBytes >= body.length)
  }

  sent(bytes: number): void {
    if (this.request.longRunning === true) this.sentAt = this.clock.unsafeCurrentTimeMillis()
    this.sentBytes += bytes
    sentOf(this.client.service).unsafeUpdate(bytes, this.state.labels)
  }

  received(bytes: number): void {
    receivedOf(this.client.service).unsafeUpdate(bytes, this.state.labels)
  }

  isResult(status: number): boolean {
    return (
      isSuccess(status) ||
      this.request.accepts?.has(status) === true ||
      (this.request.removes === true && this.state.lostResponse.mayHaveSucceeded && (status === 404 || status === 410))
    )
  }

  lost(error: TransportError): TransportError {
    if (error.notSent !== true) this.responseLost(this.isBodySent() && this.mayHaveStarted())
    requestsOf(this.client.service, this.request.operation, error._tag).unsafeUpdate(1, this.state.labels)
    return error
  }

  incomplete(description: string): TransportError {
    this.responseLost(this.mayHaveStarted())
    return transportError(this.target, "body", description)
  }

  withoutSecrets<E>(error: E): E {
    if (!(error instanceof MalformedResponse)) return error
    const { _tag, expected, message, path, ...fields } = error
    const clean = (text: string): string => scrub(text, this.target.secrets)
    return new MalformedResponse({
      ...fields,
      expected: clean(expected),
      message: clean(message),
      path: clean(path)
    }) as E
  }

  arrived({ requestId, status }: Head): void {
    const { service } = this.client
    const { anonymous, operation } = this.request
    const { clock, labels, span } = this.state
    requestsOf(service, operation, String(status)).unsafeUpdate(1, labels)
    timeOf(service, operation).unsafeUpdate(clock.unsafeCurrentTimeMillis() - this.start, labels)
    span.attribute("http.response.status_code", status)
    span.attribute("server.address", this.endpoint.url.host)
    if (requestId !== undefined) span.attribute("rackspace.request_id", requestId)
    const hasAccepted = (status < 400 && this.isResult(status)) || tokenAccepted.has(status)
    if (hasAccepted && anonymous !== true) {
      this.client.accepted = Math.max(this.client.accepted, this.access.login)
      this.client.rejections.accepted(resourceOf(this.request))
    }
  }

  refusal({ headers, status }: Head, body: string) {
    const { documented, method, operation, quotaStatuses } = this.request
    const { secrets, url } = this.target
    const error = fromRefusal(
      {
        service: this.client.service,
        operation,
        method,
        url,
        status,
        headers,
        body,
        login: this.access.login,
        now: DateTime.unsafeMake(this.clock.unsafeCurrentTimeMillis()),
        secrets,
        parameters: this.request.parameters,
        usedUp: quotaStatuses?.[status]
      },
      documented
    )
    if (error._tag === "Unauthorized") {
      this.state.hadExpired = this.clock.unsafeCurrentTimeMillis() >= this.access.expires.epochMillis
    }
    // After a 501 (Not Implemented) nothing was done.
    if (error._tag === "ServiceUnavailable" || (error._tag === "UnexpectedStatus" && status >= 500 && status !== 501)) {
      this.responseLost(status === gatewayTimeout || this.mayHaveStarted())
    }
    return error
  }

  private mayHaveStarted(): boolean {
    return this.clock.unsafeCurrentTimeMillis() - this.sentAt >= quickFailure
  }

  /** Records that the request may have been carried out, unless it only reads, and whether it may still be running. */
  private responseLost(mayBeRunning: boolean): void {
    if (this.method !== "GET" && this.method !== "HEAD") this.state.lostResponse.mayHaveSucceeded = true
    if (this.request.longRunning === true && mayBeRunning) this.state.mayBeRunning = true
  }
}

/** Uses the user's default region if no region is given. */
const selectorFor = (
  selector: ServiceCatalog.EndpointSelector,
  options: Options,
  access: Access
): ServiceCatalog.EndpointSelector => ({
  ...selector,
  region: options.region ?? access.user.defaultRegion,
  interface: options.interface,
  serviceName: options.serviceName
})

const policyFor = (request: { readonly longRunning?: boolean | undefined }, policy: RetryPolicy.Service) =>
  request.longRunning === true
    ? { ...policy, responseTimeout: Duration.max(policy.responseTimeout, policy.longResponseTimeout) }
    : policy

/** The headers that choose a microversion. */
const microversionHeaders = (
  { microversions }: Selector,
  { microversion }: Options
): Readonly<Record<string, string>> =>
  microversion === undefined || microversions === undefined
    ? {}
    : {
        "openstack-api-version": `${microversions} ${microversion}`,
        // Older releases of Nova know only this header.
        ...(microversions === "compute" && { "x-openstack-nova-api-version": microversion })
      }

const isConcurrency = (bound: number): boolean => bound >= 1

/** Returns the first invalid option with the expected value. */
const invalidOption = (
  service: string,
  { microversions }: Selector,
  options: Options
): { readonly path: string; readonly expected: string } | undefined => {
  const { maxConcurrentRequests = defaultConcurrency, microversion } = options
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const unknown = given.find(([name]) => !knownOptions.includes(name))?.[0]
  if (unknown !== undefined) return { path: unknown, expected: knownName("option", unknown, knownOptions) }
  if (!isConcurrency(maxConcurrentRequests)) return { path: "maxConcurrentRequests", expected: "a number of 1 or more" }
  if (microversion === undefined) return undefined
  if (microversions === undefined) return { path: "microversion", expected: `none: ${service} has no microversions` }
  return /^(\d+\.\d+|latest)$/.test(microversion)
    ? undefined
    : { path: "microversion", expected: "a microversion: 2.79, or latest" }
}

type Found<A> = Either.Either<A, EndpointNotFound | InvalidInput>

/** Finds the URL of the service for a login. */
const makeUrlOf = (service: string, selector: Selector, options: Options) => {
  const wrong = invalidOption(service, selector, options)
  const named = options.endpoint?.trim().replace(/\/+$/, "")
  return (access: Access, operation: Operation): Found<string> => {
    const invalid = (path: string, expected: string): InvalidInput =>
      invalidInput(operation.service, operation.operation, [{ path, expected }])
    const found = (): Found<string> => {
      if (wrong !== undefined) return Either.left(invalid(wrong.path, wrong.expected))
      if (named === undefined) {
        return ServiceCatalog.endpointUrl(access.catalog, selectorFor(selector, options, access), operation)
      }
      if (hasUserInfo(named)) return Either.left(invalid("endpoint", "a URL without user and password"))
      if (selector.complete === undefined) return Either.right(named)
      return Either.mapLeft(selector.complete(named, access.tenant?.id), (expected) => invalid("endpoint", expected))
    }
    return selector.relocate === undefined ? found() : Either.map(found(), selector.relocate)
  }
}

/** Finds the endpoint of the service, and caches it for each login. */
const makeFindEndpoint = (service: string, urlOf: (access: Access, operation: Operation) => Found<string>) => {
  let last: { readonly access: Access; readonly endpoint: ServiceEndpoint } | undefined
  return (
    access: Access,
    operation: Operation
  ): Either.Either<ServiceEndpoint, EndpointNotFound | InvalidInput | TransportError> => {
    if (last?.access === access) return Either.right(last.endpoint)
    return Either.flatMap(urlOf(access, operation), (href) => {
      if (!URL.canParse(href)) {
        return Either.left(
          invalidUrl({ service, operation: operation.operation, method: "GET", url: href, secrets: [] })
        )
      }
      const endpoint = { href, url: new URL(href) }
      last = { access, endpoint }
      return Either.right(endpoint)
    })
  }
}

type Failure<Tag extends DocumentedError["_tag"], E> =
  CommonError | Extract<DocumentedError, { readonly _tag: Tag }> | E

const operationSpanIn = (fiber: Fiber.RuntimeFiber<unknown, unknown>): Tracer.Span | undefined =>
  fiber.currentContext.unsafeMap.get(OperationSpan.key) as Tracer.Span | undefined

/** Names the span of a request after its operation, or after the request within the operation's own span. */
const spanName = (
  { method, operation, template }: Pick<Request<never>, "method" | "operation" | "template">,
  parent: Tracer.Span | undefined
): string => (parent?.name === operation ? `${method} ${template}` : operation)

const limitIn = (fiber: Fiber.RuntimeFiber<unknown, unknown>): BandwidthLimit.Service | undefined =>
  fiber.currentContext.unsafeMap.get(BandwidthLimit.BandwidthLimit.key) as BandwidthLimit.Service | undefined

/** Runs attempts of a request until one succeeds or its failure is not retried. */
const makeWithRetries = (
  client: ClientState,
  tokens: TokenRefService,
  { region, retry }: Options,
  serviceLimit: BandwidthLimit.Service | undefined
) => {
  const stateOf = <Tag extends DocumentedError["_tag"]>(
    request: Request<Tag, unknown>,
    fiber: Fiber.RuntimeFiber<unknown, unknown>,
    span: Tracer.Span
  ): RequestState => {
    const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
    const start = clock.unsafeCurrentTimeMillis()
    return {
      policy: policyFor(request, RetryPolicy.currentIn(fiber.currentContext, retry)),
      clock,
      labels: fiber.getFiberRef(FiberRef.currentMetricLabels),
      span,
      lostResponse: fiber.getFiberRef(LostResponse.shared) ?? { mayHaveSucceeded: false },
      limit: limitIn(fiber) ?? serviceLimit,
      start,
      queuedAt: start,
      mayBeRunning: false,
      hadExpired: false
    }
  }

  /** Retries a failed request according to the policy. */
  const retryFailure = <A, E extends { readonly _tag: string }, R, Tag extends DocumentedError["_tag"]>(
    request: Request<Tag, unknown>,
    state: RequestState,
    failure: Failure<Tag, E>,
    attempt: Effect.Effect<A, Failure<Tag, E>, R>
  ): Effect.Effect<A, Failure<Tag, E>, R> => {
    const { clock, labels, policy } = state
    let isFirst = true
    const first = Effect.suspend(() => {
      if (!isFirst) return attempt
      isFirst = false
      return Effect.fail(failure)
    })
    const renewing = Effect.retry(
      first,
      retryUnauthorized(
        tokens,
        (login) => login <= client.accepted || state.hadExpired,
        () => client.rejections.isWorthLogin(resourceOf(request), clock.unsafeCurrentTimeMillis())
      )
    )
    let rounds = 0
    const round = Effect.suspend(() => {
      if (rounds++ > 0) retriesOf(client.service, request.operation).unsafeUpdate(1, labels)
      return request.anonymous === true ? first : renewing
    })
    const schedule = Schedule.whileInput(
      RetryPolicy.scheduleSince<Failure<Tag, E>>(() => state.start, policy, request.idempotent),
      (error) => error._tag === "OverLimit" || !state.mayBeRunning
    )
    return Effect.withParentSpan(Effect.retry(round, schedule), state.span)
  }

  return <A, E extends { readonly _tag: string }, R, Tag extends DocumentedError["_tag"]>(
    request: Request<Tag, unknown>,
    attempt: (state: RequestState) => Effect.Effect<A, Failure<Tag, E>, R>
  ): Effect.Effect<A, Failure<Tag, E>, R> => {
    const attributes = {
      "http.request.method": request.method,
      "url.template": request.template,
      "rackspace.service": client.service,
      ...(region !== undefined && { "cloud.region": region })
    }
    return Effect.withFiberRuntime<A, Failure<Tag, E>, R>((fiber) => {
      const parent = operationSpanIn(fiber)
      const spanOptions = { kind: "client", captureStackTrace: false, attributes, ...(parent && { parent }) } as const
      return Effect.useSpan(spanName(request, parent), spanOptions, (span) => {
        const state = stateOf(request, fiber, span)
        let sent = 0
        const once = Effect.suspend(() => {
          if (sent++ > 0) span.attribute("http.request.resend_count", sent - 1)
          state.queuedAt = state.clock.unsafeCurrentTimeMillis()
          return attempt(state)
        }).pipe(keepingInterruption)
        // Most requests need no Schedule, so it is created only after a failure.
        return Effect.catchAll(once, (failure) => retryFailure(request, state, failure, once))
      })
    })
  }
}

/** Creates the client of a service. Sends no request. */
export const make = (
  service: string,
  selector: Selector,
  options: Options = {}
): Effect.Effect<CloudClient, never, TokenRef | HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const tokens = yield* TokenRef
    const serviceLimit = Option.getOrUndefined(yield* Effect.serviceOption(BandwidthLimit.BandwidthLimit))
    const exchange = yield* Exchange.fromEnvironment(options.transformClient)
    const { maxConcurrentRequests = defaultConcurrency } = options
    const admission = Admission.make(isConcurrency(maxConcurrentRequests) ? maxConcurrentRequests : 1)
    const versioned = microversionHeaders(selector, options)
    const client: ClientState = { service, versioned, accepted: 0, rejections: new Rejections(tokens) }
    const urlOf = makeUrlOf(service, selector, options)
    const findEndpoint = makeFindEndpoint(service, urlOf)
    const withRetries = makeWithRetries(client, tokens, options, serviceLimit)

    /** Runs an attempt when the limit on concurrent requests allows it. */
    const admit = ({ body }: Pick<Request<never, unknown>, "body">, { limit }: RequestState) =>
      body === undefined || (body.bytes !== undefined && limit === undefined) ? admission.whole : admission.upload

    /**
     * Creates the next attempt when it is to be sent, since a token taken earlier might have expired. The time that it waited does
     * not count towards the policy's `maxElapsed`.
     */
    const attemptOf = <Tag extends DocumentedError["_tag"], B>(
      request: Request<Tag, B>,
      state: RequestState
    ): Effect.Effect<Attempt<Tag, B>, AuthenticationFailed | EndpointNotFound | InvalidInput | TransportError> =>
      Effect.suspend(() => {
        state.start += state.clock.unsafeCurrentTimeMillis() - state.queuedAt
        return Effect.flatMap(tokens.get, (access) =>
          Either.map(findEndpoint(access, request), (endpoint) => new Attempt(client, request, access, endpoint, state))
        )
      })

    return {
      service,
      endpointUrl: Effect.flatMap(tokens.get, (access) =>
        urlOf(access, { service, operation: `${service}.endpointUrl` })
      ),
      collect: <
        A,
        E extends { readonly _tag: string },
        Tag extends DocumentedError["_tag"],
        B extends { readonly _tag: string } = never
      >(
        request: Request<Tag, B>,
        keeping: Keeping,
        receive: (response: Collected, attempt: CurrentAttempt) => Either.Either<A, E>
      ) =>
        withRetries<A, E | B, never, Tag>(request, (state) =>
          admit(
            request,
            state
          )(
            Effect.flatMap(attemptOf(request, state), (attempt) =>
              Effect.matchEffect(exchange.collect(attempt, keeping), {
                onFailure: (error) => Effect.fail(error instanceof TransportError ? attempt.lost(error) : error),
                onSuccess: (response): Effect.Effect<A, Failure<Tag, E>> => {
                  attempt.arrived(response)
                  return attempt.isResult(response.status)
                    ? Either.mapLeft(receive(response, attempt), (error) => attempt.withoutSecrets(error))
                    : Effect.fail(attempt.refusal(response, response.text()))
                }
              })
            )
          )
        ),
      send: <A, E extends { readonly _tag: string }, Tag extends DocumentedError["_tag"]>(
        request: Request<Tag>,
        receive: (response: Response, attempt: CurrentAttempt) => Effect.Effect<A, E>
      ) =>
        withRetries<A, E, Scope.Scope, Tag>(request, (state) =>
          inOwnScope(
            Effect.flatMap(Effect.zipRight(admission.download, attemptOf(request, state)), (attempt) =>
              Effect.matchEffect(exchange.open(attempt), {
                onFailure: (error) => Effect.fail(attempt.lost(error)),
                onSuccess: (response): Effect.Effect<A, Failure<Tag, E>> => {
                  attempt.arrived(response)
                  return attempt.isResult(response.status)
                    ? Effect.mapError(receive(response, attempt), (error) => attempt.withoutSecrets(error))
                    : Effect.flatMap(response.refusal, (body) => Effect.fail(attempt.refusal(response, body)))
                }
              })
            )
          )
        )
    }
  })
