/**
 * The recommended HttpClient, based on undici, and on Bun on `fetch`. Over undici, the services of this library use its dispatcher
 * directly, which is much cheaper for small requests. They do so only if the HttpClient that they get is exactly the one of the
 * layer, not one that was derived from it.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
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
      // The platform types it as the global FormData, and undici as its own, which is the same.
      return body.formData as unknown as Body
    case "Stream":
      return Readable.from(Stream.toAsyncIterable(body.stream), { objectMode: false })
  }
}

/**
 * An HttpClient on a dispatcher of undici. The caller closes the dispatcher. To let the services of this library use the
 * dispatcher directly, use {@link layerDispatcher}.
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
 * An HttpClient on a dispatcher of undici, such as an `Agent` with custom limits or certificates, or a `ProxyAgent`. It does not
 * follow redirects or decompress responses.
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

/** Bun's `fetch` would otherwise decompress an object that was stored compressed. Other runtimes ignore the option. */
const asStored = { decompress: false }

const layerFetch = Layer.provide(
  FetchHttpClient.layer,
  Layer.succeed(FetchHttpClient.Fetch, (input, init) => globalThis.fetch(input, { ...init, ...asStored }))
)

/**
 * An HttpClient with its own connections, which are closed with the layer's scope. It does not follow redirects or decompress
 * responses. It also provides the {@link UndiciDispatcher}, except on Bun, which replaces undici by a module without a working
 * dispatcher: there it is the platform's `fetch`, whose connections belong to the process.
 */
export const layer: Layer.Layer<HttpClient.HttpClient> = Layer.unwrapEffect(
  // Imported on demand, since undici takes longer to import than the rest of this library.
  Effect.map(
    Effect.promise(() => import("undici")),
    ({ Agent }) =>
      typeof Agent.prototype.dispatch === "function"
        ? layerDispatcher(
            Effect.acquireRelease(
              Effect.sync(() => new Agent()),
              (agent) => Effect.promise(() => agent.destroy())
            )
          )
        : layerFetch
  )
)
