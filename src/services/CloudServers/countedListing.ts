/** Listings with pages by offset, for responses without a link to the next page. */
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { CommonError } from "../../CloudError.js"
import { renameIssuePaths } from "../../internal/paging/listing.js"
import type { ItemList } from "../../internal/schema/itemList.js"
import * as Paging from "../../Paging.js"

/**
 * Streams all pages. `operation` is the method's name without the service. A page may be shorter than requested, so
 * only an empty page is the end. A cloud that ignores `offset` returns the first page again, which also is the end.
 */
export const countedListing =
  <Input, A extends { readonly id: string }>(
    operation: string,
    fetch: (input?: Input) => Effect.Effect<ItemList<A>, CommonError>
  ) =>
  (
    // All filters are optional, which the compiler does not know for every Input.
    input: Omit<Input, "limit" | "offset"> & { readonly pageSize?: number | undefined } = {} as never
  ): Stream.Stream<A, CommonError> => {
    const { pageSize, ...filters } = input
    const name = `CloudServers.${operation}`
    return Paging.stream({ service: "CloudServers", operation: name }, (position: string | undefined) => {
      // Where the page begins, and the first item of the previous page.
      const [begin = "0", before] = position?.split(" ", 2) ?? []
      const offset = Number(begin)
      return fetch({
        ...filters,
        ...(pageSize !== undefined && { limit: pageSize }),
        ...(offset > 0 && { offset })
      } as Input).pipe(
        Effect.map(({ items, unreadable }) => {
          const first = items[0]?.id ?? unreadable[0]?.path
          return first === undefined || first === before
            ? { items: [], next: undefined }
            : { items, unreadable, next: `${offset + items.length + unreadable.length} ${first}` }
        }),
        Effect.mapError(renameIssuePaths(name))
      )
    })
  }
