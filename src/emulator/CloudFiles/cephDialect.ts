/**
 * Answers of Ceph's RADOS Gateway where they differ from Swift's: fields, dates and errors ("Ceph Object Gateway Swift
 * API" in Ceph's documentation, and `rgw_rest_swift.cc`).
 */
import type { ServiceRequest, WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import type { Settings } from "./storage.js"

/** The answer to `/info`. It lacks TempURL digests and the limits of Swift's middlewares. */
export const capabilities = (settings: Settings): Readonly<Record<string, unknown>> => ({
  bulk_delete: {},
  container_quotas: {},
  swift: {
    max_file_size: settings.maxObjectBytes,
    container_listing_limit: settings.pageLimit,
    version: "17.2.7",
    policies: [{ default: true, name: "default-placement" }],
    max_object_name_size: 1024,
    strict_cors_mode: true,
    max_container_name_length: 255
  },
  tempurl: { methods: ["GET", "HEAD", "PUT", "POST", "DELETE"] },
  slo: { max_manifest_segments: 1000 },
  account_quotas: {},
  staticweb: {},
  tempauth: { account_acls: true }
})

/** Error codes, which are those of S3. */
const codes: Readonly<Record<number, string>> = {
  400: "InvalidArgument",
  401: "AccessDenied",
  403: "AccessDenied",
  405: "MethodNotAllowed",
  409: "BucketNotEmpty",
  411: "MissingContentLength",
  412: "PreconditionFailed",
  413: "EntityTooLarge",
  416: "InvalidRange",
  422: "UnprocessableEntity"
}

const isObjectPath = (path: string): boolean => /^\/[^/]+\/./.test(path)

const codeOf = (request: ServiceRequest, status: number): string =>
  status === 404 ? (isObjectPath(request.path) ? "NoSuchKey" : "NoSuchBucket") : (codes[status] ?? "UnknownError")

/** An error: its code as text, or as JSON if the request asks for that. */
const refusal = (request: ServiceRequest, status: number): WireResponse => {
  const code = codeOf(request, status)
  return request.query.get("format") === "json"
    ? Reply.json(status, { Code: code, RequestId: "tx000000000000000000001-0000000000-1-default", HostId: "1-default" })
    : Reply.text(status, code)
}

/** An object in a listing. Dates have milliseconds and a zone. */
const listed = (row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const modified = row["last_modified"]
  if (typeof modified !== "string") {
    return row
  }
  const { bytes, content_type, hash, name } = row
  return { name, hash, bytes, content_type, last_modified: `${modified.slice(0, 23)}Z` }
}

const listing = (response: WireResponse): WireResponse => {
  if (!(response.body instanceof Uint8Array) || !/json/.test(Reply.header(response, "content-type") ?? "")) {
    return response
  }
  const rows: unknown = JSON.parse(new TextDecoder().decode(response.body))
  return Array.isArray(rows)
    ? { ...response, body: new TextEncoder().encode(JSON.stringify(rows.map(listed))) }
    : response
}

/** Large objects have an ETag without quotes, and byte counts are joined by the bytes used on disk. */
const headers = (response: WireResponse): WireResponse => {
  const translated: Record<string, string> = {}
  for (const [name, value] of Object.entries(response.headers)) {
    translated[name] = name.toLowerCase() === "etag" ? value.replaceAll('"', "") : value
    if (/^x-(account|container)-bytes-used$/i.test(name)) {
      translated[`${name}-Actual`] = String(Math.ceil(Number(value) / 4096) * 4096)
    }
  }
  return { ...response, headers: translated }
}

/** Converts Swift's answer into that of the RADOS Gateway. */
export const translate = (request: ServiceRequest, response: WireResponse): WireResponse => {
  if (response.status >= 400) {
    return refusal(request, response.status)
  }
  const isListing = request.method === "GET" && !isObjectPath(request.path)
  return headers(isListing ? listing(response) : response)
}
