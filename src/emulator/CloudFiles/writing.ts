/** PUT, POST and DELETE of objects. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ServiceRequest, WireBroken, WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Timestamp from "../Timestamp.js"
import * as Answer from "./answer.js"
import * as ByteText from "./byteText.js"
import * as MediaType from "./mediaType.js"
import * as Metadata from "./metadata.js"
import * as Reading from "./reading.js"
import type { Container, Settings, Storage, StoredObject } from "./storage.js"
import { lastModified } from "./storage.js"
import * as StoredBytes from "./storedBytes.js"
import * as ObjectVersioning from "./objectVersioning.js"
import * as Versions from "./versions.js"

/** The context of a request for an object. */
export interface Work {
  readonly storage: Storage
  /** The storages of other accounts that the caller may use, by name. */
  readonly storageOf?: ((account: string) => Storage | undefined) | undefined
  readonly settings: Settings
  readonly request: ServiceRequest
  readonly path: Reading.ObjectPath
}

const maxNameLength = 1024

/** Headers that an object keeps besides its metadata. A POST clears those that it does not send again. */
const keptHeaders: ReadonlyArray<string> = [
  "Content-Disposition",
  "Content-Encoding",
  "Content-Language",
  "Cache-Control",
  "Expires",
  "X-Robots-Tag",
  "X-Object-Manifest",
  // Swift accepts these on objects, for browsers that read through the CDN.
  "Access-Control-Allow-Credentials",
  "Access-Control-Allow-Headers",
  "Access-Control-Allow-Methods",
  "Access-Control-Allow-Origin",
  "Access-Control-Expose-Headers",
  "Access-Control-Max-Age",
  "Origin"
]

/** The container to write to; 404 if it is missing. */
export const containerOf = (work: Work, now: number): Container =>
  work.storage.get(work.path.container, now) ?? Refusal.refuse(Answer.standard(404))

/** When the object expires, in seconds since 1970. Swift accepts only whole seconds in the future. */
const expiry = (headers: Readonly<Record<string, string>>, now: number): number | undefined => {
  const past = (header: string) => Refusal.refuse(Answer.plain(400, `${header} in past`))
  const seconds = (header: string, value: string) =>
    /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : Refusal.refuse(Answer.plain(400, `Non-integer ${header}`))
  const after = headers["x-delete-after"]
  if (after !== undefined) {
    const at = Math.floor(now / 1000 + seconds("X-Delete-After", after))
    return at * 1000 <= now ? past("X-Delete-After") : at
  }
  const value = headers["x-delete-at"]
  if (value === undefined) {
    return undefined
  }
  const at = seconds("X-Delete-At", value)
  return at * 1000 <= now ? past("X-Delete-At") : at
}

/** The headers that a request sets on an object, and when the object expires, in seconds since 1970. */
export const described = (
  headers: Readonly<Record<string, string>>,
  now: number
): { readonly headers: Metadata.StoredHeaders; readonly deleteAt: number | undefined } => {
  const deleteAt = expiry(headers, now)
  Metadata.check(headers, "object")
  const kept = new Map(Metadata.ofObject(headers))
  for (const header of keptHeaders) {
    const value = headers[header.toLowerCase()]
    if (value !== undefined && value !== "") {
      kept.set(header, value)
    }
  }
  if (deleteAt !== undefined) {
    kept.set("X-Delete-At", String(deleteAt))
  }
  return { headers: kept, deleteAt }
}

/** The Content-Type: as sent, or guessed from the name if it is missing or detection was requested. */
export const contentTypeOf = (headers: Readonly<Record<string, string>>, object: ByteText.ByteText): string =>
  Metadata.isTrue(headers["x-detect-content-type"]) || !headers["content-type"]
    ? MediaType.guess(object)
    : headers["content-type"]

/** Refuses an upload beyond the container's quotas with 413. */
export const checkQuota = (container: Container, bytes: number): void => {
  const quota = (name: string) => Number(container.headers.get(`X-Container-Meta-Quota-${name}`) ?? Infinity)
  // The bytes of a replaced object count too, as in Swift.
  if (container.bytesUsed + bytes > quota("Bytes") || container.count + 1 > quota("Count")) {
    Refusal.refuse(Answer.sentence(413, "Upload exceeds quota."))
  }
}

/** The length of a body; undefined if it is chunked. */
const announcedLength = (headers: Readonly<Record<string, string>>): number | undefined => {
  const encoding = headers["transfer-encoding"]?.toLowerCase()
  if (encoding === "chunked") {
    return undefined
  }
  const length = headers["content-length"]
  if (encoding !== undefined && encoding !== "identity") {
    return Refusal.refuse(
      Answer.plain(501, "Unsupported Transfer-Coding header value specified in Transfer-Encoding header")
    )
  }
  if (length === undefined) {
    return Refusal.refuse(Answer.plain(411, "Missing Content-Length header."))
  }
  return /^\d+$/.test(length)
    ? Number(length)
    : Refusal.refuse(Answer.plain(400, "Invalid Content-Length header value"))
}

/** `If-None-Match: *` only creates objects. Swift supports no other value. */
const checkCreateOnly = (work: Work, now: number): void => {
  const header = work.request.headers["if-none-match"]
  if (header === undefined) {
    return
  }
  if (!header.split(",").some((tag) => tag.trim() === "*")) {
    Refusal.refuse(Answer.plain(400, "If-None-Match only supports *"))
  }
  if (work.storage.get(work.path.container, now)?.get(work.path.object, now) !== undefined) {
    Refusal.refuse(Answer.standard(412))
  }
}

/** Refuses an `X-Object-Manifest` that is not `container/prefix`. */
export const checkDynamicManifest = (headers: Readonly<Record<string, string>>): void => {
  const value = headers["x-object-manifest"]
  if (value === undefined) {
    return
  }
  const slash = value.indexOf("/")
  const prefix = value.slice(slash + 1)
  if (slash < 1 || prefix === "" || prefix.startsWith("/") || /[?&]/.test(value)) {
    Refusal.refuse(Answer.sentence(400, "X-Object-Manifest must be in the format container/prefix"))
  }
}

/** Refuses object names that are too long. */
export const checkName = ({ object }: Reading.ObjectPath): void => {
  if (object.length > maxNameLength) {
    Refusal.refuse(Answer.plain(400, `Object name length of ${object.length} longer than ${maxNameLength}`))
  }
}

/** The checks of a PUT before its body is read. Returns the length of the body if it is known. */
export const checkPut = (work: Work, now: number): number | undefined => {
  const { headers } = work.request
  if (headers["x-static-large-object"] !== undefined) {
    Refusal.refuse(
      Answer.sentence(
        400,
        "X-Static-Large-Object is a reserved header. To create a static large object add query param " +
          "multipart-manifest=put."
      )
    )
  }
  checkDynamicManifest(headers)
  const container = work.storage.get(work.path.container, now)
  if (container !== undefined) {
    checkQuota(container, Number(headers["content-length"] ?? 0))
  }
  containerOf(work, now)
  checkCreateOnly(work, now)
  const length = announcedLength(headers)
  if (length !== undefined && length > work.settings.maxObjectBytes) {
    Refusal.refuse(Answer.plain(413, "Your request is too large."))
  }
  checkName(work.path)
  described(headers, now)
  return length
}

/** Reads a body of known length: 499 if it is shorter, 413 if it exceeds `limit` bytes. */
export const readBody = (
  body: Stream.Stream<Uint8Array, WireBroken>,
  length: number | undefined,
  limit: number
): Effect.Effect<StoredBytes.StoredBytes, WireBroken | Refusal.Refusal> =>
  Effect.suspend(() => {
    const store = StoredBytes.writer(length)
    const maxBytes = length ?? limit
    let isTooLong = false
    const reading = Stream.runForEachWhile(body, (bytes) =>
      Effect.sync(() => {
        const left = maxBytes - store.size()
        isTooLong = bytes.byteLength > left
        store.write(isTooLong ? bytes.subarray(0, left) : bytes)
        // Bytes beyond the announced length do not belong to this request.
        return !isTooLong && store.size() !== length
      })
    )
    return Effect.flatMap(length === 0 ? Effect.void : reading, () =>
      Refusal.attempt(() => {
        if (length === undefined ? isTooLong : store.size() < length) {
          Refusal.refuse(Answer.standard(length === undefined ? 413 : 499))
        }
        return store.finish()
      })
    )
  })

const unquoted = (etag: string): string => (/^".*"$/.test(etag) ? etag.slice(1, -1) : etag)

/** The ETag of the body in the request, without quotes. Swift compares it case-sensitively with lower case. */
export const expectedEtag = (request: ServiceRequest): string | undefined => {
  const header = unquoted(request.headers["etag"] ?? "")
  return header === "" ? undefined : header
}

/** Runs the last checks and stores an object without a gap between them; answers 201. */
export const store = (
  work: Work,
  now: number,
  object: StoredObject,
  /** The ETag for the response's header. */
  etag: string,
  headers: Readonly<Record<string, string>> = {}
): WireResponse => {
  const container = containerOf(work, now)
  checkCreateOnly(work, now)
  Versions.archive(work.storage, container, work.path.object, now)
  ObjectVersioning.put(container, work.path.object, object, now)
  return {
    ...Answer.standard(201),
    headers: {
      ...Answer.standard(201).headers,
      ...headers,
      Etag: etag,
      "Last-Modified": Timestamp.httpDate(lastModified(object.changed))
    }
  }
}

/** The object to store for a request and its bytes. */
export const objectOf = (
  work: Work,
  now: number,
  stored: StoredBytes.StoredBytes,
  manifest: StoredObject["manifest"] = undefined
): StoredObject => ({
  stored,
  contentType: contentTypeOf(work.request.headers, work.path.object),
  changed: now,
  ...described(work.request.headers, now),
  manifest
})

/** PUT with a body. */
export const put = (work: Work): Effect.Effect<WireResponse, WireBroken | Refusal.Refusal> =>
  Effect.gen(function* () {
    const begun = yield* Clock.currentTimeMillis
    const length = yield* Refusal.attempt(() => checkPut(work, begun))
    const stored = yield* readBody(work.request.body, length, work.settings.maxObjectBytes)
    const now = yield* Clock.currentTimeMillis
    return yield* Refusal.attempt(() => {
      const expected = expectedEtag(work.request)
      if (expected !== undefined && expected !== stored.md5) {
        Refusal.refuse(Answer.standard(422))
      }
      // Keep an expiry that passed during the upload: it was in the future when the request arrived.
      const object = { ...objectOf(work, begun, stored), changed: now }
      return store(work, now, object, stored.md5)
    })
  })

/** POST: replaces the metadata, and clears the other headers that are not sent again, except the type. */
export const post = (work: Work, now: number): WireResponse => {
  const { headers } = work.request
  if (headers["x-symlink-target"]) {
    return Answer.plain(400, "A PUT request is required to set a symlink target")
  }
  const container = containerOf(work, now)
  const replaced = described(headers, now)
  const object = container.get(work.path.object, now) ?? Refusal.refuse(Answer.standard(404))
  const isTyped = headers["content-type"] || Metadata.isTrue(headers["x-detect-content-type"])
  ObjectVersioning.amend(container, work.path.object, {
    ...object,
    contentType: isTyped ? contentTypeOf(headers, work.path.object) : object.contentType,
    changed: now,
    ...replaced
  })
  if (object.symlink !== undefined) {
    // Swift applies the change to the link nevertheless.
    const { account = ByteText.percentEncode(ByteText.fromText(work.request.caller.storageAccount)), target } =
      object.symlink
    const text = "The requested POST was applied to a symlink. POST directly to the target to apply requested metadata."
    const answer = Answer.plain(307, text)
    return { ...answer, headers: { ...answer.headers, Location: `/v1/${account}/${target}` } }
  }
  return Answer.standard(202)
}

/** DELETE: 204, or 404. The newest archived version replaces the object, if there is one. */
export const remove = (storage: Storage, path: Reading.ObjectPath, now: number): WireResponse => {
  const container = storage.get(path.container, now)
  if (container === undefined) {
    return Answer.standard(404)
  }
  if (Versions.restore(storage, container, path.object, now)) {
    return Answer.standard(204)
  }
  const isThere = container.get(path.object, now) !== undefined
  // An expired object is not found, but deleting it removes it from the listing.
  ObjectVersioning.remove(container, path.object, now)
  return Answer.standard(isThere ? 204 : 404)
}
