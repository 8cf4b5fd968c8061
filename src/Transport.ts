/**
 * The HttpClient to take on Node.js, on undici. To any program it is an HttpClient like every other. The services of this library
 * use undici's dispatcher directly, which costs a fraction of it for a small request; they do so as long as the HttpClient that they
 * get is the very one of the layer, and not one that was made from it.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Readable } from "node:stream"
import type { Dispatcher } from "undici"
import { UndiciResponse } from "./internal/http/undiciResponse.js"
import { UndiciDispatcher } from "./internal/http/undiciDriver.js"

export { UndiciDispatcher } from "./internal/http/undiciDriver.js"

type Body = Exclude<Dispatcher.DispatchOptions["body"], undefined>

const bodyOf = ({ body }: HttpClientRequest.HttpClientRequest): Body => {
  switch (body._tag) {
    case "Empty":
      return null
    case "Uint8Array":
      return body.body
    case "Raw":
      return body.body as Body
    case "FormData":
      return body.formData as unknown as Body
    case "Stream":
      return Readable.from(Stream.toAsyncIterable(body.stream), { objectMode: false })
  }
}

/**
 * An HttpClient on a dispatcher of undici, which whoever made it closes. {@link layerDispatcher} makes a layer of it that the services
 * of this library use directly.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (dispatcher: Dispatcher): HttpClient.HttpClient =>
  HttpClient.make((request, url, signal) =>
    Effect.tryPromise({
      try: () =>
        dispatcher
          .request({
            origin: url.origin,
            path: url.pathname + url.search,
            method: request.method,
            headers: request.headers,
            body: bodyOf(request),
            signal,
            // The caller has its own timeouts.
            headersTimeout: 0,
            bodyTimeout: 0
          })
          .then((response) => new UndiciResponse(request, response)),
      catch: (cause) => new HttpClientError.RequestError({ request, reason: "Transport", cause })
    })
  )

/**
 * An HttpClient on a dispatcher of undici: an `Agent` with other limits or certificates, a `ProxyAgent`. It follows no redirect and
 * decompresses nothing.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Transport } from "effect-rackspace"
 * import { ProxyAgent } from "undici"
 *
 * const throughProxy = Transport.layerDispatcher(
 *   Effect.acquireRelease(
 *     Effect.sync(() => new ProxyAgent("http://proxy.example.com:3128")),
 *     (proxy) => Effect.promise(() => proxy.destroy())
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerDispatcher = <E, R>(
  dispatcher: Effect.Effect<Dispatcher, E, R>
): Layer.Layer<HttpClient.HttpClient | UndiciDispatcher, E, Exclude<R, Scope.Scope>> =>
  Layer.scopedContext(
    Effect.map(dispatcher, (dispatcher) => {
      const client = make(dispatcher)
      return Context.make(HttpClient.HttpClient, client).pipe(Context.add(UndiciDispatcher, { client, dispatcher }))
    })
  )

/**
 * An HttpClient with connections of its own, which are closed with the layer's scope. It follows no redirect and decompresses
 * nothing.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<HttpClient.HttpClient | UndiciDispatcher> = layerDispatcher(
  Effect.acquireRelease(
    // Imported here, since undici takes longer to import than all of this library.
    Effect.promise(() => import("undici").then(({ Agent }) => new Agent())),
    (agent) => Effect.promise(() => agent.destroy())
  )
)
