/** Listings of a balancer's resources, page by page. The cloud gives no link to the next page. */
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { CommonError } from "../../CloudError.js"
import { type PageSize, renameIssuePaths } from "../../internal/paging/listing.js"
import * as Paging from "../../Paging.js"
import type { PageQuery } from "./requests.js"
import { service } from "./status.js"

const mostPerPage = 100

/**
 * A page as it is asked for. The cloud gives no link to the next one: a page that is full has one. By its documents a page
 * begins with the marker's own item, which the caller has already.
 */
export const paged =
  <Input extends PageQuery, A extends { readonly id: string }, E>(
    fetch: (input: Input) => Effect.Effect<Paging.Page<A, string>, E>
  ) =>
  (input: Input): Effect.Effect<Paging.Page<A, string>, E> => {
    const { limit, marker } = input
    // One more, because a page of one item could otherwise hold nothing but the marker's own item, again and again.
    const asked =
      marker === undefined || limit === undefined ? limit : Math.min(limit + 1, Math.max(limit, mostPerPage))
    return Effect.map(fetch({ ...input, limit: asked }), ({ items, next, unreadable = [] }) => {
      const fresh = items.filter(({ id }) => id !== marker)
      const kept = limit === undefined ? fresh : fresh.slice(0, limit)
      const isWhole = kept.length === fresh.length
      const isLast = items.length + unreadable.length < (asked ?? mostPerPage) && isWhole
      const last = isWhole ? next : kept.at(-1)?.id
      const isOver = (kept.length === 0 && unreadable.length === 0) || isLast || last === marker
      return { items: kept, next: isOver ? undefined : last, ...(unreadable.length > 0 && { unreadable }) }
    })
  }

/** The Stream over all pages. */
export const listed =
  <Input extends PageQuery, A, E>(
    operation: string,
    fetch: (input: Input) => Effect.Effect<Paging.Page<A, string>, E | CommonError>
  ) =>
  (filters: Omit<Input, keyof PageQuery> & PageSize): Stream.Stream<A, E | CommonError> => {
    const { pageSize = mostPerPage, ...input } = filters
    return Paging.stream({ service, operation }, (marker: string | undefined) =>
      fetch({ ...input, limit: pageSize, ...(marker !== undefined && { marker }) } as unknown as Input).pipe(
        Effect.mapError(renameIssuePaths(operation))
      )
    )
  }
