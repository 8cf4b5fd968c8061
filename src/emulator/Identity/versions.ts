/** Versions and extensions (Identity API v2.0, "Versions" and "Extensions"). */
import type { JsonObject } from "../Fields.js"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Keystone from "../Keystone.js"
import { notFound, table } from "./requests.js"

const versionJson = (origin: string): JsonObject => ({
  id: "v2.0",
  status: "CURRENT",
  updated: "2011-07-19T22:30:00Z",
  links: [
    { rel: "self", href: `${origin}/v2.0` },
    {
      rel: "describedby",
      type: "application/pdf",
      href: "http://docs.rackspace.com/auth/api/v2.0/auth-client-devguide-latest.pdf"
    }
  ],
  "media-types": {
    values: [
      { base: "application/xml", type: "application/vnd.openstack.identity+xml;version=2.0" },
      { base: "application/json", type: "application/vnd.openstack.identity+json;version=2.0" }
    ]
  }
})

const extensions = [
  { alias: "RAX-KSKEY", name: "Rackspace API Key Authentication", updated: "2011-08-14T13:25:27-06:00" },
  { alias: "RAX-AUTH", name: "Rackspace Authentication", updated: "2011-01-12T11:22:33-06:00" },
  { alias: "OS-KSADM", name: "Openstack Keystone Admin", updated: "2011-08-19T13:25:27-06:00" }
].map((extension) => ({
  ...extension,
  namespace: `http://docs.rackspace.com/identity/api/ext/${extension.alias}/v1.0`,
  description: extension.name,
  links: []
}))

/** The versions at the root: in Keystone's format (`values`), and in Rackspace's (`version`, with one `link`). */
const versions = (origin: string): JsonObject => ({
  values: [
    Keystone.version(origin),
    {
      id: "v2.0",
      status: "deprecated",
      updated: "2014-04-17T00:00:00Z",
      links: [{ rel: "self", href: `${origin}/v2.0/` }],
      "media-types": [{ base: "application/json", type: "application/vnd.openstack.identity-v2.0+json" }]
    }
  ],
  version: [
    {
      id: "v2.0",
      status: "CURRENT",
      updated: "2011-07-19T22:30:00Z",
      link: { rel: "self", href: `${origin}/v2.0` }
    }
  ]
})

/** 300, since the root is not a version itself. */
export const listVersions = (origin: string): WireResponse =>
  Reply.json(300, { versions: versions(origin) }, { Location: `${origin}/v3/`, Vary: "X-Auth-Token" })

export const routes = table({
  "GET /": ({ origin }) => Reply.json(200, { version: versionJson(origin) }),
  "GET /extensions": () => Reply.json(200, { extensions, extensions_links: [] }),
  "GET /extensions/{alias}": (_, { alias }) => {
    const extension = extensions.find((each) => each.alias === alias)
    return Reply.json(200, { extension: extension ?? notFound() })
  }
})
