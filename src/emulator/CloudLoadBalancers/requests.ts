/**
 * Requests to Cloud Load Balancers: their type, the service's faults without a wrapper, its field readers, and pages
 * that begin with their marker (Cloud Load Balancers API v1.0, "Faults" and "Paginated collections").
 */
import * as Fields from "../Fields.js"
import type { Caller, RoutedRequest, WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Reply from "../Reply.js"
import * as Router from "../Router.js"

export interface LoadBalancerRequest extends RoutedRequest {
  readonly caller: Caller
}

export const { compile, table, within } = Router.define<LoadBalancerRequest, WireResponse>()

/** A fault without a wrapper. */
export const refuse = (status: number, message: string, fields: Fields.JsonObject = {}): never =>
  Refusal.refuse(Reply.json(status, { message, code: status, ...fields }))

/** 400 with a message for each problem. */
export const invalid = (...messages: ReadonlyArray<string>): never =>
  refuse(400, "Validation Failure", { details: "The object is not valid", validationErrors: { messages } })

/** 400 for a body that the operation does not accept. Its message is a list, and it has no code. */
export const mismatch = (): never =>
  Refusal.refuse(Reply.json(400, { message: ["JSON does not match the expected schema"] }))

export const notFound = (message: string): never => refuse(404, message)

/** 202 with an empty body, the answer to most changes. */
export const accepted = (): WireResponse => Reply.empty(202)

export const read = Fields.make({
  missing: (name) => invalid(`${name} is missing`),
  text: (name, maxLength) => invalid(`${name} must be a string of at most ${maxLength} characters`),
  oneOf: (name, values) => invalid(`${name} must be one of ${values.join(", ")}`),
  integer: (name, least, most) => invalid(`${name} must be an integer from ${least} to ${most}`),
  boolean: (name) => invalid(`${name} must be a boolean`),
  object: mismatch,
  list: mismatch,
  listOfObjects: mismatch
})

/** The object under the only key of the body. */
export const onlyObject = ({ body = {} }: LoadBalancerRequest, key: string): Fields.JsonObject => {
  const value = read.object(body, key)
  return Object.keys(body).length === 1 ? value : mismatch()
}

/** Refuses fields that the operation does not accept. */
export const checkNames = (from: Fields.JsonObject, names: ReadonlyArray<string>): void => {
  for (const name of Object.keys(from)) {
    if (!names.includes(name)) {
      invalid(`The attribute '${name}' cannot be set here`)
    }
  }
}

/** The ids of a bulk deletion; undefined if there are none. */
export const optionalIds = ({ query }: LoadBalancerRequest, most: number): ReadonlyArray<number> | undefined => {
  const ids = query.getAll("id")
  if (ids.length === 0) {
    return undefined
  }
  if (ids.length > most) {
    return refuse(413, `Batch deletes must not exceed ${most} items.`)
  }
  return ids.map((id) => (/^\d+$/.test(id) ? Number(id) : invalid("The id must be an integer")))
}

/** The options of paging. */
export interface Paging {
  readonly maxLimit: number
  readonly defaultLimit: number
  /** Whether a page begins after its marker, instead of with it. */
  readonly markerIsPassed: boolean
}

/** Returns a page of a listing. */
export const page = <A extends { readonly id: number }>(
  items: ReadonlyArray<A>,
  query: URLSearchParams,
  { defaultLimit, markerIsPassed, maxLimit }: Paging
): ReadonlyArray<A> => {
  const integer = (name: string) => Fields.queryInteger(query, name, () => invalid(`${name} must be an integer`))
  const marker = integer("marker")
  const limit = Math.min(maxLimit, integer("limit") ?? defaultLimit)
  const at = marker === undefined ? 0 : items.findIndex(({ id }) => id === marker)
  if (at < 0) {
    return []
  }
  const start = at + (marker !== undefined && markerIsPassed ? 1 : 0) + (integer("offset") ?? 0)
  return items.slice(start, start + limit)
}
