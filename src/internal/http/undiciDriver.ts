/**
 * Sends requests directly with undici's dispatcher, which for small requests is much cheaper than an HttpClient
 * (`node bench/files.mjs put --clients library-bytes,library-mapped`).
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { IncomingHttpHeaders } from "node:http"
import type { Dispatcher } from "undici"
import type { Connection, Driver, InFlightRequest } from "./inFlightRequest.js"
import { brokenOff, noResponse } from "./transportError.js"

/** The dispatcher of undici that an HttpClient uses. */
export class UndiciDispatcher extends Context.Tag("effect-rackspace/Transport/UndiciDispatcher")<
  UndiciDispatcher,
  { readonly client: HttpClient.HttpClient; readonly dispatcher: Dispatcher }
>() {}

/** Joins repeated headers. */
const joined = (headers: IncomingHttpHeaders): Readonly<Record<string, string | undefined>> => {
  const all: Record<string, string | undefined> = headers as Record<string, string>
  for (const name in headers) {
    const value = headers[name]
    if (Array.isArray(value)) all[name] = value.join(", ")
  }
  return all
}

class DispatchedRequest implements Connection, Dispatcher.DispatchHandler {
  readonly closed = Effect.void
  private controller: Dispatcher.DispatchController | undefined
  private aborted: Error | undefined

  constructor(private readonly request: InFlightRequest<unknown>) {}

  // Called by the request.

  resume(): void {
    if (this.controller?.paused === true) this.controller.resume()
  }

  abort(): void {
    this.aborted = new Error("the request was aborted")
    this.controller?.abort(this.aborted)
  }

  // Called by undici.

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller
    if (this.aborted !== undefined) controller.abort(this.aborted)
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // Ignores the informational responses 100 and 103.
    if (status >= 200) this.request.onHead(status, joined(headers))
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.request.onData(chunk)
    if (this.request.isFull) controller.pause()
  }

  onResponseEnd(): void {
    this.request.onEnd()
    // Otherwise a finished request would keep the network's buffers alive.
    this.controller = undefined
  }

  onResponseError(_: Dispatcher.DispatchController, cause: Error): void {
    const { outgoing, status } = this.request
    this.request.onFailure(Cause.fail((status === 0 ? noResponse : brokenOff)(outgoing.target, cause)))
  }
}

export const make =
  (dispatcher: Dispatcher): Driver =>
  (request) => {
    const { body, endpoint, headers, method, path, target } = request.outgoing
    const { origin, pathname } = endpoint.url
    const whole = pathname === "/" ? path : pathname + path
    const connection = new DispatchedRequest(request)
    try {
      dispatcher.dispatch(
        {
          origin,
          path: whole.startsWith("/") ? whole : `/${whole}`,
          method: method as Dispatcher.HttpMethod,
          headers:
            request.body === undefined || body?.length === undefined
              ? headers
              : { ...headers, "content-length": String(body.length) },
          body: (request.body ?? body?.bytes ?? null) as Exclude<Dispatcher.DispatchOptions["body"], undefined>,
          // The request has its own deadlines.
          headersTimeout: 0,
          bodyTimeout: 0
        },
        connection
      )
    } catch (cause) {
      request.onFailure(Cause.fail(noResponse(target, cause)))
    }
    return connection
  }
