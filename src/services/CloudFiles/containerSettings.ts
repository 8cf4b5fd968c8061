/** The settings of a container: access, quotas, CORS, static websites, versions and logs. */
import { type AclEntry, ReadAcl, WriteAcl } from "./access.js"
import { setting, type TempUrlKeys, tempUrlKeys } from "./settings.js"
import { GivenSeconds, Line, Location, Quota, Seconds, Words, Yes } from "./settingValues.js"

/** The access lists of a container. */
export interface AccessLists<Removed = never> {
  /** Who may read: entries, or a list in the cloud's form. */
  readonly readAcl?: string | ReadonlyArray<AclEntry> | Removed | undefined
  /** Who may write: entries, or a list in the cloud's form. */
  readonly writeAcl?: string | ReadonlyArray<AclEntry> | Removed | undefined
}

/** The settings of a container. `Removed` is the value that removes one. */
export interface ContainerSettings<MaxAge, Key, Removed = never> extends TempUrlKeys<Key | Removed> {
  /** The maximum total size in bytes. An upload beyond it fails with `QuotaExceeded`. */
  readonly quotaBytes?: number | Removed | undefined
  /** The maximum number of objects. */
  readonly quotaCount?: number | Removed | undefined
  /** CORS: the origins whose pages may read responses: `https://www.example.com`, or `*`. */
  readonly corsAllowOrigins?: ReadonlyArray<string> | Removed | undefined
  /** CORS: how long a browser may cache a preflight response; whole seconds. */
  readonly corsMaxAge?: MaxAge | Removed | undefined
  /** CORS: the request headers that pages may send. */
  readonly corsAllowHeaders?: ReadonlyArray<string> | Removed | undefined
  /** CORS: the response headers that pages may read in addition to the standard ones. */
  readonly corsExposeHeaders?: ReadonlyArray<string> | Removed | undefined
  /**
   * Static website: the index object of directories: `index.html`. The site is visible only if anyone may read and list
   * the container (`.r:*,.rlistings`).
   */
  readonly webIndex?: string | Removed | undefined
  /** Static website: the suffix of error pages, which the cloud appends to the status: `404error.html`. */
  readonly webError?: string | Removed | undefined
  /** Static website: whether directories without an index are listed. */
  readonly webListings?: boolean | Removed | undefined
  /** Static website: the stylesheet of directory listings. */
  readonly webListingsCss?: string | Removed | undefined
  /** Static website: the content type of directory markers: `text/directory`. */
  readonly webDirectoryType?: string | Removed | undefined
  /** Whether access logs are written to the container `.ACCESS_LOGS` (Rackspace). */
  readonly accessLogDelivery?: boolean | Removed | undefined
  /** The container for replaced objects. A deletion restores the newest one. */
  readonly versionsLocation?: string | Removed | undefined
  /** The container for replaced and deleted objects. A deletion adds a marker there (OpenStack, not Rackspace). */
  readonly historyLocation?: string | Removed | undefined
}

/** Access lists, which are returned as text. */
export const accessLists = {
  readAcl: setting("x-container-read", ReadAcl),
  writeAcl: setting("x-container-write", WriteAcl)
}

/** The settings that are returned in the form in which they are set. */
export const containerSettings = {
  quotaBytes: setting("x-container-meta-quota-bytes", Quota),
  quotaCount: setting("x-container-meta-quota-count", Quota),
  corsAllowOrigins: setting("x-container-meta-access-control-allow-origin", Words),
  corsMaxAge: { header: "x-container-meta-access-control-max-age", value: GivenSeconds, returned: Seconds },
  corsAllowHeaders: setting("x-container-meta-access-control-allow-headers", Words),
  corsExposeHeaders: setting("x-container-meta-access-control-expose-headers", Words),
  webIndex: setting("x-container-meta-web-index", Line),
  webError: setting("x-container-meta-web-error", Line),
  webListings: setting("x-container-meta-web-listings", Yes),
  webListingsCss: setting("x-container-meta-web-listings-css", Line),
  webDirectoryType: setting("x-container-meta-web-directory-type", Line),
  accessLogDelivery: setting("x-container-meta-access-log-delivery", Yes),
  versionsLocation: setting("x-versions-location", Location),
  historyLocation: setting("x-history-location", Location),
  ...tempUrlKeys("container")
}

/** A setting that is disabled instead of removed. */
export const versionsEnabled = {
  versionsEnabled: setting("x-versions-enabled", Yes)
}
