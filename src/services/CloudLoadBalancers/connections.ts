/** Settings of a load balancer's connections: logging, throttling, and content caching. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { lazyStruct, struct } from "../../internal/schema/struct.js"
import { enveloped, someCount } from "../../internal/schema/wire.js"
import { operationsOf, orNone, type ServiceContext } from "./context.js"
import type { ByLoadBalancerId } from "./references.js"
import { atLeastOne, balancerPath, changeErrors, wholeNumber } from "./requests.js"
import { Enabled, ifSet, one } from "./responses.js"

/** The limits of connections per client. */
export interface ConnectionThrottle {
  /** The maximum number of connections per client; 0 for no limit. The only field that still has an effect. */
  readonly maxConnections?: number | undefined
  /** Deprecated by the API. */
  readonly minConnections?: number | undefined
  /** Deprecated by the API. */
  readonly maxConnectionRate?: number | undefined
  /** In seconds. Deprecated by the API. */
  readonly rateInterval?: number | undefined
}

export const ConnectionThrottle = struct<ConnectionThrottle>(() => ({
  maxConnections: someCount,
  minConnections: someCount,
  maxConnectionRate: someCount,
  rateInterval: someCount
}))

/** Limits of connections per client to set. */
export interface NewConnectionThrottle {
  /** The maximum number of connections per client, 1 to 100,000; 0 for no limit. */
  readonly maxConnections?: number | undefined
  /** Deprecated by the API, and without effect. */
  readonly minConnections?: number | undefined
  /** Deprecated by the API, and without effect. */
  readonly maxConnectionRate?: number | undefined
  /** In seconds. Deprecated by the API, and without effect. */
  readonly rateInterval?: number | undefined
}

export const throttleFields = struct<NewConnectionThrottle>(() => ({
  maxConnections: Schema.optional(wholeNumber(0, 100_000, "connections")),
  minConnections: Schema.optional(wholeNumber(0, 1000, "connections")),
  maxConnectionRate: Schema.optional(wholeNumber(0, 100_000, "connections")),
  rateInterval: Schema.optional(wholeNumber(1, 3600, "seconds"))
}))

/** Whether a balancer logs its connections. */
export interface SetConnectionLogging extends ByLoadBalancerId {
  /** Whether connections are logged. */
  readonly enabled: boolean
}

/** A balancer, and the maximum number of connections per client. */
export interface SetConnectionThrottle extends ByLoadBalancerId, NewConnectionThrottle {}

/** Whether a balancer caches content. */
export interface SetContentCaching extends ByLoadBalancerId {
  /** Whether content is cached. */
  readonly enabled: boolean
}

/** The operations on connection logging, connection throttles and content caching. */
export const connectionEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** Whether connections are logged. Fails with `NotFound`. `GET …/connectionlogging`. */
  getConnectionLogging: Endpoint.define<ByLoadBalancerId>()("GET", `${balancerPath}/connectionlogging`, {
    success: one("connectionLogging", Enabled),
    errors: ["NotFound"]
  }),
  /** Enables or disables the connection log, which is stored in Cloud Files every hour. `PUT …/connectionlogging`. */
  setConnectionLogging: Endpoint.define<SetConnectionLogging>()("PUT", `${balancerPath}/connectionlogging`, {
    body: enveloped(
      "connectionLogging",
      lazyStruct(() => ({ enabled: Schema.Boolean }))
    ),
    errors: changeErrors
  }),
  /** The limits of connections, or None if there are none. Fails with `NotFound`. `GET …/connectionthrottle`. */
  getConnectionThrottle: Endpoint.define<ByLoadBalancerId>()("GET", `${balancerPath}/connectionthrottle`, {
    success: Endpoint.json(ifSet("connectionThrottle", ConnectionThrottle)),
    errors: ["NotFound"]
  }),
  /**
   * Limits the connections per client. Some clouds require all fields at first, and fail with `BadRequest`: then the
   * deprecated ones must be given too. `PUT …/connectionthrottle`.
   */
  setConnectionThrottle: Endpoint.define<SetConnectionThrottle>()("PUT", `${balancerPath}/connectionthrottle`, {
    body: enveloped(
      "connectionThrottle",
      atLeastOne(throttleFields, ["maxConnections", "minConnections", "maxConnectionRate", "rateInterval"])
    ),
    errors: changeErrors
  }),
  /** Removes the limits. `DELETE …/connectionthrottle`. */
  deleteConnectionThrottle: Endpoint.define<ByLoadBalancerId>()("DELETE", `${balancerPath}/connectionthrottle`, {
    errors: changeErrors
  }),
  /** Whether content is cached. Fails with `NotFound`. `GET …/contentcaching`. */
  getContentCaching: Endpoint.define<ByLoadBalancerId>()("GET", `${balancerPath}/contentcaching`, {
    success: one("contentCaching", Enabled),
    errors: ["NotFound"]
  }),
  /**
   * Enables or disables content caching. Fails with `BadRequest` unless the protocol is HTTP. `PUT …/contentcaching`.
   */
  setContentCaching: Endpoint.define<SetContentCaching>()("PUT", `${balancerPath}/contentcaching`, {
    body: enveloped(
      "contentCaching",
      lazyStruct(() => ({ enabled: Schema.Boolean }))
    ),
    errors: changeErrors
  })
})

/** The operations on connection logging, connection throttles and content caching. */
export const makeConnections = (context: ServiceContext) => {
  const operations = operationsOf(context, connectionEndpoints)
  return { ...operations, getConnectionThrottle: orNone(context, operations.getConnectionThrottle) }
}
