/**
 * A common interface to all kinds of Identity: logins, revocations, and the keys of stored logins.
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
  /** Does nothing if the cloud does not support revocation. */
  readonly revoke: (token: Redacted.Redacted) => Effect.Effect<void, TransportError | UnexpectedStatus>
}

/** The Identity for these credentials, and for those in `renewWith`. */
export const make = (exchange: Exchange, credentials: Credentials, policy: RetryPolicy.Service): Identity => {
  const found = new Map<string, string>()
  /** Discovers Keystone's URL once, since it does not change while a program runs. */
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
            // If version 3 was not found, there is no token to revoke.
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

/** The key of a login in a store that several programs share; undefined if the credentials do not contain a user. */
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

/** The error of invalid credentials; undefined if they can be sent. */
export const refusalOf = (credentials: Credentials): AuthenticationFailed | undefined => {
  const problem = problemOf(credentials)
  return problem === undefined ? undefined : failed("malformed", `Identity.authenticate: credentials: ${problem}`)
}

/** Whether these credentials can be used for more than one login. */
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
