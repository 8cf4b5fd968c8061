/** Load balancers themselves (Cloud Load Balancers API v1.0, "Load balancers"). */
import type * as Fields from "../Fields.js"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Timestamp from "../Timestamp.js"
import { readAccessList } from "./accessLists.js"
import * as Fixtures from "./fixtures.js"
import type { LoadBalancer, SslTermination } from "./loadBalancerRecord.js"
import { statusOf, toDetail, toSummary } from "./loadBalancerRecord.js"
import { readMetadata } from "./metadata.js"
import { newNodes, readNode } from "./nodes.js"
import type { Region } from "./region.js"
import { checkMutable, idsToDelete, isDeleted, ofLoadBalancer, refuseDeleted } from "./region.js"
import type { LoadBalancerRequest } from "./requests.js"
import { accepted, checkNames, invalid, onlyObject, page, read, refuse, table } from "./requests.js"
import {
  checkConnectionLogging,
  checkContentCaching,
  readConnectionThrottle,
  readHealthMonitor,
  readSessionPersistence
} from "./settings.js"
import * as Usage from "./usage.js"
import { readVirtualIps } from "./virtualIps.js"

/** The requested properties of a new load balancer. */
type NewLoadBalancer = Pick<LoadBalancer, "id" | "name" | "protocol" | "port"> & Partial<LoadBalancer>

/** Stores a new load balancer. */
export const addLoadBalancer = (region: Region, wanted: NewLoadBalancer, now: number): LoadBalancer => {
  const loadBalancer: LoadBalancer = {
    createdAt: now,
    updatedAt: now,
    algorithm: "RANDOM",
    timeout: 30,
    halfClosed: false,
    httpsRedirect: false,
    change: { status: "BUILD", endsAt: now, end: "ACTIVE" },
    fixedStatus: undefined,
    goneAt: undefined,
    virtualIps: [],
    nodes: [],
    accessList: [],
    metadata: [],
    connectionLogging: false,
    contentCaching: false,
    healthMonitor: undefined,
    sessionPersistence: undefined,
    connectionThrottle: undefined,
    errorPage: undefined,
    sslTermination: undefined,
    certificateMappings: [],
    usage: Usage.make(region.nextId),
    ...wanted
  }
  region.loadBalancers.set(loadBalancer.id, loadBalancer)
  region.recordUsage(loadBalancer, now, "CREATE_LOADBALANCER")
  return loadBalancer
}

/** Redirects require HTTPS at port 443, or HTTP that accepts only TLS, at port 443. */
const mayRedirect = (protocol: string, port: number, ssl: SslTermination | undefined): boolean =>
  (protocol === "HTTPS" && port === 443) ||
  (protocol === "HTTP" && ssl !== undefined && ssl.secureTrafficOnly && ssl.securePort === 443)

const checkHalfClosed = (protocol: string): void => {
  if (protocol !== "TCP" && protocol !== "TCP_CLIENT_FIRST") {
    invalid(`halfClosed cannot be used with ${protocol}`)
  }
}

const checkRedirect = (protocol: string, port: number, ssl: SslTermination | undefined): void => {
  if (!mayRedirect(protocol, port, ssl)) {
    invalid("httpsRedirect cannot be used with this protocol and port")
  }
}

const readPort = (sent: Fields.JsonObject, protocol: string): number => {
  const standard = Fixtures.protocols.find((each) => each.name === protocol)?.port ?? 0
  return (
    read.optionalInteger(sent, "port", 1, 65_535) ??
    (standard === 0 ? invalid(`Port must be provided with protocol ${protocol}`) : standard)
  )
}

/** Fields that must be objects; null is not one. */
const readObject = (sent: Fields.JsonObject, key: string): Fields.JsonObject | undefined =>
  sent[key] === undefined ? undefined : read.object(sent, key)

const readObjects = (sent: Fields.JsonObject, key: string): ReadonlyArray<Fields.JsonObject> =>
  sent[key] === undefined ? [] : read.objects(sent, key)

/** The settings that can be set at creation. */
const readSettings = (region: Region, sent: Fields.JsonObject, protocol: string) => {
  const isEnabled = (key: string): boolean => {
    const wanted = readObject(sent, key)
    return wanted !== undefined && (read.optionalBoolean(wanted, "enabled") ?? false)
  }
  const contentCaching = isEnabled("contentCaching")
  const connectionLogging = isEnabled("connectionLogging")
  if (contentCaching) {
    checkContentCaching(protocol)
  }
  if (connectionLogging) {
    checkConnectionLogging(protocol)
  }
  const monitor = readObject(sent, "healthMonitor")
  const healthMonitor = monitor && readHealthMonitor(monitor, protocol)
  const persistence = readObject(sent, "sessionPersistence")
  const sessionPersistence = persistence && readSessionPersistence(persistence, protocol)
  const throttle = readObject(sent, "connectionThrottle")
  const connectionThrottle = throttle && readConnectionThrottle(region, throttle, undefined)
  return { contentCaching, connectionLogging, healthMonitor, sessionPersistence, connectionThrottle }
}

const create = (region: Region, request: LoadBalancerRequest): WireResponse => {
  const { now } = request
  const { buildTime, limits } = region.settings
  const sent = onlyObject(request, "loadBalancer")
  if (sent["sslTermination"] !== undefined) {
    invalid("SSL termination cannot be set when a load balancer is created")
  }
  const name = read.text(sent, "name", 128)
  const protocol = read.oneOf(sent, "protocol", Fixtures.protocolNames)
  const port = readPort(sent, protocol)
  const halfClosed = read.optionalBoolean(sent, "halfClosed") ?? false
  if (halfClosed) {
    checkHalfClosed(protocol)
  }
  const httpsRedirect = read.optionalBoolean(sent, "httpsRedirect") ?? false
  if (httpsRedirect) {
    checkRedirect(protocol, port, undefined)
  }
  const algorithm = read.optionalOneOf(sent, "algorithm", Fixtures.algorithms) ?? "RANDOM"
  const timeout = read.optionalInteger(sent, "timeout", 1, 120) ?? 30
  const settings = readSettings(region, sent, protocol)
  const accessList = readAccessList(region, readObjects(sent, "accessList"), [])
  const metadata = readMetadata(readObjects(sent, "metadata"), [], limits.LOADBALANCER_META_LIMIT)
  const nodes = readObjects(sent, "nodes").map(readNode)
  if (region.existing(now).length >= limits.LOADBALANCER_LIMIT) {
    refuse(413, `Load balancer limit of ${limits.LOADBALANCER_LIMIT} reached.`)
  }
  const virtualIps = readVirtualIps(region, sent, protocol, port, now)
  const end = region.failingBuilds > 0 ? "ERROR" : "ACTIVE"
  region.failingBuilds = Math.max(0, region.failingBuilds - 1)
  const id = region.nextId()
  const basics = { id, name, protocol, port, halfClosed, httpsRedirect, algorithm, timeout, virtualIps }
  const lists = {
    nodes: newNodes(region, nodes, []),
    accessList: region.withIds(accessList),
    metadata: region.withIds(metadata)
  }
  const change = { status: "BUILD", endsAt: now + buildTime, end } as const
  const loadBalancer = addLoadBalancer(region, { ...basics, ...settings, ...lists, change }, now)
  return Reply.json(202, { loadBalancer: toDetail(loadBalancer, now) })
}

const list = (region: Region, { now, query }: LoadBalancerRequest): WireResponse => {
  const status = query.get("status")
  const nodeAddress = query.get("nodeaddress")
  const name = nodeAddress === null ? query.get("name") : null
  const since = query.get("changes-since")
  const changedSince = since === null ? undefined : (Timestamp.parse(since) ?? invalid("changes-since is not a date"))
  const found = region
    .visible(now)
    .filter(
      (loadBalancer) =>
        (status === null ? !isDeleted(loadBalancer, now) : statusOf(loadBalancer, now) === status) &&
        (name === null || loadBalancer.name === name) &&
        (nodeAddress === null || loadBalancer.nodes.some(({ address }) => address === nodeAddress)) &&
        (changedSince === undefined || loadBalancer.updatedAt >= changedSince)
    )
  return Reply.json(200, {
    loadBalancers: page(found, query, region.settings.paging).map((loadBalancer) =>
      nodeAddress === null
        ? toSummary(loadBalancer, now)
        : { id: loadBalancer.id, name: loadBalancer.name, status: statusOf(loadBalancer, now) }
    )
  })
}

const changeable = ["name", "algorithm", "protocol", "halfClosed", "port", "timeout", "httpsRedirect"]

const update = (region: Region, loadBalancer: LoadBalancer, request: LoadBalancerRequest): WireResponse => {
  const sent = onlyObject(request, "loadBalancer")
  checkMutable(loadBalancer, request.now)
  checkNames(sent, changeable)
  if (Object.keys(sent).length === 0) {
    invalid(`At least one of ${changeable.join(", ")} must be given`)
  }
  const protocol = read.optionalOneOf(sent, "protocol", Fixtures.protocolNames) ?? loadBalancer.protocol
  const port = read.optionalInteger(sent, "port", 1, 65_535) ?? loadBalancer.port
  const algorithm = read.optionalOneOf(sent, "algorithm", Fixtures.algorithms) ?? loadBalancer.algorithm
  const name = read.optionalText(sent, "name", 128) ?? loadBalancer.name
  const timeout = read.optionalInteger(sent, "timeout", 1, 120) ?? loadBalancer.timeout
  const halfClosed = read.optionalBoolean(sent, "halfClosed") ?? loadBalancer.halfClosed
  const httpsRedirect = read.optionalBoolean(sent, "httpsRedirect") ?? loadBalancer.httpsRedirect
  const changesProtocol = protocol !== loadBalancer.protocol
  if (changesProtocol && loadBalancer.contentCaching) {
    invalid("The protocol cannot be changed while content caching is enabled")
  }
  if (sent["halfClosed"] === true) {
    checkHalfClosed(protocol)
  }
  if (sent["httpsRedirect"] === true) {
    checkRedirect(protocol, port, loadBalancer.sslTermination)
  }
  if (changesProtocol) {
    loadBalancer.sessionPersistence = undefined
    loadBalancer.errorPage = undefined
  }
  Object.assign(loadBalancer, { protocol, port, algorithm, name, timeout, halfClosed, httpsRedirect })
  region.finishChange(loadBalancer, request.now)
  return accepted()
}

const isDeletable = (loadBalancer: LoadBalancer, now: number): boolean =>
  ["ACTIVE", "ERROR"].includes(statusOf(loadBalancer, now))

const startDeletion = (region: Region, loadBalancer: LoadBalancer, now: number): void => {
  const { deleteTime, deletedFor } = region.settings
  loadBalancer.updatedAt = now
  loadBalancer.fixedStatus = undefined
  loadBalancer.change = { status: "PENDING_DELETE", endsAt: now + deleteTime, end: "DELETED" }
  loadBalancer.goneAt = now + deleteTime + deletedFor
  loadBalancer.usage.end(now)
  region.recordAccountUsage(now)
}

const refuseImmutable = (ids: ReadonlyArray<number>): never =>
  refuse(400, `Must provide valid load balancers: ${ids.join(", ")} are immutable and could not be processed.`)

const remove = (region: Region, loadBalancer: LoadBalancer, { now }: LoadBalancerRequest): WireResponse => {
  const status = statusOf(loadBalancer, now)
  if (status === "PENDING_DELETE" || status === "DELETED") {
    refuseImmutable([loadBalancer.id])
  }
  if (!isDeletable(loadBalancer, now)) {
    checkMutable(loadBalancer, now)
  }
  startDeletion(region, loadBalancer, now)
  return accepted()
}

const removeMany = (region: Region, request: LoadBalancerRequest): WireResponse => {
  const { now } = request
  const visible = region.visible(now)
  const found = idsToDelete(region, request, "load balancer").map((id) => ({
    id,
    loadBalancer: visible.find((each) => each.id === id)
  }))
  const bad = found.filter(({ loadBalancer }) => loadBalancer === undefined || !isDeletable(loadBalancer, now))
  if (bad.length > 0) {
    refuseImmutable(bad.map(({ id }) => id))
  }
  for (const { loadBalancer } of found) {
    if (loadBalancer !== undefined) {
      startDeletion(region, loadBalancer, now)
    }
  }
  return accepted()
}

const get = (region: Region, id: string, now: number): WireResponse => {
  const loadBalancer = region.find(id, now)
  if (!isDeleted(loadBalancer, now)) {
    return Reply.json(200, { loadBalancer: toDetail(loadBalancer, now) })
  }
  return region.settings.deletedStatus === 200
    ? Reply.json(200, { loadBalancer: toSummary(loadBalancer, now) })
    : refuseDeleted(region)
}

export const routes = (region: Region) => [
  table({
    "GET /loadbalancers": (request) => list(region, request),
    "POST /loadbalancers": (request) => create(region, request),
    "DELETE /loadbalancers": (request) => removeMany(region, request),
    "GET /loadbalancers/{id}": ({ now }, { id }) => get(region, id, now)
  }),
  ofLoadBalancer(region)({
    "PUT /loadbalancers/{id}": (loadBalancer, request) => update(region, loadBalancer, request),
    "DELETE /loadbalancers/{id}": (loadBalancer, request) => remove(region, loadBalancer, request)
  })
]
