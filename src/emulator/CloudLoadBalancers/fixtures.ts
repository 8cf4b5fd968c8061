/**
 * What Cloud Load Balancers offers: protocols, algorithms, domains, ciphers, and how much of each an account may have
 * (load-balancers.md sections 2.1 and 5).
 */

/** Protocols and their ports; 0 where a port must be named. */
export const protocols: ReadonlyArray<{ readonly name: string; readonly port: number }> = [
  { name: "DNS_TCP", port: 53 },
  { name: "DNS_UDP", port: 53 },
  { name: "FTP", port: 21 },
  { name: "HTTP", port: 80 },
  { name: "HTTPS", port: 443 },
  { name: "IMAPS", port: 993 },
  { name: "IMAPv2", port: 143 },
  { name: "IMAPv3", port: 220 },
  { name: "IMAPv4", port: 143 },
  { name: "LDAP", port: 389 },
  { name: "LDAPS", port: 636 },
  { name: "MYSQL", port: 3306 },
  { name: "POP3", port: 110 },
  { name: "POP3S", port: 995 },
  { name: "SFTP", port: 22 },
  { name: "SMTP", port: 25 },
  { name: "TCP", port: 0 },
  { name: "TCP_CLIENT_FIRST", port: 0 },
  { name: "TCP_STREAM", port: 0 },
  { name: "UDP", port: 0 },
  { name: "UDP_STREAM", port: 0 }
]

/** The names of the protocols. */
export const protocolNames: ReadonlyArray<string> = protocols.map(({ name }) => name)

const datagrams: ReadonlySet<string> = new Set(["DNS_UDP", "UDP", "UDP_STREAM"])
const encrypted: ReadonlySet<string> = new Set(["HTTPS", "IMAPS", "LDAPS", "POP3S", "SFTP"])

/** Whether a protocol goes by UDP: such a balancer has no health monitor, no log and no SSL termination. */
export const isDatagram = (protocol: string): boolean => datagrams.has(protocol)

/** Whether the balancer can decrypt for its nodes: not what is encrypted already. */
export const canTerminateSsl = (protocol: string): boolean =>
  !encrypted.has(protocol) && !datagrams.has(protocol) && protocol !== "TCP_CLIENT_FIRST"

/** Whether two balancers may share a port of a virtual IP. */
export const mayShare = (a: string, b: string): boolean => {
  const pair = new Set([a, b])
  const has = (...names: ReadonlyArray<string>): boolean => names.some((name) => pair.has(name))
  return (has("DNS_TCP") && has("DNS_UDP")) || (has("TCP", "TCP_CLIENT_FIRST") && has("UDP", "UDP_STREAM"))
}

/** How the next node may be chosen. */
export const algorithms: ReadonlyArray<string> = [
  "LEAST_CONNECTIONS",
  "RANDOM",
  "ROUND_ROBIN",
  "WEIGHTED_LEAST_CONNECTIONS",
  "WEIGHTED_ROUND_ROBIN"
]

/** Domains of which names may be nodes' addresses. */
export const allowedDomains: ReadonlyArray<string> = ["rackclouddb.com", "rackspaceclouddb.com"]

/** The ciphers that balancers with SSL termination take. */
export const ciphers: ReadonlyArray<string> = [
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "DHE-RSA-AES128-SHA",
  "AES256-SHA"
]

/** The page that is shown where no node answers. */
export const errorPage = "<html><body>Service Unavailable</body></html>"

/** What an account, and each balancer, may have by default. */
export const limits = {
  LOADBALANCER_LIMIT: 25,
  NODE_LIMIT: 25,
  IPV6_LIMIT: 25,
  BATCH_DELETE_LIMIT: 10,
  ACCESS_LIST_LIMIT: 100,
  NODE_META_LIMIT: 25,
  CERTIFICATE_MAPPING_LIMIT: 20,
  LOADBALANCER_META_LIMIT: 25
} as const

/** Requests per minute, by method, as they are told. */
export const rates: Readonly<Record<string, number>> = { GET: 600, PUT: 600, POST: 300, DELETE: 300 }
