/**
 * Error pages: what a client gets where no node responds.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { enveloped, Text, upTo } from "../../internal/schema/wire.js"
import { balancerParameters, balancerPath, changeErrors } from "./requests.js"

/** The cloud returns its default error page where none is set. */
const ErrorPage = enveloped("errorpage", enveloped("content", Text))

/** The operations on error pages. */
export const errorPageEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** The page that is shown where no node responds: the account's, else the cloud's own. `GET …/errorpage`. */
  getErrorPage: Endpoint.make("GET", `${balancerPath}/errorpage`, {
    parameters: balancerParameters,
    success: Endpoint.json(ErrorPage),
    errors: ["NotFound"]
  }),
  /** Sets that page: HTML of at most 65,536 characters. Fails with `BadRequest` unless HTTP. `PUT …/errorpage`. */
  setErrorPage: Endpoint.make("PUT", `${balancerPath}/errorpage`, {
    parameters: balancerParameters,
    body: enveloped("errorpage", Schema.Struct({ content: upTo(65_536, "a page") })),
    errors: changeErrors
  }),
  /** Restores the cloud's own page. `DELETE …/errorpage`. */
  deleteErrorPage: Endpoint.make("DELETE", `${balancerPath}/errorpage`, {
    parameters: balancerParameters,
    errors: changeErrors
  })
})
