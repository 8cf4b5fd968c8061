/**
 * The fields of new and changed servers that OpenStack's Nova has, each since its microversion, and Rackspace's has
 * not. Nova refuses a field that the microversion does not have; Rackspace's ignores it.
 */
import { randomUUID } from "node:crypto"
import * as Fields from "../Fields.js"
import type { NovaRequest } from "./requests.js"
import { badRequest, demandAdministrator, invalid, refuseOthers, speaks } from "./requests.js"
import type { OpenStackFields } from "./serverRecord.js"
import type { ServerGroup } from "./serverGroups.js"
import * as ServerTags from "./serverTags.js"

/** The resources that the fields of a new server may refer to. */
export interface Context {
  readonly availabilityZones: ReadonlyArray<string>
  readonly securityGroups: ReadonlyArray<string>
  readonly findGroup: (id: string) => ServerGroup | undefined
  /** The host of a server; undefined if the server does not exist. */
  readonly hostOf: (serverId: string) => number | undefined
}

/** The fields of a new server. */
export interface CreateFields extends Omit<
  OpenStackFields,
  "hostname" | "groupId" | "locked" | "reservationId" | "launchIndex"
> {
  /** Undefined if it is derived from the name. */
  readonly hostname: string | undefined
  readonly group: ServerGroup | undefined
  readonly sameHosts: ReadonlyArray<number>
  readonly differentHosts: ReadonlyArray<number>
}

/** The fields of `server` in all microversions. */
const always = [
  "name",
  "imageRef",
  "flavorRef",
  "networks",
  "key_name",
  "metadata",
  "user_data",
  "config_drive",
  "block_device_mapping",
  "block_device_mapping_v2",
  "OS-DCF:diskConfig",
  "adminPass",
  "accessIPv4",
  "accessIPv6",
  "min_count",
  "max_count",
  "return_reservation_id",
  "availability_zone",
  "security_groups"
]

/** The fields added by a microversion. */
const since: Readonly<Record<string, number>> = {
  description: 19,
  tags: 52,
  trusted_image_certificates: 63,
  host: 74,
  hypervisor_hostname: 74,
  hostname: 90
}

const newFields = (request: NovaRequest): ReadonlyArray<string> =>
  Object.keys(since).filter((name) => speaks(request, since[name] ?? 0))

/** Later microversions no longer accept files. */
const personality = (request: NovaRequest): ReadonlyArray<string> => (speaks(request, 57) ? [] : ["personality"])

/**
 * Whether disks and interfaces of a new server may have tags: in 2.32 and, after a regression, since 2.42.
 */
export const speaksDeviceTags = (request: NovaRequest): boolean => request.microversion === 32 || speaks(request, 42)

const readDescription = (value: unknown): string | null =>
  value === undefined || value === null
    ? null
    : typeof value === "string" && [...value].length <= 255
      ? value
      : invalid("description", "It is not a text of at most 255 characters")

const label = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"

const hostnamePattern = new RegExp(`^${label}$`)

const domainPattern = new RegExp(`^${label}(\\.${label})*$`)

/** A host name of one label; since microversion 2.94 also with a domain. */
const readHostname = (value: unknown, request: NovaRequest): string | undefined => {
  if (value === undefined) {
    return undefined
  }
  const [pattern, length] = speaks(request, 94) ? [domainPattern, 255] : [hostnamePattern, 63]
  return typeof value === "string" && value.length <= length && pattern.test(value)
    ? value
    : invalid("hostname", `${Fields.textOf(value)} is not a hostname`)
}

const readCertificates = (value: unknown): ReadonlyArray<string> | null => {
  if (value === undefined || value === null) {
    return null
  }
  const ids = Array.isArray(value) ? (value as ReadonlyArray<unknown>) : []
  return ids.length >= 1 && ids.length <= 50 && ids.every((id) => typeof id === "string" && id !== "")
    ? ids.map(String)
    : invalid("trusted_image_certificates", "It is not a list of 1 to 50 ids")
}

const readSecurityGroups = (value: unknown, known: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (value === undefined) {
    return ["default"]
  }
  const groups = Array.isArray(value) ? (value as ReadonlyArray<unknown>) : []
  return groups.map((group) => {
    const name = Fields.isObject(group) ? group["name"] : undefined
    return typeof name === "string" && known.includes(name)
      ? name
      : badRequest(`Unable to find security_group with name or id '${Fields.textOf(name)}'`)
  })
}

const readZone = (value: unknown, zones: ReadonlyArray<string>): string | null =>
  value === undefined || value === null
    ? null
    : typeof value === "string" && zones.includes(value)
      ? value
      : badRequest("The requested availability zone is not available")

const readHints = (value: unknown): Fields.JsonObject =>
  value === undefined
    ? {}
    : Fields.isObject(value)
      ? value
      : invalid("os:scheduler_hints", "It is not of type 'object'")

const readGroup = (value: unknown, context: Context): ServerGroup | undefined =>
  value === undefined
    ? undefined
    : (context.findGroup(Fields.textOf(value)) ??
      badRequest(`Instance group ${Fields.textOf(value)} could not be found.`))

/** The hosts of the servers in a hint: one id, or several. Unknown servers are skipped. */
const hostsOf = (value: unknown, context: Context): ReadonlyArray<number> =>
  (value === undefined ? [] : Array.isArray(value) ? (value as ReadonlyArray<unknown>) : [value]).flatMap(
    (id) => context.hostOf(Fields.textOf(id)) ?? []
  )

/** The default host name of a server with this name. */
export const hostnameOf = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[ _]/g, "-")
    .replace(/[^a-z0-9.-]+/g, "")
    .replace(/^[.-]+|[.-]+$/g, "")
    .slice(0, 63) || "server"

/** The reservation id of the servers of one request. */
export const newReservationId = (): string => `r-${randomUUID().replaceAll("-", "").slice(0, 8)}`

/** The values for a cloud without these fields. */
const none: CreateFields = {
  description: null,
  tags: [],
  hostname: undefined,
  availabilityZone: "",
  pinnedAvailabilityZone: null,
  securityGroups: [],
  schedulerHints: {},
  trustedImageCertificates: null,
  userData: null,
  group: undefined,
  sameHosts: [],
  differentHosts: []
}

/** Reads the fields of a new server. */
export const readCreate = (
  server: Fields.JsonObject,
  sentHints: unknown,
  request: NovaRequest,
  context: Context
): CreateFields => {
  if (request.microversion === undefined) {
    return none
  }
  refuseOthers("server", server, [...always, ...personality(request), ...newFields(request)])
  if (server["host"] !== undefined || server["hypervisor_hostname"] !== undefined) {
    demandAdministrator(request, "compute:servers:create:requested_destination")
  }
  const pinned = readZone(server["availability_zone"], context.availabilityZones)
  const schedulerHints = readHints(sentHints)
  return {
    description: readDescription(server["description"]),
    tags: server["tags"] === undefined ? [] : ServerTags.readTags(server["tags"]),
    hostname: readHostname(server["hostname"], request),
    availabilityZone: pinned ?? context.availabilityZones[0] ?? "nova",
    pinnedAvailabilityZone: pinned,
    securityGroups: readSecurityGroups(server["security_groups"], context.securityGroups),
    schedulerHints,
    trustedImageCertificates: readCertificates(server["trusted_image_certificates"]),
    userData: typeof server["user_data"] === "string" ? server["user_data"] : null,
    group: readGroup(schedulerHints["group"], context),
    sameHosts: hostsOf(schedulerHints["same_host"], context),
    differentHosts: hostsOf(schedulerHints["different_host"], context)
  }
}

/** Those of a request's fields that the server stores unchanged. */
const changed = (
  sent: Fields.JsonObject,
  request: NovaRequest
): Partial<Pick<OpenStackFields, "description" | "hostname" | "trustedImageCertificates">> => {
  const hostname = readHostname(sent["hostname"], request)
  return {
    ...(sent["description"] === undefined ? {} : { description: readDescription(sent["description"]) }),
    ...(hostname === undefined ? {} : { hostname })
  }
}

/** Reads the changes of an update. */
export const readUpdate = (sent: Fields.JsonObject, request: NovaRequest) => {
  if (request.microversion === undefined) {
    return {}
  }
  const newer = newFields(request).filter((name) => name === "description" || name === "hostname")
  refuseOthers("server", sent, ["name", "accessIPv4", "accessIPv6", "OS-DCF:diskConfig", ...newer])
  return changed(sent, request)
}

/** The fields of `rebuild` in all microversions. */
const alwaysOfRebuild = [
  "imageRef",
  "name",
  "adminPass",
  "accessIPv4",
  "accessIPv6",
  "metadata",
  "OS-DCF:diskConfig",
  "preserve_ephemeral"
]

/** The fields of `rebuild` added by a microversion. */
const sinceOfRebuild: Readonly<Record<string, number>> = {
  description: 19,
  key_name: 54,
  user_data: 57,
  trusted_image_certificates: 63,
  hostname: 90
}

/** Reads the changes of a rebuild. */
export const readRebuild = (sent: Fields.JsonObject, request: NovaRequest, hasKeyPair: (name: string) => boolean) => {
  if (request.microversion === undefined) {
    return {}
  }
  const newer = Object.keys(sinceOfRebuild).filter((name) => speaks(request, sinceOfRebuild[name] ?? 0))
  refuseOthers("rebuild", sent, [...alwaysOfRebuild, ...personality(request), ...newer])
  const { key_name: keyName, trusted_image_certificates: certificates, user_data: userData } = sent
  if (typeof keyName === "string" && !hasKeyPair(keyName)) {
    return badRequest("Invalid key_name provided.")
  }
  return {
    ...changed(sent, request),
    ...(keyName === undefined ? {} : { keyName: keyName === null ? null : Fields.textOf(keyName) }),
    ...(userData === undefined ? {} : { userData: userData === null ? null : Fields.textOf(userData) }),
    ...(certificates === undefined ? {} : { trustedImageCertificates: readCertificates(certificates) })
  }
}
