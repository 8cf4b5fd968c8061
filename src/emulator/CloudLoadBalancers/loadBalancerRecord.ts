/**
 * The stored load balancer, its status by the Clock, and its JSON (Cloud Load Balancers API v1.0, "Show load balancer
 * details" and "Load balancer status").
 */
import type * as Fields from "../Fields.js"
import * as Timestamp from "../Timestamp.js"
import type * as Usage from "./usage.js"

/** An address at which a load balancer accepts connections. Load balancers may share one. */
export interface VirtualIp {
  readonly id: number
  readonly address: string
  readonly type: string
  readonly ipVersion: string
}

/** A metadata item of a load balancer or a node. */
export interface MetadataItem {
  readonly id: number
  readonly key: string
  value: string
}

/** A back-end of a load balancer. */
export interface Node {
  readonly id: number
  readonly address: string
  readonly port: number
  condition: string
  status: string
  type: string
  /** Shown and used only with weighted algorithms. */
  weight: number | undefined
  metadata: Array<MetadataItem>
}

/** A network that may or may not connect. */
export interface AccessListItem {
  readonly id: number
  readonly address: string
  readonly type: string
}

/** TLS settings. The private key is never shown. */
export interface SslTermination {
  enabled: boolean
  securePort: number
  secureTrafficOnly: boolean
  certificate: string
  privateKey: string
  intermediateCertificate: string | undefined
  cipherProfile: string
  securityProtocols: ReadonlyArray<Fields.JsonObject>
}

/** A certificate for another host name. The private key is never shown. */
export interface CertificateMapping {
  readonly id: number
  hostName: string
  certificate: string
  privateKey: string
  intermediateCertificate: string | undefined
}

/** A change in progress. `end` is the status after it. Times are milliseconds since the epoch. */
export interface Change {
  readonly status: "BUILD" | "PENDING_UPDATE" | "PENDING_DELETE"
  readonly endsAt: number
  readonly end: "ACTIVE" | "ERROR" | "DELETED"
}

/** A load balancer. Times are milliseconds since the epoch. */
export interface LoadBalancer {
  readonly id: number
  readonly createdAt: number
  updatedAt: number
  name: string
  protocol: string
  port: number
  algorithm: string
  timeout: number
  halfClosed: boolean
  httpsRedirect: boolean
  change: Change
  /** A status set by a test, instead of the one that follows from `change`: SUSPENDED. */
  fixedStatus: string | undefined
  /** When a deleted load balancer disappears from the API. */
  goneAt: number | undefined
  virtualIps: Array<VirtualIp>
  nodes: Array<Node>
  accessList: Array<AccessListItem>
  metadata: Array<MetadataItem>
  connectionLogging: boolean
  contentCaching: boolean
  healthMonitor: Fields.JsonObject | undefined
  sessionPersistence: string | undefined
  connectionThrottle: Readonly<Record<string, number>> | undefined
  errorPage: string | undefined
  sslTermination: SslTermination | undefined
  certificateMappings: Array<CertificateMapping>
  readonly usage: Usage.Usage
}

export const statusOf = (loadBalancer: LoadBalancer, now: number): string =>
  loadBalancer.fixedStatus ?? (now < loadBalancer.change.endsAt ? loadBalancer.change.status : loadBalancer.change.end)

export const isWeighted = (algorithm: string): boolean => algorithm.startsWith("WEIGHTED_")

export const nodeToJson = (node: Node, loadBalancer: LoadBalancer): Fields.JsonObject => ({
  id: node.id,
  address: node.address,
  port: node.port,
  condition: node.condition,
  status: node.status,
  type: node.type,
  ...(isWeighted(loadBalancer.algorithm) && { weight: node.weight ?? 1 }),
  ...(node.metadata.length > 0 && { metadata: node.metadata })
})

export const sslToJson = ({ privateKey: _, ...ssl }: SslTermination): Fields.JsonObject => ({ ...ssl })

const time = (millis: number) => ({ time: Timestamp.utcSeconds(millis) })

/** The entry in a list. Deleted load balancers have fewer fields. */
export const toSummary = (loadBalancer: LoadBalancer, now: number): Fields.JsonObject => {
  const status = statusOf(loadBalancer, now)
  const short = {
    id: loadBalancer.id,
    name: loadBalancer.name,
    status,
    created: time(loadBalancer.createdAt),
    updated: time(loadBalancer.updatedAt)
  }
  return status === "DELETED"
    ? { ...short, nodeCount: 0 }
    : {
        ...short,
        protocol: loadBalancer.protocol,
        port: loadBalancer.port,
        algorithm: loadBalancer.algorithm,
        timeout: loadBalancer.timeout,
        virtualIps: loadBalancer.virtualIps,
        nodeCount: loadBalancer.nodes.length
      }
}

/** All fields. Settings that are not set are left out. */
export const toDetail = (loadBalancer: LoadBalancer, now: number): Fields.JsonObject => {
  const { nodeCount: _, ...summary } = toSummary(loadBalancer, now)
  const { healthMonitor, connectionThrottle, sessionPersistence, sslTermination } = loadBalancer
  return {
    ...summary,
    halfClosed: loadBalancer.halfClosed,
    httpsRedirect: loadBalancer.httpsRedirect,
    sourceAddresses: {
      ipv6Public: "2001:4801:7901::6/64",
      ipv4Servicenet: "10.183.252.25",
      ipv4Public: "174.143.139.191",
      ipv6Servicenet: "fe80::1:2/64"
    },
    cluster: { name: "ztm-n05.dfw1.lbaas.rackspace.net" },
    connectionLogging: { enabled: loadBalancer.connectionLogging },
    contentCaching: { enabled: loadBalancer.contentCaching },
    ...(loadBalancer.nodes.length > 0 && { nodes: loadBalancer.nodes.map((node) => nodeToJson(node, loadBalancer)) }),
    ...(sessionPersistence !== undefined && { sessionPersistence: { persistenceType: sessionPersistence } }),
    ...(healthMonitor !== undefined && { healthMonitor }),
    ...(connectionThrottle !== undefined && { connectionThrottle }),
    ...(sslTermination !== undefined && { sslTermination: sslToJson(sslTermination) }),
    ...(loadBalancer.accessList.length > 0 && { accessList: loadBalancer.accessList }),
    ...(loadBalancer.metadata.length > 0 && { metadata: loadBalancer.metadata })
  }
}
