/** The addresses of servers (Nova's API reference, "Servers IPs"). */
import * as Reply from "../Reply.js"
import type { Region } from "./region.js"
import { ofServer } from "./region.js"
import { notFound } from "./requests.js"
import { addresses } from "./serverRecord.js"

export const routes = (region: Region) =>
  ofServer(region)({
    "GET /servers/{id}/ips": (server, request) => Reply.json(200, { addresses: addresses(server, request) }),
    "GET /servers/{id}/ips/{network}": (server, request, { network }) => {
      const all = addresses(server, request)
      return Object.hasOwn(all, network)
        ? Reply.json(200, { [network]: all[network] })
        : notFound("Instance is not a member of specified network")
    }
  })
