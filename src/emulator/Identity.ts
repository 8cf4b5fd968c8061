/**
 * Identity v2.0: logins by API key, password, token and passcode, validation and revocation of tokens, tenants and the
 * account's user; also Keystone v3 under `/v3`, and Swift's own login `/auth/v1.0`.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Account from "./Account.js"
import * as Requests from "./Identity/requests.js"
import { IdentityState, isForProject } from "./Identity/state.js"
import { isSwiftLogin, swiftLogin } from "./Identity/swiftLogin.js"
import * as IdentityTokens from "./Identity/tokens.js"
import * as Users from "./Identity/users.js"
import * as Versions from "./Identity/versions.js"
import * as Keystone from "./Keystone.js"
import type { Caller, WireBroken, WireRequest, WireResponse } from "./Protocol.js"
import * as RequestBody from "./RequestBody.js"
import * as ServiceCatalog from "./ServiceCatalog.js"
import * as Target from "./Target.js"
import type * as Tokens from "./Tokens.js"

/**
 * The number of logins by `POST /v2.0/tokens`, `POST /v3/auth/tokens` and Swift's `/auth/v1.0` together, since the
 * start or since the log was cleared. A multi-factor challenge counts as refused.
 */
export interface Logins {
  readonly succeeded: number
  readonly refused: number
}

export interface IdentityOptions {
  readonly account: Account.Account
  /** The lifetime of tokens in milliseconds. */
  readonly tokenTtl: number
  /** In upper case, in the order of the catalog. */
  readonly regions: ReadonlyArray<string>
}

export interface Identity {
  readonly tokens: Tokens.Tokens
  readonly logins: () => Logins
  readonly clearLogins: () => void
  /** Whether a path belongs to Identity: `/`, `/v2.0…`, `/v3…`, `/auth…`, `/v1.0`. */
  readonly owns: (path: string) => boolean
  /** The caller of a service; undefined if the token is missing, unknown, expired, revoked or rejected. */
  readonly callerOf: (token: string | undefined, now: number) => Caller | undefined
  /** Answers a request. `origin` is the beginning of the catalog's URLs. */
  readonly handle: (request: WireRequest, origin: string) => Effect.Effect<WireResponse, WireBroken>
}

const isVersion2 = (path: string): boolean => path === "/v2.0" || path.startsWith("/v2.0/")

/** Users and tenants can only be read: 403. */
const isReadOnly = (path: string): boolean => /^\/(?:users|tenants(?:\/[^/]+)?)\/?$/.test(path)

/** Answers requests of version 2.0. All but logins and the version need a token. */
const responderOf = (state: IdentityState) => {
  const route = Requests.compile([IdentityTokens.routes(state), ...Users.routes(state), Versions.routes], {
    noRoute: () => Requests.notFound(),
    badMethod: ({ path }, allowed) => (isReadOnly(path) ? Requests.forbidden() : Requests.badMethod(allowed))
  })
  return (
    { headers, method, target }: WireRequest,
    origin: string,
    parsed: RequestBody.Parsed,
    now: number
  ): WireResponse => {
    const url = Target.split(target)
    const path = url.path.slice("/v2.0".length)
    const segments = RequestBody.segments(path) ?? Requests.badRequest("Malformed request URL")
    const isVersion = segments.length === 0
    const isLogin = method === "POST" && segments.length === 1 && segments[0] === "tokens"
    const token = headers["x-auth-token"] ?? ""
    if (!isVersion && !isLogin && state.tokens.find(token, now) === undefined) {
      return Requests.unauthorized("No valid token provided. Please use the 'X-Auth-Token' header with a valid token.")
    }
    const routed = RequestBody.routed({ headers, method, query: url.query }, parsed, now)
    return route({ ...routed, method: isVersion ? routed.method : method, path, origin, token }, segments)
  }
}

const keystoneOf = (state: IdentityState): Keystone.Keystone => {
  const { account, regions, tokens } = state
  const { storageAccount, tenantId } = account
  return Keystone.make({
    account,
    tokens,
    regions,
    catalog: (origin, isProject) =>
      ServiceCatalog.makeKeystone({ origin, regions, tenantId, storageAccount, isForProject: isProject }),
    countLogin: (isGranted) => state.countLogin(isGranted)
  })
}

/** Identity for one account. */
export const make = ({ account, regions, tokenTtl }: IdentityOptions): Identity => {
  const state = new IdentityState(account, regions, tokenTtl)
  const { tokens } = state
  const keystone = keystoneOf(state)
  const respond = responderOf(state)
  const { storageAccount, tenantId, userId, username } = account
  const caller: Caller = { tenantId, storageAccount, userId, username }
  return {
    tokens,
    logins: () => ({ succeeded: state.succeededLogins, refused: state.refusedLogins }),
    clearLogins: () => {
      state.succeededLogins = 0
      state.refusedLogins = 0
    },
    owns: (path) => path === "/" || path === "" || isSwiftLogin(path) || isVersion2(path) || Keystone.owns(path),
    callerOf: (token, now) => {
      const known = token === undefined ? undefined : tokens.find(token, now)
      return known !== undefined && !known.rejected && account.enabled && isForProject(known) ? caller : undefined
    },
    handle: (request, origin) => {
      const { path } = Target.split(request.target)
      if (isSwiftLogin(path)) {
        return Effect.map(Clock.currentTimeMillis, (now) => swiftLogin(state, request, path, origin, now))
      }
      if (Keystone.owns(path)) {
        return keystone.handle(request, request.target.slice("/v3".length), origin)
      }
      return isVersion2(path)
        ? RequestBody.respondToJson(request, (parsed, now) => respond(request, origin, parsed, now))
        : Effect.succeed(Versions.listVersions(origin))
    }
  }
}
