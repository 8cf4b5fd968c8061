/**
 * Listings as Streams that fetch a page when it is asked for.
 *
 * @since 0.1.0
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { MalformedResponse, type Operation } from "./CloudError.js"

/**
 * One page of a listing.
 *
 * @since 0.1.0
 * @category models
 */
export interface Page<out A, out Cursor> {
  readonly items: ReadonlyArray<A>
  /** What to ask the next page with; absent on the last page. */
  readonly next: Cursor | undefined
}

/**
 * A listing as a Stream: pages are fetched one at a time, and only when their items are asked for. A page may be empty and yet
 * have a next one.
 *
 * Fails as the page does, and with `MalformedResponse` where the service names the same next page twice in a row, which would
 * never end.
 *
 * @since 0.1.0
 * @category constructors
 */
export const stream = <A, Cursor, E, R>(
  operation: Operation,
  page: (cursor: Cursor | undefined) => Effect.Effect<Page<A, Cursor>, E, R>
): Stream.Stream<A, E | MalformedResponse, R> =>
  Stream.paginateChunkEffect(undefined as Cursor | undefined, (cursor) =>
    Effect.flatMap(page(cursor), ({ items, next }) =>
      next !== undefined && next === cursor
        ? Effect.fail(
            new MalformedResponse({
              ...operation,
              status: 200,
              path: "next",
              expected: "another page than the one before",
              message: `${operation.operation}: the service names the same next page twice`
            })
          )
        : Effect.succeed([
            Chunk.unsafeFromArray(items),
            next === undefined ? Option.none() : Option.some<Cursor | undefined>(next)
          ] as const)
    )
  )

/**
 * The value of a parameter in the query of a page's `next` link, wherever that link points: such links may name an internal
 * host or plain HTTP, and are never followed as they are. Some of them separate their parameters by `&amp;`, or have lost
 * the question mark before the first one.
 *
 * @since 0.1.0
 * @category accessors
 */
export const parameterOfLink = (href: string, name: string): string | undefined => {
  const link = href.replaceAll("&amp;", "&")
  const start = link.search(link.includes("?") ? /\?/ : /&/)
  return start < 0 ? undefined : (new URLSearchParams(link.slice(start + 1)).get(name) ?? undefined)
}
