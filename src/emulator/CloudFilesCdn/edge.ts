/** The CDN's public copies of objects. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Answer from "../CloudFiles/answer.js"
import * as ByteText from "../CloudFiles/byteText.js"
import type { EmulatedService, WireBroken, WireRequest, WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as RequestBody from "../RequestBody.js"
import { maxBytes } from "./cache.js"
import type { CdnRegion, PublicContainer } from "./region.js"
import { copyKey, edgeMount, uriKinds } from "./region.js"

/** The location of a copy, parsed from one of a container's four URIs. */
export interface EdgeLocation {
  /** In upper case: `DFW`. */
  readonly region: string
  /** The part that the container's URIs have in common. */
  readonly id: string
  /** The object's name, still percent-encoded. */
  readonly object: string
}

/** Parses the path of a copy; undefined for other paths. */
export const locateEdge = (path: string): EdgeLocation | undefined => {
  const [, mount, region = "", kind = "", id = "", ...object] = path.split("/")
  return mount === edgeMount && Object.values<string>(uriKinds).includes(kind)
    ? { region: region.toUpperCase(), id, object: object.join("/") }
    : undefined
}

const collect = ({ body }: WireResponse): Effect.Effect<Uint8Array, WireBroken> =>
  body instanceof Uint8Array
    ? Effect.succeed(body)
    : Effect.map(Stream.runCollect(body), (parts) => RequestBody.concat([...parts]))

/** Reads an object from the storage, and caches it if it is not too large. */
const fetch = (
  region: CdnRegion,
  files: EmulatedService,
  request: EdgeLocation,
  { name, ttl }: PublicContainer,
  object: ByteText.ByteText,
  now: number
): Effect.Effect<WireResponse, WireBroken> =>
  Effect.gen(function* () {
    const path = `/${ByteText.percentEncode(name)}/${ByteText.percentEncode(object)}`
    const response = yield* files.handle({
      method: "GET",
      target: path,
      path,
      query: new URLSearchParams(),
      headers: {},
      body: Stream.empty,
      region: request.region,
      caller: { tenantId: "", storageAccount: region.account, userId: "", username: "" },
      baseUrl: ""
    })
    if (response.status !== 200) {
      return response
    }
    const headers = { ...response.headers, "Cache-Control": `public, max-age=${ttl}` }
    if ((Reply.contentLength(response) ?? Infinity) > maxBytes) {
      return { ...response, headers }
    }
    const body = yield* collect(response)
    region.cache.add(copyKey(name, object), { headers, bytes: body, until: now + ttl * 1000 })
    return { status: 200, headers, body }
  })

/** The answer to a HEAD. */
const withoutBody = (response: WireResponse): WireResponse => ({
  ...response,
  headers: { ...response.headers, "Content-Length": String(Reply.contentLength(response) ?? 0) },
  body: new Uint8Array(0)
})

/** Serves copies from the cache, otherwise from the storage. */
export const serve =
  (region: CdnRegion, files: EmulatedService) =>
  (request: WireRequest & EdgeLocation): Effect.Effect<WireResponse, WireBroken> =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      if (request.method !== "GET" && request.method !== "HEAD") {
        return Answer.standard(405, { Allow: "GET, HEAD" })
      }
      const container = region.findById(request.id)
      const object = ByteText.percentDecode(request.object)
      if (container === undefined || object === "") {
        return Answer.standard(404)
      }
      const copy = region.cache.get(copyKey(container.name, object), now)
      // Copies are served until they expire, even if the container is no longer public.
      const response: WireResponse =
        copy !== undefined
          ? { status: 200, headers: copy.headers, body: copy.bytes }
          : container.enabled
            ? yield* fetch(region, files, request, container, object, now)
            : Answer.standard(404)
      return request.method === "HEAD" ? withoutBody(response) : response
    })
