/**
 * TempURL: a URL whose signature stands for a token, for one method, one object or prefix, and a
 * time.
 */
import { BlockList, isIP } from "node:net"
import type { ServiceRequest, WireResponse } from "../Protocol.js"
import * as Timestamp from "../Timestamp.js"
import * as Answer from "./answer.js"
import * as ByteText from "./byteText.js"
import * as Reading from "./reading.js"
import * as Signature from "./signature.js"
import type { Storage } from "./storage.js"

/** Whether a request is to be let in by its URL: a valid token does not help it then. */
export const isSigned = (request: ServiceRequest): boolean =>
  request.method !== "OPTIONS" && (request.query.has("temp_url_sig") || request.query.has("temp_url_expires"))

/** Refuses a signed URL, whatever is wrong with it. */
export const invalid = (): WireResponse => ({
  ...Answer.sentence(401, "401 Unauthorized: Temp URL invalid\n"),
  headers: { "Content-Type": "text/html; charset=UTF-8", "WWW-Authenticate": 'Swift realm="unknown"' }
})

const methods = ["GET", "HEAD", "PUT", "POST", "DELETE"]

/** When a URL stops to be valid, in seconds since 1970; undefined where it says nothing that makes sense, or has stopped. */
const expiry = (text: string, now: number): number | undefined => {
  const seconds = /^\s*[+-]?\d+\s*$/.test(text)
    ? Number(text)
    : /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)
      ? Date.parse(text) / 1000
      : Number.NaN
  return seconds * 1000 < now || Number.isNaN(seconds) || seconds === 0 ? undefined : seconds
}

/** Whether an address is within a range, or is the address that is given instead. */
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

/** What a signed URL lets through. */
export interface Admitted {
  /** The request without its query, of which nothing else is heeded. */
  readonly request: ServiceRequest
  /** Puts the answer in the form that strangers get. */
  readonly answer: (response: WireResponse) => WireResponse
}

const disposition = (kind: string, name: ByteText.ByteText): string => {
  const encoded = ByteText.percentEncode(name)
  const quoted = encoded.replaceAll("%20", " ")
  return `${kind}; filename="${quoted}"; filename*=UTF-8''${encoded}`
}

/** Checks a signed URL; a response where it is not valid. */
export const admit = (
  storage: Storage,
  request: ServiceRequest,
  clientAddress: string,
  now: number
): Admitted | WireResponse => {
  const { method, query } = request
  const text = (name: string): ByteText.ByteText | undefined => {
    const value = query.get(name)
    return value === null ? undefined : ByteText.fromText(value)
  }
  const signature = Signature.parse(query.get("temp_url_sig") ?? "")
  const expires = expiry(query.get("temp_url_expires") ?? "", now)
  const path = Reading.splitPath(ByteText.percentDecode(request.path))
  if (signature === undefined || expires === undefined || path === undefined || !methods.includes(method)) {
    return invalid()
  }
  const range = query.get("temp_url_ip_range")
  const prefix = text("temp_url_prefix")
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
  if (method !== "GET" && method !== "HEAD" && pointer !== undefined) {
    return Answer.sentence(400, `The header '${pointer}' is not allowed in this tempurl`)
  }
  const filename = text("filename")
  const isInline = query.has("inline")
  const name = path.object.replace(/\/+$/, "")
  return {
    request: { ...request, query: new URLSearchParams() },
    answer: (response) => {
      const headers = Object.fromEntries(
        Object.entries(response.headers).filter(
          ([header]) => !/^x-object-meta-/i.test(header) || /^x-object-meta-public-/i.test(header)
        )
      )
      if ((method !== "GET" && method !== "HEAD") || response.status >= 300) {
        return { ...response, headers }
      }
      const kind = isInline ? "inline" : "attachment"
      const own = headers["Content-Disposition"]
      return {
        ...response,
        headers: {
          ...headers,
          "Content-Disposition": filename
            ? disposition(kind, filename)
            : isInline
              ? kind
              : (own ?? disposition(kind, name.slice(name.lastIndexOf("/") + 1))),
          Expires: Timestamp.httpDate(expires * 1000)
        }
      }
    }
  }
}
