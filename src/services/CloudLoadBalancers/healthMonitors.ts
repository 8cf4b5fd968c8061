/** Health monitors, with which a load balancer checks its nodes. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { lazy } from "../../internal/schema/lazy.js"
import { struct } from "../../internal/schema/struct.js"
import { nullableOptional, absentIfEmpty, Count, enveloped, Named, openEnum } from "../../internal/schema/wire.js"
import { operationsOf, orNone, type ServiceContext } from "./context.js"
import type { ByLoadBalancerId } from "./references.js"
import { balancerPath, changeErrors, wholeNumber } from "./requests.js"
import { ifSet } from "./responses.js"

/** How a health monitor checks a node. */
export const HealthMonitorType = openEnum("CONNECT", "HTTP", "HTTPS")

export type HealthMonitorType = typeof HealthMonitorType.Type

/** The health monitor of a load balancer. */
export interface HealthMonitor {
  readonly type?: HealthMonitorType | undefined
  /** The time between two checks of a node, in seconds. */
  readonly delay?: number | undefined
  /** The timeout of a check, in seconds. */
  readonly timeout?: number | undefined
  /** How many checks must fail before a node is OFFLINE. */
  readonly attemptsBeforeDeactivation?: number | undefined
  /** The path that an HTTP or HTTPS monitor requests. */
  readonly path?: string | undefined
  /** A pattern for the response's status. */
  readonly statusRegex?: string | undefined
  /** A pattern for the response's first 2,048 bytes. */
  readonly bodyRegex?: string | undefined
  readonly hostHeader?: string | undefined
}

export const HealthMonitor = struct<HealthMonitor>(() => ({
  type: nullableOptional(HealthMonitorType),
  delay: nullableOptional(Count),
  timeout: nullableOptional(Count),
  attemptsBeforeDeactivation: nullableOptional(Count),
  path: absentIfEmpty,
  statusRegex: absentIfEmpty,
  bodyRegex: absentIfEmpty,
  hostHeader: absentIfEmpty
}))

/** A health monitor to set. */
export interface NewHealthMonitor {
  /** `CONNECT` opens a connection; `HTTP` and `HTTPS` request `path`. */
  readonly type: HealthMonitorType
  /** The time between two checks of a node, in seconds, 1 to 3600. */
  readonly delay: number
  /** The timeout of a check, in seconds, 1 to 300. */
  readonly timeout: number
  /** How many checks must fail before a node is OFFLINE, 1 to 10. */
  readonly attemptsBeforeDeactivation: number
  /** The path to request: `/health`. Required by HTTP and HTTPS monitors. */
  readonly path?: string | undefined
  /** A pattern for the response's status: `^2..$`. Required by HTTP and HTTPS monitors. */
  readonly statusRegex?: string | undefined
  /** A pattern for the response's first 2,048 bytes. */
  readonly bodyRegex?: string | undefined
  /** The `Host` header of the requests. */
  readonly hostHeader?: string | undefined
}

const monitorFields = struct<NewHealthMonitor>(() => ({
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
}))

export const WantedHealthMonitor = lazy(() =>
  Schema.compose(
    monitorFields,
    Schema.typeSchema(monitorFields).pipe(
      Schema.filter((monitor) =>
        monitor.type === "HTTP" || monitor.type === "HTTPS"
          ? (["path", "statusRegex"] as const)
              .filter((name) => monitor[name] === undefined)
              .map((name) => ({ path: [name], message: `a value, which is required for ${monitor.type} monitors` }))
          : undefined
      )
    ),
    { strict: false }
  )
)

/** A balancer, and its health monitor. */
export interface SetHealthMonitor extends ByLoadBalancerId, NewHealthMonitor {}

/** The operations on health monitors. */
export const healthMonitorEndpoints = Endpoint.table("CloudLoadBalancers", {
  /**
   * The health monitor, or None if there is none. Fails with `NotFound` if there is no such balancer. "Show health
   * monitor configuration", `GET …/healthmonitor`.
   */
  getHealthMonitor: Endpoint.define<ByLoadBalancerId>()("GET", `${balancerPath}/healthmonitor`, {
    success: Endpoint.json(ifSet("healthMonitor", HealthMonitor)),
    errors: ["NotFound"]
  }),
  /**
   * Sets the health monitor, replacing an existing one. Fails with `BadRequest` if the balancer's protocol does not
   * support it. "Update health monitor", `PUT …/healthmonitor`.
   */
  setHealthMonitor: Endpoint.define<SetHealthMonitor>()("PUT", `${balancerPath}/healthmonitor`, {
    body: enveloped("healthMonitor", WantedHealthMonitor),
    errors: changeErrors
  }),
  /** Removes the health monitor. OFFLINE nodes become ONLINE. "Delete health monitor", `DELETE …/healthmonitor`. */
  deleteHealthMonitor: Endpoint.define<ByLoadBalancerId>()("DELETE", `${balancerPath}/healthmonitor`, {
    errors: changeErrors
  })
})

/** The operations on health monitors. */
export const makeHealthMonitors = (context: ServiceContext) => {
  const operations = operationsOf(context, healthMonitorEndpoints)
  return { ...operations, getHealthMonitor: orNone(context, operations.getHealthMonitor) }
}
