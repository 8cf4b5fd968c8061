/**
 * The tokens that Identity has issued. Every function is synchronous and takes the time, so that no other request can
 * come between a look and a change.
 *
 * @since 0.1.0
 */
import { randomBytes } from "node:crypto"

/** Identity hands out a fresh token only within the last hour of the old one (identity-v2.md section 4). */
const renewalWindow = 60 * 60 * 1000

/**
 * A token that was issued.
 *
 * @since 0.1.0
 * @category models
 */
export interface Token {
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly issuedAt: number
  /** Milliseconds since the epoch. */
  expiresAt: number
  /** What a token of Keystone v3 is good for: services take only those of a `project`. Absent for version 2's. */
  readonly scope?: "project" | "domain" | "system" | "unscoped"
  /** How its owner logged in: `["APIKEY"]`, `["PASSWORD", "PASSCODE"]`. */
  readonly authenticatedBy: ReadonlyArray<string>
  /** Services refuse it although Identity still believes in it and hands it out again. */
  rejected: boolean
}

/**
 * The store of tokens.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tokens {
  /** The token of a login: the same one as before unless that is in its last hour, expired or revoked. */
  readonly issue: (authenticatedBy: ReadonlyArray<string>, now: number) => Token
  /** A token of its own for each login, as Keystone v3 gives it. */
  readonly issueNew: (
    authenticatedBy: ReadonlyArray<string>,
    now: number,
    options: { readonly scope: NonNullable<Token["scope"]>; readonly expiresAt?: number }
  ) => Token
  /** The token as Identity sees it: undefined when it is unknown, revoked or expired. */
  readonly find: (id: string, now: number) => Token | undefined
  readonly revoke: (id: string) => void
  readonly revokeAll: () => void
  readonly revokeWhere: (isMeant: (token: Token) => boolean) => void
  readonly expireAll: (now: number) => void
  readonly reject: (id: string) => void
}

/**
 * An empty store whose tokens live for `ttl` milliseconds.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (ttl: number): Tokens => {
  const tokens = new Map<string, Token>()
  const newestByLogin = new Map<string, string>()

  const find = (id: string, now: number): Token | undefined => {
    const token = tokens.get(id)
    if (token === undefined) {
      return undefined
    }
    if (token.expiresAt <= now) {
      tokens.delete(id)
      return undefined
    }
    return token
  }

  const add = (fields: Omit<Token, "id" | "rejected">): Token => {
    const token: Token = { ...fields, id: randomBytes(16).toString("hex"), rejected: false }
    for (const old of tokens.keys()) {
      find(old, fields.issuedAt)
    }
    tokens.set(token.id, token)
    return token
  }

  return {
    find,
    issue: (authenticatedBy, now) => {
      const login = authenticatedBy.join()
      const newest = newestByLogin.get(login)
      const known = newest === undefined ? undefined : find(newest, now)
      if (known !== undefined && known.expiresAt - now > renewalWindow) {
        return known
      }
      const token = add({ issuedAt: now, expiresAt: now + ttl, authenticatedBy })
      newestByLogin.set(login, token.id)
      return token
    },
    issueNew: (authenticatedBy, now, { expiresAt, scope }) =>
      add({ issuedAt: now, expiresAt: expiresAt ?? now + ttl, authenticatedBy, scope }),
    revokeWhere: (isMeant) => {
      for (const token of [...tokens.values()].filter(isMeant)) {
        tokens.delete(token.id)
      }
    },
    revoke: (id) => {
      tokens.delete(id)
    },
    revokeAll: () => tokens.clear(),
    expireAll: (now) => {
      for (const token of tokens.values()) {
        token.expiresAt = now
      }
    },
    reject: (id) => {
      const token = tokens.get(id)
      if (token !== undefined) {
        token.rejected = true
      }
    }
  }
}
