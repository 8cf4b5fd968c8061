/**
 * One interface to all kinds of Identity: how credentials log in, how their token is revoked, and under which name their login
 * is kept.
 */
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { AuthenticationFailed, TransportError, UnexpectedStatus } from "../../CloudError.js"
import { type Credentials, usernameOf } from "../../Credentials.js"
import type * as RetryPolicy from "../../RetryPolicy.js"
import type { Exchange } from "../http/exchange.js"
import { problemOf } from "./credentialsProblem.js"
import * as identityV2 from "./keystoneV2.js"
import * as identityV3 from "./keystoneV3.js"
import { type Answer, failed } from "./login.js"
import * as swiftAuth from "./swiftAuth.js"

export type { Answer } from "./login.js"

export interface Identity {
  readonly authenticate: (credentials: Credentials) => Effect.Effect<Answer, AuthenticationFailed>
  /** Does nothing where the cloud knows no revocation. */
  readonly revoke: (token: Redacted.Redacted) => Effect.Effect<void, TransportError | UnexpectedStatus>
}

/** The Identity that these credentials are for. What they are renewed with is for the same. */
export const make = (exchange: Exchange, credentials: Credentials, policy: RetryPolicy.Service): Identity => {
  const found = new Map<string, string>()
  /** Keystone's URL is found once; it does not change while a program runs. */
  const keystone = (authUrl: string): Effect.Effect<string, AuthenticationFailed> =>
    Effect.suspend(() => {
      const known = found.get(authUrl)
      return known === undefined
        ? Effect.tap(identityV3.discover(exchange, authUrl, policy), (url) =>
            Effect.sync(() => found.set(authUrl, url))
          )
        : Effect.succeed(known)
    })
  return {
    authenticate: (who) => {
      switch (who._tag) {
        case "KeystonePassword":
        case "KeystoneToken":
        case "ApplicationCredential":
        case "OidcAccessToken":
          return Effect.flatMap(keystone(who.authUrl), (base) => identityV3.authenticate(exchange, who, base, policy))
        case "SwiftKey":
          return swiftAuth.authenticate(exchange, who, policy)
        default:
          return identityV2.authenticate(exchange, who, policy)
      }
    },
    revoke: (token) => {
      switch (credentials._tag) {
        case "KeystonePassword":
        case "KeystoneToken":
        case "ApplicationCredential":
        case "OidcAccessToken":
          return Effect.flatMap(
            // Where version 3 could not be found there is no token of it either.
            Effect.option(keystone(credentials.authUrl)),
            (base) => (base._tag === "None" ? Effect.void : identityV3.revoke(exchange, base.value, token, policy))
          )
        case "SwiftKey":
          return Effect.void
        default:
          return identityV2.revoke(exchange, credentials.authUrl, token, policy)
      }
    }
  }
}

/** Under which name a login is kept in a store that several programs share; undefined where the credentials name nobody. */
export const storeKey = (credentials: Credentials): string | undefined => {
  switch (credentials._tag) {
    case "KeystonePassword":
    case "KeystoneToken":
    case "ApplicationCredential":
    case "OidcAccessToken":
      return identityV3.storeKey(credentials)
    case "SwiftKey":
      return JSON.stringify([credentials.authUrl, "v1", credentials.user])
    default: {
      const username = usernameOf(credentials)
      const { authUrl, tenantId = "", tenantName } = credentials
      const byName = tenantName === undefined ? "" : `|name|${tenantName}`
      return username === undefined ? undefined : `${identityV2.baseUrl(authUrl)}|${username}|${tenantId}${byName}`
    }
  }
}

/** Why nobody can log in with these credentials, whatever the cloud says; undefined where they may be good. */
export const refusalOf = (credentials: Credentials): AuthenticationFailed | undefined => {
  const problem = problemOf(credentials)
  return problem === undefined ? undefined : failed("malformed", `Identity.authenticate: credentials: ${problem}`)
}

/** Whether a login can be made again with these credentials. */
export const isRenewable = (credentials: Credentials): boolean => {
  switch (credentials._tag) {
    case "Token":
    case "KeystoneToken":
      return credentials.renewWith !== undefined
    case "KeystonePassword":
      return credentials.passcode === undefined
    case "Passcode":
      return false
    default:
      return true
  }
}
