/** Which host a new server is put on: the hosts are numbers, and a server's hint may ask for one or exclude some. */
/** How many hosts a region has. */
const hosts = Array.from({ length: 7 }, (_, host) => host)

/** How the servers of a group are put on hosts. */
export interface Policy {
  readonly policy: string
  /** How many of the group's servers one host may have; with the policy `anti-affinity` alone. */
  readonly maxServersPerHost: number | undefined
}

/** What decides about a server's host. */
export interface Wishes {
  readonly group: Policy | undefined
  /** The hosts of the group's servers, one entry a server. */
  readonly groupHosts: ReadonlyArray<number>
  /** One of these, where there is any. */
  readonly sameHosts: ReadonlyArray<number>
  /** None of these. */
  readonly differentHosts: ReadonlyArray<number>
}

/** A server that may be on any host. */
export const noWishes: Wishes = { group: undefined, groupHosts: [], sameHosts: [], differentHosts: [] }

const countOf = (host: number, all: ReadonlyArray<number>): number => all.filter((each) => each === host).length

const mayBeOn = (host: number, { group, groupHosts }: Wishes): boolean => {
  switch (group?.policy) {
    case "affinity":
      return groupHosts.length === 0 || groupHosts.includes(host)
    case "anti-affinity":
      return countOf(host, groupHosts) < (group.maxServersPerHost ?? 1)
    default:
      return true
  }
}

/** The smaller, the better, for the policies that are kept where it is possible. */
const weightOf = (host: number, { group, groupHosts }: Wishes): number => {
  const there = countOf(host, groupHosts)
  return group?.policy === "soft-affinity" ? -there : group?.policy === "soft-anti-affinity" ? there : 0
}

/** The host for the `number`th server, or undefined where no host meets the wishes. */
export const hostFor = (number: number, wishes: Wishes): number | undefined => {
  const start = number % hosts.length
  return [...hosts.slice(start), ...hosts.slice(0, start)]
    .filter(
      (host) =>
        mayBeOn(host, wishes) &&
        !wishes.differentHosts.includes(host) &&
        (wishes.sameHosts.length === 0 || wishes.sameHosts.includes(host))
    )
    .toSorted((a, b) => weightOf(a, wishes) - weightOf(b, wishes))[0]
}

/** The name of a host. */
export const nameOf = (host: number): string => `compute-${host + 1}`
