/** `POST /servers/{id}/action`: one action per request, refused with 409 if the server's state does not allow it. */
import { randomBytes, randomUUID } from "node:crypto"
import type { WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Reply from "../Reply.js"
import * as Fields from "../Fields.js"
import * as CreateRequest from "./createRequest.js"
import * as Flavors from "./flavors.js"
import type { Image } from "./images.js"
import * as Metadata from "./metadata.js"
import type { Region } from "./region.js"
import * as OpenStackFields from "./openStackFields.js"
import type { NovaRequest } from "./requests.js"
import { badRequest, conflict, forbidden, idOf, invalid, notFound, speaks } from "./requests.js"
import * as ServerRecord from "./serverRecord.js"

/** A resize is confirmed automatically after a day. */
const autoConfirm = 24 * 60 * 60 * 1000

/** A running action. */
interface Call {
  readonly region: Region
  readonly request: NovaRequest
  readonly server: ServerRecord.ServerRecord
  /** Its name in the request. */
  readonly action: string
  readonly argument: unknown
}

type Action = (call: Call) => WireResponse

/** Refuses an action if the server is in none of these states, or busy. */
const checkState = (
  { action, request: { now }, server }: Call,
  states: ReadonlyArray<string>,
  options: { readonly evenBusy?: boolean } = {}
): void => {
  const task = ServerRecord.taskStateOf(server, now)
  if (server.status === "BUILD") {
    Refusal.fault(409, "buildInProgress", `Cannot '${action}' while instance is in vm_state building`)
  }
  if (!states.includes(server.status)) {
    conflict(`Cannot '${action}' while instance is in vm_state ${ServerRecord.vmStateOf(server)}`)
  }
  if (task !== null && options.evenBusy !== true) {
    conflict(`Cannot '${action}' while instance is in task_state ${task}`)
  }
}

/** A change of a server that takes time. */
interface Change {
  readonly status?: string
  readonly taskState: string
  readonly end: (server: ServerRecord.ServerRecord, at: number) => void
}

const begin = (
  { region: { settings }, request: { now }, server }: Call,
  { end, status, taskState }: Change
): WireResponse => {
  server.updatedAt = now
  server.transition = {
    status,
    taskState,
    startedAt: now,
    visibleAt: now + settings.statusLag,
    endsAt: now + settings.actionTime,
    end
  }
  ServerRecord.settle(server, now)
  return accepted()
}

const becomes =
  (status: string) =>
  (server: ServerRecord.ServerRecord): void => {
    server.status = status
  }

/** Completes a reboot or rebuild, which also clears a fault. */
const recovered = (server: ServerRecord.ServerRecord): void => {
  server.status = "ACTIVE"
  server.fault = undefined
}

const accepted = (): WireResponse => Reply.empty(202)

/** Keeps the old flavor until the resize is confirmed, by the user or automatically. */
const resizeTo = (call: Call, flavorId: string): WireResponse =>
  begin(call, {
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

const objectOf = ({ action, argument }: Call): Fields.JsonObject =>
  Fields.isObject(argument) ? argument : badRequest(`Malformed request body: '${action}' takes an object`)

const checkNull = ({ action, argument }: Call): void => {
  if (argument !== null) {
    badRequest(`Malformed request body: '${action}' takes null`)
  }
}

/** Since microversion 2.73 a lock may have a reason; null if it has none. */
const readLockedReason = (call: Call): string | null => {
  if (!speaks(call.request, 73) || call.argument === null) {
    checkNull(call)
    return null
  }
  const reason = objectOf(call)["locked_reason"] ?? null
  return reason === null || (typeof reason === "string" && reason.length <= 255)
    ? reason
    : invalid("locked_reason", "It is not a text of at most 255 characters")
}

const flavorOf = (server: ServerRecord.ServerRecord): Flavors.Flavor | undefined => Flavors.find(server.flavorId)

const refuseMetal = ({ action, server }: Call): void => {
  const flavor = flavorOf(server)
  if (flavor !== undefined && Flavors.isMetal(flavor)) {
    if (action === "resize" || action === "migrate") {
      Refusal.fault(403, "resizeNotAllowed", "Resize is not allowed for this flavor.")
    }
    forbidden(`Policy doesn't allow compute:${action} to be performed.`)
  }
}

/** The names of actions in the server's history that differ from those in requests. */
const historyNames: Readonly<Record<string, string>> = {
  "os-start": "start",
  "os-stop": "stop"
}

/** Runs the action of a request, and adds it to the server's history. */
export const run = (region: Region, server: ServerRecord.ServerRecord, request: NovaRequest): WireResponse => {
  const { body = {}, now, requestId } = request
  const names = Object.keys(body)
  const [action] = names
  if (action === undefined || names.length !== 1) {
    return badRequest("Malformed request body")
  }
  const perform = Object.hasOwn(actions, action) ? actions[action] : undefined
  if (perform === undefined) {
    return badRequest(`There is no such action: ${action}`)
  }
  const response = perform({ region, request, server, action, argument: body[action] })
  server.actions.push({ action: historyNames[action] ?? action, requestId, startedAt: now })
  return response
}

const reboot: Action = (call) => {
  const type = Fields.isObject(call.argument) ? call.argument["type"] : undefined
  if (type === undefined) {
    return badRequest("Missing argument 'type' for reboot")
  }
  const kind = typeof type === "string" ? type.toUpperCase() : ""
  if (kind !== "SOFT" && kind !== "HARD") {
    return badRequest("Argument 'type' for reboot is not HARD or SOFT")
  }
  checkState(call, kind === "SOFT" ? ["ACTIVE"] : ["ACTIVE", "SHUTOFF", "ERROR"])
  return begin(call, {
    status: kind === "SOFT" ? "REBOOT" : "HARD_REBOOT",
    taskState: kind === "SOFT" ? "rebooting" : "rebooting_hard",
    end: recovered
  })
}

const changePassword: Action = (call) => {
  const password = objectOf(call)["adminPass"]
  if (typeof password !== "string" || password === "") {
    return badRequest("Invalid adminPass")
  }
  checkState(call, ["ACTIVE"])
  return begin(call, { status: "PASSWORD", taskState: "updating_password", end: becomes("ACTIVE") })
}

const resize: Action = (call) => {
  const { region, server } = call
  const options = objectOf(call)
  const reference = options["flavorRef"]
  if (typeof reference !== "string") {
    return badRequest("Resize requests require 'flavorRef' attribute.")
  }
  const flavor = Flavors.find(idOf(reference))
  if (flavor === undefined) {
    return badRequest("Unable to locate requested flavor.")
  }
  if (flavor.id === server.flavorId) {
    return badRequest("When resizing, instances must change flavor!")
  }
  const diskConfig = CreateRequest.readDiskConfig(options, region.images.find(server.imageId))
  refuseMetal(call)
  checkState(call, ["ACTIVE", "SHUTOFF"])
  server.diskConfig = diskConfig ?? server.diskConfig
  return resizeTo(call, flavor.id)
}

const migrate: Action = (call) => {
  objectOf(call)
  refuseMetal(call)
  checkState(call, ["ACTIVE", "SHUTOFF"])
  return resizeTo(call, call.server.flavorId)
}

const confirmResize: Action = (call) => {
  checkNull(call)
  checkState(call, ["VERIFY_RESIZE"])
  begin(call, { taskState: "resize_confirming", end: confirmed })
  // The documentation says 202, but the real service answers 204.
  return Reply.empty(204)
}

const revertResize: Action = (call) => {
  checkNull(call)
  checkState(call, ["VERIFY_RESIZE"])
  return begin(call, {
    status: "REVERT_RESIZE",
    taskState: "resize_reverting",
    end: (reverted) => {
      reverted.flavorId = reverted.previousFlavorId ?? reverted.flavorId
      confirmed(reverted)
    }
  })
}

const rescue: Action = (call) => {
  const options = Fields.isObject(call.argument) ? call.argument : {}
  const reference = options["rescue_image_ref"]
  const isKnown = typeof reference === "string" && call.region.images.find(idOf(reference)) !== undefined
  if (reference !== undefined && !isKnown) {
    return badRequest("Can not find requested image")
  }
  const adminPass = CreateRequest.readAdminPass(options)
  refuseMetal(call)
  checkState(call, ["ACTIVE", "SHUTOFF", "ERROR"])
  begin(call, { taskState: "rescuing", end: becomes("RESCUE") })
  return Reply.json(200, { adminPass })
}

/** An action without an argument that changes one of some states to another. */
const simple =
  (states: ReadonlyArray<string>, taskState: string, status: string): Action =>
  (call) => {
    checkNull(call)
    checkState(call, states)
    return begin(call, { taskState, end: becomes(status) })
  }

const openConsole: Action = (call) => {
  if (speaks(call.request, 6)) {
    return notFound("The resource could not be found.")
  }
  const type = objectOf(call)["type"]
  if (type !== "novnc" && type !== "xvpvnc") {
    return badRequest("Unknown console type")
  }
  checkState(call, ["ACTIVE", "RESCUE"])
  const url = `https://vnc.cloud.test/vnc_auto.html?token=${randomBytes(16).toString("hex")}`
  return Reply.json(200, { console: { type, url } })
}

const consoleOutput: Action = (call) => {
  const { argument, server } = call
  const length = Fields.isObject(argument) ? (argument["length"] ?? null) : null
  if (length !== null && !/^\d+$/.test(Fields.textOf(length))) {
    return badRequest("Invalid input for field/attribute length.")
  }
  checkState(call, ["ACTIVE", "SHUTOFF", "RESCUE", "VERIFY_RESIZE"], { evenBusy: true })
  const lines = ["Booting ...", `${server.name} login: `]
  return Reply.json(200, { output: lines.slice(length === null ? 0 : -Number(length) || lines.length).join("\n") })
}

const rebuild: Action = (call) => {
  const { region, request, server } = call
  const options = objectOf(call)
  const reference = options["imageRef"]
  if (typeof reference !== "string" || reference === "") {
    return badRequest("Could not parse imageRef from request.")
  }
  const image = region.images.find(idOf(reference))
  if (image === undefined) {
    return badRequest("Cannot find image for rebuild")
  }
  const flavor = flavorOf(server)
  if (flavor !== undefined && image.minRam > flavor.ram) {
    return badRequest("Flavor's memory is too small for requested image.")
  }
  const name = options["name"] === undefined ? server.name : CreateRequest.readName(options["name"])
  const metadata = options["metadata"] === undefined ? server.metadata : Metadata.read(options["metadata"])
  const diskConfig = CreateRequest.readDiskConfig(options, image)
  const accessIPv4 = CreateRequest.readAddress(options, "accessIPv4")
  const accessIPv6 = CreateRequest.readAddress(options, "accessIPv6")
  const adminPass = CreateRequest.readAdminPass(options)
  CreateRequest.readPersonality(options)
  const change = OpenStackFields.readRebuild(options, request, region.keyPairs.has)
  refuseMetal(call)
  checkState(call, ["ACTIVE", "SHUTOFF", "ERROR"])
  Object.assign(server, change)
  server.name = name
  server.metadata = metadata
  server.imageId = image.id
  server.diskConfig = diskConfig ?? server.diskConfig
  server.accessIPv4 = accessIPv4 ?? server.accessIPv4
  server.accessIPv6 = accessIPv6 ?? server.accessIPv6
  begin(call, { status: "REBUILD", taskState: "rebuilding", end: recovered })
  return Reply.json(
    202,
    {
      server: {
        ...ServerRecord.changedJson(server, request),
        adminPass,
        ...(speaks(request, 57) ? { user_data: server.userData } : {}),
        ...(speaks(request, 54) ? { key_name: server.keyName } : {})
      }
    },
    { Location: `${request.baseUrl}/servers/${server.id}` }
  )
}

const createImage: Action = (call) => {
  const { region, request, server } = call
  const { now } = request
  const options = objectOf(call)
  const name = options["name"]
  if (typeof name !== "string" || name === "") {
    return badRequest("createImage entity requires name attribute")
  }
  const metadata = options["metadata"] === undefined ? {} : Metadata.read(options["metadata"])
  refuseMetal(call)
  checkState(call, ["ACTIVE", "SHUTOFF"])
  const flavor = flavorOf(server)
  const source = region.images.find(server.imageId)
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
    savedAt: now + region.settings.actionTime
  }
  region.images.add(image)
  const { status } = server
  begin(call, { taskState: "image_snapshot", end: becomes(status) })
  if (speaks(request, 45)) {
    return Reply.json(202, { image_id: image.id })
  }
  // Only the header contains the id of the new image.
  return Reply.empty(202, { Location: `${request.baseUrl}/images/${image.id}` })
}

const actions: Readonly<Record<string, Action>> = {
  reboot,
  changePassword,
  rebuild,
  resize,
  migrate,
  confirmResize,
  revertResize,
  createImage,
  rescue,
  unrescue: simple(["RESCUE"], "unrescuing", "ACTIVE"),
  "os-start": simple(["SHUTOFF"], "powering_on", "ACTIVE"),
  "os-stop": simple(["ACTIVE", "ERROR"], "powering_off", "SHUTOFF"),
  lock: (call) => {
    call.server.locked = readLockedReason(call)
    return accepted()
  },
  unlock: (call) => {
    checkNull(call)
    call.server.locked = undefined
    return accepted()
  },
  resetNetwork: (call) => {
    checkNull(call)
    return call.request.microversion === undefined
      ? accepted()
      : Refusal.fault(410, "gone", "This resource is no longer available.")
  },
  "os-getVNCConsole": openConsole,
  "os-getConsoleOutput": consoleOutput
}
