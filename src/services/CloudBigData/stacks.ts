/** Stacks: the services that clusters are created with. */
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
  /** Empty if the cloud does not return it. */
  readonly name: string
  readonly version?: string | undefined
  readonly modes: ReadonlyArray<string>
  readonly components: ReadonlyArray<Component>
}

export const stackServiceFields = () => ({
  name: textOr(""),
  version: absentIfEmpty,
  modes: listOf(nameOf),
  components: listOf(Component)
})

export const StackService = struct<StackService>(stackServiceFields)

/** A stack in a list. */
export interface StackSummary {
  readonly id: string
  /** Empty if the cloud does not return it. */
  readonly name: string
  readonly description?: string | undefined
  /** The distro that provides its services: `HDP2.2`. */
  readonly distroId?: string | undefined
  readonly services: ReadonlyArray<StackService>
}

export const stackSummaryFields = () => ({
  id: Id,
  name: textOr(""),
  description: absentIfEmpty,
  distroId: nullableOptional(Id).pipe(Schema.fromKey("distro")),
  services: listOf(StackService)
})

export const StackSummary = struct<StackSummary>(stackSummaryFields)

/** The limits of a node group in the clusters of a stack. */
export interface ResourceLimits {
  /** The minimum number of nodes. */
  readonly minCount?: number | undefined
  /** The maximum number of nodes. */
  readonly maxCount?: number | undefined
  /** The minimum memory of a node. */
  readonly minRamMegabytes?: number | undefined
}

export const ResourceLimits = struct<ResourceLimits>(() => ({
  minCount: someCount.pipe(Schema.fromKey("min_count")),
  maxCount: someCount.pipe(Schema.fromKey("max_count")),
  minRamMegabytes: someCount.pipe(Schema.fromKey("min_ram"))
}))

/** A node group of a stack: its components, and the defaults of clusters. */
export interface StackNodeGroup extends NodeGroup {
  readonly resourceLimits: ResourceLimits
}

export const StackNodeGroup = struct<StackNodeGroup>(() => ({
  ...nodeGroupFields(),
  resourceLimits: Schema.optionalWith(ResourceLimits, { nullable: true, default: () => ({}) }).pipe(
    Schema.fromKey("resource_limits")
  )
}))

/** A stack with all details. */
export interface Stack extends StackSummary {
  readonly created?: DateTime.Utc | undefined
  readonly nodeGroups: ReadonlyArray<StackNodeGroup>
  /** Whether it belongs to the account. Absent if the cloud does not return it. */
  readonly isDeletable?: boolean | undefined
}

export const Stack = struct<Stack>(() => ({
  ...stackSummaryFields(),
  created: TimestampIfAny,
  nodeGroups: listOf(StackNodeGroup).pipe(Schema.fromKey("node_groups")),
  isDeletable: someFlag.pipe(Schema.fromKey("is_deletable"))
}))

/** A service of a new stack. */
export interface NewStackService {
  /** Its name in the distro: `HDFS`. */
  readonly name: string
  /** The modes of the service to include: `Secondary`. */
  readonly modes?: ReadonlyArray<string> | undefined
}

export const NewStackService = struct<NewStackService>(() => ({
  name: upTo(255, "the name of a service"),
  modes: Schema.optional(Schema.Array(upTo(255, "the name of a mode")))
}))

/** A node group of a new stack. */
export interface NewStackNodeGroup {
  readonly id: string
  readonly flavorId?: string | undefined
  readonly count?: number | undefined
  /** The names of the components on its nodes. */
  readonly components?: ReadonlyArray<string> | undefined
}

export const NewStackNodeGroup = struct<NewStackNodeGroup>(() => ({
  id: upTo(36, "the id of a node group"),
  flavorId: Schema.optional(Named).pipe(Schema.fromKey("flavor_id")),
  count: Schema.optional(countOf(0)),
  components: Schema.optional(Schema.Array(under("name", Named)))
}))

/** A stack to create. */
export interface CreateStack {
  /** 1 to 255 characters. */
  readonly name: string
  /** 1 to 1,024 characters. */
  readonly description?: string | undefined
  /** The distro that provides its services: `HDP2.2`. */
  readonly distroId: string
  /** The services that run on its clusters. */
  readonly services: NonEmptyReadonlyArray<NewStackService>
  /** How the services are distributed. By default the cloud decides. */
  readonly nodeGroups?: ReadonlyArray<NewStackNodeGroup> | undefined
}

export const CreateStack = struct<CreateStack>(() => ({
  name: upTo(255, "a name"),
  description: Schema.optional(upTo(1024, "a description")),
  distroId: Schema.propertySignature(upTo(255, "the id of a distro")).pipe(Schema.fromKey("distro")),
  services: Schema.NonEmptyArray(NewStackService),
  nodeGroups: Schema.optional(Schema.Array(NewStackNodeGroup)).pipe(Schema.fromKey("node_groups"))
}))

/** The operations on stacks. */
export const stackEndpoints = Endpoint.table("CloudBigData", {
  /** A page of stacks, the cloud's and the account's. "List all stacks", `GET /stacks`. */
  listStacksPage: Endpoint.define<PageQuery>()("GET", "/stacks", {
    query: pageQuery,
    success: Endpoint.json(page("stacks", StackSummary, "links"))
  }),
  /** A stack. Fails with `NotFound`. "Show stack details", `GET /stacks/{stackId}`. */
  getStack: Endpoint.define<ByStackId>()("GET", "/stacks/{stackId}", {
    success: Endpoint.json(enveloped("stack", Stack)),
    errors: ["NotFound"]
  }),
  /**
   * Creates a stack from a distro's services. Without node groups, the cloud distributes the services. Fails with
   * `BadRequest` if the distro has no such service or mode, and with `QuotaExceeded` if the account has too many
   * stacks. "Create a stack", `POST /stacks`.
   */
  createStack: Endpoint.define<CreateStack>()("POST", "/stacks", {
    body: enveloped("stack", CreateStack),
    success: Endpoint.json(enveloped("stack", Stack)),
    errors: ["QuotaExceeded"]
  }),
  /**
   * Deletes one of the account's stacks, but not its clusters. Fails with `NotFound`, and with `BadRequest` or
   * `Conflict` if it is the cloud's or in use. "Delete a stack", `DELETE /stacks/{stackId}`.
   */
  deleteStack: Endpoint.define<ByStackId>()("DELETE", "/stacks/{stackId}", { errors: ["NotFound", "Conflict"] })
})

/** The operations on stacks, and their listing. */
export const makeStacks = ({ client }: ServiceContext) => {
  const operations = Endpoint.client(client, stackEndpoints)
  return { ...operations, listStacks: listed("listStacks", operations.listStacksPage) }
}
