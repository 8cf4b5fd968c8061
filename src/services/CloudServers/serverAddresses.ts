/** The public and the private address of a server. */
import * as Arr from "effect/Array"
import * as Option from "effect/Option"
import type { Address } from "./addresses.js"
import type { Server } from "./servers.js"

type WithAddresses = Pick<Server, "addresses">

/** Ranges that are not routed on the internet: private, shared and link-local IPv4, unique local and link-local IPv6. */
const privateRange =
  /^(10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd]|fe[89ab])/i

/** The label decides at Rackspace. A floating address belongs to the network of the port that it is mapped to. */
const isPublic = (label: string, { address, type }: Address): boolean =>
  type === "floating" || label === "public" || (label !== "private" && !privateRange.test(address))

const firstAddress = (server: WithAddresses, wanted: boolean): Option.Option<string> => {
  const found = Object.entries(server.addresses).flatMap(([label, addresses]) =>
    addresses.filter((address) => isPublic(label, address) === wanted)
  )
  return Arr.findFirst(found, ({ version }) => version === 4).pipe(
    Option.orElse(() => Arr.head(found)),
    Option.map(({ address }) => address)
  )
}

/**
 * The first public address of a server, IPv4 if it has one: a floating address, one of the network `public`, or one outside the
 * private ranges. None while the server is being built.
 */
export const publicAddress = (server: WithAddresses): Option.Option<string> => firstAddress(server, true)

/** The first address of a server that is not public, IPv4 if it has one: at Rackspace, its address on ServiceNet. */
export const privateAddress = (server: WithAddresses): Option.Option<string> => firstAddress(server, false)
