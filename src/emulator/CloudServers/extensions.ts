/** `/extensions`: the extensions of Rackspace's Nova. */
import * as Reply from "../Reply.js"
import { notFound, table } from "./requests.js"

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

export const routes = table({
  "GET /extensions": () => Reply.json(200, { extensions }),
  "GET /extensions/{alias}": (_, { alias }) => {
    const extension = extensions.find((each) => each.alias === alias)
    return Reply.json(200, { extension: extension ?? notFound("The resource could not be found.") })
  }
})
