/** Actions on servers: reboot, resize, rebuild, rescue and others. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { secretInput } from "../../internal/schema/knownFields.js"
import { struct } from "../../internal/schema/struct.js"
import { nullableOptional, Base64, enveloped, Named, openEnum, withDefault } from "../../internal/schema/wire.js"
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
  /** Returned only here, where the cloud sets one. */
  readonly adminPassword?: Redacted.Redacted | undefined
}

const rescuedFields = {
  adminPassword: nullableOptional(Schema.Redacted(Schema.String)).pipe(Schema.fromKey("adminPass"))
}

export const RescuedServer = struct<RescuedServer>(rescuedFields)

/** A server that is being rebuilt, with its new password. */
export interface RebuiltServer extends Server {
  /** Returned only here, where the cloud sets one. */
  readonly adminPassword?: Redacted.Redacted | undefined
}

export const RebuiltServer = Schema.transform(
  Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  struct<RebuiltServer>({ ...serverFields, ...rescuedFields }),
  { strict: false, decode: withEmbedded, encode: (server) => server }
) as unknown as Schema.Schema<RebuiltServer, unknown>

/** The fields of a rebuild. */
const RebuildFields = Schema.Struct({
  imageId: Schema.propertySignature(Named).pipe(Schema.fromKey("imageRef")),
  name: Schema.optional(ServerName),
  adminPassword: Schema.optional(secretInput(Named)).pipe(Schema.fromKey("adminPass")),
  accessIPv4: Schema.optional(Schema.String),
  accessIPv6: Schema.optional(Schema.String),
  metadata: Schema.optional(MetadataInput),
  personality,
  diskConfig: Schema.optional(DiskConfig).pipe(Schema.fromKey("OS-DCF:diskConfig")),
  preserveEphemeral: Schema.optional(Schema.Boolean).pipe(Schema.fromKey("preserve_ephemeral")),
  userData: Schema.optional(Schema.NullOr(Base64)).pipe(Schema.fromKey("user_data")),
  keyName: Schema.optional(Schema.NullOr(Named)).pipe(Schema.fromKey("key_name")),
  description: Schema.optional(Schema.NullOr(Description)),
  hostname: Schema.optional(Named),
  trustedImageCertificates: Schema.optional(Schema.NullOr(Certificates)).pipe(
    Schema.fromKey("trusted_image_certificates")
  )
})

const actionPath = "/servers/{serverId}/action"

/** An action that takes nothing: `{ "unrescue": null }`. */
const action = (name: string, content: {} | null = null) =>
  Endpoint.define<ByServerId>()("POST", actionPath, {
    // It is only encoded, and what Nova gets has no type here.
    body: Schema.transform(Schema.Unknown, Schema.Struct({}), {
      strict: false,
      decode: () => ({}),
      encode: () => ({ [name]: content })
    }) as unknown as Schema.Schema<{}, unknown>,
    errors: ["NotFound", "Conflict"]
  })

/** A server to restart. */
export interface RebootServer extends ByServerId {
  /** `SOFT`, the default, asks the operating system; `HARD` cuts the power. */
  readonly type?: "SOFT" | "HARD" | (string & {}) | undefined
}

/** A server, and its new flavor. */
export interface ResizeServer extends ByServerId {
  /** The new flavor. */
  readonly flavorId: string
  /** Whether the cloud grows the file system with the disk (`AUTO`) or leaves it (`MANUAL`). */
  readonly diskConfig?: DiskConfig | undefined
}

/** A server to make anew. */
export interface RebuildServer extends ByServerId {
  /** The image to make it from. */
  readonly imageId: string
  /** Default: the name that it has. */
  readonly name?: string | undefined
  /** Default: one that the cloud makes, and includes in its response. */
  readonly adminPassword?: string | Redacted.Redacted | undefined
  /** The IPv4 address at which it is to be reached, for people to see. */
  readonly accessIPv4?: string | undefined
  /** The IPv6 address at which it is to be reached, for people to see. */
  readonly accessIPv6?: string | undefined
  /** Replaces what it has. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /**
   * Files to put on the server; encoded on the way. Rackspace takes five of at most 1,000 bytes each; Nova has it up to
   * microversion 2.56.
   */
  readonly personality?: ReadonlyArray<PersonalityFile> | undefined
  /** Whether the cloud grows the file system with the disk (`AUTO`) or leaves it (`MANUAL`). */
  readonly diskConfig?: DiskConfig | undefined
  /** Whether a local data disk is kept. */
  readonly preserveEphemeral?: boolean | undefined
  /** For cloud-init; encoded on the way. Null for none; default: what it has. Needs microversion 2.57. */
  readonly userData?: string | Uint8Array | null | undefined
  /** Null for none; default: the key that it has. Needs microversion 2.54. */
  readonly keyName?: string | null | undefined
  /** Null for none. Needs microversion 2.19. */
  readonly description?: string | null | undefined
  /** Needs microversion 2.90; with a domain 2.94. */
  readonly hostname?: string | undefined
  /** Ids of the certificates that the image's signature is checked with; null for none. Needs microversion 2.63. */
  readonly trustedImageCertificates?: ReadonlyArray<string> | null | undefined
}

/** A server to start from a rescue image. */
export interface RescueServer extends ByServerId {
  /** Default: the image that the server was made from. */
  readonly imageId?: string | undefined
  /** Default: one that the cloud makes. */
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
   * Restarts a server: `SOFT`, the default, asks its operating system; `HARD` cuts the power. Fails with `NotFound`, and
   * with `Conflict` where its state does not allow it. "Reboot server", `POST /servers/{server_id}/action`.
   */
  reboot: Endpoint.define<RebootServer>()("POST", "/servers/{serverId}/action", {
    body: enveloped("reboot", Schema.Struct({ type: withDefault(openEnum("SOFT", "HARD"), "SOFT") })),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Gives a server another flavor. It works until the status is VERIFY_RESIZE: see `waitUntil`; then `confirmResize` or
   * `revertResize`. The cloud confirms automatically after 24 hours. Fails with `NotFound`, with `Conflict` where its state
   * does not allow it, and with `QuotaExceeded`. "Resize server", `POST /servers/{server_id}/action` with `resize`.
   */
  resize: Endpoint.define<ResizeServer>()("POST", actionPath, {
    body: enveloped(
      "resize",
      Schema.Struct({
        flavorId: Schema.propertySignature(Named).pipe(Schema.fromKey("flavorRef")),
        diskConfig: Schema.optional(DiskConfig).pipe(Schema.fromKey("OS-DCF:diskConfig"))
      })
    ),
    errors: ["NotFound", "Conflict", "QuotaExceeded"]
  }),
  /**
   * Keeps the new flavor of a resized server, and gives up the old disk. Fails with `NotFound`, and with `Conflict` where
   * its state does not allow it. "Confirm resized server", `POST /servers/{server_id}/action` with `confirmResize`.
   */
  confirmResize: action("confirmResize"),
  /**
   * Takes a resized server back to the flavor and the disk that it had. Fails with `NotFound`, and with `Conflict` where
   * its state does not allow it. "Revert resized server", `POST /servers/{server_id}/action` with `revertResize`.
   */
  revertResize: action("revertResize"),
  /**
   * Makes a server anew from an image: its disks are overwritten, its id and addresses stay. The response includes the new
   * password. Fails with `NotFound`, and with `Conflict` where its state does not allow it. "Rebuild server", `POST
   * /servers/{server_id}/action` with `rebuild`.
   */
  rebuild: Endpoint.define<RebuildServer>()("POST", actionPath, {
    body: enveloped("rebuild", RebuildFields),
    success: Endpoint.json(enveloped("server", RebuiltServer)),
    errors: ["NotFound", "Conflict", "QuotaExceeded"]
  }),
  /**
   * Starts a server from a rescue image, with its own disk as the second one, until `unrescue`. It works until the status
   * is RESCUE; the response includes the rescue system's password. Fails with `NotFound`, and with `Conflict` where its state
   * does not allow it. "Enter rescue mode", `POST /servers/{server_id}/action` with `rescue`.
   */
  rescue: Endpoint.define<RescueServer>()("POST", actionPath, {
    body: enveloped(
      "rescue",
      Schema.Struct({
        imageId: Schema.optional(Named).pipe(Schema.fromKey("rescue_image_ref")),
        adminPassword: Schema.optional(secretInput(Named)).pipe(Schema.fromKey("adminPass"))
      })
    ),
    success: Endpoint.json(RescuedServer),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Starts a rescued server from its own disk again. Fails with `NotFound`, and with `Conflict` where its state does not
   * allow it. "Exit rescue mode", `POST /servers/{server_id}/action` with `unrescue`.
   */
  unrescue: action("unrescue"),
  /**
   * Starts a server that is SHUTOFF. Fails with `NotFound`, and with `Conflict` where its state does not allow it. "Start
   * server", `POST /servers/{server_id}/action` with `os-start`.
   */
  start: action("os-start"),
  /**
   * Shuts a server off; it is still paid for. Fails with `NotFound`, and with `Conflict` where its state does not allow
   * it. "Stop server", `POST /servers/{server_id}/action` with `os-stop`.
   */
  stop: action("os-stop"),
  /**
   * Keeps a server from being changed by anybody but administrators and its owner. Fails with `NotFound`. "Lock server",
   * `POST /servers/{server_id}/action` with `lock`.
   */
  lock: action("lock"),
  /**
   * Lets a locked server be changed again. Fails with `NotFound`. "Unlock server", `POST /servers/{server_id}/action` with
   * `unlock`.
   */
  unlock: action("unlock"),
  /**
   * Sets up the network inside a server anew. Not for servers of RackConnect v2. Fails with `NotFound`. "Reset server
   * network", `POST /servers/{server_id}/action` with `resetNetwork`.
   */
  resetNetwork: action("resetNetwork"),
  /**
   * Moves a server to another host; like a resize it then waits to be confirmed. Administrators of OpenStack may do it,
   * and at Rackspace the owner. Fails with `NotFound`, and with `Conflict` where its state does not allow it. "Migrate
   * server", `POST /servers/{server_id}/action` with `migrate`.
   */
  migrate: action("migrate", {}),
  /**
   * Sets the administrator's password on a server; the status is PASSWORD meanwhile, and ERROR where the operating system
   * finds it too weak. Fails with `NotFound`, and with `Conflict` where its state does not allow it. "Change administrator
   * password", `POST /servers/{server_id}/action` with `changePassword`.
   */
  changePassword: Endpoint.define<ChangePassword>()("POST", actionPath, {
    body: enveloped(
      "changePassword",
      Schema.Struct({
        adminPassword: Schema.propertySignature(secretInput(Named)).pipe(Schema.fromKey("adminPass"))
      })
    ),
    errors: ["NotFound", "Conflict"]
  })
})

/** A server, its new flavor, and how to wait for it. */
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
      // The first polls may see the server as it was; after it was seen at work, rest is an end.
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
          return gaveUp ? Option.some({ fault: "the cloud gave up, and left the old flavor" }) : Option.none()
        }
      })
      if (resized.status !== "VERIFY_RESIZE") return resized
      yield* operations.confirmResize({ serverId })
      return yield* Waiting.until(watched("resizeAndConfirm", { serverId, ...pace, until: isAtRest }))
    })
