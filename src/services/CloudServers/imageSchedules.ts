/** Schedules of automatic server images: models and operations. Rackspace only. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { CommonError, NotFound } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { lazyStruct, struct } from "../../internal/schema/struct.js"
import { nullableOptional, Count, enveloped, openEnum } from "../../internal/schema/wire.js"
import { type Context, methods } from "./context.js"
import type { ByServerId } from "./references.js"

const DayOfWeek = openEnum("SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY")

/** When the cloud saves a server to an image: daily, or on one day of the week. */
export interface ImageSchedule {
  /** How many images are kept, 1 to 65,535. The oldest is deleted when a new one is created. */
  readonly retention: number
  /** Weekly on this day; daily if undefined. */
  readonly dayOfWeek?: typeof DayOfWeek.Type | undefined
}

export const ImageSchedule = struct<ImageSchedule>(() => ({
  retention: Count,
  dayOfWeek: nullableOptional(DayOfWeek).pipe(Schema.fromKey("day_of_week"))
}))

/** A schedule to set for a server. */
export interface SetImageSchedule extends ByServerId, ImageSchedule {}

const NewSchedule = lazyStruct(() => ({
  retention: Schema.Int.pipe(Schema.between(1, 65_535, { description: "a whole number of images, 1 to 65,535" })),
  dayOfWeek: Schema.optional(DayOfWeek).pipe(Schema.fromKey("day_of_week"))
}))

/** The operations on the image schedules of servers, as data. */
export const imageScheduleEndpoints = Endpoint.table("CloudServers", {
  /**
   * The schedule of a server's automatic images; None if there is none. Rackspace only. Fails with `NotFound` if the
   * server does not exist. "Show scheduled images", `GET /servers/{server_id}/rax-si-image-schedule`.
   */
  getImageSchedule: Endpoint.define<ByServerId>()("GET", "/servers/{serverId}/rax-si-image-schedule", {
    success: Endpoint.json(enveloped("image_schedule", Schema.OptionFromUndefinedOr(ImageSchedule))),
    errors: ["NotFound"]
  }),
  /**
   * Sets the schedule of a server's automatic images, daily or weekly, and replaces an existing one. Rackspace only.
   * Fails with `NotFound`. "Create or update scheduled images", `POST /servers/{server_id}/rax-si-image-schedule`.
   */
  setImageSchedule: Endpoint.define<SetImageSchedule>()("POST", "/servers/{serverId}/rax-si-image-schedule", {
    body: enveloped("image_schedule", NewSchedule),
    success: Endpoint.json(enveloped("image_schedule", ImageSchedule)),
    errors: ["NotFound", "Conflict"],
    idempotent: true
  }),
  /**
   * Deletes the schedule of a server's automatic images; the images stay. Rackspace only. Fails with `NotFound` if
   * there is no schedule. "Disable scheduled images", `DELETE /servers/{server_id}/rax-si-image-schedule`.
   */
  deleteImageSchedule: Endpoint.define<ByServerId>()("DELETE", "/servers/{serverId}/rax-si-image-schedule", {
    errors: ["NotFound", "Conflict"]
  })
})

/** The methods for image schedules. */
export const makeImageSchedules = (
  context: Context,
  getServer: (server: ByServerId) => Effect.Effect<unknown, CommonError | NotFound>
) => {
  const operations = methods(context, imageScheduleEndpoints)
  return {
    ...operations,
    getImageSchedule: (server: ByServerId): Effect.Effect<Option.Option<ImageSchedule>, CommonError | NotFound> =>
      operations.getImageSchedule(server).pipe(
        // The cloud returns the same for a server that does not exist.
        Effect.catchTag("NotFound", (error) =>
          getServer(server).pipe(
            Effect.as(Option.none()),
            Effect.catchTag("NotFound", () => error)
          )
        )
      )
  }
}
