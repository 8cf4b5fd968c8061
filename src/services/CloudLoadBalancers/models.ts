/**
 * The responses of Cloud Load Balancers, decoded: balancers, nodes, virtual IPs, monitors, certificates, usage, limits.
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import {
  absent,
  absentIfEmpty,
  Count,
  enveloped,
  Flag,
  Id,
  listOf,
  open,
  someCount,
  someFlag,
  textOr,
  Timestamp,
  TimestampIfAny
} from "../../internal/schema/wire.js"

/**
 * The status of a load balancer. The cloud may return others. A balancer takes changes in ACTIVE only.
 *
 * @since 0.1.0
 * @category models
 */
export const LoadBalancerStatus: Schema.Schema<LoadBalancerStatus, string> = Schema.transform(
  Schema.String,
  Schema.typeSchema(
    open("ACTIVE", "BUILD", "DELETED", "ERROR", "PENDING_CREATE", "PENDING_DELETE", "PENDING_UPDATE", "SUSPENDED")
  ),
  // One witness writes PENDING-UPDATE.
  { strict: true, decode: (status) => status.replaceAll("-", "_"), encode: (status) => status }
)

/**
 * The status of a load balancer.
 *
 * @since 0.1.0
 * @category models
 */
export type LoadBalancerStatus =
  | "ACTIVE"
  | "BUILD"
  | "DELETED"
  | "ERROR"
  | "PENDING_CREATE"
  | "PENDING_DELETE"
  | "PENDING_UPDATE"
  | "SUSPENDED"
  | (string & {})

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
 * Whether a node takes connections: all of them (`ENABLED`), none (`DISABLED`, which cuts those that there are), or only those
 * that are there or that session persistence sends to it (`DRAINING`).
 *
 * @since 0.1.0
 * @category models
 */
export const NodeCondition = open("DISABLED", "DRAINING", "ENABLED")

/**
 * Whether a node can serve, as health monitoring finds it.
 *
 * @since 0.1.0
 * @category models
 */
export const NodeStatus = open("OFFLINE", "ONLINE")

/**
 * Whether a node serves always (`PRIMARY`), or when all primary nodes have failed (`SECONDARY`).
 *
 * @since 0.1.0
 * @category models
 */
export const NodeType = open("PRIMARY", "SECONDARY")

/**
 * The network of a virtual IP: the internet, or the region's own.
 *
 * @since 0.1.0
 * @category models
 */
export const VirtualIpType = open("PUBLIC", "SERVICENET")

/**
 * The version of an address.
 *
 * @since 0.1.0
 * @category models
 */
export const IpVersion = open("IPV4", "IPV6")

/**
 * Whether a network may reach the balancer.
 *
 * @since 0.1.0
 * @category models
 */
export const AccessType = open("ALLOW", "DENY")

/**
 * How a client's later requests find the node of its first one.
 *
 * @since 0.1.0
 * @category models
 */
export const SessionPersistence = open("HTTP_COOKIE", "SOURCE_IP", "SSL_ID")

/**
 * How a health monitor checks a node.
 *
 * @since 0.1.0
 * @category models
 */
export const HealthMonitorType = open("CONNECT", "HTTP", "HTTPS")

/** Whether a value is empty: null, `{}`, or an object whose fields are all empty. */
const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (typeof value === "object" && !Array.isArray(value) && Object.values(value).every(isEmpty))

const WireObject = Schema.Record({ key: Schema.String, value: Schema.Unknown })

const withoutEmpty = (wire: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(wire).filter(([, value]) => !isEmpty(value)))

/** An object for which the cloud writes `{}` where nothing is set. */
const sparse = <A, I>(fields: Schema.Schema<A, I>): Schema.Schema<A, unknown> =>
  Schema.transform(WireObject, fields, {
    strict: false,
    decode: withoutEmpty,
    encode: (value) => value
  }) as unknown as Schema.Schema<A, unknown>

/** What may not be set at all, which the cloud says by an empty object. */
export const ifSet = <A, I>(key: string, schema: Schema.Schema<A, I>): Schema.Schema<Option.Option<A>, unknown> => {
  const Domain = Schema.Struct({ [key]: Schema.OptionFromUndefinedOr(schema) })
  const Wrapped = Schema.transform(WireObject, Domain, {
    strict: false,
    decode: (wire) => ({ [key]: isEmpty(wire[key]) ? undefined : wire[key] }),
    encode: (value) => value
  })
  return Schema.transform(Wrapped, Schema.OptionFromSelf(Schema.typeSchema(schema)), {
    strict: false,
    decode: (wrapped) => wrapped[key],
    encode: (value) => ({ [key]: value })
  }) as unknown as Schema.Schema<Option.Option<A>, unknown>
}

/** `{ "enabled": true }` */
export const Enabled = enveloped("enabled", Flag)

const instantIn = (value: unknown): unknown =>
  typeof value === "object" && value !== null && "time" in value ? value.time : value

/** `{ "time": "2011-11-30T03:23:42Z" }`, or the time alone. */
const Instant = Schema.optionalToOptional(
  Schema.transform(Schema.Unknown, Schema.NullishOr(Schema.Union(Schema.Literal(""), Timestamp)), {
    strict: false,
    decode: instantIn,
    encode: (time) => ({ time })
  }) as unknown as Schema.Schema<DateTime.Utc | "" | null | undefined, unknown>,
  Schema.DateTimeUtcFromSelf,
  { decode: Option.filter((time): time is DateTime.Utc => DateTime.isDateTime(time)), encode: (time) => time }
)

/**
 * An address at which a load balancer takes connections. It may be shared by several balancers.
 *
 * @since 0.1.0
 * @category models
 */
export const VirtualIp = Schema.Struct({
  id: Id,
  /** Empty where the cloud does not return it. */
  address: textOr(""),
  type: absent(VirtualIpType),
  ipVersion: absent(IpVersion)
})

/**
 * An address at which a load balancer takes connections.
 *
 * @since 0.1.0
 * @category models
 */
export interface VirtualIp extends Schema.Schema.Type<typeof VirtualIp> {}

/**
 * A key and its value, for the account's own use.
 *
 * @since 0.1.0
 * @category models
 */
export const MetadataItem = Schema.Struct({ id: Id, key: textOr(""), value: textOr("") })

/**
 * A key and its value, for the account's own use.
 *
 * @since 0.1.0
 * @category models
 */
export interface MetadataItem extends Schema.Schema.Type<typeof MetadataItem> {}

/**
 * A back-end that a load balancer sends its connections to.
 *
 * @since 0.1.0
 * @category models
 */
export const Node = Schema.Struct({
  id: Id,
  /** An IP address, or a name of an allowed domain. Empty where the cloud does not return it. */
  address: textOr(""),
  port: someCount,
  condition: absent(NodeCondition),
  /** Absent where the cloud does not return it. */
  status: absent(NodeStatus),
  /** 1 to 100. Only where the balancer's algorithm is a weighted one. */
  weight: someCount,
  type: absent(NodeType),
  metadata: listOf(MetadataItem)
})

/**
 * A back-end that a load balancer sends its connections to.
 *
 * @since 0.1.0
 * @category models
 */
export interface Node extends Schema.Schema.Type<typeof Node> {}

/**
 * A network that may reach a load balancer, or may not.
 *
 * @since 0.1.0
 * @category models
 */
export const AccessListItem = Schema.Struct({
  id: absent(Id),
  /** An address, or a network in CIDR notation. */
  address: textOr(""),
  type: absent(AccessType)
})

/**
 * A network that may reach a load balancer, or may not.
 *
 * @since 0.1.0
 * @category models
 */
export interface AccessListItem extends Schema.Schema.Type<typeof AccessListItem> {}

/**
 * How the balancer finds out whether its nodes can serve.
 *
 * @since 0.1.0
 * @category models
 */
export const HealthMonitor = Schema.Struct({
  type: absent(HealthMonitorType),
  /** Between two checks of a node, in seconds. */
  delay: absent(Count),
  /** How long a check may take, in seconds. */
  timeout: absent(Count),
  /** After how many failed checks a node is OFFLINE. */
  attemptsBeforeDeactivation: absent(Count),
  /** The path that is requested, of an HTTP or HTTPS monitor. */
  path: absentIfEmpty,
  /** What the response's status must match. */
  statusRegex: absentIfEmpty,
  /** What the response's first 2,048 bytes must match. */
  bodyRegex: absentIfEmpty,
  hostHeader: absentIfEmpty
})

/**
 * How the balancer finds out whether its nodes can serve.
 *
 * @since 0.1.0
 * @category models
 */
export interface HealthMonitor extends Schema.Schema.Type<typeof HealthMonitor> {}

/**
 * How many connections one client may have.
 *
 * @since 0.1.0
 * @category models
 */
export const ConnectionThrottle = Schema.Struct({
  /** 0 for any number. The only one that still has an effect. */
  maxConnections: someCount,
  /** Deprecated by the API. */
  minConnections: someCount,
  /** Deprecated by the API. */
  maxConnectionRate: someCount,
  /** In seconds. Deprecated by the API. */
  rateInterval: someCount
})

/**
 * How many connections one client may have.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConnectionThrottle extends Schema.Schema.Type<typeof ConnectionThrottle> {}

/**
 * Whether an old version of TLS is spoken.
 *
 * @since 0.1.0
 * @category models
 */
export const SecurityProtocol = Schema.Struct({
  name: Schema.propertySignature(open("TLS_10", "TLS_11")).pipe(Schema.fromKey("securityProtocolName")),
  status: Schema.propertySignature(open("DISABLED", "ENABLED")).pipe(Schema.fromKey("securityProtocolStatus"))
})

/**
 * Whether an old version of TLS is spoken.
 *
 * @since 0.1.0
 * @category models
 */
export interface SecurityProtocol extends Schema.Schema.Type<typeof SecurityProtocol> {}

/**
 * How a load balancer speaks TLS to its clients, and plainly to its nodes. The private key is never returned.
 *
 * @since 0.1.0
 * @category models
 */
export const SslTermination = Schema.Struct({
  enabled: someFlag,
  securePort: someCount,
  /** Whether the plain port is closed. */
  secureTrafficOnly: someFlag,
  /** PEM. */
  certificate: absentIfEmpty,
  /** PEM. */
  intermediateCertificate: absentIfEmpty,
  /** `default`, or the name of a list of ciphers. */
  cipherProfile: absentIfEmpty,
  securityProtocols: listOf(
    Schema.Struct({
      name: textOr("").pipe(Schema.fromKey("securityProtocolName")),
      status: absent(open("DISABLED", "ENABLED")).pipe(Schema.fromKey("securityProtocolStatus"))
    })
  )
})

/**
 * How a load balancer speaks TLS to its clients, and plainly to its nodes.
 *
 * @since 0.1.0
 * @category models
 */
export interface SslTermination extends Schema.Schema.Type<typeof SslTermination> {}

/**
 * A certificate for one of the names under which a balancer is reached (SNI). In the list of all, there are only id and name.
 *
 * @since 0.1.0
 * @category models
 */
export const CertificateMapping = Schema.Struct({
  id: Id,
  /** Empty where the cloud does not return it. */
  hostName: textOr(""),
  /** PEM. */
  certificate: absentIfEmpty,
  /** PEM. */
  intermediateCertificate: absentIfEmpty
})

/**
 * A certificate for one of the names under which a balancer is reached (SNI).
 *
 * @since 0.1.0
 * @category models
 */
export interface CertificateMapping extends Schema.Schema.Type<typeof CertificateMapping> {}

/**
 * The addresses from which a load balancer reaches its nodes: what their firewalls must let through.
 *
 * @since 0.1.0
 * @category models
 */
export const SourceAddresses = Schema.Struct({
  ipv4Public: absentIfEmpty,
  ipv4Servicenet: absentIfEmpty,
  /** May be a network: `2001:…/64`. */
  ipv6Public: absentIfEmpty,
  ipv6Servicenet: absentIfEmpty
})

/**
 * The addresses from which a load balancer reaches its nodes.
 *
 * @since 0.1.0
 * @category models
 */
export interface SourceAddresses extends Schema.Schema.Type<typeof SourceAddresses> {}

/** Of a deleted balancer, and of one that is found by a node, the response has little more than id, name and status. */
const summaryFields = {
  id: Id,
  /** Empty where the cloud does not return it. */
  name: textOr(""),
  status: Schema.optionalWith(LoadBalancerStatus, { nullable: true, default: () => "UNKNOWN" }),
  /** The account that it belongs to, where the cloud returns it. */
  accountId: absent(Id),
  protocol: absent(ProtocolName),
  port: someCount,
  algorithm: absent(Algorithm),
  /** How long a connection may be idle, in seconds. */
  timeout: someCount,
  created: Instant,
  updated: Instant,
  virtualIps: listOf(VirtualIp),
  /** In lists only. */
  nodeCount: someCount
}

/** A load balancer as it stands in the list of load balancers. */
const SummaryFields = Schema.Struct(summaryFields)

/**
 * A load balancer as it stands in the list of load balancers.
 *
 * @since 0.1.0
 * @category models
 */
export const LoadBalancerSummary = sparse(SummaryFields)

/**
 * A load balancer as it stands in the list of load balancers.
 *
 * @since 0.1.0
 * @category models
 */
export interface LoadBalancerSummary extends Schema.Schema.Type<typeof SummaryFields> {}

const LoadBalancerFields = Schema.Struct({
  ...summaryFields,
  nodes: listOf(Node),
  sourceAddresses: absent(SourceAddresses),
  /** The name of the cluster that it runs on. */
  clusterName: absent(enveloped("name", Schema.String)).pipe(Schema.fromKey("cluster")),
  /** Whether one half of a connection may be closed while the other goes on. */
  halfClosed: someFlag,
  /** Whether plain requests are redirected to HTTPS. */
  httpsRedirect: someFlag,
  connectionLogging: absent(Enabled),
  contentCaching: absent(Enabled),
  sessionPersistence: absent(enveloped("persistenceType", SessionPersistence)),
  healthMonitor: absent(HealthMonitor),
  connectionThrottle: absent(ConnectionThrottle),
  sslTermination: absent(SslTermination),
  accessList: listOf(AccessListItem),
  metadata: listOf(MetadataItem)
})

/**
 * A load balancer, whole.
 *
 * @since 0.1.0
 * @category models
 */
export const LoadBalancer = sparse(LoadBalancerFields)

/**
 * A load balancer, whole.
 *
 * @since 0.1.0
 * @category models
 */
export interface LoadBalancer extends Schema.Schema.Type<typeof LoadBalancerFields> {}

/** `2012-10-30T10:18:23Z` today; formerly `10-30-2012 10:18:23`. */
const instantOf = (text: string): Option.Option<DateTime.Utc> => {
  const former = /^(\d\d)-(\d\d)-(\d{4}) (\d\d:\d\d:\d\d)$/.exec(text.trim())
  return former === null
    ? Schema.decodeUnknownOption(Timestamp)(text)
    : DateTime.make(`${former[3]}-${former[1]}-${former[2]}T${former[4]}Z`)
}

const NodeEventFields = Schema.Struct({
  id: Id,
  nodeId: absent(Id),
  loadBalancerId: absent(Id).pipe(Schema.fromKey("loadbalancerId")),
  accountId: absent(Id),
  title: absentIfEmpty,
  description: absentIfEmpty,
  detailedMessage: absentIfEmpty,
  callbackHost: absentIfEmpty,
  severity: absent(open("INFO", "WARN")),
  author: absentIfEmpty,
  category: absent(open("CREATE", "DELETE", "UPDATE")),
  type: absent(open("CREATE_NODE", "DELETE_NODE", "UPDATE_NODE")),
  relativeUri: absentIfEmpty,
  /** Absent where `createdText` cannot be read. */
  created: absent(Schema.DateTimeUtcFromSelf),
  /** As the cloud wrote it, which was not always in the same form. */
  createdText: absentIfEmpty
})

/**
 * What happened to a node, and when: it went OFFLINE, it came back, it was changed.
 *
 * @since 0.1.0
 * @category models
 */
export const NodeEvent = Schema.transform(WireObject, NodeEventFields, {
  strict: false,
  decode: ({ created, ...event }) =>
    typeof created === "string"
      ? { ...event, createdText: created, created: Option.getOrUndefined(instantOf(created)) }
      : event,
  encode: (event) => event
}) as unknown as Schema.Schema<NodeEvent, unknown>

/**
 * What happened to a node, and when.
 *
 * @since 0.1.0
 * @category models
 */
export interface NodeEvent extends Schema.Schema.Type<typeof NodeEventFields> {}

/**
 * What went wrong with connections since the balancer began, and how many there are. The cloud counts every five minutes.
 *
 * What ends in `Ssl` is of TLS connections, and absent without SSL termination.
 *
 * @since 0.1.0
 * @category models
 */
export const Statistics = Schema.Struct({
  connectTimeouts: someCount.pipe(Schema.fromKey("connectTimeOut")),
  connectErrors: someCount.pipe(Schema.fromKey("connectError")),
  connectFailures: someCount.pipe(Schema.fromKey("connectFailure")),
  dataTimeouts: someCount.pipe(Schema.fromKey("dataTimedOut")),
  keepAliveTimeouts: someCount.pipe(Schema.fromKey("keepAliveTimedOut")),
  maxConnections: someCount.pipe(Schema.fromKey("maxConn")),
  currentConnections: someCount.pipe(Schema.fromKey("currentConn")),
  connectTimeoutsSsl: someCount.pipe(Schema.fromKey("connectTimeOutSsl")),
  connectErrorsSsl: someCount.pipe(Schema.fromKey("connectErrorSsl")),
  connectFailuresSsl: someCount.pipe(Schema.fromKey("connectFailureSsl")),
  dataTimeoutsSsl: someCount.pipe(Schema.fromKey("dataTimedOutSsl")),
  keepAliveTimeoutsSsl: someCount.pipe(Schema.fromKey("keepAliveTimedOutSsl")),
  maxConnectionsSsl: someCount.pipe(Schema.fromKey("maxConnSsl")),
  currentConnectionsSsl: someCount.pipe(Schema.fromKey("currentConnSsl"))
})

/**
 * What went wrong with connections since the balancer began, and how many there are.
 *
 * @since 0.1.0
 * @category models
 */
export interface Statistics extends Schema.Schema.Type<typeof Statistics> {}

/**
 * What a load balancer carried in a time.
 *
 * @since 0.1.0
 * @category models
 */
export const UsageRecord = Schema.Struct({
  id: absent(Id),
  averageConnections: someCount.pipe(Schema.fromKey("averageNumConnections")),
  averageConnectionsSsl: someCount.pipe(Schema.fromKey("averageNumConnectionsSsl")),
  /** From clients, in bytes. */
  incomingBytes: someCount.pipe(Schema.fromKey("incomingTransfer")),
  /** To clients, in bytes. */
  outgoingBytes: someCount.pipe(Schema.fromKey("outgoingTransfer")),
  incomingBytesSsl: someCount.pipe(Schema.fromKey("incomingTransferSsl")),
  outgoingBytesSsl: someCount.pipe(Schema.fromKey("outgoingTransferSsl")),
  virtualIpCount: someCount.pipe(Schema.fromKey("numVips")),
  /** How many times the cloud counted. */
  pollCount: someCount.pipe(Schema.fromKey("numPolls")),
  startTime: TimestampIfAny,
  /** Absent while the record is still being written. */
  endTime: TimestampIfAny,
  virtualIpType: absent(VirtualIpType).pipe(Schema.fromKey("vipType")),
  sslMode: absent(open("MIXED", "OFF", "ON")),
  /** What began the record, where something did: `CREATE_LOADBALANCER`. */
  eventType: absentIfEmpty
})

/**
 * What a load balancer carried in a time.
 *
 * @since 0.1.0
 * @category models
 */
export interface UsageRecord extends Schema.Schema.Type<typeof UsageRecord> {}

/** Under what the usage of one balancer stands. */
export const recordsKey = "loadBalancerUsageRecords"

/** Under what the account's own usage stands. */
export const accountRecordsKey = "accountUsageRecords"

/** What the account had at a time. */
export const AccountUsageRecord = Schema.Struct({
  startTime: TimestampIfAny,
  loadBalancerCount: someCount.pipe(Schema.fromKey("numLoadBalancers")),
  publicVirtualIpCount: someCount.pipe(Schema.fromKey("numPublicVips")),
  servicenetVirtualIpCount: someCount.pipe(Schema.fromKey("numServicenetVips"))
})

const AccountUsageRecords = Schema.transform(
  Schema.Struct({ [accountRecordsKey]: listOf(AccountUsageRecord) }),
  Schema.typeSchema(Schema.Array(AccountUsageRecord)),
  {
    strict: true,
    decode: ({ accountUsageRecords }) => accountUsageRecords,
    encode: (accountUsageRecords) => ({ accountUsageRecords })
  }
)

/** What one of the account's load balancers carried. */
export const BalancerUsage = Schema.Struct({
  loadBalancerId: Id,
  name: textOr("").pipe(Schema.fromKey("loadBalancerName")),
  records: listOf(UsageRecord).pipe(Schema.fromKey(recordsKey))
})

/**
 * What the account had, and what each of its load balancers carried.
 *
 * @since 0.1.0
 * @category models
 */
export const AccountUsage = Schema.Struct({
  accountId: absent(Id),
  account: Schema.optionalWith(AccountUsageRecords, {
    nullable: true,
    default: () => []
  }).pipe(Schema.fromKey("accountUsage")),
  loadBalancers: listOf(BalancerUsage).pipe(Schema.fromKey("loadBalancerUsages"))
})

/**
 * What the account had, and what each of its load balancers carried.
 *
 * @since 0.1.0
 * @category models
 */
export interface AccountUsage extends Schema.Schema.Type<typeof AccountUsage> {}

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
 * The networks from which the balancers of a cluster, or of a region, reach their nodes.
 *
 * @since 0.1.0
 * @category models
 */
export const SourceNetworks = Schema.Struct({
  ipv4Public: listOf(Schema.String).pipe(Schema.fromKey("ipv4Publicnets")),
  ipv4Servicenet: listOf(Schema.String).pipe(Schema.fromKey("ipv4Servicenets")),
  ipv6Public: listOf(Schema.String).pipe(Schema.fromKey("ipv6Publicnets")),
  ipv6Servicenet: listOf(Schema.String).pipe(Schema.fromKey("ipv6Servicenets"))
})

/**
 * The networks from which the balancers of a cluster, or of a region, reach their nodes.
 *
 * @since 0.1.0
 * @category models
 */
export interface SourceNetworks extends Schema.Schema.Type<typeof SourceNetworks> {}

/** A time as ISO 8601, or as milliseconds since the epoch. */
const NextAvailable = Schema.Union(
  Timestamp,
  Schema.transform(Schema.Number, Schema.DateTimeUtcFromSelf, {
    strict: true,
    decode: (millis) => DateTime.unsafeMake(millis),
    encode: (instant) => DateTime.toEpochMillis(instant)
  })
)

/**
 * How many requests of one kind the account may make.
 *
 * @since 0.1.0
 * @category models
 */
export const RateLimit = Schema.Struct({
  uri: absent(Schema.String),
  regex: absent(Schema.String),
  limits: listOf(
    Schema.Struct({
      method: textOr("").pipe(Schema.fromKey("verb")),
      value: someCount,
      remaining: someCount,
      unit: absent(open("DAY", "HOUR", "MINUTE", "SECOND")),
      nextAvailable: absent(NextAvailable).pipe(Schema.fromKey("next-available"))
    })
  ).pipe(Schema.fromKey("limit"))
})

/**
 * How many requests of one kind the account may make.
 *
 * @since 0.1.0
 * @category models
 */
export interface RateLimit extends Schema.Schema.Type<typeof RateLimit> {}

/**
 * How much of something the account, or one balancer, may have: `NODE_LIMIT`.
 *
 * @since 0.1.0
 * @category models
 */
export const AbsoluteLimit = Schema.Struct({
  name: open(
    "ACCESS_LIST_LIMIT",
    "BATCH_DELETE_LIMIT",
    "CERTIFICATE_MAPPING_LIMIT",
    "IPV6_LIMIT",
    "LOADBALANCER_LIMIT",
    "LOADBALANCER_META_LIMIT",
    "NODE_LIMIT",
    "NODE_META_LIMIT"
  ),
  /** Absent where the cloud does not return it. */
  value: someCount
})

/**
 * How much of something the account, or one balancer, may have.
 *
 * @since 0.1.0
 * @category models
 */
export interface AbsoluteLimit extends Schema.Schema.Type<typeof AbsoluteLimit> {}
