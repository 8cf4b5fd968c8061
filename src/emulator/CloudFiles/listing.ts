/** Listings of containers and objects: which entries a page has, and its format as text, JSON or XML. */
import type { ServiceRequest, WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Reply from "../Reply.js"
import * as Answer from "./answer.js"
import * as ByteText from "./byteText.js"
import { isTrue } from "./metadata.js"
import type { SortedNames } from "./sortedNames.js"

/** The query parameters of a listing. */
export interface Parameters {
  readonly limit: number
  readonly marker: ByteText.ByteText
  readonly endMarker: ByteText.ByteText
  readonly prefix: ByteText.ByteText
  readonly delimiter: ByteText.ByteText
  readonly path: ByteText.ByteText | undefined
  readonly reverse: boolean
}

/** The last value of a query parameter; 400 if it is not valid UTF-8. */
export const parameter = (request: ServiceRequest, name: string): string | undefined => {
  const value = request.query.getAll(name).at(-1)
  // Decoding replaces invalid bytes by U+FFFD, so the target shows whether that character was really sent.
  if (value?.includes("\ufffd") && !/%ef%bf%bd|\ufffd/i.test(request.target)) {
    return Refusal.refuse(Answer.plain(400, `"${name}" parameter not valid UTF-8`))
  }
  return value
}

/** Parses the parameters of a listing; 412 for a limit above `pageLimit`. */
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

/** An entry of a listing: a name, or a common prefix up to a delimiter. */
export interface Entry {
  readonly name: ByteText.ByteText
  readonly isSubdir: boolean
}

/**
 * The entries of one page, by the rules of Swift's container server, some of which are surprising: `path` lists only
 * those subdirectories that have a marker object, and a page whose marker is inside a subdirectory lists that
 * subdirectory again.
 */
export const page = (names: SortedNames, parameters: Parameters): ReadonlyArray<Entry> => {
  const { limit, path, reverse } = parameters
  const directory = path === undefined || path === "" ? path : `${path.replace(/\/+$/, "")}/`
  const prefix = directory ?? parameters.prefix
  const delimiter = path === undefined ? parameters.delimiter : "/"
  // In reverse order the marker is the upper end.
  const [above, below] = reverse ? [parameters.endMarker, parameters.marker] : [parameters.marker, parameters.endMarker]
  const entries: Array<Entry> = []

  const isWithin = (name: ByteText.ByteText): boolean =>
    name.startsWith(prefix) && (below === "" || name < below) && (above === "" || name > above)

  /** Adds a name. Returns the subdirectory to skip if the name is in one. */
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

/** The format of a listing. */
export type Format = "text/plain" | "application/json" | "application/xml" | "text/xml"

const formats: ReadonlyArray<Format> = ["text/plain", "application/json", "application/xml", "text/xml"]

/** The first format that the Accept header allows, exact matches before wildcards; undefined if there is none. */
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

/** The format of a listing: by `format`, otherwise by Accept; 406 if Swift does not support it. */
export const format = (request: ServiceRequest): Format => {
  const named = parameter(request, "format")?.toLowerCase()
  if (named !== undefined && named !== "") {
    return named === "json" ? "application/json" : named === "xml" ? "application/xml" : "text/plain"
  }
  return accepted(request.headers["accept"]) ?? Refusal.refuse(Answer.standard(406))
}

/** The `Vary` header, where the format depends on Accept. */
export const varies = (request: ServiceRequest): Readonly<Record<string, string>> =>
  parameter(request, "format") ? {} : { Vary: "Accept" }

/** Escapes text for XML. */
export const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

/** An entry of a listing with its fields in Swift's order, or `subdir`. */
export type Row = Readonly<Record<string, string | number | boolean>>

/** The XML element names (`container` around `object`), and the name of the listed resource. */
export interface Elements {
  readonly root: "account" | "container"
  readonly item: "container" | "object"
  readonly name: string
}

/** Formats a listing. An empty one has no text at all. */
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

/** The response with a page of a listing; 204 if it has no body. */
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
