/**
 * Servers: models, and the operations that list, read, change and delete them.
 *
 * A response only has to include a resource's id. Whatever else a cloud, a release or a state leaves out, or writes as null, is
 * absent.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { page, pageQuery } from "../../internal/paging/listing.js"
import {
  absent,
  absentIfEmpty,
  enveloped,
  Id,
  JsonMap,
  Named,
  open,
  someCount,
  someFlag,
  someList,
  Text,
  Timestamp,
  TimestampIfAny
} from "../../internal/schema/wire.js"
import { Addresses } from "./addresses.js"
import { type Context, listed, methods } from "./context.js"
import { Fault } from "./faults.js"
import { changesSince, Description, DiskConfig, isRecord, reference, ServerName, Summary } from "./fields.js"
import { type ByNameOrId, exactly, find } from "./find.js"
import { ImageSchedule } from "./imageSchedules.js"
import { metadata } from "./metadata.js"
import { Tag } from "./serverTags.js"

/**
 * The status of a server. The cloud may return others.
 *
 * @since 0.1.0
 * @category models
 */
export const ServerStatus = open(
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

/**
 * The traffic of one of a server's networks in the present audit period.
 *
 * @since 0.1.0
 * @category models
 */
export const Bandwidth = Schema.Struct({
  /** The network's label: `public`, `private`. */
  interface: absent(Text),
  /** Bytes that came in. */
  inbound: someCount.pipe(Schema.fromKey("bandwidth_inbound")),
  /** Bytes that went out. */
  outbound: someCount.pipe(Schema.fromKey("bandwidth_outbound")),
  periodStart: TimestampIfAny.pipe(Schema.fromKey("audit_period_start")),
  periodEnd: TimestampIfAny.pipe(Schema.fromKey("audit_period_end"))
})

/**
 * The flavor of a server as it was when the server was made, in the server itself.
 *
 * @since 0.1.0
 * @category models
 */
export const EmbeddedFlavor = Schema.Struct({
  name: absentIfEmpty.pipe(Schema.fromKey("original_name")),
  ramMegabytes: someCount.pipe(Schema.fromKey("ram")),
  diskGigabytes: someCount.pipe(Schema.fromKey("disk")),
  ephemeralGigabytes: someCount.pipe(Schema.fromKey("ephemeral")),
  swapMegabytes: someCount.pipe(Schema.fromKey("swap")),
  vcpus: someCount,
  extraSpecs: metadata.pipe(Schema.fromKey("extra_specs"))
})

/**
 * The flavor of a server as it was when the server was made.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmbeddedFlavor extends Schema.Schema.Type<typeof EmbeddedFlavor> {}

/** `{ "name": … }` on the wire. */
const named = enveloped("name", Text)

/** A boolean that is false where the cloud leaves it out, or writes null or the empty string. */
const flag = Schema.optionalToRequired(Schema.Unknown, Schema.Boolean, {
  decode: Option.match({
    onNone: () => false,
    onSome: (value) => value === true || (typeof value === "string" && value.toLowerCase() === "true")
  }),
  encode: (value): Option.Option<unknown> => Option.some(value)
})

export const ServerFields = Schema.Struct({
  id: Id,
  /** Absent where the part of the cloud that has the server is down (Nova's microversion 2.69). */
  name: absent(Text),
  /** `UNKNOWN` where the cloud does not return it. */
  status: Schema.optionalWith(ServerStatus, { nullable: true, default: () => "UNKNOWN" }),
  /** Of the task under way, in percent. */
  progress: someCount,
  created: TimestampIfAny,
  /** Absent for a server that was never changed, as one that could not be built. */
  updated: TimestampIfAny,
  tenantId: absent(Id).pipe(Schema.fromKey("tenant_id")),
  userId: absent(Id).pipe(Schema.fromKey("user_id")),
  /** The host it runs on, as an opaque id; absent while it is building. */
  hostId: absentIfEmpty,
  /** By the network's label: `public`, `private`, or that of an isolated network. Empty while it is building. */
  addresses: Schema.optionalWith(Addresses, { nullable: true, default: () => ({}) }),
  accessIPv4: absentIfEmpty,
  accessIPv6: absentIfEmpty,
  /** The image it was made from; absent where it boots from a volume. */
  imageId: reference.pipe(Schema.fromKey("image")),
  /** Of the image that it was made from. Only from Nova's microversion 2.98 on. */
  imageProperties: absent(JsonMap),
  /** Absent from Nova's microversion 2.47 on, which returns the flavor's name instead. */
  flavorId: reference.pipe(Schema.fromKey("flavor")),
  /** As the flavor was called when the server was made. Only from Nova's microversion 2.47 on. */
  flavorName: absent(Schema.String),
  /** The flavor as it was when the server was made. Only from Nova's microversion 2.47 on. */
  embeddedFlavor: absent(EmbeddedFlavor),
  /** Only from Nova's microversion 2.19 on. */
  description: absentIfEmpty,
  /** Only from Nova's microversion 2.26 on. */
  tags: someList(Text),
  /** Whether its owner has locked it against changes. Only from Nova's microversion 2.9 on. */
  locked: someFlag,
  /** Only from Nova's microversion 2.73 on. */
  lockedReason: absentIfEmpty.pipe(Schema.fromKey("locked_reason")),
  metadata,
  keyName: absentIfEmpty.pipe(Schema.fromKey("key_name")),
  configDrive: flag.pipe(Schema.fromKey("config_drive")),
  diskConfig: absent(DiskConfig).pipe(Schema.fromKey("OS-DCF:diskConfig")),
  vmState: absentIfEmpty.pipe(Schema.fromKey("OS-EXT-STS:vm_state")),
  /** What is being done to it; absent when nothing is. */
  taskState: absentIfEmpty.pipe(Schema.fromKey("OS-EXT-STS:task_state")),
  /** 0 none or down, 1 running, 4 shut off. */
  powerState: someCount.pipe(Schema.fromKey("OS-EXT-STS:power_state")),
  publicIpZoneId: absentIfEmpty.pipe(Schema.fromKey("RAX-PUBLIC-IP-ZONE-ID:publicIPZoneId")),
  attachedVolumes: someList(
    Schema.Struct({
      id: Id,
      /** Only from Nova's microversion 2.3 on. */
      deleteOnTermination: someFlag.pipe(Schema.fromKey("delete_on_termination"))
    })
  ).pipe(Schema.fromKey("os-extended-volumes:volumes_attached")),
  /** Empty while it is building; only Rackspace returns it. */
  bandwidth: someList(Bandwidth).pipe(Schema.fromKey("rax-bandwidth:bandwidth")),
  /** Where the cloud saves it automatically; Rackspace alone does. */
  imageSchedule: absent(ImageSchedule).pipe(Schema.fromKey("RAX-SI:image_schedule")),
  /** Rackspace does not return it. */
  availabilityZone: absentIfEmpty.pipe(Schema.fromKey("OS-EXT-AZ:availability_zone")),
  /** The zone that was asked for when it was made. Only from Nova's microversion 2.96 on. */
  pinnedAvailabilityZone: absentIfEmpty.pipe(Schema.fromKey("pinned_availability_zone")),
  /** Names of security groups. Rackspace does not return them. */
  securityGroups: someList(named).pipe(Schema.fromKey("security_groups")),
  /** Ids of server groups. Only from Nova's microversion 2.71 on. */
  serverGroups: someList(Id).pipe(Schema.fromKey("server_groups")),
  /** What it was made with, as it was sent. Only from Nova's microversion 2.100 on. */
  schedulerHints: absent(JsonMap).pipe(Schema.fromKey("scheduler_hints")),
  /** Only from Nova's microversion 2.63 on. */
  trustedImageCertificates: someList(Text).pipe(Schema.fromKey("trusted_image_certificates")),
  /** For everybody only from Nova's microversion 2.90 on. */
  hostname: absentIfEmpty.pipe(Schema.fromKey("OS-EXT-SRV-ATTR:hostname")),
  /** For operators of the cloud. */
  host: absentIfEmpty.pipe(Schema.fromKey("OS-EXT-SRV-ATTR:host")),
  /** For operators of the cloud. */
  hypervisorHostname: absentIfEmpty.pipe(Schema.fromKey("OS-EXT-SRV-ATTR:hypervisor_hostname")),
  /** What the hypervisor calls it; for operators of the cloud. */
  instanceName: absentIfEmpty.pipe(Schema.fromKey("OS-EXT-SRV-ATTR:instance_name")),
  /** `/dev/vda`. For operators of the cloud, from Nova's microversion 2.3 on. */
  rootDeviceName: absentIfEmpty.pipe(Schema.fromKey("OS-EXT-SRV-ATTR:root_device_name")),
  /** What the request that made it, and maybe others, is known by; for operators, from Nova's microversion 2.3 on. */
  reservationId: absentIfEmpty.pipe(Schema.fromKey("OS-EXT-SRV-ATTR:reservation_id")),
  /** `UP`, `DOWN`, `MAINTENANCE`, `UNKNOWN`. For operators, from Nova's microversion 2.16 on. */
  hostStatus: absentIfEmpty.pipe(Schema.fromKey("host_status")),
  launchedAt: TimestampIfAny.pipe(Schema.fromKey("OS-SRV-USG:launched_at")),
  terminatedAt: TimestampIfAny.pipe(Schema.fromKey("OS-SRV-USG:terminated_at")),
  /** Only in ERROR, and at times in DELETED. */
  fault: absent(Fault)
})

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

/**
 * A server, whole.
 *
 * @since 0.1.0
 * @category models
 */
export const Server = Schema.transform(Schema.Record({ key: Schema.String, value: Schema.Unknown }), ServerFields, {
  strict: false,
  decode: withEmbedded,
  encode: (server) => server
}) as unknown as Schema.Schema<Server, unknown>

/**
 * A server, whole.
 *
 * @since 0.1.0
 * @category models
 */
export interface Server extends Schema.Schema.Type<typeof ServerFields> {}

/** The fields of a server that can be changed. */
const UpdateFields = Schema.Struct({
  name: Schema.optional(ServerName),
  accessIPv4: Schema.optional(Schema.String),
  accessIPv6: Schema.optional(Schema.String),
  diskConfig: Schema.optional(DiskConfig).pipe(Schema.fromKey("OS-DCF:diskConfig")),
  /** Null for none. Needs microversion 2.19. */
  description: Schema.optional(Schema.NullOr(Description)),
  /** Needs microversion 2.90; with a domain 2.94. */
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
  /** A regular expression, matched anywhere in the name. */
  name: Schema.optional(Named),
  /** The host that it runs on, for operators of the cloud. */
  host: Schema.optional(Named),
  /** Those changed since then, deleted ones included. */
  changesSince,
  /** Those changed before then, deleted ones included. Needs microversion 2.66. */
  changesBefore: Schema.optional(Timestamp).pipe(Schema.fromKey("changes-before")),
  /** Those of all projects, for operators of the cloud. */
  allTenants: Schema.optional(Yes).pipe(Schema.fromKey("all_tenants")),
  /** Those of this project, with `allTenants`. */
  projectId: Schema.optional(Named).pipe(Schema.fromKey("project_id")),
  /** Those of this user, for operators of the cloud. */
  userId: Schema.optional(Named).pipe(Schema.fromKey("user_id")),
  /** A regular expression, matched anywhere in an IPv4 address. */
  ip: Schema.optional(Named),
  /** A regular expression, matched anywhere in an IPv6 address. */
  ip6: Schema.optional(Named),
  /** Those that one request made, by the id in its response. */
  reservationId: Schema.optional(Named).pipe(Schema.fromKey("reservation_id")),
  /** For everybody only from Nova's microversion 2.83 on. */
  availabilityZone: Schema.optional(Named).pipe(Schema.fromKey("availability_zone")),
  /** For everybody only from Nova's microversion 2.83 on. */
  keyName: Schema.optional(Named).pipe(Schema.fromKey("key_name")),
  /** For everybody only from Nova's microversion 2.83 on. */
  vmState: Schema.optional(Named).pipe(Schema.fromKey("vm_state")),
  /** For everybody only from Nova's microversion 2.83 on. */
  taskState: Schema.optional(Named).pipe(Schema.fromKey("task_state")),
  /** Those that have all of these tags. Needs microversion 2.26. */
  tags: Schema.optional(TagList),
  /** Those that have any of these tags. Needs microversion 2.26. */
  tagsAny: Schema.optional(TagList).pipe(Schema.fromKey("tags-any")),
  /** Those that do not have all of these tags. Needs microversion 2.26. */
  notTags: Schema.optional(TagList).pipe(Schema.fromKey("not-tags")),
  /** Those that have none of these tags. Needs microversion 2.26. */
  notTagsAny: Schema.optional(TagList).pipe(Schema.fromKey("not-tags-any")),
  /** Needs microversion 2.73. */
  locked: Schema.optional(Schema.Boolean),
  /** The fields to sort by, the most important first: `created_at`, `display_name`, `uuid`. Default: the newest first. */
  sortKeys: Schema.optional(Schema.NonEmptyArray(Named)).pipe(Schema.fromKey("sort_key")),
  /** A direction for each of `sortKeys`, in their order. Default `desc`. */
  sortDirections: Schema.optional(Schema.NonEmptyArray(Schema.Literal("asc", "desc"))).pipe(Schema.fromKey("sort_dir")),
  ...pageQuery
}

/**
 * The operations that list, read, change and delete servers, as data.
 *
 * @since 0.1.0
 * @category operations
 */
export const serverEndpoints = Endpoint.table("CloudServers", {
  /** Ids and names of servers, a page of them. "List servers", `GET /servers`. */
  listPage: Endpoint.make("GET", "/servers", {
    query: serverQuery,
    success: Endpoint.json(page("servers", Summary))
  }),
  /** Servers, whole, a page of them. "List servers with details", `GET /servers/detail`. */
  listDetailPage: Endpoint.make("GET", "/servers/detail", {
    query: serverQuery,
    success: Endpoint.json(page("servers", Server))
  }),
  /** One server, whole. Fails with `NotFound`. "Retrieve server details", `GET /servers/{server_id}`. */
  get: Endpoint.make("GET", "/servers/{serverId}", {
    parameters: { serverId: Named },
    success: Endpoint.json(enveloped("server", Server)),
    errors: ["NotFound"]
  }),
  /**
   * Changes a server's name, access addresses, description or hostname; fields that are left out stay. Fails with `NotFound`, and with `Conflict` while it
   * is building. "Update server", `PUT /servers/{server_id}`.
   */
  update: Endpoint.make("PUT", "/servers/{serverId}", {
    parameters: { serverId: Named },
    body: enveloped("server", UpdateFields),
    success: Endpoint.json(enveloped("server", Server)),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Has a server deleted, with all that is on its disks. It returns at once; see `waitUntilDeleted`. Fails with `NotFound`,
   * and with `Conflict` where its state does not allow it. "Delete server", `DELETE /servers/{server_id}`.
   */
  delete: Endpoint.make("DELETE", "/servers/{serverId}", {
    parameters: { serverId: Named },
    errors: ["NotFound", "Conflict"]
  })
})

/** The methods that list, read, change and delete servers. */
export const makeServers = (context: Context) => {
  const operations = methods(context, serverEndpoints)
  return {
    ...operations,
    list: listed("list", operations.listPage),
    listDetail: listed("listDetail", operations.listDetailPage),
    findServer: ({ nameOrId }: ByNameOrId) =>
      find(
        "findServer",
        nameOrId,
        operations.get({ serverId: nameOrId }).pipe(
          Effect.asSome,
          Effect.catchTag("NotFound", () => Effect.succeedNone)
        ),
        listed("findServer", operations.listDetailPage)({ name: exactly(nameOrId) })
      )
  }
}
