/**
 * The responses of Cloud Big Data, decoded: clusters, nodes, flavors, limits, stacks, distros, scripts, credentials, workloads.
 *
 * The API's documents, its samples and what its last Python client expected differ in many places; whatever any of them shows
 * is accepted here.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import {
  absent,
  absentIfEmpty,
  enveloped,
  Flag,
  Id,
  JsonMap,
  listOf,
  open,
  someCount,
  someFlag,
  Text,
  textOr,
  TimestampIfAny
} from "../../internal/schema/wire.js"

/**
 * The status of a cluster. The cloud may return others.
 *
 * BUILDING, CONFIGURING, ACTIVE is the way of a new cluster; UPDATING, CONFIGURING, ACTIVE that of one which is resized.
 * IMPAIRED is a cluster that has lost nodes but still works.
 *
 * @since 0.1.0
 * @category models
 */
export const ClusterStatus = open(
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

/**
 * The status of a node. The cloud may return others.
 *
 * @since 0.1.0
 * @category models
 */
export const NodeStatus = open("ACTIVE", "BUILDING", "CONFIGURING", "DEACTIVATING", "DELETED", "DELETING", "ERROR")

/**
 * How far a script has come on a cluster. The cloud may return others.
 *
 * @since 0.1.0
 * @category models
 */
export const ScriptStatus = open("PENDING", "DELIVERED", "RUNNING", "SUCCEEDED", "FAILED")

/**
 * The kinds of credentials. The cloud may have others: see `listCredentialKinds`.
 *
 * @since 0.1.0
 * @category models
 */
export const CredentialType = open("ssh_keys", "cloud_files", "s3", "ambari")

const isMap = Schema.is(JsonMap)

/** A text in an object of its own at times: `"Secondary"` or `{ "name": "Secondary" }`. */
const nameOf = Schema.transform(Schema.Union(Text, Schema.Struct({ name: Text })), Schema.String, {
  strict: true,
  decode: (name) => (typeof name === "string" ? name : name.name),
  encode: (name) => name
})

const ComponentFields = Schema.Struct({
  /** Empty where the cloud does not return it. */
  name: textOr(""),
  /** For people: `HDFS Namenode`. Only of a node's components. */
  niceName: absentIfEmpty.pipe(Schema.fromKey("nice_name")),
  /**
   * Its URL, by the node's name within the cluster: `http://master-1.local:50070`. Reach it through a SOCKS proxy or
   * a tunnel to the node.
   */
  uri: absentIfEmpty,
  /** The service's mode in which alone there is such a component: `Secondary`. Only of a distro's components. */
  mode: absentIfEmpty
})

/**
 * A program of a service, as it stands on the nodes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Component extends Schema.Schema.Type<typeof ComponentFields> {}

/**
 * A program of a service, as it stands on the nodes: `Namenode`, `HiveServer2`. Some responses have only its name.
 *
 * @since 0.1.0
 * @category models
 */
export const Component = Schema.transform(Schema.Unknown, ComponentFields, {
  strict: false,
  decode: (wire) => (typeof wire === "string" ? { name: wire } : wire),
  encode: (component) => component
}) as unknown as Schema.Schema<Component, unknown>

/**
 * Nodes of a cluster that are alike.
 *
 * @since 0.1.0
 * @category models
 */
export const NodeGroup = Schema.Struct({
  /** `master`, `slave`, `gateway`, …: names from the cluster's stack. */
  id: Id,
  /** How many nodes it has. */
  count: someCount,
  flavorId: absent(Id).pipe(Schema.fromKey("flavor_id")),
  components: listOf(Component)
})

/**
 * Nodes of a cluster that are alike.
 *
 * @since 0.1.0
 * @category models
 */
export interface NodeGroup extends Schema.Schema.Type<typeof NodeGroup> {}

/**
 * A credential, by type and name. Its secret is never returned.
 *
 * The name is the key's own for `ssh_keys`, the username for `cloud_files` and `ambari`, the access key's id for `s3`.
 *
 * @since 0.1.0
 * @category models
 */
export const Credential = Schema.Struct({ type: CredentialType, name: Text })

/**
 * A credential, by type and name.
 *
 * @since 0.1.0
 * @category models
 */
export interface Credential extends Schema.Schema.Type<typeof Credential> {}

/** In requests and responses it is flat, `{ type, name }`, in some places and nested, `{ type, credential: { name } }`, in others. */
const ClusterCredential = Schema.transform(
  Schema.Struct({
    type: textOr(""),
    name: absent(Text),
    credential: absent(Schema.Struct({ name: Text }))
  }),
  Credential,
  {
    strict: false,
    decode: ({ credential, name, type }) => ({ type, name: name ?? credential?.name }),
    encode: ({ name, type }) => ({ type, name })
  }
) as Schema.Schema<Credential, unknown>

/**
 * A script on a cluster, and how far it has come.
 *
 * @since 0.1.0
 * @category models
 */
export const ClusterScript = Schema.Struct({
  /** Of the script, or of its run on one node, where `scriptId` is there too. */
  id: absent(Id),
  scriptId: absent(Id).pipe(Schema.fromKey("script_id")),
  /** The node that it runs on, where the cloud returns it. */
  nodeId: absent(Id).pipe(Schema.fromKey("node_id")),
  name: absentIfEmpty,
  /** Absent before anything is known of it. */
  status: absent(ScriptStatus)
})

/**
 * A script on a cluster, and how far it has come.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClusterScript extends Schema.Schema.Type<typeof ClusterScript> {}

/**
 * A cluster as it stands in the list of clusters.
 *
 * @since 0.1.0
 * @category models
 */
export const ClusterSummary = Schema.Struct({
  id: Id,
  /** Empty where the cloud does not return it. */
  name: textOr(""),
  status: Schema.optionalWith(ClusterStatus, { nullable: true, default: () => "UNKNOWN" }),
  stackId: absent(Id).pipe(Schema.fromKey("stack_id")),
  created: TimestampIfAny,
  /** Absent before the first change. */
  updated: TimestampIfAny,
  /** The version of the API with which it was created. Version 1's clusters can only be deleted with version 2. */
  cbdVersion: someCount.pipe(Schema.fromKey("cbd_version"))
})

/**
 * A cluster as it stands in the list of clusters.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClusterSummary extends Schema.Schema.Type<typeof ClusterSummary> {}

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

/**
 * A cluster, whole.
 *
 * @since 0.1.0
 * @category models
 */
export const Cluster = Schema.Struct({
  ...ClusterSummary.fields,
  /** How far building or resizing has come, in percent. */
  progress,
  /** Who logs in to the nodes. */
  username: absentIfEmpty,
  /** The names of the keys with which `username` logs in. */
  sshKeys: listOf(nameOf).pipe(Schema.fromKey("ssh_keys")),
  nodeGroups: listOf(NodeGroup).pipe(Schema.fromKey("node_groups")),
  connectors: listOf(ClusterCredential),
  credentials: listOf(ClusterCredential),
  scripts: listOf(ClusterScript)
})

/**
 * A cluster, whole.
 *
 * @since 0.1.0
 * @category models
 */
export interface Cluster extends Schema.Schema.Type<typeof Cluster> {}

const AddressFields = Schema.Struct({
  /** 4 or 6. */
  version: Schema.Number,
  address: Schema.String
})

/**
 * An address of a node.
 *
 * @since 0.1.0
 * @category models
 */
export interface Address extends Schema.Schema.Type<typeof AddressFields> {}

const versionOf = (address: unknown): number => (typeof address === "string" && address.includes(":") ? 6 : 4)

/**
 * An address of a node. The cloud writes its version as a number or a text, or leaves it out; some responses have only the
 * address.
 *
 * @since 0.1.0
 * @category models
 */
export const Address = Schema.transform(Schema.Unknown, AddressFields, {
  strict: false,
  decode: (wire) => {
    const { addr, address = addr, version } = isMap(wire) ? wire : { address: wire }
    return { address, version: version === undefined || version === null ? versionOf(address) : Number(version) }
  },
  encode: ({ address, version }) => ({ addr: address, version })
}) as unknown as Schema.Schema<Address, unknown>

const NodeFields = Schema.Struct({
  id: Id,
  /** Empty where the cloud does not return it. */
  name: textOr(""),
  status: Schema.optionalWith(NodeStatus, { nullable: true, default: () => "UNKNOWN" }),
  nodeGroup: absent(Schema.String).pipe(Schema.fromKey("node_group")),
  flavorId: absent(Id).pipe(Schema.fromKey("flavor_id")),
  created: TimestampIfAny,
  updated: TimestampIfAny,
  addresses: Schema.optionalWith(Schema.Struct({ public: listOf(Address), private: listOf(Address) }), {
    nullable: true,
    default: () => ({ public: [], private: [] })
  }),
  components: listOf(Component)
})

/** An older form has `role` and `services`; one witness writes `node_group` as a list. */
const WireNode = Schema.Record({ key: Schema.String, value: Schema.Unknown })

const firstText = (value: unknown): string | undefined =>
  Array.isArray(value) ? firstText(value[0]) : typeof value === "string" && value !== "" ? value : undefined

/**
 * A node of a cluster.
 *
 * @since 0.1.0
 * @category models
 */
export const Node = Schema.transform(WireNode, NodeFields, {
  strict: false,
  decode: ({ node_group, role, ...node }) => {
    const group = firstText(node_group) ?? firstText(role)
    return {
      ...node,
      components: node["components"] ?? node["services"],
      ...(group !== undefined && { node_group: group })
    }
  },
  encode: (node) => node
}) as unknown as Schema.Schema<typeof NodeFields.Type, unknown>

/**
 * A node of a cluster.
 *
 * @since 0.1.0
 * @category models
 */
export interface Node extends Schema.Schema.Type<typeof NodeFields> {}

/**
 * A size in which nodes are made.
 *
 * @since 0.1.0
 * @category models
 */
export const Flavor = Schema.Struct({
  id: Id,
  name: textOr(""),
  vcpus: someCount,
  ramMegabytes: someCount.pipe(Schema.fromKey("ram")),
  diskGigabytes: someCount.pipe(Schema.fromKey("disk")),
  /** `hadoop1`, `onmetal`. */
  class: absentIfEmpty
})

/**
 * A size in which nodes are made.
 *
 * @since 0.1.0
 * @category models
 */
export interface Flavor extends Schema.Schema.Type<typeof Flavor> {}

const Quota = Schema.Struct({ limit: someCount, remaining: someCount })

const someQuota = Schema.optionalWith(Quota, { nullable: true, default: () => ({}) })

/**
 * How much of something the account may have, and has left, over all of its clusters' data nodes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Quota extends Schema.Schema.Type<typeof Quota> {}

const AbsoluteLimits = Schema.Struct({
  nodes: someQuota.pipe(Schema.fromKey("node_count")),
  vcpus: someQuota,
  ramMegabytes: someQuota.pipe(Schema.fromKey("ram")),
  diskGigabytes: someQuota.pipe(Schema.fromKey("disk"))
})

/**
 * What the account may have.
 *
 * @since 0.1.0
 * @category models
 */
export const Limits = enveloped("absolute", AbsoluteLimits)

/**
 * What the account may have.
 *
 * @since 0.1.0
 * @category models
 */
export interface Limits extends Schema.Schema.Type<typeof AbsoluteLimits> {}

/**
 * A service of a stack: HDFS, YARN, Hive, …
 *
 * @since 0.1.0
 * @category models
 */
export const StackService = Schema.Struct({
  /** Empty where the cloud does not return it. */
  name: textOr(""),
  version: absentIfEmpty,
  modes: listOf(nameOf),
  components: listOf(Component)
})

/**
 * A service of a stack.
 *
 * @since 0.1.0
 * @category models
 */
export interface StackService extends Schema.Schema.Type<typeof StackService> {}

/**
 * A stack as it stands in the list of stacks: the services that a cluster is made with.
 *
 * @since 0.1.0
 * @category models
 */
export const StackSummary = Schema.Struct({
  id: Id,
  /** Empty where the cloud does not return it. */
  name: textOr(""),
  description: absentIfEmpty,
  /** The distro that its services are taken from: `HDP2.2`. */
  distroId: absent(Id).pipe(Schema.fromKey("distro")),
  services: listOf(StackService)
})

/**
 * A stack as it stands in the list of stacks.
 *
 * @since 0.1.0
 * @category models
 */
export interface StackSummary extends Schema.Schema.Type<typeof StackSummary> {}

/**
 * What a cluster of a stack may and must have of a node group.
 *
 * @since 0.1.0
 * @category models
 */
export const ResourceLimits = Schema.Struct({
  /** How many nodes at the least. */
  minCount: someCount.pipe(Schema.fromKey("min_count")),
  /** How many nodes at the most. */
  maxCount: someCount.pipe(Schema.fromKey("max_count")),
  /** How much memory a node needs at the least. */
  minRamMegabytes: someCount.pipe(Schema.fromKey("min_ram"))
})

/**
 * A node group of a stack: what stands on its nodes, and what a cluster gets of it where it does not say otherwise.
 *
 * @since 0.1.0
 * @category models
 */
export const StackNodeGroup = Schema.Struct({
  ...NodeGroup.fields,
  resourceLimits: Schema.optionalWith(ResourceLimits, { nullable: true, default: () => ({}) }).pipe(
    Schema.fromKey("resource_limits")
  )
})

/**
 * A node group of a stack.
 *
 * @since 0.1.0
 * @category models
 */
export interface StackNodeGroup extends Schema.Schema.Type<typeof StackNodeGroup> {}

/**
 * A stack, whole.
 *
 * @since 0.1.0
 * @category models
 */
export const Stack = Schema.Struct({
  ...StackSummary.fields,
  created: TimestampIfAny,
  nodeGroups: listOf(StackNodeGroup).pipe(Schema.fromKey("node_groups")),
  /** Whether it is the account's own. Absent where the cloud does not return it. */
  isDeletable: someFlag.pipe(Schema.fromKey("is_deletable"))
})

/**
 * A stack, whole.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stack extends Schema.Schema.Type<typeof Stack> {}

/**
 * A distribution of Hadoop and its like, as it stands in the list of distros.
 *
 * @since 0.1.0
 * @category models
 */
export const DistroSummary = Schema.Struct({ id: Id, name: textOr(""), version: absentIfEmpty })

/**
 * A distribution, as it stands in the list of distros.
 *
 * @since 0.1.0
 * @category models
 */
export interface DistroSummary extends Schema.Schema.Type<typeof DistroSummary> {}

/**
 * A distribution with the services that stacks may take from it.
 *
 * @since 0.1.0
 * @category models
 */
export const Distro = Schema.Struct({
  ...DistroSummary.fields,
  services: listOf(Schema.Struct({ ...StackService.fields, description: absentIfEmpty }))
})

/**
 * A distribution with the services that stacks may take from it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Distro extends Schema.Schema.Type<typeof Distro> {}

/**
 * A script that is run on the nodes of a cluster when they are ready.
 *
 * @since 0.1.0
 * @category models
 */
export const Script = Schema.Struct({
  id: Id,
  /** Empty where the cloud does not return it. */
  name: textOr(""),
  type: absent(open("POST_INIT")),
  /** Where the nodes fetch it. */
  url: absentIfEmpty,
  /** Whether it is the cloud's, for all accounts. Such a one cannot be changed. */
  isPublic: Schema.optionalWith(Flag, { nullable: true, default: () => false }).pipe(Schema.fromKey("is_public")),
  created: TimestampIfAny,
  /** Absent before the first change. */
  updated: TimestampIfAny
})

/**
 * A script that is run on the nodes of a cluster when they are ready.
 *
 * @since 0.1.0
 * @category models
 */
export interface Script extends Schema.Schema.Type<typeof Script> {}

const nameKeys = ["key_name", "username", "access_key_id", "name"]

/** The name of a credential, which stands under a key of its type's own. */
const nameIn = (item: Readonly<Record<string, unknown>>): unknown =>
  nameKeys.map((key) => item[key]).find((name) => typeof name === "string" || typeof name === "number")

/** What stands under a type: a list, a single one, or none. */
const asList = (value: unknown): ReadonlyArray<unknown> =>
  Array.isArray(value) ? value : value === null || value === undefined ? [] : [value]

/**
 * Credentials as the cloud lists them, by type: `{ "s3": [{ "access_key_id": … }] }`. Undefined for anything else.
 */
export const credentialsOf = (wire: unknown): ReadonlyArray<unknown> | undefined => {
  if (Array.isArray(wire)) return wire.flatMap((item: unknown) => credentialsOf(item) ?? [item])
  if (!isMap(wire)) return undefined
  if (typeof wire["type"] === "string") return [{ type: wire["type"], name: nameIn(wire) }]
  return Object.entries(wire).flatMap(([type, value]) =>
    asList(value).map((item) => ({ type, name: isMap(item) ? nameIn(item) : item }))
  )
}

/** A credential that was just made or changed. */
export const CreatedCredential = Schema.transform(Schema.Unknown, Credential, {
  strict: false,
  decode: (wire) => credentialsOf(wire)?.[0],
  encode: ({ name, type }) => ({ [type]: { name } })
}) as unknown as Schema.Schema<Credential, unknown>

/**
 * A kind of credentials that the cloud knows.
 *
 * @since 0.1.0
 * @category models
 */
export const CredentialKind = Schema.Struct({
  type: CredentialType,
  /** Whether a cluster is connected to a store with it. */
  isConnector: Schema.optionalWith(Flag, { nullable: true, default: () => false }).pipe(Schema.fromKey("connector")),
  /** The names of what it consists of, as the API writes them: `username`, `api_key`. */
  fields: Schema.optionalToRequired(
    Schema.NullishOr(
      Schema.Union(Schema.Array(Schema.String), Schema.Record({ key: Schema.String, value: Schema.Unknown }))
    ),
    Schema.Array(Schema.String),
    {
      decode: Option.match({
        onNone: () => [],
        onSome: (schema) =>
          schema === null || schema === undefined ? [] : Array.isArray(schema) ? schema : Object.keys(schema)
      }),
      encode: Option.some
    }
  ).pipe(Schema.fromKey("schema"))
})

/**
 * A kind of credentials that the cloud knows.
 *
 * @since 0.1.0
 * @category models
 */
export interface CredentialKind extends Schema.Schema.Type<typeof CredentialKind> {}

/**
 * A credential that connects clusters to a store, or where the cloud does not show which there are, the kind of it.
 *
 * @since 0.1.0
 * @category models
 */
export const Connector = Schema.Struct({
  ...CredentialKind.fields,
  /** The credential's name: the username for `cloud_files`, the access key's id for `s3`. Absent where the cloud returns only the kind. */
  name: absentIfEmpty
})

/**
 * A credential that connects clusters to a store, or the kind of it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Connector extends Schema.Schema.Type<typeof Connector> {}

/** Connectors by type, as the documents show them, or as kinds of credentials. */
export const connectorsOf = (wire: unknown): ReadonlyArray<unknown> | undefined => {
  if (Array.isArray(wire)) {
    return wire.flatMap((item: unknown) =>
      typeof item === "string"
        ? [{ type: item, connector: true }]
        : isMap(item) && !("type" in item)
          ? (connectorsOf(item) ?? [])
          : [item]
    )
  }
  if (!isMap(wire)) return undefined
  if (typeof wire["type"] === "string") return [wire]
  return Object.entries(wire).flatMap(([type, value]) =>
    asList(value).map((item) => {
      if (!isMap(item)) return { type, connector: true, name: item }
      // An object without a name describes the kind.
      return nameIn(item) === undefined
        ? { connector: true, ...item, type }
        : { type, connector: true, name: nameIn(item) }
    })
  )
}

/**
 * A kind of work that clusters are made for.
 *
 * @since 0.1.0
 * @category models
 */
export const Workload = Schema.Struct({
  id: Id,
  /** Empty where the cloud does not return it. */
  name: textOr(""),
  caption: absentIfEmpty,
  description: absentIfEmpty
})

/**
 * A kind of work that clusters are made for.
 *
 * @since 0.1.0
 * @category models
 */
export interface Workload extends Schema.Schema.Type<typeof Workload> {}

/**
 * A way to do a kind of work, in several sizes.
 *
 * @since 0.1.0
 * @category models
 */
export const Recommendation = Schema.Struct({
  /** Empty where the cloud does not return it. */
  name: textOr(""),
  description: absentIfEmpty,
  requires: listOf(Text),
  sizes: listOf(
    Schema.Struct({
      flavorId: absent(Id).pipe(Schema.fromKey("flavor")),
      /** How long the work takes, in minutes. */
      minutes: someCount,
      nodeCount: someCount.pipe(Schema.fromKey("nodecount")),
      isRecommended: Schema.optionalWith(Flag, { nullable: true, default: () => false }).pipe(
        Schema.fromKey("recommended")
      )
    })
  )
})

/**
 * A way to do a kind of work, in several sizes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Recommendation extends Schema.Schema.Type<typeof Recommendation> {}
