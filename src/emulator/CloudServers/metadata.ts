/**
 * Metadata, which servers and images have alike: texts under names, at most 40 of them (servers.md sections 2.1 and
 * 2.6).
 */
import type { WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Reply from "../Reply.js"
import * as Fields from "../Fields.js"

/** How many entries a server or an image may have. */
export const maximum = 40

/** Nova counts code points. */
const lengthOf = (text: string): number => [...text].length

/** Reads metadata as a request sends it; refuses what is not text under a name of 1 to 255 characters. */
export const read = (value: unknown): Record<string, string> => {
  if (!Fields.isObject(value)) {
    return Refusal.fault(400, "badRequest", "Unable to parse metadata key/value pairs.")
  }
  const entries: Array<[string, string]> = []
  for (const [key, item] of Object.entries(value)) {
    if (key === "") {
      return Refusal.fault(400, "badRequest", "Metadata property key blank")
    }
    if (lengthOf(key) > 255) {
      return Refusal.fault(400, "badRequest", "Metadata property key greater than 255 characters")
    }
    if (typeof item !== "string") {
      return Refusal.fault(400, "badRequest", "Metadata property value is not a string")
    }
    if (lengthOf(item) > 255) {
      return Refusal.fault(400, "badRequest", "Metadata property value greater than 255 characters")
    }
    entries.push([key, item])
  }
  return bounded(Object.fromEntries(entries))
}

const bounded = (metadata: Record<string, string>): Record<string, string> =>
  Object.keys(metadata).length > maximum
    ? Refusal.fault(403, "forbidden", `Maximum number of metadata items exceeds ${maximum}`)
    : metadata

/** Serves the `metadata` sub-resource of something that keeps its metadata in a plain object. */
export const serve = (options: {
  readonly method: string
  /** What stands in the path behind `metadata`. */
  readonly key: string | undefined
  /** The request's body, if it is a JSON object. */
  readonly body: Fields.JsonObject | undefined
  readonly current: Readonly<Record<string, string>>
  readonly store: (metadata: Record<string, string>) => void
}): WireResponse => {
  const { body, current, key, method, store } = options
  if (key === undefined) {
    switch (method) {
      case "GET":
        return Reply.json(200, { metadata: current })
      case "PUT":
      case "POST": {
        const sent = read(body?.["metadata"])
        const metadata = method === "PUT" ? sent : bounded({ ...current, ...sent })
        store(metadata)
        return Reply.json(200, { metadata })
      }
      default:
        return Refusal.fault(405, "badMethod", "The method is not allowed for this resource.")
    }
  }
  const known = Object.hasOwn(current, key) ? current[key] : undefined
  if (method === "PUT") {
    const meta = body?.["meta"]
    const sent = read(meta)
    if (Object.keys(sent).length > 1) {
      return Refusal.fault(400, "badRequest", "Request body contains too many items")
    }
    if (!Object.hasOwn(sent, key)) {
      return Refusal.fault(400, "badRequest", "Request body and URI mismatch")
    }
    store(bounded({ ...current, ...sent }))
    return Reply.json(200, { meta: sent })
  }
  if (method !== "GET" && method !== "DELETE") {
    return Refusal.fault(405, "badMethod", "The method is not allowed for this resource.")
  }
  if (known === undefined) {
    return Refusal.fault(404, "itemNotFound", "Metadata item was not found")
  }
  if (method === "DELETE") {
    store(Object.fromEntries(Object.entries(current).filter(([name]) => name !== key)))
    return Reply.empty(204)
  }
  return Reply.json(200, { meta: { [key]: known } })
}
