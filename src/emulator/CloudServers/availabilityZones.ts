/** The availability zones (`os-availability-zone`, Nova's API reference). */
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Timestamp from "../Timestamp.js"
import * as Placement from "./placement.js"
import type { NovaRequest } from "./requests.js"
import { demandAdministrator, demandMicroversion, within } from "./requests.js"

/** The services of one host in the detailed listing. */
const services = (name: string, now: number) => ({
  [name]: { active: true, available: true, updated_at: Timestamp.microsecondsWithoutZone(now) }
})

const listDetails = (zones: ReadonlyArray<string>, request: NovaRequest): WireResponse => {
  demandAdministrator(request, "os_compute_api:os-availability-zone:detail")
  const { now } = request
  const zoneState = { available: true }
  const controller = { ...services("nova-conductor", now), ...services("nova-scheduler", now) }
  return Reply.json(200, {
    availabilityZoneInfo: [
      { zoneName: "internal", zoneState, hosts: { controller } },
      ...zones.map((zoneName, index) => ({
        zoneName,
        zoneState,
        hosts: { [Placement.nameOf(index)]: services("nova-compute", now) }
      }))
    ]
  })
}

export const routes = (zones: ReadonlyArray<string>) =>
  within("/os-availability-zone", (request) => demandMicroversion(request, 1))({
    "GET /os-availability-zone": () =>
      Reply.json(200, {
        availabilityZoneInfo: zones.map((zoneName) => ({ zoneName, zoneState: { available: true }, hosts: null }))
      }),
    "GET /os-availability-zone/detail": (_, request) => listDetails(zones, request)
  })
