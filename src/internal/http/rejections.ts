/**
 * Limits the logins caused by resources that reject one token after another. A new login does not help there, and may invalidate the
 * token of all other requests. Therefore each such resource, and all new resources together, may cause only a few successive logins.
 */
import { globalValue } from "effect/GlobalValue"

/** The maximum number of successive logins that did not help. */
const maxLogins = 3

/** For how many milliseconds a resource then causes no further login. */
const resourcePause = 60_000

/** The same for all resources that have not accepted a token before. It is shorter, since the token may really be revoked. */
const newResourcesPause = 10_000

/** How many resources are remembered; then the oldest are dropped. */
const maxResources = 1_000

/** The logins since a resource rejected a token. */
interface Logins {
  count: number
  /** When the latest login was requested, in milliseconds. */
  at: number
}

const isWithin = (logins: Logins, pause: number, now: number): boolean =>
  logins.count < maxLogins || now - logins.at >= pause

/** The logins for resources that have not accepted a token before, shared by all services with the same TokenRef. */
const sharedLogins = globalValue("effect-rackspace/rejections", () => new WeakMap<object, Logins>())

const sharedBy = (tokens: object): Logins => {
  const shared = sharedLogins.get(tokens) ?? { count: 0, at: 0 }
  sharedLogins.set(tokens, shared)
  return shared
}

const keepNewest = (resources: Set<string> | Map<string, unknown>): void => {
  for (const oldest of resources.keys()) {
    if (resources.size <= maxResources) return
    resources.delete(oldest)
  }
}

/** Which resources of a service have accepted or rejected tokens. */
export class Rejections {
  /** Resources that have accepted a token, and have not rejected one since. */
  private readonly accepting = new Set<string>()
  /** Resources that have rejected a token and caused a login, and have not accepted a token since. */
  private readonly rejecting = new Map<string, Logins>()
  private readonly shared: Logins

  constructor(tokens: object) {
    this.shared = sharedBy(tokens)
  }

  /** Records that a resource has rejected the current token, and returns whether to log in again. */
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

  /** Records that a resource has accepted a token. */
  accepted(resource: string): void {
    // The login has helped, so the token was invalid.
    if (this.rejecting.size > 0 && this.rejecting.delete(resource)) this.shared.count = 0
    if (this.accepting.has(resource)) return
    this.accepting.add(resource)
    keepNewest(this.accepting)
  }
}
