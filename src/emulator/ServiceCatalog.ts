/**
 * The services of the emulated cloud: Identity creates its catalog from this table, and the front finds the service of
 * a path in it. It has the peculiarities of the real catalog: two entries of type `compute`, services without a region,
 * a second tenant for Cloud Files, and two versions of Big Data in one region.
 */
import { createHash } from "node:crypto"

/** A kind of endpoint: its mount, and its representation in the catalog. */
export interface CatalogEntry {
  /** The service's type in the catalog, which is not unique: `compute`. */
  readonly type: string
  /** The service's name in the catalog: `cloudServersOpenStack`. */
  readonly name: string
  /** The first segment of the endpoint's path: `servers`. */
  readonly mount: string
  /** The path segment of its version: `v2`. */
  readonly version: string
  /** The catalog's `versionId`, if the real catalog has one. */
  readonly versionId?: string
  /** Whether there is one endpoint per region, one for all, or one for all that has a region. */
  readonly scope: "regional" | "global" | { readonly region: string }
  /** The last segment of the endpoint's URL: the account's number, Cloud Files' own account, or none. */
  readonly tenant: "account" | "storage" | "none"
  /** The mount of its ServiceNet counterpart, if the real catalog has an `internalURL`. */
  readonly internalMount?: string
  /** Its type and name in Keystone's catalog, if OpenStack has such a service; `none` excludes it from that catalog. */
  readonly openStack?: { readonly type: string; readonly name: string } | "none"
}

const entry = (
  type: string,
  name: string,
  mount: string,
  version: string,
  options: Partial<CatalogEntry> = {}
): CatalogEntry => ({ type, name, mount, version, scope: "regional", tenant: "account", ...options })

const openStack = (type: string, name: string) => ({ openStack: { type, name } })

/** The emulated account's services, in catalog order. Most are regional and have the account's number in their URL. */
export const entries: ReadonlyArray<CatalogEntry> = [
  entry("rax:load-balancer", "cloudLoadBalancers", "loadbalancers", "v1.0"),
  entry("object-store", "cloudFiles", "files", "v1", {
    tenant: "storage",
    internalMount: "snet-files",
    ...openStack("object-store", "swift")
  }),
  // The first generation has the same type as its successor and precedes it, so that clients which select by type alone
  // fail.
  entry("compute", "cloudServers", "servers-first-generation", "v1.0", {
    versionId: "1.0",
    scope: "global",
    openStack: "none"
  }),
  entry("compute", "cloudServersOpenStack", "servers", "v2", { versionId: "2", ...openStack("compute", "nova") }),
  entry("rax:dns", "cloudDNS", "dns", "v1.0", { scope: "global" }),
  entry("rax:database", "cloudDatabases", "databases", "v1.0", openStack("database", "trove")),
  entry("rax:object-cdn", "cloudFilesCDN", "cdn", "v1", { tenant: "storage" }),
  entry("rax:monitor", "cloudMonitoring", "monitoring", "v1.0", { scope: "global" }),
  entry("volume", "cloudBlockStorage", "blockstorage", "v1", openStack("volume", "cinder")),
  entry("image", "cloudImages", "images", "v2", { tenant: "none", ...openStack("image", "glance") }),
  entry("network", "cloudNetworks", "networks", "v2.0", { tenant: "none", ...openStack("network", "neutron") }),
  entry("rax:queues", "cloudQueues", "queues", "v1", {
    internalMount: "snet-queues",
    ...openStack("messaging", "zaqar")
  }),
  entry("rax:autoscale", "autoscale", "autoscale", "v1.0"),
  entry("rax:bigdata", "cloudBigData", "bigdata", "v1.0", { versionId: "1" }),
  entry("rax:bigdata", "cloudBigData", "bigdata", "v2", { versionId: "2" }),
  entry("orchestration", "cloudOrchestration", "orchestration", "v1", openStack("orchestration", "heat")),
  entry("rax:backup", "cloudBackup", "backup", "v1.0"),
  entry("rax:feeds", "cloudFeeds", "feeds", "v1", { internalMount: "snet-feeds" }),
  entry("rax:cloudmetrics", "cloudMetrics", "metrics", "v2.0", { scope: { region: "IAD" } }),
  entry("rax:cdn", "rackCDN", "rackcdn", "v1.0", { scope: { region: "DFW" } })
]

/** An endpoint of the catalog. */
export interface CatalogEndpoint {
  readonly region?: string
  readonly tenantId?: string
  readonly publicURL: string
  readonly internalURL?: string
  readonly versionId?: string
  readonly versionInfo?: string
  readonly versionList?: string
}

/** A service of the catalog. */
export interface CatalogService {
  readonly name: string
  readonly type: string
  readonly endpoints: ReadonlyArray<CatalogEndpoint>
}

/** The options of a catalog. */
export interface CatalogOptions {
  /** Scheme, host and port, without a trailing slash: `http://cloud.test`. */
  readonly origin: string
  /** In upper case: `["DFW", "ORD"]`. */
  readonly regions: ReadonlyArray<string>
  readonly tenantId: string
  readonly storageAccount: string
  /** Only endpoints of this tenant, for a login by token and tenant. */
  readonly onlyTenant?: string
}

/** The path of an endpoint from its mount to its version: `/servers/dfw/v2`. */
const versionPath = (entry: CatalogEntry, mount: string, region: string | undefined): string =>
  region === undefined || entry.scope !== "regional"
    ? `/${mount}/${entry.version}`
    : `/${mount}/${region.toLowerCase()}/${entry.version}`

/** The `serviceCatalog` of a token. */
export const make = (options: CatalogOptions): ReadonlyArray<CatalogService> => {
  const services: Array<{ name: string; type: string; endpoints: Array<CatalogEndpoint> }> = []
  for (const entry of entries) {
    const tenantId = entry.tenant === "storage" ? options.storageAccount : options.tenantId
    if (options.onlyTenant !== undefined && options.onlyTenant !== tenantId) {
      continue
    }
    const regions =
      entry.scope === "regional" ? options.regions : [entry.scope === "global" ? undefined : entry.scope.region]
    const endpoints = regions.map((region): CatalogEndpoint => {
      const path = versionPath(entry, entry.mount, region)
      const suffix = entry.tenant === "none" ? "" : `/${tenantId}`
      return {
        ...(region === undefined ? {} : { region }),
        tenantId,
        publicURL: `${options.origin}${path}${suffix}`,
        ...(entry.internalMount === undefined
          ? {}
          : { internalURL: `${options.origin}${versionPath(entry, entry.internalMount, region)}${suffix}` }),
        ...(entry.versionId === undefined
          ? {}
          : {
              versionId: entry.versionId,
              versionInfo: `${options.origin}${path}`,
              versionList: `${options.origin}${path.slice(0, path.lastIndexOf("/") + 1)}`
            })
      }
    })
    const known = services.find((service) => service.name === entry.name && service.type === entry.type)
    if (known === undefined) {
      services.push({ name: entry.name, type: entry.type, endpoints })
    } else {
      known.endpoints.push(...endpoints)
    }
  }
  return services
}

/** An endpoint of Keystone's catalog, with one interface. */
export interface KeystoneEndpoint {
  readonly id: string
  readonly interface: "public" | "internal" | "admin"
  /** Null for a service without regions. */
  readonly region: string | null
  readonly region_id: string | null
  readonly url: string
}

/** A service of Keystone's catalog. */
export interface KeystoneService {
  readonly id: string
  readonly type: string
  readonly name: string
  readonly endpoints: ReadonlyArray<KeystoneEndpoint>
}

/** A reproducible id in Keystone's format. */
export const stableId = (...names: ReadonlyArray<string>): string =>
  createHash("sha256").update(names.join("\n")).digest("hex").slice(0, 32)

/**
 * The `catalog` of a token of Keystone v3: OpenStack's services with its types and names, Rackspace's own, and Keystone
 * itself. Without a project, services with the project in their URL have no endpoints.
 */
export const makeKeystone = (
  options: Omit<CatalogOptions, "onlyTenant"> & { readonly isForProject: boolean }
): ReadonlyArray<KeystoneService> => {
  const { isForProject, origin, regions } = options
  const service = (
    type: string,
    name: string,
    endpoints: ReadonlyArray<{ readonly region?: string; readonly publicURL: string; readonly internalURL?: string }>
  ): KeystoneService => ({
    endpoints: endpoints.flatMap(({ internalURL, publicURL, region = null }) =>
      (["public", "internal", "admin"] as const).map((kind) => ({
        id: stableId(type, name, region ?? "", publicURL.slice(origin.length), kind),
        interface: kind,
        region,
        region_id: region,
        url: kind === "internal" ? (internalURL ?? publicURL) : publicURL
      }))
    ),
    id: stableId(type, name),
    type,
    name
  })
  const keystone = service(
    "identity",
    "keystone",
    regions.map((region) => ({ region, publicURL: `${origin}/v3` }))
  )
  const others = make(options).flatMap(({ endpoints, name, type }) => {
    const entry = entries.find((each) => each.name === name)
    const { openStack = { type, name } } = entry ?? {}
    return openStack === "none"
      ? []
      : [service(openStack.type, openStack.name, isForProject || entry?.tenant === "none" ? endpoints : [])]
  })
  return [keystone, ...others]
}

/** The endpoint of a request's path. */
export interface Location {
  readonly entry: CatalogEntry
  /** In upper case; undefined for a service without regions. */
  readonly region: string | undefined
  /** The tenant in the path, percent-decoded; undefined if the service has none in its URL, or if it is missing. */
  readonly tenant: string | undefined
  /** The endpoint's path, without a trailing slash: `/servers/dfw/v2/010101`. */
  readonly basePath: string
  /** The path after the endpoint's, still percent-encoded, or empty. */
  readonly path: string
}

const decode = (segment: string): string => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** Finds the endpoint of a path. The path is not normalized, because it may contain an object's name. */
export const locate = (path: string, regions: ReadonlyArray<string>): Location | undefined => {
  const [, mount = "", ...rest] = path.split("/")
  const candidates = entries.filter((entry) => entry.mount === mount || entry.internalMount === mount)
  for (const entry of candidates) {
    const remaining = [...rest]
    const region = entry.scope === "regional" ? remaining.shift()?.toUpperCase() : undefined
    if (entry.scope === "regional" && (region === undefined || !regions.includes(region))) {
      continue
    }
    if (remaining.shift() !== entry.version) {
      continue
    }
    const tenant = entry.tenant === "none" ? undefined : remaining.shift()
    const base = path.split("/").slice(0, path.split("/").length - remaining.length)
    return {
      entry,
      region,
      tenant: tenant === undefined || tenant === "" ? undefined : decode(tenant),
      basePath: base.join("/"),
      path: remaining.length === 0 ? "" : `/${remaining.join("/")}`
    }
  }
  return undefined
}
