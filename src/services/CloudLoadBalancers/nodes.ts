/**
 * Nodes: the back-ends that a load balancer sends its connections to, and their metadata.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import {
  absent,
  enveloped,
  Id,
  listOf,
  Named,
  open,
  someCount,
  textOr,
  withDefault
} from "../../internal/schema/wire.js"
import * as Waiting from "../../Waiting.js"
import { operationsOf, type ServiceContext } from "./context.js"
import { listed, paged } from "./listings.js"
import { AddedMetadata, MetadataItem, metadataParameters, MetadataText } from "./metadata.js"
import {
  additionErrors,
  atLeastOne,
  balancerParameters,
  balancerPath,
  changeErrors,
  idsOf,
  NumericId,
  pageQuery,
  pageSchema,
  Port,
  wholeNumber
} from "./requests.js"
import { one } from "./responses.js"
import type { WaitOptions } from "./status.js"

/**
 * Whether a node takes connections: all of them (`ENABLED`), none (`DISABLED`, which cuts those that there are), or only those
 * that are there or that session persistence sends to it (`DRAINING`).
 *
 * @since 0.1.0
 * @category models
 */
export const NodeCondition = open("DISABLED", "DRAINING", "ENABLED")

/**
 * Whether a node can serve, as health monitoring finds it.
 *
 * @since 0.1.0
 * @category models
 */
export const NodeStatus = open("OFFLINE", "ONLINE")

/**
 * Whether a node serves always (`PRIMARY`), or when all primary nodes have failed (`SECONDARY`).
 *
 * @since 0.1.0
 * @category models
 */
export const NodeType = open("PRIMARY", "SECONDARY")

/**
 * A back-end that a load balancer sends its connections to.
 *
 * @since 0.1.0
 * @category models
 */
export const Node = Schema.Struct({
  id: Id,
  /** An IP address, or a name of an allowed domain. Empty where the cloud does not return it. */
  address: textOr(""),
  port: someCount,
  condition: absent(NodeCondition),
  /** Absent where the cloud does not return it. */
  status: absent(NodeStatus),
  /** 1 to 100. Only where the balancer's algorithm is a weighted one. */
  weight: someCount,
  type: absent(NodeType),
  metadata: listOf(MetadataItem)
})

/**
 * A back-end that a load balancer sends its connections to.
 *
 * @since 0.1.0
 * @category models
 */
export interface Node extends Schema.Schema.Type<typeof Node> {}

/**
 * What has addresses on networks: a server of `CloudServers`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Addressed {
  /** By the network's label. A node is reached at the first IPv4 address of `private`. */
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

/**
 * Whether a node is on a server: at any of its addresses.
 *
 * @since 0.1.0
 * @category guards
 */
export const isNodeOf = (node: Pick<Node, "address">, server: Addressed): boolean =>
  Object.values(server.addresses).some((addresses) => addresses?.some(({ address }) => address === node.address))

const Server: Schema.Schema<Addressed> = Schema.declare((value): value is Addressed => isAddressed(value), {
  identifier: "Server",
  description: "a server of CloudServers"
})

const nodeSettings = {
  /** Default `ENABLED`. */
  condition: withDefault(NodeCondition, "ENABLED"),
  /** 1 to 100. It counts where the algorithm is a weighted one. */
  weight: Schema.optional(wholeNumber(1, 100, "a weight")),
  type: Schema.optional(NodeType)
}

const NodeInput = Schema.Struct({
  address: Schema.optional(Named),
  server: Schema.optional(Server),
  port: Port,
  condition: Schema.optional(NodeCondition),
  weight: Schema.optional(wholeNumber(1, 100, "a weight")),
  type: Schema.optional(NodeType)
}).pipe(
  Schema.filter(({ address, server }) => {
    if ((address === undefined) === (server === undefined)) {
      return { path: ["address"], message: "an address or a server, one of the two" }
    }
    return server !== undefined && privateAddressOf(server) === undefined
      ? { path: ["server"], message: "a server with an IPv4 address on the network private; this one has none (yet)" }
      : undefined
  })
)

/**
 * A node that is to be added: by its address, or as a server, which is reached at its private address.
 *
 * @since 0.1.0
 * @category models
 */
export type NewNode = {
  /** 1 to 65535. */
  readonly port: number
  /** Default `ENABLED`. */
  readonly condition?: typeof NodeCondition.Type | undefined
  /** 1 to 100. It counts where the algorithm is a weighted one. */
  readonly weight?: number | undefined
  /** The cloud's default is `PRIMARY`. */
  readonly type?: typeof NodeType.Type | undefined
} & (
  | {
      /** An IP address, or a name of an allowed domain. */
      readonly address: string
      readonly server?: undefined
    }
  | { readonly server: Addressed; readonly address?: undefined }
)

/**
 * A node that is to be added.
 *
 * @since 0.1.0
 * @category schemas
 */
export const NewNode = Schema.transform(
  Schema.Struct({ address: Schema.String, port: Schema.Number, ...nodeSettings }),
  NodeInput,
  {
    strict: false,
    decode: (node) => node,
    encode: ({ address, server, ...node }) => ({
      ...node,
      address: address ?? (server === undefined ? undefined : privateAddressOf(server))
    })
  }
) as unknown as Schema.Schema<NewNode, unknown>

const nodeChange = {
  condition: Schema.optional(NodeCondition),
  weight: Schema.optional(wholeNumber(1, 100, "a weight")),
  type: Schema.optional(NodeType)
}

const NodeChange = atLeastOne(
  Schema.Struct({ nodeId: Schema.propertySignature(NumericId).pipe(Schema.fromKey("id")), ...nodeChange }),
  ["condition", "weight", "type"]
)

/**
 * A node to wait for.
 *
 * @since 0.1.0
 * @category models
 */
export interface NodeWaitOptions extends WaitOptions {
  readonly nodeId: string
}

const nodePath = `${balancerPath}/nodes/{nodeId}`

const nodeParameters = { ...balancerParameters, nodeId: Named }

/** The operations on nodes and their metadata. */
export const nodeEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** Nodes, a page of them. Fails with `NotFound`. "List nodes", `GET /loadbalancers/{loadBalancerId}/nodes`. */
  listNodesPage: Endpoint.make("GET", `${balancerPath}/nodes`, {
    parameters: balancerParameters,
    query: pageQuery,
    success: Endpoint.json(pageSchema("nodes", Node)),
    errors: ["NotFound"]
  }),
  /**
   * Adds nodes, by address or as servers, and returns them with their ids. Fails with `QuotaExceeded` where there would be too
   * many, and with that or `Unprocessable` where the balancer has one of them already. "Add nodes",
   * `POST /loadbalancers/{loadBalancerId}/nodes`.
   */
  addNodes: Endpoint.make("POST", `${balancerPath}/nodes`, {
    parameters: balancerParameters,
    body: Schema.Struct({ nodes: Schema.NonEmptyArray(NewNode) }),
    success: Endpoint.list("nodes", Node),
    errors: additionErrors
  }),
  /**
   * Changes condition, weight or type of several nodes, and returns them. "Update nodes",
   * `PUT /loadbalancers/{loadBalancerId}/nodes`.
   */
  updateNodes: Endpoint.make("PUT", `${balancerPath}/nodes`, {
    parameters: balancerParameters,
    body: Schema.Struct({ nodes: Schema.NonEmptyArray(NodeChange) }),
    success: Endpoint.list("nodes", Node),
    errors: changeErrors
  }),
  /**
   * Removes 1 to 10 nodes, or none of them: fails with `BadRequest`, which names them, where one is not the balancer's.
   * "Bulk-delete nodes", `DELETE /loadbalancers/{loadBalancerId}/nodes?id=1&id=2`.
   */
  deleteNodes: Endpoint.make("DELETE", `${balancerPath}/nodes`, {
    parameters: balancerParameters,
    query: { nodeIds: Schema.propertySignature(idsOf("nodes")).pipe(Schema.fromKey("id")) },
    errors: changeErrors
  }),
  /** One node. Fails with `NotFound`. "Show node details", `GET …/nodes/{nodeId}`. */
  getNode: Endpoint.make("GET", nodePath, {
    parameters: nodeParameters,
    success: one("node", Node),
    errors: ["NotFound"]
  }),
  /** Changes condition, weight or type of a node. "Update node", `PUT …/nodes/{nodeId}`. */
  updateNode: Endpoint.make("PUT", nodePath, {
    parameters: nodeParameters,
    body: enveloped("node", atLeastOne(Schema.Struct(nodeChange), ["condition", "weight", "type"])),
    errors: changeErrors
  }),
  /** Removes a node. "Delete node", `DELETE …/nodes/{nodeId}`. */
  deleteNode: Endpoint.make("DELETE", nodePath, { parameters: nodeParameters, errors: changeErrors }),
  /**
   * The domains whose names may be nodes' addresses. "List allowed domains", `GET /loadbalancers/alloweddomains`.
   */
  listAllowedDomains: Endpoint.make("GET", "/loadbalancers/alloweddomains", {
    success: Endpoint.list("allowedDomains", enveloped("allowedDomain", enveloped("name", Schema.String)))
  }),
  /** Metadata of a node. Fails with `NotFound`. `GET …/nodes/{nodeId}/metadata`. */
  listNodeMetadata: Endpoint.make("GET", `${nodePath}/metadata`, {
    parameters: nodeParameters,
    success: Endpoint.list("metadata", MetadataItem),
    errors: ["NotFound"]
  }),
  /** Adds an item to a node's metadata, at most 25, and returns it with its id. `POST …/nodes/{nodeId}/metadata`. */
  addNodeMetadata: Endpoint.make("POST", `${nodePath}/metadata`, {
    parameters: nodeParameters,
    body: enveloped("meta", Schema.Struct({ key: MetadataText, value: MetadataText })),
    success: Endpoint.json(AddedMetadata),
    errors: additionErrors
  }),
  /** Removes 1 to 10 items from a node's metadata. `DELETE …/nodes/{nodeId}/metadata?id=1&id=2`. */
  deleteNodeMetadata: Endpoint.make("DELETE", `${nodePath}/metadata`, {
    parameters: nodeParameters,
    query: { metadataIds: Schema.propertySignature(idsOf("metadata")).pipe(Schema.fromKey("id")) },
    errors: changeErrors
  }),
  /** One item of a node's metadata. Fails with `NotFound`. `GET …/nodes/{nodeId}/metadata/{metadataId}`. */
  getNodeMetadataItem: Endpoint.make("GET", `${nodePath}/metadata/{metadataId}`, {
    parameters: { ...nodeParameters, ...metadataParameters },
    success: one("meta", MetadataItem),
    errors: ["NotFound"]
  }),
  /** Sets the value of an item of a node's metadata; its key stays. `PUT …/nodes/{nodeId}/metadata/{metadataId}`. */
  setNodeMetadataItem: Endpoint.make("PUT", `${nodePath}/metadata/{metadataId}`, {
    parameters: { ...nodeParameters, ...metadataParameters },
    body: enveloped("meta", Schema.Struct({ value: MetadataText })),
    success: one("meta", MetadataItem),
    errors: changeErrors
  }),
  /** Removes an item from a node's metadata. `DELETE …/nodes/{nodeId}/metadata/{metadataId}`. */
  deleteNodeMetadataItem: Endpoint.make("DELETE", `${nodePath}/metadata/{metadataId}`, {
    parameters: { ...nodeParameters, ...metadataParameters },
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
