/**
 * Health monitors: how a load balancer finds out whether its nodes can serve.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { absent, absentIfEmpty, Count, enveloped, Named, open } from "../../internal/schema/wire.js"
import { operationsOf, orNone, type ServiceContext } from "./context.js"
import { balancerParameters, balancerPath, changeErrors, wholeNumber } from "./requests.js"
import { ifSet } from "./responses.js"

/**
 * How a health monitor checks a node.
 *
 * @since 0.1.0
 * @category models
 */
export const HealthMonitorType = open("CONNECT", "HTTP", "HTTPS")

/**
 * How the balancer finds out whether its nodes can serve.
 *
 * @since 0.1.0
 * @category models
 */
export const HealthMonitor = Schema.Struct({
  type: absent(HealthMonitorType),
  /** Between two checks of a node, in seconds. */
  delay: absent(Count),
  /** How long a check may take, in seconds. */
  timeout: absent(Count),
  /** After how many failed checks a node is OFFLINE. */
  attemptsBeforeDeactivation: absent(Count),
  /** The path that is requested, of an HTTP or HTTPS monitor. */
  path: absentIfEmpty,
  /** What the response's status must match. */
  statusRegex: absentIfEmpty,
  /** What the response's first 2,048 bytes must match. */
  bodyRegex: absentIfEmpty,
  hostHeader: absentIfEmpty
})

/**
 * How the balancer finds out whether its nodes can serve.
 *
 * @since 0.1.0
 * @category models
 */
export interface HealthMonitor extends Schema.Schema.Type<typeof HealthMonitor> {}

const monitorFields = Schema.Struct({
  type: HealthMonitorType,
  /** Between two checks of a node, in seconds, 1 to 3600. */
  delay: wholeNumber(1, 3600, "seconds"),
  /** How long a check may take, in seconds, 1 to 300. */
  timeout: wholeNumber(1, 300, "seconds"),
  /** After how many failures a node is OFFLINE, 1 to 10. */
  attemptsBeforeDeactivation: wholeNumber(1, 10, "a count"),
  /** The path that is requested: `/health`. Needed by HTTP and HTTPS monitors. */
  path: Schema.optional(
    Schema.String.pipe(Schema.filter((path) => path.startsWith("/"), { description: "a path that begins with /" }))
  ),
  /** What the response's status must match: `^2..$`. Needed by HTTP and HTTPS monitors. */
  statusRegex: Schema.optional(Named),
  /** What the response's first 2,048 bytes must match. */
  bodyRegex: Schema.optional(Schema.String),
  hostHeader: Schema.optional(Named)
})

export const WantedHealthMonitor = Schema.compose(
  monitorFields,
  Schema.typeSchema(monitorFields).pipe(
    Schema.filter((monitor) =>
      monitor.type === "HTTP" || monitor.type === "HTTPS"
        ? (["path", "statusRegex"] as const)
            .filter((name) => monitor[name] === undefined)
            .map((name) => ({ path: [name], message: `what an ${monitor.type} monitor needs, and it is missing` }))
        : undefined
    )
  ),
  { strict: false }
)

/** The operations on health monitors. */
export const healthMonitorEndpoints = Endpoint.table("CloudLoadBalancers", {
  /**
   * The health monitor, or None where there is none. Fails with `NotFound` where there is no such balancer. "Show health
   * monitor configuration", `GET …/healthmonitor`.
   */
  getHealthMonitor: Endpoint.make("GET", `${balancerPath}/healthmonitor`, {
    parameters: balancerParameters,
    success: Endpoint.json(ifSet("healthMonitor", HealthMonitor)),
    errors: ["NotFound"]
  }),
  /**
   * Sets a health monitor, in place of the one that there may be. Fails with `BadRequest` where it does not go with the
   * balancer's protocol. "Update health monitor", `PUT …/healthmonitor`.
   */
  setHealthMonitor: Endpoint.make("PUT", `${balancerPath}/healthmonitor`, {
    parameters: balancerParameters,
    body: enveloped("healthMonitor", WantedHealthMonitor),
    errors: changeErrors
  }),
  /** Ends health monitoring: nodes that are OFFLINE are ONLINE then. "Delete health monitor", `DELETE …/healthmonitor`. */
  deleteHealthMonitor: Endpoint.make("DELETE", `${balancerPath}/healthmonitor`, {
    parameters: balancerParameters,
    errors: changeErrors
  })
})

/** The operations on health monitors. */
export const makeHealthMonitors = (context: ServiceContext) => {
  const operations = operationsOf(context, healthMonitorEndpoints)
  return { ...operations, getHealthMonitor: orNone(context, operations.getHealthMonitor) }
}
