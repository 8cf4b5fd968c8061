/**
 * Cross-origin requests: preflights, and the response headers that let a page read an answer. A container's
 * `X-Container-Meta-Access-Control-…` decides.
 */
import type { ServiceRequest, WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Answer from "./answer.js"
import type { Container } from "./storage.js"

/** Response headers that every page may read, in addition to the metadata. */
const exposed = [
  "cache-control",
  "content-language",
  "content-type",
  "etag",
  "expires",
  "last-modified",
  "pragma",
  "x-openstack-request-id",
  "x-timestamp",
  "x-trans-id"
]

const settingOf = (container: Container | undefined, name: string): string | undefined =>
  container?.headers.get(`X-Container-Meta-Access-Control-${name}`)

const words = (list: string | undefined): ReadonlyArray<string> => (list ?? "").split(" ").filter((word) => word !== "")

/** The allowed origin: every origin if the container says so, otherwise the one that asked. */
const allowOrigin = (container: Container | undefined, origin: string): Readonly<Record<string, string>> =>
  settingOf(container, "Allow-Origin")?.trim() === "*"
    ? { "Access-Control-Allow-Origin": "*" }
    : { "Access-Control-Allow-Origin": origin, Vary: "Origin" }

/**
 * Answers OPTIONS with the allowed methods, or a preflight with the cross-origin headers; 401 if the page is not
 * allowed.
 */
export const preflight = (
  request: ServiceRequest,
  container: Container | undefined,
  /** The methods that a page may ask for. */
  methods: ReadonlyArray<string>,
  /** The methods in `Allow`. */
  named: ReadonlyArray<string> = methods
): WireResponse => {
  const { headers } = request
  const origin = headers["origin"]
  const allow = named.join(", ")
  if (!origin) {
    return Answer.standard(200, { Allow: allow })
  }
  const allowed = words(settingOf(container, "Allow-Origin"))
  const isAllowed = allowed.includes("*") || allowed.includes(origin)
  if (!isAllowed || !methods.includes(headers["access-control-request-method"] ?? "")) {
    return Answer.standard(401, { Allow: methods.join(", ") })
  }
  const maxAge = settingOf(container, "Max-Age")
  const requested = (headers["access-control-request-headers"] ?? "")
    .split(",")
    .map((header) => header.trim())
    .filter((header) => header !== "")
  const { Vary: vary, ...forWhom } = allowOrigin(container, origin)
  const varies = [vary, requested.length > 0 ? "Access-Control-Request-Headers" : undefined].filter(
    (header) => header !== undefined
  )
  return {
    status: 200,
    headers: {
      Allow: allow,
      ...forWhom,
      ...(varies.length === 0 ? {} : { Vary: varies.join(", ") }),
      ...(maxAge === undefined ? {} : { "Access-Control-Max-Age": maxAge }),
      "Access-Control-Allow-Methods": allow,
      ...(requested.length === 0 ? {} : { "Access-Control-Allow-Headers": requested.join(", ") })
    },
    body: new Uint8Array(0)
  }
}

/**
 * Adds the cross-origin headers to an answer if the request has an origin. Headers of the object itself take
 * precedence.
 */
export const shared = (
  request: ServiceRequest,
  container: Container | undefined,
  response: WireResponse
): WireResponse => {
  const origin = request.headers["origin"]
  if (!origin || request.method === "OPTIONS") {
    return response
  }
  const metadata = Object.keys(response.headers)
    .filter((header) => /^x-(?:container|object)-meta/i.test(header))
    .map((header) => header.toLowerCase())
  const expose = [
    ...exposed,
    ...metadata,
    ...words(settingOf(container, "Expose-Headers")).map((word) => word.toLowerCase())
  ]
  const { Vary: vary, ...forWhom } =
    Reply.header(response, "Access-Control-Allow-Origin") === undefined ? allowOrigin(container, origin) : {}
  const others = Reply.header(response, "Vary")
  return Reply.withDefaultHeaders(
    {
      ...response,
      headers: {
        ...response.headers,
        ...(vary === undefined ? {} : { Vary: others === undefined ? vary : `${vary}, ${others}` })
      }
    },
    { "Access-Control-Expose-Headers": [...new Set(expose)].join(", "), ...forWhom }
  )
}
