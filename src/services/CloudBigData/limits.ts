/** The quotas of the account. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { struct } from "../../internal/schema/struct.js"
import { enveloped, someCount } from "../../internal/schema/wire.js"

/** A quota and what is left of it, for the data nodes of all clusters together. */
export interface Quota {
  readonly limit?: number | undefined
  readonly remaining?: number | undefined
}

const Quota = struct<Quota>(() => ({ limit: someCount, remaining: someCount }))

const someQuota = () => Schema.optionalWith(Quota, { nullable: true, default: () => ({}) })

/** The quotas of the account. */
export interface Limits {
  readonly nodes: Quota
  readonly vcpus: Quota
  readonly ramMegabytes: Quota
  readonly diskGigabytes: Quota
}

const AbsoluteLimits = struct<Limits>(() => ({
  nodes: someQuota().pipe(Schema.fromKey("node_count")),
  vcpus: someQuota(),
  ramMegabytes: someQuota().pipe(Schema.fromKey("ram")),
  diskGigabytes: someQuota().pipe(Schema.fromKey("disk"))
}))

export const Limits = enveloped("absolute", AbsoluteLimits)

/** The operations on limits. */
export const limitEndpoints = Endpoint.table("CloudBigData", {
  /** The quotas of the account, and what is left of them. "Show resource limits", `GET /limits`. */
  getLimits: Endpoint.make("GET", "/limits", { success: Endpoint.json(enveloped("limits", Limits)) })
})
