/** Nodes of load balancers (Cloud Load Balancers API v1.0, "Nodes"). */
import type * as Fields from "../Fields.js"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import { isAddress } from "./addresses.js"
import * as Fixtures from "./fixtures.js"
import type { LoadBalancer, Node } from "./loadBalancerRecord.js"
import { nodeToJson } from "./loadBalancerRecord.js"
import * as NodeEvents from "./nodeEvents.js"
import type { Region } from "./region.js"
import { checkMutable, findItem, findLoadBalancer, idsToDelete, ofLoadBalancer, withoutIds } from "./region.js"
import type { LoadBalancerRequest } from "./requests.js"
import { accepted, checkNames, invalid, onlyObject, page, read, refuse, within } from "./requests.js"

/** A node to add. */
type NewNode = Omit<Node, "id" | "status" | "metadata">

const conditions = ["ENABLED", "DISABLED", "DRAINING"]
const types = ["PRIMARY", "SECONDARY"]

/** Reads a node to add. */
export const readNode = (from: Fields.JsonObject): NewNode => {
  checkNames(from, ["address", "port", "condition", "weight", "type", "metadata"])
  const address = read.text(from, "address")
  if (!isAddress(address) && !Fixtures.allowedDomains.some((domain) => address.endsWith(`.${domain}`))) {
    invalid("Node ip is invalid. Please specify a valid ip.")
  }
  return {
    address,
    port: read.integer(from, "port", 1, 65_535),
    condition: read.optionalOneOf(from, "condition", conditions) ?? "ENABLED",
    type: read.optionalOneOf(from, "type", types) ?? "PRIMARY",
    weight: read.optionalInteger(from, "weight", 1, 100)
  }
}

/** Reads changes to a node. Address, port and status cannot be changed. */
const readChange = (from: Fields.JsonObject): ((node: Node) => void) => {
  checkNames(from, ["condition", "weight", "type"])
  const condition = read.optionalOneOf(from, "condition", conditions)
  const type = read.optionalOneOf(from, "type", types)
  const weight = read.optionalInteger(from, "weight", 1, 100)
  if (condition === undefined && type === undefined && weight === undefined) {
    invalid("At least one of condition, weight and type must be given")
  }
  return (node) => {
    node.condition = condition ?? node.condition
    node.type = type ?? node.type
    node.weight = weight ?? node.weight
  }
}

/** Creates nodes to add to those of a load balancer. */
export const newNodes = (region: Region, wanted: ReadonlyArray<NewNode>, present: ReadonlyArray<Node>): Array<Node> => {
  const { NODE_LIMIT } = region.settings.limits
  const places = [...present, ...wanted].map(({ address, port }) => `${address}:${port}`)
  if (new Set(places).size < places.length) {
    refuse(413, "Duplicate nodes detected. One or more nodes already configured on load balancer.")
  }
  if (places.length > NODE_LIMIT) {
    refuse(413, `Nodes must not exceed ${NODE_LIMIT} per load balancer.`)
  }
  return wanted.map((node) => ({ id: region.nextId(), ...node, status: "ONLINE", metadata: [] }))
}

const create = (region: Region, loadBalancer: LoadBalancer, request: LoadBalancerRequest): WireResponse => {
  const wanted = read.objects(request.body, "nodes").map(readNode)
  checkMutable(loadBalancer, request.now)
  const added = newNodes(region, wanted, loadBalancer.nodes)
  loadBalancer.nodes.push(...added)
  for (const node of added) {
    NodeEvents.nodeCreated(region, loadBalancer, node, request)
  }
  region.finishChange(loadBalancer, request.now)
  return Reply.json(202, { nodes: added.map((node) => nodeToJson(node, loadBalancer)) })
}

const updateMany = (region: Region, loadBalancer: LoadBalancer, request: LoadBalancerRequest): WireResponse => {
  const changes = read.objects(request.body, "nodes").map(({ id, ...fields }) => ({
    id: Number(id),
    apply: readChange(fields)
  }))
  checkMutable(loadBalancer, request.now)
  // If one is unknown, all are refused.
  const ids = changes.map(({ id }) => id)
  withoutIds(loadBalancer.nodes, ids, "Node")
  const nodes = changes.map(({ apply, id }) => {
    const node = findItem(loadBalancer.nodes, String(id), "Node", loadBalancer)
    apply(node)
    NodeEvents.nodeUpdated(region, loadBalancer, node, request)
    return node
  })
  region.finishChange(loadBalancer, request.now)
  return Reply.json(202, { nodes: nodes.map((node) => nodeToJson(node, loadBalancer)) })
}

const remove = (
  region: Region,
  loadBalancer: LoadBalancer,
  ids: ReadonlyArray<number>,
  request: LoadBalancerRequest
): WireResponse => {
  checkMutable(loadBalancer, request.now)
  loadBalancer.nodes = withoutIds(loadBalancer.nodes, ids, "Node")
  for (const id of ids) {
    NodeEvents.nodeDeleted(region, loadBalancer, id, request)
  }
  region.finishChange(loadBalancer, request.now)
  return accepted()
}

export const findNode = (region: Region, id: string, nodeId: string, request: LoadBalancerRequest) => {
  const loadBalancer = findLoadBalancer(region, id, request)
  return { loadBalancer, node: findItem(loadBalancer.nodes, nodeId, "Node", loadBalancer) }
}

/** Routes of one node. */
export const ofNode = (region: Region) =>
  within("/loadbalancers/{id}/nodes/{node}", (request, { id, node }) => findNode(region, id, node, request))

export const routes = (region: Region) => [
  ofLoadBalancer(region)({
    "GET /loadbalancers/{id}/nodes": (loadBalancer, { query }) =>
      Reply.json(200, {
        nodes: page(loadBalancer.nodes, query, region.settings.paging).map((node) => nodeToJson(node, loadBalancer))
      }),
    "POST /loadbalancers/{id}/nodes": (loadBalancer, request) => create(region, loadBalancer, request),
    "PUT /loadbalancers/{id}/nodes": (loadBalancer, request) => updateMany(region, loadBalancer, request),
    "DELETE /loadbalancers/{id}/nodes": (loadBalancer, request) =>
      remove(region, loadBalancer, idsToDelete(region, request, "node"), request)
  }),
  ofNode(region)({
    "GET /loadbalancers/{id}/nodes/{node}": ({ loadBalancer, node }) =>
      Reply.json(200, { node: nodeToJson(node, loadBalancer) }),
    "PUT /loadbalancers/{id}/nodes/{node}": ({ loadBalancer, node }, request) => {
      const sent = onlyObject(request, "node")
      checkMutable(loadBalancer, request.now)
      readChange(sent)(node)
      NodeEvents.nodeUpdated(region, loadBalancer, node, request)
      region.finishChange(loadBalancer, request.now)
      return accepted()
    },
    "DELETE /loadbalancers/{id}/nodes/{node}": ({ loadBalancer, node }, request) =>
      remove(region, loadBalancer, [node.id], request)
  })
]
