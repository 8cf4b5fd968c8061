/** Tokens (Identity API v2.0, "Token operations"). */
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import type * as Tokens from "../Tokens.js"
import { login } from "./login.js"
import type { IdentityRequest } from "./requests.js"
import { notFound, table } from "./requests.js"
import type { IdentityState } from "./state.js"

const find = ({ tokens }: IdentityState, id: string, { now }: IdentityRequest): Tokens.Token =>
  tokens.find(id, now) ?? notFound("Token not found.")

/** Finds a valid token that belongs to the tenant in the query, if there is one. */
const validate = (state: IdentityState, id: string, request: IdentityRequest): Tokens.Token => {
  const tenant = request.query.get("belongsTo")
  return tenant === null || state.ownsTenant(tenant) ? find(state, id, request) : notFound("Token not found.")
}

const listEndpoints = (state: IdentityState, { origin }: IdentityRequest): WireResponse => {
  const endpoints = state
    .catalog(origin)
    .flatMap(({ endpoints: all, name, type }) => all.map((endpoint) => ({ ...endpoint, name, type })))
  return Reply.json(200, {
    endpoints: endpoints.map((endpoint, index) => ({ id: index + 1, ...endpoint })),
    endpoints_links: []
  })
}

const revoke = ({ tokens }: IdentityState, id: string): WireResponse => {
  tokens.revoke(id)
  return Reply.empty(204)
}

export const routes = (state: IdentityState) =>
  table({
    "POST /tokens": (request) => login(state, request),
    "DELETE /tokens": ({ token }) => revoke(state, token),
    "GET /tokens/{id}": (request, { id }) => {
      const token = validate(state, id, request)
      return Reply.json(200, { access: { token: state.tokenJson(token), user: state.userJson() } })
    },
    "HEAD /tokens/{id}": (request, { id }) => {
      validate(state, id, request)
      return Reply.empty(200)
    },
    "DELETE /tokens/{id}": (request, { id }) => revoke(state, find(state, id, request).id),
    "GET /tokens/{id}/endpoints": (request, { id }) => {
      find(state, id, request)
      return listEndpoints(state, request)
    }
  })
