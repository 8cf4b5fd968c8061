/** Load balancers billed for in a period, including deleted ones. */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Endpoint from "../../Endpoint.js"
import { renameIssuePaths } from "../../internal/paging/listing.js"
import { Timestamp } from "../../internal/schema/wire.js"
import * as Paging from "../../Paging.js"
import { operationsOf, type ServiceContext } from "./context.js"
import { LoadBalancerSummary } from "./loadBalancers.js"
import { pageLimit, pageQuery } from "./requests.js"
import { service } from "./status.js"

/** The period whose load balancers are listed. */
interface Period {
  /** UTC. */
  readonly startTime: DateTime.Utc
  /** UTC. */
  readonly endTime: DateTime.Utc
}

/** A page of the load balancers that existed in a period. */
export interface ListBillablePage extends Period {
  /** The maximum number of balancers in the page, up to 1,000. */
  readonly limit?: number | undefined
  /** How many balancers to skip. */
  readonly offset?: number | undefined
}

/** The load balancers that existed in a period. */
export interface ListBillable extends Period {
  /** How many balancers to request at a time, by default 500, at most 1,000. */
  readonly pageSize?: number | undefined
}

/** The operations on billable load balancers. */
export const billableEndpoints = Endpoint.table("CloudLoadBalancers", {
  /**
   * A page of the load balancers billed for in a period, including deleted ones: by default 500, at most 1,000. "List
   * billable load balancers", `GET /loadbalancers/billable`.
   */
  listBillablePage: Endpoint.define<ListBillablePage>()("GET", "/loadbalancers/billable", {
    query: () => ({
      startTime: Timestamp,
      endTime: Timestamp,
      limit: pageLimit(1000),
      offset: pageQuery().offset
    }),
    success: Endpoint.list("loadBalancers", LoadBalancerSummary)
  })
})

/** The listing of billable load balancers, with pages by offset. */
export const makeBillable = (context: ServiceContext) => {
  const fetch = Endpoint.method(context.client, Endpoint.listItems(billableEndpoints.listBillablePage))
  const operation = "CloudLoadBalancers.listBillable"
  return {
    ...operationsOf(context, billableEndpoints),
    listBillable: ({ pageSize = 500, ...period }: ListBillable) =>
      Paging.stream({ service, operation }, (offset: number | undefined) =>
        fetch({ ...period, limit: pageSize, offset }).pipe(
          Effect.map(({ items, unreadable }) => {
            const count = items.length + unreadable.length
            return { items, unreadable, next: count < pageSize ? undefined : (offset ?? 0) + count }
          }),
          Effect.mapError(renameIssuePaths(operation))
        )
      )
  }
}
