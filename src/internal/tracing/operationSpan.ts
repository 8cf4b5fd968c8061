/**
 * The span of an operation that takes several requests, which is the parent of their spans. It is not the current span of the fiber:
 * Effect would then mark every failure with it, those of users' own sources and callbacks too, and such a failure is a Proxy.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as Tracer from "effect/Tracer"

export class OperationSpan extends Context.Tag("effect-rackspace/OperationSpan")<OperationSpan, Tracer.Span>() {}

const options = { captureStackTrace: false }

/** Gives an operation its span. */
export const traced = (
  operation: string,
  result: Effect.Effect<unknown, unknown> | Stream.Stream<unknown, unknown>
): Effect.Effect<unknown, unknown> | Stream.Stream<unknown, unknown> =>
  Effect.isEffect(result)
    ? Effect.useSpan(operation, options, (span) => Effect.provideService(result, OperationSpan, span))
    : Stream.unwrapScoped(
        Effect.map(Effect.makeSpanScoped(operation, options), (span) =>
          Stream.provideService(result, OperationSpan, span)
        )
      )
