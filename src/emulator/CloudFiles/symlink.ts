/** Symbolic links, as in Swift's symlink middleware: empty objects that refer to another object. */
import type { ServiceRequest, WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Answer from "./answer.js"
import * as ByteText from "./byteText.js"
import * as Reading from "./reading.js"
import type { Storage, StoredObject, Symlink } from "./storage.js"
import * as StoredBytes from "./storedBytes.js"
import * as Writing from "./writing.js"

/** The longest chain of links: Swift's `symloop_max`. */
const maxLinks = 2

/** Whether a request is for the link itself. */
export const isForLinkItself = (request: ServiceRequest): boolean => request.query.getAll("symlink").at(-1) === "get"

/** The ETag by which a link identifies its target: of a large object, that of its manifest. */
const etagOf = (object: StoredObject): string => object.stored.md5

const targetOf = (symlink: Symlink): Reading.ObjectPath | undefined =>
  Reading.splitPath(ByteText.percentDecode(symlink.target))

const accountOf = (request: ServiceRequest, symlink: Symlink): string =>
  symlink.account ?? ByteText.percentEncode(ByteText.fromText(request.caller.storageAccount))

/** The target in `Content-Location`, `Location` and listings: `/v1/{account}/{container}/{object}`. */
export const location = (request: ServiceRequest, symlink: Symlink): string =>
  `/v1/${accountOf(request, symlink)}/${symlink.target}`

/** The headers that describe a link. */
export const headers = ({ account, target, version }: Symlink): Record<string, string> => ({
  "X-Symlink-Target": target,
  ...(account !== undefined && { "X-Symlink-Target-Account": account }),
  ...(version !== undefined && {
    "X-Symlink-Target-Etag": version.etag,
    "X-Symlink-Target-Bytes": String(version.bytes)
  })
})

/** The object that a path resolves to. */
interface Found {
  readonly path: Reading.ObjectPath
  /** The target of the last link. */
  readonly location: string | undefined
}

/**
 * Follows links to their target. Refuses with 409 if there are too many, or if the target is not the version that a
 * link requires.
 */
export const follow = (storage: Storage, request: ServiceRequest, path: Reading.ObjectPath, now: number): Found => {
  let found: Found = { path, location: undefined }
  for (let links = 0; ; links++) {
    const object = storage.get(found.path.container, now)?.get(found.path.object, now)
    const { symlink } = object ?? {}
    if (symlink === undefined) {
      return found
    }
    if (links === maxLinks) {
      Refusal.refuse(Answer.plain(409, `Too many levels of symbolic links, maximum allowed is ${maxLinks}`))
    }
    const target = targetOf(symlink)
    const isOwn = accountOf(request, symlink) === accountOf(request, { ...symlink, account: undefined })
    if (target === undefined || !isOwn) {
      // The emulator has only this account.
      return Refusal.refuse(Answer.standard(isOwn ? 404 : 403))
    }
    const object2 = storage.get(target.container, now)?.get(target.object, now)
    const { version } = symlink
    if (version !== undefined && object2 !== undefined && etagOf(object2) !== version.etag) {
      const text = `Object Etag '${etagOf(object2)}' does not match X-Symlink-Target-Etag header '${version.etag}'`
      Refusal.refuse(Answer.plain(409, text))
    }
    found = { path: target, location: location(request, symlink) }
  }
}

/** Parses the target of a new link; 412 or 400 if the headers are malformed. */
const symlinkOf = (work: Writing.Work, header: string, now: number): Symlink => {
  const { headers, caller } = work.request
  const decoded = ByteText.percentDecode(header)
  const path = decoded.startsWith("/") ? undefined : Reading.splitPath(decoded)
  if (path === undefined || !ByteText.isValid(decoded)) {
    return Refusal.refuse(
      Answer.plain(412, "X-Symlink-Target header must be of the form <container name>/<object name>")
    )
  }
  const account = headers["x-symlink-target-account"]
  const own = ByteText.percentEncode(ByteText.fromText(caller.storageAccount))
  const isOwn = account === undefined || account === own
  if (isOwn && path.container === work.path.container && path.object === work.path.object) {
    Refusal.refuse(Answer.plain(400, "Symlink cannot target itself"))
  }
  const etag = headers["x-symlink-target-etag"]?.replaceAll('"', "")
  const target = work.storage.get(path.container, now)?.get(path.object, now)
  if (etag && target === undefined) {
    Refusal.refuse(Answer.plain(409, "X-Symlink-Target does not exist"))
  }
  if (etag && target !== undefined && etagOf(target) !== etag) {
    const text = `Object Etag '${etagOf(target)}' does not match X-Symlink-Target-Etag header '${etag}'`
    Refusal.refuse(Answer.plain(409, text))
  }
  return {
    target: ByteText.percentEncode(decoded),
    account,
    version: etag && target !== undefined ? { etag, bytes: Reading.listedSize(target) } : undefined
  }
}

/** PUT with `X-Symlink-Target`. */
export const put = (work: Writing.Work, header: string, now: number): WireResponse => {
  if (Number(work.request.headers["content-length"] ?? 0) > 0) {
    return Answer.plain(400, "Symlink requests require a zero byte body")
  }
  Writing.checkPut(work, now)
  const symlink = symlinkOf(work, header, now)
  const stored = StoredBytes.fromBytes(new Uint8Array(0))
  const path = Reading.splitPath(ByteText.percentDecode(symlink.target))
  const target = path && work.storage.get(path.container, now)?.get(path.object, now)
  const contentType =
    work.request.headers["content-type"] ||
    (symlink.version === undefined ? "application/symlink" : (target?.contentType ?? "application/symlink"))
  const object: StoredObject = { ...Writing.objectOf(work, now, stored), contentType, symlink }
  return Writing.store(work, now, object, stored.md5)
}
