/** Server-side copies: COPY, and PUT with `X-Copy-From`. */
import type { ServiceRequest, WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Timestamp from "../Timestamp.js"
import * as Answer from "./answer.js"
import * as ByteText from "./byteText.js"
import * as Metadata from "./metadata.js"
import * as Reading from "./reading.js"
import type { Storage, StoredObject } from "./storage.js"
import { lastModified } from "./storage.js"
import * as StoredBytes from "./storedBytes.js"
import * as Symlink from "./symlink.js"
import * as Writing from "./writing.js"

const collected = (read: Reading.Read): StoredBytes.StoredBytes => {
  const writer = StoredBytes.writer(read.length)
  try {
    for (const bytes of read.slices()) {
      writer.write(bytes)
    }
  } catch (problem) {
    if (problem instanceof Reading.Broken) {
      return Refusal.refuse(Answer.standard(499))
    }
    throw problem
  }
  return writer.finish()
}

/** The storage of the account in a header; 403 if the caller may not use it. */
const storageIn = (work: Writing.Work, header: string): Storage => {
  const named = work.request.headers[header]
  if (named === undefined) {
    return work.storage
  }
  const account = ByteText.toText(ByteText.percentDecode(named))
  return (
    work.storageOf?.(account) ??
    (account === work.request.caller.storageAccount ? work.storage : Refusal.refuse(Answer.standard(403)))
  )
}

const encoded = (text: string): string => ByteText.percentEncode(ByteText.fromText(text))

/** The account that a request addresses. */
const accountOf = ({ caller, otherAccount }: ServiceRequest): string => otherAccount ?? caller.storageAccount

/** The object to copy. */
interface Source {
  readonly storage: Storage
  readonly path: Reading.ObjectPath
  /** Percent-encoded. */
  readonly account: string
}

/**
 * Copies an object with its metadata (unless `X-Fresh-Metadata` is sent), overlaid with the request's own. Large
 * objects are flattened, unless `?multipart-manifest=get` asks for the manifest.
 */
const copy = (work: Writing.Work, { account, path: source, storage: from }: Source, now: number): WireResponse => {
  const { request, settings, storage } = work
  const isItself = Symlink.isForLinkItself(request)
  const { path: found } = isItself ? { path: source } : Symlink.follow(from, request, source, now)
  const read = Reading.read(from, found, request, now, "GET")
  if (read.length > settings.maxObjectBytes) {
    return Refusal.refuse(Answer.standard(413))
  }
  const container = storage.get(work.path.container, now)
  if (container !== undefined) {
    Writing.checkQuota(container, read.length)
  }
  Writing.containerOf(work, now)
  Writing.checkName(work.path)
  const isManifest = request.query.getAll("multipart-manifest").at(-1) === "get"
  const isFresh = Metadata.isTrue(request.headers["x-fresh-metadata"])
  const own = Writing.described(request.headers, now)
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
        ? Writing.contentTypeOf(request.headers, work.path.object)
        : read.object.contentType,
    changed: now,
    headers,
    deleteAt: own.deleteAt ?? (isFresh ? undefined : read.object.deleteAt),
    manifest,
    ...(isItself && { symlink: read.object.symlink })
  }
  // If the source has an ETag, Swift checks that one and ignores the request's.
  const expected = isWhole ? undefined : Writing.expectedEtag(request)
  if (expected !== undefined && expected !== stored.md5) {
    Refusal.refuse(Answer.standard(422))
  }
  return Writing.store(work, now, object, manifest === undefined ? stored.md5 : `"${manifest.etag}"`, {
    "X-Copied-From": ByteText.percentEncode(`${source.container}/${source.object}`),
    "X-Copied-From-Account": account,
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
        Refusal.refuse(Answer.sentence(412, `${name} header must be of the form <container name>/<object name>`)))
    : Refusal.refuse(Answer.sentence(412, "Invalid UTF8 or contains NULL"))
}

/** PUT with `X-Copy-From`. */
export const putFrom = (work: Writing.Work, from: string, now: number): WireResponse => {
  if (Number(work.request.headers["content-length"] ?? 0) > 0) {
    return Answer.plain(400, "Copy requests require a zero byte body")
  }
  const storage = storageIn(work, "x-copy-from-account")
  Writing.checkDynamicManifest(work.request.headers)
  const account = work.request.headers["x-copy-from-account"] ?? encoded(accountOf(work.request))
  return copy(work, { storage, path: pathIn(from, "X-Copy-From"), account }, now)
}

/** COPY to the object in `Destination`. */
export const copyTo = (work: Writing.Work, now: number): WireResponse => {
  const destination = work.request.headers["destination"]
  if (!destination) {
    return Answer.sentence(412, "Destination header required")
  }
  const storage = storageIn(work, "destination-account")
  const source = { storage: work.storage, path: work.path, account: encoded(accountOf(work.request)) }
  return copy({ ...work, storage, path: pathIn(destination, "Destination") }, source, now)
}
