/** Stacks: the services that a cluster is made with. */
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { page, pageQuery, type PageQuery } from "../../internal/paging/listing.js"
import { struct } from "../../internal/schema/struct.js"
import {
  nullableOptional,
  absentIfEmpty,
  enveloped,
  Id,
  listOf,
  Named,
  someCount,
  someFlag,
  textOr,
  TimestampIfAny,
  upTo
} from "../../internal/schema/wire.js"
import { listed, type ServiceContext } from "./context.js"
import { Component, NodeGroup, nodeGroupFields } from "./nodeGroups.js"
import type { ByStackId } from "./references.js"
import { countOf, under } from "./requests.js"
import { nameOf } from "./responses.js"

/** A service of a stack: HDFS, YARN, Hive, … */
export interface StackService {
  /** Empty where the cloud does not return it. */
  readonly name: string
  readonly version?: string | undefined
  readonly modes: ReadonlyArray<string>
  readonly components: ReadonlyArray<Component>
}

export const stackServiceFields = {
  name: textOr(""),
  version: absentIfEmpty,
  modes: listOf(nameOf),
  components: listOf(Component)
}

export const StackService = struct<StackService>(stackServiceFields)

/** A stack as it stands in the list of stacks: the services that a cluster is made with. */
export interface StackSummary {
  readonly id: string
  /** Empty where the cloud does not return it. */
  readonly name: string
  readonly description?: string | undefined
  /** The distro that its services are taken from: `HDP2.2`. */
  readonly distroId?: string | undefined
  readonly services: ReadonlyArray<StackService>
}

export const stackSummaryFields = {
  id: Id,
  name: textOr(""),
  description: absentIfEmpty,
  distroId: nullableOptional(Id).pipe(Schema.fromKey("distro")),
  services: listOf(StackService)
}

export const StackSummary = struct<StackSummary>(stackSummaryFields)

/** What a cluster of a stack may and must have of a node group. */
export interface ResourceLimits {
  /** How many nodes at the least. */
  readonly minCount?: number | undefined
  /** How many nodes at the most. */
  readonly maxCount?: number | undefined
  /** How much memory a node needs at the least. */
  readonly minRamMegabytes?: number | undefined
}

export const ResourceLimits = struct<ResourceLimits>({
  minCount: someCount.pipe(Schema.fromKey("min_count")),
  maxCount: someCount.pipe(Schema.fromKey("max_count")),
  minRamMegabytes: someCount.pipe(Schema.fromKey("min_ram"))
})

/** A node group of a stack: what stands on its nodes, and what a cluster gets of it where it does not say otherwise. */
export interface StackNodeGroup extends NodeGroup {
  readonly resourceLimits: ResourceLimits
}

export const StackNodeGroup = struct<StackNodeGroup>({
  ...nodeGroupFields,
  resourceLimits: Schema.optionalWith(ResourceLimits, { nullable: true, default: () => ({}) }).pipe(
    Schema.fromKey("resource_limits")
  )
})

/** A stack, whole. */
export interface Stack extends StackSummary {
  readonly created?: DateTime.Utc | undefined
  readonly nodeGroups: ReadonlyArray<StackNodeGroup>
  /** Whether it is the account's own. Absent where the cloud does not return it. */
  readonly isDeletable?: boolean | undefined
}

export const Stack = struct<Stack>({
  ...stackSummaryFields,
  created: TimestampIfAny,
  nodeGroups: listOf(StackNodeGroup).pipe(Schema.fromKey("node_groups")),
  isDeletable: someFlag.pipe(Schema.fromKey("is_deletable"))
})

/** A service that a new stack takes from its distro. */
export interface NewStackService {
  /** As its distro names it: `HDFS`. */
  readonly name: string
  /** Those of the service's modes that are wanted: `Secondary`. */
  readonly modes?: ReadonlyArray<string> | undefined
}

export const NewStackService = struct<NewStackService>({
  name: upTo(255, "the name of a service"),
  modes: Schema.optional(Schema.Array(upTo(255, "the name of a mode")))
})

/** A node group of a new stack. */
export interface NewStackNodeGroup {
  readonly id: string
  readonly flavorId?: string | undefined
  readonly count?: number | undefined
  /** The names of the components on its nodes. */
  readonly components?: ReadonlyArray<string> | undefined
}

export const NewStackNodeGroup = struct<NewStackNodeGroup>({
  id: upTo(36, "the id of a node group"),
  flavorId: Schema.optional(Named).pipe(Schema.fromKey("flavor_id")),
  count: Schema.optional(countOf(0)),
  components: Schema.optional(Schema.Array(under("name", Named)))
})

/** A stack to create. */
export interface CreateStack {
  /** 1 to 255 characters. */
  readonly name: string
  /** 1 to 1,024 characters. */
  readonly description?: string | undefined
  /** The distro that its services are taken from: `HDP2.2`. */
  readonly distroId: string
  /** The services that run on its clusters. */
  readonly services: NonEmptyReadonlyArray<NewStackService>
  /** How the services are laid out. Default: as the cloud does it. */
  readonly nodeGroups?: ReadonlyArray<NewStackNodeGroup> | undefined
}

export const CreateStack = struct<CreateStack>({
  name: upTo(255, "a name"),
  description: Schema.optional(upTo(1024, "a description")),
  distroId: Schema.propertySignature(upTo(255, "the id of a distro")).pipe(Schema.fromKey("distro")),
  services: Schema.NonEmptyArray(NewStackService),
  nodeGroups: Schema.optional(Schema.Array(NewStackNodeGroup)).pipe(Schema.fromKey("node_groups"))
})

/** The operations on stacks. */
export const stackEndpoints = Endpoint.table("CloudBigData", {
  /** Stacks, the cloud's and the account's, a page of them. "List all stacks", `GET /stacks`. */
  listStacksPage: Endpoint.define<PageQuery>()("GET", "/stacks", {
    query: pageQuery,
    success: Endpoint.json(page("stacks", StackSummary, "links"))
  }),
  /** One stack, whole. Fails with `NotFound`. "Show stack details", `GET /stacks/{stackId}`. */
  getStack: Endpoint.define<ByStackId>()("GET", "/stacks/{stackId}", {
    success: Endpoint.json(enveloped("stack", Stack)),
    errors: ["NotFound"]
  }),
  /**
   * Creates a stack from a distro's services. Where no node groups are given, the cloud lays the services out itself. Fails with
   * `BadRequest` where the distro has no such service or mode, with `QuotaExceeded` where the account has too many stacks.
   * "Create a stack", `POST /stacks`.
   */
  createStack: Endpoint.define<CreateStack>()("POST", "/stacks", {
    body: enveloped("stack", CreateStack),
    success: Endpoint.json(enveloped("stack", Stack)),
    errors: ["QuotaExceeded"]
  }),
  /**
   * Deletes a stack of the account's own. Clusters that were made of it stay. Fails with `NotFound`, with `BadRequest` or
   * `Conflict` where it is the cloud's or in use. "Delete a stack", `DELETE /stacks/{stackId}`.
   */
  deleteStack: Endpoint.define<ByStackId>()("DELETE", "/stacks/{stackId}", { errors: ["NotFound", "Conflict"] })
})

/** The operations on stacks, and their listing. */
export const makeStacks = ({ client }: ServiceContext) => {
  const operations = Endpoint.client(client, stackEndpoints)
  return { ...operations, listStacks: listed("listStacks", operations.listStacksPage) }
}
