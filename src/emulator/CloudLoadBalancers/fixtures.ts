/**
 * Static data of Cloud Load Balancers: protocols, algorithms, domains and ciphers, and the limits of an account (Cloud
 * Load Balancers API v1.0, "Load balancing protocols", "Load balancing algorithms" and "Limits").
 */

/** Protocols and their default ports; 0 if there is none. */
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

export const protocolNames: ReadonlyArray<string> = protocols.map(({ name }) => name)

const datagrams: ReadonlySet<string> = new Set(["DNS_UDP", "UDP", "UDP_STREAM"])
const encrypted: ReadonlySet<string> = new Set(["HTTPS", "IMAPS", "LDAPS", "POP3S", "SFTP"])

/** Whether a protocol uses UDP. Such a load balancer has no health monitor, no log and no SSL termination. */
export const isDatagram = (protocol: string): boolean => datagrams.has(protocol)

/** Whether SSL termination can be used: not with protocols that are encrypted end to end. */
export const canTerminateSsl = (protocol: string): boolean =>
  !encrypted.has(protocol) && !datagrams.has(protocol) && protocol !== "TCP_CLIENT_FIRST"

/** Whether load balancers of these two protocols may share a port of a virtual IP. */
export const mayShare = (a: string, b: string): boolean => {
  const pair = new Set([a, b])
  const has = (...names: ReadonlyArray<string>): boolean => names.some((name) => pair.has(name))
  return (has("DNS_TCP") && has("DNS_UDP")) || (has("TCP", "TCP_CLIENT_FIRST") && has("UDP", "UDP_STREAM"))
}

export const algorithms: ReadonlyArray<string> = [
  "LEAST_CONNECTIONS",
  "RANDOM",
  "ROUND_ROBIN",
  "WEIGHTED_LEAST_CONNECTIONS",
  "WEIGHTED_ROUND_ROBIN"
]

/** Domains whose host names can be used as node addresses. */
export const allowedDomains: ReadonlyArray<string> = ["rackclouddb.com", "rackspaceclouddb.com"]

export const ciphers: ReadonlyArray<string> = [
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "DHE-RSA-AES128-SHA",
  "AES256-SHA"
]

/** The page that is shown if no node responds. */
export const errorPage = "<html><body>Service Unavailable</body></html>"

/** The default limits of an account and of each load balancer. */
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

/** Requests per minute by method, as `GET /limits` shows them. */
export const rates: Readonly<Record<string, number>> = { GET: 600, PUT: 600, POST: 300, DELETE: 300 }
