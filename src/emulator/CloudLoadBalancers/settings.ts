/**
 * Settings of load balancers that are read, written and removed as a whole (Cloud Load Balancers API v1.0, "Health
 * monitors", "Sessions", "Connections", "Content caching" and "Error pages"). Settings that the protocol does not
 * support are refused.
 */
import type * as Fields from "../Fields.js"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Fixtures from "./fixtures.js"
import type { LoadBalancer } from "./loadBalancerRecord.js"
import type { Region } from "./region.js"
import { checkMutable, ofLoadBalancer } from "./region.js"
import type { LoadBalancerRequest } from "./requests.js"
import { accepted, invalid, onlyObject, read, refuse } from "./requests.js"

/** A setting, and the status of the answer to changes. */
interface Setting {
  readonly show: (loadBalancer: LoadBalancer) => unknown
  readonly change: (loadBalancer: LoadBalancer, sent: Fields.JsonObject) => void
  readonly remove?: (loadBalancer: LoadBalancer) => void
  readonly status: 200 | 202
}

/** The handlers of a setting. `key` is the only key of its JSON. */
export const handlersOf = (region: Region, key: string, { change, remove, show, status }: Setting) => ({
  get: (loadBalancer: LoadBalancer): WireResponse => Reply.json(200, { [key]: show(loadBalancer) }),
  put: (loadBalancer: LoadBalancer, request: LoadBalancerRequest): WireResponse => {
    const sent = onlyObject(request, key)
    checkMutable(loadBalancer, request.now)
    change(loadBalancer, sent)
    region.finishChange(loadBalancer, request.now)
    return status === 200 ? Reply.json(200, { [key]: show(loadBalancer) }) : accepted()
  },
  delete: (loadBalancer: LoadBalancer, { now }: LoadBalancerRequest): WireResponse => {
    checkMutable(loadBalancer, now)
    remove?.(loadBalancer)
    region.finishChange(loadBalancer, now)
    return Reply.empty(status)
  }
})

/** Reads a health monitor that the protocol supports. */
export const readHealthMonitor = (from: Fields.JsonObject, protocol: string): Fields.JsonObject => {
  const type = read.oneOf(from, "type", ["CONNECT", "HTTP", "HTTPS"])
  if (Fixtures.isDatagram(protocol)) {
    invalid(`Health monitors cannot be used with ${protocol}`)
  }
  if (type !== "CONNECT" && type !== protocol) {
    invalid(`An ${type} health monitor cannot be used with a load balancer of protocol ${protocol}`)
  }
  const common = {
    type,
    delay: read.integer(from, "delay", 1, 3600),
    timeout: read.integer(from, "timeout", 1, 300),
    attemptsBeforeDeactivation: read.integer(from, "attemptsBeforeDeactivation", 1, 10)
  }
  if (type === "CONNECT") {
    return common
  }
  const bodyRegex = read.optionalText(from, "bodyRegex")
  const hostHeader = read.optionalText(from, "hostHeader")
  return {
    ...common,
    path: read.text(from, "path"),
    statusRegex: read.text(from, "statusRegex"),
    ...(bodyRegex !== undefined && { bodyRegex }),
    ...(hostHeader !== undefined && { hostHeader })
  }
}

const protocolsOfPersistence: Readonly<Record<string, ReadonlyArray<string>>> = {
  HTTP_COOKIE: ["HTTP"],
  SOURCE_IP: ["HTTP", "HTTPS"],
  SSL_ID: ["HTTPS"]
}

/** Reads a session persistence that the protocol supports. */
export const readSessionPersistence = (from: Fields.JsonObject, protocol: string): string => {
  const type = read.oneOf(from, "persistenceType", Object.keys(protocolsOfPersistence))
  return protocolsOfPersistence[type]?.includes(protocol) === true
    ? type
    : invalid(`${type} session persistence cannot be used with ${protocol}`)
}

/** Reads limits of connections. Others stay unchanged. */
export const readConnectionThrottle = (
  region: Region,
  from: Fields.JsonObject,
  before: LoadBalancer["connectionThrottle"]
): LoadBalancer["connectionThrottle"] => {
  const fields = {
    maxConnections: read.optionalInteger(from, "maxConnections", 0, 100_000),
    minConnections: read.optionalInteger(from, "minConnections", 0, 1000),
    maxConnectionRate: read.optionalInteger(from, "maxConnectionRate", 0, 100_000),
    rateInterval: read.optionalInteger(from, "rateInterval", 1, 3600)
  }
  const given = Object.entries(fields).filter((field): field is [string, number] => field[1] !== undefined)
  if (given.length === 0 || (region.settings.throttleNeedsAll && before === undefined && given.length < 4)) {
    invalid("maxConnections, minConnections, maxConnectionRate and rateInterval must be given")
  }
  return { ...before, ...Object.fromEntries(given) }
}

export const checkConnectionLogging = (protocol: string): void => {
  if (Fixtures.isDatagram(protocol)) {
    invalid(`Connection logging cannot be used with ${protocol}`)
  }
}

export const checkContentCaching = (protocol: string): void => {
  if (protocol !== "HTTP") {
    invalid(`Content caching cannot be used with ${protocol}`)
  }
}

const healthMonitor: Setting = {
  status: 202,
  show: (loadBalancer) => loadBalancer.healthMonitor ?? {},
  change: (loadBalancer, sent) => {
    loadBalancer.healthMonitor = readHealthMonitor(sent, loadBalancer.protocol)
  },
  remove: (loadBalancer) => {
    loadBalancer.healthMonitor = undefined
    for (const node of loadBalancer.nodes) {
      node.status = "ONLINE"
    }
  }
}

const sessionPersistence: Setting = {
  status: 202,
  show: ({ sessionPersistence: type }) => (type === undefined ? {} : { persistenceType: type }),
  change: (loadBalancer, sent) => {
    loadBalancer.sessionPersistence = readSessionPersistence(sent, loadBalancer.protocol)
  },
  remove: (loadBalancer) => {
    if (loadBalancer.sessionPersistence === undefined) {
      refuse(422, "Session persistence is already disabled.")
    }
    loadBalancer.sessionPersistence = undefined
  }
}

const connectionLogging: Setting = {
  status: 200,
  show: (loadBalancer) => ({ enabled: loadBalancer.connectionLogging }),
  change: (loadBalancer, sent) => {
    checkConnectionLogging(loadBalancer.protocol)
    loadBalancer.connectionLogging = read.boolean(sent, "enabled")
  }
}

const connectionThrottle = (region: Region): Setting => ({
  status: 200,
  show: (loadBalancer) => loadBalancer.connectionThrottle ?? {},
  change: (loadBalancer, sent) => {
    loadBalancer.connectionThrottle = readConnectionThrottle(region, sent, loadBalancer.connectionThrottle)
  },
  remove: (loadBalancer) => {
    loadBalancer.connectionThrottle = undefined
  }
})

const contentCaching: Setting = {
  status: 202,
  show: (loadBalancer) => ({ enabled: loadBalancer.contentCaching }),
  change: (loadBalancer, sent) => {
    const enabled = read.boolean(sent, "enabled")
    if (enabled) {
      checkContentCaching(loadBalancer.protocol)
    }
    loadBalancer.contentCaching = enabled
  }
}

const errorPage: Setting = {
  status: 200,
  show: (loadBalancer) => ({ content: loadBalancer.errorPage ?? Fixtures.errorPage }),
  change: (loadBalancer, sent) => {
    if (loadBalancer.protocol !== "HTTP") {
      invalid(`Error pages cannot be used with ${loadBalancer.protocol}`)
    }
    loadBalancer.errorPage = read.text(sent, "content")
  },
  remove: (loadBalancer) => {
    loadBalancer.errorPage = undefined
  }
}

export const routes = (region: Region) => {
  const monitor = handlersOf(region, "healthMonitor", healthMonitor)
  const persistence = handlersOf(region, "sessionPersistence", sessionPersistence)
  const logging = handlersOf(region, "connectionLogging", connectionLogging)
  const throttle = handlersOf(region, "connectionThrottle", connectionThrottle(region))
  const caching = handlersOf(region, "contentCaching", contentCaching)
  const page = handlersOf(region, "errorpage", errorPage)
  return ofLoadBalancer(region)({
    "GET /loadbalancers/{id}/healthmonitor": monitor.get,
    "PUT /loadbalancers/{id}/healthmonitor": monitor.put,
    "DELETE /loadbalancers/{id}/healthmonitor": monitor.delete,
    "GET /loadbalancers/{id}/sessionpersistence": persistence.get,
    "PUT /loadbalancers/{id}/sessionpersistence": persistence.put,
    "DELETE /loadbalancers/{id}/sessionpersistence": persistence.delete,
    "GET /loadbalancers/{id}/connectionlogging": logging.get,
    "PUT /loadbalancers/{id}/connectionlogging": logging.put,
    "GET /loadbalancers/{id}/connectionthrottle": throttle.get,
    "PUT /loadbalancers/{id}/connectionthrottle": throttle.put,
    "DELETE /loadbalancers/{id}/connectionthrottle": throttle.delete,
    "GET /loadbalancers/{id}/contentcaching": caching.get,
    "PUT /loadbalancers/{id}/contentcaching": caching.put,
    "GET /loadbalancers/{id}/errorpage": page.get,
    "PUT /loadbalancers/{id}/errorpage": page.put,
    "DELETE /loadbalancers/{id}/errorpage": page.delete
  })
}
