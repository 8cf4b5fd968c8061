/** Limits and quotas: models and operations. */
import type * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { lazy } from "../../internal/schema/lazy.js"
import { struct } from "../../internal/schema/struct.js"
import {
  nullableOptional,
  enveloped,
  listOf,
  openEnum,
  someCount,
  Text,
  TimestampIfAny
} from "../../internal/schema/wire.js"
import { isRecord, Numbers } from "./fields.js"
import type { ByTenantId } from "./references.js"

/** A rate limit of one HTTP method. */
export interface VerbLimit {
  /** The HTTP method. */
  readonly verb?: string | undefined
  readonly value?: number | undefined
  readonly remaining?: number | undefined
  readonly unit?: "SECOND" | "MINUTE" | "HOUR" | "DAY" | (string & {}) | undefined
  readonly nextAvailable?: DateTime.Utc | undefined
}

export const VerbLimit = struct<VerbLimit>(() => ({
  verb: nullableOptional(Text),
  value: someCount,
  remaining: someCount,
  unit: nullableOptional(openEnum("SECOND", "MINUTE", "HOUR", "DAY")),
  nextAvailable: TimestampIfAny.pipe(Schema.fromKey("next-available"))
}))

/** The rate limits of one kind of request. */
export interface RateLimit {
  readonly uri?: string | undefined
  readonly regex?: string | undefined
  readonly limits: ReadonlyArray<VerbLimit>
}

export const RateLimit = struct<RateLimit>(() => ({
  uri: nullableOptional(Text),
  regex: nullableOptional(Text),
  limits: listOf(VerbLimit).pipe(Schema.fromKey("limit"))
}))

/** The limits of the account. */
export interface Limits {
  /** Empty if the cloud has no rate limits or does not return them. */
  readonly rate: ReadonlyArray<RateLimit>
  /** `maxTotalRAMSize` (megabytes), `maxTotalInstances`, `totalInstancesUsed`, …; -1 for none. */
  readonly absolute: Readonly<Record<string, number>>
}

export const Limits = struct<Limits>(() => ({
  rate: listOf(RateLimit),
  absolute: Schema.optionalWith(Numbers, { default: () => ({}) })
}))

/** Each limit by name, without the tenant's id. */
const Quotas = lazy(() =>
  Schema.transform(Schema.Unknown, Schema.Record({ key: Schema.String, value: Schema.Unknown }), {
    strict: true,
    decode: (wire) => {
      const { id: _, ...quotas } = isRecord(wire) ? wire : {}
      return quotas
    },
    encode: (quotas): unknown => quotas
  }).pipe(Schema.compose(Numbers))
)

/** The operations on limits and quotas, as data. */
export const limitEndpoints = Endpoint.table("CloudServers", {
  /** Rate limits and absolute limits of the account. "Show limits", `GET /limits`. */
  getLimits: Endpoint.make("GET", "/limits", { success: Endpoint.json(enveloped("limits", Limits)) }),
  /**
   * The quotas of a tenant by name; -1 for no limit. Fails with `NotFound`. "Show quotas", `GET
   * /os-quota-sets/{tenant_id}`.
   */
  getQuotas: Endpoint.define<ByTenantId>()("GET", "/os-quota-sets/{tenantId}", {
    success: Endpoint.json(enveloped("quota_set", Quotas)),
    errors: ["NotFound"]
  })
})
