/** The zones that servers can be made in (`os-availability-zone`), as Nova's API reference has them. */
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Timestamp from "../Timestamp.js"
import * as NovaRequest from "./novaRequest.js"
import * as Placement from "./placement.js"

/** The services of one host, as the detailed listing tells them. */
const services = (name: string, now: number) => ({
  [name]: { active: true, available: true, updated_at: Timestamp.microsecondsWithoutZone(now) }
})

/** Serves `/os-availability-zone` and `/os-availability-zone/detail`. */
export const serve = (
  zones: ReadonlyArray<string>,
  path: ReadonlyArray<string>,
  request: NovaRequest.NovaRequest
): WireResponse => {
  const [sub, ...more] = path
  if (more.length > 0 || (sub !== undefined && sub !== "detail")) {
    return NovaRequest.noRoute()
  }
  if (request.method !== "GET") {
    return NovaRequest.badMethod()
  }
  if (sub === undefined) {
    const availabilityZoneInfo = zones.map((zoneName) => ({ zoneName, zoneState: { available: true }, hosts: null }))
    return Reply.json(200, { availabilityZoneInfo })
  }
  NovaRequest.demandAdministrator(request, "os_compute_api:os-availability-zone:detail")
  return Reply.json(200, {
    availabilityZoneInfo: [
      {
        zoneName: "internal",
        zoneState: { available: true },
        hosts: {
          controller: { ...services("nova-conductor", request.now), ...services("nova-scheduler", request.now) }
        }
      },
      ...zones.map((zoneName, index) => ({
        zoneName,
        zoneState: { available: true },
        hosts: { [Placement.nameOf(index)]: services("nova-compute", request.now) }
      }))
    ]
  })
}
