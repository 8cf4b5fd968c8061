/**
 * Pages of a listing, with the peculiarities of the real service: the link to the next page exists only if a limit was
 * given and the page is full, so the last page may be empty; unknown markers are refused.
 */
import * as Timestamp from "../Timestamp.js"
import { badRequest } from "./requests.js"

/** A page, and the link to the next one if there is one. */
export interface Page<A> {
  readonly items: ReadonlyArray<A>
  /** The sibling array: `[{ rel: "next", href }]`. */
  readonly links: ReadonlyArray<{ readonly rel: string; readonly href: string }> | undefined
}

/** Returns a page. `items` are all resources in order, because the filter may exclude the marker. */
export const page = <A extends { readonly id: string }>(options: {
  readonly items: Iterable<A>
  readonly keep: (item: A) => boolean
  readonly query: URLSearchParams
  /** The maximum page size. */
  readonly cap: number
  /** Absolute, without a query. */
  readonly url: string
}): Page<A> => {
  const { cap, query } = options
  const requested = query.get("limit")
  if (requested !== null && !/^[+-]?\d+$/.test(requested)) {
    return badRequest("limit param must be an integer")
  }
  if (requested !== null && Number(requested) < 0) {
    return badRequest("limit param must be positive")
  }
  const limit = Math.min(cap, requested === null ? cap : Number(requested))
  const marker = query.get("marker")
  const items: Array<A> = []
  let reached = marker === null
  for (const item of options.items) {
    if (reached) {
      if (items.length >= limit) {
        break
      }
      if (options.keep(item)) {
        items.push(item)
      }
    } else if (item.id === marker) {
      reached = true
    }
  }
  if (!reached) {
    return badRequest(`marker [${marker}] not found`)
  }
  const last = items.at(-1)
  if (requested === null || last === undefined || items.length < limit) {
    return { items, links: undefined }
  }
  const next = new URLSearchParams(query)
  next.set("marker", last.id)
  return { items, links: [{ rel: "next", href: `${options.url}?${next.toString()}` }] }
}

/** A number in a query that is not negative; undefined if it is missing. */
const natural = (query: URLSearchParams, name: string): number | undefined => {
  const value = query.get(name)
  return value === null
    ? undefined
    : /^\d+$/.test(value)
      ? Number(value)
      : badRequest(`Invalid input for query parameters ${name}. Value: ${value}. It must be a whole number`)
}

/** Returns a page by `offset` and `limit`, as Nova's older listings do; a limit of 0 means no limit. */
export const counted = <A>(items: ReadonlyArray<A>, query: URLSearchParams): ReadonlyArray<A> => {
  const offset = natural(query, "offset") ?? 0
  const limit = natural(query, "limit") ?? 0
  return items.slice(offset, limit === 0 ? undefined : offset + limit)
}

/** A time filter (`changes-since`, `changes-before`) in milliseconds since the epoch; undefined if missing. */
export const moment = (query: URLSearchParams, name: string): number | undefined => {
  const value = query.get(name)
  return value === null ? undefined : (Timestamp.parse(value) ?? badRequest(`Invalid ${name} value`))
}

/** The `changes-since` of a listing in milliseconds since the epoch; undefined if it is missing. */
export const changesSince = (query: URLSearchParams): number | undefined => moment(query, "changes-since")
