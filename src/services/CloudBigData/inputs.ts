/** The input schemas of operations that take several requests. Other operations have theirs in their endpoint. */
import * as Schema from "effect/Schema"
import { extended, options } from "../../internal/schema/inputs.js"
import { functionOf, pace, pageSize } from "../../internal/schema/options.js"
import { Named } from "../../internal/schema/wire.js"
import { endpoints } from "./endpoints.js"
import type { Cluster } from "./clusters.js"

const waiting = { clusterId: Named, ...pace }

const until = { until: functionOf<(cluster: Cluster) => boolean>() }

const node = { clusterId: Named, nodeName: Schema.optional(Schema.String), component: Schema.optional(Schema.String) }

export const inputs = {
  list: extended(endpoints.listPage, pageSize, "limit", "marker"),
  listNodes: extended(endpoints.listNodesPage, pageSize, "limit", "marker"),
  listFlavors: extended(endpoints.listFlavorsPage, pageSize, "limit", "marker"),
  listStacks: extended(endpoints.listStacksPage, pageSize, "limit", "marker"),
  listScripts: extended(endpoints.listScriptsPage, pageSize, "limit", "marker"),
  find: options({ nameOrId: Named.annotations({ description: "a name or an id" }) }),
  findNode: options(node),
  sshTarget: options({
    ...node,
    username: Schema.optional(Schema.String),
    network: Schema.optional(Schema.Literal("public", "private")),
    port: Schema.optional(Schema.Number),
    identityFile: Schema.optional(Schema.String),
    hostKeys: Schema.optional(Schema.Union(Schema.Literal("known", "acceptNew"), Schema.Array(Schema.String))),
    options: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String })),
    sshProgram: Schema.optional(Schema.String)
  }),
  watch: options({ ...waiting, ...until }),
  waitUntil: options({ ...waiting, ...until }),
  waitUntilActive: options(waiting),
  waitUntilDeleted: options(waiting)
}
