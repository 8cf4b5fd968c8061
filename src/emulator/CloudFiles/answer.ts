/** Swift's responses: each status with its default HTML or text body. Swift never answers errors in JSON. */
import { randomBytes } from "node:crypto"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Timestamp from "../Timestamp.js"

const reasons: Readonly<Record<number, readonly [title: string, sentence: string]>> = {
  200: ["OK", ""],
  201: ["Created", ""],
  202: ["Accepted", "The request is accepted for processing."],
  204: ["No Content", ""],
  400: [
    "Bad Request",
    "The server could not comply with the request since it is either malformed or otherwise incorrect."
  ],
  401: ["Unauthorized", "This server could not verify that you are authorized to access the document you requested."],
  403: ["Forbidden", "Access was denied to this resource."],
  404: ["Not Found", "The resource could not be found."],
  405: ["Method Not Allowed", "The method is not allowed for this resource."],
  406: ["Not Acceptable", "The resource is not available in a format acceptable to your browser."],
  409: ["Conflict", "There was a conflict when trying to complete your request."],
  411: ["Length Required", "Content-Length header required."],
  412: ["Precondition Failed", "A precondition for this request was not met."],
  413: ["Request Entity Too Large", "The body of your request was too large for this server."],
  416: ["Requested Range Not Satisfiable", "The Range requested is not available."],
  422: ["Unprocessable Entity", "Unable to process the contained instructions"],
  499: ["Client Disconnect", "The client was disconnected during request."],
  501: ["Not Implemented", "The requested method is not implemented by this server."]
}

/** A status with its reason phrase, as bulk operations report it: `404 Not Found`. */
export const statusLine = (status: number): string => `${status} ${reasons[status]?.[0] ?? "Unknown"}`

/** A response with the default title and body that Swift has for the status. */
export const standard = (status: number, headers: Readonly<Record<string, string>> = {}): WireResponse => {
  const [title, sentence] = reasons[status] ?? ["", ""]
  // Swift sends this content type with an empty 204 too.
  const type = status === 204 ? { "Content-Type": "text/html; charset=UTF-8" } : {}
  return sentence === "" ? Reply.empty(status, { ...type, ...headers }) : Reply.html(status, title, sentence, headers)
}

/** A response with this body. Swift sends it as `text/html` although it is plain text. */
export const sentence = (status: number, body: string): WireResponse =>
  Reply.text(status, body, { "Content-Type": "text/html; charset=UTF-8" })

/** A response with this body, sent as `text/plain`. */
export const plain = (status: number, body: string): WireResponse =>
  Reply.text(status, body, { "Content-Type": "text/plain" })

/** Adds the headers of every response: `Date`, and `X-Trans-Id`, which contains the time. */
export const signed = (response: WireResponse, now: number, region: string): WireResponse => {
  const time = Math.floor(now / 1000)
    .toString(16)
    .padStart(10, "0")
  return {
    ...response,
    headers: {
      ...response.headers,
      "X-Trans-Id": `tx${randomBytes(11).toString("hex").slice(0, 21)}-${time}${region.toLowerCase()}1`,
      Date: Timestamp.httpDate(now)
    }
  }
}
