/**
 * Groups of servers that are to be on the same host, or on different ones: models and operations. OpenStack has them; Rackspace
 * does not.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import {
  absent,
  absentIfEmpty,
  Count,
  enveloped,
  Id,
  JsonMap,
  listOf,
  Named,
  open,
  Text
} from "../../internal/schema/wire.js"
import { type Context, methods } from "./context.js"
import { countedListing } from "./countedListing.js"
import { isAtLeast } from "./microversions.js"

const Wire = Schema.Struct({
  id: Id,
  name: absent(Text),
  policy: absentIfEmpty,
  policies: listOf(Text),
  rules: absent(Schema.Struct({ max_server_per_host: absent(Count) })),
  members: listOf(Id),
  metadata: absent(JsonMap),
  project_id: absent(Id),
  user_id: absent(Id)
})

const Policy = open("affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity")

const Domain = Schema.Struct({
  id: Schema.String,
  name: Schema.optional(Schema.String),
  /** Absent where the cloud does not return it. */
  policy: Schema.optional(Policy),
  /** With the policy `anti-affinity`: how many of them one host may have. Only from Nova's microversion 2.64 on. */
  maxServersPerHost: Schema.optional(Schema.Number),
  /** Ids of its servers. */
  members: Schema.Array(Schema.String),
  /** Only from Nova's microversion 2.13 on. */
  projectId: Schema.optional(Schema.String),
  /** Only from Nova's microversion 2.13 on. */
  userId: Schema.optional(Schema.String)
})

/**
 * A group of servers that are to be on the same host, or on different ones.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServerGroup extends Schema.Schema.Type<typeof Domain> {}

/**
 * A group of servers that are to be on the same host, or on different ones.
 *
 * @since 0.1.0
 * @category models
 */
export const ServerGroup = Schema.transform(Wire, Domain, {
  strict: false,
  // Up to microversion 2.63 a group has a list of policies, which has one member.
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
}) as unknown as Schema.Schema<ServerGroup, unknown>

const CreateFields = Schema.Struct({
  /** 1 to 255 characters. */
  name: Named,
  /**
   * `affinity`: all on one host; `anti-affinity`: each on another host; the `soft-` ones (microversion 2.15) where that is
   * possible.
   */
  policy: Policy,
  /** With the policy `anti-affinity`: how many of them one host may have. Default 1. Needs microversion 2.64. */
  maxServersPerHost: Schema.optional(Schema.Int.pipe(Schema.positive()))
})

/** The body of a creation, which Nova changed with microversion 2.64. */
const createBody = (encode: (group: typeof CreateFields.Type) => unknown) =>
  Schema.transform(Schema.Unknown, CreateFields, {
    strict: false,
    decode: (wire) => wire,
    encode
  }) as unknown as Schema.Schema<typeof CreateFields.Type, unknown>

const create = (body: Schema.Schema<typeof CreateFields.Type, unknown>) =>
  Endpoint.named(
    "CloudServers.createServerGroup",
    Endpoint.make("POST", "/os-server-groups", {
      body,
      success: Endpoint.json(enveloped("server_group", ServerGroup)),
      errors: ["Conflict", "QuotaExceeded"]
    })
  )

/** The creation of a group from Nova's microversion 2.64 on. */
const createServerGroupWithRules = create(
  createBody(({ maxServersPerHost, name, policy }) => ({
    server_group: {
      name,
      policy,
      ...(maxServersPerHost !== undefined && { rules: { max_server_per_host: maxServersPerHost } })
    }
  }))
)

/**
 * The operations on server groups, as data.
 *
 * @since 0.1.0
 * @category operations
 */
export const serverGroupEndpoints = Endpoint.table("CloudServers", {
  /**
   * The project's server groups, a page of them. "List server groups", `GET /os-server-groups`.
   */
  listServerGroupsPage: Endpoint.make("GET", "/os-server-groups", {
    query: {
      /** Those of all projects, for operators of the cloud. */
      allProjects: Schema.optional(Schema.Boolean).pipe(Schema.fromKey("all_projects")),
      limit: Schema.optional(Schema.NonNegativeInt),
      /** How many groups to leave out at the start. */
      offset: Schema.optional(Schema.NonNegativeInt)
    },
    success: Endpoint.list("server_groups", ServerGroup)
  }),
  /**
   * Makes a server group; a new server joins it by `schedulerHints.group`. Fails with `QuotaExceeded`. "Create server group",
   * `POST /os-server-groups`.
   */
  createServerGroup: create(createBody(({ name, policy }) => ({ server_group: { name, policies: [policy] } }))),
  /** One server group. Fails with `NotFound`. "Show server group details", `GET /os-server-groups/{server_group_id}`. */
  getServerGroup: Endpoint.make("GET", "/os-server-groups/{serverGroupId}", {
    parameters: { serverGroupId: Named },
    success: Endpoint.json(enveloped("server_group", ServerGroup)),
    errors: ["NotFound"]
  }),
  /**
   * Deletes a server group; its servers stay. Fails with `NotFound`. "Delete server group", `DELETE
   * /os-server-groups/{server_group_id}`.
   */
  deleteServerGroup: Endpoint.make("DELETE", "/os-server-groups/{serverGroupId}", {
    parameters: { serverGroupId: Named },
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
