/**
 * The service catalog of a login: the endpoints of each service by region and interface.
 *
 * Supports the peculiarities of Rackspace's catalog: two entries of type `compute`, which differ by name; services without a
 * region, with one endpoint for all regions; endpoints with a different tenant (`MossoCloudFS_…`); and two versions of a service
 * in one region.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { EndpointNotFound, type Operation } from "./CloudError.js"
import { isHttpUrl, withoutUserInfo } from "./internal/http/urlText.js"

/**
 * Which URL of an endpoint to use: `public` from anywhere; `internal` from within the region's network (ServiceNet at Rackspace,
 * where traffic is free); `admin` for operators.
 */
export type EndpointInterface = "public" | "internal" | "admin"

/** One endpoint of a service. */
export class CatalogEndpoint extends Schema.Class<CatalogEndpoint>("effect-rackspace/CatalogEndpoint")({
  /** The region's name (`DFW`); absent if the service has one endpoint for all regions. */
  region: Schema.optional(Schema.String),
  /** The tenant at this service; Cloud Files has its own (`MossoCloudFS_…`). */
  tenantId: Schema.optional(Schema.String),
  publicUrl: Schema.optional(Schema.String),
  internalUrl: Schema.optional(Schema.String),
  adminUrl: Schema.optional(Schema.String),
  /** The API version: `2`, `1.0`. */
  versionId: Schema.optional(Schema.String),
  /** The URL of the version's description. */
  versionInfo: Schema.optional(Schema.String),
  /** The URL of the list of all versions. */
  versionList: Schema.optional(Schema.String)
}) {}

/** One service of the account. */
export class CatalogEntry extends Schema.Class<CatalogEntry>("effect-rackspace/CatalogEntry")({
  /** `cloudServersOpenStack`, `cloudFiles`, … */
  name: Schema.String,
  /** `compute`, `object-store`, `rax:load-balancer`, … */
  type: Schema.String,
  endpoints: Schema.Array(CatalogEndpoint)
}) {}

/** All services of the account. */
export const ServiceCatalog = Schema.Array(CatalogEntry)

/** All services of the account. */
export type ServiceCatalog = typeof ServiceCatalog.Type

/** How to find the endpoint of a service in a catalog. */
export interface EndpointSelector {
  /** The types that clouds use for the service, in order of preference. */
  readonly types: ReadonlyArray<string>
  /**
   * The provider's name of the service. It selects an endpoint if several match, but is not required, since the names in OpenStack
   * clouds are arbitrary.
   */
  readonly name?: string | undefined
  /** The required name of the catalog entry, if the user gave one. */
  readonly serviceName?: string | undefined
  /** Case-insensitive. An endpoint without a region matches every region. */
  readonly region?: string | undefined
  /** Default `public`. A missing interface is an error; no other interface is used instead. */
  readonly interface?: EndpointInterface | undefined
  /** The required version, from the catalog or else from the endpoint's URL (`/v2/`). */
  readonly versionId?: string | undefined
}

const sameRegion = (a: string | undefined, b: string | undefined): boolean => a?.toUpperCase() === b?.toUpperCase()

const urlOf = (endpoint: CatalogEndpoint, wanted: EndpointInterface): string | undefined =>
  wanted === "public" ? endpoint.publicUrl : wanted === "internal" ? endpoint.internalUrl : endpoint.adminUrl

const interfacesOf = (endpoints: ReadonlyArray<CatalogEndpoint>): ReadonlyArray<EndpointInterface> =>
  (["public", "internal", "admin"] as const).filter((each) =>
    endpoints.some((endpoint) => urlOf(endpoint, each) !== undefined)
  )

const unique = (values: Iterable<string | undefined>): ReadonlyArray<string> =>
  [...new Set([...values].filter((value) => value !== undefined))].toSorted()

/** All regions in the catalog, in alphabetical order. */
export const regions = (catalog: ServiceCatalog): ReadonlyArray<string> =>
  unique(catalog.flatMap((entry) => entry.endpoints.map((endpoint) => endpoint.region?.toUpperCase())))

/** All tenants in the catalog: the account number, and the tenant of Cloud Files. */
export const tenants = (catalog: ServiceCatalog): ReadonlyArray<string> =>
  unique(catalog.flatMap((entry) => entry.endpoints.map((endpoint) => endpoint.tenantId)))

/** The version of an endpoint, from the catalog or else from its URL. */
const versionOf = ({ adminUrl, internalUrl, publicUrl, versionId }: CatalogEndpoint): string | undefined =>
  versionId ?? /\/v(\d[\d.]*)(?:\/|$)/.exec(publicUrl ?? internalUrl ?? adminUrl ?? "")?.[1]

/** The first generation of Cloud Servers, which has the same type as the second one. It is found only by this name. */
const firstGeneration = "cloudServers"

const isEligible = (name: string, selector: EndpointSelector): boolean =>
  selector.name === firstGeneration
    ? name === firstGeneration
    : selector.serviceName === undefined
      ? name !== firstGeneration
      : name === selector.serviceName

/** An endpoint with the name of its entry: a catalog may have an entry for each region. */
interface Candidate {
  readonly name: string
  readonly endpoint: CatalogEndpoint
}

const candidatesIn = (entries: ReadonlyArray<CatalogEntry>): ReadonlyArray<Candidate> =>
  entries.flatMap(({ endpoints, name }) => endpoints.map((endpoint) => ({ name, endpoint })))

/** The endpoints of a region; if it has none, those for all regions. */
const inRegion = (candidates: ReadonlyArray<Candidate>, region: string | undefined): ReadonlyArray<Candidate> => {
  if (region === undefined) return candidates
  const own = candidates.filter(({ endpoint }) => sameRegion(endpoint.region, region))
  return own.length > 0 ? own : candidates.filter(({ endpoint }) => endpoint.region === undefined)
}

/** The endpoints of the first type that has endpoints in the region, else of the first type that has endpoints. */
const ofFirstType = (entries: ReadonlyArray<CatalogEntry>, selector: EndpointSelector): ReadonlyArray<Candidate> => {
  const byType = selector.types.map((type) => candidatesIn(entries.filter((entry) => entry.type === type)))
  return (
    byType.find((candidates) => inRegion(candidates, selector.region).length > 0) ??
    byType.find((candidates) => candidates.length > 0) ??
    []
  )
}

/** A URL of the requested interface. */
interface CandidateUrl {
  readonly name: string
  readonly region: string | undefined
  readonly url: string
}

const urlsOf = (candidates: ReadonlyArray<Candidate>, wanted: EndpointInterface): ReadonlyArray<CandidateUrl> =>
  candidates.flatMap(({ endpoint, name }) => {
    const url = withoutUserInfo(urlOf(endpoint, wanted)?.trim().replace(/\/+$/, "") ?? "")
    return url === "" ? [] : [{ name, region: endpoint.region?.toUpperCase(), url }]
  })

/** Removes duplicate URLs, comparing them in normalized form. */
const distinct = (candidates: ReadonlyArray<CandidateUrl>): ReadonlyArray<CandidateUrl> => {
  const byUrl = new Map<string, CandidateUrl>()
  for (const candidate of candidates) {
    const { url } = candidate
    const normalized = URL.canParse(url) ? new URL(url).href.replace(/\/+$/, "") : url
    if (!byUrl.has(normalized)) byUrl.set(normalized, candidate)
  }
  return [...byUrl.values()]
}

const filterOrAll = <A>(all: ReadonlyArray<A>, keep: (one: A) => boolean): ReadonlyArray<A> => {
  const kept = all.filter(keep)
  return kept.length > 0 ? kept : all
}

/**
 * Finds the URL of a service's endpoint, without a trailing slash. The endpoints of the service's type, in any number of entries,
 * are filtered by region, version and interface, and if several remain, by the provider's name of the service. Endpoints with the
 * same URL count as one.
 *
 * Fails with {@link EndpointNotFound}, which lists the available ones, if the catalog has no such service, region, version or
 * interface, if several endpoints remain, or if the URL is invalid.
 */
export const endpointUrl = (
  catalog: ServiceCatalog,
  selector: EndpointSelector,
  operation: Operation
): Either.Either<string, EndpointNotFound> => {
  const wanted = selector.interface ?? "public"
  const entries = catalog.filter((entry) => selector.types.includes(entry.type) && isEligible(entry.name, selector))
  const all = ofFirstType(entries, selector)
  const available = unique(all.map(({ endpoint }) => endpoint.region?.toUpperCase()))
  const fail = (message: string) =>
    Either.left(
      new EndpointNotFound({
        service: operation.service,
        operation: operation.operation,
        message: `${operation.operation}: ${message}`,
        available,
        ...(selector.region !== undefined && { region: selector.region })
      })
    )
  const name = selector.serviceName ?? selector.name
  const service = `${selector.types[0] ?? "?"}${name === undefined ? "" : ` (${name})`}`
  const where = selector.region === undefined ? "" : ` in region ${selector.region}`

  if (entries.length === 0) {
    const listed = unique(catalog.map((entry) => `${entry.type} (${entry.name})`))
    return fail(
      `the catalog has no service ${service}; it has ${listed.length === 0 ? "no services" : listed.join(", ")}`
    )
  }
  const regional = inRegion(all, selector.region)
  if (regional.length === 0) {
    return fail(`${service} has no endpoint${where}; it has ${available.join(", ") || "none"}`)
  }
  const ofVersion = regional.filter(
    ({ endpoint }) => selector.versionId === undefined || versionOf(endpoint) === selector.versionId
  )
  if (ofVersion.length === 0) {
    const versions = unique(regional.map(({ endpoint }) => versionOf(endpoint)))
    return fail(`${service} has no version ${selector.versionId}${where}; it has ${versions.join(", ") || "none"}`)
  }
  const candidates = distinct(urlsOf(ofVersion, wanted))
  if (candidates.length === 0) {
    const interfaces = interfacesOf(ofVersion.map(({ endpoint }) => endpoint))
    return fail(`${service} has no ${wanted} endpoint${where}; it has ${interfaces.join(", ") || "none"}`)
  }
  // Entries with invalid URLs are ignored if there are others.
  const usable = filterOrAll(candidates, ({ url }) => isHttpUrl(url))
  const remaining = filterOrAll(usable, ({ name }) => name === selector.name)
  const [only] = remaining
  if (only === undefined || remaining.length > 1) return fail(ambiguity(service, where, remaining, selector))
  return isHttpUrl(only.url)
    ? Either.right(only.url)
    : fail(`the catalog's URL of ${service}${where} is not an http or https URL; specify an endpoint`)
}

/** The message for several matching endpoints, with a remedy. */
const ambiguity = (
  service: string,
  where: string,
  candidates: ReadonlyArray<CandidateUrl>,
  selector: EndpointSelector
): string => {
  const regions = unique(candidates.map(({ region }) => region))
  if (selector.region === undefined && regions.length > 1) {
    return `specify a region: ${service} has endpoints in ${regions.join(", ")}`
  }
  const names = unique(candidates.map(({ name }) => name))
  const listed = candidates.map(({ name, url }) => `${name} (${url})`).join(", ")
  const remedy = names.length > 1 ? "specify a serviceName or an endpoint" : "specify an endpoint"
  return `${service} has several endpoints${where}: ${listed}; ${remedy}`
}
