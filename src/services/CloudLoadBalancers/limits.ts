/**
 * Limits: how many requests the account may make, and how much it may have.
 */
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { absent, listOf, open, someCount, textOr, Timestamp } from "../../internal/schema/wire.js"

/** A time as ISO 8601, or as milliseconds since the epoch. */
const NextAvailable = Schema.Union(
  Timestamp,
  Schema.transform(Schema.Number, Schema.DateTimeUtcFromSelf, {
    strict: true,
    decode: (millis) => DateTime.unsafeMake(millis),
    encode: (instant) => DateTime.toEpochMillis(instant)
  })
)

/**
 * How many requests of one kind the account may make.
 *
 * @since 0.1.0
 * @category models
 */
export const RateLimit = Schema.Struct({
  uri: absent(Schema.String),
  regex: absent(Schema.String),
  limits: listOf(
    Schema.Struct({
      method: textOr("").pipe(Schema.fromKey("verb")),
      value: someCount,
      remaining: someCount,
      unit: absent(open("DAY", "HOUR", "MINUTE", "SECOND")),
      nextAvailable: absent(NextAvailable).pipe(Schema.fromKey("next-available"))
    })
  ).pipe(Schema.fromKey("limit"))
})

/**
 * How many requests of one kind the account may make.
 *
 * @since 0.1.0
 * @category models
 */
export interface RateLimit extends Schema.Schema.Type<typeof RateLimit> {}

/**
 * How much of something the account, or one balancer, may have: `NODE_LIMIT`.
 *
 * @since 0.1.0
 * @category models
 */
export const AbsoluteLimit = Schema.Struct({
  name: open(
    "ACCESS_LIST_LIMIT",
    "BATCH_DELETE_LIMIT",
    "CERTIFICATE_MAPPING_LIMIT",
    "IPV6_LIMIT",
    "LOADBALANCER_LIMIT",
    "LOADBALANCER_META_LIMIT",
    "NODE_LIMIT",
    "NODE_META_LIMIT"
  ),
  /** Absent where the cloud does not return it. */
  value: someCount
})

/**
 * How much of something the account, or one balancer, may have.
 *
 * @since 0.1.0
 * @category models
 */
export interface AbsoluteLimit extends Schema.Schema.Type<typeof AbsoluteLimit> {}

/** The operations on limits. */
export const limitEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** How many requests the account may make. `GET /limits`. */
  listRateLimits: Endpoint.make("GET", "/limits", {
    success: Endpoint.list("limits", RateLimit, (limits) => (limits as { readonly rate?: unknown }).rate)
  }),
  /** How much the account may have. `GET /loadbalancers/absolutelimits`. */
  listAbsoluteLimits: Endpoint.make("GET", "/loadbalancers/absolutelimits", {
    success: Endpoint.list("absolute", AbsoluteLimit)
  })
})
