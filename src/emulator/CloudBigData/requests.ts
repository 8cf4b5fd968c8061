/**
 * Requests to Cloud Big Data: their type, the service's faults, its field readers, and pages with the malformed links
 * of the real service (Cloud Big Data API v2, "Faults", "Links and references" and "Paginated collections").
 */
import { withoutVersion } from "../Links.js"
import * as Fields from "../Fields.js"
import type { RoutedRequest, WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Router from "../Router.js"
import * as Timestamp from "../Timestamp.js"

export interface BigDataRequest extends RoutedRequest {
  /** The endpoint's URL, for links. */
  readonly baseUrl: string
  /** The maximum page size. */
  readonly pageCap: number
}

export const { compile, table, within } = Router.define<BigDataRequest, WireResponse>()

/** A fault in the service's own wrapper: `{"fault":{"code":404,"message":"…"}}`. */
export const refuse = (status: number, message: string): never => Refusal.fault(status, "fault", message)

export const badRequest = (message: string): never => refuse(400, message)

export const notFound = (what: string): never => refuse(404, `${what} not found`)

export const conflict = (message: string): never => refuse(409, message)

export const read = Fields.make({
  text: (name, maxLength) => badRequest(`Invalid ${name}: a string of 1 to ${maxLength} characters is required`),
  oneOf: (name, values) => badRequest(`Invalid ${name}: one of ${values.join(", ")} is required`),
  integer: (name, least, most) => badRequest(`Invalid ${name}: an integer between ${least} and ${most} is required`),
  boolean: (name) => badRequest(`Invalid ${name}: a boolean is required`),
  object: (name) => badRequest(`Malformed request body: no ${name}`),
  list: (name) => badRequest(`Invalid ${name}: a list is required`),
  listOfObjects: (name) => badRequest(`Invalid ${name}: a list of objects is required`)
})

/** The links to the next page, which differ by collection and are mostly malformed. */
const nextHref: Readonly<Record<string, (baseUrl: string, path: string, limit: number, marker: string) => string>> = {
  clusters: (baseUrl, path, limit, marker) => `${withoutVersion(baseUrl)}/${path}&limit=${limit}&marker=${marker}`,
  flavors: (baseUrl, path, limit, marker) => `${baseUrl}/${path}?limit=${limit}&amp;marker=${marker}`,
  scripts: (baseUrl, path, limit, marker) => `${withoutVersion(baseUrl)}/${path}?limit=${limit}&amp;marker=${marker}`
}

const queryInteger = (query: URLSearchParams, name: string): number | undefined =>
  Fields.queryInteger(query, name, () => badRequest(`${name} must be a non-negative integer`))

const defaultLimit = 25

/** A page of a collection, with links if there are more items: `{"clusters":[…],"links":[{"rel":"next",…}]}`. */
export const page = <A extends { readonly id: string }>(
  request: BigDataRequest,
  options: {
    /** The collection's name: `clusters`. */
    readonly key: string
    /** The path after the endpoint's URL. */
    readonly path: string
    readonly items: ReadonlyArray<A>
    readonly toJson: (item: A) => unknown
  }
): Readonly<Record<string, unknown>> => {
  const { baseUrl, pageCap, query } = request
  const limit = queryInteger(query, "limit") ?? Math.min(defaultLimit, pageCap)
  if (limit < 1 || limit > pageCap) {
    return badRequest(`limit must be between 1 and ${pageCap}`)
  }
  const marker = query.get("marker")
  const marked = marker === null ? -1 : options.items.findIndex((item) => item.id === marker)
  // A page beyond the end is empty.
  const start = marker !== null && marked < 0 ? options.items.length : marked + 1 + (queryInteger(query, "offset") ?? 0)
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

/** The time of a creation or change; the empty string if there was none. */
export const instant = (millis: number | undefined): string =>
  millis === undefined ? "" : Timestamp.utcSeconds(millis)
