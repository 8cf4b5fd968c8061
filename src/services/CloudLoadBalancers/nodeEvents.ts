/** Node events: what happened to the nodes of a load balancer. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import type { PageSize } from "../../internal/paging/listing.js"
import { struct } from "../../internal/schema/struct.js"
import { nullableOptional, absentIfEmpty, Id, openEnum, Timestamp } from "../../internal/schema/wire.js"
import { operationsOf, type ServiceContext } from "./context.js"
import { listed, paged } from "./listings.js"
import type { ByLoadBalancerId } from "./references.js"
import { balancerPath, pageQuery, type PageQuery, pageSchema } from "./requests.js"
import { WireObject } from "./responses.js"

/** `2012-10-30T10:18:23Z` today; formerly `10-30-2012 10:18:23`. */
const instantOf = (text: string): Option.Option<DateTime.Utc> => {
  const former = /^(\d\d)-(\d\d)-(\d{4}) (\d\d:\d\d:\d\d)$/.exec(text.trim())
  return former === null
    ? Schema.decodeUnknownOption(Timestamp)(text)
    : DateTime.make(`${former[3]}-${former[1]}-${former[2]}T${former[4]}Z`)
}

/** What happened to a node, and when: it went OFFLINE, it came back, it was changed. */
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
  /** Absent where `createdText` cannot be read. */
  readonly created?: DateTime.Utc | undefined
  /** As the cloud wrote it, which was not always in the same form. */
  readonly createdText?: string | undefined
}

const NodeEventFields = struct<NodeEvent>({
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
})

export const NodeEvent = Schema.transform(WireObject, NodeEventFields, {
  strict: false,
  decode: ({ created, ...event }) =>
    typeof created === "string"
      ? { ...event, createdText: created, created: Option.getOrUndefined(instantOf(created)) }
      : event,
  encode: (event) => event
}) as unknown as Schema.Schema<NodeEvent, unknown>

/** A page of the events of a balancer's nodes. */
export interface ListNodeEventsPage extends ByLoadBalancerId, PageQuery {}

/** Which events of nodes are listed. */
export interface ListNodeEvents extends ByLoadBalancerId, PageSize {}

/** The operations on node events. */
export const nodeEventEndpoints = Endpoint.table("CloudLoadBalancers", {
  /**
   * What happened to the nodes in the last 90 days, a page of it. Fails with `NotFound`. "List node service events",
   * `GET …/nodes/events`.
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
