/**
 * The operations of Cloud Load Balancers, as data, and what their requests take.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { lastId, pageOf } from "../../internal/paging/listing.js"
import { secretInput } from "../../internal/schema/knownFields.js"
import { enveloped, Named, Text, Timestamp, upTo, withDefault } from "../../internal/schema/wire.js"
import {
  AbsoluteLimit,
  AccessListItem,
  AccessType,
  AccountUsage,
  Algorithm,
  CertificateMapping,
  ConnectionThrottle,
  Enabled,
  HealthMonitor,
  HealthMonitorType,
  ifSet,
  IpVersion,
  LoadBalancer,
  LoadBalancerStatus,
  LoadBalancerSummary,
  MetadataItem,
  Node,
  NodeCondition,
  NodeEvent,
  NodeType,
  Protocol,
  ProtocolName,
  RateLimit,
  recordsKey,
  SecurityProtocol,
  SessionPersistence,
  SourceNetworks,
  SslTermination,
  Statistics,
  UsageRecord,
  VirtualIp,
  VirtualIpType
} from "./models.js"

// ---- what requests take ----------------------------------------------------------------------------------------------

const whole = (least: number, most: number, what: string) =>
  Schema.Number.pipe(
    Schema.filter((number) => Number.isInteger(number) && number >= least && number <= most, {
      description: `${what}, a whole number from ${least} to ${most}`
    })
  )

const Port = whole(1, 65_535, "a port")

/** An id where the wire has a number. */
const NumericId = Schema.transform(
  Schema.Number,
  Schema.String.pipe(
    Schema.filter((id) => /^\d+$/.test(id), { description: "an id, which is a whole number", jsonSchema: {} })
  ),
  { strict: true, decode: (id) => String(id), encode: (id) => Number(id) }
)

/** As many as the cloud deletes at once: each id is a parameter of its own. None at all would mean all, at times. */
const ids = (name: string) =>
  Schema.Array(Named).pipe(
    Schema.filter((list) => list.length >= 1 && list.length <= 10, { description: `1 to 10 ids of ${name}` })
  )

const loadBalancerId = { loadBalancerId: Named }

const pageSize = (most: number) => Schema.optional(whole(1, most, "a page's size"))

const pageQuery = {
  /**
   * The id at which the page begins. The documents say that this item is on the page; whether it is or not, the service leaves
   * it out, so that the last one of the page before may be named.
   */
  marker: Schema.optional(Named),
  /** How many items a page holds at the most, 1 to 100. */
  limit: pageSize(100),
  /** How many items to pass over. */
  offset: Schema.optional(
    Schema.Number.pipe(
      Schema.filter((offset) => Number.isInteger(offset) && offset >= 0, { description: "a whole number of 0 or more" })
    )
  )
}

/** A page. The cloud does not say whether there is another one: the service finds out by the page's length. */
const page = <A extends { readonly id: string }, I>(key: string, item: Schema.Schema<A, I>) =>
  pageOf(key, item, (_, list) => lastId(list))

/**
 * What has addresses on networks: a server of `CloudServers`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Addressed {
  /** By the network's label. A node is reached at the first IPv4 address of `private`. */
  readonly addresses: Readonly<
    Record<string, ReadonlyArray<{ readonly version: number; readonly address: string }> | undefined>
  >
}

const privateAddressOf = (server: Addressed): string | undefined =>
  server.addresses["private"]?.find(({ version }) => version === 4)?.address

const isAddressed = (value: unknown): value is Addressed =>
  typeof value === "object" &&
  value !== null &&
  "addresses" in value &&
  typeof value.addresses === "object" &&
  value.addresses !== null

const Server: Schema.Schema<Addressed> = Schema.declare((value): value is Addressed => isAddressed(value), {
  identifier: "Server",
  description: "a server of CloudServers"
})

const nodeSettings = {
  /** Default `ENABLED`. */
  condition: withDefault(NodeCondition, "ENABLED"),
  /** 1 to 100. It counts where the algorithm is a weighted one. */
  weight: Schema.optional(whole(1, 100, "a weight")),
  type: Schema.optional(NodeType)
}

const NodeInput = Schema.Struct({
  address: Schema.optional(Named),
  server: Schema.optional(Server),
  port: Port,
  condition: Schema.optional(NodeCondition),
  weight: Schema.optional(whole(1, 100, "a weight")),
  type: Schema.optional(NodeType)
}).pipe(
  Schema.filter(({ address, server }) => {
    if ((address === undefined) === (server === undefined)) {
      return { path: ["address"], message: "an address or a server, one of the two" }
    }
    return server !== undefined && privateAddressOf(server) === undefined
      ? { path: ["server"], message: "a server with an IPv4 address on the network private; this one has none (yet)" }
      : undefined
  })
)

/**
 * A node that is to be added: by its address, or as a server, which is reached at its private address.
 *
 * @since 0.1.0
 * @category models
 */
export type NewNode = {
  /** 1 to 65535. */
  readonly port: number
  /** Default `ENABLED`. */
  readonly condition?: typeof NodeCondition.Type | undefined
  /** 1 to 100. It counts where the algorithm is a weighted one. */
  readonly weight?: number | undefined
  /** The cloud's default is `PRIMARY`. */
  readonly type?: typeof NodeType.Type | undefined
} & (
  | {
      /** An IP address, or a name of an allowed domain. */
      readonly address: string
      readonly server?: undefined
    }
  | { readonly server: Addressed; readonly address?: undefined }
)

/**
 * A node that is to be added.
 *
 * @since 0.1.0
 * @category schemas
 */
export const NewNode = Schema.transform(
  Schema.Struct({ address: Schema.String, port: Schema.Number, ...nodeSettings }),
  NodeInput,
  {
    strict: false,
    decode: (node) => node,
    encode: ({ address, server, ...node }) => ({
      ...node,
      address: address ?? (server === undefined ? undefined : privateAddressOf(server))
    })
  }
) as unknown as Schema.Schema<NewNode, unknown>

/** At least one of the fields, besides those that say which thing is meant. */
const atLeastOne = <A extends object, I>(fields: Schema.Schema<A, I>, names: ReadonlyArray<string & keyof A>) =>
  Schema.compose(
    fields,
    Schema.typeSchema(fields).pipe(
      Schema.filter((value: A) =>
        names.every((name) => value[name] === undefined)
          ? { path: [names[0] ?? ""], message: `something to change: one of ${names.join(", ")}` }
          : undefined
      )
    ),
    { strict: false }
  ) as unknown as Schema.Schema<A, I>

const nodeChange = {
  condition: Schema.optional(NodeCondition),
  weight: Schema.optional(whole(1, 100, "a weight")),
  type: Schema.optional(NodeType)
}

const NodeChange = atLeastOne(
  Schema.Struct({ nodeId: Schema.propertySignature(NumericId).pipe(Schema.fromKey("id")), ...nodeChange }),
  ["condition", "weight", "type"]
)

const VirtualIpFields = Schema.Struct({
  type: Schema.optional(VirtualIpType),
  /** By default a public one has both, and one of the region's own network IPv4. */
  ipVersion: Schema.optional(IpVersion),
  /** One that another load balancer has, to share it; the port must then be another. Both versions are to be named. */
  virtualIpId: Schema.optional(NumericId).pipe(Schema.fromKey("id"))
})

const WantedVirtualIp = Schema.compose(
  VirtualIpFields,
  Schema.typeSchema(VirtualIpFields).pipe(
    Schema.filter(({ ipVersion, type, virtualIpId }) => {
      if ((type === undefined) === (virtualIpId === undefined)) {
        return { path: ["type"], message: "a type, or the virtualIpId of one to share, one of the two" }
      }
      return type === "SERVICENET" && ipVersion === "IPV6"
        ? { path: ["ipVersion"], message: "IPV4: SERVICENET has no IPV6" }
        : undefined
    })
  ),
  { strict: false }
)

const NewAccessListItem = Schema.Struct({ address: Named, type: AccessType })

const monitorFields = Schema.Struct({
  type: HealthMonitorType,
  /** Between two checks of a node, in seconds, 1 to 3600. */
  delay: whole(1, 3600, "seconds"),
  /** How long a check may take, in seconds, 1 to 300. */
  timeout: whole(1, 300, "seconds"),
  /** After how many failures a node is OFFLINE, 1 to 10. */
  attemptsBeforeDeactivation: whole(1, 10, "a count"),
  /** The path that is requested: `/health`. Needed by HTTP and HTTPS monitors. */
  path: Schema.optional(
    Schema.String.pipe(Schema.filter((path) => path.startsWith("/"), { description: "a path that begins with /" }))
  ),
  /** What the response's status must match: `^2..$`. Needed by HTTP and HTTPS monitors. */
  statusRegex: Schema.optional(Named),
  /** What the response's first 2,048 bytes must match. */
  bodyRegex: Schema.optional(Schema.String),
  hostHeader: Schema.optional(Named)
})

const WantedHealthMonitor = Schema.compose(
  monitorFields,
  Schema.typeSchema(monitorFields).pipe(
    Schema.filter((monitor) =>
      monitor.type === "HTTP" || monitor.type === "HTTPS"
        ? (["path", "statusRegex"] as const)
            .filter((name) => monitor[name] === undefined)
            .map((name) => ({ path: [name], message: `what an ${monitor.type} monitor needs, and it is missing` }))
        : undefined
    )
  ),
  { strict: false }
)

const throttleFields = Schema.Struct({
  /** How many connections one client may have, 1 to 100,000; 0 for any number. */
  maxConnections: Schema.optional(whole(0, 100_000, "connections")),
  /** Deprecated by the API, which gives it no effect any more. */
  minConnections: Schema.optional(whole(0, 1000, "connections")),
  /** Deprecated by the API, which gives it no effect any more. */
  maxConnectionRate: Schema.optional(whole(0, 100_000, "connections")),
  /** In seconds. Deprecated by the API, which gives it no effect any more. */
  rateInterval: Schema.optional(whole(1, 3600, "seconds"))
})

const MetadataText = upTo(256, "a text")

const Name = upTo(128, "a name")

const Persistence = enveloped("persistenceType", SessionPersistence)

const Timeout = whole(1, 120, "seconds")

const CreateFields = Schema.Struct({
  /** 1 to 128 characters. It need not be unique. */
  name: Name,
  protocol: ProtocolName,
  /** 1 to 65535. Needed where the protocol has none of its own (see `listProtocols`). */
  port: Schema.optional(Port),
  virtualIps: Schema.NonEmptyArray(WantedVirtualIp),
  nodes: Schema.optional(Schema.Array(NewNode)),
  /** The cloud's default is `RANDOM`. */
  algorithm: Schema.optional(Algorithm),
  /** How long a connection may be idle, in seconds, 1 to 120. The cloud's default is 30. */
  timeout: Schema.optional(Timeout),
  /** Only with TCP and TCP_CLIENT_FIRST. */
  halfClosed: Schema.optional(Schema.Boolean),
  /** Only with HTTPS at port 443: an HTTP balancer gets it by `update`, when its SSL termination is set. */
  httpsRedirect: Schema.optional(Schema.Boolean),
  accessList: Schema.optional(Schema.Array(NewAccessListItem)),
  connectionLogging: Schema.optional(Enabled),
  connectionThrottle: Schema.optional(throttleFields),
  contentCaching: Schema.optional(Enabled),
  healthMonitor: Schema.optional(WantedHealthMonitor),
  metadata: Schema.optional(Schema.Array(Schema.Struct({ key: MetadataText, value: MetadataText }))),
  sessionPersistence: Schema.optional(Persistence)
})

/** Sending no node as an empty list is not documented: the key is left out. */
const WireCreate = Schema.transform(CreateFields, Schema.typeSchema(CreateFields), {
  strict: true,
  decode: (fields) => fields,
  encode: ({ nodes, ...fields }) => ({ ...fields, ...(nodes !== undefined && nodes.length > 0 && { nodes }) })
})

const updateFields = Schema.Struct({
  name: Schema.optional(Name),
  algorithm: Schema.optional(Algorithm),
  /** Another protocol ends session persistence and takes away the error page. Refused while content is cached. */
  protocol: Schema.optional(ProtocolName),
  port: Schema.optional(Port),
  /** In seconds, 1 to 120. */
  timeout: Schema.optional(Timeout),
  halfClosed: Schema.optional(Schema.Boolean),
  httpsRedirect: Schema.optional(Schema.Boolean)
})

const isPem = (text: string): boolean => text.includes("-----BEGIN ") && /[\r\n]/.test(text.trim())

const Certificate = Schema.String.pipe(
  Schema.filter((text) => isPem(text) && text.includes("BEGIN CERTIFICATE") && !text.includes("PRIVATE KEY"), {
    description: "a certificate in PEM, with its line breaks and without a private key"
  })
)

/** A secret on its way to the cloud. */
const PrivateKey = secretInput(
  Schema.String.pipe(
    Schema.filter((text) => isPem(text) && /BEGIN (RSA )?PRIVATE KEY/.test(text), {
      description: "an RSA private key in PEM, with its line breaks and not encrypted"
    })
  )
)

const sslFields = Schema.Struct({
  /** The cloud's default is true. */
  enabled: Schema.optional(Schema.Boolean),
  /** 1 to 65535, and not the balancer's own. Needed with a new certificate. */
  securePort: Schema.optional(Port),
  /** Whether the plain port is closed. The cloud's default is false. */
  secureTrafficOnly: Schema.optional(Schema.Boolean),
  /** PEM. With the key in place of those that are set. */
  certificate: Schema.optional(Certificate),
  /** PEM, RSA. */
  privateKey: Schema.optional(PrivateKey).pipe(Schema.fromKey("privatekey")),
  /** PEM. Only together with the certificate. */
  intermediateCertificate: Schema.optional(Certificate),
  /** One of the cloud's lists of ciphers: `default`, `CLBCipherPolicy2019-05`. */
  cipherProfile: Schema.optional(Named),
  securityProtocols: Schema.optional(Schema.Array(SecurityProtocol))
})

const WantedSslTermination = Schema.compose(
  sslFields,
  Schema.typeSchema(sslFields).pipe(
    Schema.filter((ssl) => {
      const needs = (
        [
          ["certificate", ["privateKey", "securePort"]],
          ["privateKey", ["certificate", "securePort"]],
          ["intermediateCertificate", ["certificate", "privateKey"]]
        ] as const
      ).flatMap(([given, needed]) =>
        ssl[given] === undefined
          ? []
          : needed.filter((name) => ssl[name] === undefined).map((name) => [name, given] as const)
      )
      if (needs.length > 0) {
        return needs.map(([name, given]) => ({
          path: [name],
          message: `what must come with ${given}, and it is missing`
        }))
      }
      return Object.values(ssl).every((value) => value === undefined)
        ? { path: ["securePort"], message: "something to change" }
        : undefined
    })
  ),
  { strict: false }
)

const mappingFields = Schema.Struct({
  /** The name under which the balancer is reached. No two mappings may have the same one. */
  hostName: Named,
  /** PEM. */
  certificate: Certificate,
  /** PEM, RSA. */
  privateKey: PrivateKey,
  /** PEM. */
  intermediateCertificate: Schema.optional(Certificate)
})

const mappingChange = Schema.Struct({
  hostName: Schema.optional(Named),
  /** PEM. With its key. */
  certificate: Schema.optional(Certificate),
  /** PEM, RSA. */
  privateKey: Schema.optional(PrivateKey),
  /** PEM. */
  intermediateCertificate: Schema.optional(Certificate)
})

const changedMapping = atLeastOne(
  Schema.compose(
    mappingChange,
    Schema.typeSchema(mappingChange).pipe(
      Schema.filter(({ certificate, privateKey }) =>
        (certificate === undefined) === (privateKey === undefined)
          ? undefined
          : {
              path: [certificate === undefined ? "certificate" : "privateKey"],
              message: "a certificate and its key together, and this one is missing"
            }
      )
    ),
    { strict: false }
  ) as unknown as typeof mappingChange,
  ["hostName", "certificate", "privateKey", "intermediateCertificate"]
)

/** In an object of its own, as the documents show it, or without one. */
const WireMapping = Schema.Union(enveloped("certificateMapping", CertificateMapping), CertificateMapping)

/** The response to an added item is a list that contains only that item. */
const AddedMetadata = enveloped(
  "metadata",
  Schema.transform(Schema.NonEmptyArray(MetadataItem), Schema.typeSchema(MetadataItem), {
    strict: true,
    decode: ([item]) => item,
    encode: (item) => [item] as const
  })
)

const period = {
  /** UTC. */
  startTime: Schema.optional(Timestamp),
  /** UTC. */
  endTime: Schema.optional(Timestamp)
}

const one = <A, I>(key: string, schema: Schema.Schema<A, I>) => Endpoint.json(enveloped(key, schema))

const balancer = "/loadbalancers/{loadBalancerId}"
const node = `${balancer}/nodes/{nodeId}`
const mapping = `${balancer}/ssltermination/certificatemappings/{certificateMappingId}`

const nodeId = { ...loadBalancerId, nodeId: Named }
const metadataId = { metadataId: Named }
const certificateMappingId = { ...loadBalancerId, certificateMappingId: Named }

/** What a change of a balancer may fail with. */
const change = ["NotFound", "Immutable", "Unprocessable"] as const
/** What a change that adds something may fail with. */
const addition = ["NotFound", "Immutable", "Unprocessable", "QuotaExceeded"] as const

/** The cloud returns its default error page where none is set. */
const ErrorPage = enveloped("errorpage", enveloped("content", Text))

/**
 * The operations of Cloud Load Balancers, as data.
 *
 * @since 0.1.0
 * @category operations
 */
export const endpoints = Endpoint.table("CloudLoadBalancers", {
  /** Load balancers, a page of them, at most 100. "List load balancers", `GET /loadbalancers`. */
  listPage: Endpoint.make("GET", "/loadbalancers", {
    query: {
      /** Exactly. */
      name: Schema.optional(Named),
      /** `DELETED` for those which were deleted in the last 90 days. */
      status: Schema.optional(LoadBalancerStatus),
      /** Those that have a node of this address; it makes `name` void, and the response has little more than id, name and status. */
      nodeAddress: Schema.optional(Named).pipe(Schema.fromKey("nodeaddress")),
      /** Those that were changed since then. */
      changesSince: Schema.optional(Timestamp).pipe(Schema.fromKey("changes-since")),
      ...pageQuery
    },
    success: Endpoint.json(page("loadBalancers", LoadBalancerSummary))
  }),
  /**
   * Has a load balancer made. It returns at once; see `waitUntilActive`. Fails with `BadRequest` where the cloud finds fault
   * with a setting, with `QuotaExceeded` where the account has no room, with `Unprocessable` where a virtual IP cannot be
   * shared. "Create load balancer", `POST /loadbalancers`.
   */
  create: Endpoint.make("POST", "/loadbalancers", {
    body: enveloped("loadBalancer", WireCreate),
    success: one("loadBalancer", LoadBalancer),
    errors: ["QuotaExceeded", "Unprocessable"]
  }),
  /**
   * Deletes 1 to 10 load balancers, or none of them: fails with `BadRequest`, which names them, where one cannot be deleted.
   * "Bulk-delete load balancers", `DELETE /loadbalancers?id=1&id=2`.
   */
  deleteMany: Endpoint.make("DELETE", "/loadbalancers", {
    query: { loadBalancerIds: Schema.propertySignature(ids("load balancers")).pipe(Schema.fromKey("id")) },
    errors: change
  }),
  /**
   * One load balancer, whole. Fails with `NotFound`, also for one that was deleted. "Show load balancer details",
   * `GET /loadbalancers/{loadBalancerId}`.
   */
  get: Endpoint.make("GET", balancer, {
    parameters: loadBalancerId,
    success: one("loadBalancer", LoadBalancer),
    errors: ["NotFound"]
  }),
  /** Changes some settings. "Update load balancer properties", `PUT /loadbalancers/{loadBalancerId}`. */
  update: Endpoint.make("PUT", balancer, {
    parameters: loadBalancerId,
    body: enveloped(
      "loadBalancer",
      atLeastOne(updateFields, ["name", "algorithm", "protocol", "port", "timeout", "halfClosed", "httpsRedirect"])
    ),
    errors: change
  }),
  /** Deletes a load balancer. See `waitUntilDeleted`. "Delete load balancer", `DELETE /loadbalancers/{loadBalancerId}`. */
  delete: Endpoint.make("DELETE", balancer, {
    parameters: loadBalancerId,
    errors: change
  }),

  /** Nodes, a page of them. Fails with `NotFound`. "List nodes", `GET /loadbalancers/{loadBalancerId}/nodes`. */
  listNodesPage: Endpoint.make("GET", `${balancer}/nodes`, {
    parameters: loadBalancerId,
    query: pageQuery,
    success: Endpoint.json(page("nodes", Node)),
    errors: ["NotFound"]
  }),
  /**
   * Adds nodes, by address or as servers, and returns them with their ids. Fails with `QuotaExceeded` where there would be too
   * many, and with that or `Unprocessable` where the balancer has one of them already. "Add nodes",
   * `POST /loadbalancers/{loadBalancerId}/nodes`.
   */
  addNodes: Endpoint.make("POST", `${balancer}/nodes`, {
    parameters: loadBalancerId,
    body: Schema.Struct({ nodes: Schema.NonEmptyArray(NewNode) }),
    success: Endpoint.list("nodes", Node),
    errors: addition
  }),
  /**
   * Changes condition, weight or type of several nodes, and returns them. "Update nodes",
   * `PUT /loadbalancers/{loadBalancerId}/nodes`.
   */
  updateNodes: Endpoint.make("PUT", `${balancer}/nodes`, {
    parameters: loadBalancerId,
    body: Schema.Struct({ nodes: Schema.NonEmptyArray(NodeChange) }),
    success: Endpoint.list("nodes", Node),
    errors: change
  }),
  /**
   * Takes 1 to 10 nodes out, or none of them: fails with `BadRequest`, which names them, where one is not the balancer's.
   * "Bulk-delete nodes", `DELETE /loadbalancers/{loadBalancerId}/nodes?id=1&id=2`.
   */
  deleteNodes: Endpoint.make("DELETE", `${balancer}/nodes`, {
    parameters: loadBalancerId,
    query: { nodeIds: Schema.propertySignature(ids("nodes")).pipe(Schema.fromKey("id")) },
    errors: change
  }),
  /** One node. Fails with `NotFound`. "Show node details", `GET …/nodes/{nodeId}`. */
  getNode: Endpoint.make("GET", node, {
    parameters: nodeId,
    success: one("node", Node),
    errors: ["NotFound"]
  }),
  /** Changes condition, weight or type of a node. "Update node", `PUT …/nodes/{nodeId}`. */
  updateNode: Endpoint.make("PUT", node, {
    parameters: nodeId,
    body: enveloped("node", atLeastOne(Schema.Struct(nodeChange), ["condition", "weight", "type"])),
    errors: change
  }),
  /** Takes a node out. "Delete node", `DELETE …/nodes/{nodeId}`. */
  deleteNode: Endpoint.make("DELETE", node, { parameters: nodeId, errors: change }),
  /**
   * What happened to the nodes in the last 90 days, a page of it. Fails with `NotFound`. "List node service events",
   * `GET …/nodes/events`.
   */
  listNodeEventsPage: Endpoint.make("GET", `${balancer}/nodes/events`, {
    parameters: loadBalancerId,
    query: pageQuery,
    success: Endpoint.json(page("nodeServiceEvents", NodeEvent)),
    errors: ["NotFound"]
  }),
  /** Metadata of a node. Fails with `NotFound`. `GET …/nodes/{nodeId}/metadata`. */
  listNodeMetadata: Endpoint.make("GET", `${node}/metadata`, {
    parameters: nodeId,
    success: Endpoint.list("metadata", MetadataItem),
    errors: ["NotFound"]
  }),
  /** Adds an item to a node's metadata, at most 25, and returns it with its id. `POST …/nodes/{nodeId}/metadata`. */
  addNodeMetadata: Endpoint.make("POST", `${node}/metadata`, {
    parameters: nodeId,
    body: enveloped("meta", Schema.Struct({ key: MetadataText, value: MetadataText })),
    success: Endpoint.json(AddedMetadata),
    errors: addition
  }),
  /** Takes 1 to 10 items out of a node's metadata. `DELETE …/nodes/{nodeId}/metadata?id=1&id=2`. */
  deleteNodeMetadata: Endpoint.make("DELETE", `${node}/metadata`, {
    parameters: nodeId,
    query: { metadataIds: Schema.propertySignature(ids("metadata")).pipe(Schema.fromKey("id")) },
    errors: change
  }),
  /** One item of a node's metadata. Fails with `NotFound`. `GET …/nodes/{nodeId}/metadata/{metadataId}`. */
  getNodeMetadataItem: Endpoint.make("GET", `${node}/metadata/{metadataId}`, {
    parameters: { ...nodeId, ...metadataId },
    success: one("meta", MetadataItem),
    errors: ["NotFound"]
  }),
  /** Sets the value of an item of a node's metadata; its key stays. `PUT …/nodes/{nodeId}/metadata/{metadataId}`. */
  setNodeMetadataItem: Endpoint.make("PUT", `${node}/metadata/{metadataId}`, {
    parameters: { ...nodeId, ...metadataId },
    body: enveloped("meta", Schema.Struct({ value: MetadataText })),
    success: one("meta", MetadataItem),
    errors: change
  }),
  /** Takes an item out of a node's metadata. `DELETE …/nodes/{nodeId}/metadata/{metadataId}`. */
  deleteNodeMetadataItem: Endpoint.make("DELETE", `${node}/metadata/{metadataId}`, {
    parameters: { ...nodeId, ...metadataId },
    errors: change
  }),

  /** Metadata of a load balancer. Fails with `NotFound`. `GET …/metadata`. */
  listMetadata: Endpoint.make("GET", `${balancer}/metadata`, {
    parameters: loadBalancerId,
    success: Endpoint.list("metadata", MetadataItem),
    errors: ["NotFound"]
  }),
  /** Adds an item to the metadata, at most 25, and returns it with its id. `POST …/metadata`. */
  addMetadata: Endpoint.make("POST", `${balancer}/metadata`, {
    parameters: loadBalancerId,
    body: enveloped("meta", Schema.Struct({ key: MetadataText, value: MetadataText })),
    success: Endpoint.json(AddedMetadata),
    errors: addition
  }),
  /** Takes 1 to 10 items out of the metadata. `DELETE …/metadata?id=1&id=2`. */
  deleteMetadata: Endpoint.make("DELETE", `${balancer}/metadata`, {
    parameters: loadBalancerId,
    query: { metadataIds: Schema.propertySignature(ids("metadata")).pipe(Schema.fromKey("id")) },
    errors: change
  }),
  /** One item of the metadata. Fails with `NotFound`. `GET …/metadata/{metadataId}`. */
  getMetadataItem: Endpoint.make("GET", `${balancer}/metadata/{metadataId}`, {
    parameters: { ...loadBalancerId, ...metadataId },
    success: one("meta", MetadataItem),
    errors: ["NotFound"]
  }),
  /** Sets the value of an item of the metadata; its key stays. `PUT …/metadata/{metadataId}`. */
  setMetadataItem: Endpoint.make("PUT", `${balancer}/metadata/{metadataId}`, {
    parameters: { ...loadBalancerId, ...metadataId },
    body: enveloped("meta", Schema.Struct({ value: MetadataText })),
    success: one("meta", MetadataItem),
    errors: change
  }),
  /** Takes an item out of the metadata. `DELETE …/metadata/{metadataId}`. */
  deleteMetadataItem: Endpoint.make("DELETE", `${balancer}/metadata/{metadataId}`, {
    parameters: { ...loadBalancerId, ...metadataId },
    errors: change
  }),

  /** The addresses at which it takes connections. Fails with `NotFound`. "List virtual IPs", `GET …/virtualips`. */
  listVirtualIps: Endpoint.make("GET", `${balancer}/virtualips`, {
    parameters: loadBalancerId,
    success: Endpoint.list("virtualIps", VirtualIp),
    errors: ["NotFound"]
  }),
  /**
   * Adds an IPv6 address, and returns it; others can be had at creation only. Fails with `QuotaExceeded` where it has too many.
   * "Add virtual IP version 6", `POST …/virtualips`.
   */
  addVirtualIp: Endpoint.make("POST", `${balancer}/virtualips`, {
    parameters: loadBalancerId,
    body: Schema.Struct({
      type: withDefault(VirtualIpType, "PUBLIC"),
      ipVersion: withDefault(Schema.Literal("IPV6"), "IPV6")
    }),
    success: Endpoint.json(VirtualIp),
    errors: addition
  }),
  /** Takes 1 to 10 addresses away; one must be left. "Bulk-delete virtual IPs", `DELETE …/virtualips?id=1&id=2`. */
  deleteVirtualIps: Endpoint.make("DELETE", `${balancer}/virtualips`, {
    parameters: loadBalancerId,
    query: { virtualIpIds: Schema.propertySignature(ids("virtual IPs")).pipe(Schema.fromKey("id")) },
    errors: change
  }),
  /**
   * Takes an address away. Fails with `BadRequest` where it is the last one. "Delete virtual IP",
   * `DELETE …/virtualips/{virtualIpId}`.
   */
  deleteVirtualIp: Endpoint.make("DELETE", `${balancer}/virtualips/{virtualIpId}`, {
    parameters: { ...loadBalancerId, virtualIpId: Named },
    errors: change
  }),

  /** Who may reach it. Fails with `NotFound`. "Show access list", `GET …/accesslist`. */
  listAccessList: Endpoint.make("GET", `${balancer}/accesslist`, {
    parameters: loadBalancerId,
    success: Endpoint.list("accessList", AccessListItem),
    errors: ["NotFound"]
  }),
  /**
   * Appends networks to the access list, which has at most 100. Fails with `BadRequest` where one is in it already. "Create or
   * update access list", `POST …/accesslist`.
   */
  appendToAccessList: Endpoint.make("POST", `${balancer}/accesslist`, {
    parameters: loadBalancerId,
    body: Schema.Struct({
      items: Schema.propertySignature(Schema.NonEmptyArray(NewAccessListItem)).pipe(Schema.fromKey("accessList"))
    }),
    errors: addition
  }),
  /** Deletes the whole access list: everyone may reach it then. "Delete access list", `DELETE …/accesslist`. */
  deleteAccessList: Endpoint.make("DELETE", `${balancer}/accesslist`, {
    parameters: loadBalancerId,
    errors: change
  }),
  /** Takes 1 to 10 networks out of the access list. `DELETE …/accesslist?id=1&id=2`. */
  deleteAccessListItems: Endpoint.make("DELETE", `${balancer}/accesslist`, {
    parameters: loadBalancerId,
    query: { accessListItemIds: Schema.propertySignature(ids("access list items")).pipe(Schema.fromKey("id")) },
    errors: change
  }),
  /** Takes a network out of the access list. `DELETE …/accesslist/{accessListItemId}`. */
  deleteAccessListItem: Endpoint.make("DELETE", `${balancer}/accesslist/{accessListItemId}`, {
    parameters: { ...loadBalancerId, accessListItemId: Named },
    errors: change
  }),

  /**
   * The health monitor, or None where there is none. Fails with `NotFound` where there is no such balancer. "Show health
   * monitor configuration", `GET …/healthmonitor`.
   */
  getHealthMonitor: Endpoint.make("GET", `${balancer}/healthmonitor`, {
    parameters: loadBalancerId,
    success: Endpoint.json(ifSet("healthMonitor", HealthMonitor)),
    errors: ["NotFound"]
  }),
  /**
   * Sets a health monitor, in place of the one that there may be. Fails with `BadRequest` where it does not go with the
   * balancer's protocol. "Update health monitor", `PUT …/healthmonitor`.
   */
  setHealthMonitor: Endpoint.make("PUT", `${balancer}/healthmonitor`, {
    parameters: loadBalancerId,
    body: enveloped("healthMonitor", WantedHealthMonitor),
    errors: change
  }),
  /** Ends health monitoring: nodes that are OFFLINE are ONLINE then. "Delete health monitor", `DELETE …/healthmonitor`. */
  deleteHealthMonitor: Endpoint.make("DELETE", `${balancer}/healthmonitor`, {
    parameters: loadBalancerId,
    errors: change
  }),

  /** Session persistence, or None where it is off. Fails with `NotFound`. `GET …/sessionpersistence`. */
  getSessionPersistence: Endpoint.make("GET", `${balancer}/sessionpersistence`, {
    parameters: loadBalancerId,
    success: Endpoint.json(ifSet("sessionPersistence", Persistence)),
    errors: ["NotFound"]
  }),
  /**
   * Sets session persistence. Fails with `BadRequest` where it does not go with the balancer's protocol. "Enable session
   * persistence", `PUT …/sessionpersistence`.
   */
  setSessionPersistence: Endpoint.make("PUT", `${balancer}/sessionpersistence`, {
    parameters: loadBalancerId,
    body: Schema.Struct({ sessionPersistence: Persistence }),
    errors: change
  }),
  /** Ends session persistence. Fails with `Unprocessable` where it is off. `DELETE …/sessionpersistence`. */
  deleteSessionPersistence: Endpoint.make("DELETE", `${balancer}/sessionpersistence`, {
    parameters: loadBalancerId,
    errors: change
  }),

  /** Whether connections are logged. Fails with `NotFound`. `GET …/connectionlogging`. */
  getConnectionLogging: Endpoint.make("GET", `${balancer}/connectionlogging`, {
    parameters: loadBalancerId,
    success: one("connectionLogging", Enabled),
    errors: ["NotFound"]
  }),
  /** Turns the log of connections on or off; it is put into Cloud Files every hour. `PUT …/connectionlogging`. */
  setConnectionLogging: Endpoint.make("PUT", `${balancer}/connectionlogging`, {
    parameters: loadBalancerId,
    body: enveloped("connectionLogging", Schema.Struct({ enabled: Schema.Boolean })),
    errors: change
  }),

  /** The throttle of connections, or None where there is none. Fails with `NotFound`. `GET …/connectionthrottle`. */
  getConnectionThrottle: Endpoint.make("GET", `${balancer}/connectionthrottle`, {
    parameters: loadBalancerId,
    success: Endpoint.json(ifSet("connectionThrottle", ConnectionThrottle)),
    errors: ["NotFound"]
  }),
  /**
   * Sets how many connections a client may have. Where the cloud asks for all of the fields at the first time, and says so by
   * `BadRequest`, the deprecated ones can be given too. `PUT …/connectionthrottle`.
   */
  setConnectionThrottle: Endpoint.make("PUT", `${balancer}/connectionthrottle`, {
    parameters: loadBalancerId,
    body: enveloped(
      "connectionThrottle",
      atLeastOne(throttleFields, ["maxConnections", "minConnections", "maxConnectionRate", "rateInterval"])
    ),
    errors: change
  }),
  /** Takes the throttle away. `DELETE …/connectionthrottle`. */
  deleteConnectionThrottle: Endpoint.make("DELETE", `${balancer}/connectionthrottle`, {
    parameters: loadBalancerId,
    errors: change
  }),

  /** Whether content is cached. Fails with `NotFound`. `GET …/contentcaching`. */
  getContentCaching: Endpoint.make("GET", `${balancer}/contentcaching`, {
    parameters: loadBalancerId,
    success: one("contentCaching", Enabled),
    errors: ["NotFound"]
  }),
  /** Turns the cache on or off. Fails with `BadRequest` unless the protocol is HTTP. `PUT …/contentcaching`. */
  setContentCaching: Endpoint.make("PUT", `${balancer}/contentcaching`, {
    parameters: loadBalancerId,
    body: enveloped("contentCaching", Schema.Struct({ enabled: Schema.Boolean })),
    errors: change
  }),

  /** The page that is shown where no node responds: the account's, else the cloud's own. `GET …/errorpage`. */
  getErrorPage: Endpoint.make("GET", `${balancer}/errorpage`, {
    parameters: loadBalancerId,
    success: Endpoint.json(ErrorPage),
    errors: ["NotFound"]
  }),
  /** Sets that page: HTML of at most 65,536 characters. Fails with `BadRequest` unless HTTP. `PUT …/errorpage`. */
  setErrorPage: Endpoint.make("PUT", `${balancer}/errorpage`, {
    parameters: loadBalancerId,
    body: enveloped("errorpage", Schema.Struct({ content: upTo(65_536, "a page") })),
    errors: change
  }),
  /** Restores the cloud's own page. `DELETE …/errorpage`. */
  deleteErrorPage: Endpoint.make("DELETE", `${balancer}/errorpage`, {
    parameters: loadBalancerId,
    errors: change
  }),

  /**
   * SSL termination, without its private key, or None where it is not set. Fails with `NotFound` where there is no such
   * balancer. `GET …/ssltermination`.
   */
  getSslTermination: Endpoint.make("GET", `${balancer}/ssltermination`, {
    parameters: loadBalancerId,
    success: Endpoint.json(ifSet("sslTermination", SslTermination)),
    errors: ["NotFound"]
  }),
  /**
   * Has the balancer speak TLS, or changes how it does. A certificate comes with its key and the port; without one, those that
   * are set stay. Fails with `BadRequest` where the key is not the certificate's, or the protocol has no SSL termination.
   * "Update SSL termination configuration", `PUT …/ssltermination`.
   */
  setSslTermination: Endpoint.make("PUT", `${balancer}/ssltermination`, {
    parameters: loadBalancerId,
    body: enveloped("sslTermination", WantedSslTermination),
    errors: change
  }),
  /** Ends SSL termination, with all certificates. `DELETE …/ssltermination`. */
  deleteSslTermination: Endpoint.make("DELETE", `${balancer}/ssltermination`, {
    parameters: loadBalancerId,
    errors: change
  }),
  /** The names of the ciphers that it takes. Fails with `NotFound`. "List ciphers", `GET …/ssltermination/ciphers`. */
  listCiphers: Endpoint.make("GET", `${balancer}/ssltermination/ciphers`, {
    parameters: loadBalancerId,
    success: Endpoint.list("ciphers", enveloped("name", Schema.String)),
    errors: ["NotFound"]
  }),
  /** Certificates for other names, by id and name. Fails with `NotFound`. `GET …/ssltermination/certificatemappings`. */
  listCertificateMappings: Endpoint.make("GET", `${balancer}/ssltermination/certificatemappings`, {
    parameters: loadBalancerId,
    success: Endpoint.list("certificateMappings", WireMapping),
    errors: ["NotFound"]
  }),
  /**
   * Adds a certificate for another name, and returns it. SSL termination must be set. Fails with `QuotaExceeded` where there
   * are 20. "Add certificate mapping", `POST …/ssltermination/certificatemappings`.
   */
  addCertificateMapping: Endpoint.make("POST", `${balancer}/ssltermination/certificatemappings`, {
    parameters: loadBalancerId,
    body: enveloped("certificateMapping", mappingFields),
    success: Endpoint.json(WireMapping),
    errors: addition
  }),
  /** One of these certificates, without its key. Fails with `NotFound`. `GET …/{certificateMappingId}`. */
  getCertificateMapping: Endpoint.make("GET", mapping, {
    parameters: certificateMappingId,
    success: Endpoint.json(WireMapping),
    errors: ["NotFound"]
  }),
  /** Replaces one of these certificates, or its name. "Update certificate mapping", `PUT …/{certificateMappingId}`. */
  updateCertificateMapping: Endpoint.make("PUT", mapping, {
    parameters: certificateMappingId,
    body: enveloped("certificateMapping", changedMapping),
    errors: change
  }),
  /** Deletes one of these certificates. "Delete certificate mapping", `DELETE …/{certificateMappingId}`. */
  deleteCertificateMapping: Endpoint.make("DELETE", mapping, {
    parameters: certificateMappingId,
    errors: change
  }),

  /**
   * How its connections fared. Fails with `NotFound`, with `ServiceUnavailable` where the cloud is too busy. "Show load
   * balancer statistics", `GET …/stats`.
   */
  getStatistics: Endpoint.make("GET", `${balancer}/stats`, {
    parameters: loadBalancerId,
    success: Endpoint.json(Statistics),
    errors: ["NotFound"]
  }),
  /** What it carried, of the last 90 days. Fails with `NotFound`. "Show historical usage", `GET …/usage`. */
  listUsage: Endpoint.make("GET", `${balancer}/usage`, {
    parameters: loadBalancerId,
    query: period,
    success: Endpoint.list(recordsKey, UsageRecord),
    errors: ["NotFound"]
  }),
  /** What it carried in the last 24 hours. Fails with `NotFound`. "Show current usage", `GET …/usage/current`. */
  listCurrentUsage: Endpoint.make("GET", `${balancer}/usage/current`, {
    parameters: loadBalancerId,
    success: Endpoint.list(recordsKey, UsageRecord),
    errors: ["NotFound"]
  }),
  /**
   * What the account had, and what each balancer carried: in the last 24 hours, unless a time is named. "Show account-level
   * usage", `GET /loadbalancers/usage`.
   */
  getAccountUsage: Endpoint.make("GET", "/loadbalancers/usage", {
    query: period,
    success: Endpoint.json(AccountUsage)
  }),
  /**
   * Load balancers that are charged for in a time, deleted ones included, a page of them: by default 500, at most 1,000. "List
   * billable load balancers", `GET /loadbalancers/billable`.
   */
  listBillablePage: Endpoint.make("GET", "/loadbalancers/billable", {
    query: {
      /** UTC. */
      startTime: Timestamp,
      /** UTC. */
      endTime: Timestamp,
      limit: pageSize(1000),
      offset: pageQuery.offset
    },
    success: Endpoint.list("loadBalancers", LoadBalancerSummary)
  }),

  /** The algorithms' names. "List load balancing algorithms", `GET /loadbalancers/algorithms`. */
  listAlgorithms: Endpoint.make("GET", "/loadbalancers/algorithms", {
    success: Endpoint.list("algorithms", enveloped("name", Algorithm))
  }),
  /** The protocols, and their ports. "List load balancing protocols", `GET /loadbalancers/protocols`. */
  listProtocols: Endpoint.make("GET", "/loadbalancers/protocols", {
    success: Endpoint.list("protocols", Protocol)
  }),
  /**
   * The domains whose names may be nodes' addresses. "List allowed domains", `GET /loadbalancers/alloweddomains`.
   */
  listAllowedDomains: Endpoint.make("GET", "/loadbalancers/alloweddomains", {
    success: Endpoint.list("allowedDomains", enveloped("allowedDomain", enveloped("name", Schema.String)))
  }),
  /** Where the balancers of its cluster reach nodes from. Fails with `NotFound`. `GET …/clustersourceaddresses`. */
  getClusterSourceAddresses: Endpoint.make("GET", `${balancer}/clustersourceaddresses`, {
    parameters: loadBalancerId,
    success: one("clusterSourceAddresses", SourceNetworks),
    errors: ["NotFound"]
  }),
  /** Where the balancers of the region reach nodes from. `GET /regionalsourceaddresses`. */
  getRegionalSourceAddresses: Endpoint.make("GET", "/regionalsourceaddresses", {
    success: one("RegionalSourceAddresses", SourceNetworks)
  }),
  /** How many requests the account may make. `GET /limits`. */
  listRateLimits: Endpoint.make("GET", "/limits", {
    success: Endpoint.list("limits", RateLimit, (limits) => (limits as { readonly rate?: unknown }).rate)
  }),
  /** How much the account may have. `GET /loadbalancers/absolutelimits`. */
  listAbsoluteLimits: Endpoint.make("GET", "/loadbalancers/absolutelimits", {
    success: Endpoint.list("absolute", AbsoluteLimit)
  })
})
