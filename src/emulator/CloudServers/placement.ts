/** Selects the host of a new server. Hosts are numbers, which a server's hints may require or exclude. */
/** How many hosts a region has. */
const hosts = Array.from({ length: 7 }, (_, host) => host)

/** The placement policy of a server group. */
export interface Policy {
  readonly policy: string
  /** How many of the group's servers one host may have; only with the policy `anti-affinity`. */
  readonly maxServersPerHost: number | undefined
}

/** The constraints of a server's placement. */
export interface Constraints {
  readonly group: Policy | undefined
  /** The host of each of the group's servers. */
  readonly groupHosts: ReadonlyArray<number>
  /** If not empty, one of these is required. */
  readonly sameHosts: ReadonlyArray<number>
  /** None of these is allowed. */
  readonly differentHosts: ReadonlyArray<number>
}

/** The constraints of a server that may be on any host. */
export const noConstraints: Constraints = { group: undefined, groupHosts: [], sameHosts: [], differentHosts: [] }

const countOf = (host: number, all: ReadonlyArray<number>): number => all.filter((each) => each === host).length

const mayBeOn = (host: number, { group, groupHosts }: Constraints): boolean => {
  switch (group?.policy) {
    case "affinity":
      return groupHosts.length === 0 || groupHosts.includes(host)
    case "anti-affinity":
      return countOf(host, groupHosts) < (group.maxServersPerHost ?? 1)
    default:
      return true
  }
}

/** Lower is better. For policies that are only followed if possible. */
const weightOf = (host: number, { group, groupHosts }: Constraints): number => {
  const there = countOf(host, groupHosts)
  return group?.policy === "soft-affinity" ? -there : group?.policy === "soft-anti-affinity" ? there : 0
}

/** The host for the `number`th server; undefined if no host meets the constraints. */
export const hostFor = (number: number, constraints: Constraints): number | undefined => {
  const start = number % hosts.length
  return [...hosts.slice(start), ...hosts.slice(0, start)]
    .filter(
      (host) =>
        mayBeOn(host, constraints) &&
        !constraints.differentHosts.includes(host) &&
        (constraints.sameHosts.length === 0 || constraints.sameHosts.includes(host))
    )
    .toSorted((a, b) => weightOf(a, constraints) - weightOf(b, constraints))[0]
}

/** The name of a host. */
export const nameOf = (host: number): string => `compute-${host + 1}`
