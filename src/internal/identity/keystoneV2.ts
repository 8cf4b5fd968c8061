/**
 * Logins by Rackspace Cloud Identity 2.0 (Keystone v2 with the RAX extensions).
 */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Tenant, User } from "../../Access.js"
import {
  type AuthenticationFailed,
  MfaChallenge,
  type TransportError,
  type UnexpectedStatus
} from "../../CloudError.js"
import type { ApiKey, Passcode, Password, Token } from "../../Credentials.js"
import type * as RetryPolicy from "../../RetryPolicy.js"
import { CatalogEndpoint } from "../../ServiceCatalog.js"
import type { Exchange } from "../http/exchange.js"
import { withoutUserInfo } from "../http/urlText.js"
import { lazyStruct } from "../schema/struct.js"
import { Timestamp } from "../schema/wire.js"
import { type Answer, failed, revokeBy, run } from "./login.js"
import { entryOf, items, readable, roleOf, text, texts, Token as WireToken, url } from "./wire.js"

type V2 = ApiKey | Password | Token | Passcode

/** Identity's base URL with its version, without a trailing slash, from the user's URL. */
export const baseUrl = (authUrl: string): string => {
  const trimmed = authUrl
    .trim()
    .replace(/\/+$/, "")
    .replace(/\/tokens$/, "")
  return /\/v\d+(\.\d+)?$/.test(trimmed) ? trimmed : `${trimmed}/v2.0`
}

const WireEndpoint = lazyStruct(() => ({
  region: text,
  tenantId: text,
  publicURL: url,
  internalURL: url,
  adminURL: url,
  versionId: text,
  versionInfo: text,
  versionList: text
}))

const WireUser = lazyStruct(() => ({
  id: text,
  name: text,
  roles: items(Schema.Struct({ id: text, name: text, description: text, tenantId: text })),
  "RAX-AUTH:defaultRegion": text
}))

const WireAnswer = lazyStruct(() => ({
  access: Schema.Struct({
    token: Schema.Struct({
      id: WireToken,
      expires: Timestamp,
      tenant: readable(Schema.Struct({ id: text, name: text })),
      "RAX-AUTH:authenticatedBy": texts
    }),
    user: readable(WireUser),
    // Old releases of Keystone return an empty catalog as `{}`.
    serviceCatalog: items(Schema.Struct({ name: text, type: text, endpoints: items(WireEndpoint) }))
  })
}))

const endpointOf = ({ adminURL, internalURL, publicURL, ...endpoint }: typeof WireEndpoint.Type): CatalogEndpoint =>
  new CatalogEndpoint({
    ...endpoint,
    ...(publicURL !== undefined && { publicUrl: publicURL }),
    ...(internalURL !== undefined && { internalUrl: internalURL }),
    ...(adminURL !== undefined && { adminUrl: adminURL })
  })

const toAnswer = ({ access }: typeof WireAnswer.Type, issued: DateTime.Utc): Answer => {
  const { token, user } = access
  const defaultRegion = user?.["RAX-AUTH:defaultRegion"]
  return {
    token: Redacted.make(token.id),
    issued,
    expires: token.expires,
    ...(token.tenant?.id !== undefined && { tenant: new Tenant({ ...token.tenant, id: token.tenant.id }) }),
    user: new User({
      ...(user?.id !== undefined && { id: user.id }),
      ...(user?.name !== undefined && { name: user.name }),
      roles: (user?.roles ?? []).flatMap(roleOf),
      ...(defaultRegion !== undefined && { defaultRegion })
    }),
    catalog: access.serviceCatalog.flatMap((entry) => entryOf(entry, entry.endpoints.map(endpointOf))),
    authenticatedBy: token["RAX-AUTH:authenticatedBy"]
  }
}

const secretsOf = (credentials: V2): ReadonlyArray<string> => {
  switch (credentials._tag) {
    case "ApiKey":
      return [Redacted.value(credentials.apiKey)]
    case "Password":
      return [Redacted.value(credentials.password)]
    case "Token":
      return [Redacted.value(credentials.token)]
    case "Passcode":
      return [Redacted.value(credentials.passcode), Redacted.value(credentials.sessionId)]
  }
}

/** The `auth` object of a login request. The tenant is next to the credentials, not inside them. */
const bodyOf = (credentials: V2): Record<string, unknown> => {
  const { tenantId, tenantName } = credentials
  const tenant = { ...(tenantId !== undefined && { tenantId }), ...(tenantName !== undefined && { tenantName }) }
  switch (credentials._tag) {
    case "ApiKey":
      return {
        "RAX-KSKEY:apiKeyCredentials": {
          username: credentials.username,
          apiKey: Redacted.value(credentials.apiKey)
        },
        ...tenant
      }
    case "Password":
      return {
        passwordCredentials: { username: credentials.username, password: Redacted.value(credentials.password) },
        ...tenant
      }
    case "Token":
      return { token: { id: Redacted.value(credentials.token) }, ...tenant }
    case "Passcode":
      return { "RAX-AUTH:passcodeCredentials": { passcode: Redacted.value(credentials.passcode) }, ...tenant }
  }
}

/** `OS-MF sessionId='…', factor='PASSCODE'`, with either kind of quotes. */
const challengeOf = (header: string | undefined, { authUrl, tenantId, tenantName }: V2): MfaChallenge | undefined => {
  if (header === undefined || !/^\s*OS-MF\b/i.test(header)) return undefined
  const sessionId = /sessionId=['"]([^'"]+)['"]/i.exec(header)?.[1]
  const factor = /factor=['"]([^'"]+)['"]/i.exec(header)?.[1]
  return sessionId === undefined
    ? undefined
    : new MfaChallenge({
        sessionId: Redacted.make(sessionId),
        factor: factor ?? "PASSCODE",
        // It is part of an error message.
        authUrl: withoutUserInfo(authUrl, "***@"),
        ...(tenantId !== undefined && { tenantId }),
        ...(tenantName !== undefined && { tenantName })
      })
}

/** Whether it is the URL of Keystone v3, which does not accept credentials of version 2. */
const isV3 = (url: string): boolean => url.endsWith("/v3")

/**
 * Logs in, with the retries of the policy if Identity cannot be reached or limits the rate. Fails only with `AuthenticationFailed`.
 */
export const authenticate = (
  exchange: Exchange,
  credentials: V2,
  policy: RetryPolicy.Service
): Effect.Effect<Answer, AuthenticationFailed> => {
  const base = baseUrl(credentials.authUrl)
  if (isV3(base)) {
    return Effect.fail(
      failed(
        "malformed",
        `Identity.authenticate: ${base} is Keystone v3, which needs credentials such as Credentials.keystonePassword; these credentials are for v2.0`
      )
    )
  }
  return run(exchange, policy, {
    template: "/tokens",
    request: {
      method: "POST",
      url: `${base}/tokens`,
      headers: {
        accept: "application/json",
        ...(credentials._tag === "Passcode" && { "x-sessionid": Redacted.value(credentials.sessionId) })
      },
      body: { auth: bodyOf(credentials) }
    },
    secrets: secretsOf(credentials),
    read: (text, _, now) =>
      Effect.map(Schema.decodeUnknown(Schema.parseJson(WireAnswer))(text), (answer) => toAnswer(answer, now)),
    asksFor: (headers) => {
      const challenge = challengeOf(headers["www-authenticate"], credentials)
      return (
        challenge && {
          message: "the password is correct; respond to the challenge with a passcode (Credentials.answerChallenge)",
          challenge
        }
      )
    },
    refusedBy404: credentials._tag === "Token"
  })
}

/**
 * Revokes a token, authenticated by itself, with `DELETE /tokens` as Rackspace documents it. OpenStack clouds that return 404 or 405
 * for that support the token's path.
 */
export const revoke = (
  exchange: Exchange,
  authUrl: string,
  token: Redacted.Redacted,
  policy: RetryPolicy.Service
): Effect.Effect<void, TransportError | UnexpectedStatus> => {
  const value = Redacted.value(token)
  const base = `${baseUrl(authUrl)}/tokens`
  return revokeBy(
    exchange,
    policy,
    [value],
    [base, `${base}/${encodeURIComponent(value)}`].map((url) => ({
      method: "DELETE",
      url,
      headers: { "x-auth-token": value }
    }))
  )
}
