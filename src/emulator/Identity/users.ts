/** The account's user, its API key, and its tenants (Identity API v2.0, "User operations" and "Tenants operations"). */
import { randomBytes } from "node:crypto"
import type { JsonObject } from "../Fields.js"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import type { IdentityRequest } from "./requests.js"
import { badRequest, notFound, optionalObject, table, within } from "./requests.js"
import type { IdentityState } from "./state.js"

const userJson = ({ account }: IdentityState): JsonObject => ({
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

const apiKeyJson = ({ account: { apiKey, username } }: IdentityState): JsonObject => ({
  "RAX-KSKEY:apiKeyCredentials": { username, apiKey }
})

const list = (state: IdentityState, { query }: IdentityRequest): WireResponse => {
  const name = query.get("name")
  if (name === null) {
    return Reply.json(200, { users: [userJson(state)] })
  }
  return name === state.account.username
    ? Reply.json(200, { user: userJson(state) })
    : notFound(`User not found: '${name}'`)
}

/** Changes the password, which revokes all tokens. */
const update = (state: IdentityState, request: IdentityRequest): WireResponse => {
  const user = optionalObject(request, "user") ?? badRequest("Invalid request body")
  const password = user["OS-KSADM:password"]
  if (typeof password === "string") {
    state.account.password = password
    state.tokens.revokeAll()
  }
  return Reply.json(200, { user: userJson(state) })
}

const userRoutes = (state: IdentityState) =>
  within("/users/{id}", (_, { id }) => {
    if (id !== state.account.userId) {
      notFound(`User ${id} not found`)
    }
  })({
    "GET /users/{id}": () => Reply.json(200, { user: userJson(state) }),
    "POST /users/{id}": (_, request) => update(state, request),
    "GET /users/{id}/roles": () =>
      Reply.json(200, { roles: state.roles.filter(({ tenantId }) => tenantId === undefined) }),
    "GET /users/{id}/OS-KSADM/credentials": () => Reply.json(200, { credentials: [apiKeyJson(state)] }),
    "GET /users/{id}/OS-KSADM/credentials/RAX-KSKEY:apiKeyCredentials": () => Reply.json(200, apiKeyJson(state)),
    "POST /users/{id}/OS-KSADM/credentials/RAX-KSKEY:apiKeyCredentials/RAX-AUTH/reset": () => {
      // A new API key does not revoke tokens, unlike a new password.
      state.account.apiKey = randomBytes(16).toString("hex")
      return Reply.json(200, apiKeyJson(state))
    }
  })

export const routes = (state: IdentityState) => {
  const { storageAccount, tenantId, username } = state.account
  const tenants = [
    { id: tenantId, name: tenantId, "display-name": username, enabled: true },
    { id: storageAccount, name: storageAccount, enabled: true }
  ]
  return [
    userRoutes(state),
    table({
      "GET /users": (request) => list(state, request),
      "GET /tenants": () => Reply.json(200, { tenants }),
      "GET /tenants/{id}": (_, { id }) => {
        const tenant = tenants.find((each) => each.id === id)
        return Reply.json(200, { tenant: tenant ?? notFound(`Tenant with id/name: '${id}' was not found`) })
      }
    })
  ]
}
