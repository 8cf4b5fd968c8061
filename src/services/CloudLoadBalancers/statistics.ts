/** Connection statistics of a load balancer. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { struct } from "../../internal/schema/struct.js"
import { someCount } from "../../internal/schema/wire.js"
import type { ByLoadBalancerId } from "./references.js"
import { balancerPath } from "./requests.js"

/**
 * The number of connections, and of their errors since the balancer was created. The cloud updates them every five
 * minutes.
 *
 * Fields that end in `Ssl` count TLS connections, and are absent without SSL termination.
 */
export interface Statistics {
  readonly connectTimeouts?: number | undefined
  readonly connectErrors?: number | undefined
  readonly connectFailures?: number | undefined
  readonly dataTimeouts?: number | undefined
  readonly keepAliveTimeouts?: number | undefined
  readonly maxConnections?: number | undefined
  readonly currentConnections?: number | undefined
  readonly connectTimeoutsSsl?: number | undefined
  readonly connectErrorsSsl?: number | undefined
  readonly connectFailuresSsl?: number | undefined
  readonly dataTimeoutsSsl?: number | undefined
  readonly keepAliveTimeoutsSsl?: number | undefined
  readonly maxConnectionsSsl?: number | undefined
  readonly currentConnectionsSsl?: number | undefined
}

export const Statistics = struct<Statistics>(() => ({
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
}))

/** The operations on statistics. */
export const statisticsEndpoints = Endpoint.table("CloudLoadBalancers", {
  /**
   * The connection statistics of a balancer. Fails with `NotFound`, and with `ServiceUnavailable` if the cloud is too
   * busy. "Show load balancer statistics", `GET …/stats`.
   */
  getStatistics: Endpoint.define<ByLoadBalancerId>()("GET", `${balancerPath}/stats`, {
    success: Endpoint.json(Statistics),
    errors: ["NotFound"]
  })
})
