/**
 * The tokens that Identity has issued. Every function is synchronous and takes the time, so that no other request can
 * come between a look and a change.
 */
import { randomBytes } from "node:crypto"

/** Identity issues a new token only within the last hour of the old one. */
const renewalWindow = 60 * 60 * 1000

/** A token that was issued. */
export interface Token {
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly issuedAt: number
  /** Milliseconds since the epoch. */
  expiresAt: number
  /** What a token of Keystone v3 is good for: services take only those of a `project`. Absent for version 2's. */
  readonly scope?: "project" | "domain" | "system" | "unscoped"
  /** How its owner logged in: `["APIKEY"]`, `["PASSWORD", "PASSCODE"]`, and of Keystone v3 `["password", "token"]`. */
  readonly authenticatedBy: ReadonlyArray<string>
  /** Names the token in logs. Of a token that was exchanged for another, that of the first one stands behind. */
  readonly auditIds: ReadonlyArray<string>
  /** The application credential by which Keystone v3 gave it. */
  readonly applicationCredentialId?: string
  /** Services refuse it although Identity still believes in it and hands it out again. */
  rejected: boolean
}

/** What is particular to a token of Keystone v3. */
export interface NewToken {
  readonly scope: NonNullable<Token["scope"]>
  /** Milliseconds since the epoch, where it ends before its time. */
  readonly expiresAt?: number | undefined
  /** The audit id of the token for which it was exchanged. */
  readonly parentAuditId?: string | undefined
  readonly applicationCredentialId?: string | undefined
}

/** The store of tokens. */
export interface Tokens {
  /** The token of a login: the same one as before unless that is in its last hour, expired or revoked. */
  readonly issue: (authenticatedBy: ReadonlyArray<string>, now: number) => Token
  /** A token of its own for each login, as Keystone v3 gives it. */
  readonly issueNew: (authenticatedBy: ReadonlyArray<string>, now: number, options: NewToken) => Token
  /** Swift's own token: the same one as before for as long as that lives. */
  readonly issueSwift: (authenticatedBy: ReadonlyArray<string>, now: number) => Token
  /** The token as Identity sees it: undefined when it is unknown, revoked or expired. */
  readonly find: (id: string, now: number) => Token | undefined
  readonly revoke: (id: string) => void
  readonly revokeAll: () => void
  readonly revokeWhere: (isMeant: (token: Token) => boolean) => void
  readonly expireAll: (now: number) => void
  readonly reject: (id: string) => void
}

/** An empty store whose tokens live for `ttl` milliseconds. */
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

  const add = (id: string, fields: Omit<Token, "id" | "rejected" | "auditIds">, parentAuditId?: string): Token => {
    const auditIds = [randomBytes(16).toString("base64url"), ...(parentAuditId === undefined ? [] : [parentAuditId])]
    const token: Token = { ...fields, id, auditIds, rejected: false }
    for (const old of tokens.keys()) {
      find(old, fields.issuedAt)
    }
    tokens.set(token.id, token)
    return token
  }

  /** The newest token of a kind of login, if it has longer to live than `least`; else a new one. */
  const issueAgain = (prefix: string, authenticatedBy: ReadonlyArray<string>, now: number, least: number): Token => {
    const login = `${prefix}${authenticatedBy.join()}`
    const newest = newestByLogin.get(login)
    const known = newest === undefined ? undefined : find(newest, now)
    if (known !== undefined && known.expiresAt - now > least) {
      return known
    }
    const id = `${prefix}${randomBytes(16).toString("hex")}`
    const token = add(id, { issuedAt: now, expiresAt: now + ttl, authenticatedBy })
    newestByLogin.set(login, token.id)
    return token
  }

  return {
    find,
    issue: (authenticatedBy, now) => issueAgain("", authenticatedBy, now, renewalWindow),
    issueSwift: (authenticatedBy, now) => issueAgain("AUTH_tk", authenticatedBy, now, 0),
    issueNew: (authenticatedBy, now, { applicationCredentialId, expiresAt, parentAuditId, scope }) =>
      add(
        // As long as a Fernet token, which is what Keystone gives: five times as long as one of version 2.
        `gAAAAAB${randomBytes(132).toString("base64url")}`,
        {
          issuedAt: now,
          expiresAt: Math.min(expiresAt ?? Infinity, now + ttl),
          authenticatedBy,
          scope,
          ...(applicationCredentialId !== undefined && { applicationCredentialId })
        },
        parentAuditId
      ),
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
