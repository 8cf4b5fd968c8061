/** Constructors of raw responses: JSON, text, HTML, empty ones, and the fault wrappers of Rackspace's services. */
import type { WireResponse } from "./Protocol.js"

const utf8 = new TextEncoder()

/** The empty body, shared by all responses without one. */
const noBytes = new Uint8Array(0)

/** A JSON body. */
export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): WireResponse => ({
  status,
  headers: { "Content-Type": "application/json", ...headers },
  body: utf8.encode(JSON.stringify(value))
})

/** A plain-text body. */
export const text = (status: number, value: string, headers: Readonly<Record<string, string>> = {}): WireResponse => ({
  status,
  headers: { "Content-Type": "text/plain; charset=UTF-8", ...headers },
  body: utf8.encode(value)
})

/** An error of Swift: a heading and a sentence in HTML. */
export const html = (
  status: number,
  heading: string,
  sentence: string,
  headers: Readonly<Record<string, string>> = {}
): WireResponse => ({
  status,
  headers: { "Content-Type": "text/html; charset=UTF-8", ...headers },
  body: utf8.encode(`<html><h1>${heading}</h1><p>${sentence}</p></html>`)
})

/** An empty response. Like the real services, it has a text type if the status allows a body. */
export const empty = (status: number, headers: Readonly<Record<string, string>> = {}): WireResponse => ({
  status,
  headers: status === 204 || status === 304 ? headers : { "Content-Type": "text/html; charset=UTF-8", ...headers },
  body: noBytes
})

/**
 * The header with the account that an unauthorized request to Swift addresses, percent-encoded as Swift does, so that
 * any name is valid in a header.
 */
export const swiftRealm = (account = "unknown"): Readonly<Record<string, string>> => ({
  "WWW-Authenticate": `Swift realm="${encodeURIComponent(account.toWellFormed())}"`
})

/** A fault in the wrapper of the OpenStack era: `{"itemNotFound":{"code":404,"message":"…"}}`. */
export const fault = (
  status: number,
  key: string,
  message: string,
  options: {
    readonly headers?: Readonly<Record<string, string>>
    readonly fields?: Readonly<Record<string, unknown>>
  } = {}
): WireResponse => json(status, { [key]: { code: status, message, ...options.fields } }, options.headers)

/** The key of the wrapper for a status ("Faults" of each API). */
export const faultKey = (status: number, service: string): string => {
  switch (status) {
    case 400:
      return "badRequest"
    case 401:
      return "unauthorized"
    case 403:
      return "forbidden"
    case 404:
      return "itemNotFound"
    case 405:
      return "badMethod"
    case 409:
      return service === "identity" ? "conflict" : "conflictingRequest"
    case 413:
    case 429:
      return "overLimit"
    case 415:
      return "badMediaType"
    case 422:
      return "unprocessableEntity"
    case 501:
      return "notImplemented"
    case 503:
      return "serviceUnavailable"
    default:
      return service === "identity" ? "identityFault" : "computeFault"
  }
}

/** Adds headers to a response that does not have them. */
export const withDefaultHeaders = (response: WireResponse, headers: Readonly<Record<string, string>>): WireResponse => {
  const present = new Set(Object.keys(response.headers).map((name) => name.toLowerCase()))
  const merged: Record<string, string> = { ...response.headers }
  for (const [name, value] of Object.entries(headers)) {
    if (!present.has(name.toLowerCase())) {
      merged[name] = value
    }
  }
  return { ...response, headers: merged }
}

/** The value of a response's header, by name in any case. */
export const header = (response: WireResponse, name: string): string | undefined => {
  const wanted = name.toLowerCase()
  for (const [key, value] of Object.entries(response.headers)) {
    if (key.toLowerCase() === wanted) {
      return value
    }
  }
  return undefined
}

/** The length of a response's body: undefined for a stream of unknown length. */
export const contentLength = (response: WireResponse): number | undefined => {
  const declared = header(response, "content-length")
  if (declared !== undefined) {
    return Number(declared)
  }
  return response.body instanceof Uint8Array ? response.body.byteLength : undefined
}

/** Whether a response may have a body: not to HEAD, nor with 204 or 304. */
export const mayHaveBody = (method: string, status: number): boolean =>
  method !== "HEAD" && status !== 204 && status !== 304 && status >= 200
