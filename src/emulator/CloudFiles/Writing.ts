/**
 * PUT, COPY, POST and DELETE of objects (files.md sections 4 and 9).
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ServiceRequest, WireBroken, WireResponse } from "../Protocol.js"
import * as Timestamp from "../Timestamp.js"
import * as Answer from "./Answer.js"
import * as ByteText from "./ByteText.js"
import * as MediaType from "./MediaType.js"
import * as Metadata from "./Metadata.js"
import * as Reading from "./Reading.js"
import type { Container, Storage, StoredObject } from "./Storage.js"
import { lastModified, timestamp } from "./Storage.js"
import * as StoredBytes from "./StoredBytes.js"

/**
 * What may be set about the storage; see CloudFilesOptions.
 *
 * @since 0.1.0
 * @category models
 */
export interface Settings {
  readonly pageLimit: number
  readonly maxObjectBytes: number
  readonly maxContainers: number
  readonly minimumSegmentBytes: number
}

/**
 * What a request for an object works on.
 *
 * @since 0.1.0
 * @category models
 */
export interface Work {
  readonly storage: Storage
  readonly settings: Settings
  readonly request: ServiceRequest
  readonly path: Reading.ObjectPath
}

const longestName = 1024

/** Headers beside the metadata that an object keeps, and that a POST clears unless it sends them again. */
const keptHeaders: ReadonlyArray<string> = [
  "Content-Disposition",
  "Content-Encoding",
  "Content-Language",
  "Cache-Control",
  "Expires",
  "X-Robots-Tag",
  "X-Object-Manifest",
  // Cross-origin headers can be set on an object, to reach browsers through the CDN (files.md section 9).
  "Access-Control-Allow-Credentials",
  "Access-Control-Allow-Headers",
  "Access-Control-Allow-Methods",
  "Access-Control-Allow-Origin",
  "Access-Control-Expose-Headers",
  "Access-Control-Max-Age",
  "Origin"
]

/**
 * The container that an object is to be written to; 404 if it is missing.
 *
 * @since 0.1.0
 * @category accessors
 */
export const containerOf = (work: Work, now: number): Container =>
  work.storage.get(work.path.container, now) ?? Answer.refuse(Answer.standard(404))

/** The second at which the object is to vanish. Swift takes whole seconds only, and none that are past. */
const expiry = (headers: Readonly<Record<string, string>>, now: number): number | undefined => {
  const past = (header: string) => Answer.refuse(Answer.plain(400, `${header} in past`))
  const seconds = (header: string, value: string) =>
    /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : Answer.refuse(Answer.plain(400, `Non-integer ${header}`))
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

/** The headers that a request puts on an object, and when the object vanishes. */
const described = (
  headers: Readonly<Record<string, string>>,
  now: number
): { readonly headers: Metadata.Kept; readonly deleteAt: number | undefined } => {
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

/** The type that was sent, or is guessed from the name where none was or where guessing was asked for. */
const contentTypeOf = (headers: Readonly<Record<string, string>>, object: ByteText.ByteText): string =>
  Metadata.isTrue(headers["x-detect-content-type"]) || !headers["content-type"]
    ? MediaType.guess(object)
    : headers["content-type"]

const checkQuota = (container: Container, bytes: number): void => {
  const quota = (name: string) => Number(container.headers.get(`X-Container-Meta-Quota-${name}`) ?? Infinity)
  // An object that is replaced counts as well, because Swift's quota knows nothing of it.
  if (container.bytesUsed + bytes > quota("Bytes") || container.count + 1 > quota("Count")) {
    Answer.refuse(Answer.sentence(413, "Upload exceeds quota."))
  }
}

/** How many bytes a body has; undefined if it is chunked. */
const announcedLength = (headers: Readonly<Record<string, string>>): number | undefined => {
  const encoding = headers["transfer-encoding"]?.toLowerCase()
  if (encoding === "chunked") {
    return undefined
  }
  const length = headers["content-length"]
  if (encoding !== undefined && encoding !== "identity") {
    return Answer.refuse(
      Answer.plain(501, "Unsupported Transfer-Coding header value specified in Transfer-Encoding header")
    )
  }
  if (length === undefined) {
    return Answer.refuse(Answer.plain(411, "Missing Content-Length header."))
  }
  return /^\d+$/.test(length) ? Number(length) : Answer.refuse(Answer.plain(400, "Invalid Content-Length header value"))
}

/** `If-None-Match: *` creates only; Swift takes no other value. */
const checkCreateOnly = (work: Work, now: number): void => {
  const header = work.request.headers["if-none-match"]
  if (header === undefined) {
    return
  }
  if (!header.split(",").some((tag) => tag.trim() === "*")) {
    Answer.refuse(Answer.plain(400, "If-None-Match only supports *"))
  }
  if (work.storage.get(work.path.container, now)?.get(work.path.object, now) !== undefined) {
    Answer.refuse(Answer.standard(412))
  }
}

const checkDynamicManifest = (headers: Readonly<Record<string, string>>): void => {
  const value = headers["x-object-manifest"]
  if (value === undefined) {
    return
  }
  const slash = value.indexOf("/")
  const prefix = value.slice(slash + 1)
  if (slash < 1 || prefix === "" || prefix.startsWith("/") || /[?&]/.test(value)) {
    Answer.refuse(Answer.sentence(400, "X-Object-Manifest must be in the format container/prefix"))
  }
}

/**
 * The checks of a PUT before its body is read, which a refusal leaves unread; answers the length of the body, if it is
 * announced.
 *
 * @since 0.1.0
 * @category guards
 */
export const checkPut = (work: Work, now: number): number | undefined => {
  const { headers } = work.request
  if (headers["x-static-large-object"] !== undefined) {
    Answer.refuse(
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
    Answer.refuse(Answer.plain(413, "Your request is too large."))
  }
  if (work.path.object.length > longestName) {
    Answer.refuse(Answer.plain(400, `Object name length of ${work.path.object.length} longer than ${longestName}`))
  }
  described(headers, now)
  return length
}

/**
 * Reads a body to its announced end: 499 if it ends before, 413 if it has more than `limit` bytes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const readBody = (
  body: Stream.Stream<Uint8Array, WireBroken>,
  length: number | undefined,
  limit: number
): Effect.Effect<StoredBytes.StoredBytes, WireBroken | Answer.Refused> =>
  Effect.suspend(() => {
    const store = StoredBytes.writer(length)
    const most = length ?? limit
    let isTooLong = false
    const reading = Stream.runForEachWhile(body, (bytes) =>
      Effect.sync(() => {
        const left = most - store.size()
        isTooLong = bytes.byteLength > left
        store.write(isTooLong ? bytes.subarray(0, left) : bytes)
        // Behind the announced length begins what does not belong to this request any more.
        return !isTooLong && store.size() !== length
      })
    )
    return Effect.flatMap(length === 0 ? Effect.void : reading, () =>
      Answer.attempt(() => {
        if (length === undefined ? isTooLong : store.size() < length) {
          Answer.refuse(Answer.standard(length === undefined ? 413 : 499))
        }
        return store.finish()
      })
    )
  })

const unquoted = (etag: string): string => (/^".*"$/.test(etag) ? etag.slice(1, -1) : etag)

/**
 * The ETag that a request says its body has, without quotes. Swift compares it as it is, so it must be in lower case.
 *
 * @since 0.1.0
 * @category accessors
 */
export const expectedEtag = (request: ServiceRequest): string | undefined => {
  const header = unquoted(request.headers["etag"] ?? "")
  return header === "" ? undefined : header
}

/** Where old versions of a container's objects go; undefined if it keeps none. */
const versionsOf = (container: Container): ByteText.ByteText | undefined => {
  const location = container.headers.get("X-Versions-Location")
  return location === undefined ? undefined : ByteText.percentDecode(location).split("/")[0]
}

/** What the names of an object's old versions begin with: three hexadecimal digits of its name's length in bytes. */
const versionPrefix = (object: ByteText.ByteText): ByteText.ByteText =>
  `${object.length.toString(16).padStart(3, "0")}${object}/`

/** Keeps what a PUT is about to replace; 412 if the container for old versions is missing. */
const archive = (storage: Storage, container: Container, object: ByteText.ByteText, now: number): void => {
  const location = versionsOf(container)
  const current = container.get(object, now)
  if (location === undefined || current === undefined) {
    return
  }
  const versions = storage.get(location, now) ?? Answer.refuse(Answer.standard(412))
  const prefix = versionPrefix(object)
  // Swift's clock never shows the same time twice, but a test's may stand still.
  let millis = current.changed
  while (versions.listed(prefix + timestamp(millis)) !== undefined) {
    millis++
  }
  versions.put(prefix + timestamp(millis), { ...current, changed: now })
}

/**
 * Puts an object in its place, after the last checks, with nothing in between; answers 201.
 *
 * @since 0.1.0
 * @category operations
 */
export const store = (
  work: Work,
  now: number,
  object: StoredObject,
  /** The response's ETag, as the header has it. */
  etag: string,
  headers: Readonly<Record<string, string>> = {}
): WireResponse => {
  const container = containerOf(work, now)
  checkCreateOnly(work, now)
  archive(work.storage, container, work.path.object, now)
  container.put(work.path.object, object)
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

/**
 * The object that a request makes of stored bytes.
 *
 * @since 0.1.0
 * @category constructors
 */
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

/**
 * PUT with a body.
 *
 * @since 0.1.0
 * @category operations
 */
export const put = (work: Work): Effect.Effect<WireResponse, WireBroken | Answer.Refused> =>
  Effect.gen(function* () {
    const begun = yield* Clock.currentTimeMillis
    const length = yield* Answer.attempt(() => checkPut(work, begun))
    const stored = yield* readBody(work.request.body, length, work.settings.maxObjectBytes)
    const now = yield* Clock.currentTimeMillis
    return yield* Answer.attempt(() => {
      const expected = expectedEtag(work.request)
      if (expected !== undefined && expected !== stored.md5) {
        Answer.refuse(Answer.standard(422))
      }
      // A time to vanish that passes during the upload was none when it was asked for.
      const object = { ...objectOf(work, begun, stored), changed: now }
      return store(work, now, object, stored.md5)
    })
  })

const collected = (read: Reading.Read): StoredBytes.StoredBytes => {
  const writer = StoredBytes.writer(read.length)
  try {
    for (const bytes of read.slices()) {
      writer.write(bytes)
    }
  } catch (problem) {
    if (problem instanceof Reading.Broken) {
      return Answer.refuse(Answer.standard(499))
    }
    throw problem
  }
  return writer.finish()
}

/**
 * Whether a request's account, if it names one, is its own: there is no other.
 *
 * @since 0.1.0
 * @category guards
 */
const checkAccount = (request: ServiceRequest, header: string): void => {
  const account = request.headers[header]
  if (account !== undefined && ByteText.percentDecode(account) !== ByteText.fromText(request.caller.storageAccount)) {
    Answer.refuse(Answer.standard(403))
  }
}

/**
 * Copies an object, from what `X-Copy-From` or a COPY's own path names: its metadata too, unless
 * `X-Fresh-Metadata` is sent, overlaid with the request's own. Large objects are flattened, unless
 * `?multipart-manifest=get` asks for the manifest.
 */
const copy = (work: Work, source: Reading.ObjectPath, now: number): WireResponse => {
  const { request, settings, storage } = work
  const read = Reading.read(storage, source, request, now, "GET")
  if (read.length > settings.maxObjectBytes) {
    return Answer.refuse(Answer.standard(413))
  }
  const container = storage.get(work.path.container, now)
  if (container !== undefined) {
    checkQuota(container, read.length)
  }
  containerOf(work, now)
  if (work.path.object.length > longestName) {
    Answer.refuse(Answer.plain(400, `Object name length of ${work.path.object.length} longer than ${longestName}`))
  }
  const isManifest = request.query.getAll("multipart-manifest").at(-1) === "get"
  const isFresh = Metadata.isTrue(request.headers["x-fresh-metadata"])
  const own = described(request.headers, now)
  const headers = new Map(isFresh ? [] : read.object.headers)
  headers.delete("X-Object-Manifest")
  for (const [header, value] of own.headers) {
    headers.set(header, value)
  }
  const dynamic = read.object.headers.get("X-Object-Manifest")
  if (isManifest && dynamic !== undefined) {
    headers.set("X-Object-Manifest", dynamic)
  }
  const isWhole = read.status === 200 && !read.isLarge
  const stored = isWhole ? read.object.stored : collected(read)
  const manifest = isManifest ? read.object.manifest : undefined
  const object: StoredObject = {
    stored,
    contentType:
      request.headers["content-type"] || Metadata.isTrue(request.headers["x-detect-content-type"])
        ? contentTypeOf(request.headers, work.path.object)
        : read.object.contentType,
    changed: now,
    headers,
    deleteAt: own.deleteAt ?? (isFresh ? undefined : read.object.deleteAt),
    manifest
  }
  // Where the source has an ETag of its own, Swift checks that one, and forgets the request's.
  const expected = isWhole ? undefined : expectedEtag(request)
  if (expected !== undefined && expected !== stored.md5) {
    Answer.refuse(Answer.standard(422))
  }
  return store(work, now, object, manifest === undefined ? stored.md5 : `"${manifest.etag}"`, {
    "X-Copied-From": ByteText.percentEncode(`${source.container}/${source.object}`),
    "X-Copied-From-Account": ByteText.percentEncode(ByteText.fromText(request.caller.storageAccount)),
    "X-Copied-From-Last-Modified": Timestamp.httpDate(lastModified(read.object.changed)),
    ...Object.fromEntries(
      [...headers].filter(([header]) => header.startsWith("X-Object-Meta-") || header === "X-Delete-At")
    )
  })
}

const pathIn = (header: string, name: string): Reading.ObjectPath => {
  const path = ByteText.percentDecode(header)
  return ByteText.isValid(path)
    ? (Reading.splitPath(path) ??
        Answer.refuse(Answer.sentence(412, `${name} header must be of the form <container name>/<object name>`)))
    : Answer.refuse(Answer.sentence(412, "Invalid UTF8 or contains NULL"))
}

/**
 * PUT with `X-Copy-From`.
 *
 * @since 0.1.0
 * @category operations
 */
export const putCopy = (work: Work, from: string, now: number): WireResponse => {
  if (Number(work.request.headers["content-length"] ?? 0) > 0) {
    return Answer.plain(400, "Copy requests require a zero byte body")
  }
  checkAccount(work.request, "x-copy-from-account")
  checkDynamicManifest(work.request.headers)
  return copy(work, pathIn(from, "X-Copy-From"), now)
}

/**
 * COPY, to what `Destination` names.
 *
 * @since 0.1.0
 * @category operations
 */
export const copyTo = (work: Work, now: number): WireResponse => {
  const destination = work.request.headers["destination"]
  if (!destination) {
    return Answer.sentence(412, "Destination header required")
  }
  checkAccount(work.request, "destination-account")
  return copy({ ...work, path: pathIn(destination, "Destination") }, work.path, now)
}

/**
 * POST: replaces the metadata, and clears whatever of the other headers is not sent again, but for the type.
 *
 * @since 0.1.0
 * @category operations
 */
export const post = (work: Work, now: number): WireResponse => {
  const { headers } = work.request
  const container = containerOf(work, now)
  const replaced = described(headers, now)
  const object = container.get(work.path.object, now) ?? Answer.refuse(Answer.standard(404))
  const isTyped = headers["content-type"] || Metadata.isTrue(headers["x-detect-content-type"])
  container.put(work.path.object, {
    ...object,
    contentType: isTyped ? contentTypeOf(headers, work.path.object) : object.contentType,
    changed: now,
    ...replaced
  })
  return Answer.standard(202)
}

/**
 * DELETE: 204, or 404. Where the container keeps old versions, the newest of them comes back.
 *
 * @since 0.1.0
 * @category operations
 */
export const remove = (storage: Storage, path: Reading.ObjectPath, now: number): WireResponse => {
  const container = storage.get(path.container, now)
  if (container === undefined) {
    return Answer.standard(404)
  }
  const location = versionsOf(container)
  const versions = location === undefined ? undefined : storage.get(location, now)
  const prefix = versionPrefix(path.object)
  const newest = versions?.names.lastBefore(ByteText.after(prefix))
  const version = newest?.startsWith(prefix) ? versions?.get(newest, now) : undefined
  if (version !== undefined && newest !== undefined) {
    container.put(path.object, { ...version, changed: now })
    versions?.remove(newest)
    return Answer.standard(204)
  }
  const isThere = container.get(path.object, now) !== undefined
  // An expired object is not found, but deleting it takes it out of the listing.
  container.remove(path.object)
  return Answer.standard(isThere ? 204 : 404)
}
