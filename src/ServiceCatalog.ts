/**
 * What an account has: each service's endpoints by region and interface, as its login's catalog lists them.
 *
 * Rackspace's catalog has its oddities, all of which are kept: two entries of type `compute` (told apart by name), services
 * without a region (one endpoint for all), endpoints with a tenant of their own (`MossoCloudFS_…`), and two versions of one
 * service in one region.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { EndpointNotFound, type Operation } from "./CloudError.js"

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
   * The name the entry must have where the catalog has several entries of its type. Rackspace lists both generations of
   * Cloud Servers as `compute`.
   */
  readonly name?: string | undefined
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

/** The first generation of Cloud Servers, listed under the type of the second: it is had by name only. */
const firstGeneration = "cloudServers"

const entriesOf = (catalog: ServiceCatalog, selector: EndpointSelector): ReadonlyArray<CatalogEntry> => {
  for (const type of selector.types) {
    const ofType = catalog.filter(
      (entry) => entry.type === type && (entry.name !== firstGeneration || selector.name === firstGeneration)
    )
    if (ofType.length === 0) continue
    const named = ofType.filter((entry) => entry.name === selector.name)
    if (selector.name === firstGeneration) return named
    // A name decides only between entries of one type: an OpenStack cloud calls its compute service as it likes.
    return named.length > 0 ? named : ofType.length === 1 || selector.name === undefined ? ofType : []
  }
  return []
}

/**
 * Finds the URL of a service's endpoint, without a trailing slash. Fails with {@link EndpointNotFound}, which lists what
 * there is, where the catalog has no such service, region, version or interface, or where several regions remain and none
 * was asked for.
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
  const entries = entriesOf(catalog, selector)
  const all = entries.flatMap((entry) => entry.endpoints)
  const available = unique(all.map((endpoint) => endpoint.region?.toUpperCase()))
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
  const service = `${selector.types[0] ?? "?"}${selector.name === undefined ? "" : ` (${selector.name})`}`

  if (entries.length === 0) {
    const listed = unique(catalog.map((entry) => `${entry.type} (${entry.name})`))
    return fail(
      `the catalog has no service ${service}; it has ${listed.length === 0 ? "no service at all" : listed.join(", ")}`
    )
  }
  const regional =
    selector.region === undefined ? all : all.filter((endpoint) => sameRegion(endpoint.region, selector.region))
  const inRegion = regional.length > 0 ? regional : all.filter((endpoint) => endpoint.region === undefined)
  if (inRegion.length === 0) {
    return fail(`${service} has no endpoint in region ${selector.region}; it has ${available.join(", ") || "none"}`)
  }
  const ofVersion =
    selector.versionId === undefined
      ? inRegion
      : inRegion.filter((endpoint) => versionOf(endpoint) === selector.versionId)
  const urls = unique(ofVersion.map((endpoint) => urlOf(endpoint, wanted)?.trim().replace(/\/+$/, "")))
  const [url] = urls
  if (url === undefined || url === "") {
    const where = selector.region === undefined ? "" : ` in region ${selector.region}`
    const versions = unique(inRegion.map(versionOf))
    const interfaces = interfacesOf(ofVersion)
    return fail(
      ofVersion.length === 0
        ? `${service} has no version ${selector.versionId}${where}; it has ${versions.join(", ") || "none"}`
        : `${service} has no ${wanted} endpoint${where}; it has ${interfaces.join(", ") || "none"}`
    )
  }
  if (urls.length > 1) {
    return fail(
      selector.region === undefined && available.length > 1
        ? `name a region: ${service} has endpoints in ${available.join(", ")}`
        : `${service} has several endpoints (${urls.join(", ")}); name an endpoint`
    )
  }
  return Either.right(url)
}
