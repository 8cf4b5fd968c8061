/**
 * Metadata of accounts, containers and objects: headers `X-{Kind}-Meta-{Name}`, and the limits that all three have in
 * common.
 */
import * as Refusal from "../Refusal.js"
import * as Answer from "./answer.js"
import * as ByteText from "./byteText.js"

/** What metadata can hang on. */
export type Kind = "account" | "container" | "object"

/** Headers that are kept, by their names as Swift sends them. */
export type Kept = ReadonlyMap<string, string>

const mostItems = 90
const longestName = 128
const longestValue = 256
const mostBytes = 4096
const longestHeader = 8192

/** A header's name as Swift sends it: `x-object-meta-foo_bar` is `X-Object-Meta-Foo-Bar`. */
export const headerName = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll("_", "-")
    .replace(/(^|[^a-z])([a-z])/g, (_, before: string, letter: string) => before + letter.toUpperCase())

const prefixOf = (kind: Kind): string => headerName(`x-${kind}-meta-`)

/** Refuses headers that break the limits for one request: 400, as text. */
export const check = (headers: Readonly<Record<string, string>>, kind: Kind): void => {
  const prefix = prefixOf(kind)
  let items = 0
  let bytes = 0
  for (const [header, value] of Object.entries(headers)) {
    if (value.length > longestHeader) {
      Refusal.refuse(Answer.plain(400, `Header value too long: ${headerName(header).slice(0, longestName)}`))
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
    if (name.length > longestName) {
      Refusal.refuse(Answer.plain(400, `Metadata name too long: ${shown}`))
    }
    if (value.length > longestValue) {
      Refusal.refuse(Answer.plain(400, `Metadata value longer than ${longestValue}: ${shown}`))
    }
    if (items > mostItems) {
      Refusal.refuse(Answer.plain(400, `Too many metadata items; max ${mostItems}`))
    }
    if (bytes > mostBytes) {
      Refusal.refuse(Answer.plain(400, `Total metadata too large; max ${mostBytes}`))
    }
  }
}

/** The metadata that a request sets on an object. An item without a value is one too. */
export const ofObject = (headers: Readonly<Record<string, string>>): Kept => {
  const prefix = prefixOf("object")
  return new Map(
    Object.entries(headers)
      .map(([header, value]) => [headerName(header), value] as const)
      .filter(([header]) => header.startsWith(prefix))
  )
}

/**
 * What accounts and containers make of a request's metadata: it is merged into what is there, an empty value or an
 * `X-Remove-…` takes an item away, and setting beats removing. Refuses with 400 what would break the limits.
 */
export const merged = (
  current: Kept,
  headers: Readonly<Record<string, string>>,
  kind: Exclude<Kind, "object">,
  /** Headers beside the metadata that are kept in the same way: `X-Container-Read`. */
  others: ReadonlyArray<string> = []
): Kept => {
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
  if (items.length > mostItems) {
    Refusal.refuse(Answer.sentence(400, `Too many metadata items; max ${mostItems}`))
  }
  if (items.reduce((sum, [header, value]) => sum + header.length - prefix.length + value.length, 0) > mostBytes) {
    Refusal.refuse(Answer.sentence(400, `Total metadata too large; max ${mostBytes}`))
  }
  return next
}

/** Whether a header says yes, in any of Swift's words for it. */
export const isTrue = (value: string | undefined | null): boolean =>
  ["true", "1", "yes", "on", "t", "y"].includes((value ?? "").toLowerCase())
