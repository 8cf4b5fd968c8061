/**
 * Listings whose next page is asked for by the last name of the one before, and whose items are handed on as they arrive.
 */
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { MalformedResponse, TransportError } from "../../CloudError.js"
import { inWordsOf } from "../../internal/pageSize.js"
import { largerInto, makePool, receiving } from "../../internal/recycling.js"
import * as RetryPolicy from "../../RetryPolicy.js"

/**
 * In bytes: what pages are received in, one after the other. Of a million items the buffers of the network's would be 200 MiB, of
 * which the garbage collector takes its time to free those that it has seen twice.
 */
const pieceSize = 128 * 1024

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
  // One pull for all pages: each as a stream behind the one before would carry every item through as many layers as pages.
  Stream.fromPull(
    Effect.gen(function* () {
      const { first, nameOf, open, operation, service } = options
      const policy = yield* RetryPolicy.current(options.retry)
      const attempts = yield* Schedule.driver(
        RetryPolicy.scheduleSince<TransportError>(0, { ...policy, maxElapsed: Duration.infinity }, true)
      )
      const outer = yield* Effect.scope
      const pool = makePool(pieceSize)
      type Pull = Effect.Effect<Chunk.Chunk<A>, Option.Option<E | TransportError | MalformedResponse>>
      let marker = first
      /** Whether an item has arrived since the last failure: attempts are counted anew then, or a long listing would use them up. */
      let hasMoved = false
      let pull: Pull

      const openPage: Pull = Effect.suspend(() => {
        const asked = marker
        let last: string | undefined
        const sameAgain = (): Pull =>
          Effect.fail(
            Option.some(
              new MalformedResponse({
                service,
                operation,
                status: 200,
                path: "name",
                expected: "another page than the one before",
                message: `${operation}: the cloud answers the same page twice`
              })
            )
          )
        return Effect.gen(function* () {
          const scope = yield* Scope.fork(outer, ExecutionStrategy.sequential)
          // A page that does not begin was asked for again already, as often as the policy allows.
          const stream = yield* Scope.extend(Effect.locally(open(asked), receiving, largerInto(pool)), scope).pipe(
            Effect.mapError((error) => Option.some(inWordsOf(operation)(error) as E))
          )
          const items = yield* Scope.extend(Stream.toPull(stream), scope)
          pull = Effect.matchEffect(items, {
            onSuccess: (chunk): Pull => {
              if (Chunk.isNonEmpty(chunk)) {
                last = nameOf(Chunk.lastNonEmpty(chunk))
                marker = last
                hasMoved = true
              }
              return Effect.succeed(chunk)
            },
            onFailure: (cause): Pull => {
              const next = Option.match(cause, {
                onSome: (error): Pull =>
                  error instanceof TransportError ? again(error) : Effect.fail(Option.some(error)),
                onNone: (): Pull =>
                  last === undefined ? Effect.fail(Option.none()) : last === asked ? sameAgain() : openPage
              })
              return Effect.zipRight(Scope.close(scope, Exit.void), next)
            }
          })
          return yield* pull
        })
      })

      const again = (error: TransportError): Pull =>
        Effect.flatMap(hasMoved ? attempts.reset : Effect.void, () => {
          hasMoved = false
          return Effect.matchEffect(attempts.next(error), {
            onFailure: () => Effect.fail(Option.some(error)),
            onSuccess: () => openPage
          })
        })

      pull = openPage
      return Effect.suspend(() => pull)
    })
  )
