/** The protocols of load balancers, and their algorithms to choose nodes. */
import * as Endpoint from "../../Endpoint.js"
import { struct } from "../../internal/schema/struct.js"
import { enveloped, openEnum, someCount } from "../../internal/schema/wire.js"

/** The protocol of a load balancer. */
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

/** A protocol of load balancers. */
export interface Protocol {
  readonly name: ProtocolName
  /** The default port. 0 if there is none, and one must be given. Absent if the cloud does not return it. */
  readonly port?: number | undefined
}

export const Protocol = struct<Protocol>(() => ({ name: ProtocolName, port: someCount }))

/** The algorithm that chooses the next node. */
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
  /** The protocols and their ports. "List load balancing protocols", `GET /loadbalancers/protocols`. */
  listProtocols: Endpoint.make("GET", "/loadbalancers/protocols", { success: Endpoint.list("protocols", Protocol) })
})
