/**
 * Ends a request in the middle of its checks. Services check dozens of fields and headers, each of which may end the
 * request. A refusal is thrown and caught within one synchronous call, so that checks are written in sequence and no
 * other request runs in between.
 */
import * as Effect from "effect/Effect"
import type { WireResponse } from "./Protocol.js"
import * as Reply from "./Reply.js"

/** The response that ends a request. */
export class Refusal {
  readonly _tag = "Refusal"
  constructor(readonly response: WireResponse) {}
}

/** Ends the request with this response. */
export const refuse = (response: WireResponse): never => {
  throw new Refusal(response)
}

/** Ends the request with a fault in its wrapper: `fault(400, "badRequest", "…")`. */
export const fault = (status: number, key: string, message: string): never => refuse(Reply.fault(status, key, message))

/** Runs a synchronous handler, and returns its response or its refusal. */
export const catching = (respond: () => WireResponse): WireResponse => {
  try {
    return respond()
  } catch (thrown) {
    if (thrown instanceof Refusal) {
      return thrown.response
    }
    throw thrown
  }
}

/** Runs checks and changes at once. A refusal becomes a failure, which {@link answered} converts back. */
export const attempt = <A>(evaluate: () => A): Effect.Effect<A, Refusal> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(evaluate())
    } catch (thrown) {
      if (thrown instanceof Refusal) {
        return Effect.fail(thrown)
      }
      throw thrown
    }
  })

/** Returns the response or the refusal of a handler. */
export const answered = <E extends { readonly _tag: string }>(
  answer: Effect.Effect<WireResponse, E | Refusal>
): Effect.Effect<WireResponse, Exclude<E, Refusal>> =>
  Effect.catchAll(answer, (problem) =>
    problem instanceof Refusal ? Effect.succeed(problem.response) : Effect.fail(problem as Exclude<E, Refusal>)
  )
