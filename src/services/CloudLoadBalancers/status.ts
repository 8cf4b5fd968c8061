/** The status of a load balancer, which of them are final, and what waiting for a balancer takes. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { openEnum } from "../../internal/schema/wire.js"
import type * as Waiting from "../../Waiting.js"
import type { ByLoadBalancerId } from "./references.js"

export const service = "CloudLoadBalancers"

/** The status of a load balancer. The cloud may return others. A balancer takes changes in ACTIVE only. */
export const LoadBalancerStatus: Schema.Schema<LoadBalancerStatus, string> = Schema.transform(
  Schema.String,
  Schema.typeSchema(
    openEnum("ACTIVE", "BUILD", "DELETED", "ERROR", "PENDING_CREATE", "PENDING_DELETE", "PENDING_UPDATE", "SUSPENDED")
  ),
  // One witness writes PENDING-UPDATE.
  { strict: true, decode: (status) => status.replaceAll("-", "_"), encode: (status) => status }
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

/** States from which no balancer recovers. */
export const finalStatuses: ReadonlySet<string> = new Set(["DELETED", "ERROR", "PENDING_DELETE", "SUSPENDED"])

/** Why a load balancer will not become ACTIVE any more, if so. The cloud gives no reason. */
export const hasFailed = ({ status }: { readonly status: string }): Option.Option<{ readonly fault: undefined }> =>
  finalStatuses.has(status) ? Option.some({ fault: undefined }) : Option.none()
