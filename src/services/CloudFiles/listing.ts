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
import { UnreadableItem } from "../../Endpoint.js"
import { renameIssuePaths } from "../../internal/paging/listing.js"
import { makeCircleDetector } from "../../internal/paging/repeatedPages.js"
import * as RetryPolicy from "../../RetryPolicy.js"

/** A marker-based listing, and how one page of it is opened. */
export interface MarkerListing<A, Marker, E> {
  readonly service: string
  readonly operation: string
  /** After which item to begin. */
  readonly first: Marker | undefined
  /** What to ask the next page with, given the last item of a page as the cloud sent it; undefined where it has no name. */
  readonly markerOf: (item: A | RawItem) => Marker | undefined
  readonly open: (
    marker: Marker | undefined
  ) => Effect.Effect<Stream.Stream<A | UnreadableItem, TransportError | MalformedResponse>, E, Scope.Scope>
  /** The service's policy, where the caller provides none. */
  readonly retry: RetryPolicy.Service | undefined
}

/** An item that is not as documented. */
export type RawItem = Readonly<Record<string, unknown>>

/** What a container, an object or a subdirectory is called, also where the rest of it cannot be read. */
export const nameOf = (item: { readonly name: string } | { readonly subdir: string } | RawItem): string | undefined => {
  const name = "subdir" in item ? item.subdir : "name" in item ? item.name : undefined
  return typeof name === "string" ? name : undefined
}

const isRaw = (item: unknown): item is RawItem => typeof item === "object" && item !== null && !Array.isArray(item)

const repeated = (service: string, operation: string): MalformedResponse =>
  new MalformedResponse({
    service,
    operation,
    status: 200,
    path: "name",
    expected: "another page than those before",
    message: `${operation}: the cloud returns the same page twice`
  })

/** A chunk without the items that cannot be read, which hardly any has. */
const readable = <A>(chunk: Chunk.Chunk<A | UnreadableItem>): Chunk.Chunk<A> =>
  Chunk.filter(chunk, (item): item is A => !(item instanceof UnreadableItem))

/**
 * The items of all pages, until a page is empty: the cloud may give fewer items than were asked for, so a short page says
 * nothing. Where a page breaks off, the listing goes on after the last item that has arrived, as often as the policy allows for
 * one request.
 *
 * Items that are not as documented are left out, and the listing fails with `MalformedResponse` for the first of them after all
 * others were emitted. It also fails with it where the pages repeat.
 */
export const listing = <A, Marker, E extends { readonly _tag: string }>(
  options: MarkerListing<A, Marker, E>
): Stream.Stream<A, E | TransportError | MalformedResponse> =>
  // One pull for all pages: each as a stream after the one before would carry every item through as many layers as pages.
  Stream.fromPull(
    Effect.gen(function* () {
      const { first, markerOf, open, operation, service } = options
      const policy = yield* RetryPolicy.current(options.retry)
      const attempts = yield* Schedule.driver(
        RetryPolicy.scheduleSince<TransportError>(0, { ...policy, maxElapsed: Duration.infinity }, true)
      )
      const outer = yield* Effect.scope
      type Failure = E | TransportError | MalformedResponse
      type Pull = Effect.Effect<Chunk.Chunk<A>, Option.Option<Failure>>
      const fail = (error: Failure): Pull => Effect.fail(Option.some(error))
      const isCircle = makeCircleDetector()
      if (first !== undefined) isCircle(first)
      let marker = first
      /** Whether the page in hand has had items. */
      let isEmpty = true
      /** Whether an item has arrived since the last failure: attempts are counted anew then, or a long listing would use them up. */
      let hasMoved = false
      let unreadable: MalformedResponse | undefined
      let pull: Pull

      const took = (chunk: Chunk.NonEmptyChunk<A | UnreadableItem>): Chunk.Chunk<A> => {
        const last = Chunk.lastNonEmpty(chunk)
        const next =
          last instanceof UnreadableItem ? (isRaw(last.raw) ? markerOf(last.raw) : undefined) : markerOf(last)
        marker = next ?? marker
        isEmpty = false
        hasMoved = true
        const bad = Chunk.toReadonlyArray(chunk).find((item) => item instanceof UnreadableItem)
        if (bad === undefined) return chunk as Chunk.Chunk<A>
        unreadable ??= bad.error
        return readable(chunk)
      }

      /** What follows the end of a page: the next one, or the end of the listing. */
      const pageEnded = (asked: Marker | undefined): Pull =>
        Effect.suspend(() => {
          if (isEmpty) return unreadable === undefined ? Effect.fail(Option.none()) : fail(unreadable)
          // Without a name there is no marker for a next page.
          if (marker === asked && unreadable !== undefined) return fail(unreadable)
          return isCircle(marker) ? fail(repeated(service, operation)) : openPage
        })

      const openPage: Pull = Effect.suspend(() => {
        const asked = marker
        isEmpty = true
        return Effect.gen(function* () {
          const scope = yield* Scope.fork(outer, ExecutionStrategy.sequential)
          // A page that does not begin was asked for again already, as often as the policy allows.
          const stream = yield* Scope.extend(open(asked), scope).pipe(
            Effect.mapError((error) => Option.some(renameIssuePaths(operation)(error) as E))
          )
          const items = yield* Scope.extend(Stream.toPull(stream), scope)
          pull = Effect.matchEffect(items, {
            onSuccess: (chunk): Pull => Effect.succeed(Chunk.isNonEmpty(chunk) ? took(chunk) : Chunk.empty()),
            onFailure: (cause): Pull => {
              const next = Option.match(cause, {
                onSome: (error): Pull => (error instanceof TransportError ? again(error) : fail(error)),
                onNone: (): Pull => pageEnded(asked)
              })
              return Effect.zipRight(Scope.close(scope, Exit.void), next)
            }
          })
          return yield* pull
        })
      })

      const again = (error: TransportError): Pull =>
        Effect.flatMap(hasMoved ? attempts.reset : Effect.void, () => {
          if (hasMoved && isCircle(marker)) return fail(repeated(service, operation))
          hasMoved = false
          return Effect.matchEffect(attempts.next(error), {
            onFailure: () => fail(error),
            onSuccess: () => openPage
          })
        })

      pull = openPage
      return Effect.suspend(() => pull)
    })
  )
