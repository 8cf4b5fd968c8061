/** The features, limits and source addresses of the service (Cloud Load Balancers API v1.0). */
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Fixtures from "./fixtures.js"
import type { Region } from "./region.js"
import { ofLoadBalancer } from "./region.js"
import { table } from "./requests.js"

const minute = 60_000

const sourceNetworks = {
  ipv4Publicnets: ["174.143.139.128/25"],
  ipv4Servicenets: ["10.183.252.0/24"],
  ipv6Publicnets: ["2001:4801:7901::/64"],
  ipv6Servicenets: ["fe80::/64"]
}

/** Counts a request for `GET /limits`. */
export const countRequest = ({ requestCounts }: Region, method: string, now: number): void => {
  const window = requestCounts.get(method)
  if (window === undefined || now - window.since >= minute) {
    requestCounts.set(method, { since: now, count: 1 })
  } else {
    window.count++
  }
}

/** The rate limits, and what remains of each in the current minute. */
const rates = ({ requestCounts, settings }: Region, now: number): WireResponse => {
  const limit = Object.entries(settings.rates).map(([verb, value]) => {
    const window = requestCounts.get(verb)
    return {
      verb,
      value,
      remaining: Math.max(0, value - (window?.count ?? 0)),
      unit: "MINUTE",
      "next-available": window === undefined ? now : window.since + minute
    }
  })
  return Reply.json(200, { limits: { rate: [{ uri: "/v1.0/*", regex: "^/1.0/.*", limit }] } })
}

export const routes = (region: Region) => [
  table({
    "GET /limits": ({ now }) => rates(region, now),
    "GET /regionalsourceaddresses": () => Reply.json(200, { RegionalSourceAddresses: sourceNetworks }),
    "GET /loadbalancers/algorithms": () =>
      Reply.json(200, { algorithms: Fixtures.algorithms.map((name) => ({ name })) }),
    "GET /loadbalancers/protocols": () => Reply.json(200, { protocols: Fixtures.protocols }),
    "GET /loadbalancers/alloweddomains": () =>
      Reply.json(200, { allowedDomains: Fixtures.allowedDomains.map((name) => ({ allowedDomain: { name } })) }),
    "GET /loadbalancers/absolutelimits": () =>
      Reply.json(200, { absolute: Object.entries(region.settings.limits).map(([name, value]) => ({ name, value })) })
  }),
  ofLoadBalancer(region)({
    "GET /loadbalancers/{id}/clustersourceaddresses": () => Reply.json(200, { clusterSourceAddresses: sourceNetworks })
  })
]
