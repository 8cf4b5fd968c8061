/** Creates servers, and waits for new ones: models and operations. */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { withCreated } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { secretInput } from "../../internal/schema/knownFields.js"
import { lazy } from "../../internal/schema/lazy.js"
import { struct } from "../../internal/schema/struct.js"
import { nullableOptional, Base64, enveloped, Id, Json, Named, openEnum } from "../../internal/schema/wire.js"
import * as Waiting from "../../Waiting.js"
import { type Context, methods } from "./context.js"
import { Description, DiskConfig, ServerName } from "./fields.js"
import { MetadataInput } from "./metadata.js"
import type { Server } from "./servers.js"
import { Tag, Tags } from "./serverTags.js"
import { isActive, serverWatch } from "./serverWaits.js"

/** The response to creating a server. It does not contain the name and status. */
export interface CreatedServer {
  readonly id: string
  /** Returned only here, if the cloud sets one. */
  readonly adminPassword?: Redacted.Redacted | undefined
  /** Whether the cloud resizes the file system to fill the disk (`AUTO`) or not (`MANUAL`). */
  readonly diskConfig?: DiskConfig | undefined
}

export const CreatedServer = struct<CreatedServer>(() => ({
  id: Id,
  adminPassword: nullableOptional(Schema.Redacted(Schema.String)).pipe(Schema.fromKey("adminPass")),
  diskConfig: nullableOptional(DiskConfig).pipe(Schema.fromKey("OS-DCF:diskConfig"))
}))

/** The response to creating several servers. */
export interface Reservation {
  /** Finds the servers with `list` and `listDetail`. */
  readonly reservationId: string
}

export const Reservation = struct<Reservation>(() => ({
  reservationId: Schema.propertySignature(Id).pipe(Schema.fromKey("reservation_id"))
}))

/** A server that was created and waited for. */
export interface BuiltServer extends Server {
  /** Returned only here, if the cloud sets one. */
  readonly adminPassword?: Redacted.Redacted
}

/** A disk of a new server. The one with `bootIndex` 0 is the boot disk. */
export interface BlockDevice {
  /** 0 for the boot disk, then 1, 2, …; -1 for a disk that is never booted from. */
  readonly bootIndex?: number | undefined
  /** The id of the image, volume or snapshot; undefined for a blank disk. */
  readonly sourceId?: string | undefined
  readonly sourceType: "image" | "volume" | "snapshot" | "blank" | (string & {})
  readonly destinationType: "volume" | "local" | (string & {})
  /** The size of the volume to create. */
  readonly volumeGigabytes?: number | undefined
  /** The type of the volume to create. Needs microversion 2.67. */
  readonly volumeType?: string | undefined
  readonly deleteOnTermination?: boolean | undefined
  /** `/dev/vdb`. Default: the cloud chooses. */
  readonly deviceName?: string | undefined
  /** `disk`, `cdrom`, `floppy`, `lun`. */
  readonly deviceType?: string | undefined
  /** `virtio`, `ide`, `scsi`, … */
  readonly diskBus?: string | undefined
  /** The file system of a blank local disk: `ext4`, `swap`. */
  readonly guestFormat?: string | undefined
  /** Identifies the disk in the metadata that the server can read. Needs microversion 2.42 (or exactly 2.32). */
  readonly tag?: string | undefined
}

export const BlockDevice = struct<BlockDevice>(() => ({
  bootIndex: Schema.optional(Schema.Int).pipe(Schema.fromKey("boot_index")),
  sourceId: Schema.optional(Named).pipe(Schema.fromKey("uuid")),
  sourceType: Schema.propertySignature(openEnum("image", "volume", "snapshot", "blank")).pipe(
    Schema.fromKey("source_type")
  ),
  destinationType: Schema.propertySignature(openEnum("volume", "local")).pipe(Schema.fromKey("destination_type")),
  volumeGigabytes: Schema.optional(Schema.Int.pipe(Schema.positive())).pipe(Schema.fromKey("volume_size")),
  volumeType: Schema.optional(Named).pipe(Schema.fromKey("volume_type")),
  deleteOnTermination: Schema.optional(Schema.Boolean).pipe(Schema.fromKey("delete_on_termination")),
  deviceName: Schema.optional(Named).pipe(Schema.fromKey("device_name")),
  deviceType: Schema.optional(Named).pipe(Schema.fromKey("device_type")),
  diskBus: Schema.optional(Named).pipe(Schema.fromKey("disk_bus")),
  guestFormat: Schema.optional(Named).pipe(Schema.fromKey("guest_format")),
  tag: Schema.optional(Tag)
}))

/** The source of a boot volume. */
export type BootSource = {
  /** Whether the volume is deleted with the server. Default false. */
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
 */
export const bootFrom = (source: BootSource): BlockDevice => {
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

export const Certificates = lazy(() =>
  Schema.Array(Named).pipe(
    Schema.filter((ids) => ids.length >= 1 && ids.length <= 50, { description: "1 to 50 ids of certificates" })
  )
)

const Neighbours = lazy(() =>
  Schema.Array(Named).pipe(
    Schema.filter((ids) => ids.length >= 1 && ids.length <= 3, { description: "one to three ids of servers" })
  )
)

const ServerIds = Schema.NonEmptyArray(Named)

/** A value that Nova parses from JSON in a string. */
const JsonText = lazy(() =>
  Schema.transform(Schema.Unknown, Json, {
    strict: true,
    decode: (text) => text,
    encode: (value) => (typeof value === "string" ? value : JSON.stringify(value))
  })
)

/** Placement hints for the schedulers of OpenStack and Rackspace: `different_host`, `public_ip_zone:near`. */
export interface SchedulerHints {
  /** The ids of one to three servers to place it near to. Rackspace only. */
  readonly near?: ReadonlyArray<string> | undefined
  /** The ids of one to three servers to place it far from. Rackspace only. */
  readonly far?: ReadonlyArray<string> | undefined
  /** The id of the server group to join. */
  readonly group?: string | undefined
  /** The ids of servers whose hosts it must not be on. */
  readonly differentHost?: NonEmptyReadonlyArray<string> | undefined
  /** The ids of servers, one of whose hosts it must be on. */
  readonly sameHost?: NonEmptyReadonlyArray<string> | undefined
  /** A condition on hosts: `[">=", "$free_ram_mb", 1024]`. */
  readonly query?: unknown | undefined
  readonly targetCell?: string | undefined
  readonly differentCell?: NonEmptyReadonlyArray<string> | undefined
  /** An address of the subnet of hosts that it must be in; `cidr` is the size of the subnet. */
  readonly buildNearHostIp?: string | undefined
  /** The size of the subnet around `buildNearHostIp`: `/24`. */
  readonly cidr?: string | undefined
  /** Other hints, by the names that the cloud's scheduler knows. */
  readonly custom?: Readonly<Record<string, unknown>> | undefined
}

export const SchedulerHints = struct<SchedulerHints>(() => ({
  near: Schema.optional(Neighbours).pipe(Schema.fromKey("public_ip_zone:near")),
  far: Schema.optional(Neighbours).pipe(Schema.fromKey("public_ip_zone:far")),
  group: Schema.optional(Named),
  differentHost: Schema.optional(ServerIds).pipe(Schema.fromKey("different_host")),
  sameHost: Schema.optional(ServerIds).pipe(Schema.fromKey("same_host")),
  query: Schema.optional(JsonText),
  targetCell: Schema.optional(Named).pipe(Schema.fromKey("target_cell")),
  differentCell: Schema.optional(Schema.NonEmptyArray(Named)).pipe(Schema.fromKey("different_cell")),
  buildNearHostIp: Schema.optional(Named).pipe(Schema.fromKey("build_near_host_ip")),
  cidr: Schema.optional(
    Schema.String.pipe(Schema.pattern(/^\/[0-9a-f.:]+$/, { description: "a prefix length with its slash: /24" }))
  ),
  custom: Schema.optional(Schema.Record({ key: Named, value: Json }))
}))

const hintsOnWire = ({ custom, ...hints }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  ...hints,
  ...(custom as object | undefined)
})

/** A network of a new server: either by network or by port. */
export interface NewServerNetwork {
  /** The id of the network. */
  readonly networkId?: string | undefined
  /** The id of an existing port. */
  readonly portId?: string | undefined
  /** The address on the network. Needs `networkId`. */
  readonly fixedIp?: string | undefined
  /** Identifies the interface in the metadata that the server can read. Needs microversion 2.32. */
  readonly tag?: string | undefined
}

export const NewServerNetwork = lazy(() =>
  struct<NewServerNetwork>(() => ({
    networkId: Schema.optional(Named).pipe(Schema.fromKey("uuid")),
    portId: Schema.optional(Named).pipe(Schema.fromKey("port")),
    fixedIp: Schema.optional(Named).pipe(Schema.fromKey("fixed_ip")),
    tag: Schema.optional(Tag)
  })).pipe(
    Schema.filter((network) => (network.networkId === undefined) !== (network.portId === undefined), {
      description: "either a networkId or a portId"
    }),
    Schema.filter((network) =>
      network.fixedIp === undefined || network.networkId !== undefined
        ? undefined
        : { path: ["fixedIp"], message: "a networkId together with it: a port has its addresses already" }
    )
  )
)

/** A file to write to a server. */
export interface PersonalityFile {
  /** The path on the server, of 1 to 255 bytes. */
  readonly path: string
  /** The content, encoded when sent. */
  readonly contents: string | Uint8Array
}

export const PersonalityFile = struct<PersonalityFile>(() => ({
  path: Named.pipe(Schema.filter((path) => bytesOf(path) <= 255, { description: "a path of 1 to 255 bytes" })),
  contents: Base64
}))

/** Files to write to a server. */
export const personality = () => Schema.optional(Schema.Array(PersonalityFile))

const Amount = Schema.Int.pipe(Schema.positive({ description: "a whole number of 1 or more" }))

/** Names or ids, `[{ "name": … }]` on the wire. */
const SecurityGroups = lazy(() =>
  Schema.transform(Schema.Array(Schema.Struct({ name: Schema.String })), Schema.Array(Named), {
    strict: true,
    decode: (groups) => groups.map(({ name }) => name),
    encode: (groups) => groups.map((name) => ({ name }))
  })
)

/** A server to create. */
export interface CreateServer {
  /** 1 to 255 characters. It need not be unique. */
  readonly name: string
  /** The image to create it from. Not needed if it boots from one of `blockDevices`. */
  readonly imageId?: string | undefined
  /** The size of the server. */
  readonly flavorId: string
  /**
   * By default the public network and ServiceNet, which must be included if any network is given. Required since Nova's
   * microversion 2.37: `auto`, `none`, or networks.
   */
  readonly networks?: "auto" | "none" | ReadonlyArray<NewServerNetwork> | undefined
  /** The key pair whose public key is installed on the server. */
  readonly keyName?: string | undefined
  /** Keys and values of at most 255 characters each. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Files to write to the server. Rackspace accepts five of at most 1,000 bytes each; Nova up to microversion 2.56. */
  readonly personality?: readonly { readonly path: string; readonly contents: string | Uint8Array }[] | undefined
  /** Data for cloud-init. Rackspace provides it through the config drive. */
  readonly userData?: string | Uint8Array | undefined
  /** Whether it gets a drive with its metadata. Default false. */
  readonly configDrive?: boolean | undefined
  /** Disks in addition to those of the flavor: see `bootFrom`. */
  readonly blockDevices?: NonEmptyReadonlyArray<BlockDevice> | undefined
  /** Whether the cloud resizes the file system to fill the disk (`AUTO`) or not (`MANUAL`). */
  readonly diskConfig?: DiskConfig | undefined
  /** By default the cloud generates one and returns it. */
  readonly adminPassword?: string | Redacted.Redacted | undefined
  /** The IPv4 address to show as the one to reach it at. */
  readonly accessIPv4?: string | undefined
  /** The IPv6 address to show as the one to reach it at. */
  readonly accessIPv6?: string | undefined
  /**
   * The minimum number of servers to create; default 1. The cloud adds a number to each name. The response of `create`
   * has the id and password of only one; `createReservation` and `listDetail({ reservationId })` return all ids.
   */
  readonly minCount?: number | undefined
  /** The maximum number of servers to create, if the quota allows it; default `minCount`. */
  readonly maxCount?: number | undefined
  /** The zone to create it in. Rackspace has none. */
  readonly availabilityZone?: string | undefined
  /** Names or ids of security groups. Default: the group `default`. Rackspace has none. */
  readonly securityGroups?: ReadonlyArray<string> | undefined
  /** Needs microversion 2.19. */
  readonly description?: string | undefined
  /** Needs microversion 2.52. */
  readonly tags?: ReadonlyArray<string> | undefined
  /** The server's own host name; default: derived from its name. Needs microversion 2.90; with a domain 2.94. */
  readonly hostname?: string | undefined
  /** Ids of certificates to verify the image's signature with. Needs microversion 2.63. */
  readonly trustedImageCertificates?: ReadonlyArray<string> | undefined
  /** The host to create it on, for operators of the cloud. Needs microversion 2.74. */
  readonly host?: string | undefined
  /** The hypervisor to create it on, for operators of the cloud. Needs microversion 2.74. */
  readonly hypervisorHostname?: string | undefined
  /** Hints for its placement. */
  readonly schedulerHints?: SchedulerHints | undefined
}

export const CreateServer = struct<CreateServer>(() => ({
  name: ServerName,
  imageId: Schema.requiredToOptional(Schema.String, Schema.UndefinedOr(Named), {
    decode: (reference) => (reference === "" ? Option.none() : Option.some(reference)),
    encode: (id) => Option.getOrElse(id, () => undefined) ?? ""
  }).pipe(Schema.fromKey("imageRef")),
  flavorId: Schema.propertySignature(Named).pipe(Schema.fromKey("flavorRef")),
  networks: Schema.optional(Schema.Union(Schema.Literal("auto", "none"), Schema.Array(NewServerNetwork))),
  keyName: Schema.optional(Named).pipe(Schema.fromKey("key_name")),
  metadata: Schema.optional(MetadataInput),
  personality: personality(),
  userData: Schema.optional(Base64).pipe(Schema.fromKey("user_data")),
  configDrive: Schema.optional(Schema.Boolean).pipe(Schema.fromKey("config_drive")),
  blockDevices: Schema.optional(Schema.NonEmptyArray(BlockDevice)).pipe(Schema.fromKey("block_device_mapping_v2")),
  diskConfig: Schema.optional(DiskConfig).pipe(Schema.fromKey("OS-DCF:diskConfig")),
  adminPassword: Schema.optional(secretInput(Named)).pipe(Schema.fromKey("adminPass")),
  accessIPv4: Schema.optional(Schema.String),
  accessIPv6: Schema.optional(Schema.String),
  minCount: Schema.optional(Amount).pipe(Schema.fromKey("min_count")),
  maxCount: Schema.optional(Amount).pipe(Schema.fromKey("max_count")),
  availabilityZone: Schema.optional(Named).pipe(Schema.fromKey("availability_zone")),
  securityGroups: Schema.optional(SecurityGroups).pipe(Schema.fromKey("security_groups")),
  description: Schema.optional(Description),
  tags: Schema.optional(Tags),
  hostname: Schema.optional(Named),
  trustedImageCertificates: Schema.optional(Certificates).pipe(Schema.fromKey("trusted_image_certificates")),
  host: Schema.optional(Named),
  hypervisorHostname: Schema.optional(Named).pipe(Schema.fromKey("hypervisor_hostname")),
  schedulerHints: Schema.optional(SchedulerHints).pipe(Schema.fromKey("os:scheduler_hints"))
}))

const bootable = lazy(() =>
  Schema.typeSchema(CreateServer).pipe(
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
)

/**
 * The request body, in which hints are next to the server, not in it. `fixed` fields are always sent. It is only
 * encoded, so the wire form has no type.
 */
const createBody = (fixed: Readonly<Record<string, unknown>>) =>
  Schema.transform(
    Schema.Struct({ server: Schema.Unknown, "os:scheduler_hints": Schema.optional(Schema.Unknown) }),
    Schema.compose(CreateServer, bootable, { strict: false }),
    {
      strict: false,
      decode: ({ server, ...hints }) => ({ ...(server as object), ...hints }),
      encode: (wire) => {
        const { "os:scheduler_hints": hints, ...server } = wire as Readonly<Record<string, unknown>>
        return {
          server: { ...server, ...fixed },
          ...(hints !== undefined && { "os:scheduler_hints": hintsOnWire(hints as Readonly<Record<string, unknown>>) })
        }
      }
    }
  ) as unknown as Schema.Schema<CreateServer, unknown>

/** The body for one response with the new server. */
const CreateBody = lazy(() => createBody({}))

/** The body for a response with the id of a reservation. */
const ReservationBody = lazy(() => createBody({ return_reservation_id: true }))

/** The operations that create servers, as data. */
export const serverCreationEndpoints = Endpoint.table("CloudServers", {
  /**
   * Creates a server. Returns immediately, before the server is built: see `waitUntilActive`. For several servers
   * (`minCount`, `maxCount`), use `createReservation` to get all ids. Fails with `QuotaExceeded`. "Create server",
   * `POST /servers`.
   */
  create: Endpoint.define<CreateServer>()("POST", "/servers", {
    body: CreateBody,
    success: Endpoint.json(enveloped("server", CreatedServer)),
    errors: ["QuotaExceeded", "Conflict"]
  }),
  /**
   * Creates servers like `create`, and returns the id of their reservation, with which `list({ reservationId })` finds
   * all of them. The response has no password; set `adminPassword` to know it. Fails with `QuotaExceeded`. "Create
   * multiple servers", `POST /servers` with `return_reservation_id`.
   */
  createReservation: Endpoint.define<CreateServer>()("POST", "/servers", {
    body: ReservationBody,
    success: Endpoint.json(Reservation),
    errors: ["QuotaExceeded", "Conflict"]
  })
})

/** A server to create and wait for. Only one, because the cloud's response contains only one. */
export interface CreateServerAndWait extends Omit<CreateServer, "minCount" | "maxCount">, Waiting.Pace {}

/** The methods that create servers. */
export const makeServerCreation = (context: Context) => {
  const { waits } = context
  const operations = methods(context, serverCreationEndpoints)
  const create: typeof operations.create = (input) => waits.noteCreated(operations.create(input), ({ id }) => [id])
  const watched = serverWatch(context)
  return {
    ...operations,
    create,
    createAndWait: ({ interval, jitter, timeout, ...server }: CreateServerAndWait) =>
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
