/**
 * Paths as they must stand on the wire, so that a name addresses exactly the thing that bears it.
 */

const isDots = (segment: string): boolean => segment === "." || segment === ".."

/** A parameter of a template, and what stands behind it; the first one is only what stands before all of them. */
interface Part {
  readonly name: string
  readonly keepsSlashes: boolean
  readonly text: string
}

const known = new Map<string, ReadonlyArray<Part>>()

const partsOf = (template: string): ReadonlyArray<Part> => {
  let parts = known.get(template)
  if (parts === undefined) {
    const [text = "", ...rest] = template.split(/\{(\+?\w+)\}/)
    const found: Array<Part> = [{ name: "", keepsSlashes: false, text }]
    for (let index = 0; index < rest.length; index += 2) {
      const name = rest[index] ?? ""
      found.push({ name: name.replace("+", ""), keepsSlashes: name.startsWith("+"), text: rest[index + 1] ?? "" })
    }
    parts = found
    known.set(template, parts)
  }
  return parts
}

/**
 * Fills a template's parameters, percent-encoded: `{name}` as one segment, `{+name}` keeping its slashes.
 *
 * A URL parser would resolve the segments `.` and `..` away, and even their encoded forms, and so address another thing. The
 * slashes beside them are written as `%2F`, which hides them from it; the cloud decodes the whole path before it looks.
 */
export const expandPath = (template: string, values: Readonly<Record<string, unknown>>): string => {
  const parts = partsOf(template)
  let filled = parts[0]?.text ?? ""
  for (let index = 1; index < parts.length; index++) {
    const { keepsSlashes, name, text } = parts[index] as Part
    const encoded = encodeURIComponent(String(values[name]))
    filled += (keepsSlashes && encoded.includes("%2F") ? encoded.replaceAll("%2F", "/") : encoded) + text
  }
  // No segment can be dots where no dot stands beside a slash or at an end.
  if (!/(?:^|\/)\.|\.(?:\/|$)/.test(filled)) return filled
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
