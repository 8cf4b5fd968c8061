/**
 * Encodes paths, so that each name addresses exactly the resource with that name.
 */

const isDots = (segment: string): boolean => segment === "." || segment === ".."

/** A parameter of a template and the text after it. The first part is only the text before all parameters. */
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
 * Expands a template with percent-encoded parameters: `{name}` as one segment, `{+name}` with its slashes.
 *
 * A URL parser would remove the segments `.` and `..`, even in encoded form, and so address another resource. The adjacent slashes
 * are encoded as `%2F` to prevent that; the cloud decodes the whole path.
 */
export const expandPath = (template: string, values: Readonly<Record<string, unknown>>): string => {
  const parts = partsOf(template)
  let filled = parts[0]?.text ?? ""
  for (let index = 1; index < parts.length; index++) {
    const { keepsSlashes, name, text } = parts[index] as Part
    const encoded = encodeURIComponent(String(values[name]))
    filled += (keepsSlashes && encoded.includes("%2F") ? encoded.replaceAll("%2F", "/") : encoded) + text
  }
  // Without a dot next to a slash or at an end, no segment consists of dots.
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

/** The query with its `?`, or the empty string. Undefined and null values are left out. */
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
