/** Keystone's responses: JSON, its faults, and the HTML pages of its web framework. */
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import type { JsonObject } from "../Fields.js"

type Headers = Readonly<Record<string, string>>

/** Keystone sends this with every response. */
const vary: Headers = { Vary: "X-Auth-Token" }

const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Request Entity Too Large",
  429: "Too Many Requests",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout"
}

/** The second sentence of most faults of status 400. */
const malformed =
  "The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error."

export const json = (status: number, value: unknown, headers: Headers = {}): WireResponse =>
  Reply.json(status, value, { ...vary, ...headers })

export const noContent = (): WireResponse => Reply.empty(204, vary)

/** A fault: `{"error":{"code":404,"message":"…","title":"Not Found"}}`. */
export const fault = (
  status: number,
  message: string,
  options: { readonly headers?: Headers; readonly fields?: JsonObject } = {}
): WireResponse =>
  json(
    status,
    { error: { code: status, ...options.fields, message, title: titles[status] ?? "Error" } },
    options.headers
  )

/** Status 400 for a missing field: `Expecting to find auth in request body.` */
export const missing = (what: string, where: string): WireResponse =>
  badRequest(`Expecting to find ${what} in ${where}.`)

/** Status 400 with this message and Keystone's usual sentence after it. */
export const badRequest = (message: string): WireResponse => fault(400, `${message} ${malformed}`)

/** Status 401. The default message does not reveal which part of the credentials was wrong. */
export const unauthorized = (
  origin: string,
  message = "The request you have made requires authentication.",
  fields: JsonObject = {}
): WireResponse => fault(401, message, { fields, headers: { "WWW-Authenticate": `Keystone uri="${origin}/v3"` } })

/** Status 403 for an action in Keystone's policy, or for no particular one. */
export const forbidden = (action?: string): WireResponse =>
  fault(403, `You are not authorized to perform the requested action${action === undefined ? "" : `: ${action}`}.`)

/** Status 404 for a resource of this kind: `Could not find Application Credential: 1234.` */
export const notFound = (kind: string, id: string): WireResponse => fault(404, `Could not find ${kind}: ${id}.`)

const page = (status: number, sentence: string, headers: Headers = {}): WireResponse => ({
  status,
  headers: { "Content-Type": "text/html; charset=utf-8", ...vary, ...headers },
  body: new TextEncoder().encode(
    `<!doctype html>\n<html lang=en>\n<title>${status} ${titles[status]}</title>\n<h1>${titles[status]}</h1>\n<p>${sentence}</p>\n`
  )
})

/** Status 404 for an unknown path: an HTML page, not a fault. */
export const noSuchPath = (): WireResponse =>
  page(
    404,
    "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again."
  )

const wrongMethod = "The method is not allowed for the requested URL."

/** Status 405: a page for version documents, and JSON without the wrapper for resources. */
export const methodNotAllowed = (allow: string, isDocument: boolean): WireResponse =>
  isDocument ? page(405, wrongMethod, { Allow: allow }) : json(405, { message: wrongMethod }, { Allow: allow })

/** The response to OPTIONS. */
export const options = (allow: string): WireResponse => ({
  status: 200,
  headers: { "Content-Type": "text/html; charset=utf-8", Allow: allow, ...vary },
  body: new Uint8Array(0)
})
