/** The protocols that load balancers speak, and the algorithms by which they choose nodes. */
import * as Endpoint from "../../Endpoint.js"
import { struct } from "../../internal/schema/struct.js"
import { enveloped, openEnum, someCount } from "../../internal/schema/wire.js"

/** What a load balancer speaks. */
export const ProtocolName = openEnum(
  "DNS_TCP",
  "DNS_UDP",
  "FTP",
  "HTTP",
  "HTTPS",
  "IMAPS",
  "IMAPv2",
  "IMAPv3",
  "IMAPv4",
  "LDAP",
  "LDAPS",
  "MYSQL",
  "POP3",
  "POP3S",
  "SFTP",
  "SMTP",
  "TCP",
  "TCP_CLIENT_FIRST",
  "TCP_STREAM",
  "UDP",
  "UDP_STREAM"
)

export type ProtocolName = typeof ProtocolName.Type

/** A protocol that load balancers speak. */
export interface Protocol {
  readonly name: ProtocolName
  /** The usual port. 0 where there is none, and one must be named. Absent where the cloud does not return it. */
  readonly port?: number | undefined
}

export const Protocol = struct<Protocol>({ name: ProtocolName, port: someCount })

/** How the next node is chosen. */
export const Algorithm = openEnum(
  "LEAST_CONNECTIONS",
  "RANDOM",
  "ROUND_ROBIN",
  "WEIGHTED_LEAST_CONNECTIONS",
  "WEIGHTED_ROUND_ROBIN"
)

export type Algorithm = typeof Algorithm.Type

/** The operations on protocols and algorithms. */
export const protocolEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** The algorithms' names. "List load balancing algorithms", `GET /loadbalancers/algorithms`. */
  listAlgorithms: Endpoint.make("GET", "/loadbalancers/algorithms", {
    success: Endpoint.list("algorithms", enveloped("name", Algorithm))
  }),
  /** The protocols, and their ports. "List load balancing protocols", `GET /loadbalancers/protocols`. */
  listProtocols: Endpoint.make("GET", "/loadbalancers/protocols", { success: Endpoint.list("protocols", Protocol) })
})
