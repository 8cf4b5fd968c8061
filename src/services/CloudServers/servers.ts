/**
 * Servers: models, and the operations that list, read, change and delete them.
 *
 * A response only has to include a resource's id. Whatever else a cloud, a release or a state leaves out, or writes as null, is
 * absent.
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { page, pageQuery, type PageQuery, type PageSize } from "../../internal/paging/listing.js"
import { struct } from "../../internal/schema/struct.js"
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
  TimestampIfAny
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

/** The traffic of one of a server's networks in the present audit period. */
export interface Bandwidth {
  /** The network's label: `public`, `private`. */
  readonly interface?: string | undefined
  /** Bytes that came in. */
  readonly inbound?: number | undefined
  /** Bytes that went out. */
  readonly outbound?: number | undefined
  readonly periodStart?: DateTime.Utc | undefined
  readonly periodEnd?: DateTime.Utc | undefined
}

export const Bandwidth = struct<Bandwidth>({
  interface: nullableOptional(Text),
  inbound: someCount.pipe(Schema.fromKey("bandwidth_inbound")),
  outbound: someCount.pipe(Schema.fromKey("bandwidth_outbound")),
  periodStart: TimestampIfAny.pipe(Schema.fromKey("audit_period_start")),
  periodEnd: TimestampIfAny.pipe(Schema.fromKey("audit_period_end"))
})

/** The flavor of a server as it was when the server was made, in the server itself. */
export interface EmbeddedFlavor {
  readonly name?: string | undefined
  readonly ramMegabytes?: number | undefined
  readonly diskGigabytes?: number | undefined
  readonly ephemeralGigabytes?: number | undefined
  readonly swapMegabytes?: number | undefined
  readonly vcpus?: number | undefined
  readonly extraSpecs: Readonly<Record<string, unknown>>
}

export const EmbeddedFlavor = struct<EmbeddedFlavor>({
  name: absentIfEmpty.pipe(Schema.fromKey("original_name")),
  ramMegabytes: someCount.pipe(Schema.fromKey("ram")),
  diskGigabytes: someCount.pipe(Schema.fromKey("disk")),
  ephemeralGigabytes: someCount.pipe(Schema.fromKey("ephemeral")),
  swapMegabytes: someCount.pipe(Schema.fromKey("swap")),
  vcpus: someCount,
  extraSpecs: metadata.pipe(Schema.fromKey("extra_specs"))
})

/** `{ "name": … }` on the wire. */
const named = enveloped("name", Text)

/** A volume that is attached to a server. */
export interface AttachedVolume {
  readonly id: string
  /** Only from Nova's microversion 2.3 on. */
  readonly deleteOnTermination?: boolean | undefined
}

export const AttachedVolume = struct<AttachedVolume>({
  id: Id,
  deleteOnTermination: someFlag.pipe(Schema.fromKey("delete_on_termination"))
})

/** A boolean that is false where the cloud leaves it out, or writes null or the empty string. */
const flag = Schema.optionalToRequired(Schema.Unknown, Schema.Boolean, {
  decode: Option.match({
    onNone: () => false,
    onSome: (value) => value === true || (typeof value === "string" && value.toLowerCase() === "true")
  }),
  encode: (value): Option.Option<unknown> => Option.some(value)
})

/** A server, whole. */
export interface Server {
  readonly id: string
  /** Absent where the part of the cloud that has the server is down (Nova's microversion 2.69). */
  readonly name?: string | undefined
  /** `UNKNOWN` where the cloud does not return it. */
  readonly status: ServerStatus
  /** Of the task under way, in percent. */
  readonly progress?: number | undefined
  readonly created?: DateTime.Utc | undefined
  /** Absent for a server that was never changed, as one that could not be built. */
  readonly updated?: DateTime.Utc | undefined
  readonly tenantId?: string | undefined
  readonly userId?: string | undefined
  /** The host it runs on, as an opaque id; absent while it is building. */
  readonly hostId?: string | undefined
  /** By the network's label: `public`, `private`, or that of an isolated network. Empty while it is building. */
  readonly addresses: Readonly<Record<string, ReadonlyArray<Address>>>
  readonly accessIPv4?: string | undefined
  readonly accessIPv6?: string | undefined
  /** The image it was made from; absent where it boots from a volume. */
  readonly imageId?: string | undefined
  /** Of the image that it was made from. Only from Nova's microversion 2.98 on. */
  readonly imageProperties?: Readonly<Record<string, unknown>> | undefined
  /** Absent from Nova's microversion 2.47 on, which returns the flavor's name instead. */
  readonly flavorId?: string | undefined
  /** As the flavor was called when the server was made. Only from Nova's microversion 2.47 on. */
  readonly flavorName?: string | undefined
  /** The flavor as it was when the server was made. Only from Nova's microversion 2.47 on. */
  readonly embeddedFlavor?: EmbeddedFlavor | undefined
  /** Only from Nova's microversion 2.19 on. */
  readonly description?: string | undefined
  /** Only from Nova's microversion 2.26 on. */
  readonly tags?: ReadonlyArray<string> | undefined
  /** Whether its owner has locked it against changes. Only from Nova's microversion 2.9 on. */
  readonly locked?: boolean | undefined
  /** Only from Nova's microversion 2.73 on. */
  readonly lockedReason?: string | undefined
  readonly metadata: Readonly<Record<string, unknown>>
  readonly keyName?: string | undefined
  readonly configDrive: boolean
  readonly diskConfig?: DiskConfig | undefined
  readonly vmState?: string | undefined
  /** What is being done to it; absent when nothing is. */
  readonly taskState?: string | undefined
  /** 0 none or down, 1 running, 4 shut off. */
  readonly powerState?: number | undefined
  readonly publicIpZoneId?: string | undefined
  readonly attachedVolumes?: ReadonlyArray<AttachedVolume> | undefined
  /** Empty while it is building; only Rackspace returns it. */
  readonly bandwidth?: ReadonlyArray<Bandwidth> | undefined
  /** Where the cloud saves it automatically; Rackspace alone does. */
  readonly imageSchedule?: ImageSchedule | undefined
  /** Rackspace does not return it. */
  readonly availabilityZone?: string | undefined
  /** The zone that was asked for when it was made. Only from Nova's microversion 2.96 on. */
  readonly pinnedAvailabilityZone?: string | undefined
  /** Names of security groups. Rackspace does not return them. */
  readonly securityGroups?: ReadonlyArray<string> | undefined
  /** Ids of server groups. Only from Nova's microversion 2.71 on. */
  readonly serverGroups?: ReadonlyArray<string> | undefined
  /** What it was made with, as it was sent. Only from Nova's microversion 2.100 on. */
  readonly schedulerHints?: Readonly<Record<string, unknown>> | undefined
  /** Only from Nova's microversion 2.63 on. */
  readonly trustedImageCertificates?: ReadonlyArray<string> | undefined
  /** For everybody only from Nova's microversion 2.90 on. */
  readonly hostname?: string | undefined
  /** For operators of the cloud. */
  readonly host?: string | undefined
  /** For operators of the cloud. */
  readonly hypervisorHostname?: string | undefined
  /** What the hypervisor calls it; for operators of the cloud. */
  readonly instanceName?: string | undefined
  /** `/dev/vda`. For operators of the cloud, from Nova's microversion 2.3 on. */
  readonly rootDeviceName?: string | undefined
  /** What the request that made it, and maybe others, is known by; for operators, from Nova's microversion 2.3 on. */
  readonly reservationId?: string | undefined
  /** `UP`, `DOWN`, `MAINTENANCE`, `UNKNOWN`. For operators, from Nova's microversion 2.16 on. */
  readonly hostStatus?: string | undefined
  readonly launchedAt?: DateTime.Utc | undefined
  readonly terminatedAt?: DateTime.Utc | undefined
  /** Only in ERROR, and at times in DELETED. */
  readonly fault?: Fault | undefined
}

export const serverFields = {
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
  imageId: reference.pipe(Schema.fromKey("image")),
  imageProperties: nullableOptional(JsonMap),
  flavorId: reference.pipe(Schema.fromKey("flavor")),
  flavorName: nullableOptional(Schema.String),
  embeddedFlavor: nullableOptional(EmbeddedFlavor),
  description: absentIfEmpty,
  tags: someList(Text),
  locked: someFlag,
  lockedReason: absentIfEmpty.pipe(Schema.fromKey("locked_reason")),
  metadata,
  keyName: absentIfEmpty.pipe(Schema.fromKey("key_name")),
  configDrive: flag.pipe(Schema.fromKey("config_drive")),
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
}

export const ServerFields = struct<Server>(serverFields)

/** What Nova embeds in a server's `image` and `flavor`, under names of its own. */
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

export const Server = Schema.transform(Schema.Record({ key: Schema.String, value: Schema.Unknown }), ServerFields, {
  strict: false,
  decode: withEmbedded,
  encode: (server) => server
}) as unknown as Schema.Schema<Server, unknown>

/** The fields of a server that can be changed. */
const UpdateFields = Schema.Struct({
  name: Schema.optional(ServerName),
  accessIPv4: Schema.optional(Schema.String),
  accessIPv6: Schema.optional(Schema.String),
  diskConfig: Schema.optional(DiskConfig).pipe(Schema.fromKey("OS-DCF:diskConfig")),
  description: Schema.optional(Schema.NullOr(Description)),
  hostname: Schema.optional(Named)
})

/** `1` and nothing: Nova takes the parameter's presence for a yes at times. */
const Yes = Schema.transform(Schema.String, Schema.Boolean, {
  strict: true,
  decode: (text) => text !== "0" && text !== "",
  encode: (yes) => (yes ? "1" : "0")
})

/** Several tags, in one text on the wire. */
const TagList = Schema.transform(Schema.String, Schema.Array(Tag), {
  strict: true,
  decode: (text) => text.split(","),
  encode: (tags) => tags.join(",")
})

/** The filters of a listing of servers. */
const serverQuery = {
  status: Schema.optional(ServerStatus),
  imageId: Schema.optional(Named).pipe(Schema.fromKey("image")),
  flavorId: Schema.optional(Named).pipe(Schema.fromKey("flavor")),
  name: Schema.optional(Named),
  host: Schema.optional(Named),
  changesSince,
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
}

/** A page of servers. */
export interface ListServersPage extends PageQuery {
  /** Those with this status. */
  readonly status?: ServerStatus | undefined
  /** Those made from this image. */
  readonly imageId?: string | undefined
  /** Those of this flavor. */
  readonly flavorId?: string | undefined
  /** A regular expression, matched anywhere in the name. */
  readonly name?: string | undefined
  /** The host that it runs on, for operators of the cloud. */
  readonly host?: string | undefined
  /** Those changed since then, deleted ones included. */
  readonly changesSince?: DateTime.Utc | undefined
  /** Those changed before then, deleted ones included. Needs microversion 2.66. */
  readonly changesBefore?: DateTime.Utc | undefined
  /** Those of all projects, for operators of the cloud. */
  readonly allTenants?: boolean | undefined
  /** Those of this project, with `allTenants`. */
  readonly projectId?: string | undefined
  /** Those of this user, for operators of the cloud. */
  readonly userId?: string | undefined
  /** A regular expression, matched anywhere in an IPv4 address. */
  readonly ip?: string | undefined
  /** A regular expression, matched anywhere in an IPv6 address. */
  readonly ip6?: string | undefined
  /** Those that one request made, by the id in its response. */
  readonly reservationId?: string | undefined
  /** For everybody only from Nova's microversion 2.83 on. */
  readonly availabilityZone?: string | undefined
  /** For everybody only from Nova's microversion 2.83 on. */
  readonly keyName?: string | undefined
  /** For everybody only from Nova's microversion 2.83 on. */
  readonly vmState?: string | undefined
  /** For everybody only from Nova's microversion 2.83 on. */
  readonly taskState?: string | undefined
  /** Those that have all of these tags. Needs microversion 2.26. */
  readonly tags?: ReadonlyArray<string> | undefined
  /** Those that have any of these tags. Needs microversion 2.26. */
  readonly tagsAny?: ReadonlyArray<string> | undefined
  /** Those that do not have all of these tags. Needs microversion 2.26. */
  readonly notTags?: ReadonlyArray<string> | undefined
  /** Those that have none of these tags. Needs microversion 2.26. */
  readonly notTagsAny?: ReadonlyArray<string> | undefined
  /** Needs microversion 2.73. */
  readonly locked?: boolean | undefined
  /** The fields to sort by, the most important first: `created_at`, `display_name`, `uuid`. Default: the newest first. */
  readonly sortKeys?: NonEmptyReadonlyArray<string> | undefined
  /** A direction for each of `sortKeys`, in their order. Default `desc`. */
  readonly sortDirections?: NonEmptyReadonlyArray<"asc" | "desc"> | undefined
}

/** Which servers are listed. */
export interface ListServers extends Omit<ListServersPage, keyof PageQuery>, PageSize {}

/** What to change of a server; fields that are left out stay. */
export interface UpdateServer extends ByServerId {
  /** 1 to 255 characters. */
  readonly name?: string | undefined
  /** The IPv4 address at which it is to be reached, for people to see. */
  readonly accessIPv4?: string | undefined
  /** The IPv6 address at which it is to be reached, for people to see. */
  readonly accessIPv6?: string | undefined
  /** Whether the cloud grows the file system with the disk (`AUTO`) or leaves it (`MANUAL`). */
  readonly diskConfig?: DiskConfig | undefined
  /** Null for none. Needs microversion 2.19. */
  readonly description?: string | null | undefined
  /** Needs microversion 2.90; with a domain 2.94. */
  readonly hostname?: string | undefined
}

/** The operations that list, read, change and delete servers, as data. */
export const serverEndpoints = Endpoint.table("CloudServers", {
  /** Ids and names of servers, a page of them. "List servers", `GET /servers`. */
  listPage: Endpoint.define<ListServersPage>()("GET", "/servers", {
    query: serverQuery,
    success: Endpoint.json(page("servers", Summary))
  }),
  /** Servers, whole, a page of them. "List servers with details", `GET /servers/detail`. */
  listDetailPage: Endpoint.define<ListServersPage>()("GET", "/servers/detail", {
    query: serverQuery,
    success: Endpoint.json(page("servers", Server))
  }),
  /** One server, whole. Fails with `NotFound`. "Retrieve server details", `GET /servers/{server_id}`. */
  get: Endpoint.define<ByServerId>()("GET", "/servers/{serverId}", {
    success: Endpoint.json(enveloped("server", Server)),
    errors: ["NotFound"]
  }),
  /**
   * Changes a server's name, access addresses, description or hostname; fields that are left out stay. Fails with `NotFound`, and with `Conflict` while it
   * is building. "Update server", `PUT /servers/{server_id}`.
   */
  update: Endpoint.define<UpdateServer>()("PUT", "/servers/{serverId}", {
    body: enveloped("server", UpdateFields),
    success: Endpoint.json(enveloped("server", Server)),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Has a server deleted, with all that is on its disks. It returns at once; see `waitUntilDeleted`. Fails with `NotFound`,
   * and with `Conflict` where its state does not allow it. "Delete server", `DELETE /servers/{server_id}`.
   */
  delete: Endpoint.define<ByServerId>()("DELETE", "/servers/{serverId}", { errors: ["NotFound", "Conflict"] })
})

/** A regular expression, which the filter by name takes, that matches this name alone. */
const exactly = (name: string): string => `^${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`

/** The methods that list, read, change and delete servers. */
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
