/** The front of the cloud: logs requests, applies injected faults, checks tokens, and routes requests to services. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { isDiscovery } from "../CloudFiles.js"
import * as Edge from "../CloudFilesCdn/edge.js"
import * as Versions from "../CloudServers/versions.js"
import type { Caller, ServiceRequest, WireBroken, WireHandler, WireRequest, WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import type * as RequestLog from "../RequestLog.js"
import * as ServiceCatalog from "../ServiceCatalog.js"
import * as Target from "../Target.js"
import * as Timestamp from "../Timestamp.js"
import { dialectOf, refusal, requestIdHeaders, unauthorized, wrongTenant } from "./answers.js"
import type { Cloud } from "./cloud.js"
import * as Faults from "./faults.js"

type Answered = Effect.Effect<WireResponse, WireBroken>

/** The service and region of a path, as the log and the faults name them. */
interface Destination {
  readonly service: string
  readonly region: string | undefined
  /** The endpoint of the path, if there is one. */
  readonly location: ServiceCatalog.Location | undefined
}

const destinationOf = (cloud: Cloud, path: string): Destination => {
  if (cloud.identity.owns(path)) {
    return { service: "identity", region: undefined, location: undefined }
  }
  const location = ServiceCatalog.locate(path, cloud.regionNames)
  const versionsOf = Versions.regionOf(path)
  const region = location?.region ?? versionsOf
  if (location !== undefined) {
    return { service: location.entry.mount, region, location }
  }
  const other = Edge.locateEdge(path) !== undefined ? "cdn" : isDiscovery(path) ? "files" : "unknown"
  return { service: versionsOf === undefined ? other : "servers", region, location }
}

/** Handles paths outside of endpoints: versions of Cloud Servers, copies of the CDN, and `/info` of Cloud Files. */
const serveWithoutEndpoint = (cloud: Cloud, request: WireRequest, path: string): Answered | undefined => {
  const versionsOf = Versions.regionOf(path)
  if (versionsOf !== undefined && cloud.regions.has(versionsOf)) {
    return Effect.succeed(Versions.serve(path, cloud.originOf(request), cloud.options.servers?.maxMicroversion))
  }
  const edge = Edge.locateEdge(path)
  const cdn = edge === undefined ? undefined : cloud.regions.get(edge.region)?.cdn
  if (edge !== undefined && cdn !== undefined) {
    return cdn.serve({ ...request, ...edge })
  }
  const [anyRegion] = cloud.regions.values()
  const discovered = isDiscovery(path) ? anyRegion?.files.discover(request.method) : undefined
  return discovered === undefined ? undefined : Effect.succeed(discovered)
}

/** Checks the token and the tenant of a request, and passes it to its service. */
const serve = (
  cloud: Cloud,
  request: WireRequest,
  service: string,
  location: ServiceCatalog.Location,
  query: URLSearchParams
): Answered => {
  const { basePath, entry, path, region, tenant } = location
  const emulated = cloud.serviceAt(service, region)
  const baseUrl = `${cloud.originOf(request)}${basePath}`
  const requestOf = (caller: Caller): ServiceRequest => ({
    ...request,
    region: region ?? "",
    path,
    query,
    caller,
    baseUrl
  })
  const answer = (caller: Caller | undefined): Answered => {
    if (caller === undefined) {
      return Effect.succeed(unauthorized(service, tenant))
    }
    const expected = { none: undefined, storage: caller.storageAccount, account: caller.tenantId }[entry.tenant]
    const otherAccount = tenant !== undefined && emulated?.accounts?.has(tenant) === true ? tenant : undefined
    if (tenant !== expected && otherAccount === undefined) {
      return Effect.succeed(wrongTenant(service, tenant))
    }
    return emulated === undefined
      ? Effect.succeed(refusal(service, 404, "The resource could not be found."))
      : emulated.handle({ ...requestOf(caller), otherAccount })
  }
  return Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const token = request.headers["x-auth-token"] ?? request.headers["x-storage-token"]
    const caller = cloud.identity.callerOf(token, now)
    const { storageAccount, tenantId, userId, username } = cloud.account
    if (emulated?.handlePublic === undefined || tenant !== storageAccount) {
      return answer(caller)
    }
    const publicRequest = requestOf({ tenantId, storageAccount, userId, username })
    return Effect.flatMap(emulated.handlePublic(publicRequest, caller !== undefined), (response) =>
      response === undefined ? answer(caller) : Effect.succeed(response)
    )
  })
}

/** Handles a request to which no fault applies. */
const route = (cloud: Cloud, request: WireRequest, { location, service }: Destination): Answered => {
  if (service === "identity") {
    return cloud.identity.handle(request, cloud.originOf(request))
  }
  const { path, query } = Target.split(request.target)
  const answer = serveWithoutEndpoint(cloud, request, path)
  if (answer !== undefined) {
    return answer
  }
  return location === undefined
    ? Effect.succeed(Reply.text(404, "404 Not Found\n\nThe resource could not be found.\n\n   "))
    : serve(cloud, request, service, location, query)
}

const finish = ({ options }: Cloud, open: RequestLog.OpenEntry): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    open.finished(now)
    return options.onFinished === undefined ? Effect.void : options.onFinished(open.entry)
  })

/** Counts the bytes of the response that the client reads, and logs its end. */
const observed = (
  cloud: Cloud,
  open: RequestLog.OpenEntry,
  method: string,
  response: WireResponse
): Effect.Effect<WireResponse> => {
  open.status(response.status)
  const { body } = response
  const hasBody = Reply.mayHaveBody(method, response.status)
  if (body instanceof Uint8Array || !hasBody) {
    open.responseBytes(body instanceof Uint8Array && hasBody ? body.byteLength : 0)
    return Effect.as(finish(cloud, open), response)
  }
  const counted = Stream.map(body, (chunk) => {
    open.responseBytes(chunk.byteLength)
    return chunk
  })
  return Effect.succeed({ ...response, body: Stream.ensuring(counted, finish(cloud, open)) })
}

/** Answers raw requests. */
export const handlerOf =
  (cloud: Cloud): WireHandler =>
  (request) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const { method, target } = request
      const destination = destinationOf(cloud, Target.split(target).path)
      const { region, service } = destination
      const open = cloud.log.open(request, service, region, now)
      const fault = cloud.faults.take({ method, service, target })
      const body = Stream.map(request.body, (chunk) => {
        open.requestBytes(chunk)
        return chunk
      })
      const logged: WireRequest = { ...request, body }
      const proceed = Effect.suspend(() => route(cloud, logged, destination))
      const headers = { ...requestIdHeaders(dialectOf(service, target)), Date: Timestamp.httpDate(now) }
      return Faults.meet(fault, logged, service, cloud.identity.tokens, now, proceed).pipe(
        Effect.flatMap((response) => observed(cloud, open, method, Reply.withDefaultHeaders(response, headers))),
        Effect.onError(() => finish(cloud, open))
      )
    })
