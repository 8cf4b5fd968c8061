/** Session persistence: how later requests of a client are sent to the same node. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Endpoint from "../../Endpoint.js"
import * as LostResponse from "../../internal/http/lostResponse.js"
import { lazyStruct } from "../../internal/schema/struct.js"
import { enveloped, openEnum } from "../../internal/schema/wire.js"
import { goneErrors, operationsOf, orNone, type ServiceContext } from "./context.js"
import type { ByLoadBalancerId } from "./references.js"
import { balancerPath, changeErrors } from "./requests.js"
import { ifSet } from "./responses.js"

/** How later requests of a client are sent to the same node. */
export const SessionPersistence = openEnum("HTTP_COOKIE", "SOURCE_IP", "SSL_ID")

export type SessionPersistence = typeof SessionPersistence.Type

export const Persistence = enveloped("persistenceType", SessionPersistence)

/** The session persistence to set for a balancer. */
export interface SetSessionPersistence extends ByLoadBalancerId {
  /** How later requests of a client are sent to the same node. */
  readonly sessionPersistence: SessionPersistence
}

/** The operations on session persistence. */
export const sessionPersistenceEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** Session persistence, or None if it is off. Fails with `NotFound`. `GET …/sessionpersistence`. */
  getSessionPersistence: Endpoint.define<ByLoadBalancerId>()("GET", `${balancerPath}/sessionpersistence`, {
    success: Endpoint.json(ifSet("sessionPersistence", Persistence)),
    errors: ["NotFound"]
  }),
  /**
   * Enables session persistence. Fails with `BadRequest` if the balancer's protocol does not support it. "Enable
   * session persistence", `PUT …/sessionpersistence`.
   */
  setSessionPersistence: Endpoint.define<SetSessionPersistence>()("PUT", `${balancerPath}/sessionpersistence`, {
    body: lazyStruct(() => ({ sessionPersistence: Persistence })),
    errors: changeErrors
  }),
  /** Disables session persistence. Fails with `Unprocessable` if it is off. `DELETE …/sessionpersistence`. */
  deleteSessionPersistence: Endpoint.define<ByLoadBalancerId>()("DELETE", `${balancerPath}/sessionpersistence`, {
    errors: changeErrors
  })
})

/** The operations on session persistence. */
export const makeSessionPersistence = (context: ServiceContext) => {
  const operations = operationsOf(context, sessionPersistenceEndpoints)
  const getSessionPersistence = orNone(context, operations.getSessionPersistence)
  return {
    ...operations,
    getSessionPersistence,
    deleteSessionPersistence: (input: Parameters<typeof operations.deleteSessionPersistence>[0]) =>
      LostResponse.removal(
        operations.deleteSessionPersistence(input),
        goneErrors,
        Effect.suspend(() => Effect.map(getSessionPersistence(input), Option.isNone))
      )
  }
}
