/** The link to the next page of a list, in every form in which clouds write links. */

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

/**
 * The address of the next page: of links in a list (`[{ "rel": "next", "href": … }]`), each in an object of its own or not, of a
 * single link, or of links by their relation (`{ "next": … }`). Undefined where there is none.
 */
export const nextLink = (links: unknown): string | undefined => {
  if (Array.isArray(links)) return links.map(nextLink).find((href) => href !== undefined)
  if (!isObject(links)) return undefined
  const { href, link, next, rel } = links
  if (typeof href === "string" && String(rel).toLowerCase() === "next") return href
  if (typeof next === "string") return next
  return isObject(next) && typeof next["href"] === "string" ? next["href"] : nextLink(link)
}
