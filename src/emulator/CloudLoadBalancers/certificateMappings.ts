/** Certificates for further host names of load balancers (Cloud Load Balancers API v1.0, "Certificate mappings"). */
import type * as Fields from "../Fields.js"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import { readCertificate, readPrivateKey } from "./certificates.js"
import type { CertificateMapping, LoadBalancer } from "./loadBalancerRecord.js"
import type { Region } from "./region.js"
import { checkMutable, findItem, findLoadBalancer, withoutIds } from "./region.js"
import type { LoadBalancerRequest } from "./requests.js"
import { accepted, checkNames, invalid, onlyObject, read, refuse, within } from "./requests.js"

/** Lists do not contain certificates, and no answer contains private keys. */
const toJson = (
  { certificate, hostName, id, intermediateCertificate }: CertificateMapping,
  isListed: boolean
): Fields.JsonObject => ({
  certificateMapping: {
    id,
    hostName,
    ...(!isListed && { certificate, ...(intermediateCertificate !== undefined && { intermediateCertificate }) })
  }
})

/** Reads a new mapping, or changes to one. */
const readMapping = (
  from: Fields.JsonObject,
  all: ReadonlyArray<CertificateMapping>,
  before: CertificateMapping | undefined
): Omit<CertificateMapping, "id"> => {
  checkNames(from, ["hostName", "certificate", "privateKey", "intermediateCertificate"])
  const certificate = readCertificate(from, "certificate")
  const privateKey = readPrivateKey(from, "privateKey")
  const hostName = read.optionalText(from, "hostName") ?? before?.hostName
  if (hostName === undefined || (certificate === undefined) !== (privateKey === undefined)) {
    return invalid("hostName, certificate and privateKey must be given")
  }
  if (certificate === undefined && before === undefined) {
    return invalid("certificate and privateKey must be given")
  }
  if (all.some((other) => other !== before && other.hostName === hostName)) {
    return invalid(`A certificate mapping for ${hostName} exists already`)
  }
  return {
    hostName,
    certificate: certificate ?? before?.certificate ?? "",
    privateKey: privateKey ?? before?.privateKey ?? "",
    intermediateCertificate: readCertificate(from, "intermediateCertificate") ?? before?.intermediateCertificate
  }
}

const create = (region: Region, loadBalancer: LoadBalancer, request: LoadBalancerRequest): WireResponse => {
  const { CERTIFICATE_MAPPING_LIMIT } = region.settings.limits
  const sent = onlyObject(request, "certificateMapping")
  checkMutable(loadBalancer, request.now)
  const wanted = readMapping(sent, loadBalancer.certificateMappings, undefined)
  if (loadBalancer.certificateMappings.length >= CERTIFICATE_MAPPING_LIMIT) {
    refuse(413, `Certificate mappings must not exceed ${CERTIFICATE_MAPPING_LIMIT}.`)
  }
  const added = { id: region.nextId(), ...wanted }
  loadBalancer.certificateMappings.push(added)
  region.finishChange(loadBalancer, request.now)
  return Reply.json(202, toJson(added, false))
}

const path = "/loadbalancers/{id}/ssltermination/certificatemappings"

/** Finds a load balancer that has SSL termination. */
const findConfigured = (region: Region, id: string, request: LoadBalancerRequest): LoadBalancer => {
  const loadBalancer = findLoadBalancer(region, id, request)
  return loadBalancer.sslTermination === undefined
    ? invalid("SSL termination must be configured before certificate mappings")
    : loadBalancer
}

export const routes = (region: Region) => [
  within(path, (request, { id }) => findConfigured(region, id, request))({
    [`GET ${path}`]: ({ certificateMappings }) =>
      Reply.json(200, { certificateMappings: certificateMappings.map((each) => toJson(each, true)) }),
    [`POST ${path}`]: (loadBalancer, request) => create(region, loadBalancer, request)
  }),
  within(`${path}/{mapping}`, (request, { id, mapping }) => {
    const loadBalancer = findConfigured(region, id, request)
    const { certificateMappings } = loadBalancer
    return { loadBalancer, mapping: findItem(certificateMappings, mapping, "Certificate mapping", loadBalancer) }
  })({
    [`GET ${path}/{mapping}`]: ({ mapping }) => Reply.json(200, toJson(mapping, false)),
    [`PUT ${path}/{mapping}`]: ({ loadBalancer, mapping }, request) => {
      const sent = onlyObject(request, "certificateMapping")
      checkMutable(loadBalancer, request.now)
      Object.assign(mapping, readMapping(sent, loadBalancer.certificateMappings, mapping))
      region.finishChange(loadBalancer, request.now)
      return accepted()
    },
    [`DELETE ${path}/{mapping}`]: ({ loadBalancer, mapping: { id } }, { now }) => {
      checkMutable(loadBalancer, now)
      loadBalancer.certificateMappings = withoutIds(loadBalancer.certificateMappings, [id], "Certificate mapping")
      region.finishChange(loadBalancer, now)
      return accepted()
    }
  })
]
