/**
 * Load balancers that are charged for in a time, deleted ones included.
 */
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

/**
 * The time whose billable balancers are listed. `pageSize` is how many one request asks for, by default 500, at most 1,000.
 *
 * @since 0.1.0
 * @category models
 */
export interface BillableFilters {
  readonly startTime: DateTime.Utc
  readonly endTime: DateTime.Utc
  readonly pageSize?: number | undefined
}

/** The operations on billable load balancers. */
export const billableEndpoints = Endpoint.table("CloudLoadBalancers", {
  /**
   * Load balancers that are charged for in a time, deleted ones included, a page of them: by default 500, at most 1,000. "List
   * billable load balancers", `GET /loadbalancers/billable`.
   */
  listBillablePage: Endpoint.make("GET", "/loadbalancers/billable", {
    query: {
      /** UTC. */
      startTime: Timestamp,
      /** UTC. */
      endTime: Timestamp,
      limit: pageLimit(1000),
      offset: pageQuery.offset
    },
    success: Endpoint.list("loadBalancers", LoadBalancerSummary)
  })
})

/** The listing of billable load balancers, whose pages are numbered by how many items come before. */
export const makeBillable = (context: ServiceContext) => {
  const fetch = Endpoint.method(context.client, Endpoint.listItems(billableEndpoints.listBillablePage))
  const operation = "CloudLoadBalancers.listBillable"
  return {
    ...operationsOf(context, billableEndpoints),
    listBillable: ({ pageSize = 500, ...period }: BillableFilters) =>
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
