/** The status of a load balancer, the final statuses, and the input of waits. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { lazy } from "../../internal/schema/lazy.js"
import { openEnum } from "../../internal/schema/wire.js"
import type * as Waiting from "../../Waiting.js"
import type { ByLoadBalancerId } from "./references.js"

export const service = "CloudLoadBalancers"

/** The status of a load balancer. The cloud may return others. A balancer accepts changes only in ACTIVE. */
export const LoadBalancerStatus: Schema.Schema<LoadBalancerStatus, string> = lazy(() =>
  Schema.transform(
    Schema.String,
    Schema.typeSchema(
      openEnum("ACTIVE", "BUILD", "DELETED", "ERROR", "PENDING_CREATE", "PENDING_DELETE", "PENDING_UPDATE", "SUSPENDED")
    ),
    // One recorded response has PENDING-UPDATE.
    { strict: true, decode: (status) => status.replaceAll("-", "_"), encode: (status) => status }
  )
)

export type LoadBalancerStatus =
  | "ACTIVE"
  | "BUILD"
  | "DELETED"
  | "ERROR"
  | "PENDING_CREATE"
  | "PENDING_DELETE"
  | "PENDING_UPDATE"
  | "SUSPENDED"
  | (string & {})

/** A load balancer to wait for. */
export interface WaitOptions extends ByLoadBalancerId, Waiting.Pace {}

/** Statuses from which no balancer recovers. */
export const finalStatuses: ReadonlySet<string> = new Set(["DELETED", "ERROR", "PENDING_DELETE", "SUSPENDED"])

/** Whether a load balancer can no longer become ACTIVE. The cloud gives no reason. */
export const hasFailed = ({ status }: { readonly status: string }): Option.Option<{ readonly fault: undefined }> =>
  finalStatuses.has(status) ? Option.some({ fault: undefined }) : Option.none()
