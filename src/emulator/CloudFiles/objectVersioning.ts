/**
 * Versions that a container keeps itself, under ids (`X-Versions-Enabled`, Swift's "Object Versioning"): every PUT makes one, and
 * a DELETE without an id makes a mark that says so. A version is read, restored and deleted with `?version-id=`, and listed with
 * `?versions`.
 */
import type { ServiceRequest, WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Timestamp from "../Timestamp.js"
import * as Answer from "./answer.js"
import * as ByteText from "./byteText.js"
import * as Listing from "./listing.js"
import { type Container, type StoredObject, timestamp, type Version } from "./storage.js"

const header = "X-Versions-Enabled"

const emptyMd5 = "d41d8cd98f00b204e9800998ecf8427e"

const markType = "application/x-deleted;swift_versions_deleted=1"

const isEnabled = (container: Container): boolean => container.headers.get(header) === "True"

/** Adds a version, the newest. What was stored before the container kept versions becomes one, named null. */
const add = (container: Container, name: ByteText.ByteText, object: StoredObject | undefined, now: number): void => {
  const before = container.listed(name)
  const versions = container.versions.get(name) ?? []
  const isKnown = before === undefined || versions.some((version) => version.object === before)
  const older = isKnown ? versions : [{ id: "null", object: before, changed: before.changed }, ...versions]
  // Swift's clock never shows the same time twice, but a test's may stand still.
  let millis = now
  while (older.some(({ id }) => id === timestamp(millis))) {
    millis++
  }
  container.versions.set(name, [{ id: timestamp(millis), object, changed: now }, ...older])
}

/** Stores an object, as a version if the container keeps them. */
export const put = (container: Container, name: ByteText.ByteText, object: StoredObject, now: number): void => {
  if (isEnabled(container)) {
    add(container, name, object, now)
  }
  container.put(name, object)
}

/** Replaces an object by itself with other metadata, which makes no version. */
export const amend = (container: Container, name: ByteText.ByteText, object: StoredObject): void => {
  const before = container.listed(name)
  const versions = container.versions.get(name)
  if (versions !== undefined) {
    container.versions.set(
      name,
      versions.map((version) => (version.object === before ? { ...version, object } : version))
    )
  }
  container.put(name, object)
}

/** Removes an object from its place, and notes so where the container keeps versions, also of what was not there. */
export const remove = (container: Container, name: ByteText.ByteText, now: number): void => {
  if (isEnabled(container)) {
    add(container, name, undefined, now)
  }
  container.remove(name)
}

/** Which version a request means; undefined where it means the current one. */
export const idOf = (request: ServiceRequest): string | undefined => Listing.parameter(request, "version-id")

const find = (container: Container, name: ByteText.ByteText, id: string): Version =>
  allOf(container, name).find((version) => version.id === id) ?? Refusal.refuse(Answer.standard(404))

/** The object of a version; 404 for a mark of a deletion. */
export const objectOf = (container: Container, name: ByteText.ByteText, id: string): StoredObject =>
  find(container, name, id).object ?? Refusal.refuse(Answer.standard(404))

/** PUT with an id: makes a version the current one. */
export const restore = (container: Container, name: ByteText.ByteText, id: string): WireResponse => {
  container.put(name, objectOf(container, name, id))
  return Answer.standard(201)
}

/** DELETE with an id: the version is deleted permanently. No other one replaces it. */
export const removeVersion = (container: Container, name: ByteText.ByteText, id: string): WireResponse => {
  const version = find(container, name, id)
  const left = (container.versions.get(name) ?? []).filter((other) => other.id !== id)
  if (left.length > 0) {
    container.versions.set(name, left)
  } else {
    container.versions.delete(name)
  }
  if (version.object !== undefined && container.listed(name) === version.object) {
    container.remove(name)
  }
  return Answer.standard(204)
}

/** All versions of an object, the newest first. */
const allOf = (container: Container, name: ByteText.ByteText): ReadonlyArray<Version> => {
  const versions = container.versions.get(name)
  const current = container.listed(name)
  if (versions !== undefined) {
    return versions
  }
  return current === undefined ? [] : [{ id: "null", object: current, changed: current.changed }]
}

/** The header that tells the id of an object's version, where the container has ever kept versions of it. */
export const idHeader = (
  container: Container | undefined,
  name: ByteText.ByteText,
  object: StoredObject
): Readonly<Record<string, string>> => {
  const version = container?.versions.get(name)?.find((one) => one.object === object)
  return version === undefined ? {} : { "X-Object-Version-Id": version.id }
}

const rowOf = (name: ByteText.ByteText, { changed, id, object }: Version, isLatest: boolean): Listing.Row => ({
  name: ByteText.toText(name),
  hash: object?.stored.md5 ?? emptyMd5,
  bytes: object === undefined ? 0 : (object.manifest?.size ?? object.stored.size),
  content_type: object === undefined ? markType : ByteText.toText(object.contentType),
  last_modified: Timestamp.microsecondsWithoutZone(changed),
  version_id: id,
  is_latest: isLatest
})

/** The rows of a listing of versions: by name, and of each name the newest first. */
export const rows = (
  container: Container,
  request: ServiceRequest,
  { endMarker, limit, marker, prefix }: Listing.Parameters
): ReadonlyArray<Listing.Row> => {
  const versionMarker = Listing.parameter(request, "version_marker")
  const names = [...new Set([...container.names.from(""), ...container.versions.keys()])].toSorted((a, b) =>
    a < b ? -1 : 1
  )
  return names
    .filter((name) => name.startsWith(prefix) && name >= marker && (endMarker === "" || name < endMarker))
    .flatMap((name) => {
      const all = allOf(container, name)
      const begun = name === marker && versionMarker !== undefined
      const seen = begun ? all.findIndex(({ id }) => id === versionMarker) + 1 : name === marker ? all.length : 0
      // As Swift has it: a mark is the latest where it is the newest, restored or not; and behind the beginning of a page, which
      // is also where the listing of the objects themselves begins, nothing is.
      const isLatest = ({ object }: Version, index: number): boolean =>
        object === undefined ? index === 0 : !begun && object === container.listed(name)
      return all.slice(seen).map((version, index) => rowOf(name, version, isLatest(version, seen + index)))
    })
    .slice(0, limit)
}
