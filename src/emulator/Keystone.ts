/**
 * Keystone v3, for the same account and tokens as Identity v2.0: logins by password, passcode, token and application
 * credential, in one or two steps, scoped to a project, a domain, the system or nothing; validation and revocation; the
 * catalog; application credentials; password changes. Where the API reference (Identity API v3) is silent, it answers
 * as Keystone 22 does.
 */
import type * as Effect from "effect/Effect"
import * as Fields from "./Fields.js"
import type { JsonObject } from "./Fields.js"
import * as Answer from "./Keystone/answer.js"
import { compile, table } from "./Keystone/requests.js"
import type { KeystoneOptions } from "./Keystone/state.js"
import { KeystoneState } from "./Keystone/state.js"
import * as Tokens from "./Keystone/tokens.js"
import * as Users from "./Keystone/users.js"
import type { WireBroken, WireRequest, WireResponse } from "./Protocol.js"
import * as RequestBody from "./RequestBody.js"
import * as Target from "./Target.js"

export interface Keystone {
  /** Answers a request. `target` is that of the request without the leading `/v3`. */
  readonly handle: (request: WireRequest, target: string, origin: string) => Effect.Effect<WireResponse, WireBroken>
}

/** Whether a path belongs to Keystone: `/v3…`. */
export const owns = (path: string): boolean => path === "/v3" || path.startsWith("/v3/")

/** The entry in the list of versions. */
export const version = (origin: string): JsonObject => ({
  id: "v3.14",
  status: "stable",
  updated: "2020-04-07T00:00:00Z",
  links: [{ rel: "self", href: `${origin}/v3/` }],
  "media-types": [{ base: "application/json", type: "application/vnd.openstack.identity-v3+json" }]
})

/** The value of the `Allow` header. */
const allowOf = (allowed: ReadonlyArray<string>): string =>
  ["OPTIONS", ...(allowed.includes("GET") ? ["HEAD"] : []), ...allowed].join(", ")

/** The refusal of a body that is not a JSON object. */
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

const routeOf = (state: KeystoneState) => {
  const root = table({ "GET /": ({ origin }) => Answer.json(200, { version: version(origin) }) })
  return compile([root, Tokens.routes(state), ...Users.routes(state)], {
    noRoute: () => Answer.noSuchPath(),
    badMethod: ({ isRoot, method }, allowed) =>
      method === "OPTIONS" ? Answer.options(allowOf(allowed)) : Answer.methodNotAllowed(allowOf(allowed), isRoot)
  })
}

/** Keystone for one account. */
export const make = (options: KeystoneOptions): Keystone => {
  const route = routeOf(new KeystoneState(options))
  return {
    handle: (request, target, origin) =>
      RequestBody.respondToJson(request, (parsed, now) => {
        const problem = bodyProblem(request, parsed)
        if (problem !== undefined) {
          return problem
        }
        const { path, query } = Target.split(target)
        const segments = RequestBody.segments(path)
        if (segments === undefined) {
          return Answer.noSuchPath()
        }
        const { headers, method } = request
        const search = target.slice(path.length + 1)
        const isRoot = segments.length === 0
        return route(
          { ...RequestBody.routed({ headers, method, query }, parsed, now), search, origin, isRoot },
          segments
        )
      })
  }
}
