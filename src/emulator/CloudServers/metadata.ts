/** Metadata of servers and images: at most 40 strings by name. */
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Fields from "../Fields.js"
import { badRequest, forbidden, notFound } from "./requests.js"
import type { NovaRequest } from "./requests.js"

/** The maximum number of items per server or image. */
export const maximum = 40

/** Counts Unicode code points, like Nova. */
const lengthOf = (text: string): number => [...text].length

/** Reads metadata in a request; refuses values that are not strings, and names longer than 255 characters. */
export const read = (value: unknown): Record<string, string> => {
  if (!Fields.isObject(value)) {
    return badRequest("Unable to parse metadata key/value pairs.")
  }
  const entries: Array<[string, string]> = []
  for (const [key, item] of Object.entries(value)) {
    if (key === "") {
      return badRequest("Metadata property key blank")
    }
    if (lengthOf(key) > 255) {
      return badRequest("Metadata property key greater than 255 characters")
    }
    if (typeof item !== "string") {
      return badRequest("Metadata property value is not a string")
    }
    if (lengthOf(item) > 255) {
      return badRequest("Metadata property value greater than 255 characters")
    }
    entries.push([key, item])
  }
  return bounded(Object.fromEntries(entries))
}

const bounded = (metadata: Record<string, string>): Record<string, string> =>
  Object.keys(metadata).length > maximum ? forbidden(`Maximum number of metadata items exceeds ${maximum}`) : metadata

/** A server or an image. */
interface Owner {
  metadata: Record<string, string>
  updatedAt: number
}

const store = (owner: Owner, metadata: Record<string, string>, { now }: NovaRequest): void => {
  owner.metadata = metadata
  owner.updatedAt = now
}

const notFoundItem = (): never => notFound("Metadata item was not found")

/** Handlers for the metadata of a server or image, and for a single item. */
export const list = ({ metadata }: Owner): WireResponse => Reply.json(200, { metadata })

export const replace = (owner: Owner, request: NovaRequest): WireResponse => {
  store(owner, read(request.body?.["metadata"]), request)
  return list(owner)
}

export const merge = (owner: Owner, request: NovaRequest): WireResponse => {
  store(owner, bounded({ ...owner.metadata, ...read(request.body?.["metadata"]) }), request)
  return list(owner)
}

export const get = ({ metadata }: Owner, _: NovaRequest, { key }: { readonly key: string }): WireResponse =>
  Object.hasOwn(metadata, key) ? Reply.json(200, { meta: { [key]: metadata[key] } }) : notFoundItem()

export const put = (owner: Owner, request: NovaRequest, { key }: { readonly key: string }): WireResponse => {
  const sent = read(request.body?.["meta"])
  if (Object.keys(sent).length > 1) {
    return badRequest("Request body contains too many items")
  }
  if (!Object.hasOwn(sent, key)) {
    return badRequest("Request body and URI mismatch")
  }
  store(owner, bounded({ ...owner.metadata, ...sent }), request)
  return Reply.json(200, { meta: sent })
}

export const remove = (owner: Owner, request: NovaRequest, { key }: { readonly key: string }): WireResponse => {
  if (!Object.hasOwn(owner.metadata, key)) {
    return notFoundItem()
  }
  store(owner, Object.fromEntries(Object.entries(owner.metadata).filter(([name]) => name !== key)), request)
  return Reply.empty(204)
}
