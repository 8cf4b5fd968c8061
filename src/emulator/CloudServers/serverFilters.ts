/** The filters and sort order of server listings, as Rackspace documents them, or Nova's API reference. */
import { RE2JS } from "re2js"
import * as Listing from "./listing.js"
import * as Placement from "./placement.js"
import type { NovaRequest } from "./requests.js"
import { badRequest, demandAdministrator, idOf, speaks } from "./requests.js"
import * as ServerRecord from "./serverRecord.js"

type Server = ServerRecord.ServerRecord

type Filter = (server: Server) => boolean

/** How long deleted servers are listed with `changes-since`. */
const deletedVisible = 30 * 24 * 60 * 60 * 1000

/** RE2 runs in linear time; with JavaScript's regular expressions a request could block the process. */
const pattern = (query: URLSearchParams, name: string): RE2JS | undefined => {
  const value = query.get(name)
  try {
    return value === null ? undefined : RE2JS.compile(value)
  } catch {
    return badRequest(`Invalid ${name} filter: not a regular expression`)
  }
}

/** Filters by `changes-since` and, with microversion 2.66, `changes-before`. */
const byTime = (request: NovaRequest): Filter => {
  const { now, query } = request
  const since = Listing.changesSince(query)
  const before = speaks(request, 66) ? Listing.moment(query, "changes-before") : undefined
  if (since !== undefined && before !== undefined && since > before) {
    badRequest("The value of changes-since must be less than or equal to changes-before.")
  }
  return (server) =>
    (server.deletedAt === undefined ||
      ((since !== undefined || before !== undefined) && now - server.deletedAt <= deletedVisible)) &&
    (since === undefined || server.updatedAt >= since) &&
    (before === undefined || server.updatedAt <= before)
}

const documented = ({ now, query }: NovaRequest): Filter => {
  const name = pattern(query, "name")
  const image = query.get("image")
  const flavor = query.get("flavor")
  const status = query.get("status")?.toUpperCase()
  return (server) =>
    (name === undefined || name.matcher(server.name).find()) &&
    (image === null || server.imageId === idOf(image)) &&
    (flavor === null || server.flavorId === idOf(flavor)) &&
    (status === undefined || ServerRecord.statusOf(server, now) === status)
}

/** The four filters by tags, since microversion 2.26. */
const byTags = (query: URLSearchParams): Filter => {
  const [all, any, notAll, notAny] = ["tags", "tags-any", "not-tags", "not-tags-any"].map((name) =>
    query.get(name)?.split(",")
  )
  return ({ tags }) =>
    (all === undefined || all.every((tag) => tags.includes(tag))) &&
    (any === undefined || any.some((tag) => tags.includes(tag))) &&
    (notAll === undefined || !notAll.every((tag) => tags.includes(tag))) &&
    (notAny === undefined || !notAny.some((tag) => tags.includes(tag)))
}

/** Filters by a field's exact value. */
const exact = (query: URLSearchParams, fields: Readonly<Record<string, (server: Server) => string | null>>): Filter => {
  const wanted = Object.entries(fields).flatMap(([name, field]) => {
    const value = query.get(name)
    return value === null ? [] : [{ value, field }]
  })
  return (server) => wanted.every(({ field, value }) => field(server) === value)
}

const byAddress = (query: URLSearchParams): Filter => {
  const [ip4, ip6] = [pattern(query, "ip"), pattern(query, "ip6")]
  const has = (server: Server, version: 4 | 6, wanted: RE2JS): boolean =>
    server.interfaces.some(({ addresses }) =>
      addresses.some((address) => address.version === version && wanted.matcher(address.addr).find())
    )
  return (server) => (ip4 === undefined || has(server, 4, ip4)) && (ip6 === undefined || has(server, 6, ip6))
}

const isNo = (value: string): boolean => /^(0|f|false|n|no|off)$/i.test(value)

/** The filters of OpenStack. Those reserved for administrators are ignored for others, as in Nova. */
const ofOpenStack = (request: NovaRequest): ReadonlyArray<Filter> => {
  const { isAdministrator, now, query } = request
  const allTenants = query.get("all_tenants")
  if (allTenants !== null && !isNo(allTenants)) {
    demandAdministrator(request, "os_compute_api:servers:index:get_all_tenants")
  }
  const locked = query.get("locked")
  return [
    byAddress(query),
    exact(query, { reservation_id: (server) => server.reservationId }),
    ...(speaks(request, 26) ? [byTags(query)] : []),
    ...(speaks(request, 73) && locked !== null
      ? [(server: Server) => (server.locked !== undefined) === !isNo(locked)]
      : []),
    ...(speaks(request, 83) || isAdministrator
      ? [
          exact(query, {
            availability_zone: (server) => server.availabilityZone,
            key_name: (server) => server.keyName,
            vm_state: (server) => ServerRecord.vmStateOf(server),
            task_state: (server) => ServerRecord.taskStateOf(server, now)
          })
        ]
      : []),
    ...(isAdministrator
      ? [
          exact(query, {
            host: (server) => Placement.nameOf(server.host),
            project_id: () => request.caller.tenantId,
            user_id: () => request.caller.userId
          })
        ]
      : [])
  ]
}

/** The filter of a request. */
export const read = (request: NovaRequest): Filter => {
  const filters = [
    byTime(request),
    documented(request),
    ...(request.microversion === undefined ? [] : ofOpenStack(request))
  ]
  return (server) => {
    ServerRecord.settle(server, request.now)
    return filters.every((filter) => filter(server))
  }
}

type Value = string | number

/** The fields to sort by. */
const sortKeys: Readonly<Record<string, (server: Server, now: number) => Value>> = {
  access_ip_v4: (server) => server.accessIPv4,
  access_ip_v6: (server) => server.accessIPv6,
  availability_zone: (server) => server.availabilityZone,
  created_at: (server) => server.createdAt,
  display_description: (server) => server.description ?? "",
  display_name: (server) => server.name,
  host: (server) => server.host,
  hostname: (server) => server.hostname,
  image_ref: (server) => server.imageId,
  instance_type_id: (server) => server.flavorId,
  key_name: (server) => server.keyName ?? "",
  launch_index: (server) => server.launchIndex,
  launched_at: (server) => server.launchedAt ?? 0,
  task_state: (server, now) => ServerRecord.taskStateOf(server, now) ?? "",
  updated_at: (server) => server.updatedAt,
  uuid: (server) => server.id,
  vm_state: (server) => ServerRecord.vmStateOf(server)
}

const compare = (a: Value, b: Value): number => (a < b ? -1 : a > b ? 1 : 0)

/** Sorts servers by `sort_key` and `sort_dir`. By default, and always at Rackspace, the order stays unchanged. */
export const sorted = (servers: Iterable<Server>, { microversion, now, query }: NovaRequest): Iterable<Server> => {
  const names = query.getAll("sort_key")
  const directions = query.getAll("sort_dir")
  if (microversion === undefined || (names.length === 0 && directions.length === 0)) {
    return servers
  }
  if (directions.some((direction) => direction !== "asc" && direction !== "desc")) {
    return badRequest("Unknown sort direction, must be 'desc' or 'asc'.")
  }
  const keys = names.length === 0 ? ["created_at"] : names
  if (directions.length > keys.length) {
    return badRequest("Sort direction size exceeds sort key size")
  }
  const order = keys.map((name, index) => ({
    key:
      (Object.hasOwn(sortKeys, name) ? sortKeys[name] : undefined) ??
      badRequest(`Invalid input for query parameters sort_key. Value: ${name}.`),
    sign: (directions[index] ?? directions[0] ?? "desc") === "asc" ? 1 : -1
  }))
  return [...servers].toSorted((a, b) => {
    for (const { key, sign } of order) {
      const difference = compare(key(a, now), key(b, now))
      if (difference !== 0) {
        return sign * difference
      }
    }
    return 0
  })
}
