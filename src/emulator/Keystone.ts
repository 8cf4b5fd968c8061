/**
 * Keystone v3 (identity-v3.md) beside Identity v2.0, for the same account and with the same tokens: logins by password,
 * passcode, token and application credential, in one step or two, for a project, a domain, the system or nothing;
 * validation and revocation; the catalog; application credentials; the user's own password. Where the documents are
 * silent it answers as Keystone 22 does.
 */
import * as Effect from "effect/Effect"
import { randomBytes } from "node:crypto"
import * as Account from "./Account.js"
import * as Answer from "./Keystone/answer.js"
import * as ApplicationCredentials from "./Keystone/applicationCredentials.js"
import * as BodySchema from "./Keystone/bodySchema.js"
import type { WireBroken, WireRequest, WireResponse } from "./Protocol.js"
import * as Refusal from "./Refusal.js"
import * as Fields from "./Fields.js"
import * as RequestBody from "./RequestBody.js"
import type * as ServiceCatalog from "./ServiceCatalog.js"
import * as Timestamp from "./Timestamp.js"
import type * as Tokens from "./Tokens.js"

type JsonObject = Fields.JsonObject

type Scope = NonNullable<Tokens.Token["scope"]>

/** What Keystone needs to know. */
export interface KeystoneOptions {
  readonly account: Account.Account
  readonly tokens: Tokens.Tokens
  /** In upper case. */
  readonly regions: ReadonlyArray<string>
  readonly catalog: (origin: string, isForProject: boolean) => ReadonlyArray<ServiceCatalog.KeystoneService>
  readonly countLogin: (isGranted: boolean) => void
}

/** The emulated Keystone. */
export interface Keystone {
  /** `target` is the request's, without the `/v3` that it begins with. */
  readonly handle: (request: WireRequest, target: string, origin: string) => Effect.Effect<WireResponse, WireBroken>
}

/** Whether a path is Keystone's: `/v3…`. */
export const owns = (path: string): boolean => path === "/v3" || path.startsWith("/v3/")

/** A user who lacks a method has five minutes to come back with it. */
const receiptLifetime = 5 * 60 * 1000

/** The sets of methods of which one must be whole, where the user has multi-factor authentication. */
const rules: ReadonlyArray<ReadonlyArray<string>> = [["password", "totp"], ["application_credential"]]

const supported: ReadonlySet<string> = new Set(["password", "token", "application_credential", "totp"])

/** The methods of Identity v2.0 in Keystone's words: it knows no API keys. */
const methodNames: Readonly<Record<string, string>> = { APIKEY: "password", PASSWORD: "password", PASSCODE: "totp" }

const methodsOf = (token: Tokens.Token): ReadonlyArray<string> => [
  ...new Set(token.authenticatedBy.map((method) => methodNames[method] ?? method))
]

const utc = (millis: number): string => `${Timestamp.microsecondsWithoutZone(millis)}Z`

/** The version's entry in the documents of versions. */
export const version = (origin: string): JsonObject => ({
  id: "v3.14",
  status: "stable",
  updated: "2020-04-07T00:00:00Z",
  links: [{ rel: "self", href: `${origin}/v3/` }],
  "media-types": [{ base: "application/json", type: "application/vnd.openstack.identity-v3+json" }]
})

/** What the handlers of resources are given. */
interface Call {
  readonly request: WireRequest
  readonly query: string
  readonly body: unknown
  readonly origin: string
  readonly now: number
}

type Handler = (call: Call) => WireResponse

type Resource = Readonly<Partial<Record<"GET" | "POST" | "DELETE", Handler>>>

/** What is still to be proven, and by when. */
interface Receipt {
  readonly methods: ReadonlyArray<string>
  readonly expiresAt: number
}

/** The emulated Keystone for one account. */
export const make = (options: KeystoneOptions): Keystone => {
  const { account, tokens } = options
  const { domain } = Account
  const receipts = new Map<string, Receipt>()

  const rolesOf = (token: Tokens.Token): ReadonlyArray<string> => {
    const { scope = "project" } = token
    return scope === "unscoped" ? [] : (credentialOf(token)?.roles ?? account.roles[scope])
  }

  const credentials = ApplicationCredentials.make(account, tokens, rolesOf)

  const user = { domain, id: account.userId, name: account.username }

  const project = { domain, id: account.tenantId, name: account.projectName }

  const credentialOf = ({ applicationCredentialId: id }: Tokens.Token): Account.ApplicationCredential | undefined =>
    id === undefined ? undefined : credentials.find({ id })

  const tokenJson = (token: Tokens.Token, origin: string, isBare: boolean): JsonObject => {
    const { auditIds, expiresAt, issuedAt, scope = "project" } = token
    const credential = credentialOf(token)
    return {
      methods: methodsOf(token),
      user: { ...user, password_expires_at: null },
      audit_ids: auditIds,
      // An end that is its credential's is written as it stands there, without a zone.
      expires_at: expiresAt === credential?.expiresAt ? Timestamp.microsecondsWithoutZone(expiresAt) : utc(expiresAt),
      issued_at: utc(issuedAt),
      ...(scope === "project" && { project, is_domain: false }),
      ...(scope === "domain" && { domain }),
      ...(scope !== "unscoped" && { roles: rolesOf(token).map(ApplicationCredentials.role) }),
      ...(scope === "system" && { system: { all: true } }),
      ...(scope !== "unscoped" && !isBare && { catalog: options.catalog(origin, scope === "project") }),
      ...(credential !== undefined && {
        application_credential: {
          id: credential.id,
          name: credential.name,
          restricted: credential.unrestricted !== true,
          ...(credential.accessRules !== undefined && { access_rules: credential.accessRules })
        }
      })
    }
  }

  /** Why Keystone does not take a token's id for one. */
  const noSuchToken = (id: string): WireResponse => {
    const credential = credentials.deletedOf(id)
    return credential !== undefined
      ? Answer.notFound("Application Credential", credential)
      : Answer.fault(
          404,
          id === ""
            ? "No token in the request"
            : id.startsWith("gAAAA")
              ? "Failed to validate token"
              : "Could not recognize Fernet token"
        )
  }

  const refuse = Refusal.refuse

  /** The checks of one login, in Keystone's order; each of them may end it. */
  const login = ({ body, now, origin, request }: Call): Tokens.Token => {
    const wrong = (): never => refuse(Answer.unauthorized(origin))
    const auth = Fields.isObject(body) ? (body["auth"] ?? undefined) : undefined
    if (auth === undefined) {
      return refuse(Answer.missing("auth", "request body"))
    }
    const problem = BodySchema.problemOf(BodySchema.auth, auth)
    const identity = Fields.isObject(auth) ? auth["identity"] : undefined
    if (problem !== undefined || !Fields.isObject(auth) || !Fields.isObject(identity)) {
      return refuse(Answer.fault(400, problem ?? ""))
    }

    const member = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
      path.reduce<unknown>((inner, key) => (Fields.isObject(inner) ? inner[key] : undefined), value)
    for (const path of ["identity/password/user", "scope/project", "scope/domain"]) {
      const named = member(auth, ...path.split("/"))
      const inside = member(named, "domain")
      for (const [value, field] of [
        [named, path],
        [inside, `${path}/domain`]
      ] as const) {
        if (Fields.isObject(value) && !("id" in value) && !("name" in value)) {
          refuse(Answer.fault(400, `Invalid input for field ${field}: id or name must be present.`))
        }
      }
    }

    const methods = [...new Set(identity["methods"] as ReadonlyArray<string>)]
    const absent = methods.find((method) => !(method in identity))
    if (absent !== undefined) {
      refuse(Answer.missing(absent, "identity"))
    }
    if (!methods.every((method) => supported.has(method))) {
      refuse(
        Answer.unauthorized(origin, "Attempted to authenticate with an unsupported method.", {
          identity: { methods: [...supported] }
        })
      )
    }

    /** Whether a domain is the account's; a name counts before an id. */
    const isOwnDomain = (value: unknown): boolean => {
      const name = member(value, "name")
      return typeof name === "string" && name !== "" ? name === domain.name : member(value, "id") === domain.id
    }
    const checkUser = (value: unknown): void => {
      const id = member(value, "id")
      const name = member(value, "name")
      if (typeof id === "string" && id !== "") {
        return id === account.userId && account.enabled ? undefined : wrong()
      }
      if (typeof name !== "string" || name === "") {
        return refuse(Answer.missing("id or name", "user"))
      }
      if (!Fields.isObject(member(value, "domain"))) {
        return refuse(Answer.missing("domain", "user"))
      }
      return isOwnDomain(member(value, "domain")) && name === account.username && account.enabled ? undefined : wrong()
    }

    /** The scope that is asked for: undefined for the default. */
    const askedScope = (): Scope | undefined => {
      const scope = auth["scope"]
      if (scope === undefined) {
        return undefined
      }
      const kinds = ["project", "domain", "unscoped", "system", "OS-TRUST:trust"].filter((kind) =>
        Fields.isObject(scope) ? kind in scope : scope === kind
      )
      const [kind] = kinds
      if (kinds.length !== 1 || (typeof scope === "string" && kind !== "unscoped")) {
        return refuse(Answer.missing("system, project, domain, OS-TRUST:trust or unscoped", "scope"))
      }
      const wanted = member(scope, kind ?? "")
      const name = member(wanted, "name")
      switch (kind) {
        case "project": {
          if (typeof name !== "string" || name === "") {
            return member(wanted, "id") === account.tenantId ? kind : wrong()
          }
          if (!Fields.isObject(member(wanted, "domain"))) {
            return refuse(Answer.missing("domain", "project"))
          }
          return isOwnDomain(member(wanted, "domain")) && name === account.projectName ? kind : wrong()
        }
        case "domain":
          return isOwnDomain(wanted) ? kind : wrong()
        case "OS-TRUST:trust":
          return refuse(Answer.notFound("trust", String(member(wanted, "id"))))
        default:
          return kind === "system" ? kind : "unscoped"
      }
    }

    const namedCredential = (): Account.ApplicationCredential => {
      const named = identity["application_credential"]
      const id = member(named, "id")
      if (typeof id === "string" && id !== "") {
        return credentials.find({ id }) ?? refuse(Answer.notFound("Application Credential", id))
      }
      const name = member(named, "name")
      if (typeof name !== "string" || name === "") {
        return refuse(Answer.missing("name or ID", "application credential"))
      }
      const user = member(named, "user")
      if (!Fields.isObject(user) || Object.keys(user).length === 0) {
        return refuse(Answer.missing("user", "application credential"))
      }
      checkUser(user)
      return credentials.find({ name }) ?? wrong()
    }

    let asked: Scope | undefined
    let credential: Account.ApplicationCredential | undefined
    if (methods.includes("application_credential")) {
      if ("scope" in auth) {
        refuse(
          Answer.unauthorized(
            origin,
            "Error authenticating with application credential: Application credentials cannot request a scope.",
            { identity: {} }
          )
        )
      }
      credential = namedCredential()
      asked = credential.projectId === null ? "unscoped" : "project"
    } else {
      asked = askedScope()
    }

    const proven = new Set<string>()
    let previous: Tokens.Token | undefined
    for (const method of methods) {
      const part = identity[method]
      switch (method) {
        case "application_credential": {
          const isGood =
            credential !== undefined &&
            member(part, "secret") === credential.secret &&
            (credential.expiresAt === undefined || credential.expiresAt > now) &&
            account.enabled
          if (!isGood) {
            wrong()
          }
          break
        }
        case "token": {
          const id = String(member(part, "id"))
          previous = tokens.find(id, now)
          if (previous === undefined) {
            return refuse(noSuchToken(id))
          }
          if (previous.scope === "system" && (asked === "project" || asked === "domain")) {
            refuse(
              Answer.forbidden(
                "Using a system-scoped token to create a project-scoped or domain-scoped token is not allowed."
              )
            )
          }
          if (previous.applicationCredentialId !== undefined) {
            // It looks for the credential in the body, finds none, and fails.
            refuse(Answer.fault(500, "An unexpected error prevented the server from fulfilling your request."))
          }
          for (const earlier of methodsOf(previous)) {
            proven.add(earlier)
          }
          break
        }
        default: {
          const named = member(part, "user")
          if (!Fields.isObject(named)) {
            refuse(Answer.missing("user", "None"))
          }
          checkUser(named)
          const isGood =
            method === "password"
              ? member(named, "password") === account.password
              : member(named, "passcode") === Account.passcode
          if (!isGood) {
            wrong()
          }
        }
      }
      proven.add(method)
    }
    if (methods.length === 0) {
      wrong()
    }

    const shownReceipt = request.headers["openstack-auth-receipt"]
    if (shownReceipt !== undefined) {
      const receipt = receipts.get(shownReceipt)
      if (receipt === undefined || receipt.expiresAt <= now) {
        return refuse(Answer.unauthorized(origin, `Could not find auth receipt: ${shownReceipt}.`))
      }
      for (const earlier of receipt.methods) {
        proven.add(earlier)
      }
    }
    const allProven = [...proven].toSorted()
    if (account.multiFactor && !rules.some((rule) => rule.every((method) => proven.has(method)))) {
      refuse(receiptFor(allProven, now))
    }

    const scope = asked ?? (account.hasDefaultProject && account.roles.project.length > 0 ? "project" : "unscoped")
    if (scope !== "unscoped" && account.roles[scope].length === 0) {
      wrong()
    }
    const ends = [previous?.expiresAt, credential?.expiresAt].filter((end) => end !== undefined)
    return tokens.issueNew(allProven, now, {
      scope,
      // A token that is exchanged lends its end, not a new life.
      expiresAt: ends.length === 0 ? undefined : Math.min(...ends),
      parentAuditId: previous?.auditIds.at(-1),
      applicationCredentialId: credential?.id
    })
  }

  /** The challenge of multi-factor authentication: no fault, and without a `WWW-Authenticate`. */
  const receiptFor = (methods: ReadonlyArray<string>, now: number): WireResponse => {
    for (const [id, { expiresAt }] of receipts) {
      if (expiresAt <= now) {
        receipts.delete(id)
      }
    }
    const id = `gAAAAAB${randomBytes(96).toString("base64url")}`
    const expiresAt = now + receiptLifetime
    receipts.set(id, { methods, expiresAt })
    return Answer.json(
      401,
      {
        receipt: { methods, user, expires_at: utc(expiresAt), issued_at: utc(now) },
        required_auth_methods: rules
      },
      { "Openstack-Auth-Receipt": id }
    )
  }

  const isBare = (query: string): boolean => new URLSearchParams(query).has("nocatalog")

  const postToken: Handler = (call) => {
    const answer = Refusal.catching(() => {
      const token = login(call)
      const json = tokenJson(token, call.origin, isBare(call.query))
      return Answer.json(201, { token: json }, { "X-Subject-Token": token.id })
    })
    options.countLogin(answer.status === 201)
    return answer
  }

  /** Hands the caller's token on, or says that there is none. */
  const authenticated =
    (handler: (call: Call, caller: Tokens.Token) => WireResponse): Handler =>
    (call) => {
      const id = call.request.headers["x-auth-token"]
      const caller = id === undefined ? undefined : tokens.find(id, call.now)
      if (caller !== undefined) {
        return handler(call, caller)
      }
      return id !== undefined && credentials.deletedOf(id) !== undefined
        ? noSuchToken(id)
        : Answer.unauthorized(call.origin)
    }

  const ofSubject = (action: string, handler: (call: Call, subject: Tokens.Token) => WireResponse): Handler =>
    authenticated((call) => {
      const id = call.request.headers["x-subject-token"]
      if (id === undefined) {
        return Answer.forbidden(`identity:${action}`)
      }
      const subject = tokens.find(id, call.now)
      return subject === undefined ? noSuchToken(id) : handler(call, subject)
    })

  const links = (origin: string, path: string): JsonObject => ({
    next: null,
    self: `${origin}/v3/${path}`,
    previous: null
  })

  const projectResource = (origin: string): JsonObject => ({
    id: account.tenantId,
    name: account.projectName,
    domain_id: domain.id,
    description: "",
    enabled: true,
    parent_id: domain.id,
    is_domain: false,
    tags: [],
    options: {},
    links: { self: `${origin}/v3/projects/${account.tenantId}` }
  })

  const projectList = (path: string): Resource => ({
    GET: authenticated(({ origin }) =>
      Answer.json(200, {
        projects: account.roles.project.length === 0 ? [] : [projectResource(origin)],
        links: links(origin, path)
      })
    )
  })

  const forbiddenList = (action: string): Resource => ({
    GET: authenticated(() => Answer.forbidden(`identity:${action}`))
  })

  const changePassword =
    (userId: string): Handler =>
    ({ body, origin }) => {
      const sent = Fields.isObject(body) ? (body["user"] ?? {}) : {}
      const problem = BodySchema.problemOf(BodySchema.passwordChange, sent)
      if (problem !== undefined || !Fields.isObject(sent)) {
        return Answer.fault(400, problem ?? "")
      }
      if (userId !== account.userId || sent["original_password"] !== account.password || !account.enabled) {
        return Answer.unauthorized(origin)
      }
      account.password = String(sent["password"])
      tokens.revokeAll()
      return Answer.noContent()
    }

  const userResource = (userId: string, sub: string, id: string | undefined): Resource | undefined => {
    switch (sub) {
      case "":
        return {
          GET: authenticated(({ origin }) =>
            userId === account.userId
              ? Answer.json(200, {
                  user: {
                    id: account.userId,
                    name: account.username,
                    domain_id: domain.id,
                    enabled: account.enabled,
                    ...(account.hasDefaultProject && { default_project_id: account.tenantId }),
                    password_expires_at: null,
                    options: {},
                    links: { self: `${origin}/v3/users/${account.userId}` }
                  }
                })
              : Answer.forbidden("identity:get_user")
          )
        }
      case "password":
        return id === undefined ? { POST: changePassword(userId) } : undefined
      case "projects":
        return id !== undefined
          ? undefined
          : userId === account.userId
            ? projectList(`users/${userId}/projects`)
            : forbiddenList("list_user_projects")
      case "application_credentials": {
        const call = ({ now, origin }: Call, caller: Tokens.Token): ApplicationCredentials.Call => ({
          caller,
          userId,
          origin,
          now
        })
        return id === undefined
          ? {
              POST: authenticated((each, caller) => credentials.create(call(each, caller), each.body)),
              GET: authenticated((each, caller) => credentials.list(call(each, caller), each.query))
            }
          : {
              DELETE: authenticated((each, caller) => credentials.remove(call(each, caller), id)),
              GET: authenticated((each, caller) => credentials.get(call(each, caller), id))
            }
      }
      default:
        return undefined
    }
  }

  const authResource = (name: string | undefined): Resource | undefined => {
    switch (name) {
      case "tokens":
        return {
          POST: postToken,
          DELETE: ofSubject("revoke_token", (_, subject) => {
            tokens.revoke(subject.id)
            return Answer.noContent()
          }),
          GET: ofSubject("validate_token", ({ origin, query, request }, subject) =>
            // Access rules are only for those who say that they heed them.
            credentialOf(subject)?.accessRules !== undefined &&
            request.headers["openstack-identity-access-rules"] === undefined
              ? Answer.fault(404, "Failed to validate token")
              : Answer.json(
                  200,
                  { token: tokenJson(subject, origin, isBare(query)) },
                  { "X-Subject-Token": subject.id }
                )
          )
        }
      case "catalog":
        return {
          GET: authenticated(({ origin }, { scope = "project" }) =>
            scope === "project"
              ? Answer.json(200, {
                  catalog: options.catalog(origin, true),
                  links: { self: `${origin}/v3/auth/catalog` }
                })
              : Answer.forbidden()
          )
        }
      case "projects":
        return projectList("auth/projects")
      case "domains":
        return {
          GET: authenticated(({ origin }) =>
            Answer.json(200, {
              domains:
                account.roles.domain.length === 0
                  ? []
                  : [
                      {
                        ...domain,
                        description: "The default domain",
                        enabled: true,
                        tags: [],
                        options: {},
                        links: { self: `${origin}/v3/domains/${domain.id}` }
                      }
                    ],
              links: links(origin, "auth/domains")
            })
          )
        }
      case "system":
        return {
          GET: authenticated(({ origin }) =>
            Answer.json(200, {
              system: account.roles.system.length === 0 ? [] : [{ all: true }],
              links: { self: `${origin}/v3/auth/system` }
            })
          )
        }
      default:
        return undefined
    }
  }

  const resourceAt = ([first, second, third = "", fourth, ...more]: ReadonlyArray<string>): Resource | undefined => {
    if (more.length > 0) {
      return undefined
    }
    switch (first) {
      case undefined:
        return { GET: ({ origin }) => Answer.json(200, { version: version(origin) }) }
      case "auth":
        return third === "" ? authResource(second) : undefined
      case "users":
        return second === undefined ? forbiddenList("list_users") : userResource(second, third, fourth)
      case "projects":
        if (third !== "") {
          return undefined
        }
        return second === undefined
          ? forbiddenList("list_projects")
          : second !== account.tenantId
            ? forbiddenList("get_project")
            : {
                GET: authenticated(({ origin }) => Answer.json(200, { project: projectResource(origin) }))
              }
      case "regions":
        return second !== undefined
          ? undefined
          : {
              GET: authenticated(({ origin }) =>
                Answer.json(200, {
                  regions: options.regions.map((id) => ({
                    id,
                    description: "",
                    parent_region_id: null,
                    links: { self: `${origin}/v3/regions/${id}` }
                  })),
                  links: links(origin, "regions")
                })
              )
            }
      default:
        return undefined
    }
  }

  const respond = (request: WireRequest, path: string, call: Omit<Call, "request">): WireResponse => {
    const segments = RequestBody.segments(path)
    const resource = segments === undefined ? undefined : resourceAt(segments)
    if (resource === undefined) {
      return Answer.noSuchPath()
    }
    const { method } = request
    const allow = ["OPTIONS", ...("GET" in resource ? ["HEAD"] : []), ...Object.keys(resource)].join(", ")
    if (method === "OPTIONS") {
      return Answer.options(allow)
    }
    const handler = resource[(method === "HEAD" ? "GET" : method) as keyof Resource]
    return handler === undefined
      ? Answer.methodNotAllowed(allow, segments?.length === 0)
      : Refusal.catching(() => handler({ ...call, request }))
  }

  /** What is wrong with a body before anybody looks at what it says. */
  const bodyProblem = (request: WireRequest, parsed: RequestBody.Parsed): WireResponse | undefined => {
    const type = request.headers["content-type"] ?? ""
    if (parsed._tag === "Empty") {
      return undefined
    }
    if (type !== "" && !/^application\/json\s*(?:;|$)/i.test(type)) {
      return Answer.missing("application/json", "Content-Type header")
    }
    return parsed._tag === "Json" && Fields.isObject(parsed.value)
      ? undefined
      : Answer.missing("valid JSON", "request body")
  }

  return {
    handle: (request, target, origin) =>
      RequestBody.respondToJson(request, (parsed, now) => {
        const mark = target.indexOf("?")
        const path = mark < 0 ? target : target.slice(0, mark)
        const problem = bodyProblem(request, parsed)
        if (problem !== undefined) {
          return problem
        }
        return respond(request, path, {
          query: mark < 0 ? "" : target.slice(mark + 1),
          body: parsed._tag === "Json" ? parsed.value : undefined,
          origin,
          now
        })
      })
  }
}
