/**
 * Old versions of objects in another container, named in `X-Versions-Location`: a PUT moves the old object there, and a
 * DELETE restores the newest one.
 */
import * as Refusal from "../Refusal.js"
import * as Answer from "./answer.js"
import * as ByteText from "./byteText.js"
import type { Container, Storage } from "./storage.js"
import { timestamp } from "./storage.js"

/** The container for old versions; undefined if there is none. */
const versionsOf = (container: Container): ByteText.ByteText | undefined => {
  const location = container.headers.get("X-Versions-Location")
  return location === undefined ? undefined : ByteText.percentDecode(location).split("/")[0]
}

/**
 * The prefix of the names of an object's old versions: three hexadecimal digits for the length of its name in bytes,
 * and the name.
 */
const versionPrefix = (object: ByteText.ByteText): ByteText.ByteText =>
  `${object.length.toString(16).padStart(3, "0")}${object}/`

/** Archives the object that a PUT replaces; 412 if the container for old versions is missing. */
export const archive = (storage: Storage, container: Container, object: ByteText.ByteText, now: number): void => {
  const location = versionsOf(container)
  const current = container.get(object, now)
  if (location === undefined || current === undefined) {
    return
  }
  const versions = storage.get(location, now) ?? Refusal.refuse(Answer.standard(412))
  const prefix = versionPrefix(object)
  // Swift's timestamps are unique, but a test's clock may not advance.
  let millis = current.changed
  while (versions.listed(prefix + timestamp(millis)) !== undefined) {
    millis++
  }
  versions.put(prefix + timestamp(millis), { ...current, changed: now })
}

/** Replaces an object by its newest old version. Returns whether there was one. */
export const restore = (storage: Storage, container: Container, object: ByteText.ByteText, now: number): boolean => {
  const location = versionsOf(container)
  const versions = location === undefined ? undefined : storage.get(location, now)
  const prefix = versionPrefix(object)
  const newest = versions?.names.lastBefore(ByteText.after(prefix))
  const version = newest?.startsWith(prefix) ? versions?.get(newest, now) : undefined
  if (version === undefined || newest === undefined) {
    return false
  }
  container.put(object, { ...version, changed: now })
  versions?.remove(newest)
  return true
}
