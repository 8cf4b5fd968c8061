/**
 * `/servers/{id}/remote-consoles` (Nova's API reference, "Server consoles"), since microversion 2.6. No console listens at the
 * URLs.
 */
import { randomBytes } from "node:crypto"
import type { WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Reply from "../Reply.js"
import * as Fields from "../Fields.js"
import * as NovaRequest from "./novaRequest.js"
import * as ServerRecord from "./serverRecord.js"

/** The types of each protocol, and the microversion since which there are such. */
const types: Readonly<Record<string, { readonly protocol: string; readonly since: number }>> = {
  novnc: { protocol: "vnc", since: 6 },
  xvpvnc: { protocol: "vnc", since: 6 },
  "spice-html5": { protocol: "spice", since: 6 },
  "rdp-html5": { protocol: "rdp", since: 6 },
  serial: { protocol: "serial", since: 6 },
  webmks: { protocol: "mks", since: 8 },
  "spice-direct": { protocol: "spice", since: 99 }
}

/** Opens a console. */
export const serve = (
  server: ServerRecord.ServerRecord,
  item: string | undefined,
  request: NovaRequest.NovaRequest
): WireResponse => {
  NovaRequest.demandMicroversion(request, 6)
  if (item !== undefined) {
    return NovaRequest.noRoute()
  }
  if (request.method !== "POST") {
    return NovaRequest.badMethod()
  }
  const sent = request.body?.["remote_console"]
  if (!Fields.isObject(sent)) {
    return NovaRequest.invalid("remote_console", "It is required")
  }
  NovaRequest.refuseOthers("remote_console", sent, ["protocol", "type"])
  const { protocol, type } = sent
  const known = typeof type === "string" && Object.hasOwn(types, type) ? types[type] : undefined
  if (known === undefined || !NovaRequest.speaks(request, known.since)) {
    return NovaRequest.invalid("type", `${Fields.textOf(type)} is not a type of console`)
  }
  if (protocol !== known.protocol) {
    return NovaRequest.badRequest(`Invalid console type ${Fields.textOf(type)}`)
  }
  if (server.status !== "ACTIVE" && server.status !== "RESCUE") {
    return Refusal.fault(409, "conflictingRequest", `Instance ${server.id} is not ready`)
  }
  const url = `https://console.cloud.test/${String(type)}?token=${randomBytes(16).toString("hex")}`
  return Reply.json(200, { remote_console: { protocol, type, url } })
}
