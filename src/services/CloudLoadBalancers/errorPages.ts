/** Error pages: what a client gets where no node responds. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { enveloped, Text, upTo } from "../../internal/schema/wire.js"
import type { ByLoadBalancerId } from "./references.js"
import { balancerPath, changeErrors } from "./requests.js"

/** The cloud returns its default error page where none is set. */
const ErrorPage = enveloped("errorpage", enveloped("content", Text))

/** A balancer, and the page it is to show where no node can serve. */
export interface SetErrorPage extends ByLoadBalancerId {
  /** The page, in HTML. */
  readonly content: string
}

/** The operations on error pages. */
export const errorPageEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** The page that is shown where no node responds: the account's, else the cloud's own. `GET …/errorpage`. */
  getErrorPage: Endpoint.define<ByLoadBalancerId>()("GET", `${balancerPath}/errorpage`, {
    success: Endpoint.json(ErrorPage),
    errors: ["NotFound"]
  }),
  /** Sets that page: HTML of at most 65,536 characters. Fails with `BadRequest` unless HTTP. `PUT …/errorpage`. */
  setErrorPage: Endpoint.define<SetErrorPage>()("PUT", `${balancerPath}/errorpage`, {
    body: enveloped("errorpage", Schema.Struct({ content: upTo(65_536, "a page") })),
    errors: changeErrors
  }),
  /** Restores the cloud's own page. `DELETE …/errorpage`. */
  deleteErrorPage: Endpoint.define<ByLoadBalancerId>()("DELETE", `${balancerPath}/errorpage`, { errors: changeErrors })
})
