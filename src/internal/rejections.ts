/**
 * Which resources reject one token after the other. A new login does not help them, and takes the token away from all others.
 */

/** How many logins in a row one resource may cause. */
const mostLogins = 3

/** In milliseconds: how long such a resource causes no login then. */
const rest = 60_000

/** More than this, the oldest are forgotten. */
const mostResources = 1_000

interface Rejecting {
  /** The newest login whose token it has rejected, of those that were renewed for it. */
  login: number
  logins: number
  at: number
}

/** The resources of one service that have rejected a token, and have not accepted one since. */
export class Rejections {
  private readonly resources = new Map<string, Rejecting>()

  /** Notes that a resource has rejected the token of a login, and answers whether to log in again for it. */
  isWorthLogin(resource: string, login: number, now: number): boolean {
    const known = this.resources.get(resource)
    if (known === undefined) {
      this.resources.set(resource, { login, logins: 1, at: now })
      for (const oldest of this.resources.keys()) {
        if (this.resources.size <= mostResources) break
        this.resources.delete(oldest)
      }
      return true
    }
    // Another request for it has asked for a new login already.
    if (login <= known.login) return true
    if (known.logins >= mostLogins && now - known.at < rest) return false
    known.login = login
    known.logins++
    known.at = now
    return true
  }

  /** Notes that a resource has accepted a token. */
  accepted(resource: string): void {
    if (this.resources.size > 0) this.resources.delete(resource)
  }
}
