/**
 * Limits: how much the account may have, and has left.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { enveloped, someCount } from "../../internal/schema/wire.js"

const Quota = Schema.Struct({ limit: someCount, remaining: someCount })

/**
 * How much of something the account may have, and has left, over all of its clusters' data nodes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Quota extends Schema.Schema.Type<typeof Quota> {}

const someQuota = Schema.optionalWith(Quota, { nullable: true, default: () => ({}) })

const AbsoluteLimits = Schema.Struct({
  nodes: someQuota.pipe(Schema.fromKey("node_count")),
  vcpus: someQuota,
  ramMegabytes: someQuota.pipe(Schema.fromKey("ram")),
  diskGigabytes: someQuota.pipe(Schema.fromKey("disk"))
})

/**
 * What the account may have.
 *
 * @since 0.1.0
 * @category models
 */
export const Limits = enveloped("absolute", AbsoluteLimits)

/**
 * What the account may have.
 *
 * @since 0.1.0
 * @category models
 */
export interface Limits extends Schema.Schema.Type<typeof AbsoluteLimits> {}

/** The operations on limits. */
export const limitEndpoints = Endpoint.table("CloudBigData", {
  /** How much the account may have, and has left. "Show resource limits", `GET /limits`. */
  getLimits: Endpoint.make("GET", "/limits", {
    success: Endpoint.json(enveloped("limits", Limits))
  })
})
