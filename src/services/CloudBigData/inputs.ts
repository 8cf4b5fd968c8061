/**
 * The fields that operations of several requests know. An operation of one request has them in its schemas.
 */
import { extended, type AnyInputs } from "../../internal/schema/knownFields.js"
import { endpoints } from "./endpoints.js"

const waiting = { clusterId: true, interval: true, jitter: true, timeout: true } as const

const node = { clusterId: true, nodeName: true, component: true } as const

export const inputs = {
  listClusters: extended(endpoints.listClustersPage, { pageSize: true }, "limit", "marker"),
  listNodes: extended(endpoints.listNodesPage, { pageSize: true }, "limit", "marker"),
  listFlavors: extended(endpoints.listFlavorsPage, { pageSize: true }, "limit", "marker"),
  listStacks: extended(endpoints.listStacksPage, { pageSize: true }, "limit", "marker"),
  listScripts: extended(endpoints.listScriptsPage, { pageSize: true }, "limit", "marker"),
  findCluster: { name: true },
  findNode: node,
  sshTarget: {
    ...node,
    username: true,
    network: true,
    port: true,
    identityFile: true,
    hostKeys: true,
    options: true,
    sshProgram: true
  },
  watch: { ...waiting, until: true },
  waitUntil: { ...waiting, until: true },
  waitUntilActive: waiting,
  waitUntilDeleted: waiting
} satisfies AnyInputs
