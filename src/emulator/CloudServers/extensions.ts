/** `/extensions` (servers.md section 2.6): what this Nova can do beyond the core. */
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as NovaRequest from "./novaRequest.js"

const extension = (alias: string, name: string, description: string) => ({
  alias,
  name,
  description,
  namespace: `http://docs.openstack.org/compute/ext/${alias}/api/v1.1`,
  updated: "2011-09-27T00:00:00+00:00",
  links: []
})

const extensions = [
  extension("OS-DCF", "DiskConfig", "Disk Management Extension"),
  extension("OS-EXT-STS", "ExtendedStatus", "Extended Status support"),
  extension("os-keypairs", "Keypairs", "Keypair Support"),
  extension("os-networksv2", "OSNetworksV2", "OpenStack Compute Networks")
]

/** Serves `GET /extensions` and `GET /extensions/{alias}`. */
export const serve = (alias: string | undefined): WireResponse => {
  if (alias === undefined) {
    return Reply.json(200, { extensions })
  }
  const found = extensions.find((candidate) => candidate.alias === alias)
  return found === undefined
    ? NovaRequest.notFound("The resource could not be found.")
    : Reply.json(200, { extension: found })
}
