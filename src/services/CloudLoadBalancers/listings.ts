/** Listings of a balancer's resources, for responses without a link to the next page. */
import * as Effect from "effect/Effect"
import type { CommonError } from "../../CloudError.js"
import { listing } from "../../internal/paging/listing.js"
import type * as Paging from "../../Paging.js"
import type { PageQuery } from "./requests.js"
import { service } from "./status.js"

const maxPageSize = 100

/** Requests a page. A full page has a next one. As documented, pages begin with the marker, which is dropped. */
export const paged =
  <Input extends PageQuery, A extends { readonly id: string }, E>(
    fetch: (input: Input) => Effect.Effect<Paging.Page<A, string>, E>
  ) =>
  (input: Input): Effect.Effect<Paging.Page<A, string>, E> => {
    const { limit, marker } = input
    // Request one more: a page of one item could otherwise contain only the marker's own item, forever.
    const requested =
      marker === undefined || limit === undefined ? limit : Math.min(limit + 1, Math.max(limit, maxPageSize))
    return Effect.map(fetch({ ...input, limit: requested }), ({ items, next, unreadable = [] }) => {
      const fresh = items.filter(({ id }) => id !== marker)
      const kept = limit === undefined ? fresh : fresh.slice(0, limit)
      const isWhole = kept.length === fresh.length
      const isLast = items.length + unreadable.length < (requested ?? maxPageSize) && isWhole
      const last = isWhole ? next : kept.at(-1)?.id
      const isOver = (kept.length === 0 && unreadable.length === 0) || isLast || last === marker
      return { items: kept, next: isOver ? undefined : last, ...(unreadable.length > 0 && { unreadable }) }
    })
  }

/** Streams all pages. */
export const listed = <Input extends PageQuery, A, E>(
  operation: string,
  fetch: (input: Input) => Effect.Effect<Paging.Page<A, string>, E | CommonError>
) => listing({ service, operation }, maxPageSize, fetch)
