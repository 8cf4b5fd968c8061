/**
 * Logins by Keystone v3.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Tenant, User } from "../../Access.js"
import type { AuthenticationFailed, TransportError, UnexpectedStatus } from "../../CloudError.js"
import type {
  ApplicationCredential,
  KeystonePassword,
  KeystoneToken,
  OidcAccessToken,
  Scope
} from "../../Credentials.js"
import type * as RetryPolicy from "../../RetryPolicy.js"
import { CatalogEndpoint } from "../../ServiceCatalog.js"
import type { Exchange } from "../http/exchange.js"
import type { Target } from "../http/transportError.js"
import { lazy } from "../schema/lazy.js"
import { lazyStruct } from "../schema/struct.js"
import { Timestamp } from "../schema/wire.js"
import { type Answer, type Attempt, failed, revokeBy, run } from "./login.js"
import { send } from "./request.js"
import { entryOf, items, readable, roleOf, text, texts, Token, url } from "./wire.js"

/** Credentials that are sent in the body of a request for a token. */
type Direct = KeystonePassword | KeystoneToken | ApplicationCredential

export type V3 = Direct | OidcAccessToken

const trimmed = (authUrl: string): string =>
  authUrl
    .trim()
    .replace(/\/+$/, "")
    .replace(/\/auth\/tokens$/, "")

/** Keystone's URL without a version or a trailing slash. */
export const rootUrl = (authUrl: string): string => trimmed(authUrl).replace(/\/v\d+(\.\d+)?$/, "")

const Listed = lazy(() => Schema.Array(Schema.Struct({ id: Schema.String })))

/** Keystone wraps the list in another object; other services do not. */
const Versions = lazy(() =>
  Schema.parseJson(Schema.Struct({ versions: Schema.Union(Listed, Schema.Struct({ values: Listed })) }))
)

/** The ids of the versions in a document; empty if it is not a list of versions. */
const listedVersions = (text: string): Effect.Effect<ReadonlyArray<string>> =>
  Schema.decodeUnknown(Versions)(text).pipe(
    Effect.map(({ versions }) => {
      const listed: typeof Listed.Type = Schema.is(Listed)(versions) ? versions : versions.values
      return listed.map(({ id }) => id)
    }),
    Effect.orElseSucceed(() => [])
  )

/**
 * Finds the URL of version 3. A URL of version 3 is returned unchanged. Otherwise the versions are requested from the root. Their links
 * are not followed, since behind a proxy they often point to another host: version 3 is expected below the given root.
 *
 * Fails if the root lists versions without version 3. If the versions cannot be read, the URL is assumed to be correct.
 */
export const discover = (
  exchange: Exchange,
  authUrl: string,
  policy: RetryPolicy.Service
): Effect.Effect<string, AuthenticationFailed> => {
  const given = trimmed(authUrl)
  if (given.endsWith("/v3")) return Effect.succeed(given)
  const root = rootUrl(authUrl)
  const target: Target = {
    service: "Identity",
    operation: "Identity.discover",
    method: "GET",
    url: `${root}/`,
    secrets: []
  }
  return Effect.gen(function* () {
    const request = { method: "GET", url: target.url, headers: { accept: "application/json" } } as const
    const text = yield* send(exchange, request, target, policy).pipe(
      Effect.map((response) => response.text()),
      Effect.orElseSucceed(() => "")
    )
    const versions = yield* listedVersions(text)
    return versions.length === 0 || versions.some((id) => /^v3\b/.test(id))
      ? `${root}/v3`
      : yield* failed(
          "malformed",
          `Identity.authenticate: ${root} has ${versions.join(", ")}, but not v3, which these credentials are for`
        )
  }).pipe(Effect.withSpan(target.operation, { kind: "client", captureStackTrace: false }))
}

const WireEndpoint = lazyStruct(() => ({ interface: text, url, region: text, region_id: text }))

const WireAnswer = lazy(() =>
  Schema.parseJson(
    Schema.Struct({
      token: Schema.Struct({
        methods: texts,
        expires_at: Timestamp,
        user: readable(Schema.Struct({ id: text, name: text })),
        project: readable(Schema.Struct({ id: text, name: text })),
        roles: items(Schema.Struct({ id: text, name: text })),
        catalog: items(Schema.Struct({ type: text, name: text, endpoints: items(WireEndpoint) }))
      })
    })
  )
)

const interfaces = { public: "publicUrl", internal: "internalUrl", admin: "adminUrl" } as const

/** The key of an interface. Some clouds use the names of version 2: `publicURL`. */
const keyOf = (name: string): (typeof interfaces)[keyof typeof interfaces] | undefined =>
  interfaces[name.toLowerCase().replace(/url$/, "") as keyof typeof interfaces]

/**
 * Groups endpoints by region. In Keystone v3 an endpoint is one interface of one region; in the catalog it is a region with all its
 * interfaces. A second URL of the same region and interface becomes another endpoint.
 */
const byRegion = (endpoints: ReadonlyArray<typeof WireEndpoint.Type>): ReadonlyArray<CatalogEndpoint> => {
  const found: Array<{ region?: string; publicUrl?: string; internalUrl?: string; adminUrl?: string }> = []
  for (const { interface: name, region, region_id: regionId, url: href } of endpoints) {
    const key = name === undefined ? undefined : keyOf(name)
    if (key === undefined || href === undefined) continue
    const id = regionId ?? region
    const existing = found.find((each) => each.region === id && each[key] === undefined)
    if (existing !== undefined) existing[key] = href
    else found.push({ ...(id !== undefined && { region: id }), [key]: href })
  }
  return found.map((endpoint) => new CatalogEndpoint(endpoint))
}

const toAnswer = ({ token }: typeof WireAnswer.Type, subject: string, issued: DateTime.Utc): Answer => {
  const projectId = token.project?.id
  return {
    token: Redacted.make(subject),
    issued,
    expires: token.expires_at,
    ...(projectId !== undefined && { tenant: new Tenant({ ...token.project, id: projectId }) }),
    user: new User({
      ...token.user,
      roles: token.roles.flatMap((role) => roleOf({ ...role, ...(projectId !== undefined && { tenantId: projectId }) }))
    }),
    catalog: token.catalog.flatMap((entry) => entryOf(entry, byRegion(entry.endpoints))),
    authenticatedBy: token.methods
  }
}

/** The token is only in a header, not in the body. */
const Subject = lazyStruct(() => ({
  "x-subject-token": Token.annotations({ description: "the header X-Subject-Token" })
}))

const scopeBody = (scope: Scope): unknown => {
  if (scope === "unscoped") return scope
  if ("trust" in scope) return { "OS-TRUST:trust": scope.trust }
  return "system" in scope ? { system: { all: true } } : scope
}

const identityBody = (credentials: Direct): Record<string, unknown> => {
  switch (credentials._tag) {
    case "KeystonePassword": {
      const { passcode, password, user } = credentials
      return {
        methods: passcode === undefined ? ["password"] : ["password", "totp"],
        password: { user: { ...user, password: Redacted.value(password) } },
        ...(passcode !== undefined && { totp: { user: { ...user, passcode: Redacted.value(passcode) } } })
      }
    }
    case "KeystoneToken":
      return { methods: ["token"], token: { id: Redacted.value(credentials.token) } }
    case "ApplicationCredential":
      return {
        methods: ["application_credential"],
        application_credential: { ...credentials.credential, secret: Redacted.value(credentials.secret) }
      }
  }
}

const secretsOf = (credentials: Direct): ReadonlyArray<string> => {
  switch (credentials._tag) {
    case "KeystonePassword":
      return [credentials.password, credentials.passcode].flatMap((secret) =>
        secret === undefined ? [] : [Redacted.value(secret)]
      )
    case "KeystoneToken":
      return [Redacted.value(credentials.token)]
    case "ApplicationCredential":
      return [Redacted.value(credentials.secret)]
  }
}

const readAnswer: Attempt["read"] = (text, headers, now) =>
  Effect.map(
    Effect.all([Schema.decodeUnknown(Subject)(headers), Schema.decodeUnknown(WireAnswer)(text)]),
    ([subject, answer]) => toAnswer(answer, subject["x-subject-token"], now)
  )

const attemptOf = (credentials: Direct, base: string): Attempt => {
  // An application credential is limited to one project, and is refused with a scope.
  const scope = credentials._tag === "ApplicationCredential" ? undefined : credentials.scope
  return {
    template: "/auth/tokens",
    request: {
      method: "POST",
      url: `${base}/auth/tokens`,
      headers: { accept: "application/json" },
      body: { auth: { identity: identityBody(credentials), ...(scope !== undefined && { scope: scopeBody(scope) }) } }
    },
    secrets: secretsOf(credentials),
    read: readAnswer,
    asksFor: (headers) =>
      headers["openstack-auth-receipt"] === undefined
        ? undefined
        : { message: "the password is correct, but a passcode is required too (see Credentials.keystonePassword)" },
    // Keystone returns 404 for an invalid token, and for an application credential that was deleted.
    refusedBy404: credentials._tag !== "KeystonePassword"
  }
}

/** The login with an access token, which Keystone's web server checks. Returns an unscoped token. */
const federatedAttempt = ({ accessToken, identityProvider, protocol }: OidcAccessToken, base: string): Attempt => {
  const provider = `identity_providers/${encodeURIComponent(identityProvider)}`
  return {
    template: "/OS-FEDERATION/identity_providers/{identityProvider}/protocols/{protocol}/auth",
    request: {
      method: "POST",
      url: `${base}/OS-FEDERATION/${provider}/protocols/${encodeURIComponent(protocol)}/auth`,
      headers: { accept: "application/json", authorization: `Bearer ${Redacted.value(accessToken)}` }
    },
    secrets: [Redacted.value(accessToken)],
    read: readAnswer,
    asksFor: () => undefined,
    // Keystone returns 404 for an unknown provider or protocol.
    refusedBy404: true
  }
}

/** Logs in at the URL of version 3, with the retries of the policy. A federated login makes a second request for its scope. */
export const authenticate = (
  exchange: Exchange,
  credentials: V3,
  base: string,
  policy: RetryPolicy.Service
): Effect.Effect<Answer, AuthenticationFailed> => {
  if (credentials._tag !== "OidcAccessToken") return run(exchange, policy, attemptOf(credentials, base))
  const { authUrl, scope } = credentials
  const unscoped = run(exchange, policy, federatedAttempt(credentials, base))
  if (scope === undefined || scope === "unscoped") return unscoped
  return Effect.flatMap(unscoped, ({ token }) =>
    run(exchange, policy, attemptOf({ _tag: "KeystoneToken", authUrl, token, scope, renewWith: undefined }, base))
  )
}

/** Revokes a token, authenticated by itself (`DELETE /v3/auth/tokens`). */
export const revoke = (
  exchange: Exchange,
  base: string,
  token: Redacted.Redacted,
  policy: RetryPolicy.Service
): Effect.Effect<void, TransportError | UnexpectedStatus> => {
  const value = Redacted.value(token)
  const headers = { "x-auth-token": value, "x-subject-token": value }
  return revokeBy(exchange, policy, [value], [{ method: "DELETE", url: `${base}/auth/tokens`, headers }])
}

const reference = (value: { readonly id: string } | { readonly name: string }): ReadonlyArray<string> =>
  "id" in value ? ["id", value.id] : ["name", value.name]

/** The key of a login in a shared store; undefined if the credentials do not contain a user. */
export const storeKey = (credentials: V3): string | undefined => {
  const user = (who: KeystonePassword["user"]): ReadonlyArray<unknown> =>
    "id" in who ? reference(who) : [...reference(who), reference(who.domain)]
  const scoped = (scope: Scope | undefined): unknown => {
    if (scope === undefined || scope === "unscoped") return scope ?? ""
    if ("system" in scope) return "system"
    if ("trust" in scope) return ["trust", scope.trust.id]
    if ("domain" in scope) return ["domain", reference(scope.domain)]
    return ["project", "id" in scope.project ? reference(scope.project) : user(scope.project)]
  }
  const key = (...parts: ReadonlyArray<unknown>) => JSON.stringify([`${rootUrl(credentials.authUrl)}/v3`, ...parts])
  switch (credentials._tag) {
    case "KeystonePassword":
      return key("user", user(credentials.user), scoped(credentials.scope))
    case "ApplicationCredential": {
      const { credential } = credentials
      return key(
        "application credential",
        "id" in credential ? reference(credential) : [...reference(credential), user(credential.user)]
      )
    }
    case "OidcAccessToken":
      // The user of an access token is not known here.
      return undefined
    case "KeystoneToken":
      // The same user with another scope is another login.
      return credentials.renewWith === undefined
        ? undefined
        : credentials.renewWith._tag === "KeystonePassword"
          ? storeKey({ ...credentials.renewWith, scope: credentials.scope })
          : storeKey(credentials.renewWith)
  }
}
