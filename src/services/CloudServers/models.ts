/**
 * The responses of Cloud Servers, decoded: servers, flavors, images, key pairs, networks, limits.
 *
 * A response only has to include a resource's id. Whatever else a cloud, a release or a state leaves out, or writes as null, is
 * absent.
 */
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import {
  absent,
  absentIfEmpty,
  Count,
  Id,
  JsonMap,
  enveloped,
  listOf,
  open,
  readableItems,
  someCount,
  someFlag,
  someList,
  Text,
  TimestampIfAny
} from "../../internal/schema/wire.js"

/**
 * The network that reaches the internet. Where a server's networks are named at all, this one must be among them to be
 * attached.
 *
 * @since 0.1.0
 * @category constants
 */
export const publicNet = "00000000-0000-0000-0000-000000000000"

/**
 * The region's own network (ServiceNet), where traffic is free. Where a server's networks are named at all, this one must be
 * among them to be attached.
 *
 * @since 0.1.0
 * @category constants
 */
export const serviceNet = "11111111-1111-1111-1111-111111111111"

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
 * Whether the cloud grows the file system with the disk (`AUTO`) or leaves it (`MANUAL`).
 *
 * @since 0.1.0
 * @category models
 */
export const DiskConfig = open("AUTO", "MANUAL")

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** `{ "id": … }`, or the empty string for none; from Nova's microversion 2.47 on a flavor without an id. */
const reference = Schema.optionalToOptional(Schema.Unknown, Schema.String, {
  decode: Option.flatMap((value): Option.Option<string> => {
    const id = isRecord(value) ? value["id"] : value
    return (typeof id === "string" && id !== "") || typeof id === "number" ? Option.some(String(id)) : Option.none()
  }),
  encode: Option.map((id): unknown => ({ id }))
})

/** A boolean that is false where the cloud leaves it out, or writes null or the empty string. */
const flag = Schema.optionalToRequired(Schema.Unknown, Schema.Boolean, {
  decode: Option.match({
    onNone: () => false,
    onSome: (value) => value === true || (typeof value === "string" && value.toLowerCase() === "true")
  }),
  encode: (value): Option.Option<unknown> => Option.some(value)
})

/**
 * Metadata as the cloud keeps it: any JSON value under any key. The cloud writes an empty map as null at times, and as an empty
 * list.
 */
export const Metadata: Schema.Schema<Readonly<Record<string, unknown>>, unknown> = Schema.transform(
  Schema.Unknown,
  Schema.typeSchema(JsonMap),
  {
    strict: true,
    decode: (value) => (isRecord(value) ? value : {}),
    encode: (value): unknown => value
  }
)

const metadata = Schema.optionalWith(Metadata, { default: () => ({}) })

const AddressFields = Schema.Struct({
  /** 4 or 6. */
  version: Count,
  address: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("addr")),
  /** `fixed` for an address of the server's own port, `floating` for one that is mapped to it. Rackspace does not return it. */
  type: absent(open("fixed", "floating")).pipe(Schema.fromKey("OS-EXT-IPS:type")),
  /** Of the port that has the address. Rackspace does not return it. */
  macAddress: absentIfEmpty.pipe(Schema.fromKey("OS-EXT-IPS-MAC:mac_addr"))
})

/**
 * An address of a server.
 *
 * @since 0.1.0
 * @category models
 */
export interface Address extends Schema.Schema.Type<typeof AddressFields> {}

/**
 * An address of a server.
 *
 * @since 0.1.0
 * @category models
 */
export const Address = Schema.transform(Schema.Record({ key: Schema.String, value: Schema.Unknown }), AddressFields, {
  strict: false,
  // The form of an address shows its version.
  decode: (wire) => ({ ...wire, version: wire["version"] ?? (String(wire["addr"]).includes(":") ? 6 : 4) }),
  encode: (address) => address
}) as unknown as Schema.Schema<Address, unknown>

/** Addresses by the network's label. The cloud writes an empty map as an empty list at times. */
export const Addresses = Schema.transform(
  Schema.Unknown,
  Schema.Record({ key: Schema.String, value: readableItems(Address) }),
  { strict: true, decode: (wire) => (isRecord(wire) ? wire : {}), encode: (addresses): unknown => addresses }
)

/**
 * Why a server or an image is in ERROR.
 *
 * @since 0.1.0
 * @category models
 */
export const Fault = Schema.Struct({
  code: someCount,
  /** Empty where the cloud gives no reason. */
  message: Schema.optionalWith(Text, { nullable: true, default: () => "" }),
  created: TimestampIfAny,
  details: absentIfEmpty
})

/**
 * When the cloud saves a server to an image automatically: daily, or on one day of the week.
 *
 * @since 0.1.0
 * @category models
 */
export const ImageSchedule = Schema.Struct({
  /** How many images are kept, 1 to 65,535; the oldest is deleted when one more is made. */
  retention: Count,
  /** Weekly on that day; daily without one. */
  dayOfWeek: absent(open("SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY")).pipe(
    Schema.fromKey("day_of_week")
  )
})

/**
 * When the cloud saves a server to an image automatically.
 *
 * @since 0.1.0
 * @category models
 */
export interface ImageSchedule extends Schema.Schema.Type<typeof ImageSchedule> {}

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

const ServerFields = Schema.Struct({
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
const withEmbedded = (wire: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
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

/**
 * The response to the creation of a server. Its name and status are not part of it.
 *
 * @since 0.1.0
 * @category models
 */
export const CreatedServer = Schema.Struct({
  id: Id,
  /** Returned only here, where the cloud sets one. */
  adminPassword: absent(Schema.Redacted(Schema.String)).pipe(Schema.fromKey("adminPass")),
  diskConfig: absent(DiskConfig).pipe(Schema.fromKey("OS-DCF:diskConfig"))
})

/**
 * The response to the creation of a server.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreatedServer extends Schema.Schema.Type<typeof CreatedServer> {}

/**
 * The response to the creation of several servers.
 *
 * @since 0.1.0
 * @category models
 */
export const Reservation = Schema.Struct({
  /** By which `list` and `listDetail` find the servers. */
  reservationId: Schema.propertySignature(Id).pipe(Schema.fromKey("reservation_id"))
})

/**
 * The response to the creation of several servers.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reservation extends Schema.Schema.Type<typeof Reservation> {}

/**
 * Id and name of a server, flavor or image.
 *
 * @since 0.1.0
 * @category models
 */
export const Summary = Schema.Struct({
  id: Id,
  /** Absent where the cloud does not return it. */
  name: absent(Text)
})

/**
 * Id and name of a server, flavor or image.
 *
 * @since 0.1.0
 * @category models
 */
export interface Summary extends Schema.Schema.Type<typeof Summary> {}

const FlavorFields = Schema.Struct({
  id: Id,
  name: absent(Text),
  ramMegabytes: someCount.pipe(Schema.fromKey("ram")),
  /** The system disk; 0 where the flavor boots from a volume. */
  diskGigabytes: someCount.pipe(Schema.fromKey("disk")),
  vcpus: someCount,
  swapMegabytes: someCount.pipe(Schema.fromKey("swap")),
  /** The share of network bandwidth. */
  rxtxFactor: someCount.pipe(Schema.fromKey("rxtx_factor")),
  ephemeralGigabytes: someCount.pipe(Schema.fromKey("OS-FLV-EXT-DATA:ephemeral")),
  /** Whether every project may use it. Rackspace does not return it. */
  isPublic: someFlag.pipe(Schema.fromKey("os-flavor-access:is_public")),
  /** Whether no new server can be made with it. Rackspace does not return it. */
  disabled: someFlag.pipe(Schema.fromKey("OS-FLV-DISABLED:disabled")),
  /** Only from Nova's microversion 2.55 on. */
  description: absentIfEmpty,
  /** `class`, `policy_class`, `disk_io_index`, … OpenStack returns them from Nova's microversion 2.61 on. */
  extraSpecs: metadata.pipe(Schema.fromKey("extra_specs"))
})

/**
 * A size in which servers are made.
 *
 * @since 0.1.0
 * @category models
 */
export interface Flavor extends Schema.Schema.Type<typeof FlavorFields> {}

/**
 * A size in which servers are made.
 *
 * @since 0.1.0
 * @category models
 */
export const Flavor = Schema.transform(Schema.Record({ key: Schema.String, value: Schema.Unknown }), FlavorFields, {
  strict: false,
  // Rackspace and Nova name the extra specifications differently.
  decode: (wire) => ({ ...wire, extra_specs: wire["extra_specs"] ?? wire["OS-FLV-WITH-EXT-SPECS:extra_specs"] }),
  encode: (flavor) => flavor
}) as unknown as Schema.Schema<Flavor, unknown>

/**
 * The status of an image. The cloud may return others.
 *
 * @since 0.1.0
 * @category models
 */
export const ImageStatus = open("ACTIVE", "SAVING", "DELETED", "ERROR", "UNKNOWN")

/**
 * What servers are made from: a base image, or a snapshot of a server.
 *
 * @since 0.1.0
 * @category models
 */
export const Image = Schema.Struct({
  id: Id,
  /** Absent for an image that was never given one. */
  name: absent(Text),
  /** `UNKNOWN` where the cloud does not return it. */
  status: Schema.optionalWith(ImageStatus, { nullable: true, default: () => "UNKNOWN" }),
  /** In percent. */
  progress: someCount,
  created: TimestampIfAny,
  updated: TimestampIfAny,
  minDiskGigabytes: someCount.pipe(Schema.fromKey("minDisk")),
  minRamMegabytes: someCount.pipe(Schema.fromKey("minRam")),
  bytes: someCount.pipe(Schema.fromKey("OS-EXT-IMG-SIZE:size")),
  diskConfig: absent(DiskConfig).pipe(Schema.fromKey("OS-DCF:diskConfig")),
  /** Any JSON value under any key: a snapshot of a server that boots from a volume has a list of disks. */
  metadata,
  /** The server that it is a snapshot of; absent for a base image. */
  serverId: reference.pipe(Schema.fromKey("server")),
  fault: absent(Fault)
})

/**
 * What servers are made from: a base image, or a snapshot of a server.
 *
 * @since 0.1.0
 * @category models
 */
export interface Image extends Schema.Schema.Type<typeof Image> {}

/**
 * How often a kind of request may be made.
 *
 * @since 0.1.0
 * @category models
 */
export const RateLimit = Schema.Struct({
  uri: absent(Text),
  regex: absent(Text),
  limits: listOf(
    Schema.Struct({
      /** The HTTP method. */
      verb: absent(Text),
      value: someCount,
      remaining: someCount,
      unit: absent(open("SECOND", "MINUTE", "HOUR", "DAY")),
      nextAvailable: TimestampIfAny.pipe(Schema.fromKey("next-available"))
    })
  ).pipe(Schema.fromKey("limit"))
})

/** A map of numbers by their names: other values are left out. */
const Numbers: Schema.Schema<Readonly<Record<string, number>>, unknown> = Schema.transform(
  Schema.Unknown,
  Schema.Record({ key: Schema.String, value: Schema.Number }),
  {
    strict: true,
    decode: (wire) =>
      Object.fromEntries(
        Object.entries(isRecord(wire) ? wire : {}).flatMap(([name, value]) => {
          const number = typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
          return typeof number === "number" ? [[name, number] as const] : []
        })
      ),
    encode: (numbers): unknown => numbers
  }
)

/**
 * What the account may do and have.
 *
 * @since 0.1.0
 * @category models
 */
export const Limits = Schema.Struct({
  /** Empty where the cloud has no rate limits, or does not return them. */
  rate: listOf(RateLimit),
  /** `maxTotalRAMSize` (megabytes), `maxTotalInstances`, `totalInstancesUsed`, …; -1 for none. */
  absolute: Schema.optionalWith(Numbers, { default: () => ({}) })
})

/**
 * What the account may do and have.
 *
 * @since 0.1.0
 * @category models
 */
export interface Limits extends Schema.Schema.Type<typeof Limits> {}

/**
 * The id of an image that a server is saved to.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreatedImage {
  readonly imageId: string
}

/** The id is in a header only; from Nova's microversion 2.45 on in the body only. */
export const ImageReference: Schema.Schema<CreatedImage, unknown> = Schema.transform(
  Schema.Struct({
    location: Schema.optional(Schema.String),
    ":body": Schema.optional(Schema.Unknown)
  }),
  Schema.Struct({ imageId: Schema.NonEmptyString.annotations({ description: "the id of the image" }) }),
  {
    strict: true,
    decode: ({ ":body": body, location }) => ({
      imageId:
        isRecord(body) && typeof body["image_id"] === "string"
          ? body["image_id"]
          : (location?.replace(/\/+$/, "").split("/").at(-1)?.split("?")[0] ?? "")
    }),
    encode: ({ imageId }) => ({ ":body": { image_id: imageId } })
  }
) as unknown as Schema.Schema<CreatedImage, unknown>

/** `{ "adminPass": … }`, and nothing else. */
export const Rescued = Schema.Struct({
  /** Of the rescue system; returned only here, where the cloud sets one. */
  adminPassword: absent(Schema.Redacted(Schema.String)).pipe(Schema.fromKey("adminPass"))
})

/**
 * A server that is being rebuilt, with its new password.
 *
 * @since 0.1.0
 * @category models
 */
export interface RebuiltServer extends Server {
  /** Returned only here, where the cloud sets one. */
  readonly adminPassword?: Redacted.Redacted
}

/**
 * A server that is being rebuilt, with its new password.
 *
 * @since 0.1.0
 * @category models
 */
export const RebuiltServer = Schema.transform(
  Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  Schema.Struct({ ...ServerFields.fields, ...Rescued.fields }),
  { strict: false, decode: withEmbedded, encode: (server) => server }
) as unknown as Schema.Schema<RebuiltServer, unknown>

/**
 * A server's connection to a network.
 *
 * @since 0.1.0
 * @category models
 */
export const VirtualInterface = Schema.Struct({
  id: Id,
  macAddress: absentIfEmpty.pipe(Schema.fromKey("mac_address")),
  ipAddresses: listOf(
    Schema.Struct({
      address: Schema.String,
      networkId: absent(Id).pipe(Schema.fromKey("network_id")),
      networkLabel: absent(Text).pipe(Schema.fromKey("network_label"))
    })
  ).pipe(Schema.fromKey("ip_addresses"))
})

/**
 * A server's connection to a network.
 *
 * @since 0.1.0
 * @category models
 */
export interface VirtualInterface extends Schema.Schema.Type<typeof VirtualInterface> {}

/**
 * A network that servers can be on.
 *
 * @since 0.1.0
 * @category models
 */
export const Network = Schema.Struct({
  id: Id,
  label: absent(Text),
  /** `192.168.3.0/24`; absent for the public network and ServiceNet. */
  cidr: absentIfEmpty
})

/**
 * A network that servers can be on.
 *
 * @since 0.1.0
 * @category models
 */
export interface Network extends Schema.Schema.Type<typeof Network> {}

/**
 * An address that several servers share.
 *
 * @since 0.1.0
 * @category models
 */
export const IpAssociation = Schema.Struct({ id: Id, address: Schema.String })

/**
 * An address that several servers share.
 *
 * @since 0.1.0
 * @category models
 */
export interface IpAssociation extends Schema.Schema.Type<typeof IpAssociation> {}

/**
 * Something that was done to a server.
 *
 * @since 0.1.0
 * @category models
 */
export const InstanceAction = Schema.Struct({
  /** `create`, `reboot`, `resize`, … */
  action: absent(Text),
  serverId: absent(Id).pipe(Schema.fromKey("instance_uuid")),
  requestId: Schema.propertySignature(Text).pipe(Schema.fromKey("request_id")),
  message: absentIfEmpty,
  started: TimestampIfAny.pipe(Schema.fromKey("start_time")),
  /** Only from Nova's microversion 2.58 on. */
  updated: TimestampIfAny.pipe(Schema.fromKey("updated_at")),
  projectId: absent(Id).pipe(Schema.fromKey("project_id")),
  userId: absent(Id).pipe(Schema.fromKey("user_id")),
  /** The steps that it took. Only of a single action; before Nova's microversion 2.51 only for operators of the cloud. */
  events: someList(
    Schema.Struct({
      event: Text,
      started: TimestampIfAny.pipe(Schema.fromKey("start_time")),
      finished: TimestampIfAny.pipe(Schema.fromKey("finish_time")),
      /** `Success` or `Error`; absent while it is at work. */
      result: absentIfEmpty,
      /** Why it failed. Only from Nova's microversion 2.84 on. */
      details: absentIfEmpty,
      /** Where it failed in Nova's code; for operators of the cloud. */
      traceback: absentIfEmpty,
      /** For operators of the cloud, from Nova's microversion 2.62 on. */
      host: absentIfEmpty,
      /** The host as an opaque id. Only from Nova's microversion 2.62 on. */
      hostId: absentIfEmpty
    })
  )
})

/**
 * Something that was done to a server.
 *
 * @since 0.1.0
 * @category models
 */
export interface InstanceAction extends Schema.Schema.Type<typeof InstanceAction> {}

/**
 * What the cloud's API can do beyond its core.
 *
 * @since 0.1.0
 * @category models
 */
export const Extension = Schema.Struct({
  alias: Schema.String,
  name: absent(Text),
  description: Schema.optionalWith(Text, { nullable: true, default: () => "" }),
  updated: TimestampIfAny
})

/**
 * What the cloud's API can do beyond its core.
 *
 * @since 0.1.0
 * @category models
 */
export interface Extension extends Schema.Schema.Type<typeof Extension> {}

/** Each limit by its name; the tenant's id, which stands among them, is left out. */
export const Quotas = Schema.transform(Schema.Unknown, Schema.Record({ key: Schema.String, value: Schema.Unknown }), {
  strict: true,
  decode: (wire) => {
    const { id: _, ...quotas } = isRecord(wire) ? wire : {}
    return quotas
  },
  encode: (quotas): unknown => quotas
}).pipe(Schema.compose(Numbers))
