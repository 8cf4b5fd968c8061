/**
 * Listings of an account's containers and a container's objects: which entries a page has, and how
 * it is written as text, JSON or XML.
 */
import type { ServiceRequest, WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Reply from "../Reply.js"
import * as Answer from "./answer.js"
import * as ByteText from "./byteText.js"
import { isTrue } from "./metadata.js"
import type { SortedNames } from "./sortedNames.js"

/** What a request asks of a listing. */
export interface Parameters {
  readonly limit: number
  readonly marker: ByteText.ByteText
  readonly endMarker: ByteText.ByteText
  readonly prefix: ByteText.ByteText
  readonly delimiter: ByteText.ByteText
  readonly path: ByteText.ByteText | undefined
  readonly reverse: boolean
}

/** The value of a query parameter, of several the last; 400 if it is no UTF-8. */
export const parameter = (request: ServiceRequest, name: string): string | undefined => {
  const value = request.query.getAll(name).at(-1)
  // Decoding has put U+FFFD where the bytes made no sense; where it was really sent it stands in the target.
  if (value?.includes("\ufffd") && !/%ef%bf%bd|\ufffd/i.test(request.target)) {
    return Refusal.refuse(Answer.plain(400, `"${name}" parameter not valid UTF-8`))
  }
  return value
}

/** Reads the parameters of a listing; 412 for more than `pageLimit` entries. */
export const parameters = (request: ServiceRequest, pageLimit: number): Parameters => {
  const bytes = (name: string) => ByteText.fromText(parameter(request, name) ?? "")
  const given = parameter(request, "limit") ?? ""
  const limit = /^\d+$/.test(given) ? Number(given) : pageLimit
  if (limit > pageLimit) {
    Refusal.refuse(Answer.sentence(412, `Maximum limit is ${pageLimit}`))
  }
  const path = parameter(request, "path")
  return {
    limit,
    marker: bytes("marker"),
    endMarker: bytes("end_marker"),
    prefix: bytes("prefix"),
    delimiter: bytes("delimiter"),
    path: path === undefined ? undefined : ByteText.fromText(path),
    reverse: isTrue(parameter(request, "reverse"))
  }
}

/** An entry of a listing: a name, or the common beginning of names that a delimiter rolls up. */
export interface Entry {
  readonly name: ByteText.ByteText
  readonly isSubdir: boolean
}

/**
 * The entries of one page. The rules are those of Swift's container server, which differ from what one would write
 * down: `path` lists no subdirectories but their marker objects, and a page that begins behind a name within a
 * subdirectory names that subdirectory once more.
 */
export const page = (names: SortedNames, parameters: Parameters): ReadonlyArray<Entry> => {
  const { limit, path, reverse } = parameters
  const directory = path === undefined || path === "" ? path : `${path.replace(/\/+$/, "")}/`
  const prefix = directory ?? parameters.prefix
  const delimiter = path === undefined ? parameters.delimiter : "/"
  // Going backwards, the page begins at the marker too, and that is then its upper end.
  const [above, below] = reverse ? [parameters.endMarker, parameters.marker] : [parameters.marker, parameters.endMarker]
  const entries: Array<Entry> = []

  const isWithin = (name: ByteText.ByteText): boolean =>
    name.startsWith(prefix) && (below === "" || name < below) && (above === "" || name > above)

  /** Takes a name up; answers the subdirectory to skip, if it is in one. */
  const take = (name: ByteText.ByteText): ByteText.ByteText | undefined => {
    const at = delimiter === "" ? -1 : name.indexOf(delimiter, prefix.length)
    const subdir = at < 0 ? undefined : name.slice(0, at + delimiter.length)
    if (directory !== undefined) {
      if (subdir !== undefined && name.length > subdir.length) {
        return subdir
      }
      if (name !== directory) {
        entries.push({ name, isSubdir: false })
      }
      return undefined
    }
    if (subdir === undefined) {
      entries.push({ name, isSubdir: false })
    } else if (subdir !== above) {
      entries.push({ name: subdir, isSubdir: true })
    }
    return subdir
  }

  if (reverse) {
    const top = prefix === "" ? undefined : ByteText.after(prefix)
    let name = names.lastBefore(below !== "" && (top === undefined || below < top) ? below : top)
    while (name !== undefined && entries.length < limit && isWithin(name)) {
      name = names.lastBefore(take(name) ?? name)
    }
    return entries
  }

  let start = above > prefix ? above : prefix
  for (;;) {
    let skipped: ByteText.ByteText | undefined
    for (const name of names.from(start)) {
      if (name === above && above !== "") {
        continue
      }
      if (entries.length >= limit || !isWithin(name)) {
        return entries
      }
      skipped = take(name)
      if (skipped !== undefined) {
        break
      }
    }
    if (skipped === undefined) {
      return entries
    }
    start = ByteText.after(skipped)
  }
}

/** How a listing is written. */
export type Format = "text/plain" | "application/json" | "application/xml" | "text/xml"

const formats: ReadonlyArray<Format> = ["text/plain", "application/json", "application/xml", "text/xml"]

/** The first of these media types that the Accept header takes, exact ones before wildcards; undefined for none. */
export const accepted = (accept: string | undefined): Format | undefined => {
  const wanted = (accept ?? "")
    .split(",")
    .map((item) => {
      const [type = "", ...rest] = item.trim().toLowerCase().split(";")
      const quality = rest
        .map((part) => /^\s*q\s*=\s*([\d.]+)\s*$/.exec(part)?.[1])
        .find((value) => value !== undefined)
      return { type: type.trim(), quality: quality === undefined ? 1 : Number(quality) }
    })
    .filter(({ quality, type }) => type !== "" && quality > 0)
    .toSorted((a, b) => Number(a.type.includes("*")) - Number(b.type.includes("*")) || b.quality - a.quality)
  if (wanted.length === 0) {
    return "text/plain"
  }
  for (const { type } of wanted) {
    const [main, sub] = type.split("/")
    const found = formats.find(
      (format) => (main === "*" || format.startsWith(`${main}/`)) && (sub === "*" || format.endsWith(`/${sub}`))
    )
    if (found !== undefined) {
      return found
    }
  }
  return undefined
}

/** How a request wants its listing: by `format` or else by Accept; 406 if in no way that Swift has. */
export const format = (request: ServiceRequest): Format => {
  const named = parameter(request, "format")?.toLowerCase()
  if (named !== undefined && named !== "") {
    return named === "json" ? "application/json" : named === "xml" ? "application/xml" : "text/plain"
  }
  return accepted(request.headers["accept"]) ?? Refusal.refuse(Answer.standard(406))
}

/** What caches are told where the form follows from Accept. */
export const varies = (request: ServiceRequest): Readonly<Record<string, string>> =>
  parameter(request, "format") ? {} : { Vary: "Accept" }

/** Escapes a text for XML. */
export const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

/** A record of a listing: the fields of an entry in Swift's order, or `subdir`. */
export type Row = Readonly<Record<string, string | number | boolean>>

/** The names of the elements in XML: `container` around and `object` within, and the name of what is listed. */
export interface Elements {
  readonly root: "account" | "container"
  readonly item: "container" | "object"
  readonly name: string
}

/** Writes a listing. No entries are nothing at all as text. */
export const write = (rows: ReadonlyArray<Row>, format: Format, elements: Elements): string => {
  if (format === "application/json") {
    return JSON.stringify(rows)
  }
  if (format === "text/plain") {
    return rows.map((row) => `${row["subdir"] ?? row["name"]}\n`).join("")
  }
  const items = rows.map((row) => {
    const subdir = row["subdir"]
    if (subdir !== undefined) {
      const name = escapeXml(String(subdir))
      return `<subdir name="${name}"><name>${name}</name></subdir>`
    }
    const fields = Object.entries(row).map(([field, value]) => `<${field}>${escapeXml(String(value))}</${field}>`)
    return `<${elements.item}>${fields.join("")}</${elements.item}>`
  })
  const start = `<?xml version="1.0" encoding="UTF-8"?>\n<${elements.root} name="${escapeXml(elements.name)}"`
  return items.length === 0 ? `${start} />` : `${start}>${items.join("")}</${elements.root}>`
}

/** A page of a listing as a response: 204 where nothing is said. */
export const respond = (
  rows: ReadonlyArray<Row>,
  format: Format,
  elements: Elements,
  headers: Readonly<Record<string, string>>
): WireResponse => {
  const body = write(rows, format, elements)
  return Reply.text(body === "" ? 204 : 200, body, {
    ...headers,
    "Content-Type": `${format}; charset=utf-8`
  })
}
