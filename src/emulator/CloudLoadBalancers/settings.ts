/**
 * The settings of a load balancer as requests bring them, checked as the documents say (load-balancers.md sections 2.1 to
 * 2.6). What does not go with the balancer's protocol is refused.
 */
import type * as RequestBody from "../RequestBody.js"
import type * as BalancerRecord from "./balancerRecord.js"
import * as BalancerRequest from "./balancerRequest.js"
import * as Fixtures from "./fixtures.js"

const ipv4 = /^\d{1,3}(\.\d{1,3}){3}$/

const isAddress = (text: string): boolean => ipv4.test(text) || /^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text)

/** What a node may be told when it is added. */
const nodeFields = ["address", "port", "condition", "weight", "type", "metadata"]

/** A node that is to be added. */
export interface WantedNode {
  readonly address: string
  readonly port: number
  readonly condition: string
  readonly type: string
  readonly weight: number | undefined
}

const conditions = ["ENABLED", "DISABLED", "DRAINING"]
const nodeTypes = ["PRIMARY", "SECONDARY"]

/** Reads a node that is to be added. */
export const readNode = (from: RequestBody.JsonObject): WantedNode => {
  BalancerRequest.only(from, nodeFields)
  const address = BalancerRequest.text(from, "address")
  if (!isAddress(address) && !Fixtures.allowedDomains.some((domain) => address.endsWith(`.${domain}`))) {
    BalancerRequest.invalid("Node ip is invalid. Please specify a valid ip.")
  }
  return {
    address,
    port: BalancerRequest.whole(from, "port", 1, 65_535),
    condition: BalancerRequest.wordIfAny(from, "condition", conditions) ?? "ENABLED",
    type: BalancerRequest.wordIfAny(from, "type", nodeTypes) ?? "PRIMARY",
    weight: BalancerRequest.wholeIfAny(from, "weight", 1, 100)
  }
}

/** Changes a node; its address, port and status are not to be changed. */
export const readNodeChange = (from: RequestBody.JsonObject): ((node: BalancerRecord.NodeRecord) => void) => {
  BalancerRequest.only(from, ["condition", "weight", "type"])
  const condition = BalancerRequest.wordIfAny(from, "condition", conditions)
  const type = BalancerRequest.wordIfAny(from, "type", nodeTypes)
  const weight = BalancerRequest.wholeIfAny(from, "weight", 1, 100)
  if (condition === undefined && type === undefined && weight === undefined) {
    BalancerRequest.invalid("At least one of condition, weight and type must be given")
  }
  return (node) => {
    node.condition = condition ?? node.condition
    node.type = type ?? node.type
    node.weight = weight ?? node.weight
  }
}

/** Reads a health monitor that goes with the protocol. */
export const readHealthMonitor = (from: RequestBody.JsonObject, protocol: string): RequestBody.JsonObject => {
  const type = BalancerRequest.word(from, "type", ["CONNECT", "HTTP", "HTTPS"])
  if (Fixtures.isDatagram(protocol)) {
    BalancerRequest.invalid(`Health monitors cannot be used with ${protocol}`)
  }
  if (type !== "CONNECT" && type !== protocol) {
    BalancerRequest.invalid(`An ${type} health monitor cannot be used with a load balancer of protocol ${protocol}`)
  }
  const common = {
    type,
    delay: BalancerRequest.whole(from, "delay", 1, 3600),
    timeout: BalancerRequest.whole(from, "timeout", 1, 300),
    attemptsBeforeDeactivation: BalancerRequest.whole(from, "attemptsBeforeDeactivation", 1, 10)
  }
  if (type === "CONNECT") {
    return common
  }
  const bodyRegex = BalancerRequest.textIfAny(from, "bodyRegex")
  const hostHeader = BalancerRequest.textIfAny(from, "hostHeader")
  return {
    ...common,
    path: BalancerRequest.text(from, "path"),
    statusRegex: BalancerRequest.text(from, "statusRegex"),
    ...(bodyRegex !== undefined && { bodyRegex }),
    ...(hostHeader !== undefined && { hostHeader })
  }
}

/** Reads a session persistence that goes with the protocol. */
export const readSessionPersistence = (from: RequestBody.JsonObject, protocol: string): string => {
  const kind = BalancerRequest.word(from, "persistenceType", ["HTTP_COOKIE", "SOURCE_IP", "SSL_ID"])
  const goesWith: Readonly<Record<string, ReadonlyArray<string>>> = {
    HTTP_COOKIE: ["HTTP"],
    SOURCE_IP: ["HTTP", "HTTPS"],
    SSL_ID: ["HTTPS"]
  }
  return goesWith[kind]?.includes(protocol) === true
    ? kind
    : BalancerRequest.invalid(`${kind} session persistence cannot be used with ${protocol}`)
}

/** The first one must have all of its fields; later ones change some. */
export const readConnectionThrottle = (
  from: RequestBody.JsonObject,
  before: Readonly<Record<string, number>> | undefined,
  needsAll: boolean
): Readonly<Record<string, number>> => {
  const fields = {
    maxConnections: BalancerRequest.wholeIfAny(from, "maxConnections", 0, 100_000),
    minConnections: BalancerRequest.wholeIfAny(from, "minConnections", 0, 1000),
    maxConnectionRate: BalancerRequest.wholeIfAny(from, "maxConnectionRate", 0, 100_000),
    rateInterval: BalancerRequest.wholeIfAny(from, "rateInterval", 1, 3600)
  }
  const given = Object.entries(fields).filter((field): field is [string, number] => field[1] !== undefined)
  if (given.length === 0 || (needsAll && before === undefined && given.length < 4)) {
    BalancerRequest.invalid("maxConnections, minConnections, maxConnectionRate and rateInterval must be given")
  }
  return { ...before, ...Object.fromEntries(given) }
}

/** Reads networks that are to be appended: none twice, and not too many. */
export const readAccessList = (
  items: ReadonlyArray<RequestBody.JsonObject>,
  before: ReadonlyArray<{ readonly address: string }>,
  most: number
): ReadonlyArray<{ readonly address: string; readonly type: string }> => {
  const wanted = items.map((item) => {
    const address = BalancerRequest.text(item, "address")
    return isAddress(address.replace(/\/\d+$/, ""))
      ? { address, type: BalancerRequest.word(item, "type", ["ALLOW", "DENY"]) }
      : BalancerRequest.invalid(`Access list address ${address} is invalid`)
  })
  const addresses = [...before, ...wanted].map(({ address }) => address)
  const twice = addresses.find((address, index) => addresses.indexOf(address) !== index)
  if (twice !== undefined) {
    BalancerRequest.invalid(`The access list already contains ${twice}`)
  }
  if (addresses.length > most) {
    BalancerRequest.refuse(413, `Access list size must not exceed ${most} items.`)
  }
  return wanted
}

/** Reads items that are to be added: no key twice, and not too many. */
export const readMetadata = (
  items: ReadonlyArray<RequestBody.JsonObject>,
  before: ReadonlyArray<BalancerRecord.MetadataItem>,
  most: number
): ReadonlyArray<{ readonly key: string; readonly value: string }> => {
  const wanted = items.map((item) => {
    BalancerRequest.only(item, ["key", "value"])
    return { key: BalancerRequest.text(item, "key", 256), value: BalancerRequest.text(item, "value", 256) }
  })
  const keys = [...before, ...wanted].map(({ key }) => key)
  const twice = keys.find((key, index) => keys.indexOf(key) !== index)
  if (twice !== undefined) {
    BalancerRequest.invalid(`Duplicate keys found in metadata: ${twice}`)
  }
  if (keys.length > most) {
    BalancerRequest.refuse(413, `Metadata must not exceed ${most} items.`)
  }
  return wanted
}

const certificateOf = (from: RequestBody.JsonObject, name: string): string | undefined => {
  const value = BalancerRequest.textIfAny(from, name)
  return value === undefined || (/BEGIN CERTIFICATE/.test(value) && value.includes("\n"))
    ? value
    : BalancerRequest.invalid(`${name} is not a valid PEM certificate`)
}

const keyOf = (from: RequestBody.JsonObject, name: string): string | undefined => {
  const value = BalancerRequest.textIfAny(from, name)
  if (value !== undefined && /BEGIN EC PRIVATE KEY/.test(value)) {
    return BalancerRequest.invalid("Only RSA keys are supported")
  }
  return value === undefined || (/BEGIN (RSA )?PRIVATE KEY/.test(value) && value.includes("\n"))
    ? value
    : BalancerRequest.invalid(`${name} is not a valid PEM private key`)
}

/** Reads SSL termination, or what is to be changed about it. */
export const readSslTermination = (
  from: RequestBody.JsonObject,
  balancer: BalancerRecord.BalancerRecord
): BalancerRecord.SslTermination => {
  BalancerRequest.only(from, [
    "securePort",
    "enabled",
    "secureTrafficOnly",
    "certificate",
    "privatekey",
    "intermediateCertificate",
    "cipherProfile",
    "securityProtocols"
  ])
  if (!Fixtures.canTerminateSsl(balancer.protocol)) {
    BalancerRequest.invalid(`SSL termination cannot be used with ${balancer.protocol}`)
  }
  const before = balancer.sslTermination
  const certificate = certificateOf(from, "certificate")
  const privateKey = keyOf(from, "privatekey")
  const intermediateCertificate = certificateOf(from, "intermediateCertificate")
  const securePort = BalancerRequest.wholeIfAny(from, "securePort", 1, 65_535)
  const isNew = certificate !== undefined || privateKey !== undefined || intermediateCertificate !== undefined
  if ((isNew || before === undefined) && (!certificate || !privateKey || securePort === undefined)) {
    return BalancerRequest.invalid("certificate, privatekey and securePort must be given together")
  }
  if (securePort === balancer.port) {
    return BalancerRequest.invalid("securePort must not be the load balancer's port")
  }
  const protocols =
    from["securityProtocols"] === undefined ? undefined : BalancerRequest.objects(from, "securityProtocols")
  for (const protocol of protocols ?? []) {
    BalancerRequest.word(protocol, "securityProtocolName", ["TLS_10", "TLS_11"])
    BalancerRequest.word(protocol, "securityProtocolStatus", ["ENABLED", "DISABLED"])
  }
  return {
    enabled: BalancerRequest.flagIfAny(from, "enabled") ?? before?.enabled ?? true,
    securePort: securePort ?? before?.securePort ?? 443,
    secureTrafficOnly: BalancerRequest.flagIfAny(from, "secureTrafficOnly") ?? before?.secureTrafficOnly ?? false,
    certificate: certificate ?? before?.certificate ?? "",
    privateKey: privateKey ?? before?.privateKey ?? "",
    intermediateCertificate: isNew ? intermediateCertificate : before?.intermediateCertificate,
    cipherProfile: BalancerRequest.textIfAny(from, "cipherProfile") ?? before?.cipherProfile ?? "default",
    securityProtocols: protocols ??
      before?.securityProtocols ?? [
        { securityProtocolName: "TLS_10", securityProtocolStatus: "ENABLED" },
        { securityProtocolName: "TLS_11", securityProtocolStatus: "ENABLED" }
      ]
  }
}

/** A mapping, or what is to be changed about one. */
export const readCertificateMapping = (
  from: RequestBody.JsonObject,
  others: ReadonlyArray<BalancerRecord.CertificateMapping>,
  before: BalancerRecord.CertificateMapping | undefined
): Omit<BalancerRecord.CertificateMapping, "id"> => {
  BalancerRequest.only(from, ["hostName", "certificate", "privateKey", "intermediateCertificate"])
  const certificate = certificateOf(from, "certificate")
  const privateKey = keyOf(from, "privateKey")
  const hostName = BalancerRequest.textIfAny(from, "hostName") ?? before?.hostName
  if (hostName === undefined || (certificate === undefined) !== (privateKey === undefined)) {
    return BalancerRequest.invalid("hostName, certificate and privateKey must be given")
  }
  if (certificate === undefined && before === undefined) {
    return BalancerRequest.invalid("certificate and privateKey must be given")
  }
  if (others.some((other) => other !== before && other.hostName === hostName)) {
    return BalancerRequest.invalid(`A certificate mapping for ${hostName} exists already`)
  }
  return {
    hostName,
    certificate: certificate ?? before?.certificate ?? "",
    privateKey: privateKey ?? before?.privateKey ?? "",
    intermediateCertificate: certificateOf(from, "intermediateCertificate") ?? before?.intermediateCertificate
  }
}

/** Whether plain requests may be redirected: from HTTPS at 443, or HTTP whose only other way in is TLS at 443. */
export const mayRedirect = (protocol: string, port: number, ssl: BalancerRecord.SslTermination | undefined): boolean =>
  (protocol === "HTTPS" && port === 443) ||
  (protocol === "HTTP" && ssl !== undefined && ssl.secureTrafficOnly && ssl.securePort === 443)
