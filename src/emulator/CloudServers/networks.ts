/** The networks of servers: PublicNet, ServiceNet and the account's isolated networks (`os-networksv2`). */
import { randomUUID } from "node:crypto"
import { isIPv6 } from "node:net"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Fields from "../Fields.js"
import type { NovaRequest, NovaRoutes } from "./requests.js"
import { badRequest, checkRackspace, forbidden, notFound, within } from "./requests.js"
import type { Interface } from "./serverRecord.js"

export interface Network {
  readonly id: string
  readonly label: string
  /** Undefined for PublicNet and ServiceNet, which have none in responses. */
  readonly cidr: string | undefined
}

/** The internet. */
export const publicNet: Network = { id: "00000000-0000-0000-0000-000000000000", label: "public", cidr: undefined }

/** The region's internal network. */
export const serviceNet: Network = { id: "11111111-1111-1111-1111-111111111111", label: "private", cidr: undefined }

/** Whether a text is an IPv4 network in CIDR notation: `192.168.3.0/24`. */
const isCidr = (value: string): boolean => {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(value)
  return match !== null && match.slice(1, 5).every((part) => Number(part) <= 255) && Number(match[5]) <= 32
}

/** The `offset`th address after a base address. */
const after = (base: string, offset: number): string => {
  const number = base.split(".").reduce((sum, part) => sum * 256 + Number(part), 0) + offset
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".")
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0")

/**
 * The interface of the `number`th server on a network. Public addresses are from ranges reserved for benchmarks and
 * documentation. `fixedIp` is a requested address.
 */
export const attach = (network: Network, number: number, id: string, fixedIp?: string): Interface => ({
  id,
  macAddress: `bc:76:4e:${hex(Math.floor(number / 65536) % 256, 2)}:${hex(Math.floor(number / 256) % 256, 2)}:${hex(number % 256, 2)}`,
  networkId: network.id,
  label: network.label,
  addresses:
    fixedIp !== undefined
      ? [{ version: isIPv6(fixedIp) ? 6 : 4, addr: fixedIp }]
      : network.id === publicNet.id
        ? [
            { version: 4, addr: after("198.18.0.0", 1 + (number % 131_000)) },
            {
              version: 6,
              addr: `2001:db8:7801:52:be76:4eff:fe0${hex(Math.floor(number / 65536) % 16, 1)}:${hex(number % 65536, 1)}`
            }
          ]
        : network.id === serviceNet.id
          ? [{ version: 4, addr: after("10.176.0.0", 1 + (number % 131_000)) }]
          : [
              {
                version: 4,
                addr: after((network.cidr ?? "192.168.0.0/24").split("/")[0] ?? "192.168.0.0", 1 + (number % 250))
              }
            ]
})

/** The maximum number of isolated networks per account. */
const maxNetworks = 10

const toJson = (network: Network): Readonly<Record<string, unknown>> => ({
  id: network.id,
  label: network.label,
  ...(network.cidr === undefined ? {} : { cidr: network.cidr })
})

/** The networks of one region. */
export interface Networks {
  readonly find: (id: string) => Network | undefined
  /** The number of isolated networks. */
  readonly count: () => number
  readonly routes: ReadonlyArray<NovaRoutes>
}

/** PublicNet and ServiceNet. `isAttached` tells whether a server is attached to a network. */
export const make = (isAttached: (id: string, now: number) => boolean): Networks => {
  const networks = new Map([publicNet, serviceNet].map((network) => [network.id, network]))

  const count = (): number => networks.size - 2

  const create = (request: NovaRequest): WireResponse => {
    const sent = request.body?.["network"]
    const label = Fields.isObject(sent) ? sent["label"] : undefined
    const cidr = Fields.isObject(sent) ? sent["cidr"] : undefined
    if (typeof label !== "string" || label === "") {
      return badRequest("Network label is required")
    }
    if (typeof cidr !== "string" || !isCidr(cidr)) {
      return badRequest("CIDR is malformed.")
    }
    if (count() >= maxNetworks) {
      return forbidden("Quota exceeded, too many networks.")
    }
    const network = { id: randomUUID(), label, cidr }
    networks.set(network.id, network)
    return Reply.json(200, { network: toJson(network) })
  }

  const remove = ({ cidr, id }: Network, now: number): WireResponse => {
    if (cidr === undefined || isAttached(id, now)) {
      return forbidden(`Network ${id} is in use and cannot be deleted.`)
    }
    networks.delete(id)
    // The only deletion whose response has a text body.
    return Reply.text(202, "202 Accepted\n\nThe request is accepted for processing.\n\n   ")
  }

  return {
    find: (id) => networks.get(id),
    count,
    routes: [
      within(
        "/os-networksv2",
        checkRackspace
      )({
        "GET /os-networksv2": () => Reply.json(200, { networks: [...networks.values()].map(toJson) }),
        "POST /os-networksv2": (_, request) => create(request)
      }),
      within("/os-networksv2/{id}", (request, { id }) => {
        checkRackspace(request)
        return networks.get(id) ?? notFound(`Network ${id} could not be found.`)
      })({
        "GET /os-networksv2/{id}": (network) => Reply.json(200, { network: toJson(network) }),
        "DELETE /os-networksv2/{id}": (network, { now }) => remove(network, now)
      })
    ]
  }
}
