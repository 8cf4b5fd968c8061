/**
 * Which resources reject one token after another. A new login does not help them, and may end the token that all other
 * requests use. Therefore both one resource and all new ones together may cause only a few logins in a row.
 */
import { globalValue } from "effect/GlobalValue"

/** How many logins in a row may be made in vain. */
const mostLogins = 3

/** How long a resource that has rejected so many tokens causes no login, in milliseconds. */
const resourcePause = 60_000

/** The same for resources that have not accepted a token before, in milliseconds. A token might really be revoked meanwhile. */
const newResourcesPause = 10_000

/** How many resources are remembered; beyond that the oldest are forgotten. */
const mostResources = 1_000

/** Logins that were made since a resource rejected a token. */
interface Logins {
  count: number
  /** When the latest was asked for, in milliseconds. */
  at: number
}

const isWithin = (logins: Logins, pause: number, now: number): boolean =>
  logins.count < mostLogins || now - logins.at >= pause

/** Logins for resources that have not accepted a token before, by login: all services that share one share these. */
const sharedLogins = globalValue("effect-rackspace/rejections", () => new WeakMap<object, Logins>())

const sharedBy = (tokens: object): Logins => {
  const shared = sharedLogins.get(tokens) ?? { count: 0, at: 0 }
  sharedLogins.set(tokens, shared)
  return shared
}

const keepNewest = (resources: Set<string> | Map<string, unknown>): void => {
  for (const oldest of resources.keys()) {
    if (resources.size <= mostResources) return
    resources.delete(oldest)
  }
}

/** Whether the resources of one service have accepted or rejected tokens. */
export class Rejections {
  /** Those that have accepted a token, and have rejected none since. */
  private readonly accepting = new Set<string>()
  /** Those that have rejected a token for which a login was made, and have accepted none since. */
  private readonly rejecting = new Map<string, Logins>()
  private readonly shared: Logins

  constructor(tokens: object) {
    this.shared = sharedBy(tokens)
  }

  /** Notes that a resource has rejected the current token, and returns whether to log in again. */
  isWorthLogin(resource: string, now: number): boolean {
    const known = this.rejecting.get(resource)
    if (known !== undefined) {
      if (!isWithin(known, resourcePause, now)) return false
      known.count++
      known.at = now
      return true
    }
    if (!this.accepting.delete(resource)) {
      if (!isWithin(this.shared, newResourcesPause, now)) return false
      this.shared.count++
      this.shared.at = now
    }
    this.rejecting.set(resource, { count: 1, at: now })
    keepNewest(this.rejecting)
    return true
  }

  /** Notes that a resource has accepted a token. */
  accepted(resource: string): void {
    // A login has helped, so that the token was to blame.
    if (this.rejecting.size > 0 && this.rejecting.delete(resource)) this.shared.count = 0
    if (this.accepting.has(resource)) return
    this.accepting.add(resource)
    keepNewest(this.accepting)
  }
}
