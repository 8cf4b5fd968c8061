/**
 * The tokens that Identity has issued. Every function is synchronous and takes the time, so that no other request runs
 * between a check and a change.
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
  /** The scope of a token of Keystone v3: services accept only `project`. Absent for version 2. */
  readonly scope?: "project" | "domain" | "system" | "unscoped"
  /** The login methods: `["APIKEY"]`, `["PASSWORD", "PASSCODE"]`, and with Keystone v3 `["password", "token"]`. */
  readonly authenticatedBy: ReadonlyArray<string>
  /** Identifies the token in logs. If it was obtained with another token, the id of the first one follows. */
  readonly auditIds: ReadonlyArray<string>
  /** The application credential that Keystone v3 issued it for. */
  readonly applicationCredentialId?: string
  /** Whether services refuse it, although Identity still accepts and returns it. */
  rejected: boolean
}

/** The properties of a new token of Keystone v3. */
export interface NewToken {
  readonly scope: NonNullable<Token["scope"]>
  /** An earlier expiry, in milliseconds since the epoch. */
  readonly expiresAt?: number | undefined
  /** The audit id of the token that it was obtained with. */
  readonly parentAuditId?: string | undefined
  readonly applicationCredentialId?: string | undefined
}

/** The store of tokens. */
export interface Tokens {
  /** The token of a login: the same as before, unless that one is in its last hour, expired or revoked. */
  readonly issue: (authenticatedBy: ReadonlyArray<string>, now: number) => Token
  /** A new token for each login, as in Keystone v3. */
  readonly issueNew: (authenticatedBy: ReadonlyArray<string>, now: number, options: NewToken) => Token
  /** Swift's own token: the same as before until it expires. */
  readonly issueSwift: (authenticatedBy: ReadonlyArray<string>, now: number) => Token
  /** A valid token; undefined if it is unknown, revoked or expired. */
  readonly find: (id: string, now: number) => Token | undefined
  readonly revoke: (id: string) => void
  readonly revokeAll: () => void
  readonly revokeWhere: (isMeant: (token: Token) => boolean) => void
  readonly expireAll: (now: number) => void
  readonly reject: (id: string) => void
}

/** An empty store. Tokens live for `ttl` milliseconds. */
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

  /** The newest token of a kind of login if its remaining lifetime exceeds `least`, otherwise a new one. */
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
        // As long as Keystone's Fernet tokens, five times the length of a token of version 2.
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
