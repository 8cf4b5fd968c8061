/**
 * The HttpClient to take on Node.js: undici, as the platform's own is, and quicker. To any program it is an HttpClient like
 * every other. The services of this library find undici's dispatcher in it and talk to that directly, which spares them, of a
 * small request, most of its cost.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Readable } from "node:stream"
import { Agent, type Dispatcher } from "undici"
import { withDispatcher } from "./internal/http/undiciExchange.js"

const bodyOf = ({ body }: HttpClientRequest.HttpClientRequest): Dispatcher.DispatchOptions["body"] => {
  switch (body._tag) {
    case "Empty":
      return null
    case "Uint8Array":
      return body.body
    case "Raw":
      return body.body as Dispatcher.DispatchOptions["body"]
    case "FormData":
      return body.formData as unknown as Dispatcher.DispatchOptions["body"]
    case "Stream":
      return Readable.from(Stream.toAsyncIterable(body.stream), { objectMode: false })
  }
}

/** The statuses whose responses have no body, which the Fetch standard wants to be told so. */
const withoutBody: ReadonlySet<number> = new Set([204, 205, 304])

const toResponse = async ({ body, headers, statusCode }: Dispatcher.ResponseData): Promise<Response> => {
  const fields = Object.entries(headers).flatMap(([name, value]): Array<[string, string]> =>
    (Array.isArray(value) ? value : [value ?? ""]).map((one) => [name, one])
  )
  if (withoutBody.has(statusCode)) {
    await body.dump()
    return new Response(null, { status: statusCode, headers: fields })
  }
  return new Response(Readable.toWeb(body) as unknown as ReadableStream<Uint8Array>, {
    status: statusCode,
    headers: fields
  })
}

/**
 * An HttpClient on a dispatcher of undici, which whoever made it closes: an `Agent` with other limits or certificates, a
 * `ProxyAgent`.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { HttpClient } from "@effect/platform"
 * import { Transport } from "effect-rackspace"
 * import { ProxyAgent } from "undici"
 *
 * const throughProxy = Layer.scoped(
 *   HttpClient.HttpClient,
 *   Effect.acquireRelease(
 *     Effect.sync(() => new ProxyAgent("http://proxy.example.com:3128")),
 *     (proxy) => Effect.promise(() => proxy.destroy())
 *   ).pipe(Effect.map(Transport.make))
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (dispatcher: Dispatcher): HttpClient.HttpClient =>
  withDispatcher(
    HttpClient.make((request, url, signal) =>
      Effect.map(
        Effect.tryPromise({
          try: () =>
            dispatcher
              .request({
                origin: url.origin,
                path: url.pathname + url.search,
                method: request.method,
                headers: request.headers,
                body: bodyOf(request) ?? null,
                signal,
                // The caller keeps the time.
                headersTimeout: 0,
                bodyTimeout: 0
              })
              .then(toResponse),
          catch: (cause) => new HttpClientError.RequestError({ request, reason: "Transport", cause })
        }),
        (response) => HttpClientResponse.fromWeb(request, response)
      )
    ),
    dispatcher
  )

/**
 * An HttpClient with connections of its own, which are closed with the layer's scope. It follows no redirect and decompresses
 * nothing.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<HttpClient.HttpClient> = Layer.scoped(
  HttpClient.HttpClient,
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new Agent()),
      (agent) => Effect.promise(() => agent.destroy())
    ),
    make
  )
)
