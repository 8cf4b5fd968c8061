/**
 * A response whose body is still arriving. Each way of reading the body is made when it is asked for: for a small object it would
 * cost more than the bytes.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { TransportError } from "../../CloudError.js"
import { type Head, largestRefusal, type Outgoing } from "./messages.js"
import { type InFlightRequest, textOf } from "./inFlightRequest.js"
import { tooLong } from "./transportError.js"

export class OpenResponse implements Head {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>

  constructor(
    private readonly request: InFlightRequest,
    private readonly outgoing: Outgoing
  ) {
    this.status = request.status
    this.headers = request.headers
  }

  /** The beginning of a refusal's body; empty where it cannot be read, since the status already says what happened. */
  get refusal(): Effect.Effect<string> {
    return Effect.orElseSucceed(this.text(largestRefusal, "cut"), () => "")
  }

  /** The body as it arrives, with back-pressure. */
  get stream(): Stream.Stream<Uint8Array, TransportError> {
    return Stream.fromPull(Effect.succeed(this.pull))
  }

  /** Reads the body into parts without a Stream; where it breaks off, what has come before is among them. */
  readInto(parts: Array<Uint8Array>): Effect.Effect<void, TransportError> {
    const { pull } = this
    const step: Effect.Effect<void, TransportError> = Effect.matchEffect(pull, {
      onFailure: Option.match({ onNone: () => Effect.void, onSome: Effect.fail }),
      onSuccess: (chunk) => {
        for (const part of chunk) parts.push(part)
        return step
      }
    })
    return step
  }

  /** Reads the whole body as UTF-8, at most `limit` bytes of it: a longer one is cut there, or fails with `tooLong`. */
  text(limit: number, beyond: "cut" | "fail"): Effect.Effect<string, TransportError> {
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
    // Interruptible even where the caller is not, since a timeout would otherwise have no effect.
    const more = Effect.interruptible(
      Effect.async<void>((resume) => {
        request.onMore(() => resume(Effect.void))
        return Effect.sync(() => request.leave())
      })
    )
    return pull
  }
}
