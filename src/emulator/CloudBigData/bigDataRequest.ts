/**
 * A request to Cloud Big Data as its routes see it, the refusals that they have in common, and pages as the real ones are,
 * with their malformed links (big-data.md sections 5 and 8).
 */
import type { WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Reply from "../Reply.js"
import * as Fields from "../Fields.js"
import * as Timestamp from "../Timestamp.js"

/** A request that is read, and taken apart. */
export interface BigDataRequest {
  /** In upper case; a HEAD is served as the GET that it stands for. */
  readonly method: string
  readonly query: URLSearchParams
  /** The endpoint's URL, for links. */
  readonly baseUrl: string
  /** Undefined where the body is missing, or JSON but no object. */
  readonly body: Fields.JsonObject | undefined
  /** The largest page. */
  readonly pageCap: number
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** A refusal in the service's own wrapper: `{"fault":{"code":404,"message":"…"}}`. */
export const refuse = (status: number, message: string): never => Refusal.fault(status, "fault", message)

/** 400. */
export const badRequest = (message: string): never => refuse(400, message)

/** 404. */
export const notFound = (what: string): never => refuse(404, `${what} not found`)

/** 409. */
export const conflict = (message: string): never => refuse(409, message)

/** 405. */
export const badMethod = (): never => refuse(405, "The method is not allowed for this resource")

const withoutVersion = (baseUrl: string): string => baseUrl.replace(/\/v2\/([^/]*)$/, "/$1")

/** The self and bookmark links of a resource. The bookmark lacks the version. */
export const links = (
  baseUrl: string,
  path: string
): ReadonlyArray<{ readonly rel: string; readonly href: string }> => [
  { rel: "self", href: `${baseUrl}/${path}` },
  { rel: "bookmark", href: `${withoutVersion(baseUrl)}/${path}` }
]

/** How the link to the next page is written, which is not the same everywhere, nor always well. */
const nextHref: Readonly<Record<string, (baseUrl: string, path: string, limit: number, marker: string) => string>> = {
  clusters: (baseUrl, path, limit, marker) => `${withoutVersion(baseUrl)}/${path}&limit=${limit}&marker=${marker}`,
  flavors: (baseUrl, path, limit, marker) => `${baseUrl}/${path}?limit=${limit}&amp;marker=${marker}`,
  scripts: (baseUrl, path, limit, marker) => `${withoutVersion(baseUrl)}/${path}?limit=${limit}&amp;marker=${marker}`
}

const wholeNumber = (query: URLSearchParams, name: string, otherwise: number): number => {
  const asked = query.get(name)
  if (asked === null) {
    return otherwise
  }
  return /^\d+$/.test(asked) ? Number(asked) : badRequest(`${name} must be a non-negative integer`)
}

const defaultLimit = 25

/** A page of a collection, with its links where there is more: `{"clusters":[…],"links":[{"rel":"next",…}]}`. */
export const page = <A extends { readonly id: string }>(
  request: BigDataRequest,
  options: {
    /** The collection's name: `clusters`. */
    readonly key: string
    /** Behind the endpoint's URL. */
    readonly path: string
    readonly items: ReadonlyArray<A>
    readonly toJson: (item: A) => unknown
  }
): Readonly<Record<string, unknown>> => {
  const { baseUrl, pageCap, query } = request
  const limit = wholeNumber(query, "limit", Math.min(defaultLimit, pageCap))
  if (limit < 1 || limit > pageCap) {
    return badRequest(`limit must be between 1 and ${pageCap}`)
  }
  const marker = query.get("marker")
  const marked = marker === null ? -1 : options.items.findIndex((item) => item.id === marker)
  // What lies beyond the end is an empty page.
  const start = marker !== null && marked < 0 ? options.items.length : marked + 1 + wholeNumber(query, "offset", 0)
  const items = options.items.slice(start, start + limit)
  const last = items.at(-1)
  const more = last !== undefined && start + limit < options.items.length
  const wellFormed = (base: string, path: string, size: number, next: string) =>
    `${base}/${path}?limit=${size}&marker=${next}`
  return {
    [options.key]: items.map(options.toJson),
    ...(more && {
      links: [
        {
          rel: "next",
          href: (nextHref[options.key] ?? wellFormed)(baseUrl, options.path, limit, encodeURIComponent(last.id))
        }
      ]
    })
  }
}

/** An instant of creation or change; the empty string where it never was. */
export const instant = (millis: number | undefined): string =>
  millis === undefined ? "" : Timestamp.utcSeconds(millis)

/** The object under a key of the body: `{"cluster":{…}}`. */
export const readObject = (body: Fields.JsonObject | undefined, key: string): Fields.JsonObject => {
  const value = body?.[key]
  return Fields.isObject(value) ? value : badRequest(`Malformed request body: no ${key}`)
}

/** A text of so many characters. */
export const readText = (from: Fields.JsonObject, key: string, longest: number): string => {
  const value = from[key]
  return typeof value === "string" && value.length >= 1 && value.length <= longest
    ? value
    : badRequest(`Invalid ${key}: a string of 1 to ${longest} characters is required`)
}

/** A list, or an empty one where there is none. */
export const readList = (from: Fields.JsonObject, key: string): ReadonlyArray<unknown> => {
  const value = from[key]
  if (value === undefined || value === null) {
    return []
  }
  return Array.isArray(value) ? value : badRequest(`Invalid ${key}: a list is required`)
}

/** A list of objects, or an empty one where there is none. */
export const readObjects = (from: Fields.JsonObject, key: string): ReadonlyArray<Fields.JsonObject> =>
  readList(from, key).map((item) =>
    Fields.isObject(item) ? item : badRequest(`Invalid ${key}: a list of objects is required`)
  )

/**
 * Serves a collection and the items below it: GET and POST of the whole, and of an item the methods that it has. `what` is
 * the item's kind for a person: `Stack`.
 */
export const serveCollection = <A extends { readonly id: string }>(
  [id, ...more]: ReadonlyArray<string>,
  request: BigDataRequest,
  collection: {
    readonly what: string
    /** The collection's name, in its path and in its JSON: `stacks`. */
    readonly key: string
    readonly items: ReadonlyMap<string, A>
    readonly toJson: (item: A) => unknown
    readonly create: () => WireResponse
    readonly methods: Readonly<Partial<Record<string, (item: A) => WireResponse>>>
  }
): WireResponse => {
  const { items, key, methods, toJson, what } = collection
  if (id === undefined) {
    return request.method === "GET"
      ? Reply.json(200, page(request, { key, path: key, items: [...items.values()], toJson }))
      : request.method === "POST"
        ? collection.create()
        : badMethod()
  }
  const item = more.length > 0 ? undefined : items.get(id)
  return item === undefined ? notFound(`${what} ${id}`) : (methods[request.method] ?? badMethod)(item)
}
