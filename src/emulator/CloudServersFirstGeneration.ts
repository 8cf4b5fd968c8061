/**
 * The first generation of Cloud Servers (servers.md section 7): one endpoint for all regions, ids that are numbers, and
 * addresses that are plain texts. It is retired: what it still has can be looked at, and nothing more is emulated.
 */
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"
import * as NovaRequest from "./CloudServers/requests.js"
import type { EmulatedService, ServiceRequest, WireResponse } from "./Protocol.js"
import * as Refusal from "./Refusal.js"
import * as Reply from "./Reply.js"
import * as RequestBody from "./RequestBody.js"

/** The largest page of a listing, and the one that is given where none is asked for. */
const pageCap = 1000

/** What may be chosen about a seeded server. */
export interface SeededServer {
  /** Default `server-{id}`. */
  readonly name?: string | undefined
  /** Default `ACTIVE`. */
  readonly status?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

/** What tests do to the first generation behind its API's back. */
export interface FirstGenerationHandles {
  /** Puts a server there, and gives its id. */
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

const whole = (query: URLSearchParams, name: string, otherwise: number): number => {
  const text = query.get(name)
  return text === null
    ? otherwise
    : /^\d+$/.test(text)
      ? Number(text)
      : Refusal.fault(400, "badRequest", `${name} must be a number`)
}

/** The first generation, with no server. */
export const make = (): FirstGenerationEmulator => {
  const servers: Array<Server> = []

  const respond = ({ method, path, query }: ServiceRequest): WireResponse => {
    const [collection, item, ...more] = RequestBody.segments(path.replace(/\.json$/, "")) ?? []
    if (collection !== "servers" || more.length > 0) return NovaRequest.noRoute()
    if (method !== "GET") return NovaRequest.badMethod()
    if (item === undefined || item === "detail") {
      const offset = whole(query, "offset", 0)
      const page = servers.slice(offset, offset + Math.min(whole(query, "limit", pageCap), pageCap))
      return Reply.json(200, { servers: page.map(item === undefined ? summary : detail) })
    }
    const server = servers.find(({ id }) => String(id) === item)
    return server === undefined ? NovaRequest.notFound("Not Found") : Reply.json(203, { server: detail(server) })
  }

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
