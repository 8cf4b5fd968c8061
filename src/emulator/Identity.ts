/**
 * Identity v2.0 (identity-v2.md): logins by API key, password, token and passcode, validation and revocation of tokens,
 * tenants and the account's own user; Keystone v3 beside it, under `/v3`; and Swift's own login, `/auth/v1.0`, which other
 * languages' storage clients use.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { randomBytes } from "node:crypto"
import * as Account from "./Account.js"
import * as Keystone from "./Keystone.js"
import type { Caller, WireBroken, WireRequest, WireResponse } from "./Protocol.js"
import * as Reply from "./Reply.js"
import * as Fields from "./Fields.js"
import * as RequestBody from "./RequestBody.js"
import * as ServiceCatalog from "./ServiceCatalog.js"
import * as Timestamp from "./Timestamp.js"
import * as Tokens from "./Tokens.js"

/** A challenged user has ten minutes to send the passcode (identity-v2.md section 2.2). */
const sessionLifetime = 10 * 60 * 1000

const noValidToken = "No valid token provided. Please use the 'X-Auth-Token' header with a valid token."
const wrongCredentials = "Unable to authenticate user with credentials provided."
const unparsable = "Invalid request body: unable to parse Auth data. Please review XML or JSON formatting"

/** Keystone's methods in the words of version 2. */
const methodNames: Readonly<Record<string, string>> = {
  application_credential: "APPLICATION_CREDENTIAL",
  password: "PASSWORD",
  token: "TOKEN",
  totp: "PASSCODE"
}

/**
 * How many logins were asked for since the start or since the log was last cleared, by `POST /v2.0/tokens`, by
 * `POST /v3/auth/tokens` and by Swift's `/auth/v1.0` together. A multi-factor challenge counts as refused.
 */
export interface Logins {
  readonly succeeded: number
  readonly refused: number
}

/** What Identity needs to know. */
export interface IdentityOptions {
  readonly account: Account.Account
  /** Lifetime of tokens in milliseconds. */
  readonly tokenTtl: number
  /** In upper case, in the order of the catalog. */
  readonly regions: ReadonlyArray<string>
}

/** The emulated Identity service. */
export interface Identity {
  readonly tokens: Tokens.Tokens
  readonly logins: () => Logins
  readonly clearLogins: () => void
  /** Whether a path is Identity's: `/`, `/v2.0…`, `/v3…`, `/auth…`, `/v1.0`. */
  readonly owns: (path: string) => boolean
  /** Who a service's request comes from; undefined when its token is missing, unknown, expired, revoked or rejected. */
  readonly callerOf: (token: string | undefined, now: number) => Caller | undefined
  /** Answers a request to Identity. `origin` is what the URLs of the catalog begin with. */
  readonly handle: (request: WireRequest, origin: string) => Effect.Effect<WireResponse, WireBroken>
}

/** A login's outcome before it is put in the shape of either login protocol. */
type Outcome =
  | { readonly _tag: "Granted"; readonly token: Tokens.Token; readonly onlyTenant?: string }
  | { readonly _tag: "Refused"; readonly response: WireResponse }

/** Services take no other token. */
const isForProject = (token: Tokens.Token): boolean => (token.scope ?? "project") === "project"

const refuse = (response: WireResponse): Outcome => ({ _tag: "Refused", response })

/** The emulated Identity service for one account. */
export const make = (options: IdentityOptions): Identity => {
  const { account, regions } = options
  const tokens = Tokens.make(options.tokenTtl)
  const sessions = new Map<string, number>()
  let succeeded = 0
  let refused = 0

  const caller: Caller = {
    tenantId: account.tenantId,
    storageAccount: account.storageAccount,
    userId: account.userId,
    username: account.username
  }

  const roles = [
    { id: "3", name: "identity:user-admin", description: "User Admin Role." },
    {
      id: "5",
      name: "object-store:default",
      description: "A Role that allows a user access to keystone Service methods",
      tenantId: account.storageAccount
    },
    {
      id: "6",
      name: "compute:default",
      description: "A Role that allows a user access to keystone Service methods",
      tenantId: account.tenantId
    }
  ]

  const unauthorized = (message: string, headers: Readonly<Record<string, string>> = {}): WireResponse =>
    Reply.fault(401, "unauthorized", message, { headers })

  const badRequest = (message: string): WireResponse => Reply.fault(400, "badRequest", message)

  const catalog = (origin: string, onlyTenant: string | undefined): ReadonlyArray<ServiceCatalog.CatalogService> =>
    ServiceCatalog.make({
      origin,
      regions,
      tenantId: account.tenantId,
      storageAccount: account.storageAccount,
      ...(onlyTenant === undefined ? {} : { onlyTenant })
    })

  const tokenJson = (token: Tokens.Token): Fields.JsonObject => ({
    id: token.id,
    expires: Timestamp.centralTime(token.expiresAt),
    tenant: { id: account.tenantId, name: account.tenantId },
    "RAX-AUTH:authenticatedBy": token.authenticatedBy.map((method) => methodNames[method] ?? method)
  })

  const userJson = (): Fields.JsonObject => ({
    id: account.userId,
    name: account.username,
    roles,
    "RAX-AUTH:defaultRegion": account.defaultRegion,
    "RAX-AUTH:domainId": account.tenantId,
    "RAX-AUTH:sessionInactivityTimeout": "PT12H"
  })

  const userResource = (): Fields.JsonObject => ({
    id: account.userId,
    username: account.username,
    email: `${account.username}@example.com`,
    enabled: account.enabled,
    created: "2012-10-30T15:23:09.000-05:00",
    updated: "2018-02-08T13:37:06.527-06:00",
    "RAX-AUTH:defaultRegion": account.defaultRegion,
    "RAX-AUTH:domainId": account.tenantId,
    "RAX-AUTH:multiFactorEnabled": account.multiFactor
  })

  const challenge = (now: number): WireResponse => {
    for (const [id, since] of sessions) {
      if (now - since > sessionLifetime) {
        sessions.delete(id)
      }
    }
    const session = randomBytes(16).toString("hex")
    sessions.set(session, now)
    return unauthorized("Additional authentication credentials required", {
      "WWW-Authenticate": `OS-MF sessionId='${session}', factor='PASSCODE'`
    })
  }

  const disabled = (): WireResponse => Reply.fault(403, "userDisabled", `User '${account.username}' is disabled.`)

  /** The tenant that the request is to be scoped to, or why it may not be. */
  const tenantOf = (
    auth: Fields.JsonObject
  ): { readonly tenant?: string | undefined; readonly problem?: WireResponse } => {
    const id = auth["tenantId"] ?? undefined
    const name = auth["tenantName"] ?? undefined
    if (id !== undefined && name !== undefined) {
      return { problem: badRequest("Invalid request. Specify tenantId OR tenantName, but not both.") }
    }
    const tenant = id ?? name
    if (tenant !== undefined && (typeof tenant !== "string" || tenant === "")) {
      return { problem: badRequest(unparsable) }
    }
    return { tenant }
  }

  const ownsTenant = (tenant: string): boolean => tenant === account.tenantId || tenant === account.storageAccount

  const login = (auth: Fields.JsonObject, session: string | undefined, now: number): Outcome => {
    const { problem, tenant } = tenantOf(auth)
    if (problem !== undefined) {
      return refuse(problem)
    }
    const kinds = [
      "RAX-KSKEY:apiKeyCredentials",
      "passwordCredentials",
      "token",
      "RAX-AUTH:passcodeCredentials"
    ].filter((name) => auth[name] !== undefined)
    const [kind] = kinds
    const credentials = kind === undefined ? undefined : auth[kind]
    if (kinds.length !== 1 || !Fields.isObject(credentials)) {
      return refuse(badRequest(unparsable))
    }
    const grant = (authenticatedBy: ReadonlyArray<string>): Outcome => {
      if (!account.enabled) {
        return refuse(disabled())
      }
      if (tenant !== undefined && !ownsTenant(tenant)) {
        return refuse(
          unauthorized(
            `Tenant with Name/Id: '${tenant}' is not valid for User '${account.username}' (id: '${account.userId}')`
          )
        )
      }
      return { _tag: "Granted", token: tokens.issue(authenticatedBy, now) }
    }
    switch (kind) {
      case "RAX-KSKEY:apiKeyCredentials":
      case "passwordCredentials": {
        const byKey = kind !== "passwordCredentials"
        const username = credentials["username"]
        const secret = credentials[byKey ? "apiKey" : "password"]
        if (typeof username !== "string" || username === "") {
          return refuse(badRequest("Expecting username"))
        }
        if (typeof secret !== "string" || secret === "") {
          return refuse(badRequest(byKey ? "Expecting apiKey" : "Expecting password"))
        }
        if (username !== account.username || secret !== (byKey ? account.apiKey : account.password)) {
          return refuse(unauthorized(wrongCredentials))
        }
        if (!byKey && account.multiFactor && account.enabled) {
          return refuse(challenge(now))
        }
        return grant([byKey ? "APIKEY" : "PASSWORD"])
      }
      case "RAX-AUTH:passcodeCredentials": {
        if (session === undefined) {
          return refuse(badRequest("X-SessionId header is required."))
        }
        const since = sessions.get(session)
        if (since === undefined || now - since > sessionLifetime || credentials["passcode"] !== Account.passcode) {
          return refuse(unauthorized(wrongCredentials))
        }
        sessions.delete(session)
        return grant(["PASSWORD", "PASSCODE"])
      }
      default: {
        const id = credentials["id"]
        if (typeof id !== "string" || id === "" || tenant === undefined) {
          return refuse(badRequest(tenant === undefined ? "Expecting tenantId or tenantName" : unparsable))
        }
        const token = tokens.find(id, now)
        if (token === undefined) {
          return refuse(Reply.fault(404, "itemNotFound", "Token not found."))
        }
        if (!account.enabled) {
          return refuse(disabled())
        }
        if (!ownsTenant(tenant)) {
          return refuse(unauthorized(`Token doesn't belong to Tenant with Id/Name: '${tenant}'`))
        }
        return {
          _tag: "Granted",
          token: isForProject(token)
            ? token
            : tokens.issueNew(token.authenticatedBy, now, {
                scope: "project",
                expiresAt: token.expiresAt,
                parentAuditId: token.auditIds.at(-1)
              }),
          onlyTenant: tenant
        }
      }
    }
  }

  const counted = (outcome: Outcome): Outcome => {
    if (outcome._tag === "Granted") {
      succeeded++
    } else {
      refused++
    }
    return outcome
  }

  const postTokens = (
    request: WireRequest,
    query: URLSearchParams,
    body: RequestBody.Parsed,
    origin: string,
    now: number
  ): WireResponse => {
    const type = request.headers["content-type"]
    const auth = body._tag === "Json" && Fields.isObject(body.value) ? body.value["auth"] : undefined
    const outcome = counted(
      type !== undefined && !/^application\/json\b/i.test(type)
        ? refuse(Reply.fault(415, "badMediaType", "Unsupported media type"))
        : Fields.isObject(auth)
          ? login(auth, request.headers["x-sessionid"], now)
          : refuse(badRequest(unparsable))
    )
    if (outcome._tag === "Refused") {
      return outcome.response
    }
    return Reply.json(
      200,
      {
        access: {
          token: tokenJson(outcome.token),
          ...(query.get("include_endpoints") === "false"
            ? {}
            : { serviceCatalog: catalog(origin, outcome.onlyTenant) }),
          user: userJson()
        }
      },
      { Vary: "Accept, Accept-Encoding, X-Auth-Token" }
    )
  }

  const swiftLogin = (request: WireRequest, origin: string, now: number): WireResponse => {
    const name = request.headers["x-auth-user"] ?? request.headers["x-storage-user"] ?? ""
    const secret = request.headers["x-auth-key"] ?? request.headers["x-storage-pass"] ?? ""
    const separator = name.indexOf(":")
    const tenant = separator < 0 ? undefined : name.slice(0, separator)
    const username = separator < 0 ? name : name.slice(separator + 1)
    const isKnown =
      username === account.username && (tenant === undefined || ownsTenant(tenant) || tenant === account.username)
    if (!isKnown || !account.enabled || (secret !== account.apiKey && secret !== account.password)) {
      counted(refuse(unauthorized(wrongCredentials)))
      return Reply.html(
        401,
        "Unauthorized",
        "This server could not verify that you are authorized to access the document you requested.",
        // The realm is told to those whom it does not know: a wrong key for a known user has none.
        Reply.swiftRealm(isKnown ? undefined : tenant)
      )
    }
    const token = tokens.issueSwift([secret === account.apiKey ? "APIKEY" : "PASSWORD"], now)
    counted({ _tag: "Granted", token })
    const region = regions.includes(account.defaultRegion) ? account.defaultRegion : (regions[0] ?? "DFW")
    return Reply.empty(200, {
      "X-Storage-Url": `${origin}/files/${region.toLowerCase()}/v1/${account.storageAccount}`,
      "X-Auth-Token": token.id,
      "X-Storage-Token": token.id,
      "X-Auth-Token-Expires": String(Math.max(0, Math.floor((token.expiresAt - now) / 1000)))
    })
  }

  const versionJson = (origin: string): Fields.JsonObject => ({
    id: "v2.0",
    status: "CURRENT",
    updated: "2011-07-19T22:30:00Z",
    links: [
      { rel: "self", href: `${origin}/v2.0` },
      {
        rel: "describedby",
        type: "application/pdf",
        href: "http://docs.rackspace.com/auth/api/v2.0/auth-client-devguide-latest.pdf"
      }
    ],
    "media-types": {
      values: [
        { base: "application/xml", type: "application/vnd.openstack.identity+xml;version=2.0" },
        { base: "application/json", type: "application/vnd.openstack.identity+json;version=2.0" }
      ]
    }
  })

  const extensions = [
    { alias: "RAX-KSKEY", name: "Rackspace API Key Authentication", updated: "2011-08-14T13:25:27-06:00" },
    { alias: "RAX-AUTH", name: "Rackspace Authentication", updated: "2011-01-12T11:22:33-06:00" },
    { alias: "OS-KSADM", name: "Openstack Keystone Admin", updated: "2011-08-19T13:25:27-06:00" }
  ].map((extension) => ({
    ...extension,
    namespace: `http://docs.rackspace.com/identity/api/ext/${extension.alias}/v1.0`,
    description: extension.name,
    links: []
  }))

  const notFound = (message = "Resource Not Found"): WireResponse => Reply.fault(404, "itemNotFound", message)

  const badMethod = (allow: string): WireResponse =>
    Reply.fault(405, "badMethod", "Method Not Allowed", { headers: { Allow: allow } })

  const tenantResources = [
    { id: account.tenantId, name: account.tenantId, "display-name": account.username, enabled: true },
    { id: account.storageAccount, name: account.storageAccount, enabled: true }
  ]

  const validated = (id: string, query: URLSearchParams, method: string, now: number): WireResponse => {
    const token = tokens.find(id, now)
    const belongsTo = query.get("belongsTo")
    if (token === undefined || (belongsTo !== null && !ownsTenant(belongsTo))) {
      return notFound("Token not found.")
    }
    if (method === "HEAD") {
      return Reply.empty(200)
    }
    return Reply.json(200, { access: { token: tokenJson(token), user: userJson() } })
  }

  const flatEndpoints = (origin: string): WireResponse => {
    const services = catalog(origin, undefined)
    const endpoints = services.flatMap((service) =>
      service.endpoints.map((endpoint) => ({ ...endpoint, name: service.name, type: service.type }))
    )
    return Reply.json(200, {
      endpoints: endpoints.map((endpoint, index) => ({ id: index + 1, ...endpoint })),
      endpoints_links: []
    })
  }

  const users = (
    method: string,
    path: ReadonlyArray<string>,
    query: URLSearchParams,
    body: RequestBody.Parsed
  ): WireResponse => {
    const [id, ...rest] = path
    if (id === undefined) {
      if (method !== "GET") {
        return Reply.fault(403, "forbidden", "Not authorized.")
      }
      const name = query.get("name")
      if (name !== null) {
        return name === account.username
          ? Reply.json(200, { user: userResource() })
          : notFound(`User not found: '${name}'`)
      }
      return Reply.json(200, { users: [userResource()] })
    }
    if (id !== account.userId) {
      return notFound(`User ${id} not found`)
    }
    const sub = rest.join("/")
    switch (sub) {
      case "": {
        if (method === "POST") {
          const user = body._tag === "Json" && Fields.isObject(body.value) ? body.value["user"] : undefined
          if (!Fields.isObject(user)) {
            return badRequest("Invalid request body")
          }
          const password = user["OS-KSADM:password"]
          if (typeof password === "string") {
            account.password = password
            tokens.revokeAll()
          }
          return Reply.json(200, { user: userResource() })
        }
        return method === "GET" ? Reply.json(200, { user: userResource() }) : badMethod("GET, POST")
      }
      case "roles":
        return method === "GET"
          ? Reply.json(200, { roles: roles.filter((role) => role.tenantId === undefined) })
          : badMethod("GET")
      case "OS-KSADM/credentials":
        return method === "GET" ? Reply.json(200, { credentials: [apiKeyCredentials()] }) : badMethod("GET")
      case "OS-KSADM/credentials/RAX-KSKEY:apiKeyCredentials":
        return method === "GET" ? Reply.json(200, apiKeyCredentials()) : badMethod("GET")
      case "OS-KSADM/credentials/RAX-KSKEY:apiKeyCredentials/RAX-AUTH/reset":
        if (method !== "POST") {
          return badMethod("POST")
        }
        // A new API key leaves the tokens of the old one alone, unlike a new password (identity-v2.md section 4).
        account.apiKey = randomBytes(16).toString("hex")
        return Reply.json(200, apiKeyCredentials())
      default:
        return notFound()
    }
  }

  const apiKeyCredentials = (): Fields.JsonObject => ({
    "RAX-KSKEY:apiKeyCredentials": { username: account.username, apiKey: account.apiKey }
  })

  const respond = (
    request: WireRequest,
    path: ReadonlyArray<string>,
    query: URLSearchParams,
    body: RequestBody.Parsed,
    origin: string,
    now: number
  ): WireResponse => {
    const { method } = request
    const [first, second, third, ...more] = path
    if (first === "tokens" && second === undefined && method === "POST") {
      return postTokens(request, query, body, origin, now)
    }
    if (first === undefined) {
      return method === "GET" || method === "HEAD"
        ? Reply.json(200, { version: versionJson(origin) })
        : badMethod("GET")
    }
    const token = request.headers["x-auth-token"]
    if (token === undefined || tokens.find(token, now) === undefined) {
      return unauthorized(noValidToken)
    }
    switch (first) {
      case "tokens": {
        if (second === undefined) {
          if (method !== "DELETE") {
            return badMethod("POST, DELETE")
          }
          tokens.revoke(token)
          return Reply.empty(204)
        }
        if (third === "endpoints" && more.length === 0) {
          return tokens.find(second, now) === undefined ? notFound("Token not found.") : flatEndpoints(origin)
        }
        if (third !== undefined) {
          return notFound()
        }
        if (method === "DELETE") {
          if (tokens.find(second, now) === undefined) {
            return notFound("Token not found.")
          }
          tokens.revoke(second)
          return Reply.empty(204)
        }
        return method === "GET" || method === "HEAD"
          ? validated(second, query, method, now)
          : badMethod("GET, HEAD, DELETE")
      }
      case "tenants": {
        if (method !== "GET") {
          return Reply.fault(403, "forbidden", "Not authorized.")
        }
        if (second === undefined) {
          return Reply.json(200, { tenants: tenantResources })
        }
        const tenant = tenantResources.find((candidate) => candidate.id === second)
        return tenant === undefined || third !== undefined
          ? notFound(`Tenant with id/name: '${second}' was not found`)
          : Reply.json(200, { tenant })
      }
      case "users":
        return users(method, path.slice(1), query, body)
      case "extensions": {
        if (second === undefined) {
          return Reply.json(200, { extensions, extensions_links: [] })
        }
        const extension = extensions.find((candidate) => candidate.alias === second)
        return extension === undefined ? notFound() : Reply.json(200, { extension })
      }
      default:
        return notFound()
    }
  }

  const keystone = Keystone.make({
    account,
    tokens,
    regions,
    catalog: (origin, isForProject) =>
      ServiceCatalog.makeKeystone({
        origin,
        regions,
        tenantId: account.tenantId,
        storageAccount: account.storageAccount,
        isForProject
      }),
    counted: (isGranted) => {
      if (isGranted) {
        succeeded++
      } else {
        refused++
      }
    }
  })

  /** What there is at the root: in Keystone's words `values`, and in Rackspace's one `version` with a singular `link`. */
  const versions = (origin: string): Fields.JsonObject => ({
    values: [
      Keystone.version(origin),
      {
        id: "v2.0",
        status: "deprecated",
        updated: "2014-04-17T00:00:00Z",
        links: [{ rel: "self", href: `${origin}/v2.0/` }],
        "media-types": [{ base: "application/json", type: "application/vnd.openstack.identity-v2.0+json" }]
      }
    ],
    version: [
      {
        id: "v2.0",
        status: "CURRENT",
        updated: "2011-07-19T22:30:00Z",
        link: { rel: "self", href: `${origin}/v2.0` }
      }
    ]
  })

  const swiftPaths = new Set(["/auth", "/auth/", "/auth/v1.0", "/auth/v1.0/", "/v1.0", "/v1.0/"])

  const isKeystone = (path: string): boolean => path === "/v2.0" || path.startsWith("/v2.0/")

  return {
    tokens,
    logins: () => ({ succeeded, refused }),
    clearLogins: () => {
      succeeded = 0
      refused = 0
    },
    owns: (path) => path === "/" || path === "" || swiftPaths.has(path) || isKeystone(path) || Keystone.owns(path),
    callerOf: (token, now) => {
      const known = token === undefined ? undefined : tokens.find(token, now)
      return known !== undefined && !known.rejected && account.enabled && isForProject(known) ? caller : undefined
    },
    handle: (request, origin) => {
      const url = splitTarget(request.target)
      if (swiftPaths.has(url.path)) {
        return Effect.map(Clock.currentTimeMillis, (now) =>
          // Swift's own login takes no HEAD; that of the first Identity did.
          request.method === "GET" || (request.method === "HEAD" && !url.path.startsWith("/auth"))
            ? swiftLogin(request, origin, now)
            : Reply.html(405, "Method Not Allowed", "The method is not allowed for this resource.")
        )
      }
      if (Keystone.owns(url.path)) {
        return keystone.handle(request, request.target.slice("/v3".length), origin)
      }
      if (!isKeystone(url.path)) {
        // Every version that there is: no answer of its own, hence 300.
        return Effect.succeed(
          Reply.json(300, { versions: versions(origin) }, { Location: `${origin}/v3/`, Vary: "X-Auth-Token" })
        )
      }
      const path = RequestBody.segments(url.path.slice("/v2.0".length))
      if (path === undefined) {
        return Effect.succeed(badRequest("Malformed request URL"))
      }
      return RequestBody.respondToJson(request, (body, now) => respond(request, path, url.query, body, origin, now))
    }
  }
}

/** Splits a request's target into its path, still percent-encoded, and its query. */
export const splitTarget = (target: string): { readonly path: string; readonly query: URLSearchParams } => {
  const mark = target.indexOf("?")
  return mark < 0
    ? { path: target, query: new URLSearchParams() }
    : { path: target.slice(0, mark), query: new URLSearchParams(target.slice(mark + 1)) }
}
