/** A request to Cloud Servers as its routes see it, and the refusals that they have in common. */
import * as Refusal from "../Refusal.js"
import * as Reply from "../Reply.js"
import type * as Fields from "../Fields.js"

/** A request that is read, and taken apart. */
export interface NovaRequest {
  /** In upper case; a HEAD is served as the GET that it stands for. */
  readonly method: string
  readonly query: URLSearchParams
  /** The endpoint's URL, for links. */
  readonly baseUrl: string
  readonly tenantId: string
  readonly userId: string
  /** Undefined where the body is missing, or JSON but no object. */
  readonly body: Fields.JsonObject | undefined
  readonly requestId: string
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The minor number of the microversion, 1 for Nova's oldest; undefined where the cloud has none, as Rackspace. */
  readonly microversion: number | undefined
  /** Whether the caller may do what OpenStack's policies keep for administrators. */
  readonly isAdministrator: boolean
}

/** Whether a request speaks this microversion (its minor number) or a later one. At Rackspace it never does. */
export const speaks = (request: Pick<NovaRequest, "microversion">, since: number): boolean =>
  request.microversion !== undefined && request.microversion >= since

/** Refuses a route that this microversion does not have (any more): 404, as Nova does. */
export const demandMicroversion = (request: NovaRequest, since: number, last = Infinity): void => {
  if (request.microversion === undefined) {
    noRoute()
  } else if (request.microversion < since || request.microversion > last) {
    notFound("The resource could not be found.")
  }
}

/** Refuses what OpenStack's policies keep for administrators: 403. */
export const demandAdministrator = (request: NovaRequest, policy: string): void => {
  if (!request.isAdministrator) {
    forbidden(`Policy doesn't allow ${policy} to be performed.`)
  }
}

/** Refuses fields that a request must not have, in the words of Nova's JSON schemas. */
export const refuseOthers = (field: string, sent: Fields.JsonObject, known: ReadonlyArray<string>): void => {
  const unknown = Object.keys(sent).filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    invalid(
      field,
      `Additional properties are not allowed (${unknown.map((name) => `'${name}'`).join(", ")} ${unknown.length === 1 ? "was" : "were"} unexpected)`
    )
  }
}

/** 400 in the words of Nova's JSON schemas. */
export const invalid = (field: string, problem: string): never =>
  badRequest(`Invalid input for field/attribute ${field}. ${problem}`)

/** 404 `itemNotFound`. */
export const notFound = (message: string): never => Refusal.fault(404, "itemNotFound", message)

/** 400 `badRequest`. */
export const badRequest = (message: string): never => Refusal.fault(400, "badRequest", message)

/** 403 `forbidden`. */
export const forbidden = (message: string): never => Refusal.fault(403, "forbidden", message)

/** 405 `badMethod`. */
export const badMethod = (): never => Refusal.fault(405, "badMethod", "The method is not allowed for this resource.")

/** Unknown routes are not answered by Nova but by the framework under it: in text (servers.md section 6). */
export const noRoute = (): never =>
  Refusal.refuse(Reply.text(404, "404 Not Found\n\nThe resource could not be found.\n\n   "))

/** The self and bookmark links of a resource. The bookmark lacks the version. */
export const links = (
  baseUrl: string,
  path: string
): ReadonlyArray<{ readonly rel: string; readonly href: string }> => [
  { rel: "self", href: `${baseUrl}/${path}` },
  { rel: "bookmark", href: `${withoutVersion(baseUrl)}/${path}` }
]

/** The endpoint's URL without its version. */
export const withoutVersion = (baseUrl: string): string => baseUrl.replace(/\/v2\/([^/]*)$/, "/$1")

/** The id that a reference means: the reference itself, or the last segment of a URL. */
export const idOf = (reference: string): string => reference.replace(/\/+$/, "").split("/").at(-1) ?? ""
