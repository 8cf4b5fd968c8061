/** Creates, shows and deletes application credentials (Identity API v3, "Application credentials"). */
import { randomBytes } from "node:crypto"
import * as Account from "../Account.js"
import type { WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Fields from "../Fields.js"
import * as ServiceCatalog from "../ServiceCatalog.js"
import * as Timestamp from "../Timestamp.js"
import type * as Tokens from "../Tokens.js"
import * as Answer from "./answer.js"
import * as BodySchema from "./bodySchema.js"

/** An authenticated request for application credentials. */
export interface Call {
  readonly caller: Tokens.Token
  /** The user in the path. */
  readonly userId: string
  readonly origin: string
  readonly now: number
}

/** The account's application credentials. */
export interface ApplicationCredentials {
  /** `query` is the raw query string; its `name` filters. */
  readonly list: (call: Call, query: string) => WireResponse
  readonly create: (call: Call, body: unknown) => WireResponse
  readonly get: (call: Call, id: string) => WireResponse
  readonly remove: (call: Call, id: string) => WireResponse
  /** Finds the credential of a login, by id or by name. */
  readonly find: (by: { readonly id: string } | { readonly name: string }) => Account.ApplicationCredential | undefined
  /** The id of the deleted credential that a token was issued for, if the token was still valid then. */
  readonly deletedOf: (tokenId: string) => string | undefined
}

/** The roles that exist, whether or not any user has them. */
const knownRoles: ReadonlySet<string> = new Set(["admin", "manager", "member", "reader", "service"])

const knownFields: ReadonlySet<string> = new Set(Object.keys(BodySchema.applicationCredential.properties ?? {}))

/** UTC, with or without `Z`. Keystone accepts no other offset. */
const expiry = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?Z?$/

/** A role as Keystone lists it in tokens. */
export const role = (name: string): { readonly id: string; readonly name: string } => ({
  id: ServiceCatalog.stableId("role", name),
  name
})

const toJson = (
  credential: Account.ApplicationCredential,
  userId: string,
  origin: string,
  secret?: string
): Fields.JsonObject => {
  const { accessRules, description, expiresAt, id, name, projectId, roles, unrestricted } = credential
  return {
    id,
    name,
    description,
    user_id: userId,
    project_id: projectId,
    system: null,
    expires_at: expiresAt === undefined ? null : Timestamp.microsecondsWithoutZone(expiresAt),
    unrestricted,
    roles: roles.map((each) => ({
      ...role(each),
      domain_id: null,
      description: null,
      options: { immutable: true }
    })),
    ...(accessRules !== undefined && { access_rules: accessRules }),
    ...(secret !== undefined && { secret }),
    links: { self: `${origin}/v3/application_credentials/${id}` }
  }
}

const rolesFor = (asked: unknown, own: ReadonlyArray<string>): ReadonlyArray<string> => {
  const wanted = (Array.isArray(asked) ? asked : []).filter(Fields.isObject).map((each) => {
    const { id, name } = each
    if (typeof name === "string" && !knownRoles.has(name) && !own.includes(name)) {
      Refusal.refuse(Answer.fault(404, `Role ${name} is not defined`))
    }
    return own.find((held) => held === name || role(held).id === id)
  })
  return wanted.length === 0
    ? own
    : wanted.map(
        (held) =>
          held ??
          Refusal.refuse(
            Answer.fault(
              400,
              "Invalid application credential: Cannot create an application credential with unassigned role"
            )
          )
      )
}

const expiryOf = (asked: unknown, now: number): number | undefined => {
  if (typeof asked !== "string" || asked === "") {
    return undefined
  }
  const millis = expiry.test(asked) ? Timestamp.parse(asked) : undefined
  if (millis === undefined) {
    return Refusal.refuse(Answer.badRequest("Timestamp not in expected format."))
  }
  return millis < now ? Refusal.refuse(Answer.badRequest("The 'expires_at' must not be before now.")) : millis
}

/** Reads a new credential. `own` are the roles of the caller's token. */
const read = (
  sent: Fields.JsonObject,
  { caller, now }: Call,
  own: ReadonlyArray<string>,
  tenantId: string
): Account.ApplicationCredential => {
  const text = (key: string): string | undefined => {
    const value = sent[key]
    return typeof value === "string" ? value : undefined
  }
  const rules = sent["access_rules"]
  return {
    id: randomBytes(16).toString("hex"),
    name: text("name") ?? "",
    secret: text("secret") || randomBytes(64).toString("base64url"),
    description: text("description") ?? null,
    roles: rolesFor(sent["roles"], own),
    expiresAt: expiryOf(sent["expires_at"], now),
    unrestricted: typeof sent["unrestricted"] === "boolean" ? sent["unrestricted"] : null,
    projectId: (caller.scope ?? "project") === "project" ? tenantId : null,
    accessRules: Array.isArray(rules)
      ? rules
          .filter(Fields.isObject)
          .map((rule) => ({ id: ServiceCatalog.stableId("rule", JSON.stringify(rule)), ...rule }))
      : undefined
  }
}

/** The application credentials of an account. `rolesOf` returns the role names of a token. */
export const make = (
  account: Account.Account,
  tokens: Tokens.Tokens,
  rolesOf: (token: Tokens.Token) => ReadonlyArray<string>
): ApplicationCredentials => {
  const deleted = new Map<string, string>()

  const find: ApplicationCredentials["find"] = (by) =>
    account.applicationCredentials.find((each) => ("id" in by ? each.id === by.id : each.name === by.name))

  const checkOwner = ({ userId }: Call, action: string): void => {
    if (userId !== account.userId) {
      Refusal.refuse(Answer.forbidden(`identity:${action}`))
    }
  }

  /** Refuses tokens of an application credential, unless it is unrestricted. */
  const checkRestriction = ({ caller }: Call): void => {
    const id = caller.applicationCredentialId
    if (id !== undefined && find({ id })?.unrestricted !== true) {
      Refusal.refuse(
        Answer.forbidden(
          "Using method 'application_credential' is not allowed for managing additional application credentials."
        )
      )
    }
  }

  return {
    find,
    deletedOf: (tokenId) => deleted.get(tokenId),
    list: (call, query) => {
      checkOwner(call, "list_application_credentials")
      const name = new URLSearchParams(query).get("name")
      const found = account.applicationCredentials.filter((each) => name === null || each.name === name)
      return Answer.json(200, {
        application_credentials: found.map((each) => toJson(each, account.userId, call.origin)),
        links: {
          next: null,
          self: `${call.origin}/v3/users/${call.userId}/application_credentials${query === "" ? "" : `?${query}`}`,
          previous: null
        }
      })
    },
    create: (call, body) => {
      const sent = Fields.isObject(body) ? (body["application_credential"] ?? {}) : {}
      const problem = BodySchema.problemOf(BodySchema.applicationCredential, sent)
      if (problem !== undefined || !Fields.isObject(sent)) {
        return Answer.fault(400, problem ?? "")
      }
      checkRestriction(call)
      checkOwner(call, "create_application_credential")
      const unknown = Object.keys(sent).find((key) => !knownFields.has(key))
      const made = read(sent, call, rolesOf(call.caller), account.tenantId)
      if (unknown !== undefined) {
        return Answer.fault(400, `'${unknown}' is an invalid keyword argument for ApplicationCredentialModel`)
      }
      if (find({ name: made.name }) !== undefined) {
        return Answer.fault(
          409,
          `Conflict occurred attempting to store application_credential - Duplicate entry found with name ${made.name}.`
        )
      }
      account.applicationCredentials = [...account.applicationCredentials, made]
      return Answer.json(201, { application_credential: toJson(made, account.userId, call.origin, made.secret) })
    },
    get: (call, id) => {
      // If the credential exists, Keystone checks its owner instead of the user in the path.
      const found = find({ id })
      if (found === undefined) {
        checkOwner(call, "get_application_credential")
        return Answer.notFound("Application Credential", id)
      }
      return Answer.json(200, { application_credential: toJson(found, account.userId, call.origin) })
    },
    remove: (call, id) => {
      if (find({ id }) === undefined) {
        checkOwner(call, "delete_application_credential")
      }
      checkRestriction(call)
      if (find({ id }) === undefined) {
        return Answer.notFound("Application Credential", id)
      }
      account.applicationCredentials = account.applicationCredentials.filter((each) => each.id !== id)
      tokens.revokeWhere((token) => {
        const isOfIt = token.applicationCredentialId === id
        if (isOfIt) {
          deleted.set(token.id, id)
        }
        return isOfIt
      })
      return Answer.noContent()
    }
  }
}
