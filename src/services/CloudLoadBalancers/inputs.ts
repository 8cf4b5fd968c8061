/** The input schemas of operations that take several requests. Other operations have theirs in their endpoint. */
import { extended, options } from "../../internal/schema/inputs.js"
import { functionOf, pace, pageSize } from "../../internal/schema/options.js"
import { Named } from "../../internal/schema/wire.js"
import { endpoints } from "./endpoints.js"
import type { LoadBalancer } from "./loadBalancers.js"

const waiting = { loadBalancerId: Named, ...pace }

const until = { until: functionOf<(loadBalancer: LoadBalancer) => boolean>() }

export const inputs = {
  listPage: extended(endpoints.listPage, {}),
  listNodesPage: extended(endpoints.listNodesPage, {}),
  listNodeEventsPage: extended(endpoints.listNodeEventsPage, {}),
  list: extended(endpoints.listPage, pageSize, "limit", "marker", "offset"),
  listNodes: extended(endpoints.listNodesPage, pageSize, "limit", "marker", "offset"),
  listNodeEvents: extended(endpoints.listNodeEventsPage, pageSize, "limit", "marker", "offset"),
  listBillable: extended(endpoints.listBillablePage, pageSize, "limit", "offset"),
  watch: options({ ...waiting, ...until }),
  waitUntil: options({ ...waiting, ...until }),
  waitUntilActive: options(waiting),
  waitUntilDeleted: options(waiting),
  waitUntilNodeOnline: options({ ...waiting, nodeId: Named })
}
