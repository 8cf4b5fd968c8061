/**
 * Listings whose pages name the next one in a link: the schema of a page, and the Stream over all of them.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { CommonError } from "../CloudError.js"
import * as Paging from "../Paging.js"
import { inWordsOf } from "./pageSize.js"
import { quickDecoder, unclear } from "./quickCodec.js"
import { issuesOf } from "./schemaIssue.js"
import { absent, Named, PageLimit } from "./wire.js"

const Link = Schema.Struct({ rel: Schema.String, href: Schema.String })

/** The items of a list: those that can be read, and what is wrong with the others. */
interface ReadItems<A> {
  readonly items: ReadonlyArray<A>
  readonly unreadable: ReadonlyArray<Paging.UnreadableItem>
}

/** Decodes each item by itself, so that one that is not as documented does not hide the others. */
const readEach = <A, I>(key: string, item: Schema.Schema<A, I>) => {
  const quick = quickDecoder(item)
  return (list: ReadonlyArray<unknown>): ReadItems<A> => {
    const items: Array<A> = []
    const unreadable: Array<Paging.UnreadableItem> = []
    for (const [index, raw] of list.entries()) {
      const value = quick(raw)
      if (value !== unclear) {
        items.push(value as A)
        continue
      }
      const decoded = Schema.decodeUnknownEither(item)(raw)
      if (Either.isRight(decoded)) items.push(decoded.right)
      else {
        const [issue = { path: ".", expected: "another content" }] = issuesOf(decoded.left)
        const place = `${key}.${index}`
        unreadable.push({ ...issue, path: issue.path === "." ? place : `${place}.${issue.path}` })
      }
    }
    return { items, unreadable }
  }
}

/** The id of a list's last item, also where the rest of it cannot be read. */
const lastId = (list: ReadonlyArray<unknown>): string | undefined => {
  const last = list.at(-1)
  const id = typeof last === "object" && last !== null && "id" in last ? last.id : undefined
  return typeof id === "string" || typeof id === "number" ? String(id) : undefined
}

/**
 * A page of a list, whose next marker `nextOf` finds, given the whole response and the id of the page's last item. Items that
 * are not as documented are named in `unreadable`.
 */
export const pageOf = <A, I>(
  key: string,
  item: Schema.Schema<A, I>,
  nextOf: (wire: Readonly<Record<string, unknown>>, last: string | undefined) => string | undefined,
  others: Schema.Struct.Fields = {}
): Schema.Schema<Paging.Page<A, string>, unknown> => {
  const read = readEach(key, item)
  const Wire = Schema.Struct({ ...others, [key]: Schema.Array(Schema.Unknown) })
  const Domain = Schema.Struct({
    items: Schema.Array(Schema.typeSchema(item)),
    next: Schema.UndefinedOr(Schema.String),
    unreadable: Schema.optional(Schema.Array(Schema.Struct({ path: Schema.String, expected: Schema.String })))
  })
  return Schema.transform(Wire, Domain, {
    strict: false,
    decode: (wire: Readonly<Record<string, unknown>>) => {
      const list = wire[key] as ReadonlyArray<unknown>
      const { items, unreadable } = read(list)
      return { items, next: nextOf(wire, lastId(list)), ...(unreadable.length > 0 && { unreadable }) }
    },
    encode: ({ items }) => ({ [key]: items })
  }) as unknown as Schema.Schema<Paging.Page<A, string>, unknown>
}

/** A page with its links, which stand under `linksKey`, and of which only the next page's marker is kept. */
export const page = <A extends { readonly id: string }, I>(
  key: string,
  item: Schema.Schema<A, I>,
  linksKey = `${key}_links`
): Schema.Schema<Paging.Page<A, string>, unknown> =>
  pageOf(
    key,
    item,
    (wire, last) => {
      const next = (wire[linksKey] as ReadonlyArray<typeof Link.Type> | undefined)?.find((link) => link.rel === "next")
      return next === undefined ? undefined : Paging.parameterOfLink(next.href, "marker") || last
    },
    { [linksKey]: absent(Schema.Array(Link)) }
  )

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
