/** SSL termination of load balancers (Cloud Load Balancers API v1.0, "SSL termination"). */
import type * as Fields from "../Fields.js"
import * as Reply from "../Reply.js"
import { readCertificate, readPrivateKey } from "./certificates.js"
import * as Fixtures from "./fixtures.js"
import type { LoadBalancer, SslTermination } from "./loadBalancerRecord.js"
import { sslToJson } from "./loadBalancerRecord.js"
import type { Region } from "./region.js"
import { ofLoadBalancer } from "./region.js"
import { checkNames, invalid, notFound, read } from "./requests.js"
import { handlersOf } from "./settings.js"

const names = [
  "securePort",
  "enabled",
  "secureTrafficOnly",
  "certificate",
  "privatekey",
  "intermediateCertificate",
  "cipherProfile",
  "securityProtocols"
]

const defaultProtocols: ReadonlyArray<Fields.JsonObject> = [
  { securityProtocolName: "TLS_10", securityProtocolStatus: "ENABLED" },
  { securityProtocolName: "TLS_11", securityProtocolStatus: "ENABLED" }
]

const readProtocols = (from: Fields.JsonObject): ReadonlyArray<Fields.JsonObject> | undefined => {
  const protocols = from["securityProtocols"] === undefined ? undefined : read.objects(from, "securityProtocols")
  for (const protocol of protocols ?? []) {
    read.oneOf(protocol, "securityProtocolName", ["TLS_10", "TLS_11"])
    read.oneOf(protocol, "securityProtocolStatus", ["ENABLED", "DISABLED"])
  }
  return protocols
}

/** Reads new settings, or changes to existing ones. A certificate requires its key and the port. */
const readSslTermination = (from: Fields.JsonObject, loadBalancer: LoadBalancer): SslTermination => {
  checkNames(from, names)
  if (!Fixtures.canTerminateSsl(loadBalancer.protocol)) {
    invalid(`SSL termination cannot be used with ${loadBalancer.protocol}`)
  }
  const before = loadBalancer.sslTermination
  const certificate = readCertificate(from, "certificate")
  const privateKey = readPrivateKey(from, "privatekey")
  const intermediateCertificate = readCertificate(from, "intermediateCertificate")
  const securePort = read.optionalInteger(from, "securePort", 1, 65_535)
  const isNew = certificate !== undefined || privateKey !== undefined || intermediateCertificate !== undefined
  if ((isNew || before === undefined) && (!certificate || !privateKey || securePort === undefined)) {
    return invalid("certificate, privatekey and securePort must be given together")
  }
  if (securePort === loadBalancer.port) {
    return invalid("securePort must not be the load balancer's port")
  }
  const securityProtocols = readProtocols(from)
  return {
    enabled: read.optionalBoolean(from, "enabled") ?? before?.enabled ?? true,
    securePort: securePort ?? before?.securePort ?? 443,
    secureTrafficOnly: read.optionalBoolean(from, "secureTrafficOnly") ?? before?.secureTrafficOnly ?? false,
    certificate: certificate ?? before?.certificate ?? "",
    privateKey: privateKey ?? before?.privateKey ?? "",
    intermediateCertificate: isNew ? intermediateCertificate : before?.intermediateCertificate,
    cipherProfile: read.optionalText(from, "cipherProfile") ?? before?.cipherProfile ?? "default",
    securityProtocols: securityProtocols ?? before?.securityProtocols ?? defaultProtocols
  }
}

/** The SSL termination of a load balancer; 404 if it has none. */
const configured = ({ sslTermination }: LoadBalancer): SslTermination =>
  sslTermination ?? notFound("SSL termination is not configured for this load balancer")

const recordUsage = (region: Region, loadBalancer: LoadBalancer, now: number): void => {
  const ssl = loadBalancer.sslTermination
  const event = ssl === undefined || !ssl.enabled ? "SSL_OFF" : ssl.secureTrafficOnly ? "SSL_ONLY_ON" : "SSL_MIXED_ON"
  region.recordUsage(loadBalancer, now, event)
}

export const routes = (region: Region) => {
  const setting = handlersOf(region, "sslTermination", {
    status: 200,
    show: (loadBalancer) => sslToJson(configured(loadBalancer)),
    change: (loadBalancer, sent) => {
      loadBalancer.sslTermination = readSslTermination(sent, loadBalancer)
    },
    remove: (loadBalancer) => {
      loadBalancer.sslTermination = undefined
      loadBalancer.certificateMappings = []
      loadBalancer.httpsRedirect = false
    }
  })
  return ofLoadBalancer(region)({
    "GET /loadbalancers/{id}/ssltermination": setting.get,
    "PUT /loadbalancers/{id}/ssltermination": (loadBalancer, request) => {
      const response = setting.put(loadBalancer, request)
      recordUsage(region, loadBalancer, request.now)
      return response
    },
    "DELETE /loadbalancers/{id}/ssltermination": (loadBalancer, request) => {
      configured(loadBalancer)
      const response = setting.delete(loadBalancer, request)
      recordUsage(region, loadBalancer, request.now)
      return response
    },
    "GET /loadbalancers/{id}/ssltermination/ciphers": (loadBalancer) => {
      configured(loadBalancer)
      return Reply.json(200, { ciphers: Fixtures.ciphers.map((name) => ({ name })) })
    }
  })
}
