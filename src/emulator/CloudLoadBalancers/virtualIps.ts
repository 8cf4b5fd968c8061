/** Virtual IPs of load balancers (Cloud Load Balancers API v1.0, "Virtual IPs"). */
import type * as Fields from "../Fields.js"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Fixtures from "./fixtures.js"
import type { LoadBalancer, VirtualIp } from "./loadBalancerRecord.js"
import type { Region } from "./region.js"
import { checkMutable, findItem, findLoadBalancer, idsToDelete, ofLoadBalancer, withoutIds } from "./region.js"
import type { LoadBalancerRequest } from "./requests.js"
import { invalid, mismatch, read, refuse, within } from "./requests.js"

/** A virtual IP with a new address. */
export const newVirtualIp = (region: Region, type: string, ipVersion: string): VirtualIp => {
  const number = region.nextAddress()
  const hex = number.toString(16).padStart(4, "0")
  return {
    id: region.nextId(),
    type,
    ipVersion,
    address:
      ipVersion === "IPV6"
        ? `2001:4800:7901:0000:0000:0000:0000:${hex}`
        : type === "PUBLIC"
          ? `203.0.113.${number % 256}`
          : `10.183.250.${number % 256}`
  }
}

/** A virtual IP of other load balancers, whose port must be free for this protocol. */
const sharedVirtualIp = (region: Region, id: number, protocol: string, port: number, now: number): VirtualIp => {
  const holders = region.existing(now).filter(({ virtualIps }) => virtualIps.some((ip) => ip.id === id))
  const shared = holders.flatMap(({ virtualIps }) => virtualIps).find((ip) => ip.id === id)
  if (shared === undefined) {
    return invalid(`Virtual ip ${id} is not one of the account's`)
  }
  return holders.every((holder) => holder.port !== port || Fixtures.mayShare(holder.protocol, protocol))
    ? shared
    : invalid("Port currently assigned to one of the virtual ips. Please try another port.")
}

/** Reads the virtual IPs of a new load balancer: existing ones to share, and new ones by type and version. */
export const readVirtualIps = (
  region: Region,
  from: Fields.JsonObject,
  protocol: string,
  port: number,
  now: number
): Array<VirtualIp> => {
  const wanted = read.objects(from, "virtualIps")
  if (wanted.length === 0) {
    invalid("At least one virtual ip must be given")
  }
  return wanted.flatMap((each) => {
    const id = read.optionalInteger(each, "id", 1, Number.MAX_SAFE_INTEGER)
    if (id !== undefined) {
      return [sharedVirtualIp(region, id, protocol, port, now)]
    }
    const type = read.oneOf(each, "type", ["PUBLIC", "SERVICENET"])
    const version = read.optionalOneOf(each, "ipVersion", ["IPV4", "IPV6"])
    if (type === "SERVICENET" && version === "IPV6") {
      invalid("SERVICENET virtual ips cannot be of IPV6")
    }
    const versions = version !== undefined ? [version] : type === "PUBLIC" ? ["IPV4", "IPV6"] : ["IPV4"]
    return versions.map((ipVersion) => newVirtualIp(region, type, ipVersion))
  })
}

/** Only IPv6 addresses can be added. */
const add = (region: Region, loadBalancer: LoadBalancer, { body, now }: LoadBalancerRequest): WireResponse => {
  const sent = body ?? mismatch()
  if (sent["virtualIp"] !== undefined) {
    mismatch()
  }
  checkMutable(loadBalancer, now)
  read.oneOf(sent, "ipVersion", ["IPV6"])
  read.oneOf(sent, "type", ["PUBLIC"])
  const { IPV6_LIMIT } = region.settings.limits
  if (loadBalancer.virtualIps.filter(({ ipVersion }) => ipVersion === "IPV6").length >= IPV6_LIMIT) {
    refuse(413, `IPV6 virtual ips must not exceed ${IPV6_LIMIT} per load balancer.`)
  }
  const added = newVirtualIp(region, "PUBLIC", "IPV6")
  loadBalancer.virtualIps.push(added)
  region.finishChange(loadBalancer, now)
  region.recordUsage(loadBalancer, now, "CREATE_VIP")
  return Reply.json(202, added)
}

const remove = (region: Region, loadBalancer: LoadBalancer, ids: ReadonlyArray<number>, now: number): void => {
  checkMutable(loadBalancer, now)
  const left = withoutIds(loadBalancer.virtualIps, ids, "Virtual ip")
  if (left.length === 0) {
    invalid("A load balancer must have at least one virtual ip")
  }
  loadBalancer.virtualIps = left
  region.finishChange(loadBalancer, now)
  region.recordUsage(loadBalancer, now, "DELETE_VIP")
}

export const routes = (region: Region) => [
  ofLoadBalancer(region)({
    "GET /loadbalancers/{id}/virtualips": ({ virtualIps }) => Reply.json(200, { virtualIps }),
    "POST /loadbalancers/{id}/virtualips": (loadBalancer, request) => add(region, loadBalancer, request),
    "DELETE /loadbalancers/{id}/virtualips": (loadBalancer, request) => {
      remove(region, loadBalancer, idsToDelete(region, request, "virtual ip"), request.now)
      return Reply.empty(202)
    }
  }),
  within("/loadbalancers/{id}/virtualips/{virtualIp}", (request, { id, virtualIp }) => {
    const loadBalancer = findLoadBalancer(region, id, request)
    return { loadBalancer, virtualIp: findItem(loadBalancer.virtualIps, virtualIp, "Virtual ip", loadBalancer) }
  })({
    "DELETE /loadbalancers/{id}/virtualips/{virtualIp}": ({ loadBalancer, virtualIp }, { now }) => {
      remove(region, loadBalancer, [virtualIp.id], now)
      return Reply.empty(200)
    }
  })
]
