/**
 * Ends a request in the middle of a check. Services check dozens of fields and headers one after the other, each of which may end the
 * request; a refusal is thrown and caught within one synchronous call, so that the checks read from top to bottom and no other request
 * comes in between.
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

/** Runs a synchronous handler, and answers with its response or its refusal. */
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

/** Runs checks and changes in one go. A refusal becomes a failure, which {@link answered} turns into its response. */
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

/** Answers with the response or the refusal of a handler. */
export const answered = <E extends { readonly _tag: string }>(
  answer: Effect.Effect<WireResponse, E | Refusal>
): Effect.Effect<WireResponse, Exclude<E, Refusal>> =>
  Effect.catchAll(answer, (problem) =>
    problem instanceof Refusal ? Effect.succeed(problem.response) : Effect.fail(problem as Exclude<E, Refusal>)
  )
