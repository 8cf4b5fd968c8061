/** Health monitors: how a load balancer finds out whether its nodes can serve. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { struct } from "../../internal/schema/struct.js"
import { nullableOptional, absentIfEmpty, Count, enveloped, Named, openEnum } from "../../internal/schema/wire.js"
import { operationsOf, orNone, type ServiceContext } from "./context.js"
import type { ByLoadBalancerId } from "./references.js"
import { balancerPath, changeErrors, wholeNumber } from "./requests.js"
import { ifSet } from "./responses.js"

/** How a health monitor checks a node. */
export const HealthMonitorType = openEnum("CONNECT", "HTTP", "HTTPS")

export type HealthMonitorType = typeof HealthMonitorType.Type

/** How the balancer finds out whether its nodes can serve. */
export interface HealthMonitor {
  readonly type?: HealthMonitorType | undefined
  /** Between two checks of a node, in seconds. */
  readonly delay?: number | undefined
  /** How long a check may take, in seconds. */
  readonly timeout?: number | undefined
  /** After how many failed checks a node is OFFLINE. */
  readonly attemptsBeforeDeactivation?: number | undefined
  /** The path that is requested, of an HTTP or HTTPS monitor. */
  readonly path?: string | undefined
  /** What the response's status must match. */
  readonly statusRegex?: string | undefined
  /** What the response's first 2,048 bytes must match. */
  readonly bodyRegex?: string | undefined
  readonly hostHeader?: string | undefined
}

export const HealthMonitor = struct<HealthMonitor>({
  type: nullableOptional(HealthMonitorType),
  delay: nullableOptional(Count),
  timeout: nullableOptional(Count),
  attemptsBeforeDeactivation: nullableOptional(Count),
  path: absentIfEmpty,
  statusRegex: absentIfEmpty,
  bodyRegex: absentIfEmpty,
  hostHeader: absentIfEmpty
})

/** How a balancer is to find out whether its nodes can serve. */
export interface NewHealthMonitor {
  /** `CONNECT` opens a connection; `HTTP` and `HTTPS` request `path`. */
  readonly type: HealthMonitorType
  /** Between two checks of a node, in seconds, 1 to 3600. */
  readonly delay: number
  /** How long a check may take, in seconds, 1 to 300. */
  readonly timeout: number
  /** After how many failures a node is OFFLINE, 1 to 10. */
  readonly attemptsBeforeDeactivation: number
  /** The path that is requested: `/health`. Needed by HTTP and HTTPS monitors. */
  readonly path?: string | undefined
  /** What the response's status must match: `^2..$`. Needed by HTTP and HTTPS monitors. */
  readonly statusRegex?: string | undefined
  /** What the response's first 2,048 bytes must match. */
  readonly bodyRegex?: string | undefined
  /** The `Host` header of the requests. */
  readonly hostHeader?: string | undefined
}

const monitorFields = struct<NewHealthMonitor>({
  type: HealthMonitorType,
  delay: wholeNumber(1, 3600, "seconds"),
  timeout: wholeNumber(1, 300, "seconds"),
  attemptsBeforeDeactivation: wholeNumber(1, 10, "a count"),
  path: Schema.optional(
    Schema.String.pipe(Schema.filter((path) => path.startsWith("/"), { description: "a path that begins with /" }))
  ),
  statusRegex: Schema.optional(Named),
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

/** A balancer, and how it is to find out whether its nodes can serve. */
export interface SetHealthMonitor extends ByLoadBalancerId, NewHealthMonitor {}

/** The operations on health monitors. */
export const healthMonitorEndpoints = Endpoint.table("CloudLoadBalancers", {
  /**
   * The health monitor, or None where there is none. Fails with `NotFound` where there is no such balancer. "Show health
   * monitor configuration", `GET …/healthmonitor`.
   */
  getHealthMonitor: Endpoint.define<ByLoadBalancerId>()("GET", `${balancerPath}/healthmonitor`, {
    success: Endpoint.json(ifSet("healthMonitor", HealthMonitor)),
    errors: ["NotFound"]
  }),
  /**
   * Sets a health monitor, in place of the one that there may be. Fails with `BadRequest` where it does not go with the
   * balancer's protocol. "Update health monitor", `PUT …/healthmonitor`.
   */
  setHealthMonitor: Endpoint.define<SetHealthMonitor>()("PUT", `${balancerPath}/healthmonitor`, {
    body: enveloped("healthMonitor", WantedHealthMonitor),
    errors: changeErrors
  }),
  /** Ends health monitoring: nodes that are OFFLINE are ONLINE then. "Delete health monitor", `DELETE …/healthmonitor`. */
  deleteHealthMonitor: Endpoint.define<ByLoadBalancerId>()("DELETE", `${balancerPath}/healthmonitor`, {
    errors: changeErrors
  })
})

/** The operations on health monitors. */
export const makeHealthMonitors = (context: ServiceContext) => {
  const operations = operationsOf(context, healthMonitorEndpoints)
  return { ...operations, getHealthMonitor: orNone(context, operations.getHealthMonitor) }
}
