/**
 * Listings whose next page is asked for by the last name of the one before, and whose items are handed on as they arrive.
 */
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { MalformedResponse, type TransportError } from "../../CloudError.js"
import { inWordsOf } from "../../internal/pageSize.js"
import * as RetryPolicy from "../../RetryPolicy.js"

/**
 * Pages by the last name seen, until one is empty: the cloud may cap a page below what was asked for, so a short page says
 * nothing. Where a page breaks off, the listing goes on behind the last name that has arrived, as often as the policy allows
 * for one request.
 */
export const listing = <A, E extends { readonly _tag: string }>(options: {
  readonly service: string
  readonly operation: string
  /** Behind which name to begin. */
  readonly first: string | undefined
  readonly nameOf: (item: A) => string
  readonly open: (
    marker: string | undefined
  ) => Effect.Effect<Stream.Stream<A, TransportError | MalformedResponse>, E, Scope.Scope>
  /** The service's policy, where the caller provides none. */
  readonly retry: RetryPolicy.Service | undefined
}): Stream.Stream<A, E | TransportError | MalformedResponse> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { first, nameOf, open, operation, service } = options
      const policy = yield* RetryPolicy.current(options.retry)
      const attempts = yield* Schedule.driver(
        RetryPolicy.scheduleSince<TransportError>(0, { ...policy, maxElapsed: Duration.infinity }, true)
      )
      let marker = first
      /** Whether an item has arrived since the last failure: attempts are counted anew then, or a long listing would use them up. */
      let hasMoved = false

      const page: Stream.Stream<A, E | TransportError | MalformedResponse> = Stream.suspend(() => {
        const asked = marker
        let last: string | undefined
        let broken: TransportError | undefined
        // A page that does not begin was asked for again already, as often as the policy allows.
        const items = Effect.mapBoth(open(asked), {
          onFailure: (error) => inWordsOf(operation)(error) as E,
          onSuccess: (stream) =>
            stream.pipe(
              Stream.mapChunks((chunk) => {
                if (Chunk.isNonEmpty(chunk)) {
                  last = nameOf(Chunk.lastNonEmpty(chunk))
                  marker = last
                  hasMoved = true
                }
                return chunk
              }),
              Stream.catchTag("TransportError", (error) => {
                broken = error
                return Stream.empty
              })
            )
        })
        const next = Stream.suspend(() => {
          if (broken !== undefined) return again(broken)
          if (last === undefined) return Stream.empty
          if (last !== asked) return page
          return Stream.fail(
            new MalformedResponse({
              service,
              operation,
              status: 200,
              path: "name",
              expected: "another page than the one before",
              message: `${operation}: the cloud answers the same page twice`
            })
          )
        })
        return Stream.concat(Stream.unwrapScoped(items), next)
      })

      const again = (error: TransportError): Stream.Stream<A, E | TransportError | MalformedResponse> =>
        Stream.unwrap(
          Effect.flatMap(hasMoved ? attempts.reset : Effect.void, () => {
            hasMoved = false
            return Effect.match(attempts.next(error), {
              onFailure: () => Stream.fail(error),
              onSuccess: () => page
            })
          })
        )
      return page
    })
  )
