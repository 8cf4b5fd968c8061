/**
 * `/servers/{id}/os-interface` (Nova's API reference, "Port interfaces"): ports of OpenStack's networks on servers. The cloud has
 * no Neutron, so that a port is made by attaching a network, and is gone when it is detached.
 */
import { createHash, randomUUID } from "node:crypto"
import { isIP } from "node:net"
import type { WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Reply from "../Reply.js"
import * as Fields from "../Fields.js"
import * as Networks from "./networks.js"
import * as NovaRequest from "./novaRequest.js"
import * as ServerRecord from "./serverRecord.js"
import * as ServerTags from "./serverTags.js"

/** What the sub-resource needs of the service. */
export interface InterfaceContext {
  readonly findNetwork: (id: string) => Networks.Network | undefined
  /** A number from which no addresses were made before. */
  readonly nextNumber: () => number
  /** Whether some server has this port. */
  readonly isPort: (id: string) => boolean
  /** Whether some server on the network has this address. */
  readonly isTaken: (networkId: string, address: string) => boolean
}

const subnetOf = (networkId: string, version: number): string => {
  const digest = createHash("md5").update(`${networkId}-${version}`).digest("hex")
  return digest.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
}

const toJson = (attached: ServerRecord.Interface, request: NovaRequest.NovaRequest) => ({
  port_id: attached.id,
  net_id: attached.networkId,
  mac_addr: attached.macAddress,
  port_state: "ACTIVE",
  fixed_ips: attached.addresses.map((address) => ({
    ip_address: address.addr,
    subnet_id: subnetOf(attached.networkId, address.version)
  })),
  ...(NovaRequest.speaks(request, 70) ? { tag: attached.tag ?? null } : {})
})

const demandState = (server: ServerRecord.ServerRecord, action: string): void => {
  if (!["ACTIVE", "SHUTOFF", "PAUSED"].includes(server.status)) {
    Refusal.fault(
      409,
      "conflictingRequest",
      `Cannot '${action}' instance ${server.id} while it is in vm_state ${ServerRecord.vmStateOf(server)}`
    )
  }
}

const readFixedIp = (value: unknown): string | undefined => {
  if (value === undefined) {
    return undefined
  }
  const [first, ...more] = Array.isArray(value) ? (value as ReadonlyArray<unknown>) : []
  const address = Fields.isObject(first) ? first["ip_address"] : undefined
  return more.length === 0 && typeof address === "string" && isIP(address) !== 0
    ? address
    : NovaRequest.invalid("fixed_ips", "It is not a list of one address")
}

/** The port that a request asks for. */
const read = (request: NovaRequest.NovaRequest, context: InterfaceContext): ServerRecord.Interface => {
  const body = request.body?.["interfaceAttachment"]
  const sent = Fields.isObject(body) ? body : NovaRequest.invalid("interfaceAttachment", "It is required")
  const known = ["port_id", "net_id", "fixed_ips", ...(NovaRequest.speaks(request, 49) ? ["tag"] : [])]
  NovaRequest.refuseOthers("interfaceAttachment", sent, known)
  const { net_id: networkId, port_id: portId } = sent
  const tag = sent["tag"] === undefined ? undefined : ServerTags.readTag(sent["tag"])
  const fixedIp = readFixedIp(sent["fixed_ips"])
  if (networkId !== undefined && portId !== undefined) {
    return NovaRequest.badRequest("Must not input both network_id and port_id")
  }
  if (fixedIp !== undefined && networkId === undefined) {
    return NovaRequest.badRequest("Must input network_id when request IP address")
  }
  if (typeof portId === "string") {
    return context.isPort(portId)
      ? Refusal.fault(409, "conflictingRequest", `Port ${portId} is still in use.`)
      : NovaRequest.notFound(`Port id ${portId} could not be found.`)
  }
  const network = networkId === undefined ? Networks.serviceNet : context.findNetwork(Fields.textOf(networkId))
  if (network === undefined) {
    return NovaRequest.notFound(`Network ${Fields.textOf(networkId)} could not be found.`)
  }
  if (fixedIp !== undefined && context.isTaken(network.id, fixedIp)) {
    return Refusal.fault(
      409,
      "conflictingRequest",
      `Fixed IP address ${fixedIp} is already in use on another instance.`
    )
  }
  return { ...Networks.attach(network, context.nextNumber(), randomUUID(), fixedIp), tag }
}

/** Serves the sub-resource of one server. */
export const serve = (
  server: ServerRecord.ServerRecord,
  portId: string | undefined,
  request: NovaRequest.NovaRequest,
  context: InterfaceContext
): WireResponse => {
  NovaRequest.demandMicroversion(request, 1)
  const { method } = request
  if (portId === undefined) {
    if (method === "GET") {
      return Reply.json(200, { interfaceAttachments: server.interfaces.map((each) => toJson(each, request)) })
    }
    if (method !== "POST") {
      return NovaRequest.badMethod()
    }
    demandState(server, "attach_interface")
    const attached = read(request, context)
    server.interfaces.push(attached)
    return Reply.json(200, { interfaceAttachment: toJson(attached, request) })
  }
  const attached = server.interfaces.find(({ id }) => id === portId)
  if (method === "DELETE") {
    demandState(server, "detach_interface")
  }
  if (attached === undefined) {
    return NovaRequest.notFound(`Instance ${server.id} does not have a port with id ${portId}.`)
  }
  if (method === "DELETE") {
    server.interfaces = server.interfaces.filter((each) => each !== attached)
    return Reply.empty(202)
  }
  return method === "GET"
    ? Reply.json(200, { interfaceAttachment: toJson(attached, request) })
    : NovaRequest.badMethod()
}
