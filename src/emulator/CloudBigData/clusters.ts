/** Clusters (Cloud Big Data API v2, "Clusters"). */
import { randomUUID } from "node:crypto"
import type { JsonObject } from "../Fields.js"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import type { Change, ClusterRecord, Credential } from "./clusterRecord.js"
import { isVisible, statusOf, toDetail, toSummary } from "./clusterRecord.js"
import type { WantedCluster } from "./clusterRequest.js"
import { readControl, readCounts, readCreate, readFlatCredentials } from "./clusterRequest.js"
import { newNodes, nextNumber } from "./nodes.js"
import { checkQuota } from "./quota.js"
import type { Region } from "./region.js"
import type { BigDataRequest } from "./requests.js"
import { badRequest, conflict, page, read, table, within } from "./requests.js"

/** Stores a new cluster. */
export const addCluster = (
  region: Region,
  { stack, ...fields }: WantedCluster,
  change: Change,
  nodeFails = false
): ClusterRecord => {
  region.clusterCount++
  const additions = fields.groups.map((group) => ({ group, first: 1, count: group.count }))
  const cluster: ClusterRecord = {
    ...fields,
    id: randomUUID(),
    stackId: stack.id,
    createdAt: change.startedAt,
    updatedAt: undefined,
    nodes: newNodes(region, additions, change, nodeFails),
    change,
    fixedStatus: undefined,
    goneAt: undefined
  }
  region.clusters.set(cluster.id, cluster)
  return cluster
}

const show = (cluster: ClusterRecord, { baseUrl, now }: BigDataRequest): WireResponse =>
  Reply.json(200, { cluster: toDetail(cluster, now, baseUrl) })

const create = (region: Region, request: BigDataRequest): WireResponse => {
  const { now } = request
  const { buildTime, configureTime } = region.settings
  const wanted = readCreate(region, request.body)
  const counts = wanted.groups.map((group) => [group, group.count] as const)
  checkQuota(region, counts, region.existing(now))
  const fails = region.failingBuilds > 0
  const nodeFails = fails && region.failingCause === "node"
  region.failingBuilds = Math.max(0, region.failingBuilds - 1)
  const firstEndsAt = now + buildTime
  const endsAt = firstEndsAt + configureTime
  const failsAt = nodeFails ? firstEndsAt : fails ? endsAt : undefined
  const change: Change = { first: "BUILDING", startedAt: now, firstEndsAt, endsAt, failsAt }
  return show(addCluster(region, wanted, change, nodeFails), request)
}

/** Changes the numbers of nodes. The oldest nodes stay. */
const resize = (region: Region, cluster: ClusterRecord, sent: JsonObject, now: number): void => {
  const { configureTime, resizeTime } = region.settings
  const counts = readCounts(sent, cluster.groups)
  const after = cluster.groups.map((group) => [group, counts.get(group) ?? group.count] as const)
  const others = region.existing(now).filter((other) => other !== cluster)
  checkQuota(region, after, others)
  const firstEndsAt = now + resizeTime
  const endsAt = firstEndsAt + configureTime
  const change: Change = { first: "UPDATING", startedAt: now, firstEndsAt, endsAt, failsAt: undefined }
  const present = cluster.nodes.filter((node) => isVisible(node, now))
  const additions = after.map(([group, count]) => ({
    group,
    first: nextNumber(cluster, group),
    count: Math.max(0, count - group.count)
  }))
  const added = newNodes(region, additions, change)
  for (const [group, count] of after) {
    const superfluous = present.filter((node) => node.group === group && node.removal === undefined).slice(count)
    for (const node of superfluous) {
      node.removal = { startedAt: now, endsAt: firstEndsAt }
    }
    group.count = count
  }
  Object.assign(cluster, { nodes: [...present, ...added], change, fixedStatus: undefined })
}

const isSame = (a: Credential, b: Credential): boolean => a.type === b.type && a.name === b.name

const addCredentials = (region: Region, cluster: ClusterRecord, sent: JsonObject): void => {
  const given = readFlatCredentials(sent, "credentials", region.credentials)
  const kept = cluster.credentials.filter((present) => !given.some((each) => isSame(present, each)))
  cluster.credentials = [...kept, ...given.filter(({ type }) => type !== "ssh_keys")]
  const keys = given.filter(({ type }) => type === "ssh_keys").map(({ name }) => name)
  cluster.sshKeys = [...new Set([...cluster.sshKeys, ...keys])]
}

/** Only SSH keys can be removed. */
const removeCredentials = (cluster: ClusterRecord, sent: JsonObject): void => {
  const removed = (read.optionalObjects(sent, "remove_credentials") ?? []).map((each) => {
    const name = read.text(each, "name", 255)
    return each["type"] === "ssh_keys" && cluster.sshKeys.includes(name)
      ? name
      : badRequest("One or more ssh_keys are invalid")
  })
  cluster.sshKeys = cluster.sshKeys.filter((name) => !removed.includes(name))
}

/** Runs one of four operations, which are distinguished by the fields of the request. */
const update = (region: Region, cluster: ClusterRecord, request: BigDataRequest): WireResponse => {
  const { now } = request
  const sent = read.object(request.body, "cluster")
  const status = statusOf(cluster, now)
  if (status !== "ACTIVE") {
    return conflict(`Cluster ${cluster.id} cannot be changed while it is ${status}`)
  }
  if (sent["node_groups"] !== undefined) {
    resize(region, cluster, sent, now)
  } else if (sent["credentials"] !== undefined) {
    addCredentials(region, cluster, sent)
  } else if (sent["remove_credentials"] !== undefined) {
    removeCredentials(cluster, sent)
  } else {
    const control = readControl(sent, region.stacks.get(cluster.stackId))
    region.controls.push({ clusterId: cluster.id, ...control })
  }
  cluster.updatedAt = now
  return show(cluster, request)
}

const remove = (region: Region, cluster: ClusterRecord, now: number): WireResponse => {
  const status = statusOf(cluster, now)
  if (status !== "ACTIVE" && status !== "ERROR" && status !== "IMPAIRED") {
    return conflict(`Cluster ${cluster.id} cannot be deleted while it is ${status}`)
  }
  const endsAt = now + region.settings.deleteTime
  cluster.goneAt = endsAt
  cluster.updatedAt = now
  for (const node of cluster.nodes) {
    node.removal ??= { startedAt: now, endsAt }
  }
  return Reply.empty(204)
}

export const routes = (region: Region) => [
  table({
    "GET /clusters": (request) => {
      const { baseUrl, now } = request
      const toJson = (cluster: ClusterRecord) => toSummary(cluster, now, baseUrl)
      return Reply.json(200, page(request, { key: "clusters", path: "clusters", items: region.existing(now), toJson }))
    },
    "POST /clusters": (request) => create(region, request)
  }),
  within("/clusters/{id}", ({ now }, { id }) => region.find(id, now))({
    "GET /clusters/{id}": (cluster, request) => show(cluster, request),
    "PUT /clusters/{id}": (cluster, request) => update(region, cluster, request),
    "DELETE /clusters/{id}": (cluster, { now }) => remove(region, cluster, now)
  })
]
