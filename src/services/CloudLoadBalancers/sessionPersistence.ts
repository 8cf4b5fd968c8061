/**
 * Session persistence: how a client's later requests find the node of its first one.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import * as LostResponse from "../../internal/http/lostResponse.js"
import { enveloped, open } from "../../internal/schema/wire.js"
import { goneErrors, operationsOf, orNone, type ServiceContext } from "./context.js"
import { balancerParameters, balancerPath, changeErrors } from "./requests.js"
import { ifSet } from "./responses.js"

/**
 * How a client's later requests find the node of its first one.
 *
 * @since 0.1.0
 * @category models
 */
export const SessionPersistence = open("HTTP_COOKIE", "SOURCE_IP", "SSL_ID")

export const Persistence = enveloped("persistenceType", SessionPersistence)

/** The operations on session persistence. */
export const sessionPersistenceEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** Session persistence, or None where it is off. Fails with `NotFound`. `GET …/sessionpersistence`. */
  getSessionPersistence: Endpoint.make("GET", `${balancerPath}/sessionpersistence`, {
    parameters: balancerParameters,
    success: Endpoint.json(ifSet("sessionPersistence", Persistence)),
    errors: ["NotFound"]
  }),
  /**
   * Sets session persistence. Fails with `BadRequest` where it does not go with the balancer's protocol. "Enable session
   * persistence", `PUT …/sessionpersistence`.
   */
  setSessionPersistence: Endpoint.make("PUT", `${balancerPath}/sessionpersistence`, {
    parameters: balancerParameters,
    body: Schema.Struct({ sessionPersistence: Persistence }),
    errors: changeErrors
  }),
  /** Ends session persistence. Fails with `Unprocessable` where it is off. `DELETE …/sessionpersistence`. */
  deleteSessionPersistence: Endpoint.make("DELETE", `${balancerPath}/sessionpersistence`, {
    parameters: balancerParameters,
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
