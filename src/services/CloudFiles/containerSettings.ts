/**
 * The settings of a container besides its own metadata: access, quotas, CORS, static web, versions, logs.
 */
import { ReadAcl, WriteAcl } from "./access.js"
import { setting, tempUrlKeys } from "./settings.js"
import { GivenSeconds, Line, Location, Quota, Seconds, Words, Yes } from "./settingValues.js"

/** Access lists. They are returned as text. */
export const accessLists = {
  /** Who may read: entries, or the list as the cloud writes it. */
  readAcl: setting("x-container-read", ReadAcl),
  /** Who may write: entries, or the list as the cloud writes it. */
  writeAcl: setting("x-container-write", WriteAcl)
}

/** The settings of a container that are returned in the form in which they are set. */
export const containerSettings = {
  /** How many bytes the container may hold; an upload that would exceed it fails with `QuotaExceeded`. */
  quotaBytes: setting("x-container-meta-quota-bytes", Quota),
  /** How many objects the container may hold. */
  quotaCount: setting("x-container-meta-quota-count", Quota),
  /** CORS: pages of which origins may read the responses in a browser: `https://www.example.com`, or `*`. */
  corsAllowOrigins: setting("x-container-meta-access-control-allow-origin", Words),
  /** CORS: how long a browser may keep the response to a preflight; whole seconds. */
  corsMaxAge: { header: "x-container-meta-access-control-max-age", value: GivenSeconds, returned: Seconds },
  /** CORS: which request headers pages may send. */
  corsAllowHeaders: setting("x-container-meta-access-control-allow-headers", Words),
  /** CORS: which response headers pages may read besides the common ones. */
  corsExposeHeaders: setting("x-container-meta-access-control-expose-headers", Words),
  /**
   * Static web: the object that stands for a directory: `index.html`. Anyone must be let read and list the container
   * (`.r:*,.rlistings`) for the site to be seen.
   */
  webIndex: setting("x-container-meta-web-index", Line),
  /** Static web: the end of the error pages' names; the cloud puts the status before it: `404error.html`. */
  webError: setting("x-container-meta-web-error", Line),
  /** Static web: whether directories without an index are listed. */
  webListings: setting("x-container-meta-web-listings", Yes),
  /** Static web: the stylesheet of such listings. */
  webListingsCss: setting("x-container-meta-web-listings-css", Line),
  /** Static web: the content type of the objects that mark a directory: `text/directory`. */
  webDirectoryType: setting("x-container-meta-web-directory-type", Line),
  /** Whether the cloud writes logs of the access to it into the container `.ACCESS_LOGS` (Rackspace). */
  accessLogDelivery: setting("x-container-meta-access-log-delivery", Yes),
  /** Where objects are kept that are replaced; a deletion brings the last one back. */
  versionsLocation: setting("x-versions-location", Location),
  /** Where objects are kept that are replaced or deleted; a deletion leaves a marker there (OpenStack, not Rackspace). */
  historyLocation: setting("x-history-location", Location),
  ...tempUrlKeys("container")
}

/** A switch that is turned off and not removed. */
export const versionsEnabled = {
  /** Whether every version is kept in the container itself, under ids (newer OpenStack, not Rackspace). */
  versionsEnabled: setting("x-versions-enabled", Yes)
}
