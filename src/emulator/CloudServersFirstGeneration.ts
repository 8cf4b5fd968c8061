/**
 * The first generation of Cloud Servers: one endpoint for all regions, numeric ids, and addresses that are plain
 * strings. It is retired, so only reading is emulated (Cloud Servers API v1.0, "Servers").
 */
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"
import { badMethod, badRequest, noRoute, notFound } from "./CloudServers/requests.js"
import * as Fields from "./Fields.js"
import type { EmulatedService, ServiceRequest, WireResponse } from "./Protocol.js"
import * as Refusal from "./Refusal.js"
import * as Reply from "./Reply.js"
import * as RequestBody from "./RequestBody.js"
import * as Router from "./Router.js"

/** The maximum page size of a listing. */
const pageCap = 1000

/** Fields of a server that a test creates. */
export interface SeededServer {
  /** Default `server-{id}`. */
  readonly name?: string | undefined
  /** Default `ACTIVE`. */
  readonly status?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

/** Changes that tests make directly, not through the API. */
export interface FirstGenerationHandles {
  /** Creates a server, and returns its id. */
  readonly seedServer: (fields?: SeededServer) => Effect.Effect<number>
}

/** The first generation of Cloud Servers. */
export interface FirstGenerationEmulator extends EmulatedService {
  readonly handles: FirstGenerationHandles
}

interface Server {
  readonly id: number
  readonly name: string
  readonly status: string
  readonly metadata: Readonly<Record<string, string>>
}

const summary = ({ id, name }: Server) => ({ id, name })

const detail = ({ id, metadata, name, status }: Server) => ({
  id,
  name,
  imageId: 119,
  flavorId: 1,
  hostId: createHash("md5")
    .update(`host-${id % 3}`)
    .digest("hex"),
  progress: status === "ACTIVE" ? 100 : 0,
  status,
  addresses: { public: [`198.51.100.${id % 250}`], private: [`10.176.40.${id % 250}`] },
  metadata
})

const natural = (query: URLSearchParams, name: string): number | undefined =>
  Fields.queryInteger(query, name, () => badRequest(`${name} must be a number`))

/** A page of servers, by default of the maximum size. */
const pageOf = (servers: ReadonlyArray<Server>, query: URLSearchParams): ReadonlyArray<Server> => {
  const offset = natural(query, "offset") ?? 0
  return servers.slice(offset, offset + Math.min(natural(query, "limit") ?? pageCap, pageCap))
}

const { compile, table } = Router.define<ServiceRequest, WireResponse>()

const routesOf = (servers: ReadonlyArray<Server>) =>
  table({
    "GET /servers": ({ query }) => Reply.json(200, { servers: pageOf(servers, query).map(summary) }),
    "GET /servers/detail": ({ query }) => Reply.json(200, { servers: pageOf(servers, query).map(detail) }),
    "GET /servers/{id}": (_, { id }) =>
      Reply.json(203, { server: detail(servers.find((server) => String(server.id) === id) ?? notFound("Not Found")) })
  })

/** The first generation, without servers. */
export const make = (): FirstGenerationEmulator => {
  const servers: Array<Server> = []
  const route = compile([routesOf(servers)], { noRoute, badMethod })
  const respond = (request: ServiceRequest): WireResponse =>
    route(request, RequestBody.segments(request.path.replace(/\.json$/, "")) ?? [])

  return {
    handle: (request) => Effect.sync(() => Refusal.catching(() => respond(request))),
    handles: {
      seedServer: ({ metadata = {}, name, status = "ACTIVE" } = {}) =>
        Effect.sync(() => {
          const id = 10_000_001 + servers.length
          servers.push({ id, name: name ?? `server-${id}`, status, metadata })
          return id
        })
    }
  }
}
