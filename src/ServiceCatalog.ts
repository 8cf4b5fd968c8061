/**
 * What an account has: each service's endpoints by region and interface, as its login's catalog lists them.
 *
 * Rackspace's catalog has its oddities, all of which are kept: two entries of type `compute` (distinguished by name), services
 * without a region (one endpoint for all), endpoints with a tenant of their own (`MossoCloudFS_…`), and two versions of one
 * service in one region.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { EndpointNotFound, type Operation } from "./CloudError.js"
import { isHttpUrl, withoutUserInfo } from "./internal/http/urlText.js"

/**
 * Which of an endpoint's URLs is meant: `public` from anywhere; `internal` from within the region's own network
 * (ServiceNet at Rackspace, where traffic is free); `admin` for operators.
 *
 * @since 0.1.0
 * @category models
 */
export type EndpointInterface = "public" | "internal" | "admin"

/**
 * One endpoint of a service.
 *
 * @since 0.1.0
 * @category models
 */
export class CatalogEndpoint extends Schema.Class<CatalogEndpoint>("effect-rackspace/CatalogEndpoint")({
  /** The region's abbreviation (`DFW`); absent where the service has one endpoint for all regions. */
  region: Schema.optional(Schema.String),
  /** The tenant in whose name the service works; Cloud Files has its own (`MossoCloudFS_…`). */
  tenantId: Schema.optional(Schema.String),
  publicUrl: Schema.optional(Schema.String),
  internalUrl: Schema.optional(Schema.String),
  adminUrl: Schema.optional(Schema.String),
  /** The API version: `2`, `1.0`. */
  versionId: Schema.optional(Schema.String),
  /** Where the version describes itself. */
  versionInfo: Schema.optional(Schema.String),
  /** Where all versions are listed. */
  versionList: Schema.optional(Schema.String)
}) {}

/**
 * One service of the account.
 *
 * @since 0.1.0
 * @category models
 */
export class CatalogEntry extends Schema.Class<CatalogEntry>("effect-rackspace/CatalogEntry")({
  /** `cloudServersOpenStack`, `cloudFiles`, … */
  name: Schema.String,
  /** `compute`, `object-store`, `rax:load-balancer`, … */
  type: Schema.String,
  endpoints: Schema.Array(CatalogEndpoint)
}) {}

/**
 * All services of the account.
 *
 * @since 0.1.0
 * @category models
 */
export const ServiceCatalog = Schema.Array(CatalogEntry)

/**
 * All services of the account.
 *
 * @since 0.1.0
 * @category models
 */
export type ServiceCatalog = typeof ServiceCatalog.Type

/**
 * How a service's endpoint is found in a catalog.
 *
 * @since 0.1.0
 * @category models
 */
export interface EndpointSelector {
  /** The types under which clouds list the service, the preferred one first. */
  readonly types: ReadonlyArray<string>
  /**
   * The name that the provider gives the service. It decides between endpoints that region and interface leave, and is not
   * required: an OpenStack cloud names its services as it likes.
   */
  readonly name?: string | undefined
  /** The name that the entry must have, where the user named one. */
  readonly serviceName?: string | undefined
  /** Any case. An endpoint without a region serves all of them. */
  readonly region?: string | undefined
  /** Default `public`. A missing interface is an error, never replaced by another. */
  readonly interface?: EndpointInterface | undefined
  /** The version wanted: what the endpoint is listed under, else what its URL names (`/v2/`). */
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

/**
 * Every region that the catalog names, in alphabetical order.
 *
 * @since 0.1.0
 * @category accessors
 */
export const regions = (catalog: ServiceCatalog): ReadonlyArray<string> =>
  unique(catalog.flatMap((entry) => entry.endpoints.map((endpoint) => endpoint.region?.toUpperCase())))

/**
 * Every tenant that the catalog names: the account's number, and the one of Cloud Files.
 *
 * @since 0.1.0
 * @category accessors
 */
export const tenants = (catalog: ServiceCatalog): ReadonlyArray<string> =>
  unique(catalog.flatMap((entry) => entry.endpoints.map((endpoint) => endpoint.tenantId)))

/** The version that an endpoint is listed under, else the one that its URL names. */
const versionOf = ({ adminUrl, internalUrl, publicUrl, versionId }: CatalogEndpoint): string | undefined =>
  versionId ?? /\/v(\d[\d.]*)(?:\/|$)/.exec(publicUrl ?? internalUrl ?? adminUrl ?? "")?.[1]

/** The first generation of Cloud Servers, listed under the type of the second: it is found by name only. */
const firstGeneration = "cloudServers"

const isEligible = (name: string, selector: EndpointSelector): boolean =>
  selector.name === firstGeneration
    ? name === firstGeneration
    : selector.serviceName === undefined
      ? name !== firstGeneration
      : name === selector.serviceName

/** An endpoint, and the name of the entry that lists it: a catalog may have an entry for each region. */
interface Candidate {
  readonly name: string
  readonly endpoint: CatalogEndpoint
}

const candidatesIn = (entries: ReadonlyArray<CatalogEntry>): ReadonlyArray<Candidate> =>
  entries.flatMap(({ endpoints, name }) => endpoints.map((endpoint) => ({ name, endpoint })))

/** The endpoints of a region; where it has none, those that serve all regions. */
const inRegion = (candidates: ReadonlyArray<Candidate>, region: string | undefined): ReadonlyArray<Candidate> => {
  if (region === undefined) return candidates
  const own = candidates.filter(({ endpoint }) => sameRegion(endpoint.region, region))
  return own.length > 0 ? own : candidates.filter(({ endpoint }) => endpoint.region === undefined)
}

/** The endpoints of the first type that has any in the region, else of the first type that has any. */
const ofFirstType = (entries: ReadonlyArray<CatalogEntry>, selector: EndpointSelector): ReadonlyArray<Candidate> => {
  const byType = selector.types.map((type) => candidatesIn(entries.filter((entry) => entry.type === type)))
  return (
    byType.find((candidates) => inRegion(candidates, selector.region).length > 0) ??
    byType.find((candidates) => candidates.length > 0) ??
    []
  )
}

/** A URL that a candidate offers on the interface that is wanted. */
interface Offer {
  readonly name: string
  readonly region: string | undefined
  readonly url: string
}

const offersOf = (candidates: ReadonlyArray<Candidate>, wanted: EndpointInterface): ReadonlyArray<Offer> =>
  candidates.flatMap(({ endpoint, name }) => {
    const url = withoutUserInfo(urlOf(endpoint, wanted)?.trim().replace(/\/+$/, "") ?? "")
    return url === "" ? [] : [{ name, region: endpoint.region?.toUpperCase(), url }]
  })

/** Offers whose URLs differ: entries that lead to the same place count once, however the URL is written. */
const distinct = (offers: ReadonlyArray<Offer>): ReadonlyArray<Offer> => {
  const byUrl = new Map<string, Offer>()
  for (const offer of offers) {
    const place = URL.canParse(offer.url) ? new URL(offer.url).href.replace(/\/+$/, "") : offer.url
    if (!byUrl.has(place)) byUrl.set(place, offer)
  }
  return [...byUrl.values()]
}

const orAll = <A>(all: ReadonlyArray<A>, keep: (one: A) => boolean): ReadonlyArray<A> => {
  const kept = all.filter(keep)
  return kept.length > 0 ? kept : all
}

/**
 * Finds the URL of a service's endpoint, without a trailing slash. Of all endpoints of the service's type, in however many
 * entries, those of the region are taken, then those of the version, then those of the interface, and where several remain,
 * those of the provider's name for the service. Endpoints with the same URL count as one.
 *
 * Fails with {@link EndpointNotFound}, which lists what there is, where the catalog has no such service, region, version or
 * interface, where several endpoints remain, or where the URL cannot be used.
 *
 * @since 0.1.0
 * @category accessors
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
      `the catalog has no service ${service}; it has ${listed.length === 0 ? "no service at all" : listed.join(", ")}`
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
  const offers = distinct(offersOf(ofVersion, wanted))
  if (offers.length === 0) {
    const interfaces = interfacesOf(ofVersion.map(({ endpoint }) => endpoint))
    return fail(`${service} has no ${wanted} endpoint${where}; it has ${interfaces.join(", ") || "none"}`)
  }
  // An entry that cannot be used does not stand in the way of one that can.
  const usable = orAll(offers, (offer) => isHttpUrl(offer.url))
  const remaining = orAll(usable, (offer) => offer.name === selector.name)
  const [only] = remaining
  if (only === undefined || remaining.length > 1) return fail(ambiguity(service, where, remaining, selector))
  return isHttpUrl(only.url)
    ? Either.right(only.url)
    : fail(`the catalog's URL of ${service}${where} is not an http or https URL; name an endpoint`)
}

/** Says which endpoints remain, and what would decide between them. */
const ambiguity = (
  service: string,
  where: string,
  offers: ReadonlyArray<Offer>,
  selector: EndpointSelector
): string => {
  const regions = unique(offers.map(({ region }) => region))
  if (selector.region === undefined && regions.length > 1) {
    return `name a region: ${service} has endpoints in ${regions.join(", ")}`
  }
  const names = unique(offers.map(({ name }) => name))
  const listed = offers.map(({ name, url }) => `${name} (${url})`).join(", ")
  const remedy = names.length > 1 ? "name one by serviceName, or name an endpoint" : "name an endpoint"
  return `${service} has several endpoints${where}: ${listed}; ${remedy}`
}
