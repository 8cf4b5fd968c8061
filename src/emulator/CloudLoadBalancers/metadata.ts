/** Metadata of load balancers and of nodes (Cloud Load Balancers API v1.0, "Metadata"). */
import type * as Fields from "../Fields.js"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import type { LoadBalancer, MetadataItem } from "./loadBalancerRecord.js"
import { findNode, ofNode } from "./nodes.js"
import type { Region } from "./region.js"
import { checkMutable, findItem, findLoadBalancer, idsToDelete, ofLoadBalancer, withoutIds } from "./region.js"
import type { LoadBalancerRequest } from "./requests.js"
import { checkNames, invalid, onlyObject, read, refuse, within } from "./requests.js"

/** A load balancer or one of its nodes. */
interface Owner {
  metadata: Array<MetadataItem>
}

/** Reads items to add to those of the owner. */
export const readMetadata = (
  items: ReadonlyArray<Fields.JsonObject>,
  present: ReadonlyArray<MetadataItem>,
  limit: number
): ReadonlyArray<Omit<MetadataItem, "id">> => {
  const wanted = items.map((item) => {
    checkNames(item, ["key", "value"])
    return { key: read.text(item, "key", 256), value: read.text(item, "value", 256) }
  })
  const keys = [...present, ...wanted].map(({ key }) => key)
  const duplicate = keys.find((key, index) => keys.indexOf(key) !== index)
  if (duplicate !== undefined) {
    invalid(`Duplicate keys found in metadata: ${duplicate}`)
  }
  if (keys.length > limit) {
    refuse(413, `Metadata must not exceed ${limit} items.`)
  }
  return wanted
}

const add = (
  region: Region,
  loadBalancer: LoadBalancer,
  owner: Owner,
  limit: number,
  request: LoadBalancerRequest
): WireResponse => {
  // Older clients send a list.
  const wanted =
    request.body?.["metadata"] === undefined ? [onlyObject(request, "meta")] : read.objects(request.body, "metadata")
  checkMutable(loadBalancer, request.now)
  const added = region.withIds(readMetadata(wanted, owner.metadata, limit))
  owner.metadata.push(...added)
  region.finishChange(loadBalancer, request.now)
  return Reply.json(200, { metadata: added })
}

const update = (
  region: Region,
  loadBalancer: LoadBalancer,
  item: MetadataItem,
  request: LoadBalancerRequest
): WireResponse => {
  const sent = onlyObject(request, "meta")
  checkMutable(loadBalancer, request.now)
  checkNames(sent, ["value"])
  item.value = read.text(sent, "value", 256)
  region.finishChange(loadBalancer, request.now)
  return Reply.json(200, { meta: item })
}

const remove = (
  region: Region,
  loadBalancer: LoadBalancer,
  owner: Owner,
  ids: ReadonlyArray<number>,
  { now }: LoadBalancerRequest
): WireResponse => {
  checkMutable(loadBalancer, now)
  owner.metadata = withoutIds(owner.metadata, ids, "Metadata")
  region.finishChange(loadBalancer, now)
  return Reply.empty(200)
}

const find = (loadBalancer: LoadBalancer, owner: Owner, id: string) => ({
  loadBalancer,
  owner,
  item: findItem(owner.metadata, id, "Metadata item", loadBalancer)
})

type Found = ReturnType<typeof find>

/** The handlers of a metadata item, of a balancer or a node. */
const itemHandlers = (region: Region) => ({
  get: ({ item }: Found): WireResponse => Reply.json(200, { meta: item }),
  put: ({ item, loadBalancer }: Found, request: LoadBalancerRequest): WireResponse =>
    update(region, loadBalancer, item, request),
  delete: ({ item, loadBalancer, owner }: Found, request: LoadBalancerRequest): WireResponse =>
    remove(region, loadBalancer, owner, [item.id], request)
})

const loadBalancerRoutes = (region: Region) => {
  const limit = region.settings.limits.LOADBALANCER_META_LIMIT
  const handlers = itemHandlers(region)
  return [
    ofLoadBalancer(region)({
      "GET /loadbalancers/{id}/metadata": ({ metadata }) => Reply.json(200, { metadata }),
      "POST /loadbalancers/{id}/metadata": (loadBalancer, request) =>
        add(region, loadBalancer, loadBalancer, limit, request),
      "DELETE /loadbalancers/{id}/metadata": (loadBalancer, request) =>
        remove(region, loadBalancer, loadBalancer, idsToDelete(region, request, "metadata item"), request)
    }),
    within("/loadbalancers/{id}/metadata/{item}", (request, { id, item }) => {
      const loadBalancer = findLoadBalancer(region, id, request)
      return find(loadBalancer, loadBalancer, item)
    })({
      "GET /loadbalancers/{id}/metadata/{item}": handlers.get,
      "PUT /loadbalancers/{id}/metadata/{item}": handlers.put,
      "DELETE /loadbalancers/{id}/metadata/{item}": handlers.delete
    })
  ]
}

const nodeRoutes = (region: Region) => {
  const limit = region.settings.limits.NODE_META_LIMIT
  const handlers = itemHandlers(region)
  return [
    ofNode(region)({
      "GET /loadbalancers/{id}/nodes/{node}/metadata": ({ node: { metadata } }) => Reply.json(200, { metadata }),
      "POST /loadbalancers/{id}/nodes/{node}/metadata": ({ loadBalancer, node }, request) =>
        add(region, loadBalancer, node, limit, request),
      "DELETE /loadbalancers/{id}/nodes/{node}/metadata": ({ loadBalancer, node }, request) =>
        remove(region, loadBalancer, node, idsToDelete(region, request, "metadata item"), request)
    }),
    within("/loadbalancers/{id}/nodes/{node}/metadata/{item}", (request, { id, item, node }) => {
      const found = findNode(region, id, node, request)
      return find(found.loadBalancer, found.node, item)
    })({
      "GET /loadbalancers/{id}/nodes/{node}/metadata/{item}": handlers.get,
      "PUT /loadbalancers/{id}/nodes/{node}/metadata/{item}": handlers.put,
      "DELETE /loadbalancers/{id}/nodes/{node}/metadata/{item}": handlers.delete
    })
  ]
}

export const routes = (region: Region) => [...loadBalancerRoutes(region), ...nodeRoutes(region)]
