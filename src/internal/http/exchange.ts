/**
 * Sends requests and reads their responses, for services and logins, over any kind of HTTP client.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { TransportError } from "../../CloudError.js"
import * as ClientDriver from "./clientDriver.js"
import { type Driver, InFlightRequest } from "./inFlightRequest.js"
import { type CollectedResponse, type Keeping, type Outgoing, requestIdIn } from "./messages.js"
import { OpenResponse } from "./openResponse.js"
import { isWhole } from "./requestBody.js"
import * as UndiciDriver from "./undiciDriver.js"

export interface Exchange {
  /** Sends a request, and waits for the head of its response. The response can be read until the scope ends. */
  readonly open: (request: Outgoing) => Effect.Effect<OpenResponse, TransportError, Scope.Scope>
  /** Sends a request, and waits for its whole response. The body of an error response is always kept. */
  readonly collect: <B>(request: Outgoing<B>, keeping: Keeping) => Effect.Effect<CollectedResponse, TransportError | B>
}

/**
 * Sends the request and waits for the head or the end of its response. On failure or interruption, the request is closed first.
 * A deadline ends the wait without an interruption, so that it also works in a finalizer.
 */
const awaited = <B>(
  request: InFlightRequest<B>,
  driver: Driver
): Effect.Effect<InFlightRequest<B>, TransportError | B> =>
  Effect.withFiberRuntime((fiber) =>
    Effect.async((resume) => {
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

export const make = (driver: Driver): Exchange => ({
  open: (outgoing) =>
    Effect.uninterruptibleMask((restore) => {
      const request = new InFlightRequest(outgoing, undefined)
      return Effect.zipRight(
        Effect.addFinalizer(() => request.close),
        Effect.map(restore(awaited(request, driver)), () => new OpenResponse(request, outgoing))
      )
    }),
  collect: (outgoing, keeping) =>
    Effect.suspend(() => {
      const { limit, target } = outgoing
      const request = new InFlightRequest(outgoing, keeping)
      const response = Effect.map(awaited(request, driver), ({ headers, status }): CollectedResponse => ({
        service: target.service,
        operation: target.operation,
        status,
        headers,
        requestId: requestIdIn(headers, target),
        text: () => request.text(),
        take: () => request.takeWhole()
      }))
      // A response may arrive before the whole request body was sent.
      const isWholeBody = outgoing.body === undefined || isWhole(outgoing.body)
      const closed = isWholeBody ? response : Effect.ensuring(response, request.close)
      // The received bytes count towards the limit, which delays the next bytes.
      return limit === undefined ? closed : Effect.tap(closed, () => limit.take(request.received))
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
