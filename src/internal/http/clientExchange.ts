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
import type { TransportError } from "../../CloudError.js"
import { type Content, pieces } from "../../RequestBody.js"
import { withPause } from "../bytes/backPressure.js"
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
  stalled,
  type Target,
  type Watch
} from "./request.js"

/** Whether a body is with the network, its source is asked for more of it, or it is out. */
type Phase = "moving" | "source" | "sent"

/** A request's body that goes out piece by piece. */
interface Upload {
  readonly content: Content
  /** Notes that it has moved, and its next phase. */
  readonly move: (to: Phase) => void
  /**
   * Fails once it has stood still for so long since this was run, except while its own source is slow, which is no fault of
   * the network's; and with `failure`, once it has been sent for so long.
   */
  readonly watch: (
    stallTimeout: Duration.Duration,
    afterwards: { readonly timeout: Duration.Duration; readonly failure: () => TransportError }
  ) => Effect.Effect<never, TransportError>
}

/** The upload of a request whose body is not handed over whole. */
const uploadOf = ({ body, clock, target }: Outgoing): Upload | undefined => {
  if (body === undefined || (body.bytes !== undefined && body.bytes.byteLength <= wholeUpTo)) return undefined
  let movedAt = 0
  let phase: Phase = "moving"
  return {
    content: body,
    move: (to) => {
      phase = to
      movedAt = clock.unsafeCurrentTimeMillis()
    },
    watch: (stallTimeout, { failure, timeout }) =>
      Effect.suspend(() => {
        const beginning = clock.unsafeCurrentTimeMillis()
        const round: Effect.Effect<never, TransportError> = Effect.suspend(() => {
          const since = phase === "source" ? 0 : clock.unsafeCurrentTimeMillis() - Math.max(beginning, movedAt)
          const left = Duration.toMillis(phase === "sent" ? timeout : stallTimeout) - since
          return left > 0
            ? Effect.zipRight(Effect.sleep(left), round)
            : Effect.fail(phase === "sent" ? failure() : stalled(target, "request", stallTimeout))
        })
        return round
      })
  }
}

/** What is watched while the response to an upload is read: a cloud may begin it before the request's body is out. */
const watchOf = (upload: Upload | undefined, target: Target): Watch | undefined =>
  upload === undefined
    ? undefined
    : (timeout) => upload.watch(timeout, { timeout, failure: () => stalled(target, "response", timeout) })

/**
 * Sends a request whose body is a stream. Three clocks apply in turn: the body must not stand still on its way out, except
 * while its own source is slow; and once it is out, the response must begin in time.
 *
 * Some clients run the body in a fiber of their own, and not all of them end it with the request. It ends with the attempt's
 * scope here, before another attempt may run the source again.
 */
const sendStream = (
  client: SecureClient,
  request: HttpClientRequest.HttpClientRequest,
  { content, move, watch }: Upload,
  contentType: string,
  outgoing: Outgoing
): Effect.Effect<HttpClientResponse.HttpClientResponse, TransportError, Scope.Scope> =>
  Effect.suspend(() => {
    const { policy, target } = outgoing
    const { responseTimeout } = policy
    move("moving")
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
                Effect.tapError(() =>
                  Effect.sync(() => {
                    outgoing.sentAll()
                    move("sent")
                  })
                )
              )
            )
          )
        )
      })
    )
    const body = HttpBody.stream(watched, contentType, content.length)
    return Effect.zipRight(
      Effect.addFinalizer(() => Fiber.interruptAll(runners)),
      // Interruptible even where the caller is not, or the loser of the race would be waited for.
      Effect.raceFirst(
        Effect.interruptible(exchange(client, HttpClientRequest.setBody(request, body), target)),
        Effect.interruptible(
          watch(policy.stallTimeout, {
            timeout: responseTimeout,
            failure: () => lateResponse(target, responseTimeout)
          })
        )
      )
    )
  })

const dispatch = (
  client: SecureClient,
  outgoing: Outgoing,
  upload: Upload | undefined
): Effect.Effect<HttpClientResponse.HttpClientResponse, TransportError, Scope.Scope> => {
  const { body, endpoint, headers, policy, target } = outgoing
  const request = HttpClientRequest.make(outgoing.method as HttpMethod)(endpoint.href + outgoing.path, { headers })
  const bytes = body?.bytes
  const contentType = headers["content-type"] ?? "application/octet-stream"
  if (upload !== undefined) return sendStream(client, request, upload, contentType, outgoing)
  if (bytes === undefined) return send(client, request, target, policy.responseTimeout)
  outgoing.sent(bytes.byteLength)
  return send(
    client,
    HttpClientRequest.setBody(request, HttpBody.uint8Array(bytes, contentType)),
    target,
    policy.responseTimeout
  )
}

const arriving = (
  response: HttpClientResponse.HttpClientResponse,
  outgoing: Outgoing,
  upload: Upload | undefined
): Arriving => {
  const { policy, target } = outgoing
  const { stallTimeout } = policy
  const watch = watchOf(upload, target)
  const stream = bodyStream(response, target, stallTimeout, watch).pipe(
    Stream.mapChunks((chunk) => {
      outgoing.received(Chunk.reduce(chunk, 0, (sum, part) => sum + part.byteLength))
      return chunk
    })
  )
  return {
    status: response.status,
    headers: response.headers,
    text: (limit, beyond) => readText(response, target, { stallTimeout, limit, beyond, watch }),
    // Of a refusal nothing more is expected once it stands still, whatever the upload does.
    refusal: readRefusal(
      response,
      target,
      stallTimeout,
      largestRefusal,
      isSuccess(response.status) ? watch : undefined
    ),
    stream,
    readInto: (parts) =>
      Stream.runForEachChunk(stream, (chunk) =>
        Effect.sync(() => {
          for (const part of chunk) parts.push(part)
        })
      )
  }
}

/** The exchange over an HttpClient. */
export const make = (client: SecureClient): Exchange => ({
  open: (outgoing) => {
    const upload = uploadOf(outgoing)
    return Effect.map(dispatch(client, outgoing, upload), (response) => arriving(response, outgoing, upload))
  },
  collect: (outgoing, keeps) => {
    const upload = uploadOf(outgoing)
    return Effect.scoped(
      Effect.flatMap(dispatch(client, outgoing, upload), (response) =>
        Effect.suspend(() => {
          const { target } = outgoing
          const { stallTimeout } = outgoing.policy
          const { headers, status } = response
          const watch = watchOf(upload, target)
          const sink = typeof keeps === "function" ? keeps() : undefined
          if (sink !== undefined && isSuccess(status)) {
            return Effect.as(readInto(response, target, sink, { stallTimeout, limit: largestText, watch }), {
              status,
              headers,
              text: () => "",
              sink
            })
          }
          const { refusal, text } = arriving(response, outgoing, upload)
          return Effect.map(isSuccess(status) && keeps !== false ? text(largestText, "fail") : refusal, (text) => ({
            status,
            headers,
            text: () => text,
            sink
          }))
        })
      )
    )
  }
})
