/**
 * Clusters: creating, resizing and deleting them, their credentials and services, and finding them.
 *
 * The API's documents, its samples and what its last Python client expected differ in many places; whatever any of them shows
 * is accepted here.
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import * as LostResponse from "../../internal/http/lostResponse.js"
import { page, pageQuery, type PageQuery } from "../../internal/paging/listing.js"
import { struct } from "../../internal/schema/struct.js"
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
 * BUILDING, CONFIGURING, ACTIVE is the way of a new cluster; UPDATING, CONFIGURING, ACTIVE that of one which is resized.
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

/** In requests and responses it is flat, `{ type, name }`, in some places and nested, `{ type, credential: { name } }`, in others. */
const ClusterCredential = Schema.transform(
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

/** A script on a cluster, and how far it has come. */
export interface ClusterScript {
  /** Of the script, or of its run on one node, where `scriptId` is there too. */
  readonly id?: string | undefined
  readonly scriptId?: string | undefined
  /** The node that it runs on, where the cloud returns it. */
  readonly nodeId?: string | undefined
  readonly name?: string | undefined
  /** Absent before anything is known of it. */
  readonly status?: ScriptStatus | undefined
}

export const ClusterScript = struct<ClusterScript>({
  id: nullableOptional(Id),
  scriptId: nullableOptional(Id).pipe(Schema.fromKey("script_id")),
  nodeId: nullableOptional(Id).pipe(Schema.fromKey("node_id")),
  name: absentIfEmpty,
  status: nullableOptional(ScriptStatus)
})

/** A cluster as it stands in the list of clusters. */
export interface ClusterSummary {
  readonly id: string
  /** Empty where the cloud does not return it. */
  readonly name: string
  readonly status: ClusterStatus
  readonly stackId?: string | undefined
  readonly created?: DateTime.Utc | undefined
  /** Absent before the first change. */
  readonly updated?: DateTime.Utc | undefined
  /** The version of the API with which it was created. Version 1's clusters can only be deleted with version 2. */
  readonly cbdVersion?: number | undefined
}

export const clusterSummaryFields = {
  id: Id,
  name: textOr(""),
  status: Schema.optionalWith(ClusterStatus, { nullable: true, default: () => "UNKNOWN" }),
  stackId: nullableOptional(Id).pipe(Schema.fromKey("stack_id")),
  created: TimestampIfAny,
  updated: TimestampIfAny,
  cbdVersion: someCount.pipe(Schema.fromKey("cbd_version"))
}

export const ClusterSummary = struct<ClusterSummary>(clusterSummaryFields)

/** A share of 1, or a percentage, as a number or as a text. */
const progress = Schema.optionalToOptional(
  Schema.NullishOr(Schema.Union(Schema.Number, Schema.String)),
  Schema.Number,
  {
    decode: Option.flatMap((value) => {
      const number = value === null || value === undefined || value === "" ? NaN : Number(value)
      if (!Number.isFinite(number)) return Option.none()
      return Option.some(number <= 1 ? Math.round(number * 10_000) / 100 : number)
    }),
    encode: (percent) => percent
  }
)

/** A cluster, whole. */
export interface Cluster extends ClusterSummary {
  /** How far building or resizing has come, in percent. */
  readonly progress?: number | undefined
  /** Who logs in to the nodes. */
  readonly username?: string | undefined
  /** The names of the keys with which `username` logs in. */
  readonly sshKeys: ReadonlyArray<string>
  readonly nodeGroups: ReadonlyArray<NodeGroup>
  readonly connectors: ReadonlyArray<Credential>
  readonly credentials: ReadonlyArray<Credential>
  readonly scripts: ReadonlyArray<ClusterScript>
}

export const Cluster = struct<Cluster>({
  ...clusterSummaryFields,
  progress,
  username: absentIfEmpty,
  sshKeys: listOf(nameOf).pipe(Schema.fromKey("ssh_keys")),
  nodeGroups: listOf(NodeGroup).pipe(Schema.fromKey("node_groups")),
  connectors: listOf(ClusterCredential),
  credentials: listOf(ClusterCredential),
  scripts: listOf(ClusterScript)
})

/** Whether a cluster is ready for work: ACTIVE. */
export const isActive = (cluster: Pick<Cluster, "status">): boolean => cluster.status === "ACTIVE"

/** The rule that Linux has for users, which the API's own client checked. */
const Username = Named.pipe(
  Schema.filter((name) => /^[a-zA-Z_][\w-]{1,31}$/.test(name) && name.toLowerCase() !== "root", {
    description:
      "a username of 2 to 32 letters, digits, dashes and underscores that begins with a letter or an underscore and is not root"
  })
)

const NestedCredential = Schema.transform(
  Schema.Struct({ type: Named, credential: Schema.Struct({ name: upTo(255, "a name") }) }),
  Schema.Struct({ type: CredentialType, name: Schema.String }),
  {
    strict: true,
    decode: ({ credential: { name }, type }) => ({ type, name }),
    encode: ({ name, type }) => ({ type, credential: { name } })
  }
)

const FlatCredential = Schema.Struct({ type: Named, name: upTo(255, "a name") }) as unknown as Schema.Schema<
  Credential,
  { readonly type: string; readonly name: string }
>

/** How many nodes a node group is to have. */
export interface NodeGroupSize {
  /** One of the cluster's. */
  readonly id: string
  /** How many nodes, 1 to 100. */
  readonly count: number
}

export const NodeGroupSize = struct<NodeGroupSize>({ id: upTo(255, "the id of a node group"), count: countOf(1) })

/** What is to differ from a node group of the stack. */
export interface NewNodeGroup {
  /** One of the stack's. */
  readonly id: string
  /** How many nodes, 1 to 100; by default what the stack says. */
  readonly count?: number | undefined
  /** By default what the stack says. */
  readonly flavorId?: string | undefined
}

export const NewNodeGroup = struct<NewNodeGroup>({
  id: upTo(255, "the id of a node group"),
  count: Schema.optional(countOf(1)),
  flavorId: Schema.optional(Named).pipe(Schema.fromKey("flavor_id"))
})

/** A cluster to create. */
export interface CreateCluster {
  /** 1 to 255 characters. It need not be unique. */
  readonly name: string
  /** The stack that says what runs on the cluster. */
  readonly stackId: string
  /** Who is to log in to the nodes: 2 to 32 characters, and not root. */
  readonly username: string
  /** The names of the SSH keys (see `createSshKey`) with which `username` is to log in. */
  readonly sshKeys: NonEmptyReadonlyArray<string>
  /** What is to differ from the stack's own node groups. */
  readonly nodeGroups?: ReadonlyArray<NewNodeGroup> | undefined
  /** The scripts to run on the nodes when they are ready. */
  readonly scriptIds?: ReadonlyArray<string> | undefined
  /** The credentials of the stores that the cluster is to be connected to; at most one of type `cloud_files`. */
  readonly connectors?: ReadonlyArray<Credential> | undefined
  /**
   * Credentials that the cluster is to have, connectors among them: the later form of `connectors`, which the API's last
   * client used and its documents do not know.
   */
  readonly credentials?: ReadonlyArray<Credential> | undefined
  /** The region, where the endpoint serves several. Not documented; the API's last client sent it. */
  readonly region?: string | undefined
}

export const CreateCluster = struct<CreateCluster>({
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
})

/** One Cloud Files account is all that a cluster can be connected to. */
const connectable = Schema.typeSchema(CreateCluster).pipe(
  Schema.filter(({ connectors = [], credentials = [] }) =>
    [...connectors, ...credentials].filter(({ type }) => type === "cloud_files").length > 1
      ? { path: ["connectors"], message: "at most one credential of type cloud_files" }
      : undefined
  )
)

/** The node groups of a cluster that are to have another size. */
export interface ResizeCluster extends ByClusterId {
  /** The node groups to resize; others stay. */
  readonly nodeGroups: NonEmptyReadonlyArray<NodeGroupSize>
}

/** Credentials to give to a cluster. */
export interface UpdateClusterCredentials extends ByClusterId {
  /** The credentials, which exist already, by type and name. */
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
  /** By name, as the stack has them: `HDFS`. */
  readonly services?: ReadonlyArray<string> | undefined
}

/** The operations on clusters. */
export const clusterEndpoints = Endpoint.table("CloudBigData", {
  /** Clusters, a page of them: by default 25, at most 100 or 200. "List all clusters", `GET /clusters`. */
  listPage: Endpoint.define<PageQuery>()("GET", "/clusters", {
    query: pageQuery,
    success: Endpoint.json(page("clusters", ClusterSummary, "links"))
  }),
  /** One cluster, whole. Fails with `NotFound`. "Show cluster details", `GET /clusters/{clusterId}`. */
  get: Endpoint.define<ByClusterId>()("GET", "/clusters/{clusterId}", {
    success: Endpoint.json(enveloped("cluster", Cluster)),
    errors: ["NotFound"]
  }),
  /**
   * Creates a cluster. It returns at once; the nodes are built and configured after that: see `waitUntilActive`. Fails with
   * `BadRequest` where the cloud does not know the stack, a flavor, a key or a script, with `QuotaExceeded` where the account
   * has no room for the nodes. "Create a cluster", `POST /clusters`.
   */
  create: Endpoint.define<CreateCluster>()("POST", "/clusters", {
    body: enveloped("cluster", Schema.compose(CreateCluster, connectable, { strict: false })),
    success: Endpoint.json(enveloped("cluster", Cluster)),
    errors: ["QuotaExceeded"]
  }),
  /**
   * Resizes a cluster's node groups: each `count` is the number of nodes that the group is to have then, not what
   * is added. It returns at once: see `waitUntilActive`. Fails with `NotFound`, with `Conflict` unless the cluster is ACTIVE,
   * with `QuotaExceeded` where the account has no room. "Resize a cluster", `PUT /clusters/{clusterId}`.
   */
  resize: Endpoint.define<ResizeCluster>()("PUT", "/clusters/{clusterId}", {
    body: enveloped(
      "cluster",
      Schema.Struct({
        nodeGroups: Schema.propertySignature(Schema.NonEmptyArray(NodeGroupSize)).pipe(Schema.fromKey("node_groups"))
      })
    ),
    success: Endpoint.json(enveloped("cluster", Cluster)),
    errors: ["NotFound", "Conflict", "QuotaExceeded"]
  }),
  /**
   * Gives a cluster more credentials, or others in place of those of the same type and name; none is taken away. Fails with
   * `NotFound`, and with `Conflict` where the cluster's state does not allow it. `PUT /clusters/{clusterId}`, as the API's
   * last client sent it; the documents do not know it.
   */
  updateCredentials: Endpoint.define<UpdateClusterCredentials>()("PUT", "/clusters/{clusterId}", {
    body: enveloped("cluster", Schema.Struct({ credentials: Schema.NonEmptyArray(FlatCredential) })),
    success: Endpoint.json(enveloped("cluster", Cluster)),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Removes SSH keys, by their names, from a cluster's nodes. Fails with `NotFound`, and with `Conflict` where the
   * cluster's state does not allow it. `PUT /clusters/{clusterId}`, as the API's last client sent it; the documents do not
   * know it.
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
   * Starts, stops or restarts services of a cluster, by default all of them. Fails with `NotFound`, and with `Conflict` where
   * the cluster's state does not allow it. `PUT /clusters/{clusterId}`, as the API's last client sent it; the documents do
   * not know it.
   */
  controlServices: Endpoint.define<ControlClusterServices>()("PUT", "/clusters/{clusterId}", {
    body: enveloped(
      "cluster",
      enveloped(
        "control_services",
        Schema.Struct({
          action: openEnum("start", "stop", "restart"),
          services: withDefault(Schema.Array(under("name", Named)), [])
        })
      )
    ),
    success: Endpoint.json(enveloped("cluster", Cluster)),
    errors: ["NotFound", "Conflict"],
    // A second restart is not the same as one.
    idempotent: false
  }),
  /**
   * Deletes a cluster, with all that is on its nodes. It returns at once; see `waitUntilDeleted`. Fails with `NotFound`,
   * and with `Conflict` while it is being built or resized. "Delete a cluster", `DELETE /clusters/{clusterId}`.
   */
  delete: Endpoint.define<ByClusterId>()("DELETE", "/clusters/{clusterId}", { errors: ["NotFound", "Conflict"] })
})

type Operations = Endpoint.Client<typeof clusterEndpoints>

/** The operations on clusters, their listing, and finding one. `getStack` reads the stack of a new cluster. */
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
        // Where the stack cannot be read, the cloud itself must judge.
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
