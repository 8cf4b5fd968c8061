/**
 * The protocols that load balancers speak, and the algorithms by which they choose nodes.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { enveloped, open, someCount } from "../../internal/schema/wire.js"

/**
 * What a load balancer speaks.
 *
 * @since 0.1.0
 * @category models
 */
export const ProtocolName = open(
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

/**
 * A protocol that load balancers speak.
 *
 * @since 0.1.0
 * @category models
 */
export const Protocol = Schema.Struct({
  name: ProtocolName,
  /** The usual port. 0 where there is none, and one must be named. Absent where the cloud does not return it. */
  port: someCount
})

/**
 * A protocol that load balancers speak.
 *
 * @since 0.1.0
 * @category models
 */
export interface Protocol extends Schema.Schema.Type<typeof Protocol> {}

/**
 * How the next node is chosen.
 *
 * @since 0.1.0
 * @category models
 */
export const Algorithm = open(
  "LEAST_CONNECTIONS",
  "RANDOM",
  "ROUND_ROBIN",
  "WEIGHTED_LEAST_CONNECTIONS",
  "WEIGHTED_ROUND_ROBIN"
)

/** The operations on protocols and algorithms. */
export const protocolEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** The algorithms' names. "List load balancing algorithms", `GET /loadbalancers/algorithms`. */
  listAlgorithms: Endpoint.make("GET", "/loadbalancers/algorithms", {
    success: Endpoint.list("algorithms", enveloped("name", Algorithm))
  }),
  /** The protocols, and their ports. "List load balancing protocols", `GET /loadbalancers/protocols`. */
  listProtocols: Endpoint.make("GET", "/loadbalancers/protocols", {
    success: Endpoint.list("protocols", Protocol)
  })
})
