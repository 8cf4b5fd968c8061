/**
 * Object versions in the container itself (`X-Versions-Enabled`, Swift's "Object Versioning"). Every PUT creates a
 * version, and a DELETE without an id creates a delete marker. Versions are read, restored and deleted with
 * `?version-id=`, and listed with `?versions`.
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

const deleteMarkerType = "application/x-deleted;swift_versions_deleted=1"

const isEnabled = (container: Container): boolean => container.headers.get(header) === "True"

/** Adds a version as the newest one. An object from before versioning becomes the version `null`. */
const add = (container: Container, name: ByteText.ByteText, object: StoredObject | undefined, now: number): void => {
  const before = container.listed(name)
  const versions = container.versions.get(name) ?? []
  const isKnown = before === undefined || versions.some((version) => version.object === before)
  const older = isKnown ? versions : [{ id: "null", object: before, changed: before.changed }, ...versions]
  // Swift's timestamps are unique, but a test's clock may not advance.
  let millis = now
  while (older.some(({ id }) => id === timestamp(millis))) {
    millis++
  }
  container.versions.set(name, [{ id: timestamp(millis), object, changed: now }, ...older])
}

/** Stores an object, as a version if versioning is enabled. */
export const put = (container: Container, name: ByteText.ByteText, object: StoredObject, now: number): void => {
  if (isEnabled(container)) {
    add(container, name, object, now)
  }
  container.put(name, object)
}

/** Replaces the metadata of an object, which creates no version. */
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

/** Removes an object. With versioning it adds a delete marker, even if the object did not exist. */
export const remove = (container: Container, name: ByteText.ByteText, now: number): void => {
  if (isEnabled(container)) {
    add(container, name, undefined, now)
  }
  container.remove(name)
}

/** The version id in a request; undefined for the current version. */
export const idOf = (request: ServiceRequest): string | undefined => Listing.parameter(request, "version-id")

const find = (container: Container, name: ByteText.ByteText, id: string): Version =>
  allOf(container, name).find((version) => version.id === id) ?? Refusal.refuse(Answer.standard(404))

/** The object of a version; 404 for a delete marker. */
export const objectOf = (container: Container, name: ByteText.ByteText, id: string): StoredObject =>
  find(container, name, id).object ?? Refusal.refuse(Answer.standard(404))

/** PUT with a version id: makes that version the current one. */
export const restore = (container: Container, name: ByteText.ByteText, id: string): WireResponse => {
  container.put(name, objectOf(container, name, id))
  return Answer.standard(201)
}

/** DELETE with a version id: deletes it permanently. No other version replaces it. */
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

/** All versions of an object, newest first. */
const allOf = (container: Container, name: ByteText.ByteText): ReadonlyArray<Version> => {
  const versions = container.versions.get(name)
  const current = container.listed(name)
  if (versions !== undefined) {
    return versions
  }
  return current === undefined ? [] : [{ id: "null", object: current, changed: current.changed }]
}

/** The version id header of an object, if the container has versions of it. */
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
  content_type: object === undefined ? deleteMarkerType : ByteText.toText(object.contentType),
  last_modified: Timestamp.microsecondsWithoutZone(changed),
  version_id: id,
  is_latest: isLatest
})

/** The rows of a version listing: by name, and the newest first for each name. */
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
      // As in Swift: a delete marker is the latest version if it is the newest one, even if another was restored; and
      // on a page that starts within an object's versions, no version with content is the latest.
      const isLatest = ({ object }: Version, index: number): boolean =>
        object === undefined ? index === 0 : !begun && object === container.listed(name)
      return all.slice(seen).map((version, index) => rowOf(name, version, isLatest(version, seen + index)))
    })
    .slice(0, limit)
}
