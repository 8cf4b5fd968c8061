/**
 * Validates logins in Keystone's order: by password, passcode, token and application credential, in one or two steps
 * (Identity API v3, "Password authentication with scoped authorization" and related sections).
 */
import * as Account from "../Account.js"
import type { JsonObject } from "../Fields.js"
import * as Fields from "../Fields.js"
import * as Refusal from "../Refusal.js"
import type * as Tokens from "../Tokens.js"
import * as Answer from "./answer.js"
import * as BodySchema from "./bodySchema.js"
import type { KeystoneRequest } from "./requests.js"
import type { KeystoneState } from "./state.js"
import { methodsOf } from "./state.js"

type Scope = NonNullable<Tokens.Token["scope"]>

const supported: ReadonlyArray<string> = ["password", "token", "application_credential", "totp"]

/** A login with a well-formed body. */
interface Login {
  readonly state: KeystoneState
  readonly request: KeystoneRequest
  readonly auth: JsonObject
  readonly identity: JsonObject
  readonly methods: ReadonlyArray<string>
}

/** The results of the checks. */
interface Proof {
  readonly methods: Set<string>
  /** The token that is exchanged. */
  previous: Tokens.Token | undefined
}

const refuse = Refusal.refuse

const wrong = ({ request }: Pick<Login, "request">): never => refuse(Answer.unauthorized(request.origin))

const missing = (what: string, where: string): never => refuse(Answer.missing(what, where))

const member = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((inner, key) => (Fields.isObject(inner) ? inner[key] : undefined), value)

/** A non-empty string. */
const textIn = (value: unknown, key: string): string | undefined => {
  const text = member(value, key)
  return typeof text === "string" && text !== "" ? text : undefined
}

/** Refuses users, projects and domains that have neither an id nor a name. */
const checkNamed = (auth: JsonObject): void => {
  for (const path of ["identity/password/user", "scope/project", "scope/domain"]) {
    const named = member(auth, ...path.split("/"))
    for (const [value, field] of [[named, path] as const, [member(named, "domain"), `${path}/domain`] as const]) {
      if (Fields.isObject(value) && !("id" in value) && !("name" in value)) {
        refuse(Answer.fault(400, `Invalid input for field ${field}: id or name must be present.`))
      }
    }
  }
}

const readLogin = (state: KeystoneState, request: KeystoneRequest): Login => {
  const auth = request.body?.["auth"] ?? undefined
  if (auth === undefined) {
    return missing("auth", "request body")
  }
  const problem = BodySchema.problemOf(BodySchema.auth, auth)
  const identity = Fields.isObject(auth) ? auth["identity"] : undefined
  if (problem !== undefined || !Fields.isObject(auth) || !Fields.isObject(identity)) {
    return refuse(Answer.fault(400, problem ?? ""))
  }
  checkNamed(auth)
  const methods = [...new Set(identity["methods"] as ReadonlyArray<string>)]
  const absent = methods.find((method) => !(method in identity))
  if (absent !== undefined) {
    missing(absent, "identity")
  }
  if (!methods.every((method) => supported.includes(method))) {
    const fields = { identity: { methods: supported } }
    refuse(Answer.unauthorized(request.origin, "Attempted to authenticate with an unsupported method.", fields))
  }
  return { state, request, auth, identity, methods }
}

/** Whether a domain is the account's. A name takes precedence over an id. */
const isOwnDomain = (value: unknown): boolean => {
  const name = textIn(value, "name")
  return name === undefined ? member(value, "id") === Account.domain.id : name === Account.domain.name
}

const checkUser = (login: Login, value: unknown): void => {
  const { account } = login.state
  const id = textIn(value, "id")
  if (id !== undefined) {
    return id === account.userId && account.enabled ? undefined : wrong(login)
  }
  const name = textIn(value, "name") ?? missing("id or name", "user")
  const domain = member(value, "domain")
  if (!Fields.isObject(domain)) {
    return missing("domain", "user")
  }
  return isOwnDomain(domain) && name === account.username && account.enabled ? undefined : wrong(login)
}

const checkProject = (login: Login, wanted: unknown): Scope => {
  const { projectName, tenantId } = login.state.account
  const name = textIn(wanted, "name")
  if (name === undefined) {
    return member(wanted, "id") === tenantId ? "project" : wrong(login)
  }
  const domain = member(wanted, "domain")
  if (!Fields.isObject(domain)) {
    return missing("domain", "project")
  }
  return isOwnDomain(domain) && name === projectName ? "project" : wrong(login)
}

/** The requested scope; undefined for the default. */
const readScope = (login: Login): Scope | undefined => {
  const scope = login.auth["scope"]
  if (scope === undefined) {
    return undefined
  }
  const kinds = ["project", "domain", "unscoped", "system", "OS-TRUST:trust"].filter((kind) =>
    Fields.isObject(scope) ? kind in scope : scope === kind
  )
  const [kind] = kinds
  if (kinds.length !== 1 || (typeof scope === "string" && kind !== "unscoped")) {
    return missing("system, project, domain, OS-TRUST:trust or unscoped", "scope")
  }
  const wanted = member(scope, kind ?? "")
  switch (kind) {
    case "project":
      return checkProject(login, wanted)
    case "domain":
      return isOwnDomain(wanted) ? kind : wrong(login)
    case "OS-TRUST:trust":
      return refuse(Answer.notFound("trust", String(member(wanted, "id"))))
    default:
      return kind === "system" ? kind : "unscoped"
  }
}

/** Finds the application credential of a login. */
const findCredential = (login: Login): Account.ApplicationCredential => {
  const { credentials } = login.state
  if ("scope" in login.auth) {
    const reason = "Error authenticating with application credential: Application credentials cannot request a scope."
    refuse(Answer.unauthorized(login.request.origin, reason, { identity: {} }))
  }
  const named = login.identity["application_credential"]
  const id = textIn(named, "id")
  if (id !== undefined) {
    return credentials.find({ id }) ?? refuse(Answer.notFound("Application Credential", id))
  }
  const name = textIn(named, "name") ?? missing("name or ID", "application credential")
  const user = member(named, "user")
  if (!Fields.isObject(user) || Object.keys(user).length === 0) {
    return missing("user", "application credential")
  }
  checkUser(login, user)
  return credentials.find({ name }) ?? wrong(login)
}

const proveCredential = (login: Login, credential: Account.ApplicationCredential | undefined): void => {
  const { request, state } = login
  const isGood =
    credential !== undefined &&
    member(login.identity["application_credential"], "secret") === credential.secret &&
    (credential.expiresAt === undefined || credential.expiresAt > request.now) &&
    state.account.enabled
  if (!isGood) {
    wrong(login)
  }
}

const proveToken = ({ identity, request, state }: Login, proof: Proof, requested: Scope | undefined): void => {
  const id = String(member(identity["token"], "id"))
  const previous = state.tokens.find(id, request.now) ?? refuse(state.noSuchToken(id))
  if (previous.scope === "system" && (requested === "project" || requested === "domain")) {
    const reason = "Using a system-scoped token to create a project-scoped or domain-scoped token is not allowed."
    refuse(Answer.forbidden(reason))
  }
  if (previous.applicationCredentialId !== undefined) {
    // Keystone looks for the credential in the body, which does not contain it, and crashes.
    refuse(Answer.fault(500, "An unexpected error prevented the server from fulfilling your request."))
  }
  proof.previous = previous
  for (const method of methodsOf(previous)) {
    proof.methods.add(method)
  }
}

const proveUser = (login: Login, method: string): void => {
  const user = member(login.identity[method], "user")
  if (!Fields.isObject(user)) {
    missing("user", "None")
  }
  checkUser(login, user)
  const isGood =
    method === "password"
      ? member(user, "password") === login.state.account.password
      : member(user, "passcode") === Account.passcode
  if (!isGood) {
    wrong(login)
  }
}

/** Adds the methods that an earlier step proved. */
const addReceipt = ({ request, state }: Login, proof: Proof): void => {
  const id = request.headers["openstack-auth-receipt"]
  if (id !== undefined) {
    const reason = `Could not find auth receipt: ${id}.`
    const receipt = state.findReceipt(id, request.now) ?? refuse(Answer.unauthorized(request.origin, reason))
    for (const method of receipt.methods) {
      proof.methods.add(method)
    }
  }
}

/** Checks all methods of a login. */
const prove = (
  login: Login,
  credential: Account.ApplicationCredential | undefined,
  requested: Scope | undefined
): Proof => {
  const proof: Proof = { methods: new Set(), previous: undefined }
  for (const method of login.methods) {
    if (method === "application_credential") {
      proveCredential(login, credential)
    } else if (method === "token") {
      proveToken(login, proof, requested)
    } else {
      proveUser(login, method)
    }
    proof.methods.add(method)
  }
  if (login.methods.length === 0) {
    wrong(login)
  }
  addReceipt(login, proof)
  return proof
}

/** Issues the token of a login, or refuses it. */
export const login = (state: KeystoneState, request: KeystoneRequest): Tokens.Token => {
  const { account, tokens } = state
  const read = readLogin(state, request)
  const credential = read.methods.includes("application_credential") ? findCredential(read) : undefined
  const requested =
    credential === undefined ? readScope(read) : credential.projectId === null ? "unscoped" : ("project" as const)
  const { methods, previous } = prove(read, credential, requested)
  const proven = [...methods].toSorted()
  if (!state.areEnough(methods)) {
    refuse(state.issueReceipt(proven, request.now))
  }
  const scope = requested ?? (account.hasDefaultProject && account.roles.project.length > 0 ? "project" : "unscoped")
  if (scope !== "unscoped" && account.roles[scope].length === 0) {
    wrong(read)
  }
  const ends = [previous?.expiresAt, credential?.expiresAt].filter((end) => end !== undefined)
  return tokens.issueNew(proven, request.now, {
    scope,
    // A token obtained with another one expires with it.
    expiresAt: ends.length === 0 ? undefined : Math.min(...ends),
    parentAuditId: previous?.auditIds.at(-1),
    applicationCredentialId: credential?.id
  })
}
