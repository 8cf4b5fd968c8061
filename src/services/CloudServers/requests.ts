/**
 * The request bodies and queries that create, change and list servers, and the rules that are checked before they are sent.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { pageQuery } from "../../internal/paging/listing.js"
import { secretInput } from "../../internal/schema/knownFields.js"
import { Base64, Json, Named, open, Timestamp } from "../../internal/schema/wire.js"
import { DiskConfig, ImageStatus, ServerStatus } from "./models.js"

/** Nova counts code points, of which JavaScript's strings have some as two units. */
const charactersOf = (text: string): number => {
  let count = 0
  for (const _ of text) count++
  return count
}

/** A tag of a server, or of a disk or an interface of one. */
export const Tag = Named.pipe(
  Schema.filter((tag) => charactersOf(tag) <= 60 && !/[,/]/.test(tag), {
    description: "a tag of 1 to 60 characters without commas and slashes"
  })
)

/**
 * A disk of a new server: with `bootIndex` 0 the one it boots from.
 *
 * @since 0.1.0
 * @category models
 */
export const BlockDevice = Schema.Struct({
  /** 0 for the boot disk, then 1, 2, …; -1 for one that is never booted from. */
  bootIndex: Schema.optional(Schema.Int).pipe(Schema.fromKey("boot_index")),
  /** The id of the image, volume or snapshot; none for a blank disk. */
  sourceId: Schema.optional(Named).pipe(Schema.fromKey("uuid")),
  sourceType: Schema.propertySignature(open("image", "volume", "snapshot", "blank")).pipe(
    Schema.fromKey("source_type")
  ),
  destinationType: Schema.propertySignature(open("volume", "local")).pipe(Schema.fromKey("destination_type")),
  /** The size of a volume that is made for it. */
  volumeGigabytes: Schema.optional(Schema.Int.pipe(Schema.positive())).pipe(Schema.fromKey("volume_size")),
  /** The type of a volume that is made for it. Needs microversion 2.67. */
  volumeType: Schema.optional(Named).pipe(Schema.fromKey("volume_type")),
  deleteOnTermination: Schema.optional(Schema.Boolean).pipe(Schema.fromKey("delete_on_termination")),
  /** `/dev/vdb`. Default: the cloud chooses. */
  deviceName: Schema.optional(Named).pipe(Schema.fromKey("device_name")),
  /** `disk`, `cdrom`, `floppy`, `lun`. */
  deviceType: Schema.optional(Named).pipe(Schema.fromKey("device_type")),
  /** `virtio`, `ide`, `scsi`, … */
  diskBus: Schema.optional(Named).pipe(Schema.fromKey("disk_bus")),
  /** How a blank local disk is formatted: `ext4`, `swap`. */
  guestFormat: Schema.optional(Named).pipe(Schema.fromKey("guest_format")),
  /** By which the server's own metadata name the disk. Needs microversion 2.42 (or exactly 2.32). */
  tag: Schema.optional(Tag)
})

const bytesOf = (text: string): number => Buffer.byteLength(text, "utf8")

const atMost255 = (text: string): boolean => text.length <= 255 || charactersOf(text) <= 255

/** Metadata that is sent. */
export const MetadataInput = Schema.Record({ key: Named, value: Schema.String }).pipe(
  Schema.filter((entries) => Object.entries(entries).every(([key, value]) => atMost255(key) && atMost255(value)), {
    description: "metadata whose keys and values have at most 255 characters each"
  })
)

const ItemKey = Named.pipe(Schema.filter(atMost255, { description: "a key of 1 to 255 characters" }))

const ItemValue = Schema.String.pipe(Schema.filter(atMost255, { description: "a value of at most 255 characters" }))

/** One entry of metadata: the key stands in the path and, again, in the body. */
export const metadataItemBody = Schema.transform(Schema.Unknown, Schema.Struct({ key: ItemKey, value: ItemValue }), {
  strict: false,
  decode: (wire) => wire,
  encode: ({ key, value }) => ({ meta: { [key]: value } })
}) as unknown as Schema.Schema<{ readonly key: string; readonly value: string }, unknown>

/** The name of a server or an image. */
export const ServerName = Named.pipe(Schema.filter(atMost255, { description: "a name of 1 to 255 characters" }))

const Description = Schema.String.pipe(
  Schema.filter(atMost255, { description: "a description of at most 255 characters" })
)

/** All tags of a server. */
export const Tags = Schema.Array(Tag).pipe(Schema.maxItems(50, { description: "at most 50 tags" }))

const Certificates = Schema.Array(Named).pipe(
  Schema.filter((ids) => ids.length >= 1 && ids.length <= 50, { description: "1 to 50 ids of certificates" })
)

const Neighbours = Schema.Array(Named).pipe(
  Schema.filter((ids) => ids.length >= 1 && ids.length <= 3, { description: "one to three ids of servers" })
)

const ServerIds = Schema.NonEmptyArray(Named)

/** A value that Nova reads as JSON within a text. */
const JsonText = Schema.transform(Schema.Unknown, Json, {
  strict: true,
  decode: (text) => text,
  encode: (value) => (typeof value === "string" ? value : JSON.stringify(value))
})

/** Hints for the schedulers of OpenStack and Rackspace: `different_host`, `public_ip_zone:near`. */
const HintFields = Schema.Struct({
  /** The servers, by id, near which it is to stand: one to three. Rackspace alone has it. */
  near: Schema.optional(Neighbours).pipe(Schema.fromKey("public_ip_zone:near")),
  /** The servers, by id, far from which it is to stand: one to three. Rackspace alone has it. */
  far: Schema.optional(Neighbours).pipe(Schema.fromKey("public_ip_zone:far")),
  /** The id of the server group that it joins. */
  group: Schema.optional(Named),
  /** The servers, by id, whose hosts it is not to be on. */
  differentHost: Schema.optional(ServerIds).pipe(Schema.fromKey("different_host")),
  /** The servers, by id, one of whose hosts it is to be on. */
  sameHost: Schema.optional(ServerIds).pipe(Schema.fromKey("same_host")),
  /** A condition on hosts: `[">=", "$free_ram_mb", 1024]`. */
  query: Schema.optional(JsonText),
  targetCell: Schema.optional(Named).pipe(Schema.fromKey("target_cell")),
  differentCell: Schema.optional(Schema.NonEmptyArray(Named)).pipe(Schema.fromKey("different_cell")),
  /** An address of the subnet of hosts that it is to be in; `cidr` says how large that is. */
  buildNearHostIp: Schema.optional(Named).pipe(Schema.fromKey("build_near_host_ip")),
  /** `/24`: the size of the subnet around `buildNearHostIp`. */
  cidr: Schema.optional(
    Schema.String.pipe(Schema.pattern(/^\/[0-9a-f.:]+$/, { description: "a prefix length with its slash: /24" }))
  ),
  /** Hints of the cloud's own, by the names that its scheduler knows. */
  custom: Schema.optional(Schema.Record({ key: Named, value: Json }))
})

const hintsOnWire = ({ custom, ...hints }: typeof HintFields.Encoded): Readonly<Record<string, unknown>> => ({
  ...hints,
  ...custom
})

const NetworkInput = Schema.Struct({
  networkId: Schema.optional(Named).pipe(Schema.fromKey("uuid")),
  portId: Schema.optional(Named).pipe(Schema.fromKey("port")),
  /** The address that it has on the network. Needs `networkId`. */
  fixedIp: Schema.optional(Named).pipe(Schema.fromKey("fixed_ip")),
  /** By which the server's own metadata name the interface. Needs microversion 2.32. */
  tag: Schema.optional(Tag)
}).pipe(
  Schema.filter((network) => (network.networkId === undefined) !== (network.portId === undefined), {
    description: "either a networkId or a portId"
  }),
  Schema.filter((network) =>
    network.fixedIp === undefined || network.networkId !== undefined
      ? undefined
      : { path: ["fixedIp"], message: "a networkId together with it: a port has its addresses already" }
  )
)

const personality = Schema.optional(
  Schema.Array(
    Schema.Struct({
      path: Named.pipe(Schema.filter((path) => bytesOf(path) <= 255, { description: "a path of 1 to 255 bytes" })),
      contents: Base64
    })
  )
)

const Amount = Schema.Int.pipe(Schema.positive({ description: "a whole number of 1 or more" }))

/** Names or ids, `[{ "name": … }]` on the wire. */
const SecurityGroups = Schema.transform(Schema.Array(Schema.Struct({ name: Schema.String })), Schema.Array(Named), {
  strict: true,
  decode: (groups) => groups.map(({ name }) => name),
  encode: (groups) => groups.map((name) => ({ name }))
})

const CreateFields = Schema.Struct({
  /** 1 to 255 characters. It need not be unique. */
  name: ServerName,
  /** The image to make it from. Left out where it boots from one of `blockDevices`. */
  imageId: Schema.requiredToOptional(Schema.String, Schema.UndefinedOr(Named), {
    decode: (reference) => (reference === "" ? Option.none() : Option.some(reference)),
    encode: (id) => Option.getOrElse(id, () => undefined) ?? ""
  }).pipe(Schema.fromKey("imageRef")),
  flavorId: Schema.propertySignature(Named).pipe(Schema.fromKey("flavorRef")),
  /**
   * By default the public network and ServiceNet. Where any is given, those two must be given to be attached. From Nova's
   * microversion 2.37 on it must be said: `auto`, `none`, or which.
   */
  networks: Schema.optional(Schema.Union(Schema.Literal("auto", "none"), Schema.Array(NetworkInput))),
  keyName: Schema.optional(Named).pipe(Schema.fromKey("key_name")),
  metadata: Schema.optional(MetadataInput),
  /**
   * Files to put on the server; encoded on the way. Rackspace takes five of at most 1,000 bytes each; Nova has it up to
   * microversion 2.56.
   */
  personality,
  /** For cloud-init; encoded on the way. Rackspace hands it on through the config drive. */
  userData: Schema.optional(Base64).pipe(Schema.fromKey("user_data")),
  configDrive: Schema.optional(Schema.Boolean).pipe(Schema.fromKey("config_drive")),
  blockDevices: Schema.optional(Schema.NonEmptyArray(BlockDevice)).pipe(Schema.fromKey("block_device_mapping_v2")),
  diskConfig: Schema.optional(DiskConfig).pipe(Schema.fromKey("OS-DCF:diskConfig")),
  adminPassword: Schema.optional(secretInput(Named)).pipe(Schema.fromKey("adminPass")),
  accessIPv4: Schema.optional(Schema.String),
  accessIPv6: Schema.optional(Schema.String),
  /**
   * How many servers to make at the least; default 1. The response names one of them, and the cloud adds a number to each
   * name.
   */
  minCount: Schema.optional(Amount).pipe(Schema.fromKey("min_count")),
  /** How many servers to make at the most, as far as the quota allows; default `minCount`. */
  maxCount: Schema.optional(Amount).pipe(Schema.fromKey("max_count")),
  /** The zone to make it in. Rackspace has none. */
  availabilityZone: Schema.optional(Named).pipe(Schema.fromKey("availability_zone")),
  /** Names or ids of security groups. Default: the group `default`. Rackspace has none. */
  securityGroups: Schema.optional(SecurityGroups).pipe(Schema.fromKey("security_groups")),
  /** Needs microversion 2.19. */
  description: Schema.optional(Description),
  /** Needs microversion 2.52. */
  tags: Schema.optional(Tags),
  /** What the server calls itself; default: made of its name. Needs microversion 2.90; with a domain 2.94. */
  hostname: Schema.optional(Named),
  /** Ids of the certificates that the image's signature is checked with. Needs microversion 2.63. */
  trustedImageCertificates: Schema.optional(Certificates).pipe(Schema.fromKey("trusted_image_certificates")),
  /** The host to make it on, for operators of the cloud. Needs microversion 2.74. */
  host: Schema.optional(Named),
  /** The hypervisor to make it on, for operators of the cloud. Needs microversion 2.74. */
  hypervisorHostname: Schema.optional(Named).pipe(Schema.fromKey("hypervisor_hostname")),
  /** Where it is to stand. */
  schedulerHints: Schema.optional(HintFields).pipe(Schema.fromKey("os:scheduler_hints"))
})

const bootable = Schema.typeSchema(CreateFields).pipe(
  Schema.filter((server) =>
    server.imageId !== undefined || server.blockDevices !== undefined
      ? undefined
      : { path: ["imageId"], message: "an image to make the server from, or blockDevices to boot it from" }
  ),
  Schema.filter(({ maxCount, minCount }) =>
    minCount !== undefined && maxCount !== undefined && minCount > maxCount
      ? { path: ["maxCount"], message: "a number that is at least minCount" }
      : undefined
  )
)

/** The body of a creation: the hints are next to the server on the wire, not in it. `fixed` are fields that are always sent. */
const createBody = (fixed: Readonly<Record<string, unknown>>) =>
  Schema.transform(
    Schema.Struct({ server: Schema.Unknown, "os:scheduler_hints": Schema.optional(Schema.Unknown) }),
    Schema.compose(CreateFields, bootable, { strict: false }),
    {
      strict: false,
      decode: ({ server, ...hints }) => ({ ...(server as object), ...hints }),
      encode: ({ "os:scheduler_hints": hints, ...server }: typeof CreateFields.Encoded) => ({
        server: { ...server, ...fixed },
        ...(hints !== undefined && { "os:scheduler_hints": hintsOnWire(hints) })
      })
    }
  ) as unknown as Schema.Schema<typeof CreateFields.Type, unknown>

/** A new server. */
export const CreateBody = createBody({})

/** New servers, whose response has the id of their reservation. */
export const ReservationBody = createBody({ return_reservation_id: true })

/** The fields of a server that can be changed. */
export const UpdateFields = Schema.Struct({
  name: Schema.optional(ServerName),
  accessIPv4: Schema.optional(Schema.String),
  accessIPv6: Schema.optional(Schema.String),
  diskConfig: Schema.optional(DiskConfig).pipe(Schema.fromKey("OS-DCF:diskConfig")),
  /** Null for none. Needs microversion 2.19. */
  description: Schema.optional(Schema.NullOr(Description)),
  /** Needs microversion 2.90; with a domain 2.94. */
  hostname: Schema.optional(Named)
})

/** The fields of a rebuild. */
export const RebuildFields = Schema.Struct({
  imageId: Schema.propertySignature(Named).pipe(Schema.fromKey("imageRef")),
  /** Default: the name that it has. */
  name: Schema.optional(ServerName),
  /** Default: one that the cloud makes, and includes in its response. */
  adminPassword: Schema.optional(secretInput(Named)).pipe(Schema.fromKey("adminPass")),
  accessIPv4: Schema.optional(Schema.String),
  accessIPv6: Schema.optional(Schema.String),
  /** Replaces what it has. */
  metadata: Schema.optional(MetadataInput),
  /**
   * Files to put on the server; encoded on the way. Rackspace takes five of at most 1,000 bytes each; Nova has it up to
   * microversion 2.56.
   */
  personality,
  diskConfig: Schema.optional(DiskConfig).pipe(Schema.fromKey("OS-DCF:diskConfig")),
  /** Whether a local data disk is kept. */
  preserveEphemeral: Schema.optional(Schema.Boolean).pipe(Schema.fromKey("preserve_ephemeral")),
  /** For cloud-init; encoded on the way. Null for none; default: what it has. Needs microversion 2.57. */
  userData: Schema.optional(Schema.NullOr(Base64)).pipe(Schema.fromKey("user_data")),
  /** Null for none; default: the key that it has. Needs microversion 2.54. */
  keyName: Schema.optional(Schema.NullOr(Named)).pipe(Schema.fromKey("key_name")),
  /** Null for none. Needs microversion 2.19. */
  description: Schema.optional(Schema.NullOr(Description)),
  /** Needs microversion 2.90; with a domain 2.94. */
  hostname: Schema.optional(Named),
  /** Ids of the certificates that the image's signature is checked with; null for none. Needs microversion 2.63. */
  trustedImageCertificates: Schema.optional(Schema.NullOr(Certificates)).pipe(
    Schema.fromKey("trusted_image_certificates")
  )
})

/** When the cloud is to save a server to an image automatically. */
export const ImageScheduleInput = Schema.Struct({
  /** How many images are kept, 1 to 65,535; the oldest is deleted when one more is made. */
  retention: Schema.Int.pipe(Schema.between(1, 65_535, { description: "a whole number of images, 1 to 65,535" })),
  /** Weekly on that day; daily without one. */
  dayOfWeek: Schema.optional(open("SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY")).pipe(
    Schema.fromKey("day_of_week")
  )
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

const changesSince = Schema.optional(Timestamp).pipe(Schema.fromKey("changes-since"))

/** The filters of a listing of servers. */
export const serverQuery = {
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

/** The filters of a listing of images. */
export const imageQuery = {
  serverId: Schema.optional(Named).pipe(Schema.fromKey("server")),
  name: Schema.optional(Named),
  status: Schema.optional(ImageStatus),
  changesSince,
  /** `base` or `snapshot`. */
  type: Schema.optional(open("base", "snapshot")),
  minDiskGigabytes: Schema.optional(Schema.NonNegativeInt).pipe(Schema.fromKey("minDisk")),
  minRamMegabytes: Schema.optional(Schema.NonNegativeInt).pipe(Schema.fromKey("minRam")),
  ...pageQuery
}

/** The filters of a listing of flavors. */
export const flavorQuery = {
  minDiskGigabytes: Schema.optional(Schema.NonNegativeInt).pipe(Schema.fromKey("minDisk")),
  minRamMegabytes: Schema.optional(Schema.NonNegativeInt).pipe(Schema.fromKey("minRam")),
  /** `false` for those that only some projects may use, `none` for both kinds; for operators of the cloud. */
  isPublic: Schema.optional(Schema.Literal(true, false, "none")).pipe(Schema.fromKey("is_public")),
  /** `flavorid` (the default), `name`, `memory_mb`, `vcpus`, `root_gb`, … Rackspace does not sort. */
  sortKey: Schema.optional(Named).pipe(Schema.fromKey("sort_key")),
  sortDirection: Schema.optional(Schema.Literal("asc", "desc")).pipe(Schema.fromKey("sort_dir")),
  ...pageQuery
}
