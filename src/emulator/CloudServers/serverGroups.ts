/** Server groups (`os-server-groups`), which place servers on the same host or on different ones. */
import { randomUUID } from "node:crypto"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Fields from "../Fields.js"
import * as Listing from "./listing.js"
import type { Policy } from "./placement.js"
import type { NovaRequest, NovaRoutes } from "./requests.js"
import {
  badRequest,
  demandAdministrator,
  demandMicroversion,
  forbidden,
  invalid,
  notFound,
  refuseOthers,
  speaks,
  within
} from "./requests.js"
import type { ServerRecord } from "./serverRecord.js"

/** The maximum number of groups per project, and of servers per group. */
const quota = { groups: 10, members: 10 }

export interface ServerGroup extends Policy {
  readonly id: string
  readonly name: string
}

/** The server groups of one region. */
export interface ServerGroups {
  readonly find: (id: string) => ServerGroup | undefined
  readonly routes: ReadonlyArray<NovaRoutes>
  /** Refuses with 403 if a group would have too many servers. */
  readonly checkQuota: (group: ServerGroup, more: number) => void
}

const policies = ["affinity", "anti-affinity"]

/** Since microversion 2.15. */
const softPolicies = ["soft-affinity", "soft-anti-affinity"]

const readPolicy = (value: unknown, request: NovaRequest): string => {
  const known = speaks(request, 15) ? [...policies, ...softPolicies] : policies
  return typeof value === "string" && known.includes(value)
    ? value
    : invalid("policies", `${Fields.textOf(value)} is not one of ['${known.join("', '")}']`)
}

const readName = (value: unknown): string =>
  typeof value === "string" && value.length >= 1 && value.length <= 255 && value.trim() === value
    ? value
    : invalid("name", `${Fields.textOf(value)} is not a name of 1 to 255 characters`)

/** Up to microversion 2.63: a list of one policy. */
const readOlder = (sent: Fields.JsonObject, request: NovaRequest): ServerGroup => {
  refuseOthers("server_group", sent, ["name", "policies"])
  const list = sent["policies"]
  if (!Array.isArray(list) || list.length !== 1) {
    return invalid("policies", `${Fields.textOf(list)} is not a list of one policy`)
  }
  const name = readName(sent["name"])
  return { id: randomUUID(), name, policy: readPolicy(list[0], request), maxServersPerHost: undefined }
}

/** Since microversion 2.64: one policy and its rules. */
const readNewer = (sent: Fields.JsonObject, request: NovaRequest): ServerGroup => {
  refuseOthers("server_group", sent, ["name", "policy", "rules"])
  const name = readName(sent["name"])
  const policy = readPolicy(sent["policy"], request)
  const rules = sent["rules"] ?? {}
  if (!Fields.isObject(rules)) {
    return invalid("rules", `${Fields.textOf(rules)} is not of type 'object'`)
  }
  refuseOthers("rules", rules, ["max_server_per_host"])
  const maxServers = rules["max_server_per_host"]
  if (maxServers === undefined) {
    return { id: randomUUID(), name, policy, maxServersPerHost: undefined }
  }
  if (!/^[1-9]\d*$/.test(Fields.textOf(maxServers))) {
    return invalid("max_server_per_host", `${Fields.textOf(maxServers)} is less than the minimum of 1`)
  }
  if (policy !== "anti-affinity") {
    return badRequest("Only anti-affinity policy supports rules.")
  }
  return { id: randomUUID(), name, policy, maxServersPerHost: Number(maxServers) }
}

/** No server groups yet. */
export const make = (membersOf: (groupId: string) => ReadonlyArray<ServerRecord>): ServerGroups => {
  const groups = new Map<string, ServerGroup>()

  const toJson = (group: ServerGroup, request: NovaRequest): Readonly<Record<string, unknown>> => ({
    id: group.id,
    name: group.name,
    ...(speaks(request, 64)
      ? {
          policy: group.policy,
          rules: group.maxServersPerHost === undefined ? {} : { max_server_per_host: group.maxServersPerHost }
        }
      : { policies: [group.policy], metadata: {} }),
    members: membersOf(group.id).map(({ id }) => id),
    ...(speaks(request, 13) ? { project_id: request.caller.tenantId, user_id: request.caller.userId } : {})
  })

  const create = (request: NovaRequest): WireResponse => {
    const sent = request.body?.["server_group"]
    if (!Fields.isObject(sent)) {
      return invalid("server_group", "It is required")
    }
    const group = speaks(request, 64) ? readNewer(sent, request) : readOlder(sent, request)
    if (groups.size >= quota.groups) {
      return forbidden("Quota exceeded, too many server groups.")
    }
    groups.set(group.id, group)
    return Reply.json(200, { server_group: toJson(group, request) })
  }

  const list = (request: NovaRequest): WireResponse => {
    if (request.query.has("all_projects")) {
      demandAdministrator(request, "os_compute_api:os-server-groups:index:all_projects")
    }
    return Reply.json(200, {
      server_groups: Listing.counted([...groups.values()], request.query).map((group) => toJson(group, request))
    })
  }

  return {
    find: (id) => groups.get(id),
    checkQuota: (group, more) => {
      if (membersOf(group.id).length + more > quota.members) {
        forbidden("Quota exceeded, too many servers in group")
      }
    },
    routes: [
      within("/os-server-groups", (request) => demandMicroversion(request, 1))({
        "GET /os-server-groups": (_, request) => list(request),
        "POST /os-server-groups": (_, request) => create(request)
      }),
      within("/os-server-groups/{id}", (request, { id }) => {
        demandMicroversion(request, 1)
        return groups.get(id) ?? notFound(`Instance group ${id} could not be found.`)
      })({
        "GET /os-server-groups/{id}": (group, request) => Reply.json(200, { server_group: toJson(group, request) }),
        "DELETE /os-server-groups/{id}": ({ id }) => {
          groups.delete(id)
          return Reply.empty(204)
        }
      })
    ]
  }
}
