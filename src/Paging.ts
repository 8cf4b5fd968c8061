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
import { makeCircleDetector } from "./internal/paging/repeatedPages.js"

/**
 * An item of a page that is not as documented: where in the response it is, and what was expected there.
 *
 * @since 0.1.0
 * @category models
 */
export interface UnreadableItem {
  /** The item and its field: `servers.2.status`. */
  readonly path: string
  readonly expected: string
}

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
  /** Items that could not be read, and are not among the others. */
  readonly unreadable?: ReadonlyArray<UnreadableItem> | undefined
}

const malformed = (operation: Operation, path: string, expected: string, message: string): MalformedResponse =>
  new MalformedResponse({
    ...operation,
    status: 200,
    path,
    expected,
    message: `${operation.operation}: ${message}`
  })

/**
 * A listing as a Stream: pages are fetched one at a time, and only when their items are asked for. A page may be empty and yet
 * have a next one.
 *
 * Fails as the page does; with `MalformedResponse` where the pages repeat, which would never end; and with it after the last
 * item of the last page where some item could not be read.
 *
 * @since 0.1.0
 * @category constructors
 */
export const stream = <A, Cursor, E, R>(
  operation: Operation,
  page: (cursor: Cursor | undefined) => Effect.Effect<Page<A, Cursor>, E, R>
): Stream.Stream<A, E | MalformedResponse, R> =>
  Stream.suspend(() => {
    const isCircle = makeCircleDetector()
    let unreadable: UnreadableItem | undefined
    const items = Stream.paginateChunkEffect(undefined as Cursor | undefined, (cursor) =>
      Effect.flatMap(page(cursor), (found) => {
        const { items, next } = found
        unreadable ??= found.unreadable?.[0]
        return next !== undefined && isCircle(next)
          ? Effect.fail(
              malformed(
                operation,
                "next",
                "another page than those before",
                "the service names the same next page twice"
              )
            )
          : Effect.succeed([
              Chunk.unsafeFromArray(items),
              next === undefined ? Option.none() : Option.some<Cursor | undefined>(next)
            ] as const)
      })
    )
    return Stream.concat(
      items,
      Stream.suspend(() =>
        unreadable === undefined
          ? Stream.empty
          : Stream.fail(
              malformed(
                operation,
                unreadable.path,
                unreadable.expected,
                `200, but the response is not as documented: ${unreadable.path}: expected ${unreadable.expected}`
              )
            )
      )
    )
  })

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
