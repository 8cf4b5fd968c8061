/** The limits of the account: request rates and quotas. */
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { lazy } from "../../internal/schema/lazy.js"
import { struct } from "../../internal/schema/struct.js"
import { nullableOptional, listOf, openEnum, someCount, textOr, Timestamp } from "../../internal/schema/wire.js"

/** A time as ISO 8601, or as milliseconds since the epoch. */
const NextAvailable = lazy(() =>
  Schema.Union(
    Timestamp,
    Schema.transform(Schema.Number, Schema.DateTimeUtcFromSelf, {
      strict: true,
      decode: (millis) => DateTime.unsafeMake(millis),
      encode: (instant) => DateTime.toEpochMillis(instant)
    })
  )
)

/** The rate limit of one HTTP method. */
export interface MethodLimit {
  readonly method: string
  readonly value?: number | undefined
  readonly remaining?: number | undefined
  readonly unit?: "DAY" | "HOUR" | "MINUTE" | "SECOND" | (string & {}) | undefined
  readonly nextAvailable?: DateTime.Utc | undefined
}

export const MethodLimit = struct<MethodLimit>(() => ({
  method: textOr("").pipe(Schema.fromKey("verb")),
  value: someCount,
  remaining: someCount,
  unit: nullableOptional(openEnum("DAY", "HOUR", "MINUTE", "SECOND")),
  nextAvailable: nullableOptional(NextAvailable).pipe(Schema.fromKey("next-available"))
}))

/** The rate limits of one kind of request. */
export interface RateLimit {
  readonly uri?: string | undefined
  readonly regex?: string | undefined
  readonly limits: ReadonlyArray<MethodLimit>
}

export const RateLimit = struct<RateLimit>(() => ({
  uri: nullableOptional(Schema.String),
  regex: nullableOptional(Schema.String),
  limits: listOf(MethodLimit).pipe(Schema.fromKey("limit"))
}))

/** A quota of the account or of one balancer: `NODE_LIMIT`. */
export interface AbsoluteLimit {
  readonly name:
    | "ACCESS_LIST_LIMIT"
    | "BATCH_DELETE_LIMIT"
    | "CERTIFICATE_MAPPING_LIMIT"
    | "IPV6_LIMIT"
    | "LOADBALANCER_LIMIT"
    | "LOADBALANCER_META_LIMIT"
    | "NODE_LIMIT"
    | "NODE_META_LIMIT"
    | (string & {})
  /** Absent if the cloud does not return it. */
  readonly value?: number | undefined
}

export const AbsoluteLimit = struct<AbsoluteLimit>(() => ({
  name: openEnum(
    "ACCESS_LIST_LIMIT",
    "BATCH_DELETE_LIMIT",
    "CERTIFICATE_MAPPING_LIMIT",
    "IPV6_LIMIT",
    "LOADBALANCER_LIMIT",
    "LOADBALANCER_META_LIMIT",
    "NODE_LIMIT",
    "NODE_META_LIMIT"
  ),
  value: someCount
}))

/** The operations on limits. */
export const limitEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** The account's rate limits. `GET /limits`. */
  listRateLimits: Endpoint.make("GET", "/limits", {
    success: Endpoint.list("limits", RateLimit, (limits) => (limits as { readonly rate?: unknown }).rate)
  }),
  /** The account's quotas. `GET /loadbalancers/absolutelimits`. */
  listAbsoluteLimits: Endpoint.make("GET", "/loadbalancers/absolutelimits", {
    success: Endpoint.list("absolute", AbsoluteLimit)
  })
})
