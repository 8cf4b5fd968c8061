/**
 * The CDN of Cloud Files in one region: the host on which containers are made public, with the same
 * paths as the storage has, and the copies that the CDN gives to everybody. DELETE destroys nothing here: it takes a
 * copy out of the caches.
 *
 * Not emulated: the access logs, and more than one cache.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import type { CloudFilesEmulator } from "./CloudFiles.js"
import * as Refusal from "./Refusal.js"
import * as Answer from "./CloudFiles/answer.js"
import * as ByteText from "./CloudFiles/byteText.js"
import * as Listing from "./CloudFiles/listing.js"
import * as Metadata from "./CloudFiles/metadata.js"
import * as Reading from "./CloudFiles/reading.js"
import { SortedNames } from "./CloudFiles/sortedNames.js"
import type { EmulatedService, ServiceRequest, WireBroken, WireRequest, WireResponse } from "./Protocol.js"
import * as Reply from "./Reply.js"
import * as RequestBody from "./RequestBody.js"

/** What may be chosen about the CDN. */
export interface CloudFilesCdnOptions {
  /** How many copies may be purged within 24 hours; one more is refused with 498. Default 25. */
  readonly purgesPerDay?: number | undefined
  /** How many entries a listing has at most. Default 10,000. */
  readonly pageLimit?: number | undefined
}

/** A container that the CDN knows, as a test sees it. */
export interface CdnContainerState {
  readonly name: string
  readonly enabled: boolean
  /** How long a copy lives, in seconds. */
  readonly ttl: number
  readonly logRetention: boolean
}

/** A purge that was asked for, as a test sees it. */
export interface PurgeState {
  readonly container: string
  readonly object: string
  /** Who is to be told when it is done. */
  readonly emails: ReadonlyArray<string>
  /** In milliseconds since 1970. */
  readonly at: number
}

/** Where a copy is: behind one of the four URIs of a container. */
export interface EdgeLocation {
  /** In upper case: `DFW`. */
  readonly region: string
  /** What the container's URIs have in common. */
  readonly id: string
  /** The object's name, still percent-encoded. */
  readonly object: string
}

/** The CDN in one region: what answers requests, and handles for tests. */
export interface CloudFilesCdnEmulator extends EmulatedService {
  /** Answers anybody who asks for a copy. */
  readonly serve: (request: WireRequest & EdgeLocation) => Effect.Effect<WireResponse, WireBroken>
  /** All containers that are known, whether enabled or not, in the order of their names. */
  readonly containers: Effect.Effect<ReadonlyArray<CdnContainerState>>
  /** Makes a container public, whether the storage has it or not, and changes what is given. */
  readonly seedContainer: (container: string, about?: Partial<Omit<CdnContainerState, "name">>) => Effect.Effect<void>
  /** The purges of the last 24 hours, the oldest first. */
  readonly purges: Effect.Effect<ReadonlyArray<PurgeState>>
  /** The names of the objects of which the CDN has a copy that is still served. */
  readonly cached: (container: string) => Effect.Effect<ReadonlyArray<string>>
}

const edge = "cdn-content"
const uris = {
  "X-Cdn-Uri": "http",
  "X-Cdn-Ssl-Uri": "ssl",
  "X-Cdn-Streaming-Uri": "streaming",
  "X-Cdn-Ios-Uri": "ios"
} as const

/** Takes apart the path of a copy; undefined for a path that is none. */
export const locateEdge = (path: string): EdgeLocation | undefined => {
  const [, mount, region = "", kind = "", id = "", ...object] = path.split("/")
  return mount === edge && Object.values<string>(uris).includes(kind)
    ? { region: region.toUpperCase(), id, object: object.join("/") }
    : undefined
}

/** Both in seconds: 15 minutes, and a year. */
const leastTtl = 900
const mostTtl = 31_536_000
const defaultTtl = 259_200

const day = 24 * 60 * 60 * 1000

/** What the cache may hold: the oldest copies make room. */
const mostCopies = 1000
const mostCachedBytes = 64 * 1024 * 1024

interface Published {
  readonly name: ByteText.ByteText
  readonly enabled: boolean
  readonly ttl: number
  readonly logRetention: boolean
}

interface Copy {
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Uint8Array
  readonly until: number
}

const idOf = (account: string, container: ByteText.ByteText): string =>
  createHash("sha256").update(`${account}/${container}`, "latin1").digest("hex").slice(0, 32)

const shown = (value: boolean): string => (value ? "True" : "False")

/** The copies, of which there are not too many. */
class Cache {
  private readonly copies = new Map<string, Copy>()
  private bytes = 0

  get(key: string, now: number): Copy | undefined {
    const copy = this.copies.get(key)
    if (copy !== undefined && copy.until <= now) {
      this.remove(key)
      return undefined
    }
    return copy
  }

  add(key: string, copy: Copy): void {
    this.remove(key)
    if (copy.bytes.byteLength > mostCachedBytes) {
      return
    }
    this.copies.set(key, copy)
    this.bytes += copy.bytes.byteLength
    for (const oldest of this.copies.keys()) {
      if (this.copies.size <= mostCopies && this.bytes <= mostCachedBytes) {
        return
      }
      this.remove(oldest)
    }
  }

  remove(key: string): void {
    const copy = this.copies.get(key)
    if (copy !== undefined) {
      this.bytes -= copy.bytes.byteLength
      this.copies.delete(key)
    }
  }

  keys(now: number): ReadonlyArray<string> {
    return [...this.copies.keys()].filter((key) => this.get(key, now) !== undefined)
  }
}

/** A CDN that knows no container, in front of a storage. */
export const make = (files: CloudFilesEmulator, options: CloudFilesCdnOptions = {}): CloudFilesCdnEmulator => {
  const purgesPerDay = options.purgesPerDay ?? 25
  const pageLimit = options.pageLimit ?? 10_000
  const names = new SortedNames()
  const records = new Map<ByteText.ByteText, Published>()
  const byId = new Map<string, Published>()
  const cache = new Cache()
  let purges: ReadonlyArray<PurgeState> = []
  let account = ""

  const keep = (record: Published): void => {
    if (!records.has(record.name)) {
      names.add(record.name)
    }
    records.set(record.name, record)
  }

  const forget = (record: Published): void => {
    names.delete(record.name)
    records.delete(record.name)
    byId.delete(idOf(account, record.name))
  }

  const keyOf = (container: ByteText.ByteText, object: ByteText.ByteText): string => `${container}/${object}`

  const uriOf = (request: ServiceRequest, name: ByteText.ByteText, kind: string): string =>
    `${new URL(request.baseUrl).origin}/${edge}/${request.region.toLowerCase()}/${kind}/${idOf(account, name)}`

  const headersOf = (request: ServiceRequest, record: Published): Record<string, string> => ({
    "X-Cdn-Enabled": shown(record.enabled),
    "X-Ttl": String(record.ttl),
    "X-Log-Retention": shown(record.logRetention),
    ...Object.fromEntries(
      Object.entries(uris).map(([header, kind]) => [header, uriOf(request, record.name, kind)] as const)
    )
  })

  /** What a request makes of a container; 400 for a lifetime that no copy may have. */
  const changed = (request: ServiceRequest, before: Published): Published => {
    const { headers } = request
    const ttl = headers["x-ttl"]
    const enabled = headers["x-cdn-enabled"]
    const logRetention = headers["x-log-retention"]
    if (ttl !== undefined && !(/^\d+$/.test(ttl) && Number(ttl) >= leastTtl && Number(ttl) <= mostTtl)) {
      Refusal.refuse(Answer.plain(400, `X-TTL must be between ${leastTtl} and ${mostTtl} seconds`))
    }
    return {
      name: before.name,
      ttl: ttl === undefined ? before.ttl : Number(ttl),
      enabled: enabled === undefined ? before.enabled : Metadata.isTrue(enabled),
      logRetention: logRetention === undefined ? before.logRetention : Metadata.isTrue(logRetention)
    }
  }

  const list = (request: ServiceRequest): WireResponse => {
    if (request.method === "HEAD") {
      return Reply.empty(204, { "X-Account-Container-Count": String(records.size) })
    }
    if (request.method !== "GET") {
      return Answer.standard(405, { Allow: "GET, HEAD" })
    }
    const format = Listing.format(request)
    const parameters = Listing.parameters(request, pageLimit)
    const enabledOnly = Metadata.isTrue(Listing.parameter(request, "enabled_only"))
    const pool = enabledOnly ? new SortedNames() : names
    if (enabledOnly) {
      for (const record of records.values()) {
        if (record.enabled) {
          pool.add(record.name)
        }
      }
    }
    const rows = Listing.page(pool, { ...parameters, path: undefined, delimiter: "", prefix: "" }).flatMap(
      ({ name }): ReadonlyArray<Listing.Row> => {
        const record = records.get(name)
        return record === undefined
          ? []
          : [
              {
                name: ByteText.toText(name),
                cdn_enabled: record.enabled,
                ttl: record.ttl,
                log_retention: record.logRetention,
                cdn_uri: uriOf(request, name, uris["X-Cdn-Uri"]),
                cdn_ssl_uri: uriOf(request, name, uris["X-Cdn-Ssl-Uri"]),
                cdn_streaming_uri: uriOf(request, name, uris["X-Cdn-Streaming-Uri"]),
                cdn_ios_uri: uriOf(request, name, uris["X-Cdn-Ios-Uri"])
              }
            ]
      }
    )
    return Listing.respond(rows, format, { root: "account", item: "container", name: account }, Listing.varies(request))
  }

  const container = (request: ServiceRequest, name: ByteText.ByteText, isStored: boolean): WireResponse => {
    const record = records.get(name)
    switch (request.method) {
      case "HEAD":
        return record === undefined ? Answer.standard(404) : Reply.empty(204, headersOf(request, record))
      case "PUT": {
        if (record === undefined && !isStored) {
          return Answer.standard(404)
        }
        const next = changed(request, {
          name,
          ttl: record?.ttl ?? defaultTtl,
          enabled: true,
          logRetention: record?.logRetention ?? false
        })
        keep(next)
        return Answer.standard(record === undefined ? 201 : 202, headersOf(request, next))
      }
      case "POST": {
        if (record === undefined) {
          return Answer.standard(404)
        }
        keep(changed(request, record))
        // The documents' sample shows what was before.
        return Answer.standard(204, headersOf(request, record))
      }
      case "DELETE":
        if (!Metadata.isTrue(request.headers["x-remove-cdn-container"])) {
          return Answer.standard(405, { Allow: "HEAD, PUT, POST" })
        }
        if (record === undefined) {
          return Answer.standard(404)
        }
        if (record.enabled) {
          return Answer.standard(409)
        }
        forget(record)
        return Answer.standard(204)
      default:
        return Answer.standard(405, { Allow: "HEAD, PUT, POST" })
    }
  }

  const recent = (now: number): ReadonlyArray<PurgeState> => purges.filter(({ at }) => now - at < day)

  const purge = (request: ServiceRequest, path: Reading.ObjectPath, now: number): WireResponse => {
    if (request.method !== "DELETE") {
      return Answer.standard(405, { Allow: "DELETE" })
    }
    if (!records.has(path.container)) {
      return Answer.standard(404)
    }
    purges = recent(now)
    if (purges.length >= purgesPerDay) {
      return Reply.html(498, "Rate Limited", "")
    }
    const emails = (request.headers["x-purge-email"] ?? "")
      .split(",")
      .map((email) => email.trim())
      .filter((email) => email !== "")
    purges = [
      ...purges,
      { container: ByteText.toText(path.container), object: ByteText.toText(path.object), emails, at: now }
    ]
    cache.remove(keyOf(path.container, path.object))
    return Answer.standard(204)
  }

  const route = (request: ServiceRequest, now: number): Effect.Effect<WireResponse, Refusal.Refusal> => {
    account = request.caller.storageAccount
    const path = ByteText.percentDecode(request.path).replace(/^\//, "")
    const target = Reading.splitPath(path)
    if (!ByteText.isValid(path)) {
      return Effect.succeed(Answer.sentence(412, "Invalid UTF8 or contains NULL"))
    }
    if (path === "") {
      return Refusal.attempt(() => list(request))
    }
    if (target !== undefined) {
      return Refusal.attempt(() => purge(request, target, now))
    }
    const name = path.replace(/\/$/, "")
    return Effect.flatMap(files.containers, (stored) => {
      const isStored = stored.some((each) => each.name === ByteText.toText(name))
      return Refusal.attempt(() => container(request, name, isStored))
    })
  }

  /** The container whose URIs have this id. Found ids are kept, because there are as many as containers at most. */
  const recordOf = (id: string): Published | undefined => {
    const known = byId.get(id)
    if (known === undefined) {
      for (const record of records.values()) {
        byId.set(idOf(account, record.name), record)
      }
    }
    const name = byId.get(id)?.name
    return name === undefined ? undefined : records.get(name)
  }

  /** Asks the storage, as the CDN does, and keeps a copy of what can be copied. */
  const fetch = (
    request: WireRequest & EdgeLocation,
    record: Published,
    object: ByteText.ByteText,
    now: number
  ): Effect.Effect<WireResponse, WireBroken> =>
    Effect.gen(function* () {
      const path = `/${ByteText.percentEncode(record.name)}/${ByteText.percentEncode(object)}`
      const response = yield* files.handle({
        method: "GET",
        target: path,
        path,
        query: new URLSearchParams(),
        headers: {},
        body: Stream.empty,
        region: request.region,
        caller: { tenantId: "", storageAccount: account, userId: "", username: "" },
        baseUrl: ""
      })
      if (response.status !== 200) {
        return response
      }
      const headers = { ...response.headers, "Cache-Control": `public, max-age=${record.ttl}` }
      if ((Reply.contentLength(response) ?? Infinity) > mostCachedBytes) {
        return { ...response, headers }
      }
      const bytes =
        response.body instanceof Uint8Array
          ? response.body
          : yield* Stream.runFold(response.body, [] as Array<Uint8Array>, (parts, part) => {
              parts.push(part)
              return parts
            }).pipe(Effect.map(RequestBody.concat))
      cache.add(keyOf(record.name, object), { headers, bytes, until: now + record.ttl * 1000 })
      return { status: 200, headers, body: bytes }
    })

  return {
    handle: (request) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.map(
          Effect.catchAll(route(request, now), (refused) => Effect.succeed(refused.response)),
          (response) => Answer.signed(response, now, request.region)
        )
      ),
    serve: (request) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        if (request.method !== "GET" && request.method !== "HEAD") {
          return Answer.standard(405, { Allow: "GET, HEAD" })
        }
        const record = recordOf(request.id)
        const object = ByteText.percentDecode(request.object)
        if (record === undefined || object === "") {
          return Answer.standard(404)
        }
        const copy = cache.get(keyOf(record.name, object), now)
        // Copies outlive the end of publication: they are served until their time is over.
        const response: WireResponse =
          copy !== undefined
            ? { status: 200, headers: copy.headers, body: copy.bytes }
            : record.enabled
              ? yield* fetch(request, record, object, now)
              : Answer.standard(404)
        return request.method === "HEAD"
          ? {
              ...response,
              headers: { ...response.headers, "Content-Length": String(Reply.contentLength(response) ?? 0) },
              body: new Uint8Array(0)
            }
          : response
      }),
    containers: Effect.sync(() =>
      [...names.from("")].flatMap((name) => {
        const record = records.get(name)
        return record === undefined ? [] : [{ ...record, name: ByteText.toText(name) }]
      })
    ),
    seedContainer: (container, about = {}) =>
      Effect.sync(() => {
        const name = ByteText.fromText(container)
        keep({ ttl: defaultTtl, enabled: true, logRetention: false, ...records.get(name), ...about, name })
      }),
    purges: Effect.map(Clock.currentTimeMillis, recent),
    cached: (container) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const prefix = keyOf(ByteText.fromText(container), "")
        return cache
          .keys(now)
          .filter((key) => key.startsWith(prefix))
          .map((key) => ByteText.toText(key.slice(prefix.length)))
      })
  }
}
