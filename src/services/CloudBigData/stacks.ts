/**
 * Stacks: the services that a cluster is made with.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { page, pageQuery } from "../../internal/paging/listing.js"
import {
  absent,
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
import { Component, NodeGroup } from "./nodeGroups.js"
import { countOf, under } from "./requests.js"
import { nameOf } from "./responses.js"

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

const NewStackService = Schema.Struct({
  /** As its distro names it: `HDFS`. */
  name: upTo(255, "the name of a service"),
  /** Those of the service's modes that are wanted: `Secondary`. */
  modes: Schema.optional(Schema.Array(upTo(255, "the name of a mode")))
})

const NewStackNodeGroup = Schema.Struct({
  id: upTo(36, "the id of a node group"),
  flavorId: Schema.optional(Named).pipe(Schema.fromKey("flavor_id")),
  count: Schema.optional(countOf(0)),
  /** The names of the components on its nodes. */
  components: Schema.optional(Schema.Array(under("name", Named)))
})

/** The operations on stacks. */
export const stackEndpoints = Endpoint.table("CloudBigData", {
  /** Stacks, the cloud's and the account's, a page of them. "List all stacks", `GET /stacks`. */
  listStacksPage: Endpoint.make("GET", "/stacks", {
    query: pageQuery,
    success: Endpoint.json(page("stacks", StackSummary, "links"))
  }),
  /** One stack, whole. Fails with `NotFound`. "Show stack details", `GET /stacks/{stackId}`. */
  getStack: Endpoint.make("GET", "/stacks/{stackId}", {
    parameters: { stackId: Named },
    success: Endpoint.json(enveloped("stack", Stack)),
    errors: ["NotFound"]
  }),
  /**
   * Creates a stack from a distro's services. Where no node groups are given, the cloud lays the services out itself. Fails with
   * `BadRequest` where the distro has no such service or mode, with `QuotaExceeded` where the account has too many stacks.
   * "Create a stack", `POST /stacks`.
   */
  createStack: Endpoint.make("POST", "/stacks", {
    body: enveloped(
      "stack",
      Schema.Struct({
        /** 1 to 255 characters. */
        name: upTo(255, "a name"),
        /** 1 to 1,024 characters. */
        description: Schema.optional(upTo(1024, "a description")),
        distroId: Schema.propertySignature(upTo(255, "the id of a distro")).pipe(Schema.fromKey("distro")),
        services: Schema.NonEmptyArray(NewStackService),
        nodeGroups: Schema.optional(Schema.Array(NewStackNodeGroup)).pipe(Schema.fromKey("node_groups"))
      })
    ),
    success: Endpoint.json(enveloped("stack", Stack)),
    errors: ["QuotaExceeded"]
  }),
  /**
   * Deletes a stack of the account's own. Clusters that were made of it stay. Fails with `NotFound`, with `BadRequest` or
   * `Conflict` where it is the cloud's or in use. "Delete a stack", `DELETE /stacks/{stackId}`.
   */
  deleteStack: Endpoint.make("DELETE", "/stacks/{stackId}", {
    parameters: { stackId: Named },
    errors: ["NotFound", "Conflict"]
  })
})

/** The operations on stacks, and their listing. */
export const makeStacks = ({ client }: ServiceContext) => {
  const operations = Endpoint.client(client, stackEndpoints)
  return { ...operations, listStacks: listed("listStacks", operations.listStacksPage) }
}
