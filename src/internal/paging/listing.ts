/**
 * Listings whose pages contain a link to the next page: the schema of a page, and the Stream of all items.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type CommonError, InvalidInput, MalformedResponse } from "../../CloudError.js"
import * as Paging from "../../Paging.js"
import { issuesText } from "../schema/issues.js"
import { envelope, readEach } from "../schema/itemList.js"
import { lazy } from "../schema/lazy.js"
import { Named, PageLimit } from "../schema/wire.js"
import { nextLink } from "./nextLink.js"

/** The id of a list's last item, even if the rest of the item cannot be decoded. */
export const lastId = (list: ReadonlyArray<unknown>): string | undefined => {
  const last = list.at(-1)
  const id = typeof last === "object" && last !== null && "id" in last ? last.id : undefined
  return typeof id === "string" || typeof id === "number" ? String(id) : undefined
}

/**
 * The schema of a page. `nextOf` returns the marker of the next page, given the whole response and its raw items. Items that cannot be
 * decoded are listed in `unreadable`.
 */
export const pageOf = <A, I>(
  key: string,
  item: Schema.Schema<A, I>,
  nextOf: (wire: Readonly<Record<string, unknown>>, list: ReadonlyArray<unknown>) => string | undefined
): Schema.Schema<Paging.Page<A, string>, unknown> => {
  const read = readEach(key, item)
  return lazy(() =>
    Schema.transform(envelope(key), Schema.Any as Schema.Schema<Paging.Page<A, string>>, {
      strict: true,
      decode: ({ list, wire }) => {
        const { items, unreadable } = read(list)
        return { items, next: nextOf(wire, list), ...(unreadable.length > 0 && { unreadable }) }
      },
      encode: ({ items }) => ({ wire: { [key]: items }, list: items })
    })
  )
}

/** The schema of a page with links under `linksKey`, of which only the marker of the next page is kept. */
export const page = <A extends { readonly id: string }, I>(
  key: string,
  item: Schema.Schema<A, I>,
  linksKey = `${key}_links`
): Schema.Schema<Paging.Page<A, string>, unknown> =>
  pageOf(key, item, (wire, list) => {
    const next = nextLink(wire[linksKey])
    return next === undefined ? undefined : Paging.parameterOfLink(next, "marker") || lastId(list)
  })

/** The query parameters of a page. */
export const pageQuery = {
  marker: Schema.optional(Named),
  limit: Schema.optional(PageLimit)
}

/** The page to return. */
export interface PageQuery {
  /** The id of the last item of the previous page; for key pairs its name, for a server's history the id of the request. */
  readonly marker?: string | undefined
  /** The maximum number of items in the page; the cloud may return fewer. */
  readonly limit?: number | undefined
}

/** The size of the pages of a listing. */
export interface PageSize {
  /** How many items to request at a time. Default: 1,000 in Cloud Servers, 100 in Cloud Load Balancers and Cloud Big Data. */
  readonly pageSize?: number | undefined
}

/** The input of a listing: that of a page, with `pageSize` instead of `marker` and `limit`. */
export type ListingInput<Input> = Omit<Input, keyof PageQuery> & PageSize

/**
 * Renames the path `limit` in the `InvalidInput` of a page to `pageSize`, its name in a listing. Returns other errors unchanged.
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

/** The Stream of all items. Always sends a limit, since without one some clouds return no link to the next page. */
export const listing =
  <Input extends PageQuery, A, E>(
    operation: { readonly service: string; readonly operation: string },
    defaultSize: number,
    fetch: (input: Input) => Effect.Effect<Paging.Page<A, string>, E | CommonError>
  ) =>
  (input: ListingInput<Input> = {} as ListingInput<Input>): Stream.Stream<A, E | CommonError> => {
    const { pageSize = defaultSize, ...filters } = input
    return Paging.stream(operation, (marker: string | undefined) =>
      // The parts of an Input, put together again.
      fetch({ ...filters, limit: pageSize, ...(marker !== undefined && { marker }) } as unknown as Input).pipe(
        Effect.mapError(renameIssuePaths(operation.operation))
      )
    )
  }

const withReadable = <E>(error: E, readable: ReadonlyArray<unknown>): E => {
  if (!(error instanceof MalformedResponse)) return error
  const { _tag, message, ...fields } = error
  return new MalformedResponse({ ...fields, message, readable }) as E
}

/** Collects all items of a listing. If some cannot be decoded, the error contains the others as `readable`. */
export const collectAll = <A, E, R>(listing: Stream.Stream<A, E, R>): Effect.Effect<ReadonlyArray<A>, E, R> =>
  Effect.suspend(() => {
    const items: Array<A> = []
    return Stream.runForEach(listing, (item) => Effect.sync(() => items.push(item))).pipe(
      Effect.mapError((error) => withReadable(error, items)),
      Effect.as(items)
    )
  })
