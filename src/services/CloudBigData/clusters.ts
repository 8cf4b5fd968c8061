/**
 * Clusters: operations to create, resize, delete and find them, and to change their credentials and services.
 *
 * The API's documentation, examples and last Python client differ in many places; all forms are accepted here.
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import * as LostResponse from "../../internal/http/lostResponse.js"
import { page, pageQuery, type PageQuery } from "../../internal/paging/listing.js"
import { lazy } from "../../internal/schema/lazy.js"
import { lazyStruct, struct } from "../../internal/schema/struct.js"
import {
  nullableOptional,
  absentIfEmpty,
  enveloped,
  Id,
  listOf,
  Named,
  openEnum,
  someCount,
  Text,
  textOr,
  TimestampIfAny,
  upTo,
  withDefault
} from "../../internal/schema/wire.js"
import { type ByNameOrId, find } from "../common/find.js"
import { listed, type ServiceContext } from "./context.js"
import { Credential, CredentialType } from "./credentialTypes.js"
import { checkNodeGroups, NodeGroup } from "./nodeGroups.js"
import type { ByClusterId } from "./references.js"
import { countOf, under } from "./requests.js"
import { nameOf } from "./responses.js"
import { ScriptStatus } from "./scripts.js"
import type { stackEndpoints } from "./stacks.js"

/**
 * The status of a cluster. The cloud may return others.
 *
 * A new cluster goes through BUILDING, CONFIGURING and ACTIVE; a resized one through UPDATING, CONFIGURING and ACTIVE.
 * IMPAIRED is a cluster that has lost nodes but still works.
 */
export const ClusterStatus = openEnum(
  "ACTIVE",
  "BUILDING",
  "CONFIGURING",
  "DELETED",
  "DELETING",
  "ERROR",
  "IMPAIRED",
  "REBOOTING",
  "RESIZING",
  "UPDATING",
  "WAITING"
)

export type ClusterStatus = typeof ClusterStatus.Type

/** Some requests and responses have `{ type, name }`, others `{ type, credential: { name } }`. */
const ClusterCredential = lazy(
  () =>
    Schema.transform(
      Schema.Struct({
        type: textOr(""),
        name: nullableOptional(Text),
        credential: nullableOptional(Schema.Struct({ name: Text }))
      }),
      Credential,
      {
        strict: false,
        decode: ({ credential, name, type }) => ({ type, name: name ?? credential?.name }),
        encode: (_, { name, type }) => ({ type, name })
      }
    ) as Schema.Schema<Credential, unknown>
)

/** A script on a cluster, and its status. */
export interface ClusterScript {
  /** The id of the script, or of its run on one node if there is also a `scriptId`. */
  readonly id?: string | undefined
  readonly scriptId?: string | undefined
  /** The node that it runs on, if the cloud returns it. */
  readonly nodeId?: string | undefined
  readonly name?: string | undefined
  /** Absent if nothing is known yet. */
  readonly status?: ScriptStatus | undefined
}

export const ClusterScript = struct<ClusterScript>(() => ({
  id: nullableOptional(Id),
  scriptId: nullableOptional(Id).pipe(Schema.fromKey("script_id")),
  nodeId: nullableOptional(Id).pipe(Schema.fromKey("node_id")),
  name: absentIfEmpty,
  status: nullableOptional(ScriptStatus)
}))

/** A cluster in a list. */
export interface ClusterSummary {
  readonly id: string
  /** Empty if the cloud does not return it. */
  readonly name: string
  readonly status: ClusterStatus
  readonly stackId?: string | undefined
  readonly created?: DateTime.Utc | undefined
  /** Absent before the first change. */
  readonly updated?: DateTime.Utc | undefined
  /** The version of the API that created it. Clusters of version 1 can only be deleted with version 2. */
  readonly cbdVersion?: number | undefined
}

export const clusterSummaryFields = () => ({
  id: Id,
  name: textOr(""),
  status: Schema.optionalWith(ClusterStatus, { nullable: true, default: () => "UNKNOWN" }),
  stackId: nullableOptional(Id).pipe(Schema.fromKey("stack_id")),
  created: TimestampIfAny,
  updated: TimestampIfAny,
  cbdVersion: someCount.pipe(Schema.fromKey("cbd_version"))
})

export const ClusterSummary = struct<ClusterSummary>(clusterSummaryFields)

/** A fraction of 1 or a percentage, as a number or string. */
const progress = () =>
  Schema.optionalToOptional(Schema.NullishOr(Schema.Union(Schema.Number, Schema.String)), Schema.Number, {
    decode: Option.flatMap((value) => {
      const number = value === null || value === undefined || value === "" ? NaN : Number(value)
      if (!Number.isFinite(number)) return Option.none()
      return Option.some(number <= 1 ? Math.round(number * 10_000) / 100 : number)
    }),
    encode: (percent) => percent
  })

/** A cluster with all details. */
export interface Cluster extends ClusterSummary {
  /** The progress of building or resizing, in percent. */
  readonly progress?: number | undefined
  /** The user for logins to the nodes. */
  readonly username?: string | undefined
  /** The names of the SSH keys of `username`. */
  readonly sshKeys: ReadonlyArray<string>
  readonly nodeGroups: ReadonlyArray<NodeGroup>
  readonly connectors: ReadonlyArray<Credential>
  readonly credentials: ReadonlyArray<Credential>
  readonly scripts: ReadonlyArray<ClusterScript>
}

export const Cluster = struct<Cluster>(() => ({
  ...clusterSummaryFields(),
  progress: progress(),
  username: absentIfEmpty,
  sshKeys: listOf(nameOf).pipe(Schema.fromKey("ssh_keys")),
  nodeGroups: listOf(NodeGroup).pipe(Schema.fromKey("node_groups")),
  connectors: listOf(ClusterCredential),
  credentials: listOf(ClusterCredential),
  scripts: listOf(ClusterScript)
}))

/** Whether a cluster is ready for work: ACTIVE. */
export const isActive = (cluster: Pick<Cluster, "status">): boolean => cluster.status === "ACTIVE"

/** The rule for user names on Linux, which the API's own client checked. */
const Username = Named.pipe(
  Schema.filter((name) => /^[a-zA-Z_][\w-]{1,31}$/.test(name) && name.toLowerCase() !== "root", {
    description:
      "a username of 2 to 32 letters, digits, dashes and underscores that begins with a letter or an underscore and is not root"
  })
)

const NestedCredential = lazy(() =>
  Schema.transform(
    Schema.Struct({ type: Named, credential: Schema.Struct({ name: upTo(255, "a name") }) }),
    Schema.Struct({ type: CredentialType, name: Schema.String }),
    {
      strict: true,
      decode: ({ credential: { name }, type }) => ({ type, name }),
      encode: ({ name, type }) => ({ type, credential: { name } })
    }
  )
)

/** As {@link NestedCredential} has it, whose type is one of the known words or any other text. */
const FlatCredential = lazy(
  () =>
    Schema.Struct({ type: Named, name: upTo(255, "a name") }) as unknown as Schema.Schema<
      Credential,
      { readonly type: string; readonly name: string }
    >
)

/** The new size of a node group. */
export interface NodeGroupSize {
  /** A node group of the cluster. */
  readonly id: string
  /** How many nodes, 1 to 100. */
  readonly count: number
}

export const NodeGroupSize = struct<NodeGroupSize>(() => ({
  id: upTo(255, "the id of a node group"),
  count: countOf(1)
}))

/** How a node group differs from the stack's. */
export interface NewNodeGroup {
  /** A node group of the stack. */
  readonly id: string
  /** The number of nodes, 1 to 100. Default: the stack's. */
  readonly count?: number | undefined
  /** Default: the stack's. */
  readonly flavorId?: string | undefined
}

export const NewNodeGroup = struct<NewNodeGroup>(() => ({
  id: upTo(255, "the id of a node group"),
  count: Schema.optional(countOf(1)),
  flavorId: Schema.optional(Named).pipe(Schema.fromKey("flavor_id"))
}))

/** A cluster to create. */
export interface CreateCluster {
  /** 1 to 255 characters. It need not be unique. */
  readonly name: string
  /** The stack that defines the services of the cluster. */
  readonly stackId: string
  /** The user for logins to the nodes: 2 to 32 characters, and not root. */
  readonly username: string
  /** The names of the SSH keys (see `createSshKey`) of `username`. */
  readonly sshKeys: NonEmptyReadonlyArray<string>
  /** Differences from the stack's node groups. */
  readonly nodeGroups?: ReadonlyArray<NewNodeGroup> | undefined
  /** The scripts to run on the nodes when they are ready. */
  readonly scriptIds?: ReadonlyArray<string> | undefined
  /** The credentials of the stores to connect the cluster to; at most one of type `cloud_files`. */
  readonly connectors?: ReadonlyArray<Credential> | undefined
  /** The credentials of the cluster, including connectors: a later, undocumented form of `connectors`. */
  readonly credentials?: ReadonlyArray<Credential> | undefined
  /** The region, if the endpoint serves several. Not documented; the API's last client sent it. */
  readonly region?: string | undefined
}

export const CreateCluster = struct<CreateCluster>(() => ({
  name: upTo(255, "a name"),
  stackId: Schema.propertySignature(Named).pipe(Schema.fromKey("stack_id")),
  username: Username,
  sshKeys: Schema.propertySignature(Schema.NonEmptyArray(upTo(255, "the name of an SSH key"))).pipe(
    Schema.fromKey("ssh_keys")
  ),
  nodeGroups: Schema.optional(Schema.Array(NewNodeGroup)).pipe(Schema.fromKey("node_groups")),
  scriptIds: Schema.optional(Schema.Array(under("id", Named))).pipe(Schema.fromKey("scripts")),
  connectors: Schema.optional(Schema.Array(NestedCredential)),
  credentials: Schema.optional(Schema.Array(NestedCredential)),
  region: Schema.optional(Named)
}))

/** A cluster can be connected to only one Cloud Files account. */
const connectable = lazy(() =>
  Schema.typeSchema(CreateCluster).pipe(
    Schema.filter(({ connectors = [], credentials = [] }) =>
      [...connectors, ...credentials].filter(({ type }) => type === "cloud_files").length > 1
        ? { path: ["connectors"], message: "at most one credential of type cloud_files" }
        : undefined
    )
  )
)

/** The new sizes of node groups. */
export interface ResizeCluster extends ByClusterId {
  /** The node groups to resize. Others stay unchanged. */
  readonly nodeGroups: NonEmptyReadonlyArray<NodeGroupSize>
}

/** Credentials to give to a cluster. */
export interface UpdateClusterCredentials extends ByClusterId {
  /** The type and name of existing credentials. */
  readonly credentials: NonEmptyReadonlyArray<Credential>
}

/** SSH keys to remove from a cluster. */
export interface RemoveClusterSshKeys extends ByClusterId {
  /** The names of the keys. */
  readonly sshKeys: NonEmptyReadonlyArray<string>
}

/** Services of a cluster to start, stop or restart. */
export interface ControlClusterServices extends ByClusterId {
  /** What to do with the services. */
  readonly action: "start" | "stop" | "restart" | (string & {})
  /** The names of the services in the stack: `HDFS`. Default: all. */
  readonly services?: ReadonlyArray<string> | undefined
}

/** The operations on clusters. */
export const clusterEndpoints = Endpoint.table("CloudBigData", {
  /** A page of clusters: by default 25, at most 100 or 200. "List all clusters", `GET /clusters`. */
  listPage: Endpoint.define<PageQuery>()("GET", "/clusters", {
    query: pageQuery,
    success: Endpoint.json(page("clusters", ClusterSummary, "links"))
  }),
  /** A cluster. Fails with `NotFound`. "Show cluster details", `GET /clusters/{clusterId}`. */
  get: Endpoint.define<ByClusterId>()("GET", "/clusters/{clusterId}", {
    success: Endpoint.json(enveloped("cluster", Cluster)),
    errors: ["NotFound"]
  }),
  /**
   * Creates a cluster. Returns immediately, before the nodes are built and configured: see `waitUntilActive`. Fails
   * with `BadRequest` if the stack, a flavor, a key or a script does not exist, and with `QuotaExceeded` if the account
   * has no room for the nodes. "Create a cluster", `POST /clusters`.
   */
  create: Endpoint.define<CreateCluster>()("POST", "/clusters", {
    body: enveloped(
      "cluster",
      lazy(() => Schema.compose(CreateCluster, connectable, { strict: false }))
    ),
    success: Endpoint.json(enveloped("cluster", Cluster)),
    errors: ["QuotaExceeded"]
  }),
  /**
   * Resizes a cluster's node groups: each `count` is the new total number of nodes. Returns immediately: see
   * `waitUntilActive`. Fails with `NotFound`, with `Conflict` unless the cluster is ACTIVE, and with `QuotaExceeded` if
   * the account has no room. "Resize a cluster", `PUT /clusters/{clusterId}`.
   */
  resize: Endpoint.define<ResizeCluster>()("PUT", "/clusters/{clusterId}", {
    body: enveloped(
      "cluster",
      lazyStruct(() => ({
        nodeGroups: Schema.propertySignature(Schema.NonEmptyArray(NodeGroupSize)).pipe(Schema.fromKey("node_groups"))
      }))
    ),
    success: Endpoint.json(enveloped("cluster", Cluster)),
    errors: ["NotFound", "Conflict", "QuotaExceeded"]
  }),
  /**
   * Adds credentials to a cluster, and replaces those of the same type and name. Fails with `NotFound`, and with
   * `Conflict` if the cluster's state does not allow it. `PUT /clusters/{clusterId}`, as the API's last client sent it;
   * not documented.
   */
  updateCredentials: Endpoint.define<UpdateClusterCredentials>()("PUT", "/clusters/{clusterId}", {
    body: enveloped(
      "cluster",
      lazyStruct(() => ({ credentials: Schema.NonEmptyArray(FlatCredential) }))
    ),
    success: Endpoint.json(enveloped("cluster", Cluster)),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Removes SSH keys from a cluster's nodes, by name. Fails with `NotFound`, and with `Conflict` if the cluster's state
   * does not allow it. `PUT /clusters/{clusterId}`, as the API's last client sent it; not documented.
   */
  removeSshKeys: Endpoint.define<RemoveClusterSshKeys>()("PUT", "/clusters/{clusterId}", {
    body: enveloped(
      "cluster",
      Schema.Struct({
        sshKeys: Schema.propertySignature(
          Schema.NonEmptyArray(
            Schema.transform(
              Schema.Struct({ type: Schema.Literal("ssh_keys"), name: upTo(255, "the name of an SSH key") }),
              Schema.String,
              { strict: true, decode: ({ name }) => name, encode: (name) => ({ type: "ssh_keys" as const, name }) }
            )
          )
        ).pipe(Schema.fromKey("remove_credentials"))
      })
    ),
    success: Endpoint.json(enveloped("cluster", Cluster)),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Starts, stops or restarts services of a cluster, by default all. Fails with `NotFound`, and with `Conflict` if the
   * cluster's state does not allow it. `PUT /clusters/{clusterId}`, as the API's last client sent it; not documented.
   */
  controlServices: Endpoint.define<ControlClusterServices>()("PUT", "/clusters/{clusterId}", {
    body: enveloped(
      "cluster",
      enveloped(
        "control_services",
        lazyStruct(() => ({
          action: openEnum("start", "stop", "restart"),
          services: withDefault(Schema.Array(under("name", Named)), [])
        }))
      )
    ),
    success: Endpoint.json(enveloped("cluster", Cluster)),
    errors: ["NotFound", "Conflict"],
    // Restarting twice is not the same as once.
    idempotent: false
  }),
  /**
   * Deletes a cluster and all data on its nodes. Returns immediately; see `waitUntilDeleted`. Fails with `NotFound`,
   * and with `Conflict` while it is being built or resized. "Delete a cluster", `DELETE /clusters/{clusterId}`.
   */
  delete: Endpoint.define<ByClusterId>()("DELETE", "/clusters/{clusterId}", { errors: ["NotFound", "Conflict"] })
})

type Operations = Endpoint.Client<typeof clusterEndpoints>

/** The operations on clusters, their listing and `find`. `getStack` reads the stack of a new cluster. */
export const makeClusters = (context: ServiceContext, getStack: GetStack) => {
  const operations = Endpoint.client(context.client, clusterEndpoints)
  const list = listed("list", operations.listPage)
  return {
    ...operations,
    ...makeClusterChanges(context, operations, getStack),
    list,
    find: ({ nameOrId }: ByNameOrId) =>
      find({ client: context.client, operation: "find", kind: "cluster", nameOrId, path: "/clusters", byName: list() })
  }
}

/** Reads a stack. */
type GetStack = Endpoint.Client<typeof stackEndpoints>["getStack"]

const makeClusterChanges = ({ client, waits }: ServiceContext, operations: Operations, getStack: GetStack) => ({
  create: (input: Parameters<Operations["create"]>[0]) =>
    Effect.gen(function* () {
      yield* Endpoint.validate(client, clusterEndpoints.create, input)
      if (input.nodeGroups !== undefined && input.nodeGroups.length > 0) {
        // If the stack cannot be read, the cloud validates the node groups.
        const stack = yield* Effect.option(getStack({ stackId: input.stackId }))
        yield* checkNodeGroups(
          clusterEndpoints.create.operation,
          input.nodeGroups,
          Option.match(stack, { onNone: () => [], onSome: ({ nodeGroups }) => nodeGroups })
        )
      }
      return yield* waits.noteCreated(operations.create(input), ({ id }) => [id])
    }),
  resize: (input: Parameters<Operations["resize"]>[0]) =>
    Effect.gen(function* () {
      yield* Endpoint.validate(client, clusterEndpoints.resize, input)
      const { nodeGroups } = yield* operations.get({ clusterId: input.clusterId })
      yield* checkNodeGroups(clusterEndpoints.resize.operation, input.nodeGroups, nodeGroups)
      return yield* operations.resize(input)
    }),
  delete: (input: Parameters<Operations["delete"]>[0]) =>
    LostResponse.removal(
      operations.delete(input),
      new Set(["Conflict"]),
      Effect.map(operations.get(input), ({ status }) => status === "DELETING" || status === "DELETED")
    )
})
