/**
 * Sends requests with any HttpClient.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberRefs from "effect/FiberRefs"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import { withPause } from "../bytes/backPressure.js"
import type { Connection, Driver, InFlightRequest } from "./inFlightRequest.js"
import type { Outbound } from "./requestBody.js"
import { fromPlatform } from "./transportError.js"

/** Request and response headers that contain secrets. */
const secretHeaders: ReadonlyArray<string | RegExp> = [
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

/**
 * In bytes: a body up to this length is read at once, which is much cheaper than a Stream (`node bench/files.mjs get --clients
 * effect,library-mapped`). All of it must then arrive within the stall timeout.
 */
const readAtOnce = 64 * 1024

/**
 * In bytes: the same for an open response whose reader wants the whole body. If it breaks off, all of it is requested again, so this
 * is short.
 */
const readOpenAtOnce = 4 * 1024

const noTracing = (): boolean => true

/**
 * The runtime of the client: that of the sender, but with redacted secret headers; without redirects, which might send the token to
 * another host; and without the platform's spans, which would contain full URLs. The library creates its own spans.
 */
const runtimeOf = (sender: Fiber.RuntimeFiber<unknown, unknown>): Runtime.Runtime<never> => {
  const context: Context.Context<never> = sender.currentContext
  const fiberId = sender.id()
  const redactedNames = sender.getFiberRef(Headers.currentRedactedNames)
  return Runtime.make({
    context: Context.add(context, FetchHttpClient.RequestInit, {
      ...Context.getOrElse(context, FetchHttpClient.RequestInit, () => ({})),
      redirect: "manual"
    }),
    runtimeFlags: Runtime.defaultRuntimeFlags,
    fiberRefs: FiberRefs.updateAs(
      FiberRefs.updateAs(sender.getFiberRefs(), {
        fiberId,
        fiberRef: HttpClient.currentTracerDisabledWhen,
        value: noTracing
      }),
      { fiberId, fiberRef: Headers.currentRedactedNames, value: [...redactedNames, ...secretHeaders] }
    )
  })
}

/** The request body as a Stream, with back-pressure. */
const streamOf = (body: Outbound): Stream.Stream<Uint8Array> =>
  Stream.repeatEffectChunkOption(
    Effect.flatMap(
      Effect.promise(() => body.next()),
      (next) => (next.done === true ? Effect.fail(Option.none()) : Effect.succeed(withPause(Chunk.of(next.value))))
    )
  )

const platformRequest = ({ body, outgoing }: InFlightRequest<unknown>): HttpClientRequest.HttpClientRequest => {
  const { body: content, endpoint, headers, method, path } = outgoing
  const request = HttpClientRequest.make(method as HttpMethod)(endpoint.href + path, { headers })
  if (content === undefined) return request
  const contentType = headers["content-type"] ?? "application/octet-stream"
  return HttpClientRequest.setBody(
    request,
    body !== undefined
      ? HttpBody.stream(streamOf(body), contentType, content.length)
      : HttpBody.uint8Array(content.bytes ?? new Uint8Array(0), contentType)
  )
}

const hasNoBody = ({ headers, request, status }: HttpClientResponse.HttpClientResponse): boolean =>
  request.method === "HEAD" || status === 204 || status === 304 || headers["content-length"] === "0"

class ClientRequest implements Connection {
  private fiber: Fiber.RuntimeFiber<void> | undefined
  private onResume: (() => void) | undefined

  constructor(
    client: HttpClient.HttpClient,
    private readonly request: InFlightRequest<unknown>,
    sender: Fiber.RuntimeFiber<unknown, unknown>
  ) {
    const { target } = request.outgoing
    const exchange = Effect.suspend(() => client.execute(platformRequest(request))).pipe(
      Effect.flatMap((response) => {
        request.onHead(response.status, response.headers)
        return this.read(response)
      }),
      Effect.matchCause({
        onSuccess: () => request.onEnd(),
        onFailure: (cause) => request.onFailure(Cause.map(cause, (error) => fromPlatform(target, error)))
      })
    )
    this.fiber = Runtime.runFork(runtimeOf(sender))(exchange)
  }

  resume(): void {
    const { onResume } = this
    this.onResume = undefined
    onResume?.()
  }

  abort(): void {
    this.fiber?.unsafeInterruptAsFork(this.fiber.id())
  }

  get closed(): Effect.Effect<void> {
    return this.fiber === undefined ? Effect.void : Effect.asVoid(this.fiber.await)
  }

  /** Passes the body to the request. Reads the end of an empty body too, since otherwise node:http does not reuse the connection. */
  private read(response: HttpClientResponse.HttpClientResponse): Effect.Effect<void, HttpClientError.ResponseError> {
    const { request } = this
    if (hasNoBody(response)) return Effect.ignore(response.arrayBuffer)
    const length = Number(response.headers["content-length"] ?? Infinity)
    const whole = Effect.map(response.arrayBuffer, (bytes) => request.onData(new Uint8Array(bytes)))
    const inChunks = Stream.runForEachChunk(response.stream, (chunk) =>
      Effect.suspend(() => {
        for (const part of chunk) request.onData(part)
        return request.isFull ? this.resumedWhen(() => !request.isFull) : Effect.void
      })
    )
    if (request.isCollected) return length <= readAtOnce ? whole : inChunks
    if (length > readOpenAtOnce) return inChunks
    return Effect.flatMap(
      this.resumedWhen(() => request.wantsWhole !== undefined),
      () => (request.wantsWhole === true ? whole : inChunks)
    )
  }

  /** Waits until the reader resumes the request, unless it is ready now. */
  private resumedWhen(isReady: () => boolean): Effect.Effect<void> {
    return Effect.async((resume) => {
      if (isReady()) resume(Effect.void)
      else this.onResume = () => resume(Effect.void)
    })
  }
}

export const make =
  (client: HttpClient.HttpClient): Driver =>
  (request, sender) =>
    new ClientRequest(client, request, sender)
