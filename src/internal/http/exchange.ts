/**
 * Sends requests and reads their responses, for services and logins, over any kind of HTTP client.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { TransportError } from "../../CloudError.js"
import type { Receiving } from "../bytes/bufferPool.js"
import type { Sink } from "../bytes/sink.js"
import * as ClientDriver from "./clientDriver.js"
import { type Driver, InFlightRequest, type Reading } from "./inFlightRequest.js"
import { type CollectedResponse, largestRefusal, largestText, type Outgoing, requestIdIn } from "./messages.js"
import { OpenResponse } from "./openResponse.js"
import { isWhole } from "./requestBody.js"
import * as UndiciDriver from "./undiciDriver.js"

export interface Exchange {
  /**
   * Sends a request, and waits for the head of its response. The response can be read until the scope ends. `into` provides the
   * buffers for its body, which the reader of the body must release.
   */
  readonly open: (
    request: Outgoing,
    into?: Receiving | undefined
  ) => Effect.Effect<OpenResponse, TransportError, Scope.Scope>
  /**
   * Sends a request, and waits for its whole response. The body is kept if `keeps` is true or the status is an error, or else written
   * to a sink as it arrives. A new sink is created for each request.
   */
  readonly collect: (
    request: Outgoing,
    keeps: boolean | (() => Sink)
  ) => Effect.Effect<CollectedResponse, TransportError>
}

/**
 * Sends the request and waits for the head or the end of its response. On failure or interruption, the request is closed first.
 * A deadline ends the wait without an interruption, so that it also works in a finalizer.
 */
const awaited = (request: InFlightRequest, driver: Driver): Effect.Effect<InFlightRequest, TransportError> =>
  Effect.withFiberRuntime<InFlightRequest, TransportError>((fiber) =>
    Effect.async<InFlightRequest, TransportError>((resume) => {
      request.onChange(() =>
        resume(
          request.failure === undefined
            ? Effect.succeed(request)
            : Effect.zipRight(request.close, Effect.failCause(request.failure))
        )
      )
      request.send(driver, fiber)
      return request.close
    })
  )

const readingOf = (keeps: boolean | (() => Sink)): Extract<Reading, { readonly _tag: "Collected" }> => {
  if (typeof keeps === "boolean")
    return { _tag: "Collected", keeps, sink: undefined, limit: keeps ? largestText : largestRefusal }
  const sink = keeps()
  return { _tag: "Collected", keeps: sink.limit === undefined, sink, limit: sink.limit ?? largestText }
}

export const make = (driver: Driver): Exchange => ({
  open: (outgoing, into) =>
    Effect.uninterruptibleMask((restore) => {
      const request = new InFlightRequest(outgoing, { _tag: "Open", into })
      return Effect.zipRight(
        Effect.addFinalizer(() => request.close),
        Effect.map(restore(awaited(request, driver)), () => new OpenResponse(request, outgoing))
      )
    }),
  collect: (outgoing, keeps) =>
    Effect.suspend(() => {
      const reading = readingOf(keeps)
      const { sink } = reading
      const { limit, target } = outgoing
      const request = new InFlightRequest(outgoing, reading)
      const response = Effect.map(awaited(request, driver), ({ headers, status }): CollectedResponse => ({
        service: target.service,
        operation: target.operation,
        status,
        headers,
        requestId: requestIdIn(headers, target),
        text: () => request.text(),
        sink
      }))
      // A response may arrive before the whole request body was sent.
      const isWholeBody = outgoing.body === undefined || isWhole(outgoing.body)
      const closed = isWholeBody ? response : Effect.ensuring(response, request.close)
      // The bytes that a sink has received count towards the limit, which delays the next bytes.
      return limit === undefined || sink === undefined ? closed : Effect.tap(closed, () => limit.take(request.size))
    })
})

/**
 * Sends requests with the environment's HttpClient after `transform`. If the result is exactly the client of the UndiciDispatcher, the
 * dispatcher is used directly. A client that was derived from it may do more, so it is used as it is.
 */
export const fromEnvironment = (
  transform: (client: HttpClient.HttpClient) => HttpClient.HttpClient = (client) => client
): Effect.Effect<Exchange, never, HttpClient.HttpClient> =>
  Effect.map(
    Effect.all([HttpClient.HttpClient, Effect.serviceOption(UndiciDriver.UndiciDispatcher)]),
    ([given, undici]) => {
      const client = transform(given)
      return make(
        Option.isSome(undici) && undici.value.client === client
          ? UndiciDriver.make(undici.value.dispatcher)
          : ClientDriver.make(client)
      )
    }
  )
