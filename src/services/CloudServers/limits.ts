/**
 * Limits and quotas: models and operations.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { absent, enveloped, listOf, Named, open, someCount, Text, TimestampIfAny } from "../../internal/schema/wire.js"
import { isRecord, Numbers } from "./fields.js"

/**
 * How often a kind of request may be made.
 *
 * @since 0.1.0
 * @category models
 */
export const RateLimit = Schema.Struct({
  uri: absent(Text),
  regex: absent(Text),
  limits: listOf(
    Schema.Struct({
      /** The HTTP method. */
      verb: absent(Text),
      value: someCount,
      remaining: someCount,
      unit: absent(open("SECOND", "MINUTE", "HOUR", "DAY")),
      nextAvailable: TimestampIfAny.pipe(Schema.fromKey("next-available"))
    })
  ).pipe(Schema.fromKey("limit"))
})

/**
 * What the account may do and have.
 *
 * @since 0.1.0
 * @category models
 */
export const Limits = Schema.Struct({
  /** Empty where the cloud has no rate limits, or does not return them. */
  rate: listOf(RateLimit),
  /** `maxTotalRAMSize` (megabytes), `maxTotalInstances`, `totalInstancesUsed`, …; -1 for none. */
  absolute: Schema.optionalWith(Numbers, { default: () => ({}) })
})

/**
 * What the account may do and have.
 *
 * @since 0.1.0
 * @category models
 */
export interface Limits extends Schema.Schema.Type<typeof Limits> {}

/** Each limit by its name; the tenant's id, which stands among them, is left out. */
const Quotas = Schema.transform(Schema.Unknown, Schema.Record({ key: Schema.String, value: Schema.Unknown }), {
  strict: true,
  decode: (wire) => {
    const { id: _, ...quotas } = isRecord(wire) ? wire : {}
    return quotas
  },
  encode: (quotas): unknown => quotas
}).pipe(Schema.compose(Numbers))

/**
 * The operations on limits and quotas, as data.
 *
 * @since 0.1.0
 * @category operations
 */
export const limitEndpoints = Endpoint.table("CloudServers", {
  /** Rate limits and absolute limits of the account. "Show limits", `GET /limits`. */
  getLimits: Endpoint.make("GET", "/limits", {
    success: Endpoint.json(enveloped("limits", Limits))
  }),
  /**
   * What a tenant may have, by the names of the limits; -1 for no limit. Fails with `NotFound`. "Show quotas", `GET /os-
   * quota-sets/{tenant_id}`.
   */
  getQuotas: Endpoint.make("GET", "/os-quota-sets/{tenantId}", {
    parameters: { tenantId: Named },
    success: Endpoint.json(enveloped("quota_set", Quotas)),
    errors: ["NotFound"]
  })
})
