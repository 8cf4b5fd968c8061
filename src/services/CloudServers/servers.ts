/**
 * Servers: models, and the operations to list, read, change and delete them.
 *
 * A response only has to include a resource's id. Everything else may be missing or null, depending on cloud, release
 * and state, and is then absent.
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { page, pageQuery, type PageQuery, type PageSize } from "../../internal/paging/listing.js"
import { lazy } from "../../internal/schema/lazy.js"
import { lazyStruct, struct } from "../../internal/schema/struct.js"
import {
  nullableOptional,
  absentIfEmpty,
  enveloped,
  Id,
  JsonMap,
  Named,
  openEnum,
  someCount,
  someFlag,
  someList,
  Text,
  Timestamp,
  TimestampIfAny,
  prepared
} from "../../internal/schema/wire.js"
import { type ByNameOrId, find } from "../common/find.js"
import { type Address, Addresses } from "./addresses.js"
import { type Context, listed, methods } from "./context.js"
import { Fault } from "./faults.js"
import { changesSince, Description, DiskConfig, isRecord, reference, ServerName, Summary } from "./fields.js"
import { ImageSchedule } from "./imageSchedules.js"
import { metadata } from "./metadata.js"
import type { ByServerId } from "./references.js"
import { Tag } from "./serverTags.js"

/** The status of a server. The cloud may return others. */
export const ServerStatus = openEnum(
  "ACTIVE",
  "BUILD",
  "DELETED",
  "ERROR",
  "HARD_REBOOT",
  "MIGRATING",
  "PASSWORD",
  "PAUSED",
  "REBOOT",
  "REBUILD",
  "RESCUE",
  "RESIZE",
  "REVERT_RESIZE",
  "SHUTOFF",
  "SUSPENDED",
  "UNKNOWN",
  "VERIFY_RESIZE"
)

export type ServerStatus = typeof ServerStatus.Type

/** The traffic of one of a server's networks in the current audit period. */
export interface Bandwidth {
  /** The network's label: `public`, `private`. */
  readonly interface?: string | undefined
  /** Incoming bytes. */
  readonly inbound?: number | undefined
  /** Outgoing bytes. */
  readonly outbound?: number | undefined
  readonly periodStart?: DateTime.Utc | undefined
  readonly periodEnd?: DateTime.Utc | undefined
}

export const Bandwidth = struct<Bandwidth>(() => ({
  interface: nullableOptional(Text),
  inbound: someCount.pipe(Schema.fromKey("bandwidth_inbound")),
  outbound: someCount.pipe(Schema.fromKey("bandwidth_outbound")),
  periodStart: TimestampIfAny.pipe(Schema.fromKey("audit_period_start")),
  periodEnd: TimestampIfAny.pipe(Schema.fromKey("audit_period_end"))
}))

/** The flavor of a server as it was when the server was created, embedded in the server. */
export interface EmbeddedFlavor {
  readonly name?: string | undefined
  readonly ramMegabytes?: number | undefined
  readonly diskGigabytes?: number | undefined
  readonly ephemeralGigabytes?: number | undefined
  readonly swapMegabytes?: number | undefined
  readonly vcpus?: number | undefined
  readonly extraSpecs: Readonly<Record<string, unknown>>
}

export const EmbeddedFlavor = struct<EmbeddedFlavor>(() => ({
  name: absentIfEmpty.pipe(Schema.fromKey("original_name")),
  ramMegabytes: someCount.pipe(Schema.fromKey("ram")),
  diskGigabytes: someCount.pipe(Schema.fromKey("disk")),
  ephemeralGigabytes: someCount.pipe(Schema.fromKey("ephemeral")),
  swapMegabytes: someCount.pipe(Schema.fromKey("swap")),
  vcpus: someCount,
  extraSpecs: metadata().pipe(Schema.fromKey("extra_specs"))
}))

/** `{ "name": … }` on the wire. */
const named = enveloped("name", Text)

/** A volume that is attached to a server. */
export interface AttachedVolume {
  readonly id: string
  /** Since Nova's microversion 2.3. */
  readonly deleteOnTermination?: boolean | undefined
}

export const AttachedVolume = struct<AttachedVolume>(() => ({
  id: Id,
  deleteOnTermination: someFlag.pipe(Schema.fromKey("delete_on_termination"))
}))

/** A boolean that is false if it is missing, null or empty. */
const flag = () =>
  Schema.optionalToRequired(Schema.Unknown, Schema.Boolean, {
    decode: Option.match({
      onNone: () => false,
      onSome: (value) => value === true || (typeof value === "string" && value.toLowerCase() === "true")
    }),
    encode: (value): Option.Option<unknown> => Option.some(value)
  })

/** A server with all details. */
export interface Server {
  readonly id: string
  /** Absent if the part of the cloud that hosts the server is down (Nova's microversion 2.69). */
  readonly name?: string | undefined
  /** `UNKNOWN` if the cloud does not return it. */
  readonly status: ServerStatus
  /** The progress of the current task, in percent. */
  readonly progress?: number | undefined
  readonly created?: DateTime.Utc | undefined
  /** Absent for a server that was never changed, for example because it could not be built. */
  readonly updated?: DateTime.Utc | undefined
  readonly tenantId?: string | undefined
  readonly userId?: string | undefined
  /** An opaque id of the host; absent while the server is being built. */
  readonly hostId?: string | undefined
  /** By the network's label: `public`, `private`, or that of an isolated network. Empty while it is being built. */
  readonly addresses: Readonly<Record<string, ReadonlyArray<Address>>>
  readonly accessIPv4?: string | undefined
  readonly accessIPv6?: string | undefined
  /** The image it was created from; absent if it boots from a volume. */
  readonly imageId?: string | undefined
  /** Properties of the image it was created from. Since Nova's microversion 2.98. */
  readonly imageProperties?: Readonly<Record<string, unknown>> | undefined
  /** Absent since Nova's microversion 2.47, which returns the flavor's name instead. */
  readonly flavorId?: string | undefined
  /** The flavor's name when the server was created. Since Nova's microversion 2.47. */
  readonly flavorName?: string | undefined
  /** The flavor as it was when the server was created. Since Nova's microversion 2.47. */
  readonly embeddedFlavor?: EmbeddedFlavor | undefined
  /** Since Nova's microversion 2.19. */
  readonly description?: string | undefined
  /** Since Nova's microversion 2.26. */
  readonly tags?: ReadonlyArray<string> | undefined
  /** Whether it is locked against changes. Since Nova's microversion 2.9. */
  readonly locked?: boolean | undefined
  /** Since Nova's microversion 2.73. */
  readonly lockedReason?: string | undefined
  readonly metadata: Readonly<Record<string, unknown>>
  readonly keyName?: string | undefined
  readonly configDrive: boolean
  readonly diskConfig?: DiskConfig | undefined
  readonly vmState?: string | undefined
  /** The current task; absent if there is none. */
  readonly taskState?: string | undefined
  /** 0 none or down, 1 running, 4 shut off. */
  readonly powerState?: number | undefined
  readonly publicIpZoneId?: string | undefined
  readonly attachedVolumes?: ReadonlyArray<AttachedVolume> | undefined
  /** Empty while it is being built; returned only by Rackspace. */
  readonly bandwidth?: ReadonlyArray<Bandwidth> | undefined
  /** The schedule of automatic images; only Rackspace has it. */
  readonly imageSchedule?: ImageSchedule | undefined
  /** Rackspace does not return it. */
  readonly availabilityZone?: string | undefined
  /** The zone that was requested when it was created. Since Nova's microversion 2.96. */
  readonly pinnedAvailabilityZone?: string | undefined
  /** Names of security groups. Rackspace does not return them. */
  readonly securityGroups?: ReadonlyArray<string> | undefined
  /** Ids of server groups. Since Nova's microversion 2.71. */
  readonly serverGroups?: ReadonlyArray<string> | undefined
  /** The hints it was created with. Since Nova's microversion 2.100. */
  readonly schedulerHints?: Readonly<Record<string, unknown>> | undefined
  /** Since Nova's microversion 2.63. */
  readonly trustedImageCertificates?: ReadonlyArray<string> | undefined
  /** For other users than operators since Nova's microversion 2.90. */
  readonly hostname?: string | undefined
  /** For operators of the cloud. */
  readonly host?: string | undefined
  /** For operators of the cloud. */
  readonly hypervisorHostname?: string | undefined
  /** The hypervisor's name of the server; for operators of the cloud. */
  readonly instanceName?: string | undefined
  /** `/dev/vda`. For operators of the cloud, since Nova's microversion 2.3. */
  readonly rootDeviceName?: string | undefined
  /** The id of the request that created it, possibly with others; for operators since Nova's microversion 2.3. */
  readonly reservationId?: string | undefined
  /** `UP`, `DOWN`, `MAINTENANCE`, `UNKNOWN`. For operators, since Nova's microversion 2.16. */
  readonly hostStatus?: string | undefined
  readonly launchedAt?: DateTime.Utc | undefined
  readonly terminatedAt?: DateTime.Utc | undefined
  /** Only in ERROR, and sometimes in DELETED. */
  readonly fault?: Fault | undefined
}

export const serverFields = () => ({
  id: Id,
  name: nullableOptional(Text),
  status: Schema.optionalWith(ServerStatus, { nullable: true, default: () => "UNKNOWN" }),
  progress: someCount,
  created: TimestampIfAny,
  updated: TimestampIfAny,
  tenantId: nullableOptional(Id).pipe(Schema.fromKey("tenant_id")),
  userId: nullableOptional(Id).pipe(Schema.fromKey("user_id")),
  hostId: absentIfEmpty,
  addresses: Schema.optionalWith(Addresses, { nullable: true, default: () => ({}) }),
  accessIPv4: absentIfEmpty,
  accessIPv6: absentIfEmpty,
  imageId: reference().pipe(Schema.fromKey("image")),
  imageProperties: nullableOptional(JsonMap),
  flavorId: reference().pipe(Schema.fromKey("flavor")),
  flavorName: nullableOptional(Schema.String),
  embeddedFlavor: nullableOptional(EmbeddedFlavor),
  description: absentIfEmpty,
  tags: someList(Text),
  locked: someFlag,
  lockedReason: absentIfEmpty.pipe(Schema.fromKey("locked_reason")),
  metadata: metadata(),
  keyName: absentIfEmpty.pipe(Schema.fromKey("key_name")),
  configDrive: flag().pipe(Schema.fromKey("config_drive")),
  diskConfig: nullableOptional(DiskConfig).pipe(Schema.fromKey("OS-DCF:diskConfig")),
  vmState: absentIfEmpty.pipe(Schema.fromKey("OS-EXT-STS:vm_state")),
  taskState: absentIfEmpty.pipe(Schema.fromKey("OS-EXT-STS:task_state")),
  powerState: someCount.pipe(Schema.fromKey("OS-EXT-STS:power_state")),
  publicIpZoneId: absentIfEmpty.pipe(Schema.fromKey("RAX-PUBLIC-IP-ZONE-ID:publicIPZoneId")),
  attachedVolumes: someList(AttachedVolume).pipe(Schema.fromKey("os-extended-volumes:volumes_attached")),
  bandwidth: someList(Bandwidth).pipe(Schema.fromKey("rax-bandwidth:bandwidth")),
  imageSchedule: nullableOptional(ImageSchedule).pipe(Schema.fromKey("RAX-SI:image_schedule")),
  availabilityZone: absentIfEmpty.pipe(Schema.fromKey("OS-EXT-AZ:availability_zone")),
  pinnedAvailabilityZone: absentIfEmpty.pipe(Schema.fromKey("pinned_availability_zone")),
  securityGroups: someList(named).pipe(Schema.fromKey("security_groups")),
  serverGroups: someList(Id).pipe(Schema.fromKey("server_groups")),
  schedulerHints: nullableOptional(JsonMap).pipe(Schema.fromKey("scheduler_hints")),
  trustedImageCertificates: someList(Text).pipe(Schema.fromKey("trusted_image_certificates")),
  hostname: absentIfEmpty.pipe(Schema.fromKey("OS-EXT-SRV-ATTR:hostname")),
  host: absentIfEmpty.pipe(Schema.fromKey("OS-EXT-SRV-ATTR:host")),
  hypervisorHostname: absentIfEmpty.pipe(Schema.fromKey("OS-EXT-SRV-ATTR:hypervisor_hostname")),
  instanceName: absentIfEmpty.pipe(Schema.fromKey("OS-EXT-SRV-ATTR:instance_name")),
  rootDeviceName: absentIfEmpty.pipe(Schema.fromKey("OS-EXT-SRV-ATTR:root_device_name")),
  reservationId: absentIfEmpty.pipe(Schema.fromKey("OS-EXT-SRV-ATTR:reservation_id")),
  hostStatus: absentIfEmpty.pipe(Schema.fromKey("host_status")),
  launchedAt: TimestampIfAny.pipe(Schema.fromKey("OS-SRV-USG:launched_at")),
  terminatedAt: TimestampIfAny.pipe(Schema.fromKey("OS-SRV-USG:terminated_at")),
  fault: nullableOptional(Fault)
})

export const ServerFields = struct<Server>(serverFields)

/** Decodes what Nova embeds in a server's `image` and `flavor`, with different field names. */
export const withEmbedded = (wire: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const { flavor, image } = wire
  const embedded = isRecord(flavor) && (flavor["id"] === undefined || flavor["id"] === null) ? flavor : undefined
  const flavorName = embedded?.["original_name"]
  const imageProperties = isRecord(image) ? image["properties"] : undefined
  return {
    ...wire,
    ...(embedded !== undefined && { embeddedFlavor: embedded }),
    ...(typeof flavorName === "string" && { flavorName }),
    ...(isRecord(imageProperties) && { imageProperties })
  }
}

export const Server = prepared(ServerFields, withEmbedded)

/** The fields of a server that can be changed. */
const UpdateFields = lazyStruct(() => ({
  name: Schema.optional(ServerName),
  accessIPv4: Schema.optional(Schema.String),
  accessIPv6: Schema.optional(Schema.String),
  diskConfig: Schema.optional(DiskConfig).pipe(Schema.fromKey("OS-DCF:diskConfig")),
  description: Schema.optional(Schema.NullOr(Description)),
  hostname: Schema.optional(Named)
}))

/** `1` or nothing: Nova sometimes treats any value of the parameter as true. */
const Yes = lazy(() =>
  Schema.transform(Schema.String, Schema.Boolean, {
    strict: true,
    decode: (text) => text !== "0" && text !== "",
    encode: (yes) => (yes ? "1" : "0")
  })
)

/** Several tags, joined on the wire. */
const TagList = lazy(() =>
  Schema.transform(Schema.String, Schema.Array(Tag), {
    strict: true,
    decode: (text) => text.split(","),
    encode: (tags) => tags.join(",")
  })
)

/** The filters of a listing of servers. */
const serverQuery = () => ({
  status: Schema.optional(ServerStatus),
  imageId: Schema.optional(Named).pipe(Schema.fromKey("image")),
  flavorId: Schema.optional(Named).pipe(Schema.fromKey("flavor")),
  name: Schema.optional(Named),
  host: Schema.optional(Named),
  changesSince: changesSince(),
  changesBefore: Schema.optional(Timestamp).pipe(Schema.fromKey("changes-before")),
  allTenants: Schema.optional(Yes).pipe(Schema.fromKey("all_tenants")),
  projectId: Schema.optional(Named).pipe(Schema.fromKey("project_id")),
  userId: Schema.optional(Named).pipe(Schema.fromKey("user_id")),
  ip: Schema.optional(Named),
  ip6: Schema.optional(Named),
  reservationId: Schema.optional(Named).pipe(Schema.fromKey("reservation_id")),
  availabilityZone: Schema.optional(Named).pipe(Schema.fromKey("availability_zone")),
  keyName: Schema.optional(Named).pipe(Schema.fromKey("key_name")),
  vmState: Schema.optional(Named).pipe(Schema.fromKey("vm_state")),
  taskState: Schema.optional(Named).pipe(Schema.fromKey("task_state")),
  tags: Schema.optional(TagList),
  tagsAny: Schema.optional(TagList).pipe(Schema.fromKey("tags-any")),
  notTags: Schema.optional(TagList).pipe(Schema.fromKey("not-tags")),
  notTagsAny: Schema.optional(TagList).pipe(Schema.fromKey("not-tags-any")),
  locked: Schema.optional(Schema.Boolean),
  sortKeys: Schema.optional(Schema.NonEmptyArray(Named)).pipe(Schema.fromKey("sort_key")),
  sortDirections: Schema.optional(Schema.NonEmptyArray(Schema.Literal("asc", "desc"))).pipe(Schema.fromKey("sort_dir")),
  ...pageQuery
})

/** A page of servers. */
export interface ListServersPage extends PageQuery {
  /** Only servers with this status. */
  readonly status?: ServerStatus | undefined
  /** Only servers created from this image. */
  readonly imageId?: string | undefined
  /** Only servers of this flavor. */
  readonly flavorId?: string | undefined
  /** A regular expression, matched anywhere in the name. */
  readonly name?: string | undefined
  /** The host, for operators of the cloud. */
  readonly host?: string | undefined
  /** Only servers changed since then, including deleted ones. */
  readonly changesSince?: DateTime.Utc | undefined
  /** Only servers changed before then, including deleted ones. Needs microversion 2.66. */
  readonly changesBefore?: DateTime.Utc | undefined
  /** Whether to list the servers of all projects, for operators of the cloud. */
  readonly allTenants?: boolean | undefined
  /** Only servers of this project, with `allTenants`. */
  readonly projectId?: string | undefined
  /** Only servers of this user, for operators of the cloud. */
  readonly userId?: string | undefined
  /** A regular expression, matched anywhere in an IPv4 address. */
  readonly ip?: string | undefined
  /** A regular expression, matched anywhere in an IPv6 address. */
  readonly ip6?: string | undefined
  /** Only servers created by one request, by the id in its response. */
  readonly reservationId?: string | undefined
  /** For other users than operators since Nova's microversion 2.83. */
  readonly availabilityZone?: string | undefined
  /** For other users than operators since Nova's microversion 2.83. */
  readonly keyName?: string | undefined
  /** For other users than operators since Nova's microversion 2.83. */
  readonly vmState?: string | undefined
  /** For other users than operators since Nova's microversion 2.83. */
  readonly taskState?: string | undefined
  /** Only servers with all of these tags. Needs microversion 2.26. */
  readonly tags?: ReadonlyArray<string> | undefined
  /** Only servers with any of these tags. Needs microversion 2.26. */
  readonly tagsAny?: ReadonlyArray<string> | undefined
  /** Only servers that lack at least one of these tags. Needs microversion 2.26. */
  readonly notTags?: ReadonlyArray<string> | undefined
  /** Only servers with none of these tags. Needs microversion 2.26. */
  readonly notTagsAny?: ReadonlyArray<string> | undefined
  /** Needs microversion 2.73. */
  readonly locked?: boolean | undefined
  /** The fields to sort by, the most important first: `created_at`, `display_name`, `uuid`. Default: newest first. */
  readonly sortKeys?: NonEmptyReadonlyArray<string> | undefined
  /** The direction of each of `sortKeys`, in order. Default `desc`. */
  readonly sortDirections?: NonEmptyReadonlyArray<"asc" | "desc"> | undefined
}

/** Which servers to list. */
export interface ListServers extends Omit<ListServersPage, keyof PageQuery>, PageSize {}

/** Changes to a server. Other fields stay unchanged. */
export interface UpdateServer extends ByServerId {
  /** 1 to 255 characters. */
  readonly name?: string | undefined
  /** The IPv4 address to show as the one to reach it at. */
  readonly accessIPv4?: string | undefined
  /** The IPv6 address to show as the one to reach it at. */
  readonly accessIPv6?: string | undefined
  /** Whether the cloud resizes the file system to fill the disk (`AUTO`) or not (`MANUAL`). */
  readonly diskConfig?: DiskConfig | undefined
  /** Null for none. Needs microversion 2.19. */
  readonly description?: string | null | undefined
  /** Needs microversion 2.90; with a domain 2.94. */
  readonly hostname?: string | undefined
}

/** The operations to list, read, change and delete servers, as data. */
export const serverEndpoints = Endpoint.table("CloudServers", {
  /** A page of the ids and names of servers. "List servers", `GET /servers`. */
  listPage: Endpoint.define<ListServersPage>()("GET", "/servers", {
    query: serverQuery,
    success: Endpoint.json(page("servers", Summary))
  }),
  /** A page of servers. "List servers with details", `GET /servers/detail`. */
  listDetailPage: Endpoint.define<ListServersPage>()("GET", "/servers/detail", {
    query: serverQuery,
    success: Endpoint.json(page("servers", Server))
  }),
  /** A server. Fails with `NotFound`. "Retrieve server details", `GET /servers/{server_id}`. */
  get: Endpoint.define<ByServerId>()("GET", "/servers/{serverId}", {
    success: Endpoint.json(enveloped("server", Server)),
    errors: ["NotFound"]
  }),
  /**
   * Changes a server's name, access addresses, description or hostname. Other fields stay unchanged. Fails with
   * `NotFound`, and with `Conflict` while it is being built. "Update server", `PUT /servers/{server_id}`.
   */
  update: Endpoint.define<UpdateServer>()("PUT", "/servers/{serverId}", {
    body: enveloped("server", UpdateFields),
    success: Endpoint.json(enveloped("server", Server)),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Deletes a server and its disks. Returns immediately; see `waitUntilDeleted`. Fails with `NotFound`, and with
   * `Conflict` if its state does not allow it. "Delete server", `DELETE /servers/{server_id}`.
   */
  delete: Endpoint.define<ByServerId>()("DELETE", "/servers/{serverId}", { errors: ["NotFound", "Conflict"] })
})

/** A regular expression for the name filter that matches only this name. */
const exactly = (name: string): string => `^${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`

/** The methods to list, read, change and delete servers. */
export const makeServers = (context: Context) => {
  const operations = methods(context, serverEndpoints)
  return {
    ...operations,
    list: listed("list", operations.listPage),
    listDetail: listed("listDetail", operations.listDetailPage),
    find: ({ nameOrId }: ByNameOrId) =>
      find({
        client: context.client,
        operation: "find",
        kind: "server",
        nameOrId,
        byId: operations.get({ serverId: nameOrId }),
        path: "/servers/detail",
        byName: listed("find", operations.listDetailPage)({ name: exactly(nameOrId) })
      })
  }
}
