/** Links of resources in OpenStack's services. */

/** The endpoint's URL without its version. */
export const withoutVersion = (baseUrl: string): string => baseUrl.replace(/\/v2\/([^/]*)$/, "/$1")

/** The self and bookmark links of a resource. The bookmark has no version. */
export const links = (
  baseUrl: string,
  path: string
): ReadonlyArray<{ readonly rel: string; readonly href: string }> => [
  { rel: "self", href: `${baseUrl}/${path}` },
  { rel: "bookmark", href: `${withoutVersion(baseUrl)}/${path}` }
]
