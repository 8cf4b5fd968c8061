/**
 * Settings of a load balancer's connections: their log, their throttle, and the cache of HTTP content.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { enveloped, someCount } from "../../internal/schema/wire.js"
import { operationsOf, orNone, type ServiceContext } from "./context.js"
import { atLeastOne, balancerParameters, balancerPath, changeErrors, wholeNumber } from "./requests.js"
import { Enabled, ifSet, one } from "./responses.js"

/**
 * How many connections one client may have.
 *
 * @since 0.1.0
 * @category models
 */
export const ConnectionThrottle = Schema.Struct({
  /** 0 for any number. The only one that still has an effect. */
  maxConnections: someCount,
  /** Deprecated by the API. */
  minConnections: someCount,
  /** Deprecated by the API. */
  maxConnectionRate: someCount,
  /** In seconds. Deprecated by the API. */
  rateInterval: someCount
})

/**
 * How many connections one client may have.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConnectionThrottle extends Schema.Schema.Type<typeof ConnectionThrottle> {}

export const throttleFields = Schema.Struct({
  /** How many connections one client may have, 1 to 100,000; 0 for any number. */
  maxConnections: Schema.optional(wholeNumber(0, 100_000, "connections")),
  /** Deprecated by the API, which gives it no effect any more. */
  minConnections: Schema.optional(wholeNumber(0, 1000, "connections")),
  /** Deprecated by the API, which gives it no effect any more. */
  maxConnectionRate: Schema.optional(wholeNumber(0, 100_000, "connections")),
  /** In seconds. Deprecated by the API, which gives it no effect any more. */
  rateInterval: Schema.optional(wholeNumber(1, 3600, "seconds"))
})

/** The operations on connection logging, connection throttles and content caching. */
export const connectionEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** Whether connections are logged. Fails with `NotFound`. `GET …/connectionlogging`. */
  getConnectionLogging: Endpoint.make("GET", `${balancerPath}/connectionlogging`, {
    parameters: balancerParameters,
    success: one("connectionLogging", Enabled),
    errors: ["NotFound"]
  }),
  /** Turns the log of connections on or off; it is put into Cloud Files every hour. `PUT …/connectionlogging`. */
  setConnectionLogging: Endpoint.make("PUT", `${balancerPath}/connectionlogging`, {
    parameters: balancerParameters,
    body: enveloped("connectionLogging", Schema.Struct({ enabled: Schema.Boolean })),
    errors: changeErrors
  }),
  /** The throttle of connections, or None where there is none. Fails with `NotFound`. `GET …/connectionthrottle`. */
  getConnectionThrottle: Endpoint.make("GET", `${balancerPath}/connectionthrottle`, {
    parameters: balancerParameters,
    success: Endpoint.json(ifSet("connectionThrottle", ConnectionThrottle)),
    errors: ["NotFound"]
  }),
  /**
   * Sets how many connections a client may have. Where the cloud asks for all of the fields at the first time, and says so by
   * `BadRequest`, the deprecated ones can be given too. `PUT …/connectionthrottle`.
   */
  setConnectionThrottle: Endpoint.make("PUT", `${balancerPath}/connectionthrottle`, {
    parameters: balancerParameters,
    body: enveloped(
      "connectionThrottle",
      atLeastOne(throttleFields, ["maxConnections", "minConnections", "maxConnectionRate", "rateInterval"])
    ),
    errors: changeErrors
  }),
  /** Removes the throttle. `DELETE …/connectionthrottle`. */
  deleteConnectionThrottle: Endpoint.make("DELETE", `${balancerPath}/connectionthrottle`, {
    parameters: balancerParameters,
    errors: changeErrors
  }),
  /** Whether content is cached. Fails with `NotFound`. `GET …/contentcaching`. */
  getContentCaching: Endpoint.make("GET", `${balancerPath}/contentcaching`, {
    parameters: balancerParameters,
    success: one("contentCaching", Enabled),
    errors: ["NotFound"]
  }),
  /** Turns the cache on or off. Fails with `BadRequest` unless the protocol is HTTP. `PUT …/contentcaching`. */
  setContentCaching: Endpoint.make("PUT", `${balancerPath}/contentcaching`, {
    parameters: balancerParameters,
    body: enveloped("contentCaching", Schema.Struct({ enabled: Schema.Boolean })),
    errors: changeErrors
  })
})

/** The operations on connection logging, connection throttles and content caching. */
export const makeConnections = (context: ServiceContext) => {
  const operations = operationsOf(context, connectionEndpoints)
  return { ...operations, getConnectionThrottle: orNone(context, operations.getConnectionThrottle) }
}
