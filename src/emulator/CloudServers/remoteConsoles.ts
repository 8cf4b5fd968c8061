/** `/servers/{id}/remote-consoles` ("Server consoles"), since microversion 2.6. The URLs do not work. */
import { randomBytes } from "node:crypto"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Fields from "../Fields.js"
import type { NovaRequest } from "./requests.js"
import { badRequest, conflict, demandMicroversion, invalid, refuseOthers, speaks, within } from "./requests.js"
import type { ServerRecord } from "./serverRecord.js"
import type { Region } from "./region.js"

/** The protocol of each type, and the microversion that introduced it. */
const types: Readonly<Record<string, { readonly protocol: string; readonly since: number }>> = {
  novnc: { protocol: "vnc", since: 6 },
  xvpvnc: { protocol: "vnc", since: 6 },
  "spice-html5": { protocol: "spice", since: 6 },
  "rdp-html5": { protocol: "rdp", since: 6 },
  serial: { protocol: "serial", since: 6 },
  webmks: { protocol: "mks", since: 8 },
  "spice-direct": { protocol: "spice", since: 99 }
}

const open = (server: ServerRecord, request: NovaRequest): WireResponse => {
  const sent = request.body?.["remote_console"]
  if (!Fields.isObject(sent)) {
    return invalid("remote_console", "It is required")
  }
  refuseOthers("remote_console", sent, ["protocol", "type"])
  const { protocol, type } = sent
  const known = typeof type === "string" && Object.hasOwn(types, type) ? types[type] : undefined
  if (known === undefined || !speaks(request, known.since)) {
    return invalid("type", `${Fields.textOf(type)} is not a type of console`)
  }
  if (protocol !== known.protocol) {
    return badRequest(`Invalid console type ${Fields.textOf(type)}`)
  }
  if (server.status !== "ACTIVE" && server.status !== "RESCUE") {
    return conflict(`Instance ${server.id} is not ready`)
  }
  const url = `https://console.cloud.test/${String(type)}?token=${randomBytes(16).toString("hex")}`
  return Reply.json(200, { remote_console: { protocol, type, url } })
}

export const routes = (region: Region) =>
  within("/servers/{id}/remote-consoles", (request, { id }) => {
    const server = region.find(id, request.now)
    demandMicroversion(request, 6)
    return server
  })({ "POST /servers/{id}/remote-consoles": open })
