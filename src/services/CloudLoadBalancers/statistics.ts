/**
 * Statistics: what went wrong with a load balancer's connections, and how many there are.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { someCount } from "../../internal/schema/wire.js"
import { balancerParameters, balancerPath } from "./requests.js"

/**
 * What went wrong with connections since the balancer began, and how many there are. The cloud counts every five minutes.
 *
 * What ends in `Ssl` is of TLS connections, and absent without SSL termination.
 *
 * @since 0.1.0
 * @category models
 */
export const Statistics = Schema.Struct({
  connectTimeouts: someCount.pipe(Schema.fromKey("connectTimeOut")),
  connectErrors: someCount.pipe(Schema.fromKey("connectError")),
  connectFailures: someCount.pipe(Schema.fromKey("connectFailure")),
  dataTimeouts: someCount.pipe(Schema.fromKey("dataTimedOut")),
  keepAliveTimeouts: someCount.pipe(Schema.fromKey("keepAliveTimedOut")),
  maxConnections: someCount.pipe(Schema.fromKey("maxConn")),
  currentConnections: someCount.pipe(Schema.fromKey("currentConn")),
  connectTimeoutsSsl: someCount.pipe(Schema.fromKey("connectTimeOutSsl")),
  connectErrorsSsl: someCount.pipe(Schema.fromKey("connectErrorSsl")),
  connectFailuresSsl: someCount.pipe(Schema.fromKey("connectFailureSsl")),
  dataTimeoutsSsl: someCount.pipe(Schema.fromKey("dataTimedOutSsl")),
  keepAliveTimeoutsSsl: someCount.pipe(Schema.fromKey("keepAliveTimedOutSsl")),
  maxConnectionsSsl: someCount.pipe(Schema.fromKey("maxConnSsl")),
  currentConnectionsSsl: someCount.pipe(Schema.fromKey("currentConnSsl"))
})

/**
 * What went wrong with connections since the balancer began, and how many there are.
 *
 * @since 0.1.0
 * @category models
 */
export interface Statistics extends Schema.Schema.Type<typeof Statistics> {}

/** The operations on statistics. */
export const statisticsEndpoints = Endpoint.table("CloudLoadBalancers", {
  /**
   * The counts of its connections and of their failures. Fails with `NotFound`, with `ServiceUnavailable` where the cloud is too busy. "Show load
   * balancer statistics", `GET …/stats`.
   */
  getStatistics: Endpoint.make("GET", `${balancerPath}/stats`, {
    parameters: balancerParameters,
    success: Endpoint.json(Statistics),
    errors: ["NotFound"]
  })
})
