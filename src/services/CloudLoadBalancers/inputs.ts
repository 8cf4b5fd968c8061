/**
 * The fields that operations of several requests know. An operation of one request has them in its schemas.
 */
import { extended, type AnyInputs } from "../../internal/schema/knownFields.js"
import { endpoints } from "./endpoints.js"

const waiting = { loadBalancerId: true, interval: true, jitter: true, timeout: true } as const

export const inputs = {
  list: extended(endpoints.listPage, { pageSize: true }, "limit", "marker", "offset"),
  listNodes: extended(endpoints.listNodesPage, { pageSize: true }, "limit", "marker", "offset"),
  listNodeEvents: extended(endpoints.listNodeEventsPage, { pageSize: true }, "limit", "marker", "offset"),
  listBillable: extended(endpoints.listBillablePage, { pageSize: true }, "limit", "offset"),
  watch: { ...waiting, until: true },
  waitUntil: { ...waiting, until: true },
  waitUntilActive: waiting,
  waitUntilDeleted: waiting,
  waitUntilNodeOnline: { ...waiting, nodeId: true }
} satisfies AnyInputs
