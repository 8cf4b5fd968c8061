/** Events of a load balancer's nodes. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import type { PageSize } from "../../internal/paging/listing.js"
import { struct } from "../../internal/schema/struct.js"
import { nullableOptional, absentIfEmpty, Id, openEnum, Timestamp, prepared } from "../../internal/schema/wire.js"
import { operationsOf, type ServiceContext } from "./context.js"
import { listed, paged } from "./listings.js"
import type { ByLoadBalancerId } from "./references.js"
import { balancerPath, pageQuery, type PageQuery, pageSchema } from "./requests.js"

/** Currently `2012-10-30T10:18:23Z`, formerly `10-30-2012 10:18:23`. */
const instantOf = (text: string): Option.Option<DateTime.Utc> => {
  const former = /^(\d\d)-(\d\d)-(\d{4}) (\d\d:\d\d:\d\d)$/.exec(text.trim())
  return former === null
    ? Schema.decodeUnknownOption(Timestamp)(text)
    : DateTime.make(`${former[3]}-${former[1]}-${former[2]}T${former[4]}Z`)
}

/** An event of a node: it went OFFLINE, came back, or was changed. */
export interface NodeEvent {
  readonly id: string
  readonly nodeId?: string | undefined
  readonly loadBalancerId?: string | undefined
  readonly accountId?: string | undefined
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly detailedMessage?: string | undefined
  readonly callbackHost?: string | undefined
  readonly severity?: "INFO" | "WARN" | (string & {}) | undefined
  readonly author?: string | undefined
  readonly category?: "CREATE" | "DELETE" | "UPDATE" | (string & {}) | undefined
  readonly type?: "CREATE_NODE" | "DELETE_NODE" | "UPDATE_NODE" | (string & {}) | undefined
  readonly relativeUri?: string | undefined
  /** Absent if `createdText` cannot be parsed. */
  readonly created?: DateTime.Utc | undefined
  /** As sent by the cloud, whose format has changed over time. */
  readonly createdText?: string | undefined
}

const NodeEventFields = struct<NodeEvent>(() => ({
  id: Id,
  nodeId: nullableOptional(Id),
  loadBalancerId: nullableOptional(Id).pipe(Schema.fromKey("loadbalancerId")),
  accountId: nullableOptional(Id),
  title: absentIfEmpty,
  description: absentIfEmpty,
  detailedMessage: absentIfEmpty,
  callbackHost: absentIfEmpty,
  severity: nullableOptional(openEnum("INFO", "WARN")),
  author: absentIfEmpty,
  category: nullableOptional(openEnum("CREATE", "DELETE", "UPDATE")),
  type: nullableOptional(openEnum("CREATE_NODE", "DELETE_NODE", "UPDATE_NODE")),
  relativeUri: absentIfEmpty,
  created: nullableOptional(Schema.DateTimeUtcFromSelf),
  createdText: absentIfEmpty
}))

export const NodeEvent = prepared(NodeEventFields, ({ created, ...event }) =>
  typeof created === "string"
    ? { ...event, createdText: created, created: Option.getOrUndefined(instantOf(created)) }
    : event
)

/** A page of the events of a balancer's nodes. */
export interface ListNodeEventsPage extends ByLoadBalancerId, PageQuery {}

/** Which node events to list. */
export interface ListNodeEvents extends ByLoadBalancerId, PageSize {}

/** The operations on node events. */
export const nodeEventEndpoints = Endpoint.table("CloudLoadBalancers", {
  /**
   * A page of node events of the last 90 days. Fails with `NotFound`. "List node service events", `GET …/nodes/events`.
   */
  listNodeEventsPage: Endpoint.define<ListNodeEventsPage>()("GET", `${balancerPath}/nodes/events`, {
    query: pageQuery,
    success: Endpoint.json(pageSchema("nodeServiceEvents", NodeEvent)),
    errors: ["NotFound"]
  })
})

/** The listing of node events. */
export const makeNodeEvents = (context: ServiceContext) => {
  const listNodeEventsPage = paged(operationsOf(context, nodeEventEndpoints).listNodeEventsPage)
  return {
    listNodeEventsPage,
    listNodeEvents: listed("CloudLoadBalancers.listNodeEvents", listNodeEventsPage)
  }
}
