/**
 * `/servers/{id}/os-interface` (Nova's API reference, "Port interfaces"): ports of OpenStack's networks on servers.
 * There is no Neutron, so a port is created by attaching a network, and deleted by detaching it.
 */
import { createHash, randomUUID } from "node:crypto"
import { isIP } from "node:net"
import * as Reply from "../Reply.js"
import * as Fields from "../Fields.js"
import * as Networks from "./networks.js"
import type { NovaRequest } from "./requests.js"
import {
  badRequest,
  conflict,
  demandMicroversion,
  invalid,
  notFound,
  refuseOthers,
  speaks,
  within
} from "./requests.js"
import * as ServerRecord from "./serverRecord.js"
import * as ServerTags from "./serverTags.js"
import type { Region } from "./region.js"

const subnetOf = (networkId: string, version: number): string => {
  const digest = createHash("md5").update(`${networkId}-${version}`).digest("hex")
  return digest.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
}

const toJson = (attached: ServerRecord.Interface, request: NovaRequest) => ({
  port_id: attached.id,
  net_id: attached.networkId,
  mac_addr: attached.macAddress,
  port_state: "ACTIVE",
  fixed_ips: attached.addresses.map((address) => ({
    ip_address: address.addr,
    subnet_id: subnetOf(attached.networkId, address.version)
  })),
  ...(speaks(request, 70) ? { tag: attached.tag ?? null } : {})
})

const demandState = (server: ServerRecord.ServerRecord, action: string): void => {
  if (!["ACTIVE", "SHUTOFF", "PAUSED"].includes(server.status)) {
    conflict(`Cannot '${action}' instance ${server.id} while it is in vm_state ${ServerRecord.vmStateOf(server)}`)
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
    : invalid("fixed_ips", "It is not a list of one address")
}

/** Creates the requested port. */
const read = (region: Region, request: NovaRequest): ServerRecord.Interface => {
  const body = request.body?.["interfaceAttachment"]
  const sent = Fields.isObject(body) ? body : invalid("interfaceAttachment", "It is required")
  const known = ["port_id", "net_id", "fixed_ips", ...(speaks(request, 49) ? ["tag"] : [])]
  refuseOthers("interfaceAttachment", sent, known)
  const { net_id: networkId, port_id: portId } = sent
  const tag = sent["tag"] === undefined ? undefined : ServerTags.readTag(sent["tag"])
  const fixedIp = readFixedIp(sent["fixed_ips"])
  if (networkId !== undefined && portId !== undefined) {
    return badRequest("Must not input both network_id and port_id")
  }
  if (fixedIp !== undefined && networkId === undefined) {
    return badRequest("Must input network_id when request IP address")
  }
  if (typeof portId === "string") {
    return region.present.some(({ interfaces }) => interfaces.some(({ id }) => id === portId))
      ? conflict(`Port ${portId} is still in use.`)
      : notFound(`Port id ${portId} could not be found.`)
  }
  const network = networkId === undefined ? Networks.serviceNet : region.networks.find(Fields.textOf(networkId))
  if (network === undefined) {
    return notFound(`Network ${Fields.textOf(networkId)} could not be found.`)
  }
  if (fixedIp !== undefined && region.isTaken(network.id, fixedIp)) {
    return conflict(`Fixed IP address ${fixedIp} is already in use on another instance.`)
  }
  return { ...Networks.attach(network, region.nextInterface(), randomUUID(), fixedIp), tag }
}

const findPort = ({ id, interfaces }: ServerRecord.ServerRecord, portId: string): ServerRecord.Interface =>
  interfaces.find((each) => each.id === portId) ?? notFound(`Instance ${id} does not have a port with id ${portId}.`)

export const routes = (region: Region) =>
  within("/servers/{id}/os-interface", (request, { id }) => {
    const server = region.find(id, request.now)
    demandMicroversion(request, 1)
    return server
  })({
    "GET /servers/{id}/os-interface": ({ interfaces }, request) =>
      Reply.json(200, { interfaceAttachments: interfaces.map((each) => toJson(each, request)) }),
    "POST /servers/{id}/os-interface": (server, request) => {
      demandState(server, "attach_interface")
      const attached = read(region, request)
      server.interfaces.push(attached)
      return Reply.json(200, { interfaceAttachment: toJson(attached, request) })
    },
    "GET /servers/{id}/os-interface/{port}": (server, request, { port }) =>
      Reply.json(200, { interfaceAttachment: toJson(findPort(server, port), request) }),
    "DELETE /servers/{id}/os-interface/{port}": (server, _, { port }) => {
      demandState(server, "detach_interface")
      const attached = findPort(server, port)
      server.interfaces = server.interfaces.filter((each) => each !== attached)
      return Reply.empty(202)
    }
  })
