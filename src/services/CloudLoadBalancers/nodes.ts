/** Nodes: the back-ends of a load balancer, and their metadata. */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import type { PageSize } from "../../internal/paging/listing.js"
import { lazy } from "../../internal/schema/lazy.js"
import { lazyStruct, struct } from "../../internal/schema/struct.js"
import {
  nullableOptional,
  enveloped,
  Id,
  listOf,
  Named,
  openEnum,
  someCount,
  textOr,
  withDefault
} from "../../internal/schema/wire.js"
import * as Waiting from "../../Waiting.js"
import { operationsOf, type ServiceContext } from "./context.js"
import { listed, paged } from "./listings.js"
import { AddedMetadata, MetadataItem, MetadataText, NewMetadataItem } from "./metadata.js"
import type { ByLoadBalancerId, ByNodeId, ByNodeMetadataId } from "./references.js"
import {
  additionErrors,
  atLeastOne,
  balancerPath,
  changeErrors,
  idsOf,
  NumericId,
  pageQuery,
  type PageQuery,
  pageSchema,
  Port,
  wholeNumber
} from "./requests.js"
import { one } from "./responses.js"

/**
 * Which connections a node accepts: all (`ENABLED`), none (`DISABLED`, which also breaks existing ones), or only
 * existing ones and those of session persistence (`DRAINING`).
 */
export const NodeCondition = openEnum("DISABLED", "DRAINING", "ENABLED")

export type NodeCondition = typeof NodeCondition.Type

/** The health of a node, according to the health monitor. */
export const NodeStatus = openEnum("OFFLINE", "ONLINE")

export type NodeStatus = typeof NodeStatus.Type

/** Whether a node is always used (`PRIMARY`), or only when all primary nodes have failed (`SECONDARY`). */
export const NodeType = openEnum("PRIMARY", "SECONDARY")

export type NodeType = typeof NodeType.Type

/** A back-end that receives connections from a load balancer. */
export interface Node {
  readonly id: string
  /** An IP address, or a host name in an allowed domain. Empty if the cloud does not return it. */
  readonly address: string
  readonly port?: number | undefined
  readonly condition?: NodeCondition | undefined
  /** Absent if the cloud does not return it. */
  readonly status?: NodeStatus | undefined
  /** 1 to 100. Only with a weighted algorithm. */
  readonly weight?: number | undefined
  readonly type?: NodeType | undefined
  readonly metadata: ReadonlyArray<MetadataItem>
}

export const Node = struct<Node>(() => ({
  id: Id,
  address: textOr(""),
  port: someCount,
  condition: nullableOptional(NodeCondition),
  status: nullableOptional(NodeStatus),
  weight: someCount,
  type: nullableOptional(NodeType),
  metadata: listOf(MetadataItem)
}))

/** A resource with addresses on networks: a server of `CloudServers`. */
export interface Addressed {
  /** By the network's label. The node's address is the first IPv4 address of `private`. */
  readonly addresses: Readonly<
    Record<string, ReadonlyArray<{ readonly version: number; readonly address: string }> | undefined>
  >
}

const privateAddressOf = (server: Addressed): string | undefined =>
  server.addresses["private"]?.find(({ version }) => version === 4)?.address

const isAddressed = (value: unknown): value is Addressed =>
  typeof value === "object" &&
  value !== null &&
  "addresses" in value &&
  typeof value.addresses === "object" &&
  value.addresses !== null

/** Whether a node is a server: it has one of the server's addresses. */
export const isNodeOf = (node: Pick<Node, "address">, server: Addressed): boolean =>
  Object.values(server.addresses).some((addresses) => addresses?.some(({ address }) => address === node.address))

const Server: Schema.Schema<Addressed> = lazy(() =>
  Schema.declare((value): value is Addressed => isAddressed(value), {
    identifier: "Server",
    description: "a server of CloudServers"
  })
)

const nodeSettings = () => ({
  /** Default `ENABLED`. */
  condition: withDefault(NodeCondition, "ENABLED"),
  /** 1 to 100. Used only with a weighted algorithm. */
  weight: Schema.optional(wholeNumber(1, 100, "a weight")),
  type: Schema.optional(NodeType)
})

const NodeInput = lazy(() =>
  Schema.Struct({
    address: Schema.optional(Named),
    server: Schema.optional(Server),
    port: Port,
    condition: Schema.optional(NodeCondition),
    weight: Schema.optional(wholeNumber(1, 100, "a weight")),
    type: Schema.optional(NodeType)
  }).pipe(
    Schema.filter(({ address, server }) => {
      if ((address === undefined) === (server === undefined)) {
        return { path: ["address"], message: "either an address or a server" }
      }
      return server !== undefined && privateAddressOf(server) === undefined
        ? { path: ["server"], message: "a server with an IPv4 address on the network private; this one has none (yet)" }
        : undefined
    })
  )
)

/** A node to add: an address, or a server, whose private address is used. */
export type NewNode = {
  /** 1 to 65535. */
  readonly port: number
  /** Default `ENABLED`. */
  readonly condition?: typeof NodeCondition.Type | undefined
  /** 1 to 100. Used only with a weighted algorithm. */
  readonly weight?: number | undefined
  /** The cloud's default is `PRIMARY`. */
  readonly type?: typeof NodeType.Type | undefined
} & (
  | {
      /** An IP address, or a host name in an allowed domain. */
      readonly address: string
      readonly server?: undefined
    }
  | { readonly server: Addressed; readonly address?: undefined }
)

/** A node to add. NodeInput requires exactly one of `address` and `server`, which the type of a struct cannot express. */
export const NewNode = lazy(
  () =>
    Schema.transform(Schema.Struct({ address: Schema.String, port: Schema.Number, ...nodeSettings() }), NodeInput, {
      strict: false,
      decode: (node) => node,
      encode: ({ address, server, ...node }) => ({
        ...node,
        address: address ?? (server === undefined ? undefined : privateAddressOf(server))
      })
    }) as unknown as Schema.Schema<NewNode, unknown>
)

/** Changes to a node. */
interface NodeSettings {
  /** Which connections it accepts. */
  readonly condition?: NodeCondition | undefined
  /** 1 to 100. Used only with a weighted algorithm. */
  readonly weight?: number | undefined
  /** Whether it is always used, or only when all primary nodes have failed. */
  readonly type?: NodeType | undefined
}

/** Changes to one of several nodes. Other fields stay unchanged. */
export interface NodeChange extends NodeSettings {
  /** The id of the node. */
  readonly nodeId: string
}

const nodeChange = () => ({
  condition: Schema.optional(NodeCondition),
  weight: Schema.optional(wholeNumber(1, 100, "a weight")),
  type: Schema.optional(NodeType)
})

const NodeChange = atLeastOne(
  struct<NodeChange>(() => ({
    nodeId: Schema.propertySignature(NumericId).pipe(Schema.fromKey("id")),
    ...nodeChange()
  })),
  ["condition", "weight", "type"]
)

/** A node to wait for. */
export interface NodeWaitOptions extends ByNodeId, Waiting.Pace {}

const nodePath = `${balancerPath}/nodes/{nodeId}`

/** A page of nodes. */
export interface ListNodesPage extends ByLoadBalancerId, PageQuery {}

/** Which nodes to list. */
export interface ListNodes extends ByLoadBalancerId, PageSize {}

/** Nodes to add to a balancer. */
export interface AddNodes extends ByLoadBalancerId {
  /** The nodes to add. */
  readonly nodes: NonEmptyReadonlyArray<NewNode>
}

/** Changes of a balancer's nodes. */
export interface UpdateNodes extends ByLoadBalancerId {
  /** The changes, by node. */
  readonly nodes: NonEmptyReadonlyArray<NodeChange>
}

/** Nodes to remove from a balancer. */
export interface DeleteNodes extends ByLoadBalancerId {
  /** 1 to 10 ids. */
  readonly nodeIds: ReadonlyArray<string>
}

/** Changes to a node. Other fields stay unchanged. */
export interface UpdateNode extends ByNodeId, NodeSettings {}

/** An item to add to a node's metadata. */
export interface AddNodeMetadata extends ByNodeId, NewMetadataItem {}

/** Items to delete from a node's metadata. */
export interface DeleteNodeMetadata extends ByNodeId {
  /** 1 to 10 ids. */
  readonly metadataIds: ReadonlyArray<string>
}

/** An item of a node's metadata, and its new value. */
export interface SetNodeMetadataItem extends ByNodeMetadataId {
  /** The new value, 1 to 256 characters. */
  readonly value: string
}

/** The operations on nodes and their metadata. */
export const nodeEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** A page of nodes. Fails with `NotFound`. "List nodes", `GET /loadbalancers/{loadBalancerId}/nodes`. */
  listNodesPage: Endpoint.define<ListNodesPage>()("GET", `${balancerPath}/nodes`, {
    query: pageQuery,
    success: Endpoint.json(pageSchema("nodes", Node)),
    errors: ["NotFound"]
  }),
  /**
   * Adds nodes, by address or as servers, and returns them with their ids. Fails with `QuotaExceeded` if there would be
   * too many, and with that or `Unprocessable` if the balancer already has one of them. "Add nodes", `POST
   * /loadbalancers/{loadBalancerId}/nodes`.
   */
  addNodes: Endpoint.define<AddNodes>()("POST", `${balancerPath}/nodes`, {
    body: lazyStruct(() => ({ nodes: Schema.NonEmptyArray(NewNode) })),
    success: Endpoint.list("nodes", Node),
    errors: additionErrors
  }),
  /**
   * Changes condition, weight or type of several nodes, and returns them. "Update nodes",
   * `PUT /loadbalancers/{loadBalancerId}/nodes`.
   */
  updateNodes: Endpoint.define<UpdateNodes>()("PUT", `${balancerPath}/nodes`, {
    body: lazyStruct(() => ({ nodes: Schema.NonEmptyArray(NodeChange) })),
    success: Endpoint.list("nodes", Node),
    errors: changeErrors
  }),
  /**
   * Removes 1 to 10 nodes. If one does not belong to the balancer, none is removed: fails with `BadRequest`, which
   * names them. "Bulk-delete nodes", `DELETE /loadbalancers/{loadBalancerId}/nodes?id=1&id=2`.
   */
  deleteNodes: Endpoint.define<DeleteNodes>()("DELETE", `${balancerPath}/nodes`, {
    query: () => ({ nodeIds: Schema.propertySignature(idsOf("nodes")).pipe(Schema.fromKey("id")) }),
    errors: changeErrors
  }),
  /** A node. Fails with `NotFound`. "Show node details", `GET …/nodes/{nodeId}`. */
  getNode: Endpoint.define<ByNodeId>()("GET", nodePath, { success: one("node", Node), errors: ["NotFound"] }),
  /** Changes condition, weight or type of a node. "Update node", `PUT …/nodes/{nodeId}`. */
  updateNode: Endpoint.define<UpdateNode>()("PUT", nodePath, {
    body: enveloped("node", atLeastOne(lazyStruct(nodeChange), ["condition", "weight", "type"])),
    errors: changeErrors
  }),
  /** Removes a node. "Delete node", `DELETE …/nodes/{nodeId}`. */
  deleteNode: Endpoint.define<ByNodeId>()("DELETE", nodePath, { errors: changeErrors }),
  /** The domains of allowed host names for nodes. "List allowed domains", `GET /loadbalancers/alloweddomains`. */
  listAllowedDomains: Endpoint.make("GET", "/loadbalancers/alloweddomains", {
    success: Endpoint.list("allowedDomains", enveloped("allowedDomain", enveloped("name", Schema.String)))
  }),
  /** Metadata of a node. Fails with `NotFound`. `GET …/nodes/{nodeId}/metadata`. */
  listNodeMetadata: Endpoint.define<ByNodeId>()("GET", `${nodePath}/metadata`, {
    success: Endpoint.list("metadata", MetadataItem),
    errors: ["NotFound"]
  }),
  /** Adds an item to a node's metadata, at most 25, and returns it with its id. `POST …/nodes/{nodeId}/metadata`. */
  addNodeMetadata: Endpoint.define<AddNodeMetadata>()("POST", `${nodePath}/metadata`, {
    body: enveloped("meta", NewMetadataItem),
    success: Endpoint.json(AddedMetadata),
    errors: additionErrors
  }),
  /** Removes 1 to 10 items from a node's metadata. `DELETE …/nodes/{nodeId}/metadata?id=1&id=2`. */
  deleteNodeMetadata: Endpoint.define<DeleteNodeMetadata>()("DELETE", `${nodePath}/metadata`, {
    query: () => ({ metadataIds: Schema.propertySignature(idsOf("metadata")).pipe(Schema.fromKey("id")) }),
    errors: changeErrors
  }),
  /** One item of a node's metadata. Fails with `NotFound`. `GET …/nodes/{nodeId}/metadata/{metadataId}`. */
  getNodeMetadataItem: Endpoint.define<ByNodeMetadataId>()("GET", `${nodePath}/metadata/{metadataId}`, {
    success: one("meta", MetadataItem),
    errors: ["NotFound"]
  }),
  /** Sets the value of an item of a node's metadata. `PUT …/nodes/{nodeId}/metadata/{metadataId}`. */
  setNodeMetadataItem: Endpoint.define<SetNodeMetadataItem>()("PUT", `${nodePath}/metadata/{metadataId}`, {
    body: enveloped(
      "meta",
      lazyStruct(() => ({ value: MetadataText }))
    ),
    success: one("meta", MetadataItem),
    errors: changeErrors
  }),
  /** Removes an item from a node's metadata. `DELETE …/nodes/{nodeId}/metadata/{metadataId}`. */
  deleteNodeMetadataItem: Endpoint.define<ByNodeMetadataId>()("DELETE", `${nodePath}/metadata/{metadataId}`, {
    errors: changeErrors
  })
})

type Operations = Endpoint.Client<typeof nodeEndpoints>

/** The operations on nodes, their listing, and the wait for one. */
export const makeNodes = (context: ServiceContext) => {
  const { waits } = context
  const operations = operationsOf(context, nodeEndpoints)
  const listNodesPage = paged(operations.listNodesPage)
  return {
    ...operations,
    addNodes: (input: Parameters<Operations["addNodes"]>[0]) =>
      waits.noteCreated(operations.addNodes(input), (nodes) => nodes.map(({ id }) => id)),
    listNodesPage,
    listNodes: listed("CloudLoadBalancers.listNodes", listNodesPage),
    waitUntilNodeOnline: ({ loadBalancerId, nodeId, ...pace }: NodeWaitOptions) =>
      Waiting.until({
        ...waits.target("waitUntilNodeOnline", nodeId, pace),
        poll: operations.getNode({ loadBalancerId, nodeId }),
        state: ({ status }: Node) => status ?? "no status",
        until: ({ status }: Node) => status === "ONLINE",
        failed: () => Option.none()
      })
  }
}
