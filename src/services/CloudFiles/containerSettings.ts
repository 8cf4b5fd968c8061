/** The settings of a container besides its own metadata: access, quotas, CORS, static web, versions, logs. */
import { type AclEntry, ReadAcl, WriteAcl } from "./access.js"
import { setting, type TempUrlKeys, tempUrlKeys } from "./settings.js"
import { GivenSeconds, Line, Location, Quota, Seconds, Words, Yes } from "./settingValues.js"

/** Who may use a container. */
export interface AccessLists<Removed = never> {
  /** Who may read: entries, or the list as the cloud writes it. */
  readonly readAcl?: string | ReadonlyArray<AclEntry> | Removed | undefined
  /** Who may write: entries, or the list as the cloud writes it. */
  readonly writeAcl?: string | ReadonlyArray<AclEntry> | Removed | undefined
}

/** The settings of a container. `Removed` is what removes one. */
export interface ContainerSettings<MaxAge, Key, Removed = never> extends TempUrlKeys<Key | Removed> {
  /** How many bytes the container may hold; an upload that would exceed it fails with `QuotaExceeded`. */
  readonly quotaBytes?: number | Removed | undefined
  /** How many objects the container may hold. */
  readonly quotaCount?: number | Removed | undefined
  /** CORS: pages of which origins may read the responses in a browser: `https://www.example.com`, or `*`. */
  readonly corsAllowOrigins?: ReadonlyArray<string> | Removed | undefined
  /** CORS: how long a browser may keep the response to a preflight; whole seconds. */
  readonly corsMaxAge?: MaxAge | Removed | undefined
  /** CORS: which request headers pages may send. */
  readonly corsAllowHeaders?: ReadonlyArray<string> | Removed | undefined
  /** CORS: which response headers pages may read besides the common ones. */
  readonly corsExposeHeaders?: ReadonlyArray<string> | Removed | undefined
  /**
   * Static web: the object that stands for a directory: `index.html`. Anyone must be let read and list the container
   * (`.r:*,.rlistings`) for the site to be seen.
   */
  readonly webIndex?: string | Removed | undefined
  /** Static web: the end of the error pages' names; the cloud puts the status before it: `404error.html`. */
  readonly webError?: string | Removed | undefined
  /** Static web: whether directories without an index are listed. */
  readonly webListings?: boolean | Removed | undefined
  /** Static web: the stylesheet of such listings. */
  readonly webListingsCss?: string | Removed | undefined
  /** Static web: the content type of the objects that mark a directory: `text/directory`. */
  readonly webDirectoryType?: string | Removed | undefined
  /** Whether the cloud writes logs of the access to it into the container `.ACCESS_LOGS` (Rackspace). */
  readonly accessLogDelivery?: boolean | Removed | undefined
  /** Where objects are kept that are replaced; a deletion brings the last one back. */
  readonly versionsLocation?: string | Removed | undefined
  /** Where objects are kept that are replaced or deleted; a deletion leaves a marker there (OpenStack, not Rackspace). */
  readonly historyLocation?: string | Removed | undefined
}

/** Access lists. They are returned as text. */
export const accessLists = {
  readAcl: setting("x-container-read", ReadAcl),
  writeAcl: setting("x-container-write", WriteAcl)
}

/** The settings of a container that are returned in the form in which they are set. */
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

/** A switch that is turned off and not removed. */
export const versionsEnabled = {
  versionsEnabled: setting("x-versions-enabled", Yes)
}
