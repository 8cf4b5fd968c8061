/**
 * Listings whose pages name the next one in a link: the schema of a page, and the Stream over all of them.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type CommonError, InvalidInput, MalformedResponse } from "../../CloudError.js"
import * as Paging from "../../Paging.js"
import { issuesText } from "../schema/issues.js"
import { envelope, readEach } from "../schema/itemList.js"
import { Named, PageLimit } from "../schema/wire.js"
import { nextLink } from "./nextLink.js"

/** The id of a list's last item, also where the rest of it cannot be read. */
export const lastId = (list: ReadonlyArray<unknown>): string | undefined => {
  const last = list.at(-1)
  const id = typeof last === "object" && last !== null && "id" in last ? last.id : undefined
  return typeof id === "string" || typeof id === "number" ? String(id) : undefined
}

/**
 * A page of a list, whose next marker `nextOf` finds, given the whole response and its raw items. Items that are not as documented
 * are named in `unreadable`.
 */
export const pageOf = <A, I>(
  key: string,
  item: Schema.Schema<A, I>,
  nextOf: (wire: Readonly<Record<string, unknown>>, list: ReadonlyArray<unknown>) => string | undefined
): Schema.Schema<Paging.Page<A, string>, unknown> => {
  const read = readEach(key, item)
  return Schema.transform(envelope(key), Schema.Any as Schema.Schema<Paging.Page<A, string>>, {
    strict: true,
    decode: ({ list, wire }) => {
      const { items, unreadable } = read(list)
      return { items, next: nextOf(wire, list), ...(unreadable.length > 0 && { unreadable }) }
    },
    encode: ({ items }) => ({ wire: { [key]: items }, list: items })
  })
}

/** A page with its links, which stand under `linksKey`, and of which only the next page's marker is kept. */
export const page = <A extends { readonly id: string }, I>(
  key: string,
  item: Schema.Schema<A, I>,
  linksKey = `${key}_links`
): Schema.Schema<Paging.Page<A, string>, unknown> =>
  pageOf(key, item, (wire, list) => {
    const next = nextLink(wire[linksKey])
    return next === undefined ? undefined : Paging.parameterOfLink(next, "marker") || lastId(list)
  })

/** The query by which a page is asked for. */
export const pageQuery = {
  marker: Schema.optional(Named),
  limit: Schema.optional(PageLimit)
}

/** Which page of a list is asked for. */
export interface PageQuery {
  /** The id of the last item of the page before; of key pairs the name, and of a server's history the id of the request. */
  readonly marker?: string | undefined
  /** How many items a page holds at the most; the cloud has a cap of its own. */
  readonly limit?: number | undefined
}

/** How a listing over all pages asks for them. */
export interface PageSize {
  /** How many items one request asks for. Default: 1,000 in Cloud Servers, 100 in Cloud Load Balancers and Cloud Big Data. */
  readonly pageSize?: number | undefined
}

/** What a listing is asked for with: what one of its pages is, but for where that page begins. */
export type ListingInput<Input> = Omit<Input, keyof PageQuery> & PageSize

/**
 * Renames the path `limit` of a page's `InvalidInput` to `pageSize`, the name that callers of a listing know it by. Other failures
 * stay as they are.
 */
export const renameIssuePaths =
  (operation: string) =>
  <E>(error: E): E | InvalidInput => {
    if (!(error instanceof InvalidInput)) return error
    const issues = error.issues.map((issue) => (issue.path === "limit" ? { ...issue, path: "pageSize" } : issue))
    return new InvalidInput({
      service: error.service,
      operation,
      issues,
      message: `${operation}: ${issuesText(issues)}`
    })
  }

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
        Effect.mapError(renameIssuePaths(operation.operation))
      )
    )
  }

/** The failure of a list of which these items can be read. */
const withReadable = <E>(error: E, readable: ReadonlyArray<unknown>): E => {
  if (!(error instanceof MalformedResponse)) return error
  const { _tag, message, ...fields } = error
  return new MalformedResponse({ ...fields, message, readable }) as E
}

/** All items of a listing, as an array. Where some cannot be read, the failure holds the others as `readable`. */
export const collectAll = <A, E, R>(listing: Stream.Stream<A, E, R>): Effect.Effect<ReadonlyArray<A>, E, R> =>
  Effect.suspend(() => {
    const items: Array<A> = []
    return Stream.runForEach(listing, (item) => Effect.sync(() => items.push(item))).pipe(
      Effect.mapError((error) => withReadable(error, items)),
      Effect.as(items)
    )
  })
