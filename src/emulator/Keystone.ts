/**
 * Keystone v3 (identity-v3.md) beside Identity v2.0, for the same account and with the same tokens: logins by password, passcode,
 * token and application credential, with a scope; validation and revocation; the catalog; application credentials.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { randomBytes } from "node:crypto"
import * as Account from "./Account.js"
import type { WireBroken, WireRequest, WireResponse } from "./Protocol.js"
import * as Refusal from "./Refusal.js"
import * as Reply from "./Reply.js"
import * as RequestBody from "./RequestBody.js"
import type * as ServiceCatalog from "./ServiceCatalog.js"
import * as Timestamp from "./Timestamp.js"
import type * as Tokens from "./Tokens.js"

type JsonObject = RequestBody.JsonObject

/**
 * What Keystone needs to know.
 *
 * @since 0.1.0
 * @category models
 */
export interface KeystoneOptions {
  readonly account: Account.Account
  readonly tokens: Tokens.Tokens
  readonly catalog: (origin: string) => ReadonlyArray<ServiceCatalog.CatalogService>
  /** Counts a login as succeeded or refused. */
  readonly counted: (succeeded: boolean) => void
}

/**
 * The emulated Keystone.
 *
 * @since 0.1.0
 * @category models
 */
export interface Keystone {
  /** Whether a path is Keystone's: `/v3…`. */
  readonly owns: (path: string) => boolean
  readonly handle: (
    request: WireRequest,
    path: string,
    query: URLSearchParams,
    origin: string
  ) => Effect.Effect<WireResponse, WireBroken>
}

const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict"
}

const needsAuthentication = "The request you have made requires authentication."

const malformed =
  "The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error."

/** The domain of the account and of everything in it. */
const domain = { id: "default", name: "Default" }

const roleIds = { member: "246a0a79e4e64b52b5093516bb56c427", reader: "d651fc08a2ac42a487d0e3945f7331d0" }

/** Every login is of this account; what differs is how it was made and what for. */
type Scope = "project" | "domain" | "system" | "unscoped"

const scopes: ReadonlySet<string> = new Set<Scope>(["project", "domain", "system", "unscoped"])

/**
 * The emulated Keystone for one account.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: KeystoneOptions): Keystone => {
  const { account, tokens } = options
  const receipts = new Set<string>()

  const fault = (
    origin: string,
    status: number,
    message: string,
    headers: Readonly<Record<string, string>> = {}
  ): WireResponse =>
    Reply.json(
      status,
      { error: { code: status, message, title: titles[status] ?? "Error" } },
      {
        Vary: "X-Auth-Token",
        ...(status === 401 && { "WWW-Authenticate": `Keystone uri="${origin}/v3"` }),
        ...headers
      }
    )

  const version = (origin: string): JsonObject => ({
    id: "v3.14",
    status: "stable",
    updated: "2020-04-07T00:00:00Z",
    links: [{ rel: "self", href: `${origin}/v3/` }],
    "media-types": [{ base: "application/json", type: "application/vnd.openstack.identity-v3+json" }]
  })

  const project = (): JsonObject => ({ domain, id: account.tenantId, name: account.projectName })

  const microseconds = (millis: number): string => `${Timestamp.microsecondsWithoutZone(millis)}Z`

  const catalogJson = (origin: string): ReadonlyArray<JsonObject> =>
    options.catalog(origin).map(({ endpoints, name, type }, index) => ({
      id: `service-${index}`,
      type,
      name,
      endpoints: endpoints.flatMap((endpoint, place) =>
        (
          [
            ["public", endpoint.publicURL],
            ["internal", endpoint.internalURL]
          ] as const
        ).flatMap(([kind, url]) =>
          url === undefined
            ? []
            : [
                {
                  id: `endpoint-${index}-${place}-${kind}`,
                  interface: kind,
                  region: endpoint.region ?? null,
                  region_id: endpoint.region ?? null,
                  url
                }
              ]
        )
      )
    }))

  const tokenJson = (token: Tokens.Token, origin: string, query: URLSearchParams): JsonObject => {
    const scope = token.scope ?? "project"
    return {
      methods: token.authenticatedBy,
      user: { domain, id: account.userId, name: account.username, password_expires_at: null },
      audit_ids: [token.id.slice(0, 22)],
      expires_at: microseconds(token.expiresAt),
      issued_at: microseconds(token.issuedAt),
      ...(scope === "project" && { project: project(), is_domain: false }),
      ...(scope === "domain" && { domain }),
      ...(scope === "system" && { system: { all: true } }),
      ...(scope !== "unscoped" && {
        roles: Object.entries(roleIds).map(([name, id]) => ({ id, name })),
        ...(query.has("nocatalog") ? {} : { catalog: catalogJson(origin) })
      })
    }
  }

  /** Runs the checks of one login, each of which may end it. */
  const login = (request: WireRequest, parsed: RequestBody.Parsed, origin: string, now: number): Tokens.Token => {
    const refuse = (status: number, message: string, headers?: Readonly<Record<string, string>>): never =>
      Refusal.refuse(fault(origin, status, message, headers))
    const missing = (what: string, where: string): never =>
      refuse(400, `Expecting to find ${what} in ${where}. ${malformed}`)
    const wrong = (): never => refuse(401, needsAuthentication)
    const object = (from: JsonObject, key: string, where: string): JsonObject => {
      const value = from[key]
      return RequestBody.isObject(value) ? value : missing(key, where)
    }
    const root = parsed._tag === "Json" && RequestBody.isObject(parsed.value) ? parsed.value : {}
    const auth = object(root, "auth", "request body")
    const identity = object(auth, "identity", "auth")
    const methods = Array.isArray(identity["methods"]) ? identity["methods"] : missing("methods", "identity")

    const isDomain = (value: unknown): boolean =>
      RequestBody.isObject(value) && (value["id"] === domain.id || value["name"] === domain.name)
    const checkUser = (user: JsonObject): void => {
      if (user["id"] === undefined && user["name"] !== undefined && !RequestBody.isObject(user["domain"])) {
        missing("domain", "user")
      }
      const known =
        user["id"] === undefined
          ? user["name"] === account.username && isDomain(user["domain"])
          : user["id"] === account.userId
      if (!known || !account.enabled) {
        wrong()
      }
    }

    let previous: Tokens.Token | undefined
    let fixed: Scope | undefined
    for (const method of methods as ReadonlyArray<unknown>) {
      const part = typeof method === "string" ? object(identity, method, "identity") : missing("methods", "identity")
      switch (method) {
        case "password": {
          const user = object(part, "user", "password")
          checkUser(user)
          if (user["password"] !== account.password) {
            wrong()
          }
          break
        }
        case "totp": {
          const user = object(part, "user", "totp")
          checkUser(user)
          if (user["passcode"] !== Account.passcode) {
            wrong()
          }
          break
        }
        case "token": {
          const id = part["id"]
          previous = typeof id === "string" ? tokens.find(id, now) : missing("id", "token")
          if (previous === undefined) {
            refuse(404, "Could not recognize Fernet token")
          }
          break
        }
        case "application_credential": {
          const { id, name, secret } = part
          if (name !== undefined) {
            checkUser(object(part, "user", "application_credential"))
          }
          const found = account.applicationCredentials.find((each) =>
            id === undefined ? each.name === name : each.id === id
          )
          if (found === undefined || found.secret !== secret || !account.enabled) {
            wrong()
          }
          if (auth["scope"] !== undefined) {
            refuse(
              401,
              "Error authenticating with application credential: Application credentials cannot request a scope."
            )
          }
          fixed = "project"
          break
        }
        default:
          refuse(401, "Attempted to authenticate with an unsupported method.")
      }
    }
    const receipt = request.headers["openstack-auth-receipt"]
    const proven = new Set([
      ...(methods as ReadonlyArray<string>),
      ...(receipts.has(receipt ?? "") ? ["password"] : [])
    ])
    const isPerson = proven.has("password") || proven.has("totp")
    if (account.multiFactor && isPerson && !(proven.has("password") && proven.has("totp"))) {
      const id = randomBytes(16).toString("hex")
      if (proven.has("password")) {
        receipts.add(id)
      }
      Refusal.refuse(
        Reply.json(
          401,
          {
            receipt: { methods: [...proven], user: { domain, id: account.userId, name: account.username } },
            required_auth_methods: [["password", "totp"]]
          },
          { "Openstack-Auth-Receipt": id, Vary: "X-Auth-Token" }
        )
      )
    }
    const scope = fixed ?? scopeOf(auth["scope"], isDomain) ?? wrong()
    return tokens.issueNew([...proven], now, {
      scope,
      // A token that is exchanged lends its end, not a new life.
      ...(previous !== undefined && { expiresAt: previous.expiresAt })
    })
  }

  /** What a login is for; undefined where it is not the account's to ask for. */
  const scopeOf = (asked: unknown, isDomain: (value: unknown) => boolean): Scope | undefined => {
    if (asked === undefined) {
      return "project"
    }
    if (asked === "unscoped") {
      return asked
    }
    if (!RequestBody.isObject(asked)) {
      return undefined
    }
    const [kind] = Object.keys(asked)
    const wanted = asked["project"]
    if (RequestBody.isObject(wanted)) {
      const known =
        wanted["id"] === undefined
          ? wanted["name"] === account.projectName && isDomain(wanted["domain"])
          : wanted["id"] === account.tenantId
      return known ? "project" : undefined
    }
    if (kind === "domain") {
      return isDomain(asked["domain"]) ? "domain" : undefined
    }
    return scopes.has(kind ?? "") ? (kind as Scope) : undefined
  }

  const applicationCredentials = (
    method: string,
    id: string | undefined,
    parsed: RequestBody.Parsed,
    origin: string
  ): WireResponse => {
    const shown = ({ secret: _, ...rest }: Account.ApplicationCredential): JsonObject => ({
      ...rest,
      description: null,
      expires_at: null,
      project_id: account.tenantId,
      unrestricted: false
    })
    if (id === undefined && method === "POST") {
      const body = parsed._tag === "Json" && RequestBody.isObject(parsed.value) ? parsed.value : {}
      const sent = body["application_credential"]
      const name = RequestBody.isObject(sent) ? sent["name"] : undefined
      if (!RequestBody.isObject(sent) || typeof name !== "string" || name === "") {
        return fault(origin, 400, `'name' is a required property. ${malformed}`)
      }
      if (account.applicationCredentials.some((each) => each.name === name)) {
        return fault(origin, 409, `Conflict occurred attempting to store application_credential - Duplicate entry.`)
      }
      const secret = typeof sent["secret"] === "string" ? sent["secret"] : randomBytes(32).toString("base64url")
      const made: Account.ApplicationCredential = { id: randomBytes(16).toString("hex"), name, secret }
      account.applicationCredentials = [...account.applicationCredentials, made]
      // The secret is told this once.
      return Reply.json(201, { application_credential: { ...shown(made), secret } })
    }
    if (id === undefined) {
      return Reply.json(200, { application_credentials: account.applicationCredentials.map(shown), links: {} })
    }
    const found = account.applicationCredentials.find((each) => each.id === id)
    if (found === undefined) {
      return fault(origin, 404, `Could not find Application Credential: ${id}.`)
    }
    if (method === "DELETE") {
      account.applicationCredentials = account.applicationCredentials.filter((each) => each !== found)
      tokens.revokeWhere((token) => token.authenticatedBy.includes("application_credential"))
      return Reply.empty(204)
    }
    return Reply.json(200, { application_credential: shown(found) })
  }

  const respond = (
    request: WireRequest,
    [first, second, third, fourth]: ReadonlyArray<string>,
    query: URLSearchParams,
    parsed: RequestBody.Parsed,
    origin: string,
    now: number
  ): WireResponse => {
    const { method } = request
    if (first === undefined) {
      return Reply.json(200, { version: version(origin) })
    }
    if (first === "auth" && second === "tokens" && method === "POST") {
      const answer = Refusal.catching(() => {
        const token = login(request, parsed, origin, now)
        return Reply.json(
          201,
          { token: tokenJson(token, origin, query) },
          { "X-Subject-Token": token.id, Vary: "X-Auth-Token" }
        )
      })
      options.counted(answer.status === 201)
      return answer
    }
    const caller = request.headers["x-auth-token"]
    const own = caller === undefined ? undefined : tokens.find(caller, now)
    if (own === undefined) {
      return fault(origin, 401, needsAuthentication)
    }
    if (first === "users" && second === account.userId && third === "application_credentials") {
      return applicationCredentials(method, fourth, parsed, origin)
    }
    if (first !== "auth") {
      return fault(origin, 404, "(http://localhost/v3): The resource could not be found.")
    }
    switch (second) {
      case "tokens": {
        const subject = tokens.find(request.headers["x-subject-token"] ?? "", now)
        if (subject === undefined) {
          return fault(origin, 404, "Could not recognize Fernet token")
        }
        if (method === "DELETE") {
          tokens.revoke(subject.id)
          return Reply.empty(204)
        }
        return method === "HEAD"
          ? Reply.empty(200, { "X-Subject-Token": subject.id })
          : Reply.json(200, { token: tokenJson(subject, origin, query) }, { "X-Subject-Token": subject.id })
      }
      case "catalog":
        return Reply.json(200, { catalog: catalogJson(origin), links: { self: `${origin}/v3/auth/catalog` } })
      case "projects":
        return Reply.json(200, { projects: [{ ...project(), domain_id: domain.id, enabled: true }], links: {} })
      case "domains":
        return Reply.json(200, { domains: [{ ...domain, enabled: true }], links: {} })
      case "system":
        return Reply.json(200, { system: [{ all: true }], links: {} })
      default:
        return fault(origin, 404, "(http://localhost/v3): The resource could not be found.")
    }
  }

  return {
    owns: (path) => path === "/v3" || path.startsWith("/v3/"),
    handle: (request, path, query, origin) => {
      const segments = RequestBody.segments(path.slice("/v3".length))
      return segments === undefined
        ? Effect.succeed(fault(origin, 400, malformed))
        : Effect.flatMap(RequestBody.json(request), (parsed) =>
            Effect.map(Clock.currentTimeMillis, (now) => {
              const response = respond(request, segments, query, parsed, origin, now)
              return Reply.withDefaultHeaders(response, {
                "x-openstack-request-id": `req-${randomBytes(16).toString("hex")}`
              })
            })
          )
    }
  }
}
