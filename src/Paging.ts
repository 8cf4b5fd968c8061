/** Listings as Streams that fetch each page on demand. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { MalformedResponse, type Operation } from "./CloudError.js"
import { makeCircleDetector } from "./internal/paging/repeatedPages.js"

/** An item of a page that cannot be decoded. */
export interface UnreadableItem {
  /** The path of the item and its field in the response: `servers.2.status`. */
  readonly path: string
  readonly expected: string
}

/** One page of a listing. */
export interface Page<out A, out Cursor> {
  readonly items: ReadonlyArray<A>
  /** The cursor of the next page; undefined on the last page. */
  readonly next: Cursor | undefined
  /** Items that could not be decoded; they are not in `items`. */
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
 * Creates a Stream of all items of a listing. Pages are fetched one at a time, when their items are pulled. An empty page may
 * have a next page.
 *
 * Fails as `page` does, with `MalformedResponse` if the pages repeat, which would never end, and with `MalformedResponse` after
 * the last item of the last page if an item could not be decoded.
 */
export const stream = <A, Cursor, E, R>(
  operation: Operation,
  page: (cursor: Cursor | undefined) => Effect.Effect<Page<A, Cursor>, E, R>
): Stream.Stream<A, E | MalformedResponse, R> =>
  Stream.suspend(() => {
    const isCycle = makeCircleDetector()
    let unreadable: UnreadableItem | undefined
    const items = Stream.paginateChunkEffect(undefined as Cursor | undefined, (cursor) =>
      Effect.flatMap(page(cursor), (found) => {
        const { items, next } = found
        unreadable ??= found.unreadable?.[0]
        return next !== undefined && isCycle(next)
          ? Effect.fail(
              malformed(
                operation,
                "next",
                "a page that was not returned before",
                "the service returned the same next page twice"
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
 * Returns a query parameter of a page's `next` link. Only the parameter is used: such links may point to an internal host or to
 * plain HTTP, and are never followed. Handles links whose parameters are separated by `&amp;`, or that lack the question mark.
 */
export const parameterOfLink = (href: string, name: string): string | undefined => {
  const link = href.replaceAll("&amp;", "&")
  const start = link.search(link.includes("?") ? /\?/ : /&/)
  return start < 0 ? undefined : (new URLSearchParams(link.slice(start + 1)).get(name) ?? undefined)
}
