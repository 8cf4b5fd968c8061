/** Containers: creation and deletion, metadata, access lists, and object listings. */
import * as Effect from "effect/Effect"
import type { ServiceRequest, WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Reply from "../Reply.js"
import * as Timestamp from "../Timestamp.js"
import * as Answer from "./answer.js"
import * as ByteText from "./byteText.js"
import * as CrossOrigin from "./crossOrigin.js"
import * as Listing from "./listing.js"
import * as Metadata from "./metadata.js"
import * as ObjectVersioning from "./objectVersioning.js"
import * as Reading from "./reading.js"
import type { FilesRequest } from "./requests.js"
import { table } from "./requests.js"
import type { Container, Settings, Storage, Symlink } from "./storage.js"
import { timestamp } from "./storage.js"
import { location } from "./symlink.js"

const methods = ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"]
const maxNameLength = 256

/** Headers that a container keeps besides its metadata. */
const keptHeaders = ["X-Container-Read", "X-Container-Write", "X-Versions-Location", "X-Versions-Enabled"]

/** Normalises an access list as Swift does. A write list with referrers is refused with 400. */
const accessList = (header: string, value: string): string =>
  value
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "")
    .map((item) => {
      const [designator, value] = /^(\.[^:]*?)\s*:\s*(.*)$/.exec(item)?.slice(1) ?? []
      if (designator === undefined || value === undefined) {
        return item
      }
      if (![".r", ".ref", ".referer", ".referrer"].includes(designator)) {
        return Refusal.refuse(Answer.sentence(400, `Unknown designator '${designator}' in ACL: '${item}'`))
      }
      if (header === "x-container-write") {
        return Refusal.refuse(Answer.sentence(400, `Referrers not allowed in write ACL: '${item}'`))
      }
      const referrer = value.replace(/^(-?)\s*\*(?=.)/, "$1")
      if (["", "-", ".", "-."].includes(referrer)) {
        return Refusal.refuse(Answer.sentence(400, `No host/domain value after referrer designation in ACL: '${item}'`))
      }
      return `.r:${referrer}`
    })
    .join(",")

/** The headers that a request sets on a container, validated. */
const checkedHeaders = (request: ServiceRequest, before: Container | undefined): Readonly<Record<string, string>> => {
  const headers: Record<string, string> = { ...request.headers }
  for (const header of ["x-container-read", "x-container-write"]) {
    const value = headers[header]
    if (value !== undefined) {
      headers[header] = accessList(header, value)
    }
  }
  for (const quota of ["bytes", "count"]) {
    const value = headers[`x-container-meta-quota-${quota}`]
    if (value && !/^\d+$/.test(value)) {
      Refusal.refuse(Answer.sentence(400, `Invalid ${quota} quota.`))
    }
  }
  if (headers["x-versions-location"] && headers["x-history-location"]) {
    Refusal.refuse(Answer.plain(400, "Only one of x-versions-location or x-history-location may be specified"))
  }
  const enabled = headers["x-versions-enabled"]
  if (enabled !== undefined) {
    if (Metadata.isTrue(enabled) && before?.headers.has("X-Versions-Location")) {
      Refusal.refuse(
        Answer.plain(
          400,
          "Cannot enable object versioning on a container that is already using the older versioned writes feature."
        )
      )
    }
    headers["x-versions-enabled"] = Metadata.isTrue(enabled) ? "True" : "False"
  }
  if (ByteText.percentDecode(headers["x-versions-location"] ?? "").includes("/")) {
    Refusal.refuse(Answer.sentence(412, "Container name cannot contain slashes"))
  }
  return headers
}

const statistics = (container: Container): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(container.headers),
  "X-Container-Object-Count": String(container.count),
  "X-Container-Bytes-Used": String(container.bytesUsed),
  "X-Timestamp": timestamp(container.created),
  "Accept-Ranges": "bytes"
})

/** The additional JSON fields of a symbolic link. */
const symlinkFields = (request: ServiceRequest, format: Listing.Format, symlink: Symlink | undefined): Listing.Row =>
  symlink === undefined || format !== "application/json"
    ? {}
    : {
        ...(symlink.version !== undefined && {
          symlink_etag: symlink.version.etag,
          symlink_bytes: symlink.version.bytes
        }),
        symlink_path: location(request, symlink)
      }

const objectRow = (
  request: ServiceRequest,
  format: Listing.Format,
  container: Container,
  { isSubdir, name }: Listing.Entry,
  tellsManifests: boolean
): Listing.Row => {
  const object = isSubdir ? undefined : container.listed(name)
  return object === undefined
    ? { subdir: ByteText.toText(name) }
    : {
        name: ByteText.toText(name),
        hash: object.stored.md5,
        bytes: Reading.listedSize(object),
        content_type: ByteText.toText(object.contentType),
        last_modified: Timestamp.microsecondsWithoutZone(object.changed),
        ...(tellsManifests && object.manifest !== undefined && { slo_etag: `"${object.manifest.etag}"` }),
        ...symlinkFields(request, format, object.symlink)
      }
}

/** Creates a container, or updates the headers of an existing one. */
export const put = (
  storage: Storage,
  settings: Settings,
  request: ServiceRequest,
  name: ByteText.ByteText,
  now: number
): WireResponse => {
  if (name.length > maxNameLength) {
    return Answer.sentence(400, `Container name length of ${name.length} longer than ${maxNameLength}`)
  }
  if (name === "." || name === "..") {
    return Answer.sentence(400, `Container name cannot be ${name}`)
  }
  const before = storage.get(name, now)
  if (before === undefined && storage.count >= settings.maxContainers) {
    return Answer.sentence(403, `Reached container limit of ${settings.maxContainers}`)
  }
  const headers = Metadata.merged(
    before?.headers ?? new Map(),
    checkedHeaders(request, before),
    "container",
    keptHeaders
  )
  const container = before ?? storage.create(name, now)
  container.headers = headers
  return Answer.standard(before === undefined ? 201 : 202)
}

/** DELETE: 204, 404, or 409 unless the container is empty. */
export const remove = (storage: Storage, name: ByteText.ByteText, now: number): WireResponse => {
  const container = storage.get(name, now)
  if (container === undefined) {
    return Answer.standard(404)
  }
  if (container.count > 0) {
    return Answer.standard(409)
  }
  if (container.versions.size > 0) {
    return Answer.plain(409, "Delete all versions before deleting container.")
  }
  storage.remove(name)
  return Answer.standard(204)
}

const existing = ({ now, storage }: FilesRequest, name: ByteText.ByteText): Container =>
  storage.get(name, now) ?? Refusal.refuse(Answer.standard(404))

const list = (settings: Settings, request: FilesRequest, name: ByteText.ByteText): WireResponse => {
  const format = Listing.format(request)
  const parameters = Listing.parameters(request, settings.pageLimit)
  const container = existing(request, name)
  const rows = request.query.has("versions")
    ? ObjectVersioning.rows(container, request, parameters)
    : Listing.page(container.names, parameters).map((entry) =>
        objectRow(request, format, container, entry, settings.discoverable)
      )
  const elements = { root: "container", item: "object", name: ByteText.toText(name) } as const
  return Listing.respond(rows, format, elements, { ...statistics(container), ...Listing.varies(request) })
}

const post = (request: FilesRequest, name: ByteText.ByteText): WireResponse => {
  const headers = checkedHeaders(request, request.storage.get(name, request.now))
  Metadata.check(headers, "container")
  const container = existing(request, name)
  container.headers = Metadata.merged(container.headers, headers, "container", keptHeaders)
  return Answer.standard(204)
}

export const routes = (settings: Settings) =>
  table({
    "GET /{container}": (request, { container }) => Refusal.attempt(() => list(settings, request, container)),
    "HEAD /{container}": (request, { container }) =>
      Refusal.attempt(() =>
        Reply.empty(204, {
          ...statistics(existing(request, container)),
          ...Listing.varies(request),
          "Content-Type": `${Listing.format(request)}; charset=utf-8`
        })
      ),
    "PUT /{container}": (request, { container }) =>
      Refusal.attempt(() => put(request.storage, settings, request, container, request.now)),
    "POST /{container}": (request, { container }) => Refusal.attempt(() => post(request, container)),
    "DELETE /{container}": ({ now, storage }, { container }) => Refusal.attempt(() => remove(storage, container, now)),
    "OPTIONS /{container}": (request, { container }) =>
      Effect.succeed(CrossOrigin.preflight(request, request.storage.get(container, request.now), methods))
  })
