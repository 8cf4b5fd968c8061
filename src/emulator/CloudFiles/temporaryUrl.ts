/** TempURL: signed URLs that need no token, valid for some methods on one object or prefix until a given time. */
import { BlockList, isIP } from "node:net"
import type { ServiceRequest, WireResponse } from "../Protocol.js"
import * as Timestamp from "../Timestamp.js"
import * as Answer from "./answer.js"
import * as ByteText from "./byteText.js"
import * as Reading from "./reading.js"
import * as Signature from "./signature.js"
import type { Storage } from "./storage.js"

/** Whether the request's URL is signed. A token is then ignored. */
export const isSigned = (request: ServiceRequest): boolean =>
  request.method !== "OPTIONS" && (request.query.has("temp_url_sig") || request.query.has("temp_url_expires"))

/** The answer to an invalid signed URL, whatever the reason. */
export const invalid = (): WireResponse => ({
  ...Answer.sentence(401, "401 Unauthorized: Temp URL invalid\n"),
  headers: { "Content-Type": "text/html; charset=UTF-8", "WWW-Authenticate": 'Swift realm="unknown"' }
})

const methods = ["GET", "HEAD", "PUT", "POST", "DELETE"]

/** When a URL expires, in seconds since 1970; undefined if it has expired or the time is malformed. */
const expiry = (text: string, now: number): number | undefined => {
  const seconds = /^\s*[+-]?\d+\s*$/.test(text)
    ? Number(text)
    : /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)
      ? Date.parse(text) / 1000
      : Number.NaN
  return seconds * 1000 < now || Number.isNaN(seconds) || seconds === 0 ? undefined : seconds
}

/** Whether an address is within a range, or equal to a single address. */
const isWithin = (range: string, address: string): boolean => {
  const [network = "", length, ...rest] = range.split("/")
  const family = isIP(network)
  const bits = length === undefined ? (family === 4 ? 32 : 128) : /^\d{1,3}$/.test(length) ? Number(length) : -1
  if (family === 0 || rest.length > 0 || bits < 0 || bits > (family === 4 ? 32 : 128)) {
    return false
  }
  const host = network.split(".").reduce((sum, part) => sum * 256 + Number(part), 0)
  if (family === 4 && host % 2 ** (32 - bits) !== 0) {
    return false
  }
  const list = new BlockList()
  list.addSubnet(network, bits, family === 4 ? "ipv4" : "ipv6")
  return list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4")
}

/** An admitted request. */
export interface Admitted {
  /** The request with the signature removed from the query; other parameters are dropped too. */
  readonly request: ServiceRequest
  /** Converts the answer for an anonymous client. */
  readonly answer: (response: WireResponse) => WireResponse
}

const disposition = (kind: string, name: ByteText.ByteText): string => {
  const encoded = ByteText.percentEncode(name)
  const quoted = encoded.replaceAll("%20", " ")
  return `${kind}; filename="${quoted}"; filename*=UTF-8''${encoded}`
}

const parameterOf = ({ query }: ServiceRequest, name: string): ByteText.ByteText | undefined => {
  const value = query.get(name)
  return value === null ? undefined : ByteText.fromText(value)
}

const isRead = (method: string): boolean => method === "GET" || method === "HEAD"

/** Removes private metadata, and adds the headers of a download. */
const answerTo = (
  request: ServiceRequest,
  object: ByteText.ByteText,
  expires: number,
  response: WireResponse
): WireResponse => {
  const headers = Object.fromEntries(
    Object.entries(response.headers).filter(
      ([header]) => !/^x-object-meta-/i.test(header) || /^x-object-meta-public-/i.test(header)
    )
  )
  if (!isRead(request.method) || response.status >= 300) {
    return { ...response, headers }
  }
  const filename = parameterOf(request, "filename")
  const isInline = request.query.has("inline")
  const kind = isInline ? "inline" : "attachment"
  const name = object.replace(/\/+$/, "")
  return {
    ...response,
    headers: {
      ...headers,
      "Content-Disposition": filename
        ? disposition(kind, filename)
        : isInline
          ? kind
          : (headers["Content-Disposition"] ?? disposition(kind, name.slice(name.lastIndexOf("/") + 1))),
      Expires: Timestamp.httpDate(expires * 1000)
    }
  }
}

/** Checks a signed URL. Returns the error response if it is not valid. */
export const admit = (
  storage: Storage,
  request: ServiceRequest,
  clientAddress: string,
  now: number
): Admitted | WireResponse => {
  const { method, query } = request
  const signature = Signature.parse(query.get("temp_url_sig") ?? "")
  const expires = expiry(query.get("temp_url_expires") ?? "", now)
  const path = Reading.splitPath(ByteText.percentDecode(request.path))
  if (signature === undefined || expires === undefined || path === undefined || !methods.includes(method)) {
    return invalid()
  }
  const range = query.get("temp_url_ip_range")
  const prefix = parameterOf(request, "temp_url_prefix")
  if ((range && !isWithin(range, clientAddress)) || (prefix !== undefined && !path.object.startsWith(prefix))) {
    return invalid()
  }
  const container = storage.get(path.container, now)
  const account = ByteText.fromText(request.caller.storageAccount)
  const paths = Signature.pathsOf(request.baseUrl, account, `/${path.container}/${prefix ?? path.object}`)
  const messages = (method === "HEAD" ? ["HEAD", "GET", "POST", "PUT"] : [method]).flatMap((signed) =>
    paths.map(
      (each) => `${range ? `ip=${range}\n` : ""}${signed}\n${expires}\n${prefix === undefined ? "" : "prefix:"}${each}`
    )
  )
  const key = Signature.signer(signature, Signature.keysOf(storage, container), messages)
  if (key === undefined) {
    return invalid()
  }
  const pointer = ["X-Object-Manifest", "X-Symlink-Target", "X-Copy-From"].find(
    (header) => request.headers[header.toLowerCase()] !== undefined
  )
  if (!isRead(method) && pointer !== undefined) {
    return Answer.sentence(400, `The header '${pointer}' is not allowed in this tempurl`)
  }
  return {
    request: { ...request, query: new URLSearchParams() },
    answer: (response) => answerTo(request, path.object, expires, response)
  }
}
