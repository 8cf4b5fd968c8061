/**
 * Cloud Servers: virtual machines, and the flavors, images and key pairs they are made with.
 *
 * Implements the Rackspace Cloud Servers API v2 (OpenStack Nova v2). The account's first-generation servers, which the
 * catalog lists under the same type, are another service.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as CloudClient from "../CloudClient.js"
import type { CommonError, NotFound, ResourceFailed, WaitTimeout } from "../CloudError.js"
import * as Endpoint from "../Endpoint.js"
import type { TokenRef } from "../Identity.js"
import { listing, page, type PageQuery, pageQuery } from "../internal/listing.js"
import { absent, absentIfEmpty, Base64, enveloped, Id, Named, open, Timestamp, withDefault } from "../internal/wire.js"
import type * as Paging from "../Paging.js"
import * as Waiting from "../Waiting.js"

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

const Metadata = Schema.Record({ key: Schema.String, value: Schema.String })

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
  launchedAt: absent(Timestamp).pipe(Schema.fromKey("OS-SRV-USG:launched_at")),
  terminatedAt: absent(Timestamp).pipe(Schema.fromKey("OS-SRV-USG:terminated_at")),
  /** Only in ERROR, and at times in DELETED. */
  fault: absent(Fault)
})

const nameOfFlavor = (flavor: unknown): string | undefined =>
  typeof flavor === "object" && flavor !== null && "original_name" in flavor && typeof flavor.original_name === "string"
    ? flavor.original_name
    : undefined

/**
 * A server, whole.
 *
 * @since 0.1.0
 * @category models
 */
export const Server = Schema.transform(Schema.Record({ key: Schema.String, value: Schema.Unknown }), ServerFields, {
  strict: false,
  decode: (wire) => {
    const flavorName = nameOfFlavor(wire["flavor"])
    return { ...wire, ...(flavorName !== undefined && { flavorName }) }
  },
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
  deleteOnTermination: Schema.optional(Schema.Boolean).pipe(Schema.fromKey("delete_on_termination"))
})

const bytesOf = (text: string): number => Buffer.byteLength(text, "utf8")

const MetadataInput = Schema.Record({ key: Named, value: Schema.String }).pipe(
  Schema.filter(
    (entries) => Object.entries(entries).every(([key, value]) => bytesOf(key) <= 255 && bytesOf(value) <= 255),
    {
      description: "metadata whose keys and values have at most 255 bytes each"
    }
  )
)

const Neighbours = Schema.Array(Named).pipe(
  Schema.filter((ids) => ids.length >= 1 && ids.length <= 3, { description: "one to three ids of servers" })
)

const NetworkInput = Schema.Struct({
  networkId: Schema.optional(Named).pipe(Schema.fromKey("uuid")),
  portId: Schema.optional(Named).pipe(Schema.fromKey("port"))
}).pipe(
  Schema.filter((network) => (network.networkId === undefined) !== (network.portId === undefined), {
    description: "either a networkId or a portId"
  })
)

const CreateFields = Schema.Struct({
  /** 1 to 255 characters. It need not be unique. */
  name: Named.pipe(Schema.maxLength(255, { description: "a name of 1 to 255 characters" })),
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
  /** Files to put on the server; encoded on the way. Rackspace takes five of at most 1,000 bytes each. */
  personality: Schema.optional(
    Schema.Array(
      Schema.Struct({
        path: Named.pipe(Schema.filter((path) => bytesOf(path) <= 255, { description: "a path of 1 to 255 bytes" })),
        contents: Base64
      })
    )
  ),
  /** For cloud-init; encoded on the way. Rackspace hands it on through the config drive. */
  userData: Schema.optional(Base64).pipe(Schema.fromKey("user_data")),
  configDrive: Schema.optional(Schema.Boolean).pipe(Schema.fromKey("config_drive")),
  blockDevices: Schema.optional(Schema.NonEmptyArray(BlockDevice)).pipe(Schema.fromKey("block_device_mapping_v2")),
  diskConfig: Schema.optional(DiskConfig).pipe(Schema.fromKey("OS-DCF:diskConfig")),
  adminPassword: Schema.optional(Schema.Redacted(Named)).pipe(Schema.fromKey("adminPass")),
  accessIPv4: Schema.optional(Schema.String),
  accessIPv6: Schema.optional(Schema.String),
  /** The servers, by id, near or far from which it is to stand: one to three of either kind. */
  schedulerHints: Schema.optional(
    Schema.Struct({
      near: Schema.optional(Neighbours).pipe(Schema.fromKey("public_ip_zone:near")),
      far: Schema.optional(Neighbours).pipe(Schema.fromKey("public_ip_zone:far"))
    })
  ).pipe(Schema.fromKey("os:scheduler_hints"))
})

const bootable = Schema.typeSchema(CreateFields).pipe(
  Schema.filter((server) =>
    server.imageId !== undefined || server.blockDevices !== undefined
      ? undefined
      : { path: ["imageId"], message: "an image to make the server from, or blockDevices to boot it from" }
  )
)

/** The hints stand beside the server on the wire, not in it. */
const CreateBody = Schema.transform(
  Schema.Struct({ server: Schema.Unknown, "os:scheduler_hints": Schema.optional(Schema.Unknown) }),
  Schema.compose(CreateFields, bootable, { strict: false }),
  {
    strict: false,
    decode: ({ server, ...hints }) => ({ ...(server as object), ...hints }),
    encode: ({ "os:scheduler_hints": hints, ...server }: typeof CreateFields.Encoded) => ({
      server,
      ...(hints !== undefined && { "os:scheduler_hints": hints })
    })
  }
) as unknown as Schema.Schema<typeof CreateFields.Type, unknown>

const UpdateFields = Schema.Struct({
  name: Schema.optional(Named),
  accessIPv4: Schema.optional(Schema.String),
  accessIPv6: Schema.optional(Schema.String)
})

const serverQuery = {
  status: Schema.optional(ServerStatus),
  imageId: Schema.optional(Named).pipe(Schema.fromKey("image")),
  flavorId: Schema.optional(Named).pipe(Schema.fromKey("flavor")),
  /** A regular expression, matched anywhere in the name. */
  name: Schema.optional(Named),
  /** The host that it runs on, for operators of the cloud. */
  host: Schema.optional(Named),
  /** Those changed since then, deleted ones included. */
  changesSince: Schema.optional(Timestamp).pipe(Schema.fromKey("changes-since")),
  ...pageQuery
}

const imageQuery = {
  serverId: Schema.optional(Named).pipe(Schema.fromKey("server")),
  name: Schema.optional(Named),
  status: Schema.optional(ImageStatus),
  changesSince: Schema.optional(Timestamp).pipe(Schema.fromKey("changes-since")),
  /** `base` or `snapshot`. */
  type: Schema.optional(open("base", "snapshot")),
  ...pageQuery
}

const flavorQuery = {
  minDiskGigabytes: Schema.optional(Schema.NonNegativeInt).pipe(Schema.fromKey("minDisk")),
  minRamMegabytes: Schema.optional(Schema.NonNegativeInt).pipe(Schema.fromKey("minRam")),
  ...pageQuery
}

const KeyPairs = Schema.transform(
  Schema.Struct({ keypairs: Schema.Array(Schema.Struct({ keypair: KeyPair })) }),
  Schema.Array(Schema.typeSchema(KeyPair)),
  {
    strict: true,
    decode: ({ keypairs }) => keypairs.map(({ keypair }) => keypair),
    encode: (keypairs) => ({ keypairs: keypairs.map((keypair) => ({ keypair })) })
  }
)

const serverId = { serverId: Named }

const keyPairName = Named.pipe(
  Schema.pattern(/^[A-Za-z0-9 _-]{1,255}$/, {
    description: "a name of 1 to 255 letters, digits, spaces, dashes and underscores"
  })
)

/**
 * The operations of Cloud Servers, as data.
 *
 * @since 0.1.0
 * @category operations
 */
export const endpoints = {
  /** Ids and names of servers, a page of them. "List servers", `GET /servers`. */
  listPage: Endpoint.make("CloudServers.listPage", "GET", "/servers", {
    query: serverQuery,
    success: Endpoint.json(page("servers", Summary))
  }),
  /** Servers, whole, a page of them. "List servers with details", `GET /servers/detail`. */
  listDetailPage: Endpoint.make("CloudServers.listDetailPage", "GET", "/servers/detail", {
    query: serverQuery,
    success: Endpoint.json(page("servers", Server))
  }),
  /**
   * Has a server made. It answers at once; the server is built after that: see `waitUntilActive`. Fails with
   * `QuotaExceeded` where the account has no room for it. "Create server", `POST /servers`.
   */
  create: Endpoint.make("CloudServers.create", "POST", "/servers", {
    body: CreateBody,
    success: Endpoint.json(enveloped("server", CreatedServer)),
    errors: ["QuotaExceeded", "Conflict"]
  }),
  /** One server, whole. Fails with `NotFound`. "Retrieve server details", `GET /servers/{server_id}`. */
  get: Endpoint.make("CloudServers.get", "GET", "/servers/{serverId}", {
    parameters: serverId,
    success: Endpoint.json(enveloped("server", Server)),
    errors: ["NotFound"]
  }),
  /**
   * Changes a server's name or access addresses; what is left out stays. Fails with `NotFound`, and with `Conflict` while it
   * is building. "Update server", `PUT /servers/{server_id}`.
   */
  update: Endpoint.make("CloudServers.update", "PUT", "/servers/{serverId}", {
    parameters: serverId,
    body: enveloped("server", UpdateFields),
    success: Endpoint.json(enveloped("server", Server)),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Has a server deleted, with all that is on its disks. It answers at once; see `waitUntilDeleted`. Fails with `NotFound`,
   * and with `Conflict` where its state does not allow it. "Delete server", `DELETE /servers/{server_id}`.
   */
  delete: Endpoint.make("CloudServers.delete", "DELETE", "/servers/{serverId}", {
    parameters: serverId,
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Restarts a server: `SOFT`, the default, asks its operating system; `HARD` cuts the power. Fails with `NotFound`, and
   * with `Conflict` where its state does not allow it. "Reboot server", `POST /servers/{server_id}/action`.
   */
  reboot: Endpoint.make("CloudServers.reboot", "POST", "/servers/{serverId}/action", {
    parameters: serverId,
    body: enveloped("reboot", Schema.Struct({ type: withDefault(open("SOFT", "HARD"), "SOFT") })),
    errors: ["NotFound", "Conflict"]
  }),
  /** Flavors, whole, a page of them. "List flavors with details", `GET /flavors/detail`. */
  listFlavorsPage: Endpoint.make("CloudServers.listFlavorsPage", "GET", "/flavors/detail", {
    query: flavorQuery,
    success: Endpoint.json(page("flavors", Flavor))
  }),
  /** One flavor. Fails with `NotFound`. "Retrieve flavor details", `GET /flavors/{flavor_id}`. */
  getFlavor: Endpoint.make("CloudServers.getFlavor", "GET", "/flavors/{flavorId}", {
    parameters: { flavorId: Named },
    success: Endpoint.json(enveloped("flavor", Flavor)),
    errors: ["NotFound"]
  }),
  /**
   * Images, whole, a page of them. Nova has none from microversion 2.36 on, where they are Glance's alone. "List images with
   * details", `GET /images/detail`.
   */
  listImagesPage: Endpoint.make("CloudServers.listImagesPage", "GET", "/images/detail", {
    query: imageQuery,
    success: Endpoint.json(page("images", Image))
  }),
  /** One image. Fails with `NotFound`. "Retrieve image details", `GET /images/{image_id}`. */
  getImage: Endpoint.make("CloudServers.getImage", "GET", "/images/{imageId}", {
    parameters: { imageId: Named },
    success: Endpoint.json(enveloped("image", Image)),
    errors: ["NotFound"]
  }),
  /** All key pairs. "List key pairs", `GET /os-keypairs`. */
  listKeyPairs: Endpoint.make("CloudServers.listKeyPairs", "GET", "/os-keypairs", {
    success: Endpoint.json(KeyPairs)
  }),
  /**
   * Has a key pair made. Its private key is told this once and not kept by the cloud. Fails with `Conflict` where the name is
   * taken. "Create key pair", `POST /os-keypairs`.
   */
  createKeyPair: Endpoint.make("CloudServers.createKeyPair", "POST", "/os-keypairs", {
    body: enveloped("keypair", Schema.Struct({ name: keyPairName })),
    success: Endpoint.json(enveloped("keypair", GeneratedKeyPair)),
    errors: ["Conflict", "QuotaExceeded"]
  }),
  /**
   * Gives the cloud a public key of yours (`ssh-ed25519 AAAA…`). Fails with `Conflict` where the name is taken. "Import key
   * pair", `POST /os-keypairs`.
   */
  importKeyPair: Endpoint.make("CloudServers.importKeyPair", "POST", "/os-keypairs", {
    body: enveloped(
      "keypair",
      Schema.Struct({
        name: keyPairName,
        publicKey: Schema.propertySignature(Named).pipe(Schema.fromKey("public_key"))
      })
    ),
    success: Endpoint.json(enveloped("keypair", KeyPair)),
    errors: ["Conflict", "QuotaExceeded"]
  }),
  /** One key pair. Fails with `NotFound`. `GET /os-keypairs/{name}`, which Nova has and Rackspace does not document. */
  getKeyPair: Endpoint.make("CloudServers.getKeyPair", "GET", "/os-keypairs/{name}", {
    parameters: { name: Named },
    success: Endpoint.json(enveloped("keypair", KeyPair)),
    errors: ["NotFound"]
  }),
  /** Forgets a key pair. Servers keep what was put on them. Fails with `NotFound`. "Delete key pair", `DELETE /os-keypairs/{name}`. */
  deleteKeyPair: Endpoint.make("CloudServers.deleteKeyPair", "DELETE", "/os-keypairs/{name}", {
    parameters: { name: Named },
    errors: ["NotFound"]
  }),
  /** Rate limits and absolute limits of the account. "Show limits", `GET /limits`. */
  getLimits: Endpoint.make("CloudServers.getLimits", "GET", "/limits", {
    success: Endpoint.json(enveloped("limits", Limits))
  })
}

type Endpoints = Endpoint.Client<typeof endpoints>

type PageInput<Name extends keyof Endpoints> = NonNullable<Parameters<Endpoints[Name]>[0]>

/**
 * The filters of a listing as a Stream. `pageSize` is how many items one request asks for, by default 1,000.
 *
 * @since 0.1.0
 * @category models
 */
export type Filters<Name extends "listPage" | "listDetailPage" | "listFlavorsPage" | "listImagesPage"> = Omit<
  PageInput<Name>,
  "limit" | "marker"
> & { readonly pageSize?: number | undefined }

/**
 * A server to wait for.
 *
 * @since 0.1.0
 * @category models
 */
export interface WaitOptions extends Waiting.Pace {
  readonly serverId: string
}

/**
 * What Cloud Servers can do: the operations of {@link endpoints}, the listings as Streams, and waiting.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service extends Endpoints {
  /** The URL of the service's endpoint for this login, without a trailing slash. It may be named as `endpoint` elsewhere. */
  readonly endpointUrl: CloudClient.CloudClient["endpointUrl"]
  /** Ids and names of all servers, page by page as they are asked for. */
  readonly list: (filters?: Filters<"listPage">) => Stream.Stream<Summary, CommonError>
  /** All servers, whole, page by page as they are asked for. */
  readonly listDetail: (filters?: Filters<"listDetailPage">) => Stream.Stream<Server, CommonError>
  /** All flavors. */
  readonly listFlavors: (filters?: Filters<"listFlavorsPage">) => Stream.Stream<Flavor, CommonError>
  /** All images. */
  readonly listImages: (filters?: Filters<"listImagesPage">) => Stream.Stream<Image, CommonError>
  /**
   * Looks at a server until `until` holds, and emits what each look saw, the last included: for progress bars. Fails with
   * `ResourceFailed` (and the cloud's reason) as soon as the server is in ERROR or DELETED, unless `until` holds then. By
   * default every 10 s for at most 2 hours.
   */
  readonly watch: (
    options: WaitOptions & { readonly until: (server: Server) => boolean }
  ) => Stream.Stream<Server, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /** Waits until `until` holds for the server, and answers it as it is then: {@link Service.watch} without the way there. */
  readonly waitUntil: (
    options: WaitOptions & { readonly until: (server: Server) => boolean }
  ) => Effect.Effect<Server, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /** Waits until the server is ACTIVE and nothing is being done to it. */
  readonly waitUntilActive: (
    options: WaitOptions
  ) => Effect.Effect<Server, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /** Waits until the server is gone. Fails with `ResourceFailed` where it ends in ERROR instead. */
  readonly waitUntilDeleted: (options: WaitOptions) => Effect.Effect<void, CommonError | ResourceFailed | WaitTimeout>
}

/**
 * Cloud Servers of one region.
 *
 * @since 0.1.0
 * @category tags
 */
export class CloudServers extends Context.Tag("effect-rackspace/CloudServers")<CloudServers, Service>() {}

/**
 * Whether a server is ACTIVE with nothing being done to it. The status alone may still read ACTIVE right after a reboot was
 * accepted.
 *
 * @since 0.1.0
 * @category guards
 */
export const isActive = (server: Server): boolean => server.status === "ACTIVE" && server.taskState === undefined

const hasFailed = (server: Server) =>
  server.status === "ERROR" || server.status === "DELETED"
    ? Option.some({ fault: server.fault?.message })
    : Option.none()

/**
 * How Cloud Servers is found in a catalog: of the two entries of type `compute` the one of the next generation.
 *
 * @since 0.1.0
 * @category constants
 */
export const selector = { types: ["compute"], name: "cloudServersOpenStack", microversions: "compute" } as const

/**
 * The service, from a login. It makes no request by itself.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: CloudClient.Options = {}
): Effect.Effect<Service, never, TokenRef | HttpClient.HttpClient> =>
  Effect.map(CloudClient.make("CloudServers", selector, options), (cloudClient) => {
    const operations = Endpoint.client(cloudClient, endpoints)
    const listed = <Input extends PageQuery, A>(
      operation: string,
      fetch: (input: Input) => Effect.Effect<Paging.Page<A, string>, CommonError>
    ) => listing({ service: "CloudServers", operation: `CloudServers.${operation}` }, 1000, fetch)
    const waited = (operation: string, { serverId, ...pace }: WaitOptions) => ({
      service: "CloudServers",
      operation,
      resource: serverId,
      ...pace,
      interval: pace.interval ?? "10 seconds",
      timeout: pace.timeout ?? "2 hours"
    })
    const watched = (
      operation: string,
      { until, ...options }: WaitOptions & { readonly until: (server: Server) => boolean }
    ): Waiting.Watch<Server, CommonError | NotFound, never> => ({
      ...waited(operation, options),
      poll: operations.get({ serverId: options.serverId }),
      state: (server) => server.status,
      until,
      failed: (server) => (until(server) ? Option.none() : hasFailed(server))
    })
    return {
      ...operations,
      endpointUrl: cloudClient.endpointUrl,
      list: listed("list", operations.listPage),
      listDetail: listed("listDetail", operations.listDetailPage),
      listFlavors: listed("listFlavors", operations.listFlavorsPage),
      listImages: listed("listImages", operations.listImagesPage),
      watch: (options) => Waiting.watch(watched("CloudServers.watch", options)),
      waitUntil: (options) => Waiting.until(watched("CloudServers.waitUntil", options)),
      waitUntilActive: (options) =>
        Waiting.until(watched("CloudServers.waitUntilActive", { ...options, until: isActive })),
      waitUntilDeleted: (options) =>
        Effect.asVoid(
          Waiting.until({
            ...waited("CloudServers.waitUntilDeleted", options),
            poll: operations.get({ serverId: options.serverId }).pipe(
              Effect.asSome,
              Effect.catchTag("NotFound", () => Effect.succeedNone)
            ),
            state: Option.match({ onNone: () => "DELETED", onSome: (server: Server) => server.status }),
            until: Option.match({ onNone: () => true, onSome: (server: Server) => server.status === "DELETED" }),
            failed: Option.flatMap((server: Server) =>
              server.status === "ERROR" && server.taskState === undefined
                ? Option.some({ fault: server.fault?.message })
                : Option.none()
            )
          })
        )
    }
  })

/**
 * Cloud Servers of one region, from a login.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: CloudClient.Options = {}
): Layer.Layer<CloudServers, never, TokenRef | HttpClient.HttpClient> => Layer.effect(CloudServers, make(options))
