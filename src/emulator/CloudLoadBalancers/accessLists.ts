/** Access lists of load balancers (Cloud Load Balancers API v1.0, "Access lists"). */
import type * as Fields from "../Fields.js"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import { isAddress } from "./addresses.js"
import type { AccessListItem, LoadBalancer } from "./loadBalancerRecord.js"
import type { Region } from "./region.js"
import { checkMutable, findItem, findLoadBalancer, ofLoadBalancer, withoutIds } from "./region.js"
import { accepted, invalid, optionalIds, read, refuse, within } from "./requests.js"

/** Reads networks to append. */
export const readAccessList = (
  region: Region,
  items: ReadonlyArray<Fields.JsonObject>,
  present: ReadonlyArray<AccessListItem>
): ReadonlyArray<Omit<AccessListItem, "id">> => {
  const { ACCESS_LIST_LIMIT } = region.settings.limits
  const wanted = items.map((item) => {
    const address = read.text(item, "address")
    return isAddress(address.replace(/\/\d+$/, ""))
      ? { address, type: read.oneOf(item, "type", ["ALLOW", "DENY"]) }
      : invalid(`Access list address ${address} is invalid`)
  })
  const addresses = [...present, ...wanted].map(({ address }) => address)
  const duplicate = addresses.find((address, index) => addresses.indexOf(address) !== index)
  if (duplicate !== undefined) {
    invalid(`The access list already contains ${duplicate}`)
  }
  if (addresses.length > ACCESS_LIST_LIMIT) {
    refuse(413, `Access list size must not exceed ${ACCESS_LIST_LIMIT} items.`)
  }
  return wanted
}

const replace = (
  region: Region,
  loadBalancer: LoadBalancer,
  items: Array<AccessListItem>,
  now: number
): WireResponse => {
  loadBalancer.accessList = items
  region.finishChange(loadBalancer, now)
  return accepted()
}

export const routes = (region: Region) => [
  ofLoadBalancer(region)({
    "GET /loadbalancers/{id}/accesslist": ({ accessList }) => Reply.json(200, { accessList }),
    "POST /loadbalancers/{id}/accesslist": (loadBalancer, { body, now }) => {
      const sent = read.objects(body, "accessList")
      checkMutable(loadBalancer, now)
      const added = readAccessList(region, sent, loadBalancer.accessList)
      return replace(region, loadBalancer, [...loadBalancer.accessList, ...region.withIds(added)], now)
    },
    "DELETE /loadbalancers/{id}/accesslist": (loadBalancer, request) => {
      const ids = optionalIds(request, region.settings.limits.BATCH_DELETE_LIMIT)
      checkMutable(loadBalancer, request.now)
      // Without an id the whole list is deleted.
      const left = ids === undefined ? [] : withoutIds(loadBalancer.accessList, ids, "Network item")
      return replace(region, loadBalancer, left, request.now)
    }
  }),
  within("/loadbalancers/{id}/accesslist/{item}", (request, { id, item }) => {
    const loadBalancer = findLoadBalancer(region, id, request)
    return { loadBalancer, item: findItem(loadBalancer.accessList, item, "Network item", loadBalancer) }
  })({
    "DELETE /loadbalancers/{id}/accesslist/{item}": ({ item, loadBalancer }, { now }) => {
      checkMutable(loadBalancer, now)
      return replace(region, loadBalancer, withoutIds(loadBalancer.accessList, [item.id], "Network item"), now)
    }
  })
]
