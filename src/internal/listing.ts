/**
 * Listings whose pages name the next one in a link: the schema of a page, and the Stream over all of them.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { CommonError } from "../CloudError.js"
import * as Paging from "../Paging.js"
import { inWordsOf } from "./pageSize.js"
import { absent, Named, PageLimit } from "./wire.js"

const Link = Schema.Struct({ rel: Schema.String, href: Schema.String })

/**
 * A page with its links, which stand under `linksKey`, and of which only the next page's marker is kept.
 */
export const page = <A extends { readonly id: string }, I>(
  key: string,
  item: Schema.Schema<A, I>,
  linksKey = `${key}_links`
): Schema.Schema<Paging.Page<A, string>, unknown> => {
  const Wire = Schema.Struct({ [key]: Schema.Array(item), [linksKey]: absent(Schema.Array(Link)) })
  const Domain = Schema.Struct({
    items: Schema.Array(Schema.typeSchema(item)),
    next: Schema.UndefinedOr(Schema.String)
  })
  return Schema.transform(Wire, Domain, {
    strict: false,
    decode: (wire) => {
      const items = wire[key] as ReadonlyArray<A>
      const next = (wire[linksKey] as ReadonlyArray<typeof Link.Type> | undefined)?.find((link) => link.rel === "next")
      return {
        items,
        next: next === undefined ? undefined : Paging.parameterOfLink(next.href, "marker") || items.at(-1)?.id
      }
    },
    encode: ({ items }) => ({ [key]: items })
  }) as unknown as Schema.Schema<Paging.Page<A, string>, unknown>
}

/** The query by which a page is asked for. */
export const pageQuery = {
  /** The id of the last item of the page before. */
  marker: Schema.optional(Named),
  /** How many items a page holds at the most; the cloud has a cap of its own. */
  limit: Schema.optional(PageLimit)
}

/** What a page is asked for with. */
export interface PageQuery {
  readonly limit?: number | undefined
  readonly marker?: string | undefined
}

/** What a listing is asked for with: what one of its pages is, but for where that page begins. */
export type ListingInput<Input> = Omit<Input, "limit" | "marker"> & { readonly pageSize?: number | undefined }

/** The Stream over all pages. A limit is always sent: without, some clouds name no next page. */
export const listing =
  <Input extends PageQuery, A, E>(
    operation: { readonly service: string; readonly operation: string },
    defaultSize: number,
    fetch: (input: Input) => Effect.Effect<Paging.Page<A, string>, E | CommonError>
  ) =>
  (input: ListingInput<Input> = {} as ListingInput<Input>): Stream.Stream<A, E | CommonError> => {
    const { pageSize = defaultSize, ...filters } = input
    return Paging.stream(operation, (marker: string | undefined) =>
      fetch({ ...filters, limit: pageSize, ...(marker !== undefined && { marker }) } as unknown as Input).pipe(
        Effect.mapError(inWordsOf(operation.operation))
      )
    )
  }
