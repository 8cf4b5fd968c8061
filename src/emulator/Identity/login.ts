/** Logins by API key, password, passcode and token (Identity API v2.0, "Authenticate as user" and "Multifactor authentication"). */
import { randomBytes } from "node:crypto"
import * as Account from "../Account.js"
import type { JsonObject } from "../Fields.js"
import * as Fields from "../Fields.js"
import type { WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Reply from "../Reply.js"
import type * as Tokens from "../Tokens.js"
import type { IdentityRequest } from "./requests.js"
import { badRequest, notFound, optionalObject, unauthorized, unparsable } from "./requests.js"
import type { IdentityState } from "./state.js"
import { isForProject } from "./state.js"

/** How long the second step of a multi-factor login may take: ten minutes. */
const sessionLifetime = 10 * 60 * 1000

/** A login that succeeded. */
interface Granted {
  readonly token: Tokens.Token
  /** The only tenant in the catalog, if the login was by token. */
  readonly onlyTenant?: string
}

/** A login that is being checked. */
interface Login {
  readonly state: IdentityState
  readonly request: IdentityRequest
  readonly credentials: JsonObject
  /** The requested tenant. */
  readonly tenant: string | undefined
}

const wrongCredentials = (): never => unauthorized("Unable to authenticate user with credentials provided.")

const checkEnabled = ({ account }: IdentityState): void => {
  if (!account.enabled) {
    Refusal.fault(403, "userDisabled", `User '${account.username}' is disabled.`)
  }
}

/** Reads the tenant of the request. */
const readTenant = (auth: JsonObject): string | undefined => {
  const id = auth["tenantId"] ?? undefined
  const name = auth["tenantName"] ?? undefined
  if (id !== undefined && name !== undefined) {
    return badRequest("Invalid request. Specify tenantId OR tenantName, but not both.")
  }
  const tenant = id ?? name
  return tenant === undefined || (typeof tenant === "string" && tenant !== "") ? tenant : unparsable()
}

const grant = ({ request, state, tenant }: Login, authenticatedBy: ReadonlyArray<string>): Granted => {
  const { userId, username } = state.account
  checkEnabled(state)
  if (tenant !== undefined && !state.ownsTenant(tenant)) {
    unauthorized(`Tenant with Name/Id: '${tenant}' is not valid for User '${username}' (id: '${userId}')`)
  }
  return { token: state.tokens.issue(authenticatedBy, request.now) }
}

/** Requests the second factor. */
const challenge = ({ sessions }: IdentityState, now: number): never => {
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

const checkUserAndSecret = ({ credentials, state }: Login, secretKey: "apiKey" | "password"): void => {
  const { username } = credentials
  const secret = credentials[secretKey]
  if (typeof username !== "string" || username === "") {
    badRequest("Expecting username")
  }
  if (typeof secret !== "string" || secret === "") {
    badRequest(`Expecting ${secretKey}`)
  }
  if (username !== state.account.username || secret !== state.account[secretKey]) {
    wrongCredentials()
  }
}

const byApiKey = (login: Login): Granted => {
  checkUserAndSecret(login, "apiKey")
  return grant(login, ["APIKEY"])
}

const byPassword = (login: Login): Granted => {
  const { request, state } = login
  checkUserAndSecret(login, "password")
  return state.account.multiFactor && state.account.enabled ? challenge(state, request.now) : grant(login, ["PASSWORD"])
}

const byPasscode = (login: Login): Granted => {
  const { credentials, request, state } = login
  const session = request.headers["x-sessionid"] ?? badRequest("X-SessionId header is required.")
  const since = state.sessions.get(session) ?? wrongCredentials()
  if (request.now - since > sessionLifetime || credentials["passcode"] !== Account.passcode) {
    wrongCredentials()
  }
  state.sessions.delete(session)
  return grant(login, ["PASSWORD", "PASSCODE"])
}

const byToken = ({ credentials, request, state, tenant }: Login): Granted => {
  const { id } = credentials
  if (tenant === undefined) {
    return badRequest("Expecting tenantId or tenantName")
  }
  if (typeof id !== "string" || id === "") {
    return unparsable()
  }
  const token = state.tokens.find(id, request.now) ?? notFound("Token not found.")
  checkEnabled(state)
  if (!state.ownsTenant(tenant)) {
    return unauthorized(`Token doesn't belong to Tenant with Id/Name: '${tenant}'`)
  }
  const { auditIds, authenticatedBy, expiresAt } = token
  return {
    token: isForProject(token)
      ? token
      : state.tokens.issueNew(authenticatedBy, request.now, {
          scope: "project",
          expiresAt,
          parentAuditId: auditIds.at(-1)
        }),
    onlyTenant: tenant
  }
}

const kinds: Readonly<Record<string, (login: Login) => Granted>> = {
  "RAX-KSKEY:apiKeyCredentials": byApiKey,
  passwordCredentials: byPassword,
  token: byToken,
  "RAX-AUTH:passcodeCredentials": byPasscode
}

const check = (state: IdentityState, request: IdentityRequest): Granted => {
  const type = request.headers["content-type"]
  if (type !== undefined && !/^application\/json\b/i.test(type)) {
    return Refusal.fault(415, "badMediaType", "Unsupported media type")
  }
  const auth = optionalObject(request, "auth") ?? unparsable()
  const tenant = readTenant(auth)
  const [kind = "", ...others] = Object.keys(kinds).filter((name) => auth[name] !== undefined)
  const credentials = auth[kind]
  const login = others.length === 0 ? kinds[kind] : undefined
  return login === undefined || !Fields.isObject(credentials)
    ? unparsable()
    : login({ state, request, credentials, tenant })
}

/** `POST /tokens`. */
export const login = (state: IdentityState, request: IdentityRequest): WireResponse => {
  const response = Refusal.catching(() => {
    const { onlyTenant, token } = check(state, request)
    const serviceCatalog = state.catalog(request.origin, onlyTenant)
    const withCatalog = request.query.get("include_endpoints") !== "false"
    const access = {
      token: state.tokenJson(token),
      ...(withCatalog ? { serviceCatalog } : {}),
      user: state.userJson()
    }
    return Reply.json(200, { access }, { Vary: "Accept, Accept-Encoding, X-Auth-Token" })
  })
  state.countLogin(response.status === 200)
  return response
}
