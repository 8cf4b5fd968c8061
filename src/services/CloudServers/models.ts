/**
 * What Cloud Servers answers, decoded: servers, flavors, images, key pairs, networks, limits.
 */
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { absent, absentIfEmpty, Id, open, Timestamp } from "../../internal/wire.js"

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
 * The status of a server. The cloud may answer others.
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

/** `{ "id": … }`, or the empty string for none; from Nova's microversion 2.47 on a flavor without an id. */
const reference = Schema.optionalToOptional(
  Schema.NullishOr(Schema.Union(Schema.String, Schema.Struct({ id: absent(Id) }))),
  Schema.String,
  {
    decode: Option.flatMap((value): Option.Option<string> => {
      const id = typeof value === "string" ? value : value?.id
      return id === undefined || id === "" ? Option.none() : Option.some(id)
    }),
    encode: Option.map((id) => ({ id }))
  }
)

/** A switch that the cloud writes as a boolean, as `True`, as the empty string, or not at all. */
const flag = Schema.optionalToRequired(Schema.NullishOr(Schema.Union(Schema.Boolean, Schema.String)), Schema.Boolean, {
  decode: Option.match({
    onNone: () => false,
    onSome: (value) => value === true || (typeof value === "string" && value.toLowerCase() === "true")
  }),
  encode: Option.some
})

export const Metadata = Schema.Record({ key: Schema.String, value: Schema.String })

/** The cloud writes null for an empty map at times. */
const metadata = Schema.optionalWith(Metadata, { nullable: true, default: () => ({}) })

/**
 * An address of a server.
 *
 * @since 0.1.0
 * @category models
 */
export const Address = Schema.Struct({
  /** 4 or 6. */
  version: Schema.Number,
  address: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("addr"))
})

/**
 * Why a server or an image is in ERROR.
 *
 * @since 0.1.0
 * @category models
 */
export const Fault = Schema.Struct({
  code: absent(Schema.Number),
  /** Empty where the cloud gives no reason. */
  message: Schema.optionalWith(Schema.String, { nullable: true, default: () => "" }),
  created: absent(Timestamp),
  details: absent(Schema.String)
})

/**
 * When the cloud saves a server to an image by itself: daily, or on one day of the week.
 *
 * @since 0.1.0
 * @category models
 */
export const ImageSchedule = Schema.Struct({
  /** How many images are kept, 1 to 65,535; the oldest goes when one more is made. */
  retention: Schema.Int.pipe(Schema.between(1, 65_535, { description: "a whole number of images, 1 to 65,535" })),
  /** Weekly on that day; daily without one. */
  dayOfWeek: absent(open("SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY")).pipe(
    Schema.fromKey("day_of_week")
  )
})

/**
 * When the cloud saves a server to an image by itself.
 *
 * @since 0.1.0
 * @category models
 */
export interface ImageSchedule extends Schema.Schema.Type<typeof ImageSchedule> {}

/** A number that the cloud writes as a text at times. */
const Count = Schema.Union(Schema.Number, Schema.NumberFromString)

/**
 * What went through one of a server's networks in the present audit period.
 *
 * @since 0.1.0
 * @category models
 */
export const Bandwidth = Schema.Struct({
  /** The network's label: `public`, `private`. */
  interface: Schema.String,
  /** Bytes that came in. */
  inbound: Schema.propertySignature(Count).pipe(Schema.fromKey("bandwidth_inbound")),
  /** Bytes that went out. */
  outbound: Schema.propertySignature(Count).pipe(Schema.fromKey("bandwidth_outbound")),
  periodStart: absent(Timestamp).pipe(Schema.fromKey("audit_period_start")),
  periodEnd: absent(Timestamp).pipe(Schema.fromKey("audit_period_end"))
})

const ServerFields = Schema.Struct({
  id: Id,
  name: Schema.String,
  status: ServerStatus,
  /** Of the task under way, in percent. */
  progress: absent(Schema.Number),
  created: Timestamp,
  updated: Timestamp,
  tenantId: absent(Id).pipe(Schema.fromKey("tenant_id")),
  userId: absent(Id).pipe(Schema.fromKey("user_id")),
  /** The host it runs on, as an opaque id; absent while it is building. */
  hostId: absentIfEmpty,
  /** By the network's label: `public`, `private`, or that of an isolated network. Empty while it is building. */
  addresses: Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.Array(Address) }), {
    nullable: true,
    default: () => ({})
  }),
  accessIPv4: absentIfEmpty,
  accessIPv6: absentIfEmpty,
  /** The image it was made from; absent where it boots from a volume. */
  imageId: reference.pipe(Schema.fromKey("image")),
  /** Absent from Nova's microversion 2.47 on, which tells the flavor's name instead. */
  flavorId: reference.pipe(Schema.fromKey("flavor")),
  /** As the flavor was called when the server was made. Only from Nova's microversion 2.47 on. */
  flavorName: absent(Schema.String),
  /** Only from Nova's microversion 2.19 on. */
  description: absentIfEmpty,
  /** Only from Nova's microversion 2.26 on. */
  tags: absent(Schema.Array(Schema.String)),
  /** Whether its owner has locked it against changes. Only from Nova's microversion 2.9 on. */
  locked: absent(Schema.Boolean),
  metadata,
  keyName: absentIfEmpty.pipe(Schema.fromKey("key_name")),
  configDrive: flag.pipe(Schema.fromKey("config_drive")),
  diskConfig: absent(DiskConfig).pipe(Schema.fromKey("OS-DCF:diskConfig")),
  vmState: absentIfEmpty.pipe(Schema.fromKey("OS-EXT-STS:vm_state")),
  /** What is being done to it; absent when nothing is. */
  taskState: absentIfEmpty.pipe(Schema.fromKey("OS-EXT-STS:task_state")),
  /** 0 none or down, 1 running, 4 shut off. */
  powerState: absent(Schema.Number).pipe(Schema.fromKey("OS-EXT-STS:power_state")),
  publicIpZoneId: absentIfEmpty.pipe(Schema.fromKey("RAX-PUBLIC-IP-ZONE-ID:publicIPZoneId")),
  attachedVolumes: absent(Schema.Array(Schema.Struct({ id: Id }))).pipe(
    Schema.fromKey("os-extended-volumes:volumes_attached")
  ),
  /** Empty while it is building; Rackspace alone tells it. */
  bandwidth: absent(Schema.Array(Bandwidth)).pipe(Schema.fromKey("rax-bandwidth:bandwidth")),
  /** Where the cloud saves it by itself; Rackspace alone does. */
  imageSchedule: absent(ImageSchedule).pipe(Schema.fromKey("RAX-SI:image_schedule")),
  /** Rackspace does not tell it. */
  availabilityZone: absentIfEmpty.pipe(Schema.fromKey("OS-EXT-AZ:availability_zone")),
  launchedAt: absent(Timestamp).pipe(Schema.fromKey("OS-SRV-USG:launched_at")),
  terminatedAt: absent(Timestamp).pipe(Schema.fromKey("OS-SRV-USG:terminated_at")),
  /** Only in ERROR, and at times in DELETED. */
  fault: absent(Fault)
})

const nameOfFlavor = (flavor: unknown): string | undefined =>
  typeof flavor === "object" && flavor !== null && "original_name" in flavor && typeof flavor.original_name === "string"
    ? flavor.original_name
    : undefined

const withFlavorName = (wire: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const flavorName = nameOfFlavor(wire["flavor"])
  return { ...wire, ...(flavorName !== undefined && { flavorName }) }
}

/**
 * A server, whole.
 *
 * @since 0.1.0
 * @category models
 */
export const Server = Schema.transform(Schema.Record({ key: Schema.String, value: Schema.Unknown }), ServerFields, {
  strict: false,
  decode: withFlavorName,
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
 * What is told of a server when it is created. Its name and status are not among it.
 *
 * @since 0.1.0
 * @category models
 */
export const CreatedServer = Schema.Struct({
  id: Id,
  /** Told this once, where the cloud sets one. */
  adminPassword: absent(Schema.Redacted(Schema.String)).pipe(Schema.fromKey("adminPass")),
  diskConfig: absent(DiskConfig).pipe(Schema.fromKey("OS-DCF:diskConfig"))
})

/**
 * What is told of a server when it is created.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreatedServer extends Schema.Schema.Type<typeof CreatedServer> {}

/**
 * Name and id of a server, flavor or image.
 *
 * @since 0.1.0
 * @category models
 */
export const Summary = Schema.Struct({ id: Id, name: Schema.String })

/**
 * Name and id of a server, flavor or image.
 *
 * @since 0.1.0
 * @category models
 */
export interface Summary extends Schema.Schema.Type<typeof Summary> {}

/** A number that the cloud leaves out, or writes as the empty string, for "none". */
const numberOrEmpty = Schema.optionalToOptional(
  Schema.NullishOr(Schema.Union(Schema.Number, Schema.String)),
  Schema.Number,
  {
    decode: Option.flatMap((value) =>
      value === "" || value === null || value === undefined || !Number.isFinite(Number(value))
        ? Option.none()
        : Option.some(Number(value))
    ),
    encode: (value) => value
  }
)

/**
 * A size in which servers are made.
 *
 * @since 0.1.0
 * @category models
 */
export const Flavor = Schema.Struct({
  id: Id,
  name: Schema.String,
  ramMegabytes: Schema.propertySignature(Schema.Number).pipe(Schema.fromKey("ram")),
  /** The system disk; 0 where the flavor boots from a volume. */
  diskGigabytes: Schema.propertySignature(Schema.Number).pipe(Schema.fromKey("disk")),
  vcpus: Schema.Number,
  swapMegabytes: numberOrEmpty.pipe(Schema.fromKey("swap")),
  /** The share of network bandwidth. */
  rxtxFactor: numberOrEmpty.pipe(Schema.fromKey("rxtx_factor")),
  ephemeralGigabytes: numberOrEmpty.pipe(Schema.fromKey("OS-FLV-EXT-DATA:ephemeral")),
  /** `class`, `policy_class`, `disk_io_index`, `number_of_data_disks`, … */
  extraSpecs: Schema.optionalWith(Metadata, { nullable: true, default: () => ({}) }).pipe(
    Schema.fromKey("OS-FLV-WITH-EXT-SPECS:extra_specs")
  )
})

/**
 * A size in which servers are made.
 *
 * @since 0.1.0
 * @category models
 */
export interface Flavor extends Schema.Schema.Type<typeof Flavor> {}

/**
 * The status of an image. The cloud may answer others.
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
  name: Schema.String,
  status: ImageStatus,
  /** In percent. */
  progress: absent(Schema.Number),
  created: Timestamp,
  updated: Timestamp,
  minDiskGigabytes: numberOrEmpty.pipe(Schema.fromKey("minDisk")),
  minRamMegabytes: numberOrEmpty.pipe(Schema.fromKey("minRam")),
  bytes: numberOrEmpty.pipe(Schema.fromKey("OS-EXT-IMG-SIZE:size")),
  diskConfig: absent(DiskConfig).pipe(Schema.fromKey("OS-DCF:diskConfig")),
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
 * A public key that the cloud puts on new servers.
 *
 * @since 0.1.0
 * @category models
 */
export const KeyPair = Schema.Struct({
  name: Schema.String,
  fingerprint: Schema.String,
  publicKey: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("public_key"))
})

/**
 * A public key that the cloud puts on new servers.
 *
 * @since 0.1.0
 * @category models
 */
export interface KeyPair extends Schema.Schema.Type<typeof KeyPair> {}

/**
 * A key pair that the cloud has made; its private key is told this once.
 *
 * @since 0.1.0
 * @category models
 */
export const GeneratedKeyPair = Schema.Struct({
  ...KeyPair.fields,
  privateKey: Schema.propertySignature(Schema.Redacted(Schema.String)).pipe(Schema.fromKey("private_key"))
})

/**
 * A key pair that the cloud has made; its private key is told this once.
 *
 * @since 0.1.0
 * @category models
 */
export interface GeneratedKeyPair extends Schema.Schema.Type<typeof GeneratedKeyPair> {}

/**
 * How often a kind of request may be made.
 *
 * @since 0.1.0
 * @category models
 */
export const RateLimit = Schema.Struct({
  uri: Schema.String,
  regex: Schema.String,
  limits: Schema.propertySignature(
    Schema.Array(
      Schema.Struct({
        /** The HTTP method. */
        verb: Schema.String,
        value: Schema.Number,
        remaining: Schema.Number,
        unit: open("SECOND", "MINUTE", "HOUR", "DAY"),
        nextAvailable: absent(Timestamp).pipe(Schema.fromKey("next-available"))
      })
    )
  ).pipe(Schema.fromKey("limit"))
})

/**
 * What the account may do and have.
 *
 * @since 0.1.0
 * @category models
 */
export const Limits = Schema.Struct({
  rate: Schema.Array(RateLimit),
  /** `maxTotalRAMSize` (megabytes), `maxTotalInstances`, `totalInstancesUsed`, …; -1 for none. */
  absolute: Schema.Record({ key: Schema.String, value: Schema.Number })
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

/** Only the header tells the id; from Nova's microversion 2.45 on only the body does. */
export const ImageReference: Schema.Schema<CreatedImage, unknown> = Schema.transform(
  Schema.Struct({
    location: Schema.optional(Schema.String),
    ":body": Schema.optional(Schema.Struct({ image_id: Schema.optional(Schema.String) }))
  }),
  Schema.Struct({ imageId: Schema.NonEmptyString.annotations({ description: "the id of the image" }) }),
  {
    strict: true,
    decode: (response) => ({
      imageId:
        response[":body"]?.image_id ?? response.location?.replace(/\/+$/, "").split("/").at(-1)?.split("?")[0] ?? ""
    }),
    encode: ({ imageId }) => ({ ":body": { image_id: imageId } })
  }
) as unknown as Schema.Schema<CreatedImage, unknown>

/** `{ "adminPass": … }`, beside nothing else. */
export const Rescued = Schema.Struct({
  /** Of the rescue system; told this once, where the cloud sets one. */
  adminPassword: absent(Schema.Redacted(Schema.String)).pipe(Schema.fromKey("adminPass"))
})

/**
 * A server that is being rebuilt, with its new password.
 *
 * @since 0.1.0
 * @category models
 */
export interface RebuiltServer extends Server {
  /** Told this once, where the cloud sets one. */
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
  { strict: false, decode: withFlavorName, encode: (server) => server }
) as unknown as Schema.Schema<RebuiltServer, unknown>

/**
 * A volume on a server.
 *
 * @since 0.1.0
 * @category models
 */
export const VolumeAttachment = Schema.Struct({
  /** The same as the volume's. */
  id: Id,
  serverId: Id,
  volumeId: Id,
  /** `/dev/xvdb`; absent where the cloud does not tell. */
  device: absentIfEmpty
})

/**
 * A volume on a server.
 *
 * @since 0.1.0
 * @category models
 */
export interface VolumeAttachment extends Schema.Schema.Type<typeof VolumeAttachment> {}

/**
 * A server's connection to a network.
 *
 * @since 0.1.0
 * @category models
 */
export const VirtualInterface = Schema.Struct({
  id: Id,
  macAddress: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("mac_address")),
  ipAddresses: Schema.propertySignature(
    Schema.Array(
      Schema.Struct({
        address: Schema.String,
        networkId: Schema.propertySignature(Id).pipe(Schema.fromKey("network_id")),
        networkLabel: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("network_label"))
      })
    )
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
  label: Schema.String,
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
  action: Schema.String,
  serverId: Schema.propertySignature(Id).pipe(Schema.fromKey("instance_uuid")),
  requestId: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("request_id")),
  message: absentIfEmpty,
  started: Schema.propertySignature(Timestamp).pipe(Schema.fromKey("start_time")),
  projectId: absent(Id).pipe(Schema.fromKey("project_id")),
  userId: absent(Id).pipe(Schema.fromKey("user_id"))
})

/**
 * Something that was done to a server.
 *
 * @since 0.1.0
 * @category models
 */
export interface InstanceAction extends Schema.Schema.Type<typeof InstanceAction> {}

/**
 * Where a server's screen can be seen.
 *
 * @since 0.1.0
 * @category models
 */
export const Console = Schema.Struct({
  type: open("novnc", "xvpvnc"),
  /** Whoever has it sees the screen: there is a token in it. */
  url: Schema.Redacted(Schema.String)
})

/**
 * Where a server's screen can be seen.
 *
 * @since 0.1.0
 * @category models
 */
export interface Console extends Schema.Schema.Type<typeof Console> {}

/**
 * What the cloud's API can do beyond its core.
 *
 * @since 0.1.0
 * @category models
 */
export const Extension = Schema.Struct({
  alias: Schema.String,
  name: Schema.String,
  description: Schema.optionalWith(Schema.String, { nullable: true, default: () => "" }),
  updated: absent(Timestamp)
})

/**
 * What the cloud's API can do beyond its core.
 *
 * @since 0.1.0
 * @category models
 */
export interface Extension extends Schema.Schema.Type<typeof Extension> {}

/** Each limit by its name; the tenant's id is among them on the wire. */
export const Quotas = Schema.transform(
  Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  Schema.Record({ key: Schema.String, value: Schema.Number }),
  {
    strict: false,
    decode: (wire) => Object.fromEntries(Object.entries(wire).filter(([, value]) => typeof value === "number")),
    encode: (quotas) => quotas
  }
) as unknown as Schema.Schema<Readonly<Record<string, number>>, unknown>

/** Each key pair is wrapped twice. */
export const KeyPairs = Schema.transform(
  Schema.Struct({ keypairs: Schema.Array(Schema.Struct({ keypair: KeyPair })) }),
  Schema.Array(Schema.typeSchema(KeyPair)),
  {
    strict: true,
    decode: ({ keypairs }) => keypairs.map(({ keypair }) => keypair),
    encode: (keypairs) => ({ keypairs: keypairs.map((keypair) => ({ keypair })) })
  }
)
