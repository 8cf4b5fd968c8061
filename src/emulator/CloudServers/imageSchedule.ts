/**
 * `/servers/{id}/rax-si-image-schedule` (servers.md section 2.5): images that the cloud takes by itself, daily or
 * weekly. A schedule that is off is 404.
 */
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Fields from "../Fields.js"
import * as NovaRequest from "./novaRequest.js"
import type * as ServerRecord from "./serverRecord.js"

const weekdays = new Set(["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"])

/** Serves the sub-resource of one server. */
export const serve = (server: ServerRecord.ServerRecord, request: NovaRequest.NovaRequest): WireResponse => {
  switch (request.method) {
    case "GET":
      return server.imageSchedule === undefined
        ? NovaRequest.notFound(`Image schedule not found for server ${server.id}`)
        : Reply.json(200, { image_schedule: server.imageSchedule })
    case "POST": {
      const sent = request.body?.["image_schedule"]
      const retention = Fields.isObject(sent) ? Number(sent["retention"]) : NaN
      const day = Fields.isObject(sent) ? sent["day_of_week"] : undefined
      if (!Number.isInteger(retention) || retention < 1 || retention > 65_535) {
        return NovaRequest.badRequest("Retention value must be an integer between 1 and 65535")
      }
      if (day !== undefined && (typeof day !== "string" || !weekdays.has(day.toUpperCase()))) {
        return NovaRequest.badRequest("Invalid day_of_week")
      }
      server.imageSchedule = {
        retention,
        ...(typeof day === "string" ? { day_of_week: day.toUpperCase() } : {})
      }
      return Reply.json(200, { image_schedule: server.imageSchedule })
    }
    case "DELETE":
      if (server.imageSchedule === undefined) {
        return NovaRequest.notFound(`Image schedule not found for server ${server.id}`)
      }
      server.imageSchedule = undefined
      return Reply.empty(202)
    default:
      return NovaRequest.badMethod()
  }
}
