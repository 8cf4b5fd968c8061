/** Actions on servers: reboot, resize, rebuild, rescue and others. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { secretInput } from "../../internal/schema/knownFields.js"
import { lazyStruct, struct } from "../../internal/schema/struct.js"
import {
  nullableOptional,
  Base64,
  enveloped,
  Named,
  openEnum,
  withDefault,
  prepared,
  sentAs
} from "../../internal/schema/wire.js"
import * as Waiting from "../../Waiting.js"
import { type Context, methods } from "./context.js"
import { hasFailed } from "./faults.js"
import { Description, DiskConfig, ServerName } from "./fields.js"
import { MetadataInput } from "./metadata.js"
import type { ByServerId } from "./references.js"
import { Certificates, personality, type PersonalityFile } from "./serverCreation.js"
import { type Server, serverFields, withEmbedded } from "./servers.js"
import { isAtRest, serverWatch } from "./serverWaits.js"

/** The password of a rescue system. */
export interface RescuedServer {
  /** Returned only here, if the cloud sets one. */
  readonly adminPassword?: Redacted.Redacted | undefined
}

const rescuedFields = () => ({
  adminPassword: nullableOptional(Schema.Redacted(Schema.String)).pipe(Schema.fromKey("adminPass"))
})

export const RescuedServer = struct<RescuedServer>(rescuedFields)

/** A server that is being rebuilt, with its new password. */
export interface RebuiltServer extends Server {
  /** Returned only here, if the cloud sets one. */
  readonly adminPassword?: Redacted.Redacted | undefined
}

export const RebuiltServer = prepared(
  struct<RebuiltServer>(() => ({ ...serverFields(), ...rescuedFields() })),
  withEmbedded
)

/** The fields of a rebuild. */
const RebuildFields = lazyStruct(() => ({
  imageId: Schema.propertySignature(Named).pipe(Schema.fromKey("imageRef")),
  name: Schema.optional(ServerName),
  adminPassword: Schema.optional(secretInput(Named)).pipe(Schema.fromKey("adminPass")),
  accessIPv4: Schema.optional(Schema.String),
  accessIPv6: Schema.optional(Schema.String),
  metadata: Schema.optional(MetadataInput),
  personality: personality(),
  diskConfig: Schema.optional(DiskConfig).pipe(Schema.fromKey("OS-DCF:diskConfig")),
  preserveEphemeral: Schema.optional(Schema.Boolean).pipe(Schema.fromKey("preserve_ephemeral")),
  userData: Schema.optional(Schema.NullOr(Base64)).pipe(Schema.fromKey("user_data")),
  keyName: Schema.optional(Schema.NullOr(Named)).pipe(Schema.fromKey("key_name")),
  description: Schema.optional(Schema.NullOr(Description)),
  hostname: Schema.optional(Named),
  trustedImageCertificates: Schema.optional(Schema.NullOr(Certificates)).pipe(
    Schema.fromKey("trusted_image_certificates")
  )
}))

const actionPath = "/servers/{serverId}/action"

/** An action without input: `{ "unrescue": null }`. */
const action = (name: string, content: {} | null = null) =>
  Endpoint.define<ByServerId>()("POST", actionPath, {
    // It is only encoded, so the wire form has no type.
    body: sentAs(
      lazyStruct(() => ({})),
      () => ({ [name]: content })
    ),
    errors: ["NotFound", "Conflict"]
  })

/** A server to restart. */
export interface RebootServer extends ByServerId {
  /** `SOFT`, the default, asks the operating system; `HARD` cuts the power. */
  readonly type?: "SOFT" | "HARD" | (string & {}) | undefined
}

/** A server and its new flavor. */
export interface ResizeServer extends ByServerId {
  /** The new flavor. */
  readonly flavorId: string
  /** Whether the cloud resizes the file system to fill the disk (`AUTO`) or not (`MANUAL`). */
  readonly diskConfig?: DiskConfig | undefined
}

/** A server to rebuild. */
export interface RebuildServer extends ByServerId {
  /** The image to rebuild it from. */
  readonly imageId: string
  /** Default: unchanged. */
  readonly name?: string | undefined
  /** By default the cloud generates one and returns it. */
  readonly adminPassword?: string | Redacted.Redacted | undefined
  /** The IPv4 address to show as the one to reach it at. */
  readonly accessIPv4?: string | undefined
  /** The IPv6 address to show as the one to reach it at. */
  readonly accessIPv6?: string | undefined
  /** Replaces the existing metadata. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Files to write to the server. Rackspace accepts five of at most 1,000 bytes each; Nova up to microversion 2.56. */
  readonly personality?: ReadonlyArray<PersonalityFile> | undefined
  /** Whether the cloud resizes the file system to fill the disk (`AUTO`) or not (`MANUAL`). */
  readonly diskConfig?: DiskConfig | undefined
  /** Whether to keep a local data disk. */
  readonly preserveEphemeral?: boolean | undefined
  /** Data for cloud-init. Null for none; default: unchanged. Needs microversion 2.57. */
  readonly userData?: string | Uint8Array | null | undefined
  /** Null for none; default: unchanged. Needs microversion 2.54. */
  readonly keyName?: string | null | undefined
  /** Null for none. Needs microversion 2.19. */
  readonly description?: string | null | undefined
  /** Needs microversion 2.90; with a domain 2.94. */
  readonly hostname?: string | undefined
  /** Ids of certificates to verify the image's signature with; null for none. Needs microversion 2.63. */
  readonly trustedImageCertificates?: ReadonlyArray<string> | null | undefined
}

/** A server to start from a rescue image. */
export interface RescueServer extends ByServerId {
  /** Default: the image that the server was created from. */
  readonly imageId?: string | undefined
  /** By default the cloud generates one. */
  readonly adminPassword?: string | Redacted.Redacted | undefined
}

/** A server, and its new password. */
export interface ChangePassword extends ByServerId {
  /** The new password. */
  readonly adminPassword: string | Redacted.Redacted
}

/** The actions on servers, as data. */
export const serverActionEndpoints = Endpoint.table("CloudServers", {
  /**
   * Restarts a server: `SOFT`, the default, asks its operating system; `HARD` cuts the power. Fails with `NotFound`,
   * and with `Conflict` if its state does not allow it. "Reboot server", `POST /servers/{server_id}/action`.
   */
  reboot: Endpoint.define<RebootServer>()("POST", "/servers/{serverId}/action", {
    body: enveloped(
      "reboot",
      lazyStruct(() => ({ type: withDefault(openEnum("SOFT", "HARD"), "SOFT") }))
    ),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Changes the flavor of a server. When the status is VERIFY_RESIZE (see `waitUntil`), use `confirmResize` or
   * `revertResize`; after 24 hours the cloud confirms automatically. Fails with `NotFound`, with `Conflict` if its
   * state does not allow it, and with `QuotaExceeded`. "Resize server", `POST /servers/{server_id}/action` with
   * `resize`.
   */
  resize: Endpoint.define<ResizeServer>()("POST", actionPath, {
    body: enveloped(
      "resize",
      lazyStruct(() => ({
        flavorId: Schema.propertySignature(Named).pipe(Schema.fromKey("flavorRef")),
        diskConfig: Schema.optional(DiskConfig).pipe(Schema.fromKey("OS-DCF:diskConfig"))
      }))
    ),
    errors: ["NotFound", "Conflict", "QuotaExceeded"]
  }),
  /**
   * Keeps the new flavor of a resized server, and deletes the old disk. Fails with `NotFound`, and with `Conflict` if
   * its state does not allow it. "Confirm resized server", `POST /servers/{server_id}/action` with `confirmResize`.
   */
  confirmResize: action("confirmResize"),
  /**
   * Restores the old flavor and disk of a resized server. Fails with `NotFound`, and with `Conflict` if its state does
   * not allow it. "Revert resized server", `POST /servers/{server_id}/action` with `revertResize`.
   */
  revertResize: action("revertResize"),
  /**
   * Rebuilds a server from an image: its disks are overwritten, its id and addresses stay. The response includes the
   * new password. Fails with `NotFound`, and with `Conflict` if its state does not allow it. "Rebuild server", `POST
   * /servers/{server_id}/action` with `rebuild`.
   */
  rebuild: Endpoint.define<RebuildServer>()("POST", actionPath, {
    body: enveloped("rebuild", RebuildFields),
    success: Endpoint.json(enveloped("server", RebuiltServer)),
    errors: ["NotFound", "Conflict", "QuotaExceeded"]
  }),
  /**
   * Starts a server from a rescue image, with its own disk as the second one, until `unrescue`. When it is done the
   * status is RESCUE. The response includes the password of the rescue system. Fails with `NotFound`, and with
   * `Conflict` if its state does not allow it. "Enter rescue mode", `POST /servers/{server_id}/action` with `rescue`.
   */
  rescue: Endpoint.define<RescueServer>()("POST", actionPath, {
    body: enveloped(
      "rescue",
      lazyStruct(() => ({
        imageId: Schema.optional(Named).pipe(Schema.fromKey("rescue_image_ref")),
        adminPassword: Schema.optional(secretInput(Named)).pipe(Schema.fromKey("adminPass"))
      }))
    ),
    success: Endpoint.json(RescuedServer),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Starts a rescued server from its own disk again. Fails with `NotFound`, and with `Conflict` if its state does not
   * allow it. "Exit rescue mode", `POST /servers/{server_id}/action` with `unrescue`.
   */
  unrescue: action("unrescue"),
  /**
   * Starts a server that is SHUTOFF. Fails with `NotFound`, and with `Conflict` if its state does not allow it. "Start
   * server", `POST /servers/{server_id}/action` with `os-start`.
   */
  start: action("os-start"),
  /**
   * Shuts a server down; it is still billed. Fails with `NotFound`, and with `Conflict` if its state does not allow it.
   * "Stop server", `POST /servers/{server_id}/action` with `os-stop`.
   */
  stop: action("os-stop"),
  /**
   * Locks a server, so that only administrators and its owner can change it. Fails with `NotFound`. "Lock server",
   * `POST /servers/{server_id}/action` with `lock`.
   */
  lock: action("lock"),
  /** Unlocks a server. Fails with `NotFound`. "Unlock server", `POST /servers/{server_id}/action` with `unlock`. */
  unlock: action("unlock"),
  /**
   * Resets the network configuration inside a server. Not for servers of RackConnect v2. Fails with `NotFound`. "Reset
   * server network", `POST /servers/{server_id}/action` with `resetNetwork`.
   */
  resetNetwork: action("resetNetwork"),
  /**
   * Moves a server to another host. Like a resize, it then has to be confirmed. OpenStack allows it to administrators,
   * Rackspace to the owner. Fails with `NotFound`, and with `Conflict` if its state does not allow it. "Migrate
   * server", `POST /servers/{server_id}/action` with `migrate`.
   */
  migrate: action("migrate", {}),
  /**
   * Sets the administrator's password of a server. The status is PASSWORD until it is done, and ERROR if the operating
   * system rejects the password as too weak. Fails with `NotFound`, and with `Conflict` if its state does not allow it.
   * "Change administrator password", `POST /servers/{server_id}/action` with `changePassword`.
   */
  changePassword: Endpoint.define<ChangePassword>()("POST", actionPath, {
    body: enveloped(
      "changePassword",
      lazyStruct(() => ({
        adminPassword: Schema.propertySignature(secretInput(Named)).pipe(Schema.fromKey("adminPass"))
      }))
    ),
    errors: ["NotFound", "Conflict"]
  })
})

/** A server, its new flavor, and the interval and timeout of the wait. */
export interface ResizeAndConfirm extends ResizeServer, Waiting.Pace {}

/** The methods that act on servers. */
export const makeServerActions = (context: Context) => {
  const operations = methods(context, serverActionEndpoints)
  return { ...operations, resizeAndConfirm: resizeAndConfirm(operations, serverWatch(context)) }
}

type Operations = Endpoint.Client<typeof serverActionEndpoints>

const resizeAndConfirm =
  (operations: Operations, watched: ReturnType<typeof serverWatch>) =>
  ({ interval, jitter, timeout, ...resize }: ResizeAndConfirm) =>
    Effect.gen(function* () {
      const { flavorId, serverId } = resize
      const pace = { interval, jitter, timeout }
      yield* operations.resize(resize)
      // The first polls may see the old state, so the wait ends only after a task was seen.
      let worked = false
      const hasNewFlavor = (server: Server) => isAtRest(server) && server.flavorId === flavorId
      const resized = yield* Waiting.until({
        ...watched("resizeAndConfirm", {
          serverId,
          ...pace,
          until: (server) => server.status === "VERIFY_RESIZE" || hasNewFlavor(server)
        }),
        failed: (server) => {
          const failed = hasFailed(server)
          if (Option.isSome(failed) || hasNewFlavor(server)) return failed
          const gaveUp = worked && isAtRest(server) && server.flavorId !== undefined
          worked ||= !isAtRest(server)
          return gaveUp ? Option.some({ fault: "the cloud gave up and kept the old flavor" }) : Option.none()
        }
      })
      if (resized.status !== "VERIFY_RESIZE") return resized
      yield* operations.confirmResize({ serverId })
      return yield* Waiting.until(watched("resizeAndConfirm", { serverId, ...pace, until: isAtRest }))
    })
