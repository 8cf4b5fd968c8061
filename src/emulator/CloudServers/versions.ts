/**
 * The version documents of Cloud Servers, above the tenant's endpoint, which need no token. `versionList` and
 * `versionInfo` in the catalog point to them, and OpenStack's own clients request them for discovery.
 */
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"

const pattern = /^\/servers\/([a-z]+)\/(?:v2\/?)?$/i

/** The region of a version document's path, in upper case; undefined for other paths. */
export const regionOf = (path: string): string | undefined => pattern.exec(path)?.[1]?.toUpperCase()

/** The document: all versions (there is one), or the one in the path. `maxMicroversion` is the newest, if any. */
export const serve = (path: string, origin: string, maxMicroversion?: string): WireResponse => {
  const named = /v2\/?$/i.test(path)
  const version = {
    ...(maxMicroversion === undefined
      ? { id: "v2.0", updated: "2011-01-21T11:33:21Z" }
      : { id: "v2.1", updated: "2013-07-23T11:33:21Z", version: maxMicroversion, min_version: "2.1" }),
    status: "CURRENT",
    links: [{ rel: "self", href: `${origin}${path.replace(/v2\/?$/i, "")}v2/` }]
  }
  return named
    ? Reply.json(200, {
        version: {
          ...version,
          "media-types": [{ base: "application/json", type: "application/vnd.openstack.compute+json;version=2" }]
        }
      })
    : Reply.json(200, { versions: [version] })
}
