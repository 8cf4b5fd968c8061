/**
 * Nodes of clusters: operations to list, find and reach them by ssh.
 *
 * The API's documentation, examples and last Python client differ in many places; all forms are accepted here.
 */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { CommonError, InvalidInput, NotFound } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { page, pageQuery, type PageQuery, type PageSize } from "../../internal/paging/listing.js"
import { hideEncoded, lazy } from "../../internal/schema/lazy.js"
import { struct } from "../../internal/schema/struct.js"
import { nullableOptional, Id, listOf, openEnum, textOr, TimestampIfAny, prepared } from "../../internal/schema/wire.js"
import type * as Ssh from "../../Ssh.js"
import { invalid, listed, type ServiceContext } from "./context.js"
import { Component } from "./nodeGroups.js"
import type { ByClusterId, ByNodeId } from "./references.js"
import { isMap } from "./responses.js"

/** The status of a node. The cloud may return others. */
export const NodeStatus = openEnum("ACTIVE", "BUILDING", "CONFIGURING", "DEACTIVATING", "DELETED", "DELETING", "ERROR")

export type NodeStatus = typeof NodeStatus.Type

/** An address of a node. The version may be a number or string; some responses have only the address. */
export interface Address {
  /** 4 or 6. */
  readonly version: number
  readonly address: string
}

const AddressFields = struct<Address>(() => ({ version: Schema.Number, address: Schema.String }))

const versionOf = (address: unknown): number => (typeof address === "string" && address.includes(":") ? 6 : 4)

export const Address: Schema.Schema<Address, unknown> = lazy(() =>
  hideEncoded(
    Schema.transform(Schema.Unknown, AddressFields, {
      strict: false,
      decode: (wire) => {
        const { addr, address = addr, version } = isMap(wire) ? wire : { address: wire }
        return { address, version: version === undefined || version === null ? versionOf(address) : Number(version) }
      },
      encode: (_, { address, version }) => ({ addr: address, version })
    })
  )
)

/** A node of a cluster. */
export interface Node {
  readonly id: string
  /** Empty if the cloud does not return it. */
  readonly name: string
  readonly status: NodeStatus
  readonly nodeGroup?: string | undefined
  readonly flavorId?: string | undefined
  readonly created?: DateTime.Utc | undefined
  readonly updated?: DateTime.Utc | undefined
  readonly addresses: { readonly public: ReadonlyArray<Address>; readonly private: ReadonlyArray<Address> }
  readonly components: ReadonlyArray<Component>
}

const NodeFields = struct<Node>(() => ({
  id: Id,
  name: textOr(""),
  status: Schema.optionalWith(NodeStatus, { nullable: true, default: () => "UNKNOWN" }),
  nodeGroup: nullableOptional(Schema.String).pipe(Schema.fromKey("node_group")),
  flavorId: nullableOptional(Id).pipe(Schema.fromKey("flavor_id")),
  created: TimestampIfAny,
  updated: TimestampIfAny,
  addresses: Schema.optionalWith(Schema.Struct({ public: listOf(Address), private: listOf(Address) }), {
    nullable: true,
    default: () => ({ public: [], private: [] })
  }),
  components: listOf(Component)
}))

const firstText = (value: unknown): string | undefined =>
  Array.isArray(value) ? firstText(value[0]) : typeof value === "string" && value !== "" ? value : undefined

/** An older form has `role` and `services`; one recorded response has `node_group` as a list. */
export const Node = prepared(NodeFields, ({ node_group, role, ...node }) => {
  const group = firstText(node_group) ?? firstText(role)
  return {
    ...node,
    components: node["components"] ?? node["services"],
    ...(group !== undefined && { node_group: group })
  }
})

/**
 * Selects a node of a cluster: by name (in any case), the first one with a component (`ResourceManager`), or both; by
 * default the first one that is not Ambari's.
 */
export interface NodeOptions extends ByClusterId {
  /** The name of the node, in any case. */
  readonly nodeName?: string | undefined
  /** The name of a component, in any case. */
  readonly component?: string | undefined
}

/** Selects a node of a cluster, and how ssh connects to it. */
export interface SshOptions extends NodeOptions, Omit<Ssh.Target, "host" | "username"> {
  /** The user to log in; by default the one that the cluster was created with. */
  readonly username?: string | undefined
  /**
   * Which of the node's addresses to use, default `public`. `private` is for programs in the region's internal network.
   */
  readonly network?: "public" | "private" | undefined
}

/** A node as a target of {@link Ssh}. */
export interface NodeTarget extends Ssh.Target {
  readonly node: Node
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

const isAmbari = ({ name, nodeGroup }: Node): boolean => same(name, "ambari") || same(nodeGroup ?? "", "ambari")

const chosen = (
  operation: string,
  { component, nodeName }: NodeOptions,
  nodes: ReadonlyArray<Node>
): Effect.Effect<Node, InvalidInput> => {
  const hasName = (node: Node) => nodeName === undefined || same(node.name, nodeName)
  const hasComponent = (node: Node) =>
    component === undefined || node.components.some(({ name }) => same(name, component))
  const found =
    nodeName === undefined && component === undefined
      ? (nodes.find((node) => !isAmbari(node)) ?? nodes[0])
      : nodes.find((node) => hasName(node) && hasComponent(node))
  if (found !== undefined) return Effect.succeed(found)
  if (nodes.length === 0)
    return Effect.fail(invalid(operation, "clusterId", "a cluster that has nodes; this one has none"))
  if (nodeName !== undefined && !nodes.some(hasName)) {
    return Effect.fail(invalid(operation, "nodeName", `one of ${nodes.map(({ name }) => name).join(", ")}`))
  }
  const components = new Set(nodes.filter(hasName).flatMap((node) => node.components.map(({ name }) => name)))
  return Effect.fail(invalid(operation, "component", `one of ${[...components].join(", ")}`))
}

/** A page of nodes. */
export interface ListNodesPage extends ByClusterId, PageQuery {}

/** Which nodes to list. */
export interface ListNodes extends ByClusterId, PageSize {}

/** The operations on nodes. */
export const nodeEndpoints = Endpoint.table("CloudBigData", {
  /** A page of a cluster's nodes. Fails with `NotFound`. "List cluster nodes", `GET /clusters/{clusterId}/nodes`. */
  listNodesPage: Endpoint.define<ListNodesPage>()("GET", "/clusters/{clusterId}/nodes", {
    query: pageQuery,
    success: Endpoint.json(page("nodes", Node, "links")),
    errors: ["NotFound"]
  }),
  /**
   * Removes a node from its cluster, and deletes it. Fails with `NotFound`, and with `Conflict` if the cluster's state
   * does not allow it. `DELETE /clusters/{clusterId}/nodes/{nodeId}`, used by the API's last client but not documented.
   */
  deleteNode: Endpoint.define<ByNodeId>()("DELETE", "/clusters/{clusterId}/nodes/{nodeId}", {
    errors: ["NotFound", "Conflict"]
  })
})

/** The operations on nodes, their listing and `findNode`. `get` reads the cluster of a node. */
export const makeNodes = (
  { client }: ServiceContext,
  get: (input: {
    readonly clusterId: string
  }) => Effect.Effect<{ readonly username?: string | undefined }, CommonError | NotFound>
) => {
  const operations = Endpoint.client(client, nodeEndpoints)
  const listNodes = listed("listNodes", operations.listNodesPage)
  const find = (operation: string, wanted: NodeOptions) =>
    Effect.flatMap(Stream.runCollect(listNodes({ clusterId: wanted.clusterId })), (nodes) =>
      chosen(operation, wanted, [...nodes])
    )
  return {
    ...operations,
    listNodes,
    findNode: (wanted: NodeOptions) => find("CloudBigData.findNode", wanted),
    sshTarget: ({ clusterId, component, network = "public", nodeName, username, ...how }: SshOptions) =>
      Effect.gen(function* () {
        const operation = "CloudBigData.sshTarget"
        const user = username ?? (yield* get({ clusterId })).username
        if (user === undefined) {
          return yield* invalid(operation, "username", "the user of the cluster, which the cloud does not return")
        }
        const node = yield* find(operation, { clusterId, nodeName, component })
        const [address] = node.addresses[network]
        if (address === undefined) {
          return yield* invalid(
            operation,
            "nodeName",
            `a node with a ${network} address; ${node.name} is ${node.status} and has none`
          )
        }
        return { ...how, node, host: address.address, username: user }
      })
  }
}
