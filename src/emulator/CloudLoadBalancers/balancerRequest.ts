/**
 * A request to Cloud Load Balancers as its routes see it, the service's flat faults, the reading of fields, and pages that
 * begin with their marker (load-balancers.md sections 4 and 6).
 */
import type { WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Reply from "../Reply.js"
import * as RequestBody from "../RequestBody.js"

/** A request that is read, and taken apart. */
export interface BalancerRequest {
  /** In upper case; a HEAD is served as the GET that it stands for. */
  readonly method: string
  readonly query: URLSearchParams
  /** Undefined where the body is missing, or JSON but no object. */
  readonly body: RequestBody.JsonObject | undefined
  readonly accountId: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** A refusal as this service words it: flat, without a key. */
export const refuse = (status: number, message: string, fields: Readonly<Record<string, unknown>> = {}): never =>
  Refusal.refuse(Reply.json(status, { message, code: status, ...fields }))

/** 400 with all that is wrong. */
export const invalid = (...messages: ReadonlyArray<string>): never =>
  refuse(400, "Validation Failure", { details: "The object is not valid", validationErrors: { messages } })

/** 400 of a body that is not what the operation takes: its message is a list, and it has no code. */
export const mismatch = (): never =>
  Refusal.refuse(Reply.json(400, { message: ["JSON does not match the expected schema"] }))

/** 404. */
export const notFound = (message: string): never => refuse(404, message)

/** 405. */
export const badMethod = (): never => refuse(405, "Method Not Allowed")

/** The object under the one key that the operation's body has. */
export const under = (request: BalancerRequest, key: string): RequestBody.JsonObject => {
  const value = request.body?.[key]
  return RequestBody.isObject(value) && Object.keys(request.body ?? {}).length === 1 ? value : mismatch()
}

/** The objects of a list. */
export const objects = (from: RequestBody.JsonObject, key: string): ReadonlyArray<RequestBody.JsonObject> => {
  const value = from[key]
  return Array.isArray(value) && value.every(RequestBody.isObject) ? value : mismatch()
}

/** Refuses fields that the operation does not take. */
export const only = (from: RequestBody.JsonObject, names: ReadonlyArray<string>): void => {
  for (const name of Object.keys(from)) {
    if (!names.includes(name)) {
      invalid(`The attribute '${name}' cannot be set here`)
    }
  }
}

/** A text of at most so many characters, or undefined where there is none. */
export const textIfAny = (from: RequestBody.JsonObject, name: string, most = 65_536): string | undefined => {
  const value = from[name]
  if (value === undefined || value === null) {
    return undefined
  }
  return typeof value === "string" && value.length <= most
    ? value
    : invalid(`${name} must be a string of at most ${most} characters`)
}

/** A text that must be there. */
export const text = (from: RequestBody.JsonObject, name: string, most = 65_536): string => {
  const value = textIfAny(from, name, most)
  return value === undefined || value === "" ? invalid(`${name} is missing`) : value
}

/** One of some words, or undefined where there is none. */
export const wordIfAny = (
  from: RequestBody.JsonObject,
  name: string,
  words: ReadonlyArray<string>
): string | undefined => {
  const value = from[name]
  if (value === undefined || value === null) {
    return undefined
  }
  return typeof value === "string" && words.includes(value)
    ? value
    : invalid(`${name} must be one of ${words.join(", ")}`)
}

/** One of some words, which must be there. */
export const word = (from: RequestBody.JsonObject, name: string, words: ReadonlyArray<string>): string =>
  wordIfAny(from, name, words) ?? invalid(`${name} is missing`)

/** A whole number within its bounds, or undefined where there is none. */
export const wholeIfAny = (
  from: RequestBody.JsonObject,
  name: string,
  least: number,
  most: number
): number | undefined => {
  const value = from[name]
  if (value === undefined || value === null) {
    return undefined
  }
  return typeof value === "number" && Number.isInteger(value) && value >= least && value <= most
    ? value
    : invalid(`${name} must be an integer from ${least} to ${most}`)
}

/** A whole number within its bounds, which must be there. */
export const whole = (from: RequestBody.JsonObject, name: string, least: number, most: number): number =>
  wholeIfAny(from, name, least, most) ?? invalid(`${name} is missing`)

/** A switch, or undefined where there is none. Texts are taken too, as the documents' samples write them. */
export const flagIfAny = (from: RequestBody.JsonObject, name: string): boolean | undefined => {
  const value = from[name]
  if (value === undefined || value === null) {
    return undefined
  }
  return value === true || value === "true"
    ? true
    : value === false || value === "false"
      ? false
      : invalid(`${name} must be a boolean`)
}

/** The ids of a bulk deletion; undefined where none is named. */
export const idsIfAny = (request: BalancerRequest, most: number): ReadonlyArray<number> | undefined => {
  const ids = request.query.getAll("id")
  if (ids.length === 0) {
    return undefined
  }
  if (ids.length > most) {
    return refuse(413, `Batch deletes must not exceed ${most} items.`)
  }
  return ids.map((id) => (/^\d+$/.test(id) ? Number(id) : invalid("The id must be an integer")))
}

/** Cuts a page out of a listing, which begins with the marker's own item. */
export const page = <A extends { readonly id: number }>(
  items: ReadonlyArray<A>,
  query: URLSearchParams,
  how: { readonly cap: number; readonly standard: number; readonly markerIsPassed: boolean }
): ReadonlyArray<A> => {
  const number = (name: string): number | undefined => {
    const value = query.get(name)
    return value === null ? undefined : /^\d+$/.test(value) ? Number(value) : invalid(`${name} must be an integer`)
  }
  const marker = number("marker")
  const limit = Math.min(how.cap, number("limit") ?? how.standard)
  const at = marker === undefined ? 0 : items.findIndex(({ id }) => id === marker)
  if (at < 0) {
    return []
  }
  const start = at + (marker !== undefined && how.markerIsPassed ? 1 : 0) + (number("offset") ?? 0)
  return items.slice(start, start + limit)
}

/** 202 with an empty body, as most changes answer. */
export const accepted = (): WireResponse => Reply.empty(202)
