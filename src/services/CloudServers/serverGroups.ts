/** Server groups, which place servers on the same host or on different ones: models and operations. OpenStack only. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import type { PageSize } from "../../internal/paging/listing.js"
import { hideEncoded, lazy } from "../../internal/schema/lazy.js"
import { lazyStruct, struct } from "../../internal/schema/struct.js"
import {
  nullableOptional,
  absentIfEmpty,
  Count,
  enveloped,
  Id,
  JsonMap,
  listOf,
  Named,
  openEnum,
  Text
} from "../../internal/schema/wire.js"
import { type Context, methods } from "./context.js"
import { countedListing } from "./countedListing.js"
import { isAtLeast } from "./microversions.js"
import type { ByServerGroupId } from "./references.js"

const Wire = lazyStruct(() => ({
  id: Id,
  name: nullableOptional(Text),
  policy: absentIfEmpty,
  policies: listOf(Text),
  rules: nullableOptional(Schema.Struct({ max_server_per_host: nullableOptional(Count) })),
  members: listOf(Id),
  metadata: nullableOptional(JsonMap),
  project_id: nullableOptional(Id),
  user_id: nullableOptional(Id)
}))

/** Where the servers of a group are placed. */
export type ServerGroupPolicy = typeof Policy.Type

const Policy = openEnum("affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity")

/** A group of servers to place on the same host, or on different ones. */
export interface ServerGroup {
  readonly id: string
  readonly name?: string | undefined
  /** Absent if the cloud does not return it. */
  readonly policy?: ServerGroupPolicy | undefined
  /** With the policy `anti-affinity`: how many of its servers one host may have. Since Nova's microversion 2.64. */
  readonly maxServersPerHost?: number | undefined
  /** Ids of its servers. */
  readonly members: ReadonlyArray<string>
  /** Since Nova's microversion 2.13. */
  readonly projectId?: string | undefined
  /** Since Nova's microversion 2.13. */
  readonly userId?: string | undefined
}

const Domain = struct<ServerGroup>(() => ({
  id: Schema.String,
  name: Schema.optional(Schema.String),
  policy: Schema.optional(Policy),
  maxServersPerHost: Schema.optional(Schema.Number),
  members: Schema.Array(Schema.String),
  projectId: Schema.optional(Schema.String),
  userId: Schema.optional(Schema.String)
}))

export const ServerGroup: Schema.Schema<ServerGroup, unknown> = lazy(() =>
  hideEncoded(
    Schema.transform(Wire, Domain, {
      strict: false,
      // Up to microversion 2.63 a group has a list of policies with one item.
      decode: ({ id, members, name, policies, policy = policies[0], project_id, rules, user_id }) => ({
        id,
        members,
        ...(name !== undefined && { name }),
        ...(policy !== undefined && { policy }),
        ...(rules?.max_server_per_host !== undefined && { maxServersPerHost: rules.max_server_per_host }),
        ...(project_id !== undefined && { projectId: project_id }),
        ...(user_id !== undefined && { userId: user_id })
      }),
      encode: (group) => group
    })
  )
)

/** A server group to create. */
export interface CreateServerGroup {
  /** 1 to 255 characters. */
  readonly name: string
  /**
   * `affinity`: all on one host; `anti-affinity`: each on a different host; `soft-…` (microversion 2.15): if possible.
   */
  readonly policy: ServerGroupPolicy
  /** With the policy `anti-affinity`: how many of its servers one host may have. Default 1. Needs microversion 2.64. */
  readonly maxServersPerHost?: number | undefined
}

export const CreateServerGroup = struct<CreateServerGroup>(() => ({
  name: Named,
  policy: Policy,
  maxServersPerHost: Schema.optional(Schema.Int.pipe(Schema.positive()))
}))

/** The request body, which changed with Nova's microversion 2.64. It is only encoded, so the wire form has no type. */
const createBody = (encode: (group: CreateServerGroup) => unknown) =>
  hideEncoded(
    Schema.transform(Schema.Unknown, CreateServerGroup, {
      strict: false,
      decode: (wire) => wire,
      encode: (_, group) => encode(group)
    })
  )

const create = (body: Schema.Schema<CreateServerGroup, unknown>) =>
  Endpoint.named(
    "CloudServers.createServerGroup",
    Endpoint.define<CreateServerGroup>()("POST", "/os-server-groups", {
      body,
      success: Endpoint.json(enveloped("server_group", ServerGroup)),
      errors: ["Conflict", "QuotaExceeded"]
    })
  )

/** The creation of a group since Nova's microversion 2.64. */
const createServerGroupWithRules = create(
  createBody(({ maxServersPerHost, name, policy }) => ({
    server_group: {
      name,
      policy,
      ...(maxServersPerHost !== undefined && { rules: { max_server_per_host: maxServersPerHost } })
    }
  }))
)

/** A page of server groups. */
export interface ListServerGroupsPage {
  /** Whether to list the groups of all projects, for operators of the cloud. */
  readonly allProjects?: boolean | undefined
  /** The maximum number of groups in the page. */
  readonly limit?: number | undefined
  /** How many groups to skip. */
  readonly offset?: number | undefined
}

/** Which server groups to list. */
export interface ListServerGroups extends Omit<ListServerGroupsPage, "limit" | "offset">, PageSize {}

/** The operations on server groups, as data. */
export const serverGroupEndpoints = Endpoint.table("CloudServers", {
  /** A page of the project's server groups. "List server groups", `GET /os-server-groups`. */
  listServerGroupsPage: Endpoint.define<ListServerGroupsPage>()("GET", "/os-server-groups", {
    query: () => ({
      allProjects: Schema.optional(Schema.Boolean).pipe(Schema.fromKey("all_projects")),
      limit: Schema.optional(Schema.NonNegativeInt),
      offset: Schema.optional(Schema.NonNegativeInt)
    }),
    success: Endpoint.list("server_groups", ServerGroup)
  }),
  /**
   * Creates a server group, which new servers join with `schedulerHints.group`. Fails with `QuotaExceeded`. "Create
   * server group", `POST /os-server-groups`.
   */
  createServerGroup: create(createBody(({ name, policy }) => ({ server_group: { name, policies: [policy] } }))),
  /** A server group. Fails with `NotFound`. "Show server group details", `GET /os-server-groups/{server_group_id}`. */
  getServerGroup: Endpoint.define<ByServerGroupId>()("GET", "/os-server-groups/{serverGroupId}", {
    success: Endpoint.json(enveloped("server_group", ServerGroup)),
    errors: ["NotFound"]
  }),
  /**
   * Deletes a server group, but not its servers. Fails with `NotFound`. "Delete server group", `DELETE
   * /os-server-groups/{server_group_id}`.
   */
  deleteServerGroup: Endpoint.define<ByServerGroupId>()("DELETE", "/os-server-groups/{serverGroupId}", {
    errors: ["NotFound"]
  })
})

/** The methods for server groups. */
export const makeServerGroups = (context: Context) => {
  const { createServerGroup, listServerGroupsPage } = serverGroupEndpoints
  const withRules = isAtLeast(context.microversion, "2.64")
  const pages = methods(context, { listServerGroupsPage: Endpoint.listItems(listServerGroupsPage) })
  return {
    ...methods(context, {
      ...serverGroupEndpoints,
      createServerGroup: withRules ? createServerGroupWithRules : createServerGroup
    }),
    listServerGroups: countedListing("listServerGroups", pages.listServerGroupsPage)
  }
}
