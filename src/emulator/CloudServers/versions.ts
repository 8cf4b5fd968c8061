/**
 * The version documents of Cloud Servers, which need no token and stand above the tenant's endpoint: `versionList` and `versionInfo` of the catalog lead here, and so does the discovery of OpenStack's own
 * clients.
 */
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"

const pattern = /^\/servers\/([a-z]+)\/(?:v2\/?)?$/i

/** The region whose version document a path asks for, in upper case; undefined for every other path. */
export const regionOf = (path: string): string | undefined => pattern.exec(path)?.[1]?.toUpperCase()

/**
 * The document: all versions (there is one), or the one that the path names. `maxMicroversion` is the newest that Nova speaks, if
 * it has any.
 */
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
