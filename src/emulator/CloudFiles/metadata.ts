/** Metadata of accounts, containers and objects: `X-{Kind}-Meta-{Name}` headers and their common limits. */
import * as Refusal from "../Refusal.js"
import * as Answer from "./answer.js"
import * as ByteText from "./byteText.js"

/** The kinds of resources that have metadata. */
export type Kind = "account" | "container" | "object"

/** Stored headers, by their names as Swift sends them. */
export type StoredHeaders = ReadonlyMap<string, string>

const maxItems = 90
const maxNameLength = 128
const maxValueLength = 256
const maxTotalBytes = 4096
const maxHeaderLength = 8192

/** A header's name as Swift sends it: `x-object-meta-foo_bar` is `X-Object-Meta-Foo-Bar`. */
export const headerName = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll("_", "-")
    .replace(/(^|[^a-z])([a-z])/g, (_, before: string, letter: string) => before + letter.toUpperCase())

const prefixOf = (kind: Kind): string => headerName(`x-${kind}-meta-`)

/** Refuses headers that exceed the limits of one request with 400. */
export const check = (headers: Readonly<Record<string, string>>, kind: Kind): void => {
  const prefix = prefixOf(kind)
  let items = 0
  let bytes = 0
  for (const [header, value] of Object.entries(headers)) {
    if (value.length > maxHeaderLength) {
      Refusal.refuse(Answer.plain(400, `Header value too long: ${headerName(header).slice(0, maxNameLength)}`))
    }
    if (!headerName(header).startsWith(prefix)) {
      continue
    }
    const name = header.slice(prefix.length)
    const shown = prefix.toLowerCase() + headerName(header).slice(prefix.length)
    if (name === "") {
      Refusal.refuse(Answer.plain(400, "Metadata name cannot be empty"))
    }
    if (kind !== "object" && !ByteText.isValid(value)) {
      Refusal.refuse(Answer.plain(400, "Metadata must be valid UTF-8"))
    }
    items++
    bytes += name.length + value.length
    if (name.length > maxNameLength) {
      Refusal.refuse(Answer.plain(400, `Metadata name too long: ${shown}`))
    }
    if (value.length > maxValueLength) {
      Refusal.refuse(Answer.plain(400, `Metadata value longer than ${maxValueLength}: ${shown}`))
    }
    if (items > maxItems) {
      Refusal.refuse(Answer.plain(400, `Too many metadata items; max ${maxItems}`))
    }
    if (bytes > maxTotalBytes) {
      Refusal.refuse(Answer.plain(400, `Total metadata too large; max ${maxTotalBytes}`))
    }
  }
}

/** The metadata that a request sets on an object. Items may have an empty value. */
export const ofObject = (headers: Readonly<Record<string, string>>): StoredHeaders => {
  const prefix = prefixOf("object")
  return new Map(
    Object.entries(headers)
      .map(([header, value]) => [headerName(header), value] as const)
      .filter(([header]) => header.startsWith(prefix))
  )
}

/**
 * Merges a request's metadata into that of an account or container. An empty value or an `X-Remove-…` header removes an
 * item; setting takes precedence over removing. Refuses with 400 if the result exceeds the limits.
 */
export const merged = (
  current: StoredHeaders,
  headers: Readonly<Record<string, string>>,
  kind: Exclude<Kind, "object">,
  /** Other headers that are kept in the same way: `X-Container-Read`. */
  others: ReadonlyArray<string> = []
): StoredHeaders => {
  check(headers, kind)
  const prefix = prefixOf(kind)
  const isKept = (header: string) => header.startsWith(prefix) || others.includes(header)
  const next = new Map(current)
  const sent = Object.entries(headers).map(([header, value]) => [headerName(header), value] as const)
  for (const [header] of sent) {
    const removed = header.replace(/^X-Remove-/, "X-")
    if (removed !== header && isKept(removed)) {
      next.delete(removed)
    }
  }
  for (const [header, value] of sent) {
    if (isKept(header)) {
      next.delete(header)
      if (value !== "") {
        next.set(header, value)
      }
    }
  }
  const items = [...next].filter(([header]) => header.startsWith(prefix))
  if (items.length > maxItems) {
    Refusal.refuse(Answer.sentence(400, `Too many metadata items; max ${maxItems}`))
  }
  if (items.reduce((sum, [header, value]) => sum + header.length - prefix.length + value.length, 0) > maxTotalBytes) {
    Refusal.refuse(Answer.sentence(400, `Total metadata too large; max ${maxTotalBytes}`))
  }
  return next
}

/** Whether a header has one of the values that Swift takes as true. */
export const isTrue = (value: string | undefined | null): boolean =>
  ["true", "1", "yes", "on", "t", "y"].includes((value ?? "").toLowerCase())
