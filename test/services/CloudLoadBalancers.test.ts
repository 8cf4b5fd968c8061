/**
 * The request and response of each operation, compared with the examples in the API's documentation, and variations of responses.
 */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Option, Redacted, Stream } from "effect"
import { CloudError, CloudLoadBalancers, CloudServers, RetryPolicy, TestCloud } from "effect-rackspace"
import { shown } from "../support/shown.js"
import * as Wire from "../support/wire.js"

type Service = CloudLoadBalancers.Service

type Call = Wire.Call<Service>

type Operation = Wire.Operation<Service>

const on = <A, E>(
  test: Effect.Effect<A, E, CloudLoadBalancers.CloudLoadBalancers | CloudServers.CloudServers | TestCloud.TestCloud>
) =>
  Effect.provide(test, TestCloud.layer({ retry: RetryPolicy.never })).pipe(
    Effect.provideService(CloudLoadBalancers.WhenImmutable, "fail")
  )

const { requests, respondWith } = Wire.wireOf("loadbalancers", "/loadbalancers/dfw/v1.0/010101")

const balancers = CloudLoadBalancers.CloudLoadBalancers

const time = (text: string) => DateTime.unsafeMake(text)

const certificate = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n"
const intermediateCertificate = "-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----\n"
const keyText = "-----BEGIN RSA PRIVATE KEY-----\nMIIEverysecret\n-----END RSA PRIVATE KEY-----\n"
const privateKey = Redacted.make(keyText)

const loadBalancerId = "71"
const nodeId = "410"

const documentedNode = {
  id: 410,
  address: "10.1.1.1",
  port: 80,
  condition: "ENABLED",
  status: "ONLINE",
  weight: 3,
  type: "PRIMARY"
}

const node = { ...documentedNode, id: "410", metadata: [] }

const documentedVirtualIp = {
  id: 1000,
  address: "2001:4801:7901:0000:c5ce:b1dc:0000:000a",
  type: "PUBLIC",
  ipVersion: "IPV6"
}

const virtualIp = { ...documentedVirtualIp, id: "1000" }

/** "Show load balancer details" of the API's documentation. */
const documented = {
  id: 71,
  name: "sample-loadbalancer",
  protocol: "HTTP",
  port: 80,
  algorithm: "RANDOM",
  status: "ACTIVE",
  timeout: 30,
  halfClosed: false,
  httpsRedirect: false,
  connectionLogging: { enabled: true },
  contentCaching: { enabled: false },
  virtualIps: [documentedVirtualIp],
  nodes: [documentedNode],
  sessionPersistence: { persistenceType: "HTTP_COOKIE" },
  connectionThrottle: { maxConnections: 100 },
  cluster: { name: "c1.dfw1" },
  created: { time: "2010-11-30T03:23:42Z" },
  updated: { time: "2010-11-30T03:23:44Z" },
  sourceAddresses: { ipv6Public: "2001:4801:79f1:1::1/64", ipv4Servicenet: "10.0.0.0", ipv4Public: "10.12.99.28" },
  accountLoadBalancerServiceEvents: { accountId: 1234 }
}

const loadBalancer = {
  id: "71",
  name: "sample-loadbalancer",
  protocol: "HTTP",
  port: 80,
  algorithm: "RANDOM",
  status: "ACTIVE",
  timeout: 30,
  halfClosed: false,
  httpsRedirect: false,
  connectionLogging: true,
  contentCaching: false,
  virtualIps: [virtualIp],
  nodes: [node],
  sessionPersistence: "HTTP_COOKIE",
  connectionThrottle: { maxConnections: 100 },
  clusterName: "c1.dfw1",
  created: time("2010-11-30T03:23:42Z"),
  updated: time("2010-11-30T03:23:44Z"),
  sourceAddresses: { ipv6Public: "2001:4801:79f1:1::1/64", ipv4Servicenet: "10.0.0.0", ipv4Public: "10.12.99.28" },
  accessList: [],
  metadata: []
}

const documentedSummary = {
  id: 71,
  name: "lb-site1",
  protocol: "HTTP",
  port: 80,
  algorithm: "RANDOM",
  status: "ACTIVE",
  nodeCount: 3,
  timeout: 30,
  virtualIps: [documentedVirtualIp],
  created: { time: "2010-11-30T03:23:42Z" },
  updated: { time: "2010-11-30T03:23:44Z" }
}

const summary = {
  ...documentedSummary,
  id: "71",
  virtualIps: [virtualIp],
  created: time("2010-11-30T03:23:42Z"),
  updated: time("2010-11-30T03:23:44Z")
}

const documentedUsage = {
  id: 394,
  averageNumConnections: 1.5,
  averageNumConnectionsSsl: 0.0,
  incomingTransfer: 4_294_967_297,
  outgoingTransfer: 30,
  incomingTransferSsl: 0,
  outgoingTransferSsl: 0,
  numVips: 1,
  numPolls: 32,
  startTime: "2012-04-20T03:25:28-06:00",
  endTime: "2012-04-20T20:32:59+0000",
  vipType: "PUBLIC",
  sslMode: "OFF",
  eventType: "CREATE_LOADBALANCER"
}

const usage = {
  id: "394",
  averageConnections: 1.5,
  averageConnectionsSsl: 0,
  incomingBytes: 4_294_967_297,
  outgoingBytes: 30,
  incomingBytesSsl: 0,
  outgoingBytesSsl: 0,
  virtualIpCount: 1,
  pollCount: 32,
  startTime: time("2012-04-20T09:25:28Z"),
  endTime: time("2012-04-20T20:32:59Z"),
  virtualIpType: "PUBLIC",
  sslMode: "OFF",
  eventType: "CREATE_LOADBALANCER"
}

const documentedMeta = { id: 1, key: "color", value: "red" }
const meta = { ...documentedMeta, id: "1" }

const monitor = {
  type: "HTTP",
  delay: 10,
  timeout: 5,
  attemptsBeforeDeactivation: 3,
  path: "/health",
  statusRegex: "^[234][0-9][0-9]$",
  bodyRegex: "ok",
  hostHeader: "example.com"
}

const networks = {
  ipv4Publicnets: ["104.130.0.0/24"],
  ipv4Servicenets: ["10.1.0.0/24"],
  ipv6Publicnets: ["2001:4802::/64"],
  ipv6Servicenets: ["fe80::/64"]
}

const sourceNetworks = {
  ipv4Public: ["104.130.0.0/24"],
  ipv4Servicenet: ["10.1.0.0/24"],
  ipv6Public: ["2001:4802::/64"],
  ipv6Servicenet: ["fe80::/64"]
}

const change = (call: Call, line: string, body?: unknown, status = 202): Operation => ({
  call,
  line,
  ...(body !== undefined && { body }),
  status,
  decoded: undefined
})

const startTime = time("2012-04-01T00:00:00Z")
const endTime = time("2012-05-01T00:00:00Z")

const operations: Readonly<Record<keyof typeof CloudLoadBalancers.endpoints, Operation>> = {
  listPage: {
    call: (service) =>
      service.listPage({
        name: "lb site",
        status: "ACTIVE",
        nodeAddress: "10.1.1.1",
        changesSince: time("2011-05-19T13:07:08Z"),
        limit: 1,
        offset: 2
      }),
    line: "GET /loadbalancers?name=lb%20site&status=ACTIVE&nodeaddress=10.1.1.1&changes-since=2011-05-19T13%3A07%3A08.000Z&limit=1&offset=2",
    response: { loadBalancers: [documentedSummary] },
    decoded: { items: [summary], next: "71" }
  },
  create: {
    call: (service) =>
      service.create({
        name: "a-new-loadbalancer",
        protocol: "HTTP",
        port: 80,
        virtualIps: [{ type: "PUBLIC", ipVersion: "IPV4" }, { virtualIpId: "39" }],
        nodes: [
          { address: "10.1.1.1", port: 80 },
          { address: "10.1.1.2", port: 8080, condition: "DRAINING", weight: 5, type: "SECONDARY" }
        ],
        algorithm: "LEAST_CONNECTIONS",
        timeout: 60,
        halfClosed: false,
        httpsRedirect: false,
        accessList: [{ address: "206.160.163.0/24", type: "DENY" }],
        connectionLogging: true,
        connectionThrottle: { maxConnections: 100 },
        contentCaching: true,
        healthMonitor: { type: "CONNECT", delay: 10, timeout: 5, attemptsBeforeDeactivation: 3 },
        metadata: [{ key: "color", value: "red" }],
        sessionPersistence: "HTTP_COOKIE"
      }),
    line: "POST /loadbalancers",
    body: {
      loadBalancer: {
        name: "a-new-loadbalancer",
        protocol: "HTTP",
        port: 80,
        virtualIps: [{ type: "PUBLIC", ipVersion: "IPV4" }, { id: 39 }],
        nodes: [
          { address: "10.1.1.1", port: 80, condition: "ENABLED" },
          { address: "10.1.1.2", port: 8080, condition: "DRAINING", weight: 5, type: "SECONDARY" }
        ],
        algorithm: "LEAST_CONNECTIONS",
        timeout: 60,
        halfClosed: false,
        httpsRedirect: false,
        accessList: [{ address: "206.160.163.0/24", type: "DENY" }],
        connectionLogging: { enabled: true },
        connectionThrottle: { maxConnections: 100 },
        contentCaching: { enabled: true },
        healthMonitor: { type: "CONNECT", delay: 10, timeout: 5, attemptsBeforeDeactivation: 3 },
        metadata: [{ key: "color", value: "red" }],
        sessionPersistence: { persistenceType: "HTTP_COOKIE" }
      }
    },
    status: 202,
    response: { loadBalancer: { ...documented, status: "BUILD" } },
    decoded: { ...loadBalancer, status: "BUILD" }
  },
  deleteMany: change(
    (service) => service.deleteMany({ loadBalancerIds: ["1", "2"] }),
    "DELETE /loadbalancers?id=1&id=2"
  ),
  get: {
    call: (service) => service.get({ loadBalancerId }),
    line: "GET /loadbalancers/71",
    response: { loadBalancer: documented },
    decoded: loadBalancer
  },
  update: change(
    (service) =>
      service.update({
        loadBalancerId,
        name: "n",
        algorithm: "ROUND_ROBIN",
        protocol: "HTTPS",
        port: 443,
        timeout: 120,
        halfClosed: true,
        httpsRedirect: true
      }),
    "PUT /loadbalancers/71",
    {
      loadBalancer: {
        name: "n",
        algorithm: "ROUND_ROBIN",
        protocol: "HTTPS",
        port: 443,
        timeout: 120,
        halfClosed: true,
        httpsRedirect: true
      }
    }
  ),
  delete: change((service) => service.delete({ loadBalancerId }), "DELETE /loadbalancers/71"),
  listNodesPage: {
    call: (service) => service.listNodesPage({ loadBalancerId, limit: 2 }),
    line: "GET /loadbalancers/71/nodes?limit=2",
    response: { nodes: [documentedNode] },
    decoded: { items: [node], next: undefined }
  },
  addNodes: {
    call: (service) => service.addNodes({ loadBalancerId, nodes: [{ address: "10.1.1.1", port: 80, weight: 3 }] }),
    line: "POST /loadbalancers/71/nodes",
    body: { nodes: [{ address: "10.1.1.1", port: 80, condition: "ENABLED", weight: 3 }] },
    status: 202,
    response: { nodes: [documentedNode] },
    decoded: [node]
  },
  updateNodes: {
    call: (service) =>
      service.updateNodes({ loadBalancerId, nodes: [{ nodeId, condition: "DRAINING", weight: 3, type: "PRIMARY" }] }),
    line: "PUT /loadbalancers/71/nodes",
    body: { nodes: [{ id: 410, condition: "DRAINING", weight: 3, type: "PRIMARY" }] },
    status: 202,
    response: { nodes: [documentedNode] },
    decoded: [node]
  },
  deleteNodes: change(
    (service) => service.deleteNodes({ loadBalancerId, nodeIds: ["410", "411"] }),
    "DELETE /loadbalancers/71/nodes?id=410&id=411"
  ),
  getNode: {
    call: (service) => service.getNode({ loadBalancerId, nodeId }),
    line: "GET /loadbalancers/71/nodes/410",
    response: { node: documentedNode },
    decoded: node
  },
  updateNode: change(
    (service) => service.updateNode({ loadBalancerId, nodeId, condition: "DISABLED", weight: 1, type: "SECONDARY" }),
    "PUT /loadbalancers/71/nodes/410",
    { node: { condition: "DISABLED", weight: 1, type: "SECONDARY" } }
  ),
  deleteNode: change((service) => service.deleteNode({ loadBalancerId, nodeId }), "DELETE /loadbalancers/71/nodes/410"),
  listNodeEventsPage: {
    call: (service) => service.listNodeEventsPage({ loadBalancerId }),
    line: "GET /loadbalancers/71/nodes/events",
    response: {
      nodeServiceEvents: [
        {
          nodeId: 489709,
          detailedMessage: "Node is working",
          callbackHost: "ztm-n03.staging1.lbaas.rackspace.net",
          accountId: 6242798,
          loadbalancerId: 315115,
          severity: "INFO",
          author: "Rackspace Cloud",
          created: "2019-10-25T17:50:10Z",
          category: "UPDATE",
          relativeUri: "/6242798/loadbalancers/315115/nodes/489709/events",
          description: "Node '489709' status changed to 'ONLINE' for load balancer '315115'",
          title: "Node Status Updated",
          id: 81679,
          type: "UPDATE_NODE"
        }
      ],
      links: []
    },
    decoded: {
      items: [
        {
          nodeId: "489709",
          detailedMessage: "Node is working",
          callbackHost: "ztm-n03.staging1.lbaas.rackspace.net",
          accountId: "6242798",
          loadBalancerId: "315115",
          severity: "INFO",
          author: "Rackspace Cloud",
          created: time("2019-10-25T17:50:10Z"),
          createdText: "2019-10-25T17:50:10Z",
          category: "UPDATE",
          relativeUri: "/6242798/loadbalancers/315115/nodes/489709/events",
          description: "Node '489709' status changed to 'ONLINE' for load balancer '315115'",
          title: "Node Status Updated",
          id: "81679",
          type: "UPDATE_NODE"
        }
      ],
      next: undefined
    }
  },
  listNodeMetadata: {
    call: (service) => service.listNodeMetadata({ loadBalancerId, nodeId }),
    line: "GET /loadbalancers/71/nodes/410/metadata",
    response: { metadata: [documentedMeta] },
    decoded: [meta]
  },
  addNodeMetadata: {
    call: (service) => service.addNodeMetadata({ loadBalancerId, nodeId, key: "color", value: "red" }),
    line: "POST /loadbalancers/71/nodes/410/metadata",
    body: { meta: { key: "color", value: "red" } },
    response: { metadata: [documentedMeta] },
    decoded: meta
  },
  deleteNodeMetadata: change(
    (service) => service.deleteNodeMetadata({ loadBalancerId, nodeId, metadataIds: ["1", "2"] }),
    "DELETE /loadbalancers/71/nodes/410/metadata?id=1&id=2",
    undefined,
    200
  ),
  getNodeMetadataItem: {
    call: (service) => service.getNodeMetadataItem({ loadBalancerId, nodeId, metadataId: "1" }),
    line: "GET /loadbalancers/71/nodes/410/metadata/1",
    response: { meta: documentedMeta },
    decoded: meta
  },
  setNodeMetadataItem: {
    call: (service) => service.setNodeMetadataItem({ loadBalancerId, nodeId, metadataId: "1", value: "red" }),
    line: "PUT /loadbalancers/71/nodes/410/metadata/1",
    body: { meta: { value: "red" } },
    response: { meta: documentedMeta },
    decoded: meta
  },
  deleteNodeMetadataItem: change(
    (service) => service.deleteNodeMetadataItem({ loadBalancerId, nodeId, metadataId: "1" }),
    "DELETE /loadbalancers/71/nodes/410/metadata/1",
    undefined,
    200
  ),
  listMetadata: {
    call: (service) => service.listMetadata({ loadBalancerId }),
    line: "GET /loadbalancers/71/metadata",
    response: { metadata: [documentedMeta] },
    decoded: [meta]
  },
  addMetadata: {
    call: (service) => service.addMetadata({ loadBalancerId, key: "color", value: "red" }),
    line: "POST /loadbalancers/71/metadata",
    body: { meta: { key: "color", value: "red" } },
    response: { metadata: [documentedMeta] },
    decoded: meta
  },
  deleteMetadata: change(
    (service) => service.deleteMetadata({ loadBalancerId, metadataIds: ["1"] }),
    "DELETE /loadbalancers/71/metadata?id=1",
    undefined,
    200
  ),
  getMetadataItem: {
    call: (service) => service.getMetadataItem({ loadBalancerId, metadataId: "1" }),
    line: "GET /loadbalancers/71/metadata/1",
    response: { meta: documentedMeta },
    decoded: meta
  },
  setMetadataItem: {
    call: (service) => service.setMetadataItem({ loadBalancerId, metadataId: "1", value: "red" }),
    line: "PUT /loadbalancers/71/metadata/1",
    body: { meta: { value: "red" } },
    response: { meta: documentedMeta },
    decoded: meta
  },
  deleteMetadataItem: change(
    (service) => service.deleteMetadataItem({ loadBalancerId, metadataId: "1" }),
    "DELETE /loadbalancers/71/metadata/1",
    undefined,
    200
  ),
  listVirtualIps: {
    call: (service) => service.listVirtualIps({ loadBalancerId }),
    line: "GET /loadbalancers/71/virtualips",
    response: { virtualIps: [documentedVirtualIp] },
    decoded: [virtualIp]
  },
  // Neither the request nor the response has a wrapper.
  addVirtualIp: {
    call: (service) => service.addVirtualIp({ loadBalancerId }),
    line: "POST /loadbalancers/71/virtualips",
    body: { type: "PUBLIC", ipVersion: "IPV6" },
    status: 202,
    response: documentedVirtualIp,
    decoded: virtualIp
  },
  deleteVirtualIps: change(
    (service) => service.deleteVirtualIps({ loadBalancerId, virtualIpIds: ["1", "2"] }),
    "DELETE /loadbalancers/71/virtualips?id=1&id=2"
  ),
  deleteVirtualIp: change(
    (service) => service.deleteVirtualIp({ loadBalancerId, virtualIpId: "1" }),
    "DELETE /loadbalancers/71/virtualips/1",
    undefined,
    200
  ),
  listAccessList: {
    call: (service) => service.listAccessList({ loadBalancerId }),
    line: "GET /loadbalancers/71/accesslist",
    response: { accessList: [{ id: 1000, address: "206.160.163.21", type: "DENY" }] },
    decoded: [{ id: "1000", address: "206.160.163.21", type: "DENY" }]
  },
  appendToAccessList: change(
    (service) =>
      service.appendToAccessList({ loadBalancerId, items: [{ address: "206.160.163.0/24", type: "ALLOW" }] }),
    "POST /loadbalancers/71/accesslist",
    { accessList: [{ address: "206.160.163.0/24", type: "ALLOW" }] }
  ),
  deleteAccessList: change(
    (service) => service.deleteAccessList({ loadBalancerId }),
    "DELETE /loadbalancers/71/accesslist"
  ),
  deleteAccessListItems: change(
    (service) => service.deleteAccessListItems({ loadBalancerId, accessListItemIds: ["1", "2"] }),
    "DELETE /loadbalancers/71/accesslist?id=1&id=2"
  ),
  deleteAccessListItem: change(
    (service) => service.deleteAccessListItem({ loadBalancerId, accessListItemId: "1" }),
    "DELETE /loadbalancers/71/accesslist/1"
  ),
  getHealthMonitor: {
    call: (service) => service.getHealthMonitor({ loadBalancerId }),
    line: "GET /loadbalancers/71/healthmonitor",
    response: { healthMonitor: monitor },
    decoded: Option.some(monitor)
  },
  setHealthMonitor: change(
    (service) => service.setHealthMonitor({ loadBalancerId, ...monitor }),
    "PUT /loadbalancers/71/healthmonitor",
    { healthMonitor: monitor }
  ),
  deleteHealthMonitor: change(
    (service) => service.deleteHealthMonitor({ loadBalancerId }),
    "DELETE /loadbalancers/71/healthmonitor"
  ),
  getSessionPersistence: {
    call: (service) => service.getSessionPersistence({ loadBalancerId }),
    line: "GET /loadbalancers/71/sessionpersistence",
    response: { sessionPersistence: { persistenceType: "SOURCE_IP" } },
    decoded: Option.some("SOURCE_IP")
  },
  setSessionPersistence: change(
    (service) => service.setSessionPersistence({ loadBalancerId, sessionPersistence: "SSL_ID" }),
    "PUT /loadbalancers/71/sessionpersistence",
    { sessionPersistence: { persistenceType: "SSL_ID" } }
  ),
  deleteSessionPersistence: change(
    (service) => service.deleteSessionPersistence({ loadBalancerId }),
    "DELETE /loadbalancers/71/sessionpersistence"
  ),
  getConnectionLogging: {
    call: (service) => service.getConnectionLogging({ loadBalancerId }),
    line: "GET /loadbalancers/71/connectionlogging",
    response: { connectionLogging: { enabled: true } },
    decoded: true
  },
  setConnectionLogging: change(
    (service) => service.setConnectionLogging({ loadBalancerId, enabled: true }),
    "PUT /loadbalancers/71/connectionlogging",
    { connectionLogging: { enabled: true } },
    200
  ),
  getConnectionThrottle: {
    call: (service) => service.getConnectionThrottle({ loadBalancerId }),
    line: "GET /loadbalancers/71/connectionthrottle",
    response: {
      connectionThrottle: { maxConnections: 10, minConnections: 1, maxConnectionRate: 50, rateInterval: 10 }
    },
    decoded: Option.some({ maxConnections: 10, minConnections: 1, maxConnectionRate: 50, rateInterval: 10 })
  },
  setConnectionThrottle: change(
    (service) => service.setConnectionThrottle({ loadBalancerId, maxConnections: 200 }),
    "PUT /loadbalancers/71/connectionthrottle",
    { connectionThrottle: { maxConnections: 200 } }
  ),
  deleteConnectionThrottle: change(
    (service) => service.deleteConnectionThrottle({ loadBalancerId }),
    "DELETE /loadbalancers/71/connectionthrottle"
  ),
  getContentCaching: {
    call: (service) => service.getContentCaching({ loadBalancerId }),
    line: "GET /loadbalancers/71/contentcaching",
    response: { contentCaching: { enabled: "false" } },
    decoded: false
  },
  setContentCaching: change(
    (service) => service.setContentCaching({ loadBalancerId, enabled: true }),
    "PUT /loadbalancers/71/contentcaching",
    { contentCaching: { enabled: true } }
  ),
  // The wrapper's key is in lower case.
  getErrorPage: {
    call: (service) => service.getErrorPage({ loadBalancerId }),
    line: "GET /loadbalancers/71/errorpage",
    response: { errorpage: { content: "<html>No</html>" } },
    decoded: "<html>No</html>"
  },
  setErrorPage: change(
    (service) => service.setErrorPage({ loadBalancerId, content: "<html>No</html>" }),
    "PUT /loadbalancers/71/errorpage",
    { errorpage: { content: "<html>No</html>" } },
    200
  ),
  deleteErrorPage: change(
    (service) => service.deleteErrorPage({ loadBalancerId }),
    "DELETE /loadbalancers/71/errorpage",
    undefined,
    200
  ),
  getSslTermination: {
    call: (service) => service.getSslTermination({ loadBalancerId }),
    line: "GET /loadbalancers/71/ssltermination",
    response: {
      sslTermination: {
        certificate,
        enabled: "true",
        secureTrafficOnly: false,
        intermediateCertificate: "",
        securePort: 443,
        cipherProfile: "default",
        securityProtocols: [{ securityProtocolName: "TLS_10", securityProtocolStatus: "DISABLED" }]
      }
    },
    decoded: Option.some({
      certificate,
      enabled: true,
      secureTrafficOnly: false,
      securePort: 443,
      cipherProfile: "default",
      securityProtocols: [{ name: "TLS_10", status: "DISABLED" }]
    })
  },
  // The field `privatekey` is in lower case, unlike that of certificate mappings.
  setSslTermination: change(
    (service) =>
      service.setSslTermination({
        loadBalancerId,
        enabled: true,
        securePort: 443,
        secureTrafficOnly: true,
        certificate,
        privateKey,
        intermediateCertificate,
        cipherProfile: "CLBCipherPolicy2019-05",
        securityProtocols: [{ name: "TLS_11", status: "DISABLED" }]
      }),
    "PUT /loadbalancers/71/ssltermination",
    {
      sslTermination: {
        enabled: true,
        securePort: 443,
        secureTrafficOnly: true,
        certificate,
        privatekey: keyText,
        intermediateCertificate,
        cipherProfile: "CLBCipherPolicy2019-05",
        securityProtocols: [{ securityProtocolName: "TLS_11", securityProtocolStatus: "DISABLED" }]
      }
    },
    200
  ),
  deleteSslTermination: change(
    (service) => service.deleteSslTermination({ loadBalancerId }),
    "DELETE /loadbalancers/71/ssltermination",
    undefined,
    200
  ),
  listCiphers: {
    call: (service) => service.listCiphers({ loadBalancerId }),
    line: "GET /loadbalancers/71/ssltermination/ciphers",
    response: { ciphers: [{ name: "AES128-SHA" }, { name: "AES256-SHA" }] },
    decoded: ["AES128-SHA", "AES256-SHA"]
  },
  // Each item of the list has its own wrapper.
  listCertificateMappings: {
    call: (service) => service.listCertificateMappings({ loadBalancerId }),
    line: "GET /loadbalancers/71/ssltermination/certificatemappings",
    response: { certificateMappings: [{ certificateMapping: { id: 999, hostName: "rackspace.com" } }] },
    decoded: [{ id: "999", hostName: "rackspace.com" }]
  },
  addCertificateMapping: {
    call: (service) =>
      service.addCertificateMapping({ loadBalancerId, hostName: "rackspace.com", certificate, privateKey }),
    line: "POST /loadbalancers/71/ssltermination/certificatemappings",
    body: { certificateMapping: { hostName: "rackspace.com", certificate, privateKey: keyText } },
    status: 202,
    response: { certificateMapping: { id: 999, hostName: "rackspace.com", certificate } },
    decoded: { id: "999", hostName: "rackspace.com", certificate }
  },
  getCertificateMapping: {
    call: (service) => service.getCertificateMapping({ loadBalancerId, certificateMappingId: "999" }),
    line: "GET /loadbalancers/71/ssltermination/certificatemappings/999",
    response: { certificateMapping: { id: 999, hostName: "rackspace.com", certificate, intermediateCertificate } },
    decoded: { id: "999", hostName: "rackspace.com", certificate, intermediateCertificate }
  },
  updateCertificateMapping: change(
    (service) =>
      service.updateCertificateMapping({ loadBalancerId, certificateMappingId: "999", certificate, privateKey }),
    "PUT /loadbalancers/71/ssltermination/certificatemappings/999",
    { certificateMapping: { certificate, privateKey: keyText } }
  ),
  deleteCertificateMapping: change(
    (service) => service.deleteCertificateMapping({ loadBalancerId, certificateMappingId: "999" }),
    "DELETE /loadbalancers/71/ssltermination/certificatemappings/999"
  ),
  // Without a wrapper, and with null for statistics of TLS.
  getStatistics: {
    call: (service) => service.getStatistics({ loadBalancerId }),
    line: "GET /loadbalancers/71/stats",
    response: {
      connectTimeOut: 10,
      connectError: 20,
      connectFailure: 30,
      dataTimedOut: 40,
      keepAliveTimedOut: 50,
      maxConn: 60,
      currentConn: 40,
      connectTimeOutSsl: null,
      connectErrorSsl: 20,
      connectFailureSsl: 30,
      dataTimedOutSsl: 40,
      keepAliveTimedOutSsl: 50,
      maxConnSsl: 60,
      currentConnSsl: 40
    },
    decoded: {
      connectTimeouts: 10,
      connectErrors: 20,
      connectFailures: 30,
      dataTimeouts: 40,
      keepAliveTimeouts: 50,
      maxConnections: 60,
      currentConnections: 40,
      connectErrorsSsl: 20,
      connectFailuresSsl: 30,
      dataTimeoutsSsl: 40,
      keepAliveTimeoutsSsl: 50,
      maxConnectionsSsl: 60,
      currentConnectionsSsl: 40
    }
  },
  listUsage: {
    call: (service) => service.listUsage({ loadBalancerId, startTime, endTime }),
    line: "GET /loadbalancers/71/usage?startTime=2012-04-01T00%3A00%3A00.000Z&endTime=2012-05-01T00%3A00%3A00.000Z",
    response: { loadBalancerUsageRecords: [documentedUsage], links: [] },
    decoded: [usage]
  },
  listCurrentUsage: {
    call: (service) => service.listCurrentUsage({ loadBalancerId }),
    line: "GET /loadbalancers/71/usage/current",
    response: { loadBalancerUsageRecords: [documentedUsage], links: [] },
    decoded: [usage]
  },
  getAccountUsage: {
    call: (service) => service.getAccountUsage({ startTime }),
    line: "GET /loadbalancers/usage?startTime=2012-04-01T00%3A00%3A00.000Z",
    response: {
      accountId: 717071,
      accountUsage: {
        links: [],
        accountUsageRecords: [
          { numLoadBalancers: 1, numPublicVips: 1, numServicenetVips: 0, startTime: "2019-12-05T18:55:56Z" }
        ]
      },
      loadBalancerUsages: [
        {
          loadBalancerId: 71,
          loadBalancerName: "lb-site1",
          loadBalancerUsageRecords: [documentedUsage],
          links: []
        }
      ]
    },
    decoded: {
      accountId: "717071",
      account: [
        {
          loadBalancerCount: 1,
          publicVirtualIpCount: 1,
          servicenetVirtualIpCount: 0,
          startTime: time("2019-12-05T18:55:56Z")
        }
      ],
      loadBalancers: [{ loadBalancerId: "71", name: "lb-site1", records: [usage] }]
    }
  },
  listBillablePage: {
    call: (service) => service.listBillablePage({ startTime, endTime, offset: 3, limit: 4 }),
    line: "GET /loadbalancers/billable?startTime=2012-04-01T00%3A00%3A00.000Z&endTime=2012-05-01T00%3A00%3A00.000Z&limit=4&offset=3",
    response: { loadBalancers: [documentedSummary] },
    decoded: [summary]
  },
  listAlgorithms: {
    call: (service) => service.listAlgorithms(),
    line: "GET /loadbalancers/algorithms",
    response: { algorithms: [{ name: "LEAST_CONNECTIONS" }, { name: "RANDOM" }] },
    decoded: ["LEAST_CONNECTIONS", "RANDOM"]
  },
  listProtocols: {
    call: (service) => service.listProtocols(),
    line: "GET /loadbalancers/protocols",
    response: {
      protocols: [
        { name: "HTTP", port: 80 },
        { name: "TCP", port: 0 }
      ]
    },
    decoded: [
      { name: "HTTP", port: 80 },
      { name: "TCP", port: 0 }
    ]
  },
  listAllowedDomains: {
    call: (service) => service.listAllowedDomains(),
    line: "GET /loadbalancers/alloweddomains",
    response: { allowedDomains: [{ allowedDomain: { name: "rackclouddb.com" } }] },
    decoded: ["rackclouddb.com"]
  },
  getClusterSourceAddresses: {
    call: (service) => service.getClusterSourceAddresses({ loadBalancerId }),
    line: "GET /loadbalancers/71/clustersourceaddresses",
    response: { clusterSourceAddresses: networks },
    decoded: sourceNetworks
  },
  // The key begins with an upper-case letter, and the path is not below /loadbalancers.
  getRegionalSourceAddresses: {
    call: (service) => service.getRegionalSourceAddresses(),
    line: "GET /regionalsourceaddresses",
    response: { RegionalSourceAddresses: networks },
    decoded: sourceNetworks
  },
  listRateLimits: {
    call: (service) => service.listRateLimits(),
    line: "GET /limits",
    response: {
      limits: {
        rate: [
          {
            uri: "/v1.0/*",
            regex: ".*",
            limit: [
              { verb: "GET", value: 600, remaining: 599, unit: "MINUTE", "next-available": 1_298_403_163_835 },
              { verb: "PUT", value: 600, remaining: 600, unit: "MINUTE", "next-available": "2011-02-22T19:32:43.835Z" }
            ]
          }
        ]
      }
    },
    decoded: [
      {
        uri: "/v1.0/*",
        regex: ".*",
        limits: [
          {
            method: "GET",
            value: 600,
            remaining: 599,
            unit: "MINUTE",
            nextAvailable: time("2011-02-22T19:32:43.835Z")
          },
          { method: "PUT", value: 600, remaining: 600, unit: "MINUTE", nextAvailable: time("2011-02-22T19:32:43.835Z") }
        ]
      }
    ]
  },
  listAbsoluteLimits: {
    call: (service) => service.listAbsoluteLimits(),
    line: "GET /loadbalancers/absolutelimits",
    response: { absolute: [{ name: "NODE_LIMIT", value: 25 }] },
    decoded: [{ name: "NODE_LIMIT", value: 25 }]
  }
}

describe("CloudLoadBalancers: requests and responses", () => {
  for (const [name, operation] of Object.entries(operations)) {
    it.effect(`${name}: ${operation.line.split("?")[0]}`, () =>
      on(
        Effect.gen(function* () {
          const service = yield* balancers
          yield* respondWith(operation.response ?? "", operation.status)
          const value = yield* operation.call(service)
          assert.deepStrictEqual(value, operation.decoded)
          const all = yield* requests
          assert.strictEqual(all.length, 1)
          assert.strictEqual(all[0]?.line, operation.line)
          assert.deepStrictEqual(all[0]?.body, operation.body)
          assert.isDefined(all[0]?.headers["x-auth-token"])
        })
      )
    )
  }
})

describe("CloudLoadBalancers: documented errors", () => {
  const always = { 400: "BadRequest", 403: "Forbidden", 500: "UnexpectedStatus", 503: "ServiceUnavailable" }
  const documentedFaults = [
    [404, "NotFound", "Load balancer not found"],
    [410, "NotFound", "The loadbalancer is marked as deleted."],
    [413, "QuotaExceeded", "Nodes must not exceed 25 per load balancer."],
    [422, "Immutable", "Load Balancer '71' has a status of 'PENDING_UPDATE' and is considered immutable."],
    [422, "Immutable", "The load balancer is deleted and considered immutable."],
    [422, "Immutable", "LoadBalancer is not ACTIVE"],
    [422, "Unprocessable", "The Object at the specified URI is unprocessable."]
  ] as const

  /** Operations that send a second request after a 404, which means that the setting or the balancer is missing. */
  const optional = ["getHealthMonitor", "getSessionPersistence", "getConnectionThrottle", "getSslTermination"]

  for (const [name, operation] of Object.entries(operations)) {
    it.effect(`${name} fails with the documented errors`, () =>
      on(
        Effect.gen(function* () {
          const service = yield* balancers
          const { errors } = CloudLoadBalancers.endpoints[name as keyof typeof operations]
          for (const [status, tag] of Object.entries(always)) {
            yield* respondWith({ message: `says ${status}`, code: Number(status) }, Number(status))
            const error = yield* Effect.flip(operation.call(service))
            assert.strictEqual(error._tag, tag)
            assert.include(error.message, `CloudLoadBalancers.${name}: ${status} says ${status}`)
          }
          for (const [status, tag, message] of documentedFaults) {
            yield* respondWith({ message, code: status }, status)
            if (optional.includes(name) && tag === "NotFound") yield* respondWith({ message, code: status }, status)
            const error = yield* Effect.flip(operation.call(service))
            const known = (errors as ReadonlySet<string>).has(tag)
            // An operation that does not document Immutable treats it as any other 422.
            const otherwise = tag === "Immutable" && (errors as ReadonlySet<string>).has("Unprocessable")
            assert.strictEqual(error._tag, known ? tag : otherwise ? "Unprocessable" : "UnexpectedStatus")
            assert.include(error.message, message)
          }
        })
      )
    )
  }

  it.effect("validation errors are reported with the cloud's messages", () =>
    on(
      Effect.gen(function* () {
        const service = yield* balancers
        const messages = ["Node ids 1,3 are not a part of your loadbalancer"]
        yield* respondWith(
          {
            validationErrors: { messages },
            message: "Validation Failure",
            code: 400,
            details: "The object is not valid"
          },
          400
        )
        const error = yield* Effect.flip(service.deleteNodes({ loadBalancerId, nodeIds: ["1", "3"] }))
        assert.instanceOf(error, CloudError.BadRequest)
        assert.include(error.message, "Node ids 1,3 are not a part of your loadbalancer")
        assert.strictEqual((error as CloudError.BadRequest).details, "The object is not valid")
      })
    )
  )

  it.effect("a message that is a list is reported", () =>
    on(
      Effect.gen(function* () {
        const service = yield* balancers
        yield* respondWith({ message: ["JSON does not match the expected schema"] }, 400)
        const error = yield* Effect.flip(service.update({ loadBalancerId, name: "n" }))
        assert.include(error.message, "JSON does not match the expected schema")
      })
    )
  )

  it.effect("a 413 of the gateway is OverLimit with the requested wait, and one of the service is QuotaExceeded", () =>
    on(
      Effect.gen(function* () {
        const service = yield* balancers
        yield* respondWith({ overLimit: { code: 413, message: "OverLimit Retry..." } }, 413, { "Retry-After": "42" })
        const error = yield* Effect.flip(
          service.addNodes({ loadBalancerId, nodes: [{ address: "10.0.0.1", port: 80 }] })
        )
        assert.instanceOf(error, CloudError.OverLimit)
        assert.deepStrictEqual((error as CloudError.OverLimit).retryAfter, Duration.seconds(42))
        yield* respondWith(
          { message: "Duplicate nodes detected. One or more nodes already configured on load balancer.", code: 413 },
          413
        )
        const twice = yield* Effect.flip(
          service.addNodes({ loadBalancerId, nodes: [{ address: "10.0.0.1", port: 80 }] })
        )
        assert.strictEqual(twice._tag, "QuotaExceeded")
      })
    )
  )
})

describe("CloudLoadBalancers: wire format variations", () => {
  const decoded = (fields: Record<string, unknown>) =>
    on(
      Effect.gen(function* () {
        const service = yield* balancers
        yield* respondWith({ loadBalancer: { ...documented, ...fields } })
        return yield* service.get({ loadBalancerId })
      })
    )

  it.effect("ids, numbers and booleans as strings", () =>
    Effect.gen(function* () {
      const found = yield* decoded({
        id: "71",
        port: "80",
        halfClosed: "true",
        nodes: [{ ...documentedNode, id: "410", port: "80", weight: "3", metadata: [{ ...documentedMeta, id: "1" }] }],
        virtualIps: [{ ...documentedVirtualIp, id: "1000" }]
      })
      assert.deepStrictEqual(found, {
        ...loadBalancer,
        halfClosed: true,
        nodes: [{ ...node, metadata: [meta] }]
      })
    })
  )

  it.effect("an unknown status is kept, and hyphens in a status become underscores", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* decoded({ status: "REHEATING" })).status, "REHEATING")
      assert.strictEqual((yield* decoded({ status: "PENDING-UPDATE" })).status, "PENDING_UPDATE")
      assert.strictEqual(
        (yield* decoded({ nodes: [{ ...documentedNode, status: "DRAINING" }] })).nodes[0]?.status,
        "DRAINING"
      )
      assert.strictEqual((yield* decoded({ protocol: "QUIC" })).protocol, "QUIC")
    })
  )

  it.effect("a deleted balancer has few fields", () =>
    on(
      Effect.gen(function* () {
        const service = yield* balancers
        yield* respondWith({
          loadBalancer: {
            id: 71,
            name: "gone",
            status: "DELETED",
            created: { time: "2010-11-30T03:23:42Z" },
            updated: { time: "2010-11-30T03:23:44Z" },
            nodeCount: 0
          }
        })
        assert.deepStrictEqual(yield* service.get({ loadBalancerId }), {
          id: "71",
          name: "gone",
          status: "DELETED",
          created: time("2010-11-30T03:23:42Z"),
          updated: time("2010-11-30T03:23:44Z"),
          nodeCount: 0,
          nodes: [],
          virtualIps: [],
          accessList: [],
          metadata: []
        })
        yield* respondWith({ loadBalancers: [{ id: 71, name: "found", status: "ACTIVE" }] })
        assert.deepStrictEqual((yield* service.listPage({ nodeAddress: "10.1.1.1" })).items, [
          { id: "71", name: "found", status: "ACTIVE", virtualIps: [] }
        ])
      })
    )
  )

  it.effect("missing settings: absent, null, an empty object, an empty string", () =>
    Effect.gen(function* () {
      const bare = yield* decoded({
        nodes: null,
        sessionPersistence: {},
        connectionThrottle: {},
        healthMonitor: {},
        sslTermination: {},
        cluster: null,
        sourceAddresses: { ipv4Public: "", ipv6Public: null }
      })
      assert.deepStrictEqual(bare.nodes, [])
      assert.deepStrictEqual(bare.sourceAddresses, {})
      for (const name of [
        "sessionPersistence",
        "connectionThrottle",
        "healthMonitor",
        "sslTermination",
        "clusterName"
      ]) {
        assert.notProperty(bare, name)
      }
      const set = yield* decoded({ healthMonitor: { ...monitor, bodyRegex: "", hostHeader: null } })
      const { bodyRegex: _, hostHeader: __, ...rest } = monitor
      assert.deepStrictEqual(set.healthMonitor, rest)
    })
  )

  const optional: ReadonlyArray<readonly [name: string, key: string, call: Call]> = [
    ["getHealthMonitor", "healthMonitor", (service) => service.getHealthMonitor({ loadBalancerId })],
    ["getSessionPersistence", "sessionPersistence", (service) => service.getSessionPersistence({ loadBalancerId })],
    ["getConnectionThrottle", "connectionThrottle", (service) => service.getConnectionThrottle({ loadBalancerId })],
    ["getSslTermination", "sslTermination", (service) => service.getSslTermination({ loadBalancerId })]
  ]
  for (const [name, key, call] of optional) {
    it.effect(`${name} is None if the response is an empty object, or a 404 for an existing balancer`, () =>
      on(
        Effect.gen(function* () {
          const service = yield* balancers
          for (const body of [{ [key]: {} }, { [key]: null }, {}]) {
            yield* respondWith(body)
            assert.deepStrictEqual(yield* call(service), Option.none())
          }
          yield* respondWith({ message: "Not found", code: 404 }, 404)
          yield* respondWith({ loadBalancer: documented })
          assert.deepStrictEqual(yield* call(service), Option.none())
          yield* respondWith({ message: "Not found", code: 404 }, 404)
          yield* respondWith({ message: "Load balancer not found", code: 404 }, 404)
          assert.strictEqual((yield* Effect.flip(call(service)))._tag, "NotFound")
        })
      )
    )
  }

  it.effect("the time of an event in the older format, and an invalid one", () =>
    on(
      Effect.gen(function* () {
        const service = yield* balancers
        const event = { id: 1, nodeId: 2, loadbalancerId: 3 }
        yield* respondWith({
          nodeServiceEvents: [
            { ...event, created: "10-30-2012 10:18:23" },
            { ...event, id: 2, created: "last night" },
            { ...event, id: 3 }
          ]
        })
        const { items } = yield* service.listNodeEventsPage({ loadBalancerId })
        assert.deepStrictEqual(
          items.map(({ created, createdText }) => [created && DateTime.formatIso(created), createdText]),
          [
            ["2012-10-30T10:18:23.000Z", "10-30-2012 10:18:23"],
            [undefined, "last night"],
            [undefined, undefined]
          ]
        )
      })
    )
  )

  it.effect("usage of the current period has no end, and older statistics have fewer fields", () =>
    on(
      Effect.gen(function* () {
        const service = yield* balancers
        const { endTime: _, eventType: __, ...running } = documentedUsage
        yield* respondWith({ loadBalancerUsageRecords: [running] })
        const [record] = yield* service.listCurrentUsage({ loadBalancerId })
        assert.notProperty(record, "endTime")
        yield* respondWith({ connectTimeOut: 1, maxConn: 2 })
        assert.deepStrictEqual(yield* service.getStatistics({ loadBalancerId }), {
          connectTimeouts: 1,
          maxConnections: 2
        })
      })
    )
  )

  it.effect("a malformed response is reported with the path", () =>
    on(
      Effect.gen(function* () {
        const service = yield* balancers
        yield* respondWith({ loadBalancer: { ...documented, id: [7] } })
        const error = yield* Effect.flip(service.get({ loadBalancerId }))
        assert.instanceOf(error, CloudError.MalformedResponse)
        assert.strictEqual((error as CloudError.MalformedResponse).path, "loadBalancer.id")
        yield* respondWith({ healthMonitor: { ...monitor, delay: "soon" } })
        const inMonitor = yield* Effect.flip(service.getHealthMonitor({ loadBalancerId }))
        assert.strictEqual((inMonitor as CloudError.MalformedResponse).path, "healthMonitor.delay")
      })
    )
  )
})

describe("CloudLoadBalancers: listings as Streams", () => {
  const ids = <E, R>(stream: Stream.Stream<{ readonly id: string }, E, R>) =>
    Effect.map(Stream.runCollect(stream), (items) => [...items].map(({ id }) => id))

  const page = (...numbers: ReadonlyArray<number>) => ({
    loadBalancers: numbers.map((id) => ({ ...documentedSummary, id }))
  })

  it.effect("a page may begin with the marker's item, or after it", () =>
    on(
      Effect.gen(function* () {
        const service = yield* balancers
        for (const second of [page(2, 3, 4), page(3, 4, 5)]) {
          yield* respondWith(page(1, 2))
          yield* respondWith(second)
          yield* respondWith(page(4))
          yield* respondWith(page())
          const found = yield* ids(Stream.take(service.list({ pageSize: 2 }), 4))
          assert.deepStrictEqual(found, ["1", "2", "3", "4"])
          yield* Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.clearFaults)
        }
        const lines = (yield* requests).map(({ line }) => line)
        assert.deepStrictEqual(lines.slice(0, 2), ["GET /loadbalancers?limit=2", "GET /loadbalancers?marker=2&limit=3"])
      })
    )
  )

  for (const markerIsPassed of [false, true]) {
    it.effect(
      `each item is emitted once, with any page size, if pages begin ${markerIsPassed ? "after the marker" : "with the marker"}`,
      () =>
        Effect.gen(function* () {
          const cloud = yield* TestCloud.TestCloud
          const service = yield* balancers
          const seeded: Array<string> = []
          for (let count = 0; count < 7; count++) seeded.push(yield* cloud.loadBalancers.seedLoadBalancer())
          for (const pageSize of [1, 2, 3, 6, 7, 8, 100]) {
            assert.deepStrictEqual(yield* ids(service.list({ pageSize })), seeded)
          }
          assert.deepStrictEqual(yield* ids(service.list()), seeded)
          const first = yield* service.listPage({ limit: 3 })
          const next = yield* service.listPage({ limit: 3, marker: first.next })
          const last = yield* service.listPage({ limit: 3, marker: next.next })
          assert.deepStrictEqual(
            [first, next, last].map(({ items }) => items.map(({ id }) => id)),
            [seeded.slice(0, 3), seeded.slice(3, 6), seeded.slice(6)]
          )
          assert.isUndefined(last.next)
        }).pipe(Effect.provide(TestCloud.layer({ cloud: { loadBalancers: { markerIsPassed } } })))
    )
  }

  it.effect("pages have at most 100 items, and no item is lost", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const service = yield* balancers
      for (let count = 0; count < 205; count++) yield* cloud.loadBalancers.seedLoadBalancer()
      assert.strictEqual(new Set(yield* ids(service.list())).size, 205)
      const refused = yield* Effect.flip(Stream.runCollect(service.list({ pageSize: 101 })))
      assert.instanceOf(refused, CloudError.InvalidInput)
      assert.include(refused.message, "CloudLoadBalancers.list: pageSize: expected a page's size")
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("a page is requested on demand", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const service = yield* balancers
      for (let count = 0; count < 5; count++) yield* cloud.loadBalancers.seedLoadBalancer()
      yield* cloud.clearRequests
      yield* ids(Stream.take(service.list({ pageSize: 2 }), 2))
      assert.strictEqual((yield* requests).length, 1)
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("nodes, events and billable balancers are listed page by page", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const service = yield* balancers
      const id = yield* cloud.loadBalancers.seedLoadBalancer({ nodes: ["10.0.0.1", "10.0.0.2", "10.0.0.3"] })
      const nodes = yield* ids(service.listNodes({ loadBalancerId: id, pageSize: 2 }))
      assert.strictEqual(nodes.length, 3)
      for (const each of nodes) yield* cloud.loadBalancers.setNodeStatus(id, each, "OFFLINE")
      assert.strictEqual((yield* ids(service.listNodeEvents({ loadBalancerId: id, pageSize: 2 }))).length, 3)
      for (let count = 0; count < 4; count++) yield* cloud.loadBalancers.seedLoadBalancer()
      const billed = service.listBillable({
        startTime: time("1969-12-31T00:00:00Z"),
        endTime: time("1970-01-02T00:00:00Z"),
        pageSize: 2
      })
      assert.strictEqual(new Set(yield* ids(billed)).size, 5)
    }).pipe(Effect.provide(TestCloud.layer()))
  )
})

describe("CloudLoadBalancers: servers as nodes", () => {
  it.effect("are added with their private address", () =>
    on(
      Effect.gen(function* () {
        const service = yield* balancers
        const servers = yield* CloudServers.CloudServers
        const cloud = yield* TestCloud.TestCloud
        const server = yield* servers.get({ serverId: yield* cloud.servers.seedServer() })
        const address = server.addresses["private"]?.find(({ version }) => version === 4)?.address
        assert.isString(address)
        const id = yield* cloud.loadBalancers.seedLoadBalancer()
        const [added] = yield* service.addNodes({ loadBalancerId: id, nodes: [{ server, port: 8080 }] })
        assert.strictEqual(added?.address, address)
        assert.strictEqual(added?.port, 8080)
        assert.isTrue(added !== undefined && CloudLoadBalancers.isNodeOf(added, server))
        assert.isFalse(CloudLoadBalancers.isNodeOf({ address: "192.0.2.250" }, server))
        assert.deepStrictEqual((yield* requests).at(-1)?.body, {
          nodes: [{ address, port: 8080, condition: "ENABLED" }]
        })
      })
    )
  )
})

describe("CloudLoadBalancers: invalid input", () => {
  const one = { name: "n", protocol: "HTTP", virtualIps: [{ type: "PUBLIC" }] } as const
  const bad: Readonly<Record<string, readonly [call: Call, message: string]>> = {
    "no virtual IP": [(service) => service.create({ ...one, virtualIps: [] as never }), "virtualIps"],
    "a virtual IP that is neither new nor shared": [
      (service) => service.create({ ...one, virtualIps: [{}] }),
      "virtualIps.0.type: expected either a type or the virtualIpId of an address to share"
    ],
    "IPv6 of the region's own network": [
      (service) => service.create({ ...one, virtualIps: [{ type: "SERVICENET", ipVersion: "IPV6" }] }),
      "virtualIps.0.ipVersion: expected IPV4: SERVICENET has no IPV6"
    ],
    "a name of 129 characters": [
      (service) => service.create({ ...one, name: "x".repeat(129) }),
      "name: expected a name of 1 to 128 characters"
    ],
    "a timeout of 121 seconds": [
      (service) => service.create({ ...one, timeout: 121 }),
      "timeout: expected seconds, a whole number from 1 to 120, not 121"
    ],
    "an HTTP monitor without its path": [
      (service) =>
        service.setHealthMonitor({
          loadBalancerId,
          type: "HTTP",
          delay: 1,
          timeout: 1,
          attemptsBeforeDeactivation: 1,
          statusRegex: "200"
        }),
      "path: expected a value, which is required for HTTP monitors"
    ],
    "no node": [(service) => service.addNodes({ loadBalancerId, nodes: [] as never }), "nodes"],
    "a node with both an address and a server": [
      (service) =>
        service.addNodes({
          loadBalancerId,
          nodes: [{ address: "10.0.0.1", server: { addresses: {} }, port: 80 } as never]
        }),
      "nodes.0.address: expected either an address or a server"
    ],
    "a node without address and server": [
      (service) => service.addNodes({ loadBalancerId, nodes: [{ port: 80 } as never] }),
      "nodes.0.address: expected either an address or a server"
    ],
    "a server that has no private address yet": [
      (service) =>
        service.addNodes({
          loadBalancerId,
          nodes: [{ server: { addresses: { public: [{ version: 4, address: "192.0.2.1" }] } }, port: 80 }]
        }),
      "nodes.0.server: expected a server with an IPv4 address on the network private; this one has none (yet)"
    ],
    "a port of 65536": [
      (service) => service.addNodes({ loadBalancerId, nodes: [{ address: "10.0.0.1", port: 65_536 }] }),
      "nodes.0.port: expected a port, a whole number from 1 to 65535, not 65536"
    ],
    "a weight of 101": [
      (service) => service.updateNode({ loadBalancerId, nodeId, weight: 101 }),
      "weight: expected a weight, a whole number from 1 to 100, not 101"
    ],
    "a change without fields": [
      (service) => service.updateNode({ loadBalancerId, nodeId }),
      "condition: expected something to change: one of condition, weight, type"
    ],
    "an update without fields": [
      (service) => service.update({ loadBalancerId }),
      "something to change: one of name, algorithm, protocol, port, timeout, halfClosed, httpsRedirect"
    ],
    "an invalid id of a node": [
      (service) => service.updateNodes({ loadBalancerId, nodes: [{ nodeId: "web-1", weight: 1 }] }),
      "nodes.0.nodeId: expected an id, which is a whole number"
    ],
    // Without ids the request would delete the whole list.
    "no id of an access list": [
      (service) => service.deleteAccessListItems({ loadBalancerId, accessListItemIds: [] }),
      "accessListItemIds: expected 1 to 10 ids of access list items"
    ],
    "eleven ids": [
      (service) => service.deleteNodes({ loadBalancerId, nodeIds: Array.from({ length: 11 }, String) }),
      "nodeIds: expected 1 to 10 ids of nodes"
    ],
    "a certificate without its key": [
      (service) => service.setSslTermination({ loadBalancerId, certificate, securePort: 443 }),
      "privateKey: expected a value, which is required with certificate"
    ],
    "a new certificate without the port": [
      (service) => service.setSslTermination({ loadBalancerId, certificate, privateKey }),
      "securePort: expected a value, which is required with certificate"
    ],
    "an intermediate certificate alone": [
      (service) => service.setSslTermination({ loadBalancerId, intermediateCertificate }),
      "certificate: expected a value, which is required with intermediateCertificate"
    ],
    "SSL termination without fields": [
      (service) => service.setSslTermination({ loadBalancerId }),
      "expected something to change"
    ],
    "a private key in place of a certificate": [
      (service) => service.setSslTermination({ loadBalancerId, certificate: keyText, privateKey, securePort: 443 }),
      "certificate: expected a certificate in PEM, with its line breaks and without a private key"
    ],
    "a certificate without line breaks": [
      (service) =>
        service.addCertificateMapping({
          loadBalancerId,
          hostName: "h",
          certificate: certificate.replaceAll("\n", "\\n"),
          privateKey
        }),
      "certificate: expected a certificate in PEM, with its line breaks and without a private key"
    ],
    "an elliptic curve key": [
      (service) =>
        service.addCertificateMapping({
          loadBalancerId,
          hostName: "h",
          certificate,
          privateKey: Redacted.make(keyText.replaceAll("RSA", "EC"))
        }),
      "privateKey: expected an RSA private key in PEM"
    ],
    "a mapping's key without its certificate": [
      (service) => service.updateCertificateMapping({ loadBalancerId, certificateMappingId: "1", privateKey }),
      "certificate: expected a certificate together with its private key, but this field is missing"
    ],
    "an error page of 65537 characters": [
      (service) => service.setErrorPage({ loadBalancerId, content: "x".repeat(65_537) }),
      "content: expected a page of 1 to 65536 characters"
    ],
    "no balancer": [
      (service) => service.get({ loadBalancerId: "" }),
      "loadBalancerId: expected a string that is not empty"
    ],
    "no balancers to delete": [
      (service) => service.deleteMany({ loadBalancerIds: [] }),
      "loadBalancerIds: expected 1 to 10 ids of load balancers"
    ]
  }

  for (const [name, [call, message]] of Object.entries(bad)) {
    it.effect(name, () =>
      on(
        Effect.gen(function* () {
          const service = yield* balancers
          const error = yield* Effect.flip(call(service))
          assert.instanceOf(error, CloudError.InvalidInput)
          assert.include(error.message, message)
          assert.deepStrictEqual(yield* requests, [])
          assert.notInclude(shown(error), "MIIEverysecret")
        })
      )
    )
  }

  it.effect("an empty list of nodes is omitted from the request", () =>
    on(
      Effect.gen(function* () {
        const service = yield* balancers
        yield* service.create({ ...one, nodes: [] })
        assert.deepStrictEqual((yield* requests).at(-1)?.body, {
          loadBalancer: { name: "n", protocol: "HTTP", virtualIps: [{ type: "PUBLIC" }] }
        })
      })
    )
  )
})
