/** Public containers and their list (Cloud Files API v1, "CDN services"). */
import * as Answer from "../CloudFiles/answer.js"
import * as ByteText from "../CloudFiles/byteText.js"
import * as Listing from "../CloudFiles/listing.js"
import * as Metadata from "../CloudFiles/metadata.js"
import { SortedNames } from "../CloudFiles/sortedNames.js"
import type { ServiceRequest, WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Reply from "../Reply.js"
import type { CdnRegion, PublicContainer } from "./region.js"
import { defaultTtl, uriKinds } from "./region.js"
import type { CdnRequest } from "./requests.js"
import { table } from "./requests.js"

/** 15 minutes and a year, in seconds. */
const minTtl = 900
const maxTtl = 31_536_000

const flag = (value: boolean): string => (value ? "True" : "False")

const headersOf = (
  region: CdnRegion,
  request: ServiceRequest,
  { enabled, logRetention, name, ttl }: PublicContainer
): Record<string, string> => ({
  "X-Cdn-Enabled": flag(enabled),
  "X-Ttl": String(ttl),
  "X-Log-Retention": flag(logRetention),
  ...Object.fromEntries(
    Object.entries(uriKinds).map(([header, kind]) => [header, region.uriOf(request, name, kind)] as const)
  )
})

/** Applies the headers of a request to a container. */
const changed = ({ headers }: ServiceRequest, before: PublicContainer): PublicContainer => {
  const ttl = headers["x-ttl"]
  const enabled = headers["x-cdn-enabled"]
  const logRetention = headers["x-log-retention"]
  if (ttl !== undefined && !(/^\d+$/.test(ttl) && Number(ttl) >= minTtl && Number(ttl) <= maxTtl)) {
    Refusal.refuse(Answer.plain(400, `X-TTL must be between ${minTtl} and ${maxTtl} seconds`))
  }
  return {
    name: before.name,
    ttl: ttl === undefined ? before.ttl : Number(ttl),
    enabled: enabled === undefined ? before.enabled : Metadata.isTrue(enabled),
    logRetention: logRetention === undefined ? before.logRetention : Metadata.isTrue(logRetention)
  }
}

const rowOf = (region: CdnRegion, request: ServiceRequest, container: PublicContainer): Listing.Row => {
  const uri = (kind: keyof typeof uriKinds) => region.uriOf(request, container.name, uriKinds[kind])
  return {
    name: ByteText.toText(container.name),
    cdn_enabled: container.enabled,
    ttl: container.ttl,
    log_retention: container.logRetention,
    cdn_uri: uri("X-Cdn-Uri"),
    cdn_ssl_uri: uri("X-Cdn-Ssl-Uri"),
    cdn_streaming_uri: uri("X-Cdn-Streaming-Uri"),
    cdn_ios_uri: uri("X-Cdn-Ios-Uri")
  }
}

const list = (region: CdnRegion, request: ServiceRequest, pageLimit: number): WireResponse => {
  const format = Listing.format(request)
  const parameters = Listing.parameters(request, pageLimit)
  const enabledOnly = Metadata.isTrue(Listing.parameter(request, "enabled_only"))
  const names = enabledOnly ? new SortedNames() : region.names
  if (enabledOnly) {
    for (const { enabled, name } of region.containers.values()) {
      if (enabled) {
        names.add(name)
      }
    }
  }
  const page = Listing.page(names, { ...parameters, path: undefined, delimiter: "", prefix: "" })
  const rows = page.flatMap(({ name }): ReadonlyArray<Listing.Row> => {
    const container = region.containers.get(name)
    return container === undefined ? [] : [rowOf(region, request, container)]
  })
  const elements = { root: "account", item: "container", name: region.account } as const
  return Listing.respond(rows, format, elements, Listing.varies(request))
}

/** Makes a container of the storage public. */
const publish = (region: CdnRegion, request: CdnRequest, name: ByteText.ByteText): WireResponse => {
  const before = region.containers.get(name)
  if (before === undefined && !request.isStored) {
    return Answer.standard(404)
  }
  const { logRetention = false, ttl = defaultTtl } = before ?? {}
  const next = changed(request, { name, ttl, enabled: true, logRetention })
  region.store(next)
  return Answer.standard(before === undefined ? 201 : 202, headersOf(region, request, next))
}

/** Removes a container that is no longer public. */
const remove = (region: CdnRegion, { headers }: CdnRequest, name: ByteText.ByteText): WireResponse => {
  if (!Metadata.isTrue(headers["x-remove-cdn-container"])) {
    return Answer.standard(405, { Allow: "HEAD, PUT, POST" })
  }
  const container = region.containers.get(name)
  if (container === undefined || container.enabled) {
    return Answer.standard(container === undefined ? 404 : 409)
  }
  region.remove(container)
  return Answer.standard(204)
}

export const routes = (region: CdnRegion, pageLimit: number) =>
  table({
    "GET /": (request) => list(region, request, pageLimit),
    "HEAD /": () => Reply.empty(204, { "X-Account-Container-Count": String(region.containers.size) }),
    "HEAD /{container}": (request, { container: name }) => {
      const container = region.containers.get(name)
      return container === undefined ? Answer.standard(404) : Reply.empty(204, headersOf(region, request, container))
    },
    "PUT /{container}": (request, { container }) => publish(region, request, container),
    "POST /{container}": (request, { container }) => {
      const before = region.containers.get(container)
      if (before === undefined) {
        return Answer.standard(404)
      }
      region.store(changed(request, before))
      // As in the documentation's example, the response has the headers from before the change.
      return Answer.standard(204, headersOf(region, request, before))
    },
    "DELETE /{container}": (request, { container }) => remove(region, request, container)
  })
