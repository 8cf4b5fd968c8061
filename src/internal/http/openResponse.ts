/**
 * A response whose body is read on demand. The effects that read the body are created by getters, since for a small object creating
 * all of them would cost more than reading it.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { TransportError } from "../../CloudError.js"
import type { OwnedChunk } from "../bytes/bufferPool.js"
import { type ByteSource, Collector, toStream } from "../bytes/byteSource.js"
import { type InFlightRequest, textOf } from "./inFlightRequest.js"
import { type Head, largestRefusal, largestText, type Outgoing, requestIdIn } from "./messages.js"
import { pacedSource } from "./pacing.js"
import { tooLong } from "./transportError.js"

type Pull = Effect.Effect<Chunk.Chunk<OwnedChunk>, Option.Option<TransportError>>

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
    return toStream(this.source())
  }

  /** Like `stream`, in pooled buffers of this length in bytes if it is given. */
  source(bufferSize?: number | undefined): ByteSource<TransportError> {
    const { limit } = this.outgoing
    if (bufferSize !== undefined) this.request.useBuffers(bufferSize)
    const source = Stream.fromPull(Effect.succeed(this.pull))
    return limit === undefined ? source : pacedSource(limit, source)
  }

  /** Adds the body to `collector` without a Stream. If it fails, `collector` holds what was received before. */
  readInto(collector: Collector): Effect.Effect<void, TransportError> {
    const { limit } = this.outgoing
    const read = Effect.suspend(() => {
      this.request.read(true)
      return this.forEach(({ bytes }) => {
        collector.add(bytes)
        return undefined
      })
    })
    return limit === undefined ? read : Effect.tap(read, () => limit.take(collector.size))
  }

  /** Reads at most `limit` bytes of the body as UTF-8. A longer body is truncated, or fails with `tooLong`. */
  private readText(limit: number, beyond: "cut" | "fail"): Effect.Effect<string, TransportError> {
    return Effect.suspend(() => {
      const body = new Collector()
      const read = this.forEach(({ bytes }) => {
        body.add(bytes)
        if (body.size <= limit) return undefined
        return beyond === "cut" ? Effect.void : Effect.fail(tooLong(this.outgoing.target, limit))
      })
      return Effect.map(read, () => textOf(body.take(), limit))
    })
  }

  /** Calls `use` with each chunk until the end of the body, or until it returns an effect, which ends the reading. */
  private forEach(
    use: (chunk: OwnedChunk) => Effect.Effect<void, TransportError> | undefined
  ): Effect.Effect<void, TransportError> {
    const { pull } = this
    const step: Effect.Effect<void, TransportError> = Effect.matchEffect(pull, {
      onFailure: Option.match({
        onNone: () => Effect.void,
        onSome: (error): Effect.Effect<void, TransportError> => Effect.fail(error)
      }),
      onSuccess: (chunks) => {
        for (const chunk of chunks) {
          const end = use(chunk)
          if (end !== undefined) return end
        }
        return step
      }
    })
    return step
  }

  private get pull(): Pull {
    const { outgoing, request } = this
    const pull: Pull = Effect.suspend((): Pull => {
      request.read(false)
      const chunks = request.take()
      if (chunks !== undefined) {
        for (const { bytes } of chunks) outgoing.received(bytes.byteLength)
        return Effect.succeed(Chunk.unsafeFromArray(chunks))
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
