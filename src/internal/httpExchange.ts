/**
 * The exchange over any HttpClient.
 */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { TransportError } from "../CloudError.js"
import { type Content, pieces } from "../RequestBody.js"
import { withPause } from "./backPressure.js"
import {
  type Arriving,
  type Exchange,
  isSuccess,
  largestRefusal,
  largestText,
  type Outgoing,
  wholeUpTo
} from "./exchange.js"
import {
  bodyStream,
  exchange,
  lateResponse,
  readInto,
  readRefusal,
  readText,
  type SecureClient,
  send,
  stalled
} from "./http.js"

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
  content: Content,
  contentType: string,
  outgoing: Outgoing
): Effect.Effect<HttpClientResponse.HttpClientResponse, TransportError, Scope.Scope> =>
  Effect.suspend(() => {
    const { clock, policy, target } = outgoing
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
        // Handed over in pieces that are small enough for a slow network to move one before it counts as stalled.
        return Effect.map(Stream.toPull(Stream.flatMap(content.stream, pieces)), (pull) =>
          Stream.fromPull(
            Effect.succeed(
              Effect.suspend(() => {
                move("source")
                return pull
              }).pipe(
                Effect.map((chunk: Chunk.Chunk<Uint8Array>) => {
                  move("moving")
                  outgoing.sent(Chunk.reduce(chunk, 0, (sum, part) => sum + part.byteLength))
                  return withPause(chunk)
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
  outgoing: Outgoing
): Effect.Effect<HttpClientResponse.HttpClientResponse, TransportError, Scope.Scope> => {
  const { body: content, endpoint, headers, policy, target } = outgoing
  const request = HttpClientRequest.make(outgoing.method as HttpMethod)(endpoint.href + outgoing.path, { headers })
  if (content === undefined) return send(client, request, target, policy.responseTimeout)
  const contentType = headers["content-type"] ?? "application/octet-stream"
  const { bytes } = content
  if (bytes === undefined || bytes.byteLength > wholeUpTo) {
    return sendStream(client, request, content, contentType, outgoing)
  }
  outgoing.sent(bytes.byteLength)
  return send(
    client,
    HttpClientRequest.setBody(request, HttpBody.uint8Array(bytes, contentType)),
    target,
    policy.responseTimeout
  )
}

const arriving = (response: HttpClientResponse.HttpClientResponse, outgoing: Outgoing): Arriving => {
  const { policy, target } = outgoing
  const { stallTimeout } = policy
  return {
    status: response.status,
    headers: response.headers,
    text: (limit, beyond) => readText(response, target, { stallTimeout, limit, beyond }),
    refusal: readRefusal(response, target, stallTimeout, largestRefusal),
    stream: bodyStream(response, target, stallTimeout).pipe(
      Stream.mapChunks((chunk) => {
        outgoing.received(Chunk.reduce(chunk, 0, (sum, part) => sum + part.byteLength))
        return chunk
      })
    )
  }
}

/** The exchange over an HttpClient. */
export const make = (client: SecureClient): Exchange => ({
  open: (outgoing) => Effect.map(dispatch(client, outgoing), (response) => arriving(response, outgoing)),
  collect: (outgoing, keeps) =>
    Effect.scoped(
      Effect.flatMap(dispatch(client, outgoing), (response) =>
        Effect.suspend(() => {
          const { target } = outgoing
          const { stallTimeout } = outgoing.policy
          const { headers, status } = response
          const sink = typeof keeps === "function" ? keeps() : undefined
          if (sink !== undefined && isSuccess(status)) {
            return Effect.as(readInto(response, target, sink, { stallTimeout, limit: largestText }), {
              status,
              headers,
              text: () => "",
              sink
            })
          }
          return Effect.map(
            isSuccess(status) && keeps !== false
              ? readText(response, target, { stallTimeout, limit: largestText, beyond: "fail" })
              : readRefusal(response, target, stallTimeout, largestRefusal),
            (text) => ({ status, headers, text: () => text, sink })
          )
        })
      )
    )
})
