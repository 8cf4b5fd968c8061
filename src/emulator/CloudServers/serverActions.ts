/**
 * `POST /servers/{id}/action` (servers.md sections 2.4 and 3): one action a body, refused with 409 where the server's
 * state does not allow it.
 */
import { randomBytes, randomUUID } from "node:crypto"
import type { WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Reply from "../Reply.js"
import * as Fields from "../Fields.js"
import * as CreateRequest from "./createRequest.js"
import * as Flavors from "./flavors.js"
import type { Image } from "./images.js"
import * as Metadata from "./metadata.js"
import * as NovaRequest from "./novaRequest.js"
import * as OpenStackFields from "./openStackFields.js"
import * as ServerRecord from "./serverRecord.js"

/** An unconfirmed resize confirms itself after a day. */
const autoConfirm = 24 * 60 * 60 * 1000

/** What actions need of the service. */
export interface ActionContext {
  readonly now: number
  readonly baseUrl: string
  /** How long an action takes, in milliseconds. */
  readonly actionTime: number
  /** How long a new status stays hidden after the action was accepted, in milliseconds. */
  readonly statusLag: number
  readonly findImage: (id: string) => Image | undefined
  readonly hasKeyPair: (name: string) => boolean
  readonly addImage: (image: Image) => void
  readonly request: NovaRequest.NovaRequest
}

/** Refuses an action whose server is in none of these states, or busy. */
const demand = (
  server: ServerRecord.ServerRecord,
  action: string,
  now: number,
  states: ReadonlyArray<string>,
  options: { readonly evenBusy?: boolean } = {}
): void => {
  const task = ServerRecord.taskStateOf(server, now)
  if (server.status === "BUILD") {
    Refusal.fault(409, "buildInProgress", `Cannot '${action}' while instance is in vm_state building`)
  }
  if (!states.includes(server.status)) {
    Refusal.fault(
      409,
      "conflictingRequest",
      `Cannot '${action}' while instance is in vm_state ${ServerRecord.vmStateOf(server)}`
    )
  }
  if (task !== null && options.evenBusy !== true) {
    Refusal.fault(409, "conflictingRequest", `Cannot '${action}' while instance is in task_state ${task}`)
  }
}

const begin = (
  server: ServerRecord.ServerRecord,
  context: ActionContext,
  change: {
    readonly status?: string
    readonly taskState: string | null
    readonly after?: number
    readonly end: (server: ServerRecord.ServerRecord, at: number) => void
  }
): void => {
  server.updatedAt = context.now
  server.transition = {
    status: change.status,
    taskState: change.taskState,
    startedAt: context.now,
    visibleAt: context.now + context.statusLag,
    endsAt: context.now + (change.after ?? context.actionTime),
    end: change.end
  }
  ServerRecord.settle(server, context.now)
}

const becomes =
  (status: string) =>
  (server: ServerRecord.ServerRecord): void => {
    server.status = status
  }

const accepted = (): WireResponse => Reply.empty(202)

/** Keeps the old flavor until the resize is confirmed, by the user or by the clock. */
const resizeTo = (server: ServerRecord.ServerRecord, context: ActionContext, flavorId: string): void =>
  begin(server, context, {
    status: "RESIZE",
    taskState: "resize_migrating",
    end: (resized, at) => {
      resized.previousFlavorId = resized.flavorId
      resized.flavorId = flavorId
      resized.status = "VERIFY_RESIZE"
      resized.transition = {
        status: undefined,
        taskState: null,
        startedAt: at,
        visibleAt: at,
        endsAt: at + autoConfirm,
        end: confirmed
      }
    }
  })

const confirmed = (server: ServerRecord.ServerRecord): void => {
  server.previousFlavorId = undefined
  server.status = "ACTIVE"
}

const objectArgument = (action: string, argument: unknown): Fields.JsonObject =>
  Fields.isObject(argument) ? argument : NovaRequest.badRequest(`Malformed request body: '${action}' takes an object`)

const nullArgument = (action: string, argument: unknown): void => {
  if (argument !== null) {
    NovaRequest.badRequest(`Malformed request body: '${action}' takes null`)
  }
}

/** Since microversion 2.73 a lock may have a reason; null where it has none. */
const readLockedReason = (argument: unknown, request: NovaRequest.NovaRequest): string | null => {
  if (!NovaRequest.speaks(request, 73) || argument === null) {
    nullArgument("lock", argument)
    return null
  }
  const reason = objectArgument("lock", argument)["locked_reason"] ?? null
  return reason === null || (typeof reason === "string" && reason.length <= 255)
    ? reason
    : NovaRequest.invalid("locked_reason", "It is not a text of at most 255 characters")
}

const flavorOf = (server: ServerRecord.ServerRecord): Flavors.Flavor | undefined => Flavors.find(server.flavorId)

const refuseMetal = (server: ServerRecord.ServerRecord, action: string): void => {
  const flavor = flavorOf(server)
  if (flavor !== undefined && Flavors.isMetal(flavor)) {
    if (action === "resize" || action === "migrate") {
      Refusal.fault(403, "resizeNotAllowed", "Resize is not allowed for this flavor.")
    }
    NovaRequest.forbidden(`Policy doesn't allow compute:${action} to be performed.`)
  }
}

/** What each action is called in the server's history. */
const historyNames: Readonly<Record<string, string>> = {
  "os-start": "start",
  "os-stop": "stop"
}

/** Runs one action on a server that is up to date, and writes it in the server's history. */
export const run = (
  server: ServerRecord.ServerRecord,
  body: Fields.JsonObject | undefined,
  requestId: string,
  context: ActionContext
): WireResponse => {
  const names = Object.keys(body ?? {})
  const [action] = names
  if (body === undefined || action === undefined || names.length !== 1) {
    return NovaRequest.badRequest("Malformed request body")
  }
  const response = perform(server, action, body[action], context)
  server.actions.push({ action: historyNames[action] ?? action, requestId, startedAt: context.now })
  return response
}

const perform = (
  server: ServerRecord.ServerRecord,
  action: string,
  argument: unknown,
  context: ActionContext
): WireResponse => {
  const { now, request } = context
  switch (action) {
    case "reboot": {
      const type = Fields.isObject(argument) ? argument["type"] : undefined
      if (type === undefined) {
        return NovaRequest.badRequest("Missing argument 'type' for reboot")
      }
      const kind = typeof type === "string" ? type.toUpperCase() : ""
      if (kind !== "SOFT" && kind !== "HARD") {
        return NovaRequest.badRequest("Argument 'type' for reboot is not HARD or SOFT")
      }
      demand(server, "reboot", now, kind === "SOFT" ? ["ACTIVE"] : ["ACTIVE", "SHUTOFF", "ERROR"])
      begin(server, context, {
        status: kind === "SOFT" ? "REBOOT" : "HARD_REBOOT",
        taskState: kind === "SOFT" ? "rebooting" : "rebooting_hard",
        end: (rebooted) => {
          rebooted.status = "ACTIVE"
          rebooted.fault = undefined
        }
      })
      return accepted()
    }
    case "changePassword": {
      const password = objectArgument(action, argument)["adminPass"]
      if (typeof password !== "string" || password === "") {
        return NovaRequest.badRequest("Invalid adminPass")
      }
      demand(server, action, now, ["ACTIVE"])
      begin(server, context, { status: "PASSWORD", taskState: "updating_password", end: becomes("ACTIVE") })
      return accepted()
    }
    case "rebuild":
      return rebuild(server, objectArgument(action, argument), context)
    case "resize": {
      const options = objectArgument(action, argument)
      const reference = options["flavorRef"]
      if (typeof reference !== "string") {
        return NovaRequest.badRequest("Resize requests require 'flavorRef' attribute.")
      }
      const flavor = Flavors.find(NovaRequest.idOf(reference))
      if (flavor === undefined) {
        return NovaRequest.badRequest("Unable to locate requested flavor.")
      }
      if (flavor.id === server.flavorId) {
        return NovaRequest.badRequest("When resizing, instances must change flavor!")
      }
      const diskConfig = CreateRequest.readDiskConfig(options, context.findImage(server.imageId))
      refuseMetal(server, action)
      demand(server, action, now, ["ACTIVE", "SHUTOFF"])
      server.diskConfig = diskConfig ?? server.diskConfig
      resizeTo(server, context, flavor.id)
      return accepted()
    }
    case "migrate": {
      objectArgument(action, argument)
      refuseMetal(server, action)
      demand(server, action, now, ["ACTIVE", "SHUTOFF"])
      resizeTo(server, context, server.flavorId)
      return accepted()
    }
    case "confirmResize": {
      nullArgument(action, argument)
      demand(server, action, now, ["VERIFY_RESIZE"])
      begin(server, context, { taskState: "resize_confirming", end: confirmed })
      // The documents say 202; every client of the real service has met this.
      return Reply.empty(204)
    }
    case "revertResize": {
      nullArgument(action, argument)
      demand(server, action, now, ["VERIFY_RESIZE"])
      begin(server, context, {
        status: "REVERT_RESIZE",
        taskState: "resize_reverting",
        end: (reverted) => {
          reverted.flavorId = reverted.previousFlavorId ?? reverted.flavorId
          confirmed(reverted)
        }
      })
      return accepted()
    }
    case "createImage":
      return createImage(server, objectArgument(action, argument), context)
    case "rescue": {
      const options = Fields.isObject(argument) ? argument : {}
      const reference = options["rescue_image_ref"]
      if (
        reference !== undefined &&
        (typeof reference !== "string" || context.findImage(NovaRequest.idOf(reference)) === undefined)
      ) {
        return NovaRequest.badRequest("Can not find requested image")
      }
      const adminPass = CreateRequest.readAdminPass(options)
      refuseMetal(server, action)
      demand(server, action, now, ["ACTIVE", "SHUTOFF", "ERROR"])
      begin(server, context, { taskState: "rescuing", end: becomes("RESCUE") })
      return Reply.json(200, { adminPass })
    }
    case "unrescue": {
      nullArgument(action, argument)
      demand(server, action, now, ["RESCUE"])
      begin(server, context, { taskState: "unrescuing", end: becomes("ACTIVE") })
      return accepted()
    }
    case "os-start": {
      nullArgument(action, argument)
      demand(server, action, now, ["SHUTOFF"])
      begin(server, context, { taskState: "powering_on", end: becomes("ACTIVE") })
      return accepted()
    }
    case "os-stop": {
      nullArgument(action, argument)
      demand(server, action, now, ["ACTIVE", "ERROR"])
      begin(server, context, { taskState: "powering_off", end: becomes("SHUTOFF") })
      return accepted()
    }
    case "lock":
      server.locked = readLockedReason(argument, request)
      return accepted()
    case "unlock":
      nullArgument(action, argument)
      server.locked = undefined
      return accepted()
    case "resetNetwork":
      nullArgument(action, argument)
      return request.microversion === undefined
        ? accepted()
        : Refusal.refuse(Reply.fault(410, "gone", "This resource is no longer available."))
    case "os-getVNCConsole": {
      if (NovaRequest.speaks(request, 6)) {
        return NovaRequest.notFound("The resource could not be found.")
      }
      const type = objectArgument(action, argument)["type"]
      if (type !== "novnc" && type !== "xvpvnc") {
        return NovaRequest.badRequest("Unknown console type")
      }
      demand(server, action, now, ["ACTIVE", "RESCUE"])
      return Reply.json(200, {
        console: { type, url: `https://vnc.cloud.test/vnc_auto.html?token=${randomBytes(16).toString("hex")}` }
      })
    }
    case "os-getConsoleOutput": {
      const length = Fields.isObject(argument) ? (argument["length"] ?? null) : null
      if (length !== null && !/^\d+$/.test(Fields.textOf(length))) {
        return NovaRequest.badRequest("Invalid input for field/attribute length.")
      }
      demand(server, action, now, ["ACTIVE", "SHUTOFF", "RESCUE", "VERIFY_RESIZE"], { evenBusy: true })
      const lines = ["Booting ...", `${server.name} login: `]
      return Reply.json(200, { output: lines.slice(length === null ? 0 : -Number(length) || lines.length).join("\n") })
    }
    default:
      return NovaRequest.badRequest(`There is no such action: ${action}`)
  }
}

const rebuild = (
  server: ServerRecord.ServerRecord,
  options: Fields.JsonObject,
  context: ActionContext
): WireResponse => {
  const reference = options["imageRef"]
  if (typeof reference !== "string" || reference === "") {
    return NovaRequest.badRequest("Could not parse imageRef from request.")
  }
  const image = context.findImage(NovaRequest.idOf(reference))
  if (image === undefined) {
    return NovaRequest.badRequest("Cannot find image for rebuild")
  }
  const flavor = flavorOf(server)
  if (flavor !== undefined && image.minRam > flavor.ram) {
    return NovaRequest.badRequest("Flavor's memory is too small for requested image.")
  }
  const name = options["name"] === undefined ? server.name : CreateRequest.readName(options["name"])
  const metadata = options["metadata"] === undefined ? server.metadata : Metadata.read(options["metadata"])
  const diskConfig = CreateRequest.readDiskConfig(options, image)
  const accessIPv4 = CreateRequest.readAddress(options, "accessIPv4")
  const accessIPv6 = CreateRequest.readAddress(options, "accessIPv6")
  const adminPass = CreateRequest.readAdminPass(options)
  CreateRequest.readPersonality(options)
  const change = OpenStackFields.readRebuild(options, context.request, context.hasKeyPair)
  refuseMetal(server, "rebuild")
  demand(server, "rebuild", context.now, ["ACTIVE", "SHUTOFF", "ERROR"])
  Object.assign(server, change)
  server.name = name
  server.metadata = metadata
  server.imageId = image.id
  server.diskConfig = diskConfig ?? server.diskConfig
  server.accessIPv4 = accessIPv4 ?? server.accessIPv4
  server.accessIPv6 = accessIPv6 ?? server.accessIPv6
  begin(server, context, {
    status: "REBUILD",
    taskState: "rebuilding",
    end: (rebuilt) => {
      rebuilt.status = "ACTIVE"
      rebuilt.fault = undefined
    }
  })
  return Reply.json(
    202,
    {
      server: {
        ...ServerRecord.changedJson(server, context.request),
        adminPass,
        ...(NovaRequest.speaks(context.request, 57) ? { user_data: server.userData } : {}),
        ...(NovaRequest.speaks(context.request, 54) ? { key_name: server.keyName } : {})
      }
    },
    { Location: `${context.baseUrl}/servers/${server.id}` }
  )
}

const createImage = (
  server: ServerRecord.ServerRecord,
  options: Fields.JsonObject,
  context: ActionContext
): WireResponse => {
  const { now } = context
  const name = options["name"]
  if (typeof name !== "string" || name === "") {
    return NovaRequest.badRequest("createImage entity requires name attribute")
  }
  const metadata = options["metadata"] === undefined ? {} : Metadata.read(options["metadata"])
  refuseMetal(server, "createImage")
  demand(server, "createImage", now, ["ACTIVE", "SHUTOFF"])
  const flavor = flavorOf(server)
  const source = context.findImage(server.imageId)
  const image: Image = {
    id: randomUUID(),
    name,
    createdAt: now,
    updatedAt: now,
    minDisk: flavor?.disk ?? 20,
    minRam: source?.minRam ?? 512,
    size: source?.size ?? 1_073_741_824,
    diskConfig: server.diskConfig,
    metadata: {
      ...source?.metadata,
      ...metadata,
      image_type: "snapshot",
      base_image_ref: server.imageId,
      instance_uuid: server.id
    },
    serverId: server.id,
    savedAt: now + context.actionTime
  }
  context.addImage(image)
  const { status } = server
  begin(server, context, { taskState: "image_snapshot", end: becomes(status) })
  if (NovaRequest.speaks(context.request, 45)) {
    return Reply.json(202, { image_id: image.id })
  }
  // The new image's id is nowhere but here.
  return Reply.empty(202, { Location: `${context.baseUrl}/images/${image.id}` })
}
