/** The account's user and project, and the regions (Identity API v3, "Users", "Projects" and "Regions"). */
import * as Account from "../Account.js"
import type { JsonObject } from "../Fields.js"
import * as Fields from "../Fields.js"
import type { WireResponse } from "../Protocol.js"
import type * as Tokens from "../Tokens.js"
import * as Answer from "./answer.js"
import type * as ApplicationCredentials from "./applicationCredentials.js"
import * as BodySchema from "./bodySchema.js"
import type { KeystoneRequest } from "./requests.js"
import { authenticated, links, table } from "./requests.js"
import type { KeystoneState } from "./state.js"

const projectJson = ({ account }: KeystoneState, origin: string): JsonObject => ({
  id: account.tenantId,
  name: account.projectName,
  domain_id: Account.domain.id,
  description: "",
  enabled: true,
  parent_id: Account.domain.id,
  is_domain: false,
  tags: [],
  options: {},
  links: { self: `${origin}/v3/projects/${account.tenantId}` }
})

const userJson = ({ account }: KeystoneState, origin: string): JsonObject => ({
  id: account.userId,
  name: account.username,
  domain_id: Account.domain.id,
  enabled: account.enabled,
  ...(account.hasDefaultProject && { default_project_id: account.tenantId }),
  password_expires_at: null,
  options: {},
  links: { self: `${origin}/v3/users/${account.userId}` }
})

const listProjects = (state: KeystoneState, { origin }: KeystoneRequest, path: string): WireResponse =>
  Answer.json(200, {
    projects: state.account.roles.project.length === 0 ? [] : [projectJson(state, origin)],
    links: links(origin, path)
  })

const listRegions = ({ options }: KeystoneState, { origin }: KeystoneRequest): WireResponse =>
  Answer.json(200, {
    regions: options.regions.map((id) => ({
      id,
      description: "",
      parent_region_id: null,
      links: { self: `${origin}/v3/regions/${id}` }
    })),
    links: links(origin, "regions")
  })

const changePassword = ({ account, tokens }: KeystoneState, request: KeystoneRequest, userId: string): WireResponse => {
  const sent = request.body?.["user"] ?? {}
  const problem = BodySchema.problemOf(BodySchema.passwordChange, sent)
  if (problem !== undefined || !Fields.isObject(sent)) {
    return Answer.fault(400, problem ?? "")
  }
  if (userId !== account.userId || sent["original_password"] !== account.password || !account.enabled) {
    return Answer.unauthorized(request.origin)
  }
  account.password = String(sent["password"])
  tokens.revokeAll()
  return Answer.noContent()
}

const credentialRoutes = (state: KeystoneState) => {
  const { credentials } = state
  const callOf = (
    { now, origin }: KeystoneRequest,
    caller: Tokens.Token,
    userId: string
  ): ApplicationCredentials.Call => ({
    caller,
    userId,
    origin,
    now
  })
  return table({
    "POST /users/{id}/application_credentials": authenticated(state, (request, caller, { id }) =>
      credentials.create(callOf(request, caller, id), request.body)
    ),
    "GET /users/{id}/application_credentials": authenticated(state, (request, caller, { id }) =>
      credentials.list(callOf(request, caller, id), request.search)
    ),
    "DELETE /users/{id}/application_credentials/{credential}": authenticated(state, (request, caller, parameters) =>
      credentials.remove(callOf(request, caller, parameters.id), parameters.credential)
    ),
    "GET /users/{id}/application_credentials/{credential}": authenticated(state, (request, caller, parameters) =>
      credentials.get(callOf(request, caller, parameters.id), parameters.credential)
    )
  })
}

export const routes = (state: KeystoneState) => {
  const { account } = state
  const forbiddenTo = (action: string) => authenticated(state, () => Answer.forbidden(`identity:${action}`))
  return [
    table({
      "GET /auth/projects": authenticated(state, (request) => listProjects(state, request, "auth/projects")),
      "GET /users": forbiddenTo("list_users"),
      "GET /users/{id}": authenticated(state, ({ origin }, _, { id }) =>
        id === account.userId
          ? Answer.json(200, { user: userJson(state, origin) })
          : Answer.forbidden("identity:get_user")
      ),
      "POST /users/{id}/password": (request, { id }) => changePassword(state, request, id),
      "GET /users/{id}/projects": authenticated(state, (request, _, { id }) =>
        id === account.userId
          ? listProjects(state, request, `users/${id}/projects`)
          : Answer.forbidden("identity:list_user_projects")
      ),
      "GET /projects": forbiddenTo("list_projects"),
      "GET /projects/{id}": authenticated(state, ({ origin }, _, { id }) =>
        id === account.tenantId
          ? Answer.json(200, { project: projectJson(state, origin) })
          : Answer.forbidden("identity:get_project")
      ),
      "GET /regions": authenticated(state, (request) => listRegions(state, request))
    }),
    credentialRoutes(state)
  ]
}
