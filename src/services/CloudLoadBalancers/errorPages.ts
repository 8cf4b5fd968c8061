/** Error pages, which clients get if no node responds. */
import * as Endpoint from "../../Endpoint.js"
import { lazyStruct } from "../../internal/schema/struct.js"
import { enveloped, Text, upTo } from "../../internal/schema/wire.js"
import type { ByLoadBalancerId } from "./references.js"
import { balancerPath, changeErrors } from "./requests.js"

/** If no error page is set, the cloud returns its default page. */
const ErrorPage = enveloped("errorpage", enveloped("content", Text))

/** A balancer, and the page to show if no node responds. */
export interface SetErrorPage extends ByLoadBalancerId {
  /** The page, in HTML. */
  readonly content: string
}

/** The operations on error pages. */
export const errorPageEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** The error page: the account's, otherwise the cloud's default. `GET …/errorpage`. */
  getErrorPage: Endpoint.define<ByLoadBalancerId>()("GET", `${balancerPath}/errorpage`, {
    success: Endpoint.json(ErrorPage),
    errors: ["NotFound"]
  }),
  /** Sets the error page, of at most 65,536 characters. Fails with `BadRequest` unless HTTP. `PUT …/errorpage`. */
  setErrorPage: Endpoint.define<SetErrorPage>()("PUT", `${balancerPath}/errorpage`, {
    body: enveloped(
      "errorpage",
      lazyStruct(() => ({ content: upTo(65_536, "a page") }))
    ),
    errors: changeErrors
  }),
  /** Restores the cloud's default page. `DELETE …/errorpage`. */
  deleteErrorPage: Endpoint.define<ByLoadBalancerId>()("DELETE", `${balancerPath}/errorpage`, { errors: changeErrors })
})
