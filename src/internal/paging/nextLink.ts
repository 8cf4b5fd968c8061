/** Finds the link to the next page of a list. */

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

/**
 * The URL of the next page. Supports a list of links (`[{ "rel": "next", "href": … }]`), each of which may be wrapped in an object, a
 * single link, and links by relation (`{ "next": … }`). Undefined if there is no next page.
 */
export const nextLink = (links: unknown): string | undefined => {
  if (Array.isArray(links)) return links.map(nextLink).find((href) => href !== undefined)
  if (!isObject(links)) return undefined
  const { href, link, next, rel } = links
  if (typeof href === "string" && String(rel).toLowerCase() === "next") return href
  if (typeof next === "string") return next
  return isObject(next) && typeof next["href"] === "string" ? next["href"] : nextLink(link)
}
