/**
 * A load balancer as it is kept, its status by the Clock, and how it is shown (load-balancers.md sections 2.2, 2.3 and 3).
 */
import type * as RequestBody from "../RequestBody.js"
import * as Timestamp from "../Timestamp.js"
import type * as Usage from "./usage.js"

/** An address at which a balancer takes connections; balancers may share one. */
export interface VirtualIp {
  readonly id: number
  readonly address: string
  readonly type: string
  readonly ipVersion: string
}

/** A key and its value, of a balancer or a node. */
export interface MetadataItem {
  readonly id: number
  readonly key: string
  value: string
}

/** A back-end of a balancer. */
export interface NodeRecord {
  readonly id: number
  readonly address: string
  readonly port: number
  condition: string
  status: string
  type: string
  /** Kept, but shown and heeded with weighted algorithms only. */
  weight: number | undefined
  metadata: Array<MetadataItem>
}

/** A network that may reach a balancer, or may not. */
export interface AccessListItem {
  readonly id: number
  readonly address: string
  readonly type: string
}

/** How a balancer speaks TLS. The key is kept, and told to no one. */
export interface SslTermination {
  enabled: boolean
  securePort: number
  secureTrafficOnly: boolean
  certificate: string
  privateKey: string
  intermediateCertificate: string | undefined
  cipherProfile: string
  securityProtocols: ReadonlyArray<RequestBody.JsonObject>
}

/** A certificate for another of the balancer's names. The key is kept, and told to no one. */
export interface CertificateMapping {
  readonly id: number
  hostName: string
  certificate: string
  privateKey: string
  intermediateCertificate: string | undefined
}

/** What a balancer is busy with, until when, and what it is then. Milliseconds since the epoch. */
export interface Change {
  readonly status: "BUILD" | "PENDING_UPDATE" | "PENDING_DELETE"
  readonly endsAt: number
  readonly end: "ACTIVE" | "ERROR" | "DELETED"
}

/** A load balancer. Times are milliseconds since the epoch. */
export interface BalancerRecord {
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
  /** Set from outside, until it is set anew: SUSPENDED. */
  fixedStatus: string | undefined
  /** When the API stops telling of it. */
  goneAt: number | undefined
  virtualIps: Array<VirtualIp>
  nodes: Array<NodeRecord>
  accessList: Array<AccessListItem>
  metadata: Array<MetadataItem>
  connectionLogging: boolean
  contentCaching: boolean
  healthMonitor: RequestBody.JsonObject | undefined
  sessionPersistence: string | undefined
  connectionThrottle: Readonly<Record<string, number>> | undefined
  errorPage: string | undefined
  sslTermination: SslTermination | undefined
  certificateMappings: Array<CertificateMapping>
  readonly usage: Usage.Usage
}

/** The status that the API shows now. */
export const statusOf = (balancer: BalancerRecord, now: number): string =>
  balancer.fixedStatus ?? (now < balancer.change.endsAt ? balancer.change.status : balancer.change.end)

/** Whether the weights of nodes count. */
export const isWeighted = (algorithm: string): boolean => algorithm.startsWith("WEIGHTED_")

/** A node as the API shows it. */
export const nodeToJson = (node: NodeRecord, balancer: BalancerRecord): RequestBody.JsonObject => ({
  id: node.id,
  address: node.address,
  port: node.port,
  condition: node.condition,
  status: node.status,
  type: node.type,
  ...(isWeighted(balancer.algorithm) && { weight: node.weight ?? 1 }),
  ...(node.metadata.length > 0 && { metadata: node.metadata })
})

/** Without the private key. */
export const sslToJson = ({ privateKey: _, ...ssl }: SslTermination): RequestBody.JsonObject => ({ ...ssl })

/** As it stands in the list of mappings, or whole, but without the private key. */
export const mappingToJson = (
  { certificate, hostName, id, intermediateCertificate }: CertificateMapping,
  isWhole: boolean
): RequestBody.JsonObject => ({
  certificateMapping: {
    id,
    hostName,
    ...(isWhole && { certificate, ...(intermediateCertificate !== undefined && { intermediateCertificate }) })
  }
})

const time = (millis: number) => ({ time: Timestamp.utcSeconds(millis) })

/** As it stands in the list: a deleted one comes short. */
export const toSummary = (balancer: BalancerRecord, now: number): RequestBody.JsonObject => {
  const status = statusOf(balancer, now)
  const short = {
    id: balancer.id,
    name: balancer.name,
    status,
    created: time(balancer.createdAt),
    updated: time(balancer.updatedAt)
  }
  return status === "DELETED"
    ? { ...short, nodeCount: 0 }
    : {
        ...short,
        protocol: balancer.protocol,
        port: balancer.port,
        algorithm: balancer.algorithm,
        timeout: balancer.timeout,
        virtualIps: balancer.virtualIps,
        nodeCount: balancer.nodes.length
      }
}

/** Whole. What is not set is left out. */
export const toDetail = (balancer: BalancerRecord, now: number): RequestBody.JsonObject => {
  const { nodeCount: _, ...summary } = toSummary(balancer, now)
  const { healthMonitor, connectionThrottle, sessionPersistence, sslTermination } = balancer
  return {
    ...summary,
    halfClosed: balancer.halfClosed,
    httpsRedirect: balancer.httpsRedirect,
    sourceAddresses: {
      ipv6Public: "2001:4801:7901::6/64",
      ipv4Servicenet: "10.183.252.25",
      ipv4Public: "174.143.139.191",
      ipv6Servicenet: "fe80::1:2/64"
    },
    cluster: { name: "ztm-n05.dfw1.lbaas.rackspace.net" },
    connectionLogging: { enabled: balancer.connectionLogging },
    contentCaching: { enabled: balancer.contentCaching },
    ...(balancer.nodes.length > 0 && { nodes: balancer.nodes.map((node) => nodeToJson(node, balancer)) }),
    ...(sessionPersistence !== undefined && { sessionPersistence: { persistenceType: sessionPersistence } }),
    ...(healthMonitor !== undefined && { healthMonitor }),
    ...(connectionThrottle !== undefined && { connectionThrottle }),
    ...(sslTermination !== undefined && { sslTermination: sslToJson(sslTermination) }),
    ...(balancer.accessList.length > 0 && { accessList: balancer.accessList }),
    ...(balancer.metadata.length > 0 && { metadata: balancer.metadata })
  }
}
