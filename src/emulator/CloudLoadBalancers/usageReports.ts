/** Usage and statistics of load balancers and of the account (Cloud Load Balancers API v1.0, "Usage reports"). */
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Timestamp from "../Timestamp.js"
import { toSummary } from "./loadBalancerRecord.js"
import type { Region } from "./region.js"
import { ofLoadBalancer } from "./region.js"
import type { LoadBalancerRequest } from "./requests.js"
import { invalid, page, table } from "./requests.js"

const day = 24 * 60 * 60_000

/** The period of a request, by default the last `length` milliseconds. */
const periodOf = ({ now, query }: LoadBalancerRequest, length: number): readonly [from: number, to: number] => {
  const instant = (name: string): number | undefined => {
    const value = query.get(name)
    return value === null ? undefined : (Timestamp.parse(value) ?? invalid(`${name} is not a date`))
  }
  const from = instant("startTime")
  const to = instant("endTime")
  return [from ?? (to === undefined ? now - length : 0), to ?? now]
}

const accountUsage = (region: Region, request: LoadBalancerRequest): WireResponse => {
  const { now } = request
  const [from, to] = periodOf(request, day)
  const loadBalancerUsages = region.visible(now).flatMap(({ id, name, usage }) => {
    const records = usage.records(now, from, to)
    const entry = { loadBalancerId: id, loadBalancerName: name, loadBalancerUsageRecords: records, links: [] }
    return records.length === 0 ? [] : [entry]
  })
  return Reply.json(200, {
    accountId: Number(request.caller.tenantId),
    accountUsage: {
      accountUsageRecords: region.accountUsage.filter(({ at }) => at >= from && at <= to).map(({ fields }) => fields),
      links: []
    },
    loadBalancerUsages
  })
}

/** The load balancers that have usage in a period. */
const billable = (region: Region, request: LoadBalancerRequest): WireResponse => {
  const { now, query } = request
  if (query.get("startTime") === null || query.get("endTime") === null) {
    return invalid("startTime and endTime must be given")
  }
  const [from, to] = periodOf(request, day)
  const found = region.visible(now).filter(({ usage }) => usage.records(now, from, to).length > 0)
  const paging = { ...region.settings.paging, maxLimit: 1000, defaultLimit: 500 }
  return Reply.json(200, { loadBalancers: page(found, query, paging).map((each) => toSummary(each, now)) })
}

const recordsOf = (records: ReadonlyArray<unknown>): WireResponse =>
  Reply.json(200, { loadBalancerUsageRecords: records, links: [] })

export const routes = (region: Region) => [
  table({
    "GET /loadbalancers/usage": (request) => accountUsage(region, request),
    "GET /loadbalancers/billable": (request) => billable(region, request)
  }),
  ofLoadBalancer(region)({
    "GET /loadbalancers/{id}/stats": ({ sslTermination, usage }) =>
      Reply.json(200, usage.statistics(sslTermination !== undefined)),
    "GET /loadbalancers/{id}/usage": ({ usage }, request) =>
      recordsOf(usage.records(request.now, ...periodOf(request, 90 * day))),
    "GET /loadbalancers/{id}/usage/current": ({ usage }, { now }) => recordsOf(usage.records(now, now - day, now))
  })
]
