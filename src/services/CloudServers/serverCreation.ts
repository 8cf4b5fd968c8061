/**
 * Creating servers: models, operations, and waiting for new servers.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { withCreated } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { secretInput } from "../../internal/schema/knownFields.js"
import { absent, Base64, enveloped, Id, Json, Named, open } from "../../internal/schema/wire.js"
import * as Waiting from "../../Waiting.js"
import { type Context, methods } from "./context.js"
import { Description, DiskConfig, ServerName } from "./fields.js"
import { MetadataInput } from "./metadata.js"
import type { Server } from "./servers.js"
import { Tag, Tags } from "./serverTags.js"
import { isActive, serverWatch } from "./serverWaits.js"

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
 * A server that was waited for after it was made.
 *
 * @since 0.1.0
 * @category models
 */
export interface BuiltServer extends Server {
  /** Returned only here, where the cloud sets one. */
  readonly adminPassword?: Redacted.Redacted
}

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

/**
 * What a new server boots from, besides an image on its flavor's own disk.
 *
 * @since 0.1.0
 * @category models
 */
export type BootSource = {
  /** Whether the volume goes when the server is deleted. Default no. */
  readonly deleteOnTermination?: boolean | undefined
} & (
  | { readonly volumeId: string }
  | { readonly imageId: string; readonly volumeGigabytes: number }
  | { readonly snapshotId: string; readonly volumeGigabytes?: number | undefined }
)

/**
 * The boot disk of a new server: a volume, or one that is made from an image or a snapshot.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { CloudServers } from "effect-rackspace"
 *
 * export const program = Effect.gen(function* () {
 *   const servers = yield* CloudServers.CloudServers
 *   return yield* servers.createAndWait({
 *     name: "db-1",
 *     flavorId: "compute1-4",
 *     blockDevices: [CloudServers.bootFrom({ imageId: "09de0a66-3156-48b4-90a5-1cf25a905207", volumeGigabytes: 100 })]
 *   })
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const bootFrom = (source: BootSource): typeof BlockDevice.Type => {
  const [sourceType, sourceId, volumeGigabytes] =
    "volumeId" in source
      ? (["volume", source.volumeId, undefined] as const)
      : "imageId" in source
        ? (["image", source.imageId, source.volumeGigabytes] as const)
        : (["snapshot", source.snapshotId, source.volumeGigabytes] as const)
  return {
    bootIndex: 0,
    sourceType,
    sourceId,
    destinationType: "volume",
    deleteOnTermination: source.deleteOnTermination ?? false,
    ...(volumeGigabytes !== undefined && { volumeGigabytes })
  }
}

const bytesOf = (text: string): number => Buffer.byteLength(text, "utf8")

export const Certificates = Schema.Array(Named).pipe(
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

/** Files to put on a server. */
export const personality = Schema.optional(
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
   * How many servers to make at the least; default 1. The cloud adds a number to each name. The response of `create` has the id
   * and the password of one of them only: `createReservation` and `listDetail({ reservationId })` give the ids of all.
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
const CreateBody = createBody({})

/** New servers, whose response has the id of their reservation. */
const ReservationBody = createBody({ return_reservation_id: true })

/**
 * The operations that create servers, as data.
 *
 * @since 0.1.0
 * @category operations
 */
export const serverCreationEndpoints = Endpoint.table("CloudServers", {
  /**
   * Has a server made. It returns at once; the server is built after that: see `waitUntilActive`. For several servers
   * (`minCount`, `maxCount`), `createReservation` gives the ids of all. Fails with `QuotaExceeded` where the account has no room
   * for it. "Create server", `POST /servers`.
   */
  create: Endpoint.make("POST", "/servers", {
    body: CreateBody,
    success: Endpoint.json(enveloped("server", CreatedServer)),
    errors: ["QuotaExceeded", "Conflict"]
  }),
  /**
   * Creates servers as `create` does, and returns the id of their reservation, by which `list({ reservationId })` finds them: so
   * the ids of all servers are learnt where `maxCount` is more than 1. The response has no password; give `adminPassword` to know
   * it. Fails with `QuotaExceeded`. "Create multiple servers", `POST /servers` with `return_reservation_id`.
   */
  createReservation: Endpoint.make("POST", "/servers", {
    body: ReservationBody,
    success: Endpoint.json(Reservation),
    errors: ["QuotaExceeded", "Conflict"]
  })
})

/** Of several servers, the cloud's response names only one, so that only that one could be waited for. */
export type CreateInput = Omit<typeof CreateFields.Type, "minCount" | "maxCount">

/** The methods that create servers. */
export const makeServerCreation = (context: Context) => {
  const { waits } = context
  const operations = methods(context, serverCreationEndpoints)
  const create: typeof operations.create = (input) => waits.noteCreated(operations.create(input), ({ id }) => [id])
  const watched = serverWatch(context)
  return {
    ...operations,
    create,
    createAndWait: ({ interval, jitter, timeout, ...server }: CreateInput & Waiting.Pace) =>
      Effect.gen(function* () {
        const { adminPassword, id: serverId } = yield* create(server)
        const password = adminPassword !== undefined && { adminPassword }
        const built = yield* Waiting.until(
          watched("createAndWait", { serverId, interval, jitter, timeout, until: isActive })
        ).pipe(Effect.mapError((error) => withCreated(error, { id: serverId, ...password })))
        return { ...built, ...password }
      })
  }
}
