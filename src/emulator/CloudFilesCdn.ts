/**
 * The CDN of Cloud Files in one region: a host with the storage's paths, on which containers are made public, and the
 * public copies. DELETE of an object removes only its copy (Cloud Files API v1, "CDN services").
 *
 * Not emulated: access logs, and more than one cache.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { CloudFilesEmulator } from "./CloudFiles.js"
import * as Answer from "./CloudFiles/answer.js"
import * as ByteText from "./CloudFiles/byteText.js"
import { segmentsOf } from "./CloudFiles/requests.js"
import * as Containers from "./CloudFilesCdn/containers.js"
import type { EdgeLocation } from "./CloudFilesCdn/edge.js"
import * as Edge from "./CloudFilesCdn/edge.js"
import * as Purges from "./CloudFilesCdn/purges.js"
import type { PurgeState } from "./CloudFilesCdn/region.js"
import { CdnRegion, copyKey, defaultTtl } from "./CloudFilesCdn/region.js"
import { compile } from "./CloudFilesCdn/requests.js"
import type { EmulatedService, WireBroken, WireRequest, WireResponse } from "./Protocol.js"
import * as Refusal from "./Refusal.js"

/** Options of the CDN. */
export interface CloudFilesCdnOptions {
  /** How many copies may be purged within 24 hours; further purges are refused with 498. Default 25. */
  readonly purgesPerDay?: number | undefined
  /** The maximum number of entries in a listing. Default 10,000. */
  readonly pageLimit?: number | undefined
}

/** A container's state in the CDN, for tests. */
export interface CdnContainerState {
  readonly name: string
  readonly enabled: boolean
  /** The lifetime of a copy in seconds. */
  readonly ttl: number
  readonly logRetention: boolean
}

/** The CDN in one region, with handles for tests. */
export interface CloudFilesCdnEmulator extends EmulatedService {
  /** Answers a request for a copy, which needs no token. */
  readonly serve: (request: WireRequest & EdgeLocation) => Effect.Effect<WireResponse, WireBroken>
  /** All containers, enabled or not, by name. */
  readonly containers: Effect.Effect<ReadonlyArray<CdnContainerState>>
  /** Makes a container public with these settings, even if it is not in the storage. */
  readonly seedContainer: (container: string, about?: Partial<Omit<CdnContainerState, "name">>) => Effect.Effect<void>
  /** The purges of the last 24 hours, oldest first. */
  readonly purges: Effect.Effect<ReadonlyArray<PurgeState>>
  /** The names of the objects with a cached copy that has not expired. */
  readonly cached: (container: string) => Effect.Effect<ReadonlyArray<string>>
}

/** The 405 with the methods in `Allow`. DELETE of a container is omitted because it requires a header. */
const refuseMethod = (allowed: ReadonlyArray<string>): WireResponse =>
  Answer.standard(405, {
    Allow: (allowed.length === 1 ? allowed : allowed.filter((each) => each !== "DELETE")).join(", ")
  })

const handlerOf = (
  region: CdnRegion,
  files: CloudFilesEmulator,
  { pageLimit = 10_000, purgesPerDay = 25 }: CloudFilesCdnOptions
): EmulatedService["handle"] => {
  const route = compile([Containers.routes(region, pageLimit), Purges.routes(region, purgesPerDay)], {
    noRoute: () => Answer.standard(404),
    badMethod: (_, allowed) => refuseMethod(allowed)
  })
  return (request) =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      region.account = request.caller.storageAccount
      const path = ByteText.percentDecode(request.path).replace(/^\//, "")
      if (!ByteText.isValid(path)) {
        return Answer.signed(Answer.sentence(412, "Invalid UTF8 or contains NULL"), now, request.region)
      }
      const segments = segmentsOf(path) ?? [path]
      const stored = yield* files.containers
      const isStored = stored.some(({ name }) => name === ByteText.toText(segments[0] ?? ""))
      const response = Refusal.catching(() => route({ ...request, now, isStored }, segments))
      return Answer.signed(response, now, request.region)
    })
}

/** A CDN without containers, in front of a storage. */
export const make = (files: CloudFilesEmulator, options: CloudFilesCdnOptions = {}): CloudFilesCdnEmulator => {
  const region = new CdnRegion()
  return {
    handle: handlerOf(region, files, options),
    serve: Edge.serve(region, files),
    containers: Effect.sync(() =>
      [...region.names.from("")].flatMap((name) => {
        const container = region.containers.get(name)
        return container === undefined ? [] : [{ ...container, name: ByteText.toText(name) }]
      })
    ),
    seedContainer: (container, settings = {}) =>
      Effect.sync(() => {
        const name = ByteText.fromText(container)
        const before = region.containers.get(name)
        region.store({ ttl: defaultTtl, enabled: true, logRetention: false, ...before, ...settings, name })
      }),
    purges: Effect.map(Clock.currentTimeMillis, (now) => region.purges(now)),
    cached: (container) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const prefix = copyKey(ByteText.fromText(container), "")
        return region.cache
          .keys(now)
          .filter((key) => key.startsWith(prefix))
          .map((key) => ByteText.toText(key.slice(prefix.length)))
      })
  }
}
