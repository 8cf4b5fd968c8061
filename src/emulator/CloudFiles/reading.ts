/** GET and HEAD of objects: the segments of large objects, conditions, ranges, and streamed bodies. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { createHash, randomBytes } from "node:crypto"
import type { ServiceRequest, WireBroken, WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as RequestBody from "../RequestBody.js"
import * as Timestamp from "../Timestamp.js"
import * as Answer from "./answer.js"
import * as ByteRange from "./byteRange.js"
import * as ByteText from "./byteText.js"
import * as ObjectVersioning from "./objectVersioning.js"
import type { Container, Storage, StoredObject } from "./storage.js"
import { lastModified, timestamp } from "./storage.js"
import * as StoredBytes from "./storedBytes.js"

/** The location of an object. */
export interface ObjectPath {
  readonly container: ByteText.ByteText
  readonly object: ByteText.ByteText
}

/** Splits `container/object`, with or without a leading slash; undefined if a part is missing. */
export const splitPath = (path: ByteText.ByteText): ObjectPath | undefined => {
  const bare = path.startsWith("/") ? path.slice(1) : path
  const slash = bare.indexOf("/")
  return slash < 1 || slash === bare.length - 1
    ? undefined
    : { container: bare.slice(0, slash), object: bare.slice(slash + 1) }
}

/** The content that a GET returns: of a large object, all its segments together. */
export interface Content {
  readonly size: number
  /** As in the header: quoted for a large object. */
  readonly etag: string
  readonly kind: "plain" | "static" | "dynamic"
  /** The bytes from `start` up to `end` (exclusive). Throws {@link Broken} if a segment is missing or changed. */
  readonly slices: (start: number, end: number) => Generator<Uint8Array>
}

/** A segment of a large object is missing or changed. */
export class Broken {
  readonly _tag = "Broken"
  constructor(readonly segment: string) {}
}

/** How deep Static Large Objects can be nested. */
const maxDepth = 10

const unquoted = (etag: string): string => (/^".*"$/.test(etag) ? etag.slice(1, -1) : etag)

interface Part {
  readonly path: ObjectPath
  readonly size: number
  /** Undefined if the segment may have any ETag. */
  readonly etag: string | undefined
}

/** The stored bytes themselves, even of a manifest. */
const plainContent = (stored: StoredBytes.StoredBytes): Content => ({
  size: stored.size,
  etag: stored.md5,
  kind: "plain",
  slices: (start, end) => StoredBytes.slices(stored, start, end)
})

/** The bytes of several parts. Each part is looked up only when it is reached, as in Swift. */
function* partSlices(
  parts: ReadonlyArray<Part>,
  start: number,
  end: number,
  lookUp: (path: ObjectPath) => Content | undefined
): Generator<Uint8Array> {
  let offset = 0
  for (const part of parts) {
    const first = Math.max(0, start - offset)
    const last = Math.min(part.size, end - offset)
    offset += part.size
    if (first >= last) {
      continue
    }
    const content = lookUp(part.path)
    if (
      content === undefined ||
      content.size !== part.size ||
      (part.etag !== undefined && unquoted(content.etag) !== part.etag)
    ) {
      throw new Broken(`${part.path.container}/${part.path.object}`)
    }
    yield* content.slices(first, last)
  }
}

/** The container and prefix in `X-Object-Manifest`. */
const dynamicSource = (
  object: StoredObject
): { container: ByteText.ByteText; prefix: ByteText.ByteText } | undefined => {
  const header = object.headers.get("X-Object-Manifest")
  if (header === undefined) {
    return undefined
  }
  const decoded = ByteText.percentDecode(header)
  const slash = decoded.indexOf("/")
  return { container: decoded.slice(0, slash), prefix: decoded.slice(slash + 1) }
}

/** The size of an object in listings: of a Static Large Object, the total of its segments. */
export const listedSize = (object: StoredObject): number => object.manifest?.size ?? object.stored.size

/** The object of a segment. A symbolic link is resolved to its target. */
export const segmentAt = (storage: Storage, path: ObjectPath, now: number, links = 2): StoredObject | undefined => {
  const object = storage.get(path.container, now)?.get(path.object, now)
  if (object?.symlink === undefined) {
    return object
  }
  const target = splitPath(ByteText.percentDecode(object.symlink.target))
  return target === undefined || links === 0 ? undefined : segmentAt(storage, target, now, links - 1)
}

const dynamicParts = (container: Container, prefix: ByteText.ByteText, now: number): ReadonlyArray<Part> => {
  const parts: Array<Part> = []
  for (const name of container.names.from(prefix)) {
    if (!name.startsWith(prefix)) {
      break
    }
    const segment = container.listed(name)
    if (segment !== undefined) {
      // An expired segment is still listed. The download breaks off when it reaches it.
      const isGone = container.get(name, now) === undefined
      parts.push({
        path: { container: container.name, object: name },
        size: listedSize(segment),
        etag: isGone ? "" : undefined
      })
    }
  }
  return parts
}

/** The content of an object; undefined if the container of a Dynamic Large Object is missing. */
export const contentOf = (storage: Storage, object: StoredObject, now: number, depth = 0): Content | undefined => {
  const { manifest, stored } = object
  const objectAt = (path: ObjectPath) => segmentAt(storage, path, now)
  if (manifest !== undefined) {
    const parts = manifest.segments.flatMap((segment): ReadonlyArray<Part> => {
      const path = splitPath(ByteText.fromText(segment.name))
      return path === undefined ? [] : [{ path, size: segment.bytes, etag: segment.hash }]
    })
    return {
      size: manifest.size,
      etag: `"${manifest.etag}"`,
      kind: "static",
      slices: (start, end) =>
        partSlices(parts, start, end, (path) => {
          const segment = objectAt(path)
          return segment === undefined || depth >= maxDepth ? undefined : contentOf(storage, segment, now, depth + 1)
        })
    }
  }
  const source = dynamicSource(object)
  if (source !== undefined) {
    const container = storage.get(source.container, now)
    if (container === undefined) {
      return undefined
    }
    const parts = dynamicParts(container, source.prefix, now)
    const hash = createHash("md5")
    for (const part of parts) {
      hash.update(container.listed(part.path.object)?.stored.md5 ?? "")
    }
    return {
      size: parts.reduce((sum, part) => sum + part.size, 0),
      etag: `"${hash.digest("hex")}"`,
      kind: "dynamic",
      slices: (start, end) =>
        partSlices(parts, start, end, (path) => {
          const segment = objectAt(path)
          // A manifest whose name begins with the prefix is one of its own segments.
          return segment === undefined || segment.manifest === undefined
            ? segment && plainContent(segment.stored)
            : contentOf(storage, segment, now, depth + 1)
        })
    }
  }
  return plainContent(stored)
}

/** Whether a list of ETags contains this one or `*`. */
const matches = (header: string, etag: string): boolean =>
  header
    .split(",")
    .map((tag) => unquoted(tag.trim()))
    .some((tag) => tag === "*" || tag === unquoted(etag))

/** The status that the request's conditions result in; undefined if they are met. */
const condition = (
  headers: Readonly<Record<string, string>>,
  etag: string,
  modified: number
): 304 | 412 | undefined => {
  const noneMatch = headers["if-none-match"]
  const match = headers["if-match"]
  const since = Date.parse(headers["if-modified-since"] ?? "")
  const unmodifiedSince = Date.parse(headers["if-unmodified-since"] ?? "")
  if (noneMatch && matches(noneMatch, etag)) {
    return 304
  }
  if (match && !matches(match, etag)) {
    return 412
  }
  if (modified <= since) {
    return 304
  }
  return modified > unmodifiedSince ? 412 : undefined
}

/** Streams the chunks of a generator. A broken segment breaks the connection. */
const streamOf = (slices: () => Generator<Uint8Array>): Stream.Stream<Uint8Array, WireBroken> =>
  Stream.suspend(() =>
    Stream.unfoldEffect(slices(), (iterator) =>
      Effect.try({
        try: () => {
          const next = iterator.next()
          return next.done === true ? Option.none() : Option.some([next.value, iterator] as const)
        },
        catch: (problem): WireBroken => ({
          _tag: "WireBroken",
          reason:
            problem instanceof Broken
              ? `the large object's segment ${ByteText.toText(problem.segment)} is missing or changed`
              : String(problem)
        })
      })
    )
  )

const utf8 = new TextEncoder()

/** The boundary and headers before each part of a multi-range body. */
const partHeader = (boundary: string, contentType: string, range: ByteRange.ByteRange, size: number): Uint8Array =>
  utf8.encode(
    `--${boundary}\r\nContent-Type: ${contentType}\r\n` +
      `Content-Range: bytes ${range.start}-${range.end - 1}/${size}\r\n\r\n`
  )

interface Body {
  readonly length: number
  readonly slices: () => Generator<Uint8Array>
}

const multipartBody = (
  content: Content,
  ranges: ReadonlyArray<ByteRange.ByteRange>,
  contentType: string,
  boundary: string
): Body => {
  const headers = ranges.map((range) => partHeader(boundary, contentType, range, content.size))
  const close = utf8.encode(`--${boundary}--`)
  const lineEnd = utf8.encode("\r\n")
  return {
    length:
      ranges.reduce((sum, { end, start }, index) => sum + (headers[index]?.byteLength ?? 0) + end - start + 2, 0) +
      close.byteLength,
    *slices() {
      for (const [index, { end, start }] of ranges.entries()) {
        yield headers[index] as Uint8Array
        yield* content.slices(start, end)
        yield lineEnd
      }
      yield close
    }
  }
}

/** The headers of a GET or HEAD response, without the length. */
export const objectHeaders = (object: StoredObject, etag: string): Record<string, string> => ({
  "Content-Type": object.contentType,
  ...Object.fromEntries(object.headers),
  ...(object.manifest === undefined ? {} : { "X-Static-Large-Object": "True", "X-Manifest-Etag": object.stored.md5 }),
  Etag: etag,
  "Last-Modified": Timestamp.httpDate(lastModified(object.changed)),
  "X-Timestamp": timestamp(object.changed),
  "Accept-Ranges": "bytes"
})

/** A manifest for `?multipart-manifest=get&format=raw`, with the keys that a PUT uses. */
const rawManifest = (object: StoredObject): Uint8Array =>
  utf8.encode(
    // The spaces are those of Python, because the ETag is a hash of this text.
    `[${(object.manifest?.segments ?? [])
      .map(({ bytes, hash, name }) => `{"etag": "${hash}", "path": ${JSON.stringify(name)}, "size_bytes": ${bytes}}`)
      .join(", ")}]`
  )

/** Finds the object of a request; 404 (412 with `If-Match: *`) if there is none. */
export const find = (
  storage: Storage,
  path: ObjectPath,
  headers: Readonly<Record<string, string>>,
  now: number
): StoredObject => {
  const object = storage.get(path.container, now)?.get(path.object, now)
  if (object !== undefined) {
    return object
  }
  const isStar = (headers["if-match"] ?? "").split(",").some((tag) => tag.trim() === "*")
  return Refusal.refuse(isStar ? { ...Answer.standard(412), body: new Uint8Array(0) } : Answer.standard(404))
}

/** The result of a read, before it becomes a response. Copies use it too. */
export interface Read {
  readonly object: StoredObject
  readonly status: 200 | 206
  readonly headers: Record<string, string>
  readonly length: number
  readonly slices: () => Generator<Uint8Array>
  readonly isLarge: boolean
}

/** Applies a Range header to a read. */
const ranged = (whole: Read, content: Content, header: string | undefined): Read => {
  const requested = ByteRange.parse(header)
  // Dynamic Large Objects ignore lists of ranges.
  if (requested === undefined || (content.kind === "dynamic" && requested.length > 1)) {
    return whole
  }
  const { headers, object } = whole
  const ranges = ByteRange.resolve(requested, content.size)
  const [first, ...others] = ranges
  if (first === undefined) {
    // The body is HTML, yet Swift keeps the object's own type.
    return Refusal.refuse(Answer.standard(416, { ...headers, "Content-Range": `bytes */${content.size}` }))
  }
  if (content.size === 0) {
    return whole
  }
  if (others.length === 0) {
    return {
      ...whole,
      status: 206,
      headers: { ...headers, "Content-Range": `bytes ${first.start}-${first.end - 1}/${content.size}` },
      length: first.end - first.start,
      slices: () => content.slices(first.start, first.end)
    }
  }
  const boundary = randomBytes(16).toString("hex")
  return {
    ...whole,
    status: 206,
    headers: { ...headers, "Content-Type": `multipart/byteranges;boundary=${boundary}` },
    ...multipartBody(content, ranges, object.contentType, boundary)
  }
}

/** Reads an object, applying conditions and ranges. Throws a refusal with 304, 404, 409, 412 or 416. */
export const read = (
  storage: Storage,
  path: ObjectPath,
  request: ServiceRequest,
  now: number,
  method: "GET" | "HEAD"
): Read => {
  const id = ObjectVersioning.idOf(request)
  const container = storage.get(path.container, now)
  const object =
    id === undefined || container === undefined
      ? find(storage, path, request.headers, now)
      : ObjectVersioning.objectOf(container, path.object, id)
  const wantsManifest = request.query.getAll("multipart-manifest").at(-1) === "get"
  const isManifest = wantsManifest && object.manifest !== undefined
  const isRaw = isManifest && request.query.getAll("format").at(-1) === "raw"
  const stored = isRaw ? StoredBytes.fromBytes(rawManifest(object)) : object.stored
  const content = wantsManifest ? plainContent(stored) : contentOf(storage, object, now)
  if (content === undefined) {
    return Refusal.refuse(Answer.standard(404))
  }
  const headers = {
    ...objectHeaders(object, content.etag),
    ...ObjectVersioning.idHeader(container, path.object, object)
  }
  if (isManifest && !isRaw) {
    headers["Content-Type"] = "application/json; charset=utf-8"
  }
  if (isManifest) {
    delete headers["X-Manifest-Etag"]
  }
  const ended = condition(request.headers, content.etag, lastModified(object.changed))
  if (ended !== undefined) {
    if (ended === 412) {
      headers["Content-Type"] = "text/html; charset=UTF-8"
      delete headers["Accept-Ranges"]
    }
    return Refusal.refuse({ status: ended, headers, body: new Uint8Array(0) })
  }
  const whole: Read = {
    object,
    status: 200,
    headers,
    length: content.size,
    slices: () => content.slices(0, content.size),
    isLarge: content.kind !== "plain"
  }
  return method === "HEAD" ? whole : validated(ranged(whole, content, request.headers["range"]))
}

/** Checks that the first segment is readable, as Swift does before it answers; 409 if not. */
const validated = (read: Read): Read => {
  if (read.isLarge) {
    try {
      read.slices().next()
    } catch (problem) {
      if (problem instanceof Broken) {
        return Refusal.refuse(Answer.standard(409))
      }
      throw problem
    }
  }
  return read
}

/** Converts a read into a response. Small plain bodies are sent in one piece. */
export const respond = (read: Read, method: "GET" | "HEAD"): WireResponse => ({
  status: read.status,
  headers: { ...read.headers, "Content-Length": String(read.length) },
  body:
    method === "HEAD"
      ? new Uint8Array(0)
      : read.length <= StoredBytes.blockBytes && !read.isLarge
        ? RequestBody.concat([...read.slices()])
        : streamOf(read.slices)
})
