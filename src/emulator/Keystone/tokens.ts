/**
 * Creates, validates and revokes tokens, and shows their scopes (Identity API v3, "Authentication and token
 * management").
 */
import * as Account from "../Account.js"
import type { WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import type * as Tokens from "../Tokens.js"
import * as Answer from "./answer.js"
import { login } from "./login.js"
import type { KeystoneRequest } from "./requests.js"
import { authenticated, links, table } from "./requests.js"
import type { KeystoneState } from "./state.js"

const create = (state: KeystoneState, request: KeystoneRequest): WireResponse => {
  const response = Refusal.catching(() => {
    const token = login(state, request)
    return Answer.json(
      201,
      { token: state.tokenJson(token, request.origin, request.query) },
      { "X-Subject-Token": token.id }
    )
  })
  state.options.countLogin(response.status === 201)
  return response
}

/** A handler that gets the token in `X-Subject-Token`. */
const withSubject = (
  state: KeystoneState,
  action: string,
  handler: (request: KeystoneRequest, subject: Tokens.Token) => WireResponse
) =>
  authenticated(state, (request: KeystoneRequest) => {
    const id = request.headers["x-subject-token"]
    if (id === undefined) {
      return Answer.forbidden(`identity:${action}`)
    }
    const subject = state.tokens.find(id, request.now)
    return subject === undefined ? state.noSuchToken(id) : handler(request, subject)
  })

const validate = (state: KeystoneState, request: KeystoneRequest, subject: Tokens.Token): WireResponse => {
  const { headers, origin, query } = request
  // Keystone shows access rules only to services that declare that they enforce them.
  return state.credentialOf(subject)?.accessRules !== undefined &&
    headers["openstack-identity-access-rules"] === undefined
    ? Answer.fault(404, "Failed to validate token")
    : Answer.json(200, { token: state.tokenJson(subject, origin, query) }, { "X-Subject-Token": subject.id })
}

const showCatalog = (state: KeystoneState, { origin }: KeystoneRequest, caller: Tokens.Token): WireResponse =>
  (caller.scope ?? "project") === "project"
    ? Answer.json(200, {
        catalog: state.options.catalog(origin, true),
        links: { self: `${origin}/v3/auth/catalog` }
      })
    : Answer.forbidden()

const listDomains = ({ account }: KeystoneState, { origin }: KeystoneRequest): WireResponse => {
  const { domain } = Account
  const resource = {
    ...domain,
    description: "The default domain",
    enabled: true,
    tags: [],
    options: {},
    links: { self: `${origin}/v3/domains/${domain.id}` }
  }
  const domains = account.roles.domain.length === 0 ? [] : [resource]
  return Answer.json(200, { domains, links: links(origin, "auth/domains") })
}

export const routes = (state: KeystoneState) =>
  table({
    "POST /auth/tokens": (request) => create(state, request),
    "DELETE /auth/tokens": withSubject(state, "revoke_token", (_, { id }) => {
      state.tokens.revoke(id)
      return Answer.noContent()
    }),
    "GET /auth/tokens": withSubject(state, "validate_token", (request, subject) => validate(state, request, subject)),
    "GET /auth/catalog": authenticated(state, (request, caller) => showCatalog(state, request, caller)),
    "GET /auth/domains": authenticated(state, (request) => listDomains(state, request)),
    "GET /auth/system": authenticated(state, ({ origin }) =>
      Answer.json(200, {
        system: state.account.roles.system.length === 0 ? [] : [{ all: true }],
        links: { self: `${origin}/v3/auth/system` }
      })
    )
  })
