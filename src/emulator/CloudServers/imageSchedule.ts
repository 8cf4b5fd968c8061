/** `/servers/{id}/rax-si-image-schedule`: automatic images, daily or weekly. 404 if there is no schedule. */
import * as Reply from "../Reply.js"
import * as Fields from "../Fields.js"
import { badRequest, notFound, within } from "./requests.js"
import type { ServerRecord } from "./serverRecord.js"
import type { Region } from "./region.js"
import { findRackspaceServer } from "./region.js"

const weekdays = new Set(["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"])

const scheduleOf = ({ id, imageSchedule }: ServerRecord) =>
  imageSchedule ?? notFound(`Image schedule not found for server ${id}`)

const read = (sent: unknown): NonNullable<ServerRecord["imageSchedule"]> => {
  const retention = Fields.isObject(sent) ? Number(sent["retention"]) : NaN
  const day = Fields.isObject(sent) ? sent["day_of_week"] : undefined
  if (!Number.isInteger(retention) || retention < 1 || retention > 65_535) {
    return badRequest("Retention value must be an integer between 1 and 65535")
  }
  if (day !== undefined && (typeof day !== "string" || !weekdays.has(day.toUpperCase()))) {
    return badRequest("Invalid day_of_week")
  }
  return { retention, ...(typeof day === "string" ? { day_of_week: day.toUpperCase() } : {}) }
}

export const routes = (region: Region) =>
  within("/servers/{id}/rax-si-image-schedule", (request, { id }) => findRackspaceServer(region, id, request))({
    "GET /servers/{id}/rax-si-image-schedule": (server) => Reply.json(200, { image_schedule: scheduleOf(server) }),
    "POST /servers/{id}/rax-si-image-schedule": (server, { body }) => {
      server.imageSchedule = read(body?.["image_schedule"])
      return Reply.json(200, { image_schedule: server.imageSchedule })
    },
    "DELETE /servers/{id}/rax-si-image-schedule": (server) => {
      scheduleOf(server)
      server.imageSchedule = undefined
      return Reply.empty(202)
    }
  })
