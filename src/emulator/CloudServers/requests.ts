/** Requests to Cloud Servers: their type, the faults of Nova, and the checks and links that resources share. */
import type * as Fields from "../Fields.js"
import type { Caller, RoutedRequest, WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Reply from "../Reply.js"
import * as Router from "../Router.js"

export interface NovaRequest extends RoutedRequest {
  readonly caller: Caller
  /** The endpoint's URL, for links. */
  readonly baseUrl: string
  readonly requestId: string
  /** The minor number of the microversion, 1 for Nova's oldest; undefined if the cloud has none, like Rackspace. */
  readonly microversion: number | undefined
  /** Whether the caller has the rights of administrators in OpenStack. */
  readonly isAdministrator: boolean
}

/** Routes of one resource. */
export type NovaRoutes = Router.Routes<NovaRequest, WireResponse>

export const { compile, table, within } = Router.define<NovaRequest, WireResponse>()

/** Whether a request has this microversion (its minor number) or a later one. At Rackspace it has none. */
export const speaks = (request: Pick<NovaRequest, "microversion">, since: number): boolean =>
  request.microversion !== undefined && request.microversion >= since

/** Refuses a route that this microversion does not have with 404, as Nova does. */
export const demandMicroversion = (request: NovaRequest, since: number, last = Infinity): void => {
  if (request.microversion === undefined) {
    noRoute()
  } else if (request.microversion < since || request.microversion > last) {
    notFound("The resource could not be found.")
  }
}

/** Refuses routes that only Rackspace's Nova has. */
export const checkRackspace = ({ microversion }: NovaRequest): void => {
  if (microversion !== undefined) {
    noRoute()
  }
}

/** Refuses with 403 unless the caller is an administrator. */
export const demandAdministrator = (request: NovaRequest, policy: string): void => {
  if (!request.isAdministrator) {
    forbidden(`Policy doesn't allow ${policy} to be performed.`)
  }
}

/** Refuses unknown fields with the message of Nova's JSON schemas. */
export const refuseOthers = (field: string, sent: Fields.JsonObject, known: ReadonlyArray<string>): void => {
  const unknown = Object.keys(sent).filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    invalid(
      field,
      `Additional properties are not allowed (${unknown.map((name) => `'${name}'`).join(", ")} ${unknown.length === 1 ? "was" : "were"} unexpected)`
    )
  }
}

/** 400 with the message of Nova's JSON schemas. */
export const invalid = (field: string, problem: string): never =>
  badRequest(`Invalid input for field/attribute ${field}. ${problem}`)

export const notFound = (message: string): never => Refusal.fault(404, "itemNotFound", message)

export const badRequest = (message: string): never => Refusal.fault(400, "badRequest", message)

export const conflict = (message: string): never => Refusal.fault(409, "conflictingRequest", message)

export const forbidden = (message: string): never => Refusal.fault(403, "forbidden", message)

export const badMethod = (): never => Refusal.fault(405, "badMethod", "The method is not allowed for this resource.")

/** The web framework below Nova answers unknown routes in text. */
export const noRoute = (): never =>
  Refusal.refuse(Reply.text(404, "404 Not Found\n\nThe resource could not be found.\n\n   "))

/** The id in a reference: the reference itself, or the last segment of a URL. */
export const idOf = (reference: string): string => reference.replace(/\/+$/, "").split("/").at(-1) ?? ""
