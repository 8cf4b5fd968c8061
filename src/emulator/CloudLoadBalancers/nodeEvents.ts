/** Events of nodes: creations, changes and deletions, and changes of their status by health monitors. */
import * as Reply from "../Reply.js"
import * as Timestamp from "../Timestamp.js"
import type { LoadBalancer, Node } from "./loadBalancerRecord.js"
import type { Region } from "./region.js"
import { ofLoadBalancer } from "./region.js"
import { page } from "./requests.js"

/** An event of a node. */
interface Occurrence {
  readonly kind: "CREATE" | "UPDATE" | "DELETE"
  readonly title: string
  readonly description: string
  readonly detailedMessage: string
}

/** Who caused an event, and when. */
interface Cause {
  readonly now: number
  readonly caller: { readonly tenantId: string }
}

const add = (
  region: Region,
  { id: loadBalancerId }: LoadBalancer,
  nodeId: number,
  { kind, ...texts }: Occurrence,
  { caller, now }: Cause
): void => {
  const id = region.nextId()
  const accountId = Number(caller.tenantId)
  region.nodeEvents.push({
    id,
    loadBalancerId,
    fields: {
      id,
      nodeId,
      loadbalancerId: loadBalancerId,
      accountId,
      ...texts,
      callbackHost: "ztm-n05.dfw1.lbaas.rackspace.net",
      severity: "INFO",
      author: "Rackspace Cloud",
      created: Timestamp.utcSeconds(now),
      category: kind,
      type: `${kind}_NODE`,
      relativeUri: `/${accountId}/loadbalancers/${loadBalancerId}/nodes/${nodeId}/events`
    }
  })
}

export const nodeCreated = (region: Region, loadBalancer: LoadBalancer, node: Node, cause: Cause): void => {
  const occurrence: Occurrence = {
    kind: "CREATE",
    title: "Node Created",
    description: `Node '${node.id}' created for load balancer '${loadBalancer.id}'`,
    detailedMessage: `address: '${node.address}', port: ${node.port}, condition: '${node.condition}'`
  }
  add(region, loadBalancer, node.id, occurrence, cause)
}

export const nodeUpdated = (region: Region, loadBalancer: LoadBalancer, node: Node, cause: Cause): void => {
  const occurrence: Occurrence = {
    kind: "UPDATE",
    title: "Node Updated",
    description: `Node '${node.id}' updated for load balancer '${loadBalancer.id}'`,
    detailedMessage: `condition: '${node.condition}', weight: ${node.weight ?? 1}`
  }
  add(region, loadBalancer, node.id, occurrence, cause)
}

export const nodeDeleted = (region: Region, loadBalancer: LoadBalancer, id: number, cause: Cause): void => {
  const occurrence: Occurrence = {
    kind: "DELETE",
    title: "Node Deleted",
    description: `Node '${id}' deleted from load balancer '${loadBalancer.id}'`,
    detailedMessage: "Node was deleted"
  }
  add(region, loadBalancer, id, occurrence, cause)
}

/** The status of a node as a health monitor sets it. */
export const setNodeStatus = (
  region: Region,
  loadBalancer: LoadBalancer,
  node: Node,
  status: "ONLINE" | "OFFLINE",
  now: number,
  detailedMessage = status === "ONLINE" ? "Node is working" : "Connection timed out"
): void => {
  node.status = status
  const occurrence: Occurrence = {
    kind: "UPDATE",
    title: "Node Status Updated",
    description: `Node '${node.id}' status changed to '${status}' for load balancer '${loadBalancer.id}'`,
    detailedMessage
  }
  add(region, loadBalancer, node.id, occurrence, { now, caller: { tenantId: "0" } })
}

export const routes = (region: Region) =>
  ofLoadBalancer(region)({
    "GET /loadbalancers/{id}/nodes/events": ({ id }, { query }) => {
      const events = region.nodeEvents.filter(({ loadBalancerId }) => loadBalancerId === id)
      return Reply.json(200, {
        nodeServiceEvents: page(events, query, region.settings.paging).map(({ fields }) => fields),
        links: []
      })
    }
  })
