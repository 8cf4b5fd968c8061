/**
 * One authenticated HTTP client per service: it finds the service's endpoint in the account's catalog, sets the token,
 * retries requests as the policy says, and turns refusals into typed errors. Each operation is one span, with the HTTP semantic
 * attributes and without any secret.
 *
 * @since 0.1.0
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
  type TransportError
} from "./CloudError.js"
import { retryUnauthorized, type Service as TokenRefService, TokenRef } from "./Identity.js"
import type { Receiving } from "./internal/bytes/bufferPool.js"
import type { Sink } from "./internal/bytes/sink.js"
import * as Admission from "./internal/concurrency/admission.js"
import { keepingInterruption } from "./internal/concurrency/interruption.js"
import * as Exchange from "./internal/http/exchange.js"
import * as LostResponse from "./internal/http/lostResponse.js"
import { byTags } from "./internal/http/metricKeys.js"
import * as keys from "./internal/http/metricKeys.js"
import { type Head, isSuccess, type Outgoing, type ServiceEndpoint } from "./internal/http/messages.js"
import { pacedContent } from "./internal/http/pacing.js"
import { Rejections } from "./internal/http/rejections.js"
import { invalidUrl, type Target, transportError } from "./internal/http/transportError.js"
import { hasUserInfo } from "./internal/http/urlText.js"
import { knownName } from "./internal/schema/closest.js"
import { invalidInput } from "./internal/schema/invalidInput.js"
import type * as RequestBody from "./RequestBody.js"
import * as RetryPolicy from "./RetryPolicy.js"
import * as ServiceCatalog from "./ServiceCatalog.js"

/**
 * Where a service is found and how its requests are retried. Every service's layer takes these.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The region, in any case; default: the user's own, else the only one there is. */
  readonly region?: string | undefined
  /** Default `public`. `internal` is the region's own network, which costs no traffic at Rackspace. */
  readonly interface?: ServiceCatalog.EndpointInterface | undefined
  /** The service's URL, instead of what the catalog says. It may hold no user name and no password. */
  readonly endpoint?: string | undefined
  /**
   * The name of the service's entry in the catalog, where the catalog lists several services of its type in one region:
   * `radosgw` and `swift`.
   */
  readonly serviceName?: string | undefined
  /**
   * The microversion that the service is to speak, `2.79` or `latest`, where it has such (Nova). Default: its oldest, which is
   * what Rackspace has.
   */
  readonly microversion?: string | undefined
  /** The service's policy, where the caller provides none. */
  readonly retry?: RetryPolicy.Service | undefined
  /**
   * How many requests of the service are under way at a time; the others wait for their turn, and take their token then.
   * Default 64. Open downloads, and uploads from streams and files, are counted each for themselves, and may be more where one
   * of them cannot go on before another begins.
   */
  readonly maxConcurrentRequests?: number | undefined
  /** Changes the HttpClient that the service uses: a proxy's header, a log, a limit of its own. */
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
}

/** The names of all options, to tell a misspelt one. */
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
   * Completes the URL in `Options.endpoint` (without a trailing slash), given the tenant of the login, if it has one; otherwise
   * returns a description of the right URL. By default it is taken as it is.
   */
  readonly complete?: ((endpoint: string, tenantId: string | undefined) => Either.Either<string, string>) | undefined
  /** Makes the URL to which requests go of the endpoint's URL, for a service that is not at the endpoint itself: `/info`. */
  readonly relocate?: ((endpointUrl: string) => string) | undefined
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
  /** The path after the endpoint's URL, encoded, with its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: RequestBody.Content | undefined
  /** The values of the path's parameters, which `NotFound` names. */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined
  /** Whether it may be sent again after a failure that leaves open whether it arrived. */
  readonly idempotent: boolean
  /**
   * Whether the cloud may work on it for minutes before it responds. It has a longer response timeout, and is not sent again
   * while the first may still be running: see `RetryPolicy`. Default false.
   */
  readonly longRunning?: boolean | undefined
  /**
   * Whether all that it does is to take one thing away: then to find nothing is success for a request that was sent before
   * and may have been carried out. Default false.
   */
  readonly removes?: boolean | undefined
  /** Whether it is sent without the token, which then a refusal does not renew. Default false. */
  readonly anonymous?: boolean | undefined
  /** Statuses besides 2xx that are handed to `receive`, since they are no refusal. */
  readonly accepts?: ReadonlySet<number> | undefined
  /** The errors that its documentation names. */
  readonly documented: ReadonlySet<Tag>
  /** Statuses by which the cloud says that an allowance is used up, and which. */
  readonly usedUp?: Readonly<Record<number, string>> | undefined
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
  /** Reads the body into parts, which costs less than a Stream; where it breaks off, what has come before is among them. */
  readonly readInto: (parts: Array<Uint8Array>) => Effect.Effect<void, TransportError>
}

/**
 * A response that does not refuse, and has arrived.
 *
 * @since 0.1.0
 * @category models
 */
export interface Collected extends Omit<Response, "text" | "discard" | "stream" | "readInto"> {
  /** Its body as text, where that was to be kept, else the empty string. */
  readonly text: () => string
  /** What has taken its body, where that was to go to a sink. */
  readonly sink: Sink | undefined
}

/**
 * The attempt of a request whose response is received.
 *
 * @since 0.1.0
 * @category models
 */
export interface CurrentAttempt {
  /** The failure of a response that ended before its content did, which only its reader notices. It is retried like others. */
  readonly incomplete: (description: string) => TransportError
  /** The failure of a response that cannot be read, without the secrets that it may quote. */
  readonly withoutSecrets: <E>(error: E) => E
  /** Whether all of the request's body was handed to the network; true where it has none. */
  readonly isBodySent: () => boolean
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
   * Sends a request, reads its response to the end, and hands it to `receive`; its body, up to 64 MiB, where that `keeps` it,
   * or hands it to a sink as it arrives. Failures of `receive` count as the request's own and are repeated like those.
   */
  readonly collect: <A, E extends { readonly _tag: string }, Tag extends DocumentedError["_tag"]>(
    request: Request<Tag>,
    keeps: boolean | (() => Sink),
    receive: (response: Collected, attempt: CurrentAttempt) => Either.Either<A, E>
  ) => Effect.Effect<A, CommonError | Extract<DocumentedError, { readonly _tag: Tag }> | E>
  /**
   * Sends a request and hands the response to `receive`. Failures of `receive` count as the request's own and are repeated
   * like those. The connection is held until the scope ends. `into` gives the buffers that the body is received in; the reader of
   * the body releases them.
   */
  readonly send: <A, E extends { readonly _tag: string }, Tag extends DocumentedError["_tag"]>(
    request: Request<Tag>,
    receive: (response: Response, attempt: CurrentAttempt) => Effect.Effect<A, E>,
    into?: Receiving | undefined
  ) => Effect.Effect<A, CommonError | Extract<DocumentedError, { readonly _tag: Tag }> | E, Scope.Scope>
}

const requestsOf = byTags(keys.requests, "service", "operation", "status")
const retriesOf = byTags(keys.retries, "service", "operation")
const sentOf = byTags(keys.bytesSent, "service")
const receivedOf = byTags(keys.bytesReceived, "service")
const timeOf = byTags(keys.requestTime, "service", "operation")

/** Runs an attempt in a scope of its own, so that a failed one lets its connection go before the next begins. */
const inOwnScope = <A, E>(attempt: Effect.Effect<A, E, Scope.Scope>): Effect.Effect<A, E, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.scope, (ambient) =>
      Effect.flatMap(Scope.fork(ambient, ExecutionStrategy.sequential), (own) =>
        Effect.onError(restore(Scope.extend(attempt, own)), (cause) => Scope.close(own, Exit.failCause(cause)))
      )
    )
  )

/** What all attempts of one request share. */
interface Circumstances {
  readonly policy: RetryPolicy.Service
  readonly clock: Clock.Clock
  readonly labels: ReadonlyArray<MetricLabel.MetricLabel>
  readonly span: Tracer.Span
  readonly lostResponse: LostResponse.LostResponse
  readonly limit: BandwidthLimit.Service | undefined
  /** When the first attempt began, and later by the time that other attempts waited for their turns; in milliseconds. */
  start: number
  /** When the current attempt began to wait for its turn, in milliseconds. */
  queuedAt: number
  /** Whether the cloud may still be working on an attempt that has failed. */
  mayBeRunning: boolean
  /** Whether the token of the latest attempt had expired when the cloud rejected it. */
  hadExpired: boolean
}

/** What all requests of one client share. */
interface Own {
  readonly service: string
  /** The headers that choose a microversion. */
  readonly versioned: Readonly<Record<string, string>>
  /** The newest login whose token this service has accepted: where that one is rejected, it has been revoked since. */
  accepted: number
  readonly rejections: Rejections
}

/** In milliseconds: a request that fails this soon after it was sent has hardly been worked on. */
const atOnce = 1_000

const gatewayTimeout = 504

/** Refusals that a service gives only after it has accepted the token. */
const tokenAccepted: ReadonlySet<number> = new Set([400, 404, 409, 410, 412, 422])

/** How many requests are under way at a time, unless another number is given. */
const defaultConcurrency = 64

/** By method and path, without the query: a resource may allow that it is read, and not that it is changed. */
const resourceOf = ({ method, path }: { readonly method: string; readonly path: string }): string =>
  `${method} ${path.split("?", 1)[0]}`

/** One attempt of a request: the headers and body that it sends, and the effects of its response. */
class Attempt<Tag extends DocumentedError["_tag"]> implements Outgoing, CurrentAttempt {
  readonly headers: Readonly<Record<string, string>>
  readonly body: RequestBody.Content | undefined
  readonly limit: BandwidthLimit.Service | undefined
  private readonly start: number
  /** When a piece of its body was last sent. */
  private sentAt: number
  private sentBytes = 0
  private hasSentAll = false

  constructor(
    private readonly own: Own,
    private readonly request: Request<Tag>,
    private readonly access: Access,
    readonly endpoint: ServiceEndpoint,
    private readonly circumstances: Circumstances
  ) {
    this.start = this.clock.unsafeCurrentTimeMillis()
    this.sentAt = this.start
    const headers: Record<string, string> = Object.assign({}, request.headers, own.versioned)
    if (request.anonymous !== true) headers["x-auth-token"] = Redacted.value(access.token)
    this.headers = headers
    const { limit } = circumstances
    const { body } = request
    this.limit = limit
    this.body =
      limit === undefined || body === undefined
        ? body
        : pacedContent(limit, body, (millis) => {
            circumstances.start += millis
          })
  }

  get method(): HttpMethod {
    return this.request.method
  }

  get path(): string {
    return this.request.path
  }

  get policy(): RetryPolicy.Service {
    return this.circumstances.policy
  }

  get clock(): Clock.Clock {
    return this.circumstances.clock
  }

  // A getter, since it is needed only where something fails.
  get target(): Target {
    const { method, operation, path, secrets = [] } = this.request
    return {
      service: this.own.service,
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
    // Of a known length, the response to the last byte may come before the body's source is asked once more.
    return body === undefined || this.hasSentAll || (body.length !== undefined && this.sentBytes >= body.length)
  }

  sent(bytes: number): void {
    if (this.request.longRunning === true) this.sentAt = this.clock.unsafeCurrentTimeMillis()
    this.sentBytes += bytes
    sentOf(this.own.service).unsafeUpdate(bytes, this.circumstances.labels)
  }

  received(bytes: number): void {
    receivedOf(this.own.service).unsafeUpdate(bytes, this.circumstances.labels)
  }

  isResult(status: number): boolean {
    return (
      isSuccess(status) ||
      this.request.accepts?.has(status) === true ||
      (this.request.removes === true && this.circumstances.lostResponse.mayBeDone && (status === 404 || status === 410))
    )
  }

  lost(error: TransportError): TransportError {
    if (error.notSent !== true) this.responseLost(this.isBodySent() && this.hasTakenLong())
    requestsOf(this.own.service, this.request.operation, error._tag).unsafeUpdate(1, this.circumstances.labels)
    return error
  }

  incomplete(description: string): TransportError {
    this.responseLost(this.hasTakenLong())
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

  /** Notes that a response has arrived. */
  arrived({ requestId, status }: Head): void {
    const { service } = this.own
    const { anonymous, operation } = this.request
    const { clock, labels, span } = this.circumstances
    requestsOf(service, operation, String(status)).unsafeUpdate(1, labels)
    timeOf(service, operation).unsafeUpdate(clock.unsafeCurrentTimeMillis() - this.start, labels)
    span.attribute("http.response.status_code", status)
    span.attribute("server.address", this.endpoint.url.host)
    if (requestId !== undefined) span.attribute("rackspace.request_id", requestId)
    const hasAccepted = (status < 400 && this.isResult(status)) || tokenAccepted.has(status)
    if (hasAccepted && anonymous !== true) {
      this.own.accepted = Math.max(this.own.accepted, this.access.login)
      this.own.rejections.accepted(resourceOf(this.request))
    }
  }

  refusal({ headers, status }: Head, body: string) {
    const { documented, method, operation, usedUp } = this.request
    const { secrets, url } = this.target
    const error = fromRefusal(
      {
        service: this.own.service,
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
        usedUp: usedUp?.[status]
      },
      documented
    )
    if (error._tag === "Unauthorized") {
      this.circumstances.hadExpired = this.clock.unsafeCurrentTimeMillis() >= this.access.expires.epochMillis
    }
    // Of 501 (Not Implemented) it is known that nothing was done.
    if (error._tag === "ServiceUnavailable" || (error._tag === "UnexpectedStatus" && status >= 500 && status !== 501)) {
      this.responseLost(status === gatewayTimeout || this.hasTakenLong())
    }
    return error
  }

  private hasTakenLong(): boolean {
    return this.clock.unsafeCurrentTimeMillis() - this.sentAt >= atOnce
  }

  /** Notes that it may have been carried out, and whether the cloud may still be working on it. Reading changes nothing. */
  private responseLost(mayBeRunning: boolean): void {
    if (this.method !== "GET" && this.method !== "HEAD") this.circumstances.lostResponse.mayBeDone = true
    if (this.request.longRunning === true && mayBeRunning) this.circumstances.mayBeRunning = true
  }
}

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
  interface: options.interface,
  serviceName: options.serviceName
})

/** A policy with the response timeout of a request. */
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
        // Nova read only this before the common header, and still reads it.
        ...(microversions === "compute" && { "x-openstack-nova-api-version": microversion })
      }

const isConcurrency = (bound: number): boolean => bound >= 1

/** The first option that cannot be used, and what it should be. */
const wrongOption = (
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

type Located<A> = Either.Either<A, EndpointNotFound | InvalidInput>

/** Finds the URL of the service for a login. */
const makeUrlOf = (service: string, selector: Selector, options: Options) => {
  const wrong = wrongOption(service, selector, options)
  const named = options.endpoint?.trim().replace(/\/+$/, "")
  return (access: Access, operation: Operation): Located<string> => {
    const invalid = (path: string, expected: string): InvalidInput =>
      invalidInput(operation.service, operation.operation, [{ path, expected }])
    const found = (): Located<string> => {
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

/** Finds the endpoint of the service, once for each login. */
const makeLocate = (service: string, urlOf: (access: Access, operation: Operation) => Located<string>) => {
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

/** The limit on bandwidth of a fiber. */
const limitIn = (fiber: Fiber.RuntimeFiber<unknown, unknown>): BandwidthLimit.Service | undefined =>
  fiber.currentContext.unsafeMap.get(BandwidthLimit.BandwidthLimit.key) as BandwidthLimit.Service | undefined

/** Runs attempts of a request until one succeeds, or its failure is not worth another. */
const makePersist = (
  own: Own,
  tokens: TokenRefService,
  { region, retry }: Options,
  serviceLimit: BandwidthLimit.Service | undefined
) => {
  const circumstancesOf = <Tag extends DocumentedError["_tag"]>(
    request: Request<Tag>,
    fiber: Fiber.RuntimeFiber<unknown, unknown>,
    span: Tracer.Span
  ): Circumstances => {
    const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
    const start = clock.unsafeCurrentTimeMillis()
    return {
      policy: policyFor(request, RetryPolicy.currentIn(fiber.currentContext, retry)),
      clock,
      labels: fiber.getFiberRef(FiberRef.currentMetricLabels),
      span,
      lostResponse: fiber.getFiberRef(LostResponse.shared) ?? { mayBeDone: false },
      limit: limitIn(fiber) ?? serviceLimit,
      start,
      queuedAt: start,
      mayBeRunning: false,
      hadExpired: false
    }
  }

  /** Repeats what has failed once, as the policy says. */
  const repeated = <A, E extends { readonly _tag: string }, R, Tag extends DocumentedError["_tag"]>(
    request: Request<Tag>,
    circumstances: Circumstances,
    failure: Failure<Tag, E>,
    attempt: Effect.Effect<A, Failure<Tag, E>, R>
  ): Effect.Effect<A, Failure<Tag, E>, R> => {
    const { clock, labels, policy } = circumstances
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
        (login) => login <= own.accepted || circumstances.hadExpired,
        () => own.rejections.isWorthLogin(resourceOf(request), clock.unsafeCurrentTimeMillis())
      )
    )
    let rounds = 0
    const round = Effect.suspend(() => {
      if (rounds++ > 0) retriesOf(own.service, request.operation).unsafeUpdate(1, labels)
      return request.anonymous === true ? first : renewing
    })
    const schedule = Schedule.whileInput(
      RetryPolicy.scheduleSince<Failure<Tag, E>>(() => circumstances.start, policy, request.idempotent),
      (error) => error._tag === "OverLimit" || !circumstances.mayBeRunning
    )
    return Effect.withParentSpan(Effect.retry(round, schedule), circumstances.span)
  }

  return <A, E extends { readonly _tag: string }, R, Tag extends DocumentedError["_tag"]>(
    request: Request<Tag>,
    attempt: (circumstances: Circumstances) => Effect.Effect<A, Failure<Tag, E>, R>
  ): Effect.Effect<A, Failure<Tag, E>, R> => {
    const attributes = {
      "http.request.method": request.method,
      "url.template": request.template,
      "rackspace.service": own.service,
      ...(region !== undefined && { "cloud.region": region })
    }
    return Effect.useSpan(request.operation, { kind: "client", captureStackTrace: false, attributes }, (span) =>
      Effect.withFiberRuntime<A, Failure<Tag, E>, R>((fiber) => {
        const circumstances = circumstancesOf(request, fiber, span)
        let sent = 0
        const once = Effect.suspend(() => {
          if (sent++ > 0) span.attribute("http.request.resend_count", sent - 1)
          circumstances.queuedAt = circumstances.clock.unsafeCurrentTimeMillis()
          return attempt(circumstances)
        }).pipe(keepingInterruption)
        // Most requests need no Schedule, which has its cost.
        return Effect.catchAll(once, (failure) => repeated(request, circumstances, failure, once))
      })
    )
  }
}

/**
 * The client of one service. Making it sends no request.
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
    const serviceLimit = Option.getOrUndefined(yield* Effect.serviceOption(BandwidthLimit.BandwidthLimit))
    const exchange = yield* Exchange.fromEnvironment(options.transformClient)
    const { maxConcurrentRequests = defaultConcurrency } = options
    const admission = Admission.make(isConcurrency(maxConcurrentRequests) ? maxConcurrentRequests : 1)
    const versioned = microversionHeaders(selector, options)
    const own: Own = { service, versioned, accepted: 0, rejections: new Rejections(tokens) }
    const urlOf = makeUrlOf(service, selector, options)
    const locate = makeLocate(service, urlOf)
    const persist = makePersist(own, tokens, options, serviceLimit)

    /** Runs an attempt of a request when it is its turn. */
    const inTurn = ({ body }: { readonly body: RequestBody.Content | undefined }, { limit }: Circumstances) =>
      body === undefined || (body.bytes !== undefined && limit === undefined) ? admission.whole : admission.upload

    /**
     * The next attempt, with a token that is taken when it is its turn: it might have expired before. The time until then does not
     * count towards that of the policy.
     */
    const attemptOf = <Tag extends DocumentedError["_tag"]>(
      request: Request<Tag>,
      circumstances: Circumstances
    ): Effect.Effect<Attempt<Tag>, AuthenticationFailed | EndpointNotFound | InvalidInput | TransportError> =>
      Effect.suspend(() => {
        circumstances.start += circumstances.clock.unsafeCurrentTimeMillis() - circumstances.queuedAt
        return Effect.flatMap(tokens.get, (access) =>
          Either.map(locate(access, request), (endpoint) => new Attempt(own, request, access, endpoint, circumstances))
        )
      })

    return {
      service,
      endpointUrl: Effect.flatMap(tokens.get, (access) =>
        urlOf(access, { service, operation: `${service}.endpointUrl` })
      ),
      collect: <A, E extends { readonly _tag: string }, Tag extends DocumentedError["_tag"]>(
        request: Request<Tag>,
        keeps: boolean | (() => Sink),
        receive: (response: Collected, attempt: CurrentAttempt) => Either.Either<A, E>
      ) =>
        persist<A, E, never, Tag>(request, (circumstances) =>
          inTurn(
            request,
            circumstances
          )(
            Effect.flatMap(attemptOf(request, circumstances), (attempt) =>
              Effect.matchEffect(exchange.collect(attempt, keeps), {
                onFailure: (error) => Effect.fail(attempt.lost(error)),
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
        receive: (response: Response, attempt: CurrentAttempt) => Effect.Effect<A, E>,
        into?: Receiving | undefined
      ) =>
        persist<A, E, Scope.Scope, Tag>(request, (circumstances) =>
          inOwnScope(
            Effect.flatMap(Effect.zipRight(admission.download, attemptOf(request, circumstances)), (attempt) =>
              Effect.matchEffect(exchange.open(attempt, into), {
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
