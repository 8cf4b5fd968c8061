/** Decodes lists in JSON item by item, so that an invalid item does not hide the others. */
import * as Either from "effect/Either"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { UnreadableItem } from "../../Paging.js"
import { compiledDecoder, fallback } from "./compiledCodec.js"
import { issuesOf, kindOf } from "./issues.js"
import { lazy, once } from "./lazy.js"

/** The decoded items of a list, and the errors of the others. */
export interface ItemList<out A> {
  readonly items: ReadonlyArray<A>
  readonly unreadable: ReadonlyArray<UnreadableItem>
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The name of an item, otherwise its id, for messages. */
const nameOf = (raw: unknown): string | undefined => {
  if (!isObject(raw)) return undefined
  const { id, name } = raw
  if (typeof name === "string" && name !== "") return name.slice(0, 200)
  return typeof id === "string" || typeof id === "number" ? String(id).slice(0, 200) : undefined
}

/** Names an item in a message: ` (the item "web-1")`. Empty if the item has neither a name nor an id. */
export const aboutItem = (raw: unknown): string => {
  const name = nameOf(raw)
  return name === undefined ? "" : ` (the item ${JSON.stringify(name)})`
}

const unreadableItem = (place: string, raw: unknown, error: ParseResult.ParseError): UnreadableItem => {
  const [issue = { path: ".", expected: "another content" }] = issuesOf(error)
  return {
    path: issue.path === "." ? place : `${place}.${issue.path}`,
    expected: `${issue.expected}${aboutItem(raw)}`
  }
}

/** Decodes each item of the list under this key. */
export const readEach = <A, I>(
  key: string,
  item: Schema.Schema<A, I>
): ((list: ReadonlyArray<unknown>) => ItemList<A>) => {
  const compiledItem = once(() => compiledDecoder(item))
  return (list) => {
    const decode = compiledItem()
    const items: Array<A> = []
    const unreadable: Array<UnreadableItem> = []
    for (const [index, raw] of list.entries()) {
      const value = decode(raw)
      if (value !== fallback) {
        items.push(value as A)
        continue
      }
      const decoded = Schema.decodeUnknownEither(item)(raw)
      if (Either.isRight(decoded)) items.push(decoded.right)
      else unreadable.push(unreadableItem(`${key}.${index}`, raw, decoded.left))
    }
    return { items, unreadable }
  }
}

/** An array. A single object becomes an array of one item. */
const asArray = (value: unknown): ReadonlyArray<unknown> | undefined =>
  Array.isArray(value) ? value : isObject(value) ? [value] : undefined

const holdsLinksOnly = (wire: Readonly<Record<string, unknown>>): boolean =>
  Object.keys(wire).every((key) => key.endsWith("links"))

/**
 * The raw items of a response `{ "servers": […] }`; undefined if there is no such list. Some clouds write an empty list
 * as null, or leave it out if the response contains nothing else; some write a single item without an array. A response
 * without a body occurs only with status 204, and is an empty list.
 */
const rawItems = (wire: unknown, key: string, unwrap: Unwrap): ReadonlyArray<unknown> | undefined => {
  if (wire === undefined) return []
  if (!isObject(wire)) return undefined
  const value = wire[key]
  if (value === undefined) return holdsLinksOnly(wire) ? [] : undefined
  if (value === null) return []
  const items = unwrap(value)
  return items === null ? [] : asArray(items)
}

/** Finds the raw items in the value of a list's key: an array or a single item; undefined if there is no list. */
type Unwrap = (value: unknown) => unknown

/** A response, and the raw items in it. */
interface Envelope {
  readonly wire: Readonly<Record<string, unknown>>
  readonly list: ReadonlyArray<unknown>
}

/** A raw response `{ "servers": […] }` with its raw items. `unwrap` finds them if they are not in a plain array. */
export const envelope = (key: string, unwrap: Unwrap = asArray): Schema.Schema<Envelope, unknown> =>
  Schema.transform(
    Schema.Unknown.pipe(
      Schema.filter((wire) => {
        if (rawItems(wire, key, unwrap) !== undefined) return undefined
        if (!isObject(wire)) return { path: [], message: `an object, not ${kindOf(wire)}` }
        const value = wire[key]
        const found = value === undefined ? ", and it is missing" : `, not ${kindOf(value)}`
        return { path: [key], message: `an array${found}` }
      })
    ),
    Schema.Any as Schema.Schema<Envelope>,
    {
      strict: true,
      decode: (wire) => ({ wire: isObject(wire) ? wire : {}, list: rawItems(wire, key, unwrap) ?? [] }),
      encode: ({ wire }) => wire
    }
  )

/** Decodes a response `{ "servers": […] }` item by item. */
export const itemList = <A, I>(
  key: string,
  item: Schema.Schema<A, I>,
  unwrap?: Unwrap
): Schema.Schema<ItemList<A>, unknown> => {
  const read = readEach(key, item)
  return lazy(() =>
    Schema.transform(envelope(key, unwrap), Schema.Any as Schema.Schema<ItemList<A>>, {
      strict: true,
      decode: ({ list }) => read(list),
      encode: ({ items }) => ({ wire: { [key]: items }, list: items })
    })
  )
}
