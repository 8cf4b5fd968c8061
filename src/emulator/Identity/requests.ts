/** Requests to Identity v2.0: their type and the faults (Identity API v2.0, "Faults"). */
import * as Fields from "../Fields.js"
import type { RoutedRequest, WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Reply from "../Reply.js"
import * as Router from "../Router.js"

export interface IdentityRequest extends RoutedRequest {
  /** The path after `/v2.0`. */
  readonly path: string
  /** The beginning of the catalog's URLs. */
  readonly origin: string
  /** The validated token of the caller; empty for a login. */
  readonly token: string
}

export const { compile, table, within } = Router.define<IdentityRequest, WireResponse>()

export const badRequest = (message: string): never => Refusal.fault(400, "badRequest", message)

export const unauthorized = (message: string, headers: Readonly<Record<string, string>> = {}): never =>
  Refusal.refuse(Reply.fault(401, "unauthorized", message, { headers }))

export const forbidden = (): never => Refusal.fault(403, "forbidden", "Not authorized.")

export const notFound = (message = "Resource Not Found"): never => Refusal.fault(404, "itemNotFound", message)

export const badMethod = (allowed: ReadonlyArray<string>): never =>
  Refusal.refuse(Reply.fault(405, "badMethod", "Method Not Allowed", { headers: { Allow: allowed.join(", ") } }))

/** Refuses a body that is not a valid login. */
export const unparsable = (): never =>
  badRequest("Invalid request body: unable to parse Auth data. Please review XML or JSON formatting")

/** The object under a key of the body. */
export const optionalObject = ({ body }: IdentityRequest, key: string): Fields.JsonObject | undefined => {
  const value = body?.[key]
  return Fields.isObject(value) ? value : undefined
}
