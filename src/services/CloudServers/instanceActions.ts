/** The history of servers: models and operations. OpenStack returns it in pages since Nova's microversion 2.58. */
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { CloudClient } from "../../CloudClient.js"
import type { CommonError, NotFound } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { collectAll, pageOf, type PageQuery } from "../../internal/paging/listing.js"
import { nextLink } from "../../internal/paging/nextLink.js"
import { struct } from "../../internal/schema/struct.js"
import {
  nullableOptional,
  absentIfEmpty,
  enveloped,
  Id,
  Named,
  PageLimit,
  someList,
  Text,
  Timestamp,
  TimestampIfAny
} from "../../internal/schema/wire.js"
import * as Paging from "../../Paging.js"
import type { Context } from "./context.js"
import { guarded } from "./microversions.js"
import type { ByRequestId, ByServerId } from "./references.js"

/** A step of an action on a server. */
export interface InstanceActionEvent {
  readonly event: string
  readonly started?: DateTime.Utc | undefined
  readonly finished?: DateTime.Utc | undefined
  /** `Success` or `Error`; absent while it is in progress. */
  readonly result?: string | undefined
  /** Why it failed. Since Nova's microversion 2.84. */
  readonly details?: string | undefined
  /** Where it failed in Nova's code; for operators of the cloud. */
  readonly traceback?: string | undefined
  /** For operators of the cloud, since Nova's microversion 2.62. */
  readonly host?: string | undefined
  /** The host as an opaque id. Since Nova's microversion 2.62. */
  readonly hostId?: string | undefined
}

export const InstanceActionEvent = struct<InstanceActionEvent>(() => ({
  event: Text,
  started: TimestampIfAny.pipe(Schema.fromKey("start_time")),
  finished: TimestampIfAny.pipe(Schema.fromKey("finish_time")),
  result: absentIfEmpty,
  details: absentIfEmpty,
  traceback: absentIfEmpty,
  host: absentIfEmpty,
  hostId: absentIfEmpty
}))

/** An action on a server. */
export interface InstanceAction {
  /** `create`, `reboot`, `resize`, … */
  readonly action?: string | undefined
  readonly serverId?: string | undefined
  readonly requestId: string
  readonly message?: string | undefined
  readonly started?: DateTime.Utc | undefined
  /** Since Nova's microversion 2.58. */
  readonly updated?: DateTime.Utc | undefined
  readonly projectId?: string | undefined
  readonly userId?: string | undefined
  /** The steps. Returned only for a single action; before Nova's microversion 2.51 only for operators of the cloud. */
  readonly events?: ReadonlyArray<InstanceActionEvent> | undefined
}

export const InstanceAction = struct<InstanceAction>(() => ({
  action: nullableOptional(Text),
  serverId: nullableOptional(Id).pipe(Schema.fromKey("instance_uuid")),
  requestId: Schema.propertySignature(Text).pipe(Schema.fromKey("request_id")),
  message: absentIfEmpty,
  started: TimestampIfAny.pipe(Schema.fromKey("start_time")),
  updated: TimestampIfAny.pipe(Schema.fromKey("updated_at")),
  projectId: nullableOptional(Id).pipe(Schema.fromKey("project_id")),
  userId: nullableOptional(Id).pipe(Schema.fromKey("user_id")),
  events: someList(InstanceActionEvent)
}))

const path = "/servers/{serverId}/os-instance-actions"

const filters = () => ({
  changesSince: Schema.optional(Timestamp).pipe(Schema.fromKey("changes-since")),
  changesBefore: Schema.optional(Timestamp).pipe(Schema.fromKey("changes-before"))
})

/** A page. The marker of the next one is the request id of the last action. */
const Page = pageOf("instanceActions", InstanceAction, ({ links }) => {
  const next = nextLink(links)
  return next === undefined ? undefined : Paging.parameterOfLink(next, "marker")
})

/** The server whose history to list, and the time range. */
export interface ListInstanceActions extends ByServerId {
  /** Only actions started or updated since then. Needs microversion 2.58. */
  readonly changesSince?: DateTime.Utc | undefined
  /** Only actions started or updated before then. Needs microversion 2.66. */
  readonly changesBefore?: DateTime.Utc | undefined
}

/** A page of the history of a server. */
export interface ListInstanceActionsPage extends ListInstanceActions, PageQuery {}

/** The operations on the history of servers, as data. */
export const instanceActionEndpoints = Endpoint.table("CloudServers", {
  /**
   * The actions on a server, newest first. The service's method follows all pages; the operation itself returns the
   * first one. Fails with `NotFound`. "List actions for server", `GET /servers/{server_id}/os-instance-actions`.
   */
  listInstanceActions: Endpoint.define<ListInstanceActions>()("GET", path, {
    query: filters,
    success: Endpoint.list("instanceActions", InstanceAction),
    errors: ["NotFound"]
  }),
  /**
   * A page of the actions on a server, newest first. Up to Nova's microversion 2.57 the cloud returns all of them.
   * Fails with `NotFound`. "List actions for server", `GET /servers/{server_id}/os-instance-actions`.
   */
  listInstanceActionsPage: Endpoint.define<ListInstanceActionsPage>()("GET", path, {
    query: () => ({
      ...filters(),
      /** The request id of the last action of the previous page. Needs microversion 2.58. */
      marker: Schema.optional(Named),
      /** The maximum number of actions in the page. Needs microversion 2.58. */
      limit: Schema.optional(PageLimit)
    }),
    success: Endpoint.json(Page),
    errors: ["NotFound"]
  }),
  /**
   * An action on a server, by the id of its request. Fails with `NotFound`. "Show server action details", `GET
   * /servers/{server_id}/os-instance-actions/{request_id}`.
   */
  getInstanceAction: Endpoint.define<ByRequestId>()("GET", `${path}/{requestId}`, {
    success: Endpoint.json(enveloped("instanceAction", InstanceAction)),
    errors: ["NotFound"]
  })
})

/** A page, as part of listing all pages. */
const oneOfAllPages = Endpoint.named(
  "CloudServers.listInstanceActions",
  Endpoint.make("GET", path, {
    query: () => ({ ...filters(), marker: Schema.optional(Named) }),
    success: Endpoint.json(Page),
    errors: ["NotFound"]
  })
)

/** All actions on a server, from one or several pages. */
const listAllInstanceActions = (
  client: CloudClient
): Endpoint.Method<typeof instanceActionEndpoints.listInstanceActions> => {
  const fetch = Endpoint.method(client, oneOfAllPages)
  return (input): Effect.Effect<ReadonlyArray<InstanceAction>, CommonError | NotFound> =>
    collectAll(
      Paging.stream(
        { service: client.service, operation: "CloudServers.listInstanceActions" },
        (marker: string | undefined) => fetch({ ...input, ...(marker !== undefined && { marker }) })
      )
    )
}

/** The methods for the history of servers. */
export const makeInstanceActions = ({ client, microversion }: Context) =>
  guarded(
    {
      ...Endpoint.client(client, instanceActionEndpoints),
      listInstanceActions: listAllInstanceActions(client)
    },
    microversion
  )
