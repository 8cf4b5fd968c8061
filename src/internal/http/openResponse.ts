/**
 * A response whose body is read on demand. The effects that read the body are created by getters, since for a small object creating
 * all of them would cost more than reading it.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { TransportError } from "../../CloudError.js"
import { type Head, largestRefusal, largestText, type Outgoing, requestIdIn } from "./messages.js"
import { pacedStream } from "./pacing.js"
import { type InFlightRequest, textOf } from "./inFlightRequest.js"
import { tooLong } from "./transportError.js"

export class OpenResponse implements Head {
  readonly service: string
  readonly operation: string
  readonly status: number
  readonly headers: Head["headers"]
  readonly requestId: string | undefined

  constructor(
    private readonly request: InFlightRequest,
    private readonly outgoing: Outgoing
  ) {
    const { target } = outgoing
    this.service = target.service
    this.operation = target.operation
    this.status = request.status
    this.headers = request.headers
    this.requestId = requestIdIn(request.headers, target)
  }

  /** The beginning of an error response's body; empty if it cannot be read, since the status is enough. */
  get refusal(): Effect.Effect<string> {
    return Effect.orElseSucceed(this.readText(largestRefusal, "cut"), () => "")
  }

  /** The whole body, decoded as UTF-8, up to 64 MiB. */
  get text(): Effect.Effect<string, TransportError> {
    return this.readText(largestText, "fail")
  }

  /** Reads and drops the rest of the body, so that the connection can be reused. */
  get discard(): Effect.Effect<void> {
    return Effect.asVoid(this.refusal)
  }

  /** The body as it arrives, with back-pressure. */
  get stream(): Stream.Stream<Uint8Array, TransportError> {
    const { limit } = this.outgoing
    const stream = Stream.fromPull(Effect.succeed(this.pull))
    return limit === undefined ? stream : pacedStream(limit, stream)
  }

  /** Appends the body to `parts` without a Stream. If it fails, `parts` holds what was received before. */
  readInto(parts: Array<Uint8Array>): Effect.Effect<void, TransportError> {
    const { pull } = this
    const { limit } = this.outgoing
    const end =
      limit === undefined
        ? Effect.void
        : Effect.suspend(() => limit.take(parts.reduce((sum, { byteLength }) => sum + byteLength, 0)))
    const step: Effect.Effect<void, TransportError> = Effect.matchEffect(pull, {
      onFailure: Option.match({ onNone: () => end, onSome: Effect.fail }),
      onSuccess: (chunk) => {
        for (const part of chunk) parts.push(part)
        return step
      }
    })
    return step
  }

  /** Reads at most `limit` bytes of the body as UTF-8. A longer body is truncated, or fails with `tooLong`. */
  private readText(limit: number, beyond: "cut" | "fail"): Effect.Effect<string, TransportError> {
    return Effect.suspend(() => {
      const { outgoing, pull } = this
      const parts: Array<Uint8Array> = []
      let size = 0
      const all = Effect.sync(() => textOf(parts, limit))
      const step: Effect.Effect<string, TransportError> = Effect.matchEffect(pull, {
        onFailure: Option.match({ onNone: () => all, onSome: Effect.fail }),
        onSuccess: (chunk) => {
          for (const part of chunk) {
            parts.push(part)
            size += part.byteLength
          }
          return size <= limit ? step : beyond === "cut" ? all : Effect.fail(tooLong(outgoing.target, limit))
        }
      })
      return step
    })
  }

  private get pull(): Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<TransportError>> {
    const { outgoing, request } = this
    const pull: Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<TransportError>> = Effect.suspend(() => {
      const parts = request.take()
      if (parts !== undefined) {
        for (const part of parts) outgoing.received(part.byteLength)
        return Effect.succeed(Chunk.unsafeFromArray(parts))
      }
      if (request.failure !== undefined) return Effect.mapError(Effect.failCause(request.failure), Option.some)
      if (request.hasEnded) return Effect.fail(Option.none())
      return Effect.zipRight(more, pull)
    })
    const more = Effect.async<void>((resume) => {
      request.onMore(() => resume(Effect.void))
      return Effect.sync(() => request.leave())
    })
    return pull
  }
}
