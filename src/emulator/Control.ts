/**
 * The cloud with a control API over HTTP, so that tests in any language can inject faults and read the log of requests.
 *
 * The API is under `/_emulator`, a path that no service of the cloud has. Its requests need no token, are not logged, and no fault
 * applies to them. A browser gets a page at `/`.
 */
import * as Effect from "effect/Effect"
import * as FaultRequest from "./Control/faultRequest.js"
import { page } from "./Control/page.js"
import * as Emulator from "./Emulator.js"
import type { WireBroken, WireHandler, WireRequest, WireResponse } from "./Protocol.js"
import * as Refusal from "./Refusal.js"
import * as Reply from "./Reply.js"
import * as RequestBody from "./RequestBody.js"
import type { RequestLogEntry } from "./RequestLog.js"
import * as Router from "./Router.js"
import * as Target from "./Target.js"

/** A cloud that can be controlled over HTTP. */
export interface ControlledEmulator {
  /** Answers requests to the control API, and passes all others to the cloud. */
  readonly handle: WireHandler
  /** The cloud since the last reset. */
  readonly emulator: () => Emulator.Emulator
}

interface ControlRequest {
  readonly method: string
  readonly query: URLSearchParams
  readonly body: RequestBody.Parsed
  readonly emulator: Emulator.Emulator
  readonly reset: Effect.Effect<void>
}

type Answered = Effect.Effect<WireResponse>

const prefix = "/_emulator"

const problem = (status: number, message: string): WireResponse => Reply.json(status, { error: message })

const done: WireResponse = Reply.empty(204)

const shownRequest = ({ body, ...entry }: RequestLogEntry) => ({
  method: entry.method,
  target: entry.target,
  service: entry.service,
  region: entry.region ?? null,
  headers: entry.headers,
  body: new TextDecoder().decode(body),
  bodyBytes: entry.bodyBytes,
  status: entry.status ?? null,
  responseBytes: entry.responseBytes,
  startedAt: entry.startedAt,
  finishedAt: entry.finishedAt ?? null
})

const resourcesIn = (emulator: Emulator.Emulator, region: string) =>
  Effect.all({
    servers: emulator.serversIn(region).servers,
    loadBalancers: emulator.loadBalancersIn(region).loadBalancers,
    clusters: emulator.bigDataIn(region).clusters,
    containers: emulator.filesIn(region).containers
  })

const { compile, table } = Router.define<ControlRequest, Answered>()

const routes = table({
  "GET /faults": ({ emulator }) =>
    Effect.map(emulator.faults, (faults) => Reply.json(200, { faults: faults.map(FaultRequest.shown) })),
  "POST /faults": ({ body, emulator }) => {
    const rule = FaultRequest.read(body)
    return Effect.map(emulator.fail(rule), () => Reply.json(201, FaultRequest.shown(rule)))
  },
  "DELETE /faults": ({ emulator }) => Effect.as(emulator.clearFaults, done),
  "GET /requests": ({ emulator, query }) =>
    Effect.map(emulator.requests, (all) => {
      const service = query.get("service")
      const wanted = service === null ? all : all.filter((entry) => entry.service === service)
      return Reply.json(200, { requests: wanted.map(shownRequest) })
    }),
  "DELETE /requests": ({ emulator }) => Effect.as(emulator.clearRequests, done),
  "GET /resources": ({ emulator }) =>
    Effect.map(
      Effect.forEach(emulator.regions, (region) =>
        Effect.map(resourcesIn(emulator, region), (resources) => [region, resources] as const)
      ),
      (regions) => Reply.json(200, { regions: Object.fromEntries(regions) })
    ),
  "POST /reset": ({ reset }) => Effect.as(reset, done)
})

const operations = routes.routes.map(({ method, path }) => `${method} ${prefix}${path}`).join(", ")

const route = compile([routes], {
  noRoute: () => Effect.succeed(problem(404, `Unknown path. The control API has: ${operations}`)),
  badMethod: (_, allowed) => Effect.succeed(problem(405, `The methods of this path are ${allowed.join(", ")}`))
})

/** A page of another site can send a POST without asking the browser, but not with this type. */
const isForeign = ({ headers, method }: WireRequest): boolean =>
  method === "POST" && !/^application\/json\b/i.test(headers["content-type"] ?? "")

const control = (
  request: WireRequest,
  emulator: Emulator.Emulator,
  reset: Effect.Effect<void>
): Effect.Effect<WireResponse, WireBroken> => {
  if (isForeign(request)) {
    return Effect.succeed(problem(415, "Send Content-Type: application/json"))
  }
  const { path, query } = Target.split(request.target)
  const segments = RequestBody.segments(path.slice(prefix.length)) ?? []
  return Effect.flatMap(RequestBody.parsed(request), (body) =>
    body === undefined
      ? Effect.succeed(problem(413, `The body may have ${RequestBody.largestBody} bytes`))
      : Refusal.answered(
          Effect.flatten(
            Refusal.attempt(() => route({ method: request.method, query, body, emulator, reset }, segments))
          )
        )
  )
}

const isPage = ({ headers, method, target }: WireRequest): boolean =>
  method === "GET" && Target.split(target).path === "/" && (headers["accept"] ?? "").includes("text/html")

/** A new cloud with its control API. */
export const make = (options: Emulator.EmulatorOptions = {}): Effect.Effect<ControlledEmulator> =>
  Effect.gen(function* () {
    let emulator = yield* Emulator.make(options)
    const reset = Effect.map(Emulator.make(options), (fresh) => {
      emulator = fresh
    })
    return {
      emulator: () => emulator,
      handle: (request) => {
        const { path } = Target.split(request.target)
        if (path === prefix || path.startsWith(`${prefix}/`)) {
          return control(request, emulator, reset)
        }
        return isPage(request) ? Effect.succeed(page) : emulator.handle(request)
      }
    }
  })
