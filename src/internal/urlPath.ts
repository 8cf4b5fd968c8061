/**
 * Paths as they must stand on the wire, so that a name addresses exactly the thing that bears it.
 */

const isDots = (segment: string): boolean => segment === "." || segment === ".."

/**
 * Fills a template's parameters, percent-encoded: `{name}` as one segment, `{+name}` keeping its slashes.
 *
 * A URL parser would resolve the segments `.` and `..` away, and even their encoded forms, and so address another thing. The
 * slashes beside them are written as `%2F`, which hides them from it; the cloud decodes the whole path before it looks.
 */
export const expandPath = (template: string, values: Readonly<Record<string, unknown>>): string => {
  const filled = template.replace(/\{(\+?)(\w+)\}/g, (_, plus: string, name: string) => {
    const encoded = encodeURIComponent(String(values[name]))
    return plus === "+" ? encoded.replaceAll("%2F", "/") : encoded
  })
  const [first = "", ...rest] = filled.split("/")
  let path = first
  let before = first
  for (const segment of rest) {
    path += (isDots(segment) || isDots(before) ? "%2F" : "/") + segment
    before = segment
  }
  return path
}

/** A query as it stands behind the path, with its `?`, or the empty string. Undefined values are left out. */
export const queryText = (query: Readonly<Record<string, unknown>>): string => {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === null
      ? []
      : (Array.isArray(value) ? value : [value]).map(
          (one) => `${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`
        )
  )
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`
}
